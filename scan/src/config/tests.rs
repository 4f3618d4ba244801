//! What is understood, and what is said of each text that is not.

use insta::assert_snapshot;
use tuneup_model::Does;

use super::config;

/// The error with its hint, or the words it knows.
fn said(text: &str) -> String {
    let error = config(text).expect_err("the text is wrong");
    let mut lines = vec![error.to_string()];
    lines.extend(error.hint.map(|hint| format!("hint: {hint}")));
    lines.extend(error.mistyped.map(|(word, known)| format!("{word}: {}", known.join(" "))));
    lines.join("\n")
}

/// A declaration with these lines in its only call.
fn call(lines: &str) -> String {
    said(&format!("[[handles]]\npackage = \"store\"\n[[handles.calls]]\nmethods = [\"get\"]\n{lines}\n"))
}

/// A declaration with these lines and a call.
fn handle(lines: &str) -> String {
    said(&format!("[[handles]]\n{lines}\n[[handles.calls]]\nmethods = [\"get\"]\ndoes = \"read-one\"\n"))
}

#[test]
fn a_whole_declaration() {
    let text = r#"
        [[handles]]
        file = "src/database/index.js"
        export = "default"
        path = "connect().db"
        table = "objects"

        [[handles.calls]]
        methods = ["getObject", "hash.get"]
        does = "read-one"
        table-argument = 0
        table-until = ":"
        key-argument = 0
        key-column = "id"
        batched-by = "getObjects"

        [[handles.calls]]
        methods = ["list"]
        does = "read-many"
        limit-argument = 1
    "#;
    let read = config(text).unwrap();
    let [handle] = &read.handles[..] else { panic!("{read:?}") };
    assert_eq!((handle.package.as_deref(), handle.file.as_deref()), (None, Some("src/database/index.js")));
    assert_eq!(handle.path.as_deref(), Some("connect().db"));
    let [get, list] = &handle.calls[..] else { panic!("{handle:?}") };
    assert_eq!(
        (get.does, get.table_argument, get.table_until.as_deref()),
        (Does::ReadOne, Some(0), Some(":"))
    );
    assert_eq!((list.does, list.limit_argument, &list.batched_by), (Does::ReadMany, Some(1), &None));
}

#[test]
fn handles_by_type_and_name() {
    let text = r#"
        [[handles]]
        package = "@acme/*"
        type = "I*Service"
        registered-as = ["Keys.*"]
        table-type-argument = 0
        table-field = ["{model}Service"]

        [[handles.calls]]
        methods = ["list{models}", "()"]
        does = "read-and-count"
        table-argument = 0
        table-property = ["entity"]
        filter-argument = 0
        limit-argument = 1
        limit-property = "take"
    "#;
    assert!(config(text).is_ok());
    assert_snapshot!(handle("package = \"a\"\ntype = \"A\"\nexport = \"b\""), @r"
    line 4, column 1: a handle is an export, or what has a type or a name
    hint: write a `[[handles]]` for each of them
    ");
    assert_snapshot!(handle("package = \"a\"\ntable-type-argument = 0"), @r"
    line 3, column 1: `table-type-argument` without `type`
    hint: say with `type` whose argument is meant
    ");
    assert_snapshot!(handle("package = \"a\"\ntype = \"A\"\ntable-field = [\"service\"]"), @r"
    line 4, column 1: `service` does not say where the name of the model stands
    hint: write it with one `{model}`
    ");
    assert_snapshot!(handle("package = \"a\"\nregistered-as = []"), @r"
    line 3, column 1: `registered-as` has an empty name, or none
    hint: say what it is, or remove the key
    ");
    assert_snapshot!(call("does = \"read-many\"\ntable-property = [\"a\"]"), @r"
    line 6, column 1: `table-property` without `table-argument`
    hint: say with `table-argument` which argument is meant
    ");
    assert_snapshot!(call("does = \"none\"\nfilter-argument = 0"), @r#"
    line 6, column 1: `filter-argument` with `does = "none"`: such a call touches no rows itself
    hint: remove `filter-argument`
    "#);
}

#[test]
fn an_empty_text_says_nothing() {
    assert_eq!(config("# nothing yet\n").unwrap().handles, []);
}

#[test]
fn unknown_words_come_with_those_that_are_known() {
    assert_snapshot!(said("\n[[handels]]\n"), @r"
    line 2, column 3: unknown key `handels`
    handels: fail-on rules handles
    ");
    assert_snapshot!(handle("pakage = \"store\""), @r"
    line 2, column 1: unknown key `pakage`
    pakage: package file export path type registered-as table table-type-argument table-field calls
    ");
    assert_snapshot!(call("does = \"reed-one\""), @r"
    line 5, column 8: unknown word `reed-one`
    reed-one: read-one read-many read-and-count count aggregate insert insert-many persist update update-many upsert delete delete-many query transaction connection network queue cache-read cache-write lock none
    ");
}

/// A message ends on a terminal, whoever wrote the file.
#[test]
fn no_word_of_the_file_steers_the_terminal() {
    assert_snapshot!(said("\"\\u001b[31m`\" = 1\n"), @r"
    line 1, column 1: unknown key `�[31m`
    �[31m: fail-on rules handles
    ");
}

#[test]
fn texts_that_are_not_toml() {
    assert_snapshot!(said("[[handles]]\npackage = store\n"), @"line 2, column 11: string values must be quoted, expected literal string");
    assert_snapshot!(said("[[handles]]\npackage = \"store\n"), @r#"line 2, column 17: invalid basic string, expected `"`"#);
    assert_snapshot!(said("[[handles"), @"line 1, column 10: unclosed array table, expected `]]`");
    assert_snapshot!(handle("package = \"a\"\npackage = \"b\""), @"line 3, column 1: duplicate key");
}

#[test]
fn values_of_another_form() {
    assert_snapshot!(said("handles = 3\n"), @"line 1, column 11: invalid type: integer `3`, expected a list");
    assert_snapshot!(said("handles = [1]\n"), @"line 1, column 12: invalid type: integer `1`, expected a table");
    assert_snapshot!(handle("package = 3"), @"line 2, column 11: invalid type: integer `3`, expected a string");
    assert_snapshot!(said("[[handles]]\npackage = \"a\"\n"), @"line 1, column 1: missing key `calls`");
    assert_snapshot!(call("does = \"read-one\"\nkey-argument = \"0\""), @r#"line 6, column 16: invalid type: string "0", expected a whole number from 0"#);
    assert_snapshot!(call("does = \"read-one\"\nkey-argument = -1"), @"line 6, column 16: invalid value: integer `-1`, expected a whole number from 0");
    assert_snapshot!(call("does = 1"), @"line 5, column 8: expected a word between quotes");
    assert_snapshot!(call(""), @"line 3, column 1: missing key `does`");
    assert_snapshot!(said("[[handles]]\npackage = \"a\"\n[[handles.calls]]\nmethods = \"get\"\n"), @r#"line 4, column 11: invalid type: string "get", expected a list"#);
}

#[test]
fn a_handle_comes_from_one_place() {
    assert_snapshot!(handle("table = \"t\""), @r"
    line 1, column 1: the handle comes from nowhere: it has neither `package` nor `file`
    hint: name the npm package, or the module of this repository, that exports it
    ");
    assert_snapshot!(handle("package = \"a\"\nfile = \"b.js\""), @r"
    line 3, column 1: the handle has both `package` and `file`
    hint: write a `[[handles]]` for each of them
    ");
    assert_snapshot!(handle("package = \"./a\""), @r"
    line 2, column 1: `package` is a path
    hint: name a module of this repository with `file`
    ");
    assert_snapshot!(handle("package = \"\""), @r"
    line 2, column 1: `package` is empty
    hint: say what it is, or remove the key
    ");
    for outside in ["/src/a.js", "./src/a.js", "../a.js", "src//a.js", "C:/a.js", "src\\\\a.js"] {
        assert!(handle(&format!("file = \"{outside}\"")).contains("not a path below"), "{outside}");
    }
    assert_snapshot!(handle("file = \"../a.js\""), @r"
    line 2, column 1: `file` is not a path below the folder of the configuration
    hint: write it with `/`, without `.` and `..`, for example `src/database/index.js`
    ");
}

#[test]
fn ways_from_the_export() {
    for way in ["", "()", "()()", "().db", "db", "connect().db()", "a.b().c"] {
        let text = format!("package = \"a\"\npath = \"{way}\"");
        assert!(
            config(&format!(
                "[[handles]]\n{text}\n[[handles.calls]]\nmethods = [\"get\"]\ndoes = \"none\"\n"
            ))
            .is_ok(),
            "{way}"
        );
    }
    for wrong in [".", "a.", ".a", "a..b", "a.()", "a(b)", "(", "a b", "1"] {
        assert!(handle(&format!("package = \"a\"\npath = \"{wrong}\"")).contains("`path` is not"), "{wrong}");
    }
    assert_snapshot!(handle("package = \"a\"\npath = \"connect(url)\""), @r"
    line 3, column 1: `path` is not a way from the export to an object
    hint: write names joined by dots, and `()` for a call or `new`: `().db`, `connect().db()`
    ");
}

#[test]
fn methods_are_named_once() {
    assert_snapshot!(call("does = \"none\"\n[[handles.calls]]\nmethods = [\"get\"]\ndoes = \"none\""), @r"
    line 7, column 1: `get` is declared twice for this handle
    hint: leave it in one of the entries
    ");
    assert_snapshot!(said("[[handles]]\npackage = \"a\"\n[[handles.calls]]\nmethods = []\ndoes = \"none\"\n"), @r"
    line 4, column 1: `methods` is empty
    hint: name the methods that do this
    ");
    assert_snapshot!(said("[[handles]]\npackage = \"a\"\n[[handles.calls]]\nmethods = [\"get()\"]\ndoes = \"none\"\n"), @r"
    line 4, column 1: `get()` is not the name of a method
    hint: write the name alone, names joined by dots (`sortedSets.add`), or `()` for the handle itself
    ");
    assert_snapshot!(said("[[handles]]\npackage = \"a\"\ncalls = []\n"), @r"
    line 3, column 1: a handle without calls says nothing
    hint: add a `[[handles.calls]]`, or remove the handle
    ");
}

#[test]
fn keys_that_need_or_exclude_each_other() {
    assert_snapshot!(call("does = \"read-one\"\ntable = \"t\"\ntable-argument = 0"), @r"
    line 7, column 1: the call has both `table` and `table-argument`
    hint: keep the one that names the table
    ");
    assert_snapshot!(call("does = \"read-one\"\ntable-until = \":\""), @r"
    line 6, column 1: `table-until` without `table-argument`
    hint: say with `table-argument` which argument is meant
    ");
    assert_snapshot!(call("does = \"read-one\"\nkey-column = \"id\""), @r"
    line 6, column 1: `key-column` without `key-argument`
    hint: say with `key-argument` which argument is meant
    ");
    assert_snapshot!(call("does = \"query\""), @r"
    line 5, column 1: a `query` without `sql-argument`
    hint: say which argument has the SQL text: `sql-argument = 0` is the first
    ");
    assert_snapshot!(call("does = \"read-one\"\nsql-argument = 0"), @r#"
    line 6, column 1: `sql-argument` with `does = "read-one"`: such a call has no use for it
    hint: remove `sql-argument`
    "#);
    assert_snapshot!(call("does = \"query\"\nsql-argument = 0\ntable = \"t\""), @r#"
    line 7, column 1: `table` with `does = "query"`: the SQL text says it
    hint: remove `table`
    "#);
    assert_snapshot!(call("does = \"read-one\"\nlimit-argument = 1"), @r#"
    line 6, column 1: `limit-argument` with `does = "read-one"`: such a call has no use for it
    hint: remove `limit-argument`
    "#);
    assert_snapshot!(call("does = \"network\"\nkey-argument = 1"), @r#"
    line 6, column 1: `key-argument` with `does = "network"`: such a call touches no rows itself
    hint: remove `key-argument`
    "#);
    assert_snapshot!(call("does = \"transaction\"\nbatched-by = \"all\""), @r#"
    line 6, column 1: `batched-by` with `does = "transaction"`: such a call touches no rows itself
    hint: remove `batched-by`
    "#);
    // A method that takes one key or many is its own batch form.
    let own = "[[handles]]\npackage = \"a\"\n[[handles.calls]]\nmethods = [\"get\"]\ndoes = \"count\"\nbatched-by = \"get\"\n";
    assert!(config(own).is_ok());
}

/// Inline tables are the same to a reader of the file.
#[test]
fn places_in_inline_tables() {
    let text = "handles = [\n  { package = \"a\", calls = [{ methods = [\"get\"], does = \"lock\", table = \"t\" }] },\n]\n";
    assert_snapshot!(said(text), @r#"
    line 2, column 65: `table` with `does = "lock"`: such a call touches no rows itself
    hint: remove `table`
    "#);
}
