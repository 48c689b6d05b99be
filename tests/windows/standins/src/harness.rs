//! `harness.exe`: no stand-in, but the hand of the tests inside the Windows machine.
//!
//! - `hold` stays: Wine ends all services when the last ordinary process goes.
//! - `run FILE PROGRAM ARGUMENTS…` runs a program and writes its exit code, all 32 bits, to FILE.
//! - `cmd FILE LINE` has cmd.exe run a line, as it would be typed, and writes the exit code likewise.

use crate::Outcome;
use std::os::windows::process::CommandExt as _;
use std::process::Command;

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
            (file, command)
        }
        _ => return Outcome::fail(2, "usage: harness hold | run FILE PROGRAM … | cmd FILE LINE\n"),
    };
    let text = match command.status() {
        Ok(status) => status.code().map_or_else(|| "none".to_owned(), |c| c.cast_unsigned().to_string()),
        Err(error) => format!("not started: {error}"),
    };
    match std::fs::write(file, text) {
        Ok(()) => Outcome::ok(""),
        Err(error) => Outcome::fail(1, format!("{file}: {error}\n")),
    }
}
