//! Small trees, one per way of importing; the answers are the paths that a person would open.

use super::{Resolution, Resolver, SchemaOutput};
use crate::source::{MemoryTree, SourceTree};
use crate::workspace;

struct Tree {
    resolver: Resolver,
    sources: Vec<String>,
    warnings: Vec<String>,
}

fn tree(files: &[(&str, &str)]) -> Tree {
    tree_with_schemas(files, &[])
}

fn tree_with_schemas(files: &[(&str, &str)], schemas: &[SchemaOutput]) -> Tree {
    let tree = MemoryTree::new(files.iter().map(|(path, text)| ((*path).into(), (*text).into())));
    let listing = tree.list().files;
    let mut warnings = Vec::new();
    let workspace = workspace::read(&tree, &listing, &mut warnings);
    let ends = ["ts", "tsx", "js", "jsx", "mts", "cts", "mjs", "cjs"];
    let is_source = |path: &&String| ends.contains(&path.rsplit('.').next().unwrap());
    let sources: Vec<String> = listing.iter().filter(is_source).cloned().collect();
    let resolver = Resolver::new(&tree, &listing, &sources, &workspace, schemas, &mut warnings);
    let warnings = warnings.iter().map(|warning| format!("{}: {}", warning.file, warning.message)).collect();
    Tree { resolver, sources, warnings }
}

impl Tree {
    /// The path of the file, or the sort of answer.
    fn at(&self, from: &str, specifier: &str) -> String {
        match self.resolver.resolve(from, specifier) {
            Resolution::File(index) => self.sources[index as usize].clone(),
            Resolution::Asset => "asset".to_owned(),
            Resolution::Schema(schema) => format!("schema {schema}"),
            Resolution::External { package, subpath } => format!("external {package} [{subpath}]"),
            Resolution::Unresolved => "unresolved".to_owned(),
        }
    }

    fn is_local(&self, specifier: &str) -> bool {
        self.resolver.is_local("a.ts", specifier)
    }
}

#[test]
fn relative_imports_read_extensions_and_folders() {
    let tree = tree(&[
        ("src/a.ts", ""),
        ("src/b.tsx", ""),
        ("src/c/index.js", ""),
        ("src/d.js", ""),
        ("src/d/index.ts", ""),
        ("src/e.d.ts", ""),
        ("src/f.service.ts", ""),
        ("src/index.ts", ""),
    ]);
    let from = "src/a.ts";
    assert_eq!(tree.at(from, "./b"), "src/b.tsx");
    assert_eq!(tree.at(from, "./c"), "src/c/index.js");
    assert_eq!(tree.at(from, "./d"), "src/d.js");
    assert_eq!(tree.at(from, "./d/"), "src/d.js", "a trailing slash is rare and not worth a rule");
    assert_eq!(tree.at(from, "./e"), "src/e.d.ts");
    assert_eq!(tree.at(from, "./f.service"), "src/f.service.ts");
    assert_eq!(tree.at(from, "."), "src/index.ts");
    assert_eq!(tree.at("src/c/index.js", ".."), "src/index.ts");
    assert_eq!(tree.at(from, "./missing"), "unresolved");
    assert_eq!(tree.at(from, "../../outside"), "unresolved");
}

#[test]
fn built_extensions_mean_written_files() {
    let tree =
        tree(&[("a.ts", ""), ("b.tsx", ""), ("c.mts", ""), ("d.cts", ""), ("e.js", ""), ("f.js.ts", "")]);
    assert_eq!(tree.at("x.ts", "./a.js"), "a.ts");
    assert_eq!(tree.at("x.ts", "./b.js"), "b.tsx");
    assert_eq!(tree.at("x.ts", "./b.jsx"), "b.tsx");
    assert_eq!(tree.at("x.ts", "./c.mjs"), "c.mts");
    assert_eq!(tree.at("x.ts", "./d.cjs"), "d.cts");
    assert_eq!(tree.at("x.ts", "./e.js"), "e.js");
    assert_eq!(tree.at("x.ts", "./f.js"), "f.js.ts");
    assert_eq!(tree.at("x.ts", "./a.ts"), "a.ts");
}

#[test]
fn assets_are_known_and_loaders_ignored() {
    let tree = tree(&[("a/style.css", ""), ("a/data.json", "{}"), ("a/worker.ts", "")]);
    assert_eq!(tree.at("a/x.ts", "./style.css"), "asset");
    assert_eq!(tree.at("a/x.ts", "./style.css?inline"), "asset");
    assert_eq!(tree.at("a/x.ts", "./data"), "asset");
    assert_eq!(tree.at("a/x.ts", "raw-loader!./worker?worker"), "a/worker.ts");
    assert_eq!(tree.at("a/x.ts", "./gone.svg"), "unresolved");
}

#[test]
fn other_peoples_packages_are_external() {
    let tree =
        tree(&[("package.json", r#"{"dependencies":{"@prisma/client":"6"}}"#), ("redis/index.ts", "")]);
    assert_eq!(tree.at("a.ts", "express"), "external express []");
    assert_eq!(tree.at("a.ts", "redis"), "external redis []", "a folder is no package without a baseUrl");
    assert_eq!(tree.at("a.ts", "@nestjs/common/utils/x"), "external @nestjs/common [utils/x]");
    assert_eq!(tree.at("a.ts", "node:fs/promises"), "external fs [promises]");
    assert_eq!(tree.at("a.ts", "@prisma/client/runtime"), "external @prisma/client [runtime]");
    assert_eq!(tree.at("a.ts", ".prisma/client"), "external .prisma [client]");
    assert!(!tree.is_local("express") && !tree.is_local("node:fs") && !tree.is_local("@prisma/client"));
    assert!(tree.is_local("./x") && tree.is_local("#x") && !tree.is_local("./+types/route"));
}

#[test]
fn what_a_build_writes_and_git_ignores_is_not_missing() {
    let manifest = r#"{"name":"@a/api","scripts":{"codegen:api":"api gen --out src/client"}}"#;
    let tree = tree(&[
        ("api/package.json", manifest),
        ("api/.gitignore", "dist\n# code\n/src/client/\nsrc/locales/*/messages.ts\n"),
        ("api/src/client/kept.ts", ""),
        ("web/package.json", r#"{"name":"@a/web","scripts":{"start":"node ."}}"#),
        ("web/.gitignore", "src/client"),
    ]);
    assert!(!tree.resolver.is_local("api/src/a.ts", "./client/index.js"), "generated");
    assert!(!tree.resolver.is_local("api/src/a.ts", "./locales/en/messages.js"), "by a pattern");
    assert!(tree.resolver.is_local("api/src/a.ts", "./client/kept.js"), "it is there");
    assert!(tree.resolver.is_local("api/src/a.ts", "./clients"), "another name");
    assert!(tree.resolver.is_local("web/src/a.ts", "./client/x"), "nothing there generates");
}

#[test]
fn a_workspace_package_leads_to_its_sources() {
    let tree = tree(&[
        ("pnpm-workspace.yaml", "packages: ['packages/*']"),
        (
            "packages/main/package.json",
            r#"{"name":"@a/main","main":"dist/index.js","types":"dist/index.d.ts"}"#,
        ),
        ("packages/main/src/index.ts", ""),
        ("packages/main/src/deep/part.tsx", ""),
        ("packages/bare/package.json", r#"{"name":"@a/bare"}"#),
        ("packages/bare/src/index.ts", ""),
        ("packages/bare/src/part.ts", ""),
        ("packages/types/package.json", r#"{"name":"@a/types","main":"./dist/cjs/index.js"}"#),
        ("packages/types/index.ts", ""),
        ("packages/src-main/package.json", r#"{"name":"plain","main":"./app/main"}"#),
        ("packages/src-main/app/main.ts", ""),
        ("apps/api/package.json", r#"{"name":"api"}"#),
    ]);
    let from = "apps/api/src/x.ts";
    assert_eq!(tree.at(from, "@a/main"), "packages/main/src/index.ts");
    assert_eq!(tree.at(from, "@a/main/dist/deep/part"), "packages/main/src/deep/part.tsx");
    assert_eq!(tree.at(from, "@a/main/dist/deep/part.js"), "packages/main/src/deep/part.tsx");
    assert_eq!(tree.at(from, "@a/main/src/deep/part"), "packages/main/src/deep/part.tsx");
    assert_eq!(tree.at(from, "@a/main/deep/part"), "packages/main/src/deep/part.tsx");
    assert_eq!(tree.at(from, "@a/bare"), "packages/bare/src/index.ts");
    assert_eq!(tree.at(from, "@a/bare/part"), "packages/bare/src/part.ts");
    assert_eq!(tree.at(from, "@a/types"), "packages/types/index.ts");
    assert_eq!(tree.at(from, "plain"), "packages/src-main/app/main.ts");
    assert_eq!(tree.at(from, "@a/main/gone"), "unresolved");
    assert_eq!(tree.at("packages/main/src/deep/part.tsx", "@a/main"), "packages/main/src/index.ts");
    assert!(tree.is_local("@a/main/gone") && !tree.is_local("@a/other"));
}

#[test]
fn exports_are_followed_to_sources() {
    let manifest = r##"{"name":"@a/kit","imports":{"#db":"./dist/db.js","#lib/*":"./src/lib/*.ts"},"exports":{
        ".":{"types":"./dist/index.d.ts","import":"./dist/esm/index.mjs","require":"./dist/cjs/index.cjs"},
        "./db":{"types":"./types/db.d.ts","default":"./dist/db.js"},
        "./only-types":{"types":"./dist/only.d.ts"},
        "./features/*":"./dist/features/*.js",
        "./style.css":"./dist/style.css",
        "./secret":null}}"##;
    let tree = tree(&[
        ("kit/package.json", manifest),
        ("kit/src/index.ts", ""),
        ("kit/src/db.ts", ""),
        ("kit/types/db.d.ts", ""),
        ("kit/src/only.ts", ""),
        ("kit/src/features/a/b.ts", ""),
        ("kit/src/lib/c.ts", ""),
        ("kit/src/style.css", ""),
        ("kit/hidden.ts", ""),
    ]);
    assert_eq!(tree.at("app.ts", "@a/kit"), "kit/src/index.ts");
    assert_eq!(tree.at("app.ts", "@a/kit/db"), "kit/src/db.ts", "code before types");
    assert_eq!(tree.at("app.ts", "@a/kit/only-types"), "kit/src/only.ts");
    assert_eq!(tree.at("app.ts", "@a/kit/features/a/b"), "kit/src/features/a/b.ts");
    assert_eq!(tree.at("app.ts", "@a/kit/style.css"), "asset");
    assert_eq!(tree.at("app.ts", "@a/kit/hidden"), "kit/hidden.ts", "not exported, and still the file meant");
    assert_eq!(tree.at("kit/src/index.ts", "#db"), "kit/src/db.ts");
    assert_eq!(tree.at("kit/src/index.ts", "#lib/c"), "kit/src/lib/c.ts");
    assert_eq!(tree.at("kit/src/index.ts", "#gone"), "unresolved");
    assert_eq!(tree.at("kit/src/index.ts", "@a/kit/db"), "kit/src/db.ts");
}

#[test]
fn written_files_win_over_built_ones() {
    let tree = tree(&[
        ("p/package.json", r#"{"name":"p","main":"lib/index.js"}"#),
        ("p/index.js", ""),
        ("p/lib/index.js", ""),
        ("q/package.json", r#"{"name":"q"}"#),
        ("q/src/types/a.ts", ""),
        ("q/src/a.ts", ""),
    ]);
    assert_eq!(tree.at("x.ts", "p"), "p/lib/index.js");
    assert_eq!(tree.at("q/src/b.ts", "./types/a"), "q/src/types/a.ts");
    assert_eq!(tree.at("q/test/b.ts", "../dist/types/a"), "q/src/types/a.ts");
    assert_eq!(tree.at("q/test/b.ts", "../dist/a"), "q/src/a.ts");
}

#[test]
fn a_package_named_like_what_it_shows_is_not_meant() {
    let tree = tree(&[
        ("examples/redis/package.json", r#"{"name":"redis","dependencies":{"redis":"^4"}}"#),
        ("examples/redis/index.js", ""),
        ("examples/kit/package.json", r#"{"name":"kit"}"#),
        ("examples/kit/index.ts", ""),
        ("packages/deep/kit/package.json", r#"{"name":"kit"}"#),
        ("packages/deep/kit/index.ts", ""),
    ]);
    assert_eq!(tree.at("examples/redis/index.js", "redis"), "external redis []");
    assert_eq!(tree.at("a.ts", "redis"), "external redis []");
    assert_eq!(tree.at("a.ts", "kit"), "packages/deep/kit/index.ts");
    assert_eq!(tree.at("examples/kit/x.ts", "kit"), "examples/kit/index.ts");
}

#[test]
fn aliases_of_an_nx_workspace() {
    let tree = tree(&[
        (
            "tsconfig.base.json",
            r#"{"compilerOptions":{"baseUrl":".","paths":{
            "@acme/db":["libs/db/src/index.ts"], "@acme/ui/*":["libs/ui/src/*","libs/ui/src/lib/*"],
            "react":["node_modules/@types/react"]}}}"#,
        ),
        (
            "apps/api/tsconfig.json",
            r#"{"extends":"../../tsconfig.base.json","files":[],"include":[],
            "references":[{"path":"./tsconfig.app.json"}]}"#,
        ),
        ("apps/api/tsconfig.app.json", r#"{"extends":"./tsconfig.json","exclude":["**/*.spec.ts"]}"#),
        ("libs/db/src/index.ts", ""),
        ("libs/ui/src/lib/button.tsx", ""),
        ("package.json", r#"{"dependencies":{"@acme/ui":"1"}}"#),
    ]);
    for from in ["apps/api/src/main.ts", "apps/api/src/main.spec.ts", "scripts/x.ts"] {
        assert_eq!(tree.at(from, "@acme/db"), "libs/db/src/index.ts");
        assert_eq!(tree.at(from, "@acme/ui/button"), "libs/ui/src/lib/button.tsx");
        assert_eq!(tree.at(from, "react"), "external react []");
        assert_eq!(tree.at(from, "@acme/db/x"), "external @acme/db [x]");
        assert_eq!(tree.at(from, "libs/db/src"), "libs/db/src/index.ts");
    }
    assert_eq!(
        tree.at("a.ts", "@acme/ui/gone"),
        "external @acme/ui [gone]",
        "declared: the published package"
    );
    assert!(tree.is_local("@acme/db") && !tree.is_local("react") && !tree.is_local("@acme/ui/gone"));
}

#[test]
fn aliases_of_next_and_of_vite() {
    let tree = tree(&[
        (
            "apps/web/tsconfig.json",
            "{\n// Next\n\"compilerOptions\":{\"paths\":{\"@/*\":[\"./*\"],\"~/*\":[\"./src/*\"],},},}",
        ),
        ("apps/web/lib/db.ts", ""),
        ("apps/web/src/x/index.ts", ""),
        ("apps/vite/package.json", "{}"),
        (
            "apps/vite/tsconfig.json",
            r#"{"files":[],"references":[{"path":"./tsconfig.app.json"},{"path":"../web"}]}"#,
        ),
        (
            "apps/vite/tsconfig.app.json",
            r##"{"compilerOptions":{"baseUrl":"./src","paths":{"#/*":["./*"]}}}"##,
        ),
        ("apps/vite/src/db.ts", ""),
        ("apps/plain/package.json", "{}"),
        ("apps/plain/src/db.ts", ""),
    ]);
    assert_eq!(tree.at("apps/web/app/page.tsx", "@/lib/db"), "apps/web/lib/db.ts");
    assert_eq!(tree.at("apps/web/app/page.tsx", "~/x"), "apps/web/src/x/index.ts");
    assert_eq!(tree.at("apps/web/app/page.tsx", "@/gone"), "unresolved");
    assert_eq!(tree.at("apps/vite/src/a/b.ts", "#/db"), "apps/vite/src/db.ts");
    assert_eq!(tree.at("apps/vite/src/a/b.ts", "db"), "apps/vite/src/db.ts");
    assert_eq!(tree.at("apps/vite/src/a/b.ts", "express"), "external express []");
    assert_eq!(
        tree.at("apps/plain/src/a/b.ts", "@/db"),
        "apps/plain/src/db.ts",
        "an alias that only a bundler knows"
    );
    assert_eq!(tree.warnings, Vec::<String>::new());
}

#[test]
fn settings_are_inherited_as_the_compiler_does() {
    let tree = tree(&[
        ("config/package.json", r#"{"name":"@a/config"}"#),
        (
            "config/base.json",
            r#"{"compilerOptions":{"paths":{"$/*":["${configDir}/src/*"],"cfg":["./cfg.ts"]}}}"#,
        ),
        ("config/cfg.ts", ""),
        ("app/tsconfig.json", r#"{"extends":["@tsconfig/node20/tsconfig.json","@a/config/base.json"]}"#),
        ("app/src/a.ts", ""),
        (
            "own/tsconfig.json",
            r#"{"extends":"../app/tsconfig","compilerOptions":{"paths":{"own/*":["./*"]}}}"#,
        ),
        ("own/b.ts", ""),
        ("round/tsconfig.json", r#"{"extends":"./other.json","compilerOptions":{"paths":{"r":["./r.ts"]}}}"#),
        ("round/other.json", r#"{"extends":"./tsconfig.json"}"#),
        ("round/r.ts", ""),
    ]);
    assert_eq!(tree.at("app/x.ts", "$/a"), "app/src/a.ts");
    assert_eq!(tree.at("app/x.ts", "cfg"), "config/cfg.ts");
    assert_eq!(tree.at("own/x.ts", "own/b"), "own/b.ts");
    assert_eq!(tree.at("own/x.ts", "$/a"), "external $ [a]", "`paths` replace those inherited");
    assert_eq!(tree.at("round/x.ts", "r"), "round/r.ts");
    assert_eq!(tree.warnings, Vec::<String>::new(), "what is not there is left out in silence");
}

#[test]
fn broken_settings_are_one_warning_and_nothing_more() {
    let tree = tree(&[
        ("tsconfig.json", "{ \"compilerOptions\": "),
        ("a/tsconfig.json", r#"{"extends":"../tsconfig.json"}"#),
        ("a/b.ts", ""),
        ("p/package.json", "{ name: p }"),
        ("p/index.ts", ""),
    ]);
    assert_eq!(tree.at("a/x.ts", "./b"), "a/b.ts");
    assert_eq!(tree.at("a/x.ts", "../p"), "p/index.ts");
    assert_eq!(tree.warnings.len(), 2, "{:?}", tree.warnings);
    assert!(tree.warnings[0].starts_with("p/package.json: package.json ignored: not JSON ("));
    assert!(
        tree.warnings[1]
            .starts_with("tsconfig.json: settings ignored, its path aliases are unknown: not JSON (EOF")
    );
}

#[test]
fn folders_with_a_manifest_are_read_by_it() {
    let tree =
        tree(&[("lib/package.json", r#"{"main":"./entry.js"}"#), ("lib/entry.ts", ""), ("lib/index.ts", "")]);
    assert_eq!(tree.at("x.ts", "./lib"), "lib/entry.ts");
}

#[test]
fn the_generated_client_is_its_schema() {
    let outputs = [
        SchemaOutput { schema: 0, dir: "db/generated/prisma".into() },
        SchemaOutput { schema: 1, dir: "old/client".into() },
        SchemaOutput { schema: 2, dir: "mixed".into() },
    ];
    let tree = tree_with_schemas(
        &[
            ("db/package.json", r#"{"name":"@a/db","exports":{"./client":"./generated/prisma/index.js"}}"#),
            ("db/tsconfig.json", r#"{"compilerOptions":{"paths":{"@db/*":["./generated/*"]}}}"#),
            ("old/client/index.js", ""),
            ("old/client/index.d.ts", ""),
            ("old/client/schema.prisma", ""),
            ("mixed/service.ts", ""),
        ],
        &outputs,
    );
    assert_eq!(tree.at("db/src/x.ts", "../generated/prisma"), "schema 0");
    assert_eq!(tree.at("db/src/x.ts", "../generated/prisma/client.js"), "schema 0");
    assert_eq!(tree.at("db/src/x.ts", "../generated/prisma2"), "unresolved");
    assert_eq!(tree.at("db/src/x.ts", "@db/prisma/client"), "schema 0");
    assert_eq!(tree.at("app/x.ts", "@a/db/client"), "schema 0");
    assert_eq!(tree.at("app/x.ts", "@a/db/generated/prisma/enums"), "schema 0");
    assert_eq!(tree.at("old/x.ts", "./client"), "schema 1", "committed, and still generated");
    assert_eq!(
        tree.at("mixed/x.ts", "./service"),
        "mixed/service.ts",
        "written by hand where a client is written to"
    );
    assert_eq!(tree.at("mixed/x.ts", "./client"), "schema 2");
}
