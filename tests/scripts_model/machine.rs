//! What a service asks of the machine beyond the SCM's own verbs: triggers, preshutdown, private keys; Windows' version; folders above
//! ours; and programs that do not stop.

use crate::support::PowerShell;
use crate::world::{WELL, World, bundle, differences, ends, results, service};
use serde_json::{Value, json};
use std::fs;

const KEYS: &str = r"C:\ProgramData\Microsoft\Crypto\Keys";
const OLD: &str = "0123456789ABCDEF0123456789ABCDEF01234567";
const NEW: &str = "89ABCDEF0123456789ABCDEF0123456789ABCDEF";

/// Certificates in the store My, with a key file each but for those of hardware.
fn with_certificates(world: &World, certificates: &[(&str, &str, i32, bool)]) {
    fs::create_dir_all(world.path(KEYS)).unwrap();
    for (print, _, _, file) in certificates {
        let path = world.path(&format!(r"{KEYS}\{print}"));
        if *file {
            fs::write(path, "key").unwrap();
        } else {
            let _ = fs::remove_file(path);
        }
    }
    let told: Vec<String> =
        certificates.iter().map(|(print, subject, days, _)| format!("My|{print}|{subject}|{days}")).collect();
    world.change(|machine| machine["told"]["certificates"] = json!(told));
}

#[test]
fn triggers_and_preshutdown_come_change_and_go() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    let fresh = {
        world.unpack("none", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL);
        world.photo()
    };
    let all = json!({
        "preshutdownTimeoutMs": 60000,
        "triggers": [
            "start/networkon", "stop/networkoff", "start/portopen/8080;TCP",
            "start/device/53F56307-b6bf-11d0-94f2-00a0c91efb8b/USB\\VID_1", "stop/custom/1c95126e-7eea-49a9-a3fe-a378b03ddb4d/0aFF/01",
        ],
    });
    world.unpack("all", &bundle("2.0.0", &[service("Agent", &all)]), WELL);
    world.unpack("other", &bundle("3.0.0", &[service("Agent", &json!({"triggers": ["start/domainjoin"]}))]), WELL);
    results(&mut shell, &world.script(r"C:\none\install.ps1"), "Installed");
    let plain = world.photo();
    results(&mut shell, &world.script(r"C:\all\install.ps1"), "Upgraded");
    let key = |n: u8| format!(r"SYSTEM\CurrentControlSet\Services\Agent\TriggerInfo\{n}");
    let machine = world.machine();
    assert_eq!(world.value("Agent", "PreshutdownTimeout"), 60000);
    assert_eq!(machine["registry"][key(1)]["Action"]["value"], 2);
    assert_eq!(machine["registry"][key(4)]["Data0"]["value"], json!([10, 255]));
    let good = world.photo();
    results(&mut shell, &world.script(r"C:\all\install.ps1"), "Unchanged");

    // Somebody's own, also of a kind that can't be declared, is told and replaced.
    for (number, name, value) in [(0, "Action", 2), (1, "Type", 7)] {
        world.change(|machine| machine["registry"][key(number)][name]["value"] = json!(value));
        let told = ends(&mut shell, &world.installed("status.ps1").switch("Drift"), 1);
        assert_eq!((told.output.len(), &told.output[0]["Key"]), (1, &json!("triggers")), "{told:#?}");
        results(&mut shell, &world.script(r"C:\all\install.ps1"), "Repaired");
        assert_eq!(differences(&good, &world.photo()), Vec::<String>::new());
    }
    results(&mut shell, &world.script(r"C:\other\install.ps1"), "Upgraded");
    let machine = world.machine();
    assert!(machine["registry"][key(1)].is_null() && machine["registry"][key(0)]["Type"]["value"] == 3);
    assert!(world.value("Agent", "PreshutdownTimeout").is_null());
    results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
    let mut differ = differences(&good, &world.photo());
    differ.retain(|line| !line.contains("state.json") && !line.contains("versions/"));
    assert_eq!(differ, Vec::<String>::new());
    assert_ne!(plain, good);
    results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new());
}

#[test]
fn private_keys_may_be_read_by_the_service_alone() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    let two = json!([{"store": "My", "subject": "CN=agent.example.com"}, {"store": "My", "thumbprint": "${CERT}"}]);
    let mut spec = bundle("1.0.0", &[service("Agent", &json!({"certificates": two}))]);
    spec["parameters"].as_array_mut().unwrap().push(json!({"name": "CERT", "type": "string", "secret": false}));
    world.unpack("one", &spec, WELL);
    let install = |world: &World| world.script(r"C:\one\install.ps1").parameter("CERT", OLD);

    let refused = |shell: &mut PowerShell<'_>, certificates: &[(&str, &str, i32, bool)], said: &str| {
        with_certificates(&world, certificates);
        let before = world.photo();
        let outcome = ends(shell, &install(&world), 50);
        assert!(outcome.errors[0].message.contains(said), "{outcome:#?}");
        assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
    };
    refused(&mut shell, &[(OLD, "CN=other", 9, true)], "no valid certificate of CN=agent.example.com");
    refused(&mut shell, &[(OLD, "CN=agent.example.com", -1, true)], "no valid certificate");
    refused(&mut shell, &[(NEW, "CN=agent.example.com", 9, true)], "no certificate 0123456789ABCDEF");
    refused(&mut shell, &[(OLD, "CN=agent.example.com", 9, false)], "lies in no file");

    // A key that can't be opened is told, and is no hindrance where it is another's.
    let broken = "00000000000000000000000000000000000000BB";
    fs::write(world.path(&format!(r"{KEYS}\{broken}")), "broken").unwrap();
    with_certificates(&world, &[(OLD, "CN=agent.example.com", 9, true)]);
    world.change(|m| {
        let told = m["told"]["certificates"].as_array_mut().unwrap();
        told.push(json!(format!("My|{broken}|CN=agent.example.com|90")));
    });
    let outcome = ends(&mut shell, &install(&world), 50);
    assert!(outcome.errors[0].message.contains("can't be opened: Keyset does not exist"), "{outcome:#?}");
    let with_broken = |world: &World| {
        world.change(|m| {
            let told = m["told"]["certificates"].as_array_mut().unwrap();
            told.push(json!(format!("My|{broken}|CN=other|90")));
        });
    };
    with_certificates(&world, &[(OLD, "CN=agent.example.com", 10, true), (NEW, "CN=agent.example.com", 20, true)]);
    with_broken(&world);
    let fresh = world.photo();
    results(&mut shell, &install(&world), "Installed");
    let file = |print: &str| format!(r"{KEYS}\{print}");
    for print in [OLD, NEW] {
        let access = world.machine()["access"][file(print)].as_str().unwrap().to_owned();
        assert_eq!(access, "D:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;S-1-5-80-5-1-2-3-4)");
    }
    results(&mut shell, &install(&world), "Unchanged");
    world.change(|machine| machine["access"][file(NEW)] = Value::Null);
    ends(&mut shell, &world.installed("status.ps1"), 1);
    results(&mut shell, &install(&world), "Repaired");
    // Renewed: the new key is granted, and the old one is no longer.
    let later = "00000000000000000000000000000000000000AA";
    with_certificates(
        &world,
        &[
            (OLD, "CN=agent.example.com", 10, true),
            (NEW, "CN=agent.example.com", 20, true),
            (later, "CN=agent.example.com", 90, true),
        ],
    );
    results(&mut shell, &install(&world), "Repaired");
    let access = &world.machine()["access"];
    assert!(access[file(NEW)].is_null() && access[file(later)].is_string(), "{access}");
    with_certificates(&world, &[(OLD, "CN=agent.example.com", 10, true), (NEW, "CN=agent.example.com", 20, true)]);
    fs::remove_file(world.path(&file(later))).unwrap();
    world.change(|machine| {
        machine["access"].as_object_mut().unwrap().remove(&file(later));
    });
    with_broken(&world);
    results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new());
}

#[test]
fn an_older_windows_is_refused() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    let mut spec = bundle("1.0.0", &[service("Agent", &json!({}))]);
    spec["minWindows"] = json!("10.0.17764");
    world.unpack("one", &spec, WELL);
    let before = world.photo();
    let outcome = ends(&mut shell, &world.script(r"C:\one\install.ps1"), 50);
    assert!(
        outcome.errors[0].message.contains("This is Windows 10.0.17763; acme needs 10.0.17764 or later"),
        "{outcome:#?}"
    );
    assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
}

#[test]
fn folders_that_others_could_replace_are_refused() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    type Prepare<'a> = &'a dyn Fn(&World);
    let somebody = "S-1-5-21-1-2-3-1001";
    let cases: [(&str, Prepare<'_>, &str); 5] = [
        (
            "access above",
            &|world| {
                world.change(|m| {
                    m["access"][r"C:\ProgramData\Acme"] = json!("D:(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;BU)");
                });
            },
            "can be replaced by BU",
        ),
        (
            "only its entries",
            &|world| world.change(|m| m["access"][r"C:\ProgramData\Acme"] = json!("D:(A;OICI;FA;;;BA)(A;;DT;;;AU)")),
            "can be replaced by AU",
        ),
        ("owner above", &|world| world.change(|m| m["told"][r"owner:C:\ProgramData\Acme"] = json!(somebody)), somebody),
        (
            "its owner",
            &|world| {
                fs::create_dir_all(world.path(r"C:\ProgramData\Acme\acme")).unwrap();
                world.change(|m| m["told"][r"owner:C:\ProgramData\Acme\acme"] = json!(somebody));
            },
            "belongs to S-1-5-21-1-2-3-1001",
        ),
        (
            "a link above",
            &|world| {
                fs::remove_dir(world.path(r"C:\ProgramData\Acme")).unwrap();
                std::os::unix::fs::symlink(world.path(r"C:\ProgramData\Other"), world.path(r"C:\ProgramData\Acme"))
                    .unwrap();
            },
            "is a link to another folder: name the real one with -DataDir",
        ),
    ];
    for (what, prepare, said) in cases {
        let world = World::new();
        world.unpack("one", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL);
        fs::create_dir_all(world.path(r"C:\ProgramData\Acme")).unwrap();
        prepare(&world);
        let before = world.photo();
        let outcome = ends(&mut shell, &world.script(r"C:\one\install.ps1"), 1638);
        assert!(outcome.errors[0].message.contains(said), "{what}: {outcome:#?}");
        assert_eq!(differences(&before, &world.photo()), Vec::<String>::new(), "{what}");
    }
    // A folder of its own, where everybody may write, closes what it makes there.
    let world = World::new();
    world.unpack("one", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL);
    let fresh = world.photo();
    results(&mut shell, &world.script(r"C:\one\install.ps1").parameter("DataDir", r"C:\Wide\data"), "Installed");
    assert!(world.machine()["access"][r"C:\Wide"].as_str().unwrap().starts_with("D:P"), "{}", world.machine());
    results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new());
    assert!(!world.path(r"C:\Wide").exists());
}

#[test]
fn a_program_that_does_not_stop_is_ended_only_when_asked() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &bundle("1.0.0", &[service("Agent", &json!({}))]), "stubborn");
    world.unpack("two", &bundle("2.0.0", &[service("Agent", &json!({}))]), "stubborn two");
    let fresh = world.photo();
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    let before = world.photo();
    let outcome = ends(&mut shell, &world.script(r"C:\two\install.ps1"), 1603);
    assert!(
        outcome.errors[0].message.contains("did not stop within 30 seconds. Stop it by hand, or let -KillOnTimeout"),
        "{outcome:#?}"
    );
    assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
    let actions = world.value("Agent", "FailureActions");
    let outcome = results(&mut shell, &world.script(r"C:\two\install.ps1").switch("KillOnTimeout"), "Upgraded");
    assert!(outcome.warnings.iter().any(|w| w.contains("is ended (-KillOnTimeout)")), "{outcome:#?}");
    assert_eq!(world.value("Agent", "FailureActions"), actions);
    results(&mut shell, &world.script(r"C:\two\rollback.ps1").switch("KillOnTimeout"), "RolledBack");
    assert_eq!(world.value("Agent", "FailureActions"), actions);
    ends(&mut shell, &world.installed("uninstall.ps1"), 1603);
    results(&mut shell, &world.installed("uninstall.ps1").switch("KillOnTimeout"), "Removed");
    assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new());
}

/// A failover cluster starts and stops its services itself.
#[test]
fn a_resource_of_a_cluster_is_neither_stopped_nor_started() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL);
    world.unpack("two", &bundle("2.0.0", &[service("Agent", &json!({}))]), "well two");
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    let text = |value: &str| json!({"kind": "String", "value": value});
    world.change(|machine| {
        let registry = &mut machine["registry"];
        registry[r"Cluster\Resources\1"] = json!({"Type": text("IP Address"), "Name": text("Address")});
        registry[r"Cluster\Resources\2"] = json!({"Type": text("Generic Service"), "Name": text("Acme's")});
        registry[r"Cluster\Resources\2\Parameters"] = json!({"ServiceName": text("agent")});
    });
    let before = world.photo();
    for job in [world.script(r"C:\two\install.ps1"), world.installed("uninstall.ps1")] {
        let outcome = ends(&mut shell, &job, 1638);
        assert!(outcome.errors[0].message.contains("the resource Acme's of a failover cluster"), "{outcome:#?}");
        assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
    }
    // Offline it is stopped, and stays so.
    world.change(|machine| machine["processes"] = json!({}));
    results(&mut shell, &world.script(r"C:\two\install.ps1"), "Upgraded");
    assert!(!world.runs("Agent"));
}

#[test]
fn what_makes_rules_or_files_worth_less_is_told() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let rule = json!([{"name": "Agent in", "protocol": "tcp", "port": "80", "profiles": ["domain"], "remote": []}]);
    let warnings = |shell: &mut PowerShell<'_>, more: &Value, change: &dyn Fn(&mut Value)| {
        let world = World::new();
        world.unpack("one", &bundle("1.0.0", &[service("Agent", more)]), WELL);
        world.change(|machine| machine["access"][r"C:\one"] = json!("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"));
        world.change(change);
        results(shell, &world.script(r"C:\one\install.ps1"), "Installed").warnings
    };
    let policy = |merge: u32| {
        move |machine: &mut Value| {
            machine["registry"][r"SOFTWARE\Policies\Microsoft\WindowsFirewall\PublicProfile"] =
                json!({"AllowLocalPolicyMerge": {"kind": "DWord", "value": merge}});
        }
    };
    let rules = json!({"firewall": rule});
    assert_eq!(warnings(&mut shell, &rules, &|_| ()), Vec::<String>::new());
    assert_eq!(warnings(&mut shell, &rules, &policy(1)), Vec::<String>::new());
    assert_eq!(warnings(&mut shell, &json!({}), &policy(0)), Vec::<String>::new(), "no rule");
    let told = warnings(&mut shell, &rules, &policy(0));
    assert!(told.len() == 1 && told[0].contains("Group Policy") && told[0].contains("PublicProfile"), "{told:?}");

    // Where users may write, the script itself may not be what it was; where only the one who runs it may, it is.
    let access = |sddl: &'static str| move |machine: &mut Value| machine["access"][r"C:\one"] = json!(sddl);
    let told = warnings(&mut shell, &json!({}), &access("D:(A;OICI;FA;;;SY)(A;OICI;0x1301bf;;;AU)"));
    assert!(told.len() == 1 && told[0].starts_with("AU, who is no administrator, may write in C:\\one"), "{told:?}");
    let own = access("D:(A;OICI;FA;;;SY)(A;OICI;FA;;;S-1-5-21-1-2-3-500)(A;OICI;FR;;;WD)");
    assert_eq!(warnings(&mut shell, &json!({}), &own), Vec::<String>::new());
}
