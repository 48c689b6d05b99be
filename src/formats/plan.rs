//! What `plan --json` prints: everything that `package` will run and write, before anything happens.

use crate::model::{Parameter, ServiceSpec};
use schemars::JsonSchema;
use serde::Serialize;

/// Version of the format.
pub const VERSION: u32 = 1;

/// The whole plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// [`VERSION`].
    pub schema_version: u32,
    /// The commit it will be built from, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<super::SourceState>,
    /// Time of everything written, seconds since 1970.
    pub epoch: u64,
    /// `SOURCE_DATE_EPOCH`, `commit` or `fixed`.
    pub epoch_origin: String,
    /// Folder that the results appear in.
    pub output: String,
    /// One per target.
    pub targets: Vec<TargetPlan>,
    /// Every value in effect, with its origin.
    pub values: Vec<ValuePlan>,
}

/// One target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetPlan {
    /// Triple.
    pub target: String,
    /// Back end, and why.
    pub backend: String,
    /// Things to know, such as which compiler builds.
    pub notes: Vec<String>,
    /// The commands that will run, in order.
    pub run: Vec<CommandPlan>,
    /// The bundles that will be written.
    pub bundles: Vec<BundlePlan>,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommandPlan {
    /// Program and arguments. `<…>` stands for a path that exists only while it runs.
    pub argv: Vec<String>,
    /// Variables set for it, and those removed (null).
    pub env: Vec<(String, Option<String>)>,
    /// Working directory, when it is not the caller's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
}

/// One bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BundlePlan {
    /// Package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// Files that will be written below the output folder.
    pub writes: Vec<String>,
    /// Files inside the zip, below its top folder, sorted.
    pub files: Vec<FilePlan>,
    /// The services it installs.
    pub services: Vec<ServiceSpec>,
    /// What the administrator is asked for.
    pub parameters: Vec<Parameter>,
    /// What the installation adds to the machine.
    pub on_host: Vec<String>,
}

/// A file inside a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FilePlan {
    /// Path below the top folder.
    pub path: String,
    /// Where it comes from.
    pub from: ArtifactRef,
}

/// A thing that exists only later, by name; the stage that makes it may only fill it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum ArtifactRef {
    /// An executable of the build.
    Built {
        /// Package.
        package: String,
        /// Bin.
        bin: String,
    },
    /// A file of the project.
    Asset {
        /// Its path.
        source: String,
        /// An upgrade keeps what administrators wrote in it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        config: bool,
    },
    /// Rendered from a template.
    Rendered {
        /// The project's own, when it is not one that is built in.
        #[serde(skip_serializing_if = "Option::is_none")]
        template: Option<String>,
    },
    /// Made from everything else: sums, manifests.
    Generated,
}

/// A value and its origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ValuePlan {
    /// `<package>/<key path>`, or a bare key path for the whole run.
    pub key: String,
    /// In the manner of TOML.
    pub value: String,
    /// Where it came from, as a person would say it.
    pub origin: String,
}
