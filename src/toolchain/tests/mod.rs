//! The toolchain stage on machines that are played: real files in a temporary folder, scripted programs.

mod build;
mod cache;
mod ladder;
mod msvc;
mod prepare;
mod provision;
mod recipe;
mod transfer;
mod windows;
mod zig;

use super::Want;
use super::probe::{Compiler, CrossTools, Inventory, Tool};
use crate::config::BackendChoice;
use crate::host::ScriptedHost;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(super) const GNU: &str = "x86_64-pc-windows-gnu";

pub(super) fn want(triple: &str) -> Want {
    Want::new(triple.parse().unwrap(), BackendChoice::Auto)
}

pub(super) fn version(text: &str) -> semver::Version {
    text.parse().unwrap()
}

/// What `rustc -vV` of that release says.
pub(super) fn verbose(release: &str) -> String {
    format!(
        "rustc {release} (abcdef012 2026-01-01)\nbinary: rustc\ncommit-hash: abcdef0123456789-{release}\n\
         host: x86_64-unknown-linux-gnu\nrelease: {release}\nLLVM version: 22.1.2"
    )
}

pub(super) fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Lays a standard library into a sysroot.
pub(super) fn add_std(sysroot: &Path, triple: &str) {
    for name in ["std", "core", "alloc"] {
        write(&sysroot.join(format!("lib/rustlib/{triple}/lib/lib{name}-0123.rlib")), "");
    }
}

/// Lays sources into a sysroot.
pub(super) fn add_sources(sysroot: &Path) {
    let library = sysroot.join("lib/rustlib/src/rust/library");
    write(&library.join("Cargo.toml"), "[profile.dist]\n");
    for name in ["Cargo.lock", "std/Cargo.toml", "sysroot/Cargo.toml", "rtstartup/rsbegin.rs", "rtstartup/rsend.rs"] {
        write(&library.join(name), "");
    }
}

/// A compiler at `<dir>/<name>/bin/rustc`, as a value.
pub(super) fn compiler(dir: &Path, name: &str, release: &str) -> Compiler {
    let sysroot = dir.join(name);
    write(&sysroot.join("bin/rustc"), "");
    Compiler {
        path: sysroot.join("bin/rustc"),
        verbose: verbose(release),
        release: version(release),
        commit: Some(format!("abcdef0123456789-{release}")),
        host: "x86_64-unknown-linux-gnu".into(),
        sysroot,
        rustup: false,
        chosen: false,
    }
}

/// A compiler that a scripted host can run.
pub(super) fn runs(host: ScriptedHost, compiler: &Compiler) -> ScriptedHost {
    let path = compiler.path.display().to_string();
    let sysroot = compiler.sysroot.display().to_string();
    host.with_program(&path, &compiler.path)
        .says(&format!("{path} -vV"), &compiler.verbose)
        .says(&format!("{path} --print sysroot"), &sysroot)
}

/// A machine with cargo, rustc 1.95 without a Windows library, and the mingw tools.
pub(super) struct Machine {
    pub(super) dir: TempDir,
    pub(super) active: Compiler,
}

impl Machine {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("project")).unwrap();
        let active = compiler(dir.path(), "toolchain", "1.95.0");
        Machine { dir, active }
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    /// The host without cross tools.
    pub(super) fn bare(&self) -> ScriptedHost {
        let host = ScriptedHost::new(self.path("project"))
            .with_env("HOME", self.path("home"))
            .with_program("rustc", &self.active.path)
            .with_program("cargo", self.path("bin/cargo"))
            .with_program("cc", "/usr/bin/cc");
        let cargo = self.path("bin/cargo").display().to_string();
        runs(host, &self.active).says(&format!("{cargo} -V"), "cargo 1.95.0 (f2d3ce0bd 2026-03-21)")
    }

    pub(super) fn host(&self) -> ScriptedHost {
        let mut host = self.bare();
        for tool in ["gcc", "objcopy"] {
            let name = format!("x86_64-w64-mingw32-{tool}");
            let path = self.path(&format!("bin/{name}"));
            write(&path, "");
            let line = match tool {
                "gcc" => format!("{name} (GCC) 12-win32\nCopyright"),
                _ => format!("GNU {tool} (GNU Binutils) 2.40\nCopyright"),
            };
            host = host.with_program(&name, &path).says(&format!("{} --version", path.display()), &line);
        }
        host
    }

    /// Everything below the machine's folder, but for what was kept of former looks.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let all = walkdir::WalkDir::new(self.dir.path()).sort_by_file_name().into_iter();
        let probes = self.path("home/.cache/cargo-winsvc/probe");
        all.map(|e| e.unwrap().into_path()).filter(|p| p.is_file() && !p.starts_with(&probes)).collect()
    }
}

pub(super) fn tool(name: &str, version: &str) -> Tool {
    Tool { name: name.into(), path: Path::new("/opt/bin").join(name), version: version.into() }
}

/// Everything there for the x86-64 mingw target.
pub(super) fn inventory(active: &Compiler) -> Inventory {
    let prefix = "x86_64-w64-mingw32";
    let cross = CrossTools {
        gcc: Some(tool(&format!("{prefix}-gcc"), "x86_64-w64-mingw32-gcc (GCC) 12-win32")),
        objcopy: Some(tool(&format!("{prefix}-objcopy"), "GNU objcopy (GNU Binutils) 2.40")),
        broken: Vec::new(),
    };
    Inventory {
        compiler: Some(active.clone()),
        cargo: Some(tool("cargo", "cargo 1.95.0 (f2d3ce0bd 2026-03-21)")),
        cross: [(GNU.to_owned(), cross)].into(),
        ..Inventory::default()
    }
}
