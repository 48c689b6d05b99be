//! Unpacks the parcels that Tera left in the output, each escaped for the place where it stands.
//!
//! Each language has a small reader that follows the text and knows where it is: in code, in which kind of string, in a
//! comment. It does not parse; it only never loses track of quotes.

mod cmd;
mod json;
mod powershell;
mod xml;

use super::engine::{CLOSE, OPEN};
use super::language::Language;

/// A value stands where it can't be literal.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// Why not.
    pub(super) why: &'static str,
    /// Where it could stand.
    pub(super) instead: &'static str,
    /// Line of the rendered file.
    pub(super) line: usize,
}

/// What a language's reader does with text and values.
trait Reader {
    /// Follows one character of the template's own text. `next` are the characters after it.
    fn text(&mut self, c: char, next: &str);

    /// Writes a value where the reader is now.
    fn value(&mut self, value: &str, out: &mut String) -> Result<(), (&'static str, &'static str)>;
}

/// Replaces each parcel by its value, escaped for its place, and gives the template's own lines CRLF ends where asked.
pub(super) fn unpack(language: Language, packed: &str, crlf: bool) -> Result<String, Refused> {
    let mut reader: Box<dyn Reader> = match language {
        Language::PowerShell => Box::new(powershell::PowerShell::default()),
        Language::Cmd => Box::new(cmd::Cmd::default()),
        Language::Xml => Box::new(xml::Xml::default()),
        Language::Json => Box::new(json::Json::default()),
        Language::Markdown => Box::new(Markdown),
        Language::Text => Box::new(Text { crlf }),
    };
    let mut out = String::with_capacity(packed.len());
    let mut rest = packed;
    let mut previous = '\0';
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        if c == OPEN {
            let (hex, after) = rest.split_once(CLOSE).unwrap_or((rest, ""));
            rest = after;
            let refuse = |(why, instead)| Refused { why, instead, line: out.matches('\n').count() + 1 };
            let value = unhex(hex).ok_or((
                "a filter changed a value that had been captured by {% set %}",
                "into a {{ }} without a filter around the captured text",
            ));
            let mut piece = String::new();
            value.and_then(|v| reader.value(&v, &mut piece)).map_err(refuse)?;
            out.push_str(&piece);
        } else {
            reader.text(c, rest);
            if c == '\n' && crlf && previous != '\r' {
                out.push('\r');
            }
            out.push(c);
        }
        previous = c;
    }
    Ok(out)
}

fn unhex(hex: &str) -> Option<String> {
    let digits: Option<Vec<u8>> = hex.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits?;
    if digits.len() % 2 != 0 {
        return None;
    }
    String::from_utf8(digits.chunks(2).map(|d| d.iter().fold(0, |a, b| a * 16 + b)).collect()).ok()
}

/// Plain text: literal but for controls, with which a terminal could be steered.
struct Text {
    crlf: bool,
}

impl Reader for Text {
    fn text(&mut self, _: char, _: &str) {}

    fn value(&mut self, value: &str, out: &mut String) -> Result<(), (&'static str, &'static str)> {
        for (i, c) in value.char_indices() {
            match c {
                '\n' if self.crlf && !value.get(..i).is_some_and(|s| s.ends_with('\r')) => out.push_str("\r\n"),
                '\n' | '\r' | '\t' => out.push(c),
                c if c.is_control() => out.push('\u{FFFD}'),
                c => out.push(c),
            }
        }
        Ok(())
    }
}

/// Markdown: every ASCII punctuation mark gets a backslash, which CommonMark (2.4) defines to be literal; line breaks
/// become spaces, so that a value can't start a block.
struct Markdown;

impl Reader for Markdown {
    fn text(&mut self, _: char, _: &str) {}

    fn value(&mut self, value: &str, out: &mut String) -> Result<(), (&'static str, &'static str)> {
        for c in value.chars() {
            match c {
                c if c.is_ascii_punctuation() => out.extend(['\\', c]),
                '\n' | '\r' | '\t' => out.push(' '),
                c if c.is_control() => out.push('\u{FFFD}'),
                c => out.push(c),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
