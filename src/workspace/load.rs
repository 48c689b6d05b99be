//! `cargo metadata --no-deps`, and what the environment adds to it.

use super::types::{Bin, ManifestText, Package, Source, Workspace};
use super::{epoch, git};
use crate::cli::BuildArgs;
use crate::error::Problem;
use crate::host::{Cmd, Host, cargo, shorten};
use std::path::{Path, PathBuf};

/// Loads the workspace that the request means.
///
/// # Errors
/// No Cargo.toml, one that cargo refuses (its own message is passed on), a malformed SOURCE_DATE_EPOCH.
pub fn load(host: &dyn Host, request: &BuildArgs) -> anyhow::Result<Workspace> {
    let cwd = host.cwd();
    let manifest = find_manifest(&cwd, request.manifest_path.as_deref())?;
    // Fails before cargo is asked: the cheapest check first.
    epoch::epoch(host.env("SOURCE_DATE_EPOCH").as_deref(), None)?;
    // Git is asked while cargo works, about the folders that most projects have.
    let likely = likely_folders(host, request, &cwd, &manifest);
    let output = request.output.as_ref().map(|dir| cwd.join(dir));
    let head = |root: &Path, target_dir: &Path, build_dir: &Path| {
        let ours: Vec<&Path> = [target_dir, build_dir].into_iter().chain(output.as_deref()).collect();
        git::head(host, root, &ours)
    };
    let (metadata, likely_head) =
        rayon::join(|| metadata(host, request, &manifest), || head(&likely.0, &likely.1, &likely.1));
    let metadata = metadata?;
    let root = metadata.workspace_root.clone().into_std_path_buf();
    let target_dir = match &request.target_dir {
        Some(dir) => cwd.join(dir),
        None => metadata.target_directory.clone().into_std_path_buf(),
    };
    let build_dir = build_dir(&metadata, &target_dir);
    let as_likely = (&root, &target_dir, &build_dir) == (&likely.0, &likely.1, &likely.1);
    let head = if as_likely { likely_head } else { head(&root, &target_dir, &build_dir) };
    let epoch = epoch::epoch(host.env("SOURCE_DATE_EPOCH").as_deref(), head.time)?;
    let text = |path: &Path| ManifestText {
        path: path.to_owned(),
        display: shorten(path, &cwd),
        text: std::fs::read_to_string(path).unwrap_or_default(),
    };
    let members: Vec<Package> = metadata.workspace_packages().into_iter().map(|p| member(p, &text)).collect();
    let name_of = |path: &Path| members.iter().find(|m| same_file(&m.manifest.path, path)).map(|m| m.name.clone());
    let root_manifest = root.join("Cargo.toml");
    let default_members = if metadata.workspace_default_members.is_available() {
        let packages = metadata.workspace_default_packages();
        packages.into_iter().map(|p| p.name.to_string()).collect()
    } else {
        Vec::new()
    };
    Ok(Workspace {
        current_package: name_of(&manifest),
        root_package: name_of(&root_manifest),
        manifest: text(&root_manifest),
        metadata: table(&metadata.workspace_metadata),
        default_members,
        source: head.source,
        notes: head.note.into_iter().collect(),
        epoch,
        build_targets: None,
        root,
        target_dir,
        build_dir,
        members,
    })
}

/// The folder of cargo's intermediate results: that of `build.build-dir` where one is set, else the target folder.
fn build_dir(metadata: &cargo_metadata::Metadata, target_dir: &Path) -> PathBuf {
    match &metadata.build_directory {
        Some(dir) if *dir != metadata.target_directory => dir.clone().into_std_path_buf(),
        _ => target_dir.to_owned(),
    }
}

/// The state of the repository once cargo has built: what [`load`] found, unless cargo has had to change Cargo.lock.
pub fn source_after_build(host: &dyn Host, workspace: &Workspace) -> Option<Source> {
    let source = workspace.source.as_ref()?;
    let clean = source.clean && git::lock_is_clean(host, &workspace.root);
    Some(Source { clean, ..source.clone() })
}

/// Workspace root and target directory of a package that is its own workspace and builds where cargo does by default.
fn likely_folders(host: &dyn Host, request: &BuildArgs, cwd: &Path, manifest: &Path) -> (PathBuf, PathBuf) {
    let root = manifest.parent().unwrap_or(cwd).to_owned();
    let given = request.target_dir.clone().or_else(|| host.env("CARGO_TARGET_DIR").map(PathBuf::from));
    let target_dir = given.map_or_else(|| root.join("target"), |dir| cwd.join(dir));
    (root, target_dir)
}

/// The Cargo.toml that cargo would take: the given one, else the nearest in the working directory and above it.
fn find_manifest(cwd: &Path, given: Option<&Path>) -> Result<PathBuf, Problem> {
    if let Some(given) = given {
        let path = cwd.join(given);
        if path.is_file() {
            return Ok(path);
        }
        return Err(Problem::usage("no-manifest", format!("there is no file `{}`", given.display()))
            .fix("--manifest-path path/to/Cargo.toml"));
    }
    cwd.ancestors().map(|dir| dir.join("Cargo.toml")).find(|path| path.is_file()).ok_or_else(|| {
        Problem::usage("no-manifest", format!("no Cargo.toml in `{}` or any folder above it", cwd.display()))
            .fix("run it in a crate's folder, or add --manifest-path path/to/Cargo.toml")
    })
}

fn metadata(host: &dyn Host, request: &BuildArgs, manifest: &Path) -> anyhow::Result<cargo_metadata::Metadata> {
    let mut cmd = Cmd::new(cargo(host)).args(["metadata", "--format-version", "1", "--no-deps"]);
    cmd = cmd.arg("--manifest-path").arg(manifest);
    for (flag, set) in [("--locked", request.locked), ("--offline", request.offline), ("--frozen", request.frozen)] {
        if set {
            cmd = cmd.arg(flag);
        }
    }
    for value in &request.config {
        cmd = cmd.arg("--config").arg(value);
    }
    let output = host.output(&cmd).map_err(|e| {
        if e.kind() == std::io::ErrorKind::Interrupted {
            return crate::host::interrupted();
        }
        Problem::new("no-cargo", format!("can't run `{}`: {e}", cmd.program.to_string_lossy()))
            .fix("install Rust (https://rustup.rs) or set CARGO to the path of cargo")
            .exit(crate::error::Exit::ToolMissing)
    })?;
    crate::host::check_interrupt(host)?;
    if !output.ok() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim_end().strip_prefix("error: ").unwrap_or(said.trim_end());
        let empty = host.env("CARGO_TARGET_DIR").is_some_and(|dir| dir.is_empty());
        let fix = if empty { "unset CARGO_TARGET_DIR".to_owned() } else { cmd.display() };
        return Err(Problem::usage("cargo-metadata", format!("cargo can't read `{}`: {said}", manifest.display()))
            .fix(fix)
            .into());
    }
    let text = std::str::from_utf8(&output.stdout)?;
    // Cargo may print other lines before its object.
    let json = text.lines().find(|l| l.starts_with('{')).unwrap_or(text);
    Ok(cargo_metadata::MetadataCommand::parse(json)?)
}

fn member(package: &cargo_metadata::Package, text: &dyn Fn(&Path) -> ManifestText) -> Package {
    let bins = package.targets.iter().filter(|t| t.is_bin());
    Package {
        name: package.name.to_string(),
        id: package.id.repr.clone(),
        version: package.version.clone(),
        manifest: text(package.manifest_path.as_std_path()),
        metadata: table(&package.metadata),
        bins: bins.map(|t| Bin { name: t.name.clone(), required_features: t.required_features.clone() }).collect(),
        default_run: package.default_run.clone(),
        rust_version: package.rust_version.clone(),
        description: package.description.clone(),
        authors: package.authors.clone(),
        homepage: package.homepage.clone(),
        repository: package.repository.clone(),
        license: package.license.clone(),
        license_file: package.license_file.as_ref().map(ToString::to_string),
    }
}

/// The `winsvc` table of a metadata value.
fn table(metadata: &serde_json::Value) -> Option<serde_json::Value> {
    metadata.get("winsvc").cloned()
}

fn same_file(a: &Path, b: &Path) -> bool {
    a == b || matches!((dunce::canonicalize(a), dunce::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}
