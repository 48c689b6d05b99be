//! Programs that the installation runs: those of the bundle have to be in it.

use super::{AssetFile, Reader, TemplateSource};
use crate::config::{KeyPath, nearest};
use crate::error::Problem;
use crate::model::bundle_path::collision_key;

/// Reports hooks and health commands that nothing brings.
pub(super) fn check(reader: &mut Reader<'_>, assets: &[AssetFile], templates: &[TemplateSource]) {
    let spec = reader.spec;
    let mut files: Vec<String> = spec.bins.iter().map(crate::config::BinRef::exe).collect();
    files.extend(assets.iter().map(|asset| asset.dest.to_string()));
    files.extend(templates.iter().map(|t| t.name.strip_suffix(".tera").unwrap_or(&t.name).to_owned()));
    let mut programs = Vec::new();
    for (hook, command) in spec.install.hooks.all() {
        programs.push((KeyPath::of(["install", "hooks", hook]), command));
    }
    for service in &spec.services {
        programs.push((KeyPath::of(["services", service.name.as_str(), "health", "command"]), &service.health.command));
    }
    for (key, command) in programs {
        // An absolute one is a program of the machine.
        let Some(program) = command.first().filter(|p| !p.contains(":\\")) else { continue };
        if files.iter().any(|file| collision_key(file) == collision_key(program)) {
            continue;
        }
        let key = key.index(0).to_string();
        let problem = Problem::usage("program-missing", format!("`{key}`: no file of the bundle is `{program}`"));
        let problem = match nearest(program, files.iter().map(String::as_str)) {
            Some(near) => problem.fix(format!("\"{near}\"")),
            None => problem,
        };
        reader.report(&key, problem.fix(format!("assets = [\"$auto\", {{ source = \"…\", dest = \"{program}\" }}]")));
    }
}
