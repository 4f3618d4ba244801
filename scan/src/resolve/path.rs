//! Paths of a tree: relative to its root, `/` between parts, empty for the root itself.

/// The folder of a file or folder.
pub(super) fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..slash])
}

/// `dir` and every folder around it, the root last.
pub(super) fn ancestors(dir: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(dir), |dir| (!dir.is_empty()).then(|| parent(dir)))
}

/// `relative` seen from `dir`, with `.` and `..` worked out; nothing where it leaves the tree.
pub(crate) fn join(dir: &str, relative: &str) -> Option<String> {
    let mut path = String::with_capacity(dir.len() + relative.len() + 1);
    path.push_str(dir);
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." if path.is_empty() => return None,
            ".." => path.truncate(parent(&path).len()),
            part => push(&mut path, part),
        }
    }
    Some(path)
}

/// Appends `part`, which may be empty.
pub(super) fn push(path: &mut String, part: &str) {
    if !path.is_empty() && !part.is_empty() {
        path.push('/');
    }
    path.push_str(part);
}

/// What is left of `path` below `dir`; empty where they are the same.
pub(super) fn below<'p>(path: &'p str, dir: &str) -> Option<&'p str> {
    if dir.is_empty() {
        return Some(path);
    }
    match path.strip_prefix(dir)? {
        "" => Some(""),
        rest => rest.strip_prefix('/'),
    }
}

/// A bare specifier as the name of a package and the path in it.
pub(super) fn package_and_rest(specifier: &str) -> (&str, &str) {
    let slashes = usize::from(specifier.starts_with('@'));
    let end = specifier.match_indices('/').nth(slashes).map_or(specifier.len(), |(at, _)| at);
    (&specifier[..end], specifier[end..].trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::{ancestors, below, join, package_and_rest};

    #[test]
    fn joins_inside_the_tree_only() {
        assert_eq!(join("a/b", "../c/./d").as_deref(), Some("a/c/d"));
        assert_eq!(join("a", "..").as_deref(), Some(""));
        assert_eq!(join("a", "../.."), None);
        assert_eq!(join("", "./x/").as_deref(), Some("x"));
    }

    #[test]
    fn knows_what_lies_below() {
        assert_eq!(below("a/b", "a"), Some("b"));
        assert_eq!(below("ab", "a"), None);
        assert_eq!(below("a", "a"), Some(""));
        assert_eq!(ancestors("a/b").collect::<Vec<_>>(), ["a/b", "a", ""]);
    }

    #[test]
    fn a_scope_belongs_to_the_name() {
        assert_eq!(package_and_rest("@a/b/c/d"), ("@a/b", "c/d"));
        assert_eq!(package_and_rest("a/b"), ("a", "b"));
        assert_eq!(package_and_rest("@a"), ("@a", ""));
    }
}
