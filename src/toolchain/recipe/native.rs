//! Plain cargo: on Windows, or with whatever the user's own configuration links. Nothing of ours but what makes builds reproducible.

use super::super::probe::Inventory;
use super::super::{Gap, GapKind, Want, doctor_command};
use super::{Recipe, mingw};
use crate::error::{Exit, Problem};
use crate::model::Env;

/// What is missing: a configured linker must be there; objcopy is needed for the format all the same, where it has DWARF. On Windows
/// rustc finds what links by itself: Visual Studio's tools, or what came with it.
pub(super) fn gaps(want: &Want, inventory: &Inventory) -> Vec<Gap> {
    match &want.linker {
        Some(linker) if !want.no_build && !inventory.linkers.contains_key(linker) => {
            vec![mingw::no_such_linker(want, linker)]
        }
        _ if want.target.env() == Env::Msvc => Vec::new(),
        _ if inventory.on_windows() => objcopy_gap(want, inventory).into_iter().collect(),
        _ => mingw::gaps(want, inventory),
    }
}

/// What splits debug information off.
pub(super) fn apply(recipe: &mut Recipe, inventory: &Inventory, want: &Want) {
    match want.target.env() {
        Env::Msvc => {}
        _ if inventory.on_windows() => mingw::objcopy(recipe, want, inventory),
        _ => {
            let env = std::mem::take(&mut recipe.env);
            mingw::apply(recipe, want, inventory);
            recipe.env = env;
        }
    }
}

fn objcopy_gap(want: &Want, inventory: &Inventory) -> Option<Gap> {
    if inventory.cross.get(want.target.triple()).is_some_and(|tools| tools.objcopy.is_some()) {
        return None;
    }
    let target = &want.target;
    let what = format!("no objcopy found, GNU's or LLVM's; it splits debug information off for {target}");
    let problem = Problem::new("missing-objcopy", what).fix("rustup component add llvm-tools");
    let problem = problem.fix(doctor_command(target)).exit(Exit::ToolMissing);
    Some(Gap { problem, kind: GapKind::Final, package: None })
}
