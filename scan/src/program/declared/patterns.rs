//! Patterns of declared names: `*` stands for any text, `{model}` and `{models}` for the name of a model.

/// What a placeholder in a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Singular(&'a str),
    Plural(&'a str),
}

/// True where the name is as the pattern says; a pattern has at most one `*`.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
        None => pattern == name,
    }
}

/// The text that a placeholder of the pattern stands for in the name; nothing where the rest is not the same.
pub(super) fn placeholder<'n>(pattern: &str, name: &'n str) -> Option<Part<'n>> {
    let around = |mark: &str| {
        let (start, end) = pattern.split_once(mark)?;
        name.strip_prefix(start)?.strip_suffix(end).filter(|part| !part.is_empty())
    };
    around("{models}").map(Part::Plural).or_else(|| around("{model}").map(Part::Singular))
}

/// True where a pattern names a model.
pub(super) fn has_placeholder(pattern: &str) -> bool {
    pattern.contains("{model")
}

/// The pattern with the name of the model in place.
pub(super) fn filled(pattern: &str, singular: &str, plural: &str) -> String {
    pattern.replace("{models}", plural).replace("{model}", singular)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        assert!(fits("I*ModuleService", "IProductModuleService"));
        assert!(!fits("I*ModuleService", "IModule"));
        assert!(fits("@acme/*", "@acme/framework/types"));
        assert!(fits("pg", "pg") && !fits("pg", "pg-promise"));
    }

    #[test]
    fn placeholders_give_the_name_of_the_model() {
        assert_eq!(placeholder("list{models}", "listProducts"), Some(Part::Plural("Products")));
        assert_eq!(placeholder("{model}Service_", "productService_"), Some(Part::Singular("product")));
        assert_eq!(placeholder("list{models}", "list"), None);
        assert_eq!(placeholder("list{models}", "relistProducts"), None);
        assert_eq!(filled("list{models}", "Product", "Products"), "listProducts");
    }
}
