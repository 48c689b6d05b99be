//! What cargo-xwin by itself would overlook or replace: flags, linker, versions.

use crate::support::{Sandbox, xwin_tools};
use crate::{MSVC, able, before};
use std::fs;

#[test]
fn encoded_flags_with_blanks_reach_the_compiler_beside_cargo_xwins_own() {
    let sandbox = able(Sandbox::hello("")).env("CARGO_ENCODED_RUSTFLAGS", "--cfg\x1fname=\"two words\"");
    let main =
        "fn main() { println!(\"{}\", if cfg!(name = \"two words\") { \"seen by rustc\" } else { \"not seen\" }); }\n";
    sandbox.write("src/main.rs", main);
    // Without cargo-xwin's own flags no library is found.
    sandbox.run(&["package", "--target", MSVC]).success();
    let exe = fs::read(sandbox.project().join(format!("target/{MSVC}/release/hello.exe"))).unwrap();
    let holds = |text: &str| exe.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(holds("seen by rustc") && !holds("not seen"));
}

#[test]
fn a_linker_of_ones_own_is_called() {
    let sandbox = able(Sandbox::hello(""));
    let log = sandbox.path("linked");
    let linker = sandbox.script("my-lld-link", &format!("echo linked >>{}\nexec lld-link-19 \"$@\"", log.display()));
    sandbox.write(".cargo/config.toml", format!("[target.{MSVC}]\nlinker = \"{}\"\n", linker.display()));
    sandbox.run(&["package", "--target", MSVC, "--backend", "xwin"]).success();
    assert_eq!(fs::read_to_string(log).unwrap(), "linked\n");
}

/// The versions that cargo-xwin was told to download, by a run that ends there.
fn asked_for(sandbox: Sandbox) -> String {
    let (log, empty) = (sandbox.path("asked"), sandbox.path("empty"));
    let script = format!(
        "case $* in *cache*) echo \"$XWIN_SDK_VERSION $XWIN_CRT_VERSION $XWIN_ARCH\" >{}; exit 1;; esac\nexec {} \"$@\"",
        log.display(),
        xwin_tools().join("cargo-xwin").display()
    );
    sandbox.script("cargo-xwin", &script);
    let path = before(&sandbox.path(""));
    let sandbox = sandbox.env("PATH", path).env("XWIN_CACHE_DIR", empty);
    sandbox.run(&["package", "--target", MSVC, "--provision", "--yes"]);
    fs::read_to_string(log).unwrap()
}

#[test]
fn the_versions_of_sdk_and_run_time_are_chosen() {
    // cargo-xwin's own choice is the newest of the day.
    assert_eq!(asked_for(able(Sandbox::hello(""))), "10.0.26100 14.44.17.14 x86_64\n");
    let keys = "[package.metadata.winsvc]\nmsvc = { sdk-version = \"10.0.22621\" }\n";
    assert_eq!(asked_for(able(Sandbox::hello(keys))), "10.0.22621 14.44.17.14 x86_64\n");
    let sandbox = able(Sandbox::hello(keys)).env("XWIN_SDK_VERSION", "10.0.20348");
    assert_eq!(asked_for(sandbox), "10.0.20348 14.44.17.14 x86_64\n");
}
