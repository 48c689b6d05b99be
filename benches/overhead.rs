//! What `cargo winsvc package` costs beyond the cargo build inside it, when nothing has changed.
//!
//! Runs the cargo command that `plan --json` shows, and `package`, in turn, on the example service: each process alone, and both as
//! a user would type them; prints the medians. Needs what `package` needs (`cargo winsvc doctor`).
//!
//! ```console
//! $ cargo bench --bench overhead
//! ```

#![allow(clippy::expect_used, clippy::print_stdout)] // A benchmark talks, and stops when it can't run.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const RUNS: usize = 21;

fn main() {
    // `cargo test --benches` only wants to know that it builds and starts.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/acme-agent/Cargo.toml");
    let folder = Path::new(env!("CARGO_BIN_EXE_cargo-winsvc")).parent().expect("a folder");
    let others = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([folder.to_owned()].into_iter().chain(std::env::split_paths(&others)));
    let path = path.expect("folders without colons");
    // Cargo sets it for whom it starts: the cargo itself, without rustup's proxy before it.
    let cargo = std::env::var_os("CARGO").expect("run it by `cargo bench`");
    let add = |mut cmd: Command, command: &str, last: &[&str]| {
        cmd.args(["winsvc", command, "--quiet", "--target", "x86_64-pc-windows-gnu", "--manifest-path"]);
        cmd.arg(&manifest).args(last);
        cmd
    };
    let ours = |command: &str, last: &[&str]| {
        let mut cmd = Command::new(env!("CARGO_BIN_EXE_cargo-winsvc"));
        cmd.env("CARGO", &cargo);
        add(cmd, command, last)
    };
    let typed = |command: &str| {
        let mut cmd = Command::new("cargo");
        cmd.env("PATH", &path).env_remove("CARGO");
        add(cmd, command, &[])
    };
    timed(&mut ours("package", &[]));
    timed(&mut typed("package"));
    let plan = ours("plan", &["--json"]).output().expect("plan runs");
    let plan: serde_json::Value = serde_json::from_slice(&plan.stdout).expect("plan prints JSON");
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let build = &plan["targets"][0]["run"][0];
        let cargo = timed(&mut self::build(build, build["argv"][0].as_str().expect("cargo")));
        let ours = timed(&mut ours("package", &[]));
        let typed_build = timed(&mut self::build(build, "cargo"));
        runs.push([ours, cargo, timed(&mut typed("package")), typed_build]);
    }
    let millis = |of: &dyn Fn(&[f64; 4]) -> f64| median(runs.iter().map(of).collect()) * 1e3;
    println!("package             {:7.1} ms", millis(&|run| run[0]));
    println!("cargo build         {:7.1} ms", millis(&|run| run[1]));
    println!("own overhead        {:7.1} ms (target: at most 50)", millis(&|run| run[0] - run[1]));
    println!("As typed, through rustup's proxy and cargo's search for its subcommand:");
    println!("cargo winsvc package {:6.1} ms", millis(&|run| run[2]));
    println!("cargo build          {:6.1} ms", millis(&|run| run[3]));
}

/// A command of the plan.
fn build(run: &serde_json::Value, cargo: &str) -> Command {
    let words: Vec<&str> = run["argv"].as_array().expect("argv").iter().filter_map(|w| w.as_str()).collect();
    let mut cmd = Command::new(cargo);
    cmd.args(&words[1..]).env_remove("CARGO").current_dir(run["cwd"].as_str().expect("cwd"));
    for pair in run["env"].as_array().expect("env") {
        let key = pair[0].as_str().expect("key");
        match pair[1].as_str() {
            Some(value) => cmd.env(key, value),
            None => cmd.env_remove(key),
        };
    }
    cmd
}

fn timed(cmd: &mut Command) -> f64 {
    let begin = Instant::now();
    let status = cmd.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("starts");
    assert!(status.success(), "{cmd:?} ended with {status}");
    begin.elapsed().as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
