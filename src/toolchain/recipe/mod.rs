//! How a target is built with what is installed: pure, from what was found to a value. One file per back end.

mod mingw;
mod native;
mod xwin;
mod zig;

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
    /// Microsoft's CRT and SDK through cargo-xwin.
    Xwin,
    /// zig through cargo-zigbuild.
    Zig,
    /// Plain cargo, on Windows or with the user's own linker.
    Native,
}

impl Backend {
    /// As configuration and plan name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Backend::Mingw => "mingw",
            Backend::Xwin => "xwin",
            Backend::Zig => "zig",
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
    /// Cargo's subcommand that builds.
    pub subcommand: String,
    /// The lld-link that links, called by our own program so that no path gets into the PDB ([`crate::linker`]).
    pub linker: Option<PathBuf>,
    /// Environment for cargo; `None` removes a variable.
    pub env: Vec<(String, Option<String>)>,
    /// Compiler flags of ours, one argument each, to stand behind the user's effective ones.
    pub rustflags: Vec<String>,
    /// Arguments for cargo.
    pub cargo_args: Vec<String>,
    /// Where the compiler finds the standard library's sources, and what stands for that folder: rustc writes the folder into
    /// executables when it is there (component rust-src), else `/rustc/<commit>`.
    pub sources: (PathBuf, String),
    /// Further folders of this machine that compilers write down, and what stands for each: headers.
    pub folders: Vec<(PathBuf, String)>,
    /// What splits debug information off. A PDB is a file of its own and needs none.
    pub objcopy: Option<PathBuf>,
    /// Everything that takes part, with its version.
    pub versions: Vec<ToolVersion>,
    /// What the user should know about the choice.
    pub notes: Vec<String>,
}

impl Recipe {
    fn empty(backend: Backend, sources: (PathBuf, String)) -> Self {
        Recipe {
            backend,
            subcommand: "build".to_owned(),
            linker: None,
            env: Vec::new(),
            rustflags: Vec::new(),
            cargo_args: Vec::new(),
            sources,
            folders: Vec::new(),
            objcopy: None,
            versions: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// The back end, and why it is that one, when nobody asked for it by name and another might have been expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Which.
    pub backend: Backend,
    /// Why.
    pub why: Option<String>,
}

impl Chosen {
    /// What is said about the choice in every build.
    pub(super) fn aloud(&self, want: &Want) -> Option<String> {
        self.why.as_ref().map(|why| format!("back end {} for {}: {why}", self.backend.as_str(), want.target))
    }
}

/// Chooses the back end by the target, by what was asked for, and by what is installed.
///
/// # Errors
/// A back end that can't build the target (exit 2); a target that needs a linker of the user's and has none.
pub fn backend(want: &Want, inventory: &Inventory) -> Result<Chosen, Problem> {
    use BackendChoice as Choice;
    let target = &want.target;
    let chosen = |backend, why: Option<String>| Ok(Chosen { backend, why });
    let refuse = |why: &str, instead: &str| {
        let what = format!("backend `{}` can't build {target}: {why}", want.backend.as_str());
        Err(Problem::usage("backend-mismatch", what).fix(format!("--backend {instead}")))
    };
    if inventory.on_windows() {
        // Nothing is crossed, and what links is part of the compiler or of Visual Studio.
        return match want.backend {
            Choice::Auto | Choice::Native => chosen(Backend::Native, None),
            _ => refuse("it builds for Windows from elsewhere, and this is Windows", "native"),
        };
    }
    let configured = || want.linker.as_ref().map(|linker| format!("cargo's configuration names the linker `{linker}`"));
    match (target.env(), want.backend) {
        (Env::Msvc, Choice::Auto) if want.linker.is_some() => chosen(Backend::Native, configured()),
        (Env::Msvc, Choice::Auto | Choice::Xwin) => chosen(Backend::Xwin, None),
        (Env::Msvc, Choice::Mingw) => refuse("mingw-w64 links `-gnu` targets", "xwin"),
        (Env::Msvc, Choice::Zig) => refuse("zig brings mingw-w64's libraries, not Microsoft's", "xwin"),
        (Env::Gnu | Env::GnuLlvm, Choice::Xwin) => refuse(
            "Microsoft's libraries are for `-msvc` targets",
            if target.env() == Env::Gnu { "mingw" } else { "zig" },
        ),
        (Env::GnuLlvm, Choice::Mingw) => refuse("GNU mingw-w64 has not the libraries of LLVM's", "zig"),
        (_, Choice::Zig) if target.triple().contains("-win7-") => {
            refuse("cargo-zigbuild does not know the vendor `win7`", "mingw")
        }
        (Env::Gnu, Choice::Mingw) => chosen(Backend::Mingw, None),
        (Env::Gnu, Choice::Auto) => {
            let gcc = inventory.cross.get(target.triple()).is_some_and(|tools| tools.gcc.is_some());
            let zig = inventory.zig.is_there() && !target.triple().contains("-win7-");
            match gcc || want.linker.is_some() || !zig {
                true => chosen(Backend::Mingw, None),
                false => chosen(Backend::Zig, Some("mingw-w64's gcc is not there".to_owned())),
            }
        }
        (Env::GnuLlvm, Choice::Auto) if want.linker.is_some() => chosen(Backend::Native, configured()),
        (Env::GnuLlvm, Choice::Auto) => chosen(Backend::Zig, Some("no linker is configured for it".to_owned())),
        (_, Choice::Zig) => chosen(Backend::Zig, None),
        (Env::GnuLlvm | Env::Msvc, Choice::Native) if want.linker.is_none() && !want.no_build => {
            let fix = match target.env() {
                Env::Msvc => "lld-link",
                _ => "llvm-mingw's clang",
            };
            Err(Problem::new(
                "missing-linker",
                format!("backend `native` needs a linker of your own for {target}, and none is configured"),
            )
            .fix(format!("set target.{target}.linker in .cargo/config.toml to {fix}"))
            .exit(Exit::ToolMissing))
        }
        (_, Choice::Native) => chosen(Backend::Native, None),
    }
}

/// What is missing for it, the standard library aside.
pub(super) fn gaps(backend: Backend, want: &Want, inventory: &Inventory) -> Vec<Gap> {
    match backend {
        Backend::Mingw => mingw::gaps(want, inventory),
        Backend::Xwin if want.no_build => Vec::new(),
        Backend::Xwin => xwin::gaps(want, inventory),
        Backend::Zig if want.no_build => mingw::symbol_gaps(want, inventory),
        Backend::Zig => zig::gaps(want, inventory),
        Backend::Native => native::gaps(want, inventory),
    }
}

/// The recipe for a target that is built already: its tools, and nothing that would say how it was built.
pub(super) fn packing(backend: Backend, want: &Want, inventory: &Inventory) -> Recipe {
    let mut recipe = Recipe::empty(backend, (PathBuf::new(), String::new()));
    if want.target.env() != Env::Msvc {
        mingw::objcopy(&mut recipe, want, inventory);
    }
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
    reproducible(&mut recipe, want, backend);
    match backend {
        Backend::Mingw => mingw::apply(&mut recipe, want, inventory),
        Backend::Xwin => xwin::apply(&mut recipe, want, inventory),
        Backend::Zig => zig::apply(&mut recipe, want, inventory),
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
/// `.buildid` with a debug directory that points to it. Microsoft's way of both is `/Brepro`; the executable then names its PDB
/// without a folder.
fn reproducible(recipe: &mut Recipe, want: &Want, backend: Backend) {
    if want.target.env() == Env::Msvc {
        recipe.rustflags.extend(["/Brepro", "/PDBALTPATH:%_PDB%"].map(|flag| format!("-Clink-arg={flag}")));
        return;
    }
    let driver = want.linker.as_deref().is_none_or(is_driver);
    // zig 0.17 refuses the first.
    let flags = ["--no-insert-timestamp", "--build-id"].into_iter().skip(usize::from(backend == Backend::Zig));
    for flag in flags {
        recipe.rustflags.push(format!("-Clink-arg={}{flag}", if driver { "-Wl," } else { "" }));
    }
}

/// Whether a linker is a compiler driver, which takes the linker's own flags behind `-Wl,`. As rustc infers the flavour
/// from the name: everything but `ld`, `lld` and their kin is one.
fn is_driver(linker: &str) -> bool {
    let name = linker.rsplit(std::path::is_separator).next().unwrap_or(linker);
    let stem = name.strip_suffix(".exe").unwrap_or(name).trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    !(stem == "ld"
        || stem.ends_with("-ld")
        || stem.ends_with("lld")
        || stem.ends_with(".lld")
        || stem.ends_with("ld.bfd"))
}
