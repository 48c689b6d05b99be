//! Asks cargo and git what there is. Holds no policy: which package is meant is the configuration's business.

mod cargo_config;
mod cfg_expr;
mod epoch;
pub mod flags;
mod git;
mod load;
mod types;

pub use load::load;
pub use types::*;
