//! PDBs: the linker makes them beside the executable, which names its own in an RSDS record with GUID and age. There is nothing
//! to take out of the executable; what is to be made sure of is that the two belong together.
//!
//! Two binaries, or a binary and a library, may have the same PDB by name (`my-svc` and `my_svc` both are `my_svc.pdb`), and the one
//! that is linked last is left. Only the ids tell.

use super::{Keep, Split};
use crate::error::{Exit, Problem};
use crate::pe::{DebugId, Image, PdbId};
use anyhow::Context;
use std::path::Path;

/// Copies the executable into `dir`, and the PDB that it names, found beside `origin`.
///
/// # Errors
/// `pdb-mismatch` when the PDB is not there, or is that of another build; a file can't be read or written.
pub(super) fn take(exe: &Path, origin: &Path, dir: &Path, keep: Keep) -> anyhow::Result<Split> {
    let name = exe.file_name().with_context(|| format!("`{}` names no file", exe.display()))?;
    std::fs::create_dir_all(dir).with_context(|| format!("can't create `{}`", dir.display()))?;
    let copy = dir.join(name);
    std::fs::copy(exe, &copy).with_context(|| format!("can't write `{}`", copy.display()))?;
    let nothing = Split { exe: copy.clone(), debug: None };
    if keep == Keep::Nothing {
        return Ok(nothing);
    }
    let bytes = std::fs::read(exe).with_context(|| format!("can't read `{}`", exe.display()))?;
    let image = Image::parse(&bytes).with_context(|| format!("`{}` is no PE image", exe.display()))?;
    let Some(id) = image.debug_id().filter(|id| !id.pdb_name.is_empty()) else { return Ok(nothing) };
    let file = file_name(&id);
    let there = origin.with_file_name(file);
    let pdb = match std::fs::read(&there) {
        Ok(pdb) => pdb,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(mismatch(exe, &format!("it names {file}, and `{}` is not there", there.display())).into());
        }
        Err(error) => return Err(error).with_context(|| format!("can't read `{}`", there.display())),
    };
    check(exe, &bytes, &pdb)?;
    let debug = dir.join(file);
    std::fs::write(&debug, pdb).with_context(|| format!("can't write `{}`", debug.display()))?;
    Ok(Split { exe: copy, debug: Some(debug) })
}

/// Makes sure that an executable and a PDB are of one build, and gives their id.
///
/// # Errors
/// `pdb-mismatch`.
pub fn check(exe: &Path, bytes: &[u8], pdb: &[u8]) -> anyhow::Result<String> {
    let image = Image::parse(bytes).with_context(|| format!("`{}` is no PE image", exe.display()))?;
    let id = image.debug_id().ok_or_else(|| mismatch(exe, "it names no PDB"))?;
    let file = file_name(&id);
    match PdbId::read(pdb) {
        Some(found) if found.fits(&id) => Ok(id.text()),
        Some(found) => Err(mismatch(
            exe,
            &format!("it wants {file} with the id {}, and that file has {}", id.text(), found.text()),
        )
        .into()),
        None => Err(mismatch(exe, &format!("{file} is no PDB, or is cut off")).into()),
    }
}

/// The record holds a name, or a path of the machine that linked.
fn file_name(id: &DebugId) -> &str {
    id.pdb_name.rsplit(['/', '\\']).next().unwrap_or(&id.pdb_name)
}

fn mismatch(exe: &Path, why: &str) -> Problem {
    let name = exe.file_name().unwrap_or_default().to_string_lossy();
    Problem::new("pdb-mismatch", format!("the debug information of {name} is not that of its build: {why}"))
        .fix("cargo clean -p <package>, and build again; where a library (cdylib) or another binary has the same name but for - and _, rename one: both are linked to one .pdb")
        .fix("--skip symbols, to do without")
        .exit(Exit::Build)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_may_hold_any_path() {
        for (name, file) in [("a.pdb", "a.pdb"), ("C:\\x\\a.pdb", "a.pdb"), ("/w/target/a.pdb", "a.pdb")] {
            assert_eq!(file_name(&DebugId { guid: [0; 16], age: 1, pdb_name: name.into() }), file);
        }
    }

    use crate::error::exit_of;
    use crate::pe::{sample_exe, sample_pdb};

    const GUID: [u8; 16] = [7; 16];

    /// Cargo's folder with an executable `my-svc.exe` that names `my_svc.pdb`, and that PDB when there is one.
    fn built(name: &str, pdb: Option<Vec<u8>>) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["release", "staged"] {
            std::fs::create_dir(dir.path().join(folder)).unwrap();
            std::fs::write(dir.path().join(folder).join("my-svc.exe"), sample_exe(GUID, 1, name)).unwrap();
        }
        if let Some(pdb) = pdb {
            std::fs::write(dir.path().join("release/my_svc.pdb"), pdb).unwrap();
        }
        dir
    }

    fn taken(dir: &Path, keep: Keep) -> anyhow::Result<Split> {
        take(&dir.join("staged/my-svc.exe"), &dir.join("release/my-svc.exe"), &dir.join("out"), keep)
    }

    #[test]
    fn the_pdb_goes_along_under_the_name_that_the_executable_has_for_it() {
        let pdb = sample_pdb(GUID, 3, 1);
        for name in ["my_svc.pdb", "/home/u/target/deps/my_svc.pdb"] {
            let dir = built(name, Some(pdb.clone()));
            let split = taken(dir.path(), Keep::Split).unwrap();
            assert_eq!(split.exe, dir.path().join("out/my-svc.exe"));
            assert_eq!(split.debug, Some(dir.path().join("out/my_svc.pdb")));
            assert_eq!(std::fs::read(split.debug.unwrap()).unwrap(), pdb);
        }
        let dir = built("my_svc.pdb", None);
        let split = taken(dir.path(), Keep::Nothing).unwrap();
        assert_eq!((split.debug, split.exe.is_file()), (None, true), "not asked for, not looked for");
        let dir = built("", None);
        assert_eq!(taken(dir.path(), Keep::Split).unwrap().debug, None, "an executable without a PDB has none");
    }

    #[test]
    fn one_of_another_build_or_none_ends_the_run() {
        for (pdb, why) in [
            (None, "my_svc.pdb` is not there"),
            (Some(sample_pdb([8; 16], 1, 1)), "has 080808080808080808080808080808081"),
            (Some(sample_pdb(GUID, 1, 2)), "has 070707070707070707070707070707072"),
            (Some(b"no PDB".to_vec()), "is no PDB"),
        ] {
            let dir = built("my_svc.pdb", pdb);
            let error = taken(dir.path(), Keep::Split).unwrap_err();
            assert_eq!(exit_of(&error), Exit::Build);
            let problem = error.downcast::<Problem>().unwrap();
            assert!(problem.id == "pdb-mismatch" && problem.what.contains(why), "{problem}");
            assert!(problem.fixes[0].contains("cdylib"), "{problem:?}");
            assert!(!dir.path().join("out/my_svc.pdb").exists());
        }
    }
}
