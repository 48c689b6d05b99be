//! Microsoft's CRT and SDK, by cargo-xwin: clang-cl compiles C, lld-link links.

use super::super::probe::Inventory;
use super::super::{Gap, GapKind, Want, doctor_command};
use super::Recipe;
use crate::error::{Exit, Problem};
use crate::formats::ToolVersion;
use std::path::PathBuf;

/// What is missing.
pub(super) fn gaps(want: &Want, inventory: &Inventory) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let llvm = &inventory.llvm;
    let missing = llvm.missing();
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|m| format!("`{m}`")).collect();
        let broken: String = llvm.broken.iter().map(|b| format!("; {b}")).collect();
        let what = format!(
            "{} not found (nor with -14 to -24 behind it, nor in /usr/lib/llvm-*/bin){broken}: clang compiles C, lld-link links {}",
            names.join(", "),
            want.target
        );
        let problem = Problem::new("missing-llvm", what)
            .fix(doctor_command(&want.target))
            .fix("sudo apt-get install --no-install-recommends clang-19 lld-19 llvm-19")
            .fix("elsewhere: `dnf install clang lld llvm`, `pacman -S clang lld llvm`, `apk add clang lld llvm`, `zypper install clang lld llvm`")
            .exit(Exit::ToolMissing);
        gaps.push(Gap { problem, kind: GapKind::Llvm, package: None });
    }
    if let Some(problem) = inventory.xwin.problem(&want.target) {
        gaps.push(Gap { problem, kind: GapKind::Xwin, package: None });
    }
    if let Some(Err(gap)) = inventory.sdk.get(want.target.triple()).map(|sdk| &sdk.state) {
        let kind = if gap.fillable { GapKind::Sdk } else { GapKind::Final };
        gaps.push(Gap { problem: gap.problem.clone(), kind, package: None });
    }
    gaps
}

/// Takes over what cargo-xwin sets, links through our own program, and notes the versions.
pub(super) fn apply(recipe: &mut Recipe, want: &Want, inventory: &Inventory) {
    let linker = format!("CARGO_TARGET_{}_LINKER", want.target.env_name());
    if let Some(sdk) = inventory.sdk.get(want.target.triple())
        && let Ok(filled) = &sdk.state
    {
        for (name, value) in &filled.env {
            // The user's own linker stays; else compile names our script.
            if *name != linker {
                recipe.env.push((name.clone(), Some(value.clone())));
            }
        }
        recipe.rustflags.extend(filled.rustflags.iter().cloned());
        recipe.folders.push((sdk.cache.clone(), "/xwin".to_owned()));
        let mut version = |name: &str, there: &Option<String>, wanted: &str| {
            let version = there.clone().unwrap_or_else(|| "unknown (XWIN_CACHE_DIR)".to_owned());
            if there.as_deref().is_some_and(|v| v != wanted) {
                recipe.notes.push(format!(
                    "{} holds {name} {version}, not {wanted}, and is used as it is",
                    sdk.cache.display()
                ));
            }
            recipe.versions.push(ToolVersion { name: name.to_owned(), version });
        };
        version("windows-sdk", &filled.sdk_version, &sdk.sdk_version);
        version("msvc-crt", &filled.crt_version, &sdk.crt_version);
    }
    let llvm = &inventory.llvm;
    let tools = [("cargo-xwin", &inventory.xwin.tool), ("clang", &llvm.clang), ("lld-link", &llvm.lld_link)];
    for (name, tool) in tools {
        if let Some(tool) = tool {
            let version = tool.version.strip_prefix("cargo-xwin ").unwrap_or(&tool.version).to_owned();
            recipe.versions.push(ToolVersion { name: name.to_owned(), version });
        }
    }
    if want.linker.is_none() {
        recipe.linker =
            llvm.lld_link.as_ref().map(|tool| tool.path.clone()).or_else(|| Some(PathBuf::from("lld-link")));
    }
}
