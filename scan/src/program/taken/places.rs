//! Where the values of one file go: the expressions around each, the names that stand for it, the calls it is given to.
//!
//! Destructuring shares one expression between several parts, so an expression may have several users.

use rustc_hash::FxHashMap;

use crate::facts::{
    CallId, ExportTarget, Expr, ExprId, FileFacts, FnId, LoopKind, MemberKind, PropKey, SymbolId, SymbolKind,
};

/// Who has an expression as a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum User {
    /// The expression around it.
    Part(ExprId),
    Callee(CallId),
    Argument(CallId, u32),
    Returned(FnId),
    Defines(SymbolId),
    /// The test of a condition or loop.
    Test,
    /// Exported, a default of a parameter, the value of a field.
    Outside,
}

/// The users of all expressions of a file.
#[derive(Debug, Default)]
pub(super) struct Places {
    users: FxHashMap<ExprId, Vec<User>>,
    symbols: FxHashMap<SymbolId, Vec<ExprId>>,
    params: FxHashMap<(FnId, u32), Vec<ExprId>>,
}

impl Places {
    pub(super) fn of(facts: &FileFacts) -> Self {
        let mut places = Self::default();
        for n in 0..facts.exprs.len() {
            places.note_parts(facts, ExprId(n as u32));
        }
        for (n, call) in facts.calls.iter().enumerate() {
            let id = CallId(n as u32);
            places.add(call.callee, User::Callee(id));
            for (position, arg) in facts.list(call.args).iter().enumerate() {
                places.add(*arg, User::Argument(id, position as u32));
            }
        }
        for (n, function) in facts.functions.iter().enumerate() {
            for it in &function.returns {
                places.add(it.value, User::Returned(FnId(n as u32)));
            }
            for default in function.params.iter().filter_map(|it| it.default) {
                places.add(default, User::Outside);
            }
        }
        for (n, symbol) in facts.symbols.iter().enumerate() {
            if symbol.kind == SymbolKind::Value {
                for value in symbol.definition.iter().chain(&symbol.assignments) {
                    places.add(*value, User::Defines(SymbolId(n as u32)));
                }
            }
        }
        places.note_ends(facts);
        places
    }

    fn note_ends(&mut self, facts: &FileFacts) {
        let tests = facts.guards.iter().filter_map(|it| it.test);
        for test in tests.chain(facts.loops.iter().filter_map(|it| it.test)) {
            self.add(test, User::Test);
        }
        for export in &facts.exports {
            if let ExportTarget::Value { value, .. } | ExportTarget::Default(value) = export.target {
                self.add(value, User::Outside);
            }
        }
        for member in facts.classes.iter().flat_map(|class| &class.members) {
            if let MemberKind::Field(field) = &member.kind
                && let Some(value) = field.value
            {
                self.add(value, User::Outside);
            }
        }
        // `for (row of rows)` with a variable from before: nothing says what it holds. `for … in` reads all names.
        let unseen = facts.loops.iter().filter(|it| it.vars.is_empty() || it.kind == LoopKind::ForIn);
        for collection in unseen.filter_map(|it| it.collection) {
            self.add(collection, User::Outside);
        }
    }

    fn note_parts(&mut self, facts: &FileFacts, own: ExprId) {
        let around = User::Part(own);
        match facts.expr(own) {
            Expr::Symbol(symbol) => self.symbols.entry(symbol).or_default().push(own),
            Expr::Param { function, index } => self.params.entry((function, index)).or_default().push(own),
            Expr::Member { object, .. } | Expr::Item { object, .. } => self.add(object, around),
            Expr::Index { object, index } => {
                self.add(object, around);
                self.add(index, around);
            }
            Expr::Rest(inner)
            | Expr::Element(inner)
            | Expr::Await(inner)
            | Expr::Spread(inner)
            | Expr::Not(inner)
            | Expr::Cast { expr: inner, .. } => self.add(inner, around),
            Expr::Object(list) => {
                for prop in facts.props(list) {
                    self.add(prop.value, around);
                    if let PropKey::Computed(key) = prop.key {
                        self.add(key, around);
                    }
                }
            }
            Expr::Array(list) | Expr::Template(list) | Expr::Choice(list) | Expr::Other(list) => {
                facts.list(list).iter().for_each(|part| self.add(*part, around));
            }
            Expr::Binary { left, right, .. } => {
                self.add(left, around);
                self.add(right, around);
            }
            Expr::Assign { target, value } => {
                self.add(target, around);
                self.add(value, around);
            }
            _ => {}
        }
    }

    fn add(&mut self, expr: ExprId, user: User) {
        let users = self.users.entry(expr).or_default();
        if !users.contains(&user) {
            users.push(user);
        }
    }

    pub(super) fn users(&self, expr: ExprId) -> &[User] {
        self.users.get(&expr).map(Vec::as_slice).unwrap_or_default()
    }

    /// Where a variable is named.
    pub(super) fn mentions(&self, symbol: SymbolId) -> &[ExprId] {
        self.symbols.get(&symbol).map(Vec::as_slice).unwrap_or_default()
    }

    /// The expressions that stand for a parameter.
    pub(super) fn parameter(&self, function: FnId, index: u32) -> &[ExprId] {
        self.params.get(&(function, index)).map(Vec::as_slice).unwrap_or_default()
    }
}
