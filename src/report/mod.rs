//! How events look. Talk goes to standard error; standard output carries results alone: paths, or JSON objects.

mod human;
mod json;

pub use human::Human;
pub use json::Json;

use crate::error::{Problem, Problems};
use crate::event::Sink;
use std::io::ErrorKind;

/// A reporter: a sink that can also show the error that ends a run, and print a command's result.
pub trait Report: Sink {
    /// Shows the error that ends the run.
    fn error(&self, error: &anyhow::Error);

    /// Prints a result on standard output, as it is. A missing line end is added.
    fn print(&self, text: &str);
}

/// What an error is made of: the problems in it, and the causes below them.
fn parts(error: &anyhow::Error) -> (Vec<Problem>, Vec<String>) {
    let causes = |skip| error.chain().skip(skip).map(ToString::to_string).collect();
    if let Some(problems) = error.downcast_ref::<Problems>() {
        return (problems.0.clone(), Vec::new());
    }
    match error.downcast_ref::<Problem>() {
        // A problem may stand below context or above a cause; either way the rest of the chain explains it.
        Some(problem) => {
            let text = problem.to_string();
            let rest = error.chain().map(ToString::to_string).filter(|c| *c != text).collect();
            (vec![problem.clone()], rest)
        }
        None => (vec![plain(error)], causes(1)),
    }
}

/// An error that nobody has put into words: at least the causes that a person can mend are named.
fn plain(error: &anyhow::Error) -> Problem {
    let kind = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>()).map(std::io::Error::kind);
    match kind {
        Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => Problem::new("disk-full", error.to_string())
            .fix("free some space there, or choose a folder on another disk with `--output DIR`"),
        _ => Problem::new("failed", error.to_string()),
    }
}
