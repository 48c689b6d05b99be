//! Where an image keeps what identifies a build.

use super::bytes::index;
use super::checksum;
use super::debug;
use super::error::Error;
use super::image::Image;

/// File offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealFields {
    /// Characteristics of the COFF header (16 bits).
    pub characteristics: usize,
    /// CheckSum (32 bits).
    pub checksum: usize,
    /// TimeDateStamp of the COFF header and of each line of the debug directory (32 bits).
    pub time_stamps: Vec<usize>,
    /// GUIDs of RSDS records that name no PDB (16 bytes).
    pub build_ids: Vec<usize>,
    /// There is an RSDS record of either kind.
    pub has_codeview: bool,
}

impl SealFields {
    /// Finds them.
    ///
    /// # Errors
    /// When the debug directory can't be read.
    pub fn of(image: &Image<'_>) -> Result<Self, Error> {
        let headers = &image.headers;
        let mut fields = SealFields {
            characteristics: index(headers.file) + 18,
            checksum: index(headers.optional) + checksum::FIELD,
            time_stamps: vec![index(headers.file) + 4],
            build_ids: Vec::new(),
            has_codeview: false,
        };
        for entry in debug::entries(image)? {
            fields.time_stamps.push(index(entry.at) + 4);
            if let Some(id) = debug::rsds(image, &entry) {
                fields.has_codeview = true;
                if id.pdb_name.is_empty() {
                    fields.build_ids.push(index(entry.offset) + 4);
                }
            }
        }
        Ok(fields)
    }
}
