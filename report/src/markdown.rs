//! Markdown for the comment under a pull request: a heading with the counts, then each finding behind its summary line.
//!
//! A finding is one block of HTML without blank lines, in which Markdown has no meaning: what the program is called can
//! end neither a list nor a code span, and HTML has five characters to escape (see `html`). GitHub takes 65,536
//! characters: after the first findings the others stand without details, and what does not fit is counted.

mod html;

use std::fmt::Write as _;

use tuneup_model::{Finding, Location, ScanResult, Severity, Since};

use crate::notes::{is_candidate, needs, off_path};
use crate::uri;
use crate::words::{counted, cut, grouped};
use html::{escaped, prose};

/// The longest comment that GitHub takes, in characters; bytes are counted here, which are never fewer.
pub const COMMENT_LIMIT: usize = 65_536;

/// Room kept for the lines after the findings.
const END: usize = 1_000;

/// Findings shown with their details; a comment that nobody reads to its end helps nobody.
const MOST_DETAILS: usize = 20;

/// Characters shown of one text.
const LONGEST_TEXT: usize = 600;

/// Steps of a path, and pieces of evidence, that are shown.
const MOST_LINES: usize = 12;
/// Findings that are gone are listed up to here.
const MOST_GONE: usize = 3;

/// How links are written.
#[derive(Debug)]
pub struct MarkdownOptions<'a> {
    /// The folder scanned, relative to the root of the tree.
    pub focus: &'a str,
    /// Where the files of the tree are shown, for example `https://github.com/o/r/blob/COMMIT`; links are relative
    /// without it.
    pub link_base: Option<&'a str>,
}

/// Renders `result` as a comment of at most [`COMMENT_LIMIT`] characters.
pub fn markdown(result: &ScanResult, options: &MarkdownOptions<'_>) -> String {
    // The mark by which a job finds its comment again.
    let mut out = format!("<!-- tuneup -->\n### tuneup: {}\n\n", heading(result));
    let (candidates, sure): (Vec<&Finding>, Vec<&Finding>) =
        result.findings.iter().partition(|finding| is_candidate(finding));
    let reserve = END + result.since.as_ref().map_or(0, |since| compared(since).len());
    let mut shown = 0;
    for finding in sure.into_iter().chain(candidates) {
        let room = COMMENT_LIMIT.saturating_sub(out.len() + reserve);
        let full = (shown < MOST_DETAILS).then(|| details(finding, options));
        let block = match full.filter(|block| block.len() <= room) {
            Some(block) => block,
            None => brief(finding, options),
        };
        if block.len() <= room {
            out.push_str(&block);
            shown += 1;
        }
    }
    for line in end(result, shown) {
        writeln!(out, "{line}\n").expect("writing to a string cannot fail");
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// `3 findings (2 high, 1 low)`.
fn heading(result: &ScanResult) -> String {
    if result.stats.files == 0 {
        return "nothing could be read".to_owned();
    }
    let (candidates, sure): (Vec<&Finding>, Vec<&Finding>) =
        result.findings.iter().partition(|finding| is_candidate(finding));
    let number = |severity| sure.iter().filter(|finding| finding.severity == severity).count();
    let counts: Vec<String> = [Severity::High, Severity::Medium, Severity::Low]
        .into_iter()
        .filter(|severity| number(*severity) > 0)
        .map(|severity| format!("{} {severity}", grouped(number(severity))))
        .collect();
    let (none, noun) =
        if result.since.is_some() { ("nothing new", "new finding") } else { ("no findings", "finding") };
    let mut text = match sure.len() {
        0 => none.to_owned(),
        total => format!("{} ({})", counted(total, noun), counts.join(", ")),
    };
    if !candidates.is_empty() {
        write!(text, ", {}", counted(candidates.len(), "candidate"))
            .expect("writing to a string cannot fail");
    }
    text
}

fn end(result: &ScanResult, shown: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if shown < result.findings.len() {
        let rest = counted(result.findings.len() - shown, "finding");
        lines.push(format!("{rest} more would make this comment too long: `tuneup scan` shows all."));
    }
    lines.extend(result.since.as_ref().map(compared));
    match result.stats.candidates {
        0 => {}
        1 => lines.push("1 candidate is hidden: `tuneup scan --candidates` shows it.".to_owned()),
        number => {
            let hidden = counted(number, "candidate");
            lines.push(format!("{hidden} are hidden: `tuneup scan --candidates` shows them."));
        }
    }
    if !result.warnings.is_empty() {
        let warnings = counted(result.warnings.len(), "warning");
        lines.push(format!("{warnings}: `tuneup scan --verbose` shows what could not be read."));
    }
    lines
}

/// How the findings relate to those before, and what is gone.
fn compared(since: &Since) -> String {
    let mut text = format!(
        "<ul><li>compared with <code>{}</code>: {} as before, {} gone</li>",
        escaped(&short(&since.base)),
        counted(since.known, "finding"),
        grouped(since.fixed.len())
    );
    for fixed in since.fixed.iter().take(MOST_GONE) {
        let (rule, file) = (escaped(&short(&fixed.rule)), escaped(&short(&fixed.file)));
        let message = prose(&short(&fixed.message));
        write!(text, "<li>gone: <code>{rule}</code> in <code>{file}</code>: {message}</li>")
            .expect("writing to a string cannot fail");
    }
    text.push_str("</ul>");
    text
}

/// The line of a finding that is always in sight.
fn summary(finding: &Finding, options: &MarkdownOptions<'_>) -> String {
    let severity = if is_candidate(finding) {
        format!("{}, candidate", finding.severity)
    } else {
        finding.severity.to_string()
    };
    let link = link(&finding.location.file, finding.location.line, options);
    format!("<b>{severity}</b> {link}: {}", prose(&short(&finding.message)))
}

fn brief(finding: &Finding, options: &MarkdownOptions<'_>) -> String {
    format!("<p>{}</p>\n\n", summary(finding, options))
}

fn details(finding: &Finding, options: &MarkdownOptions<'_>) -> String {
    let mut items = vec![item("rule", &format!("<code>{}</code>", escaped(&short(&finding.rule))))];
    if !finding.call_path.is_empty() {
        items.push(item("path", &path(finding, options)));
    }
    if let Some(cost) = &finding.cost {
        items.push(item("cost", &prose(&short(&cost.to_string()))));
    }
    for evidence in off_path(finding).take(MOST_LINES) {
        items.push(item("seen", &seen(&evidence.message, evidence.location.as_ref(), options)));
    }
    if !finding.help.is_empty() {
        items.push(item("help", &prose(&short(&finding.help))));
    }
    if let Some(fix) = &finding.fix {
        items.push(item("fix", &format!("{}{}", prose(&short(&fix.title)), needs(fix.safety))));
        if let Some(ddl) = &fix.ddl {
            items.push(item("sql", &format!("<code>{}</code>", escaped(&short(ddl)))));
        }
    }
    for doubt in finding.doubts.iter().take(MOST_LINES) {
        items.push(item("doubt", &prose(&short(doubt))));
    }
    format!(
        "<details><summary>{}</summary>\n<ul>\n{}</ul>\n</details>\n\n",
        summary(finding, options),
        items.concat()
    )
}

fn item(heading: &str, text: &str) -> String {
    format!("<li><b>{heading}:</b> {text}</li>\n")
}

fn path(finding: &Finding, options: &MarkdownOptions<'_>) -> String {
    let steps = finding.call_path.iter().take(MOST_LINES).map(|step| {
        let place = link(&step.file, step.line, options);
        format!("<code>{}</code> ({place})", escaped(&short(&step.name)))
    });
    let mut text = steps.collect::<Vec<_>>().join(" → ");
    if finding.call_path.len() > MOST_LINES {
        let rest = counted(finding.call_path.len() - MOST_LINES, "call");
        write!(text, " → {rest} more").expect("writing to a string cannot fail");
    }
    text
}

fn seen(message: &str, location: Option<&Location>, options: &MarkdownOptions<'_>) -> String {
    let message = prose(&short(message));
    match location {
        Some(place) => format!("{message} ({})", link(&place.file, place.line, options)),
        None => message,
    }
}

fn link(file: &str, line: u32, options: &MarkdownOptions<'_>) -> String {
    let target = uri::below(options.focus, file);
    let target = match options.link_base {
        Some(base) => format!("{}/{target}", base.trim_end_matches('/')),
        None => target,
    };
    let shown = escaped(&short(&uri::path_below(options.focus, file)));
    format!("<a href=\"{}#L{line}\">{shown}:{line}</a>", escaped(&target))
}

fn short(text: &str) -> String {
    cut(text, LONGEST_TEXT)
}
