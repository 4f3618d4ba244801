//! `[[rules]]`: ids that are rules, patterns that can match.

use tuneup_model::RuleSetting;

use super::{ConfigError, place};
use crate::levels::Levels;
use crate::rules::RULES;

pub(super) fn check(text: &str, settings: &[RuleSetting]) -> Result<(), ConfigError> {
    for setting in settings {
        let known = |id: &String| id == "*" || RULES.iter().any(|rule| rule.doc.id == id);
        if let Some(unknown) = setting.ids.iter().find(|id| !known(id)) {
            let ids = RULES.iter().map(|rule| rule.doc.id.to_owned()).collect();
            let message = format!("there is no rule `{unknown}`");
            return Err(ConfigError { mistyped: Some((unknown.clone(), ids)), ..at(text, unknown, message) });
        }
    }
    match Levels::of(settings, "") {
        Ok(_) => Ok(()),
        Err((pattern, why)) => {
            let hint = Some("patterns know `*`, `**`, `?`, `[a-z]` and `{a,b}`".to_owned());
            let message = format!("`{pattern}` is no pattern: {why}");
            Err(ConfigError { hint, ..at(text, &pattern, message) })
        }
    }
}

/// The error at the first place where the text is written.
fn at(text: &str, written: &str, message: String) -> ConfigError {
    let byte = text.find(&format!("\"{written}\"")).or_else(|| text.find(written)).unwrap_or(0);
    let (line, column) = place::line_and_column(text, byte);
    ConfigError { line, column, message, hint: None, mistyped: None }
}
