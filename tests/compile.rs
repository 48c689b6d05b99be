//! Cargo's manners, with the real cargo and mingw.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod compile_support;

use cargo_winsvc::error::{Exit, Problem, exit_of};
use cargo_winsvc::event::Event;
use compile_support::{Job, contains, crate_at, write};
use std::path::Path;

/// Says in its bytes which `--cfg` it was built with.
const CFG_MAIN: &str = r#"#![allow(unexpected_cfgs)]
fn main() {
    println!("{}{}{}", if cfg!(from_env) { "has-from-env" } else { "no-from-env" },
        if cfg!(from_file) { "has-from-file" } else { "no-from-file" }, if cfg!(from_cfg) { "has-from-cfg" } else { "no-from-cfg" });
}
"#;

/// A PE image with a DWARF section, which a stripped one has not.
fn has_dwarf(exe: &[u8]) -> bool {
    let image = cargo_winsvc::pe::Image::parse(exe).unwrap();
    image.section_names().any(|n| n == ".debug_info")
}

#[test]
fn several_bins_of_several_packages_come_from_one_invocation() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("ünï cödé ws");
    let main = |text: &str| format!("fn main() {{ println!(\"{text}\"); }}");
    write(
        &root,
        &[
            ("Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"2\"\n"),
            ("one/Cargo.toml", "[package]\nname = \"one\"\nversion = \"1.2.3\"\nedition = \"2021\"\n"),
            ("one/src/main.rs", &main("this is one")),
            ("one/src/bin/extra.rs", &main("this is extra")),
            ("one/src/bin/unwanted.rs", "compile_error!(\"not asked for\");"),
            ("two/Cargo.toml", "[package]\nname = \"two\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            ("two/src/main.rs", &main("this is two")),
            // An example of the same name is not the binary.
            ("two/examples/two.rs", &main("this is an example")),
        ],
    );
    let mut job = Job::new(&root, &[("one", "one"), ("one", "extra"), ("two", "two")]);
    let plan = job.plan().unwrap();
    assert_eq!(plan.args.iter().filter(|a| *a == "--package").count(), 2);
    assert_eq!(plan.args.iter().filter(|a| *a == "--bin").count(), 3);
    let built = job.run().unwrap();
    let names: Vec<_> = built.exes.iter().map(|e| e.path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["extra.exe", "one.exe", "two.exe"]);
    for (exe, text) in built.exes.iter().zip(["this is extra", "this is one", "this is two"]) {
        assert!(contains(&std::fs::read(&exe.path).unwrap(), text), "{text}");
    }
    // The copies are no hard links into cargo's cache.
    use std::os::unix::fs::MetadataExt;
    assert!(built.exes.iter().all(|e| e.path.metadata().unwrap().nlink() == 1));
    // Fresh artifacts count, with examples built as well.
    job.args.cargo_args = vec!["--examples".to_owned()];
    let again = job.run().unwrap();
    assert!(contains(&std::fs::read(&again.exes[2].path).unwrap(), "this is two"));
}

#[test]
fn two_binaries_of_one_name_are_refused_before_cargo_runs() {
    let dir = tempfile::tempdir().unwrap();
    let package = |name: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n[[bin]]\nname = \"same\"\npath = \"main.rs\"\n")
    };
    write(
        dir.path(),
        &[
            ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"2\"\n"),
            ("a/Cargo.toml", &package("a")),
            ("a/main.rs", "fn main() {}"),
            ("b/Cargo.toml", &package("b")),
            ("b/main.rs", "fn main() {}"),
        ],
    );
    let error = Job::new(dir.path(), &[("a", "same"), ("b", "same")]).plan().unwrap_err();
    assert_eq!(exit_of(&error), Exit::Usage);
    assert!(error.to_string().contains("packages `a` and `b` both have a binary `same`"), "{error}");
    assert!(Job::new(dir.path(), &[("a", "same")]).plan().is_ok());
    assert!(!dir.path().join("target").exists());
}

#[test]
fn the_users_flags_and_linker_survive() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("with blank");
    crate_at(&dir, "cfgs", CFG_MAIN);
    let said = |job: &Job| {
        let exe = job.exe();
        let has = |what: &str| match (
            contains(&exe, &format!("has-from-{what}")),
            contains(&exe, &format!("no-from-{what}")),
        ) {
            (true, false) => 'y',
            (false, true) => 'n',
            other => panic!("{what} {other:?}"),
        };
        [has("env"), has("file"), has("cfg")].iter().collect::<String>()
    };
    assert_eq!(said(&Job::new(&dir, &[("cfgs", "cfgs")])), "nnn");
    let linker = dir.join("my linker.sh");
    let log = dir.join("linked");
    write(
        &dir,
        &[
            (
                ".cargo/config.toml",
                "[target.x86_64-pc-windows-gnu]\nrustflags = [\"--cfg\", \"from_file\"]\nlinker = \"./my linker.sh\"\n\
              [target.'cfg(windows)']\nrustflags = \"--cfg from_cfg\"\n[build]\nrustflags = [\"--cfg\", \"silenced\"]\n",
            ),
            (
                "my linker.sh",
                &format!("#!/bin/sh\necho run >> '{}'\nexec x86_64-w64-mingw32-gcc \"$@\"\n", log.display()),
            ),
        ],
    );
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&linker, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(said(&Job::new(&dir, &[("cfgs", "cfgs")])), "nyy");
    assert!(log.exists(), "the configured linker has linked");
    assert_eq!(said(&Job::new(&dir, &[("cfgs", "cfgs")]).env("RUSTFLAGS", "--cfg from_env")), "ynn");
    let encoded = Job::new(&dir, &[("cfgs", "cfgs")])
        .env("CARGO_ENCODED_RUSTFLAGS", "--cfg\u{1f}from_env")
        .env("RUSTFLAGS", "--cfg from_file");
    assert_eq!(said(&encoded), "ynn");
    let mut cli = Job::new(&dir, &[("cfgs", "cfgs")]);
    cli.args.config = vec!["target.x86_64-pc-windows-gnu.rustflags=['--cfg', 'from_env']".to_owned()];
    assert_eq!(said(&cli), "yyy");
}

#[test]
fn folders_targets_and_profiles_are_cargos() {
    let dir = tempfile::tempdir().unwrap();
    crate_at(
        dir.path(),
        "manners",
        "fn main() { println!(\"debug assertions {}\", if cfg!(debug_assertions) { \"are-on\" } else { \"are-off\" }); }",
    );
    let manifest = dir.path().join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let profile = "[profile.release]\nstrip = true\n[profile.ship-it]\ninherits = \"release\"\ndebug-assertions = true\nstrip = \"symbols\"\n";
    std::fs::write(&manifest, format!("{text}{profile}")).unwrap();
    let elsewhere = dir.path().join("else where");
    let mut job = Job::new(dir.path(), &[("manners", "manners")])
        .env("CARGO_TARGET_DIR", &elsewhere.display().to_string())
        .env("CARGO_BUILD_TARGET", "x86_64-unknown-linux-gnu")
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
    let exe = job.exe();
    assert!(contains(&exe, "are-off") && exe.starts_with(b"MZ"));
    assert!(has_dwarf(&exe), "debug-info wins over the profile's strip");
    assert!(elsewhere.join("x86_64-pc-windows-gnu/release/manners.exe").is_file());
    assert!(!dir.path().join("target").exists());
    job.profile = "ship-it".to_owned();
    let exe = job.exe();
    assert!(contains(&exe, "are-on") && has_dwarf(&exe));
    assert!(elsewhere.join("x86_64-pc-windows-gnu/ship-it/manners.exe").is_file());
    // debug-info = "profile" leaves both to cargo.
    job.debug_info = cargo_winsvc::config::DebugInfo::Profile;
    assert!(!has_dwarf(&job.exe()));
    job.args.target_dir = Some("third".into());
    job.profile = "dev".to_owned();
    assert!(has_dwarf(&job.exe()));
    assert!(dir.path().join("third/x86_64-pc-windows-gnu/debug/manners.exe").is_file());
}

#[test]
fn a_failing_build_ends_with_one_problem() {
    let dir = tempfile::tempdir().unwrap();
    crate_at(dir.path(), "broken", "fn main() { let x: u8 = \"text\"; }");
    let job = Job::new(dir.path(), &[("broken", "broken")]);
    let error = job.run().unwrap_err();
    assert_eq!(exit_of(&error), Exit::Build);
    let problem = error.downcast_ref::<Problem>().unwrap();
    assert_eq!(problem.what, "`cargo build` for x86_64-pc-windows-gnu ended with exit code 101");
    assert!(problem.fixes[0].contains(" build --message-format=json-render-diagnostics "), "{problem:?}");
    assert!(!dir.path().join("target/staged").exists());
    // A binary that needs a feature which nobody asked for.
    crate_at(dir.path(), "broken", "fn main() {}");
    let manifest = dir.path().join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let more =
        "[features]\nextra = []\n[[bin]]\nname = \"broken\"\npath = \"src/main.rs\"\nrequired-features = [\"extra\"]\n";
    std::fs::write(&manifest, format!("{text}{more}")).unwrap();
    let mut job = Job::new(dir.path(), &[("broken", "broken")]);
    assert_eq!(exit_of(&job.run().unwrap_err()), Exit::Build);
    job.args.features = vec!["extra".to_owned()];
    assert!(job.run().is_ok());
}

#[test]
fn sources_outside_the_workspace_are_hidden_too() {
    let dir = tempfile::tempdir().unwrap();
    let (main, lib) = (dir.path().join("main"), dir.path().join("secret-folder/lib one"));
    crate_at(&main, "app", "fn main() { libone::fail(std::env::args().count()); }");
    let manifest = main.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, format!("{text}[dependencies]\nlibone = {{ path = \"../secret-folder/lib one\" }}\n"))
        .unwrap();
    write(
        &lib,
        &[
            ("Cargo.toml", "[package]\nname = \"libone\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            ("src/lib.rs", "#[inline(never)]\npub fn fail(n: usize) { assert!(n > 9, \"at {}\", file!()); }"),
        ],
    );
    let job = Job::new(&main, &[("app", "app")]);
    let exe = job.exe();
    assert!(!contains(&exe, "secret-folder"), "the first run found the folder and built again");
    assert!(contains(&exe, "/deps/lib one/src/lib.rs"));
    assert!(job.sink.events().iter().any(|e| matches!(e, Event::Note { text } if text.contains("secret-folder"))));
    // The second run knows it from the start.
    let again = Job::new(&main, &[("app", "app")]);
    assert_eq!(again.exe(), exe);
    assert!(!again.sink.events().iter().any(|e| matches!(e, Event::Note { .. })));
    assert!(Path::new(&main).join("target").exists());
}
