//! docs/accuracy.md: text by people, with blocks between `<!-- measured: NAME -->` and `<!-- end -->` that are written here.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::workspace;

#[derive(Debug)]
pub(super) struct Page {
    path: PathBuf,
    text: String,
}

impl Page {
    pub(super) fn open(path: PathBuf) -> Result<Self, Failure> {
        let text = workspace::read(&path)?;
        Ok(Self { path, text })
    }

    /// Replaces a block, and prints it.
    pub(super) fn write(&mut self, name: &str, block: &str) -> Result<(), Failure> {
        println!("\n{block}");
        let Some(text) = replaced(&self.text, name, block) else {
            return Err(Failure::Usage(format!("{} has no block `{name}`", self.path.display())));
        };
        self.text = text;
        Ok(())
    }

    pub(super) fn save(&self) -> Result<(), Failure> {
        workspace::write(&self.path, &self.text)
    }
}

fn replaced(text: &str, name: &str, block: &str) -> Option<String> {
    let begin = format!("<!-- measured: {name} -->\n");
    let start = text.find(&begin)? + begin.len();
    let end = start + text[start..].find("<!-- end -->")?;
    Some(format!("{}\n{}\n\n{}", &text[..start], block.trim(), &text[end..]))
}

/// A Markdown table.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|it| (*it).to_owned()).collect();
    let rule: Vec<String> = (0..head.len()).map(|n| if n == 0 { "---" } else { "---:" }.to_owned()).collect();
    let mut text = line(&head) + &line(&rule).replace(' ', "");
    for row in rows {
        text += &line(row);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{replaced, table};

    #[test]
    fn a_block_is_replaced_and_the_rest_stays() {
        let page = "before\n<!-- measured: a -->\nold\n<!-- end -->\nafter\n";
        let new = replaced(page, "a", "new").unwrap();
        assert_eq!(new, "before\n<!-- measured: a -->\n\nnew\n\n<!-- end -->\nafter\n");
        assert_eq!(replaced(&new, "a", "new").unwrap(), new);
        assert_eq!(replaced(page, "b", "new"), None);
    }

    #[test]
    fn numbers_stand_to_the_right() {
        assert_eq!(table(&["a", "n"], &[vec!["x".into(), "1".into()]]), "| a | n |\n|---|---:|\n| x | 1 |\n");
    }
}
