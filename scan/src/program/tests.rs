//! Tests of the program model: small programs in, what their calls reach out.
//!
//! Lines say `file:line` and then what was concluded, so that a wrong conclusion reads as a difference of text.

mod classes;
mod drivers;
mod drizzle;
mod entries;
mod handles;
mod hostile;
mod imports;
mod knex;
mod kysely;
mod mikro_orm;
mod sequelize;
mod typed_handles;
mod values;
mod ways_in;
mod wrappers;

use tuneup_testkit::fixture::Fixture;

use super::{EntryKind, Origin, Program, Target};
use crate::analysis::load;
use crate::facts::{CallId, FnId, Span};
use crate::{Candidates, MemoryTree, Options, Queries};

const SCHEMA: &str = r#"
datasource db {
  provider = "postgresql"
}
generator client {
  provider = "prisma-client-js"
}
model User {
  id    String @id
  email String @unique
  posts Post[]
}
model Post {
  id       String @id
  title    String
  authorId String
  author   User   @relation(fields: [authorId], references: [id])
  @@index([authorId])
}
"#;

/// A linked program with the texts it was made of.
struct Linked {
    program: Program,
    fixture: Fixture,
}

/// Links a fixture; a schema of users and posts is added where it has none.
fn link(text: &str) -> Linked {
    link_with("", text)
}

/// The same with a configuration.
fn link_with(settings: &str, text: &str) -> Linked {
    let mut fixture = Fixture::parse(text);
    if !fixture.files.iter().any(|(path, _)| path.ends_with(".prisma")) {
        fixture.files.push(("schema.prisma".to_owned(), SCHEMA.to_owned()));
    }
    let tree = MemoryTree::new(fixture.files.clone());
    let options = Options {
        rules: None,
        candidates: Candidates::Show,
        queries: Queries::Omit,
        focus: "",
        handles: &crate::config(settings).expect("the settings of a test are right").handles,
        levels: &crate::Levels::default(),
        isolate: None,
        kept: None,
        progress: &|_| {},
    };
    let loaded = load(&tree, &options);
    assert_eq!(loaded.warnings, [], "fixtures are well formed");
    Linked { program: loaded.program, fixture }
}

impl Linked {
    fn line(&self, file: u32, span: Span) -> String {
        let path = &self.program.facts(file).path;
        let before = &self.fixture.text(path)[..span.start as usize];
        format!("{path}:{}", before.matches('\n').count() + 1)
    }

    fn call_line(&self, file: u32, call: CallId) -> String {
        let facts = self.program.facts(file);
        self.line(file, facts.span(facts.call(call).expr))
    }
}

/// `file:line table method`, and `assumed` where the handle was not followed.
fn query_calls(text: &str) -> Vec<String> {
    query_calls_with("", text)
}

/// The same with a configuration.
fn query_calls_with(settings: &str, text: &str) -> Vec<String> {
    let linked = link_with(settings, text);
    let mut found: Vec<(u32, u32, String)> = linked
        .program
        .queries
        .iter()
        .map(|query| {
            let facts = linked.program.facts(query.file);
            let start = facts.span(facts.call(query.call).expr).start;
            let line = linked.call_line(query.file, query.call);
            let table = query.shape.table.name().unwrap_or("?");
            let assumed = if query.assumed { " assumed" } else { "" };
            (query.file, start, format!("{line} {table} {}{assumed}", query.shape.method))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(.., text)| text).collect()
}

/// Adds to a line.
fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    use std::fmt::Write as _;
    out.write_fmt(text).unwrap();
}

/// Each query as `file:line operation table (joined) [columns compared]`, and what is not known.
fn shapes(text: &str) -> Vec<String> {
    let linked = link(text);
    let mut found: Vec<(u32, u32, String)> = Vec::new();
    for query in &linked.program.queries {
        let facts = linked.program.facts(query.file);
        let start = facts.span(facts.call(query.call).expr).start;
        let shape = &query.shape;
        let mut out = linked.call_line(query.file, query.call);
        put(&mut out, format_args!(" {:?} {}", shape.operation, shape.table.name().unwrap_or("?")));
        if !shape.joined.is_empty() {
            put(&mut out, format_args!(" ({})", shape.joined.join(", ")));
        }
        for it in &shape.filter.all_of {
            put(&mut out, format_args!(" {}.{} {:?}", it.column.table, it.column.column, it.op));
        }
        if shape.filter.has_unknown {
            out.push_str(" and more");
        }
        for it in &shape.order {
            put(
                &mut out,
                format_args!(" by {}{}", it.column.column, if it.descending { " desc" } else { "" }),
            );
        }
        if shape.limit != tuneup_model::Bound::Absent {
            put(&mut out, format_args!(" limit {:?}", shape.limit));
        }
        found.push((query.file, start, out));
    }
    found.sort();
    found.into_iter().map(|(.., text)| text).collect()
}

/// Each table that a library declares: name, place, columns, keys and indexes.
fn tables(text: &str, api: tuneup_model::QueryApi) -> Vec<String> {
    let linked = link(text);
    let schemas = linked.program.schemas.iter().filter(|schema| schema.api == api);
    let mut found = Vec::new();
    for schema in schemas {
        for table in &schema.catalog.tables {
            let columns: Vec<String> = table
                .columns
                .iter()
                .map(|it| format!("{}{}:{:?}", it.name, if it.nullable { "?" } else { "" }, it.kind))
                .collect();
            let mut out = format!(
                "{:?} {} {}:{}",
                schema.provider, table.name, table.location.file, table.location.line
            );
            put(&mut out, format_args!(" [{}] key({})", columns.join(" "), table.primary_key.join(", ")));
            for it in &table.indexes {
                let unique = if it.unique { "unique" } else { "index" };
                let partial = if it.partial { " partial" } else { "" };
                put(&mut out, format_args!(" {unique}({}){partial}", it.columns.join(", ")));
            }
            for it in &table.foreign_keys {
                let to = it.referenced_columns.join(", ");
                put(
                    &mut out,
                    format_args!(" {} -> {}({to}) {:?}", it.columns.join(", "), it.references, it.on_delete),
                );
            }
            found.push(out);
        }
    }
    found
}

/// The tables that the program itself declares: place, name, columns, keys, indexes, references.
fn declared_tables(linked: &Linked) -> Vec<String> {
    let tables = linked.program.catalog.tables.iter().filter(|it| !it.location.file.ends_with(".prisma"));
    let told = tables.map(|table| {
        let columns = table.columns.iter().map(|it| {
            let nullable = if it.nullable { "?" } else { "" };
            format!("{}:{:?}{nullable}", it.name, it.kind)
        });
        let indexes = table.indexes.iter().map(|it| {
            let unique = if it.unique { "unique " } else { "" };
            format!("{unique}{}{}", it.columns.join("+"), if it.partial { " partly" } else { "" })
        });
        let keys = table.foreign_keys.iter().map(|it| {
            let (own, other) = (it.columns.join("+"), it.referenced_columns.join("+"));
            format!("{own} -> {}.{other} {:?}", it.references, it.on_delete)
        });
        format!(
            "{}:{} {} ({}) key {} indexes [{}] references [{}]",
            table.location.file,
            table.location.line,
            table.name,
            columns.collect::<Vec<_>>().join(" "),
            table.primary_key.join("+"),
            indexes.collect::<Vec<_>>().join(", "),
            keys.collect::<Vec<_>>().join(", ")
        )
    });
    told.collect()
}

/// `file:line callee -> Function` for every call that reaches functions of the program.
fn targets(text: &str) -> Vec<String> {
    let linked = link(text);
    let program = &linked.program;
    let mut found = Vec::new();
    for (file, targets) in program.targets.iter().enumerate() {
        let file = file as u32;
        for (n, target) in targets.iter().enumerate() {
            let Target::Functions(functions, memo) = target else { continue };
            let call = CallId(n as u32);
            let mut names: Vec<String> = functions.iter().map(|it| program.function_name(*it)).collect();
            names.sort();
            let memo = memo.map_or_else(String::new, |memo| format!(" {memo:?}"));
            let callee = program.expr_text(file, program.facts(file).call(call).callee);
            let line = linked.call_line(file, call);
            found.push(format!("{line} {callee} -> {}{memo}", names.join(" | ")));
        }
    }
    found.sort();
    found
}

/// `file:line function kind` for every entry point.
fn entries(text: &str) -> Vec<String> {
    let linked = link(text);
    let entries = linked.program.entries.iter().map(|entry| {
        let function = linked.program.facts(entry.function.file).function(entry.function.id);
        let line = linked.line(entry.function.file, function.span);
        format!("{line} {} {:?}", linked.program.function_name(entry.function), entry.kind)
    });
    let mut entries: Vec<String> = entries.collect();
    entries.sort();
    entries
}

/// How each query is reached: `file:line entry-kind`, `by name` or `not reached`.
fn arrivals(text: &str) -> Vec<String> {
    let linked = link(text);
    let program = &linked.program;
    let arrivals = program.queries.iter().map(|query| {
        let id = program.facts(query.file).call(query.call).function;
        let line = linked.call_line(query.file, query.call);
        let mut current = super::FnRef { file: query.file, id };
        let mut by_name = "";
        for _ in 0..32 {
            current = match program.origin(current) {
                None => return format!("{line} not reached"),
                Some(Origin::Entry(entry)) => {
                    let kind: EntryKind = program.entries[entry as usize].kind;
                    return format!("{line} {kind:?}{by_name}");
                }
                Some(Origin::Call { file, call }) => {
                    super::FnRef { file, id: program.facts(file).call(call).function }
                }
                Some(Origin::Within(outer)) => outer,
                Some(Origin::Named(outer)) => {
                    by_name = " by name";
                    outer
                }
            };
        }
        format!("{line} too far")
    });
    let mut arrivals: Vec<String> = arrivals.collect();
    arrivals.sort();
    arrivals
}

#[test]
fn top_level_code_is_a_function_of_its_own() {
    let linked = link("//- /main.ts\nconsole.log(1);\n");
    assert_eq!(linked.program.function_name(super::FnRef { file: 0, id: FnId(0) }), "(module)");
}
