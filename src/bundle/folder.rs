//! What lies in an output folder.

use super::{io, recover};
use crate::error::Problem;
use crate::formats::{OutputBundle, OutputFile, OutputManifest, output, sums};
use crate::model::Sha256;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// The list of bundles of an output folder; `None` when there is none yet.
pub(super) fn read_manifest(dir: &Path) -> Result<Option<OutputManifest>, Problem> {
    let path = dir.join(output::FILE_NAME);
    let foreign = |path: &Path, why: &str| {
        Problem::new("output-foreign", format!("{} is there already and {why}", path.display()))
            .fix("choose another folder with `--output DIR`, or move that file away")
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let sums = dir.join(sums::FILE_NAME);
            if sums.exists() {
                return Err(foreign(&sums, "belongs to something else: no winsvc-manifest.json is beside it"));
            }
            return Ok(None);
        }
        Err(e) => return Err(io::problem("read", &path, &e)),
    };
    let manifest: OutputManifest = serde_json::from_str(&text).map_err(|e| {
        foreign(&path, &format!("is no list of bundles that this version of cargo-winsvc can read: {e}"))
    })?;
    if manifest.schema_version != output::VERSION {
        let why = format!(
            "has schema version {}; this version of cargo-winsvc knows {}",
            manifest.schema_version,
            output::VERSION
        );
        return Err(foreign(&path, &why));
    }
    // Files are removed by it.
    for file in manifest.bundles.iter().flat_map(OutputBundle::files) {
        recover::plain_name(&file.file)
            .map_err(|why| foreign(&path, &format!("names a file outside of the folder: {why}")))?;
    }
    Ok(Some(manifest))
}

/// Whether the files of a bundle are there as they were published, as far as names and sizes tell.
pub(super) fn is_there(dir: &Path, bundle: &OutputBundle) -> bool {
    bundle.files().all(|f| fs::metadata(dir.join(&f.file)).is_ok_and(|m| m.is_file() && m.len() == f.size))
}

/// Whether two files have the same bytes; a file that can't be read is like no other.
pub(super) fn is_same(a: &Path, b: &Path) -> bool {
    let open = |path: &Path| fs::File::open(path).and_then(|f| Ok((f.metadata()?.len(), f))).ok();
    let (Some((a_length, mut a)), Some((b_length, mut b))) = (open(a), open(b)) else { return false };
    if a_length != b_length {
        return false;
    }
    let (mut a_bytes, mut b_bytes) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut left = a_length;
    while left > 0 {
        let n = usize::try_from(left).unwrap_or(usize::MAX).min(a_bytes.len());
        let (a_bytes, b_bytes) = (&mut a_bytes[..n], &mut b_bytes[..n]);
        if a.read_exact(a_bytes).is_err() || b.read_exact(b_bytes).is_err() || a_bytes != b_bytes {
            return false;
        }
        left -= n as u64;
    }
    true
}

/// Whether the folder holds these bundles byte for byte as they were published: every archive is read and hashed, and its checksum
/// file and the lists of the folder say the same.
pub(super) fn holds(dir: &Path, bundles: &[OutputBundle]) -> bool {
    let Ok(Some(manifest)) = read_manifest(dir) else { return false };
    let says = |name: &str, text: &str| fs::read(dir.join(name)).is_ok_and(|bytes| bytes == text.as_bytes());
    let whole = |file: &OutputFile| {
        let hash = fs::File::open(dir.join(&file.file)).and_then(Sha256::of_reader);
        hash.is_ok_and(|hash| hash == file.sha256)
            && says(&format!("{}{}", file.file, sums::BESIDE), &sums::write([(file.file.as_str(), file.sha256)]))
    };
    bundles.iter().all(|bundle| manifest.bundles.contains(bundle) && bundle.files().all(whole))
        && says(sums::FILE_NAME, &list(&manifest.bundles))
        && says(output::FILE_NAME, &crate::formats::to_json(&manifest))
}

/// SHA256SUMS of an output folder with these bundles.
pub(super) fn list(bundles: &[OutputBundle]) -> String {
    let mut lines: Vec<_> = bundles.iter().flat_map(|b| b.files().map(|f| (f.file.as_str(), f.sha256))).collect();
    lines.sort_unstable();
    sums::write(lines)
}
