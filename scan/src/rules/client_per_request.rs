//! Rule `client-per-request`: each request or job opens connections of its own.

mod fate;

use tuneup_model::{Category, Confidence, Cost, Count, EvidenceKind, Reading, RuleDoc, Severity, Standing};

use super::{Rule, paths, repeats};
use crate::facts::{CallId, CallKind, ClassId, Expr, MemberKind};
use crate::place::Place;
use crate::program::libraries::connections::{Holds, connects};
use crate::program::{ClassRef, EntryKind, FnRef, Program, Role, Sources, Trace, Value};
use crate::report::{Draft, Report, Step, Where};

use fate::Site;

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "client-per-request",
        since: "0.1.0",
        severity: Severity::High,
        category: Category::Connections,
        summary: "A database, Redis or queue client is made for each request",
        why: "A client is a pool, and a pool is for all requests. Made inside a handler it connects, authenticates and \
              encrypts anew for each of them (10 to 50 ms before the first query) and holds its connections until they time \
              out: PostgreSQL has 100 in all, so a hundred requests within the idle time are enough that nobody else gets in. \
              Each also keeps its memory, timers and, with Prisma, an engine.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The platform forbids sharing connections between requests (Cloudflare Workers), a tenant brings a database of \
                    its own and the clients are kept in a map, or a tool connects once and ends.",
        proof: "Connections of `pg_stat_activity` or `CLIENT LIST` counted while requests come in at a steady rate",
        standing: Standing::Shown(&[Reading { repository: "docmost/docmost", right: 1, read: 1 }]),
    },
    check,
};

const SLOW: &str = r"
//- /routes.ts
import express from 'express';
import { Pool } from 'pg';

const app = express();

app.get('/orders/:id', async (req, res) => {
  const pool = new Pool({ connectionString: process.env.DATABASE_URL });
  const { rows } = await pool.query('SELECT * FROM orders WHERE id = $1', [req.params.id]);
  res.json(rows[0]);
});
";

const FAST: &str = r"
//- /routes.ts
import express from 'express';
import { Pool } from 'pg';

const app = express();
const pool = new Pool({ connectionString: process.env.DATABASE_URL });

app.get('/orders/:id', async (req, res) => {
  const { rows } = await pool.query('SELECT * FROM orders WHERE id = $1', [req.params.id]);
  res.json(rows[0]);
});
";

fn check(program: &Program, report: &mut Report) {
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App {
            continue;
        }
        for n in 0..facts.calls.len() as u32 {
            let call = CallId(n);
            let Some(holds) = made(program, file, call) else { continue };
            let draft = scoped(program, file, call, holds).or_else(|| found(program, file, call, holds));
            if let Some(draft) = draft {
                report.add(&RULE.doc, draft);
            }
        }
    }
}

/// What the call makes, where that holds connections: a client of a library, or of a class that extends one.
fn made(program: &Program, file: u32, call: CallId) -> Option<Holds> {
    let it = program.facts(file).call(call);
    if matches!(it.kind, CallKind::Jsx | CallKind::Tagged) {
        return None;
    }
    let callee = program.eval(Place { file, expr: it.callee });
    callee.choices().iter().find_map(|value| match value {
        Value::Api(api) => connects(api, it.kind),
        Value::Class(class) if it.kind == CallKind::New => connects(&*program.base_api(*class)?, it.kind),
        _ => None,
    })
}

/// The finding for a client that ends with the function that asked for it, at the best known way from outside.
fn found(program: &Program, file: u32, call: CallId, holds: Holds) -> Option<Draft> {
    let sites = fate::sites(program, file, call);
    let rank = |site: &Site| {
        let function = FnRef { file: site.file, id: program.facts(site.file).call(site.call).function };
        let arrival = paths::arrival(program, function);
        (arrival.map_or(9, |it| it.kind as u32 + u32::from(it.by_name) * 4), u32::from(site.is_passed_on))
    };
    let best = sites.into_iter().min_by_key(rank)?;
    Some(tell(program, file, call, holds, &best))
}

fn tell(program: &Program, file: u32, call: CallId, holds: Holds, site: &Site) -> Draft {
    let facts = program.facts(file);
    let mut draft = draft(program, file, call, holds);
    let function = FnRef { file: site.file, id: program.facts(site.file).call(site.call).function };
    let kind = paths::lead_in(program, function, &mut draft);
    for (file, call) in std::iter::once(&(site.file, site.call)).chain(&site.inner) {
        let step = Step {
            at: paths::call_at(program, *file, *call),
            name: paths::callee_text(program, *file, *call),
        };
        draft.path.push(step);
    }
    match kind {
        Some(EntryKind::Request | EntryKind::Job) | None => {}
        Some(EntryKind::Schedule) => draft.doubt("a schedule opens few"),
        Some(EntryKind::Callback | EntryKind::Export) => draft.doubt("it is not known how often this runs"),
    }
    // How often it runs is all that matters here.
    if draft.doubts.iter().any(|it| it == paths::BY_NAME) {
        draft.confidence = Confidence::Candidate;
    }
    if kind == Some(EntryKind::Job) && is_closed(program, site) {
        draft.doubt("the job closes what it has opened");
    }
    if site.is_passed_on {
        draft.doubt("it is handed to code that may keep it");
    }
    let own = FnRef { file, id: facts.call(call).function };
    if depends_on_parameters(program, own, call) {
        draft.doubt("its settings come from the caller, so that one may be needed for each");
    }
    if holds == Holds::Queue && shares_connection(program, file, call) {
        draft.doubt("it is given a connection that is there, which a queue shares");
    }
    if listens(program, site) {
        draft.doubt("a connection that listens cannot be shared");
    }
    if ["wrangler", "@cloudflare/workers-types"].iter().any(|it| program.depends_on(site.file, it)) {
        draft.doubt("Cloudflare Workers cannot share connections between requests");
    }
    draft
}

/// `new Queue(name, { connection })` with a connection made elsewhere, not with settings for one.
fn shares_connection(program: &Program, file: u32, call: CallId) -> bool {
    let facts = program.facts(file);
    facts.args(call).iter().any(|arg| match facts.expr(*arg) {
        Expr::Object(list) => facts.property(list, "connection").is_some_and(|value| {
            let given = program.eval(Place { file, expr: value });
            matches!(given, Value::Api(_) | Value::Instance(_) | Value::Handle(_))
        }),
        _ => false,
    })
}

fn draft(program: &Program, file: u32, call: CallId, holds: Holds) -> Draft {
    let name = paths::callee_text(program, file, call);
    let kind = program.facts(file).call(call).kind;
    let text = if kind == CallKind::New { format!("new {name}") } else { name };
    let function = FnRef { file, id: program.facts(file).call(call).function };
    let anchor = format!("{} › {text}", program.function_name(function));
    let message = format!("`{text}` opens {} each time this is called", holds.what());
    let mut draft = Draft::new(Where::Code(paths::call_at(program, file, call)), message, anchor);
    draft.severity = Severity::High;
    draft.rank = 100;
    draft.help = match holds {
        Holds::Queue => "make the queue once, when the module loads, and add jobs to it from here",
        _ => "make it once, when the module loads or on first use, and use that one here",
    }
    .to_owned();
    draft.fix = Some(repeats::unsafe_fix("make the client once and share it"));
    draft.cost = Some(Cost {
        now: "n × c connections".to_owned(),
        after: "c".to_owned(),
        counts: vec![
            Count { variable: "n".to_owned(), of: "calls within the time connections stay open".to_owned() },
            Count { variable: "c".to_owned(), of: "connections of one client".to_owned() },
        ],
    });
    draft
}

/// A provider that the framework makes for each request: `@Injectable({ scope: Scope.REQUEST })`.
fn scoped(program: &Program, file: u32, call: CallId, holds: Holds) -> Option<Draft> {
    let facts = program.facts(file);
    let at = facts.span(facts.call(call).expr);
    let class = facts.classes.iter().enumerate().find(|(_, class)| {
        class.span.contains(at)
            && class.decorators.iter().any(|decorator| is_request_scope(program, file, *decorator))
    });
    let (n, class) = class?;
    let class_ref = ClassRef { file, id: ClassId(n as u32) };
    let in_constructor = class.constructor == Some(facts.call(call).function);
    let in_field = class.members.iter().any(|member| match &member.kind {
        MemberKind::Field(field) => field.value.is_some_and(|value| facts.span(value).contains(at)),
        _ => false,
    });
    if !in_constructor && !in_field {
        return None;
    }
    let mut draft = draft(program, file, call, holds);
    draft.evidence.push((
        EvidenceKind::Source,
        "the provider is made anew for each request".to_owned(),
        Where::Code(crate::report::At { file, span: facts.span(*class.decorators.first()?) }),
    ));
    let methods = class.members.iter().filter_map(|member| match member.kind {
        MemberKind::Method(id) => Some(FnRef { file: class_ref.file, id }),
        _ => None,
    });
    let reached = methods.min_by_key(|it| paths::arrival(program, *it).map_or(9, |it| it.kind as u32))?;
    paths::lead_in(program, reached, &mut draft);
    Some(draft)
}

fn is_request_scope(program: &Program, file: u32, decorator: crate::facts::ExprId) -> bool {
    let facts = program.facts(file);
    let Expr::Call(call) = facts.expr(decorator) else { return false };
    facts.args(call).iter().any(|arg| {
        match facts.expr(*arg) {
        Expr::Object(list) => facts.property(list, "scope").is_some_and(|scope| {
            matches!(facts.expr(scope), Expr::Member { property, .. } if facts.name(property) == "REQUEST")
        }),
        _ => false,
    }
    })
}

fn depends_on_parameters(program: &Program, function: FnRef, call: CallId) -> bool {
    let facts = program.facts(function.file);
    let count = facts.function(function.id).params.len() as u32;
    let params = (0..count).map(|n| (function.id, n)).collect();
    Trace::new(facts, &Sources { params, ..Sources::default() }).args_depend(call)
}

/// Methods that the function of the site calls on something it made.
fn calls_method(program: &Program, site: &Site, wanted: &[&str]) -> bool {
    let facts = program.facts(site.file);
    let around = facts.function(facts.call(site.call).function).span;
    facts.calls.iter().any(|call| {
        around.contains(facts.span(call.expr))
            && matches!(facts.expr(call.callee), Expr::Member { property, .. } if wanted.contains(&facts.name(property)))
    })
}

fn is_closed(program: &Program, site: &Site) -> bool {
    calls_method(program, site, &["end", "quit", "disconnect", "$disconnect", "close", "destroy", "release"])
}

/// A connection in the mode of a subscriber, or one that waits for an element, serves nobody else.
fn listens(program: &Program, site: &Site) -> bool {
    calls_method(
        program,
        site,
        &[
            "subscribe",
            "psubscribe",
            "pSubscribe",
            "blpop",
            "brpop",
            "blPop",
            "brPop",
            "xread",
            "xRead",
            "monitor",
        ],
    )
}

#[cfg(test)]
mod tests;
