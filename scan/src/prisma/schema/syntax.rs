//! Blocks, fields and attributes of a Prisma schema as written, before anything is looked up.
//!
//! The parser never fails: what it does not understand becomes a complaint and the next line is tried. Argument
//! values nest to a fixed depth; deeper groups are skipped in one step and stand as `Unknown`.

use super::token::{Kind, Place, Token, tokens, unescaped};

/// Groups of arguments nested deeper than this are skipped.
const MAX_DEPTH: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) start: Place,
    pub(super) end: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Model,
    View,
    Composite,
    Enum,
    Datasource,
    Generator,
}

#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: BlockKind,
    pub(super) name: String,
    pub(super) range: Range,
    /// The closing brace, where the block is closed.
    pub(super) closing: Option<Range>,
    pub(super) fields: Vec<Field>,
    /// `key = value` lines of data sources and generators.
    pub(super) settings: Vec<(String, Value)>,
    /// `@@` attributes.
    pub(super) attributes: Vec<Attribute>,
}

/// A field of a model, or a value of an enum (then without a type).
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) range: Range,
    pub(super) type_name: String,
    pub(super) list: bool,
    pub(super) optional: bool,
    pub(super) attributes: Vec<Attribute>,
}

#[derive(Debug)]
pub(super) struct Attribute {
    /// Without `@`, parts joined by dots: `db.Uuid`.
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
}

#[derive(Debug)]
pub(super) struct Argument {
    pub(super) name: Option<String>,
    pub(super) value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    /// A bare word or dotted path.
    Word(String),
    List(Vec<Value>),
    /// `name(…)`, for example `a(sort: Desc)` or `raw("…")`; nothing here depends on what is in the parentheses.
    Call(String),
    Unknown,
}

/// Something not understood: where, and what.
#[derive(Debug)]
pub(super) struct Complaint {
    pub(super) line: u32,
    pub(super) message: String,
}

#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) blocks: Vec<Block>,
    pub(super) complaints: Vec<Complaint>,
}

/// Reads one file.
pub(super) fn read(text: &str) -> File {
    let mut reader = Reader { tokens: tokens(text), next: 0, file: File::default() };
    reader.file();
    reader.file
}

impl Attribute {
    /// The argument with this name, or else the unnamed one at this position.
    pub(super) fn argument(&self, name: &str, position: Option<usize>) -> Option<&Value> {
        let named = self.arguments.iter().find(|argument| argument.name.as_deref() == Some(name));
        let unnamed = || self.arguments.iter().filter(|argument| argument.name.is_none()).nth(position?);
        named.or_else(unnamed).map(|argument| &argument.value)
    }
}

impl Value {
    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn word(&self) -> Option<&str> {
        if let Self::Word(word) = self { Some(word) } else { None }
    }
}

struct Reader<'t> {
    tokens: Vec<Token<'t>>,
    next: usize,
    file: File,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<Kind<'t>> {
        self.tokens.get(self.next).map(|token| token.kind)
    }

    fn bump(&mut self) -> Option<Token<'t>> {
        let token = self.tokens.get(self.next).copied();
        self.next += usize::from(token.is_some());
        token
    }

    fn eat(&mut self, mark: char) -> bool {
        let found = self.peek() == Some(Kind::Mark(mark));
        self.next += usize::from(found);
        found
    }

    fn skip_line_ends(&mut self) {
        while self.peek() == Some(Kind::LineEnd) {
            self.next += 1;
        }
    }

    fn complain(&mut self, message: String) {
        let line = self.tokens.get(self.next).or(self.tokens.last()).map_or(1, |token| token.start.line);
        self.file.complaints.push(Complaint { line, message });
    }

    /// The kind of block that starts here: `model Name {`.
    fn block_start(&self) -> Option<BlockKind> {
        let [keyword, name, brace] = self.tokens.get(self.next..self.next + 3)? else { return None };
        let Kind::Word(keyword) = keyword.kind else { return None };
        if !matches!(name.kind, Kind::Word(_)) || brace.kind != Kind::Mark('{') {
            return None;
        }
        Some(match keyword {
            "model" => BlockKind::Model,
            "view" => BlockKind::View,
            "type" => BlockKind::Composite,
            "enum" => BlockKind::Enum,
            "datasource" => BlockKind::Datasource,
            "generator" => BlockKind::Generator,
            _ => return None,
        })
    }

    fn file(&mut self) {
        loop {
            self.skip_line_ends();
            if self.peek().is_none() {
                return;
            }
            if let Some(kind) = self.block_start() {
                self.block(kind);
                continue;
            }
            self.complain(
                "expected a model, view, type, enum, datasource or generator; skipped to the next one".into(),
            );
            while self.peek().is_some() && self.block_start().is_none() {
                self.next += 1;
            }
        }
    }

    fn block(&mut self, kind: BlockKind) {
        self.next += 1;
        let Some((name, range)) = self.word() else { return };
        self.next += 1;
        let mut block = Block {
            kind,
            name,
            range,
            closing: None,
            fields: Vec::new(),
            settings: Vec::new(),
            attributes: Vec::new(),
        };
        loop {
            self.skip_line_ends();
            if self.peek().is_none() || self.block_start().is_some() {
                self.complain(format!("`{}` has no closing brace; read as far as it goes", block.name));
                break;
            }
            if self.peek() == Some(Kind::Mark('}')) {
                block.closing = self.bump().map(|token| Range { start: token.start, end: token.end });
                break;
            }
            self.line(&mut block);
        }
        self.file.blocks.push(block);
    }

    fn word(&mut self) -> Option<(String, Range)> {
        let token = *self.tokens.get(self.next)?;
        let Kind::Word(word) = token.kind else { return None };
        self.next += 1;
        Some((word.to_owned(), Range { start: token.start, end: token.end }))
    }

    /// One line of a block; always consumes at least one token.
    fn line(&mut self, block: &mut Block) {
        if self.eat('@') {
            self.eat('@');
            let attribute = self.attribute();
            block.attributes.extend(attribute);
        } else if let Some((name, range)) = self.word() {
            if self.eat('=') {
                let value = self.value(0);
                block.settings.push((name, value));
            } else {
                let field = self.field(name, range, block.kind);
                block.fields.extend(field);
            }
        }
        self.rest_of_line(&block.name);
    }

    /// Skips what is left of the line, with a complaint unless nothing is.
    fn rest_of_line(&mut self, block: &str) {
        let from = self.next;
        while !matches!(self.peek(), None | Some(Kind::LineEnd | Kind::Mark('}')))
            && self.block_start().is_none()
        {
            self.next += 1;
        }
        if self.next > from {
            let skipped = std::mem::replace(&mut self.next, from);
            self.complain(format!("did not understand the rest of this line in `{block}`"));
            self.next = skipped;
        }
    }

    fn field(&mut self, name: String, range: Range, kind: BlockKind) -> Option<Field> {
        let mut field = Field {
            name,
            range,
            type_name: String::new(),
            list: false,
            optional: false,
            attributes: Vec::new(),
        };
        if kind != BlockKind::Enum {
            let Some((type_name, _)) = self.word() else {
                self.complain(format!("field `{}` has no type", field.name));
                return None;
            };
            field.type_name = type_name;
            if self.eat('(') {
                let arguments = self.arguments(')', 0);
                if let Some(Value::Text(text)) = arguments.first().map(|argument| &argument.value) {
                    field.type_name = format!("Unsupported({text})");
                }
            }
        }
        loop {
            if self.eat('?') {
                field.optional = true;
            } else if self.eat('[') {
                self.eat(']');
                field.list = true;
            } else if self.eat('@') {
                let attribute = self.attribute();
                field.attributes.extend(attribute);
            } else {
                return Some(field);
            }
        }
    }

    fn attribute(&mut self) -> Option<Attribute> {
        let name = self.path()?;
        let arguments = if self.eat('(') { self.arguments(')', 0) } else { Vec::new() };
        Some(Attribute { name, arguments })
    }

    fn path(&mut self) -> Option<String> {
        let (mut path, _) = self.word()?;
        while self.eat('.') {
            let Some((part, _)) = self.word() else { break };
            path.push('.');
            path.push_str(&part);
        }
        Some(path)
    }

    /// Arguments up to `close`, which is consumed.
    fn arguments(&mut self, close: char, depth: usize) -> Vec<Argument> {
        let mut arguments = Vec::new();
        loop {
            self.skip_line_ends();
            if self.eat(close) {
                return arguments;
            }
            if matches!(self.peek(), None | Some(Kind::Mark('}'))) || self.block_start().is_some() {
                self.complain(format!("missing `{close}`"));
                return arguments;
            }
            if self.eat(',') {
                continue;
            }
            let name = self.argument_name();
            self.skip_line_ends();
            let value = self.value(depth + 1);
            arguments.push(Argument { name, value });
        }
    }

    fn argument_name(&mut self) -> Option<String> {
        let [name, colon] = self.tokens.get(self.next..self.next + 2)? else { return None };
        let (Kind::Word(name), Kind::Mark(':')) = (name.kind, colon.kind) else { return None };
        self.next += 2;
        Some(name.to_owned())
    }

    /// A value; always consumes at least one token unless the text is over.
    fn value(&mut self, depth: usize) -> Value {
        match self.peek() {
            Some(Kind::Word(_)) => {
                let word = self.path().unwrap_or_default();
                if depth < MAX_DEPTH && self.eat('(') {
                    self.arguments(')', depth);
                    Value::Call(word)
                } else {
                    Value::Word(word)
                }
            }
            Some(Kind::Mark('[')) if depth < MAX_DEPTH => {
                self.next += 1;
                Value::List(self.arguments(']', depth).into_iter().map(|argument| argument.value).collect())
            }
            Some(Kind::Mark('[' | '(' | '{')) => {
                self.skip_group();
                Value::Unknown
            }
            Some(Kind::Text(raw)) => {
                self.next += 1;
                Value::Text(unescaped(raw))
            }
            Some(_) => {
                self.next += 1;
                Value::Unknown
            }
            None => Value::Unknown,
        }
    }

    /// Skips from an opening bracket to the one that closes it, or to the next block.
    fn skip_group(&mut self) {
        let mut open = 0_usize;
        while let Some(kind) = self.peek() {
            match kind {
                Kind::Mark('[' | '(' | '{') => open += 1,
                Kind::Mark(']' | ')' | '}') => open -= 1,
                _ => {}
            }
            self.next += 1;
            if open == 0 || self.block_start().is_some() {
                return;
            }
        }
    }
}
