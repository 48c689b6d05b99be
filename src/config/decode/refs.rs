//! `${PARAMETER}` and `%VARIABLE%` inside texts.

use super::Cx;
use crate::config::key_path::KeyPath;
use crate::config::nearest::nearest;
use crate::config::tree::View;
use crate::error::Problem;
use crate::model::{Parameter, ParameterType};

/// Names between `${` and `}`, in order.
///
/// # Errors
/// An opening without an end.
pub(super) fn parameters_in(text: &str) -> Result<Vec<&str>, String> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let after = &rest[start + 2..];
        let end = after.find('}').ok_or("opens a parameter with `${` and does not close it with `}`")?;
        names.push(&after[..end]);
        rest = &after[end + 1..];
    }
    Ok(names)
}

/// The first `%NAME%` in a text.
pub(super) fn variable_in(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(start) = rest.find('%') {
        let after = &rest[start + 1..];
        let end = after.find('%')?;
        let name = &after[..end];
        let is_name = |c: char| c.is_alphanumeric() || "_.()-".contains(c);
        if !name.is_empty() && name.chars().all(is_name) {
            return Some(name);
        }
        rest = after;
    }
    None
}

/// The name, where a text is one `${NAME}` and nothing else.
pub(super) fn lone_parameter(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    (!name.contains(['$', '{', '}'])).then_some(name)
}

/// Whether a text is a port: 1 to 65535, in digits alone.
pub(super) fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Reports a lone parameter that can't be a port, whatever value it is given.
pub(super) fn check_port_parameter(cx: &Cx<'_>, view: &View<'_>, text: &str, declared: &[Parameter]) {
    let Some(parameter) = lone_parameter(text).and_then(|name| declared.iter().find(|p| p.name == name)) else {
        return;
    };
    if matches!(parameter.kind, ParameterType::Boolean | ParameterType::Path) {
        let why = format!("takes its port from `${{{}}}`, whose type is no number", parameter.name);
        cx.refuse(view, why, &format!("parameters.{}.type = \"port\"", parameter.name));
    }
}

/// Reports parameters that a text uses and nobody declares, and secrets, which would stand where many can read them.
pub(super) fn check_parameters(cx: &Cx<'_>, view: &View<'_>, text: &str, declared: &[Parameter]) {
    let names = match parameters_in(text) {
        Ok(names) => names,
        Err(why) => return cx.wrong(view, why),
    };
    for name in names {
        let path = KeyPath::of(["parameters", name]);
        if declared.iter().any(|p| p.name == name && p.secret) {
            let what = format!(
                "`{}` uses `${{{name}}}`, which is a secret, and would stand where every user of the machine can read it",
                view.path
            );
            let fix = format!("remove it: the service reads the file that its environment variable {name}_FILE names");
            cx.report(view, Problem::usage("secret-in-text", what).fix(fix));
            continue;
        }
        if declared.iter().any(|p| p.name == name) || cx.is_bad(&path) {
            continue;
        }
        let what = format!("`{}` uses `${{{name}}}`, and no parameter of that name is declared", view.path);
        let problem = Problem::usage("undeclared-parameter", what);
        let problem = match nearest(name, declared.iter().map(|p| p.name.as_str())) {
            Some(near) => problem.fix(format!("${{{near}}}")),
            None => problem,
        };
        let declare = format!("[package.metadata.winsvc.{path}]");
        cx.report(view, problem.fix(declare));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_where_they_are() {
        assert_eq!(parameters_in("a ${B}c${D_1} $ {x} $x"), Ok(vec!["B", "D_1"]));
        assert_eq!(parameters_in("${}"), Ok(vec![""]));
        assert!(parameters_in("a ${B").is_err());
        for (text, name) in [("${A}", Some("A")), ("${A}${B}", None), ("a${A}", None), ("${A}b", None), ("", None)] {
            assert_eq!(lone_parameter(text), name, "{text}");
        }
        for (text, port) in [("1", true), ("65535", true), ("0", false), ("65536", false), ("+1", false), ("", false)] {
            assert_eq!(is_port(text), port, "{text}");
        }
        assert_eq!(variable_in("50% of 100 %"), None);
        assert_eq!(variable_in("100%"), None);
        assert_eq!(variable_in("50% %ProgramFiles(x86)%\\a"), Some("ProgramFiles(x86)"));
    }
}
