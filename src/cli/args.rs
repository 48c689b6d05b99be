//! The grammar of the command line. What is cargo's keeps cargo's name, letter and meaning.

use super::request::{BuildArgs, Step};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Packages Rust services for Windows.
#[derive(Debug, Parser)]
#[command(name = "cargo winsvc", bin_name = "cargo winsvc", version, propagate_version = true)]
#[command(
    about = "From a Rust crate on Linux to a Windows service that an administrator can install, watch and remove",
    after_help = "Exit codes: 0 done, 1 failed, 2 command line or configuration wrong, 3 a tool is missing,\n\
                  4 cargo could not build, 5 verification found an error, 130 interrupted."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to talk.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How to talk; the same for all commands.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Show the commands that are run (-vv: cargo's own too)
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Say nothing but errors and results
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Colour: auto, always, never
    #[arg(long, value_name = "WHEN", global = true, value_enum)]
    pub color: Option<Color>,
    /// How to report
    #[arg(long, value_name = "FMT", global = true, value_enum, default_value_t)]
    pub message_format: MessageFormat,
}

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// When standard error is a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// `--message-format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MessageFormat {
    /// For people: talk on stderr, result paths on stdout.
    #[default]
    Human,
    /// One JSON object a line on stdout.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build, stamp, bundle and verify: ends with a checksummed, reproducible zip
    Package(PackageArgs),
    /// Build and stamp the executables only
    Build(BuildCommandArgs),
    /// Print what `package` would run and write, with the origin of each value; writes nothing
    Plan(PlanArgs),
    /// Write scripts, service.json or a JSON schema without building
    Generate(GenerateArgs),
    /// Check a bundle or a folder of bundles
    Verify(VerifyArgs),
    /// Report what the targets need, what is there, and how to get the rest
    Doctor(DoctorArgs),
}

/// What of the usual way is left out.
#[derive(Clone, Debug, Default, Args)]
pub struct StepFlags {
    /// Take the executables that an earlier build left in the target directory
    // What would change a build has no effect then, and is not accepted as if it had.
    #[arg(long, help_heading = "Compilation", conflicts_with_all = ["features", "all_features", "no_default_features", "cargo_args"])]
    pub no_build: bool,
    /// Leave steps out: resource, symbols, verify
    #[arg(long, value_name = "STEPS", value_delimiter = ',', value_enum, hide_possible_values = true)]
    pub skip: Vec<Step>,
}

impl StepFlags {
    /// Hands them on.
    pub fn apply(&self, request: &mut BuildArgs) {
        request.no_build = self.no_build;
        request.skip.clone_from(&self.skip);
    }
}

/// `package`.
#[derive(Debug, Args)]
pub struct PackageArgs {
    /// What to build.
    #[command(flatten)]
    pub build: BuildFlags,
    /// What to leave out.
    #[command(flatten)]
    pub steps: StepFlags,
    /// Folder for the results [default: TARGET_DIR/winsvc]
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Print the plan and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Let a warning pass, by id
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub allow: Vec<String>,
}

/// `build`.
#[derive(Debug, Args)]
pub struct BuildCommandArgs {
    /// What to build.
    #[command(flatten)]
    pub build: BuildFlags,
    /// Leave steps out: resource, symbols
    #[arg(long, value_name = "STEPS", value_delimiter = ',', value_parser = build_step)]
    pub skip: Vec<Step>,
    /// Folder for the executables [default: TARGET_DIR/winsvc/TARGET]
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// A step of `build`, which verifies nothing.
fn build_step(word: &str) -> Result<Step, String> {
    let steps = [("resource", Step::Resource), ("symbols", Step::Symbols)];
    let found = steps.iter().find(|(name, _)| *name == word);
    found.map(|(_, step)| *step).ok_or_else(|| "`build` can leave out resource and symbols".to_owned())
}

/// `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// What would be built.
    #[command(flatten)]
    pub build: BuildFlags,
    /// What would be left out.
    #[command(flatten)]
    pub steps: StepFlags,
    /// Folder for the results [default: TARGET_DIR/winsvc]
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Print JSON (its schema: `generate schema --of plan`)
    #[arg(long)]
    pub json: bool,
}

/// `generate`.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// What to generate.
    #[command(subcommand)]
    pub what: Generate,
}

/// What to generate.
#[derive(Debug, Subcommand)]
pub enum Generate {
    /// The scripts and README.txt of the bundle
    Scripts(GenerateScriptsArgs),
    /// service.json, on stdout unless --output is given
    Manifest(GenerateFilesArgs),
    /// A JSON schema, on stdout
    Schema(SchemaArgs),
}

/// `generate scripts`.
#[derive(Debug, Args)]
pub struct GenerateScriptsArgs {
    /// What to write, and where.
    #[command(flatten)]
    pub files: GenerateFilesArgs,
    /// Write nothing; fail when the folder does not hold what would be written
    #[arg(long)]
    pub check: bool,
}

/// `generate scripts` and `generate manifest`.
#[derive(Debug, Args)]
pub struct GenerateFilesArgs {
    /// Which package and configuration.
    #[command(flatten)]
    pub build: BuildFlags,
    /// Folder to write to [default: TARGET_DIR/winsvc/scripts/ARCHIVE]
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// `generate schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Of which format
    #[arg(long, value_enum, default_value_t)]
    pub of: SchemaOf,
}

/// Formats with a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// `[package.metadata.winsvc]`.
    #[default]
    Config,
    /// `service.json`.
    Service,
    /// `winsvc-manifest.json` of a bundle.
    Manifest,
    /// `winsvc-manifest.json` of an output folder.
    Output,
    /// What `plan --json` prints.
    Plan,
}

/// `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A bundle (.zip) or a folder of bundles
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Let a warning pass, by id
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub allow: Vec<String>,
    /// Print the verdict as JSON
    #[arg(long)]
    pub json: bool,
}

/// `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Target triple, may be repeated [default: the targets of the crate here, else x86_64-pc-windows-gnu]
    #[arg(long, value_name = "TRIPLE")]
    pub target: Vec<String>,
    /// How to build
    #[arg(long, value_name = "NAME")]
    pub backend: Option<String>,
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    /// Compile and link a few lines for each target
    #[arg(long)]
    pub deep: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Write everything that was provisioned into a file, for a machine without network
    #[arg(long, value_name = "FILE", conflicts_with_all = ["provision", "import_cache", "deep"])]
    pub export_cache: Option<PathBuf>,
    /// Take what such a file holds
    #[arg(long, value_name = "FILE")]
    pub import_cache: Option<PathBuf>,
    /// Provisioning.
    #[command(flatten)]
    pub provision: ProvisionFlags,
}

/// May the system be changed?
#[derive(Clone, Debug, Default, Args)]
pub struct ProvisionFlags {
    /// Install what is missing; each command is shown before it runs
    #[arg(long)]
    pub provision: bool,
    /// Do not ask before provisioning
    #[arg(long, requires = "provision")]
    pub yes: bool,
}

/// Flags that mean what they mean to cargo, and what is ours beside them.
#[derive(Clone, Debug, Default, Args)]
pub struct BuildFlags {
    /// Package to bundle, may be repeated
    #[arg(short, long, value_name = "SPEC", help_heading = "Package selection")]
    pub package: Vec<String>,
    /// All members that have a binary
    #[arg(long, help_heading = "Package selection", conflicts_with = "package")]
    pub workspace: bool,
    /// Leave a member out
    #[arg(long, value_name = "SPEC", help_heading = "Package selection", requires = "workspace")]
    pub exclude: Vec<String>,
    /// Only this binary, may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Package selection")]
    pub bin: Vec<String>,
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH", help_heading = "Manifest")]
    pub manifest_path: Option<PathBuf>,
    /// Assert that Cargo.lock stays as it is
    #[arg(long, help_heading = "Manifest")]
    pub locked: bool,
    /// Without network
    #[arg(long, help_heading = "Manifest")]
    pub offline: bool,
    /// --locked and --offline
    #[arg(long, help_heading = "Manifest")]
    pub frozen: bool,
    /// Target triple, may be repeated
    #[arg(long, value_name = "TRIPLE", help_heading = "Compilation")]
    pub target: Vec<String>,
    /// Cargo profile [default: release]
    #[arg(long, value_name = "NAME", help_heading = "Compilation")]
    pub profile: Option<String>,
    /// The release profile, which is the default
    #[arg(short, long, help_heading = "Compilation", conflicts_with = "profile")]
    pub release: bool,
    /// Features to activate
    #[arg(short = 'F', long, value_name = "FEATURES", help_heading = "Features")]
    pub features: Vec<String>,
    /// All features
    #[arg(long, help_heading = "Features")]
    pub all_features: bool,
    /// Without the default feature
    #[arg(long, help_heading = "Features")]
    pub no_default_features: bool,
    /// Cargo's target directory
    #[arg(long, value_name = "DIR", help_heading = "Compilation")]
    pub target_dir: Option<PathBuf>,
    /// Parallel jobs
    #[arg(short, long, value_name = "N", help_heading = "Compilation", allow_hyphen_values = true)]
    pub jobs: Option<String>,
    /// Cargo configuration, KEY=VALUE or a file
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Compilation")]
    pub config: Vec<String>,
    /// How to build: auto, mingw, xwin, zig, native
    #[arg(long, value_name = "NAME", help_heading = "Compilation")]
    pub backend: Option<String>,
    /// A table of `variants` in the metadata to lay over the rest
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Provisioning.
    #[command(flatten)]
    pub provision: ProvisionFlags,
    /// Handed to cargo build as they are
    #[arg(last = true, value_name = "CARGO ARGS")]
    pub cargo_args: Vec<String>,
}

impl BuildFlags {
    /// The request, without what belongs to single commands.
    pub fn request(&self, output: &OutputArgs) -> BuildArgs {
        BuildArgs {
            verbose: output.verbose,
            quiet: output.quiet,
            color: output.color.and_then(|c| c.to_possible_value()).map(|v| v.get_name().to_owned()),
            packages: self.package.clone(),
            workspace: self.workspace,
            exclude: self.exclude.clone(),
            bins: self.bin.clone(),
            manifest_path: self.manifest_path.clone(),
            targets: self.target.clone(),
            profile: if self.release { Some("release".into()) } else { self.profile.clone() },
            features: self.features.clone(),
            all_features: self.all_features,
            no_default_features: self.no_default_features,
            locked: self.locked,
            offline: self.offline,
            frozen: self.frozen,
            target_dir: self.target_dir.clone(),
            jobs: self.jobs.clone(),
            config: self.config.clone(),
            cargo_args: self.cargo_args.clone(),
            backend: self.backend.clone(),
            variant: self.variant.clone(),
            output: None,
            provision: self.provision.provision,
            yes: self.provision.yes,
            no_build: false,
            skip: Vec::new(),
            allow: Vec::new(),
        }
    }
}

/// Parses the process's arguments; `cargo winsvc X` arrives as `cargo-winsvc winsvc X`.
///
/// # Errors
/// Clap's own, which also carries `--help` and `--version`.
pub fn parse(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Cli, clap::Error> {
    let mut args: Vec<_> = args.into_iter().collect();
    if args.get(1).is_some_and(|a| a == "winsvc") {
        args.remove(1);
    }
    Cli::try_parse_from(args)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn cargo_hands_its_own_name_on() {
        for line in [&["cargo-winsvc", "winsvc", "package", "-p", "a"][..], &["cargo-winsvc", "package", "-p", "a"]] {
            let cli = parse(line.iter().map(Into::into)).expect("parses");
            let Command::Package(args) = cli.command else { panic!("package") };
            assert_eq!(args.build.request(&cli.output).packages, ["a"]);
        }
    }

    #[test]
    fn cargo_flags_arrive() {
        let line = "c package --target a --target b -r -F x,y -F z --locked -j 2 --config k=1 -- --timings";
        let cli = parse(line.split(' ').map(Into::into)).expect("parses");
        let Command::Package(args) = cli.command else { panic!("package") };
        let request = args.build.request(&cli.output);
        assert_eq!(request.targets, ["a", "b"]);
        assert_eq!(request.profile.as_deref(), Some("release"));
        assert_eq!(request.features, ["x,y", "z"]);
        assert_eq!(request.cargo_args, ["--timings"]);
        assert!(request.locked);
    }

    #[test]
    fn contradictions_are_refused() {
        for line in ["c package -p a --workspace", "c package -r --profile x", "c package --yes", "c package -q -v"] {
            assert!(parse(line.split(' ').map(Into::into)).is_err(), "{line}");
        }
    }
}
