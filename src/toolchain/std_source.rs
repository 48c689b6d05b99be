//! Where the Windows standard library comes from: the ladder.

use super::probe::Compiler;
use super::{Want, doctor_command};
use crate::error::{Exit, Problem};
use crate::host::Host;
use std::path::{Path, PathBuf};

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

/// The one that is there already.
pub fn find(host: &dyn Host, want: &Want, compiler: &Compiler) -> Option<Std> {
    let _ = host;
    if compiler.has_std(&want.target) { Some(Std::Bundled) } else { None }
}

/// What is said when there is none.
pub fn missing(want: &Want, compiler: &Compiler) -> Problem {
    let target = &want.target;
    let mut problem = Problem::new("missing-std", format!("{} has no standard library for {target}", compiler.title()))
        .fix(doctor_command(target));
    if compiler.rustup {
        problem = problem.fix(format!("rustup target add {target}"));
    }
    problem.exit(Exit::ToolMissing)
}
