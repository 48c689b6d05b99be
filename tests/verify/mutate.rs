//! Damage at random places: found always, and never a panic.

use crate::fixture::{self, EPOCH, NAME};
use crate::{check, write_zip};
use cargo_winsvc::bundle::write_bundle;
use cargo_winsvc::host::ScriptedHost;
use cargo_winsvc::layout::{Entry, FileTree, Source};
use cargo_winsvc::model::BundlePath;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

/// A bundle of a few hundred bytes, without executable, so that thousands can be verified.
fn small(dir: &Path) -> Vec<u8> {
    let entry = |path: &str, text: String| Entry {
        path: BundlePath::new(path).expect("path"),
        source: Source::Bytes(text.into_bytes()),
        from: "test".into(),
    };
    let files = vec![
        entry("a.txt", "some text that repeats, some text that repeats\n".repeat(9)),
        entry("b/c.txt", "b".into()),
    ];
    let mut manifest = fixture::build_manifest();
    manifest.executables.clear();
    manifest.debug.clear();
    assert_eq!(manifest.epoch, EPOCH);
    let host = ScriptedHost::new("/");
    let path = dir.join(format!("{NAME}.zip"));
    write_bundle(&fixture::packer(&host), &FileTree::build(files).expect("tree"), &mut manifest, &path).expect("packs");
    fs::read(path).expect("zip")
}

type Files = BTreeMap<String, (Option<zip::DateTime>, Vec<u8>)>;

/// What another reader finds in it: names, times and contents.
fn read_by_others(bytes: &[u8]) -> Option<Files> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).ok()?;
    let mut files = BTreeMap::new();
    for i in 0..archive.len() {
        let mut file = archive.by_index(i).ok()?;
        let mut content = Vec::new();
        file.read_to_end(&mut content).ok()?;
        files.insert(file.name().ok()?.into_owned(), (file.last_modified(), content));
    }
    Some(files)
}

#[test]
fn every_flipped_byte_is_found() {
    let dir = tempfile::tempdir().expect("dir");
    let good = small(dir.path());
    let name = format!("{NAME}.zip");
    let path = dir.path().join(&name);
    assert_eq!(check(&path).findings, []);
    let same = read_by_others(&good).expect("reads");
    let mut random = Random(1);
    let mut harmless = 0;
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= u8::try_from(1 + random.next(255)).expect("byte");
        // The checksum file beside is that of the good one.
        fs::write(&path, &bytes).expect("zip");
        assert!(check(&path).errors() > 0, "byte {at}");
        // And one made to fit hides it only when everybody still reads the same files: deflate has more than one way to say
        // a thing, and unused bits at its end.
        write_zip(dir.path(), &name, &bytes);
        if check(&path).errors() == 0 {
            assert_eq!(read_by_others(&bytes).as_ref(), Some(&same), "byte {at}");
            harmless += 1;
        }
        fs::write(dir.path().join(format!("{name}.sha256")), sum(&good, &name)).expect("checksum");
    }
    assert!(harmless <= good.len() / 50, "{harmless} of {} bytes change nothing that anyone reads", good.len());
}

fn sum(bytes: &[u8], name: &str) -> String {
    format!("{}  {name}\n", cargo_winsvc::model::Sha256::of(bytes))
}

/// Cuts, repeats, overwrites; prefers the places where numbers stand.
fn mutate(good: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..1 + random.next(4) {
        if bytes.is_empty() {
            break;
        }
        let headers: Vec<usize> = bytes.windows(2).enumerate().filter(|(_, w)| w == b"PK").map(|(i, _)| i).collect();
        let anywhere = random.next(bytes.len());
        let near = if headers.is_empty() { anywhere } else { headers[random.next(headers.len())] + random.next(50) };
        let at = if random.next(3) == 0 { anywhere } else { near.min(bytes.len() - 1) };
        match random.next(8) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..bytes.len().min(at + 1 + random.next(40)))),
            2 => {
                let piece = bytes[at..bytes.len().min(at + 60)].to_vec();
                bytes.splice(at..at, piece);
            }
            3 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.next(5)],
            4 => {
                let end = bytes.len().min(at + 4);
                bytes[at..end].fill([0, 0xff][random.next(2)]);
            }
            _ => bytes[at] ^= 1 << random.next(8),
        }
    }
    bytes
}

#[test]
fn no_damage_makes_it_panic() {
    let dir = tempfile::tempdir().expect("dir");
    let good = small(dir.path());
    let path = dir.path().join(format!("{NAME}.zip"));
    let mut random = Random(42);
    let mut passed = 0;
    for _ in 0..20_000 {
        let bytes = mutate(&good, &mut random);
        fs::write(&path, &bytes).expect("zip");
        let verdict = check(&path);
        passed += usize::from(verdict.errors() == 0 && bytes != good);
    }
    assert_eq!(passed, 0, "each is another file than the checksum beside it says");
}

#[test]
fn damaged_executables_do_not_make_it_panic() {
    let dir = tempfile::tempdir().expect("dir");
    fixture::write_good(dir.path());
    let name = format!("{NAME}.zip");
    let raws = fixture::parse(&fs::read(dir.path().join(&name)).expect("zip"));
    let mut random = Random(7);
    for _ in 0..300 {
        let mut exe = fixture::program().exe.clone();
        for _ in 0..1 + random.next(6) {
            // Half of them in the headers.
            let at = if random.next(2) == 0 { random.next(0x400) } else { random.next(exe.len()) };
            exe[at] = random.next(256) as u8;
        }
        let mut raws = raws.clone();
        fixture::set(&mut raws, "agent.exe", &exe);
        fixture::relist(&mut raws);
        write_zip(dir.path(), &name, &fixture::build(&raws));
        check(&dir.path().join(&name));
    }
}
