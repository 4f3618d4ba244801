//! Rule `redis-blocking-command`: a command that walks all of Redis, or all of a large value, while every client waits.

use tuneup_model::{Category, Cost, Count, EvidenceKind, Reading, RuleDoc, Severity, Standing};

use super::commands::{Sent, commands};
use super::keys::{Variety, shape, variety};
use super::{Rule, paths, repeats};
use crate::facts::{CallId, Expr};
use crate::program::{EntryKind, FnRef, Program, Role, Value};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "redis-blocking-command",
        since: "0.1.0",
        severity: Severity::High,
        category: Category::Caching,
        summary: "A Redis command walks the whole keyspace or a whole collection while all clients wait",
        why: "Redis runs one command at a time. `KEYS` compares its pattern with every key of the database, whatever the \
              pattern says: at ten million keys that is seconds, in which no client gets an answer: sessions, rate limits and \
              queues stand still. `FLUSHDB` frees all keys in the same way, and `SMEMBERS`, `HGETALL` or `LRANGE 0 -1` on a \
              collection that grows with the users read and send all of it. The command is fast in development, where there \
              are few keys, and slower with each new user. `SCAN` and its like do the same in small steps between which other \
              clients are served.",
        slow: SLOW,
        fast: FAST,
        fine_when: "A script or a maintenance window runs it, the Redis serves nothing else, or the collection has a bound that \
                    the program keeps.",
        proof: "`SLOWLOG` and the latency of a second client while the command runs on a keyspace of production size",
        standing: Standing::Shown(&[
            Reading { repository: "langfuse/langfuse", right: 1, read: 1 },
            Reading { repository: "vendure-ecommerce/vendure", right: 1, read: 1 },
        ]),
    },
    check,
};

const SLOW: &str = r"
//- /routes.ts
import express from 'express';
import Redis from 'ioredis';

const redis = new Redis();
const app = express();

app.post('/products/:id', async (req, res) => {
  const stale = await redis.keys(`product:${req.params.id}:*`);
  if (stale.length > 0) await redis.unlink(...stale);
  res.end();
});
";

const FAST: &str = r"
//- /routes.ts
import express from 'express';
import Redis from 'ioredis';

const redis = new Redis();
const app = express();

app.post('/products/:id', async (req, res) => {
  const pages = redis.scanStream({ match: `product:${req.params.id}:*`, count: 500 });
  for await (const stale of pages) {
    if (stale.length > 0) await redis.unlink(...stale);
  }
  res.end();
});
";

/// What is wrong with a command.
enum Harm {
    /// `KEYS`: all keys.
    Keyspace,
    /// `FLUSHALL`, `FLUSHDB`: frees all keys at once.
    Flush,
    /// All of one collection; grown by the command there, where that is known.
    Collection(Option<(u32, CallId)>),
    /// `DEL` of a list of keys.
    Delete,
}

fn check(program: &Program, report: &mut Report) {
    let sent = commands(program);
    for it in &sent {
        if program.roles[it.file as usize] == Role::App
            && let Some(harm) = harm(program, &sent, it)
        {
            report.add(&RULE.doc, tell(program, it, &harm));
        }
    }
}

fn harm(program: &Program, all: &[Sent<'_>], it: &Sent<'_>) -> Option<Harm> {
    match it.command.as_str() {
        "keys" => Some(Harm::Keyspace),
        // `FLUSHDB ASYNC` frees in the background.
        "flushall" | "flushdb" => it.args.is_empty().then_some(Harm::Flush),
        "smembers" | "hgetall" | "hkeys" | "hvals" => whole_collection(program, all, it),
        "lrange" | "zrange" | "zrevrange" if is_everything(program, it) => whole_collection(program, all, it),
        "del" => {
            let facts = program.facts(it.file);
            let spread = it.args.iter().any(|arg| matches!(facts.expr(*arg), Expr::Spread(_)));
            let list = it.arg(0).is_some_and(|at| matches!(program.eval(at), Value::List(_)));
            (spread || list).then_some(Harm::Delete)
        }
        _ => None,
    }
}

/// `0 -1`: from the first to the last.
fn is_everything(program: &Program, it: &Sent<'_>) -> bool {
    let facts = program.facts(it.file);
    let text = |n: usize| match it.args.get(n).map(|expr| facts.expr(*expr)) {
        Some(Expr::Number(number)) => Some(number.to_string()),
        Some(Expr::Str(text)) => Some(facts.name(text).to_owned()),
        // `-1` is a sign before a literal.
        Some(Expr::Other(list)) => match facts.list(list) {
            [only] => match facts.expr(*only) {
                Expr::Number(number) => Some(format!("-{number}")),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    text(1).as_deref() == Some("0") && text(2).as_deref() == Some("-1")
}

/// A collection under a name of its own is shared by all; one per user or entity is not of interest.
fn whole_collection(program: &Program, all: &[Sent<'_>], it: &Sent<'_>) -> Option<Harm> {
    let key = it.arg(0)?;
    if variety(program, key) != Variety::Fixed {
        return None;
    }
    let name = shape(program, key)?;
    let of_key =
        |other: &&Sent<'_>| other.arg(0).and_then(|at| shape(program, at)).is_some_and(|other| other == name);
    let bounds = |command: &str| {
        matches!(
            command,
            "ltrim" | "expire" | "pexpire" | "expireat" | "del" | "unlink" | "srem" | "hdel" | "zrem"
        ) || command.starts_with("zremrange")
            || command.ends_with("pop")
    };
    let (mut grown, mut bounded) = (None, false);
    for other in all.iter().filter(of_key) {
        bounded |= bounds(&other.command);
        let member = match other.command.as_str() {
            "sadd" | "lpush" | "rpush" | "hset" | "hsetnx" => other.arg(1),
            "zadd" => other.arg(2),
            _ => None,
        };
        if member.is_some_and(|at| variety(program, at) == Variety::Varies) {
            grown.get_or_insert((other.file, other.call));
        }
    }
    Some(Harm::Collection(if bounded { None } else { grown }))
}

fn tell(program: &Program, it: &Sent<'_>, harm: &Harm) -> Draft {
    let function = FnRef { file: it.file, id: program.facts(it.file).call(it.call).function };
    let callee = paths::callee_text(program, it.file, it.call);
    let name = it.command.to_ascii_uppercase();
    let anchor = format!("{} › {callee} › {name}", program.function_name(function));
    let at = Where::Code(paths::call_at(program, it.file, it.call));
    let mut draft = Draft::new(at, message(harm, &name), anchor);
    draft.rank = 90;
    let arrival = paths::lead_in_surely(program, function, &mut draft);
    if arrival.as_ref().is_some_and(|it| it.lifecycle) {
        draft.doubt(paths::LIFECYCLE);
    }
    let kind = arrival.map(|it| it.kind);
    let serves = matches!(kind, Some(EntryKind::Request | EntryKind::Job));
    draft.severity = match harm {
        Harm::Keyspace if kind == Some(EntryKind::Request) => Severity::High,
        Harm::Delete => Severity::Low,
        _ => Severity::Medium,
    };
    match harm {
        Harm::Flush if !serves => draft.doubt("it may run while nobody is served"),
        Harm::Collection(Some((file, call))) => {
            let at = Where::Code(paths::call_at(program, *file, *call));
            draft.evidence.push((EvidenceKind::Source, "the collection grows here".to_owned(), at));
        }
        Harm::Collection(None) => draft.doubt("the collection is not known to grow without bound"),
        Harm::Delete => draft.doubt("neither the number of keys nor their size is known"),
        _ => {}
    }
    draft.help = help(harm).to_owned();
    draft.fix = Some(repeats::unsafe_fix(match harm {
        Harm::Keyspace => "walk the keys with SCAN",
        Harm::Flush => "free the keys in the background",
        Harm::Collection(_) => "walk the collection in pages",
        Harm::Delete => "free the values in the background",
    }));
    draft.cost = Some(cost(harm));
    draft
}

fn message(harm: &Harm, name: &str) -> String {
    match harm {
        Harm::Keyspace => format!("`{name}` walks every key of the database while all other clients wait"),
        Harm::Flush => format!("`{name}` frees every key at once while all other clients wait"),
        Harm::Collection(_) => format!("`{name}` reads all of a collection that everybody adds to"),
        Harm::Delete => format!("`{name}` frees a list of values at once while all other clients wait"),
    }
}

fn help(harm: &Harm) -> &'static str {
    match harm {
        Harm::Keyspace => {
            "walk the keys in steps with `SCAN` (`scanStream`, `scanIterator`), or keep the keys that belong together in a set"
        }
        Harm::Flush => "say `ASYNC`, or delete the keys of the program with `SCAN` and `UNLINK`",
        Harm::Collection(_) => {
            "walk it with `SSCAN`, `HSCAN` or `ZSCAN`, ask for the members needed, or keep it short with `LTRIM` or an expiry"
        }
        Harm::Delete => "use `UNLINK`, which frees the memory in a thread of its own",
    }
}

fn cost(harm: &Harm) -> Cost {
    let (now, after, of) = match harm {
        Harm::Keyspace => {
            ("n keys in one step", "n keys, a few hundred per step", "keys of the whole database")
        }
        Harm::Flush => ("n keys freed in one step", "n keys freed in the background", "keys of the database"),
        Harm::Collection(_) => {
            ("n members in one answer", "a page of members per answer", "members of the collection")
        }
        Harm::Delete => {
            ("n values freed in one step", "n values freed in the background", "keys handed over")
        }
    };
    Cost {
        now: now.to_owned(),
        after: after.to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: of.to_owned() }],
    }
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
    fn keys_in_a_service_is_found_from_the_route() {
        check(
            r"
import { Cache } from './cache';
const cache = new Cache();
app.post('/clear', async (req, res) => { await cache.clear(req.body.prefix); res.end(); });
//- /cache.ts
import { redis } from './redis';
export class Cache {
  private readonly client = redis;
  async clear(prefix: string) {
    const keys = await this.client.keys(`${prefix}*`);
    //                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ redis-blocking-command: every key of the database
    for (const key of keys) await this.client.unlink(key);
  }
}
",
        );
    }

    #[test]
    fn commands_named_in_an_argument_and_in_pipelines_count() {
        laws::check(
            &RULE,
            r"
//- /routes.ts
import express from 'express';
import { createClient } from 'redis';
const client = createClient();
const app = express();
app.get('/a', async (req, res) => {
  const all = await client.sendCommand(['KEYS', 'user:*']);
  //                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ redis-blocking-command
  const some = await client.multi().keys('user:*').exec();
  //                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ redis-blocking-command
  res.json([all, some]);
});
",
        );
    }

    #[test]
    fn the_client_of_a_queue_is_a_client() {
        laws::check(
            &RULE,
            r"
//- /routes.ts
import express from 'express';
import Queue from 'bull';
const mails = new Queue('mails');
const app = express();
app.get('/a', async (req, res) => {
  res.json(await mails.client.keys('bull:*'));
  //             ^^^^^^^^^^^^^^^^^^^^^^^^^^^ redis-blocking-command
});
",
        );
    }

    #[test]
    fn a_shared_collection_that_grows_is_read_whole() {
        check(
            r"
app.post('/seen', async (req, res) => { await redis.sadd('seen', req.body.userId); res.end(); });
app.get('/seen', async (req, res) => {
  res.json(await redis.smembers('seen'));
  //             ^^^^^^^^^^^^^^^^^^^^^^ redis-blocking-command: everybody adds to
});
",
        );
    }

    #[test]
    fn a_list_is_read_from_its_first_to_its_last() {
        check(
            r"
app.post('/log', async (req, res) => {
  await redis.rpush('log', req.body.userId);
  res.json(await redis.lrange('log', 0, -1));
  //             ^^^^^^^^^^^^^^^^^^^^^^^^^^ redis-blocking-command
});
",
        );
    }

    #[test]
    fn collections_of_one_entity_or_with_a_bound_are_fine() {
        check(
            r"
app.post('/cart/:id', async (req, res) => {
  await redis.hset(`cart:${req.params.id}`, req.body.productId, 1);
  await redis.lpush('latest', req.body.productId);
  await redis.ltrim('latest', 0, 99);
  await redis.sadd('plans', 'free', 'paid');
  res.json([
    await redis.hgetall(`cart:${req.params.id}`),
    await redis.lrange('latest', 0, -1),
    await redis.smembers('plans'),
    await redis.lrange('events', 0, 49),
  ]);
});
",
        );
    }

    #[test]
    fn flushing_on_a_request_is_found_and_in_the_background_is_fine() {
        check(
            r"
app.post('/reset', async (req, res) => {
  await redis.flushdb();
  //    ^^^^^^^^^^^^^^^ redis-blocking-command: frees every key
  await redis.flushdb('ASYNC');
  res.end();
});
",
        );
    }

    #[test]
    fn scripts_tests_and_other_keys_are_left_alone() {
        check(
            r"
app.get('/a', async (req, res) => {
  const known = new Map([['a', 1]]);
  res.json([Object.keys(req.body), [...known.keys()]]);
});
//- /scripts/clean.ts
import { redis } from '../redis';
export async function clean() { return redis.keys('*'); }
//- /redis.test.ts
import { redis } from './redis';
afterEach(async () => { await redis.flushall(); });
",
        );
    }
}
