//! Associations to relations and foreign keys: `belongsTo`, `hasOne`, `hasMany`, `belongsToMany`.
//!
//! The side that holds the key is declared first whatever the order of the program, so that each key is there once.

use tuneup_model::{ColumnType, ReferentialAction};

use super::models::{Made, Reading, column_name};
use crate::facts::{CallId, Expr};
use crate::objects::{Given, Object};
use crate::orm::Named;
use crate::orm::naming::camelize;
use crate::orm::tables::RelationDraft;
use crate::place::Place;
use crate::program::Role;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    BelongsTo,
    HasOne,
    HasMany,
    BelongsToMany,
}

/// An association as the program states it.
pub(super) struct Association<'r> {
    pub(super) kind: Kind,
    pub(super) source: usize,
    pub(super) target: usize,
    pub(super) options: Object<'r>,
    pub(super) at: Place,
    /// The name and key where something else than the options gives them.
    pub(super) field: Option<String>,
    pub(super) key: Option<String>,
}

pub(super) fn relate<'r, 'p: 'r>(reading: &mut Reading<'r, 'p, '_>) {
    let all = stated(reading);
    relate_all(reading, &all);
}

pub(super) fn relate_all<'r, 'p: 'r>(reading: &mut Reading<'r, 'p, '_>, all: &[Association<'r>]) {
    let of_kind = |kinds: &'static [Kind]| all.iter().filter(move |it| kinds.contains(&it.kind));
    for it in of_kind(&[Kind::BelongsTo]) {
        reading.belongs_to(it);
    }
    for it in of_kind(&[Kind::HasOne, Kind::HasMany]) {
        reading.has(it);
    }
    for it in of_kind(&[Kind::BelongsToMany]) {
        reading.belongs_to_many(it);
    }
}

pub(super) fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "belongsTo" => Kind::BelongsTo,
        "hasOne" => Kind::HasOne,
        "hasMany" => Kind::HasMany,
        "belongsToMany" => Kind::BelongsToMany,
        _ => return None,
    })
}

fn stated<'r, 'p: 'r>(reading: &Reading<'r, 'p, '_>) -> Vec<Association<'r>> {
    let mut found = Vec::new();
    for file in 0..reading.program.files.len() as u32 {
        if reading.program.roles[file as usize] == Role::Test {
            continue;
        }
        let facts = reading.facts(file);
        for n in 0..facts.calls.len() {
            let call = facts.call(CallId(n as u32));
            let Expr::Member { object, property } = facts.expr(call.callee) else { continue };
            let Some(kind) = kind(facts.name(property)) else { continue };
            let [first, rest @ ..] = facts.list(call.args) else { continue };
            let at = |expr| Place { file, expr };
            let Some(source) = reading.model_at(at(object)) else { continue };
            let Some(target) = reading.model_at(at(*first)) else { continue };
            let options =
                rest.first().map_or_else(Object::default, |options| reading.reader.object(at(*options)));
            found.push(Association {
                kind,
                source,
                target,
                options,
                at: at(call.expr),
                field: None,
                key: None,
            });
        }
    }
    found
}

impl<'r, 'p: 'r> Reading<'r, 'p, '_> {
    fn belongs_to(&mut self, it: &Association<'r>) {
        let field = self.field(it);
        let stated = self.key(it, "foreignKey");
        let target_key = self.text(&it.options, "targetKey").map(str::to_owned);
        let key = stated.unwrap_or_else(|| {
            let refers = target_key.clone().unwrap_or_else(|| self.key_field(it.target));
            camelize(&format!("{field}_{refers}"))
        });
        let references = target_key.map(|key| vec![self.column_of(it.target, &key)]);
        self.reference(it.source, it.target, &key, references, it, Some(field));
    }

    fn has(&mut self, it: &Association<'r>) {
        let source_key = self.text(&it.options, "sourceKey").map(str::to_owned);
        let key = self.key(it, "foreignKey").unwrap_or_else(|| {
            let refers = source_key.clone().unwrap_or_else(|| self.key_field(it.source));
            camelize(&format!("{}_{refers}", self.notes[it.source].singular))
        });
        let references = source_key.map(|key| vec![self.column_of(it.source, &key)]);
        let column = self.reference(it.target, it.source, &key, references, it, None);
        let field = self.field(it);
        let opposite = self.drafts[it.target]
            .relations
            .iter()
            .find(|other| other.target == it.source && other.columns == [column.clone()])
            .and_then(|other| other.field.clone());
        let location = self.location(it.at);
        for other in &mut self.drafts[it.target].relations {
            if other.target == it.source && other.columns == [column.clone()] {
                other.opposite.get_or_insert(field.clone());
            }
        }
        self.other_side(it, field, opposite, location);
    }

    fn belongs_to_many(&mut self, it: &Association<'r>) {
        let Some(through) = self.through(it) else { return };
        let own = self.key(it, "foreignKey").unwrap_or_else(|| self.join_key(it.source));
        let other = self.key(it, "otherKey").unwrap_or_else(|| self.join_key(it.target));
        let first = self.reference(through, it.source, &own, None, it, None);
        let second = self.reference(through, it.target, &other, None, it, None);
        let columns = vec![first, second];
        if self.notes[through].adds_key {
            // The two keys take the place of the one that the library would add.
            self.notes[through].adds_key = false;
            let draft = &mut self.drafts[through];
            draft.columns.retain(|column| column.field != "id");
            draft.primary_key = columns;
        } else {
            let draft = &mut self.drafts[through];
            let has = |key: &[String]| key.len() == 2 && columns.iter().all(|column| key.contains(column));
            let is_known = has(&draft.primary_key)
                || draft.indexes.iter().any(|index| index.unique && has(&index.columns));
            let is_unique = match it.options.get("through") {
                Given::Sure(at) if matches!(self.reader.see(at).expr, Expr::Object(_)) => {
                    !self.is(&self.reader.object(at), "unique", false)
                }
                _ => true,
            };
            if !is_known && is_unique {
                self.drafts[through].index(columns, true);
            }
        }
        let field = self.field(it);
        let location = self.location(it.at);
        self.other_side(it, field, None, location);
    }

    /// The side that holds no key.
    fn other_side(
        &mut self,
        it: &Association<'r>,
        field: String,
        opposite: Option<String>,
        location: tuneup_model::Location,
    ) {
        let relations = &mut self.drafts[it.source].relations;
        if relations.iter().any(|known| known.field.as_ref() == Some(&field)) {
            return;
        }
        relations.push(RelationDraft {
            field: Some(field),
            target: it.target,
            list: it.kind != Kind::HasOne,
            optional: true,
            columns: Vec::new(),
            references: Vec::new(),
            opposite,
            on_delete: ReferentialAction::NoAction,
            is_constraint: false,
            location,
        });
    }

    /// The model between two others; one that only a name tells of is added.
    fn through(&mut self, it: &Association<'r>) -> Option<usize> {
        let Given::Sure(mut at) = it.options.get("through") else { return None };
        if matches!(self.reader.see(at).expr, Expr::Object(_)) {
            let Given::Sure(model) = self.reader.object(at).get("model") else { return None };
            at = model;
        }
        let Some(name) = crate::orm::text_at(self.program, at) else { return self.model_at(at) };
        let known = self.by_name.get(name).copied();
        Some(known.unwrap_or_else(|| {
            let made = Made { name, named: Named::Made(at), at, options: Object::default() };
            let draft = self.add(&made, None);
            name.clone_into(&mut self.drafts[draft].table);
            self.notes[draft].styles = self.notes[it.source].styles;
            self.complete(draft, &Object::default());
            draft
        }))
    }

    /// Declares that `holder` refers to `target` by `key`; gives the column.
    fn reference(
        &mut self,
        holder: usize,
        target: usize,
        key: &str,
        references: Option<Vec<String>>,
        it: &Association<'r>,
        field: Option<String>,
    ) -> String {
        let styles = self.notes[holder].styles;
        let known =
            self.drafts[holder].columns.iter().find(|column| column.field == key || column.name == key);
        let column = known.map_or_else(|| column_name(key, styles), |column| column.name.clone());
        let nullable = known.is_none_or(|column| column.nullable);
        let references = references.unwrap_or_else(|| self.drafts[target].primary_key.clone());
        let kind = self.drafts[target].columns.iter().find(|column| references.contains(&column.name));
        let kind = kind.map_or(ColumnType::Int, |column| column.kind.clone());
        let location = self.location(it.at);
        let on_delete = self.on_delete(it, nullable);
        let is_constraint = !self.is(&it.options, "constraints", false);
        let draft = &mut self.drafts[holder];
        draft.column(key, &column, kind, nullable, location.clone());
        let columns = vec![column.clone()];
        let same =
            draft.relations.iter_mut().find(|known| known.target == target && known.columns == columns);
        match same {
            Some(known) => {
                known.is_constraint |= is_constraint;
                if known.field.is_none() {
                    known.field = field;
                }
            }
            None => draft.relations.push(RelationDraft {
                field,
                target,
                list: false,
                optional: nullable,
                columns,
                references,
                opposite: None,
                on_delete,
                is_constraint,
                location,
            }),
        }
        column
    }

    /// The name of the association on the model that states it.
    fn field(&self, it: &Association<'r>) -> String {
        if let Some(field) = &it.field {
            return field.clone();
        }
        let many = matches!(it.kind, Kind::HasMany | Kind::BelongsToMany);
        if let Given::Sure(at) = it.options.get("as") {
            if let Some(name) = crate::orm::text_at(self.program, at) {
                return name.to_owned();
            }
            let names = self.reader.object(at);
            if let Some(name) = self.text(&names, if many { "plural" } else { "singular" }) {
                return name.to_owned();
            }
        }
        let note = &self.notes[it.target];
        if many { note.plural.clone() } else { note.singular.clone() }
    }

    /// `foreignKey: 'teamId'` or `{ name: 'teamId' }`.
    fn key(&self, it: &Association<'r>, option: &str) -> Option<String> {
        if option == "foreignKey" && it.key.is_some() {
            return it.key.clone();
        }
        let Given::Sure(at) = it.options.get(option) else { return None };
        let stated = crate::orm::text_at(self.program, at).or_else(|| {
            let options = self.reader.object(at);
            self.text(&options, "name").or_else(|| self.text(&options, "fieldName"))
        });
        stated.map(str::to_owned)
    }

    fn join_key(&self, model: usize) -> String {
        camelize(&format!("{}_{}", self.notes[model].singular, self.key_field(model)))
    }

    /// The field of the primary key.
    fn key_field(&self, model: usize) -> String {
        let draft = &self.drafts[model];
        let key = draft.primary_key.first().map_or("id", String::as_str);
        draft.columns.iter().find(|column| column.name == key).map_or(key, |column| &column.field).to_owned()
    }

    fn column_of(&self, model: usize, field: &str) -> String {
        self.drafts[model].column_of(field).unwrap_or_else(|| field.to_owned())
    }

    fn on_delete(&self, it: &Association<'r>, nullable: bool) -> ReferentialAction {
        match self.text(&it.options, "onDelete").map(str::to_ascii_uppercase).as_deref() {
            Some("CASCADE") => ReferentialAction::Cascade,
            Some("SET NULL") => ReferentialAction::SetNull,
            Some("RESTRICT") => ReferentialAction::Restrict,
            Some("SET DEFAULT") => ReferentialAction::SetDefault,
            Some(_) => ReferentialAction::NoAction,
            None if it.kind == Kind::BelongsToMany => ReferentialAction::Cascade,
            None if nullable => ReferentialAction::SetNull,
            None if it.kind == Kind::BelongsTo => ReferentialAction::NoAction,
            None => ReferentialAction::Cascade,
        }
    }
}
