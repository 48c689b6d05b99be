//! Zip, checksums, and the commit of a whole result. docs/bundle.md says what a reader of the result may rely on.
//!
//! A run stages its archives in a [`Publisher`]'s folder with [`write_bundle`] and [`write_symbols`], may verify them there,
//! and publishes all of them at once.

mod change;
mod dos;
mod folder;
mod io;
mod lock;
mod publish;
mod recover;
mod schedule;
mod zip;

pub use change::{Change, Former};
pub use publish::{Published, PublishedBundle, Publisher, check_output};
pub use zip::{Packer, ZipInfo, write_zip};

use crate::formats::{BuildManifest, ManifestFile, manifest, sums};
use crate::layout::FileTree;
use crate::model::{BundlePath, Sha256};
use anyhow::Context;
use std::path::Path;

/// Writes the archive that is shipped, and its checksum file beside it. Fills in the manifest's `files` and adds
/// the manifest and SHA256SUMS after the sorted files, so that each file is read and hashed once.
///
/// # Errors
/// A [`crate::error::Problem`] for what a user can mend: a file that cannot be read, a full disk, an archive that is too big.
pub fn write_bundle(
    packer: &Packer<'_>,
    tree: &FileTree,
    manifest: &mut BuildManifest,
    out: &Path,
) -> anyhow::Result<ZipInfo> {
    let info = zip::write(packer, tree, out, |files| {
        manifest.files = files.to_vec();
        let text = crate::formats::to_json(manifest).into_bytes();
        let own = ManifestFile { path: name(manifest::FILE_NAME)?, size: text.len() as u64, sha256: Sha256::of(&text) };
        let sums = sums_of(files.iter().chain([&own]));
        Ok(vec![(own.path.clone(), text), (name(sums::FILE_NAME)?, sums.into_bytes())])
    })?;
    write_checksum(out, info.sha256)?;
    Ok(info)
}

/// Writes an archive of debug information, with SHA256SUMS as its last file, and its checksum file beside it.
///
/// # Errors
/// As [`write_bundle`].
pub fn write_symbols(packer: &Packer<'_>, tree: &FileTree, out: &Path) -> anyhow::Result<ZipInfo> {
    let info = zip::write(packer, tree, out, |files| Ok(vec![(name(sums::FILE_NAME)?, sums_of(files).into_bytes())]))?;
    write_checksum(out, info.sha256)?;
    Ok(info)
}

/// SHA256SUMS lines, sorted by path whatever the order given.
fn sums_of<'a>(files: impl IntoIterator<Item = &'a ManifestFile>) -> String {
    let mut lines: Vec<(&str, Sha256)> = files.into_iter().map(|f| (f.path.as_str(), f.sha256)).collect();
    lines.sort_unstable();
    sums::write(lines)
}

/// Writes `ARCHIVE.sha256`.
fn write_checksum(archive: &Path, hash: Sha256) -> anyhow::Result<()> {
    let file_name = archive.file_name().and_then(|n| n.to_str()).context("an archive's name is not text")?;
    let beside = archive.with_file_name(format!("{file_name}{}", sums::BESIDE));
    std::fs::write(&beside, sums::write([(file_name, hash)])).map_err(|e| io::problem("write", &beside, &e).into())
}

fn name(text: &str) -> anyhow::Result<BundlePath> {
    BundlePath::new(text).map_err(anyhow::Error::msg)
}
