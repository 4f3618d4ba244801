//! `SourceTree`: where the text of a program comes from. The analysis asks for names and texts and sees nothing else.
//!
//! A tree is a folder on disk, an earlier revision of it, or a list of texts in memory. Paths are relative to the
//! root, with `/` between parts, so that results do not depend on the machine. What cannot be read is a
//! [`Warning`] or a [`ReadError`] naming the file, never the end of a run.

mod danger;
mod disk;
mod git;
mod memory;
mod root;

use tuneup_model::Warning;

pub use danger::{Danger, DangerKind, danger};
pub use disk::{DiskTree, OpenTreeError, is_never_read};
pub use git::{GitTree, OpenRevisionError};
pub use memory::MemoryTree;

/// A tree of named texts.
pub trait SourceTree: Sync {
    /// The names of all files, assets included: they answer whether an import leads anywhere.
    fn list(&self) -> Listing;

    /// The text of one file of the listing, without a byte order mark. Called from many threads at once.
    fn read(&self, path: &str) -> Result<String, ReadError>;
}

/// What a tree holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Paths relative to the root, sorted and unique.
    pub files: Vec<String>,
    /// Folders and names that could not be listed, sorted.
    pub warnings: Vec<Warning>,
}

/// Why a file has no text for us. The message continues "cannot read `path`: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("no such file")]
    Missing,
    #[error("{0}")]
    Io(String),
    #[error("not valid UTF-8 at byte {at}")]
    NotUtf8 { at: usize },
    #[error("too large ({} MB; files over {} MB are skipped)", bytes.div_ceil(1_000_000), MAX_BYTES / 1_000_000)]
    TooLarge { bytes: u64 },
    #[error("looks minified (lines of {average_line} bytes on average)")]
    Minified { average_line: usize },
}

/// Larger files are never written by hand.
const MAX_BYTES: u64 = 5_000_000;
/// Bundles: at least this large, with lines at least this long on average.
const MINIFIED_BYTES: usize = 100_000;
const MINIFIED_LINE: usize = 500;

/// The text of a file's bytes, or why it is not source.
fn text_of(bytes: Vec<u8>) -> Result<String, ReadError> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ReadError::TooLarge { bytes: bytes.len() as u64 });
    }
    let mut text = String::from_utf8(bytes)
        .map_err(|error| ReadError::NotUtf8 { at: error.utf8_error().valid_up_to() })?;
    if text.len() > MINIFIED_BYTES {
        let lines = 1 + text.bytes().filter(|byte| *byte == b'\n').count();
        let average_line = text.len() / lines;
        if average_line > MINIFIED_LINE {
            return Err(ReadError::Minified { average_line });
        }
    }
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{ReadError, text_of};

    #[test]
    fn a_byte_order_mark_is_not_text() {
        assert_eq!(text_of(b"\xef\xbb\xbfa".to_vec()), Ok("a".to_owned()));
    }

    #[test]
    fn text_that_no_one_wrote_is_refused() {
        assert_eq!(text_of(b"ab\xff".to_vec()), Err(ReadError::NotUtf8 { at: 2 }));
        assert_eq!(text_of(vec![b'a'; 5_000_001]), Err(ReadError::TooLarge { bytes: 5_000_001 }));
        assert_eq!(text_of(vec![b'a'; 100_001]), Err(ReadError::Minified { average_line: 100_001 }));
        assert!(text_of("short line\n".repeat(20_000).into_bytes()).is_ok());
    }

    #[test]
    fn messages_continue_a_sentence() {
        let message = ReadError::TooLarge { bytes: 20_000_000 }.to_string();
        assert_eq!(message, "too large (20 MB; files over 5 MB are skipped)");
    }
}
