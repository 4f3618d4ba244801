//! Options: whether a call is given one by name, through variables, spreads, later writes and the callers of a wrapper.

use rustc_hash::FxHashSet;

use super::Program;
use super::roles::Role;
use super::value::{FnRef, Value};
use crate::facts::{CallId, CallKind, Expr, ExprId, FnId, PropKey, SymbolKind};
use crate::objects::Follow as _;
use crate::place::Place;

/// Whether one of some options is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Given {
    Yes,
    No,
    /// Callers of the function decide; these leave it out while others give it.
    Sometimes(Vec<(u32, CallId)>),
    /// Part of the value could not be followed.
    Unknown,
}

/// Something of a parameter that decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Wanted {
    function: FnId,
    index: u32,
    /// The options are properties of the parameter; otherwise it is the value of one.
    part: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    /// Any of the names asked for.
    Options,
    /// This property.
    Named(crate::facts::NameId),
    Whole,
}

const MAX_DEPTH: u32 = 12;
/// Wrappers of wrappers.
const MAX_CALLERS: u32 = 4;
/// Callers of one function that are asked.
const MAX_ASKED: usize = 200;

impl Program {
    /// Whether the object that the expression stands for has one of these properties.
    pub(crate) fn given(&self, at: Place, names: &[&str]) -> Given {
        self.given_within(at, names, 0).answer()
    }

    fn given_within(&self, at: Place, names: &[&str], callers: u32) -> Tally {
        let mut walk = Walk { program: self, names, wanted: Vec::new(), is_open: false };
        if walk.object(at, 0) {
            return Tally { with: 1, ..Tally::default() };
        }
        let mut tally = self.given_by_callers(at.file, &walk.wanted, names, callers);
        if walk.is_open && tally.with == 0 {
            tally.unknown += 1;
        }
        tally
    }

    /// What the callers of the function say that something depends on.
    fn given_by_callers(&self, file: u32, wanted: &[Wanted], names: &[&str], depth: u32) -> Tally {
        let mut tally = Tally::default();
        let Some(function) = wanted.first().map(|it| it.function) else { return tally };
        let callers = self.callers(FnRef { file, id: function });
        // A function that calls itself hands on what it was given.
        let is_own =
            |from: u32, call: CallId| from == file && self.facts(from).call(call).function == function;
        let mut used = callers
            .iter()
            .filter(|(from, call)| self.roles[*from as usize] != Role::Test && !is_own(*from, *call))
            .take(MAX_ASKED)
            .peekable();
        if used.peek().is_none() || depth > MAX_CALLERS || wanted.iter().any(|it| it.function != function) {
            tally.unknown = 1;
            return tally;
        }
        for (from, call) in used {
            tally.add(self.given_at(*from, *call, wanted, (file, names), depth));
        }
        tally
    }

    /// Whether one call of a wrapper gives one of the parts that decide.
    fn given_at(
        &self,
        from: u32,
        call: CallId,
        wanted: &[Wanted],
        (file, names): (u32, &[&str]),
        depth: u32,
    ) -> Tally {
        let args = self.facts(from).args(call);
        let mut tally = Tally::default();
        if args.iter().any(|arg| matches!(self.facts(from).expr(*arg), Expr::Spread(_))) {
            tally.unknown = 1;
        }
        let mut indexes: Vec<u32> = wanted.iter().map(|it| it.index).collect();
        indexes.sort_unstable();
        indexes.dedup();
        for index in indexes {
            let Some(arg) = args.get(index as usize) else { continue };
            let at = Place { file: from, expr: *arg };
            let parts = wanted.iter().filter(|it| it.index == index);
            // What the parameter holds under any of the names it is asked for.
            let mut asked: Vec<&str> = Vec::new();
            let mut is_value = false;
            for it in parts {
                match it.part {
                    Part::Options => asked.extend(names),
                    Part::Named(name) => asked.push(self.facts(file).name(name)),
                    Part::Whole => is_value = true,
                }
            }
            let given = if is_value && !matches!(self.eval(at), Value::Nothing) {
                Tally { with: 1, ..Tally::default() }
            } else if asked.is_empty() {
                Tally::default()
            } else {
                self.given_within(at, &asked, depth + 1)
            };
            if given.with > 0 && given.without.is_empty() {
                return Tally { with: 1, ..Tally::default() };
            }
            tally.add(given);
        }
        if tally.with + tally.unknown == 0 && tally.without.is_empty() {
            tally.without.push((from, call));
        }
        tally
    }
}

/// Calls that give an option, may give it, and leave it out.
#[derive(Debug, Default)]
struct Tally {
    with: u32,
    unknown: u32,
    without: Vec<(u32, CallId)>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.with += other.with;
        self.unknown += other.unknown;
        self.without.extend(other.without);
    }

    fn answer(mut self) -> Given {
        self.without.sort_unstable();
        self.without.dedup();
        match (self.with, self.unknown, self.without.is_empty()) {
            (0, 0, _) => Given::No,
            (_, 0, true) => Given::Yes,
            (0, _, _) | (_, _, true) => Given::Unknown,
            (_, _, false) => Given::Sometimes(self.without),
        }
    }
}

struct Walk<'a> {
    program: &'a Program,
    names: &'a [&'a str],
    wanted: Vec<Wanted>,
    is_open: bool,
}

impl Walk<'_> {
    /// True where the object has one of the names for sure; notes what else could give it.
    fn object(&mut self, at: Place, depth: u32) -> bool {
        if depth > MAX_DEPTH {
            self.is_open = true;
            return false;
        }
        let facts = self.program.facts(at.file);
        let here = |expr| Place { file: at.file, expr };
        match facts.expr(at.expr) {
            Expr::Object(list) => facts.props(list).iter().any(|prop| match prop.key {
                PropKey::Name(name) if self.names.contains(&facts.name(name)) => {
                    self.value(here(prop.value), depth + 1)
                }
                PropKey::Spread => self.object(here(prop.value), depth + 1),
                PropKey::Name(_) => false,
                PropKey::Computed(_) => {
                    self.is_open = true;
                    false
                }
            }),
            Expr::Null | Expr::Undefined | Expr::Bool(_) | Expr::Str(_) | Expr::Number(_) => false,
            Expr::Await(inner) | Expr::Cast { expr: inner, .. } | Expr::Rest(inner) => {
                self.object(here(inner), depth + 1)
            }
            Expr::Choice(list) => self.choice(at, facts.list(list), depth),
            Expr::Symbol(symbol) => self.symbol(at, symbol, depth),
            Expr::Param { function, index } => self.param(at, function, index, Part::Options, depth),
            _ => self.elsewhere(at, depth),
        }
    }

    fn choice(&mut self, at: Place, choices: &[ExprId], depth: u32) -> bool {
        let mut sure = 0;
        let of_interest = &choices[..choices.len().min(2)];
        for choice in of_interest {
            sure += u32::from(self.object(Place { file: at.file, expr: *choice }, depth + 1));
        }
        // One arm with and one without: somebody thought of it.
        if sure == 1 {
            self.is_open = true;
        }
        sure as usize == of_interest.len()
    }

    fn symbol(&mut self, at: Place, symbol: crate::facts::SymbolId, depth: u32) -> bool {
        let facts = self.program.facts(at.file);
        let it = facts.symbol(symbol);
        if !matches!(it.kind, SymbolKind::Value) {
            return self.elsewhere(at, depth);
        }
        let writes = facts.property_writes.iter().filter(|write| write.symbol == symbol);
        let wanted = writes.filter(|write| self.names.contains(&facts.name(write.name)));
        let written: Vec<ExprId> = wanted.map(|write| write.value).collect();
        if written.into_iter().any(|value| self.value(Place { file: at.file, expr: value }, depth + 1)) {
            return true;
        }
        let exprs: Vec<ExprId> = it.definition.iter().chain(&it.assignments).copied().collect();
        self.is_open |= exprs.is_empty() || exprs.len() > 1;
        exprs.into_iter().any(|expr| self.object(Place { file: at.file, expr }, depth + 1))
    }

    fn param(&mut self, at: Place, function: FnId, index: u32, part: Part, depth: u32) -> bool {
        let facts = self.program.facts(at.file);
        let default = facts.function(function).params.get(index as usize).and_then(|it| it.default);
        if let Some(default) = default {
            let place = Place { file: at.file, expr: default };
            let sure = match part {
                Part::Options => self.object(place, depth + 1),
                Part::Whole => !matches!(facts.expr(default), Expr::Undefined | Expr::Null),
                Part::Named(_) => false,
            };
            if sure {
                return true;
            }
        }
        self.wanted.push(Wanted { function, index, part });
        false
    }

    /// An expression that values are known of, not their making.
    fn elsewhere(&mut self, at: Place, depth: u32) -> bool {
        match self.program.follow(at) {
            Some(place) if place != at => self.object(place, depth + 1),
            _ => match self.program.eval(at) {
                Value::Object(place) if place != at => self.object(place, depth + 1),
                Value::Nothing | Value::Text | Value::Number | Value::Bool | Value::Function(_) => false,
                _ => {
                    self.is_open = true;
                    false
                }
            },
        }
    }

    /// True where the value of the option is there whatever callers do.
    fn value(&mut self, at: Place, depth: u32) -> bool {
        let facts = self.program.facts(at.file);
        let mut sources = FxHashSet::default();
        self.sources(at, depth, &mut sources);
        if sources.is_empty() {
            return !matches!(facts.expr(at.expr), Expr::Null | Expr::Undefined);
        }
        let mut sources: Vec<Source> = sources.into_iter().collect();
        sources.sort_by_key(|it| (it.function, it.index, it.name));
        sources.iter().any(|it| {
            let part = it.name.map_or(Part::Whole, Part::Named);
            self.param(at, it.function, it.index, part, depth)
        })
    }

    /// The parameters that a value is made of, where nothing stands in for them when they are left out.
    fn sources(&self, at: Place, depth: u32, found: &mut FxHashSet<Source>) {
        let facts = self.program.facts(at.file);
        let here = |expr| Place { file: at.file, expr };
        if depth > MAX_DEPTH {
            return;
        }
        match facts.expr(at.expr) {
            Expr::Param { function, index } => {
                found.insert(Source { function, index, name: None });
            }
            Expr::Member { object, property } => {
                if let Some((function, index)) = self.program.parameter(at.file, object) {
                    found.insert(Source { function, index, name: Some(property) });
                }
            }
            Expr::Symbol(symbol) => {
                let it = facts.symbol(symbol);
                if it.assignments.is_empty()
                    && let Some(definition) = it.definition
                {
                    self.sources(here(definition), depth + 1, found);
                }
            }
            Expr::Cast { expr, .. } | Expr::Await(expr) => self.sources(here(expr), depth + 1, found),
            // `AbortSignal.timeout(ms)`
            Expr::Call(call) if facts.call(call).kind == CallKind::Call => {
                let args = facts.args(call).to_vec();
                args.into_iter().take(1).for_each(|arg| self.sources(here(arg), depth + 1, found));
            }
            Expr::Choice(list) => {
                let parts = facts.list(list);
                let arms = &parts[..parts.len().min(2)];
                let mut own: Vec<FxHashSet<Source>> = Vec::new();
                for arm in arms {
                    let mut sources = FxHashSet::default();
                    self.sources(here(*arm), depth + 1, &mut sources);
                    if sources.is_empty() && !matches!(facts.expr(*arm), Expr::Null | Expr::Undefined) {
                        return;
                    }
                    own.push(sources);
                }
                found.extend(own.into_iter().flatten());
            }
            _ => {}
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Source {
    function: FnId,
    index: u32,
    name: Option<crate::facts::NameId>,
}
