//! Which layer wins, which targets are built, and where values came from.

use super::{one, problems, resolved};
use crate::cli::BuildArgs;
use crate::config::testing::{from_toml, package, table, workspace};
use crate::config::{
    BackendChoice, Compression, Config, DebugInfo, Origin, SymbolsMode, locate_origins, locate_problems,
};
use crate::error::{Place, Problem};
use crate::workspace::Workspace;

fn args(change: impl FnOnce(&mut BuildArgs)) -> BuildArgs {
    let mut args = BuildArgs::default();
    change(&mut args);
    args
}

/// A workspace whose root configures it.
fn with_root(root: &str, members: Vec<crate::workspace::Package>) -> Workspace {
    let mut ws = workspace(members);
    ws.manifest.text = root.into();
    ws.metadata = table(root).pointer("/workspace/metadata/winsvc").cloned();
    ws
}

const LAYERS: &str = r#"
[package]
name = "agent"
[package.metadata.winsvc]
compression = "best"
symbols = "none"
targets = ["x86_64-pc-windows-gnu", "i686-pc-windows-gnu"]
services.agent.args = ["package"]
[package.metadata.winsvc.target.i686-pc-windows-gnu]
debug-info = "full"
services.agent.args = ["target"]
services.agent.env.B = "target"
[package.metadata.winsvc.variants.pro]
id = "agent-pro"
profile = "dist"
services.agent.args = ["variant"]
services.agent.env.C = "variant"
[package.metadata.winsvc.variants.cut]
archive-name = "cut"
targets = ["x86_64-pc-windows-gnu"]
"#;

const ROOT: &str = r#"
[workspace]
[workspace.metadata.winsvc]
compression = "default"
symbols = "archive"
backend = "native"
services.agent.start = "demand"
services.agent.env = { A = "workspace", B = "workspace" }
[workspace.metadata.winsvc.target.i686-pc-windows-gnu]
crt-static = false
"#;

fn layered() -> Workspace {
    with_root(ROOT, vec![from_toml("agent", &["agent"], LAYERS)])
}

fn arg(config: &Config, unit: usize) -> &str {
    &config.units[unit].bundles[0].services[0].args[0]
}

fn env(config: &Config, unit: usize) -> String {
    let env = &config.units[unit].bundles[0].services[0].env;
    env.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn workspace_package_target_variant_flag() {
    let config = resolved(&BuildArgs::default(), &layered());
    let [x64, x86] = config.units.as_slice() else { panic!("two units") };
    assert_eq!((x64.target.triple(), x86.target.triple()), ("x86_64-pc-windows-gnu", "i686-pc-windows-gnu"));
    assert_eq!((x64.crt_static, x86.crt_static), (true, false));
    assert_eq!((x64.debug_info, x86.debug_info), (DebugInfo::Limited, DebugInfo::Full));
    assert_eq!((x64.backend, x86.backend), (BackendChoice::Native, BackendChoice::Native));
    assert_eq!((x64.bundles[0].compression, x64.bundles[0].symbols), (Compression::Best, SymbolsMode::None));
    assert_eq!((arg(&config, 0), arg(&config, 1)), ("package", "target"));
    assert_eq!(
        (env(&config, 0).as_str(), env(&config, 1).as_str()),
        ("A=workspace B=workspace", "A=workspace B=target")
    );

    let pro = resolved(&args(|a| a.variant = Some("pro".into())), &layered());
    assert_eq!((arg(&pro, 0), arg(&pro, 1)), ("variant", "variant"));
    assert_eq!(env(&pro, 1), "A=workspace B=target C=variant");
    assert_eq!((pro.profile.as_str(), pro.units[0].bundles[0].id.as_str()), ("dist", "agent-pro"));
    assert_eq!(pro.units[0].bundles[0].archive_name, "agent-pro-1.2.3-x86_64-pc-windows-gnu");
    assert_eq!(pro.units[0].bundles[0].install.dir, r"%ProgramFiles%\agent-pro");

    let cut = resolved(&args(|a| a.variant = Some("cut".into())), &layered());
    assert_eq!((cut.units.len(), cut.units[0].bundles[0].archive_name.as_str()), (1, "cut"));

    let flags = args(|a| {
        a.variant = Some("pro".into());
        a.profile = Some("dev".into());
        a.backend = Some("mingw".into());
        a.targets = vec!["aarch64-pc-windows-msvc".into(), "aarch64-pc-windows-msvc".into()];
    });
    let config = resolved(&flags, &layered());
    assert_eq!((config.profile.as_str(), config.units.len()), ("dev", 1));
    assert_eq!(config.units[0].backend, BackendChoice::Mingw);
    assert_eq!(config.units[0].target.triple(), "aarch64-pc-windows-msvc");
}

#[test]
fn origins_name_the_winning_layer_and_its_line() {
    let ws = layered();
    let flags = args(|a| a.backend = Some("mingw".into()));
    let mut config = resolved(&flags, &ws);
    assert!(config.origins.values().all(|o| !matches!(o, Origin::Manifest { line: Some(_), .. })), "lazy");
    locate_origins(&mut config.origins, &ws);
    for (key, origin) in [
        ("targets", "agent/Cargo.toml:7"),
        ("profile", "default"),
        ("agent/compression", "agent/Cargo.toml:5"),
        ("agent/backend", "--backend"),
        ("agent/debug-info", "default"),
        ("agent/target.i686-pc-windows-gnu.debug-info", "agent/Cargo.toml:10"),
        ("agent/target.i686-pc-windows-gnu.crt-static", "Cargo.toml:10"),
        ("agent/services.agent.start", "Cargo.toml:7"),
        ("agent/services.agent.args", "agent/Cargo.toml:8"),
        ("agent/target.i686-pc-windows-gnu.services.agent.args", "agent/Cargo.toml:11"),
        ("agent/services.agent.env.A", "Cargo.toml:8"),
        ("agent/services.agent.bin", "service name"),
    ] {
        assert_eq!(config.origins.get(key).map(ToString::to_string).as_deref(), Some(origin), "{key}");
    }
}

#[test]
fn later_stages_find_the_lines_of_keys() {
    let text = "[package.metadata.winsvc]\nresource.icon = \"a.ico\"\nassets = [\n \"a\",\n \"b\"]\n";
    let ws = one(text);
    let config = resolved(&BuildArgs::default(), &ws);
    let problem = |key: &str| {
        let place = Place { file: "Cargo.toml".into(), line: None, column: None, key: Some(key.into()) };
        Problem::usage("x", "x").at(place)
    };
    let mut problems = vec![problem("resource.icon"), problem("assets[1]"), problem("templates"), problem("nothing")];
    locate_problems(&mut problems, "agent", &config.origins, &ws);
    let places: Vec<String> = problems.iter().filter_map(|p| p.place.as_ref().map(ToString::to_string)).collect();
    assert_eq!(
        places,
        [
            "agent/Cargo.toml:2:10  resource.icon",
            "agent/Cargo.toml:5:2  assets[1]",
            "Cargo.toml  templates",
            "Cargo.toml  nothing"
        ]
    );
}

#[test]
fn targets_by_flag_environment_cargo_config_metadata_default() {
    let triples = |args: &BuildArgs, ws: &Workspace| -> (Vec<String>, String) {
        let config = resolved(args, ws);
        let origin = config.origins["targets"].to_string();
        (config.units.iter().map(|u| u.target.to_string()).collect(), origin)
    };
    let none = BuildArgs::default();
    let mut ws = one("");
    assert_eq!(triples(&none, &ws), (vec!["x86_64-pc-windows-gnu".into()], "default".into()));
    ws = one("[package.metadata.winsvc]\ntargets = [\"i686-pc-windows-gnu\"]");
    assert_eq!(triples(&none, &ws), (vec!["i686-pc-windows-gnu".into()], "agent/Cargo.toml".into()));

    let from_file = |list: &[&str]| {
        let origin = Origin::CargoConfig { key: "build.target".into() };
        Some((list.iter().map(|t| (*t).into()).collect::<Vec<String>>(), origin))
    };
    ws.build_targets = from_file(&["x86_64-unknown-linux-gnu", "i686-pc-windows-msvc"]);
    assert_eq!(triples(&none, &ws), (vec!["i686-pc-windows-msvc".into()], "cargo config build.target".into()));
    ws.build_targets = from_file(&["x86_64-unknown-linux-gnu"]);
    assert_eq!(triples(&none, &ws).0, ["i686-pc-windows-gnu"], "other systems in a file are none of ours");

    let variable = Origin::Environment { variable: "CARGO_BUILD_TARGET".into() };
    ws.build_targets = Some((vec!["x86_64-pc-windows-msvc".into()], variable.clone()));
    assert_eq!(triples(&none, &ws), (vec!["x86_64-pc-windows-msvc".into()], "CARGO_BUILD_TARGET".into()));
    let flag = args(|a| a.targets = vec!["aarch64-pc-windows-msvc".into()]);
    assert_eq!(triples(&flag, &ws), (vec!["aarch64-pc-windows-msvc".into()], "--target".into()));

    ws.build_targets = Some((vec!["x86_64-unknown-linux-musl".into()], variable));
    assert_eq!(
        problems(&none, &ws),
        [
            "unknown-target: `x86_64-unknown-linux-musl` (`CARGO_BUILD_TARGET=x86_64-unknown-linux-musl`) is not a Windows target | CARGO_BUILD_TARGET=x86_64-pc-windows-gnu"
        ]
    );
    assert_eq!(
        problems(
            &args(|a| a.targets =
                vec!["aarch64-unknown-linux-gnu".into(), "x86_64-pc-windows-mscv".into(), "wasm32".into()]),
            &ws
        ),
        [
            "unknown-target: `aarch64-unknown-linux-gnu` (`--target aarch64-unknown-linux-gnu`) is not a Windows target | --target aarch64-pc-windows-msvc",
            "unknown-target: `x86_64-pc-windows-mscv` (`--target x86_64-pc-windows-mscv`) is not a Windows target that cargo-winsvc knows | --target x86_64-pc-windows-msvc",
            "unknown-target: `wasm32` (`--target wasm32`) is not a Windows target | the targets are `x86_64-pc-windows-gnu`, `x86_64-pc-windows-msvc`, `aarch64-pc-windows-msvc`, `i686-pc-windows-msvc`, `i686-pc-windows-gnu`, `x86_64-pc-windows-gnullvm`, `aarch64-pc-windows-gnullvm`, `x86_64-win7-windows-gnu` and `x86_64-win7-windows-msvc`",
        ]
    );
}

#[test]
fn flags_are_judged_too() {
    let ws = layered();
    for (flags, message) in [
        (
            args(|a| a.variant = Some("por".into())),
            "unknown-variant: no variant `por` is configured (`--variant por`) | --variant pro",
        ),
        (
            args(|a| a.variant = Some("enterprise".into())),
            "unknown-variant: no variant `enterprise` is configured (`--variant enterprise`) | the variants are `cut` and `pro`",
        ),
        (
            args(|a| a.backend = Some("mingv".into())),
            "wrong-value: `backend`: unknown value \"mingv\" (`--backend mingv`) | --backend mingw",
        ),
        (
            args(|a| a.backend = Some("ziq".into())),
            "wrong-value: `backend`: unknown value \"ziq\" (`--backend ziq`) | --backend zig",
        ),
        (
            args(|a| a.profile = Some("a b".into())),
            "wrong-value: `a b` (`--profile a b`) is no profile name: letters, digits, `-` and `_` | --profile release",
        ),
    ] {
        assert_eq!(problems(&flags, &ws), [message]);
    }
    let plain = problems(&args(|a| a.variant = Some("x".into())), &one(""));
    assert_eq!(
        plain,
        ["unknown-variant: no variant `x` is configured (`--variant x`) | [package.metadata.winsvc.variants.x]"]
    );
}

#[test]
fn packages_that_are_built_together_agree() {
    let a = from_toml("a", &["a"], "[package.metadata.winsvc]\nprofile = \"dist\"\nbackend = \"mingw\"\nid = \"same\"");
    let b = from_toml("b", &["b"], "[package.metadata.winsvc]\nid = \"Same\"\narchive-name = \"a-1.2.3-{{ target }}\"");
    let ws = workspace(vec![a, b, package("lib", &[])]);
    assert_eq!(
        problems(&args(|a| a.workspace = true), &ws),
        [
            "packages-differ: packages `a` and `b` are built together and want a different `profile` | -p a, then -p b",
            "packages-differ: packages `a` and `b` are built together and want a different `backend` | -p a, then -p b",
            "same-archive-name: two bundles have the same archive name `a-1.2.3-x86_64-pc-windows-gnu`: package `a` for x86_64-pc-windows-gnu and package `b` for x86_64-pc-windows-gnu | archive-name = \"{{ name }}-{{ version }}-{{ target }}\"",
            "same-id: packages `a` and `b` have the same id `Same`: they would install over one another | id = \"b\"",
        ]
    );
    let text = "[package.metadata.winsvc]\ntargets = [\"i686-pc-windows-gnu\", \"x86_64-pc-windows-gnu\"]\narchive-name = \"x\"";
    assert_eq!(problems(&BuildArgs::default(), &one(text)).len(), 1, "one name for two targets");
}
