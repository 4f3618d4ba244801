//! What outlives a call: a variable of the module, or a field of a class that exists once; and whether anything empties it.

use rustc_hash::FxHashSet;

use crate::facts::{
    CallKind, ClassId, Expr, ExprId, FileFacts, FnId, MemberKind, NameId, Span, SymbolId, SymbolKind,
};
use crate::place::Place;
use crate::program::{ClassRef, Program, Role, Value};

/// Something that lives as long as the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    Variable { file: u32, symbol: SymbolId },
    Field { class: ClassRef, name: NameId },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Map,
    Set,
    List,
    Object,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::Set => "set",
            Self::List => "list",
            Self::Object => "object",
        }
    }
}

/// Whether something takes away what was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tidied {
    Yes,
    HandedOn,
    No,
}

/// What an expression of a function names, with whether it is one of several.
pub(super) fn of(program: &Program, instances: &Instances, at: Place) -> Option<(Holder, bool)> {
    named(program, instances, at, 0).map(|holder| (holder, false)).or_else(|| {
        let facts = program.facts(at.file);
        let Expr::Symbol(symbol) = facts.expr(at.expr) else { return None };
        let it = facts.symbol(symbol);
        if it.function == FnId(0) || !it.assignments.is_empty() {
            return None;
        }
        let definition = it.definition?;
        let parts = match facts.expr(definition) {
            Expr::Choice(list) => facts.list(list).iter().take(2).copied().collect(),
            _ => vec![definition],
        };
        let found =
            parts.into_iter().find_map(|expr| named(program, instances, Place { file: at.file, expr }, 0));
        found.map(|holder| (holder, true))
    })
}

fn named(program: &Program, instances: &Instances, at: Place, depth: u32) -> Option<Holder> {
    let facts = program.facts(at.file);
    match facts.expr(at.expr) {
        Expr::Symbol(symbol) => match facts.symbol(symbol).kind {
            SymbolKind::Import(_) if depth == 0 => named(program, instances, program.imported_place(at)?, 1),
            SymbolKind::Value if facts.symbol(symbol).function == FnId(0) => {
                Some(Holder::Variable { file: at.file, symbol })
            }
            _ => None,
        },
        Expr::Member { object, property } if facts.expr(object) == Expr::This => {
            let Value::Instance(class) = program.this_value(Place { file: at.file, expr: object }) else {
                return None;
            };
            lives_once(program, instances, class).then_some(Holder::Field { class, name: property })
        }
        Expr::Cast { expr, .. } => named(program, instances, Place { file: at.file, expr }, depth),
        _ => None,
    }
}

/// True for a class that a container makes once, or that is made at the top of modules only.
fn lives_once(program: &Program, instances: &Instances, class: ClassRef) -> bool {
    let facts = program.facts(class.file);
    let it = facts.class(class.id);
    let decorated = it.decorators.iter().find_map(|decorator| {
        let (name, args) = match facts.expr(*decorator) {
            Expr::Call(call) => {
                (crate::program::callee_name(facts, facts.call(call).callee), facts.args(call))
            }
            _ => (crate::program::callee_name(facts, *decorator), &[][..]),
        };
        matches!(
            name,
            "Injectable" | "Controller" | "Service" | "Resolver" | "Singleton" | "singleton" | "Processor"
        )
        .then_some((name, args))
    });
    if let Some((name, args)) = decorated {
        return !is_scoped(facts, name, args);
    }
    instances.of_modules.contains(&class) && !instances.of_functions.contains(&class)
}

/// The classes that `new` makes instances of, by where it stands.
#[derive(Debug, Default)]
pub(super) struct Instances {
    of_modules: FxHashSet<ClassRef>,
    of_functions: FxHashSet<ClassRef>,
}

impl Instances {
    pub(super) fn of(program: &Program) -> Self {
        let mut found = Self::default();
        for (n, facts) in program.files.iter().enumerate() {
            if matches!(program.roles[n], Role::Test | Role::Declaration) {
                continue;
            }
            for call in facts.calls.iter().filter(|call| call.kind == CallKind::New) {
                let callee = program.eval(Place { file: n as u32, expr: call.callee });
                let classes = callee.choices().iter().filter_map(|choice| match choice {
                    Value::Class(class) => Some(*class),
                    _ => None,
                });
                let at =
                    if call.function == FnId(0) { &mut found.of_modules } else { &mut found.of_functions };
                at.extend(classes);
            }
        }
        found
    }
}

/// `@Injectable({ scope: Scope.REQUEST })`.
fn is_scoped(facts: &FileFacts, name: &str, args: &[ExprId]) -> bool {
    args.iter().any(|arg| match facts.expr(*arg) {
        Expr::Object(list) => facts.property(list, "scope").is_some(),
        Expr::Str(_) => false,
        _ => name == "Injectable",
    })
}

/// What the holder is made as; none for anything but an empty or written-out collection.
pub(super) fn kind(program: &Program, holder: Holder) -> Option<Kind> {
    let (file, values) = values(program, holder);
    let facts = program.facts(file);
    let mut kinds = values.iter().map(|expr| kind_of(program, facts, file, *expr));
    let first = kinds.next()??;
    kinds.all(|kind| kind == Some(first)).then_some(first)
}

fn kind_of(program: &Program, facts: &FileFacts, file: u32, expr: ExprId) -> Option<Kind> {
    match facts.expr(expr) {
        Expr::Cast { expr, .. } => kind_of(program, facts, file, expr),
        Expr::Array(_) => Some(Kind::List),
        Expr::Object(_) => Some(Kind::Object),
        Expr::Call(call) if facts.call(call).kind == CallKind::New => {
            match program.eval(Place { file, expr: facts.call(call).callee }) {
                Value::Api(api) if api.package == "global" => match api.path.as_str() {
                    "Map" => Some(Kind::Map),
                    "Set" => Some(Kind::Set),
                    "Array" if facts.args(call).is_empty() => Some(Kind::List),
                    _ => None,
                },
                _ => None,
            }
        }
        Expr::Call(call) => match program.eval(Place { file, expr: facts.call(call).callee }) {
            Value::Api(api) if api.package == "global" && api.path == "Object.create" => Some(Kind::Object),
            _ => None,
        },
        _ => None,
    }
}

/// The values that the holder is given where it is declared.
fn values(program: &Program, holder: Holder) -> (u32, Vec<ExprId>) {
    match holder {
        Holder::Variable { file, symbol } => {
            let it = program.facts(file).symbol(symbol);
            (file, it.definition.into_iter().collect())
        }
        Holder::Field { class, name } => (class.file, fields(program.facts(class.file), class.id, name)),
    }
}

fn fields(facts: &FileFacts, class: ClassId, name: NameId) -> Vec<ExprId> {
    let members = facts.class(class).members.iter().filter(|member| member.name == name);
    members
        .filter_map(|member| match &member.kind {
            MemberKind::Field(field) => field.value,
            _ => None,
        })
        .collect()
}

pub(super) fn name(program: &Program, holder: Holder) -> String {
    match holder {
        Holder::Variable { file, symbol } => {
            let facts = program.facts(file);
            facts.name(facts.symbol(symbol).name).to_owned()
        }
        Holder::Field { class, name } => format!("this.{}", program.facts(class.file).name(name)),
    }
}

/// Where it is made.
pub(super) fn made(program: &Program, holder: Holder) -> (u32, Span) {
    let (file, values) = values(program, holder);
    let facts = program.facts(file);
    let span = match holder {
        Holder::Variable { symbol, .. } => facts.symbol(symbol).span,
        Holder::Field { class, .. } => {
            values.first().map_or(facts.class(class.id).span, |value| facts.span(*value))
        }
    };
    (file, span)
}

/// Looks at every mention of the holder, in other files too where it is a variable that they import.
pub(super) fn tidied(program: &Program, holder: Holder) -> Tidied {
    let mut answer = Tidied::No;
    let (file, made) = values(program, holder);
    if made.len() > 1 {
        return Tidied::Yes;
    }
    let files: Vec<u32> = match holder {
        Holder::Variable { file, symbol } if is_exported(program, holder) => {
            let facts = program.facts(file);
            let name = facts.name(facts.symbol(symbol).name);
            let all = 0..program.files.len() as u32;
            all.filter(|other| *other == file || imports_name(program.facts(*other), name)).collect()
        }
        _ => vec![file],
    };
    for file in files {
        match tidied_in(program, holder, file) {
            Tidied::Yes => return Tidied::Yes,
            Tidied::HandedOn => answer = Tidied::HandedOn,
            Tidied::No => {}
        }
    }
    answer
}

fn imports_name(facts: &FileFacts, name: &str) -> bool {
    facts.symbols.iter().any(|it| matches!(it.kind, SymbolKind::Import(_)) && facts.name(it.name) == name)
}

fn is_exported(program: &Program, holder: Holder) -> bool {
    let Holder::Variable { file, symbol } = holder else { return false };
    let facts = program.facts(file);
    facts.exports.iter().any(|export| match &export.target {
        crate::facts::ExportTarget::Value { value, .. } | crate::facts::ExportTarget::Default(value) => {
            facts.expr(*value) == Expr::Symbol(symbol)
                || facts.symbol(symbol).definition == Some(*value)
                || matches!(facts.expr(*value), Expr::Object(_))
        }
        _ => false,
    })
}

fn tidied_in(program: &Program, holder: Holder, file: u32) -> Tidied {
    let facts = program.facts(file);
    let mentions = |expr: ExprId| is_mention(program, holder, file, expr);
    if let Holder::Variable { file: own, symbol } = holder
        && own == file
        && !facts.symbol(symbol).assignments.is_empty()
    {
        return Tidied::Yes;
    }
    let mut answer = Tidied::No;
    for expr in &facts.exprs {
        match *expr {
            Expr::Member { object, property } if mentions(object) => {
                if matches!(
                    facts.name(property),
                    "delete"
                        | "clear"
                        | "pop"
                        | "shift"
                        | "splice"
                        | "size"
                        | "length"
                        | "fill"
                        | "copyWithin"
                ) {
                    return Tidied::Yes;
                }
            }
            // The constructor makes it; anywhere else it is made anew.
            Expr::Assign { target, .. }
                if mentions(target)
                    && matches!(holder, Holder::Field { .. })
                    && fields_assigned(facts, target) =>
            {
                return Tidied::Yes;
            }
            // `delete cache[key]` is one of the rare forms that only name their parts.
            Expr::Other(list) => {
                let deletes = facts.list(list).iter().any(|part| match facts.expr(*part) {
                    Expr::Index { object, .. } | Expr::Member { object, .. } => mentions(object),
                    _ => false,
                });
                if deletes {
                    return Tidied::Yes;
                }
            }
            Expr::Object(list) if facts.props(list).iter().any(|prop| mentions(prop.value)) => {
                answer = Tidied::HandedOn;
            }
            _ => {}
        }
    }
    let handed = facts.calls.iter().any(|call| facts.list(call.args).iter().any(|arg| mentions(*arg)))
        || facts.functions.iter().any(|it| it.returns.iter().any(|it| mentions(it.value)));
    // Whoever holds it by another name may empty it there.
    let aliased =
        facts.symbols.iter().any(|it| it.function != FnId(0) && it.definition.is_some_and(mentions));
    if handed || aliased { Tidied::HandedOn } else { answer }
}

/// True for an assignment to a field outside the constructor.
fn fields_assigned(facts: &FileFacts, target: ExprId) -> bool {
    let at = facts.span(target);
    !facts
        .classes
        .iter()
        .filter_map(|class| class.constructor)
        .any(|constructor| facts.function(constructor).span.contains(at))
}

fn is_mention(program: &Program, holder: Holder, file: u32, expr: ExprId) -> bool {
    let facts = program.facts(file);
    match (holder, facts.expr(expr)) {
        (Holder::Variable { file: own, symbol }, Expr::Symbol(found)) => {
            if own == file {
                return found == symbol;
            }
            matches!(facts.symbol(found).kind, SymbolKind::Import(_))
                && facts.name(facts.symbol(found).name)
                    == program.facts(own).name(program.facts(own).symbol(symbol).name)
                && program
                    .imported_place(Place { file, expr })
                    .is_some_and(|place| is_place_of(program, place, own, symbol))
        }
        (Holder::Field { class, name }, Expr::Member { object, property }) => {
            class.file == file && property == name && facts.expr(object) == Expr::This
        }
        _ => false,
    }
}

fn is_place_of(program: &Program, place: Place, file: u32, symbol: SymbolId) -> bool {
    let facts = program.facts(file);
    place.file == file
        && (facts.expr(place.expr) == Expr::Symbol(symbol)
            || facts.symbol(symbol).definition == Some(place.expr))
}
