//! Rule `io-in-transaction`: a transaction stays open while the program waits for something outside of it.

mod branches;
mod connections;
pub(super) mod search;

use tuneup_model::{
    Category, Confidence, Cost, Count, EvidenceKind, Experiment, ExperimentKind, Parameter, QueryShape,
    Reading, RuleDoc, Severity, Standing,
};

use super::{Rule, paths, repeats};
use crate::facts::CallId;
use crate::program::{FnRef, Hop, Program, Target};
use crate::report::{At, Draft, Report, Step, Where};

use search::{Outside, Transaction, Work};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "io-in-transaction",
        since: "0.1.0",
        severity: Severity::High,
        category: Category::Queries,
        summary: "A database transaction stays open while the program waits for work outside of it",
        why: "An open transaction holds its connection and the locks on every row it has written. While it waits for an HTTP \
              call, a file or a queue, nobody else gets that connection and every writer of those rows waits as well: a \
              provider that answers in two seconds holds the rows for two seconds, and a pool of ten connections is used up \
              by ten such requests. A query through another client than the transaction's own waits too, for a second \
              connection: once transactions hold all of them, each waits for one that none gives back.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The work is handed over by a row in an outbox table, starts only after the transaction has ended, or is \
                    quick and rare, as in an administrator's tool.",
        proof: "The same transactions run side by side on a scratch PostgreSQL, with the outside wait inside and after them",
        standing: Standing::Shown(&[
            Reading { repository: "docmost/docmost", right: 3, read: 3 },
            Reading { repository: "opengovsg/isomer", right: 4, read: 5 },
            Reading { repository: "papermark/papermark", right: 1, read: 1 },
            Reading { repository: "simstudioai/sim", right: 0, read: 1 },
            Reading { repository: "stack-auth/stack", right: 7, read: 7 },
        ]),
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Order {
  id     String @id
  status String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/orders/:id/pay', async (req, res) => {
  const order = await prisma.$transaction(async (tx) => {
    const paid = await tx.order.update({ where: { id: req.params.id }, data: { status: 'paid' } });
    const signal = AbortSignal.timeout(2_000);
    await fetch('https://shipping.example.com/parcels', { method: 'POST', body: JSON.stringify(paid), signal });
    return paid;
  });
  res.json(order);
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Order {
  id     String @id
  status String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/orders/:id/pay', async (req, res) => {
  const order = await prisma.$transaction(async (tx) => {
    return tx.order.update({ where: { id: req.params.id }, data: { status: 'paid' } });
  });
  const signal = AbortSignal.timeout(2_000);
  await fetch('https://shipping.example.com/parcels', { method: 'POST', body: JSON.stringify(order), signal });
  res.json(order);
});
"#;

fn check(program: &Program, report: &mut Report) {
    for transaction in search::transactions(program) {
        let mut connecting: Option<Draft> = None;
        for call in search::calls_while_open(program, transaction.body) {
            // What is handed in runs as a body of its own.
            if !search::handed_in(program, transaction.body.file, call).is_empty() {
                continue;
            }
            let Some((work, outside)) = search::nearest(program, transaction.body.file, call) else {
                continue;
            };
            match &mut connecting {
                Some(first) if work == Work::Connection => also(program, transaction.body.file, call, first),
                _ => {
                    let draft = tell(program, &transaction, call, work, &outside);
                    if work == Work::Connection && draft.confidence == Confidence::Likely {
                        connecting = Some(draft);
                    } else {
                        report.add(&RULE.doc, draft);
                    }
                }
            }
        }
        if let Some(draft) = connecting {
            report.add(&RULE.doc, draft);
        }
    }
}

/// One finding per transaction for second connections: the first call, with the others beside it.
fn also(program: &Program, file: u32, call: CallId, first: &mut Draft) {
    let text = format!("`{}` does the same", paths::callee_text(program, file, call));
    first.evidence.push((EvidenceKind::Query, text, Where::Code(paths::call_at(program, file, call))));
}

fn tell(program: &Program, transaction: &Transaction, call: CallId, work: Work, outside: &Outside) -> Draft {
    let body = transaction.body;
    let callee = paths::callee_text(program, body.file, call);
    let last = paths::callee_text(program, outside.file, outside.call);
    let anchor = format!("{} › {callee} › {last}", program.function_name(body));
    let at = Where::Code(paths::call_at(program, body.file, call));
    let mut draft =
        Draft::new(at, message(work, &callee, (!outside.path.is_empty()).then_some(last.as_str())), anchor);
    draft.severity = if work == Work::Connection { Severity::Medium } else { Severity::High };
    draft.evidence.push((
        EvidenceKind::Source,
        "the transaction is opened here".to_owned(),
        Where::Code(head_of(program, transaction)),
    ));
    if !outside.path.is_empty() {
        let at = Where::Code(paths::call_at(program, outside.file, outside.call));
        let kind = if work == Work::Connection { EvidenceKind::Query } else { EvidenceKind::Source };
        draft.evidence.push((kind, format!("`{last}` waits for {}", work.waits_for()), at));
    }
    arrive(program, body, &mut draft);
    let entered = |hop: &Hop| Step {
        at: paths::call_at(program, hop.file, hop.call),
        name: program.function_name(hop.enters),
    };
    draft.path.extend(outside.path.iter().map(entered));
    draft.path.push(Step { at: paths::call_at(program, outside.file, outside.call), name: last.clone() });
    if !outside.awaited {
        draft.doubt("nothing waits for this work, so the transaction may end before it does");
    }
    if outside.ambiguous {
        draft.doubt("several implementations are possible on the way");
    }
    if outside.memoized {
        draft.doubt("a wrapper on the way keeps results");
    }
    weigh(program, transaction, (call, work, outside), &mut draft);
    draft.help = work.help().to_owned();
    draft.fix =
        Some(repeats::unsafe_fix("do the outside work before the transaction begins or after it commits"));
    draft.cost = Some(work.cost(&last));
    draft.experiment = experiment(program, body);
    draft
}

fn weigh(
    program: &Program,
    transaction: &Transaction,
    (call, work, outside): (CallId, Work, &Outside),
    draft: &mut Draft,
) {
    if work == Work::Files && !search::is_repeated(program, transaction.body.file, call, outside) {
        draft.doubt("a single file of this machine is read in less time than a query takes");
    }
    if work == Work::Network && search::locks_rows(program, transaction) {
        draft.doubt("rows are locked by name, perhaps so that only one does this work at a time");
    }
    let names = [transaction.body, named(program, transaction.body)].map(|it| program.function_name(it));
    if names.iter().any(|name| is_done_once(name)) {
        draft.doubt("its name says that it runs once, when an instance is set up");
    }
}

fn named(program: &Program, function: FnRef) -> FnRef {
    FnRef { id: paths::named(program, function), ..function }
}

fn is_done_once(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["initialsetup", "firstsetup", "setupinstance", "bootstrap", "install"].iter().any(|it| name.contains(it))
}

fn message(work: Work, callee: &str, last: Option<&str>) -> String {
    let what = match work {
        Work::Connection => {
            format!("`{callee}` queries through a second connection while the transaction holds one")
        }
        work => format!("the transaction stays open while `{callee}` waits for {}", work.waits_for()),
    };
    match last {
        Some(last) => format!("{what}, in `{last}`"),
        None => what,
    }
}

impl Work {
    fn waits_for(self) -> &'static str {
        match self {
            Self::Network => "the network",
            Self::Queue => "a queue",
            Self::Files => "files",
            Self::Connection => "a second connection",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Connection => {
                "hand the transaction's client on to it, or ask before the transaction is opened"
            }
            _ => {
                "do the outside work before the transaction or after it; where it must not get lost, write a row to an outbox \
                 table inside and do the work from there"
            }
        }
    }

    fn cost(self, last: &str) -> Cost {
        if self == Self::Connection {
            return Cost {
                now: "2 connections per transaction".to_owned(),
                after: "1 connection".to_owned(),
                counts: Vec::new(),
            };
        }
        Cost {
            now: "held for q + w".to_owned(),
            after: "held for q".to_owned(),
            counts: vec![
                Count { variable: "q".to_owned(), of: "time of the transaction's own statements".to_owned() },
                Count { variable: "w".to_owned(), of: format!("wait for `{last}`") },
            ],
        }
    }
}

fn head_of(program: &Program, transaction: &Transaction) -> At {
    let facts = program.facts(transaction.file);
    At { file: transaction.file, span: facts.span(facts.call(transaction.call).callee) }
}

fn arrive(program: &Program, function: FnRef, draft: &mut Draft) {
    draft.rank = 120;
    if paths::lead_in_surely(program, function, draft).is_some_and(|it| it.by_name) {
        draft.severity = Severity::Medium;
    }
}

/// The transaction with and without a wait in it, under growing concurrency.
fn experiment(program: &Program, body: FnRef) -> Option<Experiment> {
    let statements: Vec<QueryShape> = search::calls_while_open(program, body)
        .into_iter()
        .filter_map(|call| match program.target(body.file, call) {
            Target::Query(query) => Some(program.queries[*query as usize].shape.clone()),
            _ => None,
        })
        .collect();
    (!statements.is_empty()).then(|| Experiment {
        kind: ExperimentKind::TransactionHold,
        before: statements.clone(),
        after: statements,
        after_ddl: Vec::new(),
        vary: vec![Parameter { name: "n".to_owned(), values: vec![1, 10, 50] }],
        same_rows: true,
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
model Order {
  id     String @id
  status String
}
model Outbox {
  id   String @id
  body String
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
export async function inTransaction(work) {
  return prisma.$transaction(async (tx) => work(tx));
}
//- /mail.ts
import nodemailer from 'nodemailer';
import { prisma } from './db';
const transport = nodemailer.createTransport({});
export async function sendReceipt(order) {
  await transport.sendMail({ to: order.email });
}
export async function isOpen(id: string, client = prisma) {
  return client.order.findFirst({ where: { id } });
}
export async function isOpenElsewhere(id: string) {
  return prisma.order.findFirst({ where: { id } });
}
"#;

    fn check(routes: &str) {
        let start = "//- /routes.ts\nimport express from 'express';\nimport { prisma, inTransaction } from './db';\nimport { sendReceipt, isOpen, isOpenElsewhere } from './mail';\nconst app = express();\n";
        laws::check(&RULE, &format!("{HEAD}{start}{routes}"));
    }

    #[test]
    fn mail_in_another_file_is_waited_for() {
        check(
            r"
app.post('/pay', async (req, res) => {
  await prisma.$transaction(async (tx) => {
    const order = await tx.order.update({ where: { id: req.body.id }, data: { status: 'paid' } });
    await sendReceipt(order);
    //    ^^^^^^^^^^^^^^^^^^ io-in-transaction: while `sendReceipt` waits for the network, in `transport.sendMail`
  });
  res.end();
});
",
        );
    }

    #[test]
    fn a_wrapper_opens_the_transaction() {
        check(
            r"
app.post('/pay', async (req, res) => {
  await inTransaction(async (tx) => {
    const order = await tx.order.update({ where: { id: req.body.id }, data: { status: 'paid' } });
    await Promise.all(order.hooks.map((hook) => fetch(hook)));
    //                                          ^^^^^^^^^^^ io-in-transaction: waits for the network
  });
  res.end();
});
",
        );
    }

    #[test]
    fn a_transaction_begun_by_sql_text() {
        check(
            r"
//- /pool.ts
import { Pool } from 'pg';
const pool = new Pool();
export async function inTransaction(work) {
  const client = await pool.connect();
  await client.query('BEGIN');
  const result = await work(client);
  await client.query('COMMIT');
  return result;
}
//- /pay.ts
import { inTransaction } from './pool';
export async function POST(req) {
  await inTransaction(async (client) => {
    await client.query('UPDATE orders SET paid = true WHERE id = $1', [req.id]);
    await fetch('https://example.com');
    //    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ io-in-transaction: waits for the network
  });
}
",
        );
    }

    #[test]
    fn a_query_of_another_client_takes_a_second_connection() {
        check(
            r"
app.post('/pay', async (req, res) => {
  await prisma.$transaction(async (tx) => {
    const order = await isOpenElsewhere(req.body.id);
    //                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ io-in-transaction: `isOpenElsewhere` queries through a second connection
    await tx.order.update({ where: { id: order.id }, data: { status: 'paid' } });
  });
  res.end();
});
",
        );
    }

    #[test]
    fn queries_of_the_transaction_and_an_outbox_are_its_work() {
        check(
            r"
app.post('/pay', async (req, res) => {
  await prisma.$transaction(async (tx) => {
    const order = await isOpen(req.body.id, tx);
    await tx.order.update({ where: { id: order.id }, data: { status: 'paid' } });
    await tx.outbox.create({ data: { id: order.id, body: JSON.stringify(order) } });
  });
  res.end();
});
",
        );
    }

    #[test]
    fn work_put_off_until_the_end_is_outside() {
        check(
            r"
app.post('/pay', async (req, res) => {
  const later: (() => Promise<void>)[] = [];
  const order = await prisma.$transaction(async (tx) => {
    const paid = await tx.order.update({ where: { id: req.body.id }, data: { status: 'paid' } });
    later.push(async () => {
      await sendReceipt(paid);
    });
    setTimeout(async () => {
      await sendReceipt(paid);
    }, 1000);
    return paid;
  });
  for (const work of later) await work();
  await sendReceipt(order);
  res.end();
});
",
        );
    }

    #[test]
    fn what_nothing_waits_for_does_not_hold_the_transaction() {
        check(
            r"
app.post('/pay', async (req, res) => {
  await prisma.$transaction(async (tx) => {
    const order = await tx.order.update({ where: { id: req.body.id }, data: { status: 'paid' } });
    void sendReceipt(order);
    sendReceipt(order).catch(console.error);
  });
  res.end();
});
",
        );
    }

    #[test]
    fn a_function_that_uses_the_transaction_it_is_given_opens_none() {
        check(
            r"
async function mark({ id, tx }: { id: string; tx?: Prisma.TransactionClient }) {
  if (tx) {
    await tx.order.update({ where: { id }, data: { status: 'paid' } });
    return;
  }
  await prisma.$transaction(async (own) => {
    await own.order.update({ where: { id }, data: { status: 'paid' } });
  });
}
app.post('/pay', async (req, res) => {
  await mark({ id: req.body.id });
  await prisma.$transaction(async (tx) => {
    await mark({ id: req.body.id, tx });
  });
  res.end();
});
",
        );
    }

    #[test]
    fn a_list_of_statements_waits_for_nothing() {
        check(
            r"
app.post('/pay', async (req, res) => {
  const rate = await fetch('https://rates.example.com').then((it) => it.json());
  await prisma.$transaction([
    prisma.order.update({ where: { id: req.body.id }, data: { status: rate.name } }),
    prisma.outbox.create({ data: { id: req.body.id, body: 'paid' } }),
  ]);
  res.end();
});
",
        );
    }
}
