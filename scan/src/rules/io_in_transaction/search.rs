//! What runs inside a transaction, and what of it is work outside: callbacks, wrappers, the way to a library call.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use crate::facts::{CallId, Expr, FileFacts, GuardId, GuardKind};
use crate::orm::Mark;
use crate::place::Place;
use crate::program::{Effects, FnRef, Hop, Memo, Program, Role, Target, Value, callee_name};
use crate::rules::size::{Size, size};
use crate::rules::waits::is_waited_for;

use super::branches::{is_left_before, is_other_branch};
use super::connections::takes_connection;

/// A function that runs inside a transaction.
pub(in crate::rules) struct Transaction {
    pub(super) file: u32,
    /// The call that opens it.
    pub(super) call: CallId,
    pub(in crate::rules) body: FnRef,
}

/// What a transaction should not wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Network,
    Queue,
    Files,
    /// A query or transaction through a client of its own.
    Connection,
}

/// Work outside the transaction, and how the program gets there.
pub(in crate::rules) struct Outside {
    /// Functions entered on the way; empty where the call in the transaction is the work itself.
    pub(in crate::rules) path: Vec<Hop>,
    pub(in crate::rules) file: u32,
    pub(in crate::rules) call: CallId,
    /// Every call on the way is awaited.
    pub(in crate::rules) awaited: bool,
    /// A call on the way has several possible targets.
    pub(in crate::rules) ambiguous: bool,
    /// A wrapper on the way keeps results.
    pub(in crate::rules) memoized: bool,
}

/// All functions that run inside an interactive transaction: callbacks, and those that wrappers are handed.
pub(in crate::rules) fn transactions(program: &Program) -> Vec<Transaction> {
    let mut found = Vec::new();
    for (file, targets) in program.targets.iter().enumerate() {
        if program.roles[file] != Role::App {
            continue;
        }
        let opening = targets
            .iter()
            .enumerate()
            .filter(|(_, target)| matches!(target, Target::Client(name) if &**name == "$transaction"));
        for (n, _) in opening {
            let (file, call) = (file as u32, CallId(n as u32));
            let mut bodies = Vec::new();
            for callback in program.facts(file).args(call) {
                add_bodies(program, Place { file, expr: *callback }, 0, &mut bodies);
            }
            found.extend(bodies.into_iter().map(|body| Transaction { file, call, body }));
        }
        found.extend(begun_by_hand(program, file as u32));
    }
    let mut seen = FxHashSet::default();
    found.retain(|it| program.roles[it.body.file as usize] == Role::App && seen.insert(it.body));
    found
}

/// `BEGIN` in a function that then runs what it is handed: `withTransaction(async (client) => …)`.
fn begun_by_hand(program: &Program, file: u32) -> Vec<Transaction> {
    let facts = program.facts(file);
    let mut found = Vec::new();
    for (n, target) in program.targets[file as usize].iter().enumerate() {
        if !matches!(target, Target::Client(name) if **name == *Mark::Begin.name()) {
            continue;
        }
        let begin = CallId(n as u32);
        let opened = facts.call(begin);
        let mut bodies = Vec::new();
        for call in &facts.calls {
            let follows = call.function == opened.function
                && facts.span(call.expr).start > facts.span(opened.expr).start
                && program.parameter(file, call.callee).is_some_and(|(owner, _)| owner == opened.function);
            if follows {
                add_bodies(program, Place { file, expr: call.callee }, 0, &mut bodies);
            }
        }
        found.extend(bodies.into_iter().map(|body| Transaction { file, call: begin, body }));
    }
    found
}

fn add_bodies(program: &Program, callback: Place, depth: u32, bodies: &mut Vec<FnRef>) {
    if depth > 4 {
        return;
    }
    let passed = program.passed(callback);
    if !passed.is_empty() {
        for argument in passed {
            add_bodies(program, argument, depth + 1, bodies);
        }
        return;
    }
    let (Value::Function(body) | Value::Memoized(body, _)) = program.eval(callback) else { return };
    if bodies.contains(&body) {
        return;
    }
    bodies.push(body);
    // `(work) => prisma.$transaction(async (tx) => work(tx))`: what callers hand over runs inside as well.
    for call in calls_while_open(program, body) {
        for function in handed_in(program, body.file, call) {
            add_bodies(program, function, depth + 1, bodies);
        }
    }
}

/// The functions that callers pass for the parameter that is called.
pub(super) fn handed_in(program: &Program, file: u32, call: CallId) -> Vec<Place> {
    program.passed(Place { file, expr: program.facts(file).call(call).callee })
}

/// The calls that run before the function is done; not those that wait for later or follow a failure.
pub(in crate::rules) fn calls_while_open(program: &Program, function: FnRef) -> Vec<CallId> {
    let calls = program.calls_in_place(function);
    calls.into_iter().map(|(call, _)| call).filter(|call| runs_at_once(program, function, *call)).collect()
}

fn runs_at_once(program: &Program, outer: FnRef, call: CallId) -> bool {
    let facts = program.facts(outer.file);
    let mut call = call;
    for _ in 0..16 {
        let it = facts.call(call);
        if follows_failure(facts, it.guard) {
            return false;
        }
        if it.function == outer.id {
            return true;
        }
        let Some(at) = program.runs_at(FnRef { file: outer.file, id: it.function }) else { return false };
        if keeps_function(callee_name(facts, facts.call(at).callee)) {
            return false;
        }
        call = at;
    }
    false
}

/// Methods that put a closure aside.
fn keeps_function(name: &str) -> bool {
    matches!(name, "push" | "unshift" | "set" | "add" | "enqueue" | "defer")
}

fn follows_failure(facts: &FileFacts, guard: Option<GuardId>) -> bool {
    std::iter::successors(guard, |id| facts.guard(*id).parent)
        .any(|id| facts.guard(id).kind == GuardKind::Catch)
}

const MAX_VISITED: usize = 400;
const MAX_PATH: usize = 8;

/// The nearest work that a call leads to and the transaction waits for; what is never awaited only where nothing else is.
pub(super) fn nearest(program: &Program, file: u32, call: CallId) -> Option<(Work, Outside)> {
    let effects = program.call_effects(file, call);
    let of_sort = |mask: Effects, wanted: &dyn Fn(u32, CallId) -> bool| {
        if effects.has_any(mask) || mask.has_any(Effects::DB) {
            search(program, file, call, mask, wanted)
        } else {
            None
        }
    };
    let outside = |file: u32, call: CallId| {
        program.direct_effects(file, call).has_any(Effects::OUTSIDE) && !is_quick(program, file, call)
    };
    if let Some(found) = of_sort(Effects::OUTSIDE, &outside) {
        let effects = program.direct_effects(found.file, found.call);
        let work = if effects.has_any(Effects::NETWORK) {
            Work::Network
        } else if effects.has_any(Effects::QUEUE) {
            Work::Queue
        } else {
            Work::Files
        };
        return Some((work, found));
    }
    let connects = |file: u32, call: CallId| takes_connection(program, file, call);
    of_sort(Effects::DB, &connects).map(|found| (Work::Connection, found))
}

/// Breadth first over the functions that have the effect, to a call that is wanted.
pub(in crate::rules) fn search(
    program: &Program,
    file: u32,
    call: CallId,
    mask: Effects,
    wanted: &dyn Fn(u32, CallId) -> bool,
) -> Option<Outside> {
    let awaited = is_awaited(program, file, call);
    let mut pending = VecDeque::from([Outside {
        path: Vec::new(),
        file,
        call,
        awaited,
        ambiguous: false,
        memoized: false,
    }]);
    let mut seen = FxHashSet::default();
    let mut best: Option<Outside> = None;
    let doubts = |it: &Outside| (!it.awaited, it.ambiguous, it.memoized);
    while let Some(way) = pending.pop_front() {
        if wanted(way.file, way.call) {
            if best.as_ref().is_none_or(|best| doubts(&way) < doubts(best)) {
                best = Some(way);
            }
            continue;
        }
        let Target::Functions(functions, memo) = program.target(way.file, way.call) else { continue };
        if way.path.len() >= MAX_PATH {
            continue;
        }
        for function in functions.iter().filter(|it| program.graph.effects(**it).has_any(mask)) {
            if seen.len() > MAX_VISITED || !seen.insert(*function) {
                continue;
            }
            let mut path = way.path.clone();
            path.push(Hop { file: way.file, call: way.call, enters: *function });
            let inner = calls_while_open(program, *function).into_iter();
            let reached = inner
                .filter(|inner| !is_left_before(program, (way.file, way.call), *function, *inner))
                .filter(|inner| !is_other_branch(program, (way.file, way.call), function.file, *inner));
            pending.extend(reached.map(|inner| Outside {
                path: path.clone(),
                file: function.file,
                call: inner,
                awaited: way.awaited && is_awaited(program, function.file, inner),
                ambiguous: way.ambiguous || functions.len() > 1,
                memoized: way.memoized
                    || *memo == Some(Memo::Shared)
                    || program.graph.effects(*function).has_any(Effects::CACHE),
            }));
        }
    }
    best
}

/// Calls on files of this machine that take microseconds: they look at a name, not at what is in it.
const QUICK: [&str; 8] = ["access", "exists", "pathExists", "stat", "lstat", "mkdir", "ensureDir", "unlink"];

fn is_quick(program: &Program, file: u32, call: CallId) -> bool {
    let facts = program.facts(file);
    let effects = program.direct_effects(file, call);
    !effects.has_any(Effects::NETWORK)
        && !effects.has_any(Effects::QUEUE)
        && QUICK.contains(&callee_name(facts, facts.call(call).callee))
}

/// True where the transaction locks rows by name: what follows may be what only one at a time is meant to do.
pub(super) fn locks_rows(program: &Program, transaction: &Transaction) -> bool {
    let facts = program.facts(transaction.file);
    let around = facts.span(facts.call(transaction.call).expr);
    facts.calls.iter().filter(|it| around.contains(facts.span(it.expr))).any(|it| {
        let by_option = facts.list(it.args).iter().any(|arg| match facts.expr(*arg) {
            Expr::Object(list) => facts.property(list, "lock").is_some(),
            _ => false,
        });
        by_option || matches!(callee_name(facts, it.callee), "forUpdate" | "forNoKeyUpdate" | "setLock")
    })
}

/// True where a call on the way runs once per element of a list that may be long.
pub(super) fn is_repeated(program: &Program, file: u32, call: CallId, outside: &Outside) -> bool {
    let on_the_way = outside.path.iter().map(|hop| (hop.file, hop.call));
    let all = [(file, call), (outside.file, outside.call)].into_iter().chain(on_the_way);
    all.flat_map(|(file, call)| program.iterations(file, call)).any(|it| {
        it.collection.is_none_or(|expr| size(program, Place { file: it.file, expr }) != Size::Bounded)
    })
}

/// True where the function around the call waits for it, closures that run in place included.
fn is_awaited(program: &Program, file: u32, call: CallId) -> bool {
    let facts = program.facts(file);
    let it = facts.call(call);
    if !it.awaited && !is_waited_for(facts, it.expr, 0) {
        return false;
    }
    match program.runs_at(FnRef { file, id: it.function }) {
        Some(at) if facts.call(at).function != it.function && !is_transaction(program, file, at) => {
            is_awaited(program, file, at)
        }
        _ => true,
    }
}

fn is_transaction(program: &Program, file: u32, call: CallId) -> bool {
    matches!(program.target(file, call), Target::Client(name) if &**name == "$transaction")
}
