//! What is wrong is refused: with the exit code that is documented, in words that name the subject, the cause and what mends
//! it, with nothing on standard output, and with nothing written anywhere.
//!
//! The built program, the real cargo, the real cross tools.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod support;

#[path = "bad_input/configuration.rs"]
mod configuration;
#[path = "bad_input/files.rs"]
mod files;
#[path = "bad_input/machine.rs"]
mod machine;
#[path = "bad_input/output.rs"]
mod output;
#[path = "bad_input/selection.rs"]
mod selection;
#[path = "bad_input/signals.rs"]
mod signals;
