//! What is installed, what is missing, and how a target is built with it.
//!
//! [`prepare`] is the entry: it looks ([`probe`]), finds a Windows standard library ([`std_source`]) and makes a
//! [`Recipe`] for each target ([`recipe`]). Without `provision` it changes nothing but its own notes of former looks.

mod apt;
mod climb;
mod compiler;
mod link_test;
pub mod llvm;
pub mod probe;
mod probe_cache;
mod provision;
pub mod recipe;
mod std_build;
pub mod std_source;
mod supply;
pub mod survey;
pub mod transfer;
pub mod xwin;
mod xwin_env;
pub mod zig;

pub use recipe::{Backend, Chosen, Recipe};

use crate::config::{BackendChoice, Msvc};
use crate::error::{Exit, Problem, Problems};
use crate::event::Sink;
use crate::host::{Host, check_interrupt};
use crate::model::Target;
use climb::Climb;
use probe::Inventory;
use provision::Provisioner;
use std::collections::BTreeMap;
use std::path::Path;
use supply::Supplier;

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
    /// The cross linker or objcopy.
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
    let mut problems: Vec<Problem> = Vec::new();
    let mut all = Vec::new();
    for result in prepare_each(host, sink, wants, options, rustc)? {
        match result {
            Ok(ready) => all.push(ready),
            Err(Problems(found)) => merge(&mut problems, found),
        }
    }
    Problems::check(problems)?;
    Ok(all)
}

/// Adds problems that are not there yet: targets share tools.
pub fn merge(problems: &mut Vec<Problem>, found: Vec<Problem>) {
    for problem in found {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
}

/// As [`prepare_for`], each target by itself: one that can't be built keeps none from being.
///
/// # Errors
/// A choice that can't be meant (exit 2); no consent; interruption.
pub fn prepare_each(
    host: &dyn Host,
    sink: &dyn Sink,
    wants: &[Want],
    options: Options,
    rustc: Option<&Path>,
) -> anyhow::Result<Vec<Result<Ready, Problems>>> {
    let mut inventory = probe::inventory_for(host, wants, options.fresh, rustc);
    check_interrupt(host)?;
    let verdicts = judge(host, wants, &inventory);
    let gaps: Vec<&Gap> = verdicts.iter().filter_map(|v| v.as_ref().err()).flatten().collect();
    let meant: Vec<Problem> =
        gaps.iter().filter(|g| g.problem.exit == Exit::Usage).map(|g| g.problem.clone()).collect();
    Problems::check(meant)?;
    // What can't be mended is told before anything is mended.
    if !options.provision || gaps.is_empty() || gaps.iter().any(|g| g.kind == GapKind::Final) {
        return Ok(results(wants, verdicts, &BTreeMap::new()));
    }
    let provisioner = Provisioner::new(host, sink, options);
    let supplier = Supplier { host, sink, provisioner: &provisioner, options };
    let look = |inventory: &mut Inventory| *inventory = probe::inventory_for(host, wants, true, rustc);
    let host_linker = inventory.host_linker || wants.iter().all(|want| want.no_build);
    let reasons = supplier.programs(&gaps, host_linker)?;
    if gaps.iter().any(|g| g.kind != GapKind::Std) {
        look(&mut inventory);
    }
    let undownloaded = supplier.sdks(wants, &inventory)?;
    if inventory.sdk.values().any(|sdk| sdk.state.is_err()) {
        look(&mut inventory);
    }
    let mut left: BTreeMap<usize, Problem> = BTreeMap::new();
    for (n, want) in wants.iter().enumerate() {
        let Some(active) = &inventory.compiler else { continue };
        if want.no_build || supply::blocked(want, &inventory) || std_source::find(host, want, active).is_ok() {
            continue;
        }
        let climb = Climb { host, sink, provisioner: &provisioner, inventory: &inventory, active, want, options };
        match climb.run() {
            Ok(std) => sink.note(std_source::aloud(want, active, &std)),
            Err(error) => match error.downcast::<Problem>() {
                Ok(problem) if problem.id == "missing-std" => {
                    left.insert(n, problem);
                }
                Ok(problem) => return Err(problem.into()),
                Err(error) => return Err(error),
            },
        }
    }
    let mut verdicts = judge(host, wants, &inventory);
    for (want, verdict) in wants.iter().zip(&mut verdicts) {
        for gap in verdict.as_mut().err().into_iter().flatten() {
            if let Some(reason) = reasons.get(&gap.kind) {
                gap.problem.what = format!("{}; {reason}", gap.problem.what);
            }
            let cache = inventory.sdk.get(want.target.triple()).map(|sdk| &sdk.cache);
            if let Some(problem) = cache.and_then(|c| undownloaded.get(c)).filter(|_| gap.kind == GapKind::Sdk) {
                gap.problem = problem.clone();
            }
        }
    }
    Ok(results(wants, verdicts, &left))
}

/// The verdicts as problems; `left` has what climbing the ladder found out about a standard library.
fn results(
    wants: &[Want],
    verdicts: Vec<Result<Recipe, Vec<Gap>>>,
    left: &BTreeMap<usize, Problem>,
) -> Vec<Result<Ready, Problems>> {
    let one = |(n, (want, verdict)): (usize, (&Want, Result<Recipe, Vec<Gap>>))| match verdict {
        Ok(recipe) => Ok(Ready { target: want.target.clone(), recipe }),
        Err(gaps) => {
            let told = |gap: Gap| match left.get(&n) {
                Some(problem) if gap.kind == GapKind::Std => problem.clone(),
                _ => gap.problem,
            };
            Err(Problems(gaps.into_iter().map(told).collect()))
        }
    };
    wants.iter().zip(verdicts).enumerate().map(one).collect()
}

/// Every target as it stands: a recipe, or what is missing for one.
fn judge(host: &dyn Host, wants: &[Want], inventory: &Inventory) -> Vec<Result<Recipe, Vec<Gap>>> {
    wants.iter().map(|want| judge_one(host, want, inventory)).collect()
}

fn judge_one(host: &dyn Host, want: &Want, inventory: &Inventory) -> Result<Recipe, Vec<Gap>> {
    let chosen = recipe::backend(want, inventory)
        .map_err(|problem| vec![Gap { problem, kind: GapKind::Final, package: None }])?;
    let backend = chosen.backend;
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
            recipe.notes.splice(0..0, chosen.aloud(want));
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
