//! Roles of files by their place: what serves users, and what tests, seeds, migrates or describes.

use std::collections::BTreeSet;

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

const TEST_FOLDERS: &[&str] = &[
    "test",
    "tests",
    "__tests__",
    "__mocks__",
    "mocks",
    "e2e",
    "e2e-tests",
    "cypress",
    "playwright",
    "fixtures",
    "__fixtures__",
    "integration-tests",
    "stories",
    "benchmark",
    "benchmarks",
    "bench",
    "test-utils",
    "testutils",
    "load-tests",
    "dev-server",
    "playground",
    "test-plugins",
    "sandbox",
];
const TEST_MARKS: &[&str] = &[
    ".test.",
    ".spec.",
    ".e2e.",
    ".stories.",
    ".bench.",
    "-spec.",
    "_test.",
    ".test-d.",
    ".mock.",
    "vitest.",
    "jest.",
];
const SCRIPT_FOLDERS: &[&str] = &[
    "scripts",
    "script",
    "seed",
    "seeds",
    "seeders",
    "seeding",
    "migrations",
    "migration",
    "data-migration",
    "data-migrations",
    "background-migrations",
    "backgroundmigrations",
    "upgrades",
    "bin",
    "cli",
    "examples",
];
/// Task runners read these.
const BUILD_FILES: &[&str] = &["gruntfile", "gulpfile", "jakefile"];
const SCRIPT_MARKS: &[&str] = &["seed.", "seed-", ".seed", "migrate.", "migration.", ".config."];

pub(super) fn role(path: &str, focus: &str, use_client: bool) -> Role {
    let path = path.strip_prefix(focus).unwrap_or(path);
    let lower = path.trim_start_matches('/').to_ascii_lowercase();
    let (folders, file) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let stem = file.split('.').next().unwrap_or_default();
    let in_folder = |names: &[&str]| folders.split('/').any(|folder| names.contains(&folder));
    let marked = |marks: &[&str]| marks.iter().any(|mark| file.contains(mark));
    if marked(&[".d.ts", ".d.mts", ".d.cts", ".generated.", ".gen."])
        || in_folder(&["generated", "__generated__"])
    {
        Role::Declaration
    } else if in_folder(TEST_FOLDERS) || marked(TEST_MARKS) {
        Role::Test
    } else if in_folder(SCRIPT_FOLDERS) || marked(SCRIPT_MARKS) || BUILD_FILES.contains(&stem) {
        Role::Script
    } else if use_client {
        Role::Client
    } else {
        Role::App
    }
}

/// True for a package that draws pages in a browser and has nothing that could serve them.
pub(super) fn is_browser_package(dependencies: &BTreeSet<String>) -> bool {
    has_any(
        dependencies,
        &["react-dom", "vue", "svelte", "@angular/core", "preact", "solid-js", "react-native"],
    ) && !serves(dependencies)
}

/// True for a package that reads a command line and has nothing that could serve requests or work off a queue.
pub(super) fn is_command_line_package(dependencies: &BTreeSet<String>) -> bool {
    has_any(
        dependencies,
        &[
            "yargs",
            "commander",
            "cac",
            "meow",
            "citty",
            "sade",
            "clipanion",
            "@oclif/core",
            "@commander-js/extra-typings",
        ],
    ) && !serves(dependencies)
}

fn has_any(dependencies: &BTreeSet<String>, names: &[&str]) -> bool {
    names.iter().any(|name| dependencies.contains(*name))
}

/// Packages of which one is there where requests are served or jobs worked off.
const SERVING: &[&str] = &[
    "next",
    "nuxt",
    "express",
    "fastify",
    "koa",
    "hono",
    "elysia",
    "@nestjs/core",
    "@trpc/server",
    "@sveltejs/kit",
    "astro",
    "@react-router/node",
    "@react-router/serve",
    "@tanstack/react-start",
    "react-router-hono-server",
    "h3",
    "nitropack",
    "@hapi/hapi",
    "bullmq",
    "bull",
];

fn serves(dependencies: &BTreeSet<String>) -> bool {
    has_any(dependencies, SERVING)
        || dependencies.iter().any(|name| {
            name.starts_with("@remix-run/")
                && !matches!(name.as_str(), "@remix-run/router" | "@remix-run/react")
        })
}

#[cfg(test)]
mod tests {
    use super::{Role, role};

    #[test]
    fn roles_follow_folders_and_names() {
        assert_eq!(role("src/users/users.service.ts", "", false), Role::App);
        assert_eq!(role("src/users/users.service.spec.ts", "", false), Role::Test);
        assert_eq!(role("prisma/seed.ts", "", false), Role::Script);
        assert_eq!(role("db/migrations/0001_init.ts", "", false), Role::Script);
        assert_eq!(role("src/types.d.ts", "", false), Role::Declaration);
        assert_eq!(role("src/ui/List.tsx", "", true), Role::Client);
        assert_eq!(role("examples/shop/src/list.ts", "examples/shop", false), Role::App);
        assert_eq!(role("src/testimonials/list.ts", "", false), Role::App);
    }
}
