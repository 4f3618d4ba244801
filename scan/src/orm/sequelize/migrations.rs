//! Migrations: the indexes and columns that `up` adds through the query interface.
//!
//! The steps are run in the order of the files, through helpers of the same file and loops over lists that stand
//! there; a step of which a part is not known is left out.

use rustc_hash::FxHashMap;

use super::models::Reading;
use crate::facts::{CallId, Expr, ExprId, FileFacts, FnId, MemberKind, PropKey};
use crate::orm::tables::{TableDraft, snake_case};
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
    Add { table: String, index: Index },
    Remove { table: String, columns: Vec<String>, name: Option<String> },
    RenameColumn { table: String, from: String, to: String },
    RemoveColumn { table: String, column: String },
    RenameTable { from: String, to: String },
    DropTable(String),
}

pub(super) fn apply(reading: &mut Reading<'_, '_, '_>) {
    let mut files: Vec<u32> = (0..reading.program.files.len() as u32).collect();
    files.retain(|file| {
        let facts = reading.facts(*file);
        reading.program.roles[*file as usize] != Role::Test
            && facts.names.iter().any(|name| matches!(&**name, "queryInterface" | "getQueryInterface"))
    });
    files.sort_by_key(|file| &reading.facts(*file).path);
    let mut history = History::default();
    for file in files {
        let mut run =
            Run { reading: &*reading, file, facts: reading.facts(file), left: BUDGET, steps: Vec::new() };
        run.ups();
        for step in run.steps {
            if let Step::Remove { table, columns, name } = &step
                && let Some(draft) = reading.draft_of(table)
            {
                draft.indexes.retain(|it| !is_it((&it.columns, it.name.as_ref()), columns, name.as_ref()));
            }
            history.step(step);
        }
    }
    for (table, index) in history.indexes {
        let Some(draft) = reading.draft_of(&table) else { continue };
        let known = |column: &String| draft.columns.iter().any(|it| it.name == *column);
        // Columns that a setting adds to the model (`paranoid`) are not among its own.
        let is_known = index.columns.first().is_some_and(known);
        let has = draft.indexes.iter().any(|it| it.columns == index.columns && it.unique == index.unique);
        if is_known && !has {
            draft.index(index.columns, index.unique);
            if let Some(last) = draft.indexes.last_mut() {
                last.name = index.name;
            }
        }
    }
}

impl Reading<'_, '_, '_> {
    fn draft_of(&mut self, table: &str) -> Option<&mut TableDraft> {
        self.drafts.iter_mut().find(|draft| draft.table.eq_ignore_ascii_case(table))
    }
}

/// An index as a migration names it.
struct Index {
    columns: Vec<String>,
    name: Option<String>,
    unique: bool,
}

/// The indexes after the steps so far, by the names that tables and columns have by then.
#[derive(Default)]
struct History {
    indexes: Vec<(String, Index)>,
}

impl History {
    fn step(&mut self, step: Step) {
        match step {
            Step::Add { table, index } => self.indexes.push((table, index)),
            Step::Remove { table, columns, name } => self.indexes.retain(|(of, it)| {
                !of.eq_ignore_ascii_case(&table)
                    || !is_it((&it.columns, it.name.as_ref()), &columns, name.as_ref())
            }),
            Step::RenameColumn { table, from, to } => {
                for (_, index) in self.indexes.iter_mut().filter(|(of, _)| of.eq_ignore_ascii_case(&table)) {
                    for column in index.columns.iter_mut().filter(|column| **column == from) {
                        column.clone_from(&to);
                    }
                }
            }
            Step::RemoveColumn { table, column } => self
                .indexes
                .retain(|(of, index)| !of.eq_ignore_ascii_case(&table) || !index.columns.contains(&column)),
            Step::RenameTable { from, to } => {
                for (of, _) in self.indexes.iter_mut().filter(|(of, _)| of.eq_ignore_ascii_case(&from)) {
                    of.clone_from(&to);
                }
            }
            Step::DropTable(table) => self.indexes.retain(|(of, _)| !of.eq_ignore_ascii_case(&table)),
        }
    }
}

/// True for the index that a step removes by name or, where none is given, by its columns.
fn is_it((own, own_name): (&[String], Option<&String>), columns: &[String], name: Option<&String>) -> bool {
    if name.is_some() { own_name == name } else { own == columns }
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
                name if is_interface => return self.rename(name, args, bound),
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
        let name = name.or_else(|| Some(snake_case(&format!("{table}_{}", columns.join("_")))));
        let unique = option("unique").and_then(|expr| self.see(expr, bound)) == Some(Expr::Bool(true));
        self.steps.push(Step::Add { table, index: Index { columns, name, unique } });
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

    /// Tables and columns that get another name or go.
    fn rename(&mut self, method: &str, args: &[ExprId], bound: &Bound) {
        let Some(table) = args.first().and_then(|arg| self.table(*arg, bound)) else { return };
        let text = |index: usize| args.get(index).and_then(|arg| self.table(*arg, bound));
        let step = match (method, text(1), text(2)) {
            ("renameColumn", Some(from), Some(to)) => Step::RenameColumn { table, from, to },
            ("removeColumn", Some(column), _) => Step::RemoveColumn { table, column },
            ("renameTable", Some(to), _) => Step::RenameTable { from: table, to },
            ("dropTable", ..) => Step::DropTable(table),
            _ => return,
        };
        self.steps.push(step);
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
