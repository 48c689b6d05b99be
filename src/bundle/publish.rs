//! The result of a run appears in the output folder as a whole or not at all.

use super::lock::Lock;
use super::recover::{self, JOURNAL, Journal, STAGE_PREFIX};
use super::{io, sums_text};
use crate::error::{Problem, Problems};
use crate::event::Sink;
use crate::formats::{OutputBundle, OutputManifest, output, sums};
use crate::host::{Host, check_interrupt};
use crate::model::bundle_path::collision_key;
use anyhow::Context;
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io::{ErrorKind, Read};
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

/// A size and its difference to the former result of the same package, target and variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Bytes.
    pub size: u64,
    /// The former one, when there was one.
    pub former: Option<Former>,
}

/// A result that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    /// Package version.
    pub version: String,
    /// Bytes.
    pub size: u64,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", bytes(self.size))?;
        let Some(former) = &self.former else { return Ok(()) };
        match self.size.cmp(&former.size) {
            std::cmp::Ordering::Equal => write!(f, ", as before ({})", former.version),
            std::cmp::Ordering::Less => {
                write!(f, ", {} less than before ({})", bytes(former.size - self.size), former.version)
            }
            std::cmp::Ordering::Greater => {
                write!(f, ", {} more than before ({})", bytes(self.size - former.size), former.version)
            }
        }
    }
}

/// Bytes for people: decimal units, one digit after the point.
fn bytes(n: u64) -> String {
    let tenths = |unit: u64| {
        let tenths = (n + unit / 20) / (unit / 10);
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match n {
        0..1_000 => format!("{n} bytes"),
        1_000..999_950 => format!("{} kB", tenths(1_000)),
        999_950..999_950_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
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
    use rustix::fs::{Access, access};
    access(there, Access::WRITE_OK | Access::EXEC_OK).map_err(|e| io::problem("write to", there, &e.into()))?;
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
        let mut lines: Vec<_> = all.iter().flat_map(|b| b.files().map(|f| (f.file.as_str(), f.sha256))).collect();
        lines.sort_unstable();
        self.write(sums::FILE_NAME, &sums_text(lines))?;
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
        let place = |b: &OutputBundle| {
            let former = replaced.iter().find(|o| o.key() == b.key());
            PublishedBundle {
                archive: dir.join(&b.archive.file),
                symbols: b.symbols.as_ref().map(|s| dir.join(&s.file)),
                change: Change {
                    size: b.archive.size,
                    former: former.map(|o| Former { version: o.build.version.clone(), size: o.archive.size }),
                },
            }
        };
        Ok(Published { bundles: bundles.iter().map(place).collect(), removed: stale })
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Problem> {
        let path = self.stage().join(name);
        fs::write(&path, text).map_err(|e| io::problem("write", &path, &e))
    }
}

/// The list of bundles of an output folder; `None` when there is none yet.
fn read_manifest(dir: &Path) -> Result<Option<OutputManifest>, Problem> {
    let path = dir.join(output::FILE_NAME);
    let foreign = |path: &Path, why: &str| {
        Problem::new("output-foreign", format!("{} is there already and {why}", path.display()))
            .fix("choose another folder with `--output DIR`, or move that file away")
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let sums = dir.join(sums::FILE_NAME);
            if sums.exists() {
                return Err(foreign(&sums, "belongs to something else: no winsvc-manifest.json is beside it"));
            }
            return Ok(None);
        }
        Err(e) => return Err(io::problem("read", &path, &e)),
    };
    let manifest: OutputManifest = serde_json::from_str(&text).map_err(|e| {
        foreign(&path, &format!("is no list of bundles that this version of cargo-winsvc can read: {e}"))
    })?;
    if manifest.schema_version != output::VERSION {
        let why = format!(
            "has schema version {}; this version of cargo-winsvc knows {}",
            manifest.schema_version,
            output::VERSION
        );
        return Err(foreign(&path, &why));
    }
    // Files are removed by it.
    for file in manifest.bundles.iter().flat_map(OutputBundle::files) {
        recover::plain_name(&file.file)
            .map_err(|why| foreign(&path, &format!("names a file outside of the folder: {why}")))?;
    }
    Ok(Some(manifest))
}

/// Whether the files of a bundle are there as they were published, as far as names and sizes tell.
fn is_there(dir: &Path, bundle: &OutputBundle) -> bool {
    bundle.files().all(|f| fs::metadata(dir.join(&f.file)).is_ok_and(|m| m.is_file() && m.len() == f.size))
}

/// Whether two files have the same bytes; a file that can't be read is like no other.
fn is_same(a: &Path, b: &Path) -> bool {
    let open = |path: &Path| fs::File::open(path).and_then(|f| Ok((f.metadata()?.len(), f))).ok();
    let (Some((a_length, mut a)), Some((b_length, mut b))) = (open(a), open(b)) else { return false };
    if a_length != b_length {
        return false;
    }
    let (mut a_bytes, mut b_bytes) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut left = a_length;
    while left > 0 {
        let n = usize::try_from(left).unwrap_or(usize::MAX).min(a_bytes.len());
        let (a_bytes, b_bytes) = (&mut a_bytes[..n], &mut b_bytes[..n]);
        if a.read_exact(a_bytes).is_err() || b.read_exact(b_bytes).is_err() || a_bytes != b_bytes {
            return false;
        }
        left -= n as u64;
    }
    true
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
