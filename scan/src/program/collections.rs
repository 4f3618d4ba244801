//! What kind of list a loop runs over, following variables to where the list was made.

use tuneup_model::Bound;

use super::Program;
use super::exports::Exported;
use super::iterations::{LoopClass, SMALL, callee_name, names_a_piece};
use super::libraries;
use super::targets::Target;
use super::value::{FnRef, Value};
use crate::facts::{CallId, Expr, ExprId, FileFacts, FnId, PropKey, SymbolId, SymbolKind};
use crate::objects::Follow as _;
use crate::place::Place;

impl Program {
    /// What the program adds to an array that starts empty.
    pub(super) fn pushed_to(&self, array: Place) -> Value {
        let facts = &self.files[array.file as usize];
        let Some(symbol) = facts.symbols.iter().position(|it| it.definition == Some(array.expr)) else {
            return Value::Unknown;
        };
        let adds = facts.calls.iter().filter(|call| match facts.expr(call.callee) {
            Expr::Member { object, property } => {
                matches!(facts.name(property), "push" | "unshift")
                    && matches!(facts.expr(object), Expr::Symbol(id) if id.index() == symbol)
            }
            _ => false,
        });
        let items = adds.flat_map(|call| facts.list(call.args)).take(16);
        Value::join(items.map(|item| match facts.expr(*item) {
            Expr::Spread(inner) => self.element_of(&self.eval(Place { file: array.file, expr: inner })),
            _ => self.eval(Place { file: array.file, expr: *item }),
        }))
    }

    /// What kind of list this is, following variables to where it was made.
    pub(crate) fn collection_class(&self, file: u32, collection: Option<ExprId>, depth: u32) -> LoopClass {
        let Some(expr) = collection else { return LoopClass::Other };
        let facts = &self.files[file as usize];
        if depth > 12 {
            return LoopClass::Collection;
        }
        match facts.expr(expr) {
            Expr::Array(list) => {
                let items = facts.list(list);
                let spread = items.iter().find_map(|item| match facts.expr(*item) {
                    Expr::Spread(inner) => Some(inner),
                    _ => None,
                });
                match spread {
                    Some(inner) if items.len() == 1 => self.collection_class(file, Some(inner), depth + 1),
                    Some(_) => LoopClass::Collection,
                    None if items.len() <= SMALL => LoopClass::Constant,
                    None => LoopClass::Other,
                }
            }
            Expr::Symbol(symbol) => {
                let it = facts.symbol(symbol);
                match it.definition {
                    // `const found = []` filled by `push` is a list that grows.
                    Some(definition) if it.assignments.is_empty() && !is_empty_list(facts, definition) => {
                        self.collection_class(file, Some(definition), depth + 1)
                    }
                    None if it.kind == SymbolKind::Enum => LoopClass::Constant,
                    _ => self.collection_by_value(file, expr),
                }
            }
            Expr::Await(inner) | Expr::Cast { expr: inner, .. } => {
                self.collection_class(file, Some(inner), depth + 1)
            }
            Expr::Choice(list) => self.collection_class(file, facts.list(list).first().copied(), depth + 1),
            Expr::Call(_) if self.gives_few(file, expr) => LoopClass::Constant,
            Expr::Call(call) => self.made_by_call(file, call, depth),
            Expr::Param { function, index } if self.is_always_short(file, function, index, depth) => {
                LoopClass::Constant
            }
            Expr::Member { .. } if self.is_enum(file, expr) => LoopClass::Constant,
            _ => self.collection_by_value(file, expr),
        }
    }

    /// True where every known call passes a short literal list.
    fn is_always_short(&self, file: u32, function: FnId, index: u32, depth: u32) -> bool {
        let callers = self.callers(FnRef { file, id: function });
        !callers.is_empty()
            && callers.len() <= SMALL
            && callers.iter().all(|(from, call)| {
                let arg = self.facts(*from).args(*call).get(index as usize).copied();
                arg.is_some() && self.collection_class(*from, arg, depth + 4) == LoopClass::Constant
            })
    }

    /// True for the result of a function that gives a short list as written: `return [record, media]`.
    fn gives_few(&self, file: u32, expr: ExprId) -> bool {
        let Some(at) = self.follow(Place { file, expr }) else { return false };
        let Expr::Call(call) = self.facts(at.file).expr(at.expr) else { return false };
        let Target::Functions(targets, _) = self.target(at.file, call) else { return false };
        targets.iter().all(|target| {
            let facts = self.facts(target.file);
            let returns = &facts.function(target.id).returns;
            !returns.is_empty()
                && returns.iter().all(|it| match facts.expr(it.value) {
                    Expr::Array(list) => {
                        list.len as usize <= SMALL
                            && !facts.list(list).iter().any(|it| matches!(facts.expr(*it), Expr::Spread(_)))
                    }
                    _ => false,
                })
        })
    }

    fn collection_by_value(&self, file: u32, expr: ExprId) -> LoopClass {
        match self.eval(Place { file, expr }) {
            Value::Items(at) if at != (Place { file, expr }) => {
                let facts = &self.files[at.file as usize];
                match facts.expr(at.expr) {
                    Expr::Array(list) if list.len == 0 => LoopClass::Collection,
                    _ => self.collection_class(at.file, Some(at.expr), 11),
                }
            }
            Value::List(element) if matches!(*element, Value::List(_) | Value::Rows { many: true, .. }) => {
                LoopClass::Chunk
            }
            Value::Rows { file, call, many: true } if self.reads_few(file, CallId(call)) => {
                LoopClass::Constant
            }
            Value::Text | Value::Number => LoopClass::Other,
            _ => LoopClass::Collection,
        }
    }

    fn is_enum(&self, file: u32, expr: ExprId) -> bool {
        let facts = &self.files[file as usize];
        match facts.expr(expr) {
            Expr::Symbol(symbol) => match facts.symbol(symbol).kind {
                SymbolKind::Enum => true,
                SymbolKind::Import(index) => match self.imported(file, index) {
                    Some(Exported::Place(place)) => {
                        place.file != file && self.is_enum(place.file, place.expr)
                    }
                    // Enums of the Prisma schema and constants of libraries.
                    Some(Exported::Api(_)) => true,
                    _ => false,
                },
                _ => {
                    let mut definition = facts.symbol(symbol).definition;
                    while let Some(Expr::Cast { expr, .. }) = definition.map(|expr| facts.expr(expr)) {
                        definition = Some(expr);
                    }
                    definition.is_some_and(|expr| matches!(facts.expr(expr), Expr::Object(_)))
                        && facts.symbol(symbol).assignments.is_empty()
                        && !is_filled_by_key(facts, symbol)
                        && definition.is_some_and(|expr| self.is_enum(file, expr))
                }
            },
            Expr::Object(list) => {
                let props = facts.props(list);
                !props.is_empty() && props.iter().all(|prop| matches!(prop.key, PropKey::Name(_)))
            }
            Expr::Member { object, .. } => self.is_enum(file, object),
            Expr::Cast { expr, .. } => self.is_enum(file, expr),
            _ => false,
        }
    }

    /// True for a query with `take: 5`.
    fn reads_few(&self, file: u32, call: CallId) -> bool {
        match self.targets[file as usize][call.index()] {
            Target::Query(query) => matches!(
                self.queries.get(query as usize).map(|query| query.shape.limit),
                Some(Bound::Constant(limit)) if limit <= SMALL as u64
            ),
            _ => false,
        }
    }

    fn made_by_call(&self, file: u32, call: CallId, depth: u32) -> LoopClass {
        let facts = &self.files[file as usize];
        let it = facts.call(call);
        let first_arg = facts.args(call).first().copied();
        if let Expr::Member { object, property } = facts.expr(it.callee) {
            match facts.name(property) {
                "slice" if takes_few(facts, facts.args(call)) => return LoopClass::Constant,
                "filter" | "slice" | "sort" | "reverse" | "map" | "toSorted" | "toReversed" => {
                    return self.collection_class(file, Some(object), depth + 1);
                }
                "keys" | "entries" | "values" => {
                    if let Some(arg) = first_arg {
                        return if self.is_enum(file, arg) {
                            LoopClass::Constant
                        } else {
                            LoopClass::Collection
                        };
                    }
                    return self.collection_class(file, Some(object), depth + 1);
                }
                "split" => return LoopClass::Other,
                "from" => {
                    if let Some(Expr::Object(_)) = first_arg.map(|arg| facts.expr(arg)) {
                        return LoopClass::Other;
                    }
                    return self.collection_class(file, first_arg, depth + 1);
                }
                _ => {}
            }
        }
        if self.reads_few(file, call) {
            return LoopClass::Constant;
        }
        let name = callee_name(facts, it.callee);
        if names_a_piece(name)
            || matches!(&self.targets[file as usize][call.index()], Target::Api(api) if libraries::chunks(api))
        {
            return LoopClass::Chunk;
        }
        if matches!(name, "Array" | "range" | "times") {
            return LoopClass::Other;
        }
        if name == "Set"
            && let Some(arg) = first_arg
        {
            return self.collection_class(file, Some(arg), depth + 1);
        }
        match self.call_value(file, call) {
            Value::List(element) if matches!(*element, Value::List(_)) => LoopClass::Chunk,
            _ => LoopClass::Collection,
        }
    }
}

fn is_empty_list(facts: &FileFacts, expr: ExprId) -> bool {
    matches!(facts.expr(expr), Expr::Array(list) if list.len == 0)
}

/// `found[key] = …`: an object that grows.
pub(super) fn is_filled_by_key(facts: &FileFacts, symbol: SymbolId) -> bool {
    facts.exprs.iter().any(|expr| match expr {
        Expr::Assign { target, .. } => matches!(facts.expr(*target), Expr::Index { object, .. }
            if facts.expr(object) == Expr::Symbol(symbol)),
        _ => false,
    })
}

/// `slice(0, 5)`.
fn takes_few(facts: &FileFacts, args: &[ExprId]) -> bool {
    let number = |expr: &ExprId| match facts.expr(*expr) {
        Expr::Number(number) => Some(number),
        _ => None,
    };
    match args {
        [from, to] => match (number(from), number(to)) {
            (Some(from), Some(to)) => to >= from && to - from <= SMALL as f64,
            _ => false,
        },
        _ => false,
    }
}
