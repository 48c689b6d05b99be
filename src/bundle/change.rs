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
    /// It was the same, byte for byte.
    pub same: bool,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", bytes(self.size))?;
        let Some(former) = &self.former else { return Ok(()) };
        match self.size.cmp(&former.size) {
            std::cmp::Ordering::Equal if !former.same => {
                write!(f, ", no more and no less than before ({})", former.version)
            }
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
        1 => "1 byte".to_owned(),
        0..1_000 => format!("{n} bytes"),
        1_000..999_950 => format!("{} kB", tenths(1_000)),
        999_950..999_950_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_as_before_means_the_same_bytes() {
        let change = |size, former, same| {
            Change { size, former: Some(Former { version: "1.0.0".into(), size: former, same }) }.to_string()
        };
        assert_eq!(change(2_000, 1_999, false), "2.0 kB, 1 byte more than before (1.0.0)");
        assert_eq!(change(1, 3, false), "1 byte, 2 bytes less than before (1.0.0)");
        assert_eq!(change(5, 5, true), "5 bytes, as before (1.0.0)");
        assert_eq!(change(5, 5, false), "5 bytes, no more and no less than before (1.0.0)");
    }
}
