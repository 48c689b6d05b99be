//! A folder for a test, and tools run in it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a tool in a folder and returns what it printed; fails the test when the tool does.
pub(crate) fn run(dir: &Path, program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).current_dir(dir).output().unwrap_or_else(|e| {
        panic!("{program} can't be started ({e}); the head of tests/stamp/main.rs lists what is needed")
    });
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program} {args:?}: {}\n{text}", String::from_utf8_lossy(&output.stderr));
    text
}

/// A folder for one test, removed with it.
pub(crate) struct Lab(tempfile::TempDir);

impl Lab {
    pub(crate) fn new() -> Self {
        Lab(tempfile::tempdir().expect("temporary folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.file(name), bytes).expect("written");
        self.file(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.file(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub(crate) fn run(&self, program: &str, args: &[&str]) -> String {
        run(self.path(), program, args)
    }
}
