//! What the systems that this program runs on do each in their own way, where std has no common word for it.
//!
//! Linux is where the product is at home; on Windows it packages what cargo builds there (back end `native`). Both submodules
//! have the same functions; docs/architecture.md says what they may not grow into.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;

use std::fs::File;
use std::io;

/// Fills `bytes` from a place in a file.
///
/// # Errors
/// The file system's; `UnexpectedEof` when the file ends before.
pub fn read_exact_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match read_at(file, bytes, at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => {
                bytes = &mut bytes[n..];
                at += n as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// State of a file: modification time (nanoseconds on Unix, 100 nanoseconds since 1601 on Windows), size, and two numbers that
/// another file of the same name has otherwise (inode and device; on Windows creation time and zero).
pub type Stamp = (i128, u64, u64, u64);
