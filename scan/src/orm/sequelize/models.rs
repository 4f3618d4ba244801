//! Models: `sequelize.define(…)` and `Model.init(…)` to tables, columns and indexes.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use tuneup_model::{ColumnType, Location, QueryApi};

use super::settings::{Settings, Styles};
use super::{associations, decorated, migrations};
use crate::facts::{CallId, Expr, ExprId, FileFacts, SymbolKind};
use crate::objects::{Given, Object, Reader};
use crate::orm::naming::{pluralize, singularize};
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
    pub(super) references: Vec<(usize, String, Place)>,
}

/// A model about to be declared.
pub(super) struct Made<'p, 'r> {
    pub(super) name: &'p str,
    pub(super) named: Named,
    pub(super) at: Place,
    pub(super) options: Object<'r>,
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
        let draft = self.add(&made, Some(Place { file, expr: *attributes }));
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
        let draft = self.add(&made, Some(Place { file, expr: *attributes }));
        self.by_made.insert(at, draft);
    }

    /// Adds a table for a model, with its columns and indexes.
    pub(super) fn add(&mut self, made: &Made<'p, 'r>, attributes: Option<Place>) -> usize {
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
