//! Tables and columns as the builder names them: `'users as u'`, `{ u: 'users' }`, `'u.id'`.

use tuneup_model::ColumnRef;

use super::steps::{JOINS, TABLES};
use crate::facts::Expr;
use crate::objects::Reader;
use crate::orm::{Step, Steps, text_at};
use crate::place::Place;
use crate::program::Program;

/// The tables of one query by the names that it gives them; the main one first.
#[derive(Debug)]
pub(super) struct Scope<'p> {
    program: &'p Program,
    main: Option<String>,
    /// Alias and table.
    named: Vec<(String, String)>,
    schema: Option<String>,
}

impl<'p> Scope<'p> {
    pub(super) fn of(reader: &Reader<'_>, steps: &Steps<'p>) -> Self {
        let program = steps.program;
        let schema = steps.last(&["withSchema"]).and_then(|step| steps.text(step, 0));
        let schema = schema.filter(|name| *name != "public").map(str::to_owned);
        let mut scope = Self { program, main: None, named: Vec::new(), schema };
        // Names given to subqueries are no tables.
        let given: Vec<&str> = steps
            .all
            .iter()
            .filter(|step| step.method.starts_with("with") && step.method != "withSchema")
            .filter_map(|step| steps.text(step, 0))
            .collect();
        let mut mains = steps.named(TABLES).filter(|step| !steps.args(step).is_empty());
        let main = mains.next().map(|first| mains.last().unwrap_or(first));
        if let Some(step) = main {
            scope.main = scope.add(reader, steps, step).filter(|name| !given.contains(&name.as_str()));
        }
        for step in steps.named(JOINS) {
            scope.add(reader, steps, step);
        }
        scope.named.retain(|(_, table)| !given.contains(&table.as_str()));
        scope
    }

    /// Takes in the table that a step names.
    fn add(&mut self, reader: &Reader<'_>, steps: &Steps<'_>, step: &Step<'_>) -> Option<String> {
        let at = *steps.args(step).first()?;
        let (table, alias) = table_at(self.program, reader, at)?;
        let table = match &self.schema {
            Some(schema) if !table.contains('.') => format!("{schema}.{table}"),
            _ => table.strip_prefix("public.").map_or(table.clone(), str::to_owned),
        };
        self.named.push((alias, table.clone()));
        Some(table)
    }

    pub(super) fn main(&self) -> Option<&str> {
        self.main.as_deref()
    }

    /// Tables beside the main one.
    pub(super) fn joined(&self) -> Vec<String> {
        let mut joined: Vec<String> = self.named.iter().map(|(_, table)| table.clone()).collect();
        joined.retain(|table| Some(table.as_str()) != self.main());
        joined.sort();
        joined.dedup();
        joined
    }

    /// The FROM clause under which raw conditions are read.
    pub(super) fn tables_text(&self) -> Option<String> {
        let quoted = |name: &str| {
            let parts: Vec<String> = name.split('.').map(|part| format!("\"{part}\"")).collect();
            parts.join(".")
        };
        let main = self.main()?;
        let mut named: Vec<&(String, String)> = self.named.iter().collect();
        named.sort_by_key(|(_, table)| table != main);
        let list: Vec<String> = named
            .iter()
            .map(|(alias, table)| {
                if alias == table {
                    return quoted(table);
                }
                format!("{} {}", quoted(table), quoted(alias))
            })
            .collect();
        (!list.is_empty()).then(|| list.join(", "))
    }

    /// `'u.id'`, `'id'`, `'u.id as key'`.
    pub(super) fn column(&self, text: &str) -> Option<ColumnRef> {
        let name = split_alias(text.trim()).0;
        if name.is_empty() || name.contains(['(', ' ', '*']) {
            return None;
        }
        let name = name.replace('"', "");
        if let Some((alias, column)) = name.rsplit_once('.') {
            let table = self.named.iter().find(|(known, table)| known == alias || table == alias);
            return table.map(|(_, table)| ColumnRef { table: table.clone(), column: column.to_owned() });
        }
        let has = |table: &str| {
            self.program.catalog.table(table).is_some_and(|table| table.column(&name).is_some())
        };
        let main = self.main()?;
        let owner = if self.named.len() > 1 && !has(main) {
            self.named.iter().map(|(_, table)| table.as_str()).find(|table| has(table)).unwrap_or(main)
        } else {
            main
        };
        Some(ColumnRef { table: owner.to_owned(), column: name })
    }
}

/// The table that an argument names, and the name that the query gives it.
fn table_at(program: &Program, reader: &Reader<'_>, at: Place) -> Option<(String, String)> {
    if let Some(text) = text_at(program, at) {
        let (name, alias) = split_alias(text.trim());
        let name = name.replace('"', "");
        let is_name = !name.is_empty() && !name.contains([' ', '(', '`']);
        let alias = alias.map_or_else(|| name.clone(), str::to_owned);
        return is_name.then_some((name, alias));
    }
    if !matches!(reader.see(at).expr, Expr::Object(_)) {
        return None;
    }
    let object = reader.object(at);
    match object.entries.as_slice() {
        [only] if object.is_complete => {
            Some((text_at(program, only.value)?.to_owned(), only.name.to_owned()))
        }
        _ => None,
    }
}

/// `users as u` and `users AS u`.
pub(super) fn split_alias(text: &str) -> (&str, Option<&str>) {
    let lower = text.to_ascii_lowercase();
    match lower.find(" as ") {
        Some(at) => (text[..at].trim(), Some(text[at + 4..].trim().trim_matches('"'))),
        None => (text, None),
    }
}
