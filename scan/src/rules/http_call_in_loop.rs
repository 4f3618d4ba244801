//! Rule `http-call-in-loop`: another service is asked once per element, and each turn waits for the answer.
//!
//! A loop of which every turn waits is told where nothing says that the turns need each other. Turns that run at once are
//! told where the service takes many elements in one request; how many may be in flight is the matter of another rule.

use rustc_hash::FxHashSet;
use tuneup_model::{Category, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::leads::{self, Lead};
use super::provenance::{Provenance, provenance};
use super::unbounded_concurrency::fanout;
use super::{Rule, paths, repeats};
use crate::facts::{CallId, CallKind, ExprId};
use crate::place::Place;
use crate::program::libraries::network;
use crate::program::{Effects, EntryKind, FnRef, Iteration, LoopClass, Program, Role, Target, Trace};
use crate::report::{At, Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "http-call-in-loop",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Network,
        summary: "Another service is asked once per element of a list, one answer after the other",
        why: "A request to another service takes 50 to 500 ms, nearly all of it waiting. In a loop that waits in each turn these \
              times add up: 40 orders at 150 ms are 6 s in which the process does nothing, and whoever asked for the list has \
              given up by then. Many services take a list in one request, which costs as much as one turn of the loop and \
              counts once against the rate limit; for the others five to ten requests at a time cut the wait by that factor.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The order of the requests matters, a later one needs the answer of an earlier one, or the pace is meant to \
                    spare the other side.",
        proof: "The service asked is replaced by one that answers after 100 ms, and the request is timed while the list grows",
        standing: Standing::Candidate {
            why: "its findings in public repositories have not been counted yet",
        },
    },
    check,
};

const SLOW: &str = r"
//- /shipping.ts
import axios from 'axios';

const carrier = axios.create({ baseURL: 'https://carrier.example.com', timeout: 5_000 });

export async function stateOf(parcel: string) {
  const { data } = await carrier.get(`/parcels/${parcel}`);
  return data.state;
}
//- /routes.ts
import express from 'express';
import { stateOf } from './shipping';

const app = express();

app.post('/parcels/states', async (req, res) => {
  const states = [];
  for (const parcel of req.body.parcels) {
    states.push(await stateOf(parcel));
  }
  res.json(states);
});
";

const FAST: &str = r"
//- /shipping.ts
import axios from 'axios';

const carrier = axios.create({ baseURL: 'https://carrier.example.com', timeout: 5_000 });

export async function stateOf(parcel: string) {
  const { data } = await carrier.get(`/parcels/${parcel}`);
  return data.state;
}
//- /routes.ts
import express from 'express';
import pMap from 'p-map';
import { stateOf } from './shipping';

const app = express();

app.post('/parcels/states', async (req, res) => {
  res.json(await pMap(req.body.parcels, stateOf, { concurrency: 8 }));
});
";

fn check(program: &Program, report: &mut Report) {
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App || program.is_browser_code(file) {
            continue;
        }
        let mut told = FxHashSet::default();
        for n in 0..facts.calls.len() as u32 {
            let call = CallId(n);
            if let Some((iteration, lead)) = asked_in_turn(program, file, call)
                && told.insert(iteration.form)
            {
                report.add(&RULE.doc, tell(program, file, call, &iteration, &lead, How::OneByOne));
            }
        }
    }
    for (file, call, iteration, lead) in asked_at_once(program) {
        report.add(&RULE.doc, tell(program, file, call, &iteration, &lead, How::AtOnce));
    }
}

/// How the turns of a loop run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    OneByOne,
    AtOnce,
}

/// The request that is all a call in a loop leads to.
fn asked_in_turn(program: &Program, file: u32, call: CallId) -> Option<(Iteration, Lead)> {
    // A call that also reads or writes the database does a piece of work of its own: `await-in-loop-independent`.
    if program.call_effects(file, call).has_any(Effects::DB) {
        return None;
    }
    waits_for_network(program, file, call)
}

/// The request that a call in a loop leads to, where each turn waits for it without need.
pub(super) fn waits_for_network(program: &Program, file: u32, call: CallId) -> Option<(Iteration, Lead)> {
    let facts = program.facts(file);
    let it = facts.call(call);
    if it.kind != CallKind::Call || !program.call_effects(file, call).has_any(Effects::NETWORK) {
        return None;
    }
    let iterations = program.iterations(file, call);
    if !program.waits_needlessly(file, call, &iterations) {
        return None;
    }
    let iteration = iterations.into_iter().next()?;
    let of_element = Trace::new(facts, &iteration.sources).call_depends(call);
    let lead =
        leads::nearest(program, file, call, Effects::NETWORK, &|file, call| asks(program, file, call))?;
    of_element.then_some((iteration, lead))
}

/// How far a request may be that a batch replaces.
const MAX_HOPS: usize = 3;

fn asks(program: &Program, file: u32, call: CallId) -> bool {
    program.facts(file).call(call).kind == CallKind::Call
        && program.direct_effects(file, call).has_any(Effects::NETWORK)
}

/// Requests of turns that run at once, to services that take many elements in one.
fn asked_at_once(program: &Program) -> Vec<(u32, CallId, Iteration, Lead)> {
    let mut found = Vec::new();
    for fanout in fanout::fanouts(program) {
        let facts = program.facts(fanout.file);
        let lead = fanout.turn.iter().filter(|it| it.enters.is_none()).find_map(|started| {
            let depends = Trace::new(facts, &fanout.iteration.sources).call_depends(started.call);
            let lead =
                leads::nearest(program, started.file, started.call, Effects::NETWORK, &|file, call| {
                    asks(program, file, call) && batch_form(program, file, call).is_some()
                })?;
            (depends && lead.path.len() <= MAX_HOPS).then_some((started.call, lead))
        });
        if let Some((call, lead)) = lead
            && fanout.iteration.class == LoopClass::Collection
        {
            found.push((fanout.file, call, fanout.iteration, lead));
        }
    }
    found
}

fn batch_form(program: &Program, file: u32, call: CallId) -> Option<&'static str> {
    match program.target(file, call) {
        Target::Api(api) => network::batch_form(api),
        _ => None,
    }
}

fn tell(program: &Program, file: u32, call: CallId, iteration: &Iteration, lead: &Lead, how: How) -> Draft {
    let facts = program.facts(file);
    let list =
        iteration.collection.map_or_else(|| "the list".to_owned(), |expr| program.expr_text(file, expr));
    let callee = paths::callee_text(program, lead.file, lead.call);
    let function = FnRef { file, id: facts.call(call).function };
    let anchor = format!("{} › {list} › {callee}", program.function_name(function));
    let manner = match how {
        How::OneByOne => ", one after the other",
        How::AtOnce => "",
    };
    let message = format!("`{callee}` asks another service once per element of `{list}`{manner}");
    let mut draft = Draft::new(Where::Code(paths::call_at(program, file, call)), message, anchor);
    let batch = batch_form(program, lead.file, lead.call);
    draft.help = match batch {
        Some(form) => format!("ask for all of them at once: {form}"),
        None => format!(
            "start a few at a time (`pMap({list}, work, {{ concurrency: 8 }})`), or ask for all of them in one request where \
             the service takes a list"
        ),
    };
    draft.fix = Some(repeats::unsafe_fix(match batch {
        Some(_) => "ask for all elements in one request",
        None => "ask for several elements at a time",
    }));
    draft.cost = Some(Cost {
        now: if how == How::OneByOne { "n requests in turn" } else { "n requests" }.to_owned(),
        after: if batch.is_some() { "1 request per batch" } else { "n / 8 in turn" }.to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: format!("elements of `{list}`") }],
    });
    draft.rank = 80;
    let kind = paths::lead_in_surely(program, function, &mut draft).map(|it| it.kind);
    leads::put(program, lead, &mut draft);
    weigh(program, iteration, lead, &mut draft);
    if matches!(kind, Some(EntryKind::Job | EntryKind::Schedule)) && batch.is_none() {
        draft.doubt("nobody waits for a job, and one request at a time spares the other side");
    }
    draft
}

/// Doubts about the list and the way, where there are some.
pub(super) fn weigh(program: &Program, iteration: &Iteration, lead: &Lead, draft: &mut Draft) {
    if let Some(expr) = iteration.collection {
        explain(program, iteration.file, expr, draft);
    }
    if program.long_list(iteration).is_none() {
        draft.doubt("every known way brings a list of a few elements");
    }
    if lead.ambiguous {
        draft.doubt("several implementations are possible on the way");
    }
    if lead.kept {
        draft.doubt("results are kept on the way, so that few calls may leave the process");
    }
}

/// Says where the list comes from; a list of which nothing is known may be short.
fn explain(program: &Program, file: u32, list: ExprId, draft: &mut Draft) {
    let at = Place { file, expr: list };
    let over = Where::Code(At { file, span: program.facts(file).span(list) });
    let says = match provenance(program, at) {
        Provenance::Sent(name, _) if name.is_empty() => "the client sends the list".to_owned(),
        Provenance::Sent(name, _) => format!("the client sends `{name}`"),
        Provenance::Listing | Provenance::Remote => "another service answers with the list".to_owned(),
        Provenance::Rows(query) => {
            let query = &program.queries[query as usize];
            format!("`{}` reads the list", paths::callee_text(program, query.file, query.call))
        }
        Provenance::Part => return draft.doubt("the list belongs to a single record, which seldom has many"),
        Provenance::Folder => return draft.doubt("a folder of the program itself seldom holds many files"),
        Provenance::Context | Provenance::Awaited | Provenance::Unknown => {
            return draft.doubt("nothing says that the list grows");
        }
    };
    draft.evidence.push((EvidenceKind::Loop, says, over));
}

#[cfg(test)]
mod tests;
