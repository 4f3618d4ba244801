//! Whether the program waits for what an expression stands for.

use crate::facts::{Expr, ExprId, FileFacts};

/// True where the value ends in an `await` or is handed back: through variables, lists, calls such as `Promise.all`.
pub(super) fn is_waited_for(facts: &FileFacts, expr: ExprId, depth: u32) -> bool {
    if depth > 6 {
        return false;
    }
    let again = |expr: ExprId| is_waited_for(facts, expr, depth + 1);
    if facts.functions.iter().any(|function| function.returns.iter().any(|it| it.value == expr)) {
        return true;
    }
    let in_expressions = facts.exprs.iter().enumerate().any(|(n, outer)| match outer {
        Expr::Await(inner) => *inner == expr,
        Expr::Array(list) | Expr::Choice(list) => {
            facts.list(*list).contains(&expr) && again(ExprId(n as u32))
        }
        Expr::Spread(inner) | Expr::Cast { expr: inner, .. } | Expr::Member { object: inner, .. } => {
            *inner == expr && again(ExprId(n as u32))
        }
        Expr::Symbol(symbol) => facts.symbol(*symbol).definition == Some(expr) && again(ExprId(n as u32)),
        _ => false,
    });
    in_expressions
        || facts.calls.iter().any(|call| {
            (call.callee == expr || facts.list(call.args).contains(&expr))
                && (call.awaited || again(call.expr))
        })
}
