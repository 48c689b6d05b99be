//! Acme Agent: a Windows service to learn from. It answers `/healthz` and `/info` on the loopback interface, writes a log
//! file, reports to the event log, and stops cleanly.
//!
//! `agent` is the program itself and runs anywhere; `service` is the side that talks to Windows.

mod agent;
mod http;
mod log;
#[cfg(windows)]
mod service;

use agent::Options;
use std::process::ExitCode;
use std::sync::mpsc;

const USAGE: &str = "\
usage: acme-agent [--console] [--port N] [--data-dir DIR]

Without --console it expects to be started by the Service Control Manager.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("--help") => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Some("--version") => {
            println!("acme-agent {}", agent::VERSION);
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let (console, rest): (Vec<String>, Vec<String>) = args.into_iter().partition(|a| a == "--console");
    let result = if console.is_empty() { as_service(rest) } else { in_console(&rest) };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("acme-agent: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs in the foreground until Ctrl-C.
fn in_console(args: &[String]) -> Result<(), String> {
    let options = Options::parse(args)?;
    let log = log::Log::to_stderr();
    let (stop, stopped) = mpsc::channel();
    on_ctrl_c(stop);
    let agent = agent::Agent::start(&options, agent::Start::console(), &log).map_err(|e| e.to_string())?;
    log.line(&format!("answers on http://{}/healthz; Ctrl-C stops it", agent.address()));
    // When nothing watches Ctrl-C, the sender is gone and the default action of Ctrl-C ends the process.
    if stopped.recv().is_err() {
        loop {
            std::thread::park();
        }
    }
    agent.stop(&log);
    Ok(())
}

#[cfg(windows)]
fn on_ctrl_c(stop: mpsc::Sender<()>) {
    service::on_ctrl_c(stop);
}

#[cfg(not(windows))]
fn on_ctrl_c(_stop: mpsc::Sender<()>) {}

#[cfg(windows)]
fn as_service(args: Vec<String>) -> Result<(), String> {
    service::run(args)
}

#[cfg(not(windows))]
fn as_service(_args: Vec<String>) -> Result<(), String> {
    Err(format!("it is a service on Windows only; here, add --console\n\n{USAGE}"))
}
