//! What is built once for all tests here.

use crate::support::{finish, link_or_copy_tree, repo, target_tmp, unpack, winsvc_command, xwin_env};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

/// The example's target.
pub(crate) const MSVC: &str = "x86_64-pc-windows-msvc";
/// What zig builds only when it is told to.
pub(crate) const GNU: &str = "x86_64-pc-windows-gnu";

/// The targets of the package with C code, all built in one run.
pub(crate) const TARGETS: [&str; 9] = [
    MSVC,
    "i686-pc-windows-msvc",
    "aarch64-pc-windows-msvc",
    "x86_64-win7-windows-msvc",
    GNU,
    "i686-pc-windows-gnu",
    "x86_64-win7-windows-gnu",
    "x86_64-pc-windows-gnullvm",
    "aarch64-pc-windows-gnullvm",
];

/// A package that was built somewhere.
pub(crate) struct Built {
    /// The project.
    pub(crate) dir: PathBuf,
    /// What the product said on standard error.
    pub(crate) said: String,
    unpacked: Mutex<()>,
}

impl Built {
    /// Copies a project to a new folder, and packages it there with a target folder of its own.
    pub(crate) fn new(project: &str, dir: PathBuf, args: &[&str]) -> Self {
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        for entry in fs::read_dir(repo().join(project)).unwrap().map(Result::unwrap) {
            if entry.file_name() != "target" {
                link_or_copy_tree(&entry.path(), &dir.join(entry.file_name()), &|_| false);
            }
        }
        let mut command = winsvc_command(&dir, &[&["package", "--locked"], args].concat());
        let ran = finish(command.envs(xwin_env()).env_remove("CARGO_TARGET_DIR")).success();
        Built { dir, said: ran.stderr, unpacked: Mutex::new(()) }
    }

    /// The folder of the results.
    pub(crate) fn output(&self) -> PathBuf {
        self.dir.join("target/winsvc")
    }

    /// The bundle of a target, unpacked and checked as a user would; `end` is empty or `-symbols`.
    pub(crate) fn unpacked(&self, target: &str, end: &str) -> PathBuf {
        let wanted = format!("-{target}{end}.zip");
        let zips = fs::read_dir(self.output()).unwrap().map(|e| e.unwrap().path());
        let zip = zips.into_iter().find(|p| p.to_str().unwrap().ends_with(&wanted));
        let zip = zip.unwrap_or_else(|| panic!("no {wanted} in {}\n{}", self.output().display(), self.said));
        let into = self.dir.join("unpacked");
        let top = into.join(zip.file_stem().unwrap());
        let _alone = self.unpacked.lock().unwrap();
        if !top.exists() {
            if end.is_empty() {
                return unpack(&zip, &into);
            }
            let status = std::process::Command::new("unzip").arg("-q").arg(&zip).arg("-d").arg(&into).status();
            assert!(status.unwrap().success());
        }
        top
    }

    /// The executable of a target.
    pub(crate) fn exe(&self, target: &str) -> PathBuf {
        only(&self.unpacked(target, ""), "exe")
    }
}

/// The one file with an extension below a folder.
pub(crate) fn only(dir: &Path, extension: &str) -> PathBuf {
    let all = walkdir::WalkDir::new(dir).into_iter().map(|e| e.unwrap().into_path());
    let found: Vec<PathBuf> = all.filter(|p| p.extension().is_some_and(|e| e == extension)).collect();
    let [one] = &found[..] else { panic!("one .{extension} below {}: {found:?}", dir.display()) };
    one.clone()
}

fn twice(project: &str, name: &str, args: &[&str]) -> [Built; 2] {
    let dir = target_tmp("msvc").join(name);
    // Blanks and letters that other code pages lack must change nothing.
    let folders = ["a", "a longer näme/with another folder below"];
    folders.map(|folder| Built::new(project, dir.join(folder), args))
}

/// The example for [`MSVC`], in two folders.
pub(crate) fn example() -> &'static [Built; 2] {
    static BUILT: LazyLock<[Built; 2]> = LazyLock::new(|| twice("examples/acme-agent", "example", &["--target", MSVC]));
    &BUILT
}

/// The package with C code for all [`TARGETS`], in two folders.
pub(crate) fn mixed() -> &'static [Built; 2] {
    static BUILT: LazyLock<[Built; 2]> =
        LazyLock::new(|| twice("tests/windows/mixed", "mixed", &TARGETS.map(|t| ["--target", t]).concat()));
    &BUILT
}

/// The package with C code, linked by zig, in two folders.
pub(crate) fn by_zig() -> &'static [Built; 2] {
    static BUILT: LazyLock<[Built; 2]> =
        LazyLock::new(|| twice("tests/windows/mixed", "zig", &["--target", GNU, "--backend", "zig"]));
    &BUILT
}

/// Each of the three in both folders, and the targets of its packages.
pub(crate) fn every() -> [(&'static [Built; 2], &'static [&'static str]); 3] {
    [(example(), &[MSVC]), (mixed(), &TARGETS), (by_zig(), &[GNU])]
}

/// The package with C code for every target, and by zig once more, each of the first folder.
pub(crate) fn with_c() -> impl Iterator<Item = (&'static str, &'static Built)> {
    TARGETS.iter().map(|t| (*t, &mixed()[0])).chain([(GNU, &by_zig()[0])])
}
