//! The debug directory.

use super::bytes::{c_str, index, slice, u32_at};
use super::error::Error;
use super::headers::directory;
use super::image::Image;

/// Size of an IMAGE_DEBUG_DIRECTORY.
pub(crate) const ENTRY: u32 = 28;

/// IMAGE_DEBUG_TYPE_CODEVIEW.
const CODEVIEW: u32 = 2;

/// What a CodeView RSDS record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebugId {
    /// The GUID as its bytes stand in the file: the first three fields are little-endian.
    pub guid: [u8; 16],
    /// Age.
    pub age: u32,
    /// Path or name of the PDB; empty when the linker made a build id only (`--build-id`).
    pub pdb_name: String,
}

impl DebugId {
    /// The GUID in upper-case hexadecimal without punctuation, as symbol stores spell it.
    pub fn guid_hex(&self) -> String {
        const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
        ORDER.iter().map(|i| format!("{:02X}", self.guid[*i])).collect()
    }

    /// GUID and age, as symbol stores spell them: 32 upper-case digits, then the age without leading zeros.
    pub fn text(&self) -> String {
        format!("{}{:X}", self.guid_hex(), self.age)
    }
}

/// One line of the debug directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// File offset of the entry itself.
    pub(crate) at: u32,
    pub(crate) kind: u32,
    pub(crate) size: u32,
    pub(crate) rva: u32,
    /// PointerToRawData.
    pub(crate) offset: u32,
}

/// All entries; none when there is no directory.
pub(crate) fn entries(image: &Image<'_>) -> Result<Vec<Entry>, Error> {
    let Some((rva, size)) = image.headers.directory(image.bytes, directory::DEBUG) else { return Ok(Vec::new()) };
    let lost = Error::Truncated("debug directory");
    let start = image.headers.offset(rva, size).ok_or(lost.clone())?;
    slice(image.bytes, index(start), index(size)).ok_or(lost.clone())?;
    (0..size / ENTRY)
        .map(|number| {
            let at = start + number * ENTRY;
            let field = |offset: usize| u32_at(image.bytes, index(at) + offset).ok_or(lost.clone());
            Ok(Entry { at, kind: field(12)?, size: field(16)?, rva: field(20)?, offset: field(24)? })
        })
        .collect()
}

/// The RSDS record that an entry points to, if it is one.
pub(crate) fn rsds(image: &Image<'_>, entry: &Entry) -> Option<DebugId> {
    if entry.kind != CODEVIEW {
        return None;
    }
    let record = slice(image.bytes, index(entry.offset), index(entry.size))?;
    if record.get(..4)? != b"RSDS" {
        return None;
    }
    let name = record.get(24..)?;
    Some(DebugId {
        guid: record.get(4..20)?.try_into().ok()?,
        age: u32_at(record, 20)?,
        pdb_name: String::from_utf8_lossy(c_str(name).unwrap_or(name)).into_owned(),
    })
}

/// An image of one section, with nothing in it but a debug directory that names a PDB.
#[cfg(test)]
pub(crate) fn sample(guid: [u8; 16], age: u32, pdb_name: &str) -> Vec<u8> {
    let mut file = vec![0u8; 0x600];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    let mut words =
        |at: usize, list: &[u32]| list.iter().enumerate().for_each(|(i, w)| put(at + 4 * i, &w.to_le_bytes()));
    words(0x3c, &[0x40]);
    // COFF header: x86-64, one section; 240 bytes of optional header; executable, large addresses.
    words(0x40, &[0x4550, 0x0001_8664, 0, 0, 0, 0x0022_00f0]);
    // Optional header: sizes, alignments, versions, 16 directories of which the seventh is that of debug entries.
    words(0x58, &[0x20b, 0, 0, 0, 0, 0x1000, 0x4000_0000, 1, 0x1000, 0x200, 6, 0, 6, 0, 0x2000, 0x400, 0, 0x0140_0003]);
    words(0x58 + 108, &[16]);
    words(0x58 + 112 + 6 * 8, &[0x1000, ENTRY]);
    words(0x148 + 8, &[0x200, 0x1000, 0x200, 0x400, 0, 0, 0, 0x4000_0040]);
    let size = 24 + u32::try_from(pdb_name.len()).unwrap_or_default() + 1;
    words(0x400, &[0, 0, 0, CODEVIEW, size, 0x1000 + ENTRY, 0x400 + ENTRY]);
    words(0x41c + 20, &[age]);
    put(0, b"MZ");
    put(0x148, b".rdata");
    put(0x41c, b"RSDS");
    put(0x420, &guid);
    put(0x434, pdb_name.as_bytes());
    file
}
