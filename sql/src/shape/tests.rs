//! Shapes of statements, one line each; interpolations; hostile text.

use std::time::Instant;

use proptest::prelude::*;
use tuneup_model::{Bound, Columns, Dialect, OrderBy, PredicateOp, QueryShape};

use crate::{SqlError, from_template, shapes, sketch};

fn one(text: &str) -> QueryShape {
    let mut all = shapes(text, Dialect::Postgresql).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(all.len(), 1, "{text}");
    all.remove(0)
}

/// The shape in one line: operation, table, then what is not empty.
fn line(shape: &QueryShape) -> String {
    let mut line = format!("{:?} {}", shape.operation, shape.table.name().unwrap_or("?"));
    let mut add = |name: &str, text: String| {
        if !text.is_empty() {
            line.extend([" ", name, "=", &text]);
        }
    };
    add("with", shape.joined.join("+"));
    add(
        "get",
        match &shape.columns {
            Columns::All => "*".into(),
            Columns::Some(names) => names.join("+"),
            Columns::Unknown => "?".into(),
        },
    );
    let mut conditions: Vec<String> = Vec::new();
    for predicate in &shape.filter.all_of {
        let op = match predicate.op {
            PredicateOp::Equal => "=",
            PredicateOp::In => " in",
            PredicateOp::Range => "<",
            PredicateOp::Prefix => "^",
            PredicateOp::Contains => "~",
            PredicateOp::NotEqual => "!",
            PredicateOp::IsNull => " null",
            PredicateOp::Other => " other",
        };
        conditions.push(format!("{}.{}{op}", predicate.column.table, predicate.column.column));
    }
    conditions.extend(shape.filter.has_unknown.then(|| "?".to_owned()));
    add("if", conditions.join(","));
    let term = |term: &OrderBy| format!("{}{}", term.column.column, if term.descending { "-" } else { "" });
    let mut order: Vec<String> = shape.order.iter().map(term).collect();
    order.extend((!shape.order_known).then(|| "?".to_owned()));
    add("by", order.join(","));
    let bound = |bound: Bound| match bound {
        Bound::Absent => String::new(),
        Bound::Constant(number) => number.to_string(),
        Bound::Dynamic => "$".into(),
        Bound::Unknown => "?".into(),
    };
    add("limit", bound(shape.limit));
    add("offset", bound(shape.offset));
    line
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(line(&one(text)), expected, "{text}");
}

#[test]
fn select_reads_columns_of_tables() {
    check("SELECT * FROM \"Post\"", "ReadMany Post get=*");
    check("select ID, Title from Posts", "ReadMany posts get=id+title");
    check("SELECT p.* FROM public.\"Post\" AS p", "ReadMany Post get=*");
    check(
        "SELECT p.id, u.name FROM blog.post p JOIN users u ON u.id = p.author_id",
        "ReadMany blog.post with=users get=id",
    );
    check("SELECT lower(name) FROM users", "ReadMany users get=?");
    check("SELECT 1", "ReadOne ? get=?");
    check("SELECT name AS n FROM users WHERE false", "ReadMany users get=name if=?");
}

#[test]
fn counts_and_aggregates() {
    check("SELECT COUNT(*)::int AS n FROM t WHERE a = 1", "Count t if=t.a=");
    check("SELECT sum(a), count(*) FROM t", "Aggregate t get=?");
    check("SELECT coalesce(max(a), 0) FROM t", "Aggregate t get=?");
    check(
        "SELECT a, count(*) FROM t GROUP BY a ORDER BY count(*) DESC LIMIT 5",
        "Aggregate t get=? by=? limit=5",
    );
    check("SELECT a, row_number() OVER (ORDER BY b) FROM t", "ReadMany t get=?");
}

#[test]
fn conditions_become_predicates() {
    check(
        "SELECT * FROM t WHERE a = $1 AND (b > 5 AND c IN (1, 2)) AND d IS NULL AND e <> 'x' AND f BETWEEN 1 AND 2",
        "ReadMany t get=* if=t.a=,t.b<,t.c in,t.d null,t.e!,t.f<",
    );
    check(
        "SELECT * FROM t WHERE $1 <= a AND b = ANY($2::int[]) AND c",
        "ReadMany t get=* if=t.a<,t.b in,t.c=",
    );
    check(
        "SELECT * FROM t WHERE NOT a AND b IS NOT NULL AND c IS TRUE AND 1 = 1",
        "ReadMany t get=* if=t.a=,t.b!,t.c=",
    );
    check("SELECT * FROM t WHERE a = 1 AND (b = 2 OR c = 3)", "ReadMany t get=* if=t.a=,?");
    check(
        "SELECT * FROM t WHERE lower(a) = $1 AND b = now() - interval '1 day'",
        "ReadMany t get=* if=t.b=,?",
    );
    check(
        "SELECT * FROM t WHERE (a, b) > ($1, $2) AND (c, d) = (1, 2)",
        "ReadMany t get=* if=t.a<,t.c=,t.d=",
    );
    check("SELECT * FROM t WHERE tags @> ARRAY['x'] AND data ? 'key'", "ReadMany t get=* if=t.tags~,t.data~");
    check("SELECT * FROM t WHERE a = b AND a NOT IN (1)", "ReadMany t get=* if=t.a other,?");
    check(
        "SELECT * FROM t WHERE a = ? AND b = :name AND c IN (:...ids)",
        "ReadMany t get=* if=t.a=,t.b=,t.c in",
    );
}

#[test]
fn patterns_are_told_apart() {
    check(
        "SELECT * FROM t WHERE a LIKE 'x%' AND b LIKE '%x%' AND c LIKE 'x' AND d LIKE $1",
        "ReadMany t get=* if=t.a^,t.b~,t.c=,t.d other",
    );
    check(
        "SELECT * FROM t WHERE a LIKE '%' || $1 || '%' AND b LIKE $1 || '%' AND c ILIKE 'x%'",
        "ReadMany t get=* if=t.a~,t.b^,t.c~",
    );
    check("SELECT * FROM t WHERE a LIKE concat('%', $1)", "ReadMany t get=* if=t.a~");
}

#[test]
fn order_limit_and_offset() {
    check(
        "SELECT * FROM t ORDER BY a DESC, b LIMIT 10 OFFSET $1",
        "ReadMany t get=* by=a-,b limit=10 offset=$",
    );
    check("SELECT * FROM t WHERE id = 1 LIMIT 1", "ReadOne t get=* if=t.id= limit=1");
    check("SELECT * FROM t ORDER BY a, random()", "ReadMany t get=* by=a,?");
    check("SELECT a AS x, b + 1 AS c FROM t ORDER BY x, c", "ReadMany t get=? by=a,?");
    check("SELECT * FROM t LIMIT ALL", "ReadMany t get=*");
    check("SELECT * FROM t FETCH FIRST 3 ROWS ONLY", "ReadMany t get=* limit=3");
}

#[test]
fn joins_resolve_aliases() {
    check(
        "SELECT * FROM posts p INNER JOIN users u ON u.id = p.author_id AND u.active = true
         LEFT JOIN tags ON tags.post_id = p.id AND tags.name = 'x' WHERE p.slug = $1 AND title = 'y'",
        "ReadMany posts with=tags+users get=* if=posts.slug=,users.active=,?",
    );
    check("SELECT p.id FROM p, q WHERE q.id = 3", "ReadMany p with=q get=id if=q.id=");
    check("SELECT c.id FROM node c JOIN node p ON p.id = c.parent_id", "ReadMany node with=node get=id");
}

#[test]
fn subqueries_with_and_union() {
    check("SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id)", "ReadMany t with=u get=* if=?");
    check("SELECT * FROM t WHERE a IN (SELECT b FROM u JOIN v ON true)", "ReadMany t with=u+v get=* if=?");
    check("SELECT id, (SELECT count(*) FROM u) FROM t", "ReadMany t with=u get=?");
    check("SELECT * FROM (SELECT a FROM t LIMIT 5) x", "ReadMany t get=* if=? limit=5");
    check("WITH x AS (SELECT * FROM t WHERE a = 1 LIMIT 3) SELECT * FROM x", "ReadMany t get=* if=? limit=3");
    check("WITH x AS (SELECT 1) SELECT * FROM t JOIN x ON true", "ReadMany t get=*");
    check(
        "WITH RECURSIVE x AS (SELECT id FROM t UNION SELECT t.id FROM t JOIN x ON true) SELECT * FROM x",
        "ReadMany ? with=t get=?",
    );
    check(
        "SELECT a FROM t UNION ALL SELECT a FROM u ORDER BY a LIMIT 3",
        "ReadMany t with=u get=a if=? by=? limit=3",
    );
    check("SELECT EXISTS (SELECT 1 FROM t WHERE a = $1)", "ReadOne t if=t.a= limit=1");
    check("SELECT * FROM generate_series(1, 10) g", "ReadMany ? get=?");
}

#[test]
fn writes() {
    check("INSERT INTO t (a) VALUES (1)", "Insert t");
    check("INSERT INTO t (a) VALUES (1), (2) RETURNING id", "InsertMany t get=id");
    check("INSERT INTO t (a) SELECT b FROM u", "InsertMany t with=u");
    check("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2", "Upsert t");
    check("INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING RETURNING *", "Insert t get=*");
    check(
        "UPDATE t SET a = 1, b = (SELECT c FROM u) WHERE id = $1 AND d",
        "UpdateMany t with=u if=t.id=,t.d=",
    );
    check("UPDATE t SET a = u.b FROM u WHERE u.id = t.id AND t.c = 1", "UpdateMany t with=u if=t.c=,?");
    check("DELETE FROM t WHERE id IN ($1, $2)", "DeleteMany t if=t.id in");
    check("DELETE FROM t USING u WHERE u.id = t.id", "DeleteMany t with=u if=?");
    check("TRUNCATE TABLE t", "DeleteMany t");
    check("WITH x AS (DELETE FROM u RETURNING id) INSERT INTO t SELECT * FROM x", "InsertMany t with=u");
    check("BEGIN", "Other ? get=?");
}

#[test]
fn dialects_have_their_quotes_and_cases() {
    let line_of = |text: &str, dialect| line(&shapes(text, dialect).unwrap()[0]);
    assert_eq!(
        line_of("SELECT `Id` FROM `Users` WHERE Name = \"x\" LIMIT ?, ?", Dialect::Mysql),
        "ReadMany Users get=Id if=Users.Name= limit=$ offset=$"
    );
    assert_eq!(line_of("INSERT INTO T SET a = ? ON DUPLICATE KEY UPDATE a = 1", Dialect::Mysql), "Upsert T");
    assert_eq!(
        line_of("DELETE p FROM posts p JOIN u ON u.id = p.uid WHERE p.a = ?", Dialect::Mysql),
        "DeleteMany posts with=u if=posts.a="
    );
    assert_eq!(
        line_of("SELECT * FROM \"T\" WHERE a = @x AND b = $1", Dialect::Sqlite),
        "ReadMany T get=* if=T.a=,T.b="
    );
    assert_eq!(line_of("SELECT * FROM T WHERE a = ?", Dialect::Other), "ReadMany T get=* if=T.a=");
}

#[track_caller]
fn template(quasis: &[&str], expected: &str) {
    let text = from_template(quasis);
    assert_eq!(line(&one(&text)), expected, "{text}");
}

#[test]
fn interpolations_of_values() {
    template(
        &["SELECT * FROM t WHERE id = ", " AND b IN (", ") LIMIT ", ""],
        "ReadMany t get=* if=t.id=,t.b in limit=$",
    );
    template(&["SELECT * FROM t WHERE a LIKE '%", "%' AND b LIKE '", "%'"], "ReadMany t get=* if=t.a~,t.b^");
    template(&["INSERT INTO t (a, b) VALUES (", ", ", ")"], "Insert t");
    template(&["UPDATE t SET a = ", " WHERE id = ", ""], "UpdateMany t if=t.id=");
}

#[test]
fn interpolations_of_fragments() {
    template(&["SELECT * FROM t WHERE ", " ORDER BY ", ""], "ReadMany t get=* if=? by=?");
    template(
        &["SELECT * FROM t WHERE a = 1 ", " LIMIT 5"],
        "ReadMany t get=* if=t.a=,? by=? limit=5 offset=?",
    );
    template(&["SELECT * FROM t ", ""], "ReadMany t get=* if=? by=? limit=? offset=?");
    template(&["SELECT * FROM t ORDER BY a ", " LIMIT 2"], "ReadMany t get=* by=a,? limit=2 offset=?");
    template(&["SELECT * FROM ", " WHERE a = 1"], "ReadMany ? get=? if=?");
    template(&["SELECT * FROM \"", "\".t WHERE a = 1"], "ReadMany ? get=? if=?");
    template(&["SELECT * FROM ", ".t WHERE a = ", ""], "ReadMany ? get=? if=?");
    template(&["SELECT * FROM t WHERE a IN ", ""], "ReadMany t get=* if=t.a in");
    template(&["INSERT INTO t (a) VALUES ", ""], "InsertMany t");
    template(&["INSERT INTO t (", ") VALUES (", ")"], "Insert t");
    template(&["UPDATE t SET ", " WHERE id = 1"], "UpdateMany t if=t.id=");
    template(&["UPDATE t SET a = 1, ", " WHERE id = 1"], "UpdateMany t if=t.id=");
    template(&["SELECT * FROM t ", "", ""], "ReadMany t get=* if=? by=? limit=? offset=?");
    template(&["SELECT ", " FROM t"], "ReadMany t get=?");
    template(&["SELECT * FROM t WHERE ", " b = 1"], "ReadMany t get=* if=t.b=,? by=? limit=? offset=?");
    template(&["SELECT * FROM (", ") x WHERE a = 1"], "ReadMany ? get=? if=?");
}

#[test]
fn many_statements_and_none() {
    assert_eq!(shapes("", Dialect::Postgresql), Ok(vec![]));
    assert_eq!(shapes("-- nothing\n;;", Dialect::Postgresql), Ok(vec![]));
    let all = shapes("BEGIN; SELECT 1 ; COMMIT", Dialect::Postgresql).unwrap();
    let methods: Vec<_> = all.iter().map(|shape| shape.method.as_str()).collect();
    assert_eq!(methods, ["begin", "select", "commit"]);
    assert_eq!(all[1].sql.as_deref(), Some("SELECT 1"));
    assert!(matches!(shapes("SELEKT 1", Dialect::Postgresql), Err(SqlError::Syntax(_))));
}

#[test]
fn hostile_text_is_an_error_and_soon() {
    const DEEP: usize = 200_000;
    const MANY: usize = 30_000;
    let nested = |open: &str, close: &str| open.repeat(DEEP) + "1" + &close.repeat(DEEP);
    let texts = [
        format!("SELECT {}", nested("(", ")")),
        format!("SELECT {}", nested("[", "]")),
        format!("SELECT * FROM {}", nested("(", ")")),
        format!("SELECT * FROM {}", nested("(SELECT * FROM ", ")")),
        format!("SELECT {}", "(".repeat(DEEP)),
        format!("SELECT 1{}", " + 1".repeat(MANY)),
        format!("SELECT * FROM t WHERE a = 1{}", " AND a = 1".repeat(MANY)),
        format!("SELECT {} 1", "NOT ".repeat(MANY)),
        format!("SELECT {} 1", "- ".repeat(MANY)),
        format!("SELECT {}1", "-+".repeat(MANY)),
        format!("SELECT 1{}", "::int".repeat(MANY)),
        format!("SELECT 1::int{}", "[]".repeat(MANY)),
        format!("SELECT a{}", "[1]".repeat(MANY)),
        format!("SELECT a{}", ".a".repeat(MANY)),
        format!("SELECT 1{}", " IS NULL".repeat(MANY)),
        format!("SELECT a, b{}", " UNION SELECT a, b".repeat(MANY)),
        format!("{} SELECT 1", "EXPLAIN ".repeat(MANY)),
        format!("SELECT {} 1", "CASE WHEN ".repeat(MANY)),
        format!("SELECT * FROM t{}", " JOIN t ON true".repeat(MANY)),
    ];
    for text in &texts {
        let start = Instant::now();
        assert_eq!(shapes(text, Dialect::Postgresql), Err(SqlError::TooDeep), "{text:.60}");
        sketch(text, Dialect::Postgresql);
        crate::fingerprint(text);
        assert!(start.elapsed().as_secs() < 5, "{text:.60}: {:?}", start.elapsed());
    }
}

/// What just passes the guard must fit a small stack, and backtracking must not explode.
#[test]
fn the_deepest_text_allowed_is_cheap() {
    let nested = |open: &str, close: &str, depth: usize| open.repeat(depth) + "1" + &close.repeat(depth);
    let mut texts = vec![
        format!("SELECT 1{}", "+1".repeat(590)),
        format!("SELECT 1{}", "::int".repeat(290)),
        format!("SELECT a FROM t WHERE {}", vec!["a"; 290].join(" AND ")),
        format!("SELECT a FROM t WHERE {}", vec!["a"; 290].join(" OR ")),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(190)),
        format!("SELECT 1::int{}", "[]".repeat(500)),
    ];
    for depth in [10, 20, 30, 38] {
        for (open, close) in
            [("(", ")"), ("f(", ")"), ("ARRAY[", "]"), ("(SELECT ", ")"), ("CAST(", " AS int)"), ("((", "))")]
        {
            texts.push(format!("SELECT {}", nested(open, close, depth)));
            texts.push(format!("SELECT * FROM t WHERE {} AND", nested(open, close, depth)));
            texts.push(format!("SELECT * FROM {}", nested(open, close, depth)));
            texts.push(format!("SELECT {}", open.repeat(depth)));
        }
        texts.push(format!("SELECT * FROM {}", nested("(SELECT * FROM ", ") x", depth)));
        texts.push(format!("SELECT {} 1 {}", "CASE WHEN ".repeat(depth), "THEN 1 END".repeat(depth)));
        texts.push(format!("SELECT {} 1", "NOT ".repeat(depth)));
    }
    let run = move || {
        for text in &texts {
            let start = Instant::now();
            let _ = shapes(text, Dialect::Postgresql);
            assert!(start.elapsed().as_millis() < 2_000, "{text:.80}: {:?}", start.elapsed());
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

proptest! {
    #[test]
    fn no_text_panics(text in "(SELECT|FROM|WHERE|JOIN|ON|INSERT INTO|VALUES|UPDATE|SET|DELETE|IN|AND|OR|LIKE|WITH|AS|UNION|CASE|WHEN|[a-c$?:.,()='\"*;é \\[\\]-]| ){0,40}") {
        for dialect in [Dialect::Postgresql, Dialect::Mysql, Dialect::Sqlite, Dialect::Other] {
            let _ = shapes(&text, dialect);
            sketch(&text, dialect);
        }
    }

    #[test]
    fn no_template_panics(quasis in prop::collection::vec("(SELECT|FROM|WHERE|ON|VALUES|SET|[a-c.,()='\" ]){0,6}", 1..6)) {
        let quasis: Vec<&str> = quasis.iter().map(String::as_str).collect();
        let _ = shapes(&from_template(&quasis), Dialect::Postgresql);
    }
}
