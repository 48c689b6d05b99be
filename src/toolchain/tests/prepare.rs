//! The stage as a whole.

use super::*;
use crate::error::{Exit, Problem, Problems, exit_of};
use crate::event::{Event, Recorder, Silent};
use crate::host::{Cmd, Output};
use crate::toolchain::survey::survey;
use crate::toolchain::{Options, prepare};

const PROVISION: Options = Options { provision: true, yes: true, offline: false, fresh: false };

fn problems(error: anyhow::Error) -> Vec<Problem> {
    assert_eq!(exit_of(&error), Exit::ToolMissing, "{error:#}");
    error.downcast::<Problems>().unwrap().0
}

#[test]
fn all_gaps_of_all_targets_are_told_at_once_and_nothing_is_changed() {
    let machine = Machine::new();
    let host =
        machine.bare().with_program("apt-get", "/usr/bin/apt-get").with_program("rustup", "/opt/rustup").as_root();
    let before = machine.files();
    let own = Want { linker: Some("no-such-ld".into()), ..want("x86_64-pc-windows-msvc") };
    let wants = [want(GNU), want("i686-pc-windows-gnu"), own];
    let found = problems(prepare(&host, &Silent, &wants, Options::default()).unwrap_err());
    let ids: Vec<&str> = found.iter().map(|p| p.id).collect();
    assert_eq!(ids, ["missing-linker", "missing-std"].repeat(3));
    for (problem, target) in found.iter().zip([GNU, GNU, "i686-pc-windows-gnu", "i686-pc-windows-gnu"]) {
        assert_eq!(problem.fixes[0], format!("cargo winsvc doctor --target {target} --provision"));
    }
    assert_eq!(machine.files(), before);
    for line in host.lines() {
        assert!(line.contains("rustc -vV") || line.contains("--print sysroot") || line.ends_with("cargo -V"), "{line}");
    }
    // What can't be mended is told before anything is mended.
    let found = problems(prepare(&host, &Silent, &wants, PROVISION).unwrap_err());
    assert_eq!(found.len(), 6);
    assert!(!host.lines().iter().any(|l| l.starts_with("apt-get")));
}

#[test]
fn without_a_compiler_that_is_the_problem() {
    let machine = Machine::new();
    let host = ScriptedHost::new(machine.path("project"));
    let found = problems(prepare(&host, &Silent, &[want(GNU)], Options::default()).unwrap_err());
    assert_eq!((found.len(), found[0].id), (1, "no-rustc"));
    let host = host.with_env("RUSTC", "/no/such/rustc");
    let found = problems(prepare(&host, &Silent, &[want(GNU)], Options::default()).unwrap_err());
    assert!(found[0].what.contains("/no/such/rustc"));
}

#[test]
fn an_interrupted_look_ends_the_run() {
    let machine = Machine::new();
    let host = machine.host();
    host.interrupt();
    let error = prepare(&host, &Silent, &[want(GNU)], Options::default()).unwrap_err();
    assert_eq!(exit_of(&error), Exit::Interrupted);
}

/// Lays what cargo would build where it was told to.
fn play_cargo(cmd: &Cmd) -> Output {
    let dir = cmd.env.iter().find(|(k, _)| k == "CARGO_TARGET_DIR").unwrap().1.clone().unwrap();
    for name in ["std", "core", "alloc"] {
        write(&PathBuf::from(&dir).join(GNU).join("dist/deps").join(format!("lib{name}-1.rlib")), "");
    }
    Output { code: Some(0), ..Output::default() }
}

fn play_objects(cmd: &Cmd) -> Output {
    let at = cmd.args.iter().position(|a| a == "-o").unwrap();
    write(Path::new(&cmd.args[at + 1]), "");
    Output { code: Some(0), ..Output::default() }
}

/// A machine whose compiler is rustup's, and whose rustup can't download.
fn cut_off() -> (Machine, ScriptedHost) {
    let machine = Machine::new();
    write(&machine.path("toolchain/lib/rustlib/multirust-channel-manifest.toml"), "");
    let host = machine
        .host()
        .with_program("rustup", "/opt/rustup")
        .fails("rustup", 1, "info: syncing\nerror: could not download file")
        .says("cargo fetch", "")
        .on("cargo build", play_cargo);
    (machine, host)
}

#[test]
fn where_rustup_can_not_download_the_compilers_sources_are_built_and_later_runs_just_work() {
    let (machine, host) = cut_off();
    add_sources(&machine.active.sysroot);
    let host = host.on(&format!("{} --target", machine.active.path.display()), play_objects);
    let sink = Recorder::default();
    let ready = prepare(&host, &sink, &[want(GNU)], PROVISION).unwrap();
    assert!(ready[0].recipe.rustflags[0].starts_with("--sysroot="), "{ready:?}");
    assert!(ready[0].recipe.env.is_empty());
    let note = |e: &Event| matches!(e, Event::Note { text } if text.contains("could not download file"));
    assert!(sink.events().iter().any(note), "{:?}", sink.events());

    let again = prepare(&host, &Silent, &[want(GNU)], Options::default()).unwrap();
    assert_eq!(again, ready);
    assert_eq!(host.lines().iter().filter(|l| l.starts_with("cargo build")).count(), 1);
}

#[test]
fn rustups_own_comes_first() {
    let (machine, host) = cut_off();
    add_sources(&machine.active.sysroot);
    let sysroot = machine.active.sysroot.clone();
    let host = host.on("rustup target add", move |_| {
        add_std(&sysroot, GNU);
        Output { code: Some(0), ..Output::default() }
    });
    let ready = prepare(&host, &Silent, &[want(GNU)], PROVISION).unwrap();
    assert!(!ready[0].recipe.rustflags.iter().any(|f| f.starts_with("--sysroot")));
    assert!(!host.lines().iter().any(|l| l.starts_with("cargo build")));
}

#[test]
fn a_rustup_that_adds_nothing_is_not_believed() {
    let (_machine, host) = cut_off();
    let host = host.says("rustup target add", "");
    let found = problems(prepare(&host, &Silent, &[want(GNU)], PROVISION).unwrap_err());
    assert_eq!(found[0].id, "missing-std");
    assert!(found[0].what.contains("without a library in it"), "{}", found[0]);
    assert!(found[0].what.contains("no apt-get"), "{}", found[0]);
}

#[test]
fn the_distributions_compiler_is_last_and_needs_to_be_new_enough() {
    let (machine, host) = cut_off();
    let policy = "rustc-web:\n  Candidate: 1.96.0+dfsg1\nrust-web-src:\n  Candidate: 1.96.0+dfsg1\n";
    let host = host
        .with_program("apt-get", "/usr/bin/apt-get")
        .as_root()
        .says("apt-cache pkgnames", "")
        .says("apt-cache policy", policy)
        .fails("apt-get install", 100, "E: Unable to correct problems, you have held broken packages.");
    let found = problems(prepare(&host, &Silent, &[want(GNU)], PROVISION).unwrap_err());
    assert!(found[0].what.contains("could not download") && found[0].what.contains("held broken"), "{}", found[0]);
    let install = host.lines().into_iter().find(|l| l.starts_with("apt-get install")).unwrap();
    assert!(install.ends_with("rustc-web rust-web-src"), "{install}");

    let needy = Want { rust_version: Some(version("1.97.0")), ..want(GNU) };
    let found = problems(prepare(&host, &Silent, &[needy], PROVISION).unwrap_err());
    assert!(found[0].what.contains("1.96.0 is older than the rust-version 1.97.0"), "{}", found[0]);

    let host = host.with_env("RUSTC", machine.active.path.as_os_str());
    let found = problems(prepare(&host, &Silent, &[want(GNU)], PROVISION).unwrap_err());
    assert!(found[0].what.contains("RUSTC"), "{}", found[0]);
}

#[test]
fn missing_tools_are_installed_by_one_command_for_all_targets() {
    let machine = Machine::new();
    add_std(&machine.active.sysroot, GNU);
    add_std(&machine.active.sysroot, "i686-pc-windows-gnu");
    let host = machine
        .bare()
        .with_program("apt-get", "/usr/bin/apt-get")
        .as_root()
        .says("apt-cache policy", "gcc-mingw-w64-i686:\n  Candidate: 12\ngcc-mingw-w64-x86-64:\n  Candidate: 12\n")
        .says("apt-get install", "");
    let wants = [want(GNU), want("i686-pc-windows-gnu")];
    let found = problems(prepare(&host, &Silent, &wants, PROVISION).unwrap_err());
    assert_eq!(found.len(), 2, "the script installs nothing: believed is what is there");
    let installs: Vec<String> = host.lines().into_iter().filter(|l| l.starts_with("apt-get")).collect();
    assert_eq!(installs.len(), 1);
    assert!(installs[0].ends_with("gcc-mingw-w64-i686 gcc-mingw-w64-x86-64"), "{installs:?}");
}

#[test]
fn a_survey_tells_what_is_there_and_what_mends_the_rest() {
    let machine = Machine::new();
    let rows = survey(&machine.host(), &[want(GNU), want("i686-pc-windows-gnu")], None, false).unwrap();
    let short: Vec<String> =
        rows.iter().map(|r| format!("{} {} {}", r.target.as_deref().unwrap_or("-"), r.item, r.ok)).collect();
    assert_eq!(
        short,
        [
            "- compiler true",
            "- cargo true",
            "- host linker true",
            "x86_64-pc-windows-gnu back end true",
            "x86_64-pc-windows-gnu linker true",
            "x86_64-pc-windows-gnu objcopy true",
            "x86_64-pc-windows-gnu standard library false",
            "i686-pc-windows-gnu back end true",
            "i686-pc-windows-gnu linker false",
            "i686-pc-windows-gnu objcopy false",
            "i686-pc-windows-gnu standard library false",
            "- Wine true",
            "- PowerShell true",
        ]
    );
    assert!(rows.iter().filter(|r| !r.ok).all(|r| !r.fixes.is_empty()));
}
