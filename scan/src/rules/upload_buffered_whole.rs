//! Rule `upload-buffered-whole`: uploads of any size are held in memory until they are complete.

use tuneup_model::{Category, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::{Rule, paths, repeats};
use crate::deployment::Front;
use crate::facts::{CallId, Expr, ImportedName};
use crate::objects::Follow as _;
use crate::place::Place;
use crate::program::{Api, Given, Program, Role, Target, Value};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "upload-buffered-whole",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Http,
        summary: "Uploads of any size are held in memory",
        why: "A parser that stores in memory keeps the whole file as one buffer until the handler is done, and without a limit the \
              client decides how large that is. Ten uploads of 500 MB at once are 5 GB beside the heap, which ends the process \
              and every request in it; one client can do that on purpose. Copies on the way (base64, `Buffer.concat`) double it. \
              Streamed to disk or storage the same upload needs some 64 kB at a time.",
        slow: SLOW,
        fast: FAST,
        fine_when: "A proxy in front refuses large bodies (`client_max_body_size`), or only trusted people upload small files.",
        proof: "Resident memory while a few clients upload large files",
        standing: Standing::Candidate {
            why: "neither of 2 findings in repositories not seen before was right",
        },
    },
    check,
};

const SLOW: &str = r"
//- /routes.ts
import express from 'express';
import multer from 'multer';
import { store } from './storage';

const app = express();
const upload = multer({ storage: multer.memoryStorage() });

app.post('/videos', upload.single('video'), async (req, res) => {
  await store(req.file.originalname, req.file.buffer);
  res.sendStatus(201);
});
//- /storage.ts
export async function store(name: string, body: Buffer) {}
";

const FAST: &str = r"
//- /routes.ts
import express from 'express';
import multer from 'multer';
import { store } from './storage';

const app = express();
const upload = multer({ dest: '/var/spool/uploads', limits: { fileSize: 2_000_000_000 } });

app.post('/videos', upload.single('video'), async (req, res) => {
  await store(req.file.originalname, req.file.path);
  res.sendStatus(201);
});
//- /storage.ts
export async function store(name: string, path: string) {}
";

fn check(program: &Program, report: &mut Report) {
    for (n, targets) in program.targets.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App {
            continue;
        }
        for (n, target) in targets.iter().enumerate() {
            let call = CallId(n as u32);
            if let Target::Api(api) = target
                && let Some(options) = parser(program, file, call, api)
            {
                match holds_all(program, options) {
                    Holds::No => {}
                    Holds::Yes => report.add(&RULE.doc, tell(program, file, call, None)),
                    Holds::Perhaps(doubt) => report.add(&RULE.doc, tell(program, file, call, Some(doubt))),
                }
            }
        }
    }
}

/// The options of a call that makes a parser of uploads; the inner none where it is given no options.
#[expect(clippy::option_option, reason = "no parser and no options are different answers")]
fn parser(program: &Program, file: u32, call: CallId, api: &Api) -> Option<Option<Place>> {
    let args = program.facts(file).args(call);
    let at = |n: usize| args.get(n).map(|expr| Place { file, expr: *expr });
    match (api.package.as_str(), api.plain_path()) {
        ("multer", "") => Some(at(0)),
        ("@nestjs/platform-express", "FileInterceptor") => Some(at(1)),
        ("@nestjs/platform-express", "FilesInterceptor") => Some(at(2)),
        _ => None,
    }
}

/// Whether a parser holds files of any size in memory.
enum Holds {
    No,
    Yes,
    /// With the reason to doubt it.
    Perhaps(&'static str),
}

fn holds_all(program: &Program, options: Option<Place>) -> Holds {
    let by_default = || {
        if sets_up_multer(program) {
            Holds::Perhaps("a module may give the parser its options")
        } else {
            Holds::Yes
        }
    };
    let Some(options) = options else { return by_default() };
    match (program.given(options, &["limits", "dest"]), program.given(options, &["storage"])) {
        (Given::No, Given::No) => by_default(),
        (Given::No, Given::Yes) if is_in_memory(program, options) => Holds::Yes,
        (Given::No, Given::Yes) | (Given::Yes, _) => Holds::No,
        _ => Holds::Perhaps("the options of the parser could not be followed"),
    }
}

/// True for `{ storage: memoryStorage() }`.
fn is_in_memory(program: &Program, options: Place) -> bool {
    let Some(at) = program.follow(options) else { return false };
    let facts = program.facts(at.file);
    let Expr::Object(list) = facts.expr(at.expr) else { return false };
    let Some(expr) = facts.property(list, "storage") else { return false };
    program
        .eval(Place { file: at.file, expr })
        .choices()
        .iter()
        .any(|it| matches!(it, Value::Api(api) if api.path.ends_with("memoryStorage()")))
}

/// A module of Nest may give all interceptors their options.
fn sets_up_multer(program: &Program) -> bool {
    program.files.iter().any(|facts| {
        facts.imports.iter().any(|import| {
            facts.name(import.specifier) == "@nestjs/platform-express"
                && matches!(import.name, ImportedName::Named(name) if facts.name(name) == "MulterModule")
        })
    })
}

fn tell(program: &Program, file: u32, call: CallId, doubt: Option<&'static str>) -> Draft {
    let callee = paths::callee_text(program, file, call);
    let anchor = format!("{callee} › uploads in memory");
    let message = format!("`{callee}` holds uploads of any size in memory");
    let mut draft = Draft::new(Where::Code(paths::call_at(program, file, call)), message, anchor);
    draft.rank = 60;
    draft.evidence.push((
        EvidenceKind::Source,
        "neither a place on disk nor `limits.fileSize` is given".to_owned(),
        Where::Nowhere,
    ));
    if let Some(doubt) = doubt {
        draft.doubt(doubt);
    }
    if let Some(path) = program.deployment.path(Front::BodyLimit) {
        draft.doubt(format!("`{path}` limits the size of requests"));
    }
    draft.help = "set `limits: { fileSize, files }`, and stream what may be large to disk or storage (`dest`, `multer-s3`, a signed \
                  upload that goes there directly)"
        .to_owned();
    draft.fix = Some(repeats::unsafe_fix("limit the size of uploads"));
    draft.cost = Some(Cost {
        now: "u × s bytes".to_owned(),
        after: "u × 64 kB".to_owned(),
        counts: vec![
            Count { variable: "u".to_owned(), of: "uploads at once".to_owned() },
            Count { variable: "s".to_owned(), of: "size of a file, by the client".to_owned() },
        ],
    });
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws::check;

    #[test]
    fn an_interceptor_without_options_holds_files_in_memory() {
        check(
            &RULE,
            r"
//- /media.controller.ts
import { Controller, Post, UploadedFile, UseInterceptors } from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
@Controller('media')
export class MediaController {
  @Post()
  @UseInterceptors(FileInterceptor('file'))
  //               ^^^^^^^^^^^^^^^^^^^^^^^ upload-buffered-whole: `FileInterceptor` holds uploads of any size
  create(@UploadedFile() file: { buffer: Buffer }) {
    return file.buffer.length;
  }
}
",
        );
    }

    #[test]
    fn a_storage_made_elsewhere() {
        check(
            &RULE,
            r"
//- /storage.js
const multer = require('multer');
module.exports.storage = multer.memoryStorage();
//- /routes.js
const multer = require('multer');
const { storage } = require('./storage');
const upload = multer({ storage });
//             ^^^^^^^^^^^^^^^^^^^ upload-buffered-whole
const plain = multer();
//            ^^^^^^^^ upload-buffered-whole
",
        );
    }

    #[test]
    fn a_limit_a_place_on_disk_or_another_storage() {
        check(
            &RULE,
            r"
//- /routes.ts
import multer, { diskStorage, memoryStorage } from 'multer';
import s3 from 'multer-s3';
const limits = { fileSize: 1_000_000 };
const a = multer({ storage: memoryStorage(), limits });
const b = multer({ dest: '/tmp' });
const c = multer({ storage: diskStorage({ destination: '/tmp' }) });
const d = multer({ storage: s3({ bucket: 'b' }) });
",
        );
    }
}
