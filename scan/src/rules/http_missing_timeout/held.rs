//! Who is held up by a request that gets no answer: a request or a job, or nobody.

use super::Untimed;
use super::bounds;
use crate::facts::{CallId, Expr, ExprId, FileFacts};
use crate::program::libraries::http::{Family, Patience};
use crate::program::{EntryKind, FnRef, Origin, Program, Role};
use crate::report::{Draft, Step};
use crate::rules::paths::LIFECYCLE;
use crate::rules::waits::is_waited_for;

/// Doubts about who waits, where there are some.
pub(super) fn doubt(program: &Program, it: &Untimed, kind: Option<EntryKind>, draft: &mut Draft) {
    if program.is_command_line_package(it.file)
        || (matches!(kind, Some(EntryKind::Callback))
            && draft.path.first().is_some_and(|step| entry_label(&step.name) == "action"))
    {
        draft.doubt("a command line tool keeps nobody else waiting");
    }
    let is_continuation =
        draft.path.first().is_some_and(|step| matches!(entry_label(&step.name), "then" | "catch"));
    if kind == Some(EntryKind::Export) || is_continuation {
        draft.doubt("it is not known whether a user or a job waits for this");
    }
    if may_run_in_browser(program, it.file, &draft.path) {
        draft.doubt("the code may run in a browser");
    }
    let (file, call) = it.inner.unwrap_or((it.file, it.call));
    let function = FnRef { file: it.file, id: program.facts(it.file).call(it.call).function };
    if (it.outgoing.family != Family::Node && is_let_go(program, file, call))
        || is_let_go_on_way(program, function)
    {
        draft.doubt("nothing waits for the answer");
    }
    let entry = draft.path.first().map_or(it.file, |step| step.at.file);
    if runs_at_edge(program.facts(entry)) {
        draft.doubt("the platform ends what runs at its edge, long before five minutes");
    }
    if it.outgoing.patience == Patience::FiveMinutes && is_timed(program, it, kind, draft) {
        draft.doubt("a timer runs this, and nobody waits for it");
    }
    if draft.path.iter().any(|step| ends_the_process(&step.name)) {
        draft.doubt(LIFECYCLE);
    }
    if bounds::is_read_as_stream(program.facts(file), call) {
        draft.doubt("the answer is read as a stream, which a timeout for all of it would cut");
    }
}

/// True for work that a timer starts and that this request is a part of by itself: no user comes here.
fn is_timed(program: &Program, it: &Untimed, kind: Option<EntryKind>, draft: &Draft) -> bool {
    let in_cron_folder = program.facts(it.file).path.split('/').any(|part| matches!(part, "cron" | "crons"));
    let is_interval = draft
        .path
        .first()
        .is_some_and(|step| matches!(entry_label(&step.name), "setInterval" | "setTimeout"));
    kind == Some(EntryKind::Schedule) || is_interval || (in_cron_folder && draft.path.len() <= 1)
}

/// `MetricsClient.stop`: what is still to be sent when a server shuts down.
fn ends_the_process(name: &str) -> bool {
    let method = name.split(' ').next().unwrap_or(name).rsplit('.').next().unwrap_or(name);
    name.contains('.') && matches!(method, "stop" | "destroy" | "shutdown" | "dispose" | "terminate")
}

/// `export const runtime = 'edge'`, or the same in an exported `config`.
fn runs_at_edge(facts: &FileFacts) -> bool {
    let is_edge =
        |expr: ExprId| matches!(facts.expr(expr), Expr::Str(text) if facts.name(text).ends_with("edge"));
    facts.symbols.iter().any(|symbol| {
        let Some(definition) = symbol.definition else { return false };
        match (facts.name(symbol.name), facts.expr(definition)) {
            ("runtime", _) => is_edge(definition),
            ("config", Expr::Object(list)) => facts.property(list, "runtime").is_some_and(is_edge),
            _ => false,
        }
    })
}

/// True where a caller on the way drops the promise: `waitUntil(forward(…))`, `void notify(…)`.
fn is_let_go_on_way(program: &Program, function: FnRef) -> bool {
    let mut current = function;
    for _ in 0..16 {
        let (outer, by) = match program.origin(current) {
            Some(Origin::Call { file, call }) => {
                (FnRef { file, id: program.facts(file).call(call).function }, Some(call))
            }
            Some(Origin::Within(outer)) => match program.runs_at(current) {
                Some(call) => (outer, Some(call)),
                // Handed over to be called later: whoever calls it may wait.
                None => return false,
            },
            Some(Origin::Named(outer)) => (outer, None),
            Some(Origin::Entry(_)) | None => return false,
        };
        let entered = program.facts(current.file).function(current.id);
        if entered.is_async
            && !entered.is_generator
            && by.is_some_and(|call| !is_continued(program, outer.file, call))
        {
            return true;
        }
        current = outer;
    }
    false
}

/// True where somebody waits for a call, or it has what it needs to answer.
fn is_continued(program: &Program, file: u32, call: CallId) -> bool {
    let facts = program.facts(file);
    let it = facts.call(call);
    // `show(req, res)` answers by itself.
    let answers = facts.args(call).iter().any(|arg| {
        matches!(facts.expr(*arg), Expr::Symbol(symbol) if matches!(
            facts.name(facts.symbol(symbol).name),
            "res" | "response" | "reply" | "ctx" | "context" | "next" | "done" | "callback" | "cb"
        ))
    });
    let has_then = facts.exprs.iter().any(|expr| {
        matches!(expr, Expr::Member { object, property }
            if *object == it.expr && facts.name(*property) == "then")
    });
    // `this.pending = ask()`: somebody else waits for it.
    let is_kept = facts
        .exprs
        .iter()
        .any(|expr| matches!(expr, Expr::Assign { value, .. } if bounds::comes_from(facts, *value, it.expr)));
    it.awaited || answers || has_then || is_kept || is_waited_for(facts, it.expr, 0)
}

/// True where the way leads through a component or hook, or starts at a page that the browser draws as well. Loaders and
/// handlers run on the server, whatever file they stand in.
fn may_run_in_browser(program: &Program, file: u32, path: &[Step]) -> bool {
    let on_way = path.iter().skip(1).any(|step| program.draws_pages(step.at.file) && step.at.file != file);
    let hooked = path.iter().any(|step| is_hook(&step.name) || is_hook(entry_label(&step.name)));
    let seen =
        path.iter().any(|step| uses_page(program.facts(step.at.file))) || uses_page(program.facts(file));
    let drawn = path.first().is_some_and(|step| {
        (step.name == "default" || step.name.ends_with("[default]")) && is_drawn_twice(program, step.at.file)
    });
    let own = program.draws_pages(file) && path.first().is_none_or(|step| step.at.file != file);
    let is_component = path
        .first()
        .is_some_and(|step| matches!(entry_label(&step.name), "observer" | "memo" | "forwardRef"));
    on_way || hooked || seen || drawn || own || is_component
}

/// True for a page that the browser draws as well as the server: any but those of Next.js in its `app` folder.
fn is_drawn_twice(program: &Program, file: u32) -> bool {
    let in_app_folder = program.facts(file).path.split('/').any(|folder| folder == "app");
    program.roles[file as usize] == Role::Client
        || (program.draws_pages(file) && !(in_app_folder && program.depends_on(file, "next")))
}

/// `load [GET /rates]`: what the entry point was registered as.
fn entry_label(name: &str) -> &str {
    name.rsplit_once('[').map_or(name, |(_, label)| label.trim_end_matches(']'))
}

/// True where a file speaks to the page around it.
fn uses_page(facts: &FileFacts) -> bool {
    facts.exprs.iter().any(|expr| match expr {
        Expr::Member { object, .. } => matches!(facts.expr(*object), Expr::Global(name)
            if matches!(facts.name(name), "window" | "document" | "localStorage" | "sessionStorage" | "navigator" | "self")),
        Expr::Call(call) => matches!(facts.expr(facts.call(*call).callee), Expr::Global(name)
            if matches!(facts.name(name), "$" | "jQuery" | "define")),
        _ => false,
    }) || is_handed_window(facts)
}

/// `(window => { … })(window)`: a bundle for the page of somebody else.
fn is_handed_window(facts: &FileFacts) -> bool {
    facts.calls.iter().any(|call| {
        matches!(facts.expr(call.callee), Expr::Function(_))
            && facts.list(call.args).iter().any(|arg| {
                matches!(facts.expr(*arg), Expr::Global(name) if matches!(facts.name(name), "window" | "document"))
            })
    })
}

/// `useQuote`: a React hook runs where the page is drawn.
fn is_hook(name: &str) -> bool {
    name.strip_prefix("use").is_some_and(|rest| rest.starts_with(char::is_uppercase))
}

/// True where the promise is dropped: neither awaited, nor handed back, nor continued.
fn is_let_go(program: &Program, file: u32, call: CallId) -> bool {
    let facts = program.facts(file);
    let it = facts.call(call);
    let is_continued = facts.exprs.iter().any(|expr| {
        matches!(expr, Expr::Member { object, property }
            if *object == it.expr && matches!(facts.name(*property), "then" | "pipe" | "json" | "text"))
    });
    !it.awaited && !is_continued && !is_waited_for(facts, it.expr, 0)
}
