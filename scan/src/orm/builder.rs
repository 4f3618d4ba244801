//! Queries built step by step: the calls that make one up, in the order in which they run.

use tuneup_model::{Operation, PredicateOp, QueryShape};

use crate::facts::{CallId, Expr, ExprId, FnId, GuardId, GuardKind};
use crate::objects::Follow as _;
use crate::place::Place;
use crate::program::{Program, Value};

use super::{CallAt, ModelRef};

/// A write that equality on a unique key holds to one row.
pub(super) fn narrow(program: &Program, at: ModelRef, shape: &mut QueryShape) {
    let name = &program.model(at).table;
    let Some(table) = program.schemas[at.schema as usize].catalog.table(name) else { return };
    let own = shape.filter.all_of.iter();
    let own = own.filter(|it| it.op == PredicateOp::Equal && it.column.table == *name);
    let columns: Vec<String> = own.map(|it| it.column.column.clone()).collect();
    if table.is_unique_key(&columns) {
        shape.operation = match shape.operation {
            Operation::UpdateMany => Operation::Update,
            Operation::DeleteMany => Operation::Delete,
            other => other,
        };
    }
}

/// One call on a builder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step<'p> {
    /// Empty where a handle itself is called.
    pub method: &'p str,
    pub at: CallAt,
    /// False where a condition of the program decides whether the call is made.
    pub is_certain: bool,
}

/// The calls that make up a query: the one that begins it first, the one that runs it last.
#[derive(Debug)]
pub(crate) struct Steps<'p> {
    pub program: &'p Program,
    pub all: Vec<Step<'p>>,
}

/// All calls on one builder, and those of them that run a query.
#[derive(Debug, Default, Clone)]
pub(crate) struct Built {
    pub calls: Vec<CallAt>,
    pub ends: Vec<CallAt>,
    /// True where it is handed to code that may add steps of its own.
    pub is_open: bool,
}

impl<'p> Steps<'p> {
    /// The steps of the query that `end` runs, out of all calls on its builder.
    pub(crate) fn of(program: &'p Program, begin: CallAt, end: CallAt, built: &Built) -> Self {
        let chain = chain_of(program, end);
        let own = guards(program, end);
        let until = program.runs_by(begin, end);
        let first = guards(program, begin);
        let elsewhere: Vec<CallAt> = built
            .ends
            .iter()
            .filter(|other| **other != end)
            .flat_map(|other| {
                chain_of(program, *other).into_iter().map(|call| CallAt { file: other.file, call })
            })
            .collect();
        let mut all: Vec<Step<'p>> = Vec::new();
        for at in [&begin].into_iter().chain(&built.calls).chain([&end]) {
            let in_chain = *at == begin || (at.file == end.file && chain.contains(&at.call));
            let shares_function =
                at.file == end.file && function_of(program, *at) == function_of(program, end);
            let runs_later = shares_function && position(program, *at) > until;
            let of_begin = at.file == begin.file && chain_of(program, *at).contains(&begin.call);
            if all.iter().any(|step| step.at == *at)
                || (!in_chain && !of_begin && (runs_later || elsewhere.contains(at)))
            {
                continue;
            }
            let holds = |known: &[GuardId]| guards(program, *at).iter().all(|guard| known.contains(guard));
            // What comes with the beginning holds wherever that is, in a function that makes the builder.
            let begins = at.file == begin.file && function_of(program, *at) == function_of(program, begin);
            let is_certain =
                in_chain || of_begin || (shares_function && holds(&own)) || (begins && holds(&first));
            all.push(Step { method: method_name(program, *at), at: *at, is_certain });
        }
        all.sort_by_key(|step| {
            (step.at != begin, step.at.file != begin.file, step.at.file, position(program, step.at))
        });
        Self { program, all }
    }

    pub(crate) fn args(&self, step: &Step<'_>) -> Vec<Place> {
        let file = step.at.file;
        self.program.facts(file).args(step.at.call).iter().map(|expr| Place { file, expr: *expr }).collect()
    }

    /// The text of an argument where it is a literal.
    pub(crate) fn text(&self, step: &Step<'_>, n: usize) -> Option<&'p str> {
        text_at(self.program, *self.args(step).get(n)?)
    }

    /// The last step of one of these names.
    pub(crate) fn last(&self, methods: &[&str]) -> Option<&Step<'p>> {
        self.all.iter().rev().find(|step| methods.contains(&step.method))
    }

    pub(crate) fn named<'s>(&'s self, methods: &'s [&str]) -> impl Iterator<Item = &'s Step<'p>> {
        self.all.iter().filter(move |step| methods.contains(&step.method))
    }
}

/// A string literal, followed through constants.
pub(crate) fn text_at(program: &Program, at: Place) -> Option<&str> {
    let at = program.follow(at)?;
    let facts = program.facts(at.file);
    match facts.expr(at.expr) {
        Expr::Str(name) => Some(facts.name(name)),
        Expr::Template(list) => match facts.list(list) {
            [only] => match facts.expr(*only) {
                Expr::Str(name) => Some(facts.name(name)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// Argument number `n` of a call.
pub(crate) fn argument(program: &Program, at: CallAt, n: usize) -> Option<Place> {
    let expr = program.facts(at.file).args(at.call).get(n)?;
    Some(Place { file: at.file, expr: *expr })
}

/// The name of the method that a call calls; empty where a handle itself is called.
pub(crate) fn method_name(program: &Program, at: CallAt) -> &str {
    let facts = program.facts(at.file);
    let callee = facts.call(at.call).callee;
    match facts.expr(callee) {
        Expr::Member { .. } if is_handle(program, Place { file: at.file, expr: callee }) => "",
        Expr::Member { property, .. } => facts.name(property),
        _ => "",
    }
}

/// True where a handle that is held as a property is called: `this.knex('users')`.
fn is_handle(program: &Program, callee: Place) -> bool {
    matches!(program.eval(callee), Value::Handle(_))
}

/// The calls of the expression that ends so, the end first: `a.b().c().end()`.
pub(crate) fn chain_of(program: &Program, end: CallAt) -> Vec<CallId> {
    let facts = program.facts(end.file);
    std::iter::successors(Some(end.call), |call| facts.chained_from(*call)).collect()
}

/// The expression that a chain of calls starts from: `qb` of `qb.where(…).getMany()`.
pub(crate) fn root_of(program: &Program, end: CallAt) -> ExprId {
    let facts = program.facts(end.file);
    let first = *chain_of(program, end).last().expect("a chain holds at least its end");
    match facts.expr(facts.call(first).callee) {
        Expr::Member { object, .. } => object,
        _ => facts.call(first).callee,
    }
}

/// Calls of one chain start together; where they end tells them apart.
fn position(program: &Program, at: CallAt) -> u32 {
    let facts = program.facts(at.file);
    facts.span(facts.call(at.call).expr).end
}

fn function_of(program: &Program, at: CallAt) -> FnId {
    program.facts(at.file).call(at.call).function
}

fn guards(program: &Program, at: CallAt) -> Vec<GuardId> {
    let facts = program.facts(at.file);
    std::iter::successors(facts.call(at.call).guard, |id| facts.guard(*id).parent)
        .filter(|id| facts.guard(*id).kind != GuardKind::Try)
        .collect()
}
