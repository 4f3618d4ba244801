//! Queries that run once per turn of a loop: directly, or through calls. The ground of the N+1 rules.

mod beside;
mod one_row;
mod way;
mod written;

use crate::facts::CallId;
use crate::orm::{self, CallAt};
use crate::place::Place;

use super::Program;
use super::effects::Effects;
use super::feeds::Bond;
use super::iterations::{Iteration, LoopClass};
use super::lengths::{Short, Supply};
use super::reach::Hop;
use super::roles::Role;
use super::table_bonds::TableBond;
use super::taint::Trace;
use super::targets::Target;
use super::value::{FnRef, Value};

/// A query repeated by a loop.
#[derive(Debug, Clone)]
pub(crate) struct Repeated {
    pub file: u32,
    /// The call in the body: the query itself, or the first call of the path to it.
    pub call: CallId,
    pub iteration: Iteration,
    /// Loops around that one.
    pub outer: Vec<Iteration>,
    /// Empty where the query stands in the loop.
    pub path: Vec<Hop>,
    pub query: u32,
    /// A write that the same call leads to each turn, where `query` is a read.
    pub also_writes: Option<u32>,
    pub relation: Relation,
    pub traps: Vec<Trap>,
    /// Calls that bring a list of unknown length down to the function with the loop; empty where that has it.
    pub supply: Vec<Hop>,
}

/// How the query's arguments relate to the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// They come from the element of each turn.
    PerElement,
    /// They are the same each turn.
    Invariant,
    /// They change, but not with the element.
    Changing,
}

/// Why a repeated query may be right as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Trap {
    /// The loop is not over a growing collection.
    NotACollection(&'static str),
    /// The loop stops at the first result that fits.
    EarlyExit,
    /// A map kept across turns stands before the query.
    LocalCache,
    /// A wrapper keeps results.
    Memoized,
    /// Several implementations are possible.
    Ambiguous,
    /// The path is long.
    Far,
    /// The call that leads to the query also leads to the network.
    SlowerWork,
    /// Each turn also waits for the network elsewhere.
    SlowerTurn,
    /// The row written is needed by another statement of the turn, or needs one.
    FeedsTurn,
    /// The row written is needed in a later turn.
    FeedsLaterTurn,
    /// Rows are locked one by one.
    Locks,
    /// Each element stands for a list that one statement handles.
    AlreadyBatch,
    /// The first rows of each element are asked for.
    FirstRows,
    /// Nothing is known that one statement for all could ask by.
    NoKey,
    /// The callee counts what it wrote just before.
    ReadsOwnWrites,
    /// Each element is handled in a transaction of its own.
    OwnTransaction,
    /// The table is not known: each element may have one of its own.
    TableMayVary,
    /// The call that leads to the query leads to so many others that this one weighs little.
    MuchElse,
    /// The list stays short by every way known.
    ShortList(Short),
    /// A test lets one element through.
    OneElement,
    /// Each element names a table of its own.
    OwnTable,
    /// The row asked for is made in the same turn.
    MadeInTurn,
    /// The list is what came while a timer was put off.
    Debounced,
    /// The loop runs only after something failed.
    AfterFailure,
    /// Every turn changes the same rows.
    OneRow,
    /// A unit of work sends what all turns write.
    UnitOfWork,
    /// Rows refer to others of their table, and go in order.
    InOrder,
}

/// A call that leads to more queries than this does a piece of work of its own for each element.
const MANY_QUERIES: usize = 12;

/// What costs more than a query.
const SLOW: Effects = Effects::NETWORK.with(Effects::SLEEP);

impl Program {
    /// All queries repeated by loops in application files, found once.
    pub(crate) fn repeated(&self) -> &[Repeated] {
        self.repeats.get_or_init(|| self.find_repeated())
    }

    fn find_repeated(&self) -> Vec<Repeated> {
        let mut found = Vec::new();
        for (file, facts) in self.files.iter().enumerate() {
            if self.roles[file] != Role::App {
                continue;
            }
            let file = file as u32;
            for n in 0..facts.calls.len() as u32 {
                let call = CallId(n);
                if !self.call_effects(file, call).has_any(Effects::DB) {
                    continue;
                }
                let iterations = self.iterations(file, call);
                let guard = facts.call(call).guard;
                if iterations.is_empty()
                    || iterations.iter().any(|it| self.is_on_error_path(file, guard, it.body))
                {
                    continue;
                }
                match self.target(file, call) {
                    Target::Query(query) => found.extend(self.direct(file, call, *query, &iterations)),
                    // `work(item)` in a helper: told where the closure stands, not where it runs.
                    Target::Functions(targets, _) if self.runs_closures(file, call, targets) => {}
                    Target::Functions(..) => self.indirect(file, call, &iterations, &mut found),
                    _ => {}
                }
            }
        }
        found
    }

    fn direct(&self, file: u32, call: CallId, query: u32, iterations: &[Iteration]) -> Option<Repeated> {
        let facts = self.facts(file);
        let asked = &self.queries[query as usize];
        let parts = &asked.parts;
        let depends = |it: &Iteration| {
            let mut trace = Trace::new(facts, &it.sources);
            std::iter::once(&call).chain(parts).any(|call| trace.args_depend(*call))
        };
        // A client chosen by the element: a database per tenant.
        let begin = asked.built.map(|built| built.begin).filter(|begin| begin.file == file);
        let client = orm::root_of(self, begin.unwrap_or(CallAt { file, call }));
        let by_client = iterations.iter().position(|it| Trace::new(facts, &it.sources).depends(client));
        let of_row = by_client.filter(|_| self.asks_row(file, call));
        if by_client.is_some() && of_row.is_none() {
            return None;
        }
        let table = self.table_bond(file, call, asked, iterations);
        if table == TableBond::Element {
            return None;
        }
        let (index, relation) = if let Some(index) = iterations.iter().position(depends).or(of_row) {
            (index, Relation::PerElement)
        } else {
            let index = iterations.iter().position(|it| it.class == LoopClass::Collection)?;
            let it = &iterations[index];
            let mut given = std::iter::once(&call).chain(parts).flat_map(|call| facts.args(*call));
            let changes = given.any(|arg| self.varies(file, &it.sources, it.body, *arg));
            (index, if changes { Relation::Changing } else { Relation::Invariant })
        };
        let mut repeated = self.repeated_at(file, call, iterations, index, relation, query, Vec::new());
        if table == TableBond::Open {
            repeated.traps.push(Trap::TableMayVary);
        }
        // The list of an `in` that is the same for each element makes no batch of it.
        let keys = self.keys_of(query).filter(|keys| keys.file == file);
        if keys.is_some_and(|keys| !Trace::new(facts, &iterations[index].sources).depends(keys.expr)) {
            repeated.traps.retain(|trap| *trap != Trap::AlreadyBatch);
        }
        if relation == Relation::PerElement && self.changes_one_row(file, query, &iterations[index].sources) {
            repeated.traps.push(Trap::OneRow);
        }
        Some(repeated)
    }

    fn indirect(&self, file: u32, call: CallId, iterations: &[Iteration], found: &mut Vec<Repeated>) {
        let facts = self.facts(file);
        let depends = |it: &Iteration| Trace::new(facts, &it.sources).call_depends(call);
        let Some(index) = iterations
            .iter()
            .position(depends)
            .or_else(|| iterations.iter().position(|it| it.class == LoopClass::Collection))
        else {
            return;
        };
        let from = found.len();
        let (nearest, others) = self.nearest(file, call, &iterations[index].sources);
        for reached in nearest {
            let asked = &self.queries[reached.query as usize];
            let by = FnRef { file: asked.file, id: self.facts(asked.file).call(asked.call).function };
            // What another function gives to the query it begins is not seen from here.
            let relation = if reached.dependent {
                Relation::PerElement
            } else if self.begins_elsewhere(reached.query, by) {
                Relation::Changing
            } else {
                Relation::Invariant
            };
            let mut repeated = self.repeated_at(
                file,
                call,
                iterations,
                index,
                relation,
                reached.query,
                reached.path.clone(),
            );
            repeated.traps.extend(self.traps_on_the_way(&reached));
            if others > MANY_QUERIES && !self.comes_in_batches(file, &iterations[index]) {
                repeated.traps.push(Trap::MuchElse);
            }
            found.push(repeated);
        }
        self.fold_write(found, from);
    }

    /// One call that reads and writes each turn is one matter: the read speaks, unless it is less sure.
    fn fold_write(&self, found: &mut Vec<Repeated>, from: usize) {
        let [read, write] = &found[from..] else { return };
        if self.queries[read.query as usize].shape.operation.is_write() {
            return;
        }
        let also = write.query;
        if read.traps.len() <= write.traps.len() {
            found.pop();
            found[from].also_writes = Some(also);
        } else {
            found.remove(from);
        }
    }

    /// True where the call runs a parameter, and the callers hand over closures written on the spot.
    fn runs_closures(&self, file: u32, call: CallId, targets: &[FnRef]) -> bool {
        let is_closure = |it: &FnRef| self.facts(it.file).function(it.id).argument_of.is_some();
        self.parameter(file, self.facts(file).call(call).callee).is_some() && targets.iter().all(is_closure)
    }

    #[expect(clippy::too_many_arguments, reason = "one constructor for both ways a query is found")]
    fn repeated_at(
        &self,
        file: u32,
        call: CallId,
        iterations: &[Iteration],
        index: usize,
        relation: Relation,
        query: u32,
        path: Vec<Hop>,
    ) -> Repeated {
        let iteration = iterations[index].clone();
        let mut traps = self.deliberate(query, &path);
        if iteration.class != LoopClass::Collection {
            traps.push(Trap::NotACollection(iteration.class.in_words()));
        }
        let supply = match self.supply(&iteration) {
            Supply::Short(why)
                if iteration.class == LoopClass::Collection && !self.is_nested(&iterations[index + 1..]) =>
            {
                traps.push(Trap::ShortList(why));
                Vec::new()
            }
            Supply::Short(_) => Vec::new(),
            Supply::Open(way) => way,
        };
        self.look_at_turn(file, call, &iteration, query, &path, &mut traps);
        if self.exits_early(&iteration, call) {
            traps.push(Trap::EarlyExit);
        }
        // A read can be done for all elements before the slow work starts; a write often records its outcome.
        let reads = self.queries[query as usize].shape.operation.is_read();
        // Nobody keeps a write to do without the next.
        let is_kept = || {
            self.is_behind_cache(file, call, &iteration)
                || self.is_kept(file, call)
                || self.is_filled_on_miss(file, call)
        };
        if reads && is_kept() {
            traps.push(Trap::LocalCache);
        }
        let read_per_element = reads && relation == Relation::PerElement;
        let keeps_files = !reads && !path.is_empty() && self.call_effects(file, call).has_any(Effects::FILES);
        if keeps_files || self.is_slower_on_the_way(file, call, path.len()) {
            traps.push(Trap::SlowerWork);
        } else if self.turn_waits_for_slower(file, &iteration, read_per_element.then_some(call)) {
            traps.push(Trap::SlowerTurn);
        }
        let writes = self.queries[query as usize].shape.operation.is_write();
        match writes.then(|| self.bound_statements(file, call, &iteration)).flatten() {
            Some(Bond::LaterTurn) => traps.push(Trap::FeedsLaterTurn),
            Some(Bond::SameTurn) => traps.push(Trap::FeedsTurn),
            None => {}
        }
        traps.extend(self.runs_after_failure(&iteration).then_some(Trap::AfterFailure));
        if self.locks_rows(file, call, query) {
            traps.push(Trap::Locks);
        }
        Repeated {
            file,
            call,
            outer: iterations[index + 1..].to_vec(),
            iteration,
            path,
            query,
            also_writes: None,
            relation,
            traps,
            supply,
        }
    }

    /// True where all that a call is given of the element is text: one key, whatever the callee makes of a list.
    fn gives_one_text(&self, file: u32, call: CallId, iteration: &Iteration) -> bool {
        let facts = self.facts(file);
        let mut trace = Trace::new(facts, &iteration.sources);
        let given: Vec<_> = facts.args(call).iter().filter(|arg| trace.depends(**arg)).collect();
        !given.is_empty() && given.iter().all(|arg| self.eval(Place { file, expr: **arg }) == Value::Text)
    }

    /// What the turn itself says against one statement for all.
    fn look_at_turn(
        &self,
        file: u32,
        call: CallId,
        iteration: &Iteration,
        query: u32,
        path: &[Hop],
        traps: &mut Vec<Trap>,
    ) {
        if !path.is_empty() && self.gives_one_text(file, call, iteration) {
            traps.retain(|it| *it != Trap::AlreadyBatch);
        }
        if self.is_for_one_element(file, call, iteration) {
            traps.push(Trap::OneElement);
        }
        if path.is_empty() && self.chooses_table(file, call, iteration) {
            traps.push(Trap::OwnTable);
        }
        if !traps.contains(&Trap::OwnTransaction) && self.opens_transaction_in_turn(call, iteration) {
            traps.push(Trap::OwnTransaction);
        }
        if self.is_debounced(iteration) {
            traps.push(Trap::Debounced);
        }
        let reads = self.queries[query as usize].shape.operation.is_read();
        if reads && self.asks_by_new_row(file, call, iteration) {
            traps.push(Trap::MadeInTurn);
        }
    }
}
