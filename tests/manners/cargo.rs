//! Flags, variables and folders.

use crate::support::{MAIN, Sandbox, hello_toml};
use crate::{HELLO, builds, contains, json, logging_cargo, read, telling};
use std::fs;

#[test]
fn the_variable_names_the_cargo() {
    let sandbox = Sandbox::hello("");
    let (cargo, log) = logging_cargo(&sandbox);
    let sandbox = sandbox.env("CARGO", cargo);
    sandbox.run(&["package", "-v"]).success();
    let calls = fs::read_to_string(&log).unwrap();
    assert!(calls.starts_with("metadata "), "{calls}");
    let [build] = &builds(&log)[..] else { panic!("{calls}") };
    assert!(build.contains("--bin hello") && build.contains("--profile release"), "{build}");
}

#[test]
fn target_folders() {
    let at = |sandbox: &Sandbox, folder: &str| sandbox.path(folder).join("winsvc").join(HELLO).is_file();
    let sandbox = Sandbox::hello("").env("CARGO_TARGET_DIR", "../by-variable");
    let ran = sandbox.run(&["package"]).success();
    assert!(at(&sandbox, "by-variable"), "{}", ran.stdout);
    let ran = [
        ran,
        sandbox.run(&["generate", "scripts"]).success(),
        sandbox.run(&["package", "--no-build", "--profile", "dev"]),
    ];
    assert!(ran.iter().all(|ran| !ran.stdout.contains("/../") && !ran.stderr.contains("/../")), "{ran:?}");
    sandbox.run(&["package", "--target-dir", "../by-flag"]).success();
    assert!(at(&sandbox, "by-flag") && sandbox.path("by-flag/x86_64-pc-windows-gnu/release").is_dir());
    assert!(!sandbox.project().join("target").exists());

    let sandbox = Sandbox::hello("");
    sandbox.write(".cargo/config.toml", "[build]\ntarget-dir = \"by-file\"\n");
    sandbox.run(&["package"]).success();
    assert!(at(&sandbox, "project/by-file"));
    assert!(!sandbox.project().join("target").exists());
}

#[test]
fn the_output_folder() {
    let sandbox = Sandbox::hello("");
    for flag in ["-o", "--output"] {
        let ran = sandbox.run(&["package", flag, "../out put/é"]).success();
        assert!(sandbox.path("out put/é").join(HELLO).is_file(), "{}", ran.stdout);
        fs::remove_dir_all(sandbox.path("out put")).unwrap();
    }
    assert!(!sandbox.output().exists(), "nothing of ours in the target folder");
}

#[test]
fn a_sub_directory_and_a_manifest_path() {
    let sandbox = Sandbox::hello("");
    fs::create_dir_all(sandbox.project().join("src/deep")).unwrap();
    let below = |args: &[&str]| {
        let mut command = sandbox.command(args);
        crate::support::finish(command.current_dir(sandbox.project().join("src/deep"))).success()
    };
    let ran = below(&["package", "-o", "out"]);
    assert_eq!(ran.paths()[0], sandbox.project().join("src/deep/out").join(HELLO), "relative to where one stands");
    below(&["package"]);
    assert!(sandbox.output().join(HELLO).is_file(), "in the workspace's target folder");

    let mut elsewhere = sandbox.command(&["package", "--manifest-path", "project/Cargo.toml", "-o", "out"]);
    let ran = crate::support::finish(elsewhere.current_dir(sandbox.path(""))).success();
    assert_eq!(ran.paths()[0], sandbox.path("out").join(HELLO));
}

#[test]
fn spaces_and_letters_in_paths() {
    let sandbox = Sandbox::named("mein Prüjekt ✓ 名", &[("Cargo.toml", &hello_toml("")), ("src/main.rs", MAIN)]);
    sandbox.write("build.rs", "fn main() { println!(\"cargo:rustc-cfg=built\"); }\n");
    sandbox.write("a file.txt", "text");
    sandbox.write("Cargo.toml", hello_toml("[package.metadata.winsvc]\nassets = [\"a file.txt\"]\n"));
    let ran = sandbox.run(&["package"]).success();
    let zip = sandbox.output().join(HELLO);
    assert_eq!(ran.paths()[0], zip);
    assert_eq!(read(&zip, "a file.txt"), b"text");
    sandbox.run(&["verify", sandbox.output().to_str().unwrap()]).success();
}

#[test]
fn targets() {
    // The variable is meant for this run; a file's other systems are not ours.
    let sandbox = Sandbox::hello("");
    sandbox.write(".cargo/config.toml", "[build]\ntarget = \"x86_64-unknown-linux-gnu\"\n");
    let target = |sandbox: &Sandbox, args: &[&str]| {
        let plan = sandbox.run(&[&["plan", "--json"], args].concat()).success();
        let plan: serde_json::Value = serde_json::from_str(&plan.stdout).unwrap();
        let targets = plan["targets"].as_array().unwrap().iter().map(|t| t["target"].as_str().unwrap().to_owned());
        let origin = plan["values"].as_array().unwrap().iter().find(|v| v["key"] == "targets").unwrap();
        (targets.collect::<Vec<_>>(), origin["origin"].as_str().unwrap().to_owned())
    };
    let gnu = vec!["x86_64-pc-windows-gnu".to_owned()];
    assert_eq!(target(&sandbox, &[]), (gnu.clone(), "default".to_owned()));
    sandbox
        .write(".cargo/config.toml", "[build]\ntarget = [\"x86_64-unknown-linux-gnu\", \"x86_64-pc-windows-gnu\"]\n");
    let (targets, origin) = target(&sandbox, &[]);
    assert_eq!(targets, gnu);
    assert!(origin.contains(".cargo/config.toml"), "{origin}");
    let (targets, origin) = target(&sandbox, &["--target", "x86_64-pc-windows-gnu"]);
    assert_eq!((targets, origin.contains("--target")), (gnu.clone(), true), "{origin}");
    let sandbox = sandbox.env("CARGO_BUILD_TARGET", "x86_64-pc-windows-gnu");
    let (targets, origin) = target(&sandbox, &[]);
    assert_eq!((targets, origin.contains("CARGO_BUILD_TARGET")), (gnu, true), "{origin}");
    sandbox.run(&["package"]).success();
    assert!(sandbox.output().join(HELLO).is_file());
}

#[test]
fn profiles() {
    let sandbox =
        Sandbox::hello("[profile.dist]\ninherits = \"release\"\n\n[package.metadata.winsvc]\nprofile = \"dist\"\n");
    let (cargo, log) = logging_cargo(&sandbox);
    let sandbox = sandbox.env("CARGO", cargo);
    for (args, profile, folder) in [
        (&["package"][..], "dist", "dist"),
        (&["package", "-r"], "release", "release"),
        (&["package", "--profile", "dev"], "dev", "debug"),
    ] {
        let _ = fs::remove_file(&log);
        sandbox.run(args).success();
        let [build] = &builds(&log)[..] else { panic!("one call") };
        assert!(build.contains(&format!("--profile {profile}")), "{build}");
        let exe = sandbox.project().join("target/x86_64-pc-windows-gnu").join(folder).join("hello.exe");
        assert!(exe.is_file(), "{}", exe.display());
        assert_eq!(json(&sandbox.output().join(HELLO), "winsvc-manifest.json")["profile"], profile);
    }
}

#[test]
fn features_and_rustflags() {
    let sandbox = Sandbox::hello("[features]\ndefault = [\"usual\"]\nusual = []\nspecial = []\n");
    let texts = ["built-usual", "built-special", "by-variable", "by-file"];
    let main = telling(&[
        ("feature = \"usual\"", texts[0]),
        ("feature = \"special\"", texts[1]),
        ("variable", texts[2]),
        ("file", texts[3]),
    ]);
    sandbox.write("src/main.rs", main);
    sandbox.write(".cargo/config.toml", "[build]\nrustflags = [\"--cfg\", \"file\"]\n");
    let holds = |sandbox: &Sandbox, args: &[&str]| {
        let ran = sandbox.run(&[&["build", "--profile", "dev"], args].concat()).success();
        let exe = fs::read(&ran.paths()[0]).unwrap();
        texts.map(|text| contains(&exe, text))
    };
    assert_eq!(holds(&sandbox, &[]), [true, false, false, true]);
    assert_eq!(holds(&sandbox, &["-F", "special"]), [true, true, false, true]);
    assert_eq!(holds(&sandbox, &["--no-default-features", "--features", "special"]), [false, true, false, true]);
    assert_eq!(holds(&sandbox, &["--all-features"]), [true, true, false, true]);
    // As in cargo, the variable hides the file.
    let sandbox = sandbox.env("RUSTFLAGS", "--cfg variable");
    assert_eq!(holds(&sandbox, &[]), [true, false, true, false]);
}

#[test]
fn an_example_of_the_same_name_is_not_taken() {
    let sandbox = Sandbox::hello("");
    sandbox.write("src/main.rs", telling(&[("all()", "the real one")]));
    sandbox.write("examples/hello.rs", telling(&[("all()", "only an example")]));
    sandbox.run(&["package", "--", "--examples"]).success();
    assert!(sandbox.project().join("target/x86_64-pc-windows-gnu/release/examples/hello.exe").is_file());
    let exe = read(&sandbox.output().join(HELLO), "hello.exe");
    assert!(contains(&exe, "the real one") && !contains(&exe, "only an example"));
}

#[test]
fn locked_and_offline_reach_cargo() {
    let sandbox = Sandbox::hello("");
    sandbox.write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"hello\"\nversion = \"1.2.3\"\n");
    let (cargo, log) = logging_cargo(&sandbox);
    let sandbox = sandbox.env("CARGO", cargo);
    sandbox.run(&["package", "--locked", "--offline", "-j", "1", "--config", "profile.release.opt-level=1"]).success();
    let [build] = &builds(&log)[..] else { panic!("one call") };
    for flag in ["--locked", "--offline", "1", "profile.release.opt-level=1"] {
        assert!(build.split(' ').any(|word| word == flag), "{flag}: {build}");
    }
}

#[test]
fn a_build_folder_elsewhere_stays_out_of_the_result() {
    let sandbox = Sandbox::hello("");
    let dir = sandbox.path("elsewhere");
    let sandbox = sandbox.env("CARGO_BUILD_BUILD_DIR", &dir);
    sandbox.write(
        "build.rs",
        "fn main() { let out = std::env::var(\"OUT_DIR\").unwrap(); std::fs::write(out + \"/made.rs\", \
         \"pub fn made(n: usize) { assert!(n < 7) }\").unwrap(); }\n",
    );
    sandbox.write(
        "src/main.rs",
        "include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));\nfn main() { made(std::env::args().count()) }\n",
    );
    let ran = sandbox.run(&["package"]).success();
    assert!(dir.join("x86_64-pc-windows-gnu").is_dir(), "cargo builds there");
    let exe = read(&sandbox.output().join(HELLO), "hello.exe");
    assert!(!contains(&exe, dir.to_str().unwrap()), "{}", ran.stderr);
    // Generated code has its constant name, which is not taken for a path of a machine.
    assert!(contains(&exe, "/target/x86_64-pc-windows-gnu/release/build/hello-"));
    assert!(!ran.stderr.contains("WS212"), "{}", ran.stderr);
}

#[test]
fn globs_leave_the_target_folder_and_the_results_out() {
    let sandbox = Sandbox::hello(
        "[package.metadata.winsvc]\nassets = [\"**/*.json\", \"**/*.txt\", \"**/*.sha256\", \"*.md\"]\n",
    );
    sandbox.write("a.json", "{}");
    sandbox.write("a.md", "");
    sandbox.write("b/a.txt", "");
    sandbox.write("b/a.sha256", "");
    for args in [&["package"][..], &["package", "--output", "b/out"], &["package", "--output", "b/out"]] {
        let zip = &sandbox.run(args).success().paths()[0];
        let names = crate::names(zip);
        let assets = names.iter().filter(|n| n.contains(".json") || n.contains("b/")).collect::<Vec<_>>();
        assert_eq!(assets, ["a.json", "b/a.sha256", "b/a.txt", "service.json", "winsvc-manifest.json"], "{names:?}");
    }
}
