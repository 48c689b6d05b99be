//! What goes wrong with builds for msvc: each time the user is told what it is and what mends it, and what can be saved is saved. And what would
//! go wrong if cargo-xwin were left to itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test may fail.

#[path = "msvc_errors/build.rs"]
mod build;
#[path = "msvc_errors/machine.rs"]
mod machine;
#[path = "msvc_errors/settings.rs"]
mod settings;
mod support;

use std::path::Path;
use support::{Ran, Sandbox, xwin_env};

const MSVC: &str = "x86_64-pc-windows-msvc";
const GNU: &str = "x86_64-pc-windows-gnu";

/// A sandbox in which builds for msvc succeed.
fn able(mut sandbox: Sandbox) -> Sandbox {
    for (key, value) in xwin_env() {
        sandbox = sandbox.env(key, value);
    }
    sandbox
}

/// PATH with a folder in front.
fn before(dir: &Path) -> String {
    format!("{}:{}", dir.display(), xwin_env()[0].1.to_str().unwrap())
}

/// Both `doctor` and `package` say what is wrong and what mends it, with exit code 3, and no result is there.
#[track_caller]
fn refused(sandbox: &Sandbox, args: &[&str], id: &str, says: &[&str]) -> Ran {
    let doctor = sandbox.run(&["doctor", "--target", MSVC, "--json"]);
    assert_eq!(doctor.code, Some(3), "{}{}", doctor.stdout, doctor.stderr);
    let report: serde_json::Value = serde_json::from_str(&doctor.stdout).expect("JSON");
    let bad = |row: &&serde_json::Value| row["ok"] == false;
    let rows: String = report["rows"].as_array().unwrap().iter().filter(bad).map(ToString::to_string).collect();
    for piece in says {
        assert!(rows.contains(piece), "doctor does not say: {piece}\n{report:#}");
    }
    let ran = sandbox.run(&[&["package", "--target", MSVC], args].concat());
    let id = format!("error[{id}]: ");
    support::check_refusal(&ran, 3, &[&[id.as_str()], says].concat());
    assert!(!sandbox.output().exists(), "{}", ran.stderr);
    ran
}
