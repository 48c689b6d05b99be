//! A result that is there already is not made again, and one that is not there, or not of the same, is.

use crate::support::{Sandbox, difference, hello_toml};
use crate::{HELLO, read};
use std::fs;

const MORE: &str = "[package.metadata.winsvc]\nservices = false\nassets = [\"notes.txt\"]\n";

fn project() -> Sandbox {
    let sandbox = Sandbox::hello(MORE);
    sandbox.write("notes.txt", "one");
    sandbox
}

/// Packages, and tells whether anything was packed.
fn packs(sandbox: &Sandbox) -> bool {
    let ran = sandbox.run(&["package"]).success();
    assert_eq!(ran.paths().len(), 2, "the results are named in any case");
    assert!(ran.paths().iter().all(|path| path.is_file()));
    let (fresh, stamped) = (ran.stderr.contains("       Fresh hello 1.2.3"), ran.stderr.contains("    Stamping"));
    assert!(fresh != stamped, "{}", ran.stderr);
    stamped
}

#[test]
fn only_what_changed_is_made_again() {
    let sandbox = project();
    assert!(packs(&sandbox));
    let before = sandbox.photo();
    assert!(!packs(&sandbox), "nothing changed");
    assert_eq!(difference(&before, &sandbox.photo()), Vec::<String>::new());

    sandbox.write("notes.txt", "two");
    assert!(packs(&sandbox), "an asset changed");
    assert_eq!(read(&sandbox.output().join(HELLO), "notes.txt"), b"two");
    assert!(!packs(&sandbox));

    sandbox.write("src/main.rs", "fn main() { println!(\"another\"); }");
    assert!(packs(&sandbox), "the program changed");
    assert!(!packs(&sandbox));

    // Touched, and built again by cargo to the same bytes.
    sandbox.write("src/main.rs", "fn main() { println!(\"another\"); }");
    assert!(!packs(&sandbox));

    sandbox.write("Cargo.toml", hello_toml(&format!("{MORE}resource.copyright = \"me\"\n")));
    assert!(packs(&sandbox), "the configuration changed");
    assert!(!packs(&sandbox));
}

#[test]
fn packages_that_take_turns_stay_fresh() {
    let member = |name: &str| hello_toml("[package.metadata.winsvc]\nservices = false\n").replace("hello", name);
    let sandbox = Sandbox::new(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"alpha\", \"beta\"]\nresolver = \"2\"\n"),
        ("alpha/Cargo.toml", &member("alpha")),
        ("alpha/src/main.rs", crate::support::MAIN),
        ("beta/Cargo.toml", &member("beta")),
        ("beta/src/main.rs", crate::support::MAIN),
    ]);
    let fresh = |args: &[&str]| {
        let ran = sandbox.run(&[&["package", "--profile", "dev"], args].concat()).success();
        ran.stderr.contains("       Fresh")
    };
    assert_eq!(["alpha", "beta", "alpha", "beta"].map(|name| fresh(&["-p", name])), [false, false, true, true]);
    // The same value, said in another way.
    assert!(fresh(&["-p", "alpha", "--target", "x86_64-pc-windows-gnu"]));
}

#[test]
fn what_is_gone_or_damaged_is_made_again() {
    let sandbox = project();
    assert!(packs(&sandbox));
    let files = fs::read_dir(sandbox.output()).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    assert_eq!(files.len(), 6, "two archives, their checksums, two lists");
    for file in files.iter().filter(|path| !path.ends_with("winsvc-manifest.json")) {
        let good = fs::read(file).unwrap();
        fs::remove_file(file).unwrap();
        assert!(packs(&sandbox), "{} is gone", file.display());
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 1;
        fs::write(file, &bad).unwrap();
        assert!(packs(&sandbox), "{} is damaged", file.display());
        assert_eq!(fs::read(file).unwrap(), good);
    }
    fs::remove_file(sandbox.output().join("winsvc-manifest.json")).unwrap();
    fs::remove_file(sandbox.output().join("SHA256SUMS")).unwrap();
    assert!(packs(&sandbox), "the lists are gone");
    assert!(!packs(&sandbox));
}

#[test]
fn what_was_said_is_said_again() {
    let sandbox = Sandbox::hello("");
    let first = sandbox.run(&["package"]).success();
    assert!(first.stderr.contains("warning[WS210]"), "{}", first.stderr);
    let second = sandbox.run(&["package"]).success();
    assert!(second.stderr.contains("       Fresh"), "{}", second.stderr);
    assert!(second.stderr.contains("warning[WS210]"), "{}", second.stderr);
    // What may pass is part of what was asked.
    let third = sandbox.run(&["package", "--allow", "WS210"]).success();
    assert!(!third.stderr.contains("WS210"), "{}", third.stderr);
    let json = sandbox.run(&["package", "--message-format", "json"]).success();
    let artifacts = json.stdout.lines().filter(|line| line.contains("\"reason\":\"artifact\"")).count();
    assert_eq!(artifacts, 2, "{}", json.stdout);
}
