//! What a Windows service is, in the terms of the Service Control Manager (SCM).
//!
//! Source of names and limits: Microsoft, "CreateServiceW", "ChangeServiceConfig2W" and "Services" registry tree.
//! Durations are in milliseconds unless the name says otherwise.

use super::{Certificate, CrashDumps, FirewallRule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A service's key name: 1 to 256 characters, no `/` or `\` (CreateServiceW), and here also no control character,
/// quote, `%`, or other character that no script could pass on safely.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema)]
#[schemars(with = "String")]
pub struct ServiceName(String);

impl ServiceName {
    /// Validates a name.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn new(name: impl Into<String>) -> Result<Self, String> {
        let name = name.into();
        let len = name.encode_utf16().count();
        if len == 0 {
            return Err("a service name can't be empty".into());
        }
        if len > 256 {
            return Err(format!("a service name has at most 256 characters, this has {len}"));
        }
        if let Some(c) = name.chars().find(|c| matches!(c, '/' | '\\')) {
            return Err(format!("a service name can't hold `{c}`"));
        }
        if let Some(c) = name.chars().find(|c| !(c.is_alphanumeric() || " ._-$@+#()".contains(*c))) {
            return Err(format!(
                "a service name can't hold {c:?}: letters, digits, spaces and ._-$@+#() are safe in every tool (the display name may hold anything)"
            ));
        }
        if name.starts_with(' ') || name.ends_with(' ') || name.ends_with('.') {
            return Err("a service name can't start or end in a space, nor end in a dot".into());
        }
        Ok(ServiceName(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ServiceName {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ServiceName {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        ServiceName::new(String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// When the SCM starts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum StartType {
    /// Automatically, some two minutes after the other automatic ones.
    #[default]
    DelayedAuto,
    /// Automatically at boot.
    Auto,
    /// When asked.
    Demand,
    /// Never.
    Disabled,
}

/// The account it runs as. No variant holds a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Account {
    /// `NT SERVICE\<service name>`: an identity of its own, managed by Windows.
    #[default]
    Virtual,
    /// `NT AUTHORITY\LocalService`.
    LocalService,
    /// `NT AUTHORITY\NetworkService`.
    NetworkService,
    /// `LocalSystem`.
    LocalSystem,
    /// A group-managed service account, `DOMAIN\name$`: Windows keeps its password.
    Managed {
        /// `DOMAIN\name$`.
        user: String,
    },
    /// A user with a password, `DOMAIN\name` or `.\name`. The administrator gives the password at install time.
    User {
        /// `DOMAIN\name` or `.\name`.
        user: String,
    },
}

impl Account {
    /// As Windows names it: what the SCM stores in ObjectName.
    pub fn logon_name(&self, service: &ServiceName) -> String {
        match self {
            Account::Virtual => format!(r"NT SERVICE\{service}"),
            Account::LocalService => r"NT AUTHORITY\LocalService".into(),
            Account::NetworkService => r"NT AUTHORITY\NetworkService".into(),
            Account::LocalSystem => "LocalSystem".into(),
            Account::Managed { user } | Account::User { user } => user.clone(),
        }
    }
}

/// What the boot loader does when it cannot start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorControl {
    /// Start anyway, no event.
    Ignore,
    /// Start anyway, log an event.
    #[default]
    Normal,
    /// Restart with the last known good configuration.
    Severe,
    /// As severe, and fail the boot.
    Critical,
}

/// Kind of a failure action (SC_ACTION_TYPE).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// Restart the service.
    Restart,
    /// Run [`Failure::command`].
    Run,
    /// Reboot the machine.
    Reboot,
    /// Do nothing.
    None,
}

/// One failure action; the last of a list repeats for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FailureAction {
    /// What to do.
    pub kind: FailureKind,
    /// After how long.
    pub delay_ms: u32,
}

/// What the SCM does when the process dies or ends in an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// First, second and each later failure.
    pub actions: Vec<FailureAction>,
    /// After how many seconds without failure the count starts anew.
    pub reset_seconds: u32,
    /// Also when it stops by itself with a non-zero exit code (the "non-crash" flag).
    pub on_error_exit: bool,
    /// Command line for [`FailureKind::Run`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

impl Default for Failure {
    fn default() -> Self {
        let restart = |delay_ms| FailureAction { kind: FailureKind::Restart, delay_ms };
        Failure {
            actions: vec![restart(5_000), restart(30_000), restart(300_000)],
            reset_seconds: 86_400,
            on_error_exit: true,
            command: None,
        }
    }
}

/// SERVICE_SID_INFO: whether the token carries `S-1-5-80-…` of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum SidType {
    /// No service SID.
    None,
    /// The SID is in the token.
    #[default]
    Unrestricted,
    /// And the token is write-restricted.
    Restricted,
}

/// Severity of an event message; its two bits lead the event id (winerror.h layout).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EventSeverity {
    /// EVENTLOG_SUCCESS, bits 00.
    Success,
    /// EVENTLOG_INFORMATION_TYPE, bits 01.
    Information,
    /// EVENTLOG_WARNING_TYPE, bits 10.
    Warning,
    /// EVENTLOG_ERROR_TYPE, bits 11.
    Error,
}

/// One message of the event source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventMessage {
    /// The 16-bit code, as Event Viewer shows it.
    pub id: u16,
    /// Its severity.
    pub severity: EventSeverity,
    /// The text; `%1` to `%99` are the strings of ReportEvent.
    pub text: String,
}

/// The event source, whose messages are in the exe's message table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventLog {
    /// Source name; the service name unless configured.
    pub source: String,
    /// Log it belongs to: `Application` unless configured.
    pub log: String,
    /// Messages with a text of their own; every other id has the generic fallback.
    pub messages: Vec<EventMessage>,
}

/// How the installer proves that the service works. With no probe, running steadily is the proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// `http://127.0.0.1:PORT/path`: healthy when it answers 2xx. May hold `${PARAMETER}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<String>,
    /// `host:port` that accepts a connection. May hold `${PARAMETER}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp: Option<String>,
    /// A program and its arguments, healthy when it ends with exit code 0; empty without one. The program is a path
    /// below the program folder, with `/`, or an absolute Windows path. The arguments may hold `${PARAMETER}`.
    pub command: Vec<String>,
    /// How long it may take until the probe passes.
    pub timeout_ms: u32,
    /// How long it must run with one process id.
    pub stable_ms: u32,
}

impl Default for Health {
    fn default() -> Self {
        Health { http: None, tcp: None, command: Vec::new(), timeout_ms: 30_000, stable_ms: 10_000 }
    }
}

/// The desired state of one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceSpec {
    /// Key name in the SCM.
    pub name: ServiceName,
    /// File name of the exe in the bundle, such as `acme-agent.exe`.
    pub exe: String,
    /// Name that people see.
    pub display_name: String,
    /// What it does.
    pub description: String,
    /// When it starts.
    pub start: StartType,
    /// As whom it runs.
    pub account: Account,
    /// Command-line arguments after the exe. May hold `${PARAMETER}`.
    pub args: Vec<String>,
    /// Environment of its own. May hold `${PARAMETER}`; readable by every user of the machine.
    pub env: BTreeMap<String, String>,
    /// Services that must run first; a leading `+` names a load-order group.
    pub dependencies: Vec<String>,
    /// What the boot does when it fails.
    pub error_control: ErrorControl,
    /// What the SCM does when it dies.
    pub failure: Failure,
    /// The installer's patience with a stop.
    pub stop_timeout_ms: u32,
    /// Service SID.
    pub sid_type: SidType,
    /// Privileges it keeps (`SeChangeNotifyPrivilege`, …); empty keeps the account's.
    pub required_privileges: Vec<String>,
    /// SDDL of the service object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_descriptor: Option<String>,
    /// How long Windows waits for it before a shutdown goes on; without one, Windows' own time.
    /// Source: Microsoft, "SERVICE_PRESHUTDOWN_INFO".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preshutdown_timeout_ms: Option<u32>,
    /// Events that start or stop it, each as one word of `sc.exe triggerinfo`: `start/networkon`,
    /// `start/portopen/8080;TCP`, `start/device/<GUID>/<hardware id>`.
    pub triggers: Vec<String>,
    /// Its event source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_log: Option<EventLog>,
    /// What is kept of a crash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crash_dumps: Option<CrashDumps>,
    /// Rules that let traffic in.
    pub firewall: Vec<FirewallRule>,
    /// URL prefixes of http.sys that its account may listen on, such as `http://+:8080/path/`. May hold `${PARAMETER}`.
    /// Source: Microsoft, "UrlPrefix Strings".
    pub url_acl: Vec<String>,
    /// Certificates whose private keys it may read.
    pub certificates: Vec<Certificate>,
    /// Proof of life after the start.
    pub health: Health,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_names() {
        for good in ["AcmeAgent", "acme agent", "acme.agent_1", "Ünï", "サービス", "MSSQL$X"] {
            assert!(ServiceName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "a/b", "a\\b", "a\"b", "a%b", "a&b", "a\nb", " a", "a.", "a'b", "a`b", "a;b"] {
            assert!(ServiceName::new(bad).is_err(), "{bad}");
        }
        assert!(ServiceName::new("x".repeat(256)).is_ok());
        assert!(ServiceName::new("x".repeat(300)).is_err_and(|e| e.contains("256") && e.contains("300")));
    }
}
