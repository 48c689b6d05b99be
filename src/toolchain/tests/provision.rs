//! What changes the system: only after consent, shown before it runs, as root or by sudo, and no more than needed.

use super::*;
use crate::error::{Exit, Problem, exit_of};
use crate::event::{Event, Recorder, Silent, Sink};
use crate::host::{Host, Output};
use crate::toolchain::Options;
use crate::toolchain::provision::{Provisioner, Stop};
use std::sync::atomic::{AtomicUsize, Ordering};

const KNOWN: &str = "gcc-mingw-w64-x86-64:\n  Installed: (none)\n  Candidate: 12.2.0-14+25.2\n";

fn packages() -> [String; 1] {
    ["gcc-mingw-w64-x86-64".to_owned()]
}

fn debian() -> ScriptedHost {
    ScriptedHost::new("/")
        .with_program("apt-get", "/usr/bin/apt-get")
        .says("apt-cache policy", KNOWN)
        .says("apt-get install", "")
        .says("apt-get update", "")
        .as_root()
}

fn provisioner<'a>(host: &'a dyn Host, sink: &'a dyn Sink, yes: bool) -> Provisioner<'a> {
    Provisioner::new(host, sink, Options { yes, ..Options::default() })
}

fn problem(stop: Stop) -> Problem {
    match stop {
        Stop::Fatal(error) => error.downcast().unwrap(),
        Stop::Reason(reason) => panic!("{reason}"),
    }
}

fn reason(stop: Stop) -> String {
    match stop {
        Stop::Reason(reason) => reason,
        Stop::Fatal(error) => panic!("{error:#}"),
    }
}

#[test]
fn nothing_runs_without_consent() {
    let host = debian();
    let error = problem(provisioner(&host, &Silent, false).install(&packages()).unwrap_err());
    assert_eq!((error.id, error.exit), ("no-consent", Exit::ToolMissing));
    assert!(error.what.contains("apt-get install") && error.fixes[0].contains("--yes"), "{error:?}");
    let host = debian().answering(false);
    let error = problem(provisioner(&host, &Silent, false).install(&packages()).unwrap_err());
    assert_eq!(error.id, "declined");
    assert_eq!(host.lines(), ["apt-cache policy gcc-mingw-w64-x86-64"]);
}

#[test]
fn every_command_is_shown_and_apt_takes_no_more_than_needed() {
    let host = debian();
    let sink = Recorder::default();
    provisioner(&host, &sink, true).install(&packages()).unwrap();
    let shown = sink.events();
    assert_eq!(
        shown,
        [Event::Running {
            command:
                "DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get install -y --no-install-recommends --no-remove -o \
                      DPkg::Lock::Timeout=120 gcc-mingw-w64-x86-64"
                    .into(),
            verbose: false
        }]
    );
    assert_eq!(host.lines().len(), 2, "no update where the lists know it: {:?}", host.lines());
}

#[test]
fn the_lists_are_refreshed_when_they_know_nothing_or_are_old() {
    let host = debian().says("apt-cache policy", "");
    provisioner(&host, &Silent, true).install(&packages()).unwrap();
    let ran: Vec<String> = host.lines().iter().map(|l| l.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(ran, ["apt-cache policy", "apt-get update", "apt-cache policy", "apt-get install"]);

    let tries = AtomicUsize::new(0);
    let host = debian().on("apt-get install", move |_| {
        let code = if tries.fetch_add(1, Ordering::SeqCst) == 0 { 100 } else { 0 };
        Output { code: Some(code), stdout: Vec::new(), stderr: b"E: Failed to fetch x.deb  404  Not Found".to_vec() }
    });
    provisioner(&host, &Silent, true).install(&packages()).unwrap();
    let host =
        debian().fails("apt-get install", 100, "W: noise\nE: Packages need to be removed but remove is disabled.");
    let why = reason(provisioner(&host, &Silent, true).install(&packages()).unwrap_err());
    assert_eq!(why, "apt-get install: E: Packages need to be removed but remove is disabled.");
}

#[test]
fn one_answer_holds_for_the_whole_run() {
    let host = debian().answering(true).says("apt-cache policy", "");
    provisioner(&host, &Silent, false).install(&packages()).unwrap();
    assert_eq!(host.lines().iter().filter(|l| l.starts_with("apt-get")).count(), 2);
}

#[test]
fn who_is_not_root_uses_a_sudo_that_does_not_ask_or_is_told_what_to_run() {
    let user = || ScriptedHost::new("/").with_program("apt-get", "/usr/bin/apt-get").says("apt-cache policy", KNOWN);
    let host = user().says("sudo -n", "");
    provisioner(&host, &Silent, true).install(&packages()).unwrap();
    let lines = host.lines();
    let line = lines.last().unwrap();
    assert!(line.starts_with("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install -y"), "{line}");
    for host in [user(), user().fails("sudo -n true", 1, "sudo: a password is required")] {
        let why = reason(provisioner(&host, &Silent, true).install(&packages()).unwrap_err());
        assert!(why.contains("root") && why.contains("`sudo apt-get install"), "{why}");
        assert!(why.contains("gcc-mingw-w64-x86-64"));
        assert!(!host.lines().iter().any(|l| l.contains("apt-get install")));
    }
}

#[test]
fn a_command_that_takes_too_long_is_ended_and_interruption_ends_all() {
    let host = ScriptedHost::new("/").on("rustup", |_| Output::default());
    let why = reason(provisioner(&host, &Silent, true).rustup(&["target", "add", GNU]).unwrap_err());
    assert!(why.contains("ended after 300 s"), "{why}");
    assert!(host.commands()[0].timeout.is_some());
    let host = ScriptedHost::new("/").says("rustup", "");
    host.interrupt();
    match provisioner(&host, &Silent, true).rustup(&["target", "add", GNU]) {
        Err(Stop::Fatal(error)) => assert_eq!(exit_of(&error), Exit::Interrupted),
        other => panic!("{other:?}"),
    }
}
