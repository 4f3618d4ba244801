//! Rule `http-call-in-loop`: another service is asked once per element, and each turn waits for the answer.
//!
//! A loop of which every turn waits is told where nothing says that the turns need each other. Turns that run at once are
//! told where the service takes many elements in one request; how many may be in flight is the matter of another rule.

use rustc_hash::FxHashSet;
use tuneup_model::{Category, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::leads::{self, Lead};
use super::provenance::{Growth, Provenance, growth, provenance};
use super::unbounded_concurrency::{Known, fanout};
use super::{Rule, paths, repeats};
use crate::facts::{CallId, CallKind, Expr, ExprId, GuardKind};
use crate::place::Place;
use crate::program::libraries::network;
use crate::program::{
    Effects, EntryKind, FnRef, Iteration, LoopClass, Program, Role, Target, Trace, callee_name,
};
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
        standing: Standing::Candidate { why: "5 of 9 findings read in public repositories were right" },
    },
    check,
};

const SLOW: &str = r"
//- /mail.ts
import { Resend } from 'resend';

const resend = new Resend(process.env.RESEND_KEY);

export async function invite(to: string) {
  return resend.emails.send({ from: 'team@example.com', to, subject: 'Join us', html: '<p>Join us</p>' });
}
//- /routes.ts
import express from 'express';
import { invite } from './mail';

const app = express();

app.post('/invitations', async (req, res) => {
  for (const address of req.body.addresses) {
    await invite(address);
  }
  res.sendStatus(202);
});
";

const FAST: &str = r"
//- /mail.ts
import { Resend } from 'resend';

const resend = new Resend(process.env.RESEND_KEY);

export async function invite(addresses: string[]) {
  const mail = { from: 'team@example.com', subject: 'Join us', html: '<p>Join us</p>' };
  return resend.batch.send(addresses.map((to) => ({ ...mail, to })));
}
//- /routes.ts
import express from 'express';
import { invite } from './mail';

const app = express();

app.post('/invitations', async (req, res) => {
  await invite(req.body.addresses);
  res.sendStatus(202);
});
";

fn check(program: &Program, report: &mut Report) {
    let known = Known::of(program);
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
                report.add(&RULE.doc, tell(&known, file, call, &iteration, &lead, How::OneByOne));
            }
        }
    }
    for (file, call, iteration, lead) in asked_at_once(program) {
        report.add(&RULE.doc, tell(&known, file, call, &iteration, &lead, How::AtOnce));
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
const MAX_HOPS: usize = 2;

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
            let is_pure = !program.call_effects(started.file, started.call).has_any(Effects::DB_WRITE);
            (depends && is_pure && lead.path.len() <= MAX_HOPS).then_some((started.call, lead))
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
        Target::Api(api) if api.package == "@aws-sdk/client-s3" => {
            removes_object(program, file, call).then_some("`DeleteObjectsCommand` takes up to 1,000 keys")
        }
        Target::Api(api) => network::batch_form(api),
        _ => None,
    }
}

/// `s3.send(new DeleteObjectCommand(…))`.
fn removes_object(program: &Program, file: u32, call: CallId) -> bool {
    let facts = program.facts(file);
    facts.args(call).first().is_some_and(|arg| {
        matches!(facts.expr(*arg), Expr::Call(made)
            if callee_name(facts, facts.call(made).callee) == "DeleteObjectCommand")
    })
}

fn tell(known: &Known<'_>, file: u32, call: CallId, iteration: &Iteration, lead: &Lead, how: How) -> Draft {
    let program = known.program;
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
    let remedy = if batch.is_some() { Remedy::Batch } else { Remedy::Together };
    weigh(known, iteration, lead, remedy, &mut draft);
    doubt_turn(program, file, call, iteration, how, &mut draft);
    if batch.is_none() {
        draft.doubt(
            "no request of the service for many elements is known, and whether it bears several at a time",
        );
        if matches!(kind, Some(EntryKind::Job | EntryKind::Schedule | EntryKind::Callback)) {
            draft.doubt(NOBODY_WAITS);
        }
    }
    draft
}

/// What stands around the request in a turn and says that few of them are made, or that each goes its own way.
fn doubt_turn(
    program: &Program,
    file: u32,
    call: CallId,
    iteration: &Iteration,
    how: How,
    draft: &mut Draft,
) {
    let facts = program.facts(file);
    let within = |kind: GuardKind| {
        std::iter::successors(facts.call(call).guard, |id| facts.guard(*id).parent)
            .any(|id| facts.guard(id).kind == kind && iteration.body.contains(facts.guard(id).span))
    };
    match how {
        How::OneByOne if within(GuardKind::Try) => {
            draft.doubt("what fails for one element is passed over, so that the others go on");
        }
        How::AtOnce if within(GuardKind::If) => {
            draft.doubt("a condition picks the elements that are asked for");
        }
        _ => {}
    }
}

pub(super) const NOBODY_WAITS: &str =
    "it is not known that somebody waits for this, and one at a time spares the other side";

/// How the turns of a loop can become fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The service takes many elements in one request: a page of them is worth it.
    Batch,
    /// Some of them run together.
    Together,
}

/// Doubts about the list and the way, where there are some.
pub(super) fn weigh(
    known: &Known<'_>,
    iteration: &Iteration,
    lead: &Lead,
    remedy: Remedy,
    draft: &mut Draft,
) {
    let program = known.program;
    if let Some(expr) = iteration.collection {
        explain(known, iteration.file, expr, remedy, draft);
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
    if answers_failures(program, iteration) {
        draft.doubt("what fails for one element is answered for that one");
    }
    let files = draft.path.iter().map(|step| step.at.file).chain([iteration.file]);
    if files.into_iter().any(|file| leads::is_behind_the_scenes(&program.facts(file).path)) {
        draft.doubt("by its path it is run by an administrator or a timer, and seldom");
    }
}

/// A page of up to so many elements is short.
const FEW: f64 = 10.0;

/// `messages.list({ maxResults: 5 })` behind a list.
fn asks_for_few(program: &Program, file: u32, list: ExprId) -> bool {
    let facts = program.facts(file);
    let mut expr = list;
    for _ in 0..16 {
        expr = match facts.expr(expr) {
            Expr::Symbol(symbol) => match facts.symbol(symbol).definition {
                Some(definition) => definition,
                None => return false,
            },
            Expr::Member { object, .. } | Expr::Item { object, .. } => object,
            Expr::Await(inner) | Expr::Cast { expr: inner, .. } => inner,
            Expr::Choice(choices) => facts.list(choices)[0],
            // The parts of one thing: the messages of a thread.
            Expr::Call(call)
                if asks(program, file, call) && callee_name(facts, facts.call(call).callee) == "get" =>
            {
                return true;
            }
            Expr::Call(call) if asks(program, file, call) => {
                return facts.args(call).iter().any(|arg| match facts.expr(*arg) {
                    Expr::Object(list) => ["maxResults", "limit", "pageSize", "per_page", "page_size"]
                        .iter()
                        .filter_map(|name| facts.property(list, name))
                        .any(|size| matches!(facts.expr(size), Expr::Number(n) if n <= FEW)),
                    _ => false,
                });
            }
            Expr::Call(call) => match facts.expr(facts.call(call).callee) {
                Expr::Member { object, .. } => object,
                _ => return false,
            },
            _ => return false,
        };
    }
    false
}

/// True where a `catch` in the loop does something outside the process, as one does to take back a step.
fn answers_failures(program: &Program, iteration: &Iteration) -> bool {
    let facts = program.facts(iteration.file);
    facts.calls.iter().enumerate().any(|(n, it)| {
        iteration.body.contains(facts.span(it.expr))
            && program.is_on_error_path(iteration.file, it.guard, iteration.body)
            && program
                .call_effects(iteration.file, CallId(n as u32))
                .has_any(Effects::DB_WRITE.with(Effects::OUTSIDE))
    })
}

/// Says where the list comes from; a list of which nothing is known may be short.
fn explain(known: &Known<'_>, file: u32, list: ExprId, remedy: Remedy, draft: &mut Draft) {
    let program = known.program;
    let at = Place { file, expr: list };
    let over = Where::Code(At { file, span: program.facts(file).span(list) });
    let says = match growth(program, at) {
        Growth::Grows(Provenance::Sent(name, _)) if name.is_empty() => "the client sends the list".to_owned(),
        Growth::Grows(Provenance::Sent(name, _)) => format!("the client sends `{name}`"),
        Growth::Grows(Provenance::Rows(query)) => {
            if let Some(reason) = known.few_rows(query) {
                draft.doubt(reason);
            }
            let query = &program.queries[query as usize];
            format!("`{}` reads the list", paths::callee_text(program, query.file, query.call))
        }
        Growth::Grows(_) => "another service lists the elements".to_owned(),
        Growth::Bounded => return draft.doubt("the list is limited to a few elements"),
        Growth::Doubtful(_) if remedy == Remedy::Batch && provenance(program, at) == Provenance::Remote => {
            if asks_for_few(program, file, list) {
                draft.doubt("the request for the list asks for a few elements");
            }
            "another service answers with the list".to_owned()
        }
        Growth::Doubtful(why) => return draft.doubt(why),
    };
    draft.evidence.push((EvidenceKind::Loop, says, over));
}

#[cfg(test)]
mod tests;
