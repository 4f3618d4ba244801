//! Paths from the root of the tree, plain and as relative URI references.

use std::fmt::Write as _;

/// The URI of `path`, which is relative to the folder `focus` of the tree, relative to the root of the tree.
pub(crate) fn below(focus: &str, path: &str) -> String {
    encoded(&path_below(focus, path))
}

/// `path`, which is relative to the folder `focus` of the tree, relative to the root of the tree.
pub(crate) fn path_below(focus: &str, path: &str) -> String {
    let mut parts: Vec<&str> = focus.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// Everything but the unreserved characters of RFC 3986 and the slash is percent-encoded.
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            write!(uri, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn paths_are_relative_to_the_root_of_the_tree() {
        assert_eq!(below("", "src/a.ts"), "src/a.ts");
        assert_eq!(below("apps/api", "src/a.ts"), "apps/api/src/a.ts");
        assert_eq!(below("apps/api", "../../libs/db/b.ts"), "libs/db/b.ts");
    }

    #[test]
    fn names_that_mean_something_in_a_uri_are_encoded() {
        assert_eq!(
            below("", "app/[id]/(a) b#c?%/d:é.ts"),
            "app/%5Bid%5D/%28a%29%20b%23c%3F%25/d%3A%C3%A9.ts"
        );
    }
}
