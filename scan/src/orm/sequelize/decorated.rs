//! Models of `sequelize-typescript`: decorated classes to tables, columns and associations.

use super::associations::{Association, Kind, kind, relate_all};
use super::models::{Made, Reading, column_name};
use crate::facts::{CallId, ClassId, Expr, ExprId, Member, MemberKind};
use crate::objects::Object;
use crate::orm::column_types::annotated_type;
use crate::orm::{Named, text_at};
use crate::place::Place;
use crate::program::{ClassRef, Value};

/// Decorated members of inherited classes further up than this are not read.
const MAX_ANCESTORS: usize = 8;

/// What a decorator says: its name, and its arguments where it is called.
struct Decorator<'p> {
    name: &'p str,
    file: u32,
    call: Option<CallId>,
    expr: ExprId,
}

pub(super) fn models_of<'r, 'p: 'r>(reading: &mut Reading<'r, 'p, '_>, file: u32) {
    let facts = reading.facts(file);
    for (n, class) in facts.classes.iter().enumerate() {
        let class_ref = ClassRef { file, id: ClassId(n as u32) };
        let table = class
            .decorators
            .iter()
            .find_map(|expr| reading.decorator(Place { file, expr: *expr }).filter(|it| it.name == "Table"));
        let (Some(table), Some(name)) = (table, class.name.map(|name| facts.name(name))) else { continue };
        if !reading.by_class.contains_key(&class_ref) {
            reading.decorated(class_ref, name, &table);
        }
    }
}

pub(super) fn relate<'r, 'p: 'r>(reading: &mut Reading<'r, 'p, '_>) {
    let mut classes: Vec<(ClassRef, usize)> =
        reading.by_class.iter().map(|(class, draft)| (*class, *draft)).collect();
    classes.sort();
    let mut found = Vec::new();
    for (class, draft) in classes {
        for (owner, member) in reading.members(class) {
            found.extend(reading.association(owner, member, draft));
        }
    }
    relate_all(reading, &found);
}

impl<'r, 'p: 'r> Reading<'r, 'p, '_> {
    fn decorator(&self, at: Place) -> Option<Decorator<'p>> {
        let facts = self.facts(at.file);
        let (callee, call) = match facts.expr(at.expr) {
            Expr::Call(call) => (facts.call(call).callee, Some(call)),
            _ => (at.expr, None),
        };
        let Value::Api(api) = self.program.eval(Place { file: at.file, expr: callee }) else { return None };
        if api.package != "sequelize-typescript" {
            return None;
        }
        let name = match facts.expr(callee) {
            Expr::Symbol(symbol) => facts.name(facts.symbol(symbol).name),
            Expr::Member { property, .. } => facts.name(property),
            _ => return None,
        };
        Some(Decorator { name, file: at.file, call, expr: at.expr })
    }

    fn args(&self, it: &Decorator<'p>) -> Vec<Place> {
        let args = it.call.map_or(&[][..], |call| self.facts(it.file).args(call));
        args.iter().map(|expr| Place { file: it.file, expr: *expr }).collect()
    }

    /// Members of the class and of those it extends.
    fn members(&self, class: ClassRef) -> Vec<(ClassRef, &'p Member)> {
        let mut found = Vec::new();
        let mut next = Some(class);
        for _ in 0..MAX_ANCESTORS {
            let Some(current) = next else { break };
            let members = &self.facts(current.file).class(current.id).members;
            found.extend(members.iter().map(|member| (current, member)));
            next = self.program.base_class(current);
        }
        found
    }

    fn decorated(&mut self, class: ClassRef, name: &'p str, table: &Decorator<'p>) {
        let options = self.args(table).first().map_or_else(Object::default, |at| self.reader.object(*at));
        let name = self.text(&options, "modelName").unwrap_or(name);
        let at = Place { file: class.file, expr: table.expr };
        let made = Made { name, named: Named::Class(class), at, options };
        let draft = self.add(&made, None);
        self.by_class.insert(class, draft);
        for (owner, member) in self.members(class) {
            self.decorated_field(owner, member, draft);
        }
        let options = self.args(table).first().map_or_else(Object::default, |at| self.reader.object(*at));
        self.complete(draft, &options);
    }

    fn decorated_field(&mut self, class: ClassRef, member: &'p Member, draft: usize) {
        let facts = self.facts(class.file);
        let field = facts.name(member.name);
        let decorators: Vec<Decorator<'p>> = member
            .decorators
            .iter()
            .filter_map(|expr| self.decorator(Place { file: class.file, expr: *expr }))
            .collect();
        let has = |name: &str| decorators.iter().any(|it| it.name == name);
        let Some(column) = decorators.iter().find(|it| it.name == "Column") else { return };
        let styles = self.notes[draft].styles;
        let location = self.location(Place { file: class.file, expr: column.expr });
        if let Some(at) = self.args(column).first() {
            self.attribute(draft, field, *at);
        } else {
            let annotation = match &member.kind {
                MemberKind::Field(init) => init.annotation,
                _ => None,
            };
            let unsaid = tuneup_model::ColumnType::Other(String::new());
            let kind = annotation.map_or(unsaid, |ty| annotated_type(facts, ty));
            let name = column_name(field, styles);
            self.drafts[draft].column(field, &name, kind, true, location);
        }
        let draft = &mut self.drafts[draft];
        let Some(column) = draft.columns.iter_mut().find(|column| column.field == field) else { return };
        let name = column.name.clone();
        if has("PrimaryKey") {
            column.nullable = false;
            if !draft.primary_key.contains(&name) {
                draft.primary_key.push(name);
            }
        } else if has("Unique") || has("Index") {
            draft.index(vec![name], has("Unique"));
        }
    }

    /// `@BelongsTo(() => Team, 'teamId')` and its like.
    fn association(&self, class: ClassRef, member: &'p Member, source: usize) -> Option<Association<'r>> {
        let facts = self.facts(class.file);
        let (it, kind) = member.decorators.iter().find_map(|expr| {
            let it = self.decorator(Place { file: class.file, expr: *expr })?;
            let mut name = it.name.chars();
            let lower: String = name.next()?.to_lowercase().chain(name).collect();
            Some((it, kind(&lower)?))
        })?;
        let args = self.args(&it);
        let target = self.class_behind(*args.first()?)?;
        let mut options = Object::default();
        let mut key = None;
        for at in &args[1..] {
            match text_at(self.program, *at) {
                Some(text) => key = Some(text.to_owned()),
                None if kind == Kind::BelongsToMany && options.entries.is_empty() => {
                    options.add("through", self.behind(*at));
                }
                None => options = self.reader.object(*at),
            }
        }
        if key.is_none() {
            key = match kind {
                Kind::BelongsTo => self.foreign_key(source, target),
                Kind::HasOne | Kind::HasMany => self.foreign_key(target, source),
                Kind::BelongsToMany => None,
            };
        }
        let at = Place { file: class.file, expr: it.expr };
        let field = Some(facts.name(member.name).to_owned());
        Some(Association { kind, source, target, options, at, field, key })
    }

    /// The model that `() => Team` or `Team` names.
    fn class_behind(&self, at: Place) -> Option<usize> {
        match self.program.eval(self.behind(at)) {
            Value::Class(class) => self.model_of_class(class),
            _ => None,
        }
    }

    /// What a function without parameters returns, or the value itself.
    fn behind(&self, at: Place) -> Place {
        let facts = self.facts(at.file);
        match facts.expr(at.expr) {
            Expr::Function(id) => {
                let returned = facts.function(id).returns.first();
                returned.map_or(at, |it| Place { file: at.file, expr: it.value })
            }
            _ => at,
        }
    }

    /// The field that `@ForeignKey(() => Team)` marks.
    fn foreign_key(&self, holder: usize, target: usize) -> Option<String> {
        let (class, _) = self.by_class.iter().find(|(_, draft)| **draft == holder)?;
        self.members(*class).into_iter().find_map(|(owner, member)| {
            let marks = member.decorators.iter().any(|expr| {
                let it = self.decorator(Place { file: owner.file, expr: *expr });
                it.is_some_and(|it| {
                    it.name == "ForeignKey"
                        && self.args(&it).first().and_then(|at| self.class_behind(*at)) == Some(target)
                })
            });
            marks.then(|| self.facts(owner.file).name(member.name).to_owned())
        })
    }
}
