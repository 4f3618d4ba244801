//! Classes: members, parameter properties, heritage and decorators.

use oxc_ast::ast;

use super::functions::Naming;
use super::{Lowering, span, span_of};
use crate::facts::{Class, ClassId, Expr, ExprId, FieldInit, FnId, Member, MemberKind, NameId, SymbolKind};

impl Lowering<'_> {
    pub(super) fn class(&mut self, it: &ast::Class<'_>, given: Option<NameId>) -> ExprId {
        let name = it.id.as_ref().map(|id| self.intern(&id.name)).or(given);
        let decorators = it.decorators.iter().map(|decorator| self.expr(&decorator.expression)).collect();
        self.type_parameters(it.type_parameters.as_deref());
        let extends = it.heritage.as_ref().map(|heritage| self.expr(&heritage.expression));
        let extends_types = it
            .heritage
            .as_ref()
            .and_then(|heritage| heritage.type_arguments.as_ref())
            .map(|args| args.params.iter().map(|ty| self.ty(ty)).collect())
            .unwrap_or_default();
        let implements = it
            .implements
            .iter()
            .map(|it| self.type_name(&it.expression, it.type_arguments.as_deref()))
            .collect();
        let id = ClassId(self.facts.classes.len() as u32);
        self.facts.classes.push(Class {
            name,
            span: span(it.span),
            extends,
            extends_types,
            implements,
            constructor: None,
            members: Vec::new(),
            decorators,
            is_abstract: it.r#abstract,
        });
        let expr = self.push(Expr::Class(id), span(it.span));
        if let Some(binding) = &it.id {
            self.define(binding, SymbolKind::Class(id), None);
        }
        let saved = self.place.class.replace(id);
        for element in &it.body.body {
            self.class_element(id, element);
        }
        self.place.class = saved;
        expr
    }

    fn class_element(&mut self, class: ClassId, element: &ast::ClassElement<'_>) {
        match element {
            ast::ClassElement::StaticBlock(block) => self.statements(&block.body),
            ast::ClassElement::MethodDefinition(method) => self.method(class, method),
            ast::ClassElement::PropertyDefinition(field) => {
                let annotation = field.type_annotation.as_ref().map(|it| self.ty(&it.type_annotation));
                let annotation = annotation.or_else(|| self.doc_annotation(field.span.start));
                self.docs.around = Some(field.span.start);
                self.field(
                    class,
                    &field.key,
                    annotation,
                    field.value.as_ref(),
                    field.r#static,
                    &field.decorators,
                );
            }
            ast::ClassElement::AccessorProperty(field) => {
                let annotation = field.type_annotation.as_ref().map(|it| self.ty(&it.type_annotation));
                self.field(
                    class,
                    &field.key,
                    annotation,
                    field.value.as_ref(),
                    field.r#static,
                    &field.decorators,
                );
            }
            ast::ClassElement::TSIndexSignature(_) => {}
        }
    }

    fn method(&mut self, class: ClassId, it: &ast::MethodDefinition<'_>) {
        let decorators: Vec<ExprId> =
            it.decorators.iter().map(|decorator| self.expr(&decorator.expression)).collect();
        let name = self.key_name(&it.key);
        let naming = Naming { name, name_span: Some(span_of(&it.key)), around: Some(it.span.start) };
        let id = self.function(&it.value, naming);
        self.facts.functions[id.index()].decorators.clone_from(&decorators);
        if it.kind == ast::MethodDefinitionKind::Constructor {
            if it.value.body.is_some() {
                self.facts.classes[class.index()].constructor = Some(id);
                self.parameter_properties(class, id, &it.value.params);
            }
            return;
        }
        let Some(name) = name else { return };
        let kind = match it.kind {
            ast::MethodDefinitionKind::Get => {
                if self.facts.function(id).return_type.is_none() {
                    self.facts.functions[id.index()].return_type = self.doc_annotation(it.span.start);
                }
                MemberKind::Getter(id)
            }
            ast::MethodDefinitionKind::Set => return,
            _ => MemberKind::Method(id),
        };
        let is_overload = it.value.body.is_none() && it.r#type == ast::MethodDefinitionType::MethodDefinition;
        if !is_overload {
            self.push_member(class, Member { name, kind, is_static: it.r#static, decorators });
        }
    }

    fn parameter_properties(
        &mut self,
        class: ClassId,
        constructor: FnId,
        params: &ast::FormalParameters<'_>,
    ) {
        for (index, item) in params.items.iter().enumerate() {
            if item.accessibility.is_none() && !item.readonly && !item.r#override {
                continue;
            }
            let ast::BindingPattern::BindingIdentifier(id) = &item.pattern else { continue };
            let param = &self.facts.functions[constructor.index()].params[index];
            let (annotation, decorators) = (param.annotation, param.decorators.clone());
            let value =
                self.push(Expr::Param { function: constructor, index: index as u32 }, span(item.span));
            let name = self.intern(&id.name);
            let kind = MemberKind::Field(FieldInit { annotation, value: Some(value) });
            self.push_member(class, Member { name, kind, is_static: false, decorators });
        }
    }

    fn field(
        &mut self,
        class: ClassId,
        key: &ast::PropertyKey<'_>,
        annotation: Option<crate::facts::TypeId>,
        value: Option<&ast::Expression<'_>>,
        is_static: bool,
        decorators: &[ast::Decorator<'_>],
    ) {
        let decorators = decorators.iter().map(|decorator| self.expr(&decorator.expression)).collect();
        let name = self.key_name(key);
        let value = value.map(|value| self.named_expr(value, name));
        if let (Some(value), Some(annotation)) = (value, annotation) {
            self.typed_by(value, annotation);
        }
        let Some(name) = name else { return };
        self.push_member(
            class,
            Member { name, kind: MemberKind::Field(FieldInit { annotation, value }), is_static, decorators },
        );
    }

    fn push_member(&mut self, class: ClassId, member: Member) {
        self.facts.classes[class.index()].members.push(member);
    }

    /// `this.x = value` declares or completes a field; `symbol.x = value` is kept beside the symbol.
    pub(super) fn record_member_write(&mut self, target: ExprId, value: ExprId) {
        let Expr::Member { object, property } = self.facts.expr(target) else { return };
        match (self.facts.expr(object), self.place.class) {
            (Expr::This, Some(class)) => {
                let members = &mut self.facts.classes[class.index()].members;
                let declared = members.iter_mut().find(|member| member.name == property);
                match declared {
                    Some(Member { kind: MemberKind::Field(field), .. }) => {
                        // `this.client = null` only makes room for what comes later.
                        let is_room = field.value.is_some_and(|known| {
                            matches!(self.facts.exprs[known.index()], Expr::Null | Expr::Undefined)
                        });
                        if is_room {
                            field.value = None;
                        }
                        field.value.get_or_insert(value);
                    }
                    Some(_) => {}
                    None => {
                        let kind = MemberKind::Field(FieldInit { annotation: None, value: Some(value) });
                        members.push(Member {
                            name: property,
                            kind,
                            is_static: false,
                            decorators: Vec::new(),
                        });
                    }
                }
            }
            (Expr::Symbol(symbol), _) => {
                self.facts.property_writes.push(crate::facts::PropertyWrite {
                    symbol,
                    name: property,
                    value,
                });
            }
            _ => {}
        }
    }
}
