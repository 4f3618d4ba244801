//! HTTP servers as the program sets them up: where they are made, which routes belong to them, what stands in front.
//!
//! Rules on what a server lacks speak once per server, at the call that makes it, and only where nothing in the tree hints at
//! a proxy or platform that does it.

use crate::facts::{CallId, CallKind};
use crate::program::{Api, Entry, EntryKind, Program, Role, Target};

/// A call that makes a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Server {
    pub file: u32,
    pub call: CallId,
}

/// The servers of application code, the first of each package.
pub(super) fn servers(program: &Program) -> Vec<Server> {
    let mut found: Vec<Server> = Vec::new();
    for (n, targets) in program.targets.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App {
            continue;
        }
        for (n, target) in targets.iter().enumerate() {
            let call = CallId(n as u32);
            if let Target::Api(api) = target
                && makes_server(api, program.facts(file).call(call).kind)
                && !found.iter().any(|it| package(program, it.file) == package(program, file))
            {
                found.push(Server { file, call });
            }
        }
    }
    found
}

fn makes_server(api: &Api, kind: CallKind) -> bool {
    match (api.package.as_str(), api.plain_path()) {
        ("express", "")
        | ("fastify", "" | "fastify" | "Fastify")
        | ("restify", "createServer")
        | ("@nestjs/core", "NestFactory.create") => true,
        ("koa", "") | ("hono", "Hono") | ("@hapi/hapi", "Server") => kind == CallKind::New,
        _ => false,
    }
}

fn package(program: &Program, file: u32) -> &str {
    program.package_folder(&program.facts(file).path).unwrap_or_default()
}

impl Server {
    /// The routes of its package.
    pub(super) fn routes(self, program: &Program) -> impl Iterator<Item = &Entry> {
        let own = package(program, self.file);
        program
            .entries
            .iter()
            .filter(move |it| it.kind == EntryKind::Request && package(program, it.function.file) == own)
    }

    /// True where its package depends on one of these, or the name of a file or import speaks of one of the words.
    pub(super) fn has(self, program: &Program, packages: &[&str], words: &[&str]) -> bool {
        let own = package(program, self.file);
        packages.iter().any(|it| program.depends_on(self.file, it))
            || program.files.iter().enumerate().any(|(n, facts)| {
                package(program, n as u32) == own
                    && program.roles[n] != Role::Test
                    && facts.names.iter().any(|name| {
                        let name = name.to_ascii_lowercase();
                        words.iter().any(|word| name.contains(word))
                    })
            })
    }
}

/// The words of a route: its label and, where files are routes, the path of its file.
pub(super) fn words(program: &Program, entry: &Entry) -> Vec<String> {
    let path = &program.facts(entry.function.file).path;
    let file = path.contains("/api/") || path.contains("/routes/") || path.contains("controller");
    let text = if file { format!("{} {path}", entry.label) } else { entry.label.clone() };
    text.to_ascii_lowercase()
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
