//! `data`, `create` and `update`: the other tables that a write touches through its relations.

use std::collections::BTreeSet;

use crate::facts::Expr;
use crate::objects::{Given, Reader};
use crate::place::Place;
use crate::schema::{Model, Relation};

impl Reader<'_> {
    pub(super) fn written(&self, model: &Model, given: &Given, joined: &mut BTreeSet<String>) {
        for place in given.places() {
            self.written_at(model, *place, joined);
        }
    }

    fn written_at(&self, model: &Model, at: Place, joined: &mut BTreeSet<String>) {
        self.deeper(|| {
            for row in self.rows(at) {
                for entry in self.object(row).entries {
                    if let Some(relation) = model.relation(entry.name) {
                        self.nested_write(relation, entry.value, joined);
                    }
                }
            }
        });
    }

    fn nested_write(&self, relation: &Relation, at: Place, joined: &mut BTreeSet<String>) {
        let target = self.target(relation);
        for entry in self.object(at).entries {
            // A reference held by the written row itself is a column of it.
            let is_reference = matches!(entry.name, "connect" | "disconnect") && !relation.columns.is_empty();
            if is_reference || matches!(self.see(entry.value).expr, Expr::Undefined) {
                continue;
            }
            joined.insert(target.table.clone());
            if matches!(entry.name, "connect" | "disconnect" | "set" | "delete" | "deleteMany") {
                continue;
            }
            self.written_at(target, entry.value, joined);
            for row in self.rows(entry.value) {
                let args = self.object(row);
                for part in ["data", "create", "update"] {
                    self.written(target, &args.get(part), joined);
                }
            }
        }
    }

    /// The objects of an array, or the one that stands alone.
    fn rows(&self, at: Place) -> Vec<Place> {
        let seen = self.see(at);
        match seen.expr {
            Expr::Array(list) => self.list(seen.place.file, list).collect(),
            _ => vec![seen.place],
        }
    }
}
