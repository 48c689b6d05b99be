//! What `resolve` makes of whole configurations.

mod bad;
mod bad_machine;
mod bad_root;
mod bad_services;
mod defaults;
mod merging;
mod schema;
mod services;

use super::testing::{from_toml, workspace};
use super::{Config, resolve};
use crate::cli::BuildArgs;
use crate::workspace::Workspace;

/// A workspace of one package `agent` with one bin of that name and this Cargo.toml.
fn one(text: &str) -> Workspace {
    workspace(vec![from_toml("agent", &["agent"], text)])
}

fn resolved(args: &BuildArgs, workspace: &Workspace) -> Config {
    resolve(args, workspace).unwrap_or_else(|p| panic!("{:#?}", super::testing::lines(&p.0)))
}

fn problems(args: &BuildArgs, workspace: &Workspace) -> Vec<String> {
    resolve(args, workspace).map_or_else(|p| super::testing::lines(&p.0), |_| Vec::new())
}
