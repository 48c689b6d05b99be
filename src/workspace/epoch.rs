//! The one time that everything written carries.

use super::types::{Epoch, EpochOrigin, ZIP_EPOCH};
use crate::error::Problem;
use std::ffi::OsStr;

/// 2107-12-31T23:59:58Z, where zip's calendar ends.
const ZIP_END: u64 = 4_354_819_198;

/// SOURCE_DATE_EPOCH when it is set, else the commit's time, else 1980-01-01; times outside zip's calendar are moved to its
/// start.
///
/// Source: <https://reproducible-builds.org/specs/source-date-epoch/>: decimal digits only.
///
/// # Errors
/// A malformed SOURCE_DATE_EPOCH, or one after 2107.
pub(super) fn epoch(variable: Option<&OsStr>, commit_time: Option<u64>) -> Result<Epoch, Problem> {
    let (seconds, origin) = match variable.filter(|v| !v.is_empty()) {
        Some(value) => (parse(value)?, EpochOrigin::SourceDateEpoch),
        None => match commit_time {
            Some(seconds) => (seconds, EpochOrigin::Commit),
            None => (ZIP_EPOCH, EpochOrigin::Fixed),
        },
    };
    Ok(Epoch { seconds: seconds.max(ZIP_EPOCH), origin })
}

fn parse(value: &OsStr) -> Result<u64, Problem> {
    let wrong = |why: &str| {
        Problem::usage("source-date-epoch", format!("SOURCE_DATE_EPOCH is `{}`, {why}", value.to_string_lossy()))
            .fix("export SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)")
            .fix("unset SOURCE_DATE_EPOCH")
    };
    let text = value.to_str().filter(|t| t.bytes().all(|b| b.is_ascii_digit()));
    let text = text.ok_or_else(|| wrong("which is not a number of seconds since 1970"))?;
    match text.parse() {
        Ok(seconds) if seconds <= ZIP_END => Ok(seconds),
        _ => Err(wrong("which is after 2107, where the zip format's calendar ends")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precedence() {
        let of = |variable: Option<&str>, commit| epoch(variable.map(OsStr::new), commit);
        let is = |seconds, origin| Ok(Epoch { seconds, origin });
        assert_eq!(of(Some("1700000000"), Some(1)), is(1_700_000_000, EpochOrigin::SourceDateEpoch));
        assert_eq!(of(None, Some(1_600_000_000)), is(1_600_000_000, EpochOrigin::Commit));
        assert_eq!(of(Some(""), None), is(ZIP_EPOCH, EpochOrigin::Fixed));
        assert_eq!(of(Some("0"), None), is(ZIP_EPOCH, EpochOrigin::SourceDateEpoch));
    }

    #[test]
    fn malformed() {
        for bad in ["yesterday", "-1", "1.5", " 1", "0x10", "99999999999", "99999999999999999999999"] {
            let problem = epoch(Some(OsStr::new(bad)), None).expect_err(bad);
            assert!(problem.what.contains(bad) && problem.what.contains("SOURCE_DATE_EPOCH"), "{problem}");
            assert_eq!(problem.exit, crate::error::Exit::Usage);
        }
    }
}
