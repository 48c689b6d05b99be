//! Everything that targets need, found and tried, for a report. Looks afresh: nothing that was kept counts.

use super::probe::{self, CrossTools, Inventory, mingw_prefix};
use super::{Backend, Ready, Want, no_compiler, recipe, std_source};
use crate::error::Problem;
use crate::host::{Cmd, Host, check_interrupt};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// One thing that a target needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The target triple; absent for what all targets share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What it is: `compiler`, `cargo`, `linker`, `binutils`, `standard library`, `link test`, `target`.
    pub item: &'static str,
    /// It is there and works.
    pub ok: bool,
    /// What was found, or what is wrong.
    pub found: String,
    /// What mends it, when it is not: commands, one each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<String>,
}

impl Row {
    fn good(target: Option<&Want>, item: &'static str, found: impl Into<String>) -> Self {
        let target = target.map(|w| w.target.to_string());
        Row { target, item, ok: true, found: found.into(), fixes: Vec::new() }
    }

    fn bad(target: Option<&Want>, item: &'static str, problem: Problem) -> Self {
        let target = target.map(|w| w.target.to_string());
        Row { target, item, ok: false, found: problem.what, fixes: problem.fixes }
    }
}

/// Looks at everything, and tries it. `deep` compiles and links a program for each target.
///
/// # Errors
/// Interruption.
pub fn survey(host: &dyn Host, wants: &[Want], rustc: Option<&Path>, deep: bool) -> anyhow::Result<Vec<Row>> {
    let inventory = probe::inventory_for(host, wants, true, rustc);
    check_interrupt(host)?;
    let mut rows = Vec::new();
    rows.push(match &inventory.compiler {
        Some(compiler) => Row::good(None, "compiler", format!("{}, {}", compiler.title(), compiler.path.display())),
        None => Row::bad(None, "compiler", no_compiler(host)),
    });
    rows.push(match &inventory.cargo {
        Some(cargo) => Row::good(None, "cargo", format!("{}, {}", cargo.version, cargo.path.display())),
        None => Row::bad(
            None,
            "cargo",
            Problem::new("no-cargo", "cargo was not found").fix("install Rust: https://rustup.rs"),
        ),
    });
    for want in wants {
        of_target(host, want, &inventory, deep, &mut rows)?;
    }
    Ok(rows)
}

fn of_target(
    host: &dyn Host,
    want: &Want,
    inventory: &Inventory,
    deep: bool,
    rows: &mut Vec<Row>,
) -> anyhow::Result<()> {
    let backend = match recipe::backend(want, inventory) {
        Ok(chosen) => chosen.backend,
        Err(problem) => {
            rows.push(Row::bad(Some(want), "target", problem));
            return Ok(());
        }
    };
    let mut gaps = recipe::gaps(backend, want, inventory);
    let none = CrossTools::default();
    let tools = inventory.cross.get(want.target.triple()).unwrap_or(&none);
    let linker = match (&want.linker, &tools.gcc) {
        (Some(own), _) => inventory.linkers.get(own).map(|path| format!("{}, as configured", path.display())),
        (None, Some(gcc)) => Some(format!("{}, {}", gcc.version, gcc.path.display())),
        (None, None) => None,
    };
    let binutils = match (&tools.objcopy, &tools.strip) {
        (Some(objcopy), Some(strip)) => {
            Some(format!("{}, {}, {}", objcopy.version, objcopy.path.display(), strip.path.display()))
        }
        _ => None,
    };
    let mut ready = true;
    for (item, found) in [("linker", linker), ("binutils", binutils)] {
        rows.push(match found {
            Some(found) => Row::good(Some(want), item, found),
            None => {
                ready = false;
                let fallback = || {
                    let what = format!("{item} for {} not found", mingw_prefix(&want.target));
                    Problem::new("missing-linker", what).fix(super::doctor_command(&want.target))
                };
                // One gap names all tools that are missing: the first row has its fixes.
                Row::bad(Some(want), item, if gaps.is_empty() { fallback() } else { gaps.remove(0).problem })
            }
        });
    }
    let Some(compiler) = &inventory.compiler else { return Ok(()) };
    match std_source::find(host, want, compiler) {
        Err(problem) => rows.push(Row::bad(Some(want), "standard library", problem)),
        Ok(std) => {
            rows.push(Row::good(Some(want), "standard library", std.to_string()));
            if ready && deep {
                let recipe = recipe::recipe(backend, want, inventory, compiler, &std);
                let ready = Ready { target: want.target.clone(), recipe };
                let with = std.compiler().unwrap_or(compiler);
                rows.push(match link(host, want, &ready, &with.path)? {
                    Ok(what) => Row::good(Some(want), "link test", what),
                    Err(why) => Row::bad(Some(want), "link test", why),
                });
            }
        }
    }
    Ok(())
}

/// Compiles and links three lines, and looks at what comes out.
fn link(host: &dyn Host, want: &Want, ready: &Ready, rustc: &Path) -> anyhow::Result<Result<String, Problem>> {
    let dir = tempfile::tempdir()?;
    let source = dir.path().join("link_test.rs");
    std::fs::write(&source, "fn main() {\n    println!(\"{:?}\", std::env::args());\n}\n")?;
    let exe = dir.path().join("link_test.exe");
    let mut cmd = Cmd::new(rustc)
        .args(["--edition=2021", "--target", want.target.triple()])
        .args(ready.recipe.rustflags.iter())
        .arg("-o")
        .arg(&exe)
        .arg(&source)
        .timeout(Duration::from_secs(120));
    let configured = format!("CARGO_TARGET_{}_LINKER", want.target.env_name());
    let ours = ready.recipe.env.iter().find(|(key, _)| *key == configured).and_then(|(_, value)| value.clone());
    if let Some(linker) = want.linker.clone().or(ours) {
        cmd = cmd.arg(format!("-Clinker={linker}"));
    }
    let output = host.output(&cmd)?;
    check_interrupt(host)?;
    let head = std::fs::read(&exe).unwrap_or_default();
    if output.ok() && head.starts_with(b"MZ") {
        let by = if ready.recipe.backend == Backend::Mingw { "mingw" } else { "its own linker" };
        return Ok(Ok(format!("a program of {} bytes was linked by {by}", head.len())));
    }
    let why = output.tail(3).replace('\n', " ");
    Ok(Err(Problem::new("link-test", format!("a program of three lines can't be linked: {why}")).fix(cmd.display())))
}
