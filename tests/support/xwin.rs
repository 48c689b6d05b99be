//! What `tests/setup/msvc.sh` has made: cargo-xwin, zig, CMake, and a stand-in for Microsoft's files.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

fn made() -> PathBuf {
    let home = || Path::new(&std::env::var_os("HOME").expect("HOME is set")).join(".cache");
    std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("cargo-winsvc-tests")
}

/// The folder of cargo-xwin, cargo-zigbuild, CMake and Ninja.
pub fn xwin_tools() -> PathBuf {
    let dir = made().join("tools/bin");
    assert!(dir.join("cargo-xwin").is_file(), "no cargo-xwin in {}: tests/setup.sh installs it", dir.display());
    dir
}

/// What XWIN_CACHE_DIR names: the stand-in for Microsoft's C run-time and SDK.
pub fn xwin_cache() -> PathBuf {
    let dir = made().join("xwin-standin");
    assert!(dir.join(".setup").is_file(), "{} is not there: tests/setup.sh makes it", dir.display());
    dir
}

/// The variables of a run that may build for every target. LLVM's tools have Debian's names in it, with the release at the end.
pub fn xwin_env() -> [(&'static str, OsString); 3] {
    let path = std::env::var_os("PATH").unwrap();
    let dirs =
        [xwin_tools()].into_iter().chain(std::env::split_paths(&path).filter(|dir| !dir.join("lld-link").exists()));
    [
        ("PATH", std::env::join_paths(dirs).unwrap()),
        ("XWIN_CACHE_DIR", xwin_cache().into()),
        // cargo-xwin chooses Ninja; the other targets would look for make.
        ("CMAKE_GENERATOR", "Ninja".into()),
    ]
}
