//! `verify` against a good bundle and against the same one broken in every way that is known.
//!
//! Needs the mingw compiler (`x86_64-w64-mingw32-gcc` and its binutils).

#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

mod corrupt;
mod fixture;
mod folder;
mod mutate;

use cargo_winsvc::model::{Severity, Sha256};
use cargo_winsvc::verify::{Verdict, VerifyOptions, catalog, verify};
use fixture::{NAME, write_good};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn check(path: &Path) -> Verdict {
    verify(path, &VerifyOptions::default()).expect("verifies")
}

fn ids(verdict: &Verdict) -> BTreeSet<&str> {
    verdict.findings.iter().map(|f| f.id.as_str()).collect()
}

/// Writes an archive and a checksum file that fits.
fn write_zip(dir: &Path, name: &str, bytes: &[u8]) {
    fs::write(dir.join(name), bytes).expect("zip");
    fs::write(dir.join(format!("{name}.sha256")), format!("{}  {name}\n", Sha256::of(bytes))).expect("checksum");
}

#[test]
fn a_good_bundle_passes_and_its_facts_are_told() {
    let dir = tempfile::tempdir().expect("dir");
    let (info, symbols, _) = write_good(dir.path());
    let verdict = check(&dir.path().join(format!("{NAME}.zip")));
    assert_eq!(verdict.findings, []);
    assert!(verdict.checks > 100, "{}", verdict.checks);
    let [facts, debug] = verdict.facts.as_slice() else { panic!("{:?}", verdict.facts) };
    assert_eq!((facts.size, facts.sha256, facts.unpacked), (info.size, info.sha256, info.unpacked));
    assert_eq!((facts.files, debug.files, debug.sha256), (12, 2, symbols.sha256));
    let package = facts.package.as_ref().expect("package");
    assert_eq!((package.name.as_str(), package.version.as_str()), ("agent", "1.2.3"));
    assert_eq!(package.services, ["Agent"]);
    // Alone, the symbols archive passes too.
    let verdict = check(&dir.path().join(format!("{NAME}-symbols.zip")));
    assert_eq!(verdict.findings, []);
}

#[test]
fn warnings_can_be_allowed_and_errors_not() {
    let dir = tempfile::tempdir().expect("dir");
    write_good(dir.path());
    let zip = dir.path().join(format!("{NAME}.zip"));
    fs::remove_file(dir.path().join(format!("{NAME}.zip.sha256"))).expect("removed");
    let verdict = check(&zip);
    assert_eq!(ids(&verdict), ["WS105"].into());
    assert!(verdict.passed() && verdict.warnings() == 1);
    let allow = |id: &str| verify(&zip, &VerifyOptions { allow: vec![id.into()], ..VerifyOptions::default() });
    let verdict = allow("WS105").expect("verifies");
    assert_eq!((verdict.findings.len(), verdict.allowed.len()), (0, 1));
    assert!(allow("WS104").is_err());
    assert!(allow("WS999").is_err());
}

#[test]
fn private_texts_are_looked_for() {
    let dir = tempfile::tempdir().expect("dir");
    write_good(dir.path());
    let options = VerifyOptions { private: vec!["work/acme/".into(), "elsewhere".into()], ..VerifyOptions::default() };
    let verdict = verify(&dir.path().join(format!("{NAME}.zip")), &options).expect("verifies");
    assert_eq!(ids(&verdict), ["WS212"].into(), "{verdict:?}");
    assert_eq!(verdict.findings[0].subject, "agent.exe");
}

#[test]
fn what_is_no_bundle_is_told_apart() {
    let dir = tempfile::tempdir().expect("dir");
    let error = |path: &Path| verify(path, &VerifyOptions::default()).expect_err("refused").to_string();
    assert!(error(&dir.path().join("missing.zip")).contains("missing.zip"));
    assert!(error(dir.path()).contains("no output folder"));
    fs::write(dir.path().join("service.json"), "{}").expect("file");
    fs::write(dir.path().join("winsvc-manifest.json"), "{}").expect("file");
    assert!(error(dir.path()).contains("unpacked bundle"));
    for bytes in [&b""[..], b"PK", b"not a zip at all, but long enough to hold an end record"] {
        let path = dir.path().join("x.zip");
        fs::write(&path, bytes).expect("file");
        assert!(ids(&check(&path)).contains("WS001"));
    }
}

#[test]
fn findings_serialise_for_machines() {
    let dir = tempfile::tempdir().expect("dir");
    fs::write(dir.path().join("x.zip"), "nothing").expect("file");
    let value = serde_json::to_value(check(&dir.path().join("x.zip"))).expect("serialises");
    assert_eq!(value["findings"][0]["id"], "WS001");
    assert_eq!(value["findings"][0]["severity"], "error");
    assert!(value["checks"].as_u64() > Some(0));
}

#[test]
fn every_finding_of_the_catalogue_is_provoked() {
    let mut provoked: BTreeSet<&str> = corrupt::cases().iter().flat_map(|c| c.expected.iter().copied()).collect();
    provoked.extend(folder::PROVOKED);
    let known: BTreeSet<&str> = catalog::ALL.iter().map(|k| k.id).collect();
    assert_eq!(known.difference(&provoked).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert!(provoked.is_subset(&known));
    assert!(catalog::ALL.iter().any(|k| k.severity == Severity::Warning));
}
