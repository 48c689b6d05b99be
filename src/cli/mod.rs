//! The command line.

mod request;

pub use request::BuildArgs;
