//! Decides where the tree goes and what that moves. Changes nothing.

use super::edits::Edits;
use super::references::{References, is_debug, is_relocations, is_zero};
use crate::pe::bytes::index;
use crate::pe::error::{Error, malformed};
use crate::pe::headers::{MAX_SECTIONS, SECTION_HEADER, Section, directory, flag};
use crate::pe::image::Image;
use crate::pe::layout::align;
use crate::pe::resources::{self, ResourceTree};

/// What is to be done.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) edits: Edits,
    /// The section table as it will be, except that raw offsets and line numbers are still the old ones; those of the
    /// inserted section are final.
    pub(super) sections: Vec<Section>,
    /// Index of the inserted section.
    pub(super) inserted: Option<usize>,
    pub(super) size_of_headers: u32,
    /// Of the resources: RVA and size.
    pub(super) directory: (u32, u32),
    /// New RVA of the base relocations, where they move.
    pub(super) relocations: Option<u32>,
}

pub(super) fn plan(image: &Image<'_>, tree: &ResourceTree) -> Result<Plan, Error> {
    let references = References::read(image)?;
    let planner = Planner { image, tree, references };
    let old = image.headers.directory(image.bytes, directory::RESOURCE);
    let old = old.and_then(|(rva, _)| image.headers.sections.iter().position(|s| s.rva == rva && s.raw_size > 0));
    if let Some(plan) = old.map(|section| planner.rebuild(section)).transpose()?.flatten() {
        return Ok(plan);
    }
    planner.insert(old)
}

struct Planner<'p, 'a> {
    image: &'p Image<'a>,
    tree: &'p ResourceTree,
    references: References,
}

/// A number of an image below 2 GiB.
fn narrow(value: u64) -> Result<u32, Error> {
    match u32::try_from(value) {
        Ok(value) if value < 1 << 31 => Ok(value),
        _ => malformed("the image would grow over 2 GiB"),
    }
}

impl Planner<'_, '_> {
    fn page(&self, value: u32) -> Result<u32, Error> {
        narrow(align(u64::from(value), self.image.headers.section_alignment))
    }

    fn file(&self, value: usize) -> Result<u32, Error> {
        narrow(align(value as u64, self.image.headers.file_alignment))
    }

    /// Whether the sections from here on may get other addresses.
    fn movable(&self, from: usize) -> bool {
        let rest = self.image.headers.sections.get(from..).unwrap_or(&[]);
        let Some(first) = rest.first() else { return true };
        rest.iter().all(|s| is_relocations(s) || is_debug(s))
            && !self.references.any(first.rva, u32::MAX, &[directory::BASE_RELOCATION])
    }

    /// Whether the resources are all that a section is used for.
    fn alone(&self, section: &Section) -> Result<bool, Error> {
        let end = section.rva + self.page(section.span())?;
        Ok(!self.references.any(section.rva, end, &[directory::RESOURCE]))
    }

    /// In place, when that is possible.
    fn rebuild(&self, number: usize) -> Result<Option<Plan>, Error> {
        let headers = &self.image.headers;
        let mut sections = headers.sections.clone();
        let Some(section) = sections.get_mut(number) else { return Ok(None) };
        let mut raw = resources::write(self.tree, section.rva)?;
        let length = narrow(raw.len() as u64)?;
        let (have, need) = (self.page(section.span())?, self.page(length)?);
        let movable = self.movable(number + 1);
        if !self.alone(section)? || (need > have && !movable) {
            return Ok(None);
        }
        // Where the neighbours must stay, the section keeps its pages.
        let kept = have - headers.section_alignment + 1;
        section.virtual_size = if movable { length } else { length.max(kept) };
        let old_size = section.raw_size;
        section.raw_size = self.file(raw.len())?;
        // What follows moves by whole units of FileAlignment, also where GNU ld left a size that is none.
        let room = if section.raw_size >= old_size {
            narrow(u64::from(old_size) + u64::from(self.file(index(section.raw_size - old_size))?))?
        } else {
            let less = old_size - section.raw_size;
            old_size - less / headers.file_alignment * headers.file_alignment
        };
        raw.resize(index(room), 0);
        let mut edits = Edits::default();
        edits.replace(index(section.raw_offset), index(old_size), raw);
        let directory = (section.rva, length);
        let shift = |rva: u32| narrow(u64::from(rva) + u64::from(need) - u64::from(have));
        let mut relocations = None;
        if movable && need != have {
            for following in sections.iter_mut().skip(number + 1) {
                following.rva = shift(following.rva)?;
            }
            let table = headers.directory(self.image.bytes, directory::BASE_RELOCATION);
            if let Some((rva, _)) = table.filter(|(rva, _)| *rva > directory.0) {
                relocations = Some(shift(rva)?);
            }
        }
        Ok(Some(Plan {
            edits,
            sections,
            inserted: None,
            size_of_headers: headers.size_of_headers,
            directory,
            relocations,
        }))
    }

    /// As a section of its own; `old` is the one that has the resources so far.
    fn insert(&self, old: Option<usize>) -> Result<Plan, Error> {
        let headers = &self.image.headers;
        let mut sections = headers.sections.clone();
        let mut edits = Edits::default();
        if let Some(section) = old.and_then(|number| sections.get_mut(number)) {
            if self.alone(section)? {
                let size = index(section.raw_size);
                edits.replace(index(section.raw_offset), size, vec![0; size]);
            }
            // Tools look for resources in the section of this name.
            if section.name == ".rsrc" {
                section.raw_name = *b".rsrcold";
                section.name = ".rsrcold".into();
            }
        }
        let size_of_headers = self.room_for_header(&mut edits)?;
        let mut number = sections.len();
        while number > 1 && sections.get(number - 1).is_some_and(is_debug) && self.movable(number - 1) {
            number -= 1;
        }
        let raw_end = |s: &[Section]| s.iter().filter(|s| s.raw_size > 0).map(|s| s.raw_end() as usize).max();
        let first_behind = |s: &[Section]| s.iter().filter(|s| s.raw_size > 0).map(|s| index(s.raw_offset)).min();
        let end = raw_end(&sections).unwrap_or(index(headers.size_of_headers));
        // In file order as in the table, if the file keeps that order.
        let (before, behind) = sections.split_at(number);
        let at = first_behind(behind).filter(|at| raw_end(before).is_none_or(|end| end <= *at)).unwrap_or(end);
        let last = before.last().map_or(Ok(0), |s| narrow(u64::from(s.rva) + u64::from(s.span())))?;
        let rva = self.page(last)?;
        let mut raw = resources::write(self.tree, rva)?;
        let length = narrow(raw.len() as u64)?;
        let raw_size = self.file(raw.len())?;
        raw.resize(index(raw_size), 0);
        let start = edits.moved(at);
        let raw_offset = self.file(start)?;
        raw.splice(0..0, vec![0; index(raw_offset) - start]);
        edits.replace(at, 0, raw);
        let pages = self.page(length)?;
        for following in sections.iter_mut().skip(number) {
            following.rva = narrow(u64::from(following.rva) + u64::from(pages))?;
        }
        let inserted = Section {
            name: ".rsrc".into(),
            raw_name: *b".rsrc\0\0\0",
            virtual_size: length,
            rva,
            raw_size,
            raw_offset,
            line_numbers: 0,
            flags: flag::READ | flag::INITIALIZED_DATA,
        };
        sections.insert(number, inserted);
        Ok(Plan {
            edits,
            sections,
            inserted: Some(number),
            size_of_headers,
            directory: (rva, length),
            relocations: None,
        })
    }

    /// Makes room for one more line of the section table; the new SizeOfHeaders. Where the headers are full they grow by
    /// moving all raw data, as far as the address of the first section allows.
    fn room_for_header(&self, edits: &mut Edits) -> Result<u32, Error> {
        let headers = &self.image.headers;
        if headers.sections.len() >= MAX_SECTIONS {
            return Err(Error::Unsupported(format!(
                "it already has {MAX_SECTIONS} sections, and none can be replaced"
            )));
        }
        let table_end = index(headers.table) + SECTION_HEADER * headers.sections.len();
        let new_end = table_end + SECTION_HEADER;
        let first_raw = headers.sections.iter().filter(|s| s.raw_size > 0).map(|s| index(s.raw_offset)).min();
        let first_raw = first_raw.unwrap_or(self.image.bytes.len());
        if table_end < first_raw && !is_zero(self.image.bytes, table_end, new_end.min(first_raw)) {
            return Err(Error::Unsupported("the space behind its section table is in use".into()));
        }
        if new_end <= index(headers.size_of_headers) {
            return Ok(headers.size_of_headers);
        }
        let size = self.file(new_end)?;
        if headers.sections.first().is_some_and(|first| size > first.rva) {
            return Err(Error::Unsupported("its headers are full up to the first section".into()));
        }
        if index(size) > first_raw {
            edits.replace(first_raw, 0, vec![0; index(self.file(index(size) - first_raw)?)]);
        }
        Ok(size)
    }
}
