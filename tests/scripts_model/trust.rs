//! What lies in the program folder is believed only where nobody but administrators can have put it there, and what an earlier run left
//! is undone only when that was agreed to.

use crate::support::PowerShell;
use crate::world::{How, WELL, World, bundle, differences, disturbed, ends, results, service};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;

const PROGRAM: &str = r"C:\Program Files\Acme\acme";
const SOMEBODY: &str = "S-1-5-21-1-2-3-1001";
const CLOSED: &str = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)";

/// Answers of ShouldProcess, by their place.
const NO: usize = 2;

fn agent(world: &World) {
    world.unpack("one", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL);
    world.unpack("two", &bundle("2.0.0", &[service("Agent", &json!({"description": "New."}))]), "well two");
}

/// A machine whose upgrade to `two` was cut at a change, well before it was done.
fn cut(shell: &mut PowerShell<'_>) -> World {
    let world = World::new();
    agent(&world);
    results(shell, &world.script(r"C:\one\install.ps1"), "Installed");
    ends(shell, &disturbed(world.script(r"C:\two\install.ps1"), 24, How::Power), 1604);
    assert!(world.path(&format!(r"{PROGRAM}\journal")).exists());
    world
}

#[test]
fn a_program_folder_that_somebody_else_made_is_refused_before_it_is_read() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let victim = r"SYSTEM\CurrentControlSet\Services\Victim";
    // Whoever owns a folder can give it any access list, also the one that we give ours, and take it back later.
    for (access, owner, journal) in
        [(CLOSED, r"owner:C:\acme", true), ("", r"owner:C:\acme", false), (CLOSED, r"owner:C:\up", true)]
    {
        let world = World::new();
        agent(&world);
        world.unpack("gone", &bundle("1.0.0", &[]), WELL);
        let dir = if owner.ends_with("up") { r"C:\up\acme" } else { r"C:\acme" };
        fs::create_dir_all(world.path(dir)).unwrap();
        world.change(|m| {
            m["registry"][victim] = json!({"ImagePath": {"kind": "ExpandString", "value": "\"C:\\evil.exe\""}});
            m["told"][owner] = json!(SOMEBODY);
            for folder in [r"C:\up", dir].iter().filter(|folder| dir.starts_with(**folder) && !access.is_empty()) {
                m["access"][folder] = json!(access);
            }
        });
        if journal {
            let lines = [
                json!({"schema": 1, "transaction": "=x", "made": "+", "data": "=C:\\ProgramData\\Acme\\acme"}),
                json!({"kind": "command line", "name": "Victim", "before": "=\"C:\\worse.exe\"", "after": "=\"C:\\evil.exe\"", "was": []}),
            ];
            fs::write(world.path(&format!(r"{dir}\journal")), lines.map(|line| format!("{line}\n")).concat()).unwrap();
        }
        let before = world.photo();
        for script in ["install.ps1", "rollback.ps1", "uninstall.ps1"] {
            let outcome =
                ends(&mut shell, &world.script(&format!(r"C:\one\{script}")).parameter("InstallDir", dir), 1638);
            assert!(outcome.errors[0].message.contains(SOMEBODY), "{outcome:#?}");
            assert!(outcome.errors[0].message.contains("-InstallDir"), "{outcome:#?}");
            assert_eq!(differences(&before, &world.photo()), Vec::<String>::new(), "{script} {owner}");
            assert_eq!(world.path(&format!(r"{dir}\journal")).exists(), journal);
        }
    }
}

#[test]
fn a_folder_that_somebody_makes_meanwhile_is_refused() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    agent(&world);
    // Nothing is there when it is looked for; when it is to be made, somebody has just made it.
    world.change(|m| m["told"][r"owner:C:\ProgramData\Acme"] = json!(SOMEBODY));
    let before = world.photo();
    let outcome = ends(&mut shell, &world.script(r"C:\one\install.ps1"), 1603);
    assert!(outcome.errors[0].message.contains(SOMEBODY), "{outcome:#?}");
    assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
}

#[test]
fn what_an_earlier_run_left_stays_when_its_undo_is_declined() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = cut(&mut shell);
    let before = world.photo();
    for script in ["install.ps1", "rollback.ps1", "uninstall.ps1"] {
        let job = world.script(&format!(r"C:\two\{script}")).switch("Confirm").choice(NO);
        let outcome = ends(&mut shell, &job, 1603);
        assert!(outcome.errors[0].message.contains("Declined: Undo the run that was interrupted"), "{outcome:#?}");
        assert!(!outcome.errors[0].message.contains("undone."), "{outcome:#?}");
        assert_eq!(differences(&before, &world.photo()), Vec::<String>::new(), "{script}");
    }
    results(&mut shell, &world.script(r"C:\two\install.ps1"), "Upgraded");

    // One that had committed is not undone either: the state tells of it.
    let world = World::new();
    agent(&world);
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Installed");
    let fine = world.copy();
    let start = fine.steps();
    results(&mut shell, &fine.script(r"C:\two\install.ps1"), "Upgraded");
    let journal = (1..=fine.steps() - start)
        .find(|at| fine.step(*at).contains(r"remove C:\Program Files\Acme\acme\journal"))
        .unwrap();
    ends(&mut shell, &disturbed(world.script(r"C:\two\install.ps1"), journal, How::Power), 0);
    let before = world.photo();
    for script in ["install.ps1", "rollback.ps1"] {
        let job = world.script(&format!(r"C:\two\{script}")).switch("Confirm").choice(NO);
        let outcome = ends(&mut shell, &job, 1603);
        assert!(outcome.errors[0].message.contains("Declined: Finish the run"), "{outcome:#?}");
        assert_eq!(differences(&before, &world.photo()), Vec::<String>::new(), "{script}");
    }
    results(&mut shell, &world.script(r"C:\two\install.ps1"), "Unchanged");
}

#[test]
fn a_journal_that_cannot_be_read_is_left_as_it_is() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = cut(&mut shell);
    let path = world.path(&format!(r"{PROGRAM}\journal"));
    let good = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = good.lines().collect();
    lines.insert(3, "{damaged");
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    let before = world.photo();
    for script in ["install.ps1", "rollback.ps1", "uninstall.ps1"] {
        let outcome = ends(&mut shell, &world.script(&format!(r"C:\two\{script}")), 1603);
        assert!(!outcome.errors[0].message.contains("undone."), "{outcome:#?}");
        assert_eq!(differences(&before, &world.photo()), Vec::<String>::new(), "{script}");
    }
    // What is another product's stays so.
    fs::write(&path, &good).unwrap();
    let state = world.path(&format!(r"{PROGRAM}\state.json"));
    fs::write(&state, fs::read_to_string(&state).unwrap().replacen("\"=acme\"", "\"=other\"", 1)).unwrap();
    let before = world.photo();
    let outcome = ends(&mut shell, &world.script(r"C:\two\install.ps1"), 1638);
    assert!(outcome.errors[0].message.contains("holds another product: other"), "{outcome:#?}");
    assert_eq!(differences(&before, &world.photo()), Vec::<String>::new());
}

#[test]
fn a_line_that_the_power_cut_short_does_not_spoil_the_next() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let fresh = cut(&mut shell);
    let path = |world: &World| world.path(&format!(r"{PROGRAM}\journal"));
    let torn = |world: &World| {
        let mut file = fs::OpenOptions::new().append(true).open(path(world)).unwrap();
        file.write_all(b"{\"kind\":\"descr").unwrap();
    };
    // The undo is cut too, at each of its changes.
    for at in 1..8 {
        let world = fresh.copy();
        torn(&world);
        assert_ne!(shell.run(&disturbed(world.script(r"C:\two\install.ps1"), at, How::Power)).exit, 0);
        let outcome = results(&mut shell, &world.script(r"C:\two\install.ps1"), "Upgraded");
        assert!(outcome.errors.is_empty() && world.runs("Agent"), "{outcome:#?}");
    }
}

#[test]
fn files_that_are_replaced_come_back() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let model = World::new();
    agent(&model);
    results(&mut shell, &model.script(r"C:\one\install.ps1"), "Installed");
    let state: Value =
        serde_json::from_str(&fs::read_to_string(model.path(&format!(r"{PROGRAM}\state.json"))).unwrap()).unwrap();
    let folder = state["current"]["folder"].as_str().unwrap()[1..].to_owned();
    let good = model.photo();
    fs::write(model.path(&format!(r"{folder}\sub\notes.txt")), "damaged").unwrap();
    let damaged = model.photo();
    let world = model.copy();
    let start = world.steps();
    results(&mut shell, &world.script(r"C:\one\install.ps1"), "Repaired");
    assert_eq!(differences(&good, &world.photo()), Vec::<String>::new());
    for at in 1..=world.steps() - start {
        for how in [if at % 2 == 0 { How::FailBefore } else { How::FailAfter }, How::Power] {
            let world = model.copy();
            let outcome = shell.run(&disturbed(world.script(r"C:\one\install.ps1"), at, how));
            let step = world.step(at);
            if how != How::Power && outcome.exit != 0 {
                assert_eq!(outcome.exit, 1603, "{how:?} at {step}: {outcome:#?}");
                // Good files that are in their place already may stay there.
                let mut differ = differences(&damaged, &world.photo());
                differ.retain(|line| !line.contains("notes.txt"));
                assert_eq!(differ, Vec::<String>::new(), "{how:?} at {step}");
            }
            ends(&mut shell, &world.script(r"C:\one\install.ps1"), 0);
            assert_eq!(differences(&good, &world.photo()), Vec::<String>::new(), "{how:?} at {step}");
        }
    }
}
