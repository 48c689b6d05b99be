//! Windows.

use super::Stamp;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// What sets a file's state; `None` when there is no such file. A file's number is not to be had in stable Rust.
pub fn stamp(path: &Path) -> Option<Stamp> {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.last_write_time().into(), meta.file_size(), meta.creation_time(), 0))
}

/// Reads from a place in a file, as much as comes at once.
///
/// # Errors
/// The file system's.
pub fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    file.seek_read(bytes, at)
}

/// Links to a file or folder. Windows has a kind of link for each, and wants a privilege or developer mode for either.
///
/// # Errors
/// The file system's.
pub fn symlink(target: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (target, link) = (target.as_ref(), link.as_ref());
    // A relative target is relative to the link.
    let seen = link.parent().unwrap_or(Path::new(".")).join(target);
    if seen.is_dir() {
        std::os::windows::fs::symlink_dir(target, link)
    } else {
        std::os::windows::fs::symlink_file(target, link)
    }
}

/// Whether files can be made in a folder. Who may is not to be read off it, so one is made, which goes when it is closed.
///
/// # Errors
/// They can't; the reason.
pub fn check_writable(dir: &Path) -> io::Result<()> {
    tempfile::tempfile_in(dir).map(drop)
}

/// Flushes a file to disk. Only what is open for writing can be (FlushFileBuffers); names in a folder are safe by NTFS's own log.
///
/// # Errors
/// The file system's.
pub fn sync(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    OpenOptions::new().write(true).open(path)?.sync_all()
}

/// Flushes everything below a folder to disk.
///
/// # Errors
/// The file system's.
pub fn sync_tree(dir: &Path) -> io::Result<()> {
    walkdir::WalkDir::new(dir).into_iter().try_for_each(|entry| sync(entry?.path()))
}

/// Nothing: what a file may be used for is inherited from its folder.
///
/// # Errors
/// None.
pub fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

/// Nothing: as [`set_mode`].
pub fn with_mode(options: &mut OpenOptions, _: u32) -> &mut OpenOptions {
    options
}

/// Whether a file runs, which its name tells.
///
/// # Errors
/// The file system's.
pub fn is_executable(path: &Path) -> io::Result<bool> {
    let named = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("exe"));
    std::fs::metadata(path).map(|meta| meta.is_file() && named)
}

/// Never: what would be asked of the superuser is not done here.
pub fn is_root() -> bool {
    false
}

/// The variable that names the user's own folder, as cargo and rustup read it.
pub const HOME: &str = "USERPROFILE";

/// Where programs keep what they can make again, by an environment.
pub fn cache_base(env: &dyn Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    env("XDG_CACHE_HOME").or_else(|| env("LOCALAPPDATA"))
}
