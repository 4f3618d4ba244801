//! Expressions. Long left-leaning chains are the only deep trees that real code has; the caller gives the stack.

use oxc_ast::ast;
use oxc_syntax::operator::{AssignmentOperator, BinaryOperator, LogicalOperator, UnaryOperator};

use super::{Lowering, span, span_of};
use crate::facts::{BinaryOp, Expr, ExprId, GuardKind, List, NameId, Prop, PropKey, Span};

impl Lowering<'_> {
    pub(super) fn expr(&mut self, it: &ast::Expression<'_>) -> ExprId {
        use ast::Expression as E;
        let at = span_of(it);
        match it {
            E::BooleanLiteral(it) => self.push(Expr::Bool(it.value), at),
            E::NullLiteral(_) => self.push(Expr::Null, at),
            E::NumericLiteral(it) => self.push(Expr::Number(it.value), at),
            E::StringLiteral(it) => {
                let name = self.intern(&it.value);
                self.push(Expr::Str(name), at)
            }
            E::TemplateLiteral(it) => self.template(it),
            E::Identifier(it) => {
                let expr = self.reference(it);
                self.push(expr, at)
            }
            E::Super(_) => self.push(Expr::Super, at),
            E::ThisExpression(_) => self.push(Expr::This, at),
            E::ArrayExpression(it) => self.array(it),
            E::ObjectExpression(it) => self.object(it),
            E::ArrowFunctionExpression(_) | E::FunctionExpression(_) | E::ClassExpression(_) => {
                self.named_expr(it, None)
            }
            E::AssignmentExpression(it) => self.assignment(it),
            E::AwaitExpression(it) => self.await_expr(it),
            E::BinaryExpression(it) => self.binary(it),
            E::CallExpression(it) => self.call(it, None),
            E::NewExpression(it) => self.new_expr(it),
            E::TaggedTemplateExpression(it) => self.tagged(it),
            E::ChainExpression(it) => self.chain(&it.expression),
            E::ConditionalExpression(it) => self.conditional(it),
            E::LogicalExpression(it) => self.logical(it),
            E::ParenthesizedExpression(it) => self.doc_cast(it),
            E::SequenceExpression(it) => self.sequence(it),
            E::StaticMemberExpression(it) => self.static_member(it),
            E::ComputedMemberExpression(it) => self.computed_member(it),
            E::PrivateFieldExpression(it) => self.private_member(it),
            E::ImportExpression(it) => self.import_expr(it),
            _ => self.rare_expr(it, at),
        }
    }

    fn rare_expr(&mut self, it: &ast::Expression<'_>, at: Span) -> ExprId {
        use ast::Expression as E;
        match it {
            E::UnaryExpression(it) => {
                let inner = self.expr(&it.argument);
                match it.operator {
                    UnaryOperator::LogicalNot => self.push(Expr::Not(inner), at),
                    _ => self.other(&[inner], at),
                }
            }
            E::UpdateExpression(it) => self.update(it),
            E::YieldExpression(it) => {
                let parts: Vec<_> = it.argument.iter().map(|argument| self.expr(argument)).collect();
                self.other(&parts, at)
            }
            E::TSAsExpression(it) => self.cast(&it.expression, &it.type_annotation, at),
            E::TSTypeAssertion(it) => self.cast(&it.expression, &it.type_annotation, at),
            E::TSSatisfiesExpression(it) => {
                let value = self.expr(&it.expression);
                let annotation = self.ty(&it.type_annotation);
                self.typed_by(value, annotation);
                value
            }
            E::TSNonNullExpression(it) => self.expr(&it.expression),
            E::TSInstantiationExpression(it) => self.expr(&it.expression),
            E::JSXElement(it) => self.jsx_element(it),
            E::JSXFragment(it) => self.jsx_fragment(it),
            E::PrivateInExpression(it) => self.expr(&it.right),
            _ => self.push(Expr::Unknown, at),
        }
    }

    fn cast(&mut self, inner: &ast::Expression<'_>, ty: &ast::TSType<'_>, at: Span) -> ExprId {
        let expr = self.expr(inner);
        let to = self.ty(ty);
        self.push(Expr::Cast { expr, to }, at)
    }

    pub(super) fn template(&mut self, it: &ast::TemplateLiteral<'_>) -> ExprId {
        let mut parts = Vec::with_capacity(it.quasis.len() + it.expressions.len());
        for (n, quasi) in it.quasis.iter().enumerate() {
            let text = quasi.value.cooked.as_ref().map_or("", |text| text.as_str());
            let name = self.intern(text);
            parts.push(self.push(Expr::Str(name), span(quasi.span)));
            if let Some(expression) = it.expressions.get(n) {
                parts.push(self.expr(expression));
            }
        }
        let list = self.push_list(&parts);
        self.push(Expr::Template(list), span(it.span))
    }

    fn array(&mut self, it: &ast::ArrayExpression<'_>) -> ExprId {
        let mut items = Vec::with_capacity(it.elements.len());
        for element in &it.elements {
            let item = match element {
                ast::ArrayExpressionElement::SpreadElement(spread) => {
                    let inner = self.expr(&spread.argument);
                    self.push(Expr::Spread(inner), span(spread.span))
                }
                ast::ArrayExpressionElement::Elision(hole) => self.push(Expr::Undefined, span(hole.span)),
                element => match element.as_expression() {
                    Some(expression) => self.expr(expression),
                    None => self.push(Expr::Unknown, span_of(element)),
                },
            };
            items.push(item);
        }
        let list = self.push_list(&items);
        self.push(Expr::Array(list), span(it.span))
    }

    fn object(&mut self, it: &ast::ObjectExpression<'_>) -> ExprId {
        let mut props = Vec::with_capacity(it.properties.len());
        for property in &it.properties {
            props.push(match property {
                ast::ObjectPropertyKind::ObjectProperty(property) => {
                    let name = if property.computed { literal_key(&property.key) } else { Some(()) }
                        .and_then(|()| self.key_name(&property.key));
                    let key = match name {
                        Some(name) => PropKey::Name(name),
                        None => match property.key.as_expression() {
                            Some(expression) => PropKey::Computed(self.expr(expression)),
                            None => PropKey::Spread,
                        },
                    };
                    self.docs.around = Some(property.span.start);
                    let value = self.named_expr(&property.value, name);
                    Prop { key, value, span: span(property.span) }
                }
                ast::ObjectPropertyKind::SpreadProperty(spread) => {
                    let value = self.expr(&spread.argument);
                    Prop { key: PropKey::Spread, value, span: span(spread.span) }
                }
            });
        }
        let start = self.facts.props.len() as u32;
        let list = List { start, len: props.len() as u32 };
        self.facts.props.extend(props);
        self.push(Expr::Object(list), span(it.span))
    }

    /// The literal name of a property key; none for a computed one.
    pub(super) fn key_name(&mut self, key: &ast::PropertyKey<'_>) -> Option<NameId> {
        match key {
            ast::PropertyKey::StaticIdentifier(id) => Some(self.intern(&id.name)),
            ast::PropertyKey::PrivateIdentifier(id) => {
                let name = format!("#{}", id.name);
                Some(self.intern(&name))
            }
            ast::PropertyKey::StringLiteral(text) => Some(self.intern(&text.value)),
            ast::PropertyKey::NumericLiteral(number) => {
                let name = number.value.to_string();
                Some(self.intern(&name))
            }
            _ => None,
        }
    }

    fn assignment(&mut self, it: &ast::AssignmentExpression<'_>) -> ExprId {
        let name = match &it.left {
            ast::AssignmentTarget::AssignmentTargetIdentifier(id) => Some(self.intern(&id.name)),
            ast::AssignmentTarget::StaticMemberExpression(member) => Some(self.intern(&member.property.name)),
            _ => None,
        };
        self.docs.around = Some(it.span.start);
        let mut value = match self.assigned_before(it) {
            Some((kind, test)) => {
                self.guarded(kind, Some(test), span_of(&it.right), |this| this.named_expr(&it.right, name))
            }
            None => self.named_expr(&it.right, name),
        };
        let at = span(it.span);
        if let (true, ast::AssignmentTarget::AssignmentTargetIdentifier(id)) =
            (it.operator.is_arithmetic(), &it.left)
        {
            let before = self.reference(id);
            let left = self.push(before, span(id.span));
            value = self.push(Expr::Binary { op: BinaryOp::Add, left, right: value }, at);
        }
        let target = self.assign(&it.left, value);
        self.common_js_export(&it.left, value);
        self.push(Expr::Assign { target, value }, at)
    }

    /// What `x ??= y` looks at before it comes to `y`, and how.
    fn assigned_before(&mut self, it: &ast::AssignmentExpression<'_>) -> Option<(GuardKind, ExprId)> {
        let kind = match it.operator {
            AssignmentOperator::LogicalAnd => GuardKind::And,
            AssignmentOperator::LogicalOr => GuardKind::Or,
            AssignmentOperator::LogicalNullish => GuardKind::Coalesce,
            _ => return None,
        };
        match &it.left {
            ast::AssignmentTarget::AssignmentTargetIdentifier(id) => {
                let before = self.reference(id);
                Some((kind, self.push(before, span(id.span))))
            }
            ast::AssignmentTarget::StaticMemberExpression(member) => Some((kind, self.static_member(member))),
            _ => None,
        }
    }

    fn update(&mut self, it: &ast::UpdateExpression<'_>) -> ExprId {
        let at = span(it.span);
        let ast::SimpleAssignmentTarget::AssignmentTargetIdentifier(id) = &it.argument else {
            return self.push(Expr::Unknown, at);
        };
        let expr = self.reference(id);
        let target = self.push(expr, span(id.span));
        let one = self.push(Expr::Number(1.0), at);
        let value = self.push(Expr::Binary { op: BinaryOp::Add, left: target, right: one }, at);
        if let Expr::Symbol(symbol) = expr {
            self.symbol_mut(symbol).assignments.push(value);
        }
        self.push(Expr::Assign { target, value }, at)
    }

    fn await_expr(&mut self, it: &ast::AwaitExpression<'_>) -> ExprId {
        let inner = self.expr(&it.argument);
        if let Expr::Call(call) = self.facts.expr(inner) {
            self.facts.calls[call.index()].awaited = true;
        }
        self.push(Expr::Await(inner), span(it.span))
    }

    fn binary(&mut self, it: &ast::BinaryExpression<'_>) -> ExprId {
        // `a + b + c + …` leans left: walk down it in a loop.
        let mut pending = Vec::new();
        let mut node = it;
        let mut left = loop {
            pending.push(node);
            match &node.left {
                ast::Expression::BinaryExpression(inner) => node = inner,
                other => break self.expr(other),
            }
        };
        while let Some(node) = pending.pop() {
            let right = self.expr(&node.right);
            left = self.push(Expr::Binary { op: binary_op(node.operator), left, right }, span(node.span));
        }
        left
    }

    fn conditional(&mut self, it: &ast::ConditionalExpression<'_>) -> ExprId {
        let test = self.expr(&it.test);
        let at = span(it.span);
        let yes = self
            .guarded(GuardKind::And, Some(test), span_of(&it.consequent), |this| this.expr(&it.consequent));
        let no =
            self.guarded(GuardKind::Or, Some(test), span_of(&it.alternate), |this| this.expr(&it.alternate));
        let list = self.push_list(&[yes, no, test]);
        self.push(Expr::Choice(list), at)
    }

    fn logical(&mut self, it: &ast::LogicalExpression<'_>) -> ExprId {
        let left = self.expr(&it.left);
        let kind = guard_kind(it.operator);
        let right = self.guarded(kind, Some(left), span_of(&it.right), |this| this.expr(&it.right));
        let list = self.push_list(&[left, right]);
        self.push(Expr::Choice(list), span(it.span))
    }

    fn sequence(&mut self, it: &ast::SequenceExpression<'_>) -> ExprId {
        let mut last = None;
        for expression in &it.expressions {
            last = Some(self.expr(expression));
        }
        last.unwrap_or_else(|| self.push(Expr::Undefined, span(it.span)))
    }

    fn chain(&mut self, it: &ast::ChainElement<'_>) -> ExprId {
        match it {
            ast::ChainElement::CallExpression(call) => self.call(call, None),
            ast::ChainElement::TSNonNullExpression(inner) => self.expr(&inner.expression),
            ast::ChainElement::StaticMemberExpression(member) => self.static_member(member),
            ast::ChainElement::ComputedMemberExpression(member) => self.computed_member(member),
            ast::ChainElement::PrivateFieldExpression(member) => self.private_member(member),
        }
    }

    pub(super) fn static_member(&mut self, it: &ast::StaticMemberExpression<'_>) -> ExprId {
        let object = self.expr(&it.object);
        let property = self.intern(&it.property.name);
        self.push(Expr::Member { object, property }, span(it.span))
    }

    pub(super) fn private_member(&mut self, it: &ast::PrivateFieldExpression<'_>) -> ExprId {
        let object = self.expr(&it.object);
        let name = format!("#{}", it.field.name);
        let property = self.intern(&name);
        self.push(Expr::Member { object, property }, span(it.span))
    }

    pub(super) fn computed_member(&mut self, it: &ast::ComputedMemberExpression<'_>) -> ExprId {
        let object = self.expr(&it.object);
        let at = span(it.span);
        match &it.expression {
            ast::Expression::StringLiteral(text) => {
                let property = self.intern(&text.value);
                self.push(Expr::Member { object, property }, at)
            }
            ast::Expression::NumericLiteral(number) if number.value >= 0.0 => {
                self.push(Expr::Item { object, n: number.value as u32 }, at)
            }
            index => {
                let index = self.expr(index);
                self.push(Expr::Index { object, index }, at)
            }
        }
    }
}

/// A computed key counts as a name only where it is a literal: `{ ["a"]: 1 }`.
fn literal_key(key: &ast::PropertyKey<'_>) -> Option<()> {
    matches!(key, ast::PropertyKey::StringLiteral(_) | ast::PropertyKey::NumericLiteral(_)).then_some(())
}

fn guard_kind(op: LogicalOperator) -> GuardKind {
    match op {
        LogicalOperator::And => GuardKind::And,
        LogicalOperator::Or => GuardKind::Or,
        LogicalOperator::Coalesce => GuardKind::Coalesce,
    }
}

fn binary_op(op: BinaryOperator) -> BinaryOp {
    match op {
        BinaryOperator::Addition => BinaryOp::Add,
        BinaryOperator::Subtraction => BinaryOp::Subtract,
        BinaryOperator::Multiplication => BinaryOp::Multiply,
        BinaryOperator::LessThan | BinaryOperator::LessEqualThan => BinaryOp::Less,
        BinaryOperator::GreaterThan | BinaryOperator::GreaterEqualThan => BinaryOp::Greater,
        BinaryOperator::Equality | BinaryOperator::StrictEquality => BinaryOp::Equal,
        BinaryOperator::Inequality | BinaryOperator::StrictInequality => BinaryOp::NotEqual,
        BinaryOperator::In => BinaryOp::In,
        BinaryOperator::Instanceof => BinaryOp::InstanceOf,
        _ => BinaryOp::Other,
    }
}
