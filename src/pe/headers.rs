//! DOS, NT and section headers: what they say and where in the file they say it.

use super::bytes::{index, slice, u16_at, u32_at, u64_at};
use super::error::{Error, malformed};

/// Indexes into the data directories.
pub(crate) mod directory {
    pub(crate) const IMPORT: usize = 1;
    pub(crate) const RESOURCE: usize = 2;
    pub(crate) const CERTIFICATE: usize = 4;
    pub(crate) const BASE_RELOCATION: usize = 5;
    pub(crate) const DEBUG: usize = 6;
    pub(crate) const DELAY_IMPORT: usize = 13;
}

/// Section flags (IMAGE_SCN_*).
pub(crate) mod flag {
    pub(crate) const CODE: u32 = 0x20;
    pub(crate) const INITIALIZED_DATA: u32 = 0x40;
    pub(crate) const UNINITIALIZED_DATA: u32 = 0x80;
    pub(crate) const DISCARDABLE: u32 = 0x0200_0000;
    pub(crate) const EXECUTE: u32 = 0x2000_0000;
    pub(crate) const READ: u32 = 0x4000_0000;
    pub(crate) const WRITE: u32 = 0x8000_0000;
}

/// "The Windows loader limits the number of sections to 96" (PE Format, COFF file header).
pub(crate) const MAX_SECTIONS: usize = 96;

/// Size of a section header.
pub(crate) const SECTION_HEADER: usize = 40;

/// One line of the section table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name; long names (`/4`) are resolved through the COFF string table where there is one.
    pub name: String,
    /// The eight bytes of the header.
    pub(crate) raw_name: [u8; 8],
    /// VirtualSize as stored.
    pub virtual_size: u32,
    /// VirtualAddress, relative to the image base.
    pub rva: u32,
    /// SizeOfRawData; 0 for uninitialised data even where the linker left a number.
    pub raw_size: u32,
    /// PointerToRawData.
    pub raw_offset: u32,
    /// PointerToLinenumbers.
    pub(crate) line_numbers: u32,
    /// Characteristics (IMAGE_SCN_*).
    pub flags: u32,
}

impl Section {
    /// Bytes of address space: SizeOfRawData stands in for a VirtualSize of 0.
    pub fn span(&self) -> u32 {
        if self.virtual_size == 0 { self.raw_size } else { self.virtual_size }
    }

    /// First file offset behind its raw data.
    pub(crate) fn raw_end(&self) -> u64 {
        u64::from(self.raw_offset) + u64::from(self.raw_size)
    }
}

/// The headers as numbers. Offsets are file offsets.
#[derive(Clone, Debug)]
pub(crate) struct Headers {
    /// Offset of the COFF file header, just behind the signature.
    pub(crate) file: u32,
    /// Offset of the optional header.
    pub(crate) optional: u32,
    /// Offset of the first data directory.
    pub(crate) directories: u32,
    /// How many there are, at most 16.
    pub(crate) directory_count: usize,
    /// Offset of the section table.
    pub(crate) table: u32,
    pub(crate) machine: u16,
    pub(crate) pe32_plus: bool,
    pub(crate) time_date_stamp: u32,
    pub(crate) symbol_table: u32,
    pub(crate) symbol_count: u32,
    pub(crate) characteristics: u16,
    pub(crate) entry_point: u32,
    pub(crate) image_base: u64,
    pub(crate) section_alignment: u32,
    pub(crate) file_alignment: u32,
    pub(crate) size_of_image: u32,
    pub(crate) size_of_headers: u32,
    pub(crate) checksum: u32,
    pub(crate) subsystem: u16,
    pub(crate) dll_characteristics: u16,
    pub(crate) sections: Vec<Section>,
}

impl Headers {
    /// Reads them; fails only when a structure lies outside the file or is not that of an image.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Headers, Error> {
        if bytes.get(..2) != Some(b"MZ") {
            return Err(Error::NotPe("it does not start with MZ"));
        }
        let nt = u32_at(bytes, 0x3c).ok_or(Error::Truncated("DOS header"))?;
        if nt % 4 != 0 || slice(bytes, index(nt), 4) != Some(b"PE\0\0") {
            return Err(Error::NotPe("no PE signature where the DOS header points"));
        }
        // Both are inside the file, whose length is an index: no overflow from here on.
        let (file, optional) = (nt + 4, nt.saturating_add(24));
        let short = |at: u32| u16_at(bytes, index(at)).ok_or(Error::Truncated("headers"));
        let long = |at: u32| u32_at(bytes, index(at)).ok_or(Error::Truncated("headers"));
        let optional_size = u32::from(short(file + 16)?);
        let (pe32_plus, fixed) = match short(optional)? {
            0x10b => (false, 96),
            0x20b => (true, 112),
            magic => return malformed(format!("optional header magic {magic:#x}")),
        };
        if optional_size < fixed {
            return malformed(format!("an optional header of {optional_size} bytes"));
        }
        let directory_count = index(long(optional + fixed - 4)?).min(16);
        if fixed + 8 * directory_count as u32 > optional_size {
            return malformed(format!("{directory_count} data directories do not fit into the optional header"));
        }
        let image_base = if pe32_plus {
            u64_at(bytes, index(optional) + 24).ok_or(Error::Truncated("headers"))?
        } else {
            u64::from(long(optional + 28)?)
        };
        let mut headers = Headers {
            file,
            optional,
            directories: optional + fixed,
            directory_count,
            table: optional + optional_size,
            machine: short(file)?,
            pe32_plus,
            time_date_stamp: long(file + 4)?,
            symbol_table: long(file + 8)?,
            symbol_count: long(file + 12)?,
            characteristics: short(file + 18)?,
            entry_point: long(optional + 16)?,
            image_base,
            section_alignment: long(optional + 32)?,
            file_alignment: long(optional + 36)?,
            size_of_image: long(optional + 56)?,
            size_of_headers: long(optional + 60)?,
            checksum: long(optional + 64)?,
            subsystem: short(optional + 68)?,
            dll_characteristics: short(optional + 70)?,
            sections: Vec::new(),
        };
        let count = usize::from(short(file + 2)?);
        if count > MAX_SECTIONS {
            return Err(Error::Unsupported(format!("{count} sections; Windows loads at most {MAX_SECTIONS}")));
        }
        for number in 0..count {
            let header = slice(bytes, index(headers.table) + SECTION_HEADER * number, SECTION_HEADER)
                .ok_or(Error::Truncated("section table"))?;
            headers.sections.push(headers.section(bytes, header).ok_or(Error::Truncated("section table"))?);
        }
        Ok(headers)
    }

    fn section(&self, bytes: &[u8], header: &[u8]) -> Option<Section> {
        let raw_name: [u8; 8] = header.get(..8)?.try_into().ok()?;
        let flags = u32_at(header, 36)?;
        let kind = flags & (flag::CODE | flag::INITIALIZED_DATA | flag::UNINITIALIZED_DATA);
        Some(Section {
            name: self.section_name(bytes, &raw_name),
            raw_name,
            virtual_size: u32_at(header, 8)?,
            rva: u32_at(header, 12)?,
            raw_size: if kind == flag::UNINITIALIZED_DATA { 0 } else { u32_at(header, 16)? },
            raw_offset: u32_at(header, 20)?,
            line_numbers: u32_at(header, 28)?,
            flags,
        })
    }

    /// `/123` is an offset into the string table, which follows the COFF symbols.
    fn section_name(&self, bytes: &[u8], raw: &[u8; 8]) -> String {
        let short = raw.split(|b| *b == 0).next().unwrap_or(&[]);
        let text = String::from_utf8_lossy(short).into_owned();
        let long = text.strip_prefix('/').and_then(|digits| digits.parse::<usize>().ok()).and_then(|offset| {
            if self.symbol_table == 0 {
                return None;
            }
            let strings = index(self.symbol_table).checked_add(18usize.checked_mul(index(self.symbol_count))?)?;
            let size = index(u32_at(bytes, strings)?);
            let table = slice(bytes, strings, size.min(bytes.len().checked_sub(strings)?))?;
            let name = table.get(offset..)?.split(|b| *b == 0).next()?;
            Some(String::from_utf8_lossy(name.get(..256).unwrap_or(name)).into_owned())
        });
        long.unwrap_or(text)
    }

    /// RVA and size of a data directory that is there (file offset and size for the certificate table).
    pub(crate) fn directory(&self, bytes: &[u8], number: usize) -> Option<(u32, u32)> {
        if number >= self.directory_count {
            return None;
        }
        let at = index(self.directories) + 8 * number;
        match (u32_at(bytes, at)?, u32_at(bytes, at + 4)?) {
            (0, _) | (_, 0) => None,
            entry => Some(entry),
        }
    }

    /// File offset of an RVA that has at least `length` bytes of raw data in its section.
    pub(crate) fn offset(&self, rva: u32, length: u32) -> Option<u32> {
        let section = self.sections.iter().find(|s| rva >= s.rva && rva - s.rva < s.raw_size)?;
        let inside = rva - section.rva;
        if length > section.raw_size - inside {
            return None;
        }
        section.raw_offset.checked_add(inside)
    }
}
