//! Rule `loop-invariant-query`: the same query with the same arguments in every turn.

use tuneup_model::{Category, EvidenceKind, ExperimentKind, RuleDoc, Severity};

use super::repeats::{self, Repeat};
use super::{Rule, paths};
use crate::facts::CallId;
use crate::program::{FnRef, Program, Repeated, Sources, Target};
use crate::report::Report;

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "loop-invariant-query",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Queries,
        summary: "A query in a loop does not depend on the loop",
        why: "The same rows are read again in every turn. Read once before the loop, they cost one round trip.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The loop changes the rows it reads, or must see what others changed meanwhile.",
        proof: "The statement is run n times and once on a scratch PostgreSQL, for growing n",
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Plan {
  id String @id
  price Int
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/totals', async (req, res) => {
  const totals = [];
  for (const seat of req.body.seats) {
    const plan = await prisma.plan.findUniqueOrThrow({ where: { id: req.body.planId } });
    totals.push(plan.price * seat.count);
  }
  res.json(totals);
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Plan {
  id String @id
  price Int
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/totals', async (req, res) => {
  const plan = await prisma.plan.findUniqueOrThrow({ where: { id: req.body.planId } });
  res.json(req.body.seats.map((seat) => plan.price * seat.count));
});
"#;

fn check(program: &Program, report: &mut Report) {
    for it in repeats::of_sort(program, Repeat::Invariant) {
        if writes_what_it_reads(program, it) {
            continue;
        }
        let query = &program.queries[it.query as usize];
        let call = paths::callee_text(program, it.file, it.call);
        let collection = repeats::collection_text(program, it);
        let target = paths::callee_text(program, query.file, query.call);
        let message = if it.path.is_empty() {
            format!("`{call}` asks the same in every turn over `{collection}`")
        } else {
            format!("`{call}` runs `{target}` with the same arguments in every turn over `{collection}`")
        };
        let mut draft = repeats::draft(program, it, message);
        for (kind, text, _) in &mut draft.evidence {
            if *kind == EvidenceKind::Loop {
                *text = "nothing the query asks for changes in this loop".to_owned();
            }
        }
        if !it.path.is_empty() && !closed(program, it) {
            draft.doubt("the arguments of the query are not all known");
        }
        draft.help = "read once before the loop and use the result in every turn".to_owned();
        draft.fix = repeats::unsafe_fix("move the query before the loop");
        draft.cost = Some(repeats::per_element_cost(program, it, "equal queries", "1 query"));
        draft.experiment = Some(repeats::batch_experiment(&query.shape, ExperimentKind::HoistQuery));
        report.add(&RULE.doc, repeats::finish(&RULE.doc, draft));
    }
}

/// True where a write in the same body goes to the table that is read.
fn writes_what_it_reads(program: &Program, it: &Repeated) -> bool {
    let facts = program.facts(it.iteration.file);
    let table = &program.queries[it.query as usize].shape.table;
    let touches = |query: u32| {
        let shape = &program.queries[query as usize].shape;
        shape.operation.is_write()
            && (shape.table == *table
                || shape.table.name().is_none()
                || table.name().is_none_or(|name| shape.joined.iter().any(|it| it == name)))
    };
    facts.calls.iter().enumerate().any(|(n, call)| {
        if !it.iteration.body.contains(facts.span(call.expr)) {
            return false;
        }
        match program.target(it.iteration.file, CallId(n as u32)) {
            Target::Query(query) => touches(*query),
            Target::Functions(..) => program
                .reach(it.iteration.file, CallId(n as u32), &Sources::default())
                .iter()
                .any(|reached| touches(reached.query)),
            _ => false,
        }
    })
}

/// True where the query across calls depends on nothing but the parameters handed in.
fn closed(program: &Program, it: &Repeated) -> bool {
    let query = &program.queries[it.query as usize];
    let facts = program.facts(query.file);
    let function = FnRef { file: query.file, id: facts.call(query.call).function };
    let body = facts.function(function.id).span;
    facts.args(query.call).iter().all(|arg| !program.varies(query.file, &Sources::default(), body, *arg))
}
