//! Fields whose value the object may carry already: `if (post.author) return post.author`.

use crate::facts::{Expr, ExprId, FileFacts, MemberKind, NameId};
use crate::program::{FieldResolver, Program, Value};

/// The field of the parent object that the resolver gives back where it is there.
pub(super) fn field(facts: &FileFacts, resolver: &FieldResolver) -> Option<NameId> {
    let it = facts.function(resolver.function.id);
    it.returns.iter().find_map(|it| of_parent(facts, resolver, it.value, 0))
}

/// True where every list of the parent objects carries the field: an eager relation, or one that all of them load along.
pub(super) fn always(program: &Program, resolver: &FieldResolver) -> bool {
    let facts = program.facts(resolver.function.file);
    let Some(field) = field(facts, resolver) else { return false };
    let name = facts.name(field);
    is_eager(program, resolver, name) || all_lists_load(program, resolver, name)
}

fn is_eager(program: &Program, resolver: &FieldResolver, name: &str) -> bool {
    let facts = program.facts(resolver.function.file);
    let param = facts.function(resolver.function.id).params.get(resolver.parent as usize);
    let Some(annotation) = param.and_then(|param| param.annotation) else { return false };
    let Value::Instance(class) = program.type_value(resolver.function.file, annotation) else { return false };
    let entity = program.facts(class.file);
    let mut members = entity.class(class.id).members.iter();
    members.any(|member| {
        entity.name(member.name) == name
            && matches!(member.kind, MemberKind::Field(_))
            && member.decorators.iter().any(|decorator| says_eager(entity, *decorator))
    })
}

/// `@OneToMany(() => Price, (price) => price.variant, { eager: true })`.
fn says_eager(facts: &FileFacts, decorator: ExprId) -> bool {
    let Expr::Call(call) = facts.expr(decorator) else { return false };
    facts.args(call).iter().any(|arg| match facts.expr(*arg) {
        Expr::Object(list) => {
            facts.property(list, "eager").is_some_and(|it| facts.expr(it) == Expr::Bool(true))
        }
        _ => false,
    })
}

fn all_lists_load(program: &Program, resolver: &FieldResolver, name: &str) -> bool {
    let Some(table) = super::parent_of(program, resolver) else { return false };
    let related = program.schemas.iter().find_map(|schema| {
        let model = schema.models.iter().find(|model| model.table == table)?;
        Some(schema.models[model.relation(name)?.model].table.clone())
    });
    let Some(related) = related else { return false };
    let mut lists = super::lists_of(program, &table).peekable();
    lists.peek().is_some() && lists.all(|list| list.shape.joined.contains(&related))
}

fn of_parent(facts: &FileFacts, resolver: &FieldResolver, expr: ExprId, depth: u32) -> Option<NameId> {
    if depth > 6 {
        return None;
    }
    let again = |expr: ExprId| of_parent(facts, resolver, expr, depth + 1);
    match facts.expr(expr) {
        Expr::Member { object, property } => {
            if is_parent(facts, resolver, object, 0) {
                return Some(property);
            }
            again(object)
        }
        // `post.tags.filter((tag) => …)`
        Expr::Call(call) => match facts.expr(facts.call(call).callee) {
            Expr::Member { object, .. } => again(object),
            _ => None,
        },
        Expr::Await(inner) | Expr::Cast { expr: inner, .. } => again(inner),
        Expr::Choice(list) => facts.list(list).iter().take(2).find_map(|it| again(*it)),
        Expr::Symbol(symbol) => {
            let it = facts.symbol(symbol);
            it.definition.iter().chain(&it.assignments).find_map(|it| again(*it))
        }
        _ => None,
    }
}

fn is_parent(facts: &FileFacts, resolver: &FieldResolver, expr: ExprId, depth: u32) -> bool {
    depth < 4
        && match facts.expr(expr) {
            Expr::Param { function, index } => function == resolver.function.id && index == resolver.parent,
            Expr::Symbol(symbol) => facts
                .symbol(symbol)
                .definition
                .is_some_and(|definition| is_parent(facts, resolver, definition, depth + 1)),
            Expr::Cast { expr, .. } => is_parent(facts, resolver, expr, depth + 1),
            _ => false,
        }
}
