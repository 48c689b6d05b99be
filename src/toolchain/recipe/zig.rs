//! zig, by cargo-zigbuild: `cargo zigbuild` sets compilers and linker and takes everything else as cargo does.
//!
//! Flags with blanks pass: cargo-zigbuild hands CARGO_ENCODED_RUSTFLAGS on as it is.

use super::super::probe::Inventory;
use super::super::{Gap, GapKind, Want};
use super::{Recipe, mingw};
use crate::formats::ToolVersion;
use std::path::Path;

/// What is missing.
pub(super) fn gaps(want: &Want, inventory: &Inventory) -> Vec<Gap> {
    let zig = inventory.zig.problem(&want.target).map(|problem| Gap { problem, kind: GapKind::Zig, package: None });
    zig.into_iter().chain(mingw::symbol_gaps(want, inventory)).collect()
}

/// The other subcommand, and where it finds zig.
pub(super) fn apply(recipe: &mut Recipe, want: &Want, inventory: &Inventory) {
    recipe.subcommand = "zigbuild".to_owned();
    let zig = &inventory.zig;
    if let Some(tool) = &zig.zig {
        recipe.versions.push(ToolVersion { name: "zig".to_owned(), version: tool.version.clone() });
        // What was found by its bare name cargo-zigbuild finds too.
        let file = tool.path.file_name().unwrap_or_default().to_string_lossy();
        let key = match file.as_ref() {
            _ if !tool.name.contains('/') => None,
            "zig" => Some("CARGO_ZIGBUILD_ZIG_PATH"),
            python => python.starts_with("python").then_some("CARGO_ZIGBUILD_PYTHON_PATH"),
        };
        recipe.env.extend(key.map(|key| (key.to_owned(), Some(tool.path.display().to_string()))));
    }
    recipe.folders.extend(zig.lib.iter().map(|dir| (dir.clone(), "/zig".to_owned())));
    if let Some(tool) = &zig.zigbuild {
        let version = tool.version.strip_prefix("cargo-zigbuild ").unwrap_or(&tool.version).to_owned();
        recipe.versions.push(ToolVersion { name: "cargo-zigbuild".to_owned(), version });
        if tool.name.contains('/') {
            // Cargo finds subcommands on PATH.
            let dir = tool.path.parent().unwrap_or(Path::new("/"));
            let path = inventory.path.as_deref().unwrap_or_default();
            recipe.env.push(("PATH".to_owned(), Some(format!("{}:{path}", dir.display()))));
        }
    }
    mingw::objcopy(recipe, want, inventory);
}
