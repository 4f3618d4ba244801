//! Migrations: what `up` of each file does to the tables, in the order of the files.

mod columns;

use tuneup_model::{Catalog, Dialect, Location, QueryApi, Table};

use crate::facts::{CallId, Expr, FileFacts, FnId, PropKey};
use crate::objects::{Given, Object, Reader, SqlText};
use crate::orm::migration_text::TextMigrations;
use crate::orm::{CallAt, Declared, chain_of, method_name, root_of, text_at};
use crate::place::Place;
use crate::program::{FnRef, Program, Role, Value};
use crate::report::{At, Texts};
use crate::schema::{RelationMode, Schema};

use super::conditions::identifiers;

pub(super) fn declared(program: &Program, texts: &mut Texts<'_>) -> Option<Declared> {
    let votes = dialect_votes(program);
    let dialect = votes.unwrap_or_default();
    let none = Schema::default();
    let mut reading = Reading {
        program,
        reader: Reader::new(program, &none),
        texts,
        catalog: Catalog { dialect, ..Catalog::default() },
    };
    let mut files: Vec<u32> = (0..program.files.len() as u32)
        .filter(|file| program.roles[*file as usize] != Role::Test)
        .filter(|file| has_up(program.facts(*file)))
        .collect();
    files.sort_by_key(|file| &program.facts(*file).path);
    for file in files {
        reading.file(file);
    }
    let mut catalog = reading.catalog;
    if catalog.tables.is_empty() && votes.is_none() {
        return None;
    }
    for table in &mut catalog.tables {
        let key = &table.primary_key;
        table.columns.iter_mut().filter(|it| key.contains(&it.name)).for_each(|it| it.nullable = false);
    }
    catalog.tables.sort_by(|a, b| a.name.cmp(&b.name));
    let schema = Schema {
        api: QueryApi::Knex,
        catalog,
        provider: dialect,
        relation_mode: RelationMode::ForeignKeys,
        ..Schema::default()
    };
    Some(Declared { schema, names: Vec::new() })
}

/// The driver that the program configures: `client: 'pg'` in a file that imports the library.
fn dialect_votes(program: &Program) -> Option<Dialect> {
    let mut votes = [0_usize; 3];
    for (file, facts) in program.files.iter().enumerate() {
        let names_library = facts.imports.iter().any(|it| facts.name(it.specifier).contains("knex"))
            || facts.path.contains("knexfile");
        if program.roles[file] == Role::Test || !names_library {
            continue;
        }
        for prop in &facts.props {
            let (PropKey::Name(key), Expr::Str(text)) = (prop.key, facts.expr(prop.value)) else { continue };
            if !matches!(facts.name(key), "client" | "dialect") {
                continue;
            }
            match facts.name(text) {
                "pg" | "postgres" | "postgresql" | "pgnative" | "pg-native" | "cockroachdb" => votes[0] += 1,
                "mysql" | "mysql2" => votes[1] += 1,
                "sqlite3" | "better-sqlite3" | "sqlite" => votes[2] += 1,
                _ => {}
            }
        }
    }
    match votes {
        [0, 0, 0] => None,
        [postgres, mysql, sqlite] if postgres >= mysql && postgres >= sqlite => Some(Dialect::Postgresql),
        [_, mysql, sqlite] if mysql >= sqlite => Some(Dialect::Mysql),
        _ => Some(Dialect::Sqlite),
    }
}

fn has_up(facts: &FileFacts) -> bool {
    facts.functions.iter().any(|it| it.name.is_some_and(|name| facts.name(name) == "up"))
}

struct Reading<'r, 'p, 't> {
    program: &'p Program,
    reader: Reader<'r>,
    texts: &'r mut Texts<'t>,
    catalog: Catalog,
}

impl<'r, 'p: 'r> Reading<'r, 'p, '_> {
    fn file(&mut self, file: u32) {
        let facts = self.program.facts(file);
        for n in 0..facts.calls.len() as u32 {
            let at = CallAt { file, call: CallId(n) };
            if is_reverted(facts, facts.call(at.call).function) {
                continue;
            }
            match method_name(self.program, at) {
                "raw" => self.raw(at),
                method if self.is_on_schema(at) => self.statement(at, method),
                _ => {}
            }
        }
    }

    /// True for `knex.schema.createTable(…)` and what is chained to it.
    fn is_on_schema(&self, at: CallAt) -> bool {
        let facts = self.program.facts(at.file);
        matches!(facts.expr(root_of(self.program, at)), Expr::Member { property, .. }
            if facts.name(property) == "schema")
    }

    fn statement(&mut self, at: CallAt, method: &str) {
        let facts = self.program.facts(at.file);
        let args: Vec<Place> =
            facts.args(at.call).iter().map(|expr| Place { file: at.file, expr: *expr }).collect();
        let Some(name) = args.first().and_then(|first| text_at(self.program, *first)) else { return };
        let name = match self.schema_of(at) {
            Some(schema) if schema != "public" => format!("{schema}.{name}"),
            _ => name.to_owned(),
        };
        let callback = args.get(1).map(|arg| self.program.eval(*arg));
        match (method, callback) {
            ("createTable" | "createTableIfNotExists", Some(Value::Function(function))) => {
                if !self.catalog.tables.iter().any(|table| table.name == name) {
                    let location = self.location(Place { file: at.file, expr: facts.call(at.call).callee });
                    self.catalog.tables.push(Table::empty(&name, location));
                }
                self.alter(&name, function);
            }
            ("alterTable" | "table", Some(Value::Function(function))) => self.alter(&name, function),
            ("dropTable" | "dropTableIfExists", _) => self.catalog.tables.retain(|table| table.name != name),
            ("renameTable", _) => {
                if let Some(to) = args.get(1).and_then(|arg| text_at(self.program, *arg)) {
                    self.rename(&name, to);
                }
            }
            _ => {}
        }
    }

    /// `knex.schema.withSchema('name')`.
    fn schema_of(&self, at: CallAt) -> Option<&'p str> {
        let calls = chain_of(self.program, at).into_iter();
        let mut steps = calls.map(|call| CallAt { file: at.file, call });
        let step = steps.find(|step| method_name(self.program, *step) == "withSchema")?;
        let first = *self.program.facts(step.file).args(step.call).first()?;
        text_at(self.program, Place { file: step.file, expr: first })
    }

    fn rename(&mut self, from: &str, to: &str) {
        for table in &mut self.catalog.tables {
            if table.name == from {
                to.clone_into(&mut table.name);
                to.clone_into(&mut table.model);
            }
            for key in table.foreign_keys.iter_mut().filter(|key| key.references == from) {
                to.clone_into(&mut key.references);
            }
        }
    }

    /// SQL text of a migration: `knex.raw('CREATE INDEX …')`.
    fn raw(&mut self, at: CallAt) {
        let facts = self.program.facts(at.file);
        let args: Vec<Place> =
            facts.args(at.call).iter().map(|expr| Place { file: at.file, expr: *expr }).collect();
        let Some(first) = args.first() else { return };
        let mut text = SqlText::default();
        self.reader.text(*first, &mut text);
        text.bind(&identifiers(&self.reader, args.get(1).copied()));
        // What is laid in is not known: no declaration to rely on.
        let Some(text) = text.whole() else { return };
        let location = self.location(Place { file: at.file, expr: facts.call(at.call).expr });
        let mut migrations = TextMigrations::onto(std::mem::take(&mut self.catalog));
        migrations.apply(&text, location);
        self.catalog = migrations.finish();
    }

    /// Applies what the callback says of a table, in order.
    fn alter(&mut self, name: &str, function: FnRef) {
        let Some(n) = self.catalog.tables.iter().position(|table| table.name == name) else { return };
        let facts = self.program.facts(function.file);
        for (id, call) in facts.calls.iter().enumerate() {
            let at = CallAt { file: function.file, call: CallId(id as u32) };
            let is_part = facts.calls.iter().any(
                |next| matches!(facts.expr(next.callee), Expr::Member { object, .. } if object == call.expr),
            );
            if is_part || !self.is_on_table(at, function) {
                continue;
            }
            let mut steps: Vec<CallAt> =
                chain_of(self.program, at).into_iter().map(|call| CallAt { file: at.file, call }).collect();
            steps.reverse();
            self.column(n, &steps);
        }
    }

    /// True for a chain on the first parameter of the callback.
    fn is_on_table(&self, at: CallAt, function: FnRef) -> bool {
        let root = root_of(self.program, at);
        match self.program.facts(at.file).expr(root) {
            Expr::This => self.program.facts(at.file).call(at.call).function == function.id,
            _ => self.program.parameter(at.file, root) == Some((function.id, 0)),
        }
    }

    fn args(&self, at: CallAt) -> Vec<Place> {
        let facts = self.program.facts(at.file);
        facts.args(at.call).iter().map(|expr| Place { file: at.file, expr: *expr }).collect()
    }

    fn text(&self, at: CallAt, n: usize) -> Option<&'p str> {
        text_at(self.program, *self.args(at).get(n)?)
    }

    /// `'a'` and `['a', 'b']`.
    fn texts_at(&self, at: Place) -> Vec<String> {
        let seen = self.reader.see(at);
        match seen.expr {
            Expr::Array(list) => {
                let items = self.reader.list(seen.place.file, list);
                items.filter_map(|item| text_at(self.program, item)).map(str::to_owned).collect()
            }
            _ => text_at(self.program, at).map(str::to_owned).into_iter().collect(),
        }
    }

    fn option(&self, object: &Object<'_>, name: &str) -> Option<&'p str> {
        match object.get(name) {
            Given::Sure(at) => text_at(self.program, at),
            _ => None,
        }
    }

    fn location(&mut self, at: Place) -> Location {
        let span = self.program.facts(at.file).span(at.expr);
        self.texts.location(At { file: at.file, span }).unwrap_or_else(|| Location {
            file: self.program.facts(at.file).path.clone(),
            line: 1,
            column: 1,
            end_line: 1,
            end_column: 1,
        })
    }
}

/// True within a function named `down`.
fn is_reverted(facts: &FileFacts, function: FnId) -> bool {
    std::iter::successors(Some(function), |id| facts.function(*id).parent)
        .any(|id| facts.function(id).name.is_some_and(|name| facts.name(name) == "down"))
}
