//! Input and output errors in words that help.

use crate::error::Problem;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// What to say when `verb`ing a file or folder failed: `read`, `write`, `create`.
pub(super) fn problem(verb: &str, path: &Path, error: &Error) -> Problem {
    let what = format!("cannot {verb} {}: {error}", path.display());
    let folder = path.parent().unwrap_or(path).display();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Problem::new("disk-full", what)
            .fix("free some space there, or choose a folder on another disk with `--output DIR`"),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem if verb != "read" => {
            Problem::new("output-unwritable", what)
                .fix("choose another folder with `--output DIR`")
                .fix(format!("make it writable: chmod u+w '{folder}'"))
        }
        ErrorKind::PermissionDenied => {
            Problem::new("file-unreadable", what).fix(format!("chmod u+r '{}'", path.display()))
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists | ErrorKind::IsADirectory => {
            Problem::new("output-not-a-folder", what).fix("choose another folder with `--output DIR`")
        }
        _ => Problem::new("io", what),
    }
}
