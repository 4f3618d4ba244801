//! Relations and indexes of entity classes, with the default names of join columns.

use tuneup_model::{ColumnType, ReferentialAction};

use super::entities::{Decorator, Entity, MAX_ANCESTORS, Reading, decorator};
use crate::facts::{Expr, Member};
use crate::objects::{Given, Object};
use crate::orm::tables::RelationDraft;
use crate::orm::text_at;
use crate::place::Place;
use crate::program::{ClassRef, Value};

impl<'r, 'p: 'r> Reading<'r, 'p, '_> {
    /// Relations and indexes, once all tables are known.
    pub(super) fn relate(&mut self, entity: &Entity) {
        let Some(draft) = self.by_class.get(&entity.class).copied() else { return };
        let mut class = Some(entity.class);
        for _ in 0..MAX_ANCESTORS {
            let Some(current) = class else { break };
            for member in &self.facts(current.file).class(current.id).members {
                self.relation(current, member, draft);
            }
            self.indexes(current, draft);
            class = self.program.base_class(current);
        }
    }

    fn relation(&mut self, class: ClassRef, member: &'p Member, draft: usize) {
        let facts = self.facts(class.file);
        let field = facts.name(member.name);
        let decorators: Vec<Decorator<'p>> = member
            .decorators
            .iter()
            .filter_map(|expr| decorator(self.program, Place { file: class.file, expr: *expr }))
            .collect();
        for it in &decorators {
            let list = match it.name {
                "ManyToOne" | "OneToOne" => false,
                "OneToMany" | "ManyToMany" => true,
                _ => continue,
            };
            let Some(target) = self.target(it) else { continue };
            let joins = decorators.iter().find(|it| it.name == "JoinColumn");
            let holds = it.name == "ManyToOne" || (it.name == "OneToOne" && joins.is_some());
            let options = self.options(it);
            let location = self.location(it.at);
            let columns = if holds { vec![self.join_column(field, joins, target)] } else { Vec::new() };
            let optional = !matches!(options.get("nullable"), Given::Sure(at) if self.is_literal(at, false));
            if let [column] = columns.as_slice() {
                let kind = self.drafts[target]
                    .columns
                    .iter()
                    .find(|it| self.drafts[target].primary_key.first() == Some(&it.name));
                let kind = kind.map_or(ColumnType::Int, |it| it.kind.clone());
                let draft = &mut self.drafts[draft];
                draft.column(column, column, kind, optional, location.clone());
                if it.name == "OneToOne" {
                    draft.index(columns.clone(), true);
                }
            }
            let relation = RelationDraft {
                field: Some(field.to_owned()),
                target,
                list,
                optional,
                columns,
                references: self.drafts[target].primary_key.clone(),
                opposite: self.inverse(it),
                on_delete: self.on_delete(&options),
                is_constraint: !matches!(options.get("createForeignKeyConstraints"), Given::Sure(at) if self.is_literal(at, false)),
                location,
            };
            let relations = &mut self.drafts[draft].relations;
            if !relations.iter().any(|known| known.field == relation.field) {
                relations.push(relation);
            }
        }
        self.field_indexes(class, field, &decorators, draft);
    }

    fn field_indexes(&mut self, _: ClassRef, field: &str, decorators: &[Decorator<'p>], draft: usize) {
        for it in decorators.iter().filter(|it| matches!(it.name, "Index" | "Unique")) {
            let options = self.options(it);
            let unique = it.name == "Unique" || self.is_true(&options, "unique");
            if let Some(column) = self.drafts[draft].column_of(field) {
                self.drafts[draft].index(vec![column], unique);
            }
        }
    }

    /// `@Index(['a', 'b'])`, `@Index('name', ['a', 'b'], { unique: true })`, `@Unique(['a'])` on the class.
    fn indexes(&mut self, class: ClassRef, draft: usize) {
        let facts = self.facts(class.file);
        for expr in &facts.class(class.id).decorators {
            let Some(it) = decorator(self.program, Place { file: class.file, expr: *expr }) else { continue };
            if !matches!(it.name, "Index" | "Unique") {
                continue;
            }
            let unique = it.name == "Unique" || self.is_true(&self.options(&it), "unique");
            for arg in facts.args(it.call) {
                let fields = self.field_names(Place { file: class.file, expr: *arg });
                let columns: Option<Vec<String>> =
                    fields.iter().map(|field| self.drafts[draft].column_of(field)).collect();
                if let Some(columns) = columns.filter(|columns| !columns.is_empty()) {
                    self.drafts[draft].index(columns, unique);
                }
            }
        }
    }

    /// `['a', 'b']`, or `(it) => [it.a, it.b]`.
    fn field_names(&self, at: Place) -> Vec<String> {
        let facts = self.facts(at.file);
        let items = match facts.expr(at.expr) {
            Expr::Array(list) => facts.list(list),
            Expr::Function(id) => match facts.function(id).returns.first().map(|it| facts.expr(it.value)) {
                Some(Expr::Array(list)) => facts.list(list),
                _ => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        let names = items.iter().filter_map(|item| match facts.expr(*item) {
            Expr::Str(name) => Some(facts.name(name).to_owned()),
            Expr::Member { property, .. } => Some(facts.name(property).to_owned()),
            _ => None,
        });
        names.collect()
    }

    fn join_column(&self, field: &str, joins: Option<&Decorator<'p>>, target: usize) -> String {
        let stated = joins.and_then(|it| {
            let options = self.options(it);
            self.option(&options, "name").map(str::to_owned)
        });
        stated.unwrap_or_else(|| {
            let key = self.drafts[target].primary_key.first().map_or("id", String::as_str);
            let (first, rest) = key.split_at(key.chars().next().map_or(0, char::len_utf8));
            self.name(&format!("{field}{}{rest}", first.to_uppercase()))
        })
    }

    /// The entity that `() => Target` or `'Target'` names.
    fn target(&self, it: &Decorator<'p>) -> Option<usize> {
        let first = *self.facts(it.file).args(it.call).first()?;
        let at = Place { file: it.file, expr: first };
        if let Some(name) = text_at(self.program, at) {
            return self.drafts.iter().position(|draft| draft.model == name || draft.table == name);
        }
        let class = match self.program.eval(at) {
            Value::Function(function) => match self.program.return_value(function) {
                Value::Class(class) => class,
                _ => return None,
            },
            Value::Class(class) => class,
            _ => return None,
        };
        self.by_class.get(&class).copied()
    }

    /// The field on the other side: `(other) => other.field` or `'field'`.
    fn inverse(&self, it: &Decorator<'p>) -> Option<String> {
        let facts = self.facts(it.file);
        let second = *facts.args(it.call).get(1)?;
        match facts.expr(second) {
            Expr::Str(name) => Some(facts.name(name).to_owned()),
            Expr::Function(id) => match facts.expr(facts.function(id).returns.first()?.value) {
                Expr::Member { property, .. } => Some(facts.name(property).to_owned()),
                _ => None,
            },
            _ => None,
        }
    }

    fn on_delete(&self, options: &Object<'_>) -> ReferentialAction {
        match self.option(options, "onDelete") {
            Some("CASCADE") => ReferentialAction::Cascade,
            Some("SET NULL") => ReferentialAction::SetNull,
            Some("RESTRICT") => ReferentialAction::Restrict,
            Some("SET DEFAULT") => ReferentialAction::SetDefault,
            _ => ReferentialAction::NoAction,
        }
    }
}
