//! From the command line to the plan: reads, judges, decides; changes nothing, unless it is asked to provision.

use super::honoured;
use super::pack;
use super::texts::{Texts, check_templates, texts};
use crate::cli::BuildArgs;
use crate::compile::{self, CompilePlan};
use crate::config::{self, Config, Unit};
use crate::error::{Problem, Problems};
use crate::event::Sink;
use crate::formats::plan::{CommandPlan, Plan};
use crate::host::{Cmd, Host, check_interrupt};
use crate::inputs::{self, BundleInputs};
use crate::layout::Source;
use crate::plan;
use crate::stamp::Resources;
use crate::toolchain::{self, Options, Ready, Want};
use crate::workspace::{self, CargoConfig, TargetFlags, Workspace};
use std::path::{Path, PathBuf};

/// Everything that is decided before cargo runs.
#[derive(Debug)]
pub struct Prepared {
    /// The workspace.
    pub workspace: Workspace,
    /// The configuration.
    pub config: Config,
    /// Folder for the results, absolute.
    pub output: PathBuf,
    /// One per target that can be built.
    pub targets: Vec<PreparedTarget>,
    /// What the others lack. They keep none of those above from being built.
    pub lacking: Vec<Problem>,
    /// `--variant`.
    pub variant: Option<String>,
}

/// One target, ready to be built.
#[derive(Debug)]
pub struct PreparedTarget {
    /// The configuration's part.
    pub unit: Unit,
    /// Back end, flags and tools.
    pub ready: Ready,
    /// The cargo invocation.
    pub compile: CompilePlan,
    /// Icon, assets, templates: in the order of `unit.bundles`.
    pub inputs: Vec<BundleInputs>,
    /// Scripts and other texts, by bundle.
    pub texts: Vec<Texts>,
    /// What is stamped: by bundle, then by bin. `None` when resources are disabled.
    pub resources: Vec<Vec<Option<Resources>>>,
}

impl Prepared {
    /// What the targets that are left out lack, as errors to tell.
    pub fn lacking_errors(&self) -> impl Iterator<Item = anyhow::Error> {
        self.lacking.iter().map(|problem| problem.clone().into())
    }

    /// The plan: what [`super::package`] will run and write, as a value.
    pub fn plan(&self) -> Plan {
        let mut config = self.config.clone();
        config::locate_origins(&mut config.origins, &self.workspace);
        let facts: Vec<plan::TargetFacts<'_>> = self.targets.iter().map(facts).collect();
        plan::build(&self.workspace, &config, &self.output.display().to_string(), &facts)
    }

    /// The versions that a target's bundles carry, for messages.
    pub(super) fn version_of(&self, target: &PreparedTarget) -> String {
        let mut versions: Vec<String> = target.unit.bundles.iter().map(|b| b.version.to_string()).collect();
        versions.dedup();
        versions.join(", ")
    }
}

/// Stands for the staging folder in plans.
const STAGE: &str = "<stage>";

/// Reads workspace, configuration and inputs without looking at the toolchain: enough to render scripts.
///
/// # Errors
/// Those of the workspace; all problems of configuration and inputs at once.
pub fn configure(
    host: &dyn Host,
    request: &BuildArgs,
) -> anyhow::Result<(Workspace, Config, Vec<Vec<BundleInputs>>, CargoConfig)> {
    let cargo_config = CargoConfig::load(host, &request.config)?;
    let mut workspace = workspace::load(host, request)?;
    workspace.build_targets = cargo_config.build_targets(host).map(|given| (given.value, given.origin));
    let (config, mut problems) = config::examine(request, &workspace)?;
    let results = [workspace.target_dir.clone(), workspace.build_dir.clone(), output(host, request, &workspace)];
    let mut all = Vec::new();
    for unit in &config.units {
        let mut of_unit = Vec::new();
        for bundle in &unit.bundles {
            let (inputs, mut found) = inputs::examine(bundle, &results);
            found.extend(honoured::check(bundle));
            config::locate_problems(&mut found, &bundle.package, &config.origins, &workspace);
            found.extend(check_templates(bundle, &inputs, &host.cwd()));
            let new = found.into_iter().filter(|p| !problems.contains(p)).collect::<Vec<_>>();
            problems.extend(new);
            of_unit.push(inputs);
        }
        all.push(of_unit);
    }
    Problems::check(problems)?;
    Ok((workspace, config, all, cargo_config))
}

/// Decides everything that can be known before cargo runs.
///
/// # Errors
/// As [`configure`]; what the toolchain lacks; an output folder that can't be used.
pub fn prepare(host: &dyn Host, sink: &dyn Sink, request: &BuildArgs) -> anyhow::Result<Prepared> {
    let (workspace, config, inputs, cargo_config) = configure(host, request)?;
    workspace.notes.iter().for_each(|note| sink.note(note.clone()));
    let output = output(host, request, &workspace);
    crate::bundle::check_output(&output).map_err(|problem| elsewhere(problem, request))?;
    // What is not built has no flags, and rustc is not asked which of them hold.
    let flags = |unit: &Unit| match request.no_build {
        true => Ok(TargetFlags::default()),
        false => cargo_config.for_target(host, unit.target.triple()),
    };
    let flags: Vec<TargetFlags> = config.units.iter().map(flags).collect::<Result<_, _>>()?;
    let want = |(unit, flags)| Want { no_build: request.no_build, ..want(&workspace, unit, flags) };
    let wants: Vec<Want> = config.units.iter().zip(&flags).map(want).collect();
    let options = Options {
        provision: request.provision,
        yes: request.yes,
        offline: request.offline || request.frozen,
        fresh: false,
    };
    let contents = contents(&config, &inputs, &host.cwd())?;
    let rustc = cargo_config.rustc(host).rustc.map(|given| given.value);
    let ready = toolchain::prepare_each(host, sink, &wants, options, rustc.as_deref())?;
    check_interrupt(host)?;
    let mut targets = Vec::new();
    let mut lacking = Vec::new();
    let units = config.units.iter().zip(ready).zip(flags).zip(inputs).zip(contents);
    for ((((unit, ready), flags), inputs), (resources, texts)) in units {
        let ready = match ready {
            Ok(ready) => ready,
            Err(Problems(found)) => {
                toolchain::merge(&mut lacking, found);
                continue;
            }
        };
        let compile = compile_plan(host, request, &workspace, &config, &cargo_config, unit, &ready, flags)?;
        targets.push(PreparedTarget { unit: unit.clone(), ready, compile, inputs, texts, resources });
    }
    if targets.is_empty() {
        Problems::check(lacking.clone())?;
    }
    Ok(Prepared { workspace, config, output, targets, lacking, variant: request.variant.clone() })
}

/// Where the results go to the target folder, `--output` alone would not help cargo, which writes there too.
fn elsewhere(mut problem: Problem, request: &BuildArgs) -> Problem {
    if request.output.is_none() {
        let fix = "choose another folder for everything that is built with `--target-dir DIR`";
        problem.fixes.iter_mut().filter(|fix| fix.contains("--output")).for_each(|old| fix.clone_into(old));
    }
    problem
}

/// The folder for the results.
fn output(host: &dyn Host, request: &BuildArgs, workspace: &Workspace) -> PathBuf {
    crate::host::plain(&match &request.output {
        Some(dir) => host.cwd().join(dir),
        None => workspace.target_dir.join("winsvc"),
    })
}

/// What is stamped, and the texts, by bundle.
type Contents = (Vec<Vec<Option<Resources>>>, Vec<Texts>);

/// Makes everything that needs no build, by unit, and names all problems of it at once.
fn contents(config: &Config, inputs: &[Vec<BundleInputs>], cwd: &Path) -> anyhow::Result<Vec<Contents>> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut all = Vec::new();
    for (unit, inputs) in config.units.iter().zip(inputs) {
        let resources = resources(unit, inputs).map_err(anyhow::Error::from);
        match (resources, all_texts(unit, inputs, cwd)) {
            (Ok(resources), Ok(texts)) => all.push((resources, texts)),
            (resources, texts) => {
                for error in [resources.err(), texts.err()].into_iter().flatten() {
                    let found = match error.downcast::<Problems>() {
                        Ok(found) => found.0,
                        Err(error) => vec![error.downcast::<Problem>()?],
                    };
                    let new = found.into_iter().filter(|p| !problems.contains(p)).collect::<Vec<_>>();
                    problems.extend(new);
                }
            }
        }
    }
    Problems::check(problems)?;
    Ok(all)
}

/// Makes what is to be stamped, so that an icon that is none is known before a long build.
fn resources(unit: &Unit, inputs: &[BundleInputs]) -> Result<Vec<Vec<Option<Resources>>>, Problems> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut all = Vec::new();
    for (spec, inputs) in unit.bundles.iter().zip(inputs) {
        let mut of_bundle = Vec::new();
        for bin in &spec.bins {
            match Resources::of(spec, bin, inputs.icon.as_deref(), inputs.manifest.as_deref()) {
                Ok(resources) => of_bundle.push(resources),
                Err(found) => {
                    for problem in found {
                        if !problems.contains(&problem) {
                            problems.push(problem);
                        }
                    }
                }
            }
        }
        all.push(of_bundle);
    }
    Problems::check(problems)?;
    Ok(all)
}

/// Renders the texts, so that a mistake in a template, or two files of one name, are known before a long build.
fn all_texts(unit: &Unit, inputs: &[BundleInputs], cwd: &Path) -> anyhow::Result<Vec<Texts>> {
    let mut all = Vec::new();
    for (spec, inputs) in unit.bundles.iter().zip(inputs) {
        let texts = texts(spec, inputs, unit.target.triple(), cwd)?;
        let exes = spec.bins.iter().map(|bin| (bin.clone(), Source::Bytes(Vec::new())));
        pack::tree(spec, &texts, exes)?;
        all.push(texts);
    }
    Ok(all)
}

fn want(workspace: &Workspace, unit: &Unit, flags: &TargetFlags) -> Want {
    let built = |name: &str| unit.bundles.iter().any(|b| b.bins.iter().any(|bin| bin.package == name));
    Want {
        target: unit.target.clone(),
        backend: unit.backend,
        linker: flags.linker.as_ref().map(|l| l.value.display().to_string()),
        // The user's flags have the last word.
        crt_static: flags.rustflags.iter().rev().find_map(|f| crt_static(f)).unwrap_or(unit.crt_static),
        msvc: unit.msvc.clone(),
        rust_version: workspace.members.iter().filter(|m| built(&m.name)).filter_map(|m| m.rust_version.clone()).max(),
        no_build: false,
    }
}

/// What a flag says about the C run-time.
fn crt_static(flag: &str) -> Option<bool> {
    let said = |sign: char| flag.contains(&format!("{sign}crt-static"));
    if said('+') { Some(true) } else { said('-').then_some(false) }
}

#[allow(clippy::too_many_arguments)] // Everything that was decided meets here, once.
fn compile_plan(
    host: &dyn Host,
    request: &BuildArgs,
    workspace: &Workspace,
    config: &Config,
    cargo_config: &CargoConfig,
    unit: &Unit,
    ready: &Ready,
    flags: TargetFlags,
) -> Result<CompilePlan, Problems> {
    let cargo_home = cargo_config.cargo_home.clone();
    let vendored = cargo_config.source_directories();
    let mut roots = compile::known_roots(cargo_home.as_deref(), &vendored, &workspace.target_dir, unit.target.triple());
    let folders = ready.recipe.folders.iter().chain([&ready.recipe.sources]);
    roots.remaps.extend(folders.map(|(folder, name)| compile::Remap::new(folder, name)));
    compile::plan(&compile::Request {
        workspace,
        args: request,
        unit,
        profile: &config.profile,
        cargo: crate::host::cargo(host).to_string_lossy().into_owned(),
        cwd: host.cwd(),
        cargo_home,
        user_rustflags: flags.rustflags,
        build_env: &|key| cargo_config.build_env(host, key),
        subcommand: &ready.recipe.subcommand,
        recipe_linker: ready.recipe.linker.as_deref(),
        own_exe: host.own_exe(),
        recipe_env: &ready.recipe.env,
        recipe_rustflags: &ready.recipe.rustflags,
        recipe_cargo_args: &ready.recipe.cargo_args,
        roots,
        cache_dir: crate::host::cache_dir(host),
        staging: PathBuf::from(STAGE),
    })
}

fn facts(target: &PreparedTarget) -> plan::TargetFacts<'_> {
    let recipe = &target.ready.recipe;
    let tool = recipe.versions.iter().find(|v| v.name.contains("gcc") || v.name.contains("clang"));
    let version = tool.map(|v| format!(" {}", v.version)).unwrap_or_default();
    let why = if target.unit.backend == config::BackendChoice::Auto { " (auto)" } else { "" };
    let compile = &target.compile;
    let mut run: Vec<Cmd> = compile.cmds();
    run.extend(super::target::commands(target, Path::new(STAGE)));
    plan::TargetFacts {
        unit: &target.unit,
        inputs: &target.inputs,
        rendered: target.texts.iter().map(Texts::names).collect(),
        backend: format!("{}{version}{why}", recipe.backend.as_str()),
        notes: recipe.notes.iter().chain(&compile.notes).cloned().collect(),
        run: run.iter().map(command).collect(),
    }
}

fn command(cmd: &Cmd) -> CommandPlan {
    let text = |word: &std::ffi::OsString| word.to_string_lossy().into_owned();
    CommandPlan {
        argv: std::iter::once(&cmd.program).chain(&cmd.args).map(text).collect(),
        env: cmd.env.iter().map(|(key, value)| (text(key), value.as_ref().map(text))).collect(),
        cwd: cmd.cwd.as_ref().map(|dir| dir.display().to_string()),
    }
}
