//! The build itself: the crate's own resources, the user's flags, failing links, a PDB of another build.

use crate::support::{Sandbox, check_refusal, hello_toml, repo};
use crate::{GNU, MSVC, able};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Takes the executable out of a bundle.
fn exe(sandbox: &Sandbox, target: &str) -> PathBuf {
    let name = format!("hello-1.2.3-{target}");
    let into = sandbox.path("taken out");
    let status = Command::new("unzip")
        .args(["-q", "-o"])
        .arg(sandbox.output().join(format!("{name}.zip")))
        .arg("-d")
        .arg(&into)
        .status();
    assert!(status.unwrap().success());
    into.join(name).join("hello.exe")
}

/// One resource by icoutils: type and name.
fn resource(exe: &Path, kind: &str, name: &str) -> Vec<u8> {
    let output = Command::new("wrestool")
        .args(["-x", "--raw", &format!("--type={kind}"), &format!("--name={name}")])
        .arg(exe)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|w| w == needle)
}

#[test]
fn a_resource_that_the_crate_links_itself_is_kept_and_merged() {
    let sandbox = able(Sandbox::hello("[package.metadata.winsvc.resource]\nproduct-name = \"Ours\"\n"));
    sandbox.write(
        "app.rc",
        "77 RCDATA { \"of the crate\" }\n1 VERSIONINFO FILEVERSION 9,9,9,9 { BLOCK \"StringFileInfo\" { BLOCK \"040904b0\" { \
         VALUE \"ProductName\", \"Theirs\"\nVALUE \"Comments\", \"kept\" } } BLOCK \"VarFileInfo\" { VALUE \"Translation\", 0x409, 1200 } }\n",
    );
    // llvm-rc by its bare name, as crates that compile resources call it.
    sandbox.write(
        "build.rs",
        "fn main() {\n    let res = std::path::Path::new(&std::env::var_os(\"OUT_DIR\").unwrap()).join(\"app.res\");\n\
         \x20   let status = std::process::Command::new(\"llvm-rc\").arg(\"/FO\").arg(&res).arg(\"app.rc\").status().expect(\"llvm-rc\");\n\
         \x20   assert!(status.success());\n    println!(\"cargo:rustc-link-arg-bins={}\", res.display());\n}\n",
    );
    let ran = sandbox.run(&["package", "--target", MSVC]).success();
    let first = exe(&sandbox, MSVC);
    assert_eq!(resource(&first, "10", "77"), b"of the crate");
    let version = resource(&first, "16", "1");
    assert!(holds(&version, &wide("Theirs\0")) && holds(&version, &wide("kept\0")), "a crate's own wins");
    assert!(!resource(&first, "24", "1").is_empty(), "the manifest is added");
    assert!(ran.stderr.contains("version"), "what was kept is said: {}", ran.stderr);

    // Turned round on request.
    let more = "[package.metadata.winsvc.resource]\nproduct-name = \"Ours\"\noverride = true\n";
    sandbox.write("Cargo.toml", hello_toml(more));
    sandbox.run(&["package", "--target", MSVC]).success();
    let second = exe(&sandbox, MSVC);
    assert_eq!(resource(&second, "10", "77"), b"of the crate");
    let version = resource(&second, "16", "1");
    assert!(holds(&version, &wide("Ours\0")) && holds(&version, &wide("1.2.3\0")));
    assert!(!holds(&version, &wide("Theirs")));
}

#[test]
fn the_users_rustflags_reach_the_compiler_beside_ours() {
    let sandbox = able(Sandbox::hello("")).env("RUSTFLAGS", "--cfg from_env -C link-arg=/VERSION:7.8");
    let main = "fn main() { println!(\"{}\", if cfg!(from_env) { \"seen by rustc\" } else { \"not seen\" }); }\n";
    sandbox.write("src/main.rs", main);
    sandbox.run(&["package", "--target", MSVC]).success();
    let bytes = fs::read(exe(&sandbox, MSVC)).unwrap();
    assert!(holds(&bytes, b"seen by rustc") && !holds(&bytes, b"not seen"));
    // Ours: static run-time, no build path.
    let dlls = String::from_utf8_lossy(&bytes).to_lowercase();
    assert!(!dlls.contains("vcruntime140.dll"));
    assert!(!holds(&bytes, sandbox.project().to_str().unwrap().as_bytes()));
    let image = cargo_winsvc::pe::Image::parse(&bytes).unwrap();
    assert!(image.version_info().is_some());
    let said = Command::new("llvm-readobj-19").arg("--file-headers").arg(exe(&sandbox, MSVC)).output().unwrap();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("MajorImageVersion: 7") && said.contains("MinorImageVersion: 8"), "{said}");
}

#[test]
fn a_dynamic_run_time_when_it_is_chosen() {
    let sandbox = able(Sandbox::hello("[package.metadata.winsvc]\ncrt-static = false\n"));
    sandbox.run(&["package", "--target", MSVC]).success();
    let dlls = String::from_utf8_lossy(&fs::read(exe(&sandbox, MSVC)).unwrap()).to_lowercase();
    assert!(dlls.contains("vcruntime140.dll"));
}

#[test]
fn a_failing_link_shows_the_linkers_words_and_loses_no_other_target() {
    let sandbox = able(Sandbox::hello(""));
    sandbox.write(
        "src/main.rs",
        "#[cfg(target_env = \"msvc\")]\nextern \"C\" { fn nowhere_to_be_found(); }\nfn main() {\n    #[cfg(target_env = \"msvc\")]\n    unsafe { nowhere_to_be_found() }\n}\n",
    );
    let ran = sandbox.run(&["package", "--target", MSVC, "--target", GNU]);
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert!(ran.stderr.contains("lld-link: error: undefined symbol: nowhere_to_be_found"), "{}", ran.stderr);
    assert!(ran.stderr.contains("error[cargo-failed]: "), "{}", ran.stderr);
    assert!(!sandbox.output().join(format!("hello-1.2.3-{MSVC}.zip")).exists());
    assert_eq!(ran.paths()[0], sandbox.output().join(format!("hello-1.2.3-{GNU}.zip")), "{}", ran.stdout);
}

#[test]
fn a_pdb_of_another_build_is_not_packed() {
    let sandbox = able(Sandbox::hello(""));
    let args = ["package", "--target", MSVC];
    let pdb = sandbox.project().join(format!("target/{MSVC}/release/hello.pdb"));
    sandbox.run(&args).success();
    let old = fs::read(&pdb).unwrap();
    sandbox.write("src/main.rs", "fn main() { println!(\"another\"); std::process::exit(3) }\n");
    sandbox.run(&args).success();
    let zip = sandbox.output().join(format!("hello-1.2.3-{MSVC}-symbols.zip"));
    let good = fs::read(&zip).unwrap();
    for end in ["release/hello.pdb", "release/deps/hello.pdb"] {
        let pdb = sandbox.project().join("target").join(MSVC).join(end);
        // Cargo's second name for it is a link.
        let _ = fs::remove_file(&pdb);
        fs::write(&pdb, &old).unwrap();
    }
    let ran = sandbox.run(&["package", "--target", MSVC, "--no-build"]);
    check_refusal(&ran, ran.code.unwrap(), &["error[pdb-mismatch]: ", "hello.pdb"]);
    assert_ne!(ran.code, Some(0));
    assert!(fs::read(&zip).unwrap() == good, "what was there stays");
}

#[test]
fn blanks_and_letters_in_the_projects_path() {
    let sandbox =
        Sandbox::named("mein Prüjekt ✓", &[("Cargo.toml", &hello_toml("")), ("src/main.rs", crate::support::MAIN)]);
    // With C code: its flags go through variables that are split at blanks.
    sandbox.write("c/part.c", "int part(void) { return __LINE__; }\n");
    sandbox.write("build.rs", "fn main() { cc::Build::new().file(\"c/part.c\").compile(\"part\"); }\n");
    sandbox.write("Cargo.toml", hello_toml("[build-dependencies]\ncc = \"=1.2.67\"\n"));
    sandbox.write("Cargo.lock", fs::read(repo().join("tests/windows/mixed/Cargo.lock")).unwrap());
    sandbox.write(
        "src/main.rs",
        "extern \"C\" { fn part() -> i32; }\nfn main() { println!(\"{}\", unsafe { part() }); }\n",
    );
    let sandbox = able(sandbox);
    sandbox.run(&["package", "--target", MSVC]).success();
    let bytes = fs::read(exe(&sandbox, MSVC)).unwrap();
    assert!(!holds(&bytes, "Prüjekt".as_bytes()));
}
