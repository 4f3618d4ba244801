//! Rule `listener-leak`: each request adds a listener to something that outlives it, and nothing takes it off.
//!
//! An emitter of the module, a connection that all requests share, or `process` keeps every handler that it is given,
//! with all that the handler closes over.

use tuneup_model::{Category, Confidence, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::{Rule, paths, repeats};
use crate::facts::{CallId, CallKind, Expr, ExprId, FnId, SymbolKind};
use crate::place::Place;
use crate::program::{EntryKind, FnRef, Program, Role, Value};
use crate::report::{At, Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "listener-leak",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Memory,
        summary: "Each request adds a listener to an emitter that outlives it",
        why: "The emitter keeps each handler for as long as it lives itself, and with it the request, response and rows that the \
              handler closes over. After a thousand requests one event runs a thousand handlers, most of them for answers \
              that were sent long ago; Node warns at the eleventh (`MaxListenersExceededWarning`), and the heap grows until \
              the process is killed.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The code runs once, while the process starts.",
        proof: "`listenerCount` is read while requests come in at a steady rate",
        standing: Standing::Candidate { why: "no true finding was met in 27 public repositories" },
    },
    check,
};

const SLOW: &str = r"
//- /bus.ts
import { EventEmitter } from 'node:events';

export const bus = new EventEmitter();
//- /routes.ts
import express from 'express';
import { bus } from './bus';

const app = express();

app.get('/events', (req, res) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  bus.on('order', (order) => res.write(`data: ${JSON.stringify(order)}\n\n`));
});
";

const FAST: &str = r"
//- /bus.ts
import { EventEmitter } from 'node:events';

export const bus = new EventEmitter();
//- /routes.ts
import express from 'express';
import { bus } from './bus';

const app = express();

app.get('/events', (req, res) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (order) => res.write(`data: ${JSON.stringify(order)}\n\n`);
  bus.on('order', send);
  req.on('close', () => bus.off('order', send));
});
";

fn check(program: &Program, report: &mut Report) {
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App || program.draws_pages(file) || program.is_browser_code(file) {
            continue;
        }
        for n in 0..facts.calls.len() as u32 {
            if let Some(draft) = found(program, file, CallId(n)) {
                report.add(&RULE.doc, draft);
            }
        }
    }
}

fn found(program: &Program, file: u32, id: CallId) -> Option<Draft> {
    let facts = program.facts(file);
    let call = facts.call(id);
    let Expr::Member { object, property } = facts.expr(call.callee) else { return None };
    let adds = matches!(facts.name(property), "on" | "addListener" | "prependListener" | "addEventListener");
    if !adds || call.kind != CallKind::Call || call.function == FnId(0) || call.args.len != 2 {
        return None;
    }
    let made = outlives(program, Place { file, expr: object })?;
    let receiver = program.expr_text(file, object);
    let takes_off = facts.exprs.iter().any(|expr| match expr {
        Expr::Member { object, property } => {
            matches!(
                facts.name(*property),
                "off" | "removeListener" | "removeAllListeners" | "removeEventListener" | "listenerCount"
            ) && program.expr_text(file, *object) == receiver
        }
        _ => false,
    });
    if takes_off {
        return None;
    }
    let function = FnRef { file, id: call.function };
    let callee = paths::callee_text(program, file, id);
    let message =
        format!("`{callee}` adds a listener each time this is called, and nothing takes it off `{receiver}`");
    let anchor = format!("{} › {callee}", program.function_name(function));
    let mut draft = Draft::new(Where::Code(paths::call_at(program, file, id)), message, anchor);
    draft.rank = 40;
    if let Some(at) = made {
        draft.evidence.push((
            EvidenceKind::Source,
            format!("`{receiver}` is made once and lives as long as the process"),
            Where::Code(at),
        ));
    }
    match paths::lead_in(program, function, &mut draft) {
        Some(EntryKind::Request | EntryKind::Job) | None => {}
        Some(_) => draft.doubt("it is not known how often this runs"),
    }
    if draft.doubts.iter().any(|it| it == paths::BY_NAME) {
        draft.confidence = Confidence::Candidate;
    }
    if call.guard.is_some() {
        draft.doubt("it stands under a condition, which may hold once");
    }
    draft.help = format!(
        "take the handler off when the request ends (`req.on('close', () => {receiver}.off(…))`), use `once`, or listen once \
         while the process starts and look the requests up there"
    );
    draft.fix = Some(repeats::unsafe_fix("take the listener off when the request ends"));
    draft.cost = Some(Cost {
        now: "r handlers per event".to_owned(),
        after: "those of open requests".to_owned(),
        counts: vec![Count { variable: "r".to_owned(), of: "requests that ever came here".to_owned() }],
    });
    Some(draft)
}

/// Where the emitter is made, for `process` and variables of modules that hold an emitter or connection.
#[expect(clippy::option_option, reason = "`process` outlives all and is made nowhere")]
fn outlives(program: &Program, at: Place) -> Option<Option<At>> {
    let facts = program.facts(at.file);
    if matches!(facts.expr(at.expr), Expr::Global(name) if facts.name(name) == "process") {
        return Some(None);
    }
    let is_emitter = program.eval(at).choices().iter().any(|value| match value {
        Value::Api(api) => matches!(
            &*api.package,
            "events"
                | "eventemitter2"
                | "eventemitter3"
                | "ioredis"
                | "redis"
                | "pg"
                | "nats"
                | "amqplib"
                | "mqtt"
                | "mitt"
        ),
        Value::Instance(class) => program.base_api(*class).is_some_and(|api| {
            matches!(&*api.package, "events" | "eventemitter2" | "eventemitter3")
                && api.plain_path() != "once"
        }),
        _ => false,
    });
    is_emitter.then(|| of_module(program, at)).flatten().map(Some)
}

/// The declaration of a variable of a module.
fn of_module(program: &Program, at: Place) -> Option<At> {
    let place = program.imported_place(at).unwrap_or(at);
    let facts = program.facts(place.file);
    let made: ExprId = match facts.expr(place.expr) {
        Expr::Symbol(symbol) => {
            let it = facts.symbol(symbol);
            if it.function != FnId(0) || !matches!(it.kind, SymbolKind::Value) {
                return None;
            }
            it.definition?
        }
        _ if place != at => place.expr,
        _ => return None,
    };
    Some(At { file: place.file, span: facts.span(made) })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    fn check(text: &str) {
        laws::check(&RULE, text);
    }

    #[test]
    fn a_service_listens_to_a_shared_connection_and_the_process() {
        check(
            "
//- /redis.ts
import Redis from 'ioredis';
export const subscriber = new Redis();
//- /routes.ts
import express from 'express';
import { follow } from './follow';
const app = express();
app.get('/follow/:id', async (req, res) => { await follow(req.params.id, (it) => res.write(it)); });
//- /follow.ts
import { subscriber } from './redis';
export async function follow(id: string, send: (it: string) => void) {
  await subscriber.subscribe(id);
  subscriber.on('message', (channel, text) => { if (channel === id) send(text); });
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ listener-leak: `subscriber.on` adds a listener each time this is called
  process.on('SIGTERM', () => send('end'));
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ listener-leak: nothing takes it off `process`
}
",
        );
    }

    #[test]
    fn listeners_of_the_request_taken_off_or_of_the_start_are_fine() {
        check(
            "
//- /routes.ts
import express from 'express';
import { EventEmitter } from 'node:events';
const app = express();
const bus = new EventEmitter();
const other = new EventEmitter();
other.on('a', () => {});
process.on('SIGTERM', () => {});
app.get('/a', (req, res) => {
  req.on('close', () => {});
  const own = new EventEmitter();
  own.on('a', () => {});
  bus.on('a', res.write);
  res.on('close', () => bus.off('a', res.write));
  other.once('a', () => {});
});
",
        );
    }
}
