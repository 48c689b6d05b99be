//! Runs cargo once per target, reads its JSON, checks what was promised, copies the results.
//!
//! Cargo's own files are never touched: they are hard links into its cache, and a changed one would still count as fresh.

mod plan;
mod remap;
mod run;
mod shim;

pub use plan::{Request, plan};
pub use remap::{Remap, Roots, known_roots};
pub use run::run;
pub use shim::Prepared;

use crate::config::BinRef;
use crate::host::Cmd;
use serde::Serialize;
use std::path::PathBuf;

/// The one cargo invocation for a target, decided before it runs. This is what `plan` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CompilePlan {
    /// Target triple.
    pub target: String,
    /// Cargo.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Changes to the environment, sorted by name; `None` removes the variable.
    pub env: Vec<(String, Option<String>)>,
    /// Working directory: the user's own, because cargo looks for its configuration from there.
    pub cwd: PathBuf,
    /// Flags for rustc, in order: ours, those that hide paths, then the user's, which win.
    pub rustflags: Vec<String>,
    /// Folders of this machine and what the executables say instead; rustc takes the last that fits.
    pub remaps: Vec<Remap>,
    /// `cargo fetch` first: nothing has been fetched on this machine, so the folders of the sources are not known yet.
    pub fetch: Option<Vec<String>>,
    /// Written first: what helps tools that can't take the paths of this build.
    pub prepared: Vec<Prepared>,
    /// Nothing is built: the executables are where an earlier build left them.
    pub no_build: bool,
    /// What must come out.
    pub expected: Vec<Expected>,
    /// Where the copies go.
    pub staging: PathBuf,
    /// What to know about the flags.
    pub notes: Vec<String>,
    #[serde(skip)]
    parts: plan::Parts,
}

/// An executable that cargo must report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// Which.
    pub bin: BinRef,
    /// Id of its package in cargo's messages.
    pub package_id: String,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// In the order of [`CompilePlan::expected`].
    pub exes: Vec<BuiltExe>,
}

/// One executable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltExe {
    /// Which.
    pub bin: BinRef,
    /// Our copy in the staging folder.
    pub path: PathBuf,
    /// Where cargo left it. Its PDB, if it has one, lies beside.
    pub origin: PathBuf,
}

impl CompilePlan {
    /// The commands that run: one, two where sources have yet to be fetched, none when nothing is built.
    pub fn cmds(&self) -> Vec<Cmd> {
        let build = (!self.no_build).then_some(&self.args);
        self.fetch.iter().chain(build).map(|args| self.cargo(args)).collect()
    }

    fn cargo(&self, args: &[String]) -> Cmd {
        Cmd::new(&self.program).args(args).cwd(&self.cwd).envs(&self.env)
    }
}

#[cfg(test)]
mod tests;
