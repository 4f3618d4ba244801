//! Makings: the calls that made a value of a library, followed back from where it is used.
//!
//! An [`Api`](super::value::Api) says which library an instance is of, not how it was set up. The arguments are at
//! the call that made it: `axios.create({ timeout })`, `new Keyv({ ttl })`. From a use the way back leads through
//! variables, imports, fields, parameters and the functions that hand the instance out.

use rustc_hash::FxHashSet;

use super::Program;
use super::exports::Exported;
use super::value::{FnRef, Value};
use crate::facts::{CallId, CallKind, Expr, MemberKind, SymbolKind};
use crate::place::Place;

/// Where a value was made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Making {
    /// Library calls whose result the value can be, by file.
    pub calls: Vec<(u32, CallId)>,
    /// Some way back was lost: the value may come from elsewhere too.
    pub is_partial: bool,
}

const BUDGET: u32 = 400;

impl Program {
    /// The library calls that made what the expression stands for.
    pub(crate) fn made_by(&self, at: Place) -> Making {
        let mut walk = Walk { program: self, seen: FxHashSet::default(), making: Making::default() };
        walk.follow(at);
        walk.making.calls.sort_unstable();
        walk.making.calls.dedup();
        walk.making
    }
}

struct Walk<'p> {
    program: &'p Program,
    seen: FxHashSet<Place>,
    making: Making,
}

impl Walk<'_> {
    fn follow(&mut self, at: Place) {
        if !self.seen.insert(at) {
            return;
        }
        if self.seen.len() as u32 > BUDGET {
            self.making.is_partial = true;
            return;
        }
        let program = self.program;
        let facts = program.facts(at.file);
        let here = |expr| Place { file: at.file, expr };
        match facts.expr(at.expr) {
            Expr::Await(inner) | Expr::Cast { expr: inner, .. } | Expr::Assign { value: inner, .. } => {
                self.follow(here(inner));
            }
            Expr::Choice(list) => {
                for choice in facts.list(list).iter().take(2) {
                    self.follow(here(*choice));
                }
            }
            Expr::Null | Expr::Undefined => {}
            Expr::Symbol(symbol) => {
                let it = facts.symbol(symbol);
                match it.kind {
                    SymbolKind::Import(index) => self.exported(program.imported(at.file, index)),
                    SymbolKind::Value => {
                        let exprs: Vec<_> = it.definition.iter().chain(&it.assignments).copied().collect();
                        self.making.is_partial |= exprs.is_empty();
                        for expr in exprs {
                            self.follow(here(expr));
                        }
                    }
                    _ => self.making.is_partial = true,
                }
            }
            Expr::Param { .. } => {
                let passed = program.passed(at);
                self.making.is_partial |= passed.is_empty();
                for place in passed {
                    self.follow(place);
                }
            }
            Expr::Member { object, property } => self.member(here(object), facts.name(property)),
            Expr::Call(call) => self.call(at, call),
            _ => self.making.is_partial = true,
        }
    }

    fn exported(&mut self, exported: Option<Exported>) {
        match exported {
            Some(Exported::Place(place)) => self.follow(place),
            Some(Exported::MemberOfDefault(place, name)) => self.member(place, &name),
            _ => self.making.is_partial = true,
        }
    }

    fn call(&mut self, at: Place, call: CallId) {
        let facts = self.program.facts(at.file);
        let it = facts.call(call);
        for callee in self.program.eval(Place { file: at.file, expr: it.callee }).choices() {
            match callee {
                Value::Api(_) | Value::ClientMethod { .. } => self.making.calls.push((at.file, call)),
                Value::Function(function) | Value::Memoized(function, _) if it.kind == CallKind::Call => {
                    self.returned(*function);
                }
                _ => self.making.is_partial = true,
            }
        }
    }

    fn returned(&mut self, function: FnRef) {
        let returns = &self.program.facts(function.file).function(function.id).returns;
        self.making.is_partial |= returns.is_empty();
        for it in returns {
            self.follow(Place { file: function.file, expr: it.value });
        }
    }

    fn member(&mut self, object: Place, name: &str) {
        let program = self.program;
        let facts = program.facts(object.file);
        if let Expr::Symbol(symbol) = facts.expr(object.expr) {
            let writes: Vec<_> = facts
                .property_writes
                .iter()
                .filter(|write| write.symbol == symbol && facts.name(write.name) == name)
                .map(|write| Place { file: object.file, expr: write.value })
                .collect();
            if !writes.is_empty() {
                return writes.into_iter().for_each(|place| self.follow(place));
            }
        }
        for value in program.eval(object).choices() {
            match value {
                Value::Instance(class) | Value::Class(class) => match program.member_named(*class, name) {
                    Some((owner, MemberKind::Field(field))) if field.value.is_some() => {
                        let expr = field.value.expect("just asked");
                        self.follow(Place { file: owner.file, expr });
                    }
                    Some((owner, MemberKind::Getter(id))) => {
                        self.returned(FnRef { file: owner.file, id: *id });
                    }
                    _ => self.making.is_partial = true,
                },
                Value::Object(at) => match program.facts(at.file).expr(at.expr) {
                    Expr::Object(list) => match program.facts(at.file).property(list, name) {
                        Some(expr) => self.follow(Place { file: at.file, expr }),
                        None => self.making.is_partial = true,
                    },
                    _ => self.making.is_partial = true,
                },
                Value::Module(file) => self.exported(program.exported(*file, name, 0)),
                _ => self.making.is_partial = true,
            }
        }
    }
}
