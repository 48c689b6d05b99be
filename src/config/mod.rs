//! Configuration: decoded, merged, validated and defaulted, with all problems reported at once. No IO.
//!
//! One key table (`keys`) says what there is. `check` judges each `winsvc` table by it, `layers` merges them, `decode`
//! makes the values of a bundle and judges what needs more than one value, `resolve` puts it together; `schema` and the
//! reference are made from the same table.

mod check;
mod choose;
mod decode;
mod key_path;
mod keys;
mod layers;
mod locate;
mod nearest;
mod origins;
mod reference;
mod resolve;
mod schema;
mod table;
mod targets;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod text;
mod tree;
pub mod types;

pub(crate) use key_path::KeyPath;
pub(crate) use nearest::nearest;
pub use origins::{locate_origins, locate_problems};
pub use reference::reference;
pub use resolve::{examine, resolve};
pub use schema::json_schema;
pub use types::*;
