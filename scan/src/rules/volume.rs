//! How many rows a query may meet: what its filter leaves, and how fast the table fills.
//!
//! Neither is in the source. What is there: whether the filter names a row, a parent or nothing; who inserts rows, how
//! often and in what numbers; whether the team itself reads the table in pages; what the table is called.

mod growth;
mod names;

use tuneup_model::{Predicate, PredicateOp, Table};

pub(super) use growth::{Volume, fills_fast, is_administration, of_table, passes, stays_small, volume};
pub(super) use names::{humps, is_one_of};

use self::names::{Sort, names_a_tenant};
use super::indexes::{self, Site};

/// What a filter leaves of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extent {
    /// One row, or those of a list of keys.
    Few,
    /// Rows that compare with a value of their own: a name, a time.
    Narrowed,
    /// Not known: a part of the filter was not followed.
    Unknown,
    /// The rows of one parent, or of a list of them.
    Parent,
    /// The rows of a tenant: an organization, a project, a user.
    Tenant,
    /// The rows of all parents of a tenant.
    Grandparent,
    /// All rows, or all of one state.
    Whole,
}

pub(super) fn extent(site: &Site<'_>) -> Extent {
    let table = site.table;
    let equal = site.columns(&[PredicateOp::Equal]);
    let among = site.columns(&[PredicateOp::In]);
    let both: Vec<String> = equal.iter().chain(&among).cloned().collect();
    if table.is_unique_key(&equal)
        || among.iter().any(|column| table.is_unique_key(std::slice::from_ref(column)))
    {
        return Extent::Few;
    }
    let is_reference = |column: &String| table.foreign_keys.iter().any(|key| key.columns.contains(column));
    if among.iter().any(|column| indexes::is_selective(table, column) && !is_reference(column)) {
        return Extent::Few;
    }
    let filter = &site.shape().filter;
    let listed = |it: &Predicate| {
        it.op == PredicateOp::In
            && it.column.table != table.name
            && site.catalog_table(&it.column.table).is_some_and(|other| {
                indexes::is_selective(other, &it.column.column)
                    && !other.foreign_keys.iter().any(|key| key.columns.contains(&it.column.column))
            })
    };
    if filter.all_of.iter().any(listed) {
        return Extent::Few;
    }
    let own = both.iter().any(|column| indexes::is_selective(table, column) && !is_reference(column));
    let ranged = !site
        .columns(&[PredicateOp::Range, PredicateOp::Prefix, PredicateOp::Contains, PredicateOp::Other])
        .is_empty();
    if own || ranged {
        return Extent::Narrowed;
    }
    let parents =
        table.foreign_keys.iter().filter(|key| key.columns.iter().any(|column| both.contains(column)));
    let mut parents = parents.map(|key| key.references.as_str()).peekable();
    if parents.peek().is_some() {
        return if parents.all(names_a_tenant) { Extent::Tenant } else { Extent::Parent };
    }
    let known = |it: &&Predicate| {
        it.column.table != table.name && matches!(it.op, PredicateOp::Equal | PredicateOp::In)
    };
    let elsewhere: Vec<&Predicate> = filter.all_of.iter().filter(known).collect();
    if elsewhere.is_empty() {
        return if filter.has_unknown { Extent::Unknown } else { Extent::Whole };
    }
    let of_tenant = |it: &&Predicate| {
        let other = site.catalog_table(&it.column.table);
        other.is_some_and(|other| {
            let mut keys = other.foreign_keys.iter().filter(|key| key.columns.contains(&it.column.column));
            keys.any(|key| names_a_tenant(&key.references))
                || (names_a_tenant(&other.name) && other.primary_key.contains(&it.column.column))
        })
    };
    if elsewhere.iter().any(of_tenant) { Extent::Grandparent } else { Extent::Narrowed }
}

/// Why rows of this extent may be few; nothing where they surely become many.
pub(super) fn few(site: &Site<'_>, extent: Extent, volume: &Volume) -> Option<&'static str> {
    let is_tie = is_tie(site.table);
    match extent {
        Extent::Whole if volume.score < 0 => Some("the table holds settings or the like"),
        Extent::Whole if !volume.is_evident => {
            Some("nothing says that the table grows with users or with time")
        }
        Extent::Tenant if is_tie || volume.score < 2 || !(volume.is_event || volume.is_content) => {
            Some("one parent may hold few rows")
        }
        Extent::Grandparent if volume.score < 2 || !(volume.is_event || volume.is_content) => {
            Some("one parent may hold few rows")
        }
        Extent::Parent if is_tie || volume.score < 2 || !volume.is_event || is_listed(site) => {
            Some("one parent may hold few rows")
        }
        Extent::Parent if parents(site).any(|parent| ends(site, parent)) => {
            Some("what happens to one parent comes to an end")
        }
        Extent::Narrowed | Extent::Few => Some("the filter may leave few rows"),
        Extent::Unknown => Some("a part of the filter is not known"),
        Extent::Whole | Extent::Tenant | Extent::Grandparent | Extent::Parent => None,
    }
}

/// The tables that the filter holds to one row or a few.
pub(super) fn parents<'s>(site: &'s Site<'_>) -> impl Iterator<Item = &'s str> {
    let held = site.columns(&[PredicateOp::Equal, PredicateOp::In]);
    let keys = site.table.foreign_keys.iter();
    keys.filter(move |key| key.columns.iter().any(|column| held.contains(column)))
        .map(|key| key.references.as_str())
}

/// True where a row of the parent is itself something that happens and is over: payments of an order, parts of a whole.
fn ends(site: &Site<'_>, parent: &str) -> bool {
    let model = site.catalog_table(parent).map_or(parent, |table| table.model.as_str());
    parent == site.table.name || Sort::of(model) == Sort::Event
}

/// True where a range with two ends holds a column: a day, a month.
pub(super) fn is_window(site: &Site<'_>) -> bool {
    let ranged: Vec<_> = site.shape().filter.all_of.iter().filter(|it| it.op == PredicateOp::Range).collect();
    site.asked.windows
        || ranged.iter().enumerate().any(|(n, it)| ranged[..n].iter().any(|other| other.column == it.column))
}

/// True where the filter names settings or the like, of which there are few.
pub(super) fn is_of_setting(site: &Site<'_>) -> bool {
    let mut names = parents(site).peekable();
    names.peek().is_some() && names.all(|parent| site.catalog_table(parent).is_some_and(is_setting))
}

/// True where the parents are those of a list: a page of them.
fn is_listed(site: &Site<'_>) -> bool {
    site.columns(&[PredicateOp::Equal]).is_empty() && !site.columns(&[PredicateOp::In]).is_empty()
}

/// True where the table is named for settings or the like.
pub(super) fn is_setting(table: &Table) -> bool {
    Sort::of(&table.model) == Sort::Setting
}

/// True where the table is named for what happens and is over: an order, a run.
pub(super) fn holds_events(table: &Table) -> bool {
    Sort::of(&table.model) == Sort::Event
}

/// True for a table of users or tenants, rows of which are seldom deleted.
pub(super) fn holds_owners(table: &str) -> bool {
    names::names_an_owner(table)
}

/// True for what is said of one thing or run for one owner, which seldom becomes long.
pub(super) fn is_short_for_each(table: &Table) -> bool {
    names::names_a_remark(&table.model)
}

/// True for a table of those who use the program: few in each team.
pub(super) fn holds_members(table: &Table) -> bool {
    names::names_members(&table.model)
}

/// True where rows tie two others together: few per parent, whatever they are called.
fn is_tie(table: &Table) -> bool {
    let refers = |column: &String| table.foreign_keys.iter().any(|key| key.columns.contains(column));
    let ties = |key: &[String]| key.len() >= 2 && key.iter().all(refers);
    ties(&table.primary_key) || table.indexes.iter().any(|index| index.unique && ties(&index.columns))
}
