//! Rules about the GitHub Action: what it takes is documented, and reaches the script that runs.

use super::House;

const ACTION: &str = "action.yml";
const SCRIPT: &str = "packaging/action.sh";
const PAGE: &str = "docs/ci.md";

/// Every input and output of the action has a row in its page, and every variable given to the script is read there.
pub(super) fn action(house: &House) -> Vec<String> {
    let text = |path: &str| house.files.get(path).map_or("", String::as_str);
    let named = ["inputs", "outputs"].into_iter().flat_map(|section| keys(text(ACTION), section));
    let mut complaints: Vec<String> = named
        .filter(|key| !text(PAGE).contains(&format!("\n| `{key}` | ")))
        .map(|key| format!("{PAGE} has no row for `{key}` of {ACTION}"))
        .collect();
    let inputs = keys(text(ACTION), "inputs").filter(|key| *key != "version");
    for variable in inputs.map(|key| format!("INPUT_{}", key.replace('-', "_").to_uppercase())) {
        for path in [ACTION, SCRIPT] {
            if !text(path).contains(&variable) {
                complaints.push(format!("{path} does not know `{variable}`"));
            }
        }
    }
    complaints
}

/// Keys one level below `section` of a YAML file that is indented by two spaces.
fn keys<'a>(yaml: &'a str, section: &str) -> impl Iterator<Item = &'a str> {
    let head = format!("{section}:");
    let inside = yaml.lines().skip_while(move |line| *line != head).skip(1);
    let inside = inside.take_while(|line| line.is_empty() || line.starts_with(' '));
    inside.filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':')).filter(|key| !key.starts_with(' '))
}

#[cfg(test)]
mod tests {
    use super::super::tests::house;
    use super::*;

    #[test]
    fn inputs_are_documented_and_read() {
        let yaml = "name: x\ninputs:\n  path:\n    default: .\n  fail-on:\n    default: low\n\noutputs:\n  code:\n    value: 1\nruns:\n  using: composite\n        INPUT_PATH: a\n        INPUT_FAIL_ON: b\n";
        let page = "\n| `path` | is |\n| `code` | is |\n";
        let house = house(&[(ACTION, yaml), (PAGE, page), (SCRIPT, "scan \"$INPUT_PATH\"\n")]);
        assert_eq!(
            action(&house),
            [
                "docs/ci.md has no row for `fail-on` of action.yml",
                "packaging/action.sh does not know `INPUT_FAIL_ON`"
            ]
        );
    }
}
