//! Conditions given as an object of fields: `{ authorId: id, createdAt: MoreThan(day), author: { active: true } }`.
//!
//! The walk is the same for all libraries; what an operator looks like is theirs to say.

use tuneup_model::{ColumnRef, OrderBy, PredicateOp};

use crate::facts::Expr;
use crate::objects::{Comparison, Conditions, Entry, Given, Reader, Seen};
use crate::place::Place;
use crate::schema::{FieldKind, Model, Relation};

/// How a library writes conditions.
pub(crate) trait Operators {
    /// `$or`, `[Op.and]` and their like.
    fn connective(&self, entry: &Entry<'_>) -> Option<Connective>;

    /// How a value that is not plain compares: a call of an operator, an object of operators. Nothing where the value is
    /// plain, or an object of fields of a relation.
    fn comparison(&self, reader: &Reader<'_>, value: Seen) -> Option<Comparison>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connective {
    And,
    Or,
    Not,
    /// Conditions that this reading knows nothing of.
    Unknown,
}

/// Reads conditions on one model.
pub(crate) struct Filters<'r, 'p> {
    pub reader: &'r Reader<'p>,
    pub operators: &'r dyn Operators,
}

impl Filters<'_, '_> {
    pub(crate) fn given(&self, model: &Model, given: &Given) -> Conditions {
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

    /// An object of fields; an array of them means any of them.
    pub(crate) fn conditions(&self, model: &Model, at: Place) -> Conditions {
        let found = self.reader.deeper(|| {
            let seen = self.reader.see(at);
            match seen.expr {
                Expr::Array(list) => {
                    let items = self.reader.list(seen.place.file, list);
                    items.map(|item| self.conditions(model, item)).reduce(Conditions::or).unwrap_or_default()
                }
                Expr::Choice(list) => {
                    let branches = self.reader.branches(seen.place, list);
                    branches.map(|it| self.conditions(model, it)).reduce(Conditions::or).unwrap_or_default()
                }
                Expr::Undefined | Expr::Null => Conditions::default(),
                _ => {
                    let object = self.reader.object(at);
                    let mut out = Conditions { has_unknown: !object.is_complete, ..Conditions::default() };
                    for entry in &object.entries {
                        let conditions = self.entry(model, entry);
                        if entry.is_certain { out.and(conditions) } else { out.perhaps(conditions) }
                    }
                    out
                }
            }
        });
        found.unwrap_or_else(Conditions::unknown)
    }

    fn entry(&self, model: &Model, entry: &Entry<'_>) -> Conditions {
        match self.operators.connective(entry) {
            Some(Connective::And) => return self.all(model, entry.value),
            Some(Connective::Or) => {
                let mut either = self.conditions(model, entry.value);
                either.has_unknown = true;
                either.all_of.clear();
                return either;
            }
            Some(Connective::Not) => {
                let mut out = Conditions::default();
                out.perhaps(self.conditions(model, entry.value));
                return out;
            }
            Some(Connective::Unknown) => return Conditions::unknown(),
            None => {}
        }
        match model.field(entry.name).map(|field| &field.kind) {
            Some(FieldKind::Relation(relation)) => self.related(model, relation, entry.value),
            Some(FieldKind::Scalar { column, .. }) => {
                let mut out = Conditions::default();
                out.compare(model, column, &self.compared(entry.value));
                out
            }
            None => Conditions::unknown(),
        }
    }

    fn all(&self, model: &Model, at: Place) -> Conditions {
        let seen = self.reader.see(at);
        let Expr::Array(list) = seen.expr else { return self.conditions(model, at) };
        let mut out = Conditions::default();
        for item in self.reader.list(seen.place.file, list) {
            out.and(self.conditions(model, item));
        }
        out.has_unknown |= seen.is_mutated;
        out
    }

    /// Fields of the other side; where all that is compared is what this side holds, no join is needed.
    fn related(&self, model: &Model, relation: &Relation, at: Place) -> Conditions {
        let seen = self.reader.see(at);
        if !matches!(seen.expr, Expr::Object(_) | Expr::Array(_) | Expr::Choice(_))
            && !relation.columns.is_empty()
        {
            // `{ author: id }` or `{ author }` compares the reference itself.
            let mut out = Conditions::default();
            for column in &relation.columns {
                out.compare(model, column, &self.compared(at));
            }
            return out;
        }
        let target = self.reader.target(relation);
        let mut inner = self.conditions(target, at);
        let referred = |predicate: &tuneup_model::Predicate| {
            predicate.column.table == target.table && relation.references.contains(&predicate.column.column)
        };
        if !relation.columns.is_empty() && inner.joined.is_empty() && inner.all_of.iter().all(referred) {
            for predicate in &mut inner.all_of {
                let n = relation.references.iter().position(|it| *it == predicate.column.column).unwrap_or(0);
                let column = relation.columns.get(n).unwrap_or(&relation.columns[0]).clone();
                predicate.column = ColumnRef { table: model.table.clone(), column };
            }
            return inner;
        }
        inner.joined.insert(target.table.clone());
        inner
    }

    fn compared(&self, at: Place) -> Comparison {
        let compared = self.reader.deeper(|| {
            let seen = self.reader.see(at);
            if let Some(comparison) = self.operators.comparison(self.reader, seen) {
                return comparison;
            }
            match seen.expr {
                Expr::Null => Comparison::one(PredicateOp::IsNull),
                Expr::Array(_) => Comparison::one(PredicateOp::In),
                Expr::Choice(list) => {
                    let branches = self.reader.branches(seen.place, list).map(|branch| self.compared(branch));
                    branches.reduce(|a, b| a.or(&b)).unwrap_or_else(Comparison::unknown)
                }
                // Libraries leave the condition out where its value is missing.
                Expr::Undefined | Expr::Object(_) => Comparison::unknown(),
                _ => Comparison::one(PredicateOp::Equal),
            }
        });
        compared.unwrap_or_else(Comparison::unknown)
    }
}

/// `{ createdAt: 'DESC', author: { name: 'ASC' } }`: terms on the model itself, and whether all are known.
pub(crate) fn order_of(reader: &Reader<'_>, model: &Model, given: &Given) -> (Vec<OrderBy>, bool) {
    let mut terms = Vec::new();
    let at = match given {
        Given::Absent => return (terms, true),
        Given::Sure(at) => *at,
        Given::Default(_) | Given::Perhaps(_) => return (terms, false),
    };
    if matches!(reader.see(at).expr, Expr::Undefined | Expr::Null) {
        return (terms, true);
    }
    let object = reader.object(at);
    let mut is_known = object.is_complete;
    for entry in &object.entries {
        match (model.column(entry.name), entry.is_certain) {
            (Some(column), true) => {
                let descending = match reader.see(entry.value) {
                    Seen { expr: Expr::Str(name), place, .. } => {
                        reader.name(place, name).to_ascii_lowercase().starts_with("desc")
                    }
                    Seen { expr: Expr::Number(number), .. } => number < 0.0,
                    _ => false,
                };
                let column = ColumnRef { table: model.table.clone(), column: column.to_owned() };
                terms.push(OrderBy { column, descending });
            }
            _ => is_known = false,
        }
    }
    (terms, is_known)
}
