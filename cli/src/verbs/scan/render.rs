//! The result of a scan in the format that the user wants.

use tuneup_model::{RuleDoc, ScanResult};
use tuneup_report::{Detail, JunitOptions, MarkdownOptions, SarifOptions, SarifRule, TerminalOptions};
use tuneup_scan::rules::{RULES, page};

use super::ScanArgs;
use crate::args::{Format, GlobalArgs};
use crate::output;

pub(super) fn render(result: &ScanResult, focus: &str, args: &ScanArgs, global: &GlobalArgs) -> String {
    match global.format {
        Format::Json => tuneup_report::json(result, env!("CARGO_PKG_VERSION")),
        Format::Terminal => tuneup_report::terminal(result, &terminal(args, global)),
        Format::Sarif => sarif(result, focus, &args.rules),
        Format::Markdown => {
            let options = MarkdownOptions { focus, link_base: args.link_base.as_deref() };
            tuneup_report::markdown(result, &options)
        }
        Format::Github => tuneup_report::github(result, focus),
        Format::Gitlab => tuneup_report::gitlab(result, focus),
        Format::Junit => {
            let rules: Vec<&str> = asked(&args.rules).map(|doc| doc.id).collect();
            tuneup_report::junit(result, &JunitOptions { rules: &rules, focus })
        }
    }
}

fn terminal(args: &ScanArgs, global: &GlobalArgs) -> TerminalOptions {
    let full = |wanted: bool| if wanted { Detail::Full } else { Detail::Brief };
    TerminalOptions {
        width: output::width(),
        summary: full(!global.quiet),
        stats: full(args.stats),
        warnings: full(args.verbose),
    }
}

/// The rules of these ids, or all where there is none.
fn asked(ids: &[String]) -> impl Iterator<Item = &'static RuleDoc> {
    let docs = RULES.iter().map(|rule| &rule.doc);
    docs.filter(|doc| ids.is_empty() || ids.iter().any(|id| id == doc.id))
}

fn sarif(result: &ScanResult, focus: &str, ids: &[String]) -> String {
    let rules: Vec<SarifRule<'_>> = asked(ids).map(|doc| SarifRule { doc, page: page(doc) }).collect();
    let options = SarifOptions {
        tool_version: env!("CARGO_PKG_VERSION"),
        information_uri: Some(env!("CARGO_PKG_HOMEPAGE")).filter(|home| !home.is_empty()),
        rules: &rules,
        focus,
    };
    tuneup_report::sarif(result, &options)
}
