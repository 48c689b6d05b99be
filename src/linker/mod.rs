//! The linker of `-msvc` targets, as rustc calls it: `cargo-winsvc __link LLD_LINK ARGUMENTS…`.
//!
//! lld-link writes the paths of everything that it links into the PDB, and the PDB's id (GUID) is a hash of the PDB. Among them are
//! folders of this machine and rustc's own temporary folder, whose name is random. So the real linker is run in an empty
//! folder, where each input has a short name that depends on its place in the command line alone. What it makes goes where rustc
//! expects it. `/pdbsourcepath` gives the empty folder one name for all ([`PLACE`]).
//!
//! Cargo's hash of a crate's flags stands in the names of libraries and of their members, and the flags name folders of this
//! machine (`--remap-path-prefix`), so a library is handed over as a copy in which those names are evened out (`archive`). So is one that is
//! only found in a folder (`/LIBPATH`), such as C code of a build script.

mod archive;
mod rewrite;

pub use rewrite::{Kind, Rewritten, rewrite};

use crate::error::{Exit, Problem};
use crate::host::{Cmd, Host};
use crate::platform;
use anyhow::Context;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The hidden subcommand.
pub const COMMAND: &str = "__link";

/// What stands in the PDB for the folder that the link runs in.
pub const PLACE: &str = "/link";

/// The script that is rustc's linker: rustc takes one path, without arguments.
pub fn script(own_exe: &Path, lld_link: &Path) -> String {
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
    format!(
        "#!/bin/sh\n# Written by cargo-winsvc: links so that no path of this machine gets into the PDB.\nexec {} {COMMAND} {} \"$@\"\n",
        quoted(own_exe),
        quoted(lld_link)
    )
}

/// Links. The first argument is the real linker. Gives its exit code.
///
/// # Errors
/// No linker is named or it can't be run; the folder can't be made.
pub fn run(host: &dyn Host, args: &[OsString]) -> anyhow::Result<u8> {
    let Some((linker, args)) = args.split_first() else {
        return Err(Problem::new("usage", format!("`{COMMAND}` is called by rustc, with a linker"))
            .exit(Exit::Usage)
            .into());
    };
    let cwd = host.cwd();
    let args = expand(args, &cwd)?;
    let kind = |path: &Path| match std::fs::metadata(path) {
        Ok(meta) if meta.is_dir() => Kind::Folder,
        Ok(_) => Kind::File,
        Err(_) => Kind::Nothing,
    };
    let plan = rewrite(&args, host.env("LIB").as_deref(), &cwd, &kind);
    let place =
        tempfile::Builder::new().prefix("winsvc-link-").tempdir().context("can't create a folder to link in")?;
    lay(place.path(), &plan.links)?;
    let program = OsString::from("./lld-link");
    platform::symlink(linker, place.path().join("lld-link"))?;
    let mut cmd = Cmd::new(program).cwd(place.path());
    cmd = if plan.args.iter().map(|a| a.len()).sum::<usize>() > RESPONSE {
        std::fs::write(place.path().join("link.rsp"), response(&plan.args))?;
        cmd.arg("@link.rsp")
    } else {
        cmd.args(plan.args)
    };
    if let Some(lib) = plan.lib {
        cmd = cmd.env("LIB", lib);
    }
    let code = host.pass(&cmd).with_context(|| format!("can't run the linker `{}`", linker.to_string_lossy()))?;
    Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Longer command lines go into a file.
const RESPONSE: usize = 100_000;

/// Makes every input reachable by its short name.
fn lay(place: &Path, links: &[(String, PathBuf)]) -> anyhow::Result<()> {
    for (name, target) in links {
        let link = place.join(name);
        if let Some(dir) = link.parent() {
            std::fs::create_dir_all(dir)?;
        }
        if [".rlib", ".lib", ".a"].iter().any(|end| name.ends_with(end)) && archive::even_out(target, &link)? {
            continue;
        }
        platform::symlink(target, &link)
            .with_context(|| format!("can't link `{}` to `{}`", link.display(), target.display()))?;
    }
    Ok(())
}

/// Puts the contents of response files in their place. rustc writes one when the command line is too long for the system: UTF-16
/// with a byte order mark, each argument in quotes on a line of its own.
fn expand(args: &[OsString], cwd: &Path) -> anyhow::Result<Vec<OsString>> {
    let mut all = Vec::new();
    for arg in args {
        let Some(file) = arg.to_str().and_then(|a| a.strip_prefix('@')) else {
            all.push(arg.clone());
            continue;
        };
        let bytes = std::fs::read(cwd.join(file)).with_context(|| format!("can't read the response file `{file}`"))?;
        let text = match bytes.strip_prefix(b"\xff\xfe") {
            Some(wide) => {
                String::from_utf16(&wide.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect::<Vec<_>>())?
            }
            None => String::from_utf8(bytes)?,
        };
        all.extend(words(&text).into_iter().map(OsString::from));
    }
    Ok(all)
}

/// Splits the text of a response file: blanks separate, quotes hold together, a backslash stands before a quote only.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quoted, mut any) = (String::new(), false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&'"') => word.extend(chars.next()),
            '"' => (quoted, any) = (!quoted, true),
            c if c.is_whitespace() && !quoted => {
                if any || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            c => word.push(c),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    words
}

/// The text of a response file.
fn response(args: &[OsString]) -> String {
    let quoted = |arg: &OsString| format!("\"{}\"\n", arg.to_string_lossy().replace('"', "\\\""));
    args.iter().map(quoted).collect()
}

/// Whether a command line is ours.
pub fn is_ours(args: &[OsString]) -> bool {
    args.get(1).is_some_and(|arg| arg == OsStr::new(COMMAND))
}

#[cfg(test)]
mod tests;
