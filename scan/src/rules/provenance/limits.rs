//! What a program does to keep a list short: schemas with a maximum, conditions on the length.

use crate::facts::{BinaryOp, CallId, Expr, ExprId, FileFacts, MemberKind, PropKey};
use crate::program::{Program, callee_name};

/// True where a condition of the file compares the length of the list with a limit: `if (files.length > MAX) throw …`.
pub(super) fn is_counted(program: &Program, file: u32, is_list: impl Fn(ExprId) -> bool) -> bool {
    let facts = program.facts(file);
    facts.guards.iter().filter_map(|guard| guard.test).any(|test| {
        let Expr::Binary { op: BinaryOp::Greater | BinaryOp::Less, left, right } = facts.expr(test) else {
            return false;
        };
        [(left, right), (right, left)].into_iter().any(|(number, limit)| {
            let is_length = matches!(facts.expr(number), Expr::Member { .. });
            let asks_whether_empty = matches!(facts.expr(limit), Expr::Number(n) if n <= 1.0);
            let mut counted = Vec::new();
            lists_counted(facts, number, 0, &mut counted);
            !(is_length && asks_whether_empty) && counted.into_iter().any(&is_list)
        })
    })
}

/// The lists whose lengths a number is made of, through variables and sums.
fn lists_counted(facts: &FileFacts, expr: ExprId, depth: u32, found: &mut Vec<ExprId>) {
    if depth > 8 {
        return;
    }
    let mut again = |expr: ExprId| lists_counted(facts, expr, depth + 1, found);
    match facts.expr(expr) {
        Expr::Member { object, property } if facts.name(property) == "length" => found.push(object),
        Expr::Symbol(symbol) => facts.symbol(symbol).definition.into_iter().for_each(again),
        Expr::Binary { left, right, .. } => {
            again(left);
            again(right);
        }
        Expr::Choice(list) | Expr::Other(list) => facts.list(list).iter().for_each(|part| again(*part)),
        Expr::Cast { expr, .. } => again(expr),
        _ => {}
    }
}

/// Lists of up to this many elements are no danger.
const FEW: f64 = 100.0;

/// True where a schema of the program limits a list of this name: `ids: z.array(…).max(50)`, `@ArrayMaxSize(50) ids`.
pub(super) fn schema_bounds(program: &Program, name: &str) -> bool {
    program.files.iter().any(|facts| {
        let in_object = facts.props.iter().any(|prop| {
            matches!(prop.key, PropKey::Name(key) if facts.name(key) == name)
                && is_limited_array(facts, prop.value)
        });
        let in_class = facts.classes.iter().flat_map(|class| &class.members).any(|member| {
            facts.name(member.name) == name
                && matches!(member.kind, MemberKind::Field(_))
                && member.decorators.iter().any(|it| match facts.expr(*it) {
                    Expr::Call(call) => {
                        callee_name(facts, facts.call(call).callee) == "ArrayMaxSize"
                            && takes_few(facts, call)
                    }
                    _ => false,
                })
        });
        in_object || in_class
    })
}

fn is_limited_array(facts: &FileFacts, value: ExprId) -> bool {
    let (mut expr, mut limited) = (value, false);
    for _ in 0..12 {
        let Expr::Call(call) = facts.expr(expr) else { return false };
        let callee = facts.call(call).callee;
        match callee_name(facts, callee) {
            "max" | "length" => limited |= takes_few(facts, call),
            "array" => return limited,
            _ => {}
        }
        let Expr::Member { object, .. } = facts.expr(callee) else { return false };
        expr = object;
    }
    false
}

fn takes_few(facts: &FileFacts, call: CallId) -> bool {
    matches!(facts.args(call).first().map(|arg| facts.expr(*arg)), Some(Expr::Number(n)) if n <= FEW)
}
