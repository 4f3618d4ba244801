//! Files whose exports a framework calls by their place and name: Next.js, Remix, Temporal, server actions.

use std::collections::BTreeSet;

use super::{Entry, EntryKind};
use crate::facts::{ExportTarget, Expr, FnId};
use crate::place::Place;
use crate::program::Program;
use crate::program::targets::Target;
use crate::program::value::{FnRef, Value};

impl Program {
    /// Files whose exports a framework calls by their place and name.
    pub(super) fn convention_entries(&self, file: u32, entries: &mut Vec<Entry>) {
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
        if self.is_workflow_file(file) {
            self.exported_functions(file, |_| true, EntryKind::Job, entries);
        }
        self.platform_entries(file, entries);
        let Some(convention) = Convention::of(&facts.path, self.dependencies_of(&facts.path)) else { return };
        // `instrumentation.ts` runs once, as the server starts.
        let starts = facts.path.rsplit('/').next().is_some_and(|name| name.starts_with("instrumentation."));
        let kind = if starts { EntryKind::Callback } else { EntryKind::Request };
        self.exported_functions(file, |name| convention.calls(name), kind, entries);
    }

    /// What hosts of single functions call: `handler` of AWS Lambda, `{ fetch }` of Cloudflare, Bun and Deno.
    fn platform_entries(&self, file: u32, entries: &mut Vec<Entry>) {
        let facts = &self.files[file as usize];
        let dependencies = self.dependencies_of(&facts.path);
        let is_lambda = LAMBDA.iter().any(|name| dependencies.contains(*name));
        if is_lambda {
            let wanted = |name: &str| matches!(name, "handler" | "lambdaHandler");
            self.exported_functions(file, wanted, EntryKind::Request, entries);
        }
        let Some(default) = self.exports[file as usize].default else { return };
        if let Expr::Object(list) = facts.expr(default) {
            for (name, kind) in [
                ("fetch", EntryKind::Request),
                ("scheduled", EntryKind::Schedule),
                ("queue", EntryKind::Job),
                ("email", EntryKind::Job),
            ] {
                if let Some(Expr::Function(id)) = facts.property(list, name).map(|it| facts.expr(it)) {
                    entries.push(Entry { function: FnRef { file, id }, kind, label: name.to_owned() });
                }
            }
        }
    }

    /// Temporal calls the exports of workflow files by name.
    fn is_workflow_file(&self, file: u32) -> bool {
        self.targets[file as usize]
            .iter()
            .any(|target| matches!(target, Target::Api(api) if api.package == "@temporalio/workflow"))
    }

    pub(super) fn exported_functions(
        &self,
        file: u32,
        wanted: impl Fn(&str) -> bool,
        kind: EntryKind,
        entries: &mut Vec<Entry>,
    ) {
        let facts = &self.files[file as usize];
        for export in &facts.exports {
            let (name, value) = match &export.target {
                ExportTarget::Value { exported, value } => (facts.name(*exported), *value),
                ExportTarget::Default(value) => ("default", *value),
                ExportTarget::From { exported, imported: Some(_), .. } => {
                    let name = facts.name(*exported);
                    if wanted(name)
                        && let Some(found) = self.exported(file, name, 0)
                        && let Value::Function(function) | Value::Memoized(function, _) =
                            self.exported_value(&found)
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
            if let Value::Function(function) | Value::Memoized(function, _) =
                self.eval(Place { file, expr: value })
            {
                found.push(function);
            }
            entries.extend(found.into_iter().map(|function| Entry {
                function,
                kind,
                label: name.to_owned(),
            }));
        }
    }
}

/// Packages of programs whose functions run on AWS Lambda or alike.
const LAMBDA: &[&str] = &[
    "aws-lambda",
    "@types/aws-lambda",
    "serverless",
    "serverless-offline",
    "aws-cdk-lib",
    "sst",
    "@middy/core",
    "@netlify/functions",
    "@serverless/typescript",
];

/// Frameworks that call exports by file name.
enum Convention {
    NextRoute,
    NextPage,
    NextPagesApi,
    RemixRoute,
    SvelteServer,
    AstroPage,
    NitroHandler,
}

impl Convention {
    fn of(path: &str, dependencies: &BTreeSet<String>) -> Option<Self> {
        let file = path.rsplit('/').next()?;
        let (stem, extension) = file.split_once('.')?;
        if !matches!(extension, "ts" | "tsx" | "js" | "jsx" | "mjs")
            && !extension.ends_with("tsx")
            && !extension.ends_with("ts")
        {
            return None;
        }
        let in_folder = |name: &str| path.split('/').any(|folder| folder == name);
        if dependencies.contains("next") {
            if in_folder("app") && stem == "route" {
                return Some(Self::NextRoute);
            }
            if in_folder("app")
                && matches!(
                    stem,
                    "page"
                        | "layout"
                        | "template"
                        | "default"
                        | "not-found"
                        | "sitemap"
                        | "robots"
                        | "opengraph-image"
                        | "icon"
                )
            {
                return Some(Self::NextPage);
            }
            if in_folder("pages") || matches!(stem, "middleware" | "instrumentation" | "proxy") {
                return Some(Self::NextPagesApi);
            }
        }
        let is_remix = dependencies.iter().any(|name| {
            name.starts_with("@remix-run/") || name.starts_with("@react-router/") || name == "react-router"
        });
        if is_remix && (in_folder("routes") || matches!(stem, "root" | "entry")) {
            return Some(Self::RemixRoute);
        }
        if dependencies.contains("@sveltejs/kit")
            && (matches!(stem, "+server" | "hooks") || file.starts_with('+') && file.contains(".server."))
        {
            return Some(Self::SvelteServer);
        }
        if dependencies.contains("astro") && in_folder("pages") {
            return Some(Self::AstroPage);
        }
        let is_nitro = ["nuxt", "nitropack", "nitro"].iter().any(|name| dependencies.contains(*name));
        let is_handler = ["api", "routes", "middleware", "plugins", "tasks"].iter().any(|it| in_folder(it));
        if is_nitro && in_folder("server") && is_handler {
            return Some(Self::NitroHandler);
        }
        None
    }

    fn calls(&self, name: &str) -> bool {
        match self {
            Self::NextRoute => matches!(
                name,
                "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS" | "generateStaticParams"
            ),
            Self::NextPage => {
                matches!(name, "default" | "generateMetadata" | "generateStaticParams" | "generateSitemaps")
            }
            Self::NextPagesApi => {
                matches!(
                    name,
                    "default"
                        | "getServerSideProps"
                        | "getStaticProps"
                        | "getStaticPaths"
                        | "middleware"
                        | "proxy"
                        | "register"
                )
            }
            Self::SvelteServer => matches!(
                name,
                "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "load" | "actions" | "handle" | "handleFetch"
            ),
            Self::AstroPage => matches!(name, "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "ALL"),
            Self::NitroHandler => name == "default",
            Self::RemixRoute => {
                matches!(name, "default" | "loader" | "action" | "meta" | "headers" | "handleRequest")
            }
        }
    }
}
