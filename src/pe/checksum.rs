//! CheckSum of the optional header.

use super::bytes::index;

/// What CheckSum has to be for `bytes`, whose CheckSum field lies at file offset `field` (even): the 16-bit little-endian
/// words added with end-around carry, the field itself counting as zero, plus the file's length
/// (as `CheckSumMappedFile` of imagehlp.dll computes it).
pub fn checksum(bytes: &[u8], field: usize) -> u32 {
    let field = field.min(bytes.len());
    let (before, rest) = bytes.split_at(field);
    let after = rest.get(4..).unwrap_or(&[]);
    let mut sum = sum(before) + sum(after);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    (sum as u32).wrapping_add(length)
}

/// Sum of 64-bit words. 2^16 is 1 modulo 65535, so that it folds to the same number as the sum of 16-bit words.
fn sum(bytes: &[u8]) -> u128 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut total = 0;
    for word in words {
        total += u128::from(u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    total + u128::from(u64::from_le_bytes(last))
}

/// Offset of CheckSum from the start of the optional header, in both its forms.
pub(crate) const FIELD: usize = 64;

/// The checksum of an image whose optional header starts at `optional`.
pub(crate) fn of_image(bytes: &[u8], optional: u32) -> u32 {
    checksum(bytes, index(optional) + FIELD)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the definition, word by word.
    fn slow(bytes: &[u8], field: usize) -> u32 {
        let mut bytes = bytes.to_vec();
        let length = bytes.len();
        bytes[field..field + 4].fill(0);
        bytes.resize(length.next_multiple_of(2), 0);
        let mut sum = 0u32;
        for word in bytes.chunks(2) {
            sum += u32::from(u16::from_le_bytes([word[0], word[1]]));
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum + length as u32
    }

    #[test]
    fn the_fast_sum_is_the_defined_one() {
        let mut state = 1u32;
        let mut bytes: Vec<u8> = Vec::new();
        for length in 0..400 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            bytes.push((state >> 24) as u8);
            for field in (0..length.max(4) - 3).step_by(2).filter(|f| f + 4 <= bytes.len()) {
                assert_eq!(checksum(&bytes, field), slow(&bytes, field), "{length} bytes, field at {field}");
            }
        }
        assert_eq!(checksum(&[0xff; 4096], 88), slow(&[0xff; 4096], 88));
    }
}
