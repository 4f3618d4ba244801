//! Relations of entity classes: the columns that hold them, pivot tables, the fields on the other side.

use tuneup_model::{ColumnType, ReferentialAction};

use super::entities::{Decorator, Entity, Reading, annotation};
use crate::facts::{Expr, Member};
use crate::objects::{Given, Object};
use crate::orm::tables::{RelationDraft, TableDraft, snake_case};
use crate::orm::text_at;
use crate::place::Place;
use crate::program::{ClassRef, Value};

impl<'r, 'p: 'r> Reading<'r, 'p, '_> {
    /// Relations, once all tables are known.
    pub(super) fn relate(&mut self, entity: &Entity) {
        let Some(draft) = self.by_class.get(&entity.class).copied() else { return };
        for class in self.ancestors(entity.class).into_iter().rev() {
            for member in &self.facts(class.file).class(class.id).members {
                for it in self.decorators(class.file, member) {
                    self.relation(class, member, &it, draft);
                }
            }
        }
    }

    fn relation(&mut self, class: ClassRef, member: &'p Member, it: &Decorator<'p>, draft: usize) {
        let list = match it.name {
            "ManyToOne" | "OneToOne" => false,
            "OneToMany" | "ManyToMany" => true,
            _ => return,
        };
        let Some(target) = self.target(class, member, it) else { return };
        let field = self.facts(class.file).name(member.name);
        let options = self.options(it);
        let opposite = self.opposite(it, &options);
        let is_mapped = self.is_mapped(it, &options);
        if it.name == "ManyToMany" && !is_mapped {
            self.pivot(it, field, draft, target, &options);
        }
        let holds = !list && !is_mapped;
        let columns = if holds { vec![self.join_column(field, target, &options)] } else { Vec::new() };
        let location = self.location(it.at);
        let optional = self.is_true(&options, "nullable");
        let is_constraint =
            !self.is_false(&options, "persist") && !self.is_false(&options, "createForeignKeyConstraint");
        // `mapToPk` keeps the key itself in the field.
        let is_key = self.is_true(&options, "mapToPk");
        if let ([column], true) = (columns.as_slice(), is_constraint) {
            let key = self.drafts[target].primary_key.first();
            let kind = self.drafts[target].columns.iter().find(|it| Some(&it.name) == key);
            let kind = kind.map_or(ColumnType::Int, |it| it.kind.clone());
            let it_is_primary = self.is_true(&options, "primary");
            let own = &mut self.drafts[draft];
            own.column(field, column, kind, optional, location.clone());
            if it_is_primary && !own.primary_key.contains(column) {
                own.primary_key.push(column.clone());
            }
            if it.name == "OneToOne" {
                own.index(columns.clone(), true);
            }
        }
        let relation = RelationDraft {
            field: (!is_key).then(|| field.to_owned()),
            target,
            list,
            optional,
            columns,
            references: self.drafts[target].primary_key.clone(),
            opposite,
            on_delete: self.on_delete(&options),
            is_constraint,
            location,
        };
        let relations = &mut self.drafts[draft].relations;
        if relation.field.is_none() || !relations.iter().any(|known| known.field == relation.field) {
            relations.push(relation);
        }
    }

    /// The entity on the other side: `() => Author`, `{ entity: () => Author }`, `'Author'`, or the field's type.
    fn target(&self, class: ClassRef, member: &Member, it: &Decorator<'p>) -> Option<usize> {
        let stated = match self.args(it).first() {
            Some(first) if !matches!(self.reader.see(*first).expr, Expr::Object(_)) => Some(*first),
            _ => match self.options(it).get("entity") {
                Given::Sure(at) => Some(at),
                _ => None,
            },
        };
        if let Some(at) = stated {
            if let Some(name) = text_at(self.program, at) {
                return self.drafts.iter().position(|draft| draft.model == name);
            }
            return self.class_at(at).and_then(|class| self.by_class.get(&class).copied());
        }
        match self.program.type_value(class.file, annotation(member)?) {
            Value::Instance(class) => self.by_class.get(&class).copied(),
            _ => None,
        }
    }

    /// True where the other side holds the relation.
    fn is_mapped(&self, it: &Decorator<'p>, options: &Object<'_>) -> bool {
        if matches!(it.name, "ManyToOne") || self.is_true(options, "owner") {
            return false;
        }
        let is_option = matches!(options.get("mappedBy"), Given::Sure(_) | Given::Default(_));
        let second = self.args(it).get(1).copied();
        let is_argument =
            second.is_some_and(|at| matches!(self.reader.see(at).expr, Expr::Str(_) | Expr::Function(_)));
        is_option || is_argument
    }

    /// The field on the other side: `(other) => other.field`, `'field'`.
    fn opposite(&self, it: &Decorator<'p>, options: &Object<'_>) -> Option<String> {
        let named = ["mappedBy", "inversedBy"].iter().find_map(|name| match options.get(name) {
            Given::Sure(at) => Some(at),
            _ => None,
        });
        let at = named.or_else(|| self.args(it).get(1).copied())?;
        let facts = self.facts(at.file);
        match facts.expr(at.expr) {
            Expr::Str(name) => Some(facts.name(name).to_owned()),
            Expr::Function(id) => match facts.expr(facts.function(id).returns.first()?.value) {
                Expr::Member { property, .. } => Some(facts.name(property).to_owned()),
                _ => None,
            },
            _ => None,
        }
    }

    fn join_column(&self, field: &str, target: usize, options: &Object<'_>) -> String {
        let stated = ["fieldName", "joinColumn", "name"].iter().find_map(|name| self.option(options, name));
        stated.map_or_else(
            || {
                let key = self.drafts[target].primary_key.first().map_or("id", String::as_str);
                format!("{}_{key}", snake_case(field))
            },
            str::to_owned,
        )
    }

    /// The table between two entities that have many of each other.
    fn pivot(&mut self, it: &Decorator<'p>, field: &str, own: usize, target: usize, options: &Object<'_>) {
        let snake = |draft: &TableDraft| snake_case(&draft.model);
        let name = self
            .option(options, "pivotTable")
            .map_or_else(|| format!("{}_{}", self.drafts[own].table, snake_case(field)), str::to_owned);
        if matches!(options.get("pivotEntity"), Given::Sure(_))
            || self.drafts.iter().any(|draft| draft.table == name)
        {
            return;
        }
        let location = self.location(it.at);
        let mut pivot = TableDraft::new(&name, &name, location.clone());
        for (side, option) in [(own, "joinColumn"), (target, "inverseJoinColumn")] {
            let key = self.drafts[side].primary_key.first().cloned().unwrap_or_else(|| "id".to_owned());
            let column = self
                .option(options, option)
                .map_or_else(|| format!("{}_{key}", snake(&self.drafts[side])), str::to_owned);
            let kind = self.drafts[side].columns.iter().find(|it| it.name == key);
            let kind = kind.map_or(ColumnType::Int, |it| it.kind.clone());
            pivot.column(&column, &column, kind, false, location.clone());
            pivot.primary_key.push(column.clone());
            pivot.relations.push(RelationDraft {
                field: None,
                target: side,
                list: false,
                optional: false,
                columns: vec![column],
                references: vec![key],
                opposite: None,
                on_delete: ReferentialAction::Cascade,
                is_constraint: true,
                location: location.clone(),
            });
        }
        self.drafts.push(pivot);
    }

    fn on_delete(&self, options: &Object<'_>) -> ReferentialAction {
        let stated = self.option(options, "onDelete").or_else(|| self.option(options, "deleteRule"));
        match stated.map(str::to_ascii_lowercase).as_deref() {
            Some("cascade") => ReferentialAction::Cascade,
            Some("set null") => ReferentialAction::SetNull,
            Some("restrict") => ReferentialAction::Restrict,
            Some("set default") => ReferentialAction::SetDefault,
            _ => ReferentialAction::NoAction,
        }
    }

    /// `['a', 'b']` or `'a'`.
    pub(super) fn names_at(&self, at: Place) -> Vec<String> {
        let seen = self.reader.see(at);
        match seen.expr {
            Expr::Array(list) => {
                let items = self.reader.list(seen.place.file, list);
                items.filter_map(|item| text_at(self.program, item)).map(str::to_owned).collect()
            }
            _ => text_at(self.program, at).map(str::to_owned).into_iter().collect(),
        }
    }
}
