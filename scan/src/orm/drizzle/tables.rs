//! Table constants: `pgTable('users', { id: serial('id').primaryKey() }, (t) => [index().on(t.name)])`.
//!
//! Columns and keys are chains of calls; a chain may begin in a function of the program that makes columns.

use rustc_hash::FxHashMap;
use tuneup_model::{Dialect, QueryApi, ReferentialAction};

use super::is_own;
use super::relations;
use crate::facts::{CallId, Expr, ExprId, PropKey};
use crate::objects::{Follow as _, Reader};
use crate::orm::tables::{RelationDraft, TableDraft, location_of, schema_of};
use crate::orm::{CallAt, Declared, Named, argument, chain_of, text_at};
use crate::place::Place;
use crate::program::{Program, Role, Value};
use crate::report::Texts;
use crate::schema::Schema;

/// A table constant with what it refers to.
pub(super) struct Found {
    pub(super) draft: TableDraft,
    pub(super) made: Place,
    dialect: Dialect,
    pub(super) references: Vec<Reference>,
}

/// A foreign key, its target not yet known.
pub(super) struct Reference {
    pub(super) columns: Vec<String>,
    /// Expressions that name the columns referred to: `users.id`.
    pub(super) targets: Vec<Place>,
    pub(super) on_delete: ReferentialAction,
    pub(super) at: Place,
}

pub(super) struct Reading<'p> {
    pub(super) program: &'p Program,
    pub(super) reader: Reader<'p>,
    pub(super) is_snake: bool,
}

/// One schema for all tables of a dialect, or one for each package where tables of several share a name.
pub(super) fn databases(program: &Program, texts: &mut Texts<'_>) -> Vec<Declared> {
    let none = Schema::default();
    let reading =
        Reading { program, reader: Reader::new(program, &none), is_snake: uses_snake_case(program) };
    let found = reading.tables(texts);
    let mut groups: Vec<(Dialect, String, Vec<Found>)> = Vec::new();
    for dialect in [Dialect::Postgresql, Dialect::Mysql, Dialect::Sqlite, Dialect::Other] {
        let own = || found.iter().filter(|it| it.dialect == dialect);
        let is_shared =
            own().enumerate().any(|(n, it)| own().take(n).any(|other| other.draft.table == it.draft.table));
        for it in own() {
            let package = program.package_folder(&it.draft.location.file).unwrap_or_default();
            let home = if is_shared { package.to_owned() } else { String::new() };
            let group = groups.iter_mut().find(|group| group.0 == dialect && group.1 == home);
            let it = Found {
                draft: it.draft.clone(),
                made: it.made,
                dialect,
                references: it.references.iter().map(Reference::copy).collect(),
            };
            match group {
                Some(group) => group.2.push(it),
                None => groups.push((dialect, home, vec![it])),
            }
        }
    }
    groups.into_iter().map(|(dialect, _, found)| reading.database(dialect, found, texts)).collect()
}

/// `drizzle({ casing: 'snake_case' })`.
fn uses_snake_case(program: &Program) -> bool {
    program.files.iter().any(|facts| {
        let imports = facts.imports.iter().any(|it| is_own(package(facts.name(it.specifier))));
        imports
            && facts.props.iter().any(|prop| {
                matches!(prop.key, PropKey::Name(name) if facts.name(name) == "casing")
                    && matches!(facts.expr(prop.value), Expr::Str(text) if facts.name(text) == "snake_case")
            })
    })
}

fn package(specifier: &str) -> &str {
    specifier.split('/').next().unwrap_or(specifier)
}

impl Reference {
    fn copy(&self) -> Self {
        Self {
            columns: self.columns.clone(),
            targets: self.targets.clone(),
            on_delete: self.on_delete,
            at: self.at,
        }
    }
}

impl<'p> Reading<'p> {
    fn tables(&self, texts: &mut Texts<'_>) -> Vec<Found> {
        let mut found = Vec::new();
        for (file, facts) in self.program.files.iter().enumerate() {
            if self.program.roles[file] == Role::Test {
                continue;
            }
            let file = file as u32;
            for (n, call) in facts.calls.iter().enumerate() {
                let [_, columns, ..] = facts.list(call.args) else { continue };
                let is_plain =
                    matches!(facts.expr(*columns), Expr::Object(_) | Expr::Function(_) | Expr::Symbol(_));
                let callee = Place { file, expr: call.callee };
                if is_plain && let Some(dialect) = self.maker(callee) {
                    let at = CallAt { file, call: CallId(n as u32) };
                    found.extend(self.table(at, dialect, texts));
                }
            }
        }
        found
    }

    /// The dialect of what makes tables: `pgTable`, `pgSchema('x').table`, `pgTableCreator(…)`.
    fn maker(&self, callee: Place) -> Option<Dialect> {
        let facts = self.program.facts(callee.file);
        if !matches!(facts.expr(callee.expr), Expr::Symbol(_) | Expr::Member { .. }) {
            return None;
        }
        let Value::Api(api) = self.program.eval(callee) else { return None };
        if !is_own(&api.package) {
            return None;
        }
        let path = api.path.as_str();
        let is_maker = matches!(path, "pgTable" | "mysqlTable" | "sqliteTable" | "singlestoreTable")
            || path.ends_with("TableCreator()")
            || path.ends_with("Schema().table");
        is_maker.then_some(match path {
            path if path.starts_with("pg") => Dialect::Postgresql,
            path if path.starts_with("mysql") => Dialect::Mysql,
            path if path.starts_with("sqlite") => Dialect::Sqlite,
            _ => Dialect::Other,
        })
    }

    fn table(&self, at: CallAt, dialect: Dialect, texts: &mut Texts<'_>) -> Option<Found> {
        let facts = self.program.facts(at.file);
        let table = self.table_name(at)?;
        let made = Place { file: at.file, expr: facts.call(at.call).expr };
        let model = self.name_of(made).unwrap_or(&table).to_owned();
        let location = location_of(self.program, texts, argument(self.program, at, 0)?);
        let draft = TableDraft::new(&model, &table, location);
        let mut found = Found { draft, made, dialect, references: Vec::new() };
        for (field, value) in self.entries(argument(self.program, at, 1)?) {
            self.column(field, value, &mut found, texts);
        }
        if let Some(extras) = argument(self.program, at, 2) {
            for item in self.extras(extras) {
                self.extra(item, &mut found);
            }
        }
        Some(found)
    }

    /// The name in the database: with its schema, or as a creator's function makes it.
    fn table_name(&self, at: CallAt) -> Option<String> {
        let name = text_at(self.program, argument(self.program, at, 0)?)?;
        let facts = self.program.facts(at.file);
        let callee = Place { file: at.file, expr: facts.call(at.call).callee };
        if let Expr::Member { object, .. } = facts.expr(callee.expr) {
            let made = self.call_behind(Place { file: at.file, expr: object });
            return match made {
                Some(made) if method_of(self.program, made).is_some_and(|name| name.ends_with("Schema")) => {
                    let schema = text_at(self.program, argument(self.program, made, 0)?)?;
                    Some(if schema == "public" { name.to_owned() } else { format!("{schema}.{name}") })
                }
                _ => Some(name.to_owned()),
            };
        }
        match self.call_behind(callee) {
            Some(creator) => self.created_name(argument(self.program, creator, 0)?, name),
            None => Some(name.to_owned()),
        }
    }

    /// The call that makes a value.
    pub(super) fn call_behind(&self, at: Place) -> Option<CallAt> {
        let at = self.program.follow(at)?;
        match self.program.facts(at.file).expr(at.expr) {
            Expr::Call(call) => Some(CallAt { file: at.file, call }),
            _ => None,
        }
    }

    /// What a function (`(name) => 'app_' + name`) makes of a name.
    fn created_name(&self, function: Place, name: &str) -> Option<String> {
        let at = self.program.follow(function)?;
        let facts = self.program.facts(at.file);
        let Expr::Function(id) = facts.expr(at.expr) else { return None };
        let [only] = facts.function(id).returns.as_slice() else { return None };
        let is_name = |expr: ExprId| match facts.expr(expr) {
            Expr::Symbol(symbol) => facts
                .symbol(symbol)
                .definition
                .is_some_and(|it| facts.expr(it) == Expr::Param { function: id, index: 0 }),
            expr => expr == Expr::Param { function: id, index: 0 },
        };
        let parts = match facts.expr(only.value) {
            Expr::Template(list) => facts.list(list),
            _ if is_name(only.value) => return Some(name.to_owned()),
            _ => return None,
        };
        let mut out = String::new();
        for part in parts {
            if is_name(*part) {
                out.push_str(name);
            } else {
                out.push_str(text_at(self.program, Place { file: at.file, expr: *part })?);
            }
        }
        Some(out)
    }

    /// The variable or property that holds what an expression makes.
    fn name_of(&self, made: Place) -> Option<&'p str> {
        let facts = self.program.facts(made.file);
        let holds = |value: ExprId| match facts.expr(value) {
            Expr::Call(call) => {
                let chain = chain_of(self.program, CallAt { file: made.file, call });
                chain.iter().any(|call| facts.call(*call).expr == made.expr)
            }
            _ => false,
        };
        let symbol = facts.symbols.iter().find(|symbol| symbol.definition.is_some_and(holds));
        let name = symbol.map(|symbol| symbol.name).or_else(|| {
            facts.props.iter().find_map(|prop| match prop.key {
                PropKey::Name(name) if holds(prop.value) => Some(name),
                _ => None,
            })
        });
        name.map(|name| facts.name(name))
    }

    /// Fields of an object of columns, given as it is or by a function.
    pub(super) fn entries(&self, at: Place) -> Vec<(&'p str, Place)> {
        let at = self.result_of(at).unwrap_or(at);
        let object = self.reader.object(at);
        object.entries.iter().map(|entry| (entry.name, entry.value)).collect()
    }

    /// What a function given as an argument returns.
    pub(super) fn result_of(&self, at: Place) -> Option<Place> {
        let at = self.program.follow(at)?;
        let facts = self.program.facts(at.file);
        let Expr::Function(function) = facts.expr(at.expr) else { return None };
        let [only] = facts.function(function).returns.as_slice() else { return None };
        Some(Place { file: at.file, expr: only.value })
    }

    fn database(&self, dialect: Dialect, found: Vec<Found>, texts: &mut Texts<'_>) -> Declared {
        let by_made: FxHashMap<Place, usize> = found.iter().enumerate().map(|(n, it)| (it.made, n)).collect();
        let names: Vec<(u32, Named)> =
            found.iter().enumerate().map(|(n, it)| (n as u32, Named::Made(it.made))).collect();
        let mut drafts: Vec<TableDraft> = Vec::with_capacity(found.len());
        let mut references = Vec::new();
        for it in found {
            references.push(it.references);
            drafts.push(it.draft);
        }
        for (n, references) in references.into_iter().enumerate() {
            for it in references {
                let targets: Vec<(usize, String)> =
                    it.targets.iter().filter_map(|at| self.target(*at, &by_made, &drafts)).collect();
                let Some((target, _)) = targets.first().cloned() else { continue };
                if targets.len() != it.columns.len() {
                    continue;
                }
                let location = location_of(self.program, texts, it.at);
                drafts[n].relations.push(RelationDraft {
                    field: None,
                    target,
                    list: false,
                    optional: true,
                    columns: it.columns,
                    references: targets.into_iter().map(|(_, column)| column).collect(),
                    opposite: None,
                    on_delete: it.on_delete,
                    is_constraint: true,
                    location,
                });
            }
        }
        relations::relate(self, &by_made, &mut drafts, texts);
        Declared { schema: schema_of(QueryApi::Drizzle, dialect, drafts), names }
    }

    /// The table and column that `users.id` names.
    pub(super) fn target(
        &self,
        at: Place,
        by_made: &FxHashMap<Place, usize>,
        drafts: &[TableDraft],
    ) -> Option<(usize, String)> {
        let facts = self.program.facts(at.file);
        let mut expr = at.expr;
        while let Expr::Cast { expr: inner, .. } = facts.expr(expr) {
            expr = inner;
        }
        let Expr::Member { object, property } = facts.expr(expr) else { return None };
        let table = self.table_at(Place { file: at.file, expr: object }, by_made)?;
        Some((table, drafts[table].column_of(facts.name(property))?))
    }

    /// The table constant that an expression names.
    pub(super) fn table_at(&self, at: Place, by_made: &FxHashMap<Place, usize>) -> Option<usize> {
        let at = self.program.follow(at)?;
        let Expr::Call(call) = self.program.facts(at.file).expr(at.expr) else { return None };
        let facts = self.program.facts(at.file);
        chain_of(self.program, CallAt { file: at.file, call })
            .into_iter()
            .find_map(|call| by_made.get(&Place { file: at.file, expr: facts.call(call).expr }).copied())
    }
}

/// The name that a call calls its function by.
pub(super) fn method_of(program: &Program, at: CallAt) -> Option<&str> {
    let facts = program.facts(at.file);
    let callee = facts.call(at.call).callee;
    match facts.expr(callee) {
        Expr::Member { property, .. } => Some(facts.name(property)),
        Expr::Symbol(symbol) => {
            super::conditions::imported_name(program, Place { file: at.file, expr: callee })
                .or_else(|| Some(facts.name(facts.symbol(symbol).name)))
        }
        _ => None,
    }
}

pub(super) fn action(name: &str) -> ReferentialAction {
    match name {
        "cascade" => ReferentialAction::Cascade,
        "restrict" => ReferentialAction::Restrict,
        "set null" => ReferentialAction::SetNull,
        "set default" => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}
