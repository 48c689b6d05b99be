//! `package`, composed from the stages: read this first.
//!
//! [`prepare()`] decides everything that can be known before cargo runs; [`package`] does it, target by target, and publishes
//! the whole result at the end or nothing at all.

mod fresh;
mod honoured;
mod pack;
mod prepare;
mod target;
mod texts;

pub use crate::render::SCRIPTS;
pub use prepare::{Prepared, PreparedTarget, configure, prepare};
pub use target::{Executable, build, executables};
pub use texts::{Texts, texts};

use crate::bundle::{Published, Publisher};
use crate::cli::{BuildArgs, Step};
use crate::error::{Exit, Problem};
use crate::event::{Event, Sink};
use crate::formats::OutputBundle;
use crate::host::{Host, check_interrupt};
use crate::model::Severity;
use crate::verify::{self, VerifyOptions};
use crate::workspace;
use std::path::{Path, PathBuf};

/// Runs the prepared plan: build, split symbols, stamp, render, pack, verify, publish. When cargo built what it had built before,
/// and nothing else has changed, the result is there already.
///
/// # Errors
/// The stages'; a bundle that does not pass verification is not published.
pub fn package(
    host: &dyn Host,
    sink: &dyn Sink,
    prepared: &Prepared,
    request: &BuildArgs,
) -> anyhow::Result<Published> {
    let publisher = Publisher::open(host, sink, &prepared.output)?;
    let mut built = Vec::new();
    for target in &prepared.targets {
        let work = tempfile::Builder::new().prefix("build-").tempdir_in(publisher.stage())?;
        built.push((target, target::build(host, sink, target, work.path())?, work));
    }
    let options = VerifyOptions { allow: request.allow.clone(), private: private(host, prepared) };
    let source = workspace::source_after_build(host, &prepared.workspace);
    let fresh = fresh::Freshness::of(prepared, &built, source.as_ref(), &options)?;
    if let Some(published) = fresh.recall(sink, &publisher) {
        return Ok(published);
    }
    let sink = &fresh::Witness::new(sink);
    let mut bundles = Vec::new();
    for (target, built, work) in &built {
        let executables = executables(host, sink, prepared, target, built, work.path())?;
        let source = source.as_ref();
        let bench = pack::Bench { host, sink, prepared, target, source, stage: publisher.stage() };
        for (index, (spec, texts)) in target.unit.bundles.iter().zip(&target.texts).enumerate() {
            check_interrupt(host)?;
            let own: Vec<&Executable> = executables.iter().filter(|e| e.bundle == index).collect();
            bundles.push(bench.bundle(spec, texts, &own)?);
        }
    }
    let checks = if request.skip.contains(&Step::Verify) {
        sink.note("the bundles are not verified (--skip verify)".into());
        None
    } else {
        Some(verify_staged(host, sink, publisher.stage(), &bundles, &options)?)
    };
    let published = publisher.publish(&bundles)?;
    if let Some(checks) = checks {
        fresh.remember(bundles, checks, sink);
    }
    Ok(published)
}

/// Folders whose names nobody else should learn.
fn private(host: &dyn Host, prepared: &Prepared) -> Vec<String> {
    let home = host.env("HOME").map(PathBuf::from);
    let workspace = &prepared.workspace;
    let own = [&workspace.root, &workspace.target_dir, &workspace.build_dir].map(Clone::clone);
    let folders = home.into_iter().chain(own);
    // With the slash: `/root/` is a home folder, `/rootfs` is not. A folder further down is told by its name alone, as
    // `env!("CARGO_MANIFEST_DIR")` has it. The top says too little to look for.
    let needle = |dir: PathBuf| match dir.components().count() {
        0 | 1 => None,
        2 | 3 => Some(format!("{}/", dir.display())),
        _ => Some(dir.display().to_string()),
    };
    folders.filter_map(needle).collect()
}

/// `package` ends with it: what lies in the staging folder is read again as a stranger would.
fn verify_staged(
    host: &dyn Host,
    sink: &dyn Sink,
    stage: &Path,
    bundles: &[OutputBundle],
    options: &VerifyOptions,
) -> anyhow::Result<u32> {
    let (mut checks, mut warnings, mut errors) = (0, 0, 0);
    for bundle in bundles {
        check_interrupt(host)?;
        let verdict = verify::verify(&stage.join(&bundle.archive.file), options)?;
        checks += verdict.checks;
        for finding in verdict.findings {
            match finding.severity {
                Severity::Warning => warnings += 1,
                Severity::Error => errors += 1,
            }
            sink.emit(Event::Finding(finding));
        }
    }
    if errors > 0 {
        let errors = crate::event::counted(errors, "error");
        return Err(Problem::new("verification", format!("verification found {errors}; nothing was published"))
            .exit(Exit::Verify)
            .into());
    }
    let warnings = match warnings {
        0 => String::new(),
        n => format!(", {}", crate::event::counted(n, "warning")),
    };
    sink.status("Verified", format!("{checks} checks{warnings}"));
    Ok(checks)
}
