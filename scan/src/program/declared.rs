//! Handles that the configuration declares, and the shipped ones of the same form: calls by the path that leads to them.
//!
//! A declared module of the program is not looked into: what it exports counts as a library's, under the package name
//! [`package_of`] gives its file.

use rustc_hash::FxHashMap;
use tuneup_model::{
    Bound, ColumnRef, Dialect, Does, HandleCall, HandleDeclaration, Operation, Predicate, PredicateOp,
    QueryApi, QueryShape, TableRef,
};

use super::Program;
use super::effects::Effects;
use super::targets::{Query, Target};
use super::value::{Api, Value};
use crate::facts::{BinaryOp, CallId, Expr};
use crate::objects::{Follow as _, Given, Reader, sql_query};
use crate::place::Place;
use crate::schema::Schema;

/// The declared calls, by package and path.
#[derive(Debug, Default)]
pub(crate) struct DeclaredHandles {
    calls: FxHashMap<(String, String), Call>,
    files: FxHashMap<String, u32>,
}

/// One declared method.
#[derive(Debug, Clone)]
struct Call {
    call: HandleCall,
    table: Option<String>,
    /// The way to the object that has the method.
    way: String,
}

/// The name under which a declared module of the program stands as a package.
fn package_of(file: u32) -> String {
    format!("declared#{file}")
}

impl DeclaredHandles {
    /// Earlier declarations win over later ones. `file` gives the number of the source file that a declaration means.
    pub(crate) fn of<'d>(
        declarations: impl Iterator<Item = &'d HandleDeclaration>,
        file: &dyn Fn(&str) -> Option<u32>,
    ) -> Self {
        let mut handles = Self::default();
        for declaration in declarations {
            let package = match (&declaration.package, &declaration.file) {
                (Some(package), _) => package.clone(),
                (None, Some(path)) => match file(path) {
                    Some(number) => {
                        handles.files.insert(package_of(number), number);
                        package_of(number)
                    }
                    None => continue,
                },
                (None, None) => continue,
            };
            let way = declaration.way();
            for call in &declaration.calls {
                for method in &call.methods {
                    let path = if way.is_empty() { method.clone() } else { format!("{way}.{method}") };
                    let table = call.table.clone().or_else(|| declaration.table.clone());
                    let declared = Call { call: call.clone(), table, way: way.clone() };
                    handles.calls.entry((package.clone(), path)).or_insert(declared);
                }
            }
        }
        handles
    }

    /// The package that stands for a declared module.
    pub(super) fn module(&self, file: u32) -> Option<String> {
        if self.files.is_empty() {
            return None;
        }
        let package = package_of(file);
        self.files.contains_key(&package).then_some(package)
    }

    /// True where other methods of the module have a form for many keys, and this one neither has nor is one.
    fn lacks_batch_form(&self, api: &Api) -> bool {
        let of_module = || self.calls.iter().filter(|((package, _), _)| *package == api.package);
        let names = |it: &Call| it.call.batched_by.as_deref() == Some(api.last());
        self.get(api).is_some_and(|it| it.call.batched_by.is_none())
            && of_module().any(|(_, it)| it.call.batched_by.is_some())
            && !of_module().any(|(_, it)| names(it))
    }

    fn get(&self, api: &Api) -> Option<&Call> {
        if self.calls.is_empty() {
            return None;
        }
        self.calls.get(&(api.package.clone(), api.path.clone()))
    }

    /// What a call of a declared method costs beside queries.
    pub(super) fn effects(&self, api: &Api) -> Option<Effects> {
        Some(match self.get(api)?.call.does {
            Does::Network => Effects::NETWORK,
            Does::Queue => Effects::QUEUE,
            Does::CacheRead | Does::CacheWrite | Does::Lock => Effects::CACHE,
            _ => Effects::NONE,
        })
    }
}

impl Program {
    /// True where a declaration names forms for many keys, and none of this query's method.
    pub(crate) fn lacks_batch_form(&self, query: &Query) -> bool {
        let callee =
            Place { file: query.file, expr: self.files[query.file as usize].call(query.call).callee };
        query.shape.api == QueryApi::Declared
            && matches!(self.eval(callee), Value::Api(api) if self.handles.lacks_batch_form(&api))
    }

    /// True for a file behind a declared module: in the folder that the module is the index of.
    pub(crate) fn is_behind_declared(&self, file: u32) -> bool {
        let path = &self.files[file as usize].path;
        self.handles.files.values().any(|declared| {
            let module = &self.files[*declared as usize].path;
            let (folder, name) = module.rsplit_once('/').unwrap_or(("", module));
            let is_index = name.split('.').next() == Some("index") && !folder.is_empty();
            file == *declared
                || (is_index && path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
        })
    }

    /// What a call of a declared method reaches; nothing where the method is not declared.
    pub(super) fn declared_target(
        &self,
        api: &Api,
        file: u32,
        id: CallId,
        queries: &mut Vec<Query>,
    ) -> Option<Target> {
        let declared = self.handles.get(api)?;
        match declared.call.does {
            Does::Transaction => Some(Target::Client("$transaction".into())),
            Does::Connection | Does::None => Some(Target::Plain),
            Does::Network | Does::Queue | Does::CacheRead | Does::CacheWrite | Does::Lock => None,
            _ => {
                let shape = self.declared_shape(declared, api.last(), file, id);
                let batch = declared.call.batched_by.as_deref().map(Into::into);
                queries.push(Query { batch, ..Query::new(file, id, shape) });
                Some(Target::Query(queries.len() as u32 - 1))
            }
        }
    }

    /// What a call of a declared method gives.
    pub(super) fn declared_result(&self, api: &Api, file: u32, id: CallId) -> Option<Value> {
        let declared = self.handles.get(api)?;
        Some(match declared.call.does {
            Does::ReadOne => Value::Rows { file, call: id.0, many: false },
            Does::ReadMany | Does::Query => Value::Rows { file, call: id.0, many: true },
            Does::Count | Does::Aggregate => Value::Number,
            Does::Transaction | Does::Connection => match self.declared_callback(file, id) {
                Some(function) => self.return_value(function),
                None => Value::Unknown,
            },
            Does::CacheRead | Does::None => return None,
            _ => Value::Unknown,
        })
    }

    fn declared_callback(&self, file: u32, id: CallId) -> Option<super::value::FnRef> {
        let facts = &self.files[file as usize];
        facts.args(id).iter().find_map(|expr| match self.eval(Place { file, expr: *expr }) {
            Value::Function(function) => Some(function),
            _ => None,
        })
    }

    /// What a declared method hands to the function it is given: the handle itself.
    pub(super) fn declared_gives(&self, api: &Api, index: u32) -> Option<Value> {
        let declared = self.handles.get(api)?;
        let hands = matches!(declared.call.does, Does::Transaction | Does::Connection) && index == 0;
        hands.then(|| Value::api(&api.package, &declared.way))
    }

    fn declared_shape(&self, declared: &Call, method: &str, file: u32, id: CallId) -> QueryShape {
        let it = &declared.call;
        let args = self.files[file as usize].args(id);
        let arg =
            |n: Option<u32>| n.and_then(|n| args.get(n as usize)).map(|expr| Place { file, expr: *expr });
        if it.does == Does::Query {
            let dialect = match &self.catalog.tables[..] {
                [] => Dialect::Postgresql,
                _ => self.catalog.dialect,
            };
            return sql_query(self, QueryApi::Declared, dialect, method, arg(it.sql_argument));
        }
        let named = arg(it.table_argument).and_then(|at| self.declared_table(at, it.table_until.as_deref()));
        let table = named.or_else(|| declared.table.clone()).map_or(TableRef::Unknown, TableRef::Known);
        let operation = it.does.operation().unwrap_or(Operation::Other);
        let mut shape = QueryShape::new(QueryApi::Declared, method, operation, table);
        if let Some(key) = arg(it.key_argument) {
            let many =
                matches!(self.eval(key), Value::Items(_) | Value::List(_) | Value::Rows { many: true, .. });
            let table = shape.table.name().unwrap_or_default().to_owned();
            let column = it.key_column.clone().unwrap_or_else(|| self.key_of(&table));
            let op = if many { PredicateOp::In } else { PredicateOp::Equal };
            shape.filter.all_of.push(Predicate { column: ColumnRef { table, column }, op });
        }
        if let Some(limit) = arg(it.limit_argument) {
            let schema = Schema::default();
            let reader = Reader::new(self, &schema);
            shape.limit = match reader.bound(&Given::Sure(limit)) {
                _ if matches!(self.eval(limit), Value::Items(_)) => Bound::Dynamic,
                // A negative place counts from the end: how many rows that is, nobody knows.
                Bound::Constant(_)
                    if matches!(self.files[limit.file as usize].expr(limit.expr), Expr::Other(_)) =>
                {
                    Bound::Unknown
                }
                bound => bound,
            };
        }
        if operation == Operation::ReadOne {
            shape.limit = Bound::Constant(1);
        }
        shape
    }

    fn key_of(&self, table: &str) -> String {
        let key = self.catalog.table(table).and_then(|table| table.primary_key.first());
        key.cloned().unwrap_or_else(|| "key".to_owned())
    }

    /// The table that an argument names: an entity class, a text, or the text of a list's elements.
    fn declared_table(&self, at: Place, until: Option<&str>) -> Option<String> {
        if let Some(model) = self.model_named(&self.eval(at)) {
            return Some(self.model(model).table.clone());
        }
        let (text, is_whole) = self.leading_text(at, 0)?;
        match until.and_then(|until| text.split_once(until)) {
            Some((table, _)) => Some(table.to_owned()),
            None => is_whole.then_some(text),
        }
        .filter(|table| !table.is_empty())
    }

    /// The text that a value starts with, and whether that is all of it.
    fn leading_text(&self, at: Place, depth: u32) -> Option<(String, bool)> {
        if depth > 6 {
            return None;
        }
        let at = self.follow(at)?;
        let facts = &self.files[at.file as usize];
        let again = |expr| self.leading_text(Place { file: at.file, expr }, depth + 1);
        match facts.expr(at.expr) {
            Expr::Str(name) => Some((facts.name(name).to_owned(), true)),
            Expr::Template(list) => {
                let parts = facts.list(list);
                match facts.expr(*parts.first()?) {
                    Expr::Str(name) => Some((facts.name(name).to_owned(), parts.len() == 1)),
                    _ => None,
                }
            }
            Expr::Binary { op: BinaryOp::Add, left, .. } => again(left).map(|(text, _)| (text, false)),
            Expr::Array(list) => again(*facts.list(list).first()?),
            Expr::Spread(inner) => again(inner),
            // `ids.map((id) => 'user:' + id)`
            Expr::Call(call) => {
                let Expr::Member { property, .. } = facts.expr(facts.call(call).callee) else { return None };
                if facts.name(property) != "map" {
                    return None;
                }
                let Expr::Function(id) = facts.expr(*facts.args(call).first()?) else { return None };
                again(facts.function(id).returns.first()?.value)
            }
            _ => None,
        }
    }
}
