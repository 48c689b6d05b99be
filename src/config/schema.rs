//! The JSON schema of `[package.metadata.winsvc]`, made from the key table.

use super::keys::ROOT;
use super::table::{Choice, Key, Level, Status, Ty};
use super::text::Form;
use crate::model::target;
use serde_json::{Map, Value, json};

/// The JSON schema (draft 2020-12) of `[package.metadata.winsvc]`; `[workspace.metadata.winsvc]` has the same.
pub fn json_schema() -> Value {
    let mut schema = schema_of(&Ty::Overlay(Level::Root));
    let mut definitions = Map::new();
    for (name, level) in [("target", Level::Target), ("variant", Level::Variant)] {
        definitions.insert(name.into(), table(ROOT.iter().filter(|k| level.allows(k.scope))));
    }
    if let Some(object) = schema.as_object_mut() {
        let mut head = Map::new();
        head.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        head.insert("title".into(), json!("cargo-winsvc: package.metadata.winsvc"));
        head.insert("description".into(), json!("How a crate is packaged as Windows services. All keys are optional."));
        head.append(object);
        head.insert("$defs".into(), Value::Object(definitions));
        *object = head;
    }
    schema
}

fn schema_of(ty: &Ty) -> Value {
    match ty {
        Ty::Bool => json!({ "type": "boolean" }),
        Ty::Only(value) => json!({ "const": value }),
        Ty::Integer(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Ty::Text(form) => text(*form),
        Ty::Choice(choices) => choice(choices),
        Ty::List(item) => json!({ "type": "array", "items": schema_of(item) }),
        Ty::Table(keys) => table(keys.iter()),
        Ty::Map { form, value, .. } => json!({
            "type": "object",
            "propertyNames": { "pattern": form.pattern() },
            "additionalProperties": schema_of(value),
        }),
        Ty::Overlay(Level::Root) => table(ROOT.iter()),
        Ty::Overlay(Level::Target) => json!({ "$ref": "#/$defs/target" }),
        Ty::Overlay(Level::Variant) => json!({ "$ref": "#/$defs/variant" }),
        Ty::PerTarget => {
            let triples: Map<String, Value> =
                target::KNOWN.iter().map(|t| ((*t).to_owned(), schema_of(&Ty::Overlay(Level::Target)))).collect();
            json!({ "type": "object", "properties": triples, "additionalProperties": false })
        }
        Ty::AnyOf(types) => json!({ "anyOf": types.iter().map(schema_of).collect::<Vec<_>>() }),
    }
}

fn text(form: Form) -> Value {
    json!({ "type": "string", "pattern": form.pattern() })
}

/// `oneOf` of constants rather than `enum`: editors show the meaning of each.
fn choice(choices: &[Choice]) -> Value {
    let usable = choices.iter().filter(|c| c.status == Status::Now);
    json!({ "oneOf": usable.map(|c| json!({ "const": c.name, "description": c.doc })).collect::<Vec<_>>() })
}

fn table<'k>(keys: impl Iterator<Item = &'k Key>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in keys {
        let mut property = schema_of(&key.ty);
        if let Some(object) = property.as_object_mut() {
            let default = if key.default.is_empty() { String::new() } else { format!(" Default: {}.", key.default) };
            object.insert("description".into(), json!(format!("{}{default}", key.doc)));
        }
        properties.insert(key.name.into(), property);
        if key.required {
            required.push(key.name);
        }
    }
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}
