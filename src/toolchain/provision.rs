//! The only part that changes the system. Every command is shown before it runs, and runs only after consent.

use super::{Options, apt};
use crate::error::{Exit, Problem};
use crate::event::{Event, Sink};
use crate::host::{Cmd, Host, Output, interrupted};
use std::cell::Cell;
use std::ffi::OsStr;
use std::time::Duration;

/// Longest time for rustup. It retries by itself; where it can't download at all it must not hold up the next way.
const RUSTUP: Duration = Duration::from_secs(300);
/// Longest time for apt.
const APT: Duration = Duration::from_secs(1800);

/// Why something was not provided.
#[derive(Debug)]
pub(super) enum Stop {
    /// Everything ends: interruption, no consent.
    Fatal(anyhow::Error),
    /// This way does not work here; another may.
    Reason(String),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Stop::Fatal(problem.into())
    }
}

/// Runs what changes the system.
pub(super) struct Provisioner<'a> {
    host: &'a dyn Host,
    sink: &'a dyn Sink,
    offline: bool,
    granted: Cell<bool>,
    updated: Cell<bool>,
}

impl<'a> Provisioner<'a> {
    /// `options.yes` is consent given beforehand.
    pub(super) fn new(host: &'a dyn Host, sink: &'a dyn Sink, options: Options) -> Self {
        Provisioner { host, sink, offline: options.offline, granted: Cell::new(options.yes), updated: Cell::new(false) }
    }

    /// Asks once for the whole run, before the first thing that is done.
    pub(super) fn consent(&self, first: &str) -> Result<(), Problem> {
        if self.granted.get() {
            return Ok(());
        }
        match self.host.ask(&format!("Provisioning begins with `{first}`; each command is shown. Go on?")) {
            Some(true) => {
                self.granted.set(true);
                Ok(())
            }
            Some(false) => {
                Err(Problem::new("declined", "provisioning was declined; nothing was changed").exit(Exit::ToolMissing))
            }
            None if self.host.is_interrupted() => Err(interrupted()),
            None => Err(Problem::new(
                "no-consent",
                format!("--provision would run `{first}`, and there is no terminal to ask at"),
            )
            .fix("add --yes to consent beforehand")
            .exit(Exit::ToolMissing)),
        }
    }

    /// Shows a command and runs it.
    fn run(&self, cmd: &Cmd) -> Result<Output, Stop> {
        self.consent(&cmd.display())?;
        self.sink.emit(Event::Running { command: cmd.display(), verbose: false });
        let output = self.host.output(cmd);
        if self.host.is_interrupted() {
            return Err(interrupted().into());
        }
        match output {
            Ok(output) if output.code.is_none() => {
                let limit = cmd.timeout.unwrap_or_default().as_secs();
                Err(Stop::Reason(format!("`{}` was ended after {limit} s", cmd.program.to_string_lossy())))
            }
            Ok(output) => Ok(output),
            Err(e) => Err(Stop::Reason(format!("`{}` can't be run: {e}", cmd.program.to_string_lossy()))),
        }
    }

    /// A command that has to succeed.
    pub(super) fn finish(&self, cmd: &Cmd) -> Result<(), Stop> {
        let output = self.run(cmd)?;
        let name = std::path::Path::new(&cmd.program).file_name().unwrap_or_default().to_string_lossy().into_owned();
        if output.ok() { Ok(()) } else { Err(Stop::Reason(format!("{name}: {}", essence(&output)))) }
    }

    /// `rustup …`.
    pub(super) fn rustup(&self, args: &[&str]) -> Result<(), Stop> {
        let output = self.run(&Cmd::new("rustup").args(args.iter().copied()).timeout(RUSTUP))?;
        if output.ok() { Ok(()) } else { Err(Stop::Reason(format!("rustup: {}", essence(&output)))) }
    }

    /// Whether packages can be installed by apt at all.
    pub(super) fn has_apt(&self) -> bool {
        self.host.which(OsStr::new("apt-get")).is_some()
    }

    /// Candidates of these packages; refreshes apt's lists first when they know none of `needed`.
    pub(super) fn candidates(
        &self,
        packages: &[String],
        needed: &dyn Fn(&std::collections::BTreeMap<String, String>) -> bool,
    ) -> Result<std::collections::BTreeMap<String, String>, Stop> {
        let found = apt::candidates(self.host, packages);
        if needed(&found) || self.updated.get() {
            return Ok(found);
        }
        self.update()?;
        Ok(apt::candidates(self.host, packages))
    }

    fn update(&self) -> Result<(), Stop> {
        let output = self.run(&self.elevated(&["update"])?)?;
        self.updated.set(true);
        if output.ok() { Ok(()) } else { Err(Stop::Reason(format!("apt-get update: {}", essence(&output)))) }
    }

    /// Installs packages by apt, with nothing beside what they need, and removes none. Not without network.
    pub(super) fn install(&self, packages: &[String]) -> Result<(), Stop> {
        if self.offline {
            return Err(Stop::Reason(format!("--offline: {} can't be installed", packages.join(", "))));
        }
        self.candidates(packages, &|found| packages.iter().all(|p| found.contains_key(p)))?;
        let mut args = vec!["install", "-y", "--no-install-recommends", "--no-remove", "-o", "DPkg::Lock::Timeout=120"];
        args.extend(packages.iter().map(String::as_str));
        let cmd = self.elevated(&args)?;
        let mut output = self.run(&cmd)?;
        // Old lists name files that the server has no more.
        if !output.ok() && !self.updated.get() {
            match self.update() {
                Ok(()) => output = self.run(&cmd)?,
                Err(fatal @ Stop::Fatal(_)) => return Err(fatal),
                // The installation's own words say more.
                Err(Stop::Reason(_)) => {}
            }
        }
        if output.ok() { Ok(()) } else { Err(Stop::Reason(format!("apt-get install: {}", essence(&output)))) }
    }

    /// `apt-get …` as root: directly, or by a sudo that does not ask.
    fn elevated(&self, args: &[&str]) -> Result<Cmd, Stop> {
        let cmd = if self.host.is_root() {
            Cmd::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive")
        } else {
            let sudo = Cmd::new("sudo").args(["-n", "true"]).timeout(Duration::from_secs(10));
            if !self.host.output(&sudo).is_ok_and(|o| o.ok()) {
                return Err(Stop::Reason(format!(
                    "packages can be installed by root only, and sudo is not there or asks for a password; \
                     run `sudo apt-get {}` yourself",
                    args.join(" ")
                )));
            }
            Cmd::new("sudo").args(["-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"])
        };
        Ok(cmd.env("LC_ALL", "C").args(args.iter().copied()).timeout(APT))
    }
}

/// What a failed command says in its own words: its lines with `error`, `E:` or `Err:`, or from Rust's `Error:` on to the
/// causes; else the last ones.
fn essence(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let all = stderr.lines().map(str::trim);
    if let Some(at) = all.clone().position(|l| l.starts_with("Error: ")) {
        return all
            .skip(at)
            .take_while(|l| !l.starts_with("Stack backtrace"))
            .filter(|l| !l.is_empty())
            .take(8)
            .collect::<Vec<_>>()
            .join(" ");
    }
    let telling = |l: &&str| l.starts_with("error") || l.starts_with("E:") || l.starts_with("Err:");
    let lines: Vec<&str> = all.filter(telling).take(3).collect();
    if lines.is_empty() { output.tail(3).replace('\n', " ") } else { lines.join(" ") }
}
