//! The queries that a call leads to, nearest first, with the path there and what they depend on.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use super::Program;
use super::effects::Effects;
use super::taint::{Sources, Trace};
use super::targets::Target;
use super::value::{FnRef, Memo};
use crate::facts::{CallId, Expr};

const MAX_PATH: usize = 10;
const MAX_STATES: usize = 600;
const MAX_REACHED: usize = 40;

/// A hop of a path: the call and the function it enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hop {
    pub file: u32,
    pub call: CallId,
    pub enters: FnRef,
}

/// A query that a call leads to.
#[derive(Debug, Clone)]
pub(crate) struct Reached {
    /// From the call asked about to the function that queries.
    pub path: Vec<Hop>,
    pub query: u32,
    /// Its arguments come from the tainted ones of the first call.
    pub dependent: bool,
    /// A memoizing wrapper stands on the path.
    pub memo: Option<Memo>,
    /// A call on the path has several possible targets.
    pub ambiguous: bool,
    /// Some call on the path stands under a condition.
    pub conditional: bool,
}

#[derive(Debug, Clone, Default)]
struct State {
    path: Vec<Hop>,
    mask: u64,
    memo: Option<Memo>,
    ambiguous: bool,
    conditional: bool,
}

impl Program {
    /// The queries that a call leads to, nearest first, with whether they depend on its tainted arguments.
    pub(crate) fn reach(&self, file: u32, call: CallId, sources: &Sources) -> Vec<Reached> {
        let mut seen: FxHashSet<(FnRef, u64)> = FxHashSet::default();
        let mut pending = VecDeque::new();
        self.enter(file, call, sources, &State::default(), &mut seen, &mut pending);
        self.run(pending, seen)
    }

    /// The queries that a function leads to, with whether they depend on its parameter number `parameter`.
    pub(crate) fn reach_from(&self, function: FnRef, parameter: u32) -> Vec<Reached> {
        let mask = 1_u64 << parameter.min(63);
        let pending = VecDeque::from([(function, State { mask, ..State::default() })]);
        self.run(pending, FxHashSet::from_iter([(function, mask)]))
    }

    fn run(&self, mut pending: VecDeque<(FnRef, State)>, mut seen: FxHashSet<(FnRef, u64)>) -> Vec<Reached> {
        let mut found = Vec::new();
        let mut states = 0;
        while let Some((function, state)) = pending.pop_front() {
            states += 1;
            if states > MAX_STATES || found.len() >= MAX_REACHED {
                break;
            }
            let sources = self.parameter_sources(function, state.mask);
            for (inner, conditional) in self.calls_in_place(function) {
                let facts = &self.files[function.file as usize];
                let whole = facts.function(function.id).span;
                if self.is_on_error_path(function.file, facts.call(inner).guard, whole) {
                    continue;
                }
                let mut state = state.clone();
                state.conditional |= conditional;
                if let Target::Query(query) = self.targets[function.file as usize][inner.index()] {
                    found.push(Reached {
                        path: state.path.clone(),
                        query,
                        dependent: self.asks_of(query, function, inner, &sources)
                            || (state.mask != 0 && self.begins_elsewhere(query, function)),
                        memo: state.memo,
                        ambiguous: state.ambiguous,
                        conditional: state.conditional,
                    });
                } else if state.path.len() < MAX_PATH {
                    self.enter(function.file, inner, &sources, &state, &mut seen, &mut pending);
                }
            }
        }
        found
    }

    /// True where the query is given what comes from the sources, at any of its steps.
    fn asks_of(&self, query: u32, function: FnRef, end: CallId, sources: &Sources) -> bool {
        let mut trace = Trace::new(&self.files[function.file as usize], sources);
        let parts = &self.queries[query as usize].parts;
        std::iter::once(&end).chain(parts).any(|call| trace.args_depend(*call))
    }

    /// True for a query built up in another function, with what that is given.
    pub(super) fn begins_elsewhere(&self, query: u32, function: FnRef) -> bool {
        self.queries[query as usize].built.is_some_and(|built| {
            let facts = &self.files[built.begin.file as usize];
            let begin = facts.span(facts.call(built.begin.call).expr);
            built.begin.file != function.file || !facts.function(function.id).span.contains(begin)
        })
    }

    fn enter(
        &self,
        file: u32,
        call: CallId,
        sources: &Sources,
        state: &State,
        seen: &mut FxHashSet<(FnRef, u64)>,
        pending: &mut VecDeque<(FnRef, State)>,
    ) {
        let Target::Functions(targets, memo) = &self.targets[file as usize][call.index()] else { return };
        let facts = &self.files[file as usize];
        let mut mask = 0u64;
        for (n, arg) in facts.args(call).iter().enumerate().take(63) {
            if Trace::new(facts, sources).depends(*arg) {
                mask |= 1 << n;
                if matches!(facts.expr(*arg), Expr::Spread(_)) {
                    mask = u64::MAX;
                }
            }
        }
        for target in targets {
            if !self.graph.effects(*target).has_any(Effects::DB) || !seen.insert((*target, mask)) {
                continue;
            }
            let mut path = state.path.clone();
            path.push(Hop { file, call, enters: *target });
            pending.push_back((
                *target,
                State {
                    path,
                    mask,
                    memo: state.memo.or(*memo),
                    ambiguous: state.ambiguous || targets.len() > 1,
                    conditional: state.conditional,
                },
            ));
        }
    }

    fn parameter_sources(&self, function: FnRef, mask: u64) -> Sources {
        let count = self.files[function.file as usize].function(function.id).params.len() as u32;
        let params = (0..count.min(64)).filter(|n| mask & (1 << n) != 0).map(|n| (function.id, n)).collect();
        Sources { params, ..Sources::default() }
    }
}
