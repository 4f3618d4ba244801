//! `tuneup.toml`: which file counts, and what is said of one that cannot be followed.

use insta::assert_snapshot;
use tuneup_testkit::Sandbox;

use crate::shop::{shop, troubles, tuneup};

const HANDLE: &str = "[[handles]]
file = \"src/store\"

[[handles.calls]]
methods = [\"get\"]
does = \"read-one\"
key-argument = 0
";

fn shop_with(path: &str, text: impl AsRef<[u8]>) -> Sandbox {
    let sandbox = shop();
    sandbox.write(path, text);
    sandbox
}

fn said(sandbox: &Sandbox, args: &[&str]) -> String {
    troubles(&tuneup(sandbox, args).run())
}

#[test]
fn a_declared_module_that_is_not_there_is_a_warning() {
    let sandbox = shop_with("tuneup.toml", HANDLE);
    assert_snapshot!(said(&sandbox, &["scan"]), @r"
    warning: src/store: declared in `[[handles]]`, but there is no such file; its calls stay unknown
    Scanned 3 files, 41 lines in [TIME]
    -- exit code 1
    ");
    sandbox.write("src/store.ts", "export const get = (id: string) => id;\n");
    assert_snapshot!(said(&sandbox, &["scan"]), @r"
    Scanned 4 files, 42 lines in [TIME]
    -- exit code 1
    ");
}

#[test]
fn the_file_named_counts_instead_of_the_file_found() {
    let sandbox = shop_with("tuneup.toml", "nonsense");
    sandbox.write("settings/other.toml", HANDLE);
    assert_snapshot!(said(&sandbox, &["scan", "--config", "settings/other.toml"]), @r"
    warning: src/store: declared in `[[handles]]`, but there is no such file; its calls stay unknown
    Scanned 3 files, 41 lines in [TIME]
    -- exit code 1
    ");
    assert_snapshot!(said(&sandbox, &["--config", "settings/other.toml", "."]), @r"
    warning: src/store: declared in `[[handles]]`, but there is no such file; its calls stay unknown
    Scanned 3 files, 41 lines in [TIME]
    -- exit code 1
    ");
}

#[test]
fn the_nearest_file_up_to_the_workspace_counts() {
    let sandbox = Sandbox::new();
    sandbox.write("package.json", "{ \"workspaces\": [\"apps/*\"] }\n");
    sandbox.write("apps/api/package.json", "{ \"name\": \"api\" }\n");
    sandbox.write("apps/api/src/store.ts", "export const get = (id: string) => id;\n");
    sandbox.write("tuneup.toml", HANDLE);
    assert_snapshot!(said(&sandbox, &["scan", "apps/api"]), @r"
    warning: ../../src/store: declared in `[[handles]]`, but there is no such file; its calls stay unknown
    Scanned 1 file, 1 line in [TIME]
    -- exit code 0
    ");
    // Its paths begin where it stands.
    sandbox.write("apps/api/tuneup.toml", HANDLE);
    assert_snapshot!(said(&sandbox, &["scan", "apps/api/src"]), @r"
    Scanned 1 file, 1 line in [TIME]
    -- exit code 0
    ");
    sandbox.write("apps/api/tuneup.toml", "handels = []\n");
    assert_snapshot!(said(&sandbox, &["scan", "apps/api/src"]), @r"
    error: cannot follow the configuration `apps/api/tuneup.toml`
    caused by: line 1, column 1: unknown key `handels`
    hint: did you mean `handles`?
    -- exit code 2
    ");
    assert_snapshot!(said(&sandbox, &["scan", "apps/api"]), @r"
    error: cannot follow the configuration `apps/api/tuneup.toml`
    caused by: line 1, column 1: unknown key `handels`
    hint: did you mean `handles`?
    -- exit code 2
    ");
}

#[test]
fn a_file_named_but_not_there() {
    assert_snapshot!(said(&shop(), &["scan", "--config", "tunup.toml"]), @r"
    error: cannot follow the configuration `tunup.toml`
    caused by: there is no such file
    -- exit code 2
    ");
    assert_snapshot!(said(&shop(), &["scan", "--config", "src"]), @r"
    error: cannot follow the configuration `src`
    caused by: it is not a file
    -- exit code 2
    ");
}

#[test]
fn a_mistyped_key_is_corrected() {
    let sandbox = shop_with("tuneup.toml", HANDLE.replace("key-argument", "key-arguments"));
    assert_snapshot!(said(&sandbox, &["scan"]), @r"
    error: cannot follow the configuration `tuneup.toml`
    caused by: line 7, column 1: unknown key `key-arguments`
    hint: did you mean `key-argument`?
    -- exit code 2
    ");
    let sandbox = shop_with("tuneup.toml", "[server]\nport = 1\n");
    assert_snapshot!(said(&sandbox, &["scan"]), @r"
    error: cannot follow the configuration `tuneup.toml`
    caused by: line 1, column 2: unknown key `server`
    hint: one of these can stand there: `fail-on`, `rules`, `handles`
    -- exit code 2
    ");
}

#[test]
fn a_mistyped_word_is_corrected() {
    let sandbox = shop_with("tuneup.toml", HANDLE.replace("read-one", "readone"));
    assert_snapshot!(said(&sandbox, &["scan"]), @r"
    error: cannot follow the configuration `tuneup.toml`
    caused by: line 6, column 8: unknown word `readone`
    hint: did you mean `read-one`?
    -- exit code 2
    ");
}

#[test]
fn a_text_that_is_not_toml() {
    assert_snapshot!(said(&shop_with("tuneup.toml", "[[handles]\n"), &["scan"]), @r"
    error: cannot follow the configuration `tuneup.toml`
    caused by: line 1, column 11: unclosed array table, expected `]`
    -- exit code 2
    ");
    assert_snapshot!(said(&shop_with("tuneup.toml", b"# caf\xe9\n"), &["scan"]), @r"
    error: cannot follow the configuration `tuneup.toml`
    caused by: it is not valid UTF-8
    -- exit code 2
    ");
    assert_snapshot!(said(&shop_with("tuneup.toml", "#".repeat(1_000_001)), &["scan"]), @r"
    error: cannot follow the configuration `tuneup.toml`
    caused by: it is larger than 1 MB
    -- exit code 2
    ");
    assert_snapshot!(said(&shop_with("tuneup.toml/a.txt", ""), &["scan"]), @r"
    error: cannot follow the configuration `tuneup.toml`
    caused by: it is not a file
    -- exit code 2
    ");
    let deep = format!("handles = {}", "[".repeat(100_000));
    assert_snapshot!(said(&shop_with("tuneup.toml", deep), &["scan"]), @r"
    error: cannot follow the configuration `tuneup.toml`
    caused by: line 1, column 91: cannot recurse further; max recursion depth met
    -- exit code 2
    ");
}

#[test]
fn keys_that_contradict_each_other() {
    let sandbox = shop_with("tuneup.toml", HANDLE.replace("[[handles]]", "[[handles]]\npackage = \"store\""));
    assert_snapshot!(said(&sandbox, &["scan"]), @r"
    error: cannot follow the configuration `tuneup.toml`
    caused by: line 3, column 1: the handle has both `package` and `file`
    hint: write a `[[handles]]` for each of them
    -- exit code 2
    ");
}

/// What is explained is what was scanned.
#[test]
fn an_explanation_obeys_it_too() {
    let sandbox = shop_with("tuneup.toml", "handels = []\n");
    assert_snapshot!(said(&sandbox, &["scan", "--why", "src/app.ts:10"]), @r"
    error: cannot follow the configuration `tuneup.toml`
    caused by: line 1, column 1: unknown key `handels`
    hint: did you mean `handles`?
    -- exit code 2
    ");
}

#[test]
fn rules_have_the_level_that_the_file_says() {
    let of = |text: &str| {
        let sandbox = shop_with("tuneup.toml", text);
        let outcome = tuneup(&sandbox, &["scan"]).run();
        let lines =
            outcome.stdout.lines().filter(|line| line.contains("[n-plus-one") || line.starts_with("No"));
        format!("{} exit {}", lines.collect::<Vec<_>>().join("\n"), outcome.code.unwrap())
    };
    assert_snapshot!(of(""), @"high[n-plus-one-across-calls]: `ordersOf` runs `prisma.order.findMany` once per element of `ids` exit 1");
    assert_snapshot!(of("fail-on = \"never\"\n[[rules]]\nids = [\"*\"]\nlevel = \"low\""), @"low[n-plus-one-across-calls]: `ordersOf` runs `prisma.order.findMany` once per element of `ids` exit 0");
    assert_snapshot!(of("[[rules]]\nids = [\"n-plus-one-across-calls\"]\nlevel = \"off\""), @"No findings exit 0");
    assert_snapshot!(of("[[rules]]\nids = [\"*\"]\nlevel = \"off\"\npaths = [\"lib/**\"]"), @"high[n-plus-one-across-calls]: `ordersOf` runs `prisma.order.findMany` once per element of `ids` exit 1");
    assert_snapshot!(of("[[rules]]\nids = [\"*\"]\nlevel = \"off\"\npaths = [\"src/**\"]"), @"No findings exit 0");
}

#[test]
fn a_rule_setting_that_means_nothing() {
    let of = |text: &str| said(&shop_with("tuneup.toml", text), &["scan"]);
    assert_snapshot!(of("[[rules]]\nids = [\"n-plus-one-in-lop\"]\nlevel = \"off\""), @r"
    error: cannot follow the configuration `tuneup.toml`
    caused by: line 2, column 8: there is no rule `n-plus-one-in-lop`
    hint: did you mean `n-plus-one-in-loop`?
    -- exit code 2
    ");
    assert_snapshot!(of("[[rules]]\nids = [\"*\"]\nlevel = \"of\""), @r"
    error: cannot follow the configuration `tuneup.toml`
    caused by: line 3, column 9: unknown word `of`
    hint: did you mean `off`?
    -- exit code 2
    ");
    assert_snapshot!(of("[[rules]]\nids = [\"*\"]\nlevel = \"off\"\npaths = [\"a{b\"]"), @r"
    error: cannot follow the configuration `tuneup.toml`
    caused by: line 4, column 10: `a{b` is no pattern: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
    hint: patterns know `*`, `**`, `?`, `[a-z]` and `{a,b}`
    -- exit code 2
    ");
    assert_snapshot!(of("fail-onn = \"high\""), @r"
    error: cannot follow the configuration `tuneup.toml`
    caused by: line 1, column 1: unknown key `fail-onn`
    hint: did you mean `fail-on`?
    -- exit code 2
    ");
}

#[test]
fn init_writes_a_file_that_changes_nothing() {
    let sandbox = shop();
    assert_snapshot!(tuneup(&sandbox, &["init"]).run(), @r"
    ./tuneup.toml: written; every line is a comment
    -- stderr
    -- exit code 0
    ");
    assert_snapshot!(sandbox.read("tuneup.toml"), @r#"
    # Settings of tuneup; docs/configuration.md has every key.
    # Seen: 3 files, 1 queries on 2 tables, postgresql, 1 entry points.

    # Exit with 1 for findings of this severity or a higher one: high, medium, low or never.
    # fail-on = "low"

    # What findings are worth here: off, low, medium or high. The rules that find something:
    #    1  n-plus-one-across-calls
    # [[rules]]
    # ids = ["n-plus-one-across-calls"]
    # level = "low"
    # paths = ["src/**"]   # absent: everywhere

    # A database layer of your own that tuneup cannot follow: what its methods do.
    # [[handles]]
    # file = "src/database/index.ts"
    #
    # [[handles.calls]]
    # methods = ["get", "getField"]
    # does = "read-one"
    # key-argument = 0
    "#);
    assert_snapshot!(said(&sandbox, &["scan"]), @r"
    Scanned 3 files, 41 lines in [TIME]
    -- exit code 1
    ");
    assert_snapshot!(tuneup(&sandbox, &["init"]).run(), @r"
    -- stderr
    error: cannot write `./tuneup.toml`
    caused by: there is one already
    hint: `--force` replaces it
    -- exit code 2
    ");
}
