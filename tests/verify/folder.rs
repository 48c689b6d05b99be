//! Output folders.

use crate::fixture::{NAME, write_good};
use crate::{check, ids};
use cargo_winsvc::bundle::Publisher;
use cargo_winsvc::event::Silent;
use cargo_winsvc::formats::OutputBundle;
use cargo_winsvc::host::ScriptedHost;
use std::fs;
use std::path::Path;

/// What the table below provokes.
pub(crate) const PROVOKED: &[&str] = &["WS501", "WS502", "WS503", "WS504", "WS505", "WS506", "WS507"];

fn publish(dir: &Path) {
    let host = ScriptedHost::new("/");
    let publisher = Publisher::open(&host, &Silent, dir).expect("opens");
    let (info, symbols, build) = write_good(publisher.stage());
    let bundle = OutputBundle {
        archive: info.output(format!("{NAME}.zip")),
        symbols: Some(symbols.output(format!("{NAME}-symbols.zip"))),
        build,
    };
    publisher.publish(&[bundle]).expect("publishes");
}

#[test]
fn a_published_folder_passes() {
    let dir = tempfile::tempdir().expect("dir");
    publish(dir.path());
    let verdict = check(dir.path());
    assert_eq!(verdict.findings, []);
    assert_eq!(verdict.facts.len(), 2);
}

#[test]
fn what_is_wrong_with_a_folder() {
    let edit = |file: &'static str, from: &'static str, to: &'static str| {
        move |dir: &Path| {
            let text = fs::read_to_string(dir.join(file)).expect("text");
            assert!(text.contains(from), "{file} has {from}");
            fs::write(dir.join(file), text.replace(from, to)).expect("written");
        }
    };
    let manifest = "winsvc-manifest.json";
    type Change = Box<dyn Fn(&Path)>;
    let cases: Vec<(&[&str], Change)> = vec![
        (&["WS501"], Box::new(|dir| fs::write(dir.join(".winsvc-commit"), "{}").expect("file"))),
        (&["WS502"], Box::new(|dir| fs::create_dir(dir.join(".winsvc-stage-x")).expect("dir"))),
        (
            &["WS503"],
            Box::new(edit(manifest, "\"schemaVersion\": 1,\n  \"bundles\"", "\"schemaVersion\": 7,\n  \"bundles\"")),
        ),
        (&["WS503"], Box::new(move |dir| fs::write(dir.join(manifest), "[]").expect("file"))),
        (&["WS503"], Box::new(edit(manifest, "\"file\": \"agent-", "\"file\": \"../agent-"))),
        (&["WS504"], Box::new(|dir| fs::remove_file(dir.join(format!("{NAME}-symbols.zip"))).expect("removed"))),
        (&["WS504"], Box::new(|dir| fs::remove_file(dir.join(format!("{NAME}.zip"))).expect("removed"))),
        (
            &["WS104", "WS504", "WS002"],
            Box::new(|dir| {
                let path = dir.join(format!("{NAME}.zip"));
                let mut bytes = fs::read(&path).expect("zip");
                bytes.push(0);
                fs::write(path, bytes).expect("zip");
            }),
        ),
        (&["WS505"], Box::new(|dir| fs::write(dir.join("SHA256SUMS"), "").expect("file"))),
        (&["WS505"], Box::new(|dir| fs::remove_file(dir.join("SHA256SUMS")).expect("removed"))),
        (&["WS506"], Box::new(|dir| fs::write(dir.join("other.zip"), "").expect("file"))),
        (&["WS507"], Box::new(edit(manifest, "\"profile\": \"release\"", "\"profile\": \"debug\""))),
    ];
    for (i, (expected, change)) in cases.iter().enumerate() {
        let dir = tempfile::tempdir().expect("dir");
        publish(dir.path());
        change(dir.path());
        let verdict = check(dir.path());
        assert_eq!(ids(&verdict), expected.iter().copied().collect(), "case {i}: {:#?}", verdict.findings);
    }
}
