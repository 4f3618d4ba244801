//! What middleware leaves for handlers under a name: `c.set("db", db)` and, in another file, `c.get("db")`.

use rustc_hash::FxHashMap;

use super::{Program, Value};
use crate::facts::{CallId, Expr};
use crate::place::Place;

/// By the name, the values that functions put into contexts they are handed.
pub(super) type Contexts = FxHashMap<String, Vec<Place>>;

impl Program {
    /// The value of `c.get("db")`, where `c` is a parameter.
    pub(super) fn context_value(&self, file: u32, call: CallId) -> Value {
        let Some((name, _)) = self.context_call(file, call, "get", 1) else { return Value::Unknown };
        let contexts = self.contexts.get_or_init(|| self.find_contexts());
        let places = contexts.get(name).map_or(&[][..], Vec::as_slice);
        Value::join(places.iter().map(|place| self.eval(*place)))
    }

    fn find_contexts(&self) -> Contexts {
        let mut found = Contexts::default();
        for (file, facts) in self.files.iter().enumerate() {
            for n in 0..facts.calls.len() {
                if let Some((name, Some(value))) = self.context_call(file as u32, CallId(n as u32), "set", 2)
                {
                    found.entry(name.to_owned()).or_default().push(value);
                }
            }
        }
        found
    }

    /// The name in a call of a method of a parameter with so many arguments, and its second argument.
    fn context_call(
        &self,
        file: u32,
        call: CallId,
        method: &str,
        count: usize,
    ) -> Option<(&str, Option<Place>)> {
        let facts = &self.files[file as usize];
        let args = facts.args(call);
        let Expr::Member { object, property } = facts.expr(facts.call(call).callee) else { return None };
        if facts.name(property) != method || args.len() != count || self.parameter(file, object).is_none() {
            return None;
        }
        let Expr::Str(name) = facts.expr(args[0]) else { return None };
        Some((facts.name(name), args.get(1).map(|expr| Place { file, expr: *expr })))
    }
}
