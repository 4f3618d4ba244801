//! Rule `missing-fk-index`: a foreign key that no index leads with, in a program that searches by it.

use tuneup_model::{
    Category, Cost, Count, EvidenceKind, ForeignKey, Operation, PredicateOp, Reading, RuleDoc, Severity,
    Standing, Table,
};

use super::indexes::{self, Site, Tables};
use super::{Rule, paths, volume};
use crate::program::Program;
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "missing-fk-index",
        since: "0.1.0",
        severity: Severity::High,
        category: Category::Schema,
        summary: "A foreign key has no index",
        why: "PostgreSQL indexes the side that is referred to, not the side that refers. Every search for the children of a row, \
              every join from the parent and every delete of a parent reads the whole child table.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The table stays small, or the program neither searches by the column nor deletes the rows it refers to.",
        proof: "The statement is run on a scratch PostgreSQL without and with the index, for growing tables",
        standing: Standing::Shown(&[
            Reading { repository: "Openpanel-dev/openpanel", right: 10, read: 10 },
            Reading { repository: "Peppermint-Lab/peppermint", right: 8, read: 9 },
            Reading { repository: "dittofeed/dittofeed", right: 4, read: 4 },
            Reading { repository: "docmost/docmost", right: 7, read: 7 },
            Reading { repository: "opengovsg/postmangovsg", right: 7, read: 9 },
            Reading { repository: "outline/outline", right: 5, read: 5 },
            Reading { repository: "papermark/papermark", right: 3, read: 3 },
            Reading { repository: "rybbit-io/rybbit", right: 5, read: 5 },
            Reading { repository: "stack-auth/stack", right: 2, read: 3 },
            Reading { repository: "usertour/usertour", right: 5, read: 6 },
        ]),
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Post {
  id String @id
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

app.get('/posts/:id/comments', async (req, res) => {
  res.json(await prisma.comment.findMany({ where: { postId: req.params.id }, take: 50 }));
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Post {
  id String @id
  comments Comment[]
}
model Comment {
  id String @id
  text String
  postId String
  post Post @relation(fields: [postId], references: [id])
  @@index([postId])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.get('/posts/:id/comments', async (req, res) => {
  res.json(await prisma.comment.findMany({ where: { postId: req.params.id }, take: 50 }));
});
"#;

fn check(program: &Program, report: &mut Report) {
    let tables = Tables::of(program);
    let own = program.catalog.tables.iter().filter(|table| !indexes::indexes_foreign_keys(program, table));
    for table in own {
        for key in &table.foreign_keys {
            if !table.has_index_leading_with(&key.columns) {
                report.add(&RULE.doc, draft(&tables, table, key));
            }
        }
    }
}

/// How the program comes to search by the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Filter,
    Join,
    Delete,
}

impl Use {
    fn text(self, name: &str, parent: &str) -> String {
        match self {
            Self::Filter => format!("searches by `{name}`"),
            Self::Join => format!("joins from `{parent}`"),
            Self::Delete => {
                format!("deletes rows of `{parent}`: the database looks for rows that refer to them")
            }
        }
    }
}

fn draft(tables: &Tables<'_>, table: &Table, key: &ForeignKey) -> Draft {
    let program = tables.program;
    let fields: Vec<&str> = key.columns.iter().map(|column| indexes::field(table, column)).collect();
    let name = fields.join(", ");
    let parent =
        program.catalog.table(&key.references).map_or(key.references.as_str(), |it| it.model.as_str());
    let location =
        table.column(&key.columns[0]).map_or_else(|| key.location.clone(), |column| column.location.clone());
    let message = format!("`{}.{name}` refers to `{parent}` without an index", table.model);
    let mut draft = Draft::new(Where::Declared(location), message, format!("{} ({name})", table.name));
    let uses = uses(tables, table, key);
    for (how, site) in uses.iter().take(5) {
        let at = Where::Code(paths::call_at(program, site.query.file, site.query.call));
        draft.evidence.push((EvidenceKind::Query, how.text(&name, parent), at));
    }
    judge(tables, (table, key), &uses, &mut draft);
    draft.help = indexes::advice(program, table, &name);
    draft.cost = Some(Cost {
        now: "n rows read per lookup".to_owned(),
        after: "1 index lookup".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: format!("rows of `{}`", table.model) }],
    });
    draft.fix = Some(indexes::index_fix(program, table, &key.columns));
    draft.experiment =
        uses.first().map(|(_, site)| indexes::index_experiment(program, table, &key.columns, site.shape()));
    draft
}

/// The queries that search by the key, those for users first.
fn uses<'s, 'p>(tables: &'s Tables<'p>, table: &Table, key: &ForeignKey) -> Vec<(Use, &'s Site<'p>)> {
    let found =
        tables.sites.iter().filter_map(|site| Some((use_of(tables.program, site, table, key)?, site)));
    let mut uses: Vec<(Use, &Site<'_>)> = found.collect();
    uses.sort_by_key(|(how, site)| (site.arrival.is_none(), *how, !site.is_served(), site.id));
    uses
}

fn judge(
    tables: &Tables<'_>,
    (table, key): (&Table, &ForeignKey),
    uses: &[(Use, &Site<'_>)],
    draft: &mut Draft,
) {
    let reached = uses.iter().filter(|(_, site)| site.arrival.is_some());
    let searches = reached.clone().filter(|(how, _)| *how != Use::Delete).count();
    draft.severity = if searches > 0 { RULE.doc.severity } else { Severity::Medium };
    draft.rank = 100 + 5 * reached.clone().count().min(20) as u32;
    if uses.is_empty() {
        draft.doubt("nothing in the program searches by it");
    } else if reached.count() == 0 {
        draft.doubt("no entry point reaches the queries that search by it");
    } else if searches == 0 && !tables.grows(table) {
        draft.doubt("only deletes search by it, and no request or job is seen to add rows");
    } else if searches == 0 && volume::holds_owners(&key.references) && !volume::fills_fast(tables, table) {
        draft.doubt("only deletes of users or tenants search by it, which are rare");
    }
    if searches == 0 && tables.program.catalog.table(&key.references).is_some_and(|it| refers(it, table)) {
        draft.doubt("only deletes search by it, and the table holds one row for many of those it refers to");
    }
    if volume::passes(tables, table) {
        draft.doubt("its rows are deleted once they are used, so that few are there");
    }
    let filters = uses.iter().any(|(how, site)| *how == Use::Filter && site.arrival.is_some());
    if volume::stays_small(tables, table) || (!filters && volume::is_setting(table)) {
        draft.doubt("the table is not known to hold many rows");
    }
    let leads = |columns: &[String]| key.columns.iter().zip(columns).all(|(own, other)| own == other);
    if table
        .indexes
        .iter()
        .any(|it| it.partial && it.columns.len() >= key.columns.len() && leads(&it.columns))
    {
        draft.doubt("an index of some of the rows serves it");
    }
    if tables.only_seeded(table) {
        draft.doubt("only seeds and scripts add rows");
    }
}

/// True where rows of one table belong to rows of the other.
fn refers(table: &Table, other: &Table) -> bool {
    table.foreign_keys.iter().any(|key| key.references == other.name)
        && volume::holds_owners(&other.name)
        && table.name != other.name
}

fn use_of(program: &Program, site: &Site<'_>, table: &Table, key: &ForeignKey) -> Option<Use> {
    // Another database may have a table of the same name.
    let own = program.table_for(site.query, &table.name);
    if own.is_none_or(|own| own.location != table.location) {
        return None;
    }
    let known = [PredicateOp::Equal, PredicateOp::In];
    let names = |fields, table: &str, field: &Option<String>| {
        field.as_ref().is_some_and(|field| site.names(program, fields, table, field))
    };
    if names(&site.asked.read, &key.references, &key.opposite_field) {
        return Some(Use::Join);
    }
    if site.table.name == key.references
        && matches!(site.shape().operation, Operation::Delete | Operation::DeleteMany)
    {
        return Some(Use::Delete);
    }
    // A row or rows found by another index are few enough to look through.
    if indexes::serves(site.table, &site.columns(&known)) {
        return None;
    }
    let equal = site.columns_of(table, &known);
    if !indexes::serves(table, &equal) {
        let compared = |column: &String| {
            equal.contains(column)
                || site.names(program, &site.asked.compared, &table.name, indexes::field(table, column))
        };
        if key.columns.iter().all(compared)
            || (site.table.name == table.name && names(&site.asked.followed, &table.name, &key.field))
        {
            return Some(Use::Filter);
        }
    }
    if names(&site.asked.followed, &key.references, &key.opposite_field) {
        return Some(Use::Join);
    }
    let joins = site.query.model.is_none()
        && site.table.name == key.references
        && site.shape().joined.contains(&table.name);
    joins.then_some(Use::Join)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    /// What a library or the program itself calls an index is one; one of some rows leaves a doubt.
    #[test]
    fn indexes_of_entity_classes() {
        laws::check(
            &RULE,
            r#"
//- /entities.ts
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/core';
import { indexOf } from '@acme/sql';
const PostIndex = indexOf({ columns: ['post_id'] });
@Entity()
export class Post {
  @PrimaryKey() id!: string;
}
@Entity()
export class Comment {
  @PrimaryKey() id!: string;
  @PostIndex.ofColumn.AsIndex()
  @ManyToOne(() => Post, { fieldName: 'post_id', mapToPk: true })
  postId!: string;
}
@Entity()
@Index({ name: 'x', expression: 'create index x on "like" (post_id) where deleted_at is null' })
export class Like {
  @PrimaryKey() id!: string;
  @ManyToOne(() => Post, { fieldName: 'post_id', mapToPk: true })
  postId!: string;
}
@Entity()
export class View {
  @PrimaryKey() id!: string;
  @ManyToOne(() => Post, { fieldName: 'post_id', mapToPk: true })
// ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ missing-fk-index: `View.postId` refers to `Post` without an index
  postId!: string;
}
//- /routes.ts
import express from 'express';
import { MikroORM } from '@mikro-orm/postgresql';
import { Comment, Like, View } from './entities';
const app = express();
app.get('/posts/:id', async (req, res) => {
  const { em } = await MikroORM.init();
  const where = { postId: req.params.id };
  em.create(View, req.body);
  res.json([await em.find(Comment, where), await em.find(Like, where), await em.find(View, where)]);
});
"#,
        );
    }

    #[test]
    fn found_through_the_client_of_a_public_nest_module() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Post {
  id String @id
  comments Comment[]
}
model Comment {
  id String @id
  postId String
//^^^^^^ missing-fk-index: `Comment.postId` refers to `Post` without an index
  post Post @relation(fields: [postId], references: [id])
}
//- /comments.controller.ts
import { Controller, Get, Param } from '@nestjs/common';
import { PrismaService } from 'nestjs-prisma';
@Controller('comments')
export class CommentsController {
  constructor(private readonly prisma: PrismaService) {}
  @Get(':post')
  of(@Param('post') post: string) {
    return this.prisma.comment.findMany({ where: { postId: post }, take: 20 });
  }
}
"#,
        );
    }

    #[test]
    fn found_where_the_parent_includes_its_children() {
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
//^^^^^^ missing-fk-index: `Comment.postId` refers to `Post` without an index
  post Post @relation(fields: [postId], references: [id])
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /posts.service.ts
import { prisma } from './db';
export class PostsService {
  load(id: string) {
    return prisma.post.findUnique({ where: { id }, include: { comments: { take: 10 } } });
  }
}
//- /routes.ts
import express from 'express';
import { PostsService } from './posts.service';
const app = express();
const posts = new PostsService();
app.get('/posts/:id', async (req, res) => {
  res.json(await posts.load(req.params.id));
});
"#,
        );
    }

    #[test]
    fn found_where_parents_are_deleted_and_children_are_added() {
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
//^^^^^^ missing-fk-index: `Comment.postId`
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
app.delete('/posts/:id', async (req, res) => {
  res.json(await prisma.post.delete({ where: { id: req.params.id } }));
});
"#,
        );
    }

    #[test]
    fn found_where_another_table_is_asked_through_it() {
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
//^^^^^^ missing-fk-index: `Comment.postId`
  post Post @relation(fields: [postId], references: [id])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.get('/posts', async (req, res) => {
  res.json(await prisma.post.findMany({ where: { comments: { some: { text: 'a' } } }, take: 10 }));
});
"#,
        );
    }

    #[test]
    fn an_index_or_key_that_leads_with_it_serves() {
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
  likes Like[]
  cover Cover?
}
model Comment {
  id String @id
  text String
  postId String
  post Post @relation(fields: [postId], references: [id])
  @@index([postId, text])
}
model Like {
  postId String
  userId String
  post Post @relation(fields: [postId], references: [id])
  @@id([postId, userId])
}
model Cover {
  id String @id
  postId String @unique
  post Post @relation(fields: [postId], references: [id])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.get('/posts/:id', async (req, res) => {
  res.json(await prisma.post.findUnique({ where: { id: req.params.id }, include: { comments: true, likes: true, cover: true } }));
});
"#,
        );
    }

    #[test]
    fn never_joined_nor_deleted_is_a_candidate() {
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
app.get('/comments/:id', async (req, res) => {
  res.json(await prisma.comment.findUnique({ where: { id: req.params.id }, include: { post: true } }));
});
"#,
        );
    }

    #[test]
    fn rows_found_by_another_index_need_no_second() {
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
  authorId String
  @@index([authorId])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.get('/mine', async (req, res) => {
  res.json(await prisma.comment.findMany({ where: { authorId: req.query.me, postId: req.query.post }, take: 9 }));
});
"#,
        );
    }

    #[test]
    fn tests_and_seeds_are_no_use() {
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
//- /prisma/seed.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
prisma.comment.findMany({ where: { postId: '1' } });
//- /a.test.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
prisma.comment.findMany({ where: { postId: '1' } });
"#,
        );
    }

    #[test]
    fn tables_that_only_seeds_fill_are_small() {
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
//- /prisma/seed.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
prisma.comment.createMany({ data: [] });
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.get('/posts/:id', async (req, res) => {
  res.json(await prisma.comment.findMany({ where: { postId: req.params.id } }));
});
"#,
        );
    }

    #[test]
    fn mysql_makes_the_index_itself() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "mysql"
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
app.get('/posts/:id', async (req, res) => {
  res.json(await prisma.comment.findMany({ where: { postId: req.params.id } }));
});
"#,
        );
    }

    #[test]
    fn the_fix_inserts_a_line_before_the_closing_brace() {
        let fixture = tuneup_testkit::fixture::Fixture::parse(RULE.doc.slow);
        let findings = laws::findings(&fixture, Some(RULE.doc.id));
        let fix = findings[0].fix.as_ref().unwrap();
        let edit = &fix.edits[0];
        let mut lines: Vec<&str> = fixture.text("schema.prisma").lines().collect();
        assert_eq!((lines[edit.location.line as usize - 1], edit.location.column), ("}", 1));
        lines.insert(edit.location.line as usize - 1, edit.text.trim_end());
        let mended = format!(
            "//- /schema.prisma\n{}\n//- /routes.ts\n{}",
            lines.join("\n"),
            fixture.text("routes.ts")
        );
        assert!(
            laws::findings(&tuneup_testkit::fixture::Fixture::parse(&mended), Some(RULE.doc.id)).is_empty()
        );
        assert_eq!(
            fix.ddl.as_deref(),
            Some(r#"CREATE INDEX CONCURRENTLY "Comment_postId_idx" ON "Comment" ("postId")"#)
        );
    }
}
