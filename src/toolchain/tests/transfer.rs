//! What was provisioned, carried to another machine in a file.

use super::*;
use crate::error::Problem;
use crate::event::{Event, Recorder, Silent};
use crate::toolchain::transfer::{export, import};
use std::os::unix::fs::{PermissionsExt, symlink};

fn home(dir: &Path) -> ScriptedHost {
    std::fs::create_dir_all(dir.join("project")).unwrap();
    ScriptedHost::new(dir.join("project")).with_env("HOME", dir.join("home"))
}

/// A provisioned cache: whole and broken things in it.
fn provisioned(dir: &Path) -> ScriptedHost {
    let cache = dir.join("home/.cache/cargo-winsvc");
    write(&cache.join("sysroots/1.95-x/winsvc-std.json"), "{}");
    write(&cache.join("sysroots/1.95-x/lib/libstd.rlib"), "std");
    write(&cache.join("sysroots/half/lib/libstd.rlib"), "");
    write(&cache.join("sysroots/1.95-x.lock"), "");
    write(&cache.join("tools/cargo-xwin/bin/cargo-xwin"), "elf");
    let tool = cache.join("tools/cargo-xwin/bin/cargo-xwin");
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    write(&cache.join("xwin/10_14/xwin/DONE"), "x86_64");
    write(&cache.join("xwin/10_14/xwin/sdk/windows.h"), "h");
    symlink("windows.h", cache.join("xwin/10_14/xwin/sdk/Windows.h")).unwrap();
    write(&cache.join("choices/a.json"), "{}");
    write(&cache.join("probe/x.json"), "{}");
    home(dir)
}

/// Paths below the cache with what they hold; links by their target.
fn tree(dir: &Path) -> Vec<String> {
    let cache = dir.join("home/.cache/cargo-winsvc");
    if !cache.exists() {
        return Vec::new();
    }
    let entries = walkdir::WalkDir::new(&cache).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = entries.filter(|e| !e.file_type().is_dir());
    let shown = files.map(|e| {
        let held = match std::fs::read_link(e.path()) {
            Ok(target) => format!("-> {}", target.display()),
            Err(_) => std::fs::read_to_string(e.path()).unwrap(),
        };
        let mode = e.metadata().unwrap().permissions().mode() & 0o111;
        format!("{} {held} {}", e.path().strip_prefix(&cache).unwrap().display(), mode != 0 && !e.path_is_symlink())
    });
    shown.collect()
}

#[test]
fn what_is_whole_arrives_as_it_was_and_what_is_there_stays() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let from = provisioned(one.path());
    let sink = Recorder::default();
    let (file, again) = (one.path().join("cache.zip"), one.path().join("again.zip"));
    export(&from, &sink, &file).unwrap();
    export(&from, &Silent, &again).unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), std::fs::read(again).unwrap(), "the same cache, the same file");
    let notes: Vec<Event> = sink.events().into_iter().filter(|e| matches!(e, Event::Note { .. })).collect();
    assert!(matches!(&notes[..], [Event::Note { text }] if text.contains("Microsoft")), "{notes:?}");

    let to = home(two.path());
    import(&to, &Silent, &file).unwrap();
    let arrived = [
        "choices/a.json {} false",
        "sysroots/1.95-x/lib/libstd.rlib std false",
        "sysroots/1.95-x/winsvc-std.json {} false",
        "tools/cargo-xwin/bin/cargo-xwin elf true",
        "xwin/10_14/xwin/DONE x86_64 false",
        "xwin/10_14/xwin/sdk/Windows.h -> windows.h false",
        "xwin/10_14/xwin/sdk/windows.h h false",
    ];
    assert_eq!(tree(two.path()), arrived);
    let kept = two.path().join("home/.cache/cargo-winsvc/sysroots/1.95-x/lib/libstd.rlib");
    std::fs::write(&kept, "own").unwrap();
    import(&to, &Silent, &file).unwrap();
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "own");
}

#[test]
fn a_folder_of_the_users_goes_along_and_into_that_of_the_other_machine() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(&one.path().join("sdk/xwin/DONE"), "x86");
    let file = one.path().join("cache.zip");
    export(&home(one.path()).with_env("XWIN_CACHE_DIR", one.path().join("sdk")), &Silent, &file).unwrap();
    import(&home(two.path()).with_env("XWIN_CACHE_DIR", two.path().join("there")), &Silent, &file).unwrap();
    assert_eq!(std::fs::read_to_string(two.path().join("there/xwin/DONE")).unwrap(), "x86");
    // Where no folder is named, it is the one that is looked into then.
    import(&home(two.path()), &Silent, &file).unwrap();
    assert_eq!(tree(two.path()), ["xwin/10.0.26100_14.44.17.14/xwin/DONE x86 false"]);
}

#[test]
fn the_tree_of_xwins_other_compiler_goes_along() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(&one.path().join("sdk/windows-msvc-sysroot/DONE"), "clang");
    let file = one.path().join("cache.zip");
    export(&home(one.path()).with_env("XWIN_CACHE_DIR", one.path().join("sdk")), &Silent, &file).unwrap();
    import(&home(two.path()).with_env("XWIN_CACHE_DIR", two.path().join("there")), &Silent, &file).unwrap();
    assert_eq!(std::fs::read_to_string(two.path().join("there/windows-msvc-sysroot/DONE")).unwrap(), "clang");
}

#[test]
fn a_folder_that_has_to_stay_is_filled_and_never_by_half() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(&one.path().join("sdk/xwin/DONE"), "x86");
    let file = one.path().join("cache.zip");
    export(&home(one.path()).with_env("XWIN_CACHE_DIR", one.path().join("sdk")), &Silent, &file).unwrap();
    // A link to an empty folder stands for a mount, which can be replaced as little.
    let (real, link) = (two.path().join("real"), two.path().join("link"));
    std::fs::create_dir(&real).unwrap();
    symlink(&real, &link).unwrap();
    // An import that was killed is no content.
    write(&real.join(".import-x/whole/xwin/DONE"), "x86");
    import(&home(two.path()).with_env("XWIN_CACHE_DIR", &link), &Silent, &file).unwrap();
    assert_eq!(std::fs::read_to_string(real.join("xwin/DONE")).unwrap(), "x86");
    assert!(link.is_symlink());
    std::fs::remove_dir_all(&real).unwrap();
    std::fs::create_dir(&real).unwrap();
    // What can't be copied to its end leaves nothing.
    let from = one.path().join("sdk");
    let _socket = std::os::unix::net::UnixListener::bind(from.join("xwin/zz")).unwrap();
    crate::toolchain::transfer::place(&home(two.path()), &from, &link).unwrap_err();
    assert_eq!(std::fs::read_dir(&real).unwrap().count(), 0);
}

#[test]
fn nothing_to_move_and_files_of_others_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let host = home(dir.path());
    let file = dir.path().join("cache.zip");
    let error = export(&host, &Silent, &file).unwrap_err().downcast::<Problem>().unwrap();
    assert!(error.id == "empty-cache" && !file.exists());
    for (name, entries) in [
        ("text", None),
        ("other", Some(vec![("a.txt", "")])),
        ("newer", Some(vec![("winsvc-cache.json", "{\"format\": 99, \"holds\": []}")])),
        ("escape", Some(vec![("winsvc-cache.json", "{\"format\": 1, \"holds\": []}"), ("sysroots/../../x/y", "")])),
        ("absolute", Some(vec![("winsvc-cache.json", "{\"format\": 1, \"holds\": []}"), ("/etc/x", "")])),
        ("foreign", Some(vec![("winsvc-cache.json", "{\"format\": 1, \"holds\": []}"), ("probe/x/y", "")])),
    ] {
        let path = dir.path().join(name);
        match entries {
            None => std::fs::write(&path, "no zip").unwrap(),
            Some(entries) => {
                let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
                for (entry, text) in entries {
                    zip.start_file(entry, zip::write::SimpleFileOptions::default()).unwrap();
                    std::io::Write::write_all(&mut zip, text.as_bytes()).unwrap();
                }
                zip.finish().unwrap();
            }
        }
        let error = import(&host, &Silent, &path).unwrap_err().downcast::<Problem>().unwrap();
        assert_eq!(error.id, "bad-cache-file", "{name}");
        assert!(error.what.contains(name), "{error}");
        assert_eq!(tree(dir.path()), Vec::<String>::new(), "{name} leaves nothing");
    }
}

#[test]
fn nothing_is_written_through_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let host = home(dir.path());
    let path = dir.path().join("cache.zip");
    let options = zip::write::SimpleFileOptions::default();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    zip.start_file("winsvc-cache.json", options).unwrap();
    std::io::Write::write_all(&mut zip, b"{\"format\": 1, \"holds\": []}").unwrap();
    zip.add_symlink("tools/x/out", dir.path().to_str().unwrap(), options).unwrap();
    zip.start_file("tools/x/out/escaped", options).unwrap();
    zip.finish().unwrap();
    let _ = import(&host, &Silent, &path);
    assert!(!dir.path().join("escaped").exists());
}
