//! Destructuring: each bound name gets a definition made of member and item accesses.

use oxc_ast::ast;

use super::{Lowering, span, span_of};
use crate::facts::{Expr, ExprId, Span, SymbolId, SymbolKind, TypeId};

impl Lowering<'_> {
    /// Binds the names of `pattern` to parts of `source`; gives the symbols in order.
    pub(super) fn bind(
        &mut self,
        pattern: &ast::BindingPattern<'_>,
        source: Option<ExprId>,
        annotation: Option<TypeId>,
    ) -> Vec<SymbolId> {
        let mut symbols = Vec::new();
        self.bind_into(pattern, source, annotation, &mut symbols);
        symbols
    }

    fn bind_into(
        &mut self,
        pattern: &ast::BindingPattern<'_>,
        source: Option<ExprId>,
        annotation: Option<TypeId>,
        symbols: &mut Vec<SymbolId>,
    ) {
        match pattern {
            ast::BindingPattern::BindingIdentifier(id) => {
                if let Some(symbol) = self.define(id, SymbolKind::Value, source) {
                    if annotation.is_some() {
                        self.symbol_mut(symbol).annotation = annotation;
                    }
                    symbols.push(symbol);
                }
            }
            ast::BindingPattern::ObjectPattern(object) => {
                for property in &object.properties {
                    let at = span_of(&property.key);
                    let part = source.and_then(|source| self.part(source, &property.key, at));
                    self.bind_into(&property.value, part, None, symbols);
                }
                if let Some(rest) = &object.rest {
                    let part = source.map(|source| self.push(Expr::Rest(source), span(rest.span)));
                    self.bind_into(&rest.argument, part, None, symbols);
                }
            }
            ast::BindingPattern::ArrayPattern(array) => {
                for (n, element) in array.elements.iter().enumerate() {
                    let Some(element) = element else { continue };
                    let part =
                        source.map(|object| self.push(Expr::Item { object, n: n as u32 }, span_of(element)));
                    self.bind_into(element, part, None, symbols);
                }
                if let Some(rest) = &array.rest {
                    let part = source.map(|source| self.push(Expr::Rest(source), span(rest.span)));
                    self.bind_into(&rest.argument, part, None, symbols);
                }
            }
            ast::BindingPattern::AssignmentPattern(assignment) => {
                let default = self.expr(&assignment.right);
                let value = match source {
                    Some(source) => {
                        let list = self.push_list(&[source, default]);
                        self.push(Expr::Choice(list), span(assignment.span))
                    }
                    None => default,
                };
                self.bind_into(&assignment.left, Some(value), annotation, symbols);
            }
        }
    }

    fn part(&mut self, object: ExprId, key: &ast::PropertyKey<'_>, at: Span) -> Option<ExprId> {
        let property = self.key_name(key)?;
        Some(self.push(Expr::Member { object, property }, at))
    }

    /// Records assignments to variables and fields: `x = …`, `this.x = …`, `{ a } = …`.
    pub(super) fn assign(&mut self, target: &ast::AssignmentTarget<'_>, value: ExprId) -> ExprId {
        match target {
            ast::AssignmentTarget::AssignmentTargetIdentifier(id) => {
                let expr = self.reference(id);
                if let Expr::Symbol(symbol) = expr {
                    self.symbol_mut(symbol).assignments.push(value);
                }
                self.push(expr, span(id.span))
            }
            ast::AssignmentTarget::StaticMemberExpression(member) => {
                let target = self.static_member(member);
                self.record_member_write(target, value);
                target
            }
            ast::AssignmentTarget::PrivateFieldExpression(member) => {
                let target = self.private_member(member);
                self.record_member_write(target, value);
                target
            }
            ast::AssignmentTarget::ComputedMemberExpression(member) => self.computed_member(member),
            ast::AssignmentTarget::ArrayAssignmentTarget(array) => {
                for (n, element) in array.elements.iter().enumerate() {
                    if let Some(ast::AssignmentTargetMaybeDefault::AssignmentTargetIdentifier(id)) = element {
                        let part = self.push(Expr::Item { object: value, n: n as u32 }, span(id.span));
                        if let Some(symbol) = self.referenced_symbol(id) {
                            self.symbol_mut(symbol).assignments.push(part);
                        }
                    }
                }
                self.push(Expr::Unknown, span(array.span))
            }
            ast::AssignmentTarget::ObjectAssignmentTarget(object) => {
                self.assign_object(object, value);
                self.push(Expr::Unknown, span(object.span))
            }
            _ => self.push(Expr::Unknown, span_of(target)),
        }
    }

    fn assign_object(&mut self, object: &ast::ObjectAssignmentTarget<'_>, value: ExprId) {
        for property in &object.properties {
            match property {
                ast::AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(property) => {
                    let name = self.intern(&property.binding.name);
                    let part = self.push(Expr::Member { object: value, property: name }, span(property.span));
                    if let Some(symbol) = self.referenced_symbol(&property.binding) {
                        self.symbol_mut(symbol).assignments.push(part);
                    }
                }
                ast::AssignmentTargetProperty::AssignmentTargetPropertyProperty(property) => {
                    let Some(part) = self.part(value, &property.name, span(property.span)) else { continue };
                    if let ast::AssignmentTargetMaybeDefault::AssignmentTargetIdentifier(id) =
                        &property.binding
                        && let Some(symbol) = self.referenced_symbol(id)
                    {
                        self.symbol_mut(symbol).assignments.push(part);
                    }
                }
            }
        }
    }
}
