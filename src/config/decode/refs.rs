//! `${PARAMETER}` and `%VARIABLE%` inside texts.

use super::Cx;
use crate::config::key_path::KeyPath;
use crate::config::nearest::nearest;
use crate::config::tree::View;
use crate::error::Problem;
use crate::model::Parameter;

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

/// Reports parameters that a text uses and nobody declares.
pub(super) fn check_parameters(cx: &Cx<'_>, view: &View<'_>, text: &str, declared: &[Parameter]) {
    let names = match parameters_in(text) {
        Ok(names) => names,
        Err(why) => return cx.wrong(view, why),
    };
    for name in names {
        let path = KeyPath::of(["parameters", name]);
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
        assert_eq!(variable_in("50% of 100 %"), None);
        assert_eq!(variable_in("100%"), None);
        assert_eq!(variable_in("50% %ProgramFiles(x86)%\\a"), Some("ProgramFiles(x86)"));
    }
}
