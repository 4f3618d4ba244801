//! Models: `sequelize.define(…)` and `Model.init(…)` to tables, columns and indexes.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use tuneup_model::{ColumnType, Dialect, Location, QueryApi};

use super::naming::{pluralize, singularize};
use super::{associations, decorated, migrations};
use crate::facts::{CallId, CallKind, Expr, ExprId, FileFacts, PropKey, SymbolKind};
use crate::objects::{Given, Object, Reader};
use crate::orm::column_types::named_type;
use crate::orm::tables::{RelationDraft, TableDraft, schema_of, snake_case};
use crate::orm::{Declared, Handle, HandleKind, Named, text_at};
use crate::place::Place;
use crate::program::{ClassRef, Program, Role, Value};
use crate::report::{At, Texts};
use crate::schema::Schema;

pub(super) fn declared(program: &Program, texts: &mut Texts<'_>) -> Option<Declared> {
    let none = Schema::default();
    let reader = Reader::new(program, &none);
    let settings = Settings::of(program, &reader);
    let mut reading = Reading {
        program,
        reader,
        texts,
        settings,
        drafts: Vec::new(),
        notes: Vec::new(),
        names: Vec::new(),
        by_class: FxHashMap::default(),
        by_made: FxHashMap::default(),
        by_name: BTreeMap::new(),
        references: Vec::new(),
    };
    for file in 0..program.files.len() as u32 {
        if program.roles[file as usize] != Role::Test {
            reading.models_of(file);
            decorated::models_of(&mut reading, file);
        }
    }
    if reading.drafts.is_empty() {
        return None;
    }
    associations::relate(&mut reading);
    decorated::relate(&mut reading);
    reading.bare_references();
    migrations::apply(&mut reading);
    let (names, dialect) = (reading.names, reading.settings.dialect);
    Some(Declared { schema: schema_of(QueryApi::Sequelize, dialect, reading.drafts), names })
}

/// What the constructor of the connection says of all models.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    dialect: Dialect,
    styles: Styles,
}

/// Options that models share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Styles {
    pub(super) underscored: bool,
    freeze: bool,
    timestamps: bool,
    paranoid: bool,
}

/// What names of a model go by.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) singular: String,
    pub(super) plural: String,
    pub(super) styles: Styles,
    /// The key is one that the library adds.
    pub(super) adds_key: bool,
}

pub(super) struct Reading<'r, 'p, 't> {
    pub(super) program: &'p Program,
    pub(super) reader: Reader<'r>,
    pub(super) texts: &'r mut Texts<'t>,
    pub(super) settings: Settings,
    pub(super) drafts: Vec<TableDraft>,
    /// Parallel to `drafts`.
    pub(super) notes: Vec<Note>,
    names: Vec<(u32, Named)>,
    pub(super) by_class: FxHashMap<ClassRef, usize>,
    by_made: FxHashMap<Place, usize>,
    pub(super) by_name: BTreeMap<String, usize>,
    /// `references: { model, key }` of columns: the draft, the column, and the option.
    references: Vec<(usize, String, Place)>,
}

/// A model about to be declared.
pub(super) struct Made<'p, 'r> {
    pub(super) name: &'p str,
    pub(super) named: Named,
    pub(super) at: Place,
    pub(super) options: Object<'r>,
}

impl Settings {
    fn of(program: &Program, reader: &Reader<'_>) -> Self {
        let plain = Styles { underscored: false, freeze: false, timestamps: true, paranoid: false };
        let mut settings = Self { dialect: Dialect::Postgresql, styles: plain };
        let mut stated = None;
        for (file, facts) in program.files.iter().enumerate() {
            if program.roles[file] == Role::Test {
                continue;
            }
            for call in facts.calls.iter().filter(|call| call.kind == CallKind::New) {
                let at = |expr: ExprId| Place { file: file as u32, expr };
                let Value::Api(api) = program.eval(at(call.callee)) else { continue };
                if !super::is_own(&api.package) || !super::is_constructor(&api.path) {
                    continue;
                }
                for arg in facts.list(call.args) {
                    if let Some(url) = text_at(program, at(*arg)) {
                        stated = stated.or_else(|| named_dialect(url.split(':').next().unwrap_or_default()));
                        continue;
                    }
                    let options = reader.object(at(*arg));
                    if let Given::Sure(at) = options.get("dialect") {
                        stated = stated.or_else(|| text_at(program, at).and_then(named_dialect));
                    }
                    if let Given::Sure(at) = options.get("define") {
                        settings.styles = settings.styles.with(reader, &reader.object(at));
                    }
                }
            }
        }
        settings.dialect = stated.or_else(|| configured(program)).unwrap_or(Dialect::Postgresql);
        settings
    }
}

impl Styles {
    pub(super) fn with(mut self, reader: &Reader<'_>, options: &Object<'_>) -> Self {
        let flags = [
            ("underscored", &mut self.underscored),
            ("freezeTableName", &mut self.freeze),
            ("timestamps", &mut self.timestamps),
            ("paranoid", &mut self.paranoid),
        ];
        for (name, flag) in flags {
            if let Given::Sure(at) = options.get(name)
                && let Expr::Bool(value) = reader.see(at).expr
            {
                *flag = value;
            }
        }
        self
    }
}

/// `dialect: 'mysql'` of a configuration that the constructor is given as a whole.
fn configured(program: &Program) -> Option<Dialect> {
    let files = program.files.iter().enumerate().filter(|(file, _)| program.roles[*file] != Role::Test);
    let mut props = files.flat_map(|(_, facts)| facts.props.iter().map(move |prop| (facts, prop)));
    props.find_map(|(facts, prop)| match (prop.key, facts.expr(prop.value)) {
        (PropKey::Name(key), Expr::Str(text)) if facts.name(key) == "dialect" => {
            named_dialect(facts.name(text))
        }
        _ => None,
    })
}

fn named_dialect(name: &str) -> Option<Dialect> {
    Some(match name {
        "postgres" | "postgresql" => Dialect::Postgresql,
        "mysql" | "mariadb" => Dialect::Mysql,
        "sqlite" => Dialect::Sqlite,
        "mssql" | "oracle" | "db2" | "snowflake" => Dialect::Other,
        _ => return None,
    })
}

impl<'r, 'p: 'r> Reading<'r, 'p, '_> {
    pub(super) fn facts(&self, file: u32) -> &'p FileFacts {
        self.program.facts(file)
    }

    fn models_of(&mut self, file: u32) {
        let facts = self.facts(file);
        for n in 0..facts.calls.len() {
            let call = CallId(n as u32);
            let Expr::Member { object, property } = facts.expr(facts.call(call).callee) else { continue };
            match facts.name(property) {
                "init" => self.initialized(file, call, object),
                "define" => self.defined(file, call, object),
                _ => {}
            }
        }
    }

    /// `User.init(attributes, options)`, `super.init(…)` and `this.init(…)` within the class.
    fn initialized(&mut self, file: u32, call: CallId, object: ExprId) {
        let facts = self.facts(file);
        let at = Place { file, expr: object };
        let value = match facts.expr(object) {
            Expr::Super => self.program.this_value(at),
            _ => self.program.eval(at),
        };
        let Value::Class(class) = value else { return };
        let is_model = self.program.base_api(class).is_some_and(|api| super::is_model_base(&api));
        let [attributes, rest @ ..] = facts.args(call) else { return };
        let holds_attributes = |expr: ExprId| {
            matches!(self.reader.see(Place { file, expr }).expr, Expr::Object(_) | Expr::Call(_))
        };
        if !is_model || self.by_class.contains_key(&class) || !holds_attributes(*attributes) {
            return;
        }
        let options =
            rest.first().map_or_else(Object::default, |expr| self.reader.object(Place { file, expr: *expr }));
        let own = self.facts(class.file).class(class.id).name.map(|name| self.facts(class.file).name(name));
        let Some(name) = self.text(&options, "modelName").or(own) else { return };
        let at = Place { file, expr: facts.call(call).expr };
        let made = Made { name, named: Named::Class(class), at, options };
        let draft = self.add(made, Some(Place { file, expr: *attributes }));
        self.by_class.insert(class, draft);
    }

    /// `sequelize.define('user', attributes, options)`.
    fn defined(&mut self, file: u32, call: CallId, object: ExprId) {
        let facts = self.facts(file);
        let at = Place { file, expr: object };
        let is_connection = matches!(
            self.program.eval(at),
            Value::Handle(Handle { api: QueryApi::Sequelize, kind: HandleKind::Connection })
        );
        // The factory of a model takes its connection as a parameter.
        let is_named_so = self.program.expr_text(file, object).to_lowercase().ends_with("sequelize");
        let [name, attributes, rest @ ..] = facts.args(call) else { return };
        let Some(name) = text_at(self.program, Place { file, expr: *name }) else { return };
        if !is_connection && !is_named_so {
            return;
        }
        let options =
            rest.first().map_or_else(Object::default, |expr| self.reader.object(Place { file, expr: *expr }));
        let at = Place { file, expr: facts.call(call).expr };
        if self.by_made.contains_key(&at) {
            return;
        }
        let made = Made { name, named: Named::Made(at), at, options };
        let draft = self.add(made, Some(Place { file, expr: *attributes }));
        self.by_made.insert(at, draft);
    }

    /// Adds a table for a model, with its columns and indexes.
    pub(super) fn add(&mut self, made: Made<'p, 'r>, attributes: Option<Place>) -> usize {
        let styles = self.settings.styles.with(&self.reader, &made.options);
        let (singular, plural) = self.stated_names(made.name, &made.options);
        let table = match self.text(&made.options, "tableName") {
            Some(table) => table.to_owned(),
            None if styles.freeze => made.name.to_owned(),
            None => column_name(&pluralize(made.name), styles),
        };
        let table = match self.text(&made.options, "schema") {
            Some(schema) if schema != "public" => format!("{schema}.{table}"),
            _ => table,
        };
        let draft = self.drafts.len();
        let location = self.location(made.at);
        self.drafts.push(TableDraft::new(made.name, &table, location));
        self.notes.push(Note { singular, plural, styles, adds_key: false });
        self.names.push((draft as u32, made.named));
        self.by_name.entry(made.name.to_owned()).or_insert(draft);
        if let Some(attributes) = attributes {
            self.attributes(draft, attributes);
            self.complete(draft, &made.options);
        }
        draft
    }

    /// What the library adds on its own, and indexes.
    pub(super) fn complete(&mut self, draft: usize, options: &Object<'_>) {
        let location = self.drafts[draft].location.clone();
        let styles = self.notes[draft].styles;
        if self.drafts[draft].primary_key.is_empty() {
            self.drafts[draft].column("id", "id", ColumnType::Int, false, location.clone());
            self.drafts[draft].primary_key.push("id".to_owned());
            self.notes[draft].adds_key = true;
        }
        if styles.timestamps {
            let deleted = styles.paranoid.then_some("deletedAt");
            for field in ["createdAt", "updatedAt"].into_iter().chain(deleted) {
                let given = match options.get(field) {
                    Given::Sure(at) => match self.reader.see(at).expr {
                        Expr::Bool(false) => continue,
                        _ => text_at(self.program, at),
                    },
                    _ => None,
                };
                let field = given.unwrap_or(field);
                let nullable = deleted == Some(field);
                let name = column_name(field, styles);
                self.drafts[draft].column(field, &name, ColumnType::Timestamp, nullable, location.clone());
            }
        }
        if let Given::Sure(at) = options.get("indexes") {
            self.indexes(draft, at);
        }
    }

    fn stated_names(&self, name: &str, options: &Object<'_>) -> (String, String) {
        let stated = match options.get("name") {
            Given::Sure(at) => self.reader.object(at),
            _ => Object::default(),
        };
        let singular = self.text(&stated, "singular").map_or_else(|| singularize(name), str::to_owned);
        let plural = self.text(&stated, "plural").map_or_else(|| pluralize(name), str::to_owned);
        (singular, plural)
    }

    fn attributes(&mut self, draft: usize, at: Place) {
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
    fn indexes(&mut self, draft: usize, at: Place) {
        let seen = self.reader.see(at);
        let Expr::Array(list) = seen.expr else { return };
        let items: Vec<Place> = self.reader.list(seen.place.file, list).collect();
        for item in items {
            let options = self.reader.object(item);
            self.index(draft, &options);
        }
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
        let index = tuneup_model::Index { name, columns, unique, method, partial };
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

    /// References that columns state and no association makes.
    fn bare_references(&mut self) {
        for (draft, column, at) in std::mem::take(&mut self.references) {
            let options = self.reader.object(at);
            let Given::Sure(model) = options.get("model") else { continue };
            let Some(target) = self.target_of(model) else { continue };
            let columns = vec![column];
            if self.drafts[draft].relations.iter().any(|it| it.columns == columns) {
                continue;
            }
            let location = self.location(at);
            let references = self.drafts[target].primary_key.clone();
            self.drafts[draft].relations.push(RelationDraft {
                field: None,
                target,
                list: false,
                optional: true,
                references,
                columns,
                opposite: None,
                on_delete: tuneup_model::ReferentialAction::NoAction,
                is_constraint: true,
                location,
            });
        }
    }

    /// A table by its model, its name, or `{ tableName }`.
    fn target_of(&self, at: Place) -> Option<usize> {
        let by_table = |name: &str| self.drafts.iter().position(|draft| draft.table == name);
        if let Some(name) = text_at(self.program, at) {
            return by_table(name).or_else(|| self.by_name.get(name).copied());
        }
        if matches!(self.reader.see(at).expr, Expr::Object(_)) {
            return self.text(&self.reader.object(at), "tableName").and_then(by_table);
        }
        self.model_at(at)
    }

    /// The model that an expression stands for: its class, what `define` gives, or a property of what holds models.
    pub(super) fn model_at(&self, at: Place) -> Option<usize> {
        let mut at = at;
        for _ in 0..16 {
            if let Some(known) = self.by_made.get(&at) {
                return Some(*known);
            }
            match self.program.eval(at) {
                Value::Class(class) => return self.model_of_class(class),
                Value::Module(file) => match self.program.only_export(file) {
                    Some(Value::Class(class)) => return self.model_of_class(class),
                    _ => return None,
                },
                _ => {}
            }
            let facts = self.facts(at.file);
            let here = |expr: ExprId| Place { file: at.file, expr };
            at = match facts.expr(at.expr) {
                Expr::Await(inner) | Expr::Cast { expr: inner, .. } => here(inner),
                Expr::Member { object, property } if self.holds_models(here(object)) => {
                    return self.by_name.get(facts.name(property)).copied();
                }
                Expr::Call(call) => return self.model_of_call(at.file, call),
                Expr::Symbol(symbol) if facts.symbol(symbol).kind == SymbolKind::Value => {
                    match facts.symbol(symbol).definition {
                        Some(definition) => here(definition),
                        None => return None,
                    }
                }
                _ => match crate::objects::Follow::follow(self.program, at) {
                    Some(next) if next != at => next,
                    _ => return None,
                },
            };
        }
        None
    }

    /// `sequelize.model('user')`, or a factory: `require('./user')(sequelize)`.
    fn model_of_call(&self, file: u32, call: CallId) -> Option<usize> {
        let facts = self.facts(file);
        let callee = facts.call(call).callee;
        if let Expr::Member { property, .. } = facts.expr(callee)
            && facts.name(property) == "model"
        {
            let name = text_at(self.program, Place { file, expr: *facts.args(call).first()? })?;
            return self.by_name.get(name).copied();
        }
        let factory = match self.program.eval(Place { file, expr: callee }) {
            Value::Module(module) => self.program.default_function(module)?,
            Value::Function(function) => function,
            _ => return None,
        };
        let returns = &self.facts(factory.file).function(factory.id).returns;
        returns.iter().find_map(|it| self.model_at(Place { file: factory.file, expr: it.value }))
    }

    pub(super) fn model_of_class(&self, class: ClassRef) -> Option<usize> {
        let mut class = Some(class);
        for _ in 0..8 {
            let current = class?;
            if let Some(draft) = self.by_class.get(&current) {
                return Some(*draft);
            }
            class = self.program.base_class(current);
        }
        None
    }

    /// `sequelize.models`, or a parameter or variable called so.
    fn holds_models(&self, at: Place) -> bool {
        let text = self.program.expr_text(at.file, at.expr);
        matches!(text.rsplit('.').next().unwrap_or_default(), "models" | "db")
    }

    pub(super) fn text(&self, options: &Object<'_>, name: &str) -> Option<&'p str> {
        match options.get(name) {
            Given::Sure(at) => text_at(self.program, at),
            _ => None,
        }
    }

    pub(super) fn is(&self, options: &Object<'_>, name: &str, wanted: bool) -> bool {
        matches!(options.get(name), Given::Sure(at) if self.reader.see(at).expr == Expr::Bool(wanted))
    }

    pub(super) fn location(&mut self, at: Place) -> Location {
        let span = self.facts(at.file).span(at.expr);
        self.texts.location(At { file: at.file, span }).unwrap_or_else(|| Location {
            file: self.facts(at.file).path.clone(),
            line: 1,
            column: 1,
            end_line: 1,
            end_column: 1,
        })
    }
}

/// Name in the database of a field.
pub(super) fn column_name(field: &str, styles: Styles) -> String {
    if styles.underscored { snake_case(field) } else { field.to_owned() }
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
