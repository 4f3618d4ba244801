//! Database libraries whose handles the program follows: what makes a handle, what its methods do, which tables the
//! program declares for it.
//!
//! One file per library, one entry in [`ORMS`]. A library says what its own exports and methods mean; following values
//! (classes, injection, wrappers, callbacks) is the program's work and the same for all. Prisma stands apart: its
//! schema is a language of its own, see `prisma`.

mod builder;
pub(crate) mod column_types;
mod declared;
mod drizzle;
pub(crate) mod filter;
mod kysely;
pub(crate) mod tables;
mod typeorm;

use tuneup_model::{QueryApi, QueryShape};

use crate::facts::{CallId, TypeId};
use crate::program::{Api, Program, Value};
use crate::report::Texts;

pub(crate) use builder::{Built, Step, Steps, argument, chain_of, method_name, root_of, text_at};
pub(crate) use declared::{Declared, Entities, Named};

/// A call of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CallAt {
    pub file: u32,
    pub call: CallId,
}

/// A model of one of the program's schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ModelRef {
    pub schema: u32,
    pub model: u32,
}

/// Something through which a program speaks to its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Handle {
    pub api: QueryApi,
    pub kind: HandleKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum HandleKind {
    /// A connection, pool, manager or transaction.
    Connection,
    /// What holds the models: `sequelize.models`, `db.query`.
    Models,
    /// A repository, model class or delegate of one model.
    Model(ModelRef),
    /// The same where the model is not known: a repository of a type parameter.
    AnyModel,
    /// A query under construction, by the call that begins it, and its model where that is known.
    Builder(CallAt, Option<ModelRef>),
    /// A row as an object with methods of its own.
    Row(ModelRef),
}

/// What calling a method of a handle does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// Nothing of interest.
    Nothing,
    /// Gives a handle.
    Handle(HandleKind),
    /// Asks the database, and gives what the answer holds.
    Query(Answer),
    /// Runs its argument number `callback` in a transaction, with a connection as first argument.
    Transaction { callback: u32 },
    /// Runs its argument number `callback` with a connection as first argument, and no transaction.
    Session { callback: u32 },
}

/// What a query gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Row,
    Rows,
    /// A pair of rows and their number.
    RowsAndCount,
    Number,
    Nothing,
}

/// A database library.
pub(crate) trait Orm: std::fmt::Debug + Sync {
    fn api(&self) -> QueryApi;

    /// True for packages whose exports it explains.
    fn owns(&self, package: &str) -> bool;

    /// The tables that the program declares for it; `texts` gives places as lines and columns.
    fn declared(&self, program: &Program, texts: &mut Texts<'_>) -> Option<Declared>;

    /// The same for each database apart, where the program may speak to several through the library.
    fn databases(&self, program: &Program, texts: &mut Texts<'_>) -> Vec<Declared> {
        self.declared(program, texts).into_iter().collect()
    }

    /// The handle that calling or constructing `api` gives.
    fn made(&self, program: &Program, api: &Api, at: CallAt) -> Option<HandleKind>;

    /// The handle that a value of the type `api` is; `args` are the type's arguments, in `file`.
    fn typed(&self, program: &Program, api: &Api, file: u32, args: &[TypeId]) -> Option<HandleKind>;

    /// What stands behind `handle.name` where it is not a method.
    fn member(&self, program: &Program, handle: HandleKind, name: &str) -> Option<Value>;

    /// What calling `handle.method(…)` does; the method is empty where the handle itself is called.
    fn outcome(&self, program: &Program, handle: HandleKind, method: &str, at: CallAt) -> Outcome;

    /// What the call of a handle that is no builder asks of the database.
    fn shape(&self, program: &Program, handle: HandleKind, method: &str, at: CallAt) -> QueryShape;

    /// What a built query asks of the database; the call that begins it is the first step, the one that runs it the
    /// last.
    fn built(&self, program: &Program, model: Option<ModelRef>, steps: &Steps<'_>) -> QueryShape;

    /// True for methods that classes and rows of the library's models have from it.
    fn has_method(&self, handle: HandleKind, name: &str) -> bool;

    /// True where awaiting a builder runs it, without a call of its own.
    fn is_awaitable(&self) -> bool {
        false
    }

    /// True for methods after which a builder waits for a call of its own: `prepare`.
    fn is_held_by(&self, _method: &str) -> bool {
        false
    }

    /// The handle that a method passes as argument `index` to a function that it is given as argument `position`.
    fn gives(&self, _handle: HandleKind, _method: &str, _position: u32, _index: u32) -> Option<HandleKind> {
        None
    }
}

/// All libraries.
pub(crate) static ORMS: &[&dyn Orm] = &[&drizzle::Drizzle, &kysely::Kysely, &typeorm::Typeorm];

/// The library that speaks for a package.
pub(crate) fn of_package(package: &str) -> Option<&'static dyn Orm> {
    ORMS.iter().copied().find(|orm| orm.owns(package))
}

/// The library behind a handle.
pub(crate) fn of_handle(handle: Handle) -> &'static dyn Orm {
    ORMS.iter()
        .copied()
        .find(|orm| orm.api() == handle.api)
        .expect("every handle is made by a library of the list")
}
