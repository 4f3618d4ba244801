//! CREATE INDEX statements, quoted and named as the database expects.

use tuneup_model::{Dialect, IndexMethod};

/// How an index is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IndexOptions {
    pub dialect: Dialect,
    pub method: IndexMethod,
    pub build: IndexBuild,
    /// The operator class of all columns; empty for the one of their types.
    pub class: &'static str,
}

/// Whether writes wait while the index is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndexBuild {
    /// Without blocking writes, where the dialect can; not inside a transaction.
    #[default]
    Concurrent,
    Blocking,
}

/// PostgreSQL's limit, in bytes.
const MAX_NAME: usize = 63;

/// The statement that creates an index on these columns of a table of the Catalog. Names are as the Catalog has them;
/// a column in parentheses is an expression and stands as it is.
pub fn create_index(table: &str, columns: &[&str], options: IndexOptions) -> String {
    let quote = |name: &str| quoted(name, options.dialect);
    let concurrently = match (options.dialect, options.build) {
        (Dialect::Postgresql, IndexBuild::Concurrent) => "CONCURRENTLY ",
        _ => "",
    };
    let using = match (options.dialect, options.method) {
        (Dialect::Postgresql, IndexMethod::Hash) => "USING hash ",
        (Dialect::Postgresql, IndexMethod::Gin) => "USING gin ",
        (Dialect::Postgresql, IndexMethod::Gist) => "USING gist ",
        (Dialect::Postgresql, IndexMethod::Brin) => "USING brin ",
        _ => "",
    };
    let (schema, own) = table.split_once('.').map_or((None, table), |(schema, own)| (Some(schema), own));
    let on = schema.map_or_else(|| quote(own), |schema| format!("{}.{}", quote(schema), quote(own)));
    let keys: Vec<String> = columns
        .iter()
        .map(|column| if is_expression(column) { (*column).to_owned() } else { quote(column) })
        .map(|key| if options.class.is_empty() { key } else { format!("{key} {}", options.class) })
        .collect();
    let name = quote(&index_name(own, columns));
    format!("CREATE INDEX {concurrently}{name} ON {on} {using}({})", keys.join(", "))
}

fn is_expression(column: &str) -> bool {
    column.starts_with('(')
}

/// `table_columns_idx`, cut to the limit before the suffix.
fn index_name(table: &str, columns: &[&str]) -> String {
    const SUFFIX: &str = "_idx";
    let mut name = table.to_owned();
    for column in columns {
        name.push('_');
        name.push_str(if is_expression(column) { "expr" } else { column });
    }
    let mut end = name.len().min(MAX_NAME - SUFFIX.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name + SUFFIX
}

/// A name in quotes; always quoted, so that case and reserved words never matter.
fn quoted(name: &str, dialect: Dialect) -> String {
    let quote = if dialect == Dialect::Mysql { "`" } else { "\"" };
    format!("{quote}{}{quote}", name.replace(quote, &quote.repeat(2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_and_qualified() {
        let options = IndexOptions::default();
        assert_eq!(
            create_index("Post", &["authorId"], options),
            r#"CREATE INDEX CONCURRENTLY "Post_authorId_idx" ON "Post" ("authorId")"#
        );
        assert_eq!(
            create_index(
                "blog.order",
                &["a\"b", "(lower(c))"],
                IndexOptions { method: IndexMethod::Gin, build: IndexBuild::Blocking, ..options }
            ),
            r#"CREATE INDEX "order_a""b_expr_idx" ON "blog"."order" USING gin ("a""b", (lower(c)))"#
        );
        assert_eq!(
            create_index("Post", &["a", "b"], IndexOptions { dialect: Dialect::Mysql, ..options }),
            "CREATE INDEX `Post_a_b_idx` ON `Post` (`a`, `b`)"
        );
    }

    #[test]
    fn long_names_are_cut_at_a_character() {
        for table in ["t".repeat(80), "é".repeat(40), "x".to_owned() + &"é".repeat(40)] {
            let name = index_name(&table, &["column"]);
            assert!(name.len() <= MAX_NAME && name.len() >= MAX_NAME - 1, "{}", name.len());
            assert!(name.ends_with("_idx"));
        }
    }
}
