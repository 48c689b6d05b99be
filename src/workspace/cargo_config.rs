//! Cargo's configuration files and `--config` values, as layers: what they say about flags, linkers and folders.
//!
//! Facts about precedence were taken from runs of cargo 1.95: lists join (low to high: `$CARGO_HOME`, outer folders, inner
//! folders, environment, `--config`), single values are replaced, an included file lies just below the one that includes it.

use crate::error::Problem;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, TableLike};

/// One file, or one `--config` value.
#[derive(Clone, Debug, Default)]
pub(super) struct Layer {
    /// As a message names it.
    pub(super) name: String,
    /// Folder to which relative paths in it are relative.
    root: PathBuf,
    table: toml_edit::Table,
}

impl Layer {
    fn get(&self, path: &[&str]) -> Option<&Item> {
        let mut item: &Item = self.table.get(path.first()?)?;
        for key in &path[1..] {
            item = item.as_table_like()?.get(key)?;
        }
        Some(item)
    }

    /// A string.
    pub(super) fn text(&self, path: &[&str]) -> Option<String> {
        self.get(path)?.as_str().map(str::to_owned)
    }

    /// A list, which cargo also takes as one string with spaces.
    pub(super) fn list(&self, path: &[&str]) -> Option<Vec<String>> {
        let item = self.get(path)?;
        if let Some(text) = item.as_str() {
            return Some(words(text));
        }
        let values = item.as_array()?.iter();
        Some(values.filter_map(|v| v.as_str().map(str::to_owned)).collect())
    }

    /// A path, relative to the folder that holds `.cargo`.
    pub(super) fn path(&self, path: &[&str]) -> Option<PathBuf> {
        self.text(path).map(|p| self.root.join(p))
    }

    /// A program: a bare name is looked up in PATH, anything else is a path.
    pub(super) fn program(&self, path: &[&str]) -> Option<PathBuf> {
        let text = self.text(path)?;
        Some(if text.contains(std::path::is_separator) { self.root.join(text) } else { PathBuf::from(text) })
    }

    /// The keys below a table.
    pub(super) fn keys(&self, path: &[&str]) -> Vec<String> {
        let table = self.get(path).and_then(Item::as_table_like);
        table.map(|t| t.iter().map(|(k, _)| k.to_owned()).collect()).unwrap_or_default()
    }

    /// The `[env]` table: value, and whether it wins over the environment.
    pub(super) fn env(&self) -> BTreeMap<String, (String, bool)> {
        let mut found = BTreeMap::new();
        for key in self.keys(&["env"]) {
            let Some(item) = self.get(&["env", &key]) else { continue };
            if let Some(text) = item.as_str() {
                found.insert(key, (text.to_owned(), false));
            } else if let Some(table) = item.as_table_like() {
                let flag = |name: &str| table.get(name).and_then(Item::as_bool).unwrap_or(false);
                let Some(value) = table.get("value").and_then(Item::as_str) else { continue };
                let value =
                    if flag("relative") { self.root.join(value).display().to_string() } else { value.to_owned() };
                found.insert(key, (value, flag("force")));
            }
        }
        found
    }
}

/// Splits as cargo does: at blanks, without any quoting.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::trim).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// All files that cargo would read in `cwd`, lowest precedence first.
pub(super) fn files(cwd: &Path, cargo_home: Option<&Path>) -> anyhow::Result<Vec<Layer>> {
    let mut folders: Vec<PathBuf> = cwd.ancestors().map(|dir| dir.join(".cargo")).collect();
    if let Some(home) = cargo_home
        && !folders.iter().any(|f| f == home)
    {
        folders.push(home.to_owned());
    }
    let mut layers = Vec::new();
    for folder in folders.iter().rev() {
        // The old name wins where both are there.
        if let Some(path) = ["config", "config.toml"].iter().map(|n| folder.join(n)).find(|p| p.is_file()) {
            read(&path, &mut layers, 0)?;
        }
    }
    Ok(layers)
}

/// One `--config` value: a file when there is one of that name, else TOML.
pub(super) fn command_line(value: &str, cwd: &Path) -> anyhow::Result<Vec<Layer>> {
    let mut layers = Vec::new();
    let path = cwd.join(value);
    if path.is_file() {
        read(&path, &mut layers, 0)?;
    } else {
        let table = parse(value, &format!("--config {value}"))?;
        layers.push(Layer { name: "--config".to_owned(), root: cwd.to_owned(), table });
    }
    Ok(layers)
}

fn parse(text: &str, name: &str) -> Result<toml_edit::Table, Problem> {
    let document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| {
        Problem::usage("cargo-config", format!("`{name}` is not TOML: {}", e.message()))
    })?;
    Ok(document.as_table().clone())
}

fn read(path: &Path, layers: &mut Vec<Layer>, depth: u32) -> anyhow::Result<()> {
    use anyhow::Context;
    // Cargo refuses cycles; it says so better than we could when it runs.
    if depth > 16 {
        return Ok(());
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("can't read `{}`", path.display()))?;
    let table = parse(&text, &path.display().to_string())?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    for (include, optional) in includes(&table) {
        let include = folder.join(include);
        if !optional || include.is_file() {
            read(&include, layers, depth + 1)?;
        }
    }
    let root = folder.parent().unwrap_or(folder).to_owned();
    layers.push(Layer { name: path.display().to_string(), root, table });
    Ok(())
}

/// `include = "a.toml"`, a list of such, or of `{ path, optional }`.
fn includes(table: &toml_edit::Table) -> Vec<(String, bool)> {
    let Some(item) = table.get("include") else { return Vec::new() };
    let of_table = |t: &dyn TableLike| {
        let path = t.get("path").and_then(Item::as_str)?.to_owned();
        Some((path, t.get("optional").and_then(Item::as_bool).unwrap_or(false)))
    };
    if let Some(text) = item.as_str() {
        return vec![(text.to_owned(), false)];
    }
    if let Some(tables) = item.as_array_of_tables() {
        return tables.iter().filter_map(|t| of_table(t)).collect();
    }
    let Some(values) = item.as_array() else { return Vec::new() };
    let one = |v: &toml_edit::Value| match v.as_inline_table() {
        Some(table) => of_table(table),
        None => v.as_str().map(|s| (s.to_owned(), false)),
    };
    values.iter().filter_map(one).collect()
}
