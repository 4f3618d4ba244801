//! Entry points: where requests, jobs and schedules enter the program, and what they reach.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{CallId, CallKind, Expr, ExprId, ExportTarget, FnId, MemberKind, PropKey};
use crate::place::Place;

use super::Program;
use super::libraries;
use super::roles::Role;
use super::targets::Target;
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

/// Who leads to a function on the shortest way from an entry point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Entry(u32),
    Call { file: u32, call: CallId },
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
            self.registered_entries(file, &mut entries);
            self.convention_entries(file, &mut entries);
        }
        if entries.is_empty() {
            for file in 0..self.files.len() as u32 {
                if self.roles[file as usize] == Role::App {
                    self.exported_functions(file, |_| true, EntryKind::Export, &mut entries);
                }
            }
        }
        let mut seen = FxHashSet::default();
        entries.retain(|entry| seen.insert(entry.function));
        self.entries = entries;
        self.mark_reached();
    }

    fn decorated_entries(&self, file: u32, entries: &mut Vec<Entry>) {
        let facts = &self.files[file as usize];
        for (n, class) in facts.classes.iter().enumerate() {
            let class_ref = ClassRef { file, id: crate::facts::ClassId(n as u32) };
            let class_decorators: Vec<String> = class.decorators.iter().filter_map(|it| self.decorator(file, *it)).collect();
            let is_worker = class_decorators.iter().any(|name| matches!(name.as_str(), "Processor" | "Process" | "Worker"));
            let is_framework = self.base_api(class_ref).is_some_and(|api| self.prisma_client_type(&api).is_none() && !is_plain_base(&api.package, &api.path))
                || class.implements.iter().any(|ty| matches!(self.type_value(file, *ty), Value::Api(api) if !is_lifecycle(&api.path)));
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
                let decorators = member.decorators.iter().filter_map(|it| self.decorator(file, *it).map(|name| (name, *it)));
                let found = decorators.filter_map(|(name, expr)| Some((decorator_kind(&name)?, self.route_label(file, &name, expr)))).next();
                if let Some((kind, label)) = found {
                    entries.push(Entry { function, kind, label });
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
            Value::Function(_) | Value::Unknown => Some(super::iterations::callee_name(facts, callee).to_owned()),
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

    /// Functions handed to libraries to be called later: routes, procedures, workers.
    fn registered_entries(&self, file: u32, entries: &mut Vec<Entry>) {
        let facts = &self.files[file as usize];
        for (n, call) in facts.calls.iter().enumerate() {
            let id = CallId(n as u32);
            if call.kind == CallKind::Jsx {
                continue;
            }
            let at_top = call.function == FnId(0);
            let (registers, package, name) = match &self.targets[file as usize][n] {
                Target::Api(api) if api.package == "global" => (false, "", ""),
                Target::Api(api) => {
                    let iterates = libraries::iterating_function(api) || libraries::memoizes(api).is_some();
                    (!iterates && (at_top || super::graph::is_registrar(api.last())), api.package.as_str(), api.last())
                }
                Target::Unresolved | Target::Plain => {
                    let name = super::iterations::callee_name(facts, call.callee);
                    (libraries::iterating_method(name).is_none() && (at_top || super::graph::is_registrar(name)), "", name)
                }
                // Wrappers of the program around a handler, as a module sets itself up.
                Target::Functions(..) => (at_top, "", super::iterations::callee_name(facts, call.callee)),
                _ => (false, "", ""),
            };
            if !registers {
                continue;
            }
            let kind = registration_kind(package, name);
            for function in self.functions_in_arguments(file, id) {
                entries.push(Entry { function, kind, label: self.registration_label(file, id, name) });
            }
        }
    }

    fn registration_label(&self, file: u32, call: CallId, name: &str) -> String {
        let facts = &self.files[file as usize];
        let path = facts.args(call).first().and_then(|arg| match facts.expr(*arg) {
            Expr::Str(text) => Some(facts.name(text)),
            _ => None,
        });
        match path {
            Some(path) if path.starts_with('/') => format!("{} {path}", name.to_ascii_uppercase()),
            Some(path) => format!("{name} {path}"),
            None => name.to_owned(),
        }
    }

    /// Functions among the arguments of a call, in objects and nested calls too.
    fn functions_in_arguments(&self, file: u32, call: CallId) -> Vec<FnRef> {
        let mut found = Vec::new();
        for arg in self.files[file as usize].args(call) {
            self.functions_in(file, *arg, 0, &mut found);
        }
        found
    }

    fn functions_in(&self, file: u32, expr: ExprId, depth: u32, found: &mut Vec<FnRef>) {
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
            Expr::Array(list) | Expr::Choice(list) => {
                for item in facts.list(list) {
                    self.functions_in(file, *item, depth + 1, found);
                }
            }
            Expr::Call(inner) => {
                for arg in facts.args(inner) {
                    self.functions_in(file, *arg, depth + 1, found);
                }
                if let Value::Function(function) | Value::Memoized(function, _) = self.eval(Place { file, expr }) {
                    found.push(function);
                }
            }
            Expr::Cast { expr, .. } | Expr::Await(expr) | Expr::Spread(expr) => self.functions_in(file, expr, depth + 1, found),
            Expr::Symbol(_) | Expr::Member { .. } => match self.eval(Place { file, expr }) {
                Value::Function(function) | Value::Memoized(function, _) => found.push(function),
                Value::Object(at) if depth < 3 => self.functions_in(at.file, at.expr, depth + 1, found),
                _ => {}
            },
            _ => {}
        }
    }

    /// Files whose exports a framework calls by their place and name.
    fn convention_entries(&self, file: u32, entries: &mut Vec<Entry>) {
        let facts = &self.files[file as usize];
        if facts.use_server {
            self.exported_functions(file, |_| true, EntryKind::Request, entries);
        }
        for (n, function) in facts.functions.iter().enumerate() {
            if function.use_server {
                let function = FnRef { file, id: FnId(n as u32) };
                entries.push(Entry { function, kind: EntryKind::Request, label: "server action".to_owned() });
            }
        }
        let Some(convention) = Convention::of(&facts.path, self.dependencies_of(&facts.path)) else { return };
        self.exported_functions(file, |name| convention.calls(name), EntryKind::Request, entries);
    }

    fn exported_functions(&self, file: u32, wanted: impl Fn(&str) -> bool, kind: EntryKind, entries: &mut Vec<Entry>) {
        let facts = &self.files[file as usize];
        for export in &facts.exports {
            let (name, value) = match &export.target {
                ExportTarget::Value { exported, value } => (facts.name(*exported), *value),
                ExportTarget::Default(value) => ("default", *value),
                ExportTarget::From { exported, imported: Some(_), .. } => {
                    let name = facts.name(*exported);
                    if wanted(name)
                        && let Some(found) = self.exported(file, name, 0)
                        && let Value::Function(function) | Value::Memoized(function, _) = self.exported_value(&found)
                    {
                        entries.push(Entry { function, kind, label: name.to_owned() });
                    }
                    continue;
                }
                _ => continue,
            };
            if !wanted(name) {
                continue;
            }
            let mut found = Vec::new();
            // `export const GET = withAuth(async () => …)`: the closure inside is what runs.
            let definition = match facts.expr(value) {
                Expr::Symbol(symbol) => facts.symbol(symbol).definition.unwrap_or(value),
                _ => value,
            };
            self.functions_in(file, definition, 0, &mut found);
            if let Value::Function(function) | Value::Memoized(function, _) = self.eval(Place { file, expr: value }) {
                found.push(function);
            }
            entries.extend(found.into_iter().map(|function| Entry { function, kind, label: name.to_owned() }));
        }
    }

    /// Breadth first from the entries, first over calls, then over weaker ties.
    fn mark_reached(&mut self) {
        let mut origin: Vec<Option<Origin>> = vec![None; self.graph.len()];
        let mut pending = std::collections::VecDeque::new();
        for (n, entry) in self.entries.iter().enumerate() {
            origin[self.graph.index(entry.function)] = Some(Origin::Entry(n as u32));
            pending.push_back(entry.function);
        }
        let methods = self.methods_by_name();
        let mut weak: Vec<(FnRef, Origin)> = Vec::new();
        loop {
            while let Some(function) = pending.pop_front() {
                self.successors(function, &methods, |target, how| {
                    let slot = &mut origin[self.graph.index(target)];
                    match how {
                        Origin::Named(_) => weak.push((target, how)),
                        _ if slot.is_none() => {
                            *slot = Some(how);
                            pending.push_back(target);
                        }
                        _ => {}
                    }
                });
            }
            for (target, how) in std::mem::take(&mut weak) {
                let slot = &mut origin[self.graph.index(target)];
                if slot.is_none() {
                    *slot = Some(how);
                    pending.push_back(target);
                }
            }
            if pending.is_empty() {
                break;
            }
        }
        self.origins = origin;
    }

    fn successors(&self, function: FnRef, methods: &FxHashMap<&str, Vec<FnRef>>, mut visit: impl FnMut(FnRef, Origin)) {
        let facts = &self.files[function.file as usize];
        for call in self.graph.calls(function) {
            let how = Origin::Call { file: function.file, call: *call };
            match &self.targets[function.file as usize][call.index()] {
                Target::Functions(targets, _) => targets.iter().for_each(|target| visit(*target, how)),
                Target::Unresolved => {
                    let name = super::iterations::callee_name(facts, facts.call(*call).callee);
                    for target in methods.get(name).into_iter().flatten() {
                        visit(*target, Origin::Named(function));
                    }
                }
                _ => {}
            }
            for handed in self.functions_in_arguments(function.file, *call) {
                visit(handed, Origin::Within(function));
            }
        }
        for closure in self.closures_of(function) {
            visit(closure, Origin::Within(function));
        }
    }

    fn closures_of(&self, function: FnRef) -> impl Iterator<Item = FnRef> + '_ {
        let facts = &self.files[function.file as usize];
        let is_module = function.id == FnId(0);
        facts.functions.iter().enumerate().filter(move |(_, it)| !is_module && it.parent == Some(function.id) && it.class.is_none() | (it.is_arrow)).map(
            move |(n, _)| FnRef { file: function.file, id: FnId(n as u32) },
        )
    }

    /// Methods of classes by name, where few share it.
    fn methods_by_name(&self) -> FxHashMap<&str, Vec<FnRef>> {
        let mut methods: FxHashMap<&str, Vec<FnRef>> = FxHashMap::default();
        for (file, facts) in self.files.iter().enumerate() {
            if self.roles[file] != Role::App {
                continue;
            }
            for class in &facts.classes {
                for member in &class.members {
                    if let MemberKind::Method(id) = member.kind {
                        methods.entry(facts.name(member.name)).or_default().push(FnRef { file: file as u32, id });
                    }
                }
            }
        }
        methods.retain(|name, functions| functions.len() <= 64 && !is_common_method(name));
        methods
    }
}

fn is_common_method(name: &str) -> bool {
    matches!(name, "get" | "set" | "map" | "filter" | "find" | "push" | "then" | "catch" | "forEach" | "toString" | "join" | "has" | "add" | "delete" | "includes")
}

fn decorator_kind(name: &str) -> Option<EntryKind> {
    Some(match name {
        "Get" | "Post" | "Put" | "Patch" | "Delete" | "All" | "Head" | "Options" | "Sse" | "Query" | "Mutation" | "Subscription" | "ResolveField"
        | "ResolveReference" | "FieldResolver" | "SubscribeMessage" | "HttpCode" | "Route" | "GrpcMethod" | "TsRestHandler" => EntryKind::Request,
        "Process" | "OnEvent" | "EventPattern" | "MessagePattern" | "OnWorkerEvent" | "OnQueueEvent" | "ActivityMethod" | "Activity" | "RabbitSubscribe"
        | "SqsMessageHandler" | "KafkaListener" | "Tool" | "EventsHandler" => EntryKind::Job,
        "Cron" | "Interval" | "Timeout" | "Schedule" => EntryKind::Schedule,
        "Command" | "Transform" | "Type" | "Column" | "IsString" | "Inject" | "Override" => return None,
        name if name.chars().next().is_some_and(char::is_uppercase) && (name.ends_with("Method") || name.ends_with("Handler") || name.ends_with("Resolver") || name.ends_with("Mapping")) => {
            EntryKind::Callback
        }
        _ => return None,
    })
}

fn registration_kind(package: &str, name: &str) -> EntryKind {
    match (package, name) {
        ("bull" | "bullmq" | "bee-queue" | "agenda" | "inngest" | "pg-boss" | "graphile-worker", _) => EntryKind::Job,
        ("node-cron" | "cron" | "croner" | "node-schedule" | "toad-scheduler", _) | (_, "schedule" | "cron") => EntryKind::Schedule,
        (_, "get" | "post" | "put" | "patch" | "delete" | "all" | "use" | "route" | "query" | "mutation" | "subscription" | "action" | "handler") => {
            EntryKind::Request
        }
        _ => EntryKind::Callback,
    }
}

/// Interfaces that mark start-up and shut-down, not work for users.
fn is_lifecycle(path: &str) -> bool {
    ["OnModuleInit", "OnModuleDestroy", "OnApplicationBootstrap", "OnApplicationShutdown", "BeforeApplicationShutdown"]
        .iter()
        .any(|name| path.starts_with(name))
}

fn is_plain_base(package: &str, path: &str) -> bool {
    package == "global" && (path.ends_with("Error") || matches!(path, "Array" | "Map" | "Set" | "Object" | "Promise")) || package == "react" || path.ends_with("Exception")
}

/// Frameworks that call exports by file name.
enum Convention {
    NextRoute,
    NextPage,
    NextPagesApi,
    RemixRoute,
}

impl Convention {
    fn of(path: &str, dependencies: &std::collections::BTreeSet<String>) -> Option<Self> {
        let file = path.rsplit('/').next()?;
        let (stem, extension) = file.split_once('.')?;
        if !matches!(extension, "ts" | "tsx" | "js" | "jsx" | "mjs") && !extension.ends_with("tsx") && !extension.ends_with("ts") {
            return None;
        }
        let in_folder = |name: &str| path.split('/').any(|folder| folder == name);
        if dependencies.contains("next") {
            if in_folder("app") && stem == "route" {
                return Some(Self::NextRoute);
            }
            if in_folder("app") && matches!(stem, "page" | "layout" | "template" | "default" | "not-found" | "sitemap" | "robots" | "opengraph-image" | "icon") {
                return Some(Self::NextPage);
            }
            if in_folder("pages") || matches!(stem, "middleware" | "instrumentation" | "proxy") {
                return Some(Self::NextPagesApi);
            }
        }
        let is_remix = dependencies.iter().any(|name| name.starts_with("@remix-run/") || name.starts_with("@react-router/") || name == "react-router");
        if is_remix && (in_folder("routes") || matches!(stem, "root" | "entry")) {
            return Some(Self::RemixRoute);
        }
        None
    }

    fn calls(&self, name: &str) -> bool {
        match self {
            Self::NextRoute => matches!(name, "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS" | "generateStaticParams"),
            Self::NextPage => matches!(name, "default" | "generateMetadata" | "generateStaticParams" | "generateSitemaps"),
            Self::NextPagesApi => {
                matches!(name, "default" | "getServerSideProps" | "getStaticProps" | "getStaticPaths" | "middleware" | "proxy" | "register")
            }
            Self::RemixRoute => matches!(name, "default" | "loader" | "action" | "meta" | "headers" | "handleRequest"),
        }
    }
}
