//! Steps that are left out.

use crate::support::{Sandbox, path_of_only};
use crate::{HELLO, builds, json, logging_cargo, names, read};
use cargo_winsvc::pe::Image;

#[test]
fn no_build_takes_what_is_there() {
    let sandbox = Sandbox::hello("");
    let (cargo, log) = logging_cargo(&sandbox);
    let sandbox = sandbox.env("CARGO", cargo);
    let ran = sandbox.run(&["package", "--no-build"]);
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert!(ran.stderr.contains("error[no-executable]") && ran.stderr.contains("release/hello.exe"), "{}", ran.stderr);
    assert!(!sandbox.output().exists(), "nothing written");

    let built = sandbox.run(&["package"]).success();
    let before = std::fs::read(&built.paths()[0]).unwrap();
    // What is packaged is the program as it was.
    sandbox.write("src/main.rs", "fn main() { this does not compile }");
    let calls = builds(&log).len();
    let ran = sandbox.run(&["package", "--no-build"]).success();
    assert_eq!(builds(&log).len(), calls, "no cargo build");
    assert!(ran.stderr.contains("(--no-build)"), "{}", ran.stderr);
    let zip = &ran.paths()[0];
    assert_eq!(read(zip, "hello.exe"), {
        let old = sandbox.path("old.zip");
        std::fs::write(&old, before).unwrap();
        let renamed = sandbox.path(HELLO);
        std::fs::rename(old, &renamed).unwrap();
        read(&renamed, "hello.exe")
    });
    assert_eq!(json(zip, "winsvc-manifest.json")["flags"], serde_json::json!([]), "nothing is claimed of that build");
    let plan = sandbox.run(&["plan", "--no-build", "--json"]).success();
    let plan: serde_json::Value = serde_json::from_str(&plan.stdout).unwrap();
    let programs = plan["targets"][0]["run"].as_array().unwrap().iter().map(|run| run["argv"][0].to_string());
    assert!(programs.clone().count() == 2 && !programs.into_iter().any(|p| p.contains("cargo")), "{plan}");
}

#[test]
fn no_build_needs_no_compiler_and_names_none() {
    let sandbox = Sandbox::hello("");
    // What cfg(…) tables hold for would be rustc's to say.
    sandbox.write(".cargo/config.toml", "[target.'cfg(windows)']\nrustflags = [\"--cfg\", \"any\"]\n");
    sandbox.run(&["build"]).success();
    let path = path_of_only("path-to-pack", &["cargo", "x86_64-w64-mingw32-objcopy", "sh"]);
    let sandbox = sandbox.env("PATH", path).env("RUSTC", "/nowhere/rustc");
    let ran = sandbox.run(&["package", "--no-build"]).success();
    let manifest = json(&ran.paths()[0], "winsvc-manifest.json");
    let tools: Vec<&str> = manifest["tools"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(tools, ["x86_64-w64-mingw32-binutils"]);

    let sandbox = sandbox.env("PATH", path_of_only("path-to-nothing", &["cargo", "sh"]));
    let ran = sandbox.run(&["package", "--no-build"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let says = "error[missing-objcopy]: `x86_64-w64-mingw32-objcopy` not found; needed for x86_64-pc-windows-gnu";
    assert!(
        ran.stderr.contains(says) && ran.stderr.contains("install --no-install-recommends binutils-mingw-w64-x86-64")
    );
    for more in [&["-F", "x"][..], &["--all-features"], &["--no-default-features"], &["--", "--timings"]] {
        let ran = sandbox.run(&[&["package", "--no-build"], more].concat());
        assert!(ran.code == Some(2) && ran.stderr.contains("--no-build"), "{more:?}: {}", ran.stderr);
    }
}

#[test]
fn a_path_that_an_earlier_build_left_is_warned_of() {
    let sandbox = Sandbox::hello("");
    let main = "fn main() { println!(env!(\"CARGO_MANIFEST_DIR\")) }";
    sandbox.write("src/main.rs", main);
    sandbox.run(&["build"]).success();
    let folder = sandbox.project().display().to_string();
    let ran = sandbox.run(&["package", "--no-build"]).success();
    assert!(ran.stderr.contains("warning[WS212]") && ran.stderr.contains(&folder), "{}", ran.stderr);
}

#[test]
fn steps_are_left_out_by_name() {
    let sandbox = Sandbox::hello("");
    let ran = sandbox.run(&["package", "--skip", "resource,symbols,verify"]).success();
    let [zip] = &ran.paths()[..] else { panic!("{:?}", ran.paths()) };
    assert!(!ran.stderr.contains("Verified") && ran.stderr.contains("(--skip verify)"), "{}", ran.stderr);
    assert!(names(zip).contains(&"hello.exe".to_owned()));
    let exe = read(zip, "hello.exe");
    assert!(Image::parse(&exe).unwrap().version_info().is_none());
    // What was not verified does not count as verified later.
    let ran = sandbox.run(&["package", "--skip", "resource,symbols"]).success();
    assert!(ran.stderr.contains("    Verified "), "{}", ran.stderr);
    let plan = sandbox.run(&["plan", "--skip", "symbols"]).success();
    assert!(!plan.stdout.contains("-symbols.zip"), "{}", plan.stdout);
    assert!(plan.stdout.lines().any(|l| l.contains("symbols") && l.contains("--skip")), "{}", plan.stdout);
    for (args, said) in [
        (["package", "--skip", "everything"], "everything"),
        (["build", "--skip", "verify"], "`build` can leave out resource and symbols"),
    ] {
        let ran = sandbox.run(&args);
        assert!(ran.code == Some(2) && ran.stderr.contains(said), "{}", ran.stderr);
    }
}
