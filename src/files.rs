//! Files that appear whole or not at all.

use crate::platform;
use std::io::{self, Write};
use std::path::Path;

/// Writes a file beside its place and renames it, so that no reader sees half of one, and a run that is killed leaves the old one.
/// Makes the folder. `mode` is that of Unix: 0o644, or 0o755 for what is run.
///
/// # Errors
/// The file system's.
pub fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir)?;
    let mut new = tempfile::NamedTempFile::new_in(dir)?;
    new.write_all(bytes)?;
    platform::set_mode(new.as_file(), mode)?;
    // Closed first: Linux runs no file that is open for writing, here or in a child that another thread has just begun.
    new.into_temp_path().persist(path)?;
    Ok(())
}
