//! Columns of table constants: chains of calls that begin with the type, `text('name').notNull().unique()`.

use tuneup_model::{ColumnType, ReferentialAction};

use super::is_own;
use super::tables::{Found, Reading, Reference, action, method_of};
use crate::facts::{Expr, ExprId};
use crate::objects::Given;
use crate::orm::column_types::named_type;
use crate::orm::tables::{location_of, snake_case};
use crate::orm::{CallAt, argument, chain_of, method_name, text_at};
use crate::place::Place;
use crate::program::{Api, Program, Value};
use crate::report::Texts;

/// What makes a column: its type, its name, and what is chained behind.
struct Chain {
    kind: String,
    name: Option<String>,
    steps: Vec<CallAt>,
}

impl Reading<'_> {
    pub(super) fn column(&self, field: &str, at: Place, found: &mut Found, texts: &mut Texts<'_>) {
        let Some(chain) = self.chain(at, None, 0) else { return };
        let name =
            chain.name.unwrap_or_else(|| if self.is_snake { snake_case(field) } else { field.to_owned() });
        let has = |wanted: &str| chain.steps.iter().any(|step| method_name(self.program, *step) == wanted);
        let is_primary = has("primaryKey");
        let nullable = !is_primary && !has("notNull") && !chain.kind.ends_with("serial");
        let kind =
            if has("array") { ColumnType::Array(Box::new(kind(&chain.kind))) } else { kind(&chain.kind) };
        let location = location_of(self.program, texts, at);
        found.draft.column(field, &name, kind, nullable, location);
        if is_primary {
            found.draft.primary_key.push(name.clone());
        }
        for step in &chain.steps {
            match method_name(self.program, *step) {
                "unique" => found.draft.index(vec![name.clone()], true),
                "references" => {
                    let target = argument(self.program, *step, 0).and_then(|at| self.result_of(at));
                    found.references.extend(target.map(|target| Reference {
                        columns: vec![name.clone()],
                        targets: vec![target],
                        on_delete: self.on_delete(argument(self.program, *step, 1)),
                        at,
                    }));
                }
                _ => {}
            }
        }
    }

    fn on_delete(&self, options: Option<Place>) -> ReferentialAction {
        let given = options.map(|at| self.reader.object(at).get("onDelete"));
        match given {
            Some(Given::Sure(at)) => action(text_at(self.program, at).unwrap_or_default()),
            _ => ReferentialAction::NoAction,
        }
    }

    /// A chain of calls that makes a column: `text('name').notNull()`.
    fn chain(&self, at: Place, outer: Option<CallAt>, depth: u32) -> Option<Chain> {
        let seen = self.reader.see(at);
        let Expr::Call(end) = seen.expr else { return None };
        let file = seen.place.file;
        let mut steps: Vec<CallAt> = chain_of(self.program, CallAt { file, call: end })
            .into_iter()
            .map(|call| CallAt { file, call })
            .collect();
        let root = steps.pop()?;
        steps.reverse();
        let facts = self.program.facts(file);
        let callee = Place { file, expr: facts.call(root.call).callee };
        let first = argument(self.program, root, 0);
        let own = first.and_then(|at| text_at(self.program, at));
        // A function of the program that makes columns may take their name.
        let passed = || {
            let n = parameter_index(self.program, first?)?;
            text_at(self.program, argument(self.program, outer?, n)?)
        };
        let name = own.or_else(passed).map(str::to_owned);
        match self.program.eval(callee) {
            Value::Function(function) if depth < 6 => {
                let it = self.program.facts(function.file).function(function.id);
                let [only] = it.returns.as_slice() else { return None };
                let inner =
                    self.chain(Place { file: function.file, expr: only.value }, Some(root), depth + 1)?;
                let name = inner.name;
                let steps = inner.steps.into_iter().chain(steps).collect();
                Some(Chain { kind: inner.kind, name, steps })
            }
            Value::Api(api) if is_own(&api.package) => {
                Some(Chain { kind: self.kind_of(&api, callee), name, steps })
            }
            _ => Some(Chain { kind: method_of(self.program, root)?.to_owned(), name, steps }),
        }
    }

    fn kind_of(&self, api: &Api, callee: Place) -> String {
        if api.path != "customType()" {
            return if api.path.ends_with("Enum()") { "enum".to_owned() } else { api.last().to_owned() };
        }
        let stated = self.call_behind(callee).and_then(|made| argument(self.program, made, 0)).and_then(
            |at| match self.reader.object(at).get("dataType") {
                Given::Sure(at) => self.result_of(at).and_then(|at| text_at(self.program, at)),
                _ => None,
            },
        );
        let stated = stated.unwrap_or_default();
        stated.split('(').next().unwrap_or(stated).to_owned()
    }
}

/// Which parameter of its function an expression names.
fn parameter_index(program: &Program, at: Place) -> Option<usize> {
    let facts = program.facts(at.file);
    let is_param = |expr: ExprId| match facts.expr(expr) {
        Expr::Param { index, .. } => Some(index as usize),
        _ => None,
    };
    match facts.expr(at.expr) {
        Expr::Symbol(symbol) => is_param(facts.symbol(symbol).definition?),
        _ => is_param(at.expr),
    }
}

fn kind(name: &str) -> ColumnType {
    match name {
        "serial" | "smallserial" | "year" => ColumnType::Int,
        "bigserial" => ColumnType::BigInt,
        "doublePrecision" => ColumnType::Float,
        "mysqlEnum" | "singlestoreEnum" => ColumnType::Enum(String::new()),
        name => named_type(name),
    }
}
