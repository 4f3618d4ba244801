//! What the rules on React share: which calls are hooks, which functions are components, what an effect lets go of, and
//! whether the compiler memoizes by itself.

use crate::facts::{CallId, CallKind, Expr, ExprId, FileFacts, FnId};
use crate::place::Place;
use crate::program::{FnRef, Program, Value};

/// The name of what is called, where React gives it: `useEffect`, `createContext().Provider`.
pub(super) fn react_name(program: &Program, file: u32, call: CallId) -> Option<String> {
    let callee = program.facts(file).call(call).callee;
    let value = program.eval(Place { file, expr: callee });
    value.choices().iter().find_map(|choice| match choice {
        Value::Api(api) if matches!(&*api.package, "react" | "preact" | "preact/hooks" | "preact/compat") => {
            Some(api.plain_path().to_owned())
        }
        _ => None,
    })
}

/// True where the React Compiler is part of the build: it keeps values and elements by itself.
pub(super) fn is_compiled(program: &Program, file: u32) -> bool {
    ["babel-plugin-react-compiler", "react-compiler-runtime", "react-compiler-webpack"]
        .iter()
        .any(|package| program.depends_on(file, package))
}

/// An effect: the call of the hook, and the function that it runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effect {
    pub(super) hook: CallId,
    pub(super) function: FnId,
    pub(super) runs: Runs,
}

/// When an effect runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runs {
    /// Once for each time that the component comes up.
    Once,
    /// Again when something changes.
    Again,
}

/// The effects of a file.
pub(super) fn effects(program: &Program, file: u32) -> Vec<Effect> {
    let facts = program.facts(file);
    let mut found = Vec::new();
    for (n, call) in facts.calls.iter().enumerate() {
        let args = facts.list(call.args);
        let Some(Expr::Function(function)) = args.first().map(|arg| facts.expr(*arg)) else { continue };
        let hook = CallId(n as u32);
        if call.kind != CallKind::Call || !callee_ends(facts, call.callee, "Effect") {
            continue;
        }
        let is_effect = react_name(program, file, hook).is_some_and(|name| {
            matches!(name.as_str(), "useEffect" | "useLayoutEffect" | "useInsertionEffect")
        });
        if !is_effect {
            continue;
        }
        let runs = match args.get(1).map(|deps| facts.expr(*deps)) {
            Some(Expr::Array(list)) if list.len == 0 => Runs::Once,
            _ => Runs::Again,
        };
        found.push(Effect { hook, function, runs });
    }
    found
}

fn callee_ends(facts: &FileFacts, callee: ExprId, end: &str) -> bool {
    crate::program::callee_name(facts, callee).ends_with(end)
}

/// The component or hook around a function, itself included: by convention they begin with a capital or `use`.
pub(super) fn component_around(program: &Program, function: FnRef) -> Option<FnId> {
    let facts = program.facts(function.file);
    let mut id = function.id;
    for _ in 0..32 {
        let it = facts.function(id);
        if it.name.is_some_and(|name| is_component_name(facts.name(name)) || is_hook_name(facts.name(name)))
            && it.class.is_none()
        {
            return Some(id);
        }
        id = it.parent.filter(|parent| *parent != FnId(0))?;
    }
    None
}

pub(super) fn is_component_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
}

pub(super) fn is_hook_name(name: &str) -> bool {
    name.strip_prefix("use").is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_uppercase()))
}

/// True where nothing takes the value of the expression.
pub(super) fn is_dropped(facts: &FileFacts, expr: ExprId) -> bool {
    let is_kept =
        facts.symbols.iter().any(|it| it.definition == Some(expr) || it.assignments.contains(&expr))
            || facts.functions.iter().any(|it| it.returns.iter().any(|it| it.value == expr))
            || facts.lists.contains(&expr)
            || facts.props.iter().any(|prop| prop.value == expr)
            || facts.exprs.iter().any(|it| match it {
                Expr::Assign { value, .. } => *value == expr,
                Expr::Member { object, .. } => *object == expr,
                Expr::Spread(inner) | Expr::Not(inner) => *inner == expr,
                Expr::Binary { left, right, .. } => *left == expr || *right == expr,
                _ => false,
            });
    !is_kept
}

/// Hooks that seldom or never make a component render.
pub(super) fn is_quiet_hook(name: &str) -> bool {
    matches!(
        name,
        "useEffect"
            | "useLayoutEffect"
            | "useRef"
            | "useMemo"
            | "useCallback"
            | "useId"
            | "useImperativeHandle"
            | "useRouter"
            | "useDispatch"
            | "useTranslation"
            | "useTranslations"
            | "useNavigate"
            | "useQueryClient"
            | "useInsertionEffect"
            | "useTheme"
            | "useStyles"
    )
}

/// True for the outer function itself and for closures that run in place in it.
pub(super) fn runs_in(program: &Program, file: u32, function: FnId, outer: FnId) -> bool {
    let mut id = function;
    for _ in 0..8 {
        if id == outer {
            return true;
        }
        match program.runs_at(FnRef { file, id }) {
            Some(call) => id = program.facts(file).call(call).function,
            None => return false,
        }
    }
    false
}
