//! From the first installation to the removal.

use crate::support::PowerShell;
use crate::world::{WELL, World, bundle, differences, ends, results, service};
use serde_json::{Value, json};

fn one() -> Value {
    bundle("1.0.0", &[service("Agent", &json!({}))])
}

#[test]
fn install_again_upgrade_roll_back_remove() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &one(), WELL);
    world.unpack(
        "two",
        &bundle("2.0.0", &[service("Agent", &json!({"args": ["--new"], "description": "New."}))]),
        "well two",
    );
    let fresh = world.photo();
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    assert!(world.runs("Agent"));
    assert_eq!(world.value("Agent", "Environment"), json!(["MODE=calm", "PORT=8080"]));
    assert_eq!(world.value("Agent", "ObjectName"), r"NT SERVICE\Agent");
    let installed = world.photo();

    let steps = world.steps();
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Unchanged");
    results(&mut shell, &world.installed("install.ps1"), "Unchanged");
    assert_eq!(world.steps(), steps, "a second run changes nothing");
    assert_eq!(ends(&mut shell, &world.installed("status.ps1").switch("Drift"), 0).output, Vec::<Value>::new());

    results(&mut shell, &world.script(r"C:\two\install.ps1"), "Upgraded");
    assert!(world.value("Agent", "ImagePath").as_str().unwrap().ends_with("agent.exe\" --new"));
    assert_eq!(world.value("Agent", "Description"), "New.");
    assert!(world.runs("Agent"));
    results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
    let differ = differences(&installed, &world.photo());
    assert!(differ.is_empty(), "{differ:#?}");
    ends(&mut shell, &world.installed("rollback.ps1"), 1638);

    results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new());
    results(&mut shell, &world.script(r"C:\one\uninstall.ps1"), "NotInstalled");
    assert_eq!(ends(&mut shell, &world.script(r"C:\one\status.ps1"), 3).output, Vec::<Value>::new());
}

#[test]
fn an_upgrade_that_fails_its_health_goes_back() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &one(), WELL);
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    let before = world.photo();
    for (program, said) in [("ill", "answers 500"), ("crash", "1067 (its process ended unexpectedly)")] {
        world.unpack("two", &bundle("2.0.0", &[service("Agent", &json!({}))]), program);
        let outcome = ends(&mut shell, &world.script(r"C:\two\install.ps1"), 1603);
        assert!(
            outcome.errors[0].message.contains(said) && outcome.errors[0].message.ends_with("Everything was undone."),
            "{outcome:#?}"
        );
        assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
    }
    assert!(world.runs("Agent"));
}

#[test]
fn drift_is_told_and_repaired_key_by_key() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &one(), WELL);
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    let good = world.photo();
    let key = r"SYSTEM\CurrentControlSet\Services\Agent";
    let others: [(&str, &str, Value); 10] = [
        (key, "ImagePath", json!({"kind": "ExpandString", "value": "\"C:\\evil.exe\""})),
        (key, "DisplayName", json!({"kind": "String", "value": "Other"})),
        (key, "Description", json!({"kind": "String", "value": "Other"})),
        (key, "ErrorControl", json!({"kind": "DWord", "value": 0})),
        (key, "DependOnService", json!({"kind": "MultiString", "value": ["Tcpip", "Dhcp"]})),
        (key, "Environment", json!({"kind": "MultiString", "value": ["A=1", "B=2"]})),
        (key, "RequiredPrivileges", json!({"kind": "MultiString", "value": ["SeDebugPrivilege", "SeTcbPrivilege"]})),
        (key, "ServiceSidType", json!({"kind": "DWord", "value": 3})),
        (
            r"SYSTEM\CurrentControlSet\Services\EventLog\Application\Agent",
            "EventMessageFile",
            json!({"kind": "ExpandString", "value": "x"}),
        ),
        (r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\acme", "Extra", json!({"kind": "String", "value": "x"})),
    ];
    for (key, name, value) in others {
        world.change(|machine| machine["registry"][key][name] = value.clone());
        let status = ends(&mut shell, &world.installed("status.ps1").switch("Drift"), 1);
        assert_eq!(status.output.len(), 1, "{name}: {status:#?}");
        results(&mut shell, &world.script(r"C:\one\install.ps1"), "Repaired");
        assert_eq!(differences(&good, &world.photo()), Vec::<String>::new(), "{name}");
        assert!(world.runs("Agent"));
    }
    // A damaged file is found, and replaced from the archive only.
    let exe = world.photo().keys().find(|name| name.ends_with("agent.exe")).unwrap().clone();
    std::fs::write(world.path(&exe.replacen("C/", r"C:\", 1)), "evil").unwrap();
    ends(&mut shell, &world.installed("status.ps1"), 1);
    ends(&mut shell, &world.installed("install.ps1"), 23);
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Repaired");
    assert_eq!(differences(&good, &world.photo()), Vec::<String>::new());
}

#[test]
fn what_administrators_chose_survives() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &one(), WELL);
    world.unpack("two", &bundle("2.0.0", &[service("Agent", &json!({"start": "delayed-auto"}))]), WELL);
    world.unpack("three", &bundle("3.0.0", &[service("Agent", &json!({}))]), WELL);
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    let key = r"SYSTEM\CurrentControlSet\Services\Agent";
    world.change(|machine| {
        machine["registry"][key]["Start"]["value"] = json!(3);
        machine["registry"][key]["ObjectName"]["value"] = json!(r"ACME\somebody");
        machine["registry"][key]["FailureActionsOnNonCrashFailures"]["value"] = json!(0);
        // And stopped it.
        machine["processes"] = json!({});
    });
    for name in ["two", "three"] {
        let outcome = results(&mut shell, &world.script(&format!(r"C:\{name}\install.ps1")), "Upgraded");
        assert!(outcome.errors.is_empty(), "{outcome:#?}");
        assert_eq!(
            (world.value("Agent", "Start"), world.value("Agent", "ObjectName")),
            (json!(3), json!(r"ACME\somebody"))
        );
        assert_eq!(world.value("Agent", "FailureActionsOnNonCrashFailures"), 0);
        assert!(!world.runs("Agent"), "a stopped service stays so");
    }
    // It is told, though, and taken back when asked.
    assert_eq!(ends(&mut shell, &world.installed("status.ps1").switch("Drift"), 1).output.len(), 3);
    let reset = || world.script(r"C:\three\install.ps1").switch("ResetSettings");
    // Not without the password of what is there, which an undo would need.
    ends(&mut shell, &reset(), 1638);
    let password = r"(New-Object pscredential 'ACME\somebody', (ConvertTo-SecureString 'secret' -AsPlainText -Force))";
    results(&mut shell, &reset().parameter("Credential", json!({"$ps": password})), "Repaired");
    assert_eq!(
        (world.value("Agent", "Start"), world.value("Agent", "ObjectName")),
        (json!(2), json!(r"NT SERVICE\Agent"))
    );
}

#[test]
fn dependents_stop_and_start_with_it() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &one(), WELL);
    world.unpack("two", &bundle("2.0.0", &[service("Agent", &json!({}))]), "well two");
    world.unpack("ill", &bundle("3.0.0", &[service("Agent", &json!({}))]), "ill");
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    std::fs::write(world.path(r"C:\other.exe"), WELL).unwrap();
    world.change(|machine| {
        for (name, needed, runs) in [("Near", "Agent", true), ("Far", "Near", true), ("Idle", "Agent", false)] {
            machine["registry"][format!(r"SYSTEM\CurrentControlSet\Services\{name}")] = json!({
                "ImagePath": {"kind": "ExpandString", "value": "\"C:\\other.exe\""}, "Start": {"kind": "DWord", "value": 3},
                "DependOnService": {"kind": "MultiString", "value": [needed]},
            });
            if runs {
                let id = if name == "Near" { "7" } else { "8" };
                machine["processes"][id] = json!({"service": name, "image": r"C:\other.exe"});
            }
        }
    });
    for (name, code) in [("two", 0), ("ill", 1603)] {
        ends(&mut shell, &world.script(&format!(r"C:\{name}\install.ps1")), code);
        assert!(
            ["Agent", "Near", "Far"].iter().all(|s| world.runs(s)) && !world.runs("Idle"),
            "{name}: {}",
            world.machine()
        );
    }
}

#[test]
fn texts_arrive_literally() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    let text = "\"q\" 'a' ‘b’ $(calc) `n ${X} $env:PATH & | < > ^ !x! \\ ]]> '@ \"@ 日本 😀 2020-01-01T00:00:00Z {0}\r\nnew line";
    let line = text.replace("\r\n", " ");
    let hostile = service(
        "Agent $x (日本)",
        &json!({
            "displayName": line, "description": text, "args": [line, "", "a\\", "\"", "--port=${PORT}"], "env": {"A": line, "B": "2020-01-01T00:00:00Z"},
            "eventLog": {"source": "Source 'x' $(y)", "log": "Log ‘z’", "messages": []},
        }),
    );
    world.unpack("one", &bundle("1.0.0", &[hostile]), WELL);
    let fresh = world.photo();
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    let name = "Agent $x (日本)";
    assert_eq!((world.value(name, "DisplayName"), world.value(name, "Description")), (json!(line), json!(text)));
    assert_eq!(world.value(name, "Environment"), json!([format!("A={line}"), "B=2020-01-01T00:00:00Z"]));
    let command = world.value(name, "ImagePath");
    let quoted = line.replace('"', "\\\"");
    assert!(
        command.as_str().unwrap().ends_with(&format!("agent.exe\" \"{quoted}\" \"\" a\\ \"\\\"\" --port=8080")),
        "{command}"
    );
    assert!(
        !world.machine()["registry"][r"SYSTEM\CurrentControlSet\Services\EventLog\Log ‘z’\Source 'x' $(y)"].is_null()
    );
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Unchanged");
    ends(&mut shell, &world.installed("status.ps1"), 0);
    results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new());
}

#[test]
fn parameters_are_kept_and_checked() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &one(), WELL);
    world.unpack("two", &bundle("2.0.0", &[service("Agent", &json!({}))]), WELL);
    results(&mut shell, &world.script(r"C:\one\install.ps1").parameter("PORT", 9000), "Installed");
    assert_eq!(world.value("Agent", "Environment"), json!(["MODE=calm", "PORT=9000"]));
    results(&mut shell, &world.script(r"C:\two\install.ps1"), "Upgraded");
    assert_eq!(world.value("Agent", "Environment"), json!(["MODE=calm", "PORT=9000"]), "kept");
    std::fs::write(world.path(r"C:\answers.txt"), "\u{feff}# mine\r\n\r\nPORT=9001\r\n").unwrap();
    results(&mut shell, &world.script(r"C:\two\install.ps1").parameter("Answers", r"C:\answers.txt"), "Repaired");
    assert_eq!(world.value("Agent", "Environment"), json!(["MODE=calm", "PORT=9001"]));
    for (text, said) in [("PORT=70000", "is no port"), ("PROT=1", "sets no parameter"), ("PORT=\"1\"", "no quote")] {
        std::fs::write(world.path(r"C:\answers.txt"), text).unwrap();
        let before = world.photo();
        let outcome =
            ends(&mut shell, &world.script(r"C:\two\install.ps1").parameter("Answers", r"C:\answers.txt"), 87);
        assert!(outcome.errors[0].message.contains(said), "{outcome:#?}");
        assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
    }
}

#[test]
fn former_versions_are_kept_as_many_as_wanted() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    for (number, name) in ["1.0.0", "1.1.0-rc.1", "1.1.0", "1.10.0"].iter().enumerate() {
        world.unpack(name, &bundle(name, &[service("Agent", &json!({}))]), &format!("well {number}"));
        ends(&mut shell, &world.script(&format!(r"C:\{name}\install.ps1")), 0);
    }
    let versions = std::fs::read_dir(world.path(r"C:\Program Files\Acme\acme\versions")).unwrap();
    let mut versions: Vec<String> = versions.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    versions.sort();
    assert!(
        versions.len() == 2 && versions[0].starts_with("1.1.0-") && versions[1].starts_with("1.10.0-"),
        "{versions:?}"
    );
    ends(&mut shell, &world.script(r"C:\1.1.0\install.ps1"), 1638);
    results(&mut shell, &world.script(r"C:\1.1.0\install.ps1").switch("AllowDowngrade"), "Upgraded");
}

#[test]
fn data_stays_unless_it_is_to_go() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    for purge in [false, true] {
        let world = World::new();
        world.unpack("one", &one(), WELL);
        let fresh = world.photo();
        results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
        let file = world.path(r"C:\ProgramData\Acme\acme\data.db");
        std::fs::write(&file, "data").unwrap();
        let job = world.installed("uninstall.ps1");
        let outcome = results(&mut shell, &if purge { job.switch("Purge") } else { job }, "Removed");
        assert_eq!(outcome.output[0]["DataStays"], !purge);
        assert_eq!(file.exists(), !purge);
        assert_eq!(world.photo() == fresh, purge);
    }
}

#[test]
fn a_service_that_a_program_holds_goes_later() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &one(), WELL);
    let fresh = world.photo();
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    world.change(|machine| machine["told"]["held:Agent"] = json!("services.msc"));
    let outcome = ends(&mut shell, &world.script(r"C:\one\uninstall.ps1"), 3010);
    assert_eq!(outcome.output[0]["Result"], "Removed");
    assert!(outcome.warnings.iter().any(|w| w.contains("Agent is deleted but") && w.contains("1072")), "{outcome:#?}");
    assert_eq!(world.value("Agent", "DeleteFlag"), 1);
    // It lets go, and nothing is left.
    world.change(|machine| {
        machine["told"].as_object_mut().unwrap().remove("held:Agent");
        machine["registry"].as_object_mut().unwrap().remove(r"SYSTEM\CurrentControlSet\Services\Agent");
    });
    assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new());
}

#[test]
fn status_tells_the_last_errors() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &one(), WELL);
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    let errors = |shell: &mut PowerShell<'_>| {
        let outcome = ends(shell, &world.installed("status.ps1"), 0);
        let line = outcome.output.iter().find(|line| line["Key"] == "last errors").unwrap().clone();
        assert_eq!((&line["Service"], &line["Same"]), (&json!("Agent"), &json!(true)));
        line["Actual"].clone()
    };
    assert_eq!(errors(&mut shell), json!([]));
    let told = [
        "Application|Agent|2026-01-03 10:00:00Z|1001|No route.|x",
        "Application|Agent|2026-01-01 10:00:00Z|1001|An old one.|x",
        "Application|Agent|2025-01-01 10:00:00Z|1001|A very old one.|x",
        "Application|Other|2026-01-04 10:00:00Z|1|Of another.|x",
        "System|Service Control Manager|2026-01-02 10:00:00Z|7034|It ended unexpectedly.|Agent of Acme",
        "System|Service Control Manager|2026-01-05 10:00:00Z|7034|Another ended unexpectedly.|Other",
    ];
    world.change(|machine| machine["told"]["errors"] = json!(told));
    let expected = [
        "2026-01-03 10:00:00Z Agent 1001: No route.",
        "2026-01-02 10:00:00Z Service Control Manager 7034: It ended unexpectedly.",
        "2026-01-01 10:00:00Z Agent 1001: An old one.",
    ];
    assert_eq!(errors(&mut shell), json!(expected));
    let text = ends(&mut shell, &world.installed("status.ps1").parameter("As", "Text"), 0).output;
    assert!(text.contains(&json!(format!("  Agent last errors: {}", expected.join("; ")))), "{text:#?}");
    // They are no difference.
    assert!(ends(&mut shell, &world.installed("status.ps1").switch("Drift"), 0).output.is_empty());
}

#[test]
fn status_tells_what_does_not_run_or_is_ill() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &one(), WELL);
    ends(&mut shell, &world.script(r"C:\one\rollback.ps1"), 3);
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    let status = |shell: &mut PowerShell<'_>, code: i32| {
        let job = world.installed("status.ps1").env("MODEL_ELEVATED", "0").parameter("As", "Json");
        let outcome = ends(shell, &job, code);
        let lines: Value = serde_json::from_str(outcome.output[0].as_str().unwrap()).unwrap();
        let bad = lines.as_array().unwrap().iter().filter(|line| line["Same"] != true);
        bad.map(|line| format!("{}: {}", line["Key"].as_str().unwrap(), line["Actual"])).collect::<Vec<_>>()
    };
    assert_eq!(status(&mut shell, 0), Vec::<String>::new());
    let good = world.machine();
    world.change(|machine| {
        machine["processes"] = json!({});
        machine["told"]["exit:Agent"] = json!(1067);
    });
    assert_eq!(status(&mut shell, 2), [r#"running: "stopped: 1067 (its process ended unexpectedly)""#]);
    world.change(|machine| *machine = good.clone());
    let exe = world.photo().keys().find(|name| name.ends_with("agent.exe")).unwrap().replacen("C/", r"C:\", 1);
    std::fs::write(world.path(&exe), "ill").unwrap();
    let ill = status(&mut shell, 2);
    assert!(ill.iter().any(|line| line.starts_with("health: ") && line.contains("500")), "{ill:?}");
}
