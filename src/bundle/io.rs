//! Input and output errors in words that help.

use crate::error::Problem;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// What to say when `verb`ing a file or folder failed: `read`, `write`, `create`.
pub(super) fn problem(verb: &str, path: &Path, error: &Error) -> Problem {
    let what = format!("cannot {verb} {}: {error}", path.display());
    // What was to be written may not be there yet: its folder refused.
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let elsewhere = "choose another folder with `--output DIR`";
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Problem::new("disk-full", what)
            .fix("free some space there, or choose a folder on another disk with `--output DIR`"),
        ErrorKind::ReadOnlyFilesystem => Problem::new("output-unwritable", what).fix(elsewhere),
        ErrorKind::PermissionDenied if verb != "read" => Problem::new("output-unwritable", what)
            .fix(elsewhere)
            .fix(format!("make it writable: chmod u+w {}", crate::host::quote(folder.as_os_str()))),
        ErrorKind::PermissionDenied => {
            Problem::new("file-unreadable", what).fix(format!("chmod u+r '{}'", path.display()))
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists | ErrorKind::IsADirectory => {
            Problem::new("output-not-a-folder", what).fix(elsewhere)
        }
        _ if verb != "read" => Problem::new("io", what).fix(elsewhere),
        _ => Problem::new("io", what),
    }
}
