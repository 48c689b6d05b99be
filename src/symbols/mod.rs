//! Takes the debug information out of an executable, and keeps the two matched.
//!
//! Order (docs/building.md draws it): [`split`] strips the executable and ties the debug file to it by name, checksum and id;
//! then the executable is stamped and sealed, which gives it its final id; then [`bind`] hands that id to the debug file and
//! writes the debug file's final checksum into the executable. Nothing may change either file afterwards, but a signature.

mod link;

pub use link::{Bound, bind};

use crate::error::Problem;
use crate::host::{self, Cmd, Host};
use crate::pe;
use anyhow::Context;
use std::path::{Path, PathBuf};

/// The binutils of the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    /// `objcopy`.
    pub objcopy: PathBuf,
    /// `strip`.
    pub strip: PathBuf,
}

/// What happens to the debug information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It goes into a file of its own, when there is any.
    Split,
    /// It is dropped.
    Nothing,
}

/// An executable without debug information and symbol table, and what was taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The stripped executable.
    pub exe: PathBuf,
    /// `NAME.exe.debug`; absent when nothing was kept or nothing was there.
    pub debug: Option<PathBuf>,
}

/// Symbols that rustc makes for `raw-dylib` imports: they spell out its temporary folder, whose name is random and whose path
/// is this machine's. They name the pieces of an import library (`NAME.dll_imports.lib`), which no debugger asks for.
const LEAKING: [&str; 2] = ["*_head_*_imports_lib", "*_imports_lib_iname"];

/// Strips `exe` into `dir`, under its own name, and keeps its debug information beside it as asked for.
///
/// Neither result depends on the time or on where it was built.
///
/// # Errors
/// A tool fails, or a file can't be read or written.
pub fn split(host: &dyn Host, tools: &Tools, exe: &Path, dir: &Path, keep: Keep) -> anyhow::Result<Split> {
    let name = exe.file_name().with_context(|| format!("`{}` names no file", exe.display()))?;
    std::fs::create_dir_all(dir).with_context(|| format!("can't create `{}`", dir.display()))?;
    let stripped = dir.join(name);
    let bytes = std::fs::read(exe).with_context(|| format!("can't read `{}`", exe.display()))?;
    if keep == Keep::Nothing || !has_dwarf(&bytes, exe)? {
        let cmd = Cmd::new(&tools.strip).arg("--strip-all").arg("-o").arg(&stripped).arg(exe);
        run(host, &cmd)?;
        link::normalise(&stripped)?;
        return Ok(Split { exe: stripped, debug: None });
    }
    let mut debug_name = name.to_owned();
    debug_name.push(".debug");
    let debug = dir.join(&debug_name);
    // objcopy wants a file to take a checksum of. The true one is not there yet, and its checksum will change anyway.
    let aside = tempfile::tempdir_in(dir).context("can't create a folder for objcopy")?;
    let placeholder = aside.path().join(&debug_name);
    std::fs::write(&placeholder, b"").with_context(|| format!("can't write `{}`", placeholder.display()))?;

    let mut take = Cmd::new(&tools.objcopy).args(["--only-keep-debug", "--wildcard"]);
    for pattern in LEAKING {
        take = take.arg(format!("--strip-symbol={pattern}"));
    }
    let take = take.arg(exe).arg(&debug);
    let mut link = std::ffi::OsString::from("--add-gnu-debuglink=");
    link.push(&placeholder);
    let strip = Cmd::new(&tools.objcopy).arg("--strip-all").arg(link).arg(exe).arg(&stripped);
    let (taken, done) = rayon::join(|| run(host, &take), || run(host, &strip));
    taken.and(done)?;
    link::tie(&stripped, &debug)?;
    Ok(Split { exe: stripped, debug: Some(debug) })
}

fn has_dwarf(bytes: &[u8], exe: &Path) -> anyhow::Result<bool> {
    let image = pe::Image::parse(bytes).with_context(|| format!("`{}` is no PE image", exe.display()))?;
    Ok(image.section_names().any(|name| matches!(name, ".debug_info" | ".debug_line" | ".zdebug_info")))
}

fn run(host: &dyn Host, cmd: &Cmd) -> anyhow::Result<()> {
    host::check_interrupt(host)?;
    // GNU objcopy writes the time into the header of what it makes.
    let cmd = cmd.clone().env("SOURCE_DATE_EPOCH", "0").env("LC_ALL", "C");
    let plain = Cmd { env: Vec::new(), ..cmd.clone() }.display();
    let output = host.output(&cmd);
    host::check_interrupt(host)?;
    let output = output.with_context(|| format!("can't run `{plain}`"))?;
    if output.ok() {
        return Ok(());
    }
    let said = output.tail(3);
    Err(Problem::new("symbols-failed", format!("`{plain}` failed: {said}")).fix("cargo winsvc doctor").into())
}
