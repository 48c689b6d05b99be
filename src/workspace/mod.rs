//! Asks cargo and git what there is.

mod types;

pub use types::*;
