//! What the name of a list or of a table says of the number of its elements.

use crate::rules::volume::{humps, is_one_of};

/// How many there are of a kind of thing, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) enum Kind {
    /// What people set up: roles, channels, tax rates.
    Setup,
    /// What one user or tenant has few of: teams, organizations.
    Owned,
    /// What one record is made of: the lines of an order, the recipients of a document.
    Part,
    /// One name says few, another many.
    Mixed,
    Unknown,
    /// What adds up as the program is used.
    Many,
}

impl Kind {
    pub(super) fn is_few(self) -> bool {
        matches!(self, Self::Setup | Self::Owned | Self::Part)
    }
}

const SETUPS: &str = "setting option config configuration preference language locale currency country region zone rate \
    tax permission scope role plan tier provider platform method channel library location warehouse environment env \
    connection calendar domain template trigger webhook action step stage phase condition criterion filter join rule \
    attribute widget layout column type kind format lock secret source placeholder mapping assignment placement label \
    address device seller coupon promotion slot variable parameter argument property flag integration adapter \
    credential policy budget threshold quota category field schedule tag deployment alert administrator view \
    period interval operator token pricing pair evaluator server cluster queue";
const OWNED: &str = "organization organisation org workspace team tenant company project space account store shop site \
    app base";
const PARTS: &str = "line author series genre recipient signer signature payment refund fulfillment fulfilment shipping \
    surcharge discount price translation choice panel phone screenshot facilitator quote attachment share dependency \
    reaction mention";
const MANYS: &str = "log event message notification response history audit click visit submission transaction activity \
    delivery attempt execution run trace observation metric comment reply order invoice job impression like answer \
    record reading measurement snapshot trade booking reservation display post document contact media photo video link \
    bookmark lead customer ticket task article note product review conversation thread person people \
    subscriber user member membership follower participant attendee student player patient visitor guest invite \
    invitation variant sku sample session score issue meeting track";
/// Words that say nothing of what the elements are.
const GENERIC: &str = "id ids list array data dto dtos input inputs map set raw raws result results info name names code \
    codes op ops arg args new existing row rows entry entries email emails body req request params query payload \
    options opts props ctx context key keys";
/// What follows these words says something else of the elements.
const CONNECTORS: &str = "to with without by of for in from on at per that needing";
const MANY_WAYS: &str = "bulk batch import imports importer sync migrate migrations reindex backfill scan csv massive export \
    purge";

const ONCE: &[&str] =
    &["migrate", "backfill", "onboarding", "onboard", "seed", "seeder", "downgrade", "uninstall"];

/// What the last word of a name stands for: `members` of `membersToRemove`, `team` of `teamIds`.
pub(super) fn kind_of_name(name: &str) -> Kind {
    let Some(head) = head(name) else { return Kind::Unknown };
    // A list called a group is a group of something else; one of groups is of what people set up.
    if head == "groups" {
        return Kind::Setup;
    }
    if words_of(name).iter().any(|word| word == "mentioned") {
        return Kind::Part;
    }
    let is = |words| is_one_of(&head, words);
    if is(MANYS) {
        Kind::Many
    } else if is(SETUPS) {
        Kind::Setup
    } else if is(OWNED) {
        Kind::Owned
    } else if is(PARTS) {
        Kind::Part
    } else {
        Kind::Unknown
    }
}

/// True where a name or path tells of work that is done once: for a customer who moves in or out, for rows of an old form.
pub(super) fn speaks_of_once(name: &str) -> bool {
    let words = words_of(name);
    let has = |all: &[&str]| words.iter().any(|word| all.contains(&word.as_str()));
    let leaves = has(&["delete", "remove", "close", "cancel"])
        && has(&["account", "workspace", "tenant", "organization", "organisation"]);
    leaves || has(ONCE)
}

/// True for the way of rows brought in from elsewhere.
pub(super) fn speaks_of_import(name: &str) -> bool {
    words_of(name).iter().any(|word| matches!(word.as_str(), "import" | "imports" | "importer"))
}

/// True for a name that says nothing of what the elements are.
pub(super) fn is_generic(name: &str) -> bool {
    head(name).is_none()
}

/// True where a name or path has a word of ways that handle many at a time.
pub(super) fn speaks_of_many(name: &str) -> bool {
    words_of(name).iter().any(|word| MANY_WAYS.split_whitespace().any(|it| it == word))
}

fn words_of(name: &str) -> Vec<String> {
    let parts = name.split(|it: char| !it.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.flat_map(humps).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect()
}

fn head(name: &str) -> Option<String> {
    let mut words = words_of(name);
    let is_in = |word: &String, all: &str| all.split_whitespace().any(|it| it == word);
    if let Some(at) = words.iter().skip(1).position(|word| is_in(word, CONNECTORS)) {
        words.truncate(at + 1);
    }
    while words.last().is_some_and(|word| word.len() <= 2 || is_in(word, GENERIC)) {
        words.pop();
    }
    words.pop()
}

#[cfg(test)]
mod tests {
    use super::{Kind, head, kind_of_name, speaks_of_many};

    #[test]
    fn the_head_of_a_name_is_what_the_elements_are() {
        for (name, word) in [
            ("teamMemberIds", "member"),
            ("tasksToArchive", "tasks"),
            ("fileTypeMappings", "mappings"),
            ("ownedOrgs", "orgs"),
            ("accountsWithBalancesDto", "accounts"),
        ] {
            assert_eq!(head(name).as_deref(), Some(word));
        }
        assert_eq!(head("ids"), None);
    }

    #[test]
    fn kinds_by_their_names() {
        assert_eq!(kind_of_name("environmentIds"), Kind::Setup);
        assert_eq!(kind_of_name("memberTeams"), Kind::Owned);
        assert_eq!(kind_of_name("linesToDelete"), Kind::Part);
        assert_eq!(kind_of_name("activeCustomers"), Kind::Many);
        assert_eq!(kind_of_name("chapters"), Kind::Unknown);
        assert!(speaks_of_many("BooksController.importBooks [POST /books]") && !speaks_of_many("important"));
    }
}
