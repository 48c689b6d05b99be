//! Every other target than x86_64-pc-windows-gnu, with the real tools: cargo-xwin, clang, lld-link, zig, CMake.
//!
//! Microsoft's C run-time and SDK can't be had in tests. `tests/setup/msvc.sh` makes an open stand-in for them; what it can't
//! show is that a program needs nothing of the C run-time's DLLs when it is linked statically (docs/testing.md).
//!
//! Two packages are built, each twice, in folders of different length, one with blanks: the example, and tests/windows/mixed, which has C code of its own
//! and in a dependency. The first build of each is looked at and run in Wine.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "all of it is test code")]

mod built;
mod matrix;
mod pdb;
mod reader;
mod service;
#[path = "../support/mod.rs"]
mod support;
