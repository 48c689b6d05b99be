//! What sc.exe prints. Its labels are translated on some Windows; a test can ask for one of those by the value `Language`
//! under `HKLM\Software\standins`.

use super::scm::{Config, Status};
use crate::registry::{Key, OWN};
use std::fmt::Write as _;

/// Labels in the order in which they are printed.
const ENGLISH: [&str; 9] = [
    "SERVICE_NAME",
    "TYPE",
    "STATE",
    "WIN32_EXIT_CODE",
    "SERVICE_EXIT_CODE",
    "CHECKPOINT",
    "WAIT_HINT",
    "PID",
    "FLAGS",
];
const SPANISH: [&str; 9] = [
    "NOMBRE_SERVICIO",
    "TIPO",
    "ESTADO",
    "CÓD_SALIDA_WIN32",
    "CÓD_SALIDA_SERV",
    "PUNTO_COMPROB.",
    "INDICACIÓN_INICIO",
    "PID",
    "MARCAS",
];

fn labels() -> [&'static str; 9] {
    let language = Key::open(OWN, "").and_then(|k| k.get("Language")?.as_text());
    if language.as_deref() == Some("es") { SPANISH } else { ENGLISH }
}

pub fn status(status: &Status, name: &str, extended: bool) -> String {
    let l = labels();
    let state = match status.state {
        1 => "STOPPED",
        2 => "START_PENDING",
        3 => "STOP_PENDING",
        4 => "RUNNING",
        5 => "CONTINUE_PENDING",
        6 => "PAUSE_PENDING",
        7 => "PAUSED",
        _ => "",
    };
    let kind = if status.kind == 0x10 { "WIN32_OWN_PROCESS" } else { "" };
    let mut out = format!("\n{}: {name}{}\n", l[0], if extended { "" } else { " " });
    let mut line = |label: &str, value: &str| {
        let _ = writeln!(out, "        {label:<18} : {value}");
    };
    line(l[1], &format!("{:x}  {kind}  ", status.kind));
    line(l[2], &format!("{}  {state} \n{}({})", status.state, " ".repeat(32), accepted(status)));
    line(l[3], &format!("{}  ({:#x})", status.win32_exit, status.win32_exit));
    line(l[4], &format!("{}  ({:#x})", status.service_exit, status.service_exit));
    line(l[5], &format!("{:#x}", status.checkpoint));
    line(l[6], &format!("{:#x}", status.wait_hint));
    if extended {
        line(l[7], &status.pid.to_string());
        line(l[8], "");
    }
    out
}

fn accepted(status: &Status) -> String {
    let stop = if status.accepts & 1 != 0 { "STOPPABLE" } else { "NOT_STOPPABLE" };
    let pause = if status.accepts & 2 != 0 { "PAUSABLE" } else { "NOT_PAUSABLE" };
    let down = match (status.accepts & 0x100 != 0, status.accepts & 4 != 0) {
        (true, _) => "ACCEPTS_PRESHUTDOWN",
        (false, true) => "ACCEPTS_SHUTDOWN",
        (false, false) => "IGNORES_SHUTDOWN",
    };
    format!("{stop}, {pause}, {down}")
}

pub fn config(config: &Config, name: &str) -> String {
    let start = match (config.start, config.delayed) {
        (2, true) => "2   AUTO_START  (DELAYED)",
        (2, false) => "2   AUTO_START",
        (3, _) => "3   DEMAND_START",
        (4, _) => "4   DISABLED",
        _ => "",
    };
    let error = ["0   IGNORE", "1   NORMAL", "2   SEVERE", "3   CRITICAL"].get(config.error as usize).unwrap_or(&"");
    let mut out = format!("[SC] QueryServiceConfig SUCCESS\n\nSERVICE_NAME: {name}\n");
    let mut line = |label: &str, value: &str| {
        let _ = writeln!(out, "        {label:<18} : {value}");
    };
    line("TYPE", "10  WIN32_OWN_PROCESS ");
    line("START_TYPE", start);
    line("ERROR_CONTROL", error);
    line("BINARY_PATH_NAME", &config.bin_path);
    line("LOAD_ORDER_GROUP", "");
    line("TAG", "0");
    line("DISPLAY_NAME", &config.display_name);
    line("DEPENDENCIES", &config.depend.join(&format!("\n        {:<18} : ", "")));
    line("SERVICE_START_NAME", &config.account);
    out
}
