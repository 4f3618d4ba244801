//! Functions that keep results: a map, field or variable that outlives the call stands before the query.

use rustc_hash::FxHashSet;

use crate::facts::{CallId, CallKind, Expr, ExprId, FnId, NameId, Span, SymbolId, SymbolKind};

use super::Program;
use super::effects::Effects;
use super::iterations::callee_name;
use super::libraries;
use super::reach::Reached;
use super::taint::{Sources, Trace};
use super::targets::Target;
use super::value::FnRef;

/// Something that outlives a call of a function.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Holder {
    /// A variable from outside the function.
    Symbol(SymbolId),
    /// `this.name`.
    Field(NameId),
    /// What a call gives, or a property of what is not the function's own, by its text.
    Store(String),
}

/// How far callers are followed.
const MAX_CALLERS: u32 = 2;

impl Program {
    /// True where a function on the way looks something up that it fills itself, and only then asks on.
    pub(crate) fn keeps_results(&self, reached: &Reached) -> bool {
        let query = &self.queries[reached.query as usize];
        let inner = reached.path.iter().skip(1).map(|hop| hop.call).chain([query.call]);
        reached.path.iter().zip(inner).any(|(hop, call)| {
            self.asks_holder_first(hop.enters, call) || self.is_in_kept_closure(hop.enters.file, call)
        })
    }

    /// True where a call runs only for what is not kept yet: in a function that looks its result up first, or in a
    /// closure that fills a cache.
    pub(crate) fn is_kept(&self, file: u32, call: CallId) -> bool {
        self.is_kept_within(file, call, 0)
    }

    fn is_kept_within(&self, file: u32, call: CallId, depth: u32) -> bool {
        let named = FnRef { file, id: self.named_function(file, self.facts(file).call(call).function) };
        if self.is_in_kept_closure(file, call) || self.gives_kept_first(named, call) {
            return true;
        }
        let callers = self.callers(named);
        depth < MAX_CALLERS
            && (1..=4).contains(&callers.len())
            && callers.iter().all(|(file, call)| self.is_kept_within(*file, *call, depth + 1))
    }

    /// True where the function gives back what it finds, and makes the call and keeps the result only where it finds none.
    fn gives_kept_first(&self, function: FnRef, call: CallId) -> bool {
        let facts = self.facts(function.file);
        let at = facts.span(facts.call(call).expr);
        let gives = facts.function(function.id).returns.iter().any(|it| {
            it.guard.is_some()
                && facts.span(it.value).end < at.start
                && !matches!(facts.expr(it.value), Expr::Undefined | Expr::Null | Expr::Bool(_))
        });
        gives && self.asks_holder_first(function, call)
    }

    /// True where a closure around the call is handed to what keeps its result.
    fn is_in_kept_closure(&self, file: u32, call: CallId) -> bool {
        let facts = self.facts(file);
        let mut function = facts.call(call).function;
        for _ in 0..16 {
            let it = facts.function(function);
            let keeps = match it.argument_of {
                Some((to, position)) => self.keeps_argument(file, to, position),
                None => self.refreshes_cache(file, function),
            };
            if keeps {
                return true;
            }
            match it.parent {
                Some(parent) if it.name.is_none() || it.is_arrow => function = parent,
                _ => return false,
            }
        }
        false
    }

    /// `cache.get(key, () => …)`: the function called asks its store before it runs the closure, or is known to.
    fn keeps_argument(&self, file: u32, call: CallId, position: u32) -> bool {
        let facts = self.facts(file);
        match self.target(file, call) {
            Target::Functions(targets, _) => targets.iter().any(|target| {
                let inner = self.facts(target.file);
                inner.calls.iter().enumerate().any(|(n, it)| {
                    self.parameter(target.file, it.callee) == Some((target.id, position))
                        && self.asks_holder_first(*target, CallId(n as u32))
                        && self.stores_result(*target, CallId(n as u32))
                })
            }),
            Target::Api(_) | Target::Unresolved | Target::Plain => {
                let callee = facts.call(call).callee;
                let receiver = match facts.expr(callee) {
                    Expr::Member { object, .. } => self.expr_text(file, object),
                    _ => String::new(),
                };
                let has_key = facts.args(call).len() > 1;
                has_key && libraries::caches::keeps_result(&receiver, callee_name(facts, callee))
            }
            _ => false,
        }
    }

    /// True where what the call gives is put somewhere that may outlive the function. What keeps a client while it runs a
    /// closure, as a transaction does, keeps nothing that the closure gives.
    fn stores_result(&self, function: FnRef, call: CallId) -> bool {
        let facts = self.facts(function.file);
        let own = facts.function(function.id).span;
        let sources = Sources { calls: [call].into_iter().collect(), ..Sources::default() };
        let is_local = |target: ExprId| matches!(facts.expr(target), Expr::Symbol(symbol) if own.contains(facts.symbol(symbol).span));
        let by_call = facts.calls.iter().enumerate().any(|(n, it)| {
            n != call.index()
                && own.contains(facts.span(it.expr))
                && matches!(
                    callee_name(facts, it.callee),
                    "set" | "add" | "put" | "setex" | "setEx" | "hset" | "hSet" | "then"
                )
                && Trace::new(facts, &sources).call_depends(CallId(n as u32))
        });
        by_call
            || facts.exprs.iter().zip(&facts.spans).any(|(expr, at)| match expr {
                Expr::Assign { target, value, .. } if own.contains(*at) && !is_local(*target) => {
                    Trace::new(facts, &sources).depends(*value)
                }
                _ => false,
            })
    }

    /// `makeCache({ refresh: { fn: () => … } })`: a function in the options of something called a cache.
    fn refreshes_cache(&self, file: u32, function: FnId) -> bool {
        let facts = self.facts(file);
        let Some(own) = facts.function(function).expr else { return false };
        let holder = |value: ExprId| {
            facts.exprs.iter().position(|it| match it {
                Expr::Object(list) => facts.props(*list).iter().any(|prop| prop.value == value),
                _ => false,
            })
        };
        let mut options = own;
        for _ in 0..2 {
            let Some(outer) = holder(options) else { return false };
            options = ExprId(outer as u32);
            let made = facts.calls.iter().find(|call| facts.list(call.args).contains(&options));
            if let Some(made) = made {
                return callee_name(facts, made.callee).to_ascii_lowercase().contains("cache");
            }
        }
        false
    }

    pub(super) fn cached_on_path(&self, reached: &Reached) -> bool {
        // A cache read in the function that queries: it asks Redis first.
        let Some(last) = reached.path.last() else { return false };
        self.graph.effects(last.enters).has_any(Effects::CACHE)
    }

    /// True where the function looks at something that it fills and outlives it, and only then makes the call.
    pub(crate) fn asks_holder_first(&self, function: FnRef, call: CallId) -> bool {
        let facts = self.facts(function.file);
        let it = facts.function(function.id);
        let at = facts.span(facts.call(call).expr);
        let before = it.returns.iter().filter(|it| facts.span(it.value).end < at.start);
        let guards = before.filter_map(|it| it.guard).chain(facts.call(call).guard);
        let mut held = FxHashSet::default();
        for guard in guards {
            let chain = std::iter::successors(Some(guard), |id| facts.guard(*id).parent);
            for test in chain.filter_map(|id| facts.guard(id).test) {
                self.holders_in(function.file, test, it.span, 0, &mut held);
            }
        }
        !held.is_empty() && self.fills_any(function, &held)
    }

    /// True where a lookup in something that outlives the function failed, and the function then fills that by key.
    pub(super) fn is_filled_on_miss(&self, file: u32, call: CallId) -> bool {
        let facts = self.facts(file);
        let function = FnRef { file, id: facts.call(call).function };
        let own = facts.function(function.id).span;
        let guards = std::iter::successors(facts.call(call).guard, |id| facts.guard(*id).parent);
        let mut held = FxHashSet::default();
        for test in guards.filter_map(|id| facts.guard(id).test) {
            self.holders_in(file, test, own, 0, &mut held);
        }
        !held.is_empty() && self.fills_by_key(function, &held)
    }

    fn holder(&self, file: u32, expr: ExprId, own: Span) -> Option<Holder> {
        let facts = self.facts(file);
        match facts.expr(expr) {
            Expr::Symbol(symbol) if !own.contains(facts.symbol(symbol).span) => Some(Holder::Symbol(symbol)),
            Expr::Member { object, property } if facts.expr(object) == Expr::This => {
                Some(Holder::Field(property))
            }
            // A static field: `Config.loaded`.
            Expr::Member { object, property } => match facts.expr(object) {
                Expr::Symbol(symbol) if matches!(facts.symbol(symbol).kind, SymbolKind::Class(_)) => {
                    Some(Holder::Field(property))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// What outlives the function though a variable of its own names it: what a call gives, a part of something.
    fn store(&self, file: u32, expr: ExprId, own: Span) -> Option<Holder> {
        let facts = self.facts(file);
        let origin = match facts.expr(expr) {
            Expr::Symbol(symbol) if own.contains(facts.symbol(symbol).span) => {
                facts.symbol(symbol).definition?
            }
            Expr::Member { .. } | Expr::Call(_) => expr,
            _ => return None,
        };
        let lasts = match facts.expr(origin) {
            Expr::Call(call) => facts.call(call).kind == CallKind::Call,
            Expr::Await(_) | Expr::Member { .. } => true,
            _ => false,
        };
        (lasts && self.holder(file, expr, own).is_none()).then(|| Holder::Store(self.expr_text(file, expr)))
    }

    /// What a test looks at, through variables of the function.
    fn holders_in(&self, file: u32, expr: ExprId, own: Span, depth: u32, held: &mut FxHashSet<Holder>) {
        if depth > 12 {
            return;
        }
        if let Some(holder) = self.holder(file, expr, own) {
            held.insert(holder);
            return;
        }
        let facts = self.facts(file);
        let mut again = |expr: ExprId| self.holders_in(file, expr, own, depth + 1, held);
        match facts.expr(expr) {
            Expr::Call(call) => {
                if let Expr::Member { object, property } = facts.expr(facts.call(call).callee)
                    && matches!(facts.name(property), "has" | "get" | "hget" | "hGet" | "includes" | "find")
                {
                    if let Some(store) = self.store(file, object, own)
                        && !matches!(self.target(file, call), Target::Query(_))
                    {
                        held.insert(store);
                    } else {
                        again(object);
                    }
                }
            }
            Expr::Symbol(symbol) => facts.symbol(symbol).definition.into_iter().for_each(again),
            Expr::Index { object, .. } | Expr::Member { object, .. } => again(object),
            Expr::Not(inner) | Expr::Await(inner) | Expr::Cast { expr: inner, .. } => again(inner),
            Expr::Binary { left, right, .. } => {
                again(left);
                again(right);
            }
            Expr::Choice(list) => facts.list(list).iter().for_each(|item| again(*item)),
            _ => {}
        }
    }

    /// True where the function puts something into one of the holders.
    fn fills_any(&self, function: FnRef, held: &FxHashSet<Holder>) -> bool {
        let facts = self.facts(function.file);
        let own = facts.function(function.id).span;
        self.fills_by_key(function, held)
            || facts.exprs.iter().zip(&facts.spans).any(|(expr, at)| {
                matches!(expr, Expr::Assign { target, .. } if own.contains(*at) && self.is_held(function, *target, held))
            })
    }

    /// True where the function puts something under a key of one of the holders.
    fn fills_by_key(&self, function: FnRef, held: &FxHashSet<Holder>) -> bool {
        let facts = self.facts(function.file);
        let own = facts.function(function.id).span;
        let by_method = facts.calls.iter().any(|call| {
            matches!(facts.expr(call.callee), Expr::Member { object, property }
                if matches!(facts.name(property), "set" | "add" | "put" | "setex" | "setEx" | "hset" | "hSet")
                    && self.is_held(function, object, held))
                && own.contains(facts.span(call.expr))
        });
        by_method
            || facts.exprs.iter().zip(&facts.spans).any(|(expr, at)| match expr {
                Expr::Assign { target, .. } if own.contains(*at) => {
                    matches!(facts.expr(*target), Expr::Index { object, .. } if self.is_held(function, object, held))
                }
                _ => false,
            })
    }

    fn is_held(&self, function: FnRef, expr: ExprId, held: &FxHashSet<Holder>) -> bool {
        let own = self.facts(function.file).function(function.id).span;
        let holder = self.holder(function.file, expr, own).or_else(|| self.store(function.file, expr, own));
        holder.is_some_and(|it| held.contains(&it))
    }
}
