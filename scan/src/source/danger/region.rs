//! The parts of a file that are not code: strings, templates, comments, regular expressions.

use super::class::{CLASS, Class, awaits_operand};
use super::{DangerKind, Last, MAX_CHAIN, MAX_NESTING, Scan, Step};

impl Scan<'_> {
    pub(super) fn quote(&mut self, quote: u8) -> Step {
        // `don't` in the text of a JSX element.
        let beside = |at: usize| self.bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
        if quote == b'\'' && self.at > 0 && beside(self.at - 1) && beside(self.at + 1) {
            self.at += 1;
            return Ok(());
        }
        if self.newline && matches!(self.last, Last::Word | Last::Value) {
            self.statement(b"");
        } else {
            self.operand()?;
        }
        self.at += 1;
        self.skip(|byte| byte == quote || byte == b'\n')?;
        // An unterminated one ends with its line, and that line break counts.
        let last = usize::from(self.bytes.get(self.at) == Some(&quote));
        self.after(last, Last::Value);
        Ok(())
    }

    /// Skips the text of a template; at `${` it goes on as code.
    pub(super) fn template(&mut self) -> Step {
        loop {
            self.skip(|byte| byte == b'`' || byte == b'$')?;
            match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
                (Some(b'$'), Some(b'{')) => {
                    self.push(b'$', false)?;
                    self.after(2, Last::Operator);
                    return Ok(());
                }
                (Some(b'$'), _) => self.at += 1,
                _ => {
                    self.after(1, Last::Value);
                    return Ok(());
                }
            }
        }
    }

    pub(super) fn slash(&mut self) -> Step {
        match self.bytes.get(self.at + 1) {
            Some(b'/') => self.skip(|byte| byte == b'\n'),
            Some(b'*') => self.comment(),
            Some(b'>') if self.level.elements > 0 => {
                self.element_closed();
                self.after(2, Last::Value);
                Ok(())
            }
            _ if self.regex_may_begin() => self.regex(),
            _ => {
                self.link()?;
                self.after(1, Last::Operator);
                Ok(())
            }
        }
    }

    fn comment(&mut self) -> Step {
        self.at += 2;
        loop {
            self.skip(|byte| byte == b'*')?;
            match self.bytes.get(self.at + 1) {
                Some(b'/') => {
                    self.at += 2;
                    return Ok(());
                }
                Some(_) => self.at += 1,
                None => {
                    self.at = self.bytes.len();
                    return Ok(());
                }
            }
        }
    }

    fn regex_may_begin(&self) -> bool {
        match self.last {
            Last::Operator | Last::End => true,
            Last::Value => false,
            Last::Word => awaits_operand(self.last_word()),
        }
    }

    fn regex(&mut self) -> Step {
        self.at += 1;
        loop {
            self.skip(|byte| matches!(byte, b'/' | b'[' | b'\n'))?;
            if self.bytes.get(self.at) != Some(&b'[') {
                self.after(1, Last::Value);
                return Ok(());
            }
            self.skip(|byte| matches!(byte, b']' | b'\n'))?;
        }
    }

    /// Goes to the first byte that `ends` the region, past escapes, and bounds the brackets in it.
    fn skip(&mut self, ends: impl Fn(u8) -> bool) -> Step {
        let mut depth = 0_usize;
        let mut operators = 0_usize;
        while let Some(&byte) = self.bytes.get(self.at) {
            if ends(byte) {
                return Ok(());
            }
            match CLASS[byte as usize] {
                Class::Open => depth += 1,
                Class::Close => depth = depth.saturating_sub(1),
                Class::Operator => operators += 1,
                Class::Newline => operators = 0,
                Class::Word if byte == b'\\' => self.at += 1,
                _ => {}
            }
            if depth > MAX_NESTING {
                return Err(DangerKind::Nesting);
            }
            if operators > MAX_CHAIN {
                return Err(DangerKind::Chain);
            }
            self.at += 1;
        }
        Ok(())
    }
}
