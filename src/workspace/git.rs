//! The state of the git repository: a fact for the manifest and the default time. Without git, or without a commit, there
//! is none, and that is no error.

use super::types::Source;
use crate::host::{Cmd, Host};
use std::path::Path;

/// Commit at HEAD of the repository that holds `dir`, its time in seconds since 1970, and whether the files below `dir` are
/// as committed. `target_dir` does not count: what a build leaves there is no change of the source.
pub(super) fn head(host: &dyn Host, dir: &Path, target_dir: &Path) -> Option<(Source, u64)> {
    // The repository's own settings must not reach in (a file system monitor, a pager).
    let git = || Cmd::new("git").args(["--no-optional-locks", "-c", "core.fsmonitor=false", "-C"]).arg(dir);
    let log = git().args(["log", "-1", "--no-show-signature", "--format=%H %ct"]);
    let mut status = git().args(["status", "--porcelain", "--untracked-files=normal", "--", "."]);
    if let Some(below) = target_dir.strip_prefix(dir).ok().filter(|p| !p.as_os_str().is_empty()) {
        let mut exclude = std::ffi::OsString::from(":(exclude,literal)");
        exclude.push(below);
        status = status.arg(exclude);
    }
    let (log, status) = rayon::join(|| host.output(&log), || host.output(&status));
    let (log, status) = (log.ok()?, status.ok()?);
    let text = log.text();
    let (commit, time) = text.split_once(' ')?;
    if !log.ok() {
        return None;
    }
    let time = time.parse().ok()?;
    Some((Source { commit: commit.to_owned(), clean: status.ok() && status.stdout.is_empty() }, time))
}
