//! Where the Windows standard library comes from: the ladder. The decisions are pure; `climb` carries them out.

use super::apt::AptChoice;
use super::probe::{self, Compiler};
use super::{Want, doctor_command, std_build};
use crate::error::{Exit, Problem};
use crate::host::Host;
use crate::host::cache_dir;
use semver::Version;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The oldest compiler that can stand in for the user's: since 1.80 cargo passes `--check-cfg` to every compiler.
const OLDEST: Version = Version::new(1, 80, 0);

/// A standard library that is there, and the compiler that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Std {
    /// In the sysroot of the compiler that cargo uses anyway.
    Bundled,
    /// Built from that compiler's sources.
    Built {
        /// Sysroot in the cache.
        sysroot: PathBuf,
    },
    /// Of another compiler, the distribution's, which then builds.
    Distribution {
        /// The compiler.
        compiler: Compiler,
        /// Sysroot in the cache, when it was built from that compiler's sources.
        sysroot: Option<PathBuf>,
    },
}

impl Std {
    /// The compiler that must build, when it is not the one that cargo uses anyway.
    pub fn compiler(&self) -> Option<&Compiler> {
        match self {
            Std::Distribution { compiler, .. } => Some(compiler),
            Std::Bundled | Std::Built { .. } => None,
        }
    }

    /// The sysroot to name, when it is not the compiler's own.
    pub fn sysroot(&self) -> Option<&Path> {
        match self {
            Std::Built { sysroot } => Some(sysroot),
            Std::Distribution { sysroot, .. } => sysroot.as_deref(),
            Std::Bundled => None,
        }
    }
}

/// As messages name it.
impl std::fmt::Display for Std {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Std::Bundled => f.write_str("the compiler's own"),
            Std::Built { sysroot } => write!(f, "built from the compiler's sources, {}", sysroot.display()),
            Std::Distribution { compiler, sysroot } => {
                write!(f, "of the distribution's {} ({}), which builds", compiler.title(), compiler.path.display())?;
                match sysroot {
                    Some(sysroot) => write!(f, "; from its sources, {}", sysroot.display()),
                    None => Ok(()),
                }
            }
        }
    }
}

/// What is said about the standard library in use; a change of compiler above all.
pub(super) fn aloud(want: &Want, active: &Compiler, std: &Std) -> String {
    match std {
        Std::Distribution { compiler, .. } => format!(
            "{} is built by the distribution's {} ({}), not by {}, which has no standard library for it",
            want.target,
            compiler.title(),
            compiler.path.display(),
            active.title(),
        ),
        Std::Bundled | Std::Built { .. } => format!("standard library for {}: {std}", want.target),
    }
}

/// A step of the ladder that may provide one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rung {
    /// `rustup target add`.
    RustupTarget,
    /// `rustup component add rust-src`, then a build: for targets that Rust releases no library for.
    RustupSources,
    /// Build from the sources of the compiler that cargo uses.
    Build(PathBuf),
    /// Another compiler that is installed, with its library.
    Stand(Compiler),
    /// Another compiler that is installed, with its sources.
    StandBuild(Compiler, PathBuf),
    /// Another compiler that can be installed.
    Install(AptChoice),
}

/// Whether Rust releases a library for the target, which rustup can add (the rustc book, "Platform support": tiers 1 and 2).
pub(super) fn is_released(want: &Want) -> bool {
    !want.target.triple().contains("-win7-")
}

/// The rungs that keep the compiler, best first.
pub(super) fn own_rungs(want: &Want, compiler: &Compiler, rustup: bool, offline: bool) -> Vec<Rung> {
    let mut rungs = Vec::new();
    let online = rustup && compiler.rustup && !offline;
    if online && is_released(want) {
        rungs.push(Rung::RustupTarget);
    }
    match compiler.sources() {
        Some(library) => rungs.push(Rung::Build(library)),
        None if online && !is_released(want) => rungs.push(Rung::RustupSources),
        None => {}
    }
    rungs
}

/// The rungs that change the compiler: those installed first, of each kind the newest first.
pub(super) fn other_rungs(want: &Want, active: &Compiler, installed: &[Compiler], apt: &[AptChoice]) -> Vec<Rung> {
    let mut installed: Vec<&Compiler> =
        installed.iter().filter(|c| c.sysroot != active.sysroot && suits(want, &c.release).is_ok()).collect();
    installed.sort_by(|a, b| b.release.cmp(&a.release));
    let there = installed.iter().filter(|c| c.has_std(&want.target)).map(|c| Rung::Stand((*c).clone()));
    let build = installed.iter().filter(|c| !c.has_std(&want.target));
    let build = build.filter_map(|c| Some(Rung::StandBuild((*c).clone(), c.sources()?)));
    let fits = |c: &&AptChoice| {
        // What belongs to the active compiler changes none.
        suits(want, &c.version).is_ok() || (c.rustc == active.path && c.version == active.release)
    };
    let mut apt: Vec<&AptChoice> = apt.iter().filter(fits).collect();
    apt.sort_by(|a, b| b.version.cmp(&a.version).then(b.prebuilt.cmp(&a.prebuilt)));
    there.chain(build).chain(apt.into_iter().cloned().map(Rung::Install)).collect()
}

/// Whether a compiler of this version may build what is wanted; `Err` says why not.
pub(super) fn suits(want: &Want, version: &Version) -> Result<(), String> {
    match &want.rust_version {
        _ if *version < OLDEST => Err(format!("rustc {version} is older than {OLDEST}, which today's cargo needs")),
        Some(needed) if version < needed => {
            Err(format!("rustc {version} is older than the rust-version {needed} of what is to be built"))
        }
        _ => Ok(()),
    }
}

/// The consent, kept from the run that provisioned, that another compiler builds for this target.
#[derive(Debug, Serialize, Deserialize)]
struct Choice {
    rustc: PathBuf,
}

fn choice_file(host: &dyn Host, want: &Want, active: &Compiler) -> Option<PathBuf> {
    let digest = Sha256::digest(format!("{}\0{}", want.target, active.verbose));
    let name: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
    Some(cache_dir(host)?.join("choices").join(format!("{}-{name}.json", want.target)))
}

/// Keeps the choice, so that later runs need no provisioning.
pub(super) fn remember(host: &dyn Host, want: &Want, active: &Compiler, other: &Compiler) -> std::io::Result<()> {
    let Some(file) = choice_file(host, want, active) else { return Ok(()) };
    let text = crate::formats::to_json(&Choice { rustc: other.path.clone() });
    crate::files::write_whole(&file, text.as_bytes(), 0o644)
}

/// Finds the one that is there already: the compiler's own, one built before, or that of another compiler which a former
/// run was allowed to take.
///
/// # Errors
/// There is none: says what mends it.
pub fn find(host: &dyn Host, want: &Want, active: &Compiler) -> Result<Std, Problem> {
    if active.has_std(&want.target) {
        return Ok(Std::Bundled);
    }
    if let Some(sysroot) = std_build::cached(host, active, &want.target) {
        return Ok(Std::Built { sysroot });
    }
    let chosen = || {
        let text = std::fs::read(choice_file(host, want, active)?).ok()?;
        let choice: Choice = serde_json::from_slice(&text).ok()?;
        let compiler = probe::compiler_at(host, &choice.rustc)?;
        let sysroot = std_build::cached(host, &compiler, &want.target);
        (sysroot.is_some() || compiler.has_std(&want.target)).then_some((compiler, sysroot))
    };
    // A compiler that the user named is not replaced.
    if !active.chosen
        && let Some((compiler, sysroot)) = chosen()
    {
        return match suits(want, &compiler.release) {
            Ok(()) => {
                Ok(Std::Distribution { sysroot: if compiler.has_std(&want.target) { None } else { sysroot }, compiler })
            }
            Err(why) => Err(missing(want, active, &format!("; the distribution's can't stand in: {why}"))),
        };
    }
    Err(missing(want, active, ""))
}

/// What is said when there is none.
pub(super) fn missing(want: &Want, active: &Compiler, why: &str) -> Problem {
    let target = &want.target;
    let what = format!("{} has no standard library for {target}{why}", active.title());
    let problem = Problem::new("missing-std", what).fix(doctor_command(target));
    let adds = active.rustup && is_released(want);
    let problem = if adds { problem.fix(format!("rustup target add {target}")) } else { problem };
    problem.exit(Exit::ToolMissing)
}
