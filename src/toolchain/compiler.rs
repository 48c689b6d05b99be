//! A Rust compiler, as a value.

use crate::model::Target;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A Rust compiler that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiler {
    /// The program as it is called; of a rustup proxy, the compiler behind it.
    pub path: PathBuf,
    /// `rustc -vV`.
    pub verbose: String,
    /// Its release.
    pub release: semver::Version,
    /// Commit it was built from; a compiler that somebody built may not know.
    pub commit: Option<String>,
    /// Host triple.
    pub host: String,
    /// Its sysroot.
    pub sysroot: PathBuf,
    /// It belongs to rustup: `rustup target add` is for it.
    pub rustup: bool,
    /// The user named it, by RUSTC or in cargo's configuration: no other may stand in for it.
    pub chosen: bool,
}

impl Compiler {
    /// The first line of `rustc -vV`, such as `rustc 1.95.0 (59807616e 2026-04-14)`.
    pub fn title(&self) -> &str {
        self.verbose.lines().next().unwrap_or("rustc")
    }

    /// Whether it is a Windows program itself, and links for Windows without our help.
    pub fn runs_on_windows(&self) -> bool {
        self.host.contains("-windows")
    }

    /// LLVM's objcopy where it comes with the compiler: under a name of its own, or as a part of the component `llvm-tools`.
    pub fn objcopies(&self) -> [PathBuf; 2] {
        let bin = self.sysroot.join("lib/rustlib").join(&self.host).join("bin");
        ["rust-objcopy", "llvm-objcopy"].map(|name| bin.join(name))
    }

    /// Whether its sysroot has a standard library for the target.
    pub fn has_std(&self, target: &Target) -> bool {
        has_std(&self.sysroot, target)
    }

    /// Where its sources are, if they are: the folder that has `library` in it.
    pub fn source_root(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/src/rust")
    }

    /// What stands for the sources in what it builds, the same on every machine: `/rustc/<commit>`.
    pub fn virtual_root(&self) -> String {
        format!("/rustc/{}", self.commit.clone().unwrap_or_else(|| self.release.to_string()))
    }

    /// The folder `library` of its sources, when they are there with all that a build needs.
    pub fn sources(&self) -> Option<PathBuf> {
        let library = self.source_root().join("library");
        let parts = ["Cargo.toml", "Cargo.lock", "std/Cargo.toml", "sysroot/Cargo.toml"];
        // Canonical: a distribution puts a link there, and the path stands in what is built.
        parts.iter().all(|p| library.join(p).is_file()).then(|| dunce::canonicalize(&library).unwrap_or(library))
    }
}

/// Whether a sysroot has a standard library for the target. A folder alone is none: an interrupted download leaves one.
pub fn has_std(sysroot: &Path, target: &Target) -> bool {
    let dir = sysroot.join("lib/rustlib").join(target.triple()).join("lib");
    let Ok(entries) = std::fs::read_dir(dir) else { return false };
    let names: Vec<OsString> = entries.flatten().map(|e| e.file_name()).collect();
    ["libstd-", "libcore-", "liballoc-"].iter().all(|prefix| {
        names.iter().any(|name| name.to_str().is_some_and(|n| n.starts_with(prefix) && n.ends_with(".rlib")))
    })
}

/// Reads `path`, `sysroot`, `rustup` and `rustc -vV`, one after the other.
pub(super) fn compiler_of(answer: &str) -> Option<Compiler> {
    let mut parts = answer.splitn(4, '\n');
    let (path, sysroot, rustup, verbose) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let field = |name: &str| {
        let value = verbose.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": "))?;
        (value != "unknown").then(|| value.to_owned())
    };
    Some(Compiler {
        path: path.into(),
        verbose: verbose.to_owned(),
        release: semver::Version::parse(&field("release")?).ok()?,
        commit: field("commit-hash"),
        host: field("host")?,
        sysroot: sysroot.into(),
        rustup: rustup == "true",
        chosen: false,
    })
}
