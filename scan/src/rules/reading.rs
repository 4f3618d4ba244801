//! What the rules on reads share: what the rows of a query are read for, and how a finding on a read is told.
//!
//! Rows that are only counted, looked through for one, or added up need not leave the database. Whether they are is
//! read off the uses of the result; where any use is out of sight, the rows count as wanted.

use tuneup_model::{Bound, ColumnType, Cost, Count, EvidenceKind, Operation, Table};

use super::indexes::{self, Site, Tables};
use super::volume::{self, Extent, Volume};
use super::{paths, repeats};
use crate::facts::{BinaryOp, CallId, Expr, ExprId};
use crate::place::Place;
use crate::program::{Ask, FnRef, Program, Taken, Value};
use crate::report::{Draft, Where};

/// What a list of rows is read for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The rows themselves, as far as is known.
    Rows,
    /// To learn whether there is one.
    Existence,
    /// Their number, of all or of those that compare in these columns.
    Number(Vec<String>),
    /// One of them, by comparing these columns.
    One(Vec<String>),
    /// The sum of this column.
    Sum(String),
    /// Those that compare in these columns.
    Part(Vec<String>),
}

/// What the rows of a list read are for.
pub(super) fn purpose(program: &Program, site: &Site<'_>) -> Purpose {
    let (file, call) = (site.query.file, site.query.call);
    let expr = program.facts(file).call(call).expr;
    let counts = program.eval(Place { file, expr }) == Value::Number;
    if site.shape().operation != Operation::ReadMany || counts {
        return Purpose::Rows;
    }
    program.taken_of_rows(file, call).map_or(Purpose::Rows, |taken| purpose_of(program, site, &taken))
}

fn purpose_of(program: &Program, site: &Site<'_>, taken: &Taken) -> Purpose {
    if taken.escapes.is_some() || !taken.rests.is_empty() {
        return Purpose::Rows;
    }
    let asks: Vec<Ask> = taken.asks.iter().map(|(_, ask)| *ask).filter(|ask| *ask != Ask::IsThere).collect();
    if asks.is_empty() || taken.asks.iter().any(|(file, _)| *file != site.query.file) && !counts(&asks) {
        return Purpose::Rows;
    }
    if taken.fields.is_empty() && asks.iter().all(|ask| *ask == Ask::IsEmpty) {
        return Purpose::Existence;
    }
    if taken.fields.is_empty() && counts(&asks) {
        return Purpose::Number(Vec::new());
    }
    let in_place = |call: CallId| {
        let facts = program.facts(site.query.file);
        let (own, other) = (facts.call(site.query.call), facts.call(call));
        own.function == other.function && own.in_loop == other.in_loop
    };
    match asks[..] {
        [Ask::Find(call) | Ask::Test(call)] if in_place(call) => {
            compared(program, site, call, Nulls::AreForTypes).map_or(Purpose::Rows, Purpose::One)
        }
        [Ask::Reduce(call)] if in_place(call) => {
            added(program, site, call).map_or(Purpose::Rows, Purpose::Sum)
        }
        _ => filtered(program, site, &asks),
    }
}

fn counts(asks: &[Ask]) -> bool {
    asks.iter().all(|ask| matches!(ask, Ask::Length | Ask::IsEmpty))
}

/// Rows that go through one filter, and nowhere else.
fn filtered(program: &Program, site: &Site<'_>, asks: &[Ask]) -> Purpose {
    let mut filters = asks.iter().filter_map(|ask| match ask {
        Ask::Filter(call) => Some(*call),
        _ => None,
    });
    let Some(filter) =
        filters.next().filter(|call| filters.next().is_none() && is_sole_use(program, site, *call))
    else {
        return Purpose::Rows;
    };
    let rest: Vec<Ask> = asks.iter().filter(|ask| **ask != Ask::Filter(filter)).copied().collect();
    let is_counted = !rest.is_empty() && counts(&rest);
    let tests = if is_counted { Nulls::Tell } else { Nulls::AreForTypes };
    let Some(columns) = compared(program, site, filter, tests) else { return Purpose::Rows };
    if is_counted { Purpose::Number(columns) } else { Purpose::Part(columns) }
}

/// True where the rows are named once, as what the method is called on.
fn is_sole_use(program: &Program, site: &Site<'_>, call: CallId) -> bool {
    let facts = program.facts(site.query.file);
    let Expr::Member { object, .. } = facts.expr(facts.call(call).callee) else { return false };
    let rows = facts.call(site.query.call).expr;
    let mut at = object;
    for _ in 0..8 {
        if at == rows {
            return true;
        }
        at = match facts.expr(at) {
            Expr::Await(inner) | Expr::Cast { expr: inner, .. } => inner,
            Expr::Symbol(symbol) => {
                let mentions = facts.exprs.iter().filter(|expr| **expr == Expr::Symbol(symbol)).count();
                match facts.symbol(symbol).definition {
                    Some(definition) if mentions == 1 => definition,
                    _ => return false,
                }
            }
            _ => return false,
        };
    }
    false
}

/// The closure given to a method, with the expression it gives back.
fn closure(program: &Program, file: u32, call: CallId) -> Option<(FnRef, ExprId)> {
    let given = program.facts(file).args(call).first()?;
    let Value::Function(function) = program.eval(Place { file, expr: *given }) else { return None };
    let facts = program.facts(function.file);
    let [only] = facts.function(function.id).returns.as_slice() else { return None };
    let calls_nothing = !facts.calls.iter().any(|it| it.function == function.id && it.awaited);
    (only.guard.is_none() && calls_nothing).then_some((function, only.value))
}

/// The columns that the test of a method compares, where a database could do the same.
fn compared(program: &Program, site: &Site<'_>, call: CallId, nulls: Nulls) -> Option<Vec<String>> {
    let (function, test) = closure(program, site.query.file, call)?;
    let mut columns = Vec::new();
    let row = RowTest { program, table: site.table, function, nulls };
    (row.holds(test, 0, &mut columns) && !columns.is_empty()).then_some(columns)
}

/// The column that a reduction adds up: `(sum, row) => sum + row.total`.
fn added(program: &Program, site: &Site<'_>, call: CallId) -> Option<String> {
    let (function, sum) = closure(program, site.query.file, call)?;
    let facts = program.facts(function.file);
    let Expr::Binary { op: BinaryOp::Add, left, right } = facts.expr(sum) else { return None };
    let is_sum = |expr: ExprId| program.parameter(function.file, expr) == Some((function.id, 0));
    let row = RowTest { program, table: site.table, function, nulls: Nulls::Tell };
    let other = if is_sum(left) { right } else { left };
    let column = row.column_at(other, 1)?;
    let kind = &site.table.columns.iter().find(|it| it.field == column)?.kind;
    let is_number =
        matches!(kind, ColumnType::Int | ColumnType::BigInt | ColumnType::Float | ColumnType::Decimal);
    (is_number && (is_sum(left) || is_sum(right))).then_some(column)
}

/// What a test for null is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nulls {
    /// It tells rows apart, like any other.
    Tell,
    /// It narrows the type of the rows that go on.
    AreForTypes,
}

/// A test of a row, in terms of its columns.
struct RowTest<'a> {
    nulls: Nulls,
    program: &'a Program,
    table: &'a Table,
    function: FnRef,
}

impl RowTest<'_> {
    fn holds(&self, expr: ExprId, depth: u32, columns: &mut Vec<String>) -> bool {
        let facts = self.program.facts(self.function.file);
        if depth > 12 {
            return false;
        }
        match facts.expr(expr) {
            Expr::Not(inner) | Expr::Cast { expr: inner, .. } => self.holds(inner, depth + 1, columns),
            Expr::Choice(list) if list.len == 2 => {
                facts.list(list).iter().all(|part| self.holds(*part, depth + 1, columns))
            }
            Expr::Binary {
                op: BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::Less | BinaryOp::Greater,
                left,
                right,
            } => {
                let (column, other) = match (self.column_at(left, 0), self.column_at(right, 0)) {
                    (Some(column), None) => (column, right),
                    (None, Some(column)) => (column, left),
                    _ => return false,
                };
                columns.push(column);
                let is_null = matches!(facts.expr(other), Expr::Null | Expr::Undefined);
                (!is_null || self.nulls == Nulls::Tell) && !self.is_of_row(other, 0)
            }
            _ => match self.column_at(expr, 0) {
                Some(column) => {
                    columns.push(column);
                    true
                }
                None => false,
            },
        }
    }

    /// The column that `row.name` reads, where parameter `index` is the row.
    fn column_at(&self, expr: ExprId, index: u32) -> Option<String> {
        let facts = self.program.facts(self.function.file);
        let mut at = expr;
        for _ in 0..4 {
            match facts.expr(at) {
                Expr::Symbol(symbol) => at = facts.symbol(symbol).definition?,
                Expr::Cast { expr, .. } => at = expr,
                Expr::Member { object, property } => {
                    let is_row =
                        self.program.parameter(self.function.file, object) == Some((self.function.id, index));
                    let name = facts.name(property);
                    let column = self.table.columns.iter().find(|it| it.field == name)?;
                    let is_plain = !matches!(column.kind, ColumnType::Json | ColumnType::Array(_));
                    return (is_row && is_plain).then(|| name.to_owned());
                }
                _ => return None,
            }
        }
        None
    }

    fn is_of_row(&self, expr: ExprId, depth: u32) -> bool {
        let facts = self.program.facts(self.function.file);
        if depth > 8 {
            return true;
        }
        let again = |expr: ExprId| self.is_of_row(expr, depth + 1);
        match facts.expr(expr) {
            Expr::Param { function, .. } => function == self.function.id,
            Expr::Symbol(symbol) => facts.symbol(symbol).definition.is_some_and(again),
            Expr::Member { object, .. } | Expr::Item { object, .. } => again(object),
            Expr::Cast { expr, .. } | Expr::Not(expr) | Expr::Await(expr) => again(expr),
            Expr::Call(call) => {
                facts.call(call).function == self.function.id
                    && (again(facts.call(call).callee) || facts.args(call).iter().any(|arg| again(*arg)))
            }
            Expr::Str(_)
            | Expr::Number(_)
            | Expr::Bool(_)
            | Expr::Null
            | Expr::Undefined
            | Expr::Global(_)
            | Expr::This => false,
            _ => true,
        }
    }
}

/// A finding on a read, with the way to it and what says that its table grows.
pub(super) fn draft(tables: &Tables<'_>, site: &Site<'_>, message: String, volume: Volume) -> Draft {
    let program = tables.program;
    let text = paths::callee_text(program, site.query.file, site.query.call);
    let at = Where::Code(paths::call_at(program, site.query.file, site.query.call));
    let anchor = format!("{} › {text}", program.function_name(site.function(program)));
    let mut draft = Draft::new(at, message, anchor);
    draft.rank = 40 + 10 * volume.score.max(0) as u32;
    if site.query.assumed {
        draft.doubt(repeats::BY_FORM);
    }
    if indexes::is_cached(program, site.function(program)) {
        draft.doubt("the result is kept in a cache");
    }
    let facts = program.facts(site.query.file);
    let call = facts.call(site.query.call);
    if program.is_on_error_path(site.query.file, call.guard, facts.function(call.function).span) {
        draft.doubt("it runs only after a failure");
    }
    draft.path = site.arrival.as_ref().map(|it| it.steps.clone()).unwrap_or_default();
    draft
        .evidence
        .extend(volume.reasons.into_iter().map(|reason| (EvidenceKind::Fact, reason, Where::Nowhere)));
    draft
}

/// What a read costs now and then, in rows of its table.
pub(super) fn cost(site: &Site<'_>, now: &str, after: &str) -> Cost {
    Cost {
        now: now.to_owned(),
        after: after.to_owned(),
        counts: vec![Count {
            variable: "n".to_owned(),
            of: format!("rows of `{}` that match", site.table.model),
        }],
    }
}

/// Why the rows of a read that need not leave the database may be few.
pub(super) fn doubt_of_size(tables: &Tables<'_>, site: &Site<'_>, volume: &Volume) -> Option<&'static str> {
    let extent = volume::extent(site);
    let adds_up = (volume.is_event || volume.is_content) && volume.score >= 1;
    match extent {
        _ if pages_beside(tables, site) => None,
        Extent::Unknown | Extent::Narrowed => {
            (volume.score < 2 || !adds_up).then_some("the filter may leave few rows")
        }
        // A few settings share all rows of the table among them.
        Extent::Parent if adds_up && volume::is_of_setting(site) => None,
        _ => volume::few(site, extent, volume),
    }
}

/// True where the same function reads a page of the same table: whoever wrote it expects many rows.
fn pages_beside(tables: &Tables<'_>, site: &Site<'_>) -> bool {
    let function = site.function(tables.program);
    tables.sites.iter().any(|other| {
        let limit = other.shape().limit;
        other.id != site.id
            && other.table.location == site.table.location
            && other.shape().operation == Operation::ReadMany
            && (limit == Bound::Dynamic || matches!(limit, Bound::Constant(limit) if limit >= 5))
            && other.function(tables.program) == function
    })
}
