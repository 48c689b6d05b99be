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
use std::path::{Component, Path, PathBuf};

/// What came of a run.
#[derive(Debug)]
pub struct Packaged {
    /// The results; none where nothing came out for any target.
    pub published: Option<Published>,
    /// Targets that failed, and why: the others were published all the same.
    pub failed: Vec<anyhow::Error>,
}

/// Runs the prepared plan: build, split symbols, stamp, render, pack, verify, publish. When cargo built what it had built before,
/// and nothing else has changed, the result is there already.
///
/// # Errors
/// Interruption; the output folder can't be used or written. A bundle that does not pass verification is not published.
pub fn package(host: &dyn Host, sink: &dyn Sink, prepared: &Prepared, request: &BuildArgs) -> anyhow::Result<Packaged> {
    let publisher = Publisher::open(host, sink, &prepared.output)?;
    let mut failed = Vec::new();
    let mut built = Vec::new();
    for target in &prepared.targets {
        let work = tempfile::Builder::new().prefix("build-").tempdir_in(publisher.stage())?;
        let result = target::build(host, sink, target, work.path());
        built.extend(or_note(host, result, &mut failed)?.map(|result| (target, result, work)));
    }
    let options = VerifyOptions { allow: request.allow.clone(), private: private(host, prepared) };
    let source = workspace::source_after_build(host, &prepared.workspace);
    let fresh = match failed.is_empty() {
        true => Some(fresh::Freshness::of(host, prepared, &built, source.as_ref(), &options)?),
        false => None,
    };
    if let Some(published) = fresh.as_ref().and_then(|fresh| fresh.recall(sink, &publisher)) {
        return Ok(Packaged { published: Some(published), failed });
    }
    let sink = &fresh::Witness::new(sink);
    let (mut bundles, mut checks) = (Vec::new(), 0);
    for (target, built, work) in &built {
        let bench = pack::Bench { host, sink, prepared, target, source: source.as_ref(), stage: publisher.stage() };
        let result = bundles_of(&bench, built, work.path(), request, &options);
        if let Some((made, passed)) = or_note(host, result, &mut failed)? {
            bundles.extend(made);
            checks += passed;
        }
    }
    if bundles.is_empty() && !failed.is_empty() {
        return Ok(Packaged { published: None, failed });
    }
    match request.skip.contains(&Step::Verify) {
        true => sink.note("the bundles are not verified (--skip verify)".into()),
        false => sink.status("Verified", format!("{checks} checks{}", sink.warnings())),
    }
    let published = publisher.publish(&bundles)?;
    if let (Some(fresh), true, false) = (fresh, failed.is_empty(), request.skip.contains(&Step::Verify)) {
        fresh.remember(bundles, checks, sink);
    }
    Ok(Packaged { published: Some(published), failed })
}

/// A failure is noted, and the next target's turn comes; not so when the user wants everything to end.
///
/// # Errors
/// Interruption.
pub fn or_note<T>(
    host: &dyn Host,
    result: anyhow::Result<T>,
    failed: &mut Vec<anyhow::Error>,
) -> anyhow::Result<Option<T>> {
    check_interrupt(host)?;
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) => {
            failed.push(error);
            Ok(None)
        }
    }
}

/// The bundles of one target, in the staging folder and verified; and how many checks they passed.
fn bundles_of(
    bench: &pack::Bench<'_>,
    built: &crate::compile::Built,
    work: &Path,
    request: &BuildArgs,
    options: &VerifyOptions,
) -> anyhow::Result<(Vec<OutputBundle>, u32)> {
    let pack::Bench { host, sink, prepared, target, .. } = *bench;
    let executables = executables(host, sink, prepared, target, built, work)?;
    let mut bundles = Vec::new();
    for (index, (spec, texts)) in target.unit.bundles.iter().zip(&target.texts).enumerate() {
        check_interrupt(host)?;
        let own: Vec<&Executable> = executables.iter().filter(|e| e.bundle == index).collect();
        bundles.push(bench.bundle(spec, texts, &own)?);
    }
    let checks = match request.skip.contains(&Step::Verify) {
        true => 0,
        false => verify_staged(host, sink, bench.stage, &bundles, options)?,
    };
    Ok((bundles, checks))
}

/// Folders whose names nobody else should learn.
fn private(host: &dyn Host, prepared: &Prepared) -> Vec<String> {
    let home = crate::host::home(host);
    let workspace = &prepared.workspace;
    let own = [&workspace.root, &workspace.target_dir, &workspace.build_dir].map(Clone::clone);
    let folders = home.into_iter().chain(own);
    // With the slash: `/root/` is a home folder, `/rootfs` is not. A folder further down is told by its name alone, as
    // `env!("CARGO_MANIFEST_DIR")` has it. The top says too little to look for.
    let below = |dir: &Path| dir.components().filter(|c| !matches!(c, Component::Prefix(_))).count();
    let needle = |dir: PathBuf| match below(&dir) {
        0 | 1 => None,
        2 | 3 => Some(format!("{}{}", dir.display(), std::path::MAIN_SEPARATOR)),
        _ => Some(dir.display().to_string()),
    };
    folders.filter_map(needle).collect()
}

/// What lies in the staging folder is read again as a stranger would.
fn verify_staged(
    host: &dyn Host,
    sink: &dyn Sink,
    stage: &Path,
    bundles: &[OutputBundle],
    options: &VerifyOptions,
) -> anyhow::Result<u32> {
    let (mut checks, mut errors) = (0, 0);
    for bundle in bundles {
        check_interrupt(host)?;
        let verdict = verify::verify(&stage.join(&bundle.archive.file), options)?;
        checks += verdict.checks;
        for finding in verdict.findings {
            errors += usize::from(finding.severity == Severity::Error);
            sink.emit(Event::Finding(finding));
        }
    }
    if errors > 0 {
        let errors = crate::event::counted(errors, "error");
        let list: Vec<&str> = bundles.iter().map(|b| b.archive.file.as_str()).collect();
        let what = format!("verification found {errors}; {} was not published", list.join(", "));
        return Err(Problem::new("verification", what).exit(Exit::Verify).into());
    }
    Ok(checks)
}
