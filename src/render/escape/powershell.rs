//! PowerShell: outside strings a value brings its own single quotes; inside, it is escaped for the kind of string.
//!
//! Source: the PowerShell language specification, 2.2.3 (comments) and 2.3.5.2 (string literals), and about_Quoting_Rules.

use super::Reader;
use crate::render::ps_literal::{self, DOUBLE_QUOTES, SINGLE_QUOTES};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Code,
    Single,
    Double,
    SingleHere,
    DoubleHere,
    LineComment,
    BlockComment,
}

/// Follows strings, here-strings, comments and `$( )` inside strings.
pub(super) struct PowerShell {
    /// Innermost last. `Code` above a string is a `$( )` in it; the number counts its open parentheses.
    places: Vec<(Place, usize)>,
    backtick: bool,
    /// A quote that may be the first of a doubled one.
    pending: bool,
    /// What was read of the current line.
    line: String,
    /// Characters to follow without a second look: the rest of a two-character token.
    skip: usize,
}

impl Default for PowerShell {
    fn default() -> Self {
        PowerShell { places: vec![(Place::Code, 0)], backtick: false, pending: false, line: String::new(), skip: 0 }
    }
}

impl PowerShell {
    fn place(&self) -> Place {
        self.places.last().map_or(Place::Code, |p| p.0)
    }

    fn line_is_one_of(&self, quotes: &[char]) -> bool {
        let mut chars = self.line.chars();
        chars.next().is_some_and(|c| quotes.contains(&c)) && chars.next().is_none()
    }

    fn leave(&mut self) {
        if self.places.len() > 1 {
            self.places.pop();
        }
    }

    fn code(&mut self, c: char, next: &str) {
        // A # starts a comment only where a token may start.
        let token_start = self.line.chars().last().is_none_or(|p| p.is_whitespace() || "(){};,|&=".contains(p));
        let here = |quotes: &[char]| {
            let after = next.trim_start_matches(quotes);
            after.len() < next.len() && after.trim_start_matches([' ', '\t', '\r']).starts_with('\n')
        };
        match c {
            '`' => self.backtick = true,
            '#' if self.line.ends_with('<') => self.places.push((Place::BlockComment, 0)),
            '#' if token_start => self.places.push((Place::LineComment, 0)),
            '@' if here(&SINGLE_QUOTES) => {
                self.skip = 1;
                self.places.push((Place::SingleHere, 0));
            }
            '@' if here(&DOUBLE_QUOTES) => {
                self.skip = 1;
                self.places.push((Place::DoubleHere, 0));
            }
            c if SINGLE_QUOTES.contains(&c) => self.places.push((Place::Single, 0)),
            c if DOUBLE_QUOTES.contains(&c) => self.places.push((Place::Double, 0)),
            '(' => self.count(1),
            ')' => self.count(-1),
            _ => {}
        }
    }

    /// Parentheses of a `$( )` inside a string: the last one closed ends it.
    fn count(&mut self, by: isize) {
        let inner = self.places.len() > 1;
        if let Some(last) = self.places.last_mut() {
            last.1 = last.1.saturating_add_signed(by);
            if inner && last.1 == 0 {
                self.places.pop();
            }
        }
    }

    /// A quote ends the string unless the next character doubles it.
    fn string(&mut self, c: char, next: &str, quotes: &[char]) {
        if self.pending {
            self.pending = false;
        } else if quotes.contains(&c) {
            if next.starts_with(quotes) {
                self.pending = true;
            } else {
                self.leave();
            }
        }
    }

    fn expandable(&mut self, c: char, next: &str) -> bool {
        if c == '`' {
            self.backtick = true;
            return true;
        }
        if c == '$' && next.starts_with('(') {
            self.places.push((Place::Code, 0));
            return true;
        }
        false
    }
}

impl Reader for PowerShell {
    fn text(&mut self, c: char, next: &str) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.backtick {
            self.backtick = false;
        } else {
            match self.place() {
                Place::Code => self.code(c, next),
                Place::Single => self.string(c, next, &SINGLE_QUOTES),
                Place::Double => {
                    if !self.expandable(c, next) {
                        self.string(c, next, &DOUBLE_QUOTES);
                    }
                }
                Place::SingleHere => {
                    if c == '@' && self.line_is_one_of(&SINGLE_QUOTES) {
                        self.leave();
                    }
                }
                Place::DoubleHere => {
                    if !self.expandable(c, next) && c == '@' && self.line_is_one_of(&DOUBLE_QUOTES) {
                        self.leave();
                    }
                }
                Place::LineComment => {
                    if c == '\n' {
                        self.leave();
                    }
                }
                Place::BlockComment => {
                    if c == '>' && self.line.ends_with('#') {
                        self.leave();
                    }
                }
            }
        }
        if c == '\n' {
            self.line.clear();
        } else {
            self.line.push(c);
        }
    }

    fn value(&mut self, value: &str, out: &mut String) -> Result<(), (&'static str, &'static str)> {
        if self.backtick {
            return Err(("a backtick stands before it", "away from the backtick"));
        }
        if self.pending {
            return Err(("it stands between two quotes", "away from the quotes"));
        }
        let line_start = self.line.is_empty();
        // Whatever follows, the line is no longer empty and ends in no token of ours.
        self.line.push('\u{FFFC}');
        match self.place() {
            Place::Code => out.push_str(&ps_literal::string(value)),
            Place::Single => {
                for c in value.chars() {
                    out.push(c);
                    if SINGLE_QUOTES.contains(&c) {
                        out.push(c);
                    }
                }
            }
            Place::Double | Place::DoubleHere => {
                for c in value.chars() {
                    match c {
                        '\n' => out.push_str("`n"),
                        '\r' => out.push_str("`r"),
                        c if c == '`' || c == '$' || DOUBLE_QUOTES.contains(&c) => {
                            out.push('`');
                            out.push(c);
                        }
                        c => out.push(c),
                    }
                }
            }
            Place::SingleHere => {
                let ends =
                    |line: &str| line.strip_prefix(SINGLE_QUOTES).is_some_and(|l| l.is_empty() || l.starts_with('@'));
                let mut lines = value.split('\n').enumerate();
                if lines.any(|(i, line)| (i > 0 || line_start) && ends(line)) {
                    return Err((
                        "it holds a line that would end the here-string",
                        "into a string in single quotes, or out of strings",
                    ));
                }
                out.push_str(value);
            }
            Place::LineComment => out.push_str(&value.replace(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'], " ")),
            Place::BlockComment => {
                // Neither with what stands before it nor in itself may it spell #>.
                if value.starts_with('>') {
                    out.push(' ');
                }
                out.push_str(&value.replace('#', "# "));
            }
        }
        Ok(())
    }
}
