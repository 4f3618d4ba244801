//! Rule `unbounded-module-cache`: requests add to a map, set or list of the process, and nothing takes away.
//!
//! A variable of the module or a field of a class that exists once lives as long as the process. The rule asks of each
//! that a function adds to: do the keys differ from call to call, and does anything in its reach delete, clear,
//! replace or measure it? What is handed to other code may be tidied there, so that is only a candidate.

mod holder;

use tuneup_model::{Category, Cost, Count, EvidenceKind, Reading, RuleDoc, Severity, Standing};

use super::keys::{self, Variety};
use super::{Rule, paths, repeats};
use crate::facts::{CallId, CallKind, Expr, ExprId, FnId};
use crate::place::Place;
use crate::program::{EntryKind, FnRef, Program, Role, Value};
use crate::report::{At, Draft, Report, Where};

use holder::{Holder, Instances, Kind, Tidied};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "unbounded-module-cache",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Memory,
        summary: "Requests fill a map, set or list of the process that is never emptied",
        why: "What a module holds lives as long as the process. With one entry per user, document or message the heap grows day \
              by day: a million keys of 60 bytes are over 100 MB before the values, garbage collection gets slower all the \
              while, and in the end the process is killed under load. Restarts hide it in development.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The keys are a known few (tables, locales, plug-ins), or the process ends soon.",
        proof: "The heap is measured after a garbage collection while requests with ever new keys come in",
        standing: Standing::Shown(&[Reading { repository: "tryabby/abby", right: 0, read: 1 }]),
    },
    check,
};

const SLOW: &str = r"
//- /profiles.ts
import { load } from './store';

const profiles = new Map<string, unknown>();

export async function profileOf(userId: string) {
  const known = profiles.get(userId);
  if (known) return known;
  const profile = await load(userId);
  profiles.set(userId, profile);
  return profile;
}
//- /routes.ts
import express from 'express';
import { profileOf } from './profiles';

const app = express();

app.get('/users/:id', async (req, res) => {
  res.json(await profileOf(req.params.id));
});
";

const FAST: &str = r"
//- /profiles.ts
import { LRUCache } from 'lru-cache';
import { load } from './store';

const profiles = new LRUCache<string, unknown>({ max: 10_000, ttl: 60_000 });

export async function profileOf(userId: string) {
  const known = profiles.get(userId);
  if (known) return known;
  const profile = await load(userId);
  profiles.set(userId, profile);
  return profile;
}
//- /routes.ts
import express from 'express';
import { profileOf } from './profiles';

const app = express();

app.get('/users/:id', async (req, res) => {
  res.json(await profileOf(req.params.id));
});
";

/// Something that adds to what outlives it.
struct Growth {
    file: u32,
    function: FnId,
    /// The call or assignment.
    expr: ExprId,
    holder: Holder,
    variety: Variety,
    /// The receiver is one of several values.
    is_one_of: bool,
    /// A number is kept for each key.
    counts: bool,
}

fn check(program: &Program, report: &mut Report) {
    let instances = Instances::of(program);
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App || program.draws_pages(file) || program.is_browser_code(file) {
            continue;
        }
        let mut found: Vec<Growth> = Vec::new();
        for n in 0..facts.calls.len() as u32 {
            found.extend(added_by_call(program, &instances, file, CallId(n)));
        }
        found.extend(added_by_key(program, &instances, file));
        found.sort_by_key(|it| (it.holder, it.variety != Variety::Varies, it.expr));
        // One finding for each thing that grows, at the first place that says most.
        found.dedup_by(|next, before| next.holder == before.holder);
        for growth in found {
            let tidied = holder::tidied(program, growth.holder);
            if tidied != Tidied::Yes {
                report.add(&RULE.doc, tell(program, &growth, tidied));
            }
        }
    }
}

/// `map.set(key, value)`, `set.add(value)`, `list.push(value)`.
fn added_by_call(program: &Program, instances: &Instances, file: u32, id: CallId) -> Option<Growth> {
    let facts = program.facts(file);
    let call = facts.call(id);
    let Expr::Member { object, property } = facts.expr(call.callee) else { return None };
    let args = facts.list(call.args);
    let kinds: &[Kind] = match (facts.name(property), args.len()) {
        ("set", 2) => &[Kind::Map],
        ("add", 1) => &[Kind::Set],
        ("push" | "unshift", 1..) => &[Kind::List],
        _ => return None,
    };
    if call.kind != CallKind::Call || call.function == FnId(0) {
        return None;
    }
    let (holder, is_one_of) = holder::of(program, instances, Place { file, expr: object })?;
    if !kinds.contains(&holder::kind(program, holder)?) {
        return None;
    }
    let variety = match kinds {
        [Kind::List] => Variety::Varies,
        _ => keys::variety(program, Place { file, expr: *args.first()? }),
    };
    (variety != Variety::Fixed).then_some(Growth {
        file,
        function: call.function,
        expr: call.expr,
        holder,
        variety,
        is_one_of,
        counts: kinds == [Kind::Map] && args.get(1).is_some_and(|value| is_number(program, file, *value)),
    })
}

fn is_number(program: &Program, file: u32, value: ExprId) -> bool {
    program.eval(Place { file, expr: value }) == Value::Number
}

/// `cache[key] = value`.
fn added_by_key(program: &Program, instances: &Instances, file: u32) -> Vec<Growth> {
    let facts = program.facts(file);
    let mut found = Vec::new();
    for (n, expr) in facts.exprs.iter().enumerate() {
        let Expr::Assign { target, value } = *expr else { continue };
        let Expr::Index { object, index } = facts.expr(target) else { continue };
        let (Expr::Symbol(_) | Expr::Member { .. }) = facts.expr(object) else { continue };
        let function = function_at(program, file, target);
        if function == FnId(0) {
            continue;
        }
        let Some((holder, is_one_of)) = holder::of(program, instances, Place { file, expr: object }) else {
            continue;
        };
        let variety = keys::variety(program, Place { file, expr: index });
        if holder::kind(program, holder) == Some(Kind::Object) && variety != Variety::Fixed {
            let counts = is_number(program, file, value);
            let expr = ExprId(n as u32);
            found.push(Growth { file, function, expr, holder, variety, is_one_of, counts });
        }
    }
    found
}

/// The innermost function around an expression.
fn function_at(program: &Program, file: u32, expr: ExprId) -> FnId {
    let facts = program.facts(file);
    let at = facts.span(expr);
    let around = facts.functions.iter().enumerate().filter(|(_, it)| it.span.contains(at));
    around.min_by_key(|(_, it)| it.span.end - it.span.start).map_or(FnId(0), |(n, _)| FnId(n as u32))
}

fn tell(program: &Program, it: &Growth, tidied: Tidied) -> Draft {
    let facts = program.facts(it.file);
    let function = FnRef { file: it.file, id: it.function };
    let name = holder::name(program, it.holder);
    let kind = holder::kind(program, it.holder).unwrap_or(Kind::Object);
    let message = match kind {
        Kind::List => format!("the list `{name}` of the process grows with each call and is never emptied"),
        _ => format!(
            "`{name}` keeps an entry for each key that ever comes: nothing deletes from this {}",
            kind.word()
        ),
    };
    let anchor = format!("{} › {name}", program.function_name(function));
    let added = At { file: it.file, span: facts.span(it.expr) };
    let (file, made) = holder::made(program, it.holder);
    let made = At { file, span: made };
    // What is bounded where it is made is told there; a list that is changed by another name, where that happens.
    let (at, other, what) = if it.is_one_of {
        (added, made, format!("`{name}` is made once and lives as long as the process"))
    } else {
        (made, added, "it grows here".to_owned())
    };
    let mut draft = Draft::new(Where::Code(at), message, anchor);
    draft.severity = Severity::Medium;
    draft.rank = 40;
    draft.evidence.push((EvidenceKind::Source, what, Where::Code(other)));
    add_doubts(program, it, kind, tidied, &mut draft);
    draft.help = match kind {
        Kind::List if it.is_one_of => format!("copy the list before adding to it: `[...{name}]`"),
        Kind::List => "bound it, or empty it when its elements have been dealt with".to_owned(),
        _ => "use a cache with a bound and an age (`lru-cache` with `max` and `ttl`), delete entries when they are done with, \
              or keep them in Redis with an expiry"
            .to_owned(),
    };
    draft.fix = Some(repeats::unsafe_fix(format!("bound `{name}`")));
    draft.cost = Some(Cost {
        now: "n entries kept".to_owned(),
        after: "those of the bound kept".to_owned(),
        counts: vec![Count {
            variable: "n".to_owned(),
            of: if kind == Kind::List { "calls".to_owned() } else { "keys ever seen".to_owned() },
        }],
    });
    draft
}

fn add_doubts(program: &Program, it: &Growth, kind: Kind, tidied: Tidied, draft: &mut Draft) {
    let function = FnRef { file: it.file, id: it.function };
    let arrived = paths::lead_in(program, function, draft);
    if draft.path.first().is_some_and(|step| program.draws_pages(step.at.file)) {
        draft.doubt("a page leads here, so that it may run in the browser");
    }
    match arrived {
        Some(EntryKind::Request | EntryKind::Job) | None => {}
        Some(EntryKind::Schedule) => draft.doubt("a schedule adds few"),
        Some(EntryKind::Callback | EntryKind::Export) => draft.doubt("it is not known how often this runs"),
    }
    if draft.doubts.iter().any(|it| it == paths::BY_NAME) {
        draft.confidence = tuneup_model::Confidence::Candidate;
    }
    if it.variety == Variety::Listed {
        draft.doubt("the keys are elements of a list, which may be the same few");
    }
    if it.variety == Variety::Unknown {
        draft.doubt("it is not known whether the key differs from call to call");
    }
    if tidied == Tidied::HandedOn {
        draft.doubt("it is handed to other code, which may empty it");
    }
    if it.is_one_of && kind != Kind::List {
        draft.doubt("it may be another one that is added to");
    }
    if it.counts {
        draft.doubt("a number for each key weighs little");
    }
    if is_registration(&program.function_name(function)) {
        draft.doubt("the name of the function says that it runs once for each part of the program");
    }
}

/// `registerHandler`, `definePlugin`, `setup`: what runs while the program starts.
fn is_registration(name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or(name);
    [
        "register",
        "define",
        "install",
        "setup",
        "init",
        "configure",
        "use",
        "on",
        "subscribe",
        "bootstrap",
        "start",
        "constructor",
    ]
    .iter()
    .any(|word| {
        name.strip_prefix(word)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(|next: char| next.is_ascii_uppercase()))
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    fn check(text: &str) {
        laws::check(&RULE, &format!("{text}{HEAD}"));
    }

    const HEAD: &str = "
//- /routes.ts
import express from 'express';
import { run } from './work';
const app = express();
app.post('/runs/:id', async (req, res) => { res.json(await run(req.params.id, req.body)); });
";

    #[test]
    fn sets_objects_and_lists_of_the_module() {
        check(
            "
//- /work.ts
const seen = new Set<string>();
//    ^^^^ unbounded-module-cache: `seen` keeps an entry for each key that ever comes: nothing deletes from this set
const byId: Record<string, unknown> = {};
//    ^^^^ unbounded-module-cache: `byId` keeps an entry
const log: unknown[] = [];
//    ^^^ unbounded-module-cache: the list `log` of the process grows with each call and is never emptied
export async function run(id: string, body: unknown) {
  const key = `run:${id}`;
  if (seen.has(key)) return byId[id];
  seen.add(key);
  byId[id] = body;
  log.push(body);
}
",
        );
    }

    #[test]
    fn a_field_of_a_service_is_added_to_by_another_name() {
        check(
            "
//- /work.ts
import { PostService } from './post.service';
const posts = new PostService();
export async function run(id: string, body: any) { return posts.list(body.relations, body.full); }
//- /post.service.ts
export class PostService {
  private readonly relations = ['author', 'tags'];
  async list(relations?: string[], full?: boolean) {
    const all = relations || this.relations;
    if (full) all.push('comments');
//            ^^^^^^^^^^^^^^^^^^^^ unbounded-module-cache: the list `this.relations` of the process grows with each call
    return all;
  }
}
",
        );
    }

    #[test]
    fn what_is_emptied_bounded_or_known_is_fine() {
        check(
            "
//- /work.ts
import { prune } from './prune';
const deleted = new Map<string, unknown>();
const measured = new Map<string, unknown>();
const weak = new WeakMap<object, unknown>();
const known = new Map<string, unknown>();
const handed = new Map<string, unknown>();
let batch: unknown[] = [];
const dropped: Record<string, unknown> = {};
export async function run(id: string, body: any) {
  deleted.set(id, body);
  setTimeout(() => deleted.delete(id), 1000);
  if (measured.size < 1000) measured.set(id, body);
  weak.set(body, id);
  known.set('settings', body);
  handed.set(id, body);
  prune(handed);
  batch.push(body);
  if (body.last) batch = [];
  dropped[id] = body;
  delete dropped[id];
  const own = new Map<string, unknown>();
  own.set(id, body);
}
",
        );
    }

    #[test]
    fn instances_of_a_request_are_fine() {
        check(
            "
//- /work.ts
import { Loader } from './loader';
export async function run(id: string) { return new Loader().load(id); }
//- /loader.ts
export class Loader {
  private cache = new Map<string, unknown>();
  async load(id: string) { this.cache.set(id, 1); }
}
",
        );
    }
}
