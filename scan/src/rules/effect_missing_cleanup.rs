//! Rule `effect-missing-cleanup`: an effect starts something that goes on when the component is gone.
//!
//! What an effect starts (a listener, an interval, a connection) must end in the function that it returns. The rule
//! looks for what is started directly in an effect that returns nothing, where the component around it never calls
//! what would end it.

use tuneup_model::{Category, Cost, Count, RuleDoc, Severity, Standing};

use super::components::{self, Effect, Runs};
use super::{Rule, paths, repeats};
use crate::facts::{CallId, CallKind, Expr, ExprId, FileFacts, FnId, Span};
use crate::place::Place;
use crate::program::{FnRef, Program, Value};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "effect-missing-cleanup",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Rendering,
        summary: "An effect starts a listener, timer or connection that nothing ends",
        why: "React runs the effect again when one of its dependencies changes and whenever the component comes back to the \
              screen. Without a cleanup each run adds another listener, interval or connection and the old ones stay: after \
              twenty visits to a page one key press runs twenty handlers, and each holds on to the component that made it, \
              with its state and elements. An interval that polls asks the server twenty times as often.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The component lives as long as the page, and the effect runs once.",
        proof: "The component is mounted and unmounted a hundred times while listeners, timers and the heap are counted",
        standing: Standing::Candidate {
            why: "none of 3 findings in repositories not seen before was right: timers that fire once",
        },
    },
    check,
};

const SLOW: &str = r"
//- /Ticker.tsx
import { useEffect, useState } from 'react';
import { fetchPrice } from './api';

export function Ticker({ symbol }: { symbol: string }) {
  const [price, setPrice] = useState(0);
  useEffect(() => {
    setInterval(async () => setPrice(await fetchPrice(symbol)), 5000);
  }, [symbol]);
  return <span>{price}</span>;
}
";

const FAST: &str = r"
//- /Ticker.tsx
import { useEffect, useState } from 'react';
import { fetchPrice } from './api';

export function Ticker({ symbol }: { symbol: string }) {
  const [price, setPrice] = useState(0);
  useEffect(() => {
    const timer = setInterval(async () => setPrice(await fetchPrice(symbol)), 5000);
    return () => clearInterval(timer);
  }, [symbol]);
  return <span>{price}</span>;
}
";

fn check(program: &Program, report: &mut Report) {
    for file in 0..program.files.len() as u32 {
        if !program.is_app(file) {
            continue;
        }
        for effect in components::effects(program, file) {
            report_effect(program, report, file, effect);
        }
    }
}

/// What an effect starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Started {
    Interval,
    /// Runs once, so many milliseconds later.
    Timeout(Option<u32>),
    Listener,
    Observer,
    Connection,
    /// Handed to something that calls it until it is told not to.
    Subscription,
}

impl Started {
    fn what(self) -> &'static str {
        match self {
            Self::Interval => "an interval",
            Self::Timeout(_) => "a timer",
            Self::Listener => "a listener",
            Self::Observer => "an observer",
            Self::Connection => "a connection",
            Self::Subscription => "a subscription",
        }
    }

    /// The names of what ends it.
    fn ended_by(self) -> &'static [&'static str] {
        match self {
            Self::Interval => &["clearInterval", "clearTimeout"],
            Self::Timeout(_) => &["clearTimeout", "clearInterval"],
            Self::Listener => &["removeEventListener", "removeListener", "abort"],
            Self::Observer => &["disconnect", "unobserve"],
            Self::Connection => &["close", "disconnect", "terminate", "abort"],
            Self::Subscription => &[
                "off",
                "removeListener",
                "removeAllListeners",
                "unsubscribe",
                "disconnect",
                "close",
                "unbind",
            ],
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Self::Interval => {
                "keep what `setInterval` gives and return `() => clearInterval(timer)` from the effect"
            }
            Self::Timeout(_) => {
                "keep what `setTimeout` gives and return `() => clearTimeout(timer)` from the effect"
            }
            Self::Listener => {
                "return a function from the effect that calls `removeEventListener` with the same handler, or hand \
                 `{ signal }` of an `AbortController` over and abort it there"
            }
            Self::Observer => "return `() => observer.disconnect()` from the effect",
            Self::Connection => "return a function from the effect that closes it",
            Self::Subscription => "return a function from the effect that takes the handler off again",
        }
    }
}

fn report_effect(program: &Program, report: &mut Report, file: u32, effect: Effect) {
    let facts = program.facts(file);
    let body = facts.function(effect.function);
    let gives_cleanup =
        body.returns.iter().any(|it| !matches!(facts.expr(it.value), Expr::Undefined | Expr::Null));
    if gives_cleanup {
        return;
    }
    let component = components::component_around(program, FnRef { file, id: effect.function });
    let around = component.map_or(body.span, |id| facts.function(id).span);
    for (n, call) in facts.calls.iter().enumerate() {
        let id = CallId(n as u32);
        if !body.span.contains(facts.span(call.expr))
            || !components::runs_in(program, file, call.function, effect.function)
        {
            continue;
        }
        let Some(started) = started(program, file, id, effect.function) else { continue };
        if calls_one_of(facts, around, started.ended_by()) {
            continue;
        }
        report.add(&RULE.doc, tell(program, file, id, effect, started, component));
    }
}

fn calls_one_of(facts: &FileFacts, within: Span, names: &[&str]) -> bool {
    facts.exprs.iter().zip(&facts.spans).any(|(expr, span)| {
        within.contains(*span)
            && match expr {
                Expr::Member { property, .. } => names.contains(&facts.name(*property)),
                Expr::Global(name) => names.contains(&facts.name(*name)),
                _ => false,
            }
    })
}

fn started(program: &Program, file: u32, id: CallId, effect: FnId) -> Option<Started> {
    let facts = program.facts(file);
    let call = facts.call(id);
    let args = facts.list(call.args);
    let callee = program.eval(Place { file, expr: call.callee });
    let global = match &callee {
        Value::Api(api) if api.package == "global" => {
            api.path.trim_start_matches("window.").trim_start_matches("globalThis.")
        }
        _ => "",
    };
    if call.kind == CallKind::New {
        return match global {
            "WebSocket" | "EventSource" => Some(Started::Connection),
            "ResizeObserver" | "IntersectionObserver" | "MutationObserver" | "PerformanceObserver" => {
                Some(Started::Observer)
            }
            _ => None,
        };
    }
    match global {
        "setInterval" => return Some(Started::Interval),
        "setTimeout" => {
            let delay = args.get(1).and_then(|delay| {
                let at = Place { file, expr: *delay };
                let at = crate::objects::Follow::follow(program, at).unwrap_or(at);
                match program.facts(at.file).expr(at.expr) {
                    Expr::Number(delay) => Some(delay as u32),
                    _ => None,
                }
            });
            return Some(Started::Timeout(if args.len() < 2 { Some(0) } else { delay }));
        }
        _ => {}
    }
    let Expr::Member { object, property } = facts.expr(call.callee) else { return None };
    match facts.name(property) {
        "addEventListener"
            if outlives(program, file, object)
                && !ends_itself(facts, args.get(2))
                && !comes_once(facts, args.first()) =>
        {
            Some(Started::Listener)
        }
        "on" | "bind" if args.len() == 2 && is_emitter(program, file, object, effect) => {
            Some(Started::Subscription)
        }
        _ => None,
    }
}

/// `window`, `document` and what belongs to the page as a whole.
fn outlives(program: &Program, file: u32, object: ExprId) -> bool {
    let text = program.expr_text(file, object);
    let is_global =
        matches!(program.eval(Place { file, expr: object }), Value::Api(api) if api.package == "global");
    is_global
        && ["window", "document", "navigator", "screen", "matchMedia", "globalThis", "self", "visualViewport"]
            .iter()
            .any(|name| {
                text == *name
                    || text.starts_with(&format!("{name}."))
                    || text.starts_with(&format!("{name}("))
            })
        && !text.contains("getElement")
        && !text.contains("querySelector")
        && !text.contains("createElement")
}

/// `{ once: true }`, `{ signal }`, or options that are not written out.
fn ends_itself(facts: &FileFacts, options: Option<&ExprId>) -> bool {
    match options.map(|options| facts.expr(*options)) {
        Some(Expr::Object(list)) => {
            ["once", "signal"].iter().any(|name| facts.property(list, name).is_some())
        }
        Some(Expr::Bool(_)) | None => false,
        Some(_) => true,
    }
}

/// Events that come once in the life of a page.
fn comes_once(facts: &FileFacts, event: Option<&ExprId>) -> bool {
    matches!(event.map(|event| facts.expr(*event)), Some(Expr::Str(name))
        if matches!(facts.name(name), "load" | "DOMContentLoaded" | "unload" | "pagehide"))
}

/// True where the function that a timer runs sets state: `setOpen(false)`.
fn sets_state(facts: &FileFacts, callback: Option<&ExprId>) -> bool {
    let Some(callback) = callback else { return false };
    let span = facts.span(*callback);
    facts.calls.iter().any(|call| {
        let name = crate::program::callee_name(facts, call.callee);
        span.contains(facts.span(call.expr))
            && name
                .strip_prefix("set")
                .is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_uppercase()))
    })
}

/// A socket or channel of a library that was made outside the effect.
fn is_emitter(program: &Program, file: u32, object: ExprId, effect: FnId) -> bool {
    let facts = program.facts(file);
    if let Expr::Symbol(symbol) = facts.expr(object)
        && facts.function(effect).span.contains(facts.symbol(symbol).span)
    {
        return false;
    }
    let value = program.eval(Place { file, expr: object });
    value.choices().iter().any(|choice| {
        matches!(choice, Value::Api(api) if matches!(
            &*api.package,
            "socket.io-client" | "events" | "eventemitter3" | "mitt" | "pusher-js" | "ably" | "phoenix"
        ))
    })
}

fn tell(
    program: &Program,
    file: u32,
    id: CallId,
    effect: Effect,
    started: Started,
    component: Option<FnId>,
) -> Draft {
    let facts = program.facts(file);
    let callee = paths::callee_text(program, file, id);
    let name = component
        .and_then(|id| facts.function(id).name)
        .map_or_else(|| "the component".to_owned(), |name| format!("`{}`", facts.name(name)));
    let again = match effect.runs {
        Runs::Once => "each time that it comes up",
        Runs::Again => "each time that the effect runs",
    };
    let message = format!(
        "`{callee}` starts {} in an effect of {name} and nothing ends it: one more {again}",
        started.what()
    );
    let anchor = format!("{name} › {callee}");
    let mut draft = Draft::new(Where::Code(paths::call_at(program, file, id)), message, anchor);
    draft.severity = if matches!(started, Started::Timeout(_)) { Severity::Low } else { Severity::Medium };
    draft.rank = 20;
    add_doubts(program, file, effect, started, component, &mut draft);
    if matches!(started, Started::Timeout(_)) && !sets_state(facts, facts.args(id).first()) {
        draft.doubt("what the timer runs sets no state");
    }
    draft.help = started.remedy().to_owned();
    draft.fix = Some(repeats::unsafe_fix("return a cleanup from the effect"));
    draft.cost = Some(Cost {
        now: "n kept".to_owned(),
        after: "1 at most".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: "runs of the effect".to_owned() }],
    });
    draft
}

/// A timer shorter than this has run before anybody sees that it was left.
const SHORT_MILLISECONDS: u32 = 1000;

fn add_doubts(
    program: &Program,
    file: u32,
    effect: Effect,
    started: Started,
    component: Option<FnId>,
    draft: &mut Draft,
) {
    let facts = program.facts(file);
    match started {
        Started::Timeout(Some(delay)) if delay < SHORT_MILLISECONDS => {
            draft.doubt("the timer runs once, and soon");
        }
        Started::Timeout(None) => draft.doubt("the timer runs once, and it is not known how late"),
        Started::Timeout(_) if effect.runs == Runs::Once => draft.doubt("the timer runs once"),
        Started::Observer if effect.runs == Runs::Once => {
            draft.doubt("the observer goes with the elements that it watches");
        }
        _ => {}
    }
    let stem = facts.path.rsplit('/').next().unwrap_or_default().split('.').next().unwrap_or_default();
    let named = component.and_then(|id| facts.function(id).name).map_or("", |name| facts.name(name));
    let is_root = ["_app", "_document", "app", "main", "root", "layout", "__root"]
        .contains(&stem.to_ascii_lowercase().as_str())
        || matches!(named, "App" | "MyApp" | "Root" | "RootLayout" | "Main");
    if is_root && effect.runs == Runs::Once {
        draft.doubt("the component lives as long as the page");
    }
    let draws_nothing = component.is_some_and(|id| {
        let returns = &facts.function(id).returns;
        returns.iter().all(|it| matches!(facts.expr(it.value), Expr::Null | Expr::Undefined))
            && !returns.is_empty()
    });
    if draws_nothing && effect.runs == Runs::Once {
        draft.doubt("a component that draws nothing stands beside the page and lives as long");
    }
    if component.is_none() {
        draft.doubt("the component around the effect is not known");
    }
    let guarded = facts.call(effect.hook).guard.is_some();
    if guarded {
        draft.doubt("the effect stands under a condition");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    fn check(text: &str) {
        laws::check(&RULE, text);
    }

    #[test]
    fn listeners_connections_and_subscriptions() {
        check(
            "
//- /socket.ts
import { io } from 'socket.io-client';
export const socket = io('/');
//- /Chat.tsx
'use client';
import React, { useEffect } from 'react';
import { socket } from './socket';
export const Chat = ({ room, onKey, onMessage }) => {
  useEffect(() => {
    window.addEventListener('keydown', onKey);
//  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ effect-missing-cleanup: `window.addEventListener` starts a listener in an effect of `Chat`
    socket.on('message', onMessage);
//  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ effect-missing-cleanup: starts a subscription
  }, [room]);
  React.useEffect(() => {
    const source = new EventSource('/events/' + room);
//                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ effect-missing-cleanup: starts a connection
    source.onmessage = onMessage;
  }, [room]);
  return <p>{room}</p>;
};
",
        );
    }

    #[test]
    fn a_timer_that_each_change_starts_anew() {
        check(
            "
//- /useSaved.ts
import { useEffect, useState } from 'react';
const DELAY = 3000;
export function useSaved(done: boolean) {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (done) {
      setTimeout(() => setOpen(false), DELAY);
//    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ effect-missing-cleanup: `setTimeout` starts a timer in an effect of `useSaved`
    }
  }, [done]);
  useEffect(() => { setTimeout(() => setOpen(true), 50); }, [done]);
  useEffect(() => { setTimeout(() => setOpen(true), 5000); }, []);
  return open;
}
",
        );
    }

    #[test]
    fn what_is_ended_or_ends_itself_is_fine() {
        check(
            "
//- /Page.tsx
import { useEffect, useRef } from 'react';
import { subscribe } from './bus';
export function Page({ id, onKey, load }) {
  const timer = useRef<number>();
  useEffect(() => {
    timer.current = setInterval(load, 1000);
  }, [id]);
  useEffect(() => () => clearInterval(timer.current), []);
  return <p />;
}
export function Other({ id, onKey, box }) {
  useEffect(() => {
    window.addEventListener('load', onKey, { once: true });
    const ends = new AbortController();
    window.addEventListener('keydown', onKey, { signal: ends.signal });
    box.current.addEventListener('click', onKey);
  }, [id]);
  useEffect(() => subscribe(id), [id]);
  useEffect(() => {
    const stop = subscribe(id);
    window.addEventListener('keydown', onKey);
    return stop;
  }, [id]);
  return <p />;
}
export function App() {
  useEffect(() => { document.addEventListener('visibilitychange', () => {}); }, []);
  return <p />;
}
",
        );
    }
}
