//! `MemoryTree`: a tree of texts in memory, for tests, rule examples and editors.

use std::collections::BTreeMap;

use super::{Listing, ReadError, SourceTree};

/// Texts by path. The same limits apply to them as to files.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    files: BTreeMap<String, String>,
}

impl MemoryTree {
    /// A leading `/` or `./` of a path is dropped; of two texts with one path the last stays.
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let relative = |path: String| path.trim_start_matches("./").trim_start_matches('/').to_owned();
        Self { files: files.into_iter().map(|(path, text)| (relative(path), text)).collect() }
    }
}

impl SourceTree for MemoryTree {
    fn list(&self) -> Listing {
        Listing { files: self.files.keys().cloned().collect(), warnings: Vec::new() }
    }

    fn read(&self, path: &str) -> Result<String, ReadError> {
        let text = self.files.get(path).ok_or(ReadError::Missing)?;
        super::text_of(text.clone().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::{MemoryTree, ReadError, SourceTree};

    #[test]
    fn lists_sorted_and_reads() {
        let tree = MemoryTree::new([("/b.ts".into(), "b".into()), ("./a.ts".into(), "a".into())]);
        assert_eq!(tree.list().files, ["a.ts", "b.ts"]);
        assert_eq!(tree.read("b.ts"), Ok("b".into()));
        assert_eq!(tree.read("c.ts"), Err(ReadError::Missing));
    }
}
