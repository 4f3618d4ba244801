//! The text of a `tuneup.toml` to settings. The declarations that ship with tuneup are read by the same code.
//!
//! The first thing that is wrong ends the reading: settings that are half understood would make a scan that nobody asked
//! for.

mod check;
mod place;
mod rules;

use tuneup_model::Config;

/// Why a text is no configuration. The message is a fragment without a full stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ConfigError {
    /// From 1; columns count characters.
    pub line: usize,
    pub column: usize,
    pub message: String,
    /// What to do instead, where there is more to say than the message does.
    pub hint: Option<String>,
    /// A word that means nothing, and the words that would mean something in its place.
    pub mistyped: Option<(String, Vec<String>)>,
}

/// Reads and checks the text of a configuration.
pub fn config(text: &str) -> Result<Config, ConfigError> {
    let config: Config = toml::from_str(text).map_err(|error| malformed(text, &error))?;
    rules::check(text, &config.rules)?;
    check::handles(&config.handles).map_err(|problem| {
        let (line, column) = place::of(text, &problem.at);
        ConfigError { line, column, message: problem.message, hint: Some(problem.hint), mistyped: None }
    })?;
    Ok(config)
}

fn malformed(text: &str, error: &toml::de::Error) -> ConfigError {
    let (line, column) = place::line_and_column(text, error.span().map_or(0, |span| span.start));
    // A text of someone else's must not steer the terminal that the message ends on.
    let said = error.message().replace(|next: char| next.is_control() && next != '\n', "\u{fffd}");
    let unknown = |lead| unknown_word(&said, lead);
    let (message, mistyped) = if let Some((word, known)) = unknown("unknown field") {
        (format!("unknown key `{word}`"), Some((word, known)))
    } else if let Some((word, known)) = unknown("unknown variant") {
        (format!("unknown word `{word}`"), Some((word, known)))
    } else {
        (plain(&said), None)
    };
    ConfigError { line, column, message, hint: None, mistyped }
}

/// The word that serde does not know, and those it does: "unknown field `x`, expected one of `a`, `b`".
fn unknown_word(said: &str, lead: &str) -> Option<(String, Vec<String>)> {
    let (word, known) = said.strip_prefix(lead)?.rsplit_once(", expected")?;
    let known = known.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    Some((word.trim().trim_matches('`').to_owned(), known))
}

/// Without words of Rust, on one line.
fn plain(said: &str) -> String {
    let mut text =
        said.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
    for (rust, word) in [
        ("missing field", "missing key"),
        ("a sequence", "a list"),
        ("sequence", "list"),
        ("expected u32", "expected a whole number from 0"),
        ("wanted string or table", "expected a word between quotes"),
        ("struct RuleSetting", "a table"),
        ("struct HandleDeclaration", "a table"),
        ("struct HandleCall", "a table"),
        ("map", "table"),
    ] {
        text = text.replace(rust, word);
    }
    text
}

#[cfg(test)]
mod tests;
