//! What ties an executable to its debug file: the name and CRC-32 in `.gnu_debuglink`, and the id (GUID and age) of the RSDS
//! record that `--build-id` put into `.buildid` of both. (GDB manual, "Debugging Information in Separate Files".)

use crate::pe::{Image, SealFields, checksum};
use anyhow::{Context, ensure};
use sha2::{Digest, Sha256};
use std::ops::Range;
use std::path::Path;

/// What a debug file and its executable have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// CRC-32 (IEEE) of the debug file, as it stands in the executable.
    pub crc32: u32,
    /// GUID in upper-case hexadecimal followed by the age, when the executable has an id.
    pub debug_id: Option<String>,
}

/// Gives the debug file the id and time stamp of the sealed executable, and the executable the checksum of that debug file.
/// CheckSum of the executable's header is renewed. Doing it twice changes nothing.
///
/// # Errors
/// One of them is no PE image, or the executable has no `.gnu_debuglink`.
pub fn bind(exe: &mut [u8], debug: &mut [u8]) -> anyhow::Result<Bound> {
    let image = Image::parse(exe).context("the executable is no PE image")?;
    let id = image.debug_id();
    let stamp = image.time_date_stamp();
    let crc_at = crc_field(&image).context("the executable has no .gnu_debuglink")?;
    if let (Some(id), Some(at)) = (&id, id_field(debug)?) {
        debug[at.start..at.start + 16].copy_from_slice(&id.guid);
        debug[at.start + 16..at.end].copy_from_slice(&id.age.to_le_bytes());
    }
    set_time(debug, stamp)?;
    seal(debug)?;
    let crc32 = crc32fast::hash(debug);
    exe[crc_at].copy_from_slice(&crc32.to_le_bytes());
    seal(exe)?;
    Ok(Bound { crc32, debug_id: id.map(|id| id.text()) })
}

/// A stripped executable without a debug file: the linker's id and objcopy's time give way to constants of the content.
pub(super) fn normalise(exe: &Path) -> anyhow::Result<()> {
    rewrite(exe, |bytes| {
        clear(bytes)?;
        let id = digest(&[bytes]);
        give(bytes, id)?;
        seal(bytes)
    })
}

/// A stripped executable and its debug file, fresh from objcopy: one id for both, made from both their contents, because the
/// linker's covers what was stripped since (and what names this machine).
pub(super) fn tie(exe: &Path, debug: &Path) -> anyhow::Result<()> {
    rewrite(debug, |debug| {
        rewrite(exe, |exe| {
            clear(exe)?;
            clear(debug)?;
            let id = digest(&[exe, debug]);
            give(exe, id)?;
            bind(exe, debug).map(|_| ())
        })
    })
}

fn rewrite(path: &Path, change: impl FnOnce(&mut Vec<u8>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut bytes = std::fs::read(path).with_context(|| format!("can't read `{}`", path.display()))?;
    change(&mut bytes).with_context(|| format!("in `{}`", path.display()))?;
    std::fs::write(path, bytes).with_context(|| format!("can't write `{}`", path.display()))
}

/// Zeroes what tells the time or was made from what is gone: stamps, id and the name beside it, CRC, CheckSum.
fn clear(bytes: &mut [u8]) -> anyhow::Result<()> {
    set_time(bytes, 0)?;
    if let Some(at) = id_field(bytes)? {
        bytes[at.start..at.start + 16].fill(0);
        // zig's linker names a PDB that it does not write, after cargo's hash of the flags.
        let name = bytes[at.end..].iter().take_while(|b| **b != 0).count();
        bytes[at.end..at.end + name].fill(0);
    }
    let image = Image::parse(bytes)?;
    // Each line of the debug directory has the time too. A debug file may have lost the directory.
    let times = SealFields::of(&image).map(|fields| fields.time_stamps).unwrap_or_default();
    for at in times {
        bytes[at..at + 4].fill(0);
    }
    let image = Image::parse(bytes)?;
    if let Some(at) = crc_field(&image) {
        bytes[at].fill(0);
    }
    let at = checksum_field(bytes)?;
    bytes[at].fill(0);
    Ok(())
}

/// Writes an id made from a digest.
fn give(bytes: &mut [u8], digest: [u8; 32]) -> anyhow::Result<()> {
    if let Some(at) = id_field(bytes)? {
        bytes[at.start..at.start + 16].copy_from_slice(&digest[..16]);
    }
    Ok(())
}

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Where GUID and age stand: in the RSDS record of `.buildid`. The debug directory's file offset is not asked, because
/// `--only-keep-debug` moves sections without telling it in some versions.
fn id_field(bytes: &[u8]) -> anyhow::Result<Option<Range<usize>>> {
    let image = Image::parse(bytes)?;
    let Some(section) = image.sections().iter().find(|s| s.name == ".buildid") else { return Ok(None) };
    let Some(data) = image.section_data(section) else { return Ok(None) };
    let Some(record) = data.windows(4).position(|w| w == b"RSDS") else { return Ok(None) };
    ensure!(data.len() >= record + 24, "the record in .buildid is cut off");
    let start = usize::try_from(section.raw_offset)? + record + 4;
    Ok(Some(start..start + 20))
}

/// Where the CRC stands: the last four bytes of name, padding and CRC.
fn crc_field(image: &Image<'_>) -> Option<Range<usize>> {
    let section = image.sections().iter().find(|s| s.name == ".gnu_debuglink")?;
    let data = image.section_data(section)?;
    let name = data.iter().position(|b| *b == 0)?;
    let at = (name + 1).next_multiple_of(4);
    let start = usize::try_from(section.raw_offset).ok()? + at;
    data.get(at..at + 4).map(|_| start..start + 4)
}

/// Offset of the COFF header: behind the four bytes `PE\0\0`, which the DOS header's last field points to.
fn coff(bytes: &[u8]) -> anyhow::Result<usize> {
    let field = bytes.get(0x3c..0x40).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    let at = usize::try_from(field.context("no DOS header")?)? + 4;
    ensure!(bytes.len() >= at + 20 + 68, "the headers are cut off");
    Ok(at)
}

fn set_time(bytes: &mut [u8], stamp: u32) -> anyhow::Result<()> {
    let at = coff(bytes)? + 4;
    bytes[at..at + 4].copy_from_slice(&stamp.to_le_bytes());
    Ok(())
}

fn checksum_field(bytes: &[u8]) -> anyhow::Result<Range<usize>> {
    let at = coff(bytes)? + 20 + 64;
    Ok(at..at + 4)
}

/// Writes CheckSum.
fn seal(bytes: &mut [u8]) -> anyhow::Result<()> {
    let at = checksum_field(bytes)?;
    let sum = checksum(bytes, at.start);
    bytes[at].copy_from_slice(&sum.to_le_bytes());
    Ok(())
}
