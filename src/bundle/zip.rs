//! The archive writer.
//!
//! Written by hand because its bytes are a promise: same files, same epoch and level give the same archive on any machine with
//! any number of threads. Every size stands in the local header (no data descriptors, which some readers of streams refuse),
//! deflate is libdeflate's whole-buffer one, whose output can't depend on how the input was read.
//!
//! Entries say "made by Unix, version 2.0" with mode 0644 in the external attributes. Windows Explorer and .NET's ZipFile (which
//! Expand-Archive uses) ignore the host and take the low byte, the DOS attributes, which is 0: a normal file. `unzip`, 7z and
//! .NET on Unix honour the mode, so that nobody unpacks a world-writable or unreadable file. "Made by DOS" would leave the mode
//! to each tool and make old `unzip`s read names in an OEM code page. Names are UTF-8 and say so (bit 11). Folders have no entries
//! of their own: every reader makes them, and there is nothing to say about them.

use super::{dos, io, schedule};
use crate::config::Compression;
use crate::error::Problem;
use crate::event::{Event, Sink};
use crate::formats::{ManifestFile, OutputFile};
use crate::host::{Host, check_interrupt};
use crate::layout::{Entry, FileTree, Source};
use crate::model::{BundlePath, Sha256};
use anyhow::Context;
use libdeflater::{CompressionLvl, Compressor};
use sha2::Digest;
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// How to pack.
#[derive(Clone, Copy)]
pub struct Packer<'a> {
    /// Asked now and then whether to stop.
    pub host: &'a dyn Host,
    /// Told the progress, in bytes of input, under the id `pack`.
    pub sink: &'a dyn Sink,
    /// Name of the one folder at the top.
    pub top: &'a str,
    /// Time of all entries, seconds since 1970 (UTC); odd ones round down.
    pub epoch: u64,
    /// How hard to press.
    pub compression: Compression,
    /// Threads to use; as many as the machine has when absent. No influence on the result.
    pub threads: Option<NonZeroUsize>,
}

/// A finished archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZipInfo {
    /// Bytes of the archive.
    pub size: u64,
    /// SHA-256 of the archive.
    pub sha256: Sha256,
    /// Bytes of all files in it.
    pub unpacked: u64,
    /// The files, in the archive's order.
    pub files: Vec<ManifestFile>,
}

impl ZipInfo {
    /// The archive as the output folder's manifest lists it.
    pub fn output(&self, file: impl Into<String>) -> OutputFile {
        OutputFile { file: file.into(), size: self.size, sha256: self.sha256 }
    }
}

/// Sizes and offsets have 32 bits, and the largest value means something else.
const MAX_BYTES: u64 = u32::MAX as u64 - 1;
/// The count of entries has 16 bits, as above; two are kept for manifest and sums.
const MAX_ENTRIES: usize = u16::MAX as usize - 3;

const VERSION_NEEDED: u16 = 20;
const MADE_BY: u16 = 3 << 8 | 20;
const UTF8_NAMES: u16 = 1 << 11;
const EXTERNAL: u32 = 0o100_644 << 16;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Writes an archive of the tree and nothing else.
///
/// # Errors
/// A [`Problem`] for a file that cannot be read, a full disk, limits of the format; and interruption.
pub fn write_zip(packer: &Packer<'_>, tree: &FileTree, out: &Path) -> anyhow::Result<ZipInfo> {
    write(packer, tree, out, |_| Ok(Vec::new()))
}

/// Writes an archive: the tree in its order, then what `last` makes of the files before it.
pub(super) fn write(
    packer: &Packer<'_>,
    tree: &FileTree,
    out: &Path,
    last: impl FnOnce(&[ManifestFile]) -> anyhow::Result<Vec<(BundlePath, Vec<u8>)>>,
) -> anyhow::Result<ZipInfo> {
    if tree.len() > MAX_ENTRIES {
        return Err(Problem::new(
            "archive-too-many-files",
            format!("{} files are too many: a zip that every Windows can open holds {MAX_ENTRIES}", tree.len()),
        )
        .fix("narrow the globs of `assets`, or pack them into an archive of their own")
        .into());
    }
    let stamp = dos::date_time(packer.epoch).ok_or_else(|| {
        Problem::usage(
            "epoch-out-of-range",
            format!("a zip cannot hold the time {} (seconds since 1970): its calendar is 1980 to 2107", packer.epoch),
        )
        .fix("set SOURCE_DATE_EPOCH to a time between 315532800 and 4354819199")
    })?;
    let weights: Vec<u64> = tree.entries().iter().map(weight).collect();
    let total: u64 = weights.iter().sum();
    let level = match packer.compression {
        Compression::Default => 6,
        Compression::Best => 12,
    };
    // Both levels are in libdeflate's range of 0 to 12.
    let compressor = || Compressor::new(CompressionLvl::new(level).unwrap_or_default());
    let threads = packer.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);

    let mut archive = Archive::create(out, packer.top, stamp)?;
    let (mut packed, mut told) = (0, 0);
    schedule::run(
        &weights,
        threads,
        compressor,
        |tool, index| tree.entries().get(index).context("no such entry").and_then(|entry| pack_entry(tool, entry)),
        |index, result| {
            check_interrupt(packer.host)?;
            archive.add(result?)?;
            packed += weights.get(index).copied().unwrap_or_default();
            if packed - told > total / 64 {
                told = packed;
                packer.sink.emit(Event::Progress { id: "pack", done: packed, total });
            }
            Ok(())
        },
    )?;
    let mut tool = compressor();
    for (path, bytes) in last(&archive.files)? {
        archive.add(pack_bytes(&mut tool, path, bytes.into())?)?;
    }
    check_interrupt(packer.host)?;
    archive.finish()
}

fn weight(entry: &Entry) -> u64 {
    match &entry.source {
        Source::Bytes(bytes) => bytes.len() as u64,
        // When it can't be read, the worker will say so.
        Source::File(path) => std::fs::metadata(path).map(|m| m.len()).unwrap_or_default(),
    }
}

/// One file, ready to be written.
struct PackedEntry<'a> {
    path: BundlePath,
    size: u64,
    sha256: Sha256,
    crc32: u32,
    method: u16,
    data: Cow<'a, [u8]>,
}

fn pack_entry<'a>(tool: &mut Compressor, entry: &'a Entry) -> anyhow::Result<PackedEntry<'a>> {
    let bytes = match &entry.source {
        Source::Bytes(bytes) => Cow::Borrowed(bytes.as_slice()),
        Source::File(path) => {
            let unreadable = |e: &std::io::Error| {
                let mut problem = io::problem("read", path, e);
                problem.what = format!("{} ({})", problem.what, entry.from);
                problem
            };
            let length = std::fs::metadata(path).map_err(|e| unreadable(&e))?.len();
            if length > MAX_BYTES {
                return Err(too_big(&format!("{} ({})", path.display(), entry.from)).into());
            }
            Cow::Owned(std::fs::read(path).map_err(|e| unreadable(&e))?)
        }
    };
    pack_bytes(tool, entry.path.clone(), bytes)
}

fn pack_bytes<'a>(tool: &mut Compressor, path: BundlePath, bytes: Cow<'a, [u8]>) -> anyhow::Result<PackedEntry<'a>> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_big(path.as_str()).into());
    }
    let (sha256, crc32) = (Sha256::of(&bytes), crc32fast::hash(&bytes));
    let size = bytes.len() as u64;
    // Room for one byte less than the input: what does not fit does not shrink. Pages that are not written cost no memory.
    let mut room = vec![0; bytes.len().saturating_sub(1)];
    let (method, data) = match tool.deflate_compress(&bytes, &mut room) {
        Ok(length) => {
            room.truncate(length);
            room.shrink_to_fit();
            (DEFLATED, Cow::Owned(room))
        }
        Err(_) => (STORED, bytes),
    };
    Ok(PackedEntry { path, size, sha256, crc32, method, data })
}

fn too_big(what: &str) -> Problem {
    Problem::new(
        "archive-too-big",
        format!("{what} is too big: a zip that every Windows can open, and each file in it, ends at 4 GiB"),
    )
    .fix("leave it out of `assets`, and let the service fetch it")
}

/// The archive being written.
struct Archive<'a> {
    path: PathBuf,
    out: BufWriter<File>,
    hasher: sha2::Sha256,
    top: &'a str,
    stamp: (u16, u16),
    offset: u64,
    central: Vec<u8>,
    files: Vec<ManifestFile>,
}

impl<'a> Archive<'a> {
    fn create(path: &Path, top: &'a str, stamp: (u16, u16)) -> anyhow::Result<Self> {
        let file = File::create(path).map_err(|e| io::problem("create", path, &e))?;
        Ok(Archive {
            path: path.into(),
            out: BufWriter::with_capacity(1 << 18, file),
            hasher: sha2::Sha256::new(),
            top,
            stamp,
            offset: 0,
            central: Vec::new(),
            files: Vec::new(),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.hasher.update(bytes);
        self.out.write_all(bytes).map_err(|e| io::problem("write", &self.path, &e))?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    fn add(&mut self, entry: PackedEntry<'_>) -> anyhow::Result<()> {
        let full = entry.path.under(self.top).map_err(|why| Problem::usage("bundle-path", why))?;
        let name = full.as_str().as_bytes();
        let fixed = fields(&entry, self.stamp, name)?;
        let offset = u32::try_from(self.offset).context("offset")?;
        let end = self.offset + 30 + name.len() as u64 + entry.data.len() as u64;
        let central = self.central.len() as u64 + 46 + name.len() as u64 + 22;
        if end + central > MAX_BYTES {
            return Err(too_big(&format!("the archive, at {},", entry.path)).into());
        }
        let mut header = b"PK\x03\x04".to_vec();
        header.extend_from_slice(&fixed);
        header.extend_from_slice(name);
        self.write(&header)?;
        self.write(&entry.data)?;

        self.central.extend_from_slice(b"PK\x01\x02");
        self.central.extend_from_slice(&MADE_BY.to_le_bytes());
        self.central.extend_from_slice(&fixed);
        // Length of the comment, number of the disk, internal attributes.
        self.central.extend_from_slice(&[0; 6]);
        self.central.extend_from_slice(&EXTERNAL.to_le_bytes());
        self.central.extend_from_slice(&offset.to_le_bytes());
        self.central.extend_from_slice(name);
        self.files.push(ManifestFile { path: entry.path, size: entry.size, sha256: entry.sha256 });
        Ok(())
    }

    fn finish(mut self) -> anyhow::Result<ZipInfo> {
        let start = u32::try_from(self.offset).context("offset")?;
        let central = std::mem::take(&mut self.central);
        let count = u16::try_from(self.files.len()).context("number of entries")?;
        self.write(&central)?;
        let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
        end.extend_from_slice(&count.to_le_bytes());
        end.extend_from_slice(&count.to_le_bytes());
        end.extend_from_slice(&u32::try_from(central.len()).context("size of the directory")?.to_le_bytes());
        end.extend_from_slice(&start.to_le_bytes());
        end.extend_from_slice(&[0, 0]);
        self.write(&end)?;
        self.out.flush().map_err(|e| io::problem("write", &self.path, &e))?;
        Ok(ZipInfo {
            size: self.offset,
            sha256: Sha256::from_bytes(self.hasher.finalize().into()),
            unpacked: self.files.iter().map(|f| f.size).sum(),
            files: self.files,
        })
    }
}

/// What local and central header have in common, from "version needed" to "length of the extra field".
fn fields(entry: &PackedEntry<'_>, stamp: (u16, u16), name: &[u8]) -> anyhow::Result<[u8; 26]> {
    let (date, time) = stamp;
    let mut out = [0; 26];
    let mut rest = out.as_mut_slice();
    let mut put = |bytes: &[u8]| rest.write_all(bytes);
    put(&VERSION_NEEDED.to_le_bytes())?;
    put(&UTF8_NAMES.to_le_bytes())?;
    put(&entry.method.to_le_bytes())?;
    put(&time.to_le_bytes())?;
    put(&date.to_le_bytes())?;
    put(&entry.crc32.to_le_bytes())?;
    put(&u32::try_from(entry.data.len())?.to_le_bytes())?;
    put(&u32::try_from(entry.size)?.to_le_bytes())?;
    put(&u16::try_from(name.len())?.to_le_bytes())?;
    Ok(out)
}
