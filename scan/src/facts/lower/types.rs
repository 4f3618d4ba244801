//! Types as written: names, members, unions; what following a value through an annotation needs.

use oxc_ast::ast;

use super::{Lowering, binding, span};
use crate::facts::{Expr, Interface, InterfaceId, NameId, SymbolKind, TypeExpr, TypeId};

impl Lowering<'_> {
    pub(super) fn ty(&mut self, it: &ast::TSType<'_>) -> TypeId {
        use ast::TSType as T;
        let ty = match it {
            T::TSStringKeyword(_) | T::TSTemplateLiteralType(_) => TypeExpr::String,
            T::TSNumberKeyword(_) | T::TSBigIntKeyword(_) => TypeExpr::Number,
            T::TSBooleanKeyword(_) => TypeExpr::Boolean,
            T::TSThisType(_) => TypeExpr::This,
            T::TSLiteralType(it) => self.literal_type(&it.literal),
            T::TSArrayType(it) => TypeExpr::Array(self.ty(&it.element_type)),
            T::TSParenthesizedType(it) => return self.ty(&it.type_annotation),
            T::TSTypeOperatorType(it) if it.operator == ast::TSTypeOperatorOperator::Readonly => {
                return self.ty(&it.type_annotation);
            }
            T::TSUnionType(it) => TypeExpr::Union(it.types.iter().map(|ty| self.ty(ty)).collect()),
            T::TSIntersectionType(it) => {
                TypeExpr::Intersection(it.types.iter().map(|ty| self.ty(ty)).collect())
            }
            T::TSTypeReference(it) => return self.type_name(&it.type_name, it.type_arguments.as_deref()),
            T::TSTypeQuery(it) => self.type_query(it),
            T::TSImportType(it) => self.import_type(it),
            T::TSTypeLiteral(it) => TypeExpr::Object(self.interface(None, Vec::new(), &it.members)),
            T::TSFunctionType(it) => {
                let returns = self.ty(&it.return_type.type_annotation);
                TypeExpr::Function { returns, params: self.param_types(&it.params) }
            }
            T::TSTupleType(it) => {
                TypeExpr::Tuple(it.element_types.iter().map(|element| self.tuple_element(element)).collect())
            }
            T::TSIndexedAccessType(it) => self.indexed(it),
            _ => TypeExpr::Unknown,
        };
        self.push_type(ty)
    }

    fn literal_type(&mut self, literal: &ast::TSLiteral<'_>) -> TypeExpr {
        match literal {
            ast::TSLiteral::StringLiteral(text) => TypeExpr::Literal(self.intern(&text.value)),
            ast::TSLiteral::NumericLiteral(_) => TypeExpr::Number,
            ast::TSLiteral::BooleanLiteral(_) => TypeExpr::Boolean,
            ast::TSLiteral::TemplateLiteral(_) => TypeExpr::String,
            _ => TypeExpr::Unknown,
        }
    }

    fn indexed(&mut self, it: &ast::TSIndexedAccessType<'_>) -> TypeExpr {
        let object = self.ty(&it.object_type);
        match &it.index_type {
            ast::TSType::TSLiteralType(literal) => match &literal.literal {
                ast::TSLiteral::StringLiteral(text) => {
                    TypeExpr::Indexed { object, name: self.intern(&text.value) }
                }
                ast::TSLiteral::NumericLiteral(number) => {
                    TypeExpr::Indexed { object, name: self.intern(&number.value.to_string()) }
                }
                _ => TypeExpr::Unknown,
            },
            _ => TypeExpr::Unknown,
        }
    }

    fn tuple_element(&mut self, element: &ast::TSTupleElement<'_>) -> TypeId {
        match element {
            ast::TSTupleElement::TSOptionalType(it) => self.ty(&it.type_annotation),
            ast::TSTupleElement::TSRestType(it) => self.ty(&it.type_annotation),
            element => match element.as_ts_type() {
                Some(ty) => self.ty(ty),
                None => self.push_type(TypeExpr::Unknown),
            },
        }
    }

    fn import_type(&mut self, it: &ast::TSImportType<'_>) -> TypeExpr {
        let specifier = self.intern(&it.source.value);
        let name = match &it.qualifier {
            Some(ast::TSImportTypeQualifier::Identifier(id)) => Some(self.intern(&id.name)),
            _ => None,
        };
        self.import(
            specifier,
            crate::facts::ImportedName::SideEffect,
            it.span,
            ast::ImportOrExportKind::Type,
        );
        TypeExpr::Import { specifier, name }
    }

    fn type_query(&mut self, it: &ast::TSTypeQuery<'_>) -> TypeExpr {
        match &it.expr_name {
            ast::TSTypeQueryExprName::TSImportType(it) => match self.import_type(it) {
                TypeExpr::Import { specifier, name } => {
                    let at = span(it.span);
                    let module = self.push(Expr::Import(specifier), at);
                    let value = match name {
                        Some(property) => self.push(Expr::Member { object: module, property }, at),
                        None => module,
                    };
                    TypeExpr::Typeof(value)
                }
                other => other,
            },
            name => match name.as_ts_type_name() {
                Some(name) => TypeExpr::Typeof(self.type_name_value(name)),
                None => TypeExpr::Unknown,
            },
        }
    }

    fn type_name_value(&mut self, name: &ast::TSTypeName<'_>) -> crate::facts::ExprId {
        match name {
            ast::TSTypeName::IdentifierReference(id) => {
                let expr = self.reference(id);
                self.push(expr, span(id.span))
            }
            ast::TSTypeName::QualifiedName(qualified) => {
                let object = self.type_name_value(&qualified.left);
                let property = self.intern(&qualified.right.name);
                self.push(Expr::Member { object, property }, span(qualified.span))
            }
            ast::TSTypeName::ThisExpression(this) => self.push(Expr::This, span(this.span)),
        }
    }

    pub(super) fn type_name(
        &mut self,
        name: &ast::TSTypeName<'_>,
        args: Option<&ast::TSTypeParameterInstantiation<'_>>,
    ) -> TypeId {
        let args = args.map(|args| args.params.iter().map(|ty| self.ty(ty)).collect()).unwrap_or_default();
        let mut path = Vec::new();
        let mut name = name;
        let ty = loop {
            match name {
                ast::TSTypeName::IdentifierReference(id) => {
                    let symbol = self.referenced_symbol(id);
                    path.reverse();
                    break TypeExpr::Name { root: self.intern(&id.name), symbol, path, args };
                }
                ast::TSTypeName::QualifiedName(qualified) => {
                    path.push(self.intern(&qualified.right.name));
                    name = &qualified.left;
                }
                ast::TSTypeName::ThisExpression(_) => break TypeExpr::Unknown,
            }
        };
        self.push_type(ty)
    }

    fn param_types(&mut self, params: &ast::FormalParameters<'_>) -> Vec<TypeId> {
        params
            .items
            .iter()
            .map(|item| match &item.type_annotation {
                Some(annotation) => self.ty(&annotation.type_annotation),
                None => self.push_type(TypeExpr::Unknown),
            })
            .collect()
    }

    fn interface(
        &mut self,
        name: Option<NameId>,
        extends: Vec<TypeId>,
        members: &[ast::TSSignature<'_>],
    ) -> InterfaceId {
        let mut lowered = Vec::new();
        for member in members {
            match member {
                ast::TSSignature::TSPropertySignature(it) => {
                    if let (Some(name), Some(annotation)) = (self.key_name(&it.key), &it.type_annotation) {
                        let ty = self.ty(&annotation.type_annotation);
                        lowered.push((name, ty));
                    }
                }
                ast::TSSignature::TSMethodSignature(it) => {
                    let Some(name) = self.key_name(&it.key) else { continue };
                    let returns = match &it.return_type {
                        Some(annotation) => self.ty(&annotation.type_annotation),
                        None => self.push_type(TypeExpr::Unknown),
                    };
                    let params = self.param_types(&it.params);
                    let ty = self.push_type(TypeExpr::Function { returns, params });
                    lowered.push((name, ty));
                }
                _ => {}
            }
        }
        let id = InterfaceId(self.facts.interfaces.len() as u32);
        self.facts.interfaces.push(Interface { name, extends, members: lowered });
        id
    }

    pub(super) fn interface_declaration(&mut self, it: &ast::TSInterfaceDeclaration<'_>) {
        self.type_parameters(it.type_parameters.as_deref());
        let extends =
            it.extends.iter().map(|it| self.type_name(&it.type_name, it.type_arguments.as_deref())).collect();
        let name = self.intern(&it.id.name);
        let id = self.interface(Some(name), extends, &it.body.body);
        // An interface that merges with a class or value leaves the value's meaning alone.
        if let Some(symbol) = binding(&it.id)
            && self.symbol_mut(symbol).kind == SymbolKind::Other
        {
            self.symbol_mut(symbol).kind = SymbolKind::Interface(id);
        }
    }

    pub(super) fn type_alias(&mut self, it: &ast::TSTypeAliasDeclaration<'_>) {
        let annotation = self.ty(&it.type_annotation);
        if let Some(symbol) = binding(&it.id) {
            let entry = self.symbol_mut(symbol);
            if entry.kind == SymbolKind::Other {
                entry.kind = SymbolKind::Alias;
            }
            entry.annotation.get_or_insert(annotation);
        }
        self.type_parameters(it.type_parameters.as_deref());
    }

    pub(super) fn type_parameters(&mut self, params: Option<&ast::TSTypeParameterDeclaration<'_>>) {
        for param in params.iter().flat_map(|params| &params.params) {
            let constraint = param.constraint.as_ref().map(|ty| self.ty(ty));
            if let Some(symbol) = binding(&param.name) {
                let entry = self.symbol_mut(symbol);
                entry.kind = SymbolKind::TypeParameter;
                entry.annotation = constraint;
            }
        }
    }

    pub(super) fn enum_declaration(&mut self, it: &ast::TSEnumDeclaration<'_>) {
        self.define(&it.id, SymbolKind::Enum, None);
    }

    pub(super) fn namespace(&mut self, it: &ast::TSNamespaceDeclaration<'_>) {
        match &it.body {
            ast::TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => self.namespace(inner),
            ast::TSNamespaceDeclarationBody::TSModuleBlock(block) => self.statements(&block.body),
        }
    }
}
