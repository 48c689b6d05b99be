//! Cargo's hashes in the names of libraries and of their members.
//!
//! A library that cargo builds is `libNAME-HASH.rlib`, its members are `NAME-HASH.….rcgu.o`, and the hash is made of the flags,
//! which hold folders of this machine. An archive keeps long names of members in a member `//` near its beginning.

use std::borrow::Cow;
use std::path::Path;

/// Sixteen hexadecimal digits behind a hyphen, and neither before a further one.
const DIGITS: usize = 16;

/// Places of the hashes in a text.
fn hashes(text: &[u8]) -> Vec<usize> {
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let mut found = Vec::new();
    let mut at = 0;
    while at + DIGITS < text.len() {
        let digits = &text[at + 1..=at + DIGITS];
        let ends = text.get(at + DIGITS + 1).is_none_or(|b| !b.is_ascii_alphanumeric());
        if text[at] == b'-' && digits.iter().all(|b| is_hex(*b)) && ends {
            found.push(at + 1);
            at += DIGITS;
        }
        at += 1;
    }
    found
}

/// A file's name with zeros for the hash.
pub(super) fn even_name(name: &str) -> Cow<'_, str> {
    let places = hashes(name.as_bytes());
    if places.is_empty() {
        return name.into();
    }
    let mut new = name.to_owned();
    places.iter().for_each(|at| new.replace_range(*at..at + DIGITS, &"0".repeat(DIGITS)));
    new.into()
}

/// Writes a copy of the archive whose members' names have zeros for hashes; `false`, and no copy, when there is none to change.
///
/// # Errors
/// It can't be read or written.
pub(super) fn even_out(from: &Path, to: &Path) -> std::io::Result<bool> {
    let mut bytes = std::fs::read(from)?;
    let Some(names) = long_names(&bytes) else { return Ok(false) };
    let places = hashes(&bytes[names.clone()]);
    if places.is_empty() {
        return Ok(false);
    }
    places.iter().for_each(|at| bytes[names.start + at..names.start + at + DIGITS].fill(b'0'));
    std::fs::write(to, bytes)?;
    Ok(true)
}

/// Where the table of long names stands (System V and GNU format: `ar` headers of 60 bytes, sizes in decimal at 48).
fn long_names(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let mut at = bytes.starts_with(b"!<arch>\n").then_some(8)?;
    // Before it are at most the two symbol tables.
    for _ in 0..4 {
        let header = bytes.get(at..at + 60)?;
        let size: usize = std::str::from_utf8(&header[48..58]).ok()?.trim().parse().ok()?;
        let data = at + 60..at + 60 + size;
        if header.starts_with(b"// ") {
            return (data.end <= bytes.len()).then_some(data);
        }
        at = data.end.next_multiple_of(2);
    }
    None
}
