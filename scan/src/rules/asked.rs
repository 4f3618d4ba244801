//! What the argument of a Prisma call names, certain or not: relations followed and columns compared, by model.
//!
//! The shape of a query lists what must hold. Here is what may hold too (under OR, NOT or a condition of the program),
//! and which relation leads from one table to the next, so that an index on its columns can be judged.

use std::collections::BTreeSet;

use crate::facts::{Expr, ExprId, PropKey};
use crate::objects::Follow as _;
use crate::place::Place;
use crate::program::{Program, Query};
use crate::schema::{FieldKind, Schema};

/// The names in one call, by index of the model in its schema.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Relation fields read: `include`, `select`, `_count`, `orderBy`.
    pub read: BTreeSet<(usize, String)>,
    /// Relation fields that conditions follow.
    pub followed: BTreeSet<(usize, String)>,
    /// Scalar fields compared in any way.
    pub compared: BTreeSet<(usize, String)>,
    /// Text searched for a part of it (`contains`, `endsWith`), or without regard to case.
    pub searched: BTreeSet<(usize, String)>,
    /// Those searched for a part that the program itself names: most rows may have it.
    pub searched_for_known: BTreeSet<(usize, String)>,
    /// Text compared whole without regard to case: `equals` with `mode: 'insensitive'`.
    pub folded: BTreeSet<(usize, String)>,
    /// Those compared by order: `lt`, `gt`.
    pub ranged: BTreeSet<(usize, String)>,
    /// A column is held between two values, at any depth.
    pub windows: bool,
    /// Names at the top of the argument.
    pub options: BTreeSet<String>,
    /// The conditions hold a part that was not followed.
    pub is_opaque: bool,
}

/// What a part of the argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// `{ where, select, … }` of a model.
    Options,
    /// `{ field: condition }` of a model.
    Where,
    /// `{ field: true | Options }` of a model.
    Selection,
    /// `{ field: nested writes }` of a model.
    Data,
    /// `{ deleteMany, update, … }` of a relation to a model.
    Writes,
}

/// More is a cycle or hostile text.
const BUDGET: u32 = 4_000;
const MAX_DEPTH: u32 = 24;

/// Reads the argument of a call on a model.
pub(super) fn asked(program: &Program, query: &Query) -> Asked {
    let mut walk = Walk { program, schema: None, asked: Asked::default(), budget: BUDGET };
    if let (Some((schema, model)), Some(arg)) =
        (query.model, program.facts(query.file).args(query.call).first())
    {
        walk.schema = Some(&program.schemas[schema as usize]);
        walk.visit(Place { file: query.file, expr: *arg }, model as usize, Part::Options, 0);
    }
    walk.asked
}

struct Walk<'p> {
    program: &'p Program,
    schema: Option<&'p Schema>,
    asked: Asked,
    budget: u32,
}

impl Walk<'_> {
    fn visit(&mut self, at: Place, model: usize, part: Part, depth: u32) {
        if depth > MAX_DEPTH || self.budget == 0 {
            return;
        }
        self.budget -= 1;
        self.written_later(at, model, part, depth);
        let Some(at) = self.program.follow(at) else {
            self.asked.is_opaque |= part == Part::Where;
            return;
        };
        let facts = self.program.facts(at.file);
        let place = |expr: ExprId| Place { file: at.file, expr };
        match facts.expr(at.expr) {
            Expr::Object(list) => {
                for prop in facts.props(list) {
                    match prop.key {
                        PropKey::Name(name) => {
                            self.property(facts.name(name), place(prop.value), model, part, depth + 1);
                        }
                        PropKey::Spread => self.visit(place(prop.value), model, part, depth + 1),
                        PropKey::Computed(_) => self.asked.is_opaque |= part == Part::Where,
                    }
                }
            }
            Expr::Array(list) | Expr::Choice(list) => {
                for item in facts.list(list) {
                    self.visit(place(*item), model, part, depth + 1);
                }
            }
            Expr::Spread(inner) => self.visit(place(inner), model, part, depth + 1),
            Expr::Call(_) | Expr::Param { .. } | Expr::Index { .. } => {
                self.asked.is_opaque |= part == Part::Where;
            }
            _ => {}
        }
    }

    /// `where.name = value` after the object was made.
    fn written_later(&mut self, at: Place, model: usize, part: Part, depth: u32) {
        let facts = self.program.facts(at.file);
        let Expr::Symbol(symbol) = facts.expr(at.expr) else { return };
        for write in facts.property_writes.iter().filter(|write| write.symbol == symbol) {
            self.property(
                facts.name(write.name),
                Place { file: at.file, expr: write.value },
                model,
                part,
                depth + 1,
            );
        }
    }

    fn property(&mut self, name: &str, value: Place, model: usize, part: Part, depth: u32) {
        match part {
            Part::Options => {
                self.asked.options.insert(name.to_owned());
                match name {
                    "where" | "cursor" | "having" => self.visit(value, model, Part::Where, depth),
                    "select" | "include" | "orderBy" => self.visit(value, model, Part::Selection, depth),
                    "data" | "create" | "update" => self.visit(value, model, Part::Data, depth),
                    _ => {}
                }
            }
            Part::Where if matches!(name, "AND" | "OR" | "NOT") => {
                self.visit(value, model, Part::Where, depth);
            }
            Part::Selection if name == "_count" => self.visit(value, model, Part::Selection, depth),
            Part::Selection if matches!(name, "select" | "include" | "orderBy") => {
                self.visit(value, model, Part::Selection, depth);
            }
            Part::Selection if name == "where" => self.visit(value, model, Part::Where, depth),
            Part::Writes => match name {
                "delete" | "deleteMany" | "updateMany" | "set" | "disconnect" => {
                    self.visit(value, model, Part::Where, depth);
                }
                "create" | "update" | "upsert" | "data" => self.visit(value, model, Part::Data, depth),
                _ => {}
            },
            _ => self.field(name, value, model, part, depth),
        }
    }

    fn has_property(&self, at: Place, wanted: &[&str]) -> bool {
        let Some(at) = self.program.follow(at) else { return false };
        let facts = self.program.facts(at.file);
        let Expr::Object(list) = facts.expr(at.expr) else { return false };
        facts
            .props(list)
            .iter()
            .any(|prop| matches!(prop.key, PropKey::Name(name) if wanted.contains(&facts.name(name))))
    }

    /// True where one of the properties is a text that stands in the program.
    fn has_text(&self, at: Place, wanted: &[&str]) -> bool {
        let Some(at) = self.program.follow(at) else { return false };
        let facts = self.program.facts(at.file);
        let Expr::Object(list) = facts.expr(at.expr) else { return false };
        wanted.iter().any(|name| {
            facts.property(list, name).is_some_and(|value| {
                let value = Place { file: at.file, expr: value };
                self.program
                    .follow(value)
                    .is_some_and(|it| matches!(self.program.facts(it.file).expr(it.expr), Expr::Str(_)))
            })
        })
    }

    /// `null`, `undefined`, `{ not: … }`: no value to look up.
    fn is_null_test(&self, at: Place) -> bool {
        let Some(at) = self.program.follow(at) else { return false };
        let facts = self.program.facts(at.file);
        match facts.expr(at.expr) {
            Expr::Null | Expr::Undefined => true,
            Expr::Object(list) => facts.props(list).iter().all(
                |prop| matches!(prop.key, PropKey::Name(name) if matches!(facts.name(name), "not" | "notIn")),
            ),
            _ => false,
        }
    }

    fn field(&mut self, name: &str, value: Place, model: usize, part: Part, depth: u32) {
        let Some(it) = self.schema.and_then(|schema| schema.models.get(model)) else { return };
        match it.field(name).map(|field| &field.kind) {
            Some(FieldKind::Relation(relation)) => {
                let target = relation.model;
                match part {
                    Part::Where => {
                        self.asked.followed.insert((model, name.to_owned()));
                        self.visit(value, target, Part::Where, depth);
                    }
                    Part::Data => self.visit(value, target, Part::Writes, depth),
                    _ => {
                        self.asked.read.insert((model, name.to_owned()));
                        self.visit(value, target, Part::Selection, depth);
                    }
                }
            }
            Some(FieldKind::Scalar { .. }) if part == Part::Where && !self.is_null_test(value) => {
                self.asked.compared.insert((model, name.to_owned()));
                let folds = self.has_property(value, &["mode"]);
                if self.has_property(value, &["contains", "endsWith"])
                    || (folds && self.has_property(value, &["startsWith"]))
                {
                    self.asked.searched.insert((model, name.to_owned()));
                    if self.has_text(value, &["contains", "endsWith", "startsWith"]) {
                        self.asked.searched_for_known.insert((model, name.to_owned()));
                    }
                } else if folds && self.has_property(value, &["equals", "in"]) {
                    self.asked.folded.insert((model, name.to_owned()));
                }
                if self.has_property(value, &["lt", "lte"]) && self.has_property(value, &["gt", "gte"]) {
                    self.asked.windows = true;
                }
                if self.has_property(value, &["lt", "lte", "gt", "gte"]) {
                    self.asked.ranged.insert((model, name.to_owned()));
                }
            }
            None if part == Part::Where => match it.unique_key(name) {
                Some(key) => {
                    self.asked.compared.extend(key.fields.iter().map(|field| (model, field.clone())));
                }
                // `some`, `every`, `is` of the relation that led here.
                None if matches!(name, "some" | "every" | "none" | "is" | "isNot") => {
                    self.visit(value, model, Part::Where, depth);
                }
                None => {}
            },
            _ => {}
        }
    }
}
