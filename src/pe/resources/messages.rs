//! Message tables: the texts of event ids.
//!
//! Source: Windows SDK, MESSAGE_RESOURCE_DATA, MESSAGE_RESOURCE_BLOCK and MESSAGE_RESOURCE_ENTRY; "Event Identifiers".
//!
//! A 32-bit event id is severity (2 bits), customer bit, a zero, facility (12 bits, 0 here), code (16 bits). Programs report
//! ids with all of these or with the code alone, and Event Viewer finds no description when the table lacks exactly that id.
//! So every code is here with every severity, with and without the customer bit: 524 288 ids. A block covers a range of ids
//! and needs an entry for each, but nothing says that blocks can't share entries: all ids without a text of their own share
//! one run of [`RUN`] entries, which makes 18 KiB of all of them.

use crate::model::{EventMessage, EventSeverity};
use std::collections::{BTreeMap, HashMap};

/// Entries in the run that all other ids share. Blocks of 12 bytes plus entries of 12 bytes are fewest near the square root
/// of the number of ids (724); Windows walks blocks and then entries one by one.
const RUN: u32 = 512;

/// The text of every id that was not declared: the first string that the program reported.
const FALLBACK: &str = "%1";

/// MESSAGE_RESOURCE_UNICODE.
const UNICODE: u16 = 1;

/// The customer bit.
const CUSTOMER: u32 = 1 << 29;

/// Builds the table. A message's text is found under its code with its own severity and, for programs that report bare codes,
/// with severity bits 00 unless another message claims that. In the text, `%1` to `%99` are the reported strings, `%%` is a
/// percent sign, and every other character stands for itself.
///
/// # Errors
/// Names the message whose text is too long, or that is there twice.
pub fn message_table(messages: &[EventMessage]) -> Result<Vec<u8>, String> {
    let mut declared: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    for message in messages {
        let id = severity(message.severity) | u32::from(message.id);
        let entry = entry(&message.text).ok_or_else(|| format!("the text of event {} is too long", message.id))?;
        if declared.insert(id, entry).is_some() {
            return Err(format!("event {} is declared twice with the same severity", message.id));
        }
    }
    for message in messages {
        let own = declared.get(&(severity(message.severity) | u32::from(message.id))).cloned().unwrap_or_default();
        declared.entry(u32::from(message.id)).or_insert(own);
    }
    let fallback = entry(FALLBACK).unwrap_or_default();
    let mut blocks = Blocks { blocks: Vec::new(), entries: fallback.repeat(RUN as usize), known: HashMap::new() };
    for severity in 0..4u32 {
        for customer in [0, CUSTOMER] {
            let (first, prefix) = (severity << 30, severity << 30 | customer);
            blocks.codes(
                prefix,
                declared.range(first..=first | 0xffff).map(|(id, entry)| (id & 0xffff, entry.as_slice())),
            );
        }
    }
    blocks.finish().ok_or_else(|| "the messages are too many".to_owned())
}

/// The two leading bits.
fn severity(severity: EventSeverity) -> u32 {
    let bits = match severity {
        EventSeverity::Success => 0,
        EventSeverity::Information => 1,
        EventSeverity::Warning => 2,
        EventSeverity::Error => 3,
    };
    bits << 30
}

struct Blocks {
    /// First id, last id, offset into `entries`.
    blocks: Vec<(u32, u32, usize)>,
    /// The shared run comes first.
    entries: Vec<u8>,
    /// Runs that are already there, by content.
    known: HashMap<Vec<u8>, usize>,
}

impl Blocks {
    /// All 65536 codes under a prefix; `declared` is in ascending order.
    fn codes<'e>(&mut self, prefix: u32, declared: impl Iterator<Item = (u32, &'e [u8])>) {
        let mut next = 0;
        let mut run: (u32, Vec<u8>) = (0, Vec::new());
        for (code, entry) in declared {
            if code > next || run.1.is_empty() {
                self.declared(prefix, &mut run, next);
                self.others(prefix, next, code);
                run.0 = code;
            }
            run.1.extend(entry);
            next = code + 1;
        }
        self.declared(prefix, &mut run, next);
        self.others(prefix, next, 0x1_0000);
    }

    /// Ends a run of declared codes, which ends before `end`.
    fn declared(&mut self, prefix: u32, run: &mut (u32, Vec<u8>), end: u32) {
        let (first, entries) = std::mem::take(run);
        if entries.is_empty() {
            return;
        }
        let offset = *self.known.entry(entries).or_insert_with_key(|entries| {
            let offset = self.entries.len();
            self.entries.extend(entries);
            offset
        });
        self.blocks.push((prefix | first, prefix | (end - 1), offset));
    }

    /// Codes from `first` to before `end`, none of them declared.
    fn others(&mut self, prefix: u32, first: u32, end: u32) {
        for first in (first..end).step_by(RUN as usize) {
            let last = (first + RUN).min(end) - 1;
            self.blocks.push((prefix | first, prefix | last, 0));
        }
    }

    fn finish(self) -> Option<Vec<u8>> {
        let start = 4 + 12 * self.blocks.len();
        let mut out = Vec::with_capacity(start + self.entries.len());
        out.extend(u32::try_from(self.blocks.len()).ok()?.to_le_bytes());
        for (first, last, offset) in self.blocks {
            for field in [first, last, u32::try_from(start + offset).ok()?] {
                out.extend(field.to_le_bytes());
            }
        }
        out.extend(self.entries);
        Some(out)
    }
}

/// Length, flags, text with a NUL, all a multiple of four bytes; `None` when that is over 65535.
fn entry(text: &str) -> Option<Vec<u8>> {
    let units: Vec<u16> = escape(text).encode_utf16().chain([0]).collect();
    let length = (4 + 2 * units.len()).next_multiple_of(4);
    let mut out = Vec::with_capacity(length);
    out.extend(u16::try_from(length).ok()?.to_le_bytes());
    out.extend(UNICODE.to_le_bytes());
    out.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    out.resize(length, 0);
    Some(out)
}

/// FormatMessage gives a meaning to every percent sign, and to an exclamation mark behind an insert (`%1!s!`). Only inserts
/// and `%%` keep theirs. Line ends become those of Windows; a NUL would end the text and is left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().filter(|c| !matches!(c, '\0' | '\r')).peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' => out.push_str("\r\n"),
            '%' => match rest.peek().copied() {
                Some('%') => {
                    rest.next();
                    out.push_str("%%");
                }
                Some('1'..='9') => {
                    out.push('%');
                    // At most two digits belong to the number.
                    for _ in 0..2 {
                        if let Some(digit) = rest.next_if(char::is_ascii_digit) {
                            out.push(digit);
                        }
                    }
                    if rest.next_if_eq(&'!').is_some() {
                        out.push_str("%!");
                    }
                }
                _ => out.push_str("%%"),
            },
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pe::bytes::{u16_at, u32_at, utf16};

    fn message(id: u16, severity: EventSeverity, text: &str) -> EventMessage {
        EventMessage { id, severity, text: text.into() }
    }

    /// Finds a message as RtlFindMessage does: first block that covers the id, then entry after entry.
    fn find(table: &[u8], id: u32) -> Option<String> {
        let count = u32_at(table, 0)? as usize;
        for block in 0..count {
            let at = 4 + 12 * block;
            let (first, last, offset) = (u32_at(table, at)?, u32_at(table, at + 4)?, u32_at(table, at + 8)?);
            if (first..=last).contains(&id) {
                let mut entry = offset as usize;
                for _ in first..id {
                    entry += usize::from(u16_at(table, entry)?);
                }
                assert_eq!(u16_at(table, entry + 2), Some(UNICODE));
                let end = entry + usize::from(u16_at(table, entry)?);
                let text = String::from_utf16(&utf16(&table[entry + 4..end])).ok()?;
                return text.split('\0').next().map(str::to_owned);
            }
        }
        None
    }

    #[test]
    fn every_id_has_a_text_and_declared_ones_have_their_own() {
        use EventSeverity::{Error, Information, Success, Warning};
        let table = message_table(&[
            message(1000, Information, "Started %1"),
            message(1001, Information, "Stopped"),
            message(1001, Error, "Failed: %1"),
            message(0, Success, "zero"),
            message(0xffff, Warning, "last"),
            message(7, Success, "seven"),
            message(7, Error, "seven failed"),
        ])
        .expect("a table");
        let expected = |id: u32| match (id >> 30, id & 0xffff) {
            (0 | 1, 1000) => "Started %1",
            (0 | 1, 1001) => "Stopped",
            (3, 1001) => "Failed: %1",
            (0, 0) => "zero",
            (0 | 2, 0xffff) => "last",
            (0, 7) => "seven",
            (3, 7) => "seven failed",
            _ => "%1",
        };
        for prefix in 0..8u32 {
            for code in (0..=0xffffu32).filter(|c| c % 97 == 0 || *c < 1100 || *c > 0xff00) {
                let id = prefix << 29 | code;
                assert_eq!(find(&table, id).as_deref(), Some(expected(id)), "{id:#x}");
            }
        }
        assert_eq!(find(&table, 0x1000_0000), None, "the reserved bit");
    }

    #[test]
    fn blocks_are_sorted_and_small() {
        let table = message_table(&[]).expect("a table");
        assert!(table.len() <= 18 * 1024 + 512, "{} bytes", table.len());
        let count = u32_at(&table, 0).expect("a count") as usize;
        let ranges: Vec<_> = (0..count).map(|b| (u32_at(&table, 4 + 12 * b), u32_at(&table, 8 + 12 * b))).collect();
        assert!(ranges.windows(2).all(|w| w[0].1 < w[1].0), "ascending, without overlap");
    }

    #[test]
    fn percent_signs_mean_inserts_or_themselves() {
        for (text, escaped) in [
            ("%1 of %22 in %333", "%1 of %22 in %333"),
            ("100% of %PATH%", "100%% of %%PATH%%"),
            ("%0 %n %%1 %", "%%0 %%n %%1 %%"),
            ("%1! and %12!s!", "%1%! and %12%!s!"),
            ("a\nb\r\nc\0d", "a\r\nb\r\ncd"),
        ] {
            assert_eq!(escape(text), escaped);
        }
    }

    #[test]
    fn too_long_and_twice() {
        let long = message(5, EventSeverity::Error, &"x".repeat(40_000));
        assert!(message_table(&[long]).is_err_and(|e| e.contains("event 5")));
        let twice = [message(6, EventSeverity::Error, "a"), message(6, EventSeverity::Error, "b")];
        assert!(message_table(&twice).is_err_and(|e| e.contains("event 6")));
    }
}
