//! What the Catalog adds to a shape: a statement on a unique key touches at most one row.

use tuneup_model::{Catalog, Operation, PredicateOp, QueryShape};

/// Turns `ReadMany`, `UpdateMany` and `DeleteMany` into their forms for one row where equality fixes a unique key of
/// the main table and no joined table can multiply the rows.
pub fn narrow(shape: &mut QueryShape, catalog: &Catalog) {
    let Some(table) = shape.table.name().and_then(|name| catalog.table(name)) else { return };
    let fixed: Vec<String> = shape
        .filter
        .all_of
        .iter()
        .filter(|predicate| predicate.op == PredicateOp::Equal && predicate.column.table == table.name)
        .map(|predicate| predicate.column.column.clone())
        .collect();
    if !table.is_unique_key(&fixed) {
        return;
    }
    shape.operation = match shape.operation {
        Operation::ReadMany if shape.joined.is_empty() => Operation::ReadOne,
        Operation::UpdateMany => Operation::Update,
        Operation::DeleteMany => Operation::Delete,
        other => other,
    };
}

#[cfg(test)]
mod tests {
    use tuneup_model::Dialect;

    use super::*;
    use crate::{apply_ddl, shapes};

    #[test]
    fn equality_on_a_unique_key_is_one_row() {
        let mut catalog = Catalog::default();
        apply_ddl(
            &mut catalog,
            "m.sql",
            "CREATE TABLE t (id int PRIMARY KEY, a int, b int, UNIQUE (a, b)); CREATE TABLE u (id int)",
            Dialect::Postgresql,
        );
        let operation = |text: &str| {
            let mut shape = shapes(text, Dialect::Postgresql).unwrap().remove(0);
            narrow(&mut shape, &catalog);
            shape.operation
        };
        assert_eq!(operation("SELECT * FROM t WHERE id = $1"), Operation::ReadOne);
        assert_eq!(operation("SELECT * FROM t WHERE a = 1 AND b = 2"), Operation::ReadOne);
        assert_eq!(operation("SELECT * FROM t WHERE a = 1"), Operation::ReadMany);
        assert_eq!(operation("SELECT * FROM t JOIN u ON true WHERE t.id = 1"), Operation::ReadMany);
        assert_eq!(operation("SELECT * FROM t WHERE id = 1 UNION ALL SELECT * FROM t"), Operation::ReadMany);
        assert_eq!(operation("UPDATE t SET a = 2 WHERE id = $1"), Operation::Update);
        assert_eq!(operation("DELETE FROM t WHERE id IN ($1)"), Operation::DeleteMany);
        assert_eq!(operation("SELECT * FROM u WHERE id = 1"), Operation::ReadMany);
    }
}
