//! Rule `missing-cache-headers`: static files are served without saying how long they are good for.

use tuneup_model::{Category, Cost, Count, RuleDoc, Severity, Standing};

use super::{Rule, paths, repeats};
use crate::facts::CallId;
use crate::place::Place;
use crate::program::{Api, Given, Program, Role, Target};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "missing-cache-headers",
        since: "0.1.0",
        severity: Severity::Low,
        category: Category::Http,
        summary: "Static files are served without a lifetime",
        why: "`express.static` says `Cache-Control: public, max-age=0` unless told otherwise: on every visit the browser asks again for each script, style \
              and image, and gets 304 answers that cost a round trip each, 50 to 200 ms on a phone, and a request to the Node process. Files whose \
              names hold a hash never change and can be kept for a year.",
        slow: SLOW,
        fast: FAST,
        fine_when: "A proxy or CDN in front sets the headers, or the files are few and change under the same name.",
        proof: "`curl -sI URL` of a script shows `max-age=0`; the second visit in the network panel shows a 304 per file",
        standing: Standing::Candidate {
            why: "a proxy or CDN often sets these headers, and is set up outside the repository",
        },
    },
    check,
};

const SLOW: &str = r"
//- /server.ts
import express from 'express';
import { folder } from './paths';

const app = express();
app.use('/assets', express.static(folder));
//- /paths.ts
export const folder = 'dist/assets';
";

const FAST: &str = r"
//- /server.ts
import express from 'express';
import { folder } from './paths';

const app = express();
app.use('/assets', express.static(folder, { maxAge: '1y', immutable: true }));
//- /paths.ts
export const folder = 'dist/assets';
";

fn check(program: &Program, report: &mut Report) {
    if program.deployment.is_fronted() {
        return;
    }
    for (n, targets) in program.targets.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App {
            continue;
        }
        for (n, target) in targets.iter().enumerate() {
            let call = CallId(n as u32);
            if let Target::Api(api) = target
                && serves_files(api)
                && let Some(draft) = tell(program, file, call)
            {
                report.add(&RULE.doc, draft);
            }
        }
    }
}

fn serves_files(api: &Api) -> bool {
    matches!((api.package.as_str(), api.plain_path()), ("express", "static") | ("serve-static", ""))
}

fn tell(program: &Program, file: u32, call: CallId) -> Option<Draft> {
    let args = program.facts(file).args(call);
    let options = args.get(1).map(|expr| Place { file, expr: *expr });
    let given = options.map_or(Given::No, |at| {
        program.given(at, &["maxAge", "maxage", "immutable", "setHeaders", "cacheControl"])
    });
    if given == Given::Yes {
        return None;
    }
    let callee = paths::callee_text(program, file, call);
    let message = format!("files that `{callee}` serves are asked for again on every visit");
    let at = Where::Code(paths::call_at(program, file, call));
    let mut draft = Draft::new(at, message, format!("{callee} › lifetime"));
    draft.rank = 20;
    if given != Given::No {
        draft.doubt("the options could not be followed");
    }
    draft.help = "give files with a hash in their name `maxAge: '1y', immutable: true`, others a few minutes; keep `index.html` at 0".to_owned();
    draft.fix = Some(repeats::unsafe_fix("say how long files are good for"));
    draft.cost = Some(Cost {
        now: "f requests a visit".to_owned(),
        after: "none after the first visit".to_owned(),
        counts: vec![Count { variable: "f".to_owned(), of: "files of a page".to_owned() }],
    });
    Some(draft)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws::check;

    #[test]
    fn options_without_a_lifetime() {
        check(
            &RULE,
            r"
//- /options.js
module.exports.options = { fallthrough: false };
//- /server.js
const express = require('express');
const { options } = require('./options');
const app = express();
app.use(express.static('public', options));
//      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ missing-cache-headers: `express.static` serves
",
        );
    }

    #[test]
    fn a_lifetime_headers_or_a_proxy() {
        check(
            &RULE,
            r"
//- /options.js
module.exports.kept = { maxAge: 60_000 };
//- /server.js
const express = require('express');
const { kept } = require('./options');
const app = express();
app.use(express.static('public', kept));
app.use(express.static('assets', { setHeaders: (res) => res.set('Cache-Control', 'public, max-age=600') }));
",
        );
        check(
            &RULE,
            r"
//- /Caddyfile
shop.example.com
//- /server.js
const express = require('express');
const app = express();
app.use(express.static('public'));
",
        );
    }
}
