//! Cargo's manners: flags and variables that mean what they mean to cargo, one invocation for all binaries, standard output
//! for results alone, a plan that comes true.
//!
//! The built program, the real cargo, the real cross tools.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod support;

#[path = "manners/cargo.rs"]
mod cargo;
#[path = "manners/check.rs"]
mod check;
#[path = "manners/fresh.rs"]
mod fresh;
#[path = "manners/plan.rs"]
mod plan;
#[path = "manners/source.rs"]
mod source;
#[path = "manners/steps.rs"]
mod steps;
#[path = "manners/talk.rs"]
mod talk;
#[path = "manners/workspaces.rs"]
mod workspaces;

use std::io::Read;
use std::path::{Path, PathBuf};
use support::Sandbox;

/// The bundle of `hello` 1.2.3 for the default target.
const HELLO: &str = "hello-1.2.3-x86_64-pc-windows-gnu.zip";

/// A wrapper for `$CARGO` that logs each call as a line, and where it logs.
fn logging_cargo(sandbox: &Sandbox) -> (PathBuf, PathBuf) {
    let log = sandbox.path("cargo.log");
    let real = which::which("cargo").unwrap();
    let script = format!("echo \"$*\" >>'{}'\nexec '{}' \"$@\"", log.display(), real.display());
    (sandbox.script("my-cargo", &script), log)
}

/// The calls of `cargo build` in a log.
fn builds(log: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(log).unwrap();
    text.lines().filter(|l| l.starts_with("build ")).map(str::to_owned).collect()
}

/// Names in an archive without their top folder, sorted.
fn names(zip: &Path) -> Vec<String> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(zip).unwrap()).unwrap();
    let top = format!("{}/", zip.file_stem().unwrap().to_str().unwrap());
    let all = (0..archive.len()).map(|i| archive.by_index(i).unwrap().name().unwrap().into_owned()).collect::<Vec<_>>();
    let mut names: Vec<_> = all.iter().map(|n| n.strip_prefix(&top).unwrap().to_owned()).collect();
    names.sort();
    names
}

/// A file of an archive, named without the top folder.
fn read(zip: &Path, name: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(zip).unwrap()).unwrap();
    let top = zip.file_stem().unwrap().to_str().unwrap();
    let mut bytes = Vec::new();
    archive.by_name(&format!("{top}/{name}")).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn json(zip: &Path, name: &str) -> serde_json::Value {
    serde_json::from_slice(&read(zip, name)).unwrap()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

/// A program that holds a text for each condition that is met.
fn telling(conditions: &[(&str, &str)]) -> String {
    let lines: Vec<String> =
        conditions.iter().map(|(cfg, text)| format!("#[cfg({cfg})] println!(\"{text}\");")).collect();
    format!("#![allow(unexpected_cfgs)]\nfn main() {{ println!(\"hello\"); {} }}\n", lines.join(" "))
}
