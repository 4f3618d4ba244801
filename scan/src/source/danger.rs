//! A pre-scan that finds text deep enough to crash a recursive parser, before one sees it.
//!
//! Parsers of JavaScript recurse, and so do visitors of their trees: 200,000 brackets, or a chain of 100,000 `+`, end the
//! process. This scan reads bytes once, without recursion, and estimates how deep the tree would be: one for each open
//! bracket, one for each operator of the unfinished statement around it. The estimate errs upward: a false alarm costs a
//! child process, a missed one the run. Strings, comments, templates and regular expressions are skipped, but a
//! misread one could hide code, so the brackets in them are bounded too.

mod class;
mod region;

use std::fmt;

use class::{CLASS, Class, awaits_operand};

/// Text that should not be parsed in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Danger {
    pub kind: DangerKind,
    /// Where the limit is passed, counted from 1.
    pub line: usize,
}

/// What is too deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DangerKind {
    /// Brackets or JSX elements in one another.
    Nesting,
    /// Operators, calls, `else if` and the like in one statement.
    Chain,
}

/// Open brackets, or open JSX elements.
const MAX_NESTING: usize = 500;
/// Operators of all unfinished statements.
const MAX_CHAIN: usize = 2_000;

impl fmt::Display for Danger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            DangerKind::Nesting => write!(f, "nested over {MAX_NESTING} levels deep at line {}", self.line),
            DangerKind::Chain => {
                write!(f, "over {MAX_CHAIN} operators in one statement at line {}", self.line)
            }
        }
    }
}

/// Finds the first place where `text`, a JavaScript or TypeScript file, nests or chains too deeply.
pub fn danger(text: &str) -> Option<Danger> {
    let mut scan = Scan { bytes: text.as_bytes(), ..Scan::default() };
    let kind = scan.run().err()?;
    let line = 1 + text.bytes().take(scan.at).filter(|byte| *byte == b'\n').count();
    Some(Danger { kind, line })
}

/// What the last token was, as far as it decides how the next one reads.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Last {
    /// Nothing, an operator, an open bracket: an operand must follow.
    #[default]
    Operator,
    /// A word (see `Scan::word`).
    Word,
    /// A literal or a closed bracket.
    Value,
    /// `;`: a statement must follow.
    End,
}

/// What one open bracket holds so far.
#[derive(Clone, Copy, Default)]
struct Level {
    /// The opening byte; `$` for the `${` of a template.
    open: u8,
    /// True for the `(` of `if (`, `while (`, …, whose `)` is followed by a statement.
    head: bool,
    /// Operators of the unfinished statement.
    chain: usize,
    /// Branches of the unfinished `if … else if … else`, which outlive their `;`.
    branches: usize,
    /// JSX elements not yet closed.
    elements: usize,
    /// Type argument lists not yet closed, whose commas end nothing.
    angles: usize,
}

#[derive(Default)]
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    outer: Vec<Level>,
    level: Level,
    /// Sums of `chain` and `branches`, and of `elements`, over all levels.
    total: usize,
    elements: usize,
    last: Last,
    /// Range of the last word.
    word: (usize, usize),
    newline: bool,
}

type Step = Result<(), DangerKind>;

impl Scan<'_> {
    fn run(&mut self) -> Step {
        while let Some(&byte) = self.bytes.get(self.at) {
            match CLASS[byte as usize] {
                Class::Space => self.at += 1,
                Class::Newline => {
                    self.newline = true;
                    self.at += 1;
                    self.at += self.bytes[self.at..].iter().take_while(|byte| **byte == b' ').count();
                }
                Class::Word => self.word()?,
                Class::End => self.end(byte),
                Class::Operator => self.operator(byte)?,
                Class::Open => self.open(byte)?,
                Class::Close => self.close(byte)?,
                Class::Quote => self.quote(byte)?,
                Class::Tick => {
                    self.operand()?;
                    self.at += 1;
                    self.template()?;
                }
                Class::Slash => self.slash()?,
            }
        }
        Ok(())
    }

    fn word(&mut self) -> Step {
        let start = self.at;
        let rest = &self.bytes[start..];
        let length = rest.iter().position(|byte| CLASS[*byte as usize] != Class::Word).unwrap_or(rest.len());
        let word = &rest[..length];
        match self.last {
            Last::Operator => {}
            Last::End => self.statement(word),
            Last::Word | Last::Value if self.newline && !self.continues(word) => self.statement(word),
            // Two operands side by side: `typeof x`, `else if`, `a as b`, `if (a) if (b)`.
            Last::Word | Last::Value => self.link()?,
        }
        if word.len() == 4 && word == b"else" {
            self.level.branches += 1;
            self.total += 1;
        }
        self.at += length;
        self.word = (start, self.at);
        self.last = Last::Word;
        self.newline = false;
        Ok(())
    }

    /// Whether a word on a new line goes on with the expression or statement before it.
    fn continues(&self, word: &[u8]) -> bool {
        let joins = matches!(
            word,
            b"as" | b"in" | b"of" | b"is" | b"else" | b"extends" | b"instanceof" | b"satisfies"
        );
        joins || (self.last == Last::Word && awaits_operand(self.last_word()))
    }

    fn last_word(&self) -> &[u8] {
        &self.bytes[self.word.0..self.word.1]
    }

    /// A new statement, element or member begins with `word`.
    fn statement(&mut self, word: &[u8]) {
        self.total -= self.level.chain;
        self.level.chain = 0;
        self.level.angles = 0;
        if word != b"else" {
            self.total -= self.level.branches;
            self.level.branches = 0;
        }
    }

    fn end(&mut self, byte: u8) {
        if byte == b';' {
            self.level.angles = 0;
        }
        if self.level.angles == 0 {
            self.total -= self.level.chain;
            self.level.chain = 0;
        }
        self.after(1, if byte == b';' { Last::End } else { Last::Operator });
    }

    fn after(&mut self, length: usize, last: Last) {
        self.at += length;
        self.last = last;
        self.newline = false;
    }

    /// One more operator in the statement.
    fn link(&mut self) -> Step {
        self.level.chain += 1;
        self.total += 1;
        if self.total > MAX_CHAIN { Err(DangerKind::Chain) } else { Ok(()) }
    }

    /// A literal, bracket or template begins; after another operand that is a call, an index, a tag.
    fn operand(&mut self) -> Step {
        match self.last {
            Last::Word | Last::Value => self.link(),
            Last::Operator | Last::End => Ok(()),
        }
    }

    fn operator(&mut self, byte: u8) -> Step {
        if byte == b'<' {
            let next = self.bytes.get(self.at + 1).copied().unwrap_or(b' ');
            if next == b'/' && self.level.elements > 0 {
                self.element_closed();
                self.after(2, Last::Operator);
                return Ok(());
            }
            // Directly after a word, `<` begins type arguments.
            let apart = self.at == 0 || CLASS[self.bytes[self.at - 1] as usize] != Class::Word;
            if apart && (next == b'>' || CLASS[next as usize] == Class::Word) {
                self.element_opened()?;
                self.after(1, Last::Operator);
                return Ok(());
            }
            self.level.angles += usize::from(!apart);
        } else if byte == b'>' && self.bytes[..self.at].last() != Some(&b'=') {
            self.level.angles = self.level.angles.saturating_sub(1);
        }
        self.link()?;
        match self.postfix(byte) {
            0 => self.after(1, Last::Operator),
            length => self.after(length, Last::Value),
        }
        Ok(())
    }

    /// Length of `++`, `--` or the non-null `!` after an operand; zero where the operator is none of them.
    fn postfix(&self, byte: u8) -> usize {
        let next = self.bytes.get(self.at + 1).copied();
        match byte {
            _ if matches!(self.last, Last::Operator | Last::End) => 0,
            b'+' | b'-' if next == Some(byte) => 2,
            b'!' if next != Some(b'=') => 1,
            _ => 0,
        }
    }

    fn element_opened(&mut self) -> Step {
        self.total -= self.level.chain;
        self.level.chain = 0;
        self.level.elements += 1;
        self.elements += 1;
        if self.elements > MAX_NESTING { Err(DangerKind::Nesting) } else { Ok(()) }
    }

    fn element_closed(&mut self) {
        self.total -= self.level.chain;
        self.level.chain = 0;
        self.level.elements -= 1;
        self.elements -= 1;
    }

    fn open(&mut self, byte: u8) -> Step {
        let head = byte == b'('
            && self.last == Last::Word
            && matches!(self.last_word(), b"if" | b"for" | b"while" | b"with" | b"await");
        self.operand()?;
        self.push(byte, head)?;
        self.after(1, Last::Operator);
        Ok(())
    }

    fn push(&mut self, open: u8, head: bool) -> Step {
        self.outer.push(self.level);
        self.level = Level { open, head, ..Level::default() };
        if self.outer.len() > MAX_NESTING { Err(DangerKind::Nesting) } else { Ok(()) }
    }

    fn close(&mut self, byte: u8) -> Step {
        let opens = |level: &Level| match byte {
            b')' => level.open == b'(',
            b']' => level.open == b'[',
            _ => matches!(level.open, b'{' | b'$'),
        };
        // A misread string may have swallowed one bracket; a second mismatch is ignored.
        if !opens(&self.level) && self.outer.last().is_some_and(opens) {
            self.pop();
        }
        if !opens(&self.level) {
            self.after(1, Last::Value);
            return Ok(());
        }
        let closed = self.pop();
        let last = if closed.head { Last::Operator } else { Last::Value };
        self.after(1, last);
        if closed.open == b'$' { self.template() } else { Ok(()) }
    }

    fn pop(&mut self) -> Level {
        let closed = self.level;
        self.total -= closed.chain + closed.branches;
        self.elements -= closed.elements;
        self.level = self.outer.pop().unwrap_or_default();
        closed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{DangerKind, danger};

    fn kind(text: &str) -> Option<DangerKind> {
        danger(text).map(|danger| danger.kind)
    }

    /// `before`, then `link` many times, then `after`.
    fn chain(before: &str, link: &str, after: &str) -> String {
        format!("{before}{}{after}", link.repeat(100_000))
    }

    #[test]
    fn deep_nesting_is_dangerous() {
        for open in
            ["(", "[", "{", "f(", "[{", "a=>{", "`${", "<a>", "<a b=\"c\">\n", "<> don't ", "if(a){", "x={a:"]
        {
            assert_eq!(kind(&chain("x = ", open, "")), Some(DangerKind::Nesting), "{open}");
            let moderate = format!("x = {}", open.repeat(100));
            assert_eq!(kind(&moderate), None, "{open}");
        }
    }

    #[test]
    fn long_chains_are_dangerous() {
        let links = [
            "a+",
            "a +\n",
            "!",
            "! \n",
            "-",
            "a=>",
            "a\n=>\n",
            ".b()",
            "\n  .b()",
            ".b",
            "?.b",
            "[0]",
            "()",
            "!.b",
            "``",
            "a ? b : ",
            "a\n ? b\n : ",
            "a = ",
            "a && ",
            "a ?? ",
            "typeof ",
            "typeof\n",
            "await ",
            "new ",
            "void\n",
            "if(a)",
            "if (a)\n",
            "for(;;)",
            "while (a)\n",
            "a:",
            "a:\n",
            "do ",
            "do\n",
            "if(a)b;else ",
            "if (a) b, c;\nelse ",
            "if (a) {\n} else ",
            "if (a) { b; }\nelse ",
            "if (a)\n  b\nelse ",
            "A<",
            "A<B,",
            "A extends B<C, D> ? C : ",
            "a as ",
            "x\n  as y",
            "keyof ",
            "a in ",
            "a, b => ",
        ];
        for link in links {
            let expected = if link == "a, b => " { None } else { Some(DangerKind::Chain) };
            assert_eq!(kind(&chain("x = ", link, "a")), expected, "{link}");
        }
    }

    #[test]
    fn code_hidden_in_what_looks_like_text_is_bounded() {
        let deep = "(".repeat(100_000);
        for text in [format!("x = /`/ + {deep}"), format!("x = /[/*]/ + {deep}"), format!("<a>`{deep}")] {
            assert_eq!(kind(&text), Some(DangerKind::Nesting), "{}", &text[..20]);
        }
    }

    #[test]
    fn long_files_of_small_statements_are_not_dangerous() {
        let statements = [
            "a = b + c;\n",
            "a = b + c\n",
            "const a = b ? c : d\n",
            "f(a)\n",
            "if (a) { b() }\n",
            "if (a) b(); else c();\n",
            "if (a) {\n} else if (b) {\n}\n",
            "import a from 'b'\n",
            "'a'\n",
            "class A<T> extends B<T> {\n  c: D<E>\n}\n",
            "@A()\nclass B {}\n",
            "f({ a: 1, b: [2, 3] })\n",
            "// it's a [comment\n",
            "/* { */\n",
            "x = `a ${b + 1} (`\n",
            "x = /[/(]+(a|b)/g\n",
            "type A = B | C\n",
            "f(<p>don't {a} <b/></p>)\n",
            "for (const a of b) {\n  c += a\n}\n",
            "enum A { B = 'b', C = 'c' }\n",
            "interface A {\n  b(): Promise<C>\n  d?: E\n}\n",
            "a++\n",
            "let a: B = c!\n",
        ];
        for statement in statements {
            assert_eq!(danger(&statement.repeat(10_000)), None, "{statement}");
        }
    }

    #[test]
    fn long_lists_are_flat() {
        for item in
            ["1, ", "{ a: b + 1, c: [d] },\n", "'it''s',", "`a`,", "f(a).b(c),\n", "a => b,\n", "a < b,"]
        {
            assert_eq!(danger(&format!("x = [{}]", item.repeat(20_000))), None, "{item}");
        }
        let page = format!(
            "x = (<div>{}</div>);",
            "<p class=\"a b\" id={c}>It is &amp; they're <b>d</b><br /></p>\n".repeat(9_000)
        );
        assert_eq!(danger(&page), None);
    }

    #[test]
    fn the_line_of_the_limit_is_named() {
        let found = danger(&format!("a\n\nb = {}", "[".repeat(501))).unwrap();
        assert_eq!(found.to_string(), "nested over 500 levels deep at line 3");
        let found = danger(&format!("b = {}", "c +\n".repeat(2_001))).unwrap();
        assert_eq!(found.to_string(), "over 2000 operators in one statement at line 2000");
    }

    proptest! {
        #[test]
        fn any_text_is_scanned_without_a_crash(text in "[\\(\\)\\[\\]{}<>/a;,`$'\"\\*\n \\\\+=é]{0,200}") {
            prop_assert_eq!(danger(&text), None);
        }

        #[test]
        fn brackets_after_any_line_are_found(line in "[a-z'\"/<>=+;, ]{0,20}") {
            let text = format!("{line}\n{}", "(".repeat(1_100));
            prop_assert!(danger(&text).is_some());
        }
    }
}
