//! Paths to print: from the entry point to the query, a step per function.

use crate::facts::{CallId, FnId};
use crate::program::{Entered, EntryKind, FnRef, Hop, Origin, Program};
use crate::report::{At, Draft, Step};

/// How a function is reached from outside.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub kind: EntryKind,
    /// Steps from the entry point to the function, both included.
    pub steps: Vec<Step>,
    /// A hop of it rests on the name of a method alone.
    pub by_name: bool,
    /// The entry point is a method that runs when the process starts or ends.
    pub lifecycle: bool,
}

/// Said of a way from such a method.
pub(crate) const LIFECYCLE: &str = "it runs only when the process starts or ends";

/// Said of a way that rests on the name of a method.
pub(crate) const BY_NAME: &str = "an entry point reaches this by the name of a method only";

/// Said where no way is known.
const UNREACHED: &str = "no entry point reaches this code";

/// Puts a way from an entry point before a draft and ranks it by the kind of entry; doubts it where there is none.
pub(crate) fn put(arrival: Option<&Arrival>, draft: &mut Draft) {
    let Some(arrival) = arrival else { return draft.doubt(UNREACHED) };
    draft.rank += match arrival.kind {
        EntryKind::Request => 30,
        EntryKind::Job | EntryKind::Schedule => 20,
        EntryKind::Callback | EntryKind::Export => 10,
    };
    draft.path.clone_from(&arrival.steps);
}

/// Puts the way to a function before a draft, and doubts one that rests on a name.
pub(crate) fn lead_in_surely(program: &Program, function: FnRef, draft: &mut Draft) -> Option<Arrival> {
    let arrival = arrival(program, function);
    put(arrival.as_ref(), draft);
    if arrival.as_ref().is_some_and(|it| it.by_name) {
        draft.doubt(BY_NAME);
    }
    arrival
}

/// Puts the way to a function before a draft, notes where it rests on a name, and doubts one from a start or an end.
pub(crate) fn lead_in(program: &Program, function: FnRef, draft: &mut Draft) -> Option<EntryKind> {
    let arrival = arrival(program, function);
    put(arrival.as_ref(), draft);
    let arrival = arrival?;
    if arrival.by_name {
        draft.doubts.push(BY_NAME.to_owned());
    }
    if arrival.lifecycle {
        draft.doubt(LIFECYCLE);
    }
    Some(arrival.kind)
}

const MAX_STEPS: usize = 8;

/// The shortest way from an entry point; none where no entry point reaches the function.
pub(crate) fn arrival(program: &Program, function: FnRef) -> Option<Arrival> {
    arrival_by(program, function, |function| program.origin(function))
}

/// The shortest way from an entry point to a query that a function leads to: by a caller whose arguments let it come.
pub(crate) fn arrival_at(program: &Program, function: FnRef, way: &[Hop], query: CallId) -> Option<Arrival> {
    match program.entered_for(function, way, query)? {
        Entered::AsReached => arrival(program, function),
        Entered::By { function: entered, file, call } => arrival_by(program, function, |function| {
            if function == entered { Some(Origin::Call { file, call }) } else { program.origin(function) }
        }),
    }
}

/// The way that brings a list to a function: over the calls given, and from an entry point to the first of them.
pub(crate) fn supplied_arrival(program: &Program, function: FnRef, calls: &[Hop]) -> Option<Arrival> {
    let Some(first) = calls.first() else { return arrival(program, function) };
    let caller = FnRef { file: first.file, id: program.facts(first.file).call(first.call).function };
    let mut found = arrival(program, caller)?;
    let entered =
        |hop: &Hop| Step { at: start_of(program, hop.enters), name: program.function_name(hop.enters) };
    found.steps.extend(calls.iter().map(entered));
    let own = Step { at: start_of(program, function), name: program.function_name(function) };
    found.steps.push(own);
    dedup(&mut found.steps);
    shorten(&mut found.steps);
    Some(found)
}

/// The shortest way from a request; none where no request reaches the function.
pub(crate) fn served_arrival(program: &Program, function: FnRef) -> Option<Arrival> {
    arrival_by(program, function, |function| program.served_origin(function))
}

fn arrival_by(
    program: &Program,
    function: FnRef,
    origin: impl Fn(FnRef) -> Option<Origin>,
) -> Option<Arrival> {
    let mut steps = Vec::new();
    let mut current = function;
    let mut by_name = false;
    for _ in 0..64 {
        match origin(current)? {
            Origin::Entry(entry) => {
                let entry = &program.entries[entry as usize];
                let name = program.function_name(current);
                let label = if name == entry.label || name == "(anonymous)" {
                    entry.label.clone()
                } else {
                    format!("{name} [{}]", entry.label)
                };
                steps.push(Step { at: start_of(program, current), name: label });
                steps.reverse();
                dedup(&mut steps);
                shorten(&mut steps);
                let lifecycle =
                    is_lifecycle(program.function_name(current).rsplit('.').next().unwrap_or_default());
                return Some(Arrival { kind: entry.kind, steps, by_name, lifecycle });
            }
            Origin::Call { file, call } => {
                steps.push(Step { at: start_of(program, current), name: program.function_name(current) });
                current = FnRef { file, id: program.facts(file).call(call).function };
            }
            Origin::Within(outer) | Origin::Named(outer) => {
                by_name |= matches!(origin(current), Some(Origin::Named(_)));
                steps.push(Step { at: start_of(program, current), name: program.function_name(current) });
                current = outer;
            }
        }
    }
    None
}

/// Methods that frameworks call when the process starts or ends.
fn is_lifecycle(method: &str) -> bool {
    matches!(
        method,
        "onModuleInit"
            | "onModuleDestroy"
            | "onApplicationBootstrap"
            | "onApplicationShutdown"
            | "beforeApplicationShutdown"
    )
}

/// Closures carry the name of the function around them: keep the first of equal neighbours.
fn dedup(steps: &mut Vec<Step>) {
    steps.dedup_by(|next, before| {
        let bare = before.name.split(" [").next().unwrap_or_default();
        next.name == bare && next.at.file == before.at.file
    });
}

fn shorten(steps: &mut Vec<Step>) {
    if steps.len() > MAX_STEPS {
        steps.drain(MAX_STEPS / 2..steps.len() - MAX_STEPS / 2);
    }
}

fn start_of(program: &Program, function: FnRef) -> At {
    let id = named(program, function);
    At { file: function.file, span: program.facts(function.file).function(id).name_span }
}

/// The function with a name around this one, itself included.
pub(crate) fn named(program: &Program, function: FnRef) -> FnId {
    let facts = program.facts(function.file);
    let mut id = function.id;
    while facts.function(id).name.is_none() {
        match facts.function(id).parent {
            Some(parent) if parent != FnId(0) => id = parent,
            _ => break,
        }
    }
    id
}

/// The functions entered on the way, each at its call, and the query at the end.
pub(crate) fn hop_steps(program: &Program, path: &[Hop], query: u32) -> Vec<Step> {
    let mut steps: Vec<Step> = path
        .iter()
        .map(|hop| Step { at: call_at(program, hop.file, hop.call), name: program.function_name(hop.enters) })
        .collect();
    let query = &program.queries[query as usize];
    steps.push(Step {
        at: call_at(program, query.file, query.call),
        name: callee_text(program, query.file, query.call),
    });
    steps
}

pub(crate) fn call_at(program: &Program, file: u32, call: CallId) -> At {
    let facts = program.facts(file);
    At { file, span: facts.span(facts.call(call).expr) }
}

pub(crate) fn callee_text(program: &Program, file: u32, call: CallId) -> String {
    program.expr_text(file, program.facts(file).call(call).callee)
}
