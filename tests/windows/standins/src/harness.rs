//! `harness.exe`: no stand-in, but the hand of the tests inside the Windows machine.
//!
//! - `hold` stays: Wine ends all services when the last ordinary process goes.
//! - `run FILE PROGRAM ARGUMENTS…` runs a program and writes its exit code, all 32 bits, to FILE.
//! - `registry FILE KEY…` writes all values below the keys to FILE: key, name, type and data in hex, each line with tabs.
//! - `cmd FILE LINE` has cmd.exe run a line, as it would be typed, and writes the exit code likewise.

use crate::Outcome;
use crate::registry::Key;
use std::fmt::Write as _;
use std::os::windows::process::CommandExt as _;
use std::process::Command;

const CREATE_NO_WINDOW: u32 = 0x0800_0000;

pub fn run(args: &[String]) -> Outcome {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let (file, mut command) = match &words[..] {
        ["hold"] => loop {
            std::thread::park();
        },
        ["run", file, program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments);
            (file, command)
        }
        ["cmd", file, line] => {
            let mut command = Command::new(r"C:\windows\system32\cmd.exe");
            // /s: only the outermost quotes go, whatever the line holds.
            command.raw_arg(format!("/d /s /c \"{line}\""));
            // A console of its own that nobody sees, as an administrator has one: without it there is no code page to switch.
            command.creation_flags(CREATE_NO_WINDOW);
            (file, command)
        }
        ["registry", file, keys @ ..] => {
            let mut out = String::new();
            for key in keys {
                list(key, &mut out);
            }
            return written(file, &out);
        }
        _ => {
            return Outcome::fail(
                2,
                "usage: harness hold | registry FILE KEY … | run FILE PROGRAM … | cmd FILE LINE\n",
            );
        }
    };
    let text = match command.status() {
        Ok(status) => status.code().map_or_else(|| "none".to_owned(), |c| c.cast_unsigned().to_string()),
        Err(error) => format!("not started: {error}"),
    };
    written(file, &text)
}

fn written(file: &str, text: &str) -> Outcome {
    match std::fs::write(file, text) {
        Ok(()) => Outcome::ok(""),
        Err(error) => Outcome::fail(1, format!("{file}: {error}\n")),
    }
}

fn list(path: &str, out: &mut String) {
    let lower = path.to_lowercase();
    // What files are opened with: large, and nothing that a service has to do with. And our own notes.
    if lower == r"hklm\software\classes" || lower == r"hklm\software\standins" {
        return;
    }
    let Some(key) = Key::open_path(path) else { return };
    let _ = writeln!(out, "{path}\t\t\t");
    for (name, value) in key.values() {
        let _ = write!(out, "{path}\t{name}\t{}\t", value.kind);
        for byte in value.data {
            let _ = write!(out, "{byte:02x}");
        }
        out.push('\n');
    }
    for name in key.keys() {
        list(&format!("{path}\\{name}"), out);
    }
}
