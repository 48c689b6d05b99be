//! `generate`: what can be had without building.

mod check;

use crate::cli::{BuildFlags, Generate, GenerateArgs, GenerateFilesArgs, GenerateScriptsArgs, OutputArgs, SchemaOf};
use crate::error::{Exit, Problem, Problems};
use crate::files;
use crate::formats::{self, BuildManifest, OutputManifest, ServiceJson, service_json};
use crate::host::{self, Host};
use crate::pipeline::{self, Texts};
use crate::report::Report;
use std::path::Path;

/// Runs it.
///
/// # Errors
/// Those of the configuration and the templates; a folder that can't be written, or that does not hold what `--check` wants.
pub(super) fn run(
    host: &dyn Host,
    report: &dyn Report,
    args: &GenerateArgs,
    output: &OutputArgs,
) -> anyhow::Result<u8> {
    match &args.what {
        Generate::Scripts(files) => scripts(host, report, files, output)?,
        Generate::Manifest(files) => manifest(host, report, files, output)?,
        Generate::Schema(schema) => report.print(&formats::to_json(&self::schema(schema.of))),
    }
    Ok(0)
}

fn schema(of: SchemaOf) -> serde_json::Value {
    match of {
        SchemaOf::Config => crate::config::json_schema(),
        SchemaOf::Service => formats::schema_of::<ServiceJson>(),
        SchemaOf::Manifest => formats::schema_of::<BuildManifest>(),
        SchemaOf::Output => formats::schema_of::<OutputManifest>(),
        SchemaOf::Plan => formats::schema_of::<formats::plan::Plan>(),
    }
}

fn texts(host: &dyn Host, build: &BuildFlags, output: &OutputArgs) -> anyhow::Result<(Vec<Texts>, std::path::PathBuf)> {
    let (workspace, config, inputs, _) = pipeline::configure(host, &build.request(output))?;
    let mut all = Vec::new();
    for (unit, inputs) in config.units.iter().zip(&inputs) {
        for (spec, inputs) in unit.bundles.iter().zip(inputs) {
            all.push(pipeline::texts(spec, inputs, unit.target.triple(), &host.cwd())?);
        }
    }
    Ok((all, crate::host::plain(&workspace.target_dir).join("winsvc/scripts")))
}

fn scripts(
    host: &dyn Host,
    report: &dyn Report,
    args: &GenerateScriptsArgs,
    output: &OutputArgs,
) -> anyhow::Result<()> {
    let (all, default) = texts(host, &args.files.build, output)?;
    if all.len() > 1 && args.files.output.is_some() {
        return Err(several("--output"));
    }
    let mut problems = Vec::new();
    for texts in all {
        let dir = match &args.files.output {
            Some(dir) => host.cwd().join(dir),
            None => default.join(&texts.archive_name),
        };
        if args.check {
            match check::compare(host, &dir, &texts, &args.files)? {
                Some(problem) => problems.push(problem),
                None => report.status("Checked", format!("{}: as generated", host::shorten(&dir, &host.cwd()))),
            }
            continue;
        }
        for (path, bytes) in &texts.files {
            let path = dir.join(path.as_str());
            write(&path, bytes)?;
            super::package::artifact(report, &path);
        }
    }
    Ok(Problems::check(problems)?)
}

fn manifest(host: &dyn Host, report: &dyn Report, args: &GenerateFilesArgs, output: &OutputArgs) -> anyhow::Result<()> {
    let (all, _) = texts(host, &args.build, output)?;
    let [texts] = &all[..] else { return Err(several("generate manifest")) };
    let text = formats::to_json(&texts.service_json);
    match &args.output {
        Some(dir) => {
            let path = host.cwd().join(dir).join(service_json::FILE_NAME);
            write(&path, text.as_bytes())?;
            super::package::artifact(report, &path);
        }
        None => report.print(&text),
    }
    Ok(())
}

fn several(what: &str) -> anyhow::Error {
    Problem::usage("several-bundles", format!("{what} is for one bundle, but several packages or targets are chosen"))
        .fix("-p NAME --target TRIPLE")
        .into()
}

/// Writes beside the place and renames, so that a reader never sees half a file.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let fail = |e: std::io::Error| {
        Problem::new("unwritable", format!("can't write `{}`: {e}", path.display()))
            .fix("--output DIR")
            .exit(Exit::Failure)
    };
    Ok(files::write_whole(path, bytes, 0o644).map_err(fail)?)
}
