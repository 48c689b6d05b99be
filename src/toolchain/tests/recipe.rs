//! From what was found to the recipe: tables.

use super::*;
use crate::error::Exit;
use crate::toolchain::recipe::{Backend, Recipe, backend, gaps, recipe};
use crate::toolchain::std_source::Std;
use crate::toolchain::zig::Zig as ZigTools;

fn make(want: &Want, inventory: &Inventory, std: &Std) -> Recipe {
    let backend = backend(want, inventory).unwrap().backend;
    assert!(gaps(backend, want, inventory).is_empty());
    recipe(backend, want, inventory, inventory.compiler.as_ref().unwrap(), std)
}

fn plain() -> (TempDir, Inventory) {
    let dir = tempfile::tempdir().unwrap();
    let active = compiler(dir.path(), "toolchain", "1.95.0");
    (dir, inventory(&active))
}

const OURS: [&str; 2] = ["-Clink-arg=-Wl,--no-insert-timestamp", "-Clink-arg=-Wl,--build-id"];

#[test]
fn where_everything_has_its_usual_name_only_reproducibility_is_added() {
    let (dir, inventory) = plain();
    let found = make(&Want { crt_static: false, ..want(GNU) }, &inventory, &Std::Bundled);
    assert_eq!(found.rustflags, OURS);
    let sources = dir.path().join("toolchain/lib/rustlib/src/rust");
    assert_eq!(found.sources, (sources, "/rustc/abcdef0123456789-1.95.0".to_owned()));
    assert!(found.env.is_empty() && found.cargo_args.is_empty() && found.notes.is_empty());
    assert_eq!(found.backend, Backend::Mingw);
    assert_eq!(found.objcopy.unwrap(), Path::new("/opt/bin/x86_64-w64-mingw32-objcopy"));
    let versions: Vec<String> = found.versions.iter().map(|v| format!("{} {}", v.name, v.version)).collect();
    assert_eq!(
        versions,
        [
            "rustc 1.95.0 (abcdef012 2026-01-01)",
            "cargo 1.95.0 (f2d3ce0bd 2026-03-21)",
            "x86_64-w64-mingw32-gcc 12-win32",
            "x86_64-w64-mingw32-binutils 2.40"
        ]
    );
}

#[test]
fn the_c_runtime_is_linked_statically_when_asked() {
    let (_dir, inventory) = plain();
    let found = make(&want(GNU), &inventory, &Std::Bundled);
    assert_eq!(found.rustflags[0], "-Ctarget-feature=+crt-static");
    assert_eq!(found.rustflags[1..], OURS);
}

#[test]
fn a_variant_of_gcc_is_named_to_cargo_and_to_c_builds() {
    let (_dir, mut inventory) = plain();
    let cross = inventory.cross.get_mut(GNU).unwrap();
    cross.gcc = Some(tool("x86_64-w64-mingw32-gcc-posix", "x86_64-w64-mingw32-gcc-posix (GCC) 12-posix"));
    let path = || Some("/opt/bin/x86_64-w64-mingw32-gcc-posix".to_owned());
    let linker = ("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER".to_owned(), path());
    let cc = ("CC_x86_64_pc_windows_gnu".to_owned(), path());
    assert_eq!(make(&want(GNU), &inventory, &Std::Bundled).env, [linker.clone(), cc]);
    for own in ["CC_x86_64-pc-windows-gnu", "CC_x86_64_pc_windows_gnu", "TARGET_CC"] {
        inventory.cc_env = vec![own.to_owned()];
        assert_eq!(make(&want(GNU), &inventory, &Std::Bundled).env, std::slice::from_ref(&linker), "{own}");
    }
    // CC alone is the host's business: cc prefers the target's own name over it.
    inventory.cc_env = vec!["CC".to_owned()];
    assert_eq!(make(&want(GNU), &inventory, &Std::Bundled).env.len(), 2);
}

#[test]
fn c_builds_are_told_the_tools_of_a_vendor_that_crate_cc_does_not_know() {
    const WIN7: &str = "x86_64-win7-windows-gnu";
    let (_dir, mut inventory) = plain();
    let cross = inventory.cross[GNU].clone();
    inventory.cross.insert(WIN7.to_owned(), cross);
    let names = |inventory: &Inventory| -> Vec<String> {
        make(&want(WIN7), inventory, &Std::Bundled).env.into_iter().map(|(name, _)| name).collect()
    };
    let [cc, cxx, ar] = ["CC", "CXX", "AR"].map(|tool| format!("{tool}_x86_64_win7_windows_gnu"));
    assert_eq!(names(&inventory), [cc.clone(), cxx, ar.clone()]);
    inventory.cc_env = vec!["TARGET_CXX".to_owned()];
    assert_eq!(names(&inventory), [cc, ar]);
}

#[test]
fn the_users_linker_is_kept_and_gets_flags_that_it_understands() {
    let (_dir, mut inventory) = plain();
    inventory.cross.get_mut(GNU).unwrap().gcc = None;
    for (linker, driver) in [
        ("my-gcc", true),
        ("/opt/x86_64-w64-mingw32-clang", true),
        ("zigcc", true),
        ("ld.lld", false),
        ("/usr/bin/ld.lld-19", false),
        ("rust-lld", false),
        ("x86_64-w64-mingw32-ld", false),
        ("x86_64-w64-mingw32-ld.bfd", false),
    ] {
        inventory.linkers = [(linker.to_owned(), PathBuf::from("/opt/own"))].into();
        let want = Want { linker: Some(linker.into()), ..want(GNU) };
        let found = make(&want, &inventory, &Std::Bundled);
        assert!(found.env.is_empty());
        assert!(!found.versions.iter().any(|v| v.name.ends_with("-gcc")));
        let flag = if driver { OURS[1].to_owned() } else { OURS[1].replace("-Wl,", "") };
        assert_eq!(found.rustflags[2], flag, "{linker}");
    }
}

#[test]
fn a_library_from_the_cache_is_named_and_another_compiler_is_said_aloud() {
    let (dir, inventory) = plain();
    let sysroot = PathBuf::from("/cache/sys root");
    let found = make(&want(GNU), &inventory, &Std::Built { sysroot: sysroot.clone() });
    assert_eq!(found.rustflags[0], "--sysroot=/cache/sys root");
    assert_eq!(found.rustflags[1..], [["-Ctarget-feature=+crt-static"].as_slice(), &OURS].concat());
    assert!(found.env.is_empty() && found.notes.is_empty());

    let other = compiler(dir.path(), "usr", "1.96.0");
    let std = Std::Distribution { compiler: other.clone(), sysroot: Some(sysroot) };
    let found = make(&want(GNU), &inventory, &std);
    assert_eq!(found.rustflags[0], "--sysroot=/cache/sys root");
    assert_eq!(found.env, [("RUSTC".to_owned(), Some(other.path.display().to_string()))]);
    assert_eq!(found.versions[0].version, "1.96.0 (abcdef012 2026-01-01)");
    assert_eq!(found.notes.len(), 1);
    assert!(found.notes[0].contains("rustc 1.96.0") && found.notes[0].contains("not by rustc 1.95.0"), "{found:?}");

    let found = make(&want(GNU), &inventory, &Std::Distribution { compiler: other, sysroot: None });
    assert!(!found.rustflags.iter().any(|f| f.starts_with("--sysroot")));
}

#[test]
fn the_native_back_end_sets_no_linker() {
    let (_dir, mut inventory) = plain();
    inventory.cross.get_mut(GNU).unwrap().gcc = Some(tool("x86_64-w64-mingw32-gcc-win32", "gcc (GCC) 12"));
    let want = Want { backend: BackendChoice::Native, crt_static: false, ..want(GNU) };
    let found = make(&want, &inventory, &Std::Bundled);
    assert_eq!((found.backend, found.rustflags), (Backend::Native, OURS.map(str::to_owned).to_vec()));
    assert!(found.env.is_empty());
}

#[test]
fn back_ends_by_target_and_by_what_is_installed() {
    use BackendChoice::{Auto, Mingw, Native, Xwin, Zig};
    let (_dir, all) = plain();
    let mut none = all.clone();
    none.cross.clear();
    let mut only_zig = none.clone();
    only_zig.zig = ZigTools {
        zig: Some(tool("zig", "0.17.1")),
        zigbuild: Some(tool("cargo-zigbuild", "0.24.0")),
        ..ZigTools::default()
    };
    let with = |inventory: &Inventory, triple: &str, choice, linker: Option<&str>| {
        backend(&Want { backend: choice, linker: linker.map(str::to_owned), ..want(triple) }, inventory)
    };
    let (win7, msvc, llvm) = ("x86_64-win7-windows-gnu", "aarch64-pc-windows-msvc", "aarch64-pc-windows-gnullvm");
    // The back end, and whether the choice is explained.
    for (inventory, triple, choice, linker, expected, said) in [
        (&all, GNU, Auto, None, Backend::Mingw, false),
        (&all, "i686-pc-windows-gnu", Mingw, None, Backend::Mingw, false),
        (&none, GNU, Auto, None, Backend::Mingw, false),
        (&only_zig, GNU, Auto, None, Backend::Zig, true),
        (&only_zig, GNU, Auto, Some("my-ld"), Backend::Mingw, false),
        (&only_zig, GNU, Mingw, None, Backend::Mingw, false),
        (&only_zig, win7, Auto, None, Backend::Mingw, false),
        (&all, GNU, Zig, None, Backend::Zig, false),
        (&all, GNU, Native, None, Backend::Native, false),
        (&all, msvc, Auto, None, Backend::Xwin, false),
        (&all, "x86_64-win7-windows-msvc", Xwin, None, Backend::Xwin, false),
        (&all, msvc, Auto, Some("lld-link"), Backend::Native, true),
        (&all, msvc, Xwin, Some("lld-link"), Backend::Xwin, false),
        (&all, llvm, Auto, Some("clang"), Backend::Native, true),
        (&all, llvm, Auto, None, Backend::Zig, true),
    ] {
        let chosen = with(inventory, triple, choice, linker).unwrap();
        assert_eq!((chosen.backend, chosen.why.is_some()), (expected, said), "{triple} {choice:?} {linker:?}");
        let wanted = Want { backend: choice, ..want(triple) };
        assert!(chosen.aloud(&wanted).is_none_or(|said| said.contains(triple) && said.contains(expected.as_str())));
    }
    for (triple, choice, instead) in [
        (msvc, Mingw, "--backend xwin"),
        (msvc, Zig, "--backend xwin"),
        (GNU, Xwin, "--backend mingw"),
        (llvm, Xwin, "--backend zig"),
        (llvm, Mingw, "--backend zig"),
        (win7, Zig, "--backend mingw"),
    ] {
        let problem = with(&all, triple, choice, None).unwrap_err();
        assert_eq!((problem.id, problem.exit), ("backend-mismatch", Exit::Usage), "{triple} {choice:?}");
        assert!(problem.what.contains(triple) && problem.what.contains(choice.as_str()), "{problem}");
        assert_eq!(problem.fixes, [instead]);
    }
    for triple in [msvc, llvm] {
        let problem = with(&all, triple, Native, None).unwrap_err();
        assert_eq!(problem.id, "missing-linker");
        assert!(problem.fixes[0].contains(&format!("target.{triple}.linker")), "{problem}");
    }
}

#[test]
fn gaps_name_every_tool_that_is_missing_and_why_one_does_not_run() {
    let (_dir, mut inventory) = plain();
    let cross = inventory.cross.get_mut(GNU).unwrap();
    cross.gcc = None;
    cross.objcopy = None;
    cross.broken = vec!["`/usr/bin/x86_64-w64-mingw32-gcc` is there and does not run: bad interpreter".into()];
    let found = gaps(Backend::Mingw, &want(GNU), &inventory);
    assert_eq!(found.len(), 1);
    let problem = &found[0].problem;
    assert_eq!((problem.id, problem.exit), ("missing-linker", Exit::ToolMissing));
    for part in ["`x86_64-w64-mingw32-gcc`", "`x86_64-w64-mingw32-objcopy`", "bad interpreter", GNU] {
        assert!(problem.what.contains(part), "{part}: {problem}");
    }
    assert_eq!(problem.fixes[0], "cargo winsvc doctor --target x86_64-pc-windows-gnu --provision");
    assert!(problem.fixes[1].ends_with("gcc-mingw-w64-x86-64"));
    for system in ["dnf", "pacman", "apk", "zypper"] {
        assert!(problem.fixes[2].contains(system));
    }
    let i686 = gaps(Backend::Mingw, &want("i686-pc-windows-gnu"), &inventory);
    assert_eq!(i686[0].package.as_deref(), Some("gcc-mingw-w64-i686"));
}

#[test]
fn a_configured_linker_that_is_not_there_is_the_users_to_mend() {
    let (_dir, inventory) = plain();
    let found = gaps(Backend::Mingw, &Want { linker: Some("no-such-ld".into()), ..want(GNU) }, &inventory);
    assert!(found[0].problem.what.contains("no-such-ld"));
    assert_eq!(found[0].package, None);
}
