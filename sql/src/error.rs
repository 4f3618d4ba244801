//! Why SQL text could not be read.

/// Why [`crate::shapes`] gave no shapes; [`crate::sketch`] may still find verb and table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// Brackets, operators or set operations nest too deep to parse safely.
    #[error("statement nests too deep to be analysed")]
    TooDeep,
    /// Not in the grammar, also not with interpolations taken as fragments.
    #[error("cannot parse statement: {0}")]
    Syntax(String),
}
