//! Published crates that know nothing of this tool are packaged as they are, and run in Wine.
//!
//! They come through cargo, so that any mirror serves, and stay below cargo's folder for test results: the
//! second run finds them built.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod compile_support;
mod support;

use cargo_winsvc::pe::{Image, kind};
use compile_support::{run, tool, write};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use support::{Machine, TARGET};

/// The sources of a published crate, unpacked in a folder of their own.
fn source(name: &str, version: &str) -> PathBuf {
    let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join("published");
    let dir = base.join(format!("{name}-{version}"));
    if dir.join("Cargo.toml").is_file() {
        return dir;
    }
    let fetcher = base.join(format!("fetch-{name}"));
    let manifest = format!(
        "[package]\nname = \"fetcher\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n[dependencies]\n\"{name}\" = \"={version}\"\n"
    );
    write(&fetcher, &[("Cargo.toml", &manifest), ("src/lib.rs", "")]);
    run(std::env::var("CARGO").unwrap(), &[OsStr::new("fetch"), OsStr::new("--quiet")], &fetcher);
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"));
    let registries = std::fs::read_dir(home.join("registry/src")).unwrap();
    let unpacked = registries.flatten().map(|r| r.path().join(format!("{name}-{version}"))).find(|p| p.is_dir());
    let unpacked = unpacked.expect("cargo fetch unpacks it");
    let fresh = base.join(format!("{name}-{version}.new"));
    let _ = std::fs::remove_dir_all(&fresh);
    for entry in walkdir::WalkDir::new(&unpacked) {
        let entry = entry.unwrap();
        let to = fresh.join(entry.path().strip_prefix(&unpacked).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(to).unwrap();
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
    std::fs::rename(&fresh, &dir).unwrap();
    dir
}

/// Packages it as its own developers could, built without optimisation to be quick; returns the unpacked bundle, the symbols
/// and what was said.
fn package(dir: &Path, name: &str, features: &[&str]) -> (PathBuf, PathBuf, String) {
    let output = dir.join("target/bundle");
    let _ = std::fs::remove_dir_all(&output);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cargo-winsvc"));
    command.args(["winsvc", "package", "--locked", "--target", TARGET, "--output"]).arg(&output).current_dir(dir);
    command.args(["--features", &features.join(",")]).env_remove("CARGO_TARGET_DIR");
    command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0").env("CARGO_PROFILE_RELEASE_LTO", "off");
    let ran = command.output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{said}");
    let zips: Vec<PathBuf> = String::from_utf8(ran.stdout).unwrap().lines().map(PathBuf::from).collect();
    let [zip, symbols] = &zips[..] else { panic!("{zips:?}") };
    let unpack = |zip: &Path| support::unpack(zip, &output.join("unpacked"));
    let (top, symbols) = (unpack(zip), unpack_symbols(symbols, &output));
    let debug = symbols.join(format!("{name}.exe.debug"));
    for file in [&top.join(format!("{name}.exe")), &debug] {
        let bytes = std::fs::read(file).unwrap();
        let home = std::env::var("HOME").unwrap();
        for needle in [env!("CARGO_MANIFEST_DIR"), &format!("{home}/.cargo")] {
            assert!(!compile_support::contains(&bytes, needle), "{needle} in {}", file.display());
        }
    }
    (top, debug, said)
}

fn unpack_symbols(zip: &Path, output: &Path) -> PathBuf {
    let into = output.join("unpacked");
    run("unzip", &["-q".as_ref(), zip.as_os_str()], &into);
    into.join(zip.file_stem().unwrap())
}

#[test]
fn b3sum_with_a_build_script_and_c_code() {
    let dir = source("b3sum", "1.8.7");
    // The feature makes blake3's build script compile its C sources.
    let (top, debug, said) = package(&dir, "b3sum", &["prefer_intrinsics"]);
    assert!(said.contains("warning[WS210]"), "it is no service, and is told so: {said}");
    let exe = top.join("b3sum.exe");
    let bytes = std::fs::read(&exe).unwrap();
    let image = Image::parse(&bytes).unwrap();
    for import in image.imports().unwrap() {
        let dll = import.dll.to_lowercase();
        assert!(!dll.starts_with("libgcc") && !dll.contains("winpthread"), "{dll}");
    }
    let version = image.version_info().unwrap();
    assert_eq!(version.file_version.to_string(), "1.8.7.0");
    // The C compiler's debug information came along, under a constant name.
    let table = run(tool("nm"), &[debug.as_os_str()], &dir);
    let line = table.lines().find(|l| l.ends_with(" T blake3_hash_many_avx512")).expect("C is linked in");
    let at = format!("0x{}", line.split(' ').next().unwrap());
    let said = run(tool("addr2line"), &["-e".as_ref(), debug.as_os_str(), at.as_ref()], &dir);
    assert!(said.starts_with("/cargo/registry/blake3-") && said.contains("/c/blake3_avx512.c:"), "{said}");

    let machine = Machine::boot();
    std::fs::copy(&exe, machine.path(r"C:\test\b3sum.exe")).unwrap();
    std::fs::write(machine.path(r"C:\test\abc.txt"), "abc").unwrap();
    let hashed = machine.run(r"C:\test\b3sum.exe", &["--no-names", r"C:\test\abc.txt"]).success().output;
    assert_eq!(hashed.trim(), "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
}

#[test]
fn watchexec_keeps_the_manifest_that_embed_resource_gave_it() {
    let dir = source("watchexec", "1.14.1");
    let (top, _, said) = package(&dir, "watchexec", &[]);
    assert!(said.contains("watchexec.exe: kept"), "it is told what was kept: {said}");
    let exe = top.join("watchexec.exe");
    let bytes = std::fs::read(&exe).unwrap();
    let image = Image::parse(&bytes).unwrap();
    let tree = image.resources().unwrap();
    let manifests: Vec<_> = tree.iter().filter(|(key, _)| key.is(kind::MANIFEST, 1)).collect();
    assert_eq!(manifests.len(), 1);
    assert_eq!(manifests[0].1.data, std::fs::read(dir.join("watchexec.exe.manifest")).unwrap());
    // What it had not is ours.
    assert_eq!(image.version_info().unwrap().file_version.to_string(), "1.14.1.0");

    let machine = Machine::boot();
    std::fs::copy(&exe, machine.path(r"C:\test\watchexec.exe")).unwrap();
    let said = machine.run(r"C:\test\watchexec.exe", &["--version"]).success().output;
    assert!(said.contains("1.14.1"), "{said}");
}
