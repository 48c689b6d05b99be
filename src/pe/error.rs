//! Why a file is no image that can be read.

use std::fmt;

/// What is wrong with an image. The text names the field or structure and, where it helps, its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Not a PE image at all.
    NotPe(&'static str),
    /// It ends inside the named structure.
    Truncated(&'static str),
    /// A structure contradicts itself or another one.
    Malformed(String),
    /// Well-formed perhaps, but of a kind that this product does not handle.
    Unsupported(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotPe(why) => write!(f, "not a PE image: {why}"),
            Error::Truncated(what) => write!(f, "the file ends inside its {what}"),
            Error::Malformed(what) | Error::Unsupported(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Error {}

/// Shorthand for [`Error::Malformed`].
pub(crate) fn malformed<T>(what: impl Into<String>) -> Result<T, Error> {
    Err(Error::Malformed(what.into()))
}
