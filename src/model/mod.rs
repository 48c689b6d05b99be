//! The vocabulary: values that validate themselves when they are made. A leaf: it knows no stage and does no IO.
//!
//! There is no password anywhere, by design: accounts that need one get it from the administrator at install time.

pub mod bundle_path;
pub mod finding;
pub mod hash;
pub mod install;
pub mod machine;
pub mod origin;
pub mod service;
pub mod target;
pub mod version;

pub use bundle_path::BundlePath;
pub use finding::{Finding, Severity};
pub use hash::Sha256;
pub use install::{Hooks, Install, Parameter, ParameterType};
pub use machine::{Certificate, CertificateBy, CrashDumps, DumpType, FirewallRule, NetworkProfile, Protocol};
pub use origin::Origin;
pub use service::{
    Account, ErrorControl, EventLog, EventMessage, EventSeverity, Failure, FailureAction, FailureKind, Health,
    ServiceName, ServiceSpec, SidType, StartType,
};
pub use target::{Arch, Env, Target};
pub use version::FileVersion;
