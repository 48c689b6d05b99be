//! `winsvc-manifest.json`: what was built, from which commit, with which tools and flags, which files and hashes.

use crate::model::{BundlePath, Sha256};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// File name in the bundle. The output folder has one of the same name over all its bundles: [`super::output`].
pub const FILE_NAME: &str = "winsvc-manifest.json";
/// Version of the format.
pub const VERSION: u32 = 1;

/// The build of one bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BuildManifest {
    /// [`VERSION`].
    pub schema_version: u32,
    /// Which version of cargo-winsvc made it.
    pub generator: String,
    /// Package name.
    pub name: String,
    /// Package version.
    pub version: String,
    /// File version stamped into the executables, `a.b.c.d`, where the project chose one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_version: Option<String>,
    /// Target triple.
    pub target: String,
    /// Variant of the configuration, when it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Cargo profile.
    pub profile: String,
    /// The source it was built from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceState>,
    /// Time of all entries, seconds since 1970, and where it came from.
    pub epoch: u64,
    /// `SOURCE_DATE_EPOCH`, `commit` or `fixed`.
    pub epoch_origin: String,
    /// The tools that made it.
    pub tools: Vec<ToolVersion>,
    /// Cargo features, target features and rustc flags in effect, with machine paths replaced.
    pub flags: Vec<String>,
    /// Templates that the project replaced.
    pub overridden_templates: Vec<String>,
    /// The executables that cargo built, a path each; other files of the bundle are whatever the project added.
    pub executables: Vec<BundlePath>,
    /// Files of the bundle, but for this one and SHA256SUMS, sorted by path.
    pub files: Vec<ManifestFile>,
    /// Debug information by executable, when it was split off.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub debug: BTreeMap<String, DebugInfoFile>,
}

/// State of the repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SourceState {
    /// Full commit id.
    pub commit: String,
    /// No change against it in the working tree.
    pub clean: bool,
}

/// A tool and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolVersion {
    /// Such as `rustc`, `cargo`, `x86_64-w64-mingw32-gcc`.
    pub name: String,
    /// What it says of itself.
    pub version: String,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Path in the bundle, below its top folder.
    pub path: BundlePath,
    /// Bytes.
    pub size: u64,
    /// SHA-256.
    pub sha256: Sha256,
}

/// The split-off debug information of one executable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DebugInfoFile {
    /// File in the symbols archive.
    pub file: String,
    /// SHA-256 of that file.
    pub sha256: Sha256,
    /// CRC-32 in the executable's `.gnu_debuglink`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debuglink_crc32: Option<String>,
    /// GUID and age of the RSDS record, 33 or more hex digits, when the executable has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debug_id: Option<String>,
}
