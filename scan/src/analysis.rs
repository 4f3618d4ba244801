//! `scan`: the order of things, from a tree to findings.
//!
//! List, read and lower in parallel, read the schemas, resolve imports, link, ask the rules, print excerpts. What cannot
//! be read or parsed is a warning; the rest of the run is unharmed.

mod recall;
mod schemas;
mod since;
mod sources;
mod sql_files;

pub use since::{Before, scan_since, since};

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use tuneup_model::{
    Confidence, Dialect, Finding, HandleDeclaration, QuerySite, ScanResult, ScanStats, Standing, Warning,
};

use crate::deployment;
use crate::facts::{FileFacts, NameId};
use crate::handles;
use crate::ignores::{self, Ignores};
use crate::kept::Kept;
use crate::levels::Levels;
use crate::program::{DeclaredHandles, FnRef, Parts, Program, Target};
use crate::report::{At, Report, Texts};
use crate::resolve::{Resolution, Resolver};
use crate::rules::RULES;
use crate::source::SourceTree;
use crate::workspace::{self, Workspace};

use sources::{extension, read_sources};

use recall::Noted;

/// Makes the facts of a text that could crash the parser, in a place where a crash does no harm.
pub type Isolate<'a> = &'a (dyn Fn(&str, &str) -> Result<FileFacts, String> + Sync);

/// What to look for and how to say how far we are.
pub struct Options<'a> {
    /// Only these rules; all where absent.
    pub rules: Option<Vec<String>>,
    pub candidates: Candidates,
    pub queries: Queries,
    /// Report findings of this folder only, with paths relative to it; empty for the whole tree.
    pub focus: &'a str,
    /// Handles that the user declares; `file` is a path from the root of the tree.
    pub handles: &'a [HandleDeclaration],
    /// What rules are worth here.
    pub levels: &'a Levels,
    /// Without it such texts are skipped with a warning.
    pub isolate: Option<Isolate<'a>>,
    /// What earlier scans learned; without it everything is read anew.
    pub kept: Option<&'a dyn Kept>,
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

impl Options<'_> {
    fn asks(&self, rule: &str) -> bool {
        self.rules.as_ref().is_none_or(|wanted| wanted.iter().any(|id| id == rule))
    }

    /// True where somebody wants this very rule.
    fn names(&self, rule: &str) -> bool {
        self.rules.is_some() || self.levels.names(rule)
    }
}

/// Whether findings without full evidence are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidates {
    Hide,
    Show,
}

/// Whether the queries of the program are given one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queries {
    Omit,
    List,
}

/// How far a scan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Listing,
    Reading { done: usize, total: usize },
    Linking,
    Rules,
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("rules", &self.rules)
            .field("focus", &self.focus)
            .field("handles", &self.handles)
            .finish_non_exhaustive()
    }
}

/// Analyses a tree. `stats.seconds` is left at zero: there is no clock here.
pub fn scan(tree: &dyn SourceTree, options: &Options<'_>) -> ScanResult {
    let tree = Noted::new(tree, options.kept, &|_| None);
    let mut result = match tree.recall(options) {
        Some(result) => result,
        None => examine(&tree, read(&tree, options, &|_| None), options),
    };
    hide(&mut result, options);
    result
}

/// Takes candidates out where they are not asked for.
fn hide(result: &mut ScanResult, options: &Options<'_>) {
    if options.candidates == Candidates::Hide {
        let all = result.findings.len();
        result.findings.retain(|finding| finding.confidence > Confidence::Candidate);
        result.stats.candidates = all - result.findings.len();
    }
}

/// All findings of the program, candidates included.
fn examine(tree: &Noted<'_>, sources: Sources, options: &Options<'_>) -> ScanResult {
    let loaded = link(tree, sources, options);
    (options.progress)(Progress::Rules);
    let mut report = Report::default();
    for rule in RULES {
        if options.asks(rule.doc.id) {
            (rule.check)(&loaded.program, &mut report);
        }
        if let Standing::Candidate { why } = rule.doc.standing
            && !options.names(rule.doc.id)
        {
            report.doubt_all(rule.doc.id, why);
        }
    }
    let paths: Vec<&str> = loaded.program.files.iter().map(|facts| facts.path.as_str()).collect();
    let read = |path: &str| tree.read(path).ok();
    let mut texts = Texts::new(&paths, &read);
    let findings = report.finish(&mut texts);
    let queries = match options.queries {
        Queries::Omit => Vec::new(),
        Queries::List => query_sites(&loaded.program, &mut texts),
    };
    let mut warnings = loaded.warnings;
    let ignores = ignores_of(tree, &loaded.program, options.focus);
    let findings = options.levels.apply(findings);
    let (findings, ignored) = ignores::apply(findings, &ignores, &|rule| options.asks(rule), &mut warnings);
    let findings = findings.into_iter().filter_map(|it| relative_to_focus(it, options.focus)).collect();
    for warning in &mut warnings {
        relative(&mut warning.file, options.focus);
    }
    warnings.sort();
    warnings.dedup();
    let stats = ScanStats { ignored, ..loaded.stats };
    let result = ScanResult { findings, stats, warnings, queries, since: None };
    tree.keep(options, &result);
    result
}

/// The comments of the focus that leave findings out.
fn ignores_of(tree: &dyn SourceTree, program: &Program, focus: &str) -> Ignores {
    let inside =
        |path: &str| focus.is_empty() || path.strip_prefix(focus).is_some_and(|rest| rest.starts_with('/'));
    let mut found = Ignores::new();
    for facts in program.files.iter().filter(|facts| !facts.ignores.is_empty() && inside(&facts.path)) {
        found.insert(facts.path.clone(), facts.ignores.clone());
    }
    let declared = program.catalog.tables.iter().flat_map(|table| {
        std::iter::once(&table.location).chain(table.columns.iter().map(|column| &column.location))
    });
    let mut texts: Vec<&str> = declared.map(|location| location.file.as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    for path in texts.into_iter().filter(|path| matches!(extension(path), "prisma" | "sql") && inside(path)) {
        let ignores = tree.read(path).map(|text| ignores::in_lines(&text)).unwrap_or_default();
        if !ignores.is_empty() {
            found.insert(path.to_owned(), ignores);
        }
    }
    found
}

/// The finding as seen from the focus; none where it lies outside.
fn relative_to_focus(mut finding: Finding, focus: &str) -> Option<Finding> {
    if focus.is_empty() {
        return Some(finding);
    }
    if !finding.location.file.strip_prefix(focus).is_some_and(|rest| rest.starts_with('/')) {
        return None;
    }
    relative(&mut finding.location.file, focus);
    finding.call_path.iter_mut().for_each(|step| relative(&mut step.file, focus));
    let evidence = finding.evidence.iter_mut().filter_map(|it| it.location.as_mut());
    evidence.for_each(|location| relative(&mut location.file, focus));
    for edit in finding.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
        relative(&mut edit.location.file, focus);
    }
    Some(finding)
}

/// A path of the tree as seen from the focus.
fn relative(file: &mut String, focus: &str) {
    if focus.is_empty() {
        return;
    }
    *file = match file.strip_prefix(focus).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) => rest.to_owned(),
        None => format!("{}{file}", "../".repeat(focus.split('/').count())),
    };
}

/// A linked program with what was learned on the way.
pub(crate) struct Loaded {
    pub program: Program,
    pub stats: ScanStats,
    pub warnings: Vec<Warning>,
}

/// What was read of a tree, before anything is concluded across files.
struct Sources {
    listing: Vec<String>,
    files: Vec<Arc<FileFacts>>,
    workspace: Workspace,
    warnings: Vec<Warning>,
}

/// Facts of a path that are known already.
type Shared<'a> = &'a (dyn Fn(&str) -> Option<Arc<FileFacts>> + Sync);

fn read(tree: &Noted<'_>, options: &Options<'_>, shared: Shared<'_>) -> Sources {
    (options.progress)(Progress::Listing);
    let listing = tree.list();
    let mut warnings = listing.warnings;
    warnings.extend(handles::warnings(options.handles, &listing.files));
    let workspace = workspace::read(tree, &listing.files, &mut warnings);
    let files = read_sources(tree, &listing.files, options, shared, &mut warnings);
    Sources { listing: listing.files, files, workspace, warnings }
}

pub(crate) fn load(tree: &dyn SourceTree, options: &Options<'_>) -> Loaded {
    let tree = Noted::new(tree, options.kept, &|_| None);
    link(&tree, read(&tree, options, &|_| None), options)
}

fn link(tree: &dyn SourceTree, sources: Sources, options: &Options<'_>) -> Loaded {
    let Sources { listing, files, workspace, mut warnings } = sources;
    let (schemas, mut stats) = schemas::read_schemas(tree, &listing, &mut warnings);
    (options.progress)(Progress::Linking);
    let (catalog, migrations) = schemas::catalog_of(tree, &listing, &schemas, &mut stats, &mut warnings);
    let sources: Vec<String> = files.iter().map(|facts| facts.path.clone()).collect();
    let outputs = schemas::schema_outputs(&schemas);
    let resolver = Resolver::new(tree, &listing, &sources, &workspace, &outputs, &mut warnings);
    let resolutions: Vec<FxHashMap<NameId, Resolution>> =
        files.par_iter().map(|facts| resolve_imports(facts, &resolver)).collect();
    count_imports(&files, &resolutions, &resolver, &mut stats);
    drop(resolver);
    let schemas = schemas.into_iter().map(|(_, schema)| schema).collect();
    let program = {
        let read = |path: &str| tree.read(path).ok();
        let built_in = handles::built_in_handles();
        let number = |declared: &str| {
            let path = handles::module(declared, &listing)?;
            sources.binary_search_by(|known| known.as_str().cmp(path)).ok().map(|at| at as u32)
        };
        let handles = DeclaredHandles::of(options.handles.iter().chain(&built_in), &number);
        Program::link(Parts {
            handles,
            deployment: deployment::read(tree, &listing),
            files,
            resolutions,
            schemas,
            catalog,
            migrations,
            workspace,
            read: &read,
            focus: options.focus,
        })
    };
    count(&program, &mut stats);
    Loaded { program, stats, warnings }
}

fn resolve_imports(facts: &FileFacts, resolver: &Resolver) -> FxHashMap<NameId, Resolution> {
    let mut resolved = FxHashMap::default();
    for import in &facts.imports {
        resolved
            .entry(import.specifier)
            .or_insert_with(|| resolver.resolve(&facts.path, facts.name(import.specifier)));
    }
    resolved
}

fn count_imports(
    files: &[Arc<FileFacts>],
    resolutions: &[FxHashMap<NameId, Resolution>],
    resolver: &Resolver,
    stats: &mut ScanStats,
) {
    for (facts, resolved) in files.iter().zip(resolutions) {
        let mut specifiers: Vec<NameId> = facts.imports.iter().map(|import| import.specifier).collect();
        specifiers.sort_unstable();
        specifiers.dedup();
        for specifier in specifiers {
            if resolver.is_local(&facts.path, facts.name(specifier)) {
                stats.imports_local += 1;
                stats.imports_resolved +=
                    usize::from(!matches!(resolved.get(&specifier), Some(Resolution::Unresolved) | None));
            }
        }
    }
}

fn count(program: &Program, stats: &mut ScanStats) {
    stats.files += program.files.len();
    stats.lines += program.files.iter().map(|facts| facts.lines as usize).sum::<usize>();
    stats.functions = program.files.iter().map(|facts| facts.functions.len() - 1).sum();
    stats.calls = program.targets.iter().map(Vec::len).sum();
    stats.calls_resolved =
        program.targets.iter().flatten().filter(|target| **target != Target::Unresolved).count();
    stats.query_sites = program.queries.len();
    stats.query_sites_assumed = program.queries.iter().filter(|query| query.assumed).count();
    stats.entry_points = program.entries.len();
    stats.tables = program.catalog.tables.len();
    let declared = program.schemas.iter().filter(|schema| !schema.models.is_empty());
    let mut dialects: Vec<Dialect> = declared.map(|schema| schema.provider).collect();
    if dialects.is_empty() && !program.catalog.tables.is_empty() {
        dialects.push(program.catalog.dialect);
    }
    dialects.sort_unstable();
    dialects.dedup();
    stats.dialects = dialects;
}

fn query_sites(program: &Program, texts: &mut Texts<'_>) -> Vec<QuerySite> {
    let sites = program.queries.iter().filter_map(|query| {
        let facts = program.facts(query.file);
        let call = facts.call(query.call);
        Some(QuerySite {
            location: texts.location(At { file: query.file, span: facts.span(call.expr) })?,
            function: program.function_name(FnRef { file: query.file, id: call.function }),
            shape: query.shape.clone(),
            assumed: query.assumed,
        })
    });
    sites.collect()
}
