//! The vocabulary of facts: expressions, functions, loops, classes, types, imports and exports of one file.
//!
//! Destructuring is gone: `const { a: [b] } = make()` gives symbol `b` the definition `make().a[0]`, written with
//! synthetic expressions. A parameter is [`Expr::Param`], the loop variable of `for (const x of xs)` is
//! [`Expr::Element`] of `xs`; so following a value is always following a definition.

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// An interned string of the file.
    NameId,
    ExprId,
    CallId,
    /// A function; `FnId(0)` is the module's top level.
    FnId,
    ClassId,
    InterfaceId,
    SymbolId,
    LoopId,
    GuardId,
    TypeId,
}

/// Byte offsets into the source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

/// A run of expressions in [`FileFacts::lists`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct List {
    pub start: u32,
    pub len: u32,
}

/// Everything known of one file by itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FileFacts {
    /// Relative to the root of the tree, `/` between parts.
    pub path: String,
    /// Number of lines of the source.
    pub lines: u32,
    pub names: Vec<Box<str>>,
    pub exprs: Vec<Expr>,
    /// Span of each expression, parallel to `exprs`.
    pub spans: Vec<Span>,
    pub lists: Vec<ExprId>,
    pub props: Vec<Prop>,
    pub calls: Vec<Call>,
    pub functions: Vec<Function>,
    pub classes: Vec<Class>,
    pub interfaces: Vec<Interface>,
    pub symbols: Vec<Symbol>,
    pub loops: Vec<Loop>,
    pub guards: Vec<Guard>,
    pub types: Vec<TypeExpr>,
    pub imports: Vec<Import>,
    pub exports: Vec<Export>,
    pub property_writes: Vec<PropertyWrite>,
    /// Types that comments define, by name.
    pub typedefs: Vec<(NameId, TypeId)>,
    /// `"use server"` at the top of the file.
    pub use_server: bool,
    /// `"use client"` at the top of the file.
    pub use_client: bool,
    /// First syntax error, where the parser gave up; the facts are then what came before it.
    pub syntax_error: Option<String>,
    pub ignores: Vec<Ignore>,
}

/// A comment that leaves findings of a line out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ignore {
    /// Where the comment stands.
    pub line: u32,
    pub applies_to: u32,
    pub rules: Vec<String>,
    /// Empty where none is given.
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Expr {
    Unknown,
    Symbol(SymbolId),
    /// A name that nothing in the file declares.
    Global(NameId),
    This,
    Super,
    Member {
        object: ExprId,
        property: NameId,
    },
    /// `object[index]` with an index that is not a literal.
    Index {
        object: ExprId,
        index: ExprId,
    },
    /// Element `n` of an array or tuple.
    Item {
        object: ExprId,
        n: u32,
    },
    /// What is left of `object` after destructuring.
    Rest(ExprId),
    /// An element of the iterable.
    Element(ExprId),
    /// Parameter `index` of the function.
    Param {
        function: FnId,
        index: u32,
    },
    Call(CallId),
    Await(ExprId),
    Function(FnId),
    Class(ClassId),
    /// Properties in [`FileFacts::props`].
    Object(List),
    Array(List),
    Spread(ExprId),
    Str(NameId),
    Number(f64),
    Bool(bool),
    Null,
    Undefined,
    /// Literal parts and expressions of a template alternate in the list, starting with a literal.
    Template(List),
    /// One of several values: `a ?? b`, `a || b`, `a && b`, `c ? a : b`. The test of `?:` comes last.
    Choice(List),
    Cast {
        expr: ExprId,
        to: TypeId,
    },
    Binary {
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
    },
    Assign {
        target: ExprId,
        value: ExprId,
    },
    Not(ExprId),
    /// `import("specifier")`.
    Import(NameId),
    /// Anything else; the list holds the parts its value may depend on.
    Other(List),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Less,
    Greater,
    Equal,
    NotEqual,
    In,
    InstanceOf,
    Other,
}

/// One property of an object literal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Prop {
    pub key: PropKey,
    pub value: ExprId,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PropKey {
    Name(NameId),
    Computed(ExprId),
    Spread,
}

/// A call, `new`, tagged template or rendered component.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub kind: CallKind,
    /// The call expression itself.
    pub expr: ExprId,
    pub callee: ExprId,
    /// Arguments; for a tagged template one [`Expr::Template`], for a component one object of its attributes.
    pub args: List,
    /// First explicit type argument.
    pub type_arg: Option<TypeId>,
    /// The function whose body holds the call.
    pub function: FnId,
    /// Innermost loop statement around it within that function.
    pub in_loop: Option<LoopId>,
    pub guard: Option<GuardId>,
    pub awaited: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallKind {
    Call,
    New,
    Tagged,
    Jsx,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a keyword or directive of the language")]
pub struct Function {
    /// The name written or given by the place (`const f = () => …`, `{ f() {} }`).
    pub name: Option<NameId>,
    pub span: Span,
    /// Span of the name, or of the first line where there is none.
    pub name_span: Span,
    pub parent: Option<FnId>,
    pub class: Option<ClassId>,
    pub is_async: bool,
    pub is_arrow: bool,
    pub is_generator: bool,
    /// `"use server"` in the body.
    pub use_server: bool,
    pub has_body: bool,
    pub params: Vec<Param>,
    pub returns: Vec<Return>,
    pub return_type: Option<TypeId>,
    pub decorators: Vec<ExprId>,
    /// The expression that stands for it, where it is one.
    pub expr: Option<ExprId>,
    /// Innermost loop of the parent function in which it is defined.
    pub in_loop: Option<LoopId>,
    pub guard: Option<GuardId>,
    /// The first call it is a direct argument of, and its position there.
    pub argument_of: Option<(CallId, u32)>,
    /// The type of the variable or field it is the value of, or of the object it is a property of, with the name
    /// of the property: what its parameters are typed by where they have no annotation.
    pub typed_by: Option<(TypeId, Option<NameId>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Return {
    pub value: ExprId,
    pub guard: Option<GuardId>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Param {
    pub name: Option<NameId>,
    pub annotation: Option<TypeId>,
    pub default: Option<ExprId>,
    pub is_rest: bool,
    pub decorators: Vec<ExprId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Class {
    pub name: Option<NameId>,
    pub span: Span,
    pub extends: Option<ExprId>,
    pub extends_types: Vec<TypeId>,
    pub implements: Vec<TypeId>,
    pub constructor: Option<FnId>,
    pub members: Vec<Member>,
    pub decorators: Vec<ExprId>,
    pub is_abstract: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    pub name: NameId,
    pub kind: MemberKind,
    pub is_static: bool,
    pub decorators: Vec<ExprId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MemberKind {
    Method(FnId),
    Getter(FnId),
    /// A field, parameter property, or property assigned in a method.
    Field(FieldInit),
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct FieldInit {
    pub annotation: Option<TypeId>,
    pub value: Option<ExprId>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Interface {
    pub name: Option<NameId>,
    pub extends: Vec<TypeId>,
    pub members: Vec<(NameId, TypeId)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Symbol {
    pub name: NameId,
    pub kind: SymbolKind,
    pub span: Span,
    /// The function that declares it.
    pub function: FnId,
    /// Innermost loop statement around the declaration.
    pub in_loop: Option<LoopId>,
    pub annotation: Option<TypeId>,
    pub definition: Option<ExprId>,
    /// Values assigned later.
    pub assignments: Vec<ExprId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SymbolKind {
    /// `const`, `let`, `var`, a parameter or caught error: follow `definition`.
    Value,
    Function(FnId),
    Class(ClassId),
    Import(u32),
    /// A type alias: follow `annotation`.
    Alias,
    Interface(InterfaceId),
    TypeParameter,
    Enum,
    Other,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Loop {
    pub kind: LoopKind,
    pub span: Span,
    pub function: FnId,
    pub parent: Option<LoopId>,
    pub guard: Option<GuardId>,
    /// What `for … of` or `for … in` runs over.
    pub collection: Option<ExprId>,
    pub init: Option<ExprId>,
    pub test: Option<ExprId>,
    pub update: Option<ExprId>,
    /// The variables that the head of the loop declares.
    pub vars: Vec<SymbolId>,
    pub exits: Vec<Exit>,
    /// Where the body starts and ends.
    pub body: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoopKind {
    ForOf,
    ForAwait,
    ForIn,
    For,
    While,
    DoWhile,
}

/// A `break` or `return` that leaves the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    pub kind: ExitKind,
    pub span: Span,
    pub guard: Option<GuardId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExitKind {
    Break,
    Return,
    Continue,
    Throw,
}

/// A condition under which code runs; guards nest by `parent` within one function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    pub kind: GuardKind,
    pub parent: Option<GuardId>,
    pub test: Option<ExprId>,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GuardKind {
    If,
    Else,
    Case,
    /// Right side of `&&`, or the first branch of `?:`: the test holds.
    And,
    /// Right side of `||`, or the second branch of `?:`: the test does not hold.
    Or,
    /// Right side of `??`.
    Coalesce,
    Try,
    Catch,
}

/// A type as written, as far as following values needs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TypeExpr {
    Unknown,
    String,
    Number,
    Boolean,
    /// A string literal type.
    Literal(NameId),
    /// `this`: the class of the object that the method is called on.
    This,
    /// `A.B<C>`: the symbol of `A` where the file declares it, the path after it, the type arguments.
    Name {
        root: NameId,
        symbol: Option<SymbolId>,
        path: Vec<NameId>,
        args: Vec<TypeId>,
    },
    /// `typeof value`.
    Typeof(ExprId),
    /// `import("specifier").Name`.
    Import {
        specifier: NameId,
        name: Option<NameId>,
    },
    Array(TypeId),
    Tuple(Vec<TypeId>),
    Union(Vec<TypeId>),
    Intersection(Vec<TypeId>),
    Object(InterfaceId),
    Function {
        returns: TypeId,
        params: Vec<TypeId>,
    },
    /// `T["name"]`.
    Indexed {
        object: TypeId,
        name: NameId,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    pub specifier: NameId,
    pub name: ImportedName,
    pub span: Span,
    pub type_only: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportedName {
    Default,
    Namespace,
    Named(NameId),
    /// `import "x"`, or a specifier seen only in a dynamic import.
    SideEffect,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    pub target: ExportTarget,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExportTarget {
    /// `export const a`, `export { a as b }`, `exports.a = …`.
    Value { exported: NameId, value: ExprId },
    /// `export default …`, `module.exports = …`.
    Default(ExprId),
    /// `export { a as b } from "x"`; `imported` is absent for `export * as b from "x"`.
    From { exported: NameId, imported: Option<NameId>, specifier: NameId },
    /// `export * from "x"`.
    Star { specifier: NameId },
}

/// `symbol.name = value` outside a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyWrite {
    pub symbol: SymbolId,
    pub name: NameId,
    pub value: ExprId,
}

impl FileFacts {
    pub fn name(&self, id: NameId) -> &str {
        &self.names[id.index()]
    }

    pub fn expr(&self, id: ExprId) -> Expr {
        self.exprs[id.index()]
    }

    pub fn span(&self, id: ExprId) -> Span {
        self.spans[id.index()]
    }

    pub fn list(&self, list: List) -> &[ExprId] {
        &self.lists[list.start as usize..(list.start + list.len) as usize]
    }

    pub fn props(&self, list: List) -> &[Prop] {
        &self.props[list.start as usize..(list.start + list.len) as usize]
    }

    pub fn call(&self, id: CallId) -> &Call {
        &self.calls[id.index()]
    }

    pub fn args(&self, id: CallId) -> &[ExprId] {
        self.list(self.call(id).args)
    }

    pub fn function(&self, id: FnId) -> &Function {
        &self.functions[id.index()]
    }

    pub fn class(&self, id: ClassId) -> &Class {
        &self.classes[id.index()]
    }

    pub fn symbol(&self, id: SymbolId) -> &Symbol {
        &self.symbols[id.index()]
    }

    /// The type that a comment defines under the name.
    pub fn typedef(&self, name: &str) -> Option<TypeId> {
        self.typedefs.iter().find(|(known, _)| self.name(*known) == name).map(|(_, ty)| *ty)
    }

    pub fn type_expr(&self, id: TypeId) -> &TypeExpr {
        &self.types[id.index()]
    }

    pub fn loop_(&self, id: LoopId) -> &Loop {
        &self.loops[id.index()]
    }

    pub fn guard(&self, id: GuardId) -> &Guard {
        &self.guards[id.index()]
    }

    /// The call whose result a call is made on: `a.b()` of `a.b().c()`.
    pub fn chained_from(&self, call: CallId) -> Option<CallId> {
        let Expr::Member { mut object, .. } = self.expr(self.call(call).callee) else { return None };
        while let Expr::Await(inner) | Expr::Cast { expr: inner, .. } = self.expr(object) {
            object = inner;
        }
        match self.expr(object) {
            Expr::Call(call) => Some(call),
            _ => None,
        }
    }

    /// The value of property `name` in an object literal, the last one where it is repeated.
    pub fn property(&self, list: List, name: &str) -> Option<ExprId> {
        self.props(list)
            .iter()
            .rev()
            .find(|prop| matches!(prop.key, PropKey::Name(key) if self.name(key) == name))
            .map(|prop| prop.value)
    }
}

impl Span {
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}
