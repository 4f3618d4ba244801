//! When a query under construction runs: where the program awaits it, chains it, or returns it to who awaits it.
//!
//! Only libraries whose builders are awaited by themselves need this. A builder that nobody awaits asks nothing: it is
//! a part of another query, or is turned into text.

use rustc_hash::FxHashMap;

use super::Program;
use super::value::{FnRef, Value};
use crate::facts::{CallId, Expr, ExprId, FnId, NameId, TypeExpr};
use crate::orm::{self, Answer, CallAt, Handle, HandleKind, Outcome};
use crate::place::Place;

/// What the expressions of a file are parts of.
pub(super) type Uses = FxHashMap<ExprId, Use>;

/// Where builders are awaited through a variable or a function, by the call that begins each.
pub(super) type Awaited = FxHashMap<CallAt, Place>;

/// How an expression is used by the one around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// `it.property`, and the call of that where it is called.
    Receiver {
        property: NameId,
        call: Option<CallId>,
    },
    Argument(CallId),
    Awaited,
    Returned(FnId),
    /// An item of the array.
    Item(ExprId),
    /// A branch of a choice, or what is cast: the value of that expression.
    Value(ExprId),
    /// An expression within the template.
    Hole(ExprId),
}

/// Promises handed on or returned by more functions than this are not followed.
const MAX_DEPTH: u32 = 8;

impl Program {
    /// How the expressions of a file are used.
    pub(super) fn uses(&self, file: u32) -> std::cell::Ref<'_, Uses> {
        if !self.uses.borrow().contains_key(&file) {
            let found = uses_of(&self.files[file as usize]);
            self.uses.borrow_mut().insert(file, found);
        }
        std::cell::Ref::map(self.uses.borrow(), |uses| &uses[&file])
    }

    pub(super) fn use_of(&self, at: Place) -> Option<Use> {
        self.uses(at.file).get(&at.expr).copied()
    }

    /// True for an expression laid into a template, also by the variable that alone holds it.
    pub(crate) fn is_hole(&self, at: Place) -> bool {
        let facts = &self.files[at.file as usize];
        let mut at = at;
        for _ in 0..MAX_DEPTH {
            match self.use_of(at) {
                Some(Use::Hole(_)) => return true,
                Some(Use::Value(outer)) => at.expr = outer,
                Some(_) => return false,
                None => break,
            }
        }
        let holder = facts.symbols.iter().position(|it| it.definition == Some(at.expr));
        let Some(holder) = holder.map(|n| Expr::Symbol(crate::facts::SymbolId(n as u32))) else {
            return false;
        };
        let uses = self.uses(at.file);
        uses.iter().any(|(expr, it)| matches!(it, Use::Hole(_)) && facts.expr(*expr) == holder)
    }

    /// The last call of the chain that begins a query: `.where(…)` of `knex('a').select().where(…)`.
    pub(super) fn chain_end(&self, begin: CallAt) -> CallAt {
        let facts = &self.files[begin.file as usize];
        let mut last = begin.call;
        for _ in 0..facts.calls.len() {
            match self.use_of(Place { file: begin.file, expr: facts.call(last).expr }) {
                Some(Use::Receiver { property, call: Some(call) })
                    if !is_promise_method(facts.name(property)) =>
                {
                    last = call;
                }
                _ => break,
            }
        }
        CallAt { file: begin.file, call: last }
    }

    /// True where the call is the last step of a query that begins at `begin` and is awaited.
    pub(super) fn ends_query(&self, at: CallAt, begin: CallAt) -> bool {
        let expr = self.files[at.file as usize].call(at.call).expr;
        self.is_awaited(Place { file: at.file, expr }, 0)
            || (self.awaited.contains_key(&begin) && self.chain_end(begin) == at)
    }

    /// Where the steps of a query end: at the await of the variable that holds it, or at its last call.
    pub(crate) fn runs_by(&self, begin: CallAt, end: CallAt) -> u32 {
        let facts = &self.files[end.file as usize];
        let own = facts.span(facts.call(end.call).expr).end;
        match self.awaited.get(&begin) {
            Some(at) if at.file == end.file && self.chain_end(begin) == end => {
                own.max(facts.span(at.expr).end)
            }
            _ => own,
        }
    }

    /// True where the value of the expression itself is awaited.
    fn is_awaited(&self, at: Place, depth: u32) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        let again = |expr: ExprId| self.is_awaited(Place { file: at.file, expr }, depth + 1);
        match self.use_of(at) {
            Some(Use::Awaited) => true,
            Some(Use::Receiver { property, .. }) => {
                is_promise_method(self.files[at.file as usize].name(property))
            }
            Some(Use::Value(outer)) => again(outer),
            Some(Use::Item(array)) => match self.use_of(Place { file: at.file, expr: array }) {
                Some(Use::Argument(call)) => self.awaits_all(at.file, call),
                _ => false,
            },
            Some(Use::Argument(call)) => self.awaits_all(at.file, call),
            Some(Use::Returned(id)) => self.is_result_awaited(FnRef { file: at.file, id }, depth + 1),
            Some(Use::Hole(_)) | None => false,
        }
    }

    fn awaits_all(&self, file: u32, call: CallId) -> bool {
        let callee = self.files[file as usize].call(call).callee;
        matches!(self.eval(Place { file, expr: callee }), Value::Api(api)
            if api.package == "global" && api.path.starts_with("Promise."))
    }

    /// True where what a function returns is awaited, as far as it is not seen to be a part of something else.
    fn is_result_awaited(&self, function: FnRef, depth: u32) -> bool {
        let facts = &self.files[function.file as usize];
        let it = facts.function(function.id);
        if it.is_async || it.return_type.is_some_and(|ty| is_promise(facts, ty)) {
            return true;
        }
        let Some((call, _)) = it.argument_of else {
            return !self.callers.contains_key(&function);
        };
        let at = CallAt { file: function.file, call };
        match self.eval(Place { file: function.file, expr: facts.call(call).callee }) {
            Value::Api(api) if api.path.starts_with("Array#") => {
                self.is_awaited(Place { file: function.file, expr: facts.call(call).expr }, depth + 1)
            }
            Value::Api(api) => orm::of_package(&api.package).is_none(),
            Value::HandleMethod(handle, method) => {
                let outcome = orm::of_handle(handle).outcome(self, handle.kind, &method, at);
                matches!(outcome, Outcome::Transaction { .. })
            }
            Value::Function(_) | Value::Memoized(..) | Value::ClientMethod { .. } => true,
            _ => false,
        }
    }

    /// The builders that are awaited through variables and results of functions.
    pub(super) fn find_awaited(&self) -> Awaited {
        let mut found = Awaited::default();
        let is_used = |facts: &crate::facts::FileFacts| {
            facts.imports.iter().any(|import| {
                orm::of_package(facts.name(import.specifier)).is_some_and(orm::Orm::is_awaitable)
            })
        };
        if !self.files.iter().any(|facts| is_used(facts)) {
            return found;
        }
        for (file, facts) in self.files.iter().enumerate() {
            let file = file as u32;
            for expr in &facts.exprs {
                match expr {
                    Expr::Await(inner) => self.note_awaited(Place { file, expr: *inner }, &mut found),
                    Expr::Member { object, property } if is_promise_method(facts.name(*property)) => {
                        self.note_awaited(Place { file, expr: *object }, &mut found);
                    }
                    _ => {}
                }
            }
            for it in facts.functions.iter().filter(|it| it.is_async) {
                for returned in &it.returns {
                    self.note_awaited(Place { file, expr: returned.value }, &mut found);
                }
            }
            for (n, call) in facts.calls.iter().enumerate() {
                if self.awaits_all(file, CallId(n as u32))
                    && let Some(list) = facts.list(call.args).first()
                {
                    self.note_items(Place { file, expr: *list }, &mut found);
                }
            }
        }
        found
    }

    fn note_items(&self, list: Place, found: &mut Awaited) {
        let facts = &self.files[list.file as usize];
        if let Expr::Array(items) = facts.expr(list.expr) {
            for item in facts.list(items) {
                self.note_awaited(Place { file: list.file, expr: *item }, found);
            }
        } else {
            let items = self.element_of(&self.eval(list));
            Self::note_builders(&items, list, found);
        }
    }

    fn note_awaited(&self, at: Place, found: &mut Awaited) {
        let facts = &self.files[at.file as usize];
        if let Expr::Call(call) = facts.expr(at.expr)
            && matches!(
                self.eval(Place { file: at.file, expr: facts.call(call).callee }),
                Value::Handle(_) | Value::HandleMethod(..)
            )
        {
            return;
        }
        Self::note_builders(&self.eval(at), at, found);
    }

    fn note_builders(value: &Value, at: Place, found: &mut Awaited) {
        for choice in value.choices() {
            if let Value::Handle(handle @ Handle { kind: HandleKind::Builder(begin, _), .. }) = choice
                && orm::of_handle(*handle).is_awaitable()
            {
                found.entry(*begin).or_insert(at);
            }
        }
    }

    /// What awaiting a value gives: the rows of a builder, else the value.
    pub(super) fn awaited_value(&self, value: &Value, at: Place) -> Value {
        let facts = &self.files[at.file as usize];
        value.map(|value| match value {
            Value::Handle(handle @ Handle { kind: HandleKind::Builder(begin, _), .. })
                if orm::of_handle(*handle).is_awaitable() =>
            {
                let own = match facts.expr(at.expr) {
                    Expr::Call(call) => {
                        let callee = Place { file: at.file, expr: facts.call(call).callee };
                        matches!(self.eval(callee), Value::Handle(_) | Value::HandleMethod(..))
                            .then_some(CallAt { file: at.file, call })
                    }
                    _ => None,
                };
                self.rows_of(*handle, own.unwrap_or_else(|| self.chain_end(*begin)))
            }
            other => other.clone(),
        })
    }

    pub(super) fn rows_of(&self, handle: Handle, end: CallAt) -> Value {
        answer_value(handle, orm::of_handle(handle).awaited(self, end), end)
    }

    /// What `then` hands on in `x.then(…)`.
    pub(super) fn awaited_receiver(&self, file: u32, call: CallId) -> Value {
        let facts = &self.files[file as usize];
        match facts.expr(facts.call(call).callee) {
            Expr::Member { object, .. } => {
                let at = Place { file, expr: object };
                self.awaited_value(&self.eval(at), at)
            }
            _ => Value::Unknown,
        }
    }
}

/// What a query gives to whoever awaits it, by the call that runs it.
pub(super) fn answer_value(handle: Handle, answer: Answer, at: CallAt) -> Value {
    let rows = |many: bool| Value::Rows { file: at.file, call: at.call.0, many };
    match answer {
        Answer::Row => rows(false),
        Answer::Rows => rows(true),
        Answer::RowsAndCount => Value::List(std::sync::Arc::new(rows(true))),
        Answer::RowAndFlag => Value::List(std::sync::Arc::new(rows(false))),
        Answer::Page => Value::Handle(Handle { api: handle.api, kind: HandleKind::Page(at) }),
        Answer::Number => Value::Number,
        Answer::Nothing => Value::Unknown,
    }
}

fn is_promise(facts: &crate::facts::FileFacts, ty: crate::facts::TypeId) -> bool {
    matches!(facts.type_expr(ty), TypeExpr::Name { root, symbol: None, .. } if facts.name(*root) == "Promise")
}

pub(super) fn is_promise_method(name: &str) -> bool {
    matches!(name, "then" | "catch" | "finally")
}

/// Methods of lists that no builder has: what is asked so was awaited before.
pub(super) fn is_list_method(name: &str) -> bool {
    matches!(
        name,
        "map" | "forEach" | "filter" | "reduce" | "some" | "every" | "flatMap" | "find" | "slice" | "length"
    )
}

fn uses_of(facts: &crate::facts::FileFacts) -> Uses {
    let called: FxHashMap<ExprId, CallId> =
        facts.calls.iter().enumerate().map(|(n, call)| (call.callee, CallId(n as u32))).collect();
    let mut found = Uses::default();
    for (n, expr) in facts.exprs.iter().enumerate() {
        let own = ExprId(n as u32);
        match expr {
            Expr::Member { object, property } => {
                let call = called.get(&own).copied();
                found.insert(*object, Use::Receiver { property: *property, call });
            }
            Expr::Await(inner) => {
                found.insert(*inner, Use::Awaited);
            }
            Expr::Cast { expr, .. } => {
                found.insert(*expr, Use::Value(own));
            }
            Expr::Choice(list) => {
                found.extend(facts.list(*list).iter().take(2).map(|it| (*it, Use::Value(own))));
            }
            Expr::Array(list) => found.extend(facts.list(*list).iter().map(|it| (*it, Use::Item(own)))),
            Expr::Template(list) => found.extend(facts.list(*list).iter().map(|it| (*it, Use::Hole(own)))),
            _ => {}
        }
    }
    for (n, call) in facts.calls.iter().enumerate() {
        let call_id = CallId(n as u32);
        found.extend(facts.list(call.args).iter().map(|arg| (*arg, Use::Argument(call_id))));
    }
    for (n, function) in facts.functions.iter().enumerate() {
        let id = FnId(n as u32);
        for it in &function.returns {
            found.entry(it.value).or_insert(Use::Returned(id));
        }
    }
    found
}
