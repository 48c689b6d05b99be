//! Sealing: what identifies a build is derived from its content, so that equal builds are equal and different ones differ.

use super::{PART, refused, signed};
use crate::error::Problem;
use crate::pe::{self, Image, SealFields};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

/// IMAGE_FILE_DEBUG_STRIPPED: readers ignore the debug directory when it is set, as GNU strip does.
const DEBUG_STRIPPED: u16 = 0x0200;

/// Sets TimeDateStamp, the GUID of a build id (an RSDS record that names no PDB) and last CheckSum. Where a PDB is named, it
/// holds the same GUID, which therefore stays. All is computed with these fields as zero: sealing a sealed file changes
/// nothing.
///
/// # Errors
/// `signed-exe`, or `exe-layout` when it is no image.
pub fn seal(mut exe: Vec<u8>) -> Result<Vec<u8>, Problem> {
    let image = Image::parse(&exe).map_err(|error| refused(&error))?;
    if image.is_signed() {
        return Err(signed());
    }
    let characteristics = image.characteristics();
    let fields = SealFields::of(&image).map_err(|error| refused(&error))?;
    let lost = || refused(&pe::Error::Truncated("headers"));
    let put = |exe: &mut Vec<u8>, at: usize, value: &[u8]| -> Result<(), Problem> {
        exe.get_mut(at..at + value.len()).ok_or_else(lost)?.copy_from_slice(value);
        Ok(())
    };
    if fields.has_codeview {
        let cleared = characteristics & !DEBUG_STRIPPED;
        put(&mut exe, fields.characteristics, &cleared.to_le_bytes())?;
    }
    put(&mut exe, fields.checksum, &[0; 4])?;
    for at in &fields.time_stamps {
        put(&mut exe, *at, &[0; 4])?;
    }
    for at in &fields.build_ids {
        put(&mut exe, *at, &[0; 16])?;
    }
    let (stamp, guid) = identity(&content_hash(&exe));
    for at in &fields.time_stamps {
        put(&mut exe, *at, &stamp)?;
    }
    for at in &fields.build_ids {
        put(&mut exe, *at, &guid)?;
    }
    let checksum = pe::checksum(&exe, fields.checksum);
    put(&mut exe, fields.checksum, &checksum.to_le_bytes())?;
    // A debug directory that lies over other structures would have damaged them.
    pe::check_layout(&exe).map_err(|faults| refused(&pe::Error::Malformed(list(&faults))))?;
    Ok(exe)
}

fn list(faults: &[pe::LayoutFault]) -> String {
    let texts: Vec<String> = faults.iter().take(3).map(ToString::to_string).collect();
    format!("Windows would not load it: {}", texts.join("; "))
}

/// SHA-256 over the SHA-256 of each mebibyte: hashing is most of the work on a large file, and so all cores share it. The
/// value does not depend on how many there are.
fn content_hash(exe: &[u8]) -> [u8; 32] {
    let parts: Vec<[u8; 32]> = exe.par_chunks(PART).map(|part| Sha256::digest(part).into()).collect();
    Sha256::digest(parts.concat()).into()
}

/// Time stamp and GUID. The stamp is neither 0 nor all ones, which mean "none"; the GUID is marked as random (version 4).
fn identity(hash: &[u8]) -> ([u8; 4], [u8; 16]) {
    let mut stamp = [0; 4];
    let mut guid = [0; 16];
    for (to, from) in stamp.iter_mut().chain(&mut guid).zip(hash) {
        *to = *from;
    }
    if stamp == [0; 4] || stamp == [0xff; 4] {
        stamp = [1, 0, 0, 0];
    }
    // The third field is little-endian: its high byte comes last.
    guid[7] = guid[7] & 0x0f | 0x40;
    guid[8] = guid[8] & 0x3f | 0x80;
    (stamp, guid)
}
