//! The PE reader and the stamper against real linkers' files, read back by readers that are not ours.
//!
//! Needs (Debian packages): gcc-mingw-w64-x86-64 gcc-mingw-w64-i686 clang-19 lld-19 llvm-19 icoutils.
//! A tool that is missing fails the tests; none is skipped.

mod fixtures;
mod reader;
