//! What a service needs of the machine around it: firewall rules, private keys, crash dumps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much of the process a crash dump holds.
/// Source: Microsoft, "Collecting User-Mode Dumps", value `DumpType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum DumpType {
    /// Threads and their stacks: DumpType 1.
    #[default]
    Mini,
    /// All memory, secrets included: DumpType 2.
    Full,
}

/// Dumps that Windows Error Reporting writes when the executable crashes.
/// Source: Microsoft, "Collecting User-Mode Dumps" (`LocalDumps`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CrashDumps {
    /// How much each holds.
    #[serde(rename = "type")]
    pub kind: DumpType,
    /// How many are kept; a new one replaces the oldest. `DumpCount`.
    pub count: u32,
    /// Absolute folder, which may start with a `%VARIABLE%` of the machine. `null` is `dumps` below the data folder.
    pub folder: Option<String>,
}

impl Default for CrashDumps {
    fn default() -> Self {
        CrashDumps { kind: DumpType::Mini, count: 10, folder: None }
    }
}

/// Transport protocol of a firewall rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// Kind of network that a firewall rule holds on.
/// Source: Microsoft, "New-NetFirewallRule", parameter `-Profile`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkProfile {
    /// A network of the machine's own domain.
    Domain,
    /// A network that an administrator trusts.
    Private,
    /// Any other network.
    Public,
}

/// One rule that lets traffic in to the service.
/// Source: Microsoft, "New-NetFirewallRule".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FirewallRule {
    /// Name of the rule, unique on the machine, and what people see.
    pub name: String,
    /// Its protocol.
    pub protocol: Protocol,
    /// Local ports as `-LocalPort` takes them, separated by commas: numbers, ranges such as `8000-8010`. Each may be a
    /// `${PARAMETER}`.
    pub port: String,
    /// The networks it holds on; never empty.
    pub profiles: Vec<NetworkProfile>,
    /// Who may connect, each as `-RemoteAddress` takes it; empty is anybody.
    pub remote: Vec<String>,
}

/// A certificate of the machine whose private key the service may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// Store below `Cert:\LocalMachine`, such as `My`.
    pub store: String,
    /// Which one it is.
    #[serde(flatten)]
    pub by: CertificateBy,
}

/// How a certificate is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CertificateBy {
    /// Its SHA-1 hash, 40 upper-case hexadecimal digits, or a `${PARAMETER}`.
    Thumbprint(String),
    /// Its subject, such as `CN=agent.example.com`. May hold `${PARAMETER}`.
    Subject(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_what_the_scripts_read() {
        fn json(value: &impl Serialize) -> String {
            serde_json::to_string(value).expect("JSON")
        }
        let by = |by| Certificate { store: "My".into(), by };
        assert_eq!(json(&by(CertificateBy::Thumbprint("${CERT}".into()))), r#"{"store":"My","thumbprint":"${CERT}"}"#);
        assert_eq!(json(&by(CertificateBy::Subject("CN=x".into()))), r#"{"store":"My","subject":"CN=x"}"#);
        for which in [CertificateBy::Thumbprint("0".into()), CertificateBy::Subject("CN=x".into())] {
            let certificate = by(which);
            assert_eq!(serde_json::from_str::<Certificate>(&json(&certificate)).expect("decodes"), certificate);
        }
        for bad in [r#"{"store":"My"}"#, r#"{"thumbprint":"0"}"#, r#"{"store":"My","serial":"0"}"#] {
            assert!(serde_json::from_str::<Certificate>(bad).is_err(), "{bad}");
        }
        assert_eq!(json(&CrashDumps::default()), r#"{"type":"mini","count":10,"folder":null}"#);
        let rule = FirewallRule {
            name: "Agent tcp 8080".into(),
            protocol: Protocol::Tcp,
            port: "8080".into(),
            profiles: vec![NetworkProfile::Domain, NetworkProfile::Private],
            remote: vec![],
        };
        assert_eq!(
            json(&rule),
            r#"{"name":"Agent tcp 8080","protocol":"tcp","port":"8080","profiles":["domain","private"],"remote":[]}"#
        );
    }
}
