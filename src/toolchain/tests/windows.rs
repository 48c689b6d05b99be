//! On Windows itself.

use super::*;
use crate::error::Exit;
use crate::toolchain::Options;
use crate::toolchain::prepare;
use crate::toolchain::recipe::{Backend, backend, gaps};
use crate::toolchain::survey::survey;

const MSVC: &str = "x86_64-pc-windows-msvc";
const LLVM_OBJCOPY: &str =
    "llvm-objcopy, compatible with GNU objcopy\nLLVM (http://llvm.org/):\n  LLVM version 22.1.2-rust-1.95.0-stable";

/// A compiler that runs on Windows, and nothing else but cargo.
fn windows() -> (Machine, ScriptedHost) {
    let mut machine = Machine::new();
    machine.active.verbose = verbose("1.95.0").replace("x86_64-unknown-linux-gnu", MSVC);
    for triple in [GNU, MSVC] {
        add_std(&machine.active.sysroot, triple);
    }
    let host = machine.bare();
    (machine, host)
}

fn with_objcopy(machine: &Machine, host: ScriptedHost, name: &str) -> (PathBuf, ScriptedHost) {
    let path = machine.active.sysroot.join("lib/rustlib").join(MSVC).join("bin").join(name);
    write(&path, "");
    let says = format!("{} --version", path.display());
    let host = host.with_program(path.to_str().unwrap(), &path).says(&says, LLVM_OBJCOPY);
    (path, host)
}

#[test]
fn cargo_links_with_what_rustc_finds() {
    let (_machine, host) = windows();
    let ready = prepare(&host, &crate::event::Silent, &[want(MSVC)], Options::default()).unwrap();
    let recipe = &ready[0].recipe;
    assert_eq!((recipe.backend, &recipe.objcopy, &recipe.linker), (Backend::Native, &None, &None));
    assert!(recipe.env.is_empty() && recipe.cargo_args.is_empty() && recipe.notes.is_empty(), "{recipe:?}");
    assert_eq!(
        recipe.rustflags,
        ["-Ctarget-feature=+crt-static", "-Clink-arg=/Brepro", "-Clink-arg=/PDBALTPATH:%_PDB%"]
    );
}

#[test]
fn back_ends_that_cross_are_refused() {
    let (dir, mut inventory) = (tempfile::tempdir().unwrap(), Inventory::default());
    inventory.compiler = Some(Compiler { host: MSVC.into(), ..compiler(dir.path(), "toolchain", "1.95.0") });
    use BackendChoice as Choice;
    for (triple, choice) in [(GNU, Choice::Mingw), (GNU, Choice::Zig), (MSVC, Choice::Xwin)] {
        let problem = backend(&Want { backend: choice, ..want(triple) }, &inventory).unwrap_err();
        assert_eq!((problem.id, problem.exit), ("backend-mismatch", Exit::Usage));
        assert_eq!(problem.fixes, ["--backend native"]);
    }
    let configured = Want { linker: Some("lld-link".into()), ..want(MSVC) };
    assert_eq!(backend(&configured, &inventory).unwrap().backend, Backend::Native);
    assert_eq!(gaps(Backend::Native, &configured, &inventory)[0].problem.id, "missing-linker", "it is not there");
}

#[test]
fn the_compilers_own_objcopy_splits() {
    let (machine, host) = windows();
    let missing = prepare(&host, &crate::event::Silent, &[want(GNU)], Options::default()).unwrap_err();
    let missing = missing.downcast::<crate::error::Problems>().unwrap().0.remove(0);
    assert_eq!((missing.id, missing.exit), ("missing-objcopy", Exit::ToolMissing));
    assert_eq!(missing.fixes[0], "rustup component add llvm-tools");
    let (second, host) = with_objcopy(&machine, host, "llvm-objcopy");
    let objcopy = |host: &ScriptedHost| {
        let ready = prepare(host, &crate::event::Silent, &[want(GNU)], Options::default()).unwrap();
        let version = ready[0].recipe.versions.last().map(|v| format!("{} {}", v.name, v.version));
        (ready[0].recipe.objcopy.clone().unwrap(), version.unwrap())
    };
    let version = "llvm-objcopy 22.1.2-rust-1.95.0-stable";
    assert_eq!(objcopy(&host), (second, version.to_owned()));
    let (first, host) = with_objcopy(&machine, host, "rust-objcopy");
    assert_eq!(objcopy(&host), (first, version.to_owned()));
}

#[test]
fn a_survey_links_since_only_rustc_knows_what_with() {
    let (_machine, host) = windows();
    let host = host.fails("cargo build", 101, "error: linker `link.exe` not found\n");
    let rows = survey(&host, &[want(MSVC)], None, false).unwrap();
    let items: Vec<(&str, bool)> = rows.iter().map(|r| (r.item, r.ok)).collect();
    assert_eq!(
        items,
        [
            ("compiler", true),
            ("cargo", true),
            ("back end", true),
            ("linker", true),
            ("standard library", true),
            ("link test", false),
            ("PowerShell", true)
        ]
    );
    let test = rows.iter().find(|r| !r.ok).unwrap();
    assert!(test.found.contains("link.exe"), "{test:?}");
    assert!(test.fixes[0].contains("Visual Studio"), "{test:?}");
}
