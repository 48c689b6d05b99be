//! Moves what was provisioned to a machine without network: standard libraries, tools, Microsoft's files.
//!
//! The file is a zip with a format mark (`winsvc-cache.json`) and the folders of our cache, each as a whole. Microsoft's files are full of symbolic links (one
//! for each spelling of a header's name), which the zip keeps as Unix does. Entries are sorted and have one time, so that the same cache
//! gives the same file.

use super::xwin::{CLANG_CL_TREE, CLANG_TREE, chosen_cache};
use crate::error::{Exit, Problem};
use crate::event::Sink;
use crate::host::{Host, cache_dir, check_interrupt};
use crate::platform;
use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// First entry.
const MARK: &str = "winsvc-cache.json";
/// Rises when the layout changes.
const FORMAT: u32 = 1;
/// Folders of the cache that are moved. What was said by tools of this machine is not.
const PARTS: [&str; 4] = ["sysroots", "choices", "tools", "xwin"];
/// The folder in the file for XWIN_CACHE_DIR, where one is set.
const CHOSEN: &str = "xwin/chosen";

/// How folders begin in which an import is made.
const UNDONE: &str = ".import-";

#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    format: u32,
    /// `sysroots/…`, `xwin/…`: what is in it, for people.
    holds: Vec<String>,
}

/// Writes the file.
///
/// # Errors
/// `empty-cache` when nothing was provisioned; the file or a part of the cache can't be written or read; interruption.
pub fn export(host: &dyn Host, sink: &dyn Sink, file: &Path) -> anyhow::Result<()> {
    let cache = cache_dir(host).ok_or_else(no_cache)?;
    let units = units(host, &cache)?;
    if units.is_empty() {
        let what = format!("nothing was provisioned in {}", cache.display());
        return Err(Problem::new("empty-cache", what)
            .fix("cargo winsvc doctor --target … --provision")
            .exit(Exit::ToolMissing)
            .into());
    }
    if units.iter().any(|(name, _)| name.starts_with("xwin/")) {
        sink.note("the file holds files of Microsoft's: their terms let you use them on machines of your own, not pass them on".into());
    }
    let dir = file.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temp = tempfile::NamedTempFile::new_in(dir).with_context(|| format!("can't write to {}", dir.display()))?;
    let mut zip = ZipWriter::new(BufWriter::new(temp));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .large_file(true)
        .unix_permissions(0o644);
    let mark = Mark { format: FORMAT, holds: units.iter().map(|(name, _)| name.clone()).collect() };
    zip.start_file(MARK, options)?;
    zip.write_all(crate::formats::to_json(&mark).as_bytes())?;
    for (name, path) in &units {
        sink.status("Exporting", name.clone());
        for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
            check_interrupt(host)?;
            let entry = entry?;
            let below = entry.path().strip_prefix(path)?;
            let inside = if below.as_os_str().is_empty() { name.clone() } else { format!("{name}/{}", text(below)?) };
            let kind = entry.file_type();
            if kind.is_symlink() {
                zip.add_symlink(inside, text(&std::fs::read_link(entry.path())?)?, options)?;
            } else if kind.is_dir() {
                zip.add_directory(inside, options.unix_permissions(0o755))?;
            } else {
                zip.start_file(inside, options.unix_permissions(mode(entry.path())?))?;
                std::io::copy(&mut File::open(entry.path())?, &mut zip)?;
            }
        }
    }
    let temp = zip.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    temp.persist(file).with_context(|| format!("can't write {}", file.display()))?;
    Ok(())
}

/// Unpacks the file into the cache. What is there already stays.
///
/// # Errors
/// `bad-cache-file` when it is none of ours, or an entry would land outside of the cache; the cache can't be written; interruption.
pub fn import(host: &dyn Host, sink: &dyn Sink, file: &Path) -> anyhow::Result<()> {
    let cache = cache_dir(host).ok_or_else(no_cache)?;
    let open = File::open(file).with_context(|| format!("can't read {}", file.display()))?;
    let mut zip = ZipArchive::new(BufReader::new(open)).map_err(|e| bad(file, &e.to_string()))?;
    let mark: Option<Mark> = zip.by_name(MARK).ok().and_then(|entry| serde_json::from_reader(entry).ok());
    if mark.is_none_or(|mark| mark.format != FORMAT) {
        return Err(bad(file, "it was not written by `doctor --export-cache` of this version").into());
    }
    std::fs::create_dir_all(&cache).with_context(|| format!("can't create {}", cache.display()))?;
    let temp = tempfile::Builder::new().prefix(UNDONE).tempdir_in(&cache)?;
    let units = unpack(host, &mut zip, file, temp.path())?;
    for unit in units {
        let from = temp.path().join(&unit);
        let to = match (unit.as_str(), chosen_cache(host)) {
            (name, Some(dir)) if name.starts_with("xwin/") => dir,
            (CHOSEN, None) => {
                let pinned = crate::config::Msvc::default();
                cache.join("xwin").join(format!("{}_{}", pinned.sdk_version, pinned.crt_version))
            }
            (name, _) => cache.join(name),
        };
        if is_there(&to) {
            sink.note(format!("{} is there already and stays as it is", to.display()));
            continue;
        }
        sink.status("Importing", to.display().to_string());
        place(host, &from, &to).with_context(|| format!("can't write {}", to.display()))?;
    }
    Ok(())
}

/// What is to be moved: a name in the file, and the folder or file.
fn units(host: &dyn Host, cache: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut units = Vec::new();
    for part in PARTS {
        let Ok(entries) = std::fs::read_dir(cache.join(part)) else { continue };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            // What is being made begins with a dot; a folder without its mark is not whole.
            let whole = match part {
                "sysroots" => path.join("winsvc-std.json").is_file(),
                "xwin" => is_filled(&path),
                "tools" => path.is_dir(),
                _ => path.is_file(),
            };
            if whole && !name.starts_with('.') {
                units.push((format!("{part}/{name}"), path));
            }
        }
    }
    if let Some(dir) = chosen_cache(host).filter(|dir| is_filled(dir)) {
        units.retain(|(name, _)| !name.starts_with("xwin/"));
        units.push((CHOSEN.to_owned(), dir));
    }
    units.sort();
    Ok(units)
}

/// Whether either of cargo-xwin's trees is there.
fn is_filled(xwin: &Path) -> bool {
    [CLANG_CL_TREE, CLANG_TREE].iter().any(|tree| xwin.join(tree).join("DONE").is_file())
}

/// Unpacks into an empty folder: files first, then links, so that nothing is ever written through a link. Gives the units.
fn unpack(
    host: &dyn Host,
    zip: &mut ZipArchive<BufReader<File>>,
    file: &Path,
    dir: &Path,
) -> anyhow::Result<BTreeSet<String>> {
    let mut units = BTreeSet::new();
    let mut links = Vec::new();
    for index in 0..zip.len() {
        check_interrupt(host)?;
        let mut entry = zip.by_index(index).map_err(|e| bad(file, &e.to_string()))?;
        let name = entry.name()?.trim_end_matches('/').to_owned();
        if name == MARK {
            continue;
        }
        let path = Path::new(&name);
        let plain = path.components().all(|c| matches!(c, Component::Normal(_)));
        let unit: Vec<&str> = name.split('/').take(2).collect();
        ensure!(
            plain && unit.len() == 2 && PARTS.contains(&unit[0]),
            bad(file, &format!("`{name}` has no place in it"))
        );
        units.insert(unit.join("/"));
        let to = dir.join(path);
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent)?;
        }
        if entry.is_symlink() {
            let mut target = String::new();
            entry.read_to_string(&mut target)?;
            links.push((to, target));
        } else if entry.is_dir() {
            std::fs::create_dir_all(&to)?;
        } else {
            let mode = entry.unix_mode().unwrap_or(0o644) & 0o755;
            let mut options = std::fs::OpenOptions::new();
            let mut out = platform::with_mode(options.write(true).create_new(true), mode).open(&to)?;
            std::io::copy(&mut entry, &mut out)?;
        }
    }
    for (at, target) in links {
        platform::symlink(&target, &at).with_context(|| format!("can't link {}", at.display()))?;
    }
    Ok(units)
}

/// Whether anything is there that an import must leave alone: not an empty folder, nor what an import left that was killed.
fn is_there(to: &Path) -> bool {
    let undone = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(UNDONE.as_bytes());
    match std::fs::read_dir(to) {
        Ok(mut entries) => entries.any(|e| e.map_or(true, |e| !undone(&e.file_name()))),
        Err(_) => to.exists(),
    }
}

/// Moves a folder or file; by copying where it lies on another file system, or where the (empty) folder that is there has to stay:
/// a mount, or a link to a folder. What is copied gets its name when it is whole, so that one that was broken off is not taken for it.
pub(super) fn place(host: &dyn Host, from: &Path, to: &Path) -> anyhow::Result<()> {
    let parent = to.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(parent)?;
    // Empty, as was seen before.
    if !to.is_symlink() && to.is_dir() && from.is_dir() {
        let _ = std::fs::remove_dir(to);
    }
    if std::fs::rename(from, to).is_ok() {
        return Ok(());
    }
    let stays = to.is_dir();
    let temp = tempfile::Builder::new().prefix(UNDONE).tempdir_in(if stays { to } else { parent })?;
    let whole = temp.path().join("whole");
    copy(host, from, &whole)?;
    if !stays {
        return Ok(std::fs::rename(whole, to)?);
    }
    for entry in std::fs::read_dir(whole)? {
        let entry = entry?;
        std::fs::rename(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

fn copy(host: &dyn Host, from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        check_interrupt(host)?;
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(from)?);
        let kind = entry.file_type();
        if kind.is_symlink() {
            platform::symlink(std::fs::read_link(entry.path())?, &target)?;
        } else if kind.is_dir() {
            std::fs::create_dir_all(&target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

fn text(path: &Path) -> anyhow::Result<String> {
    path.to_str().map(str::to_owned).with_context(|| format!("`{}` is not UTF-8", path.display()))
}

/// `rw-r--r--`, or with `x` for all.
fn mode(path: &Path) -> std::io::Result<u32> {
    Ok(if platform::is_executable(path)? { 0o755 } else { 0o644 })
}

fn bad(file: &Path, why: &str) -> Problem {
    Problem::new("bad-cache-file", format!("{} can't be imported: {why}", file.display()))
        .fix("cargo winsvc doctor --export-cache FILE    # on the machine that was provisioned")
}

fn no_cache() -> Problem {
    Problem::new("no-cache", "there is no folder for what is kept: neither HOME nor XDG_CACHE_HOME is set")
        .fix("export HOME=…")
}
