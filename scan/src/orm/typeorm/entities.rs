//! Entity classes: decorators to tables, columns, relations and indexes, with the default naming strategy.

use rustc_hash::FxHashMap;
use tuneup_model::{ColumnType, Dialect, Location, QueryApi};

use crate::facts::{CallId, ClassId, Expr, ExprId, FileFacts, Member, MemberKind, TypeId};
use crate::objects::{Given, Object, Reader};
use crate::orm::column_types::{annotated_type, named_type};
use crate::orm::tables::{TableDraft, schema_of, snake_case};
use crate::orm::{Declared, Named, text_at};
use crate::place::Place;
use crate::program::{ClassRef, FnRef, Program, Role, Value};
use crate::report::{At, Texts};
use crate::schema::Schema;

/// Decorated members of inherited classes further up than this are not read.
pub(super) const MAX_ANCESTORS: usize = 8;

pub(super) fn declared(program: &Program, texts: &mut Texts<'_>) -> Option<Declared> {
    let none = Schema::default();
    let mut reading = Reading {
        program,
        reader: Reader::new(program, &none),
        texts,
        snake: uses_snake_case(program),
        drafts: Vec::new(),
        by_class: FxHashMap::default(),
    };
    let classes = reading.entity_classes();
    if classes.is_empty() {
        return None;
    }
    // Children share the table of the class they extend, which may stand anywhere.
    for entity in classes.iter().filter(|entity| !entity.is_child) {
        reading.declare(entity);
    }
    for entity in classes.iter().filter(|entity| entity.is_child) {
        reading.adopt(entity);
    }
    for entity in &classes {
        reading.relate(entity);
    }
    let mut names: Vec<(u32, Named)> =
        reading.by_class.iter().map(|(class, draft)| (*draft as u32, Named::Class(*class))).collect();
    names.sort_by_key(|(_, named)| match named {
        Named::Class(class) => (class.file, class.id.0),
        Named::Made(place) => (place.file, place.expr.0),
    });
    let dialect = dialect(program);
    let schema = schema_of(QueryApi::Typeorm, dialect, reading.drafts);
    Some(Declared { schema, names })
}

/// The driver that the program configures: `type: 'postgres'` beside an import of the library.
fn dialect(program: &Program) -> Dialect {
    let mut votes = [0_usize; 3];
    for (file, facts) in program.files.iter().enumerate() {
        if program.roles[file] == Role::Test {
            continue;
        }
        for prop in &facts.props {
            let crate::facts::PropKey::Name(key) = prop.key else { continue };
            if facts.name(key) != "type" {
                continue;
            }
            if let Expr::Str(text) = facts.expr(prop.value) {
                match facts.name(text) {
                    "postgres" | "aurora-postgres" | "cockroachdb" => votes[0] += 1,
                    "mysql" | "mariadb" | "aurora-mysql" => votes[1] += 1,
                    "sqlite" | "better-sqlite3" | "sqljs" => votes[2] += 1,
                    _ => {}
                }
            }
        }
    }
    match votes {
        [postgres, mysql, sqlite] if postgres >= mysql && postgres >= sqlite => Dialect::Postgresql,
        [_, mysql, sqlite] if mysql >= sqlite => Dialect::Mysql,
        _ => Dialect::Sqlite,
    }
}

fn uses_snake_case(program: &Program) -> bool {
    program.files.iter().any(|facts| {
        facts.imports.iter().any(|import| facts.name(import.specifier) == "typeorm-naming-strategies")
    })
}

/// An entity class with the call of its decorator.
pub(super) struct Entity {
    pub(super) class: ClassRef,
    decorator: ExprId,
    is_child: bool,
}

/// What a decorator of the library says.
pub(super) struct Decorator<'p> {
    pub(super) name: &'p str,
    pub(super) at: Place,
    pub(super) call: CallId,
    pub(super) file: u32,
}

pub(super) struct Reading<'r, 'p, 't> {
    pub(super) program: &'p Program,
    reader: Reader<'r>,
    texts: &'r mut Texts<'t>,
    snake: bool,
    pub(super) drafts: Vec<TableDraft>,
    pub(super) by_class: FxHashMap<ClassRef, usize>,
}

impl<'r, 'p: 'r> Reading<'r, 'p, '_> {
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
                    let decorator = decorator(self.program, Place { file, expr: *expr })?;
                    let is_child = decorator.name == "ChildEntity";
                    let is_entity = is_child || matches!(decorator.name, "Entity" | "ViewEntity");
                    is_entity.then_some(Entity { class: class_ref, decorator: *expr, is_child })
                });
                found.extend(entity);
            }
        }
        found
    }

    pub(super) fn facts(&self, file: u32) -> &'p FileFacts {
        self.program.facts(file)
    }

    fn declare(&mut self, entity: &Entity) {
        let facts = self.facts(entity.class.file);
        let class = facts.class(entity.class.id);
        let Some(name) = class.name.map(|name| facts.name(name)) else { return };
        let table = self.table_name(entity, name);
        let at = Place { file: entity.class.file, expr: entity.decorator };
        let location = self.location(at);
        let draft = self.drafts.len();
        self.drafts.push(TableDraft::new(name, &table, location));
        self.by_class.insert(entity.class, draft);
        self.columns(entity.class, draft, 0);
        if self.drafts[draft].primary_key.is_empty()
            && let Some(id) = self.drafts[draft].column_of("id")
        {
            self.drafts[draft].primary_key.push(id);
        }
    }

    /// `@ChildEntity()`: the columns go to the table of the nearest entity above.
    fn adopt(&mut self, entity: &Entity) {
        let mut class = entity.class;
        for _ in 0..MAX_ANCESTORS {
            let Some(base) = self.program.base_class(class) else { return };
            if let Some(draft) = self.by_class.get(&base).copied() {
                self.by_class.insert(entity.class, draft);
                self.columns(entity.class, draft, 0);
                return;
            }
            class = base;
        }
    }

    fn table_name(&self, entity: &Entity, class: &str) -> String {
        let file = entity.class.file;
        let facts = self.facts(file);
        let Expr::Call(call) = facts.expr(entity.decorator) else { return snake_case(class) };
        let mut schema = None;
        for arg in facts.args(call) {
            let at = Place { file, expr: *arg };
            if let Some(text) = text_at(self.program, at) {
                return text.to_owned();
            }
            let options = self.reader.object(at);
            schema = schema.or_else(|| self.option(&options, "schema"));
            if let Some(name) = self.option(&options, "name") {
                return match schema {
                    Some(schema) if schema != "public" => format!("{schema}.{name}"),
                    _ => name.to_owned(),
                };
            }
        }
        snake_case(class)
    }

    /// Columns of the class and of those it extends.
    fn columns(&mut self, class: ClassRef, draft: usize, depth: usize) {
        let members = &self.facts(class.file).class(class.id).members;
        for member in members {
            self.column(class, member, draft);
        }
        if depth < MAX_ANCESTORS
            && let Some(base) = self.program.base_class(class)
        {
            self.columns(base, draft, depth + 1);
        }
    }

    fn column(&mut self, class: ClassRef, member: &'p Member, draft: usize) {
        let facts = self.facts(class.file);
        let field = facts.name(member.name);
        let annotation = match &member.kind {
            MemberKind::Field(init) => init.annotation,
            _ => None,
        };
        for expr in &member.decorators {
            let at = Place { file: class.file, expr: *expr };
            let Some(decorator) = decorator(self.program, at) else { continue };
            let is_primary = decorator.name.starts_with("Primary");
            let is_column = is_primary
                || decorator.name.ends_with("Column") && decorator.name != "JoinColumn"
                || decorator.name == "Generated";
            if !is_column {
                continue;
            }
            let options = self.options(&decorator);
            let name = self.option(&options, "name").map_or_else(|| self.name(field), str::to_owned);
            let kind = self.column_kind(&decorator, &options, class.file, annotation);
            let is_unique = self.is_true(&options, "unique");
            let nullable = self.is_true(&options, "nullable");
            let location = self.location(at);
            let draft = &mut self.drafts[draft];
            draft.column(field, &name, kind, nullable, location);
            if is_primary && !draft.primary_key.contains(&name) {
                draft.primary_key.push(name);
            } else if is_unique {
                draft.index(vec![name], true);
            }
        }
    }

    fn column_kind(
        &self,
        decorator: &Decorator<'_>,
        options: &Object<'_>,
        file: u32,
        annotation: Option<TypeId>,
    ) -> ColumnType {
        let first = self.facts(decorator.file).args(decorator.call).first();
        let stated =
            first.and_then(|expr| text_at(self.program, Place { file: decorator.file, expr: *expr }));
        let stated = stated.or_else(|| self.option(options, "type"));
        if let Some(stated) = stated {
            return named_type(stated);
        }
        match decorator.name {
            "CreateDateColumn" | "UpdateDateColumn" | "DeleteDateColumn" => return ColumnType::Timestamp,
            "PrimaryGeneratedColumn" | "VersionColumn" => return ColumnType::Int,
            _ => {}
        }
        annotation.map_or(ColumnType::Other(String::new()), |ty| annotated_type(self.facts(file), ty))
    }

    /// The options of a decorator: its last object argument.
    pub(super) fn options(&self, it: &Decorator<'p>) -> Object<'r> {
        let facts = self.facts(it.file);
        let object =
            facts.args(it.call).iter().rev().find(|expr| {
                !matches!(facts.expr(**expr), Expr::Function(_) | Expr::Str(_) | Expr::Array(_))
            });
        object.map_or_else(Object::default, |expr| self.reader.object(Place { file: it.file, expr: *expr }))
    }

    pub(super) fn option(&self, options: &Object<'_>, name: &str) -> Option<&'p str> {
        match options.get(name) {
            Given::Sure(at) => text_at(self.program, at),
            _ => None,
        }
    }

    pub(super) fn is_true(&self, options: &Object<'_>, name: &str) -> bool {
        matches!(options.get(name), Given::Sure(at) if self.is_literal(at, true))
    }

    pub(super) fn is_literal(&self, at: Place, wanted: bool) -> bool {
        matches!(self.reader.see(at).expr, Expr::Bool(value) if value == wanted)
    }

    pub(super) fn name(&self, field: &str) -> String {
        if self.snake { snake_case(field) } else { field.to_owned() }
    }

    pub(super) fn location(&mut self, at: Place) -> Location {
        let span = self.facts(at.file).span(at.expr);
        self.texts.location(At { file: at.file, span }).unwrap_or_else(|| Location {
            file: self.program.facts(at.file).path.clone(),
            line: 1,
            column: 1,
            end_line: 1,
            end_column: 1,
        })
    }
}

/// A decorator of the library; one that the program declares itself counts as a column.
pub(super) fn decorator(program: &Program, at: Place) -> Option<Decorator<'_>> {
    let facts = program.facts(at.file);
    let Expr::Call(call) = facts.expr(at.expr) else { return None };
    let callee = facts.call(call).callee;
    match program.eval(Place { file: at.file, expr: callee }) {
        Value::Api(api) if super::is_own(&api.package) => {
            let name = match facts.expr(callee) {
                Expr::Symbol(symbol) => facts.name(facts.symbol(symbol).name),
                Expr::Member { property, .. } => facts.name(property),
                _ => return None,
            };
            Some(Decorator { name, at, call, file: at.file })
        }
        // A decorator that registers a column on its own: what it makes is not followed.
        Value::Function(function) if makes_decorator(program, function) => {
            let Expr::Symbol(symbol) = facts.expr(callee) else { return None };
            let name = facts.name(facts.symbol(symbol).name);
            let name = if name.starts_with("Primary") { "PrimaryColumn" } else { "Column" };
            Some(Decorator { name, at, call, file: at.file })
        }
        _ => None,
    }
}

/// True for a function that gives a decorator of fields: what it returns takes a target and a name.
fn makes_decorator(program: &Program, function: FnRef) -> bool {
    match program.return_value(function) {
        Value::Function(made) => program.facts(made.file).function(made.id).params.len() >= 2,
        _ => false,
    }
}
