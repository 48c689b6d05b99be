//! The scripts broken on purpose, at one place each: the way through a life notices every one. A test that no mistake can fail
//! proves nothing.

use crate::support::PowerShell;
use crate::world::{How, Photo, WELL, World, bundle, differences, disturbed, ends, results, service};
use serde_json::{Value, json};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What stands in the scripts, and what stands there instead.
const MUTANTS: [(&str, &str); 24] = [
    // What is compared, and how.
    ("if ($left[$i] -cne $right[$i]) { return $false }", ""),
    ("if ($numbers[0] -and $numbers[1]) {", "if ($false) {"),
    ("if ((Get-Hash (Read-Bytes $path)) -ne $listed[$file])", "if ($false)"),
    ("(Compare-Version $Bundle['version'] $state.Current.Version) -lt 0", "$false"),
    // What is refused.
    ("if (-not (Test-Elevated))", "if ($false)"),
    ("if ((Get-State $name).State -ne 0) {\r\n            if ($Adopt) {", "if ($false) {\r\n            if ($Adopt) {"),
    // What is set.
    ("if ($Values.ContainsKey($name)) { return $Values[$name] }", ""),
    (r#"'(\\*)"', '$1$1\"'"#, r#"'(\\*)"', '$1"'"#),
    ("$(if ($value -eq 'on') { '1' } else { '0' })", "'0'"),
    ("Set-Access $new $Access", ""),
    (
        "'D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;OW)'",
        "'D:(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;OW)'",
    ),
    ("foreach ($setting in $Dropped) { Set-Setting", "foreach ($setting in @()) { Set-Setting"),
    ("-or $ResetSettings -or -not $Kinds[$setting.Kind].Own) { continue }", "-or $true) { continue }"),
    // The transaction.
    ("if ($WhatIfPreference) { return $false }", "if ($WhatIfPreference) { return $true }"),
    ("    $null = $Journal.Entries.Add(@{ Kind = $Kind;", "    $null = @(@{ Kind = $Kind;"),
    ("    Add-Entry ([ordered]@{ kind = $Kind;", "    $null = ([ordered]@{ kind = $Kind;"),
    ("{ $Kinds[$_.Kind].Restart -and", "{ $false -and"),
    ("if ($illness -eq '') { break }", "break"),
    ("    Remove-Staging\r\n    Close-Journal", "    Close-Journal"),
    ("$left = Invoke-Undo\r\n        try", "$left = @()\r\n        try"),
    // Versions, and what stays.
    ("if ($kept -ccontains $path) { continue }", ""),
    ("$next.Former = @(Add-EditedConfigs $State.Current) + @($State.Former) }", "}"),
    ("if ($ours -and (Get-Entries $path).Count -eq 0) {", "if ($ours) {"),
    ("            Reset-Setting $setting.Kind $setting.Name $before", "            $null = $before"),
];

#[track_caller]
fn same(before: &Photo, world: &World) {
    assert_eq!(differences(before, &world.photo()), Vec::<String>::new());
}

/// From a first look to the removal, with what goes wrong on the way. Panics at the first thing that is not right.
fn life(shell: &mut PowerShell<'_>, change: &dyn Fn(String) -> String) {
    let world = World::new();
    let quoted = json!({"args": ["a \"b\"", "--port=${PORT}"], "urlAcl": ["http://+:${PORT}/"]});
    let unpack = |name: &str, version: &str, more: &Value, program: &str| {
        world.unpack_changed(name, &bundle(version, &[service("Agent", more)]), program, change);
    };
    unpack("one", "1.9.0", &quoted, WELL);
    unpack("two", "1.10.0", &json!({"description": "New."}), "well two");
    unpack("ill", "2.0.0", &json!({}), "ill");
    let fresh = world.photo();
    let install = |name: &str| world.script(&format!(r"C:\{name}\install.ps1"));

    ends(shell, &install("one").env("MODEL_ELEVATED", "0"), 740);
    ends(shell, &install("one").switch("WhatIf"), 0);
    same(&fresh, &world);
    fs::write(world.path(r"C:\one\sub\notes.txt"), "evil").unwrap();
    ends(shell, &install("one"), 23);
    fs::write(world.path(r"C:\one\sub\notes.txt"), "notes").unwrap();
    let key = r"SYSTEM\CurrentControlSet\Services\Agent";
    world.change(|m| m["registry"][key] = json!({"ImagePath": {"kind": "ExpandString", "value": "\"C:\\nssm.exe\""}}));
    let foreign = ends(shell, &install("one"), 1638);
    assert!(foreign.errors[0].message.contains(r#"not ours: it runs "C:\nssm.exe""#), "{foreign:#?}");
    world.change(|m| {
        m["registry"].as_object_mut().unwrap().remove(key);
    });
    // The power goes while files are copied, and is back.
    let whole = world.copy();
    results(shell, &whole.script(r"C:\one\install.ps1"), "Installed");
    let copied = whole.number(r"\notes.txt");
    ends(shell, &disturbed(install("one"), copied, How::Power), 1604);
    assert!(world.photo().keys().any(|name| name.contains("/versions/~")), "the copy is begun");
    let removed = world.copy();
    results(shell, &removed.script(r"C:\one\uninstall.ps1"), "NotInstalled");
    same(&fresh, &removed);
    results(shell, &install("one"), "Installed");
    assert!(world.runs("Agent"));
    let command = world.value("Agent", "ImagePath");
    assert!(command.as_str().unwrap().ends_with(r#"agent.exe" "a \"b\"" --port=8080"#), "{command}");
    assert_eq!(world.value("Agent", "Environment"), json!(["MODE=calm", "PORT=8080"]));
    let data = &world.machine()["access"][r"C:\ProgramData\Acme\acme"];
    assert_eq!(data, "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;OW)(A;OICI;0x1301bf;;;S-1-5-80-5-1-2-3-4)");
    results(shell, &install("one"), "Unchanged");
    let good = world.photo();
    world.change(|m| m["registry"][key]["Description"]["value"] = json!("Other."));
    ends(shell, &world.installed("status.ps1"), 1);
    results(shell, &install("one"), "Repaired");
    same(&good, &world);
    world.change(|m| m["registry"][key]["Start"]["value"] = json!(3));
    let chosen = world.photo();

    ends(shell, &install("ill"), 1603);
    same(&chosen, &world);
    // The power goes while settings change; the old version puts itself right.
    ends(shell, &disturbed(install("two"), 24, How::Power), 1604);
    ends(shell, &install("one"), 0);
    same(&chosen, &world);
    results(shell, &install("two"), "Upgraded");
    assert!(world.machine()["told"]["url:http://+:8080/"].is_null() && world.value("Agent", "Start") == 3);
    assert!(world.machine()["processes"].to_string().contains("1.10.0"));
    ends(shell, &install("one"), 1638);
    results(shell, &world.installed("rollback.ps1"), "RolledBack");
    same(&chosen, &world);
    fs::write(world.path(r"C:\ProgramData\Acme\acme\data.db"), "data").unwrap();
    results(shell, &world.installed("uninstall.ps1"), "Removed");
    fs::remove_file(world.path(r"C:\ProgramData\Acme\acme\data.db")).expect("data stays");
    let left = differences(&fresh, &world.photo());
    assert!(left.iter().all(|line| line.contains("ProgramData")), "{left:#?}");
}

/// Needs no engine: a mutant whose place has changed is no mutant.
#[test]
fn every_mutant_has_its_place() {
    let world = World::new();
    let scripts = std::cell::RefCell::new(String::new());
    world.unpack_changed("one", &bundle("1.0.0", &[service("Agent", &json!({}))]), WELL, &|script| {
        scripts.borrow_mut().push_str(&script);
        script
    });
    let scripts = scripts.into_inner();
    let lost: Vec<&str> = MUTANTS.iter().map(|(from, _)| *from).filter(|from| !scripts.contains(from)).collect();
    assert_eq!(lost, Vec::<&str>::new(), "no script holds these");
}

#[test]
fn every_mutant_is_noticed() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    life(&mut shell, &|script| script);
    let mut lived = Vec::new();
    for (from, to) in MUTANTS {
        let change = |script: String| script.replace(from, to);
        if catch_unwind(AssertUnwindSafe(|| life(&mut shell, &change))).is_ok() {
            lived.push(from);
        }
    }
    assert_eq!(lived, Vec::<&str>::new(), "nothing noticed these");
}
