//! What calls ask, as tests: one small schema, one call each, the shape in one line.

use std::fmt::Write as _;

use tuneup_model::{ColumnRef, Columns, Dialect, Predicate, PredicateOp};

use super::*;
use crate::facts::{Expr, FileFacts, SymbolKind, facts};
use crate::objects::sql_query;
use crate::prisma::schema::{SchemaFile, parse};

const SCHEMA: &str = r#"
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

model User {
  id      Int      @id
  email   String   @unique
  name    String?
  role    String
  teamId  Int?     @map("team_id")
  team    Team?    @relation(fields: [teamId], references: [id])
  posts   Post[]
  profile Profile?
  @@map("users")
}

model Team {
  id    Int    @id
  name  String
  users User[]
  @@map("teams")
}

model Profile {
  id     Int    @id
  bio    String
  userId Int    @unique @map("user_id")
  user   User   @relation(fields: [userId], references: [id])
  @@map("profiles")
}

model Post {
  id        Int      @id
  slug      String
  title     String
  views     Int
  published Boolean
  meta      Json
  labels    String[]
  deletedAt DateTime? @map("deleted_at")
  createdAt DateTime @map("created_at")
  authorId  Int      @map("author_id")
  author    User     @relation(fields: [authorId], references: [id])
  tags      Tag[]
  @@unique([authorId, slug])
  @@map("posts")
}

model Tag {
  id    Int    @id
  name  String
  posts Post[]
  @@map("tags")
}
"#;

/// Follows values within one file.
struct OneFile(FileFacts);

impl Follow for OneFile {
    fn facts(&self, _: u32) -> &FileFacts {
        &self.0
    }

    fn follow(&self, at: Place) -> Option<Place> {
        let expr = match self.0.expr(at.expr) {
            Expr::Symbol(symbol) => {
                let symbol = self.0.symbol(symbol);
                let is_value = symbol.kind == SymbolKind::Value && symbol.assignments.is_empty();
                symbol.definition.filter(|_| is_value)?
            }
            Expr::Cast { expr, .. } | Expr::Await(expr) => expr,
            _ => return Some(at),
        };
        self.follow(Place { file: at.file, expr })
    }
}

/// The first `db.model.method(…)` of the text with its model.
fn shape(text: &str) -> QueryShape {
    let schema = schema();
    let file = OneFile(facts("a.ts", text));
    let found = file.0.calls.iter().enumerate().find_map(|(id, call)| {
        let Expr::Member { object, property } = file.0.expr(call.callee) else { return None };
        let Expr::Member { property: accessor, .. } = file.0.expr(object) else { return None };
        Some((CallId(id as u32), schema.by_accessor(file.0.name(accessor))?, file.0.name(property)))
    });
    let (call, model, method) = found.unwrap();
    assert!(is_query_method(method));
    model_query(&file, &schema, model, method, 0, call)
}

fn schema() -> Schema {
    let schema = parse(&[SchemaFile { path: "schema.prisma", text: SCHEMA }]);
    assert!(schema.warnings.is_empty(), "{:?}", schema.warnings);
    schema
}

/// The shape of the first call whose callee ends in `$…`.
fn raw(text: &str) -> QueryShape {
    let file = OneFile(facts("a.ts", text));
    let found = file.0.calls.iter().enumerate().find_map(|(id, call)| {
        let Expr::Member { property, .. } = file.0.expr(call.callee) else { return None };
        let method = file.0.name(property);
        method.starts_with('$').then_some((CallId(id as u32), method))
    });
    let (call, method) = found.unwrap();
    let text = file.0.args(call).first().map(|expr| Place { file: 0, expr: *expr });
    sql_query(&file, QueryApi::Prisma, Dialect::Postgresql, method, text)
}

/// `posts +users [id,title] where a= ? order -b limit 10 offset ~ keyset`: columns of other tables carry their table,
/// `?` is an unknown part, `~` a value of the program. What is absent is not written; all columns neither.
fn compact(shape: &QueryShape) -> String {
    let main = shape.table.name().unwrap_or("?");
    let column = |column: &ColumnRef| {
        if column.table == main {
            column.column.clone()
        } else {
            format!("{}.{}", column.table, column.column)
        }
    };
    let mut out = format!("{:?} {main}", shape.operation);
    shape.joined.iter().for_each(|table| write!(out, " +{table}").unwrap());
    match &shape.columns {
        Columns::All => {}
        Columns::Some(columns) => write!(out, " [{}]", columns.join(",")).unwrap(),
        Columns::Unknown => out.push_str(" [?]"),
    }
    if shape.filter != Filter::default() {
        out.push_str(" where");
    }
    for Predicate { column: on, op } in &shape.filter.all_of {
        let op = match op {
            PredicateOp::Equal => "=",
            PredicateOp::In => " in",
            PredicateOp::Range => "<>",
            PredicateOp::Prefix => "^",
            PredicateOp::Contains => "%",
            PredicateOp::NotEqual => "!=",
            PredicateOp::IsNull => " null",
            PredicateOp::Other => " other",
        };
        write!(out, " {}{op}", column(on)).unwrap();
    }
    out.push_str(if shape.filter.has_unknown { " ?" } else { "" });
    if !shape.order.is_empty() || !shape.order_known {
        out.push_str(" order");
    }
    for term in &shape.order {
        write!(out, " {}{}", if term.descending { "-" } else { "" }, column(&term.column)).unwrap();
    }
    out.push_str(if shape.order_known { "" } else { " ?" });
    for (name, bound) in [("limit", shape.limit), ("offset", shape.offset)] {
        match bound {
            Bound::Absent => {}
            Bound::Constant(number) => write!(out, " {name} {number}").unwrap(),
            Bound::Dynamic => write!(out, " {name} ~").unwrap(),
            Bound::Unknown => write!(out, " {name} ?").unwrap(),
        }
    }
    out.push_str(if shape.keyset { " keyset" } else { "" });
    out
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(compact(&shape(text)), expected, "{text}");
}

/// One argument of `findMany` on posts, by what it adds to the shape.
#[track_caller]
fn check_posts(args: &str, expected: &str) {
    let text = format!("async function f(x, y, p) {{ return db.post.findMany({args}) }}");
    let shape = compact(&shape(&text));
    assert_eq!(shape.strip_prefix("ReadMany posts").unwrap().trim(), expected, "{args}");
}

#[track_caller]
fn check_where(condition: &str, expected: &str) {
    check_posts(&format!("{{ where: {condition} }}"), expected);
}

#[test]
fn methods_are_operations() {
    for (call, expected) in [
        ("user.findUnique({ where: { id: x } })", "ReadOne users where id="),
        ("user.findUniqueOrThrow({ where: { id: x } })", "ReadOne users where id="),
        ("user.findFirst({ where: { name: x } })", "ReadOne users where name= limit 1"),
        ("user.findFirstOrThrow()", "ReadOne users limit 1"),
        ("user.findMany()", "ReadMany users"),
        ("user.count({ where: { role: x } })", "Count users [] where role="),
        ("user.create({ data: { id: 1 } })", "Insert users"),
        ("user.createMany({ data: rows })", "InsertMany users []"),
        ("user.createManyAndReturn({ data: rows, select: { id: true } })", "InsertMany users [id]"),
        ("user.update({ where: { id: x }, data: {} })", "Update users where id="),
        (
            "user.updateMany({ where: { role: x }, data: {}, limit: 9 })",
            "UpdateMany users [] where role= limit 9",
        ),
        ("user.updateManyAndReturn({ data: {} })", "UpdateMany users"),
        ("user.upsert({ where: { email: x }, create: {}, update: {} })", "Upsert users where email="),
        ("user.delete({ where: { id: x } })", "Delete users where id="),
        ("user.deleteMany({ where: { id: { in: x } } })", "DeleteMany users [] where id in"),
        ("user.deleteMany()", "DeleteMany users []"),
        (
            "post.aggregate({ _sum: { views: true }, _max: { createdAt: true } })",
            "Aggregate posts [created_at,views]",
        ),
        ("post.groupBy({ by: ['authorId', 'slug'], _count: true })", "Aggregate posts [author_id,slug]"),
        ("post.groupBy({ by: 'authorId', where: { views: x } })", "Aggregate posts [author_id] where views="),
        ("post.groupBy({ by: fields })", "Aggregate posts [?]"),
        ("post.findRaw({ filter: {} })", "Other posts [?] where ? order ? limit ? offset ?"),
    ] {
        check(&format!("function f(x) {{ return db.{call} }}"), expected);
    }
    assert!(!is_query_method("fields"));
}

#[test]
fn scalars_and_operators() {
    check_where("{ id: 1, slug: x, deletedAt: null }", "where id= slug= deleted_at null");
    check_where("{ id: { equals: x }, deletedAt: { equals: null } }", "where id= deleted_at null");
    check_where("{ id: { in: [1, 2] }, slug: { notIn: x } }", "where id in slug!=");
    check_where("{ createdAt: { gte: x, lt: y } }", "where created_at<>");
    check_where("{ title: { contains: x }, slug: { startsWith: x } }", "where title% slug^");
    check_where("{ slug: { startsWith: x, mode: 'insensitive' } }", "where slug%");
    check_where("{ slug: { equals: x, mode: 'insensitive' } }", "where slug other");
    check_where("{ slug: { startsWith: x, mode: 'default' } }", "where slug^");
    check_where("{ title: { search: x }, slug: { endsWith: x } }", "where title% slug%");
    check_where("{ labels: { has: x } }", "where labels%");
    check_where("{ labels: { isEmpty: true } }", "where labels other");
    check_where("{ meta: { path: ['a'], equals: x } }", "where meta other");
    check_where("{ slug: { not: x }, deletedAt: { not: null } }", "where slug!= deleted_at!=");
    check_where("{ slug: { not: { startsWith: x } } }", "where slug other");
    check_where("{ title: { weird: x } }", "where ?");
    check_where("{ nothing: x }", "where ?");
}

#[test]
fn and_is_flat_or_and_not_are_unknown() {
    check_where("{ AND: [{ id: 1 }, { slug: x, AND: { views: y } }] }", "where id= slug= views=");
    check_where("{ views: x, OR: [{ id: 1 }, { slug: x }] }", "where views= ?");
    check_where("{ OR: [{ id: 1 }] }", "where id=");
    check_where("{ OR: [{ id: 1 }, { author: { name: x } }] }", "+users where ?");
    check_where("{ views: x, NOT: { id: 1 } }", "where views= ?");
    check_where("{ AND: [{ id: 1 }, ...p] }", "where id= ?");
    check_where("{ AND: [...[{ id: 1 }], { views: x }] }", "where id= views=");
    check_where("{ AND: [{ id: 1 }, ...(x ? [{ author: { name: x } }] : [])] }", "+users where id= ?");
    check_where("{ AND: p }", "where ?");
}

#[test]
fn optional_conditions_are_not_listed() {
    check_where("{ id: 1, slug: undefined }", "where id= ?");
    check_where("{ id: 1, slug: x ? y : undefined }", "where id= ?");
    check_where("{ id: 1, slug: x || undefined }", "where id= ?");
    check_where("{ id: 1, createdAt: { gte: x ? y : undefined } }", "where id= ?");
    check_where("{ id: 1, createdAt: x && { gte: y } }", "where id= ?");
    check_where("{ id: 1, ...(x ? { slug: x } : {}) }", "where id= ?");
    check_where("{ id: 1, ...(x && { slug: x }) }", "where id= ?");
    check_where("{ id: 1, ...(x && { author: { name: y } }) }", "+users where id= ?");
    check_where("{ slug: x ?? 'a', views: x ? y : 3 }", "where slug= views=");
    check_where("{ slug: x ? y : null }", "where slug other");
    check_where("{ id: 1, OR: x ? [{ slug: y }] : undefined }", "where id= ?");
}

#[test]
fn whole_filters_that_vary() {
    check_where("x ? { id: 1, slug: y } : { id: 2 }", "where id= ?");
    check_where("x ? { id: 1 } : { id: 2 }", "where id=");
    check_where("p", "where ?");
    check_where("p ?? {}", "where ?");
    check_where("undefined", "");
    check_where("{ id: 1, ...p }", "where id= ?");
    check_where("{ ...p, id: 1 }", "where id= ?");
    check_where("{ [x]: 1 }", "where ?");
    check_where("{ ['slug']: x }", "where slug=");
    check_where("makeFilter(x)", "where ?");
}

#[test]
fn compound_keys_fix_their_columns() {
    check_where("{ authorId_slug: { authorId: x, slug: y } }", "where author_id= slug=");
    check_where("{ authorId_slug: p }", "where author_id= slug=");
}

#[test]
fn relation_filters() {
    check_where("{ author: { name: x } }", "+users where users.name=");
    check_where("{ author: { is: { name: x } } }", "+users where users.name=");
    check_where("{ author: { id: x } }", "where author_id=");
    check_where("{ author: { is: { id: { in: x } } } }", "where author_id in");
    check_where("{ author: { id: x, role: y } }", "+users where author_id= users.role=");
    check_where("{ author: { team: { id: x } } }", "+users where users.team_id=");
    check_where("{ author: { team: { name: x } } }", "+teams +users where teams.name=");
    check_where("{ author: { isNot: { name: x } } }", "+users where ?");
    check_where("{ author: { is: p } }", "+users where ?");
    check_where("{ author: p }", "+users where ?");
    check_where("{ author: x ? { id: x } : undefined }", "where ?");
    check_where("{ tags: { some: { name: { in: x } } } }", "+tags where tags.name in");
    check_where("{ tags: { every: { name: x } } }", "+tags where ?");
    check_where("{ tags: { none: { name: x } } }", "+tags where ?");
    check_where("{ tags: { some: {} } }", "+tags where ?");
    check("db.user.findMany({ where: { team: null } })", "ReadMany users where team_id null");
    check("db.user.findMany({ where: { profile: null } })", "ReadMany users +profiles where ?");
    check("db.user.findMany({ where: { team: { is: null } } })", "ReadMany users where team_id null");
    check(
        "db.user.findMany({ where: { profile: { bio: x } } })",
        "ReadMany users +profiles where profiles.bio=",
    );
}

#[test]
fn select_include_and_omit() {
    check_posts("{ select: { id: true, createdAt: true, slug: false } }", "[created_at,id]");
    check_posts("{ select: { id: true, author: true } }", "+users [id]");
    check_posts(
        "{ select: { id: true, author: { select: { team: { include: { users: true } } } } } }",
        "+teams +users [id]",
    );
    check_posts("{ include: { author: { include: { profile: true } }, tags: false } }", "+profiles +users");
    check_posts(
        "{ include: { tags: { where: { posts: { some: { author: { name: x } } } } } } }",
        "+tags +users",
    );
    check_posts("{ include: { _count: true } }", "+tags");
    check_posts("{ include: { _count: { select: { tags: true } } } }", "+tags");
    check_posts("{ include: { author: x ? true : false } }", "+users");
    check_posts("{ include: { ...(x && { tags: true }) } }", "+tags");
    check_posts("{ select: { id: true, ...(x ? { slug: true } : {}) } }", "[id,slug]");
    check_posts("{ select: { id: true, ...p } }", "[?]");
    check_posts("{ select: p }", "[?]");
    check_posts("{ select: undefined }", "");
    check_posts("{ select: x ? { id: true } : undefined }", "[?]");
    check_posts("{ select: { id: true, computed: true } }", "[?]");
    check_posts(
        "{ omit: { meta: true, title: true, slug: false } }",
        "[author_id,created_at,deleted_at,id,labels,published,slug,views]",
    );
    check_posts("{ omit: p }", "[?]");
    check_posts("{ omit: { meta: x } }", "[?]");
}

#[test]
fn orders() {
    check_posts("{ orderBy: { createdAt: 'desc' } }", "order -created_at");
    check_posts("{ orderBy: [{ views: 'desc' }, { id: 'asc' }] }", "order -views id");
    check_posts("{ orderBy: { deletedAt: { sort: 'desc', nulls: 'last' } } }", "order -deleted_at");
    check_posts("{ orderBy: { createdAt: Prisma.SortOrder.desc } }", "order -created_at");
    check_posts("{ orderBy: { author: { name: 'asc' } } }", "+users order users.name");
    check_posts("{ orderBy: { tags: { _count: 'desc' } } }", "+tags order ?");
    check_posts("{ orderBy: { createdAt: x } }", "order ?");
    check_posts("{ orderBy: { createdAt: x ? 'asc' : 'desc' } }", "order ?");
    check_posts("{ orderBy: [{ views: 'desc' }, { [x]: 'asc' }] }", "order -views ?");
    check_posts("{ orderBy: [{ views: 'desc' }, ...p, { id: 'asc' }] }", "order -views ?");
    check_posts("{ orderBy: p }", "order ?");
    check_posts("{ orderBy: x ? { id: 'asc' } : { views: 'asc' } }", "order ?");
    check_posts("{ orderBy: undefined }", "");
}

#[test]
fn limits_and_offsets() {
    check_posts("{ take: 10, skip: 20 }", "limit 10 offset 20");
    check_posts("{ take: -5 }", "limit 5");
    check_posts("{ take: x, skip: (p.page - 1) * 10 }", "limit ~ offset ~");
    check_posts("{ take: x ?? 20 }", "limit ~");
    check_posts("{ take: x ? 20 : 50 }", "limit ~");
    check_posts("{ take: x ? 20 : 20 }", "limit 20");
    check_posts("{ take: x ? 20 : undefined }", "limit ?");
    check_posts("{ take: undefined }", "");
    check_posts("{ take: Math.min(x, 100) }", "limit ~");
    check_posts("{ ...(x && { take: 5 }) }", "limit ?");
    check_posts("{ take: 5, ...p }", "[?] where ? order ? limit ? offset ?");
    check_posts("{ ...p, take: 5 }", "[?] where ? order ? limit 5 offset ?");
    check("const PAGE = 25; db.post.findMany({ take: PAGE + 1 })", "ReadMany posts limit 26");
    check("let page = 25; page = 9; db.post.findMany({ take: page })", "ReadMany posts limit ~");
}

#[test]
fn cursors_are_keysets() {
    check_posts("{ take: 9, skip: 1, cursor: { id: x } }", "limit 9 keyset");
    check_posts("{ take: 9, skip: x ? 1 : 0, cursor: x ? { id: x } : undefined }", "limit 9 keyset");
    check_posts("{ take: 9, ...(x && { skip: 1, cursor: { id: x } }) }", "limit 9 keyset");
    check_posts("{ take: 9, skip: 30, cursor: { id: x } }", "limit 9 offset 30 keyset");
    check_posts("{ take: 9, skip: x, cursor: { id: x } }", "limit 9 offset ~ keyset");
    check_posts("{ take: 9, skip: 1, cursor: undefined }", "limit 9 offset 1");
}

#[test]
fn arguments_are_followed() {
    check(
        "const where = { id: 1 }; const args = { where, take: 3 }; db.post.findMany(args)",
        "ReadMany posts where id= limit 3",
    );
    check(
        "const S = { user: { id: true } } as const; db.user.findMany({ select: S.user })",
        "ReadMany users [id]",
    );
    check(
        "const S = { id: true }; db.user.findMany({ select: { ...S, email: true } })",
        "ReadMany users [email,id]",
    );
    check(
        "const s = Prisma.validator<Prisma.UserSelect>()({ id: true }); db.user.findMany({ select: s })",
        "ReadMany users [id]",
    );
    check(
        "function f(args) { return db.user.findMany(args) }",
        "ReadMany users [?] where ? order ? limit ? offset ?",
    );
    check(
        "function f(...args) { return db.user.findMany(...args) }",
        "ReadMany users [?] where ? order ? limit ? offset ?",
    );
}

#[test]
fn values_changed_in_place_are_open() {
    check(
        "const where = { id: 1 }; if (q) where.name = q; db.user.findMany({ where })",
        "ReadMany users where id= ?",
    );
    check("const where = {}; where[k] = q; db.user.findMany({ where })", "ReadMany users where ?");
    check("const where = {}; Object.assign(where, q); db.user.findMany({ where })", "ReadMany users where ?");
    check(
        "const all = [{ id: 1 }]; all.push({ name: q }); db.user.findMany({ where: { AND: all } })",
        "ReadMany users where id= ?",
    );
    check(
        "const any = [{ id: 1 }]; any.push(q); db.user.findMany({ where: { OR: any } })",
        "ReadMany users where ?",
    );
    check(
        "const args = { take: 5 }; args.where = q; db.user.findMany(args)",
        "ReadMany users [?] where ? order ? limit ? offset ?",
    );
}

#[test]
fn nested_writes_touch_their_tables() {
    check(
        "db.user.create({ data: { posts: { create: [{ tags: { connect: { id: 1 } } }] } } })",
        "Insert users +posts +tags",
    );
    check("db.post.create({ data: { author: { connect: { id: 1 } } } })", "Insert posts");
    check(
        "db.post.create({ data: { author: { connectOrCreate: { where: {}, create: { team: { create: {} } } } } } })",
        "Insert posts +teams +users",
    );
    check(
        "db.user.update({ where: { id }, data: { profile: { upsert: { create: {}, update: {} } } } })",
        "Update users +profiles where id=",
    );
    check(
        "db.user.upsert({ where: { id }, create: { posts: { createMany: { data: x } } }, update: {} })",
        "Upsert users +posts where id=",
    );
}

#[test]
fn values_that_refer_to_themselves_end() {
    check("const a = { AND: a, id: 1 }; db.user.findMany({ where: a })", "ReadMany users where id= ?");
    check("const a = { ...a }; db.user.findMany(a)", "ReadMany users [?] where ? order ? limit ? offset ?");
    let mut text = "const a0 = { id: 1 };".to_owned();
    for n in 1..25 {
        write!(text, "const a{n} = {{ AND: [a{0}, a{0}] }};", n - 1).unwrap();
    }
    check(&format!("{text} db.user.findMany({{ where: a24 }})"), "ReadMany users where id= ?");
}

#[track_caller]
fn check_raw(text: &str, expected: &str) {
    assert_eq!(compact(&raw(text)), expected, "{text}");
}

#[test]
fn raw_text_is_read_as_sql() {
    check_raw(
        "db.$queryRaw`SELECT id FROM users WHERE email = ${x} LIMIT 5`",
        "ReadMany users [id] where email= limit 5",
    );
    check_raw(
        "db.$queryRaw(Prisma.sql`SELECT id FROM users WHERE id = ${x}`)",
        "ReadMany users [id] where id=",
    );
    check_raw(
        "const q = 'DELETE FROM users WHERE id = $1'; db.$executeRawUnsafe(q, x)",
        "DeleteMany users [] where id=",
    );
    check_raw("db.$queryRawUnsafe('SELECT id ' + 'FROM users')", "ReadMany users [id]");
    check_raw("const T = 'users'; db.$queryRawUnsafe(`SELECT id FROM ${T}`)", "ReadMany users [id]");
    check_raw(
        "const T = 'a'; db.$queryRaw`SELECT id FROM users WHERE name = ${T}`",
        "ReadMany users [id] where name=",
    );
}

#[test]
fn raw_fragments_are_laid_in() {
    check_raw(
        "const w = Prisma.sql`WHERE id = ${x}`; db.$queryRaw`SELECT id FROM users ${w}`",
        "ReadMany users [id] where id=",
    );
    check_raw("db.$queryRaw`SELECT id FROM ${Prisma.raw('users')} ${Prisma.empty}`", "ReadMany users [id]");
    check_raw(
        "db.$queryRaw`SELECT id FROM users ${x} LIMIT 3`",
        "ReadMany users [id] where ? order ? limit 3 offset ?",
    );
}

#[test]
fn raw_text_that_is_not_known() {
    check_raw(
        "function f(q) { return db.$queryRawUnsafe(q) }",
        "Other ? [?] where ? order ? limit ? offset ?",
    );
    check_raw("db.$queryRawTyped(getUsers(1))", "Other ? [?] where ? order ? limit ? offset ?");
    check_raw("db.$executeRawUnsafe('SELECT 1; SELECT 2')", "Other ? [?] where ? order ? limit ? offset ?");
    check_raw("db.$queryRaw`UPDATE users SET SET WHERE (`", "UpdateMany users [?] where ? order ?");
    let shape = raw("function f(q) { return db.$queryRawUnsafe(q) }");
    assert_eq!((shape.method.as_str(), shape.sql), ("$queryRawUnsafe", None));
}
