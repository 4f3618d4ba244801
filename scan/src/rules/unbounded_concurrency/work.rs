//! What one turn of a fan-out leads to: the network, files, a queue, the database; each by the nearest call.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use super::fanout::{Started, is_limited};
use crate::facts::CallId;
use crate::program::{Effects, FnRef, Hop, Memo, Program, Target, is_pure_method, iterating_method};

/// Kinds of work, the one that most needs a limit first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Work {
    Network,
    /// Calls that hold a file open.
    Files,
    Database,
    Queue,
}

impl Work {
    fn effects(self) -> Effects {
        match self {
            Self::Network => Effects::NETWORK,
            Self::Files => Effects::FILES,
            Self::Database => Effects::DB,
            Self::Queue => Effects::QUEUE,
        }
    }
}

/// The nearest call of one kind.
#[derive(Debug, Clone)]
pub(super) struct Led {
    pub(super) work: Work,
    pub(super) path: Vec<Hop>,
    pub(super) file: u32,
    pub(super) call: CallId,
    /// A call on the way has several possible targets, and not all of them lead to this kind of work.
    pub(super) ambiguous: bool,
    /// What all possible targets on the way lead to.
    certain: Effects,
    /// A function on the way keeps results.
    pub(super) kept: bool,
}

/// What a turn leads to.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// The nearest call of each kind, in order of the kinds.
    pub(super) led: Vec<Led>,
    /// Queries by table and method.
    pub(super) statements: FxHashSet<(String, String)>,
    /// A transaction is opened.
    pub(super) transaction: bool,
}

const MAX_VISITED: usize = 400;
const MAX_PATH: usize = 8;
const WORK: Effects = Effects::OUTSIDE.with(Effects::DB);

pub(super) fn turn(program: &Program, started: &[Started]) -> Turn {
    let mut turn = Turn::default();
    let mut pending = VecDeque::new();
    let mut seen = FxHashSet::default();
    for it in started {
        let start = |path| Led {
            work: Work::Queue,
            path,
            file: it.file,
            call: it.call,
            ambiguous: false,
            certain: Effects::ALL,
            kept: program.is_kept(it.file, it.call),
        };
        match it.enters {
            Some(function) => {
                let way = start(Vec::new());
                enter(program, &way, &[function], None, &mut seen, &mut pending);
            }
            None => pending.push_back(start(Vec::new())),
        }
    }
    while let Some(way) = pending.pop_front() {
        if let Some(work) = kind(program, way.file, way.call) {
            let ambiguous = !way.certain.has_any(work.effects());
            note(program, &mut turn, Led { work, ambiguous, ..way.clone() });
        }
        match program.target(way.file, way.call) {
            Target::Client(name) if &**name == "$transaction" => turn.transaction = true,
            Target::Functions(functions, memo) => {
                enter(program, &way, functions, *memo, &mut seen, &mut pending);
            }
            _ => {}
        }
    }
    turn.led.sort_by_key(|it| it.work);
    turn
}

fn enter(
    program: &Program,
    way: &Led,
    functions: &[FnRef],
    memo: Option<Memo>,
    seen: &mut FxHashSet<FnRef>,
    pending: &mut VecDeque<Led>,
) {
    if way.path.len() >= MAX_PATH {
        return;
    }
    let effects = functions.iter().map(|function| program.graph.effects(*function));
    let certain = effects.fold(way.certain, Effects::both);
    for function in functions.iter().filter(|it| program.graph.effects(**it).has_any(WORK)) {
        if seen.len() > MAX_VISITED || !seen.insert(*function) {
            continue;
        }
        let mut path = way.path.clone();
        path.push(Hop { file: way.file, call: way.call, enters: *function });
        let facts = program.facts(function.file);
        let whole = facts.function(function.id).span;
        let caches = program.graph.effects(*function).has_any(Effects::CACHE);
        for (inner, _) in program.calls_in_place(*function) {
            if program.is_on_error_path(function.file, facts.call(inner).guard, whole)
                || is_limited(program, *function, inner)
            {
                continue;
            }
            pending.push_back(Led {
                work: Work::Queue,
                path: path.clone(),
                file: function.file,
                call: inner,
                ambiguous: false,
                certain,
                kept: way.kept || memo.is_some() || caches || program.asks_holder_first(*function, inner),
            });
        }
    }
}

/// Keeps the way with the least to doubt, the shortest of those.
fn note(program: &Program, turn: &mut Turn, led: Led) {
    if let Target::Query(query) = program.target(led.file, led.call) {
        let shape = &program.queries[*query as usize].shape;
        let table = shape.table.name().unwrap_or("?").to_owned();
        turn.statements.insert((table, shape.method.clone()));
    }
    let doubts = |it: &Led| (it.ambiguous, it.kept);
    match turn.led.iter_mut().find(|it| it.work == led.work) {
        Some(known) if doubts(&led) < doubts(known) => *known = led,
        Some(_) => {}
        None => turn.led.push(led),
    }
}

/// The work that a call itself is.
fn kind(program: &Program, file: u32, call: CallId) -> Option<Work> {
    let effects = program.direct_effects(file, call);
    let facts = program.facts(file);
    let it = facts.call(call);
    let last = match program.target(file, call) {
        Target::Api(api) => api.last(),
        _ => "",
    };
    if effects.has_any(Effects::NETWORK) {
        // `const gmail = google.gmail({ auth })` makes a client and sends nothing.
        let makes = last.starts_with(|first: char| first.is_ascii_uppercase())
            || reads_answer(last)
            || (!it.awaited && facts.symbols.iter().any(|symbol| symbol.definition == Some(it.expr)));
        return (!makes).then_some(Work::Network);
    }
    if effects.has_any(Effects::FILES) {
        return holds_file(last).then_some(Work::Files);
    }
    if effects.has_any(Effects::DB) {
        return Some(Work::Database);
    }
    effects.has_any(Effects::QUEUE).then_some(Work::Queue)
}

/// Methods of lists, texts and maps: they look into an answer that is there already.
fn reads_answer(name: &str) -> bool {
    iterating_method(name).is_some()
        || is_pure_method(name)
        || matches!(name, "keys" | "values" | "entries" | "sort" | "reverse" | "push" | "at" | "toISOString")
}

/// Calls that keep a file open for a while; too many of them end in `EMFILE`.
fn holds_file(name: &str) -> bool {
    matches!(
        name,
        "readFile"
            | "writeFile"
            | "appendFile"
            | "copyFile"
            | "open"
            | "copy"
            | "move"
            | "readJson"
            | "readJSON"
            | "writeJson"
            | "writeJSON"
            | "outputFile"
            | "outputJson"
            | "createReadStream"
            | "createWriteStream"
    )
}
