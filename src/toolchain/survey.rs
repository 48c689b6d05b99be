//! Everything that targets need, found and tried, for a report. Looks afresh: nothing that was kept counts.

use super::probe::{self, CrossTools, Inventory, Tool, mingw_prefix};
use super::{Backend, Chosen, Gap, GapKind, Ready, Want, link_test, no_compiler, recipe, std_source, supply, xwin};
use crate::error::Problem;
use crate::host::{Cmd, Host, check_interrupt};
use crate::model::Env;
use serde::Serialize;
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

/// One thing that a target needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The target triple; absent for what all targets share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What it is: `compiler`, `cargo`, `back end`, `linker`, `objcopy`, `cargo-xwin`, `clang`, `Microsoft's files`, `zig`,
    /// `standard library`, `link test`, `target`, `Wine`, `PowerShell` and so on.
    pub item: &'static str,
    /// Nothing fails without it: builds of some crates or trying results out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
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
        Row { target, item, optional: false, ok: true, found: found.into(), fixes: Vec::new() }
    }

    fn bad(target: Option<&Want>, item: &'static str, problem: Problem) -> Self {
        let target = target.map(|w| w.target.to_string());
        Row { target, item, optional: false, ok: false, found: problem.what, fixes: problem.fixes }
    }

    /// What is good to have: missing, it is told and counts for nothing.
    fn optional(target: Option<&Want>, item: &'static str, tool: Option<String>, use_: &str) -> Self {
        let found = tool.unwrap_or_else(|| format!("not found; {use_}"));
        Row { optional: true, ..Row::good(target, item, found) }
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
    let says = |names: &[&str], arg: &str| names.iter().find_map(|name| first_line(host, name, arg));
    let on_windows = inventory.on_windows();
    if !on_windows {
        let packages = supply::HOST_LINKER_PACKAGES.join(" ");
        let why = format!("it links build scripts and procedural macros: sudo apt-get install {packages}");
        rows.push(Row::optional(None, "host linker", says(&[probe::HOST_LINKER], "--version"), &why));
    }
    for want in wants {
        of_target(host, want, &inventory, deep, &mut rows)?;
    }
    if !on_windows {
        rows.push(Row::optional(
            None,
            "Wine",
            says(&["wine", "wine64"], "--version"),
            "it runs results on this machine",
        ));
    }
    let powershell = says(&["pwsh", "powershell"], "--version");
    rows.push(Row::optional(None, "PowerShell", powershell, "it runs the install scripts on this machine"));
    Ok(rows)
}

/// What a program says of itself, and where it is.
fn first_line(host: &dyn Host, name: &str, arg: &str) -> Option<String> {
    let path = host.which(OsStr::new(name))?;
    let output = host.output(&Cmd::new(&path).arg(arg).timeout(Duration::from_secs(20))).ok()?;
    let text = output.text();
    (output.ok() && !text.is_empty())
        .then(|| format!("{}, {}", text.lines().next().unwrap_or_default(), path.display()))
}

fn of_target(
    host: &dyn Host,
    want: &Want,
    inventory: &Inventory,
    deep: bool,
    rows: &mut Vec<Row>,
) -> anyhow::Result<()> {
    let Chosen { backend, why } = match recipe::backend(want, inventory) {
        Ok(chosen) => chosen,
        Err(problem) => {
            rows.push(Row::bad(Some(want), "target", problem));
            return Ok(());
        }
    };
    let asked = if want.backend == crate::config::BackendChoice::Auto { "auto" } else { "as asked for" };
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    let why = format!("{} ({asked}){why}", backend.as_str());
    rows.push(Row::good(Some(want), "back end", why));
    let gaps = recipe::gaps(backend, want, inventory);
    let ready = gaps.is_empty();
    match backend {
        Backend::Mingw => mingw(host, want, inventory, gaps, rows),
        Backend::Native => native(host, want, inventory, gaps, rows),
        Backend::Xwin => msvc(want, inventory, &gaps, rows),
        Backend::Zig => zig(want, inventory, gaps, rows),
    }
    let Some(compiler) = &inventory.compiler else { return Ok(()) };
    match std_source::find(host, want, compiler) {
        Err(problem) => rows.push(Row::bad(Some(want), "standard library", problem)),
        Ok(std) => {
            rows.push(Row::good(Some(want), "standard library", std.to_string()));
            // Where rustc alone knows what links, nothing short of linking tells whether it is there.
            if ready && (deep || links_by_itself(want, inventory)) {
                let recipe = recipe::recipe(backend, want, inventory, compiler, &std);
                let ready = Ready { target: want.target.clone(), recipe };
                rows.push(match link_test::run(host, want, &ready, &std.compiler().unwrap_or(compiler).path)? {
                    Ok(what) => Row::good(Some(want), "link test", what),
                    Err(mut why) => {
                        why.fixes.splice(0..0, what_rustc_links_with(want, inventory));
                        Row::bad(Some(want), "link test", why)
                    }
                });
            }
        }
    }
    Ok(())
}

/// GNU's tools.
fn mingw(host: &dyn Host, want: &Want, inventory: &Inventory, mut gaps: Vec<Gap>, rows: &mut Vec<Row>) {
    let tools = inventory.cross.get(want.target.triple());
    let linker = match (&want.linker, tools.and_then(|t| t.gcc.as_ref())) {
        (Some(own), _) => inventory.linkers.get(own).map(|path| format!("{}, as configured", path.display())),
        (None, Some(gcc)) => Some(format!("{}{}, {}", gcc.version, thread_model(host, gcc), gcc.path.display())),
        (None, None) => None,
    };
    rows.push(found_or(want, "linker", linker, &mut gaps));
    objcopy(want, inventory, gaps, rows);
}

fn objcopy(want: &Want, inventory: &Inventory, mut gaps: Vec<Gap>, rows: &mut Vec<Row>) {
    let none = CrossTools::default();
    let tools = inventory.cross.get(want.target.triple()).unwrap_or(&none);
    rows.push(found_or(want, "objcopy", tools.objcopy.as_ref().map(shown), &mut gaps));
}

/// One gap names all tools that are missing: the first row has its fixes.
fn found_or(want: &Want, item: &'static str, found: Option<String>, gaps: &mut Vec<Gap>) -> Row {
    match found {
        Some(found) => Row::good(Some(want), item, found),
        None if !gaps.is_empty() => Row::bad(Some(want), item, gaps.remove(0).problem),
        None => {
            let what = format!("{item} for {} not found", mingw_prefix(&want.target));
            Row::bad(Some(want), item, Problem::new("missing-linker", what).fix(super::doctor_command(&want.target)))
        }
    }
}

/// Of Debian's two gccs the one for C++11 threads brings libwinpthread. A Rust program is the same with either.
fn thread_model(host: &dyn Host, gcc: &Tool) -> String {
    let output = host.output(&Cmd::new(&gcc.path).arg("-v").env("LC_ALL", "C").timeout(Duration::from_secs(20)));
    let said = output.map(|o| String::from_utf8_lossy(&o.stderr).into_owned()).unwrap_or_default();
    let model = said.lines().find_map(|l| l.strip_prefix("Thread model: "));
    model.map_or_else(String::new, |model| format!(", thread model {}", model.trim()))
}

fn links_by_itself(want: &Want, inventory: &Inventory) -> bool {
    want.linker.is_none() && inventory.on_windows()
}

/// Where rustc finds nothing to link with, this brings it.
fn what_rustc_links_with(want: &Want, inventory: &Inventory) -> Option<String> {
    let tools = match want.target.env() {
        _ if !links_by_itself(want, inventory) => return None,
        Env::Msvc => {
            "install Visual Studio's C++ build tools: https://rust-lang.github.io/rustup/installation/windows-msvc.html"
        }
        Env::Gnu => "put mingw-w64's gcc and binutils on PATH (MSYS2: pacman -S mingw-w64-x86_64-gcc)",
        Env::GnuLlvm => "put llvm-mingw's clang on PATH: https://github.com/mstorsjo/llvm-mingw",
    };
    Some(tools.to_owned())
}

fn native(host: &dyn Host, want: &Want, inventory: &Inventory, mut gaps: Vec<Gap>, rows: &mut Vec<Row>) {
    if links_by_itself(want, inventory) {
        rows.push(Row::good(Some(want), "linker", "the one that rustc finds; the link test tries it".to_owned()));
        if want.target.env() != Env::Msvc {
            objcopy(want, inventory, gaps, rows);
        }
        return;
    }
    if want.target.env() != Env::Msvc {
        return mingw(host, want, inventory, gaps, rows);
    }
    let linker = want.linker.as_ref().and_then(|own| inventory.linkers.get(own));
    rows.push(found_or(want, "linker", linker.map(|path| format!("{}, as configured", path.display())), &mut gaps));
}

/// LLVM's tools, cargo-xwin, and what it keeps.
fn msvc(want: &Want, inventory: &Inventory, gaps: &[Gap], rows: &mut Vec<Row>) {
    let gap = |kind: &[GapKind]| gaps.iter().find(|g| kind.contains(&g.kind)).map(|g| g.problem.clone());
    let llvm = &inventory.llvm;
    // One problem names all that are missing: the first row has it.
    let mut told = gap(&[GapKind::Llvm]);
    for (item, tool) in [("clang", &llvm.clang), ("lld-link", &llvm.lld_link), ("llvm-lib", &llvm.llvm_lib)] {
        rows.push(match tool {
            Some(tool) => Row::good(Some(want), item, shown(tool)),
            None => {
                let short = || Problem::new("missing-llvm", "not found").fix(super::doctor_command(&want.target));
                Row::bad(Some(want), item, told.take().unwrap_or_else(short))
            }
        });
    }
    let rc = llvm.llvm_rc.as_ref().map(shown);
    rows.push(Row::optional(Some(want), "llvm-rc", rc, "build scripts that compile resources need it"));
    rows.push(match (gap(&[GapKind::Xwin]), &inventory.xwin.tool) {
        (None, Some(tool)) => Row::good(Some(want), "cargo-xwin", shown(tool)),
        (problem, _) => Row::bad(
            Some(want),
            "cargo-xwin",
            problem.unwrap_or_else(|| Problem::new("missing-cargo-xwin", "not found")),
        ),
    });
    let Some(sdk) = inventory.sdk.get(want.target.triple()) else { return };
    rows.push(match &sdk.state {
        Err(gap) => Row::bad(Some(want), "Microsoft's files", gap.problem.clone()),
        Ok(filled) => {
            let version = |known: &Option<String>| known.clone().unwrap_or_else(|| "of unknown version".to_owned());
            let (sdk_version, crt) = (version(&filled.sdk_version), version(&filled.crt_version));
            let found = format!(
                "SDK {sdk_version}, C run-time {crt}, for {}, in {}",
                xwin::arch(&want.target),
                sdk.cache.display()
            );
            Row::good(Some(want), "Microsoft's files", found)
        }
    });
}

/// zig, cargo-zigbuild, and what splits debug information off.
fn zig(want: &Want, inventory: &Inventory, gaps: Vec<Gap>, rows: &mut Vec<Row>) {
    let (mut of_zig, others): (Vec<Gap>, Vec<Gap>) = gaps.into_iter().partition(|g| g.kind == GapKind::Zig);
    for (item, tool) in [("zig", &inventory.zig.zig), ("cargo-zigbuild", &inventory.zig.zigbuild)] {
        rows.push(found_or(want, item, tool.as_ref().map(shown), &mut of_zig));
    }
    objcopy(want, inventory, others, rows);
}

/// A tool's version and place. The LLVM tools that tell none say what they are.
fn shown(tool: &Tool) -> String {
    format!("{}, {}", tool.version.trim_start_matches("OVERVIEW: "), tool.path.display())
}
