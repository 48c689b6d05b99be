//! XML and HTML: text and attributes, CDATA sections, comments.

use super::Reader;

#[derive(Default, PartialEq, Eq)]
enum Place {
    #[default]
    Text,
    CData,
    Comment,
}

/// Follows CDATA sections and comments; text and attributes take the same escapes.
#[derive(Default)]
pub(super) struct Xml {
    place: Place,
    seen: String,
}

impl Reader for Xml {
    fn text(&mut self, c: char, _: &str) {
        self.seen.push(c);
        let moved = match self.place {
            Place::Text if self.seen.ends_with("<![CDATA[") => Some(Place::CData),
            Place::Text if self.seen.ends_with("<!--") => Some(Place::Comment),
            Place::CData if self.seen.ends_with("]]>") => Some(Place::Text),
            Place::Comment if self.seen.ends_with("-->") => Some(Place::Text),
            _ => None,
        };
        if let Some(place) = moved {
            self.place = place;
            self.seen.clear();
        }
    }

    fn value(&mut self, value: &str, out: &mut String) -> Result<(), (&'static str, &'static str)> {
        let brackets = self.seen.chars().rev().take_while(|c| *c == ']').count();
        self.seen.clear();
        if self.place == Place::CData && brackets > 0 {
            return Err(("a ] stands before it in a CDATA section", "away from the ]"));
        }
        let mut previous = String::new();
        for c in value.chars() {
            match (&self.place, c) {
                // XML 1.0 has no way to write most control characters.
                (_, c) if c.is_control() && !matches!(c, '\n' | '\t' | '\r') => out.push('\u{FFFD}'),
                (Place::CData, '>') if previous.ends_with("]]") => out.push_str("]]><![CDATA[>"),
                (Place::Comment, '-') => out.push_str("- "),
                (Place::Text, '&') => out.push_str("&amp;"),
                (Place::Text, '<') => out.push_str("&lt;"),
                (Place::Text, '>') => out.push_str("&gt;"),
                (Place::Text, '"') => out.push_str("&quot;"),
                (Place::Text, '\'') => out.push_str("&#39;"),
                // In an attribute they would be read as spaces.
                (Place::Text, '\n' | '\r' | '\t') => out.push_str(&format!("&#{};", u32::from(c))),
                (_, c) => out.push(c),
            }
            previous.push(c);
        }
        if self.place == Place::CData && previous.ends_with(']') {
            // The template's own text could go on with ]>.
            out.push_str("]]><![CDATA[");
        }
        Ok(())
    }
}
