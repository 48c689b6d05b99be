//! The archive as every reader must see it: one reading only, every byte accounted for.

use super::Book;
use super::catalog as ws;
use crate::error::Problem;
use crate::model::BundlePath;
use crate::model::bundle_path::collision_key;
use crate::platform;
use std::collections::HashMap;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

const END: usize = 22;
const CENTRAL: usize = 46;
const LOCAL: usize = 30;
/// A directory larger than this (some 400 000 entries) is not read.
const MAX_DIRECTORY: u64 = 64 << 20;
/// Names are UTF-8.
const UTF8: u16 = 1 << 11;

/// An archive file.
#[derive(Debug)]
pub(super) struct Archive {
    file: File,
    length: u64,
}

/// One file of the archive whose place in it is sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Full name.
    pub(super) name: String,
    /// Compressed by deflate, else stored.
    pub(super) deflated: bool,
    /// Where its data starts.
    pub(super) start: u64,
    /// Bytes of the data.
    pub(super) packed: u64,
    /// Bytes when unpacked, as the header says.
    pub(super) size: u64,
    /// CRC-32 as the header says.
    pub(super) crc32: u32,
    /// Seconds since 1970; `None` when the date is none.
    pub(super) time: Option<u64>,
}

/// Opens an archive.
pub(super) fn open(path: &Path) -> Result<Archive, Problem> {
    let unreadable =
        |e: std::io::Error| Problem::new("file-unreadable", format!("cannot read {}: {e}", path.display()));
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    Ok(Archive { file, length })
}

impl Archive {
    /// Bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Some bytes; `None` where the file ends before, or can't be read.
    pub(super) fn read(&self, start: u64, length: usize) -> Option<Vec<u8>> {
        if start.checked_add(length as u64)? > self.length {
            return None;
        }
        let mut bytes = vec![0; length];
        platform::read_exact_at(&self.file, &mut bytes, start).ok()?;
        Some(bytes)
    }

    /// Up to `buffer.len()` bytes.
    pub(super) fn read_some(&self, start: u64, buffer: &mut [u8]) -> Option<usize> {
        loop {
            match platform::read_at(&self.file, buffer, start) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                other => return other.ok(),
            }
        }
    }

    /// Reads the directory and checks it against the headers. Gives the entries that can be read without ambiguity; `None`
    /// where the directory is so broken that everything else would only be a consequence.
    pub(super) fn entries(&self, book: &mut Book, subject: &str) -> Option<Vec<Entry>> {
        let end = match self.end() {
            Ok(end) => end,
            Err(why) => {
                book.fail(ws::ARCHIVE_UNREADABLE, subject, why);
                return None;
            }
        };
        book.check(ws::ARCHIVE_UNREADABLE, subject, Ok(()));
        book.expect(ws::ARCHIVE_EXTRA_BYTES, subject, end.at + END as u64 == self.length, || {
            format!("{} bytes follow the end of its directory", self.length - end.at - END as u64)
        });
        let uses = if end.disks {
            Err("it claims to span several disks")
        } else if end.comment != 0 {
            Err("it has a comment")
        } else if end.is_zip64(self) {
            Err("it is a zip64 archive")
        } else {
            Ok(())
        };
        book.check(ws::ARCHIVE_FEATURE, subject, uses.map_err(str::to_owned));
        let headers = self.headers(&end);
        book.check(ws::ARCHIVE_UNREADABLE, subject, headers.as_ref().map(|_| ()).map_err(String::clone));
        let headers = headers.ok()?;
        book.expect(ws::ARCHIVE_EXTRA_BYTES, subject, end.start + end.size == end.at, || {
            "something is between its directory and the end of it".into()
        });
        self.judge(book, subject, headers, end.start)
    }

    fn headers(&self, end: &End) -> Result<Vec<Header>, String> {
        let directory = self.directory(end).ok_or("its directory does not lie where its end says")?;
        let mut headers = Vec::new();
        let mut rest = directory.as_slice();
        while !rest.is_empty() {
            let broken = || format!("its directory breaks off after {} entries", headers.len());
            let (header, tail) = Header::central(rest).ok_or_else(broken)?;
            rest = tail;
            headers.push(header);
        }
        if headers.len() as u64 != end.count {
            return Err(format!("its directory has {} entries, its end says {}", headers.len(), end.count));
        }
        Ok(headers)
    }

    fn directory(&self, end: &End) -> Option<Vec<u8>> {
        if end.size > MAX_DIRECTORY || end.start.checked_add(end.size)? > end.at {
            return None;
        }
        self.read(end.start, usize::try_from(end.size).ok()?)
    }

    /// Finds the end of the directory: the last one that could be it, as readers do.
    fn end(&self) -> Result<End, String> {
        let tail = self.length.min(END as u64 + u64::from(u16::MAX));
        let start = self.length - tail;
        let bytes = self.read(start, usize::try_from(tail).unwrap_or_default()).ok_or("it cannot be read")?;
        for at in (0..(bytes.len() + 1).saturating_sub(END)).rev() {
            let Some(found) = bytes.get(at..at + END).filter(|b| b.starts_with(b"PK\x05\x06")) else { continue };
            return Ok(End {
                at: start + at as u64,
                disks: u16_at(found, 4) != 0 || u16_at(found, 6) != 0 || u16_at(found, 8) != u16_at(found, 10),
                count: u16_at(found, 10).into(),
                size: u32_at(found, 12).into(),
                start: u32_at(found, 16).into(),
                comment: u16_at(found, 20),
            });
        }
        Err("it is no zip archive, or it is cut off: the end of its directory is missing".into())
    }

    /// Checks every entry by itself, then all of them together.
    fn judge(&self, book: &mut Book, subject: &str, headers: Vec<Header>, directory: u64) -> Option<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut extents = Vec::new();
        let mut lost = false;
        for central in headers {
            let shown = central.shown();
            let local = self.read(central.offset, LOCAL).and_then(|fixed| {
                let length = usize::from(u16_at(&fixed, 26)) + usize::from(u16_at(&fixed, 28));
                let variable = self.read(central.offset + LOCAL as u64, length)?;
                Header::local(&fixed, &variable)
            });
            let Some(local) = local else {
                book.fail(ws::ARCHIVE_HEADERS, &shown, "it has no header where the directory says".into());
                lost = true;
                continue;
            };
            book.check(ws::ARCHIVE_HEADERS, &shown, central.agrees(&local));
            book.check(ws::ARCHIVE_FEATURE, &shown, central.plain());
            book.expect(ws::ARCHIVE_FILE_TYPE, &shown, central.external == 0o100_644 << 16, || {
                format!("its attributes are {:#o}, a regular file has 0100644", central.external >> 16)
            });
            let start = central.offset + (LOCAL + local.name.len() + local.extra) as u64;
            let end = start + central.packed;
            extents.push((central.offset, end, shown.clone()));
            let name = match String::from_utf8(central.name.clone()) {
                Err(_) => Err("its name is not UTF-8".into()),
                Ok(name) => BundlePath::new(&*name).map(|_| name),
            };
            book.check(ws::ARCHIVE_NAME, &shown, name.as_ref().map(|_| ()).map_err(String::clone));
            let Ok(name) = name else { continue };
            if end > directory || !matches!(central.method, 0 | 8) {
                continue;
            }
            entries.push(Entry {
                name,
                deflated: central.method == 8,
                start,
                packed: central.packed,
                size: central.size,
                crc32: central.crc32,
                time: unix_time(central.date, central.time),
            });
        }
        extents.sort();
        // With a file lost, its bytes are a gap of course.
        if !lost {
            check_extents(book, subject, &extents, directory);
        }
        check_names(book, &entries);
        (!lost || !entries.is_empty()).then_some(entries)
    }
}

/// The end record of a directory.
struct End {
    at: u64,
    disks: bool,
    count: u64,
    size: u64,
    start: u64,
    comment: u16,
}

impl End {
    /// All ones mean "see the other record"; so does a locator in front of this one.
    fn is_zip64(&self, archive: &Archive) -> bool {
        let all_ones = self.count == u64::from(u16::MAX) || self.size.max(self.start) == u64::from(u32::MAX);
        let locator = self.at.checked_sub(20).and_then(|at| archive.read(at, 4));
        all_ones || locator.is_some_and(|b| b == b"PK\x06\x07")
    }
}

/// What a local or central header says.
#[derive(Debug)]
struct Header {
    made_by: u16,
    needed: u16,
    flags: u16,
    method: u16,
    time: u16,
    date: u16,
    crc32: u32,
    packed: u64,
    size: u64,
    name: Vec<u8>,
    extra: usize,
    comment: usize,
    disk: u16,
    internal: u16,
    external: u32,
    offset: u64,
}

impl Header {
    /// The next header of the directory, and what follows it.
    fn central(bytes: &[u8]) -> Option<(Header, &[u8])> {
        let fixed = bytes.get(..CENTRAL).filter(|b| b.starts_with(b"PK\x01\x02"))?;
        let (name, extra, comment) =
            (usize::from(u16_at(fixed, 28)), usize::from(u16_at(fixed, 30)), usize::from(u16_at(fixed, 32)));
        let header = Header {
            made_by: u16_at(fixed, 4),
            comment,
            disk: u16_at(fixed, 34),
            internal: u16_at(fixed, 36),
            external: u32_at(fixed, 38),
            offset: u32_at(fixed, 42).into(),
            ..Header::common(fixed.get(6..)?, bytes.get(CENTRAL..CENTRAL + name)?, extra)
        };
        Some((header, bytes.get(CENTRAL + name + extra + comment..)?))
    }

    fn local(fixed: &[u8], variable: &[u8]) -> Option<Header> {
        let fields = fixed.strip_prefix(b"PK\x03\x04")?;
        let name = usize::from(u16_at(fixed, 26));
        Some(Header::common(fields, variable.get(..name)?, variable.len() - name))
    }

    /// The fields that both kinds have in one order, from "version needed" on.
    fn common(fields: &[u8], name: &[u8], extra: usize) -> Header {
        Header {
            made_by: 0,
            needed: u16_at(fields, 0),
            flags: u16_at(fields, 2),
            method: u16_at(fields, 4),
            time: u16_at(fields, 6),
            date: u16_at(fields, 8),
            crc32: u32_at(fields, 10),
            packed: u32_at(fields, 14).into(),
            size: u32_at(fields, 18).into(),
            name: name.into(),
            extra,
            comment: 0,
            disk: 0,
            internal: 0,
            external: 0,
            offset: 0,
        }
    }

    /// The name for messages, whatever bytes it is made of.
    fn shown(&self) -> String {
        let text = String::from_utf8_lossy(&self.name);
        let safe: String = text.chars().take(200).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        if safe.is_empty() { "(an entry without a name)".into() } else { safe }
    }

    fn agrees(&self, local: &Header) -> Result<(), String> {
        let fields = [
            ("version", self.needed == local.needed),
            ("flags", self.flags == local.flags),
            ("compression", self.method == local.method),
            ("time", (self.time, self.date) == (local.time, local.date)),
            ("checksum", self.crc32 == local.crc32),
            ("packed size", self.packed == local.packed),
            ("size", self.size == local.size),
            ("name", self.name == local.name),
            ("extra field", self.extra == local.extra),
        ];
        let differ: Vec<&str> = fields.iter().filter(|(_, same)| !same).map(|(what, _)| *what).collect();
        if differ.is_empty() {
            Ok(())
        } else {
            Err(format!("its header and the directory disagree about: {}", differ.join(", ")))
        }
    }

    /// Uses nothing but what every reader understands alike.
    fn plain(&self) -> Result<(), String> {
        Err(if self.flags & 1 != 0 {
            "it is encrypted".into()
        } else if self.flags & 8 != 0 {
            "its sizes stand behind its data (a data descriptor)".into()
        } else if self.flags != UTF8 {
            format!("its flags are {:#06x}; bundles have UTF-8 names (0x0800) and nothing else", self.flags)
        } else if !matches!(self.method, 0 | 8) {
            format!("its compression is number {}; Windows knows stored (0) and deflated (8)", self.method)
        } else if self.extra != 0 || self.comment != 0 {
            "it has an extra field or a comment".into()
        } else if (self.made_by, self.needed, self.disk, self.internal) != (0x0314, 20, 0, 0) {
            "it was written by another program (version, disk or internal attributes)".into()
        } else {
            return Ok(());
        })
    }
}

/// The files must fill the archive from its start to its directory.
fn check_extents(book: &mut Book, subject: &str, extents: &[(u64, u64, String)], directory: u64) {
    let mut at = 0;
    let mut before = "the start of the archive";
    let (mut overlaps, mut gaps) = (Ok(()), Ok(()));
    for (start, end, name) in extents {
        if *start < at {
            overlaps = overlaps.and(Err(format!("{name} overlaps {before}")));
        }
        if *start > at {
            gaps = gaps.and(Err(format!("{} bytes between {before} and {name} belong to no file", start - at)));
        }
        at = at.max(*end);
        before = name;
    }
    if at > directory {
        overlaps = overlaps.and(Err(format!("{before} overlaps the directory, or lies outside of the archive")));
    }
    if at < directory {
        gaps = gaps.and(Err(format!("{} bytes between {before} and the directory belong to no file", directory - at)));
    }
    book.check(ws::ARCHIVE_OVERLAP, subject, overlaps);
    book.check(ws::ARCHIVE_EXTRA_BYTES, subject, gaps);
}

/// No two names, and no name and folder of another, may be one on Windows.
fn check_names(book: &mut Book, entries: &[Entry]) {
    let mut files: HashMap<String, &str> = HashMap::new();
    let mut folders: HashMap<String, &str> = HashMap::new();
    for entry in entries {
        for (end, _) in entry.name.match_indices('/') {
            let folder = entry.name.get(..end).unwrap_or_default();
            folders.entry(collision_key(folder)).or_insert(folder);
        }
    }
    for entry in entries {
        let name = entry.name.as_str();
        let key = collision_key(name);
        let spelled_otherwise = name.match_indices('/').find_map(|(end, _)| {
            let folder = name.get(..end).unwrap_or_default();
            folders.get(&collision_key(folder)).filter(|other| **other != folder)
        });
        let meets = folders.get(&key).copied().or(spelled_otherwise.copied()).or(files.insert(key, name));
        book.expect(ws::ARCHIVE_COLLISION, name, meets.is_none(), || {
            format!("it and `{}` are one on Windows", meets.unwrap_or_default())
        });
    }
}

/// Seconds since 1970 of a date and time of MS-DOS, taken as UTC.
fn unix_time(date: u16, time: u16) -> Option<u64> {
    let (year, month, day) = (u64::from(date >> 9) + 1980, u64::from(date >> 5 & 15), u64::from(date & 31));
    let (hour, minute, second) = (u64::from(time >> 11), u64::from(time >> 5 & 63), u64::from(time & 31) * 2);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days since 1970 with the year beginning in March (Howard Hinnant, "chrono-compatible low-level date algorithms").
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * m + 2) / 5 + day - 1;
    let (era, of_era) = (y / 400, y % 400);
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|b| b.try_into().ok()).map_or(0, u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Words of the dates from `python3 -c "import zipfile"`, seconds from `date -u +%s`.
    #[test]
    fn times() {
        assert_eq!(unix_time(33, 0), Some(315_532_800));
        assert_eq!(unix_time(43 << 9 | 11 << 5 | 14, 22 << 11 | 13 << 5 | 10), Some(1_700_000_000));
        assert_eq!(unix_time(20 << 9 | 2 << 5 | 29, 0), Some(951_782_400));
        assert_eq!(unix_time(127 << 9 | 12 << 5 | 31, 23 << 11 | 59 << 5 | 29), Some(4_354_819_198));
        for (date, time) in [(0, 0), (13 << 5 | 1, 0), (33, 24 << 11), (33, 60 << 5), (33, 30)] {
            assert_eq!(unix_time(date, time), None);
        }
    }
}
