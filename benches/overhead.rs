//! What `cargo winsvc package` costs beyond the cargo build inside it, when nothing has changed.
//!
//! Runs the very cargo command that `plan --json` shows, and the whole `package`, in turn, on the example service; prints the medians
//! and their difference. Needs what `package` needs (`cargo winsvc doctor`).
//!
//! ```console
//! $ cargo bench --bench overhead
//! ```

#![allow(clippy::expect_used, clippy::print_stdout)] // A benchmark talks, and stops when it can't run.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 21;

fn main() {
    // `cargo test --benches` only wants to know that it builds and starts.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/acme-agent/Cargo.toml");
    let package = |command: &str, last: &[&str]| {
        let mut cmd = Command::new(env!("CARGO_BIN_EXE_cargo-winsvc"));
        cmd.args(["winsvc", command, "--quiet", "--target", "x86_64-pc-windows-gnu", "--manifest-path"]);
        cmd.arg(&manifest).args(last);
        cmd
    };
    timed(&mut package("package", &[]));
    let plan = package("plan", &["--json"]).output().expect("plan runs");
    let plan: serde_json::Value = serde_json::from_slice(&plan.stdout).expect("plan prints JSON");
    let mut whole = Vec::new();
    let mut cargo = Vec::new();
    for _ in 0..RUNS {
        cargo.push(timed(&mut build(&plan["targets"][0]["run"][0])));
        whole.push(timed(&mut package("package", &[])));
    }
    let (whole, cargo) = (median(whole), median(cargo));
    println!("package          {:7.1} ms", whole.as_secs_f64() * 1e3);
    println!("cargo inside it  {:7.1} ms", cargo.as_secs_f64() * 1e3);
    println!("own overhead     {:7.1} ms (target: at most 50)", (whole.as_secs_f64() - cargo.as_secs_f64()) * 1e3);
}

/// A command of the plan.
fn build(run: &serde_json::Value) -> Command {
    let words: Vec<&str> = run["argv"].as_array().expect("argv").iter().filter_map(|w| w.as_str()).collect();
    let mut cmd = Command::new(words[0]);
    cmd.args(&words[1..]).current_dir(run["cwd"].as_str().expect("cwd"));
    for pair in run["env"].as_array().expect("env") {
        let key = pair[0].as_str().expect("key");
        match pair[1].as_str() {
            Some(value) => cmd.env(key, value),
            None => cmd.env_remove(key),
        };
    }
    cmd
}

fn timed(cmd: &mut Command) -> Duration {
    let begin = Instant::now();
    let status = cmd.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("starts");
    assert!(status.success(), "{cmd:?} ended with {status}");
    begin.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
