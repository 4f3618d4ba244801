//! Database libraries whose handles the program follows: what makes a handle, what its methods do, which tables the
//! program declares for it.
//!
//! One file per library, one entry in [`ORMS`]. A library says what its own exports and methods mean; following values
//! (classes, injection, wrappers, callbacks) is the program's work and the same for all. Prisma stands apart: its
//! schema is a language of its own, see `prisma`.

mod builder;
pub(crate) mod column_types;
mod declared;
mod drivers;
mod drizzle;
pub(crate) mod filter;
mod knex;
mod kysely;
mod migration_text;
mod mikro_orm;
pub(crate) mod naming;
mod sequelize;
pub(crate) mod tables;
mod text_conditions;
mod typeorm;

use tuneup_model::{QueryApi, QueryShape};

use crate::facts::{CallId, TypeId};
use crate::program::{Api, Program, Value};
use crate::report::Texts;

pub(crate) use builder::{Built, Step, Steps, argument, chain_of, method_name, root_of, text_at};
pub(crate) use declared::{Declared, Entities, Named};
pub(crate) use drivers::Driver;

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
    /// A connection, pool or transaction of a driver.
    Driver(Driver),
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
    /// An object of rows and their number, by the call that gives it.
    Page(CallAt),
}

/// What calling a method of a handle does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// Nothing of interest.
    Nothing,
    /// Gives what has nothing to do with the database.
    Value(Value),
    /// Gives a handle.
    Handle(HandleKind),
    /// Asks the database, and gives what the answer holds.
    Query(Answer),
    /// Runs its argument number `callback` in a transaction, with a connection as first argument.
    Transaction { callback: u32 },
    /// Runs its argument number `callback` with a connection as first argument, and no transaction.
    Session { callback: u32 },
    /// Begins or ends a transaction on the connection itself.
    Mark(Mark),
}

/// One end of a transaction that the program begins and ends by calls of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Begin,
    End,
}

impl Mark {
    /// How the calls go among the methods of a client.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Begin => "BEGIN",
            Self::End => "COMMIT",
        }
    }
}

/// What a query gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Row,
    Rows,
    /// A pair of rows and their number.
    RowsAndCount,
    /// An object of rows and their number, see [`HandleKind::Page`].
    Page,
    /// A pair of a row and what became of it.
    RowAndFlag,
    Number,
    Nothing,
}

/// Stands for the rest of a method's name that the program computes.
pub(crate) const COMPUTED: &str = "…";

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

    /// The model of the rows that calling a method gives.
    fn rows_of(&self, program: &Program, handle: HandleKind, _: &str, at: CallAt) -> Option<ModelRef> {
        match handle {
            HandleKind::Connection => program.model_among(at.file, at.call),
            HandleKind::Model(model) | HandleKind::Builder(_, Some(model)) | HandleKind::Row(model) => {
                Some(model)
            }
            _ => None,
        }
    }

    /// True for methods that classes and rows of the library's models have from it.
    fn has_method(&self, program: &Program, handle: HandleKind, name: &str) -> bool;

    /// The handle that an export of the library is, without a call.
    fn exported(&self, _: &Api) -> Option<HandleKind> {
        None
    }

    /// What a transaction begun on `handle` gives its callback.
    fn in_transaction(&self, _: HandleKind) -> HandleKind {
        HandleKind::Connection
    }

    /// True for the step of a builder whose first argument names the table.
    fn names_table(&self, _: &str) -> bool {
        false
    }

    /// What awaiting the builder whose last call is `end` gives.
    fn awaited(&self, _: &Program, _: CallAt) -> Answer {
        Answer::Rows
    }

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
pub(crate) static ORMS: &[&dyn Orm] = &[
    &drivers::Drivers,
    &drizzle::Drizzle,
    &knex::Knex,
    &kysely::Kysely,
    &mikro_orm::MikroOrm,
    &sequelize::Sequelize,
    &typeorm::Typeorm,
];

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
