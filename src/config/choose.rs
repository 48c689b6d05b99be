//! Which packages are meant: cargo's own flags, else the choice ladder.

use super::nearest::{list, nearest};
use crate::cli::BuildArgs;
use crate::error::Problem;
use crate::workspace::{Package, Workspace};
use globset::GlobBuilder;

/// The chosen packages, in the order in which cargo lists the members. Never empty.
pub(crate) fn packages<'a>(args: &BuildArgs, workspace: &'a Workspace) -> Result<Vec<&'a Package>, Vec<Problem>> {
    if !args.exclude.is_empty() && !args.workspace {
        return Err(vec![
            Problem::usage("exclude-without-workspace", "`--exclude` needs `--workspace`").fix("--workspace"),
        ]);
    }
    if args.workspace {
        return whole_workspace(args, workspace);
    }
    if !args.packages.is_empty() {
        return by_spec(&args.packages, workspace);
    }
    ladder(workspace).map(|package| vec![package])
}

/// All members that have something to pack, but for the excluded ones.
fn whole_workspace<'a>(args: &BuildArgs, workspace: &'a Workspace) -> Result<Vec<&'a Package>, Vec<Problem>> {
    let problems: Vec<Problem> = args
        .exclude
        .iter()
        .filter(|spec| !workspace.members.iter().any(|m| matches(spec, m)))
        .map(|spec| unknown(spec, "--exclude", workspace))
        .collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let excluded = |member: &Package| args.exclude.iter().any(|spec| matches(spec, member));
    let chosen: Vec<&Package> = workspace.members.iter().filter(|m| !excluded(m) && is_candidate(m)).collect();
    if chosen.is_empty() {
        return Err(vec![no_binary(workspace)]);
    }
    Ok(chosen)
}

fn by_spec<'a>(specs: &[String], workspace: &'a Workspace) -> Result<Vec<&'a Package>, Vec<Problem>> {
    let problems: Vec<Problem> = specs
        .iter()
        .filter(|spec| !workspace.members.iter().any(|m| matches(spec, m)))
        .map(|spec| unknown(spec, "-p", workspace))
        .collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(workspace.members.iter().filter(|m| specs.iter().any(|spec| matches(spec, m))).collect())
}

/// The rungs that cargo-deb users know, with the package one stands in first, as cargo itself has it.
fn ladder(workspace: &Workspace) -> Result<&Package, Vec<Problem>> {
    let named = |name: &str| workspace.members.iter().find(|m| m.name == name);
    let candidates: Vec<&Package> = workspace.members.iter().filter(|m| is_candidate(m)).collect();
    let sole_default = match workspace.default_members.as_slice() {
        [name] => named(name),
        _ => None,
    };
    let rungs = [
        workspace.current_package.as_deref().and_then(named),
        sole_default,
        workspace.root_package.as_deref().and_then(named),
        sole(candidates.iter().copied().filter(|m| m.metadata.is_some())),
        sole(candidates.iter().copied()),
    ];
    if let Some(package) = rungs.into_iter().flatten().find(|m| is_candidate(m)) {
        return Ok(package);
    }
    if candidates.is_empty() {
        return Err(vec![no_binary(workspace)]);
    }
    let names: Vec<&str> = candidates.iter().map(|m| m.name.as_str()).collect();
    let problem = Problem::usage(
        "several-packages",
        format!("the workspace has several packages with a binary and none is chosen: {}", list(&names, "and")),
    );
    let problem = names.iter().fold(problem, |problem, name| problem.fix(format!("-p {name}")));
    Err(vec![problem.fix("--workspace")])
}

fn sole<'a>(mut packages: impl Iterator<Item = &'a Package>) -> Option<&'a Package> {
    packages.next().filter(|_| packages.next().is_none())
}

/// A package with something to pack: a binary, or a configuration that names another package's.
fn is_candidate(package: &Package) -> bool {
    let borrows = |metadata: &serde_json::Value| {
        let services = metadata.get("services").and_then(|s| s.as_object());
        services.is_some_and(|s| s.values().any(|service| service.get("package").is_some()))
    };
    !package.bins.is_empty() || package.metadata.as_ref().is_some_and(borrows)
}

fn no_binary(workspace: &Workspace) -> Problem {
    let what = match workspace.members.as_slice() {
        [package] => format!("package `{}` has no binary target, so there is nothing to package", package.name),
        _ => "no package of the workspace has a binary target, so there is nothing to package".into(),
    };
    Problem::usage("no-binary", what).fix("add src/main.rs or a [[bin]] section to Cargo.toml")
}

fn unknown(spec: &str, flag: &str, workspace: &Workspace) -> Problem {
    let names: Vec<&str> = workspace.members.iter().map(|m| m.name.as_str()).collect();
    let problem = Problem::usage("unknown-package", format!("no package `{spec}` in the workspace (`{flag} {spec}`)"));
    match nearest(spec, names.iter().copied()) {
        Some(name) => problem.fix(format!("{flag} {name}")),
        None => problem.fix(format!("the members are {}", list(&names, "and"))),
    }
}

/// Whether a package id specification means a member: its name, a glob over names (as cargo has it for members),
/// `name@version` with a version that may be shortened, or the full id.
fn matches(spec: &str, package: &Package) -> bool {
    if spec == package.name || spec == package.id {
        return true;
    }
    if spec.contains(['*', '?', '[']) {
        return GlobBuilder::new(spec).build().is_ok_and(|glob| glob.compile_matcher().is_match(&package.name));
    }
    let (location, fragment) = spec.rsplit_once('#').map_or((None, spec), |(url, rest)| (Some(url), rest));
    if location.is_some_and(|url| !package.id.starts_with(url)) {
        return false;
    }
    match fragment.split_once(['@', ':']) {
        Some((name, version)) => {
            let full = package.version.to_string();
            let shortened = full.strip_prefix(version).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            name == package.name && shortened
        }
        None => location.is_some() && (fragment == package.name || fragment == package.version.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{package, workspace};

    fn names(args: &BuildArgs, workspace: &Workspace) -> Result<Vec<String>, Vec<String>> {
        packages(args, workspace)
            .map(|chosen| chosen.iter().map(|p| p.name.clone()).collect())
            .map_err(|problems| problems.iter().map(|p| format!("{p} | {}", p.fixes.join(" | "))).collect())
    }

    fn ok(names: &[&str]) -> Result<Vec<String>, Vec<String>> {
        Ok(names.iter().map(|n| (*n).to_owned()).collect())
    }

    fn err(message: &str) -> Result<Vec<String>, Vec<String>> {
        Err(vec![message.to_owned()])
    }

    #[test]
    fn each_rung_of_the_ladder() {
        let none = BuildArgs::default();
        let with = |mut package: Package| {
            package.metadata = Some(serde_json::json!({}));
            package
        };
        let mut ws = workspace(vec![package("lib", &[]), package("a", &["a"]), package("b", &["b"])]);
        assert_eq!(
            names(&none, &ws),
            err(
                "the workspace has several packages with a binary and none is chosen: `a` and `b` | -p a | -p b | --workspace"
            )
        );
        ws.members[2] = with(package("b", &["b"]));
        assert_eq!(names(&none, &ws), ok(&["b"]), "the sole one with metadata");
        ws.root_package = Some("a".into());
        assert_eq!(names(&none, &ws), ok(&["a"]), "the root package");
        ws.default_members = vec!["b".into()];
        assert_eq!(names(&none, &ws), ok(&["b"]), "the sole default member");
        ws.default_members = vec!["b".into(), "a".into()];
        assert_eq!(names(&none, &ws), ok(&["a"]), "two default members decide nothing");
        ws.default_members = vec!["lib".into()];
        assert_eq!(names(&none, &ws), ok(&["a"]), "a default member without a binary decides nothing");
        ws.current_package = Some("b".into());
        assert_eq!(names(&none, &ws), ok(&["b"]), "the one we stand in");
        ws.current_package = Some("lib".into());
        assert_eq!(names(&none, &ws), ok(&["a"]));

        let sole = workspace(vec![package("lib", &[]), package("a", &["x"])]);
        assert_eq!(names(&none, &sole), ok(&["a"]), "the sole one with a bin");
    }

    #[test]
    fn flags_mean_what_cargo_means() {
        let ws = workspace(vec![package("lib", &[]), package("web-a", &["a"]), package("web-b", &["b"])]);
        let p = |specs: &[&str]| BuildArgs {
            packages: specs.iter().map(|s| (*s).to_owned()).collect(),
            ..BuildArgs::default()
        };
        assert_eq!(names(&p(&["web-b", "web-a"]), &ws), ok(&["web-a", "web-b"]));
        assert_eq!(names(&p(&["web-*"]), &ws), ok(&["web-a", "web-b"]));
        assert_eq!(names(&p(&["web-a@1.2.3"]), &ws), ok(&["web-a"]));
        assert_eq!(names(&p(&["web-a@1.2"]), &ws), ok(&["web-a"]));
        assert_eq!(names(&p(&["path+file:///w/web-a#1.2.3"]), &ws), ok(&["web-a"]));
        assert_eq!(
            names(&p(&["web-a@2.0.0"]), &ws),
            err(
                "no package `web-a@2.0.0` in the workspace (`-p web-a@2.0.0`) | the members are `lib`, `web-a` and `web-b`"
            )
        );
        assert_eq!(
            names(&p(&["wbe-a", "zzz"]), &ws),
            Err(vec![
                "no package `wbe-a` in the workspace (`-p wbe-a`) | -p web-a".into(),
                "no package `zzz` in the workspace (`-p zzz`) | the members are `lib`, `web-a` and `web-b`".into()
            ])
        );
        let all = |exclude: &[&str]| BuildArgs {
            workspace: true,
            exclude: exclude.iter().map(|s| (*s).to_owned()).collect(),
            ..BuildArgs::default()
        };
        assert_eq!(names(&all(&[]), &ws), ok(&["web-a", "web-b"]), "members without a binary are left out");
        assert_eq!(names(&all(&["*-a"]), &ws), ok(&["web-b"]));
        assert_eq!(
            names(&all(&["web-c"]), &ws),
            err("no package `web-c` in the workspace (`--exclude web-c`) | --exclude web-a")
        );
        assert_eq!(
            names(&BuildArgs { exclude: vec!["web-a".into()], ..BuildArgs::default() }, &ws),
            err("`--exclude` needs `--workspace` | --workspace")
        );
    }

    #[test]
    fn nothing_to_package() {
        let one = workspace(vec![package("lib", &[])]);
        assert_eq!(
            names(&BuildArgs::default(), &one),
            err(
                "package `lib` has no binary target, so there is nothing to package | add src/main.rs or a [[bin]] section to Cargo.toml"
            )
        );
        let several = workspace(vec![package("a", &[]), package("b", &[])]);
        let all = BuildArgs { workspace: true, ..BuildArgs::default() };
        for args in [BuildArgs::default(), all] {
            assert!(
                names(&args, &several).is_err_and(|p| p[0].starts_with("no package of the workspace has a binary"))
            );
        }
    }
}
