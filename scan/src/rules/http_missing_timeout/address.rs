//! Where a request goes, as far as the text says it.

use crate::facts::{BinaryOp, CallId, Expr, ExprId, PropKey};
use crate::objects::Follow as _;
use crate::place::Place;
use crate::program::Program;

/// Whose the address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    /// A file, data, or a path on the page's own origin: nothing to wait for.
    Local,
    /// The program itself, or one beside it on the same machine.
    Own,
    Elsewhere,
}

const MAX_DEPTH: u32 = 10;

/// The address that the first argument of a request names.
pub(super) fn address(program: &Program, at: Place) -> Address {
    of_expr(program, at, 0)
}

/// Where the instance made with these options sends to.
pub(super) fn base(program: &Program, options: Place) -> Address {
    let Some(at) = program.follow(options) else { return Address::Elsewhere };
    let facts = program.facts(at.file);
    let Expr::Object(list) = facts.expr(at.expr) else { return Address::Elsewhere };
    let base = ["baseURL", "prefixUrl", "baseUrl"].iter().find_map(|name| facts.property(list, name));
    base.map_or(Address::Elsewhere, |expr| address(program, Place { file: at.file, expr }))
}

fn of_expr(program: &Program, at: Place, depth: u32) -> Address {
    if depth > MAX_DEPTH {
        return Address::Elsewhere;
    }
    let facts = program.facts(at.file);
    let again = |expr: ExprId| of_expr(program, Place { file: at.file, expr }, depth + 1);
    match facts.expr(at.expr) {
        Expr::Str(text) => of_text(facts.name(text)),
        Expr::Template(list) => match facts.list(list) {
            [head, rest @ ..] => match facts.expr(*head) {
                // `https://${host}`: the host says whose it is.
                Expr::Str(text) if matches!(facts.name(text), "" | "http://" | "https://") => {
                    rest.first().map_or(Address::Elsewhere, |expr| again(*expr))
                }
                _ => again(*head),
            },
            [] => Address::Elsewhere,
        },
        Expr::Binary { op: BinaryOp::Add, left, .. } => again(left),
        Expr::Await(inner) | Expr::Cast { expr: inner, .. } | Expr::Assign { value: inner, .. } => {
            again(inner)
        }
        Expr::Choice(list) => facts.list(list).first().map_or(Address::Elsewhere, |first| again(*first)),
        Expr::Symbol(symbol) => {
            let it = facts.symbol(symbol);
            if is_own_name(facts.name(it.name)) {
                return Address::Own;
            }
            match it.definition {
                Some(definition) if it.assignments.is_empty() => again(definition),
                _ => Address::Elsewhere,
            }
        }
        Expr::Member { object, property } => {
            let name = facts.name(property);
            match name {
                _ if is_own_name(name) => Address::Own,
                "href" => again(object),
                _ => Address::Elsewhere,
            }
        }
        Expr::Call(call) => of_call(program, at.file, call, depth),
        Expr::Object(list) => {
            let url = facts.props(list).iter().find(|prop| {
                matches!(prop.key, PropKey::Name(name) if matches!(facts.name(name), "url" | "uri" | "hostname" | "host"))
            });
            url.map_or(Address::Elsewhere, |prop| again(prop.value))
        }
        Expr::Param { .. } => {
            let passed = program.passed(at);
            let mut all = passed.iter().map(|place| of_expr(program, *place, depth + 3));
            match all.next() {
                Some(first) if all.all(|it| it == first) => first,
                _ => Address::Elsewhere,
            }
        }
        _ => Address::Elsewhere,
    }
}

/// `new URL(path, base)` and calls that keep the address.
fn of_call(program: &Program, file: u32, call: CallId, depth: u32) -> Address {
    let facts = program.facts(file);
    let again = |expr: ExprId| of_expr(program, Place { file, expr }, depth + 1);
    let it = facts.call(call);
    let callee = program.expr_text(file, it.callee);
    match (callee.rsplit('.').next().unwrap_or_default(), facts.args(call)) {
        (name, _) if is_own_name(name) => Address::Own,
        ("URL", [path, base]) => match again(*path) {
            Address::Elsewhere if !is_absolute(program, file, *path) => again(*base),
            Address::Local if !is_module_path(program, file, *path) => again(*base),
            found => found,
        },
        ("URL" | "String" | "encodeURI", [path, ..]) => again(*path),
        ("toString", []) => match facts.expr(it.callee) {
            Expr::Member { object, .. } => again(object),
            _ => Address::Elsewhere,
        },
        _ => Address::Elsewhere,
    }
}

fn of_text(text: &str) -> Address {
    let text = text.trim_start();
    let scheme = |name: &str| text.get(..name.len()).is_some_and(|it| it.eq_ignore_ascii_case(name));
    if (text.starts_with('/') && !text.starts_with("//"))
        || text.starts_with("./")
        || text.starts_with("../")
        || text.starts_with('?')
        || ["file:", "data:", "blob:", "chrome-extension:"].into_iter().any(scheme)
    {
        return Address::Local;
    }
    let host = text.split_once("://").map_or(text, |(_, rest)| rest);
    if ["localhost", "127.0.0.1", "0.0.0.0", "[::1]", "host.docker.internal", "unix:"]
        .iter()
        .any(|own| host.starts_with(own))
    {
        return Address::Own;
    }
    Address::Elsewhere
}

fn is_absolute(program: &Program, file: u32, expr: ExprId) -> bool {
    let facts = program.facts(file);
    let head = match facts.expr(expr) {
        Expr::Template(list) => facts.list(list).first().copied().unwrap_or(expr),
        _ => expr,
    };
    matches!(facts.expr(head), Expr::Str(text) if facts.name(text).contains("://"))
}

/// `./fonts/inter.ttf`: beside the module, not on a server.
fn is_module_path(program: &Program, file: u32, expr: ExprId) -> bool {
    let facts = program.facts(file);
    matches!(facts.expr(expr), Expr::Str(text) if facts.name(text).starts_with('.'))
}

/// Conventional names for the address of the program itself.
fn is_own_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    name == "origin"
        || [
            "WEBAPP_URL",
            "PUBLIC_BASE_URL",
            "NEXTAUTH_URL",
            "APP_URL",
            "SITE_URL",
            "VERCEL_URL",
            "PUBLIC_URL",
            "FRONTEND_URL",
            "SERVER_URL",
            "BACKEND_URL",
            "INTERNAL_URL",
        ]
        .iter()
        .any(|own| upper.ends_with(own))
}
