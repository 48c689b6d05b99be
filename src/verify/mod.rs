//! Reads a finished bundle from disk and trusts nothing above.
//!
//! Shares no code with the writer: archive, checksums and times are read here by other means than they were written.
//! `catalog` lists everything that can be found.

mod archive;
mod bundle;
pub mod catalog;
mod contents;
mod exe;
mod folder;
mod private;
mod scripts;
mod symbols;

use crate::error::Problem;
use crate::formats::manifest;
use crate::model::{Finding, Severity, Sha256};
use catalog::Known;
use serde::Serialize;
use std::path::Path;

/// How to verify.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// Ids of warnings that may pass.
    pub allow: Vec<String>,
    /// Further texts that must not be in the bundle: folders such as the home folder and the project's, with a slash at the
    /// end, and names, which are looked for as a whole part of a path. Those shorter than four characters are not looked for,
    /// since they would be found anywhere.
    pub private: Vec<String>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Errors and warnings, in the order of the checks.
    pub findings: Vec<Finding>,
    /// Warnings that were allowed.
    pub allowed: Vec<Finding>,
    /// How many checks were made.
    pub checks: u32,
    /// What was read on the way.
    pub facts: Vec<BundleFacts>,
}

/// One archive as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BundleFacts {
    /// File name of the archive.
    pub file: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256.
    pub sha256: Sha256,
    /// Number of files in it.
    pub files: usize,
    /// Bytes of all files in it.
    pub unpacked: u64,
    /// Package name, version and target, when its manifest could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<PackageFacts>,
}

/// What a bundle's manifest says that it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackageFacts {
    /// Package.
    pub name: String,
    /// Version.
    pub version: String,
    /// Target triple.
    pub target: String,
    /// Names of the services.
    pub services: Vec<String>,
}

impl Verdict {
    /// Number of errors.
    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|f| f.severity == Severity::Error).count()
    }

    /// Number of warnings that were not allowed.
    pub fn warnings(&self) -> usize {
        self.findings.len() - self.errors()
    }

    /// Fit to ship.
    pub fn passed(&self) -> bool {
        self.errors() == 0
    }
}

/// Collects findings and counts checks.
#[derive(Debug, Default)]
struct Book {
    findings: Vec<Finding>,
    checks: u32,
}

impl Book {
    /// One check: a finding when it failed.
    fn check(&mut self, known: &Known, subject: &str, result: Result<(), String>) {
        self.checks += 1;
        if let Err(message) = result {
            self.findings.push(Finding {
                id: known.id.to_owned(),
                severity: known.severity,
                subject: subject.to_owned(),
                message,
                fix: known.fix.to_owned(),
            });
        }
    }

    /// A finding when the condition does not hold.
    fn expect(&mut self, known: &Known, subject: &str, holds: bool, message: impl FnOnce() -> String) {
        self.check(known, subject, if holds { Ok(()) } else { Err(message()) });
    }

    /// A check that failed.
    fn fail(&mut self, known: &Known, subject: &str, message: String) {
        self.check(known, subject, Err(message));
    }
}

/// Verifies a zip (with the checksum file and the symbols archive beside it, when they are there) or an output folder with
/// all its bundles. Reads only.
///
/// # Errors
/// A [`Problem`] when there is nothing to verify at the path, or an id to allow is unknown. What is wrong with a bundle is no error
/// of this function.
pub fn verify(path: &Path, options: &VerifyOptions) -> anyhow::Result<Verdict> {
    catalog::check_allow(&options.allow)?;
    let meta = std::fs::metadata(path)
        .map_err(|e| Problem::usage("verify-path", format!("cannot read {}: {e}", path.display())).fix(WHAT_TO_NAME))?;
    let mut book = Book::default();
    let facts = if meta.is_dir() {
        folder::check(&mut book, path, options)?
    } else {
        let archive = archive::open(path)?;
        bundle::check_file(&mut book, path, &archive, options)?
    };
    let (allowed, findings) =
        book.findings.into_iter().partition(|f| f.severity == Severity::Warning && options.allow.contains(&f.id));
    Ok(Verdict { findings, allowed, checks: book.checks, facts })
}

const WHAT_TO_NAME: &str = "name a zip, or the folder that `cargo winsvc package` wrote: its last lines are the paths";

/// The problem of a folder that holds no list of bundles.
fn no_output_folder(dir: &Path) -> Problem {
    let problem = Problem::usage(
        "verify-path",
        format!("{} is no output folder of cargo-winsvc: it has no {}", dir.display(), manifest::FILE_NAME),
    );
    problem.fix(WHAT_TO_NAME)
}
