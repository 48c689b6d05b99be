//! From the request and the workspace to the resolved configuration.

use super::decode::{self, Cx};
use super::key_path::KeyPath;
use super::layers::{Layers, Source, Spot};
use super::nearest::{list, nearest};
use super::origins;
use super::tree::View;
use super::types::{BackendChoice, Config, DebugInfo, Msvc, Origin, Origins, Unit};
use super::{choose, keys, targets};
use crate::cli::BuildArgs;
use crate::error::{Problem, Problems};
use crate::model::Target;
use crate::workspace::{Package, Workspace};
use std::cell::RefCell;

/// What a package wants of the cargo invocation that builds it together with others.
#[derive(Clone, PartialEq, Eq)]
struct Build {
    backend: BackendChoice,
    crt_static: bool,
    msvc: Msvc,
    debug_info: DebugInfo,
}

/// Everything found so far.
#[derive(Default)]
struct Found {
    problems: RefCell<Vec<(Spot, Problem)>>,
    origins: Origins,
}

impl Found {
    fn push(&self, problem: Problem) {
        self.problems.borrow_mut().push((Spot::NOWHERE, problem));
    }
}

/// Resolves the configuration: which packages, targets and services, and every value of theirs, each with its origin.
/// Does no IO. Lines in origins are left out; [`super::locate_origins`] fills them in.
///
/// # Errors
/// All problems of the request and of the configuration at once, each with its place in Cargo.toml, in the order in which
/// a reader meets them.
pub fn resolve(args: &BuildArgs, workspace: &Workspace) -> Result<Config, Problems> {
    let (config, problems) = examine(args, workspace)?;
    Problems::check(problems).map(|()| config)
}

/// As [`resolve`], with what could be understood beside all problems: whoever reads the files that the configuration names can
/// report theirs in the same breath.
///
/// # Errors
/// The request chooses no package.
pub fn examine(args: &BuildArgs, workspace: &Workspace) -> Result<(Config, Vec<Problem>), Problems> {
    let chosen = choose::packages(args, workspace).map_err(Problems)?;
    let shared = Source::of_workspace(workspace);
    let sources: Vec<(&Package, Source<'_>)> = chosen.iter().map(|p| (*p, Source::of_package(p))).collect();
    let mut found = Found::default();
    found.problems.get_mut().extend(shared.problems());
    for (_, source) in &sources {
        found.problems.get_mut().extend(source.problems());
    }
    if let Some(variant) = &args.variant {
        let mut declared = shared.variants();
        declared.extend(sources.iter().flat_map(|(_, source)| source.variants()));
        declared.sort();
        declared.dedup();
        if let Err(problem) = decode::variant_is_known(variant, &declared) {
            found.push(problem);
        }
    }
    let backend = backend_flag(args, &found);
    let mut run = Vec::new();
    let run_targets = targets::of_run(args, workspace, &mut run);
    run.into_iter().for_each(|problem| found.push(problem));

    let mut required_version = None;
    let mut profiles: Vec<(&str, String)> = Vec::new();
    let mut builds: Vec<(&str, Target, Build)> = Vec::new();
    let mut units: Vec<Unit> = Vec::new();
    for (package, source) in &sources {
        let both = [&shared, source];
        // The variant's own targets and profile count: it is merged before there is a target.
        let base = Layers::merge(both, None, args.variant.as_deref());
        required_version = check_version(&base, &mut found).or(required_version);
        profiles.push((&package.name, profile(args, &base, &mut found)));
        let (wanted, origin) =
            run_targets.clone().unwrap_or_else(|| targets::of_package(&base, found.problems.get_mut()));
        found.origins.entry("targets".into()).or_insert(origin);
        for target in wanted {
            let layers = Layers::merge(both, Some(target.triple()), args.variant.as_deref());
            let cx = Cx {
                args,
                workspace,
                package,
                target: &target,
                layers: &layers,
                problems: &found.problems,
                origins: RefCell::default(),
            };
            let bundle = decode::bundle(&cx);
            let build = build(&cx, backend);
            let derived = cx.origins.into_inner();
            let services = bundle.iter().flat_map(|b| &b.services).map(|s| s.name.as_str());
            let services: Vec<&str> = services.collect();
            origins::note(&mut found.origins, package, &target, &layers, &derived, &services);
            builds.push((&package.name, target.clone(), build.clone()));
            let Some(bundle) = bundle else { continue };
            match units.iter_mut().find(|u| u.target == target) {
                Some(unit) => unit.bundles.push(bundle),
                None => units.push(Unit {
                    backend: build.backend,
                    crt_static: build.crt_static,
                    msvc: build.msvc,
                    debug_info: build.debug_info,
                    bundles: vec![bundle],
                    target,
                }),
            }
        }
    }
    check_bins(args, &chosen, &units, &found);
    check_agreement(&profiles, &builds, &found);
    for problem in decode::same_bundle(&units) {
        found.push(problem);
    }
    let problems = origins::placed(found.problems.into_inner(), workspace);
    let profile = profiles.into_iter().next().map(|(_, profile)| profile).unwrap_or_default();
    Ok((Config { profile, required_version, units, origins: found.origins }, problems))
}

/// `required-version`: this version has to be one of those that the project wants. Gives what it says.
fn check_version(layers: &Layers<'_>, found: &mut Found) -> Option<String> {
    let view = View::root(&layers.tree).at("required-version");
    let text = view.text()?;
    found.origins.entry("required-version".into()).or_insert_with(|| layers.origin(&view.path));
    let ours = env!("CARGO_PKG_VERSION");
    let problem = match (semver::VersionReq::parse(text), semver::Version::parse(ours)) {
        (Err(why), _) => {
            let shown = super::check::printable(text);
            Problem::usage("wrong-value", format!("`required-version`: `{shown}` is no version requirement: {why}"))
                .fix(format!("required-version = \"{ours}\""))
        }
        (Ok(wanted), Ok(version)) if !wanted.matches(&version) => {
            let what = format!("this is cargo-winsvc {ours}, and the project requires {wanted}");
            Problem::usage("required-version", what).fix(format!("cargo install cargo-winsvc --version '{wanted}'"))
        }
        _ => return Some(text.to_owned()),
    };
    found.problems.get_mut().push((layers.spot(&view.path), problem));
    None
}

fn profile(args: &BuildArgs, base: &Layers<'_>, found: &mut Found) -> String {
    let view = View::root(&base.tree).at("profile");
    let (profile, origin) = match (&args.profile, view.text()) {
        (Some(profile), _) => (profile.clone(), Origin::CommandLine { flag: "--profile".into() }),
        (None, Some(profile)) => (profile.to_owned(), base.origin(&view.path)),
        (None, None) => ("release".to_owned(), Origin::Default),
    };
    found.origins.entry("profile".into()).or_insert(origin);
    // Cargo's rule for profile names.
    if profile.is_empty() || !profile.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
        let shown = super::check::printable(&profile);
        let rule = "is no profile name: letters, digits, `-` and `_`";
        let problem = |what: String, fix: &str| Problem::usage("wrong-value", what).fix(fix);
        match args.profile {
            Some(_) => found.push(problem(format!("`{shown}` (`--profile {shown}`) {rule}"), "--profile release")),
            None => found.problems.get_mut().push((
                base.spot(&view.path),
                problem(format!("`profile`: `{shown}` {rule}"), "profile = \"release\""),
            )),
        }
    }
    profile
}

/// `--backend`, judged by the same table as the key.
fn backend_flag(args: &BuildArgs, found: &Found) -> Option<BackendChoice> {
    let word = args.backend.as_deref()?;
    let mut faults = Vec::new();
    super::check::check(&serde_json::json!({ "backend": word }), &mut faults);
    for fault in faults {
        let mut problem = fault.problem;
        problem.what = format!("{} (`--backend {word}`)", problem.what);
        for fix in &mut problem.fixes {
            if let Some(value) = fix.strip_prefix("backend = ") {
                *fix = format!("--backend {}", value.trim_matches('"'));
            }
        }
        found.push(problem);
    }
    BackendChoice::WORDS.iter().find(|(name, _)| *name == word).map(|(_, choice)| *choice)
}

fn build(cx: &Cx<'_>, backend: Option<BackendChoice>) -> Build {
    let root = cx.root();
    if backend.is_some() {
        cx.by_flag(&KeyPath::of(["backend"]), "--backend");
    }
    let debug_info = [
        ("full", DebugInfo::Full),
        ("limited", DebugInfo::Limited),
        ("line-tables", DebugInfo::LineTables),
        ("none", DebugInfo::None),
        ("profile", DebugInfo::Profile),
    ];
    let msvc = |key: &str| root.at("msvc").at(key).text().map(str::to_owned);
    Build {
        backend: backend.unwrap_or_else(|| cx.choice(&root.at("backend"), BackendChoice::WORDS, BackendChoice::Auto)),
        crt_static: root.at("crt-static").bool().unwrap_or(true),
        msvc: Msvc {
            sdk_version: msvc("sdk-version").unwrap_or_else(|| Msvc::SDK.to_owned()),
            crt_version: msvc("crt-version").unwrap_or_else(|| Msvc::CRT.to_owned()),
        },
        debug_info: cx.choice(&root.at("debug-info"), &debug_info, DebugInfo::Limited),
    }
}

/// Every `--bin` has to be somebody's.
fn check_bins(args: &BuildArgs, chosen: &[&Package], units: &[Unit], found: &Found) {
    let used: Vec<&str> = units.iter().flat_map(|u| &u.bundles).flat_map(|b| &b.bins).map(|b| b.bin.as_str()).collect();
    let all: Vec<&str> = chosen.iter().flat_map(|p| &p.bins).map(|b| b.name.as_str()).collect();
    // A bundle that could not be decoded uses bins that we can't know.
    let clean = found.problems.borrow().is_empty();
    for bin in args.bins.iter().map(String::as_str).filter(|bin| !used.contains(bin)) {
        if all.contains(&bin) {
            if clean {
                let what = format!("`--bin {bin}`: no configured service is made of the binary `{bin}`");
                let fix =
                    format!("[package.metadata.winsvc.services.{}]  bin = \"{bin}\"", super::key_path::quoted(bin));
                found.push(Problem::usage("unknown-binary", what).fix(fix));
            }
            continue;
        }
        let problem =
            Problem::usage("unknown-binary", format!("no binary `{bin}` in the chosen packages (`--bin {bin}`)"));
        found.push(match nearest(bin, all.iter().copied()) {
            Some(near) => problem.fix(format!("--bin {near}")),
            None => problem.fix(format!("the binaries are {}", list(&all, "and"))),
        });
    }
}

/// Packages that one cargo invocation builds have to want the same of it.
fn check_agreement(profiles: &[(&str, String)], builds: &[(&str, Target, Build)], found: &Found) {
    let differ = |a: &str, b: &str, key: &str| {
        let what = format!("packages `{a}` and `{b}` are built together and want a different `{key}`");
        found.push(Problem::usage("packages-differ", what).fix(format!("-p {a}, then -p {b}")));
    };
    if let Some((first, rest)) = profiles.split_first() {
        for (name, _) in rest.iter().filter(|(_, profile)| *profile != first.1) {
            differ(first.0, name, "profile");
        }
    }
    for (i, (name, target, build)) in builds.iter().enumerate() {
        let Some((other, _, theirs)) = builds[..i].iter().find(|(_, t, _)| t == target) else { continue };
        for (key, same) in [
            ("backend", theirs.backend == build.backend),
            ("crt-static", theirs.crt_static == build.crt_static),
            ("msvc", theirs.msvc == build.msvc),
            ("debug-info", theirs.debug_info == build.debug_info),
        ] {
            debug_assert!(keys::ROOT.iter().any(|k| k.name == key));
            if !same {
                differ(other, name, key);
            }
        }
    }
}
