//! Migrations applied, and what is said of those that cannot be.

use proptest::prelude::*;
use tuneup_model::{Catalog, ColumnType, Dialect, IndexMethod, ReferentialAction};

use super::*;

fn catalog(text: &str) -> Catalog {
    let mut catalog = Catalog::default();
    let warnings = apply_ddl(&mut catalog, "m.sql", text, Dialect::Postgresql);
    assert_eq!(warnings, [], "{text}");
    catalog
}

fn describe(catalog: &Catalog) -> Vec<String> {
    let table = |table: &Table| {
        let columns: Vec<_> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let mut line = format!("{}({}) pk={}", table.name, columns.join(","), table.primary_key.join(","));
        for index in &table.indexes {
            let kind = if index.unique { "unique" } else { "index" };
            let name = index.name.as_deref().unwrap_or("-");
            line.extend([" ", kind, " ", name, "(", &index.columns.join(","), ")"]);
        }
        for key in &table.foreign_keys {
            let references = key.referenced_columns.join(",");
            line.extend([" fk(", &key.columns.join(","), ")->", &key.references, "(", &references, ")"]);
        }
        line
    };
    catalog.tables.iter().map(table).collect()
}

const BLOG: &str = r#"
CREATE TYPE "Role" AS ENUM ('READER', 'WRITER');
-- a table; with everything
CREATE TABLE IF NOT EXISTS "User" (
    "id" SERIAL NOT NULL,
    "email" varchar(255) NOT NULL UNIQUE,
    role "Role" DEFAULT 'READER',
    tags text[],
    at timestamptz DEFAULT now(),
    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);
CREATE TABLE blog.post (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    author_id int NOT NULL REFERENCES "User" ON DELETE CASCADE,
    parent uuid CONSTRAINT post_parent REFERENCES blog.post (id),
    meta jsonb, price numeric(10, 2), body text DEFAULT ';',
    UNIQUE (author_id, body),
    FOREIGN KEY (author_id, body) REFERENCES other (a, b) ON DELETE SET NULL
);
CREATE INDEX CONCURRENTLY IF NOT EXISTS "post_author" ON blog.post USING btree (author_id DESC, body text_pattern_ops);
CREATE INDEX post_meta ON blog.post USING gin (meta jsonb_path_ops);
CREATE UNIQUE INDEX ON blog.post (lower(body)) WHERE body IS NOT NULL;
CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN CREATE TABLE no (id int); END $$ LANGUAGE plpgsql;
"#;

#[test]
fn tables_with_their_keys() {
    let catalog = catalog(BLOG);
    assert_eq!(
        describe(&catalog),
        [
            "User(id,email,role,tags,at) pk=id unique -(email)",
            "blog.post(id,author_id,parent,meta,price,body) pk=id unique -(author_id,body) \
         index post_author(author_id,body) index post_meta(meta) unique -((lower(body))) \
         fk(author_id)->User(id) fk(parent)->blog.post(id) fk(author_id,body)->other(a,b)",
        ]
    );
    let post = &catalog.tables[1];
    assert_eq!(post.indexes[2].method, IndexMethod::Gin);
    assert!(post.indexes[3].partial);
    assert_eq!(post.foreign_keys[0].on_delete, ReferentialAction::Cascade);
    assert_eq!(post.foreign_keys[2].on_delete, ReferentialAction::SetNull);
    let user = &catalog.tables[0];
    let kinds: Vec<_> = user.columns.iter().map(|column| (column.kind.clone(), column.nullable)).collect();
    assert_eq!(
        kinds,
        [
            (ColumnType::Int, false),
            (ColumnType::Text, false),
            (ColumnType::Enum("Role".into()), true),
            (ColumnType::Array(Box::new(ColumnType::Text)), true),
            (ColumnType::Timestamp, true),
        ]
    );
    assert_eq!(catalog.enums[0].values, ["READER", "WRITER"]);
}

#[test]
fn locations_are_those_of_the_file() {
    let catalog =
        catalog("SELECT '😀'; CREATE TABLE a (\n  \"é\" int, b int\n);\nCREATE TABLE public.c (d int)");
    let place =
        |location: &Location| (location.line, location.column, location.end_line, location.end_column);
    assert_eq!(place(&catalog.tables[0].location), (1, 27, 1, 28));
    assert_eq!(place(&catalog.tables[0].columns[0].location), (2, 3, 2, 6));
    assert_eq!(place(&catalog.tables[0].columns[1].location), (2, 12, 2, 13));
    assert_eq!(place(&catalog.tables[1].location), (4, 14, 4, 22));
    assert_eq!(catalog.tables[1].name, "c");
}

#[test]
fn alterations_follow() {
    let text = BLOG.to_owned()
        + r#"
ALTER TABLE "User" ADD COLUMN name text NOT NULL, DROP COLUMN tags, ALTER COLUMN role SET NOT NULL;
ALTER TABLE "User" RENAME COLUMN "email" TO mail;
ALTER TABLE "User" ALTER COLUMN at TYPE date;
ALTER TABLE "User" RENAME TO account;
ALTER TABLE ONLY blog.post ADD CONSTRAINT named FOREIGN KEY (price) REFERENCES account (id);
ALTER TABLE blog.post DROP CONSTRAINT post_parent, DROP CONSTRAINT IF EXISTS post_author_id_body_key;
ALTER TABLE blog.post RENAME CONSTRAINT named TO renamed;
ALTER TABLE blog.post DROP CONSTRAINT renamed;
ALTER INDEX post_meta RENAME TO post_data;
DROP INDEX CONCURRENTLY blog.post_author;
DROP TABLE IF EXISTS nothing;
ALTER TYPE "Role" ADD VALUE 'ADMIN';
ALTER TYPE "Role" RENAME TO user_role;
CREATE TABLE gone (id int); DROP TABLE gone CASCADE;
"#;
    let catalog = catalog(&text);
    assert_eq!(
        describe(&catalog),
        [
            "account(id,mail,role,at,name) pk=id unique -(mail)",
            "blog.post(id,author_id,parent,meta,price,body) pk=id index post_data(meta) unique -((lower(body))) \
         fk(author_id)->account(id) fk(author_id,body)->other(a,b)",
        ]
    );
    assert_eq!(catalog.tables[0].column("role").unwrap().kind, ColumnType::Enum("user_role".into()));
    assert!(!catalog.tables[0].column("role").unwrap().nullable);
    assert_eq!(catalog.tables[0].column("at").unwrap().kind, ColumnType::Date);
    assert_eq!(catalog.enums[0].values, ["READER", "WRITER", "ADMIN"]);
}

#[test]
fn constraint_names_last_from_file_to_file() {
    let mut migrations = Migrations::new(Dialect::Postgresql);
    let first = "CREATE TABLE a (id int PRIMARY KEY, b int, CONSTRAINT odd FOREIGN KEY (b) REFERENCES a)";
    assert_eq!(migrations.apply("1.sql", first), []);
    assert_eq!(migrations.apply("2.sql", "ALTER TABLE a DROP CONSTRAINT odd"), []);
    assert_eq!(describe(&migrations.finish()), ["a(id,b) pk=id"]);
}

#[test]
fn repeatable_blocks_are_opened() {
    let catalog = catalog(
        "CREATE TABLE a (id int PRIMARY KEY, b int);
DO $$ BEGIN
 CREATE TYPE mood AS ENUM ('x');
EXCEPTION WHEN duplicate_object THEN null; END $$;
DO $body$ BEGIN
 IF NOT EXISTS (SELECT 1 FROM pg_constraint) THEN
  ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES a (id);
 END IF;
END $body$;",
    );
    assert_eq!(describe(&catalog), ["a(id,b) pk=id fk(b)->a(id)"]);
    assert_eq!(catalog.enums[0].name, "mood");
    assert_eq!(
        (catalog.tables[0].foreign_keys[0].location.line, catalog.tables[0].foreign_keys[0].location.column),
        (7, 47)
    );
}

#[test]
fn other_dialects() {
    let mut mysql = Catalog::default();
    let warnings = apply_ddl(
        &mut mysql,
        "m.sql",
        "CREATE TABLE `A` (`Id` int unsigned NOT NULL AUTO_INCREMENT, `b` varchar(3), `c` int,
 PRIMARY KEY (`Id`), UNIQUE KEY `ub` (`b`), KEY `kb` (`b`, `c`), FULLTEXT KEY `fb` (`b`),
 CONSTRAINT `fk` FOREIGN KEY (`c`) REFERENCES `B` (`Id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
ALTER TABLE `A` DROP INDEX `kb`; ALTER TABLE `A` MODIFY COLUMN `b` text NOT NULL;
DROP INDEX `fb` ON `A`;",
        Dialect::Mysql,
    );
    assert_eq!(warnings, []);
    assert_eq!(describe(&mysql), ["A(Id,b,c) pk=Id unique ub(b) index -(c) fk(c)->B(Id)"]);
    let mut sqlite = Catalog::default();
    let warnings = apply_ddl(
        &mut sqlite,
        "m.sql",
        "CREATE TABLE \"new_A\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"at\" DATETIME);
PRAGMA foreign_keys=OFF; CREATE TABLE \"A\" (\"id\" INTEGER); DROP TABLE \"A\";
ALTER TABLE \"new_A\" RENAME TO \"A\"; CREATE UNIQUE INDEX \"A_at\" ON \"A\"(\"at\");",
        Dialect::Sqlite,
    );
    assert_eq!(warnings, []);
    assert_eq!(describe(&sqlite), ["A(id,at) pk=id unique A_at(at)"]);
}

#[test]
fn what_cannot_be_applied_is_said() {
    let mut catalog = Catalog::default();
    let text = format!(
        "CREATE TABLE a (id int);\nCREATE TABLE b (id int,,);\nCREATE INDEX i ON nowhere (x);
ALTER TABLE nowhere ADD COLUMN x int;\nCREATE TABLE deep (a int DEFAULT {});\n{}",
        "(".repeat(200_000),
        "CREATE TABLE !;".repeat(50)
    );
    let warnings = apply_ddl(&mut catalog, "m.sql", &text, Dialect::Postgresql);
    assert_eq!(describe(&catalog), ["a(id) pk="]);
    assert_eq!(warnings.len(), MAX_WARNINGS + 1);
    let starts: Vec<_> = warnings[..4].iter().map(|warning| &warning.message[..45]).collect();
    assert_eq!(
        starts,
        [
            "line 2: the statement was left out of the sch",
            "line 3: an index was left out of the schema: ",
            "line 4: a change was left out of the schema: ",
            "line 5: the statement nests too deep and was ",
        ]
    );
    assert_eq!(warnings[MAX_WARNINGS].message, "44 more statements could not be applied");
}

#[test]
fn partitions_and_temporary_tables_are_no_tables_of_their_own() {
    let catalog = catalog(
        "CREATE TABLE p (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TEMP TABLE t (id int); CREATE UNLOGGED TABLE u (LIKE p);",
    );
    assert_eq!(describe(&catalog), ["p(id,at) pk=", "u(id,at) pk="]);
}

proptest! {
    #[test]
    fn a_damaged_migration_never_panics(cut in 0..BLOG.len(), length in 0..30_usize, with in "[()\"';$é,]{0,3}") {
        let end = (cut + length).min(BLOG.len());
        let text = format!("{}{with}{}", &BLOG[..cut], &BLOG[end..]);
        for dialect in [Dialect::Postgresql, Dialect::Mysql, Dialect::Sqlite, Dialect::Other] {
            let mut catalog = Catalog::default();
            apply_ddl(&mut catalog, "m.sql", &text, dialect);
            for table in &catalog.tables {
                prop_assert!(table.location.line as usize <= text.lines().count());
            }
        }
    }
}
