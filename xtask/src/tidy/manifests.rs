//! Rules about Cargo manifests: one place names versions, and each dependency says why it is there.

use super::House;

/// Members inherit every dependency; the root of a workspace gives each one from outside a reason in a comment.
pub(super) fn dependencies(house: &House) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in house.files_ending("Cargo.toml") {
        let is_root = text.lines().any(|line| line.starts_with("[workspace]"));
        for (number, line) in dependency_lines(text) {
            if is_root {
                if !line.contains("path =") && !line.contains('#') {
                    complaints.push(format!("{path}:{number}: say in a few words why: `{line}`"));
                }
            } else if !line.contains("workspace = true") {
                complaints.push(format!("{path}:{number}: take it from [workspace.dependencies]: `{line}`"));
            }
        }
    }
    complaints
}

/// Number and text of each line that names a dependency.
fn dependency_lines(text: &str) -> Vec<(usize, &str)> {
    let mut section = "";
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end().trim_end_matches(']');
        } else if section.ends_with("dependencies") && line.contains('=') && !line.starts_with('#') {
            found.push((index + 1, line.trim_end()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::house;
    use super::*;

    #[test]
    fn versions_stand_in_the_root_with_a_reason() {
        let root = "[workspace]\n[workspace.dependencies]\nours = { path = \"ours\" }\na = \"1\" # why it is\nb = \"1\"\n";
        let member = "[package]\nname = \"m\"\n\n[dev-dependencies]\na = { workspace = true }\nc = \"1\"\n";
        let house = house(&[("Cargo.toml", root), ("m/Cargo.toml", member)]);
        assert_eq!(
            dependencies(&house),
            [
                "Cargo.toml:5: say in a few words why: `b = \"1\"`",
                "m/Cargo.toml:6: take it from [workspace.dependencies]: `c = \"1\"`"
            ]
        );
    }
}
