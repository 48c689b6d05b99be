//! `build`: stamped executables, without a bundle.

use crate::bundle::Publisher;
use crate::cli::{BuildCommandArgs, OutputArgs};
use crate::host::Host;
use crate::pipeline;
use crate::report::Report;
use anyhow::Context;
use std::path::PathBuf;

/// Builds, splits and stamps; the executables and their debug information land together in the output folder.
///
/// # Errors
/// The pipeline's.
pub(super) fn run(
    host: &dyn Host,
    report: &dyn Report,
    args: &BuildCommandArgs,
    output: &OutputArgs,
) -> anyhow::Result<u8> {
    let mut request = args.build.request(output);
    request.output.clone_from(&args.output);
    request.skip.clone_from(&args.skip);
    let prepared = pipeline::prepare(host, report, &request)?;
    let publisher = Publisher::open(host, report, &prepared.output)?;
    let mut failed: Vec<anyhow::Error> = Vec::new();
    let mut results: Vec<(PathBuf, PathBuf)> = Vec::new();
    for target in &prepared.targets {
        let work = publisher.stage().join(target.unit.target.triple());
        std::fs::create_dir_all(&work).with_context(|| format!("can't make {}", work.display()))?;
        // With one target and a folder of the user's own, nothing stands between.
        let dir = match (&args.output, prepared.config.units.len()) {
            (Some(_), 1) => prepared.output.clone(),
            _ => prepared.output.join(target.unit.target.triple()),
        };
        let result = pipeline::build(host, report, target, &work)
            .and_then(|built| pipeline::executables(host, report, &prepared, target, &built, &work));
        for executable in pipeline::or_note(host, result, &mut failed)?.into_iter().flatten() {
            results.push((executable.path.clone(), dir.join(executable.bin.exe())));
            if let Some((file, info)) = executable.debug {
                results.push((file, dir.join(info.file)));
            }
        }
    }
    failed.extend(prepared.lacking_errors());
    // Everything is built: from here on it is renames on one file system.
    for (from, to) in &results {
        if let Some(dir) = to.parent() {
            std::fs::create_dir_all(dir).with_context(|| format!("can't make {}", dir.display()))?;
        }
        std::fs::rename(from, to).with_context(|| format!("can't write {}", to.display()))?;
    }
    results.dedup_by(|a, b| a.1 == b.1);
    for (_, path) in &results {
        super::package::artifact(report, path);
    }
    Ok(super::package::failures(report, &failed))
}
