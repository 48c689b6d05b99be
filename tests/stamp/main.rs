//! The PE reader and the stamper against real linkers' files, read back by readers that are not ours.
//!
//! Needs (Debian packages): gcc-mingw-w64-x86-64 gcc-mingw-w64-i686 clang-19 lld-19 llvm-19 icoutils; for `windows` also
//! Wine 10, 64- and 32-bit, through tests/setup/run-wine or what WINSVC_TEST_WINE names instead. A tool that is missing fails
//! the tests; none is skipped.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "all of it is test code")]

mod fixtures;
mod foreign;
mod images;
mod mutations;
mod reader;
mod results;
mod sample;
mod windows;
