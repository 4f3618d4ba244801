//! What a call leads to: the nearest call of some kind, in itself or in the functions it enters.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use super::paths;
use crate::facts::CallId;
use crate::program::{Effects, FnRef, Hop, Memo, Program, Target};
use crate::report::{Draft, Step};

/// The nearest call of the kind asked for.
#[derive(Debug, Clone)]
pub(super) struct Lead {
    /// The functions entered on the way; empty where the call itself is of the kind.
    pub(super) path: Vec<Hop>,
    pub(super) file: u32,
    pub(super) call: CallId,
    /// A call on the way has several possible targets, and not all of them lead there.
    pub(super) ambiguous: bool,
    /// A function on the way keeps results.
    pub(super) kept: bool,
}

/// How far calls are followed.
const MAX_PATH: usize = 6;
const MAX_VISITED: usize = 200;

/// The nearest call for which `is_end` holds, by functions with these effects.
pub(super) fn nearest(
    program: &Program,
    file: u32,
    call: CallId,
    effects: Effects,
    is_end: &dyn Fn(u32, CallId) -> bool,
) -> Option<Lead> {
    let kept = program.is_kept(file, call);
    let begin = Lead { path: Vec::new(), file, call, ambiguous: false, kept };
    let mut pending = VecDeque::from([begin]);
    let mut seen = FxHashSet::default();
    while let Some(way) = pending.pop_front() {
        if is_end(way.file, way.call) {
            return Some(way);
        }
        let Target::Functions(functions, memo) = program.target(way.file, way.call) else { continue };
        if way.path.len() < MAX_PATH && seen.len() < MAX_VISITED {
            enter(program, &way, functions, *memo, effects, &mut seen, &mut pending);
        }
    }
    None
}

fn enter(
    program: &Program,
    way: &Lead,
    functions: &[FnRef],
    memo: Option<Memo>,
    effects: Effects,
    seen: &mut FxHashSet<FnRef>,
    pending: &mut VecDeque<Lead>,
) {
    let leads = |it: &FnRef| program.graph.effects(*it).has_any(effects);
    let ambiguous = way.ambiguous || !functions.iter().all(leads);
    for function in functions.iter().filter(|it| leads(it)) {
        if !seen.insert(*function) {
            continue;
        }
        let mut path = way.path.clone();
        path.push(Hop { file: way.file, call: way.call, enters: *function });
        let facts = program.facts(function.file);
        let whole = facts.function(function.id).span;
        for (inner, _) in program.calls_in_place(*function) {
            if program.is_on_error_path(function.file, facts.call(inner).guard, whole) {
                continue;
            }
            pending.push_back(Lead {
                path: path.clone(),
                file: function.file,
                call: inner,
                ambiguous,
                kept: way.kept || memo.is_some() || program.asks_holder_first(*function, inner),
            });
        }
    }
}

/// Puts the functions entered on the way, and the call at its end, after the path of a draft.
pub(super) fn put(program: &Program, lead: &Lead, draft: &mut Draft) {
    draft.path.extend(lead.path.iter().map(|hop| Step {
        at: paths::call_at(program, hop.file, hop.call),
        name: program.function_name(hop.enters),
    }));
    draft.path.push(Step {
        at: paths::call_at(program, lead.file, lead.call),
        name: paths::callee_text(program, lead.file, lead.call),
    });
}

/// `pages/api/admin/…`, `api/cron/…`, `temp/backfill.ts`: requests that no user waits for.
pub(super) fn is_behind_the_scenes(path: &str) -> bool {
    const WORDS: [&str; 9] =
        ["admin", "cron", "crons", "backfill", "temp", "migrate", "migration", "reconcile", "cleanup"];
    let path = path.to_ascii_lowercase();
    path.split(|it: char| !it.is_ascii_alphanumeric()).any(|word| WORDS.contains(&word))
}
