//! "Did you mean": the known word that is nearest to a mistyped one.

/// Words less alike than this are not worth a suggestion.
const ALIKE: f64 = 0.8;

pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn suggests_what_is_near_only() {
        let known = ["unbounded-find", "write-in-loop"];
        assert_eq!(nearest("unbound-find", known), Some("unbounded-find"));
        assert_eq!(nearest("writes-in-loops", known), Some("write-in-loop"));
        assert_eq!(nearest("zebra", known), None);
    }
}
