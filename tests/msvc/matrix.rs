//! The same package, with C code of its own and in a dependency, for every kind of target.

use crate::built::{Built, MSVC, by_zig, every, mixed, with_c};
use crate::reader::{assert_version_string, image, imports, resource};
use crate::support::Machine;
use std::fs;
use std::path::{Path, PathBuf};

fn is_by_zig(built: &Built) -> bool {
    std::ptr::eq(built, &by_zig()[0])
}

#[test]
fn machine_and_oldest_windows_are_in_the_headers() {
    for (target, built) in with_c() {
        let (headers, dlls, _) = image(&built.exe(target));
        let machine = match target.split('-').next().unwrap() {
            "x86_64" => 0x8664,
            "i686" => 0x014c,
            _ => 0xaa64,
        };
        assert_eq!((headers.machine, headers.subsystem), (machine, 3), "{target}");
        assert_eq!(headers.dll_characteristics & 0x140, 0x140, "{target}: ASLR, DEP");
        // Windows refuses to start a program that names a later version than its own: 7 is 6.1, 10 is 10.0.
        let newest = if target.contains("-win7-") { (6, 1) } else { (10, 0) };
        assert!(headers.subsystem_version <= newest, "{target}: {headers:?}");
        assert!(headers.os_version <= newest, "{target}: {headers:?}");
        assert!(dlls.iter().any(|d| d == "kernel32.dll"), "{target}: {dlls:?}");
        // What Windows does not bring and somebody would have to install.
        for foreign in ["vcruntime", "msvcp", "libgcc", "libwinpthread", "libunwind", "libstdc", "libc++"] {
            assert!(!dlls.iter().any(|d| d.starts_with(foreign)), "{target} imports {dlls:?}");
        }
    }
}

#[test]
fn what_windows_7_lacks_is_not_imported_for_it() {
    // For the first three the standard library has other ways. Of the sets of functions Windows 7 has few, and needs none.
    const NEWER: [&str; 4] = ["ProcessPrng", "WaitOnAddress", "GetSystemTimePreciseAsFileTime", "api-ms-win-"];
    let needs = |target: &str| {
        let said = imports(&mixed()[0].exe(target));
        NEWER.map(|name| said.contains(name))
    };
    for env in ["gnu", "msvc"] {
        let today = needs(&format!("x86_64-pc-windows-{env}"));
        assert_eq!(today, [true; 4], "{env}: the names are the right ones to look for");
        assert_eq!(needs(&format!("x86_64-win7-windows-{env}")), [false; 4], "{env}");
    }
}

#[test]
fn each_is_stamped() {
    for (target, built) in with_c() {
        let exe = built.exe(target);
        for (key, value) in
            [("ProductName", "Mixed code"), ("FileVersion", "1.0.3"), ("OriginalFilename", "mixed-code.exe")]
        {
            assert_version_string(&exe, key, value);
        }
        let manifest = String::from_utf8(resource(&exe, 24)).unwrap();
        // One alone, though mingw-w64 has a manifest of its own to link: that of Windows 7 is in ours.
        assert_eq!(manifest.matches("<assembly ").count(), 1, "{target}: {manifest}");
        assert!(manifest.contains("{35138b9a-5d96-4fbd-8e2d-a2440225f93a}"), "{target}: {manifest}");
        let manifest = built.unpacked(target, "").join("winsvc-manifest.json");
        let manifest: serde_json::Value = serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
        assert_eq!(manifest["target"], target);
        let tools: Vec<&str> =
            manifest["tools"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
        let by_zig = target.ends_with("gnullvm") || is_by_zig(built);
        for (tool, takes_part) in [
            ("rustc", true),
            ("cargo-xwin", target.ends_with("msvc")),
            ("cargo-zigbuild", by_zig),
            ("x86_64-w64-mingw32-gcc", target.starts_with("x86_64") && target.ends_with("gnu") && !by_zig),
            ("i686-w64-mingw32-gcc", target == "i686-pc-windows-gnu"),
        ] {
            assert_eq!(tools.contains(&tool), takes_part, "{target}: {tool} in {tools:?}");
        }
    }
}

#[test]
fn the_versions_of_sdk_and_run_time_are_recorded() {
    let manifest = fs::read_to_string(mixed()[0].unpacked(MSVC, "").join("winsvc-manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let version = |name: &str| {
        let tool = manifest["tools"].as_array().unwrap().iter().find(|t| t["name"] == name);
        tool.unwrap_or_else(|| panic!("no {name}: {manifest}"))["version"].as_str().unwrap().to_owned()
    };
    // What tests/setup/msvc/standin.sh says of itself.
    assert_eq!((&*version("windows-sdk"), &*version("msvc-crt")), ("open stand-in", "open stand-in"));
    assert!(version("cargo-xwin").contains("0.23.1"));
    assert!(version("lld-link").contains("19."), "{}", version("lld-link"));
}

#[test]
fn those_for_x86_run() {
    let machine = Machine::boot();
    let (n, d) = (-9_000_000_000_000_000_001_i64, 7_000_000_001_i64);
    let signed = format!("signed: {} {} {}", n / d, n % d, (n / d).wrapping_mul(d));
    let (n, d) = (u64::MAX - 5, 10_000_000_019_u64);
    let unsigned = format!("unsigned: {} {} {}", n / d, n % d, (n / d).wrapping_mul(d));
    let expected = [
        "c: 123 1.414 1",
        "same process: true",
        "c file: /src/c/part.c",
        "counted: 1 2",
        &signed,
        &unsigned,
        "clock: true",
        "chance: true",
        "caught: true",
        "thread-local gone",
        "c at exit",
    ];
    for (target, built) in with_c() {
        // No Windows for it here; docs/testing.md says so.
        if target.starts_with("aarch64") {
            continue;
        }
        let name = if is_by_zig(built) { "zig" } else { target };
        let inside = format!(r"C:\test\{name}.exe");
        fs::copy(built.exe(target), machine.path(&inside)).unwrap();
        let said = machine.run(&inside, &[]).success().output;
        // clang-cl writes paths as on Windows.
        let said = said.replace('\\', "/");
        assert_eq!(said.lines().collect::<Vec<_>>(), expected, "{name}");
    }
}

fn archives(built: &Built) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(built.output()).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.is_file() && !f.file_name().unwrap().to_str().unwrap().starts_with('.'));
    files.sort();
    files
}

/// Executables, PDBs and debug files are in the archives; when those differ, the first of these is named.
fn assert_same(one: &Path, two: &Path, built: [&Built; 2], target: &str) {
    if fs::read(one).unwrap() == fs::read(two).unwrap() {
        return;
    }
    let exes = built.map(|b| fs::read(b.exe(target)).unwrap());
    let at = exes[0].iter().zip(&exes[1]).position(|(a, b)| a != b);
    panic!(
        "{} differs; the executables: {} and {} bytes, first at {at:?}",
        one.display(),
        exes[0].len(),
        exes[1].len()
    );
}

#[test]
fn built_in_two_folders_all_files_are_the_same() {
    for ([one, two], targets) in every() {
        let (files, others) = (archives(one), archives(two));
        let names = |files: &[PathBuf]| files.iter().map(|f| f.file_name().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&files), names(&others));
        // Two archives with a checksum file each per target, and two lists.
        assert_eq!(files.len(), 4 * targets.len() + 2, "{files:?}");
        for target in targets {
            for (a, b) in files.iter().zip(&others).filter(|(a, _)| a.to_str().unwrap().contains(&format!("-{target}")))
            {
                assert_same(a, b, [one, two], target);
            }
        }
        for (a, b) in files.iter().zip(&others) {
            assert!(fs::read(a).unwrap() == fs::read(b).unwrap(), "{} differs", a.display());
        }
    }
}
