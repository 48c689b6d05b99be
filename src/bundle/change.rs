//! What a result weighs, and what the former one did.

use std::fmt;

/// A size and its difference to the former result of the same package, target and variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Bytes.
    pub size: u64,
    /// The former one, when there was one.
    pub former: Option<Former>,
}

/// A result that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    /// Package version.
    pub version: String,
    /// Bytes.
    pub size: u64,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", bytes(self.size))?;
        let Some(former) = &self.former else { return Ok(()) };
        match self.size.cmp(&former.size) {
            std::cmp::Ordering::Equal => write!(f, ", as before ({})", former.version),
            std::cmp::Ordering::Less => {
                write!(f, ", {} less than before ({})", bytes(former.size - self.size), former.version)
            }
            std::cmp::Ordering::Greater => {
                write!(f, ", {} more than before ({})", bytes(self.size - former.size), former.version)
            }
        }
    }
}

/// Bytes for people: decimal units, one digit after the point.
fn bytes(n: u64) -> String {
    let tenths = |unit: u64| {
        let tenths = (n + unit / 20) / (unit / 10);
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match n {
        0..1_000 => format!("{n} bytes"),
        1_000..999_950 => format!("{} kB", tenths(1_000)),
        999_950..999_950_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}
