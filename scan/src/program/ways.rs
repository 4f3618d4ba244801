//! Ways of calls that what is handed over rules out: `if (options.quick) return` before the query, called with `{ quick: true }`.

use super::Program;
use super::entries::Origin;
use super::known::Walk;
use super::reach::Hop;
use super::value::FnRef;
use crate::facts::{CallId, Expr, FileFacts, Prop, PropKey};

/// By which call a function is entered, for a way that goes on from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entered {
    /// By the way that leads to it from an entry point.
    AsReached,
    /// By this call of the function.
    By { function: FnRef, file: u32, call: CallId },
}

impl Program {
    /// False where what the calls of the way hand over rules out that the last function comes to the call.
    pub(crate) fn may_come(&self, way: &[Hop], inner: CallId) -> bool {
        let Some(last) = way.last() else { return true };
        let facts = self.facts(last.enters.file);
        let it = facts.call(inner);
        let (mut function, mut guard, mut at) = (it.function, it.guard, facts.span(it.expr));
        let walk = Walk::over(self);
        for _ in 0..16 {
            if !walk.level_comes(way, last.enters.file, function, guard, at) {
                return false;
            }
            if function == last.enters.id {
                break;
            }
            let closure = facts.function(function);
            let Some(parent) = closure.parent else { break };
            (function, guard, at) = (parent, closure.guard, closure.span);
        }
        true
    }

    /// The caller by which a function comes to the end of a way that begins in it, where it is not the one by which the
    /// function is first reached; none where every known caller rules that out.
    pub(crate) fn entered_for(&self, function: FnRef, way: &[Hop], last: CallId) -> Option<Entered> {
        let mut entered = function;
        let first = loop {
            match self.origin(entered)? {
                Origin::Call { file, call } => break (file, call),
                Origin::Within(outer) if self.encloses(outer, entered) => entered = outer,
                _ => return Some(Entered::AsReached),
            }
        };
        let comes = |(file, call): (u32, CallId)| {
            let whole: Vec<Hop> =
                std::iter::once(Hop { file, call, enters: entered }).chain(way.iter().copied()).collect();
            let inner = way.iter().map(|hop| hop.call).chain([last]);
            inner.enumerate().all(|(n, call)| self.may_come(&whole[..=n], call))
        };
        if comes(first) {
            return Some(Entered::AsReached);
        }
        let is_reached = |(file, call): (u32, CallId)| {
            self.is_reached_without(FnRef { file, id: self.facts(file).call(call).function }, entered)
        };
        let other = self.callers(entered).iter().copied().find(|it| is_reached(*it) && comes(*it));
        other.map(|(file, call)| Entered::By { function: entered, file, call })
    }

    /// True where the way from an entry point to a function does not lead through the other.
    fn is_reached_without(&self, function: FnRef, other: FnRef) -> bool {
        let mut current = function;
        for _ in 0..64 {
            if current == other {
                return false;
            }
            current = match self.origin(current) {
                Some(Origin::Entry(_)) => return true,
                Some(Origin::Call { file, call }) => FnRef { file, id: self.facts(file).call(call).function },
                Some(Origin::Within(outer) | Origin::Named(outer)) => outer,
                None => return false,
            };
        }
        false
    }

    fn encloses(&self, outer: FnRef, inner: FnRef) -> bool {
        let facts = self.facts(outer.file);
        outer.file == inner.file && facts.function(outer.id).span.contains(facts.function(inner.id).span)
    }

    /// What tells calls of one function apart: the literals and object literals among the arguments, 0 for none.
    pub(super) fn literals_of(&self, file: u32, call: CallId) -> u64 {
        use std::hash::{Hash, Hasher};
        let facts = self.facts(file);
        let mut hasher = rustc_hash::FxHasher::default();
        let mut any = false;
        for (n, arg) in facts.args(call).iter().enumerate() {
            let told = match facts.expr(*arg) {
                Expr::Str(name) => facts.name(name).to_owned(),
                Expr::Bool(value) => value.to_string(),
                Expr::Number(value) => value.to_string(),
                Expr::Null | Expr::Undefined => "null".to_owned(),
                Expr::Object(list) => facts.props(list).iter().map(|prop| prop_text(facts, prop)).collect(),
                _ => continue,
            };
            any = true;
            (n, told).hash(&mut hasher);
        }
        if any { hasher.finish() } else { 0 }
    }
}

fn prop_text(facts: &FileFacts, prop: &Prop) -> String {
    let key = match prop.key {
        PropKey::Name(name) => facts.name(name),
        PropKey::Spread => "...",
        PropKey::Computed(_) => "[]",
    };
    let value = match facts.expr(prop.value) {
        Expr::Bool(value) => value.to_string(),
        Expr::Str(name) => facts.name(name).to_owned(),
        _ => String::new(),
    };
    format!("{key}:{value},")
}
