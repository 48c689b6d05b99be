//! cmd.exe: quotes toggle between two readings of a line, `%` is expanded in both.
//!
//! A value is literal as cmd.exe reads it: in `set "NAME=…"`, in an argument, after `echo`. What a called program makes of
//! quotes in its arguments is the program's business.

use super::Reader;

/// Follows quotes within a line, and whether `!` is expanded.
#[derive(Default)]
pub(super) struct Cmd {
    quoted: bool,
    caret: bool,
    delayed: bool,
    line: String,
}

impl Reader for Cmd {
    fn text(&mut self, c: char, _: &str) {
        if c == '\n' {
            let line = self.line.to_ascii_lowercase();
            let words = line.trim_start().trim_start_matches('@');
            if words.starts_with("setlocal") && line.contains("enabledelayedexpansion") {
                self.delayed = true;
            } else if words.starts_with("endlocal") || line.contains("disabledelayedexpansion") {
                self.delayed = false;
            }
            self.line.clear();
            self.quoted = false;
            self.caret = false;
            return;
        }
        self.line.push(c);
        if self.caret {
            self.caret = false;
        } else if c == '"' {
            self.quoted = !self.quoted;
        } else if c == '^' && !self.quoted {
            self.caret = true;
        }
    }

    fn value(&mut self, value: &str, out: &mut String) -> Result<(), (&'static str, &'static str)> {
        if self.delayed {
            return Err((
                "delayed expansion is on, which takes ! and ^ out of values",
                "above `setlocal EnableDelayedExpansion`, into `set \"NAME={{ value }}\"`, and use !NAME! below",
            ));
        }
        if self.caret {
            return Err(("a ^ stands before it", "away from the ^"));
        }
        for c in value.chars() {
            match c {
                '%' => out.push_str("%%"),
                // Nothing can carry these through a line of a batch file: 0x1A ends the file.
                '\n' | '\r' => out.push(' '),
                c if c.is_control() && c != '\t' => out.push('\u{FFFD}'),
                '"' => {
                    self.quoted = !self.quoted;
                    out.push(c);
                }
                '&' | '|' | '<' | '>' | '^' | '(' | ')' if !self.quoted => {
                    out.push('^');
                    out.push(c);
                }
                c => out.push(c),
            }
        }
        Ok(())
    }
}
