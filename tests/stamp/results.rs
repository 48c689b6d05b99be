//! Every result on its own: layout, sums, idempotence, and what is in it by our own reader.

use crate::images::{self, Fixture};
use crate::sample;
use cargo_winsvc::pe::{self, Image, Key, LANGUAGE, Name, VersionInfo, kind};
use cargo_winsvc::stamp::{self, Resources};

fn stamped(fixture: &Fixture, resources: &Resources) -> stamp::Stamped {
    stamp::run(fixture.exe.clone(), resources).unwrap_or_else(|e| panic!("{}: {e}", fixture.name))
}

/// The usual, the usual with override, hostile texts, and next to nothing.
fn variants() -> Vec<Resources> {
    let override_existing = Resources { override_existing: true, ..sample::resources() };
    let small = Resources { original_filename: "x.exe".into(), ..Resources::default() };
    vec![sample::resources(), override_existing, sample::hostile(), small]
}

#[test]
fn layout_checksum_and_idempotence() {
    for fixture in images::ALL.iter() {
        for resources in variants() {
            let name = &fixture.name;
            let first = stamped(fixture, &resources);
            assert_eq!(pe::check_layout(&first.bytes), Ok(()), "{name}");
            let image = Image::parse(&first.bytes).expect("parses");
            assert_eq!(image.stored_checksum(), image.computed_checksum(), "{name}");
            assert_eq!(stamped(fixture, &resources).bytes, first.bytes, "{name}: two runs differ");
            let again = stamp::run(first.bytes.clone(), &resources).expect("stamps again");
            assert!(again.bytes == first.bytes, "{name}: stamping again changes something");
        }
    }
}

#[test]
fn other_resources_give_another_identity() {
    for fixture in images::ALL.iter() {
        let before = Image::parse(&fixture.exe).expect("parses").debug_id();
        let [a, b] = [sample::resources(), sample::hostile()]
            .map(|r| stamped(fixture, &Resources { override_existing: true, ..r }));
        let (a, b) = (Image::parse(&a.bytes).expect("parses"), Image::parse(&b.bytes).expect("parses"));
        assert_ne!(a.time_date_stamp(), b.time_date_stamp(), "{}", fixture.name);
        match before {
            Some(id) if id.pdb_name.is_empty() => {
                assert_ne!(a.debug_id(), b.debug_id(), "{}", fixture.name);
                assert_ne!(a.debug_id(), Some(id), "{}", fixture.name);
            }
            // The PDB holds it, too.
            with_pdb => assert_eq!((a.debug_id(), b.debug_id()), (with_pdb.clone(), with_pdb), "{}", fixture.name),
        }
        if a.debug_id().is_some() {
            assert_eq!(a.characteristics() & 0x200, 0, "{}: readers would ignore the debug directory", fixture.name);
        }
    }
}

/// Hand-made: the time and the build id of the link are gone.
#[test]
fn two_links_of_one_program_become_one_file() {
    let fixture = images::named("gnu-x86_64-linked");
    let fields = pe::SealFields::of(&Image::parse(&fixture.exe).expect("parses")).expect("fields");
    let mut other = fixture.exe.clone();
    for at in fields.time_stamps.iter().chain(&fields.build_ids) {
        other[*at..*at + 4].copy_from_slice(&[1, 2, 3, 4]);
    }
    assert_eq!((fields.time_stamps.len(), fields.build_ids.len()), (2, 1));
    assert_ne!(other, fixture.exe);
    let resources = sample::resources();
    let stamp = |exe: Vec<u8>| stamp::run(exe, &resources).expect("stamps").bytes;
    assert!(stamp(other) == stamp(fixture.exe.clone()));
}

#[test]
fn theirs_stay_and_the_notes_say_so() {
    for fixture in images::ALL.iter().filter(|f| f.own) {
        let result = stamped(fixture, &sample::resources());
        let notes = result.notes.join("\n");
        for note in [
            "kept the crate's own VERSIONINFO (9.9.9.9)",
            "kept the crate's own application manifest",
            "kept the crate's own icon (\"MAINICON\")",
        ] {
            assert!(notes.contains(note), "{}: {notes}", fixture.name);
        }
        let image = Image::parse(&result.bytes).expect("parses");
        let (before, after) =
            (Image::parse(&fixture.exe).expect("parses").resources().expect("tree"), image.resources().expect("tree"));
        for (key, resource) in &before {
            assert_eq!(after.get(key), Some(resource), "{}: {key:?}", fixture.name);
        }
        let added: Vec<&Key> = after.keys().filter(|key| !before.contains_key(key)).collect();
        assert_eq!(added, [&Key::new(kind::MESSAGE_TABLE, 1, LANGUAGE)], "{}", fixture.name);
    }
}

#[test]
fn what_they_lack_is_added_to_a_version_of_their_own() {
    let fixture = images::named("gnu-x86_64-stripped");
    let version_only =
        Resources { icon: None, manifest: None, messages: None, version: pe_version(), ..sample::resources() };
    let theirs = stamped(fixture, &version_only).bytes;
    let result = stamp::run(theirs, &sample::resources()).expect("stamps");
    assert_eq!(result.notes, ["kept the crate's own VERSIONINFO (7.7.7.7)"]);
    let tree = Image::parse(&result.bytes).expect("parses").resources().expect("tree");
    let kinds: Vec<&Name> = tree.keys().map(|key| &key.kind).collect();
    for kind in [kind::ICON, kind::MESSAGE_TABLE, kind::GROUP_ICON, kind::VERSION, kind::MANIFEST] {
        assert!(kinds.contains(&&Name::Id(kind)), "{kind}");
    }
}

fn pe_version() -> cargo_winsvc::model::FileVersion {
    cargo_winsvc::model::FileVersion([7, 7, 7, 7])
}

#[test]
fn override_replaces_theirs_in_all_languages() {
    let resources = Resources { override_existing: true, ..sample::resources() };
    for fixture in images::ALL.iter().filter(|f| f.own) {
        let result = stamped(fixture, &resources);
        assert!(result.notes.iter().any(|n| n == "replaced the crate's own icon (\"MAINICON\")"), "{:?}", result.notes);
        let image = Image::parse(&result.bytes).expect("parses");
        let tree = image.resources().expect("tree");
        assert_eq!(tree.keys().filter(|k| k.is_kind(kind::MANIFEST)).count(), 1, "{}", fixture.name);
        let groups: Vec<String> =
            tree.keys().filter(|k| k.is_kind(kind::GROUP_ICON)).map(|k| k.name.to_string()).collect();
        assert_eq!(groups, ["\"MAINICON\"", "7"], "{}: ours is the first, theirs beside it", fixture.name);
        // Group 7 keeps its two images, the other two gave way to our three.
        assert_eq!(tree.keys().filter(|k| k.is_kind(kind::ICON)).count(), 5, "{}", fixture.name);
        for (_, group) in tree.iter().filter(|(k, _)| k.is_kind(kind::GROUP_ICON)) {
            for id in pe::group_members(&group.data) {
                assert!(tree.keys().any(|k| k.is(kind::ICON, id)), "{}: image {id} is missing", fixture.name);
            }
        }
        assert_eq!(image.version_info().map(|v| v.file_version), Some(resources.version), "{}", fixture.name);
        assert!(tree.keys().any(|k| k.name == Name::Text("THEIRS".encode_utf16().collect())), "{}", fixture.name);
    }
}

#[test]
fn hostile_texts_come_out_literally() {
    let resources = sample::hostile();
    let result = stamped(images::named("gnu-x86_64-stripped"), &resources);
    let info: VersionInfo = Image::parse(&result.bytes).expect("parses").version_info().expect("a version");
    assert!(info.prerelease);
    assert_eq!(info.string("InternalName"), Some(sample::HOSTILE));
    for (key, value) in &resources.strings {
        assert_eq!(info.string(key), Some(value.as_str()), "{key}");
    }
}

#[test]
fn what_can_not_be_stamped_is_refused_with_a_reason() {
    let resources = sample::resources();
    let exe = &images::named("gnu-x86_64-stripped").exe;
    let refusal = |exe: Vec<u8>| stamp::run(exe, &resources).expect_err("refused");
    assert_eq!(refusal(Vec::new()).id, "exe-layout");
    assert!(refusal(b"\x7fELF".repeat(100)).what.contains("MZ"));
    let nt = u32::from_le_bytes(exe[0x3c..0x40].try_into().expect("four")) as usize;
    let mut signed = exe.clone();
    signed[nt + 24 + 112 + 32..][..8].copy_from_slice(&[0, 0x10, 0, 0, 8, 0, 0, 0]);
    let problem = refusal(signed);
    assert_eq!(problem.id, "signed-exe");
    assert!(!problem.fixes.is_empty());
    // Bytes behind the section table (bound imports) that a new section header would overwrite.
    let mut used = exe.clone();
    let table = nt + 24 + usize::from(u16::from_le_bytes([exe[nt + 20], exe[nt + 21]]));
    let sections = usize::from(u16::from_le_bytes([exe[nt + 6], exe[nt + 7]]));
    used[table + 40 * sections + 8] = 1;
    assert!(refusal(used).what.contains("behind its section table"));
}
