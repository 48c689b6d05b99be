//! PowerShell's engine, on Linux and in a machine, started once for many cases: `tests/powershell/host.cs` serves them.
//!
//! The engine is whatever the variables of [`LINUX`] and [`WINE`] name; docs/testing.md tells how one is had. Where there is none,
//! the tests that need it say so on standard error, past the test harness, and are not run.

use super::files::target_tmp;
use super::wine::Machine;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Names the program that plays `pwsh` on Linux; without it, `pwsh` on the PATH.
pub const LINUX: &str = "WINSVC_TEST_PWSH";
/// Names the program for Windows (a path on Linux) that plays it in Wine.
pub const WINE: &str = "WINSVC_TEST_PWSH_WINE";
/// When set, a test that lacks an engine fails.
pub const REQUIRED: &str = "WINSVC_TEST_PWSH_REQUIRED";

/// Longest time of a start, compiling of the host included.
const START: Duration = Duration::from_secs(120);
/// Longest time of a job that names none.
const LIMIT: Duration = Duration::from_secs(180);

/// Jobs of one process. Each leaves some megabytes behind that the engine never frees.
const JOBS: usize = 150;

/// One script to run, in a runspace of its own.
#[derive(Clone, Debug)]
pub struct Job(Map<String, Value>);

impl Job {
    /// A script file, by the path that the engine sees.
    pub fn script(path: impl AsRef<Path>) -> Self {
        Self::of("script", path.as_ref().to_str().unwrap())
    }

    /// A piece of PowerShell.
    pub fn text(text: &str) -> Self {
        Self::of("text", text)
    }

    fn of(key: &str, value: &str) -> Self {
        Job(Map::from_iter([(key.to_owned(), value.into())])).limit(LIMIT)
    }

    fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    fn insert(mut self, key: &str, name: &str, value: Value) -> Self {
        let map = self.0.entry(key).or_insert_with(|| json!({}));
        map.as_object_mut().unwrap().insert(name.to_owned(), value);
        self
    }

    fn push(mut self, key: &str, value: Value) -> Self {
        self.0.entry(key).or_insert_with(|| json!([])).as_array_mut().unwrap().push(value);
        self
    }

    /// A parameter, handed over as the value that it is: nothing is quoted or split. Objects become hashtables, but for
    /// `{"$ps": "expression"}`, which PowerShell evaluates: `[pscredential]::new(…)`.
    pub fn parameter(self, name: &str, value: impl Into<Value>) -> Self {
        self.insert("parameters", name, value.into())
    }

    /// A switch parameter.
    pub fn switch(self, name: &str) -> Self {
        self.parameter(name, true)
    }

    /// A parameter by position.
    pub fn argument(self, value: impl Into<Value>) -> Self {
        self.push("arguments", value.into())
    }

    /// A variable of the environment, while the job runs.
    pub fn env(self, name: &str, value: &str) -> Self {
        self.insert("environment", name, value.into())
    }

    /// A module that is there before the script begins: a path or a name.
    pub fn module(self, module: &str) -> Self {
        self.push("modules", module.into())
    }

    /// A piece of PowerShell that runs in the same runspace before: functions in it hide cmdlets from the script.
    pub fn before(self, text: &str) -> Self {
        self.set("before", text)
    }

    /// The folder that it runs in.
    pub fn folder(self, path: &str) -> Self {
        self.set("folder", path)
    }

    /// `ConstrainedLanguage` and its like.
    pub fn language(self, mode: &str) -> Self {
        self.set("language", mode)
    }

    /// The answer to the next question, by its place in what is offered. A question without answer is an error.
    pub fn choice(self, number: usize) -> Self {
        self.push("choices", number.into())
    }

    /// How deep objects of the output are written out; 3 without this.
    pub fn depth(self, depth: u32) -> Self {
        self.set("depth", depth)
    }

    /// Longest time; then the script is stopped, [`Outcome::timed_out`].
    pub fn limit(self, limit: Duration) -> Self {
        self.set("limit", u64::try_from(limit.as_millis()).unwrap())
    }

    fn time(&self) -> Duration {
        Duration::from_millis(self.0["limit"].as_u64().unwrap())
    }
}

/// An error as PowerShell records it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Failure {
    pub message: String,
    /// FullyQualifiedErrorId.
    pub id: String,
    pub category: String,
    /// Type of the exception.
    pub exception: Option<String>,
    pub script: Option<String>,
    pub line: u32,
    /// The calls that led there.
    pub trace: Option<String>,
}

/// How a job ended.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// What the script said by `exit`; else 0, or 1 when it did not come to its end.
    pub exit: i32,
    pub timed_out: bool,
    /// The objects of the output, by ConvertTo-Json.
    pub output: Vec<Value>,
    /// The error stream.
    pub errors: Vec<Failure>,
    /// The error that ended the script.
    pub terminating: Option<Failure>,
    pub warnings: Vec<String>,
    pub verbose: Vec<String>,
    pub debug: Vec<String>,
    pub information: Vec<String>,
    /// What was written to the host, for people: -WhatIf, Write-Host, questions.
    pub host: String,
    pub milliseconds: u64,
}

impl Outcome {
    /// Panics with all that was said unless the exit code is 0 and nothing was thrown.
    #[track_caller]
    pub fn success(self) -> Self {
        assert!(self.exit == 0 && self.terminating.is_none(), "{self:#?}");
        self
    }
}

/// An error that PowerShell's parser found.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct ParseError {
    pub line: u32,
    pub column: u32,
    pub id: String,
    pub message: String,
}

/// A script, as PowerShell's parser sees it.
#[derive(Clone, Debug, Deserialize)]
pub struct Parsed {
    pub errors: Vec<ParseError>,
    /// Names of all commands that it calls, sorted, each once.
    pub commands: Vec<String>,
    /// Names of all types that it names.
    pub types: Vec<String>,
    /// Names of its parameters.
    pub parameters: Vec<String>,
    /// Its comment help: synopsis, description, outputs, examples, parameters (in capitals).
    pub help: Value,
}

/// A process that runs jobs, one after the other. One that died or hung is started again by the next job.
pub struct PowerShell<'a> {
    command: Box<dyn Fn() -> Command + Send + 'a>,
    /// As the engine sees it.
    files: fn(&Path) -> String,
    key: String,
    running: Option<Running>,
}

struct Running {
    child: Child,
    stream: BufReader<TcpStream>,
    log: tempfile::NamedTempFile,
    version: String,
    jobs: usize,
}

impl PowerShell<'static> {
    /// The engine on Linux, one for all tests of a test file; `None` where there is none.
    pub fn on_linux() -> Option<MutexGuard<'static, PowerShell<'static>>> {
        static SHARED: OnceLock<Option<Mutex<PowerShell<'static>>>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| {
            let program = std::env::var_os(LINUX).map(PathBuf::from).or_else(|| which::which("pwsh").ok())?;
            let key = program.display().to_string();
            let command = Box::new(move || {
                let mut command = Command::new(&program);
                command.env("POWERSHELL_TELEMETRY_OPTOUT", "1");
                command
            });
            let files = |path: &Path| path.to_str().unwrap().to_owned();
            Some(Mutex::new(PowerShell { command, files, key, running: None }))
        });
        let Some(shared) = shared else {
            not_run(LINUX);
            return None;
        };
        Some(shared.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<'a> PowerShell<'a> {
    /// Whether there is an engine for Wine. When not, says that the test is not run, before it boots a machine in vain.
    pub fn is_in_wine() -> bool {
        let there = std::env::var_os(WINE).is_some();
        if !there {
            not_run(WINE);
        }
        there
    }

    /// The engine in a machine. It has started when this returns, so that what it writes at its start is part of the state before.
    pub fn in_machine(machine: &'a Machine) -> Self {
        let program = std::env::var(WINE).unwrap_or_else(|_| panic!("{WINE} names no program"));
        let files = |path: &Path| format!("Z:{}", path.to_str().unwrap().replace('/', r"\"));
        let windows = files(Path::new(&program));
        let command = Box::new(move || machine.command(&windows));
        let mut shell = PowerShell { command, files, key: program, running: None };
        shell.run(&Job::text("1 + 1")).success();
        shell
    }

    /// Version of the engine, such as `7.0.0`.
    pub fn version(&mut self) -> String {
        self.running().version.clone()
    }

    /// Runs a job to its end.
    #[track_caller]
    pub fn run(&mut self, job: &Job) -> Outcome {
        self.try_run(job).unwrap_or_else(|| panic!("the process ended during {job:?}"))
    }

    /// Runs a job; `None` when the process ended before it: `[Environment]::Exit(1)` is a killed script.
    #[track_caller]
    pub fn try_run(&mut self, job: &Job) -> Option<Outcome> {
        let answer = self.ask(&Value::Object(job.0.clone()), job.time() + Duration::from_secs(15))?;
        Some(serde_json::from_value(answer).unwrap())
    }

    /// Has PowerShell's own parser read files.
    #[track_caller]
    pub fn parse(&mut self, files: &[PathBuf]) -> Vec<Parsed> {
        let files: Vec<String> = files.iter().map(|f| (self.files)(f)).collect();
        let answer = self.ask(&json!({ "parse": files }), LIMIT).expect("the process lives on");
        serde_json::from_value(answer["files"].clone()).unwrap()
    }

    #[track_caller]
    fn ask(&mut self, request: &Value, limit: Duration) -> Option<Value> {
        let running = self.running();
        running.stream.get_ref().set_read_timeout(Some(limit)).unwrap();
        let mut line = format!("{request}\n");
        let sent = running.stream.get_mut().write_all(line.as_bytes());
        line.clear();
        let read = sent.and_then(|()| running.stream.read_line(&mut line));
        if line.ends_with('\n') {
            let answer: Value = serde_json::from_str(&line).unwrap();
            if let Some(why) = answer.get("broken") {
                panic!("{request}: {}", why.as_str().unwrap());
            }
            return Some(answer);
        }
        let hung =
            read.is_err_and(|e| matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut));
        let said = self.running.take().map(|r| fs::read_to_string(r.log.path()).unwrap_or_default());
        assert!(!hung, "no answer within {limit:?} to {request}\n{}", said.unwrap_or_default());
        None
    }

    fn running(&mut self) -> &mut Running {
        self.running.take_if(|running| running.jobs >= JOBS);
        if self.running.is_none() {
            self.running = Some(self.start());
        }
        let running = self.running.as_mut().unwrap();
        running.jobs += 1;
        running
    }

    fn start(&self) -> Running {
        let folder = super::repo().join("tests/powershell");
        let source = folder.join("host.cs");
        // Compiled once for each engine.
        let hash = Sha256::new().chain_update(fs::read(&source).unwrap()).chain_update(&self.key).finalize();
        let name: String = hash.iter().take(8).map(|b| format!("{b:02x}")).collect();
        let assembly = target_tmp("powershell").join(format!("host-{name}.dll"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let log = tempfile::NamedTempFile::new().unwrap();
        let append = || File::options().append(true).open(log.path()).unwrap();
        let mut command = (self.command)();
        command.args(["-NoProfile", "-NonInteractive", "-File", &(self.files)(&folder.join("serve.ps1"))]);
        command.args(["-Source", &(self.files)(&source), "-Assembly", &(self.files)(&assembly), "-Port", &port]);
        let child = command.stdin(Stdio::null()).stdout(append()).stderr(append()).spawn();
        let mut child = child.unwrap_or_else(|e| panic!("{}: {e}", self.key));
        listener.set_nonblocking(true).unwrap();
        let begin = Instant::now();
        let stream = loop {
            if let Ok((stream, _)) = listener.accept() {
                break stream;
            }
            let ended = child.try_wait().unwrap();
            if ended.is_some() || begin.elapsed() > START {
                let _ = child.kill();
                let said = fs::read_to_string(log.path()).unwrap_or_default();
                panic!("{} does not serve ({ended:?}, {:?})\n{said}", self.key, begin.elapsed());
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        stream.set_nonblocking(false).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(START)).unwrap();
        let mut stream = BufReader::new(stream);
        let mut greeting = String::new();
        stream.read_line(&mut greeting).unwrap();
        let greeting: Value = serde_json::from_str(&greeting).unwrap();
        Running { child, stream, log, version: greeting["version"].as_str().unwrap().to_owned(), jobs: 0 }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says once, where nobody captures it, that the current test is not run; fails where an engine is required.
fn not_run(variable: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    if !SAID.lock().unwrap().insert(test.to_owned()) {
        return;
    }
    let why = format!("NOT RUN: {test}: no PowerShell, {variable} names none (docs/testing.md tells how to have one)");
    assert!(std::env::var_os(REQUIRED).is_none(), "{why}");
    let _ = writeln!(std::io::stderr(), "{why}");
}
