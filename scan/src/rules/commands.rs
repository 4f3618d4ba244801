//! Commands to Redis: which one each call sends, and with what.

use crate::facts::{CallId, CallKind, Expr, ExprId};
use crate::place::Place;
use crate::program::libraries::caches;
use crate::program::{Program, Role, Value};

/// A command as the program sends it.
pub(super) struct Sent<'p> {
    pub file: u32,
    pub call: CallId,
    /// In lower case.
    pub command: String,
    pub args: &'p [ExprId],
}

impl Sent<'_> {
    pub(super) fn arg(&self, n: usize) -> Option<Place> {
        self.args.get(n).map(|expr| Place { file: self.file, expr: *expr })
    }
}

/// All commands on clients of Redis, those named in an argument included.
pub(super) fn commands(program: &Program) -> Vec<Sent<'_>> {
    let mut found = Vec::new();
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if matches!(program.roles[n], Role::Test | Role::Declaration | Role::Client) {
            continue;
        }
        for (n, call) in facts.calls.iter().enumerate() {
            if call.kind == CallKind::Call
                && let Some(sent) = command(program, file, CallId(n as u32))
            {
                found.push(sent);
            }
        }
    }
    found
}

fn command(program: &Program, file: u32, call: CallId) -> Option<Sent<'_>> {
    let facts = program.facts(file);
    let Expr::Member { .. } = facts.expr(facts.call(call).callee) else { return None };
    let callee = program.eval(Place { file, expr: facts.call(call).callee });
    let command = callee.choices().iter().find_map(|it| match it {
        Value::Api(api) => caches::redis_command(api),
        _ => None,
    })?;
    let args = facts.args(call);
    if !caches::is_raw_command(&command) {
        return Some(Sent { file, call, command, args });
    }
    let words = match facts.expr(*args.first()?) {
        Expr::Array(list) => facts.list(list),
        _ => args,
    };
    let (name, rest) = words.split_first()?;
    let Expr::Str(name) = facts.expr(*name) else { return None };
    Some(Sent { file, call, command: facts.name(name).to_ascii_lowercase(), args: rest })
}
