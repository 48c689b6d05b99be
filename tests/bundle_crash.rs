//! The output folder when the process or the disk fails under it: real processes, killed; a real file system, full.
//!
//! Each test runs this program again for the part that is to fail: `child` below, told by the environment what to do.

#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use cargo_winsvc::bundle::{Packer, Publisher, write_bundle};
use cargo_winsvc::config::Compression;
use cargo_winsvc::error::Problem;
use cargo_winsvc::event::Silent;
use cargo_winsvc::formats::{BuildManifest, OutputBundle, OutputManifest, manifest, sums};
use cargo_winsvc::host::ScriptedHost;
use cargo_winsvc::layout::{Entry, FileTree, Source};
use cargo_winsvc::model::{BundlePath, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const DIR: &str = "WINSVC_TEST_DIR";
const TASK: &str = "WINSVC_TEST_TASK";

/// Publishes two bundles whose content depends on the round.
fn publish(dir: &Path, round: usize, size: usize) -> anyhow::Result<()> {
    let host = ScriptedHost::new("/");
    let publisher = Publisher::open(&host, &Silent, dir)?;
    let mut bundles = Vec::new();
    for target in ["x86_64-pc-windows-gnu", "i686-pc-windows-gnu"] {
        // Every third round has another version, so that names change too.
        let version = format!("1.{}.0", round / 3);
        let mut build: BuildManifest = serde_json::from_value(serde_json::json!({
            "schemaVersion": manifest::VERSION, "generator": "0", "name": "app", "version": version, "target": target,
            "profile": "release", "epoch": 315_532_800, "epochOrigin": "fixed", "tools": [], "flags": [],
            "overriddenTemplates": [], "executables": [], "files": [],
        }))?;
        let noise = (0..size).scan(round as u32 + 1, |x, _| {
            *x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some((*x >> 24) as u8)
        });
        let entry = Entry {
            path: BundlePath::new("data").map_err(anyhow::Error::msg)?,
            source: Source::Bytes(noise.collect()),
            from: "test".into(),
        };
        let packer = Packer {
            host: &host,
            sink: &Silent,
            top: "app",
            epoch: 315_532_800,
            compression: Compression::Default,
            threads: None,
        };
        let file = format!("app-{version}-{target}.zip");
        let info = write_bundle(&packer, &FileTree::build(vec![entry])?, &mut build, &publisher.stage().join(&file))?;
        bundles.push(OutputBundle { archive: info.output(file), symbols: None, build });
    }
    publisher.publish(&bundles)?;
    Ok(())
}

/// Not a test of its own: what the others run in a process of its own.
#[test]
#[ignore = "run by the other tests"]
fn child() {
    let dir = std::env::var(DIR).expect("told where");
    match std::env::var(TASK).expect("told what").as_str() {
        "publish for ever" => {
            for round in 0..usize::MAX {
                publish(Path::new(&dir), round, 5_000).expect("publishes");
            }
        }
        "publish to a full disk" => {
            publish(Path::new(&dir), 0, 10_000).expect("fits");
            let had = listing(Path::new(&dir));
            let error = publish(Path::new(&dir), 1, 3_000_000).expect_err("does not fit");
            let problem = error.downcast_ref::<Problem>().expect("a problem");
            assert_eq!(problem.id, "disk-full", "{problem:?}");
            assert!(problem.what.contains(&dir) && !problem.fixes.is_empty(), "{problem:?}");
            assert_eq!(listing(Path::new(&dir)), had, "nothing changed, nothing is left");
            publish(Path::new(&dir), 2, 10_000).expect("fits again");
            println!("the full disk was told");
        }
        other => panic!("{other}?"),
    }
}

fn again(program: &str, args: &[&str], dir: &Path, task: &str) -> Command {
    let mut command = Command::new(program);
    command.args(args).env(DIR, dir).env(TASK, task).stdin(Stdio::null());
    command
}

fn listing(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    let name = |e: &fs::DirEntry| e.file_name().to_string_lossy().into_owned();
    entries.map(|e| (name(&e), fs::read(e.path()).unwrap_or_default())).collect()
}

/// Every archive that is there agrees with the checksum beside it and with the folder's list.
fn assert_agreement(files: &BTreeMap<String, Vec<u8>>) {
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".zip")) {
        let line = sums::write([(name.as_str(), Sha256::of(bytes))]);
        assert_eq!(files.get(&format!("{name}.sha256")).map(Vec::as_slice), Some(line.as_bytes()), "{name}");
        let list = String::from_utf8_lossy(&files["SHA256SUMS"]);
        assert!(list.contains(&line), "{name}: {list}");
    }
}

#[test]
fn killed_at_any_moment_nothing_is_lost() {
    let root = tempfile::tempdir().expect("dir");
    let dir = root.path().join("winsvc");
    publish(&dir, 0, 5_000).expect("publishes");
    let exe = std::env::current_exe().expect("this program");
    let exe = exe.to_str().expect("text");
    let (mut interrupted, mut open) = (0, 0);
    for i in 0..40u64 {
        let mut child = again(exe, &["--exact", "child", "--ignored"], &dir, "publish for ever")
            .stdout(Stdio::null())
            .spawn()
            .expect("starts");
        // Past the start of the process, then ever a little later.
        std::thread::sleep(Duration::from_micros(60_000 + i * 1_370));
        child.kill().expect("killed");
        child.wait().expect("ended");
        let files = listing(&dir);
        assert_agreement(&files);
        interrupted += usize::from(files.keys().any(|n| n.starts_with(".winsvc")));
        open += usize::from(files.contains_key(".winsvc-commit"));
        // The next run that comes finishes the matter, even if it publishes nothing.
        let host = ScriptedHost::new("/");
        drop(Publisher::open(&host, &Silent, &dir).expect("opens"));
        let files = listing(&dir);
        assert_agreement(&files);
        assert_eq!(files.len(), 6, "{:?}", files.keys());
        let listed: OutputManifest = serde_json::from_slice(&files["winsvc-manifest.json"]).expect("manifest");
        for bundle in &listed.bundles {
            assert_eq!(Some(bundle.archive.sha256), files.get(&bundle.archive.file).map(|b| Sha256::of(b)));
        }
        assert_eq!(listed.bundles[0].build.version, listed.bundles[1].build.version, "both of one run");
    }
    println!("{interrupted} of 40 were interrupted at work, {open} within the commit");
    assert!(interrupted > 0, "the test hit a run at work");
}

#[test]
fn a_full_disk_is_told_and_nothing_is_left() {
    let root = tempfile::tempdir().expect("dir");
    let exe = std::env::current_exe().expect("this program");
    // A file system of its own, in a name space of its own, where that is allowed.
    let script = "mount -t tmpfs -o size=1m none \"$0\" && exec \"$1\" --exact child --ignored --nocapture";
    let args = ["-r", "-m", "sh", "-c", script, root.path().to_str().expect("text"), exe.to_str().expect("text")];
    let allowed = Command::new("unshare").args(["-r", "-m", "true"]).stderr(Stdio::null()).status();
    if !allowed.is_ok_and(|s| s.success()) {
        println!("skipped: name spaces are not allowed here");
        return;
    }
    let output = again("unshare", &args, root.path(), "publish to a full disk").output().expect("unshare");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("the full disk was told"), "{text}");
}
