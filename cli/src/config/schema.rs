//! The JSON Schema of `tuneup.toml`, for editors; made from the declarations that the parser obeys.

use serde::Serialize;
use serde::ser::{SerializeMap as _, SerializeSeq as _, Serializer};
use tuneup_model::{Config, Form, Key};

/// The schema as a text with a line break at its end.
pub fn configuration_schema() -> String {
    let mut schema = vec![
        ("$schema".to_owned(), Node::text("https://json-schema.org/draft/2020-12/schema")),
        ("title".to_owned(), Node::text("Configuration of tuneup, tuneup.toml")),
    ];
    schema.extend(table(Config::KEYS));
    let mut text = serde_json::to_string_pretty(&Node::Object(schema)).expect("plain data always serializes");
    text.push('\n');
    text
}

/// A JSON value whose keys stay in order.
enum Node {
    Text(String),
    Number(u32),
    Never,
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_u32(*number),
            Self::Never => serializer.serialize_bool(false),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Object(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

fn table(keys: &[Key]) -> Vec<(String, Node)> {
    let required = keys.iter().filter(|key| key.required).map(|key| Node::Text(key.name()));
    let properties = keys.iter().map(|key| {
        let mut schema = vec![("description".to_owned(), Node::text(key.about()))];
        schema.extend(form(&key.form));
        (key.name(), Node::Object(schema))
    });
    vec![
        ("type".to_owned(), Node::text("object")),
        ("additionalProperties".to_owned(), Node::Never),
        ("required".to_owned(), Node::List(required.collect())),
        ("properties".to_owned(), Node::Object(properties.collect())),
    ]
}

fn form(form_of: &Form) -> Vec<(String, Node)> {
    let typed = |name: &str| ("type".to_owned(), Node::text(name));
    match form_of {
        Form::Text => vec![typed("string")],
        Form::Number => vec![typed("integer"), ("minimum".to_owned(), Node::Number(0))],
        Form::Word(words) => {
            let one = words.iter().map(|word| {
                Node::Object(vec![
                    ("const".to_owned(), Node::text(word.name)),
                    ("description".to_owned(), Node::text(word.about())),
                ])
            });
            vec![("oneOf".to_owned(), Node::List(one.collect()))]
        }
        Form::List(item) => vec![typed("array"), ("items".to_owned(), Node::Object(form(item)))],
        Form::Table(keys) => table(keys),
    }
}
