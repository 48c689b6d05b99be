//! One bundle: archive, lists, manifests, and everything they speak of.

use super::archive::Archive;
use super::catalog as ws;
use super::contents::{self, Contents};
use super::{Book, BundleFacts, PackageFacts, VerifyOptions, archive, exe, scripts, symbols};
use crate::formats::{BuildManifest, ManifestFile, ServiceJson, manifest, service_json, sums};
use crate::model::{BundlePath, FileVersion, Sha256, Target};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

/// How the name of a symbols archive ends.
const SYMBOLS: &str = "-symbols.zip";

/// An archive with all checks done that need no other.
struct Checked {
    facts: BundleFacts,
    /// `None` when the archive is too broken to look inside.
    contents: Option<Contents>,
}

/// A bundle with what lies beside it, or a symbols archive alone.
pub(super) fn check_file(
    book: &mut Book,
    path: &Path,
    archive: &Archive,
    options: &VerifyOptions,
) -> anyhow::Result<Vec<BundleFacts>> {
    let Checked { mut facts, contents } = check_archive(book, path, archive)?;
    let Some(contents) = contents else { return Ok(vec![facts]) };
    if facts.file.ends_with(SYMBOLS) && contents.get(manifest::FILE_NAME).is_none() {
        check_times(book, &contents, None);
        return Ok(vec![facts]);
    }
    let manifest = check_manifest(book, &contents);
    let target: Option<Target> = manifest.as_ref().and_then(|m| m.target.parse().ok());
    let service = check_service(book, &contents, manifest.as_ref());
    check_executables(book, &contents, manifest.as_ref(), target.as_ref(), service.as_ref(), options);
    scripts::check(book, &contents);
    for name in [manifest::FILE_NAME, service_json::FILE_NAME] {
        if let Some(bytes) = contents.get(name).and_then(|c| c.bytes.as_deref()) {
            exe::check_private(book, name, bytes, options);
        }
    }
    facts.package = manifest.as_ref().map(|m| PackageFacts {
        name: m.name.clone(),
        version: m.version.clone(),
        target: m.target.clone(),
        services: service.iter().flat_map(|s| &s.services).map(|s| s.name.to_string()).collect(),
    });
    let mut all = vec![facts];
    if let Some(manifest) = manifest {
        symbols::check_links(book, &manifest, &contents);
        check_times(book, &contents, Some(manifest.epoch));
        let beside = path.with_file_name(format!("{}{SYMBOLS}", file_name(path).trim_end_matches(".zip")));
        if beside.is_file() {
            let debug = check_archive(book, &beside, &archive::open(&beside)?)?;
            if let Some(inside) = &debug.contents {
                check_times(book, inside, Some(manifest.epoch));
                symbols::check_archive(book, &manifest, &contents, inside, options);
            }
            all.push(debug.facts);
        }
    }
    Ok(all)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Structure, contents, SHA256SUMS, and the checksum file beside.
fn check_archive(book: &mut Book, path: &Path, archive: &Archive) -> anyhow::Result<Checked> {
    let name = file_name(path);
    let entries = archive.entries(book, &name);
    let mut unpack = || contents::unpack(book, &name, archive, entries.as_deref()?);
    let hash = || File::open(path).and_then(Sha256::of_reader);
    let (contents, hash) =
        if archive.length() < contents::SMALL { (unpack(), hash()) } else { rayon::join(unpack, hash) };
    let sha256 = hash?;
    if let Some(contents) = &contents {
        check_sums(book, contents);
    }
    check_beside(book, path, &name, sha256, contents.is_some());
    let facts = BundleFacts {
        file: name,
        size: archive.length(),
        sha256,
        files: contents.as_ref().map_or(0, |c| c.files.len()),
        unpacked: contents.as_ref().map_or(0, |c| c.unpacked),
        package: None,
    };
    Ok(Checked { facts, contents })
}

fn check_sums(book: &mut Book, contents: &Contents) {
    let text = contents.get(sums::FILE_NAME).ok_or("it is not in the archive".to_owned()).and_then(|c| c.text());
    let list = text.and_then(sums::read);
    book.check(ws::SUMS_UNREADABLE, sums::FILE_NAME, list.as_ref().map(|_| ()).map_err(String::clone));
    let Ok(list) = list else { return };
    let mut listed = BTreeSet::new();
    for (path, hash) in &list {
        book.expect(ws::SUMS_INCOMPLETE, path.as_str(), listed.insert(path.as_str()), || "it is listed twice".into());
        let content = contents.get(path.as_str());
        book.expect(ws::SUMS_INCOMPLETE, path.as_str(), content.is_some(), || {
            "it is listed, but not in the archive".into()
        });
        if let Some(content) = content {
            book.expect(ws::SUMS_MISMATCH, path.as_str(), content.sha256 == *hash, || {
                format!("its SHA-256 is {}, listed is {hash}", content.sha256)
            });
        }
    }
    for path in contents.files.keys().filter(|p| p.as_str() != sums::FILE_NAME && !listed.contains(p.as_str())) {
        book.fail(ws::SUMS_INCOMPLETE, path, "it is in the archive, but not listed".into());
    }
}

fn check_beside(book: &mut Book, path: &Path, name: &str, hash: Sha256, readable: bool) {
    let beside = path.with_file_name(format!("{name}{}", sums::BESIDE));
    let there = beside.exists();
    // Nobody misses the checksum of a file that is no bundle at all.
    if !there && !readable {
        return;
    }
    book.expect(ws::BESIDE_MISSING, name, there, || format!("{} is not there", file_name(&beside)));
    if !there {
        return;
    }
    let list = std::fs::read_to_string(&beside).map_err(|e| e.to_string()).and_then(|text| sums::read(&text));
    let result = list.and_then(|list| match list.as_slice() {
        [(file, listed)] if file.as_str() == name && *listed == hash => Ok(()),
        [(file, listed)] if file.as_str() == name => {
            Err(format!("the archive's SHA-256 is {hash}, listed is {listed}"))
        }
        _ => Err(format!("it should have one line, for {name}")),
    });
    book.check(ws::BESIDE_MISMATCH, &file_name(&beside), result);
}

/// Reads a JSON file with a schema version.
pub(super) fn parse<T: serde::de::DeserializeOwned>(text: &str, version: u32) -> Result<T, String> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Versioned {
        schema_version: u32,
    }
    let found: Versioned = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if found.schema_version != version {
        return Err(format!(
            "its schema version is {}, this version of cargo-winsvc knows {version}",
            found.schema_version
        ));
    }
    serde_json::from_str(text).map_err(|e| e.to_string())
}

fn check_manifest(book: &mut Book, contents: &Contents) -> Option<BuildManifest> {
    let file = manifest::FILE_NAME;
    let text = contents.get(file).ok_or("it is not in the archive".to_owned()).and_then(|c| c.text());
    let parsed = text.and_then(|text| parse::<BuildManifest>(text, manifest::VERSION));
    book.check(ws::MANIFEST_UNREADABLE, file, parsed.as_ref().map(|_| ()).map_err(String::clone));
    let manifest = parsed.ok()?;
    let sound = semver::Version::parse(&manifest.version)
        .map_err(|e| format!("version `{}`: {e}", manifest.version))
        .and_then(|_| manifest.target.parse::<Target>().map_err(|e| format!("target `{}`: {e}", manifest.target)));
    book.check(ws::MANIFEST_UNREADABLE, file, sound.map(|_| ()));
    check_files(book, contents, &manifest.files);
    Some(manifest)
}

/// The manifest lists every file but itself and the sums.
fn check_files(book: &mut Book, contents: &Contents, files: &[ManifestFile]) {
    let mut listed: BTreeMap<&str, &ManifestFile> = BTreeMap::new();
    for file in files {
        let path = file.path.as_str();
        let twice = listed.insert(path, file).is_some();
        book.expect(ws::MANIFEST_FILES, path, !twice, || "the manifest lists it twice".into());
        let result = match contents.get(path) {
            None => Err("the manifest lists it, but it is not in the archive".into()),
            Some(c) if (c.size, c.sha256) != (file.size, file.sha256) => Err(format!(
                "it has {} bytes and SHA-256 {}; the manifest has {} and {}",
                c.size, c.sha256, file.size, file.sha256
            )),
            Some(_) => Ok(()),
        };
        book.check(ws::MANIFEST_FILES, path, result);
    }
    let own = [manifest::FILE_NAME, sums::FILE_NAME];
    for path in contents.files.keys().filter(|p| !own.contains(&p.as_str()) && !listed.contains_key(p.as_str())) {
        book.fail(ws::MANIFEST_FILES, path, "it is in the archive, but not in the manifest".into());
    }
}

fn check_service(book: &mut Book, contents: &Contents, manifest: Option<&BuildManifest>) -> Option<ServiceJson> {
    let file = service_json::FILE_NAME;
    // A plain zip has none; that it went missing would show in the lists.
    let text = contents.get(file)?.text();
    let parsed = text.and_then(|text| parse::<ServiceJson>(text, service_json::VERSION));
    book.check(ws::SERVICE_UNREADABLE, file, parsed.as_ref().map(|_| ()).map_err(String::clone));
    let service = parsed.ok()?;
    if let Some(manifest) = manifest {
        for (what, here, there) in [
            ("name", &service.name, &manifest.name),
            ("version", &service.version, &manifest.version),
            ("target", &service.target, &manifest.target),
        ] {
            book.expect(ws::SERVICE_MISMATCH, file, here == there, || {
                format!("its {what} is `{here}`, the manifest's `{there}`")
            });
        }
    }
    for spec in &service.services {
        book.expect(ws::EXE_MISSING, &spec.exe, contents.get(&spec.exe).is_some(), || {
            format!("the executable of service {} is not in the archive", spec.name)
        });
    }
    if !service.services.is_empty() {
        for script in scripts::REQUIRED {
            book.expect(ws::SCRIPT_MISSING, script, contents.get(script).is_some(), || {
                "it is not in the archive".into()
            });
        }
    }
    Some(service)
}

/// The file version that the executables of a build carry: the project's own, else what the package's version makes.
fn file_version(manifest: &BuildManifest) -> Option<FileVersion> {
    match &manifest.file_version {
        Some(text) => text.parse().ok(),
        None => FileVersion::from_semver(&semver::Version::parse(&manifest.version).ok()?).ok(),
    }
}

fn check_executables(
    book: &mut Book,
    contents: &Contents,
    manifest: Option<&BuildManifest>,
    target: Option<&Target>,
    service: Option<&ServiceJson>,
    options: &VerifyOptions,
) {
    let services: BTreeSet<&str> = service.iter().flat_map(|s| &s.services).map(|s| s.exe.as_str()).collect();
    let built: BTreeSet<&str> = manifest.iter().flat_map(|m| &m.executables).map(BundlePath::as_str).collect();
    for path in &built {
        book.expect(ws::EXE_MISSING, path, contents.get(path).is_some(), || {
            "the manifest names it as an executable, but it is not in the archive".into()
        });
    }
    for path in services.union(&built) {
        let Some(bytes) = contents.get(path).and_then(|c| c.bytes.as_deref()) else { continue };
        let version = manifest.and_then(file_version);
        let expected = exe::Expected { target, version, service: services.contains(path) };
        exe::check(book, path, bytes, expected, contents, options);
    }
}

/// All times are the epoch's; where that is unknown, all are the same.
fn check_times(book: &mut Book, contents: &Contents, epoch: Option<u64>) {
    let first = contents.files.values().next().and_then(|c| c.time);
    // Zip counts in steps of two seconds.
    let expected = epoch.map_or(first, |epoch| Some(epoch & !1));
    for (path, content) in &contents.files {
        book.expect(ws::ARCHIVE_TIME, path, content.time.is_some() && content.time == expected, || {
            let show = |t: Option<u64>| t.map_or("no valid date".to_owned(), |t| t.to_string());
            format!("it is {} (seconds since 1970), not {}", show(content.time), show(expected))
        });
    }
}
