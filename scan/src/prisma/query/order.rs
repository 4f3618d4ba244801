//! `orderBy`: an object, or an array of objects, of fields and directions.

use std::collections::BTreeSet;

use tuneup_model::{ColumnRef, OrderBy};

use crate::facts::Expr;
use crate::objects::{Given, Reader};
use crate::place::Place;
use crate::schema::{FieldKind, Model};

/// What is known of the ORDER BY.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) terms: Vec<OrderBy>,
    /// False where terms are missing from `terms`.
    pub(super) is_known: bool,
    pub(super) joined: BTreeSet<String>,
}

impl Reader<'_> {
    pub(super) fn order(&self, model: &Model, given: &Given) -> Order {
        let mut order = Order { terms: Vec::new(), is_known: true, joined: BTreeSet::new() };
        match given {
            Given::Absent => {}
            Given::Sure(place) => self.order_at(model, *place, &mut order),
            Given::Default(_) | Given::Perhaps(_) => {
                for place in given.places() {
                    self.order_at(model, *place, &mut order);
                }
                order.terms.clear();
                order.is_known = false;
            }
        }
        order
    }

    fn order_at(&self, model: &Model, at: Place, out: &mut Order) {
        let lowered = self.deeper(|| {
            let seen = self.see(at);
            match seen.expr {
                Expr::Array(list) => {
                    out.is_known &= !seen.is_mutated;
                    self.list(seen.place.file, list).for_each(|item| self.order_at(model, item, out));
                }
                // What comes after an unknown term is not known either, but what comes before it is.
                Expr::Choice(_) | Expr::Spread(_) => out.is_known = false,
                _ => self.order_terms(model, seen.place, out, seen.is_mutated),
            }
        });
        out.is_known &= lowered.is_some();
    }

    fn order_terms(&self, model: &Model, at: Place, out: &mut Order, is_mutated: bool) {
        let object = self.object(at);
        out.is_known &= object.is_complete && !is_mutated;
        for entry in &object.entries {
            let field = model.field(entry.name).map(|field| &field.kind);
            match field {
                Some(FieldKind::Scalar { column, .. }) => match self.direction(entry.value) {
                    Some(descending) if entry.is_certain && out.is_known => {
                        let column = ColumnRef { table: model.table.clone(), column: column.clone() };
                        out.terms.push(OrderBy { column, descending });
                    }
                    _ if matches!(self.see(entry.value).expr, Expr::Undefined) => {}
                    _ => out.is_known = false,
                },
                Some(FieldKind::Relation(relation)) => {
                    let target = self.target(relation);
                    out.joined.insert(target.table.clone());
                    out.is_known &= entry.is_certain;
                    self.order_at(target, entry.value, out);
                }
                // `_count`, `_relevance` and their like order by no column.
                None => out.is_known = false,
            }
        }
    }

    /// True for descending; nothing where it is not known.
    fn direction(&self, at: Place) -> Option<bool> {
        let seen = self.see(at);
        match seen.expr {
            Expr::Str(name) => match self.name(seen.place, name) {
                "asc" => Some(false),
                "desc" => Some(true),
                _ => None,
            },
            Expr::Object(_) => match self.object(seen.place).get("sort") {
                Given::Sure(sort) => self.deeper(|| self.direction(sort)).flatten(),
                _ => None,
            },
            // `Prisma.SortOrder.desc`
            Expr::Member { property, .. } => match self.name(seen.place, property) {
                "asc" => Some(false),
                "desc" => Some(true),
                _ => None,
            },
            _ => None,
        }
    }
}
