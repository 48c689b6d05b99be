//! `doctor`: everything that the chosen targets need, found and tried, each gap with the command that mends it.

use crate::cli::{BuildArgs, DoctorArgs};
use crate::config::{self, BackendChoice};
use crate::error::{Exit, Problem, Problems};
use crate::event::Sink;
use crate::host::Host;
use crate::model::Target;
use crate::report::Report;
use crate::toolchain::survey::{Row, survey};
use crate::toolchain::{self, Options, Want, transfer};
use crate::workspace::{self, CargoConfig};
use serde::Serialize;
use std::fmt;
use std::path::Path;

/// What `doctor` says; on standard output as a table for people or as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DoctorReport {
    /// Version of this format.
    pub schema_version: u32,
    /// Nothing is missing.
    pub ok: bool,
    /// What was looked at.
    pub rows: Vec<Row>,
}

impl DoctorReport {
    fn new(rows: Vec<Row>) -> Self {
        DoctorReport { schema_version: 1, ok: rows.iter().all(|r| r.ok), rows }
    }

    /// The process exit code: 0, or 3 when something is missing.
    pub fn exit_code(&self) -> u8 {
        if self.ok { 0 } else { Exit::ToolMissing.code() }
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        crate::formats::to_json(self)
    }
}

impl fmt::Display for DoctorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|r| r.item.len()).max().unwrap_or_default();
        let mut section: Option<&str> = None;
        for row in &self.rows {
            let title = match &row.target {
                Some(target) => target,
                None if row.optional => "to try results out",
                None => "Rust",
            };
            if section != Some(title) {
                writeln!(f, "{title}")?;
                section = Some(title);
            }
            let state = match (row.ok, row.optional && row.found.starts_with("not found")) {
                (true, true) => "absent ",
                (true, false) => "ok     ",
                (false, _) => "MISSING",
            };
            writeln!(f, "  {state}  {:width$}  {}", row.item, row.found)?;
            for (i, fix) in row.fixes.iter().enumerate() {
                let lead = if i == 0 { "fix:" } else { "or: " };
                writeln!(f, "           {:width$}  {lead} {fix}", "")?;
            }
        }
        let missing = self.rows.iter().filter(|r| !r.ok).count();
        match missing {
            0 => writeln!(f, "nothing is missing"),
            1 => writeln!(f, "1 thing is missing"),
            n => writeln!(f, "{n} things are missing"),
        }
    }
}

/// `--export-cache FILE`: what was provisioned, for a machine without network.
///
/// # Errors
/// Those of [`transfer::export`].
pub fn export(host: &dyn Host, report: &dyn Report, file: &Path) -> anyhow::Result<u8> {
    let file = host.cwd().join(file);
    transfer::export(host, report, &file)?;
    super::package::artifact(report, &file);
    Ok(0)
}

/// Imports and provisions when asked to, then looks at everything.
///
/// # Errors
/// An unknown target or back end; a Cargo.toml that was named and can't be read; provisioning that failed; interruption.
pub fn run(host: &dyn Host, sink: &dyn Sink, args: &DoctorArgs) -> anyhow::Result<DoctorReport> {
    let config = CargoConfig::load(host, &[])?;
    let wants = wants(host, args, &config)?;
    let rustc = config.rustc(host).rustc.map(|given| given.value);
    if let Some(file) = &args.import_cache {
        transfer::import(host, sink, &host.cwd().join(file))?;
    }
    if args.provision.provision {
        let options = Options { provision: true, yes: args.provision.yes, offline: false, fresh: true };
        toolchain::prepare_for(host, sink, &wants, options, rustc.as_deref())?;
    }
    Ok(DoctorReport::new(survey(host, &wants, rustc.as_deref(), args.deep)?))
}

/// What is to be built here: as the crate's configuration says when there is one that can be read, else what the arguments,
/// or cargo's own configuration, say. Doctor works outside of a crate too, and in one that is not finished.
fn wants(host: &dyn Host, args: &DoctorArgs, cargo_config: &CargoConfig) -> anyhow::Result<Vec<Want>> {
    let backend = backend(args)?;
    let mut wants = match of_crate(host, args, cargo_config) {
        Ok(wants) => wants,
        Err(error) if args.manifest_path.is_some() => return Err(error),
        Err(_) => targets(host, args, cargo_config)?.into_iter().map(|t| Want::new(t, backend)).collect(),
    };
    for want in &mut wants {
        let flags = cargo_config.for_target(host, want.target.triple())?;
        want.linker = flags.linker.map(|l| l.value.display().to_string());
    }
    Ok(wants)
}

fn of_crate(host: &dyn Host, args: &DoctorArgs, cargo_config: &CargoConfig) -> anyhow::Result<Vec<Want>> {
    let request = BuildArgs {
        manifest_path: args.manifest_path.clone(),
        targets: args.target.clone(),
        backend: args.backend.clone(),
        ..BuildArgs::default()
    };
    let mut workspace = workspace::load(host, &request)?;
    workspace.build_targets = cargo_config.build_targets(host).map(|given| (given.value, given.origin));
    let config = config::resolve(&request, &workspace)?;
    let rust_version = workspace.members.iter().filter_map(|m| m.rust_version.clone()).max();
    let want = |unit: &config::Unit| Want {
        crt_static: unit.crt_static,
        msvc: unit.msvc.clone(),
        rust_version: rust_version.clone(),
        ..Want::new(unit.target.clone(), unit.backend)
    };
    Ok(config.units.iter().map(want).collect())
}

fn backend(args: &DoctorArgs) -> Result<BackendChoice, Problem> {
    let word = args.backend.as_deref().unwrap_or("auto");
    let found = BackendChoice::WORDS.iter().find(|(name, _)| *name == word).map(|(_, choice)| *choice);
    found.ok_or_else(|| {
        Problem::usage("unknown-backend", format!("there is no back end `{word}`"))
            .fix("--backend auto, mingw, xwin, zig or native")
    })
}

/// `--target`, else cargo's own choice where it is Windows, else the default.
fn targets(host: &dyn Host, args: &DoctorArgs, cargo_config: &CargoConfig) -> Result<Vec<Target>, Problems> {
    let mut triples = args.target.clone();
    if triples.is_empty() {
        let configured = cargo_config.build_targets(host).map(|given| given.value).unwrap_or_default();
        triples = configured.into_iter().filter(|t| t.parse::<Target>().is_ok()).collect();
    }
    if triples.is_empty() {
        triples.push("x86_64-pc-windows-gnu".to_owned());
    }
    let mut problems = Vec::new();
    let mut targets = Vec::new();
    for triple in triples {
        match triple.parse::<Target>() {
            Ok(target) => targets.push(target),
            Err(error) => problems.push(
                Problem::usage("unknown-target", format!("target `{triple}`: {error}"))
                    .fix("--target x86_64-pc-windows-gnu"),
            ),
        }
    }
    Problems::check(problems)?;
    Ok(targets)
}
