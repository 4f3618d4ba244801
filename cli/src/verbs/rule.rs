//! `tuneup rule [ID]`: what the rules are, and the page of one.

use std::fmt::Write as _;

use clap::Args;
use tuneup_model::{RuleDoc, Severity};
use tuneup_scan::rules::{RULES, page, rule};

use super::{findings_only, json};
use crate::Exit;
use crate::args::{Format, GlobalArgs};
use crate::error::CliError;
use crate::{output, suggest};

/// List the rules, or explain one
#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// Id of the rule to explain, for example `n-plus-one-in-loop`
    id: Option<String>,
}

pub(crate) fn run(args: &RuleArgs, global: &GlobalArgs) -> Result<Exit, CliError> {
    let text = match (&args.id, global.format) {
        (None, Format::Terminal) => list(),
        (None, Format::Json) => json("rules", &RULES.iter().map(|rule| &rule.doc).collect::<Vec<_>>()),
        (Some(id), Format::Terminal) => page(find(id)?),
        (Some(id), Format::Json) => json("rule", find(id)?),
        (_, format) => return Err(findings_only("show rules", format)),
    };
    output::write(&text, global)?;
    Ok(Exit::Clean)
}

/// The rule with this id, or an error that names the nearest.
pub(crate) fn find(id: &str) -> Result<&'static RuleDoc, CliError> {
    rule(id).map(|rule| &rule.doc).ok_or_else(|| {
        let unknown = CliError::usage(format!("find the rule `{id}`"));
        match suggest::nearest(id, RULES.iter().map(|rule| rule.doc.id)) {
            Some(known) => unknown.hint(format!("did you mean `{known}`?")),
            None => unknown.hint("`tuneup rule` lists all rules"),
        }
    })
}

fn list() -> String {
    let width = RULES.iter().map(|rule| rule.doc.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for severity in [Severity::High, Severity::Medium, Severity::Low] {
        for doc in RULES.iter().map(|rule| &rule.doc).filter(|doc| doc.severity == severity) {
            writeln!(text, "{:<6}  {:<width$}  {}", severity.to_string(), doc.id, doc.summary)
                .expect("writing to a string cannot fail");
        }
    }
    text
}
