//! The PowerShell scripts on a model of a Windows machine (`tests/powershell/model.ps1`), run by PowerShell's own engine on Linux: every
//! way through them, each change failing in turn, the power going at each change in turn.
//!
//! The model stands in for the scripts' hands, the one region that touches the machine; the hands themselves are shown in Wine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]
#![allow(unreachable_pub, reason = "shared between the files of this test")]

mod support;

#[path = "scripts_model/accounts.rs"]
mod accounts;
#[path = "scripts_model/adopt.rs"]
mod adopt;
#[path = "scripts_model/configs.rs"]
mod configs;
#[path = "scripts_model/failures.rs"]
mod failures;
#[path = "scripts_model/host.rs"]
mod host;
#[path = "scripts_model/life.rs"]
mod life;
#[path = "scripts_model/machine.rs"]
mod machine;
#[path = "scripts_model/mutants.rs"]
mod mutants;
#[path = "scripts_model/origin.rs"]
mod origin;
#[path = "scripts_model/refusals.rs"]
mod refusals;
#[path = "scripts_model/secrets.rs"]
mod secrets;
#[path = "scripts_model/stumbles.rs"]
mod stumbles;
#[path = "scripts_model/trust.rs"]
mod trust;
#[path = "scripts_model/world.rs"]
mod world;
