//! Asks cargo and git what there is. Holds no policy: which package is meant is the configuration's business.

mod cargo_config;
mod cfg_expr;
mod epoch;
pub mod flags;
mod git;
mod load;
mod types;

pub use flags::{CargoConfig, TargetFlags};
pub use load::{load, source_after_build};
pub use types::*;
