//! Whether a result is there already.
//!
//! Cargo's own freshness ends at the executable; this one goes on from there. Nothing is taken from times of files: the record of
//! the last run holds a hash of everything that the result is made from, contents of files included, and the bundles that came
//! out; their archives are hashed again before they count. docs/building.md says what that means to a user.

use super::prepare::{Prepared, PreparedTarget};
use super::texts::Texts;
use crate::bundle::{Published, Publisher};
use crate::compile::Built;
use crate::config::Config;
use crate::event::{Event, Sink};
use crate::files;
use crate::formats::OutputBundle;
use crate::host::Host;
use crate::layout;
use crate::model::{Finding, Severity, Sha256};
use crate::platform;
use crate::verify::VerifyOptions;
use crate::workspace::Source;
use anyhow::Context;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::Digest;
use std::fmt::{self, Write};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A result, and what it was made from.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    key: Sha256,
    bundles: Vec<OutputBundle>,
    checks: u32,
    notes: Vec<String>,
    findings: Vec<Finding>,
}

/// What a result is about to be made from, as one hash, and where the record of the last run lies.
pub(super) struct Freshness {
    key: Sha256,
    file: PathBuf,
    what: String,
}

impl Freshness {
    /// Hashes everything that the result depends on.
    ///
    /// # Errors
    /// A file of it can't be read.
    pub(super) fn of(
        host: &dyn Host,
        prepared: &Prepared,
        built: &[(&PreparedTarget, Built, tempfile::TempDir)],
        source: Option<&Source>,
        options: &VerifyOptions,
    ) -> anyhow::Result<Self> {
        let mut key = Key::default();
        key.value(&Own::of(host));
        // Whole values, by their derived Debug, and patterns that name every field: one that is added later is not forgotten.
        let Prepared { workspace, config, output, targets, lacking: _, variant } = prepared;
        // Where a value was said does not change a result: the same may come by flag and from a file.
        let Config { profile, required_version: _, units: _, origins: _ } = config;
        key.value(&(workspace, source, profile, output, variant, options));
        let mut files: Vec<&Path> = Vec::new();
        for target in targets {
            // What is stamped follows from configuration and inputs.
            let PreparedTarget { unit, ready, compile, inputs, texts, resources: _ } = target;
            key.value(&(unit, ready, compile, inputs));
            let objcopy = &ready.recipe.objcopy;
            key.value(&objcopy.as_ref().map(|tool| Identity::of(tool)));
            for texts in texts {
                let Texts { archive_name, service_json, files: rendered, assets, overridden } = texts;
                key.value(&(archive_name, service_json, assets, overridden));
                for (path, bytes) in rendered {
                    key.value(&(path, Sha256::of(bytes)));
                }
                files.extend(assets.iter().filter_map(|asset| match &asset.source {
                    layout::Source::File(path) => Some(path.as_path()),
                    layout::Source::Bytes(_) => None,
                }));
            }
        }
        files.extend(built.iter().flat_map(|(_, built, _)| &built.exes).map(|exe| exe.path.as_path()));
        let hashes = files.into_par_iter().map(|path| {
            let hash = File::open(path).and_then(Sha256::of_reader);
            hash.with_context(|| format!("can't read {}", path.display()))
        });
        key.value(&hashes.collect::<anyhow::Result<Vec<Sha256>>>()?);
        let bundles = |t: &PreparedTarget| t.unit.bundles.iter().map(|b| b.package.clone()).collect::<Vec<_>>();
        let of = prepared.targets.iter().map(|t| (&t.unit.target, bundles(t))).collect::<Vec<_>>();
        let place = format!("{output:?} {variant:?} {of:?}");
        let name = Sha256::of(place.as_bytes()).to_string();
        let bundles = prepared.targets.iter().flat_map(|t| t.unit.bundles.iter().map(move |b| (t, b)));
        let what = bundles.map(|(t, b)| format!("{} {} for {}", b.package, b.version, t.unit.target));
        Ok(Freshness {
            key: key.finish(),
            file: prepared.workspace.target_dir.join(".winsvc-fresh").join(&name[..16]),
            what: what.collect::<Vec<_>>().join(", "),
        })
    }

    /// The result of the last run, if it was made from the same and lies in the output folder unchanged. What that run had to
    /// say is said again.
    pub(super) fn recall(&self, sink: &dyn Sink, publisher: &Publisher<'_>) -> Option<Published> {
        let record: Record = serde_json::from_slice(&std::fs::read(&self.file).ok()?).ok()?;
        if record.key != self.key {
            return None;
        }
        let published = publisher.already(&record.bundles)?;
        sink.status("Fresh", format!("{}: as it was packaged and verified ({} checks)", self.what, record.checks));
        for note in record.notes {
            sink.note(note);
        }
        for finding in record.findings {
            sink.emit(Event::Finding(finding));
        }
        Some(published)
    }

    /// Notes a result that was published. Without the note the next run takes a little longer, which is why nothing is said
    /// when it can't be written.
    pub(super) fn remember(&self, bundles: Vec<OutputBundle>, checks: u32, witness: &Witness<'_>) {
        let (mut notes, mut findings) = (Vec::new(), Vec::new());
        for event in std::mem::take(&mut *witness.said()) {
            match event {
                Event::Note { text } => notes.push(text),
                Event::Finding(finding) => findings.push(finding),
                _ => {}
            }
        }
        let record = Record { key: self.key, bundles, checks, notes, findings };
        if let Ok(record) = serde_json::to_vec(&record) {
            let _ = files::write_whole(&self.file, &record, 0o644);
        }
    }
}

/// Hands on what is said, and keeps notes and findings.
pub(super) struct Witness<'a> {
    sink: &'a dyn Sink,
    said: Mutex<Vec<Event>>,
}

impl<'a> Witness<'a> {
    pub(super) fn new(sink: &'a dyn Sink) -> Self {
        Witness { sink, said: Mutex::default() }
    }

    /// How many warnings there were, as the end of a sentence.
    pub(super) fn warnings(&self) -> String {
        let said = self.said();
        let is_warning = |e: &&Event| matches!(e, Event::Finding(f) if f.severity == Severity::Warning);
        match said.iter().filter(is_warning).count() {
            0 => String::new(),
            n => format!(", {}", crate::event::counted(n, "warning")),
        }
    }

    fn said(&self) -> std::sync::MutexGuard<'_, Vec<Event>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Witness<'_> {
    fn emit(&self, event: Event) {
        if matches!(event, Event::Note { .. } | Event::Finding(_)) {
            self.said().push(event.clone());
        }
        self.sink.emit(event);
    }
}

/// A hash of values. Debug hands out its text in snippets of a few bytes, which are cheaper to gather first.
#[derive(Default)]
struct Key {
    hash: sha2::Sha256,
    gathered: String,
}

impl Key {
    fn value(&mut self, value: &impl fmt::Debug) {
        // Writing to a hash does not fail; the zero byte keeps values apart.
        let _ = write!(self, "{value:?}\0");
    }

    fn finish(mut self) -> Sha256 {
        self.hash.update(&self.gathered);
        Sha256::from_bytes(self.hash.finalize().into())
    }
}

impl Write for Key {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.gathered.push_str(text);
        if self.gathered.len() > 1 << 16 {
            self.hash.update(&self.gathered);
            self.gathered.clear();
        }
        Ok(())
    }
}

/// Which program this is: its version, and the file itself for those who work on it.
#[derive(Debug)]
#[allow(dead_code)] // Read by Debug.
struct Own(&'static str, Option<Identity>);

impl Own {
    fn of(host: &dyn Host) -> Self {
        Own(env!("CARGO_PKG_VERSION"), host.own_exe().and_then(|exe| Identity::of(&exe)))
    }
}

/// A program, told apart from its successor at the same place. The device's number changes with each mount.
#[derive(Debug)]
#[allow(dead_code)] // Read by Debug.
struct Identity(i128, u64, u64);

impl Identity {
    fn of(path: &Path) -> Option<Self> {
        platform::stamp(path).map(|(time, size, number, _)| Identity(time, size, number))
    }
}
