//! Values that stand in a plan so that nothing in effect is left unsaid.

use super::{kebab, seconds};
use crate::config::{BundleSpec, ManifestChoice, ResourceSpec};
use crate::model::ServiceSpec;

/// The texts of the version resource that have a key.
const TEXTS: &[(&str, &str)] = &[
    ("resource.company-name", "CompanyName"),
    ("resource.file-description", "FileDescription"),
    ("resource.copyright", "LegalCopyright"),
    ("resource.product-name", "ProductName"),
];

/// Those of a bundle.
pub(super) fn bundle(spec: &BundleSpec, add: &mut impl FnMut(&str, String)) {
    add("templates", spec.templates.as_ref().map_or_else(|| "none".into(), |folder| folder.display().to_string()));
    match &spec.resource {
        Some(resource) => self::resource(resource, add),
        None => add("resource", "false".into()),
    }
    for parameter in &spec.parameters {
        add(&format!("parameters.{}.type", parameter.name), kebab(&parameter.kind));
    }
}

fn resource(resource: &ResourceSpec, add: &mut impl FnMut(&str, String)) {
    for (key, name) in TEXTS {
        let text = resource.strings.iter().find(|(of, _)| of == name).map(|(_, text)| text.clone());
        add(key, text.unwrap_or_default());
    }
    let manifest = match &resource.manifest {
        ManifestChoice::Default => "built in".to_owned(),
        ManifestChoice::File(path) => path.clone(),
        ManifestChoice::Off => "false".to_owned(),
    };
    add("resource.manifest", manifest);
    add("resource.override", resource.override_existing.to_string());
}

/// Those of a service; keys are given below its table.
pub(super) fn service(service: &ServiceSpec, add: &mut impl FnMut(&str, String)) {
    add("bin", service.exe.strip_suffix(".exe").unwrap_or(&service.exe).to_owned());
    add("error-control", kebab(&service.error_control));
    let log = service.event_log.as_ref();
    let messages = |n: usize| if n == 0 { String::new() } else { format!(", {n} messages") };
    let log = log.map(|log| format!("{} in {}{}", log.source, log.log, messages(log.messages.len())));
    add("event-log", log.unwrap_or_else(|| "false".into()));
    let list = |list: &[String]| if list.is_empty() { "all of the account's".to_owned() } else { list.join(", ") };
    add("required-privileges", list(&service.required_privileges));
    add("security-descriptor", service.security_descriptor.clone().unwrap_or_else(|| "that of Windows".into()));
    let failure = &service.failure;
    add("failure.reset", seconds(failure.reset_seconds.saturating_mul(1000)));
    add("failure.on-error-exit", failure.on_error_exit.to_string());
    if let Some(command) = &failure.command {
        add("failure.command", command.clone());
    }
    add("health.timeout", seconds(service.health.timeout_ms));
    add("health.stable", seconds(service.health.stable_ms));
}
