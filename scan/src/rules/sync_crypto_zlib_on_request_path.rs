//! Rule `sync-crypto-zlib-on-request-path`: passwords are hashed, keys made or data packed with the thread held.

use tuneup_model::{Category, Reading, RuleDoc, Severity, Standing};

use super::blocking::{self, Site};
use super::{Rule, paths, repeats};
use crate::facts::{CallKind, Expr, ExprId};
use crate::objects::Follow;
use crate::place::Place;
use crate::program::libraries::iterating_method;
use crate::program::{Blocking, FnRef, Program, Target, callee_name};
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
              `generateKeyPairSync` searches for primes for a tenth of a second and more; `gzipSync` takes tens of \
              milliseconds per megabyte. The same calls with a callback or promise run in Node's thread pool.",
        slow: SLOW,
        fast: FAST,
        fine_when: "It happens before the server listens, once (the result is kept), in a worker thread or on the command line, or \
                    the input is a few bytes and the number of rounds small.",
        proof: "The delay of the event loop is recorded while requests that come here run beside others",
        standing: Standing::Shown(&[
            Reading { repository: "amruthpillai/reactive-resume", right: 0, read: 1 },
            Reading { repository: "logto-io/logto", right: 1, read: 1 },
            Reading { repository: "opengovsg/isomer", right: 1, read: 1 },
            Reading { repository: "opengovsg/postmangovsg", right: 1, read: 1 },
            Reading { repository: "outline/outline", right: 1, read: 1 },
            Reading { repository: "umami-software/umami", right: 5, read: 5 },
        ]),
    },
    check,
};

const SLOW: &str = r"
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
";

const FAST: &str = r"
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
";

const KINDS: &[Blocking] = &[Blocking::Stretching, Blocking::KeyPair, Blocking::Compression];

fn check(program: &Program, report: &mut Report) {
    blocking::report_sites(program, report, &RULE.doc, KINDS, tell);
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
    if site.kind == Blocking::Compression && is_plugin(program, site) {
        draft.doubt("a library calls this and takes no promise, often for a short text");
    }
    if site.kind == Blocking::Stretching && has_few_rounds(program, site) {
        draft.doubt("few rounds take little time");
    }
    if site.kind == Blocking::KeyPair && is_quick_pair(program, site) {
        draft.doubt("keys on elliptic curves need no search for primes");
    }
    if site.kind == Blocking::KeyPair && sets_up(&program.facts(file).path) {
        draft.doubt("by its path it runs once, when the product is set up");
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
    draft.fix = Some(repeats::unsafe_fix(format!("await `{name}` instead of `{callee}`")));
    Some(draft)
}

fn is_quick_pair(program: &Program, site: &Site) -> bool {
    let facts = program.facts(site.function.file);
    let sort = facts.args(site.call).first().map(|arg| facts.expr(*arg));
    matches!(sort, Some(Expr::Str(text)) if matches!(facts.name(text), "ec" | "ed25519" | "ed448" | "x25519" | "x448"))
}

/// `setup.js`, `install/keys.ts`: keys made once in the life of an installation.
fn sets_up(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.split(|it: char| !it.is_ascii_alphanumeric())
        .any(|word| matches!(word, "setup" | "install" | "installer" | "wizard" | "onboarding"))
}

/// True in a closure without promise that a library is handed for its own use: a rule of a parser, a hook of a serializer.
fn is_plugin(program: &Program, site: &Site) -> bool {
    let file = site.function.file;
    let facts = program.facts(file);
    let own = facts.call(site.call).function;
    let Some((taken_by, _)) = facts.function(own).argument_of else { return false };
    let it = facts.call(taken_by);
    let name = callee_name(facts, it.callee);
    let is_known = match program.target(file, taken_by) {
        Target::Functions(..) | Target::Query(_) => true,
        Target::Api(api) => matches!(api.package.as_str(), "global" | "zlib" | "crypto"),
        _ => false,
    };
    it.kind == CallKind::Call
        && !is_known
        && !facts.function(own).is_async
        && iterating_method(name).is_none()
        && !matches!(name, "then" | "catch" | "finally" | "on" | "once")
        && program.entries.iter().all(|entry| entry.function != FnRef { file, id: own })
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

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    fn check(text: &str) {
        laws::check(&RULE, text);
    }

    #[test]
    fn a_resolver_hashes_passwords_by_a_service() {
        check(
            "
//- /users.resolver.ts
import { Mutation, Resolver } from '@nestjs/graphql';
import { Passwords } from './passwords';
@Resolver()
export class UsersResolver {
  constructor(private readonly passwords: Passwords) {}
  @Mutation() signUp(password: string) { return this.passwords.hash(password); }
}
//- /passwords.ts
import { genSaltSync, hashSync } from 'bcryptjs';
export class Passwords {
  hash(password: string) { return hashSync(password, genSaltSync(10)); }
//                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ sync-crypto-zlib-on-request-path: `hashSync` stretches a key on the thread of all requests, from `UsersResolver.signUp [@Mutation]`
}
",
        );
    }

    #[test]
    fn keys_rounds_and_packed_data() {
        check(
            "
//- /routes.ts
import express from 'express';
import crypto from 'crypto';
import zlib from 'node:zlib';
import { rowsOf } from './store';
const app = express();
app.post('/keys', (req, res) => {
  res.json(crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }));
//         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ sync-crypto-zlib-on-request-path: searches for primes
});
app.post('/sign-in', (req, res) => {
  const hash = crypto.pbkdf2Sync(req.body.password, 'salt', 600_000, 32, 'sha512');
//             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ sync-crypto-zlib-on-request-path: stretches a key
  res.json(hash.toString('hex'));
});
app.get('/export', async (req, res) => {
  res.send(zlib.gzipSync(JSON.stringify(await rowsOf(req.query.table))));
//         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ sync-crypto-zlib-on-request-path: packs or unpacks data
});
",
        );
    }

    #[test]
    fn start_up_and_what_is_kept() {
        check(
            "
//- /routes.ts
import express from 'express';
import { scryptSync, generateKeyPairSync } from 'crypto';
const app = express();
const secret = scryptSync('password', 'salt', 32);
let pair;
function keys() {
  if (!pair) pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return pair;
}
app.get('/keys', (req, res) => { res.json([secret, keys().publicKey]); });
",
        );
    }

    #[test]
    fn tiny_input_and_few_rounds() {
        check(
            "
//- /routes.ts
import express from 'express';
import crypto from 'crypto';
import { gzipSync } from 'zlib';
const app = express();
const EMPTY = '<urlset></urlset>';
const ROUNDS = 1;
app.get('/sitemap', (req, res) => { res.send(gzipSync(Buffer.from(EMPTY))); });
app.get('/token', (req, res) => {
  const key = crypto.pbkdf2Sync(req.query.token, 'salt', ROUNDS, 32, 'sha256');
  const etag = crypto.createHash('sha256').update(req.query.token).digest('hex');
  res.json([key, etag, crypto.randomBytes(16), crypto.generateKeyPairSync('ed25519')]);
});
",
        );
    }

    #[test]
    fn a_worker_thread_and_the_pool() {
        check(
            "
//- /hash.worker.ts
import { parentPort } from 'worker_threads';
import { scryptSync } from 'crypto';
parentPort.on('message', (password) => { parentPort.postMessage(scryptSync(password, 'salt', 64)); });
//- /routes.ts
import express from 'express';
import bcrypt from 'bcrypt';
import { promisify } from 'util';
import { scrypt } from 'crypto';
const app = express();
app.post('/sign-up', async (req, res) => {
  res.json([await bcrypt.hash(req.body.password, 12), await promisify(scrypt)(req.body.password, 'salt', 64)]);
});
",
        );
    }

    #[test]
    fn seeds_and_the_command_line() {
        check(
            "
//- /prisma/seed.ts
import { hashSync } from 'bcrypt';
export const users = () => [{ password: hashSync('admin', 12) }];
//- /main.ts
import { program } from 'commander';
import { hashSync } from 'bcrypt';
program.command('add-admin <password>').action((password) => { console.log(hashSync(password, 12)); });
",
        );
    }
}
