//! `cargo winsvc`: from a Rust crate on Linux to a Windows service that an administrator can install, watch and remove.
//!
//! `pipeline` composes the main job and is the file to read first; docs/architecture.md draws the map.

pub mod bundle;
pub mod cli;
pub mod commands;
pub mod compile;
pub mod config;
pub mod error;
pub mod event;
pub mod files;
pub mod formats;
pub mod host;
pub mod inputs;
pub mod layout;
pub mod linker;
pub mod model;
pub mod pe;
pub mod pipeline;
pub mod plan;
pub mod platform;
pub mod render;
pub mod report;
pub mod stamp;
pub mod symbols;
pub mod toolchain;
pub mod verify;
pub mod workspace;

use std::process::ExitCode;

/// The process: parses the command line, runs the command, reports, and gives the exit code.
pub fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    if linker::is_ours(&args) {
        return link(&args[2..]);
    }
    let cli = match cli::parse(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version on stdout with 0, mistakes on stderr with 2: clap's manner and ours.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { error::Exit::Usage.code() } else { 0 });
        }
    };
    let host = match host::RealHost::new() {
        Ok(host) => host,
        Err(error) => {
            report::Report::error(&report::Human::new(&cli.output, false), &error.into());
            return ExitCode::from(error::Exit::Failure.code());
        }
    };
    let report: Box<dyn report::Report> = match cli.output.message_format {
        cli::MessageFormat::Human => Box::new(report::Human::new(&cli.output, host::Host::is_terminal(&host))),
        cli::MessageFormat::Json => Box::new(report::Json),
    };
    match commands::run(&host, &*report, &cli) {
        Ok(exit) => ExitCode::from(exit),
        Err(error) => {
            // Whatever failed while the user was leaving failed because of that.
            let error = if host::Host::is_interrupted(&host) { host::interrupted().into() } else { error };
            report.error(&error);
            ExitCode::from(error::exit_of(&error).code())
        }
    }
}

/// rustc calls this program as a linker. It says itself what the linker wrote.
fn link(args: &[std::ffi::OsString]) -> ExitCode {
    let result = host::RealHost::new().map_err(Into::into).and_then(|host| linker::run(&host, args));
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            report::Report::error(&report::Human::new(&cli::OutputArgs::default(), false), &error);
            ExitCode::from(error::exit_of(&error).code())
        }
    }
}
