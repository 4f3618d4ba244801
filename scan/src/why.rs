//! `--why FILE:LINE`: what was or was not concluded about a line, and on what ground.

use std::fmt;

use tuneup_model::Bound;

use crate::analysis::{Loaded, Options, load};
use crate::facts::CallId;
use crate::place::Place;
use crate::program::{FnRef, Origin, Program, Target, Value};
use crate::source::SourceTree;

/// What is known of a line, ready to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub lines: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhyError {
    #[error("`{file}` is not a source file of this tree")]
    UnknownFile { file: String },
    #[error("`{file}` has {lines} lines, there is no line {line}")]
    NoSuchLine { file: String, line: u32, lines: u32 },
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Explains the calls that start on a line.
pub fn why(
    tree: &dyn SourceTree,
    options: &Options<'_>,
    file: &str,
    line: u32,
) -> Result<Explanation, WhyError> {
    let unknown = || WhyError::UnknownFile { file: file.to_owned() };
    let path = crate::resolve::path::join(options.focus, file).ok_or_else(unknown)?;
    let Loaded { program, .. } = load(tree, options);
    let found = program.files.iter().position(|facts| facts.path == path);
    let index = found.ok_or_else(unknown)?;
    let facts = &program.files[index];
    if line == 0 || line > facts.lines {
        return Err(WhyError::NoSuchLine { file: file.to_owned(), line, lines: facts.lines });
    }
    let text = tree.read(&path).unwrap_or_default();
    let start = text.split_inclusive('\n').take(line as usize - 1).map(str::len).sum::<usize>();
    let end = start + text[start..].find('\n').unwrap_or(text.len() - start);
    let mut lines = vec![format!("{file}:{line}: {} file", role_name(&program, index as u32))];
    let on_line = |at: crate::facts::Span| {
        (at.start as usize) < end && at.start as usize >= start
            || (at.end as usize) > start && at.end as usize <= end
    };
    for (n, call) in facts.calls.iter().enumerate() {
        if on_line(facts.span(call.callee))
            || on_line(crate::facts::Span {
                start: facts.span(call.callee).end,
                end: facts.span(call.callee).end,
            })
        {
            explain(&program, index as u32, CallId(n as u32), &mut lines);
        }
    }
    if lines.len() == 1 {
        lines.push("no call starts on this line".to_owned());
    }
    Ok(Explanation { lines })
}

fn role_name(program: &Program, file: u32) -> &'static str {
    match program.roles[file as usize] {
        crate::program::Role::App => "application",
        crate::program::Role::Test => "test",
        crate::program::Role::Script => "script",
        crate::program::Role::Client => "browser",
        crate::program::Role::Declaration => "declaration",
    }
}

fn explain(program: &Program, file: u32, call: CallId, lines: &mut Vec<String>) {
    let facts = program.facts(file);
    let it = facts.call(call);
    let name = program.expr_text(file, it.callee);
    lines.push(format!("call `{name}`"));
    lines.push(format!("  target: {}", target_text(program, file, call)));
    if let Target::Unresolved = program.target(file, call)
        && let crate::facts::Expr::Member { object, .. } = facts.expr(it.callee)
    {
        let value = program.eval(Place { file, expr: object });
        lines.push(format!(
            "  receiver `{}`: {}",
            program.expr_text(file, object),
            value_text(program, &value)
        ));
    }
    if let Target::Query(query) = program.target(file, call) {
        let query = &program.queries[*query as usize];
        let shape = &query.shape;
        lines.push(format!(
            "  query: {:?} on {}",
            shape.operation,
            shape.table.name().unwrap_or("an unknown table")
        ));
        let filter: Vec<String> = shape
            .filter
            .all_of
            .iter()
            .map(|it| format!("{}.{} {:?}", it.column.table, it.column.column, it.op))
            .collect();
        let unknown = if shape.filter.has_unknown { " and more that is not known" } else { "" };
        lines.push(format!(
            "  filter: {}{unknown}",
            if filter.is_empty() { "none".to_owned() } else { filter.join(", ") }
        ));
        lines.push(format!("  limit: {}, offset: {}", bound_text(shape.limit), bound_text(shape.offset)));
        if query.assumed {
            lines.push(
                "  the client was not followed to its making; model and method of the schema speak for it"
                    .to_owned(),
            );
        }
    }
    for iteration in program.iterations(file, call) {
        let over = iteration
            .collection
            .map_or_else(|| "a condition".to_owned(), |expr| program.expr_text(file, expr));
        lines.push(format!("  in a loop over `{over}`: {:?}, {:?}", iteration.class, iteration.concurrency));
    }
    lines.push(format!("  {}", reached_text(program, FnRef { file, id: it.function })));
}

fn bound_text(bound: Bound) -> String {
    match bound {
        Bound::Absent => "none".to_owned(),
        Bound::Constant(n) => n.to_string(),
        Bound::Dynamic => "given by a value".to_owned(),
        Bound::Unknown => "not known".to_owned(),
    }
}

fn target_text(program: &Program, file: u32, call: CallId) -> String {
    match program.target(file, call) {
        Target::Unresolved => "not resolved".to_owned(),
        Target::Plain => "known, without effects".to_owned(),
        Target::Functions(functions, memo) => {
            let names: Vec<String> = functions
                .iter()
                .map(|function| {
                    format!("{} ({})", program.function_name(*function), program.facts(function.file).path)
                })
                .collect();
            let memo = memo.map_or("", |_| ", memoized");
            format!("{}{memo}", names.join(" or "))
        }
        Target::Query(_) => "a query".to_owned(),
        Target::Api(api) => format!("`{}` of `{}`", api.path, api.package),
        Target::Client(name) => format!("`{name}` of the database client"),
        Target::Parameter => "a function given by the caller".to_owned(),
    }
}

fn value_text(program: &Program, value: &Value) -> String {
    match value {
        Value::Unknown => "not known".to_owned(),
        Value::Instance(class) => {
            let facts = program.facts(class.file);
            format!(
                "an instance of {}",
                facts.class(class.id).name.map_or("a class", |name| facts.name(name))
            )
        }
        Value::Shape { file, id } => {
            let facts = program.facts(*file);
            let name = facts.interfaces[id.index()].name.map_or("an object type", |name| facts.name(name));
            format!("typed as {name}, which no class of the program implements")
        }
        Value::Api(api) => format!("`{}` of `{}`", api.path, api.package),
        Value::Client(_) => "a Prisma client".to_owned(),
        Value::Rows { .. } => "rows of a query".to_owned(),
        Value::Either(choices) => {
            let parts: Vec<String> = choices.iter().map(|choice| value_text(program, choice)).collect();
            parts.join(" or ")
        }
        other => format!("{other:?}").split(['(', ' ', '{']).next().unwrap_or_default().to_lowercase(),
    }
}

fn reached_text(program: &Program, function: FnRef) -> String {
    let mut current = function;
    let mut hops = Vec::new();
    for _ in 0..40 {
        match program.origin(current) {
            None if hops.is_empty() => return "no entry point reaches this function".to_owned(),
            None => break,
            Some(Origin::Entry(entry)) => {
                let entry = &program.entries[entry as usize];
                hops.push(format!(
                    "{} {:?} `{}`",
                    program.function_name(entry.function),
                    entry.kind,
                    entry.label
                ));
                break;
            }
            Some(Origin::Call { file, call }) => {
                hops.push(program.function_name(current));
                current = FnRef { file, id: program.facts(file).call(call).function };
            }
            Some(Origin::Within(outer) | Origin::Named(outer)) => {
                hops.push(program.function_name(current));
                current = outer;
            }
        }
    }
    hops.reverse();
    hops.dedup();
    format!("reached from {}", hops.join(" → "))
}
