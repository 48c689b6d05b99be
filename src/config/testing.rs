//! Workspaces for tests, made from the text of a Cargo.toml where one matters.

use crate::workspace::{Bin, Epoch, EpochOrigin, ManifestText, Package, Workspace, ZIP_EPOCH};
use std::path::PathBuf;

/// A package at `/w/<name>` of version 1.2.3 with these bins.
pub(crate) fn package(name: &str, bins: &[&str]) -> Package {
    Package {
        rust_version: None,
        name: name.into(),
        id: format!("path+file:///w/{name}#1.2.3"),
        version: semver::Version::new(1, 2, 3),
        manifest: ManifestText {
            path: PathBuf::from(format!("/w/{name}/Cargo.toml")),
            display: format!("{name}/Cargo.toml"),
            text: String::new(),
        },
        metadata: None,
        bins: bins.iter().map(|b| Bin { name: (*b).into(), required_features: Vec::new() }).collect(),
        default_run: None,
        description: None,
        authors: Vec::new(),
        homepage: None,
        repository: None,
        license: None,
        license_file: None,
    }
}

/// A workspace at `/w` of these members, none of them current, default or root.
pub(crate) fn workspace(members: Vec<Package>) -> Workspace {
    Workspace {
        root: "/w".into(),
        target_dir: "/w/target".into(),
        build_dir: "/w/target".into(),
        manifest: ManifestText { path: "/w/Cargo.toml".into(), display: "Cargo.toml".into(), text: String::new() },
        metadata: None,
        members,
        default_members: Vec::new(),
        root_package: None,
        current_package: None,
        source: None,
        notes: Vec::new(),
        epoch: Epoch { seconds: ZIP_EPOCH, origin: EpochOrigin::Fixed },
        build_targets: None,
    }
}

/// A package whose Cargo.toml has this text; its metadata is read from it as cargo would.
pub(crate) fn from_toml(name: &str, bins: &[&str], text: &str) -> Package {
    let mut package = package(name, bins);
    let document: toml_edit::Document<&str> = toml_edit::Document::parse(text).expect("valid TOML");
    let at = |keys: &[&str]| {
        let mut item = document.as_item();
        for key in keys {
            item = item.get(key)?;
        }
        Some(item)
    };
    let string = |key: &str| at(&["package", key]).and_then(|i| i.as_str()).map(str::to_owned);
    package.metadata = at(&["package", "metadata", "winsvc"]).map(json);
    package.description = string("description");
    package.default_run = string("default-run");
    package.version = string("version").map_or(package.version, |v| v.parse().expect("a version"));
    if let Some(authors) = at(&["package", "authors"]).and_then(|i| i.as_array()) {
        package.authors = authors.iter().filter_map(|a| a.as_str().map(str::to_owned)).collect();
    }
    package.manifest.text = text.into();
    package
}

/// TOML as JSON, as `cargo metadata` gives it.
pub(crate) fn json(item: &toml_edit::Item) -> serde_json::Value {
    use serde_json::Value as Json;
    use toml_edit::Value as Toml;
    fn value(toml: &Toml) -> Json {
        match toml {
            Toml::String(s) => s.value().clone().into(),
            Toml::Integer(i) => (*i.value()).into(),
            Toml::Float(f) => (*f.value()).into(),
            Toml::Boolean(b) => (*b.value()).into(),
            Toml::Datetime(d) => d.value().to_string().into(),
            Toml::Array(list) => list.iter().map(value).collect(),
            Toml::InlineTable(table) => table.iter().map(|(k, v)| (k.to_owned(), value(v))).collect(),
        }
    }
    match item {
        toml_edit::Item::None => Json::Null,
        toml_edit::Item::Value(v) => value(v),
        toml_edit::Item::Table(table) => table.iter().map(|(k, i)| (k.to_owned(), json(i))).collect(),
        toml_edit::Item::ArrayOfTables(tables) => {
            tables.iter().map(|t| t.iter().map(|(k, i)| (k.to_owned(), json(i))).collect::<Json>()).collect()
        }
    }
}

/// Reads a text as a `winsvc` table.
pub(crate) fn table(text: &str) -> serde_json::Value {
    let document = toml_edit::Document::parse(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    json(document.as_item())
}

/// `text | place | fix | fix` of each problem.
pub(crate) fn lines(problems: &[crate::error::Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|p| {
            let place = p.place.as_ref().map(|p| format!(" @ {p}")).unwrap_or_default();
            format!("{}: {}{place} | {}", p.id, p.what, p.fixes.join(" | "))
        })
        .collect()
}
