//! The state of the git repository: a fact for the manifest and the default time. Without git, or without a commit, there
//! is none, and that is no error; where git refuses to look, that is said.

use super::types::Source;
use crate::host::{Cmd, Host};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What git says of a folder.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Commit at HEAD of the repository that holds the folder, and whether all its files are as committed.
    pub(super) source: Option<Source>,
    /// The commit's time in seconds since 1970.
    pub(super) time: Option<u64>,
    /// Why there is none although there is a repository.
    pub(super) note: Option<String>,
}

/// Asks about the repository that holds the workspace in `root`: the whole of it, since dependencies by path may lie anywhere
/// in it. What lies in one of the folders `ours` is no change of the source: a build leaves it there.
///
/// Cargo writes a Cargo.lock that is not there. Without one, the sources are not as committed even before that, unless git is
/// to ignore it: so the first run says what the second will.
pub(super) fn head(host: &dyn Host, root: &Path, ours: &[&Path]) -> Head {
    let log = git(root).args(["log", "-1", "--no-show-signature", "--format=%H %ct"]);
    // All files, since a folder that holds nothing but one of ours would be named as a whole.
    let mut status = git(root).args(["status", "--porcelain", "--untracked-files=all", "--", ":/"]);
    let top = top(root);
    for dir in ours {
        status = status.args(exclude(&top, root, dir));
    }
    let (log, status) = rayon::join(|| host.output(&log), || host.output(&status));
    let (Ok(log), Ok(status)) = (log, status) else { return Head::default() };
    if !log.ok() {
        return Head { note: refusal(&String::from_utf8_lossy(&log.stderr)), ..Head::default() };
    }
    let text = log.text();
    let Some((commit, time)) = text.split_once(' ') else { return Head::default() };
    let Ok(time) = time.parse() else { return Head::default() };
    let clean = status.ok() && status.stdout.is_empty() && (root.join(LOCK).exists() || is_ignored(host, root));
    Head { source: Some(Source { commit: commit.to_owned(), clean }), time: Some(time), note: None }
}

/// Whether cargo has left the lock file as it is committed, or git ignores it. It may have written it since [`head`] asked.
pub(super) fn lock_is_clean(host: &dyn Host, root: &Path) -> bool {
    let status = git(root).args(["status", "--porcelain", "--untracked-files=normal", "--", LOCK]);
    host.output(&status).is_ok_and(|status| status.ok() && status.stdout.is_empty())
}

const LOCK: &str = "Cargo.lock";

/// Git, in a folder. The repository's own settings must not reach in (a file system monitor, a pager), nor the language.
fn git(dir: &Path) -> Cmd {
    let cmd = Cmd::new("git").args(["--no-optional-locks", "-c", "core.fsmonitor=false", "-C"]).arg(dir);
    cmd.env("LC_ALL", "C")
}

fn is_ignored(host: &dyn Host, root: &Path) -> bool {
    host.output(&git(root).args(["check-ignore", "--quiet", "--", LOCK])).is_ok_and(|output| output.ok())
}

/// The repository's top folder, as it really lies.
fn top(dir: &Path) -> PathBuf {
    let real = real(dir);
    real.ancestors().find(|a| a.join(".git").exists()).unwrap_or(&real).to_owned()
}

/// As it really lies, also where its last parts are not there yet.
fn real(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|a| Some((dunce::canonicalize(a).ok()?, path.strip_prefix(a).ok()?)));
    there.map_or_else(|| path.to_owned(), |(real, rest)| if rest == Path::new("") { real } else { real.join(rest) })
}

/// The pathspec that leaves a folder out: none when it is not in the repository, or when the workspace is in it.
fn exclude(top: &Path, root: &Path, dir: &Path) -> Option<OsString> {
    let dir = real(dir);
    let below = dir.strip_prefix(top).ok().filter(|_| !real(root).starts_with(&dir))?;
    let mut spec = OsString::from(":(top,exclude,literal)");
    spec.push(below);
    Some(spec)
}

/// What is said of a repository that git can't or won't read. That there is none, or no commit in it, is nothing to say.
fn refusal(stderr: &str) -> Option<String> {
    let said = stderr.lines().find_map(|line| line.strip_prefix("fatal: "))?;
    if said.starts_with("not a git repository") || said.contains("does not have any commits") {
        return None;
    }
    // Git names the command that allows it: "git config --global --add safe.directory /folder".
    let allow = stderr.lines().map(str::trim).find(|line| line.starts_with("git config "));
    let allow = allow.map(|command| format!("; `{command}` allows it")).unwrap_or_default();
    Some(format!("no commit is named in the result, because git refuses the repository: {said}{allow}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_refuses_is_told_apart_from_what_is_not_there() {
        let dubious = "fatal: detected dubious ownership in repository at '/r'\nTo add an exception for this directory, \
                       call:\n\n\tgit config --global --add safe.directory /r\n";
        let note = refusal(dubious).expect("a note");
        assert!(note.contains("dubious ownership in repository at '/r'"), "{note}");
        assert!(note.ends_with("`git config --global --add safe.directory /r` allows it"), "{note}");
        for nothing in [
            "fatal: not a git repository (or any of the parent directories): .git\n",
            "fatal: your current branch 'main' does not have any commits yet\n",
            "",
        ] {
            assert_eq!(refusal(nothing), None, "{nothing}");
        }
        assert!(refusal("fatal: bad object HEAD\n").expect("a note").ends_with(": bad object HEAD"));
    }

    #[test]
    fn only_folders_beside_the_sources_are_left_out() {
        let repo = tempfile::tempdir().expect("a folder");
        let top = repo.path().canonicalize().expect("there");
        let root = top.join("svc");
        std::fs::create_dir_all(&root).expect("made");
        let spec = |dir: &str| exclude(&top, &root, &top.join(dir)).map(|s| s.to_string_lossy().into_owned());
        assert_eq!(spec("svc/dist/é").as_deref(), Some(":(top,exclude,literal)svc/dist/é"));
        assert_eq!(spec("out").as_deref(), Some(":(top,exclude,literal)out"));
        assert_eq!((spec("svc"), spec(""), exclude(&top, &root, Path::new("/elsewhere"))), (None, None, None));
    }
}
