//! Rule `cache-error-fails-request`: a cache that does not answer fails requests that could be served without it.

use tuneup_model::{Category, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::asides::{Aside, asides, uses};
use super::{Rule, paths, repeats};
use crate::facts::{CallId, Expr, FileFacts, GuardId, GuardKind, Span};
use crate::program::{Effects, EntryKind, Program};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "cache-error-fails-request",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Caching,
        summary: "A request fails when the cache does not answer, though the value could be computed",
        why: "A cache is there to make requests faster; where an error of it is thrown on, it makes them depend on one more system. \
              While Redis restarts, fails over or is full, every request through here answers 500, and with ioredis it first waits for 20 \
              attempts to connect. The database, which has the value, would have served them, slower.",
        slow: SLOW,
        fast: FAST,
        fine_when: "Redis holds what requests cannot do without (sessions, limits), or the database would not bear the load without the \
                    cache, so that failing is the better answer.",
        proof: "Stop Redis and send the request: it fails or hangs instead of getting slower",
        standing: Standing::Candidate {
            why: "whether the database bears the load without the cache is not in the source",
        },
    },
    check,
};

const SLOW: &str = r"
//- /routes.ts
import express from 'express';
import Redis from 'ioredis';
import { weather } from './weather';

const redis = new Redis();
const app = express();

app.get('/weather/:city', async (req, res) => {
  const kept = await redis.get(`weather:${req.params.city}`);
  if (kept) return res.send(kept);
  const now = await weather(req.params.city);
  await redis.set(`weather:${req.params.city}`, now, 'EX', 60);
  res.send(now);
});
//- /weather.ts
export async function weather(city: string) {
  const signal = AbortSignal.timeout(2_000);
  return (await fetch(`https://weather.example.com/${city}`, { signal })).text();
}
";

const FAST: &str = r"
//- /routes.ts
import express from 'express';
import Redis from 'ioredis';
import { weather } from './weather';

const redis = new Redis({ commandTimeout: 200 });
const app = express();

app.get('/weather/:city', async (req, res) => {
  const kept = await redis.get(`weather:${req.params.city}`).catch(() => null);
  if (kept) return res.send(kept);
  const now = await weather(req.params.city);
  await redis.set(`weather:${req.params.city}`, now, 'EX', 60).catch(() => null);
  res.send(now);
});
//- /weather.ts
export async function weather(city: string) {
  const signal = AbortSignal.timeout(2_000);
  return (await fetch(`https://weather.example.com/${city}`, { signal })).text();
}
";

fn check(program: &Program, report: &mut Report) {
    let uses = uses(program);
    for aside in asides(program, &uses) {
        let served = paths::served_arrival(program, aside.function);
        if !aside.get.in_redis || is_survived(program, &aside) {
            continue;
        }
        if let Some(arrival) = served.filter(|it| it.kind == EntryKind::Request) {
            let mut draft = tell(program, &aside);
            paths::put(Some(&arrival), &mut draft);
            if arrival.by_name {
                draft.doubt(paths::BY_NAME);
            }
            report.add(&RULE.doc, draft);
        }
    }
}

/// True where an error of the lookup ends below or in the function, and the value is computed all the same.
fn is_survived(program: &Program, aside: &Aside<'_>) -> bool {
    let below = &aside.get.links;
    let is_caught_below = below.iter().any(|(file, call)| {
        is_caught(program.facts(*file), *call, None) || rejects_nothing(program.facts(*file), *call)
    });
    let facts = program.facts(aside.get.file);
    is_caught_below
        || rejects_nothing(facts, aside.get.call)
        || is_caught(facts, aside.get.call, Some(aside.span(program)))
        || computes_after_error(program, aside)
}

/// True under a `try` that does not hold all of the span.
fn is_caught(facts: &FileFacts, call: CallId, span: Option<Span>) -> bool {
    let chain = |guard: Option<GuardId>| std::iter::successors(guard, |id| facts.guard(*id).parent);
    chain(facts.call(call).guard).any(|id| {
        let guard = facts.guard(id);
        guard.kind == GuardKind::Try && span.is_none_or(|span| !guard.span.contains(span))
    })
}

/// `redis.get(key).catch(…)`, `.then(ok, failed)`.
fn rejects_nothing(facts: &FileFacts, call: CallId) -> bool {
    let expr = facts.call(call).expr;
    facts.calls.iter().any(|outer| match facts.expr(outer.callee) {
        Expr::Member { object, property } if object == expr => match facts.name(property) {
            "catch" => true,
            "then" => facts.list(outer.args).len() > 1,
            _ => false,
        },
        _ => false,
    })
}

/// True where the part that runs after an error does the work without the cache.
fn computes_after_error(program: &Program, aside: &Aside<'_>) -> bool {
    let facts = program.facts(aside.get.file);
    let own = facts.function(aside.function.id).span;
    facts.calls.iter().enumerate().any(|(n, call)| {
        own.contains(facts.span(call.expr))
            && std::iter::successors(call.guard, |id| facts.guard(*id).parent)
                .any(|id| facts.guard(id).kind == GuardKind::Catch)
            && program
                .call_effects(aside.get.file, CallId(n as u32))
                .has_any(Effects::DB_READ.with(Effects::NETWORK))
    })
}

fn tell(program: &Program, aside: &Aside<'_>) -> Draft {
    let get = aside.get;
    let callee = paths::callee_text(program, get.file, get.call);
    let anchor = format!("{} › {callee} › {}", program.function_name(aside.function), aside.key);
    let message =
        format!("the request fails when Redis does not answer `{callee}`, though the value can be computed");
    let mut draft = Draft::new(Where::Code(paths::call_at(program, get.file, get.call)), message, anchor);
    draft.rank = 40;
    let at = Where::Code(paths::call_at(program, aside.set.file, aside.set.call));
    draft.evidence.push((EvidenceKind::Source, "what is computed is kept here".to_owned(), at));
    draft.help = "treat an error of the cache as a miss (`.catch(() => null)` with a log line), in the wrapper where there is one, and \
                  give the client a `commandTimeout`"
        .to_owned();
    draft.fix = Some(repeats::unsafe_fix("treat an error of the cache as a miss"));
    draft.cost = Some(Cost {
        now: "all n requests fail".to_owned(),
        after: "n slower requests".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: "requests while Redis is away".to_owned() }],
    });
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    fn check(rest: &str) {
        const HEAD: &str = "//- /redis.ts\nimport Redis from 'ioredis';\nexport const redis = new Redis();\n\
                            //- /routes.ts\nimport express from 'express';\nimport { redis } from './redis';\nconst app = express();\n";
        laws::check(&RULE, &format!("{HEAD}{rest}"));
    }

    #[test]
    fn a_cache_behind_functions_of_another_file() {
        check(
            r"
import { read, keep } from './cache';
app.get('/rates/:day', async (req, res) => {
  try {
    let rates = await read(`rates:${req.params.day}`);
    //                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ cache-error-fails-request: does not answer `read`
    if (!rates) {
      rates = await (await fetch('https://rates.example.com')).text();
      await keep(`rates:${req.params.day}`, rates);
    }
    res.send(rates);
  } catch (error) {
    res.sendStatus(500);
  }
});
//- /cache.ts
import { redis } from './redis';
export const read = (key: string) => redis.get(key);
export const keep = (key: string, value: string) => redis.set(key, value, 'EX', 60);
",
        );
    }

    #[test]
    fn a_wrapper_that_catches_and_a_request_that_goes_on() {
        check(
            r"
import { read, keep } from './cache';
app.get('/rates/:day', async (req, res) => {
  let rates = await read(`rates:${req.params.day}`);
  if (!rates) {
    rates = await (await fetch('https://rates.example.com')).text();
    await keep(`rates:${req.params.day}`, rates);
  }
  let other;
  try {
    other = await redis.get(`other:${req.params.day}`);
  } catch (error) {
    console.error(error);
  }
  other ??= await (await fetch('https://other.example.com')).text();
  await redis.set(`other:${req.params.day}`, other, 'EX', 60);
  if ((await redis.set('once', '1', 'EX', 60, 'NX')) !== 'OK') await redis.get('once');
  const id = await (await fetch('https://ids.example.com')).text();
  await redis.set('once', id, 'EX', 3600);
  res.send(rates);
});
//- /cache.ts
import { redis } from './redis';
export async function read(key: string) {
  try {
    return await redis.get(key);
  } catch (error) {
    return null;
  }
}
export const keep = (key: string, value: string) => redis.set(key, value, 'EX', 60);
",
        );
    }
}
