//! What the installer needs besides the services: folders and parameters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Type of an install parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterType {
    /// Any text without control characters, quotes or `%`.
    #[default]
    String,
    /// A decimal number that fits 64 bits, signed.
    Integer,
    /// A TCP or UDP port, 1 to 65535.
    Port,
    /// `true` or `false`.
    Boolean,
    /// An absolute Windows path.
    Path,
}

/// A value asked for at install time and used as `${NAME}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Parameter {
    /// Upper-case letters, digits and `_`, starting with a letter.
    pub name: String,
    /// What it may hold.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// Taken when the administrator gives none; without one, it must be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub description: String,
}

/// Where and how the bundle is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Install {
    /// Program folder, such as `%ProgramFiles%\acme-agent`. `%VARIABLES%` are expanded on the target machine.
    pub dir: String,
    /// Folder the services may write, such as `%ProgramData%\acme-agent`.
    pub data_dir: String,
    /// Start the services at the end of the installation and prove their health.
    pub start_after_install: bool,
}
