//! Templates to scripts and texts. Touches no files.
//!
//! One [Tera](https://docs.rs/tera) instance per output [`Language`]; every value is escaped for the place it lands in,
//! in the product's own templates and in a project's alike. docs/templates.md is the reference for template authors.

mod cmd_cannot;
mod cmd_data;
mod cmd_words;
mod context;
mod engine;
mod escape;
mod language;
mod ps_data;
mod ps_literal;
mod winarg;

#[cfg(test)]
mod tests;

pub use context::{AboutContext, TemplateContext};
pub use language::Language;

use crate::config::types::About;
use crate::error::{Problem, Problems};
use crate::formats::ServiceJson;
use crate::model::BundlePath;
use engine::Engine;

/// Names of the scripts and texts that every bundle with a service gets.
pub const SCRIPTS: [&str; 7] =
    ["README.txt", "install.cmd", "install.ps1", "rollback.ps1", "status.ps1", "uninstall.cmd", "uninstall.ps1"];

/// What the scripts and texts of one bundle are made of.
#[derive(Clone, Debug)]
pub struct RenderInput {
    /// The desired state.
    pub service: ServiceJson,
    /// Facts from Cargo.toml, for people.
    pub about: About,
    /// Name of the archive without `.zip`, and of its top folder.
    pub archive: String,
    /// Every file of the bundle but SHA256SUMS and what [`bundle_texts`] itself makes: executables, service.json, assets,
    /// manifest. The scripts install these and their own kind, and nothing else that lies beside them.
    pub files: Vec<BundlePath>,
    /// The project's own templates.
    pub templates: Vec<UserTemplate>,
}

/// A template of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserTemplate {
    /// Path below the templates folder with `/`, such as `install.ps1`, `conf/agent.toml.tera` or `partials/data.cmd`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// One rendered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Where in the bundle.
    pub path: BundlePath,
    /// Final bytes: line ends and byte order mark as the file's language wants them.
    pub bytes: Vec<u8>,
}

/// All rendered files of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BundleTexts {
    /// Sorted by path.
    pub files: Vec<Rendered>,
    /// Built-in templates that the project replaced, sorted.
    pub overridden: Vec<String>,
}

/// Renders the scripts and README.txt of a bundle, and the project's additional templates.
///
/// # Errors
/// All problems of the project's templates at once: syntax, unknown names, a value where no escaping can keep it literal, a
/// template that would land on another file of the bundle.
pub fn bundle_texts(input: &RenderInput) -> Result<BundleTexts, Problems> {
    let (engine, extra) = Engine::with_user_templates(&input.templates)?;
    let mut problems = Vec::new();
    let mut names: Vec<(String, BundlePath)> = Vec::new();
    if !input.service.services.is_empty() {
        // The names are constants and valid.
        names.extend(SCRIPTS.iter().filter_map(|n| Some(((*n).to_owned(), BundlePath::new(*n).ok()?))));
    } else if let Ok(readme) = BundlePath::new("README.txt") {
        names.push(("README.txt".to_owned(), readme));
    }
    for name in extra {
        match BundlePath::new(name.clone()) {
            Ok(path) if !input.service.services.is_empty() && path.stands_for_written().is_some() => {
                let written = path.stands_for_written().unwrap_or_default();
                let what =
                    format!("template `{name}`: an installation writes `{written}` into the program folder itself");
                problems.push(Problem::usage("template-collision", what).fix("rename the template"));
            }
            Ok(path) if names.iter().any(|(_, p)| p.collision_key() == path.collision_key()) => {}
            Ok(path) => names.push((name, path)),
            Err(why) => problems.push(
                Problem::usage("template-path", format!("template `{name}` has no place in a bundle: {why}"))
                    .fix("rename the template"),
            ),
        }
    }
    for (name, path) in &names {
        if let Some(file) = input.files.iter().find(|f| f.collision_key() == path.collision_key()) {
            let own = SCRIPTS.contains(&name.as_str());
            let what = if own {
                format!("the project's `{file}` would land on the bundle's own `{name}`")
            } else {
                format!("template `{name}` would land on the bundle's `{file}`")
            };
            let fix = if own {
                "give it another `dest`, or leave it out of `assets`"
            } else {
                "rename the template, or drop the other file"
            };
            problems.push(Problem::usage("template-collision", what).fix(fix));
        }
    }
    let mut files: Vec<BundlePath> = input.files.clone();
    files.extend(names.iter().map(|(_, p)| p.clone()));
    files.extend(BundlePath::new("SHA256SUMS"));
    files.sort();
    files.dedup();
    let context = TemplateContext::new(input, files);
    let mut out = BundleTexts { overridden: engine.overridden(), ..BundleTexts::default() };
    for (name, path) in names {
        match engine.render(&name, &context) {
            Ok(bytes) => out.files.push(Rendered { path, bytes }),
            Err(problem) => problems.push(problem),
        }
    }
    Problems::check(problems)?;
    out.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(out)
}

/// Looks at the project's templates by themselves: whether they can be read, and know each other.
///
/// # Errors
/// All problems of that kind.
pub fn check_templates(templates: &[UserTemplate]) -> Result<(), Problems> {
    Engine::with_user_templates(templates).map(drop)
}

/// Renders one asset that is marked as a template. `name` is its path in the bundle: the extension says the language.
///
/// # Errors
/// Syntax, unknown names, or a value where no escaping can keep it literal; names the template, the line and the cause.
pub fn render_asset(name: &str, text: &str, context: &TemplateContext) -> Result<Vec<u8>, Problem> {
    let user = UserTemplate { name: name.to_owned(), text: text.to_owned() };
    Engine::render_one(&user, context)
}

/// The context that [`render_asset`] takes, for the same input.
pub fn asset_context(input: &RenderInput) -> TemplateContext {
    TemplateContext::new(input, input.files.clone())
}
