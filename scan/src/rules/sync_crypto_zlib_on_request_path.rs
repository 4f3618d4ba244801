//! Rule `sync-crypto-zlib-on-request-path`: passwords are hashed, keys made or data packed with the thread held.

use tuneup_model::{Category, RuleDoc, Severity};

use super::blocking::{self, Site};
use super::{Rule, paths};
use crate::facts::{Expr, ExprId};
use crate::place::Place;
use crate::prisma::query::Follow;
use crate::program::{Blocking, Program, Target};
use crate::report::{Draft, Report};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "sync-crypto-zlib-on-request-path",
        since: "0.1.0",
        severity: Severity::High,
        category: Category::Runtime,
        summary: "A request hashes a password, makes a key or packs data with the thread held",
        why: "Password hashes are slow on purpose: bcrypt with cost 12 takes a quarter of a second, and `hashSync` or `pbkdf2Sync` \
              spends all of it on the one thread that serves every request, so four sign-ins a second stop the server. \
              `generateKeyPairSync` searches for primes for a tenth of a second and more; `gzipSync` takes about 20 ms per \
              megabyte. The same calls with a callback or promise run in Node's thread pool.",
        slow: SLOW,
        fast: FAST,
        fine_when: "It happens before the server listens, once (the result is kept), in a worker thread or on the command line, or \
                    the input is a few bytes and the number of rounds small.",
        proof: "The delay of the event loop is recorded while requests that come here run beside others",
    },
    check,
};

const SLOW: &str = r#"
//- /accounts.ts
import bcrypt from 'bcrypt';

export function isRight(password: string, hash: string) {
  return bcrypt.compareSync(password, hash);
}
//- /routes.ts
import express from 'express';
import { isRight } from './accounts';
import { hashOf } from './store';

const app = express();

app.post('/sign-in', async (req, res) => {
  const hash = await hashOf(req.body.email);
  res.sendStatus(isRight(req.body.password, hash) ? 204 : 401);
});
"#;

const FAST: &str = r#"
//- /accounts.ts
import bcrypt from 'bcrypt';

export async function isRight(password: string, hash: string) {
  return bcrypt.compare(password, hash);
}
//- /routes.ts
import express from 'express';
import { isRight } from './accounts';
import { hashOf } from './store';

const app = express();

app.post('/sign-in', async (req, res) => {
  const hash = await hashOf(req.body.email);
  res.sendStatus((await isRight(req.body.password, hash)) ? 204 : 401);
});
"#;

const KINDS: &[Blocking] = &[Blocking::Stretching, Blocking::KeyPair, Blocking::Compression];

fn check(program: &Program, report: &mut Report) {
    for site in blocking::sites(program, KINDS) {
        if let Some(draft) = tell(program, &site) {
            report.add(&RULE.doc, draft);
        }
    }
}

fn tell(program: &Program, site: &Site) -> Option<Draft> {
    let what = match site.kind {
        Blocking::KeyPair => "searches for primes",
        Blocking::Compression => "packs or unpacks data",
        _ => "stretches a key",
    };
    let mut draft = blocking::draft(program, site, &|callee, entry| match entry {
        Some(entry) => format!("`{callee}` {what} on the thread of all requests, from `{entry}`"),
        None => format!("`{callee}` {what} with the thread held"),
    })?;
    let file = site.function.file;
    let callee = paths::callee_text(program, file, site.call);
    draft.severity = if site.kind == Blocking::Compression { Severity::Medium } else { Severity::High };
    if site.kind == Blocking::Compression && is_small(program, site) {
        draft.doubt("the input is written in the source and small");
    }
    if site.kind == Blocking::Stretching && has_few_rounds(program, site) {
        draft.doubt("few rounds take little time");
    }
    let name = callee.rsplit('.').next().unwrap_or(&callee).trim_end_matches("Sync").to_owned();
    draft.help = match package(program, site) {
        "bcryptjs" => {
            "await `hash` and `compare` of `bcrypt` or `@node-rs/bcrypt`, which run in the thread pool; the promises of `bcryptjs` \
             work on the same thread, in slices"
                .to_owned()
        }
        "crypto" | "zlib" => format!("await `promisify({name})`, which runs in Node's thread pool"),
        "fflate" => "use `zlib` of Node with a promise, which runs in the thread pool".to_owned(),
        _ => format!("await `{name}`, which runs in the thread pool"),
    };
    draft.fix = Some(blocking::unsafe_fix(format!("await `{name}` instead of `{callee}`")));
    Some(draft)
}

fn package<'p>(program: &'p Program, site: &Site) -> &'p str {
    match program.target(site.function.file, site.call) {
        Target::Api(api) => &api.package,
        _ => "",
    }
}

/// Rounds of PBKDF2 up to this many take under a millisecond.
const FEW_ROUNDS: f64 = 1000.0;

fn has_few_rounds(program: &Program, site: &Site) -> bool {
    let is_pbkdf2 = matches!(program.target(site.function.file, site.call), Target::Api(api) if api.last() == "pbkdf2Sync");
    let rounds = program.facts(site.function.file).args(site.call).get(2);
    is_pbkdf2
        && rounds.is_some_and(|rounds| {
            let at = Place { file: site.function.file, expr: *rounds };
            let at = program.follow(at).unwrap_or(at);
            matches!(program.facts(at.file).expr(at.expr), Expr::Number(rounds) if rounds <= FEW_ROUNDS)
        })
}

/// True where what is packed stands in the source: a literal, or a buffer of one.
fn is_small(program: &Program, site: &Site) -> bool {
    program
        .facts(site.function.file)
        .args(site.call)
        .first()
        .is_some_and(|input| is_written(program, Place { file: site.function.file, expr: *input }, 0))
}

fn is_written(program: &Program, at: Place, depth: u32) -> bool {
    if depth > 6 {
        return false;
    }
    let at = program.follow(at).unwrap_or(at);
    let facts = program.facts(at.file);
    let again = |expr: ExprId| is_written(program, Place { file: at.file, expr }, depth + 1);
    match facts.expr(at.expr) {
        Expr::Str(_) | Expr::Number(_) => true,
        Expr::Template(list) => facts.list(list).iter().all(|part| again(*part)),
        // `Buffer.from('…')`, `JSON.stringify({ … })`.
        Expr::Call(call) => {
            matches!(program.target(at.file, call), Target::Api(api) if api.package == "global")
                && facts.args(call).first().is_some_and(|arg| again(*arg))
        }
        Expr::Object(list) => facts.props(list).iter().all(|prop| again(prop.value)),
        _ => false,
    }
}
