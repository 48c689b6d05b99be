//! Keeps the machine's paths out of what is built: `--remap-path-prefix` for rustc, `-ffile-prefix-map` for C.

use crate::host::Host;
use crate::model::{Env, Target};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A folder of this machine, and what stands for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Remap {
    /// The folder.
    pub from: PathBuf,
    /// The constant name.
    pub to: String,
}

impl Remap {
    /// A pair.
    pub fn new(from: impl Into<PathBuf>, to: impl Into<String>) -> Self {
        Remap { from: from.into(), to: to.into() }
    }
}

/// Where sources lie, apart from the workspace itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots {
    /// Pairs, in no order.
    pub remaps: Vec<Remap>,
    /// Sources of a registry have been unpacked on this machine before.
    pub registry_seen: bool,
}

/// The workspace's own sources.
pub(super) const WORKSPACE: &str = "/src";
/// Generated code (OUT_DIR).
pub(super) const TARGET_DIR: &str = "/target";
const REGISTRY: &str = "/cargo/registry";
const GIT: &str = "/cargo/git";

/// File beside cargo's own results that remembers folders which only a build could tell.
pub(super) fn memory(target_dir: &Path, triple: &str) -> PathBuf {
    target_dir.join(triple).join(".winsvc-roots.json")
}

/// Lists the folders in which cargo keeps sources: those of the registries (whose names tell a mirror's host, so each is mapped
/// by itself), git checkouts, vendored folders, and what an earlier build of this target has met outside of them.
pub fn known_roots(cargo_home: Option<&Path>, vendored: &[PathBuf], target_dir: &Path, triple: &str) -> Roots {
    let mut roots = Roots::default();
    if let Some(home) = cargo_home {
        let registries = registries(home);
        roots.registry_seen = !registries.is_empty();
        roots.remaps.extend(registries);
        roots.remaps.push(Remap::new(home.join("git/checkouts"), GIT));
    }
    roots.remaps.extend(vendored.iter().map(|dir| Remap::new(dir, REGISTRY)));
    if let Ok(text) = std::fs::read_to_string(memory(target_dir, triple)) {
        roots.remaps.extend(serde_json::from_str::<Vec<Remap>>(&text).unwrap_or_default());
    }
    roots
}

pub(super) fn registries(cargo_home: &Path) -> Vec<Remap> {
    let Ok(entries) = std::fs::read_dir(cargo_home.join("registry/src")) else { return Vec::new() };
    let folders = entries.flatten().map(|e| e.path()).filter(|p| p.is_dir());
    folders.map(|path| Remap::new(path, REGISTRY)).collect()
}

/// The mapping for a package that no mapping covers.
pub(super) fn for_package(dir: &Path, cargo_home: Option<&Path>) -> Remap {
    let registry = cargo_home.map(|home| home.join("registry/src"));
    if let (Some(registry), Some(parent)) = (registry, dir.parent())
        && parent.starts_with(registry)
    {
        return Remap::new(parent, REGISTRY);
    }
    let name = dir.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Remap::new(dir, format!("/deps/{name}"))
}

/// Sorted so that the most specific comes last, where rustc and gcc look first; each folder also by its real path.
pub(super) fn ordered(remaps: &[Remap]) -> Vec<Remap> {
    let mut all = Vec::new();
    for remap in remaps {
        let real = dunce::canonicalize(&remap.from).ok().filter(|real| *real != remap.from);
        all.extend(real.map(|real| Remap::new(real, remap.to.clone())));
        all.push(remap.clone());
    }
    all.retain(|r| r.from.parent().is_some());
    all.sort_by_key(|r| (r.from.as_os_str().len(), r.from.clone()));
    all.dedup_by(|a, b| a.from == b.from);
    all
}

/// Flags for rustc.
pub(super) fn rustflags(remaps: &[Remap]) -> impl Iterator<Item = String> + '_ {
    remaps.iter().map(|r| format!("--remap-path-prefix={}={}", r.from.display(), r.to))
}

/// How a C compiler reads its command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Dialect {
    /// gcc's: clang's too.
    #[default]
    Gcc,
    /// clang, making objects for `-msvc`.
    Clang,
    /// clang-cl's.
    Cl,
}

impl Dialect {
    /// By the target and the compiler that the back end names.
    pub(super) fn of(target: &Target, env: &[(String, Option<String>)]) -> Self {
        let cl = env.iter().any(|(key, value)| key.starts_with("CC_") && value.as_deref() == Some("clang-cl"));
        match (target.env(), cl) {
            (Env::Msvc, true) => Dialect::Cl,
            (Env::Msvc, false) => Dialect::Clang,
            _ => Dialect::Gcc,
        }
    }
}

/// Flags for a C compiler. An object for `-msvc` also holds the compiler's command line and the object's own path, and gets a
/// time stamp for incremental linking.
pub(super) fn cflags(remaps: &[Remap], dialect: Dialect) -> Vec<String> {
    let (before, mut flags): (&str, Vec<&str>) = match dialect {
        Dialect::Gcc => ("", Vec::new()),
        Dialect::Clang => ("", vec!["-mno-incremental-linker-compatible"]),
        Dialect::Cl => ("/clang:", vec!["/Brepro"]),
    };
    if dialect != Dialect::Gcc {
        flags.extend(["-gno-codeview-command-line", "-Xclang", "-object-file-name=/link/c.obj"]);
    }
    let maps = remaps.iter().map(|r| format!("{before}-ffile-prefix-map={}={}", r.from.display(), r.to));
    flags.into_iter().map(str::to_owned).chain(maps).collect()
}

/// Remembers mappings for the next run. Failing to is no failure: the next run finds them again.
pub(super) fn remember(host: &dyn Host, target_dir: &Path, triple: &str, new: &[Remap]) {
    let path = memory(target_dir, triple);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let mut all: Vec<Remap> = serde_json::from_str(&text).unwrap_or_default();
    all.extend(new.iter().cloned());
    all.sort();
    all.dedup();
    if !host.is_interrupted()
        && let Ok(text) = serde_json::to_string(&all)
    {
        let _ = std::fs::write(path, text);
    }
}
