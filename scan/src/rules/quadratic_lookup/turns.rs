//! The loop that a search runs in: around the call itself, or around a call of the function that holds it.

use rustc_hash::FxHashSet;

use crate::facts::{CallId, ExprId};
use crate::program::{FnRef, Hop, Iteration, Program, Sources, Trace};

/// A loop, and the calls from it to the function that searches.
pub(super) type Turned = (Iteration, Vec<Hop>);

/// The loop of this file that the search depends on. The outer option is empty where the list changes with that loop.
#[expect(clippy::option_option, reason = "a list of each turn's own differs from no loop at all")]
pub(super) fn in_place(program: &Program, file: u32, id: CallId, list: ExprId) -> Option<Option<Turned>> {
    let facts = program.facts(file);
    let iterations = program.iterations(file, id);
    let Some(index) = iterations.iter().position(|it| Trace::new(facts, &it.sources).args_depend(id)) else {
        return Some(None);
    };
    let changes = |it: &Iteration| program.varies(it.file, &it.sources, it.body, list);
    (!iterations[..=index].iter().any(changes)).then(|| Some((iterations[index].clone(), Vec::new())))
}

/// Calls on the way from the loop to the search.
const MAX_HOPS: usize = 4;

/// A loop around a call of the function, in which the list stays and what is searched for changes.
pub(super) fn through_calls(program: &Program, file: u32, id: CallId, list: ExprId) -> Option<Turned> {
    let function = owner(program, file, id);
    let lists = parameters_of(program, function, &[list]);
    let keys = parameters_of(program, function, program.facts(file).args(id));
    if lists.is_empty() {
        return None;
    }
    let mut pending = vec![(function, lists, keys, Vec::new())];
    let mut seen = FxHashSet::default();
    while let Some((function, lists, keys, path)) = pending.pop() {
        if path.len() >= MAX_HOPS || !seen.insert(function) {
            continue;
        }
        for (file, call) in program.callers(function) {
            let facts = program.facts(*file);
            let pick = |wanted: &[u32]| -> Vec<ExprId> {
                wanted.iter().filter_map(|n| facts.args(*call).get(*n as usize).copied()).collect()
            };
            let given_keys: Vec<u32> = keys.iter().copied().filter(|key| !lists.contains(key)).collect();
            let (list_args, key_args) = (pick(&lists), pick(&given_keys));
            let mut path = path.clone();
            path.insert(0, Hop { file: *file, call: *call, enters: function });
            let iterations = program.iterations(*file, *call);
            let depends =
                |it: &Iteration| key_args.iter().any(|arg| Trace::new(facts, &it.sources).depends(*arg));
            let Some(index) = iterations.iter().position(depends) else {
                let outer = owner(program, *file, *call);
                let (lists, keys) =
                    (parameters_of(program, outer, &list_args), parameters_of(program, outer, &key_args));
                if !lists.is_empty() && !keys.is_empty() {
                    pending.push((outer, lists, keys, path));
                }
                continue;
            };
            let changes = |it: &Iteration| {
                list_args.iter().any(|arg| program.varies(it.file, &it.sources, it.body, *arg))
            };
            if program.is_app(*file) && !iterations[..=index].iter().any(changes) {
                return Some((iterations[index].clone(), path));
            }
        }
    }
    None
}

/// The function whose parameters code at a call can see: the one around all closures that run in place.
fn owner(program: &Program, file: u32, call: CallId) -> FnRef {
    let mut function = FnRef { file, id: program.facts(file).call(call).function };
    for _ in 0..16 {
        let Some(at) = program.runs_at(function) else { break };
        function.id = program.facts(file).call(at).function;
    }
    function
}

/// The parameters that some of the expressions come from.
pub(super) fn parameters_of(program: &Program, function: FnRef, exprs: &[ExprId]) -> Vec<u32> {
    let facts = program.facts(function.file);
    let count = facts.function(function.id).params.len() as u32;
    let comes_from = |index: &u32| {
        let sources = Sources { params: [(function.id, *index)].into_iter().collect(), ..Sources::default() };
        exprs.iter().any(|expr| Trace::new(facts, &sources).depends(*expr))
    };
    (0..count).filter(comes_from).collect()
}
