//! Whether a loop runs over a kind of thing of which there are many.
//!
//! How a list comes is not enough: a request brings the two locales of a form as it brings a thousand ids, and a query
//! gives the three environments of a project as it gives its orders. What tells them apart is what the list is of, said by
//! its name, its element and the table of its rows; and, where that says nothing, whether the way is one for many: a bulk
//! endpoint, an import, a sync. A short list within a long one is paid for as often as the long one is long.

mod words;

use tuneup_model::{Bound, Operation, PredicateOp, QueryApi};

use crate::facts::{CallId, Expr, ExprId, SymbolKind};
use crate::place::Place;
use crate::program::{
    Concurrency, Effects, FnRef, Iteration, LoopClass, Program, Relation, Repeated, callee_name,
};
use crate::rules::provenance::{Provenance, provenance};
pub(in crate::rules) use words::Kind;
use words::{is_generic, kind_of_name, speaks_of_import, speaks_of_many, speaks_of_once};

const TYPED: &str = "the list is what a request brings, and nothing says that it brings many";
const PART: &str = "the list belongs to a single record, which seldom has many";
const SETUP: &str = "the elements are of a kind of which there are few";
const OWNED: &str = "one owner has few elements of this kind";
const LIMITED: &str = "the query limits how many rows the loop writes";
const UNTOLD: &str = "nothing says that the list grows";

/// Why the list may stay a handful; none where it surely grows.
pub(super) fn stays_few(program: &Program, it: &Repeated, by: &[String]) -> Option<&'static str> {
    let list = Place { file: it.iteration.file, expr: it.iteration.collection? };
    if it.outer.iter().any(|outer| is_long(program, outer)) {
        return None;
    }
    let kind = kind(program, &it.iteration, table_of_element(program, it));
    let from = provenance(program, list);
    let is_for_many = is_for_many(program, it, by);
    let writes = program.queries[it.query as usize].shape.operation.is_write();
    if writes && is_excess(program, list) {
        return Some("what is over a limit goes each time, so that few are over it");
    }
    match kind {
        Kind::Setup => Some(SETUP),
        Kind::Owned if matches!(from, Provenance::Rows(query) if is_whole(program, query)) => None,
        Kind::Owned => Some(OWNED),
        // Who imports a thousand books asks for the authors of each.
        Kind::Part if is_for_many && !writes => None,
        Kind::Part => Some(PART),
        Kind::Mixed => Some(UNTOLD),
        // One write less matters less than one wait less: the list must come from where there are many.
        Kind::Many if writes && !is_for_many && from != Provenance::Unknown => {
            few_by_origin(program, &from, writes).filter(|why| *why != TYPED)
        }
        Kind::Many => None,
        // A function that writes for each element is a piece of work of its own, unless it notes what happens to many.
        Kind::Unknown if writes && !it.path.is_empty() && !inserts_many(program, it.query) => Some(UNTOLD),
        Kind::Unknown if is_for_many => None,
        // A store of keys has no tables whose names would tell.
        Kind::Unknown if program.queries[it.query as usize].shape.api == QueryApi::Declared => {
            few_by_origin(program, &from, writes).filter(|why| *why != TYPED)
        }
        Kind::Unknown => few_by_origin(program, &from, writes),
    }
}

/// `newest.slice(limit)`: what is left beyond the first so many.
fn is_excess(program: &Program, list: Place) -> bool {
    let facts = program.facts(list.file);
    let made = match facts.expr(list.expr) {
        Expr::Symbol(symbol) => facts.symbol(symbol).definition,
        _ => Some(list.expr),
    };
    matches!(made.map(|expr| facts.expr(expr)), Some(Expr::Call(call))
        if callee_name(facts, facts.call(call).callee) == "slice" && facts.args(call).len() == 1)
}

/// Other statements of a turn, from which on one read weighs little.
const SEVERAL: usize = 3;

/// Why the work is done too seldom to matter.
pub(super) fn is_seldom(program: &Program, it: &Repeated, by: &[String]) -> Option<&'static str> {
    let facts = program.facts(it.file);
    let around = program.function_name(FnRef { file: it.file, id: facts.call(it.call).function });
    let names = || std::iter::once(around.as_str()).chain(by.iter().map(String::as_str));
    if names().chain([facts.path.as_str()]).any(speaks_of_once) {
        return Some("it is done once for a customer or for rows of an old form");
    }
    // A way from an import to what others call too says nothing of those.
    let imports = [around.as_str(), facts.path.as_str()].into_iter().any(speaks_of_import);
    let writes = program.queries[it.query as usize].shape.operation.is_write();
    let at_once = writes && it.iteration.concurrency == Concurrency::Unbounded;
    if imports && (at_once || !writes && writes_beside(program, it) >= SEVERAL) {
        return Some("an import runs once, and this is a small part of what it does for each element");
    }
    None
}

/// How many calls of the turn write, themselves or through what they call.
fn writes_beside(program: &Program, it: &Repeated) -> usize {
    let facts = program.facts(it.file);
    let is_other = |call: CallId| {
        call != it.call
            && it.iteration.body.contains(facts.span(facts.call(call).expr))
            && facts.call(call).awaited
    };
    (0..facts.calls.len() as u32)
        .map(CallId)
        .filter(|call| is_other(*call) && program.call_effects(it.file, *call).has_any(Effects::DB))
        .count()
}

/// True where the loop runs over users' teams, organizations and the like.
pub(super) fn is_of_owners(program: &Program, it: &Repeated) -> bool {
    kind(program, &it.iteration, table_of_element(program, it)) == Kind::Owned
}

/// True for a name of what one user has few of: a team, a workspace.
pub(in crate::rules) fn names_owned(name: &str) -> bool {
    kind_of_name(name) == Kind::Owned
}

/// Why what comes from there may be a handful.
fn few_by_origin(program: &Program, from: &Provenance, writes: bool) -> Option<&'static str> {
    match from {
        // A write gives back as many rows as it was given.
        Provenance::Rows(query) if program.queries[*query as usize].shape.operation.is_write() => {
            Some(UNTOLD)
        }
        Provenance::Rows(query) if writes && is_limited(program, *query) => Some(LIMITED),
        Provenance::Rows(_) | Provenance::Listing => None,
        Provenance::Sent(..) | Provenance::Context => Some(TYPED),
        Provenance::Part => Some(PART),
        Provenance::Folder | Provenance::Remote | Provenance::Awaited | Provenance::Unknown => Some(UNTOLD),
    }
}

/// True for an insert into a table of which there are many rows.
fn inserts_many(program: &Program, query: u32) -> bool {
    program.queries[query as usize].shape.operation == Operation::Insert
        && model_of(program, query).is_some_and(|model| kind_of_name(model) == Kind::Many)
}

/// So many rows at a time take few writes.
const FEW_ROWS: u64 = 100;

fn is_limited(program: &Program, query: u32) -> bool {
    matches!(program.queries[query as usize].shape.limit, Bound::Constant(limit) if limit <= FEW_ROWS)
}

/// True for a list of a kind of which there are many.
pub(super) fn is_of_many(program: &Program, it: &Repeated) -> bool {
    kind(program, &it.iteration, table_of_element(program, it)) == Kind::Many
}

/// What the elements of the loop are, by the names of the list and of its element, and by the table of its rows.
fn kind(program: &Program, iteration: &Iteration, asked: Option<&str>) -> Kind {
    let Some(expr) = iteration.collection else { return Kind::Unknown };
    let facts = program.facts(iteration.file);
    let list = Place { file: iteration.file, expr };
    let mut names = Vec::new();
    names_of(program, list, 0, &mut names);
    // Of a row taken apart, `const { currency, date } of trades`, no name says what it is.
    let symbols = iteration.sources.symbols.iter().map(|symbol| facts.symbol(*symbol).name);
    let params = iteration.sources.params.iter().filter(|(_, index)| *index == 0);
    let params =
        params.filter_map(|(function, index)| facts.function(*function).params.get(*index as usize)?.name);
    let told = symbols.chain(params).map(|name| facts.name(name)).filter(|name| !is_generic(name));
    if let [only] = told.collect::<Vec<_>>().as_slice() {
        names.push((*only).to_owned());
    }
    let row = match provenance(program, list) {
        Provenance::Rows(query) => model_of(program, query),
        _ => None,
    };
    if names.iter().all(|name| is_generic(name))
        && let Some(asked) = asked.filter(|_| row.is_none())
    {
        return kind_of_name(asked);
    }
    let told = names.iter().map(|name| kind_of_name(name)).chain(row.map(kind_of_name));
    let known: Vec<Kind> = told.filter(|kind| *kind != Kind::Unknown).collect();
    match known.iter().min() {
        Some(least) if known.iter().all(|kind| kind.is_few() == least.is_few()) => *least,
        Some(_) => Kind::Mixed,
        None => Kind::Unknown,
    }
}

/// What the element is by the query: the table of which each turn asks or writes one row, or the column asked by.
fn table_of_element<'p>(program: &'p Program, it: &Repeated) -> Option<&'p str> {
    if it.relation != Relation::PerElement {
        return None;
    }
    let shape = &program.queries[it.query as usize].shape;
    let by_key = || {
        let table = shape.table.name().and_then(|name| program.catalog.table(name));
        shape.filter.all_of.iter().any(|predicate| {
            predicate.op == PredicateOp::Equal
                && table
                    .is_none_or(|table| table.is_unique_key(std::slice::from_ref(&predicate.column.column)))
        })
    };
    let is_one = match shape.operation {
        Operation::Insert | Operation::Upsert => true,
        Operation::ReadOne | Operation::Update | Operation::Delete => by_key(),
        _ => false,
    };
    let column = shape.filter.all_of.iter().find(|it| it.op == PredicateOp::Equal);
    if is_one {
        return model_of(program, it.query);
    }
    column.map(|it| it.column.column.as_str()).filter(|_| shape.operation.is_read())
}

fn model_of(program: &Program, query: u32) -> Option<&str> {
    let table = program.queries[query as usize].shape.table.name()?;
    Some(program.catalog.table(table).map_or(table, |table| table.model.as_str()))
}

/// True for rows that no condition ties to one owner.
fn is_whole(program: &Program, query: u32) -> bool {
    let filter = &program.queries[query as usize].shape.filter;
    !filter.has_unknown
        && !filter.all_of.iter().any(|it| matches!(it.op, PredicateOp::Equal | PredicateOp::In))
}

/// True where the way to the loop is one for many by its words: `importRows`, `POST /bulk`, a folder `batch`.
fn is_for_many(program: &Program, it: &Repeated, by: &[String]) -> bool {
    let facts = program.facts(it.file);
    let around = program.function_name(FnRef { file: it.file, id: facts.call(it.call).function });
    std::iter::once(&around).chain(by).any(|name| speaks_of_many(name)) || speaks_of_many(&facts.path)
}

fn is_long(program: &Program, iteration: &Iteration) -> bool {
    match iteration.class {
        LoopClass::Chunk | LoopClass::Page => true,
        LoopClass::Collection => kind(program, iteration, None) == Kind::Many,
        _ => false,
    }
}

/// The names by which the source calls a list, through variables and through calls that leave its elements as they are.
fn names_of(program: &Program, at: Place, depth: u32, found: &mut Vec<String>) {
    if depth > 8 {
        return;
    }
    let facts = program.facts(at.file);
    let mut again = |expr: ExprId| names_of(program, Place { file: at.file, expr }, depth + 1, found);
    match facts.expr(at.expr) {
        Expr::Await(inner) | Expr::Cast { expr: inner, .. } | Expr::Spread(inner) => again(inner),
        Expr::Choice(list) => facts.list(list).iter().take(2).for_each(|it| again(*it)),
        Expr::Symbol(symbol) => {
            let it = facts.symbol(symbol);
            if let Some(definition) = it.definition.filter(|_| it.kind == SymbolKind::Value) {
                again(definition);
            }
            found.push(facts.name(it.name).to_owned());
        }
        Expr::Param { function, index } => {
            let param = facts.function(function).params.get(index as usize);
            found.extend(param.and_then(|it| it.name).map(|name| facts.name(name).to_owned()));
        }
        Expr::Member { object, property } => {
            let name = facts.name(property);
            if matches!(name, "ids" | "values" | "items" | "data" | "rows" | "list") {
                again(object);
            }
            found.push(name.to_owned());
        }
        Expr::Call(call) => {
            let it = facts.call(call);
            let name = callee_name(facts, it.callee);
            match (facts.expr(it.callee), facts.args(call).first()) {
                (Expr::Member { object, .. }, _) if keeps_elements(name) => again(object),
                (_, Some(first)) if takes_list(name) => again(*first),
                _ => found.push(name.to_owned()),
            }
        }
        _ => {}
    }
}

/// Methods of lists whose result has the elements of the list, or one for each.
fn keeps_elements(method: &str) -> bool {
    matches!(
        method,
        "filter"
            | "slice"
            | "sort"
            | "reverse"
            | "toSorted"
            | "toReversed"
            | "splice"
            | "concat"
            | "map"
            | "flat"
    )
}

/// Functions whose result has the elements of their first argument.
fn takes_list(function: &str) -> bool {
    matches!(
        function,
        "keys"
            | "values"
            | "entries"
            | "from"
            | "Set"
            | "uniq"
            | "unique"
            | "uniqBy"
            | "compact"
            | "sortBy"
            | "all"
    )
}
