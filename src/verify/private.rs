//! Paths of the build machine: they tell user names to everyone and make builds differ.
//!
//! Looked for as ASCII and as UTF-16, since Windows programs hold both. Rust puts its texts one behind the other without
//! anything between, so what stands in front of a path proves nothing; only inside a URL it is none.

/// What comes first, and whether a name and another separator have to follow (`/home/NAME/`).
const UNIX: &[(&str, bool)] =
    &[("/home/", true), ("/Users/", true), ("/root/", false), ("/build/", false), ("/builds/", false)];
/// Names that stand for folders of the build machine (docs/building.md): below them, any folder is the project's own.
const MAPPED: &[&str] = &["/src/", "/target/", "/deps/", "/cargo/registry/", "/cargo/git/", "/rustc/"];
/// How names of source files end.
const SOURCES: &[&str] = &[".rs", ".c", ".cc", ".cpp", ".h", ".hpp"];
/// Behind a drive's colon.
const WINDOWS: &str = "\\Users\\";
/// How much of a path is shown.
const SHOWN: usize = 80;
/// How many different ones are shown.
const MOST: usize = 3;

/// Finds paths, each once, the first few only; and how many places there are in all.
pub(super) fn find(bytes: &[u8], private: &[String]) -> (Vec<String>, usize) {
    let own = needles(private);
    // All that is looked for starts with one of these bytes.
    let mut starts = [false; 256];
    for byte in own.iter().filter_map(|n| n.bytes().next()).chain(*b"/\\:") {
        starts[usize::from(byte)] = true;
    }
    let mut found: Vec<String> = Vec::new();
    let mut count = 0;
    let mut skip_to = 0;
    for (at, byte) in bytes.iter().enumerate() {
        // The rest of a path is not looked at again.
        if !starts[usize::from(*byte)] || at < skip_to {
            continue;
        }
        for width in [1, 2] {
            let text = Text { bytes, at, width };
            let Some(path) = text.path(&own) else { continue };
            count += 1;
            skip_to = at + path.len() * width;
            if found.len() < MOST && !found.contains(&path) {
                found.push(path);
            }
            break;
        }
    }
    (found, count)
}

/// What to look for besides: paths as they are (with a slash at their end, no other folder that begins alike is found), names as a part of a path. Short ones would be found anywhere.
fn needles(private: &[String]) -> Vec<String> {
    let mut needles = Vec::new();
    for text in private.iter().filter(|t| t.len() >= 4 && t.is_ascii()) {
        if text.contains(['/', '\\']) {
            needles.push(text.clone());
        } else {
            needles.push(format!("/{text}/"));
            needles.push(format!("\\{text}\\"));
        }
    }
    needles
}

/// Text at a place in bytes: of one byte a character, or of two.
struct Text<'a> {
    bytes: &'a [u8],
    at: usize,
    width: usize,
}

impl Text<'_> {
    /// The printable ASCII character `n` places on, or back; none where there is another one.
    fn char(&self, n: isize) -> Option<u8> {
        let at = self.at.checked_add_signed(n * isize::try_from(self.width).ok()?)?;
        let char = *self.bytes.get(at)?;
        let high = if self.width == 2 { *self.bytes.get(at + 1)? } else { 0 };
        (high == 0 && (b' '..0x7f).contains(&char)).then_some(char)
    }

    fn starts_with(&self, text: &str) -> bool {
        (0..).zip(text.bytes()).all(|(n, b)| self.char(n) == Some(b))
    }

    /// The path here, when it is one that must not be.
    fn path(&self, own: &[String]) -> Option<String> {
        let is_name = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c));
        let unix = UNIX.iter().any(|(prefix, named)| {
            if !self.starts_with(prefix) {
                return false;
            }
            let from = isize::try_from(prefix.len()).unwrap_or_default();
            let length = (0..64).take_while(|n| is_name(self.char(from + n))).count();
            let end = from + isize::try_from(length).unwrap_or_default();
            length > 0 && (!named || self.char(end) == Some(b'/'))
        });
        let windows = self.char(0) == Some(b':')
            && self.char(-1).is_some_and(|c| c.is_ascii_alphabetic())
            && Text { at: self.at + self.width, ..*self }.starts_with(WINDOWS);
        let mine = own.iter().any(|needle| self.starts_with(needle));
        if !(mine || windows || unix && !self.is_in_url() && !self.is_in_mapped()) {
            return None;
        }
        let start = if windows { -1 } else { 0 };
        let shown = (start..).map_while(|n| self.char(n)).take_while(|c| !b"\"'<>|*?".contains(c));
        Some(shown.take(SHOWN).map(char::from).collect())
    }

    /// Whether a path under one of [`MAPPED`] leads up to here: `/target/TRIPLE/release/build/…`. What ends in a source file is
    /// a path of its own, with the next behind it.
    fn is_in_mapped(&self) -> bool {
        let is_part = |c: u8| c.is_ascii_alphanumeric() || b"._-+@/ ".contains(&c);
        let mut before: Vec<u8> = (1..400).map_while(|n| self.char(-n)).take_while(|c| is_part(*c)).collect();
        before.reverse();
        let before = String::from_utf8_lossy(&before) + "/";
        let rest = MAPPED.iter().filter_map(|name| before.rfind(name).map(|at| &before[at + name.len()..]));
        let is_file = |part: &str| SOURCES.iter().any(|end| part.ends_with(end));
        rest.into_iter().any(|rest| !rest.split('/').any(is_file))
    }

    /// Whether `scheme://host` leads up to here.
    fn is_in_url(&self) -> bool {
        let host = |c: u8| c.is_ascii_alphanumeric() || b".-_:/@%~".contains(&c);
        let before: Vec<u8> = (1..200).map_while(|n| self.char(-n)).take_while(|c| host(*c)).collect();
        // Backwards; the host must have a character.
        before.windows(3).skip(1).any(|w| w == b"//:")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let (ascii, count) = find(text.as_bytes(), &[]);
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for odd in [0, 1] {
            let shifted: Vec<u8> = std::iter::repeat_n(0, odd).chain(wide.iter().copied()).collect();
            assert_eq!(find(&shifted, &[]), (ascii.clone(), count), "the same in UTF-16");
        }
        ascii
    }

    #[test]
    fn paths_are_found_wherever_they_start() {
        assert_eq!(found("called `unwrap`/home/ann/app/src/main.rs\0"), ["/home/ann/app/src/main.rs"]);
        assert_eq!(found("x/root/.cargo/registry/src/a\u{1}"), ["/root/.cargo/registry/src/a"]);
        assert_eq!(found("errorC:\\Users\\ann\\x\n"), ["C:\\Users\\ann\\x"]);
        assert_eq!(found("/Users/ann/x /builds/group/app"), ["/Users/ann/x /builds/group/app"]);
        assert_eq!(found("/src/main.rs/build/agent/x/src/lib.rs"), ["/build/agent/x/src/lib.rs"]);
        assert_eq!(found("/src/made.h/home/ann/x.rs"), ["/home/ann/x.rs"]);
        assert_eq!(found("/build/rustc-1/library\0\0/home/a/b\0\0/home/a/b").len(), 2);
    }

    #[test]
    fn what_only_looks_like_one_is_not() {
        for text in [
            "/rustc/0123456789abcdef/library/std/src/lib.rs",
            "https://example.com/home/ann/page",
            "http://localhost:8080/build/x",
            "/target/x86_64-pc-windows-gnu/release/build/hello-d83ee7f8158dfcb1/out/made.rs",
            "main.rs/src/build/mod.rs",
            "/cargo/registry/winres-0.1.12/build/x.rs",
            "/home/",
            "/home/ann",
            "/homes/a/b",
            "/root/",
            "/Users/",
            "\\Users\\ann\\x",
            "src/main.rs",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn own_texts() {
        let own = ["/src/acme/".to_owned(), "annie".into(), "ann".into()];
        let find = |text: &str| find(text.as_bytes(), &own).0;
        assert_eq!(find("a/src/acme/lib.rs"), ["/src/acme/lib.rs"]);
        assert_eq!(find("D:\\work\\annie\\x"), ["\\annie\\x"]);
        assert!(find("annie and ann, /ann/x, /src/ac, /src/acmebis/x").is_empty());
    }

    #[test]
    fn every_place_is_counted_but_few_are_shown() {
        let text: String = (0..10).map(|i| format!("/home/u{i}/x\0")).collect();
        let (shown, count) = find(text.as_bytes(), &[]);
        assert_eq!((shown.len(), count), (3, 10));
    }
}
