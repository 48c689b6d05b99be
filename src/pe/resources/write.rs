//! Writing the tree: directories level by level, then texts, data entries, data.

use super::{Name, Resource, ResourceTree};
use crate::pe::error::{Error, malformed};

/// A directory's header and one of its entries.
const HEADER: usize = 16;
const ENTRY: usize = 8;
/// IMAGE_RESOURCE_DATA_ENTRY.
const LEAF: usize = 16;
/// Says that an entry's name is a text, or that it leads to another directory.
const HIGH: u32 = 1 << 31;
/// A bound that keeps every offset below [`HIGH`].
const MAX: usize = 1 << 30;

type Languages<'t> = Vec<(u16, &'t Resource)>;
type Names<'t> = Vec<(&'t Name, Languages<'t>)>;

/// The bytes of a resource section that starts at `rva`. They depend on nothing else.
pub(crate) fn write(tree: &ResourceTree, rva: u32) -> Result<Vec<u8>, Error> {
    let types = group(tree);
    let names = types.iter().flat_map(|(_, names)| names);
    let name_count: usize = types.iter().map(|(_, names)| names.len()).sum();
    let directories = (1 + types.len() + name_count) * HEADER + (types.len() + name_count + tree.len()) * ENTRY;
    let texts: usize = types.iter().map(|(kind, _)| text_size(kind)).sum::<usize>()
        + names.clone().map(|(name, _)| text_size(name)).sum::<usize>();
    let leaves = (directories + texts).next_multiple_of(4);
    let data = (leaves + LEAF * tree.len()).next_multiple_of(8);
    let total = tree.values().try_fold(data, |sum, r| sum.checked_add(r.data.len().checked_next_multiple_of(8)?));
    if total.is_none_or(|total| total > MAX) {
        return malformed("resources of more than 1 GiB");
    }

    let mut out = Writer { directories: Vec::with_capacity(data), texts: Vec::new(), texts_at: directories };
    // Where the next directory of the level below will be.
    let mut below = HEADER + ENTRY * types.len();
    out.header(types.iter().map(|(kind, _)| *kind), types.len())?;
    for (kind, names) in &types {
        out.entry(kind, at(below) | HIGH);
        below += HEADER + ENTRY * names.len();
    }
    for (_, names) in &types {
        out.header(names.iter().map(|(name, _)| *name), names.len())?;
        for (name, languages) in names {
            out.entry(name, at(below) | HIGH);
            below += HEADER + ENTRY * languages.len();
        }
    }
    let mut leaf = leaves;
    for (_, languages) in names.clone() {
        out.header(std::iter::empty(), languages.len())?;
        for (language, _) in languages {
            out.entry(&Name::Id(*language), at(leaf));
            leaf += LEAF;
        }
    }
    let Writer { mut directories, texts, .. } = out;
    directories.extend(texts);
    directories.resize(leaves, 0);
    let mut next = data;
    for (_, resource) in names.clone().flat_map(|(_, languages)| languages) {
        for field in [rva.wrapping_add(at(next)), at(resource.data.len()), resource.code_page, 0] {
            directories.extend(field.to_le_bytes());
        }
        next += resource.data.len().next_multiple_of(8);
    }
    directories.resize(data, 0);
    for (_, resource) in names.flat_map(|(_, languages)| languages) {
        directories.extend(&resource.data);
        directories.resize(directories.len().next_multiple_of(8), 0);
    }
    Ok(directories)
}

/// An offset below [`MAX`].
fn at(offset: usize) -> u32 {
    offset as u32
}

fn group(tree: &ResourceTree) -> Vec<(&Name, Names<'_>)> {
    let mut types: Vec<(&Name, Names<'_>)> = Vec::new();
    for (key, resource) in tree {
        if types.last().is_none_or(|(kind, _)| **kind != key.kind) {
            types.push((&key.kind, Vec::new()));
        }
        let Some((_, names)) = types.last_mut() else { continue };
        if names.last().is_none_or(|(name, _)| **name != key.name) {
            names.push((&key.name, Vec::new()));
        }
        if let Some((_, languages)) = names.last_mut() {
            languages.push((key.language, resource));
        }
    }
    types
}

/// Length and code units.
fn text_size(name: &Name) -> usize {
    match name {
        Name::Text(units) => 2 + 2 * units.len(),
        Name::Id(_) => 0,
    }
}

struct Writer {
    directories: Vec<u8>,
    texts: Vec<u8>,
    /// Offset at which the texts will start.
    texts_at: usize,
}

impl Writer {
    /// A directory's header. Time stamp and version stay 0.
    fn header<'n>(&mut self, names: impl Iterator<Item = &'n Name>, count: usize) -> Result<(), Error> {
        let texts = names.filter(|name| matches!(name, Name::Text(_))).count();
        let (Ok(texts), Ok(ids)) = (u16::try_from(texts), u16::try_from(count - texts)) else {
            return malformed(format!("{count} resources of one kind"));
        };
        self.directories.extend([0; 12]);
        self.directories.extend(texts.to_le_bytes());
        self.directories.extend(ids.to_le_bytes());
        Ok(())
    }

    fn entry(&mut self, name: &Name, target: u32) {
        let name = match name {
            Name::Id(id) => u32::from(*id),
            Name::Text(units) => {
                let offset = at(self.texts_at + self.texts.len());
                // Names come from a tree whose lengths are 16-bit.
                self.texts.extend((units.len() as u16).to_le_bytes());
                self.texts.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
                offset | HIGH
            }
        };
        self.directories.extend(name.to_le_bytes());
        self.directories.extend(target.to_le_bytes());
    }
}
