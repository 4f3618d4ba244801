//! JSX: rendering a component is a call of it, so that server components that query are seen.

use oxc_ast::ast;

use super::{Lowering, span, span_of};
use crate::facts::{CallKind, Expr, ExprId, List, Prop, PropKey};

impl Lowering<'_> {
    pub(super) fn jsx_element(&mut self, it: &ast::JSXElement<'_>) -> ExprId {
        let opening = &it.opening_element;
        let mut props = Vec::new();
        for attribute in &opening.attributes {
            match attribute {
                ast::JSXAttributeItem::Attribute(attribute) => {
                    let Some(value) = attribute.value.as_ref().and_then(|value| self.jsx_value(value)) else {
                        continue;
                    };
                    let ast::JSXAttributeName::Identifier(name) = &attribute.name else { continue };
                    let key = PropKey::Name(self.intern(&name.name));
                    props.push(Prop { key, value, span: span(attribute.span) });
                }
                ast::JSXAttributeItem::SpreadAttribute(spread) => {
                    let value = self.expr(&spread.argument);
                    props.push(Prop { key: PropKey::Spread, value, span: span(spread.span) });
                }
            }
        }
        let children = self.jsx_children(&it.children);
        let at = span(opening.span);
        let Some(component) = self.jsx_component(&opening.name) else {
            let parts: Vec<_> = props.iter().map(|prop| prop.value).chain(children).collect();
            return self.other(&parts, span(it.span));
        };
        if !children.is_empty() {
            let value = self.other(&children, span(it.span));
            let key = PropKey::Name(self.intern("children"));
            props.push(Prop { key, value, span: span(it.span) });
        }
        let list = List { start: self.facts.props.len() as u32, len: props.len() as u32 };
        self.facts.props.extend(props);
        let attributes = self.push(Expr::Object(list), at);
        self.push_call(CallKind::Jsx, component, &[attributes], None, at)
    }

    pub(super) fn jsx_fragment(&mut self, it: &ast::JSXFragment<'_>) -> ExprId {
        let children = self.jsx_children(&it.children);
        self.other(&children, span(it.span))
    }

    fn jsx_children(&mut self, children: &[ast::JSXChild<'_>]) -> Vec<ExprId> {
        let mut parts = Vec::new();
        for child in children {
            match child {
                ast::JSXChild::Element(element) => parts.push(self.jsx_element(element)),
                ast::JSXChild::Fragment(fragment) => parts.push(self.jsx_fragment(fragment)),
                ast::JSXChild::ExpressionContainer(container) => {
                    if let Some(expression) = container.expression.as_expression() {
                        parts.push(self.expr(expression));
                    }
                }
                ast::JSXChild::Spread(spread) => parts.push(self.expr(&spread.expression)),
                ast::JSXChild::Text(_) => {}
            }
        }
        parts
    }

    fn jsx_value(&mut self, value: &ast::JSXAttributeValue<'_>) -> Option<ExprId> {
        Some(match value {
            ast::JSXAttributeValue::StringLiteral(text) => {
                let name = self.intern(&text.value);
                self.push(Expr::Str(name), span(text.span))
            }
            ast::JSXAttributeValue::ExpressionContainer(container) => {
                self.expr(container.expression.as_expression()?)
            }
            ast::JSXAttributeValue::Element(element) => self.jsx_element(element),
            ast::JSXAttributeValue::Fragment(fragment) => self.jsx_fragment(fragment),
        })
    }

    /// The component rendered; none for an HTML element.
    fn jsx_component(&mut self, name: &ast::JSXElementName<'_>) -> Option<ExprId> {
        match name {
            ast::JSXElementName::IdentifierReference(id) => {
                let expr = self.reference(id);
                Some(self.push(expr, span(id.span)))
            }
            ast::JSXElementName::MemberExpression(member) => Some(self.jsx_member(member)),
            _ => None,
        }
    }

    fn jsx_member(&mut self, it: &ast::JSXMemberExpression<'_>) -> ExprId {
        let object = match &it.object {
            ast::JSXMemberExpressionObject::IdentifierReference(id) => {
                let expr = self.reference(id);
                self.push(expr, span(id.span))
            }
            ast::JSXMemberExpressionObject::MemberExpression(member) => self.jsx_member(member),
            ast::JSXMemberExpressionObject::ThisExpression(_) => self.push(Expr::This, span_of(&it.object)),
        };
        let property = self.intern(&it.property.name);
        self.push(Expr::Member { object, property }, span(it.span))
    }
}
