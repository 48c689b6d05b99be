//! Projects in temporary folders.

use super::files::link_or_copy_tree;
use std::fs;
use std::path::{Path, PathBuf};

/// A cargo project that goes away with the value.
pub struct Project {
    folder: tempfile::TempDir,
    name: PathBuf,
}

impl Project {
    /// A copy of the example service.
    pub fn example() -> Self {
        Self::copy_of(&super::repo().join("examples/acme-agent"))
    }

    /// A copy of a project, without what was built in it.
    pub fn copy_of(source: &Path) -> Self {
        let project = Project { folder: tempfile::tempdir().unwrap(), name: source.file_name().unwrap().into() };
        for entry in fs::read_dir(source).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name() != "target" {
                fs::create_dir_all(project.dir()).unwrap();
                link_or_copy_tree(&entry.path(), &project.dir().join(entry.file_name()), &|_| false);
            }
        }
        project
    }

    /// A project of the given files: path and text.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let project = Project { folder: tempfile::tempdir().unwrap(), name: "project".into() };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    pub fn dir(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }

    pub fn manifest(&self) -> PathBuf {
        self.dir().join("Cargo.toml")
    }

    /// Where results of this project go, beside it.
    pub fn output(&self) -> PathBuf {
        self.folder.path().join("output")
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.dir().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces a piece of Cargo.toml, which must be there.
    pub fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.manifest()).unwrap();
        assert!(text.contains(from), "{from} is not in Cargo.toml");
        fs::write(self.manifest(), text.replace(from, to)).unwrap();
    }
}
