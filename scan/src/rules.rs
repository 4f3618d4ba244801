//! The rules: one file each, one declaration each. Pages, help and metadata derive from the declaration.

mod aggregate_in_memory;
mod asides;
mod asked;
mod async_foreach;
mod await_in_loop_independent;
mod blocking;
mod blocking_migration;
mod cache_error_fails_request;
mod cache_never_invalidated;
mod cache_stampede;
mod cache_without_ttl;
mod client_per_request;
mod commands;
mod component_in_render;
mod components;
mod count_for_existence;
mod cpu_bound_in_handler;
mod dead_or_unused_query;
mod deep_offset_pagination;
mod effect_missing_cleanup;
mod http_call_in_loop;
mod http_missing_timeout;
mod included;
mod indexes;
mod io_in_transaction;
mod keys;
mod leads;
mod listener_leak;
mod long_work_in_request;
mod loop_invariant_query;
mod missing_cache_headers;
mod missing_compression;
mod missing_fk_index;
mod missing_health_check;
mod missing_query_index;
mod missing_rate_limit;
mod n_plus_one_across_calls;
mod n_plus_one_fanout;
mod n_plus_one_in_loop;
mod n_plus_one_lazy_relation;
mod non_sargable_predicate;
mod overfetch_columns;
mod overfetch_include;
mod page;
mod paths;
mod per_call_construction;
mod provenance;
mod quadratic_accumulate;
mod quadratic_lookup;
mod queue_add_in_loop;
mod queue_jobs_not_removed;
mod queue_without_retry;
mod queues;
mod reading;
mod redis_blocking_command;
mod redis_roundtrips_in_loop;
mod redundant_index;
mod repeats;
mod sequential_independent_awaits;
mod servers;
mod size;
mod slow_work_in_webhook;
mod sync_crypto_zlib_on_request_path;
mod sync_io_on_request_path;
mod timer_leak;
mod unbounded_concurrency;
mod unbounded_find;
mod unbounded_include;
mod unbounded_module_cache;
mod unstable_context_value;
mod upload_buffered_whole;
mod volume;
mod waits;
mod wording;
mod worker_serial_io;
mod write_in_loop;

use tuneup_model::RuleDoc;

use crate::program::Program;
use crate::report::Report;

pub use page::page;

/// A rule: what it says of itself, and the question it asks of a program.
#[derive(Debug)]
pub struct Rule {
    pub doc: RuleDoc,
    pub(crate) check: fn(&Program, &mut Report),
}

/// All rules, sorted by id.
pub static RULES: &[&Rule] = &[
    &aggregate_in_memory::RULE,
    &async_foreach::RULE,
    &await_in_loop_independent::RULE,
    &blocking_migration::RULE,
    &cache_error_fails_request::RULE,
    &cache_never_invalidated::RULE,
    &cache_stampede::RULE,
    &cache_without_ttl::RULE,
    &client_per_request::RULE,
    &component_in_render::RULE,
    &count_for_existence::RULE,
    &cpu_bound_in_handler::RULE,
    &dead_or_unused_query::RULE,
    &deep_offset_pagination::RULE,
    &effect_missing_cleanup::RULE,
    &http_call_in_loop::RULE,
    &http_missing_timeout::RULE,
    &io_in_transaction::RULE,
    &listener_leak::RULE,
    &long_work_in_request::RULE,
    &loop_invariant_query::RULE,
    &missing_cache_headers::RULE,
    &missing_compression::RULE,
    &missing_fk_index::RULE,
    &missing_health_check::RULE,
    &missing_query_index::RULE,
    &missing_rate_limit::RULE,
    &n_plus_one_across_calls::RULE,
    &n_plus_one_fanout::RULE,
    &n_plus_one_in_loop::RULE,
    &n_plus_one_lazy_relation::RULE,
    &non_sargable_predicate::RULE,
    &overfetch_columns::RULE,
    &overfetch_include::RULE,
    &per_call_construction::RULE,
    &quadratic_accumulate::RULE,
    &quadratic_lookup::RULE,
    &queue_add_in_loop::RULE,
    &queue_jobs_not_removed::RULE,
    &queue_without_retry::RULE,
    &redis_blocking_command::RULE,
    &redis_roundtrips_in_loop::RULE,
    &redundant_index::RULE,
    &sequential_independent_awaits::RULE,
    &slow_work_in_webhook::RULE,
    &sync_crypto_zlib_on_request_path::RULE,
    &sync_io_on_request_path::RULE,
    &timer_leak::RULE,
    &unbounded_concurrency::RULE,
    &unbounded_find::RULE,
    &unbounded_include::RULE,
    &unbounded_module_cache::RULE,
    &unstable_context_value::RULE,
    &upload_buffered_whole::RULE,
    &worker_serial_io::RULE,
    &write_in_loop::RULE,
];

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.doc.id == id)
}

#[cfg(test)]
mod laws;
