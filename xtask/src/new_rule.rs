//! `cargo xtask new-rule ID`: writes the file of a rule and registers it.
//!
//! Registration is a `mod` line and an entry in the sorted `RULES` of `scan/src/rules.rs`. No markers show where
//! they go: both lists are sorted, so the place follows from the name.

use std::path::Path;

use crate::failure::Failure;
use crate::workspace;

/// What a new rule file holds; `{id}` and `{since}` are replaced. Its empty parts fail the laws of the registry.
const TEMPLATE: &str = include_str!("new_rule/template.rs.txt");

/// The list of rules, relative to the workspace.
const REGISTRY: &str = "scan/src/rules.rs";

pub(crate) fn run(id: &str) -> Result<(), Failure> {
    scaffold(&workspace::root(), id)?;
    println!("scan/src/rules/{}.rs: say what the rule finds, then make its examples true", module_name(id));
    println!("then: cargo test -p tuneup-scan, cargo xtask codegen, cargo xtask test");
    Ok(())
}

fn scaffold(root: &Path, id: &str) -> Result<(), Failure> {
    if !is_kebab_case(id) {
        return Err(Failure::Usage(format!("`{id}` is not kebab-case, for example `query-in-loop`")));
    }
    let module = module_name(id);
    let file = root.join(format!("scan/src/rules/{module}.rs"));
    if file.exists() {
        return Err(Failure::Usage(format!("there is a rule `{id}` already: {}", file.display())));
    }
    let registry = root.join(REGISTRY);
    let registered = register(&workspace::read(&registry)?, &module)?;
    let text = TEMPLATE.replace("{id}", id).replace("{since}", env!("CARGO_PKG_VERSION"));
    workspace::write(&file, &text)?;
    workspace::write(&registry, &registered)
}

fn module_name(id: &str) -> String {
    id.replace('-', "_")
}

fn is_kebab_case(id: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.chars().all(|next| next.is_ascii_lowercase() || next.is_ascii_digit())
    };
    id.starts_with(|first: char| first.is_ascii_lowercase()) && id.split('-').all(part)
}

/// The registry with `mod x;` and `&x::RULE,` at their sorted places.
fn register(registry: &str, module: &str) -> Result<String, Failure> {
    let mut lines: Vec<String> = registry.lines().map(str::to_owned).collect();
    insert_sorted(&mut lines, &format!("mod {module};"), |line| {
        line.starts_with("mod ") && line.ends_with(';')
    })?;
    insert_sorted(&mut lines, &format!("    &{module}::RULE,"), |line| {
        line.starts_with("    &") && line.ends_with("::RULE,")
    })?;
    Ok(lines.join("\n") + "\n")
}

/// Inserts before the first line of the list that is greater, or after its last.
fn insert_sorted(lines: &mut Vec<String>, new: &str, belongs: impl Fn(&str) -> bool) -> Result<(), Failure> {
    let list: Vec<usize> = (0..lines.len()).filter(|index| belongs(&lines[*index])).collect();
    let Some(last) = list.last() else {
        return Err(Failure::Usage(format!(
            "{REGISTRY} has no line beside which `{}` could stand",
            new.trim()
        )));
    };
    // Compared without punctuation: `a;` sorts after `a_b;`, the name `a` before `a_b`.
    let key = |line: &str| line.trim_end_matches([';', ',']).trim_end_matches("::RULE").to_owned();
    let place = list.iter().copied().find(|index| key(&lines[*index]) > key(new)).unwrap_or(last + 1);
    lines.insert(place, new.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const SOME: &str = "//! Rules.\n\nmod deep_offset;\nmod n_plus_one;\n\nuse x::Y;\n\n\
                        pub static RULES: &[&dyn Rule] = &[\n    &deep_offset::RULE,\n    &n_plus_one::RULE,\n];\n";

    #[test]
    fn both_lists_stay_sorted() {
        let registry =
            ["a", "n_plus", "z"].iter().fold(SOME.to_owned(), |text, id| register(&text, id).unwrap());
        assert!(registry.contains("\nmod a;\nmod deep_offset;\nmod n_plus;\nmod n_plus_one;\nmod z;\n\nuse"));
        let entries = "    &a::RULE,\n    &deep_offset::RULE,\n    &n_plus::RULE,\n    &n_plus_one::RULE,\n    &z::RULE,\n];\n";
        assert!(registry.ends_with(entries), "{registry}");
    }

    #[test]
    fn a_registry_without_lists_is_refused() {
        assert!(register("//! Nothing.\n", "a").is_err());
    }

    #[test]
    fn ids_are_kebab_case() {
        for id in ["query-in-loop", "n2-scan"] {
            assert!(is_kebab_case(id), "{id}");
        }
        for id in ["", "Query", "a--b", "-a", "a_b", "2-a", "../x"] {
            assert!(!is_kebab_case(id), "{id}");
        }
    }

    #[test]
    fn a_rule_is_begun_once() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("scan/src/rules")).unwrap();
        fs::write(root.path().join(REGISTRY), SOME).unwrap();
        scaffold(root.path(), "query-in-loop").unwrap();
        let rule = fs::read_to_string(root.path().join("scan/src/rules/query_in_loop.rs")).unwrap();
        assert!(rule.contains("\"query-in-loop\"") && !rule.contains("{id}") && !rule.contains("{since}"));
        assert!(fs::read_to_string(root.path().join(REGISTRY)).unwrap().contains("&query_in_loop::RULE,"));
        assert!(scaffold(root.path(), "query-in-loop").is_err());
    }

    #[test]
    fn the_real_registry_accepts_a_rule() {
        let registry = workspace::read(&workspace::root().join(REGISTRY)).unwrap();
        let registered = register(&registry, "zz_new").unwrap();
        assert!(registered.contains("\nmod zz_new;\n") && registered.contains("\n    &zz_new::RULE,\n"));
    }
}
