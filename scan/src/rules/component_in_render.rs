//! Rule `component-in-render`: a component is defined inside another one and rendered there.
//!
//! React tells components apart by the identity of the function. One that is defined in the render is another one each
//! time, so its elements are thrown away and made anew, with their state, focus and effects.

use tuneup_model::{Category, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::components;
use super::size::{Size, size};
use super::{Rule, paths, repeats};
use crate::facts::{Call, CallId, CallKind, Expr, ExprId, FileFacts, FnId, SymbolKind};
use crate::place::Place;
use crate::program::{FnRef, Program, Value, callee_name};
use crate::report::{At, Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "component-in-render",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Rendering,
        summary: "A component is defined inside another one, so that each render makes it anew",
        why: "React keeps an element where the component has the same identity as before. A function defined in the render is \
              another one each time: all below it is unmounted and mounted again at each render of the outer component. \
              Inputs lose their focus, state is lost, effects and requests run again, and the browser builds every element \
              of it anew.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The outer component renders once, or the function is called like any other instead of being rendered.",
        proof: "Mounts of the inner component are counted while the outer one renders",
        standing: Standing::Candidate { why: "7 of 12 findings in repositories not seen before were right" },
    },
    check,
};

const SLOW: &str = r"
//- /People.tsx
import { useState } from 'react';

export function People({ people }: { people: { id: string; name: string }[] }) {
  const [filter, setFilter] = useState('');
  const Row = ({ name }: { name: string }) => <li>{name}</li>;
  return (
    <ul>
      <input value={filter} onChange={(event) => setFilter(event.target.value)} />
      {people.map((person) => <Row key={person.id} name={person.name} />)}
    </ul>
  );
}
";

const FAST: &str = r"
//- /People.tsx
import { useState } from 'react';

const Row = ({ name }: { name: string }) => <li>{name}</li>;

export function People({ people }: { people: { id: string; name: string }[] }) {
  const [filter, setFilter] = useState('');
  return (
    <ul>
      <input value={filter} onChange={(event) => setFilter(event.target.value)} />
      {people.map((person) => <Row key={person.id} name={person.name} />)}
    </ul>
  );
}
";

fn check(program: &Program, report: &mut Report) {
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if !program.is_app(file) {
            continue;
        }
        let mut told = Vec::new();
        for n in 0..facts.calls.len() as u32 {
            let Some(inner) = inner(program, file, CallId(n)) else { continue };
            if !told.contains(&inner.made) {
                told.push(inner.made);
                report.add(&RULE.doc, tell(program, &inner));
            }
        }
    }
}

/// A component that is made where it is rendered.
struct Inner {
    file: u32,
    /// Where it is rendered.
    call: CallId,
    outer: FnId,
    made: ExprId,
}

fn inner(program: &Program, file: u32, id: CallId) -> Option<Inner> {
    let facts = program.facts(file);
    let call = facts.call(id);
    let Expr::Symbol(symbol) = facts.expr(call.callee) else { return None };
    let it = facts.symbol(symbol);
    if call.kind != CallKind::Jsx || it.function == FnId(0) || !it.assignments.is_empty() {
        return None;
    }
    let outer = it.function;
    let made = match it.kind {
        SymbolKind::Function(function) => facts.function(function).expr?,
        SymbolKind::Value => it.definition.filter(|made| makes_component(program, file, *made))?,
        _ => return None,
    };
    let name = facts.function(outer).name.map(|name| facts.name(name))?;
    let renders = components::runs_in(program, file, call.function, outer);
    (components::is_component_name(name) && facts.function(outer).class.is_none() && renders)
        .then_some(Inner { file, call: id, outer, made })
}

/// A function, or one of the wrappers of React around one.
fn makes_component(program: &Program, file: u32, made: ExprId) -> bool {
    let facts = program.facts(file);
    match facts.expr(made) {
        Expr::Function(_) => true,
        Expr::Cast { expr, .. } => makes_component(program, file, expr),
        Expr::Call(call) => match program.eval(Place { file, expr: facts.call(call).callee }) {
            Value::Api(api) => match &*api.package {
                "react" => matches!(api.plain_path(), "memo" | "forwardRef" | "lazy"),
                "next/dynamic" => true,
                "styled-components" | "@emotion/styled" => !api.plain_path().is_empty(),
                _ => false,
            },
            _ => false,
        },
        _ => false,
    }
}

/// True where the component calls a hook: without one it only renders when it is told to.
fn uses_hooks(facts: &FileFacts, component: FnId) -> bool {
    facts.calls.iter().any(|call| {
        call.function == component
            && call.kind == CallKind::Call
            && components::is_hook_name(callee_name(facts, call.callee))
            && !components::is_quiet_hook(callee_name(facts, call.callee))
    })
}

/// Components below the inner one from which on making them anew is felt: an empty state has three or four.
const MANY_COMPONENTS: usize = 6;

/// True where much is lost or made anew: what stands between its tags, one per row, an input, state, or many elements.
fn is_weighty(program: &Program, it: &Inner) -> bool {
    let facts = program.facts(it.file);
    let span = facts.span(it.made);
    let call = facts.call(it.call);
    let takes_children = match facts.list(call.args).first().map(|given| facts.expr(*given)) {
        Some(Expr::Object(list)) => facts.property(list, "children").is_some(),
        _ => false,
    };
    if takes_children || is_row(program, it) || !matches!(facts.expr(it.made), Expr::Function(_)) {
        return true;
    }
    let within = || facts.calls.iter().filter(|inner| span.contains(facts.span(inner.expr)));
    let is_input =
        within().any(|inner| match facts.list(inner.args).first().map(|given| facts.expr(*given)) {
            Some(Expr::Object(list)) => {
                inner.kind == CallKind::Jsx
                    && ["onChange", "onChangeText"].iter().any(|name| facts.property(list, name).is_some())
            }
            _ => false,
        });
    let holds_state = within().any(|inner| {
        inner.kind == CallKind::Call && components::is_hook_name(callee_name(facts, inner.callee))
    });
    let draws_rows = within()
        .any(|inner| callee_name(facts, inner.callee) == "map" && is_of_many(program, it.file, inner.callee));
    let elements = within().filter(|inner| inner.kind == CallKind::Jsx).count();
    let opens = call.guard.is_none() && within().any(|inner| is_opened(program, it.file, inner));
    is_input || holds_state || draws_rows || opens || elements >= MANY_COMPONENTS
}

/// True where it is rendered once per element of a list that is not a handful by nature.
fn is_row(program: &Program, it: &Inner) -> bool {
    let facts = program.facts(it.file);
    let function = facts.call(it.call).function;
    let mapped = program.runs_at(FnRef { file: it.file, id: function }).map(|at| facts.call(at).callee);
    function != it.outer && mapped.is_none_or(|callee| is_of_many(program, it.file, callee))
}

/// `rows.map`, where the rows are not a handful by nature.
fn is_of_many(program: &Program, file: u32, callee: ExprId) -> bool {
    match program.facts(file).expr(callee) {
        Expr::Member { object, .. } => size(program, Place { file, expr: object }) != Size::Bounded,
        _ => true,
    }
}

/// A dialog, a popover, a form: the program's own component around other elements that holds state.
fn is_opened(program: &Program, file: u32, element: &Call) -> bool {
    let facts = program.facts(file);
    let wraps = match facts.list(element.args).first().map(|given| facts.expr(*given)) {
        Some(Expr::Object(list)) => facts.property(list, "children").is_some(),
        _ => false,
    };
    if element.kind != CallKind::Jsx || !wraps {
        return false;
    }
    match program.eval(Place { file, expr: element.callee }) {
        Value::Function(made) => uses_hooks(program.facts(made.file), made.id),
        _ => false,
    }
}

fn tell(program: &Program, it: &Inner) -> Draft {
    let facts = program.facts(it.file);
    let name = paths::callee_text(program, it.file, it.call);
    let outer = facts.function(it.outer).name.map_or("", |name| facts.name(name));
    let message =
        format!("`{name}` is another component at each render of `{outer}`: all below it is made anew");
    let anchor = format!("{outer} › {name}");
    let at = At { file: it.file, span: facts.span(it.made) };
    let mut draft = Draft::new(Where::Code(at), message, anchor);
    draft.rank = 20;
    let rendered = Where::Code(paths::call_at(program, it.file, it.call));
    draft.evidence.push((EvidenceKind::Source, format!("`{name}` is rendered here"), rendered));
    if !is_weighty(program, it) {
        draft.doubt("few elements are below it, which are quickly made");
    }
    if facts.function(it.outer).is_async {
        draft.doubt("a server renders it, once");
    } else if !uses_hooks(facts, it.outer) {
        draft.doubt("nothing says that the outer component renders again");
    }
    draft.help = format!(
        "move `{name}` out of `{outer}` and hand it what it needs as properties, or call it as a plain function that gives elements"
    );
    draft.fix = Some(repeats::unsafe_fix(format!("move `{name}` out of `{outer}`")));
    draft.cost = Some(Cost {
        now: "n × m elements made".to_owned(),
        after: "those that changed".to_owned(),
        counts: vec![
            Count { variable: "n".to_owned(), of: format!("renders of `{outer}`") },
            Count { variable: "m".to_owned(), of: format!("elements below `{name}`") },
        ],
    });
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    #[test]
    fn functions_and_wrapped_components() {
        laws::check(
            &RULE,
            "
//- /Page.tsx
import { memo, useState } from 'react';
import dynamic from 'next/dynamic';
export const Page = ({ rows }) => {
  const [open, setOpen] = useState(false);
  function Head() { return rows.map((row) => <i>{row}</i>); }
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ component-in-render: `Head` is another component at each render of `Page`
  const Foot = memo(() => <footer />);
//             ^^^^^^^^^^^^^^^^^^^^^^ component-in-render: `Foot`
  const Map = dynamic(() => import('./Map'));
//            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ component-in-render: `Map`
  return <div><Head /><Foot /><Map />{open && <Head />}</div>;
};
",
        );
    }

    #[test]
    fn chosen_kept_called_or_wrapped_components_are_fine() {
        laws::check(
            &RULE,
            "
//- /Page.tsx
import { useMemo, useState } from 'react';
import { Open, Closed } from './icons';
export const Page = ({ rows, as: Tag }) => {
  const [open, setOpen] = useState(false);
  const Icon = open ? Open : Closed;
  const Kept = useMemo(() => function Kept() { return <i />; }, []);
  const head = () => <h1>{open}</h1>;
  const Dot = () => <i>{open}</i>;
  return <div><Icon /><Kept /><Tag /><Dot />{head()}</div>;
};
export function withTheme(Inner) {
  const Themed = (props) => { const [theme] = useState(''); return <Inner {...props} theme={theme} />; };
  return Themed;
}
export function Once() {
  const Row = () => <li />;
  return <ul><Row /></ul>;
}
//- /Page.test.tsx
import { useState } from 'react';
export function Outer() { const [x] = useState(0); const A = () => <i />; return <A />; }
",
        );
    }
}
