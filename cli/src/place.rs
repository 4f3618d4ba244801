//! A place as it is typed or copied from a report: `FILE:LINE` or `FILE:LINE:COLUMN`.

use std::path::Path;
use std::str::FromStr;

/// A line of a file. The file may be relative to the current folder or, as reports print it, to the folder scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    file: String,
    pub(crate) line: u32,
}

#[derive(Debug, thiserror::Error)]
#[error("expected FILE:LINE, for example src/app.ts:12")]
pub(crate) struct PlaceError;

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let (before, last) = text.rsplit_once(':').ok_or(PlaceError)?;
        let last: u32 = last.parse().map_err(|_| PlaceError)?;
        let (file, line) = match before.rsplit_once(':') {
            Some((file, line)) if !file.is_empty() => match line.parse() {
                Ok(line) => (file, line),
                Err(_) => (before, last),
            },
            _ => (before, last),
        };
        if file.is_empty() || line == 0 {
            return Err(PlaceError);
        }
        Ok(Self { file: file.to_owned(), line })
    }
}

impl Place {
    /// The file's path relative to `folder`, as reports print it, with `/` between parts.
    pub(crate) fn file_below(&self, folder: &Path) -> String {
        let typed = Path::new(&self.file);
        let full = typed.canonicalize().ok();
        let below = full.as_deref().and_then(|full| full.strip_prefix(folder).ok()).unwrap_or(typed);
        let parts: Vec<_> =
            below.iter().map(|part| part.to_string_lossy()).filter(|part| part != ".").collect();
        parts.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn reads_what_reports_print() {
        let place = |text: &str| text.parse::<Place>().map(|place| (place.file, place.line)).ok();
        assert_eq!(place("src/a.ts:12"), Some(("src/a.ts".into(), 12)));
        assert_eq!(place("src/a.ts:12:5"), Some(("src/a.ts".into(), 12)));
        assert_eq!(place("C:\\a.ts:12"), Some(("C:\\a.ts".into(), 12)));
        for wrong in ["", "src/a.ts", ":3", "src/a.ts:0", "src/a.ts:x"] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }
}
