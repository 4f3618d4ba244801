//! SQL text to statements and shapes, migrations to a Catalog, and back to SQL. Pure: text in, data out.
//!
//! sqlparser reads the grammar; around it stand our own tolerant lexer, a guard against deep nesting, and the
//! reading of interpolations, so that hostile or incomplete text is an error or a sketch, never a crash.

mod ddl;
mod error;
mod fingerprint;
mod index;
mod lexer;
mod names;
mod narrow;
mod parse;
mod shape;
mod sketch;
mod split;
mod template;

pub use ddl::{Hazard, Hold, Migrations, apply_ddl, holds};
pub use error::SqlError;
pub use fingerprint::fingerprint;
pub use index::{IndexBuild, IndexOptions, create_index};
pub use narrow::narrow;
pub use shape::{Unserved, shapes, unserved};
pub use sketch::sketch;
pub use template::{INTERPOLATION, from_template};
