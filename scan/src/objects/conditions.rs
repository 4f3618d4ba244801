//! Conditions of a WHERE clause, as far as they must hold.

use std::collections::BTreeSet;

use tuneup_model::{Bound, ColumnRef, Filter, Operation, Predicate, PredicateOp, QueryShape};

use crate::schema::Model;

/// What is known of a WHERE clause.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    pub(crate) all_of: Vec<Predicate>,
    pub(crate) has_unknown: bool,
    pub(crate) joined: BTreeSet<String>,
}

impl Conditions {
    /// Lays the conditions of a read or write of `table` into its shape.
    pub(crate) fn lay_into(self, shape: &mut QueryShape, table: &str) {
        shape.joined.extend(self.joined);
        shape.joined.sort();
        shape.joined.dedup();
        shape.joined.retain(|joined| joined != table);
        shape.filter = Filter { all_of: self.all_of, has_unknown: self.has_unknown };
        if shape.operation == Operation::ReadOne {
            shape.limit = Bound::Constant(1);
        }
    }
}

/// How one column is compared.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) ops: Vec<PredicateOp>,
    /// There may be fewer or other comparisons.
    pub(crate) is_unknown: bool,
}

impl Conditions {
    pub(crate) fn unknown() -> Self {
        Self { has_unknown: true, ..Self::default() }
    }

    pub(crate) fn and(&mut self, other: Self) {
        for predicate in other.all_of {
            self.push(predicate);
        }
        self.has_unknown |= other.has_unknown;
        self.joined.extend(other.joined);
    }

    /// Conditions that need not hold.
    pub(crate) fn perhaps(&mut self, other: Self) {
        self.joined.extend(other.joined);
        self.has_unknown = true;
    }

    pub(crate) fn push(&mut self, predicate: Predicate) {
        if !self.all_of.contains(&predicate) {
            self.all_of.push(predicate);
        }
    }

    /// What holds whichever of the two holds.
    pub(crate) fn or(mut self, mut other: Self) -> Self {
        self.has_unknown |= other.has_unknown || self.all_of != other.all_of;
        self.all_of.retain(|predicate| other.all_of.contains(predicate));
        self.joined.append(&mut other.joined);
        self
    }

    pub(crate) fn compare(&mut self, model: &Model, column: &str, comparison: &Comparison) {
        self.has_unknown |= comparison.is_unknown;
        for op in &comparison.ops {
            let column = ColumnRef { table: model.table.clone(), column: column.to_owned() };
            self.push(Predicate { column, op: *op });
        }
    }
}

impl Comparison {
    pub(crate) fn one(op: PredicateOp) -> Self {
        Self { ops: vec![op], is_unknown: false }
    }

    pub(crate) fn unknown() -> Self {
        Self { ops: Vec::new(), is_unknown: true }
    }

    pub(crate) fn push(&mut self, op: PredicateOp) {
        if !self.ops.contains(&op) {
            self.ops.push(op);
        }
    }

    pub(crate) fn or(self, other: &Self) -> Self {
        if self.is_unknown || other.is_unknown || self.ops.is_empty() || other.ops.is_empty() {
            Self::unknown()
        } else if self == *other {
            self
        } else {
            Self::one(PredicateOp::Other)
        }
    }
}
