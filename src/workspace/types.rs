//! What cargo says there is.

use std::path::PathBuf;

/// The workspace as cargo sees it, with what the environment adds. No policy.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Root folder.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target_dir: PathBuf,
    /// Folder of cargo's intermediate results: the target folder, unless `build.build-dir` names another.
    pub build_dir: PathBuf,
    /// The workspace root's Cargo.toml.
    pub manifest: ManifestText,
    /// `workspace.metadata.winsvc`, when there.
    pub metadata: Option<serde_json::Value>,
    /// All members.
    pub members: Vec<Package>,
    /// Names of the default members.
    pub default_members: Vec<String>,
    /// Name of the root package, when the workspace has one.
    pub root_package: Option<String>,
    /// Name of the package in whose folder the command was started (or that `--manifest-path` names), when it is a member.
    pub current_package: Option<String>,
    /// State of the repository, when there is one with a commit that can be read.
    pub source: Option<Source>,
    /// What to know about it all.
    pub notes: Vec<String>,
    /// Time of everything that is written.
    pub epoch: Epoch,
    /// Targets from CARGO_BUILD_TARGET or cargo's `build.target`, with their origin.
    pub build_targets: Option<(Vec<String>, crate::model::Origin)>,
}

/// A Cargo.toml and its text, for lines in messages.
#[derive(Clone, Debug, Default)]
pub struct ManifestText {
    /// Absolute path.
    pub path: PathBuf,
    /// As a message names it.
    pub display: String,
    /// The text; empty when it could not be read.
    pub text: String,
}

/// A workspace member.
#[derive(Clone, Debug)]
pub struct Package {
    /// Name.
    pub name: String,
    /// Package id spec that cargo accepts for `-p`.
    pub id: String,
    /// Version.
    pub version: semver::Version,
    /// Its Cargo.toml.
    pub manifest: ManifestText,
    /// `package.metadata.winsvc`, when there.
    pub metadata: Option<serde_json::Value>,
    /// Binary targets.
    pub bins: Vec<Bin>,
    /// `package.default-run`.
    pub default_run: Option<String>,
    /// `package.rust-version`.
    pub rust_version: Option<semver::Version>,
    /// `package.description`.
    pub description: Option<String>,
    /// `package.authors`.
    pub authors: Vec<String>,
    /// `package.homepage`.
    pub homepage: Option<String>,
    /// `package.repository`.
    pub repository: Option<String>,
    /// `package.license`.
    pub license: Option<String>,
    /// `package.license-file`, relative to the package's folder.
    pub license_file: Option<String>,
}

impl Package {
    /// Folder of the package.
    pub fn dir(&self) -> PathBuf {
        self.manifest.path.parent().map(PathBuf::from).unwrap_or_default()
    }
}

/// A binary target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bin {
    /// Name.
    pub name: String,
    /// Features it needs.
    pub required_features: Vec<String>,
}

/// State of the git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Full commit id.
    pub commit: String,
    /// No change in the working tree, but for what builds leave in their own folders.
    pub clean: bool,
}

/// The time that everything written carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Seconds since 1970, UTC; never before 1980-01-01, where zip's calendar starts.
    pub seconds: u64,
    /// Where it came from.
    pub origin: EpochOrigin,
}

/// Origin of the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochOrigin {
    /// The environment variable SOURCE_DATE_EPOCH.
    SourceDateEpoch,
    /// The time of the commit at HEAD.
    Commit,
    /// 1980-01-01.
    Fixed,
}

impl EpochOrigin {
    /// As the build manifest names it.
    pub fn as_str(self) -> &'static str {
        match self {
            EpochOrigin::SourceDateEpoch => "SOURCE_DATE_EPOCH",
            EpochOrigin::Commit => "commit",
            EpochOrigin::Fixed => "fixed",
        }
    }
}

/// 1980-01-01T00:00:00Z, where zip's calendar starts.
pub const ZIP_EPOCH: u64 = 315_532_800;
