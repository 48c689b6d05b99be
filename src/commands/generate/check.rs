//! `generate scripts --check`: what lies in the folder, against what would be written.

use crate::cli::{BuildFlags, GenerateFilesArgs};
use crate::error::{Exit, Problem};
use crate::host::{self, Host};
use crate::pipeline::{SCRIPTS, Texts};
use anyhow::Context;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::Path;

/// One problem that names each file which is not as it would be written; `None` when all are.
///
/// # Errors
/// A file or folder that can't be read.
pub(super) fn compare(
    host: &dyn Host,
    dir: &Path,
    texts: &Texts,
    args: &GenerateFilesArgs,
) -> anyhow::Result<Option<Problem>> {
    let mut wrong = Vec::new();
    for (path, bytes) in &texts.files {
        let file = dir.join(path.as_str());
        match std::fs::read(&file) {
            Ok(found) if found == *bytes => {}
            Ok(_) => wrong.push(format!("`{path}` differs")),
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                wrong.push(format!("`{path}` is missing"));
            }
            Err(e) => return Err(e).with_context(|| format!("can't read `{}`", file.display())),
        }
    }
    let stale = stale(dir, texts, args.output.is_none())?;
    let mend = !wrong.is_empty();
    wrong.extend(stale.iter().map(|name| format!("`{name}` is no longer generated")));
    if wrong.is_empty() {
        return Ok(None);
    }
    let folder = host::shorten(dir, &host.cwd());
    let what = format!("`{folder}` does not hold what would be generated: {}", wrong.join(", "));
    let mut problem = Problem::new("scripts-differ", what).exit(Exit::Verify);
    if mend {
        problem = problem.fix(command(args));
    }
    if !stale.is_empty() {
        let files: Vec<String> = stale.iter().map(|name| host::quote(dir.join(name).as_os_str())).collect();
        problem = problem.fix(format!("rm -- {}", files.join(" ")));
    }
    Ok(Some(problem))
}

/// Files that an earlier run left and none would write now, sorted. The default folder is ours with all that lies in it. Another
/// one may hold files of the user's: there only the names that every bundle's scripts have are ours.
fn stale(dir: &Path, texts: &Texts, ours: bool) -> anyhow::Result<Vec<String>> {
    let generated = |name: &str| texts.files.iter().any(|(path, _)| path.as_str() == name);
    let mut found = Vec::new();
    if !ours {
        let lies = |name: &&str| !generated(name) && dir.join(name).is_file();
        found.extend(SCRIPTS.iter().copied().filter(lies).map(str::to_owned));
    } else if dir.exists() {
        for entry in walkdir::WalkDir::new(dir) {
            let entry = entry.with_context(|| format!("can't read `{}`", dir.display()))?;
            let name = entry.path().strip_prefix(dir)?.to_string_lossy().into_owned();
            if !entry.file_type().is_dir() && !generated(&name) {
                found.push(name);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The same command without `--check`, with every flag that has a say in what is written and where.
fn command(args: &GenerateFilesArgs) -> String {
    let BuildFlags { package, workspace, exclude, manifest_path, target, target_dir, config, variant, .. } =
        &args.build;
    let BuildFlags { bin, locked, offline, frozen, profile, release, backend, .. } = &args.build;
    let mut words: Vec<OsString> = ["cargo", "winsvc", "generate", "scripts"].map(OsString::from).into();
    let mut flag = |name: &str, value: Option<&OsStr>| {
        words.push(name.into());
        words.extend(value.map(OsStr::to_owned));
    };
    let lists = [("-p", package), ("--exclude", exclude), ("--bin", bin), ("--target", target), ("--config", config)];
    for (name, values) in lists {
        values.iter().for_each(|value| flag(name, Some(value.as_ref())));
    }
    let paths = [("--manifest-path", manifest_path), ("--target-dir", target_dir), ("--output", &args.output)];
    for (name, value) in paths {
        value.iter().for_each(|value| flag(name, Some(value.as_ref())));
    }
    for (name, value) in [("--profile", profile), ("--backend", backend), ("--variant", variant)] {
        value.iter().for_each(|value| flag(name, Some(value.as_ref())));
    }
    let switches = [
        ("--workspace", workspace),
        ("--locked", locked),
        ("--offline", offline),
        ("--frozen", frozen),
        ("--release", release),
    ];
    switches.iter().filter(|(_, given)| **given).for_each(|(name, _)| flag(name, None));
    words.iter().map(|word| host::quote(word)).collect::<Vec<_>>().join(" ")
}
