//! The machine itself. Children run in a group of their own; Ctrl-C and SIGTERM are handed to that group, so
//! that cargo and the compilers it started end too, whether the signal came from a terminal or from a CI runner.

use super::children::{End, Group, on_signal};
use super::{Cmd, Host, Output};
use crate::platform;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

#[derive(Debug, Default)]
struct State {
    interrupted: AtomicBool,
    /// The children that run now.
    groups: Mutex<Vec<Group>>,
}

impl State {
    fn groups(&self) -> std::sync::MutexGuard<'_, Vec<Group>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The real host.
#[derive(Debug)]
pub struct RealHost {
    state: Arc<State>,
}

impl RealHost {
    /// Takes over Ctrl-C and what asks a program to end: from now on they end the children and set a flag.
    ///
    /// # Errors
    /// When the handlers can't be installed.
    pub fn new() -> io::Result<Self> {
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        on_signal(move |how| {
            shared.interrupted.store(true, Ordering::SeqCst);
            for group in shared.groups().iter() {
                group.end(how);
            }
        })?;
        Ok(RealHost { state })
    }

    fn spawn(&self, cmd: &Cmd, stdout: Stdio, stderr: Stdio) -> io::Result<Running<'_>> {
        let mut command = Command::new(&cmd.program);
        command.args(&cmd.args).stdin(Stdio::null()).stdout(stdout).stderr(stderr);
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
        let (child, group) = Group::spawn(&mut command)?;
        groups.push(group);
        drop(groups);
        Ok(Running { state: &self.state, child, group, watchdog: cmd.timeout.map(|limit| watch(group, limit)) })
    }
}

/// Ends the group when the limit passes before the returned channel is closed: politely, then by force.
fn watch(group: Group, limit: Duration) -> mpsc::Sender<()> {
    let (ended, watched) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        for (wait, how) in [(limit, End::Terminate), (Duration::from_secs(2), End::Kill)] {
            match watched.recv_timeout(wait) {
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    group.end(how);
                }
                _ => return,
            }
        }
    });
    ended
}

/// A child that is forgotten by the signal thread, and reaped, when this is dropped.
struct Running<'a> {
    state: &'a State,
    child: Child,
    group: Group,
    /// Closing it calls the watchdog off.
    watchdog: Option<mpsc::Sender<()>>,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let _ = self.child.wait();
        self.watchdog = None;
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
        let mut running = self.spawn(cmd, Stdio::piped(), Stdio::piped())?;
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
        let mut running = self.spawn(cmd, Stdio::piped(), Stdio::inherit())?;
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

    fn pass(&self, cmd: &Cmd) -> io::Result<Option<i32>> {
        let mut running = self.spawn(cmd, Stdio::inherit(), Stdio::inherit())?;
        Ok(running.child.wait()?.code())
    }

    fn own_exe(&self) -> Option<PathBuf> {
        std::env::current_exe().ok()
    }

    fn which(&self, program: &OsStr) -> Option<PathBuf> {
        which::which(program).ok()
    }

    fn is_interrupted(&self) -> bool {
        self.state.interrupted.load(Ordering::SeqCst)
    }

    fn is_root(&self) -> bool {
        platform::is_root()
    }

    fn ask(&self, question: &str) -> Option<bool> {
        use io::{IsTerminal, Write};
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        let mut stderr = io::stderr();
        let _ = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
        // Reading can't be broken off by a signal that is handled: a thread reads, this one looks at the flag.
        let (answer, answered) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = io::stdin().read_line(&mut line);
            let _ = answer.send(line);
        });
        loop {
            match answered.recv_timeout(Duration::from_millis(100)) {
                Ok(line) => return Some(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes")),
                Err(mpsc::RecvTimeoutError::Timeout) if !self.is_interrupted() => {}
                Err(_) => return None,
            }
        }
    }

    fn is_terminal(&self) -> bool {
        io::IsTerminal::is_terminal(&io::stderr())
    }
}
