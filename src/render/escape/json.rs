//! JSON, and the double-quoted strings of TOML and YAML: inside quotes a value is escaped, outside it brings its own.

use super::Reader;

/// Follows double-quoted strings.
#[derive(Default)]
pub(super) struct Json {
    quoted: bool,
    backslash: bool,
}

impl Reader for Json {
    fn text(&mut self, c: char, _: &str) {
        if self.backslash {
            self.backslash = false;
        } else if c == '"' {
            self.quoted = !self.quoted;
        } else if c == '\\' && self.quoted {
            self.backslash = true;
        }
    }

    fn value(&mut self, value: &str, out: &mut String) -> Result<(), (&'static str, &'static str)> {
        if self.backslash {
            return Err(("a \\ stands before it", "away from the \\"));
        }
        let literal = serde_json::Value::from(value).to_string();
        // DEL is legal in JSON, not in TOML.
        let literal = literal.replace('\u{7f}', "\\u007f");
        let inner = literal.get(1..literal.len() - 1).unwrap_or_default();
        out.push_str(if self.quoted { inner } else { &literal });
        Ok(())
    }
}
