//! The queries that a call leads to, nearest first, with the path there and what they depend on.

use std::collections::VecDeque;
use std::hash::BuildHasher as _;

use rustc_hash::{FxBuildHasher, FxHashSet};
use tuneup_model::Operation;

use super::Program;
use super::effects::Effects;
use super::taint::{Sources, Trace};
use super::targets::Target;
use super::value::{FnRef, Memo};
use crate::facts::{CallId, Expr, FileFacts, NameId};
use crate::orm::{self, CallAt};

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
#[expect(clippy::struct_excessive_bools, reason = "each is a fact about the way of its own")]
pub(crate) struct Reached {
    /// From the call asked about to the function that queries.
    pub path: Vec<Hop>,
    pub query: u32,
    /// Its arguments come from the tainted ones of the first call.
    pub dependent: bool,
    /// They come from an argument of which another part is tainted.
    pub beside: bool,
    /// A memoizing wrapper stands on the path.
    pub memo: Option<Memo>,
    /// A call on the path has several possible targets.
    pub ambiguous: bool,
    /// Some call on the path stands under a condition.
    pub conditional: bool,
    /// What it asks by was made on the way: nobody can ask before.
    pub made: bool,
    /// It changes rows that do not come from the tainted arguments.
    pub one_row: bool,
}

#[derive(Debug, Clone, Default)]
struct State {
    path: Vec<Hop>,
    mask: u64,
    /// The parameters that would be tainted if a parameter were tainted as a whole.
    loose: u64,
    /// Properties of tainted parameters that are the same in every turn.
    clean: Vec<(u32, String)>,
    /// The parameters of the mask that stand for rows made on the way.
    made: u64,
    memo: Option<Memo>,
    ambiguous: bool,
    conditional: bool,
}

/// A function entered: with its tainted parameters, what tells the literal arguments apart, and the manner of the way.
type Seen = (FnRef, u64, u64, (bool, bool));

/// What is tainted on entering a function: by the element, as a whole or by a property of it, and by rows made on the
/// way.
struct Taint<'a> {
    sources: &'a Sources,
    loose: &'a Sources,
    made: &'a Sources,
}

impl Program {
    /// The queries that a call leads to, nearest first, with whether they depend on its tainted arguments.
    pub(crate) fn reach(&self, file: u32, call: CallId, sources: &Sources) -> Vec<Reached> {
        let mut seen: FxHashSet<Seen> = FxHashSet::default();
        let mut pending = VecDeque::new();
        let taint = Taint { sources, loose: sources, made: &Sources::default() };
        self.enter(file, call, &taint, &State::default(), &mut seen, &mut pending);
        self.run(pending, seen)
    }

    /// The queries that a function leads to, with whether they depend on its parameter number `parameter`.
    pub(crate) fn reach_from(&self, function: FnRef, parameter: u32) -> Vec<Reached> {
        let mask = 1_u64 << parameter.min(63);
        let pending = VecDeque::from([(function, State { mask, loose: mask, ..State::default() })]);
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
            let sources = self.parameter_sources(function, state.mask, &state.clean);
            let loose = self.parameter_sources(function, state.loose, &[]);
            let given = self.parameter_sources(function, state.mask & !state.made, &state.clean);
            let made = self.made_in(function, state.made);
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
                    let dependent = self.query_depends(function.file, query, &sources)
                        || (state.mask != 0 && self.begins_elsewhere(query, function));
                    found.push(Reached {
                        made: self.query_depends(function.file, query, &made)
                            && self.asks_only_by(function.file, inner, &given, &made),
                        one_row: dependent && self.changes_one_row(function.file, query, &sources),
                        path: state.path.clone(),
                        query,
                        dependent,
                        beside: !dependent && self.query_depends(function.file, query, &loose),
                        memo: state.memo,
                        ambiguous: state.ambiguous,
                        conditional: state.conditional,
                    });
                } else if state.path.len() < MAX_PATH {
                    let taint = Taint { sources: &sources, loose: &loose, made: &made };
                    self.enter(function.file, inner, &taint, &state, &mut seen, &mut pending);
                }
            }
        }
        found
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
        taint: &Taint<'_>,
        state: &State,
        seen: &mut FxHashSet<Seen>,
        pending: &mut VecDeque<(FnRef, State)>,
    ) {
        let Target::Functions(targets, memo) = &self.targets[file as usize][call.index()] else { return };
        let facts = &self.files[file as usize];
        let mask = tainted_args(facts, call, taint.sources);
        let loose = tainted_args(facts, call, taint.loose);
        let made = mask & tainted_args(facts, call, taint.made);
        let clean = self.clean_properties(file, call, taint.sources);
        let literals = self.literals_of(file, call).wrapping_add(FxBuildHasher.hash_one(&clean));
        // Whichever is meant asks a database; objects of several classes in one list are few.
        let asks = |it: &FnRef| self.graph.effects(*it).has_any(Effects::DB.with(Effects::CACHE));
        let ambiguous =
            state.ambiguous || (targets.len() > 1 && (mask & THIS != 0 || !targets.iter().all(asks)));
        let manner = (state.memo.or(*memo).is_some(), state.conditional);
        for target in targets {
            if !self.graph.effects(*target).has_any(Effects::DB)
                || !seen.insert((*target, mask, literals, manner))
            {
                continue;
            }
            let mut path = state.path.clone();
            path.push(Hop { file, call, enters: *target });
            pending.push_back((
                *target,
                State {
                    path,
                    mask,
                    loose,
                    clean: clean.clone(),
                    made,
                    memo: state.memo.or(*memo),
                    ambiguous,
                    conditional: state.conditional,
                },
            ));
        }
    }

    /// True where the arguments of the query, or of the steps that build it, come from the sources.
    fn query_depends(&self, file: u32, query: u32, sources: &Sources) -> bool {
        let query = &self.queries[query as usize];
        let mut trace = Trace::new(self.facts(file), sources);
        let parts = if query.file == file { query.parts.as_slice() } else { &[] };
        let asks = std::iter::once(&query.call).chain(parts).any(|call| trace.args_depend(*call));
        // A row asks for what is its own: `this.getComments()`.
        asks || (self.asks_row(file, query.call)
            && trace.depends(orm::root_of(self, CallAt { file, call: query.call })))
    }

    /// The rows that a function makes itself or is handed as made.
    fn made_in(&self, function: FnRef, handed: u64) -> Sources {
        let mut sources = self.parameter_sources(function, handed, &[]);
        let calls = self.calls_in_place(function);
        sources.calls.extend(calls.iter().map(|it| it.0).filter(|call| self.makes_row(function.file, *call)));
        sources
    }

    /// True where each argument that comes from the element comes from a row made on the way.
    fn asks_only_by(&self, file: u32, call: CallId, given: &Sources, made: &Sources) -> bool {
        let facts = &self.files[file as usize];
        facts
            .args(call)
            .iter()
            .all(|arg| !Trace::new(facts, given).depends(*arg) || Trace::new(facts, made).depends(*arg))
    }

    /// True for a call that writes a new row and gives it, or its key.
    pub(super) fn makes_row(&self, file: u32, call: CallId) -> bool {
        let facts = &self.files[file as usize];
        match &self.targets[file as usize][call.index()] {
            Target::Query(query) => {
                let shape = &self.queries[*query as usize].shape;
                matches!(shape.operation, Operation::Insert | Operation::InsertMany)
                    || matches!(shape.method.as_str(), "save" | "create")
            }
            Target::Functions(targets, _) => {
                let name =
                    super::iterations::callee_name(facts, facts.call(call).callee).to_ascii_lowercase();
                ["create", "insert", "save", "add", "make", "register"].iter().any(|it| name.starts_with(it))
                    && targets.iter().any(|target| self.graph.effects(*target).has_any(Effects::DB_WRITE))
            }
            _ => false,
        }
    }

    fn parameter_sources(&self, function: FnRef, mask: u64, clean: &[(u32, String)]) -> Sources {
        let facts = self.facts(function.file);
        let count = facts.function(function.id).params.len() as u32;
        let params = (0..count.min(63)).filter(|n| mask & (1 << n) != 0).map(|n| (function.id, n)).collect();
        let named = |name: &str| facts.names.iter().position(|it| **it == *name);
        let clean =
            clean.iter().filter_map(|(index, name)| Some((function.id, *index, NameId(named(name)? as u32))));
        Sources { params, clean: clean.collect(), this: mask & THIS != 0, ..Sources::default() }
    }
}

/// The bit of the object that a method is called on; the bits below are those of the arguments.
const THIS: u64 = 1 << 63;

/// The arguments of a call that come from the sources, a bit for each.
fn tainted_args(facts: &FileFacts, call: CallId, sources: &Sources) -> u64 {
    let mut mask = 0u64;
    for (n, arg) in facts.args(call).iter().enumerate().take(63) {
        if Trace::new(facts, sources).depends(*arg) {
            if matches!(facts.expr(*arg), Expr::Spread(_)) {
                return THIS - 1;
            }
            mask |= 1 << n;
        }
    }
    if let Expr::Member { object, .. } = facts.expr(facts.call(call).callee)
        && Trace::new(facts, sources).depends(object)
    {
        mask |= THIS;
    }
    mask
}
