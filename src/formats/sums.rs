//! `SHA256SUMS` and `*.sha256`: the list that `sha256sum -c` reads.
//!
//! One line a file: 64 lower-case hex digits, two spaces, the path with `/`, a line feed. With CR LF `sha256sum` would look
//! for names that end in a carriage return. The scripts read it too: `for /f` in cmd and PowerShell's `Get-Content` take
//! either line end. No comments, no blank lines, no `*` (binary) marks, no `\` escapes: such names are not in bundles.

use crate::model::{BundlePath, Sha256};

/// File name, in the bundle and in the output folder.
pub const FILE_NAME: &str = "SHA256SUMS";
/// What a checksum file beside an archive is called: the archive's name and this.
pub const BESIDE: &str = ".sha256";

/// Writes the lines, in the order given.
pub fn write<'a>(files: impl IntoIterator<Item = (&'a str, Sha256)>) -> String {
    files.into_iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect()
}

/// Reads exactly what [`write()`] writes, and nothing looser: what two readers could understand in two ways is refused.
///
/// # Errors
/// Names the line, from 1, and what is wrong with it.
pub fn read(text: &str) -> Result<Vec<(BundlePath, Sha256)>, String> {
    let mut files = Vec::new();
    for (i, line) in text.split_inclusive('\n').enumerate() {
        let at = |why: String| format!("line {}: {why}", i + 1);
        let line = line.strip_suffix('\n').ok_or_else(|| at("it does not end in a line feed".into()))?;
        let (hash, path) = line.split_once("  ").ok_or_else(|| at("not `HASH  PATH`".into()))?;
        let parsed: Sha256 = hash.parse().map_err(at)?;
        if parsed.to_string() != hash {
            return Err(at("the hash is not in lower case".into()));
        }
        files.push((BundlePath::new(path).map_err(at)?, parsed));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let hash = Sha256::of(b"x");
        let text = write([("a b.txt", hash), ("sub/é", hash)]);
        assert_eq!(text, format!("{hash}  a b.txt\n{hash}  sub/é\n"));
        let paths = |text: &str| read(text).map(|v| v.into_iter().map(|(p, _)| p.to_string()).collect::<Vec<_>>());
        assert_eq!(paths(&text), Ok(vec!["a b.txt".into(), "sub/é".into()]));
        assert_eq!(paths(""), Ok(vec![]));
        for bad in [
            format!("{hash}  a"),
            format!("{hash}  a\r\n"),
            format!("{hash} *a\n"),
            format!("{hash}  ../a\n"),
            format!("{}  a\n", hash.to_string().to_uppercase()),
            "\n".into(),
            format!("# note\n{hash}  a\n"),
        ] {
            assert!(read(&bad).is_err_and(|e| e.starts_with("line 1: ")), "{bad:?}");
        }
    }
}
