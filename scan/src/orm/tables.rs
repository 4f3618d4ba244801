//! Tables as a library's declarations give them, collected into a [`Schema`].
//!
//! Relations name their target before it is known: they are paired when all tables are there.

use std::collections::BTreeMap;

use tuneup_model::{
    Catalog, Column, ColumnType, Dialect, ForeignKey, Index, IndexMethod, Location, QueryApi,
    ReferentialAction, Table,
};

use crate::place::Place;
use crate::program::Program;
use crate::report::{At, Texts};
use crate::schema::{Field, FieldKind, Model, Relation, RelationMode, Schema};

/// One table as declared.
#[derive(Debug, Clone)]
pub(crate) struct TableDraft {
    /// Name in the program.
    pub model: String,
    /// Name in the database.
    pub table: String,
    pub columns: Vec<Column>,
    pub primary_key: Vec<String>,
    pub indexes: Vec<Index>,
    pub relations: Vec<RelationDraft>,
    pub location: Location,
}

/// A relation field, or a reference without one.
#[derive(Debug, Clone)]
pub(crate) struct RelationDraft {
    /// Name of the field in the program; absent for a bare reference.
    pub field: Option<String>,
    /// The other model, by its place in the list of drafts.
    pub target: usize,
    /// True where the other side has many.
    pub list: bool,
    pub optional: bool,
    /// Columns of this table that hold the reference; empty on the other side.
    pub columns: Vec<String>,
    /// Columns referred to; empty for the primary key.
    pub references: Vec<String>,
    /// The field on the other side.
    pub opposite: Option<String>,
    pub on_delete: ReferentialAction,
    /// False where the database keeps no constraint.
    pub is_constraint: bool,
    pub location: Location,
}

impl TableDraft {
    pub(crate) fn new(model: &str, table: &str, location: Location) -> Self {
        Self {
            model: model.to_owned(),
            table: table.to_owned(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            indexes: Vec::new(),
            relations: Vec::new(),
            location,
        }
    }

    /// Adds a column unless the table has it.
    pub(crate) fn column(
        &mut self,
        field: &str,
        name: &str,
        kind: ColumnType,
        nullable: bool,
        location: Location,
    ) {
        if !self.columns.iter().any(|column| column.name == name) {
            let (name, field) = (name.to_owned(), field.to_owned());
            self.columns.push(Column { name, field, kind, nullable, location });
        }
    }

    /// Adds a b-tree index over columns by their names in the database.
    pub(crate) fn index(&mut self, columns: Vec<String>, unique: bool) {
        let index =
            Index { name: None, columns, unique, method: IndexMethod::Btree, partial: false, tuned: false };
        if !index.columns.is_empty() && !self.indexes.contains(&index) {
            self.indexes.push(index);
        }
    }

    /// Name in the database of a field; a relation field stands for its first column.
    pub(crate) fn column_of(&self, field: &str) -> Option<String> {
        let own = self.columns.iter().find(|column| column.field == field).map(|column| column.name.clone());
        own.or_else(|| {
            let relation = self.relations.iter().find(|it| it.field.as_deref() == Some(field))?;
            relation.columns.first().cloned()
        })
    }
}

/// The schema that all drafts of a library make; models keep the order of the drafts.
pub(crate) fn schema_of(api: QueryApi, dialect: Dialect, drafts: Vec<TableDraft>) -> Schema {
    let relations: Vec<Vec<Relation>> =
        drafts.iter().map(|draft| draft.relations.iter().map(|it| relation(it, &drafts)).collect()).collect();
    let mut tables = Vec::with_capacity(drafts.len());
    let mut models = Vec::with_capacity(drafts.len());
    let names: Vec<String> = drafts.iter().map(|draft| draft.table.clone()).collect();
    for (draft, relations) in drafts.into_iter().zip(relations) {
        models.push(model(&draft, relations));
        tables.push(table(draft, &names));
    }
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    let by_accessor: BTreeMap<String, usize> =
        models.iter().enumerate().map(|(n, model)| (model.accessor.clone(), n)).collect();
    Schema {
        api,
        catalog: Catalog { dialect, tables, enums: Vec::new() },
        models,
        generators: Vec::new(),
        provider: dialect,
        relation_mode: RelationMode::ForeignKeys,
        warnings: Vec::new(),
        by_accessor,
    }
}

fn relation(draft: &RelationDraft, drafts: &[TableDraft]) -> Relation {
    let references = if draft.references.is_empty() && !draft.columns.is_empty() {
        drafts[draft.target].primary_key.clone()
    } else {
        draft.references.clone()
    };
    Relation {
        model: draft.target,
        list: draft.list,
        optional: draft.optional,
        columns: draft.columns.clone(),
        references,
        opposite: draft.opposite.clone(),
    }
}

fn model(draft: &TableDraft, relations: Vec<Relation>) -> Model {
    let scalars = draft.columns.iter().map(Field::of_column);
    let related = draft.relations.iter().zip(relations).filter_map(|(draft, relation)| {
        let name = draft.field.clone()?;
        Some(Field { name, kind: FieldKind::Relation(relation), location: draft.location.clone() })
    });
    // A relation field hides the column of the same name.
    let mut fields: Vec<Field> = related.collect();
    for field in scalars {
        if !fields.iter().any(|known| known.name == field.name) {
            fields.push(field);
        }
    }
    Model {
        name: draft.model.clone(),
        accessor: draft.model.clone(),
        table: draft.table.clone(),
        is_view: false,
        is_ignored: false,
        fields,
        unique_keys: Vec::new(),
        location: draft.location.clone(),
        closing: None,
    }
}

fn table(draft: TableDraft, names: &[String]) -> Table {
    let constraints = draft.relations.iter().filter(|it| it.is_constraint && !it.columns.is_empty());
    let foreign_keys = constraints
        .map(|it| ForeignKey {
            columns: it.columns.clone(),
            references: names[it.target].clone(),
            referenced_columns: it.references.clone(),
            on_delete: it.on_delete,
            field: it.field.clone(),
            opposite_field: it.opposite.clone(),
            location: it.location.clone(),
        })
        .collect();
    Table {
        name: draft.table,
        model: draft.model,
        columns: draft.columns,
        primary_key: draft.primary_key,
        indexes: draft.indexes,
        foreign_keys,
        location: draft.location,
    }
}

/// Where something is declared.
pub(crate) fn location_of(program: &Program, texts: &mut Texts<'_>, at: Place) -> Location {
    let facts = program.facts(at.file);
    texts.location(At { file: at.file, span: facts.span(at.expr) }).unwrap_or_else(|| Location {
        file: facts.path.clone(),
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 1,
    })
}

/// `OrderLine` → `order_line`, as the libraries' naming strategies do it.
pub(crate) fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (n, c) in chars.iter().enumerate() {
        let starts_word = c.is_uppercase()
            && n > 0
            && (chars[n - 1].is_lowercase()
                || chars[n - 1].is_ascii_digit()
                || (chars[n - 1].is_uppercase() && chars.get(n + 1).is_some_and(|next| next.is_lowercase())));
        if starts_word {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
