//! Answers of tools, kept between runs, so that the ordinary run starts none of them.
//!
//! An answer is kept with the state of every file that it depends on, and is used only while all of them are
//! unchanged. One file for each surrounding (working directory and environment); losing it costs a few milliseconds.

use crate::host::Host;
use crate::platform::{Stamp, stamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Rises when the meaning of an entry changes.
const FORMAT: u32 = 2;

/// Environment that decides which tool answers, and what.
const SURROUNDING: &[&str] = &[
    "PATH",
    "HOME",
    "RUSTC",
    "CARGO",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
];

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    answer: String,
    stamps: Vec<(PathBuf, Option<Stamp>)>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Stored {
    format: u32,
    entries: BTreeMap<String, Entry>,
}

/// The answers known in this surrounding.
#[derive(Debug, Default)]
pub(super) struct ProbeCache {
    file: Option<PathBuf>,
    stored: Stored,
    changed: bool,
}

impl ProbeCache {
    /// Reads what is known; nothing when `fresh` is set (what is learnt is kept all the same).
    pub(super) fn open(host: &dyn Host, fresh: bool) -> Self {
        let Some(dir) = crate::host::cache_dir(host) else { return ProbeCache::default() };
        let mut hash = Sha256::new();
        hash.update(host.cwd().as_os_str().as_encoded_bytes());
        for key in SURROUNDING {
            hash.update(b"\0");
            hash.update(key.as_bytes());
            match host.env(key) {
                Some(value) => {
                    hash.update(b"=");
                    hash.update(value.as_encoded_bytes());
                }
                None => hash.update(b"-"),
            }
        }
        let name: String = hash.finalize().iter().take(10).map(|b| format!("{b:02x}")).collect();
        let file = dir.join("probe").join(format!("{name}.json"));
        let read = || serde_json::from_slice::<Stored>(&std::fs::read(&file).ok()?).ok();
        let stored = if fresh { None } else { read().filter(|s| s.format == FORMAT) };
        ProbeCache { file: Some(file), stored: stored.unwrap_or_default(), changed: false }
    }

    /// The kept answer to a question, when every file behind it is as it was.
    pub(super) fn get(&self, question: &str) -> Option<String> {
        let entry = self.stored.entries.get(question)?;
        entry.stamps.iter().all(|(path, then)| stamp(path) == *then).then(|| entry.answer.clone())
    }

    /// Keeps an answer that depends on these files.
    pub(super) fn put(&mut self, question: &str, answer: &str, files: &[PathBuf]) {
        let stamps = files.iter().map(|p| (p.clone(), stamp(p))).collect();
        self.stored.entries.insert(question.to_owned(), Entry { answer: answer.to_owned(), stamps });
        self.changed = true;
    }

    /// Writes what was learnt. A cache that can't be written is no cache, and no error.
    pub(super) fn save(&mut self) {
        let (Some(file), true) = (&self.file, self.changed) else { return };
        self.stored.format = FORMAT;
        if let Ok(text) = serde_json::to_vec(&self.stored) {
            let _ = crate::files::write_whole(file, &text, 0o644);
        }
    }
}
