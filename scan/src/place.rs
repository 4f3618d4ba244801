//! A place in the program: an expression of one of its files.

use crate::facts::ExprId;

/// An expression of a file. Files are numbered by the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) file: u32,
    pub(crate) expr: ExprId,
}
