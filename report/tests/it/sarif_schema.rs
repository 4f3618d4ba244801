//! The published schema of SARIF 2.1.0, and whether a document keeps to it.

use serde_json::Value;

/// The pattern of `language` as it stands in the schema, and as it is meant.
const MISTYPED: (&str, &str) = ("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");

/// Every way in which `document` departs from the standard, each with its place.
pub(crate) fn complaints(document: &Value) -> Vec<String> {
    let (written, meant) = MISTYPED;
    let text = include_str!("../schema/sarif-schema-2.1.0.json");
    assert!(text.contains(written), "the schema no longer needs to be mended");
    let schema = serde_json::from_str(&text.replace(written, meant)).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let mut complaints: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    check_regions(document, "", &mut complaints);
    complaints
}

/// A region says where it begins, which errata 01 added to the schema.
fn check_regions(value: &Value, at: &str, complaints: &mut Vec<String>) {
    let is_region = at.ends_with("egion");
    if is_region && ["startLine", "charOffset", "byteOffset"].iter().all(|start| value.get(start).is_none()) {
        complaints.push(format!("{at}: has no start"));
    }
    for (name, part) in value.as_object().into_iter().flatten() {
        check_regions(part, &format!("{at}/{name}"), complaints);
    }
    for (position, part) in value.as_array().into_iter().flatten().enumerate() {
        check_regions(part, &format!("{at}/{position}"), complaints);
    }
}
