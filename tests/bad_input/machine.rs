//! The machine lacks something, or cargo refuses.

use crate::support::{MAIN, Sandbox, hello_toml, path_of_only};

#[test]
fn no_linker() {
    let path = path_of_only("path-without-mingw", &["cargo", "rustc", "rustup", "sh", "cc", "ld", "as"]);
    let sandbox = Sandbox::hello("").env("PATH", path);
    let says = [
        "error[missing-linker]: `x86_64-w64-mingw32-gcc`",
        "not found",
        "fix: cargo winsvc doctor --target x86_64-pc-windows-gnu --provision\n",
        "apt-get install --no-install-recommends gcc-mingw-w64-x86-64\n",
    ];
    for command in ["package", "build", "plan"] {
        sandbox.refused(&[command], 3, &says);
    }
}

#[test]
fn no_standard_library() {
    let sandbox = Sandbox::hello("");
    // A compiler whose sysroot holds nothing for Windows.
    let sysroot = sandbox.path("empty-sysroot").display().to_string();
    let real = which::which("rustc").unwrap();
    let rustc = format!("[ \"$*\" = '--print sysroot' ] && echo '{sysroot}' && exit\nexec '{}' \"$@\"", real.display());
    let rustc = sandbox.script("rustc", &rustc);
    let kept = sandbox.path("cache/cargo-winsvc/sysroots");
    if kept.is_symlink() {
        std::fs::remove_file(kept).unwrap();
    }
    let sandbox = sandbox.env("RUSTC", rustc);
    let says = [
        "error[missing-std]: rustc ",
        "has no standard library for x86_64-pc-windows-gnu\n",
        "fix: cargo winsvc doctor --target x86_64-pc-windows-gnu --provision\n",
    ];
    for command in ["package", "build", "plan"] {
        sandbox.refused(&[command], 3, &says);
    }
}

#[test]
fn no_cargo() {
    let sandbox = Sandbox::hello("").env("CARGO", "/nowhere/cargo");
    let says = ["error[no-cargo]: can't run `/nowhere/cargo`", "fix: install Rust (https://rustup.rs) or set CARGO"];
    sandbox.refused(&["package"], 3, &says);
}

#[test]
fn a_crate_that_does_not_compile() {
    let sandbox = Sandbox::hello("");
    sandbox.write("src/main.rs", "fn main() { let number: u32 = \"text\"; }\n");
    let says = [
        // The compiler's own words, as cargo shows them.
        "error[E0308]: mismatched types",
        "--> src/main.rs:1:31",
        "could not compile `hello`",
        "error[cargo-failed]: `cargo build` for x86_64-pc-windows-gnu ended with exit code 101\n",
        "fix: see what cargo said above; it ran as: cargo build ",
    ];
    for command in [&["package"][..], &["build"], &["package", "-q"]] {
        sandbox.refused_late(command, 4, &says);
    }
}

#[test]
fn a_failed_build_leaves_the_former_result() {
    let sandbox = Sandbox::hello("");
    sandbox.run(&["package", "--profile", "dev"]).success();
    sandbox.write("src/main.rs", "fn main() { no_such_thing() }\n");
    sandbox.refused_late(&["package", "--profile", "dev"], 4, &["no_such_thing", "error[cargo-failed]"]);
}

#[test]
fn locked_with_a_stale_lock_file() {
    let sandbox = Sandbox::new(&[
        ("Cargo.toml", &hello_toml("[dependencies]\ndep = { path = \"dep\" }\n")),
        ("src/main.rs", MAIN),
        ("dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        ("dep/src/lib.rs", ""),
        ("Cargo.lock", "version = 4\n\n[[package]]\nname = \"hello\"\nversion = \"1.2.3\"\n"),
    ]);
    let lock = || std::fs::read(sandbox.project().join("Cargo.lock")).unwrap();
    let before = lock();
    let says = ["Cargo.lock", "--locked", "error[cargo-failed]", "--locked", "fix: see what cargo said above"];
    sandbox.refused_late(&["package", "--locked"], 4, &says);
    assert_eq!(lock(), before);
}

#[test]
fn a_compiler_that_is_too_old_for_the_crate() {
    let sandbox = Sandbox::hello("");
    sandbox.write("Cargo.toml", hello_toml("").replace("edition", "rust-version = \"1.999\"\nedition"));
    // Cargo says it itself, before it compiles anything.
    let ran = sandbox.run(&["package"]);
    assert!([Some(3), Some(4)].contains(&ran.code), "{}", ran.stderr);
    assert!(ran.stderr.contains("1.999"), "{}", ran.stderr);
    assert!(!sandbox.output().exists());
}
