//! The commit: from a staging folder into the output folder, so that a crash at any moment loses nothing.
//!
//! A journal (`.winsvc-commit`) names what moves and what goes. It is written once all staged files are on disk, and from then
//! on the commit is decided: a run that finds it finishes it. Within the commit
//!
//! 1. archives that go or are replaced are removed first, then checksum files that go,
//! 2. then come the new SHA256SUMS, winsvc-manifest.json and `.sha256` files,
//! 3. last the archives.
//!
//! So whoever looks in between, or after a crash, finds no archive that disagrees with the checksums beside it: either
//! it is there and they match, or it is not there yet.

use super::io;
use crate::error::Problem;
use crate::model::BundlePath;
use crate::platform;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Name of the journal in the output folder.
pub(super) const JOURNAL: &str = ".winsvc-commit";
/// How staging folders begin.
pub(super) const STAGE_PREFIX: &str = ".winsvc-stage-";
const VERSION: u32 = 1;

/// A decided commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Journal {
    schema_version: u32,
    /// Name of the staging folder.
    stage: String,
    /// Files of the output folder that go.
    remove: Vec<String>,
    /// Files that come: all but the archives.
    describe: Vec<String>,
    /// Archives that come.
    archives: Vec<String>,
}

impl Journal {
    pub(super) fn new(stage: String, remove: Vec<String>, describe: Vec<String>, archives: Vec<String>) -> Self {
        Journal { schema_version: VERSION, stage, remove, describe, archives }
    }

    /// Decides the commit: all staged files and the journal are on disk when this returns.
    pub(super) fn decide(&self, dir: &Path) -> anyhow::Result<()> {
        let stage = dir.join(&self.stage);
        let files: Vec<_> = self.describe.iter().chain(&self.archives).map(|name| stage.join(name)).collect();
        sync_all(&files)?;
        let written = stage.join(JOURNAL);
        fs::write(&written, crate::formats::to_json(self)).map_err(|e| io::problem("write", &written, &e))?;
        sync(&written)?;
        sync(&stage)?;
        fs::rename(&written, dir.join(JOURNAL)).map_err(|e| io::problem("write", &dir.join(JOURNAL), &e))?;
        sync(dir)?;
        Ok(())
    }

    /// Does what was decided; may be done again after it stopped anywhere. `step` is told before each change.
    pub(super) fn apply(&self, dir: &Path, step: &mut dyn FnMut() -> anyhow::Result<()>) -> anyhow::Result<()> {
        let stage = dir.join(&self.stage);
        // An archive that is no longer staged has arrived already: what stands there is the new one.
        let replaced = self.archives.iter().filter(|name| stage.join(name).exists());
        for name in replaced.chain(&self.remove) {
            step()?;
            remove(&dir.join(name))?;
        }
        sync(dir)?;
        for group in [&self.describe, &self.archives] {
            for name in group {
                step()?;
                let (from, to) = (stage.join(name), dir.join(name));
                match fs::rename(&from, &to) {
                    Ok(()) => {}
                    Err(e) if e.kind() == ErrorKind::NotFound => {}
                    Err(e) => return Err(unfinished(dir, &io::problem("write", &to, &e)).into()),
                }
            }
            sync(dir)?;
        }
        step()?;
        remove(&dir.join(JOURNAL))?;
        step()?;
        // Everything has left it.
        let _ = fs::remove_dir_all(&stage);
        Ok(())
    }
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            let dir = path.parent().unwrap_or(path);
            Err(unfinished(dir, &io::problem("remove", path, &e)).into())
        }
        _ => Ok(()),
    }
}

fn unfinished(dir: &Path, cause: &Problem) -> Problem {
    let mut problem = Problem::new(
        "publish-unfinished",
        format!(
            "{}; the new result is complete in {} and the next run will finish publishing it",
            cause.what,
            dir.display()
        ),
    );
    problem.fixes.clone_from(&cause.fixes);
    problem.fix("mend the cause and run the same command again")
}

fn sync(path: &Path) -> Result<(), Problem> {
    platform::sync(path).map_err(|e| io::problem("write", path, &e))
}

/// Flushes several files at the same time: file systems then write their own journal once for all.
fn sync_all(files: &[PathBuf]) -> Result<(), Problem> {
    for some in files.chunks(16) {
        std::thread::scope(|scope| {
            let running: Vec<_> = some.iter().map(|path| scope.spawn(|| sync(path))).collect();
            running.into_iter().try_for_each(|thread| {
                thread.join().unwrap_or_else(|_| Err(Problem::new("io", "a thread ended while it flushed a file")))
            })
        })?;
    }
    Ok(())
}

/// Finishes a commit that a run before left open, and clears away what dead runs staged. Only under the lock.
/// True when there was something to finish.
pub(super) fn finish(dir: &Path) -> anyhow::Result<bool> {
    let path = dir.join(JOURNAL);
    let open = match fs::read_to_string(&path) {
        Ok(text) => {
            let journal = parse(&text).map_err(|why| {
                Problem::new(
                    "publish-journal",
                    format!("{} is not a journal of this version of cargo-winsvc: {why}", path.display()),
                )
                .fix(format!("remove it, and package again: rm '{}'", path.display()))
            })?;
            journal.apply(dir, &mut || Ok(()))?;
            true
        }
        Err(e) if e.kind() == ErrorKind::NotFound => false,
        Err(e) => return Err(io::problem("read", &path, &e).into()),
    };
    let entries = fs::read_dir(dir).map_err(|e| io::problem("read", dir, &e))?;
    for entry in entries.filter_map(Result::ok) {
        let is_stage = entry.file_name().to_str().is_some_and(|name| name.starts_with(STAGE_PREFIX));
        if is_stage && entry.file_type().is_ok_and(|t| t.is_dir()) {
            // What is left is in nobody's way: names are random.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(open)
}

/// Reads a journal; refuses names that lead out of the folder, since files are removed by it.
fn parse(text: &str) -> Result<Journal, String> {
    let journal: Journal = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if journal.schema_version != VERSION {
        return Err(format!("its version is {}", journal.schema_version));
    }
    let names = journal.remove.iter().chain(&journal.describe).chain(&journal.archives);
    for name in names.chain([&journal.stage]) {
        plain_name(name)?;
    }
    if !journal.stage.starts_with(STAGE_PREFIX) {
        return Err(format!("`{}` is no staging folder", journal.stage));
    }
    Ok(journal)
}

/// A name of a file directly in a folder, valid on Windows too.
pub(super) fn plain_name(name: &str) -> Result<(), String> {
    let path = BundlePath::new(name)?;
    if path.as_str().contains('/') { Err(format!("`{name}` holds a `/`")) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
