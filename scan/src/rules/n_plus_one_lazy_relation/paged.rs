//! Fields that take arguments of their own for paging: each object has its own page of rows.

use crate::facts::{Expr, ExprId, FileFacts, TypeExpr, TypeId};
use crate::program::{FieldResolver, Program, Value, callee_name};

/// True where the arguments of the field say which page of rows is asked for.
pub(super) fn has_own_pages(program: &Program, resolver: &FieldResolver) -> bool {
    let facts = program.facts(resolver.function.file);
    let it = facts.function(resolver.function.id);
    let is_decorated = it.params.iter().any(|param| !param.decorators.is_empty());
    it.params.iter().enumerate().any(|(n, param)| {
        let index = n as u32;
        let args = param.decorators.iter().find(|it| decorates_arguments(facts, **it));
        let takes = match args {
            Some(decorator) => names_page(facts, *decorator),
            // `(parent, args, context)` of a map of resolvers.
            None => !is_decorated && resolver.parent == 0 && index == 1,
        };
        let by_type = param.annotation.is_some_and(|ty| is_page_type(program, resolver.function.file, ty));
        match args {
            Some(_) => {
                (takes || by_type || uses_page(facts, resolver, index)) && is_read(facts, resolver, index)
            }
            None => takes && (by_type || uses_page(facts, resolver, index)),
        }
    })
}

fn is_page_word(name: &str) -> bool {
    matches!(
        name,
        "options"
            | "skip"
            | "take"
            | "limit"
            | "offset"
            | "first"
            | "last"
            | "after"
            | "before"
            | "page"
            | "perPage"
            | "pageSize"
            | "cursor"
            | "pagination"
            | "paging"
    )
}

fn decorates_arguments(facts: &FileFacts, decorator: ExprId) -> bool {
    match facts.expr(decorator) {
        Expr::Call(call) => matches!(callee_name(facts, facts.call(call).callee), "Args" | "Arg"),
        _ => false,
    }
}

/// `@Args('first')`.
fn names_page(facts: &FileFacts, decorator: ExprId) -> bool {
    let Expr::Call(call) = facts.expr(decorator) else { return false };
    facts
        .args(call)
        .first()
        .is_some_and(|arg| matches!(facts.expr(*arg), Expr::Str(name) if is_page_word(facts.name(name))))
}

fn is_page_type(program: &Program, file: u32, ty: TypeId) -> bool {
    let facts = program.facts(file);
    let members = |file: u32, id: crate::facts::InterfaceId| {
        let facts = program.facts(file);
        facts.interfaces[id.index()].members.iter().any(|(name, _)| is_page_word(facts.name(*name)))
    };
    match (facts.type_expr(ty), program.type_value(file, ty)) {
        (TypeExpr::Object(id), _) => members(file, *id),
        (_, Value::Shape { file, id }) => members(file, id),
        (_, Value::Instance(class)) => {
            let facts = program.facts(class.file);
            facts.class(class.id).members.iter().any(|member| is_page_word(facts.name(member.name)))
        }
        _ => false,
    }
}

/// `args.first`, or `{ first }` of the parameter.
fn uses_page(facts: &FileFacts, resolver: &FieldResolver, index: u32) -> bool {
    facts.exprs.iter().any(|expr| match expr {
        Expr::Member { object, property } => {
            is_page_word(facts.name(*property)) && is_param(facts, resolver, index, *object)
        }
        _ => false,
    })
}

fn is_param(facts: &FileFacts, resolver: &FieldResolver, index: u32, expr: ExprId) -> bool {
    let is_own = |expr: Expr| matches!(expr, Expr::Param { function, index: own } if function == resolver.function.id && own == index);
    match facts.expr(expr) {
        Expr::Symbol(symbol) => facts.symbol(symbol).definition.is_some_and(|it| is_own(facts.expr(it))),
        other => is_own(other),
    }
}

/// True where the body looks at the parameter or hands it on.
fn is_read(facts: &FileFacts, resolver: &FieldResolver, index: u32) -> bool {
    let is_param = |expr: ExprId| is_param(facts, resolver, index, expr);
    facts.exprs.iter().any(|expr| match expr {
        Expr::Member { object, .. } => is_param(*object),
        Expr::Object(list) => facts.props(*list).iter().any(|prop| is_param(prop.value)),
        _ => false,
    }) || facts.calls.iter().any(|call| facts.list(call.args).iter().any(|arg| is_param(*arg)))
}
