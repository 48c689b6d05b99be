//! -RequireSigner and -Sha256: who has made what is installed, looked at where only administrators can write.

use crate::support::PowerShell;
use crate::world::{WELL, World, bundle, differences, ends, results, service};
use cargo_winsvc::model::Sha256;
use serde_json::json;
use std::fs;
use std::io::Write;

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
    // A name that stands in the quotes of another field is that field's.
    let quoted = r#"OU="x, CN=Acme, y", CN=Other"#;
    world.change(|m| m["told"]["signatures"] = json!(FILES.map(|file| format!("{file}|Valid|{quoted}"))));
    let outcome = ends(&mut shell, &install("one", "Acme").switch("WhatIf"), 577);
    assert!(outcome.errors[0].message.contains("and not by Acme"), "{outcome:#?}");
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

/// An archive of some files of an unpacked bundle, in a top folder of its own; and its hash.
fn archive(world: &World, from: &str, to: &str, files: &[&str]) -> String {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for file in files {
        zip.start_file(format!("acme-1.0.0/{file}"), stored).unwrap();
        zip.write_all(&fs::read(world.path(&format!(r"C:\{from}\{file}"))).unwrap()).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    fs::create_dir_all(world.path(to).parent().unwrap()).unwrap();
    fs::write(world.path(to), &bytes).unwrap();
    Sha256::of(&bytes).to_string()
}

#[test]
fn only_what_the_archive_of_that_hash_holds_will_do() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let world = World::new();
    world.unpack("one", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL);
    world.unpack("other", &bundle("1.0.0", &[service("Agent", &json!({}))]), "well, but of somebody else");
    let right = archive(&world, "one", r"C:\right\a.zip", &["SHA256SUMS", "agent.exe"]);
    let foreign = archive(&world, "other", r"C:\foreign\b.zip", &["SHA256SUMS"]);
    let none = archive(&world, "one", r"C:\none\c.zip", &["agent.exe"]);
    let install = |hash: &str| world.script(r"C:\one\install.ps1").parameter("Sha256", hash);
    let named = |hash: &str, path: &str| install(hash).parameter("Archive", path);
    let fresh = world.photo();
    let refused = [
        (named(&right[1..], r"C:\right\a.zip"), 87, "64 hexadecimal digits"),
        (world.script(r"C:\one\install.ps1").parameter("Archive", r"C:\right\a.zip"), 87, "give both"),
        (named(&right, r"C:\right\b.zip"), 87, r"There is no C:\right\b.zip"),
        (install(&right), 87, r"There is no C:\one.zip"),
        (named(&right, r"C:\foreign\b.zip"), 23, &*foreign),
        (named(&none, r"C:\none\c.zip"), 23, "holds no SHA256SUMS"),
        (named(&foreign, r"C:\foreign\b.zip").switch("WhatIf"), 23, "does not come from the archive"),
        (named(&foreign, r"C:\foreign\b.zip"), 1603, "does not come from the archive"),
    ];
    for (job, code, said) in refused {
        let outcome = ends(&mut shell, &job, code);
        assert!(outcome.errors[0].message.contains(said), "{said}: {outcome:#?}");
        assert_eq!(differences(&fresh, &world.photo()), Vec::<String>::new(), "{said}");
    }
    results(&mut shell, &named(&right.to_uppercase(), r"C:\right\a.zip"), "Installed");
    // Beside the folder, or the folder that Explorer put it in, it need not be named.
    fs::copy(world.path(r"C:\right\a.zip"), world.path(r"C:\one.zip")).unwrap();
    results(&mut shell, &install(&right), "Unchanged");
    fs::copy(world.path(r"C:\foreign\b.zip"), world.path(r"C:\one.zip")).unwrap();
    ends(&mut shell, &install(&foreign), 23);
}
