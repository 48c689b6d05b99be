//! `resource`: what is stamped into the executables.

use super::Cx;
use crate::config::text::{file_version, shorten};
use crate::config::tree::View;
use crate::config::types::{ManifestChoice, ResourceSpec};
use crate::error::Problem;
use crate::model::{EventMessage, FileVersion};

/// Longest text in the version resource, in UTF-16 units: five of them have to fit into VS_VERSIONINFO, whose `wLength` is
/// 16 bits of bytes.
const MAX_TEXT: usize = 4096;

/// The product's name: `resource.product-name`, else the package's.
pub(super) fn product_name(cx: &Cx<'_>) -> String {
    cx.root().at("resource").at("product-name").text().unwrap_or(&cx.package.name).to_owned()
}

/// `resource`; `None` when it is off.
pub(super) fn resource(cx: &Cx<'_>, messages: Vec<EventMessage>) -> Option<ResourceSpec> {
    let view = cx.root().at("resource");
    if view.bool() == Some(false) {
        return None;
    }
    let (version, explicit) = version(cx, &view);
    let text = |key: &str, default: String, field: &str| {
        let at = view.at(key);
        match at.text() {
            Some(text) => {
                let len = text.encode_utf16().count();
                if len > MAX_TEXT {
                    cx.wrong(&at, format!("is {len} characters long; the version resource holds {MAX_TEXT}"));
                }
                text.to_owned()
            }
            None => {
                if !field.is_empty() && !default.is_empty() {
                    cx.derived(&at.path, field);
                }
                shorten(&default, MAX_TEXT)
            }
        }
    };
    let package = cx.package;
    let product = text("product-name", package.name.clone(), "package.name");
    let (description, field) = match package.description.as_deref().map(str::trim).filter(|d| !d.is_empty()) {
        Some(description) => (description.to_owned(), "package.description"),
        None => (product.clone(), "resource.product-name"),
    };
    let strings = [
        ("CompanyName", text("company-name", company(&package.authors), "package.authors")),
        ("FileDescription", text("file-description", description, field)),
        ("FileVersion", if explicit { version.to_string() } else { package.version.to_string() }),
        ("LegalCopyright", text("copyright", String::new(), "")),
        ("ProductName", product),
        ("ProductVersion", package.version.to_string()),
    ];
    let manifest = match (view.at("manifest").bool(), view.at("manifest").text()) {
        (Some(_), _) => ManifestChoice::Off,
        (None, Some(path)) => ManifestChoice::File(path.to_owned()),
        (None, None) => ManifestChoice::Default,
    };
    Some(ResourceSpec {
        override_existing: view.at("override").bool().unwrap_or(false),
        version,
        prerelease: !package.version.pre.is_empty(),
        strings: strings.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k.to_owned(), v)).collect(),
        icon: view.at("icon").text().map(str::to_owned),
        manifest,
        messages,
    })
}

/// The file version, and whether it was given.
fn version(cx: &Cx<'_>, view: &View<'_>) -> (FileVersion, bool) {
    let at = view.at("version");
    if let Some(text) = at.text() {
        return (
            cx.ok(&at, file_version(text).map_err(|why| format!("is no file version: {why}"))).unwrap_or_default(),
            true,
        );
    }
    let semver = &cx.package.version;
    let version = FileVersion::from_semver(semver).unwrap_or_else(|why| {
        if !cx.is_bad(&at.path) {
            let fix = format!(
                "resource.version = \"{}.{}.{}\"",
                clamp(semver.major),
                clamp(semver.minor),
                clamp(semver.patch)
            );
            let what = format!("package version {semver}: {why}");
            cx.report_field("version", Problem::usage("version-too-big", what).fix(fix));
        }
        FileVersion::default()
    });
    cx.derived(&at.path, "package.version");
    (version, false)
}

fn clamp(part: u64) -> u64 {
    part.min(u64::from(u16::MAX))
}

/// The authors without their addresses.
fn company(authors: &[String]) -> String {
    let names = authors.iter().map(|author| match author.rsplit_once('<') {
        Some((name, address)) if address.trim_end().ends_with('>') && address.contains('@') => name.trim().to_owned(),
        _ => author.trim().to_owned(),
    });
    names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn company_is_the_authors_without_addresses() {
        let authors = |list: &[&str]| company(&list.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>());
        assert_eq!(authors(&["Jane <jane@x.org>", "Acme \"Ltd\" <&>", " ", "<only@x.org>"]), "Jane, Acme \"Ltd\" <&>");
        assert_eq!(authors(&[]), "");
    }
}
