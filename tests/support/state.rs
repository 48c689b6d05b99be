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

    /// Adds what `harness registry` wrote.
    pub fn add_registry(&mut self, listing: &Path) {
        for (key, name, value) in read_registry(listing) {
            // The service manager numbers the processes that it starts.
            if key.ends_with(r"\Control\ServiceCurrent") {
                continue;
            }
            match value {
                None => self.0.insert(format!("registry {key}"), "key".into()),
                Some(value) => self.0.insert(format!("registry {key} {name}"), format!("{value:?}")),
            };
        }
    }
}

/// A value of the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// REG_SZ.
    Text(String),
    /// REG_EXPAND_SZ.
    Expand(String),
    /// REG_MULTI_SZ.
    List(Vec<String>),
    /// REG_DWORD.
    Number(u32),
    /// Everything else, in hex.
    Other(String),
}

/// Keys (without value) and their values.
pub fn read_registry(listing: &Path) -> Vec<(String, String, Option<Value>)> {
    let text = fs::read_to_string(listing).unwrap();
    // A name or key with a line break would spoil the listing; there is none.
    let lines = text.lines().map(|l| l.split('\t').collect::<Vec<_>>());
    lines
        .map(|fields| {
            let [key, name, kind, hex] = fields[..] else { panic!("{fields:?}") };
            (key.to_owned(), name.to_owned(), kind.parse().ok().map(|kind| Value::new(kind, hex)))
        })
        .collect()
}

impl Value {
    fn new(kind: u32, hex: &str) -> Self {
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let units: Vec<u16> = bytes.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
        let text = String::from_utf16_lossy(&units);
        match kind {
            1 => Value::Text(text.trim_end_matches('\0').to_owned()),
            2 => Value::Expand(text.trim_end_matches('\0').to_owned()),
            4 => Value::Number(u32::from_le_bytes(bytes.try_into().unwrap())),
            7 => Value::List(text.split('\0').filter(|t| !t.is_empty()).map(String::from).collect()),
            _ => Value::Other(hex.to_owned()),
        }
    }
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
