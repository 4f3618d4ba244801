//! The Prisma schema: what the database holds (a Catalog) and what the client calls it (models and their fields).
//!
//! All files of a schema folder are one schema. Reading never fails: what is not understood becomes a warning and
//! the rest stands. `syntax` reads each file by itself, `lower` looks names up across files, `relations` pairs the
//! two sides of each relation. Views and `@@ignore` models have a [`Model`]; views have no table in the Catalog,
//! because they cannot be indexed.

mod lower;
mod relations;
mod syntax;
mod token;
mod types;

use crate::schema::Schema;

/// One file of a schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SchemaFile<'t> {
    /// Stands in every [`Location`] and [`Warning`].
    pub(crate) path: &'t str,
    pub(crate) text: &'t str,
}

/// Reads a schema from all its files.
pub(crate) fn parse(files: &[SchemaFile<'_>]) -> Schema {
    lower::lower(files)
}

#[cfg(test)]
mod tests;
