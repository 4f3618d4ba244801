//! Entry points: where requests, jobs and schedules enter the program, and what they reach.

mod background;
mod conventions;
mod folders;
mod reach;
mod registered;
mod typed;

use rustc_hash::FxHashSet;

use crate::facts::{CallId, Expr, ExprId, FileFacts, MemberKind, PropKey, Span};
use crate::place::Place;

use super::Program;
use super::libraries;
use super::roles::Role;
use super::value::{ClassRef, FnRef, Value};

/// How work enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum EntryKind {
    /// An HTTP route, page, GraphQL resolver, tRPC procedure or server action.
    Request,
    /// A queue processor, event or message handler, workflow activity.
    Job,
    Schedule,
    /// Handed to a library that calls it; which way is not known.
    Callback,
    /// Exported by a package without entry points of its own.
    Export,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub function: FnRef,
    pub kind: EntryKind,
    /// For people: `GET /posts`, `@Cron`, `page`.
    pub label: String,
}

impl Entry {
    /// True where somebody waits for the answer: not what a framework calls while it builds pages or starts.
    pub(super) fn is_served(&self) -> bool {
        let while_building =
            ["generateStaticParams", "generateSitemaps", "getStaticProps", "getStaticPaths", "register"];
        self.kind == EntryKind::Request && !while_building.contains(&self.label.as_str())
    }
}

/// Who leads to a function on the shortest way from an entry point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Entry(u32),
    Call {
        file: u32,
        call: CallId,
    },
    /// Defined or handed over in this function.
    Within(FnRef),
    /// By the name of the method alone.
    Named(FnRef),
}

impl Program {
    pub(super) fn find_entries(&mut self) {
        let mut entries: Vec<Entry> = Vec::new();
        for file in 0..self.files.len() as u32 {
            if !matches!(self.roles[file as usize], Role::App) {
                continue;
            }
            self.decorated_entries(file, &mut entries);
            self.convention_entries(file, &mut entries);
            self.registered_entries(file, &mut entries);
            self.folder_entries(file, &mut entries);
        }
        let mut seen = FxHashSet::default();
        entries.retain(|entry| seen.insert(entry.function));
        self.entries = entries;
        self.mark_reached();
        self.add_entries_out_of_sight(&mut seen);
        if self.entries.is_empty() {
            self.add_exports();
        }
    }

    /// A package that nothing enters is called by its exports.
    fn add_exports(&mut self) {
        let mut entries = Vec::new();
        for file in 0..self.files.len() as u32 {
            if self.roles[file as usize] == Role::App {
                self.exported_functions(file, |_| true, EntryKind::Export, &mut entries);
            }
        }
        let mut seen = FxHashSet::default();
        entries.retain(|entry| seen.insert(entry.function));
        self.entries = entries;
        self.mark_reached();
    }

    /// What runs on its own or is typed as a handler, where no other entry point leads to it.
    fn add_entries_out_of_sight(&mut self, seen: &mut FxHashSet<FnRef>) {
        let mut more = Vec::new();
        for file in 0..self.files.len() as u32 {
            if self.roles[file as usize] != Role::App || self.draws_pages(file) || self.is_browser_code(file)
            {
                continue;
            }
            self.background_entries(file, &mut more);
            self.typed_entries(file, &mut more);
        }
        more.retain(|entry| self.origin(entry.function).is_none() && seen.insert(entry.function));
        if !more.is_empty() {
            self.entries.extend(more);
            self.mark_reached();
        }
    }

    fn decorated_entries(&self, file: u32, entries: &mut Vec<Entry>) {
        let facts = &self.files[file as usize];
        for (n, class) in facts.classes.iter().enumerate() {
            let class_ref = ClassRef { file, id: crate::facts::ClassId(n as u32) };
            let class_decorators: Vec<String> =
                class.decorators.iter().filter_map(|it| self.decorator(file, *it)).collect();
            let is_worker = class_decorators
                .iter()
                .any(|name| matches!(name.as_str(), "Processor" | "Process" | "Worker" | "EventsHandler"));
            let answers = class_decorators
                .iter()
                .any(|name| matches!(name.as_str(), "CommandHandler" | "QueryHandler" | "Command"));
            let is_framework = self.base_api(class_ref).is_some_and(|api| {
                self.prisma_client_type(&api).is_none() && !is_plain_base(&api.package, &api.path)
            }) || class
                .implements
                .iter()
                .any(|ty| matches!(self.type_value(file, *ty), Value::Api(api) if !is_lifecycle(&api.path)));
            for member in &class.members {
                let (id, name) = match &member.kind {
                    MemberKind::Method(id) => (*id, facts.name(member.name)),
                    MemberKind::Field(field) => match field.value.map(|value| facts.expr(value)) {
                        Some(Expr::Function(id)) => (id, facts.name(member.name)),
                        _ => continue,
                    },
                    MemberKind::Getter(_) => continue,
                };
                let function = FnRef { file, id };
                let mut decorators = member
                    .decorators
                    .iter()
                    .filter_map(|it| self.decorator(file, *it).map(|name| (name, *it)));
                let found = decorators.find_map(|(name, expr)| {
                    Some((decorator_kind(&name)?, self.route_label(file, &name, expr)))
                });
                if let Some((kind, label)) = found {
                    entries.push(Entry { function, kind, label });
                } else if answers && matches!(name, "execute" | "run") {
                    entries.push(Entry { function, kind: EntryKind::Request, label: name.to_owned() });
                } else if is_worker && matches!(name, "process" | "handle" | "run") {
                    entries.push(Entry { function, kind: EntryKind::Job, label: format!("worker {name}") });
                } else if is_framework && name != "constructor" {
                    entries.push(Entry { function, kind: EntryKind::Callback, label: name.to_owned() });
                }
            }
        }
    }

    /// The name of a decorator that comes from a library or cannot be followed.
    fn decorator(&self, file: u32, expr: ExprId) -> Option<String> {
        let facts = &self.files[file as usize];
        let callee = match facts.expr(expr) {
            Expr::Call(call) => facts.call(call).callee,
            _ => expr,
        };
        match self.eval(Place { file, expr: callee }) {
            Value::Api(api) => Some(api.last().to_owned()),
            Value::Function(_) | Value::Unknown => {
                Some(super::iterations::callee_name(facts, callee).to_owned())
            }
            _ => None,
        }
    }

    fn route_label(&self, file: u32, name: &str, decorator: ExprId) -> String {
        let facts = &self.files[file as usize];
        let path = match facts.expr(decorator) {
            Expr::Call(call) => facts.args(call).first().and_then(|arg| match facts.expr(*arg) {
                Expr::Str(text) => Some(facts.name(text)),
                _ => None,
            }),
            _ => None,
        };
        let verb = matches!(name, "Get" | "Post" | "Put" | "Patch" | "Delete");
        match path {
            Some(path) if verb => format!("{} {}", name.to_ascii_uppercase(), path),
            Some(path) => format!("@{name}({path})"),
            None if verb => name.to_ascii_uppercase(),
            None => format!("@{name}"),
        }
    }

    /// Functions among the arguments of a call, in objects and nested calls too.
    pub(super) fn functions_in_arguments(&self, file: u32, call: CallId) -> Vec<FnRef> {
        let mut found = Vec::new();
        for arg in self.files[file as usize].args(call) {
            self.functions_in(file, *arg, 0, &mut found);
        }
        found
    }

    pub(super) fn functions_in(&self, file: u32, expr: ExprId, depth: u32, found: &mut Vec<FnRef>) {
        if depth > 5 {
            return;
        }
        let facts = &self.files[file as usize];
        match facts.expr(expr) {
            Expr::Function(id) => found.push(FnRef { file, id }),
            Expr::Object(list) => {
                for prop in facts.props(list) {
                    if !matches!(prop.key, PropKey::Computed(_)) {
                        self.functions_in(file, prop.value, depth + 1, found);
                    }
                }
            }
            Expr::Array(list) if self.names_method(file, facts.list(list)).is_some() => {
                found.extend(self.names_method(file, facts.list(list)));
            }
            Expr::Array(list) | Expr::Choice(list) => {
                for item in facts.list(list) {
                    self.functions_in(file, *item, depth + 1, found);
                }
            }
            Expr::Call(inner) => {
                for arg in facts.args(inner) {
                    self.functions_in(file, *arg, depth + 1, found);
                }
                match self.eval(Place { file, expr }) {
                    Value::Function(function) | Value::Memoized(function, _) => found.push(function),
                    // Handlers made in one place: `{ ...posts(db), ...likes(db) }`.
                    Value::Object(at) if depth < 3 => self.functions_in(at.file, at.expr, depth + 1, found),
                    _ => {}
                }
            }
            Expr::Cast { expr, .. } | Expr::Await(expr) | Expr::Spread(expr) => {
                self.functions_in(file, expr, depth + 1, found);
            }
            Expr::Symbol(_) | Expr::Member { .. } => match self.eval(Place { file, expr }) {
                Value::Function(function) | Value::Memoized(function, _) => found.push(function),
                Value::Object(at) if depth < 3 => self.functions_in(at.file, at.expr, depth + 1, found),
                // `import * as activities`, handed over whole.
                Value::Module(module) if depth > 0 => {
                    found.extend(self.module_functions(module).into_iter().map(|(_, function)| function));
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// The method that a pair of a class and a name stands for: `[UsersController, 'index']`.
    fn names_method(&self, file: u32, pair: &[ExprId]) -> Option<FnRef> {
        let [class, name] = pair else { return None };
        let Expr::Str(name) = self.files[file as usize].expr(*name) else { return None };
        let Value::Class(class) = self.eval(Place { file, expr: *class }) else { return None };
        match self.member_named(class, self.files[file as usize].name(name))? {
            (owner, MemberKind::Method(id)) => Some(FnRef { file: owner.file, id: *id }),
            _ => None,
        }
    }
}

fn decorator_spans(facts: &FileFacts) -> Vec<Span> {
    let of_functions = facts
        .functions
        .iter()
        .flat_map(|it| it.decorators.iter().chain(it.params.iter().flat_map(|param| &param.decorators)));
    let of_classes = facts
        .classes
        .iter()
        .flat_map(|it| it.decorators.iter().chain(it.members.iter().flat_map(|member| &member.decorators)));
    of_functions.chain(of_classes).map(|expr| facts.span(*expr)).collect()
}

fn decorator_kind(name: &str) -> Option<EntryKind> {
    Some(match name {
        "Get" | "Post" | "Put" | "Patch" | "Delete" | "All" | "Head" | "Options" | "Sse" | "Query"
        | "Mutation" | "Subscription" | "ResolveField" | "ResolveReference" | "FieldResolver"
        | "SubscribeMessage" | "HttpCode" | "Route" | "GrpcMethod" | "TsRestHandler" | "GET" | "POST"
        | "PUT" | "PATCH" | "DELETE" | "httpGet" | "httpPost" | "httpPut" | "httpPatch" | "httpDelete"
        | "get" | "post" | "put" | "patch" | "del" => EntryKind::Request,
        "Process" | "OnEvent" | "EventPattern" | "MessagePattern" | "OnWorkerEvent" | "OnQueueEvent"
        | "ActivityMethod" | "Activity" | "RabbitSubscribe" | "SqsMessageHandler" | "KafkaListener"
        | "Tool" | "EventsHandler" | "RabbitRPC" | "KafkaSubscribe" | "Consumer" => EntryKind::Job,
        "Cron" | "Interval" | "Timeout" | "Schedule" => EntryKind::Schedule,
        "Command" | "Transform" | "Type" | "Column" | "IsString" | "Inject" | "Override" => return None,
        name if name.chars().next().is_some_and(char::is_uppercase)
            && (name.ends_with("Method")
                || name.ends_with("Handler")
                || name.ends_with("Resolver")
                || name.ends_with("Mapping")) =>
        {
            EntryKind::Callback
        }
        _ => return None,
    })
}

fn registration_kind(package: &str, name: &str) -> EntryKind {
    match (package, name) {
        ("bull" | "bullmq" | "bee-queue" | "agenda" | "inngest" | "pg-boss" | "graphile-worker", _) => {
            EntryKind::Job
        }
        ("node-cron" | "cron" | "croner" | "node-schedule" | "toad-scheduler", _)
        | (_, "schedule" | "cron") => EntryKind::Schedule,
        (package, _) if libraries::reads_command_line(package) => EntryKind::Callback,
        (
            _,
            "get" | "post" | "put" | "patch" | "delete" | "all" | "openapi" | "use" | "route" | "query"
            | "mutation" | "subscription" | "action" | "handler",
        ) => EntryKind::Request,
        _ => EntryKind::Callback,
    }
}

/// Interfaces that mark start-up and shut-down, not work for users.
fn is_lifecycle(path: &str) -> bool {
    [
        "OnModuleInit",
        "OnModuleDestroy",
        "OnApplicationBootstrap",
        "OnApplicationShutdown",
        "BeforeApplicationShutdown",
    ]
    .iter()
    .any(|name| path.starts_with(name))
}

fn is_plain_base(package: &str, path: &str) -> bool {
    package == "global"
        && (path.ends_with("Error") || matches!(path, "Array" | "Map" | "Set" | "Object" | "Promise"))
        || matches!(package, "react" | "events" | "node:events" | "eventemitter3")
        // Rows and repositories are called by the program.
        || crate::orm::of_package(package).is_some()
        || path.ends_with("Exception")
}
