//! One target from cargo to stamped executables.

use super::prepare::{Prepared, PreparedTarget};
use crate::compile::{self, Built};
use crate::config::{BinRef, BundleSpec};
use crate::event::Sink;
use crate::formats::DebugInfoFile;
use crate::host::{Cmd, Host, check_interrupt};
use crate::model::Sha256;
use crate::plan;
use crate::stamp::{self, Resources};
use crate::symbols::{self, Keep, Split};
use anyhow::Context;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// An executable as it is shipped. Two bundles may stamp one bin differently.
#[derive(Clone, Debug)]
pub struct Executable {
    /// Index of the bundle in the unit.
    pub bundle: usize,
    /// Which bin.
    pub bin: BinRef,
    /// The stamped executable.
    pub path: PathBuf,
    /// Its debug information, when it was split off.
    pub debug: Option<(PathBuf, DebugInfoFile)>,
}

/// Has cargo build a target; its executables are copied into `work`.
///
/// # Errors
/// Those of [`compile::run`].
pub fn build(host: &dyn Host, sink: &dyn Sink, target: &PreparedTarget, work: &Path) -> anyhow::Result<Built> {
    for note in target.ready.recipe.notes.iter().chain(&target.compile.notes) {
        sink.note(note.clone());
    }
    let mut invocation = target.compile.clone();
    invocation.staging = work.join("cargo");
    compile::run(host, sink, &invocation)
}

/// Splits and stamps all executables of a target into `work`.
///
/// # Errors
/// The stages'.
pub fn executables(
    host: &dyn Host,
    sink: &dyn Sink,
    prepared: &Prepared,
    target: &PreparedTarget,
    built: &Built,
    work: &Path,
) -> anyhow::Result<Vec<Executable>> {
    let objcopy = target.ready.recipe.objcopy.as_deref();
    let mut jobs = Vec::new();
    for (index, (spec, resources)) in target.unit.bundles.iter().zip(&target.resources).enumerate() {
        let keep = keep(target, spec);
        for (bin, resources) in spec.bins.iter().zip(resources) {
            let exe = built.exes.iter().find(|e| e.bin == *bin).context("an executable was lost on the way")?;
            jobs.push((index, bin, exe, keep, resources.as_ref()));
        }
    }
    let list: Vec<String> = jobs.iter().map(|job| job.1.exe()).collect();
    sink.status("Stamping", format!("{} {}", list.join(", "), prepared.version_of(target)));
    let finished = jobs.into_par_iter().map(|(bundle, bin, exe, keep, resources)| {
        check_interrupt(host)?;
        let dir = work.join(folder(bundle));
        let split = match objcopy {
            Some(objcopy) => symbols::split(host, objcopy, &exe.path, &dir, keep)?,
            None => symbols::take_pdb(&exe.path, &exe.origin, &dir, keep)?,
        };
        let debug = finish(sink, &split, objcopy.is_none(), resources, bin)?;
        Ok(Executable { bundle, bin: bin.clone(), path: split.exe, debug })
    });
    finished.collect()
}

fn keep(target: &PreparedTarget, spec: &BundleSpec) -> Keep {
    if plan::has_symbols(&target.unit, spec) { Keep::Split } else { Keep::Nothing }
}

/// Folder of a bundle's executables below the working folder.
fn folder(bundle: usize) -> String {
    format!("bundle-{bundle}")
}

/// The commands that follow cargo's: those of [`executables`] with `stage` for the working folder.
pub(super) fn commands(target: &PreparedTarget, stage: &Path) -> Vec<Cmd> {
    let mut all = Vec::new();
    let Some(objcopy) = &target.ready.recipe.objcopy else { return all };
    for (index, spec) in target.unit.bundles.iter().enumerate() {
        for bin in &spec.bins {
            let exe = stage.join("cargo").join(bin.exe());
            let dir = stage.join(folder(index));
            let placeholder = dir.join(format!(".tmp/{}.debug", bin.exe()));
            all.extend(symbols::commands(objcopy, &exe, &dir, &placeholder, keep(target, spec)));
        }
    }
    all
}

/// Stamps and seals the executable in place, then ties its debug information to what it has become.
fn finish(
    sink: &dyn Sink,
    split: &Split,
    is_pdb: bool,
    resources: Option<&Resources>,
    bin: &BinRef,
) -> anyhow::Result<Option<(PathBuf, DebugInfoFile)>> {
    let read = |path: &Path| stamp::read(path).with_context(|| format!("can't read {}", path.display()));
    let write = |path: &Path, bytes: &[u8]| {
        std::fs::write(path, bytes).with_context(|| format!("can't write {}", path.display()))
    };
    let bytes = read(&split.exe)?;
    let mut bytes = match resources {
        Some(resources) => {
            let stamped = stamp::run(bytes, resources)?;
            for note in stamped.notes {
                sink.note(format!("{}: {note}", bin.exe()));
            }
            stamped.bytes
        }
        None => stamp::seal(bytes)?,
    };
    let Some(path) = &split.debug else {
        write(&split.exe, &bytes)?;
        return Ok(None);
    };
    let mut debug = read(path)?;
    let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if is_pdb {
        // Stamping leaves the id alone; this holds it to that.
        let debug_id = Some(symbols::check_pdb(&split.exe, &bytes, &debug)?);
        write(&split.exe, &bytes)?;
        let info = DebugInfoFile { file, sha256: Sha256::of(&debug), debuglink_crc32: None, debug_id };
        return Ok(Some((path.clone(), info)));
    }
    let bound = symbols::bind(&mut bytes, &mut debug)?;
    write(&split.exe, &bytes)?;
    write(path, &debug)?;
    let info = DebugInfoFile {
        file,
        sha256: Sha256::of(&debug),
        debuglink_crc32: Some(format!("{:08x}", bound.crc32)),
        debug_id: bound.debug_id,
    };
    Ok(Some((path.clone(), info)))
}
