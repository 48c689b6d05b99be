//! -RequireSigner: who has signed the programs and scripts, looked at where only administrators can write.

use crate::support::PowerShell;
use crate::world::{WELL, World, bundle, differences, ends, results, service};
use serde_json::json;

const FILES: [&str; 5] = ["agent.exe", "install.ps1", "rollback.ps1", "status.ps1", "uninstall.ps1"];
const ACME: &str = r#"CN="Acme, Inc.", O=Acme, C=CH"#;

fn sign(world: &World, but: &str, status: &str, subject: &str) {
    let told: Vec<String> = FILES
        .iter()
        .map(|file| if *file == but { format!("{file}|{status}|{subject}") } else { format!("{file}|Valid|{ACME}") })
        .collect();
    world.change(|machine| machine["told"]["signatures"] = json!(told));
}

#[test]
fn only_the_signer_that_is_asked_for_will_do() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL);
    world.unpack("two", &bundle("2.0.0", &[service("Agent", &json!({}))]), "well two");
    let install =
        |name: &str, signer: &str| world.script(&format!(r"C:\{name}\install.ps1")).parameter("RequireSigner", signer);
    let bad = [
        ("agent.exe", "HashMismatch", ACME, "agent.exe is not signed"),
        ("status.ps1", "NotSigned", "", "status.ps1 is not signed"),
        ("install.ps1", "Valid", "CN=Acme, O=Acme", "is signed by CN=Acme, O=Acme"),
        ("rollback.ps1", "Valid", r#"CN=Other, O="CN=Acme, Inc.""#, "and not by Acme, Inc."),
        ("uninstall.ps1", "Valid", r#"O=Acme, OU="Acme, Inc.""#, "and not by Acme, Inc."),
    ];
    for upgrade in [false, true] {
        let name = if upgrade { "two" } else { "one" };
        for (file, status, subject, said) in bad {
            sign(&world, file, status, subject);
            let before = world.photo();
            for job in [install(name, "Acme, Inc."), install(name, "Acme, Inc.").switch("WhatIf")] {
                let outcome = ends(&mut shell, &job, 577);
                assert!(outcome.errors[0].message.contains(said), "{outcome:#?}");
                assert_eq!(differences(&before, &world.photo()), Vec::<String>::new(), "{file}");
            }
        }
        sign(&world, "", "", "");
        let signer = if upgrade { ACME } else { "Acme, Inc." };
        results(&mut shell, &install(name, signer), if upgrade { "Upgraded" } else { "Installed" });
        // What is there already is looked at as well.
        results(&mut shell, &install(name, "Acme, Inc."), "Unchanged");
        ends(&mut shell, &install(name, "acme, inc."), 577);
    }
}
