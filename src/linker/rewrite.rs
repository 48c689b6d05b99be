//! From the command line that rustc gives to one whose paths are the same everywhere. Pure.

use super::{PLACE, archive};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// Nothing.
    Nothing,
}

/// The new command line, and what its names stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// Arguments.
    pub args: Vec<OsString>,
    /// Names below the folder of the link, and the files or folders that they stand for, absolute.
    pub links: Vec<(String, PathBuf)>,
    /// `LIB`, the folders of the system's libraries, separated by `;`.
    pub lib: Option<String>,
}

/// Options whose value the linker writes.
const OUTPUTS: [&str; 6] = ["out", "pdb", "implib", "map", "lldmap", "pdbstripped"];
/// Options whose value it reads. Of any other one, only an absolute value is a path: `/SUBSYSTEM:console` is none, whatever
/// folders there are.
const INPUTS: [&str; 6] = ["libpath", "natvis", "def", "wholearchive", "manifestinput", "manifestfile"];

/// Gives every path of the command line, and of `LIB`, a name that depends on its place in the list alone.
pub fn rewrite(args: &[OsString], lib: Option<&OsStr>, cwd: &Path, kind: &dyn Fn(&Path) -> Kind) -> Rewritten {
    let folders = args
        .iter()
        .filter_map(|arg| option(arg.to_str()?))
        .filter(|(head, _)| head[1..].eq_ignore_ascii_case("libpath:"));
    let folders = folders.map(|(_, folder)| cwd.join(folder)).collect();
    let mut book = Book { links: Vec::new(), folders, cwd, kind };
    let mut new: Vec<OsString> = Vec::new();
    for arg in args {
        new.push(arg.to_str().map_or_else(|| arg.clone(), |text| book.argument(text).into()));
    }
    new.push(format!("/pdbsourcepath:{PLACE}").into());
    let lib = lib.and_then(OsStr::to_str).map(|folders| {
        let each = folders.split(';').filter(|f| !f.is_empty());
        each.map(|folder| book.folder(Path::new(folder)).unwrap_or_else(|| folder.to_owned()))
            .collect::<Vec<_>>()
            .join(";")
    });
    Rewritten { args: new, links: book.links, lib }
}

struct Book<'a> {
    links: Vec<(String, PathBuf)>,
    /// Where libraries are looked for.
    folders: Vec<PathBuf>,
    cwd: &'a Path,
    kind: &'a dyn Fn(&Path) -> Kind,
}

impl Book<'_> {
    fn argument(&mut self, arg: &str) -> String {
        if let Some((head, value)) = option(arg) {
            let name = head[1..].trim_end_matches(':').to_ascii_lowercase();
            let new = if OUTPUTS.contains(&name.as_str()) {
                self.output(value)
            } else if value.starts_with('/') || INPUTS.contains(&name.as_str()) {
                self.input(value)
            } else {
                None
            };
            return new.map_or_else(|| arg.to_owned(), |new| format!("{head}{new}"));
        }
        // `/NOLOGO` looks like a path.
        if arg.starts_with('-') {
            return arg.to_owned();
        }
        self.input(arg).unwrap_or_else(|| arg.to_owned())
    }

    fn input(&mut self, path: &str) -> Option<String> {
        let path = self.find(path)?;
        match (self.kind)(&path) {
            Kind::File => Some(self.name(&path, |number, name| format!("f{number}/{}", archive::even_name(name)))),
            Kind::Folder => self.folder(&path),
            Kind::Nothing => None,
        }
    }

    /// Where the linker would find it: here, else in the folders.
    fn find(&self, path: &str) -> Option<PathBuf> {
        let places = [self.cwd].into_iter().chain(self.folders.iter().map(PathBuf::as_path));
        places.map(|dir| dir.join(path)).find(|place| (self.kind)(place) != Kind::Nothing)
    }

    fn output(&mut self, path: &str) -> Option<String> {
        let path = self.cwd.join(path);
        let name = path.file_name()?.to_str()?.to_owned();
        Some(format!("{}/{name}", self.folder(path.parent()?)?))
    }

    fn folder(&mut self, path: &Path) -> Option<String> {
        let path = self.cwd.join(path);
        ((self.kind)(&path) == Kind::Folder).then(|| self.name(&path, |number, _| format!("d{number}")))
    }

    /// The name that the path has already, else a new one.
    fn name(&mut self, path: &Path, new: impl Fn(usize, &str) -> String) -> String {
        if let Some((name, _)) = self.links.iter().find(|(_, known)| known == path) {
            return name.clone();
        }
        let last = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let name = new(self.links.len(), &last);
        self.links.push((name.clone(), path.to_owned()));
        name
    }
}

/// Splits `/OUT:value` behind its colon. A path may begin alike (`/home/x:y`), but has another slash before the colon.
fn option(arg: &str) -> Option<(&str, &str)> {
    let rest = arg.strip_prefix(['/', '-'])?;
    let colon = rest.find(':')?;
    let name = &rest[..colon];
    (!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric())).then(|| arg.split_at(colon + 2))
}
