//! PE images: a reader that takes any input, the resource tree and its builders, CheckSum, the debug directory, and the
//! rules by which the Windows loader accepts a file.
//!
//! Source of names and layouts: Microsoft, "PE Format"; "Resource types" of the Windows SDK. A leaf: no IO.

mod bytes;
mod checksum;
mod debug;
mod error;
mod headers;
mod image;
mod imports;
mod layout;
mod pdb;
mod relocations;
mod resources;
mod rewrite;
mod seal;
mod version;

pub use checksum::checksum;
pub use debug::DebugId;
#[cfg(test)]
pub(crate) use debug::sample as sample_exe;
pub use error::Error;
pub use headers::Section;
pub use image::Image;
pub use imports::Import;
pub use layout::{LayoutFault, check_layout};
pub use pdb::PdbId;
#[cfg(test)]
pub(crate) use pdb::sample as sample_pdb;
pub use resources::{
    DEFAULT_MANIFEST, Icon, IconError, IconImage, Key, Name, Resource, ResourceTree, group_members, kind,
    message_table, read as read_resources,
};
pub(crate) use rewrite::replace_resources;
pub use seal::SealFields;
pub use version::{LANGUAGE, VersionInfo};
