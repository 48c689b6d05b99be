//! What a template may use: a published contract, the same for the product's templates and a project's.

use super::RenderInput;
use super::cmd_data::CmdData;
use super::ps_data::PsData;
use crate::formats::ServiceJson;
use crate::model::BundlePath;
use schemars::JsonSchema;
use serde::Serialize;

/// The variables of every template. docs/templates.md explains them; `generate schema` prints their schema.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplateContext {
    /// Everything of service.json, under the same names: `id`, `name`, `version`, `target`, `minWindows`, `install`,
    /// `parameters`, `services`.
    #[serde(flatten)]
    pub service: ServiceJson,
    /// Facts from Cargo.toml.
    pub about: AboutContext,
    /// Name of the archive without `.zip`, and of its top folder.
    pub archive: String,
    /// Version of cargo-winsvc.
    pub generator: String,
    /// Every file of the bundle, with `/`, sorted.
    pub files: Vec<BundlePath>,
    /// What install.cmd's data block holds; of use only to a template that replaces that script.
    #[schemars(with = "serde_json::Value")]
    pub cmd: CmdData,
    /// The same for the PowerShell scripts.
    #[schemars(with = "serde_json::Value")]
    pub ps: PsData,
}

/// Facts from Cargo.toml; empty where it says nothing.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AboutContext {
    /// `package.description`.
    pub description: String,
    /// `package.authors`.
    pub authors: Vec<String>,
    /// `package.homepage`.
    pub homepage: String,
    /// `package.repository`.
    pub repository: String,
    /// `package.license`.
    pub license: String,
}

impl TemplateContext {
    pub(super) fn new(input: &RenderInput, files: Vec<BundlePath>) -> Self {
        let about = &input.about;
        TemplateContext {
            cmd: CmdData::new(&input.service, &files),
            ps: PsData::new(&input.service, &files),
            service: input.service.clone(),
            about: AboutContext {
                description: about.description.clone(),
                authors: about.authors.clone(),
                homepage: about.homepage.clone(),
                repository: about.repository.clone(),
                license: about.license.clone(),
            },
            archive: input.archive.clone(),
            generator: concat!("cargo-winsvc ", env!("CARGO_PKG_VERSION")).to_owned(),
            files,
        }
    }
}
