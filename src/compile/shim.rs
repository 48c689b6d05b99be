//! Files that are written before cargo runs, where the paths of a build hold blanks.
//!
//! GNU dlltool, which rustc calls for `raw-dylib` imports, hands paths to the assembler unquoted: it fails where the path
//! of cargo's build folder holds a blank. A shell script beside the results calls it from inside the folder, with names that hold none.
//!
//! Flags for C compilers travel in variables that are split at blanks, so there they lie in a response file, whose own path
//! holds none; gcc and clang take `@FILE`.

use crate::model::Sha256;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A file that is written before cargo runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prepared {
    /// Where.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// It is run.
    pub executable: bool,
}

/// The script, where it is needed. `tool` is the real one.
pub(super) fn dlltool(build_dir: &Path, triple: &str, tool: &str) -> Option<Prepared> {
    if !build_dir.to_string_lossy().contains(char::is_whitespace) {
        return None;
    }
    let text = format!(
        "#!/bin/sh\n\
         # Written by cargo-winsvc: calls dlltool from inside its output folder, because it can't take paths with blanks.\n\
         dir=\n\
         for arg; do\n\
         \x20 [ \"$last\" = -l ] && dir=${{arg%/*}}\n\
         \x20 last=$arg\n\
         done\n\
         [ -n \"$dir\" ] && cd \"$dir\" || exit 1\n\
         n=$#\n\
         while [ \"$n\" -gt 0 ]; do\n\
         \x20 arg=${{1#\"$dir\"/}}\n\
         \x20 shift\n\
         \x20 set -- \"$@\" \"$arg\"\n\
         \x20 n=$((n - 1))\n\
         done\n\
         exec {tool} \"$@\"\n"
    );
    Some(Prepared { path: build_dir.join(triple).join(".winsvc-dlltool"), text, executable: true })
}

/// The script that calls lld-link through our own program, in a folder whose name tells its content.
pub(super) fn linker(cache: &Path, own_exe: &Path, lld_link: &Path) -> Prepared {
    let text = crate::linker::script(own_exe, lld_link);
    let path = cache.join("link").join(&Sha256::of(text.as_bytes()).to_string()[..16]).join("lld-link");
    Prepared { path, text, executable: true }
}

/// Writes the file, when it is not there as it should be.
pub(super) fn write(file: &Prepared) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if std::fs::read_to_string(&file.path).is_ok_and(|text| text == file.text) {
        return Ok(());
    }
    if let Some(dir) = file.path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    std::fs::write(&file.path, &file.text)?;
    let mode = if file.executable { 0o755 } else { 0o644 };
    std::fs::set_permissions(&file.path, std::fs::Permissions::from_mode(mode))
}

/// A response file with these flags, in a folder of ours. Its name tells its content, so that a change of it reaches build
/// scripts through the variable. All on one line: clang-cl lets no flag take its value from the next.
pub(super) fn response(cache: &Path, flags: &[String]) -> Option<Prepared> {
    let quoted = |flag: &String| format!("\"{}\"", flag.replace('\\', "\\\\").replace('"', "\\\""));
    let text = flags.iter().map(quoted).collect::<Vec<_>>().join(" ") + "\n";
    let path = cache.join("flags").join(&Sha256::of(text.as_bytes()).to_string()[..16]);
    let blank = path.to_string_lossy().contains(char::is_whitespace);
    (!blank).then_some(Prepared { path, text, executable: false })
}
