//! `service.json`: the machine-readable desired state inside the bundle. Fleet tools and our own scripts read it.

use crate::model::{BundlePath, Install, Parameter, ServiceSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// File name in the bundle.
pub const FILE_NAME: &str = "service.json";
/// Version of the format.
pub const VERSION: u32 = 1;

/// The desired state of everything that the bundle installs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceJson {
    /// [`VERSION`].
    pub schema_version: u32,
    /// Stable id of the product: folders and state hang on it.
    pub id: String,
    /// Name of the package.
    pub name: String,
    /// Version of the package, SemVer.
    pub version: String,
    /// Target triple of the executables.
    pub target: String,
    /// Lowest Windows version, `major.minor.build`.
    pub min_windows: String,
    /// Folders and manners of the installation.
    pub install: Install,
    /// Values asked for at install time.
    pub parameters: Vec<Parameter>,
    /// The services, in the order in which they start.
    pub services: Vec<ServiceSpec>,
    /// Files of the bundle that administrators edit, sorted: an upgrade keeps what they wrote.
    pub config_files: Vec<BundlePath>,
}
