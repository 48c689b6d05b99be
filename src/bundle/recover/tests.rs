use super::*;
use crate::formats::sums;
use crate::model::Sha256;
use std::collections::BTreeMap;

/// The output folder as a run left it: `a` is replaced, `old` goes, `other` stays.
fn before(dir: &Path) -> Journal {
    let archive = |dir: &Path, name: &str, content: &str| {
        fs::write(dir.join(name), content).expect("archive");
        let line = sums::write([(name, Sha256::of(content.as_bytes()))]);
        fs::write(dir.join(format!("{name}.sha256")), line).expect("checksum");
    };
    let list = |dir: &Path, files: &[(&str, &str)]| {
        let lines = files.iter().map(|(name, content)| (*name, Sha256::of(content.as_bytes())));
        fs::write(dir.join("SHA256SUMS"), sums::write(lines)).expect("sums");
    };
    archive(dir, "a.zip", "a before");
    archive(dir, "old.zip", "old");
    archive(dir, "other.zip", "other");
    list(dir, &[("a.zip", "a before"), ("old.zip", "old"), ("other.zip", "other")]);
    let stage = dir.join(".winsvc-stage-test");
    fs::create_dir(&stage).expect("stage");
    archive(&stage, "a.zip", "a after");
    archive(&stage, "new.zip", "new");
    list(&stage, &[("a.zip", "a after"), ("new.zip", "new"), ("other.zip", "other")]);
    let names = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
    Journal::new(
        ".winsvc-stage-test".into(),
        names(&["old.zip", "old.zip.sha256"]),
        names(&["SHA256SUMS", "a.zip.sha256", "new.zip.sha256"]),
        names(&["a.zip", "new.zip"]),
    )
}

fn files(dir: &Path) -> BTreeMap<String, String> {
    let name = |e: &fs::DirEntry| e.file_name().to_string_lossy().into_owned();
    let entries = fs::read_dir(dir).expect("folder").filter_map(Result::ok).filter(|e| e.path().is_file());
    entries.map(|e| (name(&e), fs::read_to_string(e.path()).expect("file"))).collect()
}

/// Every archive that can be seen agrees with the checksum file beside it and with the folder's list.
fn assert_agreement(dir: &Path, when: usize) {
    let files = files(dir);
    for (name, content) in files.iter().filter(|(name, _)| name.ends_with(".zip")) {
        let line = sums::write([(name.as_str(), Sha256::of(content.as_bytes()))]);
        assert_eq!(files.get(&format!("{name}.sha256")), Some(&line), "{name} after {when} steps");
        let list = files.get("SHA256SUMS").expect("list");
        assert!(list.contains(&line), "{name} after {when} steps: {list}");
    }
}

#[test]
fn a_crash_at_any_step_is_finished_by_the_next_run() {
    let whole = tempfile::tempdir().expect("dir");
    let journal = before(whole.path());
    journal.decide(whole.path()).expect("decided");
    assert!(finish(whole.path()).expect("finished"));
    let expected = files(whole.path());
    assert_eq!(
        expected.keys().map(String::as_str).collect::<Vec<_>>(),
        ["SHA256SUMS", "a.zip", "a.zip.sha256", "new.zip", "new.zip.sha256", "other.zip", "other.zip.sha256"]
    );
    assert_eq!(expected["a.zip"], "a after");
    assert!(!finish(whole.path()).expect("nothing left to finish"));

    let mut steps = 0;
    for crash_at in 0.. {
        let dir = tempfile::tempdir().expect("dir");
        let journal = before(dir.path());
        journal.decide(dir.path()).expect("decided");
        let mut count = 0;
        let result = journal.apply(dir.path(), &mut || {
            if count == crash_at {
                anyhow::bail!("crash");
            }
            count += 1;
            assert_agreement(dir.path(), count);
            Ok(())
        });
        assert_agreement(dir.path(), crash_at);
        if result.is_ok() {
            break;
        }
        // The next run crashes too, at the same step, and the one after it ends the matter.
        count = 0;
        let _ = journal.apply(dir.path(), &mut || {
            count += 1;
            if count > crash_at { anyhow::bail!("crash") } else { Ok(()) }
        });
        assert_agreement(dir.path(), crash_at);
        finish(dir.path()).expect("finished");
        assert_eq!(files(dir.path()), expected, "crash at step {crash_at}");
        assert!(!dir.path().join(".winsvc-stage-test").exists());
        steps += 1;
    }
    assert_eq!(steps, 11, "four removals, five files, the journal, the staging folder");
}

#[test]
fn before_the_decision_a_crash_changes_nothing() {
    let dir = tempfile::tempdir().expect("dir");
    before(dir.path());
    let had = files(dir.path());
    assert!(!finish(dir.path()).expect("nothing to finish"));
    assert_eq!(files(dir.path()), had);
    assert!(!dir.path().join(".winsvc-stage-test").exists(), "what the dead run staged is cleared away");
}

#[test]
fn a_journal_cannot_lead_out_of_the_folder() {
    let root = tempfile::tempdir().expect("dir");
    let dir = root.path().join("out");
    fs::create_dir(&dir).expect("dir");
    fs::write(root.path().join("victim"), "here").expect("file");
    for names in [["../victim", ".winsvc-stage-x"], ["a", "../x"], ["a", "other"]] {
        let [remove, stage] = names.map(str::to_owned);
        let journal = Journal::new(stage, vec![remove], Vec::new(), Vec::new());
        fs::write(dir.join(JOURNAL), crate::formats::to_json(&journal)).expect("journal");
        let error = finish(&dir).expect_err("refused");
        assert_eq!(error.downcast_ref::<Problem>().map(|p| p.id), Some("publish-journal"), "{error}");
        assert!(root.path().join("victim").exists());
    }
    fs::write(dir.join(JOURNAL), "{}").expect("journal");
    assert!(finish(&dir).is_err());
}
