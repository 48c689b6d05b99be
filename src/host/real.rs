//! The machine itself. Children run in a process group of their own; Ctrl-C and SIGTERM are handed to that group, so
//! that cargo and the compilers it started end too, whether the signal came from a terminal or from a CI runner.

use super::{Cmd, Host, Output};
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Default)]
struct State {
    interrupted: AtomicBool,
    /// Process groups of the children that run now.
    groups: Mutex<Vec<Pid>>,
}

impl State {
    fn groups(&self) -> std::sync::MutexGuard<'_, Vec<Pid>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The real host.
#[derive(Debug)]
pub struct RealHost {
    state: Arc<State>,
}

impl RealHost {
    /// Takes over SIGINT, SIGTERM and SIGHUP: from now on they end the children and set a flag.
    ///
    /// # Errors
    /// When the handlers can't be installed.
    pub fn new() -> io::Result<Self> {
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                shared.interrupted.store(true, Ordering::SeqCst);
                let signal = if signal == SIGINT { Signal::INT } else { Signal::TERM };
                for group in shared.groups().iter() {
                    // It may have ended in the meantime.
                    let _ = kill_process_group(*group, signal);
                }
            }
        })?;
        Ok(RealHost { state })
    }

    fn spawn(&self, cmd: &Cmd, stderr: Stdio) -> io::Result<Running<'_>> {
        let mut command = Command::new(&cmd.program);
        command.args(&cmd.args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).process_group(0);
        for (key, value) in &cmd.env {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            };
        }
        if let Some(dir) = &cmd.cwd {
            command.current_dir(dir);
        }
        let mut groups = self.state.groups();
        if self.state.interrupted.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let child = command.spawn()?;
        let group = Pid::from_child(&child);
        groups.push(group);
        drop(groups);
        Ok(Running { state: &self.state, child, group })
    }
}

/// A child that is forgotten by the signal thread, and reaped, when this is dropped.
struct Running<'a> {
    state: &'a State,
    child: Child,
    group: Pid,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let _ = self.child.wait();
        self.state.groups().retain(|g| *g != self.group);
    }
}

impl Host for RealHost {
    fn env(&self, key: &str) -> Option<OsString> {
        std::env::var_os(key)
    }

    fn cwd(&self) -> PathBuf {
        std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."))
    }

    fn output(&self, cmd: &Cmd) -> io::Result<Output> {
        let mut running = self.spawn(cmd, Stdio::piped())?;
        let mut stderr = running.child.stderr.take();
        let errors = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(stderr) = &mut stderr {
                let _ = stderr.read_to_end(&mut bytes);
            }
            bytes
        });
        let mut stdout = Vec::new();
        if let Some(mut out) = running.child.stdout.take() {
            out.read_to_end(&mut stdout)?;
        }
        let status = running.child.wait()?;
        let stderr = errors.join().unwrap_or_default();
        Ok(Output { code: status.code(), stdout, stderr })
    }

    fn stream(&self, cmd: &Cmd, line: &mut dyn FnMut(&str)) -> io::Result<Output> {
        let mut running = self.spawn(cmd, Stdio::inherit())?;
        if let Some(out) = running.child.stdout.take() {
            let mut reader = BufReader::new(out);
            let mut bytes = Vec::new();
            while reader.read_until(b'\n', &mut bytes)? > 0 {
                line(String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']));
                bytes.clear();
            }
        }
        let status = running.child.wait()?;
        Ok(Output { code: status.code(), ..Output::default() })
    }

    fn which(&self, program: &OsStr) -> Option<PathBuf> {
        which::which(program).ok()
    }

    fn is_interrupted(&self) -> bool {
        self.state.interrupted.load(Ordering::SeqCst)
    }

    fn is_root(&self) -> bool {
        rustix::process::geteuid().is_root()
    }

    fn is_terminal(&self) -> bool {
        io::IsTerminal::is_terminal(&io::stderr())
    }
}
