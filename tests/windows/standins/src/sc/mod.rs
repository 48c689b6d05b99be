//! `sc.exe`, as far as our scripts and tests use it. Its exit code is the Win32 error, as with Microsoft's.
//!
//! Done by the service manager itself: create, config, description, delayed start, start, stop, delete, query. Wine's keeps
//! no failure actions, security descriptors, SID types or privileges: those are written where Windows keeps them, in the
//! service's key.

mod options;
mod scm;
mod show;

use crate::Outcome;
use crate::registry::{Key, OWN, SERVICES, delete_tree};
use options::Settings;
use sha1::{Digest, Sha1};
use std::fmt::Write as _;

/// ERROR_INVALID_COMMAND_LINE: what sc.exe ends with when it shows its usage.
pub const USAGE: u32 = 1639;
const INVALID_NAME: u32 = 123;
const INVALID_ACCOUNT: u32 = 1057;
const NO_SUCH_PRIVILEGE: u32 = 1313;

/// An error: the Win32 code, and the call that failed, as sc.exe names it.
#[derive(Debug)]
pub struct Failed {
    pub call: String,
    pub code: u32,
}

impl Failed {
    pub fn new(call: impl Into<String>, code: u32) -> Self {
        Failed { call: call.into(), code }
    }
}

fn usage(why: impl Into<String>) -> Failed {
    Failed::new(why, USAGE)
}

pub fn run(args: &[String]) -> Outcome {
    match act(args) {
        Ok(out) => Outcome::ok(out),
        Err(Failed { call, code: USAGE }) => Outcome::fail(USAGE, format!("ERROR: {call}\n\nUSAGE: …\n")),
        Err(Failed { call, code }) => {
            let text = std::io::Error::from_raw_os_error(code.cast_signed()).to_string();
            Outcome::fail(code, format!("[SC] {call} FAILED {code}:\n\n{text}\n\n"))
        }
    }
}

fn act(args: &[String]) -> Result<String, Failed> {
    let (verb, rest) = args.split_first().ok_or_else(|| usage("a command is missing"))?;
    let verb = verb.to_ascii_lowercase();
    // `sc query` alone lists all services; our scripts have no use for that.
    let (name, rest) = rest.split_first().ok_or_else(|| usage(format!("{verb}: a service name is missing")))?;
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    let done = |call: &str| Ok(format!("[SC] {call} SUCCESS\n"));
    match (verb.as_str(), &words[..]) {
        ("create", _) => {
            create(name, rest)?;
            done("CreateService")
        }
        ("config", _) => {
            config(name, rest)?;
            done("ChangeServiceConfig")
        }
        ("description", [text]) => {
            scm::Service::open(name)?.describe(text)?;
            done("ChangeServiceConfig2")
        }
        ("failure", _) => {
            failure(name, rest)?;
            done("ChangeServiceConfig2")
        }
        ("failureflag", [flag @ ("0" | "1")]) => {
            service_key(name)?.set_dword("FailureActionsOnNonCrashFailures", u32::from(*flag == "1")).map_err(kept)?;
            done("ChangeServiceConfig2")
        }
        ("sidtype", [kind]) => {
            let kind = match kind.to_ascii_lowercase().as_str() {
                "none" => 0,
                "unrestricted" => 1,
                "restricted" => 3,
                _ => return Err(usage(format!("sidtype {kind}"))),
            };
            service_key(name)?.set_dword("ServiceSidType", kind).map_err(kept)?;
            done("ChangeServiceConfig2")
        }
        ("privs", [list]) => {
            privileges(name, list)?;
            done("ChangeServiceConfig2")
        }
        ("sdset", [sddl]) => {
            let binary = scm::Service::open(name)?.set_security(sddl)?;
            security_key(name).and_then(|k| k.set_binary("Security", &binary)).map_err(kept)?;
            own_key(name).and_then(|k| k.set_text("Sddl", sddl)).map_err(kept)?;
            done("SetServiceObjectSecurity")
        }
        ("sdshow", []) => {
            scm::Service::open(name)?;
            let own = Key::open(OWN, &format!(r"services\{name}")).and_then(|k| k.get("Sddl")?.as_text());
            Ok(format!("\n{}\n", own.unwrap_or_else(|| DEFAULT_SDDL.into())))
        }
        ("showsid", []) => {
            check_name(name)?;
            let there = scm::Service::open(name).is_ok();
            let status = if there { "Active" } else { "Inactive" };
            Ok(format!("\nNAME: {name}\nSERVICE SID: {}\nSTATUS: {status}\n", service_sid(name)))
        }
        ("query", []) => Ok(show::status(&scm::Service::open(name)?.status()?, name, false)),
        ("queryex", []) => Ok(show::status(&scm::Service::open(name)?.status()?, name, true)),
        ("qc", []) => Ok(show::config(&scm::Service::open(name)?.config()?, name)),
        ("start", arguments) => {
            let service = scm::Service::open(name)?;
            service.start(arguments)?;
            Ok(show::status(&service.status()?, name, true))
        }
        ("stop", []) => {
            let service = scm::Service::open(name)?;
            service.stop()?;
            Ok(show::status(&service.status()?, name, false))
        }
        ("delete", []) => {
            scm::Service::open(name)?.delete()?;
            delete_tree(OWN, &format!(r"services\{name}"));
            done("DeleteService")
        }
        _ => Err(usage(format!("{verb} {}", rest.join(" ")))),
    }
}

/// What a service has unless told otherwise.
const DEFAULT_SDDL: &str = "D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)(A;;CCLCSWLOCRRC;;;IU)\
(A;;CCLCSWLOCRRC;;;SU)S:(AU;FA;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;WD)";

fn kept(code: u32) -> Failed {
    Failed::new("ChangeServiceConfig2", code)
}

fn service_key(name: &str) -> Result<Key, Failed> {
    scm::Service::open(name)?;
    Key::open(SERVICES, name).ok_or_else(|| kept(2))
}

fn security_key(name: &str) -> Result<Key, u32> {
    Key::create(SERVICES, &format!(r"{name}\Security"))
}

fn own_key(name: &str) -> Result<Key, u32> {
    Key::create(OWN, &format!(r"services\{name}"))
}

fn check_name(name: &str) -> Result<(), Failed> {
    let length = name.encode_utf16().count();
    if length == 0 || length > 256 || name.contains(['/', '\\']) {
        return Err(Failed::new("CreateService", INVALID_NAME));
    }
    Ok(())
}

fn create(name: &str, rest: &[String]) -> Result<(), Failed> {
    check_name(name)?;
    let settings = Settings::parse(rest)?;
    if settings.bin_path.is_none() {
        return Err(usage("create: binPath= is missing"));
    }
    check_account(name, settings.account.as_deref())?;
    let service = scm::Service::create(name, &settings)?;
    if settings.delayed { service.delay(true) } else { Ok(()) }
}

fn config(name: &str, rest: &[String]) -> Result<(), Failed> {
    let settings = Settings::parse(rest)?;
    if rest.is_empty() {
        return Err(usage("config: nothing to change"));
    }
    check_account(name, settings.account.as_deref())?;
    let service = scm::Service::open(name)?;
    service.change(&settings)?;
    if settings.start.is_some() { service.delay(settings.delayed) } else { Ok(()) }
}

/// The accounts that need no password. A virtual account has to be the service's own.
fn check_account(name: &str, account: Option<&str>) -> Result<(), Failed> {
    let Some(account) = account else { return Ok(()) };
    let lower = account.to_lowercase();
    let good = match lower.split_once('\\') {
        None => lower == "localsystem",
        Some(("nt authority", who)) => matches!(who, "localservice" | "networkservice"),
        Some(("nt service", who)) => who == name.to_lowercase(),
        // A managed service account: Windows has its password.
        Some((domain, who)) => !domain.is_empty() && who.len() > 1 && who.ends_with('$'),
    };
    if good { Ok(()) } else { Err(Failed::new("CreateService", INVALID_ACCOUNT)) }
}

/// `reset= SECONDS actions= restart/5000/… [command= LINE]`, into the values in which Windows keeps them.
fn failure(name: &str, rest: &[String]) -> Result<(), Failed> {
    let (mut reset, mut actions, mut command) = (None, None, None);
    for (key, value) in options::pairs(rest)? {
        let slot = match key.as_str() {
            "reset=" => &mut reset,
            "actions=" => &mut actions,
            "command=" => &mut command,
            _ => return Err(usage(format!("failure: {key}"))),
        };
        if slot.replace(value).is_some() {
            return Err(usage(format!("failure: {key} twice")));
        }
    }
    let (Some(reset), Some(actions)) = (reset, actions) else {
        return Err(usage("The reset and actions options must be set simultaneously"));
    };
    let reset: u32 = reset.parse().map_err(|_| usage(format!("reset= {reset}")))?;
    let words: Vec<&str> = actions.split('/').collect();
    if words.len() % 2 != 0 {
        return Err(usage(format!("actions= {actions}")));
    }
    let mut list = Vec::new();
    for pair in words.chunks(2) {
        // SC_ACTION_TYPE
        let kind: u32 = match pair[0].to_ascii_lowercase().as_str() {
            "" => 0,
            "restart" => 1,
            "reboot" => 2,
            "run" => 3,
            _ => return Err(usage(format!("actions= {actions}"))),
        };
        let delay: u32 = pair[1].parse().map_err(|_| usage(format!("actions= {actions}")))?;
        list.push((kind, delay));
    }
    if list.iter().any(|(kind, _)| *kind == 3) && command.is_none_or(str::is_empty) {
        return Err(usage("run needs command="));
    }
    // SERVICE_FAILURE_ACTIONS with 32-bit fields: reset period, two texts that lie in values of their own, number and
    // offset of the actions, the actions.
    let count = u32::try_from(list.len()).map_err(|_| usage("actions="))?;
    let fields = [reset, 0, 0, count, 20].into_iter().chain(list.into_iter().flat_map(|(kind, delay)| [kind, delay]));
    let binary: Vec<u8> = fields.flat_map(u32::to_le_bytes).collect();
    let key = service_key(name)?;
    key.set_binary("FailureActions", &binary).map_err(kept)?;
    match command {
        Some(command) => key.set_text("FailureCommand", command).map_err(kept),
        None => Ok(()),
    }
}

fn privileges(name: &str, list: &str) -> Result<(), Failed> {
    let key = service_key(name)?;
    if list.is_empty() {
        key.unset("RequiredPrivileges");
        return Ok(());
    }
    let list: Vec<String> = list.split('/').map(String::from).collect();
    if list.iter().any(|p| !scm::is_privilege(p)) {
        return Err(Failed::new("ChangeServiceConfig2", NO_SUCH_PRIVILEGE));
    }
    key.set_texts("RequiredPrivileges", &list).map_err(kept)
}

/// `S-1-5-80-` and the SHA-1 of the name in upper case and UTF-16, as five numbers.
fn service_sid(name: &str) -> String {
    let upper: Vec<u8> = name.to_uppercase().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut sid = String::from("S-1-5-80");
    for part in Sha1::digest(&upper).chunks_exact(4) {
        let _ = write!(sid, "-{}", u32::from_le_bytes([part[0], part[1], part[2], part[3]]));
    }
    sid
}
