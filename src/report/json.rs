//! One JSON object a line on standard output.

use super::{Report, parts};
use crate::event::{Event, Sink};
use serde_json::json;
use std::io::Write;

/// The machine's reporter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

fn line(value: &impl serde::Serialize) {
    if let Ok(text) = serde_json::to_string(value) {
        let mut out = std::io::stdout().lock();
        // A reader that went away is its own business.
        let _ = writeln!(out, "{text}");
    }
}

impl Sink for Json {
    fn emit(&self, event: Event) {
        line(&event);
    }
}

impl Report for Json {
    fn error(&self, error: &anyhow::Error) {
        let (problems, causes) = parts(error);
        for problem in problems {
            line(&json!({
                "reason": "error", "id": problem.id, "message": problem.what, "place": problem.place,
                "causes": causes, "fixes": problem.fixes, "exit": problem.exit.code(),
            }));
        }
    }

    fn print(&self, text: &str) {
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) => line(&json!({ "reason": "result", "value": value })),
            Err(_) => line(&json!({ "reason": "result", "value": text })),
        }
    }
}
