//! What depends on the machine in the names of libraries and of their members: cargo's hashes, and folders.
//!
//! A library that cargo builds is `libNAME-HASH.rlib`, its members are `NAME-HASH.….rcgu.o`, and the hash is made of the flags,
//! which hold folders of this machine. Crate `cc` names objects `HASH-FILE.o` after the folder of the source, and llvm-lib keeps the whole path
//! that an object had. An archive keeps long names of members in a member `//` near its beginning.

use std::borrow::Cow;
use std::path::Path;

/// Sixteen hexadecimal digits, behind a hyphen and before nothing of the kind, or at the beginning of a name and before a hyphen.
const DIGITS: usize = 16;

/// Places of the hashes in a text.
fn hashes(text: &[u8]) -> Vec<usize> {
    let is_hex = |b: &u8| b.is_ascii_digit() || (b'a'..=b'f').contains(b);
    let mut found = Vec::new();
    let mut at = 0;
    while at + DIGITS <= text.len() {
        let (before, after) = (at.checked_sub(1).map(|b| text[b]), text.get(at + DIGITS));
        let ends = before == Some(b'-') && after.is_none_or(|b| !b.is_ascii_alphanumeric());
        let begins = before.is_none_or(|b| b"/\n\0".contains(&b)) && after == Some(&b'-');
        if (ends || begins) && text[at..at + DIGITS].iter().all(is_hex) {
            found.push(at);
            at += DIGITS;
        }
        at += 1;
    }
    found
}

/// Moves the last part of every path to its beginning, in a table of names that end with `/` and a line end (GNU) or with a NUL
/// (Microsoft). What is left over is filled with more ends, so that names stay where the archive looks for them.
fn drop_folders(names: &mut [u8]) -> bool {
    let mut changed = false;
    for name in names.split_mut(|b| b"\n\0".contains(b)) {
        let (end, len) = (name.last() == Some(&b'/'), name.len());
        let path = &name[..len - usize::from(end)];
        let Some(slash) = path.iter().rposition(|b| *b == b'/') else { continue };
        name.copy_within(slash + 1.., 0);
        name[len - slash - 1..].fill(if end { b'\n' } else { 0 });
        changed = true;
    }
    changed
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

/// Writes a copy of the archive whose members' names have no folders, and zeros for hashes; `false`, and no copy, when there is none to
/// change, or it is no archive.
///
/// # Errors
/// It can't be read or written.
pub(super) fn even_out(from: &Path, to: &Path) -> std::io::Result<bool> {
    let mut bytes = std::fs::read(from)?;
    let Some(names) = long_names(&bytes) else { return Ok(false) };
    let names = &mut bytes[names];
    let changed = drop_folders(names);
    let places = hashes(names);
    if !changed && places.is_empty() {
        return Ok(false);
    }
    places.iter().for_each(|at| names[*at..at + DIGITS].fill(b'0'));
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
