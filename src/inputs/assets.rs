//! Asset globs: which files they mean, and where those go in the bundle.

use super::{AssetFile, Reader, key_of, outside};
use crate::config::Asset;
use crate::error::Problem;
use crate::formats;
use crate::model::BundlePath;
use crate::model::bundle_path::collision_key;
use globset::{GlobBuilder, GlobMatcher};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Files that `$auto` takes, by the start of their upper-case name.
const AUTO: &[&str] = &["README", "LICENSE", "LICENCE", "COPYING", "NOTICE", "CHANGELOG"];
/// Those of them that a bundle should not be without: looked for in the workspace's root when the package has none.
const LICENCE: &[&str] = &["LICENSE", "LICENCE", "COPYING", "NOTICE"];
/// A file that every bundle is given; a project's own has to step aside.
const OWN_README: &str = "README.txt";
/// The others of that kind.
const OWN: &[&str] = &[OWN_README, "SHA256SUMS", formats::service_json::FILE_NAME, formats::manifest::FILE_NAME];
/// And those of bundles with services.
const SCRIPTS: &[&str] =
    &["install.cmd", "install.ps1", "rollback.ps1", "status.ps1", "uninstall.cmd", "uninstall.ps1"];

/// All asset files, sorted by destination; the same file at the same place counts once.
pub(super) fn read(reader: &mut Reader<'_>) -> Vec<AssetFile> {
    let spec = reader.spec;
    let mut files = Vec::new();
    for asset in &spec.assets {
        match asset {
            Asset::Auto => files.extend(auto(reader)),
            Asset::Glob { source, dest, template, config, key } => {
                let found = glob(reader, source, dest.as_deref(), *template, key);
                files.extend(found.into_iter().map(|file| AssetFile { config: *config, ..file }));
            }
        }
    }
    files.sort_by(|a, b| a.dest.cmp(&b.dest).then_with(|| a.source.cmp(&b.source)));
    files.dedup_by(|a, b| {
        let same = a.dest == b.dest && a.source == b.source;
        // Whichever entry says that administrators edit it is right.
        b.config |= same && a.config;
        same
    });
    conflicts(reader, &files);
    files
}

/// Two files that are one on Windows, and files where an executable goes.
fn conflicts(reader: &mut Reader<'_>, files: &[AssetFile]) {
    let mut seen: BTreeMap<String, (String, String)> = BTreeMap::new();
    let scripts = if reader.spec.services.is_empty() { &[] } else { SCRIPTS };
    for name in OWN.iter().chain(scripts) {
        seen.insert(collision_key(name), ((*name).to_owned(), "cargo-winsvc's own".to_owned()));
    }
    for bin in &reader.spec.bins {
        seen.insert(collision_key(&bin.exe()), (bin.exe(), "the executable".to_owned()));
    }
    let mut found = Vec::new();
    for file in files {
        if let Some(name) = file.dest.stands_for_written().filter(|_| !reader.spec.services.is_empty()) {
            let (dest, source, key) = (&file.dest, file.source.display(), &file.key);
            let what = format!(
                "`{dest}`, from `{source}`, from `{key}`: an installation writes `{name}` into the program folder itself"
            );
            found.push((key.clone(), what, "give it another `dest`: { source = \"…\", dest = \"…\" }".to_owned()));
            continue;
        }
        let (dest, from) = (file.dest.to_string(), format!("`{}`, from `{}`", file.source.display(), file.key));
        let Some((other, theirs)) = seen.get(&file.dest.collision_key()) else {
            seen.insert(file.dest.collision_key(), (dest, from));
            continue;
        };
        let what = if *other == dest {
            format!("two files land on `{dest}` in the bundle: {theirs} and {from}")
        } else {
            format!("`{other}` ({theirs}) and `{dest}` ({from}) differ only in case, and are one file on Windows")
        };
        let fix = "give one of them another `dest`: { source = \"…\", dest = \"…\" }";
        found.push((file.key.clone(), what, fix.to_owned()));
    }
    let secrets = reader.spec.parameters.iter().any(|parameter| parameter.secret);
    found.extend(in_data(files, secrets));
    for (key, what, fix) in found {
        reader.report(&key, Problem::usage("asset-conflict", what).fix(fix));
    }
}

/// Config files that can't have their place in the data folder: an installation puts something of its own there.
fn in_data(files: &[AssetFile], secrets: bool) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let configs: BTreeMap<String, &AssetFile> =
        files.iter().filter(|file| file.config).map(|file| (file.dest.collision_key(), file)).collect();
    for (place, file) in &configs {
        let (dest, key) = (&file.dest, &file.key);
        let fix = "give it another `dest`: { source = \"…\", dest = \"…\", config = true }".to_owned();
        let other = place.rsplit_once('.').filter(|(_, end)| is_beside(end)).and_then(|(start, _)| configs.get(start));
        if let Some(other) = other {
            let what =
                format!("the config file `{dest}`, from `{key}`, has the name that one beside `{}` gets", other.dest);
            found.push((key.clone(), what, fix));
        } else if secrets && place.split('/').next() == Some("SECRETS") {
            let what =
                format!("the config file `{dest}`, from `{key}`, would lie in the folder `secrets`, which is closed");
            found.push((key.clone(), what, fix));
        }
    }
    found
}

/// Whether an installation gives this ending to a file beside a config file: `NEW`, `OLD`, `OLD2`.
fn is_beside(end: &str) -> bool {
    end == "NEW" || end.strip_prefix("OLD").is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
}

/// The usual files beside Cargo.toml.
fn auto(reader: &mut Reader<'_>) -> Vec<AssetFile> {
    let (dir, root) = (reader.spec.dir.clone(), reader.spec.root.clone());
    let mut files = auto_in(reader, &dir, AUTO);
    let is_licence = |file: &AssetFile| is_named(&file.dest.file_name().to_uppercase(), LICENCE);
    if !files.iter().any(is_licence) && root != dir {
        files.extend(auto_in(reader, &root, LICENCE));
    }
    files
}

fn is_named(upper: &str, starts: &[&str]) -> bool {
    // LICENSE, LICENSE-MIT, LICENSE.txt, but not LICENSES.rs or readme_generator.py.
    starts
        .iter()
        .any(|start| upper.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-'])))
}

fn auto_in(reader: &mut Reader<'_>, dir: &Path, starts: &[&str]) -> Vec<AssetFile> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| is_named(&name.to_uppercase(), starts)).collect();
    names.sort();
    let mut files = Vec::new();
    for name in names {
        // What is no plain file of the project was not asked for by name: it is passed over.
        let Ok(real) = dunce::canonicalize(dir.join(&name)) else { continue };
        if !real.is_file() || !real.starts_with(&reader.root) {
            continue;
        }
        let dest = if name.eq_ignore_ascii_case(OWN_README) { format!("{}-{name}", reader.spec.package) } else { name };
        let Ok(dest) = BundlePath::new(dest) else { continue };
        files.push(AssetFile { dest, source: real, template: false, config: false, key: key_of(&Asset::Auto).into() });
    }
    files
}

/// The files of one glob.
fn glob(reader: &mut Reader<'_>, source: &str, dest: Option<&str>, template: bool, key: &str) -> Vec<AssetFile> {
    let (fixed, rest) = split(source);
    let matches = if rest.is_empty() { literal(reader, fixed, key) } else { walk(reader, source, fixed, key) };
    let Some(matches) = matches else { return Vec::new() };
    let several = matches.len() > 1;
    let mut files = Vec::new();
    for (below, real) in matches {
        let place = match dest {
            None => below.clone(),
            Some(dest) if dest.ends_with('/') => format!("{dest}{below}"),
            Some(dest) if several => format!("{dest}/{below}"),
            Some(dest) => dest.to_owned(),
        };
        match BundlePath::new(place) {
            Ok(dest) => {
                if template && !is_text(reader, key, &real) {
                    continue;
                }
                files.push(AssetFile { dest, source: real, template, config: false, key: key.to_owned() });
            }
            Err(why) => {
                let what = format!("`{key}`: `{}` can't be in a bundle: {why}", shown(reader, &real));
                let fix = format!("rename the file, or {{ source = \"{source}\", dest = \"…\" }}");
                reader.report(key, Problem::usage("asset-name", what).fix(fix));
            }
        }
    }
    files
}

fn shown(reader: &Reader<'_>, real: &Path) -> String {
    crate::host::shorten(real, &reader.root)
}

fn is_text(reader: &mut Reader<'_>, key: &str, real: &Path) -> bool {
    let path = shown(reader, real);
    let Some(bytes) = reader.read(key, &path, real) else { return false };
    if std::str::from_utf8(&bytes).is_ok() {
        return true;
    }
    let what = format!("`{key}`: `{path}` is to be rendered as a template and is not UTF-8");
    reader.report(key, Problem::usage("not-utf8", what).fix("remove `template = true`"));
    false
}

/// The leading parts without a wildcard, and the rest. Of a path without one, all is fixed.
fn split(source: &str) -> (&str, &str) {
    let Some(wild) = source.find(['*', '?', '[', '{', '\\']) else { return (source, "") };
    match source[..wild].rfind('/') {
        Some(slash) => (&source[..slash], &source[slash + 1..]),
        None => ("", source),
    }
}

type Matches = Vec<(String, PathBuf)>;

/// A single file, named without a wildcard.
fn literal(reader: &mut Reader<'_>, path: &str, key: &str) -> Option<Matches> {
    let full = reader.spec.dir.join(path);
    if full.is_dir() && dunce::canonicalize(&full).is_ok_and(|real| real.starts_with(&reader.root)) {
        let what = format!("`{key}`: `{path}` is a folder");
        let fix = format!("\"{}/**\"", path.trim_end_matches('/'));
        reader.report(key, Problem::usage("not-a-file", what).fix(fix));
        return None;
    }
    if !full.exists() {
        nothing(reader, path, key);
        return None;
    }
    let real = reader.file(key, path)?;
    let name = path.rsplit('/').next().unwrap_or(path).to_owned();
    Some(vec![(name, real)])
}

fn nothing(reader: &mut Reader<'_>, source: &str, key: &str) {
    if reader.leads_out(split(source).0) {
        return reader.report(key, outside(key, source));
    }
    let dir = reader.spec.dir.display();
    let what = format!("`{key}`: `{source}` matches no file below {dir}");
    reader.report(key, Problem::usage("asset-missing", what).fix(format!("create the file, or remove `{source}`")));
}

/// All files that match a glob, with their path below its fixed part.
fn walk(reader: &mut Reader<'_>, source: &str, fixed: &str, key: &str) -> Option<Matches> {
    let start = reader.spec.dir.join(fixed);
    let real = match dunce::canonicalize(&start) {
        Ok(real) if real.starts_with(&reader.root) => real,
        Ok(_) => {
            reader.report(key, outside(key, source));
            return None;
        }
        Err(_) => {
            nothing(reader, source, key);
            return None;
        }
    };
    // Config has compiled it before.
    let pattern = source.strip_prefix(fixed).unwrap_or(source).trim_start_matches('/');
    let matcher: GlobMatcher = GlobBuilder::new(pattern).literal_separator(true).build().ok()?.compile_matcher();
    let mut matches = Vec::new();
    let mut clean = true;
    let walk = walkdir::WalkDir::new(&start).sort_by_file_name().into_iter();
    let results: Vec<PathBuf> =
        reader.results.iter().filter_map(|dir| Some(start.join(dir.strip_prefix(&real).ok()?))).collect();
    let is_result = |entry: &walkdir::DirEntry| results.iter().any(|dir| dir == entry.path());
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || !is_foreign(entry) && !is_result(entry)) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                clean = false;
                let what = format!("`{key}`: can't search for `{source}`: {error}");
                reader.report(key, Problem::usage("file-unreadable", what).fix("make the folder readable"));
                continue;
            }
        };
        let relative = entry.path().strip_prefix(&start).unwrap_or(entry.path());
        if entry.file_type().is_dir() || !matcher.is_match(relative) {
            continue;
        }
        let real = dunce::canonicalize(entry.path());
        // A link to a folder is no file, and its files are not searched.
        if real.as_ref().is_ok_and(|real| real.is_dir()) {
            continue;
        }
        let problem = match (real, relative.to_str()) {
            (Err(error), _) => {
                Problem::usage("file-missing", format!("`{key}`: `{}`: {error}", entry.path().display()))
                    .fix("remove the broken link")
            }
            (Ok(real), _) if !real.starts_with(&reader.root) => outside(key, &entry.path().display().to_string()),
            (Ok(real), _) if !real.is_file() => {
                Problem::usage("not-a-file", format!("`{key}`: `{}` is not a file", entry.path().display()))
                    .fix("narrow the glob")
            }
            (Ok(_), None) => {
                Problem::usage("wrong-file-name", format!("`{key}`: the name of `{}` is not UTF-8", relative.display()))
                    .fix("rename the file")
            }
            (Ok(real), Some(name)) => {
                matches.push((name.to_owned(), real));
                continue;
            }
        };
        clean = false;
        reader.report(key, problem);
    }
    if matches.is_empty() && clean {
        nothing(reader, source, key);
        return None;
    }
    Some(matches)
}

/// Folders that hold nothing of the project's own: git's, and caches such as cargo's target folder, which say so.
fn is_foreign(entry: &walkdir::DirEntry) -> bool {
    entry.file_type().is_dir() && (entry.file_name() == ".git" || entry.path().join("CACHEDIR.TAG").is_file())
}
