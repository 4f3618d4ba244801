//! What becomes of a client once it is made: kept beyond the call, handed back, or left when the function ends.
//!
//! The question is asked of an expression and answered by those around it. A client that is handed back is asked for
//! again where the function is called, one made by a constructor where the class is.

use crate::facts::{CallId, CallKind, ClassId, Expr, ExprId, FileFacts, FnId, MemberKind, SymbolId};
use crate::place::Place;
use crate::program::{ClassRef, FnRef, Program, Role, Target, Value};

/// A call at which a client begins to exist for the function around it.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub file: u32,
    pub call: CallId,
    /// Calls from here to the one that makes it, nearest first; empty where it is made here.
    pub inner: Vec<(u32, CallId)>,
    /// Handed to code that may keep it.
    pub is_passed_on: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// Nothing outlives the function.
    Left,
    /// Handed to a function of the program.
    PassedOn,
    Returned,
    /// In a variable, field or map that outlives the call.
    Kept,
}

const MAX_DEPTH: usize = 5;
const MAX_SITES: usize = 64;

/// The calls in whose functions the client made by this one ends.
pub(super) fn sites(program: &Program, file: u32, call: CallId) -> Vec<Site> {
    let mut found = Vec::new();
    walk(program, Site { file, call, inner: Vec::new(), is_passed_on: false }, &mut found);
    found
}

fn walk(program: &Program, site: Site, found: &mut Vec<Site>) {
    if site.inner.len() > MAX_DEPTH
        || found.len() > MAX_SITES
        || program.roles[site.file as usize] != Role::App
    {
        return;
    }
    let facts = program.facts(site.file);
    let it = facts.call(site.call);
    if let Some(class) = field_owner(program, site.file, site.call) {
        return instances(program, class, &site, found);
    }
    if it.function == FnId(0) {
        return;
    }
    let function = FnRef { file: site.file, id: it.function };
    let constructs = facts.classes.iter().position(|class| class.constructor == Some(it.function));
    match fate(program, Place { file: site.file, expr: it.expr }, it.function, 0) {
        Fate::Kept => {
            if let Some(n) = constructs {
                instances(program, ClassRef { file: site.file, id: ClassId(n as u32) }, &site, found);
            }
        }
        Fate::Returned => {
            for (file, call) in program.callers(function) {
                let memoized = matches!(program.target(*file, *call), Target::Functions(_, Some(_)));
                if !memoized {
                    walk(program, site.outer(*file, *call), found);
                }
            }
        }
        Fate::PassedOn => found.push(Site { is_passed_on: true, ..site }),
        Fate::Left => found.push(site),
    }
}

impl Site {
    fn outer(&self, file: u32, call: CallId) -> Self {
        let mut inner = vec![(self.file, self.call)];
        inner.extend(&self.inner);
        Self { file, call, inner, is_passed_on: self.is_passed_on }
    }
}

/// The class whose field the call initializes, for each instance anew.
fn field_owner(program: &Program, file: u32, call: CallId) -> Option<ClassRef> {
    let facts = program.facts(file);
    let at = facts.span(facts.call(call).expr);
    facts.classes.iter().enumerate().find_map(|(n, class)| {
        let inside = class.members.iter().any(|member| match &member.kind {
            MemberKind::Field(field) => field.value.is_some_and(|value| {
                !member.is_static
                    && facts.span(value).contains(at)
                    && !matches!(facts.expr(value), Expr::Function(_))
            }),
            _ => false,
        });
        let function = facts.call(call).function;
        let in_method = facts.function(function).span.start > class.span.start;
        (inside && class.span.contains(at) && !in_method).then_some(ClassRef { file, id: ClassId(n as u32) })
    })
}

/// Where instances of the class are made.
fn instances(program: &Program, class: ClassRef, site: &Site, found: &mut Vec<Site>) {
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        for (n, call) in facts.calls.iter().enumerate() {
            if call.kind == CallKind::New
                && program.eval(Place { file, expr: call.callee }) == Value::Class(class)
                && (file, CallId(n as u32)) != (site.file, site.call)
            {
                walk(program, site.outer(file, CallId(n as u32)), found);
            }
        }
    }
}

/// What the expressions around this one do with it.
fn fate(program: &Program, at: Place, function: FnId, depth: u32) -> Fate {
    if depth > 12 {
        return Fate::PassedOn;
    }
    let facts = program.facts(at.file);
    let again = |expr: ExprId| fate(program, Place { file: at.file, expr }, function, depth + 1);
    let mut worst = Fate::Left;
    let own = facts.function(function);
    if own.returns.iter().any(|it| it.value == at.expr) {
        return Fate::Returned;
    }
    if leaves_in_closure(facts, at.expr, function) {
        return Fate::Returned;
    }
    for (n, outer) in facts.exprs.iter().enumerate() {
        let id = ExprId(n as u32);
        let next = match outer {
            Expr::Assign { target, value } if *value == at.expr => {
                assigned(program, at.file, *target, function)
            }
            Expr::Choice(list) if facts.list(*list).contains(&at.expr) => again(id),
            Expr::Array(list) if facts.list(*list).contains(&at.expr) => again(id),
            Expr::Await(inner) | Expr::Cast { expr: inner, .. } | Expr::Spread(inner)
                if *inner == at.expr =>
            {
                again(id)
            }
            Expr::Object(list) if facts.props(*list).iter().any(|prop| prop.value == at.expr) => again(id),
            // `createClient().connect()` and `prisma.$extends(…)` are the client again.
            Expr::Member { object, property }
                if *object == at.expr
                    && matches!(
                        facts.name(*property),
                        "connect" | "on" | "once" | "$extends" | "initialize"
                    ) =>
            {
                match called(facts, id) {
                    Some(call) => again(facts.call(call).expr),
                    None => Fate::Left,
                }
            }
            _ => Fate::Left,
        };
        worst = worst.max(next);
    }
    for (n, symbol) in facts.symbols.iter().enumerate() {
        if symbol.definition == Some(at.expr) {
            let name = Expr::Symbol(SymbolId(n as u32));
            let uses = facts.exprs.iter().enumerate().filter(|(_, expr)| **expr == name);
            worst = uses.map(|(n, _)| again(ExprId(n as u32))).fold(worst, Fate::max);
        }
    }
    for (n, call) in facts.calls.iter().enumerate() {
        if facts.list(call.args).contains(&at.expr) {
            worst = worst.max(handed(program, at.file, CallId(n as u32), function, depth));
        }
    }
    worst
}

/// A closure that is handed back takes along what it uses.
fn leaves_in_closure(facts: &FileFacts, expr: ExprId, function: FnId) -> bool {
    let used = facts.span(expr);
    facts.function(function).returns.iter().any(|it| {
        facts.functions.iter().any(|inner| {
            inner.expr.is_some_and(|expr| facts.span(it.value).contains(facts.span(expr)))
                && inner.span.contains(used)
        })
    })
}

fn called(facts: &FileFacts, callee: ExprId) -> Option<CallId> {
    facts.calls.iter().position(|call| call.callee == callee).map(|n| CallId(n as u32))
}

fn assigned(program: &Program, file: u32, target: ExprId, function: FnId) -> Fate {
    let facts = program.facts(file);
    match facts.expr(target) {
        Expr::Symbol(symbol) if facts.symbol(symbol).function == function => {
            let name = Expr::Symbol(symbol);
            let is_returned = facts.function(function).returns.iter().any(|it| facts.expr(it.value) == name);
            if is_returned { Fate::Returned } else { Fate::Left }
        }
        _ => Fate::Kept,
    }
}

/// The client is an argument: libraries wrap it, collections keep it, functions of the program may do anything.
fn handed(program: &Program, file: u32, call: CallId, function: FnId, depth: u32) -> Fate {
    let facts = program.facts(file);
    let it = facts.call(call);
    let name = crate::program::callee_name(facts, it.callee);
    match program.target(file, call) {
        _ if matches!(name, "set" | "push" | "add" | "register" | "provide" | "unshift") => Fate::Kept,
        Target::Api(api) if api.package == "global" => Fate::PassedOn,
        Target::Functions(..) | Target::Parameter | Target::Unresolved => Fate::PassedOn,
        _ => fate(program, Place { file, expr: it.expr }, function, depth + 1),
    }
}
