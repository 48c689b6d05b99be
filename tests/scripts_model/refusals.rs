//! What is refused, with which code, and that nothing has changed then. -WhatIf changes nothing either.

use crate::support::PowerShell;
use crate::world::{How, WELL, World, bundle, differences, disturbed, ends, results, service};
use serde_json::json;
use std::fs;

#[test]
fn every_refusal_changes_nothing() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let agent = bundle("1.0.0", &[service("Agent", &json!({}))]);
    let script = r"C:\one\install.ps1";
    let key = r"SYSTEM\CurrentControlSet\Services\Agent";
    let foreign = |world: &World| {
        let path = json!({"ImagePath": {"kind": "ExpandString", "value": "\"C:\\nssm.exe\""}, "Start": {"kind": "DWord", "value": 2}});
        world.change(|machine| machine["registry"][key] = path);
    };
    let nothing = |_: &World| {};
    type Case<'a> = (&'a str, i32, &'a dyn Fn(&World), &'a dyn Fn(crate::support::Job) -> crate::support::Job, &'a str);
    let cases: Vec<Case<'_>> = vec![
        ("not elevated", 740, &nothing, &|job| job.env("MODEL_ELEVATED", "0"), "elevated"),
        (
            "a changed file",
            23,
            &|world| fs::write(world.path(r"C:\one\agent.exe"), "evil").unwrap(),
            &|job| job,
            "agent.exe is not the file",
        ),
        (
            "a missing file",
            23,
            &|world| fs::remove_file(world.path(r"C:\one\sub\notes.txt")).unwrap(),
            &|job| job,
            "notes.txt is missing",
        ),
        (
            "no list",
            23,
            &|world| fs::remove_file(world.path(r"C:\one\SHA256SUMS")).unwrap(),
            &|job| job,
            "SHA256SUMS is missing",
        ),
        ("a service of that name", 1638, &foreign, &|job| job, r"nssm.exe"),
        (
            "an event source of that name",
            1638,
            &|world| {
                world.change(|m| {
                    m["registry"][r"SYSTEM\CurrentControlSet\Services\EventLog\Application\Agent"] = json!({});
                });
            },
            &|job| job,
            "event source Agent exists",
        ),
        (
            "files in the program folder",
            1638,
            &|world| {
                fs::create_dir_all(world.path(r"C:\Program Files\Acme\acme")).unwrap();
                fs::write(world.path(r"C:\Program Files\Acme\acme\mine.txt"), "mine").unwrap();
            },
            &|job| job,
            "others than administrators may write there",
        ),
        (
            "a file for a folder",
            1638,
            &|world| {
                fs::create_dir_all(world.path(r"C:\ProgramData\Acme")).unwrap();
                fs::write(world.path(r"C:\ProgramData\Acme\acme"), "").unwrap();
            },
            &|job| job,
            "is a file",
        ),
        (
            "a link for a folder",
            1638,
            &|world| {
                fs::create_dir_all(world.path(r"C:\ProgramData\Acme")).unwrap();
                std::os::unix::fs::symlink("/tmp", world.path(r"C:\ProgramData\Acme\acme")).unwrap();
            },
            &|job| job,
            "is a link",
        ),
        ("a wrong folder", 50, &nothing, &|job| job.parameter("InstallDir", r"\\server\share"), "no absolute path"),
        (
            "a folder with dots",
            50,
            &nothing,
            &|job| job.parameter("InstallDir", r"C:\a\..\Windows"),
            "no absolute path",
        ),
        ("a restricted language", 50, &nothing, &|job| job.language("ConstrainedLanguage"), "restricted language mode"),
        ("answers that are not there", 87, &nothing, &|job| job.parameter("Answers", r"C:\no.txt"), "There is no file"),
    ];
    for (what, code, prepare, job, said) in cases {
        let world = World::new();
        world.unpack("one", &agent, WELL);
        prepare(&world);
        if what == "a restricted language" {
            continue; // The model itself needs the full language: shown in Wine.
        }
        let before = world.photo();
        let outcome = ends(&mut shell, &job(world.script(script)), code);
        assert!(outcome.errors.iter().any(|e| e.message.contains(said)), "{what}: {outcome:#?}");
        assert_eq!(differences(&before, &world.photo()), Vec::<String>::new(), "{what}");
    }
}

#[test]
fn another_run_at_work_is_left_alone() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL);
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    let lock = world.path(r"C:\Program Files\Acme\acme\lock");
    let holder = fs::File::create(&lock).unwrap();
    rustix_lock(&holder);
    let before = world.photo();
    for script in [r"C:\one\install.ps1", r"C:\one\uninstall.ps1", r"C:\one\rollback.ps1"] {
        ends(&mut shell, &world.script(script), 1618);
    }
    assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
}

/// As .NET locks a file on Linux that it opens for itself alone.
fn rustix_lock(file: &fs::File) {
    file.try_lock().unwrap();
}

#[test]
fn what_if_makes_no_change() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL);
    world.unpack("two", &bundle("2.0.0", &[service("Agent", &json!({"description": "New."}))]), "well two");
    let try_it = |shell: &mut PowerShell<'_>, script: &str, said: &[&str]| {
        let (before, steps) = (world.photo(), world.steps());
        let outcome = ends(shell, &world.script(script).switch("WhatIf"), 0);
        assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
        assert_eq!(world.steps(), steps);
        for piece in said {
            assert!(outcome.host.contains(piece), "{piece}: {outcome:#?}");
        }
    };
    try_it(
        &mut shell,
        r"C:\one\install.ps1",
        &["Make the program folder", "Set service", "Set start, to auto", "Set environment", "Set running"],
    );
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    try_it(&mut shell, r"C:\one\install.ps1", &[]);
    try_it(&mut shell, r"C:\two\install.ps1", &["Change description, now Does things., to New.", "Remove running"]);
    results(&mut shell, &world.script(r"C:\two\install.ps1"), "Upgraded");
    try_it(&mut shell, r"C:\two\rollback.ps1", &["Change description, now New., to Does things."]);
    try_it(&mut shell, r"C:\two\uninstall.ps1", &["Remove service", "Remove the program folder"]);
}

#[test]
fn what_cannot_be_undone_is_told_and_tried_again() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL);
    let fresh = world.photo();
    let outcome = ends(&mut shell, &disturbed(world.script(r"C:\one\install.ps1"), 30, How::Power), 1604);
    assert!(outcome.errors[0].message.contains("the next run tries again"), "{outcome:#?}");
    let outcome = ends(&mut shell, &world.script(r"C:\one\install.ps1").env("MODEL_ELEVATED", "0"), 740);
    assert!(outcome.warnings.is_empty());
    ends(&mut shell, &world.script(r"C:\one\status.ps1"), 3);
    ends(&mut shell, &world.script(r"C:\one\uninstall.ps1"), 0);
    assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new());
}
