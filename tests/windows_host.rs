//! The product itself on Windows: its own executable, built for Windows by the product, in Wine. Where `tests/setup.sh` could get cargo
//! and rustc for Windows it builds there, with back end `native`; where it could not, those tests say that they did not run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test may fail.

mod support;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use support::{Ended, Machine, Sandbox, TARGET, cargo_winsvc, repo, target_tmp, unpack, xwin_cache};

const MSVC: &str = "x86_64-pc-windows-msvc";
/// Calls what makes a program a service, and needs no crate.
const SERVICE: &str = r#"#[link(name = "advapi32")]
unsafe extern "system" {
    fn StartServiceCtrlDispatcherW(table: *const [usize; 4]) -> i32;
}

fn main() {
    println!("dispatched: {}", unsafe { StartServiceCtrlDispatcherW(&[0; 4]) });
}
"#;
const MANIFEST: &str = "[package]\nname = \"on-windows\"\nversion = \"3.1.4\"\nedition = \"2024\"\n\
    description = \"it's $(built) on %OS%\"\n[package.metadata.winsvc]\nassets = [\"conf/*\"]\n";

/// The product for Windows.
fn product() -> &'static Path {
    static EXE: OnceLock<PathBuf> = OnceLock::new();
    EXE.get_or_init(|| {
        let output: OsString = target_tmp("windows-host").into();
        let args = ["build", "--locked", "--target", TARGET, "--profile", "dev", "--output"].map(OsString::from);
        let ran = cargo_winsvc(&repo(), &[&args[..], &[output]].concat()).success();
        let exe = ran.paths().into_iter().find(|p| p.ends_with("cargo-winsvc.exe"));
        exe.unwrap_or_else(|| panic!("no cargo-winsvc.exe among the results\n{}{}", ran.stdout, ran.stderr))
    })
}

/// A machine with the product, and with Rust when there is one.
struct Windows(Machine);

impl Windows {
    fn boot() -> Self {
        let machine = Machine::boot();
        fs::create_dir(machine.path(r"C:\tools")).unwrap();
        fs::copy(product(), machine.path(r"C:\tools\cargo-winsvc.exe")).unwrap();
        let rust = rust().map(|dir| format!("{}\\bin;", on_drive_z(&dir))).unwrap_or_default();
        let start = format!(
            "@set PATH={rust}C:\\tools;C:\\windows\\system32\r\n@set CARGO_HOME=C:\\cargo\r\n@cd /d C:\\work\r\n@%*\r\n"
        );
        fs::write(machine.path(r"C:\tools\at.cmd"), start).unwrap();
        fs::create_dir(machine.path(r"C:\work")).unwrap();
        Windows(machine)
    }

    /// As [`Windows::boot`], with Rust and a project in `C:\work`; `None` where Rust for Windows can't be had.
    fn with_rust(test: &str) -> Option<Self> {
        if rust().is_none() {
            // Past cargo's capture, which shows nothing of a test that passes.
            let _ = writeln!(std::io::stderr(), "NOT RUN: {test}: no cargo and rustc for Windows");
            return None;
        }
        let windows = Self::boot();
        for (path, text) in project() {
            windows.write(path, text);
        }
        Some(windows)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path(r"C:\work").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs a line in `C:\work`.
    fn run(&self, line: &str) -> Ended {
        self.0.cmd(&format!(r"C:\tools\at.cmd {line}"))
    }

    /// Where the results of the project are, seen from Linux.
    fn output(&self) -> PathBuf {
        self.0.path(r"C:\work\target\winsvc")
    }
}

fn project() -> [(&'static str, &'static str); 3] {
    [("Cargo.toml", MANIFEST), ("src/main.rs", SERVICE), ("conf/a.txt", "text\n")]
}

fn rust() -> Option<PathBuf> {
    let dir = xwin_cache().with_file_name("rust-on-windows");
    dir.join(".setup").is_file().then(|| dir.join("toolchain"))
}

fn on_drive_z(path: &Path) -> String {
    format!("Z:{}", path.display().to_string().replace('/', "\\"))
}

/// Every file of a bundle but the executable, by its name.
fn texts(zip: &Path) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let top = unpack(zip, folder.path());
    let all = walkdir::WalkDir::new(&top).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
    let name = |path: &Path| path.strip_prefix(&top).unwrap().display().to_string();
    let all = all.map(|e| (name(e.path()), fs::read(e.path()).unwrap()));
    all.filter(|(name, _)| !name.ends_with(".exe")).collect()
}

#[test]
fn what_linux_has_packed_is_judged() {
    let sandbox = Sandbox::new(&project());
    sandbox.run(&["package", "--target", TARGET, "--profile", "dev"]).success();
    let windows = Windows::boot();
    let bundle = windows.0.path(r"C:\work\bundle");
    support::link_or_copy_tree(&sandbox.output(), &bundle, &|_| false);
    let good = windows.run("cargo-winsvc winsvc verify bundle").success();
    assert!(good.output.contains("0 errors"), "{}", good.output);
    // One bit in the middle of the archive, whose `.sha256` stays.
    let zip = bundle.join(format!("on-windows-3.1.4-{TARGET}.zip"));
    let mut bytes = fs::read(&zip).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&zip, bytes).unwrap();
    let bad = windows.run("cargo-winsvc winsvc verify bundle");
    assert_eq!(bad.code, 5, "{}", bad.output);
    assert!(bad.output.contains("error[WS"), "{}", bad.output);
}

#[test]
fn windows_packages_the_same_as_linux() {
    let Some(windows) = Windows::with_rust("windows_packages_the_same_as_linux") else { return };
    let ran = windows.run(&format!("cargo winsvc package --target {TARGET}")).success();
    assert!(ran.output.contains("via native"), "{}", ran.output);
    // The same project from Linux: the texts are the same to the byte but for who built what.
    let sandbox = Sandbox::new(&project());
    sandbox.run(&["package", "--target", TARGET]).success();
    let name = format!("on-windows-3.1.4-{TARGET}");
    let [here, there] = [sandbox.output(), windows.output()].map(|dir| texts(&dir.join(format!("{name}.zip"))));
    assert_eq!(here.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
    for (name, text) in &here {
        match name.as_str() {
            "SHA256SUMS" | "winsvc-manifest.json" => assert_ne!(*text, there[name], "{name}"),
            _ => assert!(*text == there[name], "{name} differs"),
        }
    }
    let manifest: serde_json::Value = serde_json::from_slice(&there["winsvc-manifest.json"]).unwrap();
    let tools: Vec<&str> = manifest["tools"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(tools, ["rustc", "cargo", "llvm-objcopy"]);
    // Linux judges it, its debug information included.
    let judged = cargo_winsvc(&repo(), &["verify".as_ref(), windows.output().as_os_str()]).success();
    assert!(judged.stderr.contains("0 errors"), "{}", judged.stderr);
    assert!(windows.output().join(format!("{name}-symbols.zip")).is_file());
    // Nothing is made twice, and the executable runs.
    let again = windows.run(&format!("cargo winsvc package --target {TARGET}")).success();
    assert!(again.output.contains("Fresh on-windows 3.1.4"), "{}", again.output);
    let exe = unpack(&windows.output().join(format!("{name}.zip")), &windows.0.path(r"C:\test")).join("on-windows.exe");
    fs::copy(exe, windows.0.path(r"C:\test\on-windows.exe")).unwrap();
    let said = windows.0.run(r"C:\test\on-windows.exe", &[]).success().output;
    assert_eq!(said, "dispatched: 0\n", "it is no service here");
    let refused = windows.run(&format!("cargo winsvc plan --target {TARGET} --backend mingw"));
    assert_eq!(refused.code, 2, "{}", refused.output);
    assert!(refused.output.contains("--backend native"), "{}", refused.output);
}

#[test]
fn msvc_takes_its_pdb_along_and_doctor_sees_whether_anything_links() {
    let name = "msvc_takes_its_pdb_along_and_doctor_sees_whether_anything_links";
    let Some(windows) = Windows::with_rust(name) else { return };
    let missing = windows.run(&format!("cargo winsvc doctor --target {MSVC}"));
    assert_eq!(missing.code, 3, "{}", missing.output);
    for part in ["MISSING  link test", "link.exe", "Visual Studio's C++ build tools"] {
        assert!(missing.output.contains(part), "{part}: {}", missing.output);
    }
    // A linker of the user's own, and what Visual Studio would put into LIB.
    let lld = format!(r"{}\lib\rustlib\{TARGET}\bin\rust-lld.exe", on_drive_z(&rust().unwrap()));
    windows.write(".cargo/config.toml", &format!("[target.{MSVC}]\nlinker = '{lld}'\n"));
    let sdk = on_drive_z(&xwin_cache().join("xwin"));
    let lib = format!(r"set LIB={sdk}\crt\lib\x86_64;{sdk}\sdk\lib\um\x86_64;{sdk}\sdk\lib\ucrt\x86_64");
    windows.write("msvc.cmd", &format!("@{lib}\r\n@cargo winsvc %* --target {MSVC}\r\n"));
    let there = windows.run(r"msvc.cmd doctor").success();
    assert!(there.output.contains("as configured") && !there.output.contains("link test"), "{}", there.output);
    let deep = windows.run(r"msvc.cmd doctor --deep").success();
    assert!(deep.output.contains("was linked (native)"), "{}", deep.output);
    windows.run(r"msvc.cmd package").success();
    let judged = cargo_winsvc(&repo(), &["verify".as_ref(), windows.output().as_os_str()]).success();
    assert!(judged.stderr.contains("0 errors"), "{}", judged.stderr);
    let symbols = windows.output().join(format!("on-windows-3.1.4-{MSVC}-symbols.zip"));
    let listed = std::process::Command::new("unzip").arg("-l").arg(&symbols).output().unwrap();
    assert!(String::from_utf8_lossy(&listed.stdout).contains("on_windows.pdb"), "{listed:?}");
}
