//! Job queues as the program uses them: jobs added, workers that take them, and the options of both.
//!
//! An option of a job stands at `add`, at the making of its queue as a default, or at the module of Nest that sets the
//! queue up; all three are asked. Jobs and workers meet by the name of their queue.

use super::keys::shape;
use crate::facts::{CallId, CallKind, Expr, ExprId, FileFacts, FnId, MemberKind, PropKey, Span};
use crate::objects::Follow as _;
use crate::place::Place;
use crate::program::libraries::queues::{self, QueueLibrary};
use crate::program::{FnRef, Given, Program, Role, Target, Value, callee_name};

/// A call that adds a job.
pub(super) struct Job {
    pub file: u32,
    pub call: CallId,
    /// What `add` is called on.
    pub queue: Place,
    /// The options of this job.
    pub options: Option<Place>,
    /// The calls that made its queue.
    pub makings: Vec<(u32, CallId)>,
    /// The queue may be made elsewhere too: injected, handed over.
    is_partial: bool,
    /// The name of the queue.
    pub name: Option<String>,
}

/// A worker of a queue.
pub(super) struct Worker {
    pub file: u32,
    /// Where it is set up.
    pub at: Span,
    pub name: Option<String>,
    /// The functions that it runs for a job.
    pub processors: Vec<FnRef>,
    /// The arguments that may say how many jobs run at once.
    options: Vec<Place>,
    /// It is told how many by a number of its own.
    has_number: bool,
}

/// All jobs that application code adds one at a time.
pub(super) fn jobs(program: &Program) -> Vec<Job> {
    let mut found = Vec::new();
    for_each_api(program, |file, call, api| {
        if let Some(library) = queues::adds_job(api)
            && program.roles[file as usize] == Role::App
        {
            found.extend(job(program, file, call, library));
        }
    });
    found
}

fn job(program: &Program, file: u32, call: CallId, library: QueueLibrary) -> Option<Job> {
    let facts = program.facts(file);
    let Expr::Member { object, .. } = facts.expr(facts.call(call).callee) else { return None };
    let here = |expr| Place { file, expr };
    let args = facts.args(call);
    let is_named = library == QueueLibrary::BullMq
        || args.first().is_some_and(|first| {
            args.len() > 2 || program.eval(here(*first)).choices().iter().all(|it| *it == Value::Text)
        });
    let options = args.get(if is_named { 2 } else { 1 }).map(|expr| here(*expr));
    let making = program.made_by(here(object));
    let mut name = injected_name(program, file, call, object);
    for (made_in, making) in &making.calls {
        name = name.or_else(|| first_text(program, *made_in, *making));
    }
    let is_partial = making.is_partial || making.calls.is_empty();
    Some(Job { file, call, queue: here(object), options, makings: making.calls, is_partial, name })
}

impl Job {
    /// Whether one of these options is given to the job, wherever it may stand.
    pub(super) fn given(&self, program: &Program, names: &[&str]) -> Given {
        let own = self.options.map_or(Given::No, |at| program.given(at, names));
        if own == Given::Yes {
            return own;
        }
        let mut answer = own;
        for (file, call) in &self.makings {
            for arg in program.facts(*file).args(*call) {
                match in_defaults(program, Place { file: *file, expr: *arg }, names) {
                    Given::Yes => return Given::Yes,
                    Given::No => {}
                    _ => answer = Given::Unknown,
                }
            }
        }
        if self.is_partial {
            match by_modules(program, names) {
                Given::Yes => return Given::Yes,
                Given::No => {}
                _ => answer = Given::Unknown,
            }
        }
        answer
    }

    /// True where the queue is one that the program makes or a module sets up: nothing else gives defaults.
    pub(super) fn is_known(&self, program: &Program) -> bool {
        !self.is_partial || (self.name.is_some() && !modules(program).is_empty())
    }
}

/// Options among the defaults of a queue.
fn in_defaults(program: &Program, at: Place, names: &[&str]) -> Given {
    let is_address = program.expr_text(at.file, at.expr).contains("env");
    if is_address || program.eval(at).choices().iter().all(|it| *it == Value::Text) {
        return Given::No;
    }
    match program.given(at, &["defaultJobOptions"]) {
        Given::No => Given::No,
        Given::Yes => property(program, at, "defaultJobOptions")
            .map_or(Given::Unknown, |defaults| program.given(defaults, names)),
        _ => Given::Unknown,
    }
}

/// A property of the object literal that an expression stands for.
fn property(program: &Program, at: Place, name: &str) -> Option<Place> {
    let at = program.follow(at)?;
    let facts = program.facts(at.file);
    match facts.expr(at.expr) {
        Expr::Object(list) => Some(Place { file: at.file, expr: facts.property(list, name)? }),
        _ => None,
    }
}

/// Calls by which modules of Nest set queues up.
fn modules(program: &Program) -> Vec<(u32, CallId)> {
    let mut found = Vec::new();
    for_each_api(program, |file, call, api| {
        if queues::registers_queues(api) && program.roles[file as usize] != Role::Test {
            found.push((file, call));
        }
    });
    found
}

fn by_modules(program: &Program, names: &[&str]) -> Given {
    let mut answer = Given::No;
    for (file, call) in modules(program) {
        let facts = program.facts(file);
        let within = facts.span(facts.call(call).expr);
        if mentions(facts, within, names) {
            return Given::Yes;
        }
        // A factory may make the options anywhere.
        let is_elsewhere = facts.args(call).iter().any(|arg| !matches!(facts.expr(*arg), Expr::Object(_)));
        if is_elsewhere || mentions(facts, within, &["defaultJobOptions", "useFactory", "useClass"]) {
            answer = Given::Unknown;
        }
    }
    answer
}

/// True where an object within the span has one of these properties.
fn mentions(facts: &FileFacts, within: Span, names: &[&str]) -> bool {
    facts.props.iter().any(|prop| {
        within.contains(prop.span)
            && matches!(prop.key, PropKey::Name(name) if names.contains(&facts.name(name)))
    })
}

/// True where something else takes finished jobs away: a worker's own setting, `queue.clean`, `job.remove`.
pub(super) fn takes_jobs_away(program: &Program) -> bool {
    let mut found = false;
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] == Role::Test {
            continue;
        }
        for (n, call) in facts.calls.iter().enumerate() {
            let id = CallId(n as u32);
            found |= match program.target(file, id) {
                Target::Api(api) if queues::makes_worker(api, call.kind) => {
                    mentions(facts, facts.span(call.expr), &["removeOnComplete"])
                }
                Target::Api(api) => queues::takes_jobs_away(api),
                Target::Unresolved => {
                    let text = program.expr_text(file, call.callee).to_ascii_lowercase();
                    matches!(callee_name(facts, call.callee), "clean" | "obliterate")
                        && text.contains("queue")
                        || text.ends_with("job.remove")
                }
                _ => false,
            };
        }
    }
    found
}

/// All workers of the program.
pub(super) fn workers(program: &Program) -> Vec<Worker> {
    let mut found = Vec::new();
    for_each_api(program, |file, call, api| {
        let facts = program.facts(file);
        let it = facts.call(call);
        if program.roles[file as usize] != Role::App {
            return;
        }
        let args: Vec<Place> = facts.args(call).iter().map(|expr| Place { file, expr: *expr }).collect();
        let processors = args.iter().filter_map(|at| function(program, *at)).collect();
        let at = facts.span(it.expr);
        if queues::makes_worker(api, it.kind) {
            let name = first_text(program, file, call);
            let options = args.get(2).copied().into_iter().collect();
            found.push(Worker { file, at, name, processors, options, has_number: false });
        } else if queues::processes(api) {
            let Expr::Member { object, .. } = facts.expr(it.callee) else { return };
            let makings = program.made_by(Place { file, expr: object }).calls;
            let name = makings.iter().find_map(|(file, call)| first_text(program, *file, *call));
            let last = args.len().saturating_sub(1);
            let has_number = args
                .iter()
                .take(last)
                .any(|at| program.eval(*at).choices().iter().any(|it| *it != Value::Text));
            found.push(Worker { file, at, name, processors, options: Vec::new(), has_number });
        }
    });
    for file in 0..program.files.len() as u32 {
        found.extend(decorated(program, file));
    }
    found
}

impl Worker {
    /// Whether it says one of these options.
    pub(super) fn given(&self, program: &Program, names: &[&str]) -> Given {
        let mut answer = if self.has_number { Given::Yes } else { Given::No };
        for at in &self.options {
            match program.given(*at, names) {
                Given::Yes => return Given::Yes,
                Given::No => {}
                _ => answer = Given::Unknown,
            }
        }
        answer
    }
}

/// Classes of Nest that process a queue: `@Processor('mail')` with `process` or methods with `@Process()`.
fn decorated(program: &Program, file: u32) -> Vec<Worker> {
    let facts = program.facts(file);
    if program.roles[file as usize] != Role::App {
        return Vec::new();
    }
    let mut found = Vec::new();
    for class in &facts.classes {
        let Some(decorator) = class.decorators.iter().find(|it| is_named(facts, **it, "Processor")) else {
            continue;
        };
        let Expr::Call(call) = facts.expr(*decorator) else { continue };
        let place = |expr: &ExprId| Place { file, expr: *expr };
        let name = first_text(program, file, call)
            .or_else(|| shape(program, property(program, place(facts.args(call).first()?), "name")?));
        for member in &class.members {
            let MemberKind::Method(id) = member.kind else { continue };
            let process = member.decorators.iter().find(|it| is_named(facts, **it, "Process"));
            if process.is_none() && facts.name(member.name) != "process" {
                continue;
            }
            let mut options: Vec<Place> = facts.args(call).iter().map(place).collect();
            if let Some(Expr::Call(call)) = process.map(|it| facts.expr(*it)) {
                options.extend(facts.args(call).iter().map(place));
            }
            options.retain(|at| program.eval(*at) != Value::Text);
            found.push(Worker {
                file,
                at: process.map_or(facts.span(*decorator), |it| facts.span(*it)),
                name: name.clone(),
                processors: vec![FnRef { file, id }],
                options,
                has_number: false,
            });
        }
    }
    found
}

/// The name of the queue that Nest injects: `@InjectQueue('mail') private mail: Queue`.
fn injected_name(program: &Program, file: u32, call: CallId, queue: ExprId) -> Option<String> {
    let facts = program.facts(file);
    let Expr::Member { object, property } = facts.expr(queue) else { return None };
    if facts.expr(object) != Expr::This {
        return None;
    }
    let class = facts.class(class_around(facts, facts.call(call).function)?);
    let injected = class.constructor.into_iter().flat_map(|id| &facts.function(id).params);
    let by_constructor = injected.filter(|it| it.name == Some(property)).flat_map(|it| &it.decorators);
    let by_field = class.members.iter().filter(|it| it.name == property).flat_map(|it| &it.decorators);
    by_constructor.chain(by_field).filter(|it| is_named(facts, **it, "InjectQueue")).find_map(
        |it| match facts.expr(*it) {
            Expr::Call(call) => first_text(program, file, call),
            _ => None,
        },
    )
}

fn class_around(facts: &FileFacts, function: FnId) -> Option<crate::facts::ClassId> {
    std::iter::successors(Some(function), |id| facts.function(*id).parent)
        .find_map(|id| facts.function(id).class)
}

fn is_named(facts: &FileFacts, decorator: ExprId, name: &str) -> bool {
    match facts.expr(decorator) {
        Expr::Call(call) => callee_name(facts, facts.call(call).callee) == name,
        _ => false,
    }
}

/// The first argument as text.
fn first_text(program: &Program, file: u32, call: CallId) -> Option<String> {
    let expr = *program.facts(file).args(call).first()?;
    shape(program, Place { file, expr }).filter(|it| !it.contains('*'))
}

fn function(program: &Program, at: Place) -> Option<FnRef> {
    program.eval(at).choices().iter().find_map(|it| match it {
        Value::Function(function) => Some(*function),
        _ => None,
    })
}

fn for_each_api(program: &Program, mut look: impl FnMut(u32, CallId, &crate::program::Api)) {
    for (file, targets) in program.targets.iter().enumerate() {
        for (n, target) in targets.iter().enumerate() {
            let call = CallId(n as u32);
            if let Target::Api(api) = target
                && program.facts(file as u32).call(call).kind != CallKind::Jsx
            {
                look(file as u32, call, api);
            }
        }
    }
}
