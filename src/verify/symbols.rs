//! Executable, debug file and manifest must be of one build.

use super::catalog as ws;
use super::contents::Contents;
use super::{Book, VerifyOptions, exe};
use crate::formats::BuildManifest;
use crate::pe::{Image, PdbId};

/// The links in the executables against the manifest.
pub(super) fn check_links(book: &mut Book, manifest: &BuildManifest, contents: &Contents) {
    for (exe, debug) in &manifest.debug {
        let Some(bytes) = contents.get(exe).and_then(|c| c.bytes.as_deref()) else {
            book.fail(
                ws::DEBUG_LINK,
                exe,
                "the manifest names a debug file for it, but it is not in the bundle".into(),
            );
            continue;
        };
        // An image that can't be read has its finding already.
        let Ok(image) = Image::parse(bytes) else { continue };
        let link = image.debuglink();
        if let Some(expected) = &debug.debuglink_crc32 {
            let found = link.as_ref().map(|(name, crc)| (name.as_str(), format!("{crc:08x}")));
            let holds = found.as_ref().is_some_and(|(name, crc)| {
                *name == debug.file && crc.eq_ignore_ascii_case(expected.trim_start_matches("0x"))
            });
            book.expect(ws::DEBUG_LINK, exe, holds, || match found {
                Some((name, crc)) => {
                    format!("it links to {name} with CRC-32 {crc}, the manifest has {} with {expected}", debug.file)
                }
                None => "it has no link to its debug file".into(),
            });
        }
        if let Some(expected) = &debug.debug_id {
            let found = image.debug_id().map(|id| id.text());
            let holds = found.as_ref().is_some_and(|f| f.eq_ignore_ascii_case(expected));
            book.expect(ws::DEBUG_LINK, exe, holds, || {
                format!("its debug id is {}, the manifest has {expected}", found.as_deref().unwrap_or("missing"))
            });
        }
    }
}

/// The symbols archive against manifest and executables.
pub(super) fn check_archive(
    book: &mut Book,
    manifest: &BuildManifest,
    contents: &Contents,
    symbols: &Contents,
    options: &VerifyOptions,
) {
    for (exe, debug) in &manifest.debug {
        let content = symbols.get(&debug.file);
        book.expect(ws::SYMBOLS_MISSING, &debug.file, content.is_some(), || {
            format!("the debug file of {exe} is not there")
        });
        let Some(content) = content else { continue };
        book.expect(ws::SYMBOLS_MISMATCH, &debug.file, content.sha256 == debug.sha256, || {
            format!("its SHA-256 is {}, the manifest has {}", content.sha256, debug.sha256)
        });
        let image = contents.get(exe).and_then(|c| c.bytes.as_deref()).and_then(|b| Image::parse(b).ok());
        if let Some((_, crc)) = image.as_ref().and_then(Image::debuglink) {
            book.expect(ws::SYMBOLS_MISMATCH, &debug.file, crc == content.crc32, || {
                format!("its CRC-32 is {:08x}, the link in {exe} has {crc:08x}", content.crc32)
            });
        }
        if debug.file.ends_with(".pdb") {
            let id = image.and_then(|image| image.debug_id());
            let pdb = content.bytes.as_deref().and_then(PdbId::read);
            let holds = matches!((&id, &pdb), (Some(id), Some(pdb)) if pdb.fits(id));
            book.expect(ws::SYMBOLS_MISMATCH, &debug.file, holds, || {
                let text = |id: Option<String>| id.unwrap_or_else(|| "none".to_owned());
                let (exe_id, pdb_id) = (text(id.map(|id| id.text())), text(pdb.map(|pdb| pdb.text())));
                format!("its GUID and age are {pdb_id}, those that {exe} asks for are {exe_id}")
            });
            if let Some(bytes) = &content.bytes {
                exe::check_private(book, &debug.file, bytes, options);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::contents::Content;
    use super::*;
    use crate::formats::DebugInfoFile;
    use crate::model::Sha256;
    use crate::pe::{sample_exe, sample_pdb};

    fn contents(name: &str, bytes: Vec<u8>) -> Contents {
        let content =
            Content { size: bytes.len() as u64, sha256: Sha256::of(&bytes), crc32: 0, time: None, bytes: Some(bytes) };
        Contents { files: [(name.to_owned(), content)].into(), unpacked: 0 }
    }

    /// What is found about a PDB beside an executable with the GUID of sevens and age 1.
    fn found(pdb: Vec<u8>, private: &str) -> Vec<String> {
        let info = DebugInfoFile {
            file: "svc.pdb".into(),
            sha256: Sha256::of(&pdb),
            debuglink_crc32: None,
            debug_id: Some(format!("{}1", "07".repeat(16))),
        };
        let json = serde_json::json!({
            "schemaVersion": 1, "generator": "", "name": "svc", "version": "1.0.0", "target": "x86_64-pc-windows-msvc",
            "profile": "release", "epoch": 0, "epochOrigin": "fixed", "tools": [], "flags": [],
            "overriddenTemplates": [], "executables": [], "files": [], "debug": { "svc.exe": info },
        });
        let manifest: BuildManifest = serde_json::from_value(json).unwrap();
        let exe = contents("svc.exe", sample_exe([7; 16], 1, "svc.pdb"));
        let options = VerifyOptions { private: vec![private.to_owned()], ..VerifyOptions::default() };
        let mut book = Book::default();
        check_links(&mut book, &manifest, &exe);
        check_archive(&mut book, &manifest, &exe, &contents("svc.pdb", pdb), &options);
        book.findings.iter().map(|f| format!("{} {}: {}", f.id, f.subject, f.message)).collect()
    }

    #[test]
    fn a_pdb_has_to_be_that_of_the_executable_and_to_hold_no_path_of_the_machine() {
        assert_eq!(found(sample_pdb([7; 16], 1, 1), "/none/"), Vec::<String>::new());
        let other = found(sample_pdb([8; 16], 1, 1), "/none/");
        assert!(
            other.len() == 1 && other[0].contains(&"08".repeat(16)) && other[0].contains(&"07".repeat(16)),
            "{other:?}"
        );
        assert_eq!(found(sample_pdb([7; 16], 1, 2), "/none/").len(), 1);
        assert_eq!(found(b"cut off".to_vec(), "/none/").len(), 1);
        let mut leaking = sample_pdb([7; 16], 1, 1);
        leaking.extend(b"/w/agent/target/deps/x.o");
        let leaking = found(leaking, "/w/agent/");
        assert!(leaking.len() == 1 && leaking[0].contains("/w/agent/target/deps/x.o"), "{leaking:?}");
    }
}
