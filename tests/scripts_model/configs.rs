//! Config files: shipped, edited, removed, and what an upgrade, a failure, a rollback and the removal make of them.

use crate::support::{Job, PowerShell};
use crate::world::{How, Photo, World, bundle, differences, disturbed, ends, results, service};
use serde_json::json;
use std::fs;

const DATA: &str = r"C:\ProgramData\Acme\acme";
const CONF: &str = r"C:\ProgramData\Acme\acme\conf\sub\agent.toml";
const NAME: &str = "conf/sub/agent.toml";

/// Unpacks a version that ships these config files.
fn ship(world: &World, name: &str, version: &str, files: &[(&str, &str)]) {
    let mut bundle = bundle(version, &[service("Agent", &json!({}))]);
    bundle["configFiles"] = files.iter().map(|(path, _)| *path).collect();
    world.unpack_with(name, &bundle, &format!("well {version}"), files);
}

fn install(world: &World, name: &str) -> Job {
    world.script(&format!(r"C:\{name}\install.ps1"))
}

fn read(world: &World, path: &str) -> Option<String> {
    fs::read_to_string(world.path(path)).ok()
}

fn beside(what: &str) -> String {
    format!("{CONF}.{what}")
}

/// Three versions: the first two ship different files, the third that of the second.
fn three(world: &World) {
    ship(world, "one", "1.0.0", &[(NAME, "a = 1\r\n"), ("top.toml", "")]);
    ship(world, "two", "2.0.0", &[(NAME, "a = 2\r\n"), ("top.toml", "")]);
    ship(world, "three", "3.0.0", &[(NAME, "a = 2\r\n"), ("top.toml", "")]);
}

#[track_caller]
fn same(before: &Photo, world: &World) {
    assert_eq!(differences(before, &world.photo()), Vec::<String>::new());
}

/// What the last status said of a file, and that nothing differed.
#[track_caller]
fn status(shell: &mut PowerShell<'_>, world: &World) -> String {
    let outcome = ends(shell, &world.installed("status.ps1"), 0);
    let line = outcome.output.iter().find(|line| line["Service"] == CONF).unwrap();
    assert_eq!((&line["Key"], &line["Same"]), (&json!("config file"), &json!(true)));
    line["Actual"].as_str().unwrap().to_owned()
}

#[test]
fn files_as_they_were_shipped_are_replaced_and_come_back() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    three(&world);
    let fresh = world.photo();
    ends(&mut shell, &install(&world, "one").switch("WhatIf"), 0);
    same(&fresh, &world);
    results(&mut shell, &install(&world, "one"), "Installed");
    assert_eq!(read(&world, CONF).unwrap(), "a = 1\r\n");
    assert_eq!(read(&world, r"C:\ProgramData\Acme\acme\top.toml").unwrap(), "");
    assert_eq!(status(&mut shell, &world), "as shipped");
    let one = world.photo();
    let steps = world.steps();
    for job in [install(&world, "one"), world.installed("install.ps1")] {
        results(&mut shell, &job, "Unchanged");
    }
    assert_eq!(world.steps(), steps);
    results(&mut shell, &install(&world, "two"), "Upgraded");
    assert_eq!(read(&world, CONF).unwrap(), "a = 2\r\n");
    results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
    same(&one, &world);
    // Nothing is left but the data: the config files.
    results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    assert_eq!(read(&world, CONF).unwrap(), "a = 1\r\n");
    let left = differences(&fresh, &world.photo());
    assert!(left.iter().all(|line| line.contains("ProgramData")), "{left:#?}");
    // Another installation finds them as they were shipped, or edited.
    results(&mut shell, &install(&world, "one"), "Installed");
    assert_eq!((read(&world, CONF).unwrap().as_str(), read(&world, &beside("new"))), ("a = 1\r\n", None));
    results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    results(&mut shell, &install(&world, "two"), "Installed");
    assert_eq!(read(&world, CONF).unwrap(), "a = 1\r\n");
    assert_eq!(read(&world, &beside("new")).unwrap(), "a = 2\r\n");
    results(&mut shell, &install(&world, "two"), "Unchanged");
    results(&mut shell, &world.installed("uninstall.ps1").switch("Purge"), "Removed");
    // The folder above the data was there when this installation came.
    assert_eq!(differences(&fresh, &world.photo()), ["C/ProgramData/Acme: absent -> folder"]);
}

#[test]
fn edited_files_stay_and_the_new_one_lies_beside() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    three(&world);
    results(&mut shell, &install(&world, "one"), "Installed");
    fs::write(world.path(CONF), "mine").unwrap();
    assert_eq!(status(&mut shell, &world), "edited");
    assert!(ends(&mut shell, &world.installed("status.ps1").switch("Drift"), 0).output.is_empty());
    let edited = world.photo();
    results(&mut shell, &install(&world, "one"), "Unchanged");
    same(&edited, &world);

    let upgraded = |shell: &mut PowerShell<'_>| {
        results(shell, &install(&world, "two"), "Upgraded");
        assert_eq!(
            (read(&world, CONF).unwrap(), read(&world, &beside("new")).unwrap()),
            ("mine".into(), "a = 2\r\n".into())
        );
        assert_eq!(status(shell, &world), "edited");
    };
    upgraded(&mut shell);
    results(&mut shell, &install(&world, "two"), "Unchanged");
    // There and back, byte for byte.
    results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
    let mut differ = differences(&edited, &world.photo());
    // The state knows what was there before the first version that had it.
    differ.retain(|line| !line.contains("state.json"));
    assert_eq!(differ, Vec::<String>::new());
    upgraded(&mut shell);
    // Nothing new was shipped: the one beside stays, once it was removed it stays so.
    results(&mut shell, &install(&world, "three"), "Upgraded");
    assert_eq!(read(&world, &beside("new")).unwrap(), "a = 2\r\n");
    fs::remove_file(world.path(&beside("new"))).unwrap();
    results(&mut shell, &install(&world, "three"), "Unchanged");
    ends(&mut shell, &world.installed("status.ps1"), 0);
    assert_eq!(read(&world, &beside("new")), None);
    assert_eq!(read(&world, CONF).unwrap(), "mine");
    // Edited after an upgrade, it stays in a rollback.
    fs::write(world.path(CONF), "mine again").unwrap();
    results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
    assert_eq!(read(&world, CONF).unwrap(), "mine again");
}

#[test]
fn a_new_one_that_nobody_needs_goes_unless_somebody_wrote_it() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    for accept in [true, false] {
        let world = World::new();
        three(&world);
        ship(&world, "four", "4.0.0", &[(NAME, "a = 4\r\n"), ("top.toml", "")]);
        results(&mut shell, &install(&world, "one"), "Installed");
        fs::write(world.path(CONF), "mine").unwrap();
        results(&mut shell, &install(&world, "two"), "Upgraded");
        if accept {
            // What it holds was taken over: none is needed beside it.
            fs::copy(world.path(&beside("new")), world.path(CONF)).unwrap();
            results(&mut shell, &install(&world, "two"), "Repaired");
            assert_eq!((read(&world, CONF).unwrap(), read(&world, &beside("new"))), ("a = 2\r\n".into(), None));
            results(&mut shell, &install(&world, "four"), "Upgraded");
            assert_eq!((read(&world, CONF).unwrap(), read(&world, &beside("new"))), ("a = 4\r\n".into(), None));
        } else {
            fs::write(world.path(&beside("new")), "half merged").unwrap();
            results(&mut shell, &install(&world, "two"), "Unchanged");
            let outcome = results(&mut shell, &install(&world, "four"), "Upgraded");
            assert!(
                outcome.warnings.iter().any(|w| w.contains("agent.toml.new is not as it was put there")),
                "{outcome:#?}"
            );
            assert_eq!(read(&world, &beside("new")).unwrap(), "half merged");
            assert_eq!(read(&world, CONF).unwrap(), "mine");
        }
    }
}

#[test]
fn removed_files_stay_removed_until_they_are_asked_for() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    three(&world);
    results(&mut shell, &install(&world, "one"), "Installed");
    fs::remove_dir_all(world.path(CONF).parent().unwrap().parent().unwrap()).unwrap();
    assert_eq!(status(&mut shell, &world), "removed");
    let removed = world.photo();
    results(&mut shell, &install(&world, "one"), "Unchanged");
    results(&mut shell, &install(&world, "two"), "Upgraded");
    assert!(!world.path(&format!(r"{DATA}\conf")).exists());
    results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
    same(&removed, &world);
    results(&mut shell, &install(&world, "two").switch("ResetSettings"), "Upgraded");
    assert_eq!((read(&world, CONF).unwrap(), read(&world, &beside("old"))), ("a = 2\r\n".into(), None));
    // What was there before is nothing.
    results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
    same(&removed, &world);
}

#[test]
fn a_reset_loses_nothing() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    three(&world);
    results(&mut shell, &install(&world, "two"), "Installed");
    fs::write(world.path(CONF), "first").unwrap();
    let reset = |name: &str| install(&world, name).switch("ResetSettings");
    results(&mut shell, &reset("two"), "Repaired");
    assert_eq!(
        (read(&world, CONF).unwrap(), read(&world, &beside("old")).unwrap()),
        ("a = 2\r\n".into(), "first".into())
    );
    fs::write(world.path(CONF), "second").unwrap();
    results(&mut shell, &reset("two"), "Repaired");
    assert_eq!(
        (read(&world, &beside("old")).unwrap(), read(&world, &beside("old2")).unwrap()),
        ("first".into(), "second".into())
    );
    results(&mut shell, &reset("two"), "Unchanged");

    // In an upgrade to a version that ships the same, and to one that ships another: a rollback brings back what was edited.
    ship(&world, "four", "4.0.0", &[(NAME, "a = 4\r\n"), ("top.toml", "")]);
    for name in ["three", "four"] {
        fs::write(world.path(CONF), "third").unwrap();
        let edited = world.photo();
        results(&mut shell, &reset(name), "Upgraded");
        assert_ne!(read(&world, CONF).unwrap(), "third");
        assert_eq!(read(&world, &beside("old3")).unwrap(), "third");
        results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
        same(&edited, &world);
        assert_eq!(status(&mut shell, &world), "edited");
    }
    // Where it is gone, it becomes as it was shipped.
    results(&mut shell, &reset("four"), "Upgraded");
    fs::remove_file(world.path(&beside("old3"))).unwrap();
    let outcome = results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
    assert!(outcome.warnings.iter().any(|w| w.contains("nowhere to be found")), "{outcome:#?}");
    assert_eq!(read(&world, CONF).unwrap(), "a = 2\r\n");
}

#[test]
fn files_that_a_version_does_not_ship_any_more_go_unless_edited() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    for edited in [false, true] {
        let world = World::new();
        three(&world);
        ship(&world, "without", "2.0.0", &[]);
        ship(&world, "again", "3.0.0", &[(NAME, "a = 3\r\n")]);
        results(&mut shell, &install(&world, "one"), "Installed");
        if edited {
            fs::write(world.path(CONF), "mine").unwrap();
        }
        let one = world.photo();
        results(&mut shell, &install(&world, "without"), "Upgraded");
        assert_eq!(read(&world, CONF).as_deref(), edited.then_some("mine"));
        assert_eq!(world.path(&format!(r"{DATA}\conf")).exists(), edited);
        results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
        same(&one, &world);
        results(&mut shell, &install(&world, "without"), "Upgraded");
        let without = world.photo();
        results(&mut shell, &install(&world, "again"), "Upgraded");
        assert_eq!(read(&world, CONF).unwrap(), if edited { "mine" } else { "a = 3\r\n" });
        assert_eq!(read(&world, &beside("new")).as_deref(), edited.then_some("a = 3\r\n"));
        results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
        let mut differ = differences(&without, &world.photo());
        // The state knows what was there before the first version that had it.
        differ.retain(|line| !line.contains("state.json") && !line.contains("versions/"));
        assert_eq!(differ, Vec::<String>::new());
    }
}

#[test]
fn a_link_in_the_data_folder_is_not_followed() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    three(&world);
    results(&mut shell, &install(&world, "one"), "Installed");
    // The service may do this: the folder is its own.
    let conf = world.path(&format!(r"{DATA}\conf"));
    fs::rename(&conf, world.path(&format!(r"{DATA}\away"))).unwrap();
    fs::create_dir_all(world.path(r"C:\ProgramData\Other\sub")).unwrap();
    std::os::unix::fs::symlink(world.path(r"C:\ProgramData\Other"), &conf).unwrap();
    let before = world.photo();
    let outcome = ends(&mut shell, &install(&world, "two"), 1638);
    assert!(outcome.errors[0].message.contains(r"acme\conf is a link to elsewhere"), "{outcome:#?}");
    same(&before, &world);
}

/// What was put aside may hold more than what was shipped: nobody but administrators reads it.
#[test]
fn what_is_put_aside_is_closed() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    three(&world);
    results(&mut shell, &install(&world, "one"), "Installed");
    fs::write(world.path(CONF), "password = x").unwrap();
    let start = world.steps();
    let job = install(&world, "two").switch("ResetSettings");
    ends(&mut shell, &job, 0);
    // Right after the file has been put aside the power goes.
    let is_put = |at: &usize| world.step(*at).contains(r"in the place of C:\Program Files\Acme\acme\snapshots\");
    let at = (1..=world.steps() - start).rev().find(is_put).unwrap() + 1;

    let world = World::new();
    three(&world);
    results(&mut shell, &install(&world, "one"), "Installed");
    fs::write(world.path(CONF), "password = x").unwrap();
    let before = world.photo();
    shell.run(&disturbed(install(&world, "two").switch("ResetSettings"), at, How::Power));
    let folder = r"C:\Program Files\Acme\acme\snapshots";
    assert!(world.path(folder).exists());
    assert_eq!(world.machine()["access"][folder], "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)");
    results(&mut shell, &install(&world, "one"), "Unchanged");
    same(&before, &world);
}

/// Each change fails in turn, or the power goes at it: the state before, or the state after.
#[test]
fn each_change_can_fail() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    type Prepare<'a> = &'a dyn Fn(&World);
    let ways: [(&[&str], Prepare<'_>, &str, bool); 5] = [
        // First installation over files of somebody else's.
        (
            &[],
            &|world| {
                fs::create_dir_all(world.path(CONF).parent().unwrap()).unwrap();
                fs::write(world.path(CONF), "mine").unwrap();
                world.change(|m| m["access"][DATA] = json!("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"));
            },
            "one",
            true,
        ),
        (&["one"], &|_| {}, "two", false),
        (&["one"], &|world| fs::write(world.path(CONF), "mine").unwrap(), "two", false),
        (&["one"], &|world| fs::write(world.path(CONF), "mine").unwrap(), "two", true),
        (&["one"], &|_| {}, "without", false),
    ];
    for (number, (first, prepare, name, reset)) in ways.into_iter().enumerate() {
        let prepared = |shell: &mut PowerShell<'_>| {
            let world = World::new();
            three(&world);
            ship(&world, "without", "2.0.0", &[("more.toml", "m")]);
            for before in first {
                ends(shell, &install(&world, before), 0);
            }
            prepare(&world);
            world
        };
        let job = |world: &World| {
            let job = install(world, name);
            if reset { job.switch("ResetSettings") } else { job }
        };
        let model = prepared(&mut shell);
        let world = model.copy();
        let start = world.steps();
        ends(&mut shell, &job(&world), 0);
        let (count, after) = (world.steps() - start, world.photo());
        for at in 1..=count {
            let how = [How::FailBefore, How::FailAfter, How::Power][(at + number) % 3];
            let world = model.copy();
            let before = world.photo();
            let outcome = shell.run(&disturbed(job(&world), at, how));
            if outcome.exit != 0 && how != How::Power {
                assert_eq!(outcome.exit, 1603, "{}: {outcome:#?}", world.step(at));
                assert_eq!(
                    differences(&before, &world.photo()),
                    Vec::<String>::new(),
                    "{number} {how:?} at {}",
                    world.step(at)
                );
                continue;
            }
            let step = world.step(at);
            if at % 2 == 0 && !first.is_empty() {
                // The version from before puts itself right, unless the new one had committed.
                let old = shell.run(&install(&world, "one"));
                assert!(old.exit == 0 || old.exit == 1638, "{old:#?}");
                let wanted = if old.exit == 0 { &before } else { &after };
                assert_eq!(differences(wanted, &world.photo()), Vec::<String>::new(), "{number} {how:?} at {step}");
                continue;
            }
            ends(&mut shell, &job(&world), 0);
            let differ = differences(&after, &world.photo());
            assert_eq!(differ, Vec::<String>::new(), "{number} {how:?} at {step}");
        }
    }
}

/// The same for a rollback over a reset.
#[test]
fn each_change_of_a_rollback_can_fail() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let prepared = |shell: &mut PowerShell<'_>| {
        let world = World::new();
        three(&world);
        ends(shell, &install(&world, "one"), 0);
        fs::write(world.path(CONF), "mine").unwrap();
        ends(shell, &install(&world, "two").switch("ResetSettings"), 0);
        world
    };
    let model = prepared(&mut shell);
    let world = model.copy();
    let start = world.steps();
    ends(&mut shell, &world.installed("rollback.ps1"), 0);
    let (count, after) = (world.steps() - start, world.photo());
    for at in 1..=count {
        let how = [How::FailBefore, How::FailAfter, How::Power][at % 3];
        let world = model.copy();
        let before = world.photo();
        let job = world.script(r"C:\two\rollback.ps1");
        let outcome = shell.run(&disturbed(job.clone(), at, how));
        if outcome.exit != 0 && how != How::Power {
            assert_eq!(outcome.exit, 1603, "{outcome:#?}");
            assert_eq!(differences(&before, &world.photo()), Vec::<String>::new(), "{how:?} at {}", world.step(at));
            continue;
        }
        let step = world.step(at);
        let again = shell.run(&job);
        // It had committed when there is no former version any more.
        assert!(again.exit == 0 || again.exit == 1638, "{again:#?}");
        let mut differ = differences(&after, &world.photo());
        // A version whose removal was cut off goes with the next transaction.
        differ.retain(|line| {
            !step.contains(r"remove C:\Program Files\Acme\acme\versions\") || !line.contains("versions/")
        });
        assert_eq!(differ, Vec::<String>::new(), "{how:?} at {step}");
    }
}
