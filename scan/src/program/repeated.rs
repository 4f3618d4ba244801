//! Queries that run once per turn of a loop: directly, or through calls. The ground of the N+1 rules.

use std::collections::BTreeSet;

use crate::facts::{BinaryOp, CallId, Expr, SymbolId};
use crate::orm::{self, CallAt};
use rustc_hash::FxHashSet;

use super::Program;
use super::effects::Effects;
use super::feeds::Bond;
use super::iterations::{Form, Iteration, LoopClass};
use super::lengths::{Short, Supply};
use super::reach::{Hop, Reached};
use super::roles::Role;
use super::table_bonds::TableBond;
use super::taint::{Sources, Trace};
use super::targets::Target;
use super::value::{FnRef, Memo};

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
    NotACollection(LoopClassName),
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
}

/// Loop classes for messages.
pub(crate) type LoopClassName = &'static str;

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
                if iterations.is_empty() {
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
        if iterations.iter().any(|it| self.is_on_error_path(file, facts.call(call).guard, it.body)) {
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
            match reached.memo {
                Some(Memo::Request) if reached.dependent => {}
                Some(_) => repeated.traps.push(Trap::Memoized),
                None => {}
            }
            if reached.ambiguous {
                repeated.traps.push(Trap::Ambiguous);
            }
            if reached.made && self.queries[reached.query as usize].shape.operation.is_read() {
                repeated.traps.push(Trap::MadeInTurn);
            }
            if reached.path.len() > 6 {
                repeated.traps.push(Trap::Far);
            }
            let asked = &self.queries[reached.query as usize];
            if asked.shape.table.name().is_none() && asked.model.is_none() {
                repeated.traps.push(Trap::TableMayVary);
            }
            if others > MANY_QUERIES && !self.comes_in_batches(file, &iterations[index]) {
                repeated.traps.push(Trap::MuchElse);
            }
            if self.cached_on_path(&reached) || self.keeps_results(&reached) {
                repeated.traps.push(Trap::LocalCache);
            }
            found.push(repeated);
        }
        self.fold_write(found, from);
    }

    /// True where the list is one of many that another function of the program brings, one after the other: all there
    /// is, piece by piece.
    fn comes_in_batches(&self, file: u32, iteration: &Iteration) -> bool {
        let Some(collection) = iteration.collection else { return false };
        let Some((closure, index)) = self.parameter(file, collection) else { return false };
        let Some((call, position)) = self.facts(file).function(closure).argument_of else { return false };
        let Target::Functions(targets, _) = self.target(file, call) else { return false };
        index == 0
            && targets.iter().any(|target| {
                self.facts(target.file).calls.iter().any(|inner| {
                    inner.in_loop.is_some()
                        && self.parameter(target.file, inner.callee) == Some((target.id, position))
                })
            })
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

    /// The nearest query of each sort that the call leads to: a read and a write that depend on the element, else
    /// the nearest that does not; and how many queries the call leads to.
    fn nearest(&self, file: u32, call: CallId, sources: &Sources) -> (Vec<Reached>, usize) {
        let all = self.reach(file, call, sources);
        let around = FnRef { file, id: self.facts(file).call(call).function };
        let is_ruled_out =
            |it: &Reached| self.entered_for(around, &it.path, self.queries[it.query as usize].call).is_none();
        let pick = |writes: bool, wanted: &dyn Fn(&Reached) -> bool| {
            all.iter()
                .filter(|it| {
                    wanted(it) && self.queries[it.query as usize].shape.operation.is_write() == writes
                })
                .min_by_key(|it| {
                    (is_ruled_out(it), it.memo.is_some(), it.ambiguous, it.path.len(), it.conditional)
                })
                .cloned()
        };
        let read = pick(false, &|it| it.dependent).or_else(|| pick(false, &|it| it.beside));
        let mut picked: Vec<Reached> = [read, pick(true, &|it| it.dependent)].into_iter().flatten().collect();
        if picked.is_empty() {
            picked.extend(pick(false, &|it| !it.dependent));
        }
        let queries: BTreeSet<u32> = all.iter().map(|it| it.query).collect();
        (picked, queries.len())
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
        let mut traps = Vec::new();
        if iteration.class != LoopClass::Collection {
            traps.push(Trap::NotACollection(class_name(iteration.class)));
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
        if self.is_behind_cache(file, call, &iteration) || self.is_kept(file, call) {
            traps.push(Trap::LocalCache);
        }
        if self.is_slower_on_the_way(file, call, path.len()) {
            traps.push(Trap::SlowerWork);
        } else if self.turn_waits_for_slower(file, &iteration) {
            traps.push(Trap::SlowerTurn);
        }
        let writes = self.queries[query as usize].shape.operation.is_write();
        match writes.then(|| self.bound_statements(file, call, &iteration)).flatten() {
            Some(Bond::LaterTurn) => traps.push(Trap::FeedsLaterTurn),
            Some(Bond::SameTurn) => traps.push(Trap::FeedsTurn),
            None => {}
        }
        traps.extend(self.deliberate(query, &path));
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

    /// True where a loop around runs over a list that may be long.
    fn is_nested(&self, outer: &[Iteration]) -> bool {
        outer.iter().any(|it| it.class == LoopClass::Collection && matches!(self.supply(it), Supply::Open(_)))
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
        if self.is_for_one_element(file, call, iteration) {
            traps.push(Trap::OneElement);
        }
        if path.is_empty() && self.chooses_table(file, call, iteration) {
            traps.push(Trap::OwnTable);
        }
        if self.is_debounced(iteration) {
            traps.push(Trap::Debounced);
        }
        let reads = self.queries[query as usize].shape.operation.is_read();
        if reads && self.asks_by_new_row(file, call, iteration) {
            traps.push(Trap::MadeInTurn);
        }
    }

    /// `if (!seen.has(x)) seen.set(x, await find(x))`: a map from outside the loop stands before the call.
    fn is_behind_cache(&self, file: u32, call: CallId, iteration: &Iteration) -> bool {
        let facts = self.facts(file);
        let guards = std::iter::successors(facts.call(call).guard, |id| facts.guard(*id).parent);
        let mut tests = guards.filter_map(|id| facts.guard(id).test);
        tests.any(|test| {
            let looked_up = self.lookup_symbols(file, test);
            looked_up.into_iter().any(|symbol| {
                !iteration.body.contains(facts.symbol(symbol).span)
                    && self.is_filled_in(file, symbol, iteration)
            })
        })
    }

    /// Symbols whose entries a test looks at: `m` of `m.has(x)`, `m.get(x)`, `m[x]`, through local variables.
    fn lookup_symbols(&self, file: u32, test: crate::facts::ExprId) -> Vec<SymbolId> {
        let facts = self.facts(file);
        let mut found = Vec::new();
        let mut pending = vec![(test, 0)];
        while let Some((expr, depth)) = pending.pop() {
            if depth > 12 {
                continue;
            }
            let symbol_of = |expr| match facts.expr(expr) {
                Expr::Symbol(symbol) => Some(symbol),
                _ => None,
            };
            match facts.expr(expr) {
                Expr::Call(call) => {
                    if let Expr::Member { object, property } = facts.expr(facts.call(call).callee)
                        && matches!(facts.name(property), "has" | "get" | "includes" | "find" | "some")
                    {
                        found.extend(symbol_of(object));
                    }
                }
                Expr::Index { object, .. } => found.extend(symbol_of(object)),
                Expr::Binary { op: BinaryOp::In, right, .. } => found.extend(symbol_of(right)),
                Expr::Symbol(symbol) => {
                    let it = facts.symbol(symbol);
                    pending.extend(it.definition.map(|expr| (expr, depth + 1)));
                }
                Expr::Not(inner) | Expr::Await(inner) | Expr::Cast { expr: inner, .. } => {
                    pending.push((inner, depth + 1));
                }
                Expr::Binary { left, right, .. } => pending.extend([(left, depth + 1), (right, depth + 1)]),
                Expr::Choice(list) | Expr::Other(list) => {
                    pending.extend(facts.list(list).iter().map(|item| (*item, depth + 1)));
                }
                Expr::Member { object, .. } => pending.push((object, depth + 1)),
                _ => {}
            }
        }
        found
    }

    fn is_filled_in(&self, file: u32, symbol: SymbolId, iteration: &Iteration) -> bool {
        let facts = self.facts(file);
        let by_method = facts.calls.iter().any(|call| {
            iteration.body.contains(facts.span(call.expr))
                && matches!(facts.expr(call.callee), Expr::Member { object, property }
                    if facts.expr(object) == Expr::Symbol(symbol) && matches!(facts.name(property), "set" | "add" | "push"))
        });
        by_method
            || facts.exprs.iter().zip(&facts.spans).any(|(expr, at)| match expr {
                Expr::Assign { target, .. } if iteration.body.contains(*at) => {
                    matches!(facts.expr(*target), Expr::Index { object, .. } if facts.expr(object) == Expr::Symbol(symbol))
                }
                _ => false,
            })
    }

    /// True where the call leads to the network no later than to the query, `hops` calls away.
    fn is_slower_on_the_way(&self, file: u32, call: CallId, hops: usize) -> bool {
        if !self.call_effects(file, call).has_any(SLOW) {
            return false;
        }
        let mut layer = match self.target(file, call) {
            Target::Functions(targets, _) => targets.clone(),
            _ => return true,
        };
        let mut seen: FxHashSet<FnRef> = layer.iter().copied().collect();
        for _ in 0..hops.max(1) {
            let mut next = Vec::new();
            for function in &layer {
                for (inner, _) in self.calls_in_place(*function) {
                    if self.direct_effects(function.file, inner).has_any(SLOW) {
                        return true;
                    }
                    if let Target::Functions(targets, _) = self.target(function.file, inner) {
                        let slow = targets.iter().filter(|it| self.graph.effects(**it).has_any(SLOW));
                        next.extend(slow.filter(|it| seen.insert(**it)).copied());
                    }
                }
            }
            layer = next;
        }
        false
    }

    /// True where an awaited call of the same turn leaves for the network.
    fn turn_waits_for_slower(&self, file: u32, iteration: &Iteration) -> bool {
        let facts = self.facts(file);
        facts.calls.iter().enumerate().any(|(n, it)| {
            it.awaited
                && iteration.body.contains(facts.span(it.expr))
                && self.is_in_place(file, it.function, iteration)
                && self.call_effects(file, CallId(n as u32)).has_any(SLOW)
        })
    }

    /// True where code of `function` runs within the turn.
    fn is_in_place(&self, file: u32, function: crate::facts::FnId, iteration: &Iteration) -> bool {
        let facts = self.facts(file);
        let mut function = function;
        for _ in 0..16 {
            if function == iteration.function
                || matches!(iteration.form, Form::Callback { function: body, .. } if body == function)
            {
                return true;
            }
            match self.runs_at(FnRef { file, id: function }) {
                Some(at) => function = facts.call(at).function,
                None => return false,
            }
        }
        false
    }
}

fn class_name(class: LoopClass) -> LoopClassName {
    match class {
        LoopClass::Collection => "a collection",
        LoopClass::Constant => "a short constant list",
        LoopClass::Chunk => "bounded pieces of a list",
        LoopClass::Page => "a condition or cursor",
        LoopClass::Retry => "attempts",
        LoopClass::Poll => "a condition with a pause",
        LoopClass::Stream => "a stream",
        LoopClass::Other => "something that is not known to grow",
    }
}
