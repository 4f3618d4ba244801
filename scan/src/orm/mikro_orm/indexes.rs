//! Indexes of entity classes: on properties, on the class, as SQL text.

use super::entities::{Decorator, Entity, Reading, decorator};
use crate::facts::Member;
use crate::objects::Given;
use crate::orm::text_at;
use crate::place::Place;

impl<'r, 'p: 'r> Reading<'r, 'p, '_> {
    /// Indexes, once all columns are known.
    pub(super) fn index(&mut self, entity: &Entity) {
        let Some(draft) = self.by_class.get(&entity.class).copied() else { return };
        for class in self.ancestors(entity.class).into_iter().rev() {
            let facts = self.facts(class.file);
            for member in &facts.class(class.id).members {
                for it in self.decorators(class.file, member) {
                    self.of_member(class.file, member, &it, draft);
                }
            }
            for expr in &facts.class(class.id).decorators {
                if let Some(it) = decorator(self.program, Place { file: class.file, expr: *expr }) {
                    self.of_class(&it, draft);
                }
            }
        }
    }

    fn of_member(&mut self, file: u32, member: &'p Member, it: &Decorator<'p>, draft: usize) {
        let field = self.facts(file).name(member.name);
        let options = self.options(it);
        let unique = it.name == "Unique" || self.is_true(&options, "unique");
        let indexed = matches!(it.name, "Index" | "Unique") || self.is_true(&options, "index") || unique;
        if self.statement(it) || !indexed {
            return;
        }
        if let Some(column) = self.drafts[draft].column_of(field) {
            self.drafts[draft].index(vec![column], unique);
        }
    }

    /// `@Index({ properties: ['a', 'b'] })` on the class.
    fn of_class(&mut self, it: &Decorator<'p>, draft: usize) {
        if !matches!(it.name, "Index" | "Unique") || self.statement(it) {
            return;
        }
        let options = self.options(it);
        let Given::Sure(at) = options.get("properties") else { return };
        // Another kind than a b-tree serves other conditions.
        if self.option(&options, "type").is_some() {
            return;
        }
        let columns: Option<Vec<String>> =
            self.names_at(at).iter().map(|field| self.drafts[draft].column_of(field)).collect();
        if let Some(columns) = columns.filter(|columns| !columns.is_empty()) {
            self.drafts[draft].index(columns, it.name == "Unique");
        }
    }

    /// Keeps the text of `@Index({ expression: 'create index …' })`; true where there is one.
    fn statement(&mut self, it: &Decorator<'p>) -> bool {
        let Given::Sure(at) = self.options(it).get("expression") else { return false };
        if let Some(text) = text_at(self.program, at).map(str::to_owned) {
            let location = self.location(it.at);
            self.statements.push((text, location));
        }
        true
    }
}
