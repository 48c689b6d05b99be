//! The id of a PDB: what ties it to an executable.
//!
//! A PDB is a file of pages (MSF, "multi-stream file"): a super block, a directory of streams, and the streams, each a list of
//! pages. Stream 1 holds version, time, age and GUID; stream 3 (DBI) the age that a debugger compares with the executable's.
//! Source: LLVM, "The MSF File Format", "The PDB Info Stream", "The PDB DBI Stream"; checked against microsoft-pdb.

use super::bytes::{slice, u32_at};
use super::debug::DebugId;

const MAGIC: &[u8; 32] = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0";
/// Stream numbers.
const INFO: usize = 1;
const DBI: usize = 3;
/// Size of a stream that was deleted.
const NIL: u32 = u32::MAX;

/// GUID and age of a PDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PdbId {
    /// The GUID as its bytes stand in the file, as in [`DebugId`].
    pub guid: [u8; 16],
    /// Age.
    pub age: u32,
}

impl PdbId {
    /// Reads it; `None` when the file is no PDB or is cut off.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let file = Msf::open(bytes)?;
        let info = file.head(INFO, 28)?;
        let guid = info.get(12..28)?.try_into().ok()?;
        // The info stream's age counts writes; it is DBI's that the linker copies into the executable.
        let age = match file.head(DBI, 12) {
            Some(dbi) => u32_at(&dbi, 8)?,
            None => u32_at(&info, 8)?,
        };
        Some(PdbId { guid, age })
    }

    /// Whether it is the PDB that an executable's record names.
    pub fn fits(&self, id: &DebugId) -> bool {
        self.guid == id.guid && self.age == id.age
    }

    /// GUID in upper-case hexadecimal and age, as symbol stores spell them.
    pub fn text(&self) -> String {
        DebugId { guid: self.guid, age: self.age, pdb_name: String::new() }.text()
    }
}

struct Msf<'a> {
    bytes: &'a [u8],
    page: usize,
    directory: Vec<u8>,
}

impl<'a> Msf<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        bytes.starts_with(MAGIC).then_some(())?;
        let field = |n: usize| u32_at(bytes, 32 + 4 * n).and_then(|v| usize::try_from(v).ok());
        let (page, size, map) = (field(0)?, field(3)?, field(5)?);
        (matches!(page, 512 | 1024 | 2048 | 4096 | 8192 | 16384 | 32768) && size <= bytes.len()).then_some(())?;
        let mut file = Msf { bytes, page, directory: Vec::new() };
        let numbers = slice(bytes, map.checked_mul(page)?, size.div_ceil(page).checked_mul(4)?)?;
        file.directory = file.pages(numbers, size)?;
        Some(file)
    }

    /// The first `size` bytes of what lies on these pages.
    fn pages(&self, numbers: &[u8], size: usize) -> Option<Vec<u8>> {
        let mut all = Vec::with_capacity(size);
        for number in numbers.chunks_exact(4).take(size.div_ceil(self.page)) {
            let at = usize::try_from(u32_at(number, 0)?).ok()?.checked_mul(self.page)?;
            let left = (size - all.len()).min(self.page);
            all.extend_from_slice(slice(self.bytes, at, left)?);
        }
        (all.len() == size).then_some(all)
    }

    /// The first `size` bytes of a stream.
    fn head(&self, stream: usize, size: usize) -> Option<Vec<u8>> {
        let count = usize::try_from(u32_at(&self.directory, 0)?).ok()?;
        (stream < count).then_some(())?;
        let length = |n: usize| u32_at(&self.directory, 4 + 4 * n).map(|l| if l == NIL { 0 } else { l as usize });
        let mut at = 4 + count.checked_mul(4)?;
        for n in 0..stream {
            at = at.checked_add(length(n)?.div_ceil(self.page) * 4)?;
        }
        (length(stream)? >= size).then_some(())?;
        self.pages(slice(&self.directory, at, size.div_ceil(self.page) * 4)?, size)
    }
}

/// Four pages of streams, whose directory lies on page 3 and its map on page 2.
#[cfg(test)]
pub(crate) fn sample(guid: [u8; 16], info_age: u32, dbi_age: u32) -> Vec<u8> {
    let page = 512;
    let mut file = vec![0u8; page * 6];
    let mut put = |at: usize, words: &[u32]| {
        for (i, word) in words.iter().enumerate() {
            file[at + 4 * i..at + 4 * i + 4].copy_from_slice(&word.to_le_bytes());
        }
    };
    // Streams 0 (deleted), 1, 2 (empty), 3.
    put(3 * page, &[4, NIL, 28, 0, 12, 4, 5]);
    put(2 * page, &[3]);
    put(32, &[512, 1, 6, 28, 0, 2]);
    put(4 * page, &[20_000_404, 7, info_age]);
    put(5 * page, &[u32::MAX, 19_990_903, dbi_age]);
    file[..32].copy_from_slice(MAGIC);
    file[4 * page + 12..4 * page + 28].copy_from_slice(&guid);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_is_that_of_the_dbi_stream() {
        let guid = std::array::from_fn(|i| u8::try_from(i).unwrap());
        let id = PdbId::read(&sample(guid, 5, 1)).unwrap();
        assert_eq!(id, PdbId { guid, age: 1 });
        assert_eq!(id.text(), "03020100050407060809 0A0B0C0D0E0F1".replace(' ', ""));
        assert!(id.fits(&DebugId { guid, age: 1, pdb_name: "x.pdb".into() }));
        assert!(!id.fits(&DebugId { guid, age: 5, pdb_name: "x.pdb".into() }));
        assert!(!id.fits(&DebugId { guid: [0; 16], age: 1, pdb_name: "x.pdb".into() }));
    }

    #[test]
    fn any_input_is_taken() {
        let whole = sample([1; 16], 1, 1);
        for end in 0..whole.len() {
            let _ = PdbId::read(&whole[..end]);
        }
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] = 0xff;
            let _ = PdbId::read(&broken);
        }
        assert_eq!(PdbId::read(b""), None);
        assert_eq!(PdbId::read(&whole[..4 * 512]), None);
    }
}
