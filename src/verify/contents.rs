//! What is in an archive: every file unpacked once, as a stream, hashed, and kept where later checks read it.

use super::Book;
use super::archive::{Archive, Entry};
use super::catalog as ws;
use crate::formats::sums;
use crate::model::Sha256;
use flate2::{Decompress, FlushDecompress, Status};
use rayon::prelude::*;
use sha2::Digest;
use std::collections::BTreeMap;

/// Deflate cannot do better: 258 bytes from two bits.
const MAX_RATIO: u64 = 1032;
/// An archive may unpack to this much, and …
const FREE: u64 = 64 << 20;
/// … this many times its size.
const MAX_TOTAL_RATIO: u64 = 200;
/// No file larger than this is kept in memory.
const MAX_KEPT: u64 = 1 << 30;
const CHUNK: usize = 1 << 16;
/// Archives of fewer bytes are read by one thread.
pub(super) const SMALL: u64 = 1 << 18;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) size: u64,
    pub(super) sha256: Sha256,
    pub(super) crc32: u32,
    pub(super) time: Option<u64>,
    /// The bytes, of executables, PDBs, scripts and lists.
    pub(super) bytes: Option<Vec<u8>>,
}

impl Content {
    /// The bytes as text.
    pub(super) fn text(&self) -> Result<&str, String> {
        let bytes = self.bytes.as_deref().ok_or("it is too large")?;
        std::str::from_utf8(bytes).map_err(|e| format!("it is not UTF-8: {e}"))
    }
}

/// All files whose data is sound, by path below the top folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) files: BTreeMap<String, Content>,
    /// Bytes of all of them.
    pub(super) unpacked: u64,
}

impl Contents {
    /// A file.
    pub(super) fn get(&self, path: &str) -> Option<&Content> {
        self.files.get(path)
    }

    /// The path of a file whose name is the same on Windows.
    pub(super) fn has(&self, path: &str) -> bool {
        self.files.keys().any(|p| p.eq_ignore_ascii_case(path))
    }
}

/// Unpacks everything; `None` when it would be too much.
pub(super) fn unpack(book: &mut Book, subject: &str, archive: &Archive, entries: &[Entry]) -> Option<Contents> {
    let total = entries.iter().fold(0u64, |sum, e| sum.saturating_add(e.size));
    let limit = FREE.saturating_add(archive.length().saturating_mul(MAX_TOTAL_RATIO));
    let bomb = total > limit;
    book.expect(ws::ARCHIVE_BOMB, subject, !bomb, || {
        format!(
            "{} bytes unpack to {total}, more than {MAX_TOTAL_RATIO} times as much; nothing was unpacked",
            archive.length()
        )
    });
    if bomb {
        return None;
    }
    let mut contents = Contents::default();
    let top = entries.first().and_then(|e| e.name.split_once('/')).map(|(top, _)| format!("{top}/"));
    let outside = entries.iter().find(|e| top.as_ref().is_none_or(|top| !e.name.starts_with(top)));
    book.expect(ws::ARCHIVE_TOP, subject, !entries.is_empty() && outside.is_none(), || match (&top, outside) {
        (Some(top), Some(entry)) => format!("`{}` is not below `{top}`", entry.name),
        (None, Some(entry)) => format!("`{}` is at the top", entry.name),
        _ => "it holds no files".into(),
    });
    // Below that, waking other threads takes longer than the work.
    let read: Vec<Result<Content, String>> = if total < SMALL {
        entries.iter().map(|entry| read(archive, entry)).collect()
    } else {
        entries.par_iter().map(|entry| read(archive, entry)).collect()
    };
    for (entry, content) in entries.iter().zip(read) {
        book.check(ws::ARCHIVE_DATA, &entry.name, content.as_ref().map(|_| ()).map_err(String::clone));
        if let (Ok(content), Some(path)) = (content, top.as_ref().and_then(|top| entry.name.strip_prefix(top))) {
            contents.unpacked += content.size;
            contents.files.insert(path.to_owned(), content);
        }
    }
    Some(contents)
}

/// Files that later checks look into.
fn is_kept(entry: &Entry) -> bool {
    let name = entry.name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
    let known = matches!(extension, "exe" | "pdb" | "json" | "ps1" | "psm1" | "psd1" | "cmd" | "bat" | "txt");
    (known || name.eq_ignore_ascii_case(sums::FILE_NAME)) && entry.size <= MAX_KEPT
}

/// Size of a buffer for so many bytes.
fn chunk(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(CHUNK).clamp(1, CHUNK)
}

/// Takes the unpacked bytes of one file.
struct Taker {
    limit: u64,
    size: u64,
    sha256: sha2::Sha256,
    crc32: crc32fast::Hasher,
    bytes: Option<Vec<u8>>,
}

impl Taker {
    fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(format!("it unpacks to more than the {} bytes in its header", self.limit));
        }
        self.sha256.update(bytes);
        self.crc32.update(bytes);
        if let Some(kept) = &mut self.bytes {
            kept.extend_from_slice(bytes);
        }
        Ok(())
    }
}

fn read(archive: &Archive, entry: &Entry) -> Result<Content, String> {
    let mut taker = Taker {
        limit: entry.size,
        size: 0,
        sha256: sha2::Sha256::new(),
        crc32: crc32fast::Hasher::new(),
        bytes: is_kept(entry).then(Vec::new),
    };
    if entry.deflated {
        if entry.size > entry.packed.saturating_mul(MAX_RATIO) {
            return Err(format!("{} bytes can't unpack to {}", entry.packed, entry.size));
        }
        inflate(archive, entry, &mut taker)?;
    } else {
        let mut buffer = vec![0; chunk(entry.packed)];
        let mut at = 0;
        while at < entry.packed {
            let chunk = next(archive, entry, at, &mut buffer)?;
            at += chunk.len() as u64;
            taker.take(chunk)?;
        }
    }
    if taker.size != entry.size {
        return Err(format!("it unpacks to {} bytes, its header says {}", taker.size, entry.size));
    }
    let crc32 = taker.crc32.finalize();
    if crc32 != entry.crc32 {
        return Err(format!("its CRC-32 is {crc32:08x}, its header says {:08x}", entry.crc32));
    }
    let sha256 = Sha256::from_bytes(taker.sha256.finalize().into());
    Ok(Content { size: taker.size, sha256, crc32, time: entry.time, bytes: taker.bytes })
}

/// The next packed bytes, as many as the buffer takes.
fn next<'b>(archive: &Archive, entry: &Entry, at: u64, buffer: &'b mut [u8]) -> Result<&'b [u8], String> {
    let wanted = usize::try_from(entry.packed - at).unwrap_or(usize::MAX).min(buffer.len());
    let buffer = buffer.get_mut(..wanted).ok_or("no room")?;
    match archive.read_some(entry.start + at, buffer) {
        Some(n) if n > 0 => buffer.get(..n).ok_or_else(|| "no room".into()),
        _ => Err("its data cannot be read".into()),
    }
}

fn inflate(archive: &Archive, entry: &Entry, taker: &mut Taker) -> Result<(), String> {
    let mut inflater = Decompress::new(false);
    let (mut packed, mut out) = (vec![0; chunk(entry.packed)], vec![0; chunk(entry.size)]);
    let mut at = 0;
    loop {
        let mut chunk = if at < entry.packed { next(archive, entry, at, &mut packed)? } else { &[] };
        at += chunk.len() as u64;
        let ended = chunk.is_empty();
        loop {
            let (read, written) = (inflater.total_in(), inflater.total_out());
            let status = inflater.decompress(chunk, &mut out, FlushDecompress::None);
            let status = status.map_err(|_| "its compressed data is broken")?;
            let used = usize::try_from(inflater.total_in() - read).unwrap_or_default();
            let made = usize::try_from(inflater.total_out() - written).unwrap_or_default();
            chunk = chunk.get(used..).unwrap_or_default();
            taker.take(out.get(..made).unwrap_or_default())?;
            if status == Status::StreamEnd {
                let hidden = entry.packed - inflater.total_in();
                return if hidden == 0 { Ok(()) } else { Err(format!("{hidden} bytes are hidden behind its data")) };
            }
            if used == 0 && made == 0 {
                break;
            }
        }
        if ended {
            return Err("its compressed data breaks off".into());
        }
    }
}
