//! `C:\standins.log`: one JSON object a line, in the order in which the calls ended.

use std::fmt::Write as _;
use std::io::Write as _;

pub fn call(tool: &str, args: &[String], code: u32) {
    let args: Vec<String> = args.iter().map(|a| json(a)).collect();
    let line = format!("{{\"tool\":{},\"args\":[{}],\"code\":{code}}}\n", json(tool), args.join(","));
    let file = std::fs::File::options().create(true).append(true).open(r"C:\standins.log");
    // Without its log the stand-in would prove nothing.
    file.and_then(|mut f| f.write_all(line.as_bytes())).expect(r"C:\standins.log");
}

fn json(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
