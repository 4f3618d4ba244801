//! Declared handles: those that ship with tuneup, and the modules of a tree that users declare.

use tuneup_model::{HandleDeclaration, Warning};

use crate::config::config;
use crate::resolve::EXTENSIONS;

/// Name and text of each file of declarations that ships with tuneup.
const BUILT_IN: [(&str, &str); 6] = [
    ("medusa", include_str!("handles/medusa.toml")),
    ("mongodb", include_str!("handles/mongodb.toml")),
    ("mysql2", include_str!("handles/mysql2.toml")),
    ("pg-promise", include_str!("handles/pg-promise.toml")),
    ("slonik", include_str!("handles/slonik.toml")),
    ("sqlite", include_str!("handles/sqlite.toml")),
];

/// The wrappers of popular libraries, in the form in which users declare their own.
pub fn built_in_handles() -> Vec<HandleDeclaration> {
    let read = |(_, text)| config(text).expect("a test reads every file that ships").handles;
    BUILT_IN.into_iter().flat_map(read).collect()
}

/// The file of the tree that a declaration means by `file`; `files` is sorted.
pub(crate) fn module<'a>(file: &str, files: &'a [String]) -> Option<&'a str> {
    let find = |path: String| files.binary_search(&path).ok().map(|at| files[at].as_str());
    find(file.to_owned())
        .or_else(|| EXTENSIONS.iter().find_map(|extension| find(format!("{file}{extension}"))))
        .or_else(|| EXTENSIONS.iter().find_map(|extension| find(format!("{file}/index{extension}"))))
}

/// Modules that are declared but not there.
pub(crate) fn warnings(declarations: &[HandleDeclaration], files: &[String]) -> Vec<Warning> {
    let declared = declarations.iter().filter_map(|declaration| declaration.file.as_deref());
    let gone = declared.filter(|file| module(file, files).is_none());
    gone.map(|file| Warning {
        file: file.to_owned(),
        message: "declared in `[[handles]]`, but there is no such file; its calls stay unknown".into(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Candidates, MemoryTree, Options, why};

    #[test]
    fn what_ships_can_be_read() {
        for (name, text) in BUILT_IN {
            let read = config(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let packages: Vec<_> =
                read.handles.iter().map(|it| it.package.as_deref().unwrap_or("")).collect();
            assert!(!packages.is_empty(), "{name}");
            let own = |package: &&str| {
                let package = package.strip_prefix('@').unwrap_or(package);
                // `@medusajs/framework` is of `medusa`.
                let package = package.replacen("medusajs/", "medusa/", 1);
                package == name || package.strip_prefix(name).is_some_and(|it| it.starts_with('/'))
            };
            assert!(packages.iter().all(own), "{name}: {packages:?}");
        }
        assert!(built_in_handles().len() >= BUILT_IN.len());
    }

    /// A batch form that is not declared would stay unknown itself.
    #[test]
    fn batch_forms_that_ship_are_declared() {
        for declaration in built_in_handles() {
            let known: Vec<&String> = declaration.calls.iter().flat_map(|call| &call.methods).collect();
            for call in &declaration.calls {
                assert!(call.batched_by.as_ref().is_none_or(|name| known.contains(&name)), "{call:?}");
            }
        }
    }

    /// A way that the program never arrives at would declare nothing.
    #[test]
    fn ways_are_those_that_the_program_follows() {
        // What is known by its type or name is tested with the program.
        let by_way = |it: &HandleDeclaration| it.r#type.is_none() && it.registered_as.is_none();
        let named = |it: &HandleDeclaration| !it.calls[0].methods[0].contains('{');
        for declaration in built_in_handles().into_iter().filter(|it| by_way(it) && named(it)) {
            let package = &declaration.package.as_deref().unwrap().replace('*', "framework/utils");
            let method = &declaration.calls[0].methods[0];
            let export = declaration.export.as_deref();
            let import = export.map_or("made".to_owned(), |export| format!("{{ {export} }}"));
            let way = declaration.way();
            let code = if export.is_some() { way.clone() } else { format!("made{way}") };
            let text = format!(
                "import {import} from '{package}';\nexport const f = () =>\n  {code}.{method}('x');\n"
            );
            let tree = MemoryTree::new([("/a.ts".into(), text)]);
            let options = Options {
                rules: None,
                candidates: Candidates::Hide,
                queries: crate::Queries::Omit,
                focus: "",
                handles: &[],
                levels: &crate::Levels::default(),
                isolate: None,
                kept: None,
                progress: &|_| {},
            };
            let said = why(&tree, &options, "a.ts", 3).unwrap().to_string();
            let target = format!("target: `{way}.{method}` of `{package}`");
            let is_followed =
                ["target: a query", "of the database client"].iter().any(|it| said.contains(it));
            assert!(is_followed || said.contains(&target), "{target}\n{said}");
        }
    }

    #[test]
    fn a_module_is_found_as_an_import_finds_it() {
        let files: Vec<String> =
            ["src/cache.ts", "src/database/index.js", "src/database/redis.js"].map(String::from).to_vec();
        assert_eq!(module("src/cache.ts", &files), Some("src/cache.ts"));
        assert_eq!(module("src/cache", &files), Some("src/cache.ts"));
        assert_eq!(module("src/database", &files), Some("src/database/index.js"));
        assert_eq!(module("src/database/index", &files), Some("src/database/index.js"));
        assert_eq!(module("src", &files), None);
    }
}
