//! `JSDoc`: the types that comments of plain JavaScript state, read as annotations.
//!
//! A comment belongs to the token behind it, so a construct finds its own by where it starts. Types are parsed as
//! TypeScript writes them, after the older spellings (`?T`, `Array.<T>`) are turned into it. Definitions of types
//! (`@typedef`) are kept beside the file's symbols.

use oxc_allocator::Allocator;
use oxc_ast::ast;
use oxc_parser::Parser;
use oxc_span::SourceType;
use rustc_hash::FxHashMap;

use super::{Lowering, span};
use crate::facts::{
    Expr, FieldInit, FnId, Interface, InterfaceId, Member, MemberKind, Span, TypeExpr, TypeId,
};

/// Longer types are not read.
const MAX_TYPE: usize = 2_000;

/// The comments of a file.
#[derive(Debug, Default)]
pub(super) struct Docs<'s> {
    text: &'s str,
    /// In order of the file.
    all: Vec<Span>,
    /// By the start of the token behind.
    by_start: FxHashMap<u32, usize>,
    /// Where the construct starts that the next function stands in: the comment is before it.
    pub(super) around: Option<u32>,
}

/// One tag: `@param {T} name`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tag {
    kind: String,
    ty: Option<String>,
    /// The name behind the type; empty where there is none.
    name: String,
}

impl<'s> Docs<'s> {
    pub(super) fn of(text: &'s str, comments: &[ast::Comment]) -> Self {
        let mut docs = Self { text, ..Self::default() };
        for comment in comments.iter().filter(|comment| comment.is_jsdoc()) {
            docs.by_start.insert(comment.attached_to, docs.all.len());
            docs.all.push(span(comment.span));
        }
        docs
    }

    fn at(&self, start: u32) -> Option<Span> {
        self.by_start.get(&start).map(|index| self.all[*index])
    }

    fn tags(&self, at: Span) -> Vec<Tag> {
        let text = self.text.get(at.start as usize..at.end as usize).unwrap_or_default();
        tags(text)
    }
}

impl Lowering<'_> {
    /// All types that the file's comments define.
    pub(super) fn typedefs(&mut self) {
        for at in self.docs.all.clone() {
            let tags = self.docs.tags(at);
            for (n, tag) in tags.iter().enumerate().filter(|(_, tag)| tag.kind == "typedef") {
                if tag.name.is_empty() {
                    continue;
                }
                let stated = tag.ty.as_deref().filter(|ty| !is_object(ty));
                let ty = if let Some(text) = stated {
                    self.doc_type(text, at)
                } else {
                    let behind = tags[n + 1..].iter();
                    let own = behind.take_while(|tag| matches!(tag.kind.as_str(), "property" | "prop"));
                    let members: Vec<(&str, &Tag)> = own.map(|tag| (tag.name.as_str(), tag)).collect();
                    Some(self.doc_object(&members, at))
                };
                if let Some(ty) = ty {
                    let name = self.intern(&tag.name);
                    self.facts.typedefs.push((name, ty));
                }
            }
        }
    }

    fn doc_object(&mut self, members: &[(&str, &Tag)], at: Span) -> TypeId {
        let mut lowered = Vec::new();
        for (name, tag) in members {
            if name.contains(['.', '[']) {
                continue;
            }
            if let Some(ty) = tag.ty.as_deref().and_then(|text| self.doc_type(text, at)) {
                lowered.push((self.intern(name), ty));
            }
        }
        let id = InterfaceId(self.facts.interfaces.len() as u32);
        self.facts.interfaces.push(Interface { name: None, extends: Vec::new(), members: lowered });
        self.push_type(TypeExpr::Object(id))
    }

    /// The type that `@type` before the construct states.
    pub(super) fn doc_annotation(&mut self, start: u32) -> Option<TypeId> {
        let at = self.docs.at(start)?;
        let tags = self.docs.tags(at);
        let text = tags.iter().find(|tag| tag.kind == "type")?.ty.as_deref()?;
        self.doc_type(text, at)
    }

    /// Parameters and result by the comment before the function, or before what it stands in.
    pub(super) fn doc_function(&mut self, id: FnId, own: u32, around: Option<u32>) {
        let found = self.docs.at(own).or_else(|| around.and_then(|start| self.docs.at(start)));
        let Some(at) = found else { return };
        let tags = self.docs.tags(at);
        let params: Vec<&Tag> = tags.iter().filter(|tag| tag.kind == "param").collect();
        let roots: Vec<&&Tag> = params.iter().filter(|tag| !tag.name.contains('.')).collect();
        for index in 0..self.facts.function(id).params.len() {
            let param = &self.facts.function(id).params[index];
            if param.annotation.is_some() {
                continue;
            }
            let name = param.name.map(|name| self.facts.name(name).to_owned());
            let tag = match &name {
                Some(name) => roots.iter().find(|tag| tag.name == *name),
                None => roots.get(index),
            };
            let Some(tag) = tag else { continue };
            let annotation = self.doc_param(tag, &params, at);
            self.facts.functions[id.index()].params[index].annotation = annotation;
        }
        let returns = tags.iter().find(|tag| matches!(tag.kind.as_str(), "returns" | "return"));
        if self.facts.function(id).return_type.is_none()
            && let Some(text) = returns.and_then(|tag| tag.ty.as_deref())
        {
            let ty = self.doc_type(text, at);
            self.facts.functions[id.index()].return_type = ty;
        }
    }

    /// `@param {Object} options` with `@param {T} options.name` is an object of those.
    fn doc_param(&mut self, tag: &Tag, all: &[&Tag], at: Span) -> Option<TypeId> {
        let text = tag.ty.as_deref()?;
        let prefix = format!("{}.", tag.name);
        let members: Vec<(&str, &Tag)> =
            all.iter().filter_map(|it| Some((it.name.strip_prefix(&prefix)?, *it))).collect();
        if is_object(text) && !members.is_empty() {
            return Some(self.doc_object(&members, at));
        }
        self.doc_type(text, at)
    }

    /// `/** @type {T} */ this.name` or `… this.name = value` in a class declares the field.
    pub(super) fn doc_field(&mut self, it: &ast::ExpressionStatement<'_>) {
        let Some(class) = self.place.class else { return };
        let member = match &it.expression {
            ast::Expression::StaticMemberExpression(member) => member,
            ast::Expression::AssignmentExpression(assignment) => match &assignment.left {
                ast::AssignmentTarget::StaticMemberExpression(member) => member,
                _ => return,
            },
            _ => return,
        };
        if !matches!(member.object, ast::Expression::ThisExpression(_)) {
            return;
        }
        let Some(annotation) = self.doc_annotation(it.span.start) else { return };
        let name = self.intern(&member.property.name);
        let members = &mut self.facts.classes[class.index()].members;
        match members.iter_mut().find(|member| member.name == name) {
            Some(Member { kind: MemberKind::Field(field), .. }) => {
                field.annotation.get_or_insert(annotation);
            }
            Some(_) => {}
            None => members.push(Member {
                name,
                kind: MemberKind::Field(FieldInit { annotation: Some(annotation), value: None }),
                is_static: false,
                decorators: Vec::new(),
            }),
        }
    }

    fn doc_type(&mut self, text: &str, at: Span) -> Option<TypeId> {
        let text = modern(text)?;
        let source = format!("type T = {text};");
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, &source, SourceType::ts()).parse();
        if parsed.panicked || !parsed.diagnostics.is_empty() {
            return None;
        }
        let [ast::Statement::TSTypeAliasDeclaration(alias)] = parsed.program.body.as_slice() else {
            return None;
        };
        let (exprs, imports) = (self.facts.exprs.len(), self.facts.imports.len());
        let ty = self.ty(&alias.type_annotation);
        // What the type is made of stands in the comment.
        self.facts.spans[exprs..].fill(at);
        self.facts.imports[imports..].iter_mut().for_each(|import| import.span = at);
        Some(ty)
    }

    /// A cast by comment: `/** @type {T} */ (value)`.
    pub(super) fn doc_cast(&mut self, it: &ast::ParenthesizedExpression<'_>) -> crate::facts::ExprId {
        let to = self.doc_annotation(it.span.start);
        let expr = self.expr(&it.expression);
        match to {
            Some(to) => self.push(Expr::Cast { expr, to }, span(it.span)),
            None => expr,
        }
    }
}

fn is_object(ty: &str) -> bool {
    matches!(ty.trim(), "Object" | "object")
}

/// The type as TypeScript writes it; nothing where it says nothing.
fn modern(text: &str) -> Option<String> {
    let text = text.trim();
    let (text, rest) = text.strip_prefix("...").map_or((text, ""), |text| (text, "[]"));
    let text = text.trim_start_matches(['?', '!']).trim_end_matches(['=', '?']).trim();
    if text.is_empty() || text.len() > MAX_TYPE || text.contains('*') || text.starts_with("function(") {
        return None;
    }
    let text = text.replace("Object.<", "Record<").replace(".<", "<");
    Some(if rest.is_empty() { text } else { format!("({text}){rest}") })
}

fn tags(comment: &str) -> Vec<Tag> {
    let inner = comment.strip_prefix("/**").unwrap_or(comment);
    let inner = inner.strip_suffix("*/").unwrap_or(inner);
    let mut blocks: Vec<String> = Vec::new();
    for line in inner.lines() {
        let line = line.trim();
        let line = line.strip_prefix('*').unwrap_or(line).trim();
        if line.starts_with('@') {
            blocks.push(line.to_owned());
        } else if let Some(block) = blocks.last_mut() {
            block.push(' ');
            block.push_str(line);
        }
    }
    blocks.iter().map(|block| tag(block)).collect()
}

fn tag(block: &str) -> Tag {
    let block = &block[1..];
    let end = block.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(block.len());
    let (kind, rest) = block.split_at(end);
    let rest = rest.trim_start();
    let (ty, rest) = match braced(rest) {
        Some((ty, rest)) => (Some(ty.to_owned()), rest.trim_start()),
        None => (None, rest),
    };
    let name = rest.split_whitespace().next().unwrap_or_default();
    let name = name.trim_start_matches('[').split(['=', ']']).next().unwrap_or_default();
    Tag { kind: kind.to_owned(), ty, name: name.to_owned() }
}

/// What stands between the braces at the start, and what follows them.
fn braced(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{')?;
    let mut depth = 1_u32;
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&inner[..at], &inner[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Tag, modern, tags};

    fn tag(kind: &str, ty: Option<&str>, name: &str) -> Tag {
        Tag { kind: kind.to_owned(), ty: ty.map(str::to_owned), name: name.to_owned() }
    }

    #[test]
    fn tags_of_a_comment() {
        assert_eq!(
            tags(
                "/**\n * Text {@link x}\n * @param {{ a: string }} [options={}] the rest\n *   goes on\n * @returns {Promise<A>}\n */"
            ),
            [tag("param", Some("{ a: string }"), "options"), tag("returns", Some("Promise<A>"), "")]
        );
        assert_eq!(tags("/** @type {A|B} - set late */"), [tag("type", Some("A|B"), "-")]);
        assert_eq!(tags("/** @type {A */"), [tag("type", None, "{A")]);
        assert_eq!(tags("/***/"), []);
    }

    #[test]
    fn older_spellings() {
        assert_eq!(modern("?Array.<Book>=").as_deref(), Some("Array<Book>"));
        assert_eq!(modern("...string").as_deref(), Some("(string)[]"));
        assert_eq!(modern("*"), None);
    }
}
