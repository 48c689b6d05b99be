//! Files that are written before cargo runs, where the paths of a build hold blanks.
//!
//! GNU dlltool, which rustc calls for `raw-dylib` imports, hands paths to the assembler unquoted: it fails where the path
//! of cargo's build folder holds a blank. A shell script beside the results calls it from inside the folder, with names that hold none.
//!
//! Flags for C compilers travel in variables that are split at blanks, so there they lie in a response file, whose own path
//! holds none; gcc and clang take `@FILE`.

use crate::files;
use crate::model::Sha256;
use crate::platform;
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

/// Empty libraries, all in one folder, for what Debian's compiler has every `-gnu` program linked with: gcc has these libraries, zig
/// has not, and nothing that zig compiles needs them.
pub(super) fn absent(cache: &Path) -> [Prepared; 2] {
    ["libssp_nonshared.a", "libssp.a"].map(|name| Prepared {
        path: cache.join("link/zig").join(name),
        text: "!<arch>\n".to_owned(),
        executable: false,
    })
}

/// Writes the file, when it is not there as it should be. It comes to its place whole and ready to run: other runs use the same
/// script, and a shell that meets a half-written one ends without an error and without a result.
pub(super) fn write(file: &Prepared) -> std::io::Result<()> {
    let mode = if file.executable { 0o755 } else { 0o644 };
    let runs = |path: &Path| !file.executable || platform::is_executable(path).unwrap_or(false);
    if std::fs::read_to_string(&file.path).is_ok_and(|text| text == file.text) && runs(&file.path) {
        return Ok(());
    }
    files::write_whole(&file.path, file.text.as_bytes(), mode)
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_script_that_others_use_is_never_seen_half_written_nor_left_unable_to_run() {
        let dir = tempfile::tempdir().unwrap();
        let file = Prepared { path: dir.path().join("x/lld-link"), text: "#!/bin/sh\n".into(), executable: true };
        let mode = |bits| std::fs::set_permissions(&file.path, std::fs::Permissions::from_mode(bits)).unwrap();
        let runs = || std::fs::metadata(&file.path).unwrap().permissions().mode() & 0o777 == 0o755;
        write(&file).unwrap();
        assert!(runs());
        // As a run leaves it that is killed before it has made the script executable.
        mode(0o644);
        write(&file).unwrap();
        assert!(runs());
        // Whoever has the old one open reads it to its end.
        std::fs::write(&file.path, "old").unwrap();
        let mut open = std::fs::File::open(&file.path).unwrap();
        write(&file).unwrap();
        let mut read = String::new();
        std::io::Read::read_to_string(&mut open, &mut read).unwrap();
        assert_eq!((read.as_str(), std::fs::read_to_string(&file.path).unwrap().as_str()), ("old", "#!/bin/sh\n"));
        assert_eq!(std::fs::read_dir(dir.path().join("x")).unwrap().count(), 1, "nothing is left beside it");
    }
}
