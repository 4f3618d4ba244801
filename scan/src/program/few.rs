//! Lists that are short because they belong to one record: the payments of an order, the recipients of a document.
//!
//! Rows that pile up on a record as time goes by are no such list, nor is anything of a record that stands for a group of
//! people or a container of work: an organization, a project, a channel.

use tuneup_model::{Bound, Operation, PredicateOp, Table};

use super::Program;
use super::iterations::SMALL;
use super::lengths::{Length, Short};
use super::value::Value;
use crate::facts::ExprId;
use crate::place::Place;

impl Program {
    /// `order.payments`, where `order` is one row and `payments` a relation to rows of a kind that stays few.
    pub(super) fn is_few_of_record(&self, file: u32, object: ExprId, property: &str) -> bool {
        if piles_up(property) {
            return false;
        }
        let Some(record) = self.record_name(Place { file, expr: object }) else { return false };
        let is_record = |table: &Table| table.model == record || table.name == record;
        !holds_many(&record)
            && self.catalog.tables.iter().any(|child| {
                !piles_up(&child.model)
                    && child.foreign_keys.iter().any(|key| {
                        key.opposite_field.as_deref() == Some(property)
                            && self.catalog.table(&key.references).is_some_and(is_record)
                    })
            })
    }

    /// The model or class of an expression that stands for one row.
    fn record_name(&self, at: Place) -> Option<String> {
        self.eval(at).choices().iter().find_map(|value| match value {
            Value::Rows { file, call, many: false } => {
                let query = self.query_of(*file, crate::facts::CallId(*call))?;
                query.shape.table.name().map(str::to_owned)
            }
            Value::Instance(class) => {
                let facts = self.facts(class.file);
                facts.class(class.id).name.map(|name| facts.name(name).to_owned())
            }
            _ => None,
        })
    }

    /// The list of keys whose rows a query asks for.
    pub(crate) fn keys_of(&self, query: u32) -> Option<Place> {
        let it = &self.queries[query as usize];
        let args = self.facts(it.file).args(it.call);
        if !it.shape.filter.all_of.iter().any(|it| it.op == PredicateOp::In) {
            return None;
        }
        let keys = args.iter().find_map(|arg| self.keys_in(it.file, *arg, 0));
        keys.map(|expr| Place { file: it.file, expr })
    }

    /// True for a query that asks for the rows of a list of keys, no more than one of each.
    pub(super) fn asks_among(&self, query: u32) -> bool {
        let shape = &self.queries[query as usize].shape;
        let table = shape.table.name().and_then(|name| self.catalog.table(name));
        let is_key = |column: &str| table.is_none_or(|table| table.is_unique_key(&[column.to_owned()]));
        shape.filter.all_of.iter().any(|it| it.op == PredicateOp::In && is_key(&it.column.column))
    }

    fn query_of(&self, file: u32, call: crate::facts::CallId) -> Option<&super::Query> {
        self.queries.iter().find(|it| it.file == file && it.call == call)
    }

    /// The rows that a query gives: few where it is limited to few, or asks for those of one record.
    pub(super) fn length_of_rows(&self, query: u32) -> Length {
        let shape = &self.queries[query as usize].shape;
        if shape.operation != Operation::ReadMany {
            return Length::Open;
        }
        if matches!(shape.limit, Bound::Constant(limit) if limit <= SMALL as u64) {
            return Length::Short(Short::Written);
        }
        let Some(table) = shape.table.name().and_then(|name| self.catalog.table(name)) else {
            return Length::Open;
        };
        let filter = &shape.filter;
        let of_record = !filter.has_unknown
            && !piles_up(&table.model)
            && filter.all_of.iter().any(|it| {
                it.op == PredicateOp::Equal
                    && table.foreign_keys.iter().any(|key| {
                        key.columns.len() == 1
                            && key.columns[0] == it.column.column
                            && self.catalog.table(&key.references).is_some_and(|one| !holds_many(&one.model))
                    })
            });
        if of_record { Length::Short(Short::OfOneRecord) } else { Length::Open }
    }
}

/// Rows of this kind keep coming as long as the record lives.
#[expect(clippy::too_many_lines, reason = "a table of words")]
fn piles_up(name: &str) -> bool {
    has_word(
        name,
        &[
            "log",
            "event",
            "message",
            "comment",
            "reply",
            "replies",
            "post",
            "history",
            "histories",
            "audit",
            "activity",
            "activities",
            "notification",
            "record",
            "response",
            "answer",
            "session",
            "visit",
            "view",
            "vote",
            "like",
            "follower",
            "subscriber",
            "member",
            "membership",
            "user",
            "customer",
            "order",
            "job",
            "task",
            "run",
            "execution",
            "transaction",
            "metric",
            "point",
            "sample",
            "row",
            "cell",
            "contact",
            "product",
            "variant",
            "value",
            "episode",
            "playback",
            "file",
            "chunk",
            "embedding",
            "invite",
            "invitation",
            "submission",
            "ticket",
            "issue",
            "trace",
            "token",
            "key",
            "widget",
            "mapping",
            "page",
            "field",
        ],
    )
}

/// A record of this kind stands for people or holds the work of many.
#[expect(clippy::too_many_lines, reason = "a table of words")]
fn holds_many(name: &str) -> bool {
    has_word(
        name,
        &[
            "organization",
            "organisation",
            "org",
            "team",
            "workspace",
            "tenant",
            "account",
            "company",
            "project",
            "environment",
            "env",
            "app",
            "application",
            "user",
            "customer",
            "member",
            "channel",
            "room",
            "group",
            "category",
            "collection",
            "folder",
            "space",
            "base",
            "table",
            "board",
            "list",
            "library",
            "zone",
            "region",
            "store",
            "shop",
            "site",
            "facet",
            "tag",
            "label",
            "integration",
            "location",
            "stock",
            "feed",
            "playlist",
            "series",
            "author",
            "topic",
            "forum",
            "survey",
            "form",
            "campaign",
            "catalog",
            "warehouse",
            "country",
            "role",
            "seller",
            "vendor",
            "instance",
            "database",
            "segment",
            "dataset",
            "queue",
        ],
    )
}

/// True where one of the words stands in a name, as one of its parts: `auditLog`, `order_events`.
fn has_word(name: &str, words: &[&str]) -> bool {
    let mut parts: Vec<String> = Vec::new();
    let mut before = '_';
    for letter in name.chars() {
        if !letter.is_alphanumeric() {
            before = '_';
            continue;
        }
        let starts = before == '_' || (letter.is_uppercase() && before.is_lowercase());
        match parts.last_mut() {
            Some(part) if !starts => part.extend(letter.to_lowercase()),
            _ => parts.push(letter.to_lowercase().collect()),
        }
        before = letter;
    }
    parts.iter().any(|part| {
        let single = part.strip_suffix('s').unwrap_or(part);
        words.iter().any(|word| *word == part || *word == single)
            || part.strip_suffix("ies").is_some_and(|stem| words.contains(&format!("{stem}y").as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::{has_word, holds_many, piles_up};

    #[test]
    fn words_are_parts_of_names() {
        assert!(has_word("auditLogs", &["log"]));
        assert!(has_word("order_events", &["event"]));
        assert!(!has_word("catalogue", &["log"]));
        assert!(holds_many("Categories") && !holds_many("Envelope"));
        assert!(piles_up("DocumentAuditLog") && !piles_up("payments"));
    }
}
