//! Roles of files by their place: what serves users, and what tests, seeds, migrates or describes.

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    App,
    Test,
    /// Seeds, migrations, one-off scripts, command line tools, configuration.
    Script,
    /// Runs in the browser.
    Client,
    /// Type declarations and generated code.
    Declaration,
}

pub(super) fn role(path: &str, use_client: bool) -> Role {
    let lower = path.to_ascii_lowercase();
    let segments: Vec<&str> = lower.split('/').collect();
    let file = segments.last().copied().unwrap_or_default();
    let folders = &segments[..segments.len() - 1];
    let in_folder = |names: &[&str]| folders.iter().any(|folder| names.contains(folder));
    let marked = |marks: &[&str]| marks.iter().any(|mark| file.contains(mark));
    if file.ends_with(".d.ts") || file.ends_with(".d.mts") || marked(&[".generated.", ".gen."]) || in_folder(&["generated", "__generated__"]) {
        return Role::Declaration;
    }
    if in_folder(&[
        "test", "tests", "__tests__", "__mocks__", "mocks", "e2e", "e2e-tests", "cypress", "playwright", "fixtures", "__fixtures__", "testing",
        "integration", "integration-tests", "stories", "benchmark", "benchmarks", "bench", "test-utils", "testutils", "load-tests",
    ]) || marked(&[".test.", ".spec.", ".e2e.", ".stories.", ".bench.", "-spec.", "_test.", ".test-d.", ".mock.", "vitest.", "jest."])
    {
        return Role::Test;
    }
    if in_folder(&["scripts", "script", "seed", "seeds", "seeders", "seeding", "migrations", "migration", "data-migration", "data-migrations", "bin", "cli", "commands", "tools", "examples", "docs"])
        || marked(&["seed.", "seed-", ".seed", "migrate.", "migration.", ".config."])
        || file.starts_with("seed")
    {
        return Role::Script;
    }
    if use_client { Role::Client } else { Role::App }
}

#[cfg(test)]
mod tests {
    use super::{Role, role};

    #[test]
    fn roles_follow_folders_and_names() {
        assert_eq!(role("src/users/users.service.ts", false), Role::App);
        assert_eq!(role("src/users/users.service.spec.ts", false), Role::Test);
        assert_eq!(role("prisma/seed.ts", false), Role::Script);
        assert_eq!(role("db/migrations/0001_init.ts", false), Role::Script);
        assert_eq!(role("src/types.d.ts", false), Role::Declaration);
        assert_eq!(role("src/ui/List.tsx", true), Role::Client);
        assert_eq!(role("src/testimonials/list.ts", false), Role::App);
    }
}
