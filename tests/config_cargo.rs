//! Configuration as cargo itself hands it over: a real workspace in a folder with spaces and letters of other scripts.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

use cargo_winsvc::cli::BuildArgs;
use cargo_winsvc::config::{self, Config};
use cargo_winsvc::error::Problems;
use cargo_winsvc::host::RealHost;
use cargo_winsvc::workspace::{self, Workspace};
use cargo_winsvc::{error, inputs};
use std::path::{Path, PathBuf};

struct Project {
    _tmp: tempfile::TempDir,
    root: PathBuf,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let tmp = tempfile::tempdir().unwrap();
        let root = tmp.path().canonicalize().unwrap().join("a b é 日本");
        for (path, text) in files {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Project { _tmp: tmp, root }
    }

    fn load(&self, args: &BuildArgs) -> (BuildArgs, Workspace) {
        let mut args = args.clone();
        args.offline = true;
        args.manifest_path.get_or_insert_with(|| self.root.join("Cargo.toml"));
        let workspace = workspace::load(&RealHost::new().unwrap(), &args).unwrap();
        (args, workspace)
    }

    fn resolve(&self, args: &BuildArgs) -> Result<Config, Problems> {
        let (args, workspace) = self.load(args);
        config::resolve(&args, &workspace)
    }
}

const ROOT: &str = r#"
[workspace]
members = ["agent", "tools"]
resolver = "2"
[workspace.package]
version = "2.4.0"
description = "From the workspace"
[workspace.metadata.winsvc]
resource.company-name = "Acme"
"#;

const AGENT: &str = r#"
[package]
name = "agent"
edition = "2021"
version.workspace = true
description.workspace = true
license-file = "../LICENSE"

[package.metadata.winsvc]
assets = ["$auto", "conf/*.toml"]

[package.metadata.winsvc.services.Zeta]
[package.metadata.winsvc.services.Alpha]
package = "tools"
"#;

const TOOLS: &str = "[package]\nname = \"tools\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

fn project(agent: &str) -> Project {
    Project::new(&[
        ("Cargo.toml", ROOT),
        ("LICENSE", "MIT"),
        ("agent/Cargo.toml", agent),
        ("agent/src/main.rs", "fn main() {}"),
        ("agent/conf/a.toml", ""),
        ("tools/Cargo.toml", TOOLS),
        ("tools/src/main.rs", "fn main() {}"),
    ])
}

fn of_package(name: &str) -> BuildArgs {
    BuildArgs { packages: vec![name.into()], ..BuildArgs::default() }
}

#[test]
fn cargo_s_own_inheritance_and_ours() {
    let project = project(AGENT);
    let config = project.resolve(&of_package("agent")).unwrap();
    let bundle = &config.units[0].bundles[0];
    assert_eq!(bundle.archive_name, "agent-2.4.0-x86_64-pc-windows-gnu");
    assert_eq!(bundle.about.description, "From the workspace");
    let names: Vec<&str> = bundle.services.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["Zeta", "Alpha"], "as written, not sorted");
    let strings = &bundle.resource.as_ref().unwrap().strings;
    assert!(strings.contains(&("CompanyName".into(), "Acme".into())), "{strings:?}");

    let inputs = inputs::read(bundle, &[]).unwrap();
    let dests: Vec<&str> = inputs.assets.iter().map(|a| a.dest.as_str()).collect();
    assert_eq!(dests, ["LICENSE", "a.toml"], "the licence file is in the workspace's root");
}

#[test]
fn standing_in_a_package_chooses_it() {
    let project = project(AGENT);
    let several = project.resolve(&BuildArgs::default()).unwrap();
    assert_eq!(several.units[0].bundles[0].package, "agent", "the only one with a configuration");
    let tools = BuildArgs { manifest_path: Some(project.root.join("tools/Cargo.toml")), ..BuildArgs::default() };
    assert_eq!(project.resolve(&tools).unwrap().units[0].bundles[0].package, "tools");
}

#[test]
fn problems_of_config_and_inputs_have_lines() {
    let project =
        project(&AGENT.replace("conf/*.toml", "conf/*.tom").replace("package = \"tools\"", "pakage = \"tools\""));
    let place = |problem: &error::Problem| {
        let place = problem.place.as_ref().unwrap();
        let file = Path::new(&place.file);
        assert!(file.ends_with("agent/Cargo.toml"), "{place}");
        (place.line.unwrap(), place.column.unwrap(), place.key.clone().unwrap())
    };
    let problems = project.resolve(&of_package("agent")).unwrap_err().0;
    assert_eq!(problems.iter().map(place).collect::<Vec<_>>(), [(14, 1, "services.Alpha.pakage".to_owned())]);

    let (args, workspace) = project.load(&of_package("agent"));
    // The key is mended in what cargo said; the file's lines stay.
    let mut workspace = workspace;
    for member in &mut workspace.members {
        if let Some(service) = member.metadata.as_mut().and_then(|m| m.pointer_mut("/services/Alpha")) {
            *service = serde_json::json!({ "package": "tools" });
        }
    }
    let config = config::resolve(&args, &workspace).unwrap();
    let mut problems = inputs::read(&config.units[0].bundles[0], &[]).unwrap_err();
    config::locate_problems(&mut problems, "agent", &config.origins, &workspace);
    assert_eq!(problems.iter().map(place).collect::<Vec<_>>(), [(10, 20, "assets[1]".to_owned())]);
}
