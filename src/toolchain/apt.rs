//! What apt can install: Debian, Ubuntu and their kin. Reading only; [`super::provision`] installs.

use crate::host::{Cmd, Host};
use crate::model::{Env, Target};
use semver::Version;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// A compiler of the distribution together with a Windows standard library for it, or the sources of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AptChoice {
    /// The packages to install.
    pub(super) packages: Vec<String>,
    /// Version of the compiler.
    pub(super) version: Version,
    /// The library is there; otherwise it is built from the sources.
    pub(super) prebuilt: bool,
    /// Where the compiler will be.
    pub(super) rustc: PathBuf,
}

/// The version that apt would install, by package. Packages that it does not know are left out.
pub(super) fn candidates(host: &dyn Host, packages: &[String]) -> BTreeMap<String, String> {
    let cmd = Cmd::new("apt-cache").arg("policy").args(packages).env("LC_ALL", "C").timeout(PATIENCE);
    match host.output(&cmd) {
        Ok(output) if output.ok() => parse_policy(&output.text()),
        _ => BTreeMap::new(),
    }
}

pub(super) fn parse_policy(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut package = None;
    for line in text.lines() {
        if !line.starts_with(' ') {
            package = line.strip_suffix(':');
        } else if let (Some(name), Some(version)) = (package, line.trim().strip_prefix("Candidate: "))
            && version != "(none)"
        {
            found.insert(name.to_owned(), version.to_owned());
        }
    }
    found
}

/// All packages that may matter: the plain compiler, the one that follows Firefox's needs (`rustc-web`), and Ubuntu's
/// versioned ones.
pub(super) fn interesting(host: &dyn Host) -> Vec<String> {
    let mut series = vec![String::new()];
    let cmd = Cmd::new("apt-cache").args(["pkgnames", "rustc-1."]).env("LC_ALL", "C").timeout(PATIENCE);
    if let Ok(output) = host.output(&cmd) {
        let names = output.text();
        series
            .extend(names.lines().filter_map(|n| n.strip_prefix("rustc")).filter(|s| is_version(s)).map(str::to_owned));
    }
    series.push("-web".to_owned());
    series.iter().flat_map(|s| Names::of(s).all()).collect()
}

/// `-1.80`, not `-1.80-doc`.
fn is_version(suffix: &str) -> bool {
    suffix.strip_prefix("-1.").is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit()))
}

/// Names of the packages of one series: its suffix is empty, `-web` or `-1.80`.
struct Names {
    rustc: String,
    sources: String,
    windows: String,
}

impl Names {
    fn of(suffix: &str) -> Self {
        Names {
            rustc: format!("rustc{suffix}"),
            sources: format!("rust{suffix}-src"),
            windows: format!("libstd-rust{suffix}-dev-windows"),
        }
    }

    fn all(self) -> [String; 3] {
        [self.rustc, self.sources, self.windows]
    }
}

/// The choices for a target among these candidates. The parts must be made of the same sources.
pub(super) fn choices(target: &Target, candidates: &BTreeMap<String, String>) -> Vec<AptChoice> {
    let mut choices = Vec::new();
    for (rustc, version) in candidates {
        let Some(suffix) = rustc.strip_prefix("rustc") else { continue };
        let Some(upstream) = upstream(version) else { continue };
        let names = Names::of(suffix);
        let path = if is_version(suffix) { format!("/usr/bin/rustc{suffix}") } else { "/usr/bin/rustc".to_owned() };
        // Debian's Windows libraries are those of the two mingw-w64 targets.
        let released = target.env() == Env::Gnu && !target.triple().contains("-win7-");
        for (part, prebuilt) in [(names.windows, true), (names.sources, false)] {
            let same = candidates.get(&part).is_some_and(|v| source_version(v) == source_version(version));
            if same && (released || !prebuilt) {
                choices.push(AptChoice {
                    packages: vec![rustc.clone(), part],
                    version: upstream.clone(),
                    prebuilt,
                    rustc: PathBuf::from(&path),
                });
            }
        }
    }
    choices
}

/// Version of the source package: Debian marks a rebuild of the same sources by `+b1`, for compiled packages alone.
fn source_version(version: &str) -> &str {
    match version.rsplit_once("+b") {
        Some((source, digits)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => source,
        _ => version,
    }
}

/// `1.96.0` of `1.96.0+dfsg1-1~deb12u2`; an epoch before it is dropped.
fn upstream(version: &str) -> Option<Version> {
    let version = version.split_once(':').map_or(version, |(_, v)| v);
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    Version::parse(&version[..end]).ok()
}

/// Compilers that a distribution has installed: `rustc` of the system, and versioned ones beside it.
pub(super) fn installed_compilers(host: &dyn Host) -> Vec<PathBuf> {
    let entries = std::fs::read_dir("/usr/bin").into_iter().flatten().flatten();
    let names = entries.filter_map(|e| e.file_name().into_string().ok());
    let versioned = names.filter(|n| n.strip_prefix("rustc").is_some_and(is_version));
    let mut paths: Vec<PathBuf> =
        versioned.chain(["rustc".to_owned()]).map(|n| PathBuf::from("/usr/bin").join(n)).collect();
    paths.retain(|path| host.which(path.as_os_str()).is_some());
    paths.sort();
    paths
}
