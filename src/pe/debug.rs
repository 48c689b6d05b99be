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
