//! The call graph: edges, and effects joined bottom-up.

use rustc_hash::FxHashSet;

use crate::facts::{CallId, CallKind, Expr, FnId};
use crate::place::Place;

use super::Program;
use super::effects::Effects;
use super::libraries;
use super::targets::Target;
use super::value::FnRef;

/// Edges and effects per function; functions are numbered through all files.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// First number of each file's functions.
    base: Vec<u32>,
    count: usize,
    /// Calls made by each function, in order of the source.
    calls: Vec<Vec<CallId>>,
    /// The call at which a closure runs in place.
    runs_at: Vec<Option<CallId>>,
    effects: Vec<Effects>,
}

impl Graph {
    pub(crate) fn index(&self, function: FnRef) -> usize {
        (self.base[function.file as usize] + function.id.0) as usize
    }

    pub(crate) fn effects(&self, function: FnRef) -> Effects {
        self.effects[self.index(function)]
    }

    pub(crate) fn calls(&self, function: FnRef) -> &[CallId] {
        &self.calls[self.index(function)]
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }
}

impl Program {
    pub(super) fn build_graph(&mut self) {
        let mut graph = Graph::default();
        for facts in &self.files {
            graph.base.push(graph.count as u32);
            graph.count += facts.functions.len();
        }
        graph.calls = vec![Vec::new(); graph.count];
        graph.runs_at = vec![None; graph.count];
        for (file, facts) in self.files.iter().enumerate() {
            for (n, call) in facts.calls.iter().enumerate() {
                graph.calls[(graph.base[file] + call.function.0) as usize].push(CallId(n as u32));
            }
            for n in 0..facts.functions.len() {
                let function = FnRef { file: file as u32, id: FnId(n as u32) };
                graph.runs_at[(graph.base[file] + n as u32) as usize] = self.place_of_run(function);
            }
        }
        self.graph = graph;
        self.join_effects();
    }

    /// The call at which a closure runs in place; none for functions that run elsewhere or later.
    pub(crate) fn runs_at(&self, function: FnRef) -> Option<CallId> {
        self.graph.runs_at[self.graph.index(function)]
    }

    fn place_of_run(&self, function: FnRef) -> Option<CallId> {
        let facts = &self.files[function.file as usize];
        let it = facts.function(function.id);
        let expr = it.expr?;
        let Some((at, position)) = it.argument_of else {
            // (async () => { … })()
            let called = facts.calls.iter().position(|call| call.callee == expr);
            return called.map(|n| CallId(n as u32));
        };
        let call = facts.call(at);
        if call.kind == CallKind::Jsx {
            return None;
        }
        let in_place = match &self.targets[function.file as usize][at.index()] {
            Target::Api(api) => {
                let registers = call.function == FnId(0) || (!call.awaited && is_registrar(api.last()));
                match api.path.strip_prefix("Array#") {
                    // `push` and its like keep the closure; the others run it per element.
                    Some(method) => libraries::iterating_method(method).is_some() || method == "sort",
                    None => !libraries::defers(api) && !registers,
                }
            }
            Target::Functions(targets, _) => {
                targets.iter().any(|target| self.runs_parameter(*target, position, 0))
            }
            Target::Client(_) | Target::Plain | Target::Parameter => true,
            Target::Query(_) => false,
            Target::Unresolved => {
                let name = super::iterations::callee_name(facts, call.callee);
                libraries::iterating_method(name).is_some()
                    || (call.function != FnId(0) && !is_registrar(name))
            }
        };
        in_place.then_some(at)
    }

    /// True where the function calls its parameter, itself or by handing it on.
    pub(super) fn runs_parameter(&self, function: FnRef, position: u32, depth: u32) -> bool {
        if depth > 4 {
            return true;
        }
        let facts = &self.files[function.file as usize];
        let span = facts.function(function.id).span;
        facts.calls.iter().enumerate().any(|(n, call)| {
            if !span.contains(facts.span(call.expr)) {
                return false;
            }
            if self.parameter(function.file, call.callee) == Some((function.id, position)) {
                return true;
            }
            let handed_on = facts
                .list(call.args)
                .iter()
                .position(|arg| self.parameter(function.file, *arg) == Some((function.id, position)));
            match (handed_on, &self.targets[function.file as usize][n]) {
                (Some(at), Target::Functions(targets, _)) => targets
                    .iter()
                    .any(|target| *target != function && self.runs_parameter(*target, at as u32, depth + 1)),
                (Some(_), Target::Api(api)) => !libraries::defers(api),
                (Some(_), _) => true,
                (None, _) => false,
            }
        })
    }

    /// The effects of the call alone: of a query or library, not of what a function of the program reaches.
    pub(crate) fn direct_effects(&self, file: u32, call: CallId) -> Effects {
        match &self.targets[file as usize][call.index()] {
            Target::Query(query) => {
                if self.queries[*query as usize].shape.operation.is_write() {
                    Effects::DB_WRITE
                } else {
                    Effects::DB_READ
                }
            }
            Target::Api(api) => self.declared_effects(api).unwrap_or_else(|| libraries::effects(api)),
            _ => Effects::NONE,
        }
    }

    /// Least fixed point of effects over all edges, by a worklist from callees to callers.
    fn join_effects(&mut self) {
        let count = self.graph.count;
        let mut effects = vec![Effects::NONE; count];
        let mut callers: Vec<Vec<u32>> = vec![Vec::new(); count];
        for (file, facts) in self.files.iter().enumerate() {
            let file = file as u32;
            for (n, call) in facts.calls.iter().enumerate() {
                let id = CallId(n as u32);
                let from = self.graph.index(FnRef { file, id: call.function });
                effects[from] = effects[from].with(self.direct_effects(file, id));
                if let Target::Functions(targets, _) = &self.targets[file as usize][n] {
                    for target in targets {
                        callers[self.graph.index(*target)].push(from as u32);
                    }
                }
            }
            for n in 0..facts.functions.len() {
                let function = FnRef { file, id: FnId(n as u32) };
                if let Some(at) = self.runs_at(function) {
                    let outer = FnRef { file, id: facts.call(at).function };
                    callers[self.graph.index(function)].push(self.graph.index(outer) as u32);
                }
            }
        }
        let mut pending: Vec<u32> = (0..count as u32).filter(|n| !effects[*n as usize].is_none()).collect();
        while let Some(n) = pending.pop() {
            for caller in &callers[n as usize] {
                let joined = effects[*caller as usize].with(effects[n as usize]);
                if joined != effects[*caller as usize] {
                    effects[*caller as usize] = joined;
                    pending.push(*caller);
                }
            }
        }
        self.graph.effects = effects;
    }

    /// The effects of one call, what it reaches included.
    pub(crate) fn call_effects(&self, file: u32, call: CallId) -> Effects {
        let direct = self.direct_effects(file, call);
        match &self.targets[file as usize][call.index()] {
            Target::Functions(targets, _) => {
                targets.iter().fold(direct, |sum, target| sum.with(self.graph.effects(*target)))
            }
            _ => direct,
        }
    }

    /// The calls that reach a function.
    pub(crate) fn callers(&self, function: FnRef) -> &[(u32, CallId)] {
        self.callers.get(&function).map(Vec::as_slice).unwrap_or_default()
    }

    /// What known calls pass where the expression names a parameter of the function they call.
    pub(crate) fn passed(&self, at: Place) -> Vec<Place> {
        let Some((owner, index)) = self.parameter(at.file, at.expr) else { return Vec::new() };
        let argument = |file: u32, call: CallId| {
            self.files[file as usize].args(call).get(index as usize).map(|expr| Place { file, expr: *expr })
        };
        let callers = self.callers(FnRef { file: at.file, id: owner });
        let iterated = self.iterated(FnRef { file: at.file, id: owner }, index);
        callers.iter().filter_map(|(file, call)| argument(*file, *call)).chain(iterated).collect()
    }

    /// The list that an array method hands its callback after the element and its position: `(it, n, list) => …`.
    pub(crate) fn iterated(&self, callback: FnRef, index: u32) -> Option<Place> {
        let facts = &self.files[callback.file as usize];
        let (call, 0) = facts.function(callback.id).argument_of? else { return None };
        let Expr::Member { object, property } = facts.expr(facts.call(call).callee) else { return None };
        let element = libraries::iterating_method(facts.name(property))?;
        (index == element + 2).then_some(Place { file: callback.file, expr: object })
    }

    /// The calls of a function and of the closures that run in place in it, and whether a condition stands before.
    pub(crate) fn calls_in_place(&self, function: FnRef) -> Vec<(CallId, bool)> {
        let facts = &self.files[function.file as usize];
        let mut found = Vec::new();
        let mut pending = vec![(function.id, false)];
        let mut seen = FxHashSet::default();
        while let Some((id, conditional)) = pending.pop() {
            if !seen.insert(id) {
                continue;
            }
            for call in self.graph.calls(FnRef { file: function.file, id }) {
                let it = facts.call(*call);
                let guarded = conditional || self.is_conditional(function.file, it.guard);
                found.push((*call, guarded));
                for arg in facts.list(it.args).iter().chain([&it.callee]) {
                    if let Expr::Function(closure) = facts.expr(*arg)
                        && self.runs_at(FnRef { file: function.file, id: closure }) == Some(*call)
                    {
                        pending.push((closure, guarded));
                    }
                }
            }
        }
        found
    }

    fn is_conditional(&self, file: u32, guard: Option<crate::facts::GuardId>) -> bool {
        let facts = &self.files[file as usize];
        std::iter::successors(guard, |id| facts.guard(*id).parent)
            .any(|id| !matches!(facts.guard(id).kind, crate::facts::GuardKind::Try))
    }
}

/// Names of methods that keep a function for later.
pub(super) fn is_registrar(name: &str) -> bool {
    matches!(
        name,
        "get"
            | "post"
            | "put"
            | "patch"
            | "delete"
            | "del"
            | "all"
            | "head"
            | "options"
            | "openapi"
            | "use"
            | "on"
            | "once"
            | "route"
            | "process"
            | "schedule"
            | "register"
            | "addEventListener"
            | "subscribe"
            | "handle"
            | "command"
            | "action"
            | "query"
            | "mutation"
            | "subscription"
            | "job"
            | "cron"
            | "define"
            | "hook"
            | "addHook"
            | "setErrorHandler"
            | "get()"
            | "createFunction"
            | "input"
            | "handler"
    )
}
