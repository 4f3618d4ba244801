//! Rule `overfetch-columns`: wide columns of many rows are read and never looked at.

use tuneup_model::{
    Bound, Category, Column, ColumnType, Columns, Cost, Count, Operation, PredicateOp, QueryApi, RuleDoc,
    Severity, Standing,
};

use super::indexes::{Site, Tables};
use super::reading::{self, Purpose};
use super::volume::{self, Extent};
use super::{Rule, paths, repeats};
use crate::program::{Program, Taken};
use crate::report::{Draft, Report};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "overfetch-columns",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Queries,
        summary: "A list read brings wide columns that nothing looks at",
        why: "Documents, payloads and binary columns make up most of a row's size. PostgreSQL keeps values over 2 kB beside the row \
              and has to fetch and decompress each; the driver then parses them. 1,000 rows with a document of 50 kB are 50 MB \
              for a list of titles.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The rows are few or the columns are short. Nothing is found where the rows go on to code that is not seen.",
        proof: "The bytes that the list brings are compared with and without the columns",
        standing: Standing::Candidate {
            why: "of three findings read on public code two mattered: how long the values are is not in the source",
        },
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Article {
  id String @id
  title String
  html String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.get('/articles', async (req, res) => {
  const articles = await prisma.article.findMany({ orderBy: { id: 'desc' }, take: 50 });
  res.json(articles.map((article) => ({ id: article.id, title: article.title })));
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Article {
  id String @id
  title String
  html String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.get('/articles', async (req, res) => {
  const select = { id: true, title: true };
  const articles = await prisma.article.findMany({ select, orderBy: { id: 'desc' }, take: 50 });
  res.json(articles.map((article) => ({ id: article.id, title: article.title })));
});
"#;

fn check(program: &Program, report: &mut Report) {
    let tables = Tables::of(program);
    for site in &tables.sites {
        let shape = site.shape();
        let reads = matches!(shape.operation, Operation::ReadOne | Operation::ReadMany);
        if !reads || shape.columns == Columns::Unknown || !site.is_served() {
            continue;
        }
        let candidates: Vec<&Column> = read(site).filter(|column| width(column) != Width::Narrow).collect();
        if candidates.is_empty() {
            continue;
        }
        let Some(taken) = program.taken_of_rows(site.query.file, site.query.call) else { continue };
        let unread: Vec<&Column> = candidates.into_iter().filter(|it| taken.leaves(&it.field)).collect();
        let has_uses = !taken.is_nothing() && knows_all(site, &taken);
        if !unread.is_empty() && has_uses && counts_as_rows(program, site) {
            report.add(&RULE.doc, draft(&tables, site, &unread, &taken));
        }
    }
}

/// The columns that come back.
fn read<'s>(site: &'s Site<'_>) -> impl Iterator<Item = &'s Column> {
    site.table.columns.iter().filter(|column| match &site.shape().columns {
        Columns::Some(names) => names.contains(&column.name),
        Columns::All | Columns::Unknown => true,
    })
}

/// How much a value of a column may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    Narrow,
    /// Nothing bounds it, but nothing says that it is long.
    Open,
    Wide,
}

/// Columns that hold whole texts, by the last words of their names.
const DOCUMENTS: &str = "html content contents body markdown transcript document base64 blob embedding embeddings \
    vector text_content raw_content file_data image_data html_body page_text full_text input output payload \
    completion stacktrace stack_trace source_code snapshot";

/// Bytes of a fixed, small size.
const SMALL: &str =
    "sig signature hash digest key public_key private_key salt nonce iv token secret id checksum cid";

fn width(column: &Column) -> Width {
    let name = snake(&column.field);
    let is_named = |words: &str| {
        words.split_whitespace().any(|word| name == word || name.ends_with(&format!("_{word}")))
    };
    match &column.kind {
        ColumnType::Bytes if is_named(SMALL) => Width::Narrow,
        ColumnType::Bytes => Width::Wide,
        ColumnType::Json | ColumnType::Text if is_named(DOCUMENTS) => Width::Wide,
        ColumnType::Other(kind) if kind.ends_with("Text") && is_named(DOCUMENTS) => Width::Wide,
        ColumnType::Json => Width::Open,
        ColumnType::Array(of) if matches!(**of, ColumnType::Float) => Width::Wide,
        ColumnType::Other(kind) if kind.contains("vector") => Width::Wide,
        _ => Width::Narrow,
    }
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// True where the conditions ask for rows in which such a column, or what it comes from, is null.
fn leaves_empty(site: &Site<'_>, told: &[&Column]) -> bool {
    let nulls = site.shape().filter.all_of.iter().filter(|it| it.op == PredicateOp::IsNull);
    let mut names = nulls.map(|it| snake(&it.column.column));
    names.any(|name| told.iter().any(|column| name.contains(&snake(&column.field))))
}

/// True where every property read is a column or relation: a getter may read what it likes.
fn knows_all(site: &Site<'_>, taken: &Taken) -> bool {
    let relations = site.table.foreign_keys.iter().filter_map(|key| key.field.as_deref());
    let known: Vec<&str> =
        site.table.columns.iter().map(|column| column.field.as_str()).chain(relations).collect();
    site.shape().api == QueryApi::Prisma || taken.fields.iter().all(|field| known.contains(&field.as_str()))
}

/// True where the rows are wanted at all; where they are not, another rule speaks.
fn counts_as_rows(program: &Program, site: &Site<'_>) -> bool {
    matches!(reading::purpose(program, site), Purpose::Rows | Purpose::Part(_))
}

fn draft(tables: &Tables<'_>, site: &Site<'_>, unread: &[&Column], taken: &Taken) -> Draft {
    let program = tables.program;
    let text = paths::callee_text(program, site.query.file, site.query.call);
    let wide: Vec<&Column> = unread.iter().copied().filter(|it| width(it) == Width::Wide).collect();
    let told = if wide.is_empty() { unread } else { &wide };
    let names = told.iter().take(4).map(|it| format!("`{}`", it.field)).collect::<Vec<_>>().join(", ");
    let message = format!("`{text}` reads {names} of `{}`, which nothing looks at", site.table.model);
    let extent = volume::extent(site);
    let volume = volume::volume(tables, site);
    let limit = site.shape().limit;
    let few = if limit == Bound::Absent {
        volume::few(site, extent, &volume)
    } else {
        (extent == Extent::Few).then_some("few rows are read")
    };
    let mut draft = reading::draft(tables, site, message, volume);
    let many = site.shape().operation == Operation::ReadMany
        && !matches!(site.shape().limit, Bound::Constant(limit) if limit < 10);
    let is_whole = site.shape().limit == Bound::Absent && extent >= Extent::Parent;
    draft.severity = match (many, wide.is_empty()) {
        (true, false) if is_whole => Severity::High,
        (true, false) => Severity::Medium,
        _ => Severity::Low,
    };
    if wide.is_empty() {
        draft.doubt("nothing says that the values are long");
    }
    if !many {
        draft.doubt("few rows are read");
    } else if let Some(few) = few {
        draft.doubt(few);
    }
    if leaves_empty(site, told) {
        draft.doubt("the columns may be empty in the rows asked for");
    }
    draft.help = help(site, taken, &names);
    draft.fix = Some(repeats::unsafe_fix(format!("leave {names} out of the query")));
    draft.cost = Some(Cost {
        now: "n rows with the wide columns per call".to_owned(),
        after: "n rows without".to_owned(),
        counts: vec![Count {
            variable: "n".to_owned(),
            of: format!("rows of `{}` per call", site.table.model),
        }],
    });
    draft
}

/// What to ask for instead.
fn help(site: &Site<'_>, taken: &Taken, names: &str) -> String {
    let wanted: Vec<&str> = read(site)
        .map(|column| column.field.as_str())
        .filter(|field| taken.fields.contains(*field))
        .take(6)
        .collect();
    let wanted = if wanted.is_empty() {
        "the columns needed".to_owned()
    } else {
        format!("`{}`", wanted.join("`, `"))
    };
    let option = match site.shape().api {
        QueryApi::Prisma | QueryApi::Typeorm => "`select`",
        QueryApi::Sequelize => "`attributes`",
        QueryApi::MikroOrm => "`fields`",
        QueryApi::Drizzle => "`columns`, or the fields given to `select`,",
        _ => "the list of columns",
    };
    if taken.rests.is_empty() {
        format!("read only what is used, {wanted}: {option} says which")
    } else {
        format!("leave {names} out of the query: {option} says which columns come")
    }
}

#[cfg(test)]
mod tests;
