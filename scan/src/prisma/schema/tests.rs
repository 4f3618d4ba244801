//! What a schema says, as tests: one small schema per subject, and hostile text.

use std::time::Instant;

use proptest::prelude::*;
use tuneup_model::{ColumnType, Dialect, Index, IndexMethod, ReferentialAction, Table};

use super::*;
use crate::schema::*;

const BLOG: &str = r#"
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

generator client {
  provider        = "prisma-client-js"
  output          = "../generated/client" // beside the sources
  previewFeatures = ["views"]
}

/// A person who writes.
model User {
  id       Int      @id @default(autoincrement())
  email    String   @unique(map: "user_email_key") @db.VarChar(255)
  role     Role     @default(READER)
  tags     String[] @default(["a", "b)"])
  born     DateTime? @db.Date
  secret   String   @ignore
  posts    Post[]   @relation("writes")
  edits    Post[]   @relation("edits")
  boss     User?    @relation("reports", fields: [bossId], references: [id])
  bossId   Int?
  reports  User[]   @relation("reports")
  search   Unsupported("tsvector")?
  @@map("users")
}

model Post {
  authorId Int @map("author_id")
  slug     String @db.Uuid
  editorId Int?
  author   User  @relation("writes", fields: [authorId], references: [id], onDelete: Cascade, map: "fk")
  editor   User? @relation(name: "edits", fields: [editorId], references: [id])
  labels   Label[]
  meta     Json
  /* a block
     comment */
  at       DateTime @default(dbgenerated("now() at time zone 'utc'")) @updatedAt

  @@id([authorId, slug])
  @@unique([slug, at(sort: Desc)], name: "version", map: "post_version")
  @@unique([editorId, at])
  @@index([at(sort: Desc), slug(ops: raw("text_pattern_ops"))], map: "post_at")
  @@index([meta(ops: JsonbPathOps)], type: Gin)
  @@index([editorId], where: raw("editor_id IS NOT NULL"))
  @@index(
    [slug, at],
    type: Hash,
  )
  @@schema("blog")
}

model Label {
  id    Int @id
  posts Post[]
  @@schema("public")
}

model API {
  id  Int @id
  raw Bytes?
  @@ignore
}

view Totals {
  id    Int @unique
  count BigInt
}

type Address { city String }

enum Role {
  READER @map("reader")
  WRITER

  @@map("user_role")
}
"#;

fn one(text: &str) -> Schema {
    parse(&[SchemaFile { path: "schema.prisma", text }])
}

fn table<'s>(schema: &'s Schema, name: &str) -> &'s Table {
    schema.catalog.table(name).unwrap()
}

fn names(index: &Index) -> (Option<&str>, String, bool) {
    (index.name.as_deref(), index.columns.join(","), index.unique)
}

#[test]
fn a_whole_schema_reads_without_warnings() {
    let schema = one(BLOG);
    assert_eq!(schema.warnings, []);
    assert_eq!(schema.provider, Dialect::Postgresql);
    let tables: Vec<_> = schema.catalog.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(tables, ["API", "Label", "blog.Post", "users"]);
    let generator = &schema.generators[0];
    assert_eq!(generator.provider, "prisma-client-js");
    assert_eq!(generator.output.as_deref(), Some("../generated/client"));
    assert_eq!((generator.location.line, generator.location.column), (7, 11));
}

#[test]
fn columns_have_types_and_names_of_the_database() {
    let schema = one(BLOG);
    let users = table(&schema, "users");
    assert_eq!(users.model, "User");
    let kind = |name: &str| users.column(name).unwrap().kind.clone();
    assert_eq!(kind("role"), ColumnType::Enum("user_role".into()));
    assert_eq!(kind("tags"), ColumnType::Array(Box::new(ColumnType::Text)));
    assert_eq!(kind("born"), ColumnType::Date);
    assert_eq!(kind("search"), ColumnType::Other("Unsupported(tsvector)".into()));
    assert!(users.column("born").unwrap().nullable);
    assert!(users.column("secret").is_some(), "ignored by the client, still in the database");
    assert!(users.column("posts").is_none(), "a relation is no column");
    assert_eq!(schema.catalog.enums[0].values, ["reader", "WRITER"]);
    let post = table(&schema, "blog.Post");
    assert_eq!(post.column("author_id").unwrap().field, "authorId");
    assert_eq!(post.column("slug").unwrap().kind, ColumnType::Uuid);
}

#[test]
fn keys_and_indexes_follow_their_attributes() {
    let schema = one(BLOG);
    assert_eq!(table(&schema, "users").primary_key, ["id"]);
    assert_eq!(names(&table(&schema, "users").indexes[0]), (Some("user_email_key"), "email".into(), true));
    let post = table(&schema, "blog.Post");
    assert_eq!(post.primary_key, ["author_id", "slug"]);
    let indexes: Vec<_> = post.indexes.iter().map(names).collect();
    assert_eq!(
        indexes,
        [
            (Some("post_version"), "slug,at".into(), true),
            (None, "editorId,at".into(), true),
            (Some("post_at"), "at,slug".into(), false),
            (None, "meta".into(), false),
            (None, "editorId".into(), false),
            (None, "slug,at".into(), false),
        ]
    );
    assert_eq!(post.indexes[3].method, IndexMethod::Gin);
    assert!(post.indexes[4].partial);
    assert_eq!(post.indexes[5].method, IndexMethod::Hash);
}

#[test]
fn relations_find_their_other_side() {
    let schema = one(BLOG);
    let post = schema.by_accessor("post").unwrap();
    let author = post.relation("author").unwrap();
    assert_eq!(schema.models[author.model].name, "User");
    assert_eq!(author.columns, ["author_id"]);
    assert_eq!(author.references, ["id"]);
    assert_eq!(author.opposite.as_deref(), Some("posts"));
    assert_eq!(post.relation("editor").unwrap().opposite.as_deref(), Some("edits"));
    let user = schema.model("User").unwrap();
    assert_eq!(user.relation("boss").unwrap().opposite.as_deref(), Some("reports"));
    assert_eq!(user.relation("reports").unwrap().opposite.as_deref(), Some("boss"));
    assert!(user.relation("reports").unwrap().list);
    let labels = post.relation("labels").unwrap();
    assert!(labels.list && labels.columns.is_empty());
    assert_eq!(labels.opposite.as_deref(), Some("posts"));

    let keys = &table(&schema, "blog.Post").foreign_keys;
    assert_eq!(keys.len(), 2, "an implicit many-to-many relation has no key here");
    assert_eq!(keys[0].references, "users");
    assert_eq!(keys[0].on_delete, ReferentialAction::Cascade);
    assert_eq!(keys[0].field.as_deref(), Some("author"));
    assert_eq!(keys[0].opposite_field.as_deref(), Some("posts"));
    assert_eq!((keys[0].location.line, keys[0].location.column, keys[0].location.end_column), (34, 3, 9));
    assert_eq!(keys[1].on_delete, ReferentialAction::SetNull);
}

#[test]
fn the_client_has_its_own_names() {
    let schema = one(BLOG);
    let post = schema.by_accessor("post").unwrap();
    assert_eq!(post.table, "blog.Post");
    assert_eq!(post.column("authorId"), Some("author_id"));
    assert_eq!(post.unique_key("authorId_slug").unwrap().columns, ["author_id", "slug"]);
    assert_eq!(post.unique_key("version").unwrap().fields, ["slug", "at"]);
    assert!(post.unique_key("editorId_at").is_some());
    assert_eq!((post.location.line, post.location.column, post.location.end_column), (30, 7, 11));
    assert_eq!(post.closing.as_ref().map(|closing| closing.line), Some(53));
    let user = schema.by_accessor("user").unwrap();
    assert!(user.unique_key("email").is_some());
    assert!(user.field("secret").is_none());
    assert!(schema.by_accessor("aPI").is_none(), "an ignored model is not in the client");
    assert_eq!(schema.model("API").unwrap().accessor, "aPI");
    let view = schema.by_accessor("totals").unwrap();
    assert!(view.is_view && view.unique_keys.is_empty());
    assert!(schema.catalog.table("Totals").is_none());
}

#[test]
fn files_of_a_folder_are_one_schema() {
    let schema = parse(&[
        SchemaFile { path: "a.prisma", text: "model A {\n id Int @id\n b B[]\n role Role\n}" },
        SchemaFile { path: "b.prisma", text: "datasource db { provider = \"sqlite\" }\nenum Role { X }" },
        SchemaFile {
            path: "c.prisma",
            text: "model B {\n id Int @id\n aId Int\n a A @relation(fields: aId, references: id)\n}",
        },
    ]);
    assert_eq!(schema.warnings, []);
    assert_eq!(schema.catalog.dialect, Dialect::Sqlite);
    assert_eq!(table(&schema, "A").column("role").unwrap().kind, ColumnType::Enum("Role".into()));
    let key = &table(&schema, "B").foreign_keys[0];
    assert_eq!((key.location.file.as_str(), key.location.line, key.location.column), ("c.prisma", 4, 2));
    assert_eq!(key.on_delete, ReferentialAction::Restrict);
    assert_eq!(table(&schema, "B").indexes, [], "sqlite does not index a foreign key");
}

#[test]
fn mysql_indexes_each_foreign_key_that_no_key_leads_with() {
    let text = |mode: &str| {
        format!(
            "datasource db {{\n provider = \"mysql\"\n {mode}\n}}
model A {{\n id Int @id\n x B[] @relation(\"x\")\n y B[] @relation(\"y\")\n}}
model B {{\n id Int @id\n xId Int\n yId Int
 x A @relation(\"x\", fields: [xId], references: [id])
 y A @relation(\"y\", fields: [yId], references: [id])
 @@index([yId, xId])\n @@fulltext([id])\n}}"
        )
    };
    let schema = one(&text(""));
    let columns: Vec<_> = table(&schema, "B").indexes.iter().map(|index| index.columns.join(",")).collect();
    assert_eq!(columns, ["yId,xId", "id", "xId"]);
    assert_eq!(table(&schema, "B").indexes[1].method, IndexMethod::Other);
    let emulated = one(&text("relationMode = \"prisma\""));
    assert_eq!(emulated.relation_mode, RelationMode::Prisma);
    assert_eq!(table(&emulated, "B").foreign_keys, []);
    assert_eq!(table(&emulated, "B").indexes.len(), 2);
    assert_eq!(emulated.model("B").unwrap().relation("x").unwrap().columns, ["xId"]);
}

#[test]
fn what_is_not_understood_is_said_and_the_rest_stands() {
    let schema = one("datasource db { provider = \"mongodb\" }
model A {
  id Int @id
  what
  b Bee
  ??? nonsense
  c String @default(\"x\"
  d Int
}
model A { id Int @id }
something else
model Half {
  id Int @id
  name Str");
    assert_eq!(schema.provider, Dialect::Other);
    let messages: Vec<_> = schema.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "line 4: field `what` has no type",
            "line 5: type `Bee` of field `b` is not declared",
            "line 6: did not understand the rest of this line in `A`",
            "line 9: missing `)`",
            "line 10: `A` is declared twice; the first one counts",
            "line 11: expected a model, view, type, enum, datasource or generator; skipped to the next one",
            "line 14: `Half` has no closing brace; read as far as it goes",
            "line 14: type `Str` of field `name` is not declared",
        ]
    );
    assert_eq!(schema.models.len(), 2);
    assert!(schema.models[1].closing.is_none());
}

#[test]
fn an_ambiguous_relation_has_no_opposite() {
    let schema = one("datasource db { provider = \"sqlite\" }
model A { 
 id Int @id
 b1 B[]
 b2 B[]
}
model B {
 id Int @id
 aId Int
 a A @relation(fields: [aId], references: [id])
}");
    let b = schema.model("B").unwrap();
    assert_eq!(b.relation("a").unwrap().opposite, None);
    assert_eq!(table(&schema, "B").foreign_keys.len(), 1);
}

#[test]
fn hostile_text_gives_few_warnings_in_little_time() {
    let brackets = "[".repeat(200_000);
    let many = |line: &str| line.repeat(50_000);
    let texts = [
        format!("model A {{ id Int @id @default({brackets}"),
        format!("model A {{ id Int @@index({}", "a(".repeat(200_000)),
        brackets,
        format!("model A {{\n{}}}", many("x A @relation(fields: [x], references: [x])\n")),
        format!(
            "datasource db {{ provider = \"mysql\" }} model A {{\n{}}}",
            many("a B @relation(fields: a)\n")
        ),
        format!("model A {{\n{}}}", many("@@index([a, b])\n")),
        many("model A {"),
        many("? "),
        format!("{}\n{}", many("model A {} "), many("/*")),
        "\0\u{1}\u{fffd}\r\n\u{feff}".repeat(10_000),
        "model A {\n id String @default(\"".to_owned() + &"\\".repeat(200_000),
    ];
    for text in texts {
        let start = Instant::now();
        let schema = one(&text);
        assert!(schema.warnings.len() <= 10, "{:?}", schema.warnings);
        assert!(start.elapsed().as_secs() < 5, "{:.40}: {:?}", text, start.elapsed());
    }
}

#[test]
fn time_grows_with_the_text() {
    let time = |copies: usize| {
        let text: String =
            (0..copies).map(|copy| BLOG.replace("model ", &format!("model M{copy}"))).collect();
        let start = Instant::now();
        assert!(one(&text).models.len() >= copies);
        start.elapsed().as_secs_f64()
    };
    time(10);
    // Ten times the text; a quadratic reader would take a hundred times as long.
    let ratio = time(500) / time(50);
    assert!(ratio < 45.0, "{ratio}");
}

proptest! {
    #[test]
    fn no_text_panics(text in "(model|view|enum|type|datasource|generator|[a-c@\\[\\](){}.,:?=\"\n \\\\/*é😀]){0,80}") {
        one(&text);
    }

    #[test]
    fn a_damaged_schema_still_reads(cut in 0..BLOG.len(), length in 0..40_usize, with in "[\\[\\](){}\"@?\n]{0,3}") {
        let end = (cut + length).min(BLOG.len());
        let damaged = format!("{}{with}{}", &BLOG[..cut], &BLOG[end..]);
        let schema = one(&damaged);
        for model in &schema.models {
            prop_assert!(model.location.line as usize <= damaged.lines().count());
            for field in &model.fields {
                if let FieldKind::Relation(relation) = &field.kind {
                    prop_assert!(relation.model < schema.models.len());
                }
            }
        }
    }

    #[test]
    fn a_schema_cut_short_keeps_what_stands_before(cut in 0..BLOG.len()) {
        let schema = one(&BLOG[..cut]);
        let whole = one(BLOG);
        let complete = schema.models.iter().filter(|model| model.closing.is_some());
        for model in complete {
            prop_assert_eq!(&model.unique_keys, &whole.model(&model.name).unwrap().unique_keys);
        }
    }
}
