//! Icons: the .ico file format and the resources made of it.
//!
//! Source: Windows SDK, "Icons" (ICONDIR, ICONDIRENTRY) and "Resource types" (GRPICONDIR): the two directories differ in
//! their last field only, a file offset there, the id of an RT_ICON here.

use crate::pe::bytes::{index, slice, u16_at, u32_at};
use std::fmt;

/// ICONDIR and ICONDIRENTRY; GRPICONDIRENTRY is two bytes shorter than the latter.
const HEADER: usize = 6;
const FILE_ENTRY: usize = 16;
const GROUP_ENTRY: usize = 14;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// An icon with all its sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Icon {
    /// In file order.
    pub images: Vec<IconImage>,
}

/// One size of an icon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IconImage {
    /// Width, height, colours (0 means 256), a zero, planes and bits per pixel: what file and resource have in common.
    pub shape: [u8; 8],
    /// A bitmap (BITMAPINFOHEADER, pixels, mask) or a PNG file.
    pub bits: Vec<u8>,
}

/// Why bytes are no icon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IconError {
    /// The file is of another, known format, such as `a PNG image`.
    Other(&'static str),
    /// Neither an icon nor anything known.
    Unknown,
    /// It ends before the numbered image (from 1) does, or before its directory does.
    Truncated(Option<usize>),
    /// It has no image.
    Empty,
    /// The numbered image (from 1) is neither a bitmap nor a PNG.
    Image(usize),
}

impl fmt::Display for IconError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IconError::Other(format) => write!(f, "it is {format}, not an .ico file"),
            IconError::Unknown => f.write_str("it is not an .ico file"),
            IconError::Truncated(None) => f.write_str("it is truncated: its directory of images is incomplete"),
            IconError::Truncated(Some(number)) => write!(f, "it is truncated: image {number} lies outside the file"),
            IconError::Empty => f.write_str("it holds no image"),
            IconError::Image(number) => write!(f, "its image {number} is neither a bitmap nor a PNG"),
        }
    }
}

impl std::error::Error for IconError {}

impl Icon {
    /// Reads an .ico file.
    ///
    /// # Errors
    /// Says what the bytes are instead, or what is missing.
    pub fn parse(file: &[u8]) -> Result<Self, IconError> {
        for (start, format) in [
            (PNG, "a PNG image"),
            (b"\xff\xd8\xff", "a JPEG image"),
            (b"GIF8", "a GIF image"),
            (b"BM", "a BMP image"),
            (b"RIFF", "a RIFF file (WebP or an animated cursor)"),
            (b"\0\0\x02\0", "a cursor"),
            (b"icns", "an Apple icon"),
            (b"<svg", "an SVG image"),
            (b"<?xml", "an XML file (SVG?)"),
        ] {
            if file.starts_with(start) {
                return Err(IconError::Other(format));
            }
        }
        if !file.starts_with(&[0, 0, 1, 0]) {
            return Err(IconError::Unknown);
        }
        let count = usize::from(u16_at(file, 4).ok_or(IconError::Truncated(None))?);
        if count == 0 {
            return Err(IconError::Empty);
        }
        (0..count).map(|number| image(file, number)).collect::<Result<_, _>>().map(|images| Icon { images })
    }

    /// The RT_GROUP_ICON of this icon, whose images have the given RT_ICON ids.
    pub fn group(&self, ids: &[u16]) -> Vec<u8> {
        let mut out = vec![0, 0, 1, 0];
        // At most 65535 by the file format.
        out.extend((self.images.len() as u16).to_le_bytes());
        for (image, id) in self.images.iter().zip(ids) {
            out.extend(image.shape);
            out.extend((image.bits.len() as u32).to_le_bytes());
            out.extend(id.to_le_bytes());
        }
        out
    }
}

fn image(file: &[u8], number: usize) -> Result<IconImage, IconError> {
    let entry = slice(file, HEADER + FILE_ENTRY * number, FILE_ENTRY).ok_or(IconError::Truncated(None))?;
    let cut = IconError::Truncated(Some(number + 1));
    let (size, offset) = (u32_at(entry, 8).ok_or(cut.clone())?, u32_at(entry, 12).ok_or(cut.clone())?);
    let bits = slice(file, index(offset), index(size)).ok_or(cut)?;
    let mut shape: [u8; 8] = entry.get(..8).and_then(|s| s.try_into().ok()).ok_or(IconError::Truncated(None))?;
    // Many tools leave planes and bits per pixel empty in the file; Windows chooses among a group's images by them.
    let (planes, depth) = if bits.starts_with(PNG) {
        (1, 32)
    } else if u32_at(bits, 0) == Some(40) && bits.len() >= 40 {
        (u16_at(bits, 12).unwrap_or(1), u16_at(bits, 14).unwrap_or(32))
    } else {
        return Err(IconError::Image(number + 1));
    };
    for (field, value) in [(4, planes), (6, depth)] {
        if shape[field..field + 2] == [0, 0] {
            shape[field..field + 2].copy_from_slice(&value.to_le_bytes());
        }
    }
    Ok(IconImage { shape, bits: bits.to_vec() })
}

/// The RT_ICON ids that the bytes of an RT_GROUP_ICON name.
pub fn group_members(group: &[u8]) -> impl Iterator<Item = u16> {
    let entries = group.get(HEADER..).unwrap_or(&[]).chunks_exact(GROUP_ENTRY);
    entries.filter_map(|entry| u16_at(entry, GROUP_ENTRY - 2))
}
