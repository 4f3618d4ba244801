//! Puts findings in the order of what was measured: statement statistics, requests by route, time by line.
//!
//! A finding's weight is its largest share of any of the three. Findings without one keep their order behind those
//! that have one: nothing measured is no proof that nothing is spent.

use std::collections::BTreeSet;

use tuneup_model::{
    Dialect, Evidence, EvidenceKind, Finding, Operation, Predicate, PredicateOp, QueryShape, StatementWeight,
    Weight, Weights,
};

/// Weighs findings and puts the heaviest first.
pub fn weigh(findings: &mut [Finding], weights: &Weights) {
    let statements: Vec<Statement<'_>> = weights.statements.iter().filter_map(Statement::of).collect();
    for finding in findings.iter_mut() {
        let shares = [
            of_statements(finding, &statements, weights),
            of_routes(finding, weights),
            of_lines(finding, weights),
        ];
        let heaviest = shares.into_iter().flatten().max_by(|a, b| a.share.total_cmp(&b.share));
        if let Some(weight) = &heaviest {
            finding.evidence.push(Evidence {
                kind: EvidenceKind::Fact,
                message: weight.basis.clone(),
                location: None,
                source: Vec::new(),
            });
        }
        finding.weight = heaviest;
    }
    let share = |finding: &Finding| finding.weight.as_ref().map_or(0.0, |weight| weight.share);
    findings.sort_by(|a, b| share(b).total_cmp(&share(a)));
}

/// A statement that was measured, read as the program's queries are.
struct Statement<'w> {
    shape: QueryShape,
    weight: &'w StatementWeight,
}

impl<'w> Statement<'w> {
    /// None for text that is no statement on a table.
    fn of(weight: &'w StatementWeight) -> Option<Self> {
        let read = tuneup_sql::shapes(&weight.query, Dialect::Postgresql).ok();
        let shape = read
            .and_then(|shapes| shapes.into_iter().next())
            .or_else(|| tuneup_sql::sketch(&weight.query, Dialect::Postgresql))?;
        shape.table.name().is_some().then_some(Self { shape, weight })
    }
}

fn of_statements(finding: &Finding, statements: &[Statement<'_>], weights: &Weights) -> Option<Weight> {
    let queries = &finding.experiment.as_ref()?.before;
    let own = statements.iter().filter(|it| queries.iter().any(|query| sends(query, &it.shape)));
    let own: Vec<&StatementWeight> = own.map(|it| it.weight).collect();
    let calls: u64 = own.iter().map(|it| it.calls).sum();
    let share =
        share(own.iter().map(|it| it.total_ms).sum(), weights.statements.iter().map(|it| it.total_ms).sum())?;
    Some(Weight { share, basis: format!("{calls} calls, {} of the database's time", percent(share)) })
}

/// True where the query of the program arrives at the database as this statement.
fn sends(query: &QueryShape, statement: &QueryShape) -> bool {
    let table = |shape: &QueryShape| {
        shape.table.name().map(|name| name.strip_prefix("public.").unwrap_or(name).to_owned())
    };
    if table(query).is_none() || table(query) != table(statement) || verb(query) != verb(statement) {
        return false;
    }
    let (asked, sent) = (keys(query), keys(statement));
    if query.filter.has_unknown || statement.filter.has_unknown {
        return asked.is_subset(&sent) || sent.is_subset(&asked);
    }
    asked == sent
}

#[derive(Debug, PartialEq, Eq)]
enum Verb {
    Read,
    Insert,
    Update,
    Delete,
    Other,
}

fn verb(shape: &QueryShape) -> Verb {
    match shape.operation {
        Operation::ReadOne | Operation::ReadMany | Operation::Count | Operation::Aggregate => Verb::Read,
        Operation::Insert | Operation::InsertMany | Operation::Upsert => Verb::Insert,
        Operation::Update | Operation::UpdateMany => Verb::Update,
        Operation::Delete | Operation::DeleteMany => Verb::Delete,
        Operation::Other => Verb::Other,
    }
}

/// The columns that are compared with a value or a list of them.
fn keys(shape: &QueryShape) -> BTreeSet<&str> {
    let compared = |it: &&Predicate| matches!(it.op, PredicateOp::Equal | PredicateOp::In);
    shape.filter.all_of.iter().filter(compared).map(|it| it.column.column.as_str()).collect()
}

fn of_routes(finding: &Finding, weights: &Weights) -> Option<Weight> {
    let (method, path) = finding.call_path.first().and_then(|step| route(&step.name))?;
    let own = weights
        .routes
        .iter()
        .filter(|it| it.method.eq_ignore_ascii_case(method) && ends_with(&it.path, path));
    let (requests, time) = own.fold((0, 0.0), |sum, it| (sum.0 + it.requests, sum.1 + it.total_ms));
    let share = share(time, weights.routes.iter().map(|it| it.total_ms).sum())?;
    Some(Weight {
        share,
        basis: format!(
            "{requests} requests of {method} {path}, {} of the time of all routes",
            percent(share)
        ),
    })
}

/// Method and path of an entry point's name: `GET /posts/:id`, `PostsController.one [GET /posts/:id]`.
fn route(name: &str) -> Option<(&str, &str)> {
    let label = name.split_once('[').map_or(name, |(_, rest)| rest.trim_end_matches(']'));
    let (method, path) = label.split_once(' ')?;
    let is_method = matches!(method, "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS");
    (is_method && path.starts_with('/')).then_some((method, path))
}

/// Routers are mounted below prefixes that a path of the source does not name.
fn ends_with(measured: &str, path: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(|part| if is_parameter(part) { "*".to_owned() } else { part.to_owned() })
            .collect()
    };
    let (measured, path) = (parts(measured), parts(path));
    if path.is_empty() { measured.is_empty() } else { measured.ends_with(&path) }
}

fn is_parameter(part: &str) -> bool {
    part.starts_with([':', '{', '[', '*'])
}

fn of_lines(finding: &Finding, weights: &Weights) -> Option<Weight> {
    let at = &finding.location;
    let own = weights.lines.iter().filter(|it| {
        let is_here = it.file == at.file && (at.line..=at.end_line).contains(&it.line);
        is_here || finding.call_path.iter().any(|step| step.file == it.file && step.line == it.line)
    });
    let share = share(own.map(|it| it.self_ms).sum(), weights.lines.iter().map(|it| it.self_ms).sum())?;
    Some(Weight { share, basis: format!("{} of the time of the profile", percent(share)) })
}

/// None where nothing was measured.
fn share(own: f64, all: f64) -> Option<f64> {
    (own > 0.0 && all > 0.0).then(|| own / all)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use tuneup_model::{
        CallStep, ColumnRef, Experiment, ExperimentKind, Filter, LineWeight, QueryApi, RouteWeight, TableRef,
    };
    use tuneup_testkit::fixture::some_finding;

    use super::*;

    fn query(table: &str, column: &str) -> QueryShape {
        let mut shape = QueryShape::new(
            QueryApi::Prisma,
            "findMany",
            Operation::ReadMany,
            TableRef::Known(table.to_owned()),
        );
        let column = ColumnRef { table: table.to_owned(), column: column.to_owned() };
        shape.filter =
            Filter { all_of: vec![Predicate { column, op: PredicateOp::Equal }], has_unknown: false };
        shape
    }

    fn finding(message: &str, query: QueryShape) -> Finding {
        let mut finding = some_finding("some-rule", "a.ts", 10, message);
        finding.experiment = Some(Experiment {
            kind: ExperimentKind::BatchReads,
            before: vec![query],
            after: Vec::new(),
            after_ddl: Vec::new(),
            vary: Vec::new(),
            same_rows: true,
        });
        finding
    }

    fn messages(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|it| it.message.as_str()).collect()
    }

    #[test]
    fn what_takes_the_databases_time_comes_first() {
        let statement =
            |query: &str, calls, total_ms| StatementWeight { query: query.to_owned(), calls, total_ms };
        let weights = Weights {
            statements: vec![
                statement(
                    "SELECT \"id\" FROM \"public\".\"posts\" WHERE \"author_id\" = $1 LIMIT $2",
                    10,
                    25.0,
                ),
                statement("SELECT * FROM comments WHERE post_id IN ($1, $2)", 900, 75.0),
                statement("VACUUM", 1, 0.0),
            ],
            ..Weights::default()
        };
        let mut findings = [
            finding("none", query("users", "id")),
            finding("posts", query("posts", "author_id")),
            finding("other column", query("posts", "title")),
            finding("comments", query("comments", "post_id")),
        ];
        weigh(&mut findings, &weights);
        assert_eq!(messages(&findings), ["comments", "posts", "none", "other column"]);
        let weight = findings[0].weight.as_ref().unwrap();
        assert!((weight.share - 0.75).abs() < 1e-9, "{weight:?}");
        assert_eq!(weight.basis, "900 calls, 75.0 % of the database's time");
        assert_eq!(findings[2].weight, None);
    }

    #[test]
    fn a_route_is_found_below_its_mount() {
        let mut found = some_finding("some-rule", "a.ts", 10, "one");
        found.call_path =
            vec![CallStep { file: "r.ts".into(), line: 1, name: "Posts.one [GET /posts/:id]".into() }];
        let mut findings = [some_finding("some-rule", "b.ts", 1, "two"), found];
        let route = |path: &str, total_ms| RouteWeight {
            method: "get".into(),
            path: path.into(),
            requests: 7,
            total_ms,
        };
        let routes = vec![route("/api/posts/{postId}", 60.0), route("/api/posts", 40.0)];
        weigh(&mut findings, &Weights { routes, ..Weights::default() });
        assert_eq!(messages(&findings), ["one", "two"]);
        assert!((findings[0].weight.as_ref().unwrap().share - 0.6).abs() < 1e-9);
    }

    #[test]
    fn the_time_of_a_line_counts_where_it_is_spent() {
        let mut findings =
            [some_finding("some-rule", "b.ts", 1, "two"), some_finding("some-rule", "a.ts", 10, "one")];
        let lines = vec![LineWeight { file: "a.ts".into(), line: 10, self_ms: 5.0 }];
        weigh(&mut findings, &Weights { lines, ..Weights::default() });
        assert_eq!(messages(&findings), ["one", "two"]);
    }
}
