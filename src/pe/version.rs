//! VERSIONINFO, read.

use super::bytes::{slice, u16_at, u32_at, utf16};
use crate::model::FileVersion;

/// VS_FFI_SIGNATURE.
const SIGNATURE: u32 = 0xfeef_04bd;

/// VS_FF_PRERELEASE.
const PRERELEASE: u32 = 2;

/// What a VERSIONINFO says.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct VersionInfo {
    /// dwFileVersionMS/LS.
    pub file_version: FileVersion,
    /// dwProductVersionMS/LS.
    pub product_version: FileVersion,
    /// VS_FF_PRERELEASE is set (and valid by the mask).
    pub prerelease: bool,
    /// Key and text of the first string table, in file order.
    pub strings: Vec<(String, String)>,
}

impl VersionInfo {
    /// Reads the bytes of an RT_VERSION resource; `None` when they are not one. Strings that cannot be read end the list.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let root = Node::parse(data)?;
        let fixed = root.value;
        if root.key != "VS_VERSION_INFO" || u32_at(fixed, 0)? != SIGNATURE {
            return None;
        }
        let version = |at: usize| {
            let (high, low) = (u32_at(fixed, at)?, u32_at(fixed, at + 4)?);
            Some(FileVersion([(high >> 16) as u16, high as u16, (low >> 16) as u16, low as u16]))
        };
        let strings = root.children().find(|node| node.key == "StringFileInfo");
        let table = strings.as_ref().and_then(|node| node.children().next());
        Some(VersionInfo {
            file_version: version(8)?,
            product_version: version(16)?,
            prerelease: u32_at(fixed, 24)? & u32_at(fixed, 28)? & PRERELEASE != 0,
            strings: table.map_or_else(Vec::new, |node| node.children().map(|s| (s.key.clone(), s.text())).collect()),
        })
    }

    /// The text of a key such as `ProductName`.
    pub fn string(&self, key: &str) -> Option<&str> {
        self.strings.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }
}

/// wLength, wValueLength, wType, szKey, padding, value, padding, children.
struct Node<'a> {
    length: usize,
    key: String,
    value: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Node<'a> {
    /// Reads the node at the start of `data`, which lies on a 32-bit boundary.
    fn parse(data: &'a [u8]) -> Option<Self> {
        let length = usize::from(u16_at(data, 0)?);
        let whole = slice(data, 0, length)?;
        let units = usize::from(u16_at(whole, 2)?);
        // Only text is counted in code units, and not all tools count so: a value never leaves its node.
        let size = if u16_at(whole, 4)? == 1 { 2 * units } else { units };
        let name = whole.get(6..)?;
        let end = name.chunks_exact(2).position(|pair| pair == [0, 0])?;
        let key = String::from_utf16_lossy(&utf16(name.get(..2 * end)?));
        let start = (6 + 2 * end + 2).next_multiple_of(4).min(length);
        let value = slice(whole, start, size.min(length - start))?;
        let after = (start + value.len()).next_multiple_of(4).min(length);
        Some(Node { length, key, value, rest: whole.get(after..)? })
    }

    fn children(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let mut rest = self.rest;
        std::iter::from_fn(move || {
            let node = Node::parse(rest)?;
            // A length of 0 would never end.
            rest = rest.get(node.length.max(6).next_multiple_of(4)..).unwrap_or(&[]);
            Some(node)
        })
    }

    fn text(&self) -> String {
        let units = utf16(self.value);
        let end = units.iter().position(|unit| *unit == 0).unwrap_or(units.len());
        String::from_utf16_lossy(&units[..end])
    }
}
