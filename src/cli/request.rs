//! What the user asked for, parsed but not yet judged.

use std::path::PathBuf;

/// A step of `package` that can be left out with `--skip`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Step {
    /// Version information, icon and the other resources; as `resource = false`.
    Resource,
    /// The archive of debug information; as `symbols = "none"`.
    Symbols,
    /// Reading the finished bundles again.
    Verify,
}

/// Flags that choose packages, targets and features and are handed to cargo, with cargo's meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildArgs {
    /// `-p`.
    pub packages: Vec<String>,
    /// `--workspace`.
    pub workspace: bool,
    /// `--exclude`.
    pub exclude: Vec<String>,
    /// `--bin`.
    pub bins: Vec<String>,
    /// `--manifest-path`.
    pub manifest_path: Option<PathBuf>,
    /// `--target`.
    pub targets: Vec<String>,
    /// `--profile`, or `release` for `-r`.
    pub profile: Option<String>,
    /// `-F`.
    pub features: Vec<String>,
    /// `--all-features`.
    pub all_features: bool,
    /// `--no-default-features`.
    pub no_default_features: bool,
    /// `--locked`.
    pub locked: bool,
    /// `--offline`.
    pub offline: bool,
    /// `--frozen`.
    pub frozen: bool,
    /// `--target-dir`.
    pub target_dir: Option<PathBuf>,
    /// `-j`.
    pub jobs: Option<String>,
    /// `--config`, cargo's.
    pub config: Vec<String>,
    /// What follows `--`.
    pub cargo_args: Vec<String>,
    /// How often `-v` was given; from the second on it is cargo's too.
    pub verbose: u8,
    /// `-q`.
    pub quiet: bool,
    /// `--color`, as cargo spells it.
    pub color: Option<String>,
    /// `--backend`.
    pub backend: Option<String>,
    /// `--variant`.
    pub variant: Option<String>,
    /// `-o`.
    pub output: Option<PathBuf>,
    /// `--provision`.
    pub provision: bool,
    /// `--yes`.
    pub yes: bool,
    /// `--no-build`: take what an earlier build left.
    pub no_build: bool,
    /// `--skip`: steps to leave out.
    pub skip: Vec<Step>,
    /// `--allow`: ids of findings that may pass.
    pub allow: Vec<String>,
}
