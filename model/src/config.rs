//! The settings of `tuneup.toml` as data: a key is one field, and the field's comment is its documentation.

mod keys;

pub use keys::{Form, Key, Keyed, Word};
pub(crate) use keys::{keyed, words};

use crate::HandleDeclaration;

keyed! {
    /// Everything a `tuneup.toml` can say.
    #[derive(Default)]
    pub struct Config {
        /// Objects of this program or of a library whose methods read or write a store: what each method does. Without a
        /// declaration, only the libraries that tuneup knows are followed to their queries.
        #[serde(default)]
        handles: Vec<HandleDeclaration>,
    }
}
