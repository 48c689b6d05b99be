//! One file per command: from parsed arguments to a result on standard output.

use crate::cli::{Cli, Command};
use crate::host::Host;
use crate::report::Report;

/// Runs the command; the exit code is 0 unless the command says otherwise without failing (`verify` with findings).
///
/// # Errors
/// The command's.
pub fn run(_host: &dyn Host, _report: &dyn Report, cli: &Cli) -> anyhow::Result<u8> {
    match &cli.command {
        Command::Package(_)
        | Command::Build(_)
        | Command::Plan(_)
        | Command::Generate(_)
        | Command::Verify(_)
        | Command::Doctor(_) => Ok(0),
    }
}
