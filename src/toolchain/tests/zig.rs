//! zig and cargo-zigbuild: found where they may be, and asked for only where they are needed.

use super::*;
use crate::error::Problems;
use crate::event::Silent;
use crate::host::Output;
use crate::toolchain::recipe::Backend;
use crate::toolchain::{Options, Ready, prepare};

const LLVM: &str = "x86_64-pc-windows-gnullvm";

/// A machine with Python's package of zig and cargo-zigbuild on PATH.
fn with_zig(machine: &Machine, host: ScriptedHost) -> ScriptedHost {
    let (python, zigbuild) = (machine.path("bin/python3"), machine.path("bin/cargo-zigbuild"));
    host.with_program("python3", &python)
        .says(&format!("{} -m ziglang version", python.display()), "0.17.1")
        .says(
            &format!("{} -m ziglang env", python.display()),
            ".{\n    .zig_exe = \"/py/zig\",\n    .lib_dir = \"/py/a lib\",\n    .std_dir = \"/py/a lib/std\",\n}",
        )
        .with_program("cargo-zigbuild", &zigbuild)
        .says(&format!("{} --version", zigbuild.display()), "cargo-zigbuild 0.24.1")
        .with_env("PATH", "/usr/bin")
}

fn ready(host: &ScriptedHost, want: &Want) -> Ready {
    prepare(host, &Silent, std::slice::from_ref(want), Options::default()).unwrap().remove(0)
}

fn asked(host: &ScriptedHost) -> bool {
    host.lines().iter().any(|l| l.contains("zig"))
}

#[test]
fn cargo_zigbuild_builds_and_everything_else_is_as_with_cargo() {
    let machine = Machine::new();
    add_std(&machine.active.sysroot, LLVM);
    let host = with_zig(&machine, machine.host());
    let recipe = ready(&host, &want(LLVM)).recipe;
    assert_eq!((recipe.backend, recipe.subcommand.as_str(), recipe.linker), (Backend::Zig, "zigbuild", None));
    assert!(!recipe.rustflags.iter().any(|f| f.contains("--no-insert-timestamp")), "{:?}", recipe.rustflags);
    assert!(recipe.env.is_empty() && recipe.objcopy.is_some(), "{:?}", recipe.env);
    assert_eq!(recipe.folders, [(PathBuf::from("/py/a lib"), "/zig".to_owned())], "headers' paths are in debug files");
    let versions: Vec<String> = recipe.versions.iter().skip(2).map(|v| format!("{} {}", v.name, v.version)).collect();
    assert_eq!(versions[..2], ["zig 0.17.1", "cargo-zigbuild 0.24.1"]);
    assert!(
        recipe.notes[0].contains(LLVM) && recipe.notes[0].contains("no linker is configured"),
        "{:?}",
        recipe.notes
    );
}

#[test]
fn those_of_provisioning_are_named_to_cargo() {
    let machine = Machine::new();
    add_std(&machine.active.sysroot, LLVM);
    let ours = machine.path("home/.cache/cargo-winsvc/tools/zig/bin");
    let mut host = machine.host().with_env("PATH", "/usr/bin");
    for (name, args, says) in
        [("python3", "-m ziglang version", "0.17.1"), ("cargo-zigbuild", "--version", "cargo-zigbuild 0.24.0")]
    {
        let path = ours.join(name).display().to_string();
        host = host.with_program(&path, &path).says(&format!("{path} {args}"), says);
    }
    let env = ready(&host, &want(LLVM)).recipe.env;
    let python = ("CARGO_ZIGBUILD_PYTHON_PATH".to_owned(), Some(ours.join("python3").display().to_string()));
    let path = ("PATH".to_owned(), Some(format!("{}:/usr/bin", ours.display())));
    assert_eq!(env, [python, path]);
}

/// The Python that an imported cache's environment links to is that of the other machine.
#[test]
fn an_imported_zig_needs_no_python() {
    let machine = Machine::new();
    add_std(&machine.active.sysroot, LLVM);
    let ours = machine.path("home/.cache/cargo-winsvc/tools/zig");
    let (zig, zigbuild) = (ours.join("lib/python3.11/site-packages/ziglang/zig"), ours.join("bin/cargo-zigbuild"));
    write(&zig, "");
    let mut host = machine.host().with_env("PATH", "/usr/bin");
    for (path, args, says) in [
        (&zig, "version", "0.14.1"),
        (&zig, "env", "{\n \"zig_exe\": \"/z/zig\",\n \"lib_dir\": \"/z/lib\",\n \"std_dir\": \"/z/lib/std\"\n}"),
        (&zigbuild, "--version", "cargo-zigbuild 0.24.0"),
    ] {
        let path = path.display().to_string();
        host = host.with_program(&path, &path).says(&format!("{path} {args}"), says);
    }
    let recipe = ready(&host, &want(LLVM)).recipe;
    assert_eq!(recipe.env[0], ("CARGO_ZIGBUILD_ZIG_PATH".to_owned(), Some(zig.display().to_string())));
    assert_eq!(recipe.folders, [(PathBuf::from("/z/lib"), "/zig".to_owned())], "as zig told it before 0.15");
}

#[test]
fn zig_is_the_last_way_for_gnu_and_not_even_asked_where_gcc_is() {
    let machine = Machine::new();
    add_std(&machine.active.sysroot, GNU);
    let host = with_zig(&machine, machine.host());
    assert_eq!(ready(&host, &want(GNU)).recipe.backend, Backend::Mingw);
    assert!(!asked(&host), "{:?}", host.lines());
    let forced = Want { backend: BackendChoice::Zig, ..want(GNU) };
    assert_eq!(ready(&host, &forced).recipe.backend, Backend::Zig);

    let machine = Machine::new();
    add_std(&machine.active.sysroot, GNU);
    let host = with_zig(&machine, machine.bare());
    let path = machine.path("bin/x86_64-w64-mingw32-objcopy");
    write(&path, "");
    let says = format!("{} --version", path.display());
    let host = host.with_program("x86_64-w64-mingw32-objcopy", &path).says(&says, "GNU (Binutils) 2.40");
    let recipe = ready(&host, &want(GNU)).recipe;
    assert_eq!(recipe.backend, Backend::Zig);
    assert!(recipe.notes[0].contains("gcc is not there"), "{:?}", recipe.notes);
}

#[test]
fn what_is_missing_is_named() {
    let machine = Machine::new();
    add_std(&machine.active.sysroot, LLVM);
    let missing = |host: &ScriptedHost| {
        let error = prepare(host, &Silent, &[want(LLVM)], Options::default()).unwrap_err();
        error.downcast::<Problems>().unwrap().0.remove(0)
    };
    let none = missing(&machine.host());
    assert!(none.id == "missing-zig" && none.what.starts_with("zig and cargo-zigbuild not found"), "{none}");
    assert!(none.fixes[0].contains("--provision") && none.fixes[1].contains("ziglang=="), "{none:?}");
    let python = machine.path("bin/python3");
    let half = machine
        .host()
        .with_program("python3", &python)
        .says(&format!("{} -m ziglang version", python.display()), "0.17.1");
    assert_eq!(missing(&half).id, "missing-cargo-zigbuild");
    // Python without the package is no broken zig.
    let host = machine.host().with_program("python3", &python).fails(
        &format!("{}", python.display()),
        1,
        "No module named ziglang",
    );
    assert!(!missing(&host).what.contains("No module"), "{}", missing(&host));
}

/// mingw's gcc is there and can't link for it, and zig can only through cargo-zigbuild.
#[test]
fn a_library_for_gnullvm_is_built_without_a_linker_and_holds_no_dll() {
    let machine = Machine::new();
    add_sources(&machine.active.sysroot);
    let host = with_zig(&machine, machine.host()).says("cargo fetch", "").on("cargo build", |cmd| {
        let env = |key: &str| cmd.env.iter().find(|(k, _)| k == key).unwrap().1.clone().unwrap();
        let out = PathBuf::from(env("CARGO_TARGET_DIR")).join(LLVM).join("dist/deps");
        for name in ["libstd-1.rlib", "libcore-2.rlib", "liballoc-3.rlib", "libstd-1.dll.a"] {
            write(&out.join(name), "");
        }
        // As rustc calls it; without the file cargo would fail.
        let (linker, dll) = (env("CARGO_TARGET_X86_64_PC_WINDOWS_GNULLVM_LINKER"), out.join("std-1.dll"));
        let linked = std::process::Command::new(linker).arg("a b.o").arg("-o").arg(&dll).arg("-shared").status();
        assert!(linked.unwrap().success() && dll.is_file());
        Output { code: Some(0), ..Output::default() }
    });
    let options = Options { provision: true, yes: true, ..Options::default() };
    let recipe = prepare(&host, &Silent, &[want(LLVM)], options).unwrap().remove(0).recipe;
    let sysroot = recipe.rustflags.iter().find_map(|f| f.strip_prefix("--sysroot=")).unwrap();
    let lib = Path::new(sysroot).join("lib/rustlib").join(LLVM).join("lib");
    let mut names: Vec<_> = std::fs::read_dir(lib).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["liballoc-3.rlib", "libcore-2.rlib", "libstd-1.rlib"]);
}
