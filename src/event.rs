//! What stages say while they work. Stages emit; `report` alone decides how it looks and where it goes.

use crate::model::finding::Finding;
use serde::Serialize;

/// One thing worth telling. Serialised as one JSON object a line under `--message-format json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Event {
    /// A stage begins or reports its one-line outcome; `verb` is right-aligned in the manner of cargo.
    Status {
        /// A single word such as `Stamping`.
        verb: &'static str,
        /// The rest of the line.
        text: String,
    },
    /// Something to know that is no finding: what was kept, what was chosen and why.
    Note {
        /// The text.
        text: String,
    },
    /// A warning or error about the product, with a stable id.
    Finding(Finding),
    /// Work of a known size begins; more events of the same `id` follow until `done == total`.
    Progress {
        /// Which work.
        id: &'static str,
        /// Units done so far.
        done: u64,
        /// All units.
        total: u64,
    },
    /// A command is about to run that changes the system (`--provision`) or that the user asked to see (`-v`).
    Running {
        /// The command line, quoted for a POSIX shell.
        command: String,
        /// True when it is shown only under `--verbose`.
        verbose: bool,
    },
    /// A file of the result, printed on stdout.
    Artifact {
        /// Absolute path.
        path: String,
        /// Size in bytes.
        size: u64,
    },
}

/// So many of a thing, for people: `1 error`, `2 errors`.
pub fn counted(n: usize, thing: &str) -> String {
    if n == 1 { format!("1 {thing}") } else { format!("{n} {thing}s") }
}

/// Where events go. Shared between threads.
pub trait Sink: Sync {
    /// Takes one event.
    fn emit(&self, event: Event);

    /// Emits [`Event::Status`].
    fn status(&self, verb: &'static str, text: String) {
        self.emit(Event::Status { verb, text });
    }

    /// Emits [`Event::Note`].
    fn note(&self, text: String) {
        self.emit(Event::Note { text });
    }
}

/// Drops everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Sink for Silent {
    fn emit(&self, _event: Event) {}
}

/// Keeps everything, for tests and for callers that look afterwards.
#[derive(Debug, Default)]
pub struct Recorder(std::sync::Mutex<Vec<Event>>);

impl Recorder {
    /// All events so far.
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Sink for Recorder {
    fn emit(&self, event: Event) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(event);
    }
}
