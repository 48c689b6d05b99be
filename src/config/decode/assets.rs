//! `assets`: what can be told without looking at files.

use super::Cx;
use crate::config::tree::View;
use crate::config::types::Asset;
use crate::model::BundlePath;

/// `assets`.
pub(super) fn assets(cx: &Cx<'_>) -> Vec<Asset> {
    let view = cx.root().at("assets");
    let mut assets: Vec<Asset> = match view.is_set() {
        true => view.items().iter().filter_map(|entry| asset(cx, entry)).collect(),
        false => vec![Asset::Auto],
    };
    // The licence file that Cargo.toml names belongs to the usual files, whatever it is called.
    if let Some(file) = cx.package.license_file.as_deref().filter(|_| assets.contains(&Asset::Auto)) {
        assets.push(Asset::Glob {
            source: globset::escape(file),
            dest: None,
            template: false,
            config: false,
            key: "package.license-file".into(),
        });
    }
    assets
}

fn asset(cx: &Cx<'_>, entry: &View<'_>) -> Option<Asset> {
    let source_view = if entry.is_table() { entry.at("source") } else { entry.clone() };
    let source = source_view.text()?;
    if !entry.is_table() && source == "$auto" {
        return Some(Asset::Auto);
    }
    if let Err(why) = check_source(source) {
        cx.wrong(&source_view, why);
        return None;
    }
    let dest_view = entry.at("dest");
    let dest = dest_view.text();
    if let Some(dest) = dest {
        let folder = dest.strip_suffix('/').unwrap_or(dest);
        if let Err(why) = BundlePath::new(folder) {
            cx.wrong(&dest_view, format!("is no path in a bundle: {why}"));
            return None;
        }
    }
    Some(Asset::Glob {
        source: source.to_owned(),
        dest: dest.map(str::to_owned),
        template: entry.at("template").bool().unwrap_or(false),
        config: entry.at("config").bool().unwrap_or(false),
        key: entry.path.to_string(),
    })
}

fn check_source(source: &str) -> Result<(), String> {
    if source.is_empty() {
        return Err("is empty".into());
    }
    if source.starts_with('$') {
        return Err(format!("is `{source}`; the only name of that kind is `$auto`"));
    }
    if source.contains('\\') {
        return Err("holds a `\\`: write paths with `/`".into());
    }
    if source.starts_with('/') || source.get(1..2) == Some(":") {
        return Err("is absolute: assets are named relative to Cargo.toml and lie in the project".into());
    }
    globset::GlobBuilder::new(source)
        .literal_separator(true)
        .build()
        .map(drop)
        .map_err(|e| format!("is no glob: {}", e.kind()))
}
