//! The result of a run appears in the output folder as a whole or not at all.

use super::change::{Change, Former};
use super::folder::{self, is_same, is_there, read_manifest};
use super::io;
use super::lock::Lock;
use super::recover::{self, JOURNAL, Journal, STAGE_PREFIX};
use crate::error::{Problem, Problems};
use crate::event::Sink;
use crate::formats::{OutputBundle, OutputManifest, output, sums};
use crate::host::{Host, check_interrupt};
use crate::model::bundle_path::collision_key;
use crate::platform;
use anyhow::Context;
use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Holds an output folder from staging to commit. Dropped before [`Publisher::publish`], it leaves nothing behind.
pub struct Publisher<'a> {
    host: &'a dyn Host,
    sink: &'a dyn Sink,
    dir: PathBuf,
    // Dropped in this order: the lock goes last.
    stage: TempDir,
    _lock: Lock,
}

/// What was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The bundles of this run, in the order given.
    pub bundles: Vec<PublishedBundle>,
    /// Files of former results of the same package, target and variant that are gone, by name.
    pub removed: Vec<String>,
}

/// One bundle at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedBundle {
    /// The archive.
    pub archive: PathBuf,
    /// The archive of debug information.
    pub symbols: Option<PathBuf>,
    /// Size of the archive, and what it was before.
    pub change: Change,
}

/// Tells before a long build what would stop the publishing after it. Writes nothing.
///
/// # Errors
/// A [`Problem`] when the folder is a file, can't be written, or holds a list of bundles that is not ours.
pub fn check_output(dir: &Path) -> Result<(), Problem> {
    let there = dir.ancestors().find(|a| !a.as_os_str().is_empty() && fs::symlink_metadata(a).is_ok());
    let there = there.unwrap_or(Path::new("."));
    let meta = fs::metadata(there).map_err(|e| io::problem("use", there, &e))?;
    if !meta.is_dir() {
        return Err(io::problem("write to", there, &ErrorKind::NotADirectory.into()));
    }
    platform::check_writable(there).map_err(|e| io::problem("write to", there, &e))?;
    // With a commit left open the list is about to be replaced.
    if there == dir && !dir.join(JOURNAL).exists() {
        read_manifest(dir)?;
    }
    Ok(())
}

impl<'a> Publisher<'a> {
    /// Takes the folder, makes it when it is missing, waits for other runs, and finishes what a crashed one left open.
    ///
    /// # Errors
    /// A [`Problem`] when the folder can't be used; interruption while waiting.
    pub fn open(host: &'a dyn Host, sink: &'a dyn Sink, dir: &Path) -> anyhow::Result<Self> {
        check_output(dir)?;
        let lock = Lock::acquire(host, sink, dir)?;
        if recover::finish(dir)? {
            sink.note(format!("finished publishing what an interrupted run had left in {}", dir.display()));
        }
        let stage = tempfile::Builder::new()
            .prefix(STAGE_PREFIX)
            .tempdir_in(dir)
            .map_err(|e| io::problem("write to", dir, &e))?;
        Ok(Publisher { host, sink, dir: dir.into(), stage, _lock: lock })
    }

    /// Where the archives and their `.sha256` files are to be written, under their final names.
    pub fn stage(&self) -> &Path {
        self.stage.path()
    }

    /// The bundles, when the folder holds all of them byte for byte already: nothing is left to do.
    pub fn already(&self, bundles: &[OutputBundle]) -> Option<Published> {
        let published = bundles.iter().map(|b| place(&self.dir, b, Some(b))).collect();
        folder::holds(&self.dir, bundles).then(|| Published { bundles: published, removed: Vec::new() })
    }

    /// Publishes what was staged: everything, or on an error nothing.
    ///
    /// # Errors
    /// A [`Problem`]: a full disk, two bundles of one name, a folder in the way. After the decision (see docs/bundle.md) an error says
    /// that the next run finishes.
    pub fn publish(self, bundles: &[OutputBundle]) -> anyhow::Result<Published> {
        let old = read_manifest(&self.dir)?.map(|m| m.bundles).unwrap_or_default();
        let (replaced, kept): (Vec<_>, Vec<_>) =
            old.into_iter().partition(|o| bundles.iter().any(|b| b.key() == o.key()));
        let (kept, gone): (Vec<_>, Vec<_>) = kept.into_iter().partition(|b| is_there(&self.dir, b));
        for bundle in gone {
            let file = &bundle.archive.file;
            self.sink
                .note(format!("{file} is gone or changed since it was published: no longer in the folder's lists"));
        }
        check_names(bundles, &kept)?;

        let mut all: Vec<OutputBundle> = kept.into_iter().chain(bundles.iter().cloned()).collect();
        all.sort_by(|a, b| a.key().cmp(&b.key()));
        self.write(sums::FILE_NAME, &folder::list(&all))?;
        let manifest = OutputManifest { schema_version: output::VERSION, bundles: all };
        self.write(output::FILE_NAME, &crate::formats::to_json(&manifest))?;

        let archives: Vec<String> = bundles.iter().flat_map(|b| b.files().map(|f| f.file.clone())).collect();
        let mut describe = vec![sums::FILE_NAME.to_owned(), output::FILE_NAME.to_owned()];
        describe.extend(archives.iter().map(|file| format!("{file}{}", sums::BESIDE)));
        let stale: Vec<String> = replaced
            .iter()
            .flat_map(|b| b.files().map(|f| f.file.clone()))
            .filter(|file| !archives.contains(file))
            .collect();
        // The archives before their checksums.
        let remove = stale.iter().cloned().chain(stale.iter().map(|file| format!("{file}{}", sums::BESIDE)));
        let remove: Vec<String> = remove.collect();
        for name in describe.iter().chain(&archives).chain(&remove) {
            let path = self.dir.join(name);
            if path.is_dir() {
                let problem = Problem::new(
                    "output-name-conflict",
                    format!("{} is a folder; a file must go there", path.display()),
                );
                return Err(problem.fix("move it away, or choose another folder with `--output DIR`").into());
            }
        }
        for name in describe.iter().chain(&archives) {
            anyhow::ensure!(self.stage().join(name).is_file(), "{name} was not staged");
        }
        // What is there already byte for byte stays, so that the same result again costs nothing and is never missing.
        let differs = |name: &String| !is_same(&self.stage().join(name), &self.dir.join(name));
        let (archives, describe): (Vec<_>, Vec<_>) =
            (archives.into_iter().filter(differs).collect(), describe.into_iter().filter(differs).collect());

        check_interrupt(self.host)?;
        let dir = self.dir.clone();
        if !(archives.is_empty() && describe.is_empty() && remove.is_empty()) {
            let stage_name = self.stage().file_name().and_then(|n| n.to_str()).context("staging folder")?.to_owned();
            let journal = Journal::new(stage_name, remove, describe, archives);
            journal.decide(&dir)?;
            // From here on the staged files are needed, whatever happens.
            let Publisher { stage, _lock, .. } = self;
            let _ = stage.keep();
            journal.apply(&dir, &mut || Ok(()))?;
        }
        let former = |b: &OutputBundle| replaced.iter().find(|o| o.key() == b.key());
        Ok(Published { bundles: bundles.iter().map(|b| place(&dir, b, former(b))).collect(), removed: stale })
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Problem> {
        let path = self.stage().join(name);
        fs::write(&path, text).map_err(|e| io::problem("write", &path, &e))
    }
}

fn place(dir: &Path, bundle: &OutputBundle, former: Option<&OutputBundle>) -> PublishedBundle {
    PublishedBundle {
        archive: dir.join(&bundle.archive.file),
        symbols: bundle.symbols.as_ref().map(|s| dir.join(&s.file)),
        change: Change {
            size: bundle.archive.size,
            former: former.map(|o| Former {
                version: o.build.version.clone(),
                size: o.archive.size,
                same: o.archive.sha256 == bundle.archive.sha256,
            }),
        },
    }
}

/// No two bundles may have files of one name, and none may take a name that the folder needs.
fn check_names(new: &[OutputBundle], kept: &[OutputBundle]) -> Result<(), Problems> {
    let mut owners: HashMap<String, String> = HashMap::new();
    let mut problems = Vec::new();
    let kept = kept.iter().flat_map(|b| b.files().map(move |f| (f, b, " (published before)")));
    let new = new.iter().flat_map(|b| b.files().map(move |f| (f, b, "")));
    for (file, bundle, when) in kept.chain(new) {
        let owner = format!("{} for {}{when}", bundle.build.name, bundle.build.target);
        let fix = "set `archive-name` so that it holds {{ name }}, {{ version }} and {{ target }}";
        if let Err(why) = recover::plain_name(&file.file) {
            problems.push(Problem::usage("archive-name", format!("the archive of {owner}: {why}")).fix(fix));
            continue;
        }
        for name in [file.file.clone(), format!("{}{}", file.file, sums::BESIDE)] {
            let taken = name.starts_with('.') || [sums::FILE_NAME, output::FILE_NAME].contains(&name.as_str());
            let other = owners.insert(collision_key(&name), owner.clone());
            let other = other.or_else(|| taken.then(|| "cargo-winsvc itself".to_owned()));
            if let Some(other) = other {
                problems.push(
                    Problem::usage(
                        "output-name-conflict",
                        format!("{name} would be written by {other} and by {owner}"),
                    )
                    .fix(fix),
                );
                break;
            }
        }
    }
    Problems::check(problems)
}
