//! One file per command: from parsed arguments to a result on standard output.

mod build;
pub mod doctor;
mod generate;
mod package;
mod plan;
mod verify;

use crate::cli::{Cli, Command};
use crate::host::Host;
use crate::report::Report;

/// Runs the command and gives the exit code, which is 0 unless the command has a verdict of its own to tell.
///
/// # Errors
/// The command's.
pub fn run(host: &dyn Host, report: &dyn Report, cli: &Cli) -> anyhow::Result<u8> {
    match &cli.command {
        Command::Package(args) => package::run(host, report, args, &cli.output),
        Command::Build(args) => build::run(host, report, args, &cli.output),
        Command::Plan(args) => plan::run(host, report, args, &cli.output),
        Command::Generate(args) => generate::run(host, report, args, &cli.output),
        Command::Verify(args) => verify::run(host, report, args, &cli.output),
        Command::Doctor(args) => {
            if let Some(file) = &args.export_cache {
                return doctor::export(host, report, file);
            }
            let found = doctor::run(host, report, args)?;
            report.print(&if args.json { found.to_json() } else { found.to_string() });
            Ok(found.exit_code())
        }
    }
}
