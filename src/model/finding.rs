//! Findings: what `verify` and the checks on the way say about a product. Ids are stable and documented.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; never fails a run. Can be allowed by id.
    Warning,
    /// The product is not fit to ship: the run fails with exit code 5.
    Error,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// `WS` and three digits; listed in docs/findings.md.
    pub id: String,
    /// How bad.
    pub severity: Severity,
    /// What it is about: a file in the bundle, a key, a service.
    pub subject: String,
    /// What is wrong and why it matters, one sentence.
    pub message: String,
    /// What mends it.
    pub fix: String,
}
