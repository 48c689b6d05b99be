//! The texts of a bundle: everything that needs no build.

use crate::config::BundleSpec;
use crate::error::Problem;
use crate::formats::{ServiceJson, manifest, service_json};
use crate::inputs::BundleInputs;
use crate::layout::{Entry, Source};
use crate::model::BundlePath;
use crate::render::{self, RenderInput, UserTemplate};
use anyhow::Context;

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
/// All problems of the project's templates at once; an asset that can't be read.
pub fn texts(spec: &BundleSpec, inputs: &BundleInputs, target: &str) -> anyhow::Result<Texts> {
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
    let templates = inputs.templates.iter().map(|t| UserTemplate { name: t.name.clone(), text: t.text.clone() });
    let input = RenderInput {
        service,
        about: spec.about.clone(),
        archive: spec.archive_name.clone(),
        files,
        templates: templates.collect(),
    };
    let rendered = render::bundle_texts(&input)?;
    let assets = assets(inputs, &input)?;
    Ok(Texts {
        archive_name: spec.archive_name.clone(),
        files: rendered.files.into_iter().map(|f| (f.path, f.bytes)).collect(),
        overridden: rendered.overridden,
        service_json: input.service,
        assets,
    })
}

fn assets(inputs: &BundleInputs, input: &RenderInput) -> anyhow::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for asset in &inputs.assets {
        let source = if asset.template {
            let name = asset.source.display();
            let text =
                std::fs::read_to_string(&asset.source).with_context(|| format!("can't read `{name}` as text"))?;
            Source::Bytes(render::render_asset(asset.dest.as_str(), &text, &render::asset_context(input))?)
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
