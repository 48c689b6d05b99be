//! Every rendered PowerShell script, by its syntax tree: only what Windows PowerShell 5.1 has, nothing that makes code of text,
//! and no value outside the data block, for any configuration.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test that cannot go on has failed.

mod support;

#[path = "script_syntax/allowed.rs"]
mod allowed;
#[path = "script_syntax/rules.rs"]
mod rules;

use cargo_winsvc::render::RenderInput;
use proptest::prelude::*;
use rules::faults;
use support::rendered::{PS1, any_input, bare, powershell, rich, script, scripts, small};

/// Functions that a script calls in shared code and does not define.
fn unreached(name: &str) -> &'static [(&'static str, &'static [&'static str])] {
    // Scripts share files with functions that call these, and call none of those functions themselves: only install.ps1 copies a
    // version, and status.ps1 changes nothing.
    match name {
        "install.ps1" => &[],
        "status.ps1" => &[
            ("Get-ExePath", &[]),
            ("Write-Talk", &[]),
            ("Reset-Journal", &[]),
            ("Set-Setting", &[]),
            ("Test-Origin", &[]),
        ],
        _ => &[("Test-Origin", &[])],
    }
}

#[test]
fn every_script_keeps_the_rules() {
    for input in [small(), rich("x")] {
        for name in PS1 {
            let found = faults(&mut powershell(), &script(&input, name), unreached(name));
            assert!(found.is_empty(), "{name}:\n{}", found.join("\n"));
        }
    }
}

/// A script in three parts: what stands before the data block, the block, and what stands after it.
fn parts(text: &str) -> [&str; 3] {
    let (before, rest) = text.split_once("# ---- data:").unwrap();
    // The block's own texts are quoted: its end is the first one at the start of a line that no text can hold.
    let (data, after) = rest.split_once("# ---- end of data").unwrap();
    [before, data, after]
}

/// What is wrong with the scripts of a configuration.
fn faults_of(input: &RenderInput) -> Vec<String> {
    let (texts, plain) = (scripts(input), scripts(&bare(input)));
    let mut parser = powershell();
    let mut found = Vec::new();
    for ((name, text), same) in PS1.iter().zip(&texts).zip(&plain) {
        found.extend(faults(&mut parser, text, unreached(name)).into_iter().map(|fault| format!("{name}: {fault}")));
        let ([before, _, after], [same_before, _, same_after]) = (parts(text), parts(same));
        for (part, other) in [(before, same_before), (after, same_after)] {
            let differs = part.lines().zip(other.lines()).find(|(line, other)| line != other);
            if part != other {
                found.push(format!("{name}: a value outside the data block: {differs:?}"));
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]
    /// Two configurations a case, side by side: it is the parser's time.
    #[test]
    fn no_value_stands_outside_the_data_block(one in any_input(), other in any_input()) {
        let found = std::thread::scope(|scope| {
            let other = scope.spawn(|| faults_of(&other));
            [faults_of(&one), other.join().unwrap()].concat()
        });
        prop_assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

#[test]
fn what_is_not_allowed_is_found() {
    let bad: &[(&str, &str)] = &[
        ("$a = $b ? 1 : 2", "not understood"),
        ("$a = $b ?? 1", "line 1"),
        ("$a ??= 1", "line 1"),
        ("$a = $b?.Length", "not understood"),
        ("$a = ${b}?.Length", "line 1"),
        ("Get-Process && Write-Verbose 'x'", "a chain"),
        ("Get-Process || Write-Verbose 'x'", "a chain"),
        ("Start-Sleep -Milliseconds 1 &", "line 1"),
        ("1, 2 | ForEach-Object -Parallel { $_ }", "-Parallel"),
        ("ConvertFrom-Json '{}' -AsHashtable", "-AsHashtable"),
        ("Remove-Service -Name x", "not on the list"),
        ("Get-Uptime", "not on the list"),
        ("function Get-Process { }", "hides a command"),
        ("Invoke-Expression $a", "not on the list"),
        ("iex $a", "not on the list"),
        ("[scriptblock]::Create($a)", "code made of text"),
        ("[System.Management.Automation.ScriptBlock]::Create($a)", "code made of text"),
        ("[powershell]::Create().AddScript($a)", "code made of text"),
        ("$ExecutionContext.InvokeCommand.InvokeScript($a)", "a member"),
        ("$a.$b()", "computed"),
        ("& \"Get-$a\" 'x'", "calls what"),
        ("& 'cmd.exe' '/c' $a", "calls what"),
        ("& $a", "calls what"),
        ("& (Get-Process $a)", "calls what"),
        (". $a", "calls what"),
        ("cmd.exe /c $a", "not on the list"),
        ("Set-Alias x y", "not on the list"),
        ("gps | % { $_ }", "not on the list"),
        ("Write-Verbose `\n 'x'", "backtick"),
        ("Write-Ver`bose 'x'", "line 1"),
        ("New-Object @x", "parameters out of a table"),
        ("Write-Verbose \"$(Invoke-Expression $a)\"", "Invoke-Expression"),
        ("$a = \"`u{1F600}\"", "an escape"),
        ("if ($IsWindows) { }", "a variable"),
        ("$a = [Convert]::ToHexString($b)", "a member"),
        ("function A { param([ValidateNotNullOrWhiteSpace()]$a) }", "an attribute"),
        ("function A { Write-Verbose 'x'", "not understood"),
        ("function A($x) { }\nA -y 1", "-y"),
        ("$a = 'x", "not understood"),
    ];
    let silent: Vec<_> = bad
        .iter()
        .map(|(text, says)| (text, says, faults(&mut powershell(), &format!("{text}\n"), &[])))
        .filter(|(_, says, found)| !found.iter().any(|f| f.contains(*says)))
        .collect();
    assert!(silent.is_empty(), "{silent:#?}");
    // The same places with nothing wrong in them.
    let good = "function A($x) { & $add $x }\nA -x 1\n$a = \"`n$(Get-Process -Id 1)\"\n# `iex`\n";
    assert_eq!(faults(&mut powershell(), good, &[]), Vec::<String>::new());
}

/// A value that gets out of its place in a template, in a script that the rules then judge.
#[test]
fn a_value_outside_its_place_is_found() {
    let good = script(&small(), "install.ps1");
    for put in ["; Invoke-Expression $env:X #", "\n& $env:X\n", "\n[scriptblock]::Create($env:X)\n"] {
        let broken = good.replacen("# ---- end of data", &format!("{put}\n# ---- end of data"), 1);
        assert!(!faults(&mut powershell(), &broken, &[]).is_empty(), "{put}");
    }
    assert_ne!(parts(&good)[2], parts(&good.replacen("$code = ", "$code = 1 + ", 1))[2]);
}

/// What the test on a real Windows uses besides, all in 5.1.
const RUNNER: &[(&str, &[&str])] = &[
    ("Expand-Archive", &["-LiteralPath", "-DestinationPath"]),
    ("Get-ChildItem", &["-Filter", "-Directory", "-Recurse", "-Force"]),
    ("Get-FileHash", &["-Algorithm", "-LiteralPath"]),
    ("Get-ItemProperty", &["-Path"]),
    ("Get-Service", &["-Name"]),
    ("Invoke-WebRequest", &["-Uri", "-UseBasicParsing", "-TimeoutSec"]),
    ("Join-Path", &[]),
    ("Test-Path", &[]),
    ("Write-Host", &[]),
];

#[test]
fn the_runner_for_windows_keeps_the_rules() {
    let text = std::fs::read_to_string(support::repo().join("tests/windows/runner.ps1")).unwrap();
    assert_eq!(faults(&mut powershell(), &text, RUNNER), Vec::<String>::new());
    assert!(text.is_ascii(), "5.1 reads a file without a byte-order mark in the code page of the machine");
}
