//! One sorted, conflict-checked tree of everything that goes into a bundle.
//!
//! Where a file comes from is decided elsewhere; here all sources meet, and two that would be one file on Windows are
//! named together, all at once, before anything is written.

use crate::error::{Problem, Problems};
use crate::model::BundlePath;
use crate::model::bundle_path::collision_key;
use std::collections::HashMap;
use std::path::PathBuf;

/// Where the bytes of a file are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In a file, read when it is packed.
    File(PathBuf),
    /// Here.
    Bytes(Vec<u8>),
}

/// One file of the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Path below the bundle's top folder.
    pub path: BundlePath,
    /// Its bytes.
    pub source: Source,
    /// Who put it there, for messages: `asset assets[2]`, `executable agent`.
    pub from: String,
}

/// Files by path, sorted by the bytes of the path. No two of them are one file, or file and folder, on Windows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileTree {
    entries: Vec<Entry>,
}

/// Names that only the two files have which a bundle's writer adds by itself.
const RESERVED: &[&str] = &[crate::formats::manifest::FILE_NAME, crate::formats::sums::FILE_NAME];

struct Seen<'a> {
    path: &'a str,
    from: &'a str,
    folder: bool,
}

impl FileTree {
    /// Sorts the entries and checks them against each other.
    ///
    /// # Errors
    /// Every conflict: same name, names that differ only in case or in how accents are written, a file where another needs
    /// a folder, folders spelled in two ways, and names that the bundle's writer keeps for itself.
    pub fn build(mut entries: Vec<Entry>) -> Result<FileTree, Problems> {
        // Stable, so that of two entries with one path the first given is named first.
        entries.sort_by(|a, b| a.path.as_str().as_bytes().cmp(b.path.as_str().as_bytes()));
        let mut problems = Vec::new();
        let mut seen: HashMap<String, Seen> = HashMap::new();
        for entry in &entries {
            let path = entry.path.as_str();
            if let Some(name) = RESERVED.iter().find(|name| collision_key(name) == collision_key(path)) {
                problems.push(
                    Problem::usage(
                        "bundle-reserved-name",
                        format!(
                            "{} is `{path}` in the bundle, but `{name}` is written by cargo-winsvc itself",
                            entry.from
                        ),
                    )
                    .fix(format!("give {} another `dest`", entry.from)),
                );
            }
            let mut known_conflict = false;
            for (end, _) in path.match_indices('/') {
                let folder = &path[..end];
                let here = Seen { path: folder, from: &entry.from, folder: true };
                known_conflict |= meet(&mut seen, here, &mut problems, known_conflict);
            }
            meet(&mut seen, Seen { path, from: &entry.from, folder: false }, &mut problems, known_conflict);
        }
        Problems::check(problems)?;
        Ok(FileTree { entries })
    }

    /// The entries, sorted by path.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of a path, which must be spelled alike.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        let by_path = |e: &Entry| e.path.as_str().as_bytes().cmp(path.as_bytes());
        self.entries.binary_search_by(by_path).ok().and_then(|i| self.entries.get(i))
    }

    /// How many files.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// No file at all.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Notes a file or folder; true when it conflicts with one noted before. `quiet` keeps what lies below a conflict from
/// being told once more.
fn meet<'a>(seen: &mut HashMap<String, Seen<'a>>, new: Seen<'a>, problems: &mut Vec<Problem>, quiet: bool) -> bool {
    let key = collision_key(new.path);
    let Some(old) = seen.get(&key) else {
        seen.insert(key, new);
        return false;
    };
    if old.folder && new.folder && old.path == new.path {
        return false;
    }
    if quiet {
        return true;
    }
    let (a, b) = (old.path, new.path);
    let what = match (old.folder, new.folder) {
        (false, false) if a == b => format!("two files are `{a}` in the bundle: {} and {}", old.from, new.from),
        (false, false) => {
            format!("`{a}` ({}) and `{b}` ({}) are one file on Windows", old.from, new.from)
        }
        (true, true) => format!("`{a}` ({}) and `{b}` ({}) are one folder on Windows", old.from, new.from),
        (false, true) => format!("`{a}` ({}) is a file, but {} needs a folder `{b}`", old.from, new.from),
        (true, false) => format!("`{b}` ({}) is a file, but {} needs a folder `{a}`", new.from, old.from),
    };
    problems.push(
        Problem::usage("bundle-name-conflict", what)
            .fix(format!("give {} or {} another `dest`, or leave one out", old.from, new.from)),
    );
    true
}

#[cfg(test)]
#[path = "layout/tests.rs"]
mod tests;
