//! Services that run as a user: the password, the right to log on as a service, and what can't be undone without a password.

use crate::support::{Job, Outcome, PowerShell};
use crate::world::{How, WELL, World, bundle, differences, disturbed, ends, results, service};
use serde_json::{Value, json};
use std::fs;

/// Passwords with what shells and JSON would trip over.
const FIRST: &str = "pa'ss\"wörd%PATH%&$1";
const SECOND: &str = "other secret 2";

fn user(name: &str) -> Value {
    service("Agent", &json!({"account": {"kind": "user", "user": name}}))
}

fn credential(name: &str, password: &str) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let secure = match password {
        "" => "(New-Object securestring)".to_owned(),
        _ => format!("(ConvertTo-SecureString {} -AsPlainText -Force)", quoted(password)),
    };
    format!("(New-Object pscredential {}, {secure})", quoted(name))
}

fn with(job: Job, credentials: &[(&str, &str)]) -> Job {
    let all: Vec<String> = credentials.iter().map(|(name, password)| credential(name, password)).collect();
    // The comma keeps a list of one a list; the job takes one value.
    job.parameter("Credential", json!({"$ps": format!(", [object[]]@({})", all.join(", "))}))
}

/// A machine on which `ACME\one` and `ACME\two` have passwords.
fn machine() -> World {
    let world = World::new();
    world.unpack("plain", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL);
    world.unpack("one", &bundle("2.0.0", &[user(r"ACME\one")]), "well one");
    world.unpack("two", &bundle("3.0.0", &[user(r"ACME\two")]), "well two");
    world.unpack("none", &bundle("4.0.0", &[service("Other", &json!({}))]), "well none");
    world.change(|machine| {
        for (account, password) in [(r"ACME\one", FIRST), (r"ACME\two", SECOND), (r".\one", FIRST)] {
            machine["told"][format!("correct:{account}")] = json!(sha256(password));
        }
    });
    world
}

fn sha256(text: &str) -> String {
    cargo_winsvc::model::Sha256::of(text.as_bytes()).to_string().to_uppercase()
}

/// No password lies anywhere: files of the machine, what was said, what the model was told.
#[track_caller]
fn tells_no_password(world: &World, outcomes: &[&Outcome]) {
    let root = world.path(r"C:\x").parent().unwrap().parent().unwrap().to_owned();
    let mut texts: Vec<(String, String)> =
        outcomes.iter().map(|outcome| ("outcome".to_owned(), format!("{outcome:?}"))).collect();
    for entry in walkdir::WalkDir::new(root).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file()) {
        let text = String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned();
        texts.push((entry.path().display().to_string(), text));
    }
    for (place, text) in texts {
        // Parts of it, since a place may write signs in another way.
        for part in ["wörd", "w\\u00f6rd", "PATH%&", "other secret"] {
            assert!(!text.contains(part), "{part} in {place}");
        }
    }
}

#[test]
fn a_user_gets_its_password_and_its_right() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = machine();
    let fresh = world.photo();
    let install = || world.script(r"C:\one\install.ps1");
    let what_if = ends(&mut shell, &with(install(), &[(r"ACME\one", FIRST)]).switch("WhatIf").switch("Verbose"), 0);
    assert!(what_if.host.contains("Set logon right"), "{what_if:#?}");
    assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new());
    let log = r"C:\Windows\winsvc.log";
    let job = with(install(), &[(r"acme\ONE", FIRST)]).switch("Verbose").parameter("LogPath", log);
    let outcome = results(&mut shell, &job, "Installed");
    assert!(!outcome.verbose.is_empty() && world.path(log).exists());
    assert_eq!(world.value("Agent", "ObjectName"), r"ACME\one");
    assert_eq!(world.machine()["told"]["right:ACME\\one"], "granted");
    assert!(world.runs("Agent"));
    tells_no_password(&world, &[&what_if, &outcome]);
    let good = world.photo();
    // Windows keeps the password.
    results(&mut shell, &install(), "Unchanged");
    world.change(|machine| {
        machine["told"].as_object_mut().unwrap().remove(r"right:ACME\one");
    });
    assert_eq!(ends(&mut shell, &world.installed("status.ps1").switch("Drift"), 1).output[0]["Key"], "logon right");
    results(&mut shell, &install(), "Repaired");
    assert_eq!(differences(&good, &world.photo()), Vec::<String>::new());
    results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new());
}

#[test]
fn a_right_that_was_there_or_is_needed_stays() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    for was_there in [true, false] {
        let world = machine();
        if was_there {
            world.change(|machine| machine["told"][r"right:ACME\one"] = json!("granted"));
        }
        let fresh = world.photo();
        results(&mut shell, &with(world.script(r"C:\one\install.ps1"), &[(r"ACME\one", FIRST)]), "Installed");
        let other = r"SYSTEM\CurrentControlSet\Services\Other";
        if !was_there {
            world.change(|m| m["registry"][other] = json!({"ObjectName": {"kind": "String", "value": r"acme\one"}}));
        }
        let outcome = results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
        assert_eq!(world.machine()["told"][r"right:ACME\one"], "granted");
        assert_eq!(outcome.warnings.iter().any(|w| w.contains("other services run as this account")), !was_there);
        assert_eq!(world.photo() == fresh, was_there);
    }
}

#[test]
fn managed_accounts_get_the_right_without_a_password() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    let managed = service("Agent", &json!({"account": {"kind": "managed", "user": r"ACME\agent$"}}));
    world.unpack("one", &bundle("1.0.0", &[managed]), WELL);
    let fresh = world.photo();
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    assert_eq!(world.machine()["told"][r"right:ACME\agent$"], "granted");
    results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new());
}

#[test]
fn accounts_of_this_machine_have_two_names() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    for name in [r".\one", r"HERE\one", "one"] {
        let world = machine();
        world.unpack("local", &bundle("1.0.0", &[user(r".\one")]), WELL);
        results(&mut shell, &with(world.script(r"C:\local\install.ps1"), &[(name, FIRST)]), "Installed");
        assert_eq!(world.machine()["told"][r"right:HERE\one"], "granted");
    }
}

#[test]
fn passwords_are_asked_for_but_not_when_quiet() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = machine();
    let named = || world.script(r"C:\one\install.ps1").parameter("Credential", r"ACME\one").env("MODEL_ANSWER", FIRST);
    let before = world.photo();
    let outcome = ends(&mut shell, &named().switch("Quiet"), 87);
    assert!(outcome.errors[0].message.contains("-Quiet"), "{outcome:#?}");
    assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
    let outcome = results(&mut shell, &named(), "Installed");
    tells_no_password(&world, &[&outcome]);
}

#[test]
fn what_could_not_be_undone_is_refused() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let first = [(r"ACME\one", FIRST)];
    let second = [(r"ACME\two", SECOND)];
    let both = [first[0], second[0]];
    let refused = |shell: &mut PowerShell<'_>, world: &World, job: Job, code: i32, said: &[&str]| {
        let before = world.photo();
        let outcome = ends(shell, &job, code);
        for piece in said {
            assert!(outcome.errors[0].message.contains(piece), "{piece}: {outcome:#?}");
        }
        assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
        tells_no_password(world, &[&outcome]);
    };
    let world = machine();
    let script = |name: &str| world.script(&format!(r"C:\{name}\install.ps1"));
    refused(&mut shell, &world, script("one"), 87, &["Agent is to run as ACME\\one", "-Credential"]);
    refused(&mut shell, &world, with(script("one"), &both), 87, &["acme\\two", "ACME\\one"]);
    refused(&mut shell, &world, with(script("plain"), &first), 87, &["acme\\one", "no service here"]);
    refused(&mut shell, &world, with(script("one"), &[(r"ACME\one", "")]), 87, &["holds no password"]);
    // A wrong password fails as late as the start, and all is undone.
    refused(&mut shell, &world, with(script("one"), &[(r"ACME\one", SECOND)]), 1603, &["1069", "Group Policy"]);
    results(&mut shell, &with(script("one"), &first), "Installed");
    let warned = results(&mut shell, &with(script("one"), &first), "Unchanged");
    assert!(warned.warnings.iter().any(|warning| warning.contains("not needed")), "{warned:#?}");
    refused(
        &mut shell,
        &world,
        with(script("two"), &second),
        1638,
        &["could not be undone", r"ACME\one", "LocalSystem"],
    );
    refused(&mut shell, &world, script("none"), 1638, &["is to be removed", r"ACME\one"]);
    results(&mut shell, &with(script("two"), &both), "Upgraded");
    assert!(world.machine()["told"][r"right:ACME\one"].is_null());
    refused(&mut shell, &world, world.installed("rollback.ps1"), 87, &[r"to run as ACME\one"]);
    refused(&mut shell, &world, with(world.installed("rollback.ps1"), &first), 1638, &[r"ACME\two"]);
    let outcome = results(&mut shell, &with(world.installed("rollback.ps1"), &both).switch("Verbose"), "RolledBack");
    assert_eq!(world.value("Agent", "ObjectName"), r"ACME\one");
    assert!(world.runs("Agent"));
    tells_no_password(&world, &[&outcome]);
    // What an administrator has set needs no password, and stays.
    world.change(|m| {
        m["registry"][r"SYSTEM\CurrentControlSet\Services\Agent"]["ObjectName"]["value"] = json!("LocalSystem");
    });
    results(&mut shell, &script("two"), "Upgraded");
    assert_eq!(world.value("Agent", "ObjectName"), "LocalSystem");
}

/// Each change of three ways between accounts fails in turn, and the power goes at each.
#[test]
fn a_failed_change_of_account_leaves_the_state_before() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let first = (r"ACME\one", FIRST);
    let second = (r"ACME\two", SECOND);
    type Way<'a> = (&'a [(&'a str, &'a [(&'a str, &'a str)])], &'a str, &'a [(&'a str, &'a str)]);
    let ways: [Way<'_>; 4] = [
        (&[], "one", &[first]),
        (&[("plain", &[])], "one", &[first]),
        (&[("one", &[first])], "two", &[first, second]),
        (&[("one", &[first])], "none", &[first]),
    ];
    for (begin, name, credentials) in ways {
        let prepared = |shell: &mut PowerShell<'_>| {
            let world = machine();
            for (before, credentials) in begin {
                ends(shell, &with(world.script(&format!(r"C:\{before}\install.ps1")), credentials), 0);
            }
            world
        };
        let script = format!(r"C:\{name}\install.ps1");
        let model = prepared(&mut shell);
        let world = model.copy();
        let start = world.steps();
        ends(&mut shell, &with(world.script(&script), credentials), 0);
        let (count, after) = (world.steps() - start, world.photo());
        for at in 1..=count {
            let how = [How::FailBefore, How::FailAfter, How::Power][at % 3];
            let world = model.copy();
            let before = world.photo();
            let job = with(world.script(&script), credentials).switch("Verbose");
            let outcome = shell.run(&disturbed(job, at, how));
            tells_no_password(&world, &[&outcome]);
            if outcome.exit != 0 && how != How::Power {
                assert_eq!(outcome.exit, 1603, "{}: {outcome:#?}", world.step(at));
                assert_eq!(differences(&before, &world.photo()), Vec::<String>::new(), "{how:?} at {}", world.step(at));
                continue;
            }
            // Whoever goes on without the password is told so: all is undone first, or left as it is where that needs the password.
            let left = world.photo();
            let without = shell.run(&world.script(&script));
            if without.exit == 87 {
                let now = world.photo();
                assert!(now == left || differences(&before, &now).is_empty(), "{}: {without:#?}", world.step(at));
            }
            ends(&mut shell, &with(world.script(&script), credentials), 0);
            let differ = differences(&after, &world.photo());
            assert_eq!(differ, Vec::<String>::new(), "{how:?} at {}", world.step(at));
        }
    }
}
