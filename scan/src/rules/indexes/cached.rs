//! Whether what a function gives is kept between requests.

use crate::facts::Expr;
use crate::program::{FnRef, Memo, Origin, Program, Target, callee_name};

/// True where the function, or one around it, is handed to something that keeps results between requests.
pub(in crate::rules) fn is_cached(program: &Program, function: FnRef) -> bool {
    let mut current = function;
    for _ in 0..24 {
        let facts = program.facts(current.file);
        if let Some((call, _)) = facts.function(current.id).argument_of {
            let name = callee_name(facts, facts.call(call).callee).to_ascii_lowercase();
            // React's own lasts for one request.
            if name.contains("cache") && name != "cache" && name != "reactcache" {
                return true;
            }
        }
        if is_given_to_a_cache(program, current) {
            return true;
        }
        match program.origin(current) {
            Some(Origin::Call { file, call }) => {
                if matches!(program.target(file, call), Target::Functions(_, Some(Memo::Shared))) {
                    return true;
                }
                current = FnRef { file, id: program.facts(file).call(call).function };
            }
            Some(Origin::Within(outer) | Origin::Named(outer)) => current = outer,
            Some(Origin::Entry(_)) | None => return false,
        }
    }
    false
}

/// True for a function among the options of a call that makes a cache: `makeCache({ refresh: { fn } })`.
fn is_given_to_a_cache(program: &Program, function: FnRef) -> bool {
    let facts = program.facts(function.file);
    let it = facts.function(function.id);
    it.argument_of.is_none()
        && facts.calls.iter().any(|call| {
            let name = callee_name(facts, call.callee).to_ascii_lowercase();
            name.contains("cache")
                && name != "cache"
                && name != "reactcache"
                && facts.list(call.args).iter().any(|arg| {
                    matches!(facts.expr(*arg), Expr::Object(_)) && facts.span(*arg).contains(it.span)
                })
        })
}
