//! Names that libraries make: plurals for tables and lists, singulars for rows, keys, and names with underscores.
//!
//! The rules are those of the `inflection` package, in its order: first what is plural already, then irregular words,
//! then endings.

mod uncountable;

/// A word ends so: the whole word or any with the ending, what is kept of it, and what replaces the rest.
#[derive(Debug, Clone, Copy)]
struct Rule {
    is_whole: bool,
    endings: &'static [&'static str],
    /// Characters of the ending that are replaced.
    drop: usize,
    put: &'static str,
}

const fn ending(endings: &'static [&'static str], drop: usize, put: &'static str) -> Rule {
    Rule { is_whole: false, endings, drop, put }
}

const fn whole(endings: &'static [&'static str], drop: usize, put: &'static str) -> Rule {
    Rule { is_whole: true, endings, drop, put }
}

/// Plural words by their endings; without those that [`ends_in_ves`] and [`ends_in_ies`] tell.
const PLURALS: &[Rule] = &[
    whole(&["men", "women"], 0, ""),
    ending(&["people", "children", "ta", "ia"], 0, ""),
    ending(&["analyses", "bases", "diagnoses", "parentheses", "prognoses", "synopses", "theses"], 0, ""),
    ending(&["drives", "hives", "tives", "curves", "series", "movies"], 0, ""),
    ending(&["xes", "ches", "sses", "shes", "mice", "lice", "buses", "oes", "shoes"], 0, ""),
    ending(
        &["crises", "testes", "octopuses", "viruses", "aliases", "canvases", "statuses", "campuses"],
        0,
        "",
    ),
    whole(
        &["summonses", "bonuses", "oxen", "feet", "teeth", "geese", "whereases", "criteria", "genera"],
        0,
        "",
    ),
    ending(&["matrices", "quizzes"], 0, ""),
];

const TO_PLURAL: &[Rule] = &[
    whole(&["man", "woman"], 2, "en"),
    ending(&["person"], 4, "ople"),
    ending(&["child"], 0, "ren"),
    ending(&["drive"], 0, "s"),
    whole(&["ox"], 0, "en"),
    ending(&["axis", "testis"], 2, "es"),
    ending(&["octopus", "virus"], 2, "uses"),
    ending(&["alias", "status", "canvas", "campus"], 0, "es"),
    whole(&["summons", "bonus"], 0, "es"),
    ending(&["bus"], 1, "ses"),
    ending(&["buffalo", "tomato", "potato"], 0, "es"),
    ending(&["tum", "ium"], 2, "a"),
    ending(&["sis"], 3, "ses"),
    ending(&["ffe"], 0, "s"),
    ending(&["fe"], 2, "ves"),
    ending(&["lf", "rf"], 1, "ves"),
    ending(&["hive", "tive"], 0, "s"),
];

const TO_PLURAL_LAST: &[Rule] = &[
    ending(&["matrix", "vertex", "index"], 2, "ices"),
    ending(&["x", "ch", "ss", "sh"], 0, "es"),
    ending(&["mouse", "louse"], 4, "ice"),
    whole(&["foot"], 4, "feet"),
    whole(&["tooth"], 5, "teeth"),
    whole(&["goose"], 5, "geese"),
    ending(&["quiz"], 0, "zes"),
    whole(&["whereas"], 0, "es"),
    whole(&["criterion"], 2, "a"),
    whole(&["genus"], 2, "era"),
    ending(&["s"], 0, ""),
    ending(&[""], 0, "s"),
];

/// Singular words that the endings below would change.
const SINGULARS: &[Rule] = &[
    ending(
        &["axis", "testis", "octopus", "virus", "alias", "status", "canvas", "campus", "bus", "sis"],
        0,
        "",
    ),
    whole(&["summons", "bonus", "whereas", "genus"], 0, ""),
    ending(&["ss"], 0, ""),
];

const TO_SINGULAR: &[Rule] = &[
    whole(&["men", "women"], 2, "an"),
    ending(&["people"], 4, "rson"),
    ending(&["children"], 3, ""),
    ending(&["databases", "drives"], 1, ""),
    whole(&["genera"], 3, "us"),
    whole(&["criteria"], 1, "on"),
    ending(&["ta", "ia"], 1, "um"),
    ending(&["analyses", "diagnoses", "parentheses", "prognoses", "synopses", "theses"], 2, "is"),
    ending(&["hives", "tives", "curves"], 1, ""),
    ending(&["lves", "rves"], 3, "f"),
    ending(&["aves"], 1, ""),
];

const TO_SINGULAR_LAST: &[Rule] = &[
    ending(&["series"], 0, ""),
    ending(&["xes", "ches", "sses", "shes"], 2, ""),
    ending(&["mice", "lice"], 3, "ouse"),
    ending(&["buses"], 2, ""),
    ending(&["shoes"], 1, ""),
    ending(&["oes"], 2, ""),
    ending(&["crises", "axes", "testes"], 2, "is"),
    ending(&["octopuses", "viruses", "aliases", "canvases", "statuses", "campuses"], 2, ""),
    whole(&["summonses", "bonuses", "oxen"], 2, ""),
    ending(&["matrices"], 4, "ix"),
    ending(&["vertices", "indices"], 4, "ex"),
    whole(&["feet"], 4, "foot"),
    whole(&["teeth"], 5, "tooth"),
    whole(&["geese"], 5, "goose"),
    ending(&["quizzes"], 3, ""),
    whole(&["whereases"], 2, ""),
    ending(&["ss"], 0, ""),
    ending(&["s"], 1, ""),
];

/// `libraryItem` → `libraryItems`, `person` → `people`.
pub(crate) fn pluralize(word: &str) -> String {
    let lower = word.to_lowercase();
    if is_uncountable(&lower) || apply(PLURALS, word, &lower).is_some() {
        return word.to_owned();
    }
    if ends_in_ves(&lower) || ends_in_ies(&lower) {
        return word.to_owned();
    }
    if let Some(plural) = apply(TO_PLURAL, word, &lower) {
        return plural;
    }
    if ends_after_consonant(&lower, "y") {
        return format!("{}ies", &word[..word.len() - 1]);
    }
    apply(TO_PLURAL_LAST, word, &lower).unwrap_or_else(|| word.to_owned())
}

/// `libraryItems` → `libraryItem`, `people` → `person`.
pub(crate) fn singularize(word: &str) -> String {
    let lower = word.to_lowercase();
    if is_uncountable(&lower) || apply(SINGULARS, word, &lower).is_some() {
        return word.to_owned();
    }
    if let Some(singular) = apply(TO_SINGULAR, word, &lower) {
        return singular;
    }
    if ends_in_ves(&lower) {
        return format!("{}fe", &word[..word.len() - 3]);
    }
    if lower.ends_with("movies") {
        return word[..word.len() - 1].to_owned();
    }
    if ends_in_ies(&lower) {
        return format!("{}y", &word[..word.len() - 3]);
    }
    apply(TO_SINGULAR_LAST, word, &lower).unwrap_or_else(|| word.to_owned())
}

fn is_uncountable(lower: &str) -> bool {
    uncountable::WORDS.binary_search(&lower).is_ok()
}

fn apply(rules: &[Rule], word: &str, lower: &str) -> Option<String> {
    // Letters whose lower case is longer are not those of the rules.
    if lower.len() != word.len() {
        return None;
    }
    let rule = rules.iter().find(|rule| {
        rule.endings.iter().any(|end| if rule.is_whole { lower == *end } else { lower.ends_with(end) })
    })?;
    let kept = word.get(..word.len() - rule.drop)?;
    Some(format!("{kept}{}", rule.put))
}

/// `lives`, but not `roves`.
fn ends_in_ves(lower: &str) -> bool {
    lower.strip_suffix("ves").and_then(|stem| stem.chars().last()).is_some_and(|c| !matches!(c, 'f' | 'o'))
}

fn ends_in_ies(lower: &str) -> bool {
    ends_after_consonant(lower, "ies")
}

fn ends_after_consonant(lower: &str, ending: &str) -> bool {
    lower.strip_suffix(ending).is_some_and(|stem| {
        stem.ends_with("qu")
            || stem.chars().last().is_some_and(|c| !matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y'))
    })
}

/// `team_id` → `teamId`.
pub(crate) fn camelize(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        if matches!(c, '_' | '-' | ' ') {
            upper = true;
        } else if upper {
            out.extend(c.to_uppercase());
            upper = false;
        } else {
            out.push(c);
        }
    }
    out
}

/// `books` → `Books`, as accessors take it.
pub(crate) fn capitalized(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::{camelize, pluralize, singularize};

    #[test]
    fn plurals() {
        for (one, many) in [
            ("book", "books"),
            ("libraryItem", "libraryItems"),
            ("MediaProgress", "MediaProgresses"),
            ("Person", "People"),
            ("child", "children"),
            ("company", "companies"),
            ("day", "days"),
            ("box", "boxes"),
            ("alias", "aliases"),
            ("bus", "buses"),
            ("knife", "knives"),
            ("leaf", "leafs"),
            ("shelf", "shelves"),
            ("matrix", "matrices"),
            ("quiz", "quizzes"),
            ("analysis", "analyses"),
            ("medium", "media"),
            ("movie", "movies"),
            ("hero", "heros"),
            ("tomato", "tomatoes"),
        ] {
            assert_eq!(pluralize(one), many);
            assert_eq!(pluralize(many), many, "of the plural");
            assert_eq!(singularize(many), one);
            assert_eq!(singularize(one), one, "of the singular");
        }
    }

    #[test]
    fn words_without_plural() {
        for word in ["equipment", "information", "series", "News", "bookSeries"] {
            assert_eq!(pluralize(word), word);
        }
        assert_eq!(pluralize(""), "s");
        assert_eq!(pluralize("größe"), "größes");
        assert_eq!(camelize("library_item_id"), "libraryItemId");
    }
}
