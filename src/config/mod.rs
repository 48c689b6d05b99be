//! Configuration: decoded, merged, validated and defaulted, with all problems reported at once. No IO.

pub mod types;

pub use types::*;
