//! `cargo xtask licences`: every dependency may be used under a permissive licence, or the build says which may not.

use crate::failure::Failure;
use crate::metadata::{self, Package};

/// SPDX names of what we accept.
const PERMISSIVE: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

pub(crate) fn run() -> Result<(), Failure> {
    let metadata = metadata::read()?;
    let dependencies: Vec<&Package> =
        metadata.packages.iter().filter(|package| package.source.is_some()).collect();
    Failure::unless_empty(dependencies.iter().filter_map(|package| complaint(package)).collect())?;
    println!("{} dependencies, all under permissive licences", dependencies.len());
    Ok(())
}

fn complaint(package: &Package) -> Option<String> {
    let (name, version) = (&package.name, &package.version);
    match &package.license {
        None => Some(format!("{name} {version} declares no licence")),
        Some(licence) if !is_permissive(licence) => Some(format!(
            "{name} {version} is under `{licence}`, which is not on the list of xtask/src/licences.rs"
        )),
        Some(_) => None,
    }
}

/// Whether an SPDX expression leaves a choice that is permissive as a whole.
fn is_permissive(expression: &str) -> bool {
    // Old manifests write `MIT/Apache-2.0` and mean OR.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let permissive = any_of(&mut words);
    permissive && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(words: &mut Words<'_>) -> bool {
    let mut permissive = all_of(words);
    while words.next_if_eq(&"OR").is_some() {
        permissive |= all_of(words);
    }
    permissive
}

fn all_of(words: &mut Words<'_>) -> bool {
    let mut permissive = term(words);
    while words.next_if_eq(&"AND").is_some() {
        permissive &= term(words);
    }
    permissive
}

fn term(words: &mut Words<'_>) -> bool {
    match words.next() {
        None => false,
        Some("(") => {
            let permissive = any_of(words);
            words.next_if_eq(&")").is_some() && permissive
        }
        Some(licence) if words.next_if_eq(&"WITH").is_some() => {
            let name = format!("{licence} WITH {}", words.next().unwrap_or_default());
            PERMISSIVE.contains(&name.as_str())
        }
        Some(licence) => PERMISSIVE.contains(&licence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_needs_one_permissive_side() {
        for licence in ["MIT", "MIT OR GPL-3.0", "MIT/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
            assert!(is_permissive(licence), "{licence}");
        }
    }

    #[test]
    fn all_parts_must_be_permissive() {
        for licence in [
            "AGPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR ISC) AND CDDL-1.0",
            "GPL-2.0 WITH Classpath",
            "",
            "MIT MIT",
        ] {
            assert!(!is_permissive(licence), "{licence}");
        }
    }

    #[test]
    fn exceptions_belong_to_the_name() {
        assert!(is_permissive("Apache-2.0 WITH LLVM-exception OR GPL-2.0"));
    }

    #[test]
    fn a_dependency_without_a_licence_is_named() {
        let package = Package {
            name: "mystery".to_owned(),
            version: "1.0.0".to_owned(),
            source: Some("registry".to_owned()),
            license: None,
            manifest_path: "mystery/Cargo.toml".into(),
            dependencies: Vec::new(),
        };
        assert_eq!(complaint(&package).as_deref(), Some("mystery 1.0.0 declares no licence"));
    }

    #[test]
    fn our_dependencies_are_permissive() {
        run().unwrap();
    }
}
