//! A small result that uses every part of a report.

use tuneup_model::{
    Bound, CallStep, ColumnRef, Columns, Confidence, Cost, Count, Edit, Evidence, EvidenceKind, Experiment,
    ExperimentKind, Filter, Finding, Fingerprint, Fix, FixSafety, Likeness, Location, Operation, OrderBy,
    Parameter, Predicate, PredicateOp, QueryApi, QueryShape, ScanResult, ScanStats, Severity, TableRef,
    Warning,
};

pub(crate) fn location(file: &str, line: u32, columns: (u32, u32)) -> Location {
    Location { file: file.into(), line, column: columns.0, end_line: line, end_column: columns.1 }
}

fn step(file: &str, line: u32, name: &str) -> CallStep {
    CallStep { file: file.into(), line, name: name.into() }
}

fn find_unique() -> QueryShape {
    let column = |column: &str| ColumnRef { table: "Post".into(), column: column.into() };
    QueryShape {
        api: QueryApi::Prisma,
        method: "findUnique".into(),
        operation: Operation::ReadOne,
        table: TableRef::Known("Post".into()),
        joined: vec!["User".into()],
        columns: Columns::Some(vec!["id".into()]),
        filter: Filter {
            all_of: vec![Predicate { column: column("id"), op: PredicateOp::Equal }],
            has_unknown: false,
        },
        order: vec![OrderBy { column: column("createdAt"), descending: true }],
        order_known: true,
        limit: Bound::Constant(10),
        offset: Bound::Absent,
        keyset: false,
        sql: None,
    }
}

fn batch_reads() -> Experiment {
    let all = QueryShape {
        table: TableRef::Unknown,
        columns: Columns::All,
        limit: Bound::Dynamic,
        ..find_unique()
    };
    Experiment {
        kind: ExperimentKind::BatchReads,
        before: vec![find_unique()],
        after: vec![all],
        after_ddl: vec![],
        vary: vec![Parameter { name: "n".into(), values: vec![1, 10, 100] }],
        same_rows: true,
    }
}

pub(crate) fn across_calls() -> Finding {
    let controller = "apps/api/src/posts.controller.ts";
    let repository = "libs/db/src/posts.repository.ts";
    Finding {
        rule: "n-plus-one-across-calls".into(),
        severity: Severity::High,
        confidence: Confidence::Likely,
        fingerprint: Fingerprint("00112233445566aa".into()),
        likeness: Likeness::default(),
        location: location(controller, 42, (26, 50)),
        source: vec!["      const post = await this._posts.getPost(id);".into()],
        message: "`this._posts.getPost` runs one query for each element of `ids`".into(),
        help: "fetch all posts with one `findMany({ where: { id: { in: ids } } })` before the loop and look each of \
               them up in a Map by its id"
            .into(),
        cost: Some(Cost {
            now: "n queries".into(),
            after: "1 query".into(),
            counts: vec![Count { variable: "n".into(), of: "elements of ids".into() }],
        }),
        call_path: vec![
            step(controller, 38, "PostsController.list"),
            step("libs/core/src/posts.service.ts", 22, "PostsService.getPost"),
            step(repository, 15, "prisma.post.findUnique"),
        ],
        evidence: vec![
            Evidence {
                kind: EvidenceKind::Loop,
                message: "runs once for each element of `ids`".into(),
                location: Some(location(controller, 40, (5, 30))),
                source: vec!["    for (const id of ids) {".into()],
            },
            Evidence {
                kind: EvidenceKind::Query,
                message: "the query".into(),
                location: Some(location(repository, 15, (12, 40))),
                source: vec!["    return this.prisma.post.findUnique({ where: { id } });".into()],
            },
        ],
        doubts: vec![],
        fix: Some(Fix {
            title: "replace the loop by one `findMany`".into(),
            safety: FixSafety::Unsafe,
            edits: vec![],
            ddl: None,
        }),
        experiment: Some(batch_reads()),
        weight: None,
        rank: 900,
    }
}

pub(crate) fn missing_index() -> Finding {
    let schema = "prisma/schema.prisma";
    let place = Location { end_line: 14, ..location(schema, 9, (1, 2)) };
    let lines = ["model Comment {", "  id     Int @id", "  postId Int", "}"];
    Finding {
        rule: "missing-fk-index".into(),
        severity: Severity::Medium,
        confidence: Confidence::Candidate,
        fingerprint: Fingerprint("fedcba9876543210".into()),
        likeness: Likeness::default(),
        location: place,
        source: lines.map(String::from).to_vec(),
        message: "no index leads with the foreign key `postId` of `Comment`".into(),
        help: "add an index on `postId`".into(),
        cost: None,
        call_path: vec![],
        evidence: vec![Evidence {
            kind: EvidenceKind::Fact,
            message: "PostgreSQL does not index foreign keys".into(),
            location: None,
            source: vec![],
        }],
        doubts: vec!["no query joins on it".into(), "the table may be small".into()],
        fix: Some(Fix {
            title: "add `@@index([postId])` to model Comment".into(),
            safety: FixSafety::Safe,
            edits: vec![Edit {
                location: location(schema, 13, (1, 1)),
                text: "  @@index([postId])\n".into(),
            }],
            ddl: Some("CREATE INDEX CONCURRENTLY ON \"Comment\" (\"postId\")".into()),
        }),
        experiment: None,
        weight: None,
        rank: 100,
    }
}

/// What a program may be called that wants to be taken for a part of the report.
pub(crate) const HOSTILE: &str =
    "a\"'<b>&]]>-->|`x`*_[l](u)\r\n::error::e\u{1b}[2J\u{202e}\u{0}%0A,:@octocat #1 \u{1f389}</details>";

/// [`across_calls`] with a hostile text wherever text of the program can stand, and one that is very long.
pub(crate) fn hostile() -> Finding {
    let mut finding = across_calls();
    finding.location.file = format!("src/{HOSTILE}.ts");
    finding.message = HOSTILE.into();
    finding.help = format!("{}`", "long ".repeat(5_000));
    for step in &mut finding.call_path {
        step.file = finding.location.file.clone();
        step.name = HOSTILE.into();
    }
    for evidence in &mut finding.evidence {
        evidence.message = HOSTILE.into();
    }
    finding.doubts = vec![HOSTILE.into()];
    finding.fix = Some(Fix {
        title: HOSTILE.into(),
        safety: FixSafety::Safe,
        edits: vec![],
        ddl: Some(HOSTILE.into()),
    });
    finding
}

pub(crate) fn result(findings: Vec<Finding>) -> ScanResult {
    let warning =
        |file: &str| Warning { file: file.into(), message: "skipped: not valid UTF-8 at byte 3".into() };
    ScanResult {
        findings,
        stats: ScanStats {
            files: 731,
            lines: 109_213,
            seconds: 0.4213,
            imports_local: 4_000,
            imports_resolved: 3_980,
            calls: 20_000,
            calls_resolved: 12_345,
            query_sites: 312,
            query_sites_assumed: 14,
            functions: 4_321,
            entry_points: 210,
            tables: 45,
            dialects: vec![tuneup_model::Dialect::Postgresql],
            candidates: 9,
            ignored: 2,
        },
        warnings: (1..=7).map(|number| warning(&format!("src/{number}.ts"))).collect(),
        queries: vec![],
        since: None,
    }
}
