//! -Adopt: services and event sources that something else has set up, taken over and given back.

use crate::support::PowerShell;
use crate::world::{How, Photo, WELL, World, bundle, differences, disturbed, ends, results, service};
use serde_json::{Value, json};
use std::fs;

const KEY: &str = r"SYSTEM\CurrentControlSet\Services\Agent";
const SOURCE: &str = r"SYSTEM\CurrentControlSet\Services\EventLog\Application\Agent";
const SCRIPT: &str = r"C:\one\install.ps1";

fn text(kind: &str, value: impl Into<Value>) -> Value {
    json!({"kind": kind, "value": value.into()})
}

/// A machine with a service as NSSM sets it up, which runs.
fn nssm() -> World {
    let world = World::new();
    world.unpack("one", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL);
    world.unpack("two", &bundle("2.0.0", &[service("Agent", &json!({"args": []}))]), "well two");
    world.unpack("without", &bundle("3.0.0", &[service("Other", &json!({}))]), "well three");
    fs::write(world.path(r"C:\nssm.exe"), WELL).unwrap();
    world.change(|machine| {
        machine["registry"][KEY] = json!({
            "ImagePath": text("ExpandString", "\"C:\\nssm.exe\""), "ObjectName": text("String", "LocalSystem"), "Type": text("DWord", 16),
            "Start": text("DWord", 3), "ErrorControl": text("DWord", 0), "DisplayName": text("String", "Old name"),
            "Description": text("String", "By hand."), "DependOnService": text("MultiString", json!(["Dhcp"])),
            "FailureActions": text("Binary", json!([7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0])),
        });
        machine["registry"][format!(r"{KEY}\Parameters")] = json!({"Application": text("ExpandString", r"C:\agent.exe")});
        machine["registry"][SOURCE] = json!({"EventMessageFile": text("ExpandString", r"C:\old.dll")});
        machine["processes"]["7"] = json!({"service": "Agent", "image": r"C:\nssm.exe"});
    });
    world
}

/// A photo in which nothing and what Windows writes for nothing are the same.
fn plain(world: &World) -> Photo {
    world.change(|machine| {
        let service = machine["registry"][KEY].as_object_mut().unwrap();
        for name in ["DelayedAutostart", "ServiceSidType", "FailureActionsOnNonCrashFailures"] {
            if service.get(name).is_some_and(|v| v["value"] == 0) {
                service.remove(name);
            }
        }
    });
    world.photo()
}

#[test]
fn what_was_there_comes_back() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = nssm();
    let before = plain(&world);
    let refused = ends(&mut shell, &world.script(SCRIPT), 1638);
    assert!(refused.errors[0].message.contains("-Adopt"), "{refused:#?}");
    let shown = ends(&mut shell, &world.script(SCRIPT).switch("Adopt").switch("WhatIf"), 0);
    for said in
        ["Adopt the service that runs \"C:\\nssm.exe\" as LocalSystem", "Adopt the event source", "Change command line"]
    {
        assert!(shown.host.contains(said), "{said}: {shown:#?}");
    }
    assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
    results(&mut shell, &world.script(SCRIPT).switch("Adopt"), "Installed");
    assert!(world.value("Agent", "ImagePath").as_str().unwrap().contains("1.0.0") && world.runs("Agent"));
    let installed = world.photo();
    // It is ours from now on.
    results(&mut shell, &world.script(SCRIPT), "Unchanged");
    results(&mut shell, &world.script(r"C:\two\install.ps1"), "Upgraded");
    results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
    assert_eq!(differences(&installed, &world.photo()), Vec::<String>::new());
    let none = ends(&mut shell, &world.installed("rollback.ps1"), 1638);
    assert!(none.errors[0].message.contains("uninstall.ps1 brings back"), "{none:#?}");
    results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    assert_eq!(differences(&before, &plain(&world)), Vec::<String>::new());
    assert!(world.runs("Agent"), "it ran before");
}

#[test]
fn a_version_without_it_gives_it_back() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = nssm();
    let before = plain(&world);
    results(&mut shell, &world.script(SCRIPT).switch("Adopt"), "Installed");
    let adopted = world.photo();
    results(&mut shell, &world.script(r"C:\without\install.ps1"), "Upgraded");
    assert_eq!(world.value("Agent", "ImagePath"), "\"C:\\nssm.exe\"");
    assert!(world.runs("Agent") && world.runs("Other"));
    results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
    let mut differ = differences(&adopted, &world.photo());
    // What was there before the service Other stays noted.
    differ.retain(|line| !line.contains("state.json"));
    assert_eq!(differ, Vec::<String>::new());
    results(&mut shell, &world.script(r"C:\without\install.ps1"), "Upgraded");
    results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    assert_eq!(differences(&before, &plain(&world)), Vec::<String>::new());
}

#[test]
fn each_change_of_an_adoption_can_fail() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = nssm();
    let start = world.steps();
    results(&mut shell, &world.script(SCRIPT).switch("Adopt"), "Installed");
    let count = world.steps() - start;
    for at in 1..=count {
        let how = [How::FailBefore, How::FailAfter, How::Power][at % 3];
        let world = nssm();
        let before = plain(&world);
        let outcome = shell.run(&disturbed(world.script(SCRIPT).switch("Adopt"), at, how));
        if how == How::Power {
            // The next run undoes it, and then refuses what it was not asked to adopt; if it had committed, it is ours.
            let next = shell.run(&world.script(SCRIPT));
            if next.exit == 0 {
                ends(&mut shell, &world.installed("uninstall.ps1"), 0);
            }
        } else if outcome.exit == 0 {
            ends(&mut shell, &world.installed("uninstall.ps1"), 0);
        }
        let mut left = differences(&before, &plain(&world));
        // Of an empty folder that was left before the journal began nothing tells who made it.
        left.retain(|line| at > 5 || !line.starts_with("C/Program Files/Acme") && !line.starts_with("access"));
        assert_eq!(left, Vec::<String>::new(), "{how:?} at {}: {outcome:#?}", world.step(at));
    }
}

#[test]
fn what_could_not_come_back_is_refused() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    type Case<'a> = (&'a str, Value, &'a str);
    let cases: [Case<'_>; 3] = [
        (KEY, json!({"ObjectName": text("String", r"ACME\svc")}), r"it runs as ACME\svc"),
        (KEY, json!({"Type": text("DWord", 32)}), "process of its own"),
        (SOURCE, json!({"Odd": text("Binary", json!([1]))}), "could not be set again"),
    ];
    for (key, values, said) in cases {
        let world = nssm();
        world.change(|machine| {
            for (name, value) in values.as_object().unwrap() {
                machine["registry"][key][name] = value.clone();
            }
        });
        let before = world.photo();
        let outcome = ends(&mut shell, &world.script(SCRIPT).switch("Adopt"), 1638);
        assert!(outcome.errors[0].message.contains(said), "{said}: {outcome:#?}");
        assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
    }
}

/// What install.cmd has installed: files in the program folder itself, and how much it made.
#[test]
fn what_install_cmd_installed_is_adopted_and_left_whole() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = nssm();
    let dir = r"C:\Program Files\Acme\acme";
    fs::create_dir_all(world.path(dir)).unwrap();
    fs::write(world.path(&format!(r"{dir}\agent.exe")), WELL).unwrap();
    fs::write(world.path(&format!(r"{dir}\install.state")), "winsvc-state=1\r\n").unwrap();
    world.change(|machine| {
        machine["access"][dir] = json!("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)");
        machine["registry"][KEY]["ImagePath"]["value"] = json!(format!("\"{dir}\\agent.exe\""));
        machine["processes"]["7"]["image"] = json!(format!(r"{dir}\agent.exe"));
    });
    let before = plain(&world);
    ends(&mut shell, &world.script(SCRIPT), 1638);
    results(&mut shell, &world.script(SCRIPT).switch("Adopt"), "Installed");
    assert!(world.value("Agent", "ImagePath").as_str().unwrap().contains("1.0.0"));
    assert!(world.path(&format!(r"{dir}\install.state")).exists());
    results(&mut shell, &world.script(r"C:\two\install.ps1"), "Upgraded");
    let outcome = results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    assert!(outcome.warnings.iter().any(|w| w.contains("stays")), "{outcome:#?}");
    assert_eq!(differences(&before, &plain(&world)), Vec::<String>::new());
}
