//! One file per command: from parsed arguments to a result on standard output.

pub mod doctor;

use crate::cli::{Cli, Command};
use crate::host::Host;
use crate::report::Report;

/// Runs the command; the exit code is 0 unless the command says otherwise without failing (`verify` with findings).
///
/// # Errors
/// The command's.
pub fn run(host: &dyn Host, report: &dyn Report, cli: &Cli) -> anyhow::Result<u8> {
    match &cli.command {
        Command::Package(_) | Command::Build(_) | Command::Plan(_) | Command::Generate(_) | Command::Verify(_) => Ok(0),
        Command::Doctor(args) => {
            let found = doctor::run(host, report, args)?;
            report.print(&if args.json { found.to_json() } else { found.to_string() });
            Ok(found.exit_code())
        }
    }
}
