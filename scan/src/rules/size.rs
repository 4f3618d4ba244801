//! How long a list may get, by where it comes from: the source, a record, a caller, a query.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use tuneup_model::{Bound, Operation, PredicateOp};

use crate::facts::{CallId, Expr, ExprId, SymbolId, SymbolKind};
use crate::objects::Follow;
use crate::place::Place;
use crate::program::{FnRef, LoopClass, Program, Target, Value, callee_name};

/// How a list grows, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Size {
    /// Written in the source, or limited.
    Bounded,
    Unknown,
    /// Belongs to one row or object.
    Part,
    /// Handed in by a caller or request.
    Input,
    /// What a query finds.
    Rows,
    /// Rows picked by a list of keys: as many as the list has.
    Picked,
}

pub(super) fn size(program: &Program, at: Place) -> Size {
    Sizes { program, known: RefCell::default() }.size(at, 0)
}

/// Rows behind a limit of up to so many are few.
const FEW_ROWS: u64 = 100;

fn size_of_query(program: &Program, query: u32) -> Size {
    let shape = &program.queries[query as usize].shape;
    match (shape.operation, shape.limit) {
        (_, Bound::Constant(limit)) if limit <= FEW_ROWS => Size::Bounded,
        // A page has the size that somebody asks for.
        (_, Bound::Dynamic) => Size::Part,
        (Operation::ReadMany, _) if shape.filter.all_of.iter().any(|it| it.op == PredicateOp::In) => {
            Size::Picked
        }
        (Operation::ReadMany, _) => Size::Rows,
        // Rows come back from a write as many as were handed in.
        (operation, _) if operation.is_write() => Size::Input,
        _ => Size::Unknown,
    }
}

/// The function whose parameter a chain of members starts from.
fn root_parameter(program: &Program, file: u32, expr: ExprId) -> Option<FnRef> {
    let facts = program.facts(file);
    let mut expr = expr;
    for _ in 0..16 {
        expr = match facts.expr(expr) {
            Expr::Param { function, .. } => return Some(FnRef { file, id: function }),
            Expr::Symbol(symbol) => facts.symbol(symbol).definition?,
            Expr::Member { object, .. } | Expr::Item { object, .. } => object,
            Expr::Await(inner) | Expr::Cast { expr: inner, .. } | Expr::Rest(inner) => inner,
            Expr::Call(call) => match facts.expr(facts.call(call).callee) {
                // `schema.parse(req.body)` is the body.
                Expr::Member { .. } => *facts.args(call).first()?,
                _ => return None,
            },
            _ => return None,
        };
    }
    None
}

/// The lists that a question leads to, each measured once.
struct Sizes<'a> {
    program: &'a Program,
    known: RefCell<FxHashMap<Place, Size>>,
}

impl Sizes<'_> {
    fn size(&self, at: Place, depth: u32) -> Size {
        if depth > 24 {
            return Size::Unknown;
        }
        if let Some(known) = self.known.borrow().get(&at) {
            return *known;
        }
        // A list that leads to itself is no larger for it.
        self.known.borrow_mut().insert(at, Size::Bounded);
        let found = self.look(at, depth);
        self.known.borrow_mut().insert(at, found);
        found
    }

    fn look(&self, at: Place, depth: u32) -> Size {
        let facts = self.program.facts(at.file);
        let again = |expr: ExprId| self.size(Place { file: at.file, expr }, depth + 1);
        match facts.expr(at.expr) {
            Expr::Array(list) => {
                let spread = facts.list(list).iter().filter_map(|item| match facts.expr(*item) {
                    Expr::Spread(inner) => Some(again(inner)),
                    _ => None,
                });
                spread.max().unwrap_or(Size::Bounded)
            }
            Expr::Symbol(symbol) => self.size_of_symbol(at, symbol, depth),
            Expr::Await(inner) | Expr::Cast { expr: inner, .. } | Expr::Rest(inner) | Expr::Spread(inner) => {
                again(inner)
            }
            Expr::Choice(list) => {
                facts.list(list).iter().take(2).map(|choice| again(*choice)).max().unwrap_or(Size::Unknown)
            }
            Expr::Assign { value, .. } => again(value),
            Expr::Call(call) => self.size_of_result(at.file, call, depth),
            Expr::Member { object, .. } => self.size_of_member(at, object, depth),
            Expr::Param { function, .. } => {
                self.size_of_parameter(at, FnRef { file: at.file, id: function }, depth)
            }
            Expr::Element(_) | Expr::Item { .. } | Expr::Index { .. } => {
                match self.size_of_value(at, depth + 1) {
                    Size::Unknown => Size::Part,
                    known => known,
                }
            }
            Expr::Object(_) | Expr::Str(_) | Expr::Template(_) => Size::Bounded,
            _ => Size::Unknown,
        }
    }

    fn size_of_symbol(&self, at: Place, symbol: SymbolId, depth: u32) -> Size {
        let facts = self.program.facts(at.file);
        let it = facts.symbol(symbol);
        match it.kind {
            SymbolKind::Enum => return Size::Bounded,
            SymbolKind::Value => {}
            _ => return self.size_of_value(at, depth),
        }
        let own = it.definition.iter().chain(&it.assignments).map(|expr| match facts.expr(*expr) {
            Expr::Array(list) if list.len == 0 => self.filled(at.file, symbol, depth),
            _ => self.size(Place { file: at.file, expr: *expr }, depth + 1),
        });
        own.max().unwrap_or(Size::Unknown)
    }

    /// An empty list grows as the loops do that push to it.
    fn filled(&self, file: u32, symbol: SymbolId, depth: u32) -> Size {
        let facts = self.program.facts(file);
        let pushes = facts.calls.iter().enumerate().filter(|(_, call)| {
        matches!(facts.expr(call.callee), Expr::Member { object, property }
            if facts.expr(object) == Expr::Symbol(symbol) && matches!(facts.name(property), "push" | "unshift"))
    });
        let sizes = pushes.map(|(n, call)| {
            let spread = facts.list(call.args).iter().filter_map(|arg| match facts.expr(*arg) {
                Expr::Spread(inner) => Some(self.size(Place { file, expr: inner }, depth + 2)),
                _ => None,
            });
            let loops = self
                .program
                .iterations(file, CallId(n as u32))
                .into_iter()
                .filter(|it| it.class == LoopClass::Collection);
            let turns =
                loops.filter_map(|it| it.collection).map(|expr| self.size(Place { file, expr }, depth + 2));
            spread.chain(turns).max().unwrap_or(Size::Bounded)
        });
        sizes.max().unwrap_or(Size::Unknown)
    }

    /// What the value says where the expression does not.
    fn size_of_value(&self, at: Place, depth: u32) -> Size {
        let value = self.program.eval(at);
        let sizes = value.choices().iter().map(|choice| match choice {
            Value::Rows { file, call, many: true } => match self.program.target(*file, CallId(*call)) {
                Target::Query(query) => size_of_query(self.program, *query),
                _ => Size::Unknown,
            },
            Value::Items(place) if *place != at => self.size(*place, depth + 1),
            Value::Object(_) | Value::Text => Size::Bounded,
            _ => Size::Unknown,
        });
        sizes.max().unwrap_or(Size::Unknown)
    }

    fn size_of_result(&self, file: u32, call: CallId, depth: u32) -> Size {
        let facts = self.program.facts(file);
        let it = facts.call(call);
        let again = |expr: ExprId| self.size(Place { file, expr }, depth + 1);
        let first_arg = facts.args(call).first().copied();
        match self.program.target(file, call) {
            Target::Query(query) => return size_of_query(self.program, *query),
            Target::Functions(functions, _) => {
                let sizes = functions.iter().flat_map(|function| {
                    let returns = &self.program.facts(function.file).function(function.id).returns;
                    returns
                        .iter()
                        .map(|it| self.size(Place { file: function.file, expr: it.value }, depth + 1))
                });
                return sizes.max().unwrap_or(Size::Unknown);
            }
            _ => {}
        }
        let name = callee_name(facts, it.callee);
        match (facts.expr(it.callee), name) {
            (
                Expr::Member { .. },
                "keys" | "entries" | "values" | "from" | "all" | "fromEntries" | "assign",
            ) if first_arg.is_some() => first_arg.map_or(Size::Unknown, again),
            (_, "Set" | "structuredClone") => first_arg.map_or(Size::Unknown, again),
            (Expr::Member { object, .. }, "slice") => {
                match facts.args(call).get(1).map(|arg| facts.expr(*arg)) {
                    Some(Expr::Number(end)) if end <= FEW_ROWS as f64 => Size::Bounded,
                    _ => again(object),
                }
            }
            (Expr::Member { object, .. }, "concat") => {
                facts.args(call).iter().chain([&object]).map(|arg| again(*arg)).max().unwrap_or(Size::Unknown)
            }
            (
                Expr::Member { object, .. },
                "filter" | "sort" | "map" | "flatMap" | "flat" | "reverse" | "toSorted" | "toReversed"
                | "keys" | "values" | "entries" | "reduce",
            ) => again(object),
            (Expr::Member { .. }, "split") => Size::Part,
            _ => self.size_of_value(Place { file, expr: it.expr }, depth + 1),
        }
    }

    fn size_of_member(&self, at: Place, object: ExprId, depth: u32) -> Size {
        let by_value = self.size_of_value(at, depth + 1);
        if by_value != Size::Unknown {
            return by_value;
        }
        let facts = self.program.facts(at.file);
        let Expr::Member { property, .. } = facts.expr(at.expr) else { return Size::Unknown };
        let name = facts.name(property);
        // Options handed over as one object: look into the objects that callers write.
        let passed = self.program.passed(Place { file: at.file, expr: object });
        let written = passed.iter().filter_map(|place| {
            let place = self.program.follow(*place)?;
            let there = self.program.facts(place.file);
            match there.expr(place.expr) {
                Expr::Object(list) => there
                    .property(list, name)
                    .map(|expr| self.size(Place { file: place.file, expr }, depth + 1)),
                _ => None,
            }
        });
        if let Some(size) = written.max() {
            return size;
        }
        match root_parameter(self.program, at.file, object) {
            Some(function) if self.program.entries.iter().any(|entry| entry.function == function) => {
                Size::Input
            }
            _ => Size::Part,
        }
    }

    fn size_of_parameter(&self, at: Place, function: FnRef, depth: u32) -> Size {
        let passed = self.program.passed(at);
        if passed.is_empty() {
            return if self.program.runs_at(function).is_some() { Size::Part } else { Size::Input };
        }
        passed.into_iter().take(12).map(|place| self.size(place, depth + 1)).max().unwrap_or(Size::Unknown)
    }
}
