//! Everything that will happen, as a serialisable value. No IO: what can be known before cargo runs is decided before it.

mod on_host;
mod rest;
mod text;

pub use text::text;

use crate::config::{Asset, BundleSpec, Config, Origin, SymbolsMode, Unit};
use crate::formats::SourceState;
use crate::formats::plan::{ArtifactRef, BundlePlan, CommandPlan, FilePlan, Plan, TargetPlan, VERSION, ValuePlan};
use crate::inputs::{BundleInputs, TemplateSource};
use crate::model::{Install, ServiceSpec, StartType};
use crate::workspace::Workspace;

/// What the pipeline knows of one target before anything runs.
#[derive(Debug)]
pub struct TargetFacts<'a> {
    /// The configuration's part.
    pub unit: &'a Unit,
    /// What its bundles are made of, in the order of `unit.bundles`.
    pub inputs: &'a [BundleInputs],
    /// Names of the rendered files, by bundle.
    pub rendered: Vec<Vec<String>>,
    /// Back end and why.
    pub backend: String,
    /// Things to know.
    pub notes: Vec<String>,
    /// Commands that will run.
    pub run: Vec<CommandPlan>,
}

/// Puts the plan together.
pub fn build(workspace: &Workspace, config: &Config, output: &str, targets: &[TargetFacts<'_>]) -> Plan {
    Plan {
        schema_version: VERSION,
        source: workspace.source.as_ref().map(|s| SourceState { commit: s.commit.clone(), clean: s.clean }),
        epoch: workspace.epoch.seconds,
        epoch_origin: workspace.epoch.origin.as_str().to_owned(),
        output: output.to_owned(),
        targets: targets.iter().map(target).collect(),
        values: values(config),
    }
}

fn target(facts: &TargetFacts<'_>) -> TargetPlan {
    let bundles = facts.unit.bundles.iter().zip(facts.inputs).zip(&facts.rendered);
    let bundles = bundles.map(|((spec, inputs), rendered)| bundle(facts.unit, spec, inputs, rendered));
    TargetPlan {
        target: facts.unit.target.to_string(),
        backend: facts.backend.clone(),
        notes: facts.notes.clone(),
        run: facts.run.clone(),
        bundles: bundles.collect(),
    }
}

/// Whether debug information is split off and shipped.
pub fn has_symbols(unit: &Unit, bundle: &BundleSpec) -> bool {
    bundle.symbols == SymbolsMode::Archive && unit.debug_info != crate::config::DebugInfo::None
}

fn bundle(unit: &Unit, spec: &BundleSpec, inputs: &BundleInputs, rendered: &[String]) -> BundlePlan {
    let file = |path: &str, from| FilePlan { path: path.to_owned(), from };
    let mut files: Vec<FilePlan> = Vec::new();
    for bin in &spec.bins {
        files.push(file(&bin.exe(), ArtifactRef::Built { package: bin.package.clone(), bin: bin.bin.clone() }));
    }
    for asset in &inputs.assets {
        let from = ArtifactRef::Asset { source: asset.source.display().to_string(), config: asset.config };
        files.push(file(asset.dest.as_str(), from));
    }
    files.extend(
        rendered.iter().map(|name| file(name, ArtifactRef::Rendered { template: template(spec, inputs, name) })),
    );
    files.push(file(crate::formats::manifest::FILE_NAME, ArtifactRef::Generated));
    if !spec.services.is_empty() {
        files.push(file(crate::formats::service_json::FILE_NAME, ArtifactRef::Generated));
    }
    files.push(file("SHA256SUMS", ArtifactRef::Generated));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut writes = vec![format!("{}.zip", spec.archive_name), format!("{}.zip.sha256", spec.archive_name)];
    if has_symbols(unit, spec) {
        writes.push(format!("{}-symbols.zip", spec.archive_name));
        writes.push(format!("{}-symbols.zip.sha256", spec.archive_name));
    }
    writes.extend(["SHA256SUMS".into(), crate::formats::manifest::FILE_NAME.into()]);
    BundlePlan {
        package: spec.package.clone(),
        version: spec.version.to_string(),
        writes,
        files,
        services: spec.services.clone(),
        parameters: spec.parameters.clone(),
        on_host: on_host::on_host(spec),
    }
}

/// The project's own template of a file.
fn template(spec: &BundleSpec, inputs: &BundleInputs, name: &str) -> Option<String> {
    let is_it = |template: &&TemplateSource| template.name.strip_suffix(".tera").unwrap_or(&template.name) == name;
    let template = inputs.templates.iter().find(is_it)?;
    Some(spec.dir.join(spec.templates.as_ref()?).join(&template.name).display().to_string())
}

/// The values in effect, with their origins: everything that somebody set, and the defaults that decide how a service behaves.
fn values(config: &Config) -> Vec<ValuePlan> {
    let mut list = Values { config, list: Vec::new() };
    list.add("", "profile", config.profile.clone());
    list.add("", "required-version", config.required_version.clone().unwrap_or_else(|| "any".into()));
    let targets: Vec<_> = config.units.iter().map(|u| u.target.to_string()).collect();
    list.add("", "targets", targets.join(", "));
    let Some(unit) = config.units.first() else { return list.list };
    for spec in &unit.bundles {
        let scope = spec.package.clone();
        let mut add = |key: &str, value: String| list.add(&scope, key, value);
        add("id", spec.id.clone());
        add("debug-info", kebab(&unit.debug_info));
        add("crt-static", unit.crt_static.to_string());
        add("backend", kebab(&unit.backend));
        add("symbols", kebab(&spec.symbols));
        add("compression", kebab(&spec.compression));
        add("min-windows", spec.min_windows.clone());
        add("archive-name", spec.archive_name.clone());
        add("assets", assets(&spec.assets));
        if let Some(resource) = &spec.resource {
            add("resource.version", resource.version.to_string());
            add("resource.icon", resource.icon.clone().unwrap_or_else(|| "none".into()));
        }
        rest::bundle(spec, &mut add);
        for service in &spec.services {
            self::service(service, &mut add);
        }
        for parameter in &spec.parameters {
            let asked = if parameter.secret { "(asked, secret)" } else { "(asked)" };
            let default = parameter.default.clone().unwrap_or_else(|| asked.into());
            add(&format!("parameters.{}", parameter.name), default);
        }
        add("install.dir", spec.install.dir.clone());
        add("install.data-dir", spec.install.data_dir.clone());
        self::install(&spec.install, &mut add);
    }
    list.list
}

fn install(install: &Install, add: &mut impl FnMut(&str, String)) {
    add("install.start-after-install", install.start_after_install.to_string());
    add("install.keep", install.keep.to_string());
    add("install.add-remove-programs", install.add_remove_programs.to_string());
    add("install.rollback-safe", install.rollback_safe.to_string());
    for (hook, command) in install.hooks.all().into_iter().filter(|(_, command)| !command.is_empty()) {
        add(&format!("install.hooks.{hook}"), command.join(" "));
    }
}

fn service(service: &ServiceSpec, add: &mut impl FnMut(&str, String)) {
    let mut key = |name: &str, value: String| add(&format!("services.{}.{name}", service.name), value);
    key("display-name", service.display_name.clone());
    key("description", service.description.clone());
    key("start", kebab(&service.start));
    key("account", service.account.logon_name(&service.name));
    if !service.args.is_empty() {
        key("args", service.args.join(" "));
    }
    if !service.env.is_empty() {
        key("env", service.env.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" "));
    }
    if !service.dependencies.is_empty() {
        key("dependencies", service.dependencies.join(", "));
    }
    key("failure", failure(service));
    key("stop-timeout", seconds(service.stop_timeout_ms));
    if let Some(ms) = service.preshutdown_timeout_ms {
        key("preshutdown-timeout", seconds(ms));
    }
    key("sid-type", kebab(&service.sid_type));
    let mut list = |name: &str, entries: Vec<String>| {
        if !entries.is_empty() {
            key(name, entries.join(", "));
        }
    };
    list("triggers", service.triggers.clone());
    list("crash-dumps", service.crash_dumps.iter().map(|d| format!("{}, {} kept", kebab(&d.kind), d.count)).collect());
    list("firewall", service.firewall.iter().map(on_host::rule).collect());
    list("url-acl", service.url_acl.clone());
    list("certificates", service.certificates.iter().map(on_host::certificate).collect());
    let health = match (&service.health.http, &service.health.tcp, service.health.command.is_empty()) {
        (Some(url), ..) => url.clone(),
        (None, Some(address), _) => format!("tcp {address}"),
        (None, None, false) => service.health.command.join(" "),
        (None, None, true) => format!("runs for {}", seconds(service.health.stable_ms)),
    };
    key("health", health);
    rest::service(service, &mut key);
}

fn failure(service: &ServiceSpec) -> String {
    let actions = service.failure.actions.iter().map(|a| format!("{}/{}", kebab(&a.kind), seconds(a.delay_ms)));
    let text = actions.collect::<Vec<_>>().join(" ");
    if text.is_empty() { "none".into() } else { text }
}

/// Milliseconds as `30s`, `5m`, `1d` or `1500ms`.
fn seconds(ms: u32) -> String {
    match ms {
        0 => "0s".into(),
        ms if ms % 86_400_000 == 0 => format!("{}d", ms / 86_400_000),
        ms if ms % 3_600_000 == 0 => format!("{}h", ms / 3_600_000),
        ms if ms % 60_000 == 0 => format!("{}m", ms / 60_000),
        ms if ms % 1000 == 0 => format!("{}s", ms / 1000),
        ms => format!("{ms}ms"),
    }
}

fn assets(list: &[Asset]) -> String {
    let name = |asset: &Asset| match asset {
        Asset::Auto => "$auto".to_owned(),
        Asset::Glob { source, dest: Some(dest), .. } => format!("{source} -> {dest}"),
        Asset::Glob { source, .. } => source.clone(),
    };
    list.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// A unit-like enum as configuration spells it.
fn kebab(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

struct Values<'a> {
    config: &'a Config,
    list: Vec<ValuePlan>,
}

impl Values<'_> {
    fn add(&mut self, scope: &str, key: &str, value: String) {
        let full = if scope.is_empty() { key.to_owned() } else { format!("{scope}/{key}") };
        let below = format!("{full}.");
        let inner = || {
            let parts = self.config.origins.range(below.clone()..).take_while(|(key, _)| key.starts_with(&below));
            // A table is as much the user's as the first of its keys that the user wrote.
            parts.map(|(_, origin)| origin).find(|origin| **origin != Origin::Default)
        };
        let own = self.config.origins.get(&full).filter(|origin| **origin != Origin::Default);
        let origin = own.or_else(inner).unwrap_or(&Origin::Default).to_string();
        self.list.push(ValuePlan { key: full, value, origin });
    }
}

/// `start` as configuration spells it; used by the text form.
fn start(value: StartType) -> String {
    kebab(&value)
}
