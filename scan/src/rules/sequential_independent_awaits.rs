//! Rule `sequential-independent-awaits`: the elements of `Promise.all([await a(), await b()])` run one after another.
//!
//! An `await` in the list is done before the next element begins, so `Promise.all` is handed values and waits for
//! nothing. That it was meant to run them together is written there: no order is needed.

use tuneup_model::{Category, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::io_in_transaction::search;
use super::{Rule, paths, repeats};
use crate::facts::{CallId, CallKind, Expr, ExprId};
use crate::place::Place;
use crate::program::{Effects, FnRef, Program, Role, Target};
use crate::report::{At, Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "sequential-independent-awaits",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Runtime,
        summary: "`Promise.all` is given awaited values, so that its elements run one after another",
        why: "The elements of a list are evaluated in order. With `await` before each, the second call begins when the first has \
              answered, and `Promise.all` only sees the values. Three queries of 20 ms take 60 ms instead of 20, on each \
              request, although the code says that they are to run together.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The calls share a transaction, whose connection runs one statement at a time.",
        proof: "Each call is replaced by one that answers after 100 ms, and the request is timed",
        standing: Standing::Candidate {
            why: "fewer than three findings in public repositories have been read: the form is rare",
        },
    },
    check,
};

const SLOW: &str = r"
//- /schema.prisma
datasource db {
  provider = 'postgresql'
}
model User {
  id   Int    @id
  name String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.get('/users', async (req, res) => {
  const [users, count] = await Promise.all([
    await prisma.user.findMany({ orderBy: { id: 'asc' }, take: 20 }),
    await prisma.user.count(),
  ]);
  res.json({ users, count });
});
";

const FAST: &str = r"
//- /schema.prisma
datasource db {
  provider = 'postgresql'
}
model User {
  id   Int    @id
  name String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.get('/users', async (req, res) => {
  const [users, count] = await Promise.all([
    prisma.user.findMany({ orderBy: { id: 'asc' }, take: 20 }),
    prisma.user.count(),
  ]);
  res.json({ users, count });
});
";

/// What takes long enough that running it together is felt.
const SLOW_WORK: Effects = Effects::DB.with(Effects::OUTSIDE).with(Effects::CACHE);

fn check(program: &Program, report: &mut Report) {
    let transactions: Vec<FnRef> = search::transactions(program).into_iter().map(|it| it.body).collect();
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App || program.is_browser_code(file) {
            continue;
        }
        for n in 0..facts.calls.len() as u32 {
            let call = CallId(n);
            let waiting = waiting(program, file, call);
            // What stands before the last `await` keeps the rest from beginning.
            if waiting.len() >= 2 && !transactions.contains(&function_of(program, file, call)) {
                report.add(&RULE.doc, tell(program, file, call, &waiting));
            }
        }
    }
}

fn function_of(program: &Program, file: u32, call: CallId) -> FnRef {
    FnRef { file, id: program.facts(file).call(call).function }
}

/// The elements of the list of a `Promise.all` that are awaited in it and take long.
fn waiting(program: &Program, file: u32, call: CallId) -> Vec<ExprId> {
    let facts = program.facts(file);
    let is_all = facts.call(call).kind == CallKind::Call
        && matches!(program.target(file, call), Target::Api(api) if &*api.package == "global"
            && matches!(&*api.path, "Promise.all" | "Promise.allSettled"));
    let Some(Expr::Array(list)) = facts.args(call).first().filter(|_| is_all).map(|it| facts.expr(*it))
    else {
        return Vec::new();
    };
    facts.list(list).iter().copied().filter(|it| takes_long(program, Place { file, expr: *it })).collect()
}

fn takes_long(program: &Program, element: Place) -> bool {
    let facts = program.facts(element.file);
    let Expr::Await(inner) = facts.expr(element.expr) else { return false };
    let span = facts.span(inner);
    facts.calls.iter().enumerate().any(|(n, it)| {
        span.contains(facts.span(it.expr))
            && program.call_effects(element.file, CallId(n as u32)).has_any(SLOW_WORK)
    })
}

fn tell(program: &Program, file: u32, call: CallId, waiting: &[ExprId]) -> Draft {
    let facts = program.facts(file);
    let function = function_of(program, file, call);
    let callee = paths::callee_text(program, file, call);
    let message = format!("`{callee}` is given {} awaited values: they run one after another", waiting.len());
    let anchor = format!("{} › {callee}", program.function_name(function));
    let mut draft = Draft::new(Where::Code(paths::call_at(program, file, call)), message, anchor);
    for element in waiting {
        let at = At { file, span: facts.span(*element) };
        let text = "it is done before the next element begins".to_owned();
        draft.evidence.push((EvidenceKind::Source, text, Where::Code(at)));
    }
    draft.rank = 60;
    paths::lead_in_surely(program, function, &mut draft);
    draft.help = format!("leave out `await` before the elements; the one before `{callee}` waits for all");
    draft.fix = Some(repeats::unsafe_fix("leave out `await` before the elements"));
    draft.cost = Some(Cost {
        now: "the sum of n waits".to_owned(),
        after: "the longest of n waits".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: format!("awaited elements of `{callee}`") }],
    });
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    #[test]
    fn calls_of_another_file() {
        laws::check(
            &RULE,
            r"
//- /rates.ts
export async function rate(of: string) {
  return (await fetch(`https://rates.example.com/${of}`, { signal: AbortSignal.timeout(1_000) })).json();
}
export async function double(n: number) { return n * 2; }
//- /routes.ts
import express from 'express';
import { rate, double } from './rates';
const app = express();
app.get('/rates', async (req, res) => {
  const both = await Promise.all([await rate('eur'), await rate('usd')]);
  //                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ sequential-independent-awaits: 2 awaited values
  res.json(both);
});
app.get('/fine', async (req, res) => {
  const first = await Promise.all([rate('eur'), await rate('usd')]);
  const quick = await Promise.all([await double(1), await double(2)]);
  res.json([first, quick]);
});
",
        );
    }

    #[test]
    fn a_page_reads_through_a_service() {
        laws::check(
            &RULE,
            r"
//- /schema.prisma
datasource db {
  provider = 'postgresql'
}
model User {
  id   Int    @id
  name String
}
//- /users.ts
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
export const users = () => prisma.user.findMany({ take: 20 });
export const count = () => prisma.user.count();
//- /app/users/route.ts
import { users, count } from '../../users';
export async function GET() {
  const [rows, all] = await Promise.all([await users(), await count()]);
  //                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ sequential-independent-awaits: run one after another
  return Response.json({ rows, all });
}
",
        );
    }

    #[test]
    fn a_transaction_has_one_connection() {
        laws::check(
            &RULE,
            r"
//- /schema.prisma
datasource db {
  provider = 'postgresql'
}
model User {
  id   Int    @id
  name String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/users', async (req, res) => {
  await prisma.$transaction(async (tx) => {
    await Promise.all([
      await tx.user.update({ where: { id: 1 }, data: { name: 'a' } }),
      await tx.user.update({ where: { id: 2 }, data: { name: 'b' } }),
    ]);
  });
  res.sendStatus(204);
});
",
        );
    }
}
