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

/// A function entered: with its tainted parameters, what tells the literal arguments apart, and the manner of the way.
type Seen = (FnRef, u64, u64, (bool, bool));

impl Program {
    /// The queries that a call leads to, nearest first, with whether they depend on its tainted arguments.
    pub(crate) fn reach(&self, file: u32, call: CallId, sources: &Sources) -> Vec<Reached> {
        let mut seen: FxHashSet<Seen> = FxHashSet::default();
        let mut pending = VecDeque::new();
        self.enter(file, call, sources, &State::default(), &mut seen, &mut pending);
        self.run(pending, seen)
    }

    /// The queries that a function leads to, with whether they depend on its parameter number `parameter`.
    pub(crate) fn reach_from(&self, function: FnRef, parameter: u32) -> Vec<Reached> {
        let mask = 1_u64 << parameter.min(63);
        let pending = VecDeque::from([(function, State { mask, ..State::default() })]);
        self.run(pending, FxHashSet::from_iter([(function, mask, 0, (false, false))]))
    }

    fn run(&self, mut pending: VecDeque<(FnRef, State)>, mut seen: FxHashSet<Seen>) -> Vec<Reached> {
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
                if self.is_on_error_path(function.file, facts.call(inner).guard, whole)
                    || !self.may_come(&state.path, inner)
                {
                    continue;
                }
                let mut state = state.clone();
                state.conditional |= conditional;
                if let Target::Query(query) = self.targets[function.file as usize][inner.index()] {
                    found.push(Reached {
                        path: state.path.clone(),
                        query,
                        dependent: Trace::new(facts, &sources).args_depend(inner),
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

    fn enter(
        &self,
        file: u32,
        call: CallId,
        sources: &Sources,
        state: &State,
        seen: &mut FxHashSet<Seen>,
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
        let literals = self.literals_of(file, call);
        let manner = (state.memo.or(*memo).is_some(), state.conditional);
        for target in targets {
            if !self.graph.effects(*target).has_any(Effects::DB) || !seen.insert((*target, mask, literals, manner)) {
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
