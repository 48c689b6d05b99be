//! Which targets are built.

use super::check::near_target;
use super::layers::Layers;
use super::layers::Spot;
use super::tree::View;
use super::types::Origin;
use crate::cli::BuildArgs;
use crate::error::Problem;
use crate::model::Target;
use crate::workspace::Workspace;

/// What is built when nobody says otherwise.
const DEFAULT: &str = "x86_64-pc-windows-gnu";

/// The targets for the whole run, from the command line or cargo's own configuration; `None` when neither decides.
pub(super) fn of_run(
    args: &BuildArgs,
    workspace: &Workspace,
    problems: &mut Vec<Problem>,
) -> Option<(Vec<Target>, Origin)> {
    if !args.targets.is_empty() {
        let flag = "--target".to_owned();
        return Some((parse(&args.targets, "--target ", problems), Origin::CommandLine { flag }));
    }
    let (triples, origin) = workspace.build_targets.as_ref().filter(|(triples, _)| !triples.is_empty())?;
    let windows: Vec<String> = triples.iter().filter(|t| t.contains("-windows-")).cloned().collect();
    match origin {
        // The environment is set for this run: a target in it is meant.
        Origin::Environment { variable } => {
            let before = format!("{variable}=");
            Some((parse(triples, &before, problems), origin.clone()))
        }
        // A configuration file is for all of cargo's runs: other systems in it are none of ours.
        _ if windows.is_empty() => None,
        _ => Some((parse(&windows, "build.target = ", problems), origin.clone())),
    }
}

fn parse(triples: &[String], before: &str, problems: &mut Vec<Problem>) -> Vec<Target> {
    let mut targets = Vec::new();
    for triple in triples {
        match triple.parse::<Target>() {
            Ok(target) if targets.contains(&target) => {}
            Ok(target) => targets.push(target),
            Err(why) => {
                let problem = Problem::usage("unknown-target", format!("`{triple}` (`{before}{triple}`) is {why}"));
                problems.push(near_target(problem, triple, |near| format!("{before}{near}")));
            }
        }
    }
    targets
}

/// The targets of a package, from its configuration or the default.
pub(super) fn of_package(layers: &Layers<'_>, problems: &mut Vec<(Spot, Problem)>) -> (Vec<Target>, Origin) {
    let view = View::root(&layers.tree).at("targets");
    if !view.is_set() || view.items().is_empty() && layers.bad.contains(&view.path) {
        return (DEFAULT.parse().into_iter().collect(), Origin::Default);
    }
    let mut targets: Vec<Target> = Vec::new();
    if view.items().is_empty() {
        let problem = Problem::usage("wrong-value", "`targets` is empty").fix(format!("targets = [\"{DEFAULT}\"]"));
        problems.push((layers.spot(&view.path), problem));
    }
    for item in view.items() {
        let triple = item.text().unwrap_or_default();
        match triple.parse::<Target>() {
            Ok(target) if targets.contains(&target) => {}
            Ok(target) => targets.push(target),
            Err(why) => {
                let triple = super::check::printable(triple);
                let problem = Problem::usage("unknown-target", format!("`{}`: `{triple}` is {why}", item.path));
                let problem = near_target(problem, &triple, |near| format!("\"{near}\""));
                problems.push((layers.spot(&item.path), problem));
            }
        }
    }
    (targets, layers.origin(&view.path))
}
