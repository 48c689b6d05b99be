//! Unix.

use super::Stamp;
use rustix::fs::{Access, access};
use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

pub use std::os::unix::fs::symlink;

/// What sets a file's state; `None` when there is no such file.
pub fn stamp(path: &Path) -> Option<Stamp> {
    let meta = std::fs::metadata(path).ok()?;
    let time = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
    Some((time, meta.size(), meta.ino(), meta.dev()))
}

/// Reads from a place in a file, as much as comes at once.
///
/// # Errors
/// The file system's.
pub fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    file.read_at(bytes, at)
}

/// Whether files can be made in a folder. Writes nothing.
///
/// # Errors
/// They can't; the reason.
pub fn check_writable(dir: &Path) -> io::Result<()> {
    Ok(access(dir, Access::WRITE_OK | Access::EXEC_OK)?)
}

/// Flushes a file, or the names in a folder, to disk.
///
/// # Errors
/// The file system's.
pub fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Flushes everything below a folder to disk.
///
/// # Errors
/// The file system's.
pub fn sync_tree(dir: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(dir)?)?)
}

/// Gives a file its permissions.
///
/// # Errors
/// The file system's.
pub fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(mode))
}

/// Has a new file made with these permissions.
pub fn with_mode(options: &mut OpenOptions, mode: u32) -> &mut OpenOptions {
    options.mode(mode)
}

/// Whether anybody may run a file.
///
/// # Errors
/// The file system's.
pub fn is_executable(path: &Path) -> io::Result<bool> {
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o111 != 0)
}

/// Whether this is the superuser.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The variable that names the user's own folder.
pub const HOME: &str = "HOME";

/// Where programs keep what they can make again, by an environment.
pub fn cache_base(env: &dyn Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    env("XDG_CACHE_HOME").or_else(|| Some(env(HOME)?.join(".cache")))
}
