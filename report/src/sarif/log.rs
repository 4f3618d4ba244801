//! The parts of the SARIF 2.1.0 object model that we write, under the names of the standard (OASIS, sections 3.13 to
//! 3.58).

use serde::Serialize;
use tuneup_model::{Confidence, Cost, Fingerprint};

/// The base that all paths are relative to.
const SRCROOT: &str = "SRCROOT";

#[derive(Serialize)]
pub(super) struct Log<'a> {
    #[serde(rename = "$schema")]
    pub schema: &'static str,
    pub version: &'static str,
    pub runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run<'a> {
    pub tool: Tool<'a>,
    pub automation_details: AutomationDetails,
    pub invocations: [Invocation; 1],
    pub original_uri_base_ids: OriginalBases,
    pub column_kind: &'static str,
    pub results: Vec<Result<'a>>,
}

/// What tells the runs of one repository apart: hosts replace the findings of a run by those of its next.
#[derive(Serialize)]
pub(super) struct AutomationDetails {
    pub id: String,
}

#[derive(Serialize)]
pub(super) struct Tool<'a> {
    pub driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver<'a> {
    pub name: &'static str,
    pub version: &'a str,
    pub semantic_version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub information_uri: Option<&'a str>,
    pub rules: Vec<Descriptor<'a>>,
}

/// `reportingDescriptor`: a rule.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor<'a> {
    pub id: &'a str,
    pub short_description: Message,
    pub full_description: Message,
    pub help: Message,
    pub default_configuration: Configuration,
    pub properties: DescriptorProperties,
}

#[derive(Serialize)]
pub(super) struct Configuration {
    pub level: Level,
}

#[derive(Serialize)]
pub(super) struct DescriptorProperties {
    pub tags: Vec<&'static str>,
    pub category: &'static str,
    pub precision: &'static str,
    #[serde(rename = "problem.severity")]
    pub problem_severity: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Error,
    Warning,
    Note,
}

/// `message` and `multiformatMessageString`, which are alike in what we use.
#[derive(Serialize)]
pub(super) struct Message {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    pub execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
pub(super) struct Notification {
    pub level: Level,
    pub message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Location>,
}

#[derive(Serialize)]
pub(super) struct OriginalBases {
    #[serde(rename = "SRCROOT")]
    pub srcroot: SourceRoot,
}

/// An `artifactLocation` without a URI: where the root lies is the reader's affair.
#[derive(Serialize)]
pub(super) struct SourceRoot {
    pub description: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Result<'a> {
    pub rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_index: Option<usize>,
    pub level: Level,
    pub message: Message,
    pub locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub code_flows: Vec<CodeFlow>,
    pub partial_fingerprints: Fingerprints<'a>,
    /// Empty: what is suppressed is not in the result. Left out it would mean that nobody looked (3.27.23).
    pub suppressions: [(); 0],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<ResultFix>,
    pub properties: ResultProperties<'a>,
}

#[derive(Serialize)]
pub(super) struct Fingerprints<'a> {
    #[serde(rename = "tuneup/v1")]
    pub tuneup: &'a Fingerprint,
}

/// Ours alone: the standard leaves the contents of property bags free.
#[derive(Serialize)]
pub(super) struct ResultProperties<'a> {
    pub confidence: Confidence,
    pub rank: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<&'a Cost>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub doubts: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ddl: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are those of the standard")]
pub(super) struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    uri: String,
    uri_base_id: &'static str,
}

/// Lines and columns count from 1; the end column is the one after the last character.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub start_line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CodeFlow {
    pub thread_flows: [ThreadFlow; 1],
}

#[derive(Serialize)]
pub(super) struct ThreadFlow {
    pub locations: Vec<ThreadFlowLocation>,
}

#[derive(Serialize)]
pub(super) struct ThreadFlowLocation {
    pub location: Location,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultFix {
    pub description: Message,
    pub artifact_changes: Vec<ArtifactChange>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactChange {
    pub artifact_location: ArtifactLocation,
    pub replacements: Vec<Replacement>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Replacement {
    pub deleted_region: Region,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inserted_content: Option<ArtifactContent>,
}

#[derive(Serialize)]
pub(super) struct ArtifactContent {
    pub text: String,
}

impl Message {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), markdown: None }
    }

    /// Markdown that reads as plain text too.
    pub(super) fn both(markdown: impl Into<String>) -> Self {
        let markdown = markdown.into();
        Self { text: markdown.clone(), markdown: Some(markdown) }
    }
}

impl ArtifactLocation {
    pub(super) fn new(uri: String) -> Self {
        Self { uri, uri_base_id: SRCROOT }
    }
}

impl Location {
    pub(super) fn file(uri: String) -> Self {
        let physical_location =
            PhysicalLocation { artifact_location: ArtifactLocation::new(uri), region: None };
        Self { id: None, physical_location, message: None }
    }

    pub(super) fn region(uri: String, region: Region) -> Self {
        let mut location = Self::file(uri);
        location.physical_location.region = Some(region);
        location
    }

    pub(super) fn saying(mut self, text: &str) -> Self {
        self.message = Some(Message::plain(text));
        self
    }

    pub(super) fn with_id(mut self, id: u32) -> Self {
        self.id = Some(id);
        self
    }
}
