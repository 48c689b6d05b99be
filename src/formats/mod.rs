//! The contracts: every file with a published schema. A leaf, used by writer and reader alike, so that nobody guesses a
//! contract twice. Each carries a schema version that rises when a reader of the former one would misread it.

pub mod manifest;
pub mod output;
pub mod plan;
pub mod service_json;
pub mod sums;

pub use manifest::{BuildManifest, DebugInfoFile, ManifestFile, SourceState, ToolVersion};
pub use output::{OutputBundle, OutputFile, OutputManifest};
pub use service_json::ServiceJson;

/// Pretty JSON with a line end, as every JSON file of the product is written.
pub fn to_json(value: &impl serde::Serialize) -> String {
    // Serialising our own structs can't fail: no maps with non-string keys, no floats.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

/// The JSON schema of a format.
pub fn schema_of<T: schemars::JsonSchema>() -> serde_json::Value {
    schemars::SchemaGenerator::default().into_root_schema_for::<T>().to_value()
}

#[cfg(test)]
mod tests;
