//! Each change fails in turn, and the power goes at each change in turn.

use crate::support::PowerShell;
use crate::world::{How, Photo, WELL, World, bundle, differences, disturbed, ends, results, service};
use serde_json::json;

/// Two versions that differ in much, of two services that depend on each other, the second version without one of them.
fn two_versions(world: &World) {
    let base = service("Base", &json!({"eventLog": {"source": "Base", "log": "Acme Log", "messages": []}}));
    let top = service("Top", &json!({"dependencies": ["Base"]}));
    world.unpack("one", &bundle("1.0.0", &[base.clone(), top.clone(), service("Old", &json!({}))]), WELL);
    let changed = json!({
        "dependencies": ["Base"], "description": "", "start": "delayed-auto", "env": {}, "args": [], "sidType": "restricted",
        "account": {"kind": "local-service"}, "requiredPrivileges": [], "errorControl": "severe", "displayName": "Another",
        "failure": {"actions": [], "resetSeconds": 0, "onErrorExit": false}, "securityDescriptor": "D:(A;;LCRP;;;IU)",
    });
    world.unpack("two", &bundle("2.0.0", &[base, service("Top", &changed), service("New", &json!({}))]), "well two");
}

/// Runs `C:\NAME\install.ps1` on a fresh machine that `prepare` has worked on, once for each change that it makes.
fn for_each_change(
    shell: &mut PowerShell<'_>,
    name: &str,
    how: How,
    first: &[&str],
    mut check: impl FnMut(&mut PowerShell<'_>, &World, &Photo, &Photo, usize),
) -> usize {
    let script = format!(r"C:\{name}\install.ps1");
    let prepared = |shell: &mut PowerShell<'_>| {
        let world = World::new();
        two_versions(&world);
        for before in first {
            ends(shell, &world.script(&format!(r"C:\{before}\install.ps1")), 0);
        }
        world
    };
    let model = prepared(shell);
    let world = model.copy();
    let start = world.steps();
    ends(shell, &world.script(&script), 0);
    let (count, after) = (world.steps() - start, world.photo());
    assert!(count > 40, "{count}");
    // Each change is met by one of the two ways to fail.
    let turn = |at: &usize| match how {
        How::FailBefore => at % 2 == 1,
        How::FailAfter => at.is_multiple_of(2),
        _ => true,
    };
    for at in (1..=count).filter(turn) {
        let world = model.copy();
        let before = world.photo();
        let outcome = shell.run(&disturbed(world.script(&script), at, how));
        if outcome.exit == 0 {
            // It had committed, and the next run tidies up what it could not.
            assert!(!outcome.warnings.is_empty() || world.photo() == after, "{}", world.step(at));
            ends(shell, &world.script(&script), 0);
            assert_eq!(differences(&after, &world.photo()), Vec::<String>::new(), "{how:?} at {}", world.step(at));
            continue;
        } else if how != How::Power {
            assert_eq!(outcome.exit, 1603, "at {}: {outcome:#?}", world.step(at));
        }
        check(shell, &world, &before, &after, at);
    }
    count
}

fn undone(shell: &mut PowerShell<'_>, name: &str, first: &[&str]) {
    for how in [How::FailBefore, How::FailAfter] {
        for_each_change(shell, name, how, first, |_, world, before, _, at| {
            assert_eq!(differences(before, &world.photo()), Vec::<String>::new(), "{how:?} at {}", world.step(at));
        });
    }
}

#[test]
fn a_failed_installation_leaves_the_state_before() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    undone(&mut shell, "one", &[]);
}

#[test]
fn a_failed_upgrade_leaves_the_state_before() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    undone(&mut shell, "two", &["one"]);
}

#[test]
fn the_next_run_finishes_what_the_power_cut() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    for (name, first) in [("one", &[][..]), ("two", &["one"])] {
        for_each_change(&mut shell, name, How::Power, first, |shell, world, before, after, at| {
            let step = world.step(at);
            // -WhatIf on what was left changes nothing.
            let left = world.photo();
            shell.run(&world.script(&format!(r"C:\{name}\install.ps1")).switch("WhatIf"));
            assert_eq!(differences(&left, &world.photo()), Vec::<String>::new(), "{step}");
            if at % 2 == 0 {
                // The same again brings it to its end.
                ends(shell, &world.script(&format!(r"C:\{name}\install.ps1")), 0);
                assert_eq!(differences(after, &world.photo()), Vec::<String>::new(), "power at {step}");
            } else if first.is_empty() {
                // Removal takes all of it away.
                ends(shell, &world.script(&format!(r"C:\{name}\uninstall.ps1")), 0);
                let mut left = differences(before, &world.photo());
                // Of a run that came no further than an empty folder nothing tells whose it is.
                left.retain(|line| at > 1 || line != "C/Program Files/Acme: absent -> folder");
                assert_eq!(left, Vec::<String>::new(), "power at {step}");
            } else {
                // The version from before puts itself right.
                let old = shell.run(&world.script(r"C:\one\install.ps1"));
                if old.exit == 0 {
                    assert_eq!(differences(before, &world.photo()), Vec::<String>::new(), "power at {step}");
                } else {
                    assert_eq!(old.exit, 1638, "the new one had committed: {old:#?}");
                    assert_eq!(differences(after, &world.photo()), Vec::<String>::new(), "power at {step}");
                }
            }
        });
    }
}

#[test]
fn a_killed_process_is_as_a_cut_of_power() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    for (at, how) in [(6, How::KillBefore), (12, How::KillAfter), (25, How::KillBefore), (40, How::KillAfter)] {
        let world = World::new();
        two_versions(&world);
        let before = world.photo();
        let killed = shell.try_run(&disturbed(world.script(r"C:\one\install.ps1"), at, how));
        assert!(killed.is_none(), "{killed:#?}");
        assert_ne!(world.photo(), before);
        results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
        ends(&mut shell, &world.installed("uninstall.ps1"), 0);
        assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
    }
}
