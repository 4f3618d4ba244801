//! One step of a value: what each user of an expression does with it.

use std::collections::BTreeSet;

use super::places::User;
use super::{Ask, Form, Walk};
use crate::facts::{BinaryOp, CallId, CallKind, Expr, ExprId, FnId, PropKey, SymbolId};
use crate::place::Place;
use crate::program::Program;
use crate::program::entries::EntryKind;
use crate::program::targets::Target;
use crate::program::value::{FnRef, Value};

/// More callers than this are not followed.
const MAX_CALLERS: usize = 24;

impl Walk<'_> {
    pub(super) fn visit(&mut self, at: Place, form: Form) {
        let places = self.program.places(at.file);
        for user in places.users(at.expr) {
            match *user {
                User::Part(around) => self.part(at, around, form),
                User::Callee(_) | User::Outside => self.lose(at, form),
                User::Argument(call, index) => self.argument(at, call, index, form),
                User::Returned(function) => self.returned(at, function, form),
                User::Defines(symbol) => self.defines(at.file, symbol, form),
                User::Test if form == Form::Number => self.ask(at.file, Ask::IsEmpty),
                User::Test => self.ask(at.file, Ask::IsThere),
            }
        }
    }

    pub(super) fn defines(&mut self, file: u32, symbol: SymbolId, form: Form) {
        for expr in self.program.places(file).mentions(symbol) {
            self.go(Place { file, expr: *expr }, form);
        }
    }

    fn part(&mut self, at: Place, around: ExprId, form: Form) {
        let facts = self.program.facts(at.file);
        let outer = Place { file: at.file, expr: around };
        match facts.expr(around) {
            Expr::Await(_) | Expr::Cast { .. } => self.go(outer, form),
            Expr::Array(list) => self.array_item(at, outer, list, form),
            _ if form == Form::Number => self.number(at, outer),
            Expr::Choice(list) => {
                if facts.list(list).iter().take(2).any(|it| *it == at.expr) {
                    self.go(outer, form);
                }
                self.ask(at.file, Ask::IsThere);
            }
            Expr::Not(_) => self.ask(at.file, Ask::IsThere),
            Expr::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::InstanceOf, .. } => {
                self.ask(at.file, Ask::IsThere);
            }
            Expr::Member { property, .. } => self.member(outer, facts.name(property), form),
            Expr::Item { n, .. } => self.item(outer, n, form),
            Expr::Index { object, .. } if object == at.expr => self.index(outer, form),
            Expr::Element(_) if form == Form::Rows => {
                self.ask(at.file, Ask::Each);
                self.go(outer, Form::Row);
            }
            Expr::Rest(_) => self.rest(at, outer, form),
            Expr::Spread(_) if form == Form::Rows => self.spread(outer),
            Expr::Assign { target, value } if value == at.expr => self.assigned(outer, target, form),
            // The variable gets another value.
            Expr::Assign { target, .. } if target == at.expr => {}
            _ => self.escape(at),
        }
    }

    fn member(&mut self, member: Place, name: &str, form: Form) {
        let places = self.program.places(member.file);
        let users = places.users(member.expr);
        let called = users.iter().find_map(|user| match user {
            User::Callee(call) => Some(*call),
            _ => None,
        });
        match (form, called) {
            (Form::Rows, Some(call)) => self.method(member, call, name),
            (Form::Rows, None) if name == "length" => self.go(member, Form::Number),
            (Form::Keyed, Some(call)) => self.keyed_method(member, call, name),
            (Form::Keyed, None) if name == "size" => self.ask(member.file, Ask::Hold),
            (Form::Keyed, None) => self.go(member, Form::Row),
            (Form::Row, Some(call)) if matches!(name, "then" | "catch" | "finally") => {
                self.then(member, call, name, form);
            }
            (Form::Row, None) => self.field(member, name),
            _ => self.escape(member),
        }
    }

    /// A property of a row. One that is only named, to be left out of a rest, is not read.
    fn field(&mut self, member: Place, name: &str) {
        let facts = self.program.facts(member.file);
        let places = self.program.places(member.file);
        let users = places.users(member.expr);
        let is_unused = |symbol: SymbolId| places.mentions(symbol).is_empty();
        let is_written = users.iter().any(|user| {
            matches!(user, User::Part(around)
                if matches!(facts.expr(*around), Expr::Assign { target, .. } if target == member.expr))
        });
        if is_written {
            self.escape(member);
        } else if users.is_empty()
            || !users.iter().all(|user| matches!(user, User::Defines(symbol) if is_unused(*symbol)))
        {
            self.taken.fields.insert(name.to_owned());
        }
    }

    pub(super) fn item(&mut self, outer: Place, n: u32, form: Form) {
        match form {
            Form::Rows => {
                self.ask(outer.file, Ask::At);
                self.go(outer, Form::Row);
            }
            Form::RowsOf(own) if own == n => self.go(outer, Form::Rows),
            Form::RowOf(own) if own == n => self.go(outer, Form::Row),
            Form::NumberOf(own) if own == n => self.go(outer, Form::Number),
            Form::Pair if n == 1 => self.go(outer, Form::Row),
            Form::RowsOf(_) | Form::RowOf(_) | Form::NumberOf(_) | Form::Pair => {}
            _ => self.escape(outer),
        }
    }

    fn index(&mut self, outer: Place, form: Form) {
        match form {
            Form::Rows => {
                self.ask(outer.file, Ask::At);
                self.go(outer, Form::Row);
            }
            Form::Keyed => self.go(outer, Form::Row),
            _ => self.escape(outer),
        }
    }

    fn rest(&mut self, at: Place, outer: Place, form: Form) {
        match form {
            Form::Rows => self.go(outer, Form::Rows),
            Form::Row => {
                let facts = self.program.facts(at.file);
                let places = self.program.places(at.file);
                let named: BTreeSet<String> = places
                    .users(at.expr)
                    .iter()
                    .filter_map(|user| match user {
                        User::Part(around) => match facts.expr(*around) {
                            Expr::Member { property, .. } => Some(facts.name(property).to_owned()),
                            _ => None,
                        },
                        _ => None,
                    })
                    .collect();
                self.taken.rests.push(named);
            }
            _ => self.escape(at),
        }
    }

    /// `[...rows]`, `all.push(...rows)`.
    fn spread(&mut self, spread: Place) {
        let facts = self.program.facts(spread.file);
        let places = self.program.places(spread.file);
        for user in places.users(spread.expr) {
            match *user {
                User::Part(around) if matches!(facts.expr(around), Expr::Array(_)) => {
                    self.ask(spread.file, Ask::Hold);
                    self.go(Place { file: spread.file, expr: around }, Form::Rows);
                }
                User::Argument(call, _) => self.pushed(spread, call),
                _ => self.escape(spread),
            }
        }
    }

    fn array_item(&mut self, at: Place, outer: Place, list: crate::facts::List, form: Form) {
        let facts = self.program.facts(at.file);
        let n = facts.list(list).iter().position(|it| *it == at.expr).unwrap_or_default() as u32;
        let places = self.program.places(at.file);
        let all = places.users(outer.expr).iter().find_map(|user| match user {
            User::Argument(call, 0) if self.awaits_all(at.file, *call) => Some(*call),
            _ => None,
        });
        let of_part = match form {
            Form::Rows => Some(Form::RowsOf(n)),
            Form::Row => Some(Form::RowOf(n)),
            Form::Number => Some(Form::NumberOf(n)),
            _ => None,
        };
        match (all, of_part, form) {
            (Some(call), Some(part), _) => {
                self.go(Place { file: at.file, expr: facts.call(call).expr }, part);
            }
            (None, _, Form::Row) if n == 1 && facts.list(list).len() == 2 => self.go(outer, Form::Pair),
            (None, _, Form::Row) => {
                self.ask(at.file, Ask::Hold);
                self.go(outer, Form::Rows);
            }
            _ => self.lose(at, form),
        }
    }

    fn awaits_all(&self, file: u32, call: CallId) -> bool {
        match self.program.target(file, call) {
            Target::Api(api) => api.package == "global" && api.path == "Promise.all",
            Target::Client(name) => &**name == "$transaction",
            _ => false,
        }
    }

    /// `byId[row.id] = row` and plain assignments; the value of the assignment goes on.
    fn assigned(&mut self, outer: Place, target: ExprId, form: Form) {
        let facts = self.program.facts(outer.file);
        match (facts.expr(target), form) {
            (Expr::Symbol(_), _) => {}
            (Expr::Index { object, .. }, Form::Row) => match facts.expr(object) {
                Expr::Symbol(symbol) if is_made_here(self.program, outer.file, symbol) => {
                    self.ask(outer.file, Ask::Hold);
                    self.defines(outer.file, symbol, Form::Keyed);
                }
                _ => return self.lose(outer, form),
            },
            _ => return self.lose(outer, form),
        }
        self.go(outer, form);
    }

    fn argument(&mut self, at: Place, call: CallId, index: u32, form: Form) {
        let facts = self.program.facts(at.file);
        let it = facts.call(call);
        let spreads = facts.args(call).iter().any(|arg| matches!(facts.expr(*arg), Expr::Spread(_)));
        if it.kind != CallKind::Call && it.kind != CallKind::New || spreads {
            return self.lose(at, form);
        }
        match self.program.target(at.file, call) {
            Target::Functions(functions, None) if !functions.is_empty() && functions.len() <= 4 => {
                for function in functions {
                    let params = &self.program.facts(function.file).function(function.id).params;
                    match params.get(index as usize) {
                        Some(param) if !param.is_rest => {
                            self.go_parameter(function.file, function.id, index, form);
                        }
                        Some(_) => self.lose(at, form),
                        None => {}
                    }
                }
            }
            Target::Api(api) if api.package == "global" => match api.path.as_str() {
                "Array.isArray" | "Boolean" => self.ask(at.file, Ask::IsThere),
                "Map" if form == Form::Pairs => {
                    self.ask(at.file, Ask::Hold);
                    self.go(Place { file: at.file, expr: it.expr }, Form::Keyed);
                }
                "Object.values" if form == Form::Keyed => {
                    self.go(Place { file: at.file, expr: it.expr }, Form::Rows);
                }
                "Object.keys" if form == Form::Keyed => {}
                "Promise.resolve" => self.go(Place { file: at.file, expr: it.expr }, form),
                _ => self.held(at, call, form),
            },
            _ => self.held(at, call, form),
        }
    }

    fn returned(&mut self, at: Place, function: FnId, form: Form) {
        let facts = self.program.facts(at.file);
        let it = facts.function(function);
        let own = FnRef { file: at.file, id: function };
        if it.is_generator || self.program.entries.iter().any(|entry| entry.function == own) {
            return self.lose(at, form);
        }
        if let Some((call, position)) = it.argument_of {
            return self.given_back(at, call, position, form);
        }
        let callers = self.program.callers(own);
        let name = it.name.map(|name| facts.name(name));
        let is_loose = name.is_none_or(|name| self.program.loose_names().contains(name));
        let by_package = matches!(self.program.origin(own), Some(crate::program::Origin::Entry(entry))
            if self.program.entries[entry as usize].kind == EntryKind::Export);
        if callers.is_empty() || callers.len() > MAX_CALLERS || is_loose || by_package {
            return self.lose(at, form);
        }
        for (file, call) in callers {
            let expr = self.program.facts(*file).call(*call).expr;
            if !matches!(self.program.target(*file, *call), Target::Functions(_, None)) {
                return self.lose(at, form);
            }
            self.go(Place { file: *file, expr }, form);
        }
    }
}

/// True for a variable that begins as an empty object, list or map of the function.
pub(super) fn is_made_here(program: &Program, file: u32, symbol: SymbolId) -> bool {
    let facts = program.facts(file);
    let mut at = facts.symbol(symbol).definition;
    while let Some(Expr::Cast { expr, .. }) = at.map(|expr| facts.expr(expr)) {
        at = Some(expr);
    }
    match at.map(|expr| facts.expr(expr)) {
        Some(Expr::Object(list)) => facts.props(list).iter().all(|prop| !matches!(prop.key, PropKey::Spread)),
        Some(Expr::Array(_)) => true,
        Some(Expr::Call(call)) => {
            facts.call(call).kind == CallKind::New
                && matches!(program.eval(Place { file, expr: facts.call(call).callee }), Value::Api(api) if api.path == "Map")
        }
        _ => false,
    }
}
