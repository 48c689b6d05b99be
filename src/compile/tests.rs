use super::*;
use crate::cli::BuildArgs;
use crate::config::{self, DebugInfo, SymbolsMode, Unit, testing};
use crate::error::{Exit, exit_of};
use crate::event::Recorder;
use crate::host::{Output, ScriptedHost};
use crate::workspace::Workspace;
use std::path::Path;

const T: &str = "x86_64-pc-windows-gnu";

struct Fixture {
    dir: tempfile::TempDir,
    workspace: Workspace,
    args: BuildArgs,
    unit: Unit,
    roots: Roots,
    env: Vec<(&'static str, (&'static str, bool))>,
    rustflags: Vec<String>,
    subcommand: &'static str,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut package = testing::package("app", &["app"]);
        package.manifest.path = "/ws/Cargo.toml".into();
        let mut workspace = testing::workspace(vec![package]);
        workspace.root = "/ws".into();
        workspace.target_dir = dir.path().join("target");
        workspace.build_dir.clone_from(&workspace.target_dir);
        let args = BuildArgs { targets: vec![T.to_owned()], ..BuildArgs::default() };
        let unit = config::resolve(&args, &workspace).unwrap().units.remove(0);
        let roots = Roots {
            remaps: vec![Remap::new("/home/u/.cargo/registry/src/idx", "/cargo/registry")],
            registry_seen: true,
        };
        Fixture {
            dir,
            workspace,
            args: BuildArgs::default(),
            unit,
            roots,
            env: Vec::new(),
            rustflags: Vec::new(),
            subcommand: "build",
        }
    }

    fn target_dir(&mut self, dir: &str) {
        self.workspace.target_dir = dir.into();
        self.workspace.build_dir = dir.into();
    }

    fn plan(&self) -> CompilePlan {
        self.plan_by(&[("RUSTC".into(), Some("/opt/rustc".into()))], None)
    }

    fn plan_by(&self, recipe_env: &[(String, Option<String>)], linker: Option<&Path>) -> CompilePlan {
        plan(&Request {
            workspace: &self.workspace,
            args: &self.args,
            unit: &self.unit,
            profile: "dist",
            cargo: "cargo".into(),
            cwd: self.dir.path().to_owned(),
            cargo_home: Some("/home/u/.cargo".into()),
            user_rustflags: self.rustflags.clone(),
            build_env: &|key| {
                self.env.iter().find(|(k, _)| *k == key).map(|(_, (v, forced))| ((*v).to_owned(), *forced))
            },
            subcommand: self.subcommand,
            recipe_linker: linker,
            own_exe: Some("/opt/cargo-winsvc".into()),
            recipe_env,
            recipe_rustflags: &["-Clink-arg=-Wl,--build-id".into()],
            recipe_cargo_args: &[],
            roots: self.roots.clone(),
            cache_dir: Some("/home/u/.cache/cargo-winsvc".into()),
            staging: self.dir.path().join("staged"),
        })
        .unwrap()
    }

    fn env(plan: &CompilePlan, key: &str) -> Option<String> {
        plan.env.iter().find(|(k, _)| k == key).and_then(|(_, v)| v.clone())
    }
}

#[test]
fn the_users_flags_reach_cargo_with_cargos_names() {
    let mut f = Fixture::new();
    f.args = BuildArgs {
        manifest_path: Some("a b/Cargo.toml".into()),
        features: vec!["x".into(), "app/y".into()],
        all_features: true,
        no_default_features: true,
        locked: true,
        offline: true,
        frozen: true,
        target_dir: Some("out".into()),
        jobs: Some("3".into()),
        config: vec!["a.b=1".into()],
        cargo_args: vec!["--timings".into()],
        verbose: 3,
        color: Some("never".into()),
        ..BuildArgs::default()
    };
    let text = f.plan().args.join(" ");
    let expected = "build --message-format=json-render-diagnostics --target x86_64-pc-windows-gnu --profile dist --package app@1.2.3 --bin app \
                    --features x,app/y --all-features --no-default-features --target-dir out --jobs 3 --manifest-path a b/Cargo.toml --locked --offline \
                    --frozen --config a.b=1 -v -v --color never --config profile.dist.debug=1 --config profile.dist.strip=false --timings";
    assert_eq!(text, expected);
}

#[test]
fn debug_info_by_configuration() {
    let settings = |debug: DebugInfo, symbols: SymbolsMode| {
        let mut f = Fixture::new();
        f.unit.debug_info = debug;
        f.unit.bundles[0].symbols = symbols;
        let args = f.plan().args;
        let found: Vec<String> = args.iter().filter(|a| a.starts_with("profile.")).cloned().collect();
        found.join(" ")
    };
    use SymbolsMode::{Archive, None};
    assert_eq!(settings(DebugInfo::Full, Archive), "profile.dist.debug=2 profile.dist.strip=false");
    assert_eq!(
        settings(DebugInfo::LineTables, Archive),
        "profile.dist.debug=\"line-tables-only\" profile.dist.strip=false"
    );
    assert_eq!(settings(DebugInfo::None, Archive), "profile.dist.debug=false profile.dist.strip=false");
    assert_eq!(settings(DebugInfo::Full, None), "profile.dist.debug=false profile.dist.strip=false");
    assert_eq!(settings(DebugInfo::Profile, Archive), "");
}

#[test]
fn flags_of_the_recipe_then_paths_then_the_users() {
    let mut f = Fixture::new();
    f.target_dir("/ws/target");
    f.rustflags = vec!["--cfg".into(), "mine=\"a b\"".into()];
    let plan = f.plan();
    let expected = [
        "-Clink-arg=-Wl,--build-id",
        "--remap-path-prefix=/ws=/src",
        "--remap-path-prefix=/ws/target=/target",
        "--remap-path-prefix=/home/u/.cargo/registry/src/idx=/cargo/registry",
        "--cfg",
        "mine=\"a b\"",
    ];
    assert_eq!(plan.rustflags, expected);
    assert_eq!(Fixture::env(&plan, "CARGO_ENCODED_RUSTFLAGS").unwrap(), expected.join("\u{1f}"));
    assert!(plan.env.contains(&("RUSTFLAGS".to_owned(), None)));
    assert_eq!(Fixture::env(&plan, "RUSTC").as_deref(), Some("/opt/rustc"));
    assert!(plan.prepared.is_empty());
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["args"][0], "build");
    assert_eq!(json["expected"][0]["bin"]["bin"], "app");
}

#[test]
fn a_build_folder_of_its_own_is_hidden_too() {
    let mut f = Fixture::new();
    f.target_dir("/ws/target");
    f.workspace.build_dir = "/var/my builds/x".into();
    let plan = f.plan();
    for (dir, name) in [("/var/my builds/x", "/target"), ("/ws/target", "/target")] {
        assert!(plan.rustflags.contains(&format!("--remap-path-prefix={dir}={name}")), "{:?}", plan.rustflags);
    }
    // That is where dlltool writes.
    assert!(plan.rustflags.iter().any(|f| f.starts_with("-Cdlltool=/var/my builds/x/")), "{:?}", plan.rustflags);
}

#[test]
fn c_flags_are_added_to_the_ones_the_user_has() {
    let maps = |f: &Fixture, key: &str| Fixture::env(&f.plan(), key);
    let mut f = Fixture::new();
    f.target_dir("/ws/target");
    let ours = maps(&f, "CFLAGS_x86_64_pc_windows_gnu").unwrap();
    assert!(ours.starts_with("-ffile-prefix-map=/ws=/src -ffile-prefix-map=/ws/target=/target "), "{ours}");
    assert_eq!(maps(&f, "CXXFLAGS_x86_64_pc_windows_gnu").as_ref(), Some(&ours));
    f.env = vec![("CFLAGS", ("-O3", false)), ("TARGET_CXXFLAGS", ("-DX", false))];
    assert_eq!(maps(&f, "CFLAGS"), Some(format!("-O3 {ours}")));
    assert_eq!(maps(&f, "CFLAGS_x86_64_pc_windows_gnu"), None);
    assert_eq!(maps(&f, "TARGET_CXXFLAGS"), Some(format!("-DX {ours}")));
    f.env = vec![("CFLAGS", ("-O3", true))];
    assert_eq!(maps(&f, "CFLAGS"), None);
    assert!(f.plan().notes[0].contains("forces CFLAGS"));
    // With a blank in a path the flags go into a file, and dlltool is called through a script.
    f.env.clear();
    f.target_dir("/ws/my target");
    let plan = f.plan();
    let [script, file] = plan.prepared.as_slice() else { panic!("{:?}", plan.prepared) };
    assert!(plan.rustflags.contains(&"-Cdlltool=/ws/my target/x86_64-pc-windows-gnu/.winsvc-dlltool".to_owned()));
    assert!(script.executable && script.text.ends_with("exec x86_64-w64-mingw32-dlltool \"$@\"\n"));
    assert_eq!(Fixture::env(&plan, "CFLAGS_x86_64_pc_windows_gnu"), Some(format!("@{}", file.path.display())));
    assert!(file.path.starts_with("/home/u/.cache/cargo-winsvc/flags"));
    assert!(file.text.contains(" \"-ffile-prefix-map=/ws/my target=/target\"") && file.text.lines().count() == 1);
}

#[test]
fn lld_link_is_called_through_our_own_program_and_clang_cl_gets_flags_that_it_knows() {
    const MSVC: &str = "x86_64-pc-windows-msvc";
    let mut f = Fixture::new();
    f.target_dir("/ws/target");
    f.unit.target = MSVC.parse().unwrap();
    let cl = [
        ("CC_x86_64_pc_windows_msvc".to_owned(), Some("clang-cl".to_owned())),
        ("CFLAGS_x86_64_pc_windows_msvc".to_owned(), Some("--target=x /imsvc /sdk".to_owned())),
    ];
    let plan = f.plan_by(&cl, Some(Path::new("/usr/bin/lld-link-19")));
    let linker = Fixture::env(&plan, "CARGO_TARGET_X86_64_PC_WINDOWS_MSVC_LINKER").unwrap();
    let [script] = plan.prepared.as_slice() else { panic!("{:?}", plan.prepared) };
    assert_eq!(script.path, Path::new(&linker));
    assert!(linker.starts_with("/home/u/.cache/cargo-winsvc/link/") && linker.ends_with("/lld-link"), "{linker}");
    assert!(script.executable && script.text.contains("exec '/opt/cargo-winsvc' __link '/usr/bin/lld-link-19' \"$@\""));
    assert!(!plan.rustflags.iter().any(|f| f.contains("dlltool") || f.contains("linker=")), "{:?}", plan.rustflags);
    let flags = Fixture::env(&plan, "CFLAGS_x86_64_pc_windows_msvc").unwrap();
    assert!(flags.starts_with("--target=x /imsvc /sdk /Brepro -gno-codeview-command-line "), "{flags}");
    for flag in ["/clang:-ffile-prefix-map=/ws=/src", "-Xclang -object-file-name="] {
        assert!(flags.contains(flag), "{flag}: {flags}");
    }
    // Another path of the linker, another script: two installations don't overwrite each other's.
    let other = f.plan_by(&cl, Some(Path::new("/usr/bin/lld-link-18")));
    assert_ne!(other.prepared[0].path, script.path);
    // With a linker of the user's own nobody knows what compiles C.
    let own = f.plan_by(&[], None);
    assert!(
        own.prepared.is_empty() && !own.env.iter().any(|(k, _)| k.contains("LINKER") || k.contains("CFLAGS")),
        "{:?}",
        own.env
    );
}

/// Debian's rustc for `-gnu` says `-lssp_nonshared -lssp`.
#[test]
fn zig_is_given_the_libraries_that_it_lacks_behind_all_others() {
    let mut f = Fixture::new();
    f.subcommand = "zigbuild";
    f.target_dir("/ws/target");
    let plan = f.plan();
    let dir = plan.rustflags.iter().find_map(|f| f.strip_prefix("-Clink-arg=-L")).unwrap();
    for name in ["libssp.a", "libssp_nonshared.a"] {
        let path = Path::new(dir).join(name);
        let file = plan.prepared.iter().find(|file| file.path == path);
        assert_eq!(file.map(|file| file.text.as_str()), Some("!<arch>\n"), "{:?}", plan.prepared);
    }
    let none = |f: &Fixture| {
        let plan = f.plan();
        plan.prepared.is_empty() && !plan.rustflags.iter().any(|f| f.starts_with("-Clink-arg=-L"))
    };
    f.unit.target = "x86_64-pc-windows-gnullvm".parse().unwrap();
    assert!(none(&f), "{:?}", f.plan());
    f.unit.target = T.parse().unwrap();
    f.subcommand = "build";
    assert!(none(&f), "{:?}", f.plan());
}

/// One message of cargo for an artifact.
fn artifact(id: &str, kind: &str, name: &str, manifest: &str, executable: Option<&Path>) -> String {
    let message = serde_json::json!({
        "reason": "compiler-artifact", "package_id": id, "manifest_path": manifest,
        "target": { "kind": [kind], "name": name, "crate_types": [kind] },
        "filenames": [format!("/ws/target/{T}/release/deps/x")], "executable": executable, "fresh": true,
    });
    message.to_string()
}

fn cargo(lines: Vec<String>) -> ScriptedHost {
    ScriptedHost::new("/").on("cargo build", move |_| Output {
        code: Some(0),
        stdout: lines.join("\n").into_bytes(),
        stderr: Vec::new(),
    })
}

#[test]
fn only_the_bin_of_the_expected_package_counts() {
    let f = Fixture::new();
    let plan = f.plan();
    let exe = f.dir.path().join("right.exe");
    let wrong = f.dir.path().join("wrong.exe");
    std::fs::write(&exe, "right").unwrap();
    std::fs::write(&wrong, "wrong").unwrap();
    let id = &plan.expected[0].package_id;
    let host = cargo(vec![
        "a warning that some wrapper prints".into(),
        artifact(id, "bin", "app", "/ws/Cargo.toml", Some(&exe)),
        artifact(id, "example", "app", "/ws/Cargo.toml", Some(&wrong)),
        artifact("path+file:///ws#other@0.1.0", "bin", "app", "/ws/Cargo.toml", Some(&wrong)),
        artifact(id, "lib", "app", "/ws/Cargo.toml", None),
        "{\"reason\":\"build-finished\",\"success\":true}".into(),
    ]);
    let built = run(&host, &Recorder::default(), &plan).unwrap();
    assert_eq!(built.exes[0].path, f.dir.path().join("staged/app.exe"));
    assert_eq!(std::fs::read_to_string(&built.exes[0].path).unwrap(), "right");
    assert_eq!(host.lines().len(), 1);
    // Reported, but gone; and not reported at all.
    std::fs::remove_file(&exe).unwrap();
    let error = run(&host, &Recorder::default(), &plan).unwrap_err();
    assert!(error.to_string().contains("right.exe`, which is not there"), "{error}");
    let error = run(&cargo(Vec::new()), &Recorder::default(), &plan).unwrap_err();
    assert_eq!(error.to_string(), "cargo built no binary `app` of package `app`");
    assert_eq!(exit_of(&error), Exit::Build);
}

#[test]
fn fetches_first_where_nothing_was_ever_fetched_and_builds_again_for_folders_met_late() {
    let mut f = Fixture::new();
    f.roots.registry_seen = false;
    f.args.locked = true;
    let plan = f.plan();
    assert_eq!(plan.fetch.as_ref().unwrap().join(" "), format!("fetch --target {T} --locked"));
    let exe = f.dir.path().join("app.exe");
    std::fs::write(&exe, "exe").unwrap();
    std::fs::create_dir_all(f.workspace.target_dir.join(T)).unwrap();
    let id = &plan.expected[0].package_id;
    let host = cargo(vec![
        artifact(
            "registry+x#dep@1.0.0",
            "lib",
            "dep",
            "/home/u/.cargo/registry/src/mirror-1/dep-1.0.0/Cargo.toml",
            None,
        ),
        artifact("path+file:///far/off#lib@1.0.0", "lib", "lib", "/far/off/Cargo.toml", None),
        artifact(id, "bin", "app", "/ws/Cargo.toml", Some(&exe)),
    ])
    .says("cargo fetch", "");
    run(&host, &Recorder::default(), &plan).unwrap();
    let commands = host.commands();
    assert_eq!(commands.len(), 3);
    assert!(host.lines()[0].starts_with("cargo fetch"));
    let flags =
        |n: usize| commands[n].env.iter().find(|(k, _)| k == "CARGO_ENCODED_RUSTFLAGS").unwrap().1.clone().unwrap();
    let (first, second) = (flags(1), flags(2));
    let second = second.to_str().unwrap();
    assert!(!first.to_str().unwrap().contains("/far/off"));
    assert!(second.contains("--remap-path-prefix=/far/off=/deps/off"));
    assert!(second.contains("--remap-path-prefix=/home/u/.cargo/registry/src/mirror-1=/cargo/registry"));
    let known = known_roots(None, &[], &f.workspace.target_dir, T);
    assert!(known.remaps.contains(&Remap::new("/far/off", "/deps/off")), "the next run knows: {known:?}");
    f.args.offline = true;
    assert_eq!(f.plan().fetch, None);
}

#[test]
fn an_interrupted_run_says_so() {
    let f = Fixture::new();
    let host = cargo(Vec::new());
    host.interrupt();
    let error = run(&host, &Recorder::default(), &f.plan()).unwrap_err();
    assert_eq!(exit_of(&error), Exit::Interrupted);
    let error = run(&ScriptedHost::new("/"), &Recorder::default(), &f.plan()).unwrap_err();
    assert_eq!(exit_of(&error), Exit::ToolMissing);
}
