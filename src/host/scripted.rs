//! A host for tests: answers by script, records what was run. Files are real ones; only processes, environment and
//! signals are played.

use super::{Cmd, Host, Output};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a scripted command does: it sees the command, may touch files, and gives what the process would give.
pub type Play = Box<dyn Fn(&Cmd) -> Output + Send + Sync>;

/// A host that runs nothing. A command that no rule fits fails to start, as one that is not installed does.
#[derive(Default)]
pub struct ScriptedHost {
    env: BTreeMap<String, OsString>,
    cwd: PathBuf,
    programs: Mutex<BTreeMap<OsString, PathBuf>>,
    rules: Vec<(String, Play)>,
    log: Mutex<Vec<Cmd>>,
    interrupted: AtomicBool,
    root: bool,
    answer: Option<bool>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ScriptedHost {
    /// A machine without any program, standing in `cwd`.
    pub fn new(cwd: impl Into<PathBuf>) -> Self {
        ScriptedHost { cwd: cwd.into(), ..ScriptedHost::default() }
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn with_env(mut self, key: &str, value: impl Into<OsString>) -> Self {
        self.env.insert(key.to_owned(), value.into());
        self
    }

    /// Puts a program on PATH; `which` then finds it there.
    #[must_use]
    pub fn with_program(self, name: &str, path: impl Into<PathBuf>) -> Self {
        self.install(name, path);
        self
    }

    /// Takes a program from PATH.
    #[must_use]
    pub fn without_program(self, name: &str) -> Self {
        locked(&self.programs).remove(OsStr::new(name));
        self
    }

    /// Puts a program on PATH while the script runs, as an installer would.
    pub fn install(&self, name: &str, path: impl Into<PathBuf>) {
        locked(&self.programs).insert(name.into(), path.into());
    }

    /// Every command whose line (`program args…`, without environment) begins with `prefix` answers by `play`. The rule
    /// given last wins, so that a test can refine a common set-up.
    #[must_use]
    pub fn on(mut self, prefix: &str, play: impl Fn(&Cmd) -> Output + Send + Sync + 'static) -> Self {
        self.rules.push((prefix.to_owned(), Box::new(play)));
        self
    }

    /// As [`ScriptedHost::on`], with exit code 0 and this standard output.
    #[must_use]
    pub fn says(self, prefix: &str, stdout: &str) -> Self {
        let stdout = stdout.as_bytes().to_vec();
        self.on(prefix, move |_| Output { code: Some(0), stdout: stdout.clone(), stderr: Vec::new() })
    }

    /// As [`ScriptedHost::on`], with this exit code and standard error.
    #[must_use]
    pub fn fails(self, prefix: &str, code: i32, stderr: &str) -> Self {
        let stderr = stderr.as_bytes().to_vec();
        self.on(prefix, move |_| Output { code: Some(code), stdout: Vec::new(), stderr: stderr.clone() })
    }

    /// The process is root's.
    #[must_use]
    pub fn as_root(mut self) -> Self {
        self.root = true;
        self
    }

    /// Somebody sits at the terminal and answers every question so.
    #[must_use]
    pub fn answering(mut self, yes: bool) -> Self {
        self.answer = Some(yes);
        self
    }

    /// Ctrl-C.
    pub fn interrupt(&self) {
        self.interrupted.store(true, Ordering::SeqCst);
    }

    /// All commands so far, in the order in which they started.
    pub fn commands(&self) -> Vec<Cmd> {
        locked(&self.log).clone()
    }

    /// The lines of all commands so far, without environment.
    pub fn lines(&self) -> Vec<String> {
        self.commands().iter().map(line).collect()
    }
}

/// `program args…`.
fn line(cmd: &Cmd) -> String {
    Cmd { env: Vec::new(), ..cmd.clone() }.display()
}

impl Host for ScriptedHost {
    fn env(&self, key: &str) -> Option<OsString> {
        self.env.get(key).cloned()
    }

    fn cwd(&self) -> PathBuf {
        self.cwd.clone()
    }

    fn output(&self, cmd: &Cmd) -> io::Result<Output> {
        if self.is_interrupted() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        locked(&self.log).push(cmd.clone());
        let line = line(cmd);
        match self.rules.iter().rev().find(|(prefix, _)| line.starts_with(prefix)) {
            Some((_, play)) => Ok(play(cmd)),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn stream(&self, cmd: &Cmd, each: &mut dyn FnMut(&str)) -> io::Result<Output> {
        let output = self.output(cmd)?;
        String::from_utf8_lossy(&output.stdout).lines().for_each(each);
        Ok(Output { code: output.code, ..Output::default() })
    }

    fn own_exe(&self) -> Option<PathBuf> {
        Some("/opt/cargo-winsvc".into())
    }

    fn which(&self, program: &OsStr) -> Option<PathBuf> {
        if Path::new(program).components().count() > 1 {
            let path = PathBuf::from(program);
            return locked(&self.programs).values().any(|p| *p == path).then_some(path);
        }
        locked(&self.programs).get(program).cloned()
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }

    fn is_root(&self) -> bool {
        self.root
    }

    fn ask(&self, _question: &str) -> Option<bool> {
        self.answer
    }
}

impl std::fmt::Debug for ScriptedHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptedHost").field("ran", &self.lines()).finish_non_exhaustive()
    }
}
