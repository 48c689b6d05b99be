//! docs/configuration.md says what the key table says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test may fail.

use cargo_winsvc::config::reference;
use std::path::Path;

const START: &str =
    "<!-- reference: made from the key table; the test that finds it stale names a file with the new one -->\n";

#[test]
fn the_reference_is_that_of_the_key_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_to_string(root.join("docs/configuration.md")).unwrap();
    let (_, written) = docs.split_once(START).expect("the reference's start");
    if written != reference() {
        let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reference.md");
        std::fs::write(&fresh, reference()).unwrap();
        panic!("docs/configuration.md is out of step: replace what follows its marker by {}", fresh.display());
    }
}

#[test]
fn the_introduction_names_every_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_to_string(root.join("docs/configuration.md")).unwrap();
    let (introduction, reference) = docs.split_once(START).unwrap();
    for line in reference.lines().filter_map(|l| l.strip_prefix("### `[package.metadata.winsvc.")) {
        let table = line.split(['.', ']']).next().unwrap();
        assert!(introduction.contains(table), "{table} is not introduced");
    }
}

#[test]
fn every_problem_is_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_to_string(root.join("docs/configuration.md")).unwrap();
    let mut ids = 0;
    for folder in ["src/config", "src/inputs"] {
        for entry in walkdir::WalkDir::new(root.join(folder)).into_iter().filter_map(Result::ok) {
            // Tests make up problems of their own.
            let path = entry.path();
            if path.extension().is_none_or(|e| e != "rs")
                || path.strip_prefix(root).unwrap().to_string_lossy().contains("tests")
            {
                continue;
            }
            let source = std::fs::read_to_string(path).unwrap().replace("usage(\n", "usage(");
            for after in source.split("Problem::usage(").skip(1) {
                let Some(id) = after.trim_start().strip_prefix('"').and_then(|a| a.split('"').next()) else { continue };
                assert!(docs.contains(&format!("`{id}`")), "{id} in {} is not listed", path.display());
                ids += 1;
            }
        }
    }
    assert!(ids > 50, "{ids}");
}
