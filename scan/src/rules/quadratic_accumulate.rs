//! Rule `quadratic-accumulate`: a list or object is copied whole to add one element, once per element.
//!
//! `{ ...all, [key]: value }` and `[...all, value]` copy what there is. In a loop the copies add up to half of the
//! square of the length.

use tuneup_model::{Category, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::provenance::{Growth, growth};
use super::size::{Size, size};
use super::{Rule, paths, repeats};
use crate::facts::{CallKind, Expr, ExprId, FileFacts, FnId, LoopId, LoopKind, PropKey, Span, SymbolId};
use crate::place::Place;
use crate::program::{FnRef, LoopClass, Program, Role};
use crate::report::{At, Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "quadratic-accumulate",
        since: "0.1.0",
        severity: Severity::Low,
        category: Category::Algorithm,
        summary: "A growing list or object is copied whole for each element that is added",
        why: "A spread or `concat` copies all that is there already, so n elements cost n²/2 copies: 100 elements are nothing, \
              10,000 are fifty million copies, half a second to several with the thread held, and as much work for the \
              garbage collector. `push`, or writing the key into the object that is there, does the same in n steps.",
        slow: SLOW,
        fast: FAST,
        fine_when: "There are never more than some dozens of elements.",
        proof: "The same function is timed with n, 2n and 4n elements",
        standing: Standing::Candidate {
            why: "of 15 findings read on public code, two had lists long enough to matter",
        },
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Book {
  id String @id
  title String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.get('/titles', async (req, res) => {
  const books = await prisma.book.findMany();
  res.json(books.reduce((all, book) => ({ ...all, [book.id]: book.title }), {}));
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Book {
  id String @id
  title String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.get('/titles', async (req, res) => {
  const books = await prisma.book.findMany();
  res.json(Object.fromEntries(books.map((book) => [book.id, book.title])));
});
"#;

/// A copy that is made once per element.
struct Copying {
    file: u32,
    function: FnId,
    /// The expression that copies.
    expr: ExprId,
    /// The name of what is copied.
    what: SymbolId,
    /// The list that it runs over.
    over: ExprId,
    is_object: bool,
}

fn check(program: &Program, report: &mut Report) {
    for file in 0..program.files.len() as u32 {
        if !matches!(program.roles[file as usize], Role::App | Role::Client) {
            continue;
        }
        let mut found = in_reduce(program, file);
        found.extend(in_loops(program, file));
        for it in found {
            let turns = size(program, Place { file, expr: it.over });
            if turns != Size::Bounded {
                report.add(&RULE.doc, tell(program, &it, turns));
            }
        }
    }
}

/// `xs.reduce((all, x) => ({ ...all, … }), {})`.
fn in_reduce(program: &Program, file: u32) -> Vec<Copying> {
    let facts = program.facts(file);
    let mut found = Vec::new();
    for call in facts.calls.iter().filter(|call| call.kind == CallKind::Call) {
        let Expr::Member { object, property } = facts.expr(call.callee) else { continue };
        let [callback, _] = facts.list(call.args) else { continue };
        let Expr::Function(callback) = facts.expr(*callback) else { continue };
        if !matches!(facts.name(property), "reduce" | "reduceRight") {
            continue;
        }
        let Some(total) = parameter_symbol(facts, callback) else { continue };
        let copied = facts.function(callback).returns.iter().find_map(|it| {
            let (expr, is_object) = copies(facts, it.value, total)?;
            Some(Copying { file, function: call.function, expr, what: total, over: object, is_object })
        });
        found.extend(copied);
    }
    found
}

/// The variable that is the first parameter of a function.
fn parameter_symbol(facts: &FileFacts, function: FnId) -> Option<SymbolId> {
    let found = facts.symbols.iter().position(|it| {
        it.definition.is_some_and(|made| facts.expr(made) == Expr::Param { function, index: 0 })
    });
    found.map(|n| SymbolId(n as u32))
}

/// `all = [...all, x]` in a loop that `all` outlives.
fn in_loops(program: &Program, file: u32) -> Vec<Copying> {
    let facts = program.facts(file);
    let mut found = Vec::new();
    for (n, expr) in facts.exprs.iter().enumerate() {
        let Expr::Assign { target, value } = *expr else { continue };
        let Expr::Symbol(total) = facts.expr(target) else { continue };
        let Some((copy, is_object)) = copies(facts, value, total) else { continue };
        let at = facts.spans[n];
        let Some(id) = loop_around(facts, at, total) else { continue };
        let it = facts.loop_(id);
        let Some(over) = it.collection else { continue };
        if !matches!(it.kind, LoopKind::ForOf | LoopKind::ForIn)
            || program.collection_class(file, Some(over), 0) != LoopClass::Collection
        {
            continue;
        }
        found.push(Copying { file, function: it.function, expr: copy, what: total, over, is_object });
    }
    found
}

/// The innermost loop around a place that begins after the variable was declared.
fn loop_around(facts: &FileFacts, at: Span, total: SymbolId) -> Option<LoopId> {
    let declared = facts.symbol(total).span;
    let around = facts.loops.iter().enumerate().filter(|(_, it)| {
        it.body.contains(at) && !it.span.contains(declared) && it.function == facts.symbol(total).function
    });
    around.min_by_key(|(_, it)| it.span.end - it.span.start).map(|(n, _)| LoopId(n as u32))
}

/// The expression that copies the variable and adds to it, and whether that is an object.
fn copies(facts: &FileFacts, expr: ExprId, total: SymbolId) -> Option<(ExprId, bool)> {
    let is_total = |expr: ExprId| facts.expr(expr) == Expr::Symbol(total);
    match facts.expr(expr) {
        Expr::Cast { expr, .. } | Expr::Await(expr) => copies(facts, expr, total),
        Expr::Object(list) => {
            let copied = facts.props(list).iter().any(|it| it.key == PropKey::Spread && is_total(it.value));
            // `{ ...all, count: all.count + 1 }` has the same few names in each turn.
            let grows = facts.props(list).iter().any(|it| match it.key {
                PropKey::Computed(_) => true,
                PropKey::Spread => !is_total(it.value),
                PropKey::Name(_) => false,
            });
            (copied && grows).then_some((expr, true))
        }
        Expr::Array(list) => {
            let copied = facts
                .list(list)
                .iter()
                .any(|it| matches!(facts.expr(*it), Expr::Spread(inner) if is_total(inner)));
            (copied && list.len > 1).then_some((expr, false))
        }
        Expr::Call(call) => {
            let Expr::Member { object, property } = facts.expr(facts.call(call).callee) else { return None };
            let args = facts.args(call);
            match facts.name(property) {
                "concat" if is_total(object) && !args.is_empty() => Some((expr, false)),
                "assign"
                    if args.len() > 2
                        && matches!(facts.expr(args[0]), Expr::Object(list) if list.len == 0)
                        && is_total(args[1]) =>
                {
                    Some((expr, true))
                }
                _ => None,
            }
        }
        Expr::Choice(list) => facts.list(list).iter().take(2).find_map(|part| copies(facts, *part, total)),
        _ => None,
    }
}

fn tell(program: &Program, it: &Copying, turns: Size) -> Draft {
    let facts = program.facts(it.file);
    let over = program.expr_text(it.file, it.over);
    let name = facts.name(facts.symbol(it.what).name);
    let function = FnRef { file: it.file, id: it.function };
    let message = format!("`{name}` is copied whole once per element of `{over}`");
    let anchor = format!("{} › {name} › {over}", program.function_name(function));
    let at = At { file: it.file, span: facts.span(it.expr) };
    let mut draft = Draft::new(Where::Code(at), message, anchor);
    let head = Where::Code(At { file: it.file, span: facts.span(it.over) });
    draft.evidence.push((EvidenceKind::Loop, format!("runs once per element of `{over}`"), head));
    draft.severity = if turns >= Size::Rows { Severity::Medium } else { Severity::Low };
    draft.rank = 15;
    paths::lead_in_surely(program, function, &mut draft);
    if program.draws_pages(it.file) || program.is_browser_code(it.file) {
        draft.doubt("the code renders in a browser, where lists are short");
    }
    match growth(program, Place { file: it.file, expr: it.over }) {
        Growth::Grows(_) => {}
        Growth::Doubtful(why) => draft.doubt(why),
        Growth::Bounded => draft.doubt("the list is short"),
    }
    draft.help = if it.is_object {
        "write into the object that is there (`all[key] = value; return all`), or build it by `Object.fromEntries`".to_owned()
    } else {
        "`push` onto the list that is there, or build it by `map` or `flatMap`".to_owned()
    };
    draft.fix = Some(repeats::unsafe_fix(format!("add to `{name}` in place")));
    draft.cost = Some(Cost {
        now: "n²/2 copies".to_owned(),
        after: "n".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: format!("elements of `{over}`") }],
    });
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    fn check(text: &str) {
        const HEAD: &str = "//- /schema.prisma\ndatasource db {\n  provider = \"postgresql\"\n}\nmodel Book {\n  id String @id\n  title String\n}\n\
//- /db.ts\nimport { PrismaClient } from '@prisma/client';\nexport const prisma = new PrismaClient();\n";
        laws::check(&RULE, &format!("{HEAD}{text}"));
    }

    #[test]
    fn lists_and_objects_in_loops_and_folds() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { byId } from './by-id';
const app = express();
app.get('/a', async (req, res) => {
  const books = await prisma.book.findMany();
  let titles: string[] = [];
  for (const book of books) {
    titles = [...titles, book.title];
//           ^^^^^^^^^^^^^^^^^^^^^^^ quadratic-accumulate: `titles` is copied whole once per element of `books`
  }
  const all = books.reduce((list, book) => list.concat([book.id]), [] as string[]);
//                                         ^^^^^^^^^^^^^^^^^^^^^^ quadratic-accumulate: `list` is copied whole
  res.json([titles, all, byId(books)]);
});
//- /by-id.ts
export function byId(books: { id: string }[]) {
  return books.reduce((map, book) => Object.assign({}, map, { [book.id]: book }), {});
//                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ quadratic-accumulate: `map` is copied whole
}
",
        );
    }

    #[test]
    fn sums_few_elements_and_lists_of_the_turn_are_fine() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.get('/a', async (req, res) => {
  const books = await prisma.book.findMany();
  const sum = books.reduce((all, book) => ({ ...all, count: all.count + 1 }), { count: 0 });
  const few = ['a', 'b'].reduce((all, name) => ({ ...all, [name]: 1 }), {});
  const page = (await prisma.book.findMany({ take: 20 })).reduce((all, book) => ({ ...all, [book.id]: 1 }), {});
  for (const book of books) {
    let own = [book.id];
    own = [...own, book.title];
    await prisma.book.update({ where: { id: book.id }, data: { title: own[1] } });
  }
  res.json([sum, few, page]);
});
",
        );
    }
}
