//! Rule `per-call-construction`: the same validator, template or formatter is made anew for each call or element.
//!
//! Such things are made to be used many times. The rule looks for makings that depend on nothing of the call: what they
//! are made of stands in the source or at the top of a module, so the first one would do for all.

use tuneup_model::{Category, Confidence, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::{Rule, paths, repeats};
use crate::facts::{CallId, CallKind, Expr, ExprId, FileFacts, FnId, SymbolKind};
use crate::place::Place;
use crate::program::{EntryKind, FnRef, LoopClass, Program, Role, Value};
use crate::report::{At, Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "per-call-construction",
        since: "0.1.0",
        severity: Severity::Low,
        category: Category::Runtime,
        summary: "The same validator, template or formatter is made anew for each call or row",
        why: "Validators and templates are programs that a library writes and compiles: `ajv.compile` takes 5 to 50 \
              milliseconds for a schema of some size, a Handlebars template one to ten, and using the result some \
              microseconds. A formatter of `Intl` loads the data of its locale for 20 to 100 microseconds, fifty times as \
              long as formatting a value. Made for each request or row they are most of the work, with the thread held.",
        slow: SLOW,
        fast: FAST,
        fine_when: "It is made of something that differs from call to call, and kept by that.",
        proof: "A CPU profile under load, before and after",
        standing: Standing::Candidate {
            why: "of two findings read on public code, none ran often enough to matter",
        },
    },
    check,
};

const SLOW: &str = r"
//- /routes.ts
import Ajv from 'ajv';
import express from 'express';
import { schema } from './schema';

const app = express();

app.post('/orders', (req, res) => {
  const ajv = new Ajv();
  const validate = ajv.compile(schema);
  res.sendStatus(validate(req.body) ? 204 : 400);
});
//- /schema.ts
export const schema = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } };
";

const FAST: &str = r"
//- /routes.ts
import Ajv from 'ajv';
import express from 'express';
import { schema } from './schema';

const app = express();
const validate = new Ajv().compile(schema);

app.post('/orders', (req, res) => {
  res.sendStatus(validate(req.body) ? 204 : 400);
});
//- /schema.ts
export const schema = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } };
";

/// What is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thing {
    Validator,
    Template,
    /// Cheap enough that once per request does no harm.
    Formatter,
}

impl Thing {
    fn word(self) -> &'static str {
        match self {
            Self::Validator => "validator",
            Self::Template => "template",
            Self::Formatter => "formatter",
        }
    }
}

fn check(program: &Program, report: &mut Report) {
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App {
            continue;
        }
        for n in 0..facts.calls.len() as u32 {
            if let Some(draft) = found(program, file, CallId(n)) {
                report.add(&RULE.doc, draft);
            }
        }
    }
}

fn found(program: &Program, file: u32, id: CallId) -> Option<Draft> {
    let facts = program.facts(file);
    let call = facts.call(id);
    if matches!(call.kind, CallKind::Jsx | CallKind::Tagged) || call.function == FnId(0) {
        return None;
    }
    let thing = made(program, file, id)?;
    let is_closed = facts.list(call.args).iter().all(|arg| is_fixed(program, Place { file, expr: *arg }, 0));
    if !is_closed || is_kept(program, file, id) {
        return None;
    }
    let over = iteration(program, file, id);
    if thing == Thing::Formatter && over.is_none() {
        return None;
    }
    Some(tell(program, file, id, thing, over))
}

fn made(program: &Program, file: u32, id: CallId) -> Option<Thing> {
    let call = program.facts(file).call(id);
    let Value::Api(api) = program.eval(Place { file, expr: call.callee }) else { return None };
    let path = api.plain_path();
    match (api.package.as_str(), call.kind) {
        ("ajv" | "ajv/dist/2020" | "ajv/dist/2019" | "ajv/dist/jtd", CallKind::Call) => {
            path.ends_with("().compile").then_some(Thing::Validator)
        }
        ("fast-json-stringify", CallKind::Call) => path.is_empty().then_some(Thing::Validator),
        ("handlebars" | "ejs" | "pug" | "eta" | "mustache" | "nunjucks", CallKind::Call) => {
            matches!(path, "compile" | "compileFile" | "precompile").then_some(Thing::Template)
        }
        ("global", _) => matches!(
            path,
            "Intl.NumberFormat"
                | "Intl.DateTimeFormat"
                | "Intl.Collator"
                | "Intl.PluralRules"
                | "Intl.RelativeTimeFormat"
                | "Intl.ListFormat"
                | "Intl.DisplayNames"
                | "Intl.Segmenter"
        )
        .then_some(Thing::Formatter),
        _ => None,
    }
}

/// True for what is the same in each call: literals, and variables of modules that nobody assigns to.
fn is_fixed(program: &Program, at: Place, depth: u32) -> bool {
    if depth > 8 {
        return false;
    }
    let facts = program.facts(at.file);
    let again = |expr: ExprId| is_fixed(program, Place { file: at.file, expr }, depth + 1);
    match facts.expr(at.expr) {
        Expr::Str(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Null | Expr::Undefined | Expr::Function(_) => {
            true
        }
        Expr::Object(list) => facts.props(list).iter().all(|prop| again(prop.value)),
        Expr::Array(list) | Expr::Template(list) => facts.list(list).iter().all(|part| again(*part)),
        Expr::Cast { expr, .. } | Expr::Spread(expr) => again(expr),
        Expr::Member { object, .. } => again(object),
        Expr::Symbol(symbol) => {
            let it = facts.symbol(symbol);
            match it.kind {
                SymbolKind::Import(_) | SymbolKind::Enum => true,
                SymbolKind::Value if it.assignments.is_empty() => {
                    it.function == FnId(0) || it.definition.is_some_and(again)
                }
                _ => false,
            }
        }
        _ => false,
    }
}

/// `validate ??= ajv.compile(schema)`, `useMemo(() => …)` and their like.
fn is_kept(program: &Program, file: u32, id: CallId) -> bool {
    let facts = program.facts(file);
    let call = facts.call(id);
    if program.is_kept(file, id) {
        return true;
    }
    let is_memo = facts.function(call.function).argument_of.is_some_and(|(outer, _)| {
        let name = crate::program::callee_name(facts, facts.call(outer).callee).to_ascii_lowercase();
        ["memo", "cache", "once", "lazy"].iter().any(|word| name.contains(word))
    });
    // Assigned to what outlives the call.
    let is_assigned = facts.exprs.iter().any(|expr| match *expr {
        Expr::Assign { target, value } if value == call.expr => match facts.expr(target) {
            Expr::Symbol(symbol) => facts.symbol(symbol).function != call.function,
            Expr::Member { .. } | Expr::Index { .. } => true,
            _ => false,
        },
        _ => false,
    });
    let is_constructor = facts.classes.iter().any(|class| class.constructor == Some(call.function));
    is_memo || is_assigned || is_constructor
}

/// The list whose elements it is made for: here, or around the calls of the function that makes it.
fn iteration(program: &Program, file: u32, id: CallId) -> Option<(u32, ExprId)> {
    let here = |file: u32, id: CallId| {
        let facts = program.facts(file);
        program
            .iterations(file, id)
            .into_iter()
            .find(|it| it.class == LoopClass::Collection && !is_written_out(facts, it.collection))
            .and_then(|it| it.collection.map(|list| (file, list)))
    };
    here(file, id).or_else(|| {
        let function = FnRef { file, id: program.facts(file).call(id).function };
        program
            .callers(function)
            .iter()
            .filter(|(file, _)| program.roles[*file as usize] == Role::App)
            .find_map(|(file, call)| here(*file, *call))
    })
}

fn is_written_out(facts: &FileFacts, list: Option<ExprId>) -> bool {
    list.is_some_and(|list| matches!(facts.expr(list), Expr::Array(_)))
}

fn tell(program: &Program, file: u32, id: CallId, thing: Thing, over: Option<(u32, ExprId)>) -> Draft {
    let facts = program.facts(file);
    let call = facts.call(id);
    let callee = paths::callee_text(program, file, id);
    let text = if call.kind == CallKind::New { format!("new {callee}") } else { callee };
    let word = thing.word();
    let often = match over {
        Some((file, list)) => format!("for each element of `{}`", program.expr_text(file, list)),
        None => "for each call".to_owned(),
    };
    let function = FnRef { file, id: call.function };
    let message = format!("`{text}` makes the same {word} anew {often}");
    let anchor = format!("{} › {text}", program.function_name(function));
    let mut draft = Draft::new(Where::Code(paths::call_at(program, file, id)), message, anchor);
    draft.severity = Severity::Low;
    draft.rank = 15;
    if let Some((file, list)) = over {
        let at = At { file, span: program.facts(file).span(list) };
        draft.evidence.push((EvidenceKind::Loop, "runs once per element".to_owned(), Where::Code(at)));
    }
    match paths::lead_in(program, function, &mut draft) {
        Some(EntryKind::Request | EntryKind::Job) | None => {}
        Some(_) => draft.doubt("it is not known how often this runs"),
    }
    if draft.doubts.iter().any(|it| it == paths::BY_NAME) {
        draft.confidence = Confidence::Candidate;
    }
    if thing == Thing::Formatter && program.draws_pages(file) {
        draft.doubt("the code draws a page, where rows are few");
    }
    draft.help = format!("make the {word} once at the top of the module and use it here");
    draft.fix = Some(repeats::unsafe_fix(format!("make the {word} once at the top of the module")));
    draft.cost = Some(Cost {
        now: format!("n {word}s made"),
        after: "1".to_owned(),
        counts: vec![Count {
            variable: "n".to_owned(),
            of: if over.is_some() { "elements".to_owned() } else { "calls".to_owned() },
        }],
    });
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    fn check(text: &str) {
        laws::check(&RULE, text);
    }

    #[test]
    fn templates_and_formatters_of_rows_through_a_call() {
        check(
            "
//- /routes.ts
import express from 'express';
import { money } from './money';
import { letter } from './letter';
import { rowsOf } from './store';
const app = express();
app.get('/rows', async (req, res) => {
  const rows = await rowsOf(req.query.month);
  res.json(rows.map((row) => ({ ...row, price: money(row.price), letter: letter(row) })));
});
//- /money.ts
export function money(value: number) {
  return new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'GBP' }).format(value);
//       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ per-call-construction: `new Intl.NumberFormat` makes the same formatter anew for each element of `rows`
}
//- /letter.ts
import Handlebars from 'handlebars';
const TEXT = 'Dear {{name}}';
export function letter(row) {
  return Handlebars.compile(TEXT)(row);
//       ^^^^^^^^^^^^^^^^^^^^^^^^ per-call-construction: makes the same template anew for each element of `rows`
}
",
        );
    }

    #[test]
    fn what_differs_is_kept_or_happens_once_is_fine() {
        check(
            "
//- /routes.ts
import express from 'express';
import Ajv from 'ajv';
import { rowsOf } from './store';
const app = express();
const ajv = new Ajv();
const schema = { type: 'object' };
let validate;
app.get('/rows', async (req, res) => {
  const rows = await rowsOf(req.query.month);
  const own = ajv.compile(req.body.schema);
  validate ??= ajv.compile(schema);
  const one = new Intl.NumberFormat('en-GB');
  res.json(rows.map((row) => new Intl.NumberFormat(row.locale).format(row.price) + one.format(1)));
});
",
        );
    }
}
