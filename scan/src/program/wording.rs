//! How functions and expressions are called when people are told of them.

use super::{FnRef, Program};
use crate::facts::{Expr, ExprId, FnId};

impl Program {
    /// The name people know a function by: `Service.method`, `handler`, `GET (route.ts)`.
    pub(crate) fn function_name(&self, function: FnRef) -> String {
        let facts = self.facts(function.file);
        let id = self.named_function(function.file, function.id);
        let it = facts.function(id);
        if id == FnId(0) {
            return "(module)".to_owned();
        }
        let own = it.name.map_or("(anonymous)", |name| facts.name(name));
        match it.class.and_then(|class| facts.class(class).name) {
            Some(class) if !it.is_arrow || it.argument_of.is_none() => format!("{}.{own}", facts.name(class)),
            _ => own.to_owned(),
        }
    }

    /// Source text of a callee, for people: `this.posts.find`.
    pub(crate) fn expr_text(&self, file: u32, expr: ExprId) -> String {
        let facts = self.facts(file);
        match facts.expr(expr) {
            Expr::Symbol(symbol) => facts.name(facts.symbol(symbol).name).to_owned(),
            Expr::Global(name) => facts.name(name).to_owned(),
            Expr::This => "this".to_owned(),
            Expr::Super => "super".to_owned(),
            Expr::Member { object, property } => {
                format!("{}.{}", self.expr_text(file, object), facts.name(property))
            }
            Expr::Item { object, n } => format!("{}[{n}]", self.expr_text(file, object)),
            Expr::Index { object, .. } => format!("{}[…]", self.expr_text(file, object)),
            Expr::Call(call) => format!("{}(…)", self.expr_text(file, facts.call(call).callee)),
            Expr::Await(inner) | Expr::Cast { expr: inner, .. } => self.expr_text(file, inner),
            Expr::Choice(list) => {
                facts.list(list).first().map_or_else(|| "…".to_owned(), |first| self.expr_text(file, *first))
            }
            Expr::Element(inner) => format!("an element of {}", self.expr_text(file, inner)),
            Expr::Param { function, index } => {
                let param = facts.function(function).params.get(index as usize);
                param
                    .and_then(|param| param.name)
                    .map_or_else(|| "…".to_owned(), |name| facts.name(name).to_owned())
            }
            _ => "…".to_owned(),
        }
    }
}
