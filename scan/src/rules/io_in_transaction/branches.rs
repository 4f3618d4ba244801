//! Calls of a function that a caller never gets to: what it hands over leads another way.

use crate::facts::{BinaryOp, CallId, Expr, ExprId, FileFacts, GuardKind, PropKey};
use crate::place::Place;
use crate::program::{FnRef, Given, Program, Value};

/// `if (tx) return inside(tx);` before a call: a caller that hands over `tx` never gets there.
pub(super) fn is_left_before(
    program: &Program,
    caller: (u32, CallId),
    function: FnRef,
    call: CallId,
) -> bool {
    let facts = program.facts(function.file);
    let at = facts.span(facts.call(call).expr);
    facts.function(function.id).returns.iter().any(|it| {
        let test =
            it.guard.filter(|id| facts.guard(*id).kind == GuardKind::If).and_then(|id| facts.guard(id).test);
        facts.span(it.value).end < at.start
            && test.is_some_and(|test| hands_over(program, caller, function, test))
    })
}

/// `if ("url" in source)` around a call: a caller that hands over `{ buffer }` takes the other branch.
pub(super) fn is_other_branch(program: &Program, caller: (u32, CallId), file: u32, call: CallId) -> bool {
    let facts = program.facts(file);
    std::iter::successors(facts.call(call).guard, |id| facts.guard(*id).parent).any(|id| {
        let guard = facts.guard(id);
        let holds = match guard.kind {
            GuardKind::If | GuardKind::And => true,
            GuardKind::Else | GuardKind::Or => false,
            _ => return false,
        };
        let Some(Expr::Binary { op: BinaryOp::In, left, .. }) = guard.test.map(|it| facts.expr(it)) else {
            return false;
        };
        let Expr::Str(name) = facts.expr(left) else { return false };
        has_property(program.facts(caller.0), caller.1, facts.name(name)).is_some_and(|has| has != holds)
    })
}

/// Whether the only object that is handed over has the property, where all of it is written there.
fn has_property(facts: &FileFacts, call: CallId, name: &str) -> Option<bool> {
    let mut objects = facts.args(call).iter().filter_map(|arg| match facts.expr(*arg) {
        Expr::Object(list) => Some(list),
        _ => None,
    });
    let (list, None) = (objects.next()?, objects.next()) else { return None };
    let is_whole = facts.props(list).iter().all(|it| matches!(it.key, PropKey::Name(_)));
    is_whole.then(|| facts.property(list, name).is_some())
}

/// True where the call gives what the expression names: a parameter, or a property of one.
fn hands_over(program: &Program, (file, call): (u32, CallId), function: FnRef, expr: ExprId) -> bool {
    let facts = program.facts(function.file);
    let args = program.facts(file).args(call);
    if let Some((owner, index)) = program.parameter(function.file, expr) {
        return owner == function.id
            && args
                .get(index as usize)
                .is_some_and(|arg| !matches!(program.eval(Place { file, expr: *arg }), Value::Nothing));
    }
    let Expr::Symbol(symbol) = facts.expr(expr) else { return false };
    let Some(Expr::Member { object, property }) = facts.symbol(symbol).definition.map(|it| facts.expr(it))
    else {
        return false;
    };
    let Some((owner, index)) = program.parameter(function.file, object) else { return false };
    owner == function.id
        && args.get(index as usize).is_some_and(|arg| {
            program.given(Place { file, expr: *arg }, &[facts.name(property)]) != Given::No
        })
}
