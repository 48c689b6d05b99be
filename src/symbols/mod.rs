//! Takes the debug information out of an executable, and keeps the two matched.
//!
//! Order (docs/building.md draws it): [`split`] strips the executable and ties the debug file to it by name, checksum and id;
//! then the executable is stamped and sealed, which gives it its final id; then [`bind`] hands that id to the debug file and
//! writes the debug file's final checksum into the executable. Nothing may change either file afterwards, but a signature.
//!
//! For `-msvc` the linker has done all that: [`take_pdb`] finds the PDB, and [`check_pdb`] holds the two together.

mod link;
mod pdb;

pub use link::{Bound, bind};
pub use pdb::check as check_pdb;

use crate::error::Problem;
use crate::host::{self, Cmd, Host};
use crate::pe;
use anyhow::Context;
use rayon::prelude::*;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

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
    /// `NAME.exe.debug`, or the PDB under the name that the executable has for it; absent when nothing was kept or nothing was there.
    pub debug: Option<PathBuf>,
}

/// As [`split`], for what lld-link or link.exe made: nothing to strip, and a PDB beside the executable that cargo left (`origin`).
///
/// # Errors
/// `pdb-mismatch` when the PDB is not there or is of another build; a file can't be read or written.
pub fn take_pdb(exe: &Path, origin: &Path, dir: &Path, keep: Keep) -> anyhow::Result<Split> {
    pdb::take(exe, origin, dir, keep)
}

/// Symbols that rustc makes for `raw-dylib` imports: they spell out its temporary folder, whose name is random and whose path
/// is this machine's. They name the pieces of an import library (`NAME.dll_imports.lib`), which no debugger asks for.
const LEAKING: [&str; 2] = ["*_head_*_imports_lib", "*_imports_lib_iname"];

/// The commands that [`split`] runs, as a value: what `plan` prints. With debug information kept, the first takes it out and the
/// second strips the executable; else one strips it.
///
/// `placeholder` is a file of the debug file's name: objcopy wants one to take a checksum of.
pub fn commands(objcopy: &Path, exe: &Path, dir: &Path, placeholder: &Path, keep: Keep) -> Vec<Cmd> {
    let stripped = dir.join(exe.file_name().unwrap_or_default());
    // GNU objcopy writes the time into the header of what it makes.
    let run = || Cmd::new(objcopy).env("LC_ALL", "C").env("SOURCE_DATE_EPOCH", "0");
    if keep == Keep::Nothing {
        return vec![run().arg("--strip-all").arg(exe).arg(&stripped)];
    }
    let mut take = run().args(["--only-keep-debug", "--wildcard"]);
    for pattern in LEAKING {
        take = take.arg(format!("--strip-symbol={pattern}"));
    }
    let mut link = OsString::from("--add-gnu-debuglink=");
    link.push(placeholder);
    vec![take.arg(exe).arg(debug_path(&stripped)), run().arg("--strip-all").arg(link).arg(exe).arg(&stripped)]
}

/// `NAME.exe.debug` beside an executable.
fn debug_path(exe: &Path) -> PathBuf {
    let mut name = exe.as_os_str().to_owned();
    name.push(".debug");
    name.into()
}

/// Strips `exe` into `dir`, under its own name, and keeps its debug information beside it as asked for.
///
/// Neither result depends on the time or on where it was built.
///
/// # Errors
/// objcopy fails, or a file can't be read or written.
pub fn split(host: &dyn Host, objcopy: &Path, exe: &Path, dir: &Path, keep: Keep) -> anyhow::Result<Split> {
    let name = exe.file_name().with_context(|| format!("`{}` names no file", exe.display()))?;
    std::fs::create_dir_all(dir).with_context(|| format!("can't create `{}`", dir.display()))?;
    let stripped = dir.join(name);
    let bytes = std::fs::read(exe).with_context(|| format!("can't read `{}`", exe.display()))?;
    // Where there is nothing to keep, there is no file to tie the executable to.
    let keep = if has_dwarf(&bytes, exe)? { keep } else { Keep::Nothing };
    let aside = tempfile::tempdir_in(dir).context("can't create a folder for objcopy")?;
    let placeholder = debug_path(&aside.path().join(name));
    // Its checksum will change anyway: the true file is not there yet.
    std::fs::write(&placeholder, b"").with_context(|| format!("can't write `{}`", placeholder.display()))?;
    let commands = commands(objcopy, exe, dir, &placeholder, keep);
    let results: Vec<anyhow::Result<()>> = commands.par_iter().map(|cmd| run(host, cmd)).collect();
    // Of several failures the first in order, not in time.
    results.into_iter().collect::<anyhow::Result<()>>()?;
    if keep == Keep::Nothing {
        link::normalise(&stripped)?;
        return Ok(Split { exe: stripped, debug: None });
    }
    let debug = debug_path(&stripped);
    link::tie(&stripped, &debug)?;
    Ok(Split { exe: stripped, debug: Some(debug) })
}

fn has_dwarf(bytes: &[u8], exe: &Path) -> anyhow::Result<bool> {
    let image = pe::Image::parse(bytes).with_context(|| format!("`{}` is no PE image", exe.display()))?;
    Ok(image.section_names().any(|name| matches!(name, ".debug_info" | ".debug_line" | ".zdebug_info")))
}

fn run(host: &dyn Host, cmd: &Cmd) -> anyhow::Result<()> {
    host::check_interrupt(host)?;
    let plain = Cmd { env: Vec::new(), ..cmd.clone() }.display();
    let output = host.output(cmd);
    host::check_interrupt(host)?;
    let output = output.with_context(|| format!("can't run `{plain}`"))?;
    if output.ok() {
        return Ok(());
    }
    let said = output.tail(3);
    // binutils' words for it are the system's own, in English by LC_ALL.
    if String::from_utf8_lossy(&output.stderr).contains("No space left on device") {
        let name = cmd.program.to_string_lossy();
        return Err(Problem::new("disk-full", format!("`{name}` could not write its result: {said}"))
            .fix("free some space there, or choose a folder on another disk with `--output DIR`")
            .into());
    }
    Err(Problem::new("symbols-failed", format!("`{plain}` failed: {said}")).fix("cargo winsvc doctor").into())
}
