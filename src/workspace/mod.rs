//! Asks cargo and git what there is. Holds no policy: which package is meant is the configuration's business.

mod epoch;
mod git;
mod load;
mod types;

pub use load::load;
pub use types::*;
