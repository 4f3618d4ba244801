//! Rule `cache-stampede`: when a key that everybody reads ends, everybody computes it.

use tuneup_model::{Category, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::asides::{Aside, Lifetime, asides, uses};
use super::keys::{Variety, variety};
use super::{Rule, paths, repeats};
use crate::facts::{CallId, Expr};
use crate::program::{Effects, EntryKind, Program, callee_name};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "cache-stampede",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Caching,
        summary: "When a key that all requests share ends, each of them computes the value anew",
        why: "At 200 requests a second and a value that takes 2 s to compute, 400 requests find the key gone before the first of them has \
              written it: the same work is done 400 times at once, against a database or provider that sees it once an hour \
              otherwise. It gets slow, the work takes longer, more requests join. One of them should compute while the others wait \
              for it or get the old value.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The value is cheap, few requests come at a time, or a schedule writes it before it ends.",
        proof: "Count how often the work runs when the key is deleted under load",
        standing: Standing::Candidate {
            why: "how long the work takes and how many ask at once is not in the source",
        },
    },
    check,
};

const SLOW: &str = r"
//- /routes.ts
import express from 'express';
import Redis from 'ioredis';

const redis = new Redis();
const app = express();

async function rates() {
  const kept = await redis.get('rates').catch(() => null);
  if (kept) return kept;
  const answer = await fetch('https://rates.example.com/latest', { signal: AbortSignal.timeout(5_000) });
  const text = await answer.text();
  await redis.set('rates', text, 'EX', 3600);
  return text;
}

app.get('/rates', async (req, res) => {
  res.send(await rates());
});
";

const FAST: &str = r"
//- /routes.ts
import express from 'express';
import Redis from 'ioredis';

const redis = new Redis();
const app = express();
let inFlight: Promise<string> | undefined;

async function load() {
  const answer = await fetch('https://rates.example.com/latest', { signal: AbortSignal.timeout(5_000) });
  const text = await answer.text();
  await redis.set('rates', text, 'EX', 3600);
  return text;
}

async function rates() {
  const kept = await redis.get('rates').catch(() => null);
  if (kept) return kept;
  inFlight ??= load().finally(() => (inFlight = undefined));
  return inFlight;
}

app.get('/rates', async (req, res) => {
  res.send(await rates());
});
";

fn check(program: &Program, report: &mut Report) {
    let uses = uses(program);
    for aside in asides(program, &uses) {
        let is_shared = variety(program, aside.get.key) == Variety::Fixed;
        if !is_shared || aside.set.lifetime(program) == Lifetime::Endless || takes_turns(program, &aside) {
            continue;
        }
        let arrival =
            paths::served_arrival(program, aside.function).filter(|it| it.kind == EntryKind::Request);
        if let (Some(arrival), Some(work)) = (arrival, heaviest(program, &aside)) {
            let mut draft = tell(program, &aside, work);
            paths::put(Some(&arrival), &mut draft);
            report.add(&RULE.doc, draft);
        }
    }
}

/// The call that makes the value dear: another service, or else several queries.
fn heaviest(program: &Program, aside: &Aside<'_>) -> Option<CallId> {
    let calls = aside.computing(program);
    let file = aside.get.file;
    let with = |wanted: Effects| {
        calls.iter().copied().find(|call| program.call_effects(file, *call).has_any(wanted))
    };
    with(Effects::NETWORK)
        .or_else(|| (aside.queries(program).len() > 1).then(|| with(Effects::DB_READ)).flatten())
}

/// True where something in the function lets one compute at a time.
fn takes_turns(program: &Program, aside: &Aside<'_>) -> bool {
    let facts = program.facts(aside.get.file);
    let own = facts.function(aside.function.id).span;
    facts.calls.iter().filter(|call| own.contains(facts.span(call.expr))).any(|call| {
        let name = callee_name(facts, call.callee).to_ascii_lowercase();
        let is_lock = ["lock", "mutex", "semaphore", "singleflight", "inflight", "dedupe", "coalesce"]
            .iter()
            .any(|word| name.contains(word));
        let is_once = facts.list(call.args).iter().any(
            |arg| matches!(facts.expr(*arg), Expr::Str(word) if facts.name(word).eq_ignore_ascii_case("nx")),
        );
        is_lock || is_once
    })
}

fn tell(program: &Program, aside: &Aside<'_>, work: CallId) -> Draft {
    let get = aside.get;
    let text = paths::callee_text(program, get.file, work);
    let anchor = format!("{} › {text} › {}", program.function_name(aside.function), aside.key);
    let message = format!("when `{}` ends, every request that comes meanwhile runs `{text}`", aside.key);
    let mut draft = Draft::new(Where::Code(paths::call_at(program, get.file, get.call)), message, anchor);
    draft.rank = 40;
    let at = Where::Code(paths::call_at(program, get.file, work));
    draft.evidence.push((EvidenceKind::Source, "computed by all at once".to_owned(), at));
    draft.help = "let one request compute and the others wait for its promise; across processes, take a lock with `SET NX PX` and serve \
                  the old value meanwhile"
        .to_owned();
    draft.fix = Some(repeats::unsafe_fix("let one request compute the value"));
    draft.cost = Some(Cost {
        now: "r × t runs of the work".to_owned(),
        after: "1 run per process".to_owned(),
        counts: vec![
            Count { variable: "r".to_owned(), of: "requests a second".to_owned() },
            Count { variable: "t".to_owned(), of: format!("seconds that `{text}` takes") },
        ],
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
    fn work_in_another_file_under_a_key_of_all() {
        check(
            r"
import { load } from './feed';
const KEY = 'feed';
app.get('/feed', async (req, res) => {
  let feed = await redis.get(KEY);
  //               ^^^^^^^^^^^^^^ cache-stampede: when `feed` ends, every request that comes meanwhile runs `load`
  if (!feed) {
    feed = await load();
    await redis.setex(KEY, 600, feed);
  }
  res.send(feed);
});
//- /feed.ts
export async function load() {
  return (await fetch('https://feed.example.com')).text();
}
",
        );
    }

    #[test]
    fn a_key_of_one_user_a_lock_and_cheap_work() {
        check(
            r"
app.get('/feed/:id', async (req, res) => {
  let feed = await redis.get(`feed:${req.params.id}`);
  if (!feed) {
    feed = await (await fetch('https://feed.example.com')).text();
    await redis.setex(`feed:${req.params.id}`, 600, feed);
  }
  let all = await redis.get('all');
  if (!all && (await redis.set('all:lock', '1', 'EX', 10, 'NX'))) {
    all = await (await fetch('https://feed.example.com')).text();
    await redis.setex('all', 600, all);
  }
  res.send(feed);
});
app.get('/cheap', async (req, res) => {
  let cheap = await redis.get('cheap');
  if (!cheap) {
    cheap = String(1 + 1);
    await redis.setex('cheap', 600, cheap);
  }
  res.send(cheap);
});
",
        );
    }
}
