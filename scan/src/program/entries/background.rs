//! Work that nobody calls for: loops without end and timers, as workers and pollers have them.

use super::{Entry, EntryKind};
use crate::facts::{CallId, ExitKind, Expr, Loop, LoopKind};
use crate::program::effects::Effects;
use crate::program::targets::Target;
use crate::program::value::FnRef;
use crate::program::{Program, callee_name};

impl Program {
    /// Functions of a file that run on their own once something started them.
    pub(super) fn background_entries(&self, file: u32, entries: &mut Vec<Entry>) {
        let facts = &self.files[file as usize];
        for it in facts.loops.iter().filter(|it| self.is_endless(file, it)) {
            let function = FnRef { file, id: self.named_function(file, it.function) };
            entries.push(Entry { function, kind: EntryKind::Job, label: "loop without end".to_owned() });
        }
        for n in 0..facts.calls.len() as u32 {
            let is_timer = matches!(&self.targets[file as usize][n as usize], Target::Api(api)
                if api.package == "global" && api.path == "setInterval");
            if is_timer {
                for function in self.functions_in_arguments(file, CallId(n)) {
                    entries.push(Entry {
                        function,
                        kind: EntryKind::Schedule,
                        label: "setInterval".to_owned(),
                    });
                }
            }
        }
    }

    /// A loop that goes on until the process is told to stop, and waits in each turn.
    fn is_endless(&self, file: u32, it: &Loop) -> bool {
        let facts = &self.files[file as usize];
        let leaves = it.exits.iter().any(|exit| matches!(exit.kind, ExitKind::Break | ExitKind::Return));
        let within = |expr| it.body.contains(facts.span(expr));
        let waits = || facts.calls.iter().any(|call| call.awaited && within(call.expr));
        let pauses = || {
            facts.calls.iter().enumerate().any(|(n, call)| {
                within(call.expr)
                    && (self.call_effects(file, CallId(n as u32)).has_any(Effects::SLEEP)
                        || matches!(callee_name(facts, call.callee), "sleep" | "delay" | "wait" | "pause"))
            })
        };
        if !matches!(it.kind, LoopKind::While | LoopKind::For | LoopKind::DoWhile) {
            return false;
        }
        match it.test.map(|test| facts.expr(test)) {
            None | Some(Expr::Bool(true)) => !leaves && waits(),
            // `while (!this.stopped)`, `while (this.running)`
            Some(Expr::Not(_) | Expr::Member { .. } | Expr::Symbol(_)) => !leaves && pauses(),
            _ => false,
        }
    }
}
