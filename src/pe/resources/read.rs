//! Reading the tree from any image.

use super::{Key, Name, Resource, ResourceTree};
use crate::pe::bytes::{index, u16_at, u32_at, utf16};
use crate::pe::error::{Error, malformed};
use crate::pe::headers::directory;
use crate::pe::image::Image;
use std::collections::btree_map::Entry;

/// Reads the tree; also says how many leaves were there twice, which happens to GNU ld.
///
/// # Errors
/// See [`Image::resources`].
pub fn read(image: &Image<'_>) -> Result<(ResourceTree, usize), Error> {
    let mut reader = Reader::new(image, true);
    reader.types()?;
    Ok((reader.tree, reader.duplicates))
}

/// Whether [`read`] would succeed.
pub(crate) fn check(image: &Image<'_>) -> Result<(), Error> {
    Reader::new(image, false).types()
}

struct Reader<'i, 'a> {
    image: &'i Image<'a>,
    /// Where the tree is.
    base: Option<u32>,
    /// Resources are wanted, rather than only looked at.
    keep: bool,
    tree: ResourceTree,
    duplicates: usize,
    /// Entries of a hostile tree may share what they point to; an honest one is smaller than its file.
    budget: usize,
}

const LOST: Error = Error::Truncated("resource tree");

/// A directory entry: its name, and the offset it points to, with whether that is another directory.
type Child = (Name, u32, bool);

impl<'i, 'a> Reader<'i, 'a> {
    fn new(image: &'i Image<'a>, keep: bool) -> Self {
        let base = image.headers.directory(image.bytes, directory::RESOURCE).map(|(rva, _)| rva);
        Reader { image, base, keep, tree: ResourceTree::new(), duplicates: 0, budget: 2 * image.bytes.len() }
    }

    fn types(&mut self) -> Result<(), Error> {
        if self.base.is_none() {
            return Ok(());
        }
        for (kind, at, deeper) in self.directory(0)? {
            self.expect(deeper, true)?;
            for (name, at, deeper) in self.directory(at)? {
                self.expect(deeper, true)?;
                for (language, at, deeper) in self.directory(at)? {
                    self.expect(deeper, false)?;
                    let Name::Id(language) = language else { return malformed("a resource's language is a text") };
                    let resource = self.leaf(at)?;
                    if !self.keep {
                        continue;
                    }
                    let key = Key { kind: kind.clone(), name: name.clone(), language };
                    match self.tree.entry(key) {
                        Entry::Occupied(_) => self.duplicates += 1,
                        Entry::Vacant(place) => {
                            place.insert(resource);
                        }
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
        let rva = self.base.and_then(|base| base.checked_add(offset)).ok_or(LOST)?;
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
        Ok(Resource { code_page, data: if self.keep { data.to_vec() } else { Vec::new() } })
    }
}
