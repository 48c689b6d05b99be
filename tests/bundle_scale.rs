//! What packing and publishing cost, in time and memory. Not run by default; needs some 4 GB of disk and is
//! only meaningful when optimised: `cargo test --release --test bundle_scale -- --ignored --nocapture`.

#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use cargo_winsvc::bundle::{Packer, Publisher, write_bundle, write_zip};
use cargo_winsvc::config::Compression;
use cargo_winsvc::event::Silent;
use cargo_winsvc::formats::{BuildManifest, OutputBundle};
use cargo_winsvc::host::ScriptedHost;
use cargo_winsvc::layout::{Entry, FileTree, Source};
use cargo_winsvc::model::BundlePath;
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Text of words from a small vocabulary, which deflates to about a third.
fn text(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut out = Vec::with_capacity(length + 16);
    while out.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.extend_from_slice(format!("{:x} ", (state >> 20) % 50_000).as_bytes());
    }
    out.truncate(length);
    out
}

/// Most memory ever resident, in bytes (Linux).
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("status");
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).expect("VmHWM");
    line.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).expect("number") * 1024
}

/// 5000 files of 1.5 GB together, one of them 200 MB.
fn files(dir: &Path) -> FileTree {
    let entry = |i: usize, length: usize| {
        let path = dir.join(format!("f{i}"));
        fs::write(&path, text(length, i as u64 + 7)).expect("file");
        let dest = BundlePath::new(format!("d{:02}/f{i}", i % 50)).expect("path");
        Entry { path: dest, source: Source::File(path), from: "test".into() }
    };
    let mut entries = vec![entry(0, 200 << 20)];
    entries.extend((1..5_000).map(|i| entry(i, 100_000 + i * 64)));
    FileTree::build(entries).expect("tree")
}

#[test]
#[ignore = "large and slow"]
fn one_and_a_half_gigabytes() {
    let dir = tempfile::tempdir().expect("dir");
    let tree = files(dir.path());
    let before = peak();
    let host = ScriptedHost::new("/");
    let packer = Packer {
        host: &host,
        sink: &Silent,
        top: "top",
        epoch: 1_700_000_000,
        compression: Compression::Default,
        threads: None,
    };
    let start = Instant::now();
    let info = write_zip(&packer, &tree, &dir.path().join("a.zip")).expect("packs");
    let packed = start.elapsed();
    let start = Instant::now();
    let verdict = cargo_winsvc::verify::verify(&dir.path().join("a.zip"), &Default::default()).expect("verifies");
    println!(
        "{} MB to {} MB in {packed:.1?}, verified in {:.1?}, memory {} MB (before {} MB)",
        info.unpacked >> 20,
        info.size >> 20,
        start.elapsed(),
        peak() >> 20,
        before >> 20
    );
    // It is no bundle, but nothing is wrong with the archive.
    assert!(verdict.findings.iter().all(|f| ["WS101", "WS105", "WS110"].contains(&f.id.as_str())), "{verdict:?}");
    assert!(peak() < before.max(250 << 20) + (600 << 20));
}

#[test]
#[ignore = "a measurement"]
fn what_publishing_a_small_bundle_costs() {
    let dir = tempfile::tempdir().expect("dir");
    let mut exe = text(1_500_000, 1);
    let host = ScriptedHost::new("/");
    let mut times = Vec::new();
    for round in 0..20 {
        // The first half publishes something new each time, the second half the same again.
        exe[0] = round.min(10);
        let start = Instant::now();
        let publisher = Publisher::open(&host, &Silent, dir.path()).expect("opens");
        let entry = |path: &str, bytes: &[u8]| Entry {
            path: BundlePath::new(path).expect("path"),
            source: Source::Bytes(bytes.into()),
            from: "test".into(),
        };
        let mut files: Vec<Entry> = (0..12).map(|i| entry(&format!("t{i}"), &exe[i..4_000 + i])).collect();
        files.push(entry("a.exe", &exe));
        let tree = FileTree::build(files).expect("tree");
        let packer = Packer {
            host: &host,
            sink: &Silent,
            top: "app",
            epoch: 1_700_000_000,
            compression: Compression::Default,
            threads: None,
        };
        let mut build: BuildManifest = serde_json::from_value(serde_json::json!({
            "schemaVersion": 1, "generator": "0", "name": "app", "version": "1.0.0", "target": "x86_64-pc-windows-gnu",
            "profile": "release", "epoch": 1_700_000_000, "epochOrigin": "fixed", "tools": [], "flags": [],
            "overriddenTemplates": [], "executables": [], "files": [],
        }))
        .expect("manifest");
        let staged = publisher.stage().join("app.zip");
        let info = write_bundle(&packer, &tree, &mut build, &staged).expect("packs");
        let packed = start.elapsed();
        cargo_winsvc::verify::verify(&staged, &Default::default()).expect("verifies");
        let verified = start.elapsed() - packed;
        let before = start.elapsed();
        let bundle = OutputBundle { archive: info.output("app.zip"), symbols: None, build };
        publisher.publish(&[bundle]).expect("publishes");
        times.push([packed, verified, start.elapsed() - before]);
    }
    let (new, same) = times.split_at(11);
    let rows = [
        ("pack", &times[..], 0),
        ("verify", &times, 1),
        ("publish something new", new, 2),
        ("publish the same", same, 2),
    ];
    for (what, times, i) in rows {
        let mut each: Vec<_> = times.iter().map(|t| t[i]).collect();
        each.sort();
        println!("{what}: median {:.1?}, worst {:.1?}", each[each.len() / 2], each[each.len() - 1]);
    }
}
