//! A validator for the few words of JSON Schema that our published schemas use; any other word fails the test.

use std::path::Path;

use serde_json::Value;

pub(crate) struct Schema(Value);

impl Schema {
    pub(crate) fn published() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema/scan-1.json");
        Self(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
    }

    fn follow<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.0.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
            None => schema,
        }
    }
}

/// Every way in which `document` departs from `schema`, each with its place.
pub(crate) fn complaints(schema: &Schema, document: &Value) -> Vec<String> {
    let mut out = Vec::new();
    check(schema, &schema.0, document, "", &mut out);
    out
}

fn check(root: &Schema, schema: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
    for (word, expected) in root.follow(schema).as_object().unwrap() {
        match word.as_str() {
            "type" if !type_fits(expected, value) => {
                out.push(format!("{at}: is not of type {}", plain(expected)));
            }
            "const" if expected != value => out.push(format!("{at}: is not {expected}")),
            "enum" if !expected.as_array().unwrap().contains(value) => {
                out.push(format!("{at}: is not one of {expected}"));
            }
            "pattern" => check_pattern(expected, value, at, out),
            "required" => check_required(expected, value, at, out),
            "properties" => check_properties(root, expected, value, at, out),
            "items" => check_items(root, expected, value, at, out),
            "anyOf" => check_any_of(root, expected, value, at, out),
            // These hold, or say nothing of the value; `additionalProperties` is always false (see below).
            "$schema"
            | "$defs"
            | "title"
            | "description"
            | "type"
            | "const"
            | "enum"
            | "additionalProperties" => {}
            unknown => panic!("the validator does not know `{unknown}`"),
        }
    }
}

fn plain(expected: &Value) -> String {
    expected.as_str().map_or_else(|| expected.to_string(), String::from)
}

fn type_fits(expected: &Value, value: &Value) -> bool {
    let fits = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        unknown => panic!("the validator does not know the type `{unknown}`"),
    };
    match expected {
        Value::Array(names) => names.iter().any(|name| fits(name.as_str().unwrap())),
        name => fits(name.as_str().unwrap()),
    }
}

fn check_pattern(expected: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
    assert_eq!(expected, "^[0-9a-f]{16}$", "the validator knows one pattern");
    let text = value.as_str().unwrap_or_default();
    if text.len() != 16 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        out.push(format!("{at}: is not 16 hexadecimal digits"));
    }
}

fn check_required(expected: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
    for name in expected.as_array().unwrap().iter().filter_map(Value::as_str) {
        if value.is_object() && value.get(name).is_none() {
            out.push(format!("{at}: lacks {name}"));
        }
    }
}

/// Every object of ours is closed: a field that the schema does not describe is a complaint.
fn check_properties(root: &Schema, expected: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
    for (name, part) in value.as_object().into_iter().flatten() {
        match expected.get(name) {
            Some(schema) => check(root, schema, part, &format!("{at}/{name}"), out),
            None => out.push(format!("{at}: has {name}, which is not described")),
        }
    }
}

fn check_items(root: &Schema, expected: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
    for (position, part) in value.as_array().into_iter().flatten().enumerate() {
        check(root, expected, part, &format!("{at}/{position}"), out);
    }
}

fn check_any_of(root: &Schema, expected: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
    let forms = expected.as_array().unwrap();
    let matches = |form: &Value| {
        let mut complaints = Vec::new();
        check(root, form, value, at, &mut complaints);
        complaints.is_empty()
    };
    if !forms.iter().any(matches) {
        out.push(format!("{at}: matches none of {} forms", forms.len()));
    }
}
