//! What the rules on repeated queries share: which rule a repeated query belongs to, and how it is told.

use tuneup_model::{
    Bound, Cost, Count, EvidenceKind, Experiment, ExperimentKind, Fix, FixSafety, Operation, Parameter,
    PredicateOp, QueryShape, RuleDoc, Severity,
};

use super::paths;
use super::provenance::is_unexplained;
use crate::facts::{CallId, Expr};
use crate::place::Place;
use crate::program::{
    Concurrency, EntryKind, FnRef, LoopClass, Program, Relation, Repeated, Short, Trap, Value,
};
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
fn is_batched_by_client(shape: &QueryShape) -> bool {
    shape.method == "findUnique" && shape.filter.all_of.iter().all(|it| it.op == PredicateOp::Equal)
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
    let mut reach = 0;
    let last = if it.path.is_empty() { it.call } else { query.call };
    let reached = paths::arrival_at(program, function, &it.path, last);
    let arrival = match reached {
        Some(_) if !it.supply.is_empty() => paths::supplied_arrival(program, function, &it.supply),
        reached => reached,
    };
    match arrival {
        Some(arrival) => {
            reach = match arrival.kind {
                EntryKind::Request => 30,
                EntryKind::Job | EntryKind::Schedule => 20,
                EntryKind::Callback | EntryKind::Export => 10,
            };
            if arrival.by_name {
                draft.doubt(paths::BY_NAME);
            }
            let is_work = matches!(arrival.kind, EntryKind::Request | EntryKind::Job | EntryKind::Schedule);
            if !is_work && program.is_behind_declared(it.file) {
                draft.doubt("no entry point reaches this part of the database layer");
            }
            if arrival.lifecycle {
                draft.doubt(paths::LIFECYCLE);
            }
            draft.path = arrival.steps;
        }
        None => draft.doubt("no entry point reaches this code"),
    }
    draft.path.extend(paths::hop_steps(program, &it.path, it.query));
    add_doubts(&mut draft, it, program);
    let nested = it.outer.iter().filter(|outer| outer.class == LoopClass::Collection).count() as u32;
    draft.rank = 100 + 50 * nested + reach - 2 * it.path.len().min(10) as u32;
    draft
}

fn head_of_loop(program: &Program, it: &Repeated) -> crate::facts::Span {
    let facts = program.facts(it.iteration.file);
    it.iteration.collection.map_or(it.iteration.span, |expr| facts.span(expr))
}

/// Handles are resolved, never names alone: what only looks like a query is not shown by default.
pub(super) const BY_FORM: &str =
    "the client was not followed to its making; only the form of the call speaks";

fn add_doubts(draft: &mut Draft, it: &Repeated, program: &Program) {
    let shape = &program.queries[it.query as usize].shape;
    if program.queries[it.query as usize].assumed {
        draft.doubt(BY_FORM);
    }
    if it.relation == Relation::PerElement && program.lacks_batch_form(&program.queries[it.query as usize]) {
        let lacks = "no form of the method for many keys is declared".to_owned();
        // Where the query itself stands in the loop, another method of the layer may serve.
        if it.path.is_empty() { draft.doubts.push(lacks) } else { draft.doubt(lacks) }
    }
    for trap in &it.traps {
        match trap {
            Trap::NotACollection(what) => draft.doubt(format!("the loop runs over {what}")),
            Trap::EarlyExit => draft.doubt("the loop stops as soon as a result fits"),
            Trap::LocalCache => draft.doubt("results are kept and looked up before the query"),
            Trap::Memoized => draft.doubt("a wrapper on the way keeps results"),
            Trap::Ambiguous => draft.doubt("several implementations are possible on the way"),
            Trap::Far => draft.doubt("the query is many calls away"),
            Trap::SlowerWork => draft.doubt(
                "the same call also waits for the network or a pause, which costs more than the query",
            ),
            Trap::FeedsLaterTurn => draft.doubt("a later turn needs the row that this one writes"),
            // All rows can be written first (`createManyAndReturn`), and what needs them after.
            Trap::FeedsTurn => {
                draft.doubts.push(
                    "another statement of the turn needs the row, or gives one that it needs".to_owned(),
                );
            }
            Trap::AlreadyBatch => draft.doubt("each element stands for a list that one statement handles"),
            Trap::FirstRows => {
                draft.doubt(
                    "the first rows of each element are asked for, which one plain statement cannot give",
                );
            }
            Trap::NoKey => draft.doubt("nothing is known that one statement for all could ask by"),
            Trap::ReadsOwnWrites => draft.doubt("the query counts what was written just before"),
            Trap::ShortList(why) => draft.doubt(short_text(*why)),
            Trap::OneElement => draft.doubt("a test lets the query run for one element alone"),
            Trap::OwnTable => draft.doubt("each element names the table that is asked"),
            Trap::MadeInTurn => draft.doubt("the row asked for is made in the same turn"),
            Trap::Debounced => draft.doubt("the list holds what came within the pause of a timer"),
            Trap::AfterFailure => draft.doubt("the loop runs only after something failed"),
            Trap::OwnTransaction => draft.doubt("each element is handled in a transaction of its own"),
            Trap::TableMayVary => {
                draft.doubt("the table is not known, and may be another one for each element");
            }
            Trap::MuchElse => draft.doubt("the same call runs many other queries for each element"),
            Trap::OneRow => {
                draft.doubt("every turn changes the same rows, so that one write of all changes does")
            }
            Trap::Locks => draft.doubt("rows are locked one by one, in order"),
            Trap::SlowerTurn => {
                draft.doubt("each turn also waits for the network, which costs more than the query");
            }
        }
    }
    if shape.table.name().is_none()
        && program.queries[it.query as usize].model.is_none()
        && !it.traps.contains(&Trap::TableMayVary)
    {
        draft.doubts.push("the table is not known".to_owned());
    }
    let list = it.iteration.collection.map(|expr| Place { file: it.iteration.file, expr });
    if list.is_some_and(|list| is_unexplained(program, list)) {
        draft.doubt("nothing says that the list grows");
    }
    if ties_one_row(program, it) || runs_over_joined_rows(program, it) {
        draft.doubt("the loop ties one row to others, which are few as a rule");
    }
}

/// True where the loop itself writes rows of a table that ties two others together: the tags of one article, the
/// authors of one book.
fn ties_one_row(program: &Program, it: &Repeated) -> bool {
    let queries = program.queries.iter().filter(|query| {
        query.file == it.file
            && it.iteration.body.contains(span_of(program, query.file, query.call))
            && matches!(query.shape.operation, Operation::Insert | Operation::Delete | Operation::DeleteMany)
    });
    let mut tables = queries.filter_map(|query| program.catalog.table(query.shape.table.name()?));
    tables.any(|table| match table.foreign_keys.as_slice() {
        [one, other] => {
            let pair: Vec<String> = one.columns.iter().chain(&other.columns).cloned().collect();
            one.references != other.references && table.is_unique_key(&pair)
        }
        _ => false,
    })
}

/// True where the list is one that a row holds of the rows it is tied to by a table between: `this.authors`.
fn runs_over_joined_rows(program: &Program, it: &Repeated) -> bool {
    let facts = program.facts(it.iteration.file);
    let Some(mut expr) = it.iteration.collection else { return false };
    for _ in 0..12 {
        expr = match facts.expr(expr) {
            Expr::Symbol(symbol) => match facts.symbol(symbol).definition {
                Some(definition) => definition,
                None => return false,
            },
            Expr::Call(call) => match facts.expr(facts.call(call).callee) {
                Expr::Member { object, property }
                    if matches!(facts.name(property), "filter" | "slice" | "sort" | "reverse") =>
                {
                    object
                }
                _ => return false,
            },
            Expr::Member { object, property } => {
                let row = program.eval(Place { file: it.iteration.file, expr: object });
                return is_joined_list(program, &row, facts.name(property));
            }
            _ => return false,
        };
    }
    false
}

fn is_joined_list(program: &Program, row: &Value, name: &str) -> bool {
    let is_one = !matches!(row, Value::List(_) | Value::Items(_) | Value::Rows { many: true, .. });
    let Some(model) = program.model_of_row(row).filter(|_| is_one) else { return false };
    let schema = &program.schemas[model.schema as usize];
    let own = &schema.models[model.model as usize];
    let Some(relation) = own.relation(name).filter(|relation| relation.list) else { return false };
    let target = schema.catalog.table(&schema.models[relation.model].table);
    target.is_some_and(|table| table.foreign_keys.iter().all(|key| key.references != own.table))
}

fn span_of(program: &Program, file: u32, call: CallId) -> crate::facts::Span {
    let facts = program.facts(file);
    facts.span(facts.call(call).expr)
}

fn short_text(why: Short) -> &'static str {
    match why {
        Short::Written => "every known way brings a list of a few elements",
        Short::Configured => "the list stands in the configuration",
        Short::OfOneRecord => "the list belongs to one record, which has few of them",
    }
}

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
