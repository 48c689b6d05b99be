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
    /// It becomes a file that only the services may read, whose path they find in the environment variable `<NAME>_FILE`;
    /// it stands nowhere else, so that no text can use it as `${NAME}`. Of type string, without a default.
    pub secret: bool,
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
    /// How many former versions stay beside the current one.
    pub keep: u32,
    /// An entry in the list of installed programs.
    pub add_remove_programs: bool,
    /// Going back to the former version by itself is harmless for the data.
    pub rollback_safe: bool,
    /// Programs of the bundle that run on the way.
    pub hooks: Hooks,
}

impl Install {
    /// These folders, and the defaults of everything else.
    pub fn new(dir: impl Into<String>, data_dir: impl Into<String>) -> Self {
        Install {
            dir: dir.into(),
            data_dir: data_dir.into(),
            start_after_install: true,
            keep: 1,
            add_remove_programs: true,
            rollback_safe: true,
            hooks: Hooks::default(),
        }
    }
}

/// Programs of the bundle that the installation runs: each a path below the program folder, with `/`, ending in `.exe`,
/// `.cmd`, `.bat` or `.ps1`, and arguments, which may hold `${PARAMETER}`. Empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Hooks {
    /// Before anything changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pre_install: Vec<String>,
    /// After everything is set and before the services start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_install: Vec<String>,
    /// Before running services are stopped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pre_stop: Vec<String>,
    /// After the services have started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_start: Vec<String>,
    /// Before an upgrade touches data.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backup: Vec<String>,
}

impl Hooks {
    /// Key in the configuration and command of each, in the order in which they run.
    pub fn all(&self) -> [(&'static str, &Vec<String>); 5] {
        [
            ("pre-install", &self.pre_install),
            ("pre-stop", &self.pre_stop),
            ("backup", &self.backup),
            ("post-install", &self.post_install),
            ("post-start", &self.post_start),
        ]
    }
}
