//! What tuneup's tests share: annotated fixtures, a hermetic command runner, generated documents held by tests.
//!
//! Everything here panics with a message for the person who wrote the test: a failure in a test's own machinery
//! is a failed test.

pub mod fixture;
pub mod generated;
pub mod hermetic;
mod redact;
mod running;

pub use fixture::{Annotation, Fixture};
pub use hermetic::{Outcome, Run, Sandbox};
pub use running::Running;
