//! Windows target triples.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Processor architecture of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Arch {
    /// `x86_64`, IMAGE_FILE_MACHINE_AMD64.
    #[serde(rename = "x86_64")]
    X86_64,
    /// `i686`, IMAGE_FILE_MACHINE_I386.
    #[serde(rename = "i686")]
    I686,
    /// `aarch64`, IMAGE_FILE_MACHINE_ARM64.
    #[serde(rename = "aarch64")]
    Aarch64,
}

impl Arch {
    /// The COFF machine number (PE format, "Machine Types").
    pub fn machine(self) -> u16 {
        match self {
            Arch::X86_64 => 0x8664,
            Arch::I686 => 0x014c,
            Arch::Aarch64 => 0xaa64,
        }
    }
}

/// The ABI part of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Env {
    /// `-gnu`: mingw-w64.
    Gnu,
    /// `-gnullvm`: mingw-w64 with LLVM's run-time.
    GnuLlvm,
    /// `-msvc`.
    Msvc,
}

/// A Windows target triple that rustc knows.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Target {
    triple: String,
    arch: Arch,
    env: Env,
}

impl Target {
    /// The triple as rustc spells it.
    pub fn triple(&self) -> &str {
        &self.triple
    }

    /// Its architecture.
    pub fn arch(&self) -> Arch {
        self.arch
    }

    /// Its ABI.
    pub fn env(&self) -> Env {
        self.env
    }

    /// The triple as in cargo's environment variables: `CARGO_TARGET_<this>_LINKER`.
    pub fn env_name(&self) -> String {
        self.triple.to_uppercase().replace(['-', '.'], "_")
    }
}

/// Why a triple is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetError {
    /// It names another operating system.
    NotWindows,
    /// A Windows triple that this version does not know.
    Unknown,
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TargetError::NotWindows => "not a Windows target",
            TargetError::Unknown => "not a Windows target that cargo-winsvc knows",
        })
    }
}

/// All triples that are known, most usual first.
pub const KNOWN: &[&str] = &[
    "x86_64-pc-windows-gnu",
    "x86_64-pc-windows-msvc",
    "aarch64-pc-windows-msvc",
    "i686-pc-windows-msvc",
    "i686-pc-windows-gnu",
    "x86_64-pc-windows-gnullvm",
    "aarch64-pc-windows-gnullvm",
    "x86_64-win7-windows-gnu",
    "x86_64-win7-windows-msvc",
];

impl std::str::FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        if !text.contains("-windows-") {
            return Err(TargetError::NotWindows);
        }
        if !KNOWN.contains(&text) {
            return Err(TargetError::Unknown);
        }
        let arch = match text.split('-').next() {
            Some("x86_64") => Arch::X86_64,
            Some("i686") => Arch::I686,
            Some("aarch64") => Arch::Aarch64,
            _ => return Err(TargetError::Unknown),
        };
        let env = match text.rsplit('-').next() {
            Some("gnu") => Env::Gnu,
            Some("gnullvm") => Env::GnuLlvm,
            Some("msvc") => Env::Msvc,
            _ => return Err(TargetError::Unknown),
        };
        Ok(Target { triple: text.to_owned(), arch, env })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.triple)
    }
}

impl Serialize for Target {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.triple)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_ones_parse_and_others_do_not() {
        for triple in KNOWN {
            assert_eq!(triple.parse::<Target>().map(|t| t.triple().to_owned()).as_deref(), Ok(*triple));
        }
        assert_eq!("x86_64-unknown-linux-gnu".parse::<Target>(), Err(TargetError::NotWindows));
        assert_eq!("thumbv7a-pc-windows-msvc".parse::<Target>(), Err(TargetError::Unknown));
    }
}
