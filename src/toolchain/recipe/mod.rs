//! How a target is built with what is installed: pure, from what was found to a value. One file per back end.

mod mingw;
mod native;

use super::probe::{Compiler, Inventory};
use super::std_source::{self, Std};
use super::{Gap, Want};
use crate::config::BackendChoice;
use crate::error::{Exit, Problem};
use crate::formats::ToolVersion;
use crate::model::Env;
use serde::Serialize;
use std::path::PathBuf;

/// Who builds and links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// GNU mingw-w64.
    Mingw,
    /// Plain cargo with the user's own linker.
    Native,
}

impl Backend {
    /// As configuration and plan name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Backend::Mingw => "mingw",
            Backend::Native => "native",
        }
    }
}

/// What must be added to a plain `cargo build` to build a target here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipe {
    /// Who builds and links.
    pub backend: Backend,
    /// Environment for cargo; `None` removes a variable.
    pub env: Vec<(String, Option<String>)>,
    /// Compiler flags of ours, one argument each, to stand behind the user's effective ones.
    pub rustflags: Vec<String>,
    /// Arguments for cargo.
    pub cargo_args: Vec<String>,
    /// Where the compiler finds the standard library's sources, and what stands for that folder: rustc writes the folder into
    /// executables when it is there (component rust-src), else `/rustc/<commit>`.
    pub sources: (PathBuf, String),
    /// What splits debug information off.
    pub tools: SymbolTools,
    /// Everything that takes part, with its version.
    pub versions: Vec<ToolVersion>,
    /// What the user should know about the choice.
    pub notes: Vec<String>,
}

impl Recipe {
    fn empty(backend: Backend, sources: (PathBuf, String)) -> Self {
        Recipe {
            backend,
            env: Vec::new(),
            rustflags: Vec::new(),
            cargo_args: Vec::new(),
            sources,
            tools: SymbolTools { objcopy: PathBuf::new(), strip: PathBuf::new() },
            versions: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// The binutils for the target's format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SymbolTools {
    /// `objcopy`.
    pub objcopy: PathBuf,
    /// `strip`.
    pub strip: PathBuf,
}

/// Chooses the back end.
///
/// # Errors
/// A target that no back end of this version builds.
pub fn backend(want: &Want) -> Result<Backend, Problem> {
    let target = &want.target;
    let unsupported = |why: &str| {
        Problem::new("unsupported-target", format!("target `{target}` is not supported yet: {why}"))
            .fix("--target x86_64-pc-windows-gnu")
            .exit(Exit::ToolMissing)
    };
    match (target.env(), want.backend) {
        (Env::Msvc, _) => Err(unsupported("this version has no back end for the MSVC ABI")),
        (Env::Gnu, BackendChoice::Auto | BackendChoice::Mingw) => Ok(Backend::Mingw),
        (Env::Gnu, BackendChoice::Native) => Ok(Backend::Native),
        (Env::GnuLlvm, BackendChoice::Mingw) => {
            Err(unsupported("GNU mingw-w64 can't link it; it needs the LLVM tools and backend = \"native\""))
        }
        (Env::GnuLlvm, _) if want.linker.is_some() => Ok(Backend::Native),
        (Env::GnuLlvm, _) => Err(unsupported("it has no linker of its own here")
            .fix(format!("or set target.{target}.linker in .cargo/config.toml to llvm-mingw's clang"))),
    }
}

/// What is missing for it, the standard library aside.
pub(super) fn gaps(backend: Backend, want: &Want, inventory: &Inventory) -> Vec<Gap> {
    match backend {
        Backend::Mingw => mingw::gaps(want, inventory),
        Backend::Native => native::gaps(want, inventory),
    }
}

/// The recipe for a target that is built already: its tools, and nothing that would say how it was built.
pub(super) fn packing(backend: Backend, want: &Want, inventory: &Inventory) -> Recipe {
    let mut recipe = Recipe::empty(backend, (PathBuf::new(), String::new()));
    mingw::symbol_tools(&mut recipe, want, inventory);
    recipe
}

/// The recipe. `inventory` has no gap for it.
pub fn recipe(backend: Backend, want: &Want, inventory: &Inventory, compiler: &Compiler, std: &Std) -> Recipe {
    let builder = std.compiler().unwrap_or(compiler);
    let mut recipe = Recipe::empty(backend, (builder.source_root(), builder.virtual_root()));
    versions(&mut recipe, inventory, builder);
    standard_library(&mut recipe, want, compiler, std);
    if want.crt_static {
        recipe.rustflags.push("-Ctarget-feature=+crt-static".to_owned());
    }
    reproducible(&mut recipe, want);
    match backend {
        Backend::Mingw => mingw::apply(&mut recipe, want, inventory),
        Backend::Native => native::apply(&mut recipe, inventory, want),
    }
    recipe
}

fn versions(recipe: &mut Recipe, inventory: &Inventory, compiler: &Compiler) {
    let bare = |text: &str, name: &str| text.strip_prefix(name).unwrap_or(text).trim().to_owned();
    let mut add = |name: &str, version: String| {
        recipe.versions.push(ToolVersion { name: name.to_owned(), version });
    };
    add("rustc", bare(compiler.title(), "rustc"));
    if let Some(cargo) = &inventory.cargo {
        add("cargo", bare(&cargo.version, "cargo"));
    }
}

/// The standard library, and the compiler that it belongs to.
fn standard_library(recipe: &mut Recipe, want: &Want, active: &Compiler, std: &Std) {
    if let Some(sysroot) = std.sysroot() {
        recipe.rustflags.push(format!("--sysroot={}", sysroot.display()));
    }
    if let Some(other) = std.compiler() {
        recipe.env.push(("RUSTC".to_owned(), Some(other.path.display().to_string())));
        recipe.notes.push(std_source::aloud(want, active, std));
    }
}

/// Links without the time, with an id from the content. The id (GNU ld's `--build-id`) is an RSDS record in a section
/// `.buildid` with a debug directory that points to it.
fn reproducible(recipe: &mut Recipe, want: &Want) {
    let driver = want.linker.as_deref().is_none_or(is_driver);
    for flag in ["--no-insert-timestamp", "--build-id"] {
        recipe.rustflags.push(format!("-Clink-arg={}{flag}", if driver { "-Wl," } else { "" }));
    }
}

/// Whether a linker is a compiler driver, which takes the linker's own flags behind `-Wl,`. As rustc infers the flavour
/// from the name: everything but `ld`, `lld` and their kin is one.
fn is_driver(linker: &str) -> bool {
    let name = linker.rsplit('/').next().unwrap_or(linker);
    let stem = name.strip_suffix(".exe").unwrap_or(name).trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    !(stem == "ld"
        || stem.ends_with("-ld")
        || stem.ends_with("lld")
        || stem.ends_with(".lld")
        || stem.ends_with("ld.bfd"))
}
