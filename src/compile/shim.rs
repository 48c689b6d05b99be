//! GNU dlltool, which rustc calls for `raw-dylib` imports, hands paths to the assembler unquoted: it fails where the target
//! folder's path holds a blank. A shell script beside the results calls it from inside the folder, with names that hold none.

use serde::Serialize;
use std::path::{Path, PathBuf};

/// A script that is written before cargo runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Script {
    /// Where.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// The script, where it is needed. `tool` is the real one.
pub(super) fn dlltool(target_dir: &Path, triple: &str, tool: &str) -> Option<Script> {
    if !target_dir.to_string_lossy().contains(char::is_whitespace) {
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
    Some(Script { path: target_dir.join(triple).join(".winsvc-dlltool"), text })
}

/// Writes the script, when it is not there as it should be.
pub(super) fn write(script: &Script) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if std::fs::read_to_string(&script.path).is_ok_and(|text| text == script.text) {
        return Ok(());
    }
    if let Some(dir) = script.path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    std::fs::write(&script.path, &script.text)?;
    std::fs::set_permissions(&script.path, std::fs::Permissions::from_mode(0o755))
}
