//! Experiment: how one finding could be proven on a real database.

use serde::{Deserialize, Serialize};

use crate::QueryShape;

/// What is compared with what, over which sizes, and what must stay equal. Emitted by a rule, run elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    pub kind: ExperimentKind,
    /// The queries as the program makes them today.
    pub before: Vec<QueryShape>,
    /// The queries after the advice; empty where only the schema changes.
    pub after: Vec<QueryShape>,
    /// Statements that prepare the second arm, for example `CREATE INDEX …`.
    pub after_ddl: Vec<String>,
    /// Sizes to vary.
    pub vary: Vec<Parameter>,
    /// Whether both arms must return the same rows (in order where the query orders).
    pub same_rows: bool,
}

/// The shape of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExperimentKind {
    /// One statement per element against one statement for all.
    BatchReads,
    /// One write per element against one bulk write.
    BulkWrites,
    /// A statement in a loop against the same statement once.
    HoistQuery,
    /// All rows against a limited read.
    LimitRows,
    /// OFFSET against keyset at growing depth.
    OffsetDepth,
    /// The same statement without and with an index.
    AddIndex,
    /// A transaction held open during outside work against one that is not, under concurrency.
    TransactionHold,
}

/// A size that an experiment varies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// `n`, `rows` or `page`.
    pub name: String,
    pub values: Vec<u64>,
}
