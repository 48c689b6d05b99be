//! Who hears what: standard output, standard error, JSON, exit codes.

use crate::HELLO;
use crate::support::{Ran, Sandbox};
use serde_json::Value;
use std::fs;

fn lines(text: &str) -> Vec<Value> {
    let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    text.lines().map(parse).inspect(|v| assert!(v["reason"].is_string(), "{v}")).collect()
}

/// Neither colours nor a line that is drawn again.
fn is_plain(ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(['\x1b', '\r']), "{text:?}");
    }
}

#[test]
fn standard_output_holds_paths_alone() {
    let sandbox = Sandbox::hello("");
    let ran = sandbox.run(&["package"]).success();
    let symbols = HELLO.replace(".zip", "-symbols.zip");
    assert_eq!(ran.paths(), [sandbox.output().join(HELLO), sandbox.output().join(symbols)]);
    assert!(ran.paths().iter().all(|p| p.is_file()));
    // Cargo's own lines and ours, in cargo's manner.
    for piece in [
        "    Planning hello 1.2.3 for x86_64-pc-windows-gnu via mingw",
        "   Compiling hello v1.2.3",
        "    Stamping hello.exe",
        "    Verified ",
        "    Finished in ",
    ] {
        assert!(ran.stderr.contains(piece), "{piece}\n{}", ran.stderr);
    }
    is_plain(&ran);
    let ran = sandbox.run(&["build", "-o", "../out"]).success();
    assert_eq!(ran.paths(), ["hello.exe", "hello.exe.debug"].map(|n| sandbox.path("out").join(n)));
    is_plain(&ran);
    let ran = sandbox.run(&["verify", sandbox.output().to_str().unwrap()]).success();
    assert_eq!(ran.stdout, "", "it has no result but its exit code");
}

#[test]
fn verify_says_what_to_name() {
    let sandbox = Sandbox::hello("");
    let ran = sandbox.run(&["verify", "no-such.zip"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("no-such.zip") && ran.stderr.contains("fix: name a zip"), "{}", ran.stderr);
}

#[test]
fn verify_of_what_is_no_bundle_says_that_alone() {
    let sandbox = Sandbox::hello("");
    sandbox.write("notes.txt", "no zip");
    let ran = sandbox.run(&["verify", "notes.txt"]);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(ran.stderr.contains("it is no zip archive") && !ran.stderr.contains("WS105"), "{}", ran.stderr);
    assert!(ran.stderr.contains(" checks, 1 error, 0 warnings\n"), "{}", ran.stderr);
    let ran = sandbox.run(&["verify", "notes.txt", "--message-format", "json"]);
    let verdict = lines(&ran.stdout).into_iter().find(|line| line["reason"] == "result").unwrap();
    assert_eq!(verdict["value"]["findings"].as_array().unwrap().len(), 1, "{verdict}");
}

#[test]
fn help_is_a_command_too() {
    let sandbox = Sandbox::new(&[]);
    let ran = sandbox.run(&["help", "package"]).success();
    assert!(ran.stdout.contains("--dry-run"), "{}", ran.stdout);
}

#[test]
fn quiet_is_quiet() {
    let sandbox = Sandbox::hello("");
    let ran = sandbox.run(&["package", "-q"]).success();
    assert_eq!(ran.stderr, "");
    assert_eq!(ran.paths().len(), 2);
    let ran = sandbox.run(&["package", "-q", "-p", "helo"]);
    assert!(ran.code == Some(2) && ran.stderr.starts_with("error[unknown-package]"), "{}", ran.stderr);
}

#[test]
fn verbose_shows_the_commands() {
    let sandbox = Sandbox::hello("");
    let quiet = sandbox.run(&["package"]).success();
    assert!(!quiet.stderr.contains("Running"), "{}", quiet.stderr);
    let ran = sandbox.run(&["package", "-v"]).success();
    assert!(ran.stderr.contains("     Running `") && ran.stderr.contains("cargo build "), "{}", ran.stderr);
    is_plain(&ran);
}

#[test]
fn colours_when_they_are_asked_for() {
    let sandbox = Sandbox::hello("");
    let ran = sandbox.run(&["package", "--color", "always"]).success();
    assert!(ran.stderr.contains("\x1b["), "{}", ran.stderr);
    assert!(!ran.stdout.contains('\x1b'));
    assert!(!ran.stderr.contains('\r'), "no progress: {:?}", ran.stderr);
    is_plain(&sandbox.run(&["package", "--color", "never"]).success());
}

#[test]
fn json_is_one_object_a_line() {
    let sandbox = Sandbox::hello("");
    let ran = sandbox.run(&["package", "--message-format", "json"]).success();
    let events = lines(&ran.stdout);
    let artifacts: Vec<_> = events.iter().filter(|e| e["reason"] == "artifact").collect();
    assert_eq!(artifacts.len(), 2, "{}", ran.stdout);
    for artifact in artifacts {
        let path = artifact["path"].as_str().unwrap();
        assert_eq!(fs::metadata(path).unwrap().len(), artifact["size"].as_u64().unwrap());
    }
    assert!(events.iter().any(|e| e["reason"] == "finding" && e["id"] == "WS210"), "{}", ran.stdout);
    // Cargo's lines, and nothing of ours.
    assert!(!ran.stderr.contains("Stamping"), "{}", ran.stderr);

    let plan = lines(&sandbox.run(&["plan", "--message-format", "json"]).success().stdout);
    assert!(plan.iter().any(|e| e["value"]["targets"].is_array()), "{plan:?}");
    let verdict = lines(
        &sandbox.run(&["verify", sandbox.output().to_str().unwrap(), "--message-format", "json"]).success().stdout,
    );
    assert!(!verdict.is_empty());

    let ran = sandbox.run(&["package", "--message-format", "json", "-p", "helo", "--target", "x"]);
    assert_eq!(ran.code, Some(2));
    let errors = lines(&ran.stdout);
    assert_eq!((&errors[0]["reason"], &errors[0]["exit"]), (&"error".into(), &2.into()));
    assert!(
        errors[0]["message"].as_str().unwrap().contains("helo") && errors[0]["fixes"][0] == "-p hello",
        "{errors:?}"
    );
    assert_eq!(ran.stderr, "");
}

#[test]
fn an_archive_that_was_changed_is_refused() {
    let sandbox = Sandbox::hello("");
    let zip = sandbox.run(&["package"]).success().paths()[0].clone();
    let mut bytes = fs::read(&zip).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&zip, bytes).unwrap();
    let before = sandbox.photo();
    let ran = sandbox.run(&["verify", zip.to_str().unwrap()]);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(ran.stderr.contains("error[WS") && ran.stderr.contains("fix: "), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    let ran = sandbox.run(&["verify", "no-such.zip"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("no-such.zip"), "{:?} {}", ran.code, ran.stderr);
    assert_eq!(crate::support::difference(&before, &sandbox.photo()), Vec::<String>::new());
}

#[test]
fn help_and_version() {
    let sandbox = Sandbox::new(&[]);
    let help = sandbox.run(&["--help"]).success();
    assert!(help.stdout.contains("Usage: cargo winsvc") && help.stdout.contains("130 interrupted"), "{}", help.stdout);
    let version = sandbox.run(&["--version"]).success();
    assert!(version.stdout.contains(env!("CARGO_PKG_VERSION")));
}
