//! An output folder: every bundle in it, and the lists over them.

use super::bundle::{check_file, parse};
use super::catalog as ws;
use super::{Book, BundleFacts, VerifyOptions, archive, no_output_folder};
use crate::formats::{OutputBundle, OutputFile, OutputManifest, manifest, output, sums};
use crate::model::{BundlePath, Sha256};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;

/// Verifies everything that the folder's manifest names, and looks for what it does not name.
pub(super) fn check(book: &mut Book, dir: &Path, options: &VerifyOptions) -> anyhow::Result<Vec<BundleFacts>> {
    let path = dir.join(output::FILE_NAME);
    let names = names(dir);
    let open = names.contains(".winsvc-commit");
    if !path.exists() && !open {
        return Err(no_output_folder(dir).into());
    }
    if names.contains("service.json") {
        let mut problem = no_output_folder(dir);
        problem.what = format!("{} is an unpacked bundle", dir.display());
        return Err(problem.fix("check an unpacked bundle with: sha256sum -c SHA256SUMS").into());
    }
    book.expect(ws::OUTPUT_OPEN, &dir.display().to_string(), !open, || "a commit is left open (.winsvc-commit)".into());
    if !open {
        for name in names.iter().filter(|n| n.starts_with(".winsvc-stage-")) {
            book.fail(ws::OUTPUT_LEFT, name, "no run is using it, unless one is at work right now".into());
        }
    }
    let text = fs::read_to_string(&path).map_err(|e| e.to_string());
    let parsed = text.and_then(|text| parse::<OutputManifest>(&text, output::VERSION)).and_then(safe_names);
    book.check(ws::OUTPUT_MANIFEST, output::FILE_NAME, parsed.as_ref().map(|_| ()).map_err(String::clone));
    let Ok(manifest) = parsed else { return Ok(Vec::new()) };

    let mut facts: Vec<BundleFacts> = Vec::new();
    for bundle in &manifest.bundles {
        for file in bundle.files() {
            check_listed(book, dir, file);
        }
        let path = dir.join(&bundle.archive.file);
        if path.is_file() {
            facts.extend(check_file(book, &path, &archive::open(&path)?, options)?);
            check_build(book, bundle, &path);
        }
    }
    check_sums(book, dir, &manifest);
    let listed: BTreeSet<&str> =
        manifest.bundles.iter().flat_map(OutputBundle::files).map(|f| f.file.as_str()).collect();
    for name in names.iter().filter(|n| n.ends_with(".zip") && !listed.contains(n.as_str())) {
        book.fail(ws::OUTPUT_UNLISTED, name, format!("{} does not name it", output::FILE_NAME));
    }
    Ok(facts)
}

fn names(dir: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect()
}

/// No name may lead out of the folder.
fn safe_names(manifest: OutputManifest) -> Result<OutputManifest, String> {
    for file in manifest.bundles.iter().flat_map(OutputBundle::files) {
        let path = BundlePath::new(&*file.file)?;
        if path.as_str().contains('/') {
            return Err(format!("`{path}` is not directly in the folder"));
        }
    }
    Ok(manifest)
}

fn check_listed(book: &mut Book, dir: &Path, file: &OutputFile) {
    let path = dir.join(&file.file);
    let found = File::open(&path).and_then(|f| Ok((f.metadata()?.len(), Sha256::of_reader(f)?)));
    let result = match found {
        Err(e) => Err(format!("it cannot be read: {e}")),
        Ok(found) if found == (file.size, file.sha256) => Ok(()),
        Ok((size, hash)) => {
            Err(format!("it has {size} bytes and SHA-256 {hash}; published were {} and {}", file.size, file.sha256))
        }
    };
    book.check(ws::OUTPUT_FILE, &file.file, result);
}

/// The manifest in the archive is the one in the folder's. Read from the archive anew; what can't be read has its finding.
fn check_build(book: &mut Book, bundle: &OutputBundle, path: &Path) {
    let Ok(archive) = archive::open(path) else { return };
    let mut silent = Book::default();
    let entries = archive.entries(&mut silent, "").unwrap_or_default();
    let inside: Vec<_> =
        entries.into_iter().filter(|e| e.name.split_once('/').is_some_and(|(_, p)| p == manifest::FILE_NAME)).collect();
    let Some(contents) = super::contents::unpack(&mut silent, "", &archive, &inside) else { return };
    let Some(Ok(text)) = contents.get(manifest::FILE_NAME).map(|c| c.text()) else { return };
    let Ok(build) = parse(text, manifest::VERSION) else { return };
    book.expect(ws::OUTPUT_BUILD, &bundle.archive.file, bundle.build == build, || {
        format!("{} in it and in the folder differ", manifest::FILE_NAME)
    });
}

fn check_sums(book: &mut Book, dir: &Path, manifest: &OutputManifest) {
    let text = fs::read_to_string(dir.join(sums::FILE_NAME)).map_err(|e| e.to_string());
    let result = text.and_then(|text| sums::read(&text)).and_then(|list| {
        let listed: BTreeSet<(&str, Sha256)> = list.iter().map(|(path, hash)| (path.as_str(), *hash)).collect();
        let files = manifest.bundles.iter().flat_map(OutputBundle::files);
        let expected: BTreeSet<(&str, Sha256)> = files.map(|f| (f.file.as_str(), f.sha256)).collect();
        if listed.len() != list.len() {
            return Err("a line is there twice".into());
        }
        match listed.symmetric_difference(&expected).next() {
            None => Ok(()),
            Some((name, _)) => Err(format!("it and {} differ about {name}", output::FILE_NAME)),
        }
    });
    book.check(ws::OUTPUT_SUMS, sums::FILE_NAME, result);
}
