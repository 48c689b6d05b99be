//! Provides what is missing, kind by kind: packages, cargo-xwin, zig, Microsoft's files. The standard library has its own ladder
//! ([`super::climb`]).

use super::probe::Inventory;
use super::provision::{Provisioner, Stop};
use super::{Gap, GapKind, Options, Want, llvm, recipe, xwin, zig};
use crate::error::{Exit, Problem};
use crate::event::Sink;
use crate::host::{Cmd, Host, cargo};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Compiling cargo-xwin takes some minutes.
const INSTALL: Duration = Duration::from_secs(1800);
/// Some hundred megabytes.
const DOWNLOAD: Duration = Duration::from_secs(3600);

/// Debian's packages of what links for this machine.
pub(super) const HOST_LINKER_PACKAGES: [&str; 2] = ["gcc", "libc6-dev"];

/// Why kinds of gaps are left, for the messages about them.
pub(super) type Reasons = BTreeMap<GapKind, String>;

/// What it works with.
pub(super) struct Supplier<'a> {
    pub(super) host: &'a dyn Host,
    pub(super) sink: &'a dyn Sink,
    pub(super) provisioner: &'a Provisioner<'a>,
    pub(super) options: Options,
}

impl Supplier<'_> {
    /// Installs programs. Whether they work is seen by looking again.
    ///
    /// # Errors
    /// Interruption, no consent.
    pub(super) fn programs(&self, gaps: &[&Gap], host_linker: bool) -> anyhow::Result<Reasons> {
        let mut reasons = Reasons::new();
        let mut packages: Vec<String> = gaps.iter().filter_map(|g| g.package.clone()).collect();
        if !host_linker && !self.options.offline {
            packages.extend(HOST_LINKER_PACKAGES.map(str::to_owned));
        }
        packages.sort();
        packages.dedup();
        let has = |kind: GapKind| gaps.iter().any(|g| g.kind == kind);
        if !packages.is_empty() {
            self.try_(GapKind::Tools, &mut reasons, || self.packages(&packages))?;
        }
        if has(GapKind::Llvm) {
            self.try_(GapKind::Llvm, &mut reasons, || self.llvm())?;
        }
        if has(GapKind::Xwin) {
            let pip = [format!("cargo-xwin=={}", xwin::PINNED)];
            self.try_(GapKind::Xwin, &mut reasons, || self.install(xwin::tools_dir(self.host), &pip, "cargo-xwin"))?;
        }
        if has(GapKind::Zig) {
            let pip = [format!("ziglang=={}", zig::ZIG), format!("cargo-zigbuild=={}", zig::ZIGBUILD)];
            self.try_(GapKind::Zig, &mut reasons, || self.install(zig::tools_dir(self.host), &pip, "cargo-zigbuild"))?;
        }
        Ok(reasons)
    }

    fn try_(
        &self,
        kind: GapKind,
        reasons: &mut Reasons,
        work: impl FnOnce() -> Result<(), Stop>,
    ) -> anyhow::Result<()> {
        match work() {
            Ok(()) => Ok(()),
            Err(Stop::Fatal(error)) => Err(error),
            Err(Stop::Reason(reason)) => {
                self.sink.note(reason.clone());
                reasons.insert(kind, reason);
                Ok(())
            }
        }
    }

    fn packages(&self, packages: &[String]) -> Result<(), Stop> {
        // Without apt the fixes say what there is elsewhere.
        if !self.provisioner.has_apt() { Ok(()) } else { self.provisioner.install(packages) }
    }

    fn llvm(&self) -> Result<(), Stop> {
        if !self.provisioner.has_apt() {
            return Ok(());
        }
        if self.options.offline {
            return Err(Stop::Reason("--offline: clang, lld and llvm can't be installed".to_owned()));
        }
        let found = self.provisioner.candidates(&llvm::all_packages(), &|found| llvm::packages(found).is_some())?;
        match llvm::packages(&found) {
            Some(packages) => self.provisioner.install(&packages),
            None => Err(Stop::Reason("apt has no release of clang, lld and llvm from 14 to 24".to_owned())),
        }
    }

    /// From PyPI, whose packages hold finished programs, into a folder of ours; where that fails, `program` is compiled by cargo.
    fn install(&self, dir: Option<PathBuf>, packages: &[String], program: &str) -> Result<(), Stop> {
        let dir = dir.ok_or_else(|| Stop::Reason("there is no folder for tools: HOME is not set".to_owned()))?;
        if self.options.offline {
            return Err(Stop::Reason(format!("--offline: {program} can't be installed")));
        }
        let why = match self.pip(&dir, packages) {
            Ok(()) => return Ok(()),
            Err(Stop::Reason(reason)) => reason,
            Err(fatal) => return Err(fatal),
        };
        self.sink.note(format!("{why}; cargo compiles {program} instead"));
        let version = packages.iter().find_map(|p| p.strip_prefix(&format!("{program}=="))).unwrap_or_default();
        let cmd = Cmd::new(cargo(self.host))
            .args(["install", program, "--locked", "--force"])
            .args(["--version", &format!("={version}"), "--root"])
            .arg(&dir)
            .timeout(INSTALL);
        self.provisioner.finish(&cmd)
    }

    fn pip(&self, dir: &Path, packages: &[String]) -> Result<(), Stop> {
        // Debian's python3 comes without what makes environments.
        let can = || {
            let cmd = Cmd::new("python3").args(["-c", "import ensurepip, venv"]).timeout(Duration::from_secs(20));
            self.host.which(OsStr::new("python3")).is_some() && self.host.output(&cmd).is_ok_and(|o| o.ok())
        };
        if !can() && self.provisioner.has_apt() {
            self.provisioner.install(&["python3-venv".to_owned()])?;
        }
        if !can() {
            return Err(Stop::Reason("there is no python3 with its modules venv and ensurepip".to_owned()));
        }
        self.provisioner.finish(&Cmd::new("python3").args(["-m", "venv", "--clear"]).arg(dir).timeout(INSTALL))?;
        let pip =
            Cmd::new(dir.join("bin/python3")).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        self.provisioner.finish(&pip.args(packages).timeout(INSTALL))
    }

    /// Has cargo-xwin download Microsoft's files, once for each folder, and says before where the terms are, where the files go and
    /// how much it is.
    ///
    /// # Errors
    /// Interruption, no consent.
    pub(super) fn sdks(&self, wants: &[Want], inventory: &Inventory) -> anyhow::Result<BTreeMap<PathBuf, Problem>> {
        let mut failed = BTreeMap::new();
        let mut folders: BTreeMap<PathBuf, Vec<&Want>> = BTreeMap::new();
        for want in wants {
            let sdk = inventory.sdk.get(want.target.triple());
            if let Some(sdk) = sdk.filter(|sdk| matches!(&sdk.state, Err(gap) if gap.fillable)) {
                folders.entry(sdk.cache.clone()).or_default().push(want);
            }
        }
        for (cache, wants) in folders {
            let (Some(tool), Some(sdk)) = (&inventory.xwin.tool, inventory.sdk.get(wants[0].target.triple())) else {
                continue;
            };
            if self.options.offline {
                let what = format!(
                    "--offline: Microsoft's C run-time and Windows SDK can't be downloaded into {}",
                    cache.display()
                );
                failed.insert(cache, xwin::offline_ways(Problem::new("missing-sdk", what)).exit(Exit::ToolMissing));
                continue;
            }
            // The mark names the last download's architectures alone, so those that are there are asked for again.
            let mut arches = sdk.arches();
            arches.extend(wants.iter().map(|w| xwin::arch(&w.target).to_owned()));
            arches.sort();
            arches.dedup();
            self.sink.note(format!(
                "cargo-xwin downloads Microsoft's C run-time {} and Windows SDK {} for {} from Microsoft, under Microsoft's terms \
                 ({}), which you accept by going on",
                sdk.crt_version,
                sdk.sdk_version,
                arches.join(", "),
                xwin::LICENCE
            ));
            self.sink.note(format!(
                "they go into {}: several hundred megabytes of download, one to two gigabytes of disk; they may not be passed on to others",
                cache.display()
            ));
            let part = xwin::tree(self.host);
            let work = || -> Result<(), Stop> {
                let cmd =
                    sdk.command(self.host, tool, &inventory.llvm, &arches).map_err(|e| Stop::Reason(e.to_string()))?;
                self.provisioner.finish(&cmd.args(["cache", part]).timeout(DOWNLOAD))?;
                sdk.mark(part).map_err(|e| Stop::Reason(format!("the versions can't be noted: {e}")))
            };
            match work() {
                Ok(()) => {}
                Err(Stop::Fatal(error)) => return Err(error),
                Err(Stop::Reason(reason)) => {
                    let what = format!("Microsoft's files could not be downloaded into {}: {reason}", cache.display());
                    let problem = Problem::new("sdk-download", what)
                        .fix("see that this machine reaches aka.ms and download.visualstudio.microsoft.com, and run it again: XWIN_HTTP_RETRIES=10 makes it more patient")
                        .fix(format!(
                            "XWIN_CACHE_DIR={} XWIN_ARCH={} XWIN_SDK_VERSION={} XWIN_CRT_VERSION={} cargo-xwin cache {part}    # the download alone",
                            cache.display(),
                            arches.join(","),
                            sdk.sdk_version,
                            sdk.crt_version
                        ));
                    failed.insert(cache, xwin::offline_ways(problem).exit(Exit::ToolMissing));
                }
            }
        }
        Ok(failed)
    }
}

/// Whether a want is blocked by something else than the standard library.
pub(super) fn blocked(want: &Want, inventory: &Inventory) -> bool {
    match recipe::backend(want, inventory) {
        Ok(chosen) => !recipe::gaps(chosen.backend, want, inventory).is_empty(),
        Err(_) => true,
    }
}
