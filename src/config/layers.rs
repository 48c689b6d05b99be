//! Which tables of which Cargo.toml apply to a package and target, from the weakest to the strongest.

use super::check::{Fault, check};
use super::key_path::KeyPath;
use super::tree::{Kind, Node};
use super::types::Origin;
use crate::error::{Place, Problem};
use crate::workspace::{ManifestText, Package, Workspace};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// A checked `winsvc` table.
#[derive(Debug)]
pub(super) struct Source<'a> {
    manifest: &'a ManifestText,
    /// Path of the `winsvc` table in the file.
    prefix: KeyPath,
    table: Map<String, Value>,
    /// What the structural check found.
    pub faults: Vec<Fault>,
}

impl<'a> Source<'a> {
    /// `[workspace.metadata.winsvc]`.
    pub(super) fn of_workspace(workspace: &'a Workspace) -> Self {
        Source::new(&workspace.manifest, "workspace", workspace.metadata.as_ref())
    }

    /// `[package.metadata.winsvc]`.
    pub(super) fn of_package(package: &'a Package) -> Self {
        Source::new(&package.manifest, "package", package.metadata.as_ref())
    }

    fn new(manifest: &'a ManifestText, owner: &str, value: Option<&Value>) -> Self {
        let mut faults = Vec::new();
        let table = value.map(|v| check(v, &mut faults)).unwrap_or_default();
        Source { manifest, prefix: KeyPath::of([owner, "metadata", "winsvc"]), table, faults }
    }

    /// The problems of the structural check, with their spots.
    pub(super) fn problems(&self) -> impl Iterator<Item = (Spot, Problem)> + '_ {
        self.faults.iter().map(|fault| (self.spot(&fault.path), fault.problem.clone()))
    }

    /// Where a path below the table stands.
    pub(super) fn spot(&self, path: &KeyPath) -> Spot {
        let shown = (!path.0.is_empty()).then(|| path.to_string());
        Spot { manifest: Some(FileName::of(self.manifest)), path: self.prefix.join(path), shown }
    }

    /// Names below `variants`, also of those that can't be read.
    pub(super) fn variants(&self) -> Vec<String> {
        let table = self.table.get("variants").and_then(Value::as_object);
        table.map(|t| t.keys().cloned().collect()).unwrap_or_default()
    }
}

/// A Cargo.toml: its path and what messages call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileName {
    /// Absolute path.
    pub path: PathBuf,
    /// As a message names it.
    pub display: String,
}

impl FileName {
    /// The name of this one.
    pub(super) fn of(manifest: &ManifestText) -> Self {
        FileName { path: manifest.path.clone(), display: manifest.display.clone() }
    }
}

/// A place in a Cargo.toml whose line has not been looked up.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// The file; without one, the problem is one of the command line.
    pub manifest: Option<FileName>,
    /// Path in the file.
    pub path: KeyPath,
    /// The path as messages show it: below the `winsvc` table; else the whole path.
    pub shown: Option<String>,
}

impl Spot {
    /// No place in a file.
    pub(super) const NOWHERE: Spot = Spot { manifest: None, path: KeyPath(Vec::new()), shown: None };

    /// The place, without line.
    pub(super) fn place(&self) -> Option<Place> {
        let key = self.shown.clone().or_else(|| Some(self.path.to_string()));
        self.manifest.as_ref().map(|m| Place { file: m.display.clone(), line: None, column: None, key })
    }
}

/// The merged layers of a package, with or without those of a target.
#[derive(Debug)]
pub(super) struct Layers<'a> {
    /// The merged values.
    pub tree: Node,
    /// Paths of values that were reported and left out, from the root of the merged tree.
    pub bad: Vec<KeyPath>,
    layers: Vec<(&'a Source<'a>, KeyPath)>,
}

impl<'a> Layers<'a> {
    /// Merges defaults < workspace < package < target < variant.
    pub(super) fn merge(sources: [&'a Source<'a>; 2], target: Option<&str>, variant: Option<&str>) -> Self {
        let mut overlays = vec![KeyPath::default()];
        overlays.extend(target.map(|triple| KeyPath::of(["target", triple])));
        overlays.extend(variant.map(|name| KeyPath::of(["variants", name])));
        let mut merged = Layers { tree: Node::empty(), bad: Vec::new(), layers: Vec::new() };
        for overlay in overlays {
            for source in sources {
                merged.add(source, &overlay);
            }
        }
        merged
    }

    fn add(&mut self, source: &'a Source<'a>, overlay: &KeyPath) {
        let index = self.layers.len();
        self.layers.push((source, overlay.clone()));
        let mut table = Some(&source.table);
        for step in &overlay.0 {
            let super::key_path::Step::Key(key) = step else { continue };
            table = table.and_then(|t| t.get(key)).and_then(Value::as_object);
        }
        let below = source.faults.iter().filter_map(|f| f.path.0.strip_prefix(overlay.0.as_slice()));
        self.bad.extend(below.map(|rest| KeyPath(rest.to_vec())));
        if let Some(table) = table {
            self.tree.merge(table, index);
        }
    }

    /// The layer that gave the value at a path, or the deepest part of the path that was given.
    fn layer_of(&self, path: &KeyPath) -> usize {
        let mut node = &self.tree;
        for step in &path.0 {
            let next = match (step, &node.kind) {
                (super::key_path::Step::Key(key), _) => node.get(key),
                (super::key_path::Step::Index(i), Kind::List(items)) => {
                    items.iter().find(|(at, _)| at == i).map(|(_, n)| n)
                }
                _ => None,
            };
            let Some(next) = next else { break };
            node = next;
        }
        node.layer
    }

    /// Where the value at a path of the merged tree stands; where it would, when it is not given.
    pub(super) fn spot(&self, path: &KeyPath) -> Spot {
        match self.layers.get(self.layer_of(path)) {
            Some((source, overlay)) => source.spot(&overlay.join(path)),
            None => Spot::NOWHERE,
        }
    }

    /// Origin of the value at a path that was given; its line is not looked up.
    pub(super) fn origin(&self, path: &KeyPath) -> Origin {
        let spot = self.spot(path);
        let file = spot.manifest.map(|m| m.display.clone()).unwrap_or_default();
        Origin::Manifest { file, line: None, key: spot.path.to_string() }
    }
}
