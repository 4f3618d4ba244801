//! Queries that take a connection of their own: through a client of the module that is told of no transaction.

use crate::facts::{CallId, Expr, ExprId, FileFacts, FnId, Prop, PropKey, SymbolKind};
use crate::program::{Program, Target};

/// A query or transaction through a client that no transaction has handed over.
pub(super) fn takes_connection(program: &Program, file: u32, call: CallId) -> bool {
    let facts = program.facts(file);
    let Expr::Member { object, .. } = facts.expr(facts.call(call).callee) else { return false };
    if is_handed_over(facts, call) {
        return false;
    }
    match program.target(file, call) {
        Target::Client(name) if &**name == "$transaction" => is_shared(facts, object, 0),
        Target::Query(query) => {
            let query = &program.queries[*query as usize];
            let client = match (query.model, facts.expr(object)) {
                (Some(_), Expr::Member { object: client, .. }) => Some(client),
                (Some(_), _) => None,
                (None, _) => Some(object),
            };
            !query.assumed && client.is_some_and(|client| is_shared(facts, client, 0))
        }
        _ => false,
    }
}

/// Names under which a query is told the transaction that it belongs to, and those of what may hold it.
const HANDED: [&str; 9] =
    ["transaction", "transacting", "trx", "tx", "session", "ctx", "context", "options", "opts"];

/// True where the query may be told its transaction: by an option, by options that cannot be seen here, or by a context.
fn is_handed_over(facts: &FileFacts, call: CallId) -> bool {
    let is_named = |expr: ExprId| match facts.expr(expr) {
        Expr::Symbol(symbol) => HANDED.contains(&facts.name(facts.symbol(symbol).name)),
        Expr::Member { property, .. } => HANDED.contains(&facts.name(property)),
        _ => false,
    };
    facts.args(call).iter().enumerate().any(|(n, arg)| match facts.expr(*arg) {
        Expr::Object(list) => {
            let spreads = |it: &Prop| it.key == PropKey::Spread && (n > 0 || is_named(it.value));
            facts.props(list).iter().any(spreads)
                || HANDED.iter().any(|name| facts.property(list, name).is_some())
        }
        Expr::Spread(_) => true,
        _ => is_named(*arg),
    })
}

/// True where the client belongs to the module, not to a call: a parameter, or a choice with one, may be the transaction.
fn is_shared(facts: &FileFacts, client: ExprId, depth: u32) -> bool {
    match facts.expr(client) {
        Expr::Symbol(symbol) => {
            let it = facts.symbol(symbol);
            match it.kind {
                SymbolKind::Import(_) => true,
                SymbolKind::Value if it.function == FnId(0) => true,
                SymbolKind::Value if depth < 8 && it.assignments.is_empty() => {
                    it.definition.is_some_and(|expr| is_shared(facts, expr, depth + 1))
                }
                _ => false,
            }
        }
        Expr::Cast { expr, .. } | Expr::Await(expr) => is_shared(facts, expr, depth + 1),
        _ => false,
    }
}
