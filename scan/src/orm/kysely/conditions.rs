//! Conditions: `where('p.uri', '=', uri)`, `where((eb) => eb.and([eb('a', '=', 1), …]))`.

use tuneup_model::{ColumnRef, Predicate, PredicateOp, QueryShape};

use crate::facts::{CallId, Expr};
use crate::objects::{Conditions, Follow as _};
use crate::orm::tables::snake_case;
use crate::orm::{Steps, text_at};
use crate::place::Place;
use crate::program::Program;
use crate::schema::Model;

/// The tables of one query by the names that it gives them.
#[derive(Debug, Default)]
pub(super) struct Scope<'p> {
    tables: Vec<Named<'p>>,
}

#[derive(Debug)]
struct Named<'p> {
    alias: String,
    /// Empty for a query in its place.
    table: String,
    model: Option<&'p Model>,
}

impl<'p> Scope<'p> {
    pub(super) fn add(&mut self, alias: String, table: String, model: Option<&'p Model>) {
        self.tables.push(Named { alias, table, model });
    }

    /// The column that a text names, by its name in the database.
    pub(super) fn column(&self, text: &str) -> Option<ColumnRef> {
        if let Some((alias, name)) = text.rsplit_once('.') {
            return self.tables.iter().find(|it| it.alias == alias)?.column(name);
        }
        if let [only] = &self.tables[..] {
            return only.column(text);
        }
        // Several tables: the name must be of one of them alone.
        if self.tables.iter().any(|it| it.model.is_none()) {
            return None;
        }
        let mut found = self.tables.iter().filter_map(|it| it.column(text));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }
}

impl Named<'_> {
    fn column(&self, name: &str) -> Option<ColumnRef> {
        if self.table.is_empty() {
            return None;
        }
        let column = match self.model {
            // The library's naming plugin writes `createdAt` as `created_at`.
            Some(model) => model.column(name).map(str::to_owned).or_else(|| {
                let snake = snake_case(name);
                model.column(&snake).map(str::to_owned)
            })?,
            None => name.to_owned(),
        };
        Some(ColumnRef { table: self.table.clone(), column })
    }
}

pub(super) fn read(program: &Program, steps: &Steps<'_>, scope: &Scope<'_>, shape: &mut QueryShape) {
    for step in steps.named(&["where", "whereRef", "having", "havingRef"]) {
        let args = steps.args(step);
        let found = match (step.method, &args[..]) {
            ("where", [column, op, ..]) => compared(program, scope, *column, *op),
            ("where", [condition]) => condition_at(program, scope, *condition, 0),
            _ => Conditions::unknown(),
        };
        if step.is_certain {
            for predicate in found.all_of {
                if !shape.filter.all_of.contains(&predicate) {
                    shape.filter.all_of.push(predicate);
                }
            }
        }
        shape.filter.has_unknown |= found.has_unknown || !step.is_certain;
    }
}

fn compared(program: &Program, scope: &Scope<'_>, column: Place, op: Place) -> Conditions {
    let column = text_at(program, column).and_then(|text| scope.column(text));
    let op = text_at(program, op).and_then(operator);
    let (Some(column), Some(op)) = (column, op) else { return Conditions::unknown() };
    Conditions { all_of: vec![Predicate { column, op }], ..Conditions::default() }
}

fn operator(text: &str) -> Option<PredicateOp> {
    Some(match text.to_ascii_lowercase().as_str() {
        "=" | "==" => PredicateOp::Equal,
        "in" => PredicateOp::In,
        "<" | "<=" | ">" | ">=" | "between" => PredicateOp::Range,
        "!=" | "<>" | "is not" | "not in" | "not like" | "not ilike" | "is distinct from" => {
            PredicateOp::NotEqual
        }
        "is" => PredicateOp::IsNull,
        "like" | "ilike" | "@>" | "<@" | "?" | "&&" | "match" => PredicateOp::Contains,
        _ => return None,
    })
}

/// What an expression builder makes in a callback.
fn condition_at(program: &Program, scope: &Scope<'_>, at: Place, depth: u32) -> Conditions {
    let Some(at) = program.follow(at).filter(|_| depth < 16) else { return Conditions::unknown() };
    let facts = program.facts(at.file);
    match facts.expr(at.expr) {
        Expr::Function(function) => match facts.function(function).returns.as_slice() {
            [only] => condition_at(program, scope, Place { file: at.file, expr: only.value }, depth + 1),
            _ => Conditions::unknown(),
        },
        Expr::Call(call) => call_at(program, scope, at.file, call, depth),
        _ => Conditions::unknown(),
    }
}

fn call_at(program: &Program, scope: &Scope<'_>, file: u32, call: CallId, depth: u32) -> Conditions {
    let facts = program.facts(file);
    let args: Vec<Place> = facts.args(call).iter().map(|expr| Place { file, expr: *expr }).collect();
    let callee = facts.call(call).callee;
    let name = match facts.expr(callee) {
        Expr::Member { property, .. } => facts.name(property),
        Expr::Symbol(symbol) => match facts.symbol(symbol).definition.map(|it| facts.expr(it)) {
            Some(Expr::Param { .. }) => "eb",
            Some(Expr::Member { property, .. }) => facts.name(property),
            _ => "",
        },
        _ => "",
    };
    match (name, &args[..]) {
        ("eb", [column, op, _]) => compared(program, scope, *column, *op),
        ("and", [list]) => {
            let Some(at) = program.follow(*list) else { return Conditions::unknown() };
            let facts = program.facts(at.file);
            let Expr::Array(list) = facts.expr(at.expr) else { return Conditions::unknown() };
            let mut out = Conditions::default();
            for expr in facts.list(list) {
                out.and(condition_at(program, scope, Place { file: at.file, expr: *expr }, depth + 1));
            }
            out
        }
        _ => Conditions::unknown(),
    }
}
