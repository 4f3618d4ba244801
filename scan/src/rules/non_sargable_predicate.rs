//! Rule `non-sargable-predicate`: a condition that an index on the column cannot serve.
//!
//! What is told: a search for a part of a text, a comparison without regard to case, a function around the column, and
//! an order by chance; each only where nothing else in the filter finds the rows and no index of the needed kind is
//! declared.

use std::collections::BTreeMap;

use tuneup_model::{
    Category, ColumnType, Cost, Count, Dialect, EvidenceKind, Fix, FixSafety, IndexMethod, PredicateOp,
    Reading, RuleDoc, Severity, Standing, Table,
};
use tuneup_sql::{IndexOptions, create_index, unserved};

use super::indexes::{self, Site, Tables};
use super::{Rule, paths, volume};
use crate::program::{EntryKind, Program};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "non-sargable-predicate",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Queries,
        summary: "A condition hides the column from its index",
        why: "A b-tree finds what begins with a known text. `LIKE '%word%'` (Prisma's `contains`), `ILIKE` and \
              `mode: 'insensitive'`, `lower(email) = …` and `createdAt::date = …` do not begin with one, so PostgreSQL reads \
              and compares every row, whatever index the column has: some 100 ms for a million rows, per request. \
              `ORDER BY random()` does the same and sorts them all.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The table stays small, another condition leaves few rows, or an index of the right kind is made outside of \
                    the schema: `gin (… gin_trgm_ops)` for parts of a text, `((lower(email)))` for an expression.",
        proof: "`EXPLAIN` of the statement shows a sequential scan whose filter removes nearly all rows",
        standing: Standing::Shown(&[
            Reading { repository: "documenso/documenso", right: 1, read: 1 },
            Reading { repository: "formbricks/formbricks", right: 1, read: 1 },
            Reading { repository: "gitroomhq/postiz-app", right: 1, read: 1 },
            Reading { repository: "hoppscotch/hoppscotch", right: 1, read: 1 },
        ]),
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Customer {
  id String @id
  email String
  name String
  @@index([email])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/customers', async (req, res) => {
  res.json(await prisma.customer.create({ data: req.body }));
});

app.get('/customers', async (req, res) => {
  const email = String(req.query.email);
  res.json(await prisma.customer.findFirst({ where: { email: { equals: email, mode: 'insensitive' } } }));
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Customer {
  id String @id
  email String
  name String
  @@index([email])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/customers', async (req, res) => {
  res.json(await prisma.customer.create({ data: req.body }));
});

app.get('/customers', async (req, res) => {
  const email = String(req.query.email).toLowerCase();
  res.json(await prisma.customer.findFirst({ where: { email } }));
});
"#;

/// How a condition hides its columns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    Part,
    Folded,
    /// The column behind a function or cast, as written.
    Wrapped(String),
    Shuffled,
}

/// A condition of one query that no index of its columns serves.
#[derive(Debug)]
struct Hidden {
    how: How,
    columns: Vec<String>,
}

/// The queries of one table that need the same.
type Key<'p> = (&'p str, &'p str, How, Vec<String>);

fn check(program: &Program, report: &mut Report) {
    let tables = Tables::of(program);
    let mut found: BTreeMap<Key<'_>, Vec<&Site<'_>>> = BTreeMap::new();
    for site in &tables.sites {
        if !site.is_served() || indexes::dialect_of(program, site.table) != Dialect::Postgresql {
            continue;
        }
        for hidden in hidden(site) {
            let table = site.table;
            let key = (table.name.as_str(), table.location.file.as_str(), hidden.how, hidden.columns);
            found.entry(key).or_default().push(site);
        }
    }
    for ((.., how, columns), mut sites) in found {
        sites.sort_by_key(|site| (doubt_of(&tables, site, &how).is_some(), site.id));
        report.add(&RULE.doc, draft(&tables, &Hidden { how, columns }, &sites));
    }
}

fn hidden(site: &Site<'_>) -> Vec<Hidden> {
    let table = site.table;
    if is_narrowed(site) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut parts: Vec<String> = site.columns(&[PredicateOp::Contains]);
    let program = site.program();
    for column in &table.columns {
        if site.names(program, &site.asked.searched, &table.name, &column.field)
            && !parts.contains(&column.name)
        {
            parts.push(column.name.clone());
        }
    }
    parts.retain(|column| is_text(table, column) && !is_indexed_otherwise(table, column));
    let is_known = |column: &String| {
        let field = indexes::field(table, column);
        site.shape().sql.as_deref().is_some_and(looks_for_known)
            || site.names(program, &site.asked.searched_for_known, &table.name, field)
    };
    parts.retain(|column| !is_known(column));
    parts.sort();
    if !parts.is_empty() {
        found.push(Hidden { how: How::Part, columns: parts });
    }
    let folded = table.columns.iter().filter(|column| {
        site.names(program, &site.asked.folded, &table.name, &column.field)
            && is_text(table, &column.name)
            && !is_indexed_otherwise(table, &column.name)
    });
    found.extend(folded.map(|column| Hidden { how: How::Folded, columns: vec![column.name.clone()] }));
    let Some(sql) = &site.shape().sql else { return found };
    let unserved = unserved(sql, Dialect::Postgresql);
    for (column, text) in unserved.wrapped {
        if column.table == table.name
            && table.column(&column.column).is_some()
            && !is_indexed_otherwise(table, &column.column)
        {
            found.push(Hidden { how: How::Wrapped(text), columns: vec![column.column] });
        }
    }
    if unserved.shuffles {
        found.push(Hidden { how: How::Shuffled, columns: Vec::new() });
    }
    found
}

/// True for text that looks for something the program itself names: `LIKE '%@%'`, which most rows may have.
fn looks_for_known(sql: &str) -> bool {
    let lower = sql.to_ascii_lowercase();
    lower.split("like '").skip(1).any(|rest| {
        let pattern = rest.split('\'').next().unwrap_or_default();
        !pattern.trim_matches(['%', '_']).is_empty()
    })
}

/// True where another condition leaves few rows, or is what an index is for.
fn is_narrowed(site: &Site<'_>) -> bool {
    let equal = site.columns(&[PredicateOp::Equal, PredicateOp::In]);
    let selects = site.shape().filter.all_of.iter().any(|it| {
        matches!(it.op, PredicateOp::Equal | PredicateOp::In)
            && site
                .catalog_table(&it.column.table)
                .is_none_or(|table| indexes::is_selective(table, &it.column.column))
    });
    let ranged = site.columns(&[PredicateOp::Range, PredicateOp::Prefix]);
    selects || ranged.iter().any(|column| indexes::covers(site.table, &equal, column))
}

fn is_text(table: &Table, column: &str) -> bool {
    table.column(column).is_some_and(|it| it.kind == ColumnType::Text)
}

/// True where an index of words, parts or an expression holds the column.
fn is_indexed_otherwise(table: &Table, column: &str) -> bool {
    table.indexes.iter().any(|index| {
        let is_of_parts = !matches!(index.method, IndexMethod::Btree | IndexMethod::Hash);
        index
            .columns
            .iter()
            .any(|key| (is_of_parts && key == column) || (key.contains('(') && key.contains(column)))
    })
}

fn doubt_of(tables: &Tables<'_>, site: &Site<'_>, how: &How) -> Option<&'static str> {
    let filter = &site.shape().filter;
    let is_sql = matches!(how, How::Wrapped(_) | How::Shuffled);
    if !is_sql && filter.has_unknown && (site.asked.is_opaque || site.query.model.is_none()) {
        return Some("a part of the filter is not known and may find the rows");
    }
    let optional = site.table.columns.iter().any(|column| {
        let named = |fields| site.names(tables.program, fields, &site.table.name, &column.field);
        named(&site.asked.compared)
            && !named(&site.asked.searched)
            && !named(&site.asked.folded)
            && indexes::is_selective(site.table, &column.name)
    });
    if optional {
        return Some("a condition that is not always there may find the rows");
    }
    if !site.asked.followed.is_empty() {
        return Some("a condition on another table may find the rows");
    }
    if site.arrival.as_ref().is_some_and(|it| it.kind == EntryKind::Schedule) {
        return Some("a schedule runs it, for which nobody waits");
    }
    if *how == How::Part {
        return Some(
            "how often users search so, and whether an index of parts is worth its writes, is not known",
        );
    }
    volume::is_administration(tables.program, site).then_some("administrators ask it, who are few")
}

fn draft(tables: &Tables<'_>, hidden: &Hidden, sites: &[&Site<'_>]) -> Draft {
    let program = tables.program;
    let (site, table) = (sites[0], sites[0].table);
    let fields: Vec<&str> = hidden.columns.iter().map(|column| indexes::field(table, column)).collect();
    let names = fields.join(", ");
    let message = match &hidden.how {
        How::Part => format!("a search for parts of `{}.{names}` reads every row", table.model),
        How::Folded => format!("comparing `{}.{names}` without regard to case reads every row", table.model),
        How::Wrapped(text) => {
            format!("`{text}` hides the column from its index: every row of `{}` is read", table.model)
        }
        How::Shuffled => format!("`ORDER BY random()` reads and sorts every row of `{}`", table.model),
    };
    let at = paths::call_at(program, site.query.file, site.query.call);
    let anchor = format!("{} ({names})", table.name);
    let mut draft = Draft::new(Where::Code(at), message, anchor);
    draft.severity = RULE.doc.severity;
    draft.rank = 60 + 5 * sites.len().min(20) as u32;
    paths::put(site.arrival.as_ref(), &mut draft);
    for other in sites.iter().skip(1).take(4) {
        let at = Where::Code(paths::call_at(program, other.query.file, other.query.call));
        draft.evidence.push((EvidenceKind::Query, "asks the same".to_owned(), at));
    }
    if let Some(doubt) = doubt_of(tables, site, &hidden.how) {
        draft.doubt(doubt);
    }
    if tables.only_seeded(table) {
        draft.doubt("only seeds and scripts add rows");
    } else if !tables.grows(table) {
        draft.doubt("no request or job is seen to add rows");
    }
    if volume::volume(tables, site).score < 1 {
        draft.doubt("the table is not known to hold many rows");
    }
    draft.cost = Some(Cost {
        now: "n rows compared per query".to_owned(),
        after: "those that fit".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: format!("rows of `{}`", table.model) }],
    });
    draft.help = help(hidden, &names);
    draft.fix = Some(fix(table, hidden, &names));
    draft
}

fn help(hidden: &Hidden, names: &str) -> String {
    match &hidden.how {
        How::Part => format!(
            "create a trigram index on `{names}` (`CREATE EXTENSION pg_trgm`, then `USING gin (… gin_trgm_ops)`), \
             search only from the third letter on, or keep words in a `tsvector`"
        ),
        How::Folded => format!(
            "keep `{names}` in lower case and compare it with a value in lower case by plain equality, or create a \
             trigram index (`USING gin ({names} gin_trgm_ops)`)"
        ),
        How::Wrapped(text) if is_of_time(text) => {
            format!("compare `{names}` itself with the two ends of the time: `{names} >= … AND {names} < …`")
        }
        How::Wrapped(text) => format!("create an index on the expression: `(({text}))`"),
        How::Shuffled => "take rows behind a random point of an indexed column (`id >= …`), or \
                          `TABLESAMPLE SYSTEM` where the sample may be rough"
            .to_owned(),
    }
}

fn is_of_time(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["date", "date_trunc", "to_char"].iter().any(|it| lower.starts_with(&format!("{it}(")))
        || lower.contains("::date")
        || lower.contains("as date")
}

fn fix(table: &Table, hidden: &Hidden, names: &str) -> Fix {
    let columns: Vec<&str> = hidden.columns.iter().map(String::as_str).collect();
    let trigrams = || {
        let options =
            IndexOptions { method: IndexMethod::Gin, class: "gin_trgm_ops", ..IndexOptions::default() };
        Some(format!(
            "CREATE EXTENSION IF NOT EXISTS pg_trgm;\n{}",
            create_index(&table.name, &columns, options)
        ))
    };
    let (title, ddl) = match &hidden.how {
        How::Part | How::Folded => {
            (format!("create a trigram index on {} ({names})", table.name), trigrams())
        }
        How::Wrapped(text) if is_of_time(text) => (format!("compare {names} with a range"), None),
        How::Wrapped(text) => {
            let key = format!("({text})");
            let ddl = create_index(&table.name, &[&key], IndexOptions::default());
            (format!("create an index on {text} of {}", table.name), Some(ddl))
        }
        How::Shuffled => ("draw rows by a random point of an indexed column".to_owned(), None),
    };
    Fix { title, safety: FixSafety::Unsafe, edits: Vec::new(), ddl }
}

#[cfg(test)]
mod tests;
