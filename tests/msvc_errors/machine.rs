//! Tools and files of the machine.

use crate::support::{Sandbox, finish, xwin_cache, xwin_tools};
use crate::{GNU, MSVC, able, before, refused};
use std::fs;
use std::os::unix::fs::symlink;

/// Makes every LLVM program that is linked with that library unable to start: no package has to be removed for that.
fn break_library(sandbox: &Sandbox, library: &str) -> String {
    let dir = sandbox.path("broken");
    fs::create_dir_all(&dir).unwrap();
    for release in 14..30 {
        // Debian's names over the years.
        for end in [format!("{release}"), format!("{release}.1")] {
            fs::write(dir.join(format!("{library}.so.{end}")), "no library").unwrap();
            fs::write(dir.join(format!("{library}-{release}.so.{end}")), "no library").unwrap();
        }
        fs::write(dir.join(format!("{library}-{release}.so.1")), "no library").unwrap();
    }
    dir.to_str().unwrap().to_owned()
}

#[test]
fn without_a_clang_that_starts() {
    let sandbox = able(Sandbox::hello(""));
    let broken = break_library(&sandbox, "libclang-cpp");
    let sandbox = sandbox.env("LD_LIBRARY_PATH", broken);
    let ran = refused(&sandbox, &[], "missing-llvm", &["clang", MSVC, "cargo winsvc doctor"]);
    // The others are there.
    assert!(ran.stderr.contains("error[missing-llvm]: `clang` not found"), "{}", ran.stderr);
}

#[test]
fn without_llvm() {
    let sandbox = able(Sandbox::hello(""));
    let broken = break_library(&sandbox, "libLLVM");
    let sandbox = sandbox.env("LD_LIBRARY_PATH", broken);
    refused(&sandbox, &[], "missing-llvm", &["clang", "lld-link", "llvm-lib", "cargo winsvc doctor"]);
}

#[test]
fn a_program_that_only_has_the_linkers_name_is_passed_over() {
    let sandbox = able(Sandbox::hello(""));
    // The driver for all linkers, linked under one's name by a script: it goes by its own name and refuses.
    sandbox.script("lld-link", "echo 'lld is a generic driver.' >&2\nexit 1");
    let path = before(&sandbox.path(""));
    let sandbox = sandbox.env("PATH", path);
    // Debian's own name is the right one.
    sandbox.run(&["package", "--target", MSVC]).success();
    assert!(sandbox.output().join(format!("hello-1.2.3-{MSVC}.zip")).is_file());
}

#[test]
fn without_cargo_xwin() {
    let path = std::env::var("PATH").unwrap();
    let dirs = std::env::split_paths(&path).filter(|dir| !dir.join("cargo-xwin").exists());
    let sandbox = able(Sandbox::hello("")).env("PATH", std::env::join_paths(dirs).unwrap());
    refused(&sandbox, &[], "missing-cargo-xwin", &["cargo winsvc doctor", "cargo install cargo-xwin"]);
}

#[test]
fn an_old_cargo_xwin() {
    let sandbox = able(Sandbox::hello(""));
    sandbox.script("cargo-xwin", "echo cargo-xwin 0.18.4");
    let path = before(&sandbox.path(""));
    refused(&sandbox.env("PATH", path), &[], "old-cargo-xwin", &["0.18.4", "0.23", "cargo install cargo-xwin"]);
}

#[test]
fn an_empty_cache_without_network() {
    let sandbox = able(Sandbox::hello(""));
    let empty = sandbox.path("empty");
    fs::create_dir(&empty).unwrap();
    let sandbox = sandbox.env("XWIN_CACHE_DIR", &empty);
    let says = ["XWIN_CACHE_DIR", empty.to_str().unwrap(), "--export-cache", "--import-cache"];
    refused(&sandbox, &["--offline"], "missing-sdk", &says);
    refused(&sandbox, &[], "missing-sdk", &says);
    assert_eq!(fs::read_dir(&empty).unwrap().count(), 0, "nothing is downloaded without --provision");
}

#[test]
fn a_cache_for_other_machines_only() {
    let sandbox = able(Sandbox::hello(""));
    let cache = sandbox.path("cache-of-xwin");
    fs::create_dir_all(cache.join("xwin")).unwrap();
    for part in ["crt", "sdk"] {
        symlink(xwin_cache().join("xwin").join(part), cache.join("xwin").join(part)).unwrap();
    }
    fs::write(cache.join("xwin/DONE"), "aarch64\n").unwrap();
    let sandbox = sandbox.env("XWIN_CACHE_DIR", &cache);
    refused(&sandbox, &[], "missing-sdk", &["aarch64", "x86_64", cache.to_str().unwrap()]);
}

/// A cargo-xwin that can't download; the real one would download Microsoft's files where there is a network.
#[test]
fn a_download_that_fails() {
    let sandbox = able(Sandbox::hello(""));
    let log = sandbox.path("calls");
    let real = xwin_tools().join("cargo-xwin");
    let script = format!(
        "echo \"$*\" >>{}\ncase $* in *cache*) echo 'Error: dns error: failed to lookup address' >&2; exit 1;; esac\nexec {} \"$@\"",
        log.display(),
        real.display()
    );
    sandbox.script("cargo-xwin", &script);
    let (path, empty) = (before(&sandbox.path("")), sandbox.path("empty"));
    let sandbox = sandbox.env("PATH", path).env("XWIN_CACHE_DIR", &empty);
    let ran = sandbox.run(&["package", "--target", MSVC, "--provision", "--yes"]);
    crate::support::check_refusal(
        &ran,
        3,
        &[
            "error[sdk-download]: ",
            "failed to lookup address",
            "cargo-xwin cache xwin",
            "--export-cache",
            "--import-cache",
        ],
    );
    assert!(fs::read_to_string(log).unwrap().lines().any(|l| l.contains("cache xwin")));
    // Whose files they are, their size and their place: before anything is asked of a server.
    let (notice, failure) = (ran.stderr.find("go.microsoft.com"), ran.stderr.find("failed to lookup"));
    assert!(notice.is_some() && notice < failure, "{}", ran.stderr);
    assert!(ran.stderr[..failure.unwrap()].contains(empty.to_str().unwrap()), "{}", ran.stderr);
}

#[test]
fn a_broken_cache() {
    let sandbox = able(Sandbox::hello(""));
    let (file, hollow, blank) = (sandbox.path("file"), sandbox.path("hollow"), sandbox.path("a blank"));
    fs::write(&file, "text").unwrap();
    fs::create_dir_all(hollow.join("xwin")).unwrap();
    fs::write(hollow.join("xwin/DONE"), "aarch64 x86 x86_64\n").unwrap();
    symlink(xwin_cache(), &blank).unwrap();
    let mut sandbox = sandbox;
    for (dir, why) in [(&file, "no folder"), (&hollow, "is not there"), (&blank, "blank")] {
        sandbox = sandbox.env("XWIN_CACHE_DIR", dir);
        refused(&sandbox, &[], "bad-xwin-cache", &["XWIN_CACHE_DIR", dir.to_str().unwrap(), why]);
    }
}

/// A sandbox that lacks the standard library of this target. Rust releases none for it.
fn without_std(none: &str) -> Sandbox {
    let sandbox = able(Sandbox::hello(""));
    // Those that were built before, but for that target's.
    let (sysroots, some) = (sandbox.path("cache/cargo-winsvc/sysroots"), sandbox.path("some"));
    fs::create_dir(&some).unwrap();
    if let Ok(all) = fs::read_dir(&sysroots) {
        for entry in all.map(Result::unwrap).filter(|e| !e.file_name().to_str().unwrap().contains(none)) {
            symlink(entry.path(), some.join(entry.file_name())).unwrap();
        }
        fs::remove_file(&sysroots).unwrap();
    }
    fs::rename(&some, &sysroots).unwrap();
    sandbox
}

#[test]
fn a_standard_library_missing_for_one_of_three_targets() {
    let none = "x86_64-win7-windows-msvc";
    let sandbox = without_std(none);
    let ran = sandbox.run(&["package", "--target", GNU, "--target", none, "--target", MSVC]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.contains("error[missing-std]: ") && ran.stderr.contains(none), "{}", ran.stderr);
    for target in [GNU, MSVC] {
        let zip = sandbox.output().join(format!("hello-1.2.3-{target}.zip"));
        assert!(ran.paths().contains(&zip), "{}\n{}", ran.stdout, ran.stderr);
        let verified = finish(&mut sandbox.command(&["verify", zip.to_str().unwrap()]));
        assert_eq!(verified.code, Some(0), "{}", verified.stderr);
    }
    assert!(!ran.stdout.contains(none));
}

/// What "is told at the end" is told where no target came to a result, too.
#[test]
fn every_target_that_failed_is_told_where_none_is_left() {
    let none = "x86_64-win7-windows-msvc";
    let sandbox = without_std(none);
    sandbox.write("src/main.rs", "fn main() { compile_error!(\"not today\"); }\n");
    for command in ["package", "build"] {
        let ran = sandbox.run(&[command, "--target", GNU, "--target", none, "--target", MSVC]);
        assert_eq!(ran.code, Some(4), "the first that failed decides: {}", ran.stderr);
        for told in [
            format!("error[cargo-failed]: `cargo build` for {GNU} ended"),
            format!("error[cargo-failed]: `cargo build` for {MSVC} ended"),
            "error[missing-std]: ".to_owned(),
        ] {
            assert_eq!(ran.stderr.matches(told.as_str()).count(), 1, "{command}: {told}\n{}", ran.stderr);
        }
        assert!(!sandbox.output().exists() && ran.stdout.is_empty(), "{}", ran.stdout);
    }
}

#[test]
fn doctor_links_a_program_and_is_content_only_when_that_works() {
    let deep = ["doctor", "--target", MSVC, "--deep", "--json"];
    let sandbox = able(Sandbox::hello(""));
    let rows = |sandbox: &Sandbox, code| -> Vec<serde_json::Value> {
        let ran = sandbox.run(&deep);
        assert_eq!(ran.code, Some(code), "{}{}", ran.stdout, ran.stderr);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        report["rows"].as_array().unwrap().iter().filter(|row| row["ok"] == false).cloned().collect()
    };
    rows(&sandbox, 0);

    // One library less, which nothing but a link can notice.
    let cache = sandbox.path("cache-of-xwin");
    for entry in walkdir::WalkDir::new(xwin_cache()).into_iter().map(Result::unwrap) {
        let to = cache.join(entry.path().strip_prefix(xwin_cache()).unwrap());
        let is_headers = entry.path().components().any(|c| c.as_os_str() == "include");
        if entry.file_type().is_dir() {
            fs::create_dir_all(&to).unwrap();
        } else if !is_headers && entry.file_name() != "ws2_32.lib" {
            symlink(entry.path(), &to).unwrap();
        }
    }
    let sandbox = sandbox.env("XWIN_CACHE_DIR", &cache);
    let bad = rows(&sandbox, 3);
    assert!(bad.iter().any(|row| row.to_string().contains("ws2_32.lib")), "{bad:#?}");
}
