//! Lowering: oxc's syntax tree and scopes to [`FileFacts`].
//!
//! One recursive walk. Where we are (function, loop, guard, class) is kept in a small frame that is saved and
//! restored around each construct. Evaluation order does not matter here; spans say what comes first.

mod calls;
mod classes;
mod docs;
mod expressions;
mod functions;
mod ignores;
mod jsx;
mod modules;
mod patterns;
mod statements;
mod types;

use oxc_allocator::Allocator;
use oxc_ast::ast;
use oxc_parser::Parser;
use oxc_semantic::{Scoping, SemanticBuilder};
use oxc_span::{GetSpan, SourceType};
use rustc_hash::FxHashMap;

use super::{
    ClassId, Expr, ExprId, FileFacts, FnId, Function, Guard, GuardId, GuardKind, List, LoopId, NameId, Span,
    Symbol, SymbolId, SymbolKind, TypeExpr, TypeId,
};

/// The facts of one file. Never fails: a file that does not parse gives the facts of what did, and says so.
pub fn facts(path: &str, text: &str) -> FileFacts {
    let allocator = Allocator::default();
    let source_type = source_type(path);
    let mut parsed = Parser::new(&allocator, text, source_type).parse();
    if parsed.panicked && !source_type.is_jsx() && source_type.is_javascript() {
        parsed = Parser::new(&allocator, text, source_type.with_jsx(true)).parse();
    }
    let semantic = SemanticBuilder::new().build(&parsed.program).semantic;
    let scoping = semantic.into_scoping();
    let mut lowering = Lowering::new(path, text, &scoping);
    if source_type.is_javascript() {
        lowering.docs = docs::Docs::of(text, &parsed.program.comments);
    }
    if text.contains("tuneup-ignore") {
        lowering.facts.ignores = ignores::of(text, &parsed.program.comments);
    }
    if parsed.panicked {
        lowering.facts.syntax_error = Some(
            parsed.diagnostics.iter().next().map_or_else(|| "syntax error".to_owned(), ToString::to_string),
        );
    }
    lowering.program(&parsed.program);
    lowering.facts
}

fn source_type(path: &str) -> SourceType {
    let source_type = SourceType::from_path(path).unwrap_or_default();
    // Plain .js holds JSX and CommonJS in the wild; .ts never holds JSX.
    if source_type.is_javascript() { source_type.with_jsx(true) } else { source_type }
}

/// Where the walk is.
#[derive(Debug, Clone, Copy)]
struct Place {
    function: FnId,
    in_loop: Option<LoopId>,
    guard: Option<GuardId>,
    class: Option<ClassId>,
}

struct Lowering<'s> {
    facts: FileFacts,
    scoping: &'s Scoping,
    interned: FxHashMap<String, NameId>,
    place: Place,
    /// Exports by local name, resolved when all declarations are known.
    local_exports: Vec<(SymbolId, NameId, Span)>,
    docs: docs::Docs<'s>,
}

impl<'s> Lowering<'s> {
    fn new(path: &str, text: &str, scoping: &'s Scoping) -> Self {
        let module = Function {
            span: Span { start: 0, end: text.len() as u32 },
            has_body: true,
            ..Function::default()
        };
        let facts = FileFacts {
            path: path.to_owned(),
            lines: memchr_lines(text),
            functions: vec![module],
            exprs: Vec::with_capacity(text.len() / 16),
            spans: Vec::with_capacity(text.len() / 16),
            ..FileFacts::default()
        };
        let place = Place { function: FnId(0), in_loop: None, guard: None, class: None };
        let mut lowering = Self {
            facts,
            scoping,
            interned: FxHashMap::default(),
            place,
            local_exports: Vec::new(),
            docs: docs::Docs::default(),
        };
        lowering.declare_symbols();
        lowering
    }

    fn declare_symbols(&mut self) {
        for id in self.scoping.symbol_ids() {
            let name = self.intern(self.scoping.symbol_name(id));
            let span = span(self.scoping.symbol_span(id));
            self.facts.symbols.push(Symbol {
                name,
                kind: SymbolKind::Other,
                span,
                function: FnId(0),
                in_loop: None,
                annotation: None,
                definition: None,
                assignments: Vec::new(),
            });
        }
    }

    fn program(&mut self, program: &ast::Program<'_>) {
        for directive in &program.directives {
            match directive.directive.as_str() {
                "use server" => self.facts.use_server = true,
                "use client" => self.facts.use_client = true,
                _ => {}
            }
        }
        self.typedefs();
        self.statements(&program.body);
        self.finish_exports();
    }

    fn intern(&mut self, text: &str) -> NameId {
        if let Some(id) = self.interned.get(text) {
            return *id;
        }
        let id = NameId(self.facts.names.len() as u32);
        self.facts.names.push(text.into());
        self.interned.insert(text.to_owned(), id);
        id
    }

    fn push(&mut self, expr: Expr, at: Span) -> ExprId {
        let id = ExprId(self.facts.exprs.len() as u32);
        self.facts.exprs.push(expr);
        self.facts.spans.push(at);
        id
    }

    fn push_list(&mut self, items: &[ExprId]) -> List {
        let start = self.facts.lists.len() as u32;
        self.facts.lists.extend_from_slice(items);
        List { start, len: items.len() as u32 }
    }

    fn push_type(&mut self, ty: TypeExpr) -> TypeId {
        let id = TypeId(self.facts.types.len() as u32);
        self.facts.types.push(ty);
        id
    }

    fn other(&mut self, parts: &[ExprId], at: Span) -> ExprId {
        let list = self.push_list(parts);
        self.push(Expr::Other(list), at)
    }

    /// Runs `body` under a condition.
    fn guarded<T>(
        &mut self,
        kind: GuardKind,
        test: Option<ExprId>,
        at: Span,
        body: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let id = GuardId(self.facts.guards.len() as u32);
        self.facts.guards.push(Guard { kind, parent: self.place.guard, test, span: at });
        let saved = self.place.guard.replace(id);
        let result = body(self);
        self.place.guard = saved;
        result
    }

    fn symbol_mut(&mut self, id: SymbolId) -> &mut Symbol {
        &mut self.facts.symbols[id.index()]
    }

    /// Records what a binding identifier stands for.
    fn define(
        &mut self,
        id: &ast::BindingIdentifier<'_>,
        kind: SymbolKind,
        definition: Option<ExprId>,
    ) -> Option<SymbolId> {
        let symbol_id = binding(id)?;
        let place = self.place;
        let symbol = self.symbol_mut(symbol_id);
        symbol.kind = kind;
        if symbol.definition.is_some()
            && let Some(value) = definition
        {
            // A second `var` of the same name, or an overload.
            symbol.assignments.push(value);
        } else {
            symbol.definition = definition;
        }
        symbol.function = place.function;
        symbol.in_loop = place.in_loop;
        Some(symbol_id)
    }

    fn reference(&mut self, id: &ast::IdentifierReference<'_>) -> Expr {
        match self.referenced_symbol(id) {
            Some(symbol) => Expr::Symbol(symbol),
            None if id.name == "undefined" => Expr::Undefined,
            None => Expr::Global(self.intern(&id.name)),
        }
    }

    fn referenced_symbol(&self, id: &ast::IdentifierReference<'_>) -> Option<SymbolId> {
        let symbol = match id.reference_id.get() {
            Some(reference) => self.scoping.get_reference(reference).symbol_id(),
            // A name in a comment is one of the module.
            None => self.scoping.get_root_binding(id.name),
        };
        symbol.map(|symbol| SymbolId(symbol.index() as u32))
    }
}

fn binding(id: &ast::BindingIdentifier<'_>) -> Option<SymbolId> {
    id.symbol_id.get().map(|symbol| SymbolId(symbol.index() as u32))
}

fn span(span: oxc_span::Span) -> Span {
    Span { start: span.start, end: span.end }
}

fn span_of(node: &impl GetSpan) -> Span {
    span(node.span())
}

fn memchr_lines(text: &str) -> u32 {
    let breaks = text.bytes().filter(|byte| *byte == b'\n').count();
    (breaks + usize::from(!text.is_empty() && !text.ends_with('\n'))) as u32
}
