//! The tools of `-msvc` targets: found under their names, judged, installed; and what cargo-xwin says, read.

use super::*;
use crate::config::Msvc;
use crate::error::{Exit, Problem, Problems};
use crate::event::{Event, Recorder, Silent};
use crate::host::{Cmd, Output};
use crate::toolchain::recipe::Backend;
use crate::toolchain::{Options, Ready, prepare, prepare_each};
use std::os::unix::fs::PermissionsExt;

const MSVC: &str = "x86_64-pc-windows-msvc";

/// What cargo-xwin 0.23.1 prints, with `CACHE` for its folder.
const ENV: &str = "export AR_x86_64_pc_windows_msvc=\"llvm-lib\";
export CARGO_TARGET_X86_64_PC_WINDOWS_MSVC_LINKER=\"lld-link\";
export CARGO_TARGET_X86_64_PC_WINDOWS_MSVC_RUNNER=\"wine\";
export CARGO_TARGET_X86_64_PC_WINDOWS_MSVC_RUSTFLAGS=\"-Ctarget-feature=+crt-static -C linker-flavor=lld-link -C link-arg=-nodefaultlib:ucrt -Lnative=CACHE/xwin/crt/lib/x86_64\";
export CC_x86_64_pc_windows_msvc=\"clang-cl\";
export CMAKE_GENERATOR=\"Ninja\";
export CMAKE_TOOLCHAIN_FILE_x86_64_pc_windows_msvc=\"CACHE/cmake/clang-cl/x.cmake\";
export CFLAGS_x86_64_pc_windows_msvc=\"--target=x86_64-pc-windows-msvc /imsvc CACHE/xwin/crt/include \";
export LIB=\"CACHE/xwin/crt/lib/x86_64;CACHE/xwin/sdk/lib/um/x86_64\";
export PATH=\"/links:/usr/bin:CACHE\";
export RUSTFLAGS=\"\";
export WINEDEBUG=\"-all\";
";

/// Fills a folder as cargo-xwin does.
fn fill(cache: &Path, arches: &str) {
    for arch in arches.split(' ') {
        for lib in ["crt/lib", "sdk/lib/um", "sdk/lib/ucrt"] {
            std::fs::create_dir_all(cache.join("xwin").join(lib).join(arch)).unwrap();
        }
    }
    write(
        &cache.join("xwin/DONE"),
        &format!("{arches}\nUniversal CRT Headers.msi\nMicrosoft.VC.14.44.17.14.CRT.Headers.base.vsix"),
    );
}

fn says_env(cmd: &Cmd) -> Output {
    let cache = cmd.env.iter().find(|(k, _)| k == "XWIN_CACHE_DIR").and_then(|(_, v)| v.clone()).unwrap();
    let flags = cmd.env.iter().find(|(k, _)| k == "RUSTFLAGS").and_then(|(_, v)| v.clone()).unwrap();
    write(&Path::new(&cache).join("cmake/clang-cl/x.cmake"), &format!("for {}", flags.to_string_lossy()));
    write(&Path::new(&cache).join("cmake/clang-cl/override.cmake"), "rules");
    let text = ENV.replace("CACHE", &cache.to_string_lossy());
    Output { code: Some(0), stdout: text.into_bytes(), stderr: Vec::new() }
}

/// A machine with Debian's names for LLVM 19, and cargo-xwin.
fn with_tools(machine: &Machine, host: ScriptedHost) -> ScriptedHost {
    let mut host = host;
    for (name, arg, says) in [
        ("clang-19", "--version", "Debian clang version 19.1.7 (3)\nTarget: x"),
        ("lld-link-19", "--version", "Debian LLD 19.1.7"),
        ("llvm-lib-19", "'/?'", "OVERVIEW: LLVM Lib"),
        ("llvm-rc-19", "'/?'", "OVERVIEW: LLVM Resource Converter"),
    ] {
        let path = machine.path(&format!("bin/{name}"));
        write(&path, "");
        host = host.with_program(name, &path).says(&format!("{} {arg}", path.display()), says);
    }
    let xwin = machine.path("bin/cargo-xwin");
    write(&xwin, "");
    host.with_program("cargo-xwin", &xwin)
        .says(&format!("{} --version", xwin.display()), "cargo-xwin 0.23.1")
        .on(&format!("{} env", xwin.display()), says_env)
}

/// The same with a filled folder and a standard library: ready.
fn whole() -> (Machine, ScriptedHost) {
    let machine = Machine::new();
    add_std(&machine.active.sysroot, MSVC);
    fill(&machine.path("sdk"), "x86 x86_64");
    let host = with_tools(&machine, machine.bare())
        .with_env("XWIN_CACHE_DIR", machine.path("sdk"))
        .with_env("PATH", "/usr/bin");
    (machine, host)
}

fn ready(host: &ScriptedHost, want: &Want) -> Ready {
    prepare(host, &Silent, std::slice::from_ref(want), Options::default()).unwrap().remove(0)
}

fn problems(host: &ScriptedHost, want: Want, options: Options) -> Vec<Problem> {
    let error = prepare(host, &Silent, &[want], options).unwrap_err();
    error.downcast::<Problems>().unwrap().0
}

fn the_problem(host: &ScriptedHost, want: Want) -> Problem {
    let mut found = problems(host, want, Options::default());
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn env_of(cmd: &Cmd, key: &str) -> Option<String> {
    cmd.env.iter().find(|(k, _)| k == key).and_then(|(_, v)| v.as_ref()).map(|v| v.to_string_lossy().into_owned())
}

#[test]
fn what_cargo_xwin_would_set_becomes_the_recipe() {
    let (machine, host) = whole();
    let recipe = ready(&host, &want(MSVC)).recipe;
    let cache = machine.path("sdk").display().to_string();
    assert_eq!((recipe.backend, recipe.subcommand.as_str(), recipe.objcopy), (Backend::Xwin, "build", None));
    assert_eq!(
        recipe.rustflags,
        [
            "-Ctarget-feature=+crt-static",
            "-Clink-arg=/Brepro",
            "-Clink-arg=/PDBALTPATH:%_PDB%",
            "-Clinker-flavor=lld-link",
            "-Clink-arg=-nodefaultlib:ucrt",
            &format!("-Lnative={cache}/xwin/crt/lib/x86_64"),
        ]
    );
    let names: Vec<&str> = recipe.env.iter().map(|(k, _)| k.as_str()).collect();
    let expected = [
        "AR_x86_64_pc_windows_msvc",
        "CC_x86_64_pc_windows_msvc",
        "CFLAGS_x86_64_pc_windows_msvc",
        "CMAKE_GENERATOR",
        "CMAKE_TOOLCHAIN_FILE_x86_64_pc_windows_msvc",
        "LIB",
        "PATH",
    ];
    assert_eq!(names, expected, "neither the linker, nor a runner, nor flags that would mask ours");
    assert_eq!(recipe.linker.as_deref(), Some(machine.path("bin/lld-link-19").as_path()));
    let versions: Vec<String> = recipe.versions.iter().skip(2).map(|v| format!("{} {}", v.name, v.version)).collect();
    assert_eq!(
        versions,
        [
            "windows-sdk unknown (XWIN_CACHE_DIR)",
            "msvc-crt 14.44.17.14",
            "cargo-xwin 0.23.1",
            "clang Debian clang version 19.1.7 (3)",
            "lld-link Debian LLD 19.1.7",
        ]
    );
    let asked = host.commands().into_iter().find(|c| c.args.first().is_some_and(|a| a == "env")).unwrap();
    assert_eq!(env_of(&asked, "XWIN_ARCH").as_deref(), Some("x86_64"));
    assert_eq!(env_of(&asked, "XWIN_SDK_VERSION").as_deref(), Some("10.0.26100"));
    assert_eq!(env_of(&asked, "XWIN_CRT_VERSION").as_deref(), Some("14.44.17.14"));
}

#[test]
fn flags_of_the_users_never_reach_cargo_xwin_and_the_run_time_always_does() {
    // Flags with blanks would end its run, CARGO_ENCODED_RUSTFLAGS would hide what it looks for.
    let (_machine, host) = whole();
    let host = host.with_env("RUSTFLAGS", "--cfg a").with_env("CARGO_ENCODED_RUSTFLAGS", "--cfg\x1fb=\"c d\"");
    for (crt_static, flag) in [(true, "-Ctarget-feature=+crt-static"), (false, "-Ctarget-feature=-crt-static")] {
        let recipe = ready(&host, &Want { crt_static, ..want(MSVC) }).recipe;
        assert_eq!(recipe.rustflags.contains(&"-Ctarget-feature=+crt-static".to_owned()), crt_static);
        let asked = host.commands().into_iter().rfind(|c| c.args.first().is_some_and(|a| a == "env")).unwrap();
        assert_eq!(env_of(&asked, "RUSTFLAGS").as_deref(), Some(flag));
        assert!(asked.env.iter().any(|(k, v)| k == "CARGO_ENCODED_RUSTFLAGS" && v.is_none()));
    }
}

#[test]
fn a_run_for_another_c_run_time_leaves_cmakes_settings_as_they_are() {
    let (_machine, host) = whole();
    let settings = |crt_static| {
        let recipe = ready(&host, &Want { crt_static, ..want(MSVC) }).recipe;
        let (_, file) = recipe.env.into_iter().find(|(name, _)| name.starts_with("CMAKE_TOOLCHAIN_FILE")).unwrap();
        PathBuf::from(file.unwrap())
    };
    let (with, without) = (settings(true), settings(false));
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    assert_eq!(read(&with), "for -Ctarget-feature=+crt-static");
    assert_eq!(read(&without), "for -Ctarget-feature=-crt-static");
    for file in [&with, &without] {
        assert_eq!(read(&file.with_file_name("override.cmake")), "rules");
    }
    assert_eq!(settings(true), with);
}

#[test]
fn the_users_linker_is_not_replaced() {
    let (machine, host) = whole();
    let own = machine.path("bin/own-link");
    write(&own, "");
    let host = host.with_program("own-link", &own);
    let forced = Want { backend: BackendChoice::Xwin, linker: Some("own-link".into()), ..want(MSVC) };
    let recipe = ready(&host, &forced).recipe;
    assert_eq!((recipe.backend, recipe.linker), (Backend::Xwin, None));
    assert!(!recipe.env.iter().any(|(k, _)| k.ends_with("_LINKER")));
    let recipe = ready(&host, &Want { linker: Some("own-link".into()), ..want(MSVC) }).recipe;
    assert_eq!((recipe.backend, recipe.objcopy.clone()), (Backend::Native, None));
    assert!(recipe.env.is_empty() && recipe.notes[0].contains("own-link"), "{recipe:?}");
}

#[test]
fn debians_names_get_a_folder_of_links_first_on_path() {
    let (machine, host) = whole();
    let _ = ready(&host, &want(MSVC));
    let asked = host.commands().into_iter().find(|c| c.args.first().is_some_and(|a| a == "env")).unwrap();
    let path = env_of(&asked, "PATH").unwrap();
    let (links, rest) = path.split_once(':').unwrap();
    assert_eq!(rest, "/usr/bin");
    assert!(links.starts_with(&machine.path("home/.cache/cargo-winsvc/llvm").display().to_string()));
    for (name, target) in [
        ("clang", "clang-19"),
        ("clang-cl", "clang-19"),
        ("lld-link", "lld-link-19"),
        ("llvm-lib", "llvm-lib-19"),
        ("llvm-rc", "llvm-rc-19"),
    ] {
        assert_eq!(std::fs::read_link(Path::new(links).join(name)).unwrap(), machine.path(&format!("bin/{target}")));
    }
    // The same tools, the same folder; bare names, none.
    let _ = ready(&host, &want(MSVC));
    let asked = host.commands().into_iter().rfind(|c| c.args.first().is_some_and(|a| a == "env")).unwrap();
    assert_eq!(env_of(&asked, "PATH").unwrap(), path);
    let mut host = host;
    for (name, arg) in [("clang", "--version"), ("lld-link", "--version"), ("llvm-lib", "'/?'"), ("llvm-rc", "'/?'")] {
        let file = machine.path(&format!("usr/{name}"));
        write(&file, "");
        host = host.with_program(name, &file).says(&format!("{} {arg}", file.display()), "LLVM 20");
    }
    let recipe = ready(&host, &want(MSVC)).recipe;
    assert_eq!(recipe.linker.as_deref(), Some(machine.path("usr/lld-link").as_path()));
    let asked = host.commands().into_iter().rfind(|c| c.args.first().is_some_and(|a| a == "env")).unwrap();
    assert_eq!(env_of(&asked, "PATH"), None);
}

#[test]
fn tools_that_are_missing_or_too_old_are_named() {
    let machine = Machine::new();
    add_std(&machine.active.sysroot, MSVC);
    fill(&machine.path("sdk"), "x86_64");
    let host = machine.bare().with_env("XWIN_CACHE_DIR", machine.path("sdk"));
    let found = problems(&host, want(MSVC), Options::default());
    let ids: Vec<&str> = found.iter().map(|p| p.id).collect();
    assert_eq!(ids, ["missing-llvm", "missing-cargo-xwin"]);
    for name in ["`clang`", "`lld-link`", "`llvm-lib`"] {
        assert!(found[0].what.contains(name), "{}", found[0]);
    }
    assert!(found.iter().all(|p| p.fixes[0] == format!("cargo winsvc doctor --target {MSVC} --provision")));
    assert!(
        found[0].fixes[1].contains("clang-19 lld-19 llvm-19") && found[1].fixes[1].contains("=0.23.1"),
        "{found:?}"
    );

    // lld under a name of no release, clang broken.
    let (machine, host) = whole();
    let host =
        host.fails(&format!("{} --version", machine.path("bin/clang-19").display()), 127, "libLLVM-19.so: not found");
    let problem = the_problem(&host, want(MSVC));
    assert!(problem.what.starts_with("`clang` not found") && problem.what.contains("libLLVM-19.so"), "{problem}");

    let (machine, host) = whole();
    let xwin = machine.path("bin/cargo-xwin").display().to_string();
    let old = host.says(&format!("{xwin} --version"), "cargo-xwin 0.18.6");
    let problem = the_problem(&old, want(MSVC));
    assert_eq!((problem.id, problem.exit), ("old-cargo-xwin", Exit::ToolMissing));
    assert!(problem.what.contains("0.18.6") && problem.what.contains("0.23.0 or later"), "{problem}");
    // Ours, which --provision has installed, stands in for an old one.
    let ours = machine.path("home/.cache/cargo-winsvc/tools/cargo-xwin/bin/cargo-xwin");
    write(&ours, "");
    let name = ours.display().to_string();
    let both = old
        .with_program(&name, &ours)
        .says(&format!("{name} --version"), "cargo-xwin 0.23.1")
        .on(&format!("{name} env"), says_env);
    assert!(ready(&both, &want(MSVC)).recipe.versions.iter().any(|v| v.name == "cargo-xwin" && v.version == "0.23.1"));
}

#[test]
fn a_folder_that_lacks_the_files_ends_the_run_before_cargo() {
    let (machine, host) = whole();
    let empty = host.with_env("XWIN_CACHE_DIR", machine.path("other"));
    let problem = the_problem(&empty, want(MSVC));
    assert_eq!((problem.id, problem.exit), ("missing-sdk", Exit::ToolMissing));
    assert!(problem.what.contains("XWIN_CACHE_DIR") && problem.what.contains("holds none"), "{problem}");
    let fixes = problem.fixes.join("\n");
    for part in ["--provision", "XWIN_CACHE_DIR=", "doctor --export-cache FILE", "doctor --import-cache FILE"] {
        assert!(fixes.contains(part), "{part}: {fixes}");
    }
    assert!(!machine.path("other").exists(), "looking makes no folder");
    let (machine, host) = whole();
    add_std(&machine.active.sysroot, "aarch64-pc-windows-msvc");
    let problem = the_problem(&host, want("aarch64-pc-windows-msvc"));
    assert!(problem.what.contains("for aarch64") && problem.what.contains("those for x86 x86_64 only"), "{problem}");
    assert!(!host.lines().iter().any(|l| l.contains("cargo-xwin env")), "asking would download");
}

#[test]
fn a_broken_folder_is_told_from_an_empty_one() {
    let (machine, host) = whole();
    std::fs::remove_dir_all(machine.path("sdk/xwin/crt")).unwrap();
    let problem = the_problem(&host, want(MSVC));
    assert_eq!(problem.id, "bad-xwin-cache");
    assert!(problem.what.contains("xwin/crt/lib` is not there") && problem.fixes[0].contains("DONE"), "{problem}");

    write(&machine.path("file"), "");
    let a_file = host.with_env("XWIN_CACHE_DIR", machine.path("file"));
    assert!(the_problem(&a_file, want(MSVC)).what.contains("it is no folder"));
    let blank = a_file.with_env("XWIN_CACHE_DIR", machine.path("a b"));
    let problem = the_problem(&blank, want(MSVC));
    assert!(problem.id == "bad-xwin-cache" && problem.what.contains("a blank"), "{problem}");

    let (machine, host) = whole();
    let fails =
        host.fails(&format!("{} env", machine.path("bin/cargo-xwin").display()), 1, "Error: Failed to setup MSVC CRT");
    let problem = the_problem(&fails, want(MSVC));
    assert!(problem.id == "bad-xwin-cache" && problem.what.contains("Failed to setup MSVC CRT"), "{problem}");
    if !rustix::process::geteuid().is_root() {
        let (machine, host) = whole();
        std::fs::set_permissions(machine.path("sdk"), std::fs::Permissions::from_mode(0o555)).unwrap();
        assert!(the_problem(&host, want(MSVC)).what.contains("can't be written"));
    }
}

#[test]
fn versions_come_from_the_environment_then_the_configuration_and_are_recorded_when_known() {
    let (machine, host) = whole();
    write(
        &machine.path("sdk/xwin/winsvc-xwin.json"),
        "{\"sdkVersion\": \"10.0.22621\", \"crtVersion\": \"14.44.17.14\"}",
    );
    let recipe = ready(&host, &want(MSVC)).recipe;
    let version = |name: &str| recipe.versions.iter().find(|v| v.name == name).map(|v| v.version.clone()).unwrap();
    assert_eq!((version("windows-sdk"), version("msvc-crt")), ("10.0.22621".into(), "14.44.17.14".into()));
    assert_eq!(recipe.notes.len(), 1);
    assert!(recipe.notes[0].contains("windows-sdk 10.0.22621, not 10.0.26100"), "{:?}", recipe.notes);

    let configured = Msvc { sdk_version: "10.0.22621".into(), ..Msvc::default() };
    assert!(ready(&host, &Want { msvc: configured, ..want(MSVC) }).recipe.notes.is_empty());
    let host = host.with_env("XWIN_SDK_VERSION", "10.0.22621").with_env("XWIN_HTTP_RETRIES", "0");
    assert!(ready(&host, &want(MSVC)).recipe.notes.is_empty());
}

#[test]
fn without_a_folder_of_the_users_each_pair_of_versions_has_one_of_ours() {
    let machine = Machine::new();
    add_std(&machine.active.sysroot, MSVC);
    let host = with_tools(&machine, machine.bare());
    let place = machine.path("home/.cache/cargo-winsvc/xwin/10.0.26100_14.44.17.14");
    let problem = the_problem(&host, want(MSVC));
    assert!(problem.what.contains(&place.display().to_string()), "{problem}");
    fill(&place, "x86_64");
    let _ = ready(&host, &want(MSVC));
}

const PROVISION: Options = Options { provision: true, yes: true, offline: false, fresh: false };

fn notes(sink: &Recorder) -> String {
    let text = |e: &Event| match e {
        Event::Note { text } => Some(text.clone()),
        _ => None,
    };
    sink.events().iter().filter_map(text).collect::<Vec<_>>().join("\n")
}

#[test]
fn microsofts_terms_place_and_size_are_told_before_the_download() {
    let machine = Machine::new();
    for triple in [MSVC, "aarch64-pc-windows-msvc"] {
        add_std(&machine.active.sysroot, triple);
    }
    let cache = machine.path("sdk");
    fill(&cache, "x86");
    let there = cache.clone();
    let xwin = machine.path("bin/cargo-xwin").display().to_string();
    let host = with_tools(&machine, machine.bare()).with_env("XWIN_CACHE_DIR", &cache).on(
        &format!("{xwin} cache xwin"),
        move |cmd| {
            fill(&there, &env_of(cmd, "XWIN_ARCH").unwrap().replace(',', " "));
            Output { code: Some(0), ..Output::default() }
        },
    );
    let wants = [want(MSVC), want("aarch64-pc-windows-msvc")];
    let refused = prepare(&host, &Silent, &wants, Options { yes: false, ..PROVISION }).unwrap_err();
    assert_eq!(refused.downcast::<Problem>().unwrap().id, "no-consent");
    assert!(!host.lines().iter().any(|l| l.contains("cache xwin")));

    let sink = Recorder::default();
    let ready = prepare(&host, &sink, &wants, PROVISION).unwrap();
    assert_eq!(ready.len(), 2);
    let said = notes(&sink);
    for part in [
        "fwlink/?LinkId=2086102",
        "10.0.26100",
        "14.44.17.14",
        &cache.display().to_string(),
        "gigabytes of disk",
        "Microsoft",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let at = |wanted: &dyn Fn(&Event) -> bool| sink.events().iter().position(wanted).unwrap();
    let note = at(&|e| matches!(e, Event::Note { text } if text.contains("LinkId")));
    let run = at(&|e| matches!(e, Event::Running { command, .. } if command.contains("cache xwin")));
    assert!(note < run);
    let downloads: Vec<Cmd> =
        host.commands().into_iter().filter(|c| c.args.first().is_some_and(|a| a == "cache")).collect();
    assert_eq!(downloads.len(), 1, "one download for both targets");
    assert_eq!(
        env_of(&downloads[0], "XWIN_ARCH").as_deref(),
        Some("aarch64,x86,x86_64"),
        "what is there is asked for again"
    );
    let sdk = ready[0].recipe.versions.iter().find(|v| v.name == "windows-sdk").unwrap();
    assert_eq!(sdk.version, "10.0.26100", "what we had downloaded is recorded");
}

/// With XWIN_CROSS_COMPILER=clang cargo-xwin keeps another tree, beside which `xwin` need not be.
#[test]
fn the_versions_are_noted_in_the_tree_that_was_downloaded() {
    let machine = Machine::new();
    add_std(&machine.active.sysroot, MSVC);
    let (cache, xwin) = (machine.path("sdk"), machine.path("bin/cargo-xwin").display().to_string());
    let there = cache.clone();
    let host = with_tools(&machine, machine.bare())
        .with_env("XWIN_CACHE_DIR", &cache)
        .with_env("XWIN_CROSS_COMPILER", "clang")
        .on(&format!("{xwin} cache windows-msvc-sysroot"), move |_| {
            for part in ["lib", "include"] {
                std::fs::create_dir_all(there.join("windows-msvc-sysroot").join(part)).unwrap();
            }
            write(&there.join("windows-msvc-sysroot/DONE"), "x");
            Output { code: Some(0), ..Output::default() }
        });
    let ready = prepare(&host, &Silent, &[want(MSVC)], PROVISION).unwrap().remove(0);
    let sdk = ready.recipe.versions.iter().find(|v| v.name == "windows-sdk").unwrap();
    assert_eq!(sdk.version, "10.0.26100");
}

#[test]
fn a_failed_download_names_the_ways_without_network() {
    let machine = Machine::new();
    add_std(&machine.active.sysroot, MSVC);
    let xwin = machine.path("bin/cargo-xwin").display().to_string();
    let host = with_tools(&machine, machine.bare()).with_env("XWIN_CACHE_DIR", machine.path("sdk")).fails(
        &format!("{xwin} cache"),
        1,
        "Error: Failed to setup MSVC CRT\nCaused by: dns error: failed to lookup aka.ms",
    );
    let found = problems(&host, want(MSVC), PROVISION);
    assert_eq!((found.len(), found[0].id), (1, "sdk-download"));
    assert!(found[0].what.contains("lookup aka.ms"), "{}", found[0]);
    let fixes = found[0].fixes.join("\n");
    for part in ["cargo-xwin cache xwin", "--export-cache FILE", "--import-cache FILE", "XWIN_CACHE_DIR="] {
        assert!(fixes.contains(part), "{part}: {fixes}");
    }
    let found = problems(&host, want(MSVC), Options { offline: true, ..PROVISION });
    assert_eq!(found[0].id, "missing-sdk");
    assert!(found[0].what.contains("--offline"), "{}", found[0]);
    assert_eq!(host.lines().iter().filter(|l| l.contains(" cache ")).count(), 1, "{:?}", host.lines());
}

#[test]
fn everything_is_installed_on_a_bare_machine() {
    let machine = Machine::new();
    add_std(&machine.active.sysroot, MSVC);
    let policy = "clang-19:\n  Candidate: 19\nlld-19:\n  Candidate: 19\nllvm-19:\n  Candidate: 19\nclang-14:\n  Candidate: 14\nlld-14:\n  Candidate: 14\nllvm-14:\n  Candidate: 14\nclang-20:\n  Candidate: 20\n";
    let host = machine
        .bare()
        .with_env("XWIN_CACHE_DIR", machine.path("sdk"))
        .with_program("apt-get", "/usr/bin/apt-get")
        .with_program("python3", "/usr/bin/python3")
        .as_root()
        .says("apt-cache policy", policy)
        .says("apt-get install", "")
        .says("python3 -m venv", "")
        .fails(
            &format!("{}", machine.path("home/.cache/cargo-winsvc/tools/cargo-xwin/bin/python3").display()),
            1,
            "ERROR: no network",
        )
        .says("cargo install", "");
    let found = problems(&host, want(MSVC), PROVISION);
    assert_eq!(
        found.iter().map(|p| p.id).collect::<Vec<_>>(),
        ["missing-llvm", "missing-cargo-xwin", "missing-sdk"],
        "believed is what is there"
    );
    let lines = host.lines();
    assert!(
        lines.iter().any(|l| l.starts_with("apt-get install") && l.ends_with("clang-19 lld-19 llvm-19")),
        "{lines:?}"
    );
    let install = lines.iter().find(|l| l.starts_with("cargo install")).unwrap();
    assert!(install.contains("cargo-xwin --locked") && install.contains("--version =0.23.1"), "{install}");
}

#[test]
fn what_links_for_the_machine_and_what_makes_environments_for_pip_are_installed_too() {
    let (machine, whole) = whole();
    let policy = "gcc:\n  Candidate: 12\nlibc6-dev:\n  Candidate: 2\npython3-venv:\n  Candidate: 3\n";
    let bare = |host: ScriptedHost| {
        host.with_program("apt-get", "/usr/bin/apt-get")
            .as_root()
            .says("apt-cache policy", policy)
            .says("apt-get install", "")
            .says("cargo install", "")
    };
    let installs = |host: &ScriptedHost| {
        let lines = host.lines().into_iter().filter(|l| l.starts_with("apt-get install"));
        lines.map(|l| l.split_once("Timeout=120 ").unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    // Where nothing else is missing, nobody knows whether it is needed.
    let host = bare(whole.without_program("cc"));
    let _ = prepare(&host, &Silent, &[want(MSVC)], PROVISION).unwrap();
    assert_eq!(installs(&host), [""; 0]);
    let host = bare(machine.bare().without_program("cc"));
    let _ = prepare(&host, &Silent, &[want(MSVC)], PROVISION).unwrap_err();
    assert_eq!(installs(&host)[0], "gcc libc6-dev");
    let host = bare(machine.bare().without_program("cc"));
    let _ = prepare(&host, &Silent, &[want(MSVC)], Options { offline: true, ..PROVISION }).unwrap_err();
    assert_eq!(installs(&host), [""; 0], "offline");
    let no_build = Want { no_build: true, ..want(MSVC) };
    let host = bare(machine.bare().without_program("cc"));
    let _ = prepare(&host, &Silent, &[no_build], PROVISION).unwrap();
    assert_eq!(installs(&host), [""; 0], "nothing is linked");
    // Debian's python3 comes without ensurepip.
    let python = |host: ScriptedHost| host.with_program("python3", "/usr/bin/python3");
    for with_python in [false, true] {
        let host = bare(machine.bare().fails("python3 -c", 1, "No module named 'ensurepip'"));
        let host = if with_python { python(host) } else { host };
        let _ = prepare(&host, &Silent, &[want(MSVC)], PROVISION).unwrap_err();
        assert!(installs(&host).contains(&"python3-venv".to_owned()), "{:?}", host.lines());
    }
    let host = bare(python(machine.bare()).says("python3 -c", "").says("python3 -m venv", ""));
    let _ = prepare(&host, &Silent, &[want(MSVC)], PROVISION).unwrap_err();
    assert_eq!(installs(&host), [""; 0], "{:?}", host.lines());
}

#[test]
fn one_target_that_can_not_be_built_keeps_none_from_being() {
    let (machine, host) = whole();
    add_std(&machine.active.sysroot, "i686-pc-windows-msvc");
    let wants = [want(MSVC), want("aarch64-pc-windows-msvc"), want("i686-pc-windows-msvc")];
    let results = prepare_each(&host, &Silent, &wants, Options::default(), None).unwrap();
    let told: Vec<Result<&str, Vec<&str>>> = results
        .iter()
        .map(|r| r.as_ref().map(|ready| ready.target.triple()).map_err(|p| p.0.iter().map(|p| p.id).collect()))
        .collect();
    assert_eq!(told, [Ok(MSVC), Err(vec!["missing-sdk", "missing-std"]), Ok("i686-pc-windows-msvc")]);
    // What can't be meant ends the run.
    let wrong = Want { backend: BackendChoice::Xwin, ..want(GNU) };
    let error = prepare_each(&host, &Silent, &[want(MSVC), wrong], Options::default(), None).unwrap_err();
    assert_eq!(crate::error::exit_of(&error), Exit::Usage);
}

#[test]
fn cmake_gets_a_generator_that_is_there_or_the_users_own() {
    let (machine, host) = whole();
    let generator = |host: &ScriptedHost| {
        let recipe = ready(host, &want(MSVC)).recipe;
        recipe.env.into_iter().find(|(k, _)| k == "CMAKE_GENERATOR").and_then(|(_, v)| v).unwrap()
    };
    assert_eq!(generator(&host), "Unix Makefiles");
    let host = host.with_program("ninja", machine.path("bin/ninja"));
    assert_eq!(generator(&host), "Ninja");
    let host = host.with_env("CMAKE_GENERATOR", "Ninja Multi-Config");
    assert_eq!(generator(&host), "Ninja Multi-Config");
}
