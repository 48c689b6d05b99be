//! What install.cmd can't honour at all: keys that only install.ps1 knows. One sentence each, which names its subject.
//!
//! Not among them is what makes no difference to a first installation: how many versions are kept, whether a rollback is
//! safe, what is backed up before an upgrade.

use crate::formats::ServiceJson;
use crate::model::{Account, CertificateBy, ServiceSpec};

/// All of it, in the order of service.json.
pub(super) fn beyond(bundle: &ServiceJson) -> Vec<String> {
    let mut list = Vec::new();
    let hooks = bundle.install.hooks.all();
    // A backup comes before an upgrade; everything else has its place in a first installation, or in its removal.
    for (key, command) in hooks.into_iter().filter(|(key, command)| *key != "backup" && !command.is_empty()) {
        list.push(format!("the hook {key} runs {}", ascii(&command.join(" "))));
    }
    for parameter in bundle.parameters.iter().filter(|p| p.secret) {
        list.push(format!("parameter {} is a secret, which needs a file of its own", parameter.name));
    }
    for file in &bundle.config_files {
        list.push(format!("the config file {} needs a copy in the data folder", ascii(file.as_str())));
    }
    for spec in &bundle.services {
        service(spec, &mut list);
    }
    list
}

fn service(spec: &ServiceSpec, list: &mut Vec<String>) {
    let name = ascii(spec.name.as_str());
    let mut add = |what: String| list.push(format!("service {name} {what}"));
    match &spec.account {
        Account::Managed { user } => {
            add(format!("runs as the managed account {}, which needs the right to log on as a service", ascii(user)));
        }
        Account::User { user } => {
            add(format!("runs as the user {}, whose password only install.ps1 takes safely", ascii(user)));
        }
        Account::Virtual | Account::LocalService | Account::NetworkService | Account::LocalSystem => {}
    }
    if spec.preshutdown_timeout_ms.is_some() {
        add("has a preshutdown timeout".into());
    }
    if !spec.triggers.is_empty() {
        add(format!("has the triggers {}", ascii(&spec.triggers.join(" "))));
    }
    if spec.crash_dumps.is_some() {
        add("wants crash dumps".into());
    }
    for rule in &spec.firewall {
        add(format!("needs the firewall rule {}", ascii(&rule.name)));
    }
    for url in &spec.url_acl {
        add(format!("needs the URL reservation {}", ascii(url)));
    }
    for certificate in &spec.certificates {
        let (CertificateBy::Thumbprint(which) | CertificateBy::Subject(which)) = &certificate.by;
        add(format!("needs the private key of the certificate {} in {}", ascii(which), ascii(&certificate.store)));
    }
    if !spec.health.command.is_empty() {
        add(format!("is proven by the command {}", ascii(&spec.health.command.join(" "))));
    }
}

/// For messages inside the data block: they must not make the script need UTF-8, nor fill a line of cmd.exe.
pub(super) fn ascii(text: &str) -> String {
    text.chars().take(300).map(|c| if c.is_ascii() && !c.is_control() { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Certificate, CrashDumps, FirewallRule, Hooks, Install, NetworkProfile, Protocol};

    #[test]
    fn each_key_is_refused_by_name() {
        let mut bundle = crate::render::tests::input().service;
        assert_eq!(beyond(&bundle), Vec::<String>::new());
        let one = |text: &str| vec![text.to_owned()];
        bundle.install = Install {
            keep: 5,
            add_remove_programs: false,
            rollback_safe: false,
            hooks: Hooks { backup: one("save.ps1"), ..Hooks::default() },
            ..bundle.install
        };
        assert_eq!(beyond(&bundle), Vec::<String>::new(), "what makes no difference to a first installation");
        bundle.config_files = vec![crate::model::BundlePath::new("conf/\u{e9}.toml").expect("a path")];
        bundle.install.hooks = Hooks {
            pre_install: vec!["a.cmd".into(), "x y".into()],
            post_install: one("b.ps1"),
            pre_stop: one("c.exe"),
            post_start: one("é.exe"),
            backup: vec![],
        };
        bundle.parameters[0].secret = true;
        let spec = &mut bundle.services[0];
        spec.account = Account::User { user: r"ACME\svc".into() };
        spec.preshutdown_timeout_ms = Some(1);
        spec.triggers = vec!["start/networkon".into(), "stop/networkoff".into()];
        spec.crash_dumps = Some(CrashDumps::default());
        spec.firewall = vec![FirewallRule {
            name: "Agent tcp 80".into(),
            protocol: Protocol::Tcp,
            port: "80".into(),
            profiles: vec![NetworkProfile::Domain],
            remote: vec![],
        }];
        spec.url_acl = one("http://+:80/");
        spec.certificates = vec![Certificate { store: "My".into(), by: CertificateBy::Subject("CN=a\u{e9}".into()) }];
        spec.health.command = vec!["probe.exe".into(), "-q".into()];
        assert_eq!(
            beyond(&bundle),
            [
                "the hook pre-install runs a.cmd x y",
                "the hook pre-stop runs c.exe",
                "the hook post-install runs b.ps1",
                "the hook post-start runs ?.exe",
                "parameter PORT is a secret, which needs a file of its own",
                "the config file conf/?.toml needs a copy in the data folder",
                r"service Agent runs as the user ACME\svc, whose password only install.ps1 takes safely",
                "service Agent has a preshutdown timeout",
                "service Agent has the triggers start/networkon stop/networkoff",
                "service Agent wants crash dumps",
                "service Agent needs the firewall rule Agent tcp 80",
                "service Agent needs the URL reservation http://+:80/",
                "service Agent needs the private key of the certificate CN=a? in My",
                "service Agent is proven by the command probe.exe -q",
            ]
        );
        bundle.services[0].account = Account::Managed { user: r"ACME\svc$".into() };
        assert!(beyond(&bundle).iter().any(|why| why.contains(r"the managed account ACME\svc$")));
    }
}
