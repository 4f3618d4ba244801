//! Conditions that a query builder is given as text in the program's own names: `u.name = :name AND u.age > ?`.

use tuneup_model::Predicate;

use crate::schema::Model;

/// Reads `a.id = :id AND a.name LIKE :name`.
pub(crate) fn conditions_of_text(text: &str, aliases: &[(&str, &Model)]) -> Option<(Vec<Predicate>, bool)> {
    // Spread parameters are lists, plain ones values: SQL knows both as placeholders.
    let text = with_placeholders(text);
    // Names without quotes come back in lower case.
    let folded = |alias: &str| if text.contains('"') { alias.to_owned() } else { alias.to_ascii_lowercase() };
    let from: Vec<String> =
        aliases.iter().map(|(alias, _)| folded(alias)).map(|it| format!("\"{it}\" \"{it}\"")).collect();
    let statement = format!("SELECT 1 FROM {} WHERE {text}", from.join(", "));
    let found = tuneup_sql::shapes(&statement, tuneup_model::Dialect::Postgresql).ok()?;
    let [shape] = found.as_slice() else { return None };
    let mut predicates = Vec::new();
    let mut has_unknown = shape.filter.has_unknown;
    for predicate in &shape.filter.all_of {
        let mut predicate = predicate.clone();
        let model = aliases
            .iter()
            .find(|(alias, _)| folded(alias) == predicate.column.table)
            .map(|(_, model)| *model);
        let named = model.and_then(|model| {
            let name = &predicate.column.column;
            column(model, name).or_else(|| folded_column(model, name)).map(|column| (model, column))
        });
        match named {
            Some((model, column)) => {
                predicate.column.table.clone_from(&model.table);
                predicate.column.column = column;
                predicates.push(predicate);
            }
            None => has_unknown = true,
        }
    }
    Some((predicates, has_unknown))
}

/// `:name` and `:...names` as SQL placeholders; casts stay.
fn with_placeholders(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut previous = ' ';
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        if c == ':' && previous != ':' && (next.is_ascii_alphabetic() || matches!(next, '_' | '.')) {
            out.push_str("$1");
            while chars.peek().is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')) {
                chars.next();
            }
        } else {
            out.push(c);
        }
        previous = c;
    }
    out
}

/// A property or column of a model, by its name in the database.
pub(crate) fn column(model: &Model, name: &str) -> Option<String> {
    let by_field = model.column(name).map(str::to_owned);
    by_field.or_else(|| model.relation(name).and_then(|relation| relation.columns.first().cloned())).or_else(
        || model.fields.iter().any(|field| model.column(&field.name) == Some(name)).then(|| name.to_owned()),
    )
}

/// The one property whose name is the same but for its case.
fn folded_column(model: &Model, name: &str) -> Option<String> {
    let mut same = model.fields.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
    match (same.next(), same.next()) {
        (Some(only), None) => column(model, &only.name),
        _ => None,
    }
}
