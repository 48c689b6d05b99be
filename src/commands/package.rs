//! `package`: the main job, and `package --dry-run`, which is `plan`.

use crate::bundle::Published;
use crate::cli::{OutputArgs, PackageArgs};
use crate::event::Event;
use crate::host::Host;
use crate::pipeline::{self, Packaged, Prepared};
use crate::report::Report;
use std::path::Path;
use std::time::Duration;

/// Runs it.
///
/// # Errors
/// The pipeline's.
pub(super) fn run(host: &dyn Host, report: &dyn Report, args: &PackageArgs, output: &OutputArgs) -> anyhow::Result<u8> {
    let mut request = args.build.request(output);
    request.output.clone_from(&args.output);
    request.allow.clone_from(&args.allow);
    args.steps.apply(&mut request);
    let begin = host.now();
    let prepared = pipeline::prepare(host, report, &request)?;
    if args.dry_run {
        super::plan::print(report, &prepared, output.message_format == crate::cli::MessageFormat::Json);
        return Ok(lacking(report, &prepared));
    }
    announce(report, &prepared);
    let Packaged { published, mut failed } = pipeline::package(host, report, &prepared, &request)?;
    failed.extend(prepared.lacking_errors());
    let Some(published) = published else { return Ok(failures(report, &failed)) };
    let seconds = host.now().duration_since(begin).unwrap_or(Duration::ZERO).as_secs_f64();
    let sizes: Vec<String> = published.bundles.iter().map(|b| b.change.to_string()).collect();
    report.status("Finished", format!("in {seconds:.1} s, {}", sizes.join("; ")));
    artifacts(report, &published);
    Ok(failures(report, &failed))
}

/// Tells which targets were left out, and why.
pub(super) fn lacking(report: &dyn Report, prepared: &Prepared) -> u8 {
    failures(report, &prepared.lacking_errors().collect::<Vec<_>>())
}

/// Tells what failed beside what was made, and gives the exit code.
pub(super) fn failures(report: &dyn Report, failed: &[anyhow::Error]) -> u8 {
    for error in failed {
        report.error(error);
    }
    failed.first().map_or(0, |error| crate::error::exit_of(error).code())
}

fn announce(report: &dyn Report, prepared: &Prepared) {
    if !prepared.lacking.is_empty() {
        let wanted = prepared.config.units.iter().map(|unit| &unit.target);
        let left: Vec<String> = wanted
            .filter(|target| !prepared.targets.iter().any(|t| t.unit.target == **target))
            .map(ToString::to_string)
            .collect();
        report.note(format!("{} can't be built here, for what is told at the end; the others are", left.join(", ")));
    }
    for target in &prepared.targets {
        for spec in &target.unit.bundles {
            let services = match spec.services.len() {
                0 => "no service".to_owned(),
                1 => format!("service {}", spec.services[0].name),
                n => format!("{n} services"),
            };
            let via = target.ready.recipe.backend.as_str();
            report.status(
                "Planning",
                format!("{} {} for {} via {via}: {services}", spec.package, spec.version, target.unit.target),
            );
        }
    }
}

fn artifacts(report: &dyn Report, published: &Published) {
    for bundle in &published.bundles {
        for path in std::iter::once(&bundle.archive).chain(&bundle.symbols) {
            artifact(report, path);
        }
    }
}

/// Prints the path of a result.
pub(super) fn artifact(report: &dyn Report, path: &Path) {
    let size = std::fs::metadata(path).map(|m| m.len()).unwrap_or_default();
    report.emit(Event::Artifact { path: path.display().to_string(), size });
}
