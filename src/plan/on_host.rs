//! What the installation adds to a machine, one line each.

use super::kebab;
use crate::config::BundleSpec;
use crate::model::{Account, Certificate, CertificateBy, FirewallRule, ServiceSpec};

/// All of it: services first, then what each of them needs, then what they share.
pub(super) fn on_host(spec: &BundleSpec) -> Vec<String> {
    if spec.services.is_empty() {
        return Vec::new();
    }
    let mut list: Vec<String> = spec.services.iter().map(|s| format!("service {}", s.name)).collect();
    for service in &spec.services {
        needs(service, &spec.install.data_dir, &mut list);
    }
    list.push(format!("folder {}", spec.install.dir));
    list.push(format!("folder {}", spec.install.data_dir));
    list.extend(spec.parameters.iter().filter(|p| p.secret).map(|p| format!("secret file for {}", p.name)));
    if spec.install.add_remove_programs {
        list.push("entry in the list of installed programs".into());
    }
    list
}

fn needs(service: &ServiceSpec, data_dir: &str, list: &mut Vec<String>) {
    if let Account::Managed { user } | Account::User { user } = &service.account {
        list.push(format!("right to log on as a service for {user}"));
    }
    if let Some(log) = &service.event_log {
        list.push(format!("event source {} in {}", log.source, log.log));
    }
    if let Some(dumps) = &service.crash_dumps {
        let folder = dumps.folder.clone().unwrap_or_else(|| format!("{data_dir}\\dumps"));
        list.push(format!("{} crash dumps of {} in {folder}", kebab(&dumps.kind), service.exe));
    }
    list.extend(service.firewall.iter().map(|r| format!("firewall rule {}: {}", r.name, rule(r))));
    list.extend(service.url_acl.iter().map(|url| format!("URL reservation {url}")));
    list.extend(service.certificates.iter().map(|c| format!("access to the private key of {}", certificate(c))));
}

/// `tcp/8080 from LocalSubnet on domain, private`.
pub(super) fn rule(rule: &FirewallRule) -> String {
    let remote = if rule.remote.is_empty() { "anywhere".into() } else { rule.remote.join(", ") };
    let profiles: Vec<String> = rule.profiles.iter().map(kebab).collect();
    format!("{}/{} from {remote} on {}", kebab(&rule.protocol), rule.port, profiles.join(", "))
}

/// `My\CN=agent`.
pub(super) fn certificate(certificate: &Certificate) -> String {
    let (CertificateBy::Thumbprint(which) | CertificateBy::Subject(which)) = &certificate.by;
    format!("{}\\{which}", certificate.store)
}
