//! Modules that a program chooses by a computed name: ``require(`./${name}`)``, `import(path.join(__dirname, 'jobs', file))`.
//!
//! The text that the path begins with is a folder: what is loaded is one of its files.

use rustc_hash::FxHashMap;

use super::Program;
use super::iterations::callee_name;
use super::roles::Role;
use super::value::{MAX_CHOICES, Value};
use crate::facts::{BinaryOp, CallId, Expr, ExprId};
use crate::place::Place;
use crate::resolve::path;

/// The files of each folder.
pub(super) type Folders = FxHashMap<String, Vec<u32>>;

/// A chain of names and joined parts longer than this is not real code.
const MAX_DEPTH: u32 = 8;

/// The beginning of a path.
struct Lead {
    text: String,
    /// Nothing follows that is not known.
    is_whole: bool,
}

impl Program {
    /// What a call of `require` or `import` with a computed path gives: one of the modules of a folder.
    pub(super) fn module_chosen(&self, file: u32, call: CallId) -> Value {
        let modules = self.modules_chosen(file, call);
        if modules.len() > MAX_CHOICES {
            return Value::Unknown;
        }
        Value::join(modules.into_iter().map(Value::Module))
    }

    /// The modules that a call of `require` or `import` with a computed path may load.
    pub(super) fn modules_chosen(&self, file: u32, call: CallId) -> Vec<u32> {
        let facts = &self.files[file as usize];
        let own = facts.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let lead = facts.args(call).first().and_then(|arg| self.lead(file, *arg, 0));
        let Some(Lead { text, .. }) = lead.filter(|it| !it.is_whole && it.text.starts_with('.')) else {
            return Vec::new();
        };
        let (folder, start) = text.rsplit_once('/').unwrap_or((text.as_str(), ""));
        let Some(folder) = path::join(own, folder) else { return Vec::new() };
        let folders = self.folders.get_or_init(|| self.files_by_folder());
        let is_meant = |it: &&u32| {
            let path = &self.files[**it as usize].path;
            let name = path.strip_prefix(&folder).map_or("", |rest| rest.trim_start_matches('/'));
            **it != file && self.roles[**it as usize] == Role::App && name.starts_with(start)
        };
        folders.get(&folder).into_iter().flatten().filter(is_meant).copied().collect()
    }

    /// A file called `index` belongs to the folder around its own as well.
    fn files_by_folder(&self) -> Folders {
        let mut folders = Folders::default();
        for (n, facts) in self.files.iter().enumerate() {
            let (folder, name) = facts.path.rsplit_once('/').unwrap_or(("", &facts.path));
            folders.entry(folder.to_owned()).or_default().push(n as u32);
            if name.starts_with("index.") && !folder.is_empty() {
                let around = folder.rsplit_once('/').map_or("", |(around, _)| around);
                folders.entry(around.to_owned()).or_default().push(n as u32);
            }
        }
        folders
    }

    /// What a path begins with; `__dirname` is `.`.
    fn lead(&self, file: u32, expr: ExprId, depth: u32) -> Option<Lead> {
        if depth > MAX_DEPTH {
            return None;
        }
        let facts = &self.files[file as usize];
        let again = |expr: ExprId| self.lead(file, expr, depth + 1);
        match facts.expr(expr) {
            Expr::Str(text) => Some(Lead { text: facts.name(text).to_owned(), is_whole: true }),
            Expr::Global(name) if facts.name(name) == "__dirname" => Some(own_folder()),
            Expr::Symbol(symbol) if facts.name(facts.symbol(symbol).name) == "__dirname" => {
                Some(own_folder())
            }
            Expr::Symbol(symbol) if facts.symbol(symbol).assignments.is_empty() => {
                facts.symbol(symbol).definition.and_then(again)
            }
            Expr::Template(list) => Some(joined(facts.list(list).iter().map(|part| again(*part)), "")),
            Expr::Binary { op: BinaryOp::Add, left, right } => {
                Some(joined([left, right].into_iter().map(again), ""))
            }
            Expr::Call(call)
                if matches!(callee_name(facts, facts.call(call).callee), "join" | "resolve")
                    && self.is_of_path(file, call) =>
            {
                Some(joined(facts.args(call).iter().map(|part| again(*part)), "/"))
            }
            _ => None,
        }
    }

    fn is_of_path(&self, file: u32, call: CallId) -> bool {
        let callee = self.files[file as usize].call(call).callee;
        matches!(self.eval(Place { file, expr: callee }), Value::Api(api)
            if matches!(api.package.trim_start_matches("node:"), "path" | "path/posix" | "pathe"))
    }
}

fn own_folder() -> Lead {
    Lead { text: ".".to_owned(), is_whole: true }
}

/// The parts one after another, as far as they are known.
fn joined(parts: impl Iterator<Item = Option<Lead>>, between: &str) -> Lead {
    let mut whole = Lead { text: String::new(), is_whole: true };
    for (n, part) in parts.enumerate() {
        if n > 0 {
            whole.text.push_str(between);
        }
        match part {
            Some(part) => {
                whole.text.push_str(&part.text);
                whole.is_whole = part.is_whole;
            }
            None => whole.is_whole = false,
        }
        if !whole.is_whole {
            break;
        }
    }
    whole
}
