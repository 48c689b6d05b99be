//! Values as the tools of Windows want them: sc.exe's words, the bytes of a .reg file.

use crate::model::{ErrorControl, SidType, StartType};

/// UTF-16LE bytes as a .reg file has them, 600 to a line.
pub(super) fn hex_lines(text: &str) -> Vec<String> {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let line = |b: &[u8]| b.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(",");
    bytes.chunks(600).map(line).collect()
}

pub(super) fn start(start: StartType) -> &'static str {
    match start {
        StartType::DelayedAuto => "delayed-auto",
        StartType::Auto => "auto",
        StartType::Demand => "demand",
        StartType::Disabled => "disabled",
    }
}

pub(super) fn error_control(control: ErrorControl) -> &'static str {
    match control {
        ErrorControl::Ignore => "ignore",
        ErrorControl::Normal => "normal",
        ErrorControl::Severe => "severe",
        ErrorControl::Critical => "critical",
    }
}

pub(super) fn sid_type(sid: SidType) -> &'static str {
    match sid {
        SidType::None => "none",
        SidType::Unrestricted => "unrestricted",
        SidType::Restricted => "restricted",
    }
}
