//! The one seam to processes, the environment, the clock and signals. `real` is the sole user of `Command::new`.

mod children;
mod real;
pub mod scripted;

pub use real::RealHost;
pub use scripted::ScriptedHost;

use crate::platform;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A command to run, as a value.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Cmd {
    /// Program name or path.
    pub program: OsString,
    /// Arguments.
    pub args: Vec<OsString>,
    /// Environment changes: `None` removes the variable.
    pub env: Vec<(OsString, Option<OsString>)>,
    /// Working directory; the process's own when absent.
    pub cwd: Option<PathBuf>,
    /// Ended by force when it runs longer; its exit code is then `None`.
    pub timeout: Option<Duration>,
}

impl Cmd {
    /// A command without arguments.
    pub fn new(program: impl Into<OsString>) -> Self {
        Cmd { program: program.into(), ..Cmd::default() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((key.into(), Some(value.into())));
        self
    }

    /// Changes environment variables: `None` removes one.
    #[must_use]
    pub fn envs<'a>(mut self, changes: impl IntoIterator<Item = &'a (String, Option<String>)>) -> Self {
        self.env.extend(changes.into_iter().map(|(key, value)| (key.into(), value.as_ref().map(Into::into))));
        self
    }

    /// Removes an environment variable.
    #[must_use]
    pub fn env_remove(mut self, key: impl Into<OsString>) -> Self {
        self.env.push((key.into(), None));
        self
    }

    /// Sets the working directory.
    #[must_use]
    pub fn cwd(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cwd = Some(dir.into());
        self
    }

    /// Bounds its run time.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// The command line as a POSIX shell would take it, environment changes first. Removed variables, and names that a shell
    /// can't assign, are left to `env`.
    pub fn display(&self) -> String {
        let is_name = |key: &OsStr| key.to_string_lossy().chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let mut words = Vec::new();
        if self.env.iter().any(|(key, value)| value.is_none() || !is_name(key)) {
            words.push("env".to_owned());
        }
        for (key, _) in self.env.iter().filter(|(_, value)| value.is_none()) {
            words.push(format!("-u {}", quote(key)));
        }
        for (key, value) in &self.env {
            if let Some(value) = value {
                words.push(format!("{}={}", key.to_string_lossy(), quote(value)));
            }
        }
        words.push(quote(&self.program));
        words.extend(self.args.iter().map(|a| quote(a)));
        words.join(" ")
    }
}

/// Quotes a word for a POSIX shell when it needs it. Control characters, which separate compiler flags in a variable, are
/// written out: `$'…'` (POSIX.1-2024; bash, zsh and ksh since long).
pub fn quote(word: &OsStr) -> String {
    let text = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    if !text.contains(|c: char| c.is_ascii_control()) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let escaped = text.chars().map(|c| match c {
        '\\' | '\'' => format!("\\{c}"),
        // Three octal digits end by themselves, whatever follows.
        c if c.is_ascii_control() => format!("\\{:03o}", u32::from(c)),
        c => c.to_string(),
    });
    format!("$'{}'", escaped.collect::<String>())
}

/// How a finished process ended, and what it printed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Output {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error; empty where it was passed through.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Ended with exit code 0.
    pub fn ok(&self) -> bool {
        self.code == Some(0)
    }

    /// Standard output as text, without the line end.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end().to_owned()
    }

    /// The last `n` lines of standard error.
    pub fn tail(&self, n: usize) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        let lines: Vec<&str> = text.trim_end().lines().collect();
        lines[lines.len().saturating_sub(n)..].join("\n")
    }
}

/// What the product may ask of the machine it runs on, files aside.
pub trait Host: Sync {
    /// An environment variable.
    fn env(&self, key: &str) -> Option<OsString>;

    /// The working directory.
    fn cwd(&self) -> PathBuf;

    /// Runs to the end, capturing standard output and error; standard input is empty.
    ///
    /// # Errors
    /// When it cannot be started.
    fn output(&self, cmd: &Cmd) -> io::Result<Output>;

    /// Runs to the end with standard error passed through; every line of standard output goes to `line`.
    ///
    /// # Errors
    /// When it cannot be started.
    fn stream(&self, cmd: &Cmd, line: &mut dyn FnMut(&str)) -> io::Result<Output>;

    /// Runs to the end with standard output and error passed through, and gives its exit code: `None` when a signal ended it.
    ///
    /// # Errors
    /// When it cannot be started.
    fn pass(&self, cmd: &Cmd) -> io::Result<Option<i32>> {
        self.output(cmd).map(|output| output.code)
    }

    /// This program.
    fn own_exe(&self) -> Option<PathBuf> {
        None
    }

    /// Finds a program as a shell would: by PATH, or as given when it holds a separator.
    fn which(&self, program: &OsStr) -> Option<PathBuf>;

    /// Whether Ctrl-C or a termination signal has come. Stages ask between steps and stop with [`interrupted`].
    fn is_interrupted(&self) -> bool {
        false
    }

    /// Whether the process may change the system without help.
    fn is_root(&self) -> bool;

    /// The time now.
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    /// Asks a question that is answered by y or n. `None` where nobody can answer: standard input or error is no
    /// terminal, or the run was interrupted.
    fn ask(&self, _question: &str) -> Option<bool> {
        None
    }

    /// Whether standard error is a terminal.
    fn is_terminal(&self) -> bool {
        false
    }
}

/// The problem that ends an interrupted run.
pub fn interrupted() -> crate::error::Problem {
    crate::error::Problem::new("interrupted", "interrupted; nothing was published")
        .exit(crate::error::Exit::Interrupted)
}

/// Fails when the run has been interrupted.
///
/// # Errors
/// [`interrupted`].
pub fn check_interrupt(host: &dyn Host) -> Result<(), crate::error::Problem> {
    if host.is_interrupted() { Err(interrupted()) } else { Ok(()) }
}

/// A path as a user would name it: relative to `base` where it lies below it.
pub fn shorten(path: &Path, base: &Path) -> String {
    path.strip_prefix(base).unwrap_or(path).display().to_string()
}

/// A path without `.` and, where that means the same, without `..`: behind a symbolic link it does not.
pub fn plain(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut result = PathBuf::new();
    for part in path.components() {
        let folder = matches!(result.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::CurDir => {}
            Component::ParentDir if folder && !result.is_symlink() => {
                result.pop();
            }
            _ => result.push(part),
        }
    }
    result
}

/// An environment variable that says something: cargo and its kin take an empty one for none.
pub fn given(host: &dyn Host, key: &str) -> Option<OsString> {
    host.env(key).filter(|value| !value.is_empty())
}

/// The cargo to call: `$CARGO`, which cargo sets for its subcommands, else `cargo`.
pub fn cargo(host: &dyn Host) -> OsString {
    given(host, "CARGO").unwrap_or_else(|| "cargo".into())
}

/// The folder of everything that is kept between runs: `$XDG_CACHE_HOME/cargo-winsvc`, else `~/.cache/cargo-winsvc`; on Windows
/// `%LOCALAPPDATA%\cargo-winsvc`.
pub fn cache_dir(host: &dyn Host) -> Option<PathBuf> {
    let absolute = |key: &str| host.env(key).map(PathBuf::from).filter(|p| p.is_absolute());
    Some(platform::cache_base(&absolute)?.join("cargo-winsvc"))
}

/// The user's own folder: `$HOME`, on Windows `%USERPROFILE%`.
pub fn home(host: &dyn Host) -> Option<PathBuf> {
    host.env(platform::HOME).map(PathBuf::from)
}

/// Cargo's folder: `$CARGO_HOME`, else `.cargo` in the user's own.
pub fn cargo_home(host: &dyn Host) -> Option<PathBuf> {
    match given(host, "CARGO_HOME") {
        Some(dir) => Some(host.cwd().join(dir)),
        None => Some(home(host)?.join(".cargo")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_shown_as_a_shell_takes_them() {
        let cmd = Cmd::new("cargo").arg("a b").arg("it's").arg("");
        assert_eq!(cmd.display(), r"cargo 'a b' 'it'\''s' ''");
        assert_eq!(cmd.clone().env("A", "x\x1fy1\\'").display(), r"A=$'x\037y1\\\'' cargo 'a b' 'it'\''s' ''");
        let cmd = Cmd::new("cargo").env("B", "1").env_remove("RUSTFLAGS");
        assert_eq!(cmd.display(), "env -u RUSTFLAGS B=1 cargo");
        assert_eq!(Cmd::new("cargo").env("CFLAGS_x-y", "1").display(), "env CFLAGS_x-y=1 cargo");
    }
}
