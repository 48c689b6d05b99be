//! The data block of install.cmd and uninstall.cmd: every value of the bundle as variables of cmd.exe.
//!
//! Literals come first, set while delayed expansion is off; what is put together from them and from install parameters
//! follows as a list of variable names. The code below knows no value at all.

use super::cmd_cannot::{ascii, beyond};
use super::cmd_words::{error_control, hex_lines, sid_type, start};
use super::winarg::{self, Piece};
use crate::formats::ServiceJson;
use crate::model::{Account, BundlePath, FailureKind, Parameter, ParameterType, ServiceSpec, SidType};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Longest literal in one `set`, and longest command line that is still attempted, in UTF-16 units. cmd.exe's own limit is
/// 8191 for a line after expansion (Microsoft, "Command prompt line string limitation").
const PART: usize = 1000;
const LINE: usize = 7500;

/// The data block.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CmdData {
    /// Variables with literal values, in order.
    pub literals: Vec<CmdVariable>,
    /// Variables that are sums of others, as `!A!!B!`, in order.
    pub sums: Vec<CmdVariable>,
    /// What install.cmd can't do for this bundle, one sentence each in ASCII: it refuses.
    pub cannot: Vec<String>,
    /// Text beyond ASCII is among the literals: the console has to understand UTF-8.
    pub utf8: bool,
}

/// One variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CmdVariable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl CmdData {
    pub(super) fn new(service: &ServiceJson, files: &[BundlePath]) -> Self {
        let mut b = Builder::default();
        b.data.cannot = beyond(service);
        b.set("BUNDLE", &format!("{} {}", service.name, service.version));
        b.folder("DIR", &service.install.dir);
        b.folder("DATA", &service.install.data_dir);
        b.set("START", if service.install.start_after_install { "1" } else { "" });
        b.files(files);
        b.parameters(&service.parameters);
        b.number("NS", service.services.len());
        let names: Vec<String> = service.parameters.iter().map(|p| p.name.clone()).collect();
        for (i, spec) in service.services.iter().enumerate() {
            b.service(&format!("S.{}", i + 1), spec, &names);
        }
        b.number("NX", b.data.cannot.len());
        for (i, why) in b.data.cannot.clone().iter().enumerate() {
            b.set(&format!("X.{}", i + 1), why);
        }
        for (i, p) in service.parameters.iter().enumerate() {
            let needed = if b.not_empty.contains(&p.name) { "1" } else { "" };
            b.set(&format!("P.{}.FULL", i + 1), needed);
            let cannot = p.default.as_deref().and_then(|d| default_cannot(d, !needed.is_empty()));
            b.set(&format!("P.{}.CANNOT", i + 1), cannot.unwrap_or_default());
        }
        b.data.utf8 = b.data.literals.iter().any(|l| !l.value.is_ascii());
        b.data
    }
}

#[derive(Default)]
struct Builder {
    data: CmdData,
    /// Parameters that need a value other than the empty one.
    not_empty: BTreeSet<String>,
    /// Defaults of parameters: what most installations put in for `${NAME}`.
    defaults: BTreeMap<String, String>,
}

impl Builder {
    fn set(&mut self, name: &str, value: &str) {
        self.data.literals.push(CmdVariable { name: name.into(), value: value.into() });
    }

    fn number(&mut self, name: &str, value: usize) {
        self.set(name, &value.to_string());
    }

    /// A folder: `%VARIABLE%` at its start becomes a name that the code resolves by asking Windows, not the environment.
    fn folder(&mut self, name: &str, path: &str) {
        let (base, rest) = path.strip_prefix('%').and_then(|p| p.split_once('%')).unwrap_or(("", path));
        let known = [
            "ProgramFiles",
            "ProgramW6432",
            "ProgramFiles(x86)",
            "ProgramData",
            "ALLUSERSPROFILE",
            "SystemDrive",
            "SystemRoot",
            "windir",
        ];
        let base_name = known.iter().find(|k| k.eq_ignore_ascii_case(base)).copied();
        if (!base.is_empty() && base_name.is_none()) || rest.contains('%') {
            self.data
                .cannot
                .push(format!("the folder {} starts with a variable that it can't look up safely", ascii(path)));
        }
        self.set(&format!("{name}.BASE"), base_name.unwrap_or_default());
        self.set(&format!("{name}.REST"), rest);
    }

    fn files(&mut self, files: &[BundlePath]) {
        self.number("NF", files.len());
        let mut folders = BTreeSet::new();
        for (i, file) in files.iter().enumerate() {
            let path = file.windows();
            for (at, _) in path.match_indices('\\') {
                folders.insert(path.get(..at).unwrap_or_default().to_owned());
            }
            self.set(&format!("F.{}", i + 1), &path);
        }
        self.number("ND", folders.len());
        for (i, folder) in folders.iter().enumerate() {
            self.set(&format!("D.{}", i + 1), folder);
        }
    }

    fn parameters(&mut self, parameters: &[Parameter]) {
        self.number("NP", parameters.len());
        for (i, p) in parameters.iter().enumerate() {
            let key = format!("P.{}", i + 1);
            self.set(&format!("{key}.NAME"), &p.name);
            let kind = match p.kind {
                ParameterType::String => "string",
                ParameterType::Integer => "integer",
                ParameterType::Port => "port",
                ParameterType::Boolean => "boolean",
                ParameterType::Path => "path",
            };
            self.set(&format!("{key}.TYPE"), kind);
            self.set(&format!("{key}.OPTIONAL"), if p.default.is_some() { "1" } else { "" });
            self.set(&format!("{key}.DEFAULT"), p.default.as_deref().unwrap_or_default());
            self.defaults.insert(p.name.clone(), p.default.clone().unwrap_or_default());
        }
    }

    fn service(&mut self, key: &str, spec: &ServiceSpec, parameters: &[String]) {
        let name = spec.name.as_str();
        let set = |b: &mut Self, field: &str, value: &str| b.set(&format!("{key}.{field}"), value);
        set(self, "NAME", name);
        set(self, "EXE", &spec.exe.replace('/', "\\"));
        self.display_name(key, spec);
        set(self, "START", start(spec.start));
        let (account, data_sid) = match &spec.account {
            Account::Virtual => (format!("NT SERVICE\\{name}"), "service"),
            Account::LocalService => ("NT AUTHORITY\\LocalService".into(), "S-1-5-19"),
            Account::NetworkService => ("NT AUTHORITY\\NetworkService".into(), "S-1-5-20"),
            Account::LocalSystem => ("LocalSystem".into(), ""),
            Account::Managed { user } | Account::User { user } => (user.clone(), ""),
        };
        set(self, "ACCOUNT", &account);
        let own_sid = spec.account == Account::Virtual || spec.sid_type != SidType::None;
        set(self, "DATASID", if own_sid { "service" } else { data_sid });
        set(self, "DEPEND", &argument(&spec.dependencies.join("/")));
        set(self, "ERROR", error_control(spec.error_control));
        self.failure(key, spec);
        set(self, "SIDTYPE", sid_type(spec.sid_type));
        set(self, "PRIVS", &spec.required_privileges.join("/"));
        set(self, "SDDL", &argument(spec.security_descriptor.as_deref().unwrap_or_default()));
        let (log, source) = spec.event_log.as_ref().map_or(("", ""), |e| (e.log.as_str(), e.source.as_str()));
        set(self, "LOG", &argument(log));
        set(self, "SOURCE", &argument(source));
        if [log, source].iter().any(|t| t.ends_with('\\') || has_control(t)) {
            self.data
                .cannot
                .push(format!("the event source of service {} can't be written on a command line", ascii(name)));
        }
        set(self, "TIMEOUT", &spec.health.timeout_ms.div_ceil(1000).to_string());
        set(self, "STABLE", &spec.health.stable_ms.div_ceil(1000).to_string());
        set(self, "STOP", &spec.stop_timeout_ms.div_ceil(1000).to_string());
        self.description(key, spec);
        self.command_line(key, spec, parameters);
        self.environment(key, spec, parameters);
        self.sum(
            &format!("{key}.HTTP"),
            &winarg::inside_quotes(&winarg::pieces(spec.health.http.as_deref().unwrap_or_default(), parameters)),
        );
        self.sum(
            &format!("{key}.TCP"),
            &winarg::inside_quotes(&winarg::pieces(spec.health.tcp.as_deref().unwrap_or_default(), parameters)),
        );
    }

    fn display_name(&mut self, key: &str, spec: &ServiceSpec) {
        if has_control(&spec.display_name) {
            self.data.cannot.push(format!(
                "the display name of service {} holds a line break or another control character",
                ascii(spec.name.as_str())
            ));
        }
        self.set(&format!("{key}.DISPLAY"), &argument(&spec.display_name));
    }

    fn failure(&mut self, key: &str, spec: &ServiceSpec) {
        let f = &spec.failure;
        let actions: Vec<String> = f
            .actions
            .iter()
            .map(|a| {
                let kind = match a.kind {
                    FailureKind::Restart => "restart",
                    FailureKind::Run => "run",
                    FailureKind::Reboot => "reboot",
                    FailureKind::None => "",
                };
                format!("{kind}/{}", a.delay_ms)
            })
            .collect();
        self.set(&format!("{key}.RESET"), &f.reset_seconds.to_string());
        self.set(&format!("{key}.ACTIONS"), &actions.join("/"));
        let command = f.command.as_deref().unwrap_or_default();
        if has_control(command) {
            self.data.cannot.push(format!(
                "the failure command of service {} holds a control character",
                ascii(spec.name.as_str())
            ));
        }
        self.set(&format!("{key}.COMMAND"), &argument(command));
        self.set(&format!("{key}.NONCRASH"), if f.on_error_exit { "1" } else { "" });
    }

    /// Short ASCII lines go through sc.exe and can be read in the script. Anything else is imported by reg.exe as the bytes
    /// of a REG_SZ: literal whatever the console's code page, and the only way that a line break gets through.
    fn description(&mut self, key: &str, spec: &ServiceSpec) {
        let text = &spec.description;
        let plain = text.len() <= PART && text.is_ascii() && !has_control(text);
        self.set(&format!("{key}.DESC"), &if plain { argument(text) } else { String::new() });
        let hex = if plain { Vec::new() } else { hex_lines(&format!("{text}\0")) };
        self.number(&format!("{key}.DESCHEX"), hex.len());
        for (i, line) in hex.iter().enumerate() {
            self.set(&format!("{key}.DESCHEX.{}", i + 1), line);
        }
    }

    /// The service's command line, in the quotes that sc.exe's `binPath=` needs around it.
    fn command_line(&mut self, key: &str, spec: &ServiceSpec, parameters: &[String]) {
        let mut line = vec![
            Piece::Text("\"".into()),
            Piece::ProgramFolder,
            Piece::Text(format!("\\{}\"", spec.exe.replace('/', "\\"))),
        ];
        for arg in &spec.args {
            let pieces = winarg::pieces(arg, parameters);
            self.not_empty.extend(winarg::after_backslash(&pieces));
            line.push(Piece::Text(" ".into()));
            line.extend(winarg::argument(&pieces));
        }
        if spec.args.iter().any(|a| a.contains('%')) {
            self.data.cannot.push(format!(
                "an argument of service {} holds a %, which Windows would expand at each start",
                ascii(spec.name.as_str())
            ));
        }
        if spec.args.iter().any(|a| has_control(a)) {
            self.data
                .cannot
                .push(format!("an argument of service {} holds a control character", ascii(spec.name.as_str())));
        }
        let line = winarg::inside_quotes(&winarg::join(line));
        let length: usize = line.iter().map(|p| self.length(p)).sum();
        if length > LINE {
            self.data
                .cannot
                .push(format!("the command line of service {} is too long for cmd.exe", ascii(spec.name.as_str())));
        }
        self.sum(&format!("{key}.BIN"), &line);
    }

    /// How long a piece is likely to become, in UTF-16 units.
    fn length(&self, piece: &Piece) -> usize {
        match piece {
            Piece::Text(text) => text.encode_utf16().count(),
            Piece::Parameter(name) => self.defaults.get(name).map_or(0, |d| d.encode_utf16().count()).max(100),
            Piece::ProgramFolder | Piece::Tail(..) => 100,
        }
    }

    /// REG_MULTI_SZ: by reg.exe's `/d` with a separator that occurs nowhere; beyond ASCII as bytes, like the description.
    fn environment(&mut self, key: &str, spec: &ServiceSpec, parameters: &[String]) {
        let all: Vec<String> = spec.env.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let text = all.concat();
        let pieces: Vec<Piece> = all.iter().flat_map(|v| winarg::pieces(v, parameters)).collect();
        let used: BTreeSet<&str> =
            pieces.iter().filter_map(|p| if let Piece::Parameter(n) = p { Some(n.as_str()) } else { None }).collect();
        // A parameter's own default must be able to stand there.
        let with_defaults: String =
            used.iter().filter_map(|n| self.defaults.get(*n)).fold(text.clone(), |sum, default| sum + default);
        let bytes = used.is_empty() && (!text.is_ascii() || has_control(&text) || text.len() > PART);
        let separator = "|~;#*^@?<>{}[]`&+,:$!()=-_"
            .chars()
            .chain('a'..='z')
            .chain('A'..='Z')
            .chain('0'..='9')
            .find(|c| !with_defaults.contains(*c));
        let name = ascii(spec.name.as_str());
        if !bytes && has_control(&text) {
            self.data
                .cannot
                .push(format!("the environment of service {name} holds a control character beside a parameter"));
        }
        if !bytes && with_defaults.encode_utf16().count() > LINE / 2 {
            self.data.cannot.push(format!("the environment of service {name} is too long for cmd.exe"));
        }
        if separator.is_none() && !bytes {
            self.data
                .cannot
                .push(format!("the environment of service {name} leaves no character that could separate its values"));
        }
        let separator = separator.unwrap_or('|').to_string();
        self.set(&format!("{key}.ENVSEP"), &separator);
        let hex = if bytes && !all.is_empty() { hex_lines(&format!("{}\0\0", all.join("\0"))) } else { Vec::new() };
        self.number(&format!("{key}.ENVHEX"), hex.len());
        for (i, line) in hex.iter().enumerate() {
            self.set(&format!("{key}.ENVHEX.{}", i + 1), line);
        }
        let line = if bytes { Vec::new() } else { winarg::pieces(&all.join(&separator), parameters) };
        self.not_empty.extend(winarg::after_backslash(&line));
        for (i, parameter) in parameters.iter().enumerate() {
            // A parameter that is part of the environment must not hold the separator.
            let no = if used.contains(parameter.as_str()) { separator.as_str() } else { "" };
            self.set(&format!("{key}.NOT.{}", i + 1), no);
        }
        self.sum(&format!("{key}.ENV"), &winarg::inside_quotes(&line));
    }

    /// A variable made of literals and parameters; plain literals need no sum.
    fn sum(&mut self, name: &str, pieces: &[Piece]) {
        let mut parts = String::new();
        let mut n = 0;
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    for part in split(text) {
                        n += 1;
                        let part_name = format!("{name}.{n}");
                        self.set(&part_name, &part);
                        parts.push_str(&format!("!{part_name}!"));
                    }
                }
                Piece::Parameter(p) => parts.push_str(&format!("!V.{p}!")),
                Piece::Tail(p, times) => parts.push_str(&format!("!T.{p}!").repeat(*times as usize)),
                Piece::ProgramFolder => parts.push_str("!DIR!"),
            }
        }
        self.data.sums.push(CmdVariable { name: name.into(), value: parts });
    }
}

/// Why install.cmd can't take a parameter's default: the rules that it applies to every value, and those of a data block.
fn default_cannot(default: &str, needed: bool) -> Option<&'static str> {
    match default {
        d if d.contains('"') => Some("holds a quote"),
        d if d.contains('%') => Some("holds a percent sign"),
        d if d.chars().any(|c| c.is_control() && c != '\t') => Some("holds a line break or another control character"),
        "" if needed => Some("is empty, and it follows a backslash or another parameter"),
        d if !d.is_empty() && d.chars().all(|c| c == '\\') => Some("is nothing but backslashes"),
        _ => None,
    }
}

/// The inside of one quoted argument without parameters.
fn argument(text: &str) -> String {
    let pieces = if text.is_empty() { Vec::new() } else { vec![Piece::Text(text.into())] };
    winarg::inside_quotes(&pieces).into_iter().map(|p| if let Piece::Text(t) = p { t } else { String::new() }).collect()
}

fn split(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(PART).map(|c| c.iter().collect()).collect()
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}
