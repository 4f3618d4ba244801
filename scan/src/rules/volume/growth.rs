//! How fast a table fills, and whether it grows with users or with time at all.
//!
//! Work for users that adds rows is not enough: so do the forms in which administrators keep a handful of rows. What
//! counts besides: the name of the table, rows that belong to somebody who signed up, rows added many at a time or by
//! jobs, and that the team reads the table in pages where it does not read every table so.

use std::collections::BTreeSet;

use tuneup_model::{Bound, Operation, PredicateOp, Table};

use super::names::{Sort, names_a_request, names_a_setup, names_a_tenant, names_an_owner, speaks_of_admins};
use crate::program::{EntryKind, LoopClass, Program};
use crate::rules::indexes::{self, Site, Tables};

/// How fast a table fills, with what says so.
#[derive(Debug, Default)]
pub(crate) struct Volume {
    pub score: i32,
    /// Its name says that rows only add up.
    pub is_event: bool,
    /// Or that users fill it.
    pub is_content: bool,
    /// Something says that it grows with users or with time.
    pub is_evident: bool,
    pub reasons: Vec<String>,
}

impl Volume {
    fn add(&mut self, points: i32, reason: impl Into<String>) {
        self.score += points;
        self.reasons.push(reason.into());
    }

    fn proves(&mut self, points: i32, reason: impl Into<String>) {
        self.is_evident = true;
        self.add(points, reason);
    }
}

/// Points for the table of a query: 0 where nothing is known, 3 and more where its rows surely become many.
pub(crate) fn volume(tables: &Tables<'_>, site: &Site<'_>) -> Volume {
    measure(tables, site.table, Some(site.id))
}

/// The same for a table by itself.
pub(crate) fn of_table(tables: &Tables<'_>, table: &Table) -> Volume {
    measure(tables, table, None)
}

/// True where a table is named for what administrators set up and rows of it belong to nobody whose number grows.
pub(crate) fn stays_small(tables: &Tables<'_>, table: &Table) -> bool {
    names_a_setup(&table.model) && !is_owned(tables, table) && measure(tables, table, None).score < 0
}

/// True for what is asked for once and deleted when it is answered: resets of passwords, codes by mail.
pub(crate) fn passes(tables: &Tables<'_>, table: &Table) -> bool {
    let deletes = |site: &Site<'_>| {
        site.table.location == table.location
            && matches!(site.shape().operation, Operation::Delete | Operation::DeleteMany)
    };
    names_a_request(&table.model) && tables.sites.iter().any(deletes)
}

/// True where rows surely become many.
pub(crate) fn fills_fast(tables: &Tables<'_>, table: &Table) -> bool {
    let volume = measure(tables, table, None);
    (volume.is_event || volume.is_content) && volume.score >= 2
}

fn measure(tables: &Tables<'_>, table: &Table, except: Option<u32>) -> Volume {
    let mut volume = Volume::default();
    match Sort::of(&table.model) {
        Sort::Event => volume.proves(2, "its name says that rows only add up"),
        Sort::Content => volume.proves(1, "its name says that users fill it"),
        Sort::Setting => volume.add(-3, "its name says that it holds settings"),
        Sort::Other => {}
    }
    volume.is_event = Sort::of(&table.model) == Sort::Event;
    volume.is_content = Sort::of(&table.model) == Sort::Content;
    let filling = tables.filling(table);
    let inserts: Vec<&Site<'_>> =
        tables.sites.iter().filter(|site| filling.served.contains(&site.id)).collect();
    if filling.served.iter().any(|insert| is_bulk(tables, *insert, table)) {
        volume.proves(1, "rows are added many at a time");
    }
    if filling.served.len() >= 3 {
        volume.add(1, "rows are added in several places");
    }
    let by_jobs = |site: &&Site<'_>| {
        site.arrival.as_ref().is_some_and(|it| matches!(it.kind, EntryKind::Job | EntryKind::Schedule))
    };
    if inserts.iter().any(by_jobs) {
        volume.proves(1, "jobs add rows");
    }
    let is_paged =
        |it: &Site<'_>| it.table.location == table.location && Some(it.id) != except && reads_a_page(it);
    if tables.sites.iter().any(is_paged) && !pages_everything(tables) {
        volume.proves(1, "it is read in pages elsewhere");
    }
    if is_owned(tables, table) {
        volume.proves(0, "its rows belong to users or the like");
    }
    shrink(tables, table, &filling.served, &inserts, &mut volume);
    volume
}

/// What speaks against many rows.
fn shrink(tables: &Tables<'_>, table: &Table, served: &[u32], inserts: &[&Site<'_>], volume: &mut Volume) {
    if is_composed(tables, table, served) {
        volume.add(-2, "rows are added together with their parent");
    }
    if is_capped(tables, table, served) {
        volume.add(-2, "rows are counted before one is added");
    }
    if is_kept_whole(tables, table) {
        volume.add(-2, "the program keeps all its rows in a cache");
    }
    let names_it = volume.is_event || volume.is_content;
    if !names_it && !inserts.is_empty() && inserts.iter().all(|site| is_administration(tables.program, site))
    {
        volume.add(-2, "administrators add rows");
    }
}

/// True where most tables that fill are read in pages: a common list builder, which says nothing of one table.
fn pages_everything(tables: &Tables<'_>) -> bool {
    let mut filled: BTreeSet<(&str, u32)> = BTreeSet::new();
    let mut paged: BTreeSet<(&str, u32)> = BTreeSet::new();
    for site in tables.sites.iter().filter(|site| tables.grows(site.table)) {
        let place = (site.table.location.file.as_str(), site.table.location.line);
        filled.insert(place);
        if reads_a_page(site) {
            paged.insert(place);
        }
    }
    filled.len() >= 8 && paged.len() * 2 > filled.len()
}

const MAX_ANCESTORS: usize = 24;

/// True where rows belong to a user or a tenant, at once or through the rows they are part of.
fn is_owned(tables: &Tables<'_>, table: &Table) -> bool {
    let mut seen: Vec<&str> = vec![table.name.as_str()];
    let mut next: Vec<&Table> = vec![table];
    while let Some(current) = next.pop() {
        for key in &current.foreign_keys {
            if key.columns.iter().any(|column| notes_an_act(column)) {
                continue;
            }
            if names_an_owner(&key.references) && key.references != table.name {
                return true;
            }
            if seen.len() < MAX_ANCESTORS && !seen.contains(&key.references.as_str()) {
                seen.push(&key.references);
                next.extend(tables.program.catalog.table(&key.references));
            }
        }
    }
    // Where the database keeps no constraints.
    table.columns.iter().any(|column| {
        let name = column.field.strip_suffix("_id").or_else(|| column.field.strip_suffix("Id"));
        name.is_some_and(|name| names_an_owner(name) && !notes_an_act(&column.name))
    })
}

/// `createdById`: who did it, not whose it is.
fn notes_an_act(column: &str) -> bool {
    let lower = column.to_ascii_lowercase();
    ["creat", "updat", "modif", "delet", "edit"].iter().any(|act| lower.contains(act))
}

/// True where a request for administrators leads here, by all that its entry says of itself.
pub(crate) fn is_administration(program: &Program, site: &Site<'_>) -> bool {
    let Some(first) = site.arrival.as_ref().and_then(|arrival| arrival.steps.first()) else { return false };
    let facts = program.facts(first.at.file);
    let entry = facts.functions.iter().find(|function| function.name_span == first.at.span);
    let mut guards = entry.into_iter().flat_map(|function| {
        let class = function.class.map(|id| facts.classes[id.index()].decorators.as_slice());
        function.decorators.iter().chain(class.unwrap_or_default())
    });
    speaks_of_admins(&facts.path)
        || speaks_of_admins(&first.name)
        || guards.any(|guard| speaks_of_admins(&program.expr_text(first.at.file, *guard)))
}

/// True where the program holds all rows of the table in a cache.
fn is_kept_whole(tables: &Tables<'_>, table: &Table) -> bool {
    tables.sites.iter().any(|site| {
        let shape = site.shape();
        site.table.location == table.location
            && shape.operation == Operation::ReadMany
            && shape.limit == Bound::Absent
            && site.columns(&[PredicateOp::Equal, PredicateOp::In, PredicateOp::Range]).is_empty()
            && !shape.filter.has_unknown
            && indexes::is_cached(tables.program, site.function(tables.program))
    })
}

fn is_bulk(tables: &Tables<'_>, insert: u32, table: &Table) -> bool {
    let query = &tables.program.queries[insert as usize];
    if query.shape.table.name() != Some(&table.name) {
        return false;
    }
    query.shape.operation == Operation::InsertMany
        || tables
            .program
            .iterations(query.file, query.call)
            .iter()
            .any(|it| it.class == LoopClass::Collection)
}

fn reads_a_page(site: &Site<'_>) -> bool {
    let shape = site.shape();
    shape.operation == Operation::ReadMany
        && (shape.keyset
            || matches!(shape.limit, Bound::Dynamic)
            || matches!(shape.limit, Bound::Constant(limit) if limit >= 5))
}

/// True where nothing adds rows but what adds the parent too: parts of a whole.
fn is_composed(tables: &Tables<'_>, table: &Table, inserts: &[u32]) -> bool {
    let parents: Vec<&str> = table
        .foreign_keys
        .iter()
        .map(|key| key.references.as_str())
        .filter(|parent| *parent != table.name && !names_a_tenant(parent))
        .collect();
    let is_insert = |site: &&Site<'_>| {
        matches!(site.shape().operation, Operation::Insert | Operation::InsertMany | Operation::Upsert)
    };
    let makes_parent = |site: &Site<'_>| {
        let function = site.function(tables.program);
        parents.contains(&site.table.name.as_str())
            || tables.sites.iter().filter(is_insert).any(|other| {
                parents.contains(&other.table.name.as_str()) && other.function(tables.program) == function
            })
    };
    !parents.is_empty() && tables.sites.iter().filter(|site| inserts.contains(&site.id)).all(makes_parent)
}

/// True where the function that inserts counts first: a plan's limit.
fn is_capped(tables: &Tables<'_>, table: &Table, inserts: &[u32]) -> bool {
    let functions: Vec<_> = tables
        .sites
        .iter()
        .filter(|site| inserts.contains(&site.id) && site.table.name == table.name)
        .map(|site| site.function(tables.program))
        .collect();
    let counts = tables
        .sites
        .iter()
        .filter(|site| site.table.name == table.name && site.shape().operation == Operation::Count);
    !functions.is_empty()
        && counts.map(|site| site.function(tables.program)).any(|function| functions.contains(&function))
}
