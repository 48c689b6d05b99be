//! The generated PowerShell scripts, by PowerShell's own engine: parsed on Linux, run in Wine.
//!
//! It is PowerShell 7. What 5.1 lacks or does otherwise is not seen here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test may fail.

mod support;

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;
use support::{Job, Machine, PowerShell, Project, difference, free_port, get, link_or_copy_tree, package, unpack};

/// What the tests below rely on: values arrive as they are, streams apart, exit codes as pwsh gives them.
#[test]
fn the_host_tells_what_a_script_did() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("it's a [script].ps1");
    let text = "param($Text, [switch]$On) Write-Host h; Write-Warning w; Write-Verbose v -Verbose; Write-Error e; \
                [Console]::WriteLine('stray'); $env:ACME; $Text; [bool]$On; Split-Path -Leaf $PSScriptRoot; sh -c 'exit 9'; exit 5";
    std::fs::write(&file, text).unwrap();
    let hostile = "\"q\" 'a' `$x $(1) \\ -On 日本 😀\r\n";
    let job = Job::script(&file).parameter("Text", hostile).switch("On").env("ACME", "é");
    let ended = shell.run(&job);
    let leaf = folder.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(ended.output, vec![json!("é"), json!(hostile), json!(true), json!(leaf)]);
    assert_eq!((ended.exit, &ended.terminating, ended.timed_out), (5, &None, false));
    assert_eq!((ended.warnings, ended.verbose), (vec!["w".to_owned()], vec!["v".to_owned()]));
    let errors: Vec<_> = ended.errors.iter().map(|e| e.message.as_str()).collect();
    assert_eq!(errors, ["e"]);
    assert!(ended.host.starts_with("h\n"), "{}", ended.host);

    // The code of a program is not that of the script; an error that nobody catches is.
    let exit = |text: &str| Job::text(text);
    assert_eq!(shell.run(&exit("sh -c 'exit 9'")).exit, 0);
    let thrown = shell.run(&exit("function f { throw 'no' }; f; exit 3"));
    assert_eq!((thrown.exit, thrown.terminating.unwrap().message.as_str()), (1, "no"));
    // Nothing is left of the job before.
    assert_eq!(shell.run(&exit("$env:ACME; $x; $x = 1")).success().output, vec![json!(null), json!(null)]);
    let hidden = exit("Get-Date").before("function Get-Date { 'then' }");
    assert_eq!(shell.run(&hidden).output, vec![json!("then")]);
    let asked = shell.run(&exit("Read-Host"));
    assert!(asked.terminating.is_some() || !asked.errors.is_empty(), "{asked:?}");
    assert!(shell.run(&exit("Start-Sleep 60").limit(Duration::from_millis(300))).timed_out);
    assert!(shell.try_run(&exit("[Environment]::Exit(3)")).is_none(), "a killed script is seen");
    assert_eq!(shell.run(&exit("exit 4")).exit, 4);
}

const PROGRAM: &str = r"C:\Program Files\acme-agent";
const DATA: &str = r"C:\ProgramData\acme-agent";
const RUNNING: Option<u32> = Some(4);

/// The example's bundle, unpacked; packaged once for all tests.
fn example() -> &'static Path {
    static BUNDLE: OnceLock<(Project, PathBuf)> = OnceLock::new();
    let (_, top) = BUNDLE.get_or_init(|| {
        let project = Project::example();
        let top = unpack(&package(&project), &project.output().join("unpacked"));
        (project, top)
    });
    top
}

/// A machine with the example's bundle in a user's downloads.
fn machine_with_example() -> (Machine, String) {
    let machine = Machine::boot();
    let bundle = format!(r"C:\users\Public\My [downloads] (1)\{}", example().file_name().unwrap().to_str().unwrap());
    link_or_copy_tree(example(), &machine.path(&bundle), &|_| false);
    (machine, bundle)
}

/// Another version of the example in the machine, whose health is asked of a path; returns its folder.
fn next_version(machine: &Machine, version: &str, path: &str) -> String {
    let project = Project::example();
    let manifest = std::fs::read_to_string(project.manifest()).unwrap();
    let changed =
        manifest.replacen("version = \"2.4.0\"", &format!("version = \"{version}\""), 1).replace("/healthz", path);
    assert_ne!(changed, manifest);
    project.write("Cargo.toml", &changed);
    let lock = std::fs::read_to_string(project.dir().join("Cargo.lock")).unwrap();
    project.write("Cargo.lock", &lock.replacen("version = \"2.4.0\"", &format!("version = \"{version}\""), 1));
    let top = unpack(&package(&project), &project.output().join("unpacked"));
    let folder = format!(r"C:\users\Public\{version}");
    link_or_copy_tree(&top, &machine.path(&folder), &|_| false);
    folder
}

#[test]
fn the_example_parses_and_has_help() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let names = ["install.ps1", "rollback.ps1", "uninstall.ps1", "status.ps1"];
    let paths = names.map(|n| example().join(n));
    for (name, parsed) in names.iter().zip(shell.parse(&paths)) {
        assert_eq!(parsed.errors, [], "{name}");
    }
    for (name, path) in names.iter().zip(&paths) {
        let text = format!("Get-Help -Full '{}' | Out-String -Width 200", path.display());
        let help = shell.run(&Job::text(&text)).success();
        let help = help.output[0].as_str().unwrap().to_owned();
        assert!(help.contains("SYNOPSIS") && help.contains("exit code"), "{name}: {help}");
    }
}

#[test]
fn install_ps1_installs_and_uninstall_ps1_leaves_nothing() {
    if !PowerShell::is_in_wine() {
        return;
    }
    let (machine, bundle) = machine_with_example();
    let mut shell = PowerShell::in_machine(&machine);
    let before = machine.state();
    let port = free_port();
    let script = |name: &str| Job::script(format!(r"{bundle}\{name}"));

    let shown = shell.run(&script("install.ps1").parameter("Port", port).switch("WhatIf")).success();
    for said in [PROGRAM, DATA, "Set service", "Set running, to yes"] {
        assert!(shown.host.contains(said), "{said} is not in\n{}", shown.host);
    }
    assert_eq!(difference(&before, &machine.state()), Vec::<String>::new(), "-WhatIf changes nothing");
    assert_eq!(shell.run(&script("status.ps1")).exit, 3);

    let installed = shell.run(&script("install.ps1").parameter("Port", port)).success();
    assert_eq!(installed.errors, []);
    assert_eq!(installed.output[0]["Result"], "Installed");
    assert_eq!(installed.output[0]["Proven"], true);
    assert_eq!(machine.service_state("AcmeAgent"), RUNNING);
    assert_eq!(get(port, "/healthz").unwrap().body, "ok\n");
    let status = shell.run(&script("status.ps1")).success();
    // This engine may have no command that reads event logs, and Wine keeps none.
    let known = |line: &&Value| line["Key"] != "last errors" || !line["Actual"].to_string().contains("Get-WinEvent");
    assert!(status.output.iter().filter(known).all(|line| line["Same"] == true), "{status:#?}");

    let again = shell.run(&script("install.ps1").parameter("Port", port)).success();
    assert_eq!(again.output[0]["Result"], "Unchanged", "{again:#?}");

    // The next version answers; the one after it does not, and the services are as before.
    let next = next_version(&machine, "2.5.0", "/healthz");
    let upgraded = shell.run(&Job::script(format!(r"{next}\install.ps1"))).success();
    assert_eq!(upgraded.output[0]["Result"], "Upgraded", "{upgraded:#?}");
    assert_eq!(get(port, "/healthz").unwrap().body, "ok\n", "the port is kept");
    let image = |machine: &Machine| machine.value(r"HKLM\SYSTEM\CurrentControlSet\Services\AcmeAgent", "ImagePath");
    let good = image(&machine);
    let ill = next_version(&machine, "2.6.0", "/nowhere");
    let failed = shell.run(&Job::script(format!(r"{ill}\install.ps1")));
    assert_eq!(failed.exit, 1603, "{failed:#?}");
    assert!(
        failed.errors[0].message.contains("404") && failed.errors[0].message.contains("Everything was undone"),
        "{failed:#?}"
    );
    assert_eq!((image(&machine), machine.service_state("AcmeAgent")), (good.clone(), RUNNING));
    assert_eq!(get(port, "/healthz").unwrap().body, "ok\n");
    let back = shell.run(&Job::script(format!(r"{next}\rollback.ps1"))).success();
    assert_eq!(
        (&back.output[0]["Result"], &back.output[0]["Version"]),
        (&json!("RolledBack"), &json!("2.4.0")),
        "{back:#?}"
    );
    assert_ne!(image(&machine), good);
    assert_eq!(get(port, "/healthz").unwrap().body, "ok\n");

    let with_service = machine.state();
    let shown = shell.run(&script("uninstall.ps1").switch("Purge").switch("WhatIf")).success();
    assert!(shown.host.contains("Remove service"), "{}", shown.host);
    assert_eq!(difference(&with_service, &machine.state()), Vec::<String>::new(), "-WhatIf changes nothing");

    let removed = shell.run(&script("uninstall.ps1").switch("Purge")).success();
    for folder in [next, ill] {
        std::fs::remove_dir_all(machine.path(&folder)).unwrap();
    }
    assert_eq!(removed.errors, []);
    assert_eq!(removed.output[0]["Result"], "Removed");
    assert!(get(port, "/healthz").is_none());
    assert_eq!(difference(&before, &machine.state()), Vec::<String>::new());

    // Against the grammar of no tool.
    let refused: Vec<_> = machine.calls().into_iter().filter(|c| matches!(c.code, 2 | 87 | 123 | 1639)).collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn a_step_that_fails_is_undone_by_install_ps1() {
    if !PowerShell::is_in_wine() {
        return;
    }
    let (machine, bundle) = machine_with_example();
    let mut shell = PowerShell::in_machine(&machine);
    let before = machine.state();
    let install = Job::script(format!(r"{bundle}\install.ps1")).parameter("Port", free_port());
    let calls = [
        // What can't be read is found before anything has changed.
        ("icacls C:\\ProgramData", false),
        ("icacls C:\\ProgramData*/restore", true),
        ("icacls C:\\Program Files*/restore", true),
        ("sc create", true),
        ("sc failure AcmeAgent", true),
        ("sc start", true),
    ];
    for (call, changed) in calls {
        machine.order_failure(call, 5);
        let failed = shell.run(&install);
        machine.forget_failures();
        assert_eq!(failed.exit, 1603, "{call}: {failed:#?}");
        let undone = failed.errors[0].message.contains("Everything was undone");
        assert_eq!(undone, changed, "{call}: {failed:#?}");
        assert!(machine.calls().iter().any(|c| c.code == 5), "{call} was never made");
        std::fs::remove_file(machine.path(r"C:\standins.log")).unwrap();
        assert_eq!(difference(&before, &machine.state()), Vec::<String>::new(), "{call}: {failed:#?}");
    }
    // A program of the bundle says why.
    let project = Project::example();
    project.write("step.cmd", "@echo checking %1\r\n@set /p x=\r\n@echo the schema is locked 1>&2\r\n@exit 7\r\n");
    project.edit("assets = [\"$auto\", ", "assets = [\"$auto\", \"step.cmd\", ");
    let manifest = std::fs::read_to_string(project.manifest()).unwrap();
    let hook = "\n[package.metadata.winsvc.install.hooks]\npost-install = [\"step.cmd\", \"${PORT}\"]\n";
    project.write("Cargo.toml", &(manifest + hook));
    let top = unpack(&package(&project), &project.output().join("unpacked"));
    let folder = r"C:\users\Public\with a step";
    link_or_copy_tree(&top, &machine.path(folder), &|_| false);
    let before = machine.state();
    let failed = shell.run(&Job::script(format!(r"{folder}\install.ps1")).parameter("Port", 8099));
    assert_eq!(failed.exit, 1603, "{failed:#?}");
    let message = failed.errors[0].message.replace("\r\n", "|");
    for part in [
        "postInstall failed",
        "ended with code 7",
        "It said: checking 8099",
        "the schema is locked",
        "Everything was undone",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert_eq!(difference(&before, &machine.state()), Vec::<String>::new(), "{failed:#?}");
    // Parts by themselves. What tells links is seen to work on what is none: Wine shows no file as a reparse point.
    let script = std::fs::read_to_string(top.join("status.ps1")).unwrap();
    let function = |name: &str| {
        let start = script.find(&format!("function {name}(")).unwrap();
        let end = start + script[start..].find("\r\n}\r\n").unwrap() + 5;
        script[start..end].to_owned()
    };
    let tag = function("Get-ReparseTag") + r"Get-ReparseTag 'C:\windows\win.ini'";
    assert_eq!(shell.run(&Job::text(&tag)).success().output, [json!(0)]);
    // A program that hangs, or leaves something running, keeps its output open; what it has said is told all the same.
    let lingering = "@echo before\r\n@start /b ping -n 60 127.0.0.1 >nul\r\n@exit 3\r\n";
    let hanging = "@echo before\r\n@ping -n 60 127.0.0.1\r\n";
    for (text, code) in [(lingering, 3), (hanging, 1460)] {
        std::fs::write(machine.path(r"C:\test\program.cmd"), text).unwrap();
        let run = ["ConvertTo-Argument", "ConvertTo-BatchArgument", "Invoke-Program"].map(function).concat()
            + "function Wait-Moment($Milliseconds) { Start-Sleep -Milliseconds $Milliseconds }\r\n"
            + "$clock = [Diagnostics.Stopwatch]::StartNew()\r\n"
            + r"$ended = Invoke-Program 'C:\test\program.cmd' @() 3000; $ended.Code; $ended.Said; $clock.ElapsedMilliseconds";
        let told = shell.run(&Job::text(&run)).success().output;
        assert_eq!(told[0], json!(code), "{told:#?}");
        assert!(told[1].as_str().unwrap().starts_with("before"), "{told:#?}");
        assert!(told[2].as_u64().unwrap() < 20_000, "{told:#?}");
    }
}

/// Files of a machine that hold a text, in any of the ways in which Windows writes it.
fn holders(machine: &Machine, text: &str) -> Vec<String> {
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let root = machine.path(r"C:\").join("..");
    let holds = |path: &Path| {
        let bytes = std::fs::read(path).unwrap_or_default();
        [text.as_bytes(), &utf16].iter().any(|form| bytes.windows(form.len()).any(|part| part == *form))
    };
    let files = walkdir::WalkDir::new(&root).into_iter().filter_map(Result::ok).filter(|e| e.file_type().is_file());
    files.filter(|e| holds(e.path())).map(|e| e.path().strip_prefix(&root).unwrap().display().to_string()).collect()
}

#[test]
fn config_files_and_secrets_lie_where_the_service_reads_them() {
    if !PowerShell::is_in_wine() {
        return;
    }
    let machine = Machine::boot();
    let version = |number: &str, level: &str| {
        let project = Project::example();
        project.edit("version = \"2.4.0\"", &format!("version = \"{number}\""));
        project.edit("dest = \"config/agent.conf\" }", "dest = \"config/agent.conf\", config = true }");
        project.edit(
            "[package.metadata.winsvc.parameters.PORT]",
            "[package.metadata.winsvc.parameters.TOKEN]\nsecret = true\n\n[package.metadata.winsvc.parameters.PORT]",
        );
        project.write("config/agent.conf", level);
        let lock = std::fs::read_to_string(project.dir().join("Cargo.lock")).unwrap();
        project.write("Cargo.lock", &lock.replacen("version = \"2.4.0\"", &format!("version = \"{number}\""), 1));
        let top = unpack(&package(&project), &project.output().join("unpacked"));
        let folder = format!(r"C:\users\Public\{number}");
        link_or_copy_tree(&top, &machine.path(&folder), &|_| false);
        Job::script(format!(r"{folder}\install.ps1"))
    };
    let (one, two) = (version("2.4.0", "level = 1\n"), version("2.5.0", "level = 2\n"));
    let mut shell = PowerShell::in_machine(&machine);
    let before = machine.state();
    let refused = shell.run(&one);
    assert_eq!(refused.exit, 87, "{refused:#?}");
    assert!(refused.errors[0].message.contains("TOKEN must be given"), "{refused:#?}");
    assert_eq!(difference(&before, &machine.state()), Vec::<String>::new());

    let secret = "pa\"ss$1-日-QwZxKv";
    let secure = json!({"$ps": format!("(ConvertTo-SecureString '{secret}' -AsPlainText -Force)")});
    let log = r"C:\users\Public\install.log";
    let port = free_port();
    let given = one.parameter("TOKEN", secure).parameter("Port", port).parameter("LogPath", log).switch("Verbose");
    let installed = shell.run(&given).success();
    assert_eq!((&installed.output[0]["Result"], installed.errors.len()), (&json!("Installed"), 0), "{installed:#?}");
    assert!(!format!("{installed:?}").contains("QwZxKv"), "{installed:#?}");
    let file = format!(r"{DATA}\secrets\TOKEN");
    assert_eq!(std::fs::read_to_string(machine.path(&file)).unwrap(), secret);
    assert_eq!(holders(&machine, "QwZxKv"), [file.replace(r"C:\", "drive_c/").replace('\\', "/")]);
    let access = machine.acl(&format!(r"{DATA}\secrets")).unwrap();
    assert!(access.starts_with("D:P") && access.contains(";;;S-1-5-80-") && !access.contains(";;;BU)"), "{access}");
    let environment = machine.value(r"HKLM\SYSTEM\CurrentControlSet\Services\AcmeAgent", "Environment").unwrap();
    assert!(
        format!("{environment:?}").contains(&format!("TOKEN_FILE={}", file.replace('\\', r"\\"))),
        "{environment:?}"
    );

    // It need not be given again; an edited file stays, and the new one lies beside it.
    let config = machine.path(&format!(r"{DATA}\config\agent.conf"));
    let beside = machine.path(&format!(r"{DATA}\config\agent.conf.new"));
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "level = 1\n");
    std::fs::write(&config, "level = 9\n").unwrap();
    let upgraded = shell.run(&two).success();
    assert_eq!(upgraded.output[0]["Result"], "Upgraded", "{upgraded:#?}");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "level = 9\n");
    assert_eq!(std::fs::read_to_string(&beside).unwrap(), "level = 2\n");
    assert_eq!(std::fs::read_to_string(machine.path(&file)).unwrap(), secret);
    let script = |name: &str| Job::script(format!(r"C:\users\Public\2.5.0\{name}"));
    let back = shell.run(&script("rollback.ps1")).success();
    assert_eq!(back.output[0]["Result"], "RolledBack", "{back:#?}");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "level = 9\n");
    assert!(!beside.exists());

    let removed = shell.run(&script("uninstall.ps1")).success();
    assert_eq!((&removed.output[0]["Result"], config.exists()), (&json!("Removed"), true), "{removed:#?}");
    assert_eq!(holders(&machine, "QwZxKv"), Vec::<String>::new());
    std::fs::remove_file(machine.path(log)).unwrap();
    std::fs::remove_dir_all(machine.path(DATA)).unwrap();
    assert_eq!(difference(&before, &machine.state()), Vec::<String>::new());
}
