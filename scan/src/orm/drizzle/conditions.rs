//! Conditions, orders and columns written with the library's operators: `and(eq(users.id, id), gt(users.age, 18))`.

use tuneup_model::{ColumnRef, OrderBy, PredicateOp};

use super::is_own;
use crate::facts::{CallId, CallKind, Expr, FnId};
use crate::objects::{Comparison, Conditions, Entry, Given, Reader, Seen};
use crate::orm::filter::{Connective, Filters, Operators};
use crate::orm::{Handle, HandleKind, ModelRef};
use crate::place::Place;
use crate::program::{Program, Value};
use crate::schema::Model;

/// Reads expressions of one query.
pub(super) struct Reading<'p> {
    pub program: &'p Program,
    pub reader: Reader<'p>,
    /// The table that callbacks get as their first argument.
    pub model: Option<ModelRef>,
}

impl<'p> Reading<'p> {
    pub(super) fn of(program: &'p Program, model: ModelRef) -> Self {
        let schema = &program.schemas[model.schema as usize];
        Self { program, reader: Reader::new(program, schema), model: Some(model) }
    }

    pub(super) fn given(&self, given: &Given) -> Conditions {
        match given {
            Given::Absent => Conditions::default(),
            Given::Sure(at) => self.condition(*at),
            Given::Default(at) => {
                let mut conditions = self.condition(*at);
                conditions.has_unknown = true;
                conditions
            }
            Given::Perhaps(_) => Conditions::unknown(),
        }
    }

    pub(super) fn condition(&self, at: Place) -> Conditions {
        let found = self.reader.deeper(|| {
            let seen = self.reader.see(at);
            match seen.expr {
                Expr::Call(call) => self.operator(seen.place.file, call),
                Expr::Choice(list) => {
                    let branches = self.reader.branches(seen.place, list).map(|it| self.condition(it));
                    branches.reduce(Conditions::or).unwrap_or_default()
                }
                Expr::Undefined | Expr::Null => Conditions::default(),
                Expr::Function(function) => {
                    let returned = self.returned(seen.place.file, function).map(|it| self.condition(it));
                    returned.reduce(Conditions::or).unwrap_or_else(Conditions::unknown)
                }
                Expr::Object(_) => match self.model {
                    Some(model) => {
                        let filters = Filters { reader: &self.reader, operators: &ObjectOperators };
                        filters.conditions(self.program.model(model), seen.place)
                    }
                    None => Conditions::unknown(),
                },
                _ => Conditions::unknown(),
            }
        });
        found.unwrap_or_else(Conditions::unknown)
    }

    /// What a function of the program returns.
    pub(super) fn returned(&self, file: u32, function: FnId) -> impl Iterator<Item = Place> + use<'p> {
        let returns = &self.program.facts(file).function(function).returns;
        returns.iter().map(move |it| Place { file, expr: it.value })
    }

    fn operator(&self, file: u32, call: CallId) -> Conditions {
        let facts = self.program.facts(file);
        let args: Vec<Place> = facts.args(call).iter().map(|expr| Place { file, expr: *expr }).collect();
        let called = facts.call(call);
        let name = operator_name(self.program, Place { file, expr: called.callee }).unwrap_or_default();
        if called.kind == CallKind::Tagged {
            return Conditions::unknown();
        }
        match (name, &args[..]) {
            ("and", args) => self.all(args),
            ("or", [only]) if !matches!(facts.expr(only.expr), Expr::Spread(_)) => self.condition(*only),
            ("or", args) => {
                let mut out = Conditions::unknown();
                for arg in args {
                    out.joined.extend(self.condition(*arg).joined);
                }
                out
            }
            ("not", [only]) => {
                let mut out = Conditions::default();
                out.perhaps(self.condition(*only));
                out
            }
            (name, [column, rest @ ..]) => self.comparison(name, *column, rest.first().copied()),
            _ => Conditions::unknown(),
        }
    }

    fn all(&self, args: &[Place]) -> Conditions {
        let mut out = Conditions::default();
        for arg in args {
            let Expr::Spread(inner) = self.program.facts(arg.file).expr(arg.expr) else {
                out.and(self.condition(*arg));
                continue;
            };
            let seen = self.reader.see(Place { file: arg.file, expr: inner });
            match seen.expr {
                Expr::Array(list) => {
                    let items: Vec<Place> = self.reader.list(seen.place.file, list).collect();
                    out.and(self.all(&items));
                    out.has_unknown |= seen.is_mutated;
                }
                _ => out.has_unknown = true,
            }
        }
        out
    }

    fn comparison(&self, name: &str, column: Place, with: Option<Place>) -> Conditions {
        let Some((model, column)) = self.column(column) else { return Conditions::unknown() };
        // Two columns compared join tables; they fix no row of either.
        if with.is_some_and(|with| self.column(with).is_some()) {
            return Conditions::unknown();
        }
        let op = match name {
            "eq" => PredicateOp::Equal,
            "ne" | "isNotNull" | "notInArray" | "notBetween" | "notLike" | "notIlike" => {
                PredicateOp::NotEqual
            }
            "gt" | "gte" | "lt" | "lte" | "between" => PredicateOp::Range,
            "inArray" => PredicateOp::In,
            "isNull" => PredicateOp::IsNull,
            "like" if with.is_some_and(|with| self.starts_plain(with)) => PredicateOp::Prefix,
            "like" | "ilike" | "arrayContains" | "arrayContained" | "arrayOverlaps" => PredicateOp::Contains,
            _ => return Conditions::unknown(),
        };
        let mut out = Conditions::default();
        out.compare(model, column, &Comparison::one(op));
        out
    }

    /// True for a pattern that starts with known text.
    fn starts_plain(&self, at: Place) -> bool {
        let seen = self.reader.see(at);
        let text =
            match seen.expr {
                Expr::Str(text) => Some(self.reader.name(seen.place, text)),
                Expr::Template(list) => self.reader.list(seen.place.file, list).next().and_then(|first| {
                    match self.reader.facts(first.file).expr(first.expr) {
                        Expr::Str(text) => Some(self.reader.name(first, text)),
                        _ => None,
                    }
                }),
                _ => None,
            };
        // `like(users.name, `${prefix}%`)` starts with what the program gives.
        text.is_some_and(|text| !text.starts_with(['%', '_']))
    }

    /// The column that an expression names.
    pub(super) fn column(&self, at: Place) -> Option<(&'p Model, &'p str)> {
        let facts = self.program.facts(at.file);
        let mut at = at;
        for _ in 0..8 {
            match facts.expr(at.expr) {
                Expr::Member { object, property } => {
                    let model = self.table(Place { file: at.file, expr: object })?;
                    return Some((model, model.column(facts.name(property))?));
                }
                Expr::Symbol(symbol) => at.expr = facts.symbol(symbol).definition?,
                Expr::Cast { expr, .. } => at.expr = expr,
                _ => return None,
            }
        }
        None
    }

    /// The table that an expression names; the first parameter of a callback is the query's own.
    fn table(&self, at: Place) -> Option<&'p Model> {
        if let Value::Handle(Handle { kind: HandleKind::Model(model), .. }) = self.program.eval(at) {
            return Some(self.program.model(model));
        }
        let facts = self.program.facts(at.file);
        let mut expr = at.expr;
        for _ in 0..4 {
            match facts.expr(expr) {
                Expr::Symbol(symbol) => expr = facts.symbol(symbol).definition?,
                Expr::Param { index: 0, .. } => return Some(self.program.model(self.model?)),
                _ => return None,
            }
        }
        None
    }

    /// Terms of an order, and whether all are known.
    pub(super) fn order(&self, at: Place, terms: &mut Vec<OrderBy>) -> bool {
        let known = self.reader.deeper(|| {
            let seen = self.reader.see(at);
            match seen.expr {
                Expr::Undefined | Expr::Null => true,
                Expr::Array(list) => {
                    let items: Vec<Place> = self.reader.list(seen.place.file, list).collect();
                    items.iter().all(|item| self.order(*item, terms)) && !seen.is_mutated
                }
                Expr::Function(function) => {
                    let returned: Vec<Place> = self.returned(seen.place.file, function).collect();
                    matches!(returned[..], [only] if self.order(only, terms))
                }
                Expr::Call(call) => {
                    let facts = self.program.facts(seen.place.file);
                    let callee = Place { file: seen.place.file, expr: facts.call(call).callee };
                    let name = operator_name(self.program, callee).unwrap_or_default();
                    let first = facts.args(call).first();
                    matches!(name, "asc" | "desc")
                        && first.is_some_and(|expr| {
                            self.term(Place { file: seen.place.file, expr: *expr }, name == "desc", terms)
                        })
                }
                _ => self.term(at, false, terms),
            }
        });
        known.unwrap_or(false)
    }

    fn term(&self, at: Place, descending: bool, terms: &mut Vec<OrderBy>) -> bool {
        let Some((model, column)) = self.column(at) else { return false };
        let column = ColumnRef { table: model.table.clone(), column: column.to_owned() };
        terms.push(OrderBy { column, descending });
        true
    }
}

/// The name of an operator: an export of the library, or what a callback gets of it (`(table, { eq }) => …`).
pub(super) fn operator_name(program: &Program, callee: Place) -> Option<&str> {
    let facts = program.facts(callee.file);
    if let Value::Api(api) = program.eval(callee) {
        if !is_own(&api.package) {
            return None;
        }
        return OPERATORS.iter().copied().find(|name| *name == api.last());
    }
    let mut expr = callee.expr;
    for _ in 0..4 {
        match facts.expr(expr) {
            Expr::Member { property, .. } => return Some(facts.name(property)),
            Expr::Symbol(symbol) => expr = facts.symbol(symbol).definition?,
            _ => return None,
        }
    }
    None
}

/// The name that the library has for what an expression names: `import { primaryKey as pk }`.
pub(super) fn imported_name(program: &Program, at: Place) -> Option<&str> {
    match program.eval(at) {
        Value::Api(api) if is_own(&api.package) => KEYS.iter().copied().find(|name| *name == api.last()),
        _ => None,
    }
}

const KEYS: &[&str] =
    &["index", "uniqueIndex", "unique", "primaryKey", "foreignKey", "pgSchema", "mysqlSchema"];

const OPERATORS: &[&str] = &[
    "and",
    "or",
    "not",
    "eq",
    "ne",
    "gt",
    "gte",
    "lt",
    "lte",
    "between",
    "notBetween",
    "inArray",
    "notInArray",
    "isNull",
    "isNotNull",
    "like",
    "notLike",
    "ilike",
    "notIlike",
    "exists",
    "notExists",
    "arrayContains",
    "arrayContained",
    "arrayOverlaps",
    "asc",
    "desc",
    "sql",
    "count",
    "countDistinct",
    "sum",
    "sumDistinct",
    "avg",
    "avgDistinct",
    "max",
    "min",
];

/// Conditions as objects: `{ age: { gte: 18 }, OR: […] }`.
struct ObjectOperators;

impl Operators for ObjectOperators {
    fn connective(&self, entry: &Entry<'_>) -> Option<Connective> {
        match entry.name {
            "AND" => Some(Connective::And),
            "OR" => Some(Connective::Or),
            "NOT" => Some(Connective::Not),
            "RAW" => Some(Connective::Unknown),
            _ => None,
        }
    }

    fn comparison(&self, reader: &Reader<'_>, value: Seen) -> Option<Comparison> {
        let Expr::Object(_) = value.expr else { return None };
        let object = reader.object(value.place);
        let mut out = Comparison { ops: Vec::new(), is_unknown: !object.is_complete };
        for entry in &object.entries {
            let op = match entry.name {
                "eq" => PredicateOp::Equal,
                "ne" | "isNotNull" | "notIn" | "notLike" | "notIlike" => PredicateOp::NotEqual,
                "gt" | "gte" | "lt" | "lte" => PredicateOp::Range,
                "in" => PredicateOp::In,
                "isNull" => PredicateOp::IsNull,
                "like" | "ilike" | "arrayContains" | "arrayContained" | "arrayOverlaps" => {
                    PredicateOp::Contains
                }
                // Fields of a relation.
                _ if object.entries.len() == 1 && !matches!(entry.name, "OR" | "AND" | "NOT") => return None,
                _ => return Some(Comparison::unknown()),
            };
            if entry.is_certain { out.push(op) } else { out.is_unknown = true }
        }
        Some(out)
    }
}
