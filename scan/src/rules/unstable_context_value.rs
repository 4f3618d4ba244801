//! Rule `unstable-context-value`: a provider hands a new value to its context at each render.
//!
//! React compares the value of a context by identity: an object, list or function written in the render is another
//! one each time, so all that read the context render again with the provider. That matters where the provider
//! renders for reasons of its own, with state or a hook that is no part of the value, and passes its children on:
//! those would stay as they are.

use rustc_hash::FxHashMap;
use tuneup_model::{Category, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::components;
use super::{Rule, paths, repeats};
use crate::facts::{CallId, CallKind, Expr, ExprId, FileFacts, FnId, Span, SymbolId, SymbolKind};
use crate::place::Place;
use crate::program::{FnRef, Program, callee_name};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "unstable-context-value",
        since: "0.1.0",
        severity: Severity::Low,
        category: Category::Rendering,
        summary: "A context provider makes a new value at each render",
        why: "React compares the value of a context by identity. An object written in the render is another one each time, so \
              every component that reads the context renders again whenever the provider does, `memo` or not, though nothing \
              in the value has changed. With a hundred readers one key press in a field beside the provider renders all of \
              them.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The React Compiler is on, few components read the context, or the provider only renders when its value \
                    changes.",
        proof: "Commits are counted by the React profiler while the provider renders without a change of its value",
        standing: Standing::Candidate {
            why: "none of 5 findings in repositories not seen before was right: the readers render anyway",
        },
    },
    check,
};

const SLOW: &str = r"
//- /cart.tsx
import { createContext, useContext, useState } from 'react';
import type { ReactNode } from 'react';

const CartContext = createContext(null);
export const useCart = () => useContext(CartContext);

export function CartProvider({ children }: { children: ReactNode }) {
  const [items, setItems] = useState([]);
  const [note, setNote] = useState('');
  return (
    <CartContext.Provider value={{ items, setItems }}>
      <input value={note} onChange={(event) => setNote(event.target.value)} />
      {children}
    </CartContext.Provider>
  );
}
export const Badge = () => <p>{useCart().items.length}</p>;
export const Bill = () => <p>{useCart().items.length}</p>;
export const Checkout = () => <p>{useCart().items.length}</p>;
export const Coupon = () => <p>{useCart().items.length}</p>;
export const Footer = () => <p>{useCart().items.length}</p>;
export const Header = () => <p>{useCart().items.length}</p>;
export const List = () => <p>{useCart().items.length}</p>;
export const Shipping = () => <p>{useCart().items.length}</p>;
export const Summary = () => <p>{useCart().items.length}</p>;
export const Total = () => <p>{useCart().items.length}</p>;
";

const FAST: &str = r"
//- /cart.tsx
import { createContext, useContext, useMemo, useState } from 'react';
import type { ReactNode } from 'react';

const CartContext = createContext(null);
export const useCart = () => useContext(CartContext);

export function CartProvider({ children }: { children: ReactNode }) {
  const [items, setItems] = useState([]);
  const [note, setNote] = useState('');
  const value = useMemo(() => ({ items, setItems }), [items]);
  return (
    <CartContext.Provider value={value}>
      <input value={note} onChange={(event) => setNote(event.target.value)} />
      {children}
    </CartContext.Provider>
  );
}
export const Badge = () => <p>{useCart().items.length}</p>;
export const Bill = () => <p>{useCart().items.length}</p>;
export const Checkout = () => <p>{useCart().items.length}</p>;
export const Coupon = () => <p>{useCart().items.length}</p>;
export const Footer = () => <p>{useCart().items.length}</p>;
export const Header = () => <p>{useCart().items.length}</p>;
export const List = () => <p>{useCart().items.length}</p>;
export const Shipping = () => <p>{useCart().items.length}</p>;
export const Summary = () => <p>{useCart().items.length}</p>;
export const Total = () => <p>{useCart().items.length}</p>;
";

fn check(program: &Program, report: &mut Report) {
    let mut readers = None;
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if !program.is_app(file) {
            continue;
        }
        for (n, call) in facts.calls.iter().enumerate() {
            let id = CallId(n as u32);
            if call.kind != CallKind::Jsx {
                continue;
            }
            let Some(provider) = provider(program, file, id) else { continue };
            if components::is_compiled(program, file) {
                continue;
            }
            let readers = readers.get_or_insert_with(|| readers_of_contexts(program));
            let count = readers.get(&provider.context).copied().unwrap_or_default();
            report.add(&RULE.doc, tell(program, &provider, count));
        }
    }
}

/// A rendered provider whose value is made in the render.
struct Provider {
    file: u32,
    call: CallId,
    component: FnId,
    /// Where the context is made.
    context: Place,
    /// The object, list or function that is made anew.
    value: ExprId,
}

fn provider(program: &Program, file: u32, id: CallId) -> Option<Provider> {
    let facts = program.facts(file);
    let call = facts.call(id);
    let Expr::Object(attributes) = facts.expr(*facts.args(id).first()?) else { return None };
    let given = facts.property(attributes, "value")?;
    let component = call.function;
    let value = fresh(facts, given, component)?;
    let name = components::react_name(program, file, id)?;
    let object = match (name.as_str(), facts.expr(call.callee)) {
        ("createContext().Provider", Expr::Member { object, .. }) => object,
        ("createContext()", _) => call.callee,
        _ => return None,
    };
    let context = context_place(program, Place { file, expr: object })?;
    Some(Provider { file, call: id, component, context, value })
}

/// The value itself or the variable of the component that holds it, where that is written anew at each render.
fn fresh(facts: &FileFacts, given: ExprId, component: FnId) -> Option<ExprId> {
    let expr = match facts.expr(given) {
        Expr::Symbol(symbol) => {
            let it = facts.symbol(symbol);
            if it.function != component || component == FnId(0) || !it.assignments.is_empty() {
                return None;
            }
            it.definition?
        }
        _ => given,
    };
    match facts.expr(expr) {
        Expr::Cast { expr, .. } => fresh(facts, expr, component),
        Expr::Object(list) if facts.props(list).iter().any(|prop| varies(facts, prop.value)) => Some(expr),
        Expr::Array(list) if facts.list(list).iter().any(|item| varies(facts, *item)) => Some(expr),
        _ => None,
    }
}

/// False for what is written out in the source.
fn varies(facts: &FileFacts, expr: ExprId) -> bool {
    !matches!(facts.expr(expr), Expr::Str(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Null | Expr::Undefined)
}

fn context_place(program: &Program, at: Place) -> Option<Place> {
    let at = program.imported_place(at).unwrap_or(at);
    match program.facts(at.file).expr(at.expr) {
        Expr::Symbol(symbol) => {
            Some(Place { file: at.file, expr: program.facts(at.file).symbol(symbol).definition? })
        }
        Expr::Call(_) => Some(at),
        _ => None,
    }
}

/// How many components and hooks read each context, by the place where it is made.
fn readers_of_contexts(program: &Program) -> FxHashMap<Place, u32> {
    let mut found: FxHashMap<Place, u32> = FxHashMap::default();
    let mut direct: Vec<(FnRef, Place)> = Vec::new();
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if !program.is_app(file) {
            continue;
        }
        for (n, call) in facts.calls.iter().enumerate() {
            let name = callee_name(facts, call.callee);
            if call.kind != CallKind::Call || !matches!(name, "useContext" | "use") {
                continue;
            }
            let Some(context) = facts.list(call.args).first() else { continue };
            if components::react_name(program, file, CallId(n as u32)).is_none() {
                continue;
            }
            if let Some(place) = context_place(program, Place { file, expr: *context }) {
                direct.push((FnRef { file, id: call.function }, place));
            }
        }
    }
    for (function, place) in direct {
        let facts = program.facts(function.file);
        let named = components::component_around(program, function);
        let is_hook = named
            .and_then(|id| facts.function(id).name)
            .is_some_and(|name| components::is_hook_name(facts.name(name)));
        let uses = match named {
            // What a hook reads, all components read that call it.
            Some(id) if is_hook => program.callers(FnRef { file: function.file, id }).len() as u32,
            _ => 1,
        };
        *found.entry(place).or_default() += uses;
    }
    found
}

/// Why the component renders by itself though its value stays the same: state or the result of a hook that is no part of it.
fn other_reason(program: &Program, it: &Provider) -> Option<String> {
    let facts = program.facts(it.file);
    let parts = parts_of(facts, facts.span(it.value), it.component);
    facts.calls.iter().enumerate().find_map(|(n, call)| {
        let name = callee_name(facts, call.callee);
        if call.function != it.component
            || call.kind != CallKind::Call
            || !components::is_hook_name(name)
            || components::is_quiet_hook(name)
            || facts.span(call.expr).start > facts.span(it.value).start
        {
            return None;
        }
        // Hooks of the program may keep nothing: those of React and of routers say what they are.
        if !RENDERING.contains(&name) {
            components::react_name(program, it.file, CallId(n as u32))?;
        }
        let results: Vec<SymbolId> = results_of(facts, call.expr);
        let held = results.first()?;
        let is_part = results.iter().any(|symbol| parts.contains(symbol));
        // State that is set and never read is there to render on purpose.
        (!is_part && is_read(facts, *held)).then(|| {
            format!(
                "it renders for `{}`, which is no part of the value",
                facts.name(facts.symbol(*held).name)
            )
        })
    })
}

fn is_read(facts: &FileFacts, held: SymbolId) -> bool {
    facts.exprs.contains(&Expr::Symbol(held))
}

/// Hooks of public libraries that render a component when the page moves or data comes.
const RENDERING: &[&str] = &[
    "useLocation",
    "useSearchParams",
    "usePathname",
    "useParams",
    "useQuery",
    "useMutation",
    "useSWR",
    "useSelector",
    "useFetcher",
];

/// The variables that hold a result or a part of it: `const [open, setOpen] = useState()`.
fn results_of(facts: &FileFacts, result: ExprId) -> Vec<SymbolId> {
    let holds = |made: ExprId| match facts.expr(made) {
        Expr::Item { object, n: 0 } => object == result,
        _ => made == result,
    };
    let found = facts.symbols.iter().enumerate().filter(|(_, it)| it.definition.is_some_and(holds));
    found.map(|(n, _)| SymbolId(n as u32)).collect()
}

/// True where the provider passes its own children on: those stay the same when it renders by itself.
fn passes_children_on(program: &Program, it: &Provider) -> bool {
    let facts = program.facts(it.file);
    let Some(Expr::Object(attributes)) = facts.args(it.call).first().map(|given| facts.expr(*given)) else {
        return false;
    };
    let Some(children) = facts.property(attributes, "children") else { return false };
    let within = facts.span(children);
    facts.exprs.iter().zip(&facts.spans).any(|(expr, span)| {
        within.contains(*span)
            && match expr {
                Expr::Symbol(symbol) => facts.name(facts.symbol(*symbol).name) == "children",
                Expr::Member { property, .. } => facts.name(*property) == "children",
                _ => false,
            }
    })
}

/// What a variable is a part of: the call of `const { width } = useSize(box)`.
fn whole(facts: &FileFacts, part: ExprId) -> ExprId {
    let mut at = part;
    while let Expr::Member { object, .. } | Expr::Item { object, .. } | Expr::Rest(object) = facts.expr(at) {
        at = object;
    }
    at
}

/// The variables of the component that the value is made of, by way of others and of functions too.
fn parts_of(facts: &FileFacts, value: Span, component: FnId) -> Vec<SymbolId> {
    let mut spans = vec![value];
    let mut found: Vec<SymbolId> = Vec::new();
    while let Some(within) = spans.pop() {
        for (expr, span) in facts.exprs.iter().zip(&facts.spans) {
            let Expr::Symbol(symbol) = *expr else { continue };
            let it = facts.symbol(symbol);
            if !within.contains(*span) || it.function != component || found.contains(&symbol) {
                continue;
            }
            found.push(symbol);
            spans.extend(
                it.definition.iter().chain(&it.assignments).map(|made| facts.span(whole(facts, *made))),
            );
            if let SymbolKind::Function(function) = it.kind {
                spans.push(facts.function(function).span);
            }
        }
    }
    found
}

/// Fewer readers than this cost nothing.
const FEW_READERS: u32 = 10;

fn tell(program: &Program, it: &Provider, readers: u32) -> Draft {
    let facts = program.facts(it.file);
    let callee = paths::callee_text(program, it.file, it.call);
    let component = facts
        .function(it.component)
        .name
        .map_or_else(|| "the component".to_owned(), |name| format!("`{}`", facts.name(name)));
    let what = match facts.expr(it.value) {
        Expr::Array(_) => "list",
        _ => "object",
    };
    let message = format!(
        "{component} hands a new {what} to `{callee}` at each render, so that its {readers} readers render too"
    );
    let anchor = format!("{component} › {callee}");
    let mut draft = Draft::new(Where::Code(paths::call_at(program, it.file, it.call)), message, anchor);
    draft.severity = Severity::Low;
    draft.rank = 15 + readers.min(20);
    match other_reason(program, it) {
        Some(reason) => draft.evidence.push((EvidenceKind::Fact, reason, Where::Nowhere)),
        None => draft.doubt("nothing says that it renders without a change of the value"),
    }
    if !passes_children_on(program, it) {
        draft.doubt("what stands below it is made anew with it anyway");
    }
    if readers < FEW_READERS {
        draft.doubt("few components read the context");
    }
    if facts.function(it.component).name.is_none() {
        draft.doubt("the component around the provider is not known");
    }
    draft.help = format!(
        "hold the {what} by `useMemo` with what it is made of as dependencies, and functions in it by `useCallback`"
    );
    draft.fix = Some(repeats::unsafe_fix(format!("hold the {what} by `useMemo`")));
    draft.cost = Some(Cost {
        now: "r renders for each of the provider's".to_owned(),
        after: "r for each change of the value".to_owned(),
        counts: vec![Count { variable: "r".to_owned(), of: "components that read the context".to_owned() }],
    });
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    fn check(text: &str) {
        laws::check(&RULE, text);
    }

    const READERS: &str = "
//- /context.tsx
import React, { createContext } from 'react';
export const Draft = createContext(null);
export function useDraft() { return React.useContext(Draft); }
//- /readers.tsx
import { useDraft } from './context';
export const A = () => <p>{useDraft().text}</p>;
export const B = () => <p>{useDraft().text}</p>;
export const C = () => <p>{useDraft().text}</p>;
export const D = () => <p>{useDraft().text}</p>;
export const E = () => <p>{useDraft().text}</p>;
export const F = () => <p>{useDraft().text}</p>;
export const G = () => <p>{useDraft().text}</p>;
export const H = () => <p>{useDraft().text}</p>;
export const I = () => <p>{useDraft().text}</p>;
export const J = () => <p>{useDraft().text}</p>;
";

    #[test]
    fn a_provider_in_another_file_that_renders_when_the_page_moves() {
        check(&format!(
            "{READERS}
//- /provider.tsx
import React from 'react';
import {{ useLocation }} from 'react-router-dom';
import {{ Draft }} from './context';
export function DraftProvider({{ children }}) {{
  const [text, setText] = React.useState('');
  const location = useLocation();
  const clear = () => setText('');
  React.useEffect(() => {{ window.scrollTo(0, 0); }}, [location]);
  const value = {{ text, setText, clear }};
  return <Draft.Provider value={{value}}>{{children}}</Draft.Provider>;
//       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unstable-context-value: `DraftProvider` hands a new object to `Draft.Provider` at each render, so that its 10 readers render too
}}
"
        ));
    }

    #[test]
    fn state_that_is_all_in_the_value_and_children_made_anew_are_fine() {
        check(&format!(
            "{READERS}
//- /provider.tsx
import {{ useState }} from 'react';
import {{ Draft }} from './context';
import {{ A, B, C }} from './readers';
export function All({{ children }}) {{
  const [text, setText] = useState('');
  const [size, setSize] = useState(0);
  const toggle = () => setSize(size + 1);
  return <Draft.Provider value={{{{ text, setText, toggle }}}}>{{children}}</Draft.Provider>;
}}
export function Own() {{
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  return <Draft.Provider value={{{{ text, setText }}}}><A /><B /><C open={{open}} /></Draft.Provider>;
}}
"
        ));
    }

    #[test]
    fn the_context_itself_as_provider_and_a_state_that_is_not_in_the_value() {
        check(&format!(
            "{READERS}
//- /provider.tsx
import {{ useState }} from 'react';
import {{ Draft }} from './context';
export function DraftProvider({{ children }}) {{
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  return (
    <Draft value={{{{ text, setText }}}}>
//  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unstable-context-value
      <button onClick={{() => setOpen(!open)}} />{{children}}
    </Draft>
  );
}}
"
        ));
    }

    #[test]
    fn held_values_few_readers_and_the_compiler_are_fine() {
        check(&format!(
            "{READERS}
//- /provider.tsx
import {{ createContext, useContext, useMemo, useState }} from 'react';
import {{ Draft }} from './context';
const Few = createContext(null);
const FIXED = {{ text: '' }};
export function Held({{ children, theme }}) {{
  const [text, setText] = useState('');
  const value = useMemo(() => ({{ text, setText }}), [text]);
  return <Draft.Provider value={{value}}><i className={{theme}}>{{children}}</i></Draft.Provider>;
}}
export function Fixed({{ children, theme }}) {{
  return <Draft.Provider value={{FIXED}}><i className={{theme}}>{{children}}</i></Draft.Provider>;
}}
export function ForFew({{ children }}) {{
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  return <Few.Provider value={{{{ text, setText }}}}><i className={{open}}>{{children}}</i></Few.Provider>;
}}
export function Reader() {{ return <p>{{useContext(Few).text}}</p>; }}
"
        ));
        check(&format!(
            "{READERS}
//- /package.json
{{ \"name\": \"a\", \"dependencies\": {{ \"babel-plugin-react-compiler\": \"1\" }} }}
//- /provider.tsx
import {{ useState }} from 'react';
import {{ Draft }} from './context';
export function Provider({{ children }}) {{
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  return <Draft.Provider value={{{{ text, setText }}}}><i className={{open}}>{{children}}</i></Draft.Provider>;
}}
"
        ));
    }
}
