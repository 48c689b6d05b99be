//! Files and folders.

use std::fs;
use std::path::{Path, PathBuf};

/// A folder below the target folder that outlives the run: caches of the tests.
pub fn target_tmp(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&path).unwrap();
    path
}

/// Copies a tree or a file. Files for which `link` says so become hard links: they must only ever be replaced, not written into.
pub fn link_or_copy_tree(from: &Path, to: &Path, link: &dyn Fn(&Path) -> bool) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let relative = entry.path().strip_prefix(from).unwrap();
        // Joining nothing would add a slash, and a tree may be a single file.
        let target = if relative.as_os_str().is_empty() { to.to_owned() } else { to.join(relative) };
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target).unwrap();
        } else if entry.path_is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), &target).unwrap();
        } else if !link(entry.path()) || fs::hard_link(entry.path(), &target).is_err() {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}
