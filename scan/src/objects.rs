//! Object literals as the program builds them: spreads laid out, conditions and unknown parts said.

mod bounds;
mod conditions;
mod sql_text;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Expr, ExprId, FileFacts, List, PropKey, SymbolId};
use crate::place::Place;
use crate::schema::{Model, Relation, Schema};

/// How the lowering of queries follows values.
pub(crate) trait Follow {
    fn facts(&self, file: u32) -> &FileFacts;

    /// Follows symbols, casts, awaits and imports to the expression that makes the value; nothing where it is not
    /// known or has several makers.
    fn follow(&self, at: Place) -> Option<Place>;

    /// True for a key that a library makes: `Op.in`.
    fn is_symbol_of_library(&self, _: Place) -> bool {
        false
    }
}

pub(crate) use conditions::{Comparison, Conditions};
pub(crate) use sql_text::{SqlText, sql_query};

/// Steps of following that one query is worth; more is a cycle or hostile text.
const BUDGET: u32 = 20_000;

/// Chains of variables and nested values deeper than this are left unknown.
const MAX_DEPTH: u32 = 64;

/// Follows the values of one query.
pub(crate) struct Reader<'a> {
    follow: &'a dyn Follow,
    schema: &'a Schema,
    budget: Cell<u32>,
    depth: Cell<u32>,
    /// Symbols whose object or array is changed in place, by file.
    mutated: RefCell<BTreeMap<u32, BTreeSet<SymbolId>>>,
}

/// The expression that makes a value, as far as it was followed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) place: Place,
    pub(crate) expr: Expr,
    /// The program changes the value in place (`where.name = …`, `list.push(…)`).
    pub(crate) is_mutated: bool,
}

/// An object literal with its spreads laid out.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    pub(crate) entries: Vec<Entry<'a>>,
    /// False where it may have further properties.
    pub(crate) is_complete: bool,
}

/// One property.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: Place,
    /// The name is that of a library's symbol: `[Op.in]` is `in`.
    pub(crate) is_symbol: bool,
    /// False where it is given under a condition.
    pub(crate) is_certain: bool,
    /// Something unknown that follows may replace it.
    is_default: bool,
}

/// What an object gives for one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Given {
    Absent,
    Sure(Place),
    /// This, unless something unknown replaces it.
    Default(Place),
    /// One of these, something unknown, or nothing.
    Perhaps(Vec<Place>),
}

impl Default for Object<'_> {
    fn default() -> Self {
        Self { entries: Vec::new(), is_complete: true }
    }
}

impl<'a> Object<'a> {
    pub(crate) fn get(&self, name: &str) -> Given {
        let found: Vec<&Entry<'a>> =
            self.entries.iter().filter(|entry| entry.name == name && !entry.is_symbol).collect();
        match found[..] {
            [] if self.is_complete => Given::Absent,
            [only] if only.is_certain && only.is_default => Given::Default(only.value),
            [only] if only.is_certain => Given::Sure(only.value),
            _ => Given::Perhaps(found.into_iter().map(|entry| entry.value).collect()),
        }
    }

    /// Adds a property.
    pub(crate) fn add(&mut self, name: &'a str, value: Place) {
        self.set(name, value, true);
    }

    fn set(&mut self, name: &'a str, value: Place, is_certain: bool) {
        if is_certain {
            self.entries.retain(|entry| entry.name != name || entry.is_symbol);
        }
        self.entries.push(Entry { name, value, is_symbol: false, is_certain, is_default: false });
    }

    fn set_symbol(&mut self, name: &'a str, value: Place, is_certain: bool) {
        self.entries.push(Entry { name, value, is_symbol: true, is_certain, is_default: false });
    }

    fn open(&mut self) {
        self.is_complete = false;
        self.entries.iter_mut().for_each(|entry| entry.is_default = true);
    }
}

impl Given {
    /// All values that are seen for the name.
    pub(crate) fn places(&self) -> &[Place] {
        match self {
            Self::Absent => &[],
            Self::Sure(place) | Self::Default(place) => std::slice::from_ref(place),
            Self::Perhaps(places) => places,
        }
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(follow: &'a dyn Follow, schema: &'a Schema) -> Self {
        Self {
            follow,
            schema,
            budget: Cell::new(BUDGET),
            depth: Cell::new(0),
            mutated: RefCell::new(BTreeMap::new()),
        }
    }

    pub(crate) fn facts(&self, file: u32) -> &'a FileFacts {
        self.follow.facts(file)
    }

    pub(crate) fn target(&self, relation: &Relation) -> &'a Model {
        &self.schema.models[relation.model]
    }

    pub(crate) fn name(&self, at: Place, name: crate::facts::NameId) -> &'a str {
        self.facts(at.file).name(name)
    }

    /// The places of a list of the file.
    pub(crate) fn list(&self, file: u32, list: List) -> impl Iterator<Item = Place> + use<'a> {
        self.facts(file).list(list).iter().map(move |expr| Place { file, expr: *expr })
    }

    /// Runs `body` one level deeper; nothing where the query is not worth more.
    pub(crate) fn deeper<T>(&self, body: impl FnOnce() -> T) -> Option<T> {
        if self.depth.get() >= MAX_DEPTH || self.budget.get() == 0 {
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        self.budget.set(self.budget.get() - 1);
        let result = body();
        self.depth.set(self.depth.get() - 1);
        Some(result)
    }

    /// Follows a value as far as it goes.
    pub(crate) fn see(&self, at: Place) -> Seen {
        let mut seen = Seen { place: at, expr: self.facts(at.file).expr(at.expr), is_mutated: false };
        while let Some(next) = self.deeper(|| self.step(&seen)).flatten() {
            if let Some(symbol) = self.root(seen.place) {
                seen.is_mutated |= self.is_mutated(seen.place.file, symbol);
            }
            seen.place = next;
            seen.expr = self.facts(next.file).expr(next.expr);
        }
        // A number or string cannot be changed in place.
        seen.is_mutated &= matches!(seen.expr, Expr::Object(_) | Expr::Array(_) | Expr::Choice(_));
        seen
    }

    fn step(&self, seen: &Seen) -> Option<Place> {
        let file = seen.place.file;
        let here = |expr: ExprId| Place { file, expr };
        match seen.expr {
            Expr::Object(_)
            | Expr::Array(_)
            | Expr::Choice(_)
            | Expr::Template(_)
            | Expr::Str(_)
            | Expr::Number(_)
            | Expr::Bool(_)
            | Expr::Null
            | Expr::Undefined
            | Expr::Param { .. } => return None,
            _ => {}
        }
        if let Some(to) = self.follow.follow(seen.place)
            && to != seen.place
        {
            return Some(to);
        }
        match seen.expr {
            Expr::Cast { expr, .. } | Expr::Assign { value: expr, .. } => Some(here(expr)),
            Expr::Member { object, property } => {
                match self.deeper(|| self.object(here(object)))?.get(self.name(seen.place, property)) {
                    Given::Sure(value) => Some(value),
                    _ => None,
                }
            }
            // `Prisma.validator<T>()(value)` gives the value back.
            Expr::Call(call) => {
                let facts = self.facts(file);
                let Expr::Call(maker) = facts.expr(facts.call(call).callee) else { return None };
                let Expr::Member { property, .. } = facts.expr(facts.call(maker).callee) else { return None };
                let is_validator = facts.name(property) == "validator";
                facts.args(call).first().filter(|_| is_validator).map(|expr| here(*expr))
            }
            _ => None,
        }
    }

    /// The object that a value stands for. What is not seen as an object is one of which nothing is known.
    pub(crate) fn object(&self, at: Place) -> Object<'a> {
        let mut object = Object::default();
        self.collect(at, true, &mut object);
        object
    }

    fn collect(&self, at: Place, is_certain: bool, out: &mut Object<'a>) {
        let collected = self.deeper(|| {
            let seen = self.see(at);
            match seen.expr {
                Expr::Object(list) => self.collect_properties(seen.place.file, list, is_certain, out),
                Expr::Choice(list) => {
                    for branch in self.object_branches(seen.place, list) {
                        self.collect(branch, false, out);
                    }
                }
                Expr::Null | Expr::Undefined | Expr::Bool(_) | Expr::Number(_) | Expr::Str(_) => {}
                _ => out.open(),
            }
            if seen.is_mutated {
                out.open();
            }
        });
        if collected.is_none() {
            out.open();
        }
    }

    fn collect_properties(&self, file: u32, list: List, is_certain: bool, out: &mut Object<'a>) {
        let facts = self.facts(file);
        for prop in facts.props(list) {
            let value = Place { file, expr: prop.value };
            match prop.key {
                PropKey::Name(name) => out.set(facts.name(name), value, is_certain),
                PropKey::Spread => self.collect(value, is_certain, out),
                PropKey::Computed(key) => {
                    let seen = self.see(Place { file, expr: key });
                    match seen.expr {
                        Expr::Str(name) => out.set(self.name(seen.place, name), value, is_certain),
                        Expr::Member { property, .. } if self.follow.is_symbol_of_library(seen.place) => {
                            out.set_symbol(self.name(seen.place, property), value, is_certain);
                        }
                        _ => out.open(),
                    }
                }
            }
        }
    }

    /// The branches of a choice; the test of `?:` is none of them.
    pub(crate) fn branches(&self, at: Place, list: List) -> impl Iterator<Item = Place> + use<'a> {
        self.list(at.file, list).take(2)
    }

    /// The branches that an object may come from. Facts do not tell `a && b` from `a || b`: before an object with
    /// properties, what is not seen as a value is taken for a condition.
    fn object_branches(&self, at: Place, list: List) -> Vec<Place> {
        let branches: Vec<Place> = self.branches(at, list).collect();
        let [left, right] = branches[..] else { return branches };
        let is_condition = Self::is_logical(list)
            && !matches!(self.see(left).expr, Expr::Object(_) | Expr::Choice(_))
            && matches!(self.see(right).expr, Expr::Object(properties) if properties.len > 0);
        if is_condition { vec![right] } else { branches }
    }

    /// True for `a && b`, `a || b` and `a ?? b`, which have no test of their own.
    pub(crate) fn is_logical(list: List) -> bool {
        list.len == 2
    }

    /// True where the value may be `undefined` or `null`, as far as its form tells.
    pub(crate) fn may_be_missing(&self, at: Place) -> bool {
        let seen = self.see(at);
        match seen.expr {
            Expr::Undefined | Expr::Null => true,
            Expr::Choice(list) => self
                .deeper(|| self.branches(seen.place, list).any(|branch| self.may_be_missing(branch)))
                .unwrap_or(true),
            _ => false,
        }
    }

    /// The symbol that a chain of members starts with.
    fn root(&self, at: Place) -> Option<SymbolId> {
        root(self.facts(at.file), at.expr)
    }

    fn is_mutated(&self, file: u32, symbol: SymbolId) -> bool {
        let mut known = self.mutated.borrow_mut();
        known.entry(file).or_insert_with(|| mutated(self.facts(file))).contains(&symbol)
    }
}

fn root(facts: &FileFacts, mut at: ExprId) -> Option<SymbolId> {
    // A chain of members cannot be longer than there are expressions.
    for _ in 0..facts.exprs.len() {
        match facts.expr(at) {
            Expr::Symbol(symbol) => return Some(symbol),
            Expr::Member { object: expr, .. }
            | Expr::Index { object: expr, .. }
            | Expr::Item { object: expr, .. }
            | Expr::Cast { expr, .. } => at = expr,
            _ => return None,
        }
    }
    None
}

/// The symbols whose value the file changes in place.
fn mutated(facts: &FileFacts) -> BTreeSet<SymbolId> {
    let assigned = facts.exprs.iter().filter_map(|expr| match expr {
        Expr::Assign { target, .. } if !matches!(facts.expr(*target), Expr::Symbol(_)) => {
            root(facts, *target)
        }
        _ => None,
    });
    let called = facts.calls.iter().filter_map(|call| {
        let Expr::Member { object, property } = facts.expr(call.callee) else { return None };
        match facts.name(property) {
            "push" | "unshift" | "splice" | "pop" | "shift" => root(facts, object),
            "assign" => root(facts, *facts.list(call.args).first()?),
            _ => None,
        }
    });
    let written = facts.property_writes.iter().map(|write| write.symbol);
    assigned.chain(called).chain(written).collect()
}
