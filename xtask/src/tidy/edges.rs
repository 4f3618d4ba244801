//! Which crate may see which. The table here, the table in ARCHITECTURE.md and cargo's own graph must agree, so
//! a new edge is a change to all three and is reviewed as architecture.

use std::collections::BTreeMap;

use super::{Edges, House};

/// Directory of a crate, what its product may see, what its tests may see besides.
type Row<'a> = (&'a str, &'a [&'a str], &'a [&'a str]);

const EDGES: &[Row<'_>] = &[
    ("cli", &["model", "report", "scan"], &["testkit"]),
    ("model", &[], &[]),
    ("report", &["model"], &["testkit"]),
    ("scan", &["model", "sql"], &["testkit"]),
    ("sql", &["model"], &["testkit"]),
    ("testkit", &["model"], &[]),
    ("xtask", &[], &[]),
];

/// Where the table of ARCHITECTURE.md begins.
const HEADING: &str = "## Edges";

pub(super) fn edges(house: &House) -> Vec<String> {
    let graph = house.crates.clone();
    let allowed: BTreeMap<String, Edges> = EDGES.iter().map(named).collect();
    let document = house.files.get("ARCHITECTURE.md").map(|text| documented(text)).unwrap_or_default();
    let mut complaints = forbidden(&graph, &allowed);
    complaints.extend(differences(&document, &allowed));
    complaints
}

fn named((directory, product, tests): &Row<'_>) -> (String, Edges) {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    ((*directory).to_owned(), Edges { product: owned(product), tests: owned(tests) })
}

/// What cargo's graph has that the table does not allow, and crates of the table that do not exist.
fn forbidden(graph: &BTreeMap<String, Edges>, allowed: &BTreeMap<String, Edges>) -> Vec<String> {
    let mut complaints = Vec::new();
    for (directory, seen) in graph {
        let Some(may) = allowed.get(directory) else {
            complaints
                .push(format!("the crate `{directory}` is not in the table of xtask/src/tidy/edges.rs"));
            continue;
        };
        for other in seen.product.iter().filter(|other| !may.product.contains(other)) {
            complaints.push(format!("`{directory}` must not depend on `{other}`"));
        }
        for other in
            seen.tests.iter().filter(|other| !may.tests.contains(other) && !may.product.contains(other))
        {
            complaints.push(format!("the tests of `{directory}` must not depend on `{other}`"));
        }
    }
    let gone = allowed.keys().filter(|directory| !graph.contains_key(*directory));
    complaints
        .extend(gone.map(|directory| format!("the table of edges names `{directory}`, which is no crate")));
    complaints
}

fn differences(document: &BTreeMap<String, Edges>, allowed: &BTreeMap<String, Edges>) -> Vec<String> {
    let mut complaints = Vec::new();
    for (directory, edges) in allowed {
        if document.get(directory) != Some(edges) {
            let row = row(directory, edges);
            complaints.push(format!("under `{HEADING}`, ARCHITECTURE.md should say `{row}`"));
        }
    }
    let strange = document.keys().filter(|directory| !allowed.contains_key(*directory));
    complaints.extend(
        strange.map(|directory| format!("ARCHITECTURE.md has a row for `{directory}`, which is no crate")),
    );
    complaints
}

/// Rows `| crate | may depend on | its tests also |` of the table under [`HEADING`].
fn documented(text: &str) -> BTreeMap<String, Edges> {
    let section = text.lines().skip_while(|line| line.trim_end() != HEADING).skip(1);
    let rows = section.take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| `"));
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    rows.filter_map(|line| {
        let cells: Vec<&str> = line.split('|').collect();
        let [_, name, product, tests, _] = cells[..] else { return None };
        let name = name.trim().trim_matches('`').to_owned();
        Some((name, Edges { product: names(product), tests: names(tests) }))
    })
    .collect()
}

fn row(directory: &str, edges: &Edges) -> String {
    let cell = |names: &[String]| {
        if names.is_empty() {
            return "–".to_owned();
        }
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    format!("| `{directory}` | {} | {} |", cell(&edges.product), cell(&edges.tests))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[Row<'_>]) -> BTreeMap<String, Edges> {
        rows.iter().map(named).collect()
    }

    #[test]
    fn a_new_edge_is_forbidden() {
        let allowed = table(&[("a", &["b"], &["c"]), ("b", &[], &[]), ("c", &[], &[])]);
        let graph =
            table(&[("a", &["b"], &["b", "c"]), ("b", &["c"], &[]), ("c", &[], &["a"]), ("d", &[], &[])]);
        assert_eq!(
            forbidden(&graph, &allowed),
            [
                "`b` must not depend on `c`",
                "the tests of `c` must not depend on `a`",
                "the crate `d` is not in the table of xtask/src/tidy/edges.rs"
            ]
        );
    }

    #[test]
    fn a_crate_that_is_gone_is_named() {
        assert_eq!(
            forbidden(&table(&[]), &table(&[("a", &[], &[])])),
            ["the table of edges names `a`, which is no crate"]
        );
    }

    #[test]
    fn the_document_holds_the_same_rows() {
        let allowed = table(&[("a", &["b"], &[]), ("b", &[], &[])]);
        let text = "## Edges\n\n| crate | may | tests |\n|---|---|---|\n| `a` | `b` | – |\n| `b` | `a` | – |\n| `z` | – | – |\n## Next\n| `y` | – | – |\n";
        assert_eq!(
            differences(&documented(text), &allowed),
            [
                "under `## Edges`, ARCHITECTURE.md should say `| `b` | – | – |`",
                "ARCHITECTURE.md has a row for `z`, which is no crate"
            ]
        );
    }
}
