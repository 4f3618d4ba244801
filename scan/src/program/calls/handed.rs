//! Wrappers: functions that hand their argument back, or a function around it.

use crate::facts::{Expr, ExprId, FnId, GuardKind};

use crate::facts::CallId;
use crate::program::Program;
use crate::program::value::{FnRef, Value};

impl Program {
    /// Where `expr` of `function` is a parameter or the result of calling one, the argument here.
    pub(super) fn handed_back(
        &self,
        function: FnRef,
        expr: ExprId,
        file: u32,
        id: CallId,
        depth: u32,
    ) -> Value {
        if depth > 8 {
            return Value::Unknown;
        }
        let facts = &self.files[function.file as usize];
        let again = |expr: ExprId| self.handed_back(function, expr, file, id, depth + 1);
        match facts.expr(expr) {
            Expr::Await(inner) | Expr::Cast { expr: inner, .. } => again(inner),
            Expr::Choice(list) => Value::join(facts.list(list).iter().take(2).map(|choice| again(*choice))),
            Expr::Assign { value, .. } => again(value),
            Expr::Symbol(symbol) => match facts.symbol(symbol).definition {
                Some(definition) => again(definition),
                None => Value::Unknown,
            },
            Expr::Param { function: owner, index } if owner == function.id => {
                self.argument(file, id, index as usize)
            }
            Expr::Call(inner) => match self.parameter(function.file, facts.call(inner).callee) {
                Some((owner, index)) if owner == function.id => match self.argument(file, id, index as usize)
                {
                    Value::Function(made_by) | Value::Memoized(made_by, _) => self.return_value(made_by),
                    _ => Value::Unknown,
                },
                _ => Value::Unknown,
            },
            // A wrapper that hands back a function around its argument stands for the argument.
            Expr::Function(closure) => self.wrapped_parameter(function, closure, file, id),
            _ => Value::Unknown,
        }
    }

    /// Where the function gives back a closure that only hands its own arguments on to a parameter, the argument here:
    /// `logged(load)` is `load`.
    pub(super) fn wrapped_argument(&self, function: FnRef, file: u32, id: CallId) -> Option<Value> {
        let facts = &self.files[function.file as usize];
        let [only] = facts.function(function.id).returns.as_slice() else { return None };
        let Expr::Function(closure) = facts.expr(only.value) else { return None };
        let mut inner = facts.calls.iter().filter(|call| call.function == closure).filter_map(|call| {
            let (owner, index) = self.parameter(function.file, call.callee)?;
            (owner == function.id).then_some((call, index))
        });
        let (call, index) = inner.next()?;
        if inner.next().is_some() || !self.hands_arguments_on(function.file, call, closure) {
            return None;
        }
        match self.argument(file, id, index as usize) {
            value @ (Value::Function(_) | Value::Memoized(..)) => Some(value),
            _ => None,
        }
    }

    /// True where a call in a closure always comes and passes the closure's parameters as they are.
    fn hands_arguments_on(&self, file: u32, call: &crate::facts::Call, closure: FnId) -> bool {
        let facts = &self.files[file as usize];
        let at = facts.span(call.expr);
        let it = facts.function(closure);
        let conditional = std::iter::successors(call.guard, |id| facts.guard(*id).parent)
            .any(|id| facts.guard(id).kind != GuardKind::Try);
        let leaves_before = it.returns.iter().any(|it| facts.span(it.value).end < at.start);
        let passes = facts.list(call.args).iter().enumerate().all(|(n, arg)| {
            let (arg, is_rest) = match facts.expr(*arg) {
                Expr::Spread(inner) => (inner, true),
                _ => (*arg, false),
            };
            let own = self.parameter(file, arg) == Some((closure, n as u32));
            own && it.params.get(n).is_some_and(|param| param.is_rest == is_rest)
        });
        !conditional && !leaves_before && passes && call.in_loop.is_none()
    }

    fn wrapped_parameter(&self, function: FnRef, closure: FnId, file: u32, id: CallId) -> Value {
        let facts = &self.files[function.file as usize];
        let called = facts.calls.iter().filter(|call| call.function == closure).find_map(|call| {
            let (owner, index) = self.parameter(function.file, call.callee)?;
            (owner == function.id).then_some(index)
        });
        match called {
            Some(index) => match self.argument(file, id, index as usize) {
                value @ (Value::Function(_) | Value::Memoized(..)) => value,
                _ => Value::Unknown,
            },
            None => Value::Unknown,
        }
    }
}
