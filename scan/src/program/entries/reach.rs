//! What entry points reach: over calls first, then over functions handed on, names of methods last.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::facts::{CallId, Expr, FileFacts, FnId, MemberKind};
use crate::place::Place;
use crate::program::iterations::callee_name;
use crate::program::roles::Role;
use crate::program::targets::Target;
use crate::program::value::{ClassRef, FnRef, Value};
use crate::program::{Entry, Origin, Program};

impl Program {
    pub(super) fn mark_reached(&mut self) {
        self.origins = self.reached_from(|_| true);
    }

    /// Breadth first from the entries that are wanted, first over calls, then over weaker ties.
    pub(in crate::program) fn reached_from(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<Option<Origin>> {
        let mut origin: Vec<Option<Origin>> = vec![None; self.graph.len()];
        let mut pending = VecDeque::new();
        for (n, entry) in self.entries.iter().enumerate().filter(|(_, entry)| wanted(entry)) {
            origin[self.graph.index(entry.function)] = Some(Origin::Entry(n as u32));
            pending.push_back(entry.function);
        }
        let methods = self.methods_by_name();
        let mut weak: Vec<(FnRef, Origin)> = Vec::new();
        loop {
            while let Some(function) = pending.pop_front() {
                self.successors(function, &methods, |target, how| {
                    let slot = &mut origin[self.graph.index(target)];
                    match how {
                        Origin::Named(_) => weak.push((target, how)),
                        _ if slot.is_none() => {
                            *slot = Some(how);
                            pending.push_back(target);
                        }
                        _ => {}
                    }
                });
            }
            for (target, how) in std::mem::take(&mut weak) {
                let slot = &mut origin[self.graph.index(target)];
                if slot.is_none() {
                    *slot = Some(how);
                    pending.push_back(target);
                }
            }
            if pending.is_empty() {
                break;
            }
        }
        origin
    }

    fn successors(
        &self,
        function: FnRef,
        methods: &FxHashMap<&str, Vec<FnRef>>,
        mut visit: impl FnMut(FnRef, Origin),
    ) {
        let facts = &self.files[function.file as usize];
        for call in self.graph.calls(function) {
            let how = Origin::Call { file: function.file, call: *call };
            let target = &self.targets[function.file as usize][call.index()];
            if let (Target::Plain | Target::Unresolved, Expr::Member { object, property }) =
                (target, facts.expr(facts.call(*call).callee))
            {
                let many =
                    self.implementations(Place { file: function.file, expr: object }, facts.name(property));
                for target in many {
                    visit(target, how);
                }
            }
            match target {
                Target::Functions(targets, _) => targets.iter().for_each(|target| visit(*target, how)),
                Target::Unresolved
                    if let Expr::Index { object, .. } = facts.expr(facts.call(*call).callee) =>
                {
                    // `user[method](…)`: any of them.
                    for target in self.callable_members(Place { file: function.file, expr: object }) {
                        visit(target, Origin::Named(function));
                    }
                }
                // What a framework answers by is no object of the program.
                Target::Unresolved if is_of_answer(facts, *call) => {}
                Target::Unresolved => {
                    let name = callee_name(facts, facts.call(*call).callee);
                    for target in methods.get(name).into_iter().flatten() {
                        visit(*target, Origin::Named(function));
                    }
                }
                _ => {}
            }
            for handed in self.functions_in_arguments(function.file, *call) {
                visit(handed, Origin::Within(function));
            }
        }
        for closure in self.closures_of(function) {
            visit(closure, Origin::Within(function));
        }
    }

    /// The methods that may stand behind a name of an interface or abstract class with too many of them to follow values.
    fn implementations(&self, object: Place, name: &str) -> Vec<FnRef> {
        let value = self.eval(object);
        let method = |class: ClassRef| match self.member_named(class, name)? {
            (owner, MemberKind::Method(id)) if self.facts(owner.file).function(*id).has_body => {
                Some(FnRef { file: owner.file, id: *id })
            }
            (owner, MemberKind::Field(field)) => match self.facts(owner.file).expr(field.value?) {
                Expr::Function(id) => Some(FnRef { file: owner.file, id }),
                _ => None,
            },
            _ => None,
        };
        let mut found = Vec::new();
        for choice in value.choices() {
            match choice {
                Value::Shape { file, id } => {
                    let classes = self.implementors.get(&(*file, *id));
                    found.extend(classes.into_iter().flatten().filter_map(|class| method(*class)));
                }
                Value::Instance(class) if self.facts(class.file).class(class.id).is_abstract => {
                    let classes = self.subclasses.get(class);
                    found.extend(classes.into_iter().flatten().filter_map(|class| method(*class)));
                }
                _ => {}
            }
        }
        found
    }

    /// The functions that an object holds by name.
    fn callable_members(&self, at: Place) -> Vec<FnRef> {
        match self.eval(at) {
            Value::Module(module) => {
                self.module_functions(module).into_iter().map(|(_, function)| function).collect()
            }
            Value::Object(place) => {
                let mut found = Vec::new();
                self.functions_in(place.file, place.expr, 0, &mut found);
                found
            }
            Value::Instance(class) => {
                let members = &self.files[class.file as usize].class(class.id).members;
                let methods = members.iter().filter_map(|member| match member.kind {
                    MemberKind::Method(id) => Some(FnRef { file: class.file, id }),
                    _ => None,
                });
                methods.collect()
            }
            _ => Vec::new(),
        }
    }

    fn closures_of(&self, function: FnRef) -> impl Iterator<Item = FnRef> + '_ {
        let facts = &self.files[function.file as usize];
        let is_module = function.id == FnId(0);
        facts
            .functions
            .iter()
            .enumerate()
            .filter(move |(_, it)| {
                !is_module && it.parent == Some(function.id) && it.class.is_none() | (it.is_arrow)
            })
            .map(move |(n, _)| FnRef { file: function.file, id: FnId(n as u32) })
    }

    /// Methods of classes by name, where few share it.
    fn methods_by_name(&self) -> FxHashMap<&str, Vec<FnRef>> {
        let mut methods: FxHashMap<&str, Vec<FnRef>> = FxHashMap::default();
        for (file, facts) in self.files.iter().enumerate() {
            if self.roles[file] != Role::App {
                continue;
            }
            for class in &facts.classes {
                for member in &class.members {
                    if let MemberKind::Method(id) = member.kind {
                        methods
                            .entry(facts.name(member.name))
                            .or_default()
                            .push(FnRef { file: file as u32, id });
                    }
                }
            }
        }
        methods.retain(|name, functions| functions.len() <= 64 && !is_common_method(name));
        methods
    }
}

/// `res.send(…)`, `reply.code(…)`
fn is_of_answer(facts: &FileFacts, call: CallId) -> bool {
    let Expr::Member { object, .. } = facts.expr(facts.call(call).callee) else { return false };
    let name = match facts.expr(object) {
        Expr::Symbol(symbol) => facts.symbol(symbol).name,
        Expr::Param { function, index } => {
            match facts.function(function).params.get(index as usize).and_then(|it| it.name) {
                Some(name) => name,
                None => return false,
            }
        }
        _ => return false,
    };
    matches!(facts.name(name), "res" | "response" | "reply")
}

fn is_common_method(name: &str) -> bool {
    matches!(
        name,
        "get"
            | "set"
            | "map"
            | "filter"
            | "find"
            | "push"
            | "then"
            | "catch"
            | "forEach"
            | "toString"
            | "join"
            | "has"
            | "add"
            | "delete"
            | "includes"
            // Every class may start and stop.
            | "init"
            | "initialize"
            | "setup"
            | "start"
            | "stop"
            | "close"
            | "connect"
    )
}
