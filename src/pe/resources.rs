//! The resource directory as a sorted tree, read.

use super::bytes::{index, u16_at, u32_at, utf16};
use super::error::{Error, malformed};
use super::headers::directory;
use super::image::Image;
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

/// Reads the tree; also says how many leaves were there twice.
pub(crate) fn read(image: &Image<'_>) -> Result<(ResourceTree, usize), Error> {
    let mut reader = Reader { image, base: 0, tree: ResourceTree::new(), duplicates: 0, budget: 0 };
    if let Some((rva, _)) = image.headers.directory(image.bytes, directory::RESOURCE) {
        reader.base = rva;
        // Entries of a hostile tree may share what they point to; an honest one is smaller than its file.
        reader.budget = 2 * image.bytes.len();
        reader.types()?;
    }
    Ok((reader.tree, reader.duplicates))
}

struct Reader<'i, 'a> {
    image: &'i Image<'a>,
    base: u32,
    tree: ResourceTree,
    duplicates: usize,
    budget: usize,
}

const LOST: Error = Error::Truncated("resource tree");

/// A directory entry: its name, and the offset it points to, with whether that is another directory.
type Child = (Name, u32, bool);

impl<'a> Reader<'_, 'a> {
    fn types(&mut self) -> Result<(), Error> {
        for (kind, at, deeper) in self.directory(0)? {
            self.expect(deeper, true)?;
            for (name, at, deeper) in self.directory(at)? {
                self.expect(deeper, true)?;
                for (language, at, deeper) in self.directory(at)? {
                    self.expect(deeper, false)?;
                    let Name::Id(language) = language else { return malformed("a resource's language is a text") };
                    let resource = self.leaf(at)?;
                    let key = Key { kind: kind.clone(), name: name.clone(), language };
                    if self.tree.contains_key(&key) {
                        self.duplicates += 1;
                    } else {
                        self.tree.insert(key, resource);
                    }
                }
            }
        }
        Ok(())
    }

    fn expect(&self, deeper: bool, wanted: bool) -> Result<(), Error> {
        if deeper == wanted { Ok(()) } else { malformed("the resource tree is not of the form type, name, language") }
    }

    fn bytes(&self, offset: u32, length: u32) -> Result<&'a [u8], Error> {
        let rva = self.base.checked_add(offset).ok_or(LOST)?;
        self.image.bytes_at(rva, length).ok_or(LOST)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Error> {
        match self.budget.checked_sub(bytes) {
            Some(left) => self.budget = left,
            None => return malformed("the resource tree is larger than the file"),
        }
        Ok(())
    }

    fn directory(&mut self, offset: u32) -> Result<Vec<Child>, Error> {
        let head = self.bytes(offset, 16)?;
        let count = |at| u16_at(head, at).map(u32::from).ok_or(LOST);
        let count = count(12)? + count(14)?;
        self.spend(index(16 + 8 * count))?;
        let entries = self.bytes(offset.checked_add(16).ok_or(LOST)?, 8 * count)?;
        let mut children = Vec::with_capacity(index(count));
        for entry in entries.chunks_exact(8) {
            let (name, child) = (u32_at(entry, 0).ok_or(LOST)?, u32_at(entry, 4).ok_or(LOST)?);
            children.push((self.name(name)?, child & 0x7fff_ffff, child >> 31 == 1));
        }
        Ok(children)
    }

    fn name(&mut self, field: u32) -> Result<Name, Error> {
        if field >> 31 == 0 {
            return match u16::try_from(field) {
                Ok(id) => Ok(Name::Id(id)),
                Err(_) => malformed(format!("resource id {field:#x} is over 65535")),
            };
        }
        let at = field & 0x7fff_ffff;
        let length = u16_at(self.bytes(at, 2)?, 0).ok_or(LOST)?;
        self.spend(2 * usize::from(length))?;
        Ok(Name::Text(utf16(self.bytes(at.checked_add(2).ok_or(LOST)?, 2 * u32::from(length))?)))
    }

    fn leaf(&mut self, offset: u32) -> Result<Resource, Error> {
        let entry = self.bytes(offset, 16)?;
        let field = |at| u32_at(entry, at).ok_or(LOST);
        let (rva, size, code_page) = (field(0)?, field(4)?, field(8)?);
        self.spend(index(size))?;
        let data = if size == 0 { &[][..] } else { self.image.bytes_at(rva, size).ok_or(LOST)? };
        Ok(Resource { code_page, data: data.to_vec() })
    }
}
