//! Iterations: loops and callbacks per element around a call, and what kind of loop each is.
//!
//! A loop over a collection pays per element. Paging, chunking, retrying, polling, streaming and short constant
//! loops do not, or do so on purpose.

use crate::facts::{BinaryOp, CallId, Expr, ExprId, FnId, LoopId, LoopKind, Span};
use crate::place::Place;

use super::Program;
use super::libraries;
use super::taint::{Sources, loop_chain};
use super::targets::Target;
use super::value::{Api, FnRef, Value};

/// What a loop runs over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoopClass {
    /// Once per element of a list that grows with the data.
    Collection,
    /// At most [`SMALL`] elements written in the source.
    Constant,
    /// Once per bounded piece of a list.
    Chunk,
    /// Until a page or cursor is exhausted.
    Page,
    Retry,
    Poll,
    Stream,
    /// A counted loop or one over something we do not know.
    Other,
}

impl LoopClass {
    /// For messages: "the loop runs over …".
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Collection => "a collection",
            Self::Constant => "a short constant list",
            Self::Chunk => "bounded pieces of a list",
            Self::Page => "a condition or cursor",
            Self::Retry => "attempts",
            Self::Poll => "a condition with a pause",
            Self::Stream => "a stream",
            Self::Other => "something that is not known to grow",
        }
    }
}

/// A literal list of up to this many elements is no collection.
pub(crate) const SMALL: usize = 8;

/// How many turns run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Concurrency {
    Sequential,
    Unbounded,
    Bounded,
    /// Statements sent together in one transaction.
    Transaction,
}

/// One loop or callback around a call.
#[derive(Debug, Clone)]
pub(crate) struct Iteration {
    pub file: u32,
    pub class: LoopClass,
    pub concurrency: Concurrency,
    /// The list run over, where there is one.
    pub collection: Option<ExprId>,
    /// Where the loop or the iterating call stands.
    pub span: Span,
    pub body: Span,
    /// The function whose body holds the loop.
    pub function: FnId,
    pub form: Form,
    /// Its variables.
    pub sources: Sources,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Form {
    Loop(LoopId),
    Callback { call: CallId, function: FnId },
}

impl Program {
    /// The iterations around a call within its file, innermost first, through closures that run in place.
    pub(crate) fn iterations(&self, file: u32, call: CallId) -> Vec<Iteration> {
        let facts = &self.files[file as usize];
        let mut found = Vec::new();
        let it = facts.call(call);
        let (mut function, mut in_loop) = (it.function, it.in_loop);
        let mut limited = false;
        for _ in 0..32 {
            for id in loop_chain(facts, in_loop) {
                found.push(self.loop_iteration(file, id));
            }
            let Some(at) = self.runs_at(FnRef { file, id: function }) else { break };
            if let Target::Api(api) = &self.targets[file as usize][at.index()] {
                limited |= libraries::bounds_concurrency(api) && !self.runs_in_turn(file, at, api);
            }
            if let Some(mut iteration) = self.callback_iteration(file, at, function) {
                if limited {
                    iteration.concurrency = Concurrency::Bounded;
                    limited = false;
                }
                found.push(iteration);
            }
            let outer = facts.call(at);
            (function, in_loop) = (outer.function, outer.in_loop);
        }
        found
    }

    fn loop_iteration(&self, file: u32, id: LoopId) -> Iteration {
        let facts = &self.files[file as usize];
        let it = facts.loop_(id);
        let mut sources = Sources { symbols: it.vars.iter().copied().collect(), ..Sources::default() };
        let mut collection = it.collection;
        let class = match it.kind {
            LoopKind::ForAwait if !self.is_array(file, it.collection) => LoopClass::Stream,
            LoopKind::ForAwait | LoopKind::ForOf | LoopKind::ForIn => {
                self.collection_class(file, it.collection, 0)
            }
            LoopKind::For => {
                let (class, counted) = self.counted_loop(file, id);
                collection = counted;
                class
            }
            LoopKind::While | LoopKind::DoWhile => self.while_class(file, id),
        };
        let var_names_pieces =
            it.vars.iter().any(|symbol| names_a_piece(facts.name(facts.symbol(*symbol).name)));
        let class = if class == LoopClass::Collection && var_names_pieces { LoopClass::Chunk } else { class };
        if let Some(collection) = it.collection {
            sources.collections.insert(collection);
        }
        Iteration {
            file,
            class,
            concurrency: Concurrency::Sequential,
            collection,
            span: it.span,
            body: it.body,
            function: it.function,
            form: Form::Loop(id),
            sources,
        }
    }

    /// True for what is an array for sure, which `for await` reads in turn like any loop.
    fn is_array(&self, file: u32, collection: Option<ExprId>) -> bool {
        collection.is_some_and(|expr| self.eval(Place { file, expr }).choices().iter().any(Value::is_array))
    }

    /// `for (let i = 0; i < xs.length; i++)` and its relatives.
    fn counted_loop(&self, file: u32, id: LoopId) -> (LoopClass, Option<ExprId>) {
        let facts = &self.files[file as usize];
        let it = facts.loop_(id);
        let Some(Expr::Binary { left, right, .. }) = it.test.map(|test| facts.expr(test)) else {
            return (self.while_class(file, id), None);
        };
        let counter = match facts.expr(left) {
            Expr::Symbol(symbol) => facts.name(facts.symbol(symbol).name),
            _ => "",
        };
        if names_a_retry(counter) {
            return (LoopClass::Retry, None);
        }
        let unit_step = match it.update.map(|update| facts.expr(update)) {
            Some(Expr::Assign { value, .. }) => match facts.expr(value) {
                Expr::Binary { op: BinaryOp::Add, right, .. } => {
                    matches!(facts.expr(right), Expr::Number(step) if (step - 1.0).abs() < f64::EPSILON)
                }
                _ => false,
            },
            _ => false,
        };
        match facts.expr(right) {
            Expr::Member { object, property } if facts.name(property) == "length" => {
                if unit_step {
                    (self.collection_class(file, Some(object), 0), Some(object))
                } else {
                    (LoopClass::Chunk, None)
                }
            }
            Expr::Number(limit) if limit <= SMALL as f64 => (LoopClass::Constant, None),
            _ if !unit_step => (LoopClass::Chunk, None),
            _ => (LoopClass::Other, None),
        }
    }

    fn while_class(&self, file: u32, id: LoopId) -> LoopClass {
        let facts = &self.files[file as usize];
        let it = facts.loop_(id);
        let calls =
            facts.calls.iter().enumerate().filter(|(_, call)| it.body.contains(facts.span(call.expr)));
        for (n, call) in calls {
            let paced = match &self.targets[file as usize][n] {
                Target::Api(api) => libraries::sleeps(api),
                Target::Functions(functions, _) => functions.iter().any(|function| self.is_sleep(*function)),
                _ => false,
            };
            if paced && call.function == it.function {
                return LoopClass::Poll;
            }
        }
        LoopClass::Page
    }

    /// A function that only waits.
    pub(super) fn is_sleep(&self, function: FnRef) -> bool {
        let facts = &self.files[function.file as usize];
        let it = facts.function(function.id);
        it.span.end - it.span.start < 250
            && facts.calls.iter().enumerate().any(|(n, call)| {
                it.span.contains(facts.span(call.expr))
                    && matches!(&self.targets[function.file as usize][n], Target::Api(api) if libraries::sleeps(api))
            })
    }

    fn callback_iteration(&self, file: u32, at: CallId, function: FnId) -> Option<Iteration> {
        let facts = &self.files[file as usize];
        let call = facts.call(at);
        let mut sources = Sources::default();
        let (class, concurrency, collection) = match &self.targets[file as usize][at.index()] {
            Target::Api(api) if libraries::iterating_function(api) && !api.path.starts_with("Array#") => {
                sources.params.insert((function, 0));
                let bounded = libraries::bounds_concurrency(api);
                let list = facts.args(at).first().copied();
                let how = match bounded {
                    true if self.runs_in_turn(file, at, api) => Concurrency::Sequential,
                    true => Concurrency::Bounded,
                    false => Concurrency::Unbounded,
                };
                (self.collection_class(file, list, 0), how, list)
            }
            Target::Functions(targets, _) => {
                let (_, position) = facts.function(function).argument_of?;
                let list = self.user_iteration(file, at, targets, position)?;
                sources.params.insert((function, 0));
                (self.collection_class(file, list, 0), Concurrency::Sequential, list)
            }
            _ => {
                let Expr::Member { object, property } = facts.expr(call.callee) else { return None };
                let method = facts.name(property);
                let element = libraries::iterating_method(method)?;
                if matches!(
                    self.eval(Place { file, expr: object }),
                    Value::Client(_) | Value::Model { .. } | Value::Text | Value::Instance(_)
                ) {
                    return None;
                }
                sources.params.insert((function, element));
                let how = if element == 1 { Concurrency::Sequential } else { self.concurrency_of(file, at) };
                (self.collection_class(file, Some(object), 0), how, Some(object))
            }
        };
        let span = facts.span(call.expr);
        let body = facts.function(function).span;
        let form = Form::Callback { call: at, function };
        Some(Iteration {
            file,
            class,
            concurrency,
            collection,
            span,
            body,
            function: call.function,
            form,
            sources,
        })
    }

    /// True where one turn runs after the other: `eachSeries`, a limit of one.
    fn runs_in_turn(&self, file: u32, at: CallId, api: &Api) -> bool {
        let facts = &self.files[file as usize];
        let is_one = |expr: ExprId| matches!(facts.expr(expr), Expr::Number(limit) if limit <= 1.0);
        libraries::iterates_in_turn(api)
            || facts.args(at).iter().any(|arg| match facts.expr(*arg) {
                Expr::Object(list) => facts.property(list, "concurrency").is_some_and(is_one),
                _ => is_one(*arg),
            })
    }

    fn concurrency_of(&self, file: u32, map: CallId) -> Concurrency {
        let facts = &self.files[file as usize];
        let expr = facts.call(map).expr;
        let in_transaction = facts.calls.iter().enumerate().any(|(n, call)| {
            facts.list(call.args).first() == Some(&expr)
                && matches!(&self.targets[file as usize][n], Target::Client(name) if &**name == "$transaction")
        });
        if in_transaction { Concurrency::Transaction } else { Concurrency::Unbounded }
    }

    /// Where functions of the program run their parameter `position` in a loop, the list they run over.
    /// The outer option says whether they do, the inner one which argument it is.
    #[expect(clippy::option_option, reason = "iterating over something unknown differs from not iterating")]
    fn user_iteration(
        &self,
        file: u32,
        at: CallId,
        targets: &[FnRef],
        position: u32,
    ) -> Option<Option<ExprId>> {
        for target in targets {
            let facts = &self.files[target.file as usize];
            for (n, call) in facts.calls.iter().enumerate() {
                if !facts.function(target.id).span.contains(facts.span(call.expr))
                    || self.parameter(target.file, call.callee) != Some((target.id, position))
                {
                    continue;
                }
                let inner = self.nested(Vec::new(), || self.iterations(target.file, CallId(n as u32)));
                let Some(loop_) =
                    inner.iter().find(|it| matches!(it.class, LoopClass::Collection | LoopClass::Other))
                else {
                    continue;
                };
                let list = loop_.collection.and_then(|list| self.parameter(target.file, list));
                return Some(match list {
                    Some((owner, index)) if owner == target.id => {
                        self.files[file as usize].args(at).get(index as usize).copied()
                    }
                    _ => None,
                });
            }
        }
        None
    }
}

/// The last name of a callee: `chunk` of `_.chunk`.
pub(crate) fn callee_name(facts: &crate::facts::FileFacts, callee: ExprId) -> &str {
    match facts.expr(callee) {
        Expr::Symbol(symbol) => facts.name(facts.symbol(symbol).name),
        Expr::Global(name) => facts.name(name),
        Expr::Member { property, .. } => facts.name(property),
        _ => "",
    }
}

pub(super) fn names_a_piece(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["chunk", "batch", "slice", "page"].iter().any(|piece| name.starts_with(piece) || name.ends_with(piece))
        || ["chunks", "batches", "pages"].iter().any(|piece| name.ends_with(piece))
}

fn names_a_retry(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["attempt", "retry", "retries", "tries"].iter().any(|word| name.contains(word))
}
