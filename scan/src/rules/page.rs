//! A rule's page in Markdown, from its declaration, and from what it says of its own slow example.

use std::fmt::Write as _;

use tuneup_model::{Finding, Reading, RuleDoc, Standing};

use crate::{Candidates, Levels, MemoryTree, Options, Queries, scan};

/// What it finds, why that is slow, what is reported, how to mend it, when it is fine, and how often it was right.
pub fn page(doc: &RuleDoc) -> String {
    let mut text = format!(
        "# {}\n\n{}.\n\n- Severity: {}\n- Category: {}\n- Since: {}\n{}\n",
        doc.id,
        doc.summary,
        doc.severity,
        doc.category.name(),
        doc.since,
        standing(doc.standing),
    );
    let mut section = |heading: &str, body: &str| {
        let body = body.trim();
        if !body.is_empty() {
            write!(text, "## {heading}\n\n{body}\n\n").expect("writing to a string cannot fail");
        }
    };
    section("Why it is slow", doc.why);
    section("Slow", &example(doc.slow));
    section("What is said of it", &said(doc));
    section("Fast", &example(doc.fast));
    section("When it is fine", &format!("{}\n\n{}", doc.fine_when.trim(), leaving_out(doc)));
    section("How it is proven", &format!("{}.", doc.proof));
    section("How often it is right", &readings(doc.standing));
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn standing(standing: Standing) -> String {
    match standing {
        Standing::Shown(_) => String::new(),
        Standing::Candidate { why } => {
            format!(
                "- Shown with `--candidates`, `--rule`, or a level of its own in `tuneup.toml` only: {why}\n"
            )
        }
    }
}

/// The finding of the slow example, without its frame.
fn said(doc: &RuleDoc) -> String {
    let Some(finding) = of_slow(doc) else { return String::new() };
    let mut text = format!("```text\n{}: {}\n", finding.severity, finding.message);
    let mut note = |heading: &str, line: &str| {
        writeln!(text, "  {heading:<5} {line}").expect("writing to a string cannot fail");
    };
    let at = &finding.location;
    if !at.file.is_empty() {
        note("at", &format!("{}:{}", at.file, at.line));
    }
    for step in &finding.call_path {
        note("path", &format!("{} ({}:{})", step.name, step.file, step.line));
    }
    if let Some(cost) = &finding.cost {
        note("cost", &cost.to_string());
    }
    note("help", &finding.help);
    if let Some(fix) = &finding.fix {
        note("fix", &fix.title);
        if let Some(ddl) = &fix.ddl {
            note("sql", ddl);
        }
    }
    text + "```"
}

fn of_slow(doc: &RuleDoc) -> Option<Finding> {
    let options = Options {
        rules: Some(vec![doc.id.to_owned()]),
        candidates: Candidates::Hide,
        queries: Queries::Omit,
        focus: "",
        handles: &[],
        levels: &Levels::default(),
        kept: None,
        isolate: None,
        progress: &|_| {},
    };
    let files = files(doc.slow).into_iter().map(|(path, lines)| (path, lines.join("\n") + "\n"));
    scan(&MemoryTree::new(files), &options).findings.into_iter().next()
}

/// How one who knows better says so.
fn leaving_out(doc: &RuleDoc) -> String {
    let is_code = |path: &str| !matches!(path.rsplit('.').next(), Some("prisma" | "sql"));
    let comment = if files(doc.slow).iter().any(|(path, _)| is_code(path)) {
        "// tuneup-ignore"
    } else {
        "-- tuneup-ignore"
    };
    format!(
        "A comment above the line leaves one finding out, and says why; `tuneup.toml` sets what the rule is worth, for all \
         files or some:\n\n```ts\n{comment} {id}: why it is fine here\n```\n\n```toml\n[[rules]]\nids = [\"{id}\"]\nlevel = \"off\"\n\
         paths = [\"scripts/**\"]\n```",
        id = doc.id
    )
}

fn readings(standing: Standing) -> String {
    let readings = match standing {
        Standing::Shown(readings) if !readings.is_empty() => readings,
        _ => return String::new(),
    };
    let sum = |count: fn(&Reading) -> u32| readings.iter().map(count).sum::<u32>();
    let (right, read) = (sum(|it| it.right), sum(|it| it.read));
    let mut text = format!(
        "Of its findings in public code, {read} were read at their place and along their path; {right} were right: they happen as \
         said, real requests or jobs reach them, and the advice helps.\n\n| repository | right | of |\n|---|---:|---:|\n"
    );
    for it in readings {
        let row = format!(
            "| [{name}](https://github.com/{name}) | {} | {} |\n",
            it.right,
            it.read,
            name = it.repository
        );
        text.push_str(&row);
    }
    text
}

/// One fenced block per file of an example.
fn example(text: &str) -> String {
    let rendered: Vec<String> = files(text)
        .iter()
        .map(|(path, lines)| {
            let language = path.rsplit_once('.').map_or("ts", |(_, extension)| extension);
            let title = if path.is_empty() { String::new() } else { format!("`{path}`\n\n") };
            format!("{title}```{language}\n{}\n```", lines.join("\n").trim_end())
        })
        .collect();
    rendered.join("\n\n")
}

/// The files of an example, each with its lines.
fn files(text: &str) -> Vec<(String, Vec<&str>)> {
    let mut files: Vec<(String, Vec<&str>)> = Vec::new();
    for line in text.trim().lines() {
        match line.strip_prefix("//- /") {
            Some(path) => files.push((path.trim().to_owned(), Vec::new())),
            None => match files.last_mut() {
                Some((_, lines)) => lines.push(line),
                None => files.push((String::new(), vec![line])),
            },
        }
    }
    files
}
