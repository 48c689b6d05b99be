//! The generated PowerShell scripts, by PowerShell's own engine: parsed on Linux, run in Wine.
//!
//! It is PowerShell 7. What 5.1 lacks or does otherwise is not seen here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test may fail.

mod support;

use serde_json::json;
use std::time::Duration;
use support::{Job, PowerShell};

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
