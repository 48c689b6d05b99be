//! One bundle from stamped executables to archives in the staging folder.

use super::prepare::{Prepared, PreparedTarget};
use super::target::Executable;
use super::texts::{Texts, path};
use crate::bundle::{self, Packer, ZipInfo};
use crate::compile::CompilePlan;
use crate::config::{BinRef, BundleSpec};
use crate::event::Sink;
use crate::formats::{BuildManifest, OutputBundle, OutputFile, SourceState, manifest, service_json};
use crate::host::Host;
use crate::layout::{Entry, FileTree, Source};
use crate::model::FileVersion;
use crate::workspace;
use std::path::Path;

/// What a bundle is packed with.
pub(super) struct Bench<'a> {
    pub(super) host: &'a dyn Host,
    pub(super) sink: &'a dyn Sink,
    pub(super) prepared: &'a Prepared,
    pub(super) target: &'a PreparedTarget,
    /// State of the repository, now that cargo has built.
    pub(super) source: Option<&'a workspace::Source>,
    /// Staging folder of the publisher.
    pub(super) stage: &'a Path,
}

impl Bench<'_> {
    /// Writes the archives of one bundle.
    pub(super) fn bundle(
        &self,
        spec: &BundleSpec,
        texts: &Texts,
        executables: &[&Executable],
    ) -> anyhow::Result<OutputBundle> {
        let exes = executables.iter().map(|e| (e.bin.clone(), Source::File(e.path.clone())));
        let tree = tree(spec, texts, exes)?;
        let mut build = self.manifest(spec, executables, texts.overridden.clone())?;
        let packer = self.packer(spec, &spec.archive_name);
        let file = format!("{}.zip", spec.archive_name);
        let info = bundle::write_bundle(&packer, &tree, &mut build, &self.stage.join(&file))?;
        let symbols = self.symbols(spec, executables)?;
        Ok(OutputBundle { archive: output_file(file, &info), symbols, build })
    }

    fn packer<'a>(&'a self, spec: &BundleSpec, top: &'a str) -> Packer<'a> {
        Packer {
            host: self.host,
            sink: self.sink,
            top,
            epoch: self.prepared.workspace.epoch.seconds,
            compression: spec.compression,
            threads: None,
        }
    }

    fn manifest(
        &self,
        spec: &BundleSpec,
        executables: &[&Executable],
        overridden_templates: Vec<String>,
    ) -> anyhow::Result<BuildManifest> {
        let workspace = &self.prepared.workspace;
        let mut paths = executables.iter().map(|e| path(&e.bin.exe())).collect::<anyhow::Result<Vec<_>>>()?;
        paths.sort();
        let debug = executables.iter().filter_map(|e| e.debug.as_ref().map(|(_, info)| (e.bin.exe(), info.clone())));
        Ok(BuildManifest {
            schema_version: manifest::VERSION,
            generator: concat!("cargo-winsvc ", env!("CARGO_PKG_VERSION")).to_owned(),
            name: spec.package.clone(),
            version: spec.version.to_string(),
            file_version: own_file_version(spec),
            target: self.target.unit.target.to_string(),
            variant: self.prepared.variant.clone(),
            profile: self.prepared.config.profile.clone(),
            source: self.source.map(|s| SourceState { commit: s.commit.clone(), clean: s.clean }),
            epoch: workspace.epoch.seconds,
            epoch_origin: workspace.epoch.origin.as_str().to_owned(),
            tools: self.target.ready.recipe.versions.clone(),
            flags: portable_flags(&self.target.compile),
            overridden_templates,
            executables: paths,
            files: Vec::new(),
            debug: debug.collect(),
        })
    }

    fn symbols(&self, spec: &BundleSpec, executables: &[&Executable]) -> anyhow::Result<Option<OutputFile>> {
        let mut entries = Vec::new();
        for executable in executables {
            if let Some((file, info)) = &executable.debug {
                entries.push(Entry {
                    path: path(&info.file)?,
                    source: Source::File(file.clone()),
                    from: format!("debug information of {}", executable.bin.bin),
                });
            }
        }
        if entries.is_empty() {
            return Ok(None);
        }
        let top = format!("{}-symbols", spec.archive_name);
        let file = format!("{top}.zip");
        let info =
            bundle::write_symbols(&self.packer(spec, &top), &FileTree::build(entries)?, &self.stage.join(&file))?;
        Ok(Some(output_file(file, &info)))
    }
}

/// Everything that goes into a bundle, checked against each other.
pub(super) fn tree(
    spec: &BundleSpec,
    texts: &Texts,
    executables: impl Iterator<Item = (BinRef, Source)>,
) -> anyhow::Result<FileTree> {
    let mut entries = Vec::new();
    for (bin, source) in executables {
        entries.push(Entry { path: path(&bin.exe())?, source, from: format!("executable {}", bin.bin) });
    }
    if !spec.services.is_empty() {
        entries.push(Entry {
            path: path(service_json::FILE_NAME)?,
            source: Source::Bytes(crate::formats::to_json(&texts.service_json).into_bytes()),
            from: "the service manifest".into(),
        });
    }
    for (path, bytes) in &texts.files {
        let entry =
            Entry { path: path.clone(), source: Source::Bytes(bytes.clone()), from: format!("template {path}") };
        entries.push(entry);
    }
    entries.extend(texts.assets.iter().cloned());
    Ok(FileTree::build(entries)?)
}

/// `resource.version`, where it is not what the package's version makes it.
fn own_file_version(spec: &BundleSpec) -> Option<String> {
    let version = spec.resource.as_ref()?.version;
    (FileVersion::from_semver(&spec.version) != Ok(version)).then(|| version.to_string())
}

fn output_file(file: String, info: &ZipInfo) -> OutputFile {
    OutputFile { file, size: info.size, sha256: info.sha256 }
}

/// Cargo's arguments and rustc's flags as another machine with the same tools would have them: without the mappings of this
/// machine's folders, and with those folders themselves replaced. What says only where things lie is left out.
fn portable_flags(plan: &CompilePlan) -> Vec<String> {
    const PLACES: [&str; 7] = ["-Lnative", "--manifest-path", "--target-dir", "--sysroot", "--jobs", "-j", "-Cdlltool"];
    let mut flags = Vec::new();
    if plan.no_build {
        // Nobody here knows what that build was told.
        return flags;
    }
    let mut words = plan.args.iter().chain(&plan.rustflags).peekable();
    while let Some(word) = words.next() {
        let name = word.split('=').next().unwrap_or_default();
        if PLACES.contains(&name) {
            if name == word {
                words.next();
            }
        } else if !word.starts_with("--remap-path-prefix") && !word.starts_with("--message-format") {
            flags.push(
                plan.remaps
                    .iter()
                    .fold(word.clone(), |text, remap| text.replace(&*remap.from.to_string_lossy(), &remap.to)),
            );
        }
    }
    flags
}
