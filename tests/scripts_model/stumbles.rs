//! What an administrator stumbles over: options that say nothing, sessions that are set up otherwise, a log that can't be written, codes
//! that no table knows.

use crate::support::{Job, PowerShell};
use crate::world::{How, WELL, World, bundle, differences, disturbed, ends, results, service};
use serde_json::json;
use std::fs;

const PROGRAM: &str = r"C:\Program Files\Acme\acme";

fn agent(world: &World) {
    world.unpack("one", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL);
    world.unpack("two", &bundle("2.0.0", &[service("Agent", &json!({"description": "New."}))]), "well two");
}

#[test]
fn program_and_data_do_not_lie_in_one_another() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    agent(&world);
    let before = world.photo();
    // What a service may write in must not hold the journal, which is acted on with all rights, nor what it runs.
    for (dir, data) in [
        (PROGRAM, r"c:\program files\ACME\acme"),
        (r"C:\ProgramData\Acme\acme\program", r"C:\ProgramData\Acme\acme"),
        (PROGRAM, r"C:\Program Files\Acme\acme\versions"),
        (PROGRAM, r"C:\Program Files\Acme\acme\data"),
    ] {
        let job = world.script(r"C:\one\install.ps1").parameter("InstallDir", dir).parameter("DataDir", data);
        let outcome = ends(&mut shell, &job, 87);
        assert!(outcome.errors[0].message.contains("lie in one another"), "{outcome:#?}");
        assert_eq!(differences(&before, &world.photo()), Vec::<String>::new(), "{dir} {data}");
    }
}

#[test]
fn what_if_leaves_an_empty_folder_alone() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    agent(&world);
    // As a run leaves it that was cut before its journal began.
    ends(&mut shell, &disturbed(world.script(r"C:\one\install.ps1"), 5, How::Power), 1603);
    assert!(
        world.path(PROGRAM).exists() && !world.path(&format!(r"{PROGRAM}\journal")).exists(),
        "{:#?}",
        world.photo()
    );
    world.change(|m| {
        m["registry"][r"SYSTEM\CurrentControlSet\Services\Agent"] =
            json!({"ImagePath": {"kind": "ExpandString", "value": "\"C:\\nssm.exe\""}});
    });
    let before = world.photo();
    let outcome = ends(&mut shell, &world.script(r"C:\one\install.ps1").switch("WhatIf"), 1638);
    assert!(!outcome.errors[0].message.contains("undone"), "{outcome:#?}");
    assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
    // Without it the folder goes, and the code still tells what is in the way.
    ends(&mut shell, &world.script(r"C:\one\install.ps1"), 1638);
    assert!(!world.path(PROGRAM).exists());
}

#[test]
fn strict_sessions_are_no_hindrance() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    agent(&world);
    let fresh = world.photo();
    let strict = |job: Job| job.before("Set-StrictMode -Version Latest");
    results(&mut shell, &strict(world.script(r"C:\one\install.ps1")), "Installed");
    results(&mut shell, &strict(world.script(r"C:\two\install.ps1")), "Upgraded");
    ends(&mut shell, &strict(world.script(r"C:\two\status.ps1")), 0);
    results(&mut shell, &strict(world.script(r"C:\two\rollback.ps1")), "RolledBack");
    results(&mut shell, &strict(world.script(r"C:\one\uninstall.ps1")), "Removed");
    assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new());
}

#[test]
fn codes_beyond_those_of_windows_are_told() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    agent(&world);
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    // A service may end with any number of 32 bits; one that a DLL is missing for ends with 0xC0000135.
    world.change(|m| {
        m["processes"] = json!({});
        m["told"]["exit:Agent"] = json!(3_221_225_781_u32);
    });
    let told = ends(&mut shell, &world.script(r"C:\one\status.ps1").switch("Drift"), 2);
    assert_eq!(told.output[0]["Actual"], "stopped: 3221225781", "{told:#?}");
}

#[test]
fn a_check_that_was_asked_for_with_nothing_is_no_check() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    agent(&world);
    let before = world.photo();
    for name in ["RequireSigner", "Sha256", "Archive"] {
        for given in ["", " "] {
            let outcome = ends(&mut shell, &world.script(r"C:\one\install.ps1").parameter(name, given), 87);
            assert!(outcome.errors[0].message.contains(&format!("-{name}")), "{outcome:#?}");
            assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
        }
    }
}

#[test]
fn a_log_that_cannot_be_written_stops_nothing_half_way() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let model = World::new();
    agent(&model);
    fs::write(model.path(r"C:\Windows\win.ini"), "").unwrap();
    let before = model.photo();
    let log = r"C:\Windows\winsvc.log";
    let install = |world: &World| world.script(r"C:\one\install.ps1").parameter("LogPath", log);
    // Before anything changes it is told.
    let nowhere = model.script(r"C:\one\install.ps1").parameter("LogPath", r"C:\no\such\folder\a.log");
    let outcome = ends(&mut shell, &nowhere, 87);
    assert!(outcome.errors[0].message.contains(r"C:\no\such\folder\a.log"), "{outcome:#?}");
    assert_eq!(differences(&before, &model.photo()), Vec::<String>::new());
    let whole = model.copy();
    results(&mut shell, &install(&whole), "Installed");
    let after = whole.photo();
    let writes: Vec<usize> = (1..=whole.steps()).filter(|at| whole.step(*at).ends_with(log)).collect();
    assert!(writes.len() > 15, "{writes:?}");
    for at in writes.iter().skip(1).step_by(9) {
        let world = model.copy();
        let outcome = results(&mut shell, &disturbed(install(&world), *at, How::FailBefore), "Installed");
        assert!(outcome.warnings.iter().any(|w| w.contains(log)), "{outcome:#?}");
        assert_eq!(differences(&after, &world.photo()), Vec::<String>::new());
    }
}

#[test]
fn a_removal_that_is_broken_off_is_found_again_in_a_folder_of_its_own() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let model = World::new();
    agent(&model);
    fs::write(model.path(r"C:\Program Files\Other\other.txt"), "").unwrap();
    fs::write(model.path(r"C:\ProgramData\Other\other.txt"), "").unwrap();
    let fresh = model.photo();
    let dir = r"C:\Program Files\Other\mine";
    results(&mut shell, &model.script(r"C:\one\install.ps1").parameter("InstallDir", dir), "Installed");
    let whole = model.copy();
    let start = whole.steps();
    results(&mut shell, &whole.script(r"C:\one\uninstall.ps1"), "Removed");
    assert_eq!(differences(&fresh, &whole.photo()), Vec::<String>::new());
    let count = whole.steps() - start;
    for at in 1..=count {
        let world = model.copy();
        ends(&mut shell, &disturbed(world.script(r"C:\one\uninstall.ps1"), at, How::FailBefore), 1603);
        let step = world.step(at);
        let outcome = ends(&mut shell, &world.script(r"C:\one\uninstall.ps1"), 0);
        // Of no more than the state and empty folders nothing tells where they are.
        if at < count - 1 {
            assert_eq!(outcome.output[0]["Result"], "Removed", "{step}: {outcome:#?}");
            assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new(), "{step}");
        }
    }
}

#[test]
fn rules_and_reservations_of_others_are_refused() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let more = json!({
        "firewall": [{"name": "Agent in", "protocol": "tcp", "port": "80", "profiles": ["domain"], "remote": []}],
        "urlAcl": ["http://+:80/agent/"],
    });
    // What a rule does besides, such as to block, could not be brought back.
    for (name, value, said) in [
        (
            "rule:Agent in",
            json!(["protocol=udp", "port=1", "profiles=domain", "remote=", "service=Other"]),
            "firewall rule Agent in",
        ),
        ("url:http://+:80/agent/", json!("D:(A;;GX;;;S-1-5-80-9-9)"), "URL reservation http://+:80/agent/"),
    ] {
        let world = World::new();
        world.unpack("none", &bundle("0.9.0", &[service("Agent", &json!({}))]), WELL);
        world.unpack("one", &bundle("1.0.0", &[service("Agent", &more)]), WELL);
        world.change(|m| m["told"][name] = value);
        for upgrade in [false, true] {
            if upgrade {
                results(&mut shell, &world.script(r"C:\none\install.ps1"), "Installed");
            }
            let before = world.photo();
            let outcome = ends(&mut shell, &world.script(r"C:\one\install.ps1"), 1638);
            assert!(outcome.errors[0].message.contains(said), "{outcome:#?}");
            assert_eq!(differences(&before, &world.photo()), Vec::<String>::new(), "{name}");
        }
    }
}

#[test]
fn addresses_are_compared_as_windows_tells_them() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    let remote = [
        "10.1.2.3/8",
        "192.168.0.0/255.255.0.0",
        "10.0.0.1-10.0.0.9",
        "LocalSubnet",
        "10.0.0.1/32",
        "2001:DB8:0::/32",
        "10.0.0.7",
    ];
    let rule = json!({"firewall": [{"name": "Agent in", "protocol": "tcp", "port": "80", "profiles": ["domain"], "remote": remote}]});
    world.unpack("one", &bundle("1.0.0", &[service("Agent", &rule)]), WELL);
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Unchanged");
    ends(&mut shell, &world.script(r"C:\one\status.ps1"), 0);
    let told = world.machine()["told"]["rule:Agent in"][3].as_str().unwrap().to_owned();
    assert!(told.contains("10.0.0.0/255.0.0.0") && told.contains("LocalSubnet"), "{told}");
}

#[test]
fn a_script_that_is_handed_over_as_text_says_so() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    agent(&world);
    for script in ["install.ps1", "rollback.ps1", "uninstall.ps1"] {
        let text = fs::read_to_string(world.path(&format!(r"C:\one\{script}"))).unwrap();
        let root = world.path(r"C:\x").parent().unwrap().parent().unwrap().to_owned();
        let job = Job::text(text.trim_start_matches('\u{feff}')).env("MODEL", root.to_str().unwrap());
        let outcome = ends(&mut shell, &job, 50);
        assert!(outcome.errors[0].message.contains("bring the whole folder"), "{outcome:#?}");
    }
}

#[test]
fn values_in_the_command_line_of_a_batch_file_are_quoted() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    let mut spec = bundle("1.0.0", &[service("Agent", &json!({}))]);
    spec["parameters"].as_array_mut().unwrap().push(json!({"name": "NAME", "type": "string", "secret": false}));
    spec["install"]["hooks"] = json!({"postInstall": ["sub/step.cmd", "--name", "${NAME}", "${PORT}"]});
    world.unpack_with("one", &spec, WELL, &[("sub/step.cmd", "rem")]);
    results(&mut shell, &world.script(r"C:\one\install.ps1").parameter("NAME", "a&calc|b,c"), "Installed");
    let log = world.path(r"C:\x").parent().unwrap().with_file_name("programs.log");
    let ran = fs::read_to_string(log).unwrap();
    assert!(ran.ends_with("\\sub\\step.cmd --name \"a&calc|b,c\" 8080\n"), "{ran}");
}

#[test]
fn data_is_removed_where_no_service_comes() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let model = World::new();
    agent(&model);
    fs::write(model.path(r"C:\Program Files\Other\other.txt"), "").unwrap();
    fs::write(model.path(r"C:\ProgramData\Other\other.txt"), "").unwrap();
    let fresh = model.photo();
    results(&mut shell, &model.script(r"C:\one\install.ps1"), "Installed");
    fs::create_dir_all(model.path(r"C:\ProgramData\Acme\acme\sub")).unwrap();
    fs::write(model.path(r"C:\ProgramData\Acme\acme\sub\data.txt"), "").unwrap();
    let purge = |world: &World| world.script(r"C:\one\uninstall.ps1").switch("Purge");
    let whole = model.copy();
    let start = whole.steps();
    results(&mut shell, &purge(&whole), "Removed");
    assert_eq!(differences(&fresh, &whole.photo()), Vec::<String>::new());
    let steps: Vec<String> = (1..=whole.steps() - start).map(|at| whole.step(at)).collect();
    assert!(
        steps.iter().any(|step| step.contains(r"move C:\ProgramData\Acme\acme to C:\ProgramData\Acme\acme~")),
        "{steps:#?}"
    );
    assert!(!steps.iter().any(|step| step.ends_with(r"remove C:\ProgramData\Acme\acme")), "{steps:#?}");
    for at in (1..steps.len()).filter(|at| steps[at - 1].contains("ProgramData")) {
        for how in [How::FailBefore, How::FailAfter] {
            let world = model.copy();
            ends(&mut shell, &disturbed(purge(&world), at, how), 1603);
            results(&mut shell, &purge(&world), "Removed");
            assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new(), "{}", steps[at - 1]);
        }
    }
    // Somebody else's folder of such a name is left alone.
    let planted = r"C:\ProgramData\Acme\acme~0123456789abcdef0123456789abcdef";
    fs::create_dir_all(model.path(planted)).unwrap();
    fs::write(model.path(&format!(r"{planted}\mine.txt")), "").unwrap();
    results(&mut shell, &purge(&model), "Removed");
    assert!(model.path(&format!(r"{planted}\mine.txt")).exists());
}

#[test]
fn administrators_of_the_domain_are_no_strangers() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    agent(&world);
    fs::create_dir_all(world.path(r"C:\ProgramData\Acme")).unwrap();
    world.change(|m| {
        let access = "D:(A;OICI;FA;;;BA)(A;OICI;FA;;;LA)(A;OICI;FA;;;DA)(A;OICI;FA;;;EA)";
        m["access"][r"C:\ProgramData\Acme"] = json!(access);
    });
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
}

#[test]
fn a_run_at_work_is_no_interrupted_one() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    agent(&world);
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    let steps = world.copy();
    let start = steps.steps();
    results(&mut shell, &steps.script(r"C:\two\install.ps1"), "Upgraded");
    let middle = (steps.steps() - start) / 2;
    ends(&mut shell, &disturbed(world.script(r"C:\two\install.ps1"), middle, How::Power), 1604);
    assert!(world.path(&format!(r"{PROGRAM}\journal")).exists());
    let mut told = || {
        let status = shell.run(&world.script(r"C:\one\status.ps1"));
        let line = status.output.iter().find(|line| line["Key"] == "transaction");
        line.unwrap_or_else(|| panic!("{status:#?}")).clone()
    };
    let line = told();
    assert!(line["Same"] == false && line["Actual"].as_str().unwrap().contains("interrupted"), "{line}");
    // What the power has left of the lock counts for nothing.
    let lock = world.path(&format!(r"{PROGRAM}\lock"));
    let holder = fs::File::create(&lock).unwrap();
    assert_eq!(told(), line);
    holder.try_lock().unwrap();
    let line = told();
    assert!(line["Same"].is_null() && line["Actual"] == "a run is at work now", "{line}");
}

#[test]
fn a_folder_that_was_chosen_is_found_by_its_services_when_the_list_of_programs_has_no_entry() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    for (name, version) in [("one", "1.0.0"), ("two", "2.0.0")] {
        let mut spec = bundle(version, &[service("Agent", &json!({}))]);
        spec["install"]["addRemovePrograms"] = json!(false);
        world.unpack(name, &spec, &format!("well {version}"));
    }
    fs::write(world.path(r"C:\Program Files\Other\other.txt"), "").unwrap();
    let fresh = world.photo();
    let dir = r"C:\Program Files\Other\versions\mine";
    results(&mut shell, &world.script(r"C:\one\install.ps1").parameter("InstallDir", dir), "Installed");
    results(&mut shell, &world.script(r"C:\two\install.ps1"), "Upgraded");
    assert!(!world.path(PROGRAM).exists());
    ends(&mut shell, &world.script(r"C:\one\status.ps1"), 0);
    // Another product with a service of that name does not take the folder for its own.
    let mut other = bundle("1.0.0", &[service("Agent", &json!({}))]);
    other["id"] = json!("other");
    other["install"]["dir"] = json!(r"%ProgramFiles%\Acme\other");
    world.unpack("other", &other, "well other");
    ends(&mut shell, &world.script(r"C:\other\status.ps1"), 3);
    let refused = ends(&mut shell, &world.script(r"C:\other\install.ps1"), 1638);
    assert!(refused.errors[0].message.contains("-Adopt"), "{refused:#?}");
    // Somebody else's service of that name leads nowhere.
    let key = r"SYSTEM\CurrentControlSet\Services\Agent";
    let ours = world.value("Agent", "ImagePath");
    for other in [r#""C:\Program Files\Other\versions\agent.exe""#, r"C:\agent.exe", ""] {
        world.change(|m| m["registry"][key]["ImagePath"]["value"] = json!(other));
        ends(&mut shell, &world.script(r"C:\one\status.ps1"), 3);
    }
    world.change(|m| m["registry"][key]["ImagePath"]["value"] = ours.clone());
    results(&mut shell, &world.script(r"C:\two\uninstall.ps1"), "Removed");
    let left = differences(&fresh, &world.photo());
    assert!(left.iter().all(|l| l.starts_with("C/ProgramData")), "{left:#?}");
}
