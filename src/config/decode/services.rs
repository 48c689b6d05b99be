//! Which services the bundle holds, made of which binaries, and what they have to agree on.

use super::{Cx, firewall, service, service_parts as parts, url_acl};
use crate::config::key_path::{KeyPath, quoted, toml_string};
use crate::config::nearest::{list, nearest};
use crate::config::tree::{Node, View};
use crate::config::types::BinRef;
use crate::error::Problem;
use crate::model::{EventMessage, Parameter, ServiceName, ServiceSpec};
use crate::workspace::Package;
use std::collections::BTreeMap;

/// A service to decode.
pub(super) struct Picked<'a> {
    /// Its name.
    pub name: ServiceName,
    /// Its binary.
    pub bin: BinRef,
    /// Its table; empty when it is not configured.
    pub view: View<'a>,
    /// It is the only one of the bundle.
    pub alone: bool,
    /// Name and binary are good. Where one is not, something stands in for it, so that what else is wrong is found as well.
    pub sound: bool,
}

/// The services in the order in which they start, and all binaries of the bundle, sorted.
/// `None` when there is nothing to decode: by `--bin`, or because of a problem.
pub(super) fn services(cx: &Cx<'_>, parameters: &[Parameter]) -> Option<(Vec<ServiceSpec>, Vec<BinRef>)> {
    let view = cx.root().at("services");
    if view.bool() == Some(false) {
        let bins = wanted_bins(cx);
        if bins.is_empty() && cx.args.bins.is_empty() {
            no_binary(cx);
        }
        let bins = sorted(bins.into_iter().map(|bin| own(cx, bin)).collect());
        return (!bins.is_empty()).then(|| (Vec::new(), bins));
    }
    let entries = view.entries();
    let picked = if entries.is_empty() {
        if cx.is_bad(&view.path) {
            return None;
        }
        unconfigured(cx)
    } else {
        let only = entries.len() == 1;
        let all = entries.into_iter().filter_map(|(name, view)| configured(cx, name, view, only));
        all.filter(|p| cx.args.bins.is_empty() || !p.sound || cx.args.bins.contains(&p.bin.bin)).collect()
    };
    if picked.is_empty() {
        return None;
    }
    let specs: Vec<ServiceSpec> = picked.iter().map(|p| service::service(cx, p, parameters)).collect();
    let (picked, specs): (Vec<Picked<'_>>, Vec<ServiceSpec>) =
        picked.into_iter().zip(specs).filter(|(picked, _)| picked.sound).unzip();
    same_names(cx, &specs);
    firewall::conflicts(cx, &specs);
    url_acl::conflicts(cx, &specs);
    let bins = sorted(picked.into_iter().map(|p| p.bin).collect());
    same_exe(cx, &bins);
    Some((start_order(cx, specs), bins))
}

fn own(cx: &Cx<'_>, bin: &str) -> BinRef {
    BinRef { package: cx.package.name.clone(), bin: bin.to_owned() }
}

fn sorted(mut bins: Vec<BinRef>) -> Vec<BinRef> {
    bins.sort();
    bins.dedup();
    bins
}

/// The package's binaries, of those that `--bin` names.
fn wanted_bins<'a>(cx: &Cx<'a>) -> Vec<&'a str> {
    let bins = cx.package.bins.iter().map(|b| b.name.as_str());
    bins.filter(|bin| cx.args.bins.is_empty() || cx.args.bins.iter().any(|b| b == bin)).collect()
}

fn no_binary(cx: &Cx<'_>) {
    let what = format!("package `{}` has no binary target, so there is nothing to package", cx.package.name);
    let problem = Problem::usage("no-binary", what).fix("add src/main.rs or a [[bin]] section to Cargo.toml");
    cx.report_field("name", problem);
}

/// Without configuration: the only binary, or `default-run`, or what `--bin` names, is a service.
fn unconfigured<'a>(cx: &Cx<'a>) -> Vec<Picked<'a>> {
    let wanted = wanted_bins(cx);
    let chosen = if !cx.args.bins.is_empty() || wanted.len() == 1 {
        wanted
    } else if wanted.is_empty() {
        no_binary(cx);
        return Vec::new();
    } else if let Some(run) = cx.package.default_run.as_deref() {
        vec![run]
    } else {
        let what = format!(
            "package `{}` has several binaries and none is chosen as the service: {}",
            cx.package.name,
            list(&wanted, "and")
        );
        let problem = Problem::usage("several-binaries", what);
        let problem = wanted.iter().fold(problem, |problem, bin| problem.fix(format!("--bin {bin}")));
        let first = wanted.first().copied().unwrap_or_default();
        let key = format!(
            "[package.metadata.winsvc.services.{}]\nbin = {}",
            quoted(&service_name(first)),
            toml_string(first)
        );
        cx.report_field("name", problem.fix(key.replace('\n', "  ")));
        return Vec::new();
    };
    let alone = chosen.len() == 1;
    let pick = |bin: &&str| {
        let name = ServiceName::new(service_name(bin)).ok()?;
        let path = KeyPath::of(["services", name.as_str()]);
        cx.derived(&path.key("bin"), if cx.args.bins.is_empty() { "bin" } else { "--bin" });
        Some(Picked { name, bin: own(cx, bin), view: View { node: None::<&Node>, path }, alone, sound: true })
    };
    chosen.iter().filter_map(pick).collect()
}

/// A binary's name as a service name: as it is, but for characters that a service name can't hold.
fn service_name(bin: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || " ._-$@+#()".contains(c) { c } else { '-' };
    let name: String = bin.chars().map(safe).collect();
    let name = crate::config::text::shorten(name.trim_matches([' ', '.']), 256).replace('…', "-");
    if name.is_empty() { "service".into() } else { name }
}

/// A configured service.
fn configured<'a>(cx: &Cx<'a>, name: &str, view: View<'a>, alone: bool) -> Option<Picked<'a>> {
    let valid = ServiceName::new(name).map_err(|why| {
        let what = format!("`services.{}`: {why}", quoted(&crate::config::check::printable(name)));
        let suggestion = service_name(name);
        cx.report(
            &view,
            Problem::usage("service-name", what)
                .fix(format!("[package.metadata.winsvc.services.{}]", quoted(&suggestion))),
        );
    });
    let bin = owner(cx, &view).and_then(|package| {
        let bin = binary(cx, name, &view, package)?;
        Some(BinRef { package: package.name.clone(), bin })
    });
    let sound = valid.is_ok() && bin.is_some();
    let name = valid.or_else(|()| ServiceName::new("unknown")).ok()?;
    Some(Picked { name, bin: bin.unwrap_or_else(|| own(cx, "unknown")), view, alone, sound })
}

/// The member that the service's binary belongs to.
fn owner<'a>(cx: &Cx<'a>, view: &View<'_>) -> Option<&'a Package> {
    let at = view.at("package");
    let Some(name) = at.text() else {
        return if cx.is_bad(&at.path) { None } else { Some(cx.package) };
    };
    let found = cx.workspace.members.iter().find(|m| m.name == name);
    if found.is_none() {
        let names = cx.workspace.members.iter().map(|m| m.name.as_str());
        let problem = Problem::usage("unknown-package", format!("`{}`: no package `{name}` in the workspace", at.path));
        cx.report(
            &at,
            match nearest(name, names.clone()) {
                Some(near) => problem.fix(format!("package = {}", toml_string(near))),
                None => problem.fix(format!("the members are {}", list(&names.collect::<Vec<_>>(), "and"))),
            },
        );
    }
    found
}

fn binary(cx: &Cx<'_>, service: &str, view: &View<'_>, package: &Package) -> Option<String> {
    let at = view.at("bin");
    let bins: Vec<&str> = package.bins.iter().map(|b| b.name.as_str()).collect();
    if let Some(name) = at.text() {
        if bins.contains(&name) {
            return Some(name.to_owned());
        }
        let what = format!("`{}`: package `{}` has no binary `{name}`", at.path, package.name);
        let problem = Problem::usage("unknown-binary", what);
        cx.report(
            &at,
            match nearest(name, bins.iter().copied()) {
                Some(near) => problem.fix(format!("bin = {}", toml_string(near))),
                None => problem.fix(format!("its binaries are {}", list(&bins, "and"))),
            },
        );
        return None;
    }
    if cx.is_bad(&at.path) {
        return None;
    }
    let same =
        |bin: &&str| bin.to_lowercase().replace(['-', '_'], "") == service.to_lowercase().replace(['-', '_', ' '], "");
    if let Some(bin) = bins.iter().copied().find(same) {
        cx.derived(&at.path, "service name");
        return Some(bin.to_owned());
    }
    match (bins.as_slice(), package.default_run.as_deref()) {
        ([], _) => {
            let what = format!("`{}`: package `{}` has no binary target", view.path, package.name);
            cx.report(view, Problem::usage("no-binary", what).fix("package = \"a member with a binary\""));
            None
        }
        ([only], _) => {
            cx.derived(&at.path, "bin");
            Some((*only).to_owned())
        }
        (_, Some(run)) => {
            cx.derived(&at.path, "package.default-run");
            Some(run.to_owned())
        }
        (several, None) => {
            let what = format!("`{}` does not say which binary it is: {}", view.path, list(several, "or"));
            let problem = Problem::usage("several-binaries", what);
            let problem = several.iter().fold(problem, |p, bin| p.fix(format!("{} = {}", at.path, toml_string(bin))));
            cx.report(view, problem);
            None
        }
    }
}

/// Names that the Service Control Manager would take for one another: service names and display names share one space
/// and are compared without case (CreateServiceW, ERROR_DUPLICATE_SERVICE_NAME).
fn same_names(cx: &Cx<'_>, specs: &[ServiceSpec]) {
    let folded = |text: &str| text.to_lowercase();
    for (i, spec) in specs.iter().enumerate() {
        let path = KeyPath::of(["services", spec.name.as_str()]);
        for other in &specs[..i] {
            let view = |key: &str| View { node: None, path: if key.is_empty() { path.clone() } else { path.key(key) } };
            let clash = |what: String| Problem::usage("same-service-name", what);
            if folded(spec.name.as_str()) == folded(other.name.as_str()) {
                let what = format!(
                    "services `{}` and `{}` differ only in case, and are one to Windows",
                    other.name, spec.name
                );
                cx.report(&view(""), clash(what).fix("rename one of them"));
            } else if folded(&spec.display_name) == folded(&other.display_name) {
                let what = format!(
                    "services `{}` and `{}` have the same display name `{}`, which Windows refuses",
                    other.name,
                    spec.name,
                    crate::config::check::printable(&spec.display_name)
                );
                let fix = format!("{} = {}", path.key("display-name"), toml_string(spec.name.as_str()));
                cx.report(&view("display-name"), clash(what).fix(fix));
            } else {
                for (a, b) in [(spec, other), (other, spec)] {
                    if folded(&a.display_name) == folded(b.name.as_str()) {
                        let what = format!(
                            "the display name of service `{}` is the name of service `{}`, which Windows refuses",
                            a.name, b.name
                        );
                        let at = KeyPath::of(["services", a.name.as_str(), "display-name"]);
                        cx.report(&View { node: None, path: at.clone() }, clash(what).fix(format!("{at} = \"…\"")));
                    }
                }
            }
        }
    }
}

/// Two packages' binaries that would be one file in the bundle.
fn same_exe(cx: &Cx<'_>, bins: &[BinRef]) {
    let mut seen: BTreeMap<String, &BinRef> = BTreeMap::new();
    for bin in bins {
        if let Some(other) = seen.insert(bin.exe().to_lowercase(), bin) {
            let what = format!(
                "binaries `{}` of package `{}` and `{}` of package `{}` would be the same file in the bundle",
                other.bin, other.package, bin.bin, bin.package
            );
            let view = cx.root().at("services");
            cx.report(&view, Problem::usage("same-file", what).fix("rename one of the [[bin]] targets"));
        }
    }
}

/// Services of the bundle after those of the bundle that they depend on, else in the order in which they are written.
fn start_order(cx: &Cx<'_>, mut waiting: Vec<ServiceSpec>) -> Vec<ServiceSpec> {
    let mut ordered: Vec<ServiceSpec> = Vec::new();
    while !waiting.is_empty() {
        let blocked = |spec: &ServiceSpec| {
            let needs = |other: &ServiceSpec| {
                other.name != spec.name
                    && spec.dependencies.iter().any(|d| d.to_lowercase() == other.name.as_str().to_lowercase())
            };
            waiting.iter().any(needs)
        };
        let Some(next) = waiting.iter().position(|spec| !blocked(spec)) else {
            let names: Vec<&str> = waiting.iter().map(|s| s.name.as_str()).collect();
            let path = KeyPath::of(["services", names[0], "dependencies"]);
            let what = format!("services {} depend on one another in a circle", list(&names, "and"));
            cx.report(
                &View { node: None, path },
                Problem::usage("wrong-value", what).fix("remove one of the dependencies"),
            );
            ordered.append(&mut waiting);
            break;
        };
        ordered.push(waiting.remove(next));
    }
    ordered
}

/// The messages of all event sources of the bundle, by id. Every executable carries all of them, so that an id can have
/// one meaning only.
pub(super) fn messages(cx: &Cx<'_>, specs: &[ServiceSpec]) -> Vec<EventMessage> {
    let mut all: BTreeMap<u16, (&EventMessage, &ServiceName)> = BTreeMap::new();
    for spec in specs {
        let messages = spec.event_log.iter().flat_map(|log| &log.messages);
        let view = cx.root().at("services").at(spec.name.as_str()).at("event-log").at("messages");
        let items = view.items().into_iter().filter(parts::is_whole_message);
        for (message, item) in messages.zip(items) {
            let Some((other, owner)) = all.insert(message.id, (message, &spec.name)) else { continue };
            if other == message && *owner != spec.name {
                continue;
            }
            let path = item.path.key("id");
            let what = if *owner == spec.name {
                format!("`{path}`: service `{owner}` has two messages with the id {}", message.id)
            } else {
                format!(
                    "`{path}`: services `{owner}` and `{}` have different messages with the id {}",
                    spec.name, message.id
                )
            };
            cx.report(
                &View { node: None, path },
                Problem::usage("same-event-id", what).fix("give each message an id of its own"),
            );
        }
    }
    all.into_values().map(|(message, _)| message.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bin_names_become_valid_service_names() {
        for (bin, name) in
            [("acme-agent", "acme-agent"), ("a'b", "a-b"), ("日本", "日本"), ("a.", "a"), ("..", "service")]
        {
            assert_eq!(service_name(bin), name);
            assert!(ServiceName::new(service_name(bin)).is_ok());
        }
        assert!(ServiceName::new(service_name(&"x".repeat(300))).is_ok());
    }
}
