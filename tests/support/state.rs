//! The state of a machine, to compare before and after.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Files and registry, each as one line per thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State(pub BTreeMap<String, String>);

impl State {
    /// Adds all files and folders of a drive but for Windows' own folder and what the tests themselves write.
    pub fn add_files(&mut self, drive: &Path) {
        let ours = |path: &Path| {
            let relative = path.strip_prefix(drive).unwrap().to_string_lossy().to_lowercase();
            let in_windows = relative.starts_with("windows/") && !relative.starts_with("windows/temp");
            in_windows || relative.starts_with("test") || relative == "standins.log"
        };
        let walk = walkdir::WalkDir::new(drive).sort_by_file_name();
        for entry in walk.into_iter().filter_entry(|e| !ours(e.path())) {
            let entry = entry.unwrap();
            let path = entry.path().strip_prefix(drive).unwrap().display().to_string();
            let what = if entry.file_type().is_file() {
                let bytes = fs::read(entry.path()).unwrap();
                format!("{} bytes, {:x?}", bytes.len(), &Sha256::digest(&bytes)[..8])
            } else {
                "folder".into()
            };
            self.0.insert(format!("file {path}"), what);
        }
    }

    /// Adds what `reg export` wrote.
    pub fn add_registry(&mut self, export: &Path) {
        let bytes = fs::read(export).unwrap();
        let units: Vec<u16> = bytes.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
        let text = String::from_utf16_lossy(&units).replace("\\\r\n", "");
        let mut key = String::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                key = format!("registry {name}");
                self.0.insert(key.clone(), "key".into());
            } else if let Some((name, value)) = split_value(line).filter(|_| !key.is_empty()) {
                self.0.insert(format!("{key} {name}"), value.to_owned());
            }
        }
        let own = |k: &String| k.to_lowercase().contains(r"\software\standins");
        self.0.retain(|k, _| !own(k));
    }
}

/// `"name"=data` or `@=data`.
fn split_value(line: &str) -> Option<(&str, &str)> {
    if let Some(data) = line.strip_prefix("@=") {
        return Some(("@", data));
    }
    let rest = line.strip_prefix('"')?;
    let mut escaped = false;
    let end = rest.char_indices().find(|(_, c)| {
        let found = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        found
    })?;
    Some((&rest[..end.0], rest[end.0 + 1..].strip_prefix('=')?))
}

/// What differs, one line each: `+` is new, `-` is gone, `~` has changed. Empty when nothing does.
pub fn difference(before: &State, after: &State) -> Vec<String> {
    let mut out = Vec::new();
    for (key, was) in &before.0 {
        match after.0.get(key) {
            None => out.push(format!("- {key}")),
            Some(is) if is != was => out.push(format!("~ {key}: {was} → {is}")),
            Some(_) => {}
        }
    }
    out.extend(after.0.iter().filter(|(k, _)| !before.0.contains_key(*k)).map(|(k, v)| format!("+ {k} = {v}")));
    out
}
