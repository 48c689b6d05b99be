//! Where a value came from.

use serde::Serialize;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Origin {
    /// Built in.
    Default,
    /// Another field of Cargo.toml or a fact that cargo tells, such as `package.description`.
    Cargo {
        /// Which.
        field: String,
    },
    /// A key of the metadata table.
    Manifest {
        /// File as the user would name it.
        file: String,
        /// Line, from 1, when it could be found.
        line: Option<usize>,
        /// Full key path in that file.
        key: String,
    },
    /// The command line.
    CommandLine {
        /// The flag.
        flag: String,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        variable: String,
    },
    /// Cargo's configuration files.
    CargoConfig {
        /// Its key.
        key: String,
    },
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::Cargo { field } => f.write_str(field),
            Origin::Manifest { file, line: Some(line), .. } => write!(f, "{file}:{line}"),
            Origin::Manifest { file, line: None, .. } => f.write_str(file),
            Origin::CommandLine { flag } => f.write_str(flag),
            Origin::Environment { variable } => f.write_str(variable),
            Origin::CargoConfig { key } => write!(f, "cargo config {key}"),
        }
    }
}
