//! The words of tuneup as data. No I/O, no clock, no randomness, no async.
//!
//! Every other crate speaks in these types: `scan` produces findings, catalogs and query sites, `report` renders
//! them, `prove` will run the experiments. Values are plain, owned and serializable; a report needs no files.

mod catalog;
mod config;
mod cost;
mod experiment;
mod finding;
mod fix;
mod handles;
mod query;
mod rule;
mod scan_result;
mod since;
mod span;
mod weights;

pub use catalog::{
    Catalog, Column, ColumnType, Dialect, EnumType, ForeignKey, Index, IndexMethod, ReferentialAction, Table,
};
pub use config::{Config, FailOn, Form, Key, Keyed, Level, RuleSetting, Word};
pub use cost::{Cost, Count};
pub use experiment::{Experiment, ExperimentKind, Parameter};
pub use finding::{CallStep, Confidence, Evidence, EvidenceKind, Finding, Fingerprint, Likeness, Severity};
pub use fix::{Edit, Fix, FixSafety};
pub use handles::{Does, HandleCall, HandleDeclaration};
pub use query::{
    Bound, ColumnRef, Columns, Filter, Operation, OrderBy, Predicate, PredicateOp, QueryApi, QueryShape,
    QuerySite, TableRef,
};
pub use rule::{Category, Reading, RuleDoc, Standing};
pub use scan_result::{SCAN_SCHEMA, ScanResult, ScanStats, Warning};
pub use since::{BASELINE_SCHEMA, Baseline, Known, Since, Worse};
pub use span::Location;
pub use weights::{LineWeight, RouteWeight, StatementWeight, WEIGHTS_SCHEMA, Weight, Weights};
