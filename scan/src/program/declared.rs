//! Handles that the configuration declares, and the shipped ones of the same form: calls by the path that leads to them.
//!
//! A declared module of the program is not looked into: what it exports counts as a library's, under the package name
//! [`package_of`] gives its file.

mod names;
mod patterns;
mod tables;
mod typed;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use tuneup_model::{
    Bound, ColumnRef, Dialect, Does, HandleCall, HandleDeclaration, Operation, Predicate, PredicateOp,
    QueryApi, QueryShape, TableRef,
};

use super::Program;
use super::effects::Effects;
use super::targets::{Query, Target};
use super::value::{Api, Value};
use crate::facts::{CallId, Expr};
use crate::objects::{Given, Reader, sql_query};
use crate::orm::ModelRef;
use crate::place::Place;
use crate::schema::Schema;

pub(super) use names::ModelNames;
pub(super) use typed::TypedHandle;

/// The declared handles; earlier ones win over later ones.
#[derive(Debug, Default)]
pub(crate) struct DeclaredHandles {
    handles: Vec<Declared>,
    /// The calls without a pattern in their names, by package and path.
    exact: FxHashMap<(String, String), At>,
    files: FxHashMap<String, u32>,
}

/// A call of a declaration, by their positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct At {
    handle: usize,
    call: usize,
}

#[derive(Debug)]
struct Declared {
    handle: HandleDeclaration,
    /// The package, or the name that stands for the declared module.
    package: String,
    /// The way to the object that has the methods.
    way: String,
    /// True where a name has a pattern, so that names are to be compared one by one.
    is_open: bool,
}

/// A declared call as a program makes it.
#[derive(Debug, Clone, Copy)]
struct Found<'a> {
    handle: &'a HandleDeclaration,
    call: &'a HandleCall,
    way: &'a str,
    /// The method, as it is declared and as it is called.
    method: (&'a str, &'a str),
    /// The model that the type of the handle names.
    model: Option<ModelRef>,
}

/// The name under which a declared module of the program stands as a package.
fn package_of(file: u32) -> String {
    format!("declared#{file}")
}

/// The method that calls the handle itself.
const ITSELF: &str = "()";

impl Declared {
    fn new(handle: &HandleDeclaration, package: String) -> Self {
        let mut methods = handle.calls.iter().flat_map(|call| &call.methods);
        let is_open = package.contains('*') || methods.any(|method| patterns::has_placeholder(method));
        Self { handle: handle.clone(), package, way: handle.way(), is_open }
    }

    /// True where the handle is what an export leads to.
    fn is_export(&self) -> bool {
        self.handle.r#type.is_none() && self.handle.registered_as.is_none()
    }
}

/// The method of an object that is at `way`, by the path that leads to it.
fn method_at<'a>(path: &'a str, way: &str) -> Option<&'a str> {
    match path.strip_prefix(way)? {
        "" => Some(ITSELF),
        method if way.is_empty() => Some(method),
        method => method.strip_prefix('.'),
    }
}

impl DeclaredHandles {
    /// `file` gives the number of the source file that a declaration means.
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
                        if declaration.r#type.is_none() && declaration.registered_as.is_none() {
                            handles.files.insert(package_of(number), number);
                        }
                        package_of(number)
                    }
                    None => continue,
                },
                (None, None) => continue,
            };
            handles.add(Declared::new(declaration, package));
        }
        handles
    }

    fn add(&mut self, declared: Declared) {
        let handle = self.handles.len();
        if !declared.is_open && declared.is_export() {
            for (call, it) in declared.handle.calls.iter().enumerate() {
                for method in &it.methods {
                    let path = match (declared.way.as_str(), method.as_str()) {
                        (way, ITSELF) => way.to_owned(),
                        ("", method) => method.to_owned(),
                        (way, method) => format!("{way}.{method}"),
                    };
                    self.exact.entry((declared.package.clone(), path)).or_insert(At { handle, call });
                }
            }
        }
        self.handles.push(declared);
    }

    /// The package that stands for a declared module.
    pub(super) fn module(&self, file: u32) -> Option<String> {
        if self.files.is_empty() {
            return None;
        }
        let package = package_of(file);
        self.files.contains_key(&package).then_some(package)
    }
}

impl Program {
    /// True where the declarations of a module name forms for many keys, and none of this query's method.
    pub(crate) fn lacks_batch_form(&self, query: &Query) -> bool {
        let callee =
            Place { file: query.file, expr: self.files[query.file as usize].call(query.call).callee };
        if query.shape.api != QueryApi::Declared || query.batch.is_some() {
            return false;
        }
        let Value::Api(api) = self.eval(callee) else { return false };
        let of_module = || {
            let handles = self.handles.handles.iter().filter(|it| it.package == api.package);
            handles.flat_map(|it| &it.handle.calls)
        };
        of_module().any(|it| it.batched_by.is_some())
            && !of_module().any(|it| it.batched_by.as_deref() == Some(api.last()))
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
}

impl Declared {
    fn found<'a>(&'a self, call: usize, method: (&'a str, &'a str), model: Option<ModelRef>) -> Found<'a> {
        Found { handle: &self.handle, call: &self.handle.calls[call], way: &self.way, method, model }
    }
}

impl Program {
    /// The declared call that a path leads to.
    fn declared_call<'a>(&'a self, api: &'a Api) -> Option<Found<'a>> {
        if let Some((typed, handles)) = self.typed_handle(&api.package) {
            let mut handles = handles.into_iter().map(|n| &self.handles.handles[n]);
            return handles.find_map(|it| self.declared_method(it, &api.path, typed));
        }
        let exact = || {
            let at = self.handles.exact.get(&(api.package.clone(), api.path.clone()))?;
            let declared = &self.handles.handles[at.handle];
            let method = method_at(&api.path, &declared.way)?;
            Some(declared.found(at.call, (method, method), None))
        };
        exact().or_else(|| {
            let open =
                |it: &&Declared| it.is_open && it.is_export() && patterns::fits(&it.package, &api.package);
            self.handles.handles.iter().filter(open).find_map(|it| self.declared_method(it, &api.path, None))
        })
    }

    fn declared_method<'a>(
        &'a self,
        declared: &'a Declared,
        path: &'a str,
        model: Option<ModelRef>,
    ) -> Option<Found<'a>> {
        let called = method_at(path, &declared.way)?;
        let is_meant = |method: &&String| match patterns::placeholder(method, called) {
            Some(part) => self.is_model_name(part),
            None => method.as_str() == called,
        };
        declared.handle.calls.iter().enumerate().find_map(|(call, it)| {
            let method = it.methods.iter().find(is_meant)?;
            Some(declared.found(call, (method, called), model))
        })
    }

    /// True where calling something of a package is a step on the way to a declared handle.
    pub(super) fn leads_to_declared(&self, api: &Api) -> bool {
        let is_step = |it: &&Declared| {
            let rest = it.way.strip_prefix(api.path.as_str());
            rest.is_some_and(|rest| rest.starts_with("()")) && patterns::fits(&it.package, &api.package)
        };
        self.handles.handles.iter().filter(|it| it.is_export()).any(|it| is_step(&it))
    }

    /// What a call of a declared method costs beside queries.
    pub(super) fn declared_effects(&self, api: &Api) -> Option<Effects> {
        Some(match self.declared_call(api)?.call.does {
            Does::Network => Effects::NETWORK,
            Does::Queue => Effects::QUEUE,
            Does::CacheRead | Does::CacheWrite | Does::Lock => Effects::CACHE,
            _ => Effects::NONE,
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
        let declared = self.declared_call(api)?;
        match declared.call.does {
            Does::Transaction => Some(Target::Client("$transaction".into())),
            Does::Connection | Does::None => Some(Target::Plain),
            Does::Network | Does::Queue | Does::CacheRead | Does::CacheWrite | Does::Lock => None,
            _ => {
                let shape = self.declared_shape(declared, file, id);
                let batch = Self::batch_of(declared).map(Into::into);
                let waits = declared.call.does == Does::Persist;
                queries.push(Query { batch, waits, ..Query::new(file, id, shape) });
                Some(Target::Query(queries.len() as u32 - 1))
            }
        }
    }

    /// What a call of a declared method gives.
    pub(super) fn declared_result(&self, api: &Api, file: u32, id: CallId) -> Option<Value> {
        let declared = self.declared_call(api)?;
        Some(match declared.call.does {
            Does::ReadOne => Value::Rows { file, call: id.0, many: false },
            Does::ReadMany | Does::Query => Value::Rows { file, call: id.0, many: true },
            Does::ReadAndCount => Value::List(Arc::new(Value::Rows { file, call: id.0, many: true })),
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
        let declared = self.declared_call(api)?;
        let hands = matches!(declared.call.does, Does::Transaction | Does::Connection) && index == 0;
        hands.then(|| Value::api(&api.package, declared.way))
    }

    fn declared_shape(&self, declared: Found<'_>, file: u32, id: CallId) -> QueryShape {
        let it = declared.call;
        let method = self.called_name(declared, file, id);
        let args = self.files[file as usize].args(id);
        let arg =
            |n: Option<u32>| n.and_then(|n| args.get(n as usize)).map(|expr| Place { file, expr: *expr });
        if it.does == Does::Query {
            let dialect = match &self.catalog.tables[..] {
                [] => Dialect::Postgresql,
                _ => self.catalog.dialect,
            };
            return sql_query(self, QueryApi::Declared, dialect, &method, arg(it.sql_argument));
        }
        let table = self.table_of_call(declared, file, id).map_or(TableRef::Unknown, TableRef::Known);
        let operation = it.does.operation().unwrap_or(Operation::Other);
        let mut shape = QueryShape::new(QueryApi::Declared, &method, operation, table);
        if let Some(key) = arg(it.key_argument) {
            let many =
                matches!(self.eval(key), Value::Items(_) | Value::List(_) | Value::Rows { many: true, .. });
            let table = shape.table.name().unwrap_or_default().to_owned();
            let column = it.key_column.clone().unwrap_or_else(|| self.key_of(&table));
            let op = if many { PredicateOp::In } else { PredicateOp::Equal };
            shape.filter.all_of.push(Predicate { column: ColumnRef { table, column }, op });
        }
        if let Some(filter) = arg(it.filter_argument) {
            let empty =
                matches!(self.files[file as usize].expr(filter.expr), Expr::Object(list) if list.len == 0);
            shape.filter.has_unknown |= !empty;
        }
        if let Some(limit) = arg(it.limit_argument) {
            shape.limit = self.declared_bound(limit, it.limit_property.as_deref());
        }
        if operation == Operation::ReadOne {
            shape.limit = Bound::Constant(1);
        }
        shape
    }

    fn declared_bound(&self, at: Place, property: Option<&str>) -> Bound {
        let schema = Schema::default();
        let reader = Reader::new(self, &schema);
        let Some(property) = property else {
            return match reader.bound(&Given::Sure(at)) {
                _ if matches!(self.eval(at), Value::Items(_)) => Bound::Dynamic,
                bound => bound,
            };
        };
        let options = reader.object(at);
        match options.get(property) {
            Given::Absent if options.is_complete => Bound::Absent,
            Given::Absent => Bound::Unknown,
            given => reader.bound(&given),
        }
    }

    /// The method as the program writes it.
    fn called_name(&self, declared: Found<'_>, file: u32, id: CallId) -> String {
        let facts = &self.files[file as usize];
        let name = match facts.expr(facts.call(id).callee) {
            _ if declared.method.1 != ITSELF => declared.method.1.rsplit('.').next().unwrap_or_default(),
            Expr::Symbol(symbol) => facts.name(facts.symbol(symbol).name),
            Expr::Member { property, .. } => facts.name(property),
            _ => ITSELF,
        };
        name.to_owned()
    }

    fn key_of(&self, table: &str) -> String {
        let key = self.catalog.table(table).and_then(|table| table.primary_key.first());
        key.cloned().unwrap_or_else(|| "key".to_owned())
    }
}
