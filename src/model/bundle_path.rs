//! Names of files inside a bundle: safe on every Windows file system.

use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// A relative path with `/` between its parts, none of which Windows would refuse, reinterpret or confuse:
/// no `..`, no drive, no stream, no device name, no trailing dot or space, no control character.
///
/// Source: Microsoft, "Naming Files, Paths, and Namespaces".
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BundlePath(String);

/// Longest path in a bundle, in UTF-16 units: leaves room below MAX_PATH (260) for the folder it is unpacked into.
pub const MAX_LEN: usize = 180;

/// Files that an installation writes into the program folder, beside those of the bundle: see docs/scripts.md.
pub const WRITTEN: [&str; 2] = ["install.acl", "install.state"];

impl BundlePath {
    /// Validates a path.
    ///
    /// # Errors
    /// Says which part is refused and why.
    pub fn new(path: impl Into<String>) -> Result<Self, String> {
        let path = path.into();
        if path.is_empty() {
            return Err("the path is empty".into());
        }
        if path.encode_utf16().count() > MAX_LEN {
            return Err(format!("`{path}` is longer than {MAX_LEN} characters"));
        }
        for part in path.split('/') {
            check_part(part).map_err(|why| format!("`{path}`: {why}"))?;
        }
        Ok(BundlePath(path))
    }

    /// The path with `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path as Windows writes it, with `\`.
    pub fn windows(&self) -> String {
        self.0.replace('/', "\\")
    }

    /// The last part.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The key under which two names are the same file on Windows or where it is packed: see [`collision_key`].
    pub fn collision_key(&self) -> String {
        collision_key(&self.0)
    }

    /// The file of [`WRITTEN`] that this path would stand in the way of, as a file or as a folder.
    pub fn stands_for_written(&self) -> Option<&'static str> {
        let first = collision_key(self.0.split('/').next().unwrap_or_default());
        WRITTEN.into_iter().find(|name| collision_key(name) == first)
    }

    /// This path below a folder.
    ///
    /// # Errors
    /// As [`BundlePath::new`].
    pub fn under(&self, folder: &str) -> Result<Self, String> {
        BundlePath::new(format!("{folder}/{}", self.0))
    }
}

/// The key under which two names may be one file: upper case, as NTFS compares, character by character (`ß` has no upper case of
/// one character, and is not `SS`), and accents composed (NFC), as other file systems and archive tools compare.
pub fn collision_key(name: &str) -> String {
    let upper = |c: char| {
        let mut all = c.to_uppercase();
        match (all.next(), all.next()) {
            (Some(one), None) => one,
            _ => c,
        }
    };
    name.nfc().map(upper).nfc().collect()
}

/// True when a file name means a device: with or without extension, in any case.
pub fn is_device_name(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end_matches(' ').to_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let numbered = |prefix| {
        stem.strip_prefix(prefix).is_some_and(|n: &str| {
            let mut chars = n.chars();
            matches!((chars.next(), chars.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
        })
    };
    numbered("COM") || numbered("LPT")
}

fn check_part(part: &str) -> Result<(), String> {
    if part.is_empty() {
        return Err("an empty part, or a slash at the start or end".into());
    }
    if part == "." || part == ".." {
        return Err(format!("`{part}` is not allowed"));
    }
    if let Some(c) = part.chars().find(|c| c.is_control() || "<>:\"\\|?*".contains(*c)) {
        return Err(format!("Windows allows no {c:?} in file names"));
    }
    if part.ends_with('.') || part.ends_with(' ') {
        return Err(format!("`{part}` ends in a dot or a space, which Windows drops"));
    }
    if is_device_name(part) {
        return Err(format!("`{part}` is a device name on Windows"));
    }
    Ok(())
}

impl fmt::Display for BundlePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for BundlePath {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for BundlePath {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        BundlePath::new(String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for BundlePath {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BundlePath".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "minLength": 1,
            "description": "relative path with `/`, every part a valid Windows file name",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_and_bad() {
        for good in ["a.exe", "conf/app.toml", "日本/é.txt", "CONSOLE.txt", "com10", "a b.txt", ".hidden"] {
            assert!(BundlePath::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/a",
            "a/",
            "a//b",
            "../a",
            "a/./b",
            "c:/a",
            "a\\b",
            "CON.txt",
            "nul",
            "x/Com1.log",
            "LPT¹",
            "a.",
            "a ",
            "a?b",
            "a:stream",
            "a\nb",
            "aux .txt",
        ] {
            assert!(BundlePath::new(bad).is_err(), "{bad}");
        }
        assert!(BundlePath::new("x".repeat(181)).is_err());
    }

    #[test]
    fn same_file_whatever_the_case() {
        let key = |s: &str| BundlePath::new(s).expect("valid").collision_key();
        assert_eq!(key("Readme.TXT"), key("README.txt"));
        assert_eq!(key("Äh e\u{301}.txt"), key("äH É.TXT"));
        assert_ne!(key("a"), key("b"));
        assert_ne!(key("ß.txt"), key("ss.txt"));
    }
}
