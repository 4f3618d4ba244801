//! What the name of a table says of it: events, content, settings, tenants.

/// What the name of a table says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
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
/// What administrators set up.
const SETUP: &str = "setting settings config configuration plan role permission language locale country \
    currency feature flag template theme preference preferences tag type status provider folder \
    method zone region rate tax unit carrier administrator admin lock locking lease migration";
/// Few for each parent, or made by few.
const KEPT: &str =
    "category integration webhook key token domain claim announcement group member membership team";

/// People whose rows add up as they use the program.
const PEOPLE: &str =
    "user account customer person people profile visitor subscriber player student patient guest client";

/// Words of events that by themselves name a part of the program's screens.
const SCREENS: &str = "view";

pub(super) fn names_a_tenant(table: &str) -> bool {
    is_one_of(&last_word(table), TENANTS)
}

/// True for a table of people, or of what they sign up with.
pub(super) fn names_an_owner(table: &str) -> bool {
    names_a_tenant(table) || is_one_of(&last_word(table), PEOPLE)
}

/// True for what administrators set up: the table is small whatever refers to it.
pub(super) fn names_a_setup(model: &str) -> bool {
    is_one_of(&last_word(model), SETUP)
}

/// True for what somebody asks for and soon answers: a reset of a password, a code by mail.
pub(super) fn names_a_request(model: &str) -> bool {
    let words = model.split('_').flat_map(humps);
    words.map(str::to_ascii_lowercase).any(|word| is_one_of(&word, "reset otp passcode"))
}

/// True for remarks on one thing, its history, and jobs of one owner.
pub(super) fn names_a_remark(model: &str) -> bool {
    is_one_of(&last_word(model), "comment history job reaction")
}

/// True for a table of those who use the program together: few in each team.
pub(super) fn names_members(table: &str) -> bool {
    is_one_of(&last_word(table), "user account member")
}

/// True for a word of administration among those of a name, a path or a piece of source.
pub(super) fn speaks_of_admins(text: &str) -> bool {
    let words = text.split(|it: char| !it.is_ascii_alphanumeric());
    words.flat_map(humps).any(|word| {
        ["admin", "admins", "administrator", "administrators", "superadmin"]
            .iter()
            .any(|it| word.eq_ignore_ascii_case(it))
    })
}

/// `create`, `Admin` and `User` of `createAdminUser`.
pub(in crate::rules) fn humps(word: &str) -> Vec<&str> {
    let starts = word.char_indices().filter(|(at, it)| {
        *at > 0 && it.is_uppercase() && !word[..*at].ends_with(|before: char| before.is_uppercase())
    });
    let mut from = 0;
    let mut parts: Vec<&str> = Vec::new();
    for (at, _) in starts {
        parts.push(&word[from..at]);
        from = at;
    }
    parts.push(&word[from..]);
    parts
}

impl Sort {
    pub(super) fn of(model: &str) -> Self {
        let last = last_word(model);
        let is_in = |words| is_one_of(&last, words);
        if is_in(SETUP) || is_in(KEPT) {
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
pub(in crate::rules) fn is_one_of(word: &str, words: &str) -> bool {
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
