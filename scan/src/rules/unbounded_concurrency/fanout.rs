//! Where work is started for all elements at once: `Promise.all` over a mapped list, or over a list of promises that a
//! loop has filled.

use crate::facts::{CallId, Expr, ExprId, SymbolId};
use crate::place::Place;
use crate::program::{
    Concurrency, FnRef, Form, Iteration, LoopClass, Program, Role, Target, Value, bounds_concurrency,
    callee_name, iterating_function,
};

/// Work started per element of a list, all of it before the first is done.
pub(in crate::rules) struct Fanout {
    pub(in crate::rules) file: u32,
    /// `Promise.all` or its like.
    pub(super) joined: CallId,
    pub(in crate::rules) iteration: Iteration,
    /// The calls of one turn that are work: those of the callback, or the one that is pushed.
    pub(in crate::rules) turn: Vec<Started>,
}

/// A call of a turn.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct Started {
    pub(in crate::rules) file: u32,
    pub(in crate::rules) call: CallId,
    /// The function named in place of a callback, where there is one: `urls.map(load)`.
    pub(in crate::rules) enters: Option<FnRef>,
}

/// All fan-outs of application code over lists that are not bounded by their form.
pub(in crate::rules) fn fanouts(program: &Program) -> Vec<Fanout> {
    let mut found = Vec::new();
    for (file, targets) in program.targets.iter().enumerate() {
        if program.roles[file] != Role::App {
            continue;
        }
        let file = file as u32;
        for (n, target) in targets.iter().enumerate() {
            let joins = matches!(target, Target::Api(api)
                if api.package == "global" && matches!(api.path.as_str(), "Promise.all" | "Promise.allSettled"));
            let joined = CallId(n as u32);
            if joins && let Some(list) = program.facts(file).args(joined).first() {
                add(program, file, joined, *list, 0, &mut found);
            }
        }
    }
    found
}

fn add(program: &Program, file: u32, joined: CallId, list: ExprId, depth: u32, found: &mut Vec<Fanout>) {
    if depth > 8 {
        return;
    }
    let facts = program.facts(file);
    let mut again = |expr: ExprId| add(program, file, joined, expr, depth + 1, found);
    match facts.expr(list) {
        Expr::Cast { expr, .. } | Expr::Spread(expr) | Expr::Assign { value: expr, .. } => again(expr),
        Expr::Array(items) => {
            let spread =
                facts.list(items).iter().filter(|item| matches!(facts.expr(**item), Expr::Spread(_)));
            spread.for_each(|item| again(*item));
        }
        Expr::Choice(choices) => facts.list(choices).iter().take(2).for_each(|choice| again(*choice)),
        Expr::Symbol(symbol) => {
            let it = facts.symbol(symbol);
            it.definition.iter().chain(&it.assignments).for_each(|expr| again(*expr));
            pushed(program, file, joined, symbol, found);
        }
        Expr::Call(call) => mapped(program, file, joined, call, depth, found),
        _ => {}
    }
}

/// `xs.map(async (x) => …)`, also before `filter` and the like.
fn mapped(program: &Program, file: u32, joined: CallId, call: CallId, depth: u32, found: &mut Vec<Fanout>) {
    let facts = program.facts(file);
    let it = facts.call(call);
    match (facts.expr(it.callee), callee_name(facts, it.callee)) {
        (Expr::Member { .. }, "map" | "flatMap") => {}
        (Expr::Member { object, .. }, "filter" | "flat" | "concat" | "slice" | "reverse") => {
            add(program, file, joined, object, depth + 1, found);
            return;
        }
        _ => return,
    }
    let Some(callback) = facts.args(call).last().copied() else { return };
    let started = match facts.expr(callback) {
        Expr::Function(id) => {
            let body = FnRef { file, id };
            program
                .calls_in_place(body)
                .into_iter()
                .map(|(inner, _)| inner)
                .filter(|inner| !is_limited(program, body, *inner))
                .map(|call| Started { file, call, enters: None })
                .collect()
        }
        _ => match program.eval(Place { file, expr: callback }) {
            Value::Function(function) => vec![Started { file, call, enters: Some(function) }],
            _ => return,
        },
    };
    let Some(iteration) = iteration_of(program, file, call) else { return };
    keep(program, Fanout { file, joined, iteration, turn: started }, call, found);
}

/// The iteration that a mapping call makes.
fn iteration_of(program: &Program, file: u32, call: CallId) -> Option<Iteration> {
    let facts = program.facts(file);
    let it = facts.call(call);
    let Expr::Member { object, .. } = facts.expr(it.callee) else { return None };
    let is_function = facts.args(call).len() > 1
        && matches!(program.target(file, call), Target::Api(api) if iterating_function(api));
    let list = if is_function { *facts.args(call).first()? } else { object };
    let function = match facts.args(call).last().map(|arg| facts.expr(*arg)) {
        Some(Expr::Function(id)) => id,
        _ => it.function,
    };
    Some(Iteration {
        file,
        class: program.collection_class(file, Some(list), 0),
        concurrency: Concurrency::Unbounded,
        collection: Some(list),
        span: facts.span(it.expr),
        body: facts.function(function).span,
        function: it.function,
        form: Form::Callback { call, function },
        sources: crate::program::Sources {
            params: [(function, 0)].into_iter().collect(),
            ..Default::default()
        },
    })
}

/// `for (const x of xs) promises.push(work(x))`.
fn pushed(program: &Program, file: u32, joined: CallId, list: SymbolId, found: &mut Vec<Fanout>) {
    let facts = program.facts(file);
    for (n, it) in facts.calls.iter().enumerate() {
        let pushes = matches!(facts.expr(it.callee), Expr::Member { object, property }
            if facts.expr(object) == Expr::Symbol(list) && facts.name(property) == "push");
        let push = CallId(n as u32);
        if !pushes {
            continue;
        }
        let Some(iteration) = program.iterations(file, push).into_iter().next() else { continue };
        let turn: Vec<Started> = facts
            .list(it.args)
            .iter()
            .filter_map(|arg| match facts.expr(*arg) {
                Expr::Call(call) if !facts.call(call).awaited => Some(Started { file, call, enters: None }),
                _ => None,
            })
            .collect();
        // A list that is made anew in each turn of the loop is joined in each turn.
        let is_outer = !iteration.body.contains(facts.symbol(list).span);
        let joins_later = !iteration.body.contains(facts.span(facts.call(joined).expr));
        if is_outer && joins_later && !turn.is_empty() {
            keep(program, Fanout { file, joined, iteration, turn }, push, found);
        }
    }
}

fn keep(program: &Program, fanout: Fanout, at: CallId, found: &mut Vec<Fanout>) {
    let in_pieces = program
        .iterations(fanout.file, at)
        .iter()
        .any(|outer| matches!(outer.class, LoopClass::Chunk | LoopClass::Page));
    // A text that is split is no collection by its form; what the client sends may be long all the same.
    if matches!(fanout.iteration.class, LoopClass::Collection | LoopClass::Other) && !in_pieces {
        found.push(fanout);
    }
}

/// True where a call waits for its turn: in a closure handed to a limiter, or after a permit was taken.
pub(super) fn is_limited(program: &Program, body: FnRef, call: CallId) -> bool {
    let facts = program.facts(body.file);
    let mut function = facts.call(call).function;
    for _ in 0..16 {
        if function == body.id {
            break;
        }
        let Some(at) = program.runs_at(FnRef { file: body.file, id: function }) else { break };
        let by_name = limits(callee_name(facts, facts.call(at).callee))
            || limits(&program.expr_text(body.file, facts.call(at).callee));
        let by_package = matches!(program.target(body.file, at), Target::Api(api) if bounds_concurrency(api));
        if by_name || by_package {
            return true;
        }
        function = facts.call(at).function;
    }
    takes_permit(program, body)
}

/// True where the function waits for a permit of a semaphore before it works.
fn takes_permit(program: &Program, function: FnRef) -> bool {
    let facts = program.facts(function.file);
    program.graph.calls(function).iter().any(|call| {
        let it = facts.call(*call);
        matches!(callee_name(facts, it.callee), "acquire" | "acquireLock" | "wait" | "lock" | "removeTokens")
            || matches!(program.target(function.file, *call), Target::Api(api) if bounds_concurrency(api))
    })
}

/// Names of what lets a few through at a time.
fn limits(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["limit", "throttle", "semaphore", "concurren", "runexclusive", "queue", "pool", "bottleneck"]
        .iter()
        .any(|word| name.contains(word))
}
