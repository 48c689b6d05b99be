//! The four-part version of Windows files.

use std::fmt;

/// `dwFileVersionMS/LS` of VS_FIXEDFILEINFO: four 16-bit numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FileVersion(pub [u16; 4]);

impl FileVersion {
    /// Major, minor and patch of a SemVer version; the fourth part is 0. Pre-release and build metadata have no place
    /// in it: the caller flags a pre-release (VS_FF_PRERELEASE).
    ///
    /// # Errors
    /// Names the part that is over 65535.
    pub fn from_semver(version: &semver::Version) -> Result<Self, String> {
        let part = |name: &str, value: u64| {
            u16::try_from(value).map_err(|_| {
                format!("{name} version {value} does not fit: Windows file versions have four parts of at most 65535")
            })
        };
        Ok(FileVersion([
            part("major", version.major)?,
            part("minor", version.minor)?,
            part("patch", version.patch)?,
            0,
        ]))
    }
}

impl std::str::FromStr for FileVersion {
    type Err = String;

    /// One to four numbers with dots between; missing ones are 0.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = [0; 4];
        for (i, piece) in text.split('.').enumerate() {
            let slot = parts.get_mut(i).ok_or_else(|| format!("`{text}` has more than four parts"))?;
            *slot = piece.parse().map_err(|_| format!("`{piece}` in `{text}` is not a number from 0 to 65535"))?;
        }
        Ok(FileVersion(parts))
    }
}

impl fmt::Display for FileVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.0;
        write!(f, "{a}.{b}.{c}.{d}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semver_parts_must_fit() {
        let v = |s: &str| FileVersion::from_semver(&semver::Version::parse(s).expect("semver"));
        assert_eq!(v("1.2.3-rc.1+5").map(|v| v.to_string()), Ok("1.2.3.0".into()));
        assert_eq!(v("65535.0.0").map(|v| v.0[0]), Ok(65535));
        assert!(v("70000.0.0").is_err_and(|e| e.contains("major version 70000")));
        assert!(v("1.70000.0").is_err_and(|e| e.contains("minor")));
    }

    #[test]
    fn text_has_one_to_four_parts() {
        assert_eq!("1.2".parse(), Ok(FileVersion([1, 2, 0, 0])));
        assert_eq!("1.2.3.4".parse(), Ok(FileVersion([1, 2, 3, 4])));
        for bad in ["", "1.", "1.2.3.4.5", "65536", "a", "1.-2"] {
            assert!(bad.parse::<FileVersion>().is_err(), "{bad}");
        }
    }
}
