//! What bounds a request from outside its own options: a race with a timer, a wrapper, the request object, a default.

use rustc_hash::FxHashSet;

use crate::facts::{CallId, Expr, ExprId, FileFacts, Span, TypeExpr};
use crate::place::Place;
use crate::program::libraries::http::{self, Family, Outgoing};
use crate::program::{Api, FnRef, Given, Program, Role, Value, callee_name};

/// Timeouts that the program sets for all requests of a library.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    /// `axios.defaults.timeout = …`, or an interceptor that sets one.
    pub axios: bool,
    /// `HttpModule.register({ timeout })`.
    pub nest: bool,
    /// `setGlobalDispatcher(new Agent({ headersTimeout }))`.
    pub fetch: bool,
}

impl Defaults {
    pub(super) fn of(program: &Program) -> Self {
        let mut defaults = Self::default();
        for (file, facts) in program.files.iter().enumerate() {
            if matches!(program.roles[file], Role::Test | Role::Declaration) {
                continue;
            }
            let file = file as u32;
            defaults.axios |= facts.exprs.iter().any(|expr| match expr {
                Expr::Assign { target, .. } => sets_axios_default(program, file, *target),
                _ => false,
            });
            for n in 0..facts.calls.len() as u32 {
                defaults.read_call(program, file, CallId(n));
            }
        }
        defaults
    }

    fn read_call(&mut self, program: &Program, file: u32, call: CallId) {
        let facts = program.facts(file);
        let name = callee_name(facts, facts.call(call).callee);
        let callee = Place { file, expr: facts.call(call).callee };
        match name {
            "use" => {
                let is_axios = matches!(program.eval(callee), Value::Api(api)
                    if api.package == "axios" && api.path.ends_with("interceptors.request.use"));
                let Some(first) = facts.args(call).first() else { return };
                if is_axios && let Value::Function(function) = program.eval(Place { file, expr: *first }) {
                    self.axios |= writes_timeout(program, function);
                }
            }
            "register" | "registerAsync" => {
                let is_module =
                    matches!(program.eval(callee), Value::Api(api) if api.package == "@nestjs/axios");
                // What a factory gives is not followed.
                self.nest |= is_module
                    && (name == "registerAsync"
                        || given_in(program, file, call, &[0], &["timeout"]) != Given::No);
            }
            "setGlobalDispatcher" => {
                let Some(first) = facts.args(call).first() else { return };
                let made = program.made_by(Place { file, expr: *first });
                self.fetch |= made.calls.iter().any(|(file, call)| {
                    given_in(program, *file, *call, &[0], &["headersTimeout", "bodyTimeout"]) == Given::Yes
                });
            }
            _ => {}
        }
    }
}

fn sets_axios_default(program: &Program, file: u32, target: ExprId) -> bool {
    let facts = program.facts(file);
    let Expr::Member { object, property } = facts.expr(target) else { return false };
    facts.name(property) == "timeout"
        && matches!(facts.expr(object), Expr::Member { property, .. } if facts.name(property) == "defaults")
        && matches!(program.eval(Place { file, expr: object }), Value::Api(api) if api.package == "axios")
}

fn writes_timeout(program: &Program, function: FnRef) -> bool {
    let facts = program.facts(function.file);
    let span = facts.function(function.id).span;
    facts.exprs.iter().zip(&facts.spans).any(|(expr, at)| match expr {
        Expr::Assign { target, .. } => {
            span.contains(*at)
                && matches!(facts.expr(*target), Expr::Member { property, .. }
                    if matches!(facts.name(property), "timeout" | "signal"))
        }
        Expr::Object(list) => {
            span.contains(*at)
                && (facts.property(*list, "timeout").is_some() || facts.property(*list, "signal").is_some())
        }
        _ => false,
    })
}

/// Whether one of the arguments has one of the options.
pub(super) fn given_in(
    program: &Program,
    file: u32,
    call: CallId,
    indexes: &[usize],
    names: &[&str],
) -> Given {
    let facts = program.facts(file);
    let mut answer = Given::No;
    if facts.args(call).iter().any(|arg| matches!(facts.expr(*arg), Expr::Spread(_))) {
        answer = Given::Unknown;
    }
    for index in indexes {
        let Some(arg) = facts.args(call).get(*index) else { continue };
        let at = Place { file, expr: *arg };
        // A first argument is an address more often than options.
        if *index == 0 && indexes.len() > 1 && !matches!(program.eval(at), Value::Object(_)) {
            continue;
        }
        match program.given(at, names) {
            Given::Yes => return Given::Yes,
            Given::No => {}
            other => answer = other,
        }
    }
    answer
}

/// True where something around the call gives up on it: a race, a wrapper with a timeout, in this function or at the
/// calls of it.
pub(super) fn is_raced(program: &Program, file: u32, call: CallId) -> bool {
    let facts = program.facts(file);
    let expr = facts.call(call).expr;
    if is_in_race(program, file, facts.span(expr)) {
        return true;
    }
    let held = facts.symbols.iter().enumerate().find(|(_, it)| it.definition == Some(expr));
    if let Some((symbol, _)) = held
        && uses(facts, symbol as u32).any(|at| is_in_race(program, file, at))
    {
        return true;
    }
    let function = super::super::paths::named(program, FnRef { file, id: facts.call(call).function });
    let callers = program.callers(FnRef { file, id: function });
    !callers.is_empty()
        && callers.iter().all(|(from, call)| {
            let facts = program.facts(*from);
            is_in_race(program, *from, facts.span(facts.call(*call).expr))
        })
}

fn uses(facts: &FileFacts, symbol: u32) -> impl Iterator<Item = Span> + '_ {
    let wanted = Expr::Symbol(crate::facts::SymbolId(symbol));
    facts.exprs.iter().zip(&facts.spans).filter(move |(expr, _)| **expr == wanted).map(|(_, at)| *at)
}

fn is_in_race(program: &Program, file: u32, at: Span) -> bool {
    let facts = program.facts(file);
    facts.calls.iter().enumerate().any(|(n, outer)| {
        let span = facts.span(outer.expr);
        span.contains(at) && span != at && {
            let in_callee = facts.span(outer.callee).contains(at);
            // `fetch(…).timeout(…)` bounds what it is called on; other calls what they are given.
            gives_up(program, file, CallId(n as u32), callee_name(facts, outer.callee), in_callee)
        }
    })
}

fn gives_up(program: &Program, file: u32, call: CallId, name: &str, in_callee: bool) -> bool {
    let facts = program.facts(file);
    match program.eval(Place { file, expr: facts.call(call).callee }) {
        Value::Api(api) if api.package == "global" => !in_callee && api.path == "Promise.race",
        Value::Api(api) if http::gives_up(&api) => true,
        _ => names_a_deadline(name),
    }
}

fn names_a_deadline(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !matches!(name.as_str(), "settimeout" | "cleartimeout")
        && ["timeout", "deadline", "timelimit", "abortable", "circuitbreaker"]
            .iter()
            .any(|it| name.contains(it))
}

/// True where the request is bounded after it was made: `req.setTimeout(…)`, `req.on('timeout', …)`, `.timeout(…)`,
/// `.pipe(timeout(…))`.
pub(super) fn is_bounded_later(program: &Program, file: u32, call: CallId) -> bool {
    let facts = program.facts(file);
    let expr = facts.call(call).expr;
    facts.calls.iter().any(|other| {
        let Expr::Member { object, property } = facts.expr(other.callee) else { return false };
        let sets = match facts.name(property) {
            "setTimeout" | "timeout" => true,
            "pipe" => facts.list(other.args).iter().any(|arg| match facts.expr(*arg) {
                Expr::Call(inner) => callee_name(facts, facts.call(inner).callee).starts_with("timeout"),
                _ => false,
            }),
            "on" | "once" => facts.list(other.args).first().is_some_and(
                |arg| matches!(facts.expr(*arg), Expr::Str(text) if facts.name(text) == "timeout"),
            ),
            _ => false,
        };
        sets && comes_from(facts, object, expr)
    })
}

/// True where an expression is the wanted one, or a chain of calls or a variable that starts with it. Each expression is looked at
/// once: variables that are assigned from one another many times lead round in circles.
pub(super) fn comes_from(facts: &FileFacts, expr: ExprId, wanted: ExprId) -> bool {
    let mut seen = FxHashSet::default();
    let mut left = vec![expr];
    while let Some(expr) = left.pop() {
        if expr == wanted {
            return true;
        }
        if !seen.insert(expr) {
            continue;
        }
        match facts.expr(expr) {
            Expr::Await(inner) | Expr::Cast { expr: inner, .. } => left.push(inner),
            Expr::Call(call) => {
                if let Expr::Member { object, .. } = facts.expr(facts.call(call).callee) {
                    left.push(object);
                }
            }
            Expr::Symbol(symbol) => {
                let it = facts.symbol(symbol);
                left.extend(it.definition.iter().chain(&it.assignments));
            }
            _ => {}
        }
    }
    false
}

/// `answer.body.getReader()`, `Readable.fromWeb(answer.body)`: what comes is read piece by piece.
pub(super) fn is_read_as_stream(facts: &FileFacts, call: CallId) -> bool {
    let asked = facts.call(call).expr;
    let is_body = |expr: ExprId| {
        // `const { body: stream } = answer`.
        let expr = match facts.expr(expr) {
            Expr::Symbol(symbol) => facts.symbol(symbol).definition.unwrap_or(expr),
            _ => expr,
        };
        matches!(facts.expr(expr), Expr::Member { object, property }
            if facts.name(property) == "body" && comes_from(facts, object, asked))
    };
    facts.exprs.iter().any(|expr| {
        matches!(expr, Expr::Member { object, property }
            if matches!(facts.name(*property), "getReader" | "pipeThrough" | "pipeTo" | "pipe") && is_body(*object))
    }) || facts.calls.iter().any(|it| {
        matches!(callee_name(facts, it.callee), "fromWeb" | "pipeline")
            && facts.list(it.args).iter().any(|arg| is_body(*arg))
    })
}

/// `fetch(request)`: the request object has a signal, or is the one that came in.
pub(super) fn carries_own_signal(program: &Program, file: u32, call: CallId, outgoing: Outgoing) -> bool {
    let facts = program.facts(file);
    let Some(first) = facts.args(call).first() else { return false };
    if outgoing.family != Family::Fetch {
        return false;
    }
    let at = Place { file, expr: *first };
    let is_request = |api: &Api| matches!(api.path.as_str(), "Request()" | "NextRequest()");
    match program.eval(at) {
        Value::Api(api) if is_request(&api) => {
            let making = program.made_by(at);
            making.is_partial
                || making
                    .calls
                    .iter()
                    .any(|(file, call)| given_in(program, *file, *call, &[1], &["signal"]) != Given::No)
        }
        _ => is_typed_request(facts, *first),
    }
}

fn is_typed_request(facts: &FileFacts, expr: ExprId) -> bool {
    let Expr::Symbol(symbol) = facts.expr(expr) else { return false };
    let it = facts.symbol(symbol);
    let of_param = it.definition.and_then(|definition| match facts.expr(definition) {
        Expr::Param { function, index } => {
            facts.function(function).params.get(index as usize).and_then(|param| param.annotation)
        }
        _ => None,
    });
    it.annotation.or(of_param).is_some_and(|ty| {
        matches!(facts.type_expr(ty), TypeExpr::Name { root, .. }
            if matches!(facts.name(*root), "Request" | "NextRequest"))
    })
}
