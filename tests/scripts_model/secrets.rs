//! Secrets: files that only the services read, and nothing of them anywhere else.

use crate::support::{Job, Outcome, PowerShell};
use crate::world::{How, Photo, World, bundle, differences, disturbed, ends, results, service};
use serde_json::{Value, json};
use std::fs;

/// With what shells, JSON and files of lines would trip over. Both hold a part that is looked for.
const FIRST: &str = "s'ecr\"et-wörd-one%PATH%&$1 =#";
const SECOND: &str = "wörd-two \\n";
const FOLDER: &str = r"C:\ProgramData\Acme\acme\secrets";
const TOKEN: &str = r"C:\ProgramData\Acme\acme\secrets\TOKEN";

fn spec(version: &str, secrets: &[&str], services: &[Value]) -> Value {
    let mut bundle = bundle(version, services);
    for name in secrets {
        let parameter = json!({"name": name, "type": "string", "secret": true});
        bundle["parameters"].as_array_mut().unwrap().push(parameter);
    }
    bundle
}

fn machine() -> World {
    let world = World::new();
    let agent = || service("Agent", &json!({}));
    let unpack = |name: &str, version: &str, secrets: &[&str], services: &[Value]| {
        world.unpack(name, &spec(version, secrets, services), &format!("well {version}"));
    };
    unpack("none", "0.9.0", &[], &[agent()]);
    unpack("one", "1.0.0", &["TOKEN"], &[agent()]);
    unpack("two", "2.0.0", &["TOKEN"], &[agent()]);
    unpack("more", "3.0.0", &["TOKEN", "KEY"], &[agent(), service("Second", &json!({"dependencies": ["Agent"]}))]);
    unpack("without", "4.0.0", &[], &[agent()]);
    unpack("after", "5.0.0", &[], &[agent()]);
    world
}

fn install(world: &World, name: &str) -> Job {
    world.script(&format!(r"C:\{name}\install.ps1")).switch("Verbose")
}

/// With a secret as secure text, made without ever being a word of the job's own.
fn with(job: Job, name: &str, secret: &str) -> Job {
    let signs: Vec<String> = secret.encode_utf16().map(|sign| sign.to_string()).collect();
    let make = format!(
        "$s = New-Object securestring; foreach ($c in @({})) {{ $s.AppendChar([char]$c) }}; $s",
        signs.join(", ")
    );
    job.parameter(name, json!({ "$ps": format!("$({make})") }))
}

fn read(world: &World, path: &str) -> Option<String> {
    fs::read_to_string(world.path(path)).ok()
}

/// No secret lies anywhere but in files of its folder: not on the machine, not in what was said.
#[track_caller]
fn tells_nothing(world: &World, outcomes: &[&Outcome]) {
    let root = world.path(r"C:\x").parent().unwrap().parent().unwrap().to_owned();
    let mut texts: Vec<(String, String)> =
        outcomes.iter().map(|outcome| ("outcome".to_owned(), format!("{outcome:?}"))).collect();
    for entry in walkdir::WalkDir::new(root).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file()) {
        if entry.path().starts_with(world.path(FOLDER)) {
            continue;
        }
        let bytes = fs::read(entry.path()).unwrap();
        let wide: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        for text in [String::from_utf8_lossy(&bytes).into_owned(), String::from_utf16_lossy(&wide)] {
            texts.push((entry.path().display().to_string(), text));
        }
    }
    let hash = |text: &str| cargo_winsvc::model::Sha256::of(text.as_bytes()).to_string();
    for (place, text) in texts {
        // Parts of it, since a place may write signs in another way; and no hash that guesses could be tried against.
        for part in ["wörd", "w\\u00f6rd", "rd-one", "rd-two", &hash(FIRST), &hash(SECOND)] {
            assert!(!text.to_lowercase().contains(part), "{part} in {place}");
        }
    }
}

#[track_caller]
fn same(before: &Photo, world: &World) {
    assert_eq!(differences(before, &world.photo()), Vec::<String>::new());
}

fn environment(world: &World) -> Value {
    world.value("Agent", "Environment")
}

#[test]
fn a_secret_comes_stays_changes_and_goes() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = machine();
    let fresh = world.photo();
    let what_if = ends(&mut shell, &with(install(&world, "one"), "TOKEN", FIRST).switch("WhatIf"), 0);
    assert!(what_if.host.contains("Set secret"), "{what_if:#?}");
    same(&fresh, &world);
    let log = r"C:\Windows\winsvc.log";
    let job = with(install(&world, "one"), "TOKEN", FIRST).parameter("LogPath", log);
    let installed = results(&mut shell, &job, "Installed");
    assert!(!installed.verbose.is_empty() && world.path(log).exists());
    assert_eq!(read(&world, TOKEN).unwrap(), FIRST);
    assert_eq!(environment(&world), json!(["MODE=calm", "PORT=8080", format!("TOKEN_FILE={TOKEN}")]));
    let access = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;OW)(A;OICI;0x1200a9;;;S-1-5-80-5-1-2-3-4)";
    assert_eq!(world.machine()["access"][FOLDER], access);
    tells_nothing(&world, &[&what_if, &installed]);
    let state = read(&world, r"C:\Program Files\Acme\acme\state.json").unwrap();
    let values = serde_json::from_str::<Value>(&state).unwrap()["current"]["values"].clone();
    assert_eq!(values, json!([{"name": "PORT", "value": "=8080"}]));

    // It is kept, also when the same is given again.
    let steps = world.steps();
    results(&mut shell, &install(&world, "one"), "Unchanged");
    results(&mut shell, &with(install(&world, "one"), "TOKEN", FIRST), "Unchanged");
    assert_eq!(world.steps(), steps);
    let status = ends(&mut shell, &world.installed("status.ps1"), 0);
    let line = status.output.iter().find(|line| line["Key"] == "secret").unwrap();
    assert_eq!((&line["Service"], &line["Actual"]), (&json!(TOKEN), &json!("present")));
    results(&mut shell, &install(&world, "two"), "Upgraded");
    assert_eq!(read(&world, TOKEN).unwrap(), FIRST);

    // Another one restarts the service, and nothing of the former one stays.
    let process = |world: &World| world.machine()["processes"].as_object().unwrap().keys().next().unwrap().clone();
    let before = process(&world);
    let changed = results(&mut shell, &with(install(&world, "two"), "TOKEN", SECOND), "Repaired");
    assert_ne!(process(&world), before);
    assert_eq!((read(&world, TOKEN).unwrap().as_str(), read(&world, &format!("{TOKEN}.old"))), (SECOND, None));
    let rolled_back = results(&mut shell, &world.installed("rollback.ps1").switch("Verbose"), "RolledBack");
    assert_eq!(read(&world, TOKEN).unwrap(), SECOND);
    tells_nothing(&world, &[&status, &changed, &rolled_back]);

    // One that is gone is told, and has to be given again.
    fs::remove_file(world.path(TOKEN)).unwrap();
    let told = ends(&mut shell, &world.installed("status.ps1").switch("Drift"), 1);
    assert_eq!((told.output.len(), &told.output[0]["Key"]), (1, &json!("secret")));
    ends(&mut shell, &install(&world, "one"), 87);
    results(&mut shell, &with(install(&world, "one"), "TOKEN", FIRST), "Repaired");
    fs::write(world.path(r"C:\ProgramData\Acme\acme\data.db"), "data").unwrap();
    let removed = results(&mut shell, &world.installed("uninstall.ps1").switch("Verbose"), "Removed");
    assert!(!world.path(FOLDER).exists() && world.path(r"C:\ProgramData\Acme\acme\data.db").exists());
    tells_nothing(&world, &[&told, &removed]);
}

#[test]
fn all_is_gone_after_the_removal() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    for purge in [false, true] {
        let world = machine();
        let fresh = world.photo();
        results(&mut shell, &with(install(&world, "one"), "TOKEN", FIRST), "Installed");
        let job = world.installed("uninstall.ps1");
        results(&mut shell, &if purge { job.switch("Purge") } else { job }, "Removed");
        same(&fresh, &world);
    }
}

#[test]
fn a_missing_one_is_named() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = machine();
    let before = world.photo();
    let answers = r"C:\answers.txt";
    for (job, said) in [
        (install(&world, "one"), "Parameter TOKEN must be given. It is a secret: -TOKEN (Read-Host -AsSecureString)"),
        (install(&world, "one").switch("Quiet"), "Parameter TOKEN must be given"),
        (with(install(&world, "more"), "TOKEN", FIRST), "Parameter KEY must be given"),
        (install(&world, "one").parameter("TOKEN", json!({"$ps": "(New-Object securestring)"})), "TOKEN is empty"),
    ] {
        let outcome = ends(&mut shell, &job, 87);
        assert!(outcome.errors[0].message.contains(said), "{outcome:#?}");
        same(&before, &world);
    }
    // Lines of a file with answers are never shown: one that is mistyped may hold the secret.
    for text in [format!("TOKE={SECOND}"), SECOND.to_owned(), "TOKEN=".to_owned()] {
        fs::write(world.path(answers), &text).unwrap();
        let outcome = ends(&mut shell, &install(&world, "one").parameter("Answers", answers), 87);
        fs::remove_file(world.path(answers)).unwrap();
        assert!(
            outcome.errors[0].message.contains(if text == "TOKEN=" { "is empty" } else { "Line 1 of" }),
            "{outcome:#?}"
        );
        tells_nothing(&world, &[&outcome]);
        same(&before, &world);
    }
    fs::write(world.path(answers), format!("PORT=9000\r\nTOKEN={FIRST}\r\n")).unwrap();
    let outcome = results(&mut shell, &install(&world, "one").parameter("Answers", answers), "Installed");
    fs::remove_file(world.path(answers)).unwrap();
    assert!(outcome.warnings.iter().any(|w| w.contains("holds the secret TOKEN for everybody")), "{outcome:#?}");
    assert_eq!(read(&world, TOKEN).unwrap(), FIRST);
    tells_nothing(&world, &[&outcome]);
    // No text is taken for a secret.
    let outcome = shell.run(&install(&world, "one").parameter("TOKEN", "text"));
    assert!(outcome.terminating.is_some() && read(&world, TOKEN).unwrap() == FIRST, "{outcome:#?}");
}

#[test]
fn secrets_follow_the_versions_that_have_them() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = machine();
    results(&mut shell, &install(&world, "none"), "Installed");
    let none = world.photo();
    let differ = |before: &Photo, world: &World| {
        let mut differ = differences(before, &world.photo());
        // The state knows what was there before the first version that had it.
        differ.retain(|line| !line.contains("state.json") && !line.contains("versions/"));
        differ
    };
    // Back to a version without: it goes.
    results(&mut shell, &with(install(&world, "one"), "TOKEN", FIRST), "Upgraded");
    results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
    assert_eq!(differ(&none, &world), Vec::<String>::new());
    // One more secret, one more service, which may read them too.
    results(&mut shell, &with(install(&world, "one"), "TOKEN", FIRST), "Upgraded");
    let one = world.photo();
    results(&mut shell, &with(install(&world, "more"), "KEY", SECOND), "Upgraded");
    assert_eq!(
        (read(&world, TOKEN).unwrap().as_str(), read(&world, &format!(r"{FOLDER}\KEY")).unwrap().as_str()),
        (FIRST, SECOND)
    );
    let access = world.machine()["access"][FOLDER].as_str().unwrap().to_owned();
    assert!(
        access.ends_with("(A;OICI;0x1200a9;;;S-1-5-80-5-1-2-3-4)(A;OICI;0x1200a9;;;S-1-5-80-6-1-2-3-4)"),
        "{access}"
    );
    for service in ["Agent", "Second"] {
        let environment = world.value(service, "Environment");
        assert_eq!(environment[3], format!(r"KEY_FILE={FOLDER}\KEY"));
    }
    results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
    assert_eq!(differ(&one, &world), Vec::<String>::new());
    // A version without secrets keeps them for a rollback, and no longer.
    results(&mut shell, &install(&world, "without"), "Upgraded");
    assert!(world.path(TOKEN).exists());
    assert_eq!(environment(&world), json!(["MODE=calm", "PORT=8080"]));
    results(&mut shell, &world.installed("rollback.ps1"), "RolledBack");
    assert_eq!(differ(&one, &world), Vec::<String>::new());
    results(&mut shell, &install(&world, "without"), "Upgraded");
    results(&mut shell, &install(&world, "after"), "Upgraded");
    assert!(!world.path(FOLDER).exists() && world.machine()["access"][FOLDER].is_null());
    // A folder that somebody makes there now is not ours.
    fs::create_dir(world.path(FOLDER)).unwrap();
    fs::write(world.path(TOKEN), "theirs").unwrap();
    results(&mut shell, &install(&world, "without").switch("AllowDowngrade"), "Upgraded");
    assert_eq!(read(&world, TOKEN).unwrap(), "theirs");
    let before = world.photo();
    let job = with(install(&world, "one"), "TOKEN", FIRST).switch("AllowDowngrade");
    let outcome = ends(&mut shell, &job, 1638);
    assert!(outcome.errors[0].message.contains("secrets exists already and is not ours"), "{outcome:#?}");
    same(&before, &world);
    results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    assert_eq!(read(&world, TOKEN).unwrap(), "theirs");
}

#[test]
fn a_removal_takes_those_of_a_former_version_too() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = machine();
    let fresh = world.photo();
    results(&mut shell, &with(install(&world, "one"), "TOKEN", FIRST), "Installed");
    results(&mut shell, &install(&world, "without"), "Upgraded");
    assert!(world.path(TOKEN).exists());
    results(&mut shell, &world.installed("uninstall.ps1"), "Removed");
    same(&fresh, &world);
}

#[test]
fn a_folder_that_others_opened_is_closed_or_refused() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = machine();
    results(&mut shell, &with(install(&world, "one"), "TOKEN", FIRST), "Installed");
    let good = world.photo();
    world.change(|m| m["access"][FOLDER] = json!("D:P(A;OICI;FA;;;BA)(A;OICI;FR;;;BU)"));
    assert_eq!(ends(&mut shell, &world.installed("status.ps1").switch("Drift"), 1).output[0]["Key"], "secrets folder");
    world.change(|m| m["access"][TOKEN] = json!("D:P(A;;FR;;;BU)"));
    results(&mut shell, &install(&world, "one"), "Repaired");
    same(&good, &world);
    world.change(|m| m["told"][format!("owner:{FOLDER}")] = json!("S-1-5-21-1-2-3-1001"));
    let outcome = ends(&mut shell, &install(&world, "one"), 1638);
    assert!(outcome.errors[0].message.contains("belongs to S-1-5-21-1-2-3-1001"), "{outcome:#?}");
    world.change(|m| {
        m["told"].as_object_mut().unwrap().remove(&format!("owner:{FOLDER}"));
    });
    fs::rename(world.path(FOLDER), world.path(r"C:\ProgramData\Other\s")).unwrap();
    std::os::unix::fs::symlink(world.path(r"C:\ProgramData\Other\s"), world.path(FOLDER)).unwrap();
    let outcome = ends(&mut shell, &with(install(&world, "one"), "TOKEN", SECOND), 1638);
    assert!(outcome.errors[0].message.contains("is a link to elsewhere"), "{outcome:#?}");
}

/// A version whose rollback could harm the data is gone on with, and so is its secret; or undone, and so is it.
#[test]
fn a_held_version_keeps_the_new_one_or_gives_the_former_back() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    for forward in [true, false] {
        let world = machine();
        results(&mut shell, &with(install(&world, "one"), "TOKEN", FIRST), "Installed");
        let before = world.photo();
        let mut held = spec("2.0.0", &["TOKEN"], &[service("Agent", &json!({}))]);
        held["install"]["rollbackSafe"] = json!(false);
        world.unpack("two", &held, "ill");
        let failed = ends(&mut shell, &with(install(&world, "two"), "TOKEN", SECOND), 1604);
        tells_nothing(&world, &[&failed]);
        if forward {
            world.unpack("two", &held, "well two");
            results(&mut shell, &install(&world, "two"), "Upgraded");
            assert_eq!((read(&world, TOKEN).unwrap().as_str(), read(&world, &format!("{TOKEN}.old"))), (SECOND, None));
        } else {
            results(&mut shell, &world.script(r"C:\two\rollback.ps1"), "RolledBack");
            same(&before, &world);
        }
    }
}

/// Each change fails in turn, or the power goes at it. The journal that is left tells nothing.
#[test]
fn each_change_of_a_secret_can_fail() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    type Given<'a> = &'a [(&'a str, &'a str)];
    type Way<'a> = (&'a [(&'a str, Given<'a>)], &'a str, Given<'a>);
    let ways: [Way<'_>; 4] = [
        (&[], "one", &[("TOKEN", FIRST)]),
        (&[("one", &[("TOKEN", FIRST)])], "two", &[("TOKEN", SECOND)]),
        (&[("one", &[("TOKEN", FIRST)])], "more", &[("KEY", SECOND)]),
        (&[("one", &[("TOKEN", FIRST)]), ("without", &[])], "after", &[]),
    ];
    for (number, (first, name, given)) in ways.into_iter().enumerate() {
        let job = |world: &World, name: &str, given: Given<'_>| {
            given.iter().fold(install(world, name), |job, (name, secret)| with(job, name, secret))
        };
        let prepared = |shell: &mut PowerShell<'_>| {
            let world = machine();
            for (before, given) in first {
                ends(shell, &job(&world, before, given), 0);
            }
            world
        };
        let model = prepared(&mut shell);
        let world = model.copy();
        let start = world.steps();
        ends(&mut shell, &job(&world, name, given), 0);
        let (count, after) = (world.steps() - start, world.photo());
        for at in 1..=count {
            let how = [How::FailBefore, How::FailAfter, How::Power][(at + number) % 3];
            let world = model.copy();
            let before = world.photo();
            let outcome = shell.run(&disturbed(job(&world, name, given), at, how));
            tells_nothing(&world, &[&outcome]);
            let step = world.step(at);
            if outcome.exit != 0 && how != How::Power {
                assert_eq!(outcome.exit, 1603, "{step}: {outcome:#?}");
                assert_eq!(differences(&before, &world.photo()), Vec::<String>::new(), "{number} {how:?} at {step}");
                continue;
            }
            if let (0, [.., (former, _)]) = (at % 2, first) {
                // The version from before puts itself right, and has its secret again.
                let old = shell.run(&install(&world, former));
                assert!(old.exit == 0 || old.exit == 1638, "{old:#?}");
                let wanted = if old.exit == 0 { &before } else { &after };
                assert_eq!(differences(wanted, &world.photo()), Vec::<String>::new(), "{number} {how:?} at {step}");
                continue;
            }
            ends(&mut shell, &job(&world, name, given), 0);
            let mut differ = differences(&after, &world.photo());
            // A version whose removal was cut off goes with the next transaction.
            differ.retain(|line| {
                !step.contains(r"remove C:\Program Files\Acme\acme\versions\") || !line.contains("versions/")
            });
            assert_eq!(differ, Vec::<String>::new(), "{number} {how:?} at {step}");
        }
    }
}
