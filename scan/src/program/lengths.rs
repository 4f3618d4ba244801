//! How long the list of a loop can get, and by which way a long one comes.
//!
//! A list is short where the source writes its elements down, where the configuration of the program holds it, or where
//! it belongs to one record of a kind that has few. A list that a caller hands over is as long as what the caller has:
//! callers are followed up until one brings a list that may be long, and that way is the one to print.

mod parts;

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use super::Program;
use super::collections::is_filled_by_key;
use super::iterations::{Iteration, LoopClass, SMALL};
use super::reach::Hop;
use super::value::FnRef;
use crate::facts::{CallId, Expr, ExprId, FileFacts, FnId, PropKey, SymbolId, SymbolKind};
use crate::place::Place;
use parts::{keeps_first, keeps_length};

/// Why a list stays short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Short {
    /// Its elements stand in the source.
    Written,
    /// The configuration of the program holds it.
    Configured,
    /// It belongs to one record, whose kind has few of them.
    OfOneRecord,
}

/// What is known of the length of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Length {
    Short(Short),
    Given(Given),
    /// It may be long.
    Open,
}

/// A list that a caller hands over.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Given {
    function: FnId,
    index: u32,
    /// The property of the argument that is the list.
    field: Option<String>,
    /// The function takes one element too: `if (!Array.isArray(ids)) ids = [ids]`.
    wraps: bool,
}

/// How a list comes to its loop.
#[derive(Debug, Clone)]
pub(super) enum Supply {
    /// Every way known brings a short one.
    Short(Short),
    /// Calls from the function that has a list of unknown length down to the one with the loop; empty where that has it.
    Open(Vec<Hop>),
}

/// More functions than this are not asked for what they hand over.
const MAX_CALLERS: usize = 200;
const MAX_DEPTH: u32 = 12;

impl Program {
    /// How the list of the iteration comes to it.
    pub(super) fn supply(&self, iteration: &Iteration) -> Supply {
        let Some(list) = iteration.collection else { return Supply::Open(Vec::new()) };
        if !matches!(iteration.class, LoopClass::Collection | LoopClass::Other) {
            return Supply::Open(Vec::new());
        }
        let at = Place { file: iteration.file, expr: list };
        let facts = &self.files[iteration.file as usize];
        let mut variables =
            iteration.sources.symbols.iter().map(|symbol| facts.name(facts.symbol(*symbol).name));
        if variables.any(|name| name == "translation") {
            return Supply::Short(Short::OfOneRecord);
        }
        match self.length(at, 0) {
            Length::Short(why) => Supply::Short(why),
            Length::Open => Supply::Open(Vec::new()),
            Length::Given(given) => self.supplied(iteration.file, given),
        }
    }

    /// Follows a list handed over up to the nearest function that brings one of unknown length.
    fn supplied(&self, file: u32, given: Given) -> Supply {
        let mut pending = VecDeque::from([(file, given, Vec::<Hop>::new())]);
        let mut seen = FxHashSet::default();
        let mut short = None;
        while let Some((file, given, below)) = pending.pop_front() {
            let function = FnRef { file, id: given.function };
            if !seen.insert((file, given.clone())) || seen.len() > MAX_CALLERS {
                continue;
            }
            let callers = self.callers(function);
            if callers.is_empty() && self.origin(function).is_none() && !below.is_empty() {
                continue;
            }
            if callers.is_empty() || self.is_entered(function) {
                return Supply::Open(below);
            }
            for (from, call) in callers {
                let mut way = vec![Hop { file: *from, call: *call, enters: function }];
                way.extend(below.iter().copied());
                match self.handed(*from, *call, &given) {
                    Length::Short(why) => short = short.or(Some(why)),
                    Length::Given(next) => pending.push_back((*from, next, way)),
                    Length::Open => {
                        let caller =
                            FnRef { file: *from, id: self.files[*from as usize].call(*call).function };
                        if self.origin(caller).is_some() {
                            return Supply::Open(way);
                        }
                    }
                }
            }
        }
        match short {
            Some(why) => Supply::Short(why),
            None => Supply::Open(Vec::new()),
        }
    }

    /// True for a function that more than the calls known may call.
    fn is_entered(&self, function: FnRef) -> bool {
        !matches!(self.origin(function), None | Some(super::Origin::Call { .. }))
    }

    /// The length of the list that a call hands over.
    fn handed(&self, file: u32, call: CallId, given: &Given) -> Length {
        let facts = &self.files[file as usize];
        let args = facts.args(call);
        if args.iter().any(|arg| matches!(facts.expr(*arg), Expr::Spread(_))) {
            return Length::Open;
        }
        let Some(arg) = args.get(given.index as usize).copied() else {
            return Length::Short(Short::Written);
        };
        let at = Place { file, expr: arg };
        let at = match &given.field {
            None => at,
            Some(field) => match self.property_at(at, field) {
                Property::Is(at) => at,
                Property::Missing => return Length::Short(Short::Written),
                Property::Unknown(at) => {
                    return match self.parameter(at.file, at.expr) {
                        Some((function, index)) => Length::Given(Given {
                            function,
                            index,
                            field: Some(field.clone()),
                            wraps: given.wraps,
                        }),
                        None => Length::Open,
                    };
                }
            },
        };
        if given.wraps && !self.looks_like_list(at) {
            return Length::Short(Short::Written);
        }
        self.length(at, 0)
    }

    fn property_at(&self, at: Place, field: &str) -> Property {
        let facts = &self.files[at.file as usize];
        let mut expr = at.expr;
        for _ in 0..4 {
            match facts.expr(expr) {
                Expr::Object(list) => {
                    let props = facts.props(list);
                    if props.iter().any(|prop| matches!(prop.key, PropKey::Spread | PropKey::Computed(_))) {
                        return Property::Unknown(at);
                    }
                    let found = props
                        .iter()
                        .find(|prop| matches!(prop.key, PropKey::Name(name) if facts.name(name) == field));
                    return found.map_or(Property::Missing, |prop| {
                        Property::Is(Place { file: at.file, expr: prop.value })
                    });
                }
                Expr::Symbol(symbol) if facts.symbol(symbol).assignments.is_empty() => {
                    match facts.symbol(symbol).definition {
                        Some(definition) => expr = definition,
                        None => break,
                    }
                }
                Expr::Cast { expr: inner, .. } => expr = inner,
                _ => break,
            }
        }
        Property::Unknown(at)
    }

    /// What is handed to a function that takes one or many: many, by its form or its name.
    fn looks_like_list(&self, at: Place) -> bool {
        let facts = &self.files[at.file as usize];
        let named = |name: &str| {
            let lower = name.to_ascii_lowercase();
            (lower.ends_with('s') && !lower.ends_with("ss") && !lower.ends_with("us"))
                || lower.ends_with("list")
        };
        match facts.expr(at.expr) {
            Expr::Symbol(symbol) => named(facts.name(facts.symbol(symbol).name)),
            Expr::Member { property, .. } => named(facts.name(property)),
            Expr::Param { function, index } => {
                let param = facts.function(function).params.get(index as usize);
                param.and_then(|param| param.name).is_some_and(|name| named(facts.name(name)))
            }
            Expr::Str(_) | Expr::Template(_) | Expr::Number(_) | Expr::Element(_) | Expr::Item { .. } => {
                false
            }
            Expr::Await(inner) | Expr::Cast { expr: inner, .. } => {
                self.looks_like_list(Place { file: at.file, expr: inner })
            }
            Expr::Choice(list) => facts
                .list(list)
                .iter()
                .take(2)
                .any(|it| self.looks_like_list(Place { file: at.file, expr: *it })),
            _ => true,
        }
    }

    fn length(&self, at: Place, depth: u32) -> Length {
        if depth > MAX_DEPTH {
            return Length::Open;
        }
        let facts = &self.files[at.file as usize];
        let again = |expr: ExprId| self.length(Place { file: at.file, expr }, depth + 1);
        match facts.expr(at.expr) {
            Expr::Array(list) => {
                let items = facts.list(list);
                let spread = items.iter().filter_map(|item| match facts.expr(*item) {
                    Expr::Spread(inner) => Some(again(inner)),
                    _ => None,
                });
                let short = Length::Short(Short::Written);
                spread.fold(if items.len() <= SMALL { short } else { Length::Open }, longer)
            }
            Expr::Await(inner) | Expr::Cast { expr: inner, .. } | Expr::Spread(inner) => again(inner),
            Expr::Choice(list) => {
                let branches = facts.list(list).iter().take(2);
                let one = |expr: &ExprId| match facts.expr(*expr) {
                    Expr::Null | Expr::Undefined | Expr::Bool(_) => Length::Short(Short::Written),
                    _ => again(*expr),
                };
                branches.map(one).reduce(longer).unwrap_or(Length::Open)
            }
            Expr::Symbol(symbol) => self.length_of_symbol(at, symbol, depth),
            Expr::Param { function, index } => {
                Length::Given(Given { function, index, field: None, wraps: false })
            }
            Expr::Call(call) => self.length_of_result(at.file, call, depth),
            Expr::Member { object, property } => self.length_of_member(at, object, facts.name(property)),
            Expr::Object(list) => {
                let props = facts.props(list);
                let plain = props.iter().all(|prop| matches!(prop.key, PropKey::Name(_)));
                if plain && !props.is_empty() { Length::Short(Short::Written) } else { Length::Open }
            }
            _ => Length::Open,
        }
    }

    fn length_of_symbol(&self, at: Place, symbol: SymbolId, depth: u32) -> Length {
        let facts = &self.files[at.file as usize];
        let it = facts.symbol(symbol);
        if it.kind != SymbolKind::Value {
            return match self.imported_place(at) {
                Some(place) if place != at => self.length(place, depth + 1),
                _ => Length::Open,
            };
        }
        let Some(definition) = it.definition else { return Length::Open };
        let mut wraps = false;
        let mut known = match facts.expr(definition) {
            Expr::Object(_) if is_filled_by_key(facts, symbol) => Length::Open,
            Expr::Array(list) if list.len == 0 => self.length_filled(at.file, symbol, depth),
            _ => self.length(Place { file: at.file, expr: definition }, depth + 1),
        };
        for value in &it.assignments {
            match Self::reassigned(facts, symbol, *value) {
                Reassigned::Wrapped => wraps = true,
                Reassigned::Same => {}
                Reassigned::Other => {
                    known = longer(known, self.length(Place { file: at.file, expr: *value }, depth + 1));
                }
            }
        }
        if let Length::Given(given) = &mut known {
            given.wraps |= wraps;
        }
        known
    }

    /// How a new value of a list relates to the old one.
    fn reassigned(facts: &FileFacts, symbol: SymbolId, value: ExprId) -> Reassigned {
        let is_self = |expr: ExprId| facts.expr(expr) == Expr::Symbol(symbol);
        let is_wrapped = |expr: ExprId| matches!(facts.expr(expr), Expr::Array(list) if list.len == 1 && is_self(facts.list(list)[0]));
        match facts.expr(value) {
            _ if is_wrapped(value) => Reassigned::Wrapped,
            _ if is_self(value) => Reassigned::Same,
            Expr::Choice(list) => {
                let branches: Vec<ExprId> = facts.list(list).iter().take(2).copied().collect();
                if branches.iter().any(|it| is_wrapped(*it)) && branches.iter().any(|it| is_self(*it)) {
                    Reassigned::Wrapped
                } else {
                    Reassigned::Other
                }
            }
            Expr::Await(inner) | Expr::Cast { expr: inner, .. } => Self::reassigned(facts, symbol, inner),
            Expr::Call(call) => match facts.expr(facts.call(call).callee) {
                Expr::Member { object, property } if keeps_length(facts.name(property)) => {
                    Self::reassigned(facts, symbol, object)
                }
                callee if keeps_first(callee_name_of(facts, callee)) => match facts.args(call).first() {
                    Some(first) => Self::reassigned(facts, symbol, *first),
                    None => Reassigned::Other,
                },
                _ => Reassigned::Other,
            },
            _ => Reassigned::Other,
        }
    }

    fn handed_at(&self, file: u32, call: CallId, given: &Given, depth: u32) -> Length {
        match self.files[file as usize].args(call).get(given.index as usize) {
            Some(arg) if given.field.is_none() => self.length(Place { file, expr: *arg }, depth + 3),
            _ => Length::Open,
        }
    }
}

/// What an argument has under a name.
enum Property {
    Is(Place),
    Missing,
    Unknown(Place),
}

enum Reassigned {
    Wrapped,
    Same,
    Other,
}

/// The one of two lengths that may be longer.
fn longer(one: Length, other: Length) -> Length {
    match (one, other) {
        (Length::Open, _) | (_, Length::Open) => Length::Open,
        (Length::Given(one), Length::Given(other)) if one != other => Length::Open,
        (Length::Given(given), _) | (_, Length::Given(given)) => Length::Given(given),
        (Length::Short(one), Length::Short(other)) => Length::Short(one.max(other)),
    }
}

fn callee_name_of(facts: &FileFacts, callee: Expr) -> &str {
    match callee {
        Expr::Symbol(symbol) => facts.name(facts.symbol(symbol).name),
        Expr::Global(name) | Expr::Member { property: name, .. } => facts.name(name),
        _ => "",
    }
}
