//! Plain cargo: whatever the user's own configuration links with. Nothing of ours but what makes builds reproducible.

use super::super::probe::Inventory;
use super::super::{Gap, Want};
use super::{Recipe, mingw};

/// What is missing: the linker must be there; binutils are needed for the format all the same.
pub(super) fn gaps(want: &Want, inventory: &Inventory) -> Vec<Gap> {
    mingw::gaps(want, inventory)
}

/// The tools that split debug information off.
pub(super) fn apply(recipe: &mut Recipe, inventory: &Inventory, want: &Want) {
    let env = std::mem::take(&mut recipe.env);
    mingw::apply(recipe, want, inventory);
    recipe.env = env;
}
