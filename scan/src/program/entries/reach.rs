//! What entry points reach: over calls first, then over functions handed on, names of methods last.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::facts::{FnId, MemberKind};
use crate::program::iterations::callee_name;
use crate::program::roles::Role;
use crate::program::targets::Target;
use crate::program::value::FnRef;
use crate::program::{Origin, Program};

impl Program {
    /// Breadth first from the entries, first over calls, then over weaker ties.
    pub(super) fn mark_reached(&mut self) {
        let mut origin: Vec<Option<Origin>> = vec![None; self.graph.len()];
        let mut pending = VecDeque::new();
        for (n, entry) in self.entries.iter().enumerate() {
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
        self.origins = origin;
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
            match &self.targets[function.file as usize][call.index()] {
                Target::Functions(targets, _) => targets.iter().for_each(|target| visit(*target, how)),
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
