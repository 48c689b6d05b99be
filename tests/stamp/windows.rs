//! Stamped programs run, and Windows' own functions find the resources: through tests/windows/probe in Wine.

use crate::fixtures::Lab;
use crate::images::{self, Fixture};
use crate::sample;
use cargo_winsvc::pe::DEFAULT_MANIFEST;
use cargo_winsvc::stamp::{self, Resources};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// Wine, called as tests/setup/run-wine is, on a Windows folder of these tests' own.
fn wine(what: &str) -> Command {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program =
        std::env::var_os("WINSVC_TEST_WINE").map_or_else(|| repository.join("tests/setup/run-wine"), PathBuf::from);
    let mut command = Command::new(program);
    command.arg(what).env("WINEPREFIX", Path::new(env!("CARGO_TARGET_TMPDIR")).join("stamp-wine"));
    command
}

/// Sets Windows up once, and has it stay a minute after the last program, as each start takes a second.
static WINDOWS: LazyLock<()> = LazyLock::new(|| {
    for (what, args) in [("wine", &["wineboot", "-i"][..]), ("wineserver", &["-w"]), ("wineserver", &["-p60"])] {
        let status = wine(what).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let status = status.unwrap_or_else(|e| panic!("Wine can't be started ({e}); tests/setup.sh installs it"));
        assert!(status.success(), "{what} {args:?}: {status}; tests/setup.sh installs Wine");
    }
});

/// Runs a stamped program; its exit code and what it printed.
fn execute(exe: &[u8], args: &[&str]) -> (Option<i32>, String) {
    LazyLock::force(&WINDOWS);
    let lab = Lab::new();
    let path = lab.write("probe.exe", exe);
    let output = wine("wine").arg(&path).args(args).output().expect("Wine started before");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What the probe says, by name.
fn probe(exe: &[u8], ids: &[&str]) -> BTreeMap<String, String> {
    let (code, text) = execute(exe, ids);
    assert_eq!(code, Some(0), "{text}");
    let pairs = text.lines().filter_map(|line| line.trim_end().split_once('\t'));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Control characters and backslashes as the probe writes them.
fn shown(text: &str) -> String {
    let escape = |c: char| if c < ' ' || c == '\\' { format!("\\x{:02x}", c as u32) } else { c.to_string() };
    text.chars().map(escape).collect()
}

fn stamped(fixture: &Fixture, resources: &Resources) -> Vec<u8> {
    stamp::run(fixture.exe.clone(), resources).unwrap_or_else(|e| panic!("{}: {e}", fixture.name)).bytes
}

#[test]
fn programs_run_relocated_and_in_place_and_find_our_resources() {
    let resources = sample::hostile();
    let ids = ["3e8", "400003e8", "600003e8", "400003e9", "c00003ea", "c0000001", "ffff", "8000abcd", "e0000000", "5"];
    let mut runs = [0, 0];
    for fixture in images::ALL.iter().filter(|f| !f.own) {
        let Some(relocated) = fixture.probe else { continue };
        runs[usize::from(relocated)] += 1;
        let found = probe(&stamped(fixture, &resources), &ids);
        let get = |name: &str| found.get(name).map(String::as_str);
        let name = &fixture.name;
        assert_eq!(get("relocated"), Some(if relocated { "1" } else { "0" }), "{name}");
        assert_eq!(get("through-pointers"), Some("40"), "{name}");
        assert_eq!(get("checksum-right"), Some("1"), "{name}");
        assert_eq!(
            (get("file-version"), get("product-version")),
            (Some("1000200030000"), Some("1000200030000")),
            "{name}"
        );
        assert_eq!((get("file-flags"), get("translation")), (Some("2"), Some("4b00409")), "{name}");
        for (key, text) in resources.strings.iter().filter(|(key, _)| key != "Comments") {
            assert_eq!(get(&format!("string-{key}")), Some(shown(text).as_str()), "{name}");
        }
        assert_eq!(get("string-InternalName"), Some(shown(sample::HOSTILE).as_str()), "{name}");
        assert_eq!(get("string-OriginalFilename"), Some("acme-agent.exe"), "{name}");
        for id in ["3e8", "400003e8", "600003e8"] {
            assert_eq!(get(&format!("message-{id}")), Some("Started ARG."), "{name} {id}");
        }
        assert_eq!(get("message-400003e9"), Some("100% done: %PATH%\\x0d\\x0anext"), "{name}");
        assert_eq!(get("message-c00003ea"), Some("Failed: ARG!"), "{name}");
        for id in ["c0000001", "ffff", "8000abcd", "e0000000", "5"] {
            assert_eq!(get(&format!("message-{id}")), Some("ARG"), "{name} {id}");
        }
        assert_eq!((get("icon-images"), get("icon-32-made")), (Some("3"), Some("1")), "{name}");
        assert_eq!(get("icon-32-size"), Some("10a8"), "{name}");
        assert_eq!(get("manifest-size"), Some(format!("{:x}", DEFAULT_MANIFEST.len()).as_str()), "{name}");
        assert_eq!(get("ansi-code-page"), Some("fde9"), "{name}: UTF-8 by the manifest");
    }
    assert!(runs[0] >= 2 && runs[1] >= 8, "{runs:?}");
}

#[test]
fn programs_with_resources_of_their_own_run_and_keep_them() {
    for fixture in images::ALL.iter().filter(|f| f.own && f.probe.is_some()) {
        for override_existing in [false, true] {
            let resources = Resources { override_existing, ..sample::resources() };
            let found = probe(&stamped(fixture, &resources), &["400003e8", "1"]);
            let get = |name: &str| found.get(name).map(String::as_str);
            let name = &fixture.name;
            assert_eq!(get("through-pointers"), Some("40"), "{name}");
            assert_eq!(get("own-data"), Some("56781234"), "{name}");
            assert_eq!(get("checksum-right"), Some("1"), "{name}");
            let (version, product) =
                if override_existing { ("1000200030000", "Acme Agent") } else { ("9000900090009", "Theirs") };
            assert_eq!((get("file-version"), get("string-ProductName")), (Some(version), Some(product)), "{name}");
            assert_eq!((get("message-400003e8"), get("message-1")), (Some("Started ARG."), Some("ARG")), "{name}");
        }
    }
}

/// The msvc kind has no C library and no output: it ends with 0 when its relocated pointers are right.
#[test]
fn images_of_lld_link_run() {
    for fixture in images::ALL.iter().filter(|f| f.name.starts_with("msvc-x86_64")) {
        let (code, _) = execute(&stamped(fixture, &sample::resources()), &[]);
        assert_eq!(code, Some(0), "{}", fixture.name);
    }
}
