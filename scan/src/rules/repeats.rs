//! What the rules on repeated queries share: which rule a repeated query belongs to, and how it is told.

mod doubts;
mod kinds;

use tuneup_model::{
    Bound, Cost, Count, EvidenceKind, Experiment, ExperimentKind, Fix, FixSafety, Operation, Parameter,
    PredicateOp, QueryShape, RuleDoc, Severity,
};

use super::paths;
use crate::program::{Concurrency, EntryKind, FnRef, LoopClass, Program, Relation, Repeated};
use crate::report::{At, Draft, Where};

/// The five ways to repeat a query; each is a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    InLoop,
    AcrossCalls,
    Fanout,
    Write,
    Invariant,
}

pub(super) use kinds::names_owned;

/// The repeated queries of one sort.
pub(super) fn of_sort(program: &Program, sort: Repeat) -> impl Iterator<Item = &Repeated> {
    program.repeated().iter().filter(move |it| sort_of(program, it) == Some(sort))
}

fn sort_of(program: &Program, it: &Repeated) -> Option<Repeat> {
    let shape = &program.queries[it.query as usize].shape;
    let writes = shape.operation.is_write();
    if !matches!(it.iteration.class, LoopClass::Collection | LoopClass::Other)
        || shape.operation == Operation::Other
    {
        return None;
    }
    match it.relation {
        Relation::Changing => None,
        Relation::Invariant if writes || it.iteration.class != LoopClass::Collection => None,
        Relation::Invariant => Some(Repeat::Invariant),
        Relation::PerElement if writes => Some(Repeat::Write),
        Relation::PerElement if !it.path.is_empty() => Some(Repeat::AcrossCalls),
        Relation::PerElement => match it.iteration.concurrency {
            Concurrency::Unbounded if is_batched_by_client(shape) => None,
            Concurrency::Unbounded if is_piecewise(it) => None,
            Concurrency::Unbounded => Some(Repeat::Fanout),
            Concurrency::Bounded => None,
            Concurrency::Sequential | Concurrency::Transaction => Some(Repeat::InLoop),
        },
    }
}

/// `findUnique` calls of one tick with equal scalar filters become one statement in the client.
pub(super) fn is_batched_by_client(shape: &QueryShape) -> bool {
    matches!(shape.method.as_str(), "findUnique" | "findUniqueOrThrow")
        && shape.filter.all_of.iter().all(|it| it.op == PredicateOp::Equal)
}

/// Bounded pieces around the fan-out: the team has limited it already.
fn is_piecewise(it: &Repeated) -> bool {
    it.outer.iter().any(|outer| matches!(outer.class, LoopClass::Chunk | LoopClass::Page))
}

/// The list the loop runs over, for people.
pub(super) fn collection_text(program: &Program, it: &Repeated) -> String {
    it.iteration
        .collection
        .map_or_else(|| "the loop".to_owned(), |expr| program.expr_text(it.iteration.file, expr))
}

/// A draft with everything but message, help, cost and experiment.
pub(super) fn draft(program: &Program, it: &Repeated, message: String) -> Draft {
    let facts = program.facts(it.file);
    let call = facts.call(it.call);
    let function = FnRef { file: it.file, id: call.function };
    let query = &program.queries[it.query as usize];
    let table = query.shape.table.name().unwrap_or("?");
    let anchor = format!(
        "{} › {} › {} {}",
        program.function_name(function),
        program.expr_text(it.file, call.callee),
        table,
        query.shape.method
    );
    let mut draft = Draft::new(Where::Code(paths::call_at(program, it.file, it.call)), message, anchor);
    let over = Where::Code(At { file: it.iteration.file, span: head_of_loop(program, it) });
    draft.evidence.push((
        EvidenceKind::Loop,
        format!("runs once per element of `{}`", collection_text(program, it)),
        over,
    ));
    if !it.path.is_empty() {
        let at = Where::Code(paths::call_at(program, query.file, query.call));
        draft.evidence.push((EvidenceKind::Query, format!("the query on `{table}`"), at));
    }
    if let Some(write) = it.also_writes.map(|write| &program.queries[write as usize]) {
        let at = Where::Code(paths::call_at(program, write.file, write.call));
        let table = write.shape.table.name().unwrap_or("?");
        draft.evidence.push((EvidenceKind::Query, format!("each turn also writes to `{table}`"), at));
    }
    arrive(program, it, function, &mut draft);
    draft.path.extend(paths::hop_steps(program, &it.path, it.query));
    doubts::add(&mut draft, it, program);
    let nested = it.outer.iter().filter(|outer| outer.class == LoopClass::Collection).count() as u32;
    draft.rank += 100 + 50 * nested - 2 * it.path.len().min(10) as u32;
    draft
}

/// Leads from an entry point to the loop.
fn arrive(program: &Program, it: &Repeated, function: FnRef, draft: &mut Draft) {
    let query = &program.queries[it.query as usize];
    let last = if it.path.is_empty() { it.call } else { query.call };
    let reached = paths::arrival_at(program, function, &it.path, last);
    let arrival = match reached {
        Some(_) if !it.supply.is_empty() => paths::supplied_arrival(program, function, &it.supply),
        reached => reached,
    };
    paths::put(arrival.as_ref(), draft);
    let Some(arrival) = arrival else { return };
    if arrival.by_name {
        draft.doubt(paths::BY_NAME);
    }
    let is_work = matches!(arrival.kind, EntryKind::Request | EntryKind::Job | EntryKind::Schedule);
    if !is_work && program.is_behind_declared(it.file) {
        draft.doubt("no entry point reaches this part of the database layer");
    }
    if arrival.kind == EntryKind::Schedule && doubts::is_of_owners(program, it) {
        draft.doubt("a clock starts it, and each owner costs one query");
    }
    if arrival.lifecycle {
        draft.doubt(paths::LIFECYCLE);
    }
}

fn head_of_loop(program: &Program, it: &Repeated) -> crate::facts::Span {
    let facts = program.facts(it.iteration.file);
    it.iteration.collection.map_or(it.iteration.span, |expr| facts.span(expr))
}

/// Handles are resolved, never names alone: what only looks like a query is not shown by default.
pub(super) const BY_FORM: &str =
    "the client was not followed to its making; only the form of the call speaks";

pub(super) fn per_element_cost(program: &Program, it: &Repeated, unit: &str, after: &str) -> Cost {
    let collection = collection_text(program, it);
    let mut counts = vec![Count { variable: "n".to_owned(), of: format!("elements of `{collection}`") }];
    let outer = it.outer.iter().find(|outer| outer.class == LoopClass::Collection);
    let now = match outer {
        Some(outer) => {
            let list = outer
                .collection
                .map_or_else(|| "the outer loop".to_owned(), |expr| program.expr_text(outer.file, expr));
            counts.push(Count { variable: "m".to_owned(), of: format!("elements of `{list}`") });
            format!("m × n {unit}")
        }
        None => format!("n {unit}"),
    };
    Cost { now, after: after.to_owned(), counts }
}

/// A change that needs a reader and whose edits are not written out.
pub(super) fn unsafe_fix(title: impl Into<String>) -> Fix {
    Fix { title: title.into(), safety: FixSafety::Unsafe, edits: Vec::new(), ddl: None }
}

/// One statement per element against one for all.
pub(super) fn batch_experiment(shape: &QueryShape, kind: ExperimentKind) -> Experiment {
    let mut after = shape.clone();
    match kind {
        ExperimentKind::BatchReads => {
            after.operation = Operation::ReadMany;
            after.limit = Bound::Absent;
            for predicate in &mut after.filter.all_of {
                if predicate.op == PredicateOp::Equal {
                    predicate.op = PredicateOp::In;
                    break;
                }
            }
        }
        ExperimentKind::BulkWrites => {
            after.operation = match shape.operation {
                Operation::Insert => Operation::InsertMany,
                Operation::Update => Operation::UpdateMany,
                Operation::Delete => Operation::DeleteMany,
                other => other,
            };
        }
        _ => {}
    }
    Experiment {
        kind,
        before: vec![shape.clone()],
        after: vec![after],
        after_ddl: Vec::new(),
        vary: vec![Parameter { name: "n".to_owned(), values: vec![1, 10, 100, 1000] }],
        same_rows: kind != ExperimentKind::BulkWrites,
    }
}

/// Puts the rule's severity on a draft, at most medium where there is a doubt.
pub(super) fn finish(doc: &'static RuleDoc, mut draft: Draft) -> Draft {
    draft.severity = doc.severity;
    if !draft.doubts.is_empty() {
        draft.severity = Severity::Medium.min(draft.severity);
    }
    draft
}
