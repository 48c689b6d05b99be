//! VERSIONINFO, read and written.
//!
//! Source: Windows SDK, VS_VERSIONINFO, StringFileInfo, VarFileInfo. All its nodes have one form: length, length of the value,
//! whether the value is text, key, value, children; value and children on 32-bit boundaries.

use super::bytes::{slice, u16_at, u32_at, utf16};
use crate::model::FileVersion;

/// VS_FFI_SIGNATURE.
const SIGNATURE: u32 = 0xfeef_04bd;

/// VS_FF_PRERELEASE.
const PRERELEASE: u32 = 2;

/// VS_FFI_FILEFLAGSMASK.
const FLAGS_MASK: u32 = 0x3f;

/// VOS_NT_WINDOWS32.
const NT_WINDOWS: u32 = 0x0004_0004;

/// VFT_APP.
const APPLICATION: u32 = 1;

/// English (United States), in which the strings are filed: what nearly every tool looks for first.
pub const LANGUAGE: u16 = 0x0409;

/// UTF-16.
const CODE_PAGE: u16 = 1200;

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

    /// The bytes of an RT_VERSION resource: one string table, US English in Unicode.
    ///
    /// # Errors
    /// Names the string that holds a NUL, which would end it, or says that all are too long together: lengths have 16 bits.
    pub fn build(&self) -> Result<Vec<u8>, String> {
        if let Some((key, _)) = self.strings.iter().find(|(key, value)| key.contains('\0') || value.contains('\0')) {
            return Err(format!("{} holds a NUL character", key.replace('\0', "\\0")));
        }
        let flags = if self.prerelease { PRERELEASE } else { 0 };
        let [file_high, file_low] = halves(self.file_version);
        let [product_high, product_low] = halves(self.product_version);
        let fixed: Vec<u8> = [
            SIGNATURE,
            0x0001_0000,
            file_high,
            file_low,
            product_high,
            product_low,
            FLAGS_MASK,
            flags,
            NT_WINDOWS,
            APPLICATION,
            0,
            0,
            0,
        ]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect();
        let translation = [LANGUAGE.to_le_bytes(), CODE_PAGE.to_le_bytes()].concat();
        (|| {
            let strings = self.strings.iter().map(|(key, value)| node(key, Value::Text(value), &[]));
            let strings = strings.collect::<Option<Vec<_>>>()?;
            let table = node(&format!("{LANGUAGE:04x}{CODE_PAGE:04x}"), Value::None, &strings)?;
            let texts = node("StringFileInfo", Value::None, &[table])?;
            let variables = node("VarFileInfo", Value::None, &[node("Translation", Value::Bytes(&translation), &[])?])?;
            node("VS_VERSION_INFO", Value::Bytes(&fixed), &[texts, variables])
        })()
        .ok_or_else(|| "the version strings are longer than 32000 characters together".to_owned())
    }

    /// The text of a key such as `ProductName`.
    pub fn string(&self, key: &str) -> Option<&str> {
        self.strings.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }
}

fn halves(version: FileVersion) -> [u32; 2] {
    let [a, b, c, d] = version.0.map(u32::from);
    [a << 16 | b, c << 16 | d]
}

#[derive(Clone, Copy)]
enum Value<'v> {
    None,
    Text(&'v str),
    Bytes(&'v [u8]),
}

/// A node without padding behind it; `None` when it has more than 65535 bytes.
fn node(key: &str, value: Value<'_>, children: &[Vec<u8>]) -> Option<Vec<u8>> {
    let wide = |text: &str| text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    // A node without a value counts as text, as resource compilers have it.
    let (bytes, length, text) = match value {
        Value::None => (Vec::new(), 0, 1u16),
        Value::Text(text) => {
            let bytes = wide(text);
            let units = bytes.len() / 2;
            (bytes, units, 1)
        }
        Value::Bytes(bytes) => (bytes.to_vec(), bytes.len(), 0),
    };
    let mut out = vec![0; 2];
    out.extend(u16::try_from(length).ok()?.to_le_bytes());
    out.extend(text.to_le_bytes());
    out.extend(wide(key));
    for part in std::iter::once(&bytes).filter(|value| !value.is_empty()).chain(children) {
        out.resize(out.len().next_multiple_of(4), 0);
        out.extend(part);
    }
    let length = u16::try_from(out.len()).ok()?;
    out[..2].copy_from_slice(&length.to_le_bytes());
    Some(out)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(strings: &[(&str, &str)]) -> VersionInfo {
        VersionInfo {
            file_version: FileVersion([1, 2, 3, 65535]),
            product_version: FileVersion([4, 5, 6, 7]),
            prerelease: true,
            strings: strings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let long = "é".repeat(1000);
        let info = sample(&[("ProductName", "a\"b\n$(c) `d` %PATH% ]]> 漢字 🦀"), ("Empty", ""), ("Long", &long)]);
        let bytes = info.build().expect("fits");
        assert_eq!(VersionInfo::parse(&bytes), Some(info));
        for length in 0..bytes.len() {
            VersionInfo::parse(&bytes[..length]);
        }
    }

    #[test]
    fn what_can_not_be_said_is_refused() {
        assert!(sample(&[("Comments", "a\0b")]).build().is_err_and(|e| e.contains("Comments")));
        let long = "x".repeat(33_000);
        assert!(sample(&[("Comments", &long)]).build().is_err_and(|e| e.contains("longer")));
    }
}
