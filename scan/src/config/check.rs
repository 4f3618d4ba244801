//! Keys that contradict each other, or say something that no program can mean.

use std::collections::BTreeSet;

use tuneup_model::{Does, HandleCall, HandleDeclaration, Operation};

use super::place::At;

/// What is wrong, where, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub at: At,
    pub message: String,
    pub hint: String,
}

type Checked = Result<(), Problem>;

pub(super) fn handles(declarations: &[HandleDeclaration]) -> Checked {
    for (handle, declaration) in declarations.iter().enumerate() {
        let at = At { handle, call: None, key: None };
        origin(declaration, &at)?;
        texts(
            &at,
            &[
                ("package", &declaration.package),
                ("file", &declaration.file),
                ("export", &declaration.export),
                ("type", &declaration.r#type),
                ("table", &declaration.table),
            ],
        )?;
        kinds(declaration, &at)?;
        ensure(!declaration.calls.is_empty(), &at, Some("calls"), || {
            ("a handle without calls says nothing", "add a `[[handles.calls]]`, or remove the handle")
        })?;
        let mut seen = BTreeSet::new();
        for (number, call) in declaration.calls.iter().enumerate() {
            let at = At { call: Some(number), ..at.clone() };
            methods(call, &at, &mut seen)?;
            table(call, &at)?;
            arguments(call, &at)?;
        }
    }
    Ok(())
}

/// Fails with the message and hint unless `holds`.
fn ensure<M: Into<String>, H: Into<String>>(
    holds: bool,
    at: &At,
    key: Option<&'static str>,
    say: impl FnOnce() -> (M, H),
) -> Checked {
    if holds {
        return Ok(());
    }
    let (message, hint) = say();
    Err(Problem { at: At { key, ..at.clone() }, message: message.into(), hint: hint.into() })
}

fn origin(declaration: &HandleDeclaration, at: &At) -> Checked {
    let (package, file) = (declaration.package.as_deref(), declaration.file.as_deref());
    ensure(package.is_some() || file.is_some(), at, None, || {
        (
            "the handle comes from nowhere: it has neither `package` nor `file`",
            "name the npm package, or the module of this repository, that exports it",
        )
    })?;
    ensure(package.is_none() || file.is_none(), at, Some("file"), || {
        ("the handle has both `package` and `file`", "write a `[[handles]]` for each of them")
    })?;
    let relative = |path: &str| path.starts_with(['.', '/', '\\']);
    ensure(!package.is_some_and(relative), at, Some("package"), || {
        ("`package` is a path", "name a module of this repository with `file`")
    })?;
    let inside = |path: &str| {
        !path.contains(['\\', ':']) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
    };
    ensure(file.is_none_or(|file| file.is_empty() || inside(file)), at, Some("file"), || {
        (
            "`file` is not a path below the folder of the configuration",
            "write it with `/`, without `.` and `..`, for example `src/database/index.js`",
        )
    })?;
    ensure(declaration.path.as_deref().is_none_or(is_way), at, Some("path"), || {
        (
            "`path` is not a way from the export to an object",
            "write names joined by dots, and `()` for a call or `new`: `().db`, `connect().db()`",
        )
    })
}

/// What tells a handle by its type or name goes together with what needs one.
fn kinds(declaration: &HandleDeclaration, at: &At) -> Checked {
    let by_name = declaration.r#type.is_some() || declaration.registered_as.is_some();
    ensure(!by_name || declaration.export.is_none(), at, Some("export"), || {
        ("a handle is an export, or what has a type or a name", "write a `[[handles]]` for each of them")
    })?;
    ensure(
        declaration.table_type_argument.is_none() || declaration.r#type.is_some(),
        at,
        Some("table-type-argument"),
        || ("`table-type-argument` without `type`", "say with `type` whose argument is meant"),
    )?;
    let lists = [("registered-as", &declaration.registered_as), ("table-field", &declaration.table_field)];
    lists.iter().try_for_each(|(key, list)| names(at, key, list.as_deref()))?;
    let fields = declaration.table_field.iter().flatten();
    fields
        .map(|field| field.replacen("{model}", "", 1))
        .zip(declaration.table_field.iter().flatten())
        .try_for_each(|(rest, field)| {
            ensure(rest.len() < field.len() && !rest.contains(['{', '}']), at, Some("table-field"), || {
                (
                    format!("`{field}` does not say where the name of the model stands"),
                    "write it with one `{model}`",
                )
            })
        })
}

/// A list that is there has texts, none of them empty.
fn names(at: &At, key: &'static str, list: Option<&[String]>) -> Checked {
    ensure(
        list.is_none_or(|list| !list.is_empty() && list.iter().all(|name| !name.trim().is_empty())),
        at,
        Some(key),
        || (format!("`{key}` has an empty name, or none"), "say what it is, or remove the key"),
    )
}

/// None of these texts may be empty.
fn texts(at: &At, keys: &[(&'static str, &Option<String>)]) -> Checked {
    keys.iter().try_for_each(|(key, text)| {
        ensure(text.as_ref().is_none_or(|text| !text.trim().is_empty()), at, Some(*key), || {
            (format!("`{key}` is empty"), "say what it is, or remove the key")
        })
    })
}

fn methods<'a>(call: &'a HandleCall, at: &At, seen: &mut BTreeSet<&'a str>) -> Checked {
    let key = Some("methods");
    ensure(!call.methods.is_empty(), at, key, || ("`methods` is empty", "name the methods that do this"))?;
    for method in &call.methods {
        ensure(is_method(method), at, key, || {
            (
                format!("`{method}` is not the name of a method"),
                "write the name alone, names joined by dots (`sortedSets.add`), or `()` for the handle itself",
            )
        })?;
        ensure(seen.insert(method), at, key, || {
            (format!("`{method}` is declared twice for this handle"), "leave it in one of the entries")
        })?;
    }
    let batch = call.batched_by.as_deref();
    ensure(batch.is_none_or(is_method), at, Some("batched-by"), || {
        ("`batched-by` is not the name of a method", "name the method of this handle that takes many keys")
    })?;
    let held = matches!(call.does, Does::Transaction | Does::Connection | Does::Lock | Does::None);
    refuse(call.batched_by.is_some() && held, at, "batched-by", call.does)
}

fn table(call: &HandleCall, at: &At) -> Checked {
    texts(
        at,
        &[
            ("table", &call.table),
            ("table-until", &call.table_until),
            ("key-column", &call.key_column),
            ("limit-property", &call.limit_property),
        ],
    )?;
    ensure(call.table.is_none() || call.table_argument.is_none(), at, Some("table-argument"), || {
        ("the call has both `table` and `table-argument`", "keep the one that names the table")
    })?;
    let needs = |key: &'static str, given: bool, other: &str, has_other: bool| {
        ensure(!given || has_other, at, Some(key), || {
            (format!("`{key}` without `{other}`"), format!("say with `{other}` which argument is meant"))
        })
    };
    needs("table-until", call.table_until.is_some(), "table-argument", call.table_argument.is_some())?;
    needs("table-property", call.table_property.is_some(), "table-argument", call.table_argument.is_some())?;
    needs("limit-property", call.limit_property.is_some(), "limit-argument", call.limit_argument.is_some())?;
    names(at, "table-property", call.table_property.as_deref())?;
    needs("key-column", call.key_column.is_some(), "key-argument", call.key_argument.is_some())
}

/// What the call does decides what can be said of it.
fn arguments(call: &HandleCall, at: &At) -> Checked {
    let operation = call.does.operation();
    let stored = operation.is_some() || matches!(call.does, Does::CacheRead | Does::CacheWrite | Does::Queue);
    refuse(call.table.is_some() && !stored, at, "table", call.does)?;
    refuse(call.table_argument.is_some() && !stored, at, "table-argument", call.does)?;
    refuse(call.key_argument.is_some() && !stored, at, "key-argument", call.does)?;
    refuse(call.filter_argument.is_some() && operation.is_none(), at, "filter-argument", call.does)?;
    let bounded = matches!(
        operation,
        Some(Operation::ReadMany | Operation::UpdateMany | Operation::DeleteMany | Operation::Aggregate)
    );
    refuse(call.limit_argument.is_some() && !bounded, at, "limit-argument", call.does)?;
    refuse(call.sql_argument.is_some() && call.does != Does::Query, at, "sql-argument", call.does)?;
    ensure(call.does != Does::Query || call.sql_argument.is_some(), at, Some("does"), || {
        (
            "a `query` without `sql-argument`",
            "say which argument has the SQL text: `sql-argument = 0` is the first",
        )
    })
}

fn refuse(present: bool, at: &At, key: &'static str, does: Does) -> Checked {
    ensure(!present, at, Some(key), || {
        let why = match does {
            Does::Query => "the SQL text says it",
            Does::Transaction | Does::Connection | Does::Network | Does::Lock | Does::None => {
                "such a call touches no rows itself"
            }
            _ => "such a call has no use for it",
        };
        (format!("`{key}` with `does = \"{}\"`: {why}", does.word()), format!("remove `{key}`"))
    })
}

/// The name of a method as the configuration writes it, at most one model in it.
fn is_method(method: &str) -> bool {
    let plain = method.replacen("{models}", "x", 1);
    let plain = if plain.len() < method.len() { plain } else { method.replacen("{model}", "x", 1) };
    method == "()" || plain.split('.').all(is_name)
}

/// Names joined by dots, each followed by calls: `().db`, `connect().db()`. The first may be calls alone.
fn is_way(path: &str) -> bool {
    path.is_empty()
        || path.split('.').enumerate().all(|(position, part)| {
            let name = part.trim_end_matches("()");
            is_name(name) || (position == 0 && name.is_empty() && !part.is_empty())
        })
}

fn is_name(text: &str) -> bool {
    let starts = |first: char| first.is_alphabetic() || first == '_' || first == '$';
    text.starts_with(starts) && text.chars().all(|next| starts(next) || next.is_ascii_digit())
}
