//! `Aliases`: what tsconfig and jsconfig files make of specifiers, by `paths` and `baseUrl`.
//!
//! A file belongs to the nearest `tsconfig.json` above it, whether or not `include` names it: tests and scripts
//! import the same way. Settings are read through `extends`, also from packages of the workspace; what is not there
//! is left out. A configuration without aliases of its own takes those of the projects it refers to.

use rustc_hash::FxHashMap;
use serde_json::Value;
use tuneup_model::Warning;

use super::layout::Layout;
use super::{jsonc, path};
use crate::source::SourceTree;

/// Names of the file that speaks for a folder, the first that is there.
const NAMES: [&str; 3] = ["tsconfig.json", "jsconfig.json", "tsconfig.base.json"];

/// The aliases of each folder that has a configuration.
#[derive(Debug, Default)]
pub(super) struct Configs {
    by_dir: FxHashMap<String, Aliases>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Aliases {
    pub(super) base_url: Option<String>,
    /// Exact ones first, then those with the longest beginning.
    pub(super) patterns: Vec<Pattern>,
}

/// One entry of `paths`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    before: String,
    /// What follows the star; absent where there is none.
    after: Option<String>,
    /// Paths of the tree, with the star.
    targets: Vec<String>,
}

impl Configs {
    pub(super) fn read(
        tree: &dyn SourceTree,
        listing: &[String],
        layout: &Layout,
        warnings: &mut Vec<Warning>,
    ) -> Self {
        let mut reader = Reader { tree, layout, files: FxHashMap::default(), warnings };
        let mut by_dir = FxHashMap::default();
        for file in listing {
            let name = file.rsplit('/').next().unwrap_or(file);
            let dir = path::parent(file);
            let speaks =
                NAMES.iter().find(|name| path::join(dir, name).is_some_and(|path| layout.has_file(&path)));
            if speaks.is_some_and(|speaker| *speaker == name) {
                by_dir.insert(dir.to_owned(), reader.aliases(file));
            }
        }
        Self { by_dir }
    }

    /// The aliases that apply in `dir`, the nearest configuration first.
    pub(super) fn around(&self, dir: &str) -> impl Iterator<Item = &Aliases> {
        path::ancestors(dir).filter_map(|dir| self.by_dir.get(dir))
    }
}

impl Pattern {
    fn new(pattern: &str, targets: Vec<String>) -> Self {
        match pattern.split_once('*') {
            Some((before, after)) => {
                Self { before: before.to_owned(), after: Some(after.to_owned()), targets }
            }
            None => Self { before: pattern.to_owned(), after: None, targets },
        }
    }

    /// True for `*`, which fits everything and so says nothing.
    pub(super) fn is_catch_all(&self) -> bool {
        self.before.is_empty() && self.after.as_deref() == Some("")
    }

    pub(super) fn fits(&self, specifier: &str) -> bool {
        self.star(specifier).is_some()
    }

    /// Where the specifier leads, in order of preference; nothing where the pattern does not fit.
    pub(super) fn targets(&self, specifier: &str) -> impl Iterator<Item = String> {
        let star = self.star(specifier);
        star.into_iter().flat_map(|star| {
            self.targets.iter().filter_map(move |target| path::join("", &target.replacen('*', star, 1)))
        })
    }

    fn star<'s>(&self, specifier: &'s str) -> Option<&'s str> {
        let rest = specifier.strip_prefix(self.before.as_str())?;
        match &self.after {
            Some(after) => rest.strip_suffix(after.as_str()),
            None => rest.is_empty().then_some(rest),
        }
    }
}

/// What one file says, and what it inherits.
#[derive(Debug, Clone, Default)]
struct Settings {
    base_url: Option<String>,
    paths: Option<Stated>,
    references: Vec<String>,
}

/// `paths` as written.
#[derive(Debug, Clone, Default)]
struct Stated {
    /// The folder of the file that states them.
    dir: String,
    /// Patterns with their targets.
    entries: Vec<(String, Vec<String>)>,
}

struct Reader<'r> {
    tree: &'r dyn SourceTree,
    layout: &'r Layout,
    files: FxHashMap<String, Value>,
    warnings: &'r mut Vec<Warning>,
}

impl Reader<'_> {
    fn aliases(&mut self, file: &str) -> Aliases {
        let dir = path::parent(file);
        let settings = self.settings(file, &mut Vec::new());
        let mut aliases = finish(&settings, dir);
        if aliases.patterns.is_empty() && aliases.base_url.is_none() {
            for reference in &settings.references {
                let Some(project) = self.target(dir, reference) else { continue };
                // A reference to another folder is another project, with a configuration that speaks there.
                if path::parent(&project) == dir && project != file {
                    let other = self.settings(&project, &mut Vec::new());
                    let other = finish(&other, dir);
                    aliases.patterns.extend(other.patterns);
                    aliases.base_url = aliases.base_url.or(other.base_url);
                }
            }
        }
        aliases
            .patterns
            .sort_by_key(|pattern| (pattern.after.is_some(), std::cmp::Reverse(pattern.before.len())));
        aliases
    }

    /// `open` are the files that are being read; a circle of `extends` ends where it closes.
    fn settings(&mut self, file: &str, open: &mut Vec<String>) -> Settings {
        if open.iter().any(|other| other == file) {
            return Settings::default();
        }
        let config = self.config(file);
        let dir = path::parent(file);
        let mut settings = Settings::default();
        open.push(file.to_owned());
        for base in strings(&config["extends"]) {
            let Some(base) = self.target(dir, &base) else { continue };
            let inherited = self.settings(&base, open);
            settings.base_url = inherited.base_url.or(settings.base_url);
            settings.paths = inherited.paths.or(settings.paths);
        }
        open.pop();
        let options = &config["compilerOptions"];
        if let Some(base_url) = options["baseUrl"].as_str() {
            settings.base_url = place(dir, base_url).or(settings.base_url);
        }
        if let Some(paths) = options["paths"].as_object() {
            let entries =
                paths.iter().map(|(pattern, targets)| (pattern.clone(), strings(targets))).collect();
            settings.paths = Some(Stated { dir: dir.to_owned(), entries });
        }
        let references = config["references"].as_array().into_iter().flatten();
        settings.references = references.filter_map(|it| it["path"].as_str().map(str::to_owned)).collect();
        settings
    }

    /// The file that `extends` or a reference means.
    fn target(&self, dir: &str, target: &str) -> Option<String> {
        let (base, rest) = if target.starts_with('.') {
            (path::join(dir, target)?, "")
        } else {
            let (name, rest) = path::package_and_rest(target);
            (self.layout.package(name)?.dir.clone(), rest)
        };
        let base = path::join(&base, rest)?;
        [base.clone(), format!("{base}.json"), path::join(&base, "tsconfig.json")?]
            .into_iter()
            .find(|path| self.layout.has_file(path))
    }

    fn config(&mut self, file: &str) -> Value {
        if let Some(config) = self.files.get(file) {
            return config.clone();
        }
        let read = self.tree.read(file).map_err(|error| error.to_string());
        let config = read.and_then(|text| jsonc::parse(&text).map_err(|error| format!("not JSON ({error})")));
        let config = config.unwrap_or_else(|error| {
            let message = format!("settings ignored, its path aliases are unknown: {error}");
            self.warnings.push(Warning { file: file.to_owned(), message });
            Value::Null
        });
        self.files.insert(file.to_owned(), config.clone());
        config
    }
}

const CONFIG_DIR: &str = "${configDir}";

/// `relative` seen from `dir`; what begins with `${configDir}` waits for the folder of the file that is asked for.
fn place(dir: &str, relative: &str) -> Option<String> {
    if relative.starts_with(CONFIG_DIR) { Some(relative.to_owned()) } else { path::join(dir, relative) }
}

fn finish(settings: &Settings, config_dir: &str) -> Aliases {
    let at = |dir: &str, relative: &str| match relative.strip_prefix(CONFIG_DIR) {
        Some(rest) => path::join(config_dir, rest),
        None => path::join(dir, relative),
    };
    let base_url = settings.base_url.as_deref().and_then(|base| at("", base));
    let stated = settings.paths.clone().unwrap_or_default();
    let from = base_url.as_deref().unwrap_or(&stated.dir);
    let inside = |target: &String| !target.split('/').any(|part| part == "node_modules");
    let pattern = |(pattern, targets): &(String, Vec<String>)| {
        let targets: Vec<String> = targets.iter().filter_map(|it| at(from, it)).filter(inside).collect();
        (!targets.is_empty()).then(|| Pattern::new(pattern, targets))
    };
    let patterns = stated.entries.iter().filter_map(pattern).collect();
    Aliases { base_url, patterns }
}

/// A string or a list of strings.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}
