//! A rule's page in Markdown, from its declaration.

use tuneup_model::RuleDoc;

/// What, why, slow, fast, when it is fine, how it is proven.
pub fn page(doc: &RuleDoc) -> String {
    format!(
        "# {id}\n\n{summary}.\n\n- Severity: {severity}\n- Since: {since}\n\n## Why it is slow\n\n{why}\n\n## Slow\n\n{slow}\n\n## Fast\n\n{fast}\n\n\
         ## When it is fine\n\n{fine}\n\n## How it is proven\n\n{proof}.\n",
        id = doc.id,
        summary = doc.summary,
        severity = doc.severity,
        since = doc.since,
        why = doc.why.trim(),
        slow = example(doc.slow),
        fast = example(doc.fast),
        fine = doc.fine_when.trim(),
        proof = doc.proof,
    )
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
