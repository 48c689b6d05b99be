//! What is installed. Tools are *tried*: one that is there but does not run counts as missing, and says why.

pub use super::compiler::{Compiler, has_std};

use super::compiler::compiler_of;
use super::probe_cache::ProbeCache;
use super::{Want, llvm, xwin, zig};
use crate::host::{Cmd, Host, given, home};
use crate::model::{Arch, Env, Target};
use same_file::is_same_file;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

/// No tool takes this long to say its version.
const PATIENCE: Duration = Duration::from_secs(20);

/// A tool that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// The name it was found by, such as `x86_64-w64-mingw32-gcc`.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// The first line that it says of itself.
    pub version: String,
}

/// The GNU cross tools for one architecture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrossTools {
    /// The linker driver.
    pub gcc: Option<Tool>,
    /// Splits debug information off; LLVM's where GNU has none for the architecture.
    pub objcopy: Option<Tool>,
    /// Tools that are there and do not run, each with the reason.
    pub broken: Vec<String>,
}

/// What the ordinary path needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The compiler that cargo will use.
    pub compiler: Option<Compiler>,
    /// Cargo.
    pub cargo: Option<Tool>,
    /// Cross tools by target triple, for targets that are linked by them.
    pub cross: BTreeMap<String, CrossTools>,
    /// Linkers that the user configured, by name, when they are found.
    pub linkers: BTreeMap<String, PathBuf>,
    /// Environment variables that choose a C compiler or archiver, and are set.
    pub cc_env: Vec<String>,
    /// The LLVM tools, when a target needs them.
    pub llvm: llvm::Llvm,
    /// cargo-xwin, when a target may need it.
    pub xwin: xwin::Xwin,
    /// Microsoft's files by target triple, for targets that are linked with them through cargo-xwin.
    pub sdk: BTreeMap<String, xwin::Sdk>,
    /// zig and cargo-zigbuild, when a target may need them.
    pub zig: zig::Zig,
    /// What links build scripts and procedural macros for this machine is there. On Windows only rustc knows, and it is taken to be.
    pub host_linker: bool,
    /// PATH.
    pub path: Option<String>,
}

/// What rustc calls to link for a Unix machine.
pub const HOST_LINKER: &str = "cc";

impl Inventory {
    /// Whether the compiler, else this program, runs on Windows.
    pub fn on_windows(&self) -> bool {
        self.compiler.as_ref().map_or(cfg!(windows), Compiler::runs_on_windows)
    }
}

/// Prefix of the mingw-w64 tools for a target.
pub fn mingw_prefix(target: &Target) -> &'static str {
    match target.arch() {
        Arch::X86_64 => "x86_64-w64-mingw32",
        Arch::I686 => "i686-w64-mingw32",
        Arch::Aarch64 => "aarch64-w64-mingw32",
    }
}

/// Looks at all that the targets need, at everything at once. `rustc` is the compiler that the user chose, when it is
/// not RUSTC that says so.
pub fn inventory_for(host: &dyn Host, wants: &[Want], fresh: bool, rustc: Option<&Path>) -> Inventory {
    let prober = Prober { host, cache: Mutex::new(ProbeCache::open(host, fresh)) };
    let mut gnu: Vec<&Target> = wants.iter().map(|w| &w.target).filter(|t| t.env() != Env::Msvc).collect();
    gnu.sort();
    gnu.dedup();
    let msvc: Vec<&Want> = wants.iter().filter(|w| xwin::may_need(w)).collect();
    let mut inventory = std::thread::scope(|scope| {
        let compiler = scope.spawn(|| prober.active_compiler(rustc));
        let cargo = scope.spawn(|| prober.cargo());
        let llvm = (!msvc.is_empty()).then(|| scope.spawn(|| llvm::Llvm::find(&prober)));
        let xwin = (!msvc.is_empty()).then(|| scope.spawn(|| xwin::Xwin::find(&prober)));
        let cross: Vec<_> = gnu.iter().map(|t| (t, scope.spawn(|| prober.cross_tools(t)))).collect();
        Inventory {
            compiler: compiler.join().ok().flatten(),
            cargo: cargo.join().ok().flatten(),
            cross: cross.into_iter().map(|(t, c)| (t.triple().to_owned(), c.join().unwrap_or_default())).collect(),
            linkers: wants
                .iter()
                .filter_map(|w| w.linker.as_ref())
                .filter_map(|l| Some((l.clone(), host.which(OsStr::new(l))?)))
                .collect(),
            cc_env: cc_env(host, &gnu),
            llvm: llvm.and_then(|found| found.join().ok()).unwrap_or_default(),
            xwin: xwin.and_then(|found| found.join().ok()).unwrap_or_default(),
            zig: zig::Zig::default(),
            sdk: BTreeMap::new(),
            host_linker: host.which(OsStr::new(HOST_LINKER)).is_some(),
            path: host.env("PATH").map(|p| p.to_string_lossy().into_owned()),
        }
    });
    let configured = |compiler: &Compiler| {
        given(host, &format!("CARGO_TARGET_{}_LINKER", compiler.host.to_uppercase().replace('-', "_"))).is_some()
    };
    inventory.host_linker |= inventory.on_windows() || inventory.compiler.as_ref().is_some_and(configured);
    if let Some(compiler) = inventory.compiler.as_ref().filter(|c| c.runs_on_windows()) {
        for tools in inventory.cross.values_mut().filter(|tools| tools.objcopy.is_none()) {
            let try_it = |path: &PathBuf| prober.tool(path.to_str()?)?.ok();
            tools.objcopy = compiler.objcopies().iter().find_map(try_it);
        }
    }
    // Python is slow to start: only where zig is wanted, or nothing else is there.
    if wants.iter().any(|want| zig::may_need(want, inventory.cross.get(want.target.triple()))) {
        inventory.zig = zig::Zig::find(&prober);
    }
    for want in msvc {
        let sdk = xwin::Sdk::look(host, want, &inventory.xwin, &inventory.llvm);
        inventory.sdk.insert(want.target.triple().to_owned(), sdk);
    }
    if let Ok(mut cache) = prober.cache.lock() {
        cache.save();
    }
    inventory
}

/// A compiler at a known place, as `inventory` describes the active one. Nothing when it does not run.
pub fn compiler_at(host: &dyn Host, path: &Path) -> Option<Compiler> {
    let prober = Prober { host, cache: Mutex::new(ProbeCache::open(host, false)) };
    let compiler = prober.compiler(path.as_os_str());
    if let Ok(mut cache) = prober.cache.lock() {
        cache.save();
    }
    compiler
}

/// Which of the variables that the `cc` crate reads are set.
fn cc_env(host: &dyn Host, targets: &[&Target]) -> Vec<String> {
    const TOOLS: [&str; 3] = ["CC", "CXX", "AR"];
    let mut names: Vec<String> = TOOLS.iter().flat_map(|tool| [format!("TARGET_{tool}"), (*tool).to_owned()]).collect();
    for target in targets {
        for tool in TOOLS {
            names.push(format!("{tool}_{}", target.triple()));
            names.push(format!("{tool}_{}", target.triple().replace('-', "_")));
        }
    }
    names.retain(|name| host.env(name).is_some_and(|v| !v.is_empty()));
    names
}

/// Tries tools.
pub(super) struct Prober<'a> {
    pub(super) host: &'a dyn Host,
    cache: Mutex<ProbeCache>,
}

impl Prober<'_> {
    fn cached(&self, question: &str) -> Option<String> {
        self.cache.lock().ok()?.get(question)
    }

    fn keep(&self, question: &str, answer: &str, files: &[PathBuf]) {
        if let Ok(mut cache) = self.cache.lock() {
            cache.put(question, answer, files);
        }
    }

    /// Runs `program args…`; `Err` says why it is no good.
    pub(super) fn ask(&self, program: &Path, args: &[&str]) -> Result<String, String> {
        let cmd = Cmd::new(program).args(args.iter().copied()).timeout(PATIENCE);
        match self.host.output(&cmd) {
            Ok(output) if output.ok() => Ok(output.text()),
            Ok(output) => Err(match output.tail(1) {
                tail if tail.is_empty() => "it does not run".to_owned(),
                tail => tail,
            }),
            Err(e) => Err(e.to_string()),
        }
    }

    fn active_compiler(&self, chosen: Option<&Path>) -> Option<Compiler> {
        let named = given(self.host, "RUSTC");
        let program = named.or_else(|| chosen.map(Into::into)).unwrap_or_else(|| "rustc".into());
        Some(Compiler { chosen: program != "rustc", ..self.compiler(&program)? })
    }

    fn compiler(&self, program: &OsStr) -> Option<Compiler> {
        let path = self.host.which(program)?;
        let question = format!("{} -vV", path.display());
        if let Some(compiler) = self.cached(&question).and_then(|kept| compiler_of(&kept)) {
            return Some(compiler);
        }
        let (verbose, sysroot) = std::thread::scope(|scope| {
            let verbose = scope.spawn(|| self.ask(&path, &["-vV"]));
            let sysroot = self.ask(&path, &["--print", "sysroot"]);
            (verbose.join().ok().and_then(Result::ok), sysroot.ok())
        });
        let (verbose, sysroot) = (verbose?, PathBuf::from(sysroot?));
        let real = sysroot.join("bin/rustc");
        let proxy = self.proxy_files(&path);
        let direct = is_same_file(&path, &real).unwrap_or(false);
        // Behind a proxy the compiler itself is called from now on: the proxy costs more than the compiler's start.
        let called = if proxy.is_some() && real.is_file() { &real } else { &path };
        let rustup = proxy.is_some() || sysroot.join("lib/rustlib/multirust-channel-manifest.toml").is_file();
        let answer = format!("{}\n{}\n{rustup}\n{verbose}", called.display(), sysroot.display());
        // Of any other program, a wrapper script, nobody knows what its answer depends on.
        if proxy.is_some() || direct {
            let mut files = vec![path.clone(), real.clone(), sysroot.join("lib")];
            files.extend(proxy.unwrap_or_default());
            self.keep(&question, &answer, &files);
        }
        compiler_of(&answer)
    }

    /// The files that decide which toolchain a rustup proxy starts; `None` when the program is no proxy.
    fn proxy_files(&self, program: &Path) -> Option<Vec<PathBuf>> {
        let rustup = program.with_file_name("rustup");
        let linked = dunce::canonicalize(program).ok()?.file_name()? == "rustup";
        if !linked && !is_same_file(program, &rustup).unwrap_or(false) {
            return None;
        }
        let home = match given(self.host, "RUSTUP_HOME") {
            Some(home) => self.host.cwd().join(home),
            None => home(self.host)?.join(".rustup"),
        };
        let mut files = vec![rustup, home.join("settings.toml"), home.join("toolchains")];
        if self.host.env("RUSTUP_TOOLCHAIN").is_none() {
            for dir in self.host.cwd().ancestors() {
                files.push(dir.join("rust-toolchain"));
                files.push(dir.join("rust-toolchain.toml"));
            }
        }
        Some(files)
    }

    fn cargo(&self) -> Option<Tool> {
        let path = self.host.which(&crate::host::cargo(self.host))?;
        let question = format!("{} -V", path.display());
        let version = match self.cached(&question) {
            Some(version) => version,
            None => {
                let version = self.ask(&path, &["-V"]).ok()?;
                let beside = dunce::canonicalize(&path).ok().map(|p| p.with_file_name("rustc"));
                if let Some(files) = self.proxy_files(&path) {
                    self.keep(&question, &version, &[files, vec![path.clone()]].concat());
                } else if beside.is_some_and(|p| p.is_file()) {
                    self.keep(&question, &version, std::slice::from_ref(&path));
                }
                version
            }
        };
        Some(Tool { name: "cargo".into(), path, version })
    }

    fn cross_tools(&self, target: &Target) -> CrossTools {
        let prefix = mingw_prefix(target);
        let found = Mutex::new(Vec::new());
        let first = |names: &[String]| {
            names.iter().find_map(|name| match self.tool(name)? {
                Ok(tool) => Some(tool),
                Err(reason) => {
                    found.lock().map(|mut b| b.push(reason)).ok();
                    None
                }
            })
        };
        let names = |tool: &str, variants: &[&str]| -> Vec<String> {
            variants.iter().map(|v| format!("{prefix}-{tool}{v}")).collect()
        };
        let (gcc, objcopy) = std::thread::scope(|scope| {
            // Debian has the variants when its alternatives are broken; both make the same bytes of a Rust program.
            let gcc = scope.spawn(|| first(&names("gcc", &["", "-win32", "-posix"])));
            let objcopy = match target.arch() {
                // GNU binutils of distributions have no ARM64 images.
                Arch::Aarch64 => llvm::names("llvm-objcopy"),
                Arch::X86_64 | Arch::I686 => names("objcopy", &[""]),
            };
            let objcopy = first(&objcopy);
            (gcc.join().ok().flatten(), objcopy)
        });
        CrossTools { gcc, objcopy, broken: found.into_inner().unwrap_or_default() }
    }

    /// Finds a tool and tries it: `None` when it is not there, `Err` when it does not run.
    pub(super) fn tool(&self, name: &str) -> Option<Result<Tool, String>> {
        self.tool_by(name, &["--version"])
    }

    /// As [`Prober::tool`], for a tool that tells its version, or at least that it runs, by other arguments.
    pub(super) fn tool_by(&self, name: &str, args: &[&str]) -> Option<Result<Tool, String>> {
        let path = self.host.which(OsStr::new(name))?;
        let question = format!("{} {}", path.display(), args.join(" "));
        if let Some(version) = self.cached(&question) {
            return Some(Ok(Tool { name: name.to_owned(), path, version }));
        }
        let text = match self.ask(&path, args) {
            Ok(text) => text,
            Err(reason) => return Some(Err(format!("`{}` is there and does not run: {reason}", path.display()))),
        };
        // LLVM's binutils begin with what they are compatible with.
        let telling = text.lines().find(|line| line.contains("LLVM version "));
        let version = telling.or(text.lines().next()).unwrap_or_default().trim().to_owned();
        // A link to something else, such as ccache, may answer by more than its file.
        let real = dunce::canonicalize(&path).unwrap_or_else(|_| path.clone());
        const KNOWN: [&str; 5] = ["-w64-mingw32-", "clang", "lld", "llvm-", "cargo-"];
        if real.file_name().is_some_and(|n| KNOWN.iter().any(|k| n.to_string_lossy().contains(k))) {
            self.keep(&question, &version, &[path.clone(), real]);
        }
        Some(Ok(Tool { name: name.to_owned(), path, version }))
    }
}
