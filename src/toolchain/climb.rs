//! Carries out the ladder of [`super::std_source`], rung by rung, until one holds.

use super::apt::{self, AptChoice};
use super::probe::{self, Compiler, Inventory};
use super::provision::{Provisioner, Stop};
use super::std_source::{self, Rung, Std};
use super::{Options, Want, doctor_command, std_build};
use crate::error::{Exit, Problem};
use crate::event::Sink;
use crate::host::Host;
use crate::model::Env;
use std::ffi::OsStr;
use std::path::Path;

/// What a climb works with.
pub(super) struct Climb<'a> {
    pub(super) host: &'a dyn Host,
    pub(super) sink: &'a dyn Sink,
    pub(super) provisioner: &'a Provisioner<'a>,
    pub(super) inventory: &'a Inventory,
    pub(super) active: &'a Compiler,
    pub(super) want: &'a Want,
    pub(super) options: Options,
}

impl Climb<'_> {
    /// Provides a standard library.
    ///
    /// # Errors
    /// Interruption, no consent; or a problem that tells why each way failed.
    pub(super) fn run(&self) -> anyhow::Result<Std> {
        let mut reasons = Vec::new();
        let rustup = self.host.which(OsStr::new("rustup")).is_some();
        let own = std_source::own_rungs(self.want, self.active, rustup, self.options.offline);
        if let Some(std) = self.climb(own, &mut reasons)? {
            return Ok(std);
        }
        if self.active.chosen && !self.active.sysroot.starts_with("/usr") {
            reasons.push("RUSTC (or build.rustc) names the compiler, so no other may stand in".to_owned());
        } else {
            match self.others() {
                Ok(rungs) => {
                    if rungs.is_empty() {
                        reasons.push(self.no_other());
                    }
                    if let Some(std) = self.climb(rungs, &mut reasons)? {
                        return Ok(std);
                    }
                }
                Err(Stop::Reason(reason)) => reasons.push(reason),
                Err(Stop::Fatal(error)) => return Err(error),
            }
        }
        Err(self.failed(&reasons).into())
    }

    fn climb(&self, rungs: Vec<Rung>, reasons: &mut Vec<String>) -> anyhow::Result<Option<Std>> {
        for rung in rungs {
            match self.step(&rung) {
                Ok(std) => return Ok(Some(std)),
                Err(Stop::Fatal(error)) => return Err(error),
                Err(Stop::Reason(reason)) => {
                    self.sink.note(format!("no standard library for {} this way: {reason}", self.want.target));
                    reasons.push(reason);
                }
            }
        }
        Ok(None)
    }

    fn step(&self, rung: &Rung) -> Result<Std, Stop> {
        let target = self.want.target.triple();
        match rung {
            Rung::RustupTarget => {
                self.rustup(&["target", "add"], target)?;
                match self.active.has_std(&self.want.target) {
                    true => Ok(Std::Bundled),
                    false => Err(Stop::Reason(format!("rustup added {target} without a library in it"))),
                }
            }
            Rung::RustupSources => {
                self.rustup(&["component", "add"], "rust-src")?;
                let library = self.active.sources();
                self.build_own(&library.ok_or_else(|| Stop::Reason("rustup added no usable sources".to_owned()))?)
            }
            Rung::Build(library) => self.build_own(library),
            Rung::Stand(compiler) => self.stand_in(compiler),
            Rung::StandBuild(compiler, _) => self.stand_in(compiler),
            Rung::Install(choice) => {
                self.provisioner.install(&choice.packages)?;
                let compiler = probe::compiler_at(self.host, &choice.rustc);
                let nothing =
                    || Stop::Reason(format!("`{}` does not run after its installation", choice.rustc.display()));
                self.stand_in(&compiler.ok_or_else(nothing)?)
            }
        }
    }

    /// `rustup … --toolchain <that of the active compiler> what`.
    fn rustup(&self, command: &[&str], what: &str) -> Result<(), Stop> {
        let sysroot = &self.active.sysroot;
        let ours = sysroot.parent().and_then(Path::file_name).is_some_and(|p| p == "toolchains");
        let name = sysroot.file_name().and_then(OsStr::to_str).filter(|_| ours);
        let mut args = command.to_vec();
        if let Some(name) = name {
            args.extend(["--toolchain", name]);
        }
        args.push(what);
        self.provisioner.rustup(&args)
    }

    fn build_own(&self, library: &Path) -> Result<Std, Stop> {
        Ok(Std::Built { sysroot: self.build(self.active, library)? })
    }

    /// Takes another compiler with its library, or builds that from its sources; and keeps the choice.
    fn stand_in(&self, compiler: &Compiler) -> Result<Std, Stop> {
        let sysroot = match (compiler.has_std(&self.want.target), compiler.sources()) {
            (true, _) => None,
            (false, Some(library)) => Some(self.build(compiler, &library)?),
            (false, None) => {
                return Err(Stop::Reason(format!(
                    "`{}` has neither a library for it nor usable sources",
                    compiler.path.display()
                )));
            }
        };
        if compiler.sysroot == self.active.sysroot {
            return Ok(sysroot.map_or(Std::Bundled, |sysroot| Std::Built { sysroot }));
        }
        self.provisioner.consent(&format!("building with {}", compiler.path.display()))?;
        std_source::remember(self.host, self.want, self.active, compiler)
            .map_err(|e| Stop::Reason(format!("the choice of compiler can't be kept: {e}")))?;
        Ok(Std::Distribution { compiler: compiler.clone(), sysroot })
    }

    fn build(&self, compiler: &Compiler, library: &Path) -> Result<std::path::PathBuf, Stop> {
        let tools = self.inventory.cross.get(self.want.target.triple());
        let sdk = self.inventory.sdk.get(self.want.target.triple()).and_then(|sdk| sdk.state.as_ref().ok());
        let job = std_build::Job {
            compiler,
            target: &self.want.target,
            library,
            msvc: sdk,
            // GNU's gcc has not the run-time of LLVM's mingw-w64.
            linker: tools
                .filter(|_| self.want.target.env() != Env::GnuLlvm)
                .and_then(|t| t.gcc.as_ref())
                .map(|g| g.path.as_path()),
            offline: self.options.offline,
        };
        if std_build::cached(self.host, compiler, &self.want.target).is_none() {
            self.provisioner.consent(&format!("a build of the standard library from {}", library.display()))?;
        }
        std_build::build(self.host, self.sink, &job).map_err(|error| {
            // A problem is said as it is; anything else is why this way failed.
            if error.downcast_ref::<Problem>().is_some() {
                Stop::Fatal(error)
            } else {
                Stop::Reason(format!("{error:#}"))
            }
        })
    }

    /// The rungs with other compilers.
    fn others(&self) -> Result<Vec<Rung>, Stop> {
        let installed: Vec<Compiler> =
            apt::installed_compilers(self.host).iter().filter_map(|path| probe::compiler_at(self.host, path)).collect();
        let rungs = std_source::other_rungs(self.want, self.active, &installed, &[]);
        if !rungs.is_empty() || !self.provisioner.has_apt() || self.options.offline {
            return Ok(rungs);
        }
        let choices = |found: &_| apt::choices(&self.want.target, found);
        let some = |found: &_| !choices(found).is_empty();
        let names = apt::interesting(self.host);
        let found = self.provisioner.candidates(&names, &some)?;
        let apt: Vec<AptChoice> = choices(&found);
        let rungs = std_source::other_rungs(self.want, self.active, &installed, &apt);
        if rungs.is_empty()
            && let Some(newest) = apt.iter().max_by(|a, b| a.version.cmp(&b.version))
            && let Err(why) = std_source::suits(self.want, &newest.version)
        {
            return Err(Stop::Reason(format!("the distribution's newest compiler does not do: {why}")));
        }
        Ok(rungs)
    }

    fn no_other(&self) -> String {
        if self.options.offline {
            return "--offline: no compiler of the distribution is installed that could stand in".to_owned();
        }
        match self.provisioner.has_apt() {
            true => "the distribution has no compiler with a Windows library or sources".to_owned(),
            false => "this system has no apt-get; install a Rust with a Windows library, or rust-src, by its own means"
                .to_owned(),
        }
    }

    fn failed(&self, reasons: &[String]) -> Problem {
        let target = &self.want.target;
        let tried: String = reasons.iter().map(|r| format!("; {r}")).collect();
        let problem = Problem::new("missing-std", format!("no standard library for {target} could be provided{tried}"));
        let problem = match self.active.rustup {
            true if !std_source::is_released(self.want) => problem.fix(
                "where rustup can download: rustup component add rust-src; Rust releases no library for this target",
            ),
            true => problem.fix(format!("where rustup can download: rustup target add {target}")).fix(
                "where it can't: copy lib/rustlib/src of the same toolchain from a machine that has rust-src, then run this again",
            ),
            false => problem.fix(format!("install the Windows library or the sources of {}", self.active.title())),
        };
        problem.fix(doctor_command(target)).exit(Exit::ToolMissing)
    }
}
