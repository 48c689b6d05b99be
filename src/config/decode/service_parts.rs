//! Dependencies, failure actions, privileges, security descriptor and event source of a service.

use super::Cx;
use super::services::Picked;
use crate::config::key_path::toml_string;
use crate::config::nearest::nearest;
use crate::config::text::{failure_action, seconds};
use crate::config::tree::View;
use crate::error::Problem;
use crate::model::{EventLog, EventMessage, EventSeverity, Failure, FailureKind, ServiceName};

/// `dependencies`.
pub(super) fn dependencies(cx: &Cx<'_>, picked: &Picked<'_>) -> Vec<String> {
    let view = picked.view.at("dependencies");
    let mut seen: Vec<String> = Vec::new();
    for item in view.items() {
        let name = item.text().unwrap_or_default();
        let bare = name.strip_prefix('+').unwrap_or(name);
        if let Err(why) = ServiceName::new(bare) {
            cx.wrong(&item, format!("is {}: {why}", toml_string(&crate::config::text::shorten(name, 60))));
        } else if name.to_lowercase() == picked.name.as_str().to_lowercase() {
            cx.refuse(&item, format!("is `{name}`: a service can't depend on itself"), "remove it");
        } else if seen.contains(&name.to_lowercase()) {
            cx.refuse(&item, format!("is `{name}`, which is in the list already"), "remove it");
        }
        seen.push(name.to_lowercase());
    }
    view.texts().unwrap_or_default()
}

/// `failure`.
pub(super) fn failure(cx: &Cx<'_>, view: &View<'_>) -> Failure {
    let default = Failure::default();
    let actions = view.at("actions");
    let reset = view.at("reset");
    let command = view.at("command");
    let failure = Failure {
        actions: if actions.is_set() {
            let decode = |item: &View<'_>| item.text().and_then(|text| cx.ok(item, failure_action(text)));
            actions.items().iter().filter_map(decode).collect()
        } else {
            default.actions
        },
        reset_seconds: reset.text().and_then(|text| cx.ok(&reset, seconds(text))).unwrap_or(default.reset_seconds),
        on_error_exit: view.at("on-error-exit").bool().unwrap_or(default.on_error_exit),
        command: command.text().map(str::to_owned),
    };
    let runs = failure.actions.iter().any(|a| a.kind == FailureKind::Run);
    let no_command = failure.command.as_deref().is_none_or(|c| c.trim().is_empty());
    if runs && no_command && !cx.is_bad(&command.path) {
        let what = format!("`{}` has a `run` action and no command to run", view.path);
        cx.report(&actions, Problem::usage("missing-key", what).fix(format!("{} = '…'", command.path)));
    }
    if !runs && command.is_set() && !cx.is_bad(&actions.path) {
        let what = format!("`{}` is never run: no action is `run`", command.path);
        cx.report(&command, Problem::usage("wrong-value", what).fix(format!("{} = [\"run/1m\"]", actions.path)));
    }
    failure
}

/// Privileges that can be required. Source: Microsoft, "Privilege Constants (Authorization)".
const PRIVILEGES: &[&str] = &[
    "SeAssignPrimaryTokenPrivilege",
    "SeAuditPrivilege",
    "SeBackupPrivilege",
    "SeChangeNotifyPrivilege",
    "SeCreateGlobalPrivilege",
    "SeCreatePagefilePrivilege",
    "SeCreatePermanentPrivilege",
    "SeCreateSymbolicLinkPrivilege",
    "SeCreateTokenPrivilege",
    "SeDebugPrivilege",
    "SeDelegateSessionUserImpersonatePrivilege",
    "SeEnableDelegationPrivilege",
    "SeImpersonatePrivilege",
    "SeIncreaseBasePriorityPrivilege",
    "SeIncreaseQuotaPrivilege",
    "SeIncreaseWorkingSetPrivilege",
    "SeLoadDriverPrivilege",
    "SeLockMemoryPrivilege",
    "SeMachineAccountPrivilege",
    "SeManageVolumePrivilege",
    "SeProfileSingleProcessPrivilege",
    "SeRelabelPrivilege",
    "SeRemoteShutdownPrivilege",
    "SeRestorePrivilege",
    "SeSecurityPrivilege",
    "SeShutdownPrivilege",
    "SeSyncAgentPrivilege",
    "SeSystemEnvironmentPrivilege",
    "SeSystemProfilePrivilege",
    "SeSystemtimePrivilege",
    "SeTakeOwnershipPrivilege",
    "SeTcbPrivilege",
    "SeTimeZonePrivilege",
    "SeTrustedCredManAccessPrivilege",
    "SeUndockPrivilege",
];

/// `required-privileges`.
pub(super) fn privileges(cx: &Cx<'_>, view: &View<'_>) -> Vec<String> {
    let mut seen: Vec<&str> = Vec::new();
    for item in view.items() {
        let name = item.text().unwrap_or_default();
        if seen.contains(&name) {
            cx.refuse(&item, format!("is `{name}`, which is in the list already"), "remove it");
        }
        seen.push(name);
        if PRIVILEGES.contains(&name) {
            continue;
        }
        let what = format!("`{}`: unknown privilege {}", item.path, crate::config::check::describe(&name.into()));
        let problem = Problem::usage("unknown-privilege", what);
        // "Shutdown" and "SeShutdown" are near enough for a person.
        let core = |name: &'_ str| -> String { name.trim_start_matches("Se").trim_end_matches("Privilege").to_owned() };
        let cores: Vec<String> = PRIVILEGES.iter().map(|p| core(p)).collect();
        let near = nearest(&core(name), cores.iter().map(String::as_str));
        cx.report(
            &item,
            match near {
                Some(near) => problem.fix(toml_string(&format!("Se{near}Privilege"))),
                None => {
                    problem.fix("\"SeChangeNotifyPrivilege\" and the like: see Microsoft's \"Privilege Constants\"")
                }
            },
        );
    }
    view.texts().unwrap_or_default()
}

/// `security-descriptor`: the shape of SDDL, without conditional ACEs.
/// Source: Microsoft, "Security Descriptor String Format".
pub(super) fn security_descriptor(cx: &Cx<'_>, view: &View<'_>) -> Option<String> {
    let text = view.text()?;
    cx.ok(view, check_sddl(text))?;
    Some(text.to_owned())
}

fn check_sddl(text: &str) -> Result<(), String> {
    if !["D:", "O:", "G:", "S:"].iter().any(|start| text.starts_with(start)) {
        return Err("is no security descriptor: SDDL starts with D:, O:, G: or S:".into());
    }
    if let Some(c) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || ":;()-_".contains(*c))) {
        return Err(format!("holds {c:?}, which is not used in SDDL for services"));
    }
    if !text.contains("D:") {
        return Err("has no `D:` part, so that nobody could start, stop or configure the service".into());
    }
    let mut inside = false;
    for c in text.chars() {
        if matches!((c, inside), ('(', true) | (')', false)) {
            return Err("has parentheses that don't match".into());
        }
        inside = match c {
            '(' => true,
            ')' => false,
            _ => inside,
        };
    }
    if inside {
        return Err("has parentheses that don't match".into());
    }
    for ace in text.split('(').skip(1).filter_map(|rest| rest.split(')').next()) {
        if ace.matches(';').count() != 5 {
            return Err(format!(
                "has the entry `({ace})`, which has not the six fields of SDDL: (type;flags;rights;;;who)"
            ));
        }
    }
    Ok(())
}

/// `event-log`; `None` when it is off.
pub(super) fn event_log(cx: &Cx<'_>, picked: &Picked<'_>) -> Option<EventLog> {
    let view = picked.view.at("event-log");
    if view.bool() == Some(false) {
        return None;
    }
    let name = |key: &str, default: &str| {
        let at = view.at(key);
        let text = at.text().unwrap_or(default).to_owned();
        cx.ok(&at, check_log_name(&text));
        text
    };
    let source = name("source", picked.name.as_str());
    let log = name("log", "Application");
    if log.eq_ignore_ascii_case("Security") {
        cx.wrong(&view.at("log"), "is `Security`, which only Windows itself may write");
    }
    let messages = view.at("messages").items();
    Some(EventLog { source, log, messages: messages.iter().filter_map(|item| message(cx, item)).collect() })
}

/// Keys below `EventLog` in the registry: no `\`, at most 255 characters; and no character that scripts would trip over.
fn check_log_name(name: &str) -> Result<(), String> {
    if name.encode_utf16().count() > 255 {
        return Err("is longer than 255 characters".into());
    }
    ServiceName::new(name).map(drop).map_err(|why| {
        format!("is {}: {}", toml_string(&crate::config::text::shorten(name, 60)), why.replace("a service name", "it"))
    })
}

/// Longest message in UTF-16 units: MESSAGE_RESOURCE_ENTRY's length is 16 bits of bytes, its head and line end included.
const MAX_MESSAGE: usize = 32_000;

/// Whether a message has what it needs to be decoded.
pub(super) fn is_whole_message(view: &View<'_>) -> bool {
    view.at("id").integer().is_some() && view.at("text").text().is_some()
}

fn message(cx: &Cx<'_>, view: &View<'_>) -> Option<EventMessage> {
    let severities = [
        ("success", EventSeverity::Success),
        ("information", EventSeverity::Information),
        ("warning", EventSeverity::Warning),
        ("error", EventSeverity::Error),
    ];
    let text = view.at("text");
    let words = text.text()?;
    if words.trim().is_empty() {
        cx.wrong(&text, "is empty");
    } else if words.encode_utf16().count() > MAX_MESSAGE {
        cx.wrong(&text, format!("is longer than {MAX_MESSAGE} characters"));
    }
    Some(EventMessage {
        id: u16::try_from(view.at("id").integer()?).ok()?,
        severity: cx.choice(&view.at("severity"), &severities, EventSeverity::Information),
        text: words.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_descriptors() {
        for good in ["D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;LCRP;;;S-1-5-11)", "O:SYG:SYD:P(A;;GA;;;BA)", "D:"] {
            assert_eq!(check_sddl(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "A;;",
            "D:(A;;GA;;;BA",
            "D:(A;;GA;;;BA))",
            "D:((A;;GA;;;BA))",
            "D:(A;GA;BA)",
            "O:SY",
            "D:(A;;GA;;;BA)\n",
            "D:\"",
        ] {
            assert!(check_sddl(bad).is_err(), "{bad}");
        }
    }
}
