//! What the rules on calls that hold the thread share: where such calls stand, how a request comes to them, and what
//! speaks for them.
//!
//! A job is no request: a worker process of its own keeps nobody waiting but itself, and whether it is one is not in
//! the source. So only what a request reaches is told by default.

use rustc_hash::FxHashSet;
use tuneup_model::{Confidence, Cost, Count, EvidenceKind, RuleDoc};

use super::paths::{self, Arrival};
use crate::facts::{CallId, Expr, ExprId, FileFacts, FnId, GuardId};
use crate::objects::Follow;
use crate::place::Place;
use crate::program::{
    Blocking, EntryKind, FnRef, LoopClass, Memo, Origin, Program, Role, Sources, Target, Trace, blocking,
};
use crate::report::{At, Draft, Report, Where};

/// A call that holds the thread, and the function whose turn it is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) function: FnRef,
    pub(super) call: CallId,
    pub(super) kind: Blocking,
}

/// Tells the calls of these kinds, one finding per function: the call that weighs most, the others beside it.
pub(super) fn report_sites(
    program: &Program,
    report: &mut Report,
    doc: &'static RuleDoc,
    kinds: &[Blocking],
    tell: fn(&Program, &Site) -> Option<Draft>,
) {
    let sites = sites(program, kinds);
    for group in sites.chunk_by(|a, b| a.function == b.function) {
        let told: Vec<(Site, Draft)> =
            group.iter().filter_map(|site| Some((*site, tell(program, site)?))).collect();
        let (sure, doubtful): (Vec<_>, Vec<_>) =
            told.into_iter().partition(|(_, draft)| draft.confidence == Confidence::Likely);
        let mut told = if sure.is_empty() { doubtful } else { sure }.into_iter();
        let Some((first, mut draft)) = told.next() else { continue };
        for (other, _) in told {
            let text = format!(
                "`{}` holds the thread as well",
                paths::callee_text(program, first.function.file, other.call)
            );
            let at = Where::Code(paths::call_at(program, first.function.file, other.call));
            draft.evidence.push((EvidenceKind::Source, text, at));
        }
        report.add(doc, draft);
    }
}

/// All calls of the kinds in application code, those of one function together, heaviest first.
fn sites(program: &Program, wanted: &[Blocking]) -> Vec<Site> {
    let mut found: Vec<Site> = Vec::new();
    for (file, targets) in program.targets.iter().enumerate() {
        let file = file as u32;
        for (n, target) in targets.iter().enumerate() {
            let Target::Api(api) = target else { continue };
            let Some(kind) = blocking(api).filter(|kind| wanted.contains(kind)) else { continue };
            for (file, call) in told_at(program, file, CallId(n as u32)) {
                let function = owner(program, file, call);
                if program.roles[file as usize] == Role::App && function.id != FnId(0) {
                    found.push(Site { function, call, kind });
                }
            }
        }
    }
    let start = |site: &Site| {
        let facts = program.facts(site.function.file);
        facts.span(facts.call(site.call).expr).start
    };
    found.sort_by_key(|site| (site.function, site.kind, start(site)));
    found.dedup();
    found
}

/// The call itself, or the calls of a function that says by its name that it is such a call: `readJsonSync(path)`.
fn told_at(program: &Program, file: u32, call: CallId) -> Vec<(u32, CallId)> {
    let function = owner(program, file, call);
    let facts = program.facts(file);
    let it = facts.function(function.id);
    let is_wrapper = it.name.is_some_and(|name| facts.name(name).ends_with("Sync")) && {
        let params = (0..it.params.len() as u32).map(|index| (function.id, index)).collect();
        Trace::new(facts, &Sources { params, ..Sources::default() }).args_depend(call)
    };
    match program.callers(function) {
        callers if is_wrapper && !callers.is_empty() => callers.to_vec(),
        _ => vec![(file, call)],
    }
}

/// The function whose turn the call is part of, closures that run in place included.
fn owner(program: &Program, file: u32, call: CallId) -> FnRef {
    let mut function = FnRef { file, id: program.facts(file).call(call).function };
    for _ in 0..16 {
        let Some(at) = program.runs_at(function) else { break };
        // An entry point handed to a library is a turn of its own.
        if program.entries.iter().any(|entry| entry.function == function) {
            break;
        }
        function.id = program.facts(file).call(at).function;
    }
    function
}

/// A draft with place, path, rank and every doubt about whether a request waits for the call; none for code that
/// nothing reaches: start-up, tools, dead code.
pub(super) fn draft(
    program: &Program,
    site: &Site,
    message: &dyn Fn(&str, Option<&str>) -> String,
) -> Option<Draft> {
    let file = site.function.file;
    let callee = paths::callee_text(program, file, site.call);
    let served = paths::served_arrival(program, site.function);
    let entry = served.as_ref().and_then(|it| it.steps.first()).map(|step| step.name.clone());
    let anchor = format!("{} › {callee}", program.function_name(site.function));
    let at = Where::Code(paths::call_at(program, file, site.call));
    let mut draft = Draft::new(at, message(&callee, entry.as_deref()), anchor);
    if !arrive(program, site, served, &mut draft) {
        return None;
    }
    doubt_way(program, site, &mut draft);
    draft.cost = Some(Cost {
        now: "r × t of every request's time".to_owned(),
        after: "the thread is free meanwhile".to_owned(),
        counts: vec![
            Count { variable: "r".to_owned(), of: "requests that come here".to_owned() },
            Count { variable: "t".to_owned(), of: format!("time of `{callee}`") },
        ],
    });
    Some(draft)
}

/// Puts the way from the entry point on the draft; false where there is none.
fn arrive(program: &Program, site: &Site, served: Option<Arrival>, draft: &mut Draft) -> bool {
    draft.rank = 80;
    let Some(arrival) = served.or_else(|| paths::arrival(program, site.function)) else {
        return false;
    };
    match arrival.kind {
        EntryKind::Request => {
            draft.rank += 30;
            if is_page(program, &arrival) {
                draft.doubt("a page may be rendered when it is built, not for each request");
            } else if arrival.steps.first().is_some_and(|step| is_kept_answer(program.facts(step.at.file))) {
                draft.doubt("the framework keeps the answer, and asks for it again now and then");
            }
        }
        EntryKind::Job | EntryKind::Schedule => {
            draft.doubt("only jobs come here, and a worker process of its own keeps no request waiting");
        }
        EntryKind::Callback | EntryKind::Export => {
            draft.doubt("a library calls this, and nothing says that it does so for each request");
        }
    }
    if serves_developers(&program.facts(site.function.file).path) {
        draft.doubt("the code serves developers, not users");
    }
    if arrival.by_name {
        draft.doubt(paths::BY_NAME);
    }
    draft.path = arrival.steps;
    true
}

/// Pages of Next.js by file: what they read is often the same for everybody and rendered once.
fn is_page(program: &Program, arrival: &Arrival) -> bool {
    let Some(first) = arrival.steps.first() else { return false };
    let path = &program.facts(first.at.file).path;
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.split('.').next().unwrap_or(file);
    matches!(stem, "page" | "layout" | "template" | "not-found" | "sitemap" | "robots" | "opengraph-image")
}

/// `export const revalidate = 3600`, `export const dynamic = 'force-static'`.
fn is_kept_answer(facts: &FileFacts) -> bool {
    facts.symbols.iter().any(|symbol| {
        symbol.definition.is_some_and(|value| match (facts.name(symbol.name), facts.expr(value)) {
            ("revalidate", Expr::Number(seconds)) => seconds > 0.0,
            ("dynamic", Expr::Str(text)) => facts.name(text) == "force-static",
            _ => false,
        })
    })
}

/// Servers for development by the name of their folder or file.
fn serves_developers(path: &str) -> bool {
    path.split('/').map(|part| part.split('.').next().unwrap_or(part)).any(|part| {
        matches!(
            part,
            "dev"
                | "develop"
                | "development"
                | "dev-server"
                | "devserver"
                | "dev-env"
                | "devtools"
                | "playground"
                | "sandbox"
        )
    })
}

/// What on the way speaks for the call: kept results, choices, settings, failures.
fn doubt_way(program: &Program, site: &Site, draft: &mut Draft) {
    let (mut kept, mut ambiguous, mut setting, mut failed) = (false, false, false, false);
    let whole_way = way(program, site);
    for (function, call) in &whole_way {
        let facts = program.facts(function.file);
        let it = facts.call(*call);
        kept |= program.asks_holder_first(*function, *call);
        failed |= program.is_on_error_path(function.file, it.guard, facts.function(function.id).span);
        setting |= depends_on_environment(program, function.file, it.guard);
        if let Target::Functions(targets, memo) = program.target(function.file, *call) {
            ambiguous |= targets.len() > 1;
            kept |= *memo == Some(Memo::Shared);
        }
    }
    if kept {
        draft.doubt("the result is kept, so that the call is made once");
    }
    if ambiguous {
        draft.doubt("several implementations are possible on the way");
    }
    if failed {
        draft.doubt("it happens only after something has failed");
    }
    if setting {
        draft.doubt("a setting of the environment decides whether it happens");
    }
    if whole_way.iter().any(|(function, _)| is_worker(program, function.file)) {
        draft.doubt("the code runs in a worker thread");
    }
}

/// The calls from the entry point to the site, each with the function that makes it; the site first.
fn way(program: &Program, site: &Site) -> Vec<(FnRef, CallId)> {
    let own = program.facts(site.function.file).call(site.call).function;
    let mut calls = vec![(FnRef { file: site.function.file, id: own }, site.call)];
    let mut current = site.function;
    let served = program.served_origin(current).is_some();
    for _ in 0..64 {
        let origin = if served { program.served_origin(current) } else { program.origin(current) };
        current = match origin {
            Some(Origin::Call { file, call }) => {
                let caller = FnRef { file, id: program.facts(file).call(call).function };
                calls.push((caller, call));
                caller
            }
            Some(Origin::Within(outer)) => {
                calls.extend(program.runs_at(current).map(|call| (outer, call)));
                outer
            }
            Some(Origin::Named(outer)) => outer,
            Some(Origin::Entry(_)) | None => break,
        };
    }
    calls
}

/// True where the call runs only under a test of `process.env`: in development, or where switched on.
fn depends_on_environment(program: &Program, file: u32, guard: Option<GuardId>) -> bool {
    let facts = program.facts(file);
    std::iter::successors(guard, |id| facts.guard(*id).parent)
        .filter_map(|id| facts.guard(id).test)
        .any(|test| mentions_environment(program, Place { file, expr: test }, 0))
}

fn mentions_environment(program: &Program, at: Place, depth: u32) -> bool {
    if depth > 10 {
        return false;
    }
    let facts = program.facts(at.file);
    let again = |expr: ExprId| mentions_environment(program, Place { file: at.file, expr }, depth + 1);
    match facts.expr(at.expr) {
        Expr::Member { object, property } => {
            let is_process =
                matches!(facts.expr(object), Expr::Global(name) if facts.name(name) == "process");
            (is_process && facts.name(property) == "env") || again(object)
        }
        Expr::Index { object, .. } => again(object),
        Expr::Symbol(_) => program
            .follow(at)
            .is_some_and(|place| place != at && mentions_environment(program, place, depth + 1)),
        Expr::Not(inner) | Expr::Await(inner) | Expr::Cast { expr: inner, .. } => again(inner),
        Expr::Binary { left, right, .. } => again(left) || again(right),
        Expr::Choice(list) | Expr::Other(list) => facts.list(list).iter().any(|item| again(*item)),
        Expr::Call(call) => facts.args(call).iter().any(|arg| again(*arg)),
        _ => false,
    }
}

/// True for files that speak to the thread that started them.
fn is_worker(program: &Program, file: u32) -> bool {
    let facts = program.facts(file);
    facts.imports.iter().any(|import| {
        matches!(facts.name(import.specifier), "worker_threads" | "node:worker_threads" | "piscina")
            && matches!(import.name, crate::facts::ImportedName::Named(name) if facts.name(name) == "parentPort")
    })
}

/// True where the call is made once per element of a list that grows, in its own function.
pub(super) fn is_repeated(program: &Program, file: u32, call: CallId) -> bool {
    program.iterations(file, call).iter().any(|it| it.class == LoopClass::Collection)
}

/// True where an argument comes from what the request brings: the function is the entry point itself.
pub(super) fn is_asked_for(program: &Program, site: &Site) -> bool {
    let handlers: FxHashSet<FnId> = program
        .entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::Request && entry.function.file == site.function.file)
        .map(|entry| entry.function.id)
        .collect();
    let facts = program.facts(site.function.file);
    let own = std::iter::successors(Some(site.function.id), |id| facts.function(*id).parent);
    let params = own
        .filter(|id| handlers.contains(id))
        .flat_map(|id| (0..facts.function(id).params.len() as u32).map(move |index| (id, index)))
        .collect();
    Trace::new(facts, &Sources { params, ..Sources::default() }).args_depend(site.call)
}

/// Where the loop around a call stands, for evidence.
pub(super) fn loop_evidence(
    program: &Program,
    file: u32,
    call: CallId,
) -> Option<(EvidenceKind, String, Where)> {
    let iteration =
        program.iterations(file, call).into_iter().find(|it| it.class == LoopClass::Collection)?;
    let list = iteration.collection?;
    let text = format!("runs once per element of `{}`", program.expr_text(file, list));
    Some((EvidenceKind::Loop, text, Where::Code(At { file, span: program.facts(file).span(list) })))
}
