//! What is known of values where the way of calls to them is known: literal arguments and the shape of object literals.
//!
//! A way of calls binds the parameters of each function on it to what its call hands over. That may settle a condition,
//! and with it whether a query behind the condition runs at all by this way. What is not known settles nothing.

use std::cell::Cell;

use super::Program;
use super::reach::Hop;
use super::targets::Target;
use super::value::FnRef;
use crate::facts::{
    BinaryOp, CallId, CallKind, Expr, FileFacts, FnId, Guard, GuardId, GuardKind, List, PropKey, Return,
    Span, SymbolId, SymbolKind,
};
use crate::place::Place;

/// A value, as far as conditions tell values apart.
#[derive(Debug, Clone, PartialEq)]
enum Known {
    Undefined,
    Null,
    Bool(bool),
    Text(String),
    Number(f64),
    /// An object literal, written so many calls down the way.
    Object(Place, usize),
    /// A list, function or class.
    Thing,
}

/// All that a value may be; none where that is not known.
type Values = Option<Vec<Known>>;

/// More possible values than this are unknown.
const MAX_VALUES: usize = 6;
const MAX_DEPTH: u32 = 40;
const BUDGET: u32 = 600;

/// Looks values up by the way of calls to them.
pub(super) struct Walk<'p> {
    program: &'p Program,
    budget: Cell<u32>,
}

impl<'p> Walk<'p> {
    pub(super) fn over(program: &'p Program) -> Self {
        Self { program, budget: Cell::new(BUDGET) }
    }

    fn facts(&self, file: u32) -> &'p FileFacts {
        self.program.facts(file)
    }

    /// False where a condition around the place does not hold, or the function has returned before.
    pub(super) fn level_comes(
        &self,
        way: &[Hop],
        file: u32,
        function: FnId,
        guard: Option<GuardId>,
        at: Span,
    ) -> bool {
        let facts = self.facts(file);
        let chain: Vec<GuardId> =
            std::iter::successors(guard, |id| facts.guard(*id).parent).take(64).collect();
        if chain.iter().any(|id| self.holds(way, file, facts.guard(*id), 0) == Some(false)) {
            return false;
        }
        !facts.function(function).returns.iter().any(|it| self.surely_left(way, file, it, &chain, at))
    }

    /// True where the return certainly came before the place, given the conditions around both.
    fn surely_left(&self, way: &[Hop], file: u32, it: &Return, chain: &[GuardId], at: Span) -> bool {
        let facts = self.facts(file);
        let returned = facts.span(it.value);
        let Some(first) = it.guard else { return false };
        if returned.end > at.start || chain.contains(&first) {
            return false;
        }
        let in_loop = facts.loops.iter().any(|it| it.span.contains(returned) && !it.span.contains(at));
        let mut own = std::iter::successors(Some(first), |id| facts.guard(*id).parent)
            .take_while(|id| !chain.contains(id));
        !in_loop && own.all(|id| self.holds(way, file, facts.guard(id), 0) == Some(true))
    }

    /// Whether the code behind a guard runs.
    fn holds(&self, way: &[Hop], file: u32, guard: &Guard, depth: u32) -> Option<bool> {
        let truth = || self.truth(way, Place { file, expr: guard.test? }, depth);
        match guard.kind {
            GuardKind::If | GuardKind::And => truth(),
            GuardKind::Else | GuardKind::Or => truth().map(|it| !it),
            GuardKind::Coalesce | GuardKind::Case | GuardKind::Try | GuardKind::Catch => None,
        }
    }

    fn truth(&self, way: &[Hop], at: Place, depth: u32) -> Option<bool> {
        let values = self.values(way, at, depth)?;
        let mut truths = values.iter().map(is_truthy);
        let first = truths.next()?;
        truths.all(|it| it == first).then_some(first)
    }

    fn values(&self, way: &[Hop], at: Place, depth: u32) -> Values {
        if depth > MAX_DEPTH || self.budget.get() == 0 {
            return None;
        }
        self.budget.set(self.budget.get() - 1);
        let depth = depth + 1;
        let facts = self.facts(at.file);
        let here = |expr| Place { file: at.file, expr };
        let one = |known| Some(vec![known]);
        match facts.expr(at.expr) {
            Expr::Str(name) => one(Known::Text(facts.name(name).to_owned())),
            Expr::Number(value) => one(Known::Number(value)),
            Expr::Bool(value) => one(Known::Bool(value)),
            Expr::Null => one(Known::Null),
            Expr::Undefined => one(Known::Undefined),
            Expr::Array(_) | Expr::Function(_) | Expr::Class(_) => one(Known::Thing),
            Expr::Object(_) => one(Known::Object(at, way.len())),
            Expr::Cast { expr, .. } | Expr::Await(expr) => self.values(way, here(expr), depth),
            Expr::Not(inner) => one(Known::Bool(!self.truth(way, here(inner), depth)?)),
            Expr::Symbol(symbol) => self.symbol(way, at.file, symbol, depth),
            Expr::Param { function, index } => {
                self.param(way, FnRef { file: at.file, id: function }, index, depth)
            }
            Expr::Member { object, property } => self.member(way, here(object), facts.name(property), depth),
            Expr::Binary { op, left, right } => self.binary(way, op, (here(left), here(right)), depth),
            Expr::Choice(list) => self.choice(way, at, list, depth),
            Expr::Call(call) => self.call(way, at.file, call, depth),
            _ => None,
        }
    }

    fn symbol(&self, way: &[Hop], file: u32, symbol: SymbolId, depth: u32) -> Values {
        let it = self.facts(file).symbol(symbol);
        match it.kind {
            SymbolKind::Value if it.assignments.is_empty() => {
                self.values(way, Place { file, expr: it.definition? }, depth)
            }
            SymbolKind::Function(_) | SymbolKind::Class(_) => Some(vec![Known::Thing]),
            _ => None,
        }
    }

    /// What the last call of the way hands over.
    fn param(&self, way: &[Hop], function: FnRef, index: u32, depth: u32) -> Values {
        let (hop, before) = way.split_last()?;
        if hop.enters != function {
            return None;
        }
        let facts = self.facts(hop.file);
        let call = facts.call(hop.call);
        let args = facts.args(hop.call);
        let param = self.facts(function.file).function(function.id).params.get(index as usize)?;
        let spread =
            args.iter().take(index as usize + 1).any(|arg| matches!(facts.expr(*arg), Expr::Spread(_)));
        if spread || param.is_rest || !matches!(call.kind, CallKind::Call | CallKind::New) {
            return None;
        }
        let mut values = match args.get(index as usize) {
            Some(arg) => self.values(before, Place { file: hop.file, expr: *arg }, depth)?,
            None => vec![Known::Undefined],
        };
        if let Some(default) = param.default
            && values.contains(&Known::Undefined)
        {
            values.retain(|it| *it != Known::Undefined);
            values.extend(self.values(way, Place { file: function.file, expr: default }, depth)?);
        }
        limited(values)
    }

    fn member(&self, way: &[Hop], object: Place, name: &str, depth: u32) -> Values {
        let mut found = Vec::new();
        for holder in self.values(way, object, depth)? {
            let Known::Object(at, down) = holder else { return None };
            found.extend(self.property(way, at, down, name, depth)?);
        }
        limited(found)
    }

    /// A property of an object literal; none where something may have put it there later.
    fn property(&self, way: &[Hop], at: Place, down: usize, name: &str, depth: u32) -> Values {
        let facts = self.facts(at.file);
        let Expr::Object(list) = facts.expr(at.expr) else { return None };
        let entered = way.get(down..).unwrap_or_default().iter().map(|hop| hop.enters.file);
        let is_written = |file: u32| {
            let facts = self.facts(file);
            facts.property_writes.iter().any(|it| facts.name(it.name) == name)
        };
        if std::iter::once(at.file).chain(entered).any(is_written) {
            return None;
        }
        let outer = way.get(..down)?;
        for prop in facts.props(list).iter().rev() {
            let value = Place { file: at.file, expr: prop.value };
            match prop.key {
                PropKey::Name(key) if facts.name(key) == name => return self.values(outer, value, depth),
                PropKey::Name(_) => {}
                PropKey::Computed(_) => return None,
                PropKey::Spread => {
                    let spread = self.member(outer, value, name, depth)?;
                    if spread != [Known::Undefined] {
                        return (!spread.contains(&Known::Undefined)).then_some(spread);
                    }
                }
            }
        }
        // What is kept in a variable may be filled by others; what is handed over on the spot is as it is written.
        let handed = way.get(down).is_some_and(|hop| {
            let call = self.facts(hop.file).call(hop.call);
            hop.file == at.file && self.facts(hop.file).span(call.expr).contains(facts.span(at.expr))
        });
        handed.then(|| vec![Known::Undefined])
    }

    fn binary(&self, way: &[Hop], op: BinaryOp, (left, right): (Place, Place), depth: u32) -> Values {
        let negated = match op {
            BinaryOp::Equal => false,
            BinaryOp::NotEqual => true,
            _ => return None,
        };
        let left = self.values(way, left, depth)?;
        let right = self.values(way, right, depth)?;
        let mut answers = left.iter().flat_map(|a| right.iter().map(move |b| are_equal(a, b)));
        let first = answers.next()??;
        answers.all(|it| it == Some(first)).then(|| vec![Known::Bool(first != negated)])
    }

    /// `a && b`, `a || b`, `a ?? b`, `c ? a : b`.
    fn choice(&self, way: &[Hop], at: Place, list: List, depth: u32) -> Values {
        let facts = self.facts(at.file);
        let here = |expr| Place { file: at.file, expr };
        match *facts.list(list) {
            [yes, no, test] => match self.truth(way, here(test), depth) {
                Some(true) => self.values(way, here(yes), depth),
                Some(false) => self.values(way, here(no), depth),
                None => {
                    let mut both = self.values(way, here(yes), depth)?;
                    both.extend(self.values(way, here(no), depth)?);
                    limited(both)
                }
            },
            [left, right] => {
                let guard =
                    facts.guards.iter().find(|it| it.test == Some(left) && it.span == facts.span(right))?;
                let first = self.values(way, here(left), depth);
                // `a && b` is falsy where `b` is, whatever `a` may be; likewise `a || b` is truthy where `b` is.
                let goes_on = |it: &Known| match guard.kind {
                    GuardKind::And => Some(is_truthy(it)),
                    GuardKind::Or => Some(!is_truthy(it)),
                    GuardKind::Coalesce => Some(matches!(it, Known::Undefined | Known::Null)),
                    _ => None,
                };
                let Some(first) = first else {
                    let settled = guard.kind == GuardKind::And;
                    let truth = self.truth(way, here(right), depth)?;
                    let decides = guard.kind != GuardKind::Coalesce && truth != settled;
                    return decides.then(|| vec![Known::Bool(truth)]);
                };
                let mut found: Vec<Known> = Vec::new();
                let mut further = false;
                for it in first {
                    if goes_on(&it)? {
                        further = true;
                    } else {
                        found.push(it);
                    }
                }
                if further {
                    found.extend(self.values(way, here(right), depth)?);
                }
                limited(found)
            }
            _ => None,
        }
    }

    fn call(&self, way: &[Hop], file: u32, call: CallId, depth: u32) -> Values {
        let facts = self.facts(file);
        let args = facts.args(call);
        let arg = |n: usize| args.get(n).map(|expr| Place { file, expr: *expr });
        if let Expr::Member { object, property } = facts.expr(facts.call(call).callee) {
            let object = Place { file, expr: object };
            match facts.name(property) {
                "hasOwnProperty" => return self.has(way, object, arg(0)?, depth),
                "hasOwn" => return self.has(way, arg(0)?, arg(1)?, depth),
                _ => {}
            }
        }
        match self.program.target(file, call) {
            Target::Functions(targets, None) => match targets.as_slice() {
                [only] => self.returned(way, Hop { file, call, enters: *only }, depth),
                _ => None,
            },
            Target::Api(api) if api.package == "global" && api.path == "Boolean" => {
                Some(vec![Known::Bool(self.truth(way, arg(0)?, depth)?)])
            }
            _ => None,
        }
    }

    fn has(&self, way: &[Hop], object: Place, name: Place, depth: u32) -> Values {
        let Expr::Str(name) = self.facts(name.file).expr(name.expr) else { return None };
        // `name` stands in the file of the call, as the object does.
        let name = self.facts(object.file).name(name);
        let mut found = Vec::new();
        for holder in self.values(way, object, depth)? {
            let Known::Object(at, down) = holder else { return None };
            let facts = self.facts(at.file);
            let Expr::Object(list) = facts.expr(at.expr) else { return None };
            let value = self.property(way, at, down, name, depth);
            let own = facts.property(list, name).is_some();
            found.push(Known::Bool(match value {
                Some(values) if values == [Known::Undefined] && !own => false,
                _ if own => true,
                _ => return None,
            }));
        }
        limited(found)
    }

    /// What a function of the program gives for these arguments.
    fn returned(&self, way: &[Hop], hop: Hop, depth: u32) -> Values {
        if way.len() > 16 || way.iter().filter(|it| it.enters == hop.enters).count() > 1 {
            return None;
        }
        let facts = self.facts(hop.enters.file);
        let it = facts.function(hop.enters.id);
        if it.is_generator || !it.has_body || (it.is_async && !self.facts(hop.file).call(hop.call).awaited) {
            return None;
        }
        let inner: Vec<Hop> = way.iter().copied().chain([hop]).collect();
        let mut found = Vec::new();
        for returned in &it.returns {
            let guards = std::iter::successors(returned.guard, |id| facts.guard(*id).parent);
            let held: Vec<Option<bool>> =
                guards.map(|id| self.holds(&inner, hop.enters.file, facts.guard(id), depth)).collect();
            if held.contains(&Some(false)) {
                continue;
            }
            found.extend(self.values(
                &inner,
                Place { file: hop.enters.file, expr: returned.value },
                depth,
            )?);
            if held.iter().all(|it| *it == Some(true)) {
                return limited(found);
            }
        }
        found.push(Known::Undefined);
        limited(found)
    }
}

fn limited(mut values: Vec<Known>) -> Values {
    let mut kept: Vec<Known> = Vec::new();
    for value in values.drain(..) {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    (!kept.is_empty() && kept.len() <= MAX_VALUES).then_some(kept)
}

fn is_truthy(it: &Known) -> bool {
    match it {
        Known::Undefined | Known::Null => false,
        Known::Bool(value) => *value,
        Known::Text(text) => !text.is_empty(),
        Known::Number(value) => *value != 0.0 && !value.is_nan(),
        Known::Object(..) | Known::Thing => true,
    }
}

fn are_equal(a: &Known, b: &Known) -> Option<bool> {
    use Known::{Bool, Null, Number, Object, Text, Thing, Undefined};
    match (a, b) {
        (Undefined, Undefined) | (Null, Null) => Some(true),
        // `==` and `===` differ here.
        (Undefined, Null) | (Null, Undefined) => None,
        (Text(a), Text(b)) => Some(a == b),
        (Bool(a), Bool(b)) => Some(a == b),
        (Number(a), Number(b)) => Some((a - b).abs() < f64::EPSILON),
        (Undefined | Null, _)
        | (_, Undefined | Null)
        | (Object(..) | Thing, Text(_) | Bool(_) | Number(_))
        | (Text(_) | Bool(_) | Number(_), Object(..) | Thing) => Some(false),
        _ => None,
    }
}
