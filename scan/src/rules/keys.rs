//! Keys of Redis and caches: their shape as text, and whether there are as many as users and entities.

use crate::facts::{BinaryOp, CallId, Expr, ExprId};
use crate::place::Place;
use crate::program::{Program, Value};

/// How many keys an expression can stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variety {
    /// Known names of the program.
    Fixed,
    /// One per user, entity or request.
    Varies,
    /// One per element of a list.
    Listed,
    Unknown,
}

const MAX_DEPTH: u32 = 10;

/// Whether the key differs from call to call.
pub(super) fn variety(program: &Program, at: Place) -> Variety {
    variety_of(program, at, 0)
}

fn variety_of(program: &Program, at: Place, depth: u32) -> Variety {
    if depth > MAX_DEPTH {
        return Variety::Unknown;
    }
    let facts = program.facts(at.file);
    let again = |expr: ExprId| variety_of(program, Place { file: at.file, expr }, depth + 1);
    match facts.expr(at.expr) {
        Expr::Str(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Null | Expr::Undefined => Variety::Fixed,
        Expr::Template(list) => most(facts.list(list).iter().map(|part| again(*part))),
        Expr::Binary { op: BinaryOp::Add, left, right } => most([again(left), again(right)]),
        Expr::Choice(list) => most(facts.list(list).iter().take(2).map(|part| again(*part))),
        Expr::Await(inner) | Expr::Cast { expr: inner, .. } => again(inner),
        Expr::Symbol(symbol) => {
            let it = facts.symbol(symbol);
            match (it.definition, it.assignments.is_empty()) {
                (Some(definition), true) => match again(definition) {
                    Variety::Unknown | Variety::Listed if names_one(facts.name(it.name)) => Variety::Varies,
                    found => found,
                },
                _ => match program.imported_place(at) {
                    Some(place) => variety_of(program, place, depth + 1),
                    None => Variety::Unknown,
                },
            }
        }
        Expr::Element(_) => Variety::Listed,
        Expr::Call(call) => of_call(program, at.file, call, depth),
        Expr::Param { .. } => {
            let passed = program.passed(at);
            if passed.is_empty() {
                return Variety::Unknown;
            }
            most(passed.into_iter().take(24).map(|place| variety_of(program, place, depth + 2)))
        }
        Expr::Member { object, property } => of_member(program, at.file, object, facts.name(property)),
        _ => Variety::Unknown,
    }
}

/// A call: a function that makes keys gives as many as it is told apart by.
fn of_call(program: &Program, file: u32, call: CallId, depth: u32) -> Variety {
    let facts = program.facts(file);
    let again = |expr: ExprId| variety_of(program, Place { file, expr }, depth + 1);
    let args = facts.args(call);
    let given = most(args.iter().map(|arg| again(*arg)));
    match program.eval(Place { file, expr: facts.call(call).callee }) {
        // A function that makes keys: as many as it is told apart by.
        Value::Function(_) if !args.is_empty() => given,
        Value::Function(function) => {
            let returns = &program.facts(function.file).function(function.id).returns;
            most(
                returns
                    .iter()
                    .map(|it| variety_of(program, Place { file: function.file, expr: it.value }, depth + 1)),
            )
        }
        Value::Api(api) if api.package == "global" && api.path.starts_with("String#") => {
            match facts.expr(facts.call(call).callee) {
                Expr::Member { object, .. } => most([again(object), given]),
                _ => given,
            }
        }
        Value::Api(_) => {
            if given == Variety::Fixed {
                Variety::Unknown
            } else {
                given
            }
        }
        _ => {
            if matches!(given, Variety::Varies | Variety::Listed) {
                given
            } else {
                Variety::Unknown
            }
        }
    }
}

/// `process.env.NAME` and `Keys.SETTINGS` are fixed, `user.id` is one per user.
fn of_member(program: &Program, file: u32, object: ExprId, name: &str) -> Variety {
    let facts = program.facts(file);
    let is_environment = program.expr_text(file, object).ends_with("process.env");
    let is_constant = name.chars().all(|it| it.is_ascii_uppercase() || it == '_' || it.is_ascii_digit());
    if is_environment || is_constant {
        return Variety::Fixed;
    }
    if facts.expr(object) == Expr::This {
        return Variety::Unknown;
    }
    // `user.id`, `req.params.slug`: what tells one entity from another.
    if names_one(name) { Variety::Varies } else { Variety::Unknown }
}

/// A name for what tells one entity from another.
fn names_one(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["id", "uuid", "slug", "token", "email", "hash", "did", "handle", "username"].contains(&lower.as_str())
        || ["Id", "_id", "Slug", "Token", "Email", "Uuid", "Hash"].iter().any(|end| name.ends_with(end))
}

fn most(parts: impl IntoIterator<Item = Variety>) -> Variety {
    let mut sum = Variety::Fixed;
    for part in parts {
        match part {
            Variety::Varies => return Variety::Varies,
            Variety::Listed => sum = Variety::Listed,
            Variety::Unknown if sum == Variety::Fixed => sum = Variety::Unknown,
            Variety::Unknown | Variety::Fixed => {}
        }
    }
    sum
}

/// The key as text, `*` for what varies: equal shapes are equal keys. None where nothing of it is known.
pub(super) fn shape(program: &Program, at: Place) -> Option<String> {
    let mut text = String::new();
    write_shape(program, at, 0, &mut text);
    // What has no literal part could be any key.
    (text.chars().any(|it| it != '*')).then_some(text)
}

fn write_shape(program: &Program, at: Place, depth: u32, text: &mut String) {
    let facts = program.facts(at.file);
    if depth > MAX_DEPTH || text.len() > 200 {
        text.push('*');
        return;
    }
    let here = |expr: ExprId| Place { file: at.file, expr };
    match facts.expr(at.expr) {
        Expr::Str(name) => text.push_str(facts.name(name)),
        Expr::Template(list) => {
            for part in facts.list(list) {
                write_shape(program, here(*part), depth + 1, text);
            }
        }
        Expr::Binary { op: BinaryOp::Add, left, right } => {
            write_shape(program, here(left), depth + 1, text);
            write_shape(program, here(right), depth + 1, text);
        }
        Expr::Await(inner) | Expr::Cast { expr: inner, .. } => {
            write_shape(program, here(inner), depth + 1, text);
        }
        Expr::Symbol(symbol) => {
            let it = facts.symbol(symbol);
            match (it.definition, it.assignments.is_empty(), program.imported_place(at)) {
                (Some(definition), true, _) => write_shape(program, here(definition), depth + 1, text),
                (_, _, Some(place)) => write_shape(program, place, depth + 1, text),
                _ => text.push('*'),
            }
        }
        Expr::Call(call) => match program.eval(here(facts.call(call).callee)) {
            Value::Function(function) => {
                let returns = &program.facts(function.file).function(function.id).returns;
                match returns.as_slice() {
                    [only] => {
                        let place = Place { file: function.file, expr: only.value };
                        write_shape(program, place, depth + 1, text);
                    }
                    _ => text.push('*'),
                }
            }
            _ => text.push('*'),
        },
        _ => text.push('*'),
    }
}
