//! The toolchain stage with the real tools of this machine.
//!
//! The tests with a standard library built from source need a compiler of the distribution with its sources (Debian's
//! rustc-web and rust-web-src) and are passed over, saying so, where there is none; with WINSVC_TEST_PROVISION=1 they
//! let the ladder install it. The sysroot is shared with the user's cache unless WINSVC_TEST_FRESH_STD=1.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use cargo_winsvc::config::BackendChoice;
use cargo_winsvc::event::Silent;
use cargo_winsvc::host::{Cmd, Host, Output, RealHost};
use cargo_winsvc::pe::Image;
use cargo_winsvc::toolchain::{Options, Ready, Want, prepare};
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const GNU: &str = "x86_64-pc-windows-gnu";

/// The machine with some of its environment changed, for this host and for what it starts.
struct Changed {
    inner: RealHost,
    env: Vec<(&'static str, OsString)>,
}

impl Host for Changed {
    fn env(&self, key: &str) -> Option<OsString> {
        let own = self.env.iter().find(|(k, _)| *k == key).map(|(_, v)| v.clone());
        own.or_else(|| self.inner.env(key)).filter(|v| !v.is_empty())
    }
    fn cwd(&self) -> PathBuf {
        self.inner.cwd()
    }
    fn output(&self, cmd: &Cmd) -> std::io::Result<Output> {
        self.inner.output(&self.with_env(cmd))
    }
    fn stream(&self, cmd: &Cmd, line: &mut dyn FnMut(&str)) -> std::io::Result<Output> {
        self.inner.stream(&self.with_env(cmd), line)
    }
    fn which(&self, program: &OsStr) -> Option<PathBuf> {
        let path = Path::new(program);
        if path.components().count() > 1 {
            return path.is_file().then(|| path.to_owned());
        }
        std::env::split_paths(&self.env("PATH")?).map(|dir| dir.join(path)).find(|p| p.is_file())
    }
    fn is_interrupted(&self) -> bool {
        self.inner.is_interrupted()
    }
    fn is_root(&self) -> bool {
        self.inner.is_root()
    }
}

impl Changed {
    fn with_env(&self, cmd: &Cmd) -> Cmd {
        let own = self.env.iter().map(|(k, v)| (OsString::from(k), Some(v.clone())));
        Cmd { env: own.chain(cmd.env.clone()).collect(), ..cmd.clone() }
    }
}

/// A place where cargo is what it is, and rustc is the active one, but for its sysroot: that has only the host's library, and
/// no rustup is near. As where rustup can't download.
struct CutOff {
    dir: tempfile::TempDir,
    path: OsString,
}

fn asked(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl CutOff {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        let real = PathBuf::from(asked("rustc", &["--print", "sysroot"]));
        let info = asked("rustc", &["-vV"]);
        let triple = info.lines().find_map(|l| l.strip_prefix("host: ")).unwrap();
        let rustlib = dir.path().join("sysroot/lib/rustlib");
        std::fs::create_dir_all(&rustlib).unwrap();
        std::fs::create_dir_all(&bin).unwrap();
        symlink(real.join("lib/rustlib").join(triple), rustlib.join(triple)).unwrap();
        symlink(real.join("bin/cargo"), bin.join("cargo")).unwrap();
        let script = format!(
            "#!/bin/sh\nexec '{}' --sysroot '{}' \"$@\"\n",
            real.join("bin/rustc").display(),
            dir.path().join("sysroot").display()
        );
        std::fs::write(bin.join("rustc"), script).unwrap();
        std::fs::set_permissions(bin.join("rustc"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let path = OsString::from(format!("{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", bin.display()));
        let cut_off = CutOff { dir, path };
        std::fs::create_dir_all(cut_off.cache().join("cargo-winsvc")).unwrap();
        cut_off
    }

    fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    /// Takes sysroots from the user's cache, and leaves new ones there. The choice of a compiler stays here.
    fn share_sysroots(&self) {
        if std::env::var_os("WINSVC_TEST_FRESH_STD").is_some() {
            return;
        }
        let xdg = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache");
        let sysroots = xdg.unwrap_or_else(home).join("cargo-winsvc/sysroots");
        std::fs::create_dir_all(&sysroots).unwrap();
        symlink(sysroots, self.cache().join("cargo-winsvc/sysroots")).unwrap();
    }

    fn env(&self) -> Vec<(&'static str, OsString)> {
        let empty = ["RUSTC", "CARGO", "RUSTUP_TOOLCHAIN", "CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "CARGO_TARGET_DIR"];
        let mut env: Vec<(&'static str, OsString)> = empty.iter().map(|k| (*k, OsString::new())).collect();
        env.push(("PATH", self.path.clone()));
        env.push(("XDG_CACHE_HOME", self.cache().into()));
        env
    }

    fn host(&self) -> Changed {
        let env = self.env().into_iter().filter(|(_, v)| !v.is_empty()).collect();
        Changed { inner: RealHost::new().unwrap(), env }
    }

    /// Our own program here.
    fn winsvc(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-winsvc"));
        command.arg("winsvc").args(args).current_dir(self.dir.path());
        for (key, value) in self.env() {
            if value.is_empty() {
                command.env_remove(key)
            } else {
                command.env(key, value)
            };
        }
        command
    }
}

/// Whether a library can be built from a distribution's sources; says so when not.
fn needs_a_std_to_build() {
    let sysroot = || Some(asked("/usr/bin/rustc", &["--print", "sysroot"]));
    let sources = Path::new("/usr/bin/rustc").is_file()
        && sysroot().is_some_and(|s| Path::new(&s).join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file());
    let possible = sources || std::env::var_os("WINSVC_TEST_PROVISION").is_some();
    assert!(
        possible,
        "no /usr/bin/rustc with its sources; tests/run.sh lets the test install it (WINSVC_TEST_PROVISION=1)"
    );
}

fn want() -> Want {
    Want::new(GNU.parse().unwrap(), BackendChoice::Auto)
}

#[test]
fn a_recipe_for_this_machine_names_tools_that_exist() {
    let host = RealHost::new().unwrap();
    let ready = prepare(&host, &Silent, &[want()], Options::default()).unwrap();
    let recipe = &ready[0].recipe;
    assert!(recipe.objcopy.as_ref().unwrap().is_file());
    let names: Vec<&str> = recipe.versions.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(names[..2], ["rustc", "cargo"]);
    assert!(recipe.versions.iter().all(|v| v.version.starts_with(|c: char| c.is_ascii_digit())), "{recipe:?}");
    // Kept looks give the same.
    assert_eq!(prepare(&host, &Silent, &[want()], Options::default()).unwrap(), ready);
}

#[test]
fn missing_linker_and_library_are_reported_with_exit_code_3_and_nothing_is_written() {
    let mut cut_off = CutOff::new();
    cut_off.path = cut_off.dir.path().join("bin").into();
    let output = cut_off.winsvc(&["doctor", "--target", GNU, "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], false);
    let rows = report["rows"].as_array().unwrap();
    let missing: Vec<&str> = rows.iter().filter(|r| r["ok"] == false).map(|r| r["item"].as_str().unwrap()).collect();
    assert_eq!(missing, ["linker", "objcopy", "standard library"]);
    let fixes = |item: &str| rows.iter().find(|r| r["item"] == item).unwrap()["fixes"].to_string();
    assert!(fixes("linker").contains("apt-get install --no-install-recommends gcc-mingw-w64-x86-64"));
    assert!(fixes("standard library").contains("cargo winsvc doctor --target x86_64-pc-windows-gnu --provision"));

    let text = cut_off.winsvc(&["doctor", "--target", GNU]).output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("MISSING  linker") && text.ends_with("3 things are missing\n"), "{text}");
    let mut written: Vec<_> = std::fs::read_dir(cut_off.dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    written.sort();
    assert_eq!(written, ["bin", "cache", "sysroot"]);
    assert!(!cut_off.cache().join("cargo-winsvc/sysroots").exists());
    assert!(!cut_off.cache().join("cargo-winsvc/choices").exists());
}

#[test]
fn provisioning_without_a_terminal_names_yes_and_changes_nothing() {
    needs_a_std_to_build();
    let cut_off = CutOff::new();
    let output = cut_off.winsvc(&["doctor", "--target", GNU, "--provision"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("--yes"), "{said}");
    assert!(!cut_off.cache().join("cargo-winsvc/choices").exists());
}

/// A crate that needs more of a standard library than hello world: link-time optimisation, aborting panics, a procedural
/// macro, and tests.
fn demanding_crate(dir: &Path) {
    let write = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "Cargo.toml",
        "[package]\nname = 'needy'\nversion = '0.1.0'\nedition = '2021'\n[dependencies]\nanswer = { path = 'answer' }\n\
         [profile.release]\nlto = true\npanic = 'abort'\ndebug = 1\n[workspace]\n",
    );
    write(
        "answer/Cargo.toml",
        "[package]\nname = 'answer'\nversion = '0.1.0'\nedition = '2021'\n[lib]\nproc-macro = true\n",
    );
    write(
        "answer/src/lib.rs",
        "#[proc_macro]\npub fn answer(_: proc_macro::TokenStream) -> proc_macro::TokenStream { \"42\".parse().unwrap() }\n",
    );
    write(
        "src/main.rs",
        "fn main() {\n    let map: std::collections::HashMap<_, _> = std::env::args().enumerate().collect();\n    \
         println!(\"{} {map:?}\", answer::answer!());\n    if map.len() > 9 { panic!(\"many\") }\n}\n\
         #[test]\nfn it_is() { assert_eq!(answer::answer!(), 42) }\n",
    );
}

fn cargo(host: &Changed, ready: &Ready, dir: &Path, args: &[&str]) {
    let recipe = &ready.recipe;
    // What the compile stage does besides: the folders of the crate and of the standard library's sources.
    let mut flags = recipe.rustflags.clone();
    flags.push(format!("--remap-path-prefix={}={}", recipe.sources.0.display(), recipe.sources.1));
    flags.push(format!("--remap-path-prefix={}=/src", dir.display()));
    let mut cmd = Cmd::new(host.which(OsStr::new("cargo")).unwrap()).args(args.iter().copied()).cwd(dir);
    cmd = cmd.args(["--target", GNU]).args(recipe.cargo_args.iter()).env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    // The crate's own folder is looked into below.
    cmd = cmd.env_remove("CARGO_TARGET_DIR");
    for (key, value) in &recipe.env {
        cmd = match value {
            Some(value) => cmd.env(key, value),
            None => cmd.env_remove(key),
        };
    }
    let output = host.output(&cmd).unwrap();
    assert!(output.ok(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn where_rustup_is_cut_off_the_ladder_ends_with_a_library_that_carries_any_program() {
    needs_a_std_to_build();
    let cut_off = CutOff::new();
    cut_off.share_sysroots();
    let host = cut_off.host();
    let options = Options { provision: true, yes: true, ..Options::default() };
    let ready = prepare(&host, &Silent, &[want()], options).unwrap().remove(0);
    assert!(ready.recipe.notes.iter().any(|n| n.contains("/usr/bin/rustc")), "said aloud: {:?}", ready.recipe.notes);
    assert!(ready.recipe.env.iter().any(|(key, _)| key == "RUSTC"));

    let crate_dir = cut_off.dir.path().join("a crate, näher");
    demanding_crate(&crate_dir);
    cargo(&host, &ready, &crate_dir, &["build", "--release"]);
    cargo(&host, &ready, &crate_dir, &["test", "--no-run"]);
    let exe = std::fs::read(crate_dir.join("target").join(GNU).join("release/needy.exe")).unwrap();
    let image = Image::parse(&exe).unwrap();
    assert_eq!(image.machine(), 0x8664);
    assert!(image.debug_id().is_some(), "a slot for the debug id");
    assert_eq!(image.time_date_stamp(), 0);
    let home = std::env::var("HOME").unwrap();
    for secret in [home.as_str(), "/usr/src/", "/usr/lib/rustlib/src", cut_off.dir.path().to_str().unwrap()] {
        let found = exe.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!found, "`{secret}` stands in the program");
    }

    // From now on it works without provisioning, and doctor agrees.
    assert_eq!(prepare(&host, &Silent, &[want()], Options::default()).unwrap(), [ready]);
    let output = cut_off.winsvc(&["doctor", "--target", GNU, "--deep", "--json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["ok"]), (Some(0), &true.into()), "{report:#}");
    let link = report["rows"].as_array().unwrap().iter().find(|r| r["item"] == "link test").unwrap();
    assert_eq!(link["ok"], true, "{link}");

    // A crate that needs a newer compiler is told so.
    let needy = Want { rust_version: Some("999.0.0".parse().unwrap()), ..want() };
    let error = prepare(&host, &Silent, &[needy], Options::default()).unwrap_err();
    assert!(error.to_string().contains("rust-version 999.0.0"), "{error}");
}

#[test]
fn an_interrupted_build_of_the_library_ends_its_compilers_and_leaves_nothing() {
    needs_a_std_to_build();
    let cut_off = CutOff::new();
    let mut child = cut_off
        .winsvc(&["doctor", "--target", GNU, "--provision", "--yes"])
        .stderr(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let cache = cut_off.cache();
    let marker = cache.display().to_string();
    let compilers = || {
        let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|e| e.path().join("cmdline"));
        let lines = processes.filter_map(|p| std::fs::read(p).ok()).map(|b| String::from_utf8_lossy(&b).into_owned());
        lines.filter(|l| l.contains(&marker)).count()
    };
    let start = Instant::now();
    while compilers() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "ended before it compiled anything");
        assert!(start.elapsed() < Duration::from_secs(240), "never compiled anything");
        std::thread::sleep(Duration::from_millis(50));
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let end = Instant::now();
    while compilers() > 0 {
        assert!(end.elapsed() < Duration::from_secs(5), "compilers still run");
        std::thread::sleep(Duration::from_millis(50));
    }
    let left = std::fs::read_dir(cache.join("cargo-winsvc/sysroots")).unwrap().map(|e| e.unwrap().file_name());
    let left: Vec<_> = left.filter(|n| !n.to_string_lossy().ends_with(".lock")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(!cache.join("cargo-winsvc/choices").exists());
}

#[test]
#[ignore = "a measurement: run it alone with --ignored --nocapture, on an idle machine"]
fn what_an_ordinary_look_costs() {
    let host = RealHost::new().unwrap();
    let look = |fresh| {
        let start = Instant::now();
        prepare(&host, &Silent, &[want()], Options { fresh, ..Options::default() }).unwrap();
        start.elapsed()
    };
    look(true);
    for fresh in [true, false] {
        let mut times: Vec<Duration> = (0..20).map(|_| look(fresh)).collect();
        times.sort();
        eprintln!("{}: median {:?}, best {:?}", if fresh { "asking all tools" } else { "kept" }, times[10], times[0]);
    }
}
