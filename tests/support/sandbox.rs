//! A project with an output folder, a home, a cache and a folder for temporary files, all below one folder that can be
//! photographed: what a run leaves anywhere is seen.

use super::files::target_tmp;
use super::state::{State, difference};
use super::winsvc::Ran;
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A `main` that needs no crate.
pub const MAIN: &str = "fn main() { println!(\"hello\"); }\n";

/// The folder, and the variables that a run sees besides the machine's own.
pub struct Sandbox {
    folder: tempfile::TempDir,
    project: PathBuf,
    env: Vec<(String, String)>,
}

impl Sandbox {
    /// A project of the given files.
    pub fn new(files: &[(&str, &str)]) -> Self {
        Self::named("project", files)
    }

    /// A project in a folder of that name.
    pub fn named(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join(name);
        let sandbox = Sandbox { folder, project, env: Vec::new() };
        for dir in ["home", "tmp", "cache/cargo-winsvc"] {
            fs::create_dir_all(sandbox.path(dir)).unwrap();
        }
        // What was built or chosen once for this machine's compiler; nothing else of the machine's cache.
        for kept in ["sysroots", "choices"] {
            let real = machine_cache().join(kept);
            if real.exists() {
                std::os::unix::fs::symlink(real, sandbox.path("cache/cargo-winsvc").join(kept)).unwrap();
            }
        }
        fs::create_dir_all(&sandbox.project).unwrap();
        for (path, text) in files {
            sandbox.write(path, text);
        }
        sandbox
    }

    /// The package `hello` 1.2.3 with a program, and `more` at the end of its Cargo.toml.
    pub fn hello(more: &str) -> Self {
        Self::new(&[("Cargo.toml", &hello_toml(more)), ("src/main.rs", MAIN)])
    }

    /// Sets a variable for all runs.
    pub fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((key.to_owned(), value.as_ref().to_str().unwrap().to_owned()));
        self
    }

    /// The project's folder, where runs start.
    pub fn project(&self) -> &Path {
        &self.project
    }

    /// A place beside the project.
    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Where the results go by default.
    pub fn output(&self) -> PathBuf {
        self.project.join("target/winsvc")
    }

    /// Writes a file of the project.
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.project.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// An executable script; returns its path.
    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Any program, with the environment of the sandbox.
    pub fn any(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(&self.project).stdin(Stdio::null());
        let home = std::env::var("HOME").unwrap();
        for (key, default) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            let value = std::env::var_os(key).unwrap_or_else(|| Path::new(&home).join(default).into());
            command.env(key, value);
        }
        for key in ["PATH", "RUSTUP_TOOLCHAIN", "RUSTUP_AUTO_INSTALL", "LANG", "LC_ALL"] {
            if let Some(value) = std::env::var_os(key) {
                command.env(key, value);
            }
        }
        command
            .env("HOME", self.path("home"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("TMPDIR", self.path("tmp"));
        command.envs(self.env.iter().map(|(k, v)| (k, v)));
        command
    }

    /// `cargo winsvc …`, as cargo calls it, in the project's folder.
    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = self.any(env!("CARGO_BIN_EXE_cargo-winsvc"));
        command.arg("winsvc").args(args);
        command
    }

    /// Runs `cargo winsvc …` to its end.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        finish(&mut self.command(args))
    }

    /// Everything in the sandbox, but for the answers of tools that are kept between runs: losing or gaining those
    /// changes nothing but the time of the next run.
    pub fn photo(&self) -> State {
        let mut state = State::default();
        let probe = self.path("cache/cargo-winsvc/probe");
        let walk = walkdir::WalkDir::new(self.folder.path()).min_depth(1).into_iter();
        for entry in walk.filter_entry(|e| e.path() != probe) {
            let entry = entry.unwrap();
            let meta = entry.metadata().unwrap();
            let what = if entry.path_is_symlink() {
                format!("link to {}", fs::read_link(entry.path()).unwrap().display())
            } else if meta.is_dir() {
                "folder".to_owned()
            } else {
                let hash = Sha256::digest(fs::read(entry.path()).unwrap());
                format!(
                    "{:o} {} bytes, changed {}.{:09}, {:x?}",
                    meta.mode(),
                    meta.len(),
                    meta.mtime(),
                    meta.mtime_nsec(),
                    &hash[..8]
                )
            };
            let path = entry.path().strip_prefix(self.folder.path()).unwrap();
            state.0.insert(path.display().to_string(), what);
        }
        state
    }

    /// [`Self::photo`] without what cargo writes for itself: its target folder (our results in it are looked at) and
    /// Cargo.lock. Compiler flags that are handed to cargo in a file are its business too.
    pub fn photo_without_cargo(&self) -> State {
        let mut state = self.photo();
        let target = self.project.join("target").strip_prefix(self.folder.path()).unwrap().display().to_string();
        let lock = self.project.join("Cargo.lock").strip_prefix(self.folder.path()).unwrap().display().to_string();
        let flags = "cache/cargo-winsvc/flags";
        let ours = format!("{target}/winsvc");
        state.0.retain(|path, _| {
            path.starts_with(&ours) || !(path.starts_with(&target) || path.starts_with(flags) || *path == lock)
        });
        state
    }

    /// Runs it and wants it refused before cargo builds: with that exit code, every piece of text on standard error, nothing
    /// on standard output, and nothing written anywhere.
    #[track_caller]
    pub fn refused(&self, args: &[&str], exit: i32, says: &[&str]) -> Ran {
        let before = self.photo();
        let ran = self.run(args);
        check_refusal(&ran, exit, says);
        assert_eq!(difference(&before, &self.photo()), Vec::<String>::new(), "{}", ran.stderr);
        ran
    }

    /// As [`Self::refused`], where cargo has worked before.
    #[track_caller]
    pub fn refused_late(&self, args: &[&str], exit: i32, says: &[&str]) -> Ran {
        let before = self.photo_without_cargo();
        let ran = self.run(args);
        check_refusal(&ran, exit, says);
        assert_eq!(difference(&before, &self.photo_without_cargo()), Vec::<String>::new(), "{}", ran.stderr);
        ran
    }
}

/// The Cargo.toml of `hello` 1.2.3.
pub fn hello_toml(more: &str) -> String {
    format!("[package]\nname = \"hello\"\nversion = \"1.2.3\"\nedition = \"2021\"\n\n{more}")
}

/// Runs a command to its end.
pub fn finish(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Exit code, every piece of text on standard error, and standard output empty.
#[track_caller]
pub fn check_refusal(ran: &Ran, exit: i32, says: &[&str]) {
    assert_eq!(ran.code, Some(exit), "{}\n{}", ran.stdout, ran.stderr);
    for piece in says {
        assert!(ran.stderr.contains(piece), "not said: {piece}\nbut:\n{}", ran.stderr);
    }
    assert_eq!(ran.stdout, "", "{}", ran.stderr);
}

/// The product's own cache on this machine, where a standard library may have been built.
fn machine_cache() -> PathBuf {
    let home = || Path::new(&std::env::var_os("HOME").expect("HOME is set")).join(".cache");
    std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("cargo-winsvc")
}

/// A folder for PATH with nothing but these programs of the machine.
pub fn path_of_only(name: &str, programs: &[&str]) -> PathBuf {
    let dir = target_tmp(name);
    for program in programs {
        let link = dir.join(program);
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(which::which(program).unwrap(), link).unwrap();
    }
    dir
}
