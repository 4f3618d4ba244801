//! Rule `missing-query-index`: a query whose filter no index serves.

use std::collections::BTreeMap;

use tuneup_model::{
    Bound, Category, ColumnType, Cost, Count, EvidenceKind, Operation, Predicate, PredicateOp, Reading,
    RuleDoc, Severity, Standing, Table,
};

use super::indexes::{self, Site, Tables};
use super::{Rule, paths, volume};
use crate::program::Program;
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "missing-query-index",
        since: "0.1.0",
        severity: Severity::High,
        category: Category::Schema,
        summary: "A query filters or sorts by columns that no index serves",
        why: "Without an index the database reads the whole table to find the rows. With one it reads those rows.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The table stays small, is written far more often than it is read, or nearly all rows fit the filter.",
        proof: "The statement is run on a scratch PostgreSQL without and with the index, for growing tables",
        standing: Standing::Shown(&[
            Reading { repository: "Peppermint-Lab/peppermint", right: 1, read: 1 },
            Reading { repository: "baptisteArno/typebot.io", right: 2, read: 2 },
            Reading { repository: "docmost/docmost", right: 1, read: 1 },
            Reading { repository: "karakeep-app/karakeep", right: 0, read: 2 },
            Reading { repository: "openstatusHQ/openstatus", right: 3, read: 3 },
            Reading { repository: "outline/outline", right: 1, read: 1 },
            Reading { repository: "papermark/papermark", right: 1, read: 1 },
            Reading { repository: "rybbit-io/rybbit", right: 2, read: 2 },
            Reading { repository: "stack-auth/stack", right: 1, read: 1 },
            Reading { repository: "typehero/typehero", right: 1, read: 1 },
            Reading { repository: "usertour/usertour", right: 1, read: 1 },
        ]),
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Invite {
  id String @id
  token String
  email String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/invites', async (req, res) => {
  res.json(await prisma.invite.create({ data: req.body }));
});

app.get('/invites/:token', async (req, res) => {
  res.json(await prisma.invite.findFirst({ where: { token: req.params.token } }));
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Invite {
  id String @id
  token String
  email String
  @@index([token])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/invites', async (req, res) => {
  res.json(await prisma.invite.create({ data: req.body }));
});

app.get('/invites/:token', async (req, res) => {
  res.json(await prisma.invite.findFirst({ where: { token: req.params.token } }));
});
"#;

fn check(program: &Program, report: &mut Report) {
    let tables = Tables::of(program);
    let mut wanted: BTreeMap<(&str, &str, Vec<String>), Lacks<'_, '_>> = BTreeMap::new();
    let advised = |site: &&Site<'_>| site.arrival.is_some() && indexes::advises_indexes(program, site.table);
    for site in tables.sites.iter().filter(advised) {
        if let Some(lack) = lack(&tables, site) {
            let key = (site.table.name.as_str(), site.table.location.file.as_str(), lack.columns.clone());
            wanted.entry(key).or_default().push((lack, site));
        }
    }
    for ((.., columns), mut lacks) in wanted {
        lacks.sort_by_key(|(lack, site)| (lack.doubt.is_some(), !site.is_served(), site.id));
        let table = lacks[0].1.table;
        report.add(&RULE.doc, draft(&tables, table, &columns, &lacks));
    }
}

/// The queries that lack the same index.
type Lacks<'s, 'p> = Vec<(Lack, &'s Site<'p>)>;

/// The index that a query lacks.
#[derive(Debug)]
struct Lack {
    columns: Vec<String>,
    what: What,
    doubt: Option<&'static str>,
}

/// What the index would do for the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Find,
    Range,
    Sort,
}

fn lack(tables: &Tables<'_>, site: &Site<'_>) -> Option<Lack> {
    let table = site.table;
    let equal = site.columns(&[PredicateOp::Equal, PredicateOp::In]);
    let fixed = site.columns(&[PredicateOp::Equal, PredicateOp::In, PredicateOp::IsNull]);
    if indexes::serves_with(table, &equal, &fixed) {
        return page_sort(site, &equal);
    }
    // A foreign key among them gets its own index: told elsewhere, or made by the database.
    if equal.iter().any(|column| table.foreign_keys.iter().any(|key| key.columns.contains(column))) {
        return None;
    }
    let doubt = doubt_of(tables.program, site);
    let selective: Vec<String> =
        equal.iter().filter(|column| indexes::is_selective(table, column)).cloned().collect();
    if !selective.is_empty() {
        return Some(Lack { columns: keys_first(table, selective), what: What::Find, doubt });
    }
    let ranged = site.columns(&[PredicateOp::Range, PredicateOp::Prefix]);
    if let Some(range) = ranged.first() {
        let serves = |column: &String| {
            indexes::covers(table, &fixed, column) || indexes::narrows(table, &fixed, column)
        };
        if ranged.iter().any(serves) {
            return None;
        }
        let doubt = doubt
            .or_else(|| found_elsewhere(site))
            .or_else(|| found_by_rest(site))
            .or_else(|| is_amount(table, range));
        let columns = equal.into_iter().chain([range.clone()]).collect();
        return Some(Lack { columns, what: What::Range, doubt });
    }
    let shape = site.shape();
    let first = shape.order.first().filter(|first| first.column.table == table.name && shape.order_known)?;
    let is_page = shape.operation == Operation::ReadMany
        && matches!(shape.limit, Bound::Constant(_) | Bound::Dynamic)
        || shape.operation == Operation::ReadOne;
    if !is_page
        || indexes::covers(table, &fixed, &first.column.column)
        || equal.contains(&first.column.column)
    {
        return None;
    }
    let doubt = doubt.or_else(|| found_elsewhere(site)).or_else(|| found_by_rest(site));
    let columns = equal.into_iter().chain([first.column.column.clone()]).collect();
    Some(Lack { columns, what: What::Sort, doubt })
}

/// Rows of another table that few rows of this one belong to: an index there finds them, whether it is there or not.
fn found_elsewhere(site: &Site<'_>) -> Option<&'static str> {
    let is_selective = |it: &Predicate| {
        it.column.table != site.table.name
            && matches!(it.op, PredicateOp::Equal | PredicateOp::In)
            && site
                .catalog_table(&it.column.table)
                .is_some_and(|other| indexes::is_selective(other, &it.column.column))
    };
    let found = site.shape().filter.all_of.iter().any(is_selective);
    found.then_some("a condition on another table finds the rows, and is what an index is for")
}

/// Alternatives (`OR`) that were not followed: each may have an index, and order or a range is then a small rest.
fn found_by_rest(site: &Site<'_>) -> Option<&'static str> {
    let is_found = !site.columns(&[PredicateOp::Equal, PredicateOp::In]).is_empty();
    (site.shape().filter.has_unknown && !is_found)
        .then_some("a part of the filter is not known and may find the rows")
}

/// A number that is not a time: `price > 0` may fit most rows.
fn is_amount(table: &Table, column: &str) -> Option<&'static str> {
    let kind = &table.column(column)?.kind;
    matches!(kind, ColumnType::Int | ColumnType::Float | ColumnType::Decimal)
        .then_some("a comparison of numbers may fit most rows")
}

/// A page of one parent's rows, all of which are sorted to find it.
fn page_sort(site: &Site<'_>, equal: &[String]) -> Option<Lack> {
    let (table, shape) = (site.table, site.shape());
    let first = shape.order.first().filter(|first| first.column.table == table.name && shape.order_known)?;
    let is_page =
        shape.operation == Operation::ReadMany && matches!(shape.limit, Bound::Constant(_) | Bound::Dynamic);
    let key = equal.iter().find(|column| {
        table.foreign_keys.iter().any(|key| key.columns.as_slice() == std::slice::from_ref(*column))
    })?;
    if !is_page
        || table.is_unique_key(equal)
        || indexes::covers(table, equal, &first.column.column)
        || equal.contains(&first.column.column)
    {
        return None;
    }
    let columns = vec![key.clone(), first.column.column.clone()];
    Some(Lack {
        columns,
        what: What::Sort,
        doubt: Some("an index finds the rows already; only their sort would be saved"),
    })
}

fn doubt_of(program: &Program, site: &Site<'_>) -> Option<&'static str> {
    let filter = &site.shape().filter;
    let elsewhere = |predicate: &Predicate| {
        let other = program.table_for(site.query, &predicate.column.table);
        predicate.column.table != site.table.name
            && other.is_some_and(|other| {
                indexes::serves(other, &site.columns_of(other, &[PredicateOp::Equal, PredicateOp::In]))
            })
    };
    if filter.all_of.iter().any(elsewhere) {
        return Some("a condition on another table may find the rows");
    }
    if filter.has_unknown && (site.asked.is_opaque || site.query.model.is_none()) {
        return Some("a part of the filter is not known and may find the rows");
    }
    let optional = site
        .table
        .columns
        .iter()
        .filter(|column| site.names(program, &site.asked.compared, &site.table.name, &column.field));
    let optional: Vec<String> = optional.map(|column| column.name.clone()).collect();
    if filter.has_unknown && indexes::serves(site.table, &optional) {
        return Some("a condition that is not always there may find the rows");
    }
    if filter.has_unknown && !site.asked.followed.is_empty() {
        return Some("a condition on another table may find the rows");
    }
    None
}

/// Columns that name a thing before those that only describe it, otherwise as they are written.
fn keys_first(table: &Table, mut columns: Vec<String>) -> Vec<String> {
    columns.sort_by_key(|column| {
        let Some(column) = table.column(column) else { return 2 };
        let name = column.field.to_ascii_lowercase();
        let names = ["id", "token", "key", "email", "slug", "hash", "code", "url", "uuid"]
            .iter()
            .any(|word| name.ends_with(word));
        match column.kind {
            _ if names => 0,
            ColumnType::Timestamp | ColumnType::Date => 2,
            _ => 1,
        }
    });
    columns.truncate(3);
    columns
}

fn draft(tables: &Tables<'_>, table: &Table, columns: &[String], lacks: &[(Lack, &Site<'_>)]) -> Draft {
    let program = tables.program;
    let (lead, site) = &lacks[0];
    let names = columns.iter().map(|column| indexes::field(table, column)).collect::<Vec<_>>().join(", ");
    let place = if lead.what == What::Find { &columns[0] } else { &columns[columns.len() - 1] };
    let location = indexes::place(table, place);
    let message = match lead.what {
        What::Find => format!("no index serves queries on `{}` by `{names}`", table.model),
        What::Range => format!("no index serves ranges of `{}` by `{names}`", table.model),
        What::Sort => format!("no index serves pages of `{}` sorted by `{names}`", table.model),
    };
    let mut draft = Draft::new(Where::Declared(location), message, format!("{} ({names})", table.name));
    for (_, site) in lacks.iter().take(5) {
        let at = Where::Code(paths::call_at(program, site.query.file, site.query.call));
        let verb = paths::callee_text(program, site.query.file, site.query.call);
        draft.evidence.push((EvidenceKind::Query, format!("`{verb}` reads the whole table"), at));
    }
    if let Some(doubt) = lead.doubt {
        draft.doubt(doubt);
    }
    if tables.only_seeded(table) {
        draft.doubt("only seeds and scripts add rows");
    } else if !tables.grows(table) && !volume::volume(tables, site).is_event {
        draft.doubt("no request or job is seen to add rows");
    }
    let is_small = match lead.what {
        What::Find => volume::stays_small(tables, table),
        What::Range | What::Sort => volume::volume(tables, site).score < 1,
    };
    if is_small {
        draft.doubt("the table is not known to hold many rows");
    }
    let is_background = lacks.iter().all(|(_, site)| site.is_background());
    if lead.what != What::Find && is_background && !volume::volume(tables, site).is_event {
        draft.doubt("only jobs read it so, and their table fills slowly");
    }
    if indexes::needs_prefix(program, table, columns) {
        draft.doubt("an index on text of MySQL needs a length, or a column with a hash of the text");
    }
    draft.severity = if lead.what == What::Find { RULE.doc.severity } else { Severity::Medium };
    draft.rank = 100 + 5 * lacks.len().min(20) as u32;
    draft.help = indexes::advice(program, table, &names);
    draft.cost = Some(Cost {
        now: "n rows read per query".to_owned(),
        after: "1 index lookup".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: format!("rows of `{}`", table.model) }],
    });
    draft.fix = Some(indexes::index_fix(program, table, columns));
    draft.experiment = Some(indexes::index_experiment(program, table, columns, site.shape()));
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    #[test]
    fn found_across_files_and_told_once() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Status {
  OPEN
  DONE
}
model Invite {
  id String @id
  token String
//^^^^^ missing-query-index: queries on `Invite` by `token`
  status Status
  isOpen Boolean
  createdAt DateTime
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /invites.ts
import { prisma } from './db';
export const byToken = (token: string) => prisma.invite.findFirst({ where: { token, status: 'OPEN' } });
export const add = (data) => prisma.invite.create({ data });
export const close = (token: string) => prisma.invite.updateMany({ where: { token }, data: { status: 'DONE' } });
//- /routes.ts
import express from 'express';
import { add, byToken, close } from './invites';
const app = express();
app.get('/invites/:token', async (req, res) => {
  res.json(await byToken(req.params.token));
});
app.post('/invites', async (req, res) => {
  res.json(await add(req.body));
});
app.delete('/invites/:token', async (req, res) => {
  res.json(await close(req.params.token));
});
"#,
        );
    }

    #[test]
    fn a_range_behind_a_state_is_found() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Status {
  OPEN
  DONE
}
model AuditLog {
  id String @id
  token String
  status Status
  createdAt DateTime
//^^^^^^^^^ missing-query-index: `status, createdAt`
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/invites', async (req, res) => {
  res.json(await prisma.auditLog.create({ data: req.body }));
});
app.get('/invites', async (req, res) => {
  res.json(await prisma.auditLog.count({ where: { status: 'OPEN', createdAt: { gte: new Date() } } }));
});
"#,
        );
    }

    #[test]
    fn a_sorted_page_is_found() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Status {
  OPEN
  DONE
}
model AuditLog {
  id String @id
  token String
  status Status
  isOpen Boolean
  createdAt DateTime
//^^^^^^^^^ missing-query-index: sorted by `createdAt`
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/invites', async (req, res) => {
  res.json(await prisma.auditLog.create({ data: req.body }));
});
app.get('/invites', async (req, res) => {
  res.json(await prisma.auditLog.findMany({ orderBy: { createdAt: 'desc' }, take: 20 }));
});
"#,
        );
    }

    #[test]
    fn a_null_test_does_not_find_rows() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Status {
  OPEN
  DONE
}
model Invite {
  id String @id
  token String
//^^^^^ missing-query-index
  status Status
  isOpen Boolean
  createdAt DateTime
  deletedAt DateTime?
  @@index([deletedAt])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/invites', async (req, res) => {
  res.json(await prisma.invite.create({ data: req.body }));
});
app.get('/invites', async (req, res) => {
  res.json(await prisma.invite.findFirst({ where: { token: req.query.token, deletedAt: null } }));
});
"#,
        );
    }

    #[test]
    fn flags_and_enums_alone_ask_for_no_index() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Status {
  OPEN
  DONE
}
model Invite {
  id String @id
  token String
  status Status
  isOpen Boolean
  createdAt DateTime
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/invites', async (req, res) => {
  res.json(await prisma.invite.create({ data: req.body }));
});
app.get('/invites', async (req, res) => {
  res.json(await prisma.invite.findMany({ where: { status: 'OPEN', isOpen: true } }));
});
"#,
        );
    }

    #[test]
    fn an_existing_prefix_serves() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Status {
  OPEN
  DONE
}
model Invite {
  id String @id
  token String
  status Status
  isOpen Boolean
  createdAt DateTime
  @@index([token, createdAt])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/invites', async (req, res) => {
  res.json(await prisma.invite.create({ data: req.body }));
});
app.get('/invites', async (req, res) => {
  res.json(await prisma.invite.findFirst({ where: { token: req.query.token, status: 'OPEN' } }));
});
"#,
        );
    }

    #[test]
    fn a_unique_key_serves() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Status {
  OPEN
  DONE
}
model Invite {
  id String @id
  token String @unique
  status Status
  isOpen Boolean
  createdAt DateTime
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/invites', async (req, res) => {
  res.json(await prisma.invite.create({ data: req.body }));
});
app.get('/invites', async (req, res) => {
  res.json(await prisma.invite.findMany({ where: { token: { in: req.body.tokens } } }));
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
enum Status {
  OPEN
  DONE
}
model Invite {
  id String @id
  token String
  status Status
  isOpen Boolean
  createdAt DateTime
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.get('/invites', async (req, res) => {
  res.json(await prisma.invite.findFirst({ where: { token: req.query.token } }));
});
"#,
        );
    }

    #[test]
    fn an_unknown_part_may_find_the_rows() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Status {
  OPEN
  DONE
}
model Invite {
  id String @id
  token String
  status Status
  isOpen Boolean
  createdAt DateTime
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/invites', async (req, res) => {
  res.json(await prisma.invite.create({ data: req.body }));
});
app.get('/invites', async (req, res) => {
  res.json(await prisma.invite.findFirst({ where: { token: req.query.token, ...req.body } }));
});
"#,
        );
    }

    #[test]
    fn unreached_code_is_no_use() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
enum Status {
  OPEN
  DONE
}
model Invite {
  id String @id
  token String
  status Status
  isOpen Boolean
  createdAt DateTime
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/invites', async (req, res) => {
  res.json(await prisma.invite.create({ data: req.body }));
});
export const byToken = (token: string) => prisma.invite.findFirst({ where: { token } });
"#,
        );
    }

    #[test]
    fn a_foreign_key_is_told_by_its_own_rule() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Post {
  id String @id
  title String
  comments Comment[]
}
model Comment {
  id String @id
  text String
  postId String
  post Post @relation(fields: [postId], references: [id])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/comments', async (req, res) => {
  res.json(await prisma.comment.create({ data: req.body }));
});
app.get('/comments', async (req, res) => {
  res.json(await prisma.comment.findMany({ where: { postId: req.query.post, text: req.query.text } }));
});
"#,
        );
    }
}
