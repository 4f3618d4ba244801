//! Rule `http-missing-timeout`: a request to another service waits for as long as that service likes.

mod address;
mod bounds;
mod held;

use std::collections::BTreeMap;

use tuneup_model::{Category, Cost, Count, EvidenceKind, Reading, RuleDoc, Severity, Standing};

use super::{Rule, paths, repeats};
use crate::facts::{CallId, CallKind, Expr};
use crate::place::Place;
use crate::program::libraries::http::{self, Family, Outgoing, Patience};
use crate::program::{FnRef, Given, Making, Program, Role, Value};
use crate::report::{Draft, Report, Where};

use address::Address;
use bounds::Defaults;

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "http-missing-timeout",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Network,
        summary: "A request to another service has no timeout",
        why: "A service that hangs does not answer with an error: it does not answer. `axios`, `got`, `superagent` and \
              `http.request` then wait without end, `fetch` five minutes for the first byte. All that time the request that \
              caused it stays open with its memory, its socket and often a database connection; a worker stops at that job. A \
              few hundred such requests take down a service that has no fault of its own. With a timeout the same failure \
              costs a few seconds and says where it came from.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The wait is bounded elsewhere: by a race with a timer, a dispatcher or proxy with its own timeouts, or a \
                    platform that ends the whole function. A stream that is meant to stay open wants a timeout for its first \
                    byte only.",
        proof: "The service asked is replaced by one that accepts connections and never answers, and the callers are timed",
        standing: Standing::Shown(&[
            Reading { repository: "Openpanel-dev/openpanel", right: 7, read: 7 },
            Reading { repository: "Peppermint-Lab/peppermint", right: 3, read: 3 },
            Reading { repository: "baptisteArno/typebot.io", right: 6, read: 7 },
            Reading { repository: "bigcapitalhq/bigcapital", right: 2, read: 2 },
            Reading { repository: "boxyhq/saas-starter-kit", right: 8, read: 8 },
            Reading { repository: "dittofeed/dittofeed", right: 5, read: 5 },
            Reading { repository: "docmost/docmost", right: 1, read: 1 },
            Reading { repository: "dubinc/dub", right: 9, read: 9 },
            Reading { repository: "ever-co/ever-gauzy", right: 2, read: 3 },
            Reading { repository: "evershopcommerce/evershop", right: 1, read: 1 },
            Reading { repository: "logto-io/logto", right: 2, read: 2 },
            Reading { repository: "midday-ai/midday", right: 5, read: 7 },
            Reading { repository: "nocobase/nocobase", right: 1, read: 1 },
            Reading { repository: "opengovsg/isomer", right: 1, read: 2 },
            Reading { repository: "openstatusHQ/openstatus", right: 10, read: 10 },
            Reading { repository: "outline/outline", right: 1, read: 1 },
            Reading { repository: "papermark/papermark", right: 5, read: 5 },
            Reading { repository: "simstudioai/sim", right: 4, read: 4 },
            Reading { repository: "webstudio-is/webstudio", right: 3, read: 7 },
        ]),
    },
    check,
};

const SLOW: &str = r"
//- /routes.ts
import express from 'express';

const app = express();

app.get('/rates/:currency', async (req, res) => {
  const answer = await fetch(`https://rates.example.com/v1/${req.params.currency}`);
  res.json(await answer.json());
});
";

const FAST: &str = r"
//- /routes.ts
import express from 'express';

const app = express();

app.get('/rates/:currency', async (req, res) => {
  const answer = await fetch(`https://rates.example.com/v1/${req.params.currency}`, {
    signal: AbortSignal.timeout(5_000),
  });
  res.json(await answer.json());
});
";

/// A request whose wait nothing bounds.
struct Untimed {
    file: u32,
    call: CallId,
    outgoing: Outgoing,
    /// The library call, where the finding stands at a caller that leaves out what others give.
    inner: Option<(u32, CallId)>,
    doubts: Vec<String>,
}

fn check(program: &Program, report: &mut Report) {
    let defaults = Defaults::of(program);
    let mut groups: BTreeMap<(FnRef, bool), Vec<Untimed>> = BTreeMap::new();
    for (file, facts) in program.files.iter().enumerate() {
        let file = file as u32;
        if program.roles[file as usize] != Role::App || program.is_browser_code(file) {
            continue;
        }
        for n in 0..facts.calls.len() as u32 {
            for it in untimed(program, file, CallId(n), &defaults) {
                let of = FnRef { file: it.file, id: program.facts(it.file).call(it.call).function };
                let named = FnRef { file: it.file, id: paths::named(program, of) };
                groups.entry((named, it.doubts.is_empty())).or_default().push(it);
            }
        }
        model_clients(program, file, report);
    }
    for group in groups.into_values() {
        report.add(&RULE.doc, tell(program, group));
    }
}

/// More callers than this that leave out the timeout are one finding, at the wrapper.
const MAX_CALLERS: usize = 12;

/// Requests by this call without a bound: one, none, or those callers of a wrapper that leave it out.
fn untimed(program: &Program, file: u32, id: CallId, defaults: &Defaults) -> Vec<Untimed> {
    let facts = program.facts(file);
    let call = facts.call(id);
    if call.kind != CallKind::Call {
        return Vec::new();
    }
    let callee = program.eval(Place { file, expr: call.callee });
    let sent = callee.choices().iter().find_map(|it| match it {
        Value::Api(api) => http::outgoing(api),
        _ => None,
    });
    let Some(outgoing) = sent else { return Vec::new() };
    let by_default = match outgoing.family {
        Family::Axios => defaults.axios,
        Family::NestAxios => defaults.nest,
        Family::Fetch => defaults.fetch,
        _ => false,
    };
    let target = target(program, file, id, outgoing);
    if by_default
        || target == Address::Local
        || bounds::carries_own_signal(program, file, id, outgoing)
        || (matches!(outgoing.family, Family::Superagent | Family::Node | Family::NestAxios)
            && bounds::is_bounded_later(program, file, id))
        || bounds::is_raced(program, file, id)
    {
        return Vec::new();
    }
    let mut doubts = Vec::new();
    let facts = program.facts(file);
    if outgoing.family == Family::Fetch
        && matches!(facts.expr(call.callee), Expr::Member { object, .. } if facts.expr(object) == Expr::This)
    {
        doubts.push("whoever makes the object may hand it another `fetch`".to_owned());
    }
    if target == Address::Own {
        doubts.push("it asks the program itself or a process beside it".to_owned());
    }
    match made_with_bound(program, file, id, outgoing) {
        Given::Yes => return Vec::new(),
        Given::No => {}
        _ => doubts.push("the instance may have been made with a timeout".to_owned()),
    }
    let one = |file, call, inner, doubts| Untimed { file, call, outgoing, inner, doubts };
    match bounds::given_in(program, file, id, outgoing.options, outgoing.names) {
        Given::Yes => Vec::new(),
        Given::No => vec![one(file, id, None, doubts)],
        Given::Unknown => {
            doubts.push("its options could not be followed to where they are made".to_owned());
            vec![one(file, id, None, doubts)]
        }
        // Where most leave it out, the wrapper is the place to mend.
        Given::Sometimes(callers) if callers.len() > MAX_CALLERS => vec![one(file, id, None, doubts)],
        Given::Sometimes(callers) => {
            let app = callers.into_iter().filter(|(from, call)| {
                program.roles[*from as usize] == Role::App && !bounds::is_raced(program, *from, *call)
            });
            app.map(|(from, call)| one(from, call, Some((file, id)), doubts.clone())).collect()
        }
    }
}

fn target(program: &Program, file: u32, call: CallId, outgoing: Outgoing) -> Address {
    let first = program.facts(file).args(call).first();
    let own =
        first.map_or(Address::Elsewhere, |first| address::address(program, Place { file, expr: *first }));
    if outgoing.made_by.is_none() || own == Address::Own {
        return own;
    }
    // A path of an instance leads to where the instance was made for.
    let bases = instance_of(program, file, call).calls.into_iter().filter_map(|(file, call)| {
        let made = *program.facts(file).args(call).first()?;
        Some(address::base(program, Place { file, expr: made }))
    });
    let bases: Vec<Address> = bases.collect();
    match bases.first() {
        Some(first) if bases.iter().all(|it| it == first) => *first,
        _ => Address::Elsewhere,
    }
}

fn instance_of(program: &Program, file: u32, call: CallId) -> Making {
    let facts = program.facts(file);
    let callee = facts.call(call).callee;
    let instance = match facts.expr(callee) {
        Expr::Member { object, .. } => object,
        _ => callee,
    };
    program.made_by(Place { file, expr: instance })
}

/// Whether the instance that sends was made with a bound: `axios.create({ timeout })`.
fn made_with_bound(program: &Program, file: u32, call: CallId, outgoing: Outgoing) -> Given {
    if outgoing.made_by.is_none() {
        return Given::No;
    }
    let making = instance_of(program, file, call);
    let given: Vec<Given> = making
        .calls
        .iter()
        .map(|(file, call)| bounds::given_in(program, *file, *call, &[0], outgoing.names))
        .collect();
    let is_partial = making.is_partial || given.is_empty();
    match given.iter().filter(|it| **it == Given::Yes).count() {
        0 if !is_partial && given.iter().all(|it| *it == Given::No) => Given::No,
        n if n == given.len() && !is_partial => Given::Yes,
        _ => Given::Unknown,
    }
}

/// Clients of hosted models wait ten minutes, three times over: a hint, because answers do take minutes.
fn model_clients(program: &Program, file: u32, report: &mut Report) {
    let facts = program.facts(file);
    for (n, call) in facts.calls.iter().enumerate() {
        let id = CallId(n as u32);
        let callee = program.eval(Place { file, expr: call.callee });
        let is_client = matches!(&callee, Value::Api(api) if http::is_model_client(api));
        if call.kind != CallKind::New
            || !is_client
            || bounds::given_in(program, file, id, &[0], &["timeout"]) != Given::No
        {
            continue;
        }
        let name = paths::callee_text(program, file, id);
        let message = format!("`new {name}` waits up to ten minutes for an answer, and tries three times");
        let mut draft = Draft::new(Where::Code(paths::call_at(program, file, id)), message, name);
        paths::lead_in(program, FnRef { file, id: call.function }, &mut draft);
        draft.doubt("answers of a model may take minutes");
        draft.severity = Severity::Low;
        draft.help = "pass `timeout` and `maxRetries` that fit what the answer is for".to_owned();
        draft.fix = Some(repeats::unsafe_fix("bound the wait of the client"));
        draft.cost = Some(Cost {
            now: "up to 30 minutes".to_owned(),
            after: "the timeout you choose".to_owned(),
            counts: Vec::new(),
        });
        report.add(&RULE.doc, draft);
    }
}

/// One finding per function: the first request, with the others beside it.
fn tell(program: &Program, group: Vec<Untimed>) -> Draft {
    let mut group = group.into_iter();
    let first = group.next().expect("a group begins with a request");
    let facts = program.facts(first.file);
    let function = FnRef { file: first.file, id: facts.call(first.call).function };
    let callee = paths::callee_text(program, first.file, first.call);
    let at = Where::Code(paths::call_at(program, first.file, first.call));
    let anchor = format!("{} › {callee}", program.function_name(function));
    let mut draft = Draft::new(at, message(program, &first, &callee), anchor);
    draft.rank = 60;
    let kind = paths::lead_in(program, function, &mut draft);
    if let Some((file, call)) = first.inner {
        let text = "the request is sent here, with a timeout where the caller gives one".to_owned();
        draft.evidence.push((EvidenceKind::Source, text, Where::Code(paths::call_at(program, file, call))));
    }
    for doubt in &first.doubts {
        draft.doubt(doubt.clone());
    }
    held::doubt(program, &first, kind, &mut draft);
    for other in group.take(8) {
        let callee = paths::callee_text(program, other.file, other.call);
        let at = Where::Code(paths::call_at(program, other.file, other.call));
        draft.evidence.push((EvidenceKind::Source, format!("`{callee}` has none either"), at));
    }
    draft.help = help(first.outgoing, first.inner.is_some()).to_owned();
    draft.fix = Some(repeats::unsafe_fix("bound the wait with a timeout that fits the caller"));
    draft.cost = Some(Cost {
        now: match first.outgoing.patience {
            Patience::Forever => "no end where the other side hangs".to_owned(),
            Patience::FiveMinutes => "5 minutes where the other side hangs".to_owned(),
        },
        after: "t".to_owned(),
        counts: vec![Count { variable: "t".to_owned(), of: "the timeout you choose".to_owned() }],
    });
    draft
}

fn message(program: &Program, it: &Untimed, callee: &str) -> String {
    if let Some((file, call)) = it.inner {
        let sender = paths::callee_text(program, file, call);
        return format!("`{callee}` leaves out the timeout that other callers give, so `{sender}` has none");
    }
    match it.outgoing.patience {
        Patience::Forever => {
            format!("`{callee}` has no timeout: it waits without end for a service that hangs")
        }
        Patience::FiveMinutes => {
            format!("`{callee}` has no timeout: it waits five minutes for a service that hangs")
        }
    }
}

fn help(outgoing: Outgoing, by_caller: bool) -> &'static str {
    match outgoing.family {
        _ if by_caller => "pass the timeout here too, or give the wrapper a default",
        Family::Fetch => {
            "pass `signal: AbortSignal.timeout(ms)`; join it with a signal there is by `AbortSignal.any([…])`"
        }
        Family::Axios => {
            "pass `timeout`, or set it once where the instance is made: `axios.create({ timeout })`"
        }
        Family::NestAxios => "set it for all: `HttpModule.register({ timeout })`, or pass `timeout` here",
        Family::Superagent => "add `.timeout({ response, deadline })` to the request",
        Family::Node => "pass `timeout` or `signal`, and destroy the request when it times out",
        Family::Other => "pass the timeout of the library, or `signal: AbortSignal.timeout(ms)`",
    }
}

#[cfg(test)]
mod tests;
