//! Functions: declarations, expressions, arrows and their parameters.

use oxc_ast::ast;

use super::{Lowering, span, span_of};
use crate::facts::{Expr, ExprId, FnId, Function, NameId, Param, PropKey, Return, Span, SymbolKind, TypeId};

/// What the place of a function says of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Naming {
    pub(super) name: Option<NameId>,
    pub(super) name_span: Option<Span>,
    /// Where the construct around it starts: a comment there is its own.
    pub(super) around: Option<u32>,
}

impl Lowering<'_> {
    pub(super) fn function_declaration(&mut self, it: &ast::Function<'_>) -> FnId {
        let naming = Naming {
            name: it.id.as_ref().map(|id| self.intern(&id.name)),
            name_span: it.id.as_ref().map(|id| span(id.span)),
            around: self.docs.around.take(),
        };
        let id = self.function(it, naming);
        if let Some(binding) = &it.id {
            let expr = self.push(Expr::Function(id), span(it.span));
            let is_overload = it.body.is_none();
            if !is_overload {
                self.facts.functions[id.index()].expr = Some(expr);
                self.define(binding, SymbolKind::Function(id), None);
            }
        }
        id
    }

    pub(super) fn function(&mut self, it: &ast::Function<'_>, naming: Naming) -> FnId {
        let id = self.open_function(span(it.span), naming);
        {
            let function = &mut self.facts.functions[id.index()];
            function.is_async = it.r#async;
            function.is_generator = it.generator;
            function.has_body = it.body.is_some();
        }
        let saved = self.enter(id);
        self.type_parameters(it.type_parameters.as_deref());
        self.params(id, &it.params);
        let return_type = it.return_type.as_ref().map(|it| self.ty(&it.type_annotation));
        self.facts.functions[id.index()].return_type = return_type;
        self.doc_function(id, it.span.start, naming.around);
        if let Some(body) = &it.body {
            self.body(id, body);
        }
        self.place = saved;
        id
    }

    pub(super) fn arrow(&mut self, it: &ast::ArrowFunctionExpression<'_>, naming: Naming) -> FnId {
        let id = self.open_function(span(it.span), naming);
        {
            let function = &mut self.facts.functions[id.index()];
            function.is_async = it.r#async;
            function.is_arrow = true;
            function.has_body = true;
        }
        let saved = self.enter(id);
        self.type_parameters(it.type_parameters.as_deref());
        self.params(id, &it.params);
        let return_type = it.return_type.as_ref().map(|it| self.ty(&it.type_annotation));
        self.facts.functions[id.index()].return_type = return_type;
        self.doc_function(id, it.span.start, naming.around);
        match &it.body {
            ast::ArrowFunctionBody::FunctionBody(body) => self.body(id, body),
            body => {
                if let Some(expression) = body.as_expression() {
                    let value = self.expr(expression);
                    self.facts.functions[id.index()].returns.push(Return { value, guard: None });
                }
            }
        }
        self.place = saved;
        id
    }

    fn open_function(&mut self, at: Span, naming: Naming) -> FnId {
        let id = FnId(self.facts.functions.len() as u32);
        self.facts.functions.push(Function {
            name: naming.name,
            span: at,
            name_span: naming.name_span.unwrap_or(Span { start: at.start, end: at.end.min(at.start + 1) }),
            parent: Some(self.place.function),
            class: self.place.class,
            in_loop: self.place.in_loop,
            guard: self.place.guard,
            ..Function::default()
        });
        id
    }

    fn enter(&mut self, id: FnId) -> super::Place {
        let saved = self.place;
        self.place.function = id;
        self.place.in_loop = None;
        self.place.guard = None;
        saved
    }

    fn body(&mut self, id: FnId, body: &ast::FunctionBody<'_>) {
        if body.directives.iter().any(|directive| directive.directive == "use server") {
            self.facts.functions[id.index()].use_server = true;
        }
        self.statements(&body.statements);
    }

    fn params(&mut self, function: FnId, params: &ast::FormalParameters<'_>) {
        for (index, item) in params.items.iter().enumerate() {
            let decorators = item.decorators.iter().map(|it| self.expr(&it.expression)).collect();
            let annotation = item.type_annotation.as_ref().map(|it| self.ty(&it.type_annotation));
            let default = item.initializer.as_ref().map(|init| self.expr(init));
            let name = match &item.pattern {
                ast::BindingPattern::BindingIdentifier(id) => Some(self.intern(&id.name)),
                _ => None,
            };
            self.facts.functions[function.index()].params.push(Param {
                name,
                annotation,
                default,
                is_rest: false,
                decorators,
            });
            let source = self.push(Expr::Param { function, index: index as u32 }, span_of(&item.pattern));
            self.bind(&item.pattern, Some(source), annotation);
        }
        if let Some(rest) = &params.rest {
            let annotation = rest.type_annotation.as_ref().map(|it| self.ty(&it.type_annotation));
            let index = params.items.len() as u32;
            let param = Param { annotation, is_rest: true, ..Param::default() };
            self.facts.functions[function.index()].params.push(param);
            let source = self.push(Expr::Param { function, index }, span(rest.span));
            self.bind(&rest.rest.argument, Some(source), annotation);
        }
    }

    /// Lowers an expression that a name is given to, so that functions and classes know theirs.
    pub(super) fn named_expr(&mut self, it: &ast::Expression<'_>, name: Option<NameId>) -> ExprId {
        let around = self.docs.around.take();
        match it {
            ast::Expression::ArrowFunctionExpression(arrow) => {
                let id = self.arrow(arrow, Naming { name, name_span: None, around });
                self.function_expr(id, span(arrow.span))
            }
            ast::Expression::FunctionExpression(function) => {
                let own = function.id.as_ref().map(|id| self.intern(&id.name));
                let id = self.function(function, Naming { name: own.or(name), name_span: None, around });
                if let Some(binding) = &function.id {
                    self.define(binding, SymbolKind::Function(id), None);
                }
                self.function_expr(id, span(function.span))
            }
            ast::Expression::ClassExpression(class) => self.class(class, name),
            ast::Expression::CallExpression(call) => self.call(call, name),
            ast::Expression::ParenthesizedExpression(inner) => self.named_expr(&inner.expression, name),
            _ => self.expr(it),
        }
    }

    /// Parameters without annotation take their types from where the function stands.
    pub(super) fn typed_by(&mut self, value: ExprId, annotation: TypeId) {
        match self.facts.expr(value) {
            Expr::Function(id) => self.facts.functions[id.index()].typed_by = Some((annotation, None)),
            Expr::Object(list) => {
                for position in list.start..list.start + list.len {
                    let prop = self.facts.props[position as usize];
                    if let (PropKey::Name(name), Expr::Function(id)) = (prop.key, self.facts.expr(prop.value))
                    {
                        self.facts.functions[id.index()].typed_by = Some((annotation, Some(name)));
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn function_expr(&mut self, id: FnId, at: Span) -> ExprId {
        let expr = self.push(Expr::Function(id), at);
        self.facts.functions[id.index()].expr = Some(expr);
        expr
    }
}
