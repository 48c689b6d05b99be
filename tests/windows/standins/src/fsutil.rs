//! `fsutil dirty query C:`, the usual test for elevation: it needs an elevated token.

use crate::{Outcome, registry};

pub fn run(args: &[String]) -> Outcome {
    let words: Vec<String> = args.iter().map(|a| a.to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ["dirty", "query", volume] = words[..] else {
        return Outcome::fail(1, "fsutil: this stand-in knows `dirty query VOLUME` only\n");
    };
    if !matches!(volume.as_bytes(), [b'a'..=b'z', b':']) {
        return Outcome::fail(1, "Error:  The system cannot find the path specified.\n");
    }
    // A test plays an ordinary user by this value.
    let ordinary = registry::Key::open(registry::OWN, "").and_then(|k| k.get("NotElevated")).is_some();
    if ordinary {
        return Outcome::fail(1, "The FSUTIL utility requires that you have administrative privileges.\n");
    }
    Outcome::ok(format!("Volume - {volume} is NOT Dirty\n"))
}
