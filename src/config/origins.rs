//! Places of problems and origins of values: where a reader of Cargo.toml finds them.

use super::key_path::KeyPath;
use super::keys::{ROOT, SERVICE};
use super::layers::{Layers, Spot};
use super::locate::Locator;
use super::table::{Key, Scope, Ty};
use super::tree::View;
use super::types::{Origin, Origins};
use crate::error::Problem;
use crate::model::Target;
use crate::workspace::{ManifestText, Package, Workspace};

/// Notes the origin of every value of a package: what was given, what was derived, and what is a default.
pub(super) fn note(
    origins: &mut Origins,
    package: &Package,
    target: &Target,
    layers: &Layers<'_>,
    derived: &Origins,
    services: &[&str],
) {
    let mut paths = Vec::new();
    let root = View::root(&layers.tree);
    for key in ROOT.iter().filter(|k| k.scope == Scope::Everywhere) {
        match key.name {
            "services" if root.at("services").bool().is_none() => {
                for service in services {
                    leaves(SERVICE, &root.at("services").at(service), &mut paths);
                }
            }
            _ => leaf(key, &root.at(key.name), &mut paths),
        }
    }
    for (path, given) in paths {
        let text = path.to_string();
        let origin = match (derived.get(&text), given) {
            // A flag wins over what was configured.
            (Some(origin @ Origin::CommandLine { .. }), _) => origin.clone(),
            (_, true) => layers.origin(&path),
            (Some(origin), false) => origin.clone(),
            (None, false) => Origin::Default,
        };
        let key = format!("{}/{text}", package.name);
        match origins.get(&key) {
            None => drop(origins.insert(key, origin)),
            // A later target with another layer: noted beside.
            Some(first) if *first != origin => {
                let table = KeyPath::of(["target", target.triple()]).join(&path);
                origins.insert(format!("{}/{table}", package.name), origin);
            }
            Some(_) => {}
        }
    }
}

fn leaves(keys: &[Key], view: &View<'_>, paths: &mut Vec<(KeyPath, bool)>) {
    for key in keys {
        leaf(key, &view.at(key.name), paths);
    }
}

/// Tables are followed to what is in them; lists, texts and the like are values.
fn leaf(key: &Key, view: &View<'_>, paths: &mut Vec<(KeyPath, bool)>) {
    match &key.ty {
        Ty::Table(keys) => leaves(keys, view, paths),
        Ty::Map { value, .. } => {
            for (_, entry) in view.entries() {
                match value {
                    Ty::Table(keys) => leaves(keys, &entry, paths),
                    _ => paths.push((entry.path.clone(), true)),
                }
            }
        }
        Ty::AnyOf(types) => match types.iter().find(|ty| matches!(ty, Ty::Table(_))) {
            // `resource` without a value is the table with its defaults, `event-log` and `account` are words.
            Some(Ty::Table(keys)) if view.is_table() || (!view.is_set() && key.name == "resource") => {
                leaves(keys, view, paths);
            }
            _ => paths.push((view.path.clone(), view.is_set())),
        },
        _ => paths.push((view.path.clone(), view.is_set())),
    }
}

/// Fills in the lines of origins in Cargo.toml files: for plans, which show them.
pub fn locate_origins(origins: &mut Origins, workspace: &Workspace) {
    let locators: Vec<(&str, Locator<'_>)> =
        manifests(workspace).map(|m| (m.display.as_str(), Locator::new(&m.text))).collect();
    for origin in origins.values_mut() {
        let Origin::Manifest { file, line, key } = origin else { continue };
        let locator = locators.iter().find(|(display, _)| display == file).map(|(_, locator)| locator);
        *line = locator.and_then(|l| l.find(&KeyPath::parse(key))).map(|(line, _)| line);
    }
}

/// The Cargo.toml files of the workspace, the root's first.
fn manifests(workspace: &Workspace) -> impl Iterator<Item = &ManifestText> {
    std::iter::once(&workspace.manifest).chain(workspace.members.iter().map(|m| &m.manifest))
}

/// The problems with their lines, in the order of the file, without repetitions.
pub(super) fn placed(found: Vec<(Spot, Problem)>, workspace: &Workspace) -> Vec<Problem> {
    let files: Vec<(&ManifestText, Locator<'_>)> = manifests(workspace).map(|m| (m, Locator::new(&m.text))).collect();
    let mut placed: Vec<(usize, usize, usize, Problem)> = Vec::new();
    for (spot, mut problem) in found {
        let Some(manifest) = &spot.manifest else {
            placed.push((0, 0, 0, problem));
            continue;
        };
        let Some(index) = files.iter().position(|(m, _)| m.path == manifest.path) else { continue };
        let at = files[index].1.find(&spot.path);
        problem.place = spot.place().map(|mut place| {
            (place.line, place.column) = (at.map(|a| a.0), at.map(|a| a.1));
            place
        });
        let (line, column) = at.unwrap_or_default();
        placed.push((index + 1, line, column, problem));
    }
    placed.sort_by_key(|(file, line, column, _)| (*file, *line, *column));
    let mut problems: Vec<Problem> = Vec::new();
    for (.., problem) in placed {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}

/// Fills in file and line of problems that name a key of a package's configuration: for stages that know only the key.
pub fn locate_problems(problems: &mut [Problem], package: &str, origins: &Origins, workspace: &Workspace) {
    for problem in problems {
        let Some(place) = &mut problem.place else { continue };
        let Some(key) = place.key.as_deref().filter(|_| place.line.is_none()) else { continue };
        // The origin is that of the whole list; the entry is looked up below it.
        let path = KeyPath::parse(key);
        let known = (1..=path.0.len()).rev().find_map(|len| {
            let (head, tail) = path.0.split_at(len);
            Some((origins.get(&format!("{package}/{}", KeyPath(head.to_vec())))?, tail))
        });
        let Some((Origin::Manifest { file, key, .. }, tail)) = known else { continue };
        let full = KeyPath::parse(key).join(&KeyPath(tail.to_vec()));
        let manifest = manifests(workspace).find(|m| m.display == *file);
        let at = manifest.and_then(|m| Locator::new(&m.text).find(&full));
        place.file.clone_from(file);
        (place.line, place.column) = (at.map(|a| a.0), at.map(|a| a.1));
    }
}
