//! `certutil -hashfile FILE SHA256`.

use crate::Outcome;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

const FILE_NOT_FOUND: u32 = 0x8007_0002;
const INVALID_ARG: u32 = 0x8007_0057;
/// ERROR_FILE_INVALID: certutil maps the file, and an empty one can't be mapped.
const FILE_INVALID: u32 = 0x8007_03EE;

pub fn run(args: &[String]) -> Outcome {
    let failed = |code: u32, why: &str| {
        Outcome::fail(code, format!("CertUtil: -hashfile command FAILED: {code:#x} ({why})\nCertUtil: {why}\n"))
    };
    let [verb, file, algorithm] = args else { return failed(INVALID_ARG, "Expected three arguments") };
    if !verb.eq_ignore_ascii_case("-hashfile") || !algorithm.eq_ignore_ascii_case("SHA256") {
        return failed(INVALID_ARG, "this stand-in knows `-hashfile FILE SHA256` only");
    }
    if file.chars().any(|c| matches!(c, '"' | '<' | '>' | '|' | '*' | '?')) {
        return failed(0x8007_007B, "The filename, directory name, or volume label syntax is incorrect.");
    }
    let Ok(bytes) = std::fs::read(file) else {
        return failed(FILE_NOT_FOUND, "The system cannot find the file specified.");
    };
    if bytes.is_empty() {
        return failed(
            FILE_INVALID,
            "The volume for a file has been externally altered so that the opened file is no longer valid.",
        );
    }
    let mut hex = String::new();
    for byte in Sha256::digest(&bytes) {
        let _ = write!(hex, "{byte:02x}");
    }
    Outcome::ok(format!("SHA256 hash of {file}:\n{hex}\nCertUtil: -hashfile command completed successfully.\n"))
}
