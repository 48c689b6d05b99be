//! The bundle of one package for one target.

use super::Cx;
use super::naming::Placeholders;
use super::{assets, install, naming, resource, services};
use crate::cli::Step;
use crate::config::text::windows_version;
use crate::config::types::{About, BundleSpec, Compression, SymbolsMode};
use crate::error::Problem;

/// Decodes it; `None` when `--bin` leaves nothing of it. Problems are in `cx`; a bundle whose services can't be told has none, so
/// that the files it names can be looked at all the same.
pub(in crate::config) fn bundle(cx: &Cx<'_>) -> Option<BundleSpec> {
    let root = cx.root();
    let package = cx.package;
    let id = naming::id(cx);
    let version = package.version.to_string();
    let names = Placeholders { name: &package.name, version: &version, target: cx.target.triple(), id: &id };
    let parameters = install::parameters(cx);
    let install = install::install(cx, &names, &parameters);
    let archive_name = naming::archive_name(cx, &names);
    let assets = assets::assets(cx);
    let min_windows = min_windows(cx);
    let picked = services::services(cx, &parameters);
    let messages = picked.as_ref().map(|(specs, _)| services::messages(cx, specs)).unwrap_or_default();
    let resource = resource::resource(cx, messages).filter(|_| !cx.skips(Step::Resource, "resource"));
    let about = about(cx);
    let symbols = cx.choice(
        &root.at("symbols"),
        &[("archive", SymbolsMode::Archive), ("none", SymbolsMode::None)],
        SymbolsMode::Archive,
    );
    let (services, bins) = match picked {
        Some(picked) => picked,
        None if cx.problems.borrow().is_empty() => return None,
        None => Default::default(),
    };
    Some(BundleSpec {
        package: package.name.clone(),
        archive_name,
        id,
        version: package.version.clone(),
        dir: package.dir(),
        root: cx.workspace.root.clone(),
        bins,
        assets,
        compression: cx.choice(
            &root.at("compression"),
            &[("default", Compression::Default), ("best", Compression::Best)],
            Compression::Default,
        ),
        symbols: if cx.skips(Step::Symbols, "symbols") { SymbolsMode::None } else { symbols },
        templates: root.at("templates").text().map(Into::into),
        min_windows,
        resource,
        services,
        parameters,
        install,
        about,
    })
}

/// `min-windows`, not below what Rust's standard library needs.
/// Source: the rustc book, "Platform support": Windows 10 / Server 2016 for the windows targets, Windows 7 for win7.
fn min_windows(cx: &Cx<'_>) -> String {
    let (floor, name) = if cx.target.triple().contains("-win7-") {
        ("6.1.7601", "Windows 7 SP1")
    } else {
        ("10.0.14393", "Windows 10 1607, Server 2016")
    };
    let view = cx.root().at("min-windows");
    let Some(text) = view.text() else { return floor.to_owned() };
    if windows_version(text) < windows_version(floor) {
        let what = format!(
            "`min-windows = \"{text}\"` is below {floor} ({name}), the lowest that Rust programs for {} run on",
            cx.target
        );
        cx.report(&view, Problem::usage("wrong-value", what).fix(format!("min-windows = \"{floor}\"")));
    }
    text.to_owned()
}

/// Cargo.toml's own texts. All may hold anything but NUL.
fn about(cx: &Cx<'_>) -> About {
    let package = cx.package;
    let text = |field: &str, value: Option<&String>| {
        let value = value.cloned().unwrap_or_default();
        if value.contains('\0') {
            let what = format!("`package.{field}` holds a NUL character, which no Windows string can");
            cx.report_field(field, Problem::usage("wrong-value", what).fix(format!("remove it from `{field}`")));
        }
        value
    };
    About {
        description: text("description", package.description.as_ref()),
        authors: package.authors.iter().map(|author| text("authors", Some(author))).collect(),
        homepage: text("homepage", package.homepage.as_ref()),
        repository: text("repository", package.repository.as_ref()),
        license: text("license", package.license.as_ref()),
    }
}
