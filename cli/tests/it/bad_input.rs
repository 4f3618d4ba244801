//! Input that no program should hold: each is a warning naming the file, and the rest of the run is unharmed.

use insta::assert_snapshot;
use tuneup_testkit::{Outcome, Sandbox};

use crate::shop::{TUNEUP, finds_the_loop, shop, troubles, tuneup};

/// Scans the small program with one more file in it.
fn scanned_with(path: &str, content: impl AsRef<[u8]>) -> Outcome {
    let sandbox = shop();
    sandbox.write(path, content);
    tuneup(&sandbox, &["scan"]).run()
}

/// What was said, where the finding of the small program is still reported.
fn unharmed(outcome: &Outcome) -> String {
    assert!(finds_the_loop(outcome), "{outcome}");
    troubles(outcome)
}

#[test]
fn a_file_that_is_not_utf8() {
    assert_snapshot!(unharmed(&scanned_with("src/latin.ts", b"const a = 'caf\xe9';\n")), @r#"
    warning: src/latin.ts: skipped: not valid UTF-8 at byte 14
    Scanned 3 files, 41 lines in [TIME]
    -- exit code 1
    "#);
}

#[test]
fn a_file_with_a_nul_byte() {
    assert_snapshot!(unharmed(&scanned_with("src/nul.ts", b"const a = 1;\0\n")), @r#"
    Scanned 4 files, 42 lines in [TIME]
    -- exit code 1
    "#);
}

#[test]
fn a_large_bundle() {
    let line = format!("var a=\"{}\";", "x".repeat(1_000_000));
    assert_snapshot!(unharmed(&scanned_with("src/bundle.js", line.repeat(20))), @r#"
    warning: src/bundle.js: skipped: too large (21 MB; files over 5 MB are skipped)
    Scanned 3 files, 41 lines in [TIME]
    -- exit code 1
    "#);
    assert_snapshot!(unharmed(&scanned_with("src/vendor.js", line.repeat(2))), @r#"
    warning: src/vendor.js: skipped: looks minified (lines of 2000018 bytes on average)
    Scanned 3 files, 41 lines in [TIME]
    -- exit code 1
    "#);
}

/// `part` 200,000 or 100,000 times, on lines short enough not to look minified.
fn repeated(part: &str, times: usize) -> String {
    format!("{}\n", part.repeat(25)).repeat(times / 25)
}

/// The brackets open and close, so that only their depth is wrong.
#[test]
fn deep_brackets() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{", "}"), ("<a>", "</a>"), ("f(", ")"), ("() => {", "}")]
    {
        let text = format!("x = {}{};\n", repeated(open, 200_000), repeated(close, 200_000));
        assert_named(&scanned_with("src/deep.tsx", text), "src/deep.tsx");
    }
}

#[test]
fn long_chains() {
    for link in ["a+", "!", "a=>", "if(a){}else ", "a?b:", "a.b.", "-", "await ", "a=", "typeof "] {
        let end = if link.ends_with("else ") { "{}" } else { "c" };
        let text = format!("async function f() {{\n{}{end};\n}}\n", repeated(link, 100_000));
        assert_named(&scanned_with("src/chain.ts", text), "src/chain.ts");
    }
    for link in [".b()", "[0]", "()", "!", ".b", "``", " as b"] {
        let text = format!("export const x = a{};\n", repeated(link, 100_000));
        assert_named(&scanned_with("src/chain.ts", text), "src/chain.ts");
    }
}

/// The file is either analysed in a process of its own or named in a warning; never does the run end.
fn assert_named(outcome: &Outcome, file: &str) {
    let said = unharmed(outcome);
    let whole = outcome.stdout.contains("Scanned 4 files");
    assert!(whole || said.contains(&format!("warning: {file}: ")), "{said}");
    assert!(said.ends_with("-- exit code 1"), "{said}");
}

#[test]
fn deep_brackets_name_the_file() {
    let outcome = scanned_with("src/deep.ts", format!("x = {}", repeated("(", 200_000)));
    assert_snapshot!(unharmed(&outcome), @r#"
    warning: src/deep.ts: not parsed: Expected `)` but found `EOF`
    Scanned 4 files, 8,041 lines in [TIME]
    -- exit code 1
    "#);
}

#[cfg(unix)]
#[test]
fn a_loop_of_links() {
    let sandbox = shop();
    std::os::unix::fs::symlink("..", sandbox.work().join("src/up")).unwrap();
    std::os::unix::fs::symlink("self.ts", sandbox.work().join("src/self.ts")).unwrap();
    assert_snapshot!(unharmed(&tuneup(&sandbox, &["scan"]).run()), @r#"
    Scanned 3 files, 41 lines in [TIME]
    -- exit code 1
    "#);
}

#[cfg(unix)]
#[test]
fn unreadable_files_and_folders() {
    let sandbox = shop();
    sandbox.write("src/secret.ts", "export {};\n");
    sandbox.write("private/a.ts", "export {};\n");
    for path in ["src/secret.ts", "private"] {
        deny(&sandbox, path);
    }
    // The superuser reads everything, so that right is taken from the process first.
    let outcome = if std::fs::read(sandbox.work().join("src/secret.ts")).is_ok() {
        let without = "--bounding-set=-dac_override,-dac_read_search";
        sandbox.command("setpriv").args([without, "--", TUNEUP, "scan"]).run()
    } else {
        tuneup(&sandbox, &["scan"]).run()
    };
    let said = unharmed(&outcome);
    allow(&sandbox, "private");
    assert_snapshot!(said, @r#"
    warning: private: cannot list the folder: permission denied
    warning: src/secret.ts: skipped: permission denied
    Scanned 3 files, 41 lines in [TIME]
    -- exit code 1
    "#);
}

#[cfg(unix)]
fn deny(sandbox: &Sandbox, path: &str) {
    set_mode(sandbox, path, 0o000);
}

/// So that the sandbox can be removed.
#[cfg(unix)]
fn allow(sandbox: &Sandbox, path: &str) {
    set_mode(sandbox, path, 0o700);
}

#[cfg(unix)]
fn set_mode(sandbox: &Sandbox, path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(sandbox.work().join(path), std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_broken_tsconfig() {
    assert_snapshot!(unharmed(&scanned_with("tsconfig.json", "{ \"compilerOptions\": { \"paths\": ")), @r#"
    warning: tsconfig.json: settings ignored, its path aliases are unknown: not JSON (EOF while parsing a value at line 1 column 32)
    Scanned 3 files, 41 lines in [TIME]
    -- exit code 1
    "#);
}

#[test]
fn a_tsconfig_that_extends_itself() {
    assert_snapshot!(unharmed(&scanned_with("tsconfig.json", "{ \"extends\": \"./tsconfig.json\" }")), @r#"
    Scanned 3 files, 41 lines in [TIME]
    -- exit code 1
    "#);
}

#[test]
fn a_manifest_that_is_not_json() {
    assert_snapshot!(unharmed(&scanned_with("package.json", "name: shop\n")), @r#"
    warning: package.json: package.json ignored: not JSON (expected ident at line 1 column 2)
    Scanned 3 files, 41 lines in [TIME]
    -- exit code 1
    "#);
}

#[test]
fn a_schema_cut_in_half() {
    assert_snapshot!(unharmed(&scanned_with("prisma/more.prisma", "model Invoice {\n  id Int @id\n  total Dec")), @r#"
    warning: prisma/more.prisma: line 3: `Invoice` has no closing brace; read as far as it goes
    warning: prisma/more.prisma: line 3: type `Dec` of field `total` is not declared
    Scanned 4 files, 44 lines in [TIME]
    -- exit code 1
    "#);
}

#[test]
fn source_that_does_not_parse() {
    assert_snapshot!(unharmed(&scanned_with("src/broken.ts", "export function f( {\n  return ;;; }}}\n")), @r#"
    warning: src/broken.ts: not parsed: Expected `:` but found `;`
    Scanned 4 files, 43 lines in [TIME]
    -- exit code 1
    "#);
}

#[test]
fn broken_sql() {
    assert_snapshot!(unharmed(&scanned_with("db/broken.sql", "CREATE TABLE a (b int,\n")), @r#"
    Scanned 4 files, 42 lines in [TIME]
    -- exit code 1
    "#);
}

#[test]
fn an_empty_file() {
    assert_snapshot!(unharmed(&scanned_with("src/empty.ts", "")), @r#"
    Scanned 4 files, 41 lines in [TIME]
    -- exit code 1
    "#);
}

#[test]
fn nothing_but_what_cannot_be_read() {
    let sandbox = Sandbox::new();
    sandbox.write("a.ts", b"\xff\xfe");
    assert_snapshot!(troubles(&tuneup(&sandbox, &["scan"]).run()), @r#"
    warning: a.ts: skipped: not valid UTF-8 at byte 0
    Scanned 0 files, 0 lines in [TIME]
    -- exit code 3
    "#);
}
