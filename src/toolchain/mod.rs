//! What is installed, what is missing, and how a target is built with it.
//!
//! [`prepare`] is the entry: it looks ([`probe`]), finds a Windows standard library ([`std_source`]) and makes a
//! [`Recipe`] for each target ([`recipe`]). Without `provision` it changes nothing but its own notes of former looks.

pub mod probe;
mod probe_cache;
pub mod recipe;
pub mod std_source;

pub use recipe::{Backend, Recipe, SymbolTools};

use crate::config::BackendChoice;
use crate::error::{Exit, Problem, Problems};
use crate::event::Sink;
use crate::host::{Host, check_interrupt};
use crate::model::Target;
use probe::Inventory;
use std_source::Std;

/// A target that is to be built, and what is known about it before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// The target.
    pub target: Target,
    /// How the project asked to build it.
    pub backend: BackendChoice,
    /// The linker that the user configured for it (`target.<triple>.linker`, CARGO_TARGET_<T>_LINKER). It is kept.
    pub linker: Option<String>,
    /// Link the C run-time statically.
    pub crt_static: bool,
    /// The highest `rust-version` among the packages to build. It bounds which other compiler may stand in.
    pub rust_version: Option<semver::Version>,
}

impl Want {
    /// A target with nothing more known about it, C run-time linked statically.
    pub fn new(target: Target, backend: BackendChoice) -> Self {
        Want { target, backend, linker: None, crt_static: true, rust_version: None }
    }
}

/// What may be done about gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Install what is missing.
    pub provision: bool,
    /// Without asking.
    pub yes: bool,
    /// Without network.
    pub offline: bool,
    /// Look again at everything, whatever former looks found.
    pub fresh: bool,
}

/// A target that can be built now.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Ready {
    /// The target.
    pub target: Target,
    /// How.
    pub recipe: Recipe,
}

/// Something that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// As told to the user.
    pub problem: Problem,
    /// What it is about.
    pub kind: GapKind,
}

/// Kinds of gaps, by what can be done about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GapKind {
    /// No compiler at all, a target that can't be built: nothing that provisioning mends.
    Final,
    /// The cross linker or its binutils.
    Tools,
    /// The Windows standard library.
    Std,
}

/// Makes sure that every target can be built, and says how.
///
/// # Errors
/// All gaps of all targets at once as [`Problems`] (exit 3), each with the command that mends it; interruption.
pub fn prepare(host: &dyn Host, sink: &dyn Sink, wants: &[Want], options: Options) -> anyhow::Result<Vec<Ready>> {
    let _ = sink;
    let inventory = probe::inventory(host, wants, options.fresh);
    check_interrupt(host)?;
    let (ready, gaps) = judge(host, wants, &inventory);
    Problems::check(gaps.into_iter().map(|g| g.problem).collect())?;
    Ok(ready)
}

/// Every target as it stands: a recipe, or what is missing for one.
pub(crate) fn judge(host: &dyn Host, wants: &[Want], inventory: &Inventory) -> (Vec<Ready>, Vec<Gap>) {
    let mut ready = Vec::new();
    let mut gaps: Vec<Gap> = Vec::new();
    for want in wants {
        match judge_one(host, want, inventory) {
            Ok(recipe) => ready.push(Ready { target: want.target.clone(), recipe }),
            Err(found) => {
                for gap in found {
                    if !gaps.contains(&gap) {
                        gaps.push(gap);
                    }
                }
            }
        }
    }
    (ready, gaps)
}

fn judge_one(host: &dyn Host, want: &Want, inventory: &Inventory) -> Result<Recipe, Vec<Gap>> {
    let backend = recipe::backend(want).map_err(|problem| vec![Gap { problem, kind: GapKind::Final }])?;
    let Some(compiler) = &inventory.compiler else {
        return Err(vec![Gap { problem: no_compiler(host), kind: GapKind::Final }]);
    };
    let mut gaps = recipe::gaps(backend, want, inventory);
    let std = std_source::find(host, want, compiler);
    if std.is_none() {
        gaps.push(Gap { problem: std_source::missing(want, compiler), kind: GapKind::Std });
    }
    match std {
        Some(std) if gaps.is_empty() => Ok(recipe::recipe(backend, want, inventory, compiler, &std)),
        _ => Err(gaps),
    }
}

fn no_compiler(host: &dyn Host) -> Problem {
    let problem = match host.env("RUSTC") {
        Some(rustc) => Problem::new("no-rustc", format!("RUSTC is `{}`, which can't be run", rustc.to_string_lossy()))
            .fix("unset RUSTC, or set it to the path of rustc"),
        None => Problem::new("no-rustc", "no working `rustc` on PATH")
            .fix("install Rust: https://rustup.rs, or `rustup default stable` when rustup has no toolchain"),
    };
    problem.exit(Exit::ToolMissing)
}

/// The command that mends gaps of this target.
pub(crate) fn doctor_command(target: &Target) -> String {
    format!("cargo winsvc doctor --target {target} --provision")
}

/// As [`Std`] stands in messages.
impl std::fmt::Display for Std {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Std::Bundled => f.write_str("with the compiler"),
            Std::Built { sysroot } => write!(f, "built from source: {}", sysroot.display()),
            Std::Distribution { compiler, sysroot: None } => write!(f, "with {}", compiler.path.display()),
            Std::Distribution { compiler, sysroot: Some(sysroot) } => {
                write!(f, "built from source for {}: {}", compiler.path.display(), sysroot.display())
            }
        }
    }
}
