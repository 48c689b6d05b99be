//! Key paths such as `services.AcmeAgent.args[2]`.

use std::fmt;

/// One step of a key path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A key of a table.
    Key(String),
    /// An entry of a list, from 0.
    Index(usize),
}

/// The way to a value, from the `winsvc` table on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct KeyPath(pub Vec<Step>);

impl KeyPath {
    /// The path of these keys.
    pub(crate) fn of<S: AsRef<str>>(keys: impl IntoIterator<Item = S>) -> Self {
        KeyPath(keys.into_iter().map(|k| Step::Key(k.as_ref().to_owned())).collect())
    }

    /// This path and a key.
    pub(crate) fn key(&self, key: &str) -> Self {
        self.step(Step::Key(key.to_owned()))
    }

    /// This path and an index.
    pub(crate) fn index(&self, index: usize) -> Self {
        self.step(Step::Index(index))
    }

    /// This path followed by another.
    pub(crate) fn join(&self, rest: &KeyPath) -> Self {
        KeyPath(self.0.iter().chain(&rest.0).cloned().collect())
    }

    /// Reads what [`KeyPath`]'s `Display` wrote.
    pub(crate) fn parse(text: &str) -> Self {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('[') {
                let (index, after) = after.split_once(']').unwrap_or((after, ""));
                steps.extend(index.parse().ok().map(Step::Index));
                rest = after;
            } else if rest.starts_with('"') {
                let end = closing_quote(rest);
                // A basic TOML string without line breaks is a JSON string.
                steps.extend(serde_json::from_str(&rest[..end]).ok().map(Step::Key));
                rest = &rest[end..];
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                steps.push(Step::Key(rest[..end].to_owned()));
                rest = &rest[end..];
            }
            rest = rest.strip_prefix('.').unwrap_or(rest);
        }
        KeyPath(steps)
    }

    fn step(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        KeyPath(steps)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    if i > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(&quoted(key))?;
                }
            }
        }
        Ok(())
    }
}

/// Offset behind the quote that closes the string at the start of `text`.
fn closing_quote(text: &str) -> usize {
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return i + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// A key as TOML writes it: bare where it can be.
pub(crate) fn quoted(key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { key.to_owned() } else { toml_string(key) }
}

/// A text as a TOML string.
pub(crate) fn toml_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_as_toml_writes_them() {
        assert_eq!(
            KeyPath::of(["services", "acme agent", "args"]).index(2).to_string(),
            "services.\"acme agent\".args[2]"
        );
        assert_eq!(KeyPath::default().to_string(), "");
        for path in [
            KeyPath::default(),
            KeyPath::of(["a", "b c.d[0]", "\"\\\n\u{1}é"]).index(0).index(12).key("x"),
            KeyPath::of(["", "\\"]),
        ] {
            assert_eq!(KeyPath::parse(&path.to_string()), path);
        }
        assert_eq!(quoted("a\"b\n"), "\"a\\\"b\\n\"");
    }
}
