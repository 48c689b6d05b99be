//! `triggers`: events that start or stop a service, one word of `sc.exe triggerinfo` each.
//!
//! Source: the help of `sc.exe triggerinfo`; Microsoft, "SERVICE_TRIGGER" and "SERVICE_TRIGGER_SPECIFIC_DATA_ITEM" for what
//! each event may be narrowed by.

use super::Cx;
use crate::config::key_path::toml_string;
use crate::config::nearest::nearest;
use crate::config::tree::View;
use crate::error::Problem;

/// What follows the name of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Data {
    /// Nothing.
    Nothing,
    /// `/PORT;PROTOCOL`.
    Port,
    /// `/GUID`, then any number of hardware ids.
    Device,
    /// `/GUID`, then any number of bytes in hexadecimal.
    Bytes,
}

/// The events that can be configured.
const EVENTS: [(&str, Data); 11] = [
    ("start/networkon", Data::Nothing),
    ("stop/networkoff", Data::Nothing),
    ("start/domainjoin", Data::Nothing),
    ("stop/domainleave", Data::Nothing),
    ("start/machinepolicy", Data::Nothing),
    ("start/userpolicy", Data::Nothing),
    ("start/portopen", Data::Port),
    ("stop/portclose", Data::Port),
    ("start/device", Data::Device),
    ("start/custom", Data::Bytes),
    ("stop/custom", Data::Bytes),
];

/// Most items that one trigger may carry (MS-SCMR 2.2.53, SERVICE_TRIGGER), and most bytes of each (2.2.54).
const MAX_ITEMS: usize = 64;
const MAX_BYTES: usize = 1024;

/// `triggers`, as sc.exe takes them.
pub(super) fn triggers(cx: &Cx<'_>, view: &View<'_>) -> Vec<String> {
    let mut triggers: Vec<String> = Vec::new();
    for item in view.items() {
        let text = item.text().unwrap_or_default();
        match trigger(text) {
            Ok(trigger) if triggers.iter().any(|t| t.eq_ignore_ascii_case(&trigger)) => {
                cx.refuse(&item, format!("is `{trigger}`, which is in the list already"), "remove it");
            }
            Ok(trigger) => triggers.push(trigger),
            Err((why, fix)) => {
                let shown = toml_string(&crate::config::text::shorten(text, 80));
                let problem = Problem::usage("wrong-value", format!("`{}` is {shown}: {why}", item.path));
                cx.report(&item, problem.fix(fix));
            }
        }
    }
    triggers
}

/// A trigger in sc.exe's own form, or what is wrong and what mends it.
fn trigger(text: &str) -> Result<String, (String, String)> {
    let mut parts = text.split('/');
    let name = format!("{}/{}", parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let rest: Vec<&str> = parts.collect();
    let Some((_, data)) = EVENTS.iter().find(|(event, _)| *event == name) else { return Err(unknown(&name)) };
    let wrong = |why: String, like: &str| (why, toml_string(&format!("{name}{like}")));
    match data {
        Data::Nothing if rest.is_empty() => Ok(name),
        Data::Nothing => Err(wrong(format!("nothing follows `{name}`"), "")),
        Data::Port => {
            let why = || wrong(format!("`{name}` takes a port and a protocol"), "/8080;TCP");
            let [port] = rest.as_slice() else { return Err(why()) };
            let mut words = port.split(';');
            let (port, protocol) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            if words.next().is_some() {
                // The program lies in another folder after each upgrade.
                return Err(wrong(
                    "nothing follows the protocol, since the executable's path changes with each version".into(),
                    &format!("/{port};{protocol}"),
                ));
            }
            let number = port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|p| p > 0);
            let protocol = ["TCP", "UDP"].into_iter().find(|known| known.eq_ignore_ascii_case(protocol));
            match protocol {
                Some(protocol) if number => Ok(format!("{name}/{port};{protocol}")),
                Some(_) if port.contains("${") => {
                    Err(wrong("triggers can't hold parameters: the port has to be a number".into(), "/8080;TCP"))
                }
                _ => Err(why()),
            }
        }
        Data::Device | Data::Bytes => {
            let example = match data {
                Data::Device => "/53f56307-b6bf-11d0-94f2-00a0c91efb8b",
                _ => "/1c95126e-7eea-49a9-a3fe-a378b03ddb4d",
            };
            let Some((guid, items)) = rest.split_first() else {
                return Err(wrong(format!("`{name}` takes a GUID"), example));
            };
            let guid = guid_of(guid).ok_or_else(|| wrong(format!("{} is no GUID", toml_string(guid)), example))?;
            if items.len() > MAX_ITEMS {
                return Err(wrong(format!("more than {MAX_ITEMS} items follow the GUID"), &format!("/{guid}")));
            }
            for item in items {
                let check = if *data == Data::Device { check_hardware_id(item) } else { check_bytes(item) };
                check.map_err(|why| wrong(format!("{} {why}", toml_string(item)), &format!("/{guid}")))?;
            }
            Ok(std::iter::once(name.as_str()).chain([guid]).chain(items.iter().copied()).collect::<Vec<_>>().join("/"))
        }
    }
}

/// Names the nearest event, also where the action belongs to another one.
fn unknown(name: &str) -> (String, String) {
    let names = || EVENTS.iter().map(|(event, _)| *event);
    let event = name.split_once('/').map_or("", |(_, event)| event);
    let same = names().find(|known| known.split_once('/').is_some_and(|(_, e)| e.eq_ignore_ascii_case(event)));
    let names: Vec<&str> = names().collect();
    let fix = match same.or_else(|| nearest(name, names.iter().copied())) {
        Some(near) => toml_string(near),
        None => format!("one of {}", crate::config::nearest::list(&names, "or")),
    };
    ("no such trigger can be set".into(), fix)
}

/// A GUID without braces, as sc.exe takes it; `None` when it is none.
fn guid_of(text: &str) -> Option<&str> {
    let bare = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
    let groups: Vec<&str> = bare.split('-').collect();
    let hex = groups.iter().all(|g| g.bytes().all(|b| b.is_ascii_hexdigit()));
    (hex && groups.iter().map(|g| g.len()).eq([8, 4, 4, 4, 12])).then_some(bare)
}

/// Hardware and compatible ids: printable ASCII without a comma (Microsoft, "Hardware IDs"), and none of what would
/// change a command line.
fn check_hardware_id(id: &str) -> Result<(), String> {
    let bad = id.chars().find(|c| !c.is_ascii_graphic() || ",\"%".contains(*c));
    match bad {
        _ if id.is_empty() => Err("is no hardware id: it is empty".into()),
        _ if id.contains("${") => Err("is no hardware id: triggers can't hold parameters".into()),
        Some(c) => Err(format!("is no hardware id: it can't hold {c:?}")),
        None if 2 * (id.len() + 1) > MAX_BYTES => Err(format!("is longer than {} characters", MAX_BYTES / 2 - 1)),
        None => Ok(()),
    }
}

fn check_bytes(text: &str) -> Result<(), String> {
    if text.is_empty() || text.len() & 1 == 1 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err("is no data: bytes, two hexadecimal digits each".into());
    }
    if text.len() / 2 > MAX_BYTES {
        return Err(format!("is longer than {MAX_BYTES} bytes"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "53f56307-b6bf-11d0-94f2-00a0c91efb8b";

    #[test]
    fn good_ones_come_out_as_sc_takes_them() {
        for (text, want) in [
            ("start/networkon".to_owned(), "start/networkon".to_owned()),
            ("stop/domainleave".into(), "stop/domainleave".into()),
            ("start/userpolicy".into(), "start/userpolicy".into()),
            ("start/portopen/8080;tcp".into(), "start/portopen/8080;TCP".into()),
            ("stop/portclose/65535;UDP".into(), "stop/portclose/65535;UDP".into()),
            (format!("start/device/{{{GUID}}}"), format!("start/device/{GUID}")),
            (
                format!(r"start/device/{GUID}/USBSTOR\GenDisk/USB\VID_1&PID_2"),
                format!(r"start/device/{GUID}/USBSTOR\GenDisk/USB\VID_1&PID_2"),
            ),
            (
                format!("stop/custom/{}/ABCDabcd/00", GUID.to_uppercase()),
                format!("stop/custom/{}/ABCDabcd/00", GUID.to_uppercase()),
            ),
        ] {
            assert_eq!(trigger(&text), Ok(want), "{text}");
        }
    }

    #[test]
    fn bad_ones_are_explained() {
        for (text, why, fix) in [
            ("", "no such trigger", "one of `start/networkon`"),
            ("start/network-on", "no such trigger", "\"start/networkon\""),
            ("Start/NetworkOn", "no such trigger", "\"start/networkon\""),
            ("stop/networkon", "no such trigger", "\"start/networkon\""),
            ("stop/device/x", "no such trigger", "\"start/device\""),
            ("start/strcustom/x", "no such trigger", "\"start/custom\""),
            ("delete", "no such trigger", "one of"),
            ("start/networkon/", "nothing follows", "\"start/networkon\""),
            ("start/domainjoin/x", "nothing follows", "\"start/domainjoin\""),
            ("start/portopen", "a port and a protocol", "\"start/portopen/8080;TCP\""),
            ("start/portopen/0;TCP", "a port and a protocol", "8080;TCP"),
            ("start/portopen/8080", "a port and a protocol", "8080;TCP"),
            ("start/portopen/8080;SCTP", "a port and a protocol", "8080;TCP"),
            ("start/portopen/8080;TCP/x", "a port and a protocol", "8080;TCP"),
            ("start/portopen/${PORT};TCP", "can't hold parameters", "8080;TCP"),
            ("start/portopen/80;TCP;C:\\a.exe;A", "changes with each version", "\"start/portopen/80;TCP\""),
            ("start/device", "takes a GUID", "\"start/device/53f56307"),
            ("start/device/x", "\"x\" is no GUID", "\"start/device/53f56307"),
            ("start/custom/{53f56307-b6bf-11d0-94f2-00a0c91efb8b", "is no GUID", "\"start/custom/1c95126e"),
            ("start/custom/53f56307-b6bf-11d0-94f2-00a0c91efb8", "is no GUID", "\"start/custom/"),
            ("start/device/53f56307-b6bf-11d0-94f2-00a0c91efb8b/", "it is empty", GUID),
            ("start/device/53f56307-b6bf-11d0-94f2-00a0c91efb8b/a b", "can't hold ' '", GUID),
            ("start/device/53f56307-b6bf-11d0-94f2-00a0c91efb8b/a\"b", "can't hold '\"'", GUID),
            ("start/device/53f56307-b6bf-11d0-94f2-00a0c91efb8b/${A}", "can't hold parameters", GUID),
            ("stop/custom/53f56307-b6bf-11d0-94f2-00a0c91efb8b/ABC", "two hexadecimal digits", GUID),
            ("stop/custom/53f56307-b6bf-11d0-94f2-00a0c91efb8b/xy", "two hexadecimal digits", GUID),
        ] {
            let (found, mend) = trigger(text).expect_err(text);
            assert!(found.contains(why), "{text}: {found}");
            assert!(mend.contains(fix), "{text}: {mend}");
        }
        assert!(trigger(&format!("start/custom/{GUID}/{}", "00".repeat(1025))).is_err());
        assert!(trigger(&format!("start/custom/{GUID}/{}", "00".repeat(1024))).is_ok());
        assert!(trigger(&format!("start/device/{GUID}{}", "/a".repeat(65))).is_err());
        assert!(trigger(&format!("start/device/{GUID}/{}", "a".repeat(512))).is_err());
    }
}
