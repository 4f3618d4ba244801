//! Rule `unbounded-find`: a list read without a limit, from a table that grows.

use tuneup_model::{
    Bound, Category, ColumnType, Columns, Cost, Count, Dialect, EvidenceKind, Experiment, ExperimentKind,
    Operation, Parameter, PredicateOp, RuleDoc, Severity, Standing,
};

use super::indexes::{self, Site, Tables};
use super::volume::{self, Extent, Volume};
use super::{Rule, aggregate_in_memory, count_for_existence, dead_or_unused_query, paths, repeats, wording};
use crate::facts::Expr;
use crate::place::Place;
use crate::program::{Program, Value};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "unbounded-find",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Queries,
        summary: "A query reads all rows of a growing table",
        why: "Time and memory of the request grow with the table: the database reads every row, the driver parses it, the server \
              holds it. It works in the first year and falls over in the third.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The table stays small, the filter leaves few rows, or all rows are needed and read in pieces.",
        proof: "The read is run on a scratch PostgreSQL with and without a limit, for growing tables",
        standing: Standing::Candidate {
            why: "2 of 19 findings in repositories not seen before were right: rows that stay few, or that a job must read anyway",
        },
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
  res.json(await prisma.order.findMany());
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
  const after = req.query.after;
  res.json(await prisma.order.findMany({ where: { id: { gt: after } }, orderBy: { id: 'asc' }, take: 100 }));
});
"#;

fn check(program: &Program, report: &mut Report) {
    let tables = Tables::of(program);
    for site in &tables.sites {
        let shape = site.shape();
        let is_whole_list =
            shape.operation == Operation::ReadMany && shape.limit == Bound::Absent && !shape.keyset;
        if !is_whole_list || !site.is_served() || !tables.grows(site.table) || is_told(program, site) {
            continue;
        }
        let extent = volume::extent(site);
        if extent != Extent::Few {
            report.add(&RULE.doc, draft(&tables, site, extent));
        }
    }
}

/// True where the rows need not be read at all, so that pages would not help.
fn is_told(program: &Program, site: &Site<'_>) -> bool {
    aggregate_in_memory::finds(program, site)
        || count_for_existence::finds(program, site)
        || dead_or_unused_query::finds(program, site)
}

fn draft(tables: &Tables<'_>, site: &Site<'_>, extent: Extent) -> Draft {
    let program = tables.program;
    let text = paths::callee_text(program, site.query.file, site.query.call);
    let at = Where::Code(paths::call_at(program, site.query.file, site.query.call));
    let model = &site.table.model;
    let (message, rows) = match extent {
        Extent::Whole => (format!("`{text}` reads all rows of `{model}`"), format!("rows of `{model}`")),
        Extent::Parent | Extent::Tenant | Extent::Grandparent => (
            format!("`{text}` reads all rows of `{model}` that one parent has"),
            format!("rows of `{model}` per parent"),
        ),
        _ => (
            format!("`{text}` reads rows of `{model}` without a limit"),
            format!("rows of `{model}` that match"),
        ),
    };
    let anchor = format!("{} › {text}", program.function_name(site.function(program)));
    let mut draft = Draft::new(at, message, anchor);
    let volume = volume::volume(tables, site);
    judge(site, extent, &volume, &mut draft);
    doubts_of_use(program, site, &mut draft);
    doubts_of_rows(tables, site, extent, &volume, &mut draft);
    if indexes::dialect_of(program, site.table) == Dialect::Sqlite {
        draft.doubt("the database is a file, which may hold the rows of one user or installation");
    }
    if volume::is_window(site) {
        draft.doubt("a range with two ends bounds the rows");
    }
    if site.asked.options.contains("distinct") {
        draft.doubt("few distinct rows come back, which a limit would not help");
    }
    let api = site.shape().api;
    let limit = wording::limit(api);
    let (pieces, fix) = if is_whole_in_job(site) {
        ("read in pieces", format!("read and handle a few hundred rows at a time, by `{limit}`"))
    } else {
        ("read one page", format!("give the read a `{limit}` and the caller a page"))
    };
    draft.help = format!(
        "{pieces}: add `{limit}`, order by a unique column and continue with {}",
        wording::continued(api)
    );
    draft.fix = Some(repeats::unsafe_fix(fix));
    draft.cost = Some(Cost {
        now: "n rows per call".to_owned(),
        after: "1 page of rows".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: rows }],
    });
    if let Some(insert) = tables.filling(site.table).served.first() {
        let query = &program.queries[*insert as usize];
        let at = Where::Code(paths::call_at(program, query.file, query.call));
        draft.evidence.push((EvidenceKind::Query, format!("adds rows to `{model}`"), at));
    }
    draft
        .evidence
        .extend(volume.reasons.into_iter().map(|reason| (EvidenceKind::Fact, reason, Where::Nowhere)));
    draft.path = site.arrival.as_ref().map(|it| it.steps.clone()).unwrap_or_default();
    draft.experiment = Some(experiment(site));
    draft
}

fn judge(site: &Site<'_>, extent: Extent, volume: &Volume, draft: &mut Draft) {
    let columns = match &site.shape().columns {
        Columns::Some(columns) => columns.len(),
        Columns::All | Columns::Unknown => usize::MAX,
    };
    let is_wide = columns > 2 || !site.shape().joined.is_empty();
    draft.severity = match extent {
        Extent::Whole if is_wide => Severity::High,
        _ if is_wide => Severity::Medium,
        _ => Severity::Low,
    };
    if site.query.assumed {
        draft.doubt(repeats::BY_FORM);
    }
    draft.rank = 50 + 10 * volume.score.max(0) as u32;
    if let Some(why) = volume::few(site, extent, volume) {
        draft.doubt(why);
    }
}

/// What the code does with the rows may want all of them, or tell that there are few.
fn doubts_of_use(program: &Program, site: &Site<'_>, draft: &mut Draft) {
    if takes_first(program, site) {
        draft.doubt("only the first row is taken, so that few are expected");
    }
    if wants_all(program, site) && !is_whole_in_job(site) {
        draft.doubt("an export needs all rows");
    }
    if indexes::is_cached(program, site.function(program)) {
        draft.doubt("the result is kept in a cache");
    }
}

/// Rows so short or so few that pages would save nothing.
fn doubts_of_rows(tables: &Tables<'_>, site: &Site<'_>, extent: Extent, volume: &Volume, draft: &mut Draft) {
    let columns = short_columns(site);
    if columns <= 3 {
        draft.doubt("only a few short columns of each row are read");
    } else if columns <= 6 && site.is_background() {
        draft.doubt("a job reads a few columns of each row, and has to handle them all");
    }
    let is_event = volume.is_event && !volume::is_short_for_each(site.table);
    if extent == Extent::Whole && !volume.is_event && !volume::holds_owners(&site.table.model) {
        draft.doubt("neither its name says that rows only add up nor that people sign up in it");
    }
    if matches!(extent, Extent::Parent | Extent::Tenant) && volume.is_event && !is_event {
        draft.doubt("what is said or run for one parent stays few");
    }
    if site.is_background()
        && extent == Extent::Whole
        && !volume.is_event
        && !volume::holds_members(site.table)
    {
        draft.doubt("a job has to handle all rows");
    }
    let is_of_tenant = matches!(extent, Extent::Tenant | Extent::Grandparent | Extent::Parent);
    if is_of_tenant && volume::holds_members(site.table) {
        draft.doubt("one team has few members");
    }
    if holds_of_another(site) {
        draft.doubt("a condition on another table may leave few rows");
    }
    if !volume.is_event && holds_a_state(site) {
        draft.doubt("few rows may be in that state");
    }
    if volume::is_administration(tables.program, site) {
        draft.doubt("only administrators call it");
    }
    if precedes_deletion(tables, site) {
        draft.doubt("the rows are read once, when what they belong to is deleted");
    }
}

/// How many columns are read, where all are short and none is of another table.
fn short_columns(site: &Site<'_>) -> usize {
    let reads_others = match site.query.model {
        Some(_) => !site.asked.read.is_empty(),
        None => !site.shape().joined.is_empty(),
    };
    let is_short = |column: &String| {
        site.table
            .column(column)
            .is_none_or(|it| !matches!(it.kind, ColumnType::Json | ColumnType::Bytes | ColumnType::Array(_)))
    };
    match &site.shape().columns {
        Columns::Some(columns) if !reads_others && columns.iter().all(is_short) => columns.len(),
        _ => usize::MAX,
    }
}

/// `status: 'BANNED'`: a column of a few values is held to one of them; not what most rows are.
fn holds_a_state(site: &Site<'_>) -> bool {
    site.columns(&[PredicateOp::Equal]).iter().any(|column| {
        let name = column.to_ascii_lowercase();
        let is_usual = ["archiv", "delet", "activ", "disabled"].iter().any(|word| name.contains(word));
        let is_key = site.table.foreign_keys.iter().any(|key| key.columns.contains(column));
        !is_usual && !is_key && !indexes::is_selective(site.table, column)
    })
}

/// `symbol: { name }`: a column of another table that tells its rows apart is compared.
fn holds_of_another(site: &Site<'_>) -> bool {
    site.shape().filter.all_of.iter().any(|it| {
        matches!(it.op, PredicateOp::Equal | PredicateOp::In)
            && it.column.table != site.table.name
            && site.catalog_table(&it.column.table).is_some_and(|other| {
                let is_key = other.foreign_keys.iter().any(|key| key.columns.contains(&it.column.column));
                let is_id = other.primary_key.contains(&it.column.column);
                !is_key && !is_id && indexes::is_selective(other, &it.column.column)
            })
    })
}

/// True where the function is named for deleting, or deletes the parent that the filter names.
fn precedes_deletion(tables: &Tables<'_>, site: &Site<'_>) -> bool {
    let function = site.function(tables.program);
    let file = &tables.program.facts(site.query.file).path;
    let names =
        [tables.program.function_name(function), file.rsplit('/').next().unwrap_or_default().to_owned()];
    let words = names.iter().flat_map(|name| name.split(|it: char| !it.is_ascii_alphanumeric()));
    let is_named = words
        .flat_map(volume::humps)
        .any(|word| ["delete", "remove", "purge"].iter().any(|it| word.eq_ignore_ascii_case(it)));
    is_named
        || tables.sites.iter().any(|other| {
            matches!(other.shape().operation, Operation::Delete | Operation::DeleteMany)
                && other.function(tables.program) == function
                && volume::parents(site).any(|parent| parent == other.table.name)
        })
}

/// A job that wants all rows of a table has the time to read them in pieces.
fn is_whole_in_job(site: &Site<'_>) -> bool {
    site.is_background() && volume::extent(site) == Extent::Whole
}

/// `const [store] = await stores.list()`.
fn takes_first(program: &Program, site: &Site<'_>) -> bool {
    let (file, facts) = (site.query.file, program.facts(site.query.file));
    let rows = facts.call(site.query.call).expr;
    let is_of_rows = |mut expr| loop {
        match facts.expr(expr) {
            Expr::Await(inner) | Expr::Cast { expr: inner, .. } => expr = inner,
            _ => return expr == rows,
        }
    };
    let mut positions = facts.exprs.iter().filter_map(|expr| match expr {
        Expr::Item { object, n } if is_of_rows(*object) => Some(*n),
        Expr::Rest(object) if is_of_rows(*object) => Some(u32::MAX),
        _ => None,
    });
    matches!(program.eval(Place { file, expr: rows }), Value::Rows { many: true, .. })
        && positions.next() == Some(0)
        && positions.next().is_none()
}

/// True where the code is named for writing out everything.
fn wants_all(program: &Program, site: &Site<'_>) -> bool {
    let file = &program.facts(site.query.file).path;
    let names = [
        program.function_name(site.function(program)),
        file.rsplit('/').next().unwrap_or_default().to_owned(),
    ];
    let words = ["export", "download", "csv", "pdf", "certificate", "backup", "report", "sitemap", "archive"];
    names.iter().any(|name| words.iter().any(|word| name.to_ascii_lowercase().contains(word)))
}

fn experiment(site: &Site<'_>) -> Experiment {
    let mut after = site.shape().clone();
    after.limit = Bound::Constant(100);
    Experiment {
        kind: ExperimentKind::LimitRows,
        before: vec![site.shape().clone()],
        after: vec![after],
        after_ddl: Vec::new(),
        vary: vec![Parameter { name: "rows".to_owned(), values: vec![1_000, 10_000, 100_000] }],
        same_rows: false,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

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
export class Events {
  async list() {
    const rows = await prisma.event.findMany();
    //                 ^^^^^^^^^^^^^^^^^^^^^^^ unbounded-find: reads all rows of `Event`
    return rows;
  }
  add(data) {
    return prisma.event.create({ data });
  }
}
//- /routes.ts
import express from 'express';
import { Events } from './events';
const app = express();
const events = new Events();
app.get('/events', async (req, res) => {
  res.json(await events.list());
});
app.post('/events', async (req, res) => {
  res.json(await events.add(req.body));
});
"#,
        );
    }

    #[test]
    fn a_state_bounds_nothing() {
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
  const rows = await prisma.event.findMany({ where: { level: 'HIGH' } });
  //                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unbounded-find
  res.json(rows);
});
"#,
        );
    }

    #[test]
    fn events_of_one_user_add_up() {
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
  const rows = await prisma.event.findMany({ where: { userId: req.query.user } });
  //                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unbounded-find: that one parent has
  res.json(rows);
});
"#,
        );
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one program with all the ways")]
    fn few_or_short_rows_need_no_pages() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Status {
  ACTIVE
  BANNED
}
model Team {
  id String @id
  members User[]
  documents Document[]
}
model User {
  id String @id
  email String
  status Status
  teamId String
  team Team @relation(fields: [teamId], references: [id])
  @@index([teamId])
}
model Document {
  id String @id
  file String
  body String
  size Int
  teamId String
  team Team @relation(fields: [teamId], references: [id])
  @@index([teamId])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/rows', async (req, res) => {
  await prisma.team.create({ data: req.body });
  await prisma.document.create({ data: req.body });
  res.json(await prisma.user.create({ data: req.body }));
});
app.get('/banned', async (req, res) => {
  res.json(await prisma.user.findMany({ where: { status: 'BANNED' } }));
});
app.get('/members', async (req, res) => {
  res.json(await prisma.user.findMany({ where: { teamId: req.query.team } }));
});
app.get('/ids', async (req, res) => {
  res.json(await prisma.document.findMany({ select: { id: true } }));
});
app.delete('/teams', async (req, res) => {
  const documents = await prisma.document.findMany({ where: { teamId: req.query.team } });
  await prisma.team.delete({ where: { id: req.query.team } });
  res.json(documents);
});
//- /admin/routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.get('/everyone', async (req, res) => {
  res.json(await prisma.user.findMany());
});
"#,
        );
    }

    #[test]
    fn the_first_row_alone() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Event {
  id String @id
  name String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/events', async (req, res) => { res.json(await prisma.event.create({ data: req.body })); });
app.get('/first', async (req, res) => {
  const [first] = await prisma.event.findMany();
  res.json(first);
});
app.get('/all', async (req, res) => {
  const [first, ...rest] = await prisma.event.findMany();
//                               ^^^^^^^^^^^^^^^^^^^^^^^ unbounded-find: `prisma.event.findMany` reads all rows of `Event`
  res.json({ first, rest });
});
"#,
        );
    }

    #[test]
    fn a_limit_bounds() {
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
  const rows = await prisma.event.findMany({ take: 100 });
  res.json(rows);
});
"#,
        );
    }

    #[test]
    fn keys_bound() {
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
  const rows = await prisma.event.findMany({ where: { id: { in: req.body.ids } } });
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
  const rows = await prisma.team.findMany({ where: { ownerId: req.query.user } });
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
  const rows = await prisma.setting.findMany();
  res.json(rows);
});
"#,
        );
    }

    #[test]
    fn a_count_is_one_row() {
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
  const rows = await prisma.event.count();
  res.json(rows);
});
"#,
        );
    }

    #[test]
    fn groups_are_no_rows() {
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
  const rows = await prisma.event.groupBy({ by: ['level'] });
  res.json(rows);
});
"#,
        );
    }

    #[test]
    fn a_name_may_leave_few() {
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
  const rows = await prisma.event.findMany({ where: { name: req.query.name } });
  res.json(rows);
});
"#,
        );
    }

    #[test]
    fn tables_that_only_seeds_fill() {
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
//- /prisma/seed.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
prisma.event.createMany({ data: [] });
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.get('/rows', async (req, res) => {
  const rows = await prisma.event.findMany();
  res.json(rows);
});
"#,
        );
    }

    #[test]
    fn exports_and_scripts_want_all() {
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
prisma.event.findMany();
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
async function exportEvents() {
  return prisma.event.findMany();
}
app.get('/export', async (req, res) => {
  res.json(await exportEvents());
});
"#,
        );
    }

    #[test]
    fn a_job_has_the_time_to_read_in_pieces() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Event {
  id String @id
  name String
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /export-worker.ts
import { Worker } from 'bullmq';
import { store } from 'somewhere';
import { prisma } from './db';
export const worker = new Worker('export', async () => {
  const rows = await prisma.event.findMany();
//                   ^^^^^^^^^^^^^^^^^^^^^^^ unbounded-find: reads all rows of `Event`
  await store(rows);
});
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/rows', async (req, res) => { res.json(await prisma.event.create({ data: req.body })); });
"#,
        );
    }

    #[test]
    fn rows_that_are_only_counted_need_no_pages() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Event {
  id String @id
  name String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/rows', async (req, res) => { res.json(await prisma.event.create({ data: req.body })); });
app.get('/count', async (req, res) => {
  const rows = await prisma.event.findMany();
  res.json({ total: rows.length });
});
"#,
        );
    }
}
