//! Builds real crates with the real cargo and mingw, as the pipeline does, up to the copied executables.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use cargo_winsvc::cli::BuildArgs;
use cargo_winsvc::compile::{self, Built, CompilePlan, Request, known_roots};
use cargo_winsvc::config::{self, BackendChoice, BinRef, DebugInfo, Unit};
use cargo_winsvc::event::Recorder;
use cargo_winsvc::host::{Cmd, Host, Output, RealHost};
use cargo_winsvc::toolchain::{self, Options, Want};
use cargo_winsvc::workspace::{self, Workspace, flags::CargoConfig};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

pub const TARGET: &str = "x86_64-pc-windows-gnu";

/// The machine, with another working directory and some other variables.
pub struct TestHost {
    real: RealHost,
    cwd: PathBuf,
    env: Vec<(String, Option<String>)>,
}

impl TestHost {
    pub fn new(cwd: &Path) -> Self {
        // What the test runner's own cargo has set must not reach the builds.
        let mut host = TestHost { real: RealHost::new().unwrap(), cwd: cwd.to_owned(), env: Vec::new() };
        for key in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "CFLAGS"] {
            host.env.push((key.to_owned(), None));
        }
        host
    }

    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.env.push((key.to_owned(), Some(value.to_owned())));
        self
    }

    fn adapt(&self, cmd: &Cmd) -> Cmd {
        let mut cmd = cmd.clone();
        let own: Vec<_> = std::mem::take(&mut cmd.env);
        cmd.env = self.env.iter().map(|(k, v)| (k.into(), v.as_ref().map(Into::into))).collect();
        cmd.env.extend(own);
        cmd.cwd.get_or_insert_with(|| self.cwd.clone());
        cmd
    }
}

impl Host for TestHost {
    fn env(&self, key: &str) -> Option<OsString> {
        match self.env.iter().rev().find(|(k, _)| k == key) {
            Some((_, value)) => value.as_ref().map(Into::into),
            None => self.real.env(key),
        }
    }
    fn cwd(&self) -> PathBuf {
        self.cwd.clone()
    }
    fn output(&self, cmd: &Cmd) -> io::Result<Output> {
        self.real.output(&self.adapt(cmd))
    }
    fn stream(&self, cmd: &Cmd, line: &mut dyn FnMut(&str)) -> io::Result<Output> {
        self.real.stream(&self.adapt(cmd), line)
    }
    fn which(&self, program: &OsStr) -> Option<PathBuf> {
        self.real.which(program)
    }
    fn is_root(&self) -> bool {
        self.real.is_root()
    }
}

/// One build to make.
pub struct Job {
    pub host: TestHost,
    pub args: BuildArgs,
    pub profile: String,
    pub debug_info: DebugInfo,
    pub bins: Vec<BinRef>,
    pub sink: Recorder,
}

pub fn bin(package: &str, bin: &str) -> BinRef {
    BinRef { package: package.to_owned(), bin: bin.to_owned() }
}

impl Job {
    pub fn new(dir: &Path, bins: &[(&str, &str)]) -> Self {
        Job {
            host: TestHost::new(dir),
            args: BuildArgs { quiet: true, ..BuildArgs::default() },
            profile: "release".to_owned(),
            debug_info: DebugInfo::Limited,
            bins: bins.iter().map(|(p, b)| bin(p, b)).collect(),
            sink: Recorder::default(),
        }
    }

    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.host = self.host.with(key, value);
        self
    }

    pub fn plan(&self) -> anyhow::Result<CompilePlan> {
        let host = &self.host;
        let workspace = workspace::load(host, &self.args)?;
        let cargo = CargoConfig::load(host, &self.args.config)?;
        let flags = cargo.for_target(host, TARGET)?;
        let mut want = Want::new(TARGET.parse().unwrap(), BackendChoice::Auto);
        want.linker = flags.linker.map(|l| l.value.display().to_string());
        let recipe = toolchain::prepare(host, &self.sink, &[want], Options::default())?.remove(0).recipe;
        let unit = self.unit(&workspace);
        let mut roots =
            known_roots(cargo.cargo_home.as_deref(), &cargo.source_directories(), &workspace.target_dir, TARGET);
        roots.remaps.push(compile::Remap::new(&recipe.sources.0, &recipe.sources.1));
        let request = Request {
            staging: workspace.target_dir.join("staged"),
            workspace: &workspace,
            args: &self.args,
            unit: &unit,
            profile: &self.profile,
            cargo: std::env::var("CARGO").unwrap_or("cargo".to_owned()),
            cwd: host.cwd(),
            cargo_home: cargo.cargo_home.clone(),
            user_rustflags: flags.rustflags,
            build_env: &|key| cargo.build_env(host, key),
            subcommand: &recipe.subcommand,
            recipe_linker: recipe.linker.as_deref(),
            own_exe: None,
            recipe_env: &recipe.env,
            recipe_rustflags: &recipe.rustflags,
            recipe_cargo_args: &recipe.cargo_args,
            cache_dir: cargo_winsvc::host::cache_dir(host),
            roots,
        };
        Ok(compile::plan(&request)?)
    }

    pub fn run(&self) -> anyhow::Result<Built> {
        compile::run(&self.host, &self.sink, &self.plan()?)
    }

    /// The bytes of the only executable.
    pub fn exe(&self) -> Vec<u8> {
        let built = self.run().unwrap();
        assert_eq!(built.exes.len(), 1);
        std::fs::read(&built.exes[0].path).unwrap()
    }

    /// What the configuration makes of it, for the chosen binaries.
    fn unit(&self, workspace: &Workspace) -> Unit {
        let args = BuildArgs {
            targets: vec![TARGET.to_owned()],
            packages: vec![self.bins[0].package.clone()],
            bins: vec![self.bins[0].bin.clone()],
            ..BuildArgs::default()
        };
        let mut unit = config::resolve(&args, workspace).unwrap().units.remove(0);
        unit.debug_info = self.debug_info;
        unit.bundles[0].bins = self.bins.clone();
        unit
    }
}

pub fn tool(name: &str) -> PathBuf {
    which::which(format!("x86_64-w64-mingw32-{name}")).expect("tests/setup.sh installs mingw-w64")
}

/// Writes files below a folder.
pub fn write(dir: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// A crate without dependencies, with one main.rs.
pub fn crate_at(dir: &Path, name: &str, main: &str) {
    let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n");
    write(dir, &[("Cargo.toml", &manifest), ("src/main.rs", main)]);
}

pub fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle.as_bytes())
}

/// Runs a program and gives its standard output.
pub fn run(program: impl AsRef<OsStr>, args: &[&OsStr], dir: &Path) -> String {
    let output = std::process::Command::new(program).args(args).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
