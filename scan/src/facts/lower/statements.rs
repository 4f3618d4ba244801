//! Statements: loops, conditions, exits and declarations.

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::{Lowering, span, span_of};
use crate::facts::{Exit, ExitKind, Expr, ExprId, GuardKind, Loop, LoopId, LoopKind, Return, SymbolId};

impl Lowering<'_> {
    pub(super) fn statements(&mut self, statements: &[ast::Statement<'_>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    pub(super) fn statement(&mut self, statement: &ast::Statement<'_>) {
        use ast::Statement as S;
        match statement {
            S::BlockStatement(block) => self.statements(&block.body),
            S::BreakStatement(it) if it.label.is_none() => self.exit(ExitKind::Break, it.span),
            S::BreakStatement(it) => self.exit(ExitKind::Break, it.span),
            S::ContinueStatement(it) => self.exit(ExitKind::Continue, it.span),
            S::ExpressionStatement(it) => {
                self.expr(&it.expression);
                self.doc_field(it);
            }
            S::IfStatement(it) => self.if_statement(it),
            S::LabeledStatement(it) => self.statement(&it.body),
            S::ReturnStatement(it) => self.return_statement(it),
            S::SwitchStatement(it) => self.switch(it),
            S::ThrowStatement(it) => {
                self.expr(&it.argument);
                self.exit(ExitKind::Throw, it.span);
            }
            S::TryStatement(it) => self.try_statement(it),
            S::WithStatement(it) => {
                self.expr(&it.object);
                self.statement(&it.body);
            }
            S::DoWhileStatement(_)
            | S::WhileStatement(_)
            | S::ForStatement(_)
            | S::ForInStatement(_)
            | S::ForOfStatement(_) => self.loop_statement(statement),
            S::DebuggerStatement(_) | S::EmptyStatement(_) => {}
            S::VariableDeclaration(it) => {
                self.variables(it);
            }
            S::FunctionDeclaration(it) => {
                self.function_declaration(it);
            }
            S::ClassDeclaration(it) => {
                self.class(it, None);
            }
            S::TSTypeAliasDeclaration(it) => self.type_alias(it),
            S::TSInterfaceDeclaration(it) => self.interface_declaration(it),
            S::TSEnumDeclaration(it) => self.enum_declaration(it),
            S::TSNamespaceDeclaration(it) => self.namespace(it),
            _ => self.module_declaration(statement),
        }
    }

    fn if_statement(&mut self, it: &ast::IfStatement<'_>) {
        let mut it = it;
        // `else if` chains are walked in a loop: generated code has thousands.
        loop {
            let test = self.expr(&it.test);
            self.guarded(GuardKind::If, Some(test), span_of(&it.consequent), |this| {
                this.statement(&it.consequent);
            });
            match &it.alternate {
                Some(ast::Statement::IfStatement(next)) => it = next,
                Some(alternate) => {
                    self.guarded(GuardKind::Else, Some(test), span_of(alternate), |this| {
                        this.statement(alternate);
                    });
                    return;
                }
                None => return,
            }
        }
    }

    fn switch(&mut self, it: &ast::SwitchStatement<'_>) {
        let subject = self.expr(&it.discriminant);
        for case in &it.cases {
            let mut parts = vec![subject];
            if let Some(test) = &case.test {
                parts.push(self.expr(test));
            }
            let test = self.other(&parts, span(case.span));
            // A `break` here leaves the switch, not the loop around it.
            let saved = self.place.in_loop;
            let exits_before = saved.map(|id| self.facts.loops[id.index()].exits.len());
            self.guarded(GuardKind::Case, Some(test), span(case.span), |this| {
                this.statements(&case.consequent);
            });
            if let (Some(id), Some(before)) = (saved, exits_before) {
                let exits = &mut self.facts.loops[id.index()].exits;
                let mut position = 0;
                exits.retain(|exit| {
                    position += 1;
                    position <= before || exit.kind != ExitKind::Break
                });
            }
        }
    }

    fn try_statement(&mut self, it: &ast::TryStatement<'_>) {
        self.guarded(GuardKind::Try, None, span(it.block.span), |this| this.statements(&it.block.body));
        if let Some(handler) = &it.handler {
            if let Some(param) = &handler.param {
                self.bind(&param.pattern, None, None);
            }
            self.guarded(GuardKind::Catch, None, span(handler.span), |this| {
                this.statements(&handler.body.body);
            });
        }
        if let Some(finalizer) = &it.finalizer {
            self.statements(&finalizer.body);
        }
    }

    fn return_statement(&mut self, it: &ast::ReturnStatement<'_>) {
        let value = match &it.argument {
            Some(argument) => self.expr(argument),
            None => self.push(Expr::Undefined, span(it.span)),
        };
        let guard = self.place.guard;
        let function = self.place.function.index();
        self.facts.functions[function].returns.push(Return { value, guard });
        self.exit(ExitKind::Return, it.span);
    }

    fn exit(&mut self, kind: ExitKind, at: oxc_span::Span) {
        let exit = Exit { kind, span: span(at), guard: self.place.guard };
        let mut next = self.place.in_loop;
        while let Some(id) = next {
            let it = &mut self.facts.loops[id.index()];
            it.exits.push(exit);
            // A return leaves every loop of the function, the others only the innermost.
            next = if matches!(kind, ExitKind::Return | ExitKind::Throw) { it.parent } else { None };
        }
    }

    pub(super) fn variables(&mut self, it: &ast::VariableDeclaration<'_>) -> Vec<SymbolId> {
        let mut symbols = Vec::new();
        let around = self.docs.around.take().unwrap_or(it.span.start);
        for declarator in &it.declarations {
            let annotation = declarator.type_annotation.as_ref().map(|it| self.ty(&it.type_annotation));
            let annotation = annotation.or_else(|| self.doc_annotation(around));
            self.docs.around = Some(around);
            let value = declarator.init.as_ref().map(|init| {
                let name = match &declarator.id {
                    ast::BindingPattern::BindingIdentifier(id) => Some(self.intern(&id.name)),
                    _ => None,
                };
                self.named_expr(init, name)
            });
            if let (Some(value), Some(annotation)) = (value, annotation) {
                self.typed_by(value, annotation);
            }
            symbols.extend(self.bind(&declarator.id, value, annotation));
        }
        self.docs.around = None;
        symbols
    }

    fn loop_statement(&mut self, statement: &ast::Statement<'_>) {
        use ast::Statement as S;
        match statement {
            S::ForOfStatement(it) => {
                let collection = self.expr(&it.right);
                let kind = if it.r#await { LoopKind::ForAwait } else { LoopKind::ForOf };
                self.for_each(kind, &it.left, collection, &it.body, it.span);
            }
            S::ForInStatement(it) => {
                let collection = self.expr(&it.right);
                self.for_each(LoopKind::ForIn, &it.left, collection, &it.body, it.span);
            }
            S::ForStatement(it) => self.for_statement(it),
            S::WhileStatement(it) => {
                let id = self.open_loop(LoopKind::While, it.span, it.body.span());
                let test = self.expr(&it.test);
                self.facts.loops[id.index()].test = Some(test);
                self.statement(&it.body);
                self.close_loop(id);
            }
            S::DoWhileStatement(it) => {
                let id = self.open_loop(LoopKind::DoWhile, it.span, it.body.span());
                self.statement(&it.body);
                let test = self.expr(&it.test);
                self.facts.loops[id.index()].test = Some(test);
                self.close_loop(id);
            }
            _ => {}
        }
    }

    fn for_each(
        &mut self,
        kind: LoopKind,
        left: &ast::ForStatementLeft<'_>,
        collection: ExprId,
        body: &ast::Statement<'_>,
        at: oxc_span::Span,
    ) {
        let id = self.open_loop(kind, at, body.span());
        self.facts.loops[id.index()].collection = Some(collection);
        if let ast::ForStatementLeft::VariableDeclaration(declaration) = left {
            let element = match kind {
                LoopKind::ForIn => self.push(Expr::Unknown, span_of(left)),
                _ => self.push(Expr::Element(collection), span_of(left)),
            };
            let mut vars = Vec::new();
            for declarator in &declaration.declarations {
                vars.extend(self.bind(&declarator.id, Some(element), None));
            }
            self.facts.loops[id.index()].vars = vars;
        }
        self.statement(body);
        self.close_loop(id);
    }

    fn for_statement(&mut self, it: &ast::ForStatement<'_>) {
        let id = self.open_loop(LoopKind::For, it.span, it.body.span());
        match &it.init {
            Some(ast::ForStatementInit::VariableDeclaration(declaration)) => {
                let vars = self.variables(declaration);
                let init = vars.first().and_then(|first| self.facts.symbols[first.index()].definition);
                let entry = &mut self.facts.loops[id.index()];
                entry.vars = vars;
                entry.init = init;
            }
            Some(init) => {
                if let Some(expression) = init.as_expression() {
                    let init = self.expr(expression);
                    self.facts.loops[id.index()].init = Some(init);
                }
            }
            None => {}
        }
        let test = it.test.as_ref().map(|test| self.expr(test));
        let update = it.update.as_ref().map(|update| self.expr(update));
        let entry = &mut self.facts.loops[id.index()];
        entry.test = test;
        entry.update = update;
        self.statement(&it.body);
        self.close_loop(id);
    }

    fn open_loop(&mut self, kind: LoopKind, at: oxc_span::Span, body: oxc_span::Span) -> LoopId {
        let id = LoopId(self.facts.loops.len() as u32);
        self.facts.loops.push(Loop {
            kind,
            span: span(at),
            function: self.place.function,
            parent: self.place.in_loop,
            guard: self.place.guard,
            collection: None,
            init: None,
            test: None,
            update: None,
            vars: Vec::new(),
            exits: Vec::new(),
            body: span(body),
        });
        self.place.in_loop = Some(id);
        id
    }

    fn close_loop(&mut self, id: LoopId) {
        self.place.in_loop = self.facts.loops[id.index()].parent;
    }
}
