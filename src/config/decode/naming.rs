//! Names made of placeholders, and names that have to differ.

use super::Cx;
use crate::config::nearest::{list, nearest};
use crate::config::types::{BundleSpec, Unit};
use crate::error::Problem;
use crate::model::BundlePath;
use std::collections::BTreeMap;

/// What the placeholders stand for.
pub(super) struct Placeholders<'a> {
    /// Package name.
    pub name: &'a str,
    /// Package version.
    pub version: &'a str,
    /// Target triple.
    pub target: &'a str,
    /// `id`.
    pub id: &'a str,
}

/// Replaces `{{ name }}` and the like, of those that are allowed here.
///
/// # Errors
/// A placeholder that is not allowed, or is not closed.
pub(super) fn fill(text: &str, allowed: &[&str], values: &Placeholders<'_>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        out.push_str(&rest[..start]);
        let after = &rest[start + 2..];
        let end = after.find("}}").ok_or("opens a placeholder with `{{` and does not close it with `}}`")?;
        let name = after[..end].trim();
        if !allowed.contains(&name) {
            let names: Vec<String> = allowed.iter().map(|n| format!("{{{{ {n} }}}}")).collect();
            return Err(format!("holds `{{{{ {name} }}}}`; the placeholders here are {}", list(&names, "and")));
        }
        out.push_str(match name {
            "name" => values.name,
            "version" => values.version,
            "target" => values.target,
            _ => values.id,
        });
        rest = &after[end + 2..];
    }
    out.push_str(rest);
    Ok(out)
}

/// `id`: the name of folders and registry keys.
pub(super) fn id(cx: &Cx<'_>) -> String {
    let view = cx.root().at("id");
    match view.text() {
        Some(id) => {
            cx.ok(&view, check_id(id));
            id.to_owned()
        }
        None => {
            cx.derived(&view.path, "package.name");
            cx.package.name.clone()
        }
    }
}

fn check_id(id: &str) -> Result<(), String> {
    if let Some(c) = id.chars().find(|c| !(c.is_alphanumeric() || " ._-".contains(*c))) {
        return Err(format!(
            "holds {c:?}; letters, digits, spaces, `.`, `_` and `-` are safe in folder names and registry keys"
        ));
    }
    if id.encode_utf16().count() > 64 {
        return Err("is longer than 64 characters".into());
    }
    if id.starts_with([' ', '.']) {
        return Err("starts with a space or a dot".into());
    }
    BundlePath::new(id).map(drop).map_err(|why| format!("is no folder name: {why}"))
}

/// `archive-name`, filled in.
pub(super) fn archive_name(cx: &Cx<'_>, names: &Placeholders<'_>) -> String {
    let view = cx.root().at("archive-name");
    let default = match &cx.args.variant {
        Some(variant) => format!("{{{{ name }}}}-{variant}-{{{{ version }}}}-{{{{ target }}}}"),
        None => "{{ name }}-{{ version }}-{{ target }}".to_owned(),
    };
    let text = view.text().unwrap_or(&default);
    let filled = fill(text, &["name", "version", "target", "id"], names).and_then(|name| {
        if name.contains('/') {
            return Err(format!("gives `{name}`: a name can't hold `/`"));
        }
        // The top folder has the name, and the files beside it begin with it.
        let longest = format!("{name}-symbols.zip.sha256");
        let both = BundlePath::new(name.clone()).and_then(|_| BundlePath::new(longest));
        both.map(|_| name).map_err(|why| format!("gives no file name: {why}"))
    });
    cx.ok(&view, filled).unwrap_or_default()
}

/// Bundles that would overwrite one another, or install over one another.
pub(in crate::config) fn same_bundle(units: &[Unit]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut archives: BTreeMap<String, (&BundleSpec, &str)> = BTreeMap::new();
    let mut ids: BTreeMap<String, &BundleSpec> = BTreeMap::new();
    for unit in units {
        let triple = unit.target.triple();
        for bundle in unit.bundles.iter().filter(|b| !b.archive_name.is_empty()) {
            if let Some((other, at)) = archives.insert(bundle.archive_name.to_uppercase(), (bundle, triple)) {
                let what = format!(
                    "two bundles have the same archive name `{}`: package `{}` for {at} and package `{}` for {triple}",
                    bundle.archive_name, other.package, bundle.package
                );
                problems.push(
                    Problem::usage("same-archive-name", what)
                        .fix("archive-name = \"{{ name }}-{{ version }}-{{ target }}\""),
                );
            }
            let other = ids.entry(bundle.id.to_uppercase()).or_insert(bundle);
            if other.package != bundle.package {
                let what = format!(
                    "packages `{}` and `{}` have the same id `{}`: they would install over one another",
                    other.package, bundle.package, bundle.id
                );
                problems.push(Problem::usage("same-id", what).fix(format!("id = \"{}\"", bundle.package)));
            }
        }
    }
    problems.dedup();
    problems
}

/// Whether `--variant` names one that somebody declares.
pub(in crate::config) fn variant_is_known(variant: &str, declared: &[String]) -> Result<(), Problem> {
    if declared.iter().any(|name| name == variant) {
        return Ok(());
    }
    let what = format!("no variant `{variant}` is configured (`--variant {variant}`)");
    let problem = Problem::usage("unknown-variant", what);
    Err(match nearest(variant, declared.iter().map(String::as_str)) {
        Some(near) => problem.fix(format!("--variant {near}")),
        None if declared.is_empty() => problem.fix(format!("[package.metadata.winsvc.variants.{variant}]")),
        None => problem.fix(format!("the variants are {}", list(declared, "and"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders() {
        let values = Placeholders { name: "n", version: "1.2.3", target: "t", id: "i {{ name }}" };
        let all = ["name", "version", "target", "id"];
        assert_eq!(fill("{{ name }}-{{version}}_{{ target}}", &all, &values), Ok("n-1.2.3_t".into()));
        assert_eq!(
            fill("{{ id }}", &all, &values),
            Ok("i {{ name }}".into()),
            "what is filled in is not looked at again"
        );
        assert_eq!(
            fill("a {{ host }}", &["id", "name"], &values),
            Err("holds `{{ host }}`; the placeholders here are `{{ id }}` and `{{ name }}`".into())
        );
        assert!(fill("{{ name", &all, &values).is_err());
    }

    #[test]
    fn ids() {
        for good in ["acme-agent", "Acme Agent 2", "日本", "a.b_c"] {
            assert_eq!(check_id(good), Ok(()), "{good}");
        }
        for bad in ["", "a/b", "a\\b", "..", ".a", "a.", " a", "a ", "CON", "nul.x", "a%b", "a\"b", &"x".repeat(65)] {
            assert!(check_id(bad).is_err(), "{bad}");
        }
    }
}
