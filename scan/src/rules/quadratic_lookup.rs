//! Rule `quadratic-lookup`: a list is searched from start to end once per element of another list.

mod turns;

use tuneup_model::{Category, Cost, Count, EvidenceKind, Fix, FixSafety, RuleDoc, Severity, Standing};

use super::{Rule, paths};
use crate::facts::{BinaryOp, CallId, CallKind, ExitKind, Expr, ExprId};
use crate::place::Place;
use crate::program::{
    FnRef, Form, Hop, Iteration, LoopClass, Program, Role, Sources, Trace, Value, callee_name,
};
use crate::report::{At, Draft, Report, Step, Where};

use super::provenance::grows;
use super::size::{Size, size};
use turns::{in_place, parameters_of, through_calls};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "quadratic-lookup",
        since: "0.1.0",
        severity: Severity::Low,
        category: Category::Algorithm,
        summary: "A list is searched from its start once per element of another list",
        why: "Each turn compares with half of the list on average, so the work grows with the product of both lengths: 100 by 100 \
              elements is nothing, 10,000 by 10,000 is fifty million comparisons on the one thread that serves all requests. A \
              `Map` or `Set` built once finds each element in one step.",
        slow: SLOW,
        fast: FAST,
        fine_when: "One of the lists never holds more than a handful of elements, or the outer loop stops at the first match.",
        proof: "The same function is timed with n, 2n and 4n elements",
        standing: Standing::Candidate {
            why: "2 of 7 findings in repositories not seen before were right: lists stay short",
        },
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Author {
  id String @id
  name String
}
model Book {
  id String @id
  authorId String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.get('/names', async (req, res) => {
  const books = await prisma.book.findMany();
  const authors = await prisma.author.findMany();
  res.json(books.map((book) => authors.find((author) => author.id === book.authorId)?.name));
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Author {
  id String @id
  name String
}
model Book {
  id String @id
  authorId String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.get('/names', async (req, res) => {
  const books = await prisma.book.findMany();
  const authors = await prisma.author.findMany();
  const byId = new Map(authors.map((author) => [author.id, author]));
  res.json(books.map((book) => byId.get(book.authorId)?.name));
});
"#;

fn check(program: &Program, report: &mut Report) {
    for (file, facts) in program.files.iter().enumerate() {
        if !matches!(program.roles[file], Role::App | Role::Client) {
            continue;
        }
        for n in 0..facts.calls.len() as u32 {
            if let Some(lookup) = lookup(program, file as u32, CallId(n)) {
                report.add(&RULE.doc, tell(program, &lookup));
            }
        }
    }
}

/// A search of a list in a loop over another.
struct Lookup {
    file: u32,
    call: CallId,
    method: Method,
    /// The list that is searched.
    list: ExprId,
    list_size: Size,
    iteration: Iteration,
    turns: Size,
    /// From the loop to the function that searches; empty where it searches itself.
    path: Vec<Hop>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    /// Stops at an element that fits.
    First,
    /// Reads all of the list each time.
    All,
    /// Compares with a value.
    Contains,
}

impl Method {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "find" | "findIndex" | "findLast" | "findLastIndex" | "some" => Self::First,
            "filter" => Self::All,
            "includes" | "indexOf" | "lastIndexOf" => Self::Contains,
            _ => return None,
        })
    }
}

fn lookup(program: &Program, file: u32, id: CallId) -> Option<Lookup> {
    let facts = program.facts(file);
    let call = facts.call(id);
    let Expr::Member { object: list, property } = facts.expr(call.callee) else { return None };
    let method = Method::of(facts.name(property))?;
    if call.kind != CallKind::Call || !is_list(program, file, id, list, method) {
        return None;
    }
    let list_at = Place { file, expr: list };
    let (iteration, path) =
        in_place(program, file, id, list)?.or_else(|| through_calls(program, file, id, list))?;
    if iteration.class != LoopClass::Collection {
        return None;
    }
    let list_size = size(program, itself(program, &iteration, list_at).unwrap_or(list_at));
    let turns = iteration
        .collection
        .map_or(Size::Unknown, |expr| size(program, Place { file: iteration.file, expr }));
    if list_size == Size::Bounded || turns == Size::Bounded {
        return None;
    }
    Some(Lookup { file, call: id, method, list, list_size, iteration, turns, path })
}

/// `(row, index, rows) => …`: the third parameter is the list that is run over.
fn itself(program: &Program, iteration: &Iteration, list: Place) -> Option<Place> {
    let (Form::Callback { function, .. }, Some(expr)) = (iteration.form, iteration.collection) else {
        return None;
    };
    let (owner, index) = program.parameter(list.file, list.expr)?;
    (iteration.file == list.file && owner == function && index == 2)
        .then_some(Place { file: list.file, expr })
}

/// True where the receiver is an array for sure, or used as one.
fn is_list(program: &Program, file: u32, call: CallId, list: ExprId, method: Method) -> bool {
    let facts = program.facts(file);
    let value = program.eval(Place { file, expr: list });
    if value.choices().iter().any(Value::is_array) {
        return !value.choices().contains(&Value::Text);
    }
    if !matches!(value, Value::Unknown | Value::Api(_)) {
        return false;
    }
    match method {
        // Strings and sets have no `find`, `filter` or `some` with a function.
        Method::First | Method::All => {
            facts.args(call).first().is_some_and(|arg| matches!(facts.expr(*arg), Expr::Function(_)))
        }
        Method::Contains => value == Value::Unknown && is_used_as_array(program, file, list),
    }
}

fn is_used_as_array(program: &Program, file: u32, list: ExprId) -> bool {
    let facts = program.facts(file);
    let Expr::Symbol(symbol) = facts.expr(list) else { return false };
    facts.exprs.iter().any(|expr| match expr {
        Expr::Member { object, property } => {
            facts.expr(*object) == Expr::Symbol(symbol)
                && matches!(
                    facts.name(*property),
                    "map"
                        | "forEach"
                        | "push"
                        | "filter"
                        | "find"
                        | "some"
                        | "every"
                        | "reduce"
                        | "flatMap"
                        | "sort"
                        | "join"
                )
        }
        _ => false,
    })
}

fn tell(program: &Program, it: &Lookup) -> Draft {
    let facts = program.facts(it.file);
    let list = program.expr_text(it.file, it.list);
    let over = it
        .iteration
        .collection
        .map_or_else(|| "the loop".to_owned(), |expr| program.expr_text(it.iteration.file, expr));
    let callee = paths::callee_text(program, it.file, it.call);
    let function = FnRef { file: it.file, id: facts.call(it.call).function };
    let message = format!("`{callee}` searches the list once per element of `{over}`");
    let anchor = format!("{} › {callee} › {over}", program.function_name(function));
    let mut draft = Draft::new(Where::Code(paths::call_at(program, it.file, it.call)), message, anchor);
    let head =
        it.iteration.collection.map_or(it.iteration.span, |expr| program.facts(it.iteration.file).span(expr));
    let at = Where::Code(At { file: it.iteration.file, span: head });
    draft.evidence.push((EvidenceKind::Loop, format!("runs once per element of `{over}`"), at));
    draft.severity = if it.list_size.min(it.turns) >= Size::Rows { Severity::Medium } else { Severity::Low };
    let start = it.path.first().map_or(function, |hop| FnRef {
        file: hop.file,
        id: program.facts(hop.file).call(hop.call).function,
    });
    draft.rank = 20;
    paths::lead_in_surely(program, start, &mut draft);
    let entered = |hop: &Hop| Step {
        at: paths::call_at(program, hop.file, hop.call),
        name: program.function_name(hop.enters),
    };
    draft.path.extend(it.path.iter().map(entered));
    add_doubts(program, it, &mut draft);
    let (what, key) = match it.method {
        Method::First => {
            ("Map", "build a `Map` by the compared key before the loop and look each element up in it")
        }
        Method::All => (
            "Map of lists",
            "group the list once into a `Map` of lists before the loop and read one group per turn",
        ),
        Method::Contains => ("Set", "build a `Set` before the loop and ask it with `has`"),
    };
    draft.help = key.to_owned();
    draft.fix = Some(Fix {
        title: format!("look up in a {what} built from `{list}` before the loop"),
        safety: FixSafety::Unsafe,
        edits: Vec::new(),
        ddl: None,
    });
    draft.cost = Some(Cost {
        now: "n × m comparisons".to_owned(),
        after: "n + m".to_owned(),
        counts: vec![
            Count { variable: "n".to_owned(), of: format!("elements of `{over}`") },
            Count { variable: "m".to_owned(), of: format!("elements of `{list}`") },
        ],
    });
    draft
}

fn add_doubts(program: &Program, it: &Lookup, draft: &mut Draft) {
    let facts = program.facts(it.file);
    if program.roles[it.file as usize] == Role::Client || facts.path.ends_with('x') {
        draft.doubt("the code renders in a browser, where lists are short");
    }
    let (less, more) = (it.list_size.min(it.turns), it.list_size.max(it.turns));
    match less {
        Size::Bounded | Size::Unknown => draft.doubt("one of the lists is not known to grow"),
        Size::Part => draft.doubt("one of the lists belongs to a single record, which seldom has many"),
        Size::Input => draft.doubt("one of the lists is handed in, and nothing says that it is long"),
        Size::Rows | Size::Picked => {}
    }
    if more == Size::Picked {
        draft.doubt("rows are picked by keys, which are few as a rule");
    } else if !both_grow(program, it) {
        draft.doubt("nothing says that both lists grow");
    }
    if stops_early(program, it) {
        draft.doubt("the loop stops at the first match");
    }
    if program.leads_to_error(it.file, it.call)
        || matches!(it.iteration.form, Form::Callback { call, .. } if program.leads_to_error(it.iteration.file, call))
    {
        draft.doubt("it runs only on the way to an error");
    }
    if waits_each_turn(program, it) {
        draft.doubt("each turn waits for something, beside which the search is quick");
    }
    if it.method != Method::Contains && !compares_keys(program, it) {
        draft.doubt("the elements are not compared by a key");
    }
}

/// True where both lists hold what a request brings or a query finds.
fn both_grow(program: &Program, it: &Lookup) -> bool {
    let turns = it.iteration.collection.map(|expr| Place { file: it.iteration.file, expr });
    let list = Place { file: it.file, expr: it.list };
    let list = itself(program, &it.iteration, list).unwrap_or(list);
    turns.is_some_and(|list| grows(program, list)) && grows(program, list)
}

/// A turn that waits for milliseconds hides a search of thousands of elements.
fn waits_each_turn(program: &Program, it: &Lookup) -> bool {
    let facts = program.facts(it.iteration.file);
    facts.calls.iter().any(|call| call.awaited && it.iteration.body.contains(facts.span(call.expr)))
}

fn stops_early(program: &Program, it: &Lookup) -> bool {
    let facts = program.facts(it.iteration.file);
    match it.iteration.form {
        Form::Loop(id) => {
            facts.loop_(id).exits.iter().any(|exit| matches!(exit.kind, ExitKind::Break | ExitKind::Return))
        }
        Form::Callback { call, .. } => {
            let name = callee_name(facts, facts.call(call).callee);
            matches!(name, "find" | "findIndex" | "findLast" | "findLastIndex" | "some" | "every")
        }
    }
}

/// True where the predicate is an equality between the element and something of the loop.
fn compares_keys(program: &Program, it: &Lookup) -> bool {
    let facts = program.facts(it.file);
    let Some(Expr::Function(predicate)) = facts.args(it.call).first().map(|arg| facts.expr(*arg)) else {
        return false;
    };
    let own = Sources { params: [(predicate, 0)].into_iter().collect(), ..Default::default() };
    let span = facts.function(predicate).span;
    facts.exprs.iter().zip(&facts.spans).any(|(expr, at)| match expr {
        Expr::Binary { op: BinaryOp::Equal, left, right } if span.contains(*at) => {
            let of_element = |expr: ExprId| Trace::new(facts, &own).depends(expr);
            let of_loop = |expr: ExprId| match it.path.last() {
                Some(hop) => !parameters_of(program, hop.enters, &[expr]).is_empty(),
                None => Trace::new(facts, &it.iteration.sources).depends(expr),
            };
            (of_element(*left) && of_loop(*right)) || (of_element(*right) && of_loop(*left))
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    const HEAD: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Author {
  id String @id
  name String
  books Book[]
}
model Book {
  id String @id
  authorId String
  author Author @relation(fields: [authorId], references: [id])
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
export async function findAuthors(ids: string[]) {
  return prisma.author.findMany({ where: { id: { in: ids } } });
}
export async function allAuthors() {
  return prisma.author.findMany();
}
"#;

    fn check(routes: &str) {
        let start = "//- /routes.ts\nimport express from 'express';\nimport { prisma, findAuthors, allAuthors } from './db';\nconst app = express();\n";
        laws::check(&RULE, &format!("{HEAD}{start}{routes}"));
    }

    #[test]
    fn rows_of_another_file_are_searched_per_row() {
        check(
            r"
app.get('/books', async (req, res) => {
  const books = await prisma.book.findMany();
  const authors = await allAuthors();
  const named = [];
  for (const book of books) {
    const author = authors.find((it) => it.id === book.authorId);
    //             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ quadratic-lookup: once per element of `books`
    named.push({ ...book, author });
  }
  res.json(named);
});
",
        );
    }

    #[test]
    fn contained_keys_and_groups_are_lookups_too() {
        check(
            r"
app.post('/missing', async (req, res) => {
  const books = await prisma.book.findMany();
  const wanted = books.map((book) => book.authorId);
  const authors = await allAuthors();
  const known = authors.map((author) => author.id);
  res.json(wanted.filter((id) => !known.includes(id)));
  //                              ^^^^^^^^^^^^^^^^^^ quadratic-lookup: `known.includes`
});
app.post('/shelves', async (req, res) => {
  const authors = await allAuthors();
  const books = await prisma.book.findMany();
  res.json(authors.map((author) => ({ author, books: books.filter((book) => book.authorId === author.id) })));
  //                                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ quadratic-lookup
});
",
        );
    }

    #[test]
    fn the_loop_may_stand_around_the_function_that_searches() {
        check(
            r"
function nameOf(id: string, authors: { id: string; name: string }[]) {
  return authors.find((author) => author.id === id)?.name;
  //     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ quadratic-lookup: once per element of `ids`
}
app.post('/names', async (req, res) => {
  const books = await prisma.book.findMany();
  const ids = books.map((book) => book.authorId);
  const authors = await allAuthors();
  res.json(ids.map((id) => nameOf(id, authors)));
});
",
        );
    }

    #[test]
    fn a_text_is_no_list() {
        check(
            r"
app.get('/titles', async (req, res) => {
  const authors = await findAuthors(req.body.ids);
  const text = `${req.body.text}`;
  res.json(authors.filter((author) => text.includes(author.name)));
});
",
        );
    }

    #[test]
    fn a_short_literal_is_no_growing_list() {
        check(
            r"
const ROLES = ['admin', 'editor', 'reader'];
app.get('/roles', async (req, res) => {
  const authors = await findAuthors(req.body.ids);
  res.json(authors.filter((author) => ROLES.includes(author.name)));
  res.json(ROLES.map((role) => authors.find((author) => author.name === role)));
});
",
        );
    }

    #[test]
    fn a_list_made_in_each_turn_is_another_one() {
        check(
            r"
app.get('/own', async (req, res) => {
  const authors = await prisma.author.findMany({ where: { id: { in: req.body.ids } }, include: { books: true } });
  for (const author of authors) {
    const own = author.books.map((book) => book.id);
    author.first = own.includes(author.id);
    author.second = author.books.find((book) => book.id === author.name);
  }
  res.json(authors);
});
",
        );
    }

    #[test]
    fn a_loop_that_stops_is_left_alone() {
        check(
            r"
app.get('/first', async (req, res) => {
  const ids: string[] = req.body.ids;
  const authors = await findAuthors(ids);
  for (const id of ids) {
    const author = authors.find((it) => it.id === id);
    if (author) {
      return res.json(author);
    }
  }
  res.json(ids.find((id) => authors.some((author) => author.id === id)));
});
",
        );
    }

    #[test]
    fn a_limited_read_is_short() {
        check(
            r"
app.get('/top', async (req, res) => {
  const ids: string[] = req.body.ids;
  const authors = await prisma.author.findMany({ where: { id: { in: ids } }, take: 10 });
  res.json(ids.map((id) => authors.find((author) => author.id === id)));
});
",
        );
    }
}
