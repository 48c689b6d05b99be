//! Times as zip stores them: local calendar by the format, UTC by our choice, so that no machine's zone gets in.

/// Date and time words of a zip entry (MS-DOS format: years from 1980 in 7 bits, seconds halved), or `None` outside of
/// 1980-01-01 to 2107-12-31. Odd seconds round down.
pub(super) fn date_time(epoch: u64) -> Option<(u16, u16)> {
    let days = epoch / 86_400;
    let (year, month, day) = civil(days)?;
    let year = u16::try_from(year.checked_sub(1980)?).ok().filter(|y| *y < 128)?;
    let second = u16::try_from(epoch % 86_400 / 2).ok().map(|half| half % 30)?;
    let minute = u16::try_from(epoch % 3_600 / 60).ok()?;
    let hour = u16::try_from(epoch % 86_400 / 3_600).ok()?;
    Some((year << 9 | month << 5 | day, hour << 11 | minute << 5 | second))
}

/// Year, month and day of a number of days since 1970-01-01, counting whole years off.
fn civil(mut days: u64) -> Option<(u64, u16, u16)> {
    // Past the format's range already; also keeps the loop short.
    if days > 60_000 {
        return None;
    }
    let leap = |y: u64| y.is_multiple_of(4) && (!y.is_multiple_of(100) || y.is_multiple_of(400));
    let mut year = 1970;
    loop {
        let length = if leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    Some((year, month, u16::try_from(days + 1).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(epoch: u64) -> Option<String> {
        date_time(epoch).map(|(d, t)| {
            format!("{}-{}-{} {}:{}:{}", (d >> 9) + 1980, d >> 5 & 15, d & 31, t >> 11, t >> 5 & 63, (t & 31) * 2)
        })
    }

    // Expected values from `date -u -d @N`.
    #[test]
    fn dates() {
        for (epoch, expected) in [
            (315_532_800, Some("1980-1-1 0:0:0")),
            (315_532_799, None),
            (951_782_399, Some("2000-2-28 23:59:58")),
            (951_782_400, Some("2000-2-29 0:0:0")),
            (951_868_800, Some("2000-3-1 0:0:0")),
            (1_700_000_001, Some("2023-11-14 22:13:20")),
            (4_107_542_399, Some("2100-2-28 23:59:58")),
            (4_107_542_400, Some("2100-3-1 0:0:0")),
            (4_354_819_199, Some("2107-12-31 23:59:58")),
            (4_354_819_200, None),
            (u64::MAX, None),
            (0, None),
        ] {
            assert_eq!(shown(epoch).as_deref(), expected, "{epoch}");
        }
    }
}
