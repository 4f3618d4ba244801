//! Relations: `relations(users, ({ one, many }) => ({ posts: many(posts) }))`. They join tables, the database keeps no
//! constraint for them.

use rustc_hash::FxHashMap;
use tuneup_model::ReferentialAction;

use super::conditions::operator_name;
use super::is_own;
use super::tables::Reading;
use crate::facts::{CallId, Expr};
use crate::objects::Given;
use crate::orm::tables::{RelationDraft, TableDraft, location_of};
use crate::orm::{CallAt, argument};
use crate::place::Place;
use crate::program::{Role, Value};
use crate::report::Texts;

/// Adds the relations that the program declares to the tables.
pub(super) fn relate(
    reading: &Reading<'_>,
    by_made: &FxHashMap<Place, usize>,
    drafts: &mut [TableDraft],
    texts: &mut Texts<'_>,
) {
    for (file, facts) in reading.program.files.iter().enumerate() {
        if reading.program.roles[file] == Role::Test {
            continue;
        }
        let file = file as u32;
        for (n, call) in facts.calls.iter().enumerate() {
            if facts.list(call.args).len() < 2 || !matches!(facts.expr(call.callee), Expr::Symbol(_)) {
                continue;
            }
            let is_relations = matches!(reading.program.eval(Place { file, expr: call.callee }), Value::Api(api)
                if is_own(&api.package) && api.last() == "relations");
            if is_relations {
                let at = CallAt { file, call: CallId(n as u32) };
                relations(reading, at, by_made, drafts, texts);
            }
        }
    }
    pair(drafts);
}

fn relations(
    reading: &Reading<'_>,
    at: CallAt,
    by_made: &FxHashMap<Place, usize>,
    drafts: &mut [TableDraft],
    texts: &mut Texts<'_>,
) {
    let table = argument(reading.program, at, 0).and_then(|at| reading.table_at(at, by_made));
    let (Some(table), Some(fields)) = (table, argument(reading.program, at, 1)) else { return };
    for (field, value) in reading.entries(fields) {
        let seen = reading.reader.see(value);
        let Expr::Call(call) = seen.expr else { continue };
        let made = CallAt { file: seen.place.file, call };
        let callee = reading.program.facts(made.file).call(call).callee;
        let kind = operator_name(reading.program, Place { file: made.file, expr: callee });
        let target = argument(reading.program, made, 0).and_then(|at| reading.table_at(at, by_made));
        let (Some(kind @ ("one" | "many")), Some(target)) = (kind, target) else { continue };
        let columns = columns(reading, made, "fields", by_made, drafts);
        let references = columns_of(&columns, || self::columns(reading, made, "references", by_made, drafts));
        let location = location_of(reading.program, texts, value);
        let relation = RelationDraft {
            field: Some(field.to_owned()),
            target,
            list: kind == "many",
            optional: true,
            columns,
            references,
            opposite: None,
            on_delete: ReferentialAction::NoAction,
            is_constraint: false,
            location,
        };
        let own = &mut drafts[table].relations;
        // A constraint on the same columns gets the name.
        let known = own.iter_mut().find(|it| {
            it.field.is_none()
                && it.target == target
                && it.columns == relation.columns
                && !it.columns.is_empty()
        });
        match known {
            Some(known) => known.field.clone_from(&relation.field),
            None => own.push(relation),
        }
    }
}

fn columns_of(columns: &[String], references: impl FnOnce() -> Vec<String>) -> Vec<String> {
    if columns.is_empty() { Vec::new() } else { references() }
}

fn columns(
    reading: &Reading<'_>,
    made: CallAt,
    name: &str,
    by_made: &FxHashMap<Place, usize>,
    drafts: &[TableDraft],
) -> Vec<String> {
    let Some(options) = argument(reading.program, made, 1) else { return Vec::new() };
    let Given::Sure(list) = reading.reader.object(options).get(name) else { return Vec::new() };
    let seen = reading.reader.see(list);
    let Expr::Array(list) = seen.expr else { return Vec::new() };
    let items = reading.reader.list(seen.place.file, list);
    items.filter_map(|at| reading.target(at, by_made, drafts)).map(|(_, column)| column).collect()
}

/// Names the other side where there is just one.
fn pair(drafts: &mut [TableDraft]) {
    for table in 0..drafts.len() {
        for n in 0..drafts[table].relations.len() {
            let (target, holds) = {
                let it = &drafts[table].relations[n];
                (it.target, !it.columns.is_empty())
            };
            let mut others = drafts[target]
                .relations
                .iter()
                .filter(|it| it.target == table && it.columns.is_empty() == holds)
                .filter_map(|it| it.field.clone());
            if let (Some(only), None) = (others.next(), others.next()) {
                drafts[table].relations[n].opposite = Some(only);
            }
        }
    }
}
