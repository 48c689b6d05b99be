//! `generate scripts --check`: says what differs and writes nothing.

use crate::plan::project;
use crate::support::{Sandbox, TARGET, difference};
use std::fs;

/// A check that passes: nothing on standard output, nothing written.
#[track_caller]
fn passes(sandbox: &Sandbox, args: &[&str]) {
    let before = sandbox.photo();
    let ran = sandbox.run(args).success();
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("as generated"), "{}", ran.stderr);
    assert_eq!(difference(&before, &sandbox.photo()), Vec::<String>::new());
}

#[test]
fn check_tells_each_file_that_differs() {
    let sandbox = project();
    let check = ["generate", "scripts", "--check"];
    let mend = "fix: cargo winsvc generate scripts\n";
    sandbox.refused(&check, 5, &["scripts-differ", "`install.ps1` is missing", "`notes.txt` is missing", mend]);

    sandbox.run(&["generate", "scripts"]).success();
    passes(&sandbox, &check);
    let dir = sandbox.run(&["generate", "scripts"]).success().paths()[0].parent().unwrap().to_owned();

    // One byte more, and a file that is gone; the others are not named.
    let good = fs::read(dir.join("status.ps1")).unwrap();
    fs::write(dir.join("status.ps1"), [&good[..], b"\n"].concat()).unwrap();
    fs::remove_file(dir.join("uninstall.cmd")).unwrap();
    let ran = sandbox.refused(&check, 5, &["`status.ps1` differs", "`uninstall.cmd` is missing", mend]);
    assert!(!ran.stderr.contains("install.ps1`") && !ran.stderr.contains("rm --"), "{}", ran.stderr);
    sandbox.run(&["generate", "scripts"]).success();
    passes(&sandbox, &check);

    // What the configuration changes is seen in the files that hold it.
    let toml = fs::read_to_string(sandbox.project().join("Cargo.toml")).unwrap();
    sandbox.write("Cargo.toml", toml.replace("8080", "8081"));
    sandbox.refused(&check, 5, &["`install.ps1` differs", "`install.cmd` differs", mend]);
    sandbox.write("Cargo.toml", &toml);
    passes(&sandbox, &check);

    // A template that is gone leaves its file behind, which writing again does not take away.
    fs::remove_file(sandbox.project().join("winsvc/notes.txt")).unwrap();
    sandbox.write("winsvc/other.txt", "x");
    sandbox.run(&["generate", "scripts"]).success();
    let remove = format!("fix: rm -- {}\n", dir.join("notes.txt").display());
    let ran = sandbox.refused(&check, 5, &["`notes.txt` is no longer generated", &remove]);
    assert!(!ran.stderr.contains(mend), "{}", ran.stderr);
    fs::remove_file(dir.join("notes.txt")).unwrap();
    passes(&sandbox, &check);
}

#[test]
fn check_leaves_the_user_his_own_files() {
    let sandbox = project();
    let write = ["generate", "scripts", "--target", TARGET, "-o", "../it's here"];
    let check = [&write[..], &["--check"]].concat();
    // Quoted for a shell, with the flags that were given.
    let mend = format!(r"fix: cargo winsvc generate scripts --target {TARGET} --output '../it'\''s here'");
    sandbox.refused(&check, 5, &["`README.txt` is missing", &mend]);
    sandbox.run(&write).success();
    let dir = sandbox.path("it's here");
    fs::write(dir.join("build.ps1"), "mine").unwrap();
    passes(&sandbox, &check);

    // Without services there is a README.txt alone: the scripts are left over.
    let toml = fs::read_to_string(sandbox.project().join("Cargo.toml")).unwrap();
    let (package, _) = toml.split_once("[package.metadata").unwrap();
    sandbox.write("Cargo.toml", format!("{package}[package.metadata.winsvc]\nservices = false\n"));
    let left = ["`install.cmd` is no longer generated", "`status.ps1` is no longer generated", "`README.txt` differs"];
    let ran = sandbox.refused(&check, 5, &left);
    assert!(!ran.stderr.contains("build.ps1"), "{}", ran.stderr);
}
