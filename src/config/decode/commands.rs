//! Programs that the installation runs: `health.command` and `install.hooks`.

use super::Cx;
use super::refs::{check_parameters, variable_in};
use crate::config::key_path::toml_string;
use crate::config::text::shorten;
use crate::config::tree::View;
use crate::model::{BundlePath, Hooks, Parameter};

/// What the installation can run.
const EXTENSIONS: [&str; 4] = [".exe", ".cmd", ".bat", ".ps1"];

/// `install.hooks`.
pub(super) fn hooks(cx: &Cx<'_>, parameters: &[Parameter]) -> Hooks {
    let view = cx.root().at("install").at("hooks");
    let hook = |key: &str| command(cx, &view.at(key), parameters, bundled);
    Hooks {
        pre_install: hook("pre-install"),
        post_install: hook("post-install"),
        pre_stop: hook("pre-stop"),
        post_start: hook("post-start"),
        backup: hook("backup"),
    }
}

/// A program and its arguments; empty without one. `program` judges the first and gives its path as it is stored.
pub(super) fn command(
    cx: &Cx<'_>,
    view: &View<'_>,
    parameters: &[Parameter],
    program: fn(&str) -> Result<String, String>,
) -> Vec<String> {
    let items = view.items();
    let mut words = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let text = item.text().unwrap_or_default();
        // The first may have been refused already, and what is left is no program.
        if i == 0 && item.path == view.path.index(0) {
            let what =
                cx.ok(item, program(text).map_err(|why| format!("is {}, {why}", toml_string(&shorten(text, 60)))));
            words.push(what.unwrap_or_default());
            continue;
        }
        check_parameters(cx, item, text, parameters);
        let script =
            words.first().is_some_and(|p: &String| [".cmd", ".bat"].iter().any(|e| p.to_lowercase().ends_with(e)));
        if let Some(c) = text.chars().find(|c| script && "\"%".contains(*c)) {
            cx.refuse(
                item,
                format!("holds `{c}`, which cmd.exe would not take literally in an argument of a batch file"),
                "use a .ps1 or an .exe instead",
            );
        } else if let Some(variable) = variable_in(text) {
            cx.refuse(
                item,
                format!("holds `%{variable}%`, which nothing expands here"),
                "use a parameter: \"${NAME}\"",
            );
        }
        words.push(text.to_owned());
    }
    words
}

/// A file of the bundle: its path with `/`.
pub(super) fn bundled(program: &str) -> Result<String, String> {
    if program.contains("${") {
        return Err("and the program can't be a parameter: it is a file of the bundle".into());
    }
    let path = program.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    if path.starts_with('/') || path.get(1..2) == Some(":") {
        return Err("which is absolute: it has to be a file of the bundle, such as `hooks/check.ps1`".into());
    }
    BundlePath::new(path).map_err(|why| format!("which is no path in a bundle: {why}"))?;
    runs(path)?;
    Ok(path.to_owned())
}

/// A file of the bundle, or one of the machine by its absolute path.
pub(super) fn bundled_or_absolute(program: &str) -> Result<String, String> {
    let absolute = program.get(1..3) == Some(":\\") && program.starts_with(|c: char| c.is_ascii_alphabetic());
    if !absolute {
        return bundled(program).map_err(|why| {
            why.replace(
                "it has to be a file of the bundle, such as `hooks/check.ps1`",
                "an absolute path starts with a drive, such as `C:\\Windows\\System32\\curl.exe`",
            )
        });
    }
    if program.contains("${") {
        return Err("and the program can't hold a parameter".into());
    }
    if let Some(c) = program.chars().skip(2).find(|c| "/<>:\"|?*%".contains(*c)) {
        return Err(format!("and the path of a program can't hold {c:?}"));
    }
    runs(program)?;
    Ok(program.to_owned())
}

fn runs(path: &str) -> Result<(), String> {
    let lower = path.to_lowercase();
    if EXTENSIONS.iter().any(|e| lower.ends_with(e)) {
        return Ok(());
    }
    Err(format!("which can't be run: it ends in {}", crate::config::nearest::list(&EXTENSIONS, "or")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs() {
        for (good, stored) in [
            ("a.exe", "a.exe"),
            (r"hooks\check.ps1", "hooks/check.ps1"),
            ("./b/c d.CMD", "b/c d.CMD"),
            ("x.bat", "x.bat"),
        ] {
            assert_eq!(bundled(good), Ok(stored.into()), "{good}");
            assert_eq!(bundled_or_absolute(good), Ok(stored.into()), "{good}");
        }
        for (bad, why) in [
            ("", "no path in a bundle"),
            ("a", "can't be run"),
            ("a.sh", "`.exe`, `.cmd`, `.bat` or `.ps1`"),
            ("../a.exe", "no path in a bundle"),
            ("/a.exe", "absolute"),
            (r"\\server\a.exe", "absolute"),
            ("a.exe ", "no path in a bundle"),
            ("nul.exe", "device name"),
            ("${TOOL}.exe", "can't be a parameter"),
            ("%windir%/a|b.exe", "no path in a bundle"),
        ] {
            assert!(bundled(bad).is_err_and(|e| e.contains(why)), "{bad}: {:?}", bundled(bad));
            assert!(bundled_or_absolute(bad).is_err(), "{bad}");
        }
        assert!(bundled(r"C:\a.exe").is_err_and(|e| e.contains("absolute")));
        assert_eq!(bundled_or_absolute(r"C:\Windows\curl.exe"), Ok(r"C:\Windows\curl.exe".into()));
        for bad in [r"C:\a", r"C:\%x%\a.exe", r"C:\a/b.exe", r"C:\${A}.exe", "C:a.exe", r"C:\a?.exe", r"1:\a.exe"] {
            assert!(bundled_or_absolute(bad).is_err(), "{bad}");
        }
    }
}
