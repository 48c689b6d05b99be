//! The rules by which the Windows loader accepts an image, checked on the file.
//!
//! They are stricter than Wine's: Windows wants the sections in order and without a hole between them, for instance.
//! Source: PE Format, "Section Table" and "Optional Header Windows-Specific Fields"; STATUS_INVALID_IMAGE_FORMAT otherwise.

use super::bytes::index;
use super::error::Error;
use super::headers::{Headers, SECTION_HEADER, directory, flag};
use super::image::Image;
use super::{debug, relocations, resources};
use crate::model::Arch;
use std::fmt;

/// A rule that a file breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutFault {
    /// Stable name of the rule, such as `section-order`.
    pub rule: &'static str,
    /// What is wrong, with numbers.
    pub what: String,
}

impl fmt::Display for LayoutFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.what, self.rule)
    }
}

/// Images above this are refused by Windows on every architecture (2 GiB).
const MAX_IMAGE: u64 = 1 << 31;

/// Checks all rules and reports all that are broken. CheckSum is not among them: Windows looks at it for drivers only.
///
/// # Errors
/// The broken rules; never empty.
pub fn check_layout(bytes: &[u8]) -> Result<(), Vec<LayoutFault>> {
    let mut faults = Faults(Vec::new());
    match Image::parse(bytes) {
        Err(error) => faults.add("headers", error.to_string()),
        Ok(image) => {
            faults.numbers(&image.headers);
            faults.sections(&image.headers, bytes.len() as u64);
            faults.entry_point(&image.headers);
            faults.directories(&image);
            faults.tables(&image);
        }
    }
    if faults.0.is_empty() { Ok(()) } else { Err(faults.0) }
}

/// The next multiple of a power of two.
pub(crate) fn align(value: u64, to: u32) -> u64 {
    value.next_multiple_of(u64::from(to.max(1)))
}

struct Faults(Vec<LayoutFault>);

impl Faults {
    fn add(&mut self, rule: &'static str, what: String) {
        self.0.push(LayoutFault { rule, what });
    }

    fn numbers(&mut self, headers: &Headers) {
        let plus = match headers.machine {
            m if m == Arch::X86_64.machine() || m == Arch::Aarch64.machine() => Some(true),
            m if m == Arch::I686.machine() => Some(false),
            _ => None,
        };
        match plus {
            None => self.add("machine", format!("machine {:#x} is not x86_64, i686 or aarch64", headers.machine)),
            Some(plus) if plus != headers.pe32_plus => {
                self.add("machine", "the optional header's format is not the machine's".into());
            }
            Some(_) => {}
        }
        let (section, file) = (headers.section_alignment, headers.file_alignment);
        // Below a page, sections are mapped as they lie in the file, by rules of their own.
        if !section.is_power_of_two() || !(0x1000..=0x0100_0000).contains(&section) {
            self.add("alignment", format!("SectionAlignment {section:#x} is not a power of two from 0x1000"));
        }
        if !file.is_power_of_two() || file < 0x200 || file > section {
            self.add(
                "alignment",
                format!("FileAlignment {file:#x} is not a power of two from 0x200 to SectionAlignment"),
            );
        }
        if !headers.image_base.is_multiple_of(0x1_0000) {
            self.add("image-base", format!("ImageBase {:#x} is not a multiple of 64 KiB", headers.image_base));
        }
    }

    fn sections(&mut self, headers: &Headers, file: u64) {
        let table_end = u64::from(headers.table) + (SECTION_HEADER * headers.sections.len()) as u64;
        let size = u64::from(headers.size_of_headers);
        let first = headers.sections.first().map_or(0, |s| u64::from(s.rva));
        if size < table_end || size > file || size > first {
            self.add("size-of-headers", format!("SizeOfHeaders {size:#x}: the headers end at {table_end:#x}, the file at {file:#x}, the first section starts at {first:#x}"));
        }
        let mut next = align(size, headers.section_alignment);
        for section in &headers.sections {
            let (name, rva) = (&section.name, u64::from(section.rva));
            if rva != next {
                self.add("section-order", format!("section {name} is at {rva:#x}, expected at {next:#x}"));
            }
            if section.span() == 0 {
                self.add("section-size", format!("section {name} is empty"));
            }
            next = align(rva + u64::from(section.span()), headers.section_alignment);
            if section.raw_size > 0 {
                if section.raw_end() > file {
                    self.add(
                        "raw-data",
                        format!("section {name} ends at {:#x}, the file at {file:#x}", section.raw_end()),
                    );
                }
                if !section.raw_offset.is_multiple_of(0x200) {
                    self.add("raw-data", format!("section {name} starts at file offset {:#x}", section.raw_offset));
                }
            }
        }
        if u64::from(headers.size_of_image) != next || next > MAX_IMAGE {
            self.add(
                "size-of-image",
                format!("SizeOfImage {:#x}, the sections end at {next:#x}", headers.size_of_image),
            );
        }
    }

    fn entry_point(&mut self, headers: &Headers) {
        let entry = headers.entry_point;
        let runs = |s: &super::Section| {
            entry >= s.rva && entry - s.rva < s.span() && s.flags & (flag::EXECUTE | flag::CODE) != 0
        };
        if entry != 0 && !headers.sections.iter().any(runs) {
            self.add("entry-point", format!("the entry point {entry:#x} lies in no section with code"));
        }
    }

    /// Every directory lies inside the headers or one section.
    fn directories(&mut self, image: &Image<'_>) {
        let headers = &image.headers;
        for number in (0..headers.directory_count).filter(|n| *n != directory::CERTIFICATE) {
            let Some((rva, size)) = headers.directory(image.bytes, number) else { continue };
            let end = u64::from(rva) + u64::from(size);
            let inside = |start: u32, length: u32| rva >= start && end <= u64::from(start) + u64::from(length);
            let placed = inside(0, headers.size_of_headers)
                || headers.sections.iter().any(|s| inside(s.rva, s.span().max(s.raw_size)));
            if !placed {
                self.add(
                    "directories",
                    format!("data directory {number} at {rva:#x} with {size:#x} bytes lies in no section"),
                );
            }
        }
    }

    /// Debug directory, base relocations and resource tree can be read, and their numbers agree.
    fn tables(&mut self, image: &Image<'_>) {
        match debug::entries(image) {
            Err(error) => self.add("debug-directory", error.to_string()),
            Ok(entries) => {
                for entry in entries.iter().filter(|e| e.rva != 0 && e.offset != 0) {
                    if image.headers.offset(entry.rva, entry.size) != Some(entry.offset) {
                        self.add(
                            "debug-directory",
                            format!("the debug record at {:#x} is not at file offset {:#x}", entry.rva, entry.offset),
                        );
                    }
                }
            }
        }
        let checked: [(&str, Result<(), Error>); 2] =
            [("relocations", relocations::sites(image).map(drop)), ("resources", resources::check(image))];
        for (rule, result) in checked {
            if let Err(error) = result {
                self.add(rule, error.to_string());
            }
        }
        let certificates = image.headers.directory(image.bytes, directory::CERTIFICATE);
        let end = certificates.map(|(at, size)| index(at).saturating_add(index(size)));
        if end.is_some_and(|end| end > image.bytes.len()) {
            self.add("certificates", "the certificate table lies outside the file".into());
        }
    }
}
