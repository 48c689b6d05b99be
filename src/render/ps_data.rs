//! The data block of the PowerShell scripts, and the names of their parameters.

use crate::formats::ServiceJson;
use crate::model::{BundlePath, ParameterType};
use serde::Serialize;
use serde_json::{Value, json};

/// Parameters that every script with `[CmdletBinding(SupportsShouldProcess)]` has (about_CommonParameters), with their
/// aliases, and those of our own scripts, now and as the design foresees them.
const TAKEN: [&str; 43] = [
    "VERBOSE",
    "VB",
    "DEBUG",
    "DB",
    "ERRORACTION",
    "EA",
    "WARNINGACTION",
    "WA",
    "INFORMATIONACTION",
    "INFA",
    "PROGRESSACTION",
    "PROGA",
    "ERRORVARIABLE",
    "EV",
    "WARNINGVARIABLE",
    "WV",
    "INFORMATIONVARIABLE",
    "IV",
    "OUTVARIABLE",
    "OV",
    "OUTBUFFER",
    "OB",
    "PIPELINEVARIABLE",
    "PV",
    "WHATIF",
    "WI",
    "CONFIRM",
    "CF",
    "NOSTART",
    "INSTALLDIR",
    "DATADIR",
    "CREDENTIAL",
    "ANSWERS",
    "ADOPT",
    "ALLOWDOWNGRADE",
    "KILLONTIMEOUT",
    "RESETSETTINGS",
    "REQUIRESIGNER",
    "QUIET",
    "LOGPATH",
    "SHA256",
    "ARCHIVE",
    "HOST",
];
/// Variables of PowerShell (about_Automatic_Variables) and of the scripts' own, which a parameter would hide.
const VARIABLES: [&str; 82] = [
    "OWNTEMP",
    "ORIGIN",
    "MODULEPATH",
    "ARGS",
    "ERROR",
    "EVENT",
    "EVENTARGS",
    "FALSE",
    "FOREACH",
    "HOME",
    "INPUT",
    "MATCHES",
    "MYINVOCATION",
    "NULL",
    "PID",
    "PROFILE",
    "PSITEM",
    "PWD",
    "SENDER",
    "SWITCH",
    "THIS",
    "TRUE",
    "BUNDLE",
    "EXITCODE",
    "DIR",
    "DATA",
    "HERE",
    "GIVEN",
    "CALLER",
    "UNDO",
    "VALUES",
    "PROCESSES",
    "PURGE",
    "DRIFT",
    "CODE",
    "SPEC",
    "NUMBER",
    "STATE",
    "MESSAGE",
    "LEFT",
    "STARTED",
    "PRESENT",
    "RESULT",
    "INSTALLED",
    "OWN",
    "FOUND",
    "NEWLOGS",
    "PROGRAMFOLDERS",
    "DATAFOLDERS",
    "LOG",
    "SOURCE",
    "ACTIONNAMES",
    "ADOPTED",
    "ASIDEACCESS",
    "CONFIGKINDS",
    "ERRORACTIONPREFERENCE",
    "ERRORNAMES",
    "JOURNAL",
    "KEEP",
    "KINDS",
    "LOGFILE",
    "MEANING",
    "NEWSERVICES",
    "PASSWORDS",
    "PROGRAMACCESS",
    "PROVEN",
    "RIGHTBITS",
    "SECRETKINDS",
    "SECRETS",
    "SERVICEKINDS",
    "SIDNAMES",
    "STARTLIMITMS",
    "STARTNAMES",
    "STATESCHEMA",
    "STOPLIMITMS",
    "TRIGGEREVENTS",
    "TRUSTEDSIDS",
    "VERSIONPATH",
    "CONFIRMPREFERENCE",
    "WHATIFPREFERENCE",
    "VERBOSEPREFERENCE",
    "FAULT",
];

/// What the PowerShell templates need beyond service.json.
#[derive(Clone, Debug, Serialize)]
pub struct PsData {
    /// The value of `$Bundle`.
    pub data: Value,
    /// One per install parameter.
    pub parameters: Vec<PsParameter>,
}

/// An install parameter as a script parameter.
#[derive(Clone, Debug, Serialize)]
pub struct PsParameter {
    /// Its name: that of the install parameter, or with `Value_` before it where PowerShell has a use of its own for that.
    pub variable: String,
    /// `string`, `integer`, `port`, `boolean` or `path`.
    pub kind: ParameterType,
    /// It is taken as secure text.
    pub secret: bool,
}

impl PsData {
    pub(super) fn new(service: &ServiceJson, files: &[BundlePath]) -> Self {
        let mut data = serde_json::to_value(service).unwrap_or_default();
        if let Some(Value::Array(services)) = data.get_mut("services") {
            for (value, spec) in services.iter_mut().zip(&service.services) {
                // A list: the keys of a PowerShell table are the same in any case.
                let env = spec.env.iter().map(|(name, value)| json!({ "name": name, "value": value }));
                if let Some(map) = value.as_object_mut() {
                    map.insert("env".into(), Value::Array(env.collect()));
                }
            }
        }
        if let Some(Value::Array(parameters)) = data.get_mut("parameters") {
            for (value, parameter) in parameters.iter_mut().zip(&service.parameters) {
                if let Some(map) = value.as_object_mut() {
                    map.insert("variable".into(), variable(&parameter.name).into());
                }
            }
        }
        if let Some(map) = data.as_object_mut() {
            map.insert("files".into(), files.iter().map(|f| Value::from(f.as_str())).collect());
        }
        let parameters = service
            .parameters
            .iter()
            .map(|p| PsParameter { variable: variable(&p.name), kind: p.kind, secret: p.secret })
            .collect();
        PsData { data, parameters }
    }
}

fn variable(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    let taken = TAKEN.contains(&upper.as_str()) || VARIABLES.contains(&upper.as_str()) || upper.starts_with("PS");
    if taken { format!("Value_{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::variable;
    use crate::render::{bundle_texts, tests::input};

    /// A parameter of the name of a script's own variable would be overwritten by it, or would give it its type.
    #[test]
    fn variables_of_the_scripts_are_known() {
        let input = input();
        let own: Vec<String> = input.service.parameters.iter().map(|p| variable(&p.name)).collect();
        let scripts = bundle_texts(&input).expect("rendered").files;
        let mut count = 0;
        for script in scripts.iter().filter(|file| file.path.as_str().ends_with(".ps1")) {
            let text = String::from_utf8_lossy(&script.bytes);
            for line in text.lines() {
                let set = line.strip_prefix('$').and_then(|rest| rest.split_once(" = ")).map(|(name, _)| name);
                let asked = line.strip_prefix("    [").and_then(|rest| rest.split_once("]$")).map(|(_, rest)| rest);
                // Only this one has the declared ones beside its own.
                let asked = asked.filter(|_| script.path.as_str() == "install.ps1");
                let asked = asked.and_then(|rest| rest.split([' ', ',']).next());
                let Some(name) = set.or(asked).filter(|name| !own.iter().any(|p| p == name)) else { continue };
                if name.chars().all(char::is_alphanumeric) {
                    assert!(variable(name).starts_with("Value_"), "${name} of {}", script.path);
                    count += 1;
                }
            }
        }
        assert!(count > 50, "{count}");
    }

    #[test]
    fn parameters_hide_nothing() {
        assert_eq!(variable("PORT"), "PORT");
        for taken in ["VERBOSE", "PID", "PSSCRIPTROOT", "DATA"] {
            assert_eq!(variable(taken), format!("Value_{taken}"));
        }
    }
}
