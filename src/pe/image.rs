//! The reader.

use super::bytes::{c_str, index, slice, u32_at};
use super::checksum;
use super::debug::{self, DebugId};
use super::error::Error;
use super::headers::{Headers, Section, directory};
use super::imports::{self, Import};
use super::resources::{self, ResourceTree};
use super::version::VersionInfo;

/// A PE image in memory. Takes any bytes and never panics; what the headers point to is read on demand.
#[derive(Clone, Debug)]
pub struct Image<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) headers: Headers,
}

impl<'a> Image<'a> {
    /// Reads the headers. The sections are not checked: see [`super::check_layout`].
    ///
    /// # Errors
    /// When this is no PE image or the headers do not lie inside the file.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        Ok(Image { bytes, headers: Headers::parse(bytes)? })
    }

    /// IMAGE_FILE_MACHINE_*: see [`crate::model::Arch::machine`].
    pub fn machine(&self) -> u16 {
        self.headers.machine
    }

    /// PE32+ (64-bit) rather than PE32.
    pub fn is_pe32_plus(&self) -> bool {
        self.headers.pe32_plus
    }

    /// Characteristics of the COFF header (IMAGE_FILE_*).
    pub fn characteristics(&self) -> u16 {
        self.headers.characteristics
    }

    /// IMAGE_DLLCHARACTERISTICS_*: 0x20 high-entropy ASLR, 0x40 ASLR, 0x100 DEP, 0x4000 control-flow guard.
    pub fn dll_characteristics(&self) -> u16 {
        self.headers.dll_characteristics
    }

    /// CheckSum as stored; 0 when no tool computed it.
    pub fn stored_checksum(&self) -> u32 {
        self.headers.checksum
    }

    /// CheckSum as it has to be.
    pub fn computed_checksum(&self) -> u32 {
        checksum::of_image(self.bytes, self.headers.optional)
    }

    /// TimeDateStamp: seconds since 1970, or part of a content hash in reproducible images.
    pub fn time_date_stamp(&self) -> u32 {
        self.headers.time_date_stamp
    }

    /// SizeOfImage in bytes; together with [`Self::time_date_stamp`] the key of the file in a symbol store.
    pub fn size_of_image(&self) -> u32 {
        self.headers.size_of_image
    }

    /// IMAGE_SUBSYSTEM_*: 2 GUI, 3 console.
    pub fn subsystem(&self) -> u16 {
        self.headers.subsystem
    }

    /// Preferred load address.
    pub fn image_base(&self) -> u64 {
        self.headers.image_base
    }

    /// True when there is a certificate table: the file carries an Authenticode signature.
    pub fn is_signed(&self) -> bool {
        self.headers.directory(self.bytes, directory::CERTIFICATE).is_some()
    }

    /// The section table.
    pub fn sections(&self) -> &[Section] {
        &self.headers.sections
    }

    /// Names of the sections, long names resolved.
    pub fn section_names(&self) -> impl Iterator<Item = &str> {
        self.headers.sections.iter().map(|s| s.name.as_str())
    }

    /// Raw data of a section; `None` when it does not lie inside the file.
    pub fn section_data(&self, section: &Section) -> Option<&'a [u8]> {
        slice(self.bytes, index(section.raw_offset), index(section.raw_size))
    }

    /// `length` bytes at an RVA; `None` when they are not all raw data of one section.
    pub fn bytes_at(&self, rva: u32, length: u32) -> Option<&'a [u8]> {
        slice(self.bytes, index(self.headers.offset(rva, length)?), index(length))
    }

    /// From an RVA to the end of its section's raw data.
    pub(crate) fn rest_at(&self, rva: u32) -> Option<&'a [u8]> {
        let section = self.headers.sections.iter().find(|s| rva >= s.rva && rva - s.rva < s.raw_size)?;
        self.bytes_at(rva, section.raw_size - (rva - section.rva))
    }

    /// Imported functions by DLL, in file order; those that are loaded on first use (delay imports) follow.
    ///
    /// # Errors
    /// When a table points outside its section, or is unreasonably large.
    pub fn imports(&self) -> Result<Vec<Import>, Error> {
        imports::read(self)
    }

    /// All resources. Duplicates, which GNU ld leaves behind, are read once: the first counts, as it does for Windows.
    ///
    /// # Errors
    /// When the tree is not of the form type, name, language, or points outside its section.
    pub fn resources(&self) -> Result<ResourceTree, Error> {
        Ok(resources::read(self)?.0)
    }

    /// The VERSIONINFO that Windows shows (name 1); `None` without one, or when it can't be read.
    pub fn version_info(&self) -> Option<VersionInfo> {
        let tree = self.resources().ok()?;
        let (_, resource) = tree.iter().find(|(key, _)| key.is(resources::kind::VERSION, 1))?;
        VersionInfo::parse(&resource.data)
    }

    /// The first CodeView record (RSDS), by which debuggers find the PDB.
    pub fn debug_id(&self) -> Option<DebugId> {
        debug::entries(self).ok()?.iter().find_map(|entry| debug::rsds(self, entry))
    }

    /// File name and CRC-32 of the separate DWARF file (section `.gnu_debuglink`).
    pub fn debuglink(&self) -> Option<(String, u32)> {
        let section = self.headers.sections.iter().find(|s| s.name == ".gnu_debuglink")?;
        let data = self.section_data(section)?;
        let name = c_str(data)?;
        let crc = u32_at(data, (name.len() + 1).next_multiple_of(4))?;
        Some((String::from_utf8_lossy(name).into_owned(), crc))
    }
}
