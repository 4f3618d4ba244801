//! Methods of lists and maps of rows: what they ask, and where the rows go on.

use super::flow::is_made_here;
use super::{Ask, Form, Walk};
use crate::facts::{BinaryOp, CallId, Expr, SymbolId};
use crate::place::Place;
use crate::program::libraries::iterating_method;
use crate::program::targets::Target;
use crate::program::value::Value;

impl Walk<'_> {
    /// A length or count: looked at for being none, or as a number.
    pub(super) fn number(&mut self, at: Place, outer: Place) {
        let facts = self.program.facts(at.file);
        let ask = match facts.expr(outer.expr) {
            Expr::Not(_) => Ask::IsEmpty,
            Expr::Binary { op, left, right } => {
                let other = if left == at.expr { right } else { left };
                if compares_with_none(op, facts.expr(other)) { Ask::IsEmpty } else { Ask::Length }
            }
            Expr::Choice(list) => {
                if facts.list(list).get(2) != Some(&at.expr) {
                    return self.go(outer, Form::Number);
                }
                Ask::IsEmpty
            }
            Expr::Item { n, .. } => return self.item(outer, n, Form::Number),
            // The variable gets another value.
            Expr::Assign { target, value }
                if value != at.expr || matches!(facts.expr(target), Expr::Symbol(_)) =>
            {
                return;
            }
            _ => Ask::Length,
        };
        self.ask(at.file, ask);
    }

    pub(super) fn method(&mut self, member: Place, call: CallId, name: &str) {
        let file = member.file;
        let facts = self.program.facts(file);
        let result = Place { file, expr: facts.call(call).expr };
        let callback = |walk: &mut Self, index: u32| walk.callback(result, call, index, Form::Row);
        match name {
            "filter" => {
                self.ask(file, Ask::Filter(call));
                callback(self, 0);
                self.go(result, Form::Rows);
            }
            "find" | "findLast" => {
                self.ask(file, Ask::Find(call));
                callback(self, 0);
                self.go(result, Form::Row);
            }
            "some" | "every" | "findIndex" | "findLastIndex" => {
                self.ask(file, Ask::Test(call));
                callback(self, 0);
            }
            "map" | "flatMap" => {
                self.ask(file, Ask::Map(call));
                callback(self, 0);
            }
            "forEach" => {
                self.ask(file, Ask::Each);
                callback(self, 0);
            }
            "reduce" | "reduceRight" => {
                self.ask(file, Ask::Reduce(call));
                callback(self, 1);
                // Without a first value the first row is the sum.
                if facts.args(call).len() < 2 {
                    self.escape(member);
                }
            }
            "sort" | "toSorted" => {
                self.ask(file, Ask::Pass(call));
                if !facts.args(call).is_empty() {
                    callback(self, 0);
                    callback(self, 1);
                }
                self.go(result, Form::Rows);
            }
            "slice" | "reverse" | "toReversed" | "splice" | "concat" | "values" => {
                self.ask(file, Ask::Pass(call));
                self.go(result, Form::Rows);
            }
            "at" | "pop" | "shift" => {
                self.ask(file, Ask::At);
                self.go(result, Form::Row);
            }
            "push" | "unshift" => self.ask(file, Ask::Hold),
            "then" | "catch" | "finally" => self.then(member, call, name, Form::Rows),
            _ => self.escape(member),
        }
    }

    pub(super) fn then(&mut self, member: Place, call: CallId, name: &str, form: Form) {
        let result = Place { file: member.file, expr: self.program.facts(member.file).call(call).expr };
        if name == "then" {
            self.callback(result, call, 0, form);
        } else {
            self.go(result, form);
        }
    }

    /// The rows go to a parameter of the function that a method is handed first.
    fn callback(&mut self, at: Place, call: CallId, index: u32, form: Form) {
        let facts = self.program.facts(at.file);
        let Some(given) = facts.args(call).first() else { return self.escape(at) };
        match self.program.eval(Place { file: at.file, expr: *given }) {
            Value::Function(function) => {
                let params = &self.program.facts(function.file).function(function.id).params;
                if params.iter().any(|param| param.is_rest) || params.len() as u32 > index + 2 {
                    return self.escape(at);
                }
                self.go_parameter(function.file, function.id, index, form);
            }
            // `.filter(Boolean)`.
            Value::Api(api) if api.package == "global" && api.path == "Boolean" => {}
            _ => self.escape(at),
        }
    }

    pub(super) fn keyed_method(&mut self, member: Place, call: CallId, name: &str) {
        let result = Place { file: member.file, expr: self.program.facts(member.file).call(call).expr };
        match name {
            "get" => self.go(result, Form::Row),
            "values" => self.go(result, Form::Rows),
            "has" | "set" | "delete" | "keys" | "hasOwnProperty" => {}
            _ => self.escape(member),
        }
    }

    /// `all.push(row)`, `all.push(...rows)`, `byId.set(row.id, row)`: the rows go into a list of the function.
    pub(super) fn held(&mut self, at: Place, call: CallId, form: Form) {
        match (self.holder(at.file, call), form) {
            (Some((symbol, "push" | "unshift")), Form::Row) => {
                self.ask(at.file, Ask::Hold);
                self.defines(at.file, symbol, Form::Rows);
            }
            (Some((symbol, "set")), Form::Row) => {
                self.ask(at.file, Ask::Hold);
                self.defines(at.file, symbol, Form::Keyed);
            }
            _ => self.lose(at, form),
        }
    }

    pub(super) fn pushed(&mut self, at: Place, call: CallId) {
        match self.holder(at.file, call) {
            Some((symbol, "push" | "unshift")) => {
                self.ask(at.file, Ask::Hold);
                self.defines(at.file, symbol, Form::Rows);
            }
            _ => self.escape(at),
        }
    }

    fn holder(&self, file: u32, call: CallId) -> Option<(SymbolId, &str)> {
        let facts = self.program.facts(file);
        let Expr::Member { object, property } = facts.expr(facts.call(call).callee) else { return None };
        let Expr::Symbol(symbol) = facts.expr(object) else { return None };
        is_made_here(self.program, file, symbol).then(|| (symbol, facts.name(property)))
    }

    /// What a callback gives back to the method that runs it.
    pub(super) fn given_back(&mut self, at: Place, call: CallId, position: u32, form: Form) {
        let facts = self.program.facts(at.file);
        let Expr::Member { property, .. } = facts.expr(facts.call(call).callee) else {
            return self.lose(at, form);
        };
        let is_library =
            !matches!(self.program.target(at.file, call), Target::Functions(..) | Target::Query(_));
        if !is_library || position != 0 {
            return self.lose(at, form);
        }
        let result = Place { file: at.file, expr: facts.call(call).expr };
        match (facts.name(property), form) {
            ("map" | "flatMap", Form::Row) | ("flatMap", Form::Rows) => self.go(result, Form::Rows),
            ("map", Form::Pair) => self.go(result, Form::Pairs),
            ("forEach", _) => {}
            ("then", _) => self.go(result, form),
            (_, Form::Number) => self.ask(at.file, Ask::Length),
            // Only whether it is there counts.
            (name, Form::Row) if iterating_method(name) == Some(0) => {}
            _ => self.lose(at, form),
        }
    }
}

/// `> 0`, `=== 0` of a length or count, whichever side it stands on.
fn compares_with_none(op: BinaryOp, other: Expr) -> bool {
    matches!(other, Expr::Number(n) if n == 0.0)
        && matches!(op, BinaryOp::Greater | BinaryOp::Less | BinaryOp::Equal | BinaryOp::NotEqual)
}
