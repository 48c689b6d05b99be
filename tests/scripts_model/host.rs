//! What a service has on the machine besides itself, and the programs that an installation runs.

use crate::support::PowerShell;
use crate::world::{How, WELL, World, bundle, differences, disturbed, ends, results, service};
use serde_json::json;
use std::fs;

const DUMPS: &str = r"SOFTWARE\Microsoft\Windows\Windows Error Reporting\LocalDumps\agent.exe";

#[test]
fn dumps_rules_and_reservations_come_change_and_go() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    let fresh = {
        world.unpack("none", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL);
        world.photo()
    };
    let rule = |port: &str| json!([{"name": "Agent in", "protocol": "tcp", "port": port, "profiles": ["domain", "private"], "remote": ["LocalSubnet"]}]);
    let all = json!({
        "crashDumps": {"type": "full", "count": 3, "folder": null}, "firewall": rule("${PORT},90-99"),
        "urlAcl": ["http://+:${PORT}/agent/"],
    });
    world.unpack("all", &bundle("2.0.0", &[service("Agent", &all)]), WELL);
    let other =
        json!({"crashDumps": {"type": "mini", "count": 10, "folder": r"%ProgramData%\dumps"}, "firewall": rule("1")});
    world.unpack("other", &bundle("3.0.0", &[service("Agent", &other)]), WELL);

    results(&mut shell, &world.script(r"C:\none\install.ps1"), "Installed");
    results(&mut shell, &world.script(r"C:\all\install.ps1"), "Upgraded");
    let machine = world.machine();
    assert_eq!(machine["registry"][DUMPS]["DumpFolder"]["value"], r"C:\ProgramData\Acme\acme\dumps");
    assert_eq!(
        (&machine["registry"][DUMPS]["DumpType"]["value"], &machine["registry"][DUMPS]["DumpCount"]["value"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(machine["told"]["url:http://+:8080/agent/"], "D:(A;;GX;;;S-1-5-80-5-1-2-3-4)");
    assert_eq!(
        machine["told"]["rule:Agent in"],
        json!(["protocol=tcp", "port=8080,90-99", "profiles=domain,private", "remote=LocalSubnet", "service=Agent"])
    );
    let good = world.photo();
    world.change(|machine| {
        machine["told"]["rule:Agent in"][1] = json!("port=1-65535");
        machine["told"]["url:http://+:8080/agent/"] = json!("D:(A;;GX;;;WD)");
    });
    assert_eq!(ends(&mut shell, &world.installed("status.ps1").switch("Drift"), 1).output.len(), 2);
    results(&mut shell, &world.script(r"C:\all\install.ps1"), "Repaired");
    assert_eq!(differences(&good, &world.photo()), Vec::<String>::new());

    results(&mut shell, &world.script(r"C:\other\install.ps1"), "Upgraded");
    let machine = world.machine();
    assert_eq!(machine["registry"][DUMPS]["DumpFolder"]["value"], r"C:\ProgramData\dumps");
    assert!(machine["told"]["url:http://+:8080/agent/"].is_null() && machine["told"]["rule:Agent in"][1] == "port=1");
    results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
    let mut differ = differences(&good, &world.photo());
    differ.retain(|line| !line.contains("state.json") && !line.contains("versions/"));
    assert_eq!(differ, Vec::<String>::new());
    results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new());
}

/// A bundle with a program for every moment.
fn with_hooks(world: &World, name: &str, version: &str, more: impl FnOnce(&mut serde_json::Value)) {
    let mut bundle = bundle(version, &[service("Agent", &json!({}))]);
    bundle["install"]["hooks"] = json!({
        "preInstall": ["sub/notes.txt", "pre-install", "${PORT}"], "postInstall": ["sub/notes.txt", "post-install"],
        "preStop": ["sub/notes.txt", "pre-stop"], "postStart": ["sub/notes.txt", "post-start"], "backup": ["sub/notes.txt", "backup"],
    });
    more(&mut bundle);
    world.unpack(name, &bundle, &format!("well {version}"));
}

fn ran(world: &World) -> Vec<String> {
    let text =
        fs::read_to_string(world.path(r"C:\x").parent().unwrap().with_file_name("programs.log")).unwrap_or_default();
    text.lines().filter_map(|line| Some(line.split_once("notes.txt ")?.1.to_owned())).collect()
}

#[test]
fn steps_of_the_bundle_run_at_their_moments() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    with_hooks(&world, "one", "1.0.0", |_| {});
    with_hooks(&world, "two", "2.0.0", |_| {});
    ends(&mut shell, &world.script(r"C:\one\install.ps1").switch("WhatIf"), 0);
    assert_eq!(ran(&world), Vec::<String>::new());
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    assert_eq!(ran(&world), ["pre-install 8080", "post-install", "post-start"]);
    results(&mut shell, &world.script(r"C:\two\install.ps1"), "Upgraded");
    assert_eq!(ran(&world)[3..], ["pre-install 8080", "pre-stop", "backup", "post-install", "post-start"]);
    let before = world.photo();
    world.unpack(
        "bad",
        &{
            let mut bundle = bundle("3.0.0", &[service("Agent", &json!({}))]);
            bundle["install"]["hooks"] = json!({"postInstall": ["agent.exe"]});
            bundle
        },
        "code 5 says the schema is locked",
    );
    let outcome = ends(&mut shell, &world.script(r"C:\bad\install.ps1"), 1603);
    assert!(
        outcome.errors[0].message.contains("postInstall failed")
            && outcome.errors[0].message.contains("5 (access is denied). It said: the schema is locked"),
        "{outcome:#?}"
    );
    assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
    results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    assert_eq!(ran(&world).last().unwrap(), "pre-stop");
}

#[test]
fn a_version_that_may_not_be_rolled_back_is_not() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let unsafe_bundle = || {
        let mut bundle = bundle("2.0.0", &[service("Agent", &json!({}))]);
        bundle["install"]["rollbackSafe"] = json!(false);
        bundle
    };
    for forward in [true, false] {
        let world = World::new();
        world.unpack("one", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL);
        world.unpack("two", &unsafe_bundle(), "ill");
        results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
        let before = world.photo();
        // Before the new version has started, everything is undone as ever.
        ends(&mut shell, &disturbed(world.script(r"C:\two\install.ps1"), 30, How::FailBefore), 1603);
        assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
        let outcome = ends(&mut shell, &world.script(r"C:\two\install.ps1"), 1604);
        assert!(
            outcome.errors[0].message.contains("Nothing is undone")
                && outcome.errors[0].message.contains("rollback.ps1"),
            "{outcome:#?}"
        );
        assert!(world.value("Agent", "ImagePath").as_str().unwrap().contains("2.0.0"));
        assert_eq!(
            ends(&mut shell, &world.script(r"C:\one\status.ps1").switch("Drift"), 1).output[0]["Key"],
            "transaction"
        );
        if forward {
            // Mended: the probe passes now.
            world.unpack("two", &unsafe_bundle(), WELL);
            results(&mut shell, &world.script(r"C:\two\install.ps1"), "Upgraded");
            assert!(world.value("Agent", "ImagePath").as_str().unwrap().contains("2.0.0") && world.runs("Agent"));
        } else {
            results(&mut shell, &world.script(r"C:\two\rollback.ps1"), "RolledBack");
            assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
        }
    }
}

#[test]
fn programs_tell_health_too() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    let probe =
        json!({"health": {"command": ["sub/notes.txt", "--port", "${PORT}"], "timeoutMs": 5000, "stableMs": 1000}});
    world.unpack("one", &bundle("1.0.0", &[service("Agent", &probe)]), WELL);
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    assert_eq!(ran(&world), ["--port 8080"]);
    let probe = json!({"health": {"command": ["agent.exe"], "timeoutMs": 5000, "stableMs": 1000}});
    world.unpack("two", &bundle("2.0.0", &[service("Agent", &probe)]), "code 3 says no database");
    let outcome = ends(&mut shell, &world.script(r"C:\two\install.ps1"), 1603);
    assert!(outcome.errors[0].message.contains("agent.exe ended with code 3: no database"), "{outcome:#?}");
}
