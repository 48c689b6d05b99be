//! What is installed, what is missing, and how a target is built with it.
//!
//! [`prepare`] is the entry: it looks ([`probe`]), finds a Windows standard library ([`std_source`]) and makes a
//! [`Recipe`] for each target ([`recipe`]). Without `provision` it changes nothing but its own notes of former looks.

mod apt;
mod climb;
pub mod llvm;
pub mod probe;
mod probe_cache;
mod provision;
pub mod recipe;
mod std_build;
pub mod std_source;
pub mod survey;
pub mod xwin;
pub mod zig;

pub use recipe::{Backend, Chosen, Recipe, SymbolTools};

use crate::config::{BackendChoice, Msvc};
use crate::error::{Exit, Problem, Problems};
use crate::event::Sink;
use crate::host::{Host, check_interrupt};
use crate::model::Target;
use climb::Climb;
use probe::Inventory;
use provision::{Provisioner, Stop};
use std::path::Path;

/// A target that is to be built, and what is known about it before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// The target.
    pub target: Target,
    /// How the project asked to build it.
    pub backend: BackendChoice,
    /// The linker that the user configured for it (`target.<triple>.linker`, `CARGO_TARGET_<T>_LINKER`). It is kept.
    pub linker: Option<String>,
    /// Link the C run-time statically.
    pub crt_static: bool,
    /// Versions of Microsoft's files.
    pub msvc: Msvc,
    /// The highest `rust-version` among the packages to build. It bounds which other compiler may stand in.
    pub rust_version: Option<semver::Version>,
    /// It is built already: what is needed is only what splits debug information off.
    pub no_build: bool,
}

impl Want {
    /// A target with nothing more known about it, C run-time linked statically.
    pub fn new(target: Target, backend: BackendChoice) -> Self {
        Want {
            target,
            backend,
            linker: None,
            crt_static: true,
            msvc: Msvc::default(),
            rust_version: None,
            no_build: false,
        }
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
    /// The Debian package that brings it.
    pub package: Option<String>,
}

/// Kinds of gaps, by what can be done about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GapKind {
    /// No compiler at all, a target that can't be built: nothing that provisioning mends.
    Final,
    /// The cross linker or its binutils.
    Tools,
    /// clang, lld and their kin.
    Llvm,
    /// cargo-xwin.
    Xwin,
    /// zig and cargo-zigbuild.
    Zig,
    /// Microsoft's CRT and SDK.
    Sdk,
    /// The Windows standard library.
    Std,
}

/// Makes sure that every target can be built, and says how.
///
/// # Errors
/// All gaps of all targets at once as [`Problems`] (exit 3), each with the command that mends it; interruption.
pub fn prepare(host: &dyn Host, sink: &dyn Sink, wants: &[Want], options: Options) -> anyhow::Result<Vec<Ready>> {
    prepare_for(host, sink, wants, options, None)
}

/// As [`prepare`], for a compiler that cargo's configuration names (`build.rustc`). RUSTC and the `rustc` on PATH are found
/// without it.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_for(
    host: &dyn Host,
    sink: &dyn Sink,
    wants: &[Want],
    options: Options,
    rustc: Option<&Path>,
) -> anyhow::Result<Vec<Ready>> {
    let inventory = probe::inventory_for(host, wants, options.fresh, rustc);
    check_interrupt(host)?;
    let (ready, gaps) = judge(host, wants, &inventory);
    if !options.provision || gaps.is_empty() || gaps.iter().any(|g| g.kind == GapKind::Final) {
        Problems::check(gaps.into_iter().map(|g| g.problem).collect())?;
        return Ok(ready);
    }
    let provisioner = Provisioner::new(host, sink, options.yes);
    let inventory = provide_tools(host, &provisioner, wants, inventory, &gaps, rustc)?;
    let mut problems = Vec::new();
    for want in wants {
        let Some(active) = &inventory.compiler else { continue };
        if want.no_build || std_source::find(host, want, active).is_ok() {
            continue;
        }
        let climb = Climb { host, sink, provisioner: &provisioner, inventory: &inventory, active, want, options };
        match climb.run() {
            Ok(std) => sink.note(std_source::aloud(want, active, &std)),
            Err(error) => match error.downcast::<Problem>() {
                Ok(problem) if problem.id == "missing-std" => problems.push(problem),
                Ok(problem) => return Err(problem.into()),
                Err(error) => return Err(error),
            },
        }
    }
    Problems::check(problems)?;
    let (ready, gaps) = judge(host, wants, &inventory);
    Problems::check(gaps.into_iter().map(|g| g.problem).collect())?;
    Ok(ready)
}

/// Installs linkers and binutils, and looks again.
fn provide_tools(
    host: &dyn Host,
    provisioner: &Provisioner<'_>,
    wants: &[Want],
    inventory: Inventory,
    gaps: &[Gap],
    rustc: Option<&Path>,
) -> anyhow::Result<Inventory> {
    let mut packages: Vec<String> = gaps.iter().filter_map(|g| g.package.clone()).collect();
    packages.sort();
    packages.dedup();
    if packages.is_empty() {
        return Ok(inventory);
    }
    let all = |gaps: &[Gap]| Problems(gaps.iter().map(|g| g.problem.clone()).collect());
    if !provisioner.has_apt() {
        return Err(all(gaps).into());
    }
    match provisioner.install(&packages) {
        Ok(()) => {}
        Err(Stop::Fatal(error)) => return Err(error),
        Err(Stop::Reason(reason)) => {
            let mut problems = all(gaps);
            for problem in problems.0.iter_mut().filter(|p| p.id == "missing-linker") {
                problem.what = format!("{}; {reason}", problem.what);
            }
            return Err(problems.into());
        }
    }
    let inventory = probe::inventory_for(host, wants, true, rustc);
    let (_, gaps) = judge(host, wants, &inventory);
    let left: Vec<Gap> = gaps.into_iter().filter(|g| g.kind == GapKind::Tools).collect();
    if left.is_empty() { Ok(inventory) } else { Err(all(&left).into()) }
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
    let Chosen { backend, why } = recipe::backend(want, inventory)
        .map_err(|problem| vec![Gap { problem, kind: GapKind::Final, package: None }])?;
    if want.no_build {
        let gaps = recipe::gaps(backend, want, inventory);
        return if gaps.is_empty() { Ok(recipe::packing(backend, want, inventory)) } else { Err(gaps) };
    }
    let Some(compiler) = &inventory.compiler else {
        return Err(vec![Gap { problem: no_compiler(host), kind: GapKind::Final, package: None }]);
    };
    let mut gaps = recipe::gaps(backend, want, inventory);
    match std_source::find(host, want, compiler) {
        Ok(std) if gaps.is_empty() => {
            let mut recipe = recipe::recipe(backend, want, inventory, compiler, &std);
            recipe.notes.splice(0..0, why);
            Ok(recipe)
        }
        Ok(_) => Err(gaps),
        Err(problem) => {
            gaps.push(Gap { problem, kind: GapKind::Std, package: None });
            Err(gaps)
        }
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

#[cfg(test)]
mod tests;
