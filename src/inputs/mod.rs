//! Reads what the configuration names: icon, manifest, assets, templates; all problems at once.
//!
//! Nothing outside the workspace is read, also not through a symbolic link: a bundle is published, and what lies elsewhere
//! on the machine was not meant.

mod assets;
mod icon;
mod programs;
mod templates;

use crate::config::{Asset, BundleSpec, ManifestChoice};
use crate::error::{Place, Problem};
use crate::model::BundlePath;
use std::path::{Path, PathBuf};

/// What a bundle is made of besides what is built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BundleInputs {
    /// The .ico file.
    pub icon: Option<Vec<u8>>,
    /// The application manifest.
    pub manifest: Option<Vec<u8>>,
    /// Files to pack, sorted by destination.
    pub assets: Vec<AssetFile>,
    /// The project's own templates, sorted by name.
    pub templates: Vec<TemplateSource>,
}

/// One file to pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetFile {
    /// Path in the bundle.
    pub dest: BundlePath,
    /// Absolute path of the file.
    pub source: PathBuf,
    /// It is rendered as a template.
    pub template: bool,
    /// Administrators edit it: an upgrade keeps what they wrote.
    pub config: bool,
    /// Key path that named it, such as `assets[2]`.
    pub key: String,
}

/// One template of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateSource {
    /// Path below the templates folder, with `/`, such as `install.ps1`.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Reads them. Globs find nothing in the folders `results`, where builds leave theirs, unless they start there.
///
/// # Errors
/// All that is missing, unreadable, of the wrong kind or outside the workspace. Places name the key; its line is filled in
/// by [`crate::config::locate_problems`].
pub fn read(spec: &BundleSpec, results: &[PathBuf]) -> Result<BundleInputs, Vec<Problem>> {
    let (inputs, problems) = examine(spec, results);
    if problems.is_empty() { Ok(inputs) } else { Err(problems) }
}

/// As [`read`], with what could be read beside all problems.
pub fn examine(spec: &BundleSpec, results: &[PathBuf]) -> (BundleInputs, Vec<Problem>) {
    let real = |path: &PathBuf| dunce::canonicalize(path).unwrap_or_else(|_| path.clone());
    let results = results.iter().map(real).collect();
    let mut reader = Reader { spec, root: real(&spec.root), results, problems: vec![] };
    let resource = spec.resource.as_ref();
    let icon = resource.and_then(|r| r.icon.as_deref()).and_then(|path| reader.icon(path));
    let manifest = match resource.map(|r| &r.manifest) {
        Some(ManifestChoice::File(path)) => reader.manifest(path),
        _ => None,
    };
    let before = reader.problems.len();
    let assets = assets::read(&mut reader);
    let templates = templates::read(&mut reader);
    // A file that can't be had is not missing a second time.
    if reader.problems.len() == before {
        programs::check(&mut reader, &assets, &templates);
    }
    (BundleInputs { icon, manifest, assets, templates }, reader.problems)
}

/// The work in progress.
struct Reader<'a> {
    spec: &'a BundleSpec,
    /// Canonical root of the workspace.
    root: PathBuf,
    /// Canonical folders of results.
    results: Vec<PathBuf>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn report(&mut self, key: &str, problem: Problem) {
        let place = Place { file: "Cargo.toml".into(), line: None, column: None, key: Some(key.to_owned()) };
        self.problems.push(problem.at(place));
    }

    /// The file that a key names, as it really lies; reported when it is not a file of the workspace.
    fn file(&mut self, key: &str, path: &str) -> Option<PathBuf> {
        let full = self.spec.dir.join(path);
        let problem = match dunce::canonicalize(&full) {
            Err(_) if self.leads_out(path) => outside(key, path),
            Err(error) => Problem::usage("file-missing", format!("`{key}`: can't find `{path}`: {error}"))
                .fix(format!("create {} or correct `{key}`", full.display())),
            Ok(real) if !real.starts_with(&self.root) => outside(key, path),
            Ok(real) if !real.is_file() => {
                Problem::usage("not-a-file", format!("`{key}`: `{path}` is not a file")).fix("name a file")
            }
            Ok(real) => return Some(real),
        };
        self.report(key, problem);
        None
    }

    /// Whether a path that is not there would lie outside: then it need not be made.
    fn leads_out(&self, path: &str) -> bool {
        let dir = dunce::canonicalize(&self.spec.dir).unwrap_or_else(|_| self.spec.dir.clone());
        !crate::host::plain(&dir.join(path)).starts_with(&self.root)
    }

    fn bytes(&mut self, key: &str, path: &str) -> Option<Vec<u8>> {
        let real = self.file(key, path)?;
        self.read(key, path, &real)
    }

    fn read(&mut self, key: &str, path: &str, real: &Path) -> Option<Vec<u8>> {
        match std::fs::read(real) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                let problem = Problem::usage("file-unreadable", format!("`{key}`: can't read `{path}`: {error}"));
                self.report(key, problem.fix(format!("chmod +r {}", crate::host::quote(real.as_os_str()))));
                None
            }
        }
    }

    fn icon(&mut self, path: &str) -> Option<Vec<u8>> {
        let key = "resource.icon";
        let bytes = self.bytes(key, path)?;
        if let Err((why, fix)) = icon::check(&bytes, path) {
            self.report(key, Problem::usage("wrong-icon", format!("`{key}`: `{path}` {why}")).fix(fix));
        }
        Some(bytes)
    }

    /// An application manifest: XML in UTF-8, so far as it takes to know that it is no other file.
    fn manifest(&mut self, path: &str) -> Option<Vec<u8>> {
        let key = "resource.manifest";
        let bytes = self.bytes(key, path)?;
        let text = std::str::from_utf8(&bytes).map(|t| t.trim_start_matches('\u{feff}').trim_start());
        let why = match text {
            Err(_) => "is not UTF-8",
            Ok("") => "is empty",
            Ok(text) if !text.starts_with('<') => "is not XML: it does not start with `<`",
            Ok(text) if !text.contains("<assembly") && !text.contains(":assembly") => "has no <assembly> element",
            Ok(_) => return Some(bytes),
        };
        let problem =
            Problem::usage("wrong-manifest", format!("`{key}`: `{path}` {why}, so it is no application manifest"));
        self.report(key, problem.fix("remove `resource.manifest`: the built-in one suits a service"));
        None
    }
}

fn outside(key: &str, path: &str) -> Problem {
    Problem::usage("outside-project", format!("`{key}`: `{path}` lies outside the workspace"))
        .fix("copy it into the project; a bundle holds nothing else of this machine")
}

/// Key path of an asset for messages.
fn key_of(asset: &Asset) -> &str {
    match asset {
        Asset::Auto => "assets",
        Asset::Glob { key, .. } => key,
    }
}

#[cfg(test)]
mod tests;
