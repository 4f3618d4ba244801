//! What the program takes of a value: which properties of a row it reads, what it asks of a list of them, and whether
//! the whole may be needed.
//!
//! A value is followed forward: through variables, destructuring, methods of lists, parameters of known functions and
//! back to known callers. Wherever it could be read in a way that is not seen (returned by a handler, spread,
//! serialized, given to a library), it escapes, and nothing may be concluded from what was not read.

mod flow;
mod lists;
mod places;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};
use tuneup_model::Operation;

use self::places::{Places, User};
use super::Program;
use super::targets::Target;
use super::value::Value;
use crate::facts::{CallId, Expr, ExprId, FnId, ImportedName, SymbolId, SymbolKind};
use crate::place::Place;

/// What holds the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    Row,
    Rows,
    /// `new Map(rows.map((row) => [row.id, row]))`, `byId[row.id] = row`.
    Keyed,
    /// `[row.id, row]`.
    Pair,
    Pairs,
    /// Part `n` of the array that `Promise.all` gives.
    RowOf(u32),
    RowsOf(u32),
    NumberOf(u32),
    /// How many rows there are.
    Number,
}

/// Something asked of the list itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Ask {
    /// `rows.length`.
    Length,
    /// `rows.length > 0`, `if (rows.length)`.
    IsEmpty,
    /// Whether it is there at all.
    IsThere,
    /// `rows.filter(…)`, and what comes of it is followed.
    Filter(CallId),
    /// `rows.some(…)`, `rows.every(…)`.
    Test(CallId),
    /// `rows.find(…)`.
    Find(CallId),
    Reduce(CallId),
    Map(CallId),
    /// `rows.sort(…)`, `rows.slice(…)`: the rows go on.
    Pass(CallId),
    /// One row by its place.
    At,
    /// Each row in turn, by a loop or a callback.
    Each,
    /// Put together with others or looked up by key.
    Hold,
}

/// What is taken of a value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Taken {
    /// Where the whole goes out of sight.
    pub escapes: Option<Place>,
    /// Properties of rows that are read.
    pub fields: BTreeSet<String>,
    /// What is asked of lists of rows, and in which file.
    pub asks: BTreeSet<(u32, Ask)>,
    /// `const { a, b, ...rest } = row`: the rest goes out of sight, without these names.
    pub rests: Vec<BTreeSet<String>>,
}

/// Values that go further than this are left unknown.
const BUDGET: u32 = 600;

/// What was found out once.
#[derive(Debug, Default)]
pub(super) struct Memory {
    places: RefCell<FxHashMap<u32, Rc<Places>>>,
    loose_names: OnceCell<BTreeSet<String>>,
}

impl Taken {
    /// True where nothing at all is done with the value.
    pub(crate) fn is_nothing(&self) -> bool {
        self.escapes.is_none() && self.fields.is_empty() && self.asks.is_empty() && self.rests.is_empty()
    }

    /// True where the property is surely not read.
    pub(crate) fn leaves(&self, field: &str) -> bool {
        self.escapes.is_none()
            && !self.fields.contains(field)
            && self.rests.iter().all(|named| named.contains(field))
    }
}

impl Program {
    /// What is taken of what a call gives; nothing where it gives neither rows nor a number.
    pub(crate) fn taken_of_rows(&self, file: u32, call: CallId) -> Option<Taken> {
        let expr = self.facts(file).call(call).expr;
        let form = match self.eval(Place { file, expr }) {
            Value::Rows { many: true, .. } => Form::Rows,
            Value::Rows { many: false, .. } => Form::Row,
            Value::Number => Form::Number,
            _ => self.form_by_query(file, call)?,
        };
        Some(self.taken(Place { file, expr }, form))
    }

    /// What a query gives whose handle was not followed, by what it does.
    fn form_by_query(&self, file: u32, call: CallId) -> Option<Form> {
        let Target::Query(query) = self.target(file, call) else { return None };
        let query = &self.queries[*query as usize];
        match query.shape.operation {
            _ if !query.assumed => None,
            Operation::ReadMany => Some(Form::Rows),
            Operation::ReadOne => Some(Form::Row),
            Operation::Count => Some(Form::Number),
            _ => None,
        }
    }

    /// What is taken of the value of an expression.
    pub(crate) fn taken(&self, at: Place, form: Form) -> Taken {
        let mut walk = Walk {
            program: self,
            taken: Taken::default(),
            seen: FxHashSet::default(),
            pending: vec![(at, form)],
            budget: BUDGET,
        };
        while let Some((at, form)) = walk.pending.pop() {
            if walk.taken.escapes.is_some() {
                break;
            }
            if walk.budget == 0 {
                walk.escape(at);
                break;
            }
            walk.budget -= 1;
            walk.visit(at, form);
        }
        walk.taken
    }

    fn places(&self, file: u32) -> Rc<Places> {
        let mut known = self.taken.places.borrow_mut();
        known.entry(file).or_insert_with(|| Rc::new(Places::of(&self.files[file as usize]))).clone()
    }

    /// Names under which something is called that is not resolved, or named without a call: a function of that name
    /// may have callers that are not known.
    fn loose_names(&self) -> &BTreeSet<String> {
        self.taken.loose_names.get_or_init(|| {
            let mut found = BTreeSet::new();
            for file in 0..self.files.len() as u32 {
                self.note_loose(file, &mut found);
            }
            found
        })
    }

    fn note_loose(&self, file: u32, found: &mut BTreeSet<String>) {
        let facts = self.facts(file);
        let places = self.places(file);
        for (n, expr) in facts.exprs.iter().enumerate() {
            let own = ExprId(n as u32);
            let users = places.users(own);
            let is_resolved = |user: &User| match user {
                User::Callee(call) => {
                    !matches!(self.target(file, *call), Target::Unresolved | Target::Parameter)
                }
                _ => false,
            };
            match *expr {
                Expr::Member { property, .. } if !users.iter().any(is_resolved) => {
                    found.insert(facts.name(property).to_owned());
                }
                Expr::Symbol(symbol) => {
                    let it = facts.symbol(symbol);
                    let is_function = match it.kind {
                        SymbolKind::Function(_) | SymbolKind::Import(_) => true,
                        SymbolKind::Value => it
                            .definition
                            .is_some_and(|definition| matches!(facts.expr(definition), Expr::Function(_))),
                        _ => false,
                    };
                    if is_function && users.iter().any(|user| *user != User::Outside && !is_resolved(user)) {
                        found.extend(self.names_of(file, symbol));
                    }
                }
                _ => {}
            }
        }
    }

    /// The name of a variable, and that of what it imports.
    fn names_of(&self, file: u32, symbol: SymbolId) -> Vec<String> {
        let facts = self.facts(file);
        let it = facts.symbol(symbol);
        let imported = match it.kind {
            SymbolKind::Import(index) => match facts.imports[index as usize].name {
                ImportedName::Named(name) => Some(name),
                _ => None,
            },
            _ => None,
        };
        imported.into_iter().chain([it.name]).map(|name| facts.name(name).to_owned()).collect()
    }
}

struct Walk<'p> {
    program: &'p Program,
    taken: Taken,
    seen: FxHashSet<(Place, Form)>,
    pending: Vec<(Place, Form)>,
    budget: u32,
}

impl Walk<'_> {
    fn escape(&mut self, at: Place) {
        self.taken.escapes.get_or_insert(at);
    }

    /// The value goes out of sight; a number tells no more than itself.
    fn lose(&mut self, at: Place, form: Form) {
        match form {
            Form::Number | Form::NumberOf(_) => self.ask(at.file, Ask::Length),
            _ => self.escape(at),
        }
    }

    fn ask(&mut self, file: u32, ask: Ask) {
        self.taken.asks.insert((file, ask));
    }

    fn go(&mut self, at: Place, form: Form) {
        if self.seen.insert((at, form)) {
            self.pending.push((at, form));
        }
    }

    fn go_parameter(&mut self, file: u32, function: FnId, index: u32, form: Form) {
        for expr in self.program.places(file).parameter(function, index) {
            self.go(Place { file, expr: *expr }, form);
        }
    }
}
