//! Members whose name is a value: `user[method](…)`, where every caller hands over a name that stands in the source.

use super::{Program, Value};
use crate::facts::Expr;
use crate::place::Place;

/// More names than this say that any member may be meant.
const MAX_NAMES: usize = 24;

impl Program {
    /// The members that an index can name.
    pub(super) fn members_named(&self, object: &Value, index: Place) -> Option<Value> {
        let holds =
            matches!(object, Value::Module(_) | Value::Object(_) | Value::Instance(_) | Value::Class(_));
        let mut names = Vec::new();
        if !holds || !self.literal_names(index, 0, &mut names) || names.is_empty() {
            return None;
        }
        Some(Value::join(names.into_iter().map(|name| self.member_of(object, name))))
    }

    /// Collects the texts that an expression can be; false where it can be another.
    fn literal_names<'a>(&'a self, at: Place, depth: u32, names: &mut Vec<&'a str>) -> bool {
        let facts = &self.files[at.file as usize];
        if depth > 8 || names.len() > MAX_NAMES {
            return false;
        }
        let mut again = |expr| self.literal_names(Place { file: at.file, expr }, depth + 1, names);
        match facts.expr(at.expr) {
            Expr::Str(text) => {
                names.push(facts.name(text));
                true
            }
            Expr::Cast { expr, .. } => again(expr),
            Expr::Choice(list) => facts.list(list).iter().take(2).all(|choice| again(*choice)),
            Expr::Symbol(symbol) if facts.symbol(symbol).assignments.is_empty() => {
                facts.symbol(symbol).definition.is_some_and(again)
            }
            Expr::Param { .. } => {
                let passed = self.passed(at);
                !passed.is_empty() && passed.into_iter().all(|at| self.literal_names(at, depth + 1, names))
            }
            // A property of the options that callers write.
            Expr::Member { object, property } => {
                let passed = self.passed(Place { file: at.file, expr: object });
                let name = facts.name(property);
                !passed.is_empty()
                    && passed.into_iter().all(|at| {
                        let facts = &self.files[at.file as usize];
                        let Expr::Object(list) = facts.expr(at.expr) else { return false };
                        let value = facts.property(list, name);
                        value.is_some_and(|expr| {
                            self.literal_names(Place { file: at.file, expr }, depth + 1, names)
                        })
                    })
            }
            _ => false,
        }
    }
}
