//! Calls, `new`, tagged templates, and the functions among their arguments.

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::{Lowering, span};
use crate::facts::{Call, CallId, CallKind, Expr, ExprId, NameId, Span, TypeId};

impl Lowering<'_> {
    pub(super) fn call(&mut self, it: &ast::CallExpression<'_>, name: Option<NameId>) -> ExprId {
        let callee = self.expr(&it.callee);
        let args = self.args(&it.arguments, name);
        let type_arg = it.type_arguments.as_ref().and_then(|args| args.params.first()).map(|ty| self.ty(ty));
        if let (Expr::Global(global), [ast::Argument::StringLiteral(specifier)]) =
            (self.facts.expr(callee), &it.arguments[..])
            && self.facts.name(global) == "require"
        {
            let specifier = self.intern(&specifier.value);
            return self.require(specifier, span(it.span));
        }
        self.push_call(CallKind::Call, callee, &args, type_arg, span(it.span))
    }

    pub(super) fn new_expr(&mut self, it: &ast::NewExpression<'_>) -> ExprId {
        let callee = self.expr(&it.callee);
        let args = self.args(&it.arguments, None);
        let type_arg = it.type_arguments.as_ref().and_then(|args| args.params.first()).map(|ty| self.ty(ty));
        self.push_call(CallKind::New, callee, &args, type_arg, span(it.span))
    }

    pub(super) fn tagged(&mut self, it: &ast::TaggedTemplateExpression<'_>) -> ExprId {
        let callee = self.expr(&it.tag);
        let template = self.template(&it.quasi);
        self.push_call(CallKind::Tagged, callee, &[template], None, span(it.span))
    }

    pub(super) fn push_call(
        &mut self,
        kind: CallKind,
        callee: ExprId,
        args: &[ExprId],
        type_arg: Option<TypeId>,
        at: Span,
    ) -> ExprId {
        let id = CallId(self.facts.calls.len() as u32);
        let expr = self.push(Expr::Call(id), at);
        for (position, arg) in args.iter().enumerate() {
            if let Expr::Function(function) = self.facts.expr(*arg) {
                self.facts.functions[function.index()].argument_of.get_or_insert((id, position as u32));
            }
        }
        let args = self.push_list(args);
        let place = self.place;
        self.facts.calls.push(Call {
            kind,
            expr,
            callee,
            args,
            type_arg,
            function: place.function,
            in_loop: place.in_loop,
            guard: place.guard,
            awaited: false,
        });
        expr
    }

    /// Arguments; a function among them takes the name the result is given, so that wrapped handlers have names.
    fn args(&mut self, arguments: &[ast::Argument<'_>], name: Option<NameId>) -> Vec<ExprId> {
        let mut args = Vec::with_capacity(arguments.len());
        for argument in arguments {
            args.push(match argument {
                ast::Argument::SpreadElement(spread) => {
                    let inner = self.expr(&spread.argument);
                    self.push(Expr::Spread(inner), span(spread.span))
                }
                argument => match argument.as_expression() {
                    Some(expression) if is_function(expression) => self.named_expr(expression, name),
                    Some(expression) => self.expr(expression),
                    None => self.push(Expr::Unknown, span(argument.span())),
                },
            });
        }
        args
    }
}

fn is_function(it: &ast::Expression<'_>) -> bool {
    matches!(it, ast::Expression::ArrowFunctionExpression(_) | ast::Expression::FunctionExpression(_))
}
