//! Replaces what changes from run to run: named paths, durations, points in time, seconds in JSON.

use std::path::PathBuf;

/// Units a duration may have after its number, longest first.
const UNITS: [&str; 7] = ["min", "ns", "µs", "us", "ms", "s", "h"];

/// Keys of JSON numbers that are durations.
const JSON_SECONDS: &str = "\"seconds\":";

/// `text` with each path of `names` replaced by its name, durations by `[TIME]` and points in time by `[NOW]`.
pub(crate) fn redact(text: &str, names: &[(PathBuf, &'static str)]) -> String {
    let mut named = text.to_owned();
    for (path, name) in names {
        named = named.replace(&*path.to_string_lossy(), name);
    }
    let mut redacted = String::with_capacity(named.len());
    let mut rest = named.as_str();
    while let Some(first) = rest.chars().next() {
        let begins_word =
            !redacted.ends_with(|before: char| before.is_alphanumeric() || ".-_".contains(before));
        let replacement = if begins_word { replaced_at(rest) } else { None };
        if let Some((length, name)) = replacement {
            redacted.push_str(name);
            rest = &rest[length..];
        } else if let Some(number) = rest.strip_prefix(JSON_SECONDS) {
            let blanks = number.len() - number.trim_start().len();
            redacted.push_str(JSON_SECONDS);
            redacted.push_str(&number[..blanks]);
            rest = &number[blanks..];
            let digits = number_length(rest);
            if digits > 0 {
                redacted.push_str("\"[TIME]\"");
                rest = &rest[digits..];
            }
        } else {
            redacted.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    redacted
}

/// Length and name of a duration or point in time at the beginning of `text`.
fn replaced_at(text: &str) -> Option<(usize, &'static str)> {
    point_in_time_length(text)
        .map(|length| (length, "[NOW]"))
        .or_else(|| Some((duration_length(text)?, "[TIME]")))
}

/// `12 ms`, `0.3s`, `1 min`; the unit is followed by no other letter or digit.
fn duration_length(text: &str) -> Option<usize> {
    let digits = number_length(text);
    if digits == 0 {
        return None;
    }
    let after = &text[digits..];
    let blank = after.len() - after.strip_prefix(' ').unwrap_or(after).len();
    let unit = UNITS.into_iter().find(|unit| {
        let after_unit = after[blank..].strip_prefix(unit);
        after_unit.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
    })?;
    Some(digits + blank + unit.len())
}

/// `2031-05-06T07:08:09` with optional fraction and `Z`.
fn point_in_time_length(text: &str) -> Option<usize> {
    const PATTERN: &[u8] = b"0000-00-00T00:00:00";
    let fits =
        |(byte, pattern): (&u8, &u8)| if *pattern == b'0' { byte.is_ascii_digit() } else { byte == pattern };
    let bytes = text.as_bytes();
    if bytes.len() < PATTERN.len() || !bytes.iter().zip(PATTERN).all(fits) {
        return None;
    }
    let after = &text[PATTERN.len()..];
    let fraction =
        after.len() - after.trim_start_matches(|next: char| next == '.' || next.is_ascii_digit()).len();
    let zulu = usize::from(after[fraction..].starts_with('Z'));
    Some(PATTERN.len() + fraction + zulu)
}

/// Length of a decimal number at the beginning of `text`; 0 where there is none.
fn number_length(text: &str) -> usize {
    let whole = text.len() - text.trim_start_matches(|next: char| next.is_ascii_digit()).len();
    let Some(fraction) = text[whole..].strip_prefix('.').filter(|_| whole > 0) else { return whole };
    let digits = fraction.len() - fraction.trim_start_matches(|next: char| next.is_ascii_digit()).len();
    if digits == 0 { whole } else { whole + 1 + digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> String {
        redact(text, &[(PathBuf::from("/home/x/work"), "[WORK]"), (PathBuf::from("/home/x"), "[HOME]")])
    }

    #[test]
    fn durations_lose_their_numbers() {
        assert_eq!(redacted("in 12 ms, 0.3s, 1 min; 4µs."), "in [TIME], [TIME], [TIME]; [TIME].");
    }

    #[test]
    fn counts_and_versions_stay() {
        let text = "12 files, 3 sites, 1.2.3, v0.1s2, take 50, x12 ms_, a5s";
        assert_eq!(redacted(text), text);
    }

    #[test]
    fn seconds_in_json_stay_valid_json() {
        assert_eq!(redacted("{\"seconds\": 0.0123,\"files\":3}"), "{\"seconds\": \"[TIME]\",\"files\":3}");
    }

    #[test]
    fn points_in_time_are_now() {
        assert_eq!(redacted("at 2031-05-06T07:08:09.123Z, on 2031-05-06"), "at [NOW], on 2031-05-06");
    }

    #[test]
    fn paths_get_their_names() {
        assert_eq!(redacted("/home/x/work/a.ts and /home/x/.cfg"), "[WORK]/a.ts and [HOME]/.cfg");
    }
}
