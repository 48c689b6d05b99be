//! Published crates that know nothing of this tool are built as they are.
//!
//! They come through cargo, so that a mirror serves as well as crates.io, and stay below cargo's folder for test results: the
//! second run finds them built.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod compile_support;

use cargo_winsvc::pe::{Image, kind};
use cargo_winsvc::symbols::{Keep, Tools, split};
use compile_support::{Job, run, tool, write};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

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

/// Stripped executable and debug file, built without optimisation to be quick.
fn build(dir: &Path, name: &str, features: &[&str]) -> (PathBuf, PathBuf) {
    let mut job = Job::new(dir, &[(name, name)])
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_LTO", "off");
    job.args.locked = true;
    job.args.features = features.iter().map(|f| (*f).to_owned()).collect();
    let built = job.run().unwrap();
    let tools = Tools { objcopy: tool("objcopy"), strip: tool("strip") };
    let out = split(&job.host, &tools, &built.exes[0].path, &dir.join("target/split"), Keep::Split).unwrap();
    let debug = out.debug.unwrap();
    for file in [&out.exe, &debug] {
        let bytes = std::fs::read(file).unwrap();
        let home = std::env::var("HOME").unwrap();
        for needle in [env!("CARGO_MANIFEST_DIR"), &format!("{home}/.cargo")] {
            assert!(!compile_support::contains(&bytes, needle), "{needle} in {}", file.display());
        }
    }
    (out.exe, debug)
}

#[test]
fn b3sum_with_a_build_script_and_c_code() {
    let dir = source("b3sum", "1.8.7");
    // The feature makes blake3's build script compile its C sources.
    let (exe, debug) = build(&dir, "b3sum", &["prefer_intrinsics"]);
    let bytes = std::fs::read(&exe).unwrap();
    let image = Image::parse(&bytes).unwrap();
    for import in image.imports().unwrap() {
        let dll = import.dll.to_lowercase();
        assert!(!dll.starts_with("libgcc") && !dll.contains("winpthread"), "{dll}");
    }
    // The C compiler's debug information came along, under a constant name.
    let table = run(tool("nm"), &[debug.as_os_str()], &dir);
    let line = table.lines().find(|l| l.ends_with(" T blake3_hash_many_avx512")).expect("C is linked in");
    let at = format!("0x{}", line.split(' ').next().unwrap());
    let said = run(tool("addr2line"), &["-e".as_ref(), exe.as_os_str(), at.as_ref()], &dir);
    assert!(said.starts_with("/cargo/registry/blake3-") && said.contains("/c/blake3_avx512.c:"), "{said}");
}

#[test]
fn watchexec_keeps_the_manifest_that_embed_resource_gave_it() {
    let dir = source("watchexec", "1.14.1");
    let (exe, _) = build(&dir, "watchexec", &[]);
    let bytes = std::fs::read(&exe).unwrap();
    let tree = Image::parse(&bytes).unwrap().resources().unwrap();
    let manifests: Vec<_> = tree.iter().filter(|(key, _)| key.is(kind::MANIFEST, 1)).collect();
    assert_eq!(manifests.len(), 1);
    assert_eq!(manifests[0].1.data, std::fs::read(dir.join("watchexec.exe.manifest")).unwrap());
}
