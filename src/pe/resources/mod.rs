//! The resource directory as a sorted tree, and what is in it.

mod icon;
mod manifest;
mod messages;
mod read;
mod write;

pub use icon::{Icon, IconError, IconImage, group_members};
pub use manifest::DEFAULT_MANIFEST;
pub use messages::message_table;
pub(crate) use read::check;
pub use read::read;
pub(crate) use write::write;

use std::collections::BTreeMap;
use std::fmt;

/// Resource types (RT_*).
pub mod kind {
    /// One image of an icon.
    pub const ICON: u16 = 3;
    /// A message table.
    pub const MESSAGE_TABLE: u16 = 11;
    /// The directory of an icon's images.
    pub const GROUP_ICON: u16 = 14;
    /// VERSIONINFO.
    pub const VERSION: u16 = 16;
    /// An application manifest.
    pub const MANIFEST: u16 = 24;
}

/// A type or name in the tree. Texts come before numbers, texts by UTF-16 code unit: the order that Windows' binary search
/// expects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// UTF-16 code units; may be ill-formed.
    Text(Vec<u16>),
    /// A number.
    Id(u16),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Text(text) => write!(f, "{:?}", String::from_utf16_lossy(text)),
            Name::Id(id) => write!(f, "{id}"),
        }
    }
}

/// Where a resource hangs in the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its type: see [`kind`].
    pub kind: Name,
    /// Its name.
    pub name: Name,
    /// Its language (LANGID).
    pub language: u16,
}

impl Key {
    /// A key made of numbers.
    pub fn new(kind: u16, name: u16, language: u16) -> Self {
        Key { kind: Name::Id(kind), name: Name::Id(name), language }
    }

    /// Whether type and name are these numbers.
    pub fn is(&self, kind: u16, name: u16) -> bool {
        self.is_kind(kind) && self.name == Name::Id(name)
    }

    /// Whether the type is this number.
    pub fn is_kind(&self, kind: u16) -> bool {
        self.kind == Name::Id(kind)
    }
}

/// A leaf of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Resource {
    /// Code page field; 0 almost always.
    pub code_page: u32,
    /// The bytes.
    pub data: Vec<u8>,
}

/// All resources of an image, in the order of the file format.
pub type ResourceTree = BTreeMap<Key, Resource>;
