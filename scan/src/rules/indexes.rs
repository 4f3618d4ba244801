//! What the rules on tables share: who reads and fills each table, which index serves a query, and how an index is
//! advised.
//!
//! Sizes are not in the source. That a table grows is read off the code: something an entry point reaches inserts into
//! it. That an index serves a query is decided as a planner would with no statistics: a prefix of the index is fixed
//! by equalities, and one of them tells rows apart.

mod cached;

use std::collections::{BTreeMap, BTreeSet};

use tuneup_model::{
    ColumnType, Dialect, Edit, Experiment, ExperimentKind, Fix, FixSafety, IndexMethod, Location, Operation,
    Parameter, PredicateOp, QueryShape, Table,
};
use tuneup_sql::{IndexOptions, create_index};

pub(super) use self::cached::is_cached;
use super::asked::{self, Asked};
use super::paths::{self, Arrival};
use super::wording;
use crate::program::{EntryKind, FnRef, Program, Query, Role};
use crate::schema::{Model, RelationMode};

/// A query of an application file on a known table.
#[derive(Debug)]
pub(super) struct Site<'p> {
    pub id: u32,
    pub query: &'p Query,
    pub table: &'p Table,
    pub asked: Asked,
    program: &'p Program,
    pub arrival: Option<Arrival>,
}

/// What the code does to one table.
#[derive(Debug, Default, Clone)]
pub(super) struct Filling {
    /// Inserts that a request, job or the like reaches.
    pub served: Vec<u32>,
    /// Inserts of application code that nothing reaches.
    pub idle: u32,
    /// Inserts of seeds, scripts and migrations.
    pub seeded: u32,
}

/// The queries of the program by table.
#[derive(Debug)]
pub(super) struct Tables<'p> {
    pub program: &'p Program,
    pub sites: Vec<Site<'p>>,
    /// By name and place of the table: several databases may have one of that name.
    filling: BTreeMap<TableKey<'p>, Filling>,
}

/// Name, file and line of a table.
type TableKey<'p> = (&'p str, &'p str, u32);

fn key_of(table: &Table) -> TableKey<'_> {
    (&table.name, &table.location.file, table.location.line)
}

impl<'p> Tables<'p> {
    pub(super) fn of(program: &'p Program) -> Self {
        let mut tables = Self { program, sites: Vec::new(), filling: BTreeMap::new() };
        for (id, query) in program.queries.iter().enumerate() {
            let role = program.roles[query.file as usize];
            if role == Role::Test {
                continue;
            }
            let function = program.facts(query.file).call(query.call).function;
            let arrival = paths::arrival(program, FnRef { file: query.file, id: function });
            tables.count_insert(id as u32, query, role, arrival.is_some());
            let table = query.shape.table.name().and_then(|name| program.table_for(query, name));
            if let Some(table) = table
                && role == Role::App
            {
                tables.sites.push(Site {
                    id: id as u32,
                    query,
                    table,
                    asked: asked::asked(program, query),
                    program,
                    arrival,
                });
            }
        }
        tables
    }

    fn count_insert(&mut self, id: u32, query: &'p Query, role: Role, is_reached: bool) {
        let shape = &query.shape;
        let main = match shape.operation {
            Operation::Insert | Operation::InsertMany | Operation::Upsert => shape.table.name(),
            _ => None,
        };
        let nested = shape.joined.iter().map(String::as_str).filter(|_| shape.operation.is_write());
        for table in main.into_iter().chain(nested) {
            let Some(table) = self.program.table_for(query, table) else { continue };
            let filling = self.filling.entry(key_of(table)).or_default();
            match role {
                Role::App if is_reached => filling.served.push(id),
                Role::App => filling.idle += 1,
                _ => filling.seeded += 1,
            }
        }
    }

    pub(super) fn filling(&self, table: &Table) -> Filling {
        self.filling.get(&key_of(table)).cloned().unwrap_or_default()
    }

    /// True where work for users adds rows.
    pub(super) fn grows(&self, table: &Table) -> bool {
        self.filling.get(&key_of(table)).is_some_and(|filling| !filling.served.is_empty())
    }

    /// True where only seeds and scripts add rows.
    pub(super) fn only_seeded(&self, table: &Table) -> bool {
        self.filling
            .get(&key_of(table))
            .is_some_and(|filling| filling.served.is_empty() && filling.idle == 0 && filling.seeded > 0)
    }
}

impl Site<'_> {
    /// True where the argument names this field of the model behind a table.
    pub(super) fn names(
        &self,
        program: &Program,
        fields: &BTreeSet<(usize, String)>,
        table: &str,
        field: &str,
    ) -> bool {
        let Some((schema, _)) = self.query.model else { return false };
        let models = &program.schemas[schema as usize].models;
        fields.iter().any(|(model, name)| name == field && models[*model].table == table)
    }

    /// Reached by work for users, not only by whoever imports a package.
    pub(super) fn is_served(&self) -> bool {
        self.arrival.as_ref().is_some_and(|it| it.kind != EntryKind::Export)
    }

    /// Reached by jobs and schedules, nobody waits for: by its entry, or by what its file is called.
    pub(super) fn is_background(&self) -> bool {
        match self.arrival.as_ref().map(|it| it.kind) {
            Some(EntryKind::Job | EntryKind::Schedule) => true,
            // Handed to a queue of the program's own, or a route that a scheduler calls.
            Some(EntryKind::Callback | EntryKind::Request) => {
                let first = self.arrival.iter().flat_map(|it| &it.steps).next();
                let file = first.map_or(self.query.file, |step| step.at.file);
                let path = self.program.facts(file).path.to_ascii_lowercase();
                let mut words = path.split(|it: char| !it.is_ascii_alphanumeric());
                words.any(|word| {
                    ["queue", "queues", "worker", "workers", "job", "jobs", "cron", "crons"].contains(&word)
                })
            }
            _ => false,
        }
    }

    pub(super) fn program(&self) -> &Program {
        self.program
    }

    pub(super) fn shape(&self) -> &QueryShape {
        &self.query.shape
    }

    pub(super) fn function(&self, program: &Program) -> FnRef {
        FnRef { file: self.query.file, id: program.facts(self.query.file).call(self.query.call).function }
    }

    pub(super) fn catalog_table(&self, name: &str) -> Option<&Table> {
        self.program.table_for(self.query, name)
    }

    /// The columns of the table compared in one of these ways, in order and once.
    pub(super) fn columns(&self, wanted: &[PredicateOp]) -> Vec<String> {
        self.columns_of(self.table, wanted)
    }

    /// The same for another table that the filter reaches.
    pub(super) fn columns_of(&self, table: &Table, wanted: &[PredicateOp]) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for predicate in &self.query.shape.filter.all_of {
            if predicate.column.table == table.name
                && wanted.contains(&predicate.op)
                && !found.contains(&predicate.column.column)
            {
                found.push(predicate.column.column.clone());
            }
        }
        found
    }
}

/// True where indexes are advised for the database of a table.
pub(super) fn advises_indexes(program: &Program, table: &Table) -> bool {
    dialect_of(program, table) != Dialect::Other
}

/// The dialect of the database that a table is of.
pub(super) fn dialect_of(program: &Program, table: &Table) -> Dialect {
    program.schema_of_table(table).map_or(program.catalog.dialect, |schema| schema.provider)
}

/// True where the database of a table itself makes an index for each foreign key.
pub(super) fn indexes_foreign_keys(program: &Program, table: &Table) -> bool {
    match dialect_of(program, table) {
        Dialect::Postgresql | Dialect::Sqlite => false,
        Dialect::Mysql => program
            .schema_of_table(table)
            .is_none_or(|schema| schema.relation_mode == RelationMode::ForeignKeys),
        Dialect::Other => true,
    }
}

/// True where equality on the column leaves few rows: not flags, not enums, nor text that stands for one.
pub(super) fn is_selective(table: &Table, column: &str) -> bool {
    let Some(column) = table.column(column) else { return false };
    match column.kind {
        ColumnType::Bool
        | ColumnType::Enum(_)
        | ColumnType::Json
        | ColumnType::Bytes
        | ColumnType::Array(_) => false,
        ColumnType::Text | ColumnType::Int | ColumnType::Other(_) => !names_a_sort(&column.field),
        _ => true,
    }
}

/// Names of columns that hold one of a few values.
fn names_a_sort(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let words = [
        "status",
        "state",
        "type",
        "kind",
        "role",
        "locale",
        "language",
        "currency",
        "priority",
        "visibility",
        "gender",
        "level",
        "mode",
        "category",
        "provider",
        "platform",
        "country",
    ];
    words.iter().any(|word| lower == *word || lower.ends_with(&format!("_{word}")))
        || words.iter().any(|word| name.len() > word.len() && name.ends_with(&capitalized(word)))
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_ascii_uppercase() + rest
}

/// True where an index or the primary key finds rows by these equalities: its leading columns are all among them, and
/// one of those tells rows apart.
pub(super) fn serves(table: &Table, equal: &[String]) -> bool {
    serves_with(table, equal, equal)
}

/// The same where some leading columns are fixed without telling rows apart: `IS NULL`.
pub(super) fn serves_with(table: &Table, equal: &[String], fixed: &[String]) -> bool {
    let finds = |key: &[String]| {
        let mut fixed = key.iter().take_while(|column| fixed.contains(column));
        fixed.any(|column| equal.contains(column) && is_selective(table, column))
    };
    finds(&table.primary_key)
        || table.indexes.iter().any(|index| {
            matches!(index.method, IndexMethod::Btree | IndexMethod::Hash) && finds(&index.columns)
        })
}

/// True where an index or the primary key holds the column behind nothing but fixed ones: it gives ranges and order.
pub(super) fn covers(table: &Table, fixed: &[String], column: &str) -> bool {
    let gives =
        |key: &[String]| key.iter().find(|part| !fixed.contains(part)).is_some_and(|part| part == column);
    gives(&table.primary_key) || table.indexes.iter().any(|index| gives(&index.columns))
}

/// True where an index leads with one of the fixed columns and holds the column further on: it was made for both.
pub(super) fn narrows(table: &Table, fixed: &[String], column: &String) -> bool {
    let holds =
        |key: &[String]| key.first().is_some_and(|first| fixed.contains(first)) && key.contains(column);
    table.indexes.iter().any(|index| holds(&index.columns))
}

/// Names for people: `Comment.postId`, `Comment(postId, type)`.
pub(super) fn field<'t>(table: &'t Table, column: &'t str) -> &'t str {
    table.column(column).map_or(column, |it| it.field.as_str())
}

/// Where an index is to be declared: at the column, or at the table where it has the column from a class of its own.
pub(super) fn place(table: &Table, column: &str) -> Location {
    let column = table.column(column).map(|it| &it.location);
    column.filter(|it| it.file == table.location.file).unwrap_or(&table.location).clone()
}

/// An index to add: in the schema where there is one, and as a statement.
pub(super) fn index_fix(program: &Program, table: &Table, columns: &[String]) -> Fix {
    let fields: Vec<&str> = columns.iter().map(|column| field(table, column)).collect();
    let declared = wording::index(wording::api_of_table(program, table), &table.model, &fields);
    let edit = model_of(program, table).and_then(|model| {
        let (attribute, _) = declared.as_ref()?;
        let closing = model.closing.as_ref().filter(|closing| closing.line > model.location.line)?;
        let location = Location {
            file: closing.file.clone(),
            line: closing.line,
            column: 1,
            end_line: closing.line,
            end_column: 1,
        };
        Some(Edit { location, text: format!("  {attribute}\n") })
    });
    Fix {
        title: match &declared {
            Some((declaration, place)) => format!("add {declaration} to {}", place.replace('`', "")),
            None => format!("create an index on {} ({})", table.name, fields.join(", ")),
        },
        safety: FixSafety::Safe,
        edits: edit.into_iter().collect(),
        ddl: Some(statement(program, table, columns)),
    }
}

/// True for text of MySQL without a length, of which an index takes only a stated prefix.
pub(super) fn needs_prefix(program: &Program, table: &Table, columns: &[String]) -> bool {
    let is_long = |column: &String| {
        table.column(column).is_some_and(
            |it| matches!(&it.kind, ColumnType::Other(kind) if kind.to_ascii_lowercase().ends_with("text")),
        )
    };
    dialect_of(program, table) == Dialect::Mysql && columns.iter().any(is_long)
}

/// What to do, for people.
pub(super) fn advice(program: &Program, table: &Table, fields: &str) -> String {
    let names: Vec<&str> = fields.split(", ").collect();
    let live = wording::on_live_table(dialect_of(program, table));
    match wording::index(wording::api_of_table(program, table), &table.model, &names) {
        Some((declaration, place)) => format!("add `{declaration}` to {place}{live}"),
        None => format!("create an index on `{} ({fields})`{live}", table.name),
    }
}

fn model_of<'p>(program: &'p Program, table: &Table) -> Option<&'p Model> {
    let schema = program.schema_of_table(table)?;
    schema.models.iter().find(|model| model.table == table.name && !model.is_view)
}

fn statement(program: &Program, table: &Table, columns: &[String]) -> String {
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    create_index(
        &table.name,
        &columns,
        IndexOptions { dialect: dialect_of(program, table), ..IndexOptions::default() },
    )
}

/// The same statement without and with the index, over growing tables.
pub(super) fn index_experiment(
    program: &Program,
    table: &Table,
    columns: &[String],
    shape: &QueryShape,
) -> Experiment {
    Experiment {
        kind: ExperimentKind::AddIndex,
        before: vec![shape.clone()],
        after: Vec::new(),
        after_ddl: vec![statement(program, table, columns)],
        vary: vec![Parameter { name: "rows".to_owned(), values: vec![1_000, 10_000, 100_000] }],
        same_rows: true,
    }
}
