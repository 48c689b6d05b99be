//! `plan`: what `package` would run and write.

use crate::cli::{MessageFormat, OutputArgs, PlanArgs};
use crate::host::Host;
use crate::pipeline::{self, Prepared};
use crate::report::Report;

/// Runs it.
///
/// # Errors
/// As `package` would, before it builds.
pub(super) fn run(host: &dyn Host, report: &dyn Report, args: &PlanArgs, output: &OutputArgs) -> anyhow::Result<u8> {
    let mut request = args.build.request(output);
    request.output.clone_from(&args.output);
    args.steps.apply(&mut request);
    let prepared = pipeline::prepare(host, report, &request)?;
    print(report, &prepared, args.json || output.message_format == MessageFormat::Json);
    Ok(super::package::lacking(report, &prepared))
}

/// Prints a plan.
pub(super) fn print(report: &dyn Report, prepared: &Prepared, json: bool) {
    let plan = prepared.plan();
    report.print(&if json { crate::formats::to_json(&plan) } else { crate::plan::text(&plan) });
}
