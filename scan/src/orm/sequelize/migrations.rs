//! Migrations: the indexes and columns that `up` adds through the query interface.
//!
//! The steps are run in the order of the files, through helpers of the same file and loops over lists that stand
//! there; a step of which a part is not known is left out.

use rustc_hash::FxHashMap;

use super::models::Reading;
use crate::facts::{CallId, Expr, ExprId, FileFacts, FnId, MemberKind, PropKey};
use crate::place::Place;
use crate::program::{Role, Value};

/// Helpers that call helpers deeper than this are not followed.
const MAX_DEPTH: usize = 5;

/// Steps of one file; more is no migration.
const BUDGET: usize = 2_000;

/// What parameters and loop variables stand for, by their expression.
type Bound = FxHashMap<Key, ExprId>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Param(FnId, u32),
    Element(ExprId),
}

/// One step of a migration.
enum Step {
    Add { table: String, columns: Vec<String>, name: Option<String>, unique: bool },
    Remove { table: String, columns: Vec<String>, name: Option<String> },
}

pub(super) fn apply(reading: &mut Reading<'_, '_, '_>) {
    let mut files: Vec<u32> = (0..reading.program.files.len() as u32).collect();
    files.retain(|file| {
        let facts = reading.facts(*file);
        reading.program.roles[*file as usize] != Role::Test
            && facts.names.iter().any(|name| matches!(&**name, "queryInterface" | "getQueryInterface"))
    });
    files.sort_by_key(|file| &reading.facts(*file).path);
    for file in files {
        let mut run =
            Run { reading: &*reading, file, facts: reading.facts(file), left: BUDGET, steps: Vec::new() };
        run.ups();
        for step in run.steps {
            reading.step(step);
        }
    }
}

impl Reading<'_, '_, '_> {
    fn step(&mut self, step: Step) {
        let by_table = |table: &str| {
            let same = |draft: &crate::orm::tables::TableDraft| draft.table.eq_ignore_ascii_case(table);
            self.drafts.iter().position(same)
        };
        match step {
            Step::Add { table, columns, name, unique } => {
                let Some(draft) = by_table(&table) else { return };
                let draft = &mut self.drafts[draft];
                let known = columns.iter().all(|column| draft.columns.iter().any(|it| it.name == *column));
                let has =
                    draft.indexes.iter().any(|index| index.columns == columns && index.unique == unique);
                if known && !has {
                    draft.index(columns, unique);
                    if let Some(last) = draft.indexes.last_mut() {
                        last.name = name;
                    }
                }
            }
            Step::Remove { table, columns, name } => {
                let Some(draft) = by_table(&table) else { return };
                let is_it = |index: &tuneup_model::Index| match &name {
                    Some(name) => index.name.as_ref() == Some(name),
                    None => index.columns == columns,
                };
                self.drafts[draft].indexes.retain(|index| !is_it(index));
            }
        }
    }
}

/// One file's migration.
struct Run<'a, 'r, 'p, 't> {
    reading: &'a Reading<'r, 'p, 't>,
    file: u32,
    facts: &'p FileFacts,
    left: usize,
    steps: Vec<Step>,
}

impl<'r, 'p: 'r> Run<'_, 'r, 'p, '_> {
    /// The functions called `up` that no other function of the file holds.
    fn ups(&mut self) {
        for (n, function) in self.facts.functions.iter().enumerate() {
            let is_up = function.name.is_some_and(|name| self.facts.name(name) == "up");
            if is_up && function.class.is_none() {
                self.function(FnId(n as u32), &Bound::default(), 0);
            }
        }
    }

    fn function(&mut self, id: FnId, bound: &Bound, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let span = self.facts.function(id).span;
        let mut calls: Vec<CallId> = (0..self.facts.calls.len() as u32).map(CallId).collect();
        calls.retain(|call| {
            let within = self.facts.call(*call).function;
            within == id || (self.is_closure(within) && span.contains(self.facts.function(within).span))
        });
        calls.sort_by_key(|call| self.facts.span(self.facts.call(*call).expr).end);
        for call in calls {
            for bound in self.turns(call, bound) {
                if self.left == 0 {
                    return;
                }
                self.left -= 1;
                self.call(call, &bound, depth);
            }
        }
    }

    fn is_closure(&self, id: FnId) -> bool {
        self.facts.function(id).argument_of.is_some()
    }

    /// What loop variables stand for in each turn of the innermost loop around a call.
    fn turns(&self, call: CallId, bound: &Bound) -> Vec<Bound> {
        let Some(collection) = self.facts.call(call).in_loop.and_then(|id| self.facts.loop_(id).collection)
        else {
            return vec![bound.clone()];
        };
        match self.see(collection, bound) {
            Some(Expr::Array(list)) => {
                let items = self.facts.list(list).iter().map(|item| {
                    let mut bound = bound.clone();
                    bound.insert(Key::Element(collection), *item);
                    bound
                });
                items.collect()
            }
            _ => vec![bound.clone()],
        }
    }

    fn call(&mut self, id: CallId, bound: &Bound, depth: usize) {
        let call = self.facts.call(id);
        let args = self.facts.args(id);
        if let Expr::Member { object, property } = self.facts.expr(call.callee) {
            let receiver = self.reading.program.expr_text(self.file, object);
            let is_interface =
                receiver.ends_with("queryInterface") || receiver.ends_with("getQueryInterface(…)");
            match self.facts.name(property) {
                "addIndex" if is_interface => return self.add_index(args, bound),
                "removeIndex" if is_interface => return self.remove_index(args, bound),
                _ if is_interface => return,
                _ => {}
            }
        }
        // A helper of the file.
        let at = Place { file: self.file, expr: call.callee };
        let helper = match self.reading.program.eval(at) {
            Value::Function(function) if function.file == self.file => function.id,
            _ => match self.method(call.callee) {
                Some(id) => id,
                None => return,
            },
        };
        let mut inner = bound.clone();
        for (index, arg) in args.iter().enumerate() {
            if let Some(value) = self.place(*arg, bound) {
                inner.insert(Key::Param(helper, index as u32), value);
            }
        }
        self.function(helper, &inner, depth + 1);
    }

    /// `this.helper(…)` and `migration.helper(…)` where one class of the file has the method.
    fn method(&self, callee: ExprId) -> Option<FnId> {
        let Expr::Member { property, .. } = self.facts.expr(callee) else { return None };
        let members = self.facts.classes.iter().flat_map(|class| &class.members);
        let mut found =
            members.filter(|member| member.name == property).filter_map(|member| match member.kind {
                MemberKind::Method(id) => Some(id),
                _ => None,
            });
        let only = found.next()?;
        found.next().is_none().then_some(only)
    }

    /// `addIndex('table', ['a'], { unique })` or `addIndex('table', { fields: ['a'] })`.
    fn add_index(&mut self, args: &[ExprId], bound: &Bound) {
        let [table, rest @ ..] = args else { return };
        let Some(table) = self.table(*table, bound) else { return };
        let Some(columns) = self.columns(rest, bound) else { return };
        let options = rest.iter().rev().find(|arg| matches!(self.see(**arg, bound), Some(Expr::Object(_))));
        let option = |name: &str| self.property(*options?, name, bound);
        if option("where").is_some() {
            return;
        }
        let name = option("name").and_then(|expr| self.text(expr, bound));
        let unique = option("unique").and_then(|expr| self.see(expr, bound)) == Some(Expr::Bool(true));
        self.steps.push(Step::Add { table, columns, name, unique });
    }

    /// `removeIndex('table', 'name')` or `removeIndex('table', ['a'])`.
    fn remove_index(&mut self, args: &[ExprId], bound: &Bound) {
        let [table, what, ..] = args else { return };
        let Some(table) = self.table(*table, bound) else { return };
        let name = self.text(*what, bound);
        let columns = self.columns(&[*what], bound);
        if name.is_some() || columns.is_some() {
            self.steps.push(Step::Remove { table, columns: columns.unwrap_or_default(), name });
        }
    }

    fn table(&self, at: ExprId, bound: &Bound) -> Option<String> {
        self.text(at, bound).or_else(|| self.text(self.property(at, "tableName", bound)?, bound))
    }

    fn columns(&self, args: &[ExprId], bound: &Bound) -> Option<Vec<String>> {
        let first = *args.first()?;
        let list = match self.see(first, bound)? {
            Expr::Array(list) => list,
            Expr::Object(_) => match self.see(self.property(first, "fields", bound)?, bound)? {
                Expr::Array(list) => list,
                _ => return None,
            },
            _ => return None,
        };
        let names = self.facts.list(list).iter().map(|item| {
            self.text(*item, bound).or_else(|| self.text(self.property(*item, "name", bound)?, bound))
        });
        names.collect()
    }

    fn text(&self, at: ExprId, bound: &Bound) -> Option<String> {
        match self.see(at, bound)? {
            Expr::Str(name) => Some(self.facts.name(name).to_owned()),
            _ => None,
        }
    }

    fn property(&self, at: ExprId, name: &str, bound: &Bound) -> Option<ExprId> {
        let Expr::Object(list) = self.see(at, bound)? else { return None };
        let props = self.facts.props(list);
        props.iter().rev().find_map(|prop| match prop.key {
            PropKey::Name(key) if self.facts.name(key) == name => Some(prop.value),
            _ => None,
        })
    }

    fn see(&self, at: ExprId, bound: &Bound) -> Option<Expr> {
        self.place(at, bound).map(|at| self.facts.expr(at))
    }

    /// The literal that an expression stands for.
    fn place(&self, at: ExprId, bound: &Bound) -> Option<ExprId> {
        let mut at = at;
        for _ in 0..24 {
            at = match self.facts.expr(at) {
                Expr::Symbol(symbol) => {
                    let symbol = self.facts.symbol(symbol);
                    if !symbol.assignments.is_empty() {
                        return None;
                    }
                    symbol.definition?
                }
                Expr::Param { function, index } => *bound.get(&Key::Param(function, index))?,
                Expr::Element(collection) => *bound.get(&Key::Element(collection))?,
                Expr::Await(inner) | Expr::Cast { expr: inner, .. } => inner,
                Expr::Member { object, property } => {
                    self.property(object, self.facts.name(property), bound)?
                }
                _ => return Some(at),
            };
        }
        None
    }
}
