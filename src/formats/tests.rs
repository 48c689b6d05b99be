//! Each format's example is what its schema says, and what its decoder takes back.

use super::manifest::DebugInfoFile;
use super::*;
use crate::model::{BundlePath, Sha256};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn build() -> BuildManifest {
    let hash = Sha256::of(b"x");
    BuildManifest {
        file_version: None,
        schema_version: manifest::VERSION,
        generator: "0.1.0".into(),
        name: "agent".into(),
        version: "1.2.3".into(),
        target: "x86_64-pc-windows-gnu".into(),
        variant: Some("lite".into()),
        profile: "release".into(),
        source: Some(SourceState { commit: "0".repeat(40), clean: true }),
        epoch: 315_532_800,
        epoch_origin: "fixed".into(),
        tools: vec![ToolVersion { name: "rustc".into(), version: "1.90.0".into() }],
        flags: vec!["--release".into()],
        overridden_templates: vec!["install.ps1".into()],
        executables: vec![BundlePath::new("agent.exe").expect("path")],
        files: vec![ManifestFile { path: BundlePath::new("agent.exe").expect("path"), size: 1, sha256: hash }],
        debug: [(
            "agent.exe".to_owned(),
            DebugInfoFile {
                file: "agent.exe.debug".into(),
                sha256: hash,
                debuglink_crc32: Some("0123abcd".into()),
                debug_id: Some("0".repeat(33)),
            },
        )]
        .into(),
    }
}

fn output() -> OutputManifest {
    let file = |name: &str| OutputFile { file: name.into(), size: 1, sha256: Sha256::of(b"x") };
    let bundle = OutputBundle { archive: file("a.zip"), symbols: Some(file("a-symbols.zip")), build: build() };
    OutputManifest { schema_version: output::VERSION, bundles: vec![bundle] }
}

/// The example fits; each change to it fits neither schema nor decoder.
fn agree<T: Serialize + DeserializeOwned + JsonSchema + PartialEq + std::fmt::Debug>(
    example: &T,
    changes: &[(&str, Value)],
) {
    let schema = schema_of::<T>();
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let text = to_json(example);
    let value: Value = serde_json::from_str(&text).expect("JSON");
    let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(&serde_json::from_str::<T>(&text).expect("decodes"), example);
    for (pointer, new) in changes {
        let mut changed = value.clone();
        let (parent, key) = pointer.rsplit_once('/').expect("pointer");
        let parent = changed.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
        if new.is_null() {
            parent.remove(key).expect("a key");
        } else {
            parent.insert(key.into(), new.clone());
        }
        assert!(!validator.is_valid(&changed), "the schema takes {pointer} = {new}");
        assert!(serde_json::from_value::<T>(changed).is_err(), "the decoder takes {pointer} = {new}");
    }
}

#[test]
fn build_manifest() {
    agree(
        &build(),
        &[
            ("/unknown", json!(1)),
            ("/files", Value::Null),
            ("/epoch", json!(-1)),
            ("/source/commit", Value::Null),
            ("/source/unknown", json!(1)),
            ("/files/0/sha256", json!("00")),
            ("/files/0/path", json!("")),
            ("/debug/agent.exe/file", Value::Null),
        ],
    );
    let mut least = build();
    (least.variant, least.source) = (None, None);
    least.debug.clear();
    agree(&least, &[]);
}

#[test]
fn output_manifest() {
    agree(
        &output(),
        &[
            ("/unknown", json!(1)),
            ("/bundles/0/archive", Value::Null),
            ("/bundles/0/archive/size", json!("1")),
            ("/bundles/0/build/name", Value::Null),
        ],
    );
    let mut least = output();
    least.bundles[0].symbols = None;
    agree(&least, &[]);
}
