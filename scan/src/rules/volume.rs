//! How many rows a query may meet: what its filter leaves, and how fast the table fills.
//!
//! Neither is in the source. What is there: whether the filter names a row, a parent or nothing; who inserts rows, how
//! often and in what numbers; whether the team itself reads the table in pages; what the table is called.

use tuneup_model::{Bound, Operation, Predicate, PredicateOp, Table};

use super::indexes::{self, Site, Tables};
use crate::program::{EntryKind, LoopClass};

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

fn names_a_tenant(table: &str) -> bool {
    is_one_of(&last_word(table), TENANTS)
}

/// Why rows of this extent may be few; nothing where they surely become many.
pub(super) fn few(site: &Site<'_>, extent: Extent, volume: &Volume) -> Option<&'static str> {
    let is_tie = is_tie(site.table);
    match extent {
        Extent::Whole if volume.score < 0 => Some("the table holds settings or the like"),
        Extent::Tenant if is_tie || volume.score < 2 || !(volume.is_event || volume.is_content) => {
            Some("one parent may hold few rows")
        }
        Extent::Grandparent if volume.score < 2 || !(volume.is_event || volume.is_content) => {
            Some("one parent may hold few rows")
        }
        Extent::Parent if is_tie || volume.score < 2 || !volume.is_event || is_listed(site) => {
            Some("one parent may hold few rows")
        }
        Extent::Narrowed | Extent::Few => Some("the filter may leave few rows"),
        Extent::Unknown => Some("a part of the filter is not known"),
        Extent::Whole | Extent::Tenant | Extent::Grandparent | Extent::Parent => None,
    }
}

/// True where the parents are those of a list: a page of them.
fn is_listed(site: &Site<'_>) -> bool {
    site.columns(&[PredicateOp::Equal]).is_empty() && !site.columns(&[PredicateOp::In]).is_empty()
}

/// How fast a table fills, with what says so.
#[derive(Debug, Default)]
pub(super) struct Volume {
    pub score: i32,
    /// Its name says that rows only add up.
    pub is_event: bool,
    /// Or that users fill it.
    pub is_content: bool,
    pub reasons: Vec<String>,
}

impl Volume {
    fn add(&mut self, points: i32, reason: impl Into<String>) {
        self.score += points;
        self.reasons.push(reason.into());
    }
}

/// Points for a table: 0 where nothing is known, 3 and more where its rows surely become many.
pub(super) fn volume(tables: &Tables<'_>, site: &Site<'_>) -> Volume {
    let table = site.table;
    let mut volume = Volume::default();
    let filling = tables.filling(table);
    match Sort::of(&table.model) {
        Sort::Event => volume.add(2, "its name says that rows only add up"),
        Sort::Content => volume.add(1, "its name says that users fill it"),
        Sort::Setting => volume.add(-3, "its name says that it holds settings"),
        Sort::Other => {}
    }
    volume.is_event = Sort::of(&table.model) == Sort::Event;
    volume.is_content = Sort::of(&table.model) == Sort::Content;
    if filling.served.iter().any(|insert| is_bulk(tables, *insert, table)) {
        volume.add(1, "rows are added many at a time");
    }
    if filling.served.len() >= 3 {
        volume.add(1, "rows are added in several places");
    }
    let inserts = tables.sites.iter().filter(|site| filling.served.contains(&site.id));
    if inserts.clone().any(|site| {
        site.arrival.as_ref().is_some_and(|it| matches!(it.kind, EntryKind::Job | EntryKind::Schedule))
    }) {
        volume.add(1, "jobs add rows");
    }
    if tables.sites.iter().any(|it| it.table.name == table.name && it.id != site.id && reads_a_page(it)) {
        volume.add(1, "it is read in pages elsewhere");
    }
    if is_composed(tables, table, &filling.served) {
        volume.add(-2, "rows are added together with their parent");
    }
    if is_capped(tables, table, &filling.served) {
        volume.add(-2, "rows are counted before one is added");
    }
    volume
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

/// What the name of a table says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Event,
    Content,
    Setting,
    Other,
}

const TENANTS: &str = "organization organisation org workspace team tenant company project user account customer \
    environment store shop site app";
const EVENTS: &str = "log event message notification response history audit view click visit submission transaction \
    activity call delivery attempt execution run trace observation metric comment order payment \
    invoice job impression like reaction vote answer record reading measurement snapshot trade \
    booking reservation error display";
const CONTENTS: &str = "post document contact media file image photo video link bookmark lead customer ticket task item \
    article note attribute product envelope review conversation thread person subscriber user";
const SETTINGS: &str = "setting settings config configuration plan role permission category language locale country \
    currency feature flag template theme preference preferences tag type status provider \
    integration webhook key token domain claim announcement group member membership team folder";

/// Words of events that by themselves name a part of the program's screens or its texts.
const SCREENS: &str = "view display snapshot";

/// True where the table is named for settings or the like.
pub(super) fn is_setting(table: &Table) -> bool {
    Sort::of(&table.model) == Sort::Setting
}

/// True where rows tie two others together: few per parent, whatever they are called.
fn is_tie(table: &Table) -> bool {
    let refers = |column: &String| table.foreign_keys.iter().any(|key| key.columns.contains(column));
    let ties = |key: &[String]| key.len() >= 2 && key.iter().all(refers);
    ties(&table.primary_key) || table.indexes.iter().any(|index| index.unique && ties(&index.columns))
}

impl Sort {
    fn of(model: &str) -> Self {
        let last = last_word(model);
        let is_in = |words| is_one_of(&last, words);
        if is_in(SETTINGS) {
            Self::Setting
        } else if model.eq_ignore_ascii_case(&last) && is_one_of(&last, SCREENS) {
            // `PageView` is an event, `View` an arrangement of a screen.
            Self::Other
        } else if is_in(EVENTS) {
            Self::Event
        } else if is_in(CONTENTS) {
            Self::Content
        } else {
            Self::Other
        }
    }
}

/// True for a word of the list, in the singular or plural.
fn is_one_of(word: &str, words: &str) -> bool {
    words.split_whitespace().any(|it| {
        word == it
            || word.strip_suffix('s') == Some(it)
            || word.strip_suffix("es") == Some(it)
            || word.strip_suffix("ies").is_some_and(|stem| it.strip_suffix('y') == Some(stem))
    })
}

/// `log` of `AuditLog` and `audit_log`.
fn last_word(name: &str) -> String {
    let tail = name.rsplit(['_', '.']).next().unwrap_or(name);
    let start = tail.char_indices().rev().find(|(_, it)| it.is_uppercase()).map_or(0, |(at, _)| at);
    tail[start..].to_ascii_lowercase()
}
