//! `verify`: checks a bundle or a folder of them, on any machine, with nothing but the files.

use crate::cli::{MessageFormat, OutputArgs, VerifyArgs};
use crate::error::Exit;
use crate::event::{Event, counted};
use crate::host::{Host, check_interrupt};
use crate::model::Severity;
use crate::report::Report;
use crate::verify::{self, VerifyOptions};

/// Runs it; the exit code is 5 when there is an error among the findings.
///
/// # Errors
/// When a path can't be read at all.
pub(super) fn run(host: &dyn Host, report: &dyn Report, args: &VerifyArgs, output: &OutputArgs) -> anyhow::Result<u8> {
    let json = args.json && output.message_format == MessageFormat::Human;
    let options = VerifyOptions { allow: args.allow.clone(), private: Vec::new() };
    let mut failed = false;
    for path in &args.paths {
        check_interrupt(host)?;
        let verdict = verify::verify(&host.cwd().join(path), &options)?;
        let errors = verdict.findings.iter().filter(|f| f.severity == Severity::Error).count();
        let warnings = verdict.findings.len() - errors;
        failed |= errors > 0;
        if json {
            report.print(&crate::formats::to_json(&verdict));
            continue;
        }
        for finding in &verdict.findings {
            report.emit(Event::Finding(finding.clone()));
        }
        if output.message_format == MessageFormat::Json {
            report.print(&crate::formats::to_json(&verdict));
        }
        let verb = if errors > 0 { "Refused" } else { "Verified" };
        let counts =
            format!("{} checks, {}, {}", verdict.checks, counted(errors, "error"), counted(warnings, "warning"));
        report.status(verb, format!("{}: {counts}", path.display()));
    }
    Ok(if failed { Exit::Verify.code() } else { 0 })
}
