//! Running the built `cargo-winsvc`.

use super::files::target_tmp;
use super::project::Project;
use super::sandbox::finish;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How a run of the product ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Panics with all that was printed unless it ended well.
    #[track_caller]
    pub fn success(self) -> Self {
        assert_eq!(self.code, Some(0), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The result paths, which alone are on standard output.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.stdout.lines().map(PathBuf::from).collect()
    }
}

/// `cargo winsvc …` as cargo would run it, without the variables that `cargo test` sets. What is built for Windows goes into
/// one folder, so that dependencies are built once.
pub fn winsvc_command<S: AsRef<OsStr>>(dir: &Path, args: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-winsvc"));
    command.arg("winsvc").args(args).current_dir(dir);
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_BIN_") {
            command.env_remove(&key);
        }
    }
    command.env("CARGO_TARGET_DIR", target_tmp("windows"));
    command
}

/// Runs [`winsvc_command`] to its end.
pub fn cargo_winsvc<S: AsRef<OsStr>>(dir: &Path, args: &[S]) -> Ran {
    finish(&mut winsvc_command(dir, args))
}

/// Packages a project for [`super::TARGET`]; returns the zip. The dev profile is enough for a test and builds faster.
#[track_caller]
pub fn package(project: &Project) -> PathBuf {
    let (manifest, output) = (project.manifest(), project.output());
    let args: Vec<&OsStr> = vec![
        "package".as_ref(),
        "--target".as_ref(),
        super::TARGET.as_ref(),
        "--profile".as_ref(),
        "dev".as_ref(),
        "--manifest-path".as_ref(),
        manifest.as_ref(),
        "--output".as_ref(),
        output.as_ref(),
    ];
    let ran = cargo_winsvc(&project.dir(), &args).success();
    let zips: Vec<PathBuf> =
        ran.paths().into_iter().filter(|p| bundle_name(p).is_some_and(|n| !n.ends_with("-symbols"))).collect();
    let [zip] = &zips[..] else { panic!("one zip expected, got {zips:?}\n{}", ran.stderr) };
    zip.clone()
}

/// Name of a zip without `.zip`.
pub fn bundle_name(zip: &Path) -> Option<String> {
    (zip.extension()? == "zip").then(|| zip.file_stem().unwrap().to_string_lossy().into_owned())
}

/// Unpacks a bundle as a user would, by `unzip`, and checks it as a user would, by `sha256sum -c`: the zip against the file
/// beside it, the content against the list inside. Returns the top folder.
#[track_caller]
pub fn unpack(zip: &Path, into: &Path) -> PathBuf {
    let run = |dir: &Path, program: &str, args: &[&OsStr]| {
        let output = Command::new(program).args(args).current_dir(dir).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program}: {text}");
    };
    let mut sum = zip.file_name().unwrap().to_owned();
    sum.push(".sha256");
    run(zip.parent().unwrap(), "sha256sum", &["--strict".as_ref(), "-c".as_ref(), &sum]);
    fs::create_dir_all(into).unwrap();
    run(into, "unzip", &["-q".as_ref(), zip.as_ref()]);
    let top = into.join(bundle_name(zip).unwrap());
    run(&top, "sha256sum", &["--strict".as_ref(), "-c".as_ref(), "SHA256SUMS".as_ref()]);
    // Complete, too: every file is listed.
    let listed = fs::read_to_string(top.join("SHA256SUMS")).unwrap();
    for entry in walkdir::WalkDir::new(&top).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file()) {
        let path = entry.path().strip_prefix(&top).unwrap().to_str().unwrap();
        let named = listed.lines().any(|l| l.split_once("  ").is_some_and(|(_, name)| name == path));
        assert!(named || path == "SHA256SUMS", "{path} is not in SHA256SUMS");
    }
    top
}
