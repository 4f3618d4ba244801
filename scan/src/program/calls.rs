//! Calls: what they return, and whom they reach.

mod builtins;
mod handed;

use std::sync::Arc;

use crate::facts::{CallId, CallKind, Expr, ExprId, FnId, SymbolId, SymbolKind, TypeExpr, TypeId};
use crate::place::Place;

use super::Program;
use super::libraries;
use super::value::{Api, FnRef, Value};

impl Program {
    pub(super) fn call_value(&self, file: u32, id: CallId) -> Value {
        let facts = &self.files[file as usize];
        let call = facts.call(id);
        if call.kind == CallKind::Jsx {
            return Value::Unknown;
        }
        if let Some(model) = self.model_made_at(Place { file, expr: call.expr }) {
            return self.model_value(model);
        }
        if let Some(handle) = self.given_handle(file, id) {
            return handle;
        }
        let callee = self.eval(Place { file, expr: call.callee });
        if matches!(callee, Value::Unknown) {
            return self.located(file, id);
        }
        let result = callee.map(|callee| self.result_of(callee, file, id));
        self.close_handle(result, file, id)
    }

    fn result_of(&self, callee: &Value, file: u32, id: CallId) -> Value {
        let arg = |n: usize| self.argument(file, id, n);
        match callee {
            Value::Function(function) | Value::Memoized(function, _) => self.apply(*function, file, id),
            Value::Class(class) => Value::Instance(*class),
            Value::Callable { file, ty } => self.callable_result(*file, *ty),
            Value::Module(module) => match self.exported(*module, "default", 0) {
                Some(exported) => {
                    let value = self.exported_value(&exported);
                    if matches!(value, Value::Module(_)) {
                        Value::Unknown
                    } else {
                        self.result_of(&value, file, id)
                    }
                }
                None => Value::Unknown,
            },
            Value::ModelMethod { name, .. } => match &**name {
                "count" => Value::Number,
                name => Value::Rows { file, call: id.0, many: returns_many(name) },
            },
            Value::ClientMethod { schema, name } => match &**name {
                "$extends" => Value::Client(*schema),
                "$transaction" => match arg(0) {
                    Value::Function(function) => self.return_value(function),
                    other => other,
                },
                "$queryRaw" | "$queryRawUnsafe" | "$queryRawTyped" => {
                    Value::Rows { file, call: id.0, many: true }
                }
                "$executeRaw" | "$executeRawUnsafe" => Value::Number,
                _ => Value::Unknown,
            },
            Value::Api(api) => self.api_result(api, file, id),
            Value::HandleMethod(handle, name) => self.handle_result(*handle, name, file, id),
            Value::Handle(handle) => self.handle_result(*handle, "", file, id),
            Value::SqlOf(..) => callee.clone(),
            Value::Unknown => self.asked_handle(file, id).unwrap_or(Value::Unknown),
            _ => Value::Unknown,
        }
    }

    pub(super) fn argument(&self, file: u32, id: CallId, n: usize) -> Value {
        let facts = &self.files[file as usize];
        match facts.args(id).get(n) {
            Some(expr) => self.eval(Place { file, expr: *expr }),
            None => Value::Nothing,
        }
    }

    /// The result of calling `function` here: its return value, or the argument that it hands back.
    fn apply(&self, function: FnRef, file: u32, id: CallId) -> Value {
        let facts = &self.files[function.file as usize];
        let it = facts.function(function.id);
        if let Some(receiver) = self.itself(function, file, id) {
            return receiver;
        }
        if let Some(value) = it.return_type.and_then(|ty| self.generic_result(function, ty, file, id)) {
            return value;
        }
        if let Some(value) = self.wrapped_argument(function, file, id) {
            return value;
        }
        let general = self.return_value(function);
        if general.is_known() && !matches!(general, Value::Shape { .. } | Value::Callable { .. }) {
            return general;
        }
        let passed =
            Value::join(it.returns.iter().map(|it| self.handed_back(function, it.value, file, id, 0)));
        if passed.is_known() { passed } else { general }
    }

    /// The object that a method is called on, where it gives that back: of a subclass, not of the class of the method.
    fn itself(&self, method: FnRef, file: u32, id: CallId) -> Option<Value> {
        let facts = &self.files[method.file as usize];
        let it = facts.function(method.id);
        it.class?;
        let gives_itself = match it.return_type {
            Some(ty) => *facts.type_expr(ty) == TypeExpr::This,
            None => !it.returns.is_empty() && it.returns.iter().all(|it| facts.expr(it.value) == Expr::This),
        };
        if !gives_itself {
            return None;
        }
        let receiver = self.receiver(file, id);
        let own = receiver.choices().iter().filter(|it| matches!(it, Value::Instance(_))).cloned();
        Some(Value::join(own)).filter(Value::is_known)
    }

    /// `function f<T>(make: () => T): T`: the result is what the argument is or returns.
    fn generic_result(&self, function: FnRef, ty: TypeId, file: u32, id: CallId) -> Option<Value> {
        let facts = &self.files[function.file as usize];
        let ty = match facts.type_expr(ty) {
            TypeExpr::Name { root, symbol: None, args, .. } if facts.name(*root) == "Promise" => {
                *args.first()?
            }
            _ => ty,
        };
        let parameter_of = |ty: TypeId| match facts.type_expr(ty) {
            TypeExpr::Name { symbol: Some(symbol), .. }
                if facts.symbol(*symbol).kind == SymbolKind::TypeParameter =>
            {
                Some(*symbol)
            }
            TypeExpr::Name { root, symbol: None, args, .. } if facts.name(*root) == "Promise" => {
                match args.first().map(|ty| facts.type_expr(*ty)) {
                    Some(TypeExpr::Name { symbol: Some(symbol), .. }) => Some(*symbol),
                    _ => None,
                }
            }
            _ => None,
        };
        let wanted = parameter_of(ty)?;
        for (n, param) in facts.function(function.id).params.iter().enumerate() {
            let Some(annotation) = param.annotation else { continue };
            if parameter_of(annotation) == Some(wanted) {
                return Some(self.argument(file, id, n));
            }
            // `Type<T>`, `new () => T`: what is asked for by its class.
            if self.mentions(function.file, annotation, wanted, 0)
                && let Value::Class(class) = self.argument(file, id, n)
            {
                return Some(Value::Instance(class));
            }
            if let TypeExpr::Function { returns, .. } = facts.type_expr(annotation)
                && parameter_of(*returns) == Some(wanted)
            {
                return match self.argument(file, id, n) {
                    Value::Function(made_by) | Value::Memoized(made_by, _) => {
                        Some(self.return_value(made_by))
                    }
                    _ => None,
                };
            }
        }
        // `manager<EntityManager>()`: the caller says what it gets.
        self.asked_handle(file, id)
    }

    /// The handle that the type argument of a call names.
    fn asked_handle(&self, file: u32, id: CallId) -> Option<Value> {
        let ty = self.files[file as usize].call(id).type_arg?;
        Some(self.type_value(file, ty))
            .filter(|it| matches!(it, Value::Handle(_) | Value::Client(_)) || Self::is_typed_handle(it))
    }

    /// True where a type names the type parameter somewhere in its arguments.
    fn mentions(&self, file: u32, ty: TypeId, wanted: SymbolId, depth: u32) -> bool {
        if depth > 4 {
            return false;
        }
        let again = |ty: &TypeId| self.mentions(file, *ty, wanted, depth + 1);
        match self.files[file as usize].type_expr(ty) {
            TypeExpr::Name { symbol, args, .. } => *symbol == Some(wanted) || args.iter().any(again),
            TypeExpr::Union(types) | TypeExpr::Intersection(types) => types.iter().any(again),
            TypeExpr::Function { returns, .. } => again(returns),
            _ => false,
        }
    }

    /// What a container gives for a class: `injector.get(Service)`.
    fn located(&self, file: u32, id: CallId) -> Value {
        let facts = &self.files[file as usize];
        let call = facts.call(id);
        let Expr::Member { property, .. } = facts.expr(call.callee) else { return Value::Unknown };
        if call.kind != CallKind::Call
            || !matches!(facts.name(property), "get" | "resolve" | "inject" | "getService")
        {
            return Value::Unknown;
        }
        match self.argument(file, id, 0) {
            Value::Class(class) if self.entity(class).is_none() => Value::Instance(class),
            Value::Text => match self.context_value(file, id) {
                Value::Unknown => self.registered_class(file, id),
                value => value,
            },
            _ => Value::Unknown,
        }
    }

    /// The parameter that an expression names.
    pub(crate) fn parameter(&self, file: u32, expr: ExprId) -> Option<(FnId, u32)> {
        let facts = &self.files[file as usize];
        let mut expr = expr;
        for _ in 0..8 {
            match facts.expr(expr) {
                Expr::Param { function, index } => return Some((function, index)),
                Expr::Symbol(symbol) => expr = facts.symbol(symbol).definition?,
                Expr::Cast { expr: inner, .. } | Expr::Await(inner) => expr = inner,
                _ => return None,
            }
        }
        None
    }

    fn api_result(&self, api: &Arc<Api>, file: u32, id: CallId) -> Value {
        if let Some(memo) = libraries::memoizes(api)
            && let Some(function) = self.function_argument(file, id)
        {
            return Value::Memoized(function, memo);
        }
        if let Some(schema) = self.prisma_client_type(api) {
            return Value::Client(schema);
        }
        if api.package == "global" {
            return self.builtin_result(api, file, id);
        }
        if let Some(value) = self.declared_result(api, file, id) {
            return value;
        }
        if let Some(handle) = self.handle_made(api, file, id) {
            return handle;
        }
        if self.leads_to_declared(api) {
            return Value::Api(Arc::new(api.called()));
        }
        if let Some(value) = self.requested_type(file, id) {
            return value;
        }
        if libraries::chunks(api) {
            return Value::List(Arc::new(Value::List(Arc::new(Value::Unknown))));
        }
        Value::Api(Arc::new(api.called()))
    }

    /// `container.get<Service>(…)`, `moduleRef.get(Service)`, `proxyActivities<typeof activities>()`: the type asked for.
    fn requested_type(&self, file: u32, id: CallId) -> Option<Value> {
        let call = self.files[file as usize].call(id);
        let typed = call.type_arg.map_or(Value::Unknown, |ty| self.type_value(file, ty));
        if matches!(
            typed,
            Value::Instance(_) | Value::Object(_) | Value::Module(_) | Value::Client(_) | Value::Handle(_)
        ) || Self::is_typed_handle(&typed)
        {
            return Some(typed);
        }
        match (call.kind, self.argument(file, id, 0)) {
            (CallKind::Call, Value::Class(class)) => Some(Value::Instance(class)),
            _ => None,
        }
    }

    fn function_argument(&self, file: u32, id: CallId) -> Option<FnRef> {
        let facts = &self.files[file as usize];
        facts.args(id).iter().find_map(|expr| match self.eval(Place { file, expr: *expr }) {
            Value::Function(function) | Value::Memoized(function, _) => Some(function),
            _ => None,
        })
    }

    /// The value of `x` in `x.method(…)`.
    pub(super) fn receiver(&self, file: u32, id: CallId) -> Value {
        let facts = &self.files[file as usize];
        match facts.expr(facts.call(id).callee) {
            Expr::Member { object, .. } => self.eval(Place { file, expr: object }),
            _ => Value::Unknown,
        }
    }

    /// What a call of a function typed so gives.
    pub(super) fn callable_result(&self, file: u32, ty: TypeId) -> Value {
        match self.files[file as usize].type_expr(ty) {
            TypeExpr::Function { returns, .. } => self.type_value(file, *returns),
            _ => Value::Unknown,
        }
    }
}

fn returns_many(method: &str) -> bool {
    matches!(method, "findMany" | "groupBy" | "createManyAndReturn" | "updateManyAndReturn" | "findRaw")
}
