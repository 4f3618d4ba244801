//! A rule's page in Markdown, from its declaration.

use tuneup_model::{RuleDoc, Standing};

/// What, why, slow, fast, when it is fine, how it is proven.
pub fn page(doc: &RuleDoc) -> String {
    format!(
        "# {id}\n\n{summary}.\n\n- Severity: {severity}\n- Since: {since}\n{standing}\n## Why it is slow\n\n{why}\n\n## Slow\n\n{slow}\n\n## Fast\n\n{fast}\n\n\
         ## When it is fine\n\n{fine}\n\n## How it is proven\n\n{proof}.\n",
        id = doc.id,
        summary = doc.summary,
        severity = doc.severity,
        since = doc.since,
        standing = standing(doc.standing),
        why = doc.why.trim(),
        slow = example(doc.slow),
        fast = example(doc.fast),
        fine = doc.fine_when.trim(),
        proof = doc.proof,
    )
}

fn standing(standing: Standing) -> String {
    match standing {
        Standing::Shown([]) => String::new(),
        Standing::Shown(readings) => {
            let places: Vec<String> = readings
                .iter()
                .map(|it| {
                    format!(
                        "{} of {} in [{repository}](https://github.com/{repository})",
                        it.right,
                        it.read,
                        repository = it.repository
                    )
                })
                .collect();
            format!("- Read on public code, right: {}\n", places.join(", "))
        }
        Standing::Candidate { why } => format!(
            "- Shown with `--candidates`, `--rule`, or a level of its own in `tuneup.toml` only: {why}\n"
        ),
    }
}

/// One fenced block per file of an example.
fn example(text: &str) -> String {
    let mut blocks: Vec<(String, Vec<&str>)> = Vec::new();
    for line in text.trim().lines() {
        match line.strip_prefix("//- /") {
            Some(path) => blocks.push((path.trim().to_owned(), Vec::new())),
            None => match blocks.last_mut() {
                Some((_, lines)) => lines.push(line),
                None => blocks.push((String::new(), vec![line])),
            },
        }
    }
    let rendered: Vec<String> = blocks
        .iter()
        .map(|(path, lines)| {
            let language = path.rsplit_once('.').map_or("ts", |(_, extension)| extension);
            let title = if path.is_empty() { String::new() } else { format!("`{path}`\n\n") };
            format!("{title}```{language}\n{}\n```", lines.join("\n").trim_end())
        })
        .collect();
    rendered.join("\n\n")
}
