//! How pages are asked for: by a loop of the program, by numbers beside a count, or not at all.
//!
//! A cursor serves who goes on from page to page. It cannot jump to a page, saves little where all rows are counted for
//! each page anyway, and needs an order that a row has a place in.

use tuneup_model::{Columns, Operation, PredicateOp, QueryApi};

use crate::facts::{Expr, ExprId, FileFacts, FnId, PropKey};
use crate::objects::Follow as _;
use crate::place::Place;
use crate::program::{Effects, FnRef, LoopClass, Program};
use crate::rules::indexes::Site;
use crate::rules::paths;

/// Why continuing after a row would not help whoever asks for these pages.
pub(super) fn doubt(program: &Program, site: &Site<'_>) -> Option<&'static str> {
    let drives = loop_around(program, site);
    if let Some(drive) = drives
        && works_on_each_row(program, site, drive)
    {
        return Some("the loop reads keys only, and its work on each row takes longer than the pages");
    }
    if drives.is_none()
        && (counts_too(site) || is_counted(program, site) || answers_with_totals(program, site))
    {
        return Some(
            "pages are numbered and all rows are counted for each page, which a cursor would not save",
        );
    }
    if is_never_asked(program, site) {
        return Some("no caller asks for another page than the first");
    }
    if !site.columns(&[PredicateOp::Range]).is_empty() {
        return Some("a range may leave few pages");
    }
    let shape = site.shape();
    (!shape.order_known && shape.order.is_empty() && shape.api != QueryApi::Prisma)
        .then_some("the order is not known, and a computed one has no place to continue from")
}

/// A call in a loop that asks page after page.
#[derive(Debug, Clone, Copy)]
struct Drive {
    file: u32,
    body: crate::facts::Span,
}

/// The loop of the program that drives the pages, around the query or around a call of its function.
fn loop_around(program: &Program, site: &Site<'_>) -> Option<Drive> {
    let own = [(site.query.file, site.query.call)];
    let callers = program.callers(named(program, site)).iter().copied();
    own.into_iter().chain(callers).find_map(|(file, call)| {
        let loops = program.iterations(file, call);
        let page = loops
            .iter()
            .find(|it| matches!(it.class, LoopClass::Page | LoopClass::Chunk | LoopClass::Other))?;
        Some(Drive { file: page.file, body: page.body })
    })
}

fn named(program: &Program, site: &Site<'_>) -> FnRef {
    FnRef { file: site.query.file, id: paths::named(program, site.function(program)) }
}

/// True where a loop over the rows of a page, of which only keys are read, asks or sends something for each.
fn works_on_each_row(program: &Program, site: &Site<'_>, drive: Drive) -> bool {
    let is_keys_only = matches!(&site.shape().columns, Columns::Some(columns) if columns.len() <= 2);
    let facts = program.facts(drive.file);
    let heavy = Effects::DB.with(Effects::NETWORK);
    is_keys_only
        && (0..facts.calls.len() as u32).map(crate::facts::CallId).any(|call| {
            drive.body.contains(facts.span(facts.call(call).expr))
                && program.call_effects(drive.file, call).has_any(heavy)
                && program
                    .iterations(drive.file, call)
                    .iter()
                    .any(|it| it.body != drive.body && drive.body.contains(it.body))
        })
}

/// True for the methods that read a page and count all rows.
fn counts_too(site: &Site<'_>) -> bool {
    matches!(
        site.shape().method.as_str(),
        "findAndCount" | "findAndCountAll" | "findAndCountBy" | "getManyAndCount"
    )
}

/// The functions that put an answer together: that of the query and those that call it.
fn answering(program: &Program, site: &Site<'_>) -> Vec<FnRef> {
    let own = named(program, site);
    let callers = program.callers(own).iter().map(|(file, call)| {
        let function = program.facts(*file).call(*call).function;
        let inner = FnRef { file: *file, id: function };
        FnRef { file: *file, id: paths::named(program, inner) }
    });
    std::iter::once(own).chain(callers).filter(|function| function.id != FnId(0)).take(12).collect()
}

/// True where rows of the same table are counted beside the page.
fn is_counted(program: &Program, site: &Site<'_>) -> bool {
    let functions = answering(program, site);
    program.queries.iter().any(|other| {
        let facts = program.facts(other.file);
        let counts = other.shape.operation == Operation::Count && other.shape.table == site.query.shape.table;
        counts
            && functions.iter().any(|function| {
                function.file == other.file
                    && facts.function(function.id).span.contains(facts.span(facts.call(other.call).expr))
            })
    })
}

/// True where the answer tells how many rows or pages there are.
fn answers_with_totals(program: &Program, site: &Site<'_>) -> bool {
    answering(program, site).iter().any(|function| {
        let facts = program.facts(function.file);
        let span = facts.function(function.id).span;
        facts.exprs.iter().zip(&facts.spans).any(|(expr, at)| match expr {
            Expr::Object(list) if span.contains(*at) => facts
                .props(*list)
                .iter()
                .any(|prop| matches!(prop.key, PropKey::Name(name) if tells_a_total(facts.name(name)))),
            _ => false,
        })
    })
}

fn tells_a_total(name: &str) -> bool {
    matches!(
        name,
        "total"
            | "totalItems"
            | "totalCount"
            | "total_count"
            | "totalPages"
            | "total_pages"
            | "totalRecords"
            | "pageCount"
            | "lastPage"
    )
}

/// True where the offset comes from a parameter that no known call gives.
fn is_never_asked(program: &Program, site: &Site<'_>) -> bool {
    let Some((facts, skip)) = skipped(program, site) else { return false };
    let mut parameters = Vec::new();
    parameters_in(facts, skip, 0, &mut parameters);
    let asks = |(function, index): &(FnId, u32)| {
        let callers = program.callers(FnRef { file: site.query.file, id: *function });
        callers.is_empty()
            || callers.iter().any(|(file, call)| {
                let there = program.facts(*file);
                let args = there.args(*call);
                args.iter().any(|arg| matches!(there.expr(*arg), Expr::Spread(_)))
                    || args.get(*index as usize).is_some_and(|arg| there.expr(*arg) != Expr::Undefined)
            })
    };
    !parameters.is_empty() && !parameters.iter().any(asks)
}

fn parameters_in(facts: &FileFacts, expr: ExprId, depth: u32, found: &mut Vec<(FnId, u32)>) {
    if depth > 12 {
        return;
    }
    let mut again = |expr: ExprId| parameters_in(facts, expr, depth + 1, found);
    match facts.expr(expr) {
        Expr::Param { function, index } => found.push((function, index)),
        Expr::Symbol(symbol) => facts.symbol(symbol).definition.into_iter().for_each(again),
        Expr::Binary { left, right, .. } => {
            again(left);
            again(right);
        }
        Expr::Member { object, .. } => again(object),
        Expr::Cast { expr, .. } | Expr::Await(expr) | Expr::Not(expr) => again(expr),
        Expr::Choice(list) | Expr::Other(list) => facts.list(list).iter().for_each(|item| again(*item)),
        Expr::Call(call) => facts.args(call).iter().for_each(|arg| again(*arg)),
        _ => {}
    }
}

/// The value of `skip` in the options of the call.
fn skipped<'p>(program: &'p Program, site: &Site<'_>) -> Option<(&'p FileFacts, ExprId)> {
    let arg = program.facts(site.query.file).args(site.query.call).first()?;
    let at = program.follow(Place { file: site.query.file, expr: *arg })?;
    let facts = program.facts(at.file);
    let Expr::Object(list) = facts.expr(at.expr) else { return None };
    let skip = facts.property(list, "skip").or_else(|| facts.property(list, "offset"))?;
    (at.file == site.query.file).then_some((facts, skip))
}

/// True where `skip` is computed with `Math.min` and a constant.
pub(super) fn is_capped(program: &Program, site: &Site<'_>) -> bool {
    skipped(program, site).is_some_and(|(facts, skip)| has_minimum(facts, skip, 0))
}

fn has_minimum(facts: &FileFacts, expr: ExprId, depth: u32) -> bool {
    if depth > 12 {
        return false;
    }
    let again = |expr: &ExprId| has_minimum(facts, *expr, depth + 1);
    match facts.expr(expr) {
        Expr::Symbol(symbol) => facts.symbol(symbol).definition.is_some_and(|value| again(&value)),
        Expr::Binary { left, right, .. } => again(&left) || again(&right),
        Expr::Cast { expr, .. } | Expr::Await(expr) => again(&expr),
        Expr::Choice(list) | Expr::Other(list) => facts.list(list).iter().any(again),
        Expr::Call(call) => {
            let is_minimum = matches!(facts.expr(facts.call(call).callee), Expr::Member { property, .. } if facts.name(property) == "min");
            let has_bound = facts
                .args(call)
                .iter()
                .any(|arg| !matches!(facts.expr(*arg), Expr::Member { .. } | Expr::Call(_)));
            (is_minimum && has_bound) || facts.args(call).iter().any(again)
        }
        _ => false,
    }
}
