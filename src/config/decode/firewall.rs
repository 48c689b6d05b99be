//! `firewall`: rules that let traffic in to a service.
//!
//! Source: Microsoft, "New-NetFirewallRule", for what ports and addresses may be.

use super::Cx;
use super::refs::{check_parameters, check_port_parameter, is_port, lone_parameter};
use super::services::Picked;
use crate::config::key_path::{KeyPath, toml_string};
use crate::config::nearest::{list, nearest};
use crate::config::text::shorten;
use crate::config::tree::View;
use crate::error::Problem;
use crate::model::{FirewallRule, NetworkProfile, Parameter, Protocol, ServiceName, ServiceSpec};
use std::net::{IpAddr, Ipv4Addr};

const PROTOCOLS: [(&str, Protocol); 2] = [("tcp", Protocol::Tcp), ("udp", Protocol::Udp)];
const PROFILES: [(&str, NetworkProfile); 3] =
    [("domain", NetworkProfile::Domain), ("private", NetworkProfile::Private), ("public", NetworkProfile::Public)];

/// Addresses by name.
const NAMED: [&str; 7] = ["LocalSubnet", "DNS", "DHCP", "WINS", "DefaultGateway", "Internet", "Intranet"];

/// `firewall`.
pub(super) fn firewall(cx: &Cx<'_>, picked: &Picked<'_>, parameters: &[Parameter]) -> Vec<FirewallRule> {
    let mut rules: Vec<FirewallRule> = Vec::new();
    for item in picked.view.at("firewall").items() {
        let Some(rule) = rule(cx, picked.name.as_str(), &item, parameters) else { continue };
        if let Some(other) = rules.iter().find(|other| same_name(other, &rule)) {
            let at = if item.is_table() { item.at("name") } else { item.clone() };
            let fix = if item.is_table() { "name = \"…\"" } else { "remove it" };
            cx.refuse(&at, format!("would be a second rule of the name `{}`", other.name), fix);
        }
        rules.push(rule);
    }
    rules
}

fn same_name(a: &FirewallRule, b: &FirewallRule) -> bool {
    a.name.to_lowercase() == b.name.to_lowercase()
}

/// Rules of two services that would be one on the machine.
pub(super) fn conflicts(cx: &Cx<'_>, specs: &[ServiceSpec]) {
    for (i, spec) in specs.iter().enumerate() {
        for other in &specs[..i] {
            for rule in &spec.firewall {
                if other.firewall.iter().any(|theirs| same_name(theirs, rule)) {
                    let path = KeyPath::of(["services", spec.name.as_str(), "firewall"]);
                    let why =
                        format!("and that of service `{}` both have a rule of the name `{}`", other.name, rule.name);
                    cx.refuse(&View { node: None, path }, why, "name = \"…\"");
                }
            }
        }
    }
}

fn rule(cx: &Cx<'_>, service: &str, item: &View<'_>, parameters: &[Parameter]) -> Option<FirewallRule> {
    let (protocol, port_view, port) = if item.is_table() {
        let port = item.at("port");
        (cx.choice(&item.at("protocol"), &PROTOCOLS, Protocol::Tcp), port.clone(), port.as_text()?)
    } else {
        let text = item.text()?;
        let (protocol, port) = short_form(text)
            .map_err(|fix| {
                let shown = toml_string(&shorten(text, 60));
                let what = format!("`{}` is {shown}, which is no protocol and port, such as `tcp/8080`", item.path);
                cx.report(item, Problem::usage("wrong-value", what).fix(fix));
            })
            .ok()?;
        (protocol, item.clone(), port.to_owned())
    };
    check_parameters(cx, &port_view, &port, parameters);
    cx.ok(&port_view, check_ports(&port))?;
    for part in port.split(',') {
        check_port_parameter(cx, &port_view, part, parameters);
    }
    Some(FirewallRule {
        name: name(cx, service, item, protocol, &port),
        protocol,
        port,
        profiles: profiles(cx, item),
        remote: remote(cx, item),
    })
}

/// `tcp/8080`; else what was probably meant.
fn short_form(text: &str) -> Result<(Protocol, &str), String> {
    let words = || PROTOCOLS.iter().map(|(word, _)| *word);
    let (left, right) = text.split_once(['/', ':']).unwrap_or((text, ""));
    if let Some((_, protocol)) = PROTOCOLS.iter().find(|(word, _)| *word == left && text.contains('/')) {
        return Ok((*protocol, right));
    }
    let fix = match (nearest(left, words()), nearest(right, words())) {
        (Some(word), _) if !right.is_empty() => format!("{word}/{right}"),
        (_, Some(word)) if !left.is_empty() => format!("{word}/{left}"),
        _ if right.is_empty() && check_ports(left).is_ok() => format!("tcp/{left}"),
        _ => "tcp/8080".into(),
    };
    Err(toml_string(&fix))
}

fn check_ports(text: &str) -> Result<(), String> {
    for part in text.split(',') {
        let range =
            part.split_once('-').and_then(|(from, to)| Some((from.parse::<u16>().ok()?, to.parse::<u16>().ok()?)));
        let is_range = range.is_some_and(|(from, to)| from > 0 && from < to) && !part.contains('+');
        if !is_range && !is_port(part) && lone_parameter(part).is_none() {
            return Err(format!(
                "has the port {}, which is not a number from 1 to 65535, a range such as `8000-8010`, or a parameter",
                toml_string(&shorten(part, 60))
            ));
        }
    }
    Ok(())
}

fn name(cx: &Cx<'_>, service: &str, item: &View<'_>, protocol: Protocol, port: &str) -> String {
    let at = item.at("name");
    let Some(name) = at.text() else {
        let word = PROTOCOLS.iter().find(|(_, p)| *p == protocol).map_or("", |(word, _)| *word);
        let port = port.replace("${", "").replace('}', "").replace(',', "+");
        return shorten(&format!("{service} {word} {port}"), 255);
    };
    // -Name takes wildcards where rules are looked up; `all` means every rule (netsh advfirewall).
    if let Err(why) = ServiceName::new(name) {
        let why =
            why.replace("a service name", "the name of a rule").replace(" (the display name may hold anything)", "");
        cx.wrong(&at, format!("is {}: {why}", toml_string(&shorten(name, 60))));
    } else if name.eq_ignore_ascii_case("all") {
        cx.wrong(&at, "is `all`, by which Windows means every rule");
    } else if name.encode_utf16().count() > 255 {
        cx.wrong(&at, "is longer than 255 characters");
    }
    name.to_owned()
}

fn profiles(cx: &Cx<'_>, item: &View<'_>) -> Vec<NetworkProfile> {
    let at = item.at("profiles");
    if !at.is_set() {
        return vec![NetworkProfile::Domain, NetworkProfile::Private];
    }
    let mut profiles = Vec::new();
    for view in at.items() {
        let profile = cx.choice(&view, &PROFILES, NetworkProfile::Domain);
        if profiles.contains(&profile) {
            cx.refuse(&view, "is in the list already", "remove it");
        }
        profiles.push(profile);
    }
    if profiles.is_empty() && !cx.is_bad(&at.path) {
        cx.wrong(&at, "is empty: Windows would take that for every network");
    }
    profiles.sort_unstable();
    profiles
}

fn remote(cx: &Cx<'_>, item: &View<'_>) -> Vec<String> {
    let mut remote: Vec<String> = Vec::new();
    for view in item.at("remote").items() {
        let text = view.text().unwrap_or_default();
        match address(text) {
            Ok(address) if remote.contains(&address) => cx.refuse(&view, "is in the list already", "remove it"),
            Ok(address) => remote.push(address),
            Err((why, fix)) => {
                let what = format!("`{}` is {}, {why}", view.path, toml_string(&shorten(text, 60)));
                cx.report(&view, Problem::usage("wrong-value", what).fix(fix));
            }
        }
    }
    remote
}

/// An address as `-RemoteAddress` takes it, its name spelled as Windows does; or what is wrong and what mends it.
fn address(text: &str) -> Result<String, (String, String)> {
    if let Some(name) = NAMED.iter().find(|name| name.eq_ignore_ascii_case(text)) {
        return Ok((*name).to_owned());
    }
    let plain = text.parse::<IpAddr>().is_ok();
    let subnet = text.split_once('/').is_some_and(|(address, prefix)| {
        let digits = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit());
        let within = |most: u8| digits && prefix.parse::<u8>().is_ok_and(|p| p <= most);
        match address.parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) => within(32) || prefix.parse::<Ipv4Addr>().is_ok_and(is_mask),
            Ok(IpAddr::V6(_)) => within(128),
            Err(_) => false,
        }
    });
    let range = text.split_once('-').is_some_and(|(from, to)| match (from.parse::<IpAddr>(), to.parse::<IpAddr>()) {
        (Ok(from), Ok(to)) => from.is_ipv4() == to.is_ipv4() && from <= to,
        _ => false,
    });
    if plain || subnet || range {
        return Ok(text.to_owned());
    }
    if ["any", "*"].contains(&text.to_lowercase().as_str()) {
        return Err(("which is anybody".into(), "remove `remote`".into()));
    }
    if text.contains("${") {
        return Err(("and addresses can't hold parameters".into(), "\"LocalSubnet\"".into()));
    }
    let fix = match nearest(text, NAMED) {
        Some(near) => toml_string(near),
        None => format!("an address, `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, or one of {}", list(&NAMED, "or")),
    };
    Err(("which is no address, subnet or range".into(), fix))
}

fn is_mask(mask: Ipv4Addr) -> bool {
    u32::from(mask).leading_ones() + u32::from(mask).trailing_zeros() == 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports() {
        for good in ["1", "65535", "8000-8010", "80,443", "${PORT}", "80,${A},90-91"] {
            assert_eq!(check_ports(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "0",
            "65536",
            "+80",
            "a",
            "80, 443",
            "80,",
            "90-80",
            "80-80",
            "0-5",
            "-5",
            "5-",
            "1-65536",
            "${A}-${B}",
            "${A}0",
            "any",
            "1-+5",
        ] {
            assert!(check_ports(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn short_forms() {
        assert_eq!(short_form("udp/${P}"), Ok((Protocol::Udp, "${P}")));
        for (bad, fix) in [
            ("8080", "\"tcp/8080\""),
            ("8080/tcp", "\"tcp/8080\""),
            ("TCP/80", "\"tcp/80\""),
            ("tcp:80", "\"tcp/80\""),
            ("tpc/80", "\"tcp/80\""),
            ("", "\"tcp/8080\""),
            ("http", "\"tcp/8080\""),
        ] {
            assert_eq!(short_form(bad), Err(fix.to_owned()), "{bad}");
        }
    }

    #[test]
    fn addresses() {
        for good in
            ["10.0.0.1", "10.0.0.0/8", "10.0.0.0/255.0.0.0", "10.0.0.1-10.0.0.9", "::1", "fd00::/8", "fd00::1-fd00::9"]
        {
            assert_eq!(address(good), Ok(good.to_owned()), "{good}");
        }
        assert_eq!(address("localsubnet"), Ok("LocalSubnet".into()));
        for (bad, why, fix) in [
            ("Any", "anybody", "remove `remote`"),
            ("LocalSubnets", "no address", "\"LocalSubnet\""),
            ("10.0.0.0/33", "no address", "10.0.0.0/8"),
            ("10.0.0.0/255.0.255.0", "no address", "10.0.0.0/8"),
            ("10.0.0.0/+8", "no address", "10.0.0.0/8"),
            ("fd00::/129", "no address", "10.0.0.0/8"),
            ("10.0.0.9-10.0.0.1", "no address", "10.0.0.0/8"),
            ("10.0.0.9-::1", "no address", "10.0.0.0/8"),
            ("example.com", "no address", "10.0.0.0/8"),
            ("${NET}", "can't hold parameters", "LocalSubnet"),
            ("", "no address", "10.0.0.0/8"),
        ] {
            let (found, mend) = address(bad).expect_err(bad);
            assert!(found.contains(why) && mend.contains(fix), "{bad}: {found} {mend}");
        }
    }
}
