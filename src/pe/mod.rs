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
mod resources;
mod version;

pub use checksum::checksum;
pub use debug::DebugId;
pub use error::Error;
pub use headers::Section;
pub use image::Image;
pub use imports::Import;
pub use resources::{Key, Name, Resource, ResourceTree, kind};
pub use version::VersionInfo;
