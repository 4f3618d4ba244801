//! The table of a declared call: named by its arguments, by its own name, by the type or the name of the handle.

use super::patterns::{self, Part};
use super::{Found, ITSELF};
use crate::facts::{BinaryOp, CallId, Expr};
use crate::objects::{Follow as _, Given, Reader};
use crate::orm::ModelRef;
use crate::orm::naming::pluralize;
use crate::place::Place;
use crate::program::Program;
use crate::schema::Schema;

/// Steps from an argument to the text or object behind it; more is a cycle.
const MAX_STEPS: u32 = 6;

impl Program {
    pub(super) fn table_of_call(&self, declared: Found<'_>, file: u32, id: CallId) -> Option<String> {
        let call = declared.call;
        let arg = call.table_argument.and_then(|n| self.files[file as usize].args(id).get(n as usize));
        let arg = arg.map(|expr| Place { file, expr: *expr });
        let named = arg.and_then(|at| match &call.table_property {
            Some(names) => self.table_in_object(at, names, file, 0),
            None => self.declared_table(at, call.table_until.as_deref()),
        });
        named
            .or_else(|| call.table.clone())
            .or_else(|| Some(self.model(self.model_of_call(declared, file, id)?).table.clone()))
            .or_else(|| declared.handle.table.clone())
    }

    /// The model that the name of the method, the type of the handle or its name says.
    fn model_of_call(&self, declared: Found<'_>, file: u32, id: CallId) -> Option<ModelRef> {
        if let Some(part) = patterns::placeholder(declared.method.0, declared.method.1) {
            return self.placed_model(part, file);
        }
        declared.model.or_else(|| {
            let name = self.holder_name(declared, file, id)?;
            let fields = declared.handle.table_field.as_ref()?;
            fields.iter().find_map(|field| self.placed_model(patterns::placeholder(field, name)?, file))
        })
    }

    /// The name of the field or variable that holds the handle of a call.
    fn holder_name(&self, declared: Found<'_>, file: u32, id: CallId) -> Option<&str> {
        let facts = &self.files[file as usize];
        let mut holder = facts.call(id).callee;
        if declared.method.1 != ITSELF {
            for _ in declared.method.1.split('.') {
                let Expr::Member { object, .. } = facts.expr(holder) else { return None };
                holder = object;
            }
        }
        match facts.expr(holder) {
            Expr::Member { property, .. } => Some(facts.name(property)),
            Expr::Symbol(symbol) => Some(facts.name(facts.symbol(symbol).name)),
            _ => None,
        }
    }

    /// The method that does the same for many keys, by the name that it has for the model of the call.
    pub(super) fn batch_of(declared: Found<'_>) -> Option<String> {
        let batch = declared.call.batched_by.as_deref()?;
        Some(match patterns::placeholder(declared.method.0, declared.method.1) {
            Some(Part::Singular(name)) => patterns::filled(batch, name, &pluralize(name)),
            // A method of many is its own batch form, or one of many too.
            Some(Part::Plural(names)) => patterns::filled(batch, names, names),
            None => batch.to_owned(),
        })
    }

    /// The table that a property of an object names; also where a function is given the object and makes the argument.
    fn table_in_object(&self, at: Place, names: &[String], file: u32, depth: u32) -> Option<String> {
        let at = self.follow(at).filter(|_| depth < MAX_STEPS)?;
        let facts = &self.files[at.file as usize];
        match facts.expr(at.expr) {
            Expr::Object(_) => {
                let schema = Schema::default();
                let object = Reader::new(self, &schema).object(at);
                let given = names.iter().find_map(|name| match object.get(name) {
                    Given::Sure(place) => Some(place),
                    _ => None,
                })?;
                let (text, is_whole) = self.leading_text(given, 0)?;
                self.stored_table(&text, file).filter(|_| is_whole)
            }
            Expr::Call(call) => {
                let arg = *facts.args(call).first()?;
                self.table_in_object(Place { file: at.file, expr: arg }, names, file, depth + 1)
            }
            _ => None,
        }
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
        if depth > MAX_STEPS {
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
