//! Former looks: used while nothing changed, dropped when anything did.

use super::*;
use crate::toolchain::probe::inventory_for;

/// Programs that one look starts.
fn look(host: &ScriptedHost, rustc: Option<&Path>) -> (Inventory, usize) {
    let before = host.lines().len();
    let inventory = inventory_for(host, &[want(GNU)], false, rustc);
    (inventory, host.lines().len() - before)
}

/// A machine whose rustc is a rustup proxy.
fn with_rustup() -> (Machine, ScriptedHost) {
    let machine = Machine::new();
    write(&machine.path("cargo/bin/rustup"), "rustup");
    for name in ["rustc", "cargo"] {
        std::os::unix::fs::symlink("rustup", machine.path(&format!("cargo/bin/{name}"))).unwrap();
    }
    write(&machine.path("home/.rustup/settings.toml"), "");
    write(&machine.path("toolchain/bin/cargo"), "");
    std::fs::create_dir_all(machine.path("toolchain/lib")).unwrap();
    let rustc = machine.path("cargo/bin/rustc").display().to_string();
    let cargo = machine.path("cargo/bin/cargo").display().to_string();
    let host = machine
        .host()
        .with_program("rustc", &rustc)
        .with_program("cargo", &cargo)
        .says(&format!("{rustc} -vV"), &machine.active.verbose)
        .says(&format!("{rustc} --print sysroot"), &machine.active.sysroot.display().to_string())
        .says(&format!("{cargo} -V"), "cargo 1.95.0 (f2d3ce0bd 2026-03-21)");
    (machine, host)
}

#[test]
fn the_second_look_starts_nothing_and_finds_the_same() {
    let (machine, host) = with_rustup();
    let (first, started) = look(&host, None);
    assert_eq!(started, 5, "{:?}", host.lines());
    let compiler = first.compiler.clone().unwrap();
    assert_eq!(compiler.path, machine.active.path, "the compiler behind the proxy");
    assert!(compiler.rustup);
    assert_eq!(compiler.release, version("1.95.0"));
    let (second, started) = look(&host, None);
    assert_eq!(started, 0, "{:?}", host.lines());
    assert_eq!(first, second);
    let all = inventory_for(&host, &[want(GNU)], true, None);
    assert_eq!((all, host.lines().len()), (first, 10), "a fresh look asks everything again");
}

#[test]
fn whatever_may_change_an_answer_is_noticed() {
    type Change = fn(&Machine);
    let changes: [(&str, Change, usize); 7] = [
        ("nothing", |_| {}, 0),
        ("a toolchain file", |m| write(&m.path("project/rust-toolchain.toml"), ""), 3),
        ("a toolchain file above", |m| write(&m.path("rust-toolchain"), "nightly"), 3),
        ("rustup's settings", |m| write(&m.path("home/.rustup/settings.toml"), "default = 1"), 3),
        ("a toolchain that came or went", |m| std::fs::create_dir_all(m.path("home/.rustup/toolchains/x")).unwrap(), 3),
        ("an update of the compiler", |m| write(&m.path("toolchain/bin/rustc"), "new"), 2),
        ("another gcc", |m| write(&m.path("bin/x86_64-w64-mingw32-gcc"), "new"), 1),
    ];
    for (what, change, asked) in changes {
        let (machine, host) = with_rustup();
        look(&host, None);
        change(&machine);
        assert_eq!(look(&host, None).1, asked, "{what}: {:?}", &host.lines()[5..]);
    }
    for (key, asked) in [("RUSTUP_TOOLCHAIN", 5), ("PATH", 5), ("UNRELATED", 0)] {
        let (_machine, host) = with_rustup();
        look(&host, None);
        let host = host.with_env(key, "other");
        assert_eq!(look(&host, None).1, asked, "{key}");
    }
}

#[test]
fn a_program_that_may_be_anything_is_asked_each_time() {
    let machine = Machine::new();
    let wrapper = machine.path("bin/rustc-wrapper");
    write(&wrapper, "#!/bin/sh");
    let line = wrapper.display().to_string();
    let host = machine
        .host()
        .with_program(&line, &wrapper)
        .says(&format!("{line} -vV"), &machine.active.verbose)
        .says(&format!("{line} --print sysroot"), &machine.active.sysroot.display().to_string());
    let (inventory, _) = look(&host, Some(&wrapper));
    let compiler = inventory.compiler.unwrap();
    assert_eq!((compiler.path.as_path(), compiler.chosen), (wrapper.as_path(), true));
    let before = host.lines().len();
    look(&host, Some(&wrapper));
    let again: Vec<String> = host.lines()[before..].iter().filter(|l| l.starts_with(&line)).cloned().collect();
    assert_eq!(again.len(), 2, "{again:?}");
}

#[test]
fn tools_are_tried_and_a_variant_stands_in_for_a_broken_one() {
    let machine = Machine::new();
    let gcc = machine.path("bin/x86_64-w64-mingw32-gcc").display().to_string();
    let host = machine
        .host()
        .fails(&format!("{gcc} --version"), 127, "cannot execute: required file not found")
        .with_program("x86_64-w64-mingw32-gcc-posix", "/opt/gcc-posix")
        .says("/opt/gcc-posix --version", "x86_64-w64-mingw32-gcc-posix (GCC) 12-posix");
    let (inventory, _) = look(&host, None);
    let cross = &inventory.cross[GNU];
    assert_eq!(cross.gcc.as_ref().unwrap().name, "x86_64-w64-mingw32-gcc-posix");
    assert_eq!(cross.broken.len(), 1);
    assert!(cross.broken[0].contains("required file not found"), "{:?}", cross.broken);
}

#[test]
fn a_cache_that_is_damaged_or_can_not_be_written_is_none() {
    let (machine, host) = with_rustup();
    look(&host, None);
    let probes = machine.path("home/.cache/cargo-winsvc/probe");
    for entry in std::fs::read_dir(&probes).unwrap() {
        std::fs::write(entry.unwrap().path(), "{\"format\":1,").unwrap();
    }
    assert_eq!(look(&host, None).1, 5);
    std::fs::remove_dir_all(&probes).unwrap();
    write(&probes, "a file where the folder should be");
    assert_eq!(look(&host, None).1, 5);
    assert!(look(&host, None).0.compiler.is_some());
}
