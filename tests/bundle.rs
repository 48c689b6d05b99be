//! Archives as other programs read them, and the output folder as users find it.

#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use cargo_winsvc::bundle::{Packer, Publisher, ZipInfo, check_output, write_bundle, write_symbols, write_zip};
use cargo_winsvc::config::Compression;
use cargo_winsvc::error::{Exit, Problem, Problems};
use cargo_winsvc::event::{Event, Recorder, Silent};
use cargo_winsvc::formats::{BuildManifest, OutputBundle, OutputManifest, manifest};
use cargo_winsvc::host::{RealHost, ScriptedHost};
use cargo_winsvc::layout::{Entry, FileTree, Source};
use cargo_winsvc::model::{BundlePath, Sha256};
use std::fs;
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

fn host() -> &'static ScriptedHost {
    static HOST: OnceLock<ScriptedHost> = OnceLock::new();
    HOST.get_or_init(|| ScriptedHost::new("/"))
}

fn interrupted() -> ScriptedHost {
    let host = ScriptedHost::new("/");
    host.interrupt();
    host
}

fn packer(top: &str, threads: usize, compression: Compression) -> Packer<'_> {
    Packer { host: host(), sink: &Silent, top, epoch: 1_700_000_001, compression, threads: NonZeroUsize::new(threads) }
}

/// Bytes that look random but are always the same.
fn noise(length: usize, mut seed: u64) -> Vec<u8> {
    std::iter::repeat_with(|| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as u8
    })
    .take(length)
    .collect()
}

fn tree(files: &[(&str, Vec<u8>)]) -> FileTree {
    let entry = |(path, bytes): &(&str, Vec<u8>)| Entry {
        path: BundlePath::new(*path).expect("path"),
        source: Source::Bytes(bytes.clone()),
        from: "test".into(),
    };
    FileTree::build(files.iter().map(entry).collect()).expect("tree")
}

fn sample() -> Vec<(&'static str, Vec<u8>)> {
    let text = "a line that repeats itself\r\n".repeat(4000).into_bytes();
    vec![
        ("agent.exe", [noise(300_000, 1), vec![0; 500_000]].concat()),
        ("conf/Ünï 日本.toml", b"x = 1\n".to_vec()),
        ("empty", Vec::new()),
        ("install.ps1", text),
        ("one", vec![7]),
        ("random.bin", noise(100_000, 2)),
    ]
}

fn build_manifest(name: &str, version: &str, target: &str) -> BuildManifest {
    BuildManifest {
        file_version: None,
        schema_version: manifest::VERSION,
        generator: "0.1.0".into(),
        name: name.into(),
        version: version.into(),
        target: target.into(),
        variant: None,
        profile: "release".into(),
        source: None,
        epoch: 1_700_000_001,
        epoch_origin: "commit".into(),
        tools: Vec::new(),
        flags: Vec::new(),
        overridden_templates: Vec::new(),
        executables: Vec::new(),
        files: Vec::new(),
        debug: Default::default(),
    }
}

fn run(program: &str, args: &[&str], cwd: &Path) -> String {
    let out = Command::new(program).args(args).current_dir(cwd).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{program} {args:?}: {text}");
    text
}

fn pack(dir: &Path, threads: usize, compression: Compression) -> (ZipInfo, Vec<u8>) {
    let out = dir.join("app-1.zip");
    let mut manifest = build_manifest("app", "1.0.0", "x86_64-pc-windows-gnu");
    let info =
        write_bundle(&packer("app-1", threads, compression), &tree(&sample()), &mut manifest, &out).expect("packs");
    (info, fs::read(out).expect("zip"))
}

#[test]
fn same_bytes_for_any_number_of_threads() {
    let dir = tempfile::tempdir().expect("dir");
    let (info, one) = pack(dir.path(), 1, Compression::Default);
    assert_eq!(info.size, one.len() as u64);
    assert_eq!(info.sha256, Sha256::of(&one));
    for threads in [2, 3, 8] {
        assert!(pack(dir.path(), threads, Compression::Default).1 == one, "{threads} threads");
    }
    let (_, best) = pack(dir.path(), 2, Compression::Best);
    assert!(best.len() < one.len(), "best is smaller: {} < {}", best.len(), one.len());
}

#[test]
fn the_zip_crate_reads_what_was_written() {
    let dir = tempfile::tempdir().expect("dir");
    let (info, _) = pack(dir.path(), 2, Compression::Default);
    let file = fs::File::open(dir.path().join("app-1.zip")).expect("zip");
    let mut archive = zip::ZipArchive::new(file).expect("reads");
    let names: Vec<String> = archive.file_names().map(|n| n.expect("name").into_owned()).collect();
    let expected = ["agent.exe", "conf/Ünï 日本.toml", "empty", "install.ps1", "one", "random.bin"];
    let expected = expected.iter().chain(&["winsvc-manifest.json", "SHA256SUMS"]).map(|n| format!("app-1/{n}"));
    assert_eq!(names, expected.collect::<Vec<_>>());
    let mut contents = std::collections::BTreeMap::new();
    for i in 0..archive.len() {
        let mut entry = archive.by_index(i).expect("entry");
        let name = entry.name().expect("name").trim_start_matches("app-1/").to_owned();
        assert_eq!(entry.unix_mode(), Some(0o100_644));
        let time = entry.last_modified().expect("time");
        assert_eq!((time.year(), time.month(), time.day()), (2023, 11, 14));
        assert_eq!((time.hour(), time.minute(), time.second()), (22, 13, 20));
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("content");
        let stored = entry.compression() == zip::CompressionMethod::Stored;
        assert_eq!(stored, ["conf/Ünï 日本.toml", "empty", "one", "random.bin"].contains(&name.as_str()), "{name}");
        contents.insert(name, bytes);
    }
    for (name, bytes) in sample() {
        assert_eq!(contents.get(name), Some(&bytes), "{name}");
    }
    for file in &info.files {
        let bytes = &contents[file.path.as_str()];
        assert_eq!((file.size, file.sha256), (bytes.len() as u64, Sha256::of(bytes)), "{}", file.path);
    }
    let manifest: BuildManifest = serde_json::from_slice(&contents["winsvc-manifest.json"]).expect("manifest");
    assert_eq!(manifest.files.len(), 6);
}

#[test]
fn unzip_python_and_sha256sum_agree() {
    let dir = tempfile::tempdir().expect("dir");
    pack(dir.path(), 2, Compression::Default);
    run("sha256sum", &["-c", "app-1.zip.sha256"], dir.path());
    assert!(run("unzip", &["-t", "app-1.zip"], dir.path()).contains("No errors detected"));
    let script =
        "import zipfile; z = zipfile.ZipFile('app-1.zip'); assert z.testzip() is None; print(len(z.namelist()))";
    assert_eq!(run("python3", &["-c", script], dir.path()).trim(), "8");
    run("unzip", &["-q", "app-1.zip"], dir.path());
    let top = dir.path().join("app-1");
    let said = run("sha256sum", &["--strict", "-c", "SHA256SUMS"], &top);
    assert_eq!(said.lines().filter(|l| l.ends_with(": OK")).count(), 7, "{said}");
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(top.join("conf/Ünï 日本.toml")).expect("unpacked").permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

fn problem_id(error: &anyhow::Error) -> &'static str {
    let first = || error.downcast_ref::<Problems>().and_then(|p| p.0.first()).map(|p| p.id);
    error.downcast_ref::<Problem>().map(|p| p.id).or_else(first).unwrap_or_else(|| panic!("no problem: {error:?}"))
}

#[test]
fn limits_and_unreadable_files_are_told() {
    let dir = tempfile::tempdir().expect("dir");
    let out = dir.path().join("a.zip");
    let entry = |path: String, source| Entry {
        path: BundlePath::new(path).expect("path"),
        source,
        from: "asset assets[0]".into(),
    };
    let packer = packer("top", 2, Compression::Default);

    let many = (0..65_600).map(|i| entry(format!("{i}"), Source::Bytes(Vec::new()))).collect();
    let error = write_zip(&packer, &FileTree::build(many).expect("tree"), &out).expect_err("too many");
    assert_eq!(problem_id(&error), "archive-too-many-files");

    let big = dir.path().join("big");
    fs::File::create(&big).and_then(|f| f.set_len(5 << 30)).expect("sparse file");
    for (path, id, words) in [(&big, "archive-too-big", "assets[0]"), (&dir.path().join("no"), "io", "assets[0]")] {
        let tree = FileTree::build(vec![entry("x".into(), Source::File(path.clone()))]).expect("tree");
        let error = write_zip(&packer, &tree, &out).expect_err(id);
        assert_eq!(problem_id(&error), id);
        assert!(error.to_string().contains(words), "{error}");
    }

    let late = Packer { epoch: 5_000_000_000, ..packer };
    let error = write_zip(&late, &FileTree::default(), &out).expect_err("too late");
    assert_eq!(problem_id(&error), "epoch-out-of-range");

    let stopped = Packer { host: &interrupted(), ..packer };
    let error = write_zip(&stopped, &tree(&sample()), &out).expect_err("stopped");
    assert_eq!(problem_id(&error), "interrupted");
}

#[test]
fn files_of_the_disk_are_read_once_packed_in_order_and_progress_is_told() {
    let dir = tempfile::tempdir().expect("dir");
    let files: Vec<Entry> = (0..300)
        .map(|i: usize| {
            let path = dir.path().join(format!("f{i}"));
            fs::write(&path, noise(i * 37, i as u64 + 1)).expect("file");
            Entry {
                path: BundlePath::new(format!("d{}/f{i}", i % 7)).expect("path"),
                source: Source::File(path),
                from: "t".into(),
            }
        })
        .collect();
    let tree = FileTree::build(files).expect("tree");
    let recorder = Recorder::default();
    let packer = Packer { sink: &recorder, ..packer("t", 2, Compression::Default) };
    let info = write_zip(&packer, &tree, &dir.path().join("a.zip")).expect("packs");
    assert!(info.files.windows(2).all(|w| w[0].path.as_str() < w[1].path.as_str()));
    let progress: Vec<u64> = recorder
        .events()
        .iter()
        .filter_map(|e| match e {
            Event::Progress { id: "pack", done, total } => Some(done * 1000 / total),
            _ => None,
        })
        .collect();
    assert!(progress.len() > 10 && progress.len() < 70 && progress.windows(2).all(|w| w[0] <= w[1]), "{progress:?}");
}

// The output folder.

fn staged(publisher: &Publisher<'_>, name: &str, version: &str, target: &str, content: &str) -> OutputBundle {
    let file = format!("{name}-{version}-{target}.zip");
    let symbols = format!("{name}-{version}-{target}-symbols.zip");
    let mut build = build_manifest(name, version, target);
    let files = [("agent.exe", content.as_bytes().to_vec())];
    let packer = packer("top", 1, Compression::Default);
    let info = write_bundle(&packer, &tree(&files), &mut build, &publisher.stage().join(&file)).expect("packs");
    let debug = [("agent.exe.debug", content.as_bytes().to_vec())];
    let more = write_symbols(&packer, &tree(&debug), &publisher.stage().join(&symbols)).expect("packs");
    OutputBundle { archive: info.output(file), symbols: Some(more.output(symbols)), build }
}

fn publish(dir: &Path, name: &str, version: &str, target: &str, content: &str) -> cargo_winsvc::bundle::Published {
    let publisher = Publisher::open(host(), &Silent, dir).expect("opens");
    let bundle = staged(&publisher, name, version, target, content);
    publisher.publish(&[bundle]).expect("publishes")
}

fn listing(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .expect("folder")
        .map(|e| e.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

const GNU: &str = "x86_64-pc-windows-gnu";
const MSVC: &str = "x86_64-pc-windows-msvc";

#[test]
fn results_of_other_targets_and_packages_stay_and_stale_ones_go() {
    let root = tempfile::tempdir().expect("dir");
    let dir = root.path().join("target/winsvc");
    publish(&dir, "app", "1.0.0", GNU, "one");
    publish(&dir, "app", "1.0.0", MSVC, "two");
    publish(&dir, "tool", "0.1.0", GNU, "three");
    let done = publish(&dir, "app", "1.1.0", GNU, "four, and longer than before");
    assert_eq!(done.removed, ["app-1.0.0-x86_64-pc-windows-gnu.zip", "app-1.0.0-x86_64-pc-windows-gnu-symbols.zip"]);
    let change = &done.bundles[0].change;
    assert_eq!(change.former.as_ref().map(|f| f.version.as_str()), Some("1.0.0"));
    assert!(change.size > change.former.as_ref().expect("former").size);
    assert!(change.to_string().contains("more than before (1.0.0)"), "{change}");
    assert_eq!(done.bundles[0].archive, dir.join("app-1.1.0-x86_64-pc-windows-gnu.zip"));

    let mut expected: Vec<String> = ["SHA256SUMS", "winsvc-manifest.json"].map(String::from).into();
    for name in
        ["app-1.0.0-x86_64-pc-windows-msvc", "app-1.1.0-x86_64-pc-windows-gnu", "tool-0.1.0-x86_64-pc-windows-gnu"]
    {
        for rest in ["-symbols.zip", "-symbols.zip.sha256", ".zip", ".zip.sha256"] {
            expected.push(format!("{name}{rest}"));
        }
    }
    expected.sort();
    assert_eq!(listing(&dir), expected);
    let said = run("sh", &["-c", "sha256sum --strict -c SHA256SUMS *.sha256"], &dir);
    assert_eq!(said.lines().filter(|l| l.ends_with(": OK")).count(), 12, "{said}");
    let manifest: OutputManifest =
        serde_json::from_slice(&fs::read(dir.join("winsvc-manifest.json")).expect("manifest")).expect("parses");
    let keys: Vec<_> = manifest.bundles.iter().map(|b| (b.key().0, b.key().1, b.build.version.as_str())).collect();
    assert_eq!(keys, [("app", GNU, "1.1.0"), ("app", MSVC, "1.0.0"), ("tool", GNU, "0.1.0")]);
}

#[test]
fn the_same_again_gives_the_same_folder_in_any_order_of_targets() {
    let root = tempfile::tempdir().expect("dir");
    let read =
        |dir: &Path| listing(dir).into_iter().map(|n| (fs::read(dir.join(&n)).expect("file"), n)).collect::<Vec<_>>();
    let (a, b) = (root.path().join("a"), root.path().join("b"));
    publish(&a, "app", "1.0.0", GNU, "one");
    publish(&a, "app", "1.0.0", MSVC, "two");
    let first = read(&a);
    let zip = a.join("app-1.0.0-x86_64-pc-windows-gnu.zip");
    let inode = |path: &Path| std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).expect("file"));
    let before = inode(&zip);
    let again = publish(&a, "app", "1.0.0", GNU, "one");
    assert!(again.removed.is_empty());
    assert!(again.bundles[0].change.to_string().contains("as before"), "{}", again.bundles[0].change);
    assert!(read(&a) == first);
    assert_eq!(inode(&zip), before, "what is the same stays where it is");
    // Damage is not taken for the same.
    fs::write(&zip, vec![0; fs::metadata(&zip).expect("file").len() as usize]).expect("damaged");
    publish(&a, "app", "1.0.0", GNU, "one");
    assert!(read(&a) == first);
    publish(&b, "app", "1.0.0", MSVC, "two");
    publish(&b, "app", "1.0.0", GNU, "one");
    assert!(read(&b) == first);
}

#[test]
fn a_run_that_does_not_publish_leaves_nothing() {
    let root = tempfile::tempdir().expect("dir");
    let dir = root.path().join("a/b/winsvc");
    let publisher = Publisher::open(host(), &Silent, &dir).expect("opens");
    staged(&publisher, "app", "1.0.0", GNU, "x");
    assert!(dir.exists());
    drop(publisher);
    assert_eq!(listing(root.path()), Vec::<String>::new());

    publish(&dir, "app", "1.0.0", GNU, "x");
    let had = listing(&dir);
    let publisher = Publisher::open(host(), &Silent, &dir).expect("opens");
    let mut bundle = staged(&publisher, "app", "2.0.0", GNU, "y");
    // A name that leads out of the folder, as a configured archive-name could.
    bundle.archive.file = "../x.zip".into();
    let error = publisher.publish(&[bundle]).expect_err("refused");
    assert_eq!(problem_id(&error), "archive-name");
    assert_eq!(listing(&dir), had);
}

#[test]
fn what_is_in_the_way_is_told_before_anything_is_written() {
    let root = tempfile::tempdir().expect("dir");
    let at = |name: &str| root.path().join(name);
    let refused = |dir: &Path| {
        let before = check_output(dir).expect_err("refused early");
        let error = Publisher::open(host(), &Silent, dir).map(|_| ()).expect_err("refused");
        assert_eq!(problem_id(&error), before.id);
        assert!(!before.fixes.is_empty() && before.exit == Exit::Failure, "{before:?}");
        assert!(before.what.contains(root.path().to_str().expect("text")), "{before:?}");
        before.id
    };
    fs::write(at("file"), "").expect("file");
    assert_eq!(refused(&at("file")), "output-not-a-folder");
    assert_eq!(refused(&at("file/below")), "output-not-a-folder");

    fs::create_dir(at("foreign")).expect("dir");
    fs::write(at("foreign/SHA256SUMS"), "mine").expect("file");
    assert_eq!(refused(&at("foreign")), "output-foreign");
    fs::write(at("foreign/winsvc-manifest.json"), "{\"schemaVersion\": 1}").expect("file");
    assert_eq!(refused(&at("foreign")), "output-foreign");
    let evil = |file: &str| {
        let mut build = build_manifest("app", "1.0.0", GNU);
        build.epoch = 0;
        let archive = cargo_winsvc::formats::OutputFile { file: file.into(), size: 1, sha256: Sha256::of(b"") };
        let manifest =
            OutputManifest { schema_version: 1, bundles: vec![OutputBundle { archive, symbols: None, build }] };
        fs::write(at("foreign/winsvc-manifest.json"), cargo_winsvc::formats::to_json(&manifest)).expect("file");
    };
    evil("../file");
    assert_eq!(refused(&at("foreign")), "output-foreign");
    evil("fine.zip");
    assert_eq!(check_output(&at("foreign")), Ok(()));
    assert_eq!(listing(&at("foreign")), ["SHA256SUMS", "winsvc-manifest.json"]);
    assert_eq!(fs::read_to_string(at("foreign/SHA256SUMS")).ok().as_deref(), Some("mine"));
    assert_eq!(check_output(&at("not/there/yet")), Ok(()));
    assert!(!at("not").exists());
}

#[test]
fn names_that_meet_are_refused() {
    let root = tempfile::tempdir().expect("dir");
    let dir = root.path();
    publish(dir, "app", "1.0.0", GNU, "x");
    let had = listing(dir);
    let try_name = |file: &str| {
        let publisher = Publisher::open(host(), &Silent, dir).expect("opens");
        let mut bundle = staged(&publisher, "other", "1.0.0", GNU, "y");
        fs::rename(publisher.stage().join(&bundle.archive.file), publisher.stage().join(file)).expect("rename");
        bundle.archive.file = file.into();
        publisher.publish(&[bundle]).expect_err("refused")
    };
    for name in ["app-1.0.0-x86_64-pc-windows-gnu.zip", "APP-1.0.0-x86_64-pc-windows-gnu.zip", "SHA256SUMS", ".x"] {
        let error = try_name(name);
        assert_eq!(problem_id(&error), "output-name-conflict", "{name}");
        assert!(error.to_string().contains("other for x86_64-pc-windows-gnu"), "{error}");
    }
    fs::create_dir(dir.join("folder.zip")).expect("dir");
    assert!(try_name("folder.zip").to_string().contains("is a folder"));
    fs::remove_dir(dir.join("folder.zip")).expect("dir");
    assert_eq!(listing(dir), had);
}

#[test]
fn two_runs_at_once_take_turns() {
    let root = tempfile::tempdir().expect("dir");
    let dir = root.path().join("winsvc");
    let recorder = Recorder::default();
    let first = Publisher::open(host(), &Silent, &dir).expect("opens");
    std::thread::scope(|scope| {
        let second = scope.spawn(|| {
            let publisher = Publisher::open(host(), &recorder, &dir).expect("opens");
            let bundle = staged(&publisher, "app", "1.0.0", MSVC, "second");
            publisher.publish(&[bundle]).expect("publishes");
        });
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(!second.is_finished());
        let bundle = staged(&first, "app", "1.0.0", GNU, "first");
        first.publish(&[bundle]).expect("publishes");
    });
    let notes: Vec<String> = recorder
        .events()
        .iter()
        .filter_map(|e| match e {
            Event::Note { text } => Some(text.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains(&format!("process {}", std::process::id())), "{notes:?}");
    assert_eq!(listing(&dir).len(), 10);
    run("sha256sum", &["--strict", "-c", "SHA256SUMS"], &dir);
}

#[test]
fn many_runs_at_once_lose_nothing() {
    let root = tempfile::tempdir().expect("dir");
    let dir = root.path().join("winsvc");
    std::thread::scope(|scope| {
        for i in 0..8 {
            let dir = &dir;
            scope.spawn(move || {
                if i % 4 == 3 {
                    // One that gives up.
                    drop(Publisher::open(host(), &Silent, dir).expect("opens"));
                }
                publish(dir, &format!("app{i}"), "1.0.0", GNU, "x");
            });
        }
    });
    assert_eq!(listing(&dir).len(), 8 * 4 + 2);
    run("sh", &["-c", "sha256sum --strict -c SHA256SUMS *.sha256"], &dir);
}

#[test]
fn waiting_can_be_interrupted() {
    let root = tempfile::tempdir().expect("dir");
    let _first = Publisher::open(host(), &Silent, root.path()).expect("opens");
    let error = Publisher::open(&interrupted(), &Silent, root.path()).map(|_| ()).expect_err("stops");
    assert_eq!(problem_id(&error), "interrupted");
}

#[test]
fn a_full_disk_is_told_and_nothing_is_left() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    let error = write_zip(&packer("t", 1, Compression::Default), &tree(&sample()), full).expect_err("full");
    assert_eq!(problem_id(&error), "disk-full");
}

#[test]
fn deleted_archives_leave_the_lists() {
    let root = tempfile::tempdir().expect("dir");
    let dir = root.path();
    publish(dir, "app", "1.0.0", GNU, "x");
    fs::remove_file(dir.join("app-1.0.0-x86_64-pc-windows-gnu.zip")).expect("removed");
    let recorder = Recorder::default();
    let publisher = Publisher::open(host(), &recorder, dir).expect("opens");
    let bundle = staged(&publisher, "app", "1.0.0", MSVC, "y");
    publisher.publish(&[bundle]).expect("publishes");
    assert!(recorder.events().iter().any(|e| matches!(e, Event::Note { text } if text.contains("gone or changed"))));
    assert!(!fs::read_to_string(dir.join("SHA256SUMS")).expect("sums").contains("gnu"));
}

#[test]
fn the_real_host_serves_too() {
    let host = RealHost::new().expect("host");
    let root = tempfile::tempdir().expect("dir");
    drop(Publisher::open(&host, &Silent, root.path()).expect("opens"));
    assert!(listing(root.path()).is_empty());
}
