//! Rule `cache-without-ttl`: keys are written per user or entity, and nothing ever ends them.

use tuneup_model::{Category, Cost, Count, RuleDoc, Severity, Standing};

use super::commands::{Sent, commands};
use super::keys::{Variety, shape, variety};
use super::{Rule, paths, repeats};
use crate::facts::{CallId, CallKind, Expr, ExprId};
use crate::objects::Follow as _;
use crate::place::Place;
use crate::program::libraries::caches::{self, Store};
use crate::program::{FnRef, Given, Program, Role, Value};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "cache-without-ttl",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Caching,
        summary: "Cache keys that differ per user or entity are written without an expiry",
        why: "A key without an expiry stays until somebody deletes it. One per user, document or search adds up: memory grows \
              with all that was ever asked for, not with what is asked for today. Once Redis reaches `maxmemory` it refuses \
              writes (the default policy), or throws out keys by chance, sessions and queues among them; a cache inside the \
              process ends it. What is cached also never gets fresh again where one invalidation was forgotten.",
        slow: SLOW,
        fast: FAST,
        fine_when: "Redis is where the data lives and not a cache of it, the keys are few and known, or Redis is set up to throw \
                    out the least used keys (`allkeys-lru`) and holds nothing else.",
        proof: "`INFO keyspace` shows keys without `expires`; their number over days shows the growth",
        standing: Standing::Candidate {
            why: "the nine findings read in four public repositories were wrong: marks that are meant to stay, and keys that the program ends elsewhere",
        },
    },
    check,
};

const SLOW: &str = r"
//- /routes.ts
import express from 'express';
import Redis from 'ioredis';
import { render } from './render';

const redis = new Redis();
const app = express();

app.get('/profiles/:id', async (req, res) => {
  const key = `profile:${req.params.id}`;
  const kept = await redis.get(key);
  if (kept) return res.send(kept);
  const page = await render(req.params.id);
  await redis.set(key, page);
  res.send(page);
});
//- /render.ts
export async function render(id: string) {
  return `<h1>${id}</h1>`;
}
";

const FAST: &str = r"
//- /routes.ts
import express from 'express';
import Redis from 'ioredis';
import { render } from './render';

const redis = new Redis();
const app = express();

app.get('/profiles/:id', async (req, res) => {
  const key = `profile:${req.params.id}`;
  const kept = await redis.get(key);
  if (kept) return res.send(kept);
  const page = await render(req.params.id);
  await redis.set(key, page, 'EX', 3600);
  res.send(page);
});
//- /render.ts
export async function render(id: string) {
  return `<h1>${id}</h1>`;
}
";

/// A write of a key.
struct Write {
    file: u32,
    call: CallId,
    key: Place,
    doubts: Vec<&'static str>,
}

fn check(program: &Program, report: &mut Report) {
    let sent = commands(program);
    let in_redis = sent.iter().filter_map(|it| redis_write(program, &sent, it));
    let mut writes: Vec<Write> = in_redis.collect();
    for (file, facts) in program.files.iter().enumerate() {
        writes.extend(
            (0..facts.calls.len() as u32).filter_map(|n| store_write(program, file as u32, CallId(n))),
        );
    }
    for write in writes {
        if program.roles[write.file as usize] != Role::App {
            continue;
        }
        match variety(program, write.key) {
            Variety::Fixed => {}
            variety => report.add(&RULE.doc, tell(program, &write, variety)),
        }
    }
}

/// A command that makes a key, where nothing ends it.
fn redis_write(program: &Program, all: &[Sent<'_>], it: &Sent<'_>) -> Option<Write> {
    let key = it.arg(0)?;
    let mut doubts = Vec::new();
    match it.command.as_str() {
        "set" => match expiry(program, it.file, it.args.get(2..).unwrap_or_default()) {
            Given::Yes => return None,
            Given::No => {}
            _ => doubts.push("the arguments that may hold an expiry could not be followed"),
        },
        "hset" | "hmset" | "sadd" | "zadd" | "lpush" | "rpush" => {
            doubts.push("the collection may be where the data lives");
        }
        _ => return None,
    }
    for other in all.iter().filter(|other| other.call != it.call || other.file != it.file) {
        let Some(other_key) = other.arg(0) else { continue };
        let ends = other.command.contains("expire");
        let renews = match other.command.as_str() {
            "setex" | "psetex" | "getex" => true,
            "set" => expiry(program, other.file, other.args.get(2..).unwrap_or_default()) != Given::No,
            _ => false,
        };
        let deletes =
            matches!(other.command.as_str(), "del" | "unlink" | "getdel" | "hdel" | "srem" | "zrem");
        if !(ends || renews || deletes) || !same_key(program, (it, key), (other, other_key)) {
            continue;
        }
        if ends {
            return None;
        }
        if renews {
            doubts.push("the same key is written with an expiry elsewhere, so a caller decides");
        } else {
            doubts.push("the program deletes such keys");
        }
    }
    let is_script = |other: &Sent<'_>| matches!(other.command.as_str(), "eval" | "evalsha" | "fcall");
    if all.iter().any(|other| other.file == it.file && is_script(other)) {
        doubts.push("a script that the same file runs in Redis may end such keys");
    }
    doubts.sort_unstable();
    doubts.dedup();
    Some(Write { file: it.file, call: it.call, key, doubts })
}

/// Whether the words or options after key and value say when the key ends.
fn expiry(program: &Program, file: u32, args: &[ExprId]) -> Given {
    let facts = program.facts(file);
    let mut answer = Given::No;
    for arg in args {
        let at = Place { file, expr: *arg };
        if matches!(facts.expr(*arg), Expr::Spread(_)) {
            answer = Given::Unknown;
            continue;
        }
        let place = program.follow(at).unwrap_or(at);
        match program.facts(place.file).expr(place.expr) {
            Expr::Str(word) => {
                let word = program.facts(place.file).name(word).to_ascii_uppercase();
                if caches::EXPIRING.contains(&word.as_str()) {
                    return Given::Yes;
                }
            }
            Expr::Number(_) | Expr::Function(_) | Expr::Undefined | Expr::Null => {}
            // An expiry that is spelled out is meant, wherever its value comes from.
            Expr::Object(list)
                if caches::EXPIRING
                    .iter()
                    .any(|name| program.facts(place.file).property(list, name).is_some()) =>
            {
                return Given::Yes;
            }
            _ => match program.given(at, caches::EXPIRING) {
                Given::Yes => return Given::Yes,
                Given::No => {}
                _ => answer = Given::Unknown,
            },
        }
    }
    answer
}

/// True where two commands speak of the same key: the same text of a template, or the same variable in one class or
/// function.
fn same_key(program: &Program, (a, a_key): (&Sent<'_>, Place), (b, b_key): (&Sent<'_>, Place)) -> bool {
    if let (Some(a), Some(b)) = (shape(program, a_key), shape(program, b_key)) {
        return a == b;
    }
    let text = program.expr_text(a.file, a_key.expr);
    if a.file != b.file || text.contains('…') || text != program.expr_text(b.file, b_key.expr) {
        return false;
    }
    let facts = program.facts(a.file);
    let named = |call| paths::named(program, FnRef { file: a.file, id: facts.call(call).function });
    let (a, b) = (named(a.call), named(b.call));
    a == b || (facts.function(a).class.is_some() && facts.function(a).class == facts.function(b).class)
}

/// `cache.set(key, value)` of an in-process or layered cache that was made without a bound.
fn store_write(program: &Program, file: u32, call: CallId) -> Option<Write> {
    let facts = program.facts(file);
    let it = facts.call(call);
    let Expr::Member { object, .. } = facts.expr(it.callee) else { return None };
    if it.kind != CallKind::Call {
        return None;
    }
    let store = match program.eval(Place { file, expr: it.callee }) {
        Value::Api(api) => caches::store_set(&api)?,
        _ => return None,
    };
    let args = facts.args(call);
    let key = Place { file, expr: *args.first()? };
    let mut doubts = Vec::new();
    match args.get(2).map(|arg| Place { file, expr: *arg }) {
        None => {}
        Some(at) => match (facts.expr(at.expr), program.eval(at)) {
            (Expr::Undefined | Expr::Null, _) => {}
            (_, Value::Object(_)) => match program.given(at, store.ttl) {
                Given::No => {}
                Given::Yes => return None,
                _ => doubts.push("the options could not be followed"),
            },
            _ => return None,
        },
    }
    if !store.is_endless {
        doubts.push("the cache may have a bound by default");
    }
    match made_bounded(program, Place { file, expr: object }, store) {
        Given::Yes => return None,
        Given::No => {}
        _ => doubts.push("the cache may have been made with a bound"),
    }
    Some(Write { file, call, key, doubts })
}

fn made_bounded(program: &Program, object: Place, store: Store) -> Given {
    let making = program.made_by(object);
    let mut answer = if making.is_partial || making.calls.is_empty() { Given::Unknown } else { Given::No };
    for (file, call) in making.calls {
        for arg in program.facts(file).args(call).iter().take(store.arguments) {
            let at = Place { file, expr: *arg };
            match program.given(at, store.made_with) {
                Given::Yes => return Given::Yes,
                Given::No => {}
                _ => answer = Given::Unknown,
            }
        }
    }
    answer
}

fn tell(program: &Program, it: &Write, variety: Variety) -> Draft {
    let function = FnRef { file: it.file, id: program.facts(it.file).call(it.call).function };
    let callee = paths::callee_text(program, it.file, it.call);
    let key = shape(program, it.key).filter(|it| it.contains('*'));
    let what = key.as_ref().map_or_else(|| "a key".to_owned(), |key| format!("`{key}`"));
    let anchor = format!("{} › {callee} › {what}", program.function_name(function));
    let message = format!("`{callee}` writes {what} without an expiry, once for each that ever comes");
    let mut draft = Draft::new(Where::Code(paths::call_at(program, it.file, it.call)), message, anchor);
    draft.rank = 50;
    paths::lead_in(program, function, &mut draft);
    if variety == Variety::Unknown {
        draft.doubt("it is not known whether the key differs from call to call");
    }
    for doubt in &it.doubts {
        draft.doubt(*doubt);
    }
    draft.help = "give each key an expiry (`EX`, `PX`, `ttl`) as long as its value may be stale; add some chance to it where \
                  many keys are written at once"
        .to_owned();
    draft.fix = Some(repeats::unsafe_fix("write the key with an expiry"));
    draft.cost = Some(Cost {
        now: "n keys kept".to_owned(),
        after: "those of one expiry kept".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: "keys ever written".to_owned() }],
    });
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    fn check(routes: &str) {
        const HEAD: &str = "//- /redis.ts\nimport Redis from 'ioredis';\nexport const redis = new Redis();\n\
                            //- /routes.ts\nimport express from 'express';\nimport { redis } from './redis';\nconst app = express();\n";
        laws::check(&RULE, &format!("{HEAD}{routes}"));
    }

    #[test]
    fn a_key_made_by_a_function_is_followed() {
        check(
            r"
import { save } from './plans';
app.post('/plans/:id', async (req, res) => { await save(req.params.id, req.body); res.end(); });
//- /plans.ts
import { redis } from './redis';
function keyOf(id: string) {
  return `plan:${id}`;
}
export async function save(id: string, plan: unknown) {
  await redis.set(keyOf(id), JSON.stringify(plan));
  //    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ cache-without-ttl: `plan:*` without an expiry
}
",
        );
    }

    #[test]
    fn a_wrapper_is_one_finding() {
        check(
            r"
import { put } from './cache';
app.post('/a/:id', async (req, res) => { await put('a:' + req.params.id, req.body); res.end(); });
app.post('/b/:id', async (req, res) => { await put('b:' + req.params.id, req.body); res.end(); });
//- /cache.ts
import { createClient } from 'redis';
const client = createClient();
export async function put(key: string, value: unknown) {
  await client.set(key, JSON.stringify(value), { NX: true });
  //    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ cache-without-ttl
}
",
        );
    }

    #[test]
    fn a_cache_made_without_a_bound_is_found_and_one_with_a_bound_is_fine() {
        check(
            r"
import Keyv from 'keyv';
import NodeCache from 'node-cache';
const endless = new Keyv('redis://cache');
const bounded = new Keyv({ ttl: 60_000 });
const inside = new NodeCache({ stdTTL: 60 });
app.get('/a/:id', async (req, res) => {
  await endless.set(req.params.id, 1);
  //    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ cache-without-ttl
  await endless.set(req.params.id, 1, 60_000);
  await bounded.set(req.params.id, 1);
  inside.set(req.params.id, 1);
  res.end();
});
",
        );
    }

    #[test]
    fn every_form_of_expiry_counts() {
        check(
            r"
const MODE = 'PX';
const options = { ex: 60 };
app.get('/a/:id', async (req, res) => {
  const key = `a:${req.params.id}`;
  await redis.set(key, 1, 'EX', 60);
  await redis.set(key, 1, MODE, 60);
  await redis.set(`lock:${req.params.id}`, 1, 'NX', 'PX', 1000);
  await redis.setex(`b:${req.params.id}`, 60, 1);
  await redis.set(`c:${req.params.id}`, 1, { ...options });
  await redis.set(`d:${req.params.id}`, 1, { KEEPTTL: true });
  await redis.set(`e:${req.params.id}`, 1);
  await redis.expire(`e:${req.params.id}`, 60);
  res.end();
});
",
        );
    }

    #[test]
    fn an_expiry_by_the_caller_or_a_default_is_no_finding() {
        check(
            r"
import { Cache } from './cache';
const cache = new Cache();
app.get('/a/:id', async (req, res) => {
  await cache.put(`a:${req.params.id}`, 1, 60);
  await cache.keep(`b:${req.params.id}`, 1);
  res.end();
});
//- /cache.ts
import { redis } from './redis';
export class Cache {
  async put(key: string, value: unknown, ttl?: number) {
    if (ttl) await redis.set(key, JSON.stringify(value), 'EX', ttl);
    else await redis.set(key, JSON.stringify(value));
  }
  async keep(key: string, value: unknown, ttl = 3600) {
    await redis.set(key, JSON.stringify(value), 'EX', ttl);
  }
}
",
        );
    }

    #[test]
    fn known_names_and_keys_that_are_deleted_are_bounded() {
        check(
            r"
const KEYS = { settings: 'settings', flags: 'flags' };
const config = 'config:v1';
app.get('/a/:id', async (req, res) => {
  await redis.set('status', 1);
  await redis.set(config, 1);
  await redis.set(`cache:${config}`, 1);
  await redis.set(KEYS.settings, 1);
  await redis.set(`job:${req.params.id}`, 1);
  await redis.hset(`user:${req.params.id}`, 'seen', 1);
  res.end();
});
app.delete('/a/:id', async (req, res) => { await redis.del(`job:${req.params.id}`); res.end(); });
//- /scripts/fill.ts
import { redis } from '../redis';
export async function fill(id: string) { await redis.set(`x:${id}`, 1); }
//- /redis.test.ts
import { redis } from './redis';
it('x', async () => { await redis.set(`x:${id}`, 1); });
",
        );
    }
}
