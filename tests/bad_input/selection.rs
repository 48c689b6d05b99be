//! What to package, and for which target.

use crate::support::{MAIN, Sandbox, hello_toml};

#[test]
fn an_empty_target_folder() {
    let sandbox = Sandbox::hello("").env("CARGO_TARGET_DIR", "");
    let says = ["error[cargo-metadata]", "CARGO_TARGET_DIR", "fix: unset CARGO_TARGET_DIR\n"];
    sandbox.refused(&["package"], 2, &says);
}

#[test]
fn no_cargo_toml() {
    let sandbox = Sandbox::new(&[("src/main.rs", MAIN)]);
    let here = sandbox.project().display().to_string();
    let says = ["error[no-manifest]: no Cargo.toml in `", &here, "` or any folder above it", "--manifest-path"];
    for command in ["package", "build", "plan"] {
        sandbox.refused(&[command], 2, &says);
    }
    let says = ["error[no-manifest]: there is no file `elsewhere/Cargo.toml`", "fix: --manifest-path "];
    sandbox.refused(&["package", "--manifest-path", "elsewhere/Cargo.toml"], 2, &says);
}

#[test]
fn a_cargo_toml_that_is_not_toml() {
    let sandbox = Sandbox::hello("this is = = not TOML\n");
    let manifest = sandbox.project().join("Cargo.toml").display().to_string();
    // Cargo's own message, with the line.
    let says = ["error[cargo-metadata]: cargo can't read `", &manifest, "Cargo.toml:6:", "fix: cargo metadata "];
    sandbox.refused(&["package"], 2, &says);
}

#[test]
fn no_binary() {
    let sandbox = Sandbox::new(&[("Cargo.toml", &hello_toml("")), ("src/lib.rs", "")]);
    let says = ["error[no-binary]: package `hello` has no binary target", "fix: add src/main.rs or a [[bin]] section"];
    sandbox.refused(&["package"], 2, &says);
    sandbox.refused(&["package", "--workspace"], 2, &says);
    sandbox.refused(&["package", "-p", "hello"], 2, &["error[no-binary]", "`hello`", "fix: add src/main.rs"]);
}

#[test]
fn several_binaries_and_none_chosen() {
    let sandbox = Sandbox::hello("");
    sandbox.write("src/bin/admin.rs", MAIN);
    let says = [
        "error[several-binaries]: package `hello` has several binaries and none is chosen as the service: `admin` and `hello`",
        "--> Cargo.toml:2:1",
        "fix: --bin admin\n",
        "fix: --bin hello\n",
        "fix: [package.metadata.winsvc.services.admin]  bin = \"admin\"\n",
    ];
    sandbox.refused(&["package"], 2, &says);
    let says = ["error[unknown-binary]: no binary `helo` in the chosen packages", "fix: --bin hello\n"];
    sandbox.refused(&["package", "--bin", "helo"], 2, &says);
}

#[test]
fn several_packages_and_none_chosen() {
    let member = |name: &str| hello_toml("").replace("hello", name);
    let sandbox = Sandbox::new(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"2\"\n"),
        ("a/Cargo.toml", &member("agent")),
        ("a/src/main.rs", MAIN),
        ("b/Cargo.toml", &member("broker")),
        ("b/src/main.rs", MAIN),
    ]);
    let says = [
        "error[several-packages]",
        "`agent` and `broker`",
        "fix: -p agent\n",
        "fix: -p broker\n",
        "fix: --workspace\n",
    ];
    sandbox.refused(&["package"], 2, &says);
}

#[test]
fn an_unknown_package() {
    let sandbox = Sandbox::hello("");
    let says = ["error[unknown-package]: no package `helo` in the workspace (`-p helo`)", "fix: -p hello\n"];
    sandbox.refused(&["package", "-p", "helo"], 2, &says);
    sandbox.refused(&["plan", "-p", "helo"], 2, &says);
    let says = ["no package `hello@2.0.0`", "the members are `hello`"];
    sandbox.refused(&["package", "-p", "hello@2.0.0"], 2, &says);
}

#[test]
fn a_target_that_is_not_windows() {
    let sandbox = Sandbox::hello("");
    let linux = "x86_64-unknown-linux-gnu";
    let says = [
        "error[unknown-target]",
        "`--target x86_64-unknown-linux-gnu`",
        "is not a Windows target",
        "fix: --target x86_64-pc-windows-gnu\n",
    ];
    sandbox.refused(&["package", "--target", linux], 2, &says);
    let says = [
        "error[unknown-target]",
        "CARGO_BUILD_TARGET=x86_64-unknown-linux-gnu",
        "fix: CARGO_BUILD_TARGET=x86_64-pc-windows-gnu",
    ];
    let sandbox = sandbox.env("CARGO_BUILD_TARGET", linux);
    sandbox.refused(&["package"], 2, &says);
}

#[test]
fn an_unknown_windows_target() {
    let sandbox = Sandbox::hello("");
    let says = ["error[unknown-target]", "`x86_64-pc-windows-gun`", "fix: --target x86_64-pc-windows-gnu\n"];
    sandbox.refused(&["package", "--target", "x86_64-pc-windows-gun"], 2, &says);
    sandbox.write("Cargo.toml", hello_toml("[package.metadata.winsvc]\ntargets = [\"x86_64-pc-windows\"]\n"));
    let says =
        ["error[unknown-target]: `targets[0]`: `x86_64-pc-windows` is", "--> Cargo.toml:7:", "x86_64-pc-windows-gnu"];
    sandbox.refused(&["package"], 2, &says);
}

#[test]
fn a_back_end_that_can_not_build_the_target() {
    let sandbox = Sandbox::hello("");
    for (target, backend, instead) in [
        ("x86_64-pc-windows-msvc", "mingw", "xwin"),
        ("x86_64-pc-windows-msvc", "zig", "xwin"),
        ("x86_64-pc-windows-gnu", "xwin", "mingw"),
        ("aarch64-pc-windows-gnullvm", "mingw", "zig"),
    ] {
        let says = [
            format!("error[backend-mismatch]: backend `{backend}` can't build {target}: "),
            format!("fix: --backend {instead}\n"),
        ];
        let says: Vec<&str> = says.iter().map(String::as_str).collect();
        sandbox.refused(&["package", "--target", target, "--backend", backend], 2, &says);
    }
}

#[test]
fn a_command_line_that_is_none() {
    let sandbox = Sandbox::hello("");
    sandbox.refused(&["pakcage"], 2, &["unrecognized subcommand 'pakcage'", "package"]);
    sandbox.refused(&["package", "--profil", "dev"], 2, &["unexpected argument '--profil'", "--profile"]);
    sandbox.refused(
        &["package", "--release", "--profile", "dev"],
        2,
        &["--release", "--profile", "cannot be used with"],
    );
    sandbox.refused(&["package", "--yes"], 2, &["--provision"]);
    sandbox.refused(&[], 2, &["Usage: cargo winsvc"]);
}

#[test]
fn an_unknown_variant_or_back_end() {
    let sandbox = Sandbox::hello("[package.metadata.winsvc.variants.server]\nid = \"x\"\n");
    let says = ["`sever`", "fix: --variant server\n"];
    sandbox.refused(&["package", "--variant", "sever"], 2, &says);
    sandbox.refused(
        &["package", "--backend", "mingv"],
        2,
        &["unknown value \"mingv\" (`--backend mingv`)", "fix: --backend mingw\n"],
    );
}

#[test]
fn a_source_date_epoch_that_is_none() {
    for bad in ["yesterday", "1.5", "-1", "99999999999999"] {
        let sandbox = Sandbox::hello("").env("SOURCE_DATE_EPOCH", bad);
        let says = [
            "error[source-date-epoch]: SOURCE_DATE_EPOCH is `",
            bad,
            "fix: export SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)\n",
        ];
        sandbox.refused(&["package"], 2, &says);
    }
}
