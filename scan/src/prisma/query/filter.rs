//! `where`: conditions on columns of the model and, through its relations, of other models.
//!
//! Only what must hold is listed. What holds under a condition of the program, or under OR and NOT, makes the filter
//! partly unknown; tables that such parts read still count as joined.

use tuneup_model::{ColumnRef, PredicateOp};

use crate::facts::Expr;
use crate::objects::{Comparison, Conditions, Entry, Given, Reader};
use crate::place::Place;
use crate::schema::{FieldKind, Model, Relation};

impl Reader<'_> {
    pub(super) fn given_conditions(&self, model: &Model, given: &Given) -> Conditions {
        match given {
            Given::Absent => Conditions::default(),
            Given::Sure(place) => self.conditions(model, *place),
            Given::Default(place) => {
                let mut conditions = self.conditions(model, *place);
                conditions.has_unknown = true;
                conditions
            }
            Given::Perhaps(places) => {
                let mut conditions = Conditions::unknown();
                for place in places {
                    conditions.perhaps(self.conditions(model, *place));
                }
                conditions
            }
        }
    }

    fn conditions(&self, model: &Model, at: Place) -> Conditions {
        self.deeper(|| {
            let seen = self.see(at);
            if let Expr::Choice(list) = seen.expr {
                let branches = self.branches(seen.place, list).map(|branch| self.conditions(model, branch));
                return branches.reduce(Conditions::or).unwrap_or_default();
            }
            let object = self.object(at);
            let mut out = Conditions { has_unknown: !object.is_complete, ..Conditions::default() };
            for entry in &object.entries {
                let conditions = self.condition(model, entry);
                if entry.is_certain { out.and(conditions) } else { out.perhaps(conditions) }
            }
            out
        })
        .unwrap_or_else(Conditions::unknown)
    }

    fn condition(&self, model: &Model, entry: &Entry<'_>) -> Conditions {
        match entry.name {
            "AND" => return self.all(model, entry.value),
            "OR" => return self.any(model, entry.value),
            "NOT" => {
                let mut out = Conditions::unknown();
                out.perhaps(self.all(model, entry.value));
                return out;
            }
            _ => {}
        }
        let mut out = Conditions::default();
        match model.field(entry.name).map(|field| &field.kind) {
            Some(FieldKind::Scalar { column, .. }) => {
                out.compare(model, column, &self.comparison(entry.value));
                out
            }
            Some(FieldKind::Relation(relation)) => self.related(model, relation, entry.value),
            None => match model.unique_key(entry.name) {
                Some(key) => {
                    let object = self.object(entry.value);
                    for (field, column) in key.fields.iter().zip(&key.columns) {
                        let comparison = match object.get(field) {
                            Given::Sure(value) => self.comparison(value),
                            // Whoever names the key must give all its fields.
                            _ => Comparison::one(PredicateOp::Equal),
                        };
                        out.compare(model, column, &comparison);
                    }
                    out
                }
                None => Conditions::unknown(),
            },
        }
    }

    /// `AND`: an object or an array of them.
    fn all(&self, model: &Model, at: Place) -> Conditions {
        self.deeper(|| {
            let seen = self.see(at);
            match seen.expr {
                Expr::Array(list) => {
                    let mut out = Conditions { has_unknown: seen.is_mutated, ..Conditions::default() };
                    for item in self.list(seen.place.file, list) {
                        out.and(match self.facts(item.file).expr(item.expr) {
                            Expr::Spread(inner) => {
                                self.all_spread(model, Place { file: item.file, expr: inner })
                            }
                            _ => self.conditions(model, item),
                        });
                    }
                    out
                }
                _ => self.conditions(model, at),
            }
        })
        .unwrap_or_else(Conditions::unknown)
    }

    /// `...items` within an array: conditions only where it is seen as an array, under a condition unknown.
    fn all_spread(&self, model: &Model, at: Place) -> Conditions {
        let seen = self.see(at);
        match seen.expr {
            Expr::Array(_) => self.all(model, at),
            Expr::Choice(list) => {
                let mut out = Conditions::unknown();
                for branch in self.branches(seen.place, list) {
                    if matches!(self.see(branch).expr, Expr::Array(_)) {
                        out.perhaps(self.all(model, branch));
                    }
                }
                out
            }
            _ => Conditions::unknown(),
        }
    }

    /// `OR`: an array; of one element it is that element.
    fn any(&self, model: &Model, at: Place) -> Conditions {
        let seen = self.see(at);
        let items = match seen.expr {
            Expr::Array(list) => self.list(seen.place.file, list).collect(),
            _ => Vec::new(),
        };
        if let [only] = items[..]
            && !seen.is_mutated
            && !matches!(self.facts(only.file).expr(only.expr), Expr::Spread(_))
        {
            return self.conditions(model, only);
        }
        let mut out = Conditions::unknown();
        out.perhaps(self.all(model, at));
        out
    }

    fn comparison(&self, at: Place) -> Comparison {
        self.deeper(|| {
            let seen = self.see(at);
            let mut comparison = match seen.expr {
                // The client leaves out what is undefined.
                Expr::Undefined => Comparison::unknown(),
                Expr::Null => Comparison::one(PredicateOp::IsNull),
                Expr::Choice(list) => {
                    let branches: Vec<Place> = self.branches(seen.place, list).collect();
                    let guards_object = Self::is_logical(list)
                        && branches
                            .last()
                            .is_some_and(|last| matches!(self.see(*last).expr, Expr::Object(_)));
                    let compared = branches.into_iter().map(|branch| self.comparison(branch));
                    let either = compared.reduce(|a, b| a.or(&b)).filter(|_| !guards_object);
                    either.unwrap_or_else(Comparison::unknown)
                }
                Expr::Object(_) => self.operators(seen.place),
                _ => Comparison::one(PredicateOp::Equal),
            };
            comparison.is_unknown |= seen.is_mutated;
            comparison
        })
        .unwrap_or_else(Comparison::unknown)
    }

    /// `{ gte: a, lt: b }` and its like.
    fn operators(&self, at: Place) -> Comparison {
        let object = self.object(at);
        let mut out = Comparison { ops: Vec::new(), is_unknown: !object.is_complete };
        let has = |name: &str| object.entries.iter().any(|entry| entry.name == name);
        if has("path") {
            out.push(PredicateOp::Other);
            return out;
        }
        let is_insensitive = match object.get("mode") {
            Given::Absent => false,
            Given::Sure(mode) => {
                let seen = self.see(mode);
                !matches!(seen.expr, Expr::Str(name) if self.name(seen.place, name) == "default")
            }
            Given::Default(_) | Given::Perhaps(_) => true,
        };
        for entry in &object.entries {
            let value = self.comparison(entry.value);
            let is_optional = !entry.is_certain || (value.is_unknown && value.ops.is_empty());
            let Some(op) = operator(entry.name, value.ops.first().copied(), is_insensitive) else {
                out.is_unknown |= entry.name != "mode";
                continue;
            };
            if is_optional {
                out.is_unknown = true;
            } else {
                out.push(op);
            }
        }
        out
    }

    fn related(&self, model: &Model, relation: &Relation, at: Place) -> Conditions {
        self.deeper(|| {
            let seen = self.see(at);
            let target = self.target(relation);
            let mut out = Conditions::default();
            match seen.expr {
                Expr::Null if !relation.columns.is_empty() => {
                    let missing = Comparison::one(PredicateOp::IsNull);
                    relation.columns.iter().for_each(|column| out.compare(model, column, &missing));
                }
                Expr::Undefined => out.has_unknown = true,
                Expr::Choice(list) => {
                    let branches = self.branches(seen.place, list);
                    let either = branches.map(|branch| self.related(model, relation, branch));
                    out = either.reduce(Conditions::or).unwrap_or_default();
                }
                Expr::Object(_) => {
                    let object = self.object(at);
                    let is_operator = |entry: &Entry<'_>| {
                        matches!(entry.name, "some" | "every" | "none" | "is" | "isNot")
                            && target.field(entry.name).is_none()
                    };
                    if !object.entries.iter().any(is_operator) {
                        return self.through(model, relation, at);
                    }
                    out.has_unknown = !object.is_complete;
                    for entry in object.entries.iter().filter(|entry| is_operator(entry)) {
                        let is_must = entry.is_certain && matches!(entry.name, "some" | "is");
                        let inner = match self.see(entry.value).expr {
                            Expr::Null | Expr::Undefined => self.related(model, relation, entry.value),
                            _ => self.through(model, relation, entry.value),
                        };
                        if is_must { out.and(inner) } else { out.perhaps(inner) }
                    }
                }
                _ => {
                    out.has_unknown = true;
                    out.joined.insert(target.table.clone());
                }
            }
            out
        })
        .unwrap_or_else(Conditions::unknown)
    }

    /// Conditions on the other side of a relation. Those on the columns it refers to are conditions on the reference.
    fn through(&self, model: &Model, relation: &Relation, at: Place) -> Conditions {
        let target = self.target(relation);
        let inner = self.conditions(target, at);
        // Without conditions of its own it still asks that the other side exists.
        let has_unknown = inner.has_unknown || inner.all_of.is_empty();
        let mut out = Conditions { has_unknown, joined: inner.joined, ..Conditions::default() };
        let mut needs_target = has_unknown || !out.joined.is_empty();
        for mut predicate in inner.all_of {
            let position = relation.references.iter().position(|column| *column == predicate.column.column);
            match position.and_then(|position| relation.columns.get(position)) {
                Some(column) if predicate.column.table == target.table => {
                    predicate.column = ColumnRef { table: model.table.clone(), column: column.clone() };
                }
                _ => needs_target = true,
            }
            out.push(predicate);
        }
        if needs_target {
            out.joined.insert(target.table.clone());
        }
        out
    }
}

/// The comparison that an operator makes; nothing for a name that is none. `value` is how its value would compare.
fn operator(name: &str, value: Option<PredicateOp>, is_insensitive: bool) -> Option<PredicateOp> {
    Some(match name {
        "equals" if value == Some(PredicateOp::IsNull) => PredicateOp::IsNull,
        "equals" | "in" if is_insensitive => PredicateOp::Other,
        "equals" => PredicateOp::Equal,
        "in" => PredicateOp::In,
        "not" if value == Some(PredicateOp::Equal) || value == Some(PredicateOp::IsNull) => {
            PredicateOp::NotEqual
        }
        "notIn" => PredicateOp::NotEqual,
        "lt" | "lte" | "gt" | "gte" => PredicateOp::Range,
        "startsWith" if !is_insensitive => PredicateOp::Prefix,
        "startsWith" | "contains" | "endsWith" | "search" | "has" | "hasEvery" | "hasSome"
        | "array_contains" | "string_contains" => PredicateOp::Contains,
        "not" | "isEmpty" | "isSet" | "array_starts_with" | "array_ends_with" | "string_starts_with"
        | "string_ends_with" => PredicateOp::Other,
        _ => return None,
    })
}
