//! The flags, linkers and folders that are in effect before we add ours, exactly as cargo would see them.
//!
//! Resolved here because we must hand cargo one complete list: CARGO_ENCODED_RUSTFLAGS silences every other source.
//! No process is started unless a configuration file has `[target.'cfg(…)']` tables.

use super::cargo_config::{self, Layer, words};
use super::cfg_expr::Cfgs;
use crate::host::{Cmd, Host};
use crate::model::Origin;
use anyhow::Context;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Cargo's configuration for one working directory, environment and list of `--config` values.
#[derive(Clone, Debug)]
pub struct CargoConfig {
    /// Lowest precedence first; the last `cli` of them come from `--config`.
    layers: Vec<Layer>,
    cli: usize,
    cwd: PathBuf,
    /// `$CARGO_HOME`, or its default.
    pub cargo_home: Option<PathBuf>,
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Given<T> {
    /// The value.
    pub value: T,
    /// Its origin.
    pub origin: Origin,
}

/// What is in effect for one target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TargetFlags {
    /// Flags for rustc, in cargo's order.
    pub rustflags: Vec<String>,
    /// Where they came from, in the same order, without repetition.
    pub origins: Vec<Origin>,
    /// The user's own linker.
    pub linker: Option<Given<PathBuf>>,
}

/// The compiler and what wraps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rustc {
    /// RUSTC or `build.rustc`; absent for the `rustc` of PATH.
    pub rustc: Option<Given<PathBuf>>,
    /// RUSTC_WRAPPER or `build.rustc-wrapper`.
    pub wrapper: Option<Given<PathBuf>>,
    /// RUSTC_WORKSPACE_WRAPPER or `build.rustc-workspace-wrapper`.
    pub workspace_wrapper: Option<Given<PathBuf>>,
}

impl CargoConfig {
    /// Reads the files that cargo would read in the working directory, and the `--config` values.
    ///
    /// # Errors
    /// A file that can't be read or is not TOML.
    pub fn load(host: &dyn Host, config: &[String]) -> anyhow::Result<Self> {
        let cwd = host.cwd();
        let cargo_home = crate::host::cargo_home(host);
        let mut layers = cargo_config::files(&cwd, cargo_home.as_deref())?;
        let files = layers.len();
        for value in config {
            layers.extend(cargo_config::command_line(value, &cwd)?);
        }
        let cli = layers.len() - files;
        Ok(CargoConfig { layers, cli, cwd, cargo_home })
    }

    /// Targets of CARGO_BUILD_TARGET or `build.target`.
    pub fn build_targets(&self, host: &dyn Host) -> Option<Given<Vec<String>>> {
        let key = ["build", "target"];
        // A single string is one target, never split.
        let of = |layer: &Layer| match layer.text(&key) {
            Some(text) => Some(vec![text]),
            None => layer.list(&key),
        };
        let env = self.env(host, "CARGO_BUILD_TARGET").map(|(text, origin)| (vec![text], origin));
        self.pick("build.target", &of, env).filter(|given| !given.value.is_empty())
    }

    /// CARGO_TARGET_DIR, CARGO_BUILD_TARGET_DIR or `build.target-dir`.
    pub fn target_dir(&self, host: &dyn Host) -> Option<Given<PathBuf>> {
        let env = self.env(host, "CARGO_TARGET_DIR").map(|(dir, origin)| Given { value: self.cwd.join(dir), origin });
        let of = |layer: &Layer| layer.path(&["build", "target-dir"]);
        let config_env = self.env(host, "CARGO_BUILD_TARGET_DIR").map(|(dir, origin)| (self.cwd.join(dir), origin));
        env.or_else(|| self.pick("build.target-dir", &of, config_env))
    }

    /// The compiler and its wrappers.
    pub fn rustc(&self, host: &dyn Host) -> Rustc {
        let one = |own: &'static str, env: &str, key: &'static str| {
            // An empty value means none, and ends the search.
            if let Some(value) = host.env(own) {
                let origin = Origin::Environment { variable: own.to_owned() };
                return (!value.is_empty()).then(|| Given { value: PathBuf::from(value), origin });
            }
            let env = self.env(host, env).map(|(value, origin)| (PathBuf::from(value), origin));
            let found = self.pick(&format!("build.{key}"), &|l: &Layer| l.program(&["build", key]), env);
            found.filter(|given| !given.value.as_os_str().is_empty())
        };
        Rustc {
            rustc: one("RUSTC", "CARGO_BUILD_RUSTC", "rustc"),
            wrapper: one("RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER", "rustc-wrapper"),
            workspace_wrapper: one(
                "RUSTC_WORKSPACE_WRAPPER",
                "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
                "rustc-workspace-wrapper",
            ),
        }
    }

    /// Folders of vendored sources (`[source.NAME] directory`).
    pub fn source_directories(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for layer in &self.layers {
            let names = layer.keys(&["source"]);
            found.extend(names.iter().filter_map(|name| layer.path(&["source", name, "directory"])));
        }
        found.sort();
        found.dedup();
        found
    }

    /// An environment variable as a build script will see it: the environment, else cargo's `[env]`, which wins only when it is
    /// forced. The flag says that it is.
    pub fn build_env(&self, host: &dyn Host, key: &str) -> Option<(String, bool)> {
        let mut tables: BTreeMap<String, (String, bool)> = BTreeMap::new();
        for layer in &self.layers {
            tables.extend(layer.env());
        }
        let configured = tables.remove(key);
        if let Some((value, true)) = configured {
            return Some((value, true));
        }
        let given = host.env(key).map(|v| v.to_string_lossy().into_owned());
        given.or(configured.map(|(value, _)| value)).map(|value| (value, false))
    }

    /// What is in effect for a target.
    ///
    /// # Errors
    /// When rustc has to be asked about the target (there are `cfg(…)` tables) and can't say.
    pub fn for_target(&self, host: &dyn Host, triple: &str) -> anyhow::Result<TargetFlags> {
        let matching = self.matching_cfgs(host, triple)?;
        let (rustflags, origins) = self.rustflags(host, triple, &matching);
        Ok(TargetFlags { rustflags, origins, linker: self.linker(host, triple, &matching) })
    }

    fn rustflags(&self, host: &dyn Host, triple: &str, cfgs: &[String]) -> (Vec<String>, Vec<Origin>) {
        let environment = |name: &str| Origin::Environment { variable: name.to_owned() };
        let encoded = "CARGO_ENCODED_RUSTFLAGS";
        if let Some(flags) = host.env(encoded) {
            let flags = flags.to_string_lossy();
            let flags = flags.split('\x1f').filter(|f| !f.is_empty()).map(str::to_owned).collect();
            return (flags, vec![environment(encoded)]);
        }
        if let Some(flags) = host.env("RUSTFLAGS") {
            return (words(&flags.to_string_lossy()), vec![environment("RUSTFLAGS")]);
        }
        let mut flags = Vec::new();
        let mut origins = Vec::new();
        let variable = format!("CARGO_TARGET_{}_RUSTFLAGS", triple.to_uppercase().replace(['-', '.'], "_"));
        self.join(host, &["target", triple, "rustflags"], Some(&variable), &mut flags, &mut origins);
        for cfg in cfgs {
            self.join(host, &["target", cfg, "rustflags"], None, &mut flags, &mut origins);
        }
        if flags.is_empty() {
            self.join(host, &["build", "rustflags"], Some("CARGO_BUILD_RUSTFLAGS"), &mut flags, &mut origins);
        }
        (flags, origins)
    }

    /// Joins a list of all layers: files, then the environment, then `--config`.
    fn join(
        &self,
        host: &dyn Host,
        key: &[&str],
        variable: Option<&str>,
        flags: &mut Vec<String>,
        origins: &mut Vec<Origin>,
    ) {
        let (files, cli) = self.layers.split_at(self.layers.len() - self.cli);
        let mut add = |list: Vec<String>, origin: Origin| {
            if !list.is_empty() {
                flags.extend(list);
                if !origins.contains(&origin) {
                    origins.push(origin);
                }
            }
        };
        for layer in files {
            add(layer.list(key).unwrap_or_default(), origin(&key.join("."), layer));
        }
        if let Some((value, origin)) = variable.and_then(|name| self.env(host, name)) {
            add(words(&value), origin);
        }
        for layer in cli {
            add(layer.list(key).unwrap_or_default(), origin(&key.join("."), layer));
        }
    }

    fn linker(&self, host: &dyn Host, triple: &str, cfgs: &[String]) -> Option<Given<PathBuf>> {
        let variable = format!("CARGO_TARGET_{}_LINKER", triple.to_uppercase().replace(['-', '.'], "_"));
        let env = self.env(host, &variable).map(|(value, origin)| (PathBuf::from(value), origin));
        let of = |layer: &Layer| layer.program(&["target", triple, "linker"]);
        self.pick(&format!("target.{triple}.linker"), &of, env).or_else(|| {
            let by_cfg = |cfg: &String| {
                self.pick(&format!("target.{cfg}.linker"), &|l: &Layer| l.program(&["target", cfg, "linker"]), None)
            };
            cfgs.iter().find_map(by_cfg)
        })
    }

    /// The value of the highest layer that has one: `--config`, then the environment, then files.
    fn pick<T>(&self, key: &str, of: &dyn Fn(&Layer) -> Option<T>, env: Option<(T, Origin)>) -> Option<Given<T>> {
        let (files, cli) = self.layers.split_at(self.layers.len() - self.cli);
        let highest = |layers: &[Layer]| {
            layers.iter().rev().find_map(|l| of(l).map(|value| Given { value, origin: origin(key, l) }))
        };
        highest(cli).or_else(|| env.map(|(value, origin)| Given { value, origin })).or_else(|| highest(files))
    }

    fn env(&self, host: &dyn Host, name: &str) -> Option<(String, Origin)> {
        let value = host.env(name)?.to_string_lossy().into_owned();
        Some((value, Origin::Environment { variable: name.to_owned() }))
    }

    /// The `cfg(…)` keys below `target` that hold for the target, in cargo's order.
    fn matching_cfgs(&self, host: &dyn Host, triple: &str) -> anyhow::Result<Vec<String>> {
        let mut keys: Vec<String> = self.layers.iter().flat_map(|l| l.keys(&["target"])).collect();
        keys.retain(|key| key.starts_with("cfg("));
        keys.sort();
        keys.dedup();
        if keys.is_empty() {
            return Ok(keys);
        }
        let rustc = self.rustc(host).rustc.map_or_else(|| Path::new("rustc").to_owned(), |given| given.value);
        let cmd = Cmd::new(rustc).args(["--print", "cfg", "--target", triple]);
        let output = host.output(&cmd).with_context(|| format!("can't run `{}`", cmd.display()))?;
        crate::host::check_interrupt(host)?;
        anyhow::ensure!(output.ok(), "`{}` failed: {}", cmd.display(), output.tail(5));
        let cfgs = Cfgs::parse(&output.text());
        keys.retain(|key| cfgs.holds(key));
        Ok(keys)
    }
}

fn origin(key: &str, layer: &Layer) -> Origin {
    match layer.name.as_str() {
        "--config" => Origin::CommandLine { flag: format!("--config {key}") },
        file => Origin::CargoConfig { key: format!("{key} in {file}") },
    }
}

#[cfg(test)]
#[path = "flags_tests.rs"]
mod tests;
