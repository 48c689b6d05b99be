//! The PE reader and the stamper against real linkers' files, read back by readers that are not ours.
//!
//! Needs (Debian packages): gcc-mingw-w64-x86-64 gcc-mingw-w64-i686 clang-19 lld-19 llvm-19 icoutils.
//! `windows` also needs WINSVC_TEST_WINE: a command that takes the path of a Windows executable and its arguments, and
//! runs it in Wine 10 (64- and 32-bit). A tool that is missing fails the tests; none is skipped.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "all of it is test code")]

mod fixtures;
mod foreign;
mod images;
mod mutations;
mod reader;
mod results;
mod sample;
mod windows;
