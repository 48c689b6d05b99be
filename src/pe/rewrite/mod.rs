//! Puts a resource tree into a finished image.
//!
//! Where it goes, in this order: in place of the section that has it, when nothing else points in there; a new section in
//! front of trailing debug sections, so that stripping these later leaves no hole; a new section at the end. Nothing that a
//! program can point to ever moves: only base relocations and debug sections do, which are found through the headers.

mod edits;
mod place;
mod references;

use super::bytes::{index, put, u32_at};
use super::error::{Error, malformed};
use super::headers::{Headers, SECTION_HEADER, directory, flag};
use super::image::Image;
use super::layout::{align, check_layout};
use super::resources::ResourceTree;
use place::Plan;

/// Replaces the resource tree of an image; everything else stays as it is. CheckSum is left for the caller to compute, and
/// the result for the caller to check: both come once, after the last change to the file.
///
/// # Errors
/// When the image breaks a rule of [`check_layout`], is signed, or has no room for another section header.
pub(crate) fn replace_resources(mut bytes: Vec<u8>, tree: &ResourceTree) -> Result<Vec<u8>, Error> {
    sound(&bytes)?;
    let (headers, plan) = {
        let image = Image::parse(&bytes)?;
        let plan = place::plan(&image, tree)?;
        (image.headers, plan)
    };
    let lost = || Error::Malformed("edits outside the file".into());
    let old_debug = {
        let image = Image { bytes: &bytes, headers: headers.clone() };
        super::debug::entries(&image)?
    };
    plan.edits.apply(&mut bytes).ok_or_else(lost)?;
    for entry in old_debug.iter().filter(|entry| entry.offset != 0) {
        let at = plan.edits.moved(index(entry.at)) + 24;
        put_u32(&mut bytes, at, plan.edits.moved(index(entry.offset))).ok_or_else(lost)?;
    }
    write_headers(&mut bytes, &headers, &plan).ok_or_else(lost)?;
    Ok(bytes)
}

/// Refuses what cannot be rewritten safely.
fn sound(bytes: &[u8]) -> Result<(), Error> {
    if let Err(faults) = check_layout(bytes) {
        let list: Vec<String> = faults.iter().take(3).map(ToString::to_string).collect();
        return malformed(format!("Windows would not load it: {}", list.join("; ")));
    }
    let image = Image::parse(bytes)?;
    if image.is_signed() {
        return Err(Error::Unsupported("it is signed, and any change breaks the signature".into()));
    }
    let headers = &image.headers;
    if headers.directory_count <= directory::DEBUG {
        return Err(Error::Unsupported(format!("it has only {} data directories", headers.directory_count)));
    }
    let mut raw: Vec<(u64, u64)> =
        headers.sections.iter().filter(|s| s.raw_size > 0).map(|s| (u64::from(s.raw_offset), s.raw_end())).collect();
    raw.sort_unstable();
    let overlap = raw.windows(2).any(|pair| pair[0].1 > pair[1].0);
    let in_headers = raw.first().is_some_and(|first| first.0 < u64::from(headers.size_of_headers));
    let loose = raw.iter().any(|(start, _)| start % u64::from(headers.file_alignment) != 0);
    if overlap || in_headers || loose {
        return Err(Error::Unsupported("its sections overlap or are not aligned in the file".into()));
    }
    tables_apart(&image, raw.last().map_or(0, |last| last.1))
}

/// The two tables that are rewritten where they lie, COFF symbols and debug directory, must not lie over anything else.
fn tables_apart(image: &Image<'_>, raw_end: u64) -> Result<(), Error> {
    let headers = &image.headers;
    let symbols = u64::from(headers.symbol_table);
    let end = symbols + 18 * u64::from(headers.symbol_count);
    if symbols != 0 && headers.symbol_count != 0 && (symbols < raw_end || end > image.bytes.len() as u64) {
        return Err(Error::Unsupported("its symbol table does not lie behind its sections".into()));
    }
    let range = |number| {
        let (rva, size) = headers.directory(image.bytes, number)?;
        Some((u64::from(rva), u64::from(rva) + u64::from(size)))
    };
    let Some((start, end)) = range(directory::DEBUG) else { return Ok(()) };
    let mut others = (0..headers.directory_count).filter(|n| ![directory::DEBUG, directory::CERTIFICATE].contains(n));
    if others.any(|number| range(number).is_some_and(|other| other.0 < end && start < other.1)) {
        return Err(Error::Unsupported("its debug directory lies over another table".into()));
    }
    Ok(())
}

fn put_u32(bytes: &mut [u8], at: usize, value: usize) -> Option<()> {
    put(bytes, at, &u32::try_from(value).ok()?.to_le_bytes())
}

/// Section table, symbol table and all numbers of the headers that follow from the plan.
fn write_headers(bytes: &mut [u8], old: &Headers, plan: &Plan) -> Option<()> {
    let (file, optional, table) = (index(old.file), index(old.optional), index(old.table));
    // From the end: rows behind an inserted one move down by one.
    for (number, section) in plan.sections.iter().enumerate().rev() {
        let mut row = [0; SECTION_HEADER];
        let inserted = plan.inserted == Some(number);
        if !inserted {
            let before = number - usize::from(plan.inserted.is_some_and(|inserted| inserted < number));
            let at = table + SECTION_HEADER * before;
            row.copy_from_slice(bytes.get(at..at + SECTION_HEADER)?);
        }
        put(&mut row, 0, &section.raw_name)?;
        put(&mut row, 8, &section.virtual_size.to_le_bytes())?;
        put(&mut row, 12, &section.rva.to_le_bytes())?;
        if section.raw_size > 0 {
            put(&mut row, 16, &section.raw_size.to_le_bytes())?;
        }
        let moved = |offset: u32| if inserted || offset == 0 { index(offset) } else { plan.edits.moved(index(offset)) };
        put_u32(&mut row, 20, moved(section.raw_offset))?;
        put_u32(&mut row, 28, moved(section.line_numbers))?;
        put(&mut row, 36, &section.flags.to_le_bytes())?;
        put(bytes, table + SECTION_HEADER * number, &row)?;
    }
    put(bytes, file + 2, &u16::try_from(plan.sections.len()).ok()?.to_le_bytes())?;
    if old.symbol_table != 0 {
        let symbols = plan.edits.moved(index(old.symbol_table));
        put_u32(bytes, file + 8, symbols)?;
        if let Some(inserted) = plan.inserted.filter(|_| old.symbol_count > 0) {
            let size = 18usize.checked_mul(index(old.symbol_count))?;
            references::renumber_symbols(bytes.get_mut(symbols..symbols.checked_add(size)?)?, inserted);
        }
    }
    let data = |sections: &[super::Section]| -> u64 {
        let data = sections.iter().filter(|s| s.flags & flag::INITIALIZED_DATA != 0);
        data.map(|s| u64::from(s.raw_size)).sum()
    };
    let initialized = u64::from(u32_at(bytes, optional + 8)?);
    let initialized = (initialized + data(&plan.sections)).saturating_sub(data(&old.sections));
    put(bytes, optional + 8, &u32::try_from(initialized).unwrap_or(u32::MAX).to_le_bytes())?;
    let end = plan.sections.last().map(|s| align(u64::from(s.rva) + u64::from(s.span()), old.section_alignment))?;
    put(bytes, optional + 56, &u32::try_from(end).ok()?.to_le_bytes())?;
    put(bytes, optional + 60, &plan.size_of_headers.to_le_bytes())?;
    let directories = index(old.directories);
    let (rva, size) = plan.directory;
    put(bytes, directories + 8 * directory::RESOURCE, &rva.to_le_bytes())?;
    put(bytes, directories + 8 * directory::RESOURCE + 4, &size.to_le_bytes())?;
    if let Some(rva) = plan.relocations {
        put(bytes, directories + 8 * directory::BASE_RELOCATION, &rva.to_le_bytes())?;
    }
    Some(())
}
