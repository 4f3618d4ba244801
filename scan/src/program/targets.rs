//! Targets: whom each call of the program reaches, and the query sites among them.

use std::sync::Arc;

use tuneup_model::{QueryApi, QueryShape};

use crate::facts::{CallId, CallKind, Expr, SymbolKind};
use crate::objects::sql_query;
use crate::orm::{CallAt, ModelRef};
use crate::place::Place;
use crate::prisma::query;

use super::Program;
use super::built::BuiltBy;
use super::handles::Builders;
use super::libraries;
use super::roles::Role;
use super::value::{Api, FnRef, Memo, Value};

/// Whom a call reaches.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target {
    Unresolved,
    /// Known, and of no interest: a constructor without code, a method of a plain value.
    Plain,
    /// Functions of the program: more than one where an interface or a choice stands before them.
    Functions(Vec<FnRef>, Option<Memo>),
    /// A query, by its index in [`Program::queries`].
    Query(u32),
    /// A library or builtin.
    Api(Arc<Api>),
    /// A method of a Prisma client that is no query: `$transaction`, `$connect`.
    Client(Arc<str>),
    /// A parameter of the enclosing function: the closure runs at the caller's.
    Parameter,
}

/// A query site with where it stands in the program.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub file: u32,
    pub call: CallId,
    pub shape: QueryShape,
    /// The handle was not followed; the form speaks.
    pub assumed: bool,
    /// Schema and model of the Prisma call.
    pub model: Option<(u32, u32)>,
    /// Earlier calls of the same file that make up the query, where it is built step by step.
    pub parts: Vec<CallId>,
    pub built: Option<BuiltBy>,
    /// The method that does the same for many keys, where a declaration names one.
    pub batch: Option<Arc<str>>,
    /// A unit of work sends it with others.
    pub waits: bool,
    /// The schema of the database that it asks, where that is known.
    pub schema: Option<u32>,
    /// The builders that it may run, where that is one of several.
    pub alternatives: Vec<(CallAt, Option<ModelRef>)>,
    /// The builders that may have written the text which the call runs.
    pub texts: Vec<BuiltBy>,
}

impl Query {
    pub(crate) fn new(file: u32, call: CallId, shape: QueryShape) -> Self {
        Self {
            file,
            call,
            shape,
            assumed: false,
            model: None,
            parts: Vec::new(),
            built: None,
            batch: None,
            waits: false,
            schema: None,
            alternatives: Vec::new(),
            texts: Vec::new(),
        }
    }
}

impl Program {
    /// Resolves every call; run twice, because the callers found first give parameters their values.
    pub(super) fn resolve_calls(&mut self) {
        self.targets = self.files.iter().map(|facts| vec![Target::Unresolved; facts.calls.len()]).collect();
        for pass in 0..2 {
            self.cache.borrow_mut().clear();
            self.returns.borrow_mut().clear();
            self.typed.borrow_mut().clear();
            self.awaited = self.find_awaited();
            let mut queries = Vec::new();
            let mut builders = Builders::default();
            let mut targets: Vec<Vec<Target>> = Vec::with_capacity(self.files.len());
            for file in 0..self.files.len() as u32 {
                let count = self.files[file as usize].calls.len() as u32;
                targets.push(
                    (0..count)
                        .map(|call| self.resolve_call(file, CallId(call), &mut queries, &mut builders))
                        .collect(),
                );
            }
            self.targets = targets;
            self.queries = queries;
            self.finish_built(&builders);
            self.place_passed_sql();
            self.index_callers();
            if pass == 1 {
                self.resolve_wrappers(&builders);
            }
        }
    }

    fn index_callers(&mut self) {
        let mut callers: rustc_hash::FxHashMap<FnRef, Vec<(u32, CallId)>> = rustc_hash::FxHashMap::default();
        for (file, targets) in self.targets.iter().enumerate() {
            // What a test hands over is a stand-in for what the program does.
            let is_test = |file: usize| self.roles[file] == Role::Test;
            for (call, target) in targets.iter().enumerate() {
                if let Target::Functions(functions, _) = target {
                    for function in functions.iter().filter(|it| !is_test(file) || is_test(it.file as usize))
                    {
                        callers.entry(*function).or_default().push((file as u32, CallId(call as u32)));
                    }
                }
            }
        }
        self.callers = callers;
    }

    fn resolve_call(
        &self,
        file: u32,
        id: CallId,
        queries: &mut Vec<Query>,
        builders: &mut Builders,
    ) -> Target {
        let facts = &self.files[file as usize];
        let call = facts.call(id);
        let callee = self.eval(Place { file, expr: call.callee });
        if let Some(target) = self.handle_target(&callee, CallAt { file, call: id }, queries, builders) {
            return target;
        }
        match &callee {
            Value::Unknown | Value::Nothing => self.unresolved(file, id, queries),
            Value::ModelMethod { schema, model, name } => {
                self.model_query(file, id, (*schema, *model), name, false, queries)
            }
            Value::ClientMethod { schema, name } => match &**name {
                "$queryRaw" | "$queryRawUnsafe" | "$queryRawTyped" | "$executeRaw" | "$executeRawUnsafe" => {
                    let dialect = self.schemas[*schema as usize].provider;
                    let text = self.files[file as usize].args(id).first();
                    let text = text.map(|expr| Place { file, expr: *expr });
                    let shape = sql_query(self, QueryApi::Prisma, dialect, name, text);
                    let texts = self.texts_of(CallAt { file, call: id });
                    push_query(queries, Query { texts, ..Query::new(file, id, shape) })
                }
                _ => Target::Client(name.clone()),
            },
            Value::Api(api) => {
                self.declared_target(api, file, id, queries).unwrap_or_else(|| Target::Api(api.clone()))
            }
            Value::Either(_)
            | Value::Function(_)
            | Value::Memoized(..)
            | Value::Class(_)
            | Value::Module(_) => match self.function_target(&callee, call.kind) {
                Target::Functions(functions, memo) => {
                    let at = CallAt { file, call: id };
                    let run = self.handed_on(&functions, at, queries, builders);
                    run.unwrap_or(Target::Functions(functions, memo))
                }
                // One of several libraries, or of several parts of one: a client of Redis or of its cluster.
                other => match callee.choices().iter().find(|it| matches!(it, Value::Api(_))) {
                    Some(Value::Api(api)) => self
                        .declared_target(api, file, id, queries)
                        .unwrap_or_else(|| Target::Api(api.clone())),
                    _ => other,
                },
            },
            _ => Target::Plain,
        }
    }

    fn function_target(&self, callee: &Value, kind: CallKind) -> Target {
        let mut functions = Vec::new();
        let mut memo = None;
        for choice in callee.choices() {
            match choice {
                Value::Function(function) => functions.push(*function),
                Value::Memoized(function, how) => {
                    functions.push(*function);
                    memo = Some(*how);
                }
                Value::Class(class) if kind == CallKind::New => {
                    let constructor = self.files[class.file as usize].class(class.id).constructor;
                    functions.extend(constructor.map(|id| FnRef { file: class.file, id }));
                }
                Value::Module(module) => {
                    if let Some(exported) = self.exported(*module, "default", 0)
                        && let Value::Function(function) = self.exported_value(&exported)
                    {
                        functions.push(function);
                    }
                }
                _ => {}
            }
        }
        if functions.is_empty() { Self::library_target(callee) } else { Target::Functions(functions, memo) }
    }

    /// One client by two ways, its making and its type: the way on which the call does something.
    fn library_target(callee: &Value) -> Target {
        let apis = || {
            callee.choices().iter().filter_map(|it| match it {
                Value::Api(api) => Some(api),
                _ => None,
            })
        };
        let acts = apis().find(|api| !libraries::effects(api).is_none());
        acts.or_else(|| apis().next()).map_or(Target::Plain, |api| Target::Api(api.clone()))
    }

    fn model_query(
        &self,
        file: u32,
        id: CallId,
        (schema, model): (u32, u32),
        method: &str,
        assumed: bool,
        queries: &mut Vec<Query>,
    ) -> Target {
        if !query::is_query_method(method) {
            return Target::Plain;
        }
        let it = &self.schemas[schema as usize];
        let shape = query::model_query(self, it, &it.models[model as usize], method, file, id);
        let query = Query { assumed, model: Some((schema, model)), ..Query::new(file, id, shape) };
        push_query(queries, query)
    }

    /// A call whose handle is unknown is still a query where its form is one: a model of the schema, a method of
    /// the client, and an argument of its kind. Anything else stays unresolved.
    fn unresolved(&self, file: u32, id: CallId, queries: &mut Vec<Query>) -> Target {
        let facts = &self.files[file as usize];
        let call = facts.call(id);
        if self.parameter(file, call.callee).is_some() {
            return Target::Parameter;
        }
        let Expr::Member { object, property } = facts.expr(call.callee) else { return Target::Unresolved };
        let method = facts.name(property);
        if !query::is_query_method(method) || call.kind != CallKind::Call {
            return Target::Unresolved;
        }
        let Expr::Member { object: client, property: accessor } = facts.expr(object) else {
            return Target::Unresolved;
        };
        let accessor = facts.name(accessor);
        let is_imported_module = matches!(facts.expr(client), Expr::Symbol(symbol)
            if matches!(facts.symbol(symbol).kind, SymbolKind::Import(_) | SymbolKind::Class(_) | SymbolKind::Function(_)));
        let takes_options = match facts.args(id) {
            [] => matches!(method, "findMany" | "findFirst" | "findFirstOrThrow"),
            [arg] => match facts.expr(*arg) {
                Expr::Object(list) => facts.props(list).iter().any(|prop| match prop.key {
                    crate::facts::PropKey::Name(name) => is_option(facts.name(name)),
                    _ => true,
                }),
                Expr::Symbol(_) => method.starts_with("find") && method != "find",
                _ => false,
            },
            _ => false,
        };
        let model = self.schemas.iter().enumerate().find_map(|(schema, it)| {
            let found = it.models.iter().position(|model| model.accessor == accessor)?;
            Some((schema as u32, found as u32))
        });
        match model {
            Some(model) if takes_options && !is_imported_module => {
                self.model_query(file, id, model, method, true, queries)
            }
            _ => Target::Unresolved,
        }
    }
}

fn is_option(name: &str) -> bool {
    matches!(
        name,
        "where"
            | "data"
            | "select"
            | "include"
            | "orderBy"
            | "take"
            | "skip"
            | "cursor"
            | "create"
            | "by"
            | "distinct"
            | "omit"
    )
}

fn push_query(queries: &mut Vec<Query>, query: Query) -> Target {
    queries.push(query);
    Target::Query(queries.len() as u32 - 1)
}
