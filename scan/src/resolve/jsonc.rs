//! JSON as compilers read it: with comments and trailing commas.

use serde_json::Value;

/// The value of a configuration file; a file without a value is an empty object.
pub(super) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    let json = strip(text);
    if json.trim_ascii().is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    serde_json::from_slice(&json)
}

/// Comments become nothing and trailing commas spaces; lines stay, so that errors name the right one.
fn strip(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut json = Vec::with_capacity(bytes.len());
    // Where the last comma was written, while nothing but blanks has followed it.
    let mut comma = None;
    let mut at = 0;
    while at < bytes.len() {
        let end = match (bytes[at], bytes.get(at + 1)) {
            (b'"', _) => string_end(bytes, at),
            (b'/', Some(b'/')) => {
                at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at);
                continue;
            }
            (b'/', Some(b'*')) => {
                let end = text[at + 2..].find("*/").map_or(bytes.len(), |length| at + length + 4);
                json.extend(bytes[at..end].iter().filter(|byte| **byte == b'\n'));
                at = end;
                continue;
            }
            _ => at + 1,
        };
        match bytes[at] {
            b',' => comma = Some(json.len()),
            b'}' | b']' => {
                if let Some(comma) = comma.take() {
                    json[comma] = b' ';
                }
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        json.extend_from_slice(&bytes[at..end]);
        at = end;
    }
    json
}

/// One past the closing quote.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn comments_and_trailing_commas_are_no_json() {
        let text = "// a\n{ /* b */ \"x\": [1, 2, /* c */ ], \"y\": \"//,}\\\"\", // d\n}\n";
        assert_eq!(parse(text).unwrap(), json!({"x": [1, 2], "y": "//,}\""}));
        assert_eq!(parse(" // nothing\n").unwrap(), json!({}));
    }

    #[test]
    fn what_is_still_no_json_is_an_error_with_its_line() {
        assert_eq!(parse("/*\n*/\n{ \"a\" }").unwrap_err().line(), 3);
        assert!(parse("{ \"a").is_err());
        assert!(parse("{ /* \"a\": 1 }").is_err());
    }
}
