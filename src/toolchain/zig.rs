//! zig and cargo-zigbuild, which links with it.

use super::probe::{CrossTools, Prober, Tool};
use super::{Want, doctor_command};
use crate::config::BackendChoice;
use crate::error::{Exit, Problem};
use crate::host::{Host, cache_dir, given};
use crate::model::{Env, Target};
use std::path::{Path, PathBuf};

/// What `--provision` installs, and what this was tried with.
pub(super) const ZIGBUILD: &str = "0.24.1";
/// The same of zig, as PyPI's package `ziglang`.
pub(super) const ZIG: &str = "0.17.1";

/// Whether a target may be built through zig: asked for, or as the last way of `auto`.
pub(super) fn may_need(want: &Want, tools: Option<&CrossTools>) -> bool {
    let by_default = match want.target.env() {
        Env::Msvc => false,
        Env::Gnu => tools.is_none_or(|tools| tools.gcc.is_none()),
        Env::GnuLlvm => true,
    };
    let asked = match want.backend {
        BackendChoice::Zig => want.target.env() != Env::Msvc,
        BackendChoice::Auto => by_default && want.linker.is_none(),
        _ => false,
    };
    asked && !want.no_build
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zig {
    /// zig; its path is that of Python when it is Python's package `ziglang`.
    pub zig: Option<Tool>,
    /// Its headers and the sources of its libraries: C compilers write that folder down.
    pub lib: Option<PathBuf>,
    /// `cargo-zigbuild`.
    pub zigbuild: Option<Tool>,
    /// It is there and does not run.
    pub broken: Vec<String>,
}

impl Zig {
    /// As cargo-zigbuild looks for zig: Python's package first, then `zig`; with our own folder behind both.
    pub(super) fn find(prober: &Prober<'_>) -> Self {
        let mut found = Zig::default();
        let ours = tools_dir(prober.host);
        let own = |name: &str| ours.as_ref().map(|dir| dir.join("bin").join(name).display().to_string());
        let named = |key: &str, name: &str| {
            given(prober.host, key).map_or_else(|| name.to_owned(), |value| value.to_string_lossy().into_owned())
        };
        let python = named("CARGO_ZIGBUILD_PYTHON_PATH", "python3");
        let zig = named("CARGO_ZIGBUILD_ZIG_PATH", "zig");
        let package = ["-m", "ziglang", "version"].as_slice();
        // Python without the package is no broken zig.
        let mut ways = vec![(python, package), (zig, ["version"].as_slice())];
        // The program in Python's package needs no Python, and runs where an imported cache finds another one or none.
        ways.extend(ours.iter().flat_map(|dir| packaged(dir)).map(|zig| (zig, ["version"].as_slice())));
        ways.extend(own("python3").map(|python| (python, package)));
        for (program, args) in ways {
            match prober.tool_by(&program, args) {
                Some(Ok(tool)) => {
                    // All ways end in `version`.
                    let env = [&args[..args.len() - 1], &["env"]].concat();
                    found.lib = prober.ask(&tool.path, &env).ok().and_then(|said| lib_dir(&said));
                    found.zig = Some(tool);
                    break;
                }
                Some(Err(reason)) if args.len() == 1 => found.broken.push(reason),
                _ => {}
            }
        }
        for name in ["cargo-zigbuild".to_owned()].into_iter().chain(own("cargo-zigbuild")) {
            match prober.tool(&name) {
                Some(Ok(tool)) => {
                    found.zigbuild = Some(tool);
                    break;
                }
                Some(Err(reason)) => found.broken.push(reason),
                None => {}
            }
        }
        found
    }

    /// Both are there.
    pub(super) fn is_there(&self) -> bool {
        self.zig.is_some() && self.zigbuild.is_some()
    }

    /// What is missing of them.
    pub(super) fn problem(&self, target: &Target) -> Option<Problem> {
        let (id, what) = match (&self.zig, &self.zigbuild) {
            (Some(_), Some(_)) => return None,
            (None, Some(_)) => ("missing-zig", "zig"),
            (Some(_), None) => ("missing-cargo-zigbuild", "cargo-zigbuild"),
            (None, None) => ("missing-zig", "zig and cargo-zigbuild"),
        };
        let broken: String = self.broken.iter().map(|b| format!("; {b}")).collect();
        let problem = Problem::new(id, format!("{what} not found{broken}; needed for {target} with backend = \"zig\""))
            .fix(doctor_command(target) + " --backend zig")
            .fix(format!("pip install ziglang=={ZIG} cargo-zigbuild=={ZIGBUILD}"))
            .exit(Exit::ToolMissing);
        Some(problem)
    }
}

/// The folder that `zig env` tells: `.lib_dir = "…",`, before zig 0.15 `"lib_dir": "…",`.
fn lib_dir(said: &str) -> Option<PathBuf> {
    let line = said.lines().find(|line| line.contains("lib_dir"))?;
    let (before, _) = line.rsplit_once('"')?;
    before.rsplit_once('"').map(|(_, path)| PathBuf::from(path))
}

/// zig in Python's package, below the folder of a virtual environment.
fn packaged(dir: &Path) -> Option<String> {
    let mut versions = std::fs::read_dir(dir.join("lib")).ok()?.filter_map(Result::ok);
    let zig =
        versions.find_map(|lib| Some(lib.path().join("site-packages/ziglang/zig")).filter(|zig| zig.is_file()))?;
    Some(zig.display().to_string())
}

/// Where `--provision` installs both.
pub(super) fn tools_dir(host: &dyn Host) -> Option<PathBuf> {
    Some(cache_dir(host)?.join("tools/zig"))
}
