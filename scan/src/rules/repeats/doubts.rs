//! What speaks against telling a repeated query.

use tuneup_model::{Operation, Table};

use super::{BY_FORM, kinds};
use crate::facts::{CallId, Expr};
use crate::place::Place;
use crate::program::{Concurrency, Program, Relation, Repeated, Short, Trap, Value};
use crate::report::Draft;

pub(super) use kinds::is_of_owners;

pub(super) fn add(draft: &mut Draft, it: &Repeated, program: &Program) {
    let shape = &program.queries[it.query as usize].shape;
    if program.queries[it.query as usize].assumed {
        draft.doubt(BY_FORM);
    }
    if it.relation == Relation::PerElement && program.lacks_batch_form(&program.queries[it.query as usize]) {
        let lacks = "no form of the method for many keys is declared".to_owned();
        // Where the query itself stands in the loop, another method of the layer may serve.
        if it.path.is_empty() { draft.doubts.push(lacks) } else { draft.doubt(lacks) }
    }
    for trap in &it.traps {
        draft.doubt(in_words(*trap));
    }
    if shape.table.name().is_none()
        && program.queries[it.query as usize].model.is_none()
        && !it.traps.contains(&Trap::TableMayVary)
    {
        draft.doubts.push("the table is not known".to_owned());
    }
    let by: Vec<String> = draft.path.iter().map(|step| step.name.clone()).collect();
    if let Some(why) = kinds::stays_few(program, it, &by) {
        draft.doubt(why);
    }
    if let Some(why) = kinds::is_seldom(program, it, &by) {
        draft.doubt(why);
    }
    if it.iteration.concurrency == Concurrency::Bounded {
        draft.doubt("the team has limited how many turns run at once");
    }
    let is_tied = ties_one_row(program, it) || runs_over_joined_rows(program, it);
    if is_tied && !kinds::is_of_many(program, it) {
        draft.doubt("the loop ties one row to others, which are few as a rule");
    }
}

/// True where the loop itself writes rows of a table that ties two others together: the tags of one article, the
/// authors of one book.
fn ties_one_row(program: &Program, it: &Repeated) -> bool {
    let queries = program.queries.iter().filter(|query| {
        query.file == it.file
            && it.iteration.body.contains(span_of(program, query.file, query.call))
            && matches!(query.shape.operation, Operation::Insert | Operation::Delete | Operation::DeleteMany)
    });
    let tables: Vec<&Table> =
        queries.filter_map(|query| program.catalog.table(query.shape.table.name()?)).collect();
    // A loop that makes the rows themselves is about them, and ties each to what belongs to it.
    !tables.is_empty() && tables.into_iter().all(is_tie)
}

/// True for a table that ties two others together.
fn is_tie(table: &Table) -> bool {
    let [one, other] = table.foreign_keys.as_slice() else { return false };
    let pair: Vec<String> = one.columns.iter().chain(&other.columns).cloned().collect();
    one.references != other.references && table.is_unique_key(&pair)
}

/// True where the list is one that a row holds of the rows it is tied to by a table between: `this.authors`.
fn runs_over_joined_rows(program: &Program, it: &Repeated) -> bool {
    let facts = program.facts(it.iteration.file);
    let Some(mut expr) = it.iteration.collection else { return false };
    for _ in 0..12 {
        expr = match facts.expr(expr) {
            Expr::Symbol(symbol) => match facts.symbol(symbol).definition {
                Some(definition) => definition,
                None => return false,
            },
            Expr::Call(call) => match facts.expr(facts.call(call).callee) {
                Expr::Member { object, property }
                    if matches!(facts.name(property), "filter" | "slice" | "sort" | "reverse") =>
                {
                    object
                }
                _ => return false,
            },
            Expr::Member { object, property } => {
                let row = program.eval(Place { file: it.iteration.file, expr: object });
                return is_joined_list(program, &row, facts.name(property));
            }
            _ => return false,
        };
    }
    false
}

fn is_joined_list(program: &Program, row: &Value, name: &str) -> bool {
    let is_one = !row.is_array();
    let Some(model) = program.model_of_row(row).filter(|_| is_one) else { return false };
    let schema = &program.schemas[model.schema as usize];
    let own = &schema.models[model.model as usize];
    let Some(relation) = own.relation(name).filter(|relation| relation.list) else { return false };
    let target = schema.catalog.table(&schema.models[relation.model].table);
    target.is_some_and(|table| table.foreign_keys.iter().all(|key| key.references != own.table))
}

fn span_of(program: &Program, file: u32, call: CallId) -> crate::facts::Span {
    let facts = program.facts(file);
    facts.span(facts.call(call).expr)
}

fn short_text(why: Short) -> &'static str {
    match why {
        Short::Written => "every known way brings a list of a few elements",
        Short::Configured => "the list stands in the configuration",
        Short::OfOneRecord => "the list belongs to one record, which has few of them",
    }
}

fn in_words(trap: Trap) -> String {
    let text = match trap {
        Trap::NotACollection(what) => return format!("the loop runs over {what}"),
        Trap::ShortList(why) => short_text(why),
        Trap::EarlyExit => "the loop stops as soon as a result fits",
        Trap::LocalCache => "results are kept and looked up before the query",
        Trap::Memoized => "a wrapper on the way keeps results",
        Trap::Ambiguous => "several implementations are possible on the way",
        Trap::Far => "the query is many calls away",
        Trap::SlowerWork => {
            "the same call also waits for the network, a file or a pause, which costs more than the query"
        }
        Trap::SlowerTurn => "each turn also waits for the network, which costs more than the query",
        Trap::FeedsLaterTurn => "a later turn needs the row that this one writes",
        Trap::FeedsTurn => "another statement of the turn needs the row, or gives one that it needs",
        Trap::AlreadyBatch => "each element stands for a list that one statement handles",
        Trap::FirstRows => {
            "the first rows of each element are asked for, which one plain statement cannot give"
        }
        Trap::NoKey => "nothing is known that one statement for all could ask by",
        Trap::ReadsOwnWrites => "the query counts what was written just before",
        Trap::OneElement => "a test lets the query run for one element alone",
        Trap::OwnTable => "each element names the table that is asked",
        Trap::MadeInTurn => "the row asked for is made in the same turn",
        Trap::Debounced => "the list holds what came within the pause of a timer",
        Trap::AfterFailure => "the loop runs only after something failed",
        Trap::OwnTransaction => "each element is handled in a transaction of its own",
        Trap::TableMayVary => "the table is not known, and may be another one for each element",
        Trap::MuchElse => "the same call runs many other queries for each element",
        Trap::OneRow => "every turn changes the same rows, so that one write of all changes does",
        Trap::UnitOfWork => "a unit of work sends what all turns write together",
        Trap::InOrder => "rows refer to others of their table, so that the order of deletes counts",
        Trap::Locks => "rows are locked one by one, in order",
    };
    text.to_owned()
}
