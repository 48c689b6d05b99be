//! The forms that texts of the configuration have: each with a check that explains itself, and with the pattern that
//! says the same in the JSON schema.

use crate::model::{FailureAction, FailureKind, FileVersion};

/// The form of a text, so far as it can be told without looking at anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Anything but NUL, which no Windows string can hold.
    Text,
    /// Anything but control characters.
    Line,
    /// `500ms`, `30s`, `5m`, `2h`, `1d`.
    Duration,
    /// `restart/5s`, `run/1m`, `reboot/1m`, `none`.
    FailureAction,
    /// Upper-case letters, digits and `_`, starting with a letter.
    ParameterName,
    /// Name of an environment variable.
    EnvName,
    /// Name of a variant.
    VariantName,
    /// `major.minor.build`.
    WindowsVersion,
    /// One to four numbers with dots.
    FileVersion,
}

impl Form {
    /// For "expected …".
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Form::Duration => "a duration such as \"30s\"",
            Form::FailureAction => "an action such as \"restart/5s\"",
            Form::WindowsVersion => "a version such as \"10.0.17763\"",
            Form::FileVersion => "a version such as \"1.2.3.4\"",
            _ => "a string",
        }
    }

    /// The same as [`Form::check`], for the JSON schema. ECMA-262 syntax.
    pub(crate) fn pattern(self) -> &'static str {
        match self {
            Form::Text => r"^[^\u0000]*$",
            Form::Line => r"^[^\u0000-\u001f\u007f-\u009f]*$",
            Form::Duration => r"^[0-9]{1,9}(ms|s|m|h|d)$",
            Form::FailureAction => r"^((restart|run|reboot)/[0-9]{1,9}(ms|s|m|h|d)|none(/[0-9]{1,9}(ms|s|m|h|d))?)$",
            Form::ParameterName => r"^[A-Z][A-Z0-9_]{0,63}$",
            Form::EnvName => r"^[A-Za-z_][A-Za-z0-9_.()-]*$",
            Form::VariantName => r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
            Form::WindowsVersion => r"^[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}$",
            Form::FileVersion => r"^[0-9]{1,5}(\.[0-9]{1,5}){0,3}$",
        }
    }

    /// Checks a text.
    ///
    /// # Errors
    /// What is wrong, to follow the text or its key: "holds a line break".
    pub(crate) fn check(self, text: &str) -> Result<(), String> {
        if text.contains('\0') {
            return Err("holds a NUL character, which no Windows string can".into());
        }
        let is = |ok: bool, rule: &str| if ok { Ok(()) } else { Err(rule.to_owned()) };
        match self {
            Form::Text => Ok(()),
            Form::Line => no_control(text),
            Form::Duration => is(
                duration_parts(text).is_some(),
                "is no duration: a whole number and ms, s, m, h or d, such as \"30s\"",
            ),
            Form::FailureAction => is(
                action_parts(text).is_some(),
                "is no action: restart, run or reboot with a delay, such as \"restart/5s\", or \"none\"",
            ),
            Form::ParameterName => is(
                text.len() <= 64
                    && text.starts_with(|c: char| c.is_ascii_uppercase())
                    && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'),
                "is no parameter name: upper-case letters, digits and `_`, starting with a letter, at most 64",
            ),
            Form::EnvName => is(
                text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                    && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.()-".contains(c)),
                "is no name of an environment variable: letters, digits and `_.()-`, not starting with a digit",
            ),
            Form::VariantName => is(
                text.len() <= 64
                    && text.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)),
                "is no variant name: letters, digits, `_` and `-`, at most 64",
            ),
            Form::WindowsVersion => is(
                windows_version(text).is_some(),
                "is no Windows version: `major.minor.build`, such as \"10.0.17763\"",
            ),
            // The numbers' range is not the form's: see `file_version`.
            Form::FileVersion => {
                let number = |part: &str| (1..=5).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
                is(
                    text.split('.').count() <= 4 && text.split('.').all(number),
                    "is no file version: one to four numbers up to 65535, such as \"1.2.3.4\"",
                )
            }
        }
    }
}

fn no_control(text: &str) -> Result<(), String> {
    match text.chars().find(|c| c.is_control()) {
        Some('\n' | '\r') => Err("holds a line break".into()),
        Some(c) => Err(format!("holds the control character {c:?}")),
        None => Ok(()),
    }
}

fn duration_parts(text: &str) -> Option<(u64, u64)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    if digits > 9 { None } else { Some((number.parse().ok()?, unit)) }
}

/// Milliseconds of a duration that [`Form::Duration`] let pass.
///
/// # Errors
/// When it does not fit 32 bits.
pub(crate) fn milliseconds(text: &str) -> Result<u32, String> {
    let (number, unit) = duration_parts(text).unwrap_or_default();
    u32::try_from(number * unit).map_err(|_| "is longer than the 49 days that Windows can count in milliseconds".into())
}

/// Whole seconds of a duration, for what Windows counts in seconds.
///
/// # Errors
/// When there are milliseconds over, or too many seconds.
pub(crate) fn seconds(text: &str) -> Result<u32, String> {
    let (number, unit) = duration_parts(text).unwrap_or_default();
    let ms = number * unit;
    if ms % 1000 != 0 {
        return Err("is not in whole seconds, which Windows counts here".into());
    }
    // 0xFFFFFFFF means "never" (SERVICE_FAILURE_ACTIONS), which is not what a number says.
    u32::try_from(ms / 1000).ok().filter(|s| *s != u32::MAX).ok_or_else(|| "is longer than Windows can count".into())
}

fn action_parts(text: &str) -> Option<(FailureKind, &str)> {
    let (kind, delay) = text.split_once('/').unwrap_or((text, ""));
    let kind = match kind {
        "restart" => FailureKind::Restart,
        "run" => FailureKind::Run,
        "reboot" => FailureKind::Reboot,
        "none" if text == "none" => return Some((FailureKind::None, "0s")),
        "none" => FailureKind::None,
        _ => return None,
    };
    duration_parts(delay).map(|_| (kind, delay))
}

/// The action of a text that [`Form::FailureAction`] let pass.
///
/// # Errors
/// When its delay does not fit.
pub(crate) fn failure_action(text: &str) -> Result<FailureAction, String> {
    let (kind, delay) = action_parts(text).unwrap_or((FailureKind::None, "0s"));
    Ok(FailureAction { kind, delay_ms: milliseconds(delay)? })
}

/// The parts of `major.minor.build`.
pub(crate) fn windows_version(text: &str) -> Option<[u64; 3]> {
    let mut parts = [0; 3];
    let mut pieces = text.split('.');
    for part in &mut parts {
        let piece = pieces.next().filter(|p| p.len() <= 9 && p.bytes().all(|b| b.is_ascii_digit()))?;
        *part = piece.parse().ok()?;
    }
    if pieces.next().is_some() { None } else { Some(parts) }
}

/// The numbers of a text that [`Form::FileVersion`] let pass.
///
/// # Errors
/// Names the part that is over 65535.
pub(crate) fn file_version(text: &str) -> Result<FileVersion, String> {
    text.parse()
}

/// At most `max` UTF-16 units, cut at a character with `…` where it is longer: for texts that were not written for here.
pub(crate) fn shorten(text: &str, max: usize) -> String {
    if text.encode_utf16().count() <= max {
        return text.to_owned();
    }
    let mut units = 1;
    let mut out: String = text
        .chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= max
        })
        .collect();
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, ms) in
            [("0s", 0), ("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000), ("1d", 86_400_000)]
        {
            assert_eq!(Form::Duration.check(text), Ok(()), "{text}");
            assert_eq!(milliseconds(text), Ok(ms));
        }
        for bad in ["", "s", "30", "-1s", "1.5s", "30 s", "1w", "1S", "1234567890s", "1m30s", "٣s"] {
            assert!(Form::Duration.check(bad).is_err(), "{bad}");
        }
        assert!(milliseconds("50d").is_err_and(|e| e.contains("49 days")));
        assert_eq!(seconds("90d"), Ok(7_776_000));
        assert!(seconds("1500ms").is_err());
        assert!(seconds("999999999d").is_err());
    }

    #[test]
    fn actions() {
        assert_eq!(failure_action("restart/5s"), Ok(FailureAction { kind: FailureKind::Restart, delay_ms: 5000 }));
        assert_eq!(failure_action("none"), Ok(FailureAction { kind: FailureKind::None, delay_ms: 0 }));
        assert_eq!(failure_action("none/1s").map(|a| a.delay_ms), Ok(1000));
        for bad in ["restart", "restart/", "explode/5s", "restart/5", "none/", "restart/5s/5s", "Restart/5s"] {
            assert!(Form::FailureAction.check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_and_versions() {
        for (form, good, bad) in [
            (Form::ParameterName, vec!["A", "PORT", "DB_URL2"], vec!["", "port", "1A", "_A", "A-B", "Ä"]),
            (Form::EnvName, vec!["PATH", "ProgramFiles(x86)", "_x", "a.b"], vec!["", "1A", "A=B", "A B", "É", "%A%"]),
            (Form::VariantName, vec!["pro", "lite-2", "9"], vec!["", "-a", "a b", "a.b", "é"]),
            (Form::WindowsVersion, vec!["10.0.14393"], vec!["10", "10.0", "10.0.1.1", "10.0.x", "10..1", "+1.0.0"]),
            (Form::FileVersion, vec!["1", "1.2", "1.2.3.4", "65536"], vec!["", "1.", "1.2.3.4.5", "a", "123456"]),
            (Form::Line, vec!["", "a b \"'$`%", "日本 😀"], vec!["a\nb", "a\tb", "\u{85}"]),
            (Form::Text, vec!["a\nb"], vec!["a\0b"]),
        ] {
            for text in good {
                assert_eq!(form.check(text), Ok(()), "{form:?} {text}");
            }
            for text in bad {
                assert!(form.check(text).is_err(), "{form:?} {text:?}");
            }
        }
        assert!(file_version("1.65536").is_err_and(|e| e.contains("65536")));
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        assert_eq!(shorten("short", 5), "short");
        assert_eq!(shorten("longer text", 8), "longer…");
        assert_eq!(shorten("😀😀😀", 5), "😀😀…");
        assert_eq!(shorten("😀😀😀", 4), "😀…");
    }
}
