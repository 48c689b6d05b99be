//! cargo-xwin, and the folder that it keeps Microsoft's CRT and Windows SDK in.
//!
//! `cargo-xwin env` is asked for what it would set, and cargo is run with that. `cargo xwin build` would do the same, but joins all
//! flags by blanks and refuses one that holds a blank, does not see flags in CARGO_ENCODED_RUSTFLAGS, which then mask its own, and replaces the
//! user's linker (cargo-xwin 0.23.1, `compiler/clang_cl.rs`). Nothing is downloaded by looking: `env` is asked only
//! when the folder's mark `DONE` says that the architecture is there.

use super::llvm::Llvm;
use super::probe::{Prober, Tool};
pub use super::xwin_env::Filled;
use super::xwin_env::{cmake, keep_cmake, parse};
use super::{Want, doctor_command};
use crate::config::BackendChoice;
use crate::error::{Exit, Problem};
use crate::host::{Cmd, Host, cache_dir, given};
use crate::model::{Arch, Env, Target};
use crate::platform;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The version that is installed, and the one that this was tried with.
pub(super) const PINNED: &str = "0.23.1";
/// The oldest whose environment is understood.
const OLDEST: semver::Version = semver::Version::new(0, 23, 0);
/// The tree for clang-cl, cargo-xwin's default.
pub(super) const CLANG_CL_TREE: &str = "xwin";
/// The tree for clang.
pub(super) const CLANG_TREE: &str = "windows-msvc-sysroot";
/// Stands beside `DONE` when we had it filled.
const MARK: &str = "winsvc-xwin.json";
/// Where Microsoft's terms are, as xwin itself names them.
pub(super) const LICENCE: &str = "https://go.microsoft.com/fwlink/?LinkId=2086102";

/// Whether a target may be built through cargo-xwin.
pub(super) fn may_need(want: &Want) -> bool {
    want.target.env() == Env::Msvc
        && match want.backend {
            BackendChoice::Xwin => true,
            BackendChoice::Auto => want.linker.is_none(),
            _ => false,
        }
        && !want.no_build
}

/// cargo-xwin, as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Xwin {
    /// It runs.
    pub tool: Option<Tool>,
    /// Its version.
    pub version: Option<semver::Version>,
    /// It is there and does not run.
    pub broken: Option<String>,
}

impl Xwin {
    /// On PATH, else where `--provision` puts it.
    pub(super) fn find(prober: &Prober<'_>) -> Self {
        let ours = tools_dir(prober.host).map(|dir| dir.join("bin/cargo-xwin").display().to_string());
        let mut found = Xwin::default();
        for name in ["cargo-xwin".to_owned()].into_iter().chain(ours) {
            match prober.tool(&name) {
                Some(Ok(tool)) => {
                    let version = tool.version.rsplit(' ').next().and_then(|v| v.parse().ok());
                    let new = Xwin { tool: Some(tool), version, broken: None };
                    if new.is_new_enough() {
                        return new;
                    }
                    // An old one on PATH gives way to ours.
                    found = if found.tool.is_some() { found } else { new };
                }
                Some(Err(reason)) => found.broken = found.broken.or(Some(reason)),
                None => {}
            }
        }
        found
    }

    pub(super) fn is_new_enough(&self) -> bool {
        self.version.as_ref().is_some_and(|v| *v >= OLDEST)
    }

    /// What is wrong with it.
    pub(super) fn problem(&self, target: &Target) -> Option<Problem> {
        let problem = match (&self.tool, &self.broken) {
            (Some(_), _) if self.is_new_enough() => return None,
            (Some(tool), _) => Problem::new(
                "old-cargo-xwin",
                format!(
                    "{} at `{}` is too old for {target}: {OLDEST} or later is needed",
                    tool.version,
                    tool.path.display()
                ),
            ),
            (None, Some(broken)) => Problem::new("missing-cargo-xwin", format!("{broken}: it is needed for {target}")),
            (None, None) => {
                Problem::new("missing-cargo-xwin", format!("cargo-xwin not found: it is needed for {target}"))
            }
        };
        Some(
            problem
                .fix(doctor_command(target))
                .fix(format!(
                    "cargo install cargo-xwin --version ={PINNED} --locked, or pip install cargo-xwin=={PINNED}"
                ))
                .exit(Exit::ToolMissing),
        )
    }
}

/// The folder that XWIN_CACHE_DIR names, absolute; `None` where it is not set.
pub(super) fn chosen_cache(host: &dyn Host) -> Option<PathBuf> {
    given(host, "XWIN_CACHE_DIR").map(|dir| host.cwd().join(dir))
}

/// The folder in XWIN_CACHE_DIR that cargo-xwin uses: it has one tree for each of its compilers.
pub(super) fn tree(host: &dyn Host) -> &'static str {
    let is_clang = host.env("XWIN_CROSS_COMPILER").is_some_and(|c| c == "clang");
    if is_clang { CLANG_TREE } else { CLANG_CL_TREE }
}

/// Where `--provision` installs cargo-xwin.
pub(super) fn tools_dir(host: &dyn Host) -> Option<PathBuf> {
    Some(cache_dir(host)?.join("tools/cargo-xwin"))
}

/// Microsoft's files for one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sdk {
    /// The folder (XWIN_CACHE_DIR).
    pub cache: PathBuf,
    /// Version of the SDK, as asked for.
    pub sdk_version: String,
    /// Version of the CRT, as asked for.
    pub crt_version: String,
    /// What cargo-xwin sets, when the files are there.
    pub state: Result<Filled, SdkGap>,
}

/// Why the files can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdkGap {
    /// For the user.
    pub problem: Problem,
    /// A download mends it.
    pub fillable: bool,
}

/// [`MARK`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mark {
    sdk_version: String,
    crt_version: String,
}

/// As cargo-xwin names architectures (XWIN_ARCH).
pub(super) fn arch(target: &Target) -> &'static str {
    match target.arch() {
        Arch::X86_64 => "x86_64",
        Arch::I686 => "x86",
        Arch::Aarch64 => "aarch64",
    }
}

impl Sdk {
    /// Looks into the folder, and asks cargo-xwin what it would set.
    pub(super) fn look(host: &dyn Host, want: &Want, xwin: &Xwin, llvm: &Llvm) -> Self {
        let chosen = |key: &str, configured: &str| {
            given(host, key).map_or_else(|| configured.to_owned(), |value| value.to_string_lossy().into_owned())
        };
        let sdk_version = chosen("XWIN_SDK_VERSION", &want.msvc.sdk_version);
        let crt_version = chosen("XWIN_CRT_VERSION", &want.msvc.crt_version);
        let mut sdk = Sdk { cache: PathBuf::new(), sdk_version, crt_version, state: Ok(Filled::default()) };
        sdk.state = match sdk.place(host) {
            Err(problem) => Err(SdkGap { problem, fillable: false }),
            Ok(cache) => {
                sdk.cache = cache;
                sdk.fill(host, want, xwin, llvm)
            }
        };
        sdk
    }

    /// XWIN_CACHE_DIR, else a folder of ours for these versions.
    fn place(&self, host: &dyn Host) -> Result<PathBuf, Problem> {
        let dir = match chosen_cache(host) {
            Some(dir) => dir,
            None => match cache_dir(host) {
                Some(cache) => cache.join("xwin").join(format!("{}_{}", self.sdk_version, self.crt_version)),
                None => {
                    return Err(bad(
                        Path::new("XWIN_CACHE_DIR"),
                        "neither it nor HOME is set",
                        "export XWIN_CACHE_DIR=…",
                    ));
                }
            },
        };
        if dir.to_string_lossy().contains(char::is_whitespace) {
            let why = "it holds a blank, and cargo-xwin hands it to compilers in variables that are split at blanks";
            return Err(bad(&dir, why, "export XWIN_CACHE_DIR=<a folder without blanks in its path>"));
        }
        if dir.exists() && !dir.is_dir() {
            return Err(bad(&dir, "it is no folder", "export XWIN_CACHE_DIR=<a folder>"));
        }
        Ok(dir)
    }

    fn fill(&self, host: &dyn Host, want: &Want, xwin: &Xwin, llvm: &Llvm) -> Result<Filled, SdkGap> {
        let final_ = |problem| SdkGap { problem, fillable: false };
        let arch = arch(&want.target);
        let folder = tree(host);
        let is_clang = folder == CLANG_TREE;
        let parts = if is_clang { ["lib", "include"] } else { ["crt/lib", "sdk/lib"] };
        let root = self.cache.join(folder);
        let done = std::fs::read_to_string(root.join("DONE")).unwrap_or_default();
        let arches = done.lines().next().unwrap_or_default();
        if done.is_empty() || !is_clang && !arches.split_whitespace().any(|a| a == arch) {
            return Err(SdkGap { problem: self.missing(want, arches), fillable: true });
        }
        let lost = parts.iter().map(|p| root.join(p)).find(|p| !p.is_dir());
        let lost = lost.or_else(|| Some(root.join("crt/lib").join(arch)).filter(|p| !is_clang && !p.is_dir()));
        if let Some(lost) = lost {
            let why =
                format!("its mark `{folder}/DONE` says that it is complete, and `{}` is not there", lost.display());
            let fix = format!("rm {}, then {}", root.join("DONE").display(), doctor_command(&want.target));
            return Err(final_(bad(&self.cache, &why, &fix)));
        }
        if platform::check_writable(&self.cache).is_err() {
            let fix = format!("chmod -R u+w {}", self.cache.display());
            return Err(final_(bad(
                &self.cache,
                "it can't be written, and cargo-xwin writes CMake's settings there",
                &fix,
            )));
        }
        // What is missing besides has its own gap; without it nothing can be asked.
        let (Some(tool), true, true) = (&xwin.tool, xwin.is_new_enough(), llvm.missing().is_empty()) else {
            return Ok(Filled::default());
        };
        let unusable = |why: String| final_(bad(&self.cache, &why, &doctor_command(&want.target)));
        let _alone = self.alone().map_err(|e| unusable(format!("it can't be locked: {e}")))?;
        let said = self.ask(host, want, tool, llvm, "env").map_err(unusable)?;
        let mut filled = parse(&said, &want.target);
        cmake(host, &mut filled);
        keep_cmake(host, &mut filled).map_err(|e| unusable(format!("CMake's settings in it can't be copied: {e}")))?;
        let mark = std::fs::read(root.join(MARK)).ok().and_then(|m| serde_json::from_slice::<Mark>(&m).ok());
        filled.crt_version = crt_version(&done);
        if let Some(mark) = mark {
            (filled.sdk_version, filled.crt_version) = (Some(mark.sdk_version), Some(mark.crt_version));
        }
        Ok(filled)
    }

    fn ask(&self, host: &dyn Host, want: &Want, tool: &Tool, llvm: &Llvm, what: &str) -> Result<String, String> {
        let sign = if want.crt_static { '+' } else { '-' };
        let cmd = self
            .command(host, tool, llvm, &[arch(&want.target).to_owned()])
            .map_err(|e| format!("a folder of links to the LLVM tools can't be made: {e}"))?
            .args([what, "--target", want.target.triple()])
            // It reads the C run-time's kind from here alone; with it, no flags of the user's are read.
            .env("RUSTFLAGS", format!("-Ctarget-feature={sign}crt-static"))
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .cwd(&self.cache)
            .timeout(Duration::from_secs(60));
        match host.output(&cmd) {
            Ok(output) if output.ok() => Ok(output.text()),
            Ok(output) => {
                Err(format!("`{} {what}` failed: {}", tool.path.display(), output.tail(3).replace('\n', " ")))
            }
            Err(e) => Err(format!("`{}` can't be run: {e}", tool.path.display())),
        }
    }

    /// Keeps other runs of ours out of the folder: each time, cargo-xwin 0.23 takes away its link `clang-cl` there and makes it anew, and
    /// fails where there is one already, even one that leads nowhere any more.
    fn alone(&self) -> std::io::Result<std::fs::File> {
        let lock =
            std::fs::File::options().create(true).truncate(false).write(true).open(self.cache.join(".winsvc-lock"))?;
        lock.lock()?;
        let link = self.cache.join("clang-cl");
        if link.is_symlink() && !link.exists() {
            std::fs::remove_file(&link)?;
        }
        Ok(lock)
    }

    /// cargo-xwin with the settings that decide what it uses.
    pub(super) fn command(&self, host: &dyn Host, tool: &Tool, llvm: &Llvm, arches: &[String]) -> std::io::Result<Cmd> {
        let mut cmd = Cmd::new(&tool.path)
            .env("XWIN_CACHE_DIR", &self.cache)
            .env("XWIN_ARCH", arches.join(","))
            .env("XWIN_SDK_VERSION", &self.sdk_version)
            .env("XWIN_CRT_VERSION", &self.crt_version)
            // What it says of a failure is for people.
            .env("RUST_BACKTRACE", "0");
        if let Some(links) = llvm.links(host)? {
            let mut path = OsString::from(links);
            path.push(":");
            path.push(host.env("PATH").unwrap_or_default());
            cmd = cmd.env("PATH", path);
        }
        Ok(cmd)
    }

    /// The architectures that are there already.
    pub(super) fn arches(&self) -> Vec<String> {
        let done = std::fs::read_to_string(self.cache.join("xwin/DONE")).unwrap_or_default();
        done.lines().next().unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    }

    /// Notes which versions were downloaded into this part of the folder.
    pub(super) fn mark(&self, part: &str) -> std::io::Result<()> {
        let mark = Mark { sdk_version: self.sdk_version.clone(), crt_version: self.crt_version.clone() };
        std::fs::write(self.cache.join(part).join(MARK), crate::formats::to_json(&mark))
    }

    fn missing(&self, want: &Want, arches: &str) -> Problem {
        let what = match arches.trim() {
            "" => "holds none".to_owned(),
            there => format!("holds those for {there} only"),
        };
        let problem = Problem::new(
            "missing-sdk",
            format!(
                "{} is linked with Microsoft's C run-time and Windows SDK for {}, and XWIN_CACHE_DIR ({}) {what}",
                want.target,
                arch(&want.target),
                self.cache.display()
            ),
        );
        offline_ways(problem.fix(doctor_command(&want.target))).exit(Exit::ToolMissing)
    }
}

/// What mends a folder without files, on a machine with network and on one without.
pub(super) fn offline_ways(problem: Problem) -> Problem {
    problem
        .fix("export XWIN_CACHE_DIR=<a folder that cargo-xwin has filled before>")
        .fix("without network: `cargo winsvc doctor --export-cache FILE` where it was filled, `cargo winsvc doctor --import-cache FILE` here")
}

/// The version of the C run-time by the packages that the mark lists: `Microsoft.VC.14.44.17.14.CRT.Headers.base.vsix`. Those of
/// the SDK have none in their names.
fn crt_version(done: &str) -> Option<String> {
    let package = |line: &str| Some(line.strip_prefix("Microsoft.VC.")?.split_once(".CRT.")?.0.to_owned());
    done.lines().find_map(package).filter(|v| v.starts_with(|c: char| c.is_ascii_digit()))
}

fn bad(cache: &Path, why: &str, fix: &str) -> Problem {
    Problem::new("bad-xwin-cache", format!("XWIN_CACHE_DIR ({}) can't be used: {why}", cache.display()))
        .fix(fix)
        .exit(Exit::ToolMissing)
}
