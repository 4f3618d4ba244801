//! Attributes and indexes of a model to columns and indexes of its table.

use tuneup_model::ColumnType;

use super::models::{Reading, column_name};
use crate::facts::Expr;
use crate::objects::{Given, Object};
use crate::orm::column_types::named_type;
use crate::orm::text_at;
use crate::place::Place;

impl<'r, 'p: 'r> Reading<'r, 'p, '_> {
    pub(super) fn attributes(&mut self, draft: usize, at: Place) {
        let attributes = self.reader.object(at);
        for entry in &attributes.entries {
            self.attribute(draft, entry.name, entry.value);
        }
    }

    /// `name: DataTypes.STRING` or `name: { type: DataTypes.STRING, … }`.
    pub(super) fn attribute(&mut self, draft: usize, field: &str, at: Place) {
        let seen = self.reader.see(at);
        let options = match seen.expr {
            Expr::Object(_) => self.reader.object(at),
            _ => Object::default(),
        };
        let kind = match (seen.expr, options.get("type")) {
            (Expr::Object(_), Given::Sure(at)) => self.kind(at),
            (Expr::Object(_), _) => Some(ColumnType::Other(String::new())),
            _ => self.kind(at),
        };
        // A virtual attribute has no column.
        let Some(kind) = kind else { return };
        let styles = self.notes[draft].styles;
        let name = self.text(&options, "field").map_or_else(|| column_name(field, styles), str::to_owned);
        let is_primary = self.is(&options, "primaryKey", true);
        let nullable = !is_primary && !self.is(&options, "allowNull", false);
        let unique = match options.get("unique") {
            Given::Sure(at) => self.reader.see(at).expr == Expr::Bool(true),
            _ => false,
        };
        if let Given::Sure(at) = options.get("references") {
            self.references.push((draft, name.clone(), at));
        }
        let location = self.location(at);
        let draft = &mut self.drafts[draft];
        draft.column(field, &name, kind, nullable, location);
        if is_primary {
            draft.primary_key.push(name);
        } else if unique {
            draft.index(vec![name], true);
        }
    }

    /// The kind of a column by its `DataTypes`; nothing for one that is not stored.
    pub(super) fn kind(&self, at: Place) -> Option<ColumnType> {
        if let Some(text) = text_at(self.program, at) {
            return Some(named_type(text.split('(').next().unwrap_or(text).trim()));
        }
        let facts = self.facts(at.file);
        let mut expr = at.expr;
        for _ in 0..8 {
            match facts.expr(expr) {
                Expr::Call(call) => {
                    let callee = facts.call(call).callee;
                    if let Expr::Member { property, .. } = facts.expr(callee)
                        && facts.name(property) == "ARRAY"
                    {
                        let item = facts.args(call).first();
                        let item = item.and_then(|item| self.kind(Place { file: at.file, expr: *item }));
                        return Some(ColumnType::Array(Box::new(
                            item.unwrap_or(ColumnType::Other(String::new())),
                        )));
                    }
                    expr = callee;
                }
                Expr::Member { object, property } => match data_type(facts.name(property)) {
                    Stored::As(kind) => return Some(kind),
                    Stored::Never => return None,
                    // `STRING.BINARY`, `INTEGER.UNSIGNED`.
                    Stored::Unsaid if matches!(facts.expr(object), Expr::Member { .. }) => expr = object,
                    Stored::Unsaid => return Some(ColumnType::Other(facts.name(property).to_owned())),
                },
                Expr::Symbol(symbol) => match facts.symbol(symbol).definition {
                    Some(definition) => expr = definition,
                    None => break,
                },
                _ => break,
            }
        }
        Some(ColumnType::Other(String::new()))
    }

    /// `indexes: [{ fields: ['a', { name: 'b' }], unique: true }]`.
    pub(super) fn indexes(&mut self, draft: usize, at: Place) {
        let seen = self.reader.see(at);
        let Expr::Array(list) = seen.expr else { return };
        let items: Vec<Place> = self.reader.list(seen.place.file, list).collect();
        for item in items {
            let options = self.reader.object(item);
            self.index(draft, &options);
        }
    }

    /// True for fields with an order or collation of their own: `[{ name: 'title', collate: 'NOCASE' }]`.
    fn has_objects(&self, fields: Place) -> bool {
        let seen = self.reader.see(fields);
        let Expr::Array(list) = seen.expr else { return false };
        self.reader
            .list(seen.place.file, list)
            .any(|item| matches!(self.reader.see(item).expr, Expr::Object(_)))
    }

    /// One index by its options; where a part is not known, none.
    pub(super) fn index(&mut self, draft: usize, options: &Object<'_>) {
        let Given::Sure(fields) = options.get("fields") else { return };
        let Some(columns) = self.index_columns(draft, fields) else { return };
        let unique = self.is(options, "unique", true)
            || self.text(options, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("unique"));
        let method = match self.text(options, "using").map(str::to_ascii_lowercase).as_deref() {
            None | Some("btree") => tuneup_model::IndexMethod::Btree,
            Some("hash") => tuneup_model::IndexMethod::Hash,
            Some("gin") => tuneup_model::IndexMethod::Gin,
            Some("gist") => tuneup_model::IndexMethod::Gist,
            Some("brin") => tuneup_model::IndexMethod::Brin,
            Some(_) => tuneup_model::IndexMethod::Other,
        };
        let partial = options.get("where") != Given::Absent;
        let name = self.text(options, "name").map(str::to_owned);
        let tuned = self.has_objects(fields);
        let index = tuneup_model::Index { name, columns, unique, method, partial, tuned };
        let draft = &mut self.drafts[draft];
        if !index.columns.is_empty() && !draft.indexes.contains(&index) {
            draft.indexes.push(index);
        }
    }

    fn index_columns(&self, draft: usize, at: Place) -> Option<Vec<String>> {
        let seen = self.reader.see(at);
        let Expr::Array(list) = seen.expr else { return None };
        let columns = self.reader.list(seen.place.file, list).map(|item| {
            let field = text_at(self.program, item).or_else(|| {
                let options = self.reader.object(item);
                self.text(&options, "name").or_else(|| self.text(&options, "attribute"))
            })?;
            Some(self.drafts[draft].column_of(field).unwrap_or_else(|| field.to_owned()))
        });
        columns.collect()
    }
}

/// What a data type says of its column.
enum Stored {
    As(ColumnType),
    Never,
    Unsaid,
}

fn data_type(name: &str) -> Stored {
    Stored::As(match name {
        "STRING" | "TEXT" | "CHAR" | "CITEXT" => ColumnType::Text,
        "UUID" | "UUIDV1" | "UUIDV4" => ColumnType::Uuid,
        "INTEGER" | "SMALLINT" | "TINYINT" | "MEDIUMINT" => ColumnType::Int,
        "BIGINT" => ColumnType::BigInt,
        "FLOAT" | "REAL" | "DOUBLE" => ColumnType::Float,
        "DECIMAL" | "NUMERIC" => ColumnType::Decimal,
        "BOOLEAN" => ColumnType::Bool,
        "DATE" => ColumnType::Timestamp,
        "DATEONLY" => ColumnType::Date,
        "JSON" | "JSONB" => ColumnType::Json,
        "BLOB" => ColumnType::Bytes,
        "ENUM" => ColumnType::Enum(String::new()),
        "TIME" | "GEOMETRY" | "GEOGRAPHY" | "HSTORE" | "RANGE" | "INET" | "CIDR" | "MACADDR" | "TSVECTOR" => {
            ColumnType::Other(name.to_ascii_lowercase())
        }
        "VIRTUAL" => return Stored::Never,
        _ => return Stored::Unsaid,
    })
}
