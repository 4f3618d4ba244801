//! Rule `cpu-bound-in-handler`: a request makes or reads a document, picture or the like on the thread of all requests.

use tuneup_model::{Category, RuleDoc, Severity, Standing};

use super::blocking::{self, Site};
use super::{Rule, paths, repeats};
use crate::program::{Blocking, Program, Target};
use crate::report::{Draft, Report};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "cpu-bound-in-handler",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Runtime,
        summary: "A request makes or reads a document or picture on the thread of all requests",
        why: "Spreadsheets, PDF files, pictures, archives and tokens are made by code that computes on the one thread that \
              serves every request; a promise around it changes nothing. A workbook of 10,000 rows takes seconds, a PDF of \
              twenty pages some hundred milliseconds, counting the tokens of a long text tens of milliseconds, and so long \
              nobody else is answered, health checks included.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The input is known to be small, or the code runs in a worker thread or a process of its own.",
        proof: "The delay of the event loop is recorded while requests that come here run beside others",
        standing: Standing::Candidate {
            why: "how much it computes depends on its input: of six findings read, two were certain to matter",
        },
    },
    check,
};

const SLOW: &str = r"
//- /reports.ts
import * as XLSX from 'xlsx';

export function workbook(rows: object[]) {
  const book = XLSX.utils.book_new();
  XLSX.utils.book_append_sheet(book, XLSX.utils.json_to_sheet(rows));
  return XLSX.write(book, { type: 'buffer', bookType: 'xlsx' });
}
//- /routes.ts
import express from 'express';
import { workbook } from './reports';
import { rowsOf } from './store';

const app = express();

app.get('/report.xlsx', async (req, res) => {
  res.send(workbook(await rowsOf(req.query.month)));
});
";

const FAST: &str = r"
//- /routes.ts
import express from 'express';
import Piscina from 'piscina';
import { rowsOf } from './store';

const app = express();
const reports = new Piscina({ filename: 'dist/reports.js' });

app.get('/report.xlsx', async (req, res) => {
  res.send(await reports.run(await rowsOf(req.query.month)));
});
";

fn check(program: &Program, report: &mut Report) {
    blocking::report_sites(program, report, &RULE.doc, &[Blocking::Computing], tell);
}

fn tell(program: &Program, site: &Site) -> Option<Draft> {
    if program.draws_pages(site.function.file) || program.is_browser_code(site.function.file) {
        return None;
    }
    let mut draft = blocking::draft(program, site, &|callee, entry| match entry {
        Some(entry) => format!("`{callee}` computes on the thread of all requests, from `{entry}`"),
        None => format!("`{callee}` computes with the thread held"),
    })?;
    draft.severity = Severity::Medium;
    // What a page leads to may run in the browser.
    if draft.path.first().is_some_and(|step| program.draws_pages(step.at.file)) {
        return None;
    }
    let file = site.function.file;
    let package = match program.target(file, site.call) {
        Target::Api(api) => api.package.clone(),
        _ => String::new(),
    };
    draft.help = match package.as_str() {
        "exceljs" => "stream the rows by `ExcelJS.stream.xlsx.WorkbookWriter`, or make the file in a worker thread or job".to_owned(),
        "csv-parse/sync" => "parse it as a stream with `csv-parse`, which yields between chunks".to_owned(),
        "jimp" => "use `sharp`, which works in its own threads".to_owned(),
        _ => "run it in a worker thread (`piscina`) or as a job in a worker process".to_owned(),
    };
    let callee = paths::callee_text(program, file, site.call);
    draft.fix = Some(repeats::unsafe_fix(format!("run `{callee}` in a worker thread")));
    Some(draft)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    #[test]
    fn documents_and_tokens() {
        laws::check(
            &RULE,
            "
//- /routes.ts
import express from 'express';
import { PDFDocument } from 'pdf-lib';
import { count } from './tokens';
const app = express();
app.post('/sign', async (req, res) => {
  const pdf = await PDFDocument.create();
  res.send(await pdf.save());
//               ^^^^^^^^^^ cpu-bound-in-handler: `pdf.save` computes on the thread of all requests
});
app.post('/count', (req, res) => { res.json(count(req.body.text)); });
//- /tokens.ts
import { get_encoding } from 'tiktoken';
const encoding = get_encoding('cl100k_base');
export function count(text: string) {
  return encoding.encode(text).length;
//       ^^^^^^^^^^^^^^^^^^^^^ cpu-bound-in-handler: `encoding.encode` computes
}
",
        );
    }

    #[test]
    fn what_no_request_reaches_and_other_methods_are_fine() {
        laws::check(
            &RULE,
            "
//- /routes.ts
import express from 'express';
import prettier from 'prettier';
import { Resvg } from '@resvg/resvg-js';
const app = express();
const style = prettier.format('a', {});
app.post('/a', async (req, res) => { res.json(await prettier.getFileInfo(req.body.path)); });
//- /scripts/make.ts
import * as XLSX from 'xlsx';
export function make(rows) { return XLSX.write(rows, {}); }
",
        );
    }
}
