//! The LLVM tools that build for `-msvc`, under the names that distributions give them.
//!
//! cargo-xwin, crate `cc` and CMake call them by their bare names (`clang-cl`, `lld-link`, `llvm-lib`). Debian has `lld-link-19` on
//! PATH and the bare names in `/usr/lib/llvm-19/bin` alone. So a folder of links in our cache comes first on PATH when a bare name is missing.

use super::probe::{Prober, Tool};
use crate::host::{Host, cache_dir};
use crate::model::Sha256;
use crate::platform;
use std::path::{Path, PathBuf};

/// The releases looked for, newest first. cargo-xwin's own images have 18 and later; 14 is the oldest that Debian 12 has.
const RELEASES: std::ops::RangeInclusive<u32> = 14..=24;

/// What is called, and by which arguments it shows that it runs. The two last know no version of themselves.
const TOOLS: [(&str, &str); 4] =
    [("clang", "--version"), ("lld-link", "--version"), ("llvm-lib", "/?"), ("llvm-rc", "/?")];

/// How many of them every build needs: the first ones.
const NEEDED: usize = 3;

/// The tools, all of one release where there is one that has them all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Llvm {
    /// Called as `clang-cl`: the name decides how it reads its command line.
    pub clang: Option<Tool>,
    /// The linker.
    pub lld_link: Option<Tool>,
    /// The archiver.
    pub llvm_lib: Option<Tool>,
    /// The resource compiler. Only build scripts that compile resources ask for it.
    pub llvm_rc: Option<Tool>,
    /// Tools that are there and do not run, each with the reason.
    pub broken: Vec<String>,
}

impl Llvm {
    /// Looks for bare names on PATH, then for Debian's suffixes, then in Debian's folders.
    pub(super) fn find(prober: &Prober<'_>) -> Self {
        let mut broken = Vec::new();
        let mut sets: Vec<[Option<Tool>; 4]> = Vec::new();
        let is_whole = |set: &[Option<Tool>; 4]| set[..NEEDED].iter().all(Option::is_some);
        for (before, after) in affixes() {
            let set = TOOLS.map(|(name, arg)| match prober.tool_by(&format!("{before}{name}{after}"), &[arg])? {
                Ok(tool) => Some(tool),
                Err(reason) => {
                    broken.push(reason);
                    None
                }
            });
            sets.push(set);
            if sets.last().is_some_and(is_whole) {
                break;
            }
        }
        // The last set is whole, or the best of each is taken.
        let whole = sets.last().filter(|set| is_whole(set)).cloned();
        let first = |n: usize| sets.iter().find_map(|set| set[n].clone());
        let [clang, lld_link, llvm_lib, llvm_rc] = match whole {
            Some([clang, lld, lib, rc]) => [clang, lld, lib, rc.or_else(|| first(3))],
            None => [first(0), first(1), first(2), first(3)],
        };
        Llvm { clang, lld_link, llvm_lib, llvm_rc, broken }
    }

    /// The tools that are not there, by the names that they are called by.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        self.named()[..NEEDED].iter().filter(|(_, tool)| tool.is_none()).map(|(name, _)| *name).collect()
    }

    /// The tools by their bare names.
    fn named(&self) -> [(&'static str, &Option<Tool>); 4] {
        let tools = [&self.clang, &self.lld_link, &self.llvm_lib, &self.llvm_rc];
        std::array::from_fn(|n| (TOOLS[n].0, tools[n]))
    }

    /// The folder of links, made when it is not there; `None` when every tool has its bare name on PATH.
    ///
    /// # Errors
    /// The cache can't be written.
    pub(super) fn links(&self, host: &dyn Host) -> std::io::Result<Option<PathBuf>> {
        let named = self.named();
        let found = named.iter().filter_map(|(name, tool)| Some((*name, tool.as_ref()?)));
        let is_bare = |(name, tool): &(&str, &Tool)| tool.name == *name;
        let mut links: Vec<(&str, &Path)> =
            found.clone().filter(|f| !is_bare(f)).map(|(name, tool)| (name, tool.path.as_path())).collect();
        if links.is_empty() {
            return Ok(None);
        }
        if let Some(clang) = &self.clang {
            links.push(("clang-cl", &clang.path));
        }
        let Some(cache) = cache_dir(host) else { return Ok(None) };
        // A name that tells its content, so that two runs with different tools don't disturb each other.
        let all: String = links.iter().map(|(name, path)| format!("{name}\0{}\0", path.display())).collect();
        let dir = cache.join("llvm").join(&Sha256::of(all.as_bytes()).to_string()[..16]);
        std::fs::create_dir_all(&dir)?;
        for (name, path) in links {
            let link = dir.join(name);
            if std::fs::read_link(&link).is_ok_and(|there| there == path) {
                continue;
            }
            let _ = std::fs::remove_file(&link);
            match platform::symlink(path, &link) {
                Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Err(e),
                _ => {}
            }
        }
        Ok(Some(dir))
    }
}

/// What may stand before and behind a tool's bare name, best first.
fn affixes() -> impl Iterator<Item = (String, String)> {
    let suffixed = RELEASES.rev().map(|n| (String::new(), format!("-{n}")));
    let folders = RELEASES.rev().map(|n| (format!("/usr/lib/llvm-{n}/bin/"), String::new()));
    std::iter::once((String::new(), String::new())).chain(suffixed).chain(folders)
}

/// The names that a tool may have, best first.
pub(super) fn names(tool: &str) -> Vec<String> {
    affixes().map(|(before, after)| format!("{before}{tool}{after}")).collect()
}

/// Debian's packages of the newest release that has them all, by what apt knows (`candidates`, by package).
pub(super) fn packages(candidates: &std::collections::BTreeMap<String, String>) -> Option<Vec<String>> {
    RELEASES.rev().map(of_release).find(|all| all.iter().all(|p| candidates.contains_key(p)))
}

/// All packages that [`packages`] asks about.
pub(super) fn all_packages() -> Vec<String> {
    RELEASES.rev().flat_map(of_release).collect()
}

fn of_release(n: u32) -> Vec<String> {
    ["clang", "lld", "llvm"].map(|name| format!("{name}-{n}")).into()
}
