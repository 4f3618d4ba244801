//! Imports and exports, ES modules and `CommonJS`.

use oxc_ast::ast;
use oxc_ast::ast::ImportOrExportKind;

use super::{Lowering, span, span_of};
use crate::facts::{
    CallKind, Export, ExportTarget, Expr, ExprId, Import, ImportedName, NameId, Span, SymbolId, SymbolKind,
};

impl Lowering<'_> {
    pub(super) fn module_declaration(&mut self, statement: &ast::Statement<'_>) {
        use ast::Statement as S;
        match statement {
            S::ImportDeclaration(it) => self.import_declaration(it),
            S::ExportAllDeclaration(it) => {
                let specifier = self.intern(&it.source.value);
                self.import(specifier, ImportedName::SideEffect, it.span, it.export_kind);
                let target = match &it.exported {
                    Some(name) => {
                        ExportTarget::From { exported: self.export_name(name), imported: None, specifier }
                    }
                    None => ExportTarget::Star { specifier },
                };
                self.export(target, span(it.span));
            }
            S::ExportDefaultDeclaration(it) => self.export_default(it),
            S::ExportDeclaration(it) => {
                self.docs.around = Some(it.span.start);
                self.export_declaration(&it.declaration);
                self.docs.around = None;
            }
            S::ExportNamedDeclaration(it) => {
                for specifier in &it.specifiers {
                    self.export_specifier(specifier);
                }
            }
            S::ExportFromDeclaration(it) => {
                let specifier = self.intern(&it.source.value);
                self.import(specifier, ImportedName::SideEffect, it.span, it.export_kind);
                for item in &it.specifiers {
                    let imported = Some(self.export_name(&item.local));
                    let exported = self.export_name(&item.exported);
                    self.export(ExportTarget::From { exported, imported, specifier }, span(item.span));
                }
            }
            S::TSExportAssignment(it) => {
                let value = self.expr(&it.expression);
                self.export(ExportTarget::Default(value), span(it.span));
            }
            S::TSImportEqualsDeclaration(it) => {
                if let ast::TSModuleReference::ExternalModuleReference(reference) = &it.module_reference {
                    let specifier = self.intern(&reference.expression.value);
                    let index = self.import(specifier, ImportedName::Namespace, it.span, it.import_kind);
                    self.define(&it.id, SymbolKind::Import(index), None);
                }
            }
            _ => {}
        }
    }

    fn import_declaration(&mut self, it: &ast::ImportDeclaration<'_>) {
        let specifier = self.intern(&it.source.value);
        let Some(specifiers) = it.specifiers.as_ref().filter(|specifiers| !specifiers.is_empty()) else {
            self.import(specifier, ImportedName::SideEffect, it.span, it.import_kind);
            return;
        };
        for item in specifiers {
            let (name, local, kind) = match item {
                ast::ImportDeclarationSpecifier::ImportSpecifier(item) => {
                    let name = self.export_name(&item.imported);
                    let name = if self.facts.name(name) == "default" {
                        ImportedName::Default
                    } else {
                        ImportedName::Named(name)
                    };
                    (name, &item.local, item.import_kind)
                }
                ast::ImportDeclarationSpecifier::ImportDefaultSpecifier(item) => {
                    (ImportedName::Default, &item.local, it.import_kind)
                }
                ast::ImportDeclarationSpecifier::ImportNamespaceSpecifier(item) => {
                    (ImportedName::Namespace, &item.local, it.import_kind)
                }
            };
            let kind = if it.import_kind == ImportOrExportKind::Type { it.import_kind } else { kind };
            let index = self.import(specifier, name, it.span, kind);
            self.define(local, SymbolKind::Import(index), None);
        }
    }

    pub(super) fn import(
        &mut self,
        specifier: NameId,
        name: ImportedName,
        at: oxc_span::Span,
        kind: ImportOrExportKind,
    ) -> u32 {
        let index = self.facts.imports.len() as u32;
        let type_only = kind == ImportOrExportKind::Type;
        self.facts.imports.push(Import { specifier, name, span: span(at), type_only });
        index
    }

    pub(super) fn import_expr(&mut self, it: &ast::ImportExpression<'_>) -> ExprId {
        let at = span(it.span);
        if let ast::Expression::StringLiteral(text) = &it.source {
            let specifier = self.intern(&text.value);
            self.import(specifier, ImportedName::SideEffect, it.span, ImportOrExportKind::Value);
            return self.push(Expr::Import(specifier), at);
        }
        // The module is computed: a call, as of `require`.
        let source = self.expr(&it.source);
        let name = self.intern("import");
        let callee = self.push(Expr::Global(name), at);
        self.push_call(CallKind::Call, callee, &[source], None, at)
    }

    pub(super) fn require(&mut self, specifier: NameId, at: Span) -> ExprId {
        let name = ImportedName::SideEffect;
        self.facts.imports.push(Import { specifier, name, span: at, type_only: false });
        self.push(Expr::Import(specifier), at)
    }

    fn export(&mut self, target: ExportTarget, at: Span) {
        self.facts.exports.push(Export { target, span: at });
    }

    fn export_default(&mut self, it: &ast::ExportDefaultDeclaration<'_>) {
        use ast::ExportDefaultDeclarationKind as K;
        let at = span(it.span);
        let name = self.intern("default");
        let value = match &it.declaration {
            K::FunctionDeclaration(function) => {
                let id = if function.id.is_some() {
                    self.function_declaration(function)
                } else {
                    let naming = super::functions::Naming {
                        name: Some(name),
                        around: Some(it.span.start),
                        ..super::functions::Naming::default()
                    };
                    self.function(function, naming)
                };
                self.function_expr(id, span(function.span))
            }
            K::ClassDeclaration(class) => self.class(class, Some(name)),
            K::TSInterfaceDeclaration(it) => {
                self.interface_declaration(it);
                let expr = super::binding(&it.id).map_or(Expr::Unknown, Expr::Symbol);
                self.push(expr, at)
            }
            other => match other.as_expression() {
                Some(expression) => self.named_expr(expression, Some(name)),
                None => self.push(Expr::Unknown, at),
            },
        };
        self.export(ExportTarget::Default(value), at);
    }

    fn export_declaration(&mut self, it: &ast::Declaration<'_>) {
        use ast::Declaration as D;
        match it {
            D::VariableDeclaration(it) => {
                for symbol in self.variables(it) {
                    self.export_symbol(symbol);
                }
            }
            D::FunctionDeclaration(it) => {
                self.function_declaration(it);
                self.export_binding(it.id.as_ref());
            }
            D::ClassDeclaration(it) => {
                self.class(it, None);
                self.export_binding(it.id.as_ref());
            }
            D::TSTypeAliasDeclaration(it) => {
                self.type_alias(it);
                self.export_binding(Some(&it.id));
            }
            D::TSInterfaceDeclaration(it) => {
                self.interface_declaration(it);
                self.export_binding(Some(&it.id));
            }
            D::TSEnumDeclaration(it) => {
                self.enum_declaration(it);
                self.export_binding(Some(&it.id));
            }
            D::TSNamespaceDeclaration(it) => self.namespace(it),
            _ => {}
        }
    }

    fn export_binding(&mut self, id: Option<&ast::BindingIdentifier<'_>>) {
        if let Some(symbol) = id.and_then(super::binding) {
            self.export_symbol(symbol);
        }
    }

    fn export_symbol(&mut self, symbol: SymbolId) {
        let (name, at) = (self.facts.symbol(symbol).name, self.facts.symbol(symbol).span);
        self.local_exports.push((symbol, name, at));
    }

    fn export_specifier(&mut self, it: &ast::ExportSpecifier<'_>) {
        let exported = self.export_name(&it.exported);
        let at = span(it.span);
        if let ast::ModuleExportName::IdentifierReference(id) = &it.local
            && let Some(symbol) = self.referenced_symbol(id)
        {
            self.local_exports.push((symbol, exported, at));
        }
    }

    /// Exports by local name become values once the walk is over.
    pub(super) fn finish_exports(&mut self) {
        for (symbol, exported, at) in std::mem::take(&mut self.local_exports) {
            let value = self.push(Expr::Symbol(symbol), at);
            let target = if self.facts.name(exported) == "default" {
                ExportTarget::Default(value)
            } else {
                ExportTarget::Value { exported, value }
            };
            self.export(target, at);
        }
    }

    fn export_name(&mut self, name: &ast::ModuleExportName<'_>) -> NameId {
        match name {
            ast::ModuleExportName::IdentifierName(id) => self.intern(&id.name),
            ast::ModuleExportName::IdentifierReference(id) => self.intern(&id.name),
            ast::ModuleExportName::StringLiteral(text) => self.intern(&text.value),
        }
    }

    /// `module.exports = …`, `exports.name = …`, `module.exports.name = …`.
    pub(super) fn common_js_export(&mut self, target: &ast::AssignmentTarget<'_>, value: ExprId) {
        let ast::AssignmentTarget::StaticMemberExpression(member) = target else { return };
        let at = span_of(member.as_ref());
        let is_module_exports = |it: &ast::Expression<'_>| match it {
            ast::Expression::StaticMemberExpression(inner) => {
                inner.property.name == "exports"
                    && matches!(&inner.object, ast::Expression::Identifier(id) if id.name == "module")
            }
            ast::Expression::Identifier(id) => id.name == "exports",
            _ => false,
        };
        if is_module_exports(&member.object) {
            let exported = self.intern(&member.property.name);
            self.export(ExportTarget::Value { exported, value }, at);
        } else if member.property.name == "exports"
            && matches!(&member.object, ast::Expression::Identifier(id) if id.name == "module")
        {
            self.export(ExportTarget::Default(value), at);
        }
    }
}
