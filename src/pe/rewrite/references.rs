//! What points where: a part of the image can be moved or replaced only when nothing else points into it.

use crate::pe::error::Error;
use crate::pe::headers::directory;
use crate::pe::image::Image;
use crate::pe::relocations::{self, Site};
use crate::pe::{debug, headers::Section};

/// All references that a file declares.
pub(super) struct References {
    directories: Vec<(usize, u32)>,
    others: Vec<u32>,
    sites: Vec<Site>,
}

impl References {
    pub(super) fn read(image: &Image<'_>) -> Result<Self, Error> {
        let headers = &image.headers;
        let directories = (0..headers.directory_count)
            .filter(|n| *n != directory::CERTIFICATE)
            .filter_map(|n| Some((n, headers.directory(image.bytes, n)?.0)))
            .collect();
        let mut others = vec![headers.entry_point];
        others.extend(debug::entries(image)?.iter().map(|entry| entry.rva));
        Ok(References { directories, others, sites: relocations::sites(image)? })
    }

    /// Whether an address from `start` to before `end` is used by anything but the given directories.
    pub(super) fn any(&self, start: u32, end: u32, except: &[usize]) -> bool {
        let hit = |rva: u32| rva >= start && rva < end;
        self.directories.iter().any(|(number, rva)| !except.contains(number) && hit(*rva))
            || self.others.iter().any(|rva| hit(*rva))
            || self.sites.iter().any(|site| hit(site.rva) || site.target.is_some_and(hit))
    }
}

/// Whether a section holds debug information: no code, nothing that a program reads while it runs.
pub(super) fn is_debug(section: &Section) -> bool {
    let name = section.name.as_str();
    is_discardable(section)
        && [".debug", ".zdebug", ".gnu_debug", ".stab"].iter().any(|prefix| name.starts_with(prefix))
}

/// Whether it is the section of the base relocations.
pub(super) fn is_relocations(section: &Section) -> bool {
    section.name == ".reloc" && is_discardable(section)
}

fn is_discardable(section: &Section) -> bool {
    use crate::pe::headers::flag::{CODE, DISCARDABLE, EXECUTE, WRITE};
    section.flags & (DISCARDABLE | EXECUTE | WRITE | CODE) == DISCARDABLE
}

/// The section numbers of the COFF symbols in `table` (18 bytes each) that are above `after` go up by one.
pub(super) fn renumber_symbols(table: &mut [u8], after: usize) {
    let mut auxiliary = 0u8;
    for symbol in table.chunks_exact_mut(18) {
        if auxiliary > 0 {
            auxiliary -= 1;
            continue;
        }
        auxiliary = symbol[17];
        let number = i16::from_le_bytes([symbol[12], symbol[13]]);
        if usize::try_from(number).is_ok_and(|number| number > after) {
            symbol[12..14].copy_from_slice(&(number + 1).to_le_bytes());
        }
    }
}

/// Whether nothing is stored there.
pub(super) fn is_zero(bytes: &[u8], at: usize, end: usize) -> bool {
    bytes.get(at..end).is_some_and(|slack| slack.iter().all(|b| *b == 0))
}
