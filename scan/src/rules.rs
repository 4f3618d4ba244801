//! The rules: one file each, one declaration each. Pages, help and metadata derive from the declaration.

mod asked;
mod async_foreach;
mod await_in_loop_independent;
mod blocking;
mod cache_without_ttl;
mod client_per_request;
mod commands;
mod deep_offset_pagination;
mod http_call_in_loop;
mod http_missing_timeout;
mod indexes;
mod io_in_transaction;
mod keys;
mod leads;
mod loop_invariant_query;
mod missing_fk_index;
mod missing_query_index;
mod n_plus_one_across_calls;
mod n_plus_one_fanout;
mod n_plus_one_in_loop;
mod n_plus_one_lazy_relation;
mod page;
mod paths;
mod provenance;
mod quadratic_lookup;
mod queue_add_in_loop;
mod redis_blocking_command;
mod redis_roundtrips_in_loop;
mod repeats;
mod size;
mod sync_crypto_zlib_on_request_path;
mod sync_io_on_request_path;
mod unbounded_concurrency;
mod unbounded_find;
mod volume;
mod waits;
mod wording;
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
    &async_foreach::RULE,
    &await_in_loop_independent::RULE,
    &cache_without_ttl::RULE,
    &client_per_request::RULE,
    &deep_offset_pagination::RULE,
    &http_call_in_loop::RULE,
    &http_missing_timeout::RULE,
    &io_in_transaction::RULE,
    &loop_invariant_query::RULE,
    &missing_fk_index::RULE,
    &missing_query_index::RULE,
    &n_plus_one_across_calls::RULE,
    &n_plus_one_fanout::RULE,
    &n_plus_one_in_loop::RULE,
    &n_plus_one_lazy_relation::RULE,
    &quadratic_lookup::RULE,
    &queue_add_in_loop::RULE,
    &redis_blocking_command::RULE,
    &redis_roundtrips_in_loop::RULE,
    &sync_crypto_zlib_on_request_path::RULE,
    &sync_io_on_request_path::RULE,
    &unbounded_concurrency::RULE,
    &unbounded_find::RULE,
    &write_in_loop::RULE,
];

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.doc.id == id)
}

#[cfg(test)]
mod laws;
