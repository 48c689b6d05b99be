//! Puts the resources into a finished executable, then seals it. docs/stamping.md tells why and how.
//!
//! What the executable already has wins, unless [`Resources::override_existing`]; the notes say what was kept.

mod merge;
mod resources;
mod seal;

pub use resources::Resources;
pub use seal::seal;

use crate::error::Problem;
use crate::pe::{self, Image, Key, LANGUAGE, Resource, ResourceTree, VersionInfo, kind};
use crate::platform;
use rayon::prelude::*;
use std::fs::File;
use std::io;
use std::path::Path;

/// A finished executable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// The file.
    pub bytes: Vec<u8>,
    /// What the user should know, such as `kept the crate's own icon`; one sentence each, without the file's name.
    pub notes: Vec<String>,
}

/// Reads an executable with all cores. Most of the time that reading into fresh memory takes goes into the pages, which the
/// system hands out and clears one by one.
///
/// # Errors
/// The file system's; `UnexpectedEof` when the file shrinks meanwhile.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let length = usize::try_from(file.metadata()?.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut bytes = vec![0; length];
    let parts = bytes.par_chunks_mut(PART).enumerate();
    parts.try_for_each(|(number, part)| platform::read_exact_at(&file, part, (number * PART) as u64))?;
    Ok(bytes)
}

/// What one core reads or hashes at a time. It is part of what [`seal()`] derives from the content.
const PART: usize = 1 << 20;

/// Merges the resources into an executable and [seals](seal()) it. The same input gives the same output, and stamping a
/// stamped file with the same resources changes nothing.
///
/// # Errors
/// `signed-exe`, `exe-layout` (nothing that the supported linkers make), or what [`Resources::check`] finds.
pub fn run(exe: Vec<u8>, resources: &Resources) -> Result<Stamped, Problem> {
    let image = Image::parse(&exe).map_err(|error| refused(&error))?;
    if image.is_signed() {
        return Err(signed());
    }
    let (tree, duplicates) = pe::read_resources(&image).map_err(|error| refused(&error))?;
    let mut notes = Vec::new();
    if duplicates > 0 {
        notes.push(format!("{duplicates} resources were in it twice; kept the first of each, which Windows finds"));
    }
    let ours = tree_of(resources)?;
    let merged = merge::merge(tree.clone(), &ours, resources, &mut notes)?;
    let bytes = if merged == tree && duplicates == 0 {
        exe
    } else {
        pe::replace_resources(exe, &merged).map_err(|error| refused(&error))?
    };
    // Proof rather than hope: sealing checks the layout, and the resources are read back.
    let bytes = seal(bytes)?;
    let written = Image::parse(&bytes).and_then(|image| image.resources()).map_err(|error| refused(&error))?;
    if written != merged {
        return Err(refused(&pe::Error::Malformed("its debug directory lies over its resources".into())));
    }
    Ok(Stamped { bytes, notes })
}

/// All of ours but the icon, whose images have to find free ids first.
fn tree_of(resources: &Resources) -> Result<ResourceTree, Problem> {
    let mut tree = ResourceTree::new();
    let mut add = |kind: u16, data: Vec<u8>| {
        tree.insert(Key::new(kind, 1, LANGUAGE), Resource { code_page: 0, data });
    };
    add(kind::VERSION, version_info(resources).build().map_err(|what| bad_version_info(&what))?);
    if let Some(manifest) = &resources.manifest {
        add(kind::MANIFEST, manifest.clone());
    }
    if let Some(messages) = &resources.messages {
        add(kind::MESSAGE_TABLE, pe::message_table(messages).map_err(|what| bad_messages(&what))?);
    }
    Ok(tree)
}

/// InternalName and OriginalFilename take their places in the alphabetical order that the other strings have.
fn version_info(resources: &Resources) -> VersionInfo {
    let mut strings: Vec<(String, String)> =
        resources.strings.iter().filter(|(_, value)| !value.is_empty()).cloned().collect();
    let own = [("InternalName", &resources.internal_name), ("OriginalFilename", &resources.original_filename)];
    for (key, value) in own {
        strings.retain(|(k, _)| k != key);
        let place = strings.iter().position(|(k, _)| k.as_str() > key).unwrap_or(strings.len());
        strings.insert(place, (key.to_owned(), value.clone()));
    }
    VersionInfo {
        file_version: resources.version,
        product_version: resources.version,
        prerelease: resources.prerelease,
        strings,
    }
}

fn signed() -> Problem {
    Problem::new("signed-exe", "the executable is signed already, and any change breaks its signature")
        .fix("sign the executables of the finished bundle instead, after cargo winsvc")
}

fn refused(error: &pe::Error) -> Problem {
    Problem::new("exe-layout", format!("resources can't be put into the executable: {error}"))
        .fix("[package.metadata.winsvc] resource = false    # package it without version information and icon")
}

fn bad_version_info(what: &str) -> Problem {
    Problem::usage("version-strings", format!("version information can't be made: {what}"))
        .fix("shorten the texts under [package.metadata.winsvc.resource]")
}

fn bad_messages(what: &str) -> Problem {
    Problem::usage("event-messages", format!("a message table can't be made: {what}"))
        .fix("mend the entry under services.<name>.event-log.messages")
}
