//! Ctrl-C, termination, death in the middle, and two runs at once. A build script that sleeps makes the time for it.

use crate::support::{MAIN, Ran, Sandbox, State, difference, hello_toml, wait_for};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(60);

/// Says who it is and who called it in the file that MARKER names, and sleeps; does nothing without MARKER.
const BUILD: &str = "fn main() {
    println!(\"cargo:rerun-if-env-changed=MARKER\");
    let Some(marker) = std::env::var_os(\"MARKER\") else { return };
    let text = format!(\"{} {}\", std::process::id(), std::os::unix::process::parent_id());
    std::fs::write(format!(\"{}.new\", marker.display()), text).unwrap();
    std::fs::rename(format!(\"{}.new\", marker.display()), marker).unwrap();
    let seconds = std::env::var(\"SECONDS\").unwrap().parse().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(seconds));
}
";

const PACKAGE: [&str; 5] = ["package", "--profile", "dev", "-o", "../output"];

fn sandbox() -> Sandbox {
    Sandbox::new(&[("Cargo.toml", &hello_toml("")), ("src/main.rs", MAIN), ("build.rs", BUILD)])
}

/// A run that stands in its build script.
struct Standing {
    child: Child,
    build_script: i32,
    cargo: i32,
}

impl Standing {
    /// Starts one, in a process group of its own as a shell starts it, and waits until cargo runs the build script.
    fn start(sandbox: &Sandbox, seconds: u32) -> Self {
        let marker = sandbox.path("marker");
        let _ = fs::remove_file(&marker);
        let mut command = sandbox.command(&PACKAGE);
        command.env("MARKER", &marker).env("SECONDS", seconds.to_string()).process_group(0);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for("the build script", LONG, || marker.exists());
        let text = fs::read_to_string(&marker).unwrap();
        let (build_script, cargo) = text.split_once(' ').unwrap();
        Standing { child, build_script: build_script.parse().unwrap(), cargo: cargo.parse().unwrap() }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits for its end.
    fn end(mut self) -> Ran {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let code = self.child.wait().unwrap().code();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        Ran { code, stdout, stderr }
    }
}

/// Whether a process works. One that has ended and that nobody has asked for does not.
fn works(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}

/// What is in the output folder, hidden files too.
fn output(sandbox: &Sandbox) -> Vec<String> {
    let Ok(entries) = fs::read_dir(sandbox.path("output")) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

const RESULT: [&str; 6] = [
    "SHA256SUMS",
    "hello-1.2.3-x86_64-pc-windows-gnu-symbols.zip",
    "hello-1.2.3-x86_64-pc-windows-gnu-symbols.zip.sha256",
    "hello-1.2.3-x86_64-pc-windows-gnu.zip",
    "hello-1.2.3-x86_64-pc-windows-gnu.zip.sha256",
    "winsvc-manifest.json",
];

/// The whole result, one that `verify` takes, and nothing else.
fn is_complete(sandbox: &Sandbox) {
    assert_eq!(output(sandbox), RESULT);
    sandbox.run(&["verify", sandbox.path("output").to_str().unwrap()]).success();
}

/// The sandbox without cargo's things and the marker.
fn photo(sandbox: &Sandbox) -> State {
    let mut state = sandbox.photo_without_cargo();
    state.0.remove("marker");
    state
}

fn interrupted_by(signal: Signal, to_group: bool) {
    let sandbox = sandbox();
    let before = photo(&sandbox);
    let run = Standing::start(&sandbox, 120);
    assert!(output(&sandbox).iter().any(|n| n.starts_with(".winsvc-stage")), "it stages there: {:?}", output(&sandbox));
    let (build_script, cargo) = (run.build_script, run.cargo);
    assert!(works(build_script) && works(cargo));
    if to_group {
        kill_process_group(run.pid(), signal).unwrap();
    } else {
        kill_process(run.pid(), signal).unwrap();
    }
    let asked = Instant::now();
    let ran = run.end();
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    assert_eq!(ran.code, Some(130), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("error[interrupted]: interrupted; nothing was published\n"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    wait_for("the end of cargo and the build script", Duration::from_secs(10), || {
        !works(build_script) && !works(cargo)
    });
    assert_eq!(difference(&before, &photo(&sandbox)), Vec::<String>::new());
    // Nothing is in the way of the next one.
    sandbox.run(&PACKAGE).success();
    is_complete(&sandbox);
}

#[test]
fn ctrl_c() {
    interrupted_by(Signal::INT, false);
}

#[test]
fn ctrl_c_as_a_terminal_sends_it() {
    interrupted_by(Signal::INT, true);
}

#[test]
fn termination() {
    interrupted_by(Signal::TERM, false);
}

#[test]
fn termination_of_the_group() {
    interrupted_by(Signal::TERM, true);
}

#[test]
fn ctrl_c_while_waiting_for_another_run() {
    let sandbox = sandbox();
    fs::create_dir(sandbox.path("output")).unwrap();
    let lock = File::create(sandbox.path("output/.winsvc-lock")).unwrap();
    lock.lock().unwrap();
    let before = photo(&sandbox);
    let log = sandbox.path("log");
    let mut command = sandbox.command(&PACKAGE);
    let mut child = command.stderr(File::create(&log).unwrap()).stdout(Stdio::null()).spawn().unwrap();
    wait_for("the wait", LONG, || fs::read_to_string(&log).unwrap().contains("waiting for another run"));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    fs::remove_file(log).unwrap();
    assert_eq!(difference(&before, &photo(&sandbox)), Vec::<String>::new());
}

#[test]
fn two_runs_at_once_on_one_output() {
    let sandbox = sandbox();
    let first = Standing::start(&sandbox, 2);
    let second = sandbox.run(&PACKAGE);
    let first = first.end().success();
    let second = second.success();
    assert!(second.stderr.contains("waiting for another run (process "), "{}", second.stderr);
    assert!(!first.stderr.contains("waiting"), "{}", first.stderr);
    assert_eq!(first.stdout, second.stdout);
    is_complete(&sandbox);
}

/// Kills it, and then its cargo, which leads a process group of its own and which nobody is left to tell.
fn kill(run: Standing) {
    kill_process(run.pid(), Signal::KILL).unwrap();
    wait_for("its end", LONG, || !works(run.pid().as_raw_nonzero().get()));
    kill_process_group(Pid::from_raw(run.cargo).unwrap(), Signal::KILL).unwrap();
    assert_eq!(run.end().code, None);
}

#[test]
fn killed_in_the_middle() {
    let sandbox = sandbox();
    kill(Standing::start(&sandbox, 120));
    let left = output(&sandbox);
    assert!(left.iter().any(|n| n.starts_with(".winsvc-stage")), "{left:?}");
    assert!(!left.iter().any(|n| n.ends_with(".zip")), "{left:?}");
    sandbox.run(&PACKAGE).success();
    is_complete(&sandbox);
}

#[test]
fn killed_in_the_middle_of_an_update() {
    let sandbox = sandbox();
    sandbox.run(&PACKAGE).success();
    let zip = fs::read(sandbox.path("output").join(RESULT[3])).unwrap();
    kill(Standing::start(&sandbox, 120));
    // The former result is there, whole.
    let visible: Vec<_> = output(&sandbox).into_iter().filter(|n| !n.starts_with('.')).collect();
    assert_eq!(visible, RESULT);
    assert_eq!(fs::read(sandbox.path("output").join(RESULT[3])).unwrap(), zip);
    sandbox.run(&PACKAGE).success();
    is_complete(&sandbox);
}
