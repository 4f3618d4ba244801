//! What the language's own functions and methods give.

use std::sync::Arc;

use crate::facts::{CallId, CallKind};
use crate::program::Program;
use crate::program::value::{Api, Value};

impl Program {
    pub(super) fn builtin_result(&self, api: &Api, file: u32, id: CallId) -> Value {
        let arg = |n: usize| self.argument(file, id, n);
        let list = |value: Value| Value::List(Arc::new(value));
        if let Some(method) = api.path.strip_prefix("Array#") {
            return self.array_result(method, file, id);
        }
        if let Some(method) = api.path.strip_prefix("String#") {
            return match method {
                "split" | "match" | "matchAll" => list(Value::Text),
                "length" | "indexOf" | "lastIndexOf" | "localeCompare" | "charCodeAt" => Value::Number,
                "includes" | "startsWith" | "endsWith" => Value::Bool,
                _ => Value::Text,
            };
        }
        match api.path.as_str() {
            "Promise.all" | "Promise.allSettled" => match arg(0) {
                Value::Unknown => list(Value::Unknown),
                value => value,
            },
            "require" | "import" => self.module_chosen(file, id),
            "Promise" if self.files[file as usize].call(id).kind == CallKind::New => {
                match self.resolved_with(&arg(0)) {
                    Value::Unknown | Value::Nothing => Value::Api(Arc::new(api.called())),
                    value => value,
                }
            }
            "Promise.race" | "Promise.any" => self.element_of(&arg(0)),
            "Promise.resolve" | "structuredClone" | "Object.freeze" | "Object.assign" | "Object.seal" => {
                arg(0)
            }
            "Object.keys" => list(Value::Text),
            "Object.values" | "Object.entries" | "Array" => list(Value::Unknown),
            "Array.from" | "Set" => list(self.element_of(&arg(0))),
            "String" | "JSON.stringify" | "encodeURIComponent" => Value::Text,
            "Number" | "parseInt" | "parseFloat" | "Date.now" => Value::Number,
            "Boolean" | "Array.isArray" => Value::Bool,
            "Function#bind" | "Promise#catch" | "Promise#finally" => self.receiver(file, id),
            "Promise#then" => match arg(0) {
                Value::Function(next) | Value::Memoized(next, _) => self.return_value(next),
                _ => Value::Unknown,
            },
            path if path.starts_with("Math.") => Value::Number,
            // What builtin objects hold is not followed: `new Map().get(key)`.
            path if path.starts_with("Object#") || path.starts_with("Number#") || path.contains("()") => {
                Value::Unknown
            }
            _ => Value::Api(Arc::new(api.called())),
        }
    }

    /// What `new Promise((resolve) => …)` is resolved with.
    fn resolved_with(&self, executor: &Value) -> Value {
        let Value::Function(executor) = executor else { return Value::Unknown };
        let facts = &self.files[executor.file as usize];
        let span = facts.function(executor.id).span;
        let resolves = facts.calls.iter().enumerate().filter(|(_, call)| {
            span.contains(facts.span(call.expr))
                && self.parameter(executor.file, call.callee) == Some((executor.id, 0))
        });
        Value::join(resolves.map(|(n, _)| self.argument(executor.file, CallId(n as u32), 0)))
    }

    fn array_result(&self, method: &str, file: u32, id: CallId) -> Value {
        let element = || self.element_of(&self.receiver(file, id));
        let list = |value: Value| Value::List(Arc::new(value));
        let callback = || match self.argument(file, id, 0) {
            Value::Function(function) | Value::Memoized(function, _) => self.return_value(function),
            _ => Value::Unknown,
        };
        match method {
            "map" => list(callback()),
            "flatMap" => list(self.element_of(&callback())),
            "filter" | "slice" | "sort" | "reverse" | "toSorted" | "toReversed" | "concat" | "splice" => {
                match self.receiver(file, id) {
                    value @ (Value::Rows { .. } | Value::List(_)) => value,
                    _ => list(element()),
                }
            }
            "find" | "findLast" | "at" | "pop" | "shift" => element(),
            "flat" => list(self.element_of(&element())),
            "join" => Value::Text,
            "includes" | "some" | "every" => Value::Bool,
            "indexOf" | "findIndex" | "lastIndexOf" | "push" | "unshift" => Value::Number,
            // A pair of position and element.
            "entries" => list(list(element())),
            "values" => list(element()),
            "keys" => list(Value::Number),
            "reduce" | "reduceRight" => callback(),
            _ => Value::Unknown,
        }
    }
}
