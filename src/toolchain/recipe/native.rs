//! Plain cargo: whatever the user's own configuration links with. Nothing of ours but what makes builds reproducible.

use super::super::probe::Inventory;
use super::super::{Gap, Want};
use super::{Recipe, mingw};
use crate::model::Env;

/// What is missing: the linker must be there; objcopy is needed for the format all the same, where it has DWARF.
pub(super) fn gaps(want: &Want, inventory: &Inventory) -> Vec<Gap> {
    match (want.target.env(), &want.linker) {
        (Env::Msvc, Some(linker)) if !want.no_build && !inventory.linkers.contains_key(linker) => {
            vec![mingw::no_such_linker(want, linker)]
        }
        (Env::Msvc, _) => Vec::new(),
        _ => mingw::gaps(want, inventory),
    }
}

/// What splits debug information off.
pub(super) fn apply(recipe: &mut Recipe, inventory: &Inventory, want: &Want) {
    if want.target.env() != Env::Msvc {
        let env = std::mem::take(&mut recipe.env);
        mingw::apply(recipe, want, inventory);
        recipe.env = env;
    }
}
