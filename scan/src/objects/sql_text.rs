//! SQL text as the program writes it: literals, templates and concatenations, with tagged fragments laid in.

use tuneup_model::{Dialect, Operation, QueryApi, QueryShape, TableRef};
use tuneup_sql::{from_template, shapes, sketch};

use super::{Follow, Reader};
use crate::facts::{BinaryOp, CallId, CallKind, Expr, List};
use crate::place::Place;
use crate::schema::Schema;

/// Longest text that is parsed; nobody writes more by hand.
const MAX_TEXT: usize = 256 * 1024;

/// What the statement written at a place asks of the database. A shape of nothing but unknown parts where the text is
/// not known or not one statement.
pub(crate) fn sql_query(
    follow: &dyn Follow,
    api: QueryApi,
    dialect: Dialect,
    method: &str,
    statement: Option<Place>,
) -> QueryShape {
    let schema = Schema::default();
    let reader = Reader::new(follow, &schema);
    let mut text = SqlText::default();
    match statement {
        Some(at) => reader.sql(at, Holds::Sql, &mut text),
        None => text.hole(),
    }
    text.shape(dialect).unwrap_or_else(|| {
        let mut shape = QueryShape::new(api, method, Operation::Other, TableRef::Unknown).opaque();
        shape.sql = text.marked();
        shape
    })
}

/// The literal parts of a text; something that is not known stands between each two.
#[derive(Debug)]
pub(crate) struct SqlText {
    parts: Vec<String>,
}

/// What an expression within SQL stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Sql,
    /// A parameter: a string there is a value, unless it is a fragment.
    Parameter,
}

impl Default for SqlText {
    fn default() -> Self {
        Self { parts: vec![String::new()] }
    }
}

impl SqlText {
    /// Adds a text that is known.
    pub(crate) fn literal(&mut self, text: &str) {
        self.push(text);
    }

    /// The text where all of it is known.
    pub(crate) fn whole(&self) -> Option<String> {
        match self.parts.as_slice() {
            [only] if !only.trim().is_empty() => Some(only.clone()),
            _ => None,
        }
    }

    /// Replaces `??` by the names bound to it; `?` and `??` count through the bindings together.
    pub(crate) fn bind(&mut self, bindings: &[Option<String>]) {
        let mut bound = Self::default();
        let mut n = 0;
        for (number, part) in std::mem::take(&mut self.parts).iter().enumerate() {
            if number > 0 {
                bound.hole();
            }
            let mut chars = part.chars().peekable();
            while let Some(c) = chars.next() {
                let is_name = c == '?' && chars.next_if_eq(&'?').is_some();
                match bindings.get(n).and_then(Option::as_ref) {
                    Some(name) if is_name => {
                        let parts: Vec<String> = name.split('.').map(|part| format!("\"{part}\"")).collect();
                        bound.push(&parts.join("."));
                    }
                    _ if is_name => bound.hole(),
                    _ => bound.push(c.encode_utf8(&mut [0; 4])),
                }
                n += usize::from(c == '?');
            }
        }
        *self = bound;
    }

    fn push(&mut self, text: &str) {
        if let Some(last) = self.parts.last_mut()
            && last.len() + text.len() <= MAX_TEXT
        {
            last.push_str(text);
        }
    }

    fn hole(&mut self) {
        self.parts.push(String::new());
    }

    /// The text with markers for what is not known; nothing where nothing is known.
    pub(crate) fn marked(&self) -> Option<String> {
        let is_known = self.parts.iter().any(|part| !part.trim().is_empty());
        is_known.then(|| from_template(&self.parts.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    /// The shape of the text where it is one statement.
    pub(crate) fn shape(&self, dialect: Dialect) -> Option<QueryShape> {
        let text = self.marked()?;
        match shapes(&text, dialect) {
            Ok(mut found) if found.len() == 1 => found.pop(),
            Ok(_) => None,
            Err(_) => sketch(&text, dialect),
        }
    }
}

impl Reader<'_> {
    /// The SQL text that an expression writes.
    pub(crate) fn text(&self, at: Place, out: &mut SqlText) {
        self.sql(at, Holds::Sql, out);
    }

    fn sql(&self, at: Place, holds: Holds, out: &mut SqlText) {
        let seen = self.see(at);
        let file = seen.place.file;
        let laid = self.deeper(|| match (seen.expr, holds) {
            (Expr::Str(text), Holds::Sql) => out.push(self.name(seen.place, text)),
            (Expr::Template(list), Holds::Sql) => self.template(file, list, self.hole_of(seen.place), out),
            (Expr::Binary { op: BinaryOp::Add, left, right }, Holds::Sql) => {
                self.sql(Place { file, expr: left }, Holds::Sql, out);
                self.sql(Place { file, expr: right }, Holds::Sql, out);
            }
            (Expr::Call(call), _) => self.fragment(file, call, out),
            (Expr::Member { property, .. }, _) if self.name(seen.place, property) == "empty" => {}
            _ => out.hole(),
        });
        if laid.is_none() {
            out.hole();
        }
    }

    /// What the interpolations of a template at this place are: text, but parameters behind a tag.
    fn hole_of(&self, at: Place) -> Holds {
        let facts = self.facts(at.file);
        let is_tagged = |call: &crate::facts::Call| {
            call.kind == CallKind::Tagged && facts.list(call.args).first() == Some(&at.expr)
        };
        if facts.calls.iter().any(is_tagged) { Holds::Parameter } else { Holds::Sql }
    }

    /// Literal parts and expressions alternate, starting with a literal.
    fn template(&self, file: u32, list: List, holds: Holds, out: &mut SqlText) {
        for (position, part) in self.list(file, list).enumerate() {
            match self.facts(file).expr(part.expr) {
                Expr::Str(text) if position % 2 == 0 => out.push(self.name(part, text)),
                _ => self.sql(part, holds, out),
            }
        }
    }

    /// ``Prisma.sql`…` `` and `Prisma.raw("…")`.
    fn fragment(&self, file: u32, call: CallId, out: &mut SqlText) {
        let facts = self.facts(file);
        let called = facts.call(call);
        let name = match facts.expr(called.callee) {
            Expr::Member { property, .. } => facts.name(property),
            Expr::Symbol(symbol) => facts.name(facts.symbol(symbol).name),
            _ => "",
        };
        match (called.kind, name, facts.args(call)) {
            (CallKind::Tagged, "sql" | "Sql" | "SQL" | "raw", [template]) => {
                if let Expr::Template(list) = facts.expr(*template) {
                    self.template(file, list, Holds::Parameter, out);
                }
            }
            (CallKind::Call, "raw" | "sql", [text]) => self.sql(Place { file, expr: *text }, Holds::Sql, out),
            _ => out.hole(),
        }
    }
}
