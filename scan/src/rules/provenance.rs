//! What says that a list grows without a bound: rows of a query, an array of the request, a listing of another service. Where nothing says so, the finding stays a candidate.

mod limits;
mod parts;

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::facts::{CallId, Expr, ExprId, FileFacts, SymbolId, SymbolKind};
use crate::objects::Follow as _;
use crate::place::Place;
use crate::program::{Effects, EntryKind, FnRef, LoopClass, Program, Target, Value, callee_name};
use crate::rules::size::{Size, size};
use parts::within;

/// Where a list comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Provenance {
    Unknown,
    /// Awaited from somewhere that was not followed.
    Awaited,
    /// Belongs to one row or object.
    Part,
    /// What a framework hands to a handler: the request and its surroundings.
    Context,
    /// What another service answered: mostly a page.
    Remote,
    /// What another service lists, page after page.
    Listing,
    /// Names in a folder.
    Folder,
    /// What the client sent: the name it has there, and the file that reads it.
    Sent(String, u32),
    /// Rows of a query.
    Rows(u32),
}

/// What is known of the length of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Growth {
    Bounded,
    /// Not known to grow, and why.
    Doubtful(&'static str),
    /// Grows, and what says so.
    Grows(Provenance),
}

pub(super) fn growth(program: &Program, at: Place) -> Growth {
    let size = size(program, at);
    if size == Size::Bounded {
        return Growth::Bounded;
    }
    let text = program.expr_text(at.file, at.expr);
    if limits::is_counted(program, at.file, |counted| program.expr_text(at.file, counted) == text) {
        return Growth::Doubtful("its length is compared with a limit");
    }
    let lists = Lists { program, known: RefCell::default() };
    match lists.provenance(at, 0) {
        Provenance::Sent(name, file)
            if limits::is_counted(
                program,
                file,
                |counted| matches!(lists.provenance(Place { file, expr: counted }, 0), Provenance::Sent(other, _) if other == name),
            ) =>
        {
            Growth::Doubtful("its length is compared with a limit")
        }
        Provenance::Sent(name, _) if limits::schema_bounds(program, &name) => {
            Growth::Doubtful("a schema limits how many elements a request may bring")
        }
        grows @ (Provenance::Listing | Provenance::Sent(..)) => Growth::Grows(grows),
        Provenance::Folder => Growth::Doubtful("a folder of the program itself seldom holds many files"),
        Provenance::Remote => {
            Growth::Doubtful("another service answers with the list, mostly with a page of it")
        }
        Provenance::Rows(query) => match size {
            Size::Part => Growth::Doubtful("a page has the size that somebody asks for"),
            Size::Picked => Growth::Doubtful("the rows are picked by keys, which may be few"),
            _ => Growth::Grows(Provenance::Rows(query)),
        },
        Provenance::Part => Growth::Doubtful("the list belongs to a single record, which seldom has many"),
        Provenance::Context | Provenance::Awaited | Provenance::Unknown => {
            Growth::Doubtful("nothing says that the list grows")
        }
    }
}

fn most(all: impl Iterator<Item = Provenance>) -> Provenance {
    all.max().unwrap_or(Provenance::Unknown)
}

/// The expression behind an item of `await Promise.all([…])`.
fn item_of(program: &Program, at: Place) -> Option<Place> {
    let facts = program.facts(at.file);
    let Expr::Item { object, n } = facts.expr(at.expr) else { return None };
    let mut object = object;
    while let Expr::Await(inner) | Expr::Cast { expr: inner, .. } = facts.expr(object) {
        object = inner;
    }
    let Expr::Call(call) = facts.expr(object) else { return None };
    let Expr::Array(list) = facts.expr(*facts.args(call).first()?) else { return None };
    facts.list(list).get(n as usize).map(|expr| Place { file: at.file, expr: *expr })
}

/// `s3.send(new ListObjectsV2Command({ … }))`: up to a thousand keys.
fn asks_for_keys(facts: &FileFacts, call: CallId) -> bool {
    facts.args(call).first().is_some_and(|arg| {
        let made = match facts.expr(*arg) {
            Expr::Symbol(symbol) => facts.symbol(symbol).definition.unwrap_or(*arg),
            _ => *arg,
        };
        matches!(facts.expr(made), Expr::Call(command)
            if callee_name(facts, facts.call(command).callee).starts_with("ListObjects"))
    })
}

/// Where a list comes from, whatever its length.
pub(super) fn provenance(program: &Program, at: Place) -> Provenance {
    Lists { program, known: RefCell::default() }.provenance(at, 0)
}

/// True where the list comes from outside the process: rows, an array of the request, what another service answers.
pub(super) fn may_grow(program: &Program, at: Place) -> bool {
    matches!(
        provenance(program, at),
        Provenance::Rows(_) | Provenance::Sent(..) | Provenance::Listing | Provenance::Remote
    )
}

/// True for a list that grows, and for rows picked by the keys of one.
pub(super) fn grows(program: &Program, at: Place) -> bool {
    let mut at = at;
    for _ in 0..4 {
        if matches!(growth(program, at), Growth::Grows(_)) {
            return true;
        }
        let lists = Lists { program, known: RefCell::default() };
        let Provenance::Rows(query) = lists.provenance(at, 0) else { return false };
        let Some(keys) = program.keys_of(query) else { return false };
        at = keys;
    }
    false
}

/// The lists that a question leads to, each followed once.
struct Lists<'a> {
    program: &'a Program,
    known: RefCell<FxHashMap<Place, Provenance>>,
}

impl Lists<'_> {
    fn provenance(&self, at: Place, depth: u32) -> Provenance {
        if depth > 24 {
            return Provenance::Unknown;
        }
        // A list that leads to itself says nothing more of itself.
        if let Some(known) = self.known.borrow().get(&at) {
            return known.clone();
        }
        self.known.borrow_mut().insert(at, Provenance::Unknown);
        let found = match self.look(at, depth) {
            unclear @ (Provenance::Unknown | Provenance::Awaited) => self.rows_of(at).unwrap_or(unclear),
            clear => clear,
        };
        self.known.borrow_mut().insert(at, found.clone());
        found
    }

    /// The query whose rows the value is, where the way to it is not written out.
    fn rows_of(&self, at: Place) -> Option<Provenance> {
        self.program.eval(at).choices().iter().find_map(|value| match value {
            Value::Rows { file, call, many: true } => match self.program.target(*file, CallId(*call)) {
                Target::Query(query) => Some(Provenance::Rows(*query)),
                _ => None,
            },
            _ => None,
        })
    }

    fn look(&self, at: Place, depth: u32) -> Provenance {
        let facts = self.program.facts(at.file);
        let again = |expr: ExprId| self.provenance(Place { file: at.file, expr }, depth + 1);
        match facts.expr(at.expr) {
            Expr::Await(inner) => match again(inner) {
                Provenance::Unknown => Provenance::Awaited,
                known => known,
            },
            Expr::Cast { expr: inner, .. }
            | Expr::Spread(inner)
            | Expr::Rest(inner)
            | Expr::Assign { value: inner, .. } => again(inner),
            Expr::Choice(list) => most(facts.list(list).iter().take(2).map(|choice| again(*choice))),
            Expr::Array(list) => most(facts.list(list).iter().filter_map(|item| match facts.expr(*item) {
                Expr::Spread(inner) => Some(again(inner)),
                _ => None,
            })),
            Expr::Symbol(symbol) => self.of_symbol(at, symbol, depth),
            Expr::Param { function, index } => {
                self.of_parameter(at, FnRef { file: at.file, id: function }, index, depth)
            }
            Expr::Member { object, property } => self.of_member(at, object, facts.name(property), depth),
            Expr::Call(call) => self.of_call(at.file, call, depth),
            Expr::Item { object, .. } => match again(object) {
                Provenance::Rows(_) | Provenance::Folder | Provenance::Sent(..) => Provenance::Part,
                // `[a, b] = await Promise.all([readA(), readB()])`.
                other => match item_of(self.program, at) {
                    Some(place) => self.provenance(place, depth + 1),
                    None => other,
                },
            },
            Expr::Element(_) | Expr::Index { .. } => Provenance::Part,
            _ => Provenance::Unknown,
        }
    }

    fn of_symbol(&self, at: Place, symbol: SymbolId, depth: u32) -> Provenance {
        let facts = self.program.facts(at.file);
        let it = facts.symbol(symbol);
        if it.kind != SymbolKind::Value {
            return match self.program.follow(at) {
                Some(place) if place != at => self.provenance(place, depth + 1),
                _ => Provenance::Unknown,
            };
        }
        most(it.definition.iter().chain(&it.assignments).map(|expr| match facts.expr(*expr) {
            Expr::Array(list) if list.len == 0 => self.filled(at.file, symbol, depth),
            _ => self.provenance(Place { file: at.file, expr: *expr }, depth + 1),
        }))
    }

    /// An empty list comes from what the loops run over that push to it.
    fn filled(&self, file: u32, symbol: SymbolId, depth: u32) -> Provenance {
        let facts = self.program.facts(file);
        let pushes = facts.calls.iter().enumerate().filter(|(_, call)| {
            matches!(facts.expr(call.callee), Expr::Member { object, property }
            if facts.expr(object) == Expr::Symbol(symbol) && facts.name(property) == "push")
        });
        most(pushes.flat_map(|(n, call)| {
            let spread = facts.list(call.args).iter().filter_map(|arg| match facts.expr(*arg) {
                Expr::Spread(inner) => Some(inner),
                _ => None,
            });
            let loops = self.program.iterations(file, CallId(n as u32));
            let paged = loops.iter().any(|it| matches!(it.class, LoopClass::Page | LoopClass::Stream));
            let lists =
                loops.iter().filter(|it| it.class == LoopClass::Collection).filter_map(|it| it.collection);
            let all: Vec<ExprId> = spread.chain(lists).collect();
            let found = all.into_iter().map(|expr| match self.provenance(Place { file, expr }, depth + 2) {
                Provenance::Remote if paged => Provenance::Listing,
                other => other,
            });
            found.collect::<Vec<_>>()
        }))
    }

    fn of_parameter(&self, at: Place, function: FnRef, index: u32, depth: u32) -> Provenance {
        let facts = self.program.facts(function.file);
        let entry = self.program.entries.iter().find(|entry| entry.function == function);
        if entry.is_some_and(|entry| entry.kind == EntryKind::Request) {
            let it = facts.function(function.id);
            let Some(param) = it.params.get(index as usize) else { return Provenance::Unknown };
            let name = param.name.map_or("", |name| facts.name(name));
            let decorated = param.decorators.iter().any(|it| {
                let callee = match facts.expr(*it) {
                    Expr::Call(call) => facts.call(call).callee,
                    _ => *it,
                };
                matches!(
                    callee_name(facts, callee),
                    "Body" | "Query" | "Args" | "Param" | "ZodBody" | "Input"
                )
            });
            if decorated || facts.use_server || it.use_server {
                return Provenance::Sent(name.to_owned(), function.file);
            }
            return if param.decorators.is_empty() { Provenance::Context } else { Provenance::Unknown };
        }
        if entry.is_some() {
            return Provenance::Unknown;
        }
        if let Some(list) = self.program.iterated(function, index) {
            return self.provenance(list, depth + 1);
        }
        if self.program.runs_at(function).is_some() {
            return Provenance::Part;
        }
        most(self.program.passed(at).into_iter().take(12).map(|place| self.provenance(place, depth + 1)))
    }

    fn of_member(&self, at: Place, object: ExprId, name: &str, depth: u32) -> Provenance {
        // Options handed over as one object: look into the objects that callers write.
        let object = Place { file: at.file, expr: object };
        let written = self.program.passed(object).into_iter().take(12).filter_map(|place| {
            let place = self.program.follow(place)?;
            let there = self.program.facts(place.file);
            let Expr::Object(list) = there.expr(place.expr) else { return None };
            let value = there.property(list, name)?;
            Some(self.provenance(Place { file: place.file, expr: value }, depth + 2))
        });
        if let Some(found) = written.max() {
            return found;
        }
        within(&self.provenance(object, depth + 1), name, at.file)
    }

    fn of_returns(&self, functions: &[FnRef], depth: u32) -> Provenance {
        most(functions.iter().take(4).flat_map(|function| {
            let returns = &self.program.facts(function.file).function(function.id).returns;
            let places = returns.iter().map(|it| Place { file: function.file, expr: it.value });
            places.map(|place| self.provenance(place, depth + 2)).collect::<Vec<_>>()
        }))
    }

    fn of_call(&self, file: u32, call: CallId, depth: u32) -> Provenance {
        let facts = self.program.facts(file);
        let it = facts.call(call);
        let again = |expr: ExprId| self.provenance(Place { file, expr }, depth + 1);
        let first = || facts.args(call).first().map_or(Provenance::Unknown, |arg| again(*arg));
        let name = callee_name(facts, it.callee);
        match self.program.target(file, call) {
            Target::Query(query) => return Provenance::Rows(*query),
            Target::Functions(functions, _) => return self.of_returns(functions, depth),
            // `prisma.$transaction(async (tx) => …)` hands back what the callback returns.
            Target::Client(_) => {
                if let Some(Expr::Function(id)) = facts.args(call).first().map(|arg| facts.expr(*arg)) {
                    return self.of_returns(&[FnRef { file, id }], depth);
                }
            }
            _ => {}
        }
        let effects = self.program.direct_effects(file, call);
        if effects.has_any(Effects::FILES) {
            return if matches!(name, "readdir" | "opendir" | "glob") {
                Provenance::Folder
            } else {
                Provenance::Unknown
            };
        }
        if effects.has_any(Effects::NETWORK) {
            return if asks_for_keys(facts, call) { Provenance::Listing } else { Provenance::Remote };
        }
        match (facts.expr(it.callee), name) {
            (_, "Set" | "structuredClone" | "URL" | "URLSearchParams") => first(),
            (
                Expr::Member { .. },
                "keys" | "values" | "entries" | "from" | "parse" | "safeParse" | "parseAsync"
                | "safeParseAsync" | "all" | "fromEntries",
            ) if !facts.args(call).is_empty() => first(),
            (
                Expr::Member { object, .. },
                "filter" | "sort" | "map" | "flatMap" | "flat" | "reverse" | "slice" | "concat" | "toSorted"
                | "values" | "keys" | "entries" | "split" | "then" | "catch" | "trim",
            ) => again(object),
            (Expr::Member { object, .. }, "get" | "getAll" | "json" | "formData" | "valid" | "text") => {
                match again(object) {
                    Provenance::Sent(..) => {
                        let asked = facts.args(call).first().map(|arg| facts.expr(*arg));
                        let name = match asked {
                            Some(Expr::Str(text)) => facts.name(text),
                            _ => name,
                        };
                        Provenance::Sent(name.to_owned(), file)
                    }
                    other => within(&other, name, file),
                }
            }
            (Expr::Call(made), _) => self.of_closure(file, made, depth),
            _ => self.of_closure(file, call, depth),
        }
    }

    /// `cache(async () => …, key)()`, `retry(() => …)`: what the closure gives.
    fn of_closure(&self, file: u32, wrapper: CallId, depth: u32) -> Provenance {
        let facts = self.program.facts(file);
        let closure = facts.args(wrapper).iter().find_map(|arg| match facts.expr(*arg) {
            Expr::Function(id) => Some(FnRef { file, id }),
            _ => None,
        });
        closure.map_or(Provenance::Unknown, |closure| self.of_returns(&[closure], depth))
    }
}
