//! `cargo xtask codegen`: runs the tests that hold generated documents, told to write instead of compare.
//!
//! Such a test has `generated_docs` in its path and calls `tuneup_testkit::generated`.

use crate::failure::Failure;
use crate::{process, workspace};

/// What the paths of those tests have in common.
pub(crate) const FILTER: &str = "generated_docs";

pub(crate) fn run() -> Result<(), Failure> {
    let before = workspace::texts(&workspace::root())?;
    let arguments = ["test", "--workspace", "--lib", "--bins", "--tests", "--locked", FILTER];
    let mut command = process::cargo(&arguments);
    let said = process::output(command.env("TUNEUP_CODEGEN", "write"))?;
    if passed_tests(&said) == 0 {
        let reason = format!("no test with `{FILTER}` in its path ran");
        return Err(Failure::Output { command: process::shown(&command), reason });
    }
    let after = workspace::texts(&workspace::root())?;
    for (path, text) in &after {
        match before.get(path) {
            None => println!("created {path}"),
            Some(old) if old != text => println!("wrote {path}"),
            Some(_) => {}
        }
    }
    for path in before.keys().filter(|path| !after.contains_key(*path)) {
        println!("removed {path}");
    }
    println!("generated documents are current");
    Ok(())
}

/// Sum of `test result: ok. N passed` over all test binaries.
fn passed_tests(said: &str) -> u32 {
    let results = said.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    results.filter_map(|rest| rest.split(' ').next()?.parse::<u32>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_tests_are_summed() {
        let said =
            "running 1 test\ntest result: ok. 1 passed; 0 failed\n\ntest result: ok. 2 passed; 0 failed\n";
        assert_eq!(passed_tests(said), 3);
        assert_eq!(passed_tests("running 0 tests\n"), 0);
    }
}
