//! `url-acl`: URL prefixes of http.sys that a service may listen on.
//!
//! Source: Microsoft, "UrlPrefix Strings" and "Netsh http commands", `add urlacl`.

use super::Cx;
use super::health::check_url_text;
use super::refs::{check_parameters, check_port_parameter, is_port, lone_parameter};
use crate::config::key_path::KeyPath;
use crate::config::tree::View;
use crate::model::{Parameter, ServiceSpec};
use std::net::{Ipv4Addr, Ipv6Addr};

/// `url-acl`.
pub(super) fn url_acl(cx: &Cx<'_>, view: &View<'_>, parameters: &[Parameter]) -> Vec<String> {
    let mut urls: Vec<String> = Vec::new();
    for item in view.items() {
        let url = item.text().unwrap_or_default();
        check_parameters(cx, &item, url, parameters);
        let Some(port) = cx.ok(&item, port_of(url)) else { continue };
        check_port_parameter(cx, &item, port, parameters);
        if urls.iter().any(|other| same(other, url)) {
            cx.refuse(&item, "is in the list already", "remove it");
        }
        urls.push(url.to_owned());
    }
    urls
}

/// http.sys compares without case.
fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// A prefix can be reserved for one account alone.
pub(super) fn conflicts(cx: &Cx<'_>, specs: &[ServiceSpec]) {
    for (i, spec) in specs.iter().enumerate() {
        for other in &specs[..i] {
            for url in &spec.url_acl {
                if other.url_acl.iter().any(|theirs| same(theirs, url)) {
                    let path = KeyPath::of(["services", spec.name.as_str(), "url-acl"]);
                    let why =
                        format!("and that of service `{}` both hold {url}, which only one can listen on", other.name);
                    cx.refuse(&View { node: None, path }, why, "give each a path of its own");
                }
            }
        }
    }
}

/// The port of `scheme://host:port/path/`.
fn port_of(url: &str) -> Result<&str, String> {
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"))
        .ok_or("has to start with `http://` or `https://`, in small letters")?;
    let (authority, path) = rest.find('/').map(|at| rest.split_at(at)).ok_or("has to end in `/`")?;
    if !path.ends_with('/') {
        return Err("has to end in `/`: a reservation holds for everything below it".into());
    }
    let (host, port) = authority.rsplit_once(':').ok_or("names no port: it is `http://+:8080/path/`")?;
    if !is_port(port) && lone_parameter(port).is_none() {
        return Err(format!("has the port `{port}`, which is not a number from 1 to 65535 or a parameter"));
    }
    if !is_host(host) {
        return Err(format!(
            "has the host `{host}`: it is `+` for every name, `*` for what nobody else wants, a name, an address or a parameter"
        ));
    }
    if path.contains(['?', ';']) || path.contains("//") {
        return Err("holds a `?`, a `;` or an empty part, which reservations can't".into());
    }
    check_url_text(path)?;
    Ok(port)
}

fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let v6 = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).is_some_and(|h| h.parse::<Ipv6Addr>().is_ok());
    let numbers = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    matches!(host, "+" | "*")
        || v6
        || lone_parameter(host).is_some()
        || if numbers { host.parse::<Ipv4Addr>().is_ok() } else { host.split('.').all(label) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes() {
        for good in [
            "http://+:80/",
            "https://*:443/a/b/",
            "http://agent.example.com:8080/x_y/",
            "http://127.0.0.1:${PORT}/${BASE}/",
            "http://[::1]:1/",
            "https://${HOST_NAME}:443/a%20b/",
        ] {
            assert!(port_of(good).is_ok(), "{good}: {:?}", port_of(good));
        }
        assert_eq!(port_of("http://+:${PORT}/"), Ok("${PORT}"));
        for (bad, why) in [
            ("", "has to start with"),
            ("+:80/", "has to start with"),
            ("HTTP://+:80/", "small letters"),
            ("ftp://+:80/", "has to start with"),
            ("http://+:80", "has to end in `/`"),
            ("http://+:80/x", "has to end in `/`"),
            ("http://+/x/", "names no port"),
            ("http://+:0/", "port `0`"),
            ("http://+:/", "port ``"),
            ("http://+:65536/", "port `65536`"),
            ("http://+:${A}0/", "port"),
            ("http://:80/", "host ``"),
            ("http://++:80/", "host `++`"),
            ("http://1.2.3:80/", "host `1.2.3`"),
            ("http://[::g]:80/", "host `[::g]`"),
            ("http://a b:80/", "host `a b`"),
            ("http://-a:80/", "host `-a`"),
            ("http://user@a:80/", "host `user@a`"),
            ("http://+:80/a?b=c/", "holds a `?`"),
            ("http://+:80/a//", "empty part"),
            ("http://+:80/a b/", "' '"),
            ("http://+:80/\"/", "'\"'"),
            ("http://+:80/é/", "'é'"),
        ] {
            assert!(port_of(bad).is_err_and(|e| e.contains(why)), "{bad}: {:?}", port_of(bad));
        }
    }
}
