//! Builds a Windows standard library from a compiler's own sources into a sysroot in the cache, once.
//!
//! The sources' own workspace is built with its own lock file and its own `dist` profile, as Rust's releases are, so
//! that a program may be built from it with any profile: link-time optimisation, either panic strategy, `proc_macro` and
//! `test` in place. No path of this machine stands in the result: sources become `/rustc/<commit>/library`, their
//! dependencies `/rust/deps`, as in Rust's releases.
//!
//! A sysroot is built beside its place, under a lock, and moved there whole. What an interrupted build leaves behind
//! is removed at once, or by the next build of the same sysroot when the process was killed.

use super::probe::{Compiler, has_std};
use super::xwin::Filled;
use crate::error::Problem;
use crate::event::{Event, Sink};
use crate::host::cache_dir;
use crate::host::{Cmd, Host, check_interrupt, interrupted};
use crate::model::{Env, Target};
use crate::platform;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Rises when a sysroot is built in another way than before, so that former ones are not taken.
const FORMAT: u32 = 1;

/// Stands in a complete sysroot.
const STAMP: &str = "winsvc-std.json";

/// Longest time for fetching the dependencies.
const FETCH: Duration = Duration::from_secs(180);

/// What a sysroot says of itself; for people, and for the check that it is complete.
#[derive(Debug, Serialize, Deserialize)]
struct Stamp {
    format: u32,
    target: String,
    compiler: String,
    sources: String,
}

/// What is to be built.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job<'a> {
    /// The compiler, to which the result belongs.
    pub(super) compiler: &'a Compiler,
    /// The target.
    pub(super) target: &'a Target,
    /// The folder `library` of the compiler's sources.
    pub(super) library: &'a Path,
    /// The cross linker. The standard library is a DLL too, though no program here uses that: without a linker there is none.
    pub(super) linker: Option<&'a Path>,
    /// What cargo-xwin sets, for `-msvc`.
    pub(super) msvc: Option<&'a Filled>,
    /// Without network.
    pub(super) offline: bool,
}

/// Name of the sysroot: what it depends on, first for people, then in full.
fn key(compiler: &Compiler, target: &Target) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{FORMAT}\0{target}\0{}\0", compiler.verbose));
    if compiler.commit.is_none() {
        // Somebody built it, and may have built it again under the same version.
        if let Ok(meta) = std::fs::metadata(&compiler.path) {
            hash.update(format!("{}\0{:?}", meta.len(), meta.modified().ok()));
        }
    }
    let digest: String = hash.finalize().iter().take(4).map(|b| format!("{b:02x}")).collect();
    let commit: String = compiler.commit.iter().flat_map(|c| c.chars().take(9)).collect();
    let commit = if commit.is_empty() { commit } else { format!("-{commit}") };
    format!("{}{commit}-{target}-{digest}", compiler.release)
}

fn sysroots(host: &dyn Host) -> Option<PathBuf> {
    Some(cache_dir(host)?.join("sysroots"))
}

/// The complete sysroot for this compiler and target, when it was built before.
pub(super) fn cached(host: &dyn Host, compiler: &Compiler, target: &Target) -> Option<PathBuf> {
    let dir = sysroots(host)?.join(key(compiler, target));
    complete(&dir, target).then_some(dir)
}

fn complete(dir: &Path, target: &Target) -> bool {
    let stamp = std::fs::read(dir.join(STAMP)).ok().and_then(|b| serde_json::from_slice::<Stamp>(&b).ok());
    stamp.is_some_and(|s| s.format == FORMAT) && has_std(dir, target)
}

/// Builds the sysroot, or takes the one that another process has built in the meantime.
///
/// # Errors
/// The cache can't be written; cargo can't fetch or build it (cargo's own messages went to standard error);
/// interruption.
pub(super) fn build(host: &dyn Host, sink: &dyn Sink, job: &Job<'_>) -> anyhow::Result<PathBuf> {
    let dir = sysroots(host).ok_or_else(|| {
        Problem::new("no-cache", "there is no folder for what is built once: neither HOME nor XDG_CACHE_HOME is set")
            .fix("export HOME=…")
    })?;
    std::fs::create_dir_all(&dir).with_context(|| format!("can't create `{}`", dir.display()))?;
    let key = key(job.compiler, job.target);
    let place = dir.join(&key);
    let _lock = lock(host, sink, &dir.join(format!("{key}.lock")))?;
    if complete(&place, job.target) {
        return Ok(place);
    }
    // Under the lock nobody else works on this key: what is there was left by a process that was killed.
    let prefix = format!(".build-{key}-");
    for entry in std::fs::read_dir(&dir)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let temp = tempfile::Builder::new().prefix(&prefix).tempdir_in(&dir)?;
    sink.status(
        "Building",
        format!("the standard library for {} with {} (once; some minutes)", job.target, job.compiler.title()),
    );
    compile(host, sink, job, temp.path())?;
    let sysroot = temp.path().join("sysroot");
    gather(host, job, temp.path(), &sysroot)?;
    std::fs::write(sysroot.join(STAMP), stamp_of(job))?;
    platform::sync_tree(&sysroot).context("can't write the sysroot to disk")?;
    if place.exists() {
        std::fs::remove_dir_all(&place)?;
    }
    std::fs::rename(&sysroot, &place).with_context(|| format!("can't move the sysroot to `{}`", place.display()))?;
    Ok(place)
}

fn stamp_of(job: &Job<'_>) -> String {
    let lock_file = std::fs::read(job.library.join("Cargo.lock")).unwrap_or_default();
    let sources = Sha256::digest(lock_file).iter().map(|b| format!("{b:02x}")).collect();
    crate::formats::to_json(&Stamp {
        format: FORMAT,
        target: job.target.to_string(),
        compiler: job.compiler.verbose.clone(),
        sources,
    })
}

/// Waits for the lock, and says so when it has to. Ctrl-C ends the wait.
fn lock(host: &dyn Host, sink: &dyn Sink, path: &Path) -> anyhow::Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(path);
    let file = file.with_context(|| format!("can't open `{}`", path.display()))?;
    let mut said = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(e)) => return Err(e).with_context(|| format!("can't lock `{}`", path.display())),
        }
        if !said {
            sink.status("Waiting", "for another run that builds this standard library".to_owned());
            said = true;
        }
        check_interrupt(host)?;
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Cargo on the sources' workspace, in an environment where nothing of the user's build settings counts.
fn cargo(host: &dyn Host, job: &Job<'_>, command: &str, temp: &Path) -> Cmd {
    let target = temp.join("target");
    let mut cmd = Cmd::new(crate::host::cargo(host))
        .arg(command)
        .arg("--manifest-path")
        .arg(job.library.join("sysroot/Cargo.toml"))
        .args(["--locked", "--target", job.target.triple()])
        .env("RUSTC", &job.compiler.path)
        // The standard library uses unstable features by right. No crate of the user's is built with this.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC_WRAPPER", "")
        .env("RUSTC_WORKSPACE_WRAPPER", "")
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_BUILD_BUILD_DIR", &target)
        .env("CARGO_INCREMENTAL", "0")
        // Else its dependencies could not be told from the user's same ones.
        .env("__CARGO_DEFAULT_LIB_METADATA", "winsvc")
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("RUSTFLAGS");
    for (name, value) in job.msvc.iter().flat_map(|msvc| &msvc.env) {
        cmd = cmd.env(name, value);
    }
    // On Windows rustc finds one by itself.
    let none = (job.target.env() != Env::Msvc && !cfg!(windows)).then(|| no_linker(temp));
    if let Some(linker) = job.linker.or(none.as_deref()) {
        cmd = cmd.env(format!("CARGO_TARGET_{}_LINKER", job.target.env_name()), linker);
    }
    if job.offline {
        cmd = cmd.arg("--offline");
    }
    cmd
}

fn compile(host: &dyn Host, sink: &dyn Sink, job: &Job<'_>, temp: &Path) -> anyhow::Result<()> {
    let base = fetch(host, sink, job, temp)?;
    let manifest = std::fs::read_to_string(job.library.join("Cargo.toml"))?;
    let dist = manifest.lines().any(|l| l.trim() == "[profile.dist]");
    let mut flags: Vec<OsString> = vec!["-Zforce-unstable-if-unmarked".into(), "--cap-lints=allow".into()];
    match job.msvc {
        Some(msvc) => flags.extend(msvc.rustflags.iter().map(OsString::from)),
        None => {
            flags.push("-Clink-arg=-Wl,--no-insert-timestamp".into());
            write_no_linker(temp)?;
            start_up(host, job, temp)?;
            let mut search = OsString::from("-Lnative=");
            search.push(start_up_dir(temp));
            flags.push(search);
        }
    }
    if !dist {
        // What the dist profile says in newer sources. Bitcode is for users' link-time optimisation.
        flags.push("-Cembed-bitcode=yes".into());
    }
    for (from, to) in remaps(host, job, temp) {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(from);
        flag.push("=");
        flag.push(to);
        flags.push(flag);
    }
    let mut cmd = base("build", temp)
        .args(["--profile", if dist { "dist" } else { "release" }, "--features", "panic-unwind,backtrace"])
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f".as_ref()));
    if !dist {
        cmd = cmd.env("CARGO_PROFILE_RELEASE_DEBUG", "1").env("CARGO_PROFILE_RELEASE_LTO", "false");
    }
    sink.emit(Event::Running { command: cmd.display(), verbose: true });
    let output = host.stream(&cmd, &mut |_| {}).map_err(|e| starting(host, &cmd, &e))?;
    check_interrupt(host)?;
    if !output.ok() {
        anyhow::bail!("cargo could not build it from `{}`; its messages stand above", job.library.display());
    }
    Ok(())
}

fn no_linker(temp: &Path) -> PathBuf {
    temp.join("no-linker")
}

/// Stands for the linker where there is none: zig is one only through cargo-zigbuild. Nobody uses the DLL, so an empty file
/// will do until the build is over; cargo and rustc look no further than that it is there.
fn write_no_linker(temp: &Path) -> std::io::Result<()> {
    let script = "#!/bin/sh\nfor arg; do\n  if [ \"$last\" = -o ]; then : >\"$arg\"; fi\n  last=$arg\ndone\n";
    crate::files::write_whole(&no_linker(temp), script.as_bytes(), 0o755)
}

type Base<'a> = Box<dyn Fn(&str, &Path) -> Cmd + 'a>;

/// Fetches the dependencies, and says with which settings of the user's that went well: those of their home alone, or
/// those of the project too, which may name a mirror of the registry.
fn fetch<'a>(host: &'a dyn Host, sink: &dyn Sink, job: &'a Job<'_>, temp: &Path) -> anyhow::Result<Base<'a>> {
    let neutral: Base<'a> = Box::new(move |c, t| cargo(host, job, c, t).cwd(t));
    let project: Base<'a> = Box::new(move |c, t| cargo(host, job, c, t).cwd(host.cwd()));
    let mut why = String::new();
    for base in [neutral, project] {
        let cmd = base("fetch", temp).timeout(FETCH);
        sink.emit(Event::Running { command: cmd.display(), verbose: true });
        let output = host.output(&cmd).map_err(|e| starting(host, &cmd, &e))?;
        check_interrupt(host)?;
        if output.ok() {
            return Ok(base);
        }
        if why.is_empty() {
            why = output.tail(4).lines().map(str::trim).collect::<Vec<_>>().join(" ");
        }
    }
    anyhow::bail!("cargo could not fetch the standard library's dependencies: {why}")
}

fn starting(host: &dyn Host, cmd: &Cmd, error: &std::io::Error) -> anyhow::Error {
    if host.is_interrupted() {
        return interrupted().into();
    }
    anyhow::anyhow!("can't run `{}`: {error}", cmd.program.to_string_lossy())
}

/// Paths of this machine and what stands for them. Of several that fit, rustc takes the last.
fn remaps(host: &dyn Host, job: &Job<'_>, temp: &Path) -> Vec<(PathBuf, String)> {
    let mut remaps = vec![
        (temp.to_owned(), "/rustc/build".to_owned()),
        (job.library.to_owned(), format!("{}/library", job.compiler.virtual_root())),
        (job.library.join("vendor"), "/rust/deps".to_owned()),
    ];
    // One folder for each registry; its name tells which, mirrors of companies included.
    if let Some(entries) = crate::host::cargo_home(host).and_then(|h| std::fs::read_dir(h.join("registry/src")).ok()) {
        let mut registries: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
        registries.sort();
        remaps.extend(registries.into_iter().map(|r| (r, "/rust/deps".to_owned())));
    }
    remaps
}

/// Objects that rustc puts around a program where the target unwinds by DWARF tables; no crate, so cargo does not make them.
const START_UP: [&str; 2] = ["rsbegin", "rsend"];

fn start_up_dir(temp: &Path) -> PathBuf {
    temp.join("start-up")
}

/// Makes them before the library, whose DLL is linked with them on i686.
fn start_up(host: &dyn Host, job: &Job<'_>, temp: &Path) -> anyhow::Result<()> {
    let dir = start_up_dir(temp);
    std::fs::create_dir_all(&dir)?;
    for name in START_UP {
        let source = job.library.join("rtstartup").join(format!("{name}.rs"));
        if job.target.env() != Env::Gnu || !source.is_file() {
            continue;
        }
        let cmd = Cmd::new(&job.compiler.path)
            .args(["--target", job.target.triple(), "-O", "--emit=obj", "--cap-lints=allow", "-o"])
            .arg(dir.join(format!("{name}.o")))
            .arg(source)
            .env("RUSTC_BOOTSTRAP", "1");
        let output = host.output(&cmd).map_err(|e| starting(host, &cmd, &e))?;
        if !output.ok() {
            anyhow::bail!("{name} could not be built: {}", output.tail(3));
        }
    }
    Ok(())
}

/// Takes what a sysroot is made of out of cargo's folder, wherever this cargo lays it.
fn gather(host: &dyn Host, job: &Job<'_>, temp: &Path, sysroot: &Path) -> anyhow::Result<()> {
    let lib = sysroot.join("lib/rustlib").join(job.target.triple()).join("lib");
    std::fs::create_dir_all(&lib)?;
    // Depth 1 has second names of the same files, without the hash.
    let built = temp.join("target").join(job.target.triple());
    for entry in walkdir::WalkDir::new(&built).min_depth(3) {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy();
        let ends: &[&str] = match job.linker {
            Some(_) => &[".rlib", ".dll", ".dll.a"],
            None => &[".rlib"],
        };
        if entry.file_type().is_file() && ends.iter().any(|end| name.ends_with(end)) {
            std::fs::rename(entry.path(), lib.join(entry.file_name()))?;
        }
    }
    for name in START_UP {
        let object = start_up_dir(temp).join(name).with_extension("o");
        if object.is_file() {
            std::fs::rename(&object, lib.join(name).with_extension("o"))?;
        }
    }
    check_interrupt(host)?;
    if !has_std(sysroot, job.target) {
        anyhow::bail!("cargo built `{}` without a standard library in it", job.library.display());
    }
    Ok(())
}
