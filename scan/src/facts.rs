//! Facts: one source file as owned data, everything the analysis will ever ask of its text.
//!
//! `facts(path, text)` is pure. It parses, resolves scopes, lowers the syntax tree to a small expression graph and
//! drops the tree. Ids are indexes into the vectors of one [`FileFacts`]; nothing refers across files, so facts can
//! be made in parallel, serialized, and kept by content hash. What a name means in another file is the business
//! of `program`.

mod ir;
mod lower;

pub use ir::{
    BinaryOp, Call, CallId, CallKind, Class, ClassId, Exit, ExitKind, Export, ExportTarget, Expr, ExprId,
    FieldInit, FileFacts, FnId, Function, Guard, GuardId, GuardKind, Ignore, Import, ImportedName, Interface,
    InterfaceId, List, Loop, LoopId, LoopKind, Member, MemberKind, NameId, Param, Prop, PropKey,
    PropertyWrite, Return, Span, Symbol, SymbolId, SymbolKind, TypeExpr, TypeId,
};
pub use lower::facts;

#[cfg(test)]
mod tests;
