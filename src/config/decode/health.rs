//! `health`: probes of the service's own machine.

use super::Cx;
use super::commands::{bundled_or_absolute, command};
use super::refs::{check_parameters, is_port, lone_parameter, parameters_in};
use crate::config::text::milliseconds;
use crate::config::tree::View;
use crate::model::{Health, Parameter};

/// `health` of a service.
pub(super) fn health(cx: &Cx<'_>, service: &View<'_>, parameters: &[Parameter]) -> Health {
    let view = service.at("health");
    let probe = |key: &str, check: fn(&str) -> Result<(), String>| {
        let at = view.at(key);
        let text = at.text()?;
        check_parameters(cx, &at, text, parameters);
        cx.ok(&at, check(text))?;
        Some(text.to_owned())
    };
    let default = Health::default();
    let duration = |key: &str, default: u32| {
        let at = view.at(key);
        at.text().and_then(|text| cx.ok(&at, milliseconds(text))).unwrap_or(default)
    };
    let health = Health {
        http: probe("http", check_http),
        tcp: probe("tcp", check_tcp),
        command: command(cx, &view.at("command"), parameters, bundled_or_absolute),
        timeout_ms: duration("timeout", default.timeout_ms),
        stable_ms: duration("stable", default.stable_ms),
    };
    if health.timeout_ms == 0 {
        cx.wrong(&view.at("timeout"), "is no time at all: nothing could prove itself healthy");
    }
    health
}

const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// `http://127.0.0.1:PORT/path`.
fn check_http(url: &str) -> Result<(), String> {
    if url.starts_with("https://") {
        return Err(
            "is https, whose certificate nobody could check here: probe a plain http address on the loopback interface"
                .into(),
        );
    }
    let rest = url
        .strip_prefix("http://")
        .ok_or("has to start with `http://127.0.0.1`, `http://localhost` or `http://[::1]`")?;
    let (authority, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
    let port = LOOPBACK
        .iter()
        .find_map(|host| authority.strip_prefix(host))
        .ok_or("names another host: only 127.0.0.1, localhost and [::1] are the machine that the service runs on")?;
    if !port.is_empty() {
        check_port(port.strip_prefix(':').ok_or("names another host than 127.0.0.1, localhost or [::1]")?)?;
    }
    check_url_text(path)
}

/// `127.0.0.1:PORT`.
fn check_tcp(address: &str) -> Result<(), String> {
    let shape = "has to be `127.0.0.1:PORT`, `localhost:PORT` or `[::1]:PORT`";
    let port = LOOPBACK.iter().find_map(|host| address.strip_prefix(host)?.strip_prefix(':')).ok_or(shape)?;
    check_port(port)
}

fn check_port(port: &str) -> Result<(), String> {
    if lone_parameter(port).is_some() || is_port(port) {
        Ok(())
    } else {
        Err(format!("has the port `{port}`, which is not a number from 1 to 65535 or a parameter"))
    }
}

/// What may stand in the path and query of a URL (RFC 3986), and parameters.
pub(super) fn check_url_text(text: &str) -> Result<(), String> {
    let mut plain = text.to_owned();
    for name in parameters_in(text).unwrap_or_default() {
        plain = plain.replace(&format!("${{{name}}}"), "");
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?@!$&'()*+,;=%".contains(c);
    match plain.chars().find(|c| !allowed(*c)) {
        Some(c) => Err(format!("holds {c:?}, which has to be percent-encoded in a URL")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes() {
        for good in [
            "http://127.0.0.1",
            "http://127.0.0.1:8080/healthz",
            "http://localhost:${PORT}/a?b=c&d=%20",
            "http://[::1]:1/",
            "http://127.0.0.1:80/${BASE}/x",
        ] {
            assert_eq!(check_http(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("https://127.0.0.1/", "https"),
            ("127.0.0.1:80", "has to start with"),
            ("http://example.com/", "another host"),
            ("http://127.0.0.1.evil.com/", "another host"),
            ("http://localhost@evil.com/", "another host"),
            ("http://127.0.0.1:0/", "port `0`"),
            ("http://127.0.0.1:65536", "port `65536`"),
            ("http://127.0.0.1:/", "port ``"),
            ("http://127.0.0.1:${A}${B}/", "port"),
            ("http://127.0.0.1/a b", "' '"),
            ("http://127.0.0.1/a\"b", "'\"'"),
            ("http://127.0.0.1/é", "'é'"),
            ("http://127.0.0.1/a\nb", "'\\n'"),
            ("", "has to start with"),
        ] {
            assert!(check_http(bad).is_err_and(|e| e.contains(why)), "{bad}: {:?}", check_http(bad));
        }
        for good in ["127.0.0.1:80", "localhost:${PORT}", "[::1]:65535"] {
            assert_eq!(check_tcp(good), Ok(()), "{good}");
        }
        for bad in ["", "127.0.0.1", "10.0.0.1:80", ":80", "localhost:x", "localhost:80/"] {
            assert!(check_tcp(bad).is_err(), "{bad}");
        }
    }
}
