//! From the merged tree of one package and one target to its `BundleSpec`: the checks that need more than the value
//! itself, and the defaults.

mod account;
mod assets;
mod bundle;
mod commands;
mod firewall;
mod health;
mod install;
mod machine;
mod naming;
mod refs;
mod resource;
mod service;
mod service_parts;
mod services;
mod triggers;
mod url_acl;

pub(super) use bundle::bundle;
pub(super) use naming::{same_bundle, variant_is_known};

use super::check::example;
use super::key_path::KeyPath;
use super::keys::key_at;
use super::layers::{FileName, Layers, Spot};
use super::tree::View;
use super::types::{Origin, Origins};
use crate::cli::{BuildArgs, Step};
use crate::error::Problem;
use crate::model::Target;
use crate::workspace::{Package, Workspace};
use std::cell::RefCell;

/// What the decoding of one bundle works on. Problems and origins are collected on the way.
pub(super) struct Cx<'a> {
    /// The request.
    pub args: &'a BuildArgs,
    /// The workspace.
    pub workspace: &'a Workspace,
    /// The package that the bundle is of.
    pub package: &'a Package,
    /// The target.
    pub target: &'a Target,
    /// The layers for this package and target, merged.
    pub layers: &'a Layers<'a>,
    /// Problems so far.
    pub problems: &'a RefCell<Vec<(Spot, Problem)>>,
    /// Origins of the values that are not simply the tree's or the default.
    pub origins: RefCell<Origins>,
}

impl<'a> Cx<'a> {
    /// The root of the configuration.
    pub(super) fn root(&self) -> View<'a> {
        View::root(&self.layers.tree)
    }

    /// Reports a problem of a configured value.
    pub(super) fn report(&self, view: &View<'_>, problem: Problem) {
        self.problems.borrow_mut().push((self.layers.spot(&view.path), problem));
    }

    /// Reports a value that is wrong: `why` follows its key path.
    pub(super) fn wrong(&self, view: &View<'_>, why: impl std::fmt::Display) {
        let problem = Problem::usage("wrong-value", format!("`{}` {why}", view.path));
        self.report(view, example(problem, key_at(&view.path)));
    }

    /// The same, with a fix of its own.
    pub(super) fn refuse(&self, view: &View<'_>, why: impl std::fmt::Display, fix: &str) {
        self.report(view, Problem::usage("wrong-value", format!("`{}` {why}", view.path)).fix(fix));
    }

    /// Reports a problem of another field of the package's Cargo.toml, such as `version`.
    pub(super) fn report_field(&self, field: &str, problem: Problem) {
        let spot = Spot {
            manifest: Some(FileName::of(&self.package.manifest)),
            path: KeyPath::of(["package", field]),
            shown: None,
        };
        self.problems.borrow_mut().push((spot, problem));
    }

    /// Whether a value at or below this path was already reported, so that what follows from it need not be.
    pub(super) fn is_bad(&self, path: &KeyPath) -> bool {
        self.layers.bad.iter().any(|bad| path.0.starts_with(&bad.0) || bad.0.starts_with(&path.0))
    }

    /// Notes where a value came from that was not given.
    pub(super) fn derived(&self, path: &KeyPath, field: &str) {
        self.origins.borrow_mut().insert(path.to_string(), Origin::Cargo { field: field.to_owned() });
    }

    /// Notes that the command line decided a value.
    pub(super) fn by_flag(&self, path: &KeyPath, flag: &str) {
        self.origins.borrow_mut().insert(path.to_string(), Origin::CommandLine { flag: flag.to_owned() });
    }

    /// Whether `--skip` leaves a step out, and with it what the configuration says about it at that key.
    pub(super) fn skips(&self, step: Step, key: &str) -> bool {
        let skips = self.args.skip.contains(&step);
        if skips {
            self.by_flag(&KeyPath::of([key]), "--skip");
        }
        skips
    }

    /// Takes a converted value, reporting why it could not be had.
    pub(super) fn ok<T>(&self, view: &View<'_>, result: Result<T, String>) -> Option<T> {
        result.map_err(|why| self.wrong(view, why)).ok()
    }

    /// The value of one of these words; the structural check has refused all others.
    pub(super) fn choice<T: Copy>(&self, view: &View<'_>, words: &[(&str, T)], default: T) -> T {
        view.text().and_then(|word| words.iter().find(|(w, _)| *w == word)).map_or(default, |(_, value)| *value)
    }
}
