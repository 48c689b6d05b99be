//! What `cargo-xwin env` says, as values.

use crate::files::write_whole;
use crate::host::{Host, cache_dir, given};
use crate::model::{Sha256, Target};
use std::ffi::OsStr;
use std::path::PathBuf;

/// What the settings of CMake include from beside them.
const OVERRIDE: &str = "override.cmake";

/// What cargo-xwin would set for cargo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Environment, sorted by name.
    pub env: Vec<(String, String)>,
    /// Flags for rustc, one each.
    pub rustflags: Vec<String>,
    /// The SDK that is there, when that is known.
    pub sdk_version: Option<String>,
    /// The CRT that is there, when that is known.
    pub crt_version: Option<String>,
}

/// cargo-xwin chooses Ninja for CMake, which may not be there; and a generator that the user chose stays.
pub(super) fn cmake(host: &dyn Host, filled: &mut Filled) {
    let own = given(host, "CMAKE_GENERATOR");
    let ninja = ["ninja", "ninja-build"].iter().any(|name| host.which(OsStr::new(name)).is_some());
    let Some((_, generator)) = filled.env.iter_mut().find(|(name, _)| name == "CMAKE_GENERATOR") else { return };
    match own {
        Some(own) => *generator = own.to_string_lossy().into_owned(),
        // Without any, crate `cmake` looks for Visual Studio.
        None if !ninja => *generator = "Unix Makefiles".to_owned(),
        None => {}
    }
}

/// Takes CMake's settings out of the folder: every run writes them anew there, for its own kind of C run-time, while CMake of another may
/// be reading them. Ours lie in a folder whose name tells what is in it.
pub(super) fn keep_cmake(host: &dyn Host, filled: &mut Filled) -> std::io::Result<()> {
    let Some(cache) = cache_dir(host) else { return Ok(()) };
    for (name, file) in &mut filled.env {
        let path = PathBuf::from(&file);
        let (true, Some(dir), Some(leaf)) = (name.starts_with("CMAKE_TOOLCHAIN_FILE"), path.parent(), path.file_name())
        else {
            continue;
        };
        let text = std::fs::read(&path)?;
        let beside = dir.join(OVERRIDE);
        let rules = if beside.is_file() { Some(std::fs::read(beside)?) } else { None };
        let all = [&text[..], rules.as_deref().unwrap_or_default()].concat();
        let kept = cache.join("cmake").join(&Sha256::of(&all).to_string()[..16]);
        for (leaf, bytes) in [(leaf, Some(text)), (OsStr::new(OVERRIDE), rules)] {
            let (to, Some(bytes)) = (kept.join(leaf), bytes) else { continue };
            if std::fs::read(&to).ok().as_ref() != Some(&bytes) {
                write_whole(&to, &bytes, 0o644)?;
            }
        }
        *file = kept.join(leaf).display().to_string();
    }
    Ok(())
}

/// Reads `export NAME="VALUE";` lines: nothing in a value is escaped, and it holds no line end.
pub(super) fn parse(text: &str, target: &Target) -> Filled {
    let mut filled = Filled::default();
    let own_flags = format!("CARGO_TARGET_{}_RUSTFLAGS", target.env_name());
    for line in text.lines() {
        let Some((name, value)) = line.strip_prefix("export ").and_then(|l| l.split_once("=\"")) else { continue };
        let value = value.strip_suffix("\";").unwrap_or(value);
        if name == own_flags {
            filled.rustflags = flags(value);
        } else if name != "RUSTFLAGS" && name != "WINEDEBUG" && !name.ends_with("_RUNNER") {
            filled.env.push((name.to_owned(), value.to_owned()));
        }
    }
    filled.env.sort();
    filled
}

/// Flags without the one that we gave, `-C` joined to what follows it.
fn flags(value: &str) -> Vec<String> {
    let mut flags = Vec::new();
    let mut words = value.split(' ').filter(|w| !w.is_empty());
    while let Some(word) = words.next() {
        match word {
            "-C" => flags.extend(words.next().map(|next| format!("-C{next}"))),
            word if word.starts_with("-Ctarget-feature=") => {}
            word => flags.push(word.to_owned()),
        }
    }
    flags
}
