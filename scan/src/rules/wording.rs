//! What each library calls the things that advice speaks of: reads and writes of many rows, pages, indexes.
//!
//! One arm per library; what is not told apart speaks SQL.

use tuneup_model::{Dialect, Operation, QueryApi, Table};

use crate::facts::Expr;
use crate::program::{Program, Query};
use crate::schema::Schema;

/// Which library's words a finding on a table of the catalog speaks.
pub(super) fn api_of_table(program: &Program, table: &Table) -> QueryApi {
    let own = program.schema_of_table(table).or_else(|| {
        let named =
            |schema: &&Schema| schema.models.iter().any(|model| model.table == table.name && !model.is_view);
        program.schemas.iter().find(named)
    });
    own.map_or(QueryApi::Sql, |schema| schema.api)
}

/// The call that a declaration names for many keys, as the program writes it: `db.getObjects`.
fn declared_batch(program: &Program, query: &Query) -> Option<String> {
    let batch = query.batch.as_deref()?;
    let facts = program.facts(query.file);
    Some(match facts.expr(facts.call(query.call).callee) {
        Expr::Member { object, .. } => format!("{}.{batch}", program.expr_text(query.file, object)),
        _ => batch.to_owned(),
    })
}

const OTHER_FORM: &str = "read for all keys with one call, where the database layer has a form for it";

/// What to do in place of a read per turn.
pub(super) fn read_before_loop(program: &Program, query: &Query) -> String {
    let read = match declared_batch(program, query) {
        Some(batch) => format!("call `{batch}` once with all keys"),
        None if program.lacks_batch_form(query) => OTHER_FORM.to_owned(),
        None => format!("read all rows with {}", batch_read(query.shape.api)),
    };
    format!("collect the keys first, {read}, and look them up in a `Map`")
}

/// What to do in place of a function called per turn that reads.
pub(super) fn form_for_many(program: &Program, query: &Query, callee: &str) -> String {
    let with = match declared_batch(program, query) {
        Some(batch) => format!(" (`{batch}`)"),
        None if program.lacks_batch_form(query) => String::new(),
        None => format!(" (`{}`)", many_keys(query.shape.api)),
    };
    format!("give `{callee}` a form that takes all keys at once{with} and call it before the loop")
}

/// What to do in place of a read per element, all at once.
pub(super) fn read_at_once(program: &Program, query: &Query) -> String {
    let read = match declared_batch(program, query) {
        Some(batch) => format!("call `{batch}` once with all keys"),
        None if program.lacks_batch_form(query) => OTHER_FORM.to_owned(),
        None => format!("read all rows with one statement ({})", instead_of_fanout(query.shape.api)),
    };
    format!("{read}; the pool has a few connections, not one per element")
}

/// What to do in place of a write per turn.
pub(super) fn write_at_once(program: &Program, query: &Query) -> String {
    match declared_batch(program, query) {
        Some(batch) => format!("call `{batch}` once with what is written for all elements"),
        None if program.lacks_batch_form(query) => {
            "write for all elements with one call, where the database layer has a form for it".to_owned()
        }
        None => batch_write(query.shape.api, query.shape.operation).to_owned(),
    }
}

/// One statement that reads the rows of many keys.
fn batch_read(api: QueryApi) -> &'static str {
    match api {
        QueryApi::Prisma => "one `findMany({ where: { … in } })`",
        QueryApi::Sequelize => "one `findAll({ where: { id: ids } })`",
        QueryApi::Typeorm => "one `find({ where: { id: In(ids) } })`",
        QueryApi::Drizzle => "one `select()` with `inArray(table.id, ids)`",
        QueryApi::Kysely => "one `selectFrom` with `.where('id', 'in', ids)`",
        _ => "one `SELECT … WHERE … IN (…)`",
    }
}

/// The condition that holds many keys.
fn many_keys(api: QueryApi) -> &'static str {
    match api {
        QueryApi::Prisma => "where: { … in }",
        QueryApi::Sequelize => "where: { id: ids }",
        QueryApi::Typeorm => "where: { id: In(ids) }",
        QueryApi::Drizzle => "inArray(table.id, ids)",
        QueryApi::Kysely => ".where('id', 'in', ids)",
        _ => "WHERE … IN (…)",
    }
}

/// Many rows with one statement, where each element asked by itself before.
fn instead_of_fanout(api: QueryApi) -> &'static str {
    match api {
        QueryApi::Prisma => "`where: { … in }` or `groupBy`",
        QueryApi::Sequelize => "`where: { id: ids }`, or `group` with an aggregate",
        QueryApi::Typeorm => "`where: { id: In(ids) }`, or a query builder with `groupBy`",
        QueryApi::Drizzle => "`inArray(table.id, ids)`, or `groupBy` with an aggregate",
        QueryApi::Kysely => "`.where('id', 'in', ids)`, or `groupBy` with an aggregate",
        QueryApi::MikroOrm => "`{ id: { $in: ids } }`, or a query builder with `groupBy`",
        QueryApi::Knex => "`.whereIn('id', ids)`, or `groupBy` with an aggregate",
        _ => "`WHERE … IN (…)` or `GROUP BY`",
    }
}

/// Inserts, updates, deletes and upserts of many rows, by library.
const PRISMA_WRITES: [&str; 4] = [
    "write all rows with one `createMany` (or `createManyAndReturn` where their ids are needed)",
    "where all rows get the same values, one `updateMany({ where: { id: { in } } })`; where they differ, one `UPDATE … FROM (VALUES …)`",
    "delete all rows with one `deleteMany({ where: { id: { in } } })`",
    "write all rows with one `INSERT … ON CONFLICT DO UPDATE`, or read the existing ones once and write the rest with `createMany`",
];
const SEQUELIZE_WRITES: [&str; 4] = [
    "write all rows with one `bulkCreate`",
    "where all rows get the same values, one `Model.update(values, { where: { id: ids } })`; where they differ, one `bulkCreate(rows, { updateOnDuplicate: […] })`",
    "delete all rows with one `Model.destroy({ where: { id: ids } })`; hooks of single rows then need `individualHooks`",
    "write all rows with one `bulkCreate(rows, { updateOnDuplicate: […] })`",
];
const TYPEORM_WRITES: [&str; 4] = [
    "write all rows with one `insert([…])`, or `save([…])` where listeners must run",
    "where all rows get the same values, one `update({ id: In(ids) }, values)`; where they differ, one `save([…])`",
    "delete all rows with one `delete({ id: In(ids) })`",
    "write all rows with one `upsert([…], …)`, or one `save([…])` where listeners must run",
];
const DRIZZLE_WRITES: [&str; 4] = [
    "write all rows with one `insert(table).values(rows)`",
    "where all rows get the same values, one `update(table).set(values).where(inArray(table.id, ids))`; where they differ, one `insert` of all rows that updates on conflict",
    "delete all rows with one `delete(table).where(inArray(table.id, ids))`",
    "write all rows with one `insert(table).values(rows)` with `onConflictDoUpdate` or `onDuplicateKeyUpdate`",
];
const KYSELY_WRITES: [&str; 4] = [
    "write all rows with one `insertInto(…).values(rows)`",
    "where all rows get the same values, one `updateTable(…).set(values).where('id', 'in', ids)`; where they differ, one `insertInto` of all rows with `onConflict`",
    "delete all rows with one `deleteFrom(…).where('id', 'in', ids)`",
    "write all rows with one `insertInto(…).values(rows)` with `onConflict`",
];
const MIKRO_ORM_WRITES: [&str; 4] = [
    "write all rows with one `insertMany`, or `persist` each and `flush` once",
    "where all rows get the same values, one `nativeUpdate(…, { id: { $in: ids } }, values)`; where they differ, change the entities and `flush` once",
    "delete all rows with one `nativeDelete(…, { id: { $in: ids } })`",
    "write all rows with one `upsertMany`",
];
const KNEX_WRITES: [&str; 4] = [
    "write all rows with one `insert(rows)`",
    "where all rows get the same values, one `whereIn('id', ids).update(values)`; where they differ, one `insert(rows).onConflict(…).merge()`",
    "delete all rows with one `whereIn('id', ids).delete()`",
    "write all rows with one `insert(rows).onConflict(…).merge()`",
];
const SQL_WRITES: [&str; 4] = [
    "write all rows with one `INSERT` of many rows",
    "where all rows get the same values, one `UPDATE … WHERE id IN (…)`; where they differ, one `UPDATE … FROM (VALUES …)`",
    "delete all rows with one `DELETE … WHERE id IN (…)`",
    "write all rows with one `INSERT … ON CONFLICT DO UPDATE`",
];

/// One statement that writes what the loop writes row by row.
pub(super) fn batch_write(api: QueryApi, operation: Operation) -> &'static str {
    let [insert, update, delete, upsert] = match api {
        QueryApi::Prisma => PRISMA_WRITES,
        QueryApi::Sequelize => SEQUELIZE_WRITES,
        QueryApi::Typeorm => TYPEORM_WRITES,
        QueryApi::Drizzle => DRIZZLE_WRITES,
        QueryApi::Kysely => KYSELY_WRITES,
        QueryApi::MikroOrm => MIKRO_ORM_WRITES,
        QueryApi::Knex => KNEX_WRITES,
        QueryApi::Sql | QueryApi::Declared => SQL_WRITES,
    };
    match operation {
        Operation::Insert | Operation::InsertMany => insert,
        Operation::Update | Operation::UpdateMany => update,
        Operation::Delete | Operation::DeleteMany => delete,
        Operation::Upsert => upsert,
        _ => "write all rows with one statement",
    }
}

/// The option that limits a read.
pub(super) fn limit(api: QueryApi) -> &'static str {
    match api {
        QueryApi::Prisma | QueryApi::Typeorm => "take",
        QueryApi::Sequelize | QueryApi::MikroOrm | QueryApi::Drizzle | QueryApi::Kysely => "limit",
        _ => "LIMIT",
    }
}

/// The option that skips rows.
pub(super) fn offset(api: QueryApi) -> &'static str {
    match api {
        QueryApi::Prisma | QueryApi::Typeorm => "skip",
        QueryApi::Sequelize | QueryApi::MikroOrm | QueryApi::Drizzle | QueryApi::Kysely => "offset",
        _ => "OFFSET",
    }
}

/// How a read goes on after the last row seen.
pub(super) fn continued(api: QueryApi) -> &'static str {
    match api {
        QueryApi::Prisma => "`cursor`",
        QueryApi::Sequelize => "`where: { id: { [Op.gt]: last } }`",
        QueryApi::Typeorm => "`where: { id: MoreThan(last) }`",
        QueryApi::Drizzle => "`where(gt(table.id, last))`",
        QueryApi::Kysely => "`.where('id', '>', last)`",
        _ => "`WHERE id > last`",
    }
}

/// Pages that start behind the last row of the page before.
pub(super) fn next_page(api: QueryApi) -> String {
    let start = "continue after the last row seen: order by the sort columns and a unique one, and";
    match api {
        QueryApi::Prisma => format!("{start} pass that row as `cursor`"),
        _ => format!("{start} ask for what comes behind it ({})", continued(api)),
    }
}

/// How the program declares an index, and where: the declaration and the place it goes to.
pub(super) fn index(api: QueryApi, model: &str, fields: &[&str]) -> Option<(String, String)> {
    let quoted = || fields.iter().map(|field| format!("'{field}'")).collect::<Vec<_>>().join(", ");
    match api {
        QueryApi::Prisma => Some((format!("@@index([{}])", fields.join(", ")), format!("model `{model}`"))),
        QueryApi::Sequelize => {
            Some((format!("{{ fields: [{}] }}", quoted()), format!("`indexes` of model `{model}`")))
        }
        QueryApi::Typeorm => Some((format!("@Index([{}])", quoted()), format!("entity `{model}`"))),
        QueryApi::Drizzle => {
            let columns = fields.iter().map(|field| format!("t.{field}")).collect::<Vec<_>>().join(", ");
            Some((format!("index().on({columns})"), format!("table `{model}`")))
        }
        QueryApi::Kysely => {
            let made = format!("createIndex('…').on('{model}').columns([{}])", quoted());
            Some((made, "a migration".to_owned()))
        }
        _ => None,
    }
}

/// How an index is built where the table is in use.
pub(super) fn on_live_table(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgresql => "; on a live table build it with CREATE INDEX CONCURRENTLY",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use tuneup_testkit::fixture::Fixture;

    use crate::{Candidates, MemoryTree, Options, Queries, config, scan};

    const STORE: &str = r#"
[[handles]]
file = "src/store/index.ts"
[[handles.calls]]
methods = ["get"]
does = "read-one"
table = "keys"
key-argument = 0
batched-by = "mget"
[[handles.calls]]
methods = ["range"]
does = "read-many"
table = "keys"
key-argument = 0
[[handles.calls]]
methods = ["set"]
does = "upsert"
table = "keys"
key-argument = 0
batched-by = "mset"
[[handles.calls]]
methods = ["persist"]
does = "persist"
table = "keys"
"#;

    #[test]
    fn advice_names_the_declared_form_for_many_keys() {
        let fixture = Fixture::parse(
            "
//- /src/store/index.ts
export * from './redis';
//- /src/store/redis.ts
export const get = async (key: string) => key;
export const mget = async (keys: string[]) => keys;
export const set = async (key: string, value: string) => [key, value];
export const range = async (key: string) => [key];

//- /src/routes.ts
import express from 'express';
import * as store from './store';
const app = express();
app.post('/all', async (req, res) => {
  for (const id of req.body.ids) await store.get(id);
  for (const id of req.body.ids) await store.range(id);
  await Promise.all(req.body.ids.map((id) => store.get(id)));
  for (const id of req.body.ids) await store.set(id, 'a');
  for (const id of req.body.ids) store.persist({ id });
  res.sendStatus(204);
});
",
        );
        let declared = config(STORE).expect("it parses");
        let options = Options {
            rules: None,
            candidates: Candidates::Show,
            queries: Queries::Omit,
            focus: "",
            handles: &declared.handles,
            levels: &crate::Levels::default(),
            isolate: None,
            kept: None,
            progress: &|_| {},
        };
        let mut said: Vec<String> = scan(&MemoryTree::new(fixture.files.clone()), &options)
            .findings
            .into_iter()
            .filter(|it| it.rule.starts_with("n-plus-one") || it.rule == "write-in-loop")
            .map(|it| format!("{} {:?}: {} {:?}", it.rule, it.confidence, it.help, it.doubts))
            .collect();
        said.sort();
        assert_eq!(
            said,
            [
                "n-plus-one-fanout Likely: call `store.mget` once with all keys; the pool has a few connections, not one per element []",
                "n-plus-one-in-loop Likely: collect the keys first, call `store.mget` once with all keys, and look them up in a `Map` []",
                "n-plus-one-in-loop Likely: collect the keys first, read for all keys with one call, where the database layer has a form for it, and look them up in a `Map` [\"no form of the method for many keys is declared\"]",
                "write-in-loop Candidate: write for all elements with one call, where the database layer has a form for it [\"no form of the method for many keys is declared\", \"a unit of work sends what all turns write together\"]",
                "write-in-loop Likely: call `store.mset` once with what is written for all elements []",
            ]
        );
    }
}
