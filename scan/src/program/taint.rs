//! Dependence: whether an expression's value can come from given variables.

use rustc_hash::FxHashSet;

use crate::facts::{CallId, Expr, ExprId, FileFacts, FnId, LoopId, PropKey, Span, SymbolId, SymbolKind};

/// The variables that values are traced to, within one file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    pub symbols: FxHashSet<SymbolId>,
    /// Parameters of functions: every one in the set.
    pub params: FxHashSet<(FnId, u32)>,
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
    seen: FxHashSet<SymbolId>,
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
        self.facts.args(call).iter().any(|arg| self.depends(*arg))
    }

    fn depends_inner(&mut self, expr: ExprId) -> bool {
        let facts = self.facts;
        match facts.expr(expr) {
            Expr::Symbol(symbol) => self.symbol_depends(symbol),
            Expr::Param { function, index } => self.sources.params.contains(&(function, index)),
            Expr::Element(collection) => {
                self.sources.collections.contains(&collection) || self.depends(collection)
            }
            Expr::Member { object, .. } | Expr::Item { object, .. } => self.depends(object),
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

    fn symbol_depends(&mut self, symbol: SymbolId) -> bool {
        if self.sources.symbols.contains(&symbol) {
            return true;
        }
        if !self.seen.insert(symbol) {
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

/// True where `expr` may have another value each time round: it depends on the sources, on a variable changed in
/// the body, or on a call made there.
pub(crate) fn varies(facts: &FileFacts, sources: &Sources, body: Span, expr: ExprId) -> bool {
    if Trace::new(facts, sources).depends(expr) {
        return true;
    }
    let mut seen = FxHashSet::default();
    changes_in(facts, body, expr, &mut seen, 0)
}

fn changes_in(
    facts: &FileFacts,
    body: Span,
    expr: ExprId,
    seen: &mut FxHashSet<SymbolId>,
    depth: u32,
) -> bool {
    if depth > 100 {
        return true;
    }
    let mut again = |expr: ExprId| changes_in(facts, body, expr, seen, depth + 1);
    match facts.expr(expr) {
        Expr::Symbol(symbol) => {
            let it = facts.symbol(symbol);
            if it.assignments.iter().any(|value| body.contains(facts.span(*value))) {
                return true;
            }
            if it.kind != SymbolKind::Value || !seen.insert(symbol) {
                return false;
            }
            it.definition.is_some_and(|value| {
                body.contains(facts.span(value)) && changes_in(facts, body, value, seen, depth + 1)
            })
        }
        Expr::Call(call) => {
            let it = facts.call(call);
            body.contains(facts.span(it.expr))
                || again(it.callee)
                || facts.args(call).iter().any(|arg| again(*arg))
        }
        Expr::Member { object, .. } | Expr::Item { object, .. } => again(object),
        Expr::Rest(inner) | Expr::Await(inner) | Expr::Spread(inner) | Expr::Not(inner) => again(inner),
        Expr::Cast { expr, .. } => again(expr),
        Expr::Object(list) => facts.props(list).iter().any(|prop| again(prop.value)),
        Expr::Array(list) | Expr::Template(list) | Expr::Choice(list) => {
            facts.list(list).iter().any(|item| again(*item))
        }
        Expr::Binary { left, right, .. } => again(left) || again(right),
        Expr::Index { .. }
        | Expr::Other(_)
        | Expr::Function(_)
        | Expr::Unknown
        | Expr::Assign { .. }
        | Expr::Element(_) => true,
        _ => false,
    }
}

/// The loops around `inner`, innermost first.
pub(crate) fn loop_chain(facts: &FileFacts, inner: Option<LoopId>) -> impl Iterator<Item = LoopId> + '_ {
    std::iter::successors(inner, |id| facts.loop_(*id).parent)
}
