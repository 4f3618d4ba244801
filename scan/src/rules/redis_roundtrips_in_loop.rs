//! Rule `redis-roundtrips-in-loop`: each turn of a loop waits for a command to Redis of its own.

use rustc_hash::{FxHashMap, FxHashSet};
use tuneup_model::{Category, Cost, Count, RuleDoc, Severity, Standing};

use super::commands::{self, Sent};
use super::leads::{self, Lead};
use super::{Rule, paths, provenance, repeats};
use crate::facts::CallId;
use crate::place::Place;
use crate::program::{Effects, FnRef, Iteration, Program, Role, Trace};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "redis-roundtrips-in-loop",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Caching,
        summary: "A loop waits for one command to Redis per element",
        why: "Redis answers a `GET` in microseconds; the way there and back takes 0.2 to 2 ms. A loop that waits for each answer \
              pays that way per element: 500 keys at 1 ms are half a second, for work that Redis does in less than a millisecond. \
              `MGET`, a command that takes many members, or a pipeline goes the way once.",
        slow: SLOW,
        fast: FAST,
        fine_when: "What a command asks depends on the answer of the one before, or a lock is taken for each element.",
        proof: "The time of the request is measured while the list grows",
        standing: Standing::Candidate {
            why: "its findings in public repositories have not been counted yet",
        },
    },
    check,
};

const SLOW: &str = r"
//- /routes.ts
import express from 'express';
import Redis from 'ioredis';

const app = express();
const redis = new Redis(process.env.REDIS_URL);

app.post('/presence', async (req, res) => {
  const online = [];
  for (const id of req.body.users) {
    online.push(await redis.get(`presence:${id}`));
  }
  res.json(online);
});
";

const FAST: &str = r"
//- /routes.ts
import express from 'express';
import Redis from 'ioredis';

const app = express();
const redis = new Redis(process.env.REDIS_URL);

app.post('/presence', async (req, res) => {
  res.json(await redis.mget(req.body.users.map((id) => `presence:${id}`)));
});
";

fn check(program: &Program, report: &mut Report) {
    let sent = commands::commands(program);
    let by_place: FxHashMap<(u32, CallId), &Sent<'_>> =
        sent.iter().map(|it| ((it.file, it.call), it)).collect();
    if by_place.is_empty() {
        return;
    }
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App {
            continue;
        }
        let mut told = FxHashSet::default();
        for n in 0..facts.calls.len() as u32 {
            let call = CallId(n);
            if let Some((iteration, lead, command)) = repeated(program, file, call, &by_place)
                && told.insert(iteration.form)
            {
                report.add(&RULE.doc, tell(program, file, call, &iteration, &lead, command));
            }
        }
    }
}

fn repeated<'s>(
    program: &Program,
    file: u32,
    call: CallId,
    sent: &FxHashMap<(u32, CallId), &'s Sent<'_>>,
) -> Option<(Iteration, Lead, &'s str)> {
    let facts = program.facts(file);
    let is_direct = sent.contains_key(&(file, call));
    if !is_direct && !program.call_effects(file, call).has_any(Effects::CACHE) {
        return None;
    }
    let iterations = program.iterations(file, call);
    if !program.waits_needlessly(file, call, &iterations) {
        return None;
    }
    let iteration = iterations.into_iter().next()?;
    let lead =
        leads::nearest(program, file, call, Effects::CACHE, &|file, call| sent.contains_key(&(file, call)))?;
    let command = sent.get(&(lead.file, lead.call))?;
    // A turn that does more than that is as slow without it.
    let is_main = lead.path.len() <= 2
        && !program.call_effects(file, call).has_any(OTHER)
        && !program.also_does(file, call, &iteration, OTHER);
    let of_element = Trace::new(facts, &iteration.sources).args_depend(call);
    let has_form = !is_queued(program, command) && for_many(&command.command).is_some();
    (is_main && of_element && has_form).then_some((iteration, lead, command.command.as_str()))
}

const OTHER: Effects = Effects::NETWORK.with(Effects::DB).with(Effects::SLEEP).with(Effects::FILES);

/// A command of a pipeline waits until the pipeline is sent; one with `NX` takes a lock.
fn is_queued(program: &Program, sent: &Sent<'_>) -> bool {
    let text = paths::callee_text(program, sent.file, sent.call).to_ascii_lowercase();
    let in_pipeline =
        ["multi", "pipeline", "pipe.", "batch", "transaction"].iter().any(|it| text.contains(it));
    let facts = program.facts(sent.file);
    let takes_lock = sent.args.iter().any(|arg| match facts.expr(*arg) {
        crate::facts::Expr::Str(word) => facts.name(word).eq_ignore_ascii_case("nx"),
        crate::facts::Expr::Object(list) => {
            facts.property(list, "NX").is_some() || facts.property(list, "nx").is_some()
        }
        _ => false,
    });
    in_pipeline || takes_lock
}

/// What takes the place of many of these commands.
fn for_many(command: &str) -> Option<&'static str> {
    Some(match command {
        "get" | "getbuffer" => "one `MGET` with all keys answers for all of them",
        "del" | "unlink" | "exists" | "touch" => "the command takes all keys at once",
        "hget" => {
            "one `HMGET` takes all fields of a hash; a pipeline sends commands for several hashes together"
        }
        "sadd" | "srem" | "zadd" | "zrem" | "rpush" | "lpush" | "hdel" | "pfadd" => {
            "the command takes all members at once; a pipeline sends commands for several keys together"
        }
        "sismember" => {
            "one `SMISMEMBER` takes all members; a pipeline sends commands for several sets together"
        }
        "zscore" => "one `ZMSCORE` takes all members; a pipeline sends commands for several sets together",
        "set" | "setex" | "psetex" | "hset" | "hmset" | "hgetall" | "hmget" | "hincrby" | "incr"
        | "incrby" | "decr" | "expire" | "pexpire" | "ttl" | "pttl" | "smembers" | "scard" | "zcard"
        | "zcount" | "zrange" | "zrevrange" | "zincrby" | "lrange" | "llen" | "ltrim" | "hlen" | "hkeys"
        | "hvals" | "hexists" | "type" | "strlen" | "getdel" | "getex" | "lrem" | "publish" => {
            "a pipeline sends all commands together: `pipeline()` … `exec()`"
        }
        _ => return None,
    })
}

fn tell(
    program: &Program,
    file: u32,
    call: CallId,
    iteration: &Iteration,
    lead: &Lead,
    command: &str,
) -> Draft {
    let list =
        iteration.collection.map_or_else(|| "the list".to_owned(), |expr| program.expr_text(file, expr));
    let callee = paths::callee_text(program, lead.file, lead.call);
    let function = FnRef { file, id: program.facts(file).call(call).function };
    let anchor = format!("{} › {list} › {callee}", program.function_name(function));
    let message = format!("`{callee}` goes to Redis and back once per element of `{list}`");
    let mut draft = Draft::new(Where::Code(paths::call_at(program, file, call)), message, anchor);
    for_many(command).unwrap_or_default().clone_into(&mut draft.help);
    draft.fix = Some(repeats::unsafe_fix("send all commands together"));
    draft.cost = Some(Cost {
        now: "n round trips".to_owned(),
        after: "1 round trip".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: format!("elements of `{list}`") }],
    });
    draft.rank = 60;
    paths::lead_in_surely(program, function, &mut draft);
    leads::put(program, lead, &mut draft);
    if program.long_list(iteration).is_none() {
        draft.doubt("every known way brings a list of a few elements");
    } else if let Some(expr) = iteration.collection
        && !provenance::may_grow(program, Place { file, expr })
    {
        draft.doubt("nothing says that the list grows");
    }
    if lead.ambiguous {
        draft.doubt("several implementations are possible on the way");
    }
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    const HEAD: &str = "
//- /cache.ts
import Redis from 'ioredis';
export const redis = new Redis();
export async function isOnline(id: string) { return (await redis.exists(`presence:${id}`)) === 1; }
export class Sessions {
  async drop(id: string) { await redis.del(`session:${id}`); }
}
";

    fn check(text: &str) {
        laws::check(&RULE, &format!("{HEAD}{text}"));
    }

    #[test]
    fn in_other_files() {
        check(
            r"
//- /routes.ts
import express from 'express';
import { isOnline, Sessions } from './cache';
const app = express();
const sessions = new Sessions();
app.post('/a', async (req, res) => {
  const online = [];
  for (const id of req.body.users) {
    if (await isOnline(id)) online.push(id);
//            ^^^^^^^^^^^^ redis-roundtrips-in-loop: `redis.exists` goes to Redis and back once per element of `req.body.users`
  }
  for (const id of req.body.sessions) await sessions.drop(id);
//                                          ^^^^^^^^^^^^^^^^^ redis-roundtrips-in-loop
  res.json(online);
});
",
        );
    }

    #[test]
    fn pipelines_locks_chains_and_a_few() {
        check(
            r"
//- /routes.ts
import express from 'express';
import { redis } from './cache';
const app = express();
app.post('/a', async (req, res) => {
  const pipeline = redis.pipeline();
  for (const id of req.body.users) pipeline.get(id);
  await pipeline.exec();
  for (const id of req.body.users) await redis.set(`lock:${id}`, '1', 'PX', 1000, 'NX');
  let next = 'a';
  for (const id of req.body.users) {
    next = await redis.get(`${next}:${id}`);
  }
  for (const id of req.body.users) {
    if (await redis.exists(id)) break;
  }
  for (const kind of ['a', 'b']) await redis.del(kind);
  res.end();
});
",
        );
    }
}
