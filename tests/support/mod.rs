//! What the integration tests share: running the built `cargo-winsvc`, projects to package, a Windows machine in Wine,
//! its state before and after.
//!
//! A test file says `mod support;`. Not each uses all of it.
#![allow(dead_code, unused_imports, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)] // A test may fail, and say why.

mod files;
mod http;
mod powershell;
mod project;
pub mod rendered;
mod sandbox;
mod state;
mod wine;
mod winsvc;
mod xwin;

pub use files::{link_or_copy_tree, target_tmp};
pub use http::{Answer, free_port, get, wait_for};
pub use powershell::{Failure, Job, Outcome, Parsed, PowerShell};
pub use project::Project;
pub use sandbox::{MAIN, Sandbox, check_refusal, finish, hello_toml, path_of_only};
pub use state::{State, Value, difference};
pub use wine::{Call, Ended, Machine};
pub use winsvc::{Ran, bundle_name, cargo_winsvc, package, unpack, winsvc_command};
pub use xwin::{xwin_cache, xwin_env, xwin_tools};

/// The target that the tests build for.
pub const TARGET: &str = "x86_64-pc-windows-gnu";

/// The root of the repository.
pub fn repo() -> std::path::PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}
