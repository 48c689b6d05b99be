//! The resolved configuration: what the later stages read. Raw input types stay in the decoder.

pub use crate::model::Origin;

use crate::model::{EventMessage, FileVersion, Install, Parameter, ServiceSpec, Target};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything that was asked for: one [`Unit`] per target.
#[derive(Clone, Debug)]
pub struct Config {
    /// Cargo profile.
    pub profile: String,
    /// Versions of cargo-winsvc that the project wants, when it says so.
    pub required_version: Option<String>,
    /// One per target, in the order asked for.
    pub units: Vec<Unit>,
    /// Where each value came from, by key path (see [`Origins`]).
    pub origins: Origins,
}

/// What is built and packed for one target, by one cargo invocation.
#[derive(Clone, Debug)]
pub struct Unit {
    /// The target.
    pub target: Target,
    /// How it is built.
    pub backend: BackendChoice,
    /// Link the C run-time statically.
    pub crt_static: bool,
    /// Versions of Microsoft's files, for `-msvc` targets.
    pub msvc: Msvc,
    /// How much debug information the symbols are made of.
    pub debug_info: DebugInfo,
    /// One bundle per chosen package.
    pub bundles: Vec<BundleSpec>,
}

/// One zip.
#[derive(Clone, Debug)]
pub struct BundleSpec {
    /// Name of the package that is the bundle's own.
    pub package: String,
    /// Stable id.
    pub id: String,
    /// Version of the package.
    pub version: semver::Version,
    /// Folder of the package's Cargo.toml; assets, icon and templates are relative to it.
    pub dir: PathBuf,
    /// Root of the workspace: nothing outside of it goes into the bundle.
    pub root: PathBuf,
    /// Name of the archive without `.zip`, placeholders already filled in.
    pub archive_name: String,
    /// The executables, each a bin of a package; sorted, without duplicates.
    pub bins: Vec<BinRef>,
    /// Assets as configured, with `$auto` still in it.
    pub assets: Vec<Asset>,
    /// Compression level.
    pub compression: Compression,
    /// What happens to debug information.
    pub symbols: SymbolsMode,
    /// Folder of the project's own templates.
    pub templates: Option<PathBuf>,
    /// Lowest Windows, `major.minor.build`.
    pub min_windows: String,
    /// Resources to stamp; `None` when disabled.
    pub resource: Option<ResourceSpec>,
    /// The services; empty for a plain zip.
    pub services: Vec<ServiceSpec>,
    /// Install parameters.
    pub parameters: Vec<Parameter>,
    /// Folders and manners.
    pub install: Install,
    /// Package facts for texts: description, authors, homepage, repository, licence expression.
    pub about: About,
}

/// Facts from Cargo.toml that texts for people use. All literal, all hostile until escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct About {
    /// `package.description`.
    pub description: String,
    /// `package.authors`.
    pub authors: Vec<String>,
    /// `package.homepage`.
    pub homepage: String,
    /// `package.repository`.
    pub repository: String,
    /// `package.license`.
    pub license: String,
}

/// A binary target of a workspace member.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct BinRef {
    /// Package name.
    pub package: String,
    /// Bin name; the exe is `<bin>.exe`.
    pub bin: String,
}

impl BinRef {
    /// File name of the executable.
    pub fn exe(&self) -> String {
        format!("{}.exe", self.bin)
    }
}

/// One entry of `assets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asset {
    /// `$auto`: README*, LICENSE*, LICENCE*, COPYING*, NOTICE*, CHANGELOG* beside Cargo.toml (and the licence file it names).
    Auto,
    /// A glob or file, with a destination.
    Glob {
        /// Relative to the package's folder, `/` between parts.
        source: String,
        /// Where in the bundle: a folder when it ends in `/` or several files match, else the file's path. `None` keeps the path
        /// below the fixed part of the glob.
        dest: Option<String>,
        /// Rendered as a template (by its output extension).
        template: bool,
        /// Its files are edited by administrators: an upgrade keeps what they wrote.
        config: bool,
        /// Key path, for messages, such as `assets[2]`.
        key: String,
    },
}

/// `backend`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackendChoice {
    /// By target and what is installed.
    Auto,
    /// GNU mingw-w64.
    Mingw,
    /// Microsoft's CRT and SDK through cargo-xwin.
    Xwin,
    /// zig through cargo-zigbuild.
    Zig,
    /// Plain cargo with the user's own linker configuration.
    Native,
}

impl BackendChoice {
    /// All of them, by the word in the configuration.
    pub const WORDS: &[(&str, BackendChoice)] = &[
        ("auto", BackendChoice::Auto),
        ("mingw", BackendChoice::Mingw),
        ("xwin", BackendChoice::Xwin),
        ("zig", BackendChoice::Zig),
        ("native", BackendChoice::Native),
    ];

    /// As the configuration spells it.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, choice)| *choice == self).map_or("auto", |(word, _)| word)
    }
}

/// `msvc`: which of Microsoft's files are linked with. The numbers are those of Microsoft's own packages, as cargo-xwin takes them
/// (XWIN_SDK_VERSION, XWIN_CRT_VERSION).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Msvc {
    /// Windows SDK, such as `10.0.26100`.
    pub sdk_version: String,
    /// C run-time (the build tools' version), such as `14.44.17.14`.
    pub crt_version: String,
}

impl Msvc {
    /// The SDK of Windows 11 24H2.
    pub const SDK: &str = "10.0.26100";
    /// That of Visual Studio 2022 17.14, the last of its line.
    pub const CRT: &str = "14.44.17.14";
}

impl Default for Msvc {
    fn default() -> Self {
        Msvc { sdk_version: Self::SDK.to_owned(), crt_version: Self::CRT.to_owned() }
    }
}

/// `debug-info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DebugInfo {
    /// `debug = 2`.
    Full,
    /// `debug = 1`.
    Limited,
    /// `debug = "line-tables-only"`.
    LineTables,
    /// No symbols.
    None,
    /// As the profile says.
    Profile,
}

/// `compression`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// Deflate level 6.
    Default,
    /// Deflate level 12: smaller and much slower.
    Best,
}

/// `symbols`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SymbolsMode {
    /// A `-symbols.zip` of their own.
    Archive,
    /// None are kept.
    None,
}

/// `resource`: what is stamped into each executable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceSpec {
    /// Ours win over what the executable already has.
    pub override_existing: bool,
    /// FILEVERSION and PRODUCTVERSION.
    pub version: FileVersion,
    /// VS_FF_PRERELEASE.
    pub prerelease: bool,
    /// StringFileInfo texts, in order: CompanyName, FileDescription, FileVersion, LegalCopyright, ProductName, ProductVersion.
    /// InternalName and OriginalFilename are added per executable.
    pub strings: Vec<(String, String)>,
    /// Path of an .ico, relative to the package's folder.
    pub icon: Option<String>,
    /// Application manifest.
    pub manifest: ManifestChoice,
    /// Messages of all event sources of the bundle, sorted by id; the generic fallback is added by the stamper.
    pub messages: Vec<EventMessage>,
}

/// `resource.manifest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestChoice {
    /// asInvoker, longPathAware, UTF-8 code page, supportedOS.
    Default,
    /// A file, relative to the package's folder.
    File(String),
    /// None.
    Off,
}

/// Where each value came from: `<package>/<key path>`, or the bare key path for values of the whole run (`profile`, `targets`).
pub type Origins = BTreeMap<String, Origin>;
