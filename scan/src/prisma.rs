//! Prisma: what its schema declares, and what calls of its client ask of the database.

pub(crate) mod query;
pub(crate) mod schema;
