//! The texts of a bundle: everything that needs no build.

use crate::config::BundleSpec;
use crate::error::{Problem, Problems};
use crate::formats::{ServiceJson, manifest, service_json};
use crate::inputs::BundleInputs;
use crate::layout::{Entry, Source};
use crate::model::BundlePath;
use crate::render::{self, BundleTexts, RenderInput, UserTemplate};
use anyhow::Context;
use std::path::Path;

/// Everything in a bundle that is text of ours, an asset, or rendered by the project's templates.
#[derive(Clone, Debug)]
pub struct Texts {
    /// Name of the archive and of its top folder.
    pub archive_name: String,
    /// The desired state; in the bundle when there is a service.
    pub service_json: ServiceJson,
    /// Scripts, README.txt, the project's own templates.
    pub files: Vec<(BundlePath, Vec<u8>)>,
    /// Assets, rendered where they are templates.
    pub assets: Vec<Entry>,
    /// Names of the built-in templates that the project replaced.
    pub overridden: Vec<String>,
}

impl Texts {
    /// Paths of the rendered files.
    pub fn names(&self) -> Vec<String> {
        self.files.iter().map(|(path, _)| path.to_string()).collect()
    }
}

/// Renders them.
///
/// # Errors
/// All problems of the project's templates at once, with their files as seen from `cwd`; an asset that can't be read.
pub fn texts(spec: &BundleSpec, inputs: &BundleInputs, target: &str, cwd: &Path) -> anyhow::Result<Texts> {
    let service = ServiceJson {
        schema_version: service_json::VERSION,
        id: spec.id.clone(),
        name: spec.package.clone(),
        version: spec.version.to_string(),
        target: target.to_owned(),
        min_windows: spec.min_windows.clone(),
        install: spec.install.clone(),
        parameters: spec.parameters.clone(),
        services: spec.services.clone(),
        config_files: inputs.assets.iter().filter(|asset| asset.config).map(|asset| asset.dest.clone()).collect(),
    };
    let mut files = vec![path(manifest::FILE_NAME)?];
    if !spec.services.is_empty() {
        files.push(path(service_json::FILE_NAME)?);
    }
    for bin in &spec.bins {
        files.push(path(&bin.exe())?);
    }
    files.extend(inputs.assets.iter().map(|asset| asset.dest.clone()));
    let input = RenderInput {
        service,
        about: spec.about.clone(),
        archive: spec.archive_name.clone(),
        files,
        templates: templates(inputs),
    };
    let mut problems = Vec::new();
    let rendered = render::bundle_texts(&input).unwrap_or_else(|found| {
        problems.extend(found.0);
        BundleTexts::default()
    });
    let assets = assets(inputs, &input, &mut problems)?;
    Problems::check(placed(problems, spec, inputs, cwd))?;
    Ok(Texts {
        archive_name: spec.archive_name.clone(),
        files: rendered.files.into_iter().map(|f| (f.path, f.bytes)).collect(),
        overridden: rendered.overridden,
        service_json: input.service,
        assets,
    })
}

/// What can be told of the project's templates before they are rendered.
pub(super) fn check_templates(spec: &BundleSpec, inputs: &BundleInputs, cwd: &Path) -> Vec<Problem> {
    let found = render::check_templates(&templates(inputs)).err().map(|found| found.0).unwrap_or_default();
    placed(found, spec, inputs, cwd)
}

fn templates(inputs: &BundleInputs) -> Vec<UserTemplate> {
    inputs.templates.iter().map(|t| UserTemplate { name: t.name.clone(), text: t.text.clone() }).collect()
}

/// Templates go by the names that they have in the bundle: here they get those of their files.
fn placed(mut problems: Vec<Problem>, spec: &BundleSpec, inputs: &BundleInputs, cwd: &Path) -> Vec<Problem> {
    for place in problems.iter_mut().filter_map(|problem| problem.place.as_mut()) {
        let is_it = |name: &str| name.strip_suffix(".tera").unwrap_or(name) == place.file;
        let template = inputs.templates.iter().find(|template| is_it(&template.name));
        let template = template.zip(spec.templates.as_ref()).map(|(t, folder)| spec.dir.join(folder).join(&t.name));
        let asset = || inputs.assets.iter().find(|a| a.template && is_it(a.dest.as_str())).map(|a| a.source.clone());
        if let Some(file) = template.or_else(asset) {
            place.file = crate::host::shorten(&file, cwd);
        }
    }
    problems
}

fn assets(inputs: &BundleInputs, input: &RenderInput, problems: &mut Vec<Problem>) -> anyhow::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for asset in &inputs.assets {
        let source = if asset.template {
            let name = asset.source.display();
            let text =
                std::fs::read_to_string(&asset.source).with_context(|| format!("can't read `{name}` as text"))?;
            match render::render_asset(asset.dest.as_str(), &text, &render::asset_context(input)) {
                Ok(bytes) => Source::Bytes(bytes),
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            }
        } else {
            Source::File(asset.source.clone())
        };
        entries.push(Entry { path: asset.dest.clone(), source, from: format!("asset {}", asset.key) });
    }
    Ok(entries)
}

pub(super) fn path(name: &str) -> anyhow::Result<BundlePath> {
    BundlePath::new(name).map_err(|why| Problem::usage("bundle-path", format!("can't go into a bundle: {why}")).into())
}
