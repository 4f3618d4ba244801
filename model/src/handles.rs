//! Handles as users declare them: an object of the program or of a library, and what its methods do.

use crate::Operation;
use crate::config::{keyed, words};

keyed! {
    /// Where a handle comes from, and its calls.
    pub struct HandleDeclaration {
        /// The npm package that the handle comes from, as it is imported: `pg-promise`, `mysql2/promise`. With `*` for any
        /// text: `@acme/*`. A package of this repository may be named so too. Exactly one of `package` and `file` is given.
        package: Option<String>,
        /// The module of this repository that the handle comes from: its path, with or without extension, from the folder
        /// of `tuneup.toml` (with `--config`, from the root of the workspace). A folder means its index file.
        file: Option<String>,
        /// Name of the export; `default` is the default export. Absent, the module itself: its default export, its namespace
        /// and what `require` gives are all the handle.
        export: Option<String>,
        /// The way from the export to the object with the methods: names joined by dots, and `()` for the result of a call or
        /// of `new`. `()` is what the export returns, `().db` its property `db`, `connect().db()` the result of a method.
        /// Absent, the export has the methods itself. Waiting for a promise is no step.
        path: Option<String>,
        /// Name of an exported type, interface or class: a value annotated with it is the handle, as an argument, a field or
        /// a variable. With `*` for any text: `I*Service`. What is called on it and not declared here is followed as ever.
        r#type: Option<String>,
        /// Names under which a container of services gives the handle: `resolve("query")`. Also a member of what the package
        /// exports, with `*` for any text: `Keys.QUERY` for `resolve(Keys.QUERY)`.
        registered_as: Option<Vec<String>>,
        /// The table of all calls that do not say another one.
        table: Option<String>,
        /// With `type`: position of the type argument that names the entity class of the table, as in `Service<Product>`.
        /// The first is 0.
        table_type_argument: Option<u32>,
        /// Names of the fields and variables that hold the handle, where they tell the table: `{model}Service` with
        /// `{model}` for the name of a model with a small first letter.
        table_field: Option<Vec<String>>,
        /// What the methods do. A method without an entry stays unknown and makes no finding.
        calls: Vec<HandleCall>,
    }
}

keyed! {
    /// What some methods of a handle do.
    pub struct HandleCall {
        /// Names of methods, or paths to them from the object: `sortedSets.add`. `()` is the call of the handle itself. No
        /// method stands in two entries of a handle. `{model}` and `{models}` in a name stand for the name of a model of the
        /// program and its plural, whose table the call is about: `list{models}` is `listProducts`.
        methods: Vec<String>,
        /// What a call does, one of the words below.
        does: Does,
        /// The table or other store that the call reads or writes.
        table: Option<String>,
        /// Position of the argument that names the table: by its text, by that of its elements where it is a list, or by the
        /// entity class it is. The first is 0.
        table_argument: Option<u32>,
        /// With `table-argument`: the table is the text up to this separator. With `":"`, `"user:" + uid` is of the table
        /// `user`.
        table_until: Option<String>,
        /// With `table-argument`: the argument is an object, and the first of these properties that it has names the table: by
        /// its name or by that of a model, also in plural and with underscores. The object may be made by a function that is
        /// given it.
        table_property: Option<Vec<String>>,
        /// Position of the argument that says which rows are meant, in a form of its own. Without one, or with an empty
        /// object there, all rows are.
        filter_argument: Option<u32>,
        /// Position of the argument that selects the row, or the list of rows.
        key_argument: Option<u32>,
        /// With `key-argument`: the column that it selects by. Absent, the table's primary key.
        key_column: Option<String>,
        /// Position of the argument that bounds how many rows are touched. A list there bounds by its length, a negative
        /// number bounds nothing.
        limit_argument: Option<u32>,
        /// With `limit-argument`: the argument is an object, and this property of it is the bound.
        limit_property: Option<String>,
        /// With `does = "query"`: position of the argument with the SQL text.
        sql_argument: Option<u32>,
        /// The method that does the same for many keys in one round trip; the method itself where it takes a list too. A
        /// finding about the call in a loop names it.
        batched_by: Option<String>,
    }
}

words! {
    /// What a call does.
    pub enum Does {
        /// Reads at most one row.
        ReadOne = "read-one",
        /// Reads rows; all of them where nothing bounds it.
        ReadMany = "read-many",
        /// Reads rows and counts all that match; gives both as a pair.
        ReadAndCount = "read-and-count",
        /// Counts rows, or asks whether there are any.
        Count = "count",
        /// Computes one value from many rows.
        Aggregate = "aggregate",
        /// Adds one row.
        Insert = "insert",
        /// Adds a list of rows.
        InsertMany = "insert-many",
        /// Hands rows to a unit of work, which adds them with others when it is flushed.
        Persist = "persist",
        /// Changes one row.
        Update = "update",
        /// Changes rows.
        UpdateMany = "update-many",
        /// Changes one row, or adds it.
        Upsert = "upsert",
        /// Removes one row.
        Delete = "delete",
        /// Removes rows.
        DeleteMany = "delete-many",
        /// Runs the SQL text in `sql-argument`, which says the rest.
        Query = "query",
        /// Runs the function it is given inside a transaction; what that function receives has the methods of the handle.
        Transaction = "transaction",
        /// Runs the function it is given with a connection held, outside a transaction; what that function receives has the
        /// methods of the handle.
        Connection = "connection",
        /// Waits for another service.
        Network = "network",
        /// Puts work into a queue.
        Queue = "queue",
        /// Reads from a cache outside the process.
        CacheRead = "cache-read",
        /// Writes to a cache outside the process.
        CacheWrite = "cache-write",
        /// Waits for a lock that others may hold.
        Lock = "lock",
        /// Nothing that costs: it only builds or remembers something in the process.
        None = "none",
    }
}

impl HandleDeclaration {
    /// The way from the module to the object with the methods, export and path as one: `createPool().getConnection()`.
    /// Empty where the module itself has them.
    pub fn way(&self) -> String {
        let (export, path) = (self.export.as_deref().unwrap_or(""), self.path.as_deref().unwrap_or(""));
        let dot = if export.is_empty() || path.is_empty() || path.starts_with('(') { "" } else { "." };
        format!("{export}{dot}{path}")
    }
}

impl Does {
    /// The operation on rows that a call of this sort is; absent where it is none, or SQL says which.
    pub fn operation(self) -> Option<Operation> {
        Some(match self {
            Self::ReadOne => Operation::ReadOne,
            Self::ReadMany | Self::ReadAndCount => Operation::ReadMany,
            Self::Count => Operation::Count,
            Self::Aggregate => Operation::Aggregate,
            Self::Insert => Operation::Insert,
            Self::InsertMany | Self::Persist => Operation::InsertMany,
            Self::Update => Operation::Update,
            Self::UpdateMany => Operation::UpdateMany,
            Self::Upsert => Operation::Upsert,
            Self::Delete => Operation::Delete,
            Self::DeleteMany => Operation::DeleteMany,
            Self::Query
            | Self::Transaction
            | Self::Connection
            | Self::Network
            | Self::Queue
            | Self::CacheRead
            | Self::CacheWrite
            | Self::Lock
            | Self::None => return None,
        })
    }
}
