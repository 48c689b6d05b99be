//! Decides the invocation. Pure.

use super::remap::{self, Remap, Roots};
use super::shim::{self, Prepared};
use super::{CompilePlan, Expected};
use crate::cli::BuildArgs;
use crate::config::{BinRef, DebugInfo, SymbolsMode, Unit};
use crate::error::{Problem, Problems};
use crate::model::{Arch, Env};
use crate::workspace::Workspace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the invocation is made from.
pub struct Request<'a> {
    /// The workspace.
    pub workspace: &'a Workspace,
    /// The user's flags.
    pub args: &'a BuildArgs,
    /// What to build.
    pub unit: &'a Unit,
    /// Cargo profile.
    pub profile: &'a str,
    /// Cargo: `$CARGO`, else `cargo`.
    pub cargo: String,
    /// The user's working directory.
    pub cwd: PathBuf,
    /// `$CARGO_HOME`.
    pub cargo_home: Option<PathBuf>,
    /// The user's effective rustc flags.
    pub user_rustflags: Vec<String>,
    /// An environment variable as build scripts see it, and whether cargo's configuration forces it.
    pub build_env: &'a dyn Fn(&str) -> Option<(String, bool)>,
    /// Cargo's subcommand that builds.
    pub subcommand: &'a str,
    /// The back end's lld-link, which is called through our own program.
    pub recipe_linker: Option<&'a Path>,
    /// Our own program.
    pub own_exe: Option<PathBuf>,
    /// The back end's environment.
    pub recipe_env: &'a [(String, Option<String>)],
    /// The back end's flags for rustc. They come before the user's, who thus has the last word.
    pub recipe_rustflags: &'a [String],
    /// The back end's arguments for cargo.
    pub recipe_cargo_args: &'a [String],
    /// Where other sources lie ([`super::known_roots`]), and what the back end knows (rust-src).
    pub roots: Roots,
    /// Our folder for what is kept between runs ([`crate::host::cache_dir`]).
    pub cache_dir: Option<PathBuf>,
    /// Folder for the copies.
    pub staging: PathBuf,
}

/// What the environment is made of, kept apart because more folders may have to be hidden after the first run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) ours: Vec<String>,
    pub(super) users: Vec<String>,
    /// Variable and the user's own value.
    pub(super) cflags: Vec<(String, String)>,
    pub(super) base_env: BTreeMap<String, Option<String>>,
    pub(super) remaps: Vec<Remap>,
    pub(super) cargo_home: Option<PathBuf>,
    pub(super) cache_dir: Option<PathBuf>,
    /// Scripts that rustc calls, libraries that it links.
    pub(super) scripts: Vec<Prepared>,
    /// How the C compiler is told about mappings.
    pub(super) dialect: remap::Dialect,
    pub(super) target_dir: PathBuf,
    pub(super) profile: String,
}

/// Decides the cargo invocation for one target.
///
/// # Errors
/// Two executables of one name, of which cargo would keep only one.
pub fn plan(request: &Request) -> Result<CompilePlan, Problems> {
    let bins = bins(request.unit);
    Problems::check(collisions(request, &bins))?;
    let triple = request.unit.target.triple();
    let mut notes = Vec::new();
    if request.args.no_build {
        notes.push("the executables are taken as an earlier build left them (--no-build)".into());
    }
    let dlltool = dlltool(request);
    let linker = linker(request);
    let absent = absent(request);
    let mut ours = request.recipe_rustflags.to_vec();
    // Not by `-L`: as the linker's argument it comes last, so that a library of the user's is found before.
    ours.extend(absent.iter().filter_map(|a| a.path.parent()).take(1).map(|d| format!("-Clink-arg=-L{}", d.display())));
    ours.extend(dlltool.iter().map(|s| format!("-Cdlltool={}", s.path.display())));
    let mut base_env: BTreeMap<String, Option<String>> = request.recipe_env.iter().cloned().collect();
    if let Some(script) = &linker {
        let key = format!("CARGO_TARGET_{}_LINKER", request.unit.target.env_name());
        base_env.insert(key, Some(script.path.display().to_string()));
    }
    let parts = Parts {
        ours,
        scripts: dlltool.into_iter().chain(linker).chain(absent).collect(),
        dialect: remap::Dialect::of(&request.unit.target, request.recipe_env),
        cache_dir: request.cache_dir.clone(),
        users: request.user_rustflags.clone(),
        cflags: c_variables(request, &mut notes),
        base_env,
        remaps: remaps(request),
        profile: request.profile.to_owned(),
        cargo_home: request.cargo_home.clone(),
        target_dir: request.workspace.target_dir.clone(),
    };
    let common = common_args(request);
    let offline = request.args.offline || request.args.frozen;
    let mut fetch = None;
    if !request.roots.registry_seen && !offline && !request.args.no_build {
        let head = ["fetch", "--target", triple].map(str::to_owned);
        fetch = Some(head.into_iter().chain(common.clone()).collect());
    }
    let id = |package: &str| request.workspace.members.iter().find(|m| m.name == package).map(|m| m.id.clone());
    let expected =
        bins.iter().map(|bin| Expected { bin: bin.clone(), package_id: id(&bin.package).unwrap_or_default() });
    let mut plan = CompilePlan {
        target: triple.to_owned(),
        program: request.cargo.clone(),
        args: build_args(request, &bins, common),
        env: Vec::new(),
        cwd: request.cwd.clone(),
        rustflags: Vec::new(),
        remaps: Vec::new(),
        fetch,
        prepared: Vec::new(),
        no_build: request.args.no_build,
        expected: expected.collect(),
        staging: request.staging.clone(),
        notes,
        parts,
    };
    plan.settle();
    Ok(plan)
}

impl CompilePlan {
    /// Fills in what follows from the mappings.
    fn settle(&mut self) {
        let parts = &self.parts;
        self.remaps = remap::ordered(&parts.remaps);
        self.rustflags = parts.ours.clone();
        self.rustflags.extend(remap::rustflags(&self.remaps));
        self.rustflags.extend(parts.users.iter().cloned());
        let mut env = parts.base_env.clone();
        env.insert("CARGO_ENCODED_RUSTFLAGS".into(), Some(self.rustflags.join("\x1f")));
        env.insert("RUSTFLAGS".into(), None);
        self.prepared = parts.scripts.clone();
        let mut c_flags = remap::cflags(&self.remaps, parts.dialect);
        if c_flags.iter().any(|f| f.contains(char::is_whitespace)) && !parts.cflags.is_empty() {
            match parts.cache_dir.as_deref().and_then(|cache| shim::response(cache, &c_flags)) {
                Some(file) => {
                    c_flags = vec![format!("@{}", file.path.display())];
                    self.prepared.push(file);
                }
                None => c_flags.retain(|f| !f.contains(char::is_whitespace)),
            }
        }
        for (variable, users) in &parts.cflags {
            let mut flags: Vec<String> = Vec::new();
            if !users.trim().is_empty() {
                flags.push(users.trim().to_owned());
            }
            flags.extend(c_flags.iter().cloned());
            env.insert(variable.clone(), Some(flags.join(" ")));
        }
        self.env = env.into_iter().collect();
    }

    /// Adds mappings; says whether any is new.
    pub(super) fn add_remaps(&mut self, new: Vec<Remap>) -> bool {
        let before = self.parts.remaps.len();
        for remap in new {
            if !self.parts.remaps.iter().any(|r| r.from == remap.from) {
                self.parts.remaps.push(remap);
            }
        }
        self.settle();
        self.parts.remaps.len() > before
    }
}

/// All executables of a target's bundles, each once.
fn bins(unit: &Unit) -> Vec<BinRef> {
    let mut bins: Vec<BinRef> = unit.bundles.iter().flat_map(|b| b.bins.iter().cloned()).collect();
    bins.sort();
    bins.dedup();
    bins
}

/// `--bin NAME` means every bin of that name in the chosen packages, and all land on one file.
fn collisions(request: &Request, bins: &[BinRef]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let chosen: Vec<_> =
        request.workspace.members.iter().filter(|m| bins.iter().any(|b| b.package == m.name)).collect();
    let mut names: Vec<&str> = bins.iter().map(|b| b.bin.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let owners: Vec<&str> =
            chosen.iter().filter(|m| m.bins.iter().any(|b| b.name == name)).map(|m| m.name.as_str()).collect();
        if owners.len() > 1 {
            let list = owners.join("` and `");
            problems.push(
                Problem::usage(
                    "bin-collision",
                    format!("packages `{list}` both have a binary `{name}`: cargo would write both to {name}.exe"),
                )
                .fix(format!(
                    "give one of them another name ([[bin]] name = …), or build the packages one at a time: -p {}",
                    owners[0]
                )),
            );
        }
    }
    problems
}

/// Arguments that `fetch` and `build` share.
fn common_args(request: &Request) -> Vec<String> {
    let args = request.args;
    let mut list: Vec<String> = Vec::new();
    if let Some(path) = &args.manifest_path {
        list.extend(["--manifest-path".to_owned(), path.display().to_string()]);
    }
    for (flag, set) in [("--locked", args.locked), ("--offline", args.offline), ("--frozen", args.frozen)] {
        if set {
            list.push(flag.to_owned());
        }
    }
    for value in &args.config {
        list.extend(["--config".to_owned(), value.clone()]);
    }
    if args.quiet {
        list.push("--quiet".to_owned());
    }
    // Our own first -v shows our commands; the second is cargo's first.
    list.extend((1..args.verbose).map(|_| "-v".to_owned()));
    if let Some(when) = &args.color {
        list.extend(["--color".to_owned(), when.clone()]);
    }
    list
}

fn build_args(request: &Request, bins: &[BinRef], common: Vec<String>) -> Vec<String> {
    let args = request.args;
    let mut list: Vec<String> = [
        request.subcommand,
        "--message-format=json-render-diagnostics",
        "--target",
        request.unit.target.triple(),
        "--profile",
    ]
    .map(str::to_owned)
    .into();
    list.push(request.profile.to_owned());
    let mut packages: Vec<&str> = bins.iter().map(|b| b.package.as_str()).collect();
    packages.dedup();
    for package in packages {
        // With the version: a dependency may have the name of a member.
        let member = request.workspace.members.iter().find(|m| m.name == package);
        list.push("--package".to_owned());
        list.push(member.map_or_else(|| package.to_owned(), |m| format!("{package}@{}", m.version)));
    }
    for bin in bins {
        list.extend(["--bin".to_owned(), bin.bin.clone()]);
    }
    if !args.features.is_empty() {
        list.extend(["--features".to_owned(), args.features.join(",")]);
    }
    for (flag, set) in [("--all-features", args.all_features), ("--no-default-features", args.no_default_features)] {
        if set {
            list.push(flag.to_owned());
        }
    }
    if let Some(dir) = &args.target_dir {
        list.extend(["--target-dir".to_owned(), dir.display().to_string()]);
    }
    if let Some(jobs) = &args.jobs {
        list.extend(["--jobs".to_owned(), jobs.clone()]);
    }
    list.extend(common);
    for setting in profile_settings(request) {
        list.extend(["--config".to_owned(), setting]);
    }
    list.extend(request.recipe_cargo_args.iter().cloned());
    list.extend(args.cargo_args.iter().cloned());
    list
}

/// What is changed in the profile.
fn profile_settings(request: &Request) -> Vec<String> {
    debug_settings(request).into_iter().chain(one_unit(request)).collect()
}

/// For `-msvc`, one codegen unit: with more, rustc optimises them together in the order in which they happen to be done (local ThinLTO),
/// and of what several units define the first keeps it. `catch_unwind` defines such a thing on msvc alone: the panic's type information (rustc 1.95, seen
/// in one of five builds on a busy machine). Profiles that don't optimise have no such step, and their many units make them fast.
fn one_unit(request: &Request) -> Option<String> {
    let steady = request.unit.target.env() != Env::Msvc || ["dev", "test"].contains(&request.profile);
    (!steady).then(|| format!("profile.{}.codegen-units=1", request.profile))
}

/// What `debug-info` changes. Stripping is ours to do: cargo's would throw away what the symbols are made of.
fn debug_settings(request: &Request) -> Vec<String> {
    let unit = request.unit;
    let unwanted = !unit.bundles.is_empty() && unit.bundles.iter().all(|b| b.symbols == SymbolsMode::None);
    let debug = match unit.debug_info {
        DebugInfo::Profile => return Vec::new(),
        _ if unwanted => "false",
        DebugInfo::Full => "2",
        DebugInfo::Limited => "1",
        DebugInfo::LineTables => "\"line-tables-only\"",
        DebugInfo::None => "false",
    };
    let profile = request.profile;
    vec![format!("profile.{profile}.debug={debug}"), format!("profile.{profile}.strip=false")]
}

fn remaps(request: &Request) -> Vec<Remap> {
    let workspace = request.workspace;
    let mut remaps =
        vec![Remap::new(&workspace.root, remap::WORKSPACE), Remap::new(&workspace.target_dir, remap::TARGET_DIR)];
    if workspace.build_dir != workspace.target_dir {
        remaps.push(Remap::new(&workspace.build_dir, remap::TARGET_DIR));
    }
    for member in &workspace.members {
        if !member.dir().starts_with(&workspace.root) {
            remaps.push(Remap::new(member.dir(), format!("/deps/{}", member.name)));
        }
    }
    remaps.extend(request.roots.remaps.iter().cloned());
    remaps
}

/// Only where rustc would call GNU dlltool, and the user has not said what to call.
fn dlltool(request: &Request) -> Option<Prepared> {
    let target = &request.unit.target;
    let tool = match target.arch() {
        Arch::X86_64 => "x86_64-w64-mingw32-dlltool",
        Arch::I686 => "i686-w64-mingw32-dlltool",
        Arch::Aarch64 => return None,
    };
    let given = request.user_rustflags.iter().any(|f| f.contains("dlltool="));
    // On Windows the compiler brings its own, and there is no shell for the script.
    if target.env() != Env::Gnu || given || cfg!(windows) {
        return None;
    }
    shim::dlltool(&request.workspace.build_dir, target.triple(), tool)
}

/// The script through which rustc calls lld-link. Its path is the same for all projects.
fn linker(request: &Request) -> Option<Prepared> {
    let (lld_link, own) = (request.recipe_linker?, request.own_exe.as_deref()?);
    Some(shim::linker(&kept(request), own, lld_link))
}

/// Where what serves all projects is written.
fn kept(request: &Request) -> PathBuf {
    request.cache_dir.clone().unwrap_or_else(|| request.workspace.build_dir.join(".winsvc"))
}

/// What zig lacks for `-gnu`.
fn absent(request: &Request) -> Vec<Prepared> {
    let by_zig = request.subcommand == "zigbuild" && request.unit.target.env() == Env::Gnu;
    by_zig.then(|| shim::absent(&kept(request))).into_iter().flatten().collect()
}

/// The variables whose flags crate `cc` (and what imitates it) takes for this target: the first that is set, most specific
/// first, else the target's own.
fn c_variables(request: &Request, notes: &mut Vec<String>) -> Vec<(String, String)> {
    // Without cargo-xwin nobody here knows which compiler it is.
    if request.unit.target.env() == Env::Msvc && request.recipe_linker.is_none() {
        return Vec::new();
    }
    let triple = request.unit.target.triple();
    let own = triple.replace(['-', '.'], "_");
    let of_recipe = |key: &str| {
        let found = request.recipe_env.iter().find(|(k, _)| k == key);
        found.and_then(|(_, value)| value.clone()).map(|value| (value, false))
    };
    let mut found = Vec::new();
    for name in ["CFLAGS", "CXXFLAGS"] {
        let candidates =
            [format!("{name}_{triple}"), format!("{name}_{own}"), format!("TARGET_{name}"), name.to_owned()];
        let set = candidates.into_iter().find_map(|key| {
            let value = of_recipe(&key).or_else(|| (request.build_env)(&key))?;
            Some((key, value))
        });
        match set {
            Some((key, (_, true))) => notes.push(format!(
                "cargo's configuration forces {key}, so paths of this machine may stay in what C compilers build"
            )),
            Some((key, (value, false))) => found.push((key, value)),
            None => found.push((format!("{name}_{own}"), String::new())),
        }
    }
    found
}
