//! What a finding costs, as a formula of sizes that only production knows.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One unit of work and how often it happens, for example `1 + n` queries where `n` is `posts.length`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// The formula today, for example `1 + n queries`.
    pub now: String,
    /// The formula after the advice, for example `2 queries`.
    pub after: String,
    /// What each variable of the formulas counts, in order of appearance.
    pub counts: Vec<Count>,
}

/// A variable of a cost formula.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The variable, for example `n`.
    pub variable: String,
    /// What it counts, for example `elements of posts`.
    pub of: String,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.now, self.after)?;
        for (position, count) in self.counts.iter().enumerate() {
            let lead = if position == 0 { ", where " } else { ", " };
            write!(f, "{lead}{} = {}", count.variable, count.of)?;
        }
        Ok(())
    }
}
