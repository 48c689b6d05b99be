//! `winsvc-manifest.json` of the output folder: which bundles lie there, and how each was built.

use super::manifest::BuildManifest;
use crate::model::Sha256;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// File name, in the output folder.
pub const FILE_NAME: &str = "winsvc-manifest.json";
/// Version of the format.
pub const VERSION: u32 = 1;

/// All bundles of an output folder. There is at most one per package, target and variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutputManifest {
    /// [`VERSION`].
    pub schema_version: u32,
    /// Sorted by package, target and variant.
    pub bundles: Vec<OutputBundle>,
}

/// One bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutputBundle {
    /// The zip that is shipped.
    pub archive: OutputFile,
    /// The zip of debug information, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbols: Option<OutputFile>,
    /// How it was built: the manifest that is inside the archive.
    pub build: BuildManifest,
}

/// A file beside the manifest. Each has a checksum file of its name and `.sha256`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutputFile {
    /// Name in the folder.
    pub file: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256.
    pub sha256: Sha256,
}

impl OutputBundle {
    /// What makes a later bundle the successor of an earlier one: package, target and variant.
    pub fn key(&self) -> (&str, &str, Option<&str>) {
        (&self.build.name, &self.build.target, self.build.variant.as_deref())
    }

    /// Archive and symbols.
    pub fn files(&self) -> impl Iterator<Item = &OutputFile> {
        std::iter::once(&self.archive).chain(&self.symbols)
    }
}
