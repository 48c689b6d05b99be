//! Built twice, in directories of different length: the same bytes, and nothing of the machine in them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod compile_support;
mod support;

use cargo_winsvc::config::DebugInfo;
use cargo_winsvc::symbols::{Keep, split};
use compile_support::{Job, contains, tool, write};
use std::path::{Path, PathBuf};

/// A workspace with everything that has been seen to carry paths: a dependency in a folder of its own, one from a registry,
/// generated code, C code with `__FILE__` and assertions, `raw-dylib` imports, panics, generics of the standard library.
fn project(root: &Path) {
    write(
        root,
        &[
            ("Cargo.toml", "[workspace]\nmembers = [\"app\", \"lib\"]\nresolver = \"2\"\n"),
            (
                "app/Cargo.toml",
                "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nhelper = { path = \"../lib\" }\nitoa = \"=1.0.18\"\n\
                 [build-dependencies]\ncc = \"=1.2.67\"\n",
            ),
            (
                "app/build.rs",
                "fn main() {\n    let out = std::path::PathBuf::from(std::env::var(\"OUT_DIR\").unwrap());\n\
                 \x20   std::fs::write(out.join(\"made.rs\"), \"#[inline(never)] pub fn made(n: usize) -> usize { assert!(n < 77, \\\"made\\\"); n * 3 }\").unwrap();\n\
                 \x20   cc::Build::new().file(\"c/part.c\").compile(\"part\");\n    println!(\"cargo:rerun-if-changed=c/part.c\");\n}\n",
            ),
            (
                "app/c/part.c",
                "#include <stdio.h>\n#include \"part.h\"\nint part(int n) { if (n > 90) printf(\"%s:%d\\n\", __FILE__, __LINE__); return header(n) + 1; }\n",
            ),
            ("app/c/part.h", "static int header(int n) { if (n > 91) puts(__FILE__); return n; }\n"),
            (
                "app/src/main.rs",
                "mod made { include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\")); }\n\
                 #[link(name = \"winmm\", kind = \"raw-dylib\")]\nextern \"system\" { fn timeGetTime() -> u32; }\n\
                 extern \"C\" { fn part(n: i32) -> i32; }\n\
                 fn main() {\n    let n = std::env::args().count();\n    let mut list: Vec<usize> = (0..n).collect();\n    list.swap(n - 1, 0);\n    list.remove(0);\n\
                 \x20   let t = unsafe { timeGetTime() };\n    let mut b = itoa::Buffer::new();\n\
                 \x20   println!(\"{} {} {} {}\", b.format(helper::help(n)), made::made(n), unsafe { part(n as i32) }, t);\n\
                 \x20   let map: std::collections::HashMap<usize, String> = list.iter().map(|n| (*n, n.to_string())).collect();\n    println!(\"{}\", map[&n]);\n}\n",
            ),
            ("lib/Cargo.toml", "[package]\nname = \"helper\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            (
                "lib/src/lib.rs",
                "#[inline(never)]\npub fn help(n: usize) -> usize { assert!(n < 88, \"in {}\", file!()); n + 1 }\n",
            ),
        ],
    );
}

/// Executable and debug file.
fn build(root: &Path, debug_info: DebugInfo, env: &[(&str, &str)]) -> (Vec<u8>, Vec<u8>) {
    let mut job = Job::new(root, &[("app", "app")]);
    job.debug_info = debug_info;
    for (key, value) in env {
        job = job.env(key, value);
    }
    let built = job.run().unwrap();
    let out = split(&job.host, &tool("objcopy"), &built.exes[0].path, &root.join("out"), Keep::Split).unwrap();
    (std::fs::read(out.exe).unwrap(), std::fs::read(out.debug.unwrap()).unwrap())
}

fn cargo_home() -> PathBuf {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    home.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"))
}

/// The text around the first find.
fn find(bytes: &[u8], needle: &str) -> Option<String> {
    let at = bytes.windows(needle.len()).position(|w| w == needle.as_bytes())?;
    let from = bytes[..at].iter().rposition(|b| !(32..127).contains(b)).map_or(0, |n| n + 1);
    let to = bytes[at..].iter().position(|b| !(32..127).contains(b)).map_or(bytes.len(), |n| at + n);
    Some(String::from_utf8_lossy(&bytes[from.max(at.saturating_sub(80))..to.min(at + 160)]).into_owned())
}

#[test]
fn same_bytes_in_directories_of_different_length_and_no_path_inside() {
    let dir = tempfile::tempdir().unwrap();
    let short = dir.path().join("a");
    let long = dir.path().join("some/much/longer/directory-name");
    let mut results = Vec::new();
    for root in [&short, &long] {
        project(root);
        if root == &long {
            std::fs::copy(short.join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
        }
        let (exe, debug) = build(root, DebugInfo::Full, &[]);
        let home = std::env::var("HOME").unwrap();
        for (what, bytes) in [("exe", &exe), ("debug file", &debug)] {
            for needle in [dir.path().to_str().unwrap(), cargo_home().to_str().unwrap(), &home, "/.tmp"] {
                // A home of `/` or the like is no needle.
                if needle.len() > 4 {
                    assert_eq!(find(bytes, needle), None, "{needle} in the {what}");
                }
            }
        }
        results.push((exe, debug));
    }
    let (a, b) = (&results[0], &results[1]);
    // C sources, generated code, dependencies: all have a constant name.
    for name in ["/src/app", "/target/", "/cargo/registry", "c/part.c", "lib/src/lib.rs"] {
        assert!(contains(&a.1, name) || contains(&a.0, name), "{name}");
    }
    for (what, a, b) in [("executable", &a.0, &b.0), ("debug file", &a.1, &b.1)] {
        if a != b {
            let at = a.iter().zip(b).position(|(x, y)| x != y);
            panic!("the {what}s differ: {} and {} bytes, first at {at:?}", a.len(), b.len());
        }
    }
}

#[test]
fn spaces_letters_and_a_target_folder_elsewhere_change_nothing_either() {
    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain");
    let odd = dir.path().join("ünï cödé dir");
    let target = dir.path().join("other target");
    project(&plain);
    project(&odd);
    let flags = [("CFLAGS", "-O1 -DUSER=1")];
    let (exe, debug) = build(&plain, DebugInfo::Limited, &flags);
    std::fs::copy(plain.join("Cargo.lock"), odd.join("Cargo.lock")).unwrap();
    let (odd_exe, odd_debug) =
        build(&odd, DebugInfo::Limited, &[flags[0], ("CARGO_TARGET_DIR", target.to_str().unwrap())]);
    assert!(exe == odd_exe, "the executables differ");
    assert!(debug == odd_debug, "the debug files differ");
    assert_eq!(find(&odd_debug, "ünï"), None);
    assert_eq!(find(&odd_debug, "other target"), None);
}

/// The whole job on the example: archive and symbols, checksums and manifests included.
#[test]
fn two_clean_runs_in_folders_of_different_length_give_the_same_archives() {
    let base = tempfile::tempdir().unwrap();
    let packaged = |folder: &str| {
        let dir = base.path().join(folder);
        support::link_or_copy_tree(&support::repo().join("examples/acme-agent"), &dir, &|_| false);
        let _ = std::fs::remove_dir_all(dir.join("target"));
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cargo-winsvc"));
        command.args(["winsvc", "package", "--locked", "--target", support::TARGET]).current_dir(&dir);
        let ran = command.env_remove("CARGO_TARGET_DIR").output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(dir.join("target/winsvc")).unwrap().map(|e| e.unwrap().path()).collect();
        files.retain(|f| f.is_file() && !f.file_name().unwrap().to_str().unwrap().starts_with('.'));
        files.sort();
        files
    };
    let (one, two) = (packaged("a"), packaged("a rather long name/with another folder below"));
    let names = |files: &[PathBuf]| files.iter().map(|f| f.file_name().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&one), names(&two));
    assert_eq!(one.len(), 6, "{one:?}");
    for (one, two) in one.iter().zip(&two) {
        assert!(std::fs::read(one).unwrap() == std::fs::read(two).unwrap(), "{} differs", one.display());
    }
}
