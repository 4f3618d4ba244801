//! Values without types: what an expression can stand for, as far as queries, calls and effects need it.

use std::sync::Arc;

use crate::facts::{ClassId, FnId, InterfaceId, TypeId};
use crate::orm::{CallAt, Handle};
use crate::place::Place;

/// A function of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FnRef {
    pub file: u32,
    pub id: FnId,
}

/// A class of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ClassRef {
    pub file: u32,
    pub id: ClassId,
}

/// Something of a library or of the language, by the path that leads to it: `axios`, `create().get`.
/// `()` stands for the result of a call or `new`. Package `global` holds what needs no import.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Api {
    pub package: String,
    pub path: String,
}

/// For how long a wrapper keeps results, by its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Memo {
    /// Within one request: equal arguments share a result, different ones do not.
    Request,
    /// Across requests.
    Shared,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Unknown,
    /// `null`, `undefined`.
    Nothing,
    Text,
    Number,
    Bool,
    /// An object literal.
    Object(Place),
    /// An array literal.
    Items(Place),
    /// Some iterable of values.
    List(Arc<Value>),
    Function(FnRef),
    /// A function behind a memoizing wrapper.
    Memoized(FnRef, Memo),
    Class(ClassRef),
    Instance(ClassRef),
    /// An object typed by an interface or type literal that no class of the program implements.
    Shape {
        file: u32,
        id: InterfaceId,
    },
    /// A function of which only the type is known.
    Callable {
        file: u32,
        ty: TypeId,
    },
    /// All exports of a file.
    Module(u32),
    Api(Arc<Api>),
    /// A Prisma client of the schema.
    Client(u32),
    /// `client.$transaction` and its like.
    ClientMethod {
        schema: u32,
        name: Arc<str>,
    },
    /// `client.post`.
    Model {
        schema: u32,
        model: u32,
    },
    /// `client.post.findMany`.
    ModelMethod {
        schema: u32,
        model: u32,
        name: Arc<str>,
    },
    /// A handle of another database library.
    Handle(Handle),
    /// `repository.find`.
    HandleMethod(Handle, Arc<str>),
    /// The SQL text of a query under construction, by the call that writes it.
    SqlOf(Handle, CallAt),
    /// What the query of a call returns.
    Rows {
        file: u32,
        call: u32,
        many: bool,
    },
    /// One of these; never nested, at most [`MAX_CHOICES`].
    Either(Arc<[Value]>),
}

/// More alternatives than this are Unknown.
pub(crate) const MAX_CHOICES: usize = 12;

impl Value {
    pub(crate) fn api(package: &str, path: &str) -> Self {
        Self::Api(Arc::new(Api { package: package.to_owned(), path: path.to_owned() }))
    }

    pub(crate) fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown | Self::Nothing)
    }

    /// True for what is an array for sure.
    pub(crate) fn is_array(&self) -> bool {
        matches!(self, Self::List(_) | Self::Items(_) | Self::Rows { many: true, .. })
    }

    /// The alternatives: one for a plain value.
    pub(crate) fn choices(&self) -> &[Value] {
        match self {
            Self::Either(choices) => choices,
            single => std::slice::from_ref(single),
        }
    }

    /// One value that stands for all; nothing and unknown parts add nothing to what is known.
    pub(crate) fn join(values: impl IntoIterator<Item = Value>) -> Self {
        let mut known: Vec<Value> = Vec::new();
        let mut nothing = false;
        for value in values {
            for choice in value.choices() {
                match choice {
                    Self::Unknown => {}
                    Self::Nothing => nothing = true,
                    choice if known.contains(choice) => {}
                    choice => known.push(choice.clone()),
                }
            }
        }
        match known.len() {
            0 if nothing => Self::Nothing,
            0 => Self::Unknown,
            1 => known.remove(0),
            n if n > MAX_CHOICES => Self::Unknown,
            _ => Self::Either(known.into()),
        }
    }

    /// Applies `f` to each alternative and joins.
    pub(crate) fn map(&self, mut f: impl FnMut(&Value) -> Value) -> Self {
        match self {
            Self::Either(choices) => Self::join(choices.iter().map(f)),
            single => f(single),
        }
    }
}

impl Api {
    /// The last name of the path.
    pub(crate) fn last(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or(&self.path)
    }

    /// The path without the `default` of modules read through an interop layer.
    pub(crate) fn plain_path(&self) -> &str {
        let path = self.path.strip_prefix("default").unwrap_or(&self.path);
        match path.chars().next() {
            None | Some('(') => path,
            Some('.') => &path[1..],
            Some(_) => &self.path,
        }
    }

    pub(crate) fn then(&self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { package: self.package.clone(), path }
    }

    pub(crate) fn called(&self) -> Self {
        // A chain of builder calls says no more after a while; keep paths short.
        if self.path.len() > 200 {
            return self.clone();
        }
        Self { package: self.package.clone(), path: format!("{}()", self.path) }
    }
}
