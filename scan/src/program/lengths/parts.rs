//! The lengths of what calls give, of what loops fill, and of the parts of objects.

use super::{Given, Length, Short, longer};
use crate::facts::{CallId, Expr, ExprId, FnId, PropKey, SymbolId};
use crate::place::Place;
use crate::program::iterations::{LoopClass, callee_name};
use crate::program::targets::Target;
use crate::program::value::FnRef;
use crate::program::{Program, libraries};

impl Program {
    /// `const found = []` filled by `push`: as long as the loops around the pushes.
    pub(in crate::program) fn length_filled(&self, file: u32, symbol: SymbolId, depth: u32) -> Length {
        let facts = &self.files[file as usize];
        let own = Expr::Symbol(symbol);
        let mut length: Option<Length> = None;
        for (n, call) in facts.calls.iter().enumerate() {
            if facts.list(call.args).iter().any(|arg| facts.expr(*arg) == own) {
                // Handed on: who knows what is put in.
                if !matches!(self.targets[file as usize][n], Target::Query(_) | Target::Api(_)) {
                    return Length::Open;
                }
                continue;
            }
            let Expr::Member { object, property } = facts.expr(call.callee) else { continue };
            if facts.expr(object) != own || !matches!(facts.name(property), "push" | "unshift") {
                continue;
            }
            let pushed = facts.list(call.args).iter().filter_map(|arg| match facts.expr(*arg) {
                Expr::Spread(inner) => Some(self.length(Place { file, expr: inner }, depth + 1)),
                _ => None,
            });
            if !self.runs_within(file, CallId(n as u32), facts.symbol(symbol).function) {
                return Length::Open;
            }
            let around = self.iterations(file, CallId(n as u32));
            let declared_at = facts.symbol(symbol).span;
            let loops = around.iter().filter(|it| !it.body.contains(declared_at)).map(|it| match it.class {
                LoopClass::Constant => Length::Short(Short::Written),
                _ => it
                    .collection
                    .map_or(Length::Open, |list| self.length(Place { file: it.file, expr: list }, depth + 2)),
            });
            let one = pushed.chain(loops).fold(Length::Short(Short::Written), longer);
            length = Some(length.map_or(one.clone(), |known| longer(known, one)));
        }
        length.unwrap_or(Length::Open)
    }

    /// True where the call runs in the function itself, or in closures of it that libraries run.
    pub(in crate::program) fn runs_within(&self, file: u32, call: CallId, owner: FnId) -> bool {
        let facts = &self.files[file as usize];
        let mut function = facts.call(call).function;
        for _ in 0..16 {
            if function == owner {
                return true;
            }
            let Some(at) = self.runs_at(FnRef { file, id: function }) else { return false };
            let known = libraries::iterating_method(callee_name(facts, facts.call(at).callee)).is_some()
                || matches!(self.targets[file as usize][at.index()], Target::Api(_) | Target::Client(_));
            if !known {
                return false;
            }
            function = facts.call(at).function;
        }
        false
    }

    pub(in crate::program) fn length_of_result(&self, file: u32, call: CallId, depth: u32) -> Length {
        let facts = &self.files[file as usize];
        let it = facts.call(call);
        let args = facts.args(call);
        let of = |expr: ExprId| self.length(Place { file, expr }, depth + 1);
        let name = callee_name(facts, it.callee);
        let first = args.first().copied();
        if let Expr::Member { object, .. } = facts.expr(it.callee) {
            match (name, first) {
                (name, _) if keeps_length(name) => return of(object),
                ("concat", _) => return args.iter().map(|arg| of(*arg)).fold(of(object), longer),
                ("keys" | "entries" | "values", Some(arg)) => return of(arg),
                ("keys" | "entries" | "values", None) => return of(object),
                _ => {}
            }
        }
        match (&self.targets[file as usize][call.index()], first) {
            (Target::Query(query), _) => match self.length_of_rows(*query) {
                Length::Open if self.asks_among(*query) => {
                    let list = args.iter().find_map(|arg| self.keys_in(file, *arg, 0));
                    list.map_or(Length::Open, of)
                }
                known => known,
            },
            (Target::Functions(targets, _), first) => {
                let given = targets.iter().map(|target| self.length_returned(file, call, *target, depth));
                match (given.reduce(longer), first) {
                    (Some(Length::Open) | None, Some(arg)) if keeps_first(name) => of(arg),
                    (Some(Length::Open) | None, _) if gives_row_per_key(name) => {
                        let keys = args.iter().find(|arg| self.looks_like_list(Place { file, expr: **arg }));
                        keys.map_or(Length::Open, |keys| of(*keys))
                    }
                    (known, _) => known.unwrap_or(Length::Open),
                }
            }
            (_, Some(arg)) if keeps_first(name) => of(arg),
            _ => Length::Open,
        }
    }

    /// The list of keys in the filter of a query: `In(ids)`, `{ in: ids }`, `inArray(users.id, ids)`.
    pub(in crate::program) fn keys_in(&self, file: u32, expr: ExprId, depth: u32) -> Option<ExprId> {
        let facts = &self.files[file as usize];
        if depth > 6 {
            return None;
        }
        let among = |exprs: &[ExprId]| exprs.iter().find_map(|it| self.keys_in(file, *it, depth + 1));
        match facts.expr(expr) {
            Expr::Object(list) => facts.props(list).iter().find_map(|prop| match prop.key {
                PropKey::Name(name) if matches!(facts.name(name), "in" | "$in") => Some(prop.value),
                _ => self.keys_in(file, prop.value, depth + 1),
            }),
            Expr::Call(call) => {
                let args = facts.args(call);
                match callee_name(facts, facts.call(call).callee) {
                    "In" | "inArray" | "Any" => args.last().copied(),
                    _ => among(args),
                }
            }
            Expr::Array(list) => among(facts.list(list)),
            Expr::Cast { expr, .. } => self.keys_in(file, expr, depth + 1),
            // `findByIds(context, ids)`: a list handed over as it is.
            Expr::Symbol(_) | Expr::Member { .. } if depth == 0 => {
                self.looks_like_list(Place { file, expr }).then_some(expr)
            }
            _ => None,
        }
    }

    /// The length of what a function of the program returns, by what it is given.
    pub(in crate::program) fn length_returned(
        &self,
        file: u32,
        call: CallId,
        target: FnRef,
        depth: u32,
    ) -> Length {
        let facts = &self.files[target.file as usize];
        let returns = &facts.function(target.id).returns;
        let one = |expr: ExprId| match self.length(Place { file: target.file, expr }, depth + 3) {
            Length::Given(given) if given.function == target.id => self.handed_at(file, call, &given, depth),
            Length::Given(_) => Length::Open,
            other => other,
        };
        returns.iter().map(|it| one(it.value)).reduce(longer).unwrap_or(Length::Open)
    }

    pub(in crate::program) fn length_of_member(&self, at: Place, object: ExprId, property: &str) -> Length {
        let facts = &self.files[at.file as usize];
        if matches!(property, "translations" | "locales") {
            return Length::Short(Short::OfOneRecord);
        }
        if self.is_configuration(at.file, object) {
            return Length::Short(Short::Configured);
        }
        if self.is_few_of_record(at.file, object, property) {
            return Length::Short(Short::OfOneRecord);
        }
        match facts.expr(object) {
            Expr::Param { .. } | Expr::Symbol(_) => match self.parameter(at.file, object) {
                Some((function, index)) => {
                    Length::Given(Given { function, index, field: Some(property.to_owned()), wraps: false })
                }
                None => Length::Open,
            },
            _ => Length::Open,
        }
    }

    /// `config.channels`, `this.configService.options`, `process.env`.
    pub(in crate::program) fn is_configuration(&self, file: u32, expr: ExprId) -> bool {
        let facts = &self.files[file as usize];
        let named = |name: &str| {
            let name = name.to_ascii_lowercase();
            matches!(name.as_str(), "config" | "configuration" | "env" | "configservice" | "appconfig")
        };
        match facts.expr(expr) {
            Expr::Symbol(symbol) => {
                let it = facts.symbol(symbol);
                named(facts.name(it.name))
                    || it.assignments.is_empty()
                        && it.definition.is_some_and(|value| {
                            !matches!(facts.expr(value), Expr::Symbol(_))
                                && self.is_configuration(file, value)
                        })
            }
            Expr::Global(name) => named(facts.name(name)),
            Expr::Member { object, property } => {
                named(facts.name(property)) || self.is_configuration(file, object)
            }
            Expr::Cast { expr, .. } | Expr::Await(expr) => self.is_configuration(file, expr),
            Expr::Index { object, .. } => self.is_configuration(file, object),
            _ => false,
        }
    }
}

/// Methods of lists whose result is no longer than the list.
pub(super) fn keeps_length(method: &str) -> bool {
    matches!(
        method,
        "filter"
            | "slice"
            | "sort"
            | "reverse"
            | "map"
            | "toSorted"
            | "toReversed"
            | "splice"
            | "values"
            | "entries"
    )
}

/// Functions whose names promise a row per key: `getUsersFields(ids, …)`, `findByIds(ids)`.
fn gives_row_per_key(name: &str) -> bool {
    ["get", "find", "load", "fetch", "read"].iter().any(|verb| name.starts_with(verb))
        && ["Data", "Fields", "ByIds", "WithIds"].iter().any(|end| name.ends_with(end))
}

/// Functions whose result is no longer than their first argument.
pub(super) fn keeps_first(name: &str) -> bool {
    matches!(
        name,
        "from"
            | "Set"
            | "uniq"
            | "uniqBy"
            | "unique"
            | "dedupe"
            | "compact"
            | "sortBy"
            | "orderBy"
            | "without"
            | "difference"
            | "differenceBy"
            | "cloneDeep"
            | "shuffle"
            | "reject"
            | "all"
            | "allSettled"
            | "freeze"
    )
}
