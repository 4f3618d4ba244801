//! Entity classes: decorators to tables and columns, named as the library's underscore naming does it.

use rustc_hash::FxHashMap;
use tuneup_model::{ColumnType, Dialect, Location, QueryApi};

use super::migrations;
use crate::facts::{CallId, ClassId, Expr, ExprId, FileFacts, Member, MemberKind, TypeId};
use crate::objects::{Given, Object, Reader};
use crate::orm::column_types::{annotated_type, named_type};
use crate::orm::tables::{TableDraft, schema_of, snake_case};
use crate::orm::{Declared, Named, text_at};
use crate::place::Place;
use crate::program::{ClassRef, Program, Role, Value};
use crate::report::{At, Texts};
use crate::schema::Schema;

/// Members of inherited classes further up than this are not read.
const MAX_ANCESTORS: usize = 8;

pub(super) fn declared(program: &Program, texts: &mut Texts<'_>) -> Option<Declared> {
    let none = Schema::default();
    let mut reading = Reading {
        program,
        reader: Reader::new(program, &none),
        texts,
        drafts: Vec::new(),
        by_class: FxHashMap::default(),
        statements: Vec::new(),
    };
    let entities = reading.entity_classes();
    if entities.is_empty() {
        return None;
    }
    for entity in &entities {
        reading.declare(entity);
    }
    for entity in entities.iter().filter(|it| !it.is_abstract) {
        reading.relate(entity);
    }
    for entity in entities.iter().filter(|it| !it.is_abstract) {
        reading.index(entity);
    }
    let mut names: Vec<(u32, Named)> =
        reading.by_class.iter().map(|(class, draft)| (*draft as u32, Named::Class(*class))).collect();
    names.sort_by_key(|(_, named)| match named {
        Named::Class(class) => (class.file, class.id.0),
        Named::Made(place) => (place.file, place.expr.0),
    });
    let statements = std::mem::take(&mut reading.statements);
    let mut schema = schema_of(QueryApi::MikroOrm, dialect(program), reading.drafts);
    migrations::apply(program, texts, statements, &mut schema.catalog);
    Some(Declared { schema, names })
}

/// The driver package that the program imports most.
fn dialect(program: &Program) -> Dialect {
    let mut votes = [0_usize; 4];
    for facts in &program.files {
        for import in &facts.imports {
            match facts.name(import.specifier) {
                "@mikro-orm/postgresql" => votes[0] += 1,
                "@mikro-orm/mysql" | "@mikro-orm/mariadb" => votes[1] += 1,
                "@mikro-orm/sqlite" | "@mikro-orm/better-sqlite" | "@mikro-orm/libsql" => votes[2] += 1,
                "@mikro-orm/mongodb" | "@mikro-orm/mssql" => votes[3] += 1,
                _ => {}
            }
        }
    }
    let most = votes.iter().max().copied().unwrap_or(0);
    match votes.iter().position(|votes| *votes == most) {
        Some(1) => Dialect::Mysql,
        Some(2) => Dialect::Sqlite,
        Some(3) => Dialect::Other,
        _ => Dialect::Postgresql,
    }
}

/// An entity class with the call of its decorator.
pub(super) struct Entity {
    pub(super) class: ClassRef,
    decorator: ExprId,
    pub(super) is_abstract: bool,
}

/// What a decorator of the library says.
pub(super) struct Decorator<'p> {
    pub(super) name: &'p str,
    pub(super) at: Place,
    pub(super) call: CallId,
}

pub(super) struct Reading<'r, 'p, 't> {
    pub(super) program: &'p Program,
    pub(super) reader: Reader<'r>,
    texts: &'r mut Texts<'t>,
    pub(super) drafts: Vec<TableDraft>,
    pub(super) by_class: FxHashMap<ClassRef, usize>,
    /// SQL text of index decorators.
    pub(super) statements: Vec<(String, Location)>,
}

impl<'r, 'p: 'r> Reading<'r, 'p, '_> {
    /// Entity classes; those that others extend first.
    fn entity_classes(&self) -> Vec<Entity> {
        let mut found = Vec::new();
        for (file, facts) in self.program.files.iter().enumerate() {
            if self.program.roles[file] == Role::Test {
                continue;
            }
            let file = file as u32;
            for (n, class) in facts.classes.iter().enumerate() {
                let class_ref = ClassRef { file, id: ClassId(n as u32) };
                let entity = class.decorators.iter().find_map(|expr| {
                    let it = decorator(self.program, Place { file, expr: *expr })?;
                    if it.name != "Entity" {
                        return None;
                    }
                    let is_abstract = class.is_abstract || self.is_true(&self.options(&it), "abstract");
                    Some(Entity { class: class_ref, decorator: *expr, is_abstract })
                });
                found.extend(entity);
            }
        }
        found
            .sort_by_key(|entity| (self.ancestors(entity.class).len(), entity.class.file, entity.class.id.0));
        found
    }

    /// The classes that a class extends, itself first.
    pub(super) fn ancestors(&self, class: ClassRef) -> Vec<ClassRef> {
        std::iter::successors(Some(class), |class| self.program.base_class(*class))
            .take(MAX_ANCESTORS)
            .collect()
    }

    pub(super) fn facts(&self, file: u32) -> &'p FileFacts {
        self.program.facts(file)
    }

    fn declare(&mut self, entity: &Entity) {
        let facts = self.facts(entity.class.file);
        let Some(name) = facts.class(entity.class.id).name.map(|name| facts.name(name)) else { return };
        if entity.is_abstract {
            return;
        }
        let ancestors = self.ancestors(entity.class);
        // A class that extends another entity shares its table.
        if let Some(draft) = ancestors.iter().skip(1).find_map(|class| self.by_class.get(class).copied()) {
            self.by_class.insert(entity.class, draft);
            self.columns(&ancestors, draft);
            return;
        }
        let at = Place { file: entity.class.file, expr: entity.decorator };
        let table = self.table_name(at, name);
        let location = self.location(at);
        let draft = self.drafts.len();
        self.drafts.push(TableDraft::new(name, &table, location));
        self.by_class.insert(entity.class, draft);
        self.columns(&ancestors, draft);
    }

    fn table_name(&self, at: Place, class: &str) -> String {
        let Some(it) = decorator(self.program, at) else { return snake_case(class) };
        let options = self.options(&it);
        let name = self.option(&options, "tableName").or_else(|| self.option(&options, "collection"));
        let name = name.map_or_else(|| snake_case(class), str::to_owned);
        match self.option(&options, "schema") {
            Some(schema) if schema != "public" && schema != "*" => format!("{schema}.{name}"),
            _ => name,
        }
    }

    /// Columns of the class and of those it extends.
    fn columns(&mut self, ancestors: &[ClassRef], draft: usize) {
        for class in ancestors.iter().rev() {
            for member in &self.facts(class.file).class(class.id).members {
                for it in self.decorators(class.file, member) {
                    self.column(*class, member, &it, draft);
                }
            }
        }
    }

    pub(super) fn decorators(&self, file: u32, member: &Member) -> Vec<Decorator<'p>> {
        let all =
            member.decorators.iter().filter_map(|expr| decorator(self.program, Place { file, expr: *expr }));
        all.collect()
    }

    fn column(&mut self, class: ClassRef, member: &'p Member, it: &Decorator<'p>, draft: usize) {
        if !matches!(it.name, "Property" | "PrimaryKey" | "SerializedPrimaryKey" | "Enum") {
            return;
        }
        let field = self.facts(class.file).name(member.name);
        let options = self.options(it);
        if self.is_false(&options, "persist") || it.name == "SerializedPrimaryKey" {
            return;
        }
        let stated = self.option(&options, "fieldName").or_else(|| self.option(&options, "name"));
        let name = stated.map_or_else(|| snake_case(field), str::to_owned);
        let annotation = annotation(member);
        let kind = self.kind(it, &options, class.file, annotation);
        let is_primary = it.name == "PrimaryKey" || self.is_true(&options, "primary");
        let nullable = self.is_true(&options, "nullable");
        let location = self.location(it.at);
        let draft = &mut self.drafts[draft];
        draft.column(field, &name, kind, nullable, location);
        if is_primary && !draft.primary_key.contains(&name) {
            draft.primary_key.push(name);
        }
    }

    fn kind(
        &self,
        it: &Decorator<'_>,
        options: &Object<'_>,
        file: u32,
        annotation: Option<TypeId>,
    ) -> ColumnType {
        if it.name == "Enum" {
            return ColumnType::Enum(String::new());
        }
        let stated = self.option(options, "columnType").or_else(|| self.option(options, "type"));
        match stated {
            Some("string") => return ColumnType::Text,
            Some("number") => return ColumnType::Int,
            Some("Date" | "datetime") => return ColumnType::Timestamp,
            // `varchar(255)`, `numeric(10, 2)`
            Some(name) => return named_type(name.split('(').next().unwrap_or(name).trim()),
            None => {}
        }
        annotation.map_or(ColumnType::Other(String::new()), |ty| annotated_type(self.facts(file), ty))
    }

    pub(super) fn args(&self, it: &Decorator<'_>) -> Vec<Place> {
        let facts = self.facts(it.at.file);
        facts.args(it.call).iter().map(|expr| Place { file: it.at.file, expr: *expr }).collect()
    }

    /// The options of a decorator: its last object argument.
    pub(super) fn options(&self, it: &Decorator<'_>) -> Object<'r> {
        let facts = self.facts(it.at.file);
        let object = self
            .args(it)
            .into_iter()
            .rev()
            .find(|at| !matches!(facts.expr(at.expr), Expr::Function(_) | Expr::Str(_) | Expr::Array(_)));
        object.map_or_else(Object::default, |at| self.reader.object(at))
    }

    pub(super) fn option(&self, options: &Object<'_>, name: &str) -> Option<&'p str> {
        match options.get(name) {
            Given::Sure(at) => text_at(self.program, at),
            _ => None,
        }
    }

    pub(super) fn is_true(&self, options: &Object<'_>, name: &str) -> bool {
        matches!(options.get(name), Given::Sure(at)
            if matches!(self.reader.see(at).expr, Expr::Bool(true) | Expr::Str(_)))
    }

    pub(super) fn is_false(&self, options: &Object<'_>, name: &str) -> bool {
        matches!(options.get(name), Given::Sure(at) if self.reader.see(at).expr == Expr::Bool(false))
    }

    pub(super) fn location(&mut self, at: Place) -> Location {
        place_of(self.program, self.texts, at)
    }

    /// The class that an annotation or `() => Class` names.
    pub(super) fn class_at(&self, at: Place) -> Option<ClassRef> {
        match self.program.eval(at) {
            Value::Class(class) => Some(class),
            Value::Function(function) => match self.program.return_value(function) {
                Value::Class(class) => Some(class),
                _ => None,
            },
            _ => None,
        }
    }
}

pub(super) fn annotation(member: &Member) -> Option<TypeId> {
    match &member.kind {
        MemberKind::Field(init) => init.annotation,
        _ => None,
    }
}

pub(super) fn place_of(program: &Program, texts: &mut Texts<'_>, at: Place) -> Location {
    let span = program.facts(at.file).span(at.expr);
    texts.location(At { file: at.file, span }).unwrap_or_else(|| Location {
        file: program.facts(at.file).path.clone(),
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 1,
    })
}

/// A decorator of the library; one that the program or another library makes counts as a property or an index where its
/// name says so.
pub(super) fn decorator(program: &Program, at: Place) -> Option<Decorator<'_>> {
    let facts = program.facts(at.file);
    let Expr::Call(call) = facts.expr(at.expr) else { return None };
    let callee = facts.call(call).callee;
    let name = match facts.expr(callee) {
        Expr::Symbol(symbol) => facts.name(facts.symbol(symbol).name),
        Expr::Member { property, .. } => facts.name(property),
        _ => return None,
    };
    match program.eval(Place { file: at.file, expr: callee }) {
        Value::Api(api) if super::is_own(&api.package) => {
            Some(Decorator { name: own_name(&api.path, name), at, call })
        }
        Value::Api(_) | Value::Function(_) | Value::Unknown if name.ends_with("Index") => {
            Some(Decorator { name: "Index", at, call })
        }
        Value::Function(_) if name.ends_with("Property") => Some(Decorator { name: "Property", at, call }),
        _ => None,
    }
}

/// The name of the export, whatever the import calls it.
fn own_name<'n>(path: &str, written: &'n str) -> &'n str {
    const NAMES: &[&str] = &[
        "Entity",
        "Property",
        "PrimaryKey",
        "SerializedPrimaryKey",
        "Enum",
        "ManyToOne",
        "OneToOne",
        "OneToMany",
        "ManyToMany",
        "Index",
        "Unique",
    ];
    NAMES.iter().find(|name| path == **name).copied().unwrap_or(written)
}
