//! Rule `sync-io-on-request-path`: a file or another program is waited for with the thread held.

use tuneup_model::{Category, RuleDoc, Severity, Standing};

use super::blocking::{self, Site};
use super::{Rule, paths, repeats};
use crate::facts::{Expr, ExprId};
use crate::objects::Follow as _;
use crate::place::Place;
use crate::program::{Blocking, Program, Target, callee_name};
use crate::report::{Draft, Report};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "sync-io-on-request-path",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Runtime,
        summary: "A request waits for a file or another program with the thread held",
        why: "Node runs all requests of a process on one thread. `readFileSync`, `writeFileSync` or `execSync` keep that thread until \
              the disk or the other program is done: nobody else's request moves meanwhile, timers come late, health checks \
              fail. A file on a busy disk or a network file system takes tens of milliseconds, a program that is started takes \
              a hundred and more. The same call with a promise lets the other requests go on.",
        slow: SLOW,
        fast: FAST,
        fine_when: "It happens before the server listens, once (the result is kept), on the command line, in a build, or in a \
                    process or worker thread that serves no requests. A small file that is always the same stays in the memory of \
                    the system: such a read is a candidate. Asking for a single path (`existsSync`, `statSync`) on a \
                    local disk costs little; it is told only where it is repeated per element or a request names the path, \
                    `existsSync` only where it is repeated.",
        proof: "The delay of the event loop is recorded while requests that come here run beside others",
        standing: Standing::Candidate {
            why: "none of 8 findings in repositories not seen before was right: single quick calls in rare operations",
        },
    },
    check,
};

const SLOW: &str = r"
//- /templates.ts
import fs from 'node:fs';
import path from 'node:path';

export function templates(folder: string) {
  const names = fs.readdirSync(folder);
  return names.map((name) => fs.readFileSync(path.join(folder, name), 'utf8'));
}
//- /routes.ts
import express from 'express';
import path from 'node:path';
import { templates } from './templates';

const app = express();

app.get('/letters/:kind', (req, res) => {
  res.send(templates(path.join('templates', req.params.kind)));
});
";

const FAST: &str = r"
//- /templates.ts
import fs from 'node:fs';
import path from 'node:path';
import pMap from 'p-map';

export async function templates(folder: string) {
  const names = await fs.promises.readdir(folder);
  return pMap(names, (name) => fs.promises.readFile(path.join(folder, name), 'utf8'), { concurrency: 8 });
}
//- /routes.ts
import express from 'express';
import path from 'node:path';
import { templates } from './templates';

const app = express();

app.get('/letters/:kind', async (req, res) => {
  res.send(await templates(path.join('templates', req.params.kind)));
});
";

const KINDS: &[Blocking] = &[Blocking::Process, Blocking::Content, Blocking::Metadata];

fn check(program: &Program, report: &mut Report) {
    blocking::report_sites(program, report, &RULE.doc, KINDS, tell);
}

/// True where the path that is read has no part that changes.
fn reads_same_file(program: &Program, site: &Site) -> bool {
    let facts = program.facts(site.function.file);
    let call = facts.call(site.call);
    callee_name(facts, call.callee).starts_with("read")
        && facts
            .args(site.call)
            .first()
            .is_some_and(|path| is_constant(program, Place { file: site.function.file, expr: *path }, 0))
}

/// `readFileSync(path)` of a file that nobody uploaded.
fn reads_one_file(program: &Program, site: &Site) -> bool {
    let facts = program.facts(site.function.file);
    let is_upload = facts.args(site.call).first().is_some_and(|path| {
        matches!(facts.expr(*path), Expr::Member { property, .. }
            if matches!(facts.name(property), "filepath" | "tempFilePath" | "path"))
    });
    callee_name(facts, facts.call(site.call).callee).starts_with("readFile") && !is_upload
}

fn is_constant(program: &Program, at: Place, depth: u32) -> bool {
    if depth > 8 {
        return false;
    }
    let at = program.follow(at).unwrap_or(at);
    let facts = program.facts(at.file);
    let again = |expr: ExprId| is_constant(program, Place { file: at.file, expr }, depth + 1);
    match facts.expr(at.expr) {
        Expr::Str(_) => true,
        Expr::Global(name) => matches!(facts.name(name), "__dirname" | "__filename" | "process"),
        Expr::Member { .. } if program.expr_text(at.file, at.expr).starts_with("import.meta") => true,
        Expr::Member { object, .. } => again(object),
        Expr::Template(list) => facts.list(list).iter().all(|part| again(*part)),
        Expr::Binary { left, right, .. } => again(left) && again(right),
        Expr::Call(call) => {
            let callee = callee_name(facts, facts.call(call).callee);
            matches!(callee, "join" | "resolve" | "cwd" | "dirname" | "fileURLToPath" | "URL")
                && facts.args(call).iter().all(|arg| again(*arg))
        }
        _ => false,
    }
}

fn asks_whether_it_exists(program: &Program, site: &Site) -> bool {
    matches!(program.target(site.function.file, site.call), Target::Api(api) if matches!(api.last(), "existsSync" | "pathExistsSync"))
}

fn tell(program: &Program, site: &Site) -> Option<Draft> {
    let what = match site.kind {
        Blocking::Process => "another program",
        _ => "the file system",
    };
    let mut draft = blocking::draft(program, site, &|callee, entry| match entry {
        Some(entry) => format!("`{callee}` holds the thread of all requests for {what}, from `{entry}`"),
        None => format!("`{callee}` holds the thread for {what}"),
    })?;
    let file = site.function.file;
    let callee = paths::callee_text(program, file, site.call);
    draft.severity = match site.kind {
        Blocking::Process => Severity::High,
        Blocking::Metadata => Severity::Low,
        _ => Severity::Medium,
    };
    let repeated = blocking::is_repeated(program, file, site.call)
        && program.iterations(file, site.call).iter().any(|it| program.long_list(it).is_some());
    draft.evidence.extend(blocking::loop_evidence(program, file, site.call));
    let is_quick = asks_whether_it_exists(program, site) || !blocking::is_asked_for(program, site);
    if site.kind == Blocking::Metadata && !repeated && is_quick {
        draft.doubt("one question to the file system is quick on a local disk");
    }
    if site.kind == Blocking::Process {
        draft.help =
            "start it with `execFile` or `spawn` and a promise; where it takes long, from a queue".to_owned();
        draft.fix = Some(repeats::unsafe_fix(format!("await the program instead of `{callee}`")));
    } else {
        let same = reads_same_file(program, site);
        if same && !repeated {
            draft.doubt("the same file each time stays in memory, where it is read in microseconds");
        }
        if !same && !repeated && reads_one_file(program, site) && !blocking::is_asked_for(program, site) {
            draft.doubt("one small file is read in microseconds, and nothing says that this one is large");
        }
        let name = callee.rsplit('.').next().unwrap_or(&callee).trim_end_matches("Sync").to_owned();
        draft.help = if same {
            "it is the same file each time: read it once, before the server listens, and keep it".to_owned()
        } else {
            format!("await the same call with a promise (`{name}` of `fs/promises`)")
        };
        draft.fix = Some(repeats::unsafe_fix(format!("await `{name}` instead of `{callee}`")));
    }
    Some(draft)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    fn check(text: &str) {
        laws::check(&RULE, text);
    }

    /// A file whose functions a route calls one after the other.
    fn served(files: &str) -> String {
        format!(
            "{files}
//- /routes.ts
import express from 'express';
import {{ work }} from './work';
const app = express();
app.post('/work', async (req, res) => {{
  res.json(await work(req.body));
}});
"
        )
    }

    #[test]
    fn a_service_of_a_controller_starts_a_program() {
        check(
            "
//- /pdf.controller.ts
import { Controller, Post } from '@nestjs/common';
import { PdfService } from './pdf.service';
@Controller('pdf')
export class PdfController {
  constructor(private readonly pdf: PdfService) {}
  @Post() make() { return this.pdf.make(); }
}
//- /pdf.service.ts
import { execFileSync } from 'child_process';
import { readFileSync, writeFileSync } from 'fs';
export class PdfService {
  make() {
    writeFileSync('/tmp/in.html', '<p>');
    execFileSync('wkhtmltopdf', ['/tmp/in.html', '/tmp/out.pdf']);
//  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ sync-io-on-request-path: `execFileSync` holds the thread of all requests for another program, from `PdfController.make [POST]`
    return readFileSync('/tmp/out.pdf');
  }
}
",
        );
    }

    #[test]
    fn packages_around_fs_and_functions_named_so() {
        check(&served(
            "
//- /json.ts
import fs from 'fs-extra';
export function loadSync(path: string) {
  return JSON.parse(fs.readFileSync(path, 'utf8'));
}
//- /work.ts
import { loadSync } from './json';
import fg from 'fast-glob';
export async function work(body: { dir: string }) {
  return { settings: loadSync(body.dir), files: list(body.dir) };
//                   ^^^^^^^^^^^^^^^^^^ sync-io-on-request-path: `loadSync`
}
function list(dir: string) {
  return fg.sync(`${dir}/*.json`);
//       ^^^^^^^^^^^^^^^^^^^^^^^^ sync-io-on-request-path: `fg.sync`
}
",
        ));
    }

    #[test]
    fn one_question_per_element_or_for_a_path_of_the_request() {
        check(
            "
//- /routes.ts
import express from 'express';
import fs from 'fs';
const app = express();
app.post('/there', (req, res) => {
  res.json(req.body.names.filter((name) => fs.existsSync(`files/${name}`)));
//                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ sync-io-on-request-path
});
app.get('/size/:name', (req, res) => {
  res.json(fs.statSync(`files/${req.params.name}`).size);
//         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ sync-io-on-request-path
});
",
        );
    }

    #[test]
    fn one_question_is_quick() {
        check(&served(
            "
//- /work.ts
import fs from 'fs';
export async function work(body: { id: string }) {
  if (!fs.existsSync('uploads')) fs.mkdirSync('uploads');
  return body.id;
}
",
        ));
    }

    #[test]
    fn start_up_reads_what_it_likes() {
        check(&served(
            "
//- /work.ts
import fs from 'fs';
import { paths } from './paths';
const template = fs.readFileSync(paths.letter, 'utf8');
class Mailer {
  private readonly template: string;
  constructor() { this.template = fs.readFileSync(paths.letter, 'utf8'); }
  static readonly footer = fs.readFileSync(paths.footer, 'utf8');
  render() { return this.template + Mailer.footer; }
}
const mailer = new Mailer();
export async function work(body: unknown) { return template + mailer.render(); }
",
        ));
    }

    #[test]
    fn what_is_read_once_and_kept() {
        check(&served(
            "
//- /work.ts
import fs from 'fs';
import { memoize, once } from 'lodash';
let settings: object | undefined;
let key: string | undefined;
function load(name: string) {
  if (!settings) settings = JSON.parse(fs.readFileSync(name, 'utf8'));
  return settings;
}
function loadKey(name: string) { return (key ??= fs.readFileSync(name, 'utf8')); }
const template = memoize((name: string) => fs.readFileSync(name, 'utf8'));
const logo = once((name: string) => fs.readFileSync(name));
const pages = new Map<string, string>();
function page(name: string) {
  const known = pages.get(name);
  if (known) return known;
  const text = fs.readFileSync(name, 'utf8');
  pages.set(name, text);
  return text;
}
class Config {
  private static instance?: Config;
  text = '';
  static get(name: string) {
    if (!Config.instance) Config.instance = new Config(name);
    return Config.instance;
  }
  private constructor(name: string) { this.text = fs.readFileSync(name, 'utf8'); }
}
export async function work(body: { name: string }) {
  const { name } = body;
  return [load(name), loadKey(name), template(name), logo(name), page(name), Config.get(name).text];
}
",
        ));
    }

    #[test]
    fn a_file_that_is_always_the_same_is_read_quickly() {
        check(&served(
            "
//- /work.ts
import fs from 'fs';
import path from 'path';
const FOLDER = path.join(process.cwd(), 'templates');
export async function work(body: { names: string[] }) {
  return [fs.readFileSync(path.join(FOLDER, 'letter.html'), 'utf8'), fs.readFileSync(process.env.LOGO)];
}
",
        ));
    }

    #[test]
    fn the_command_line_seeds_scripts_and_builds() {
        check(
            r#"
//- /package.json
{"dependencies":{"next":"15.0.0"}}
//- /src/main.ts
import { Command } from 'commander';
import fs from 'fs';
new Command('build').action(() => { fs.writeFileSync('out', fs.readFileSync('in')); });
//- /prisma/seed.ts
import fs from 'fs';
export async function GET() { return fs.readFileSync('users.json'); }
//- /packages/dev-server/reload.ts
import express from 'express';
import fs from 'fs';
express().get('/:page', (req, res) => { res.send(fs.readFileSync(req.params.page)); });
//- /scripts/import.ts
import fs from 'fs';
export async function POST() { return fs.readFileSync('users.json'); }
//- /app/posts/[slug]/page.tsx
import { readdirSync, readFileSync } from 'fs';
export function generateStaticParams() { return readdirSync('posts').map((slug) => ({ slug })); }
export default async function Page({ params }) { return <p>{readFileSync(params.slug, 'utf8')}</p>; }
"#,
        );
    }

    #[test]
    fn a_worker_keeps_no_request_waiting() {
        check(
            "
//- /worker.ts
import { Worker } from 'bullmq';
import { execSync } from 'child_process';
new Worker('videos', async (job) => { execSync(`ffmpeg -i ${job.data.path}`); });
",
        );
    }

    #[test]
    fn development_failures_and_choices() {
        check(&served(
            "
//- /store.ts
import fs from 'fs';
export interface Store { save(name: string): Promise<void>; }
export class LocalStore implements Store {
  async save(name: string) { fs.writeFileSync(name, ''); }
}
export class CloudStore implements Store {
  async save(name: string) { await fetch(`https://store.example.com/${name}`, { method: 'PUT' }); }
}
//- /work.ts
import fs from 'fs';
import type { Store } from './store';
const isDevelopment = process.env.NODE_ENV !== 'production';
export async function work(body: { store: Store; name: string }) {
  if (isDevelopment) fs.writeFileSync('last.json', JSON.stringify(body));
  try {
    await body.store.save(body.name);
  } catch (error) {
    fs.appendFileSync('errors.log', String(error));
  }
  return body.name;
}
",
        ));
    }

    #[test]
    fn a_doubtful_call_hides_no_other_of_its_function() {
        check(&served(
            "
//- /work.ts
import fs from 'fs';
export async function work(body: { name: string }) {
  if (process.env.DEBUG) fs.writeFileSync('last.json', JSON.stringify(body));
  return fs.readdirSync(body.name);
//       ^^^^^^^^^^^^^^^^^^^^^^^^^ sync-io-on-request-path
}
",
        ));
    }
}
