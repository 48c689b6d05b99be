//! `install` and `parameters`.

use super::naming::{Placeholders, fill};
use super::refs::variable_in;
use super::{Cx, commands};
use crate::config::tree::View;
use crate::error::Problem;
use crate::model::bundle_path::is_device_name;
use crate::model::{Install, Parameter, ParameterType};

/// Folders of the machine, the same for every account. Per-user ones would be the administrator's own.
const VARIABLES: &[&str] = &[
    "ProgramFiles",
    "ProgramFiles(x86)",
    "ProgramW6432",
    "CommonProgramFiles",
    "ProgramData",
    "ALLUSERSPROFILE",
    "SystemDrive",
    "SystemRoot",
    "windir",
];

/// `install`.
pub(super) fn install(cx: &Cx<'_>, names: &Placeholders<'_>, parameters: &[Parameter]) -> Install {
    let view = cx.root().at("install");
    let folder = |key: &str, default: &str| {
        let at = view.at(key);
        let text = cx.ok(&at, fill(at.text().unwrap_or(default), &["id", "name"], names)).unwrap_or_default();
        if at.is_set() && !text.is_empty() {
            cx.ok(&at, check_folder(&text));
        }
        text
    };
    let default = Install::new("", "");
    let flag = |key: &str, default: bool| view.at(key).bool().unwrap_or(default);
    let install = Install {
        dir: folder("dir", r"%ProgramFiles%\{{ id }}"),
        data_dir: folder("data-dir", r"%ProgramData%\{{ id }}"),
        start_after_install: flag("start-after-install", default.start_after_install),
        keep: view.at("keep").integer().and_then(|n| u32::try_from(n).ok()).unwrap_or(default.keep),
        add_remove_programs: flag("add-remove-programs", default.add_remove_programs),
        rollback_safe: flag("rollback-safe", default.rollback_safe),
        hooks: commands::hooks(cx, parameters),
    };
    let key = |path: &str| format!("{}\\", path.trim_end_matches('\\').to_uppercase());
    let (dir, data) = (key(&install.dir), key(&install.data_dir));
    if dir.len() > 1 && data.len() > 1 && (dir.starts_with(&data) || data.starts_with(&dir)) {
        let at = if view.at("data-dir").is_set() { view.at("data-dir") } else { view.at("dir") };
        let what = format!(
            "`install.dir` ({}) and `install.data-dir` ({}) lie in one another: what only administrators may write and what the service may write need folders of their own",
            install.dir, install.data_dir
        );
        cx.report(&at, Problem::usage("wrong-value", what).fix(r"install.data-dir = '%ProgramData%\{{ id }}'"));
    }
    install
}

/// An absolute local path with at least one folder of its own.
pub(super) fn check_folder(path: &str) -> Result<(), String> {
    if let Some(c) = path.chars().find(|c| c.is_control()) {
        return Err(format!("holds the control character {c:?}"));
    }
    if path.contains("${") {
        return Err("holds a `${PARAMETER}`, which folders can't".into());
    }
    if path.contains('/') {
        return Err("holds a `/`: Windows paths are written with `\\`, in TOML as '…' so that it stays".into());
    }
    let rest = if let Some(rest) = path.strip_prefix('%') {
        let (name, rest) = rest.split_once('%').ok_or("opens a variable with `%` and does not close it")?;
        if !VARIABLES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            let known: Vec<String> = VARIABLES.iter().map(|v| format!("%{v}%")).collect();
            return Err(format!(
                "starts with `%{name}%`, which is not a folder of the machine: {}",
                crate::config::nearest::list(&known, "or")
            ));
        }
        rest
    } else {
        let mut chars = path.chars();
        let drive = chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.next() == Some(':');
        if !drive {
            return Err(
                "is not absolute: it has to start with a drive such as `C:\\` or a variable such as `%ProgramFiles%\\`"
                    .into(),
            );
        }
        chars.as_str()
    };
    let folders = match rest.strip_prefix('\\') {
        Some(folders) => folders.strip_suffix('\\').unwrap_or(folders),
        None if rest.is_empty() => "",
        None => return Err("needs a `\\` after the drive or variable".into()),
    };
    if folders.is_empty() {
        return Err("names no folder of its own: everything in it would be treated as the product's".into());
    }
    folders.split('\\').try_for_each(check_part)
}

fn check_part(part: &str) -> Result<(), String> {
    if part.is_empty() {
        return Err("holds an empty folder name".into());
    }
    if part == "." || part == ".." {
        return Err(format!("holds `{part}`"));
    }
    if variable_in(part).is_some() || part.contains('%') {
        return Err("holds a `%` after its start".into());
    }
    if let Some(c) = part.chars().find(|c| "<>:\"|?*".contains(*c)) {
        return Err(format!("holds `{c}`, which Windows allows in no folder name"));
    }
    if part.ends_with(['.', ' ']) || part.starts_with(' ') {
        return Err(format!("holds `{part}`, a folder name that starts or ends in a space or ends in a dot"));
    }
    if is_device_name(part) {
        return Err(format!("holds `{part}`, a device name on Windows"));
    }
    Ok(())
}

/// Names that a parameter can't have: PowerShell's own variables and common parameters, the scripts' own parameters,
/// and variables that cmd needs. PowerShell compares without case.
const RESERVED: &[&str] = &[
    // about_Automatic_Variables, those that can't be assigned or change their meaning.
    "ARGS",
    "ERROR",
    "EVENT",
    "FALSE",
    "FOREACH",
    "HOME",
    "HOST",
    "INPUT",
    "MATCHES",
    "NULL",
    "PID",
    "PROFILE",
    "PWD",
    "SENDER",
    "SHELLID",
    "SWITCH",
    "THIS",
    "TRUE",
    "PSHOME",
    // about_CommonParameters and their aliases.
    "CONFIRM",
    "DEBUG",
    "ERRORACTION",
    "ERRORVARIABLE",
    "INFORMATIONACTION",
    "INFORMATIONVARIABLE",
    "OUTBUFFER",
    "OUTVARIABLE",
    "PIPELINEVARIABLE",
    "PROGRESSACTION",
    "VERBOSE",
    "WARNINGACTION",
    "WARNINGVARIABLE",
    "WHATIF",
    "DB",
    "EA",
    "EV",
    "CF",
    "OB",
    "OV",
    "PV",
    "VB",
    "WA",
    "WI",
    "WV",
    // install.ps1.
    "ADOPT",
    "ALLOWDOWNGRADE",
    "ANSWERS",
    "CREDENTIAL",
    "DATADIR",
    "INSTALLDIR",
    "KILLONTIMEOUT",
    "LOGPATH",
    "NOSTART",
    "QUIET",
    "REQUIRESIGNER",
    "RESETSETTINGS",
    "SHA256",
    // cmd.exe.
    "CD",
    "COMSPEC",
    "DATE",
    "ERRORLEVEL",
    "PATH",
    "PATHEXT",
    "PROMPT",
    "RANDOM",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TIME",
    "TMP",
    "WINDIR",
];

/// `parameters`, sorted by name.
pub(super) fn parameters(cx: &Cx<'_>) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> =
        cx.root().at("parameters").entries().into_iter().map(|(name, view)| parameter(cx, name, &view)).collect();
    parameters.sort_by(|a, b| a.name.cmp(&b.name));
    parameters
}

fn parameter(cx: &Cx<'_>, name: &str, view: &View<'_>) -> Parameter {
    if RESERVED.contains(&name) {
        let what = format!("`{}`: PowerShell, cmd or the scripts already mean something else by `{name}`", view.path);
        cx.report(
            view,
            Problem::usage("reserved-name", what).fix(format!("[package.metadata.winsvc.parameters.APP_{name}]")),
        );
    }
    let types = [
        ("string", ParameterType::String),
        ("integer", ParameterType::Integer),
        ("port", ParameterType::Port),
        ("boolean", ParameterType::Boolean),
        ("path", ParameterType::Path),
    ];
    let kind = cx.choice(&view.at("type"), &types, ParameterType::String);
    let default = view.at("default");
    if let Some(text) = default.as_text().filter(|_| !cx.is_bad(&view.path.key("type"))) {
        cx.ok(&default, check_default(kind, &text));
    }
    let secret = view.at("secret").bool().unwrap_or(false);
    if secret && kind != ParameterType::String {
        let why = "is not `string`: a secret is a file, and what it holds is text";
        cx.refuse(&view.at("type"), why, "type = \"string\"");
    }
    if secret && default.is_set() {
        cx.refuse(&default, "can't stand beside `secret`: everybody can read it here", "remove `default`");
    }
    Parameter {
        name: name.to_owned(),
        kind,
        default: default.as_text(),
        description: view.at("description").text().unwrap_or_default().to_owned(),
        secret,
    }
}

/// Whether a default fits its type. The scripts judge the administrator's values by the same rules.
fn check_default(kind: ParameterType, text: &str) -> Result<(), String> {
    let shown = crate::config::key_path::toml_string(&crate::config::text::shorten(text, 60));
    if let Some(c) = text.chars().find(|c| c.is_control()) {
        return Err(format!("holds the control character {c:?}, which parameters can't"));
    }
    if let Some(c) = text.chars().find(|c| matches!(c, '"' | '\'' | '%')) {
        return Err(format!(
            "holds `{c}`: values are inserted into command lines, where quotes and `%` change the meaning"
        ));
    }
    match kind {
        ParameterType::String => Ok(()),
        ParameterType::Integer if text.parse::<i64>().is_ok() => Ok(()),
        ParameterType::Integer => {
            Err(format!("is {shown}, which is not a whole number of 64 bits (its type is `integer`)"))
        }
        ParameterType::Port if text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|p| p > 0) => {
            Ok(())
        }
        ParameterType::Port => Err(format!("is {shown}, which is not a number from 1 to 65535 (its type is `port`)")),
        ParameterType::Boolean if matches!(text, "true" | "false") => Ok(()),
        ParameterType::Boolean => Err(format!("is {shown}, which is not true or false (its type is `boolean`)")),
        ParameterType::Path if is_absolute(text) => Ok(()),
        ParameterType::Path => Err(format!("is {shown}, which is not an absolute Windows path (its type is `path`)")),
    }
}

/// `C:\…` or `\\server\share…`.
fn is_absolute(path: &str) -> bool {
    let mut chars = path.chars();
    let drive = chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.as_str().starts_with(":\\");
    let share = path
        .strip_prefix("\\\\")
        .and_then(|p| p.split_once('\\'))
        .is_some_and(|(server, share)| !server.is_empty() && !share.is_empty() && !share.starts_with('\\'));
    (drive || share) && !path.chars().any(|c| "<>|?*".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders() {
        for good in [r"%ProgramFiles%\a", r"%programdata%\a\b", r"C:\a", r"d:\a b\日本\", r"%SystemDrive%\x"] {
            assert_eq!(check_folder(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("a", "is not absolute"),
            ("", "is not absolute"),
            (r"\\server\share\a", "is not absolute"),
            (r"\a", "is not absolute"),
            ("C:", "names no folder"),
            (r"C:\", "names no folder"),
            ("%ProgramFiles%", "names no folder"),
            (r"%ProgramFiles%\", "names no folder"),
            ("C:a", "needs a `\\`"),
            ("%ProgramFiles%a", "needs a `\\`"),
            ("C:/a", "holds a `/`"),
            (r"%APPDATA%\a", "`%APPDATA%`, which is not a folder of the machine"),
            (r"%ProgramFiles\a", "does not close it"),
            (r"C:\%windir%", "holds a `%`"),
            (r"C:\..\a", "holds `..`"),
            (r"C:\a\\b", "empty folder name"),
            (r"C:\a:b", "holds `:`"),
            (r"C:\CON\b", "device name"),
            (r"C:\a.\b", "ends in a dot"),
            (r"C:\${A}", "${PARAMETER}"),
            ("C:\\a\nb", "control character '\\n'"),
        ] {
            assert!(check_folder(bad).is_err_and(|e| e.contains(why)), "{bad}: {:?}", check_folder(bad));
        }
    }

    #[test]
    fn defaults() {
        use ParameterType::{Boolean, Integer, Path, Port, String};
        for (kind, good, bad) in [
            (String, vec!["", "a b", "日本", "$(x)`&|"], vec!["a\"b", "a'b", "%A%", "a\nb"]),
            (Integer, vec!["0", "-5", "9223372036854775807"], vec!["", "1.5", "a", "9223372036854775808"]),
            (Port, vec!["1", "65535"], vec!["0", "65536", "-1", "+80", "", "http"]),
            (Boolean, vec!["true", "false"], vec!["", "yes", "True"]),
            (Path, vec![r"C:\a", r"\\srv\share", r"d:\"], vec!["a", r"\a", "C:", r"\\srv", r"C:\a?"]),
        ] {
            for text in good {
                assert_eq!(check_default(kind, text), Ok(()), "{kind:?} {text}");
            }
            for text in bad {
                assert!(check_default(kind, text).is_err(), "{kind:?} {text:?}");
            }
        }
    }
}
