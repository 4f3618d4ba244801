//! The reference page of `tuneup.toml`, made from the declarations that the parser obeys.

use std::fmt::Write as _;

use tuneup_model::{Config, Form, HandleDeclaration, Key, Word};
use tuneup_scan::built_in_handles;

/// Understood by the parser (see the tests), because it is what readers copy.
const EXAMPLE: &str = r#"fail-on = "medium"                         # exit code 1 for medium and high findings

[[rules]]
ids = ["deep-offset-pagination"]
level = "off"

[[rules]]                                  # of several entries the last counts
ids = ["*"]
level = "low"
paths = ["src/legacy/**"]

[[handles]]
file = "src/database/index.js"             # import db from './database'

[[handles.calls]]
methods = ["getObject", "getObjectField"]  # db.getObject(`user:${uid}`)
does = "read-one"
table-argument = 0                         # the table is `user`
table-until = ":"
key-argument = 0
batched-by = "getObjects"                  # named in the help of a finding

[[handles.calls]]
methods = ["getObjects"]                   # db.getObjects(uids.map(uid => `user:${uid}`))
does = "read-many"
table-argument = 0
table-until = ":"
key-argument = 0

[[handles.calls]]
methods = ["transaction"]                  # db.transaction(async tx => { await tx.getObject(key); })
does = "transaction"

[[handles]]
package = "@acme/sql"                      # import { connect } from '@acme/sql'
export = "connect"
path = "().pool"                           # connect(url).pool.run("SELECT …")

[[handles.calls]]
methods = ["run"]
does = "query"
sql-argument = 0

[[handles]]
package = "@acme/*"
type = "I*Service"                         # (products: IProductService) => …
registered-as = ["Services.*"]             # container.resolve(Services.PRODUCT)

[[handles.calls]]
methods = ["list{models}"]                 # products.listCategories(filters, { take: 20 })
does = "read-many"                         # the table is that of the model `Category`
filter-argument = 0
limit-argument = 1
limit-property = "take"
"#;

const INTRODUCTION: &str = "\
Nothing needs a configuration. Where there is one, it is the file `tuneup.toml` in the folder scanned, or in the nearest
folder above it up to the root of the workspace. `--config FILE` names another one. It is written in
[TOML](https://toml.io).

An unknown key, a word that is not in the tables below, or keys that contradict each other are errors: nothing is
scanned, the message names line and column, and the exit code is 2. A module that is declared but not there is a warning.

Editors with a TOML language server complete and check the file with the schema
[schema/tuneup-toml.json](schema/tuneup-toml.json).
";

const HANDLES: &str = "\
tuneup follows the objects through which a program speaks to its stores: from where they are made, through fields,
parameters and imports, to the call. A *handle* declares such an object where tuneup cannot know it, for example the
program's own database layer, and says what its methods do. A declared module is not looked into: what is said of
its methods is taken instead of what they contain. Of a declared type the same holds for the methods that are
declared; others are followed. Methods are never recognized by their names alone.
";

const SHIPPED: &str = "\
These declarations ship with tuneup, in the same form. What is declared in `tuneup.toml` for the same object comes first.
";

/// The page as Markdown.
pub fn configuration_page() -> String {
    let mut page = String::from(
        "# Configuration\n\n<!-- Made from the program by `cargo xtask codegen`; edit cli/src/config/page.rs and the comments of model/src/config.rs and\nmodel/src/handles.rs instead. -->\n\n",
    );
    page.push_str(INTRODUCTION);
    write!(page, "\n## Example\n\n```toml\n{EXAMPLE}```\n").expect(INFALLIBLE);
    page.push_str("\n## Keys\n");
    table(&mut page, "", Config::KEYS);
    words_below(&mut page, Config::KEYS);
    for key in Config::KEYS {
        if key.name() == "handles" {
            write!(page, "\n## Handles\n\n{HANDLES}").expect(INFALLIBLE);
        }
        tables_below(&mut page, &key.name(), &key.form);
    }
    write!(page, "\n## Handles that ship\n\n{SHIPPED}\n").expect(INFALLIBLE);
    shipped(&mut page, &built_in_handles());
    page
}

const INFALLIBLE: &str = "writing to a string cannot fail";

/// The tables that a key leads to, outermost first, each with the words its keys take.
fn tables_below(page: &mut String, name: &str, form: &Form) {
    let Form::List(Form::Table(keys)) = form else { return };
    write!(page, "\n### `[[{name}]]`\n").expect(INFALLIBLE);
    table(page, name, keys);
    words_below(page, keys);
    for key in *keys {
        tables_below(page, &format!("{name}.{}", key.name()), &key.form);
    }
}

/// The words that keys of a table take.
fn words_below(page: &mut String, keys: &[Key]) {
    for key in keys {
        if let Form::Word(words) = key.form {
            write!(page, "\n#### Words of `{}`\n\n| word | means |\n| --- | --- |\n", key.name())
                .expect(INFALLIBLE);
            for word in words {
                row(page, word);
            }
        }
    }
}

fn table(page: &mut String, parent: &str, keys: &[Key]) {
    page.push_str("\n| key | is | |\n| --- | --- | --- |\n");
    for key in keys {
        let need = if key.required { "" } else { "Optional. " };
        let name = key.name();
        writeln!(page, "| `{name}` | {} | {need}{} |", kind(parent, &name, &key.form), cell(key.about()))
            .expect(INFALLIBLE);
    }
}

fn row(page: &mut String, word: &Word) {
    writeln!(page, "| `{}` | {} |", word.name, cell(&lower_first(word.about()))).expect(INFALLIBLE);
}

fn kind(parent: &str, name: &str, form: &Form) -> String {
    match form {
        Form::Text => "text".into(),
        Form::Number => "whole number".into(),
        Form::Word(_) => "word".into(),
        Form::List(Form::Text) => "list of texts".into(),
        Form::List(_) if parent.is_empty() => format!("`[[{name}]]`"),
        Form::List(_) => format!("`[[{parent}.{name}]]`"),
        Form::Table(_) => format!("`[{name}]`"),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn lower_first(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}

fn shipped(page: &mut String, declarations: &[HandleDeclaration]) {
    page.push_str("| package | object | methods |\n| --- | --- | --- |\n");
    for handle in declarations {
        let methods: Vec<String> =
            handle.calls.iter().flat_map(|call| &call.methods).map(|name| format!("`{name}`")).collect();
        let package = handle.package.as_deref().unwrap_or_default();
        writeln!(page, "| `{package}` | {} | {} |", object(handle), methods.join(" ")).expect(INFALLIBLE);
    }
}

/// What the handle is in a program: where an export leads, a type, a name in a container.
fn object(handle: &HandleDeclaration) -> String {
    let names = handle.registered_as.iter().flatten().map(|name| format!("`resolve({name})`"));
    let kinds: Vec<String> = handle.r#type.iter().map(|ty| format!("`: {ty}`")).chain(names).collect();
    match (kinds.is_empty(), handle.way().as_str()) {
        (true, way) => format!("`{way}`"),
        (false, "") => kinds.join(" "),
        (false, way) => format!("{} then `{way}`", kinds.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::EXAMPLE;

    #[test]
    fn the_example_is_understood() {
        let read = tuneup_scan::config(EXAMPLE).unwrap();
        assert_eq!(read.handles.len(), 3);
    }
}
