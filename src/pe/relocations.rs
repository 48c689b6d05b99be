//! Base relocations.

use super::bytes::{index, slice, u16_at, u32_at, u64_at};
use super::error::{Error, malformed};
use super::headers::directory;
use super::image::Image;

/// IMAGE_REL_BASED_ABSOLUTE: padding.
const ABSOLUTE: u16 = 0;
/// IMAGE_REL_BASED_HIGHLOW: a 32-bit address.
const HIGHLOW: u16 = 3;
/// IMAGE_REL_BASED_DIR64: a 64-bit address.
const DIR64: u16 = 10;

/// A place that the loader adjusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// Where.
    pub(crate) rva: u32,
    /// The RVA that the address there means; `None` when it is no plain address of this image.
    pub(crate) target: Option<u32>,
}

/// All sites.
pub(crate) fn sites(image: &Image<'_>) -> Result<Vec<Site>, Error> {
    let Some((rva, size)) = image.headers.directory(image.bytes, directory::BASE_RELOCATION) else {
        return Ok(Vec::new());
    };
    let table = image.bytes_at(rva, size).ok_or(Error::Truncated("base relocations"))?;
    let mut sites = Vec::new();
    let mut at = 0;
    while at + 8 <= table.len() {
        let (page, length) = (field(table, at)?, index(field(table, at + 4)?));
        if page == 0 && length == 0 {
            // Some linkers round the directory's size up.
            break;
        }
        let block = slice(table, at, length).filter(|block| block.len() >= 8 && block.len() % 2 == 0);
        let Some(block) = block else {
            return malformed(format!("the base relocations of page {page:#x} have an impossible size of {length}"));
        };
        if page >= image.headers.size_of_image {
            return malformed(format!("base relocations of page {page:#x}, which is outside the image"));
        }
        for number in 4..block.len() / 2 {
            let entry = u16_at(block, 2 * number).unwrap_or(0);
            if entry >> 12 != ABSOLUTE {
                let rva = page.saturating_add(u32::from(entry & 0xfff));
                sites.push(Site { rva, target: target(image, rva, entry >> 12) });
            }
        }
        at += length;
    }
    Ok(sites)
}

fn field(table: &[u8], at: usize) -> Result<u32, Error> {
    u32_at(table, at).ok_or(Error::Truncated("base relocations"))
}

fn target(image: &Image<'_>, rva: u32, kind: u16) -> Option<u32> {
    let size = match kind {
        HIGHLOW => 4,
        DIR64 => 8,
        _ => return None,
    };
    let bytes = image.bytes_at(rva, size)?;
    let address = if size == 4 { u64::from(u32_at(bytes, 0)?) } else { u64_at(bytes, 0)? };
    u32::try_from(address.checked_sub(image.headers.image_base)?).ok()
}
