//! The settings of `tuneup.toml` as data: a key is one field, and the field's comment is its documentation.

mod keys;

pub use keys::{Form, Key, Keyed, Word};
pub(crate) use keys::{keyed, words};

use crate::{HandleDeclaration, Severity};

keyed! {
    /// Everything a `tuneup.toml` can say.
    #[derive(Default)]
    pub struct Config {
        /// Findings of this severity or a higher one make the exit code 1, where `--fail-on` does not say otherwise.
        /// Without both it is `low`.
        fail_on: Option<FailOn>,
        /// What rules are worth here: for the whole repository, or for a part of it. Of several entries that speak of a
        /// finding the last counts.
        #[serde(default)]
        rules: Vec<RuleSetting>,
        /// Objects of this program or of a library whose methods read or write a store: what each method does. Without a
        /// declaration, only the libraries that tuneup knows are followed to their queries.
        #[serde(default)]
        handles: Vec<HandleDeclaration>,
    }
}

keyed! {
    /// What findings of some rules are worth.
    pub struct RuleSetting {
        /// The rules meant, by id; `tuneup rule` lists them. `*` stands for all.
        ids: Vec<String>,
        /// What a finding of them is worth.
        level: Level,
        /// Only findings in these files: patterns with `*`, `**`, `?` and `{a,b}`, from the folder of `tuneup.toml` (with
        /// `--config`, from the root of the workspace). Absent, all files.
        paths: Option<Vec<String>>,
    }
}

words! {
    /// What a finding is worth.
    pub enum Level {
        /// It is left out.
        Off = "off",
        /// It has low severity.
        Low = "low",
        /// It has medium severity.
        Medium = "medium",
        /// It has high severity.
        High = "high",
    }
}

impl Level {
    /// The severity it stands for; none where findings are left out.
    pub fn severity(self) -> Option<Severity> {
        Some(match self {
            Self::Off => return None,
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
        })
    }
}

words! {
    /// The bar of the exit code.
    pub enum FailOn {
        /// High findings only.
        High = "high",
        /// High and medium findings.
        Medium = "medium",
        /// Any finding that is no candidate.
        Low = "low",
        /// No finding does.
        Never = "never",
    }
}
