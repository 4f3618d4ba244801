//! Field resolvers of GraphQL: functions that run once per object of an answer.

use crate::facts::{ClassId, Expr, ExprId, FileFacts, MemberKind, PropKey};

use super::Program;
use super::iterations::callee_name;
use super::roles::Role;
use super::value::FnRef;

/// A function that gives one field of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldResolver {
    pub function: FnRef,
    /// Which of its parameters is the object.
    pub parent: u32,
    /// `Post.author`.
    pub field: String,
}

/// Names of types whose fields are asked for once per request.
const ROOTS: &[&str] = &["Query", "Mutation", "Subscription"];

impl Program {
    /// All field resolvers of application files.
    pub(crate) fn field_resolvers(&self) -> Vec<FieldResolver> {
        let mut found = Vec::new();
        for (file, facts) in self.files.iter().enumerate() {
            if self.roles[file] == Role::App {
                let file = file as u32;
                Self::decorated_resolvers(file, facts, &mut found);
                Self::mapped_resolvers(file, facts, &mut found);
            }
        }
        found.sort_by_key(|it| (it.function.file, it.function.id));
        found.dedup_by_key(|it| it.function);
        found
    }

    /// `@ResolveField() author(@Parent() post: Post)`, `@FieldResolver() author(@Root() post: Post)`.
    fn decorated_resolvers(file: u32, facts: &FileFacts, found: &mut Vec<FieldResolver>) {
        for (n, class) in facts.classes.iter().enumerate() {
            for member in &class.members {
                let MemberKind::Method(id) = member.kind else { continue };
                let named = |decorators: &[ExprId], names: &[&str]| {
                    decorators.iter().any(|expr| names.contains(&decorator_name(facts, *expr)))
                };
                if !named(&member.decorators, &["ResolveField", "FieldResolver", "ResolveProperty"]) {
                    continue;
                }
                let params = &facts.function(id).params;
                let parent = params.iter().position(|it| named(&it.decorators, &["Parent", "Root"]));
                if let Some(parent) = parent {
                    let function = FnRef { file, id };
                    let class = facts.class(ClassId(n as u32)).name.map_or("", |name| facts.name(name));
                    let field = format!("{class}.{}", facts.name(member.name));
                    found.push(FieldResolver { function, parent: parent as u32, field });
                }
            }
        }
    }

    /// `{ Query: { … }, Post: { author: (post) => … } }`.
    fn mapped_resolvers(file: u32, facts: &FileFacts, found: &mut Vec<FieldResolver>) {
        for expr in &facts.exprs {
            let Expr::Object(list) = *expr else { continue };
            let is_map = ROOTS.iter().any(|root| {
                facts.property(list, root).is_some_and(|it| matches!(facts.expr(it), Expr::Object(_)))
            });
            if !is_map {
                continue;
            }
            for ty in facts.props(list) {
                let (PropKey::Name(name), Expr::Object(fields)) = (ty.key, facts.expr(ty.value)) else {
                    continue;
                };
                let name = facts.name(name);
                if ROOTS.contains(&name) || !name.starts_with(|c: char| c.is_ascii_uppercase()) {
                    continue;
                }
                for field in facts.props(fields) {
                    let (PropKey::Name(key), Expr::Function(id)) = (field.key, facts.expr(field.value))
                    else {
                        continue;
                    };
                    if !facts.function(id).params.is_empty() {
                        let function = FnRef { file, id };
                        let field = format!("{name}.{}", facts.name(key));
                        found.push(FieldResolver { function, parent: 0, field });
                    }
                }
            }
        }
    }
}

fn decorator_name(facts: &FileFacts, expr: ExprId) -> &str {
    match facts.expr(expr) {
        Expr::Call(call) => callee_name(facts, facts.call(call).callee),
        _ => callee_name(facts, expr),
    }
}
