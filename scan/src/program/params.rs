//! Parameters: what they can stand for, by annotation, by the call a function is handed to, by the arguments of calls.

use std::sync::Arc;

use super::Program;
use super::libraries;
use super::roles::Role;
use super::value::{FnRef, Value};
use crate::facts::{CallId, TypeExpr};
use crate::orm::CallAt;
use crate::place::Place;

impl Program {
    /// What a parameter can stand for: annotation, the call it is a callback of, the arguments of known calls.
    pub(super) fn param_value(&self, function: FnRef, index: u32) -> Value {
        let facts = &self.files[function.file as usize];
        let it = facts.function(function.id);
        let Some(param) = it.params.get(index as usize) else { return Value::Unknown };
        let values = || {
            let contextual = self.callback_parameter(function, index);
            if contextual.is_known() {
                return contextual;
            }
            let typed = self.typed_parameter(function, index);
            if typed.is_known() {
                return typed;
            }
            let passed = self.passed_arguments(function, index);
            if passed.is_known() {
                return passed;
            }
            param.default.map_or(Value::Unknown, |expr| self.eval(Place { file: function.file, expr }))
        };
        let value = self.declared(function.file, param.annotation, values);
        if param.is_rest { Value::List(Arc::new(value)) } else { value }
    }

    /// The type of a parameter, from the type of the variable or object that holds the function.
    fn typed_parameter(&self, function: FnRef, index: u32) -> Value {
        let facts = &self.files[function.file as usize];
        let Some((annotation, property)) = facts.function(function.id).typed_by else {
            return Value::Unknown;
        };
        let holder = self.type_value(function.file, annotation);
        let callable = match property {
            Some(name) => holder.map(|holder| self.member_of(holder, facts.name(name))),
            None => holder,
        };
        self.callable_parameter(&callable, index)
    }

    /// The type of a parameter of a function of which only the type is known.
    pub(super) fn callable_parameter(&self, callable: &Value, index: u32) -> Value {
        callable.map(|callable| match callable {
            Value::Callable { file, ty } => match self.files[*file as usize].type_expr(*ty) {
                TypeExpr::Function { params, .. } => {
                    params.get(index as usize).map_or(Value::Unknown, |ty| self.type_value(*file, *ty))
                }
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        })
    }

    fn callback_parameter(&self, function: FnRef, index: u32) -> Value {
        let facts = &self.files[function.file as usize];
        let Some((call, position)) = facts.function(function.id).argument_of else { return Value::Unknown };
        self.given_by(function.file, call, position, index, 0)
    }

    /// What a call gives argument `index` of the function that it is handed as argument `position`.
    fn given_by(&self, file: u32, call: CallId, position: u32, index: u32, depth: u32) -> Value {
        let callee = self.eval(Place { file, expr: self.files[file as usize].call(call).callee });
        callee.map(|callee| match callee {
            Value::ClientMethod { schema, name } if &**name == "$transaction" && index == 0 => {
                Value::Client(*schema)
            }
            Value::HandleMethod(handle, name) => {
                self.handle_gives(*handle, name, CallAt { file, call }, position, index)
            }
            // `const jobs: ((db: Database) => void)[] = []; jobs.push((db) => …)`: by the type of the list.
            Value::Api(api) if matches!(api.path.as_str(), "Array#push" | "Array#unshift") => {
                self.callable_parameter(&self.element_of(&self.receiver(file, call)), index)
            }
            Value::Api(api) if let Some(given) = self.declared_gives(api, index) => given,
            Value::Api(api) if api.path.starts_with("Array#") => {
                let element = libraries::iterating_method(&api.path["Array#".len()..]);
                if element == Some(index) {
                    self.element_of(&self.receiver(file, call))
                } else if element.is_some_and(|element| element + 2 == index) {
                    self.receiver(file, call)
                } else {
                    Value::Unknown
                }
            }
            Value::Api(api) if api.path == "Promise#then" && (position, index) == (0, 0) => {
                self.awaited_receiver(file, call)
            }
            Value::Function(target) | Value::Memoized(target, _) => {
                self.inner_argument(*target, position, index, depth)
            }
            _ => Value::Unknown,
        })
    }

    /// What `target` passes as argument `index` where it calls its parameter `position` or hands it on.
    fn inner_argument(&self, target: FnRef, position: u32, index: u32, depth: u32) -> Value {
        let facts = &self.files[target.file as usize];
        let span = facts.function(target.id).span;
        let wanted = Some((target.id, position));
        let declared = self.declared_argument(target, position, index);
        if matches!(declared, Value::Client(_) | Value::Handle(_) | Value::Instance(_)) {
            return declared;
        }
        let calls = facts.calls.iter().enumerate().filter(|(_, call)| span.contains(facts.span(call.expr)));
        Value::join(calls.map(|(n, call)| {
            let id = CallId(n as u32);
            if self.parameter(target.file, call.callee) == wanted {
                return self.argument(target.file, id, index as usize);
            }
            let handed =
                facts.list(call.args).iter().position(|arg| self.parameter(target.file, *arg) == wanted);
            match handed {
                Some(at) if depth < 4 => self.given_by(target.file, id, at as u32, index, depth + 1),
                _ => Value::Unknown,
            }
        }))
    }

    /// The type of argument `index` of the callback that is parameter `position`: `run(fn: (tx: Client) => …)`.
    fn declared_argument(&self, target: FnRef, position: u32, index: u32) -> Value {
        let facts = &self.files[target.file as usize];
        let annotation = facts.function(target.id).params.get(position as usize).and_then(|it| it.annotation);
        match annotation.map(|ty| facts.type_expr(ty)) {
            Some(TypeExpr::Function { params, .. }) => {
                params.get(index as usize).map_or(Value::Unknown, |ty| self.type_value(target.file, *ty))
            }
            _ => Value::Unknown,
        }
    }

    pub(super) fn passed_arguments(&self, function: FnRef, index: u32) -> Value {
        let Some(callers) = self.callers.get(&function) else { return Value::Unknown };
        if callers.len() > 24 {
            return Value::Unknown;
        }
        // Tests pass what only looks like the real thing.
        let in_test = |file: u32| self.roles[file as usize] == Role::Test;
        let callers = callers.iter().filter(|(file, _)| in_test(function.file) || !in_test(*file));
        Value::join(callers.map(|(file, call)| self.argument(*file, *call, index as usize)))
    }
}
