//! Functions handed to libraries, or to wrappers of the program, to be called later: routes, procedures, workers.

use super::{Entry, EntryKind, decorator_spans, registration_kind};
use crate::facts::{CallId, CallKind, Expr, ExprId, FnId};
use crate::place::Place;
use crate::program::targets::Target;
use crate::program::value::Value;
use crate::program::{Program, callee_name, graph, libraries};

impl Program {
    /// Functions handed to libraries to be called later: routes, procedures, workers.
    pub(super) fn registered_entries(&self, file: u32, entries: &mut Vec<Entry>) {
        let facts = &self.files[file as usize];
        let decorators = decorator_spans(facts);
        for (n, call) in facts.calls.iter().enumerate() {
            let id = CallId(n as u32);
            let at = facts.span(call.expr);
            // Functions in decorators name types: `@Query(() => Post)`.
            if call.kind == CallKind::Jsx || decorators.iter().any(|it| it.contains(at)) {
                continue;
            }
            let at_top = call.function == FnId(0);
            let (registers, package, name) = match &self.targets[file as usize][n] {
                // `export default defineEventHandler(…)`: frameworks that import by themselves.
                Target::Api(api) if api.package == "global" => {
                    let is_given = at_top && api.path.starts_with("define") && !api.path.contains('.');
                    (is_given, "", if is_given { "handler" } else { "" })
                }
                Target::Api(api) => {
                    let iterates = libraries::iterating_function(api) || libraries::memoizes(api).is_some();
                    let is_scheduler = matches!(
                        registration_kind(&api.package, api.last()),
                        EntryKind::Job | EntryKind::Schedule
                    );
                    let keeps = at_top
                        || is_scheduler
                        || graph::is_registrar(api.last())
                        || self.hands_over_methods(file, id);
                    (!iterates && keeps, api.package.as_str(), api.last())
                }
                Target::Unresolved | Target::Plain => {
                    let name = callee_name(facts, call.callee);
                    (
                        libraries::iterating_method(name).is_none() && (at_top || graph::is_registrar(name)),
                        "",
                        name,
                    )
                }
                // Wrappers of the program around a handler, as a module sets itself up.
                Target::Functions(..) => (at_top, "", callee_name(facts, call.callee)),
                _ => (false, "", ""),
            };
            let is_route = self.names_a_route(file, id);
            let is_global =
                matches!(&self.targets[file as usize][n], Target::Api(api) if api.package == "global");
            let takes_handler = !is_global && self.hands_over_handler(file, id);
            if !registers && !is_route && !takes_handler {
                continue;
            }
            let is_request = is_route || (takes_handler && self.hands_over_route(file, id));
            let kind = if is_request { EntryKind::Request } else { registration_kind(package, name) };
            for function in self.functions_in_arguments(file, id) {
                entries.push(Entry { function, kind, label: self.registration_label(file, id, name) });
            }
        }
    }

    /// A wrapper of the program that registers a handler: `page(router, '/users', [guard], users.list)`.
    fn names_a_route(&self, file: u32, call: CallId) -> bool {
        let facts = &self.files[file as usize];
        if !matches!(self.targets[file as usize][call.index()], Target::Functions(..) | Target::Unresolved) {
            return false;
        }
        let args = facts.args(call);
        let path = args.iter().position(|arg| match facts.expr(*arg) {
            Expr::Str(text) => facts.name(text).starts_with('/'),
            Expr::Template(list) => facts.list(list).first().is_some_and(
                |first| matches!(facts.expr(*first), Expr::Str(text) if facts.name(text).starts_with('/')),
            ),
            _ => false,
        });
        let Some(path) = path else { return false };
        // The handler comes last and by name: a callback written on the spot may be anything. Methods that are named
        // like those of HTTP may take more behind it.
        let verb = callee_name(facts, facts.call(call).callee);
        let is_verb =
            matches!(verb, "get" | "post" | "put" | "patch" | "delete" | "del" | "all" | "route" | "use");
        let mut after = args[path + 1..].iter().rev();
        let mut is_named = after.by_ref().take(if is_verb { usize::MAX } else { 1 });
        is_named.any(|arg| self.is_named_function(file, *arg))
    }

    /// A function that stands elsewhere: `users.list`, `this.list.bind(this)`.
    fn is_named_function(&self, file: u32, expr: ExprId) -> bool {
        let facts = &self.files[file as usize];
        let is_name = match facts.expr(expr) {
            Expr::Member { .. } | Expr::Symbol(_) => true,
            Expr::Call(call) => callee_name(facts, facts.call(call).callee) == "bind",
            _ => false,
        };
        is_name && matches!(self.eval(Place { file, expr }), Value::Function(_) | Value::Memoized(..))
    }

    /// True for a call that hands over an object with a `handler` and the path or method it answers.
    fn hands_over_route(&self, file: u32, call: CallId) -> bool {
        let facts = &self.files[file as usize];
        facts.args(call).iter().any(|arg| match facts.expr(*arg) {
            Expr::Object(list) => {
                ["path", "url", "method", "route"].iter().any(|name| facts.property(list, name).is_some())
            }
            _ => false,
        })
    }

    /// True for a call that hands over an object with a `handler`: a route, job or tool as most frameworks take it.
    fn hands_over_handler(&self, file: u32, call: CallId) -> bool {
        let facts = &self.files[file as usize];
        facts.args(call).iter().any(|arg| match facts.expr(*arg) {
            Expr::Object(list) => facts.property(list, "handler").is_some_and(|value| {
                matches!(facts.expr(value), Expr::Function(_)) || self.is_named_function(file, value)
            }),
            _ => false,
        })
    }

    /// `createTool({ execute: async () => … })`: an object with functions, for the library to call.
    fn hands_over_methods(&self, file: u32, call: CallId) -> bool {
        let facts = &self.files[file as usize];
        facts.call(call).kind == CallKind::Call
            && facts.args(call).iter().any(|arg| match facts.expr(*arg) {
                Expr::Object(list) => {
                    facts.props(list).iter().any(|prop| matches!(facts.expr(prop.value), Expr::Function(_)))
                }
                _ => false,
            })
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
}
