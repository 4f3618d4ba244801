//! The source files of a tree as facts: kept ones, shared ones, or those of their texts, in parallel.

use std::sync::Arc;

use rayon::prelude::*;
use tuneup_model::Warning;

use super::recall::{self, Noted};
use super::{Options, Progress, Shared};
use crate::facts::{FileFacts, facts};
use crate::source::{SourceTree as _, danger};

pub(super) const SOURCE_EXTENSIONS: &[&str] = &["ts", "tsx", "js", "jsx", "mts", "cts", "mjs", "cjs"];

pub(super) fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

pub(super) fn read_sources(
    tree: &Noted<'_>,
    files: &[String],
    options: &Options<'_>,
    shared: Shared<'_>,
    warnings: &mut Vec<Warning>,
) -> Vec<Arc<FileFacts>> {
    let wanted: Vec<&String> =
        files.iter().filter(|path| SOURCE_EXTENSIONS.contains(&extension(path))).collect();
    let total = wanted.len();
    let done = std::sync::atomic::AtomicUsize::new(0);
    let read: Vec<Result<Arc<FileFacts>, Warning>> = wanted
        .par_iter()
        .map(|path| {
            let result = match shared(path) {
                Some(facts) => {
                    tree.known(path);
                    Ok(facts)
                }
                None => read_source(tree, path, options),
            };
            let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            (options.progress)(Progress::Reading { done, total });
            result
        })
        .collect();
    let mut facts = Vec::with_capacity(read.len());
    for result in read {
        match result {
            Ok(file) => {
                if let Some(error) = &file.syntax_error {
                    let message = format!("not parsed: {error}");
                    warnings.push(Warning { file: file.path.clone(), message });
                }
                facts.push(file);
            }
            Err(warning) => warnings.push(warning),
        }
    }
    facts
}

/// The facts of a file: kept ones, or those of its text.
fn read_source(tree: &Noted<'_>, path: &str, options: &Options<'_>) -> Result<Arc<FileFacts>, Warning> {
    let warn = |message: String| Warning { file: path.to_owned(), message };
    let kept = || {
        let (kept, text) = (options.kept?, tree.known(path)?);
        kept.facts(recall::facts_of(path, text))
    };
    if let Some(facts) = kept() {
        return Ok(facts);
    }
    let text = tree.read(path).map_err(|error| warn(format!("skipped: {error}")))?;
    if let Some(facts) = kept() {
        return Ok(facts);
    }
    let facts = match (danger(&text), options.isolate) {
        (None, _) => facts(path, &text),
        (Some(danger), None) => return Err(warn(format!("skipped: {danger}"))),
        (Some(danger), Some(isolate)) => isolate(path, &text).map_err(|error| {
            tree.passing();
            warn(format!("skipped: {danger}; {error}"))
        })?,
    };
    let facts = Arc::new(facts);
    if let (Some(kept), Some(text)) = (options.kept, tree.known(path)) {
        kept.keep_facts(recall::facts_of(path, text), &facts);
    }
    Ok(facts)
}
