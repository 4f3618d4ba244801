//! The tree speaks of the product alone: no paths or programs of the machines it happens to be written on.

use super::House;

/// Texts that name a developer's machine; split so that this file does not name it either.
const FOREIGN: [&str; 5] = [
    concat!("/wo", "rk/main"),
    concat!("/wo", "rk/shared"),
    concat!("/tmp/", "trees"),
    concat!("farm-", "bench"),
    concat!("farm-", "studio"),
];

/// The directory above the first two, where it stands at the beginning of a path.
const FOREIGN_ROOT: &str = concat!("/wo", "rk/");

pub(super) fn foreign(house: &House) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in &house.files {
        for (index, line) in text.lines().enumerate() {
            let named = FOREIGN.iter().find(|word| line.contains(**word));
            let word = named.or_else(|| begins_path(line).then_some(&FOREIGN_ROOT));
            complaints
                .extend(word.map(|word| format!("{path}:{}: `{word}` is no part of the product", index + 1)));
        }
    }
    complaints
}

/// Whether a path on this line begins at [`FOREIGN_ROOT`].
fn begins_path(line: &str) -> bool {
    line.match_indices(FOREIGN_ROOT).any(|(position, _)| {
        let before = line[..position].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || "]})./_-".contains(before))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::house;
    use super::*;

    #[test]
    fn foreign_paths_are_named_and_ours_are_not() {
        let text = format!("see {FOREIGN_ROOT}x\nsrc{FOREIGN_ROOT}x\n\"{}\"\n", FOREIGN[2]);
        let complaints = foreign(&house(&[("a.md", &text)]));
        assert_eq!(
            complaints,
            [
                format!("a.md:1: `{FOREIGN_ROOT}` is no part of the product"),
                format!("a.md:3: `{}` is no part of the product", FOREIGN[2])
            ]
        );
    }
}
