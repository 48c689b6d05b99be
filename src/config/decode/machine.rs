//! Preshutdown time, crash dumps and certificates of a service.

use super::Cx;
use super::install::check_folder;
use super::refs::{check_parameters, lone_parameter};
use crate::config::key_path::toml_string;
use crate::config::text::{milliseconds, shorten};
use crate::config::tree::View;
use crate::error::Problem;
use crate::model::{Certificate, CertificateBy, CrashDumps, DumpType, Parameter};

/// `preshutdown-timeout`, in milliseconds.
pub(super) fn preshutdown_timeout(cx: &Cx<'_>, view: &View<'_>) -> Option<u32> {
    let timeout = cx.ok(view, milliseconds(view.text()?))?;
    if timeout == 0 {
        cx.wrong(view, "is no time at all: nothing could end in it");
    }
    Some(timeout)
}

/// `crash-dumps`; `None` when there are none.
pub(super) fn crash_dumps(cx: &Cx<'_>, view: &View<'_>) -> Option<CrashDumps> {
    if !view.is_set() || view.bool() == Some(false) {
        return None;
    }
    let default = CrashDumps::default();
    let folder = view.at("folder");
    if let Some(path) = folder.text() {
        let placeholder = path.contains("{{").then(|| "holds a `{{`: there are no placeholders here".to_owned());
        cx.ok(&folder, placeholder.map_or_else(|| check_folder(path), Err));
    }
    Some(CrashDumps {
        kind: cx.choice(&view.at("type"), &[("mini", DumpType::Mini), ("full", DumpType::Full)], default.kind),
        count: view.at("count").integer().and_then(|n| u32::try_from(n).ok()).unwrap_or(default.count),
        folder: folder.text().map(str::to_owned),
    })
}

/// `certificates`.
pub(super) fn certificates(cx: &Cx<'_>, view: &View<'_>, parameters: &[Parameter]) -> Vec<Certificate> {
    let mut certificates: Vec<Certificate> = Vec::new();
    for item in view.items() {
        let Some(certificate) = certificate(cx, &item, parameters) else { continue };
        if certificates.contains(&certificate) {
            cx.refuse(&item, "is in the list already", "remove it");
        }
        certificates.push(certificate);
    }
    certificates
}

fn certificate(cx: &Cx<'_>, item: &View<'_>, parameters: &[Parameter]) -> Option<Certificate> {
    if !item.is_table() {
        let by = thumbprint(cx, item, item.text()?, parameters)?;
        return Some(Certificate { store: "My".into(), by });
    }
    let store_view = item.at("store");
    let store = store_view.text().unwrap_or("My");
    cx.ok(&store_view, check_store(store));
    let (thumbprint_view, subject_view) = (item.at("thumbprint"), item.at("subject"));
    let by = match (thumbprint_view.text(), subject_view.text()) {
        (Some(_), Some(_)) => {
            let why = "and `thumbprint` both say which certificate it is";
            cx.refuse(&subject_view, why, "remove one of them");
            return None;
        }
        (Some(text), None) => thumbprint(cx, &thumbprint_view, text, parameters)?,
        (None, Some(text)) => {
            check_parameters(cx, &subject_view, text, parameters);
            cx.ok(&subject_view, check_subject(text))?;
            CertificateBy::Subject(text.to_owned())
        }
        (None, None) => {
            if !cx.is_bad(&thumbprint_view.path) && !cx.is_bad(&subject_view.path) {
                let what = format!("`{}` has neither `thumbprint` nor `subject`", item.path);
                let problem = Problem::usage("missing-key", what);
                cx.report(item, problem.fix("thumbprint = \"${CERT}\"").fix("subject = \"CN=agent.example.com\""));
            }
            return None;
        }
    };
    Some(Certificate { store: store.to_owned(), by })
}

fn thumbprint(cx: &Cx<'_>, view: &View<'_>, text: &str, parameters: &[Parameter]) -> Option<CertificateBy> {
    check_parameters(cx, view, text, parameters);
    if lone_parameter(text).is_some() {
        return Some(CertificateBy::Thumbprint(text.to_owned()));
    }
    let hash = hash_in(text);
    if hash.as_deref().is_some_and(|hash| hash.eq_ignore_ascii_case(text)) {
        return hash.map(CertificateBy::Thumbprint);
    }
    let what = format!(
        "`{}` is {}, which is no thumbprint: 40 hexadecimal digits, or a parameter",
        view.path,
        toml_string(&shorten(text, 80))
    );
    let fix = hash.unwrap_or_else(|| "${CERT}".into());
    cx.report(view, Problem::usage("wrong-value", what).fix(toml_string(&fix)));
    None
}

/// The SHA-1 hash that a text holds, in upper case. Windows shows it with spaces between, and copies it with a mark in
/// front that nobody sees.
fn hash_in(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|c| c.is_ascii() && !c.is_whitespace() && *c != ':').collect();
    (bare.len() == 40 && bare.bytes().all(|b| b.is_ascii_hexdigit())).then(|| bare.to_uppercase())
}

fn check_store(store: &str) -> Result<(), String> {
    if store.is_empty() || !store.chars().all(|c| c.is_alphanumeric() || " ._-".contains(c)) {
        return Err(format!(
            "is {}, which is no store: a name below `Cert:\\LocalMachine`, such as `My`",
            toml_string(&shorten(store, 60))
        ));
    }
    Ok(())
}

fn check_subject(subject: &str) -> Result<(), String> {
    if subject.trim().is_empty() {
        return Err("is empty".into());
    }
    match subject.chars().find(|c| c.is_control()) {
        Some(c) => Err(format!("holds the control character {c:?}")),
        None if subject.contains('=') => Ok(()),
        None => Err(format!(
            "is {}, which is no subject: attributes and values, such as `CN=agent.example.com`",
            toml_string(&shorten(subject, 60))
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes() {
        let hash = "0123456789ABCDEF0123456789ABCDEF01234567";
        let spaced = "\u{200e}01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef 01 23 45 67";
        for text in [hash, &hash.to_lowercase(), spaced, &spaced.replace(' ', ":")] {
            assert_eq!(hash_in(text).as_deref(), Some(hash), "{text}");
        }
        for text in ["", &hash[1..], "0123456789ABCDEF0123456789ABCDEF0123456g", &format!("{hash}0")] {
            assert_eq!(hash_in(text), None, "{text}");
        }
    }

    #[test]
    fn stores_and_subjects() {
        for good in ["My", "WebHosting", "Remote Desktop"] {
            assert_eq!(check_store(good), Ok(()), "{good}");
        }
        for bad in ["", "My\\x", "../My", "a*", "Cert:"] {
            assert!(check_store(bad).is_err(), "{bad}");
        }
        for good in ["CN=a", "CN=${HOST_NAME}, O=\"Acme, Ltd\"", "CN=日本"] {
            assert_eq!(check_subject(good), Ok(()), "{good}");
        }
        for bad in ["", " ", "agent.example.com", "CN=a\nb"] {
            assert!(check_subject(bad).is_err(), "{bad}");
        }
    }
}
