//! Dependence: whether an expression's value can come from given variables.

use rustc_hash::FxHashSet;

use super::Program;
use super::libraries;
use super::targets::Target;
use crate::facts::{
    CallId, Expr, ExprId, FileFacts, FnId, List, LoopId, NameId, PropKey, Span, SymbolId, SymbolKind,
};

/// The variables that values are traced to, within one file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    pub symbols: FxHashSet<SymbolId>,
    /// Parameters of functions: every one in the set.
    pub params: FxHashSet<(FnId, u32)>,
    /// Properties of those parameters that come from no source.
    pub clean: FxHashSet<(FnId, u32, NameId)>,
    /// Elements of these collections.
    pub collections: FxHashSet<ExprId>,
    /// Results of these calls.
    pub calls: FxHashSet<CallId>,
}

/// One question asked of one file.
#[derive(Debug)]
pub(crate) struct Trace<'f> {
    facts: &'f FileFacts,
    sources: &'f Sources,
    /// Variables and properties of variables that were asked about.
    seen: FxHashSet<(SymbolId, Option<NameId>)>,
    depth: u32,
}

impl<'f> Trace<'f> {
    pub(crate) fn new(facts: &'f FileFacts, sources: &'f Sources) -> Self {
        Self { facts, sources, seen: FxHashSet::default(), depth: 0 }
    }

    /// True where the value of `expr` can come from a source.
    pub(crate) fn depends(&mut self, expr: ExprId) -> bool {
        if self.depth > 200 {
            return true;
        }
        self.depth += 1;
        let answer = self.depends_inner(expr);
        self.depth -= 1;
        answer
    }

    pub(crate) fn call_depends(&mut self, call: CallId) -> bool {
        let it = self.facts.call(call);
        self.depends(it.callee) || self.args_depend(call)
    }

    pub(crate) fn args_depend(&mut self, call: CallId) -> bool {
        let mut next = Some(call);
        // What a chain of calls is given at any step: `db.select().where(eq(id, item.id)).limit(1)`.
        while let Some(call) = next {
            if self.facts.args(call).iter().any(|arg| self.depends(*arg)) {
                return true;
            }
            next = self.facts.chained_from(call);
        }
        false
    }

    fn depends_inner(&mut self, expr: ExprId) -> bool {
        let facts = self.facts;
        match facts.expr(expr) {
            Expr::Symbol(symbol) => self.symbol_depends(symbol),
            Expr::Param { function, index } => {
                self.sources.params.contains(&(function, index)) || self.element_depends(function, index)
            }
            Expr::Element(collection) => {
                self.sources.collections.contains(&collection) || self.depends(collection)
            }
            Expr::Member { object, property } => match facts.expr(object) {
                Expr::Symbol(symbol) if self.is_clean(object, property) => {
                    self.write_depends(symbol, Some(property))
                }
                _ if self.is_clean(object, property) => false,
                Expr::Symbol(symbol) => {
                    self.value_depends(symbol) || self.write_depends(symbol, Some(property))
                }
                _ => self.depends(object),
            },
            Expr::Item { object, .. } => self.depends(object),
            Expr::Index { object, index } => self.depends(object) || self.depends(index),
            Expr::Rest(inner) | Expr::Await(inner) | Expr::Spread(inner) | Expr::Not(inner) => {
                self.depends(inner)
            }
            Expr::Cast { expr, .. } => self.depends(expr),
            Expr::Call(call) => self.sources.calls.contains(&call) || self.call_depends(call),
            Expr::Object(list) => facts.props(list).iter().any(|prop| {
                let key = match prop.key {
                    PropKey::Computed(key) => self.depends(key),
                    _ => false,
                };
                key || self.depends(prop.value)
            }),
            Expr::Array(list) | Expr::Template(list) | Expr::Choice(list) | Expr::Other(list) => {
                facts.list(list).iter().any(|item| self.depends(*item))
            }
            Expr::Binary { left, right, .. } => self.depends(left) || self.depends(right),
            Expr::Assign { value, .. } => self.depends(value),
            Expr::Function(id) => self.mentions(facts.function(id).span),
            _ => false,
        }
    }

    /// `xs.map((x) => …)`: what the callback is given comes from the list.
    fn element_depends(&mut self, function: FnId, index: u32) -> bool {
        let facts = self.facts;
        let Some((call, 0)) = facts.function(function).argument_of else { return false };
        match facts.expr(facts.call(call).callee) {
            Expr::Member { object, property } => {
                libraries::iterating_method(facts.name(property)) == Some(index) && self.depends(object)
            }
            _ => false,
        }
    }

    fn is_clean(&self, object: ExprId, property: NameId) -> bool {
        !self.sources.clean.is_empty()
            && parameter_of(self.facts, object)
                .is_some_and(|(function, index)| self.sources.clean.contains(&(function, index, property)))
    }

    fn symbol_depends(&mut self, symbol: SymbolId) -> bool {
        self.value_depends(symbol) || self.write_depends(symbol, None)
    }

    /// `where.id = element`: what is put into a variable later, into one property or any.
    fn write_depends(&mut self, symbol: SymbolId, property: Option<NameId>) -> bool {
        let facts = self.facts;
        let writes = facts.property_writes.iter();
        let mut writes =
            writes.filter(|it| it.symbol == symbol && property.is_none_or(|name| it.name == name));
        writes.any(|it| self.seen.insert((symbol, Some(it.name))) && self.depends(it.value))
    }

    fn value_depends(&mut self, symbol: SymbolId) -> bool {
        if self.sources.symbols.contains(&symbol) {
            return true;
        }
        if !self.seen.insert((symbol, None)) {
            return false;
        }
        let it = self.facts.symbol(symbol);
        it.kind == SymbolKind::Value
            && it.definition.iter().chain(&it.assignments).any(|value| self.depends(*value))
    }

    /// True where code in the span names something that depends on a source.
    fn mentions(&mut self, span: Span) -> bool {
        let facts = self.facts;
        facts.exprs.iter().zip(&facts.spans).any(|(expr, at)| match expr {
            Expr::Symbol(symbol) if span.contains(*at) => self.symbol_depends(*symbol),
            _ => false,
        })
    }
}

/// The parameter that an expression or a constant variable stands for.
fn parameter_of(facts: &FileFacts, expr: ExprId) -> Option<(FnId, u32)> {
    match facts.expr(expr) {
        Expr::Param { function, index } => Some((function, index)),
        Expr::Symbol(symbol) if facts.symbol(symbol).assignments.is_empty() => {
            match facts.expr(facts.symbol(symbol).definition?) {
                Expr::Param { function, index } => Some((function, index)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Asks whether a value may be another one each time round a body.
pub(crate) struct Changes<'p> {
    facts: &'p FileFacts,
    sources: &'p Sources,
    body: Span,
    /// Calls that give the same for the same arguments.
    is_pure: &'p dyn Fn(CallId) -> bool,
    seen: FxHashSet<SymbolId>,
}

impl<'p> Changes<'p> {
    pub(crate) fn new(
        facts: &'p FileFacts,
        sources: &'p Sources,
        body: Span,
        is_pure: &'p dyn Fn(CallId) -> bool,
    ) -> Self {
        Self { facts, sources, body, is_pure, seen: FxHashSet::default() }
    }

    /// True where `expr` depends on the sources, on a variable changed in the body, or on a call made there.
    pub(crate) fn varies(&mut self, expr: ExprId) -> bool {
        Trace::new(self.facts, self.sources).depends(expr) || self.changes(expr, 0)
    }

    fn changes(&mut self, expr: ExprId, depth: u32) -> bool {
        if depth > 100 {
            return true;
        }
        let facts = self.facts;
        match facts.expr(expr) {
            Expr::Symbol(symbol) => self.symbol_changes(symbol, depth),
            Expr::Call(call) => {
                let it = facts.call(call);
                (self.body.contains(facts.span(it.expr)) && !(self.is_pure)(call))
                    || self.changes(it.callee, depth + 1)
                    || facts.args(call).iter().any(|arg| self.changes(*arg, depth + 1))
            }
            Expr::Function(id) => self.closure_changes(facts.function(id).span, depth),
            Expr::Member { object, .. } if self.is_handed_over(object) => true,
            Expr::Member { object, .. } | Expr::Item { object, .. } => self.changes(object, depth + 1),
            Expr::Rest(inner) | Expr::Await(inner) | Expr::Spread(inner) | Expr::Not(inner) => {
                self.changes(inner, depth + 1)
            }
            Expr::Cast { expr, .. } => self.changes(expr, depth + 1),
            Expr::Object(list) => facts.props(list).iter().any(|prop| self.changes(prop.value, depth + 1)),
            Expr::Array(list) | Expr::Template(list) | Expr::Choice(list) => {
                facts.list(list).iter().any(|item| self.changes(*item, depth + 1))
            }
            Expr::Binary { left, right, .. } => {
                self.changes(left, depth + 1) || self.changes(right, depth + 1)
            }
            Expr::Index { .. } | Expr::Other(_) | Expr::Unknown | Expr::Assign { .. } | Expr::Element(_) => {
                true
            }
            _ => false,
        }
    }

    fn symbol_changes(&mut self, symbol: SymbolId, depth: u32) -> bool {
        let it = self.facts.symbol(symbol);
        if it.assignments.iter().any(|value| self.body.contains(self.facts.span(*value)))
            || self.is_filled(symbol)
        {
            return true;
        }
        if it.kind != SymbolKind::Value || !self.seen.insert(symbol) {
            return false;
        }
        let definition = it.definition.filter(|value| self.body.contains(self.facts.span(*value)));
        definition.is_some_and(|value| self.changes(value, depth + 1))
    }

    /// True where a call of the body could change the object: `advance(state)` before `state.last`, `this.next()`
    /// before `this.cursor`.
    fn is_handed_over(&self, object: ExprId) -> bool {
        let facts = self.facts;
        let owner = facts.expr(object);
        if !matches!(owner, Expr::Symbol(_) | Expr::This) {
            return false;
        }
        facts.calls.iter().enumerate().any(|(n, call)| {
            let is_method =
                matches!(facts.expr(call.callee), Expr::Member { object, .. } if facts.expr(object) == owner);
            let takes = facts.list(call.args).iter().any(|arg| facts.expr(*arg) == owner);
            (takes || (is_method && owner == Expr::This))
                && self.body.contains(facts.span(call.expr))
                && !(self.is_pure)(CallId(n as u32))
        })
    }

    /// True where the body puts something into the list or object: `ids.push(id)`, `where.id = id`, `m[k] = id`.
    fn is_filled(&self, symbol: SymbolId) -> bool {
        let facts = self.facts;
        let by_method = facts.calls.iter().any(|call| {
            matches!(facts.expr(call.callee), Expr::Member { object, property }
                if facts.expr(object) == Expr::Symbol(symbol) && fills(facts.name(property)))
                && self.body.contains(facts.span(call.expr))
        });
        by_method
            || facts.exprs.iter().zip(&facts.spans).any(|(expr, at)| match expr {
                Expr::Assign { target, .. } if self.body.contains(*at) => match facts.expr(*target) {
                    Expr::Member { object, .. } | Expr::Index { object, .. } | Expr::Item { object, .. } => {
                        facts.expr(object) == Expr::Symbol(symbol)
                    }
                    _ => false,
                },
                _ => false,
            })
    }

    /// What a closure names from outside itself.
    fn closure_changes(&mut self, span: Span, depth: u32) -> bool {
        let facts = self.facts;
        let outer = facts.exprs.iter().zip(&facts.spans).filter_map(|(expr, at)| match expr {
            Expr::Symbol(symbol) if span.contains(*at) && !span.contains(facts.symbol(*symbol).span) => {
                Some(*symbol)
            }
            _ => None,
        });
        let outer: Vec<SymbolId> = outer.collect();
        outer.into_iter().any(|symbol| self.symbol_changes(symbol, depth + 1))
    }
}

/// Methods that change the list, map or set they are called on.
fn fills(method: &str) -> bool {
    matches!(
        method,
        "push" | "pop" | "shift" | "unshift" | "splice" | "set" | "add" | "delete" | "clear" | "append"
    )
}

impl std::fmt::Debug for Changes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Changes").field("body", &self.body).finish_non_exhaustive()
    }
}

impl Program {
    /// Properties of the objects among the arguments of a call that come from no source, by the argument.
    pub(super) fn clean_properties(&self, file: u32, call: CallId, sources: &Sources) -> Vec<(u32, String)> {
        let facts = self.facts(file);
        let mut found = Vec::new();
        for (n, arg) in facts.args(call).iter().enumerate() {
            if let Some(own) = parameter_of(facts, *arg) {
                let handed = sources.clean.iter().filter(|it| (it.0, it.1) == own);
                found.extend(handed.map(|it| (n as u32, facts.name(it.2).to_owned())));
                continue;
            }
            let Some(list) = self.literal_object(file, *arg) else { continue };
            let depends = |expr: ExprId| Trace::new(facts, sources).depends(expr);
            let is_open = facts
                .props(list)
                .iter()
                .any(|prop| !matches!(prop.key, PropKey::Name(_)) && depends(prop.value));
            let clean = facts.props(list).iter().filter_map(|prop| match prop.key {
                PropKey::Name(name) if !is_open && !depends(prop.value) => {
                    Some((n as u32, facts.name(name).to_owned()))
                }
                _ => None,
            });
            found.extend(clean);
        }
        found.sort_unstable();
        found
    }

    /// The properties of an object literal, also by the variable that alone holds it.
    fn literal_object(&self, file: u32, expr: ExprId) -> Option<List> {
        let facts = self.facts(file);
        match facts.expr(expr) {
            Expr::Object(list) => Some(list),
            Expr::Cast { expr, .. } => self.literal_object(file, expr),
            Expr::Symbol(symbol) => {
                let it = facts.symbol(symbol);
                let is_written = facts.property_writes.iter().any(|write| write.symbol == symbol);
                match it.definition.map(|value| facts.expr(value)) {
                    Some(Expr::Object(list)) if it.assignments.is_empty() && !is_written => Some(list),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// True where `expr` may have another value each time round the body.
    pub(crate) fn varies(&self, file: u32, sources: &Sources, body: Span, expr: ExprId) -> bool {
        let facts = self.facts(file);
        let is_pure = |call: CallId| match self.target(file, call) {
            // Operators of a database library: `IsNull()`, `eq(column, id)`.
            Target::Api(api) => libraries::is_pure(api) || crate::orm::of_package(&api.package).is_some(),
            Target::Unresolved => {
                libraries::is_pure_method(super::iterations::callee_name(facts, facts.call(call).callee))
            }
            _ => false,
        };
        Changes::new(facts, sources, body, &is_pure).varies(expr)
    }
}

/// The loops around `inner`, innermost first.
pub(crate) fn loop_chain(facts: &FileFacts, inner: Option<LoopId>) -> impl Iterator<Item = LoopId> + '_ {
    std::iter::successors(inner, |id| facts.loop_(*id).parent)
}
