//! GNU mingw-w64: gcc links, objcopy splits.

use super::super::probe::{CrossTools, Inventory, mingw_prefix};
use super::super::{Gap, GapKind, Want, doctor_command};
use super::Recipe;
use crate::error::{Exit, Problem};
use crate::formats::ToolVersion;
use crate::model::{Arch, Target};

/// The Debian package that brings the whole of it, or what is needed when nothing is built.
fn apt_package(want: &Want) -> &'static str {
    match (want.target.arch(), want.no_build) {
        (Arch::Aarch64, true) => "llvm",
        (Arch::I686, false) => "gcc-mingw-w64-i686",
        (Arch::X86_64 | Arch::Aarch64, false) => "gcc-mingw-w64-x86-64",
        (Arch::I686, true) => "binutils-mingw-w64-i686",
        (Arch::X86_64, true) => "binutils-mingw-w64-x86-64",
    }
}

/// What is missing.
pub(super) fn gaps(want: &Want, inventory: &Inventory) -> Vec<Gap> {
    let none = CrossTools::default();
    let tools = inventory.cross.get(want.target.triple()).unwrap_or(&none);
    let prefix = mingw_prefix(&want.target);
    let mut missing = Vec::new();
    match &want.linker {
        _ if want.no_build => {}
        Some(linker) if !inventory.linkers.contains_key(linker) => return vec![no_such_linker(want, linker)],
        Some(_) => {}
        None if tools.gcc.is_none() => missing.push(format!("{prefix}-gcc")),
        None => {}
    }
    missing.extend(missing_objcopy(want, tools));
    named(want, tools, &missing)
}

/// What splits debug information off, alone.
pub(super) fn symbol_gaps(want: &Want, inventory: &Inventory) -> Vec<Gap> {
    let none = CrossTools::default();
    let tools = inventory.cross.get(want.target.triple()).unwrap_or(&none);
    let missing: Vec<String> = missing_objcopy(want, tools).into_iter().collect();
    named(&Want { no_build: true, ..want.clone() }, tools, &missing)
}

fn missing_objcopy(want: &Want, tools: &CrossTools) -> Option<String> {
    let prefix = if is_llvm(&want.target) { "llvm" } else { mingw_prefix(&want.target) };
    tools.objcopy.is_none().then(|| format!("{prefix}-objcopy"))
}

/// GNU binutils of distributions have no ARM64 images.
fn is_llvm(target: &Target) -> bool {
    target.arch() == Arch::Aarch64
}

fn named(want: &Want, tools: &CrossTools, missing: &[String]) -> Vec<Gap> {
    if missing.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> = missing.iter().map(|m| format!("`{m}`")).collect();
    let broken: String = tools.broken.iter().map(|b| format!("; {b}")).collect();
    let id = if want.no_build { "missing-objcopy" } else { "missing-linker" };
    let problem = Problem::new(id, format!("{} not found{broken}; needed for {}", names.join(", "), want.target))
        .fix(doctor_command(&want.target))
        .fix(format!("sudo apt-get install --no-install-recommends {}", apt_package(want)))
        .fix(other_systems(&want.target))
        .exit(Exit::ToolMissing);
    vec![Gap { problem, kind: GapKind::Tools, package: Some(apt_package(want).to_owned()) }]
}

fn other_systems(target: &Target) -> String {
    let (fedora, suse) = match target.arch() {
        Arch::I686 => ("mingw32-gcc", "mingw32-cross-gcc"),
        Arch::X86_64 | Arch::Aarch64 => ("mingw64-gcc", "mingw64-cross-gcc"),
    };
    format!(
        "elsewhere: `dnf install {fedora}`, `pacman -S mingw-w64-gcc`, `apk add mingw-w64-gcc`, `zypper install {suse}`"
    )
}

/// The user's own linker is not there. Nothing of ours stands in for it.
pub(super) fn no_such_linker(want: &Want, linker: &str) -> Gap {
    let problem =
        Problem::new("missing-linker", format!("the linker `{linker}`, configured for {}, was not found", want.target))
            .fix(format!(
                "correct target.{}.linker in .cargo/config.toml or CARGO_TARGET_{}_LINKER",
                want.target,
                want.target.env_name()
            ))
            .exit(Exit::ToolMissing);
    Gap { problem, kind: GapKind::Final, package: None }
}

/// Adds the linker where cargo would not find it itself, C tools likewise, and the tools' versions.
pub(super) fn apply(recipe: &mut Recipe, want: &Want, inventory: &Inventory) {
    let Some(tools) = inventory.cross.get(want.target.triple()) else { return };
    let prefix = mingw_prefix(&want.target);
    if let Some(gcc) = &tools.gcc {
        if want.linker.is_none() {
            recipe.versions.push(ToolVersion { name: format!("{prefix}-gcc"), version: version_of(&gcc.version) });
        }
        // rustc knows the default name, the cc crate for the vendor `pc` alone: another target gets the machine's own `cc` from it (1.2.67).
        let is_plain = gcc.name == format!("{prefix}-gcc");
        if !is_plain && want.linker.is_none() {
            let key = format!("CARGO_TARGET_{}_LINKER", want.target.env_name());
            recipe.env.push((key, Some(gcc.path.display().to_string())));
        }
        let is_known = want.target.triple().contains("-pc-");
        if !is_plain || !is_known {
            choose(recipe, want, inventory, "CC", gcc.path.display().to_string());
        }
        if !is_known {
            choose(recipe, want, inventory, "CXX", format!("{prefix}-g++"));
            choose(recipe, want, inventory, "AR", format!("{prefix}-ar"));
        }
    }
    objcopy(recipe, want, inventory);
}

/// Names a tool for the cc crate, unless the user did.
fn choose(recipe: &mut Recipe, want: &Want, inventory: &Inventory, tool: &str, program: String) {
    let underscored = want.target.triple().replace('-', "_");
    let names = [format!("{tool}_{}", want.target), format!("{tool}_{underscored}"), format!("TARGET_{tool}")];
    if !names.iter().any(|name| inventory.cc_env.contains(name)) {
        recipe.env.push((format!("{tool}_{underscored}"), Some(program)));
    }
}

/// What splits debug information off.
pub(super) fn objcopy(recipe: &mut Recipe, want: &Want, inventory: &Inventory) {
    let Some(tools) = inventory.cross.get(want.target.triple()) else { return };
    let prefix = mingw_prefix(&want.target);
    if let Some(objcopy) = &tools.objcopy {
        recipe.objcopy = Some(objcopy.path.clone());
        let gnu = objcopy.name.starts_with(prefix);
        let name = if gnu { format!("{prefix}-binutils") } else { "llvm-objcopy".to_owned() };
        recipe.versions.push(ToolVersion { name, version: version_of(&objcopy.version) });
    }
}

/// `GNU objcopy (GNU Binutils) 2.40`, `x86_64-w64-mingw32-gcc (GCC) 12-win32` and `Debian LLVM version 19.1.7` without what comes
/// before the number.
pub(super) fn version_of(line: &str) -> String {
    let after = [") ", "LLVM version "].iter().filter_map(|mark| Some(line.rfind(mark)? + mark.len())).max();
    line[after.unwrap_or_default()..].trim().to_owned()
}
