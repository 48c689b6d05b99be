//! Scripts: what Windows' interpreters need of them before they read a word.

use super::Book;
use super::catalog::{self as ws, Known};
use super::contents::{Content, Contents};

/// What every bundle that installs services has.
pub(super) const REQUIRED: &[&str] =
    &["install.cmd", "uninstall.cmd", "install.ps1", "rollback.ps1", "uninstall.ps1", "status.ps1", "README.txt"];
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Checks our scripts strictly and the project's own for what would be misread.
pub(super) fn check(book: &mut Book, contents: &Contents) {
    for (path, content) in &contents.files {
        let own = REQUIRED.contains(&path.as_str());
        let lower = path.to_ascii_lowercase();
        let Some((_, extension)) = lower.rsplit_once('.') else { continue };
        let Some(bytes) = content.bytes.as_deref() else { continue };
        match extension {
            "ps1" if own => {
                encoding(book, path, content, bytes.starts_with(BOM), "it has no byte-order mark");
                lines(book, ws::SCRIPT_LINES, path, bytes);
            }
            "cmd" if own => {
                encoding(book, path, content, !bytes.starts_with(BOM), "it has a byte-order mark");
                lines(book, ws::SCRIPT_LINES, path, bytes);
            }
            "ps1" | "psm1" | "psd1" => {
                let readable = bytes.is_ascii() || bytes.starts_with(BOM) || bytes.starts_with(b"\xff\xfe");
                book.expect(ws::ASSET_ENCODING, path, readable, || {
                    "it holds more than ASCII, but has no byte-order mark".into()
                });
            }
            "cmd" | "bat" => {
                book.expect(ws::ASSET_ENCODING, path, !bytes.starts_with(BOM), || "it has a byte-order mark".into());
                lines(book, ws::ASSET_ENCODING, path, bytes);
            }
            _ => {}
        }
    }
}

fn encoding(book: &mut Book, path: &str, content: &Content, marked_right: bool, otherwise: &str) {
    let result = content.text().map(|_| ()).and(if marked_right { Ok(()) } else { Err(otherwise.to_owned()) });
    book.check(ws::SCRIPT_ENCODING, path, result);
}

fn lines(book: &mut Book, known: &Known, path: &str, bytes: &[u8]) {
    let bare = |(i, b): (usize, &u8)| match b {
        b'\n' => i == 0 || bytes.get(i - 1) != Some(&b'\r'),
        b'\r' => bytes.get(i + 1) != Some(&b'\n'),
        _ => false,
    };
    let wrong = bytes.iter().enumerate().find(|x| bare(*x)).map(|(i, _)| i);
    book.expect(known, path, wrong.is_none(), || {
        let before = bytes.get(..wrong.unwrap_or_default()).unwrap_or_default();
        format!("line {} does not end in CR LF", before.iter().filter(|b| **b == b'\n').count() + 1)
    });
}
