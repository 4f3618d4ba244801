//! Rule `deep-offset-pagination`: pages by OFFSET, each of which reads all pages before it.

mod pages;

use tuneup_model::{
    Bound, Category, Cost, Count, EvidenceKind, Experiment, ExperimentKind, Operation, Parameter, Reading,
    RuleDoc, Severity, Standing,
};

use super::indexes::{self, Site, Tables};
use super::volume::{self, Extent, Volume};
use super::{Rule, paths, repeats, wording};
use crate::program::Program;
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "deep-offset-pagination",
        since: "0.1.0",
        severity: Severity::Low,
        category: Category::Queries,
        summary: "Pages by OFFSET read all rows before the page",
        why: "OFFSET does not jump: the database reads the skipped rows and throws them away. Page 1,000 costs a thousand times \
              page 1, and rows inserted meanwhile shift the pages.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The list is short, or the page number is capped.",
        proof: "Pages are read on a scratch PostgreSQL by OFFSET and by key, for growing depth",
        standing: Standing::Shown(&[Reading { repository: "dittofeed/dittofeed", right: 0, read: 1 }]),
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Order {
  id String @id
  total Int
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/orders', async (req, res) => {
  res.json(await prisma.order.create({ data: req.body }));
});

app.get('/orders', async (req, res) => {
  const page = Number(req.query.page);
  res.json(await prisma.order.findMany({ orderBy: { id: 'asc' }, skip: page * 20, take: 20 }));
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Order {
  id String @id
  total Int
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/orders', async (req, res) => {
  res.json(await prisma.order.create({ data: req.body }));
});

app.get('/orders', async (req, res) => {
  const after = String(req.query.after);
  res.json(await prisma.order.findMany({ orderBy: { id: 'asc' }, cursor: { id: after }, skip: 1, take: 20 }));
});
"#;

fn check(program: &Program, report: &mut Report) {
    let tables = Tables::of(program);
    for site in &tables.sites {
        let shape = site.shape();
        let skips = match shape.offset {
            Bound::Dynamic => true,
            Bound::Unknown => site.asked.options.contains("skip"),
            Bound::Absent | Bound::Constant(_) => false,
        };
        let extent = volume::extent(site);
        if shape.operation == Operation::ReadMany
            && skips
            && !shape.keyset
            && extent != Extent::Few
            && site.is_served()
            && tables.grows(site.table)
            && !pages::is_capped(program, site)
        {
            report.add(&RULE.doc, draft(&tables, site, extent));
        }
    }
}

/// Why the list may be short: as for any list, but who pages through a filtered one expects many rows.
fn few(site: &Site<'_>, extent: Extent, volume: &Volume) -> Option<&'static str> {
    match extent {
        Extent::Narrowed | Extent::Unknown => {
            (volume.score < 2 || !(volume.is_event || volume.is_content)).then_some("the list may be short")
        }
        _ => volume::few(site, extent, volume),
    }
}

fn draft(tables: &Tables<'_>, site: &Site<'_>, extent: Extent) -> Draft {
    let program = tables.program;
    let text = paths::callee_text(program, site.query.file, site.query.call);
    let at = Where::Code(paths::call_at(program, site.query.file, site.query.call));
    let message = format!("`{text}` pages through `{}` by offset", site.table.model);
    let anchor = format!("{} › {text}", program.function_name(site.function(program)));
    let mut draft = Draft::new(at, message, anchor);
    let volume = volume::volume(tables, site);
    if let Some(why) = few(site, extent, &volume) {
        draft.doubt(why);
    }
    let has_key = |column: &String| {
        site.names(program, &site.asked.ranged, &site.table.name, indexes::field(site.table, column))
    };
    if site.table.primary_key.iter().any(has_key) || site.asked.options.contains("cursor") {
        draft.doubt("the query can also continue after a row");
    }
    if let Some(why) = pages::doubt(program, site) {
        draft.doubt(why);
    }
    if site.is_background() && !volume.is_event {
        draft.doubt("a job reads it, from a table that fills slowly");
    }
    if site.query.assumed {
        draft.doubt(repeats::BY_FORM);
    }
    draft.rank = 40 + 10 * volume.score.max(0) as u32;
    draft
        .evidence
        .extend(volume.reasons.into_iter().map(|reason| (EvidenceKind::Fact, reason, Where::Nowhere)));
    draft.severity = RULE.doc.severity;
    let api = site.shape().api;
    draft.help = wording::next_page(api);
    draft.fix = Some(repeats::unsafe_fix(format!(
        "continue after the last row of the page before ({}) instead of `{}`",
        wording::continued(api),
        wording::offset(api)
    )));
    draft.cost = Some(Cost {
        now: "p × s rows read for page p".to_owned(),
        after: "s rows".to_owned(),
        counts: vec![
            Count { variable: "p".to_owned(), of: "number of the page".to_owned() },
            Count { variable: "s".to_owned(), of: "rows per page".to_owned() },
        ],
    });
    draft.path = site.arrival.as_ref().map(|it| it.steps.clone()).unwrap_or_default();
    let mut after = site.shape().clone();
    (after.offset, after.keyset) = (Bound::Absent, true);
    draft.experiment = Some(Experiment {
        kind: ExperimentKind::OffsetDepth,
        before: vec![site.shape().clone()],
        after: vec![after],
        after_ddl: Vec::new(),
        vary: vec![Parameter { name: "page".to_owned(), values: vec![1, 10, 100, 1_000] }],
        same_rows: true,
    });
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    #[test]
    fn found_in_a_route() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Level {
  LOW
  HIGH
}
model User {
  id String @id
  events Event[]
  teams Team[]
}
model Event {
  id String @id
  name String
  level Level
  userId String
  user User @relation(fields: [userId], references: [id])
  @@index([userId])
}
model Team {
  id String @id
  name String
  ownerId String
  owner User @relation(fields: [ownerId], references: [id])
  @@index([ownerId])
}
model Setting {
  id String @id
  name String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/rows', async (req, res) => {
  await prisma.event.create({ data: req.body });
  await prisma.team.create({ data: req.body });
  res.json(await prisma.setting.create({ data: req.body }));
});
app.get('/rows', async (req, res) => {
  const page = Number(req.query.page);
  const rows = await prisma.event.findMany({ skip: (page - 1) * 20, take: 20 });
  //                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ deep-offset-pagination: pages through `Event`
  res.json(rows);
});
"#,
        );
    }

    #[test]
    fn found_across_files() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Level {
  LOW
  HIGH
}
model User {
  id String @id
  events Event[]
  teams Team[]
}
model Event {
  id String @id
  name String
  level Level
  userId String
  user User @relation(fields: [userId], references: [id])
  @@index([userId])
}
model Team {
  id String @id
  name String
  ownerId String
  owner User @relation(fields: [ownerId], references: [id])
  @@index([ownerId])
}
model Setting {
  id String @id
  name String
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /events.ts
import { prisma } from './db';
export async function page(userId: string, offset: number, limit: number) {
  const where = { userId };
  const rows = await prisma.event.findMany({ where, skip: offset, take: limit });
  //                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ deep-offset-pagination
  return rows;
}
export const add = (data) => prisma.event.create({ data });
//- /routes.ts
import express from 'express';
import { add, page } from './events';
const app = express();
app.get('/events', async (req, res) => {
  res.json(await page(req.query.user, Number(req.query.offset), 50));
});
app.post('/events', async (req, res) => {
  res.json(await add(req.body));
});
"#,
        );
    }

    #[test]
    fn a_cursor_skips_one_row() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Level {
  LOW
  HIGH
}
model User {
  id String @id
  events Event[]
  teams Team[]
}
model Event {
  id String @id
  name String
  level Level
  userId String
  user User @relation(fields: [userId], references: [id])
  @@index([userId])
}
model Team {
  id String @id
  name String
  ownerId String
  owner User @relation(fields: [ownerId], references: [id])
  @@index([ownerId])
}
model Setting {
  id String @id
  name String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/rows', async (req, res) => {
  await prisma.event.create({ data: req.body });
  await prisma.team.create({ data: req.body });
  res.json(await prisma.setting.create({ data: req.body }));
});
app.get('/rows', async (req, res) => {
  const page = Number(req.query.page);
  const rows = await prisma.event.findMany({ cursor: { id: req.query.after }, skip: 1, take: 20 });
  res.json(rows);
});
"#,
        );
    }

    #[test]
    fn a_constant_is_no_page() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Level {
  LOW
  HIGH
}
model User {
  id String @id
  events Event[]
  teams Team[]
}
model Event {
  id String @id
  name String
  level Level
  userId String
  user User @relation(fields: [userId], references: [id])
  @@index([userId])
}
model Team {
  id String @id
  name String
  ownerId String
  owner User @relation(fields: [ownerId], references: [id])
  @@index([ownerId])
}
model Setting {
  id String @id
  name String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/rows', async (req, res) => {
  await prisma.event.create({ data: req.body });
  await prisma.team.create({ data: req.body });
  res.json(await prisma.setting.create({ data: req.body }));
});
app.get('/rows', async (req, res) => {
  const page = Number(req.query.page);
  const rows = await prisma.event.findMany({ skip: 20, take: 20 });
  res.json(rows);
});
"#,
        );
    }

    #[test]
    fn a_capped_page_is_shallow() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Level {
  LOW
  HIGH
}
model User {
  id String @id
  events Event[]
  teams Team[]
}
model Event {
  id String @id
  name String
  level Level
  userId String
  user User @relation(fields: [userId], references: [id])
  @@index([userId])
}
model Team {
  id String @id
  name String
  ownerId String
  owner User @relation(fields: [ownerId], references: [id])
  @@index([ownerId])
}
model Setting {
  id String @id
  name String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/rows', async (req, res) => {
  await prisma.event.create({ data: req.body });
  await prisma.team.create({ data: req.body });
  res.json(await prisma.setting.create({ data: req.body }));
});
app.get('/rows', async (req, res) => {
  const page = Number(req.query.page);
  const rows = await prisma.event.findMany({ skip: Math.min(page, 10) * 20, take: 20 });
  res.json(rows);
});
"#,
        );
    }

    #[test]
    fn settings_stay_few() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Level {
  LOW
  HIGH
}
model User {
  id String @id
  events Event[]
  teams Team[]
}
model Event {
  id String @id
  name String
  level Level
  userId String
  user User @relation(fields: [userId], references: [id])
  @@index([userId])
}
model Team {
  id String @id
  name String
  ownerId String
  owner User @relation(fields: [ownerId], references: [id])
  @@index([ownerId])
}
model Setting {
  id String @id
  name String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/rows', async (req, res) => {
  await prisma.event.create({ data: req.body });
  await prisma.team.create({ data: req.body });
  res.json(await prisma.setting.create({ data: req.body }));
});
app.get('/rows', async (req, res) => {
  const page = Number(req.query.page);
  const rows = await prisma.setting.findMany({ skip: page * 20, take: 20 });
  res.json(rows);
});
"#,
        );
    }

    #[test]
    fn few_children_per_parent() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Level {
  LOW
  HIGH
}
model User {
  id String @id
  events Event[]
  teams Team[]
}
model Event {
  id String @id
  name String
  level Level
  userId String
  user User @relation(fields: [userId], references: [id])
  @@index([userId])
}
model Team {
  id String @id
  name String
  ownerId String
  owner User @relation(fields: [ownerId], references: [id])
  @@index([ownerId])
}
model Setting {
  id String @id
  name String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/rows', async (req, res) => {
  await prisma.event.create({ data: req.body });
  await prisma.team.create({ data: req.body });
  res.json(await prisma.setting.create({ data: req.body }));
});
app.get('/rows', async (req, res) => {
  const page = Number(req.query.page);
  const rows = await prisma.team.findMany({ where: { ownerId: req.query.user }, skip: page * 20, take: 20 });
  res.json(rows);
});
"#,
        );
    }

    #[test]
    fn tables_nothing_adds_to_are_small() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Level {
  LOW
  HIGH
}
model User {
  id String @id
  events Event[]
  teams Team[]
}
model Event {
  id String @id
  name String
  level Level
  userId String
  user User @relation(fields: [userId], references: [id])
  @@index([userId])
}
model Team {
  id String @id
  name String
  ownerId String
  owner User @relation(fields: [ownerId], references: [id])
  @@index([ownerId])
}
model Setting {
  id String @id
  name String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.get('/rows', async (req, res) => {
  const page = Number(req.query.page);
  const rows = await prisma.event.findMany({ skip: page * 20, take: 20 });
  res.json(rows);
});
"#,
        );
    }

    #[test]
    fn scripts_may_take_their_time() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Level {
  LOW
  HIGH
}
model User {
  id String @id
  events Event[]
  teams Team[]
}
model Event {
  id String @id
  name String
  level Level
  userId String
  user User @relation(fields: [userId], references: [id])
  @@index([userId])
}
model Team {
  id String @id
  name String
  ownerId String
  owner User @relation(fields: [ownerId], references: [id])
  @@index([ownerId])
}
model Setting {
  id String @id
  name String
}
//- /scripts/dump.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
export const page = (n: number) => prisma.event.findMany({ skip: n * 20, take: 20 });
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/rows', async (req, res) => {
  await prisma.event.create({ data: req.body });
  await prisma.team.create({ data: req.body });
  res.json(await prisma.setting.create({ data: req.body }));
});
"#,
        );
    }
}
