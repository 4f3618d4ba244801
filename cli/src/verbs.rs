//! One file for each verb: its arguments, whose comments are its help, and what it does.

pub(crate) mod completions;
pub(crate) mod facts;
pub(crate) mod init;
pub(crate) mod man;
pub(crate) mod rule;
pub(crate) mod scan;

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::Exit;
use crate::args::{Cli, Format, GlobalArgs, Verb};
use crate::error::CliError;

pub(crate) fn run(cli: &Cli) -> Result<Exit, CliError> {
    match (&cli.verb, &cli.path) {
        (Some(_), Some(path)) => {
            let verbless = CliError::usage(format!("take both the folder `{}` and a verb", path.display()));
            Err(verbless.hint("write the folder after the verb: `tuneup scan PATH`"))
        }
        (Some(Verb::Scan(args)), None) => scan::run(args, &cli.global),
        (Some(Verb::Init(args)), None) => init::run(args, &cli.global),
        (Some(Verb::Rule(args)), None) => rule::run(args, &cli.global),
        (Some(Verb::Completions(args)), None) => completions::run(args, &cli.global),
        (Some(Verb::Man(args)), None) => man::run(args, &cli.global),
        (Some(Verb::Facts(args)), None) => facts::run(args),
        (None, path) => scan::run(&scan::ScanArgs::of(path.as_deref()), &cli.global),
    }
}

/// Most formats are forms of findings; `doing` continues "cannot ".
fn findings_only(doing: &str, format: Format) -> CliError {
    CliError::usage(format!("{doing} as {}", format.name()))
        .because_text("that format holds findings alone")
        .hint("use `--format json`, or leave `--format` out")
}

/// Refuses `--format` where there is one form only; `what` is that which is written.
fn plain_text_only(what: &str, global: &GlobalArgs) -> Result<(), CliError> {
    if global.format == Format::Terminal {
        return Ok(());
    }
    Err(CliError::usage(format!("write {what} in another format")).hint("leave `--format` out"))
}

/// The form of a saved result: what it is, in which version, and the thing itself under its own name.
fn json(kind: &'static str, value: &impl Serialize) -> String {
    let document = Document { kind, value };
    let mut text = serde_json::to_string_pretty(&document).expect("plain data always serializes");
    text.push('\n');
    text
}

struct Document<'a, T> {
    kind: &'static str,
    value: &'a T,
}

impl<T: Serialize> Serialize for Document<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("kind", self.kind)?;
        map.serialize_entry("schema", &1)?;
        map.serialize_entry(self.kind, self.value)?;
        map.end()
    }
}
