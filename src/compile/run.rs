//! Runs the invocation.

use super::remap::{self, Remap};
use super::{Built, BuiltExe, CompilePlan, shim};
use crate::error::{Exit, Problem, Problems};
use crate::event::{Event, Sink};
use crate::host::{self, Host};
use anyhow::Context;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What we read of a `compiler-artifact` message (cargo's reference, "External tools").
#[derive(Deserialize)]
struct Artifact {
    package_id: String,
    manifest_path: PathBuf,
    target: ArtifactTarget,
    filenames: Vec<PathBuf>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct ArtifactTarget {
    kind: Vec<String>,
    name: String,
}

/// Builds, unless an earlier build is to be taken, checks that every executable is there, and copies them.
///
/// Cargo's own lines go to standard error as they come.
///
/// # Errors
/// Cargo fails (exit code 4), does not report an expected executable, or the run is interrupted.
pub fn run(host: &dyn Host, sink: &dyn Sink, plan: &CompilePlan) -> anyhow::Result<Built> {
    if plan.no_build {
        return copy(plan, &left(plan)?);
    }
    let mut plan = plan.clone();
    if let Some(args) = plan.fetch.take() {
        cargo(host, sink, &plan, &args, &mut |_| {})?;
        let registries = plan.parts.cargo_home.as_deref().map(remap::registries).unwrap_or_default();
        plan.add_remaps(registries);
    }
    let mut artifacts = build(host, sink, &plan)?;
    let uncovered = uncovered(&plan, &artifacts);
    if plan.add_remaps(uncovered.clone()) {
        remap::remember(host, &plan.parts.target_dir, &plan.target, &uncovered);
        let folders: Vec<String> = uncovered.iter().map(|r| r.from.display().to_string()).collect();
        sink.note(format!("building again so that the paths of {} stay out of the result", folders.join(", ")));
        artifacts = build(host, sink, &plan)?;
    }
    copy(&plan, &executables(&plan, &artifacts)?)
}

fn build(host: &dyn Host, sink: &dyn Sink, plan: &CompilePlan) -> anyhow::Result<Vec<Artifact>> {
    let mut artifacts = Vec::new();
    cargo(host, sink, plan, &plan.args, &mut |line| {
        // The other messages may be large, and nothing in them concerns us.
        if line.starts_with("{\"reason\":\"compiler-artifact\"")
            && let Ok(artifact) = serde_json::from_str(line)
        {
            artifacts.push(artifact);
        }
    })?;
    Ok(artifacts)
}

fn cargo(
    host: &dyn Host,
    sink: &dyn Sink,
    plan: &CompilePlan,
    args: &[String],
    line: &mut dyn FnMut(&str),
) -> anyhow::Result<()> {
    host::check_interrupt(host)?;
    for file in &plan.prepared {
        shim::write(file).with_context(|| format!("can't write `{}`", file.path.display()))?;
    }
    let cmd = plan.cargo(args);
    sink.emit(Event::Running { command: cmd.display(), verbose: true });
    let result = host.stream(&cmd, line);
    host::check_interrupt(host)?;
    let output = result.map_err(|error| {
        Problem::new("no-cargo", format!("can't run `{}`: {error}", plan.program))
            .fix("install Rust (https://rustup.rs) or set CARGO to the path of cargo")
            .exit(Exit::ToolMissing)
    })?;
    if output.ok() {
        return Ok(());
    }
    let how = output.code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
    let what = args.first().map_or("build", String::as_str);
    // Without the environment, which is long and says nothing about the mistake (`-v` and `plan` show it).
    let command = host::Cmd { env: Vec::new(), ..cmd }.display();
    Err(Problem::new("cargo-failed", format!("`cargo {what}` for {} ended with {how}", plan.target))
        .fix(format!("see what cargo said above; it ran as: {command}"))
        .exit(Exit::Build)
        .into())
}

/// Sources that no mapping covers: path dependencies outside the workspace, registries unpacked only now.
fn uncovered(plan: &CompilePlan, artifacts: &[Artifact]) -> Vec<Remap> {
    let mut found: Vec<Remap> = Vec::new();
    for artifact in artifacts {
        // What is built for this machine (build scripts, macros and their dependencies) does not get into the result.
        let for_target = |f: &PathBuf| f.components().any(|c| c.as_os_str() == plan.target.as_str());
        let Some(dir) = artifact.manifest_path.parent() else { continue };
        if artifact.filenames.iter().any(for_target) && !plan.remaps.iter().any(|r| dir.starts_with(&r.from)) {
            let remap = remap::for_package(dir, plan.parts.cargo_home.as_deref());
            if !found.contains(&remap) {
                found.push(remap);
            }
        }
    }
    found
}

/// The path of each expected executable: of that package, of kind `bin`. Examples bear the same names.
fn executables(plan: &CompilePlan, artifacts: &[Artifact]) -> Result<Vec<PathBuf>, Problems> {
    let mut reported: BTreeMap<(&str, &str), &Path> = BTreeMap::new();
    for artifact in artifacts {
        if artifact.target.kind.iter().any(|kind| kind == "bin")
            && let Some(path) = &artifact.executable
        {
            reported.insert((&artifact.package_id, &artifact.target.name), path);
        }
    }
    let mut problems = Vec::new();
    let mut paths = Vec::new();
    for expected in &plan.expected {
        match reported.get(&(expected.package_id.as_str(), expected.bin.bin.as_str())) {
            Some(path) if path.is_file() => paths.push(path.to_path_buf()),
            found => {
                let how = match found {
                    Some(path) => format!("cargo reported `{}`, which is not there", path.display()),
                    None => {
                        format!("cargo built no binary `{}` of package `{}`", expected.bin.bin, expected.bin.package)
                    }
                };
                let problem = Problem::new("no-executable", how)
                    .fix("see that nothing after `--` chooses other targets than --bin does")
                    .exit(Exit::Build);
                problems.push(problem);
            }
        }
    }
    Problems::check(problems).map(|()| paths)
}

/// The path of each expected executable as an earlier build left it.
///
/// Source: the cargo book, "Build cache": `TARGET_DIR/TRIPLE/PROFILE`, with `debug` for `dev` and `test` and `release` for `bench`.
fn left(plan: &CompilePlan) -> Result<Vec<PathBuf>, Problems> {
    let profile = match plan.parts.profile.as_str() {
        "dev" | "test" => "debug",
        "bench" => "release",
        other => other,
    };
    let dir = plan.parts.target_dir.join(&plan.target).join(profile);
    let paths = plan.expected.iter().map(|expected| dir.join(expected.bin.exe()));
    let (there, missing): (Vec<_>, Vec<_>) = paths.partition(|path| path.is_file());
    let problem = |path: &PathBuf| {
        Problem::new(
            "no-executable",
            format!("`{}` is not there, and --no-build builds nothing", host::plain(path).display()),
        )
        .fix("leave --no-build out")
        .exit(Exit::Build)
    };
    Problems::check(missing.iter().map(problem).collect()).map(|()| there)
}

fn copy(plan: &CompilePlan, paths: &[PathBuf]) -> anyhow::Result<Built> {
    let dir = &plan.staging;
    std::fs::create_dir_all(dir).with_context(|| format!("can't create `{}`", dir.display()))?;
    let mut exes = Vec::new();
    for (expected, from) in plan.expected.iter().zip(paths) {
        let to = dir.join(expected.bin.exe());
        // Shares the blocks where the file system can, and never the file.
        std::fs::copy(from, &to).with_context(|| format!("can't copy `{}` to `{}`", from.display(), to.display()))?;
        exes.push(BuiltExe { bin: expected.bin.clone(), path: to, origin: from.clone() });
    }
    Ok(Built { exes })
}
